"""CLK-*: histories replayed, and what a reading and an evaluation say."""

from __future__ import annotations

import itertools
import pickle
from datetime import UTC, datetime, timedelta, timezone

import pytest

from slaclock import (
    Event,
    HistoryError,
    HorizonError,
    InstantError,
    Policy,
    ReadingError,
    Ticket,
    UnknownSeverityError,
    evaluate,
)

DAY = datetime(2026, 6, 1, tzinfo=UTC)  # a Monday
DESK = {"timezone": "UTC", "hours": {"mon-fri": ["09:00-17:00"]}}


def at(hour: float, day: int = 0) -> datetime:
    return DAY + timedelta(days=day, hours=hour)


def objective(metric: str = "resolution", within: str | None = "4h", **more) -> dict:
    return {"severity": "P1", "metric": metric, **({"within": within} if within else {}), **more}


def policy(*objectives: dict, **more) -> Policy:
    return Policy(
        **{
            "name": "test",
            "calendar": "desk",
            "severities": [{"key": "P1"}, {"key": "P2"}],
            "calendars": {"desk": DESK},
            "objectives": objectives or (objective(),),
            **more,
        }
    )


ALL = policy(*(objective(metric) for metric in (
    "acknowledgement", "first_response", "next_response", "update", "workaround", "resolution", "closure"
)))  # fmt: skip


def ticket(**more) -> Ticket:
    return Ticket(**{"id": "T", "severity": "P1", "opened_at": at(9), **more})


def hours(span: timedelta) -> float:
    return span / timedelta(hours=1)


# -- tickets and events --------------------------------------------------------------------------------------


def test_a_ticket_is_a_value():
    """CLK-6: built step by step, each step a new value; JSON and TOML round trips."""
    first = ticket(attributes={"plan": "gold"})
    grown = (
        first.acknowledge(at(9.1), id="e1", actor="desk")
        .respond(at(9.2), recorded_at=at(9.5))
        .customer_reply(at(9.3))
        .update(at(9.4), data={"text": ["a"]})
        .provide_workaround(at(9.5))
        .pause(at(10), reason="customer")
        .resume(at(11))
        .change_severity(at(11), "P2")
        .change_attributes(at(11), {"plan": "silver"})
        .change_owner(at(11), "team-2")
        .resolve(at(12))
        .reopen(at(13))
        .close(at(14))
        .reopen(at(15))
        .cancel(at(16))
        .add(Event(kind="onsite", at=at(15.5)))
    )
    assert first.events == ()
    assert [event.seq for event in grown.events] == list(range(1, 17))
    assert Ticket.from_json(grown.to_json()) == grown == Ticket.from_toml(grown.to_toml())
    assert pickle.loads(pickle.dumps(grown)) == grown
    assert hash(grown) == hash(Ticket.from_json(grown.to_json()))
    assert [event.kind for event in grown.history()][-2:] == ["onsite", "cancelled"]


def test_seq_is_given_or_set():
    """CLK-6: what has none comes after the highest so far."""
    made = ticket(
        events=[
            Event(kind="updated", at=at(10), seq=7),
            Event(kind="updated", at=at(10)),
            Event(kind="x", at=at(9), seq=0),
        ]
    )
    assert [event.seq for event in made.events] == [7, 8, 0]


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "paused"},
        {"kind": "severity_changed"},
        {"kind": "attributes_changed"},
        {"kind": ""},
        {"kind": "updated", "at": datetime(2026, 6, 1)},
        {"kind": "updated", "seq": -1},
        {"kind": "updated", "wen": 3},
    ],
)
def test_events_that_cannot_stand(fields):
    """CLK-6."""
    from slaclock import ConfigurationError

    with pytest.raises(ConfigurationError):
        Event(**{"at": at(9), **fields})


def test_order_within_one_instant():
    """CLK-6: the same minute, told apart by seq; replay from any order with its seq."""
    base = ticket()
    events = [
        Event(kind="paused", at=at(10), seq=1, reason="customer"),
        Event(kind="resumed", at=at(10), seq=2),
        Event(kind="resolved", at=at(10), seq=3),
        Event(kind="reopened", at=at(10), seq=4),
    ]
    readings = {
        evaluate(ALL, base.add(*order), as_of=at(12))["resolution"].elapsed for order in itertools.permutations(events)
    }
    assert readings == {timedelta(hours=3)}


