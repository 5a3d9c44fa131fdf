"""Pauses of many tickets: a ragged array, row after row, in order within a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..clock import FOREVER
from .lines import Bools, Int64s


class Ragged(NamedTuple):
    """Half-open intervals of rows: those of row i are ``start[offsets[i]:offsets[i + 1]]`` and ``end[...]``."""

    offsets: Int64s
    row: Int64s
    start: Int64s
    end: Int64s

    @staticmethod
    def of(rows: int, row: Int64s, start: Int64s, end: Int64s) -> Ragged:
        """From intervals that are in order of their rows."""
        offsets = np.zeros(rows + 1, np.int64)
        np.cumsum(np.bincount(row, minlength=rows), out=offsets[1:])
        return Ragged(offsets, row, start, end)

    def __len__(self) -> int:
        """How many intervals there are."""
        return len(self.start)

    @property
    def rows(self) -> int:
        """How many rows they belong to."""
        return len(self.offsets) - 1

    def only(self, which: Bools) -> Ragged:
        """Some of the intervals."""
        return self if which.all() else Ragged.of(self.rows, self.row[which], self.start[which], self.end[which])

    def part(self, first: int, last: int) -> Ragged:
        """Those of a range of rows, which are numbered from 0."""
        inner = slice(self.offsets[first], self.offsets[last])
        offsets = self.offsets[first : last + 1] - self.offsets[first]
        return Ragged(offsets, self.row[inner] - first, self.start[inner], self.end[inner])

    def take(self, rows: Int64s) -> Ragged:
        """Those of some rows (in order), which are numbered anew."""
        number = np.full(self.rows, -1, np.int64)
        number[rows] = np.arange(len(rows))
        row = number[self.row]
        kept = row >= 0
        return Ragged.of(len(rows), row[kept], self.start[kept], self.end[kept])

    def clipped(self, low: Int64s, high: Int64s) -> Ragged:
        """What of each row lies in ``[low, high)``."""
        if not len(self):
            return self
        start, end = np.maximum(self.start, low[self.row]), np.minimum(self.end, high[self.row])
        some = start < end
        if some.all():
            return Ragged(self.offsets, self.row, start, end)
        return Ragged.of(self.rows, self.row[some], start[some], end[some])

    def merged(self) -> Ragged:
        """Sorted, and with what overlaps or touches made one."""
        if not len(self):
            return self
        same = self.row[1:] == self.row[:-1]
        if (same & (self.start[1:] < self.start[:-1])).any():
            order = np.lexsort((self.start, self.row))
            return Ragged(self.offsets, self.row, self.start[order], self.end[order]).merged()
        if not (same & (self.start[1:] <= self.end[:-1])).any():
            return self
        top = self.end.copy()
        for places in self.ranks(first=1):
            top[places] = np.maximum(top[places], top[places - 1])
        begins = np.ones(len(self), bool)
        begins[1:] = ~same | (self.start[1:] > top[:-1])
        lasts = np.append(np.flatnonzero(begins)[1:], len(self)) - 1
        return Ragged.of(self.rows, self.row[begins], self.start[begins], top[lasts])

    def ranks(self, first: int = 0) -> Iterator[Int64s]:
        """The places of the first interval of each row that has one, then of the second, and so on."""
        counts = np.diff(self.offsets)
        rows = np.flatnonzero(counts > first)
        rank = first
        while len(rows):
            yield self.offsets[rows] + rank
            rank += 1
            rows = rows[counts[rows] > rank]

    def sums(self, amounts: Int64s) -> Int64s:
        """The sum of an amount an interval over each row."""
        totals = np.zeros(len(amounts) + 1, np.int64)
        np.cumsum(amounts, out=totals[1:])
        return totals[self.offsets[1:]] - totals[self.offsets[:-1]]

    def last_open(self) -> Int64s:
        """Where the last interval of each row begins if it has no end, FOREVER where there is none such."""
        found = np.full(self.rows, FOREVER, np.int64)
        some = np.flatnonzero(np.diff(self.offsets))
        last = self.offsets[some + 1] - 1
        endless = self.end[last] >= FOREVER
        found[some[endless]] = self.start[last[endless]]
        return found


def none(rows: int) -> Ragged:
    """No intervals at all."""
    empty = np.empty(0, np.int64)
    return Ragged(np.zeros(rows + 1, np.int64), empty, empty, empty)
