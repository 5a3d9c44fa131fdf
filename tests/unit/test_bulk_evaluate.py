"""Tables of tickets by a policy: every frame library, pauses, what goes wrong and how it is told (R-7, POL-5, POL-7)."""

from __future__ import annotations

import copy
import importlib
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from bulk_cells import at, check, expected, rows, scalar, times, words
from slaclock import (
    Agreement,
    BusinessCalendar,
    ConfigurationError,
    HorizonError,
    InstantError,
    Policy,
    PolicyError,
    RowsError,
    SlaclockError,
    Ticket,
    UnboundRoleError,
    always_open,
    bulk,
    contracts,
    evaluate,
)

bulk_evaluate = importlib.import_module("slaclock.bulk.evaluate")  # the module, not the function of its name
LONDON = "Europe/London"
AS_OF = at("2026-06-10T12:00")


def policy_of(**more: Any) -> Policy:
    return Policy(
        **{
            "name": "desk",
            "calendar": "UK",
            "severities": [{"key": "P1"}, {"key": "P2"}],
            "calendars": {
                "UK": BusinessCalendar(timezone=LONDON, hours={"mon-fri": ["09:00-17:00"]}),
                "always": always_open(),
            },
            "objectives": [
                {"severity": "P1", "metric": "first_response", "within": "2h", "calendar": "always"},
                {"severity": "P2", "metric": "first_response", "within": "4h"},
                {"severity": "P1", "metric": "resolution", "within": "8h"},
                {"severity": "P2", "metric": "resolution", "within": "2 business days"},
                {"severity": "P1", "metric": "update", "within": "90m"},
                {"severity": "P1", "metric": "closure"},
                {"severity": "P2", "metric": "closure"},
            ],
            "pauses": [{"reason": "customer", "stops": ["resolution"]}, {"reason": "vendor", "stops": []}],
            "escalations": [
                {"key": "warning", "metric": "resolution", "at": "75%", "receiver": {"team": "desk"}},
                {"key": "boss", "metric": "resolution", "severities": ["P1"], "at": "breach", "receiver": {}},
            ],
            **more,
        }
    )


POLICY = policy_of()
# Friday 5 June 2026 is in summer time: 17:00 in London is 16:00 UTC.
OPENED = ["2026-06-05T14:00", "2026-06-05T15:30", "2026-06-08T09:00", "2026-06-06T11:00", "2026-06-11T09:00"]
SEVERITY = ["P1", "P2", "P1", "P2", "P1"]
RESPONDED = ["2026-06-05T15:00", None, "2026-06-08T12:30", "2026-06-09T10:00", None]
UPDATED = ["2026-06-05T15:20", None, None, None, None]
RESOLVED = ["2026-06-09T10:00", None, None, "2026-06-10T12:00", None]
TABLE = {
    "id": np.arange(5),
    "opened": times(*OPENED),
    "severity": words(*SEVERITY),
    "responded": times(*RESPONDED),
    "updated": times(*UPDATED),
    "resolved": times(*RESOLVED),
    "note": words("a", None, "c", "d", "e"),
}


def tickets() -> list[Ticket]:
    """The same by hand, in the order in which events of one instant come."""
    found = []
    for place, opened in enumerate(OPENED):
        ticket = Ticket(id=str(place), severity=SEVERITY[place], opened_at=at(opened))
        if RESPONDED[place]:
            ticket = ticket.respond(at(RESPONDED[place]))
        if UPDATED[place]:
            ticket = ticket.update(at(UPDATED[place]))
        if RESOLVED[place]:
            ticket = ticket.resolve(at(RESOLVED[place]))
        found.append(ticket)
    return found


INSTANTS = ("opened", "responded", "updated", "resolved")


def pandas_of(table: dict[str, Any], zone: str = "UTC") -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: pd.Series(column).dt.tz_localize("UTC").dt.tz_convert(zone) if column.dtype.kind == "M" else column
            for name, column in table.items()
        }
    )


def polars_of(table: dict[str, Any], zone: str = "UTC") -> pl.DataFrame:
    frame = pl.DataFrame(
        {name: column.tolist() if column.dtype == object else column for name, column in table.items()}
    )
    instants = pl.selectors.datetime()
    return frame.with_columns(instants.dt.replace_time_zone("UTC").dt.convert_time_zone(zone))


def arrow_of(table: dict[str, Any], zone: str = "UTC") -> pa.Table:
    arrays = {name: pa.array(column) for name, column in table.items()}
    return pa.table(
        {
            name: array.view(pa.timestamp("us", zone)) if pa.types.is_timestamp(array.type) else array
            for name, array in arrays.items()
        }
    )


def answer_of(frame: Any, policy: Policy = POLICY, **options: Any) -> Any:
    options = {"as_of": AS_OF, "zone": "UTC" if isinstance(frame, dict) else None, **options}
    return bulk.evaluate(policy, frame, **options)


def one(ticket: Ticket | None = None, *, policy: Policy = POLICY, **columns: Any) -> Any:
    """A table of one row, as NumPy keeps it, against its ticket."""
    table = {"id": np.array([1]), "opened": times("2026-06-05T14:00"), "severity": words("P1"), **columns}
    answer = answer_of(table, policy, errors="report")
    if ticket is not None:
        check(answer, policy, [ticket], AS_OF)
    return answer


# -- frames ------------------------------------------------------------------------------------------------


class Stream:
    """A frame of a library that has nothing but an Arrow stream."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)


class Foreign:
    """A frame of a library that narwhals knows."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __narwhals_dataframe__(self) -> object:
        return nw.from_native(self._table)._compliant_frame


