"""Changes of severity, where they are simple: on one calendar, a changed clock is the new objective's from the start.

That is the law that carrying over equals judging anew on one calendar (CLK-10).  What is left to a change is which
objective holds after it, whether the clock had breached before (CLK-11), and that nothing is due before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..events import OPENED
from ..index import Index
from .lines import Int64s
from .spans import Spans


class Changes(NamedTuple):
    """Changes in order, row after row: the row, the instant, and the severity from then on."""

    row: Int64s
    at: Int64s
    severity: Int64s

    def take(self, rows: Int64s, count: int) -> Changes:
        """Those of some rows of ``count``, which are numbered anew."""
        number = np.full(count, -1, np.int64)
        number[rows] = np.arange(len(rows))
        row = number[self.row]
        kept = row >= 0
        return Changes(row[kept], self.at[kept], self.severity[kept])

    def ranks(self) -> Iterator[Int64s]:
        """The places of the first change of each row that has one, then of the second, and so on."""
        first = np.flatnonzero(np.append(True, self.row[1:] != self.row[:-1])) if len(self.row) else self.row
        ends = np.append(first[1:], len(self.row))
        while len(first):
            yield first
            first, ends = first[first + 1 < ends] + 1, ends[first + 1 < ends]


NO_CHANGES = Changes(*(np.empty(0, np.int64) for _ in range(3)))


def are_simple(index: Index, metric: str) -> bool:
    """Whether changes of a metric's clocks are: every severity has a working time on one calendar, and no more."""
    timed, policy = index.metrics[metric], index.policy
    objectives = [one for one in policy.objectives if one.metric == metric]
    return (
        (timed.on_change or policy.on_change) == "carry"
        and timed.starts == (OPENED,) and timed.cycles == "one" and not timed.after
        and len(index.kinds[metric]) == 1 and len({one.severity for one in objectives}) == len(index.severities)
        and len({one.calendar or policy.calendar for one in objectives}) == 1
        and all(
            one.within is not None and one.within.working is not None and one.only is None and one.start is None
            and not one.set and (one.verdict or policy.verdict) == "elapsed" and not index.escalations[one.key]
            for one in objectives
        )
    )  # fmt: skip


def changed(
    spans: Spans, changes: Changes, stop: Int64s, number: Int64s, of_severity: Int64s, working: Int64s
) -> Int64s:
    """The last change that each clock followed (its start, if none); ``number`` becomes the objective after it.

    ``of_severity`` is the objective of each severity, ``working`` the working time of each objective.
    """
    floor = spans.start.copy()
    for places in changes.ranks():
        row = changes.row[places]
        at = changes.at[places]
        row, at, places = (column[at < stop[row]] for column in (row, at, places))  # noqa: PLW2901 - those it met running
        if not len(row):
            continue
        new = of_severity[changes.severity[places]]
        followed = (spans.take(row).used(at) <= working[number[row]]) & (new != number[row])
        number[row[followed]], floor[row[followed]] = new[followed], at[followed]
    return floor
