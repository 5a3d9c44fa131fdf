"""Ids of tickets: text or whole numbers, as places in a list of distinct ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import PolicyError
from . import columns
from .lines import Int64s
from .problems import Problems

_DENSE = 8
"""Whole numbers that fill so small a part of their range, or more, need no sorting."""


@dataclass(slots=True)
class Keys:
    """The place of each row's id, -1 for null: among ``names``, or, for whole numbers, among ``numbers``."""

    codes: Int64s
    numbers: Int64s | None
    names: list[str]

    def __len__(self) -> int:
        """How many places there are."""
        return len(self.names) if self.numbers is None else len(self.numbers)

    def name(self, row: int) -> str:
        """The id of a row."""
        place = int(self.codes[row])
        return str(self.names[place] if self.numbers is None else self.numbers[place])

    def only(self, places: Int64s) -> Keys:
        """Some of the ids, a row each, in this order."""
        rows = np.arange(len(places))
        if self.numbers is not None:
            return Keys(rows, self.numbers[places], [])
        return Keys(rows, None, [self.names[place] for place in places.tolist()])

    def within(self, values: Int64s, other: Keys) -> Int64s:
        """For each row the value that belongs to its id in other keys, -1 for none."""
        translated = np.full(len(self) + 1, -1, np.int64)
        if self.numbers is not None and other.numbers is not None and len(other):
            place = _places(self.numbers, other.numbers)
            translated[:-1] = np.where(other.numbers[place] == self.numbers, values[place], -1)
        elif len(self) and len(other):
            if (self.numbers is None) != (other.numbers is None):
                raise PolicyError("ids are whole numbers in one table and text in the other", path="ticket",
                                  value=other.name(0), example='frame["id"].astype(str) in both')  # fmt: skip
            places = {name: place for place, name in enumerate(other.names)}
            translated[:-1] = np.append(values, -1)[[places.get(name, -1) for name in self.names]]
        found: Int64s = translated[self.codes]
        return found


def _places(numbers: Int64s, among: Int64s) -> Int64s:
    """Where each number is among others, if it is."""
    last = len(among) - 1
    if int(among[-1]) - int(among[0]) == last and (np.diff(among) == 1).all():
        dense: Int64s = np.clip(numbers - among[0], 0, last)
        return dense
    order = np.argsort(among, kind="stable")
    found: Int64s = order[np.minimum(np.searchsorted(among, numbers, sorter=order), last)]
    return found


def keys_of(column: Any, name: str) -> Keys:
    """The ids of a column."""
    raw = columns.library(column, name).raw(column)
    if raw.sort != "integer":
        codes, names = columns.words(column, name)
        return Keys(codes, None, names)
    values = raw.values
    least, most = (int(values.min()), int(values.max())) if len(values) else (0, -1)
    if most - least < _DENSE * len(values):
        codes, numbers = values - least, np.arange(least, most + 1)
    else:
        numbers, codes = np.unique(values, return_inverse=True)
        codes = codes.astype(np.int64)
    return Keys(codes if raw.null is None else np.where(raw.null, -1, codes), numbers, [])


def rows_of(keys: Keys, problems: Problems) -> Int64s:
    """The row of each id of a table that has a row an id; an id that comes twice is a problem."""
    rows = np.full(len(keys) + 1, -1, np.int64)
    rows[keys.codes] = np.arange(len(keys.codes))
    null = keys.codes < 0
    problems.add(null, "ticket", "the ticket's id is null")
    again = ~null & (rows[keys.codes] != np.arange(len(keys.codes)))
    problems.add(again, "ticket", "the ticket's id comes again in a later row")
    return rows[:-1]
