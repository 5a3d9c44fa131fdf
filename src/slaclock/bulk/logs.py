"""From a log of events to histories: many rows a ticket, in the desk's own words (CLK-6).

A log may tell what *happened* (``responded``, or whatever the desk calls it), or what *status* a ticket was in from an
instant on; statuses become events where they change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from .._instant import to_us, utc
from ..calendars import Calendar
from ..clock import FOREVER
from ..errors import PolicyError, near
from ..events import OPENED, Event, Ticket, known_event, known_ticket
from ..index import Bound, Index
from ..policy import Policy
from . import columns
from .changes import Changes
from .evaluate import Options, answers, policy_index, read_all
from .frames import Frame, frame_of
from .histories import ENDS, Codes, Histories, Sequences, counted_before
from .keys import Keys, keys_of, rows_of
from .lines import Bools, Int64s
from .problems import OnError, Problems, check_errors
from .ragged import Ragged
from .sorting import order_of
from .tickets import Words, attribute_columns, bind_rows, choose_sets, known_kinds

_NONE = np.empty(0, np.int64)
_ACTIVE = "active"
_STATUSES = '"active", "paused:<reason>", "resolved", "closed", "cancelled"'


def evaluate_log(
    policy: Policy, log: Any, *, as_of: datetime,
    ticket: str = "ticket", at: str = "at", kind: str = "kind", value: str | None = "value",
    kinds: Mapping[str, str | None] | None = None, statuses: Mapping[str, str] | None = None,
    tickets: Any = None, severity: str = "severity",
    roles: Mapping[str, str | Calendar] | None = None, role_columns: Mapping[str, str] | None = None,
    attributes: Mapping[str, str] | Sequence[str] | None = None,
    recorded_at: str | None = None, known_at: datetime | None = None,
    zone: str | ZoneInfo | None = None,
    errors: OnError = "raise", strict: bool = True, threads: int = 1, progress: bool = False,
) -> Any:  # fmt: skip
    """Every promise of a policy to the tickets of an event log, read at an instant.

    ``log`` is a long frame: one row an event, with the columns ``ticket``, ``at``, ``kind`` and ``value`` (the severity
    of opened and severity_changed, the reason of paused and resumed, a JSON object of attributes_changed; null where
    there is none).  Rows may come in any order; of one instant the order of rows holds.

    ``kinds`` says what the desk's own words mean: an event kind, ``"paused:customer"``, or None to leave the row out.
    ``statuses`` says which words are statuses: ``"active"``, ``"paused:<reason>"``, ``"resolved"``, ``"closed"`` or
    ``"cancelled"``; a row with such a word puts the ticket into that status, and what happened follows from the
    one before: leaving a wait resumes, leaving resolved or closed for work reopens, and the first one opens.

    ``tickets`` may be a frame with a row a ticket: its ``severity`` (where the log has none), and the columns that
    ``role_columns`` and ``attributes`` name.  ``known_at`` leaves out what the column ``recorded_at`` says was
    recorded later.  The rest is as for ``evaluate``.

    Returns ``tickets`` with the columns that ``evaluate`` adds, or, without it, a new frame of the kind of the log
    with the column of ids first, in the order in which the tickets first appear.

    >>> import numpy as np
    >>> from datetime import datetime, timezone
    >>> from slaclock import bulk, contracts
    >>> log = {
    ...     "ticket": np.array([7, 7]),
    ...     "at": np.array(["2026-05-22T14:00", "2026-05-22T14:50"], "M8[us]"),
    ...     "kind": np.array(["New", "First reply"]),
    ...     "value": np.array(["P1", None]),
    ... }
    >>> words = {"New": "opened", "First reply": "responded"}
    >>> as_of = datetime(2026, 5, 22, 15, 0, tzinfo=timezone.utc)
    >>> answer = bulk.evaluate_log(contracts.load("wati-pro"), log, as_of=as_of, kinds=words, zone="UTC")
    >>> answer["ticket"], answer["first_response_breached"]
    (array([7]), array([ True]))
    """
    check_errors(errors, ("raise", "report"))
    index, t = policy_index(policy), to_us(as_of)
    known = None if known_at is None else (to_us(known_at), recorded_at)
    told = _told(frame_of(log, "log"), index, ticket, at, kind, value, kinds or {}, statuses or {}, zone, t, known)
    frame = None if tickets is None else frame_of(tickets)
    read = _grouped(told, frame, index, ticket, severity, roles, role_columns, attributes)
    numbers = read_all(read, index, t, read.problems, Options(strict, threads, progress, errors))
    problems, zone_, home, first, rows = read.problems, told.zone, told.frame, told.first, len(read)
    del told, read  # the answer takes their place
    if frame is not None:
        return frame.adding(answers(frame, numbers, zone_, problems, errors))
    ids = home.taken(ticket, first)
    return home.only({ticket: ids, **answers(home.blank(rows), numbers, zone_, problems, errors)})


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


def _told(
    frame: Frame, index: Index, ticket: str, at: str, kind: str, value: str | None,
    kinds: Mapping[str, str | None], statuses: Mapping[str, str], zone: str | ZoneInfo | None, as_of: int,
    known: tuple[int, str | None] | None,
) -> Told:  # fmt: skip
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
        numbers if problems else _NONE, first, np.full(len(ids), -1, np.int64), np.zeros(len(ids), bool),
        instants.zone, as_of,
    )  # fmt: skip
    del numbers, instants, kind_of, value_of  # a log is large: what is not needed any more goes at once
    _note_openings(told, vocabulary)
    order = order_of(told.ticket, told.at, len(ids))
    told.take(order if keep.all() else order[keep[order]])
    if vocabulary.statuses:
        _happenings(told, vocabulary)
    return told


def _spoken(
    frame: Frame, index: Index, kind: str, value: str | None, kinds: Mapping[str, str | None],
    statuses: Mapping[str, str], problems: Problems,
) -> tuple[Codes, Codes, _Vocabulary]:  # fmt: skip
    """The kind and the value of each row, and what the log's words mean."""
    words, spoken = columns.words(frame.column(kind, "kind"), kind)
    words = words.astype(np.int32)  # for as long as the values are read
    problems.add(words < 0, "kind", f"{kind} is null")
    said, values = (None, list[str]())
    if value is not None and (value in frame.names or value != "value"):
        said, values = columns.words(frame.column(value, "value"), value)
        if "" in values:  # says nothing
            said = np.where(said == values.index(""), -1, said)
    vocabulary = _Vocabulary(index, spoken, values, kinds, statuses)
    return vocabulary.kind_of[words], vocabulary.values_of(words, said), vocabulary


