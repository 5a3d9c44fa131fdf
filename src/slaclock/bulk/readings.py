"""Tables of readings, as ``evaluate`` and ``evaluate_log`` answer them: their clocks as arrays, counted one by one.

The array form of ``slaclock.attainments.rules``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from ..attainments.groups import attainment_of, promises_of
from ..attainments.rules import RUNNING, Question, Unfinished
from ..errors import AttainmentError, near
from ..index import KINDS, Index
from . import columns
from .frames import Frame
from .groups import Values, values_of
from .lines import Bools, Int64s
from .numbers import STATES
from .problems import Problems

NONE = -1
"""Where there is no amount of time."""
_STATE: dict[str, int] = {state: number for number, state in enumerate(STATES)}
_COLUMNS = ("_state", "_breached", "_breach_at", "_due", "_elapsed", "_remaining")


@dataclass(frozen=True, slots=True)
class Names:
    """Where a table says what; and ``as_of``, which it does not say."""

    severity: str
    opened: str
    started: Mapping[str, str]
    stopped: Mapping[str, str]
    as_of: int | None
    zone: str | ZoneInfo | None


@dataclass(slots=True)
class Clocks:
    """Clocks, one a row: their row in the table, the number of their metric, the instant that puts them into a period,
    how they count, and the working and the real time they took, NONE while they run.

    ``promise`` is the place of what is promised, in a list of such.
    """

    row: Int64s
    metric: Int64s
    at: Int64s
    met: Bools
    breached: Bools
    open: Bools
    promise: Int64s
    elapsed: Int64s
    wall: Int64s

    @staticmethod
    def joined(parts: Sequence[Clocks]) -> Clocks:
        """Those of several metrics."""
        return Clocks(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Clocks)))

    def take(self, rows: Int64s | Bools | slice) -> Clocks:
        """Some of them."""
        return Clocks(*(getattr(self, each.name)[rows] for each in fields(Clocks)))

    def __len__(self) -> int:
        return len(self.row)


class Readings:
    """A table, and what is asked of it.  ``promises`` are what is promised, each once."""

    def __init__(self, frame: Frame, asked: Question, names: Names, index: Index | None, metric: str | None) -> None:
        self.frame, self.names, self._asked, self._index = frame, names, asked, index
        self.metrics = _metrics(frame, metric, names, index)
        self.promises: list[tuple[Fraction | None, ...]] = [(None,)]
        self._problems = Problems(len(frame))

    def clocks(self) -> Clocks:
        """The clocks of all metrics, one metric after the other."""
        found = Clocks.joined([self._of_metric(place, metric) for place, metric in enumerate(self.metrics)])
        self._problems.raise_if_any()
        return found

    def key(self, name: str, clocks: Clocks) -> Values:
        """What clocks are grouped by: ``metric``, or a column."""
        if name == "metric":
            return Values(clocks.metric, self.metrics)
        column = self.names.severity if name == "severity" else name
        return values_of(self.frame.column(column, "by"), column).take(clocks.row)

    def _of_metric(self, place: int, metric: str) -> Clocks:
        unfinished = self._asked.unfinished
        state = _states(self.frame, metric)
        broken = _is_true(self.frame.column(f"{metric}_breached", "results")) & (state >= 0)
        finished, running = state == _STATE["stopped"], _is_running(state)
        judges = self._amounts(metric, "remaining") != NONE
        is_open = running & judges & ~broken
        met, breached = counted_as(finished & judges & ~broken, broken, running, is_open, unfinished)
        rows = np.flatnonzero(broken | finished | running)
        return Clocks(
            rows,
            np.full(len(rows), place, np.int64),
            self._counted_at(metric, state, broken)[rows],
            met[rows],
            breached[rows],
            is_open[rows],
            self._promised(metric, rows),
            np.where(finished, self._amounts(metric, "elapsed"), NONE)[rows],
            self._walls(metric, finished)[rows],
        )

    # -- columns -----------------------------------------------------------------------------------------------

    def _amounts(self, metric: str, what: str) -> Int64s:
        name = f"{metric}_{what}"
        read = columns.amounts(self.frame.column(name, "results"), name, self._problems)
        return read.us if read.null is None else np.where(read.null, NONE, read.us)

    def _instants(self, name: str, role: str, needed: Bools | None = None) -> tuple[Int64s, Bools]:
        """The instants of a column, and which rows have one; one that is needed and null is a problem."""
        column = self.frame.column(name, role)
        naive = columns.library(column, name).raw(column).sort == "wall"
        read = columns.instants(column, name, self.names.zone if naive else None, self._problems)
        known = np.ones(len(read), np.bool_) if read.null is None else ~read.null
        if needed is not None:
            self._problems.add(needed & ~known, "instant", f"{name} is null")
        return read.us, known

    def _counted_at(self, metric: str, state: Int64s, broken: Bools) -> Int64s:
        """The instant that puts each clock into a period."""
        at, known = np.zeros(len(state), np.int64), np.zeros(len(state), np.bool_)
        if self._asked.periods is None:
            return at
        if self._asked.when == "opened":
            return self._instants(self.names.opened, "opened", state >= 0)[0]
        if self._asked.when == "due":
            at, known = self._instants(f"{metric}_due", "results")
        breach, is_breach = self._instants(f"{metric}_breach_at", "results")
        at, known = np.where(broken & ~known, breach, at), known | (broken & is_breach)
        finished = (state == _STATE["stopped"]) & ~known
        if finished.any():
            at = np.where(finished, self._stops(metric, finished), at)
        running = _is_running(state) & ~known
        if running.any() and self.names.as_of is None:
            raise AttainmentError(f"clocks of {metric} still run; say at which instant they were read", path="as_of",
                                  value=None, example="as_of=now, as in bulk.evaluate")  # fmt: skip
        return np.where(running, self.names.as_of or 0, at)

    def _stops(self, metric: str, finished: Bools) -> Int64s:
        """When clocks stopped; a row that does not say so is a problem."""
        name = self.names.stopped.get(metric)
        if name is None:
            raise AttainmentError(f"a table does not hold when clocks of {metric} stopped; name the column that does",
                                  path="stopped", value=self.names.stopped,
                                  example=f'stopped={{"{metric}": "resolved"}}, or when="opened"')  # fmt: skip
        return self._instants(name, "stopped", finished)[0]

    def _walls(self, metric: str, finished: Bools) -> Int64s:
        """Real time from the starts to the stops, where the table has columns that say when these were."""
        names = self.names
        if not self._asked.spreads or metric not in names.stopped:
            return np.full(len(finished), NONE, np.int64)
        stops, own = self._stops(metric, finished), names.started.get(metric)
        starts, known = self._instants(own or names.opened, "started" if own else "opened", finished)
        if own is None:
            early = finished & known & (stops < starts)
            self._problems.add(early, "instant", f"{names.stopped[metric]} is before {names.opened}")
        # A clock that waits for an opening may be stopped before it has started.
        return np.where(finished, np.maximum(stops - starts, 0), NONE)

    # -- promises ----------------------------------------------------------------------------------------------

    def _promised(self, metric: str, rows: Int64s) -> Int64s:
        """The place of what is promised for each clock, by its metric and severity."""
        if self._index is None or self._asked.promised is not None:
            return np.zeros(len(rows), np.int64)
        severity = values_of(self.frame.column(self.names.severity, "severity"), self.names.severity).take(rows)
        there = set(np.unique(severity.codes).tolist())
        places = [
            self._promise(self._index, metric, word) if code in there else 0
            for code, word in enumerate(severity.values)
        ]
        return np.array([*places, 0], np.int64)[severity.codes]

    def _promise(self, index: Index, metric: str, severity: str) -> int:
        index.check_severity(severity)
        commitments, aims = (index.objectives.get((severity, metric, kind), ()) for kind in KINDS)
        told = promises_of({attainment_of(one.attainment) for one in commitments or aims}, None)
        if told not in self.promises:
            self.promises.append(told)
        return self.promises.index(told)


def counted_as(
    met: Bools, broken: Bools, running: Bools, is_open: Bools, unfinished: Unfinished
) -> tuple[Bools, Bools]:
    """Which clocks count as met, and which as breached."""
    if unfinished == "left_out":
        return met, broken & ~running
    if unfinished == "met_so_far":
        return met | is_open, broken
    return met, broken | is_open if unfinished == "against" else broken


def _is_running(state: Int64s) -> Bools:
    running: Bools = np.isin(state, [_STATE[each] for each in RUNNING])
    return running


def _states(frame: Frame, metric: str) -> Int64s:
    name = f"{metric}_state"
    codes, words = columns.words(frame.column(name, "results"), name)
    unknown = [word for word in words if word not in _STATE]
    if unknown:
        raise AttainmentError(f"no state of a clock: {unknown[0]!r}{near(unknown[0], STATES)}", path=name,
                              value=unknown[0], example="the column as bulk.evaluate made it")  # fmt: skip
    return np.array([*(_STATE[word] for word in words), -1], np.int64)[codes]


def _is_true(column: Any) -> Bools:
    """Which rows of a column of yes and no say yes; null does not."""
    if isinstance(column, np.ndarray):
        return np.ma.filled(column, False).astype(np.bool_)
    import narwhals as nw

    said: npt.NDArray[Any] = nw.from_native(column, series_only=True).fill_null(False).to_numpy()
    return said.astype(np.bool_)


def _metrics(frame: Frame, metric: str | None, names: Names, index: Index | None) -> list[str]:
    """The metrics that a table has the readings of: all, or the one asked for."""
    there = list(map(str, frame.names))
    found = [name.removesuffix("_state") for name in there if name.endswith("_state")]
    found = [name for name in found if all(f"{name}{end}" in there for end in _COLUMNS)]
    if not found:
        raise AttainmentError("the table holds no readings; bulk.evaluate and bulk.evaluate_log add them",
                              path="results", value=there[:20], example="bulk.evaluate(policy, ...)")  # fmt: skip
    for path, said in (("metric", [metric] if metric else []), ("started", names.started), ("stopped", names.stopped)):
        for name in said:
            if name not in found:
                raise AttainmentError(f"the table holds no readings of {name!r}{near(name, found)}", path=path,
                                      value=name, example=found[0])  # fmt: skip
    wanted = found if metric is None else [metric]
    for name in wanted if index is not None else ():
        if index is not None and name not in index.timed:
            raise AttainmentError(f"policy {index.policy.name!r} has no objective for {name!r}", path="policy",
                                  value=name, example="the policy that bulk.evaluate was asked with")  # fmt: skip
    return wanted