def test_one_event_told_twice():
    """CLK-6: equal id and content is one event; equal id and other content an error."""
    resolved = Event(kind="resolved", at=at(10), id="e1")
    assert evaluate(ALL, ticket(events=[resolved, resolved]), as_of=at(12)).anomalies == ()
    other = ticket(events=[resolved, Event(kind="resolved", at=at(11), id="e1")])
    with pytest.raises(HistoryError, match="id 'e1'"):
        evaluate(ALL, other, as_of=at(12))
    assert [a.code for a in evaluate(ALL, other, as_of=at(12), strict=False).anomalies] == ["id_conflict"]


def test_known_at_leaves_out_what_was_recorded_later():
    """CLK-7."""
    made = ticket().respond(at(10), recorded_at=at(15)).resolve(at(11))
    assert evaluate(ALL, made, as_of=at(16))["first_response"].stopped_at == at(10)
    assert evaluate(ALL, made, as_of=at(16), known_at=at(12))["first_response"].stopped_at == at(11)
    assert evaluate(ALL, made, as_of=at(16), known_at=at(10))["first_response"].state == "running"


def test_later_events_change_nothing_however_impossible():
    """CLK-7."""
    made = ticket().respond(at(10))
    impossible = made.resume(at(12)).reopen(at(13)).add(Event(kind="opened", at=at(14)))
    assert evaluate(ALL, impossible, as_of=at(11)) == evaluate(ALL, made, as_of=at(11))
    with pytest.raises(HistoryError):
        evaluate(ALL, impossible, as_of=at(12))


@pytest.mark.parametrize(
    ("events", "says"),
    [
        ([Event(kind="responded", at=at(8))], "not opened yet"),
        ([Event(kind="opened", at=at(10))], "opened already"),
        ([Event(kind="resumed", at=at(10))], "nothing has been paused"),
        ([Event(kind="reopened", at=at(10))], "the ticket is open"),
        ([Event(kind="cancelled", at=at(10)), Event(kind="responded", at=at(11))], "it can only be reopened"),
        ([Event(kind="cancelled", at=at(10)), Event(kind="cancelled", at=at(11))], "it can only be reopened"),
    ],
)
def test_impossible_histories(events, says):
    """CLK-8: an error naming the event; listed, and the event left out, in lenient mode."""
    made = ticket(events=events)
    with pytest.raises(HistoryError, match=says) as caught:
        evaluate(ALL, made, as_of=at(12))
    assert caught.value.event.kind == events[-1].kind
    anomalies = evaluate(ALL, made, as_of=at(12), strict=False).anomalies
    assert [(anomaly.code, anomaly.event.kind) for anomaly in anomalies] == [("impossible", events[-1].kind)]


def test_never_opened():
    """CLK-8."""
    made = Ticket(id="T", severity="P1")
    with pytest.raises(HistoryError, match="never opened"):
        evaluate(ALL, made, as_of=at(12))
    result = evaluate(ALL, made, as_of=at(12), strict=False)
    assert (result.readings, [a.code for a in result.anomalies]) == ((), ["never_opened"])
    assert evaluate(ALL, ticket(), as_of=at(8)).readings == ()  # not opened yet: nothing is promised


def test_opened_by_an_event():
    """CLK-6: the opening may be one of the events."""
    made = Ticket(id="T", severity="P1", events=[Event(kind="opened", at=at(9))])
    assert evaluate(ALL, made, as_of=at(10)) == evaluate(ALL, ticket(), as_of=at(10))


def test_an_unknown_severity_midway():
    made = ticket().change_severity(at(10), "P9")
    with pytest.raises(UnknownSeverityError, match="P9"):
        evaluate(ALL, made, as_of=at(12))
    result = evaluate(ALL, made, as_of=at(12), strict=False)
    assert [a.code for a in result.anomalies] == ["unknown_severity"]
    assert result["resolution"].severity == "P1"


