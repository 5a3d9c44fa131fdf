"""Attainment: examples worked out by hand, the incident log, tables, and what is refused."""

from __future__ import annotations

import csv
import dataclasses
import math
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from demo_script import demo
from slaclock import (
    Attainment,
    AttainmentError,
    Evaluation,
    Event,
    Period,
    Policy,
    PolicyError,
    ReadingError,
    RowsError,
    Ticket,
    UnknownSeverityError,
    always_open,
    attainment,
    bulk,
    contracts,
    evaluate,
    parse_duration,
    reopen_rate,
    repeat_rate,
    rolling_attainment,
    wilson_interval,
)

TABLE = Path(__file__).parent.parent / "conformance" / "attainment.csv"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MAY = datetime(2026, 5, 4, 10, tzinfo=UTC)
Row = dict[str, str]


# -- worked out by hand --------------------------------------------------------------------------------------


def desk(**objective: Any) -> Policy:
    """One promise: solved within an hour, round the clock; waiting stops the clock."""
    return Policy(
        name="desk", calendar="always", severities=[{"key": "P1"}], calendars={"always": always_open()},
        objectives=[{"severity": "P1", "metric": "resolution", "within": "1h", **objective}],
    )  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def length(text: str) -> timedelta:
    return timedelta(microseconds=parse_duration(text))


def ticket(text: str, number: int = 0) -> Ticket:
    """``<opened> resolved|cancelled|paused|waits|open <how long after>...``."""
    opened, *told = text.split()
    begun = at(opened)
    made = Ticket(id=f"T-{number}", severity="P1", opened_at=begun)
    while told:
        what = told.pop(0)
        if what == "open":
            continue
        when = begun + length(told.pop(0))
        if what == "waits":
            made = made.pause(when, reason="customer").resume(begun + length(told.pop(0)))
        elif what == "paused":
            made = made.pause(when, reason="customer")
        else:
            made = {"resolved": made.resolve, "cancelled": made.cancel}[what](when)
    return made


def tickets(text: str) -> list[Ticket]:
    """Separated by semicolons; ``3x`` before one says how often."""
    found: list[Ticket] = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        many = re.fullmatch(r"(?:(\d+)x )?(.+)", part)
        assert many is not None
        found += [ticket(many[2], len(found))] * int(many[1] or 1)
    return found


def readings(text: str, as_of: str, **objective: Any) -> list[Evaluation]:
    """Of equal tickets one is evaluated."""
    policy, known = desk(**objective), dict[Ticket, Evaluation]()
    return [known.get(one) or known.setdefault(one, evaluate(policy, one, as_of=at(as_of))) for one in tickets(text)]


def table() -> list[Row]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def asked(row: Row) -> dict[str, Any]:
    how: dict[str, Any] = {name: row[name] for name in ("when", "unfinished") if row[name]}
    if row["period"]:
        name, _, zone = row["period"].partition(" ")
        how["periods"] = Period.parse(name, zone or "UTC")
    percentiles = re.findall(r"elapsed\.([\d.]+%)", row["expect"])
    return how | ({"percentiles": percentiles} if percentiles else {})


def said(result: Any, path: str) -> Any:
    """A field of the row, or one of its times."""
    name, _, of_times = path.partition(".")
    value = result.percentage() if name == "percentage" else getattr(result, name)
    if not of_times:
        return value
    return value.percentiles[of_times] if of_times.endswith("%") else getattr(value, of_times)


def meant(text: str, found: Any) -> Any:
    """What a text of the table means, in the type of what was found."""
    if text == "none":
        return None
    if text in ("yes", "no"):
        return text == "yes"
    if isinstance(found, timedelta):
        return length(text)
    return type(found)(text)


@pytest.mark.parametrize("row", [pytest.param(row, id=row["case"]) for row in table()])
def test_worked_out_by_hand(row: Row) -> None:
    """R-5, CLK-13: counts, shares, promises, periods and times; and the row of a result by nothing is its whole."""
    promised = {"attainment": row["promised"]} if row["promised"] else {}
    result = attainment(readings(row["clocks"], row["as_of"], **promised), by=(), **asked(row))
    (found,) = result.rows
    for each in row["expect"].split(";"):
        path, _, text = each.strip().partition("=")
        value = said(found, path)
        assert value == meant(text, value), path
    assert dataclasses.replace(found, period=None) == result.whole
    assert result.value == found.value


@pytest.mark.parametrize("row", [pytest.param(row, id=row["case"]) for row in table()])
def test_worked_out_by_hand_in_columns(row: Row) -> None:
    """R-7: the same of a table."""
    policy = desk(**({"attainment": row["promised"]} if row["promised"] else {}))
    made, as_of = tickets(row["clocks"]), at(row["as_of"])
    frame = frame_of(made)
    pauses = {"ticket": [], "start": [], "end": []}
    for number, one in enumerate(made):
        for event in one.events:
            if event.kind == "paused":
                pauses["ticket"].append(number)
                pauses["start"].append(event.at)
                pauses["end"].append(next((each.at for each in one.events if each.kind == "resumed"), pd.NaT))
    stood = pd.DataFrame(
        {
            "ticket": np.array(pauses["ticket"], np.int64),
            **{name: pd.to_datetime(pd.Series(pauses[name], dtype=object), utc=True) for name in ("start", "end")},
        }
    )
    answer = bulk.evaluate(policy, frame, as_of=as_of, ticket="ticket", pauses=bulk.Pauses(stood, reason=None))
    how = asked(row)
    got = bulk.attainment(answer, policy=policy, by=(), stopped={"resolution": "resolved"}, as_of=as_of, **how)
    assert got == attainment(readings(row["clocks"], row["as_of"], **promise_of(row)), by=(), **how)


