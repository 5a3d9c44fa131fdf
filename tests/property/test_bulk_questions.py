"""Whole columns against one instant at a time: each row of a column is what the calendar answers for it alone,
and the rows told in an error are those whose question fails alone, with the same code (R-7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle import DAY, HOUR, ODD_ZONES, SECOND, instant, moment
from property.strategies import Calendar, Scene, fewer, scenes, zones
from slaclock import BusinessCalendar, CalendarError, CompositeCalendar, CompositeDayError, always_open, bulk
from slaclock.bulk import asking, lines
from slaclock.durations import LONGEST, format_duration
from slaclock.errors import RowsError, SlaclockError
from slaclock.years import year_span

MICROSECOND = timedelta(microseconds=1)
UNITS = {"s": SECOND, "ms": 1000, "us": 1, "ns": 1}
LIBRARIES = ("numpy", "pandas", "polars", "arrow")
# Of these no two say the same; they have hardly anything to say outside the first years.
RARELY = BusinessCalendar(timezone="Asia/Tehran", hours={}, special_days={"2022-03-22": ["01:00-23:59:59"]}, years=[2010, 2030])  # fmt: skip
NEVER = BusinessCalendar(timezone="America/Havana", hours={}, years=[2000, 2026])

Answer: TypeAlias = "int | str | None"  # microseconds, the code of an error, or null


# Columns of each library, and what is in them


@dataclass(frozen=True)
class Kind:
    """How a column of instants is kept."""

    library: str
    unit: str
    zone: str

    @property
    def said(self) -> str | None:
        """What zone= must say."""
        return "UTC" if self.library == "numpy" else None

    def fitted(self, us: int) -> int:
        """Cut to what the unit can hold."""
        return us // UNITS[self.unit] * UNITS[self.unit]

    def instants(self, us: list[int | None]) -> Any:
        numbers = [None if t is None else t * 1000 if self.unit == "ns" else t // UNITS[self.unit] for t in us]
        if self.library == "polars":
            return pl.Series("x", numbers, pl.Int64).cast(pl.Datetime(self.unit, self.zone))
        if self.library == "arrow":
            return pa.array(numbers, pa.int64()).cast(pa.timestamp(self.unit, self.zone))
        array = np.array(["NaT" if n is None else n for n in numbers], f"M8[{self.unit}]")
        if self.library == "numpy":
            return array
        index = [f"r{row}" for row in range(len(us))]
        return pd.Series(array, index=index, name="x").dt.tz_localize("UTC").dt.tz_convert(self.zone)

    def spans(self, us: list[int | None]) -> Any:
        if self.library == "polars":
            return pl.Series(us, dtype=pl.Int64).cast(pl.Duration("us"))
        if self.library == "arrow":
            return pa.array(us, pa.int64()).cast(pa.duration("us"))
        array = np.array(["NaT" if n is None else n for n in us], "m8[us]")
        return array if self.library == "numpy" else pd.Series(array)

    def integers(self, numbers: list[int | None]) -> Any:
        if self.library == "polars":
            return pl.Series(numbers, dtype=pl.Int32)
        if self.library == "arrow":
            return pa.array(numbers, pa.int16())
        if self.library == "pandas":
            return pd.Series(numbers, dtype="Int64")
        return pd.Series(numbers, dtype="Int64")  # NumPy's have no nulls

    def words(self, texts: list[str | None]) -> Any:
        if self.library == "polars":
            return pl.Series(texts, dtype=pl.String)
        if self.library == "arrow":
            return pa.array(texts, pa.string()).dictionary_encode()
        return np.array(texts, object) if self.library == "numpy" else pd.Series(texts, dtype="category")


def told(column: Any) -> list[Any]:
    """What is in a column of any library: microseconds, booleans, or None."""
    if isinstance(column, pl.Series):
        return (column if column.dtype == pl.Boolean else column.to_physical()).to_list()
    if isinstance(column, pa.Array):
        return (column if column.type == pa.bool_() else column.cast(pa.int64())).to_pylist()
    if isinstance(column, pd.Series):
        if column.dtype == "boolean":
            return [None if value is pd.NA else bool(value) for value in column]
        return [None if value is pd.NaT else micros(value) for value in column]
    if column.dtype == bool:
        return column.tolist()
    return [None if np.isnat(value) else int(value.astype(np.int64)) for value in column]


def micros(value: pd.Timestamp | pd.Timedelta) -> int:
    since = value - pd.Timestamp(0, tz="UTC") if isinstance(value, pd.Timestamp) else value
    return since.to_pytimedelta() // MICROSECOND


kinds = st.builds(Kind, st.sampled_from(LIBRARIES), st.sampled_from(sorted(UNITS)), zones).filter(
    lambda kind: (kind.library, kind.unit) != ("polars", "s")  # which Polars has not
)


# Every form of the tables that answer


@dataclass(frozen=True)
class Form:
    """From how many rows on tables pay, how long they may be, and how many rows are answered at a time."""

    few: int
    table_rows: int
    place_rows: int
    chunk: int
    threads: int

    @contextmanager
    def used(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(lines, "FEW", self.few)
            patch.setattr(lines, "TABLE_ROWS", self.table_rows)
            patch.setattr(lines, "PLACE_ROWS", self.place_rows)
            patch.setattr(lines, "CHUNK", self.chunk)
            patch.setattr(asking, "_SLAB", 2)
            yield


forms = st.builds(
    Form,
    few=st.sampled_from([0, 0, 0, 1000]),
    table_rows=st.sampled_from([0, 90_000, 1_000_000]),
    place_rows=st.sampled_from([0, 500_000]),
    chunk=st.sampled_from([1, 2, 3, 1000]),
    threads=st.sampled_from([1, 2]),
)


# Rows


@dataclass(frozen=True)
class Table:
    """A scene's calendar and others, the rows to ask about, and how."""

    scene: Scene
    kind: Kind
    form: Form
    starts: list[int | None]
    ends: list[int | None]
    amounts: list[int | None]
    names: list[str | None] | None

    @property
    def calendars(self) -> dict[str, Calendar]:
        return {"drawn": self.scene.calendar, "always": always_open(self.kind.zone), "rarely": RARELY, "never": NEVER}

    def calendar(self, row: int) -> Calendar | None:
        """None where there is none of the name."""
        return self.scene.calendar if self.names is None else self.calendars.get(self.names[row] or "")

    @property
    def said(self) -> dict[str, Any]:
        """How the calendar, the zone and the threads are said to a bulk question."""
        if self.names is None:
            which: dict[str, Any] = {"calendar": self.scene.calendar}
        else:
            which = {"calendar": self.kind.words(self.names), "calendars": self.calendars}
        return {**which, "zone": self.kind.said, "threads": self.form.threads}

    def each(self, one: Callable[[Calendar, int], Any], *needed: list[Any]) -> list[Answer]:
        """The answer of each row alone; a row that lacks something it needs has none."""
        found: list[Answer] = []
        for row in range(len(self.starts)):
            calendar = self.calendar(row)
            if calendar is None:
                # A row without an instant asks nothing, but a name that is wrong is wrong.
                asks = self.starts[row] is not None or self.names[row] is not None
                found.append("calendar" if asks else None)
            elif any(column[row] is None for column in needed):
                found.append(None)
            else:
                found.append(alone(one, calendar, row))
        return found

    def check(self, expected: list[Answer], ask: Callable[..., Any], *inputs: Any) -> None:
        """One call for all rows agrees with one for each, and leaves the columns it was given as they were."""
        before = [repr(given) for given in inputs]
        bad = {row: answer for row, answer in enumerate(expected) if isinstance(answer, str)}
        with self.form.used():
            if bad:
                with pytest.raises(RowsError) as caught:
                    ask(**self.said)
                assert {problem.row: problem.code for problem in caught.value.problems} == bad
                assert (caught.value.count, caught.value.rows) == (len(bad), len(expected))
            else:
                assert told(ask(**self.said)) == expected
            filled = ask(**self.said, errors="null")
        assert told(filled) == [None if row in bad else answer for row, answer in enumerate(expected)]
        assert [repr(given) for given in inputs] == before


