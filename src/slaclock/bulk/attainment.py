"""Attainment of tables: what ``evaluate`` and ``evaluate_log`` answer, counted as readings are (R-7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from .._instant import to_us
from ..attainments.groups import Order, Typed, keys_of, promises_of
from ..attainments.readings import DEFAULT_BY, DEFAULT_PERCENTILES
from ..attainments.results import Attainment, AttainmentRow, TimeSpread
from ..attainments.rules import Question, Share, Unfinished, When, question, windows_of
from ..declarations import FrozenMap
from ..intervals import normalize
from ..periods import Period
from ..policy import Policy
from .evaluate import policy_index
from .frames import frame_of
from .groups import split
from .lines import Bools, Int64s
from .readings import NONE, Clocks, Names, Readings

_LOW = 20
"""Bits of a time that are added up by themselves: the sum of a million long times is no 64-bit integer."""


def attainment(
    results: Any, *,
    policy: Policy | None = None,
    by: str | Sequence[str] = DEFAULT_BY,
    metric: str | None = None,
    severity: str = "severity",
    periods: Period | Iterable[Period] | None = None,
    when: When = "decided",
    unfinished: Unfinished = "judged",
    promised: Share | None = None,
    percentiles: Iterable[Share] = DEFAULT_PERCENTILES,
    opened: str = "opened",
    started: Mapping[str, str] | None = None,
    stopped: Mapping[str, str] | None = None,
    as_of: datetime | None = None,
    zone: str | ZoneInfo | None = None,
) -> Attainment:  # fmt: skip
    """Which share of promises was met: what ``slaclock.attainment`` says of readings, of a table that holds them.

    ``results`` is what ``evaluate`` or ``evaluate_log`` returned: a frame of pandas, Polars, pyarrow or another
    library, or a dict of NumPy arrays.  It holds the commitment of a metric, or its only objective, and of several
    cycles the latest; ``metric`` is one of its metrics (None: all).

    ``by`` names what rows are grouped by: ``metric``, or columns; ``severity`` is the column of that name.  With
    ``policy``, the attainment promised is that of its objectives, by metric and by the severity in that column;
    ``promised`` is one for all.

    A table does not hold when a clock started and stopped.  ``stopped`` names, by metric, the column that does
    (``{"resolution": "resolved"}``), and ``started`` those of the starts, if they are others than ``opened``.  They are
    needed for real time, and for periods, unless these are asked for by ``when="opened"``; ``as_of`` is needed for
    periods where clocks still run.  ``zone`` says where naive columns are from.  The rest is as for readings.

    Raises AttainmentError for what cannot be counted, PolicyError for a column that is not there, RowsError for rows
    whose columns contradict each other.

    >>> import numpy as np
    >>> from datetime import datetime, timezone
    >>> from slaclock import bulk, contracts
    >>> policy, as_of = contracts.load("wati-pro"), datetime(2026, 5, 22, 15, 0, tzinfo=timezone.utc)
    >>> opened = np.array(["2026-05-22T08:00", "2026-05-22T09:00"], "M8[us]")
    >>> table = {"opened": opened, "severity": np.array(["P1", "P1"]), "team": np.array(["a", "b"])}
    >>> table["responded"] = opened + np.array([9, 90], "m8[m]")
    >>> answer = bulk.evaluate(policy, table, as_of=as_of, zone="UTC")
    >>> result = bulk.attainment(answer, policy=policy, by="team", metric="first_response")
    >>> [(row["team"], row.met, row.judged) for row in result]
    [('a', 1, 1), ('b', 0, 1)]
    """
    asked = question(by, periods, when, unfinished, promised, percentiles)
    names = Names(severity, opened, started or {}, stopped or {}, None if as_of is None else to_us(as_of), zone)
    return _Table(results, asked, names, policy, metric).counted()


def rolling_attainment(
    results: Any, *,
    over: Period,
    days: int = 90,
    policy: Policy | None = None,
    by: str | Sequence[str] = (),
    metric: str | None = None,
    severity: str = "severity",
    when: When = "decided",
    unfinished: Unfinished = "judged",
    promised: Share | None = None,
    opened: str = "opened",
    stopped: Mapping[str, str] | None = None,
    as_of: datetime | None = None,
    zone: str | ZoneInfo | None = None,
) -> Attainment:  # fmt: skip
    """The attainment of the last so many days, at the end of each date of a period, of a table: a row a date and group.

    As ``slaclock.rolling_attainment``; the columns are named as for ``attainment``.
    """
    asked = question(by, windows_of(over, days), when, unfinished, promised, None)
    names = Names(severity, opened, {}, stopped or {}, None if as_of is None else to_us(as_of), zone)
    return _Table(results, asked, names, policy, metric).counted()


class _Table:
    """A table of readings, and the rows that are made of it."""

    __slots__ = ("_asked", "_order", "_readings")

    def __init__(self, results: Any, asked: Question, names: Names, policy: Policy | None, metric: str | None) -> None:
        index = None if policy is None else policy_index(policy)
        self._asked = asked
        self._readings = Readings(frame_of(results, "results"), asked, names, index, metric)
        self._order = Order([] if policy is None else [policy])
        if policy is None:
            self._order.add("metric", self._readings.metrics)

    def counted(self) -> Attainment:
        """The rows, and the whole."""
        asked, clocks = self._asked, self._readings.clocks()
        if asked.periods is not None:
            clocks = clocks.take(_inside(clocks.at, asked.periods))
        by_metric = {
            str(key[0][1]): self._row(("metric",), key, None, some) for key, some in self._grouped(("metric",), clocks)
        }
        return Attainment(
            by=asked.by,
            kind="commitment",
            when=asked.when,
            unfinished=asked.unfinished,
            rows=tuple(row for key, some in self._grouped(asked.by, clocks) for row in self._rows(key, some)),
            whole=self._row((), (), None, clocks),
            by_metric=FrozenMap(by_metric),
        )

    def _grouped(self, by: Sequence[str], clocks: Clocks) -> Iterator[tuple[Typed, Clocks]]:
        """Groups in their order; the clocks of each by instant."""
        found = split([self._readings.key(name, clocks) for name in by], clocks.at)
        for key in self._order.sorted(by, found):
            yield key, clocks.take(found[key])

    def _rows(self, key: Typed, clocks: Clocks) -> Iterator[AttainmentRow]:
        """A row, or one each period."""
        by = self._asked.by
        if self._asked.periods is None:
            yield self._row(by, key, None, clocks)
            return
        for period in self._asked.periods:
            first, last = np.searchsorted(clocks.at, [period.lower, period.upper])
            yield self._row(by, key, period, clocks.take(slice(first, last)))

    def _row(self, names: Sequence[str], key: Typed, period: Period | None, clocks: Clocks) -> AttainmentRow:
        asked, promises = self._asked, self._readings.promises
        places = np.unique(clocks.promise[clocks.met | clocks.breached]).tolist()
        has_times = asked.spreads and len(clocks) > 0 and int(clocks.metric.min()) == int(clocks.metric.max())
        return AttainmentRow(
            keys=keys_of(names, key),
            period=period,
            clocks=len(clocks),
            met=int(clocks.met.sum()),
            breached=int(clocks.breached.sum()),
            open=int(clocks.open.sum()),
            promises=promises_of({share for place in places for share in promises[place]}, asked.promised),
            elapsed=_spread(clocks.elapsed, asked) if has_times else None,
            wall=_spread(clocks.wall, asked) if has_times else None,
        )


def _spread(times: Int64s, asked: Question) -> TimeSpread | None:
    ordered = np.sort(times[times != NONE])
    total = (int((ordered >> _LOW).sum()) << _LOW) + int((ordered & ((1 << _LOW) - 1)).sum())
    return TimeSpread.of(ordered, total, asked.percentiles)


def _inside(at: Int64s, periods: Iterable[Period]) -> Bools:
    """Which instants lie in any of some periods."""
    found = np.zeros(len(at), np.bool_)
    for first, last in normalize((period.lower, period.upper) for period in periods):
        found |= (first <= at) & (at < last)
    return found
