"""Windows owned by dates: the anchor of an instant, its day, and the n-th working day after it (CAL-13).

A date is a proleptic Gregorian ordinal, an instant UTC microseconds.  A *working day* is a date that owns open
time of positive length after closures.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from . import intervals
from ._instant import DAY, SECOND, Placer, ordinal_wall
from .hours import Windows
from .intervals import Interval
from .timeline import Timeline

WindowsOf = Callable[[int], Windows]


class Owned(NamedTuple):
    """One open window and the date that owns it; of two that start together, the earlier date's comes first."""

    start: int
    ordinal: int
    end: int


class DayTable:
    """The working days of a span ``[lower, upper)`` of instants, and the windows that they own."""

    __slots__ = ("_closes", "_first", "_opens", "_ordinals", "_starts", "_windows", "lower", "upper")

    def __init__(self, windows: Iterable[Owned], first: int, lower: int, upper: int) -> None:
        # A window of the date before the first may run on into the span; that date is not one of its days.
        self._first = first
        self._windows = sorted(windows)
        self._starts = [window.start for window in self._windows]
        opens: dict[int, int] = {}
        closes: dict[int, int] = {}
        for start, ordinal, end in self._windows:
            opens[ordinal] = min(start, opens.get(ordinal, start))
            closes[ordinal] = max(end, closes.get(ordinal, end))
        self._ordinals = sorted(ordinal for ordinal in opens if ordinal >= first)
        self._opens, self._closes = opens, closes
        self.lower, self.upper = lower, upper

    def joined(self, later: DayTable) -> DayTable:
        """This table and the one of the span that follows."""
        return DayTable({*self._windows, *later._windows}, self._first, self.lower, later.upper)

    def preceded(self, earlier: DayTable) -> DayTable:
        """The earlier table and this one."""
        return earlier.joined(self)

    def anchor(self, t: int) -> tuple[int, int] | None:
        """``t`` and its day when open, else the next opening and its day; None when the span has neither."""
        i = bisect_right(self._starts, t)
        # Where windows of two dates overlap, the one that began first owns the instant, and that is the earlier
        # date's.  None is longer than a day and a change of the clocks, so the look back is short.
        first = bisect_left(self._starts, t - 2 * DAY)
        owners = [window.ordinal for window in self._windows[first:i] if window.end > t]
        if owners:
            return t, min(owners)
        return (self._windows[i].start, self._windows[i].ordinal) if i < len(self._windows) else None

    def is_working(self, ordinal: int) -> bool:
        """Whether the date owns open time."""
        return ordinal in self._opens

    def hours(self, ordinal: int) -> Interval:
        """The first opening and the last closing of a working day."""
        return self._opens[ordinal], self._closes[ordinal]

    def nth(self, ordinal: int, n: int) -> int | None:
        """The n-th working day after a date (before it, for negative n); None when the span has it not."""
        i = bisect_right(self._ordinals, ordinal) + n - 1 if n > 0 else bisect_left(self._ordinals, ordinal) + n
        return self._ordinals[i] if 0 <= i < len(self._ordinals) else None

    def count(self, first: int, last: int) -> int:
        """Working days in ``[first, last)``."""
        return bisect_left(self._ordinals, last) - bisect_left(self._ordinals, first)


def wall_windows(windows_of: WindowsOf, first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """(ordinal, from, to) in wall microseconds, for the dates ``first`` to ``last``, both included."""
    for ordinal in range(first, last + 1):
        windows = windows_of(ordinal)
        if windows:
            midnight = ordinal_wall(ordinal)
            for start, end in windows:
                yield ordinal, midnight + start * SECOND, midnight + end * SECOND


def placed_windows(ordinal: int, windows: Windows, place: Placer) -> list[Interval]:
    """The windows of one date as instants; one that lies in a gap of the clocks is empty."""
    midnight = ordinal_wall(ordinal)
    return [(place(midnight + start * SECOND), place(midnight + end * SECOND)) for start, end in windows]


class Span(NamedTuple):
    """The dates whose windows can reach into a span of instants, and the span."""

    first: int
    last: int
    lower: int
    upper: int


def compile_timeline(windows_of: WindowsOf, zone: ZoneInfo, closed: Sequence[Interval], span: Span) -> Timeline:
    """The open time of a span.

    Windows are merged on the wall and then placed: placing is monotone, so nothing changes by it, and a calendar
    that never closes asks the zone for two edges a span.
    """
    walls = intervals.normalize((a, b) for _, a, b in wall_windows(windows_of, span.first, span.last))
    place = Placer(zone)
    placed = intervals.normalize((place(a), place(b)) for a, b in walls)
    return Timeline(intervals.subtract(placed, closed) if closed else placed, span.lower, span.upper)


def compile_days(windows_of: WindowsOf, zone: ZoneInfo, closed: Sequence[Interval], span: Span) -> DayTable:
    """The windows of a span, each with the date that owns it."""
    place = Placer(zone)
    owned = (
        Owned(start, ordinal, end)
        for ordinal, a, b in wall_windows(windows_of, span.first, span.last)
        for start, end in intervals.subtract(intervals.normalize([(place(a), place(b))]), closed)
    )
    return DayTable(owned, span.first + 1, span.lower, span.upper)
