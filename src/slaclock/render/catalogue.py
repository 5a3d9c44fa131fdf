"""Catalogue: the strings of one language that people see, as data.

A catalogue is a TOML file.  Its strings have a dotted key (``state.paused``) and placeholders (``{at}``); what depends
on a number has one string for each plural category of the language, by the plural rules that the file carries.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

from ..errors import ConfigurationError, Problem, UnknownLanguageError, near
from .plurals import CATEGORIES, Matches, parse_rule

ENGLISH = "en"
Text = str | tuple[str, ...] | Mapping[str, str]
"""One string, a list of them (the weekdays), or one for each plural category."""

_FOLDER = "languages"
_SUFFIX = ".toml"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_EXAMPLE = 'extends = "en"'


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """The strings of one language.

    ``language`` is its tag (``"pl"``), by which severities choose their labels too.  Make one with ``from_toml`` or
    ``load``: they see to it that nothing is missing.
    """

    language: str
    strings: Mapping[str, Text] = field(repr=False)
    rules: Mapping[str, Matches] = field(repr=False)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a catalogue from a TOML file (UTF-8); raises ConfigurationError as ``from_toml`` does."""
        return cls.from_toml(Path(path).read_text(encoding="utf-8"))

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """Read a catalogue from TOML.

        ``extends`` names a language that comes with the package; what the text leaves out is taken from it.  Without
        it every string must be there.  Raises ConfigurationError with all problems: keys missing or unknown, other
        placeholders than in English, plural categories that the language's rules do not have.

        >>> from slaclock import render
        >>> house = render.Catalogue.from_toml('''
        ... language = "en"
        ... extends = "en"
        ... [verdict]
        ... breached = "late"
        ... ''')
        >>> house("verdict.breached"), house("verdict.met")
        ('late', 'met')
        """
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise _faulty("", None, "toml", f"the text cannot be read as TOML: {error}", _EXAMPLE) from None
        language, extends = data.pop("language", None), data.pop("extends", None)
        if not isinstance(language, str) or not language:
            raise _faulty("language", language, "missing", "a catalogue names its language", 'language = "de"')
        base = None if extends is None else builtin(extends, path="extends")
        rules, problems = _rules(data.pop("plural", None), base)
        strings = {**(base.strings if base else {}), **dict(_flat(data, ""))}
        problems += _problems(strings, rules)
        if problems:
            raise ConfigurationError(problems)
        return cls(language, strings, rules)

    def __call__(self, key: str, **values: object) -> str:
        """A string, its placeholders filled in."""
        text = self.strings[key]
        assert isinstance(text, str), key
        return _filled(text, values)

    def count(self, key: str, number: int, **values: object) -> str:
        """A string that depends on a whole number, which is its placeholder ``n`` unless another ``n`` is given."""
        texts = self.strings[key]
        assert isinstance(texts, Mapping), key
        return _filled(texts[self.category(number)], {"n": str(number), **values})

    def other(self, key: str, **values: object) -> str:
        """The same for a number with decimals, which is of the category ``other`` in all our languages."""
        texts = self.strings[key]
        assert isinstance(texts, Mapping), key
        return _filled(texts["other"], values)

    def category(self, number: int) -> str:
        """The plural category of a whole number."""
        return next((name for name, matches in self.rules.items() if matches(number)), "other")

    def names(self, key: str) -> tuple[str, ...]:
        """A list of names: the weekdays from Monday, the months from January."""
        names = self.strings[key]
        assert isinstance(names, tuple), key
        return names

    def known(self, key: str) -> bool:
        """Whether there is such a string; names of the user's own are in no catalogue."""
        return key in self.strings

    def series(self, items: Iterable[str]) -> str:
        """Some names, one after the other: ``"a, b, c"``."""
        return self("list.comma").join(items)

    def ended(self, text: str) -> str:
        """A sentence with its end; an abbreviation at its end has the point already."""
        return text if text.endswith(self("sentence.end", text="")) else self("sentence.end", text=text)

    def whole(self, text: str) -> str:
        """A sentence with a capital at its beginning, and its end."""
        return self.ended(text[:1].upper() + text[1:])

    def joined(self, items: Sequence[str]) -> str:
        """A list as people say it: ``"a, b and c"``."""
        if len(items) <= 1:
            return "".join(items)
        if len(items) == 2:
            return self("list.two", first=items[0], last=items[1])
        text = items[0]
        for item in items[1:-1]:
            text = self("list.middle", first=text, last=item)
        return self("list.end", first=text, last=items[-1])


def languages() -> tuple[str, ...]:
    """The languages that come with the package, English first.

    >>> from slaclock import render
    >>> render.languages()
    ('en', 'pl', 'vi', 'zh-Hant')
    """
    return _names()


@cache
def _names() -> tuple[str, ...]:
    found = (entry.name for entry in files(__package__).joinpath(_FOLDER).iterdir())
    names = (name.removesuffix(_SUFFIX) for name in found if name.endswith(_SUFFIX))
    return tuple(sorted(names, key=lambda name: (name != ENGLISH, name)))