def promise_of(row: Row) -> dict[str, str]:
    return {"attainment": row["promised"]} if row["promised"] else {}


def frame_of(made: list[Ticket]) -> pd.DataFrame:
    """A row a ticket, a column an event."""

    def column(kind: str) -> Any:
        found = [next((event.at for event in one.history() if event.kind == kind), None) for one in made]
        return pd.to_datetime(pd.Series(found, dtype=object), utc=True)

    columns = {kind: column(kind) for kind in ("opened", "resolved", "cancelled")}
    return pd.DataFrame(
        {
            "ticket": np.arange(len(made)),
            "severity": pd.Series([one.severity for one in made], dtype="string"),
            **columns,
        }
    )


# -- the incident log ----------------------------------------------------------------------------------------

# What `make demo` printed before this room was there; it counts by itself.
DEMO = {
    ("acknowledgement", "commitment"): {"P1": (8, 22), "P2": (10, 34), "P3": (447, 756), "P4": (56, 78)},
    ("resolution", "commitment"): {"P1": (5, 24), "P2": (26, 35), "P3": (603, 751), "P4": (73, 80)},
    ("closure", "commitment"): {"P1": (0, 0), "P2": (0, 0), "P3": (0, 0), "P4": (0, 0)},
    ("resolution", "aim"): {"P1": (4, 25), "P2": (13, 34), "P3": (419, 752), "P4": (69, 79)},
}


@pytest.fixture(scope="module")
def incidents() -> list[Evaluation]:
    return demo.evaluate_all(Policy.load(demo.POLICY), map(demo.to_ticket, demo.read_facts().values()))


def test_the_incident_log(incidents: list[Evaluation]) -> None:
    """By severity, as the demo prints it."""
    found: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}
    for kind in ("commitment", "aim"):
        for row in attainment(incidents, kind=kind):
            found.setdefault((row["metric"], kind), {})[row["severity"]] = row.met, row.judged
    assert found == DEMO
    assert [row["severity"] for row in attainment(incidents, metric="resolution")] == ["P1", "P2", "P3", "P4"]


def test_the_incident_log_by_month(incidents: list[Evaluation]) -> None:
    """Months add up to the whole, and the last month of a rolling curve is the plain figure of its 90 days."""
    months = Period.parse("2016-01-01..2017-02-28", "UTC").months()
    monthly = attainment(incidents, metric="resolution", by=(), periods=months)
    assert sum(row.judged for row in monthly) == monthly.whole.judged == 890
    over = Period.parse("2016-06", "UTC")
    curve = rolling_attainment(incidents, over=over, metric="resolution")
    assert len(curve) == 30
    last = attainment(incidents, metric="resolution", by=(), periods=curve.rows[-1].period).rows[0]
    assert (curve.rows[-1].met, curve.rows[-1].judged) == (last.met, last.judged) == (20, 22)


def test_the_incident_log_came_back(incidents: list[Evaluation]) -> None:
    """Ten incidents were reopened, one of them twice: eleven times, `Resolved` to `Active` in the log."""
    assert sum(fact.kind == "reopened" for of_one in demo.read_facts().values() for fact in of_one) == 11
    rate = reopen_rate(incidents)
    assert (rate.whole.found, rate.whole.tickets) == (10, 890)