@pytest.mark.parametrize(
    "events",
    [
        [Event(kind="paused", at=at(10), reason="a"), Event(kind="paused", at=at(11), reason="a")],
        [Event(kind="paused", at=at(10), reason="a"), Event(kind="resumed", at=at(11), reason="b")],
        [
            Event(kind="paused", at=at(10), reason="a"),
            Event(kind="resumed", at=at(10.5)),
            Event(kind="resumed", at=at(11)),
        ],
        [Event(kind="resolved", at=at(10)), Event(kind="paused", at=at(11), reason="a")],
        [Event(kind="resolved", at=at(10)), Event(kind="resolved", at=at(11))],
        [Event(kind="closed", at=at(10)), Event(kind="resolved", at=at(11))],
        [Event(kind="severity_changed", at=at(10), severity="P1")],
        [Event(kind="attributes_changed", at=at(10), attributes={})],
        [Event(kind="responsed", at=at(10))],
    ],
)
def test_events_without_effect_are_listed(events):
    """CLK-8: in either mode; a misspelt kind among them."""
    for strict in (True, False):
        anomalies = evaluate(ALL, ticket(events=events), as_of=at(12), strict=strict).anomalies
        assert [(a.code, a.event.kind, a.event.at) for a in anomalies] == [
            ("no_effect", events[-1].kind, events[-1].at)
        ]


def test_a_change_of_owner_moves_no_clock_and_is_no_anomaly():
    """CLK-6."""
    made = ticket().change_owner(at(10), "team-2")
    result = evaluate(ALL, made, as_of=at(12))
    assert result.anomalies == ()
    assert result.readings == evaluate(ALL, ticket(), as_of=at(12)).readings


# -- pauses --------------------------------------------------------------------------------------------------


def test_overlapping_pauses():
    """CLK-8: open pauses are a set of reasons; the clock stands while any that stops it is open."""
    rules = [{"reason": "customer", "stops": ["resolution"]}, {"reason": "lunch", "stops": []}]
    made = policy(objective(within="8h"), objective("update", "8h"), pauses=rules)
    t = (
        ticket().pause(at(10), "customer").pause(at(11), "lunch").resume(at(12), "customer").resume(at(13), "lunch")
        .pause(at(14), "vendor").pause(at(14.5), "customer").resume(at(15))
    )  # fmt: skip
    result = evaluate(made, t, as_of=at(16))
    assert hours(result["resolution"].elapsed) == 7 - 2 - 1
    assert hours(result["update"].elapsed) == 7 - 1  # only the vendor, by the metric's own default
    assert hours(result["resolution"].paused) == 3


def test_a_reason_for_all_the_rest():
    """POL-7."""
    made = policy(
        objective(within="8h"), pauses=[{"reason": "*", "stops": []}, {"reason": "customer", "stops": ["resolution"]}]
    )
    t = ticket().pause(at(10), "vendor").resume(at(11)).pause(at(12), "customer").resume(at(13))
    assert hours(evaluate(made, t, as_of=at(14))["resolution"].elapsed) == 4


def test_pausing_while_closed_and_resolving_while_paused():
    """CLK-8: a pause over the night takes only the hours it covers; resolving ends all."""
    t = ticket().pause(at(20), "customer").resume(at(10, 1))
    reading = evaluate(policy(objective(within="8h")), t, as_of=at(11, 1))["resolution"]
    assert (hours(reading.elapsed), hours(reading.paused), hours(reading.paused_wall)) == (9, 1, 14)
    resolved = evaluate(policy(), ticket().pause(at(10), "customer").resolve(at(15)), as_of=at(20))["resolution"]
    assert (resolved.state, resolved.verdict, hours(resolved.elapsed), hours(resolved.paused)) == (
        "stopped",
        "met",
        1,
        5,
    )


def test_a_paused_clock():
    """CLK-5: no due, no breach, no pending escalation, nothing that changes by itself; due_if_resumed answers."""
    made = policy(
        escalations=[
            {"key": "half", "metric": "resolution", "at": "50%"},
            {"key": "1h", "metric": "resolution", "at": "1h"},
        ]
    )
    reading = evaluate(made, ticket().pause(at(10.5), "customer"), as_of=at(16))["resolution"]
    assert (reading.state, reading.ticking, reading.due, reading.breach_at, reading.next_change) == (
        "paused",
        False,
        None,
        None,
        None,
    )
    assert [(e.key, e.at, e.fired) for e in reading.escalations] == [("half", None, False), ("1h", at(10), True)]
    assert reading.due_if_resumed(at(16)) == at(10.5, 1)
    with pytest.raises(ReadingError, match="resume it then or later"):
        reading.due_if_resumed(at(12))
    with pytest.raises(ReadingError, match="due_if_resumed"):
        reading.require_due()
    running = evaluate(made, ticket(), as_of=at(10))["resolution"]
    assert running.due_if_resumed(at(11)) == running.require_due() == at(13)


