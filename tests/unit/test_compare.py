"""Two policies side by side, and the target that would have been met: on tickets worked out by hand."""

from __future__ import annotations

import pickle
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from slaclock import (
    Agreement,
    BusinessCalendar,
    Event,
    HistoryError,
    InstantError,
    NotInForceError,
    Policy,
    PolicyError,
    ReadingError,
    Tally,
    Ticket,
    UnboundRoleError,
    UnknownRoleError,
    UnknownSeverityError,
    compare,
    evaluate,
    target_for,
)

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NINE = datetime(2026, 6, 8, 9, 0, tzinfo=UTC)  # a Monday
NOON = NINE + 3 * HOUR
LATE = NINE + 24 * HOUR
ALWAYS = {"timezone": "UTC", "hours": {"daily": ["00:00-24:00"]}}
OFFICE = {"timezone": "UTC", "hours": {"mon-fri": ["09:00-17:00"]}}


def policy(name: str, *objectives: dict[str, Any], severities: tuple[str, ...] = ("P1",), **more: Any) -> Policy:
    data = {
        "name": name,
        "calendar": "always",
        "calendars": {"always": ALWAYS, "office": OFFICE},
        "severities": [{"key": key} for key in severities],
        "objectives": [{"severity": "P1", **objective} for objective in objectives],
    }
    return Policy.from_dict({**data, **more})


A = policy(
    "old",
    {"metric": "first_response", "within": "1h"},
    {"metric": "resolution", "within": "8h"},
    {"metric": "resolution", "within": "4h", "kind": "aim"},
    {"severity": "P2", "metric": "resolution", "within": "20h"},
    severities=("P1", "P2", "P3"),
)
B = policy(
    "new",
    {"metric": "first_response", "within": "30m"},
    {"metric": "resolution", "within": "16h"},
    {"metric": "workaround", "within": "2h"},
    {"severity": "P2", "metric": "resolution", "within": "2h"},
    severities=("P1", "P2"),
)


def ticket(number: int, severity: str = "P1", opened: datetime = NINE) -> Ticket:
    return Ticket(id=f"T-{number}", severity=severity, opened_at=opened)


# Answered after 45 minutes, solved after ten hours: both verdicts turn.
TURNS = ticket(1).respond(NINE + 45 * MINUTE).resolve(NINE + 10 * HOUR)
# Nothing has happened in three hours.
SILENT = ticket(2, opened=LATE - 3 * HOUR)
# Solved at once.
QUICK = ticket(3).respond(NINE + 5 * MINUTE).resolve(NINE + 6 * MINUTE)
UNKNOWN = ticket(4, "P3")
IMPOSSIBLE = ticket(5).respond(NINE - HOUR)


def test_the_two_sides_of_each_clock() -> None:
    """CLK-13, CLK-14: paired by metric, kind and cycle; what only one policy times has one side."""
    answer = compare(A, B, [TURNS], as_of=LATE)
    told = [
        (clock.metric, clock.kind, clock.a and clock.a.verdict, clock.b and clock.b.verdict, clock.flip, clock.only)
        for clock in answer
    ]
    assert told == [
        ("first_response", "commitment", "met", "breached", "met_to_breached", None),
        ("resolution", "commitment", "breached", "met", "breached_to_met", None),
        ("resolution", "aim", "breached", None, None, "a"),
        ("workaround", "commitment", None, "breached", None, "b"),
    ]
    first = answer.clocks[0]
    assert (first.ticket, first.cycle, first.a.objective, first.b.severity) == ("T-1", 1, "P1/first_response", "P1")
    assert (first.a.due, first.b.due) == (NINE + HOUR, NINE + 30 * MINUTE)
    assert (first.a.budget, first.b.budget, first.a.elapsed, first.b.elapsed) == (HOUR, HOUR / 2, 45 * MINUTE, 45 * MINUTE)  # fmt: skip
    assert (first.a.overrun, first.b.overrun) == (timedelta(0), 15 * MINUTE)
    assert first.changes == ("verdict", "due", "budget", "overrun")
    assert answer.clocks[2].changes == ()  # there is nothing to hold it against
    assert answer.changed == answer.clocks and answer.flipped == answer.clocks[:2]
    assert len(answer) == 4 and answer.tickets == 1