def test_months_agree_with_the_picture(incidents: list[Evaluation]) -> None:
    """One rule says which month a clock counts in: the picture's numbers are the rows'."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    from slaclock import plot

    months = Period.parse("2016-02-01..2017-02-28", "America/Sao_Paulo").months()
    for when in ("decided", "due"):
        rows = attainment(incidents, metric="resolution", by=(), periods=months, when=when)
        told = {row.period.name: f"{row.met}/{row.judged}" for row in rows if row.judged}
        _, ax = plt.subplots(figsize=(40, 4))
        ax = plot.attainment(incidents, metric="resolution", by=when, zone="America/Sao_Paulo", ax=ax)
        drawn = dict(label.get_text().split() for label in ax.get_xticklabels())
        assert told == {month: counts for month, counts in drawn.items() if counts != "0/0"}
        plt.close("all")


# -- groups --------------------------------------------------------------------------------------------------


def team_of(one: Ticket, team: Any) -> Ticket:
    return one.replace(attributes={"team": team})


def test_a_team_is_the_one_that_stopped_the_clock() -> None:
    """CLK-13: handed on afterwards it stays theirs; handed on before it is not; while it runs it is the latest."""
    begun = Ticket(id="T", severity="P1", opened_at=MAY, attributes={"team": "a"})
    hour = MAY + HOUR
    after = begun.resolve(MAY + MINUTE).change_attributes(hour, {"team": "b"})
    before = begun.change_attributes(MAY + MINUTE, {"team": "b"}).resolve(hour)
    running = begun.change_attributes(hour, {"team": "c"})
    found = attainment([evaluate(desk(), one, as_of=MAY + 3 * HOUR) for one in (after, before, running)], by="team")
    assert [(row["team"], row.met, row.breached) for row in found] == [("a", 1, 0), ("b", 1, 0), ("c", 0, 1)]


def test_values_of_any_kind_group() -> None:
    """Numbers by size, yes and no, words, nothing; 1 is not true."""
    values = ["b", 10, True, None, 2, "a", 1, "b"]
    made = [
        evaluate(desk(), team_of(ticket("2026-05-04T10:00 resolved 30m"), value), as_of=MAY + HOUR) for value in values
    ]
    made.append(evaluate(desk(), ticket("2026-05-04T10:00 resolved 2h"), as_of=MAY + 3 * HOUR))
    found = attainment(made, by="team")
    assert [(row["team"], row.clocks) for row in found] == [
        (1, 1),
        (2, 1),
        (10, 1),
        (True, 1),
        ("a", 1),
        ("b", 2),
        (None, 2),
    ]
    assert [type(row["team"]) for row in found][3] is bool


def test_several_promises_are_none() -> None:
    """A row is compared with a promise only where all of its judged clocks have the same one."""
    policy = contracts.load("everbright")
    days = [datetime(2026, 5, day, 3, 0, tzinfo=UTC) for day in (11, 12, 16, 17)]  # Monday and Tuesday, and a weekend
    made = [
        evaluate(
            policy, Ticket(id=f"T-{day}", severity="P1", opened_at=day).respond(day + 10 * MINUTE), as_of=day + HOUR
        )
        for day in days
    ]
    row = attainment(made, metric="first_response").row(metric="first_response", severity="P1")
    assert (row.promises, row.promised, row.kept, row.margin) == ((None, Fraction(124, 125)), None, None, None)
    assert "several" in repr(attainment(made, metric="first_response"))
    apart = attainment(made, metric="first_response", by="objective")
    assert [(one["objective"], one.promised, one.kept) for one in apart] == [
        ("p1-first-response-working-day", Fraction(124, 125), True),
        ("p1-first-response-non-working-day", None, None),
    ]
    asked = attainment(made, metric="first_response", promised="100%").whole
    assert (asked.promises, asked.kept, asked.margin) == ((Fraction(1),), True, 0)


def test_rows_in_the_order_of_the_policy() -> None:
    """Severities by rank, metrics as they are promised, whatever their names."""
    policy = Policy(
        name="ranked", calendar="always", calendars={"always": always_open()},
        severities=[{"key": "low", "rank": 3}, {"key": "high", "rank": 1}, {"key": "Middle", "rank": 2}],
        objectives=[
            {"severity": key, "metric": metric, "within": "1h"}
            for metric in ("resolution", "acknowledgement") for key in ("low", "high", "Middle")
        ],
    )  # fmt: skip
    made = [
        evaluate(policy, Ticket(id=key, severity=key, opened_at=MAY).resolve(MAY + MINUTE), as_of=MAY + HOUR)
        for key in ("low", "Middle", "high")
    ]
    found = [(row["metric"], row["severity"]) for row in attainment(made)]
    assert found == [(m, s) for m in ("resolution", "acknowledgement") for s in ("high", "Middle", "low")]
    assert [one["severity"] for one in reopen_rate(made, by="severity")] == ["high", "Middle", "low"]


def test_a_figure_on_an_unpublished_table_is_provisional() -> None:
    """CAL-5: of the rows that it is behind; a table does not say."""
    office = {"timezone": "Asia/Shanghai", "hours": {"mon-fri": ["09:00-17:00"]}, "holidays": ["CN"]}
    policy = desk().replace(calendars={"always": office})
    begun = [
        Ticket(id=str(year), severity="P1", opened_at=datetime(year, 3, 3, 2, tzinfo=UTC)) for year in (2025, 2031)
    ]
    made = [evaluate(policy, one.resolve(one.opened_at + MINUTE), as_of=one.opened_at + HOUR) for one in begun]
    years = [Period.parse(name, "UTC") for name in ("2025", "2031")]
    result = attainment(made, by=(), periods=years)
    assert [row.provisional for row in result] == [False, True]
    assert result.whole.provisional and bulk.attainment(answer()).whole.provisional is None


def test_every_cycle_counts() -> None:
    """A clock of many cycles is judged in each."""
    policy = desk(metric="update")
    begun = Ticket(id="T", severity="P1", opened_at=MAY).update(MAY + 30 * MINUTE).update(MAY + 2 * HOUR)
    result = evaluate(policy, begun, as_of=MAY + 2 * HOUR + MINUTE)
    row = attainment(result, by=()).whole
    assert (row.clocks, row.met, row.breached, row.open) == (3, 1, 1, 1)
    assert attainment([result["update"]], by=()).whole.clocks == 1  # the latest alone


def test_times_of_several_metrics_are_not_mixed() -> None:
    policy = Policy(
        name="two", calendar="always", severities=[{"key": "P1"}], calendars={"always": always_open()},
        objectives=[{"severity": "P1", "metric": metric, "within": "1h"} for metric in ("acknowledgement", "resolution")],
    )  # fmt: skip
    one = Ticket(id="T", severity="P1", opened_at=MAY).acknowledge(MAY + 10 * MINUTE).resolve(MAY + 40 * MINUTE)
    result = attainment([evaluate(policy, one, as_of=MAY + HOUR)], by="severity")
    assert (result.rows[0].judged, result.rows[0].elapsed, result.whole.wall) == (2, None, None)
    assert (result.mtta, result.mttr) == (10 * MINUTE, 40 * MINUTE)
    assert result.by_metric["acknowledgement"].elapsed.mean == 10 * MINUTE
    assert (attainment([]).mtta, attainment([]).mttr) == (None, None)


def test_times_that_nobody_asks_for() -> None:
    """No percentiles are still a mean and a median."""
    made = readings("2026-05-04T10:00 resolved 30m", "2026-05-04T12:00")
    assert attainment(made, percentiles=()).whole.elapsed.percentiles == {}
    found = attainment(made, percentiles="99.9%").whole.elapsed
    assert dict(found.percentiles) == {"99.9%": 30 * MINUTE}
    assert dict(attainment(made, percentiles=[Decimal("0.5"), Fraction(1, 8)]).whole.elapsed.percentiles) == {
        "12.5%": 30 * MINUTE,
        "50%": 30 * MINUTE,
    }


# -- periods -------------------------------------------------------------------------------------------------


def test_overlapping_periods_count_a_clock_in_each_and_once_in_the_whole() -> None:
    made = readings("2026-05-04T10:00 resolved 30m; 2026-06-04T10:00 resolved 2h", "2026-07-01T00:00")
    spans = [Period.parse(name, "UTC") for name in ("2026-05", "2026-Q2", "2026-06", "2025")]
    found = attainment(made, by="severity", periods=spans)
    assert [(str(row.period), row.met, row.judged) for row in found] == [
        ("2026-05", 1, 1), ("2026-Q2", 1, 2), ("2026-06", 0, 1), ("2025", 0, 0),
    ]  # fmt: skip
    assert (found.whole.met, found.whole.judged) == (1, 2)
    assert found.row(period="2026-Q2").judged == 2 == found.row(severity="P1", period=spans[1]).judged


def test_a_period_without_clocks_is_a_row_of_none_where_nothing_groups() -> None:
    year = Period.parse("2025", "UTC")
    made = readings("2026-05-04T10:00 resolved 30m", "2026-07-01T00:00")
    assert [(row.clocks, row.value) for row in attainment(made, by=(), periods=year)] == [(0, None)]
    assert list(attainment(made, periods=year)) == []
    assert list(attainment(made, periods=())) == [] == list(attainment([]))


def test_a_curve_has_a_row_a_date_of_the_zone() -> None:
    """Also over a change of clocks; and none for a date that the zone skips."""
    made = readings("2026-03-28T10:00 resolved 30m", "2026-07-01T00:00")
    over = Period.parse("2026-03-27..2026-03-31", "Europe/London")
    curve = rolling_attainment(made, over=over, days=2)
    assert [(row.period.name, row.met) for row in curve] == [
        ("2 days to 2026-03-27", 0), ("2 days to 2026-03-28", 1), ("2 days to 2026-03-29", 1),
        ("2 days to 2026-03-30", 0), ("2 days to 2026-03-31", 0),
    ]  # fmt: skip
    assert [row.period.length for row in curve][2:4] == [47 * HOUR, 47 * HOUR]
    skipped = rolling_attainment([], over=Period.parse("2011-12-29..2011-12-31", "Pacific/Apia"), days=1)
    assert [row.period.name for row in skipped] == ["1 day to 2011-12-29", "1 day to 2011-12-31"]
    assert all(row.elapsed is None for row in curve)


# -- the interval --------------------------------------------------------------------------------------------


def test_the_normal_quantiles_are_right() -> None:
    """To the digits that the standard library's inverse of the normal distribution has."""
    from slaclock.attainments.interval import _Z

    for confidence, z in _Z.items():
        share = Fraction(confidence.removesuffix("%")) / 100
        assert math.isclose(NormalDist().inv_cdf(float((1 + share) / 2)), float(z), rel_tol=1e-14)


