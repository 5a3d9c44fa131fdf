"""What makes a declared thing: a frozen value that is validated once, with doors to dict, JSON, TOML and YAML.

Calendars, policies, agreements and tickets are declared things.  They are pydantic *dataclasses* in normal form,
immutable, hashable (the hash is computed once) and comparable; what they compute on the way is kept beside the
value, and is neither compared nor copied nor pickled.
"""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    NamedTuple,
    NoReturn,
    Self,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
)

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as pydantic_dataclass
from pydantic_core import ArgsKwargs, PydanticCustomError

from .canonical import data_digest
from .errors import ConfigurationError, Problem, SlaclockError, near

T = TypeVar("T")
D = TypeVar("D", bound="Declared")


def _refuse(self: object, *_: object, **__: object) -> NoReturn:
    raise TypeError(f"{type(self).__name__} is immutable")


class FrozenMap(dict[str, Any]):
    """A mapping that stays as it is, so that a value holding it can be hashed and shared."""

    __slots__ = ()

    __setitem__ = __delitem__ = clear = pop = popitem = setdefault = update = __ior__ = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)


def freeze(data: Any) -> Any:
    """Free data (what JSON can say) with mappings and lists made immutable."""
    if isinstance(data, Mapping):
        return FrozenMap({str(key): freeze(value) for key, value in data.items()})
    if isinstance(data, (list, tuple)):
        return tuple(map(freeze, data))
    if data is None or isinstance(data, (str, int, bool)):
        return data
    raise fault("free_data", f"free data holds text, integers, booleans, lists and tables, not {data!r}",
                '{ team = "L2" }')  # fmt: skip


FreeData = Annotated[dict[str, Any], AfterValidator(freeze)]


def fault(code: str, message: str, example: str = "") -> PydanticCustomError:
    """An error to raise inside a validator; it reaches the user as a Problem with its path."""
    return PydanticCustomError(code, "{message}", {"message": message, "example": example})


def fault_from(error: SlaclockError) -> PydanticCustomError:
    """One of our own errors, met inside a validator."""
    return fault(error.code, error.message, error.example)


class _Constructor(type):
    """Lets what is wrong in a constructor's arguments out as our own error, with all problems."""

    if not TYPE_CHECKING:  # a type checker shall see the constructors themselves

        def __call__(cls, *args: Any, **fields: Any) -> Any:
            if args:
                raise ConfigurationError([_positional(cls, args)])
            try:
                return super().__call__(**fields)
            except ValidationError as error:
                raise ConfigurationError([*_problems(cls, error), *_unseen(cls, fields, error)]) from None