def alone(one: Callable[[Calendar, int], Any], calendar: Calendar, row: int) -> Answer:
    try:
        answer = one(calendar, row)
    except SlaclockError as error:
        return error.code
    if isinstance(answer, datetime):
        return instant(answer)
    return answer // MICROSECOND if isinstance(answer, timedelta) else answer


@st.composite
def tables(draw: st.DrawFn, kind: str = "any") -> Table:
    scene, how = draw(scenes(kind, instants=4, durations=2)), draw(kinds)
    span = year_span(scene.calendar._kept.open.zone, *scene.calendar.supported_years())
    # Near what happens in the calendar; and, seldom, at the ends of its years and far outside them.
    ends = [span.lower, span.lower - 1, span.upper - 1, span.upper, span.upper + 1, -20_000 * DAY, 100_000 * DAY]
    moments = st.sampled_from([*scene.instants * 5, *ends]).map(how.fitted)
    lengths = st.sampled_from(
        [0, *scene.durations * 3, *(-d for d in scene.durations * 2), 10**5 * HOUR, 230 * 367 * DAY]
    )
    maybe = st.sampled_from([False] * 7 + [True])
    rows = draw(st.integers(0, 9))

    def column(values: st.SearchStrategy[Any]) -> list[Any]:
        return [None if draw(maybe) else draw(values) for _ in range(rows)]

    names = st.sampled_from(["drawn", "drawn", "always", "rarely", "never", "unknown"])
    named = column(names) if draw(st.booleans()) else None
    return Table(scene, how, draw(forms), column(moments), column(moments), column(lengths), named)