@pytest.mark.parametrize(
    ("met", "judged", "low", "high"),
    [
        # By pencil with z = 1.96 of 0 of 10 and 10 of 10: z * z / (n + z * z) = 3.8416 / 13.8416 = 0.2775...
        (0, 10, Fraction(0), Fraction(38415, 138415)),
        (10, 10, Fraction(100000, 138415), Fraction(1)),
        # In the middle it is symmetrical: 1/2 -+ z / (2 * sqrt(n + z * z)) = 0.5 -+ 1.95996 / (2 * 3.72041)
        (5, 10, Fraction(2366, 10000), Fraction(7634, 10000)),
    ],
)
def test_intervals_by_hand(met: int, judged: int, low: Fraction, high: Fraction) -> None:
    found = wilson_interval(met, judged)
    assert abs(Fraction(found.low) - low) < Fraction(1, 10000)
    assert abs(Fraction(found.high) - high) < Fraction(1, 10000)


def test_an_interval_is_told_where_there_are_few() -> None:
    """Up to 40 judged clocks; it is told for more by wilson_interval alone, whatever the caller's decimal context."""
    few = attainment(readings("40x 2026-05-04T10:00 resolved 30m", "2026-05-05T10:00"), by=()).whole
    many = attainment(readings("41x 2026-05-04T10:00 resolved 30m", "2026-05-05T10:00"), by=()).whole
    assert few.interval == wilson_interval(40, 40) and few.interval.confidence == "95%"
    assert many.interval is None and wilson_interval(41, 41).low > few.interval.low
    with localcontext(prec=3):
        assert wilson_interval(40, 40) == few.interval
        assert few.percentage() == Decimal("100.00")


