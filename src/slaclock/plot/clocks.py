"""Many clocks as arrays, out of evaluations and readings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

import numpy as np

from .._instant import span_us, to_us, to_wall
from ..bulk.columns import find_zone
from ..bulk.lines import Bools, Int64s
from ..choice import chosen
from ..errors import PlotError
from ..policy import Kind
from ..reading import Reading

When = Literal["decided", "due", "breached"]
NONE = np.int64(-1)
"""Where there is no amount of time."""


class Clocks(Protocol):
    """Clocks, one a row: how they stand, and what else is asked of them.

    Those met and those breached are judged; those stopped run no more, judged or not.
    """

    @property
    def met(self) -> Bools:
        """Which have stopped and kept their promise."""
        ...

    @property
    def breached(self) -> Bools:
        """Which have broken it, stopped or not."""
        ...

    @property
    def stopped(self) -> Bools:
        """Which have stopped, judged or not."""
        ...

    @property
    def promised(self) -> Sequence[Fraction]:
        """The attainments that the policy promises for them."""
        ...

    def walls(self, when: When, rows: Bools, zone: str | ZoneInfo | None) -> Int64s:
        """What the clock on the wall showed at an instant of some judged rows: in a zone, or (None) in their own."""
        ...

    def zone_label(self, zone: str | ZoneInfo | None) -> str:
        """In which zone that is."""
        ...

    def elapsed(self) -> Int64s:
        """Working time used, in microseconds; NONE where there is no clock."""
        ...

    def budgets(self) -> Int64s:
        """The budget, in microseconds; NONE where nothing is promised."""
        ...


def readings_of(results: object, metric: str | None, severity: str | None, kind: Kind) -> list[Reading]:
    """The readings meant; raises PlotError for what holds none."""
    if not isinstance(results, Iterable) or isinstance(results, str):
        raise PlotError(f"neither readings nor a table: {type(results).__name__}", path="results",
                        value=type(results).__name__, example="[evaluate(policy, ticket, as_of=now)]")  # fmt: skip
    if kind not in ("commitment", "aim"):
        raise PlotError(f"no kind of objective: {kind!r}", path="kind", value=kind, example='"commitment" or "aim"')
    return list(chosen(results, metric, severity, kind))


class OfReadings:
    """The clocks of readings."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        self._readings = readings
        self.met = _mask([reading.verdict == "met" for reading in readings])
        self.breached = _mask([reading.breached for reading in readings])
        self.stopped = _mask([reading.state == "stopped" for reading in readings])
        shares = {reading.fold.objective.attainment for reading in readings if reading.fold.judged}
        self.promised = sorted(Fraction(share) / 100 for share in shares if share is not None)

    def walls(self, when: When, rows: Bools, zone: str | ZoneInfo | None) -> Int64s:
        """In a zone, or each in the zone of its calendar."""
        own = None if zone is None else find_zone(zone)
        readings = (self._readings[row] for row in np.flatnonzero(rows).tolist())
        walls = [to_wall(_instant(reading, when), own or _zone(reading)) for reading in readings]
        return np.array(walls, np.int64)

    def zone_label(self, zone: str | ZoneInfo | None) -> str:
        """The zone of all calendars, if it is one."""
        if zone is not None:
            return find_zone(zone).key
        own = sorted({_zone(reading).key for reading in self._readings})
        return own[0] if len(own) == 1 else "each calendar's zone"

    def elapsed(self) -> Int64s:
        """As the readings say."""
        return np.array([span_us(reading.elapsed) for reading in self._readings], np.int64)

    def budgets(self) -> Int64s:
        """As the readings say."""
        budgets = [reading.budget for reading in self._readings]
        return np.array([NONE if budget is None else span_us(budget) for budget in budgets], np.int64)


def _mask(values: list[bool]) -> Bools:
    return np.array(values, np.bool_)


def _zone(reading: Reading) -> ZoneInfo:
    return reading.fold.calendar._kept.zone


def _instant(reading: Reading, when: When) -> int:
    """When a judged clock was decided, due or broken."""
    at = reading.due if when == "due" else reading.breached_at if reading.breached else reading.stopped_at
    assert at is not None  # what is judged has stopped or was broken, and was due by then or is
    return to_us(at)
