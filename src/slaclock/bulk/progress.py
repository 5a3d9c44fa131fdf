"""A bar for long work, if one is asked for."""

from __future__ import annotations

from typing import Any, Self


class Progress:
    """Rows done of all rows, by tqdm."""

    __slots__ = ("_bar",)

    def __init__(self, rows: int, shown: bool) -> None:
        self._bar: Any = None
        if shown:
            from tqdm.auto import tqdm

            self._bar = tqdm(total=rows, unit=" rows", unit_scale=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def advance(self, rows: int) -> None:
        """So many more are done."""
        if self._bar is not None:
            self._bar.update(rows)
