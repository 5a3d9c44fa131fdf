"""Spans of one calendar as arrays, and their numbers: the array form of ``slaclock.clock`` (R-7).

Each function answers a column; where the scalar one answers None it is NONE, and rows of which it would raise are
noted in ``short``: they are folded one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..clock import FOREVER
from ..years import OpenYears
from . import lines
from .lines import Bools, Int64s
from .ragged import Ragged

NONE = -FOREVER
"""No such instant; earlier than any."""


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
            row = self.pauses.row
            then = t[row]
            lost = np.where(self.pauses.end <= then, self.after, now[row]) - self.before
            lost[self.pauses.start >= then] = 0
            total -= self.pauses.sums(lost)
        total[t <= self.start] = 0
        return total

    def first_used(self, amount: Int64s) -> Int64s:
        """The first instant with E >= amount, not before the start; NONE when a pause without end comes first."""
        w = self.base + amount
        blocked = self._walked(w, amount > 0, inclusive=False)
        line = lines.reaching(self.years, int(w.max(initial=0)))
        found = line.firsts(w)
        self.short |= (w > line.total) & (amount > 0) & ~blocked
        found = np.where(amount <= 0, self.start, found)
        found[blocked] = NONE
        return found

    def last_used(self, amount: Int64s) -> Int64s:
        """The last instant with E <= amount; NONE when there is none, or when it waits for a pause to end."""
        w = self.base + amount
        blocked = self._walked(w, amount >= 0, inclusive=True)
        line = lines.reaching(self.years, int(w.max(initial=0)))
        found = line.lasts(w)
        found[(w >= line.total) | blocked] = NONE
        return np.where(amount < 0, self.start, found)

    def _walked(self, w: Int64s, counts: Bools, *, inclusive: bool) -> Bools:
        """Adds to ``w`` what pauses take out before it is reached; which rows a pause without end stops."""
        blocked = np.zeros(len(w), bool)
        for places in self.pauses.ranks():
            rows = self.pauses.row[places]
            before = self.before[places]
            met = ((before <= w[rows]) if inclusive else (before < w[rows])) & counts[rows] & ~blocked[rows]
            rows, places = rows[met], places[met]  # noqa: PLW2901 - those that the pause meets
            endless = self.pauses.end[places] >= FOREVER
            blocked[rows[endless]] = True
            rows, places = rows[~endless], places[~endless]  # noqa: PLW2901
            w[rows] += self.after[places] - self.before[places]
        return blocked

    def due(self) -> Int64s:
        """The due instant shown to people."""
        if not len(self.pauses):
            found = np.where(self.named, np.maximum(self.due0, self.start), self.due0)
        else:
            reached = self.first_used(np.where(self.judged, self.budget, 0))
            last = np.maximum(self.due0, reached)
            # The pause must end first (CLK-5).
            last[(reached == NONE) | (last > self.pauses.last_open())] = NONE
            fresh = np.diff(self.pauses.offsets) == 0
            found = np.where(self.named, np.maximum(self.due0, self.start), np.where(fresh, self.due0, last))
        found[~self.judged] = NONE
        return found

    def breach_at(self, due: Int64s) -> Int64s:
        """The last instant at which the promise can still be kept."""
        found = np.full(len(self), NONE, np.int64)
        if not self.by_due.all():
            found = self.last_used(np.where(self.judged, self.budget, 0))
        if self.by_due.any():
            found = np.where(self.by_due, self._breach_by_due(due), found)
        found[~self.judged] = NONE
        return found

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
    """W at both ends of each pause; nothing at the end of one that has none."""
    if not len(pauses):
        return pauses.start, pauses.end
    lines.spanning(years, int(pauses.start.min()), int(pauses.start.max()))
    endless = pauses.end >= FOREVER
    ends = np.where(endless, pauses.start, pauses.end)
    line = lines.spanning(years, int(ends.min()), int(ends.max()))
    return line.works(pauses.start), np.where(endless, 0, line.works(ends))
