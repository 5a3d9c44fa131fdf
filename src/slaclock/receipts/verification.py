"""verify: what a receipt says, worked out again from its inputs and compared."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import zip_longest
from typing import Any, Literal, NamedTuple

from .._instant import to_us
from ..agreements import Agreement
from ..calendars import BusinessCalendar, Calendar, CompositeCalendar
from ..canonical import canonical, data_digest, text_digest
from ..errors import ReceiptError
from ..evaluate import evaluate
from ..events import Ticket
from ..policy import Policy
from ..reading import versions
from .keeping import EXAMPLE, Receipt, documents_named, read, seal
from .making import told_of

_USED = {"tzdata": "provenance.transitions", "holidays": "dates"}  # where a receipt says what was used of a table
_ABSENT: Any = object()
_LONGEST = 100

Found = tuple[str, Any, Any]
"""A path, what is recorded there, and what is found now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that a receipt says, and what is found now; None where one of them says nothing.

    ``path`` is the place in the receipt: ``readings[0].due``.  An input from which no answer can be had now has
    the error's text as ``now``.
    """

    ticket: str
    path: str
    recorded: Any
    now: Any

    def __str__(self) -> str:
        lead = f"{self.ticket}: " if self.ticket else ""
        return f"{lead}{self.path}: {_shown(self.recorded)} recorded, {_shown(self.now)} now"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedInput:
    """An input from outside that has another version now: the ``library``, ``tzdata`` or ``holidays``.

    ``matters``: whether what was used of it (zone transitions, dates of holidays) is different.  Of the library that
    cannot be told; it is None.
    """

    name: str
    recorded: Any
    now: str
    matters: bool | None

    def __str__(self) -> str:
        said = {None: "", False: " (what was used of it is the same)", True: " (what was used of it is different)"}
        return f"{self.name} {self.recorded} -> {self.now}{said[self.matters]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What ``verify`` found: true where everything is the same.

    ``intact`` says that the digests hold: nobody altered the receipt, and what differs comes from outside.
    ``count`` is the number of receipts looked at.
    """

    count: int
    intact: bool
    differences: tuple[Difference, ...]
    changed: tuple[ChangedInput, ...]

    @property
    def same(self) -> bool:
        """Whether everything that was recorded is found again.  A version that changed nothing is no difference."""
        return not self.differences

    def __bool__(self) -> bool:
        return self.same

    def __str__(self) -> str:
        verdict = "same" if self.same else "different" if self.intact else "different, and altered"
        noun = "receipt" if self.count == 1 else "receipts"
        return "\n".join([f"{self.count} {noun}: {verdict}", *map(str, self.changed), *map(str, self.differences)])


def verify(receipt: Receipt | Mapping[str, Any] | str) -> Verification:
    """Evaluate anew what a receipt or a bundle holds, and say whether it comes to the same.

    Nothing that a receipt answers is believed: the readings, explanations and dates are made again from its policy and
    ticket, by the library, zone database and holiday tables that are here.  Whatever differs is listed with its
    path.  The digests inside tell an altered receipt from a changed table; they are no signature, as whoever alters a
    receipt can work them out anew.

    Raises ReceiptError for what is no receipt, or one of a format that this release does not know.
    """
    data = read(receipt)
    texts = {name: canonical(document) for name, document in data["documents"].items()}
    every = data.get("receipts", [data])
    altered = [*_altered_documents(every, texts), *_altered_bundle(data)]
    checks = [_check(told, texts, f"receipts[{i}]." if "receipts" in data else "") for i, told in enumerate(every)]
    return Verification(
        count=len(every),
        intact=not altered and all(check.intact for check in checks),
        differences=(*altered, *(difference for check in checks for difference in check.differences)),
        changed=_merged(change for check in checks for change in check.changed),
    )


def _altered_documents(every: Sequence[Mapping[str, Any]], texts: Mapping[str, str]) -> Iterator[Difference]:
    """Documents that are not what their names say, or that nothing names."""
    named = {name for told in every for name in documents_named(told)}
    for name, text in texts.items():
        now = text_digest(text) if name in named else None
        if now != name:
            yield Difference(ticket="", path=f"documents.{name}", recorded=name, now=now)


def _altered_bundle(data: Mapping[str, Any]) -> Iterator[Difference]:
    found: list[Found] = []
    if "receipts" in data:
        _compare("digests", data.get("digests", _ABSENT), {"receipt": seal(data)}, found)
    return (Difference(ticket="", path=path, recorded=recorded, now=now) for path, recorded, now in found)


class _Checked(NamedTuple):
    intact: bool
    differences: list[Difference]
    changed: list[ChangedInput]


def _check(told: Mapping[str, Any], texts: Mapping[str, str], lead: str) -> _Checked:
    """One receipt, worked out again."""
    digests = {"ticket": data_digest(told["ticket"]), "receipt": seal(told)}
    altered: list[Found] = []
    _compare("digests", told.get("digests", _ABSENT), digests, altered)
    try:
        found = _all_compared(told, _again(told, texts))
    except _Unanswered as why:
        found = [(why.key, told.get(why.key), f"{type(why.error).__name__}: {why.error}")]
    ticket = str(told["ticket"].get("id"))
    differences = [
        Difference(ticket=ticket, path=lead + path, recorded=recorded, now=now)
        for path, recorded, now in (*altered, *found)
    ]
    return _Checked(not altered, differences, list(_changed(told, [path for path, *_ in found])))


