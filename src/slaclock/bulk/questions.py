"""Calendar questions to whole columns: what a calendar answers for one instant, for each row (R-7).

A column of NumPy, pandas, Polars or pyarrow goes in, and one of the same kind comes back, with its index, its nulls
and its zone.  Instants and amounts of time come back in microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from .._instant import from_us
from ..calendars import Calendar
from ..errors import CalendarError
from ..hours import parse_time
from ..years import OpenYears
from . import columns, lines
from . import days as day_arrays
from .asking import Ask, Each, One, OnError, amounts_of, in_chunks
from .lines import ArrayLine, Bools, Int64s, Scratch

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
    ask = Ask.of(start, "start", zone, calendar, calendars, errors, threads)
    amounts = amounts_of(within, ask)
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
    ask = Ask.of(lead, name, zone, calendar, calendars, errors, threads, through=True)
    if isinstance(start, datetime):
        first, last = ask.must_lie(Each(columns.instant(start, "start")), "start"), ask.lead
    elif isinstance(end, datetime):
        first, last = ask.lead, ask.must_lie(Each(columns.instant(end, "end")), "end")
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
    return Ask.of(at, "at", zone, calendar, calendars, errors, threads).flags(_is_open)


def next_open(
    after: Any, calendar: Any, *,
    calendars: Mapping[str, Calendar] | None = None,
    zone: str | ZoneInfo | None = None, errors: OnError = "raise", threads: int = 1,
) -> Any:  # fmt: skip
    """The first opening strictly after each instant; null where there is none.  The rest is as for ``due``."""
    ask = Ask.of(after, "after", zone, calendar, calendars, errors, threads)
    return ask.instants(lambda one, t: _next(one, t, ArrayLine.next_opens, OpenYears.next_open))


def next_close(
    after: Any, calendar: Any, *,
    calendars: Mapping[str, Calendar] | None = None,
    zone: str | ZoneInfo | None = None, errors: OnError = "raise", threads: int = 1,
) -> Any:  # fmt: skip
    """The first closing strictly after each instant; null where there is none.  The rest is as for ``due``."""
    ask = Ask.of(after, "after", zone, calendar, calendars, errors, threads)
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
    ask = Ask.of(start, "start", zone, calendar, calendars, errors, threads, by_days=True)
    if isinstance(days, int):
        numbers = Each(max(min(days, _FAR), -_FAR))
    else:
        counts, null = columns.integers(days, "days")
        ask.same_length(len(counts), "days")
        ask.also_null(null)
        if by is not None:
            ask.problems.add(counts < 0 if ask.null is None else (counts < 0) & ~ask.null, CalendarError.code, _AHEAD)
        numbers = Each(np.clip(counts, -_FAR, _FAR))
    return ask.instants(lambda one, t: _add_days(one, t, *numbers.of(one.rows), by, cutoff))


# -- answers -------------------------------------------------------------------------------------------------


def _due(one: One, t: Int64s, working: Int64s | int, least: int, most: int) -> Int64s:
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

    in_chunks(len(t), one.threads, part)
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


def _elapsed(one: One, rows: int, start: tuple[Int64s | int, int, int], end: tuple[Int64s | int, int, int]) -> Int64s:
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

    in_chunks(rows, one.threads, part)
    return out


def _is_open(one: One, t: Int64s) -> Bools:
    return lines.spanning(one.years, one.first, one.last).open_at(t)


def _next(
    one: One, t: Int64s, edges: Callable[[ArrayLine, Int64s], Int64s], edge: Callable[[OpenYears, int], int | None]
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
    one: One, t: Int64s, n: Int64s | int, least: int, most: int, by: str | None, cutoff: str | None
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