FRAMES: dict[str, tuple[Callable[[], Any], type]] = {
    "numpy": (lambda: dict(TABLE), dict),
    "pandas": (lambda: pandas_of(TABLE), pd.DataFrame),
    "pandas, Arrow's": (lambda: arrow_of(TABLE).to_pandas(types_mapper=pd.ArrowDtype), pd.DataFrame),
    "pandas, categories": (lambda: pandas_of(TABLE).astype({"severity": "category"}), pd.DataFrame),
    "polars": (lambda: polars_of(TABLE), pl.DataFrame),
    "pyarrow": (lambda: arrow_of(TABLE), pa.Table),
    "pyarrow in pieces": (lambda: pa.concat_tables([arrow_of(TABLE)[:2], arrow_of(TABLE)[2:]]), pa.Table),
    "a batch": (lambda: arrow_of(TABLE).to_batches()[0], pa.RecordBatch),
    "narwhals over pandas": (lambda: nw.from_native(pandas_of(TABLE)), nw.DataFrame),
    "narwhals over polars": (lambda: nw.from_native(polars_of(TABLE)), nw.DataFrame),
    "a library that narwhals knows": (lambda: Foreign(arrow_of(TABLE)), pa.Table),
    "duckdb": (lambda: duckdb.from_arrow(arrow_of(TABLE)), pa.Table),
    "a stream": (lambda: Stream(arrow_of(TABLE)), pa.Table),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_every_kind_of_frame_has_the_same_answer_and_comes_back_as_it_came(kind: str) -> None:
    """R-7."""
    make, comes_back = FRAMES[kind]
    answer = answer_of(make())
    assert type(answer) is comes_back
    check(answer, POLICY, tickets(), AS_OF)
    came = rows(dict(TABLE))
    assert rows(answer, came[0]) == came
    assert list(rows(answer)[0]) == [*TABLE, *bulk.answer_columns(POLICY)]


def test_first_row_by_hand() -> None:
    """Friday 15:00 in London and 8 h: 2 h until the close, 6 h on Monday.  Answered in time, solved on Tuesday 11:00."""
    row = rows(answer_of(TABLE))[0]
    assert row["resolution_due"] == row["resolution_breach_at"] == at("2026-06-08T14:00")
    assert (row["resolution_state"], row["resolution_breached"]) == ("stopped", True)
    assert row["resolution_elapsed"] == timedelta(hours=12)
    assert row["resolution_overrun"] == timedelta(hours=4)
    assert row["resolution_remaining"] == row["resolution_paused"] == timedelta(0)
    assert row["resolution_escalation_warning"] == at("2026-06-08T12:00")
    assert row["resolution_escalation_boss"] == at("2026-06-08T14:00")
    assert row["first_response_due"] == at("2026-06-05T16:00")
    assert row["first_response_remaining"] == timedelta(hours=1)
    assert (row["closure_due"], row["closure_remaining"], row["closure_breached"]) == (None, None, False)


def test_no_reading_is_null() -> None:
    last, second = rows(answer_of(TABLE))[4], rows(answer_of(TABLE))[1]
    names = bulk.answer_columns(POLICY)
    assert {last[name] for name in names} == {None}  # opened after the reading
    assert {second[name] for name in names if name.startswith("update_")} == {None}  # not promised to P2


def test_an_answer_shows_instants_in_the_zone_of_the_opening() -> None:
    zone = "Asia/Hong_Kong"
    assert answer_of(pandas_of(TABLE, zone))["resolution_due"].dtype == pd.DatetimeTZDtype("us", zone)
    assert answer_of(polars_of(TABLE, zone))["resolution_due"].dtype == pl.Datetime("us", zone)
    assert answer_of(arrow_of(TABLE, zone))["resolution_due"].type == pa.timestamp("us", zone)
    mixed = pandas_of(TABLE, zone).assign(responded=pandas_of(TABLE, LONDON)["responded"])
    check(answer_of(mixed), POLICY, tickets(), AS_OF)


def test_naive_columns_are_of_the_zone_that_is_said() -> None:
    london = {name: column + np.timedelta64(1, "h") if name in INSTANTS else column for name, column in TABLE.items()}
    answer = answer_of(london, zone=LONDON)
    assert answer["resolution_due"][0] == np.datetime64("2026-06-08T15:00")
    got = {name: column - np.timedelta64(1, "h") if column.dtype.kind == "M" else column
           for name, column in answer.items()}  # fmt: skip
    check(got, POLICY, tickets(), AS_OF)


TYPES = {
    "instant": ("datetime64[us]", "datetime64[us, UTC]", pl.Datetime("us", "UTC"), pa.timestamp("us", "UTC")),
    "span": ("timedelta64[us]", "timedelta64[us]", pl.Duration("us"), pa.duration("us")),
    "flag": ("bool", "boolean", pl.Boolean(), pa.bool_()),
    "word": ("object", "category", None, pa.dictionary(pa.int32(), pa.string())),
    "text": ("object", "string", pl.String(), pa.string()),
}


@pytest.mark.parametrize("rows_", [slice(0, 0), slice(0, 5)], ids=["no rows", "rows"])
def test_types_of_the_columns_are_those_documented_with_rows_and_without(rows_: slice) -> None:
    kinds = {**bulk.answer_columns(POLICY), "slaclock_error": "text"}
    table = {name: column[rows_] for name, column in TABLE.items()}
    numpy = answer_of(table, errors="report")
    pandas = answer_of(pandas_of(TABLE)[rows_], errors="report")
    polars = answer_of(polars_of(TABLE)[rows_], errors="report")
    arrow = answer_of(arrow_of(TABLE)[rows_], errors="report")
    for name, kind in kinds.items():
        wanted = TYPES[kind]
        assert str(numpy[name].dtype) == wanted[0]
        assert str(pandas[name].dtype) == wanted[1]
        assert polars[name].dtype == (wanted[2] or pl.Enum(["pending", "running", "paused", "stopped", "cancelled"]))
        assert arrow[name].type == wanted[3]
    assert list(numpy)[len(TABLE) :] == list(kinds)


@pytest.mark.parametrize("kind", FRAMES)
def test_a_table_without_rows_is_answered(kind: str) -> None:
    frame = FRAMES[kind][0]()
    if isinstance(frame, dict):
        frame = {name: column[:0] for name, column in frame.items()}
    elif kind in ("duckdb", "a stream", "a library that narwhals knows"):
        frame = type(frame)(arrow_of(TABLE)[:0]) if kind != "duckdb" else frame.limit(0)
    elif kind == "a batch":
        frame = frame.slice(0, 0)
    else:
        frame = frame[:0]
    answer = answer_of(frame)
    assert type(answer) is FRAMES[kind][1]
    assert (answer.num_rows if hasattr(answer, "num_rows") else len(answer["opened"])) == 0
    names = answer.column_names if hasattr(answer, "column_names") else list(getattr(answer, "columns", answer))
    assert list(getattr(answer, "schema", answer).names if kind == "a batch" else names) == [
        *TABLE, *bulk.answer_columns(POLICY),
    ]  # fmt: skip


def test_columns_of_nothing_may_stand_for_any() -> None:
    nulls = pl.DataFrame({"opened": pl.Series([], dtype=pl.Null), "severity": pl.Series([], dtype=pl.Null)})
    assert answer_of(nulls).shape == (0, 2 + len(bulk.answer_columns(POLICY)))
    frame = polars_of(TABLE).with_columns(closed=pl.lit(None))
    check(answer_of(frame), POLICY, tickets(), AS_OF)
    pandas = pandas_of(TABLE).assign(closed=np.nan, cancelled=None)
    check(answer_of(pandas), POLICY, tickets(), AS_OF)


@pytest.mark.parametrize(
    "index",
    [
        pd.Index(["e", "d", "c", "b", "a"], name="key"),
        pd.Index([7, 7, 7, 8, 8]),
        pd.Index([1.5, np.nan, np.nan, 2.0, 3.0]),
        pd.MultiIndex.from_tuples([(1, "x"), (1, "x"), (2, "y"), (2, "z"), (3, "x")], names=["a", "b"]),
        pd.date_range("2026-01-01", periods=5),
    ],
    ids=["words", "twice", "nan", "levels", "dates"],
)
def test_a_pandas_index_is_kept(index: pd.Index) -> None:
    answer = answer_of(pandas_of(TABLE).set_index(index), errors="report")
    pd.testing.assert_index_equal(answer.index, index)
    check(answer, POLICY, tickets(), AS_OF)


def test_an_input_is_never_changed() -> None:
    table = {name: column.copy() for name, column in TABLE.items()}
    for column in table.values():
        column.flags.writeable = False
    answer = answer_of(table)
    assert list(table) == list(TABLE)
    assert all(answer[name] is column for name, column in table.items())
    for frame in (pandas_of(TABLE), polars_of(TABLE), arrow_of(TABLE)):
        before = copy.deepcopy(frame)
        answer_of(frame, errors="report")
        assert frame.equals(before)
        assert rows(frame) == rows(before)


def test_other_columns_are_kept_whatever_they_are_called() -> None:
    frame = pandas_of(TABLE).assign(resolution=1).rename(columns={"note": 5})
    answer = answer_of(frame)
    pd.testing.assert_frame_equal(answer[list(frame.columns)], frame)
    table = arrow_of(TABLE).replace_schema_metadata({"who": "me"})
    assert answer_of(table).schema.metadata == {b"who": b"me"}
    twice = pa.table([*arrow_of(TABLE).columns, pa.array(range(5))], names=[*TABLE, "note"])
    assert answer_of(twice).column_names[:8] == [*TABLE, "note"]


def test_columns_of_other_names_are_said() -> None:
    frame = pandas_of(TABLE).rename(columns={"opened": "created", "resolved": "done", "severity": "priority"})
    events = {"resolved": "done", "opened": "created", "responded": "responded", "updated": "updated"}
    check(answer_of(frame, events=events, severity="priority"), POLICY, tickets(), AS_OF)
    answered_only = [ticket.replace(events=[e for e in ticket.events if e.kind == "responded"]) for ticket in tickets()]
    events = {"opened": "created", "responded": "responded"}  # columns that are not named are not read
    check(answer_of(frame, events=events, severity="priority"), POLICY, answered_only, AS_OF)


def test_kinds_of_a_metric_of_ones_own_are_columns() -> None:
    policy = policy_of(
        metrics={"dispatch": {"starts": ["opened"], "stops": ["sent"], "cycles": "one"}},
        objectives=[{"severity": key, "metric": "dispatch", "within": "4h"} for key in ("P1", "P2")],
        pauses=[], escalations=[],
    )  # fmt: skip
    from slaclock import Event

    ticket = Ticket(id="1", severity="P1", opened_at=at("2026-06-05T14:00"))
    one(ticket.add(Event(kind="sent", at=at("2026-06-08T09:00"))), policy=policy, sent=times("2026-06-08T09:00"))


# -- how the work is done ----------------------------------------------------------------------------------


def many() -> dict[str, np.ndarray]:
    """Rows of all kinds, some of which no array covers."""
    count = 150
    opened = np.datetime64("2026-05-20T08:00", "us") + np.arange(count) * np.timedelta64(97, "m")
    table = {"opened": opened, "severity": np.where(np.arange(count) % 3 == 0, "P1", "P2").astype(object)}
    table["responded"] = np.where(np.arange(count) % 4 == 0, np.datetime64("NaT"), opened + np.timedelta64(200, "m"))
    table["reopened"] = np.where(np.arange(count) % 5 == 0, opened + np.timedelta64(900, "m"), np.datetime64("NaT"))
    table["resolved"] = np.where(np.arange(count) % 2 == 0, opened + np.timedelta64(700, "m"), np.datetime64("NaT"))
    table["severity"][17] = "P9"
    return table


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("batch", [1, 7, 100])
def test_batches_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch, batch: int, threads: int) -> None:
    table = many()
    options = {"errors": "report", "strict": False}
    whole = rows(answer_of(table, **options))
    monkeypatch.setattr(bulk_evaluate, "BATCH", batch)
    assert rows(answer_of(table, threads=threads, **options)) == whole
    assert [row for row, cells in enumerate(whole) if cells["slaclock_error"]] == [17]


