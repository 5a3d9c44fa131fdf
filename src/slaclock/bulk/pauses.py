"""Pauses that come with tickets: a list column, or a second table (POL-7).

A pause is an interval ``[start, end)`` with a reason; one without an end is still open.  Pauses of one reason that
overlap are one pause.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from ..errors import InstantError, PolicyError
from . import columns
from .frames import Frame, frame_of
from .keys import keys_of, rows_of
from .libraries import Arrow, NumPy, Pandas, Polars, is_null
from .lines import Int64s
from .problems import Problems

FIELDS = ("start", "end", "reason")


@dataclass(frozen=True, slots=True)
class Pauses:
    """A table of pauses: its columns for the ticket's id, start, end, and reason (None: there are no reasons)."""

    frame: Any
    ticket: str = "ticket"
    start: str = "start"
    end: str = "end"
    reason: str | None = "reason"


@dataclass(slots=True)
class Told:
    """Pauses as they were told: the row of each, its instants (``open`` where it has no end), and its reason."""

    row: Int64s
    start: Int64s
    end: Int64s
    open: Any
    reason: Int64s
    reasons: list[str]


def no_pauses() -> Told:
    """No pauses at all."""
    empty = np.empty(0, np.int64)
    return Told(empty, empty, empty, empty.astype(bool), empty, [])


def of_list(frame: Frame, name: str, zone: str | ZoneInfo | None, problems: Problems) -> Told:
    """Pauses out of a list column of structs with the fields start, end and (if there are reasons) reason."""
    row, fields, home = _LISTS[type(frame.library)](frame.column(name, "pauses"), name)
    return _told(row, fields, home or zone, problems, lambda place: f"{name}[{place - row.searchsorted(row[place])}]")


def of_table(frame: Frame, ticket: str, pauses: Pauses, zone: str | ZoneInfo | None, problems: Problems) -> Told:
    """Pauses out of a second table, by the id of their ticket; those of other tickets are left out."""
    table = frame_of(pauses.frame, "pauses")
    keys = table.column(pauses.ticket, "pauses.ticket")
    row = _matched(frame.column(ticket, "ticket"), keys, problems)
    fields = {"start": table.column(pauses.start, "pauses.start"), "end": table.column(pauses.end, "pauses.end")}
    if pauses.reason is not None and (pauses.reason in table.names or pauses.reason != FIELDS[2]):
        fields["reason"] = table.column(pauses.reason, "pauses.reason")
    return _told(row, fields, zone, problems, lambda place: f"pauses, row {place}")


def _told(row: Int64s, fields: dict[str, Any], zone: str | ZoneInfo | None, problems: Problems, say: Any) -> Told:
    if not len(row):
        return no_pauses()
    own = Problems(len(row))
    start = columns.instants(fields["start"], "start", zone, own)
    end = columns.instants(fields["end"], "end", zone, own)
    open_ = np.zeros(len(row), bool) if end.null is None else end.null
    if start.null is not None:
        own.add(start.null, "pause", "a pause without a start")
    own.add(~open_ & (end.us < start.us) & ~own.mask(), "pause", "a pause that ends before it begins")
    if "reason" in fields:
        reason, reasons = columns.words(fields["reason"], "reason")
        own.add(reason < 0, "pause", "a pause without a reason")
    else:
        reason, reasons = np.zeros(len(row), np.int64), ["pause"]
    bad = own.mask()
    for problem in own.each():
        if row[problem.row] >= 0:
            problems.add_row(int(row[problem.row]), problem.code, f"{say(problem.row)}: {problem.message}")
    kept = np.flatnonzero((row >= 0) & ~bad & (open_ | (end.us > start.us)))
    if (np.diff(row[kept]) < 0).any():
        kept = kept[np.argsort(row[kept], kind="stable")]
    return Told(row[kept], start.us[kept], end.us[kept], open_[kept], reason[kept], reasons)


def _matched(tickets: Any, keys: Any, problems: Problems) -> Int64s:
    """The row of each pause's ticket, -1 where there is none."""
    mine, theirs = keys_of(tickets, "ticket"), keys_of(keys, "pauses.ticket")
    return theirs.within(rows_of(mine, problems), mine)


# -- list columns ------------------------------------------------------------------------------------------------


_Lists = tuple[Int64s, dict[str, Any], str | None]
"""The row of each pause, the columns of its fields, and the zone of these, where it is another than the table's."""


def _no_lists() -> _Lists:
    return np.empty(0, np.int64), {}, None