def _note_openings(told: Told, vocabulary: _Vocabulary) -> None:
    """Which event opens each ticket, be it a later one: the first that says so, or else the first status."""
    for which in (told.kind >= len(vocabulary.kinds), told.kind == vocabulary.kinds.index(OPENED)):
        places = np.flatnonzero(which & (told.ticket >= 0))
        places = places[np.argsort(told.at[places], kind="stable")][::-1]  # the first is written last
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
    order = np.argsort(first, kind="stable")
    order = order[: int((first < rows).sum())]
    number = np.full(len(keys) + 1, -1, np.int64)
    number[order] = np.arange(len(order))
    return number[codes], keys.only(order), first[order]


class _Vocabulary:
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


def _happenings(told: Told, vocabulary: _Vocabulary) -> None:
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


# -- histories -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Log:
    """The events of each ticket, in order, of which ``part`` makes the histories of some tickets."""

    told: Told
    index: Index
    problems: Problems
    offsets: Int64s
    severity: Words
    chosen: Int64s
    sets: Sequence[str]
    binding: Int64s
    bounds: Sequence[Bound]
    attributes: Mapping[str, Sequence[Any]]
    openable: Bools
    _number: Int64s = field(init=False)
    _severities: Int64s = field(init=False)

    def __post_init__(self) -> None:
        keys = {key.key: number for number, key in enumerate(self.index.policy.severities)}
        numbers = np.array([keys.get(name, -1) for name in self.severity.names] + [-1], np.int64)
        self._number = numbers[self.severity.codes]
        self._severities = np.array([keys.get(name, -1) for name in self.told.values] + [-1], np.int64)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def part(self, first: int, last: int) -> Histories:
        """The histories of the tickets from ``first`` to before ``last``."""
        inner = slice(self.offsets[first], self.offsets[last])
        rows, told = last - first, self.told
        counts = np.diff(self.offsets[first : last + 1])
        events = Sequences(np.repeat(np.arange(rows), counts), told.at[inner], told.kind[inner], told.kinds)
        value = told.value[inner]
        pauses, reason, aside = _pauses(events, value, rows)
        aside |= _uncovered(events, rows)
        changes = self._changes(events, value, aside)
        severity = self._number[first:last]
        aside |= (severity < 0) | (self.chosen[first:last] < 0)
        # Of a ticket that is opened later, nothing can be said yet.
        aside &= (counts > 0) | ~self.openable[first:last] | (severity < 0)
        return Histories(
            as_of=told.as_of,
            at=_firsts(events, rows),
            severity=np.maximum(severity, 0),
            chosen=self.chosen[first:last],
            sets=self.sets,
            binding=self.binding[first:last],
            bounds=self.bounds,
            pauses=pauses,
            reason=reason,
            reasons=told.values,
            changes=changes,
            aside=aside,
            sequences=lambda: events,
            ticket=lambda row: self.ticket(first + row),
        )

    def _changes(self, events: Sequences, value: Codes, aside: Bools) -> Changes:
        """Changes of severity; those at the instant of another event, or to none that there is, stand aside."""
        places = np.flatnonzero(events.of({"severity_changed"}))
        severity = self._severities[value[places]]
        at, row = events.at, events.row
        odd = severity < 0
        for side in (np.maximum(places - 1, 0), np.minimum(places + 1, len(at) - 1)):
            odd |= (side != places) & (row[side] == row[places]) & (at[side] == at[places])
        aside[row[places[odd]]] = True
        return Changes(row[places], at[places], severity)

    def ticket(self, row: int) -> Ticket:
        """A ticket in the scalar form."""
        told, events, severity = self.told, list[Event](), self.severity[row]
        for place in range(int(self.offsets[row]), int(self.offsets[row + 1])):
            kind, code = told.kinds[int(told.kind[place])], int(told.value[place])
            value = told.values[code] if code >= 0 else None
            events.append(_event(kind, int(told.at[place]), place, value))
        attributes = {name: values[row] for name, values in self.attributes.items() if values[row] is not None}
        if severity is None and not self.openable[row]:
            severity = self.index.policy.severities[0].key  # whichever it would be: what is amiss is the opening
        if severity is None:
            raise PolicyError("neither the opening nor the table of tickets says the severity",
                              path="severity", value=None, example='value = "P1" of the opened event')  # fmt: skip
        return known_ticket(told.ids.name(row), severity, attributes, tuple(events))


