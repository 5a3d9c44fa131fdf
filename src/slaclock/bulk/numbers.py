"""Spans read at an instant: the columns that an evaluation adds for each metric (R-7).

The array form of what ``slaclock.evaluate`` reads of a clock; a row that nothing covers here is read from its scalar
fold, by the same names.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .. import clock
from ..clock import FOREVER
from ..fold import Fold, State, escalation_at
from ..index import Index
from ..policy import Escalation
from .fold import Group
from .lines import Int64s, current
from .spans import NONE, Spans

STATES: tuple[State, ...] = ("pending", "running", "paused", "stopped", "cancelled")
_PENDING, _RUNNING, _PAUSED, _STOPPED, _CANCELLED = range(5)
INSTANTS = ("due", "breach_at")
AMOUNTS = ("elapsed", "remaining", "overrun", "paused")


@dataclass(slots=True)
class Numbers:
    """The numbers of one metric for all rows: NONE where there is none; ``state`` and ``breached`` are -1 there.

    ``escalations`` holds the instant of each escalation by its key.
    """

    state: npt.NDArray[np.int8]
    breached: npt.NDArray[np.int8]
    amounts: dict[str, Int64s]
    escalations: dict[str, Int64s]

    @staticmethod
    def empty(rows: int, index: Index, metric: str) -> Numbers:
        """Nothing read yet."""
        return Numbers(
            np.full(rows, -1, np.int8),
            np.full(rows, -1, np.int8),
            {name: np.full(rows, NONE, np.int64) for name in (*INSTANTS, *AMOUNTS)},
            {key: np.full(rows, NONE, np.int64) for key in escalation_keys(index, metric)},
        )

    def put(self, rows: slice, part: Numbers) -> None:
        """What was read of some rows."""
        self.state[rows], self.breached[rows] = part.state, part.breached
        for name, column in part.amounts.items():
            self.amounts[name][rows] = column
        for key, column in part.escalations.items():
            self.escalations[key][rows] = column

    # -- many rows ---------------------------------------------------------------------------------------------

    def read(self, group: Group, index: Index, t: int) -> Int64s:
        """Read a group's clocks at an instant; the rows of which something is not covered."""
        spans = group.spans
        rows = slice(None) if len(spans) == len(self.state) else group.rows
        end = np.where(group.stop < FOREVER, group.stop, t)
        elapsed = spans.used(end)
        due, last = (_floored(column, group.floor) for column in spans.deadlines())
        broken = spans.breached(end, elapsed, last)
        over = np.where(spans.judged, np.maximum(elapsed - spans.budget, 0), 0)
        if spans.named.any():
            over = np.where(spans.named, _past(spans, due, end, elapsed), over)
        self.state[rows] = _states(group, t)
        self.breached[rows] = broken
        out = self.amounts
        out["due"][rows], out["breach_at"][rows], out["elapsed"][rows] = due, last, elapsed
        out["remaining"][rows] = np.where(spans.judged, np.maximum(spans.budget - elapsed, 0), NONE)
        out["overrun"][rows] = over
        out["paused"][rows] = _paused(spans, end, elapsed)
        self._escalate(group, index, due, last)
        return group.rows[spans.short]

    def _escalate(self, group: Group, index: Index, due: Int64s, last: Int64s) -> None:
        for number in np.flatnonzero(np.bincount(group.objective)).tolist() if self.escalations else ():
            which = np.flatnonzero(group.objective == number)
            spans = group.spans.take(which)
            for escalation, amount in index.escalations[index.policy.objectives[number].key]:
                at = _escalation_at(spans, escalation, amount, due[which], last[which])
                floored = np.where(at == NONE, NONE, np.maximum(at, spans.start))
                self.escalations[escalation.key][group.rows[which]] = floored
            group.spans.short[which] |= spans.short

    # -- one row -----------------------------------------------------------------------------------------------

    def forget(self, rows: Int64s) -> None:
        """Nothing is known of some rows."""
        self.state[rows] = self.breached[rows] = -1
        for column in (*self.amounts.values(), *self.escalations.values()):
            column[rows] = NONE

    def read_one(self, row: int, fold: Fold, index: Index, t: int) -> None:
        """Read one clock from its scalar fold."""
        span, out = fold.span, self.amounts
        end = t if fold.stop is None else fold.stop
        elapsed, due, last = clock.used(span, end), clock.due(span), clock.breach_at(span)
        self.state[row] = STATES.index(fold.state(t))
        self.breached[row] = clock.is_breached(span, end, elapsed, last)
        out["due"][row], out["breach_at"][row] = _or_none(due), _or_none(last)
        out["elapsed"][row] = elapsed
        out["overrun"][row] = 0
        if span.budget is not None:
            out["remaining"][row] = max(span.budget - elapsed, 0)
            out["overrun"][row] = fold.past(due, end) if span.named else max(elapsed - span.budget, 0)
        out["paused"][row] = fold.paused(end)[0]
        for former in fold.former:
            self.escalations[former.escalation.key][row] = former.at
        if fold.judged:
            for escalation, amount in index.escalations[fold.objective.key]:
                self.escalations[escalation.key][row] = _or_none(escalation_at(fold, escalation, amount, due))


