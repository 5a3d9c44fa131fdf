"""Many clocks as arrays, out of the columns that ``bulk`` adds to a table; a column is read when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import narwhals as nw
import numpy as np

from ..bulk import columns
from ..bulk.columns import find_zone
from ..bulk.frames import Frame, frame_of
from ..bulk.lines import Bools, Int64s
from ..bulk.problems import Problems
from ..bulk.zones import Zone
from ..errors import PlotError, near
from ..policy import Kind
from .clocks import NONE, Clocks, OfReadings, When, readings_of


def clocks_of(results: object, metric: str | None, severity: str | None, kind: Kind) -> Clocks:
    """The clocks of evaluations or readings, or those of a table."""
    if is_table(results):
        return OfTable(frame_of(results, "results"), metric, severity, kind)
    return OfReadings(readings_of(results, metric, severity, kind))


def is_table(results: object) -> bool:
    """Whether it is a frame of some library.  Its class is asked: asking a lazy frame itself has a price."""
    named = (hasattr(type(results), name) for name in ("columns", "__arrow_c_stream__"))
    return isinstance(results, Mapping) or any(named)


class OfTable:
    """The clocks of a table, one metric after the other."""

    promised: Sequence[Fraction] = ()

    def __init__(self, frame: Frame, metric: str | None, severity: str | None, kind: Kind) -> None:
        if kind != "commitment":
            raise PlotError("a table holds the commitment of a metric, or its only objective; give readings for others",
                            path="kind", value=kind, example='kind="commitment"')  # fmt: skip
        self._frame = frame
        self._metrics = _metrics(frame, metric)
        meant = (
            np.ones(len(frame), np.bool_) if severity is None else _says(frame.column("severity", "severity"), severity)
        )
        states, flags = self._columns("state"), self._columns("breached")
        self.stopped = np.concatenate([meant & _says(state, "stopped") for state in states])
        self.breached = np.concatenate([meant & _is_true(flag) for flag in flags])
        self.met = self.stopped & ~self.breached & (self._amounts("remaining") != NONE)

    def walls(self, when: When, rows: Bools, zone: str | ZoneInfo | None) -> Int64s:
        """In a zone, or in that of the columns.  Naive columns show some zone's wall, and stay as they are."""
        if when == "decided":
            raise PlotError("a table does not hold when a clock stopped; count by the due instant",
                            path="by", value="decided", example='by="due"')  # fmt: skip
        shown, what = [], "due" if when == "due" else "breach_at"
        for metric, some in zip(self._metrics, np.split(rows, len(self._metrics)), strict=True):
            us, known, own = self._instants(f"{metric}_{what}")
            if not known[some].all():
                raise PlotError("a judged clock has no instant here; give the columns as bulk.evaluate made them",
                                path=f"{metric}_{what}", example="bulk.evaluate(...)")  # fmt: skip
            wanted = own if own is None or zone is None else find_zone(zone)
            shown.append(us[some] if wanted is None else Zone.covering(wanted, us[some]).wall(us[some]))
        return np.concatenate(shown)

    def zone_label(self, zone: str | ZoneInfo | None) -> str:
        """The columns' own zone, unless another is asked for."""
        if zone is not None:
            return find_zone(zone).key
        *_, own = self._instants(f"{self._metrics[0]}_breach_at")
        return "the table's zone" if own is None else own.key

    def elapsed(self) -> Int64s:
        """As the column says."""
        return self._amounts("elapsed")

    def budgets(self) -> Int64s:
        """What was used and what is left, less what was too much."""
        left = self._amounts("remaining")
        budgets: Int64s = np.where(left == NONE, NONE, self._amounts("elapsed") + left - self._amounts("overrun"))
        return budgets

    def _columns(self, what: str) -> list[Any]:
        return [self._frame.column(f"{metric}_{what}", "results") for metric in self._metrics]

    def _amounts(self, what: str) -> Int64s:
        """The amounts of time of all metrics, NONE where there are none."""
        found, problems = [], Problems(len(self._frame))
        for column in self._columns(what):
            read = columns.amounts(column, what, problems)
            found.append(read.us if read.null is None else np.where(read.null, NONE, read.us))
        problems.raise_if_any()
        return np.concatenate(found)

    def _instants(self, name: str) -> tuple[Int64s, Bools, ZoneInfo | None]:
        """A column of instants, which rows hold one, and its zone; a naive one is read as what a wall shows."""
        column, problems = self._frame.column(name, "results"), Problems(len(self._frame))
        naive = columns.library(column, name).raw(column).sort == "wall"
        read = columns.instants(column, name, "UTC" if naive else None, problems)
        problems.raise_if_any()
        known = np.ones(len(read), np.bool_) if read.null is None else ~read.null
        return read.us, known, None if naive else find_zone(getattr(read.zone, "key", None) or str(read.zone))


def _metrics(frame: Frame, metric: str | None) -> list[str]:
    """The metrics that a table has the readings of: all, or the one asked for."""
    ends = "_breached", "_breach_at"
    found = [name.removesuffix(ends[0]) for name in map(str, frame.names) if name.endswith(ends[0])]
    found = [name for name in found if f"{name}{ends[1]}" in frame.names]
    if not found:
        raise PlotError("the table holds no readings; bulk.evaluate and bulk.evaluate_log add them", path="results",
                        value=list(frame.names)[:20], example="bulk.evaluate(policy, tickets, as_of=now)")  # fmt: skip
    if metric is not None and metric not in found:
        raise PlotError(f"the table holds no readings of {metric!r}{near(metric, found)}",
                        path="metric", value=metric, example=found[0])  # fmt: skip
    return found if metric is None else [metric]


def _says(column: Any, word: str) -> Bools:
    """Which rows of a column of words hold one of them."""
    codes, words = columns.words(column, word)
    return np.isin(codes, [code for code, each in enumerate(words) if each == word])


def _is_true(column: Any) -> Bools:
    """Which rows of a column of yes and no say yes; null does not."""
    if isinstance(column, np.ndarray):
        return np.ma.filled(column, False).astype(np.bool_)
    said: Bools = nw.from_native(column, series_only=True).fill_null(False).to_numpy().astype(np.bool_)
    return said