def test_a_named_instant_and_pauses():
    """CLK-4: inside a pause it goes to the next working day's; other pauses do not move it."""
    made = policy(objective(within="next business day by 16:00"))
    assert evaluate(made, ticket().pause(at(9, 1), "x").resume(at(12, 1)), as_of=at(13, 1))["resolution"].due == at(
        16, 1
    )
    assert evaluate(made, ticket().pause(at(9, 1), "x").resume(at(16.5, 1)), as_of=at(17, 1))["resolution"].due == at(
        16, 2
    )
    long = ticket().pause(at(9, 1), "x").resume(at(12, 7))
    assert evaluate(made, long, as_of=at(13, 7))["resolution"].due == at(16, 7)
    waiting = evaluate(made, ticket().pause(at(9, 1), "x"), as_of=at(17, 1))["resolution"]
    assert (waiting.due, waiting.breached) == (None, False)
    assert waiting.due_if_resumed(at(17, 1)) == at(16, 2)


# -- readings ------------------------------------------------------------------------------------------------


def test_every_field_of_a_running_reading():
    """CLK-13."""
    made = policy(escalations=[{"key": "warn", "metric": "resolution", "at": "75%", "receiver": {"team": "L2"}}])
    reading = evaluate(made, ticket(), as_of=at(11))["resolution"]
    assert (reading.ticket, reading.agreement, reading.objective, reading.metric) == (
        "T",
        None,
        "P1/resolution",
        "resolution",
    )
    assert (reading.cycle, reading.severity, reading.kind, reading.calendar) == (1, "P1", "commitment", "desk")
    assert (reading.state, reading.ticking, reading.verdict, reading.breached) == ("running", True, "open", False)
    assert (reading.started_at, reading.stopped_at, reading.breached_at) == (at(9), None, None)
    assert (str(reading.target), hours(reading.budget), hours(reading.elapsed), hours(reading.remaining)) == (
        "4h",
        4,
        2,
        2,
    )
    assert (hours(reading.overrun), hours(reading.late_by), reading.missed) == (0, 0, 0)
    assert (hours(reading.wall_elapsed), hours(reading.paused), hours(reading.paused_wall)) == (2, 0, 0)
    assert (reading.due, reading.breach_at, reading.next_change) == (at(13), at(13), at(12))
    assert [(e.key, e.at, e.fired, e.receiver, e.objective) for e in reading.escalations] == [
        ("warn", at(12), False, {"team": "L2"}, "P1/resolution")
    ]
    assert (reading.provisional, reading.rejudged, reading.as_of) == (False, False, at(11))


def test_a_breached_reading():
    """CLK-13: overrun, late_by, missed and breached_at."""
    reading = evaluate(policy(), ticket().resolve(at(10, 1)), as_of=at(12, 9))["resolution"]
    assert (reading.verdict, reading.breached, reading.breached_at) == ("breached", True, at(13))
    assert (hours(reading.elapsed), hours(reading.overrun), reading.missed) == (9, 5, 1)
    assert (hours(reading.late_by), hours(reading.remaining), hours(reading.wall_elapsed)) == (21, 0, 25)
    assert (reading.due, reading.next_change, reading.ticking) == (at(13), None, False)


def test_due_and_breach_at_differ():
    """R-5: 8 h from 09:00 is due at 17:00, kept until 09:00; an answer at 20:00 is met, and late by real time."""
    made = policy(objective(within="8h"))
    reading = evaluate(made, ticket().resolve(at(20)), as_of=at(12, 1))["resolution"]
    assert (reading.due, reading.breach_at, reading.verdict) == (at(17), at(9, 1), "met")
    assert (hours(reading.late_by), hours(reading.overrun)) == (3, 0)
    strict = evaluate(policy(objective(within="8h", verdict="due")), ticket().resolve(at(20)), as_of=at(12, 1))[
        "resolution"
    ]
    assert (strict.breach_at, strict.verdict, strict.breached_at, hours(strict.overrun)) == (
        at(17),
        "breached",
        at(17),
        0,
    )
    assert evaluate(policy(objective(within="8h"), verdict="due"), ticket().resolve(at(20)), as_of=at(21))[
        "resolution"
    ].breached