def test_the_sums() -> None:
    """CLK-13: judged are the met and the breached; attainment is an exact fraction."""
    answer = compare(A, B, [TURNS, SILENT, QUICK], as_of=LATE)
    sums = {(one.metric, one.kind, one.severity): one for one in answer.sums}
    assert list(sums) == [
        ("first_response", "commitment", "P1"),
        ("resolution", "commitment", "P1"),
        ("resolution", "aim", "P1"),
        ("workaround", "commitment", "P1"),
    ]
    first = sums["first_response", "commitment", "P1"]
    assert (first.a, first.b) == (Tally(clocks=3, met=2, breached=1), Tally(clocks=3, met=1, breached=2))
    assert (first.met_to_breached, first.breached_to_met) == (1, 0)
    assert (first.a.attainment, first.b.attainment) == (Fraction(2, 3), Fraction(1, 3))
    solved = sums["resolution", "commitment", "P1"]
    assert (solved.a, solved.b) == (Tally(clocks=3, met=1, breached=1), Tally(clocks=3, met=2, breached=0))
    assert (solved.a.judged, solved.b.judged) == (2, 2)
    assert (solved.met_to_breached, solved.breached_to_met) == (0, 1)
    aim = sums["resolution", "aim", "P1"]
    assert (aim.a, aim.b, aim.b.attainment) == (Tally(clocks=3, met=1, breached=1), Tally(), None)
    work = sums["workaround", "commitment", "P1"]
    assert (work.a, work.b) == (Tally(), Tally(clocks=3, met=1, breached=2))
    total = answer.total()
    assert (total.metric, total.kind, total.severity) == (None, "commitment", None)
    assert (total.a, total.b) == (Tally(clocks=6, met=3, breached=2), Tally(clocks=9, met=4, breached=4))
    assert (total.met_to_breached, total.breached_to_met) == (1, 1)
    assert answer.total(kind="aim").a == aim.a
    assert answer.total(metric="resolution", severity="P1") == solved
    assert answer.total(severity="P2").a == Tally()


def test_each_side_counts_under_the_severity_that_judges_it() -> None:
    """CLK-11: the old policy keeps a clock under the severity by which it breached, the new one has moved on."""
    raised = ticket(1, "P2").change_severity(NINE + 3 * HOUR, "P1").resolve(NINE + 4 * HOUR)
    answer = compare(B, A, [raised], as_of=LATE)  # two hours for a P2, and then twenty
    (clock,) = (clock for clock in answer if (clock.metric, clock.kind) == ("resolution", "commitment"))
    assert (clock.a.severity, clock.a.verdict, clock.b.severity, clock.b.verdict) == ("P2", "breached", "P1", "met")
    assert clock.flip == "breached_to_met" and "severity" in clock.changes
    sums = {(one.metric, one.kind, one.severity): one for one in answer.sums}
    p1, p2 = sums["resolution", "commitment", "P1"], sums["resolution", "commitment", "P2"]
    assert (p2.a, p2.b, p2.breached_to_met) == (Tally(clocks=1, breached=1), Tally(), 0)
    assert (p1.a, p1.b, p1.breached_to_met) == (Tally(), Tally(clocks=1, met=1), 1)
    assert answer.total(metric="resolution").breached_to_met == 1


def test_severities_and_metrics_are_in_the_order_of_the_policies() -> None:
    """POL-2: by rank, and not by name."""
    ranked = policy(
        "ranked",
        {"severity": "low", "metric": "resolution", "within": "8h"},
        {"severity": "high", "metric": "resolution", "within": "8h"},
        {"severity": "high", "metric": "first_response", "within": "8h"},
        severities=("urgent", "low", "high"),
    )
    tickets = [ticket(1, "high"), ticket(2, "low")]
    told = [(one.metric, one.severity) for one in compare(ranked, ranked, tickets, as_of=LATE).sums]
    assert told == [("resolution", "low"), ("resolution", "high"), ("first_response", "high")]
    turned = ranked.replace(name="turned", severities=[{"key": key} for key in ("high", "low", "urgent")])
    for a, b, first in ((ranked, turned, "low"), (turned, ranked, "high")):
        assert compare(a, b, tickets, as_of=LATE).sums[0].severity == first  # the order of a


