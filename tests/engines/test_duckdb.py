"""The SQL functions give, cell by cell, what the library says of one instant (R-7)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from engines.cases import BOTH, CALENDARS, POLICY, RARELY, ROWS, UK, at, scalar
from slaclock import SlaclockError, Ticket, contracts, evaluate

duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
engine = pytest.importorskip("slaclock.duckdb")

FRIDAY = "'2026-05-22 15:00:00+01'::TIMESTAMPTZ"
POLICIES = {"uk": POLICY, "et": POLICY, "wati": contracts.load("wati-pro")}
ROLES = {"uk": {"service_hours": "UK"}, "et": {"service_hours": "ET"}}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        engine.register(made, calendars={**CALENDARS, "rarely": RARELY}, policies=POLICIES, roles=ROLES)
        yield made


def ask(con, question: str):
    """One cell, by way of Arrow: of a TIMESTAMPTZ Python is told through another library of zones."""
    return table(con, f"SELECT {question} AS answer")["answer"][0]


def table(con, query: str) -> dict[str, list]:
    found = con.sql(query).to_arrow_table()
    return {name: plain(found.column(name)) for name in found.column_names}


def plain(column: pa.ChunkedArray) -> list:
    if pa.types.is_interval(column.type):  # months, days, nanoseconds
        parts = column.to_pylist()
        assert all(part is None or (part.months, part.days, part.nanoseconds % 1000) == (0, 0, 0) for part in parts)
        return [None if part is None else timedelta(microseconds=part.nanoseconds // 1000) for part in parts]
    if pa.types.is_timestamp(column.type):  # in UTC: of two zones, Python finds no time equal that comes twice
        column = column.cast(pa.timestamp("us", "UTC"))
    return column.to_pylist()


def complaint(con, question: str) -> str:
    with pytest.raises(duckdb.Error) as caught:
        con.sql(f"SELECT {question}").fetchall()
    return str(caught.value)


def tickets() -> pa.Table:
    instants, text = pa.timestamp("us", "UTC"), pa.string()
    kinds = {"id": pa.int32(), "start": instants, "end": instants, "calendar": text, "within": text, "days": pa.int32()}
    return pa.table({name: pa.array([getattr(row, name) for row in ROWS], kind) for name, kind in kinds.items()})


QUESTIONS = """
    sla_due(start, within, calendar) AS due,
    sla_elapsed(start, "end", calendar) AS elapsed,
    sla_is_open(start, calendar) AS is_open,
    sla_next_open(start, calendar) AS next_open,
    sla_next_close(start, calendar) AS next_close,
    sla_add_business_days(start, days, calendar) AS add_business_days
"""


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("copies", [1, 12])  # one vector, and more than one
def test_equal_to_the_scalar_library(con, zone, copies):
    """R-7: over clock changes, edges and nulls, whatever zone the session shows."""
    con.sql(f"SET TimeZone = '{zone}'")
    con.register("tickets", pa.concat_tables([tickets()] * copies))
    answers = table(con, f"SELECT id, {QUESTIONS} FROM tickets")
    wanted = {row.id: scalar(row) for row in ROWS}
    assert len(answers["id"]) == copies * len(ROWS)
    for place, number in enumerate(answers["id"]):
        assert {name: answers[name][place] for name in wanted[number]} == wanted[number], ROWS[number]


def test_constants(con):
    """The same with constants, which DuckDB folds."""
    assert ask(con, f"sla_due({FRIDAY}, 'PT4H', 'UK')") == at("2026-05-26T11:00+01:00")
    assert ask(con, f"sla_elapsed({FRIDAY}, '2026-05-26 11:00:00+01'::TIMESTAMPTZ, 'UK')") == timedelta(hours=4)
    assert ask(con, f"sla_elapsed('2026-05-26 11:00:00+01'::TIMESTAMPTZ, {FRIDAY}, 'UK')") == timedelta(hours=-4)
    assert ask(con, f"sla_is_open({FRIDAY}, 'both')") is True
    assert ask(con, f"sla_add_business_days({FRIDAY}, 2, 'UK')") == at("2026-05-27T15:00+01:00")
    assert ask(con, "sla_next_open('2026-06-05 10:00:00Z'::TIMESTAMPTZ, 'rarely')") is None


def test_parameters_and_cursors(con):
    answer = con.cursor().execute("SELECT epoch_us(sla_due(?, ?, ?))", [at("2026-05-22T14:00Z"), "4h", "UK"])
    assert answer.fetchall() == [(1779789600000000,)]


def test_intervals_go_round(con):
    """An INTERVAL that comes out is exact to the microsecond, and goes in again."""
    microsecond = "to_microseconds(1)"
    assert ask(con, f"sla_elapsed({FRIDAY}, {FRIDAY} + {microsecond}, 'UK')") == timedelta(microseconds=1)
    long = "sla_elapsed('1990-01-01 00:00:00Z'::TIMESTAMPTZ, '2090-01-01 12:34:56.789123Z'::TIMESTAMPTZ, 'both')"
    assert ask(con, long) == BOTH.elapsed(at("1990-01-01T00:00Z"), at("2090-01-01T12:34:56.789123Z"))
    assert ask(
        con, f"sla_due({FRIDAY}, sla_elapsed({FRIDAY}, '2026-05-26 11:00:00+01'::TIMESTAMPTZ, 'UK'), 'UK')"
    ) == at("2026-05-26T11:00+01:00")
    assert ask(con, f"sla_due({FRIDAY}, INTERVAL '4 hours', 'UK')") == at("2026-05-26T11:00+01:00")
    assert "ambiguous" in complaint(con, f"sla_due({FRIDAY}, INTERVAL '1 day', 'UK')")


def test_enums(con):
    con.sql("CREATE TYPE place AS ENUM ('UK', 'ET')")
    assert ask(con, f"sla_due({FRIDAY}, '4h', 'UK'::place)") == at("2026-05-26T11:00+01:00")


@pytest.mark.parametrize(
    "call",
    ["sla_due({}, '4h', 'UK')", "sla_elapsed({}, {}, 'UK')", "sla_is_open({}, 'UK')", "sla_next_open({}, 'UK')",
     "sla_next_close({}, 'UK')", "sla_add_business_days({}, 1, 'UK')", "sla_objective_due({}, 'uk', 'critical', 'resolution')"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("TIMESTAMP '2026-05-22 15:00'", "a TIMESTAMP names no instant"),
        ("TIMESTAMP_NS '2026-05-22 15:00'", "a TIMESTAMP names no instant"),
        ("NULL::TIMESTAMP", "a TIMESTAMP names no instant"),
        ("DATE '2026-05-22'", "a DATE names no instant"),
        ("'2026-05-22 15:00'", "'2026-05-22 15:00:00+01:00'::TIMESTAMPTZ"),
    ],
)
def test_what_names_no_instant_is_refused(con, call, given, told):
    """R-1: DuckDB would take it to be in the session's zone."""
    assert told in complaint(con, call.format(given, given))