def _changed(told: Mapping[str, Any], paths: Sequence[str]) -> Iterator[ChangedInput]:
    provenance = told.get("provenance")
    for name, now in versions().items():
        recorded = provenance.get(name) if isinstance(provenance, dict) else None
        if recorded != now:
            used = _USED.get(name)
            matters = None if used is None else any(path.startswith(used) for path in paths)
            yield ChangedInput(name=name, recorded=recorded, now=now, matters=matters)


def _merged(changed: Iterable[ChangedInput]) -> tuple[ChangedInput, ...]:
    """Each change once; it matters if it does for one of the receipts."""
    merged: dict[str, ChangedInput] = {}
    for change in changed:
        key = f"{change.name} {change.recorded!r}"
        if key not in merged or change.matters:
            merged[key] = change
    return tuple(merged.values())


# -- evaluating anew ---------------------------------------------------------------------------------------


class _Unanswered(Exception):  # noqa: N818 - it is no error: it becomes a difference
    """Why there is no answer to be had from an input now."""

    def __init__(self, key: str, error: Exception) -> None:
        super().__init__(key)
        self.key, self.error = key, error


@contextmanager
def _from(key: str) -> Iterator[None]:
    """Whatever is wrong with one old input is told of it; the other receipts of a bundle are looked at all the same."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - an altered input may go wrong in any way
        raise _Unanswered(key, error) from None


def _again(told: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """The receipt that its inputs come to here."""
    kind: Literal["policy", "agreement"] = "policy" if "policy" in told else "agreement"
    with _from(kind):
        policy = _declared(kind, _named_text(told[kind], texts))
    with _from("roles"):
        roles = {name: _bound(role, texts) for name, role in told["roles"].items()} if "roles" in told else None
    with _from("ticket"):
        ticket = Ticket.from_dict(told["ticket"])
    with _from("as_of"):
        as_of = _instant(told.get("as_of"))
    with _from("known_at"):
        known_at = _instant(told["known_at"]) if "known_at" in told else None
    with _from("readings"):
        strict = told.get("strict") is not False
        result = evaluate(policy, ticket, as_of=as_of, roles=roles, known_at=known_at, strict=strict)
    with _from("by"):
        return told_of(result, told.get("by"))


def _named_text(name: object, texts: Mapping[str, str]) -> str:
    if not isinstance(name, str) or name not in texts:
        raise ReceiptError("the receipt holds no such document", path="documents", value=name, example=EXAMPLE)
    return texts[name]


@lru_cache(maxsize=64)
def _declared(kind: Literal["policy", "agreement", "calendar"], text: str) -> Any:
    """What a document declares.  Kept by its text: reading a policy costs more than all the rest."""
    data = json.loads(text)
    if kind == "calendar":
        return (CompositeCalendar if "op" in data else BusinessCalendar).from_dict(data)
    return (Policy if kind == "policy" else Agreement).from_dict(data)


def _bound(role: Any, texts: Mapping[str, str]) -> str | Calendar:
    if isinstance(role, str):
        return role
    calendar: Calendar = _declared("calendar", _named_text(role["calendar"], texts))
    return calendar


def _instant(text: object) -> datetime:
    instant = datetime.fromisoformat(str(text))
    to_us(instant)  # refuses one without an offset
    return instant


# -- comparing ---------------------------------------------------------------------------------------------


def _all_compared(told: Mapping[str, Any], now: Mapping[str, Any]) -> list[Found]:
    """All that a receipt says but for digests and versions, which are looked at by themselves."""
    apart = {f"provenance.{name}" for name in versions()}
    found: list[Found] = []
    for key in dict.fromkeys((*now, *told)):
        if key not in ("digests", "documents"):
            _compare(key, told.get(key, _ABSENT), now.get(key, _ABSENT), found)
    return [one for one in found if one[0] not in apart]


def _compare(path: str, recorded: Any, now: Any, found: list[Found]) -> None:
    """Add what differs below a path.  1, 1.0 and true are three things."""
    if isinstance(recorded, dict) and isinstance(now, dict):
        for key in dict.fromkeys((*now, *recorded)):
            one, other = recorded.get(key, _ABSENT), now.get(key, _ABSENT)
            if type(one) is not str or one != other:  # most are text, and the same
                _compare(f"{path}.{key}", one, other, found)
    elif isinstance(recorded, list) and isinstance(now, (list, tuple)):
        for i, (one, other) in enumerate(zip_longest(recorded, now, fillvalue=_ABSENT)):
            _compare(f"{path}[{i}]", one, other, found)
    elif type(recorded) is not type(now) or recorded != now:
        found.append((path, None if recorded is _ABSENT else recorded, None if now is _ABSENT else now))


def _shown(value: Any) -> str:
    """A value for people; a long one in short."""
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else canonical(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
