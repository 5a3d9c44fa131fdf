"""Spans of one calendar as arrays, and their numbers: the array form of ``slaclock.clock`` (R-7).

Each function answers a column; where the scalar one answers None it is NONE, and rows of which it would raise are
noted in ``short``: they are folded one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ..clock import FOREVER
from ..years import OpenYears
from . import lines
from .lines import Bools, Int64s
from .ragged import Ragged

NONE = -FOREVER
"""No such instant; earlier than any."""


_NO_ROWS = np.empty(0, np.int64)


class Walk(NamedTuple):
    """W where an amount is used up, the pause of each row that was come to, and which rows wait for one to end."""

    w: Int64s
    place: Int64s
    blocked: Bools


@dataclass(slots=True)
class Spans:
    """``clock.Span`` for many rows of one calendar that no change has moved: nothing is carried in.

    ``budget`` counts where ``judged``; ``due0`` is an instant there.  ``before`` and ``after`` are W at both ends of
    each pause.
    """

    years: OpenYears
    start: Int64s
    base: Int64s
    budget: Int64s
    due0: Int64s
    judged: Bools
    by_due: Bools
    named: Bools
    pauses: Ragged
    before: Int64s
    after: Int64s
    short: Bools
    lost: Int64s = field(init=False)

    def __post_init__(self) -> None:
        self.lost = self.after - self.before

    def __len__(self) -> int:
        return len(self.start)

    def take(self, rows: Int64s) -> Spans:
        """Some of the rows, in order."""
        number = np.full(len(self), -1, np.int64)
        number[rows] = np.arange(len(rows))
        kept = number[self.pauses.row] >= 0
        pauses = self.pauses.take(rows)
        return Spans(
            self.years, self.start[rows], self.base[rows], self.budget[rows], self.due0[rows], self.judged[rows],
            self.by_due[rows], self.named[rows], pauses, self.before[kept], self.after[kept], self.short[rows],
        )  # fmt: skip

    def used(self, t: Int64s) -> Int64s:
        """E(t): the time used at an instant of each row."""
        now = lines.current(self.years).works(t)
        total = now - self.base
        if len(self.pauses):
            # A pause takes nothing from before it, all of it from after it, and from within what has passed of it.
            lost = now[self.pauses.row]
            np.minimum(lost, self.after, out=lost)
            np.subtract(lost, self.before, out=lost)
            np.maximum(lost, 0, out=lost)
            total -= self.pauses.sums(lost)
        np.copyto(total, 0, where=t <= self.start)
        return total

    def first_used(self, amount: Int64s) -> Int64s:
        """The first instant with E >= amount, not before the start; NONE when a pause without end comes first."""
        return self._first(amount, self._walked(amount))

    def _first(self, amount: Int64s, walk: Walk) -> Int64s:
        line = lines.reaching(self.years, int(walk.w.max(initial=0)))
        found = line.firsts(walk.w)
        if int(walk.w.max(initial=0)) > line.total:
            self.short |= (walk.w > line.total) & (amount > 0) & ~walk.blocked
        np.copyto(found, self.start, where=amount <= 0)
        found[walk.blocked] = NONE
        return found

    def _last(self, walk: Walk) -> Int64s:
        """The last instant with E <= what was walked; NONE when there is none, or when it waits for a pause to end."""
        self._further(walk)
        line = lines.reaching(self.years, int(walk.w.max(initial=0)))
        found = line.lasts(walk.w)
        found[(walk.w >= line.total) | walk.blocked] = NONE
        return found

    def _walked(self, amount: Int64s) -> Walk:
        """W where so much is used up: what pauses take out before it is added, pause by pause over ever fewer rows."""
        w, place = self.base + amount, self.pauses.offsets[:-1].copy()
        blocked = np.zeros(len(w), bool)
        rows = np.flatnonzero((np.diff(self.pauses.offsets) > 0) & (amount > 0)) if len(self.pauses) else _NO_ROWS
        while len(rows):
            at, needed = place[rows], w[rows]
            met = self.before[at] < needed
            rows, at, needed = rows[met], at[met], needed[met]
            rows = self._past(rows, at, needed, w, place, blocked)
        return Walk(w, place, blocked)

    def _further(self, walk: Walk) -> None:
        """Past the pauses that begin just where it is used up: up to them, the promise can still be kept."""
        w, place, blocked = walk
        rows = np.flatnonzero((place < self.pauses.offsets[1:]) & ~blocked) if len(self.pauses) else _NO_ROWS
        while len(rows):
            at, needed = place[rows], w[rows]
            met = self.before[at] == needed
            rows, at, needed = rows[met], at[met], needed[met]
            rows = self._past(rows, at, needed, w, place, blocked)

    def _past(self, rows: Int64s, at: Int64s, needed: Int64s, w: Int64s, place: Int64s, blocked: Bools) -> Int64s:
        """Takes rows past one pause each; those that have another one."""
        endless = self.pauses.end[at] >= FOREVER
        if endless.any():
            blocked[rows[endless]] = True
            rows, at, needed = rows[~endless], at[~endless], needed[~endless]
        w[rows] = needed + self.lost[at]
        place[rows] = at + 1
        return rows[at + 1 < self.pauses.offsets[rows + 1]]

    def deadlines(self) -> tuple[Int64s, Int64s]:
        """The due instant shown to people, and the last instant at which the promise can still be kept."""
        walk = self._walked(self.budget)
        due = self._due(walk)
        last = due if self.by_due.all() else self._last(walk)
        if self.by_due.any():
            last = np.where(self.by_due, self._breach_by_due(due), last)
        if not self.judged.all():
            due, last = (np.where(self.judged, column, NONE) for column in (due, last))
        return due, last

    def _due(self, walk: Walk) -> Int64s:
        due = self.due0
        if len(self.pauses):
            reached = self._first(self.budget, walk)
            due = np.maximum(due, reached)
            # The pause must end first (CLK-5).
            due[(reached == NONE) | (due > self.pauses.last_open())] = NONE
            fresh = self.pauses.offsets[1:] == self.pauses.offsets[:-1]
            np.copyto(due, self.due0, where=fresh)
        if self.named.any():
            due = np.where(self.named, np.maximum(self.due0, self.start), due)
        return due

    def _breach_by_due(self, due: Int64s) -> Int64s:
        last = due.copy()
        if len(self.pauses):
            # A paused clock never becomes breached (CLK-5).
            row = self.pauses.row
            inside = (self.pauses.start <= due[row]) & (due[row] < self.pauses.end) & ~self._late()[row]
            ends = self.pauses.end[inside]
            last[row[inside]] = np.where(ends >= FOREVER, NONE, ends)
        return last

    def _late(self) -> Bools:
        """Whether a named instant was past when the span began (CLK-11)."""
        late: Bools = self.named & (self.due0 < self.start)
        return late

    def breached(self, t: Int64s, elapsed: Int64s, last: Int64s) -> Bools:
        """Whether the promise is broken at an instant of each row, from E and ``breach_at`` at hand."""
        by_time = elapsed > self.budget
        if self.by_due.any():
            by_due = (last != NONE) & ((t > last) | ((t == last) & self._late()))
            by_time = np.where(self.by_due, by_due, by_time)
        broken: Bools = by_time & self.judged
        return broken


def stretches(years: OpenYears, pauses: Ragged) -> tuple[Int64s, Int64s]:
    """W at both ends of each pause; FOREVER at the end of one that has none."""
    if not len(pauses):
        return pauses.start, pauses.end
    lines.spanning(years, int(pauses.start.min()), int(pauses.start.max()))
    endless = pauses.end >= FOREVER
    ends = np.where(endless, pauses.start, pauses.end)
    line = lines.spanning(years, int(ends.min()), int(ends.max()))
    return line.works(pauses.start), np.where(endless, FOREVER, line.works(ends))