def test_null_in_null_out(con):
    assert ask(con, "sla_due(NULL, '4h', 'UK')") is None
    assert ask(con, f"sla_due({FRIDAY}, NULL, 'UK')") is None
    assert ask(con, f"sla_due({FRIDAY}, '4h', NULL)") is None
    assert ask(con, f"sla_add_business_days({FRIDAY}, NULL, 'UK')") is None
    assert ask(con, f"sla_objective_due({FRIDAY}, 'uk', NULL, 'resolution')") is None


@pytest.mark.parametrize(
    ("question", "told"),
    [
        (f"sla_due({FRIDAY}, '4h', 'night')", "no calendar 'night'; did you mean 'nights'?"),
        (f"sla_due({FRIDAY}, '1d', 'UK')", '"1d" is ambiguous'),
        (f"sla_due({FRIDAY}, 4, 'UK')", "within: not a VARCHAR"),
        (f"sla_due({FRIDAY}, '4h', 4)", "calendar: not a VARCHAR"),
        (f"sla_due({FRIDAY}, '4h')", "No function matches"),
        (f"sla_add_business_days({FRIDAY}, 1.5, 'UK')", "days: not an INTEGER"),
        (
            "sla_due('2300-01-01 00:00:00Z'::TIMESTAMPTZ, '4h', 'UK')",
            'sla_due(2300-01-01 00:00:00.000000Z, "4h", "UK")',
        ),
        ("sla_due('infinity'::TIMESTAMPTZ, '4h', 'UK')", "outside the supported years"),
        ("sla_is_open('1900-01-01 00:00:00Z'::TIMESTAMPTZ, 'UK')", "outside the supported years"),
        ("sla_due('2027-01-01 00:00:00Z'::TIMESTAMPTZ, '4h', 'rarely')", "sla_due(2027-01-01"),
        (f"sla_objective_due({FRIDAY}, 'ut', 'critical', 'resolution')", "no policy 'ut'"),
        (f"sla_objective_due({FRIDAY}, 'uk', 'critcal', 'resolution')", "did you mean 'critical'"),
        (
            f"sla_objective_due({FRIDAY}, 'uk', 'critical', 'resolutio')",
            "no metric 'resolutio'; did you mean 'resolution'",
        ),
        (
            "sla_objective_due('1900-01-01 00:00:00Z'::TIMESTAMPTZ, 'uk', 'critical', 'resolution')",
            "sla_objective_due(1900-01-01",
        ),
    ],
)
def test_mistakes_are_told(con, question, told):
    assert told in complaint(con, question)