def test_a_ticket_that_one_policy_cannot_judge_is_listed_with_the_error() -> None:
    """CLK-8: it is in no sum of either."""
    answer = compare(A, B, [UNKNOWN, TURNS, IMPOSSIBLE], as_of=LATE)
    assert answer.tickets == 1 and {clock.ticket for clock in answer} == {"T-1"}
    assert answer.total(metric="resolution").a.clocks == 1
    assert [(one.ticket, one.side, one.code) for one in answer.unanswered] == [
        ("T-4", "b", "unknown_severity"),
        ("T-5", "a", "history"),
        ("T-5", "b", "history"),
    ]
    unknown, impossible, _ = answer.unanswered
    assert isinstance(unknown.error, UnknownSeverityError) and unknown.message == unknown.error.message
    assert isinstance(impossible.error, HistoryError) and impossible.error.event.kind == "responded"
    assert impossible.error.__traceback__ is None
    lenient = compare(A, B, [IMPOSSIBLE], as_of=LATE, strict=False)
    assert lenient.tickets == 1 and lenient.unanswered == ()


def test_what_is_wrong_with_the_question_is_raised() -> None:
    """R-1, POL-5: one mistake in the call is not a hundred tickets without an answer."""
    role = policy("role", {"metric": "resolution", "within": "8h", "calendar": "hours"}, roles={"hours": {}})
    with pytest.raises(UnboundRoleError):
        compare(A, role, [TURNS], as_of=LATE)
    with pytest.raises(UnknownRoleError):
        compare(A, role, [TURNS], as_of=LATE, roles_a={"hours": "office"}, roles_b={"hours": "office"})
    with pytest.raises(InstantError):
        compare(A, B, [], as_of=datetime(2026, 6, 8, 9, 0))
    with pytest.raises(PolicyError, match="neither a Policy nor an Agreement: 'b'"):
        compare(A, "b", [], as_of=LATE)  # type: ignore[arg-type]
    with pytest.raises(PolicyError, match="not a Ticket"):
        compare(A, B, ["T-1"], as_of=LATE)  # type: ignore[list-item]


def test_roles_are_bound_for_each_side() -> None:
    """POL-5: the same promise on other hours."""
    role = policy("role", {"metric": "resolution", "within": "8h", "calendar": "hours"}, roles={"hours": {}})
    short = BusinessCalendar(timezone="UTC", hours={"daily": ["10:00-12:00"]})
    answer = compare(role, role, [TURNS], as_of=LATE, roles_a={"hours": "always"}, roles_b={"hours": short})
    (clock,) = answer
    assert (clock.a.elapsed, clock.b.elapsed) == (10 * HOUR, 2 * HOUR)
    assert clock.flip == "breached_to_met"


def test_agreements_compare_too() -> None:
    """POL-10: a ticket opened before one of them holds is listed."""
    old = Agreement(id="A-1", timezone="UTC", versions=[{"effective": "2026-01-01", "policy": A}])
    new = Agreement(
        id="A-2",
        timezone="UTC",
        versions=[{"effective": "2026-06-08", "policy": B}, {"effective": "2027-01-01", "policy": A}],
    )
    answer = compare(old, new, [TURNS, ticket(9, opened=NINE - 24 * HOUR)], as_of=LATE)
    assert (answer.policy_a, answer.policy_b, answer.tickets) == ("A-1", "A-2", 1)
    assert [(one.ticket, one.side) for one in answer.unanswered] == [("T-9", "b")]
    assert isinstance(answer.unanswered[0].error, NotInForceError)
    assert answer.total(metric="first_response").met_to_breached == 1


