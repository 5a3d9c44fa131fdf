"""Calendar questions to whole columns: what a calendar answers for one instant, for each row (R-7).

A column of NumPy, pandas, Polars or pyarrow goes in, and one of the same kind comes back, with its index, its nulls
and its zone.  Instants and amounts of time come back in microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np

from .._instant import from_us, to_us
from ..calendars import BusinessCalendar, Calendar, CompositeCalendar
from ..durations import parse_duration
from ..errors import CalendarError, SlaclockError, near
from ..hours import parse_time
from ..years import OpenYears
from . import columns, lines
from . import days as day_arrays
from .columns import Column
from .lines import ArrayLine, Bools, Int64s, Scratch
from .problems import Problems, check_errors

OnError = Literal["raise", "null"]
_SLAB = 131_072
"""Fewer rows a thread do not pay."""


def due(
    start: Any, within: Any, calendar: Any, *,
    calendars: Mapping[str, Calendar] | None = None,
    zone: str | ZoneInfo | None = None, errors: OnError = "raise", threads: int = 1,
) -> Any:  # fmt: skip
    """The first instant by which ``within`` of working time has passed since ``start``, for each row.

    ``start`` is a column of instants; ``within`` is ``"4h"``, a timedelta, or a column of either (text or amounts of
    time; negative looks back).  ``calendar`` is a calendar, or a column of names in ``calendars``.  ``zone`` says
    where a naive column is from.  Returns a column of the kind of ``start``, in its zone, of dtype microseconds.

    Rows that have no answer raise RowsError, which tells them by number, or become null with ``errors="null"``.
    Raises InstantError for a column that is not one of instants.

    >>> import numpy as np
    >>> from slaclock import BusinessCalendar, bulk
    >>> uk = BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["08:30-16:30"]}, holidays=["GB-ENG"])
    >>> opened = np.array(["2026-05-22T14:00"], "M8[us]")  # Friday 15:00 in London; Monday is a bank holiday
    >>> bulk.due(opened, "4h", uk, zone="UTC")
    array(['2026-05-26T10:00:00.000000'], dtype='datetime64[us]')
    """
    ask = _Ask.of(start, "start", zone, calendar, calendars, errors, threads)
    amounts = _amounts(within, ask)
    return ask.instants(lambda one, t: _due(one, t, *amounts.of(one.rows)))


def elapsed(
    start: Any, end: Any, calendar: Any, *,
    calendars: Mapping[str, Calendar] | None = None,
    zone: str | ZoneInfo | None = None, errors: OnError = "raise", threads: int = 1,
) -> Any:  # fmt: skip
    """Working time from ``start`` to ``end`` for each row, negative when ``end`` is the earlier.

    One of the two may be an aware datetime that stands for all rows.  Returns a column of amounts of time, of the kind
    of ``start``; the rest is as for ``due``.

    >>> import numpy as np
    >>> from slaclock import always_open, bulk
    >>> a, b = np.array(["2026-05-22T14:00"], "M8[us]"), np.array(["2026-05-22T15:30"], "M8[us]")
    >>> bulk.elapsed(a, b, always_open(), zone="UTC")
    array([5400000000], dtype='timedelta64[us]')
    """
    lead, name = (end, "end") if isinstance(start, datetime) else (start, "start")
    ask = _Ask.of(lead, name, zone, calendar, calendars, errors, threads, through=True)
    if isinstance(start, datetime):
        first: Int64s | int = columns.instant(start, "start")
        return ask.spans(lambda one, t: _elapsed(one, first, t))
    if isinstance(end, datetime):
        last: Int64s | int = columns.instant(end, "end")
        return ask.spans(lambda one, t: _elapsed(one, t, last))
    other = columns.instants(end, "end", zone, ask.problems)
    ask.same_length(other, "end")
    ask.also_null(other.null)
    ask.supported(other, "end")
    return ask.spans(lambda one, t: _elapsed(one, t, other.us[one.rows]))


def is_open(
    at: Any, calendar: Any, *,
    calendars: Mapping[str, Calendar] | None = None,
    zone: str | ZoneInfo | None = None, errors: OnError = "raise", threads: int = 1,
) -> Any:  # fmt: skip
    """Whether work counts at each instant: open at the opening instant, closed at the closing one.

    Returns a column of booleans (NumPy: a masked array where there are nulls); the rest is as for ``due``.
    """
    return _Ask.of(at, "at", zone, calendar, calendars, errors, threads).flags(_is_open)


def next_open(
    after: Any, calendar: Any, *,
    calendars: Mapping[str, Calendar] | None = None,
    zone: str | ZoneInfo | None = None, errors: OnError = "raise", threads: int = 1,
) -> Any:  # fmt: skip
    """The first opening strictly after each instant; null where there is none.  The rest is as for ``due``."""
    ask = _Ask.of(after, "after", zone, calendar, calendars, errors, threads)
    return ask.instants(lambda one, t: _next(one, t, ArrayLine.next_opens, OpenYears.next_open))


def next_close(
    after: Any, calendar: Any, *,
    calendars: Mapping[str, Calendar] | None = None,
    zone: str | ZoneInfo | None = None, errors: OnError = "raise", threads: int = 1,
) -> Any:  # fmt: skip
    """The first closing strictly after each instant; null where there is none.  The rest is as for ``due``."""
    ask = _Ask.of(after, "after", zone, calendar, calendars, errors, threads)
    return ask.instants(lambda one, t: _next(one, t, ArrayLine.next_closes, OpenYears.next_close))


def add_business_days(
    start: Any, days: Any, calendar: Any, *, by: str | None = None, cutoff: str | None = None,
    calendars: Mapping[str, Calendar] | None = None,
    zone: str | ZoneInfo | None = None, errors: OnError = "raise", threads: int = 1,
) -> Any:  # fmt: skip
    """The due instant of a number of business days for each row; ``days`` is an integer, or a column of them.

    ``by`` and ``cutoff`` are as for ``BusinessCalendar.add_business_days``; the rest is as for ``due``.
    """
    if by is None and cutoff is not None:
        raise CalendarError("a cut-off needs a named instant", value=cutoff, example='by="close"')
    for name, text in (("by", by), ("cutoff", cutoff)):
        if text is not None and text != "close" and parse_time(text) is None:
            raise CalendarError(f"not a time of day: {text!r}", path=name, value=text, example='"16:00"')
    ask = _Ask.of(start, "start", zone, calendar, calendars, errors, threads)
    counts, null = (days, None) if isinstance(days, int) else columns.integers(days, "days")
    if isinstance(days, bool):
        raise CalendarError(f"not a whole number of days: {days!r}", path="days", value=days, example="2")
    ask.also_null(null)
    numbers = np.broadcast_to(np.asarray(counts, np.int64), len(ask.column)) if isinstance(counts, int) else counts
    return ask.instants(lambda one, t: _add_days(one, t, numbers[one.rows], by, cutoff))


# -- asking ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _One:
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
        return self.calendar._kept.open

    def singly(self, which: Bools, out: Int64s, one: Callable[[int], datetime | int | None]) -> None:
        """Ask for some rows one by one; no answer is null."""
        for place in np.flatnonzero(which).tolist():
            row = place if isinstance(self.rows, slice) else int(self.rows[place])
            try:
                found = one(place)
            except SlaclockError as error:
                self.problems.add_row(row, error.code, error.message)
                continue
            if found is None:
                self.null = np.zeros(len(out), bool) if self.null is None else self.null
                self.null[place] = True
            else:
                out[place] = found if isinstance(found, int) else to_us(found)


Compute = Callable[[_One, Int64s], Any]


@dataclass(slots=True)
class _Ask:
    """A question to a column: the column, the calendar of each row, and which rows have no answer."""

    column: Column
    groups: list[tuple[Calendar, Int64s | slice]]
    problems: Problems
    errors: OnError
    threads: int
    null: Bools | None
    through: bool = False

    @classmethod
    def of(
        cls, values: Any, name: str, zone: str | ZoneInfo | None, calendar: Any,
        calendars: Mapping[str, Calendar] | None, errors: OnError, threads: int, *, through: bool = False,
    ) -> _Ask:  # fmt: skip
        check_errors(errors, ("raise", "null"))
        columns.library(values, name)  # before its length is asked for
        problems = Problems(len(values))
        column = columns.instants(values, name, zone, problems)
        groups = _groups(calendar, calendars, problems)
        ask = cls(column, groups, problems, errors, threads, column.null, through)
        ask.supported(column, name)
        return ask

    def same_length(self, other: Column, name: str) -> None:
        if len(other) != len(self.column):
            raise CalendarError(f"{name} has {len(other)} rows, and the other column {len(self.column)}", path=name)

    def also_null(self, null: Bools | None) -> None:
        """Rows without an answer, because something they need is null."""
        if null is not None:
            self.null = null if self.null is None else self.null | null

    def supported(self, column: Column, name: str) -> None:
        """Rows outside a calendar's supported years are problems, and stand aside."""
        for calendar, rows in self.groups:
            t = column.us[rows]
            if not len(t):
                continue
            lower, upper = lines.supported(calendar._kept.open)
            upper += self.through
            first, last = _bounds(column, rows, t)
            if first >= lower and last < upper:
                continue
            outside = (t < lower) | (t >= upper)
            known = self.problems.mask()
            if self.null is not None:
                known |= self.null
            outside &= ~known[rows]
            numbers = np.flatnonzero(outside) if isinstance(rows, slice) else rows[outside]
            first, last = calendar._kept.open.horizon()
            self.problems.add(numbers, "horizon", f"{name} lies outside the supported years {first} to {last}")

    def _asked(self) -> Iterator[tuple[_One, Int64s]]:
        """Each calendar with the instants of its rows that can be asked for."""
        aside = self.problems.mask() if self.problems else None
        if self.null is not None:
            aside = self.null if aside is None else aside | self.null
        for calendar, rows in self.groups:
            if aside is not None:
                rows = np.flatnonzero(~aside) if isinstance(rows, slice) else rows[~aside[rows]]  # noqa: PLW2901
            t = self.column.us[rows]
            if len(t):
                yield _One(calendar, rows, self.problems, self.threads, *_bounds(self.column, rows, t)), t

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
        found, null = self._computed(compute, np.int64)
        return self.column.library.instants(found, null, self.column.zone, self.column.like)

    def spans(self, compute: Compute) -> Any:
        found, null = self._computed(compute, np.int64)
        return self.column.library.spans(found, null, self.column.like)

    def flags(self, compute: Compute) -> Any:
        found, null = self._computed(compute, np.bool_)
        return self.column.library.flags(found, null, self.column.like)