def test_the_row_of_many_is_told(con):
    starts = (
        "SELECT '2026-05-22 15:00:00Z'::TIMESTAMPTZ + to_hours(i::INT) AS start, 'UK' AS name FROM range(3000) r(i)"
    )
    bad = f"{starts} UNION ALL SELECT '2300-01-01 00:00:00Z'::TIMESTAMPTZ, 'UK' UNION ALL {starts}"
    assert "sla_due(2300-01-01" in complaint(con, f"max(sla_due(start, '4h', name)) FROM ({bad})")
    named = "SELECT '2026-05-22 15:00:00Z'::TIMESTAMPTZ AS start, unnest(['UK', 'EU', 'ET']) AS name"
    assert "no calendar 'EU'" in complaint(con, f"sla_due(start, '4h', name) FROM ({named})")


def test_try_makes_it_null(con):
    assert ask(con, "TRY(sla_due('2300-01-01 00:00:00Z'::TIMESTAMPTZ, '4h', 'UK'))") is None


# -- policies ------------------------------------------------------------------------------------------------


def scalar_due(policy: str, severity: str, metric: str, opened: datetime) -> datetime | None:
    ticket = Ticket(id="T", severity=severity, opened_at=opened)
    result = evaluate(POLICIES[policy], ticket, as_of=opened, roles=ROLES.get(policy))
    readings = [reading for reading in result.readings if reading.metric == metric and reading.kind == "commitment"]
    return readings[-1].due and readings[-1].due.astimezone(UTC) if readings else None


def test_objectives_are_due_as_evaluate_says(con):
    cases = [
        ("uk", "critical", "first_response"), ("et", "critical", "update"), ("uk", "critical", "resolution"),
        ("uk", "non_critical", "resolution"), ("uk", "critical", "acknowledgement"), ("wati", "P1", "first_response"),
        ("wati", "P3", "resolution"), ("wati", "P4", "first_response"),
    ]  # fmt: skip
    con.sql("CREATE TABLE cases (id INTEGER, opened TIMESTAMPTZ, policy TEXT, severity TEXT, metric TEXT)")
    given = [(row.id, row.start, *cases[row.id % len(cases)]) for row in ROWS]
    con.executemany("INSERT INTO cases VALUES (?, ?, ?, ?, ?)", given)
    found = table(con, "SELECT id, sla_objective_due(opened, policy, severity, metric) AS due FROM cases")
    wanted = {number: opened and scalar_due(*case, opened) for number, opened, *case in given}
    assert dict(zip(found["id"], found["due"], strict=True)) == wanted
    assert sum(due is not None for due in wanted.values()) > len(ROWS) // 4


def test_one_row_does_not_decide_for_another(con):
    """A late ticket on a calendar for all years stands beside one on a calendar that ends."""
    wati = POLICIES["wati"]
    ending = {**wati.calendars, "hong_kong": wati.calendars["hong_kong"].materialize(2026, 2027)}
    engine.register(con, policies={"short": wati.replace(calendars=ending)})
    con.sql("CREATE TABLE late (opened TIMESTAMPTZ, severity TEXT)")
    con.sql("INSERT INTO late VALUES ('2026-03-02 10:00:00Z', 'P2'), ('2029-12-31 12:00:00Z', 'P1')")
    due = "sla_objective_due(opened, 'short', severity, 'resolution')"
    wanted = [scalar_due("wati", "P2", "resolution", at("2026-03-02T10:00Z")), at("2029-12-31T20:00Z")]
    assert table(con, f"SELECT {due} AS due FROM late ORDER BY opened")["due"] == wanted
    con.sql("INSERT INTO late VALUES ('2029-12-30 12:00:00Z', 'P2')")
    assert "sla_objective_due(2029-12-30 12:00" in complaint(con, f"{due} FROM late")


# -- registering ---------------------------------------------------------------------------------------------


def test_registering_again_replaces(con):
    engine.register(con, calendars={"UK": CALENDARS["ET"]})
    assert ask(con, f"sla_due({FRIDAY}, '4h', 'UK')") == CALENDARS["ET"].due(at("2026-05-22T15:00+01:00"), "4h")
    assert "no policy 'uk'" in complaint(con, f"sla_objective_due({FRIDAY}, 'uk', 'critical', 'resolution')")


def test_later_changes_of_the_mapping_change_nothing():
    calendars = {"UK": UK}
    with duckdb.connect() as con:
        engine.register(con, calendars=calendars)
        calendars.clear()
        assert ask(con, f"sla_is_open({FRIDAY}, 'UK')") is True


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"calendars": {"UK": "UK"}}, "calendars['UK']: not a calendar"),
        ({"policies": {"gold": "gold"}}, "policies['gold']: not a Policy"),
        ({"policies": {"gold": POLICY}}, "role 'service_hours'"),
        ({"roles": {"gold": {}}}, "no policy 'gold'"),
    ],
)
def test_mistakes_in_registering(given, told):
    with duckdb.connect() as con, pytest.raises(SlaclockError) as caught:
        engine.register(con, **given)
    assert told in str(caught.value)


def test_nothing_else_is_loaded():
    """Whoever has DuckDB and pyarrow needs no other library of columns."""
    code = "import sys, slaclock.duckdb; print(sorted({'pandas', 'polars', 'pyspark'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