# -- how it is shown -----------------------------------------------------------------------------------------


def test_it_reads() -> None:
    text = "9x 2026-05-04T10:00 resolved 30m; 2026-05-04T10:00 resolved 2h"
    result = attainment(readings(text, "2026-05-05T10:00", attainment="99.2%"))
    assert repr(result).splitlines() == [
        "Attainment by metric, severity: 9/10 = 90.00 % (counted when decided)",
        "metric      severity  met/judged      promised                     95 % interval, up to 40",
        "resolution  P1        9/10 = 90.00 %  99.2 %    not kept, 1 short  59.5 to 98.3 %",
    ]
    assert repr(result.rows[0]) == (
        "AttainmentRow(metric=resolution, severity=P1, 9/10 = 90.00 %, 99.2 %, not kept, 1 short, 59.5 to 98.3 %)"
    )
    month = attainment(
        readings(text, "2026-05-05T10:00"),
        kind="aim",
        by=(),
        periods=Period.parse("2026-05", "UTC"),
        unfinished="against",
    )
    assert repr(month).splitlines() == [
        "Attainment of aims: none judged (counted when decided, unfinished: against)",
        "period   met/judged",
        "2026-05  none judged",
    ]
    assert repr(attainment([], by=())) == "Attainment: none judged (counted when decided)\nmet/judged\nnone judged"
    rate = reopen_rate(readings(text, "2026-05-05T10:00"), by="severity")
    assert repr(rate).splitlines() == ["Reopened by severity: 0/10 = 0.00 %", "severity", "P1        0/10 = 0.00 %"]
    assert repr(rate.rows[0]) == "TicketRateRow(severity=P1, 0/10 = 0.00 %)"


def test_rows_for_frames() -> None:
    """The same names in every row, exact numbers, and types that the libraries keep."""
    text = "9x 2026-05-04T10:00 resolved 30m; 2026-05-04T10:00 resolved 2h; 2026-06-04T10:00 open"
    made = readings(text, "2026-06-04T10:10", attainment="99.2%")
    spans = Period.parse("2026-Q2", "UTC").months()
    rows = attainment(made, periods=spans, percentiles=["95%"]).to_rows()
    assert rows[1] == {
        "metric": "resolution", "severity": "P1", "period": "2026-05", "period_start": at("2026-05-01"),
        "period_end": at("2026-06-01"), "clocks": 10, "judged": 10, "met": 9, "breached": 1, "open": 0,
        "percentage": Decimal("90.00"), "promised": Decimal("99.2"), "kept": False, "margin": -1,
        "low": Decimal("59.5849"), "high": Decimal("98.2124"),
        "elapsed_mean": timedelta(minutes=39), "elapsed_median": timedelta(minutes=30), "elapsed_95%": timedelta(hours=2),
        "wall_mean": timedelta(minutes=39), "wall_median": timedelta(minutes=30), "wall_95%": timedelta(hours=2),
    }  # fmt: skip
    assert [list(row) for row in rows] == [list(rows[1])] * 3
    assert rows[0]["percentage"] is None and rows[2]["open"] == 1
    frame = pl.DataFrame(rows)
    assert frame["met"].to_list() == [0, 9, 0] and frame["elapsed_mean"].dtype == pl.Duration("us")
    assert pd.DataFrame(rows)["judged"].tolist() == [0, 10, 0]
    rate = reopen_rate(made, periods=spans).to_rows()
    assert [(row["period"], row["tickets"], row["found"], row["percentage"]) for row in rate] == [
        ("2026-04", 0, 0, None), ("2026-05", 10, 0, Decimal("0.00")), ("2026-06", 0, 0, None),
    ]  # fmt: skip


# -- tickets that come back ----------------------------------------------------------------------------------


def lives(*made: Ticket, days: int = 60) -> list[Evaluation]:
    return [evaluate(desk(), one, as_of=MAY + timedelta(days=days), strict=False) for one in made]


def test_reopened_is_after_it_was_solved() -> None:
    """Solved is resolved or closed; what was cancelled and taken up again was not solved before."""
    begun = Ticket(id="T", severity="P1", opened_at=MAY)
    hours = [MAY + number * HOUR for number in range(9)]
    twice = begun.resolve(hours[1]).reopen(hours[2]).resolve(hours[3]).reopen(hours[4])
    closed = begun.close(hours[1]).reopen(hours[2])
    never = begun.cancel(hours[1]).reopen(hours[2])
    again = never.resolve(hours[3])
    impossible = begun.reopen(hours[1]).resolve(hours[2])
    found = [reopen_rate(lives(one)).whole for one in (begun, twice, closed, never, again, impossible)]
    assert [(row.found, row.tickets) for row in found] == [(0, 0), (1, 1), (1, 1), (0, 0), (0, 1), (0, 1)]
    rows = reopen_rate(lives(twice), periods=Period.parse("2026-05", "UTC"))
    assert (rows.row(period="2026-05").found, rows.value, len(rows)) == (1, 1, 1)
    assert reopen_rate(lives(twice), periods=Period.parse("2026-06", "UTC")).value is None