# Laws


def at(t: int | None) -> datetime:
    assert t is not None
    return moment(t)


@given(tables())
def test_due_with_a_column_of_amounts(table: Table) -> None:
    """R-7, CAL-10: due, for amounts ahead, back and none, in each row its own."""
    starts, amounts = table.starts, table.amounts
    expected = table.each(
        lambda calendar, row: calendar.due(at(starts[row]), amounts[row] * MICROSECOND), starts, amounts
    )
    for row, us in enumerate(amounts):
        if us is not None and abs(us) > LONGEST and expected[row] is None:
            expected[row] = "duration"  # wrong whether or not the rest of its row is there
    x, y = table.kind.instants(starts), table.kind.spans(amounts)
    table.check(expected, lambda **said: bulk.due(x, y, **said), x, y)


@given(tables(), st.booleans())
def test_due_with_one_amount(table: Table, as_text: bool) -> None:
    """R-7: one amount for all rows, as a text or as a timedelta."""
    us = next((us for us in table.amounts if us is not None and abs(us) < 10**5 * HOUR), HOUR)
    within = format_duration(us) if as_text else us * MICROSECOND
    expected = table.each(lambda calendar, row: calendar.due(at(table.starts[row]), within), table.starts)
    x = table.kind.instants(table.starts)
    table.check(expected, lambda **said: bulk.due(x, within, **said), x)


@given(tables(), st.lists(st.sampled_from(["4h", "2h30m", "-1h", "0s", "PT15M", "2 days", "", "4", None]), min_size=9))
def test_due_with_texts(table: Table, texts: list[str | None]) -> None:
    """R-7, POL-3: amounts written out; what is none is told of its rows."""
    texts = texts[: len(table.starts)]
    expected = table.each(lambda calendar, row: calendar.due(at(table.starts[row]), texts[row]), table.starts, texts)
    for row, text in enumerate(texts):
        if text in ("2 days", "", "4") and expected[row] is None:
            expected[row] = "duration"  # wrong whether or not the rest of its row is there
    x, y = table.kind.instants(table.starts), table.kind.words(texts)
    table.check(expected, lambda **said: bulk.due(x, y, **said), x, y)


@given(tables())
def test_elapsed(table: Table) -> None:
    """R-7: elapsed between two columns."""
    starts, ends = table.starts, table.ends
    expected = table.each(lambda calendar, row: calendar.elapsed(at(starts[row]), at(ends[row])), starts, ends)
    x, y = table.kind.instants(starts), table.kind.instants(ends)
    table.check(expected, lambda **said: bulk.elapsed(x, y, **said), x, y)


@fewer
@given(tables())
def test_elapsed_from_or_to_one_instant(table: Table) -> None:
    """R-7: elapsed where one of the two ends stands for all rows."""
    column, x = table.starts, table.kind.instants(table.starts)
    one = next((moment(t) for t in table.ends if t is not None), datetime(2024, 5, 1, tzinfo=UTC))
    to = table.each(lambda calendar, row: calendar.elapsed(at(column[row]), one), column)
    table.check(to, lambda **said: bulk.elapsed(x, one, **said), x)
    since = table.each(lambda calendar, row: calendar.elapsed(one, at(column[row])), column)
    table.check(since, lambda **said: bulk.elapsed(one, x, **said), x)


@given(tables())
def test_is_open_and_edges(table: Table) -> None:
    """R-7, CAL-10: whether it is open, and the next opening and closing, null where there is none."""
    column, x = table.starts, table.kind.instants(table.starts)
    for question in ("is_open", "next_open", "next_close"):
        expected = table.each(lambda calendar, row: getattr(calendar, question)(at(column[row])), column)
        table.check(expected, lambda **said: getattr(bulk, question)(x, **said), x)