def test_a_bar_is_shown_if_asked_for(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    answer_of(TABLE)
    assert capfd.readouterr() == ("", "")
    monkeypatch.setattr(bulk_evaluate, "BATCH", 2)
    answer_of(TABLE, progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert "100%" in err and "5.00/5.00" in err and "rows/s" in err


def test_nothing_is_imported_for_a_bar_that_is_not_asked_for() -> None:
    code = (
        "import sys; import numpy as np; from datetime import UTC, datetime; from slaclock import bulk, contracts\n"
        "table = {'opened': np.array(['2026-06-05'], 'M8[us]'), 'severity': np.array(['P1'])}\n"
        "bulk.evaluate(contracts.load('csd-group'), table, as_of=datetime(2026, 6, 6, tzinfo=UTC), zone='UTC')\n"
        "print([name for name in ('tqdm', 'pandas', 'polars', 'pyarrow', 'narwhals') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize("threads", [1, 2])
def test_an_interrupt_ends_the_work_at_once(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    monkeypatch.setattr(bulk_evaluate, "BATCH", 1)
    read, begun, lock = bulk_evaluate.read_batch, [], threading.Lock()

    def interrupted(*arguments: Any) -> Any:
        with lock:
            begun.append(1)
            count = len(begun)
        if count == 2:
            raise KeyboardInterrupt
        return read(*arguments)

    monkeypatch.setattr(bulk_evaluate, "read_batch", interrupted)
    frame = pandas_of(many())
    before = frame.copy(deep=True)
    with pytest.raises(KeyboardInterrupt):
        answer_of(frame, errors="report", strict=False, threads=threads)
    assert len(begun) < 20 < len(frame)
    pd.testing.assert_frame_equal(frame, before)


# -- pauses ------------------------------------------------------------------------------------------------

PAUSED = {
    # The row: its pauses (start, end, reason).
    0: [("2026-06-08T10:00", "2026-06-08T12:00", "customer"), ("2026-06-05T14:30", "2026-06-05T15:00", "vendor")],
    1: [("2026-06-09T09:00", None, "customer")],
    2: [
        ("2026-06-08T10:00", "2026-06-08T13:00", "customer"),
        ("2026-06-08T12:00", "2026-06-08T14:00", "customer"),
        ("2026-06-08T13:30", "2026-06-08T15:00", "other"),
        ("2026-06-08T13:30", "2026-06-08T13:30", "customer"),
    ],
    3: [],
    4: [("2026-06-11T10:00", "2026-06-11T11:00", "customer")],
}


def paused_tickets() -> list[Ticket]:
    """The same by hand: of one reason, pauses that overlap are one."""
    found = tickets()
    found[0] = (
        found[0].pause(at("2026-06-08T10:00"), "customer").resume(at("2026-06-08T12:00"), "customer")
        .pause(at("2026-06-05T14:30"), "vendor").resume(at("2026-06-05T15:00"), "vendor")
    )  # fmt: skip
    found[1] = found[1].pause(at("2026-06-09T09:00"), "customer")
    found[2] = (
        found[2].pause(at("2026-06-08T10:00"), "customer").resume(at("2026-06-08T14:00"), "customer")
        .pause(at("2026-06-08T13:30"), "other").resume(at("2026-06-08T15:00"), "other")
    )  # fmt: skip
    found[4] = found[4].pause(at("2026-06-11T10:00"), "customer").resume(at("2026-06-11T11:00"), "customer")
    return found


def lists(pauses: dict[int, list[tuple[str, str | None, str]]] = PAUSED) -> list[list[dict[str, Any]] | None]:
    """A list column; a row without pauses has an empty list, or null."""
    return [
        [{"start": at(start), "end": at(end) if end else None, "reason": why} for start, end, why in stood] or None
        for stood in pauses.values()
    ]


STRUCT = pa.struct({"start": pa.timestamp("us", "UTC"), "end": pa.timestamp("us", "UTC"), "reason": pa.string()})


def arrow_lists() -> pa.Array:
    return pa.array(lists(), pa.list_(STRUCT))


def objects(values: list[Any]) -> np.ndarray:
    column = np.empty(len(values), object)
    column[:] = values
    return column


WITH_LISTS: dict[str, Callable[[], Any]] = {
    "pyarrow": lambda: arrow_of(TABLE).append_column("pauses", arrow_lists()),
    "pyarrow, large": lambda: arrow_of(TABLE).append_column("pauses", arrow_lists().cast(pa.large_list(STRUCT))),
    "pyarrow, a slice": lambda: pa.concat_tables(
        [table := arrow_of(TABLE).append_column("pauses", arrow_lists()), table]
    ).combine_chunks()[5:],
    "polars": lambda: polars_of(TABLE).with_columns(pl.from_arrow(arrow_lists()).alias("pauses")),
    "pandas, Arrow's": lambda: pandas_of(TABLE).assign(pauses=pd.Series(pd.arrays.ArrowExtensionArray(arrow_lists()))),
    "pandas, lists": lambda: pandas_of(TABLE).assign(pauses=pd.Series(lists(), dtype=object)),
    "pandas, from Arrow": lambda: arrow_of(TABLE).append_column("pauses", arrow_lists()).to_pandas(),
    "numpy": lambda: {**TABLE, "pauses": objects(lists())},
}


@pytest.mark.parametrize("kind", WITH_LISTS)
def test_pauses_come_in_list_columns(kind: str) -> None:
    """POL-7, CLK-8."""
    check(answer_of(WITH_LISTS[kind](), pauses="pauses"), POLICY, paused_tickets(), AS_OF)


def pause_table(ids: Callable[[int], Any], strangers: bool = True) -> dict[str, np.ndarray]:
    flat = [(row, *pause) for row, stood in PAUSED.items() for pause in stood]
    flat = flat[::-1] if strangers else flat
    flat += [(77, "2026-06-08T10:00", "2026-06-08T09:00", "customer")] if strangers else []  # of no ticket here
    return {
        "ticket": np.array([ids(row) for row, *_ in flat], dtype=object if isinstance(ids(1), str) else None),
        "start": times(*[start for _, start, _, _ in flat]),
        "end": times(*[end for _, _, end, _ in flat]),
        "reason": words(*[why for *_, why in flat]),
    }


@pytest.mark.parametrize("frame_of", [dict, pandas_of, polars_of, arrow_of])
@pytest.mark.parametrize(
    "ids", [lambda row: row, lambda row: row * 10**15 - 10**17, lambda row: f"T-{row}"], ids=["near", "sparse", "text"]
)
def test_pauses_come_in_a_table_in_any_order_and_those_of_other_tickets_are_left_out(frame_of: Any, ids: Any) -> None:
    """POL-7."""
    table = {**TABLE, "id": np.array([ids(row) for row in range(5)], dtype=object if isinstance(ids(1), str) else None)}
    pauses = bulk.Pauses(frame_of(pause_table(ids)))
    check(answer_of(frame_of(table), ticket="id", pauses=pauses), POLICY, paused_tickets(), AS_OF)


def test_columns_of_a_table_of_pauses_may_have_other_names() -> None:
    table = {f"p_{name}": column for name, column in pause_table(int).items()}
    pauses = bulk.Pauses(table, ticket="p_ticket", start="p_start", end="p_end", reason="p_reason")
    check(answer_of(TABLE, ticket="id", pauses=pauses), POLICY, paused_tickets(), AS_OF)


@pytest.mark.parametrize("reason", [None, "reason"])
def test_pauses_without_reasons_stop_what_any_reason_stops(reason: str | None) -> None:
    """A pause without reasons has a reason of its own, which is not the customer's."""
    table = pause_table(int, strangers=False)
    if reason is not None:
        del table["reason"]
    answer = answer_of(TABLE, ticket="id", pauses=bulk.Pauses(table, reason=reason))
    wanted = tickets()
    for row, stood in PAUSED.items():
        known = [(start, end) for start, end, _ in stood if start != end]
        if row == 2:  # these overlap
            known = [("2026-06-08T10:00", "2026-06-08T15:00")]
        for start, end in known:
            wanted[row] = wanted[row].pause(at(start), "pause")
            wanted[row] = wanted[row].resume(at(end), "pause") if end else wanted[row]
    check(answer, POLICY, wanted, AS_OF)


def stood(*pauses: tuple[Any, ...]) -> np.ndarray:
    """A list column of one row."""
    names = ("start", "end", "reason")
    return objects([[dict(zip(names, pause, strict=False)) for pause in pauses]])


PLAIN = Ticket(id="1", severity="P1", opened_at=at("2026-06-05T14:00"))


def test_pauses_at_the_very_instants() -> None:
    """From the opening, to the resolution, and one that begins when the ticket is resolved."""
    ticket = (
        PLAIN.pause(at("2026-06-05T14:00"), "customer").resume(at("2026-06-05T15:00"), "customer")
        .pause(at("2026-06-08T09:00"), "customer").resume(at("2026-06-08T10:00"), "customer")
        .resolve(at("2026-06-08T10:00"))
    )  # fmt: skip
    table = {
        "opened": times("2026-06-05T14:00"), "severity": words("P1"), "resolved": times("2026-06-08T10:00"),
        "pauses": stood(
            (at("2026-06-05T14:00"), at("2026-06-05T15:00"), "customer"),
            (at("2026-06-08T09:00"), at("2026-06-08T10:00"), "customer"),
        ),
    }  # fmt: skip
    check(answer_of(table, pauses="pauses"), POLICY, [ticket], AS_OF)
    table["pauses"] = stood((at("2026-06-08T10:00"), at("2026-06-08T11:00"), "customer"))
    check(answer_of(table, pauses="pauses"), POLICY, [PLAIN.resolve(at("2026-06-08T10:00"))], AS_OF)
    table["pauses"] = stood((at("2026-06-09T10:00"), at("2026-06-09T11:00"), "customer"))
    late = PLAIN.resolve(at("2026-06-08T10:00")).pause(at("2026-06-09T10:00"), "customer")
    check(answer_of(table, pauses="pauses"), POLICY, [late.resume(at("2026-06-09T11:00"), "customer")], AS_OF)


@pytest.mark.parametrize("end", ["2026-06-10T12:00", "2026-06-10T12:01", None])
def test_a_pause_that_ends_after_the_reading_is_still_open(end: str | None) -> None:
    pauses = stood((at("2026-06-08T09:00"), end and at(end), "customer"))
    table = {"opened": times("2026-06-05T14:00"), "severity": words("P1"), "pauses": pauses}
    ticket = PLAIN.pause(at("2026-06-08T09:00"), "customer")
    ticket = ticket.resume(at(end), "customer") if end else ticket
    answer = answer_of(table, pauses="pauses")
    check(answer, POLICY, [ticket], AS_OF)
    assert answer["resolution_state"][0] == ("running" if end == "2026-06-10T12:00" else "paused")


def test_a_pause_before_the_opening_is_impossible() -> None:
    """CLK-8: and, not strict, it is left out."""
    pauses = stood((at("2026-06-05T13:00"), at("2026-06-05T15:00"), "customer"))
    table = {"opened": times("2026-06-05T14:00"), "severity": words("P1"), "pauses": pauses}
    ticket = PLAIN.pause(at("2026-06-05T13:00"), "customer").resume(at("2026-06-05T15:00"), "customer")
    with pytest.raises(RowsError, match="row 0: paused at 2026-06-05T13:00:00.* not opened yet"):
        answer_of(table, pauses="pauses")
    check(answer_of(table, pauses="pauses", errors="report"), POLICY, [ticket], AS_OF)
    check(answer_of(table, pauses="pauses", strict=False), POLICY, [ticket], AS_OF, strict=False)


@pytest.mark.parametrize(
    ("pause", "told"),
    [
        (("2026-06-08T10:00", "2026-06-08T09:00", "customer"), "a pause that ends before it begins"),
        ((None, "2026-06-08T09:00", "customer"), "a pause without a start"),
        ((None, None, "customer"), "a pause without a start"),
        (("2026-06-08T10:00", "2026-06-08T11:00", None), "a pause without a reason"),
        (("0001-01-01T10:00", "2026-06-08T11:00", "customer"), "start lies outside the supported years"),
    ],
)
def test_a_pause_that_is_none_is_told_of_its_row(pause: tuple[str | None, ...], told: str) -> None:
    start, end = (text and at(text) for text in pause[:2])
    bad = {"start": start, "end": end, "reason": pause[2]}
    good = {"start": at("2026-06-08T10:00"), "end": None, "reason": "customer"}
    column = [None, [good, bad], []]
    three = {"opened": times(*OPENED[:3]), "severity": words("P1", "P1", "P1"), "id": np.arange(3)}
    frames = [
        {**three, "pauses": objects(column)},
        pandas_of(three).assign(pauses=pd.Series(column, dtype=object)),
        arrow_of(three).append_column("pauses", pa.array(column, pa.list_(STRUCT))),
        polars_of(three).with_columns(pl.from_arrow(pa.array(column, pa.list_(STRUCT))).alias("pauses")),
    ]
    for frame in frames:
        code = "horizon" if "years" in told else "pause"
        got = rows(answer_of(frame, pauses="pauses", errors="report"))
        assert [row["slaclock_error"] for row in got] == [None, f"{code}: pauses[1]: {told}", None]
        assert got[1]["resolution_due"] is None and got[2]["resolution_due"] is not None
    table = {"ticket": np.array([9, 1]), "start": times("2026-06-08T10:00", pause[0]), "end": times(None, pause[1]),
             "reason": words("customer", pause[2])}  # fmt: skip
    with pytest.raises(RowsError, match=f"row 1: pauses, row 1: {told}"):
        answer_of(three, ticket="id", pauses=bulk.Pauses(table))


def test_a_null_among_pauses_is_a_pause_without_a_start() -> None:
    three = {"opened": times(*OPENED[:3]), "severity": words("P1", "P1", "P1")}
    good = {"start": at("2026-06-08T10:00"), "end": None, "reason": "customer"}
    column = [[good, None], None, [good]]
    arrow = pa.array(column, pa.list_(STRUCT))
    for frame in (
        {**three, "p": objects(column)},
        pandas_of(three).assign(p=pd.Series(column, dtype=object)),
        arrow_of(three).append_column("p", arrow),
        polars_of(three).with_columns(pl.from_arrow(arrow).alias("p")),
    ):
        got = rows(answer_of(frame, pauses="p", errors="report"))
        assert [row["slaclock_error"] for row in got] == ["pause: p[1]: a pause without a start", None, None]


def test_hidden_parts_of_a_null_pause_are_not_read() -> None:
    """Arrow keeps values under a null struct."""
    starts = pa.array([at("2026-06-08T10:00"), at("2026-06-08T10:00")], pa.timestamp("us", "UTC"))
    ends = pa.array([None, None], pa.timestamp("us", "UTC"))
    structs = pa.StructArray.from_arrays([starts, ends], ["start", "end"], mask=pa.array([True, False]))
    frame = arrow_of({"opened": times(*OPENED[:2]), "severity": words("P1", "P1")})
    frame = frame.append_column("p", pa.ListArray.from_arrays(pa.array([0, 1, 2]), structs))
    got = rows(answer_of(frame, pauses="p", errors="report"))
    assert [row["slaclock_error"] for row in got] == ["pause: p[0]: a pause without a start", None]


@pytest.mark.parametrize(
    "column",
    [
        pa.nulls(5),
        pa.array([[]] * 5, pa.list_(pa.null())),
        pa.array([[]] * 5, pa.large_list(pa.null())),
        pa.array([[]] * 5, pa.list_(STRUCT)),
        pa.array([None] * 5, pa.list_(STRUCT)),
    ],
    ids=str,
)
def test_a_list_column_may_hold_no_pauses_at_all(column: pa.Array) -> None:
    arrow = arrow_of(TABLE).append_column("p", column)
    polars = polars_of(TABLE).with_columns(pl.from_arrow(column).alias("p"))
    pandas = pandas_of(TABLE).assign(p=pd.Series(column.to_pylist(), dtype=object))
    for frame in (arrow, polars, pandas):
        check(answer_of(frame, pauses="p"), POLICY, tickets(), AS_OF)
    nothing = {name: values[:0] for name, values in pause_table(int).items()}
    check(answer_of(TABLE, ticket="id", pauses=bulk.Pauses(nothing)), POLICY, tickets(), AS_OF)


@pytest.mark.parametrize(
    ("column", "error", "told"),
    [
        ([1, 2, 3, 4, 5], PolicyError, "not a list column of pauses with start, end and reason: int"),
        (["customer"] * 5, PolicyError, "not a list column of pauses .*: str"),
        ([[1]] * 5, PolicyError, "not a list column of pauses .*: int"),
        ([[{"start": at(OPENED[0]), "to": None}]] * 5, PolicyError, "not a list column of pauses .*: fields start, to"),
        ([[{"start": "2026-06-05", "end": None}]] * 5, InstantError, "not a datetime of whole microseconds"),
        ([[{"start": np.datetime64("2026-06-05", "ns"), "end": None}]] * 5, InstantError, "of whole microseconds"),
        ([[{"start": pd.Timestamp("2026-06-05T00:00:00.000000001Z"), "end": None}]] * 5, InstantError, "whole micro"),
        ([[{"start": at(OPENED[0]), "end": datetime(2027, 1, 1)}]] * 5, InstantError, "some .* have none"),  # noqa: DTZ001
    ],
)
def test_a_column_that_holds_no_pauses_is_an_error(column: list[Any], error: type, told: str) -> None:
    with pytest.raises(error, match=told):
        answer_of(pandas_of(TABLE).assign(p=pd.Series(column, dtype=object)), pauses="p")


@pytest.mark.parametrize(
    "column", [pa.array(range(5)), pa.array([[1]] * 5), pa.array([[{"start": 1, "to": 2}]] * 5)], ids=str
)
def test_a_typed_column_that_holds_no_pauses_is_an_error(column: pa.Array) -> None:
    for frame in (
        arrow_of(TABLE).append_column("p", column),
        polars_of(TABLE).with_columns(pl.from_arrow(column).alias("p")),
    ):
        with pytest.raises(PolicyError, match="not a list column of pauses with start, end and reason"):
            answer_of(frame, pauses="p")


def test_naive_pauses_are_of_the_zone_that_is_said_and_others_of_their_own() -> None:
    naive = objects([[{"start": datetime(2026, 6, 8, 11), "end": np.datetime64("2026-06-08T12:00", "us")}]])  # noqa: DTZ001
    aware = objects([[{"start": at("2026-06-08T10:00"), "end": at("2026-06-08T11:00")}]])
    ticket = PLAIN.pause(at("2026-06-08T10:00"), "pause").resume(at("2026-06-08T11:00"), "pause")
    table = {"opened": times("2026-06-05T15:00"), "severity": words("P1")}
    for pauses in (naive, aware):
        answer = answer_of({**table, "p": pauses}, pauses="p", zone=LONDON)
        assert answer["resolution_paused"] == evaluate(POLICY, ticket, as_of=AS_OF)["resolution"].paused
    with pytest.raises(InstantError, match="a naive column names no instants"):
        answer_of(pandas_of(table).assign(p=naive), pauses="p")


def test_ids_of_tickets_with_pauses_come_once() -> None:
    table = {**TABLE, "id": np.ma.masked_array([0, 1, 2, 2, 4], [0, 0, 0, 0, 1])}
    got = rows(answer_of(table, ticket="id", pauses=bulk.Pauses(pause_table(int)), errors="report"))
    assert [row["slaclock_error"] for row in got] == [
        None, None, "ticket: the ticket's id comes again in a later row", None, "ticket: the ticket's id is null",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"pauses": 5}, "not pauses: int"),
        ({"pauses": "pause"}, "no column 'pause'"),
        ({"pauses": bulk.Pauses(pause_table(int))}, "a table of pauses needs the column with the tickets' ids"),
        ({"pauses": bulk.Pauses(pause_table(int), start="begin"), "ticket": "id"}, "no column 'begin'.*'end'"),
        ({"pauses": bulk.Pauses(pause_table(int), reason="raeson"), "ticket": "id"}, "no column 'raeson'; did you mean"),
        ({"pauses": bulk.Pauses(pause_table(int)), "ticket": "ib"}, "no column 'ib'"),
        ({"pauses": bulk.Pauses([1]), "ticket": "id"}, "pauses: not a table: list"),
        ({"pauses": bulk.Pauses(pause_table(str)), "ticket": "id"}, "whole numbers in one table and text in the other"),
    ],
)  # fmt: skip
def test_what_is_amiss_with_pauses_is_told(options: dict[str, Any], told: str) -> None:
    with pytest.raises(PolicyError, match=told):
        answer_of(TABLE, **options)


# -- what is wrong with a call or a column -----------------------------------------------------------------

NAIVE = pandas_of(TABLE).assign(opened=TABLE["opened"])
FLOATS = pandas_of(TABLE).assign(opened=[1.5] * 5)
TEXTS = pandas_of(TABLE).assign(opened=OPENED)
DATES = pandas_of(TABLE).assign(opened=TABLE["opened"].astype("M8[D]").astype(object))
ZONES = pandas_of(TABLE).assign(
    opened=pd.Series([datetime.fromisoformat(f"2026-06-0{day}T12:00+0{day}:00") for day in range(1, 6)], dtype=object)
)
AGREEMENT = Agreement(id="A", timezone=LONDON, versions=[{"effective": "2026-01-01", "policy": POLICY}])


@pytest.mark.parametrize(
    ("frame", "options", "error", "told"),
    [
        (NAIVE, {}, InstantError, "opened: a naive column names no instants"),
        (NAIVE, {"zone": "UTC"}, InstantError, "the column has a zone .*; zone= is for naive columns"),
        (NAIVE, {"zone": "Mars/Base"}, InstantError, "Mars/Base"),
        (FLOATS, {}, InstantError, "opened: not a column of instants but of dtype float64"),
        (TEXTS, {}, InstantError, "opened: not a column of instants but of word"),
        (DATES, {}, InstantError, "opened: a date names no instant"),
        (ZONES, {}, InstantError, "opened: not a column of instants but of Python's datetimes"),
        (TABLE, {"as_of": datetime(2026, 6, 10)}, InstantError, "a naive datetime names no instant"),  # noqa: DTZ001
        (TABLE, {"as_of": "2026-06-10"}, InstantError, "not an aware datetime"),
        (TABLE, {"errors": "ignore"}, InstantError, "not a way to treat bad rows: 'ignore'"),
        (TABLE, {"severity": "severty"}, PolicyError, "severity: the table has no column 'severty'; did you mean 'severity'"),
        (TABLE, {"severity": "id"}, InstantError, "severity: not a column of names but of integer"),
        (TABLE, {"events": {"responded": "responded"}}, PolicyError, "no column says when tickets were opened"),
        (TABLE, {"events": {"opened": "opend"}}, PolicyError, "events.opened: .*no column 'opend'; did you mean 'opened'"),
        (TABLE, {"events": {"opened": "opened", "respond": "responded"}}, PolicyError, "'respond'; did you mean 'responded'"),
        (TABLE, {"events": {"opened": "opened", "paused": "updated"}}, PolicyError, "no column can tell of 'paused'"),
        (TABLE, {"attributes": ["plan"]}, PolicyError, "attributes.plan: the table has no column 'plan'"),
        (TABLE, {"role_columns": {"a": "b"}}, PolicyError, "role_columns.a: the table has no column 'b'"),
        ({}, {}, PolicyError, "no column says when tickets were opened"),
        ([1], {}, PolicyError, "tickets: not a table: list; a frame of pandas, Polars or pyarrow is expected"),
        (None, {}, PolicyError, "not a table: NoneType"),
        ("tickets.csv", {}, PolicyError, "not a table: str"),
        (nw.from_native(pl.DataFrame({"a": [1]}).lazy()), {}, PolicyError, "not a table: LazyFrame"),
        (pl.DataFrame({"a": [1]}).lazy(), {}, PolicyError, "a LazyFrame has no rows yet; collect it first"),
        ({"opened": times("2026-06-05"), "severity": words()}, {}, PolicyError, "NumPy arrays of one length"),
        ({"opened": np.array("2026-06-05", "M8[us]"), "severity": np.array("P1")}, {}, PolicyError, "arrays of one length"),
        ({"opened": ["2026-06-05"]}, {}, PolicyError, "NumPy arrays of one length"),
        ({"opened": times(*OPENED)[:, None], "severity": words(*SEVERITY)}, {}, InstantError, "ndarray of 2 dimensions"),
        (pd.concat([pandas_of(TABLE)] * 2, axis=1), {}, PolicyError, "the table has 2 columns 'opened'"),
        (pandas_of(TABLE).assign(update_due=1), {}, PolicyError, "has a column 'update_due' already; rename it first"),
        (polars_of(TABLE).with_columns(slaclock_error=1), {"errors": "report"}, PolicyError, "'slaclock_error' already"),
        (pd.DataFrame({1: [1], 2: [2]}), {"events": {"opened": "opened"}}, PolicyError, "no column 'opened'; known: '1', '2'"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_call_or_a_column_is_told(
    frame: Any, options: dict[str, Any], error: type[SlaclockError], told: str
) -> None:
    with pytest.raises(error, match=told):
        answer_of(frame, **options)


@pytest.mark.parametrize("given", [AGREEMENT, POLICY.name, None, {}], ids=lambda given: type(given).__name__)
def test_what_is_no_policy_is_told(given: Any) -> None:
    for asked in (lambda: answer_of(TABLE, given), lambda: bulk.answer_columns(given)):
        with pytest.raises(PolicyError, match=f"not a Policy: {type(given).__name__}"):
            asked()


# -- rows that cannot be answered --------------------------------------------------------------------------


def bad(**changed: Any) -> dict[str, np.ndarray]:
    """The table with a change in row 2."""
    table = {name: column.copy() for name, column in TABLE.items()}
    for name, value in changed.items():
        table[name][2] = value
    return table


BAD_ROWS = [
    (bad(severity="P9"), "unknown_severity: policy 'desk' has no severity 'P9'; known: 'P1', 'P2'"),
    (bad(severity=None), "unknown_severity: the row has no severity"),
    (bad(severity=""), "configuration: severity: it is empty (for example: P1)"),
    (bad(opened="NaT"), "never_opened: opened is null"),
    (bad(opened="2700-01-01"), "horizon: opened lies outside the supported years"),
    (bad(opened="1650-01-01"), "horizon: opened lies outside the supported years"),
    (bad(responded="9999-01-01"), "horizon: responded lies outside the supported years"),
    (
        bad(responded="2026-06-08T08:59"),
        "history: responded at 2026-06-08T08:59:00+00:00: the ticket is not opened yet (for example: ",
    ),
    (
        bad(opened="2026-06-11T08:00"),  # later than the reading, and than the response
        "history: responded at 2026-06-08T12:30:00+00:00: the ticket is not opened yet",
    ),
]


@pytest.mark.parametrize(("table", "told"), BAD_ROWS, ids=[told for _, told in BAD_ROWS])
def test_a_bad_row_is_told_and_the_others_are_answered(table: dict[str, np.ndarray], told: str) -> None:
    code, _, message = told.partition(": ")
    message = message.partition(" (for example")[0]
    with pytest.raises(RowsError) as error:
        answer_of(table)
    assert (error.value.count, error.value.rows) == (1, 5)
    assert [(one.row, one.code) for one in error.value.problems] == [(2, code)]
    assert f"row 2: {message}" in str(error.value)
    others = [ticket for place, ticket in enumerate(tickets()) if place != 2]
    for frame in (table, *(make(table) for make in (pandas_of, polars_of, arrow_of))):
        got = rows(answer_of(frame, errors="report"))
        assert got[2]["slaclock_error"].startswith(f"{code}: {message}")
        assert {got[2][name] for name in bulk.answer_columns(POLICY)} == {None}
        for row, ticket in zip(got[:2] + got[3:], others, strict=True):
            wanted, _ = scalar(POLICY, ticket, AS_OF)
            assert {name: row[name] for name in wanted} == wanted
            assert row["slaclock_error"] is None


def test_an_error_counts_all_rows_and_tells_of_the_first() -> None:
    table = {"opened": np.full(1000, "2026-06-05T14:00", "M8[us]"), "severity": np.full(1000, "P9", object)}
    table["opened"][3] = "NaT"
    table["severity"][0] = "P1"
    with pytest.raises(RowsError, match="999 of 1000 rows cannot be answered:") as error:
        answer_of(table)
    assert error.value.count == 999
    assert [problem.row for problem in error.value.problems] == list(range(1, 21))
    assert str(error.value).endswith("... and 979 more")
    assert error.value.problems[2].message == "opened is null"


def test_a_table_of_nothing_but_bad_rows_is_reported() -> None:
    nulls = {"opened": times(None, None), "severity": words(None, None)}
    got = rows(answer_of(nulls, errors="report"))
    assert {row["slaclock_error"] for row in got} == {"never_opened: opened is null"}
    assert {row[name] for row in got for name in bulk.answer_columns(POLICY)} == {None}
    with pytest.raises(RowsError, match="2 of 2"):
        answer_of(nulls)


def test_what_is_impossible_is_left_out_if_not_strict() -> None:
    """CLK-8."""
    ticket = PLAIN.respond(at("2026-06-05T13:00")).resolve(at("2026-06-08T10:00")).cancel(at("2026-06-08T09:00"))
    table = {
        "opened": times("2026-06-05T14:00"), "severity": words("P1"), "responded": times("2026-06-05T13:00"),
        "resolved": times("2026-06-08T10:00"), "cancelled": times("2026-06-08T09:00"),
    }  # fmt: skip
    check(answer_of(table, errors="report"), POLICY, [ticket], AS_OF)
    check(answer_of(table, strict=False), POLICY, [ticket], AS_OF, strict=False)
    paused = {**table, "p": stood((at("2026-06-08T08:00"), at("2026-06-08T12:00"), "customer"))}
    del paused["responded"], paused["resolved"]
    ticket = PLAIN.cancel(at("2026-06-08T09:00")).pause(at("2026-06-08T08:00"), "customer")
    ticket = ticket.resume(at("2026-06-08T12:00"), "customer")
    check(answer_of(paused, pauses="p", strict=False), POLICY, [ticket], AS_OF, strict=False)
    check(answer_of(paused, pauses="p", errors="report"), POLICY, [ticket], AS_OF)


def test_events_of_one_instant_come_in_the_order_of_their_kinds_opened_first() -> None:
    """CLK-6: whatever the order of the columns."""
    now = "2026-06-08T09:00"
    ticket = Ticket(id="1", severity="P1", opened_at=at(now)).respond(at(now)).update(at(now)).resolve(at(now))
    table = {kind: times(now) for kind in ("resolved", "updated", "responded", "opened")}
    check(
        answer_of({**table, "severity": words("P1")}),
        POLICY,
        [ticket.close(at(now)).replace(events=ticket.events)],
        AS_OF,
    )
    table["closed"] = times(now)
    check(answer_of({**table, "severity": words("P1")}), POLICY, [ticket.close(at(now))], AS_OF)


@pytest.mark.parametrize("as_of", ["1900-01-01", "2026-06-05T13:59:59.999999", "2026-06-05T14:00", "2031-01-01"])
def test_a_reading_may_be_of_any_time(as_of: str) -> None:
    """CLK-7: and a later event changes nothing."""
    check(answer_of(TABLE, as_of=at(as_of)), POLICY, tickets(), at(as_of))


def test_years_that_a_calendar_does_not_support_are_told_of_their_rows() -> None:
    few = BusinessCalendar(timezone="UTC", hours={"mon-fri": ["09:00-17:00"]}, years=[2025, 2026])
    policy = policy_of(
        calendars={"UK": few}, escalations=[], pauses=[],
        objectives=[{"severity": key, "metric": "resolution", "within": "8h"} for key in ("P1", "P2")],
    )  # fmt: skip
    opened = ["2024-12-31T10:00", "2026-06-05T14:00", "2026-12-31T16:00", "2027-01-04T10:00", "2024-12-31T10:00"]
    resolved = [None, None, None, None, "2025-01-02T10:00"]
    histories = [Ticket(id="1", severity="P1", opened_at=at(text)) for text in opened]
    histories[4] = histories[4].resolve(at("2025-01-02T10:00"))
    table = {"opened": times(*opened), "severity": words(*["P1"] * 5), "resolved": times(*resolved)}
    for as_of in (at("2026-12-31T17:00"), at("2026-06-10T12:00")):
        check(answer_of(table, policy, as_of=as_of, errors="report"), policy, histories, as_of)


def test_a_row_with_one_clock_that_cannot_be_read_is_told_and_has_no_cells_of_the_others() -> None:
    few = BusinessCalendar(timezone="UTC", hours={"mon-fri": ["09:00-17:00"]}, years=[2025, 2026])
    policy = policy_of(
        calendars={"UK": few, "always": always_open()}, pauses=[],
        escalations=[{"key": "late", "metric": "resolution", "at": "+30m", "receiver": {}}],
        objectives=[
            {"severity": "P1", "metric": "first_response", "within": "2h", "calendar": "always"},
            {"severity": "P1", "metric": "resolution", "within": "8h"},
        ],
    )  # fmt: skip
    opened, as_of = ["2026-12-31T09:00", "2026-12-30T10:00"], at("2026-12-31T17:00")
    histories = [PLAIN.replace(opened_at=at(text)) for text in opened]
    assert [scalar(policy, ticket, as_of)[1] for ticket in histories] == [HorizonError.code, None]
    table = {"opened": times(*opened), "severity": words("P1", "P1")}
    check(answer_of(table, policy, as_of=as_of, errors="report"), policy, histories, as_of)


def test_a_reading_after_the_supported_years_is_told_of_rows_that_still_run() -> None:
    few = BusinessCalendar(timezone="UTC", hours={"mon-fri": ["09:00-17:00"]}, years=[2025, 2026])
    policy = policy_of(
        calendars={"UK": few}, escalations=[], pauses=[],
        objectives=[{"severity": "P1", "metric": "resolution", "within": "8h"}],
    )  # fmt: skip
    table = {"opened": times(*OPENED[:2]), "severity": words("P1", "P1"), "resolved": times(RESOLVED[0], None)}
    histories = [PLAIN.resolve(at(str(RESOLVED[0]))), PLAIN.replace(opened_at=at(OPENED[1]))]
    as_of = at("2027-06-01T12:00")
    assert [scalar(policy, ticket, as_of)[1] for ticket in histories] == [None, HorizonError.code]
    check(answer_of(table, policy, as_of=as_of, errors="report"), policy, histories, as_of)
    for text in ("1700-01-01", "1969-12-31T23:59:59", "2199-12-31T23:59", "2210-01-01"):
        ticket = PLAIN.replace(opened_at=at(text))
        table = {"opened": times(text), "severity": words("P1")}
        check(answer_of(table, as_of=at("2230-01-01"), errors="report"), POLICY, [ticket], at("2230-01-01"))
        assert scalar(POLICY, ticket, at("2230-01-01"))[1] == HorizonError.code


# -- attributes and roles ----------------------------------------------------------------------------------


def by_plan(*rules: dict[str, Any]) -> Policy:
    return policy_of(
        objectives=[
            {"severity": key, "metric": "resolution", "within": within, "set": name}
            for key in ("P1", "P2") for name, within in (("gold", "2h"), ("plain", "8h"))
        ],
        rules=list(rules), escalations=[],
    )  # fmt: skip


GOLD = by_plan({"when": {"plan": "gold"}, "use": "gold"}, {"when": {"tier": [1, 2], "vip": True}, "use": "plain"})
ATTRIBUTES = [
    {"plan": "gold", "tier": 9, "vip": False},
    {"plan": "other", "tier": 2, "vip": True},
    {"plan": None, "tier": 1, "vip": True},
    {"plan": None, "tier": None, "vip": None},
    {"plan": "other", "tier": 1, "vip": False},
]


def asking(policy: Policy = GOLD) -> list[Ticket]:
    return [
        ticket.replace(attributes={name: value for name, value in given.items() if value is not None})
        for ticket, given in zip(tickets(), ATTRIBUTES, strict=True)
        if policy.rules
    ]


def column(name: str, dtype: str | None) -> pd.Series:
    return pd.Series([given[name] for given in ATTRIBUTES], dtype=dtype)


@pytest.mark.parametrize(
    ("plan", "tier", "vip"),
    [
        ("object", "object", "object"),
        ("str", "Int64", "boolean"),
        ("string", "Int8", "boolean"),
        ("category", "object", "object"),
        ("string[pyarrow]", "int64[pyarrow]", "bool[pyarrow]"),
    ],
)
def test_rules_ask_for_columns_of_attributes(plan: str, tier: str, vip: str) -> None:
    """POL-9: no match is an error of the row; a null is no attribute."""
    columns = {"plan": column("plan", plan), "tier": column("tier", tier), "vip": column("vip", vip)}
    frame = pandas_of(TABLE).assign(**columns)
    check(answer_of(frame, GOLD, errors="report"), GOLD, asking(), AS_OF)
    check(answer_of(pa.Table.from_pandas(frame), GOLD, errors="report"), GOLD, asking(), AS_OF)
    check(answer_of(pl.from_pandas(frame), GOLD, errors="report"), GOLD, asking(), AS_OF)
    other = frame.rename(columns={"plan": "contract"})
    names = {"plan": "contract", "tier": "tier", "vip": "vip"}
    check(answer_of(other, GOLD, errors="report", attributes=names), GOLD, asking(), AS_OF)
    check(answer_of(frame, GOLD, errors="report", attributes=["plan", "tier", "vip"]), GOLD, asking(), AS_OF)


def test_attributes_in_numpy_arrays() -> None:
    table = {
        **TABLE, "plan": words(*(given["plan"] for given in ATTRIBUTES)),
        "tier": np.ma.masked_array([9, 2, 1, 0, 1], [0, 0, 0, 1, 0]), "vip": np.array([0, 1, 1, 0, 0], bool),
    }  # fmt: skip
    check(answer_of(table, GOLD, errors="report"), GOLD, asking(), AS_OF)


def test_without_columns_of_attributes_only_a_rule_for_all_matches() -> None:
    got = rows(answer_of(TABLE, GOLD, errors="report"))
    assert {row["slaclock_error"] for row in got[:4]} == {
        "no_match: no rule of policy 'desk' matches the attributes {}"
    }
    assert got[4]["slaclock_error"] is None  # it is not opened yet
    everybody = by_plan({"when": {"plan": "gold"}, "use": "gold"}, {"when": {}, "use": "plain"})
    check(answer_of(TABLE, everybody), everybody, tickets(), AS_OF)


@pytest.mark.parametrize("value", [1.0, ["gold"], {"a": 1}, at("2026-06-05")], ids=lambda value: type(value).__name__)
def test_an_attribute_is_text_a_whole_number_or_a_boolean(value: Any) -> None:
    """A rule for all would match whatever it is; the scalar ticket cannot hold it."""
    policy = by_plan({"when": {"plan": "gold"}, "use": "gold"}, {"when": {}, "use": "plain"})
    frame = pandas_of(TABLE).assign(plan=pd.Series(["gold", value, None, np.nan, pd.NA], dtype=object))
    got = rows(answer_of(frame, policy, errors="report"))
    assert got[1]["slaclock_error"].startswith(
        "configuration: plan: attributes are text, whole numbers or booleans, not"
    )
    assert [row for row in range(5) if got[row]["slaclock_error"]] == [1]
    if not isinstance(value, (list, dict)):
        with pytest.raises(ConfigurationError):
            PLAIN.replace(attributes={"plan": value})


def test_a_role_is_a_column() -> None:
    """POL-5."""
    policy = contracts.load("messagebird-enterprise")
    zones = ["ET", "PT", "UK", "ET", "UK"]
    table = {
        **TABLE, "severity": words("non_critical", "non_critical", "critical", "non_critical", "non_critical"),
        "tz": words(*zones),
    }  # fmt: skip
    severities = table["severity"].tolist()
    for frame in (
        table,
        pandas_of(table),
        pandas_of(table).astype({"tz": "category"}),
        polars_of(table),
        arrow_of(table),
    ):
        got = rows(answer_of(frame, policy, role_columns={"service_hours": "tz"}))
        for row, ticket in enumerate(tickets()):
            wanted = evaluate(
                policy, ticket.replace(severity=severities[row]), as_of=AS_OF, roles={"service_hours": zones[row]}
            )
            cells = expected(policy, wanted if wanted.readings else None)
            assert {name: got[row][name] for name in cells} == cells


def test_a_role_that_a_row_does_not_bind_is_what_roles_says() -> None:
    policy = contracts.load("messagebird-enterprise")
    table = {"opened": times(*OPENED[:2]), "severity": words("non_critical", "non_critical"), "tz": words("ET", None)}
    options = {"role_columns": {"service_hours": "tz"}, "roles": {"service_hours": "UK"}}
    got = rows(answer_of(table, policy, **options))
    for row, zone in enumerate(("ET", "UK")):
        ticket = PLAIN.replace(severity="non_critical", opened_at=at(OPENED[row]))
        wanted, _ = scalar(policy, ticket, AS_OF, roles={"service_hours": zone})
        assert {name: got[row][name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("zones", "codes"),
    [
        (("ET", "XX"), [None, "unknown_role"]),
        (("ET", None), [None, "unbound_role"]),
        (("XX", None), ["unknown_role", "unbound_role"]),
    ],
)
def test_a_role_that_cannot_be_bound_is_told_of_its_row(zones: tuple[Any, ...], codes: list[Any]) -> None:
    policy = contracts.load("messagebird-enterprise")
    table = {"opened": times(*OPENED[:2]), "severity": words("critical", "critical"), "tz": words(*zones)}
    got = rows(answer_of(table, policy, role_columns={"service_hours": "tz"}, errors="report"))
    assert [(row["slaclock_error"] or "").partition(":")[0] or None for row in got] == codes
    with pytest.raises(RowsError, match=f"{2 - codes.count(None)} of 2 rows"):
        answer_of(table, policy, role_columns={"service_hours": "tz"})


def test_roles_of_a_table_without_rows() -> None:
    policy = contracts.load("messagebird-enterprise")
    table = {"opened": times(), "severity": words(), "tz": words()}
    assert set(answer_of(table, policy, role_columns={"service_hours": "tz"})) > {*bulk.answer_columns(policy)}
    with pytest.raises(UnboundRoleError):
        answer_of(table, policy)


# -- contracts ---------------------------------------------------------------------------------------------

ROLES = {
    "messagebird-enterprise": {"service_hours": "ET"},
    "bird-enterprise-email": {"working_hours": "poland"},
    "wati-pro": {"business_days": "hong_kong"},
}


@pytest.mark.parametrize("name", contracts.names())
def test_contracts_are_as_the_scalar_evaluation_has_them(name: str) -> None:
    """R-7, POL-3, POL-4: working days and others, targets in business days, escalations."""
    policy, roles = contracts.load(name), ROLES.get(name)
    keys = [severity.key for severity in policy.severities]
    # A Friday, its Saturday, a Sunday night, New Year (no working day in China or Hong Kong), Chinese New Year 2026.
    opens = ["2026-05-22T14:00", "2026-05-23T03:00", "2026-05-24T23:30", "2026-01-01T02:00", "2026-02-18T04:00"]
    wanted, table = (
        [],
        {name: [] for name in ("opened", "severity", "acknowledged", "responded", "updated", "resolved")},
    )
    for opened in opens:
        for number, key in enumerate(keys):
            begin = at(opened)
            steps = {
                "acknowledged": begin + timedelta(minutes=20 + 30 * number), "responded": begin + timedelta(hours=5),
                "updated": begin + timedelta(hours=9), "resolved": begin + timedelta(days=2 + number),
            }  # fmt: skip
            ticket = Ticket(id=f"{opened} {key}", severity=key, opened_at=begin).acknowledge(steps["acknowledged"])
            ticket = ticket.respond(steps["responded"]).update(steps["updated"]).resolve(steps["resolved"])
            wanted.append(ticket)
            for kind, value in ({"opened": begin, "severity": key} | steps).items():
                table[kind].append(value)
    frame = pl.DataFrame(table)
    for as_of in (at("2026-05-24T12:00"), at("2026-06-10T12:00")):
        check(answer_of(frame, policy, as_of=as_of, roles=roles), policy, wanted, as_of, roles=roles)


@pytest.mark.parametrize("name", contracts.names())
def test_the_columns_of_an_answer_are_known_before(name: str) -> None:
    policy = contracts.load(name)
    table = {"opened": times("2026-05-22T14:00"), "severity": words(policy.severities[0].key)}
    answer = answer_of(table, policy, roles=ROLES.get(name))
    assert list(answer) == ["opened", "severity", *bulk.answer_columns(policy)]
    assert {kind: list(bulk.answer_columns(policy).values()).count(kind) for kind in ("text",)} == {"text": 0}


def test_columns_of_an_answer_by_name() -> None:
    first = dict(list(bulk.answer_columns(POLICY).items())[8:18])
    assert first == {
        "resolution_due": "instant", "resolution_breach_at": "instant", "resolution_state": "word",
        "resolution_breached": "flag", "resolution_elapsed": "span", "resolution_remaining": "span",
        "resolution_overrun": "span", "resolution_paused": "span", "resolution_escalation_warning": "instant",
        "resolution_escalation_boss": "instant",
    }  # fmt: skip