def test_a_ticket_comes_back_as_the_evaluation_knew_it() -> None:
    """CLK-7, CLK-6: what was recorded later, happens later, or is told twice does not count."""
    begun = Ticket(id="T", severity="P1", opened_at=MAY).resolve(MAY + HOUR)
    late = begun.add(Event(kind="reopened", at=MAY + 2 * HOUR, recorded_at=MAY + 9 * HOUR))

    def found(one: Ticket, **how: Any) -> int:
        return reopen_rate([evaluate(desk(), one, as_of=MAY + 5 * HOUR, **how)]).whole.found

    assert (found(late), found(late, known_at=MAY + 5 * HOUR)) == (1, 0)
    assert found(begun.reopen(MAY + 6 * HOUR)) == 0
    told = begun.add(*[Event(kind="reopened", at=MAY + 2 * HOUR, id="e")] * 2)
    assert found(told) == 1


def test_repeated_within_a_span() -> None:
    """From the last end of the earlier one; an open one is repeated at once; other customers do not count."""

    def of(customer: str | None, day: int, solved: int | None) -> Ticket:
        opened = MAY + timedelta(days=day)
        more = {} if customer is None else {"customer": customer}
        one = Ticket(id=f"{customer}-{day}", severity="P1", opened_at=opened, attributes=more)
        return one if solved is None else one.resolve(MAY + timedelta(days=solved))

    made = [of("a", 0, 1), of("a", 31, 32), of("b", 32, None), of("b", 50, None), of(None, 1, 2), of(None, 3, 4)]
    found = repeat_rate(lives(*made), same="customer", within="720h", by="customer")  # 30 days
    assert [(row["customer"], row.found, row.tickets) for row in found] == [("a", 1, 2), ("b", 1, 2), (None, 0, 2)]
    assert repeat_rate(lives(*made), same="customer", within=timedelta(hours=719)).value == Fraction(1, 6)
    reopened = of("a", 0, 1).reopen(MAY + timedelta(days=20)).resolve(MAY + timedelta(days=25))
    assert repeat_rate(lives(reopened, of("a", 31, 32)), same="customer", within="144h").whole.found == 1
    # The reopening of one minute is told twice, around a second solution: it is one event, and the ticket stays solved.
    minute = MAY + timedelta(days=1)
    told = [Event(kind=kind, at=minute, id=name) for kind, name in (("resolved", None), ("reopened", "e")) * 2]
    twice = of("a", 0, None).add(*told[:2], Event(kind="resolved", at=minute), told[3])
    assert repeat_rate(lives(twice, of("a", 31, 32)), same="customer", within="1h").whole.found == 0
    together = [of("c", 0, 1), of("c", 0, None)]
    assert repeat_rate(lives(*together), same=("customer",), within="720h").whole.found == 0


# -- tables --------------------------------------------------------------------------------------------------


def answer(as_frame: Any = pd.DataFrame) -> Any:
    """Three tickets, one of them still open."""
    opened = [MAY, MAY + HOUR, MAY + HOUR + 30 * MINUTE]
    resolved = [MAY + 30 * MINUTE, MAY + 4 * HOUR, None]
    columns = {
        "opened": opened,
        "resolved": resolved,
        "severity": ["P1"] * 3,
        "team": ["a", "b", "a"],
        "rank": [2, 1, 2],
    }
    return bulk.evaluate(desk(attainment="50%"), as_frame(columns), as_of=MAY + 2 * HOUR - MINUTE)


def arrow(columns: dict[str, Any]) -> pa.Table:
    return pa.table(columns)


@pytest.mark.parametrize("as_frame", [pd.DataFrame, pl.DataFrame, arrow])
def test_tables_of_every_library(as_frame: Any) -> None:
    """The same result from each."""
    result = bulk.attainment(answer(as_frame), policy=desk(attainment="50%"), by=["team", "rank"])
    assert [(row["team"], row["rank"], row.met, row.judged, row.open) for row in result] == [
        ("a", 2, 1, 1, 1),
        ("b", 1, 0, 0, 1),
    ]
    assert result.whole.promised == Fraction(1, 2) and result.whole.kept
    assert isinstance(result, Attainment) and result.whole.wall is None
    known = bulk.attainment(answer(as_frame), stopped={"resolution": "resolved"}, by=())
    assert known.mttr == 30 * MINUTE and known.whole.promises == (None,)


def test_a_table_needs_to_say_when_clocks_stopped() -> None:
    """Only where it matters: for periods by decision, and for real time."""
    frame, may = answer(), Period.parse("2026-05", "UTC")
    by_opening = bulk.attainment(frame, by=(), periods=may, when="opened")
    assert by_opening.whole.judged == 1
    with pytest.raises(AttainmentError, match="does not hold when clocks of resolution stopped"):
        bulk.attainment(frame, by=(), periods=may)
    with pytest.raises(AttainmentError, match="say at which instant they were read"):
        bulk.attainment(frame, by=(), periods=may, stopped={"resolution": "resolved"})
    whole = bulk.attainment(frame, by=(), periods=may, stopped={"resolution": "resolved"}, as_of=MAY + 3 * HOUR)
    assert whole.whole.judged == 1 and whole.whole.open == 2
    curve = bulk.rolling_attainment(
        frame, over=Period.parse("2026-05-04..2026-05-05", "UTC"), when="opened", days=1, by="team"
    )
    assert [(row["team"], str(row.period), row.clocks) for row in curve] == [
        ("a", "1 day to 2026-05-04", 2), ("a", "1 day to 2026-05-05", 0),
        ("b", "1 day to 2026-05-04", 1), ("b", "1 day to 2026-05-05", 0),
    ]  # fmt: skip


