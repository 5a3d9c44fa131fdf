"""What the clock on the wall shows, and where a wall time lies, for whole columns (CAL-3)."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from .._instant import DAY, ordinal_wall, transitions, wall_ordinal
from .lines import Bools, Int64s

_STEP = 10 * 365 * DAY


class Zone:
    """The offsets of a zone over a span of instants: each holds from its instant to the next."""

    __slots__ = ("_from", "_offset", "_sup")

    def __init__(self, zone: ZoneInfo, first: int, last: int) -> None:
        found = transitions(zone, first, last)
        self._from = np.array([at for at, _ in found], np.int64)
        self._offset = np.array([offset for _, offset in found], np.int64)
        until = np.append(self._from[1:], last + 10 * DAY)
        # The latest wall time shown up to the end of each stretch: clocks that go back show no later one.
        self._sup = np.maximum.accumulate(until + self._offset)

    @staticmethod
    def covering(zone: ZoneInfo, t: Int64s) -> Zone:
        """The offsets around some instants; in steps of years, so that they are looked up once."""
        first, last = (int(t.min()), int(t.max())) if len(t) else (0, 0)
        return _zone(zone, (first - 30 * DAY) // _STEP, -((last + 30 * DAY) // -_STEP))

    def wall(self, t: Int64s) -> Int64s:
        """What the clock on the wall shows at each instant."""
        shown: Int64s = t + self._offset[np.searchsorted(self._from, t, side="right") - 1]
        return shown

    def ordinals(self, t: Int64s) -> Int64s:
        """The local date of each instant."""
        dates: Int64s = self.wall(t) // DAY + wall_ordinal(0)
        return dates

    def place(self, wall: Int64s) -> Int64s:
        """The first instant whose wall time is at or after each of these."""
        stretch = np.minimum(np.searchsorted(self._sup, wall, side="right"), len(self._from) - 1)
        placed: Int64s = np.maximum(self._from[stretch], wall - self._offset[stretch])
        return placed

    def instants(self, wall: Int64s) -> tuple[Int64s, Bools, Bools]:
        """The instants of wall times; which of them the clock skips, and which it shows twice."""
        stretch = np.minimum(np.searchsorted(self._sup, wall, side="right"), len(self._from) - 1)
        found = wall - self._offset[stretch]
        skipped = found < self._from[stretch]
        later = np.minimum(stretch + 1, len(self._from) - 1)
        again = wall - self._offset[later]
        twice = (later > stretch) & (again >= self._from[later]) & ~skipped
        return found, skipped, twice


@lru_cache(maxsize=256)
def _zone(zone: ZoneInfo, first: int, last: int) -> Zone:
    return Zone(zone, first * _STEP, last * _STEP)


def midnights(ordinals: Int64s) -> Int64s:
    """Wall microseconds of the midnights that begin some dates."""
    return (ordinals - wall_ordinal(0)) * DAY


assert ordinal_wall(wall_ordinal(0)) == 0
