"""A log of events as arrays, in order: what its words mean, and what happened where it tells of statuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from ..errors import PolicyError, near
from ..events import OPENED
from ..index import Index
from . import columns
from .frames import Frame
from .histories import ENDS, Codes
from .keys import Keys, keys_of
from .lines import Bools, Int64s
from .problems import Problems
from .sorting import order_of
from .tickets import known_kinds

NO_EVENTS = np.empty(0, np.int64)
_ACTIVE = "active"
_STATUSES = '"active", "paused:<reason>", "resolved", "closed", "cancelled"'


@dataclass(slots=True)
class Told:
    """A log as arrays, a row an event: the number of its ticket, its instant, its kind, its value (-1 for none).

    ``problems`` are of the log's rows, and ``of_row`` has the ticket of each of these, if there are any.  Of each
    ticket ``first`` has the row in which it first appears, ``opening`` the value of the event that opens it, and
    ``openable`` says whether some row, be it a later one, does.
    """

    frame: Frame
    problems: Problems
    ids: Keys
    ticket: Int64s
    at: Int64s
    kind: Codes
    kinds: list[str]
    value: Codes
    values: list[str]
    of_row: Int64s
    first: Int64s
    opening: Int64s
    openable: Bools
    zone: Any
    as_of: int

    def take(self, places: Int64s | Bools) -> None:
        """Only these events, in this order."""
        self.ticket, self.at, self.kind = self.ticket[places], self.at[places], self.kind[places]
        self.value = self.value[places]


def read_log(
    frame: Frame, index: Index, ticket: str, at: str, kind: str, value: str | None,
    kinds: Mapping[str, str | None], statuses: Mapping[str, str], zone: str | ZoneInfo | None, as_of: int,
    known: tuple[int, str | None] | None,
) -> Told:  # fmt: skip
    """What a log tells up to an instant, ticket by ticket and in order."""
    problems = Problems(len(frame))
    kind_of, value_of, vocabulary = _spoken(frame, index, kind, value, kinds, statuses, problems)
    instants = columns.instants(frame.column(at, "at"), at, zone, problems)
    if instants.null is not None:
        problems.add(instants.null, "instant", f"{at} is null")
    numbers, ids, first = _by_appearance(keys_of(frame.column(ticket, "ticket"), ticket))
    problems.add(numbers < 0, "ticket", f"{ticket} is null")
    keep = (kind_of >= 0) & (instants.us <= as_of)
    if known is not None:
        keep &= _was_known(frame, instants.us, known, zone, problems)
    if problems:
        keep &= ~problems.mask()
    told = Told(
        frame, problems, ids, numbers, instants.us, kind_of, vocabulary.kinds, value_of, vocabulary.values,
        numbers if problems else NO_EVENTS, first, np.full(len(ids), -1, np.int64), np.zeros(len(ids), bool),
        instants.zone, as_of,
    )  # fmt: skip
    del numbers, instants, kind_of, value_of  # a log is large: what is not needed any more goes at once
    order = order_of(told.ticket, told.at, len(ids))
    _note_openings(told, vocabulary, order)
    told.take(order if keep.all() else order[keep[order]])
    if vocabulary.statuses:
        _happenings(told, vocabulary)
    return told


def _spoken(
    frame: Frame, index: Index, kind: str, value: str | None, kinds: Mapping[str, str | None],
    statuses: Mapping[str, str], problems: Problems,
) -> tuple[Codes, Codes, Vocabulary]:  # fmt: skip
    """The kind and the value of each row, and what the log's words mean."""
    words, spoken = columns.words(frame.column(kind, "kind"), kind)
    words = words.astype(np.int32)  # for as long as the values are read
    problems.add(words < 0, "kind", f"{kind} is null")
    said, values = (None, list[str]())
    if value is not None and (value in frame.names or value != "value"):
        said, values = columns.words(frame.column(value, "value"), value)
        if "" in values:  # says nothing
            said = np.where(said == values.index(""), -1, said)
    vocabulary = Vocabulary(index, spoken, values, kinds, statuses)
    return vocabulary.kind_of[words], vocabulary.values_of(words, said), vocabulary


def _note_openings(told: Told, vocabulary: Vocabulary, order: Int64s) -> None:
    """Which event opens each ticket, be it a later one: the first that says so, or else the first status."""
    known = told.ticket >= 0
    for opens in (told.kind >= len(vocabulary.kinds), told.kind == vocabulary.kinds.index(OPENED)):
        if not opens.any():
            continue
        places = order[(opens & known)[order]][::-1]  # the first is written last
        told.opening[told.ticket[places]] = told.value[places]
        told.openable[told.ticket[places]] = True


def _was_known(
    frame: Frame, at: Int64s, known: tuple[int, str | None], zone: str | ZoneInfo | None, problems: Problems
) -> Bools:
    """What was recorded by then, or, where that is not said, had happened."""
    until, name = known
    if name is None:
        return at <= until
    recorded = columns.instants(frame.column(name, "recorded_at"), name, zone, problems)
    when = recorded.us if recorded.null is None else np.where(recorded.null, at, recorded.us)
    in_time: Bools = when <= until
    return in_time


def _by_appearance(keys: Keys) -> tuple[Int64s, Keys, Int64s]:
    """Tickets numbered in the order in which they first appear, their ids, and where they do."""
    rows, codes = len(keys.codes), keys.codes
    first = np.full(len(keys) + 1, rows, np.int64)
    first[codes[::-1]] = np.arange(rows)[::-1]
    first = first[:-1]
    appears = np.zeros(rows, bool)
    appears[first[first < rows]] = True
    order = codes[appears]
    number = np.full(len(keys) + 1, -1, np.int64)
    number[order] = np.arange(len(order))
    return number[codes], keys.only(order), first[order]