def test_next_change_leads_through_a_life():
    """CLK-13: asking again at each next_change meets every edge, warning and the breach."""
    made = policy(escalations=[{"key": "w", "metric": "resolution", "at": "-1h"}])
    t, seen = ticket(opened_at=at(15)), []
    now = at(15)
    for _ in range(6):
        reading = evaluate(made, t, as_of=now)["resolution"]
        seen.append((now, reading.ticking, reading.verdict, reading.escalations[0].fired))
        now = reading.next_change
    tick = timedelta(microseconds=1)
    assert seen == [
        (at(15), True, "open", False),
        (at(17), False, "open", False),
        (at(9, 1), True, "open", False),
        (at(10, 1), True, "open", True),
        (at(11, 1) + tick, True, "breached", True),
        (at(17, 1), False, "breached", True),
    ]


def test_measured_and_not_judged():
    """POL-6: no target, no verdict; escalations after a working time still come."""
    made = policy(objective(within=None), escalations=[
        {"key": at_, "metric": "resolution", "at": at_} for at_ in ("2h", "75%", "-1h", "due", "+1h", "breach")
    ])  # fmt: skip
    reading = evaluate(made, ticket(), as_of=at(12))["resolution"]
    assert (reading.verdict, reading.due, reading.budget, reading.remaining) == ("not_judged", None, None, None)
    assert {e.key: e.at for e in reading.escalations} == {
        "2h": at(11), "75%": None, "-1h": None, "due": None, "+1h": None, "breach": None
    }  # fmt: skip
    with pytest.raises(ReadingError, match="no target"):
        reading.require_due()


def test_escalations():
    """POL-8: 08-18, opened Monday 17:00 with 4 h: due Tuesday 11:00, "-1h" is Tuesday 10:00."""
    calendars = {"desk": {"timezone": "UTC", "hours": {"mon-fri": ["08:00-18:00"]}}}
    made = policy(calendars=calendars, escalations=[
        {"key": at_, "metric": "resolution", "at": at_} for at_ in ("75%", "33.3%", "2h", "-1h", "due", "+30m", "breach", "-9h")
    ])  # fmt: skip
    reading = evaluate(made, ticket(opened_at=at(17)), as_of=at(10, 1))["resolution"]
    assert reading.due == at(11, 1)
    assert {e.key: (e.at, e.fired) for e in reading.escalations} == {
        "75%": (at(10, 1), True),
        "33.3%": (at(8, 1) + timedelta(seconds=0.333 * 14400 - 3600), True),
        "2h": (at(9, 1), True),
        "-1h": (at(10, 1), True),
        "due": (at(11, 1), False),
        "+30m": (at(11.5, 1), False),
        "breach": (at(11, 1), False),
        "-9h": (at(17), True),
    }
    stopped = evaluate(made, ticket(opened_at=at(17)).resolve(at(10, 1)), as_of=at(12, 1))["resolution"]
    assert [e.key for e in stopped.escalations if e.fired] == ["33.3%", "2h", "-9h"]


def test_a_warning_of_a_named_instant_never_comes_after_it():
    """POL-8, CLK-4: three paused hours leave less than the budget before the instant."""
    made = policy(objective(within="same business day by close"), escalations=[
        {"key": "w", "metric": "resolution", "at": "75%"}, {"key": "after", "metric": "resolution", "at": "+1h"},
        {"key": "150", "metric": "resolution", "at": "150%"},
    ])  # fmt: skip
    reading = evaluate(made, ticket().pause(at(10), "x").resume(at(14)), as_of=at(15))["resolution"]
    assert {e.key: e.at for e in reading.escalations} == {"w": at(17), "after": at(10, 1), "150": at(17, 1)}


def test_cancelled():
    """CLK-13: a cancelled clock is not judged, unless it had breached."""
    early, late = (evaluate(policy(), ticket().cancel(at(hour)), as_of=at(16))["resolution"] for hour in (10, 15))
    assert (early.state, early.verdict, early.stopped_at) == ("cancelled", "not_judged", at(10))
    assert (late.state, late.verdict) == ("cancelled", "breached")
    again = evaluate(policy(), ticket().cancel(at(10)).reopen(at(12)), as_of=at(13))["resolution"]
    assert (again.state, hours(again.elapsed)) == ("running", 2)


def test_due_beyond_the_supported_years():
    """CAL-10."""
    made = policy(calendars={"desk": {**DESK, "years": [2026, 2026]}})
    with pytest.raises(HorizonError):
        evaluate(
            made, ticket(opened_at=datetime(2026, 12, 31, 15, tzinfo=UTC)), as_of=datetime(2026, 12, 31, 16, tzinfo=UTC)
        )


