"""Rows of time: a span cut into rows of days, weeks or years, and where an instant lies in its row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ..._instant import DAY, HOUR, ordinal_wall, place, to_wall, wall_ordinal
from .drawing import EDGE, WIDTH

_WITHIN_HOURS = 36 * HOUR  # a span up to this is drawn by the hour
_WITHIN_DAYS = 8  # and one on up to so many dates in one row of days
_WITHIN_WEEKS = 10  # then rows of weeks, and after that bars by month
WEEK = 7


class TimeRow(NamedTuple):
    """A row from one instant to another, and the instants at which something begins in it: hours, days."""

    start: int
    end: int
    ticks: tuple[int, ...]

    def x(self, t: int) -> float:
        """Where an instant lies."""
        share = (t - self.start) / (self.end - self.start)
        return EDGE + min(max(share, 0.0), 1.0) * (WIDTH - 2 * EDGE)

    def clip(self, start: int, end: int) -> tuple[float, float] | None:
        """Where a span lies; None where it does not lie in the row."""
        if end <= self.start or start >= self.end:
            return None
        return self.x(start), self.x(end)

    def holds(self, t: int, *, last: bool = False) -> bool:
        """Whether an instant lies in the row; its end belongs to the next one, if there is a next one."""
        return self.start <= t < self.end or (last and t == self.end)


class Rows(NamedTuple):
    """The rows of a picture, and what one step of their ticks is."""

    unit: str
    rows: tuple[TimeRow, ...]


def time_rows(low: int, high: int, zone: ZoneInfo) -> Rows | None:
    """The rows that show a span; None for one so long that it is drawn as bars."""
    if high - low <= _WITHIN_HOURS:
        return Rows("hour", (_hours(low, high, zone),))
    first, last = _ordinal(low, zone), _ordinal(high - 1, zone)
    if last - first < _WITHIN_DAYS:
        return Rows("day", (_days(first, last, zone),))
    if last - first > _WITHIN_WEEKS * WEEK:
        return None
    monday = first - (first - 1) % WEEK
    return Rows("week", tuple(_days(day, day + WEEK - 1, zone) for day in range(monday, last + 1, WEEK)))


def _ordinal(t: int, zone: ZoneInfo) -> int:
    return wall_ordinal(to_wall(t, zone))


def _midnight(ordinal: int, zone: ZoneInfo) -> int:
    return place(ordinal_wall(ordinal), zone)


def _days(first: int, last: int, zone: ZoneInfo) -> TimeRow:
    edges = [_midnight(ordinal, zone) for ordinal in range(first, last + 2)]
    # A zone may skip a date: it begins and ends at once.
    ticks = tuple(start for start, end in pairwise(edges) if start < end)
    return TimeRow(edges[0], edges[-1], ticks)


def _hours(low: int, high: int, zone: ZoneInfo) -> TimeRow:
    """From a full hour to a full hour of real time, with ticks on the hours that the wall shows full."""
    offset = to_wall(low, zone) - low
    start = (low + offset) // HOUR * HOUR - offset
    end = max(high, start + HOUR)
    end += -(end - start) % HOUR
    ticks = [t for t in range(start, end + 1, HOUR // 4) if to_wall(t, zone) % HOUR == 0]
    return TimeRow(start, end, tuple(ticks))


# -- bars --------------------------------------------------------------------------------------------------

BARS = 12  # in a row: the months of a year
_MOST_YEARS = 12  # up to so many years have a row each; then a bar is a year


class Bin(NamedTuple):
    """A month or a year as a bar: its instants."""

    first: date
    start: int
    end: int


class BarRow(NamedTuple):
    """A row of bars and the span that they stand on."""

    row: TimeRow
    bins: tuple[Bin, ...]


def bar_rows(low: int, high: int, zone: ZoneInfo) -> tuple[str, tuple[BarRow, ...]]:
    """Bars by month in rows by year; for a longer span, bars by year."""
    first, last = (date.fromordinal(_ordinal(t, zone)) for t in (low, high - 1))
    if last.year - first.year < _MOST_YEARS:
        months = [_month(year, month, zone) for year in range(first.year, last.year + 1) for month in range(1, 13)]
        return "month", tuple(_bar_row(months[i : i + BARS]) for i in range(0, len(months), BARS))
    years = [_year(year, zone) for year in range(first.year, last.year + 1)]
    return "year", tuple(_bar_row(years[i : i + BARS]) for i in range(0, len(years), BARS))


def _bar_row(bins: list[Bin]) -> BarRow:
    start = bins[0].start
    # A last row with fewer bars keeps their width.
    end = bins[-1].end if len(bins) == BARS else start + (bins[-1].end - start) * BARS // len(bins)
    return BarRow(TimeRow(start, end, ()), tuple(bins))


def _month(year: int, month: int, zone: ZoneInfo) -> Bin:
    first = date(year, month, 1)
    following = (first + timedelta(days=31)).replace(day=1)
    return Bin(first, _midnight(first.toordinal(), zone), _midnight(following.toordinal(), zone))


def _year(year: int, zone: ZoneInfo) -> Bin:
    first, following = date(year, 1, 1), date(year + 1, 1, 1)
    return Bin(first, _midnight(first.toordinal(), zone), _midnight(following.toordinal(), zone))


def hour_labels(row: TimeRow, zone: ZoneInfo, room: float) -> Iterator[tuple[int, int]]:
    """The full hours of a row that have room for a label, and the hour that each shows."""
    hours = max((row.end - row.start) / HOUR, 1)
    every = next(step for step in (1, 2, 3, 6, 12, 24) if step * (WIDTH - 2 * EDGE) / hours >= room or step == 24)
    for t in row.ticks:
        hour = to_wall(t, zone) % DAY // HOUR
        if hour % every == 0:
            yield t, hour
