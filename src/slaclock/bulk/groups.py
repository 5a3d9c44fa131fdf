"""Columns as groups: the values of any column by number, and rows that have the same of several."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..attainments.groups import Typed, typed
from . import columns
from .frames import listed
from .libraries import is_null
from .lines import Int64s
from .sorting import order_of


class Values:
    """A column: the place of each row's value among the distinct ones, -1 for null."""

    __slots__ = ("codes", "values")

    def __init__(self, codes: Int64s, values: Sequence[Any]) -> None:
        self.codes, self.values = codes, values

    def take(self, rows: Int64s) -> Values:
        """Those of some rows."""
        return Values(self.codes[rows], self.values)

    def at(self, row: int) -> Any:
        """The value of a row, None for null."""
        code = int(self.codes[row])
        return None if code < 0 else self.values[code]


def values_of(column: Any, name: str) -> Values:
    """The values of a column of any type."""
    raw = columns.library(column, name).raw(column)
    if raw.sort == "word":
        return Values(raw.values, list(raw.words))
    if raw.sort == "integer":
        found, codes = np.unique(raw.values, return_inverse=True)
        return Values(codes if raw.null is None else np.where(raw.null, -1, codes), found.tolist())
    seen: dict[tuple[type, Any], int] = {}
    codes = np.array([_code(value, seen) for value in listed(column)], np.int64)
    return Values(codes, [value for _, value in seen])


def _code(value: Any, seen: dict[tuple[type, Any], int]) -> int:
    return -1 if is_null(value) else seen.setdefault((type(value), value), len(seen))


def numbered(keys: Sequence[Values], rows: int) -> tuple[Int64s, int]:
    """The number of each row's group, and how many groups there are."""
    group, count = np.zeros(rows, np.int64), 1 if rows else 0
    for key in keys:
        found, group = np.unique(group * (len(key.values) + 1) + key.codes + 1, return_inverse=True)
        count = len(found)
    return group.astype(np.int64, copy=False), count


def split(keys: Sequence[Values], at: Int64s) -> dict[Typed, Int64s]:
    """The rows of each group, by instant; without keys all rows are one group."""
    if not keys:
        return {(): order_of(np.zeros(len(at), np.int64), at, 1)}
    group, count = numbered(keys, len(at))
    order = order_of(group, at, count)
    edges = np.searchsorted(group[order], np.arange(count + 1)).tolist()
    parts = [order[first:last] for first, last in pairwise(edges)]
    return {typed(key.at(int(part[0])) for key in keys): part for part in parts}
