"""The door for samples: columns of instants and counts, checked as rows are one by one, and put in order."""

from __future__ import annotations

from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from ..availabilities.measured import crossing, negative, overlapping, too_many
from ..errors import AvailabilityError, InstantError
from . import columns
from .lines import Int64s, chunks
from .problems import Problems
from .sorting import order_of

NOTHING = np.empty(0, np.int64)


class Rows(NamedTuple):
    """Samples in order of time, ``every`` long.

    ``runs`` are the first rows of those that follow each other without a gap, ``most`` is the greatest of ``attempts``.
    """

    start: Int64s
    attempts: Int64s
    failures: Int64s
    every: int
    runs: Int64s
    most: int

    def covered(self) -> tuple[Int64s, Int64s]:
        """The stretches that the rows tell of."""
        last = np.append(self.runs, len(self.start))[1:] - 1
        return self.start[self.runs], self.start[last] + self.every

    def first_from(self, t: Int64s) -> Int64s:
        """The first row that begins at some instants or later; where no row is missing, no search is needed."""
        if len(self.runs) != 1:
            return np.searchsorted(self.start, t)
        found: Int64s = np.clip(-((self.start[0] - t) // self.every), 0, len(self.start))
        return found


def rows_of(
    start: Any, attempts: Any, failures: Any, every: int, unit: int | None, zone: str | ZoneInfo | None, name: str
) -> Rows:
    """Columns, checked as rows are one by one, and put in order; ``attempts`` may be a number for all rows.

    ``name`` is what the column of failures is called.
    """
    columns.library(start, "start")  # before its length is asked for
    problems = Problems(len(start))
    column = columns.instants(start, "start", zone, problems)
    if column.null is not None:
        problems.add(column.null, InstantError.code, "the row has no instant")
    known = np.flatnonzero(~problems.mask()) if problems else None
    at, order, runs = _ordered(column.us if known is None else column.us[known], every)
    if unit is not None and (at[runs] % every).any():
        _check_edges(column.us, every, unit, problems)
    tried = attempts if isinstance(attempts, int) else _counts(attempts, "attempts", problems)
    failed = _counts(failures, name, problems)
    most = _check_counts(tried, failed, name, problems)
    _check_overlap(at, every, order, runs, known, problems)
    problems.raise_if_any()
    if isinstance(tried, int):
        tried = np.broadcast_to(np.int64(tried), len(at))
    if order is not None:
        tried, failed = tried[order], failed[order]
    return Rows(at, tried, failed, every, runs, most)


def _counts(column: Any, name: str, problems: Problems) -> Int64s:
    values, null = columns.integers(column, name)
    if len(values) != problems.rows:
        raise AvailabilityError(f"{name} has {len(values)} rows, and the other column {problems.rows}", path=name,
                                value=len(values), example=f"{name} of {problems.rows} rows")  # fmt: skip
    if null is not None:
        problems.add(null, "not_a_whole_number", f"{name}: the row has no number")
    return values


def _check_counts(attempts: Int64s | int, failures: Int64s, name: str, problems: Problems) -> int:
    """Find counts below zero and more failures than attempts; returns the greatest number of attempts."""
    most, wrong = 0, False
    for part in chunks(len(failures)):
        failed = failures[part]
        tried = attempts if isinstance(attempts, int) else attempts[part]
        most = max(most, tried if isinstance(tried, int) else int(tried.max()))
        wrong = wrong or int(failed.min()) < 0 or bool((failed > tried).any())
    if wrong and isinstance(attempts, int):
        problems.add(
            (failures < 0) | (failures > attempts), "share", lambda row: f"not from 0 to {attempts}: {failures[row]}"
        )
    elif wrong and not isinstance(attempts, int):
        problems.add(attempts < 0, "negative_count", lambda row: negative("attempts", int(attempts[row])))
        problems.add(failures < 0, "negative_count", lambda row: negative(name, int(failures[row])))
        problems.add(
            failures > attempts, "too_many_failures", lambda row: too_many(int(attempts[row]), int(failures[row]))
        )
    return most


def _check_edges(start: Int64s, every: int, unit: int, problems: Problems) -> None:
    """Find rows that lie in two units of the clock."""
    late = unit - every
    for part in chunks(len(start)):
        into = start[part] - start[part] // unit * unit
        if int(into.max()) > late:
            problems.add(
                np.flatnonzero(into > late) + part.start, "crosses_a_unit", lambda row: crossing(int(start[row]), unit)
            )


def _ordered(start: Int64s, every: int) -> tuple[Int64s, Int64s | None, Int64s]:
    """The starts in order, the order if it is another, and the first rows of those that follow without a gap."""
    order = None
    breaks = _breaks(start, every)
    if (start[breaks] < start[breaks - 1]).any():
        order = order_of(np.zeros(len(start), np.int64), start, 1)
        start = start[order]
        breaks = _breaks(start, every)
    return start, order, np.concatenate([np.zeros(min(len(start), 1), np.int64), breaks])


def _check_overlap(
    start: Int64s, every: int, order: Int64s | None, runs: Int64s, known: Int64s | None, problems: Problems
) -> None:
    """Find rows that begin before the one before them has ended."""
    close = runs[1:][start[runs[1:]] - start[runs[1:] - 1] < every]
    if len(close):
        rows = close if order is None else order[close]
        rows = rows if known is None else known[rows]
        before = dict(zip(rows.tolist(), start[close - 1].tolist(), strict=True))
        problems.add(rows, "overlap", lambda row: overlapping(before[row]))


def _breaks(start: Int64s, every: int) -> Int64s:
    """The rows that do not begin where the row before them ends."""
    found = []
    for part in chunks(len(start) - 1):
        other = start[part.start + 1 : part.stop + 1] - start[part] != every
        if other.any():
            found.append(np.flatnonzero(other) + (part.start + 1))
    return np.concatenate(found) if found else NOTHING
