"""Calendar questions to whole columns: what a calendar answers for one instant, for each row (R-7).

A column of NumPy, pandas, Polars or pyarrow goes in, and one of the same kind comes back, with its index, its nulls
and its zone.  Instants and amounts of time come back in microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np

from .._instant import from_us, to_us
from ..calendars import BusinessCalendar, Calendar, CompositeCalendar
from ..durations import parse_duration
from ..errors import CalendarError, CompositeDayError, HorizonError, SlaclockError, near
from ..hours import parse_time
from ..years import OpenYears, Years
from . import columns, lines
from . import days as day_arrays
from .columns import Column
from .lines import ArrayLine, Bools, Int64s, Scratch
from .problems import Problems, check_errors

OnError = Literal["raise", "null"]
_SLAB = 131_072
"""Fewer rows a thread do not pay."""
_FAR = 1_000_000
"""More days than there are: a greater number says nothing else, and would overflow."""
_AHEAD = "a named instant lies ahead; the number of days is 0 or more"


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
        first, last = ask.must_lie(_Each(columns.instant(start, "start")), "start"), ask.lead
    elif isinstance(end, datetime):
        first, last = ask.lead, ask.must_lie(_Each(columns.instant(end, "end")), "end")
    else:
        other = columns.instants(end, "end", zone, ask.problems)
        first, last = ask.lead, ask.must_lie(ask.beside(other, "end"), "end")
    return ask.spans(lambda one, t: _elapsed(one, len(t), first.of(one.rows), last.of(one.rows)))


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
    for name, text in (("by", by if by != "close" else None), ("cutoff", cutoff)):
        if text is not None and parse_time(text) is None:
            raise CalendarError(f"not a time of day: {text!r}", path=name, value=text, example='"16:00"')
    if isinstance(days, bool):
        raise CalendarError(f"not a whole number of days: {days!r}", path="days", value=days, example="2")
    if by is not None and isinstance(days, int) and days < 0:
        raise CalendarError(_AHEAD, path="days", value=days, example="1")
    ask = _Ask.of(start, "start", zone, calendar, calendars, errors, threads, by_days=True)
    if isinstance(days, int):
        numbers = _Each(max(min(days, _FAR), -_FAR))
    else:
        counts, null = columns.integers(days, "days")
        ask.same_length(len(counts), "days")
        ask.also_null(null)
        if by is not None:
            ask.problems.add(counts < 0 if ask.null is None else (counts < 0) & ~ask.null, CalendarError.code, _AHEAD)
        numbers = _Each(np.clip(counts, -_FAR, _FAR))
    return ask.instants(lambda one, t: _add_days(one, t, *numbers.of(one.rows), by, cutoff))


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
    through: bool
    by_days: bool
    checked: list[tuple[_Each, str]] = field(default_factory=list)

    @classmethod
    def of(
        cls, values: Any, name: str, zone: str | ZoneInfo | None, calendar: Any,
        calendars: Mapping[str, Calendar] | None, errors: OnError, threads: int,
        *, through: bool = False, by_days: bool = False,
    ) -> _Ask:  # fmt: skip
        check_errors(errors, ("raise", "null"))
        columns.library(values, name)  # before its length is asked for
        problems = Problems(len(values))
        column = columns.instants(values, name, zone, problems)
        groups = _groups(calendar, calendars, problems, column.null)
        if by_days:
            groups = [group for group in groups if _has_days(*group, problems, column.null)]
        ask = cls(column, groups, problems, errors, threads, column.null, through, by_days)
        ask.must_lie(_Each(column.us, column.bounds), name)
        return ask

    @property
    def lead(self) -> _Each:
        """The instants of the column that leads: its kind is that of the answer."""
        return self.checked[0][0]

    def must_lie(self, instants: _Each, name: str) -> _Each:
        """These must lie in the supported years of their row's calendar."""
        self.checked.append((instants, name))
        return instants

    def beside(self, column: Column, name: str) -> _Each:
        """Another column, row by row."""
        self.same_length(len(column), name)
        self.also_null(column.null)
        return _Each(column.us, column.bounds)

    def same_length(self, rows: int, name: str) -> None:
        if rows != len(self.column):
            raise CalendarError(f"{name} has {rows} rows, and the other column {len(self.column)}", path=name)

    def also_null(self, null: Bools | None) -> None:
        """Rows without an answer, because something they need is null."""
        if null is not None:
            self.null = null if self.null is None else self.null | null

    def _asked(self) -> Iterator[tuple[_One, Int64s]]:
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
                yield _One(calendar, rows, self.problems, self.threads, first, last), t

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
        found, null = self._computed(compute, np.int64)
        return self.column.library.instants(found, null, self.column.zone, self.column.like)

    def spans(self, compute: Compute) -> Any:
        found, null = self._computed(compute, np.int64)
        return self.column.library.spans(found, null, self.column.like)

    def flags(self, compute: Compute) -> Any:
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