def _bounds(column: Column, rows: Int64s | slice, t: Int64s) -> tuple[int, int]:
    """The first and the last instant of some rows."""
    if isinstance(rows, slice) and column.bounds is not None:
        return column.bounds
    return int(t.min()), int(t.max())


def _groups(
    calendar: Any, calendars: Mapping[str, Calendar] | None, problems: Problems
) -> list[tuple[Calendar, Int64s | slice]]:
    """The rows of each calendar."""
    if isinstance(calendar, (BusinessCalendar, CompositeCalendar)):
        return [(calendar, slice(None))]
    if calendars is None:
        raise CalendarError(f"not a calendar: {type(calendar).__name__}; a column of names needs calendars=",
                            path="calendar", example='calendars={"UK": uk, "ET": et}')  # fmt: skip
    codes, names = columns.words(calendar, "calendar")
    if len(codes) != problems.rows:
        raise CalendarError(f"calendar has {len(codes)} rows, and the other column {problems.rows}", path="calendar")
    problems.add(codes < 0, "calendar", "the row names no calendar")
    groups: list[tuple[Calendar, Int64s | slice]] = []
    for code, name in enumerate(names):
        rows = np.flatnonzero(codes == code)
        if name in calendars:
            groups.append((calendars[name], rows))
        else:
            problems.add(rows, "calendar", f"no calendar {name!r}{near(name, calendars)}")
    return groups


