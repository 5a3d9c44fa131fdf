"""From a table of tickets to histories: one row a ticket, one column an event (CLK-6, POL-5, POL-9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from .._instant import utc
from ..calendars import Calendar
from ..clock import FOREVER
from ..errors import ConfigurationError, PolicyError, SlaclockError, near
from ..events import OPENED, STANDARD_KINDS, Event, Ticket
from ..index import Bound, Index
from ..intervals import normalize
from . import columns
from .changes import NO_CHANGES
from .frames import Frame, listed
from .histories import Histories, Sequences
from .libraries import is_null
from .lines import Bools, Int64s
from .pauses import Pauses, Told, no_pauses, of_list, of_table
from .problems import Problems
from .ragged import Ragged

_NO_COLUMN = frozenset({"paused", "resumed", "severity_changed", "attributes_changed", "owner_changed"})
"""Kinds that say more than an instant, or may come often."""


class Words:
    """A column of names: the place of each row's among the distinct ones, -1 for null."""

    __slots__ = ("codes", "names")

    def __init__(self, codes: Int64s, names: list[str]) -> None:
        self.codes, self.names = codes, names

    def __getitem__(self, row: int) -> str | None:
        code = int(self.codes[row])
        return self.names[code] if code >= 0 else None


@dataclass(slots=True)
class Tickets:
    """The arrays of a whole table, of which ``part`` makes the histories of some rows; ``at`` ends with ``as_of``."""

    index: Index
    problems: Problems
    opening: Int64s
    at: dict[str, Int64s]
    severity: Int64s
    severities: Words
    chosen: Int64s
    sets: Sequence[str]
    binding: Int64s
    bounds: Sequence[Bound]
    attributes: Mapping[str, Sequence[Any]]
    pauses: Ragged
    told: Told
    zone: Any
    as_of: int

    def __len__(self) -> int:
        return len(self.severity)

    def part(self, first: int, last: int) -> Histories:
        """The histories of the rows from ``first`` to before ``last``."""
        inner = slice(self.pauses.offsets[first], self.pauses.offsets[last])
        at = {kind: column[first:last] for kind, column in self.at.items()}
        pauses = self.pauses.part(first, last)
        unknown = self.severity[first:last] < 0
        return Histories(
            as_of=self.as_of,
            at=at,
            severity=np.where(unknown, 0, self.severity[first:last]),
            chosen=self.chosen[first:last],
            sets=self.sets,
            binding=self.binding[first:last],
            bounds=self.bounds,
            pauses=pauses,
            reason=self.told.reason[inner],
            reasons=self.told.reasons,
            changes=NO_CHANGES,
            aside=unknown | _uncovered(at, pauses) | (self.chosen[first:last] < 0),
            sequences=lambda: _sequences(at),
            ticket=lambda row: self.ticket(first + row),
        )

    def ticket(self, row: int) -> Ticket:
        """A row as a Ticket, with one event for each column and pause."""
        events = [
            Event(kind=kind, at=utc(int(column[row])))
            for kind, column in self.at.items()
            if kind != OPENED and column[row] < FOREVER
        ]
        events += self._pauses(row)
        return Ticket(
            id=f"row {row}",
            severity=self.severities[row] or "",
            opened_at=utc(int(self.opening[row])),
            attributes=self._attributes(row),
            events=events,
        )

    def _attributes(self, row: int) -> dict[str, Any]:
        return {name: values[row] for name, values in self.attributes.items() if values[row] is not None}

    def _pauses(self, row: int) -> list[Event]:
        inner = range(int(self.pauses.offsets[row]), int(self.pauses.offsets[row + 1]))
        events = []
        for reason in dict.fromkeys(int(self.told.reason[place]) for place in inner):
            mine = [place for place in inner if self.told.reason[place] == reason]
            for start, end in normalize((int(self.pauses.start[p]), int(self.pauses.end[p])) for p in mine):
                name = self.told.reasons[reason]
                events.append(Event(kind="paused", at=utc(start), reason=name))
                if end < FOREVER:
                    events.append(Event(kind="resumed", at=utc(end), reason=name))
        return events


