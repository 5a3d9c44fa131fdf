"""The timeline for whole columns: W and its inverses on arrays of UTC microseconds.

A binary search misses the cache at every step.  Where the windows allow it, tables answer instead: an instant is
shifted to the number of its bucket, and a bucket is so short that one window at most lies in it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from ..errors import HorizonError
from ..timeline import Timeline
from ..years import OpenYears, Years, year_span

Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

CHUNK = 32_768
"""Rows answered at a time: the buffers of a chunk and the tables stay in the cache."""
TABLE_ROWS = 90_000
"""Tables longer than this (2 MB) no longer do."""
PLACE_ROWS = 500_000
"""Nor do these, but they are still better than a binary search."""
FEW = 2_000
"""For fewer rows a binary search costs less than making tables."""


class Scratch:
    """Buffers for one chunk."""

    __slots__ = ("a", "i", "w")

    def __init__(self, rows: int) -> None:
        size = min(rows, CHUNK)
        self.i, self.a, self.w = (np.empty(size, np.int64) for _ in range(3))

    def __getitem__(self, rows: int) -> tuple[Int64s, Int64s, Int64s]:
        return self.i[:rows], self.a[:rows], self.w[:rows]


class _Clips(NamedTuple):
    """W by bucket: clip the instant to the window that lies there, and add."""

    origin: int
    shift: int
    low: Int64s
    high: Int64s
    add: Int64s


class _Places(NamedTuple):
    """The window by bucket: the last that began before it, and where the one begins that begins in it."""

    origin: int
    shift: int
    window: Int64s
    begins: Int64s


class _Jumps(NamedTuple):
    """The inverse by bucket of W: what to add up to the kink that lies there, and after it."""

    origin: int
    shift: int
    kink: Int64s
    add: Int64s


class ArrayLine:
    """One compiled timeline as arrays.  Rows whose instant lies outside it get an arbitrary answer: check first."""

    __slots__ = (
        "_add", "_clips", "_jumps", "_places", "_tabled", "before", "ends", "lower", "starts", "total", "upper", "zero",
    )  # fmt: skip

    def __init__(self, line: Timeline) -> None:
        self.starts = np.array(line._starts, np.int64)
        self.ends = np.array(line._ends, np.int64)
        self.before = np.array(line._before, np.int64)
        self.lower, self.upper, self.zero, self.total = line.lower, line.upper, line.zero, line.total
        self._add = self.before - self.starts
        self._tabled = False
        self._clips: _Clips | None = None
        self._places: _Places | None = None
        self._jumps: _Jumps | None = None

    def tables(self, rows: int) -> None:
        """Make the tables if they pay for so many rows."""
        if not self._tabled and rows >= FEW and len(self.starts):
            self._clips, self._jumps = self._make_clips(), self._make_jumps()
            self._places = self._make_places() if self._clips is None else None
            self._tabled = True

    def _make_clips(self) -> _Clips | None:
        starts, ends = self.starts, self.ends
        shift = _shift(starts[1:] - ends[:-1])
        origin = int(starts[0])
        count = ((int(ends[-1]) - origin) >> shift) + 2
        if count > TABLE_ROWS:
            return None
        edges = (np.arange(count) << shift) + origin
        last = np.searchsorted(starts, edges, side="right") - 1
        window = np.where(ends[last] > edges, last, np.minimum(last + 1, len(starts) - 1))
        return _Clips(origin, shift, starts[window], ends[window], self._add[window])

    def _make_places(self) -> _Places | None:
        """Where breaks are too short for the first kind of table (a lunch break), and windows are not."""
        shift = _shift(np.diff(self.starts))
        origin = int(self.starts[0])
        count = ((int(self.starts[-1]) - origin) >> shift) + 2
        if count > PLACE_ROWS:
            return None
        edges = (np.arange(count) << shift) + origin
        begun = np.searchsorted(self.starts, edges, side="left")
        return _Places(origin, shift, begun - 1, np.append(self.starts, _NEVER)[begun])

    def _make_jumps(self) -> _Jumps | None:
        shift = _shift(np.diff(self.before))
        count = ((self.total - self.zero) >> shift) + 2
        if count > TABLE_ROWS:
            return None
        edges = (np.arange(count) << shift) + self.zero
        last = np.searchsorted(self.before, edges, side="left") - 1
        after = np.minimum(last + 1, len(self.before) - 1)
        jump = self.starts - self.before
        kink = np.where(last + 1 < len(self.before), self.before[after], _NEVER)
        add = np.stack([jump[np.maximum(last, 0)], jump[after]], axis=1).reshape(-1)
        return _Jumps(self.zero, shift, kink, add)

    # -- W and its inverses ----------------------------------------------------------------------------------

    def work(self, t: Int64s, out: Int64s, i: Int64s, a: Int64s) -> None:
        """W(t) into ``out``; ``i`` and ``a`` are buffers of the same length."""
        if not len(self.starts):
            out.fill(self.zero)
            return
        low, high, add = self._windows(t, i, a)
        low.take(i, mode="clip", out=a)
        np.maximum(t, a, out=out)
        high.take(i, mode="clip", out=a)
        np.minimum(out, a, out=out)
        add.take(i, mode="clip", out=a)
        np.add(out, a, out=out)

    def _windows(self, t: Int64s, i: Int64s, a: Int64s) -> tuple[Int64s, Int64s, Int64s]:
        """The tables to clip by, and in ``i`` the places in them."""
        clips, places = self._clips, self._places
        if clips is not None:
            np.subtract(t, clips.origin, out=i)
            np.right_shift(i, clips.shift, out=i)
            return clips.low, clips.high, clips.add
        if places is not None:
            bucket = (t - places.origin) >> places.shift
            places.begins.take(bucket, mode="clip", out=a)
            np.subtract(t, a, out=a)
            np.right_shift(a, 63, out=a)  # -1 before the window that begins in the bucket, 0 from there on
            places.window.take(bucket, mode="clip", out=i)
            np.add(i, a, out=i)
            np.add(i, 1, out=i)
        else:
            np.subtract(np.searchsorted(self.starts, t, side="right"), 1, out=i)
        return self.starts, self.ends, self._add

    def first_at(self, w: Int64s, out: Int64s, i: Int64s, a: Int64s) -> None:
        """The least t with W(t) >= w into ``out``, which may not be ``w``; w must lie in ``(zero, total]``."""
        jumps = self._jumps
        if jumps is not None:
            np.subtract(w, jumps.origin, out=i)
            np.right_shift(i, jumps.shift, out=i)
            jumps.kink.take(i, mode="clip", out=a)
            np.subtract(a, w, out=a)
            np.right_shift(a, 63, out=a)  # -1 past the kink, 0 up to it
            np.add(i, i, out=i)
            np.subtract(i, a, out=i)
            jumps.add.take(i, mode="clip", out=a)
            np.add(w, a, out=out)
        elif len(self.starts):
            np.subtract(np.searchsorted(self.before, w, side="left"), 1, out=i)
            self._add.take(i, mode="clip", out=a)
            np.subtract(w, a, out=out)
        else:
            out.fill(self.lower)

    # -- the same, for as many rows as there are ---------------------------------------------------------------

    def works(self, t: Int64s) -> Int64s:
        """W of a column."""
        return self._all(self.work, t)

    def firsts(self, w: Int64s) -> Int64s:
        """The least t with W(t) >= w of a column."""
        return self._all(self.first_at, w)

    def _all(self, answer: Callable[[Int64s, Int64s, Int64s, Int64s], None], column: Int64s) -> Int64s:
        self.tables(len(column))
        out, scratch = np.empty(len(column), np.int64), Scratch(len(column))
        for part in chunks(len(column)):
            i, a, _ = scratch[part.stop - part.start]
            answer(column[part], out[part], i, a)
        return out

    def lasts(self, w: Int64s) -> Int64s:
        """The greatest t with W(t) <= w: an instant before the first by which one microsecond more has passed."""
        found = self.firsts(w + 1)
        found -= 1
        return found

    def open_at(self, t: Int64s) -> Bools:
        """Open at the opening instant, closed at the closing one."""
        if not len(self.starts):
            return np.zeros(len(t), bool)
        window = np.searchsorted(self.starts, t, side="right") - 1
        return (window >= 0) & (t < self.ends[window])

    def next_opens(self, t: Int64s) -> Int64s:
        """The first opening strictly after each instant; ``upper`` where there is none."""
        return np.append(self.starts, self.upper)[np.searchsorted(self.starts, t, side="right")]

    def next_closes(self, t: Int64s) -> Int64s:
        """The first closing strictly after each instant; ``upper`` where there is none."""
        return np.append(self.ends, self.upper)[np.searchsorted(self.ends, t, side="right")]


_NEVER = 1 << 62


def _shift(spacing: Int64s) -> int:
    """The longest bucket, as a power of two, in which no two that lie so far apart can meet."""
    return int(spacing.min()).bit_length() - 1 if len(spacing) else 62


def chunks(rows: int, size: int | None = None) -> list[slice]:
    """Slices that cover so many rows."""
    size = size or CHUNK
    return [slice(start, min(start + size, rows)) for start in range(0, rows, size)]


# -- as much of a calendar as a column needs -------------------------------------------------------------------


def spanning(years: OpenYears, first: int, last: int) -> ArrayLine:
    """The line of a calendar with the local years of two instants compiled; both must be supported."""
    years.at(first)
    years.at(last)
    return current(years)


def reaching(years: OpenYears, work: int) -> ArrayLine:
    """The line, compiled until W exceeds ``work``, or as far as the supported years go."""
    with suppress(HorizonError):
        years.first_at(work + 1)
    return current(years)


def current(years: OpenYears) -> ArrayLine:
    """The line of what is compiled, made once.  Two threads may make it twice; either will do."""
    piece, kept = years.piece, years.arrays
    if kept is None or kept[0] is not piece:
        kept = years.arrays = (piece, ArrayLine(piece))
    line: ArrayLine = kept[1]
    return line


def supported(years: Years[Any]) -> tuple[int, int]:
    """The first supported instant, and the one after the last."""
    return _ends(years.zone, *years.horizon())


@lru_cache(maxsize=256)
def _ends(zone: ZoneInfo, first: int, last: int) -> tuple[int, int]:
    span = year_span(zone, first, last)
    return span.lower, span.upper