def test_what_was_known_when() -> None:
    """CLK-7: for both sides."""
    late_entry = ticket(1).add(Event(kind="responded", at=NINE + 10 * MINUTE, recorded_at=NINE + 5 * HOUR))
    known = compare(A, A, [late_entry], as_of=NOON)
    then = compare(A, A, [late_entry], as_of=NOON, known_at=NOON)
    assert (known.clocks[0].a.verdict, then.clocks[0].a.verdict) == ("met", "breached")


def test_the_repeated_hour_is_two_instants() -> None:
    """R-1: 01:30 summer time and 01:30 winter time look alike in one zone, and are not."""
    london = {"timezone": "Europe/London", "hours": {"daily": ["00:00-24:00"]}}
    promise = {"severity": "P1", "metric": "resolution"}
    summer, winter = (
        policy(within, {**promise, "within": within}, calendar="london", calendars={"london": london})
        for within in ("1h", "2h")
    )
    at = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)  # 00:30 +01:00
    (clock,) = compare(summer, winter, [ticket(1, opened=at)], as_of=at)
    assert str(clock.a.due) == "2026-10-25 01:30:00+01:00" and str(clock.b.due) == "2026-10-25 01:30:00+00:00"
    assert clock.a.due == clock.b.due  # what Python says of them
    assert clock.changes == ("due", "budget")
    row = clock.to_row()
    assert (row["due_a"].isoformat(), row["due_b"].isoformat()) == ("2026-10-25T00:30:00+00:00", "2026-10-25T01:30:00+00:00")  # fmt: skip


def test_rows_for_data_frames() -> None:
    """R-7: one flat row a clock and a sum, instants in UTC."""
    import pandas as pd
    import polars as pl

    answer = compare(A, B, [TURNS, SILENT], as_of=LATE)
    rows = answer.to_rows()
    assert list(rows[0]) == [
        "ticket", "metric", "kind", "cycle", "objective_a", "objective_b", "severity_a", "severity_b", "state_a",
        "state_b", "verdict_a", "verdict_b", "due_a", "due_b", "budget_a", "budget_b", "elapsed_a", "elapsed_b",
        "overrun_a", "overrun_b", "flip",
    ]  # fmt: skip
    assert rows[0]["flip"] == "met_to_breached" and rows[2]["verdict_b"] is None
    frame = pd.DataFrame(rows)
    assert str(frame["due_a"].dt.tz) == "UTC" and frame["elapsed_a"][0] == 45 * MINUTE
    polars = pl.DataFrame(rows, infer_schema_length=None)
    assert polars["due_b"].dtype == pl.Datetime("us", "UTC") and polars.height == len(answer) == 8
    assert answer.sums[0].to_row() == {
        "metric": "first_response", "kind": "commitment", "severity": "P1", "clocks_a": 2, "clocks_b": 2,
        "judged_a": 2, "judged_b": 2, "met_a": 1, "met_b": 0, "breached_a": 1, "breached_b": 2,
        "met_to_breached": 1, "breached_to_met": 0,
    }  # fmt: skip


def test_a_comparison_reads_well() -> None:
    answer = compare(A, B, [TURNS, SILENT, QUICK, UNKNOWN], as_of=LATE)
    assert repr(answer).splitlines() == [
        "Comparison of 'old' (a) and 'new' (b): 3 tickets, 12 clocks, as of 2026-06-09 09:00:00+00:00",
        "                  met/judged a   met/judged b  met to breached  breached to met",
        "first_response    2/3 = 66.7 %   1/3 = 33.3 %                1                0",
        "resolution        1/2 = 50.0 %  2/2 = 100.0 %                0                1",
        "resolution (aim)  1/2 = 50.0 %    none judged                0                0",
        "workaround         none judged   1/3 = 33.3 %                0                0",
        "1 ticket is not answered: see unanswered",
    ]
    assert repr(compare(A, B, [], as_of=LATE)) == (
        "Comparison of 'old' (a) and 'new' (b): 0 tickets, 0 clocks, as of 2026-06-09 09:00:00+00:00"
    )