def _event(kind: str, at: int, place: int, value: str | None) -> Event:
    if kind == "attributes_changed":
        return Event(kind=kind, at=utc(at), seq=place, attributes=_object(value))
    if value is None and kind in ("paused", "severity_changed"):
        return Event(kind=kind, at=utc(at))  # which says what it lacks
    said = {"severity_changed": "severity", "paused": "reason", "resumed": "reason"}.get(kind)
    return known_event(kind, at, place, **({said: value} if said else {}))


def _object(value: str | None) -> Mapping[str, Any]:
    try:
        found = json.loads(value or "")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise PolicyError(f"not a JSON object of attributes: {value!r}", path="value", value=value,
                          example='{"plan": "gold"}')  # fmt: skip
    return found


def _grouped(
    told: Told, frame: Frame | None, index: Index, ticket: str, severity: str,
    roles: Mapping[str, str | Calendar] | None, role_columns: Mapping[str, str] | None,
    attributes: Mapping[str, str] | Sequence[str] | None,
) -> Log:  # fmt: skip
    """The events by ticket: by row of the table of tickets, if there is one."""
    if frame is None:
        rows, asked = len(told.ids), dict[str, Sequence[Any]]()
        severities = Words(np.full(rows, -1, np.int64), [])
        if role_columns or attributes:
            raise PolicyError("columns of roles and attributes are those of a table of tickets", path="tickets",
                              value=None, example='tickets=frame, ticket="id"')  # fmt: skip
        problems = Problems(rows)
        binding, bounds = np.zeros(rows, np.int64), [index.bind(roles)]
        numbers = np.arange(rows)
    else:
        problems, rows = Problems(len(frame)), len(frame)
        mine = keys_of(frame.column(ticket, "ticket"), ticket)
        numbers = told.ids.within(rows_of(mine, problems), mine)
        severities = _severities(frame, severity)
        asked = attribute_columns(frame, index, attributes, problems)
        binding, bounds = bind_rows(frame, index, roles, role_columns, problems)
    for problem in told.problems.each():
        number = int(told.of_row[problem.row])
        row = int(numbers[number]) if number >= 0 else -1
        if number < 0:
            told.problems.raise_if_any()  # no ticket can be told of it
        if row >= 0:
            problems.add_row(row, problem.code, f"log, row {problem.row}: {problem.message}")
    openable = np.zeros(rows, bool)
    openable[numbers[told.openable & (numbers >= 0)]] = True
    said = np.flatnonzero((told.opening >= 0) & (numbers >= 0))
    severities.codes[numbers[said]] = told.opening[said] + len(severities.names)
    severities.names += told.values
    if frame is not None:
        told.ticket = numbers[told.ticket]
        told.take(told.ticket >= 0)
        told.take(np.argsort(told.ticket, kind="stable"))
        told.ids = mine
    offsets = np.zeros(rows + 1, np.int64)
    np.cumsum(np.bincount(told.ticket, minlength=rows), out=offsets[1:])
    told.ticket = _NONE  # the offsets say it now
    chosen, sets = choose_sets(index, rows, asked)
    return Log(told, index, problems, offsets, severities, chosen, sets, binding, bounds, asked, openable)


