"""Asking whole columns: the calendar of each row, the rows that can be asked, and the answers put together again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np

from .._instant import to_us
from ..calendars import BusinessCalendar, Calendar, CompositeCalendar
from ..durations import parse_duration
from ..errors import CalendarError, CompositeDayError, HorizonError, SlaclockError, near
from ..years import OpenYears, Years
from . import columns, lines
from .columns import Column
from .lines import Bools, Int64s, Scratch
from .problems import Problems, check_errors

OnError = Literal["raise", "null"]
_SLAB = 131_072
"""Fewer rows a thread do not pay."""


@dataclass(slots=True)
class One:
    """One calendar's part of a question: its rows, their first and last instant, and what it cannot answer."""

    calendar: Calendar
    rows: Int64s | slice
    problems: Problems
    threads: int
    first: int
    last: int
    null: Bools | None = None

    @property
    def years(self) -> OpenYears:
        """The calendar's open time."""
        return self.calendar._kept.open

    def singly(self, which: Bools, out: Int64s, one: Callable[[int], datetime | int]) -> None:
        """Ask for some rows one by one: each has an answer, or an error that says why not."""
        for place in np.flatnonzero(which).tolist():
            try:
                found = one(place)
            except SlaclockError as error:
                row = place if isinstance(self.rows, slice) else int(self.rows[place])
                self.problems.add_row(row, error.code, error.message)
            else:
                out[place] = found if isinstance(found, int) else to_us(found)


Compute = Callable[[One, Int64s], Any]


@dataclass(slots=True)
class Ask:
    """A question to a column: the column, the calendar of each row, and which rows have no answer."""

    column: Column
    groups: list[tuple[Calendar, Int64s | slice]]
    problems: Problems
    errors: OnError
    threads: int
    null: Bools | None
    through: bool
    by_days: bool
    checked: list[tuple[Each, str]] = field(default_factory=list)

    @classmethod
    def of(
        cls, values: Any, name: str, zone: str | ZoneInfo | None, calendar: Any,
        calendars: Mapping[str, Calendar] | None, errors: OnError, threads: int,
        *, through: bool = False, by_days: bool = False,
    ) -> Ask:  # fmt: skip
        """A question whose first column is ``values``, called ``name``; its kind is that of the answer."""
        check_errors(errors, ("raise", "null"))
        columns.library(values, name)  # before its length is asked for
        problems = Problems(len(values))
        column = columns.instants(values, name, zone, problems)
        groups = _groups(calendar, calendars, problems, column.null)
        if by_days:
            groups = [group for group in groups if _has_days(*group, problems, column.null)]
        ask = cls(column, groups, problems, errors, threads, column.null, through, by_days)
        ask.must_lie(Each(column.us, column.bounds), name)
        return ask

    @property
    def lead(self) -> Each:
        """The instants of the column that leads: its kind is that of the answer."""
        return self.checked[0][0]

    def must_lie(self, instants: Each, name: str) -> Each:
        """These must lie in the supported years of their row's calendar."""
        self.checked.append((instants, name))
        return instants

    def beside(self, column: Column, name: str) -> Each:
        """Another column, row by row."""
        self.same_length(len(column), name)
        self.also_null(column.null)
        return Each(column.us, column.bounds)

    def same_length(self, rows: int, name: str) -> None:
        """Raise for a column of another length."""
        if rows != len(self.column):
            raise CalendarError(f"{name} has {rows} rows, and the other column {len(self.column)}", path=name)

    def also_null(self, null: Bools | None) -> None:
        """Rows without an answer, because something they need is null."""
        if null is not None:
            self.null = null if self.null is None else self.null | null

    def _asked(self) -> Iterator[tuple[One, Int64s]]:
        """Each calendar with the instants of its rows that can be asked for."""
        aside = self.problems.mask() if self.problems else None
        if self.null is not None:
            aside = self.null if aside is None else aside | self.null
        for calendar, rows in self.groups:
            if aside is not None:
                rows = _some(rows, ~aside)  # noqa: PLW2901
            rows = self._supported(calendar, rows)  # noqa: PLW2901
            t = self.column.us[rows]
            if len(t):
                _, first, last = self.lead.of(rows)
                yield One(calendar, rows, self.problems, self.threads, first, last), t

    def _supported(self, calendar: Calendar, rows: Int64s | slice) -> Int64s | slice:
        """The rows that lie in a calendar's supported years; the others are problems."""
        years: Years[Any] = calendar._days() if self.by_days else calendar._kept.open
        lower, upper = lines.supported(years)
        upper += self.through
        for instants, name in self.checked:
            if not len(self.column.us[rows]):
                break
            t, least, most = instants.of(rows)
            if least < lower or most >= upper:
                outside = np.zeros(len(self.column), bool)
                outside[rows] = (np.asarray(t) < lower) | (np.asarray(t) >= upper)
                first, last = years.horizon()
                said = f"{name} lies outside the supported years {first} to {last}"
                self.problems.add(outside, HorizonError.code, said)
                rows = _some(rows, ~outside)
        return rows

    def _computed(self, compute: Compute, dtype: Any) -> tuple[Any, Bools | None]:
        out: Any = None
        for one, t in self._asked():
            rows = one.rows
            found = compute(one, t)
            if one.null is not None:
                none = np.zeros(len(self.column), bool)
                none[rows] = one.null
                self.also_null(none)
            if isinstance(rows, slice):
                out = found
            else:
                out = np.zeros(len(self.column), dtype) if out is None else out
                out[rows] = found
        if self.errors == "raise":
            self.problems.raise_if_any()
        if self.problems:
            self.also_null(self.problems.mask())
        return (np.zeros(len(self.column), dtype) if out is None else out), self.null

    def instants(self, compute: Compute) -> Any:
        """The answers, as a column of instants."""
        found, null = self._computed(compute, np.int64)
        return self.column.library.instants(found, null, self.column.zone, self.column.like)

    def spans(self, compute: Compute) -> Any:
        """The answers, as a column of amounts of time."""
        found, null = self._computed(compute, np.int64)
        return self.column.library.spans(found, null, self.column.like)

    def flags(self, compute: Compute) -> Any:
        """The answers, as a column of booleans."""
        found, null = self._computed(compute, np.bool_)
        return self.column.library.flags(found, null, self.column.like)


