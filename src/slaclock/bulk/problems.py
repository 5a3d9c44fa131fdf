"""Rows that cannot be answered: found by whole columns, told by row number and reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np

from ..errors import InstantError, RowProblem, RowsError, SlaclockError
from .lines import Bools, Int64s

OnError = Literal["raise", "report"]
TOLD = 20
"""How many rows an error tells of; it counts them all."""


class Problems:
    """The rows of a table found wrong so far; of a row's problems the first found is told."""

    __slots__ = ("_told", "_unasked", "rows")

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self._told: dict[int, tuple[str, str]] = {}
        self._unasked: list[tuple[Int64s, str, Callable[[int], str]]] = []

    def __bool__(self) -> bool:
        return bool(self._told or self._unasked)

    def add(self, rows: Int64s | Bools, code: str, message: str | Callable[[int], str]) -> None:
        """These rows (numbers, or a mask) cannot be answered; ``message`` may be a function of the row."""
        numbers = np.flatnonzero(rows) if rows.dtype == bool else rows
        if len(numbers):
            say = (lambda _: message) if isinstance(message, str) else message
            self._unasked.append((numbers.astype(np.int64), code, say))

    def add_row(self, row: int, code: str, message: str) -> None:
        """One row cannot be answered."""
        self._told.setdefault(row, (code, message))

    def ask(self, rows: Int64s | Bools, out: Int64s, one: Callable[[int], int]) -> None:
        """Ask for these rows one by one: what the arrays do not cover has an answer, or an error that says why not."""
        for row in (np.flatnonzero(rows) if rows.dtype == bool else rows).tolist():
            try:
                out[row] = one(row)
            except SlaclockError as error:
                self.add_row(row, error.code, error.message)

    def mask(self) -> Bools:
        """Which rows cannot be answered."""
        bad = np.zeros(self.rows, bool)
        for numbers, _, _ in self._unasked:
            bad[numbers] = True
        bad[list(self._told)] = True
        return bad

    def each(self, limit: int | None = None) -> Iterator[RowProblem]:
        """The problems by row number, at most ``limit`` of them."""
        rows = np.flatnonzero(self.mask())[:limit]
        told: dict[int, tuple[str, str]] = {}
        for numbers, code, say in self._unasked:
            for row in np.intersect1d(numbers, rows).tolist():
                if row not in told:
                    told[row] = code, say(row)
        for row in rows.tolist():
            yield RowProblem(row, *(told.get(row) or self._told[row]))

    def raise_if_any(self) -> None:
        """Raise RowsError, which tells the first rows and counts all."""
        if self:
            raise RowsError(list(self.each(TOLD)), int(self.mask().sum()), self.rows)

    def merge(self, later: Problems, at: int) -> None:
        """The problems of a part of the table that begins at a row."""
        for numbers, code, say in later._unasked:
            self._unasked.append((numbers + at, code, _shifted(say, at)))
        for row, told in later._told.items():
            self._told.setdefault(row + at, told)


def _shifted(say: Callable[[int], str], at: int) -> Callable[[int], str]:
    return lambda row: say(row - at)


def check_errors(errors: object, allowed: tuple[str, ...]) -> None:
    """Raise for another word than those that say what happens to bad rows."""
    if errors not in allowed:
        raise InstantError(f"not a way to treat bad rows: {errors!r}", path="errors", value=errors,
                           example=" or ".join(f'errors="{word}"' for word in allowed))  # fmt: skip