def test_a_comparison_is_a_small_value() -> None:
    """R-6: equal when asked again, and it keeps numbers only."""
    answer = compare(A, B, iter([TURNS, SILENT, UNKNOWN]), as_of=LATE)
    assert answer == compare(A, B, [TURNS, SILENT, UNKNOWN], as_of=LATE)
    assert pickle.loads(pickle.dumps(answer)) == answer
    with pytest.raises(AttributeError):
        answer.tickets = 5  # type: ignore[misc]
    many = compare(A, B, [TURNS] * 200, as_of=LATE)
    assert len(pickle.dumps(many)) < 200 * len(pickle.dumps(evaluate(A, TURNS, as_of=LATE))) / 2
    assert sys.getsizeof(many.clocks[0]) < 200


# Which target


def answered_after(*minutes: int) -> list[Ticket]:
    return [ticket(number).respond(NINE + minute * MINUTE) for number, minute in enumerate(minutes)]


def readings(tickets: list[Ticket], by: Policy = A, as_of: datetime = LATE) -> list[Any]:
    return [evaluate(by, one, as_of=as_of) for one in tickets]


TWENTY = readings(answered_after(*range(10, 210, 10)))  # 10, 20, ... 200 minutes


@pytest.mark.parametrize(
    ("share", "minutes"),
    [
        ("95%", 190), ("100%", 200), ("5%", 10), ("4.9%", 10), ("5.1%", 20), ("95.0001%", 200), (" 50 % ", 100),
        (Fraction(19, 20), 190), (Fraction(1), 200), (Decimal("0.95"), 190), (Decimal("0.9500001"), 200),
    ],
)  # fmt: skip
def test_the_target_of_a_share(share: Any, minutes: int) -> None:
    """R-4: nineteen of twenty is 95 %, and a hair more needs the twentieth."""
    assert target_for(share, TWENTY, metric="first_response") == minutes * MINUTE


@pytest.mark.parametrize(
    "share",
    [
        0.95,
        95,
        1,
        "95",
        "0.95",
        "0%",
        "-5%",
        "101%",
        "",
        "%",
        "nan%",
        "Infinity%",
        Decimal("NaN"),
        Decimal(95),
        Fraction(0),
        None,
        True,
    ],  # fmt: skip
)
def test_what_is_no_share(share: Any) -> None:
    """R-1: a float is another number than the one written, and a bare 1 may be one or a hundredth."""
    with pytest.raises(PolicyError, match="not a share above 0 and up to 1") as caught:
        target_for(share, TWENTY, metric="first_response")
    assert (caught.value.path, caught.value.example) == ("share", '"95%" or Fraction(19, 20)')


def test_unfinished_clocks() -> None:
    """CLK-13: six answered, two open for 20 and 90 minutes, one cancelled after 20."""
    open_ = [ticket(10, opened=LATE - 20 * MINUTE), ticket(11, opened=LATE - 90 * MINUTE)]
    cancelled = ticket(12).cancel(NINE + 20 * MINUTE)
    some = readings([*answered_after(10, 20, 30, 40, 50, 60), *open_, cancelled])

    def found(share: str, **more: Any) -> Any:
        return target_for(share, some, metric="first_response", **more)

    # Six of eight at best, when the open ones count against it: 3/8 and 4/8 straddle the half, 5/8 and 6/8 the 70 %.
    assert found("50%") == 40 * MINUTE and found("70%") == 60 * MINUTE and found("75%") == 60 * MINUTE
    assert found("76%") is None
    # At 10 minutes the cancelled clock has used more: 1 of 9.
    assert found("12.5%") == 20 * MINUTE
    # Judged as a report would: at 60 minutes 6 of 7, at 90 minutes 6 of 6.
    assert found("85%", unfinished="judged") == 60 * MINUTE and found("86%", unfinished="judged") == 90 * MINUTE
    assert found("100%", unfinished="judged") == 90 * MINUTE
    with pytest.raises(PolicyError, match="not a way to count what is unfinished: 'ignored'"):
        found("50%", unfinished="ignored")