def _some(rows: Int64s | slice, which: Bools) -> Int64s:
    """Those of some rows that are marked."""
    return np.flatnonzero(which) if isinstance(rows, slice) else rows[which[rows]]


def _groups(
    calendar: Any, calendars: Mapping[str, Calendar] | None, problems: Problems, null: Bools | None
) -> list[tuple[Calendar, Int64s | slice]]:
    """The rows of each calendar.  A row without an instant needs none, but what it names must be one."""
    if isinstance(calendar, (BusinessCalendar, CompositeCalendar)):
        return [(calendar, slice(None))]
    if calendars is None:
        raise CalendarError(f"not a calendar: {type(calendar).__name__}; a column of names needs calendars=",
                            path="calendar", example='calendars={"UK": uk, "ET": et}')  # fmt: skip
    codes, names = columns.words(calendar, "calendar")
    if len(codes) != problems.rows:
        raise CalendarError(f"calendar has {len(codes)} rows, and the other column {problems.rows}", path="calendar")
    problems.add(codes < 0 if null is None else (codes < 0) & ~null, "calendar", "the row names no calendar")
    by_name = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[by_name], range(len(names) + 1))
    groups: list[tuple[Calendar, Int64s | slice]] = []
    for code, name in enumerate(names):
        rows = by_name[edges[code] : edges[code + 1]]
        found = calendars.get(name)
        if isinstance(found, (BusinessCalendar, CompositeCalendar)):
            groups.append((found, rows))
        elif found is None:
            problems.add(rows, "calendar", f"no calendar {name!r}{near(name, calendars)}")
        else:
            raise CalendarError(f"not a calendar: {type(found).__name__}", path=f"calendars.{name}",
                                example='calendars={"UK": uk, "ET": et}')  # fmt: skip
    return groups


def _has_days(calendar: Calendar, rows: Int64s | slice, problems: Problems, null: Bools | None) -> bool:
    """Whether a calendar has days of its own; that one has not is a problem of the rows that name it."""
    try:
        calendar._days()
    except CompositeDayError as error:
        if isinstance(rows, slice):
            raise
        problems.add(rows if null is None else rows[~null[rows]], error.code, error.message)
        return False
    return True


def amounts_of(within: Any, ask: Ask) -> Each:
    """Working time in microseconds, for all rows or for each."""
    if isinstance(within, (str, timedelta)):
        return Each(parse_duration(within))
    return ask.beside(columns.amounts(within, "within", ask.problems), "within")


@dataclass(slots=True)
class Each:
    """Microseconds or counts: one for all rows, or one for each, and the least and the greatest where known."""

    values: Int64s | int
    bounds: tuple[int, int] | None = None

    def of(self, rows: Int64s | slice) -> tuple[Int64s | int, int, int]:
        """Those of some rows, the least and the greatest."""
        if isinstance(self.values, int):
            return self.values, self.values, self.values
        part = self.values[rows]
        if isinstance(rows, slice) and self.bounds is not None:
            return part, *self.bounds
        return part, int(part.min()), int(part.max())


def in_chunks(rows: int, threads: int, part: Callable[[slice, Scratch], None]) -> None:
    """Each chunk in turn, or slabs of them by several threads."""
    slabs = lines.chunks(rows, max(_SLAB, -(-rows // max(threads, 1)))) if threads > 1 else [slice(0, rows)]

    def run(slab: slice) -> None:
        scratch = Scratch(slab.stop - slab.start)
        for chunk in lines.chunks(slab.stop - slab.start):
            part(slice(slab.start + chunk.start, slab.start + chunk.stop), scratch)

    if len(slabs) == 1:
        run(slabs[0])
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(run, slabs))