def test_rows_that_contradict_each_other() -> None:
    """A clock that has stopped, and a column that does not say when, or says it was before the opening."""
    frame = answer()
    late = {"resolution": "resolved"}
    with pytest.raises(RowsError, match="row 0: resolved is null"):
        bulk.attainment(frame.assign(resolved=pd.to_datetime([None] * 3, utc=True)), stopped=late)
    with pytest.raises(RowsError, match="row 0: resolved is before opened"):
        bulk.attainment(frame.assign(resolved=frame["opened"] - HOUR), stopped=late)
    with pytest.raises(RowsError, match="row 1: opened is null"):
        bulk.attainment(
            frame.assign(opened=frame["opened"].where([True, False, True])),
            periods=Period.parse("2026", "UTC"),
            when="opened",
        )


def test_a_clock_stopped_before_it_started_took_no_time() -> None:
    """The column of its start may lie after its stop: it waited for an opening."""
    frame = answer().assign(began=answer()["opened"] + HOUR)
    found = bulk.attainment(frame, by=(), started={"resolution": "began"}, stopped={"resolution": "resolved"})
    assert found.whole.wall.total_us == 0


def test_long_times_are_added_up_exactly() -> None:
    """Their sum does not fit 64 bits."""
    rows = 2_000
    long = np.full(rows, 7 * 10**15, np.int64)  # 222 years each
    table = {
        "severity": np.full(rows, "P1", dtype=object), "resolution_state": np.full(rows, "stopped", dtype=object),
        "resolution_breached": np.full(rows, True), "resolution_breach_at": np.zeros(rows, "M8[us]"),
        "resolution_due": np.zeros(rows, "M8[us]"), "resolution_elapsed": long.view("m8[us]"),
        "resolution_remaining": np.zeros(rows, "m8[us]"),
    }  # fmt: skip
    found = bulk.attainment(table).whole.elapsed
    assert (found.total_us, found.mean_us) == (rows * 7 * 10**15, 7 * 10**15)


def test_a_log_has_attainment_too() -> None:
    """What evaluate_log returns, with columns of a table of tickets."""
    log = {
        "ticket": np.array([1, 1, 2]),
        "at": np.array(["2026-05-04T10:00", "2026-05-04T10:30", "2026-05-04T10:00"], "M8[us]"),
        "kind": np.array(["opened", "resolved", "opened"], dtype=object),
    }
    about = {"ticket": np.array([1, 2]), "severity": np.array(["P1", "P1"]), "vip": np.array([True, False])}
    found = bulk.evaluate_log(desk(), log, tickets=about, as_of=MAY + 5 * HOUR, zone="UTC")
    assert [(row["vip"], row.met, row.judged) for row in bulk.attainment(found, by="vip")] == [
        (False, 0, 1),
        (True, 1, 1),
    ]


def test_tables_of_tickets_that_come_back() -> None:
    def times(*texts: str | None) -> Any:
        return np.array([f"2026-05-{text}" if text else "NaT" for text in texts], "M8[us]")

    table = {
        "opened": times("01", "02", "03", None),
        "resolved": times("02", "03", None, None),
        "reopened": times("04", None, None, None),
        "done": times("09", None, None, None),
        "customer": np.array(["a", "a", None, "a"], dtype=object),
        "team": np.array(["x", "y", "y", "y"], dtype=object),
    }
    as_of = datetime(2026, 6, 1, tzinfo=UTC)
    rate = bulk.reopen_rate(table, as_of=as_of, zone="UTC", by="team")
    assert [(row["team"], row.found, row.tickets) for row in rate] == [("x", 1, 1), ("y", 0, 1)]
    assert bulk.reopen_rate(table, as_of=datetime(2026, 5, 3, 12, tzinfo=UTC), zone="UTC").whole.found == 0
    repeated = bulk.repeat_rate(table, as_of=as_of, same="customer", within="24h", zone="UTC")
    assert (repeated.name, repeated.whole.found, repeated.whole.tickets) == ("Repeated", 1, 3)
    edge = {"opened": times("01", "03"), "resolved": times("02", None), "customer": np.array(["a", "a"])}
    spans = [
        bulk.repeat_rate(edge, as_of=as_of, same="customer", within=span, zone="UTC") for span in ("24h", "23h59m")
    ]
    assert [one.whole.found for one in spans] == [1, 0]
    events = {"opened": "opened", "closed": "done"}
    assert bulk.reopen_rate(table, as_of=as_of, events=events, zone="UTC").whole.tickets == 1
    may = Period.parse("2026-05-02", "UTC")
    assert bulk.reopen_rate(table, as_of=as_of, zone="UTC", periods=may).whole.tickets == 1
    with pytest.raises(AttainmentError, match="no event that ends a ticket"):
        bulk.reopen_rate(table, as_of=as_of, events={"opened": "opened", "resolve": "done"})
    with pytest.raises(PolicyError, match="no column says when tickets were opened"):
        bulk.reopen_rate(table, as_of=as_of, events={"closed": "done"})


