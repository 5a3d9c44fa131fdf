"""The real incident log, by every engine: SQL functions and Spark say what one evaluation after the other says (R-7)."""

from __future__ import annotations

import csv
import os
import shutil
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

import slaclock.duckdb
from demo_script import demo
from slaclock import Evaluation, Policy, Ticket, bulk, evaluate

EXAMPLES = Path(__file__).parents[2] / "examples"
AS_OF = datetime(2017, 3, 1, tzinfo=UTC)


@cache
def facts() -> pa.Table:
    """The log, with the place of each row."""
    with (EXAMPLES / "data" / "incident_events.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return pa.table(
        {
            "ticket": [row["incident"] for row in rows],
            "at": pa.array([datetime.fromisoformat(row["at"]) for row in rows], pa.timestamp("us", "UTC")),
            "kind": [row["kind"] for row in rows],
            "value": [row["value"] or None for row in rows],
            "seq": range(len(rows)),
        }
    )


@cache
def policy() -> Policy:
    return Policy.load(EXAMPLES / "incident_log" / "policy.toml")


@cache
def scalar() -> dict[str, Evaluation]:
    """Each incident by itself."""
    tickets = map(demo.to_ticket, demo.read_facts().values())
    return {ticket.id: evaluate(policy(), ticket, as_of=AS_OF, strict=False) for ticket in tickets}


def check(rows: list[dict[str, Any]]) -> None:
    assert len(rows) == len(scalar()) == 890
    for row in rows:
        for metric in {objective.metric for objective in policy().objectives}:
            reading = scalar()[row["ticket"]].get(metric)
            told = {name: row[f"{metric}_{name}"] for name in ("state", "breached", "due", "breach_at", "elapsed")}
            if reading is None:
                assert set(told.values()) == {None}
            else:
                assert told == {name: getattr(reading, name) for name in told}, (row["ticket"], metric)


def test_arrow() -> None:
    check(bulk.evaluate_log(policy(), facts(), as_of=AS_OF, strict=False).to_pylist())


def test_duckdb() -> None:
    """What falls due when, for an incident of which only the opening is known; and working time since."""
    known = [
        (name, result.readings[0].started_at, result.readings[0].severity) for name, result in scalar().items()
    ]  # fmt: skip
    incidents = pa.table(
        {
            "ticket": [name for name, _, _ in known],
            "opened": pa.array([opened for _, opened, _ in known], pa.timestamp("us", "UTC")),
            "severity": [severity for _, _, severity in known],
        }
    )
    calendar = next(iter(policy().calendars))
    with duckdb.connect() as con:
        slaclock.duckdb.register(con, calendars=policy().calendars, policies={"log": policy()})
        con.register("incidents", incidents)
        asked = f"""SELECT ticket, opened, severity, sla_objective_due(opened, 'log', severity, 'resolution') AS due,
            epoch_us(sla_elapsed(opened, '2017-03-01 00:00:00Z'::TIMESTAMPTZ, '{calendar}')) AS worked
            FROM incidents"""
        answers = pa.table(con.sql(asked).arrow()).to_pylist()
    assert len(answers) == 890
    for row in answers:
        ticket = Ticket(id=row["ticket"], severity=row["severity"], opened_at=row["opened"])
        assert row["due"] == evaluate(policy(), ticket, as_of=row["opened"])["resolution"].due
        worked = policy().calendars[calendar].elapsed(row["opened"], AS_OF)
        assert row["worked"] == round(worked.total_seconds() * 10**6)


@pytest.mark.engine
@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
def test_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("Spark needs Java")
    from pyspark.sql import SparkSession

    from slaclock import spark

    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    session = builder.config("spark.sql.shuffle.partitions", "2").getOrCreate()
    try:
        session.sparkContext.setLogLevel("OFF")
        log = session.createDataFrame(facts())
        answer = spark.evaluate_log(log, policy(), as_of=AS_OF, order="seq", strict=False)
        check(answer.toArrow().to_pylist())
    finally:
        session.stop()
