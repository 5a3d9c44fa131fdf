"""The door between columns and arrays of UTC microseconds, checked as the door for one datetime checks it (R-1).

A column is zone-aware, or its zone is said with ``zone=``; any unit comes in, microseconds go on, and what would
lose something by it is a bad row.  The answer goes out in the kind that came in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from pydantic_core import PydanticCustomError

from .._instant import SECOND, to_us
from ..calendar_parts import zone_name
from ..durations import LONGEST, parse_duration
from ..errors import DurationError, HorizonError, InstantError, SlaclockError
from .libraries import MOST, NULL, Library, Raw, library_of
from .lines import Bools, Int64s
from .problems import Problems
from .zones import Zone

_FACTORS = {"h": 3600 * SECOND, "m": 60 * SECOND, "s": SECOND, "ms": 1000, "us": 1}
_DIVISORS = {"ns": 1000, "ps": 10**6, "fs": 10**9, "as": 10**12}
_KINDS = "a NumPy datetime64 array, a pandas Series, a Polars Series or a pyarrow array"
_LIMIT = 300 * 366 * 86_400 * SECOND  # far outside the supported years, and far inside int64
_EXAMPLE = 'frame["opened"].dt.tz_localize("UTC"), or zone="UTC"'


@dataclass(slots=True)
class Column:
    """Whole microseconds (UTC, or an amount), which rows are null, and how to give a column of this kind back.

    ``bounds`` are the least and the greatest, where all rows are known.
    """

    us: Int64s
    null: Bools | None
    library: Library
    like: Any
    zone: Any = None
    bounds: tuple[int, int] | None = None

    def __len__(self) -> int:
        return len(self.us)


def library(column: Any, name: str) -> Library:
    """The library of a column; raises InstantError for what is no column."""
    found = library_of(column)
    if len(getattr(column, "shape", (0,))) != 1:
        raise InstantError(f"not a column: {type(column).__name__} of {len(column.shape)} dimensions",
                           path=name, value=str(column.shape), example='frame["opened"]')  # fmt: skip
    if found is None:
        raise InstantError(f"not a column: {type(column).__name__}; {_KINDS} is expected",
                           path=name, value=type(column).__name__, example=f"pandas.Series({name})")  # fmt: skip
    return found


def instants(column: Any, name: str, zone: str | ZoneInfo | None, problems: Problems) -> Column:
    """A column of instants; rows that name none are problems, and a column that names none is an InstantError."""
    home = library(column, name)
    raw = home.raw(column)
    if raw.sort == "null":
        return Column(raw.values, raw.null, home, column, find_zone(zone or "UTC"))
    if raw.sort == "wall":
        if zone is None:
            raise InstantError("a naive column names no instants; say in which zone it is",
                               path=name, value=str(getattr(column, "dtype", "")), example=_EXAMPLE)  # fmt: skip
        return _localized(_microseconds(raw, home, column, name, problems), find_zone(zone), name, problems)
    if raw.sort == "date":
        raise InstantError("a date names no instant", path=name, value=str(getattr(column, "dtype", "")),
                           example="a column of instants")  # fmt: skip
    if raw.sort != "instant":
        raise InstantError(f"not a column of instants but of {raw.sort}; parse it first",
                           path=name, value=raw.sort, example=_EXAMPLE)  # fmt: skip
    if zone is not None:
        raise InstantError(f"the column has a zone ({raw.zone}); zone= is for naive columns",
                           path="zone", value=str(zone), example="zone=None")  # fmt: skip
    return _microseconds(raw, home, column, name, problems)


def amounts(column: Any, name: str, problems: Problems) -> Column:
    """A column of amounts of time, or of words for them."""
    home = library(column, name)
    raw = home.raw(column)
    if raw.sort == "word":
        return _parsed(raw, home, column, problems)
    if raw.sort not in ("span", "null"):
        raise InstantError(f"not a column of amounts of time but of {raw.sort}",
                           path=name, value=raw.sort, example='a timedelta column, or "4h"')  # fmt: skip
    return _microseconds(raw, home, column, name, problems)


def _parsed(raw: Raw, home: Library, column: Any, problems: Problems) -> Column:
    """Durations written out, each distinct one read once."""
    codes = raw.values
    parsed = np.zeros(len(raw.words) + 1, np.int64)
    wrong: dict[int, str] = {}
    for code, text in enumerate(raw.words):
        try:
            parsed[code] = parse_duration(text)
        except DurationError as error:
            wrong[code] = error.message
    problems.add(np.isin(codes, list(wrong)), DurationError.code, lambda row: wrong[int(codes[row])])
    null = codes < 0
    return Column(parsed[codes], null if null.any() else None, home, column)


def integers(column: Any, name: str) -> tuple[Int64s, Bools | None]:
    """A column of whole numbers."""
    raw = library(column, name).raw(column)
    if raw.sort not in ("integer", "null"):
        raise InstantError(f"not a column of whole numbers but of {raw.sort}", path=name, value=raw.sort, example="2")
    return raw.values, raw.null


def words(column: Any, name: str) -> tuple[Int64s, list[str]]:
    """A column of names, as numbers (-1 for null) into the distinct ones."""
    raw = library(column, name).raw(column)
    if raw.sort == "null":
        return np.full(len(raw.values), -1, np.int64), []
    if raw.sort != "word":
        raise InstantError(f"not a column of names but of {raw.sort}", path=name, value=raw.sort, example='"P1"')
    return raw.values, list(raw.words)


def instant(value: datetime | Any, name: str) -> int:
    """One instant for all rows."""
    try:
        return to_us(value)
    except SlaclockError as error:
        raise InstantError(f"{name}: {error.message}", path=name, value=value, example=error.example) from None


def find_zone(zone: str | ZoneInfo) -> ZoneInfo:
    """A zone by its name."""
    try:
        return ZoneInfo(zone_name(zone))
    except PydanticCustomError as error:
        raise InstantError(error.message(), path="zone", value=zone, example='zone="Europe/London"') from None


def _microseconds(raw: Raw, home: Library, column: Any, name: str, problems: Problems) -> Column:
    """Whole microseconds; rows that are none, or too far away to be, are problems."""
    values, null, code, most_us = raw.values, raw.null, DurationError.code, LONGEST
    if raw.sort != "span":
        code, most_us = InstantError.code, _LIMIT
    if raw.unit not in _FACTORS and raw.unit not in _DIVISORS:
        raise InstantError(f"not a unit of instants or working time: {raw.unit!r}", path=name, value=raw.unit,
                           example='"us"')  # fmt: skip
    if not len(values) or raw.sort == "null":
        return Column(values, null, home, column, raw.zone)
    factor, divisor = raw.step * _FACTORS.get(raw.unit, 1), _DIVISORS.get(raw.unit, 1)
    limit = min(most_us * divisor, MOST) // factor
    least, most = int(values.min()), int(values.max())
    if raw.marked and least == NULL:
        null = values == NULL
    bounds = None
    if null is None and -limit <= least and most <= limit:
        bounds = least * factor // divisor, most * factor // divisor
    else:
        far = (values > limit) | (values < -limit)
        if null is not None:
            far &= ~null
        if raw.sort == "span":
            problems.add(far, code, f"{name}: longer than all supported years")
        else:
            problems.add(far, HorizonError.code, f"{name} lies outside the supported years")
        values = np.where(far if null is None else far | null, 0, values)
    if factor > 1:
        values = values * factor
    if divisor > 1:
        whole = values // divisor
        problems.add(whole * divisor != values, code, f"{name}: finer than a microsecond; round it first")
        values = whole
    return Column(values, null, home, column, raw.zone, bounds)


def _localized(column: Column, zone: ZoneInfo, name: str, problems: Problems) -> Column:
    """The instants of wall times; one that the clock skips, or shows twice, names none."""
    column.zone = zone
    if zone.key == "UTC" or not len(column):
        return column
    wall = column.us
    column.us, skipped, twice = Zone.covering(zone, wall).instants(wall)
    column.bounds = None
    if column.null is not None:
        skipped, twice = skipped & ~column.null, twice & ~column.null
    problems.add(skipped, "instant", _saying(wall, name, f"does not exist in {zone.key}: the clock skips it"))
    problems.add(twice, "instant", _saying(wall, name, f"comes twice in {zone.key}; give the column in UTC"))
    return column


def _saying(wall: Int64s, name: str, what: str) -> Callable[[int], str]:
    return lambda row: f"{name}: {wall[row].astype('M8[us]').item().isoformat(sep=' ')} {what}"