def _amounts(within: Any, ask: _Ask) -> _Amounts:
    """Working time in microseconds, for all rows or for each."""
    if isinstance(within, (str, timedelta)):
        return _Amounts(parse_duration(within))
    column = columns.amounts(within, "within", ask.problems)
    ask.same_length(column, "within")
    ask.also_null(column.null)
    return _Amounts(column.us, column.bounds)


@dataclass(slots=True)
class _Amounts:
    """Amounts of time: one for all rows, or one for each, and the least and the greatest where they are known."""

    us: Int64s | int
    bounds: tuple[int, int] | None = None

    def of(self, rows: Int64s | slice) -> tuple[Int64s | int, int, int]:
        """Those of some rows, the least and the greatest."""
        if isinstance(self.us, int):
            return self.us, self.us, self.us
        part = self.us[rows]
        if isinstance(rows, slice) and self.bounds is not None:
            return part, *self.bounds
        return part, int(part.min()), int(part.max())


# -- answers -------------------------------------------------------------------------------------------------


def _in_chunks(rows: int, threads: int, part: Callable[[slice, Scratch], None]) -> None:
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


def _due(one: _One, t: Int64s, working: Int64s | int, least: int, most: int) -> Int64s:
    years = one.years
    line = lines.spanning(years, one.first, one.last)
    furthest = years.work(one.last) + most
    if most > 0:
        line = lines.reaching(years, furthest)
    line.tables(len(t))
    out = np.empty(len(t), np.int64)
    short = np.zeros(len(t), bool) if least <= 0 or furthest > line.total else None

    def part(rows: slice, scratch: Scratch) -> None:
        i, a, w = scratch[rows.stop - rows.start]
        line.work(t[rows], w, i, a)
        np.add(w, working if isinstance(working, int) else working[rows], out=w)
        line.first_at(w, out[rows], i, a)
        if short is not None:
            np.greater(w, line.total, out=short[rows])

    _in_chunks(len(t), one.threads, part)
    if short is not None:
        each = np.broadcast_to(np.asarray(working), len(t))
        if least < 0:
            _back(years, t, each, out, short)
        np.copyto(out, t, where=each == 0)
        short &= each != 0
        one.singly(short, out, lambda row: years.add(int(t[row]), int(each[row])))
    return out


