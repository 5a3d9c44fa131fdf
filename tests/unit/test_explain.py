"""Explanations in particular cases: names of sites, waiting for an opening, the ends of the supported years, plain data."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from slaclock import (
    BusinessCalendar,
    CompositeCalendar,
    Explanation,
    HorizonError,
    NoWorkingTimeError,
    Policy,
    ReadingError,
    Ticket,
    always_open,
    evaluate,
    explain,
    explain_due,
    explain_elapsed,
    parse_duration,
)

LONDON = ZoneInfo("Europe/London")
WEEK = {"mon-fri": ["09:00-17:00"]}
DESK = BusinessCalendar(timezone="Europe/London", hours=WEEK)
SHANGHAI = BusinessCalendar(timezone="Asia/Shanghai", hours={"mon-fri": ["09:00-18:00"]})
BERLIN = BusinessCalendar(timezone="Europe/Berlin", hours={"mon-fri": ["09:00-18:00"]})


def at(day: int, hour: int, minute: int = 0, month: int = 6) -> datetime:
    """An instant of June 2026, of which the 8th is a Monday."""
    return datetime(2026, month, day, hour, minute, tzinfo=LONDON)


def lines(told: Explanation) -> list[tuple[str, str, timedelta]]:
    return [(segment.name, segment.site, segment.length) for segment in told.segments]


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def policy(calendars: dict[str, Any], **objective: Any) -> Policy:
    return Policy(
        name="example",
        calendar=next(iter(calendars)),
        calendars=calendars,
        severities=[{"key": "P1"}],
        objectives=[{"severity": "P1", "metric": "resolution", "within": "8h", **objective}],
    )


def read(judge: Policy, opened: datetime, as_of: datetime, **more: Any) -> Explanation:
    result = evaluate(judge, Ticket(id="T-1", severity="P1", opened_at=opened), as_of=as_of, **more)
    return explain(result["resolution"])


# Sites


def test_sites_have_the_names_of_the_policy() -> None:
    """CAL-9: a part that the policy names has that name; another one its zone's."""
    sun = SHANGHAI | BERLIN
    judge = policy({"sun": sun, "china": SHANGHAI})
    told = read(judge, datetime(2026, 6, 8, 1, tzinfo=UTC), datetime(2026, 6, 8, 16, tzinfo=UTC))
    assert lines(told) == [
        ("counted", "china", hours(6)),
        ("counted", "china, Europe/Berlin", hours(3)),
        ("counted", "Europe/Berlin", hours(6)),
    ]
    assert {segment.calendar for segment in told.segments} == {"sun"}


def test_of_two_names_for_one_site_the_first_by_the_alphabet_is_told() -> None:
    """Whatever the order of the file: canonical JSON keeps none."""
    start, end = datetime(2026, 6, 8, 1, tzinfo=UTC), datetime(2026, 6, 8, 5, tzinfo=UTC)
    for names in (("zhongguo", "china"), ("china", "zhongguo")):
        judge = policy({"sun": SHANGHAI | BERLIN, **dict.fromkeys(names, SHANGHAI)})
        assert lines(read(judge, start, end)) == [("counted", "china", hours(4))]


def test_sites_of_one_zone_are_numbered() -> None:
    early = DESK.replace(hours={"mon-fri": ["07:00-12:00"]})
    told = explain_elapsed(early | DESK, at(8, 7), at(8, 17))
    assert lines(told) == [
        ("counted", "Europe/London", hours(2)),
        ("counted", "Europe/London, Europe/London (2)", hours(3)),
        ("counted", "Europe/London (2)", hours(5)),
    ]


def test_a_part_of_a_part_has_its_own_name() -> None:
    told = explain_elapsed(
        (SHANGHAI | BERLIN) | DESK, datetime(2026, 6, 8, 5, tzinfo=UTC), datetime(2026, 6, 8, 9, tzinfo=UTC)
    )
    assert [site for _, site, _ in lines(told)] == [
        "Asia/Shanghai",
        "Asia/Shanghai, Europe/Berlin",
        "Asia/Shanghai, Europe/Berlin, Europe/London",
    ]


def test_the_holiday_that_kept_a_site_shut_is_named_while_it_would_have_been_open() -> None:
    """Of two sites closed, the one whose weekly hours would be open says why."""
    shut = SHANGHAI.replace(holidays=[{"date": "2026-06-08", "name": "Harbour Day"}])
    told = explain_elapsed(shut | BERLIN, datetime(2026, 6, 7, 23, tzinfo=UTC), datetime(2026, 6, 8, 8, tzinfo=UTC))
    assert lines(told) == [
        ("outside hours", "Europe/Berlin", hours(2)),  # seven to nine in Shanghai: nobody would be there
        ("Harbour Day", "Asia/Shanghai", hours(6)),
        ("counted", "Europe/Berlin", hours(1)),
    ]