def _amounts(within: Any, ask: _Ask) -> _Each:
    """Working time in microseconds, for all rows or for each."""
    if isinstance(within, (str, timedelta)):
        return _Each(parse_duration(within))
    return ask.beside(columns.amounts(within, "within", ask.problems), "within")


@dataclass(slots=True)
class _Each:
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


def _elapsed(one: _One, rows: int, start: tuple[Int64s | int, int, int], end: tuple[Int64s | int, int, int]) -> Int64s:
    years = one.years
    before = lines.supported(years)[1] - 1  # where a span ends with the supported years, the year before is asked
    line = lines.spanning(years, min(start[1], end[1], before), min(max(start[2], end[2]), before))
    since, until = start[0], end[0]
    line.tables(rows)
    out = np.empty(rows, np.int64)

    def works(t: Int64s | int, chunk: slice, out: Int64s, i: Int64s, a: Int64s) -> None:
        if isinstance(t, int):
            out.fill(years.piece.work(t))
        else:
            line.work(t[chunk], out, i, a)

    def part(chunk: slice, scratch: Scratch) -> None:
        i, a, w = scratch[chunk.stop - chunk.start]
        works(since, chunk, w, i, a)
        works(until, chunk, out[chunk], i, a)
        np.subtract(out[chunk], w, out=out[chunk])

    _in_chunks(rows, one.threads, part)
    return out


def _is_open(one: _One, t: Int64s) -> Bools:
    return lines.spanning(one.years, one.first, one.last).open_at(t)


def _next(
    one: _One, t: Int64s, edges: Callable[[ArrayLine, Int64s], Int64s], edge: Callable[[OpenYears, int], int | None]
) -> Int64s:
    years = one.years
    lines.spanning(years, one.first, one.last)
    edge(years, one.last)  # compiles the years after, as far as they are needed
    line = lines.current(years)
    out = edges(line, t)
    # The last instant's search went on to the end of the supported years, if need be: what is not found is not there.
    none = out >= line.upper
    one.null = none if none.any() else None
    return out


def _add_days(
    one: _One, t: Int64s, n: Int64s | int, least: int, most: int, by: str | None, cutoff: str | None
) -> Int64s:
    calendar, zone = one.calendar, one.calendar._kept.zone
    working = calendar._days()
    days = day_arrays.spanning(working, t, most, least)
    each = np.broadcast_to(n, len(t))
    if by is None:
        out, found = day_arrays.same_time(days, working.zone, t, each)
    else:
        close = None if by == "close" else parse_time(by)
        limit = None if cutoff is None else parse_time(cutoff)
        out, place, found = day_arrays.named(days, working.zone, t, each, close, limit)
        found[found] = out[found] > days.opens[place[found]]
    one.singly(
        ~found, out,
        lambda row: calendar.add_business_days(from_us(int(t[row]), zone), int(each[row]), by=by, cutoff=cutoff),
    )  # fmt: skip
    return out