def _uncovered(at: Mapping[str, Int64s], pauses: Ragged) -> Bools:
    """Rows that the array fold does not cover, or that cannot be."""
    opened = at[OPENED]
    aside = at["reopened"] < FOREVER if "reopened" in at else np.zeros(len(opened), bool)
    cancelled = at.get("cancelled")
    for kind, column in at.items():
        if kind == OPENED:
            continue
        aside |= column < opened
        if cancelled is not None and kind != "cancelled":
            aside |= (column >= cancelled) & (column < FOREVER)
    if len(pauses):
        early = pauses.start < opened[pauses.row]
        if cancelled is not None:
            early |= np.where(pauses.end < FOREVER, pauses.end, pauses.start) >= cancelled[pauses.row]
        aside[pauses.row[early]] = True
    return aside


def _sequences(at: Mapping[str, Int64s]) -> Sequences:
    """The events of each row in order: by instant, and of one instant by the order of the columns."""
    kinds = [OPENED, *(kind for kind in at if kind != OPENED)]
    table = np.stack([at[kind] for kind in kinds], axis=1)
    order = np.argsort(table, axis=1, kind="stable")
    ordered = np.take_along_axis(table, order, axis=1)
    row, place = np.nonzero(ordered < FOREVER)
    return Sequences(row.astype(np.int64), ordered[row, place], order[row, place].astype(np.int64), kinds)


# -- reading a table -----------------------------------------------------------------------------------------------


def read_tickets(
    frame: Frame, index: Index, as_of: int, *,
    ticket: str | None, severity: str, events: Mapping[str, str] | None, pauses: str | Pauses | None,
    roles: Mapping[str, str | Calendar] | None, role_columns: Mapping[str, str] | None,
    attributes: Mapping[str, str] | Sequence[str] | None, zone: str | ZoneInfo | None,
) -> Tickets:  # fmt: skip
    """All that a table says of its tickets up to an instant."""
    problems = Problems(len(frame))
    at, shown = _events(frame, index, events, zone, problems)
    said, opening = _said_pauses(frame, ticket, pauses, zone, problems), at[OPENED]
    at = {kind: np.where(column <= as_of, column, FOREVER) for kind, column in at.items()}
    known = said.start <= as_of
    told = Told(said.row[known], said.start[known], said.end[known], said.open[known], said.reason[known], said.reasons)
    end = np.where(told.open | (told.end > as_of), FOREVER, told.end)
    codes, names = columns.words(frame.column(severity, "severity"), "severity")
    problems.add(codes < 0, "unknown_severity", "the row has no severity")
    keys = {key.key: number for number, key in enumerate(index.policy.severities)}
    numbers = np.array([keys.get(name, -1) for name in names] + [-1], np.int64)[codes]
    asked = attribute_columns(frame, index, attributes, problems)
    chosen, sets = choose_sets(index, len(frame), asked)
    binding, bounds = bind_rows(frame, index, roles, role_columns, problems)
    return Tickets(
        index, problems, opening, at, numbers, Words(codes, names), chosen, sets, binding, bounds, asked,
        Ragged.of(len(frame), told.row, told.start, end), told, shown, as_of,
    )  # fmt: skip


def known_kinds(index: Index) -> tuple[str, ...]:
    """All event kinds that a policy's metrics or the library know."""
    own = [kind for metric in index.metrics.values() for kind in (*metric.starts, *metric.stops)]
    return tuple(dict.fromkeys([*STANDARD_KINDS, *own]))


def _events(
    frame: Frame, index: Index, events: Mapping[str, str] | None, zone: str | ZoneInfo | None, problems: Problems
) -> tuple[dict[str, Int64s], Any]:
    """The instant of each kind of event, FOREVER where there is none; and the zone of the opening's column."""
    kinds = [kind for kind in known_kinds(index) if kind not in _NO_COLUMN]
    given = {kind: kind for kind in kinds if kind in frame.names} if events is None else dict(events)
    for kind in given:
        if kind not in kinds:
            raise PolicyError(f"no column can tell of {kind!r}{near(kind, kinds)}", path="events", value=kind,
                              example='events={"opened": "opened_at", "resolved": "resolved_at"}')  # fmt: skip
    if OPENED not in given:
        raise PolicyError("no column says when tickets were opened", path="events", value=sorted(given),
                          example='events={"opened": "opened_at"}')  # fmt: skip
    found: dict[str, Int64s] = {}
    shown: Any = None
    for kind in kinds:  # in one order, whatever the caller's: it decides which of one instant comes first
        if kind not in given:
            continue
        column = columns.instants(frame.column(given[kind], f"events.{kind}"), given[kind], zone, problems)
        found[kind] = column.us if column.null is None else np.where(column.null, FOREVER, column.us)
        if kind == OPENED:
            shown = column.zone
            if column.null is not None:
                problems.add(column.null, "never_opened", f"{given[kind]} is null")
    return found, shown