def test_an_intersection_is_closed_for_the_one_that_is() -> None:
    shut = DESK.replace(holidays=[{"date": "2026-06-09", "name": "Stocktaking"}])
    told = explain_elapsed(shut & always_open("UTC"), at(8, 16), at(10, 10))
    assert lines(told) == [
        ("counted", "", hours(1)),
        ("outside hours", "Europe/London", hours(7)),
        ("Stocktaking", "Europe/London", hours(24)),
        ("outside hours", "Europe/London", hours(9)),
        ("counted", "", hours(1)),
    ]


def test_a_difference_names_what_took_the_time() -> None:
    maintenance = BusinessCalendar(timezone="Europe/Berlin", hours={"mon": ["12:00-14:00"]})
    told = explain_elapsed(DESK - maintenance, at(8, 10), at(8, 15))
    assert lines(told) == [
        ("counted", "Europe/London", hours(1)),
        ("taken out", "Europe/Berlin", hours(2)),
        ("counted", "Europe/London", hours(2)),
    ]


# Clocks


def test_waiting_for_an_opening() -> None:
    """POL-4: before the start the clock waits for a calendar, and the segment says for which."""
    judge = policy({"round": always_open(), "desk": DESK}, start={"next_opening": "desk"})
    told = read(judge, at(7, 20), at(8, 11))
    assert lines(told) == [("before the start: desk", "", hours(13)), ("counted", "", hours(2))]
    assert told.ahead[-1].end == told.due == at(8, 17).astimezone(ZoneInfo("UTC"))
    waiting = read(judge, at(7, 20), at(7, 23))
    assert lines(waiting) == [("before the start: desk", "", hours(3))]
    assert [(segment.name, segment.length) for segment in waiting.ahead] == [
        ("before the start: desk", hours(10)),
        ("counted", hours(8)),
    ]


def test_a_role_bound_to_a_calendar_from_outside() -> None:
    judge = Policy(
        name="example", calendar="service", roles={"service": {}}, severities=[{"key": "P1"}],
        objectives=[{"severity": "P1", "metric": "resolution", "within": "8h"}],
    )  # fmt: skip
    told = read(judge, at(8, 16), at(9, 10), roles={"service": DESK})
    assert lines(told) == [("counted", "", hours(1)), ("outside hours", "", hours(16)), ("counted", "", hours(1))]
    assert told.segments[0].calendar == "service"


def test_two_pauses_that_touch_are_one() -> None:
    ticket = Ticket(id="T-1", severity="P1", opened_at=at(8, 9)).pause(at(8, 10), "customer").resume(at(8, 11))
    ticket = ticket.pause(at(8, 11), "customer").resume(at(8, 12))
    told = explain(evaluate(policy({"desk": DESK}), ticket, as_of=at(8, 13))["resolution"])
    assert lines(told) == [("counted", "", hours(1)), ("paused: customer", "", hours(2)), ("counted", "", hours(1))]


def test_changes_of_one_instant_are_one_mark() -> None:
    """CLK-6: P1 to P2 to P3 in one minute."""
    judge = Policy(
        name="example", calendar="desk", calendars={"desk": DESK}, severities=[{"key": f"P{i}"} for i in (1, 2, 3)],
        objectives=[{"severity": f"P{i}", "metric": "resolution", "within": f"{8 * i}h"} for i in (1, 2, 3)],
    )  # fmt: skip
    ticket = (
        Ticket(id="T-1", severity="P1", opened_at=at(8, 9))
        .change_severity(at(8, 11), "P2")
        .change_severity(at(8, 11), "P3")
    )
    told = explain(evaluate(judge, ticket, as_of=at(8, 12))["resolution"])
    assert [segment.name for segment in told.segments] == ["counted", "changed: P1 -> P2 -> P3", "counted"]


def test_a_change_that_moves_no_clock_is_told_where_it_was() -> None:
    """Under ``keep`` the clock runs on; the change is a mark all the same, also in a night."""
    judge = policy({"desk": DESK}).replace(
        on_change="keep", severities=[{"key": "P1"}, {"key": "P2"}],
        objectives=[{"severity": key, "metric": "resolution", "within": "8h"} for key in ("P1", "P2")],
    )  # fmt: skip
    ticket = Ticket(id="T-1", severity="P1", opened_at=at(8, 16)).change_severity(at(8, 20), "P2")
    told = explain(evaluate(judge, ticket, as_of=at(9, 10))["resolution"])
    assert lines(told) == [
        ("counted", "", hours(1)),
        ("outside hours", "", hours(3)),
        ("changed: P1 -> P2", "", hours(0)),
        ("outside hours", "", hours(13)),
        ("counted", "", hours(1)),
    ]


def test_a_clock_that_was_cancelled_before_it_started() -> None:
    judge = policy({"desk": DESK}, start={"next_opening": "desk"})
    ticket = Ticket(id="T-1", severity="P1", opened_at=at(7, 20)).cancel(at(7, 22))
    told = explain(evaluate(judge, ticket, as_of=at(8, 12))["resolution"])
    assert lines(told) == [("before the start: desk", "", hours(2))]
    assert told.elapsed == hours(0)
    assert told.ahead == ()