def _of_arrow(column: Any, name: str) -> _Lists:
    import pyarrow as pa

    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    kind = array.type
    of = kind.value_type if pa.types.is_list(kind) or pa.types.is_large_list(kind) else kind
    if pa.types.is_null(of):
        return _no_lists()
    if of is kind or not pa.types.is_struct(of):
        raise _no_list(name, kind)
    lengths = array.value_lengths().fill_null(0).to_numpy().astype(np.int64)
    inner = array.flatten()
    names = [field.name for field in of]
    _check_fields(name, names)
    parts = dict(zip(names, inner.flatten(), strict=True))
    rows = np.repeat(np.arange(len(array)), lengths)
    return rows, {field: parts[field] for field in FIELDS if field in names}, None


def _of_polars(column: Any, name: str) -> _Lists:
    import polars as pl

    if column.dtype in (pl.Null, pl.List(pl.Null)):
        return _no_lists()
    if not (isinstance(column.dtype, pl.List) and isinstance(column.dtype.inner, pl.Struct)):
        raise _no_list(name, column.dtype)
    names = [field.name for field in column.dtype.inner.fields]
    _check_fields(name, names)
    lengths = column.list.len().fill_null(0)
    inner = column.filter(lengths > 0).explode()
    rows = np.repeat(np.arange(len(column)), lengths.to_numpy().astype(np.int64))
    return rows, {field: inner.struct.field(field) for field in FIELDS if field in names}, None


def _of_pandas(column: Any, name: str) -> _Lists:
    import pandas as pd

    if isinstance(column.dtype, pd.ArrowDtype):
        return _of_arrow(column.array.__arrow_array__(), name)
    return _of_objects(column, name)


def _of_objects(column: Any, name: str) -> _Lists:
    """Lists of dicts, one a row."""
    rows: list[int] = []
    said = set[str]()
    values: dict[str, list[Any]] = {field: [] for field in FIELDS}
    for row, pauses in enumerate(column.tolist()):
        if not isinstance(pauses, (list, tuple, np.ndarray)):
            if not is_null(pauses):
                raise _no_list(name, type(pauses).__name__)
            continue
        for pause in pauses:
            if not isinstance(pause, Mapping | None):
                raise _no_list(name, type(pause).__name__)
            if pause is not None:
                _check_fields(name, list(pause))
                said.update(pause)
            rows.append(row)
            for field in FIELDS:
                values[field].append((pause or {}).get(field))
    (start, end), home = _walls([values["start"], values["end"]], name)
    fields = {"start": start, "end": end}
    if "reason" in said:
        fields["reason"] = np.array(values["reason"], object)
    return np.array(rows, np.int64), fields, home


def _walls(columns_: list[list[Any]], name: str) -> tuple[list[Any], str | None]:
    """Columns of datetimes as arrays: of naive ones as they are, of aware ones in UTC, which is then their zone."""
    aware = set[bool]()
    found = []
    for values in columns_:
        walls = []
        for value in values:
            wall = value.item() if isinstance(value, np.datetime64) else value
            if is_null(wall):
                wall = None
            elif not isinstance(wall, datetime) or getattr(wall, "nanosecond", False):
                raise InstantError(f"{name}: not a datetime of whole microseconds: {value!r}",
                                   path=name, value=value, example="datetime(2026, 5, 22, 15, 0)")  # fmt: skip
            elif wall.tzinfo is not None:
                aware.add(True)
                wall = wall.astimezone(UTC).replace(tzinfo=None)
            else:
                aware.add(False)
            walls.append(wall)
        found.append(np.array(walls, "M8[us]"))
    if len(aware) > 1:
        raise InstantError(f"{name}: some pauses have a zone, and some have none", path=name, value=name,
                           example="datetimes in UTC")  # fmt: skip
    return found, "UTC" if True in aware else None


def _no_list(name: str, kind: object) -> PolicyError:
    return PolicyError(
        f"not a list column of pauses with start, end and reason: {kind}",
        path="pauses", value=name, example='[{"start": ..., "end": ..., "reason": "customer"}], or bulk.Pauses(frame)',
    )  # fmt: skip


def _check_fields(name: str, names: list[str]) -> None:
    if "start" not in names or "end" not in names:
        raise _no_list(name, f"fields {', '.join(names)}")


_LISTS = {Arrow: _of_arrow, Polars: _of_polars, Pandas: _of_pandas, NumPy: _of_objects}