def _back(years: OpenYears, t: Int64s, working: Int64s, out: Int64s, short: Bools) -> None:
    """The last instants before ``t`` from which so much working time has passed."""
    rows = np.flatnonzero(working < 0)
    w = years.work(int(t[rows].min())) + int(working[rows].min())
    years.last_at(w)  # compiles the years before, if they are needed
    line = lines.current(years)
    before = line.works(t[rows]) + working[rows]
    out[rows] = line.lasts(before)
    short[rows] = (before < line.zero) | (before >= line.total)


def _elapsed(one: _One, start: Int64s | int, end: Int64s | int) -> Int64s:
    years = one.years
    _, upper = lines.supported(years)
    ends = [int(edge) for t in (start, end) for edge in ((t, t) if isinstance(t, int) else (t.min(), t.max()))]
    lines.spanning(years, min(*ends, upper - 1), min(max(ends), upper - 1))
    first = last = 0
    if isinstance(start, int):
        first = years.until(start).work(start)
    if isinstance(end, int):
        last = years.until(end).work(end)
    line = lines.current(years)
    column = end if isinstance(start, int) else start
    assert not isinstance(column, int)
    line.tables(len(column))
    out = np.empty(len(column), np.int64)

    def part(rows: slice, scratch: Scratch) -> None:
        i, a, w = scratch[rows.stop - rows.start]
        if isinstance(end, int):
            out[rows] = last
        else:
            line.work(end[rows], out[rows], i, a)
        if isinstance(start, int):
            w.fill(first)
        else:
            line.work(start[rows], w, i, a)
        np.subtract(out[rows], w, out=out[rows])

    _in_chunks(len(column), one.threads, part)
    return out


def _is_open(one: _One, t: Int64s) -> Bools:
    return lines.spanning(one.years, one.first, one.last).open_at(t)


def _next(
    one: _One, t: Int64s, edges: Callable[[ArrayLine, Int64s], Int64s], edge: Callable[[OpenYears, int], int | None]
) -> Int64s:
    years = one.years
    lines.spanning(years, one.first, one.last)
    edge(years, one.last)  # compiles the years after, if they are needed
    line = lines.current(years)
    out = edges(line, t)
    one.singly(out >= line.upper, out, lambda row: edge(years, int(t[row])))
    return out


def _add_days(one: _One, t: Int64s, n: Int64s, by: str | None, cutoff: str | None) -> Int64s:
    calendar, zone = one.calendar, one.calendar._kept.zone
    working = calendar._days()
    days = day_arrays.spanning(working, t, int(n.max()), int(n.min()))
    if by is None:
        out, found = day_arrays.same_time(days, working.zone, t, n)
    else:
        close = None if by == "close" else parse_time(by)
        limit = None if cutoff is None else parse_time(cutoff)
        out, place, found = day_arrays.named(days, working.zone, t, n, close, limit)
        found &= (n >= 0) & (out > days.opens[place] if len(days.opens) else False)
    one.singly(
        ~found, out,
        lambda row: calendar.add_business_days(from_us(int(t[row]), zone), int(n[row]), by=by, cutoff=cutoff),
    )  # fmt: skip
    return out