class Declared(metaclass=_Constructor):
    """The doors that all declared things have."""

    __slots__ = ("_hash", "_kept")

    #: keys that a *file* must carry, with the only value this release knows
    _stamps: ClassVar[Mapping[str, int]] = {}

    _hash: int | None
    _kept: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", None)
        object.__setattr__(self, "_kept", None)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Validate plain data; raises ConfigurationError with all problems."""
        if not isinstance(data, Mapping):
            raise ConfigurationError([_no_table(cls, data)])
        try:
            return _adapter(cls).validate_python(dict(data))  # type: ignore[no-any-return]
        except ValidationError as error:
            raise ConfigurationError([*_problems(cls, error), *_unseen(cls, data, error)]) from None

    @classmethod
    def _references(cls, data: Mapping[str, Any]) -> list[Problem]:  # noqa: ARG003 - others look at it
        """Names in a document that refer to nothing in it; asked even where fields are wrong, so data may be raw."""
        return []

    @classmethod
    def _widened(cls, definitions: dict[str, Any]) -> None:
        """Change the schema's definitions where a document may say more than its parts alone."""

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """Read a TOML document; raises ConfigurationError, also where the text is no TOML."""
        return cls._from_text(text, tomllib.loads, "toml")

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a JSON document; raises ConfigurationError, also where the text is no JSON."""
        return cls._from_text(text, json.loads, "json")

    @classmethod
    def from_yaml(cls, text: str) -> Self:
        """Read a YAML document (extra ``slaclock[yaml]``); raises ConfigurationError as the others do."""
        import yaml

        return cls._from_text(text, yaml.safe_load, "yaml")

    @classmethod
    def _from_text(cls, text: str, parse: Callable[[str], Any], kind: str) -> Self:
        try:
            data = parse(text)
        except Exception as error:  # noqa: BLE001 - each parser has its own; all mean that the text cannot be read
            message = f"the text cannot be read as {kind.upper()}: {error}"
            raise ConfigurationError(
                [Problem(path="", value=None, code=kind, message=message, example=_KINDS[kind])]
            ) from None
        if not isinstance(data, dict):
            raise ConfigurationError([_no_table(cls, data)])
        missing = [
            Problem(path=key, value=None, code="missing", message="a file must carry it", example=f"{key} = {value}")
            for key, value in cls._stamps.items()
            if key not in data
        ]
        try:
            made = cls.from_dict(data)
        except ConfigurationError as error:
            raise ConfigurationError([*missing, *error.problems]) from None
        if missing:
            raise ConfigurationError(missing)
        return made

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a ``.toml``, ``.json`` or ``.yaml`` file (UTF-8)."""
        file = Path(path)
        doors = {".toml": cls.from_toml, ".json": cls.from_json, ".yaml": cls.from_yaml, ".yml": cls.from_yaml}
        return _by_suffix(file, doors)(file.read_text(encoding="utf-8"))

    def save(self, path: str | Path) -> None:
        """Write a ``.toml``, ``.json`` or ``.yaml`` file (UTF-8)."""
        file = Path(path)
        doors = {".toml": self.to_toml, ".json": self.to_json, ".yaml": self.to_yaml, ".yml": self.to_yaml}
        file.write_text(_by_suffix(file, doors)(), encoding="utf-8")

    def to_dict(self) -> dict[str, Any]:
        """Plain data (what JSON can say) from which ``from_dict`` makes an equal value; defaults are left out."""
        data: dict[str, Any] = _adapter(type(self)).dump_python(self, mode="json", exclude_defaults=True)
        return {**self._stamps, **data}

    def to_json(self) -> str:
        """A JSON document, indented for people."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2) + "\n"

    def to_toml(self) -> str:
        """A TOML document."""
        import tomli_w

        return tomli_w.dumps(self.to_dict())

    def to_yaml(self) -> str:
        """A YAML document (extra ``slaclock[yaml]``)."""
        import yaml

        return str(yaml.safe_dump(self.to_dict(), allow_unicode=True, sort_keys=False))

    def digest(self) -> str:
        """SHA-256 (hex) of the canonical JSON: sorted keys, no spaces, UTF-8."""
        return data_digest(self.to_dict())

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """The JSON Schema (draft 2020-12) of the documents that ``from_json`` and ``from_toml`` read."""
        schema = _adapter(cls).json_schema()
        cls._widened(schema.get("$defs", {}))
        if cls._stamps:
            schema["required"] = [*cls._stamps, *schema.get("required", [])]
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed, validated anew."""
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.init}  # type: ignore[arg-type]
        return type(self)(**{**fields, **changes})

    def _repr_html_(self) -> str | None:
        """What a notebook shows; None for what has no view of its own, and is shown as text."""
        from . import render

        return render.html(self) if render.has_view(self) else None

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: object) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.to_dict())


def _rebuild(cls: type[Declared], data: dict[str, Any]) -> Declared:
    return cls.from_dict(data)


# Validators are built when first needed: importing the package should cost little.
_CONFIG = ConfigDict(extra="forbid", defer_build=True)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(Field, dataclasses.field))
def declared(cls: type[D]) -> type[D]:
    """Make a class a declared thing: frozen, slotted, keyword-only, nothing unknown accepted, hashed once."""
    made: Any = pydantic_dataclass(frozen=True, slots=True, kw_only=True, config=_CONFIG)(cls)
    value_hash = made.__hash__

    def __hash__(self: Any) -> int:
        if self._hash is None:
            object.__setattr__(self, "_hash", value_hash(self))
        return self._hash  # type: ignore[no-any-return]

    made.__hash__ = __hash__
    return made  # type: ignore[no-any-return]


@lru_cache(maxsize=256)
def _adapter(cls: Any) -> TypeAdapter[Any]:
    return TypeAdapter(cls)


def _by_suffix(file: Path, doors: Mapping[str, T]) -> T:
    if file.suffix not in doors:
        message = f"cannot tell the format of {file.name!r}{near(file.suffix, doors)}"
        raise ConfigurationError([Problem(path="", value=str(file), code="format", message=message)])
    return doors[file.suffix]


# -- from pydantic's errors to problems --------------------------------------------------------------------


def _problems(cls: type, error: ValidationError) -> list[Problem]:
    items = error.errors(include_url=False)
    # A sequence whose items are wrong counts as too short, which is not what is wrong with it.
    wrong = {item["loc"][:end] for item in items for end in range(len(item["loc"]))}
    return [_problem(cls, item) for item in items if item["type"] != "too_short" or item["loc"] not in wrong]


def _unseen(cls: type[Declared], data: Mapping[str, Any], error: ValidationError) -> list[Problem]:
    """What only the finished value would have been asked, where wrong fields kept it from being made."""
    seen = {_path(tuple(part for part in item["loc"] if not _is_tag(part))) for item in error.errors()}
    return [problem for problem in cls._references(data) if problem.path not in seen]


