"""What happened to many tickets, as arrays, and when each metric's clock started and stopped (CLK-6 to CLK-9).

The array form of ``slaclock.history`` covers tickets that were opened once and never reopened, whose attributes stayed,
and whose severity stayed or changed simply; the others stand ``aside`` and are replayed one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..clock import FOREVER
from ..events import OPENED, Ticket
from ..index import Bound, Index
from .changes import Changes
from .lines import Bools, Int64s
from .ragged import Ragged

Codes = npt.NDArray[np.integer[Any]]
"""Numbers of words: of any width, since a log has several a row."""
ENDS = ("resolved", "closed", "cancelled")


class Sequences(NamedTuple):
    """Events one after the other, in order, row after row: the row, the instant and the kind of each."""

    row: Int64s
    at: Int64s
    kind: Codes
    kinds: Sequence[str]

    def of(self, kinds: frozenset[str] | set[str]) -> Bools:
        """Which events are of some kinds."""
        wanted = np.array([kind in kinds for kind in self.kinds] or [False])
        found: Bools = wanted[self.kind]
        return found


class Cycles(NamedTuple):
    """The latest cycle of a metric in each row: its start and its stop, FOREVER where there is none yet.

    ``cancelled`` says that cancelling stopped it, ``many`` that it is not the first.
    """

    start: Int64s
    stop: Int64s
    cancelled: Bools
    many: Bools

    def take(self, rows: Int64s) -> Cycles:
        """Those of some rows."""
        return Cycles(self.start[rows], self.stop[rows], self.cancelled[rows], self.many[rows])


@dataclass(slots=True)
class Histories:
    """Tickets as of an instant: one a row.

    ``at`` is the first event of each kind (FOREVER where there is none), ``severity`` a place in the policy's
    severities, ``chosen`` one in ``sets``, ``binding`` one in ``bounds``; ``pauses`` with the ``reason`` of each, a
    place in ``reasons``; ``changes`` are those of severity.  ``sequences`` makes the events in order, for metrics that
    need them; ``ticket`` the scalar form of a row.
    """

    as_of: int
    at: Mapping[str, Int64s]
    severity: Int64s
    chosen: Int64s
    sets: Sequence[str]
    binding: Int64s
    bounds: Sequence[Bound]
    pauses: Ragged
    reason: Int64s
    reasons: Sequence[str]
    changes: Changes
    aside: Bools
    sequences: Callable[[], Sequences]
    ticket: Callable[[int], Ticket]
    ended: Int64s = field(init=False)
    _ordered: Sequences | None = field(init=False, default=None)
    _stood: dict[tuple[bool, ...], Ragged] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.ended = earliest([self.at[kind] for kind in ENDS if kind in self.at], len(self))

    def __len__(self) -> int:
        return len(self.severity)

    @property
    def opened(self) -> Int64s:
        """When each was opened."""
        return self.at[OPENED]

    def ordered(self) -> Sequences:
        """All events in order, made when first asked for."""
        if self._ordered is None:
            self._ordered = self.sequences()
        return self._ordered

    def stopped_by(self, index: Index, metric: str) -> Ragged:
        """The pauses that stop a metric, those of several reasons made one (POL-7)."""
        stops = tuple(index.stops(reason, metric) for reason in self.reasons)
        if stops not in self._stood:
            some = self.pauses.only(np.array(stops or (False,))[self.reason])
            self._stood[stops] = some.merged().clipped(self.opened, self.ended)
        return self._stood[stops]

    def cycles(self, index: Index, metric: str) -> Cycles:
        """The latest cycle of a metric."""
        timed = index.metrics[metric]
        if timed.starts == (OPENED,) and timed.cycles == "one" and not timed.after:
            return self._one(timed.stops)
        if timed.after and not _is_gated_simply(index, metric):
            self.aside |= self.opened < FOREVER
        return self._sequenced(index, metric)

    def _one(self, stops: Sequence[str]) -> Cycles:
        stop = earliest([self.at[kind] for kind in stops if kind in self.at], len(self))
        cancelled = self.at.get("cancelled")
        if cancelled is None:
            ends = np.zeros(len(self), bool)
        else:
            ends = cancelled < stop
            stop = np.minimum(stop, cancelled)
        return Cycles(self.opened, stop, ends, np.zeros(len(self), bool))

    def _sequenced(self, index: Index, metric: str) -> Cycles:
        """Event by event: what an event does follows from the one before it that the metric knows."""
        timed, events = index.metrics[metric], self.ordered()
        ends = events.of({"resolved", "closed", "cancelled"})
        # An event counts as a start while the ticket is open, and the one that ends it still does.
        ended = counted_before(ends, events.row)
        starts = events.of(set(timed.starts)) & ((ended == 0) | ends)
        if timed.after:
            gate = events.of({*index.metrics[timed.after].stops, "cancelled"})
            starts &= (counted_before(gate, events.row) > 0) | gate
        stops = events.of({*timed.stops, "cancelled"})
        known = np.flatnonzero(starts | stops)
        row, starts, stops = events.row[known], starts[known], stops[known]
        running = np.zeros(len(known), bool)
        running[1:] = starts[:-1] & (row[1:] == row[:-1])
        # A stop that is no start ends the run; whatever it is, a start leaves the clock running.
        begins = starts & (stops | ~running)
        if timed.cycles == "one":
            begins &= counted_before(begins, row) == 0
        return self._latest(events, known, begins, stops)

    def _latest(self, events: Sequences, known: Int64s, begins: Bools, stops: Bools) -> Cycles:
        start, stop = np.full(len(self), FOREVER, np.int64), np.full(len(self), FOREVER, np.int64)
        cancelled, row = np.zeros(len(self), bool), events.row[known]
        first = np.flatnonzero(begins)
        counts = np.bincount(row[first], minlength=len(self))
        latest = np.full(len(self), -1, np.int64)
        latest[row[first]] = first  # of several, the last one stays
        have = np.flatnonzero(latest >= 0)
        start[have] = events.at[known[latest[have]]]
        stopping = np.append(np.flatnonzero(stops), len(known))
        next_ = stopping[np.searchsorted(stopping, latest[have], side="right")]
        inside = next_ < len(known)
        inside[inside] = row[next_[inside]] == have[inside]
        places = known[next_[inside]]
        stop[have[inside]] = events.at[places]
        cancelled[have[inside]] = events.of({"cancelled"})[places]
        return Cycles(start, stop, cancelled, counts > 1)


def _is_gated_simply(index: Index, metric: str) -> bool:
    """Whether whatever stops the clock that a metric waits for ends the wait as well, as in all standard metrics."""
    timed = index.metrics[metric]
    gate = index.metrics[timed.after]
    return gate.starts == (OPENED,) and gate.cycles == "one" and not gate.after and {*gate.stops} <= {*timed.stops}


def counted_before(which: Bools, row: Int64s) -> Int64s:
    """How many marked events of its row lie before each event."""
    if not len(which):
        return np.zeros(0, np.int64)
    counted: Int64s = np.cumsum(which) - which
    firsts = np.flatnonzero(np.append(True, row[1:] != row[:-1]))
    lengths = np.diff(np.append(firsts, len(row)))
    before: Int64s = counted - np.repeat(counted[firsts], lengths)
    return before


def earliest(columns: Sequence[Int64s], rows: int) -> Int64s:
    """The least of each row."""
    found = np.full(rows, FOREVER, np.int64)
    for column in columns:
        np.minimum(found, column, out=found)
    return found