def test_the_zone_of_the_input_does_not_matter():
    """R-1: the same instants told in another zone give the same readings."""
    tokyo = timezone(timedelta(hours=9))
    there = ticket(opened_at=at(9).astimezone(tokyo)).resolve(at(12).astimezone(tokyo))
    assert (
        evaluate(ALL, there, as_of=at(13).astimezone(tokyo)).readings
        == evaluate(ALL, ticket().resolve(at(12)), as_of=at(13)).readings
    )
    with pytest.raises(InstantError):
        evaluate(ALL, ticket(), as_of=datetime(2026, 6, 1))


def test_a_breach_by_a_change_needs_no_further_change():
    """CLK-11, CLK-13: more used than the new budget is a breach at that instant, and nothing changes a tick later."""
    made = policy(objective(within="8h"), {**objective(within="1h"), "severity": "P2"})
    reading = evaluate(made, ticket().change_severity(at(11), "P2"), as_of=at(11))["resolution"]
    assert (reading.verdict, reading.breached_at, reading.due, reading.next_change) == (
        "breached",
        at(11),
        at(11),
        at(17),
    )
    exact = evaluate(made, ticket().change_severity(at(10), "P2"), as_of=at(10))["resolution"]
    assert (exact.verdict, exact.due, exact.next_change) == ("open", at(10), at(10) + timedelta(microseconds=1))


# -- the evaluation ------------------------------------------------------------------------------------------


def test_keys():
    """CLK-14: by metric the latest cycle of the commitment; by (metric, objective, cycle) exactly."""
    made = policy(
        objective("update", "1h"),
        objective("update", "30m", kind="aim"),
        objective("acknowledgement", "1h", kind="aim"),
    )
    result = evaluate(made, ticket().update(at(10)).update(at(11)), as_of=at(12))
    assert len(result) == 7
    assert [(r.kind, r.cycle) for r in result.all("update")] == [
        (kind, cycle) for cycle in (1, 2, 3) for kind in ("commitment", "aim")
    ]
    assert (result["update"].kind, result["update"].cycle) == ("commitment", 3)
    assert result["acknowledgement"].kind == "aim"
    assert result["update", "P1/update/aim", 2].started_at == at(10)
    assert "update" in result
    assert "closure" not in result
    assert list(result) == list(result.readings)
    assert result.get("closure") is None
    with pytest.raises(ReadingError, match="no objective for 'updates'; did you mean 'update'"):
        result["updates"]
    with pytest.raises(ReadingError, match="no reading"):
        result["update", "P1/update", 9]
    with pytest.raises(ReadingError, match="has not started"):
        evaluate(ALL, ticket(), as_of=at(10))["next_response"]


def test_provenance():
    """R-6, CLK-14: library, semantics, digests, tzdata, holidays; equal results have equal ones."""
    calendars = {"desk": DESK, "both": {"op": "union", "parts": ["desk", {**DESK, "timezone": "Asia/Tokyo"}]}}
    made = policy(objective(), objective("closure", calendar="both"), calendars=calendars)
    result = evaluate(made, ticket().resolve(at(10)), as_of=at(12))
    said = result.provenance
    assert said == evaluate(made, ticket().resolve(at(10)), as_of=at(12)).provenance
    assert (said.semantics, said.policy, said.holidays) == (1, made.digest(), __import__("holidays").__version__)
    assert set(said.calendars) == {"desk", "both"}
    assert set(said.transitions) == {"UTC", "Asia/Tokyo"}
    assert said.library
    assert said.tzdata


def test_results_travel():
    """CLK-14: a result pickles, and answers as before."""
    result = evaluate(ALL, ticket().pause(at(10), "x"), as_of=at(12))
    thawed = pickle.loads(pickle.dumps(result))
    assert thawed == result
    assert thawed["resolution"].due_if_resumed(at(12)) == result["resolution"].due_if_resumed(at(12))
    assert thawed.provenance == result.provenance


def test_work_is_counted(monkeypatch):
    """R-7: looks at W do not grow with the length of a ticket's life."""
    from slaclock.years import OpenYears

    looks: list[int] = []
    plain = OpenYears.work
    monkeypatch.setattr(OpenYears, "work", lambda self, t: (looks.append(t), plain(self, t))[1])

    def counted(days: int) -> int:
        looks.clear()
        evaluate(
            ALL, ticket().respond(at(10)).pause(at(11), "x").resume(at(12)).resolve(at(13, days)), as_of=at(14, days)
        )
        return len(looks)

    counted(200)
    assert counted(1) == counted(200)