def test_paused_clocks_are_unfinished() -> None:
    """CLK-5: a pause does not finish anything."""
    waiting = ticket(1).pause(NINE + HOUR, reason="customer")
    some = readings([waiting, QUICK])
    assert target_for("50%", some, metric="resolution") == 6 * MINUTE
    assert target_for("51%", some, metric="resolution") is None
    assert target_for("51%", some, metric="resolution", unfinished="judged") == HOUR


def test_where_no_target_would_do() -> None:
    """R-5: a share of nothing is none."""
    assert target_for("1%", [], metric="anything") is None
    assert target_for("1%", readings([SILENT]), metric="resolution") is None
    assert target_for("1%", readings([SILENT]), metric="resolution", unfinished="judged") is None
    assert target_for("1%", TWENTY, metric="first_response", severity="P2") is None


def test_names_that_are_not_the_policys() -> None:
    with pytest.raises(ReadingError, match="policy 'old' has no objective for 'resolutoin'; did you mean 'resolution'"):
        target_for("95%", TWENTY, metric="resolutoin")
    with pytest.raises(UnknownSeverityError, match="policy 'old' has no severity 'p1'"):
        target_for("95%", TWENTY, metric="resolution", severity="p1")
    with pytest.raises(ReadingError, match="neither an Evaluation nor a Reading: Ticket"):
        target_for("95%", [TURNS], metric="resolution")  # type: ignore[list-item]


def test_readings_of_one_evaluation() -> None:
    """CLK-14: an evaluation holds readings, and so may a list."""
    result = evaluate(A, TURNS, as_of=LATE)
    for given in (result, list(result), [result], [result["resolution"]], iter([result])):
        assert target_for("100%", given, metric="resolution") == 10 * HOUR


def test_of_severities_and_kinds() -> None:
    """POL-6: a commitment and an aim of one clock are not two clocks."""
    some = readings([QUICK, ticket(1, "P2").resolve(NINE + 10 * HOUR)])
    assert target_for("100%", some, metric="resolution") == 10 * HOUR
    assert target_for("100%", some, metric="resolution", severity="P1") == 6 * MINUTE
    assert target_for("50%", some, metric="resolution", kind="aim") == 6 * MINUTE
    assert target_for("100%", some, metric="resolution", kind="aim") == 6 * MINUTE


def test_what_is_only_measured_has_a_target_too() -> None:
    """POL-6: this is how one finds out what could be promised."""
    measured = policy("measured", {"metric": "resolution"})
    assert target_for("100%", readings([TURNS, QUICK], measured), metric="resolution") == 10 * HOUR


def test_what_no_objective_holds_for_any_more_is_left_out() -> None:
    """POL-9, CLK-10."""
    gone = ticket(1).change_severity(NINE + HOUR, "P3").resolve(NINE + 30 * HOUR)
    assert target_for("100%", readings([gone, QUICK], as_of=LATE + 24 * HOUR), metric="resolution") == 6 * MINUTE


def test_business_days_and_named_instants_are_asked_in_working_time() -> None:
    """R-4: what was used on the calendar counts, whatever is promised now."""
    days = policy(
        "days",
        {"metric": "resolution", "within": "2 business days", "calendar": "office"},
        {"severity": "P2", "metric": "resolution", "within": "next business day by 12:00", "calendar": "office"},
        severities=("P1", "P2"),
    )
    # From Monday 09:00: Tuesday 10:00 is 9 h of the office, Wednesday 16:00 is 23 h.
    for severity in ("P1", "P2"):
        some = [ticket(1, severity).resolve(NINE + 25 * HOUR), ticket(2, severity).resolve(NINE + 55 * HOUR)]
        found = readings(some, days, NINE + 100 * HOUR)
        assert target_for("50%", found, metric="resolution", severity=severity) == 9 * HOUR
        assert target_for("100%", found, metric="resolution", severity=severity) == 23 * HOUR


def test_nothing_used_needs_no_time() -> None:
    assert target_for("100%", readings([ticket(1).respond(NINE)]), metric="first_response") == timedelta(0)