def _severities(frame: Frame, severity: str) -> Words:
    if severity == "severity" and severity not in frame.names:
        return Words(np.full(len(frame), -1, np.int64), [])
    codes, names = columns.words(frame.column(severity, "severity"), severity)
    return Words(codes.copy(), names)


# -- what the array fold covers ------------------------------------------------------------------------------------


def _firsts(events: Sequences, rows: int) -> dict[str, Int64s]:
    """The first event of each kind in each row."""
    found = {kind: np.full(rows, FOREVER, np.int64) for kind in (OPENED, "cancelled")}
    for number in np.unique(events.kind).tolist():
        places = np.flatnonzero(events.kind == number)[::-1]
        column = found.setdefault(events.kinds[number], np.full(rows, FOREVER, np.int64))
        column[events.row[places]] = events.at[places]
    return found


def _uncovered(events: Sequences, rows: int) -> Bools:
    """Rows that the array fold does not cover, or that cannot be."""
    opened = events.of({OPENED})
    firsts = np.append(True, events.row[1:] != events.row[:-1]) if len(events.row) else np.zeros(0, bool)
    aside: Bools = np.bincount(events.row[firsts & opened], minlength=rows) == 0
    odd = (opened & ~firsts) | events.of({"reopened", "attributes_changed"})
    odd |= counted_before(events.of({"cancelled"}), events.row) > 0
    aside[events.row[odd]] = True
    return aside


def _pauses(events: Sequences, value: Codes, rows: int) -> tuple[Ragged, Int64s, Bools]:
    """Pauses that follow one another; rows in which they overlap, or end what they did not begin, stand aside."""
    aside = np.zeros(rows, bool)
    paused, resumed = events.of({"paused"}), events.of({"resumed"})
    odd = (paused & (value < 0)) | (resumed & (counted_before(paused, events.row) == 0))
    known = np.flatnonzero((paused | resumed) & (counted_before(events.of(set(ENDS)), events.row) == 0))
    row, begins, reason = events.row[known], paused[known], value[known]
    same = np.append(False, row[1:] == row[:-1])
    before = np.append(False, begins[:-1])
    astray = np.where(begins, same & before, ~(same & before))
    astray |= ~begins & (reason >= 0) & (reason != np.append(-1, reason[:-1]))
    aside[row[astray]] = True
    aside[events.row[odd]] = True
    first = np.flatnonzero(begins)
    after = np.minimum(first + 1, len(known) - 1)
    has_end = (first + 1 < len(known)) & (row[after] == row[first])
    at = events.at[known]
    end = np.where(has_end, at[after], FOREVER)
    some = (at[first] < end) & ~aside[row[first]]
    first, end = first[some], end[some]
    return Ragged.of(rows, row[first], at[first], end), reason[first].astype(np.int64), aside
