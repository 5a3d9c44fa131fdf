"""Algebra on lists of half-open integer intervals ``[from, to)`` (R-2).

A *normal* list is sorted, its intervals have positive length, and no two overlap or touch.  All functions
return normal lists; ``union`` and the others expect them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

Interval = tuple[int, int]


def normalize(intervals: Iterable[Interval]) -> list[Interval]:
    """Sort, drop the empty and the inverted, and merge what overlaps or touches."""
    normal: list[Interval] = []
    for start, end in sorted(intervals):
        if start >= end:
            continue
        if normal and start <= normal[-1][1]:
            if end > normal[-1][1]:
                normal[-1] = (normal[-1][0], end)
        else:
            normal.append((start, end))
    return normal


def union(a: Sequence[Interval], b: Sequence[Interval]) -> list[Interval]:
    """What lies in either list."""
    return normalize(chain(a, b))


def intersect(a: Sequence[Interval], b: Sequence[Interval]) -> list[Interval]:
    """What lies in both lists."""
    common: list[Interval] = []
    i = j = 0
    while i < len(a) and j < len(b):
        start, end = max(a[i][0], b[j][0]), min(a[i][1], b[j][1])
        if start < end:
            common.append((start, end))
        if a[i][1] < b[j][1]:
            i += 1
        else:
            j += 1
    return common


def subtract(a: Sequence[Interval], b: Sequence[Interval]) -> list[Interval]:
    """What lies in ``a`` and not in ``b``."""
    rest: list[Interval] = []
    j = 0
    for start, end in a:
        while j < len(b) and b[j][1] <= start:
            j += 1
        k, left = j, start
        while k < len(b) and b[k][0] < end:
            if b[k][0] > left:
                rest.append((left, b[k][0]))
            left = max(left, b[k][1])
            k += 1
        if left < end:
            rest.append((left, end))
    return rest


def clip(a: Sequence[Interval], lower: int, upper: int) -> list[Interval]:
    """What of ``a`` lies in ``[lower, upper)``."""
    if a and lower <= a[0][0] and a[-1][1] <= upper:
        return list(a)
    return intersect(a, [(lower, upper)]) if lower < upper else []
