"""Business days for whole columns: anchors, n-th working days, due instants (CLK-3, CLK-4).

Rows that the arrays have no answer for are marked, and are asked one by one.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np

from .._instant import DAY, SECOND
from ..days import DayTable
from ..errors import SlaclockError
from ..years import WorkingDays
from .lines import Bools, Int64s
from .zones import Zone, midnights


class ArrayDays:
    """The working days of one compiled span as arrays; answers come with a mask of the rows that have one."""

    __slots__ = ("_ends", "_look_back", "_owners", "_starts", "closes", "lower", "opens", "ordinals", "upper")

    def __init__(self, table: DayTable) -> None:
        windows = table._windows
        self._starts = np.array([window.start for window in windows], np.int64)
        self._ends = np.array([window.end for window in windows], np.int64)
        self._owners = np.array([window.ordinal for window in windows], np.int64)
        self.lower, self.upper = table.lower, table.upper
        self.ordinals = np.array(table._ordinals, np.int64)
        self.opens = np.array([table._opens[ordinal] for ordinal in table._ordinals], np.int64)
        self.closes = np.array([table._closes[ordinal] for ordinal in table._ordinals], np.int64)
        # One window back is enough, unless windows of two dates overlap.
        self._look_back = 1
        if len(windows) > 1 and (self._ends[:-1] > self._starts[1:]).any():
            first = np.searchsorted(self._starts, self._starts - 2 * DAY, side="left")
            self._look_back = int((np.arange(len(windows)) - first).max()) + 1

    def covers(self, t: Int64s) -> Bools:
        """Which instants lie in the compiled years: of others nothing is known here."""
        covered: Bools = (t >= self.lower) & (t < self.upper)
        return covered

    def anchor(self, t: Int64s) -> tuple[Int64s, Int64s, Bools]:
        """Each instant and its day when open, else the next opening and its day."""
        after = np.searchsorted(self._starts, t, side="right")
        owner = np.full(len(t), _LATE, np.int64)
        for back in range(1, self._look_back + 1):
            window = np.maximum(after - back, 0)
            owns = (after >= back) & (self._ends[window] > t) & (self._starts[window] >= t - 2 * DAY)
            owner = np.minimum(owner, np.where(owns, self._owners[window], _LATE))
        open_ = owner < _LATE
        next_ = np.minimum(after, len(self._starts) - 1)
        anchor = np.where(open_, t, self._starts[next_])
        return anchor, np.where(open_, owner, self._owners[next_]), open_ | (after < len(self._starts))

    def nth(self, ordinals: Int64s, n: Int64s | int) -> tuple[Int64s, Bools]:
        """The place (in ``ordinals``) of the n-th working day after each date, or before it for negative n."""
        after = np.searchsorted(self.ordinals, ordinals, side="right") + n - 1
        before = np.searchsorted(self.ordinals, ordinals, side="left") + n
        place = np.where(np.asarray(n) > 0, after, before)
        return np.clip(place, 0, len(self.ordinals) - 1), (place >= 0) & (place < len(self.ordinals))

    def at(self, ordinals: Int64s) -> tuple[Int64s, Bools]:
        """The place of each date, and whether it is a working day."""
        place = np.minimum(np.searchsorted(self.ordinals, ordinals, side="left"), len(self.ordinals) - 1)
        return place, self.ordinals[place] == ordinals


_LATE = 1 << 62


def spanning(years: WorkingDays, t: Int64s, n: int, least: int = 0) -> ArrayDays:
    """The days of a calendar, compiled for these instants and ``n`` working days on (``least``, negative, back)."""
    first, last = int(t.min()), int(t.max())
    for at, days in ((first, 1), (first, least - 1), (last, max(n, 0) + 2)):
        try:
            years.at(at)
            years.anchor(at)
            years.nth(years.local(at), days)
        except SlaclockError:
            continue
    piece, kept = years.piece, years.arrays
    if kept is None or kept[0] is not piece:
        kept = years.arrays = (piece, ArrayDays(piece))
    table: ArrayDays = kept[1]
    return table


def same_time(days: ArrayDays, zone: ZoneInfo, t: Int64s, n: Int64s) -> tuple[Int64s, Bools]:
    """The anchor's wall time on the n-th working day after the anchor's, within that day's hours (CLK-3)."""
    if not len(days.ordinals):
        return t.copy(), np.zeros(len(t), bool)
    anchor, day, found = days.anchor(t)
    found &= days.covers(t)
    place, there = days.nth(day, n)
    due_day = days.ordinals[place]
    clocks = Zone.covering(zone, np.concatenate([anchor, days.opens[place]]))
    clock = clocks.wall(anchor) - midnights(day)
    placed = clocks.place(midnights(due_day) + clock)
    within = np.minimum(np.maximum(placed, days.opens[place]), days.closes[place])
    ahead = np.where(n > 0, np.maximum(within, anchor), within)
    return np.where(n == 0, anchor, ahead), found & (there | (n == 0))


def named(
    days: ArrayDays, zone: ZoneInfo, t: Int64s, n: Int64s, by: int | None, cutoff: int | None
) -> tuple[Int64s, Int64s, Bools]:
    """The instant named on the n-th working day after receipt, the place of that day, and the rows that have it."""
    if not len(days.ordinals):
        return t.copy(), np.zeros_like(t), np.zeros(len(t), bool)
    clocks = Zone.covering(zone, np.concatenate([t, days.opens[:1], days.closes[-1:]]))
    received, ok = clocks.ordinals(t), days.covers(t)
    if cutoff is not None:
        late = t >= clocks.place(midnights(received) + cutoff * SECOND)
        late |= ~days.at(received)[1]
        next_, there = days.nth(received, 1)
        received, ok = np.where(late, days.ordinals[next_], received), ok & (there | ~late)

    def instant(place: Int64s) -> Int64s:
        return days.closes[place] if by is None else clocks.place(midnights(days.ordinals[place]) + by * SECOND)

    ahead, there = days.nth(received, n)
    today, working = days.at(received)
    next_, later = days.nth(received, 1)
    today, on = np.where(working, today, next_), working | later
    past = instant(today) < t
    tomorrow, again = days.nth(days.ordinals[today], 1)
    today, on = np.where(past, tomorrow, today), on & (again | ~past)
    place = np.where(n > 0, ahead, today)
    return instant(place), place, ok & np.where(n > 0, there, on)