def catalogue_of(language: str | os.PathLike[str] | Catalogue) -> Catalogue:
    """The catalogue that a ``language=`` asks for: a tag, a file, or a catalogue itself."""
    if isinstance(language, Catalogue):
        return language
    if isinstance(language, os.PathLike):
        return Catalogue.load(language)
    return builtin(language)


def builtin(language: object, path: str = "") -> Catalogue:
    """A language of the package; ``pl-PL`` is ``pl``.  Raises UnknownLanguageError with the nearest."""
    tag = language if isinstance(language, str) else ""
    while tag:
        if tag in _names():
            return _read(tag)
        tag = tag.rpartition("-")[0]
    raise UnknownLanguageError(
        f"no catalogue for the language {language!r}{near(str(language), _names())}",
        path=path, value=language, example='"en", a pathlib.Path to a catalogue, or Catalogue.from_toml(...)',
    )  # fmt: skip


@cache
def _read(language: str) -> Catalogue:
    return Catalogue.from_toml(_source(language))


def _source(language: str) -> str:
    return files(__package__).joinpath(_FOLDER, language + _SUFFIX).read_text(encoding="utf-8")


# -- reading -----------------------------------------------------------------------------------------------


def _filled(text: str, values: Mapping[str, object]) -> str:
    """Placeholders replaced, and nothing else: what is filled in is never read as a template."""
    return _PLACEHOLDER.sub(lambda found: str(values[found[1]]), text)


def _flat(data: Mapping[str, Any], lead: str) -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        key = f"{lead}.{name}" if lead else name
        if isinstance(value, Mapping) and not ("other" in value and set(value) <= set(CATEGORIES)):
            yield from _flat(value, key)
        else:
            yield key, tuple(value) if isinstance(value, list) else value


def _shape(text: Any) -> str:
    if isinstance(text, str):
        return "text"
    if isinstance(text, tuple) and all(isinstance(item, str) for item in text):
        return f"a list of {len(text)}"
    if isinstance(text, Mapping) and all(isinstance(item, str) for item in text.values()):
        return "a string for each plural category"
    return "no text"


@cache
def _wanted() -> Mapping[str, Any]:
    """The strings of English, by which others are measured."""
    data = tomllib.loads(_source(ENGLISH))
    return dict(_flat({name: value for name, value in data.items() if name not in ("language", "plural")}, ""))


def placeholders(text: Text) -> frozenset[str]:
    """The placeholders of a string, all its forms together."""
    forms = (text,) if isinstance(text, str) else text.values() if isinstance(text, Mapping) else text
    return frozenset(name for form in forms for name in _PLACEHOLDER.findall(form))


def _rules(given: object, base: Catalogue | None) -> tuple[dict[str, Matches], list[Problem]]:
    """The plural rules of a file, or of the language that it extends; and what is wrong with them."""
    if given is None:
        return dict(base.rules) if base else {}, []
    rules: dict[str, Matches] = {}
    problems = []
    for name, rule in given.items() if isinstance(given, Mapping) else [("", given)]:
        matches = parse_rule(rule)
        if name in CATEGORIES and name != "other" and matches is not None:
            rules[name] = matches
        else:
            message = "not a plural rule of CLDR for a category"
            problems.append(_problem(f"plural.{name}".rstrip("."), rule, "plural_rule", message, 'one = "i = 1"'))
    return rules, problems


def _problems(strings: Mapping[str, Any], rules: Iterable[str]) -> Iterator[Problem]:
    wanted = _wanted()
    for key in wanted:
        if key not in strings:
            yield _problem(key, None, "missing", "it is required", str(wanted[key]))
    for key, text in strings.items():
        if key not in wanted:
            yield _problem(key, text, "unknown_key", f"unknown key {key!r}{near(key, wanted)}", min(wanted))
        else:
            yield from _differences(key, text, wanted[key], rules)


def _differences(key: str, text: Any, wanted: Text, rules: Iterable[str]) -> Iterator[Problem]:
    """What is wrong with one string, beside the English one."""
    example = str(wanted)
    if _shape(text) != _shape(wanted):
        yield _problem(key, text, "shape", f"{_shape(wanted)} is expected, not {_shape(text)}", example)
        return
    named = ", ".join(sorted(placeholders(wanted))) or "none"
    if placeholders(text) != placeholders(wanted):
        yield _problem(key, text, "placeholders", f"other placeholders than {named}", example)
    if isinstance(text, Mapping) and set(text) != {*rules, "other"}:
        expected = ", ".join([*rules, "other"])
        yield _problem(key, text, "plural_categories", f"a string for each of {expected} is expected", example)


def _problem(path: str, value: Any, code: str, message: str, example: str) -> Problem:
    return Problem(path=path, value=value, code=code, message=message, example=example)


def _faulty(path: str, value: Any, code: str, message: str, example: str) -> ConfigurationError:
    return ConfigurationError([_problem(path, value, code, message, example)])
