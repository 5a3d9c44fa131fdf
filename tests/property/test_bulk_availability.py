"""Columns of samples against one sample after the other: the same figure, the same parts, the same rows refused (R-7)."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from availability_strategies import CENTRE, Samples, Scene, any_rule, samples, scenes
from hypothesis import event, given, settings
from hypothesis import strategies as st

from availability_oracle import Rule
from oracle import SECOND, moment
from slaclock import (
    Availability,
    AvailabilityError,
    ConfigurationError,
    ErrorRate,
    Formula,
    NoServiceTimeError,
    Period,
    RowsError,
    Sample,
    availability_of_rates,
    availability_of_samples,
    bulk,
)
from slaclock.bulk import lines

LIBRARIES = ("numpy", "pandas", "polars", "arrow")
Told = tuple[int | None, int | None, int | None]


@dataclass(frozen=True)
class Columns:
    """Samples as rows, and the library that keeps their columns; starts are microseconds."""

    library: str
    unit: str
    every: int
    rows: tuple[Told, ...]

    @property
    def start(self) -> Any:
        numbers = [
            None if row[0] is None else row[0] // {"us": 1, "s": SECOND, "ns": 1}[self.unit] for row in self.rows
        ]
        unit = "us" if self.unit == "s" and self.library == "polars" else self.unit
        if unit != self.unit:
            numbers = [row[0] for row in self.rows]
        if self.unit == "ns":
            numbers = [None if number is None else number * 1000 for number in numbers]
        if self.library == "polars":
            return pl.Series("at", numbers, pl.Int64).cast(pl.Datetime(unit, "Europe/London"))
        if self.library == "arrow":
            return pa.array(numbers, pa.int64()).cast(pa.timestamp(unit, "Asia/Tokyo"))
        array = np.array(["NaT" if number is None else number for number in numbers], f"M8[{unit}]")
        return (
            array
            if self.library == "numpy"
            else pd.Series(array, index=[f"r{n}" for n in range(len(array))]).dt.tz_localize("UTC")
        )

    @property
    def zone(self) -> str | None:
        return "UTC" if self.library == "numpy" else None

    def counts(self, column: int) -> Any:
        numbers = [row[column] for row in self.rows]
        if self.library == "polars":
            return pl.Series(numbers, dtype=pl.Int64)
        if self.library == "arrow":
            return pa.array(numbers, pa.int64())
        if self.library == "numpy" and None not in numbers:
            return np.array(numbers, np.int64)
        return pd.Series(numbers, dtype="Int64")

    @property
    def given(self) -> list[Sample]:
        return [Sample(None if at is None else moment(at), a, f) for at, a, f in self.rows]  # type: ignore[arg-type]


@st.composite
def columned(draw: st.DrawFn) -> tuple[Scene, Columns]:
    """As drawn for one after the other; now and then shifted by a microsecond, and spoiled."""
    scene = draw(scenes(any_rule))
    drawn: Samples = draw(samples(scene.rule))
    rows: list[Told] = [(start * SECOND, attempts, failures) for start, attempts, failures in drawn.rows]
    if draw(st.booleans()):
        rows.sort()
    unit = draw(st.sampled_from(["us", "s", "ns"]))
    for _ in range(draw(st.sampled_from([0] * 8 + [1, 3]))):
        if rows:
            place = draw(st.integers(0, len(rows) - 1))
            rows[place] = draw(spoiled(rows[place], unit))
    if draw(st.sampled_from([False] * 19 + [True])):
        rows += rows[:1]
    return scene, Columns(draw(st.sampled_from(LIBRARIES)), unit, drawn.every, tuple(rows))


def spoiled(row: Told, unit: str) -> st.SearchStrategy[Told]:
    at, attempts, failures = row
    moved = [] if at is None or unit == "s" else [(at + 1, attempts, failures), (at - 500_000, attempts, failures)]
    wrong: list[Told] = [(None, attempts, failures), (at, None, failures), (at, attempts, None), (at, -1, failures), (at, attempts, -1), (at, 3, 4), (at, 2**62, 2**62)]  # fmt: skip
    return st.sampled_from(moved + wrong)


def one_by_one(scene: Scene, table: Columns) -> Availability | list[tuple[int, str]] | str:
    """The figure; or which rows are refused, with the code; or that there is no service time."""
    try:
        return availability_of_samples(scene.period, table.given, f"{table.every}s", **scene.asked)
    except ConfigurationError as error:
        return [(int(problem.path.partition("[")[2].partition("]")[0]), problem.code) for problem in error.problems]
    except NoServiceTimeError as error:
        return error.code


def as_columns(scene: Scene, table: Columns) -> Availability | list[tuple[int, str]] | str:
    columns = table.start, table.counts(1), table.counts(2)
    before = repr(columns)
    try:
        return bulk.availability_of_samples(scene.period, *columns, f"{table.every}s", zone=table.zone, **scene.asked)
    except RowsError as error:
        return [(problem.row, problem.code) for problem in error.problems]
    except NoServiceTimeError as error:
        return error.code
    finally:
        assert repr(columns) == before


def check_same(found: Any, expected: Any) -> None:
    if isinstance(expected, list):
        assert found == expected[:20]
        return
    assert found == expected
    if isinstance(expected, Availability):
        assert found.parts == expected.parts and found.exclusions == expected.exclusions
        assert found.to_dict() == expected.to_dict()
        again = pickle.loads(pickle.dumps(found))
        assert again == found and again.parts == found.parts


@settings(max_examples=10 * settings().max_examples)
@given(columned(), st.sampled_from([1, 2, 7, 32_768]))
def test_columns_of_samples(pair: tuple[Scene, Columns], chunk: int) -> None:
    """R-7: every formula, library and unit, rows in any order, rows that cannot stand; however the rows are chunked."""
    scene, table = pair
    expected = one_by_one(scene, table)
    event("refused" if isinstance(expected, (list, str)) else "lost" if expected.lost else "nothing lost")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "CHUNK", chunk)
        check_same(as_columns(scene, table), expected)


@given(columned(), st.integers(1, 10**9))
def test_columns_of_rates(pair: tuple[Scene, Columns], of: int) -> None:
    """R-7: rates as whole parts of a number."""
    scene, table = pair
    units = {"share_of_time": None, "share_of_units": scene.rule.unit, "mean_error_rate": table.every}
    rule = replace(scene.rule, minimum=0, unit=units[scene.rule.kind])
    scene = replace(scene, rule=rule)
    rows = tuple((at, 0, parts * 7 % (of + 1)) for at, _, parts in table.rows if at is not None and parts is not None)
    table = replace(table, rows=rows)
    rates = [ErrorRate(moment(at), Fraction(parts, of)) for at, _, parts in rows]  # type: ignore[arg-type]
    every = f"{table.every}s"
    try:
        expected: Any = availability_of_rates(scene.period, rates, every, **scene.asked)
    except ConfigurationError as error:
        expected = [(int(problem.path.partition("[")[2].partition("]")[0]), problem.code) for problem in error.problems]
    except NoServiceTimeError as error:
        expected = type(error)
    try:
        found: Any = bulk.availability_of_rates(
            scene.period, table.start, table.counts(2), of, every, zone=table.zone, **scene.asked
        )
    except RowsError as error:
        found = [(problem.row, problem.code) for problem in error.problems]
    except NoServiceTimeError as error:
        found = type(error)
    check_same(found, expected)


MINUTES = Rule("share_of_time", 60, 0, Fraction(1, 3))


@pytest.mark.parametrize(
    "rule", [MINUTES, Rule("mean_error_rate", 60), Rule("share_of_units", 60, errors_above=Fraction(1, 3))]
)
def test_counts_that_do_not_fit_into_64_bits_when_added_up_or_weighed(rule: Rule) -> None:
    """R-1: exact all the same."""
    most = 2**63 - 1
    rows = tuple(((CENTRE + second) * SECOND, most - second, most // 2 - 3 * second) for second in range(120))
    scene = Scene(CENTRE - 30, CENTRE + 90, None, ((CENTRE + 20, CENTRE + 25),), ("x",), rule)
    table = Columns("numpy", "us", 1, rows)
    check_same(as_columns(scene, table), one_by_one(scene, table))


def test_counts_that_overflow_only_when_units_are_added_up() -> None:
    """R-1: units of a microsecond, so that counts have no common factor."""
    most = 9 * 10**18
    formula = Formula(kind="mean_error_rate", unit="0.000001s")
    start = np.arange(3) + CENTRE * SECOND
    period = Period.span(moment(CENTRE * SECOND), moment(CENTRE * SECOND + 3), "UTC")
    attempts, failures = np.full(3, most), np.full(3, most - 1)
    figure = bulk.availability_of_samples(
        period, start.view("M8[us]"), attempts, failures, "0.000001s", zone="UTC", formula=formula
    )
    assert figure.value == Fraction(1, most)


def test_the_rows_told_are_the_rows_given() -> None:
    """Rows without an instant and rows in no order do not shift the numbers of others."""
    at: list[int | None] = [None, 5, 3, None, 3, 1]
    rows = tuple((None if second is None else (CENTRE + second) * SECOND, 1, 0) for second in at)
    scene = Scene(CENTRE, CENTRE + 60, None, (), (), Rule("share_of_time"))
    table = Columns("arrow", "us", 1, rows)
    assert as_columns(scene, table) == [(0, "instant"), (3, "instant"), (4, "overlap")] == one_by_one(scene, table)


def test_rates_are_parts_of_a_whole() -> None:
    day = Period.parse("2026-05-04", "UTC")
    start = np.array(["2026-05-04T10:00", "2026-05-04T10:05", "2026-05-04T10:10"], "M8[s]")
    with pytest.raises(RowsError) as caught:
        bulk.availability_of_rates(day, start, np.array([1000, 1001, -1]), 1000, "5m", zone="UTC")
    assert [(problem.row, problem.code, problem.message) for problem in caught.value.problems] == [
        (1, "share", "not from 0 to 1000: 1001"), (2, "share", "not from 0 to 1000: -1"),
    ]  # fmt: skip
    for of in (0, -5, 2.5, True, 2**63):
        with pytest.raises(AvailabilityError) as refused:
            bulk.availability_of_rates(day, start, np.array([1, 1, 1]), of, "5m", zone="UTC")
        assert refused.value.path == "of"


def test_rows_that_cross_a_unit_are_found_behind_rows_that_do_not() -> None:
    rows = tuple(((CENTRE + second) * SECOND, 1, 1) for second in (0, 10, 55, 65, 115, 180))
    scene = Scene(CENTRE, CENTRE + 600, None, (), (), Rule("share_of_time", 60))
    table = Columns("pandas", "us", 10, rows)
    assert CENTRE % 60 == 0
    assert as_columns(scene, table) == [(2, "crosses_a_unit"), (4, "crosses_a_unit")] == one_by_one(scene, table)


def test_all_rows_are_told_and_twenty_shown() -> None:
    rows = tuple(((CENTRE + second) * SECOND, 1, 2) for second in range(50))
    scene = Scene(CENTRE, CENTRE + 60, None, (), (), Rule("share_of_time"))
    table = Columns("polars", "us", 1, rows)
    with pytest.raises(RowsError) as caught:
        bulk.availability_of_samples(scene.period, table.start, table.counts(1), table.counts(2), "1s")
    assert (caught.value.count, caught.value.rows, len(caught.value.problems)) == (50, 50, 20)
    assert caught.value.problems[3].message == "2 failures of 1 attempts"


def test_a_month_of_seconds() -> None:
    """In an array of 2.6 million rows: an outage, seconds with errors, and a gap."""
    month = Period.parse("2026-05", "Europe/London")
    seconds = (month.upper - month.lower) // SECOND
    start = month.lower + np.arange(seconds) * SECOND
    attempts, failures = np.full(seconds, 10), np.zeros(seconds, np.int64)
    failures[1000:1300] = 10  # five minutes of which all failed
    failures[5000:9000:7] = 1
    kept = np.ones(seconds, bool)
    kept[600_000:600_060] = False
    rows = start[kept].view("M8[us]"), attempts[kept], failures[kept]
    figure = bulk.availability_of_samples(month, *rows, "1s", zone="UTC", formula="bird-email")
    assert figure.value == 1 - Fraction(300, seconds) and len(figure.parts) == 1
    assert (figure.measured.total_seconds(), figure.service) == (seconds - 60, month.length)
    mean = bulk.availability_of_samples(month, *rows, "1s", zone="UTC", formula="aws-s3")
    # 1000 to 1300 lies in two intervals of 300 s; of the seconds from 5000 on 572 have one failure of ten.
    assert mean.lost == 300 + Fraction(572, 10)
    assert sum((part.lost for part in mean.parts), Fraction(0)) == mean.lost
    assert 1000 // 300 != 1299 // 300 and len(range(5000, 9000, 7)) == 572
