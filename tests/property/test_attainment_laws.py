"""The laws of attainment, on tickets drawn at random; and tables answer as readings do (R-7)."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from clock_strategies import Menu, events, policies
from hypothesis import assume, given
from hypothesis import strategies as st
from test_bulk_evaluate import log_of, unused

from clock_oracle import DAY, HOUR, MINUTE, moment
from slaclock import (
    Attainment,
    AttainmentRow,
    Evaluation,
    Event,
    Period,
    Policy,
    Reading,
    SlaclockError,
    Ticket,
    always_open,
    attainment,
    bulk,
    evaluate,
    reopen_rate,
    repeat_rate,
    rolling_attainment,
    wilson_interval,
)
from slaclock.attainments.interval import _Z
from slaclock.attainments.results import TimeSpread

WHENS = ("decided", "due", "opened")
RULES = ("judged", "left_out", "met_so_far", "against")
US = timedelta(microseconds=1)
EPOCH_UTC = datetime(1970, 1, 1, tzinfo=UTC)
ALL = Period.parse("2025-01-01..2027-12-31", "UTC")
COUNTS = ("clocks", "judged", "met", "breached", "open")
shares = st.integers(1, 1000).map(lambda n: Fraction(n, 1000))
LENIENT = Menu(lenient=True, events=7)
STEADY = Menu(
    lenient=True, events=7,
    kinds=tuple(kind for kind in LENIENT.kinds if kind not in ("severity_changed", "attributes_changed")),
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Desk:
    """A policy, some tickets, and the instant at which they are read."""

    policy: Policy
    roles: dict[str, str] | None
    tickets: list[Ticket]
    as_of: datetime

    def results(self) -> list[Evaluation]:
        """Those that the policy can judge."""
        found = []
        for ticket in self.tickets:
            with suppress(SlaclockError):
                found.append(evaluate(self.policy, ticket, as_of=self.as_of, roles=self.roles, strict=False))
        return found


@st.composite
def desks(draw: st.DrawFn, menu: Menu = LENIENT, alike: bool = False) -> Desk:
    policy, _, roles = draw(policies(menu))
    percents = st.sampled_from([None, None, "50%", "66.6%", "99.2%", "100%"])
    # A table does not say which of several objectives judged a clock: those of a metric and severity promise alike.
    shares = {(each.severity, each.metric): draw(percents) for each in policy.objectives} if alike else {}
    policy = policy.replace(
        objectives=[
            each.replace(attainment=shares[each.severity, each.metric] if alike else draw(percents))
            for each in policy.objectives
        ]
    )
    grain = draw(st.sampled_from([30, 15])) * MINUTE
    tickets = []
    for number in range(draw(st.integers(1, 9))):
        opened = draw(st.integers(0, 96 * HOUR // grain)) * grain
        about: dict[str, Any] = {"plan": draw(st.sampled_from(["gold", "basic"]))} if policy.rules else {}
        tickets.append(
            Ticket(
                id=f"T-{number}",
                severity=draw(st.sampled_from([severity.key for severity in policy.severities])),
                opened_at=moment(opened),
                attributes={**about, "team": draw(st.sampled_from(["a", "b", None])), "rank": draw(st.integers(1, 3))},
                events=draw(events(policy, opened, grain, menu)),
            )
        )
    as_of = moment(draw(st.integers(24, 14 * 24)) * HOUR)
    return Desk(policy, roles or None, tickets, as_of)


@st.composite
def spans(draw: st.DrawFn) -> list[Period]:
    """Some periods, which may overlap, with edges where things happen."""
    edges = st.integers(0, 14 * 24).map(lambda hours: moment(hours * HOUR))
    found = []
    for _ in range(draw(st.integers(1, 3))):
        first, last = sorted(draw(st.lists(edges, min_size=2, max_size=2, unique=True)))
        found.append(Period.span(first, last, "UTC"))
    return found


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    names = ["metric", "severity", "team", "rank"]
    return {
        "by": draw(st.lists(st.sampled_from(names), unique=True)),
        "when": draw(st.sampled_from(WHENS)),
        "unfinished": draw(st.sampled_from(RULES)),
        "promised": draw(st.none() | shares),
        "periods": draw(st.none() | spans()),
        "percentiles": draw(st.lists(shares, max_size=3)),
    }


def counts(row: AttainmentRow) -> tuple[int, ...]:
    return tuple(getattr(row, name) for name in COUNTS)


def summed(rows: Any) -> tuple[int, ...]:
    return tuple(sum(column) for column in zip((0,) * len(COUNTS), *map(counts, rows), strict=True))


# -- counts --------------------------------------------------------------------------------------------------


def plain(results: list[Evaluation], unfinished: str) -> tuple[int, ...]:
    """The counts as the documentation words them, one sentence after the other."""
    clocks = met = breached = still = 0
    for reading in (reading for result in results for reading in result if reading.kind == "commitment"):
        runs = reading.state in ("pending", "running", "paused")
        if reading.state == "cancelled" and not reading.breached:
            continue
        clocks += 1
        if reading.target is None and not reading.breached:
            continue
        if not runs:
            met += not reading.breached
            breached += reading.breached
        elif reading.breached:
            breached += unfinished != "left_out"
        else:
            still += 1
            met += unfinished == "met_so_far"
            breached += unfinished == "against"
    return clocks, met + breached, met, breached, still


@given(desks(), questions())
def test_groups_add_up(desk: Desk, asked: dict[str, Any]) -> None:
    """Rows of disjoint periods add up to the whole, the metrics do, and the whole is what a plain count finds."""
    cuts = sorted(
        {ALL.lower, ALL.upper, *(edge for each in asked["periods"] or () for edge in (each.lower, each.upper))}
    )
    parts = [Period.span(EPOCH_UTC + a * US, EPOCH_UTC + b * US, "UTC") for a, b in zip(cuts, cuts[1:], strict=False)]
    results = desk.results()
    answer = attainment(results, **{**asked, "periods": parts})
    assert summed(answer.rows) == counts(answer.whole) == summed(answer.by_metric.values())
    assert counts(answer.whole) == plain(results, asked["unfinished"])
    timed = attainment(results, **{**asked, "by": ("metric",), "periods": parts})
    for metric, row in answer.by_metric.items():
        of_it = [one for one in timed if one["metric"] == metric]
        assert sum(one.elapsed.total_us for one in of_it if one.elapsed) == (row.elapsed.total_us if row.elapsed else 0)
        assert sum(one.wall.count for one in of_it if one.wall) == (row.wall.count if row.wall else 0)


@given(desks(), questions(), st.randoms(use_true_random=False))
def test_order_does_not_matter(desk: Desk, asked: dict[str, Any], random: Any) -> None:
    results = desk.results()
    readings: list[Any] = [reading for result in results for reading in result]
    answer = attainment(results, **asked)
    repeats = repeat_rate(results, same=("team",), within="24h", by="rank")
    random.shuffle(readings)
    random.shuffle(results)
    assert attainment(readings, **asked) == answer == attainment(iter(results), **asked)
    assert repeat_rate(results, same=("team",), within="24h", by="rank") == repeats


@given(desks(), questions())
def test_the_rules_for_unfinished_clocks_in_order(desk: Desk, asked: dict[str, Any]) -> None:
    """The harshest is never above the usual one, and the two that flatter never below."""
    answers = {rule: attainment(desk.results(), **{**asked, "unfinished": rule}) for rule in RULES}
    for rows in zip(*(answers[rule].rows for rule in RULES), strict=True):
        usual, left_out, so_far, against = rows
        assert len({row.clocks for row in rows}) == len({row.open for row in rows}) == 1
        assert usual.met == left_out.met == against.met and so_far.met == usual.met + usual.open
        assert so_far.judged == against.judged == usual.judged + usual.open
        if usual.value is not None:
            assert against.value <= usual.value <= so_far.value
            assert left_out.value is None or usual.value <= left_out.value


@given(desks(), questions(), st.integers(1, 20), st.dates(date(2026, 1, 3), date(2026, 1, 20)), st.integers(0, 9))
def test_a_curve_is_the_plain_figure_of_each_window(
    desk: Desk, asked: dict[str, Any], days: int, first: date, more: int
) -> None:
    del asked["periods"], asked["percentiles"]
    results = desk.results()
    over = Period.parse(f"{first}..{first + timedelta(days=more)}", "Europe/Berlin")
    curve = rolling_attainment(results, over=over, days=days, **asked)
    windows = [Period.rolling(first + timedelta(days=day), "Europe/Berlin", days=days) for day in range(more + 1)]
    assert {row.period for row in curve} <= set(windows)
    for window in windows:
        whole = attainment(results, periods=window, **{**asked, "by": ()}).rows[0]
        rows = [row for row in curve if row.period == window]
        assert summed(rows) == counts(whole)
        for row in attainment(results, periods=window, **asked):
            (found,) = (one for one in rows if one.keys == row.keys)
            assert counts(found) == counts(row) and found.promises == row.promises


# -- promises ------------------------------------------------------------------------------------------------


def row_of(met: int, breached: int, *promises: Fraction) -> AttainmentRow:
    nothing: dict[str, Any] = {"keys": {}, "period": None, "open": 0, "elapsed": None, "wall": None}
    return AttainmentRow(clocks=met + breached, met=met, breached=breached, promises=promises, **nothing)


@given(st.integers(0, 60), st.integers(1, 60), shares)
def test_kept_is_a_matter_of_integers(met: int, judged: int, promised: Fraction) -> None:
    """And the margin is the number that can be moved from met to breached, or must be moved back."""
    met = min(met, judged)
    row = row_of(met, judged - met, promised)
    assert row.kept == (met * promised.denominator >= promised.numerator * judged) == (row.value >= promised)
    least = next(n for n in range(judged + 1) if row_of(n, judged - n, promised).kept)
    assert row.margin == met - least
    assert row.kept == (row.margin >= 0)
    # What is shown is never above what is, and so never reaches a promise that is not kept.
    assert Fraction(row.percentage()) / 100 <= row.value < Fraction(row.percentage() + Decimal("0.01")) / 100


@given(desks(), questions())
def test_one_more_that_is_met_never_lowers_a_share(desk: Desk, asked: dict[str, Any]) -> None:
    """Nor does one more that is breached raise it."""
    results = desk.results()
    readings = [reading for result in results for reading in result]
    for one in readings:
        before, after = attainment(readings, **asked), attainment([*readings, one], **asked)
        for row in after:
            found = [each for each in before if (each.keys, each.period) == (row.keys, row.period)]
            old = found[0] if found else row_of(0, 0)
            if row.met > old.met:
                assert old.value is None or row.value >= old.value
            elif row.breached > old.breached:
                assert old.value is None or row.value <= old.value
            else:
                assert counts(row)[1:4] == counts(old)[1:4]


# -- times ---------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40), st.lists(shares, min_size=2, max_size=5, unique=True))
def test_times_are_exact_and_percentiles_rise(times: list[int], asked: list[Fraction]) -> None:
    """The p-th percentile is the least time of which at least p percent of all are no longer."""
    asked.sort()
    found = TimeSpread.of(sorted(times), sum(times), asked)
    values = [value // US for value in found.percentiles.values()]
    assert values == sorted(values)
    for p, value in zip(asked, values, strict=True):
        assert value == min(each for each in times if sum(one <= each for one in times) >= p * len(times))
    exact = [Fraction(each) for each in times]
    assert (found.mean_us, found.median_us) == (statistics.mean(exact), statistics.median(exact))
    assert abs(Fraction(found.mean // US) - found.mean_us) <= Fraction(1, 2)


# -- the interval --------------------------------------------------------------------------------------------


@given(st.integers(0, 200), st.integers(1, 200), st.sampled_from(sorted(_Z)))
def test_an_interval_holds_the_share_and_solves_its_equation(met: int, judged: int, confidence: Any) -> None:
    """Both bounds lie where (share - bound)^2 n = z^2 bound (1 - bound), outwards by less than a millionth."""
    met = min(met, judged)
    found = wilson_interval(met, judged, confidence)
    share, z, step = Fraction(met, judged), Fraction(_Z[confidence]), Fraction(1, 10**6)
    low, high = Fraction(found.low), Fraction(found.high)
    assert 0 <= low <= share <= high <= 1

    def beyond(bound: Fraction) -> Fraction:
        return (share - bound) ** 2 * judged - z * z * bound * (1 - bound)

    assert beyond(low) >= 0 and beyond(high) >= 0
    assert low == share == 0 or beyond(low + step) <= 0
    assert high == share == 1 or beyond(high - step) <= 0
    other = wilson_interval(judged - met, judged, confidence)
    assert (other.low, other.high) == (1 - found.high, 1 - found.low)


# -- no floats -----------------------------------------------------------------------------------------------


def parts(value: Any) -> Iterator[Any]:
    """All that a value holds, and what its properties say."""
    yield value
    if dataclasses.is_dataclass(value) and not isinstance(value, Period):
        names = {field.name for field in dataclasses.fields(value)}
        names |= {name for name in dir(type(value)) if isinstance(getattr(type(value), name, None), property)}
        for name in names:
            yield from parts(getattr(value, name))
    elif isinstance(value, Mapping):
        for each in value.items():
            yield from parts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from parts(each)


@given(desks(), questions())
def test_no_float_anywhere(desk: Desk, asked: dict[str, Any]) -> None:
    """R-1: neither in a result nor in the rows for frames, of readings or of tables."""
    results = desk.results()
    answers: list[Any] = [attainment(results, **asked), reopen_rate(results, by="team")]
    for answer in answers:
        found = {type(part) for part in (*parts(answer), *parts(answer.to_rows()))}
        assert not {kind for kind in found if issubclass(kind, (float, np.generic))}


# -- tables --------------------------------------------------------------------------------------------------


def column(values: list[datetime | None]) -> np.ndarray:
    return np.array(["NaT" if at is None else np.datetime64((at - EPOCH_UTC) // US, "us") for at in values], "M8[us]")


def in_pandas(columns: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame({name: _aware(pd.Series(values)) for name, values in columns.items()})


def _aware(values: pd.Series) -> pd.Series:
    return values.dt.tz_localize("UTC") if values.dtype.kind == "M" else values


def in_polars(columns: dict[str, Any]) -> pl.DataFrame:
    frame = pl.DataFrame(
        {name: pl.Series(_listed(values)) if values.dtype == object else values for name, values in columns.items()}
    )
    return frame.with_columns(pl.col(pl.Datetime("us")).dt.replace_time_zone("UTC"))


def _listed(values: np.ndarray) -> list[Any]:
    return values.tolist()


def in_arrow(columns: dict[str, Any]) -> pa.Table:
    return in_polars(columns).to_arrow()


def opened_of(row: dict[str, Reading]) -> datetime | None:
    """An impossible history may hold an earlier opening."""
    return next((EPOCH_UTC + reading.fold.history.opened * US for reading in row.values()), None)


LIBRARIES = {"numpy": dict, "pandas": in_pandas, "polars": in_polars, "arrow": in_arrow}


@given(desks(STEADY, alike=True), questions(), st.sampled_from(sorted(LIBRARIES)))
def test_tables_have_the_attainment_of_readings(desk: Desk, asked: dict[str, Any], library: str) -> None:
    """R-7: of the latest cycle of each commitment, of every library, by any group, period and rule."""
    assume(desk.policy.objectives)  # else there is nothing to answer
    policy, tickets = desk.policy, desk.tickets
    metrics = list(dict.fromkeys(objective.metric for objective in policy.objectives))
    rows: list[dict[str, Reading]] = []
    for ticket in tickets:
        result = None
        with suppress(SlaclockError):
            result = evaluate(policy, ticket, as_of=desk.as_of, roles=desk.roles, strict=False)
        found = {metric: None if result is None else result.get(metric) for metric in metrics}
        rows.append({metric: reading for metric, reading in found.items() if reading is not None})
    assume(all(reading.kind == "commitment" for row in rows for reading in row.values()))
    columns = {
        "ticket": np.arange(len(tickets)),
        "severity": np.array([ticket.severity for ticket in tickets], dtype=object),
        "opened": column([opened_of(row) or ticket.opened_at for row, ticket in zip(rows, tickets, strict=True)]),
        "team": np.array([ticket.attributes["team"] for ticket in tickets], dtype=object),
        "rank": np.array([ticket.attributes["rank"] for ticket in tickets]),
        "plan": np.array([ticket.attributes.get("plan", "") for ticket in tickets], dtype=object),
    }
    for metric in metrics:
        columns[f"{metric} began"] = column([row[metric].started_at if metric in row else None for row in rows])
        columns[f"{metric} ended"] = column([row[metric].stopped_at if metric in row else None for row in rows])
    answer = bulk.evaluate_log(
        policy, log_of(tickets), tickets=LIBRARIES[library](columns), as_of=desk.as_of, roles=desk.roles, zone="UTC",
        errors="report", strict=False, kinds=unused(policy),
    )  # fmt: skip
    readings = [reading for row in rows for reading in row.values()]
    where = {"policy": policy, "as_of": desk.as_of, "zone": "UTC" if library == "numpy" else None}
    stops = {metric: f"{metric} ended" for metric in metrics}
    got = bulk.attainment(
        answer, started={metric: f"{metric} began" for metric in metrics}, stopped=stops, **where, **asked
    )
    assert got == attainment(readings, **asked)
    over = Period.parse("2026-01-05..2026-01-09", "UTC")
    asked = {name: value for name, value in asked.items() if name not in ("periods", "percentiles")}
    curve = bulk.rolling_attainment(answer, over=over, days=3, stopped=stops, **where, **asked)
    assert curve == rolling_attainment(readings, over=over, days=3, **asked)


# -- tickets that come back ----------------------------------------------------------------------------------

KINDS = ("resolved", "reopened", "closed", "cancelled")
ONE = Policy(
    name="one", calendar="always", severities=[{"key": "P1"}], calendars={"always": always_open()},
    objectives=[{"severity": "P1", "metric": "resolution", "within": "1h"}],
)  # fmt: skip
hours = st.integers(0, 12)


@st.composite
def lives(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows of tickets with an event a kind at most, at few instants, so that many coincide; possible or not."""
    rows = []
    for _ in range(draw(st.integers(1, 8))):
        row: dict[str, Any] = {kind: draw(hours) for kind in KINDS if draw(st.integers(0, 2)) == 0}
        rows.append({**row, "opened": draw(hours), "team": draw(st.sampled_from(["a", "b", None]))})
    return rows