# -- what is refused -----------------------------------------------------------------------------------------

ONE = readings("2026-05-04T10:00 resolved 30m", "2026-05-05T10:00")


@pytest.mark.parametrize(
    ("call", "error", "path", "says"),
    [
        (lambda: attainment(ONE, by="taem"), AttainmentError, "by", "no ticket has an attribute 'taem'"),
        (lambda: attainment(ONE, by=("metric", "metric")), AttainmentError, "by", "'metric' comes twice"),
        (lambda: attainment(ONE, by=("met",)), AttainmentError, "by", "a row says 'met' of itself"),
        (lambda: attainment(ONE, by=(3,)), AttainmentError, "by", "not the name of an attribute or column: 3"),
        (lambda: attainment(ONE, when="closed"), AttainmentError, "when", "no way to count clocks: 'closed'"),
        (lambda: attainment(ONE, unfinished="met"), AttainmentError, "unfinished", "no way to count clocks: 'met'"),
        (lambda: attainment(ONE, kind="promise"), AttainmentError, "kind", "no kind of objective: 'promise'"),
        (lambda: attainment(ONE, periods="2026-05"), AttainmentError, "periods", "not a Period: '2026-05'"),
        (lambda: attainment(ONE, periods=[3]), AttainmentError, "periods", "not a Period: 3"),
        (lambda: attainment(ONE, promised=0.95), PolicyError, "promised", "not a share"),
        (lambda: attainment(ONE, percentiles=[95]), PolicyError, "percentiles", "not a share"),
        (lambda: attainment(ONE[0]["resolution"]), AttainmentError, "results", "not many evaluations or readings"),
        (lambda: attainment("x"), AttainmentError, "results", "not many evaluations or readings: str"),
        (lambda: attainment([3]), ReadingError, "readings", "neither an Evaluation nor a Reading"),
        (lambda: attainment(ONE, metric="resolutoin"), ReadingError, "metric", "no objective for 'resolutoin'"),
        (lambda: attainment(ONE, severity="P9"), UnknownSeverityError, "", "has no severity 'P9'"),
        (lambda: attainment(ONE).row(severity="P2"), AttainmentError, "row", "0 rows have severity='P2', not one"),
        (lambda: attainment(ONE).row(team="a"), AttainmentError, "by", "not grouped by 'team'"),
        (lambda: attainment([], by=(), periods=Period.parse("2026", "UTC").months()).row(), AttainmentError, "row", "12 rows have no keys"),
        (lambda: attainment(ONE).rows[0]["team"], AttainmentError, "by", "the row is not grouped by 'team'"),
        (lambda: rolling_attainment(ONE, over="2026"), AttainmentError, "over", "not a Period: '2026'"),
        (lambda: wilson_interval(3, 2), AttainmentError, "met", "not a share of judged clocks: 3 of 2"),
        (lambda: wilson_interval(0, 0), AttainmentError, "met", "not a share of judged clocks: 0 of 0"),
        (lambda: wilson_interval(1, 2, "50%"), AttainmentError, "confidence", "no interval of this confidence"),
        (lambda: reopen_rate(ONE[0]), AttainmentError, "results", "not an Evaluation: Reading"),
        (lambda: reopen_rate(ONE, by="metric"), AttainmentError, "by", "no ticket has an attribute 'metric'"),
        (lambda: repeat_rate(ONE, same=(), within="24h"), AttainmentError, "same", "nothing says what makes"),
        (lambda: repeat_rate(ONE, same="customer", within="0h"), AttainmentError, "within", "not a span of time"),
        (lambda: repeat_rate(ONE, same="customer", within="24h"), AttainmentError, "by", "no ticket has an attribute 'customer'"),
        (lambda: bulk.attainment({"a": np.zeros(1)}), AttainmentError, "results", "the table holds no readings"),
        (lambda: bulk.attainment(answer(), metric="closure"), AttainmentError, "metric", "no readings of 'closure'"),
        (lambda: bulk.attainment(answer(), stopped={"x": "y"}), AttainmentError, "stopped", "no readings of 'x'"),
        (lambda: bulk.attainment(answer(), by="taem"), PolicyError, "by", "no column 'taem'; did you mean 'team'"),
        (lambda: bulk.attainment(answer(), policy="x"), PolicyError, "policy", "not a Policy"),
        (lambda: bulk.attainment(answer(), policy=desk(metric="closure")), AttainmentError, "policy", "has no objective for 'resolution'"),
        (lambda: bulk.attainment(answer().assign(severity="P7"), policy=desk()), UnknownSeverityError, "", "no severity 'P7'"),
        (lambda: bulk.attainment(answer().assign(resolution_state="gone")), AttainmentError, "resolution_state", "no state of a clock: 'gone'"),
    ],
)  # fmt: skip
def test_refused(call: Any, error: type[Exception], path: str, says: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert caught.value.path == path
    assert says in str(caught.value)


def test_a_percentage_does_not_hang_on_the_threads_context() -> None:
    """Rounded down, whatever precision somebody has set."""
    import decimal

    from slaclock.attainments.results import percent_of

    with decimal.localcontext(decimal.Context(prec=3)):
        assert str(percent_of(Fraction(9999499, 10000000), 5)) == "99.99499"