def _said_pauses(
    frame: Frame, ticket: str | None, pauses: str | Pauses | None, zone: str | ZoneInfo | None, problems: Problems
) -> Told:
    if pauses is None:
        return no_pauses()
    if isinstance(pauses, str):
        return of_list(frame, pauses, zone, problems)
    if not isinstance(pauses, Pauses):
        raise PolicyError(f"not pauses: {type(pauses).__name__}", path="pauses", value=type(pauses).__name__,
                          example='the name of a list column, or bulk.Pauses(frame, ticket="id")')  # fmt: skip
    if ticket is None:
        raise PolicyError("a table of pauses needs the column with the tickets' ids", path="ticket", value=None,
                          example='ticket="id"')  # fmt: skip
    return of_table(frame, ticket, pauses, zone, problems)


def attribute_columns(
    frame: Frame, index: Index, attributes: Mapping[str, str] | Sequence[str] | None, problems: Problems
) -> dict[str, Sequence[Any]]:
    """The attributes that the policy's rules ask for, by row."""
    asked = dict.fromkeys(name for rule in index.policy.rules for name in rule.when)
    if attributes is None:
        given = {name: name for name in asked if name in frame.names}
    else:
        given = dict(attributes) if isinstance(attributes, Mapping) else {name: name for name in attributes}
    columns_of = {name: frame.column(column, f"attributes.{name}") for name, column in given.items()}
    return {name: _plain(listed(column), name, problems) for name, column in columns_of.items() if name in asked}


def _plain(values: Iterable[Any], name: str, problems: Problems) -> list[Any]:
    """Attributes as rules compare them; what is missing in the library's own way is None."""
    plain = [value if isinstance(value, (str, int)) else None for value in values]
    for row, (value, given) in enumerate(zip(plain, values, strict=True)):
        if value is None and not is_null(given):
            message = f"{name}: attributes are text, whole numbers or booleans, not {given!r}"
            problems.add_row(row, ConfigurationError.code, message)
    return plain


def choose_sets(index: Index, rows: int, attributes: Mapping[str, Sequence[Any]]) -> tuple[Int64s, list[str]]:
    """The set of objectives of each row, a place in the sets; -1 where no rule matches."""
    sets = [""] if not index.policy.rules else list(dict.fromkeys(rule.use for rule in index.policy.rules))
    if not attributes:
        chosen = index.chosen_set({})
        return np.full(rows, -1 if chosen is None else sets.index(chosen), np.int64), sets
    known: dict[Any, int] = {}
    found = np.empty(rows, np.int64)
    for row, values in enumerate(zip(*attributes.values(), strict=True)):
        key = tuple((type(value), value) for value in values)
        place = known.get(key)
        if place is None:
            pairs = zip(attributes, values, strict=True)
            chosen = index.chosen_set({name: value for name, value in pairs if value is not None})
            place = known[key] = -1 if chosen is None else sets.index(chosen)
        found[row] = place
    return found, sets


def bind_rows(
    frame: Frame, index: Index, roles: Mapping[str, str | Calendar] | None, role_columns: Mapping[str, str] | None,
    problems: Problems,
) -> tuple[Int64s, list[Bound]]:  # fmt: skip
    """The binding of each row, a place in the bounds."""
    rows = len(frame)
    if not role_columns:
        return np.zeros(rows, np.int64), [index.bind(roles)]
    coded = {
        role: columns.words(frame.column(name, f"role_columns.{role}"), name) for role, name in role_columns.items()
    }
    parts = np.stack([codes for codes, _ in coded.values()], axis=1)
    distinct, binding = np.unique(parts, axis=0, return_inverse=True)
    binding = binding.reshape(-1).astype(np.int64)
    bounds: list[Bound | None] = []
    for place, codes in enumerate(distinct.tolist()):
        named = {role: names[code] for code, (role, (_, names)) in zip(codes, coded.items(), strict=True) if code >= 0}
        try:
            bounds.append(index.bind({**(roles or {}), **named}))
        except SlaclockError as error:
            problems.add(binding == place, error.code, error.message)
            bounds.append(None)
    usable = [bound for bound in bounds if bound is not None]
    # A row whose roles cannot be bound is not read; where there is no such bound at all, none is.
    return binding, [bound or usable[0] for bound in bounds] if usable else []