@given(lives(), st.integers(0, 13), st.integers(1, 8), st.none() | spans(), st.sampled_from([(), ("team",)]))
def test_tables_have_the_rates_of_evaluations(
    rows: list[dict[str, Any]], as_of: int, within: int, periods: list[Period] | None, by: tuple[str, ...]
) -> None:
    """R-7: reopened and repeated, whatever the histories are, at any instant."""
    results = [
        evaluate(
            ONE,
            Ticket(
                id=f"T-{number}", severity="P1", opened_at=moment(row["opened"] * HOUR), attributes={"team": row["team"]},
                events=[Event(kind=kind, at=moment(row[kind] * HOUR)) for kind in KINDS if kind in row],
            ),
            as_of=moment(as_of * HOUR), strict=False,
        )
        for number, row in enumerate(rows)
    ]  # fmt: skip
    table = {
        kind: column([moment(row[kind] * HOUR) if kind in row else None for row in rows]) for kind in ("opened", *KINDS)
    }
    table["team"] = np.array([row["team"] for row in rows], dtype=object)
    asked: dict[str, Any] = {"by": by, "periods": periods}
    where = {"as_of": moment(as_of * HOUR), "zone": "UTC"}
    assert bulk.reopen_rate(table, **where, **asked) == reopen_rate(results, **asked)
    span = timedelta(hours=within)
    assert bulk.repeat_rate(table, same="team", within=span, **where, **asked) == repeat_rate(
        results, same="team", within=span, **asked
    )


