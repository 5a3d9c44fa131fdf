"""R-1, R-7: what goes into a bulk question, what comes back, and what is told of a column that cannot be asked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from slaclock import BusinessCalendar, CompositeDayError, InstantError, RowsError, always_open, bulk
from slaclock.bulk import columns, libraries
from slaclock.bulk.problems import Problems
from slaclock.errors import CalendarError, DurationError, SlaclockError

UK = BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["08:30-16:30"]}, years=[2020, 2030])
ET = BusinessCalendar(timezone="America/New_York", hours={"mon-fri": ["09:00-17:00"]}, years=[2020, 2030])
DAYS_OF_FEW_YEARS = (UK | ET).replace(days=UK.replace(years=[2025, 2026]))
CALENDARS = {"UK": UK, "ET": ET}
BERLIN = "Europe/Berlin"
# Fridays 14:00 and 15:30 UTC, and the Mondays after, by when four hours of London's time have passed.
OPENED = ["2026-06-05T14:00", "2026-06-05T15:30"]
DUE = ["2026-06-08T10:00", "2026-06-08T11:30"]
A = np.array(OPENED, "M8[us]")


def times(*texts: str | None, unit: str = "us") -> np.ndarray:
    return np.array(["NaT" if text is None else text for text in texts], f"M8[{unit}]")


def series(*texts: str | None, zone: str | timezone = "UTC", **more) -> pd.Series:
    return pd.Series(times(*texts), **more).dt.tz_localize("UTC").dt.tz_convert(zone)


def polars(*texts: str | None, zone: str = "UTC", name: str = "opened") -> pl.Series:
    return pl.Series(name, times(*texts)).dt.replace_time_zone("UTC").dt.convert_time_zone(zone)


def arrow(*texts: str | None, zone: str = "UTC", unit: str = "us") -> pa.Array:
    return (
        pa.array(times(*texts, unit="ns" if unit == "ns" else "us"))
        .cast(pa.timestamp(unit))
        .cast(pa.timestamp(unit, zone))
    )


def due(column, within="4h", calendar=UK, **more):
    return bulk.due(column, within, calendar, **more)


def told(error: pytest.ExceptionInfo[RowsError]) -> list[tuple[int, str]]:
    return [(problem.row, problem.code) for problem in error.value.problems]


# -- what comes back ---------------------------------------------------------------------------------------


def test_numpy_gives_numpy() -> None:
    found = due(A, zone="UTC")
    assert found.dtype == "M8[us]"
    assert found.tolist() == times(*DUE).tolist()


def test_numpy_shows_the_wall_of_the_zone_that_was_said() -> None:
    walls = times("2026-06-05T15:00", None)
    assert due(walls, zone="Europe/London").tolist() == times("2026-06-08T11:00", None).tolist()


def test_numpy_elapsed_gives_timedeltas() -> None:
    found = bulk.elapsed(A, times(*DUE), UK, zone="UTC")
    assert found.dtype == "m8[us]"
    assert found.tolist() == [timedelta(hours=4)] * 2


def test_numpy_flags_are_plain_without_nulls_and_masked_with_them() -> None:
    plain = bulk.is_open(A, UK, zone="UTC")
    assert type(plain) is np.ndarray
    assert plain.tolist() == [True, False]
    masked = bulk.is_open(times(OPENED[0], None), UK, zone="UTC")
    assert masked.tolist() == [True, None]


def test_pandas_keeps_index_name_and_zone() -> None:
    column = series(OPENED[0], None, zone=BERLIN, index=["x", "y"], name="opened")
    found = due(column)
    assert found.index.tolist() == ["x", "y"]
    assert found.name == "opened"
    assert str(found.dtype) == "datetime64[us, Europe/Berlin]"
    assert found["x"] == pd.Timestamp(DUE[0], tz="UTC")
    assert found.isna().tolist() == [False, True]


def test_pandas_elapsed_and_flags() -> None:
    column = series(OPENED[0], None, index=[7, 3], name="opened")
    worked = bulk.elapsed(column, datetime(2026, 6, 5, 14, 30, tzinfo=UTC), UK)
    assert (worked.dtype, worked.name, worked.index.tolist()) == ("m8[us]", "opened", [7, 3])
    assert worked[7] == pd.Timedelta("30min")
    flags = bulk.is_open(column, UK)
    assert (flags.dtype, flags.name, flags.index.tolist()) == ("boolean", "opened", [7, 3])
    assert flags[7] and flags[3] is pd.NA


def test_a_pandas_index_gives_an_index() -> None:
    index = pd.DatetimeIndex(series(*OPENED), name="opened")
    found = due(index)
    assert isinstance(found, pd.DatetimeIndex)
    assert found.name == "opened"
    assert isinstance(bulk.elapsed(index, index, UK), pd.TimedeltaIndex)
    assert bulk.is_open(index, UK).dtype == "boolean"
    by_name = due(index, pd.Index(["4h", "4h"]), pd.Index(["UK", "UK"]), calendars=CALENDARS)
    assert by_name.equals(found)
    assert bulk.add_business_days(index, pd.RangeIndex(2), UK)[0] == index[0]


def test_arrow_columns_in_pandas_stay_arrow_columns() -> None:
    column = pd.Series(
        arrow(OPENED[0], None, zone=BERLIN), dtype=pd.ArrowDtype(pa.timestamp("us", BERLIN)), index=[5, 6]
    )
    found = due(column, pd.Series(["4h", "4h"], dtype=pd.ArrowDtype(pa.string())))
    assert found.dtype == column.dtype
    assert found.index.tolist() == [5, 6]
    assert found[5] == pd.Timestamp(DUE[0], tz="UTC")
    assert found[6] is pd.NA
    worked = bulk.elapsed(column, found, UK)
    assert worked.dtype == pd.ArrowDtype(pa.duration("us"))
    flags = bulk.is_open(column, UK)
    flags[6] = True  # the nulls are the answer's own


def test_polars_keeps_name_and_zone() -> None:
    found = due(polars(OPENED[0], None, zone=BERLIN))
    assert (found.name, found.dtype) == ("opened", pl.Datetime("us", BERLIN))
    assert found.dt.convert_time_zone("UTC").to_list() == [datetime(2026, 6, 8, 10, tzinfo=ZoneInfo("UTC")), None]
    assert bulk.elapsed(found, found, UK).dtype == pl.Duration("us")
    assert bulk.is_open(found, UK).to_list() == [True, None]


def test_arrow_gives_an_array_in_its_zone() -> None:
    found = due(arrow(OPENED[0], None, zone="+02:00", unit="ns"))
    assert found.type == pa.timestamp("us", "+02:00")
    assert found.cast(pa.timestamp("us", "UTC")).to_pylist() == [datetime(2026, 6, 8, 10, tzinfo=ZoneInfo("UTC")), None]
    assert bulk.elapsed(found, found, UK).type == pa.duration("us")
    assert bulk.is_open(found, UK).to_pylist() == [True, None]


def test_a_fixed_offset_in_pandas_stays() -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    found = due(series(OPENED[0], zone=zone))
    assert found.dt.tz == zone
    assert found[0] == pd.Timestamp(DUE[0], tz="UTC")


def test_naive_columns_come_back_in_the_zone_that_was_said() -> None:
    walls = times("2026-06-05T15:00")
    assert str(due(pd.Series(walls), zone="Europe/London").dtype) == "datetime64[us, Europe/London]"
    assert due(pl.Series(walls), zone="Europe/London").dtype == pl.Datetime("us", "Europe/London")
    assert due(pa.array(walls), zone="Europe/London").type == pa.timestamp("us", "Europe/London")
    assert (
        due(pa.array(walls), zone=ZoneInfo("Europe/London")).to_pylist()[0].isoformat() == "2026-06-08T11:00:00+01:00"
    )


def test_the_kind_of_the_answer_is_that_of_the_leading_column() -> None:
    mixed = bulk.due(polars(*OPENED), pd.Series(["4h", "4h"]), np.array(["UK", "UK"]), calendars=CALENDARS)
    assert isinstance(mixed, pl.Series)
    assert isinstance(bulk.elapsed(datetime(2026, 6, 5, tzinfo=UTC), arrow(*OPENED), UK), pa.Array)


@pytest.mark.parametrize("library", [libraries.NumPy(), libraries.Pandas(), libraries.Polars(), libraries.Arrow()])
def test_columns_of_words_and_sentences(library) -> None:
    like = {"NumPy": A, "Pandas": pd.Series(A), "Polars": pl.Series(A), "Arrow": pa.array(A)}[type(library).__name__]
    names = [f"w{n}" for n in range(300)]
    found = library.words(np.array([299, -1]), names, like)
    texts = library.texts(["one", None], like)
    pairs = {"NumPy": lambda c: c.tolist(), "Arrow": lambda c: c.to_pylist()}.get(
        type(library).__name__, lambda c: list(c)
    )
    assert [value if isinstance(value, str) else None for value in pairs(found)] == ["w299", None]
    assert [value if isinstance(value, str) else None for value in pairs(texts)] == ["one", None]


def test_columns_beside_a_frame_have_its_index() -> None:
    frame = pd.DataFrame({"a": [1, 2]}, index=["x", "y"])
    assert libraries.library_of(frame).flags(np.array([True, False]), None, frame).index.tolist() == ["x", "y"]
    table = pl.DataFrame({"a": [1, 2]})
    assert libraries.library_of(table).flags(np.array([True, False]), None, table).name == ""


# -- what comes in -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns", "m", "h", "15m", "30s", "500us", "100ns"])
def test_units_of_numpy(unit: str) -> None:
    column = times("2026-06-05T14:00", None, unit=unit)
    assert due(column, zone="UTC").tolist() == times(DUE[0], None).tolist()


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_units_of_amounts(unit: str) -> None:
    four = np.array([14_400, "NaT"], "m8[s]").astype(f"m8[{unit}]")
    for within in (four, pd.Series(four), pa.array(four), *([] if unit == "s" else [pl.Series(four)])):
        assert due(A, within, zone="UTC").tolist() == times(DUE[0], None).tolist()


def test_arrays_that_lie_otherwise_in_memory() -> None:
    reversed_ = A[::-1]
    assert due(reversed_, zone="UTC").tolist() == times(*DUE[::-1]).tolist()
    big_endian = A.astype(">M8[us]")
    assert due(big_endian, zone="UTC").tolist() == times(*DUE).tolist()
    days = np.array([0, 1], ">i2")
    assert bulk.add_business_days(A[::-1], days, UK, zone="UTC").tolist() == bulk.add_business_days(A[::-1], days.astype(int), UK, zone="UTC").tolist()  # fmt: skip
    read_only = A.copy()
    read_only.flags.writeable = False
    assert due(read_only, zone="UTC").tolist() == times(*DUE).tolist()


def test_masked_arrays_have_nulls() -> None:
    masked = np.ma.masked_array(A, mask=[False, True])
    assert due(masked, zone="UTC").tolist() == times(DUE[0], None).tolist()
    texts = np.ma.masked_array(np.array(["4h", "no time"]), mask=[False, True])
    assert due(A, texts, zone="UTC").tolist() == times(DUE[0], None).tolist()
    days = np.ma.masked_array([0, 5], mask=[False, True])
    assert bulk.add_business_days(A, days, UK, zone="UTC").tolist() == times(OPENED[0], None).tolist()


def test_slices_and_chunks_of_arrow() -> None:
    column = arrow("2026-01-01", *OPENED, None)
    assert due(column.slice(1)).equals(arrow(*DUE, None))
    chunked = pa.chunked_array([column.slice(1, 1), column.slice(2)])
    assert due(chunked).equals(arrow(*DUE, None))
    assert due(pa.chunked_array([], column.type)).equals(arrow())
    names = pa.chunked_array([pa.array(["UK"]).dictionary_encode(), pa.array(["ET", None]).dictionary_encode()])
    assert due(chunked, "0h", names, calendars=CALENDARS, errors="null").equals(arrow(*OPENED, None))


def test_dictionaries_of_instants() -> None:
    assert due(arrow(*OPENED, OPENED[0]).dictionary_encode()).equals(arrow(*DUE, DUE[0]))


def test_slices_and_chunks_of_polars() -> None:
    column = polars("2026-01-01", *OPENED, None)
    assert due(column[1:]).to_list() == polars(*DUE, None).to_list()
    assert due(column[1:2].append(column[2:])).to_list() == polars(*DUE, None).to_list()


@pytest.mark.parametrize("names", [
    np.array(["UK", None], object), np.array(["UK", float("nan")], object), np.array(["UK", pd.NA], object),
    np.ma.masked_array(["UK", "--"], mask=[False, True]),
    pd.Series(["UK", None]), pd.Series(["UK", None], dtype=object), pd.Series(["UK", None], dtype="category"),
    pd.Series(["UK", None], dtype="string"),
    pl.Series(["UK", None]), pl.Series(["UK", None], dtype=pl.Categorical), pl.Series(["UK", None], dtype=pl.Enum(["ET", "UK"])),
    pa.array(["UK", None]), pa.array(["UK", None], pa.large_string()), pa.array(["UK", None], pa.string_view()),
    pa.array(["UK", None]).dictionary_encode(),
    pa.DictionaryArray.from_arrays(pa.array([0, 1]), pa.array(["UK", None])),
])  # fmt: skip
def test_columns_of_names(names) -> None:
    """A row that names no calendar is told, unless it asks nothing."""
    with pytest.raises(RowsError, match="row 1: the row names no calendar") as error:
        due(A, "4h", names, calendars=CALENDARS, zone="UTC")
    assert told(error) == [(1, "calendar")]
    assert (
        due(times(OPENED[0], None), "4h", names, calendars=CALENDARS, zone="UTC").tolist()
        == times(DUE[0], None).tolist()
    )


def test_fixed_width_texts() -> None:
    assert due(A, np.array(["4h", "PT4H"]), np.array(["UK", "UK"]), calendars=CALENDARS, zone="UTC").tolist() == times(*DUE).tolist()  # fmt: skip


@pytest.mark.parametrize("days", [
    np.array([1, 1]), np.array([1, 1], "u8"), pd.Series([1, 1]), pd.Series([1, 1], dtype="Int64"),
    pd.Series([1, 1], dtype="UInt8"), pl.Series([1, 1]), pl.Series([1, 1], dtype=pl.UInt64), pa.array([1, 1], pa.int8()),
    pd.Series([1, 1], dtype=pd.ArrowDtype(pa.int32())), pa.chunked_array([[1], [1]]),
])  # fmt: skip
def test_columns_of_days(days) -> None:
    assert (
        bulk.add_business_days(A, days, UK, zone="UTC").tolist()
        == bulk.add_business_days(A, 1, UK, zone="UTC").tolist()
    )


@pytest.mark.parametrize("days", [
    pd.Series([1, None], dtype="Int64"), pl.Series([1, None]), pa.array([1, None]),
    pd.Series([1, None], dtype=pd.ArrowDtype(pa.int32())),
])  # fmt: skip
def test_days_that_are_null(days) -> None:
    assert bulk.add_business_days(A, days, UK, zone="UTC").tolist() == times("2026-06-08T14:00", None).tolist()


EMPTY = [
    np.array([], "M8[us]"), pd.Series([], dtype="datetime64[us, UTC]"), pd.Series([], dtype=object), pd.Series([], dtype=float),
    pl.Series([], dtype=pl.Datetime("us", "UTC")), pl.Series([], dtype=pl.Null), arrow(), pa.nulls(0),
]  # fmt: skip
NULLS = [
    times(None, None), np.array([None, None], object), np.array([np.nan, np.nan]), series(None, None), pd.Series([None, None], dtype=object),
    pd.Series([np.nan, np.nan]), polars(None, None), pl.Series([None, None]), arrow(None, None), pa.nulls(2),
    pd.Series([None, None], dtype=pd.ArrowDtype(pa.null())),
]  # fmt: skip


def texts_of(column) -> list:
    values = (
        column.to_pylist()
        if isinstance(column, pa.Array)
        else column.to_list()
        if isinstance(column, pl.Series)
        else column.tolist()
    )
    return [None if pd.isna(value) else str(value) for value in values]


@pytest.mark.parametrize(
    "column",
    [*EMPTY, *NULLS],
    ids=lambda column: f"{type(column).__module__}-{len(column)}-{getattr(column, 'dtype', '')}",
)
def test_columns_of_nothing(column) -> None:
    """Empty, and all null, of a type or of none: as many nulls come back, of the right type."""
    zone = {"zone": "UTC"} if isinstance(column, np.ndarray) and column.dtype.kind == "M" else {}
    found, worked, flags = (
        due(column, **zone),
        bulk.elapsed(column, column, UK, **zone),
        bulk.is_open(column, UK, **zone),
    )
    counted = bulk.add_business_days(column, 2, UK, **zone)
    for answer in (found, worked, flags, counted):
        assert isinstance(answer, pa.Array if isinstance(column, pa.Array) else type(column))
        assert texts_of(answer) == [None] * len(column)
    kinds = [
        str(answer.type if isinstance(answer, pa.Array) else answer.dtype).lower().replace("μ", "u")
        for answer in (found, worked, flags)
    ]
    assert [kind.startswith(("datetime", "timestamp")) and "us" in kind for kind in kinds] == [True, False, False]
    assert [kind.startswith(("timedelta", "duration")) and "us" in kind for kind in kinds] == [False, True, False]
    assert kinds[2].startswith("bool")


def test_units_finer_than_nanoseconds() -> None:
    column = np.array(["1970-01-02T01:00", "NaT"], "M8[ps]")
    assert bulk.due(column, "1h", always_open(), zone="UTC").tolist() == times("1970-01-02T02:00", None).tolist()


def test_names_and_days_that_are_all_null() -> None:
    with pytest.raises(RowsError) as error:
        due(A, "4h", pl.Series([None, None]), calendars=CALENDARS, zone="UTC")
    assert told(error) == [(0, "calendar"), (1, "calendar")]
    assert np.isnat(bulk.add_business_days(A, pa.nulls(2), UK, zone="UTC")).all()
    assert np.isnat(due(A, pl.Series([None, None]), zone="UTC")).all()


def test_columns_that_come_in_are_not_changed() -> None:
    never = BusinessCalendar(timezone="UTC", hours={}, years=[2026, 2026])
    for column in (A, pd.Series(A), pl.Series(A), pa.array(A)):
        before = str(column)
        due(column, "-1h", zone="UTC")
        assert bulk.add_business_days(column, 1, never, zone="UTC", errors="null") is not None
        assert bulk.add_business_days(column, 1, never, by="close", zone="UTC", errors="null") is not None
        assert str(column) == before


# -- columns that cannot be asked --------------------------------------------------------------------------


@pytest.mark.parametrize("column", [A, pd.Series(A), pl.Series(A), pa.array(A)])
def test_naive_columns_need_a_zone(column) -> None:
    with pytest.raises(InstantError, match="a naive column names no instants"):
        due(column)


@pytest.mark.parametrize("column", [series(*OPENED), polars(*OPENED), arrow(*OPENED)])
def test_a_zone_is_for_naive_columns(column) -> None:
    with pytest.raises(InstantError, match=r"the column has a zone \(UTC\)"):
        due(column, zone="UTC")


@pytest.mark.parametrize(("column", "said"), [
    (np.array([1.5, 2.0]), "dtype float64"), (pd.Series([1.5, 2.0]), "dtype float64"), (pd.Series([1.5, None], dtype="Float64"), "dtype Float64"),
    (pl.Series([1.5]), "dtype Float64"), (pa.array([1.5]), "type double"),
    (np.array([1, 2]), "integer"), (pd.Series([1, 2]), "integer"), (pl.Series([1]), "integer"), (pa.array([1]), "integer"),
    (np.array(OPENED), "word"), (pd.Series(OPENED), "word"), (pl.Series(OPENED), "word"), (pa.array(OPENED), "word"),
    (pd.Series([True]), "dtype bool"), (pa.array([[1]]), "type list<item: int64>"),
    (A - A, "span"), (pd.Series(A - A), "span"), (pl.Series(A - A), "span"), (pa.array(A - A), "span"),
    (np.array([datetime(2026, 1, 1)], object), "dtype object"),
    (pd.Series([datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=ZoneInfo(BERLIN))], dtype=object), "Python's datetimes"),
    (pd.Series([[1], [2]]), "mixed objects"), (pd.Series(["a", 1]), "mixed-integer objects"), (pd.Series([1, 2], dtype="category"), "integer objects"),
    (pd.Series(pd.period_range("2026", periods=2, freq="D")), "period objects"),
    (pd.MultiIndex.from_tuples([(1, 2)]), "mixed objects"),
])  # fmt: skip
def test_what_is_no_column_of_instants(column, said: str) -> None:
    with pytest.raises(InstantError, match=f"not a column of instants but of {said}; parse it first"):
        due(column)


@pytest.mark.parametrize("column", [
    np.array(["2026-06-05"], "M8[D]"), np.array(["2026-06"], "M8[M]"), pd.Series([date(2026, 6, 5)]), pl.Series([date(2026, 6, 5)]),
    pa.array([date(2026, 6, 5)]), pa.array([date(2026, 6, 5)], pa.date64()),
    pd.Series([date(2026, 6, 5)], dtype=pd.ArrowDtype(pa.date32())),
])  # fmt: skip
def test_dates_name_no_instants(column) -> None:
    with pytest.raises(InstantError, match="a date names no instant"):
        due(column, zone="UTC")


@pytest.mark.parametrize("column", [
    OPENED, [datetime(2026, 6, 5, tzinfo=UTC)], (), None, "2026-06-05", datetime(2026, 6, 5, tzinfo=UTC), pl.LazyFrame({"a": A}), pl.col("a"), A[0],
    A.tolist(),
])  # fmt: skip
def test_what_is_no_column(column) -> None:
    with pytest.raises(InstantError, match="not a column: "):
        due(column)


@pytest.mark.parametrize(
    "column", [A.reshape(1, 2), np.array(A[0]), pd.DataFrame({"a": A}), pl.DataFrame({"a": A}), pa.table({"a": A})]
)
def test_tables_and_scalars_are_no_columns(column) -> None:
    with pytest.raises(InstantError, match=r"not a column: \w+ of [02] dimensions"):
        due(column, zone="UTC")


@pytest.mark.parametrize("zone", ["Europe/Londn", "", 5, timezone.utc])
def test_zones_that_are_none(zone) -> None:
    with pytest.raises(InstantError, match="zone") as error:
        due(A, zone=zone)
    assert error.value.path == "zone"


def test_units_that_are_none() -> None:
    with pytest.raises(InstantError, match="not a unit of instants or working time: 'generic'"):
        due(np.array(["NaT"], "M8"), zone="UTC")
    with pytest.raises(InstantError, match="not a unit of instants or working time: 'D'"):
        due(A, np.array([1, 2], "m8[D]"), zone="UTC")


@pytest.mark.parametrize(
    "within", [A, np.array([4, 4]), pd.Series([4.0, 4.0]), pl.Series([date(2026, 6, 5)] * 2), pa.array([True, False])]
)
def test_what_is_no_column_of_amounts(within) -> None:
    with pytest.raises(InstantError, match="not a column of amounts of time but of "):
        due(A, within, zone="UTC")


@pytest.mark.parametrize(
    "days",
    [
        np.array([1.0, 2.0]),
        pd.Series([1, None]),
        pl.Series(["1", "2"]),
        pa.array([True, False]),
        pd.Series([True, False]),
    ],
)
def test_what_is_no_column_of_days(days) -> None:
    with pytest.raises(InstantError, match="not a column of whole numbers but of "):
        bulk.add_business_days(A, days, UK, zone="UTC")


@pytest.mark.parametrize("days", [
    np.array([1, 2**63], "u8"), pd.Series([1, 2**63], dtype="UInt64"), pd.Series([1, 2**63]), pl.Series([1, 2**63], dtype=pl.UInt64),
    pa.array([1, 2**63], pa.uint64()),
])  # fmt: skip
def test_integers_that_are_too_long(days) -> None:
    with pytest.raises(InstantError, match="integers of more than 64 bits"):
        bulk.add_business_days(A, days, UK, zone="UTC")


@pytest.mark.parametrize("names", [np.array([1, 2]), pd.Series([1, "UK"]), pl.Series([1.0, 2.0]), pa.array([1, 2])])
def test_what_is_no_column_of_names(names) -> None:
    with pytest.raises(InstantError, match="not a column of names but of "):
        due(A, "4h", names, calendars=CALENDARS, zone="UTC")


def test_columns_of_unequal_lengths() -> None:
    one = A[:1]
    with pytest.raises(CalendarError, match="within has 1 rows, and the other column 2"):
        due(A, one - one, zone="UTC")
    with pytest.raises(CalendarError, match="end has 1 rows, and the other column 2"):
        bulk.elapsed(A, one, UK, zone="UTC")
    for days in (np.array([1]), np.array([1, 2, 3])):
        with pytest.raises(CalendarError, match=r"days has \d rows, and the other column 2"):
            bulk.add_business_days(A, days, UK, zone="UTC")
    with pytest.raises(CalendarError, match="calendar has 1 rows, and the other column 2"):
        due(A, "4h", pd.Series(["UK"]), calendars=CALENDARS, zone="UTC")


@pytest.mark.parametrize("calendar", ["UK", None, np.array(["UK", "UK"])])
def test_calendars_that_are_none(calendar) -> None:
    with pytest.raises(CalendarError, match="not a calendar: .*; a column of names needs calendars="):
        due(A, "4h", calendar, zone="UTC")


def test_a_name_for_what_is_no_calendar() -> None:
    with pytest.raises(CalendarError, match="not a calendar: str") as error:
        due(A, "4h", np.array(["UK", "UK"]), calendars={"UK": "Europe/London"}, zone="UTC")
    assert error.value.path == "calendars.UK"


def test_what_stands_for_all_rows_is_checked_once() -> None:
    with pytest.raises(DurationError):
        due(A, "2 days", zone="UTC")
    with pytest.raises(InstantError, match="end: a naive datetime"):
        bulk.elapsed(A, datetime(2026, 1, 1), UK, zone="UTC")
    with pytest.raises(InstantError, match="start: NaT"):
        bulk.elapsed(pd.NaT, A, UK, zone="UTC")
    with pytest.raises(InstantError, match="not a way to treat bad rows: 'ignore'"):
        due(A, errors="ignore", zone="UTC")
    with pytest.raises(CalendarError, match="not a whole number of days: True"):
        bulk.add_business_days(A, True, UK, zone="UTC")
    with pytest.raises(CalendarError, match="not a time of day: '25:00'"):
        bulk.add_business_days(A, 1, UK, by="25:00", zone="UTC")
    with pytest.raises(CalendarError, match="not a time of day: 'close'"):
        bulk.add_business_days(A, 1, UK, by="close", cutoff="close", zone="UTC")
    with pytest.raises(CalendarError, match="a cut-off needs a named instant"):
        bulk.add_business_days(A, 1, UK, cutoff="16:00", zone="UTC")
    with pytest.raises(CalendarError, match="a named instant lies ahead"):
        bulk.add_business_days(A, -1, UK, by="close", zone="UTC")
    with pytest.raises(CompositeDayError):
        bulk.add_business_days(A, 1, UK | ET, zone="UTC")


# -- rows that cannot be asked -----------------------------------------------------------------------------


@pytest.mark.parametrize("column", [
    times(*OPENED, unit="ns") + np.array([0, 1], "m8[ns]"),
    pd.Series(times(*OPENED, unit="ns") + np.array([0, 1], "m8[ns]")),
    pl.Series(times(*OPENED, unit="ns") + np.array([0, 1], "m8[ns]")),
    pa.array(times(*OPENED, unit="ns") + np.array([0, 1], "m8[ns]")),
])  # fmt: skip
def test_nanoseconds_with_a_rest(column) -> None:
    with pytest.raises(RowsError, match="row 1: start: finer than a microsecond") as error:
        due(column, zone="UTC")
    assert told(error) == [(1, "instant")]


def test_amounts_that_are_too_fine_or_too_long() -> None:
    for us, unit in ((1, "ns"), (10**10, "s"), (-(10**10), "s"), (2**62, "us"), (230 * 367 * 24, "h")):
        with pytest.raises(RowsError) as error:
            due(A, np.array([0, us], f"m8[{unit}]"), zone="UTC")
        assert told(error) == [(1, "duration")]


@pytest.mark.parametrize("column", [
    np.array([0, 2**62, -(2**62)], "M8[s]"), np.array([0, 2**62, -(2**62)], "M8[ms]"), np.array([0, 2**62, -(2**62)], "M8[us]"),
    np.array([0, 2**60, -(2**60)], "M8[15m]"), pa.array([0, 2**62, -(2**62)], pa.timestamp("s")), times("2026-01-01", "0001-01-01", "9999-12-31"),
])  # fmt: skip
def test_dates_far_away(column) -> None:
    """Nothing wraps around."""
    with pytest.raises(RowsError, match="row 1: start lies outside the supported years") as error:
        bulk.due(column, "1h", always_open(), zone="UTC")
    assert told(error) == [(1, "horizon"), (2, "horizon")]
    kept = bulk.due(column, "1h", always_open(), zone="UTC", errors="null")
    assert pd.isna(np.asarray(kept)).tolist() == [False, True, True]


def test_the_ends_of_the_supported_years() -> None:
    column = series(
        "2019-12-31T23:59:59", "2020-01-01", "2030-12-31T23:59:59", "2031-01-01", "2031-01-01T00:00:00.000001"
    )
    with pytest.raises(RowsError, match="at lies outside the supported years 2020 to 2030") as error:
        bulk.is_open(column, UK)
    assert told(error) == [(0, "horizon"), (3, "horizon"), (4, "horizon")]
    with pytest.raises(RowsError) as error:
        bulk.elapsed(column, column, UK)  # the very end is the end of a span
    assert told(error) == [(0, "horizon"), (4, "horizon")]
    with pytest.raises(RowsError) as error:
        bulk.elapsed(series(*OPENED), datetime(2050, 1, 1, tzinfo=UTC), UK)
    assert told(error) == [(0, "horizon"), (1, "horizon")]


def test_wall_times_that_the_clock_skips_or_shows_twice() -> None:
    walls = times("2026-03-29T01:30", None, "2026-10-25T01:30", "2026-06-05T15:00")
    with pytest.raises(RowsError) as error:
        due(walls, zone="Europe/London")
    assert [problem.message for problem in error.value.problems] == [
        "start: 2026-03-29 01:30:00 does not exist in Europe/London: the clock skips it",
        "start: 2026-10-25 01:30:00 comes twice in Europe/London; give the column in UTC",
    ]
    found = due(walls, zone="Europe/London", errors="null")
    assert found.tolist() == times(None, None, None, "2026-06-08T11:00").tolist()


def test_names_that_are_none() -> None:
    names = pd.Series(["UK", "UKK", None, "Mars"])
    column = series(*OPENED, *OPENED)
    with pytest.raises(RowsError) as error:
        due(column, "4h", names, calendars=CALENDARS)
    assert [str(problem) for problem in error.value.problems] == [
        "row 1: no calendar 'UKK'; did you mean 'UK'?",
        "row 2: the row names no calendar",
        "row 3: no calendar 'Mars'; known: 'ET', 'UK'",
    ]
    assert due(column, "4h", names, calendars=CALENDARS, errors="null").isna().tolist() == [False, True, True, True]


def test_rows_whose_calendar_has_no_days() -> None:
    names = np.array(["UK", "both", "both"])
    both = {"UK": UK, "both": UK | ET}
    with pytest.raises(RowsError, match="has no days of its own") as error:
        bulk.add_business_days(times(*OPENED, None), 1, names, calendars=both, zone="UTC")
    assert told(error) == [(1, CompositeDayError.code)]


def test_days_of_fewer_years_than_the_open_time() -> None:
    """The years that count are those of the calendar whose days count."""
    column = series("2022-01-03T10:00", "2026-01-05T10:00", "2029-01-02T10:00")
    with pytest.raises(RowsError) as error:
        bulk.add_business_days(column, 1, DAYS_OF_FEW_YEARS)
    assert told(error) == [(0, "horizon"), (2, "horizon")]
    other_way = (UK.replace(years=[2025, 2026]) | ET).replace(days=UK)
    assert bulk.add_business_days(column, 1, other_way)[2] == pd.Timestamp("2029-01-03T10:00", tz="UTC")


def test_numbers_of_days_that_lead_nowhere() -> None:
    for days in (np.array([2**63 - 1, 1]), np.array([-(2**63), 1])):
        with pytest.raises(RowsError) as error:
            bulk.add_business_days(A, days, UK, zone="UTC")
        assert told(error) == [(0, "horizon")]
    with pytest.raises(RowsError) as error:
        bulk.add_business_days(A, 10**30, UK, zone="UTC")
    assert told(error) == [(0, "horizon"), (1, "horizon")]
    with pytest.raises(RowsError, match="a named instant lies ahead") as error:
        bulk.add_business_days(A, np.array([-1, 1]), UK, by="close", zone="UTC")
    assert told(error) == [(0, "calendar")]


def test_thousands_of_bad_rows() -> None:
    """The first are told, all are counted."""
    texts = np.array([f"{n} days" for n in range(5000)], object)
    column = np.repeat(A[:1], 5000)
    with pytest.raises(RowsError, match="5000 of 5000 rows cannot be answered") as error:
        due(column, texts, zone="UTC")
    assert (len(error.value.problems), error.value.count) == (20, 5000)
    assert "... and 4980 more" in str(error.value)
    assert np.isnat(due(column, texts, zone="UTC", errors="null")).all()


def test_the_first_problem_of_a_row_is_told() -> None:
    problems = Problems(4)
    problems.add(np.array([True, False, False, True]), "first", lambda row: f"row {row}")
    problems.add(np.array([0, 1]), "second", "said")
    problems.add_row(2, "third", "alone")
    problems.add_row(2, "fourth", "later")
    assert [(p.row, p.code, p.message) for p in problems.each()] == [
        (0, "first", "row 0"), (1, "second", "said"), (2, "third", "alone"), (3, "first", "row 3"),
    ]  # fmt: skip
    assert [p.row for p in problems.each(2)] == [0, 1]
    whole = Problems(10)
    whole.add_row(7, "before", "told")
    whole.merge(problems, 5)
    assert [(p.row, p.code, p.message) for p in whole.each()] == [
        (5, "first", "row 0"), (6, "second", "said"), (7, "before", "told"), (8, "first", "row 3"),
    ]  # fmt: skip


def test_rows_asked_alone() -> None:
    problems, out = Problems(3), np.zeros(3, np.int64)

    def one(row: int) -> int:
        if row == 2:
            raise SlaclockError("no answer")
        return row + 10

    problems.ask(np.array([True, False, True]), out, one)
    problems.ask(np.array([1]), out, one)
    assert out.tolist() == [10, 11, 0]
    assert [p.row for p in problems.each()] == [2]


# -- many rows ---------------------------------------------------------------------------------------------


def test_many_rows_by_several_threads() -> None:
    """Every form of table, and slabs of more than one chunk, agree with the binary search and with one row alone."""
    start = np.datetime64("2020-03-01", "us").astype(np.int64)
    t = np.random.default_rng(7).integers(start, start + 3000 * 86_400 * 10**6, 300_000).view("M8[us]")
    lunch = UK.replace(hours={"mon-fri": ["08:30-12:00", "12:01-16:30"]})
    for calendar in (UK, lunch, always_open(), UK | ET):
        found = bulk.due(t, "4h", calendar, zone="UTC")
        assert (bulk.due(t, "4h", calendar, zone="UTC", threads=2) == found).all()
        worked = bulk.elapsed(t, found, calendar, zone="UTC", threads=2)
        assert (worked == np.timedelta64(4, "h")).all()
        assert (bulk.due(t[:1000], "4h", calendar.replace(), zone="UTC") == found[:1000]).all()
        assert found[0] == np.datetime64(
            calendar.due(t[0].item().replace(tzinfo=UTC), "4h").astimezone(UTC).replace(tzinfo=None)
        )


def test_several_people_ask_one_calendar() -> None:
    calendar, t = UK.replace(), np.repeat(A, 5000)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: bulk.due(t, "4h", calendar, zone="UTC"), range(8)):
            assert (found == np.tile(times(*DUE), 1).repeat(5000)).all()


def test_bounds_of_a_column() -> None:
    """What is known of a column need not be looked for again, and is no more than what is there."""
    for column in (times(*OPENED, unit="ns"), times(*OPENED, unit="s"), A):
        known = columns.instants(column, "x", "UTC", Problems(2))
        assert known.bounds == (int(known.us.min()), int(known.us.max()))
    assert columns.instants(times(OPENED[0], None), "x", "UTC", Problems(2)).bounds is None