def _positional(cls: type, args: tuple[Any, ...]) -> Problem:
    known = _known_keys(cls)
    return Problem(path="", value=args, code="positional", message=f"{cls.__name__} takes its fields by name",
                   example=f"{cls.__name__}({known[0] if known else ''}=...)")  # fmt: skip


def _no_table(cls: type, data: object) -> Problem:
    return Problem(path="", value=data, code="not_a_table", message=f"not a table, as a {cls.__name__} is: {data!r}",
                   example=f"{cls.__name__}.from_dict({{...}})")  # fmt: skip


class _Wording(NamedTuple):
    """Our code, sentence and example for one of pydantic's."""

    code: str
    message: str
    example: str


_NO_LIST = _Wording("not_a_list", "a list is expected", "[...]")
_NO_TABLE = _Wording("not_a_table", "a table is expected", "{ ... }")
_NO_TEXT = _Wording("not_text", "text is expected", '"text"')
_NO_NUMBER = _Wording("not_a_whole_number", "a whole number is expected", "1")
_NO_DATE = _Wording("date", "a date is expected", '"2026-05-22"')

# Pydantic speaks of Python's types; the person at the keyboard writes a file.
_WORDINGS = {
    "missing": _Wording("missing", "it is required", ""),
    "string_too_short": _Wording("empty", "it is empty", '"text"'),
    "tuple_type": _NO_LIST,
    "dict_type": _NO_TABLE,
    "dataclass_type": _NO_TABLE,
    "string_type": _NO_TEXT,
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), _NO_NUMBER),
    **dict.fromkeys(
        ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"), _NO_DATE
    ),
}
_KINDS = {"toml": 'name = "acme"', "json": '{"name": "acme"}', "yaml": "name: acme"}


def _problem(cls: type, item: Any) -> Problem:
    loc = tuple(part for part in item["loc"] if not _is_tag(part))
    wording = _WORDINGS.get(item["type"], _Wording(item["type"], item["msg"], ""))
    code, message = wording.code, wording.message
    context = item.get("ctx", {})
    example = context.get("example", "")
    if item["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        known = _known_keys(_type_at(cls, loc[:-1]))
        # A union's branches share a path: a key may be known to one, and wrong beside the others that are there.
        hint = " here" if loc[-1] in known else near(loc[-1], known)
        code, message, example = "unknown_key", f"unknown key {loc[-1]!r}{hint}", ", ".join(known)
    elif item["type"] == "literal_error":
        code, message = "unknown_choice", f"{context['expected']} is expected, not {item['input']!r}"
        example = context["expected"].split(",")[0].split(" or ")[0]
    elif item["type"] == "too_short":
        message = f"at least {context['min_length']} expected"
    example = str(example or _field_example(cls, loc) or wording.example)
    return Problem(path=_path(loc), value=_value(item), code=code, message=message, example=example)


def _value(item: Any) -> Any:
    """What was given; a constructor's arguments as the mapping that they are."""
    given = item["input"]
    if item["type"] == "missing":
        return None
    return dict(given.kwargs or {}) if isinstance(given, ArgsKwargs) else given


def _is_tag(part: int | str) -> bool:
    """Pydantic puts a union's tag (ours begin with ``~``) and a mark for keys into the path; people write neither."""
    return isinstance(part, str) and (part.startswith("~") or part == "[key]")


def _path(loc: tuple[int | str, ...]) -> str:
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _type_at(cls: Any, loc: tuple[int | str, ...]) -> Any:
    """The declared class, or the annotation, found by walking a path of a document."""
    for part in loc:
        known = _fields(cls)
        cls = known.get(str(part)) if known else _items(cls)
    return cls


def _fields(cls: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for option in _options(cls):
        known = getattr(option, "__pydantic_fields__", {})
        found |= {name: field.annotation for name, field in known.items()}
    return found


def _items(cls: Any) -> Any:
    """What a mapping or a sequence holds."""
    held = [get_args(option)[-1] if get_args(option)[-1] is not ... else get_args(option)[0]
            for option in _options(cls) if get_origin(option) in (dict, tuple)]  # fmt: skip
    return held[0] if held else None


def _options(cls: Any) -> list[Any]:
    if get_origin(cls) is Annotated:
        return _options(get_args(cls)[0])
    if get_origin(cls) in (Union, UnionType):
        return [option for branch in get_args(cls) for option in _options(branch)]
    return [cls]


def _known_keys(cls: Any) -> list[str]:
    return sorted(_fields(cls))


def _field_example(cls: Any, loc: tuple[int | str, ...]) -> object:
    """The example that the field itself declares, or the nearest one above it."""
    for end in range(len(loc), 0, -1):
        for option in _options(_type_at(cls, loc[: end - 1])):
            field = getattr(option, "__pydantic_fields__", {}).get(str(loc[end - 1]))
            if field is not None and field.examples:
                return field.examples[0]
    return ""