def escalation_keys(index: Index, metric: str) -> tuple[str, ...]:
    """The escalations of a metric, in order."""
    return tuple(dict.fromkeys(one.key for one in index.policy.escalations if one.metric == metric))


def _floored(column: Int64s, floor: Int64s) -> Int64s:
    """Nothing is due before the clock started, or last changed."""
    return np.where((column < floor) & (column != NONE), floor, column)


def _or_none(t: int | None) -> int:
    return NONE if t is None else t


def _states(group: Group, t: int) -> npt.NDArray[np.int8]:
    running = np.where(group.paused_since < FOREVER, _PAUSED, _RUNNING)
    going = np.where(t < group.spans.start, _PENDING, running)
    stopped = np.where(group.cancelled, _CANCELLED, _STOPPED)
    return np.where(group.stop < FOREVER, stopped, going).astype(np.int8)


def _past(spans: Spans, due: Int64s, end: Int64s, elapsed: Int64s) -> Int64s:
    """Working time after a named instant."""
    late = (due != NONE) & (end > due)
    seen = np.where(late, due, end)
    return np.where(late, elapsed - spans.used(seen), 0)


def _paused(spans: Spans, end: Int64s, elapsed: Int64s) -> Int64s:
    """Working time that pauses took out: what the calendar counted, less what the clock did."""
    if not len(spans.pauses):
        return np.zeros(len(spans), np.int64)
    counted = current(spans.years).works(end) - spans.base
    return np.where(end <= spans.start, 0, counted - elapsed)


def _escalation_at(spans: Spans, escalation: Escalation, amount: int | None, due: Int64s, last: Int64s) -> Int64s:
    """The instant of an escalation (POL-8); NONE where its clock has none, or a pause must end first."""
    at, rows = escalation.at, len(spans)
    if amount is not None and not at.startswith(("-", "+")):
        return spans.first_used(np.full(rows, amount, np.int64))
    if at == "due":
        return due
    if at == "breach":
        return last
    if at.startswith("+"):
        some = due != NONE
        found = spans.first_used(spans.used(np.where(some, due, spans.start)) + (amount or 0))
        return np.where(some & spans.judged & (found != NONE), np.maximum(found, due), NONE)
    share = escalation.share()
    if share is None:
        goal = spans.budget + (amount or 0)
    else:
        whole, rest = np.divmod(spans.budget, share.denominator)
        goal = whole * share.numerator - (-rest * share.numerator // share.denominator)
    found = spans.first_used(goal)
    if spans.named.any() and (share is None or share <= 1):
        # Pauses do not move a named instant, so the budget may not be used up by then; a warning comes before it.
        warned = np.where(found == NONE, due, np.minimum(found, due))
        found = np.where(spans.named & (due != NONE), warned, found)
    return np.where(spans.judged, found, NONE)