@given(st.lists(st.tuples(hours, st.none() | hours, st.sampled_from("ab")), min_size=1, max_size=8), st.integers(1, 8))
def test_what_repeats_what(told: list[tuple[int, int | None, str]], within: int) -> None:
    """Each ticket asked about every other, as the sentence of the documentation has it."""
    rows = [(opened, None if length is None else opened + length, who) for opened, length, who in told]

    def repeats(b: tuple[int, int | None, str], a: tuple[int, int | None, str]) -> bool:
        return a[2] == b[2] and a[0] < b[0] and (a[1] is None or a[1] > b[0] or b[0] - a[1] <= within)

    results = []
    for number, (opened, ended, who) in enumerate(rows):
        ticket = Ticket(id=f"T-{number}", severity="P1", opened_at=moment(opened * HOUR), attributes={"who": who})
        ticket = ticket if ended is None else ticket.resolve(moment(ended * HOUR))
        results.append(evaluate(ONE, ticket, as_of=moment(9 * DAY)))
    found = repeat_rate(results, same="who", within=timedelta(hours=within))
    assert found.whole.found == sum(any(repeats(b, a) for a in rows) for b in rows)
    assert found.whole.tickets == len(rows)


def test_attainment_is_a_value() -> None:
    """Equal results are equal, and rows can be kept in sets."""
    empty = attainment([])
    assert isinstance(empty, Attainment) and empty == attainment([]) and hash(empty) == hash(attainment([]))
