"""A DataFrame's columns and rows get, cell by cell, what the library says of one instant and of one ticket (R-7)."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from engines.cases import AS_OF, BOTH, CALENDARS, ET, POLICY, RARELY, ROWS, UK, at, scalar
from slaclock import CalendarError, DurationError, InstantError, PolicyError, SlaclockError, Ticket, bulk, evaluate

pytest.importorskip("pyspark", reason="pyspark is not installed")
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    pytest.skip("Spark needs Java", allow_module_level=True)

from pyspark.errors import PythonException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sql

from slaclock import spark as engine

pytestmark = [
    pytest.mark.engine,
    # pyspark says so of every pandas from 3 on, and nothing here goes by way of pandas.
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
]


@pytest.fixture(scope="module")
def session() -> Iterator[SparkSession]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        made = (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.sql.session.timeZone", "America/New_York")
            .getOrCreate()
        )
        made.sparkContext.setLogLevel("OFF")
        yield made
        made.stop()


@pytest.fixture
def zoned(session) -> Iterator[SparkSession]:
    yield session
    session.conf.set("spark.sql.session.timeZone", "America/New_York")


def rows_of(df: DataFrame) -> list[dict[str, Any]]:
    """The rows, with instants in UTC: of two zones, Python finds no time equal that comes twice."""
    return df.toArrow().to_pylist()


def one(session: SparkSession, column) -> Any:
    frame = session.range(1).select(sql.lit(at("2026-05-22T14:00Z")).alias("opened"))
    return next(iter(rows_of(frame.select(column))[0].values()))


def plan(df: DataFrame) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as told:
        df.explain()
    return told.getvalue()


# -- columns -------------------------------------------------------------------------------------------------


def table() -> pa.Table:
    instants, text = pa.timestamp("us", "UTC"), pa.string()
    kinds = {"id": pa.int32(), "start": instants, "end": instants, "calendar": text, "within": text, "days": pa.int32()}
    return pa.table({name: pa.array([getattr(row, name) for row in ROWS], kind) for name, kind in kinds.items()})


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "+05:30"])
def test_equal_to_the_scalar_library(zoned, zone):
    """R-7: over clock changes, edges and nulls, whatever zone the session shows."""
    zoned.conf.set("spark.sql.session.timeZone", zone)
    name, known = sql.col("calendar"), {"calendars": CALENDARS}
    asked = zoned.createDataFrame(table()).select(
        "id",
        engine.due("start", sql.col("within"), name, **known).alias("due"),
        engine.elapsed("start", sql.col("end"), name, **known).alias("elapsed"),
        engine.is_open("start", name, **known).alias("is_open"),
        engine.next_open("start", name, **known).alias("next_open"),
        engine.next_close(sql.col("start"), name, **known).alias("next_close"),
        engine.add_business_days("start", sql.col("days"), name, **known).alias("add_business_days"),
    )
    assert [field.simpleString() for field in asked.schema.fields[1:]] == [
        "due:timestamp", "elapsed:interval day to second", "is_open:boolean", "next_open:timestamp",
        "next_close:timestamp", "add_business_days:timestamp",
    ]  # fmt: skip
    wanted = [{"id": row.id, **scalar(row)} for row in ROWS]
    assert sorted(rows_of(asked), key=lambda row: row["id"]) == wanted


def test_constants(session):
    assert one(session, engine.due("opened", "4h", UK)) == at("2026-05-26T10:00Z")
    assert one(session, engine.due("opened", timedelta(hours=4), UK)) == at("2026-05-26T10:00Z")
    assert one(session, engine.elapsed("opened", at("2026-05-26T11:00+01:00"), UK)) == timedelta(hours=4)
    assert one(session, engine.elapsed("opened", "opened", UK)) == timedelta(0)
    assert one(session, engine.is_open("opened", BOTH)) is True
    assert one(session, engine.next_close("opened", UK)) == at("2026-05-22T15:30Z")
    assert one(session, engine.add_business_days("opened", 1, UK, by="close")) == at("2026-05-26T15:30Z")
    late = sql.lit(at("2026-06-05T10:00Z"))
    assert one(session, engine.next_open(late, RARELY)) is None


def test_intervals_go_round(session):
    """An interval that comes out is exact to the microsecond, and goes in again."""
    used = engine.elapsed("opened", at("2026-05-26T11:00:00.000001+01:00"), UK)
    assert one(session, used) == timedelta(hours=4, microseconds=1)
    assert one(session, engine.due("opened", used, UK)) == at("2026-05-26T10:00:00.000001Z")


def test_what_names_no_instant_is_refused(session):
    """R-1: a TIMESTAMP_NTZ needs a zone, and takes one."""
    naive = sql.to_timestamp_ntz(sql.lit("2026-05-22 15:00:00"))
    with pytest.raises(PythonException, match="a TIMESTAMP_NTZ names no instant"):
        one(session, engine.due(naive, "4h", UK))
    with pytest.raises(PythonException, match="a TIMESTAMP_NTZ names no instant"):
        one(session, engine.elapsed("opened", naive, UK))
    with pytest.raises(PythonException, match="not a column of instants"):
        one(session, engine.due(sql.lit("2026-05-22 15:00:00"), "4h", UK))
    assert one(session, engine.due(naive, "4h", UK, zone="Europe/London")) == at("2026-05-26T10:00Z")


def test_rows_without_an_answer(session):
    far = sql.lit(at("2300-01-01T00:00Z"))
    with pytest.raises(PythonException, match=r"due\(2300-01-01 .* outside the supported years"):
        one(session, engine.due(far, "4h", UK))
    assert one(session, engine.due(far, "4h", UK, errors="null")) is None
    with pytest.raises(PythonException, match="no calendar 'night'; did you mean 'nights'"):
        one(session, engine.is_open("opened", sql.lit("night"), calendars=CALENDARS))


@pytest.mark.parametrize(
    ("ask", "kind", "told"),
    [
        (lambda: engine.due("opened", "1d", UK), DurationError, "ambiguous"),
        (lambda: engine.due("opened", "4h", "UK"), CalendarError, "calendars="),
        (lambda: engine.due("opened", "4h", sql.lit("UK")), CalendarError, "calendars="),
        (lambda: engine.is_open("opened", UK, errors="ignore"), SlaclockError, "errors"),
        (lambda: engine.is_open("opened", UK, zone="Europe/Londn"), InstantError, "Londn"),
        (lambda: engine.add_business_days("opened", 1, UK, by="noon"), CalendarError, "not a time of day"),
        (lambda: engine.elapsed("opened", datetime(2026, 5, 22), UK), InstantError, "naive"),  # noqa: DTZ001
    ],
)
def test_mistakes_are_told_before_anything_runs(session, ask, kind, told):
    with pytest.raises(kind, match=told):
        ask()


# -- tickets -------------------------------------------------------------------------------------------------

METRICS = ("first_response", "workaround", "resolution", "update")
AMOUNTS = ("elapsed", "remaining", "overrun", "paused")


def tickets(count: int = 120) -> list[dict[str, Any]]:
    """Tickets of all sorts: answered or not, paused or not, before and after the clocks change."""
    found = []
    for number in range(count):
        opened = at("2026-03-05T09:00Z") + timedelta(hours=7 * number, microseconds=number)
        responded = None if number % 5 == 0 else opened + timedelta(minutes=11 * number % 600)
        resolved = None if number % 3 == 0 else opened + timedelta(hours=5 + 3 * (number % 40))
        pauses = [{"start": opened + timedelta(hours=2), "end": opened + timedelta(hours=30), "reason": "customer"}]
        found.append({
            "id": f"T-{number}", "severity": POLICY.severities[number % 2].key, "opened": opened,
            "responded": responded, "resolved": resolved, "zone": ("UK", "ET")[number % 7 % 2],
            "waits": pauses if number % 4 == 0 else None,
        })  # fmt: skip
    return found


INSTANT = pa.timestamp("us", "UTC")
WAITS = pa.list_(pa.struct([("start", INSTANT), ("end", INSTANT), ("reason", pa.string())]))
SCHEMA = pa.schema([
    ("id", pa.string()), ("severity", pa.string()), ("opened", INSTANT), ("responded", INSTANT),
    ("resolved", INSTANT), ("zone", pa.string()), ("waits", WAITS),
])  # fmt: skip
OPTIONS = {"as_of": AS_OF, "pauses": "waits", "role_columns": {"service_hours": "zone"}}


def alone(given: dict[str, Any]) -> dict[str, Any]:
    """What ``evaluate`` says of a ticket."""
    ticket = Ticket(id=given["id"], severity=given["severity"], opened_at=given["opened"])
    for pause in given["waits"] or ():
        ticket = ticket.pause(pause["start"], reason=pause["reason"]).resume(pause["end"], reason=pause["reason"])
    ticket = ticket if given["responded"] is None else ticket.respond(given["responded"])
    ticket = ticket if given["resolved"] is None else ticket.resolve(given["resolved"])
    result = evaluate(POLICY, ticket, as_of=AS_OF, roles={"service_hours": given["zone"]}, strict=False)
    found = dict(given)
    for metric in METRICS:
        mine = [reading for reading in result.readings if reading.metric == metric]
        reading = result[metric] if mine else None
        for name in ("due", "breach_at"):
            instant = reading and getattr(reading, name)
            found[f"{metric}_{name}"] = instant and instant.astimezone(UTC)
        found[f"{metric}_state"] = reading and reading.state
        found[f"{metric}_breached"] = reading and reading.breached
        found |= {f"{metric}_{name}": reading and getattr(reading, name) for name in AMOUNTS}
    return found


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_tickets_are_read_as_evaluate_reads_them(zoned, zone):
    """R-7: every cell, in several partitions and batches, whatever zone the session shows."""
    zoned.conf.set("spark.sql.session.timeZone", zone)
    given = tickets()
    df = zoned.createDataFrame(pa.Table.from_pylist(given, SCHEMA)).repartition(3)
    answer = engine.evaluate(df, POLICY, **OPTIONS, strict=False)
    found = {row["id"]: row for row in rows_of(answer)}
    assert list(found["T-0"]) == [*SCHEMA.names, *bulk.answer_columns(POLICY)]
    for ticket in given:
        assert found[ticket["id"]] == alone(ticket)


def test_the_schema_is_known_beforehand(session):
    df = session.createDataFrame(pa.Table.from_pylist(tickets(1), SCHEMA))
    answer = engine.evaluate(df, POLICY, **OPTIONS, errors="report")
    kinds = {"instant": "timestamp", "span": "interval day to second", "flag": "boolean", "word": "string"}
    wanted = {name: kinds[kind] for name, kind in bulk.answer_columns(POLICY).items()}
    assert answer.schema.fields[: len(df.columns)] == df.schema.fields
    added = {field.name: field.dataType.simpleString() for field in answer.schema.fields[len(df.columns) :]}
    assert added == {**wanted, "slaclock_error": "string"}


def test_tickets_are_not_shuffled(session):
    df = session.createDataFrame(pa.Table.from_pylist(tickets(1), SCHEMA))
    told = plan(engine.evaluate(df, POLICY, **OPTIONS))
    assert "MapInArrow" in told
    assert "Exchange" not in told


def test_bad_tickets_are_told_by_their_ids(session):
    given = tickets(9)
    given[7]["severity"] = "hopeless"
    df = session.createDataFrame(pa.Table.from_pylist(given, SCHEMA))
    with pytest.raises(PythonException, match=r"'T-7': policy .* has no severity 'hopeless'"):
        engine.evaluate(df, POLICY, ticket="id", **OPTIONS).collect()
    with pytest.raises(PythonException, match=r"row \d of the batch: policy .* has no severity 'hopeless'"):
        engine.evaluate(df, POLICY, **OPTIONS).collect()
    reported = {
        row["id"]: row["slaclock_error"] for row in rows_of(engine.evaluate(df, POLICY, errors="report", **OPTIONS))
    }
    assert "hopeless" in reported.pop("T-7")
    assert set(reported.values()) == {None}


@pytest.mark.parametrize(
    ("options", "kind", "told"),
    [
        ({"severity": "priority"}, PolicyError, "no column 'priority'"),
        ({"ticket": "key"}, PolicyError, "no column 'key'"),
        ({"pauses": "breaks"}, PolicyError, "no column 'breaks'"),
        ({"pauses": 3}, PolicyError, "not the name of an array column"),
        ({"role_columns": None}, SlaclockError, "service_hours"),
        ({"events": {"opened": "severity"}}, InstantError, "severity"),
        ({"as_of": datetime(2026, 5, 1)}, InstantError, "naive"),  # noqa: DTZ001
    ],
)
def test_mistakes_about_tickets_are_told_before_anything_runs(session, options, kind, told):
    df = session.createDataFrame(pa.Table.from_pylist(tickets(1), SCHEMA))
    with pytest.raises(kind, match=told):
        engine.evaluate(df, POLICY, **{**OPTIONS, **options})


def test_naive_tickets_are_refused(session):
    df = session.createDataFrame(pa.Table.from_pylist(tickets(1), SCHEMA)).select("id", "severity", "opened")
    naive = df.withColumn("opened", sql.to_timestamp_ntz(sql.lit("2026-05-22 15:00:00")))
    roles = {"as_of": AS_OF, "roles": {"service_hours": "UK"}}
    with pytest.raises(InstantError, match="a naive column names no instants"):
        engine.evaluate(naive, POLICY, **roles)
    found = rows_of(engine.evaluate(naive, POLICY, zone="Europe/London", **roles))
    assert found[0]["first_response_due"] == at("2026-05-22T15:15+01:00")


def test_no_tickets(session):
    df = session.createDataFrame(SCHEMA.empty_table())
    assert rows_of(engine.evaluate(df, POLICY, **OPTIONS)) == []


# -- logs ----------------------------------------------------------------------------------------------------

LOG = pa.schema(
    [("ticket", pa.int64()), ("at", INSTANT), ("kind", pa.string()), ("value", pa.string()), ("seq", pa.int64())]
)


def log(count: int = 60) -> list[dict[str, Any]]:
    """What happened to some tickets; of one instant, ``seq`` says what came first."""
    found = []
    for number in range(count):
        opened = at("2026-03-05T09:00Z") + timedelta(hours=13 * number)
        told = [("opened", 0, "critical" if number % 2 else "non_critical"), ("responded", number % 3, None),
                ("paused", 3, "customer"), ("resumed", 20, "customer"), ("resolved", 30 + number, None)]  # fmt: skip
        for kind, hours, value in told[: 2 + number % 4]:
            instant = opened + timedelta(hours=hours)
            found.append({"ticket": number, "at": instant, "kind": kind, "value": value, "seq": len(found)})
    return found


def test_logs_are_read_as_bulk_reads_them(session):
    """R-7: whatever the order in which a shuffle brings the rows."""
    roles = {"as_of": AS_OF, "roles": {"service_hours": "UK"}}
    given = pa.Table.from_pylist(log(), LOG)
    backwards = pa.Table.from_pylist(log()[::-1], LOG)
    answer = engine.evaluate_log(session.createDataFrame(backwards).repartition(4), POLICY, order="seq", **roles)
    assert "Exchange" in plan(answer)
    wanted = bulk.evaluate_log(POLICY, given, **roles).to_pylist()
    assert sorted(rows_of(answer), key=lambda row: row["ticket"]) == wanted


def test_events_of_one_instant_need_an_order(session):
    df = session.createDataFrame(pa.Table.from_pylist(log(3), LOG))
    with pytest.raises(PythonException, match="ticket 0 has two events at one instant"):
        engine.evaluate_log(df, POLICY, as_of=AS_OF, roles={"service_hours": "UK"}).collect()


def test_bad_tickets_of_a_log(session):
    given = log(5)
    given[0]["value"] = "hopeless"
    df = session.createDataFrame(pa.Table.from_pylist(given, LOG))
    options = {"as_of": AS_OF, "roles": {"service_hours": "UK"}, "order": "seq"}
    with pytest.raises(PythonException, match=r"\n +0: .*hopeless"):
        engine.evaluate_log(df, POLICY, **options).collect()
    reported = rows_of(engine.evaluate_log(df, POLICY, errors="report", **options))
    assert [row["ticket"] for row in reported if row["slaclock_error"] is not None] == [0]
    with pytest.raises(PolicyError, match="no column 'happened'"):
        engine.evaluate_log(df, POLICY, at="happened", **options)


# -- batches, without Spark ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("held", [1, 4, 1000])
def test_tickets_are_never_cut(monkeypatch, size, held):
    monkeypatch.setattr(engine, "_ROWS", held)
    ids = [0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 3, 4, 4, 5]
    batches = pa.table({"ticket": pa.array(ids)}).to_batches(max_chunksize=size)
    pieces = [piece.column("ticket").to_pylist() for piece in engine._whole_tickets(iter(batches), "ticket")]
    assert [number for piece in pieces for number in piece] == ids
    assert sum(len(set(piece)) for piece in pieces) == len(set(ids))


def test_equal_calendars_are_one_in_a_worker():
    other = ET.replace()
    assert other is not ET
    assert engine._known(other) is engine._known(ET)
