"""Tables by the names that their columns have in the catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from .catalogue import Catalogue
from .view import Column, ColumnKind, Row, Table

_AMOUNTS = frozenset({"counted", "left", "length", "over", "used"})
_NAMES = frozenset({
    "calendar", "escalation", "event", "metric", "oddity", "part", "paused_by", "policy", "reason", "role", "set",
    "severity", "actor", "target", "when",
})  # fmt: skip
_PROSE = frozenset({
    "attributes", "bound_to", "description", "details", "holidays", "hours", "kind", "message", "name", "receiver",
    "roles", "source", "starts", "stops", "stops_metrics", "why",
})  # fmt: skip


def columns_of(c: Catalogue, *names: str) -> tuple[Column, ...]:
    """Columns under their headings."""
    return tuple(Column(c(f"column.{name}"), _kind(name)) for name in names)


def _kind(name: str) -> ColumnKind:
    if name in _AMOUNTS:
        return "amount"
    if name in _NAMES:
        return "name"
    return "prose" if name in _PROSE else "line"


def filled_table(c: Catalogue, title: str, names: Iterable[str], rows: Iterable[Row]) -> Table:
    """A table without the columns in which no row has anything; the first stays."""
    columns, all_rows = columns_of(c, *names), tuple(rows)
    kept = [i for i in range(len(columns)) if not i or any(row.cells[i] for row in all_rows)]
    return Table(
        title=c(f"title.{title}"),
        columns=tuple(columns[i] for i in kept),
        rows=tuple(Row(tuple(row.cells[i] for i in kept), row.mark) for row in all_rows),
    )
