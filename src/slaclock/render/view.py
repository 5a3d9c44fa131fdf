"""View: what is shown of a value, before anybody has said in which form.

A view has a title, sentences, and parts: tables, facts, pictures, and views of what belongs to it.  Text, Markdown and
HTML write the same view.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

ColumnKind = Literal["line", "amount", "name", "prose"]
Cell = str | tuple[str, ...]
"""One line, or several."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: a ``line`` is never broken, an ``amount`` stands to the right, a ``name`` may be long."""

    heading: str
    kind: ColumnKind = "line"


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row; ``mark`` is the kind of what it tells, for those who can show it."""

    cells: tuple[Cell, ...]
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under headings, with a last row that adds them up where there is something to add."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: Row | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what belongs to each."""

    rows: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing, made only by those who can show it."""

    title: str
    draw: Callable[[], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is shown of a value.  ``verdict`` is the verdict or state that it has, with its word."""

    title: str
    says: tuple[str, ...] = ()
    verdict: tuple[str, str] | None = None
    parts: tuple[Table | Facts | Picture | View, ...] = ()


Part = Table | Facts | Picture | View