class Vocabulary:
    """What each word of the log's kind column means: an event kind, with a value if the word says one.

    Statuses are kinds of their own, with the number of the status as their value, until they are turned into events.
    """

    __slots__ = ("_value_of", "kind_of", "kinds", "statuses", "values")

    def __init__(
        self, index: Index, spoken: Sequence[str], values: Sequence[str],
        kinds: Mapping[str, str | None], statuses: Mapping[str, str],
    ) -> None:  # fmt: skip
        self.kinds, self.values = list(known_kinds(index)), list(values)
        self.statuses: list[tuple[str, int]] = []  # the kind that a status stands for, and its reason
        for word in (*kinds, *statuses):
            self._meant(word, kinds, statuses)
        meant = [self._meant(word, kinds, statuses) for word in spoken]
        unknown = [word for word, found in zip(spoken, meant, strict=True) if found is None]
        if unknown:
            raise PolicyError(
                f"nothing says what {', '.join(map(repr, unknown[:5]))} in the log means{near(unknown[0], self.kinds)}",
                path="kinds", value=unknown[0], example=f'kinds={{"{unknown[0]}": "responded"}}',
            )  # fmt: skip
        pairs = [found or (-1, -1) for found in meant] + [(-1, -1)]
        # Small integers: there are several for each row of the log.
        self.kind_of = np.array([kind for kind, _ in pairs], np.int16)
        self._value_of = np.array([value for _, value in pairs], np.int32)

    def values_of(self, words: Int64s, said: Int64s | None) -> Codes:
        """The value of each row: the one that its word says, or else its own."""
        meant: Codes = self._value_of[words]
        if said is None:
            return meant
        if (self._value_of < 0).all():
            return said.astype(np.int32)
        return np.where(meant >= 0, meant, said)

    def _meant(self, word: str, kinds: Mapping[str, str | None], statuses: Mapping[str, str]) -> tuple[int, int] | None:
        if word in statuses:
            return self._status(statuses[word])
        said = kinds.get(word, word)
        if said is None:
            return -1, -1
        kind, _, reason = str(said).partition(":")
        if kind not in self.kinds:
            if word in kinds:
                raise PolicyError(f"no event kind {kind!r}{near(kind, self.kinds)}", path=f"kinds.{word}", value=kind,
                                  example='"responded" or "paused:customer"')  # fmt: skip
            return None
        return self.kinds.index(kind), self._value(reason) if reason else -1

    def _status(self, status: str) -> tuple[int, int]:
        kind, _, reason = str(status).partition(":")
        if kind not in (_ACTIVE, "paused", *ENDS) or (kind == "paused") != bool(reason):
            raise PolicyError(f"no status {status!r}; one of {_STATUSES} is expected", path="statuses", value=status,
                              example='statuses={"Waiting": "paused:customer"}')  # fmt: skip
        meant = (kind, self._value(reason) if reason else -1)
        if meant not in self.statuses:
            self.statuses.append(meant)
        return len(self.kinds) + self.statuses.index(meant), -1

    def _value(self, text: str) -> int:
        if text not in self.values:
            self.values.append(text)
        return self.values.index(text)


def _happenings(told: Told, vocabulary: Vocabulary) -> None:
    """Turns statuses into what happened: the events that lead from one to the next."""
    kinds = {kind: number for number, kind in enumerate(vocabulary.kinds)}
    told.kinds = vocabulary.kinds
    is_status = told.kind >= len(kinds)
    at = np.flatnonzero(is_status)
    status = told.kind[at] - len(kinds)
    means = np.array([kinds.get(kind, -1) for kind, _ in vocabulary.statuses], np.int64)
    reason = np.array([reason for _, reason in vocabulary.statuses], np.int64)
    same = np.append(False, told.ticket[at][1:] == told.ticket[at][:-1])
    before = np.where(same, np.append(-1, means[status][:-1]), -1)  # -1 is active, and so is what was before
    reason_before = np.where(same, np.append(-1, reason[status][:-1]), -1)
    unchanged = same & np.append(False, status[1:] == status[:-1])
    now, reason_now = means[status], reason[status]
    working = (now < 0) | (now == kinds["paused"])
    ended = np.isin(before, [kinds[kind] for kind in ENDS])
    opened = told.kind == kinds[OPENED]
    has_opening = np.bincount(told.ticket[opened], minlength=len(told.ids)) > 0
    leads = np.full(len(at), -1, np.int64)
    leads[working & (before == kinds["paused"])] = kinds["resumed"]
    leads[working & ended] = kinds["reopened"]
    leads[unchanged] = -1
    opens = ~same & ~has_opening[told.ticket[at]]
    leads[opens] = kinds[OPENED]
    follows = np.where(unchanged, -1, now)
    events = np.flatnonzero(~is_status)
    place = np.concatenate([3 * events, 3 * at + 1, 3 * at + 2])
    kind = np.concatenate([told.kind[events], leads, follows])
    led = np.where(opens, told.value[at], np.where(leads == kinds["resumed"], reason_before, -1))
    value = np.concatenate([told.value[events], led, np.where(now == kinds["paused"], reason_now, -1)])
    order = np.argsort(place, kind="stable")
    order = order[kind[order] >= 0]
    told.take(place[order] // 3)
    told.kind, told.value = kind[order], value[order]
