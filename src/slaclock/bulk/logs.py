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
from ..errors import PolicyError
from ..events import OPENED, Event, Ticket, known_event, known_ticket
from ..index import Bound, Index
from ..policy import Policy
from . import columns
from .changes import Changes
from .evaluate import Options, answers, policy_index, read_all
from .frames import Frame, frame_of
from .histories import ENDS, Codes, Histories, Sequences, counted_before
from .keys import keys_of, rows_of
from .lines import Bools, Int64s
from .problems import OnError, Problems, check_errors
from .ragged import Ragged
from .tickets import Words, attribute_columns, bind_rows, choose_sets
from .told import NO_EVENTS, Told, read_log


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
    told = read_log(frame_of(log, "log"), index, ticket, at, kind, value, kinds or {}, statuses or {}, zone, t, known)
    frame = None if tickets is None else frame_of(tickets)
    read = _grouped(told, frame, index, ticket, severity, roles, role_columns, attributes)
    numbers = read_all(read, index, t, read.problems, Options(strict, threads, progress, errors))
    problems, zone_, home, first, rows = read.problems, told.zone, told.frame, told.first, len(read)
    del told, read  # the answer takes their place
    if frame is not None:
        return frame.adding(answers(frame, numbers, zone_, problems, errors))
    ids = home.taken(ticket, first)
    return home.only({ticket: ids, **answers(home.blank(rows), numbers, zone_, problems, errors)})


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
        mine = slice(int(self.offsets[row]), int(self.offsets[row + 1]))
        parts = zip(told.kind[mine].tolist(), told.at[mine].tolist(), told.value[mine].tolist(), strict=True)
        for place, (kind, at, code) in enumerate(parts):
            events.append(_event(told.kinds[kind], at, place, told.values[code] if code >= 0 else None))
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
    is_pause, is_change = kind in ("paused", "resumed"), kind == "severity_changed"
    return known_event(kind, at, place, value if is_pause else None, value if is_change else None)


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
    told.ticket = NO_EVENTS  # the offsets say it now
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