counts = st.sampled_from([0, 1, 1, 2, 3, 10, 300, 30_000, -1, -2, -300])
namings = st.sampled_from([(None, None)] * 3 + [("close", None), ("close", "16:00"), ("16:00", None), ("09:30", "12:00"), ("24:00", "00:00")])  # fmt: skip


@given(tables(), st.lists(st.none() | counts, min_size=9, max_size=9), counts, st.booleans(), namings)
def test_add_business_days(
    table: Table, numbers: list[int | None], number: int, alike: bool, naming: tuple[str | None, str | None]
) -> None:
    """R-7, CLK-3, CLK-4: due instants by business days, for one number and for a column of them."""
    by, cutoff = naming
    column, x = table.starts, table.kind.instants(table.starts)
    each: list[Any] = [number] * len(column) if alike else numbers[: len(column)]
    days = number if alike else table.kind.integers(each)
    expected = table.each(
        lambda calendar, row: calendar.add_business_days(at(column[row]), each[row], by=by, cutoff=cutoff), column, each
    )
    # What is wrong with the question, and not with a row, is said as it is.
    wrong = no_days(table.scene.calendar) if table.names is None else None
    if alike and number < 0 and by is not None:
        wrong = CalendarError
    if wrong is not None:
        with pytest.raises(wrong):
            bulk.add_business_days(x, days, by=by, cutoff=cutoff, **table.said)
        return
    table.check(expected, lambda **said: bulk.add_business_days(x, days, by=by, cutoff=cutoff, **said), x, days)


def no_days(calendar: Calendar) -> type[SlaclockError] | None:
    """What a composite raises that has no days of its own."""
    return CompositeDayError if isinstance(calendar, CompositeCalendar) and calendar.days is None else None


@st.composite
def walls(draw: st.DrawFn) -> tuple[str, list[int | None]]:
    """Wall times around the changes of an odd zone."""
    zone = draw(zones)
    days = st.sampled_from([*ODD_ZONES[zone], "2024-06-01", "1990-12-31"])
    minutes = st.integers(-24 * 4, 48 * 4).map(lambda quarters: quarters * 15)
    wall = st.builds(
        lambda day, minute, nudge: int(np.datetime64(day, "us").astype(np.int64)) + minute * 60 * SECOND + nudge,
        days, minutes, st.sampled_from([0, 0, 1, -1, SECOND]),
    )  # fmt: skip
    return zone, draw(st.lists(st.none() | wall, max_size=12))


@given(walls(), st.sampled_from(LIBRARIES))
def test_naive_columns(drawn: tuple[str, list[int | None]], library: str) -> None:
    """R-1: a wall time is the one instant at which the clock shows it; if none or two do, the row is told."""
    zone, column = drawn
    expected = [None if wall is None else localized(wall, ZoneInfo(zone)) for wall in column]
    array = np.array(["NaT" if wall is None else wall for wall in column], "M8[us]")
    x = {"numpy": array, "pandas": pd.Series(array), "polars": pl.Series(array), "arrow": pa.array(array)}[library]
    since = datetime(2000, 1, 1, tzinfo=UTC)
    bad = [row for row, answer in enumerate(expected) if answer == "instant"]
    if bad:
        with pytest.raises(RowsError) as caught:
            bulk.elapsed(since, x, always_open(), zone=zone)
        assert [(problem.row, problem.code) for problem in caught.value.problems] == [(row, "instant") for row in bad]
    worked = told(bulk.elapsed(since, x, always_open(), zone=zone, errors="null"))
    assert worked == [None if not isinstance(answer, int) else answer - instant(since) for answer in expected]
    shown = bulk.due(x, "0s", always_open(), zone=zone, errors="null")
    there = [wall if isinstance(answer, int) else None for wall, answer in zip(column, expected, strict=True)]
    assert told(shown) == (there if library == "numpy" else [t if isinstance(t, int) else None for t in expected])


def localized(wall: int, zone: ZoneInfo) -> int | str:
    naive = datetime(1970, 1, 1) + wall * MICROSECOND
    found = {instant(naive.replace(tzinfo=zone, fold=fold)) for fold in (0, 1)}
    shown = [t for t in found if moment(t, zone.key).replace(tzinfo=None) == naive]
    return shown[0] if len(shown) == 1 else "instant"