# Ends and errors


def test_to_the_very_end_of_the_supported_years() -> None:
    """CAL-10: the last instant is an end, and nothing lies after it."""
    late, early = (
        BusinessCalendar(timezone="Europe/London", hours=WEEK) for _ in range(2)
    )  # few years compiled in each
    end = datetime(2200, 1, 1, tzinfo=LONDON)
    told = explain_elapsed(late, datetime(2199, 12, 30, 9, tzinfo=LONDON), end)
    assert told.wall == timedelta(days=1, hours=15)
    assert sum((segment.counted for segment in told.segments), timedelta()) == hours(16)
    with pytest.raises(HorizonError):
        explain_elapsed(late, end, end + hours(1))
    first = datetime(1970, 1, 1, tzinfo=LONDON)
    assert explain_elapsed(early, first, first + hours(10)).elapsed == hours(1)


def test_years_before_and_after_join_without_a_seam() -> None:
    """CAL-12: New Year's night is one segment, whichever year was asked for first."""
    span = (datetime(2026, 12, 31, 16, tzinfo=LONDON), datetime(2027, 1, 1, 10, tzinfo=LONDON))
    expected = [("counted", "", hours(1)), ("outside hours", "", hours(16)), ("counted", "", hours(1))]
    for first in (2024, 2026, 2027, 2030):
        calendar = BusinessCalendar(timezone="Europe/London", hours=WEEK)
        explain_elapsed(calendar, datetime(first, 3, 1, tzinfo=UTC), datetime(first, 3, 2, tzinfo=UTC))
        assert lines(explain_elapsed(calendar, *span)) == expected


def test_a_part_that_answers_for_fewer_hours_of_the_years() -> None:
    """A composite's own zone reaches some hours beyond a part's first supported year: there the part is closed."""
    part = always_open("America/New_York").replace(years=(2026, 2026))
    mix = CompositeCalendar(op="union", parts=[part, DESK.replace(years=(2026, 2026))], timezone="Asia/Tokyo")
    start = datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Tokyo"))
    told = explain_elapsed(mix, start, start + timedelta(days=1))
    assert lines(told)[0] == ("outside hours", "", hours(14))  # 15:00 to 05:00 in UTC
    assert told.elapsed == hours(10)


def test_what_cannot_be_explained() -> None:
    with pytest.raises(ReadingError, match="neither a Reading nor an Evaluation"):
        explain("first_response")  # type: ignore[call-overload]
    told = explain_due(DESK, at(8, 9), "8h")
    with pytest.raises(ReadingError, match="not folded by 'weeks'; did you mean 'week'"):
        told.fold("weeks")  # type: ignore[arg-type]
    never = BusinessCalendar(timezone="UTC", hours={})
    with pytest.raises(NoWorkingTimeError):
        explain_due(never, at(8, 9), "1h")
    assert lines(explain_elapsed(never, at(8, 9), at(8, 10))) == [("weekend", "", hours(1))]


# Data


def test_plain_data_is_exact_and_json() -> None:
    told = explain_due(DESK, at(5, 16, 30), "45m30.000001s")
    data = told.to_dict("segment")
    assert json.loads(json.dumps(data)) == data
    assert data["wall"] == "64h45m30.000001s"
    assert [segment["kind"] for segment in data["segments"]] == [
        "counted",
        "outside_hours",
        "weekend",
        "outside_hours",
        "counted",
    ]
    assert sum(parse_duration(each["counted"]) for each in data["sums"]) == parse_duration(data["elapsed"])
    weeks = told.to_dict("week")["periods"]
    assert [(week["start"], week["counted"]) for week in weeks] == [
        ("2026-06-05T16:30:00+01:00", "30m"),
        ("2026-06-08T00:00:00+01:00", "15m30.000001s"),
    ]
    assert "segments" not in told.to_dict()


def test_an_explanation_is_a_value() -> None:
    told = explain_due(DESK, at(8, 9), "8h")
    assert told == explain_due(DESK, at(8, 9), "8h") != explain_due(DESK, at(8, 9), "7h")
    again = pickle.loads(pickle.dumps(told))
    assert again == told
    assert again.segments == told.segments
    reading = evaluate(policy({"desk": DESK}), Ticket(id="T-1", severity="P1", opened_at=at(8, 9)), as_of=at(8, 11))[
        "resolution"
    ]
    assert pickle.loads(pickle.dumps(explain(reading))).segments == explain(reading).segments


def test_work_is_done_once() -> None:
    """A year is named once, whoever asks; explaining does not compile years that the answer did not need."""
    calendar = BusinessCalendar(timezone="Europe/London", hours=WEEK)
    for day in range(8, 13):
        explain_due(calendar, at(day, 9), "8h")
    assert calendar._kept.named.compiled == 1
    assert calendar._kept.open.compiled == 1
