"""Timeline: sorted half-open UTC intervals and their running total.  Every question is asked of it (R-3).

``W(t)``, the working microseconds before ``t``, is monotone with slope 0 or 1.  Its two inverses, and the edges
around an instant, are all that calendars and clocks need.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Protocol

from . import intervals
from .intervals import Interval


class Line(Protocol):
    """What a clock needs of working time: W and its inverses, None where there is no such instant."""

    def work(self, t: int) -> int:
        """W(t)."""
        ...

    def first_at(self, w: int) -> int | None:
        """The least t with W(t) >= w."""
        ...

    def last_at(self, w: int) -> int | None:
        """The greatest t with W(t) <= w."""
        ...


class Timeline:
    """Open intervals within the span ``[lower, upper)``, all in UTC microseconds as int.

    ``zero`` is W at ``lower``: with it, two timelines of one calendar count from the same instant, so that a
    number taken from the one can be looked up in the other.

    >>> day = Timeline([(9, 17), (33, 41)], 0, 48)
    >>> day.work(12), day.elapsed(12, 35), day.first_at(8), day.last_at(8)
    (3, 7, 17, 33)
    """

    __slots__ = ("_before", "_ends", "_starts", "lower", "total", "upper", "zero")

    def __init__(self, open_: Iterable[Interval], lower: int, upper: int, zero: int = 0) -> None:
        normal = intervals.clip(intervals.normalize(open_), lower, upper)
        self._fill([a for a, _ in normal], [b for _, b in normal], lower, upper, zero)

    def _fill(self, starts: list[int], ends: list[int], lower: int, upper: int, zero: int) -> None:
        totals = list(accumulate((b - a for a, b in zip(starts, ends, strict=True)), initial=zero))
        self.total = totals.pop()
        self._starts, self._ends, self._before = starts, ends, totals
        self.lower, self.upper, self.zero = lower, upper, zero

    # -- W and its inverses ------------------------------------------------------------------------------

    def work(self, t: int) -> int:
        """W(t): working time before ``t``; ``zero`` before the span and the total after it."""
        i = bisect_right(self._starts, t) - 1
        if i < 0:
            return self.zero
        start, end = self._starts[i], self._ends[i]
        return self._before[i] + ((min(end, t)) - start)

    def elapsed(self, a: int, b: int) -> int:
        """Working time from ``a`` to ``b``; negative when ``b`` is earlier."""
        return self.work(b) - self.work(a)

    def first_at(self, w: int) -> int | None:
        """The least t with W(t) >= w; None when the span holds less; ``lower`` when all of it does."""
        if w > self.total:
            return None
        i = bisect_left(self._before, w) - 1
        return self._starts[i] + (w - self._before[i]) if i >= 0 else self.lower

    def last_at(self, w: int) -> int | None:
        """The greatest t with W(t) <= w; None when it lies outside the span."""
        if not self.zero <= w < self.total:
            return None
        i = bisect_right(self._before, w) - 1
        return self._starts[i] + (w - self._before[i])

    # -- edges -------------------------------------------------------------------------------------------

    def is_open(self, t: int) -> bool:
        """Open at the opening instant, closed at the closing one."""
        i = bisect_right(self._starts, t) - 1
        return i >= 0 and t < self._ends[i]

    def next_open(self, t: int) -> int | None:
        """The first opening strictly after ``t``."""
        return _at(self._starts, bisect_right(self._starts, t))

    def next_close(self, t: int) -> int | None:
        """The first closing strictly after ``t``."""
        return _at(self._ends, bisect_right(self._ends, t))

    def previous_open(self, t: int) -> int | None:
        """The last opening strictly before ``t``."""
        return _at(self._starts, bisect_left(self._starts, t) - 1)

    def previous_close(self, t: int) -> int | None:
        """The last closing strictly before ``t``."""
        return _at(self._ends, bisect_left(self._ends, t) - 1)

    # -- parts and algebra -------------------------------------------------------------------------------

    def clip(self, lower: int, upper: int) -> list[Interval]:
        """The open intervals within ``[lower, upper)``, cut at its ends."""
        first = max(bisect_right(self._starts, lower) - 1, 0)
        last = bisect_left(self._starts, upper)
        return intervals.clip(list(zip(self._starts[first:last], self._ends[first:last], strict=True)), lower, upper)

    def joined(self, later: Timeline) -> Timeline:
        """This timeline and the one of the span that follows; what touches at the seam becomes one interval."""
        assert self.upper == later.lower
        line = object.__new__(Timeline)
        if self._ends and later._starts and self._ends[-1] == later._starts[0]:
            starts, ends = self._starts + later._starts[1:], self._ends[:-1] + later._ends
        else:
            starts, ends = self._starts + later._starts, self._ends + later._ends
        line._fill(starts, ends, self.lower, later.upper, self.zero)
        return line

    def preceded(self, earlier: Timeline) -> Timeline:
        """The earlier span and this one, counted from where this one counts."""
        line = earlier.joined(self)
        line._fill(line._starts, line._ends, line.lower, line.upper, self.zero - (earlier.total - earlier.zero))
        return line

    def __iter__(self) -> Iterator[Interval]:
        return iter(zip(self._starts, self._ends, strict=True))

    def __len__(self) -> int:
        return len(self._starts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Timeline):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash((self.lower, self.upper, tuple(self._starts), tuple(self._ends)))

    def _key(self) -> tuple[int, int, list[int], list[int]]:
        return self.lower, self.upper, self._starts, self._ends

    def __or__(self, other: Timeline) -> Timeline:
        return self._combined(other, intervals.union(list(self), list(other)))

    def __and__(self, other: Timeline) -> Timeline:
        return self._combined(other, intervals.intersect(list(self), list(other)))

    def __sub__(self, other: Timeline) -> Timeline:
        return self._combined(other, intervals.subtract(list(self), list(other)))

    def _combined(self, other: Timeline, open_: Sequence[Interval]) -> Timeline:
        """Over the span that both know."""
        return Timeline(open_, max(self.lower, other.lower), min(self.upper, other.upper))

    def __repr__(self) -> str:
        return f"Timeline({len(self)} intervals in [{self.lower}, {self.upper}))"


def _at(edges: Sequence[int], i: int) -> int | None:
    return edges[i] if 0 <= i < len(edges) else None
