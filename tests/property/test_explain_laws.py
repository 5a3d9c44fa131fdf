"""The laws of explanations: without gaps, adding up to real time and to elapsed, and true in what they name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import pytest
from clock_strategies import SEVERITIES, WEEKS, Menu, calendar_of, desks
from clock_strategies import Scene as Ticketed
from clock_strategies import scenes as ticketed
from hypothesis import assume, given
from hypothesis import strategies as st

from clock_oracle import EPOCH, HOUR, NoMatch
from oracle import instant, moment
from property.strategies import Scene, fewer, scenes
from slaclock import (
    BusinessCalendar,
    Evaluation,
    Explanation,
    Policy,
    Reading,
    Segment,
    Ticket,
    clock,
    evaluate,
    explain,
    explain_due,
    explain_elapsed,
)
from slaclock.errors import HorizonError, NoWorkingTimeError

NOTHING = timedelta(0)
MICROSECOND = timedelta(microseconds=1)
UNITS = ("day", "week", "month")
CLOSED = {"outside_hours", "weekend", "holiday", "special_day", "closure"}
MARKS = {"revision", "clock_change", "change"}


def total(amounts: Sequence[timedelta]) -> timedelta:
    return sum(amounts, NOTHING)


def length(segment: Segment) -> int:
    return instant(segment.end) - instant(segment.start)


def check_shape(told: Explanation) -> None:
    """In order, without gaps, from end to end; lengths and counts as the kinds say."""
    segments = told.segments
    edges = [instant(told.start), *(instant(segment.end) for segment in segments)]
    assert [instant(segment.start) for segment in segments] == edges[:-1]
    assert edges[-1] == instant(told.end)
    assert sum(map(length, segments)) * MICROSECOND == total([segment.length for segment in segments]) == told.wall
    for segment in segments:
        assert (segment.length == NOTHING) == (segment.kind in MARKS)
        if segment.kind == "counted":
            assert segment.counted == segment.open == segment.length
        elif segment.kind != "change":
            assert segment.counted == NOTHING
        if segment.kind in CLOSED:
            assert segment.open == NOTHING
        assert segment.name
    for before, after in pairwise(segments):
        alike = (before.kind, before.about, before.site, before.calendar) == (
            after.kind, after.about, after.site, after.calendar,
        )  # fmt: skip
        assert not alike or before.kind in MARKS


def check_sums(told: Explanation, counted: timedelta) -> None:
    """Folded by any unit, nothing is lost: real time, what is counted, and each kind."""
    by_kind: dict[tuple[str, str, str], timedelta] = {}
    for segment in told.segments:
        key = (segment.kind, segment.about, segment.site)
        by_kind[key] = by_kind.get(key, NOTHING) + segment.length
    assert total([segment.counted for segment in told.segments]) == counted
    assert {(each.kind, each.about, each.site): each.length for each in told.sums} == by_kind
    assert total([each.counted for each in told.sums]) == counted
    for unit in UNITS:
        periods = told.fold(unit)
        if not periods:
            assert told.wall == NOTHING
            continue
        assert total([period.length for period in periods]) == told.wall
        assert total([period.counted for period in periods]) == counted
        folded: dict[tuple[str, str, str], list[timedelta]] = {}
        for period in periods:
            assert instant(period.end) - instant(period.start) == period.length // MICROSECOND
            assert total([each.length for each in period.sums]) == period.length
            for each in period.sums:
                folded.setdefault((each.kind, each.about, each.site), []).append(each.open)
        assert {key: total(opens) for key, opens in folded.items()} == {
            (each.kind, each.about, each.site): each.open for each in told.sums
        }
        starts = [told.start, *(period.end for period in periods[:-1])]
        assert [instant(period.start) for period in periods] == [instant(start) for start in starts]
        assert all(instant(period.start) < instant(period.end) for period in periods) or told.wall == NOTHING


def is_new_period(unit: str, before: date, after: date) -> bool:
    if unit == "month":
        return (before.year, before.month) != (after.year, after.month)
    if unit == "week":
        return before.isocalendar()[:2] != after.isocalendar()[:2]
    return before != after


# Calendars


@given(scenes())
def test_a_span_of_a_calendar(scene: Scene) -> None:
    """Segments add up to the real time and to elapsed, and what is counted is exactly what is open."""
    a, b = sorted(scene.instants[:2])
    assume(scene.covers(a) and scene.covers(b))
    told = explain_elapsed(scene.calendar, moment(a), moment(b))
    check_shape(told)
    check_sums(told, scene.calendar.elapsed(moment(a), moment(b)))
    open_ = [(instant(s.start), instant(s.end)) for s in told.segments if s.kind == "counted"]
    joined: list[tuple[int, int]] = []
    for start, end in open_:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    assert joined == [(instant(lo), instant(hi)) for lo, hi in scene.calendar.windows(moment(a), moment(b))]
    back = explain_elapsed(scene.calendar, moment(b), moment(a))
    assert (back.segments, back.wall, back.elapsed) == (told.segments, told.wall, -told.elapsed)


@given(scenes(), st.sampled_from(UNITS))
@fewer
def test_periods_end_with_a_local_date(scene: Scene, unit: str) -> None:
    """Between two periods a new day, week or month begins, and within one none does."""
    a, b = sorted(scene.instants[:2])
    assume(scene.covers(a) and scene.covers(b) and a < b)
    periods = explain_elapsed(scene.calendar, moment(a), moment(b)).fold(unit)  # type: ignore[arg-type]
    zone = scene.calendar.timezone
    # Where the clocks go back over midnight, the date has begun once and for all.
    local = lambda t: max(moment(t - back * HOUR // 2, zone).date() for back in range(5))  # noqa: E731
    for period in periods:
        assert not is_new_period(unit, local(instant(period.start)), local(instant(period.end) - 1))
    for before, after in pairwise(periods):
        assert is_new_period(unit, local(instant(before.end) - 1), local(instant(after.start)))


@given(scenes())
def test_a_due_instant(scene: Scene) -> None:
    """What is counted up to the due instant is the working time asked for, forwards and backwards."""
    start, amount = scene.instants[0], scene.durations[0] * MICROSECOND
    assume(scene.covers(start))
    for within in (amount, -amount):
        try:
            told = explain_due(scene.calendar, moment(start), within)
        except (NoWorkingTimeError, HorizonError):
            continue
        due = scene.calendar.due(moment(start), within)
        assert told.due == due
        assert {instant(told.start), instant(told.end)} == {start, instant(due)}
        check_shape(told)
        check_sums(told, amount)


@given(scenes(kind="simple"))
def test_reasons_are_those_of_the_dates(scene: Scene) -> None:
    """CAL-2, CAL-7: a date's own rule says why it is closed; where a window ran on over midnight, the eve's."""
    calendar = scene.calendar
    assert isinstance(calendar, BusinessCalendar)
    a, b = sorted(scene.instants[:2])
    assume(scene.covers(a) and scene.covers(b))
    for segment in explain_elapsed(calendar, moment(a), moment(b)).segments:
        middle = moment((instant(segment.start) + instant(segment.end)) // 2, calendar.timezone)
        rule, eve = calendar.day_rule(middle.date()), calendar.day_rule(middle.date() - timedelta(days=1))
        if segment.kind == "weekend":
            assert rule.kind == "weekly"
            assert not rule.windows
        elif segment.kind == "outside_hours":
            assert rule.kind in ("weekly", "makeup_day")
            assert rule.windows
        elif segment.kind in ("holiday", "special_day"):
            assert (segment.kind, segment.about) in {(rule.kind, rule.name), (eve.kind, eve.name)}
        elif segment.kind == "closure":
            assert any(
                closure.name == segment.about and closure.start <= segment.start and segment.end <= closure.end
                for closure in calendar.closures
            )


@given(scenes())
@fewer
def test_asked_in_pieces(scene: Scene) -> None:
    """CAL-12: explaining a span in two pieces explains the whole."""
    a, middle, b = sorted([*scene.instants[:2], sum(scene.instants[:2]) // 2])
    assume(scene.covers(a) and scene.covers(b))
    whole = explain_elapsed(scene.calendar, moment(a), moment(b)).sums
    pieces = [explain_elapsed(scene.calendar, moment(lo), moment(hi)).sums for lo, hi in ((a, middle), (middle, b))]
    added: dict[tuple[str, str, str], timedelta] = {}
    for each in [*pieces[0], *pieces[1]]:
        key = (each.kind, each.about, each.site)
        added[key] = added.get(key, NOTHING) + each.length
    drop = lambda sums: {key: value for key, value in sums.items() if value}  # noqa: E731
    assert drop(added) == drop({(each.kind, each.about, each.site): each.length for each in whole})


# Readings


def read(scene: Ticketed) -> Evaluation:
    try:
        scene.case()
    except NoMatch:
        assume(False)
    return scene.evaluate()


def check_reading(reading: Reading) -> None:
    told = explain(reading)
    check_shape(told)
    check_sums(told, reading.elapsed)
    assert told.elapsed == reading.elapsed
    of = {kind: [s for s in told.segments if s.kind == kind] for kind in ("paused", "before_start", "stopped")}
    assert total([s.length for s in of["paused"]]) == reading.paused_wall
    assert total([s.open for s in of["paused"]]) == reading.paused
    assert told.wall - total([s.length for s in of["before_start"]]) == reading.wall_elapsed
    assert instant(told.end) == instant(reading.stopped_at or reading.as_of)
    for segment in told.segments:
        if segment.kind == "before_start":
            assert instant(segment.end) <= instant(reading.started_at)


@given(ticketed())
def test_a_reading(scene: Ticketed) -> None:
    """Whatever happened: real time, elapsed, and what the pauses took out."""
    result = read(scene)
    for reading in result:
        check_reading(reading)
    assert [told.reading for told in explain(result)] == list(result)


@given(ticketed(Menu(lenient=True)))
@fewer
def test_a_reading_of_an_impossible_history(scene: Ticketed) -> None:
    """The same with ``strict=False``."""
    for reading in read(scene):
        check_reading(reading)


@st.composite
def changed(draw: st.DrawFn) -> Evaluation:
    """A ticket that changes its severity often, each with a calendar of its own."""
    named = {key: calendar_of(draw(desks(tuple(sorted(WEEKS))))) for key in SEVERITIES}
    policy = Policy(
        name="drawn",
        on_change=draw(st.sampled_from(["carry", "carry", "carry_share", "earliest", "retroactive", "restart"])),
        severities=[{"key": key} for key in SEVERITIES],
        calendars=named,
        objectives=[
            {"severity": key, "metric": "resolution", "calendar": key, "within": draw(st.sampled_from(["20h", "60h", "2 business days"]))}
            for key in SEVERITIES
        ],
    )  # fmt: skip
    now = instant(EPOCH) + draw(st.integers(0, 48)) * HOUR
    ticket = Ticket(id="T-1", severity=draw(st.sampled_from(SEVERITIES)), opened_at=moment(now))
    for _ in range(draw(st.integers(1, 6))):
        now += draw(st.integers(0, 12)) * HOUR
        kind = draw(st.sampled_from(["severity", "severity", "pause", "resume", "halt"]))
        if kind == "severity":
            ticket = ticket.change_severity(moment(now), draw(st.sampled_from(SEVERITIES)))
        elif kind == "pause":
            ticket = ticket.pause(moment(now), "customer")
        elif kind == "resume":
            ticket = ticket.resume(moment(now))
        else:
            now += HOUR
            ticket = ticket.resolve(moment(now - HOUR)).reopen(moment(now))
    return evaluate(policy, ticket, as_of=moment(now + draw(st.integers(0, 40)) * HOUR), strict=False)


@given(changed())
def test_what_is_carried(result: Evaluation) -> None:
    """CLK-10: a change takes back, or gives, the difference between what was used and what is carried."""
    for reading in result:
        check_reading(reading)
        carried = {start: amount for _, start, _, amount in reading.fold.legs[1:]}
        running = NOTHING
        for segment in explain(reading).segments:
            running += segment.counted
            if segment.kind == "change" and instant(segment.start) in carried:
                assert running == carried[instant(segment.start)] * MICROSECOND


@given(ticketed(Menu(events=5)))
def test_what_lies_ahead(scene: Ticketed) -> None:
    """From the end to the due instant, as things stand: what is counted there is still to be used by then."""
    for reading in read(scene):
        ahead = explain(reading).ahead
        if reading.due is None or reading.state not in ("pending", "running") or reading.due <= reading.as_of:
            assert ahead == ()
            continue
        assert instant(ahead[0].start) == instant(reading.as_of)
        assert instant(ahead[-1].end) == instant(reading.due)
        assert all(instant(a.end) == instant(b.start) for a, b in pairwise(ahead))
        used = clock.used(reading.fold.span, instant(reading.due)) * MICROSECOND
        assert total([segment.counted for segment in ahead]) == used - reading.elapsed


@given(ticketed())
@fewer
def test_pauses_are_named(scene: Ticketed) -> None:
    """CLK-8: a stretch of a pause names the reasons that were open then, and only those that stop the metric."""
    for reading in read(scene):
        for segment in explain(reading).segments:
            if segment.kind == "paused":
                given_ = {event.reason for event in scene.ticket.events if event.kind == "paused"}
                named = set(segment.about.split(", "))
                assert named
                assert named <= given_
                began = [
                    event for event in scene.ticket.history() if event.kind == "paused" and event.at <= segment.start
                ]
                assert named <= {event.reason for event in began}


def test_zone_changes_are_told() -> None:
    """The issue's own example, and a change backwards by half an hour."""
    for zone, day, name in (
        ("Europe/London", date(2026, 3, 29), "clocks went forward 1 h"),
        ("Europe/London", date(2026, 10, 25), "clocks went back 1 h"),
        ("Australia/Lord_Howe", date(2026, 4, 5), "clocks went back 30 min"),
    ):
        calendar = BusinessCalendar(timezone=zone, hours={"daily": ["00:00-24:00"]})
        noon = moment(instant(calendar.next_open(moment(0)) or moment(0)), zone)  # a datetime of the zone
        start = noon.replace(year=day.year, month=day.month, day=day.day, hour=0)
        marks = [s for s in explain_elapsed(calendar, start, start + timedelta(days=1)).segments if s.length == NOTHING]
        assert [mark.name for mark in marks] == [name]


@pytest.mark.parametrize("unit", UNITS)
def test_nothing_is_explained_by_nothing(unit: str) -> None:
    calendar = BusinessCalendar(timezone="UTC", hours={"mon-fri": ["09:00-17:00"]})
    told = explain_elapsed(calendar, moment(0), moment(0))
    assert (told.segments, told.sums, told.fold(unit)) == ((), (), ())  # type: ignore[arg-type]
