"""The laws of clocks, a function each. Here the library is held against itself; the oracle only lends its units."""

from __future__ import annotations

import zoneinfo
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

import pytest
from clock_strategies import CHANGES, ENDS, OPENED_WITHIN, PAUSES, WORK, Menu, Scene, scenes
from hypothesis import assume, given
from hypothesis import strategies as st

from clock_oracle import DAY, EPOCH, HOUR, NoMatch, instant, moment, open_steps
from slaclock import (
    Agreement,
    Evaluation,
    Event,
    HistoryError,
    NotInForceError,
    Policy,
    Reading,
    ReadingError,
    Ticket,
    evaluate,
)  # fmt: skip

MICROSECOND = timedelta(microseconds=1)
NOTHING = timedelta(0)
ZONES = ("UTC", "Asia/Tokyo", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
Key = tuple[str, str, int]

# What a reading says besides amounts of time.
JUDGEMENT = ("state", "ticking", "verdict", "breached", "breached_at", "started_at", "stopped_at", "budget", "rejudged")


def read(scene: Scene) -> Evaluation:
    """The library's answer; cases that no rule matches are left out."""
    try:
        scene.case()
    except NoMatch:
        assume(False)
    return scene.evaluate()


def keyed(result: Evaluation) -> dict[Key, Reading]:
    return {(reading.metric, reading.objective, reading.cycle): reading for reading in result}


def same(left: Evaluation, right: Evaluation) -> bool:
    return left.readings == right.readings and left.anomalies == right.anomalies


def past(scene: Scene) -> Scene:
    """The same ticket without what happened after the reading."""
    kept = tuple(event for event in scene.ticket.events if instant(event.at) <= scene.as_of)
    return scene.replace(ticket=scene.ticket.replace(events=kept))


def later(scene: Scene, *, steps: int) -> Scene:
    """Read later, and nothing happens in between."""
    return past(scene).replace(as_of=scene.as_of + steps * scene.grain)


def at_instant(scene: Scene, when: datetime) -> Evaluation:
    """Read at an instant that need not lie on the grid."""
    kept = past(scene)
    return evaluate(kept.policy, kept.ticket, as_of=when, roles=kept.roles or None, strict=kept.strict)


def times(scene: Scene) -> list[int]:
    return sorted(instant(event.at) for event in scene.ticket.history())


def ended(scene: Scene, a: int, b: int) -> bool:
    """Is it resolved, closed or cancelled at the first instant, or does anything happen up to the second?"""
    state = False
    for event in scene.ticket.history():
        if a <= instant(event.at) <= b:
            return True
        if instant(event.at) < a and event.kind in ("resolved", "closed", "cancelled", "reopened"):
            state = event.kind != "reopened"
    return state


def with_pause(scene: Scene, a: int, b: int) -> Scene:
    """One more pause, for a reason that nobody else gives."""
    ticket = scene.ticket.pause(moment(a), reason="more").resume(moment(b), reason="more")
    return scene.replace(ticket=ticket)


# Time used and the instants


BY_TIME_USED = Menu(verdicts=("elapsed",), named=False)


@given(scenes(BY_TIME_USED))
def test_breach_three_ways(scene: Scene) -> None:
    """R-5, CLK-1: breached <=> elapsed > budget <=> t > breach_at; also at breach_at, and a microsecond after it."""
    result, left_out = read(scene), exceeded(scene)
    edges = [reading.breach_at for reading in result if reading.breach_at and reading.breach_at > moment(scene.as_of)]
    for when in [moment(scene.as_of), *(edge + tick for edge in edges for tick in (NOTHING, MICROSECOND))]:
        for key, reading in keyed(at_instant(scene, when)).items():
            if reading.budget is not None and key not in left_out:
                assert_breach(reading)


def assert_breach(reading: Reading) -> None:
    t = reading.as_of if reading.stopped_at is None else reading.stopped_at
    assert reading.breached == (reading.verdict == "breached") == (reading.elapsed > reading.budget)
    assert reading.breached == (reading.breach_at is not None and t > reading.breach_at)


def exceeded(scene: Scene) -> set[Key]:
    """Clocks that had used more than a new budget at a change: they are breached at that very instant (CLK-11)."""
    clocks = [clock for clock in scene.case().clocks() if clock.exceeded_at is not None]
    return {(clock.metric, clock.objective.key, clock.cycle) for clock in clocks}


@given(scenes())
def test_due_is_not_after_breach_at(scene: Scene) -> None:
    """CLK-1: due <= breach_at, and breached_at is breach_at."""
    for reading in read(scene):
        assert reading.breach_at is None or (reading.due is not None and reading.due <= reading.breach_at)
        assert reading.breached_at == (reading.breach_at if reading.breached else None)


@given(scenes())
def test_what_is_left(scene: Scene) -> None:
    """CLK-13, R-4: nothing is negative, and elapsed, remaining and overrun of a budget belong together."""
    for reading in read(scene):
        amounts = (reading.elapsed, reading.overrun, reading.late_by, reading.paused, reading.paused_wall)
        assert min(*amounts, reading.wall_elapsed) >= NOTHING
        assert reading.paused <= reading.paused_wall <= reading.wall_elapsed
        if reading.budget is not None:
            assert reading.remaining == max(NOTHING, reading.budget - reading.elapsed)
            if reading.target is not None and not reading.target.named:
                assert reading.overrun == max(NOTHING, reading.elapsed - reading.budget)


@given(scenes(), st.integers(1, 100))
def test_time_used_only_grows(scene: Scene, steps: int) -> None:
    """CLK-7, R-3: from reading to reading, time used never falls, and grows no faster than real time."""
    after = keyed(read(later(scene, steps=steps)))
    for key, reading in keyed(read(past(scene))).items():
        grown = after[key].elapsed - reading.elapsed
        assert NOTHING <= grown <= moment(steps * scene.grain) - EPOCH
        assert grown == NOTHING or reading.state in ("running", "pending")


@given(scenes())
def test_named_instants_judge_by_due(scene: Scene) -> None:
    """R-5, CLK-4: what is named is kept up to that instant, and one microsecond later is not."""
    result, left_out = keyed(read(scene)), exceeded(scene)
    for key, reading in result.items():
        if reading.target is not None and reading.target.named and reading.budget is not None and key not in left_out:
            end = reading.as_of if reading.stopped_at is None else reading.stopped_at
            assert reading.breached == (reading.due is not None and end > reading.due)
            assert reading.breach_at == reading.due


# Pauses


ONE_DESK = Menu(calendars=1, weeks=("office", "lunch", "nights", "early"), verdicts=("elapsed",))


@given(scenes(ONE_DESK), st.data())
def test_pause_outside_working_time(scene: Scene, data: st.DataObject) -> None:
    """CLK-1, CLK-4: a pause that covers neither working time nor a named instant changes nothing."""
    opened = times(scene)[0]
    shut = [step * scene.grain for step, is_open in enumerate(open_steps(scene.desks["C0"], scene.grain))
            if not is_open and opened <= step * scene.grain < scene.as_of]  # fmt: skip
    assume(shut)
    a = data.draw(st.sampled_from(shut))
    b = a + scene.grain
    while b in shut and b < scene.as_of and data.draw(st.integers(0, 3)):
        b += scene.grain
    assume(not ended(scene, a, b))
    before = keyed(read(scene))
    assume(not any(row.due is not None and a <= instant(row.due) < b for row in before.values()))
    after = keyed(with_pause(scene, a, b).evaluate())
    assert {key: without_walls(row) for key, row in before.items()} == {
        key: without_walls(r) for key, r in after.items()
    }


def without_walls(reading: Reading) -> dict[str, Any]:
    """A reading less the real time of pauses and the plain record behind it."""
    skipped = ("paused_wall", "fold")
    return {item.name: getattr(reading, item.name) for item in fields(reading) if item.name not in skipped}


@given(scenes(Menu(kinds=PAUSES + WORK + ENDS)), st.integers(0, 400), st.integers(1, 40))
def test_more_pause_never_makes_due_earlier(scene: Scene, first: int, length: int) -> None:
    """CLK-1, CLK-4, CLK-5: of an unchanged ticket. (A change may find a clock not yet breached that was, CLK-11.)"""
    a = times(scene)[0] + first * scene.grain
    b = a + length * scene.grain
    assume(b <= scene.as_of and not ended(scene, a, b))
    before = keyed(read(scene))
    after = keyed(with_pause(scene, a, b).evaluate())
    for key, reading in before.items():
        for name in ("due", "breach_at"):
            was, now = getattr(reading, name), getattr(after[key], name)
            assert was is None or now is None or now >= was
        assert after[key].elapsed <= reading.elapsed


@given(scenes(Menu(kinds=("paused", *WORK, *CHANGES))), st.integers(1, 400))
def test_a_paused_clock_never_becomes_breached(scene: Scene, steps: int) -> None:
    """CLK-5: whatever time goes by in a pause, verdict, time used and what fired stay."""
    after = keyed(read(later(scene, steps=steps)))
    for key, reading in keyed(read(past(scene))).items():
        if reading.state == "paused":
            assert after[key].state == "paused"
            assert (after[key].verdict, after[key].elapsed) == (reading.verdict, reading.elapsed)
            assert fired(after[key]) == fired(reading)
            assert all(row.fired or row.at is None for row in reading.escalations)


def fired(reading: Reading) -> list[tuple[str, str, bool]]:
    return [(row.key, row.objective, row.fired) for row in reading.escalations]


@given(scenes(Menu(kinds=(*("paused",) * 8, *WORK))), st.integers(0, 100))
def test_due_if_resumed(scene: Scene, steps: int) -> None:
    """CLK-5, CLK-13: while paused it tells what due will be, had all pauses ended then."""
    scene = past(scene)
    then = scene.as_of + steps * scene.grain
    resumed = scene.replace(ticket=scene.ticket.resume(moment(then)), as_of=then)
    before = keyed(read(scene))
    assume(any(reading.state == "paused" for reading in before.values()))
    after = keyed(resumed.evaluate())
    for key, reading in before.items():
        if reading.state == "paused":
            assert reading.due_if_resumed(moment(then)) == after[key].due


@given(scenes())
def test_why_there_is_no_due(scene: Scene) -> None:
    """CLK-13: require_due gives due, or says why there is none."""
    for reading in read(scene):
        if reading.due is not None:
            assert reading.require_due() == reading.due
        else:
            assert reading.state == "paused" or reading.budget is None
            with pytest.raises(ReadingError):
                reading.require_due()


# Replay


@given(scenes(), st.randoms(use_true_random=False))
def test_order_of_recording(scene: Scene, random: Any) -> None:
    """CLK-6, R-6: events with their seq are one history, in whatever order they come."""
    events = list(scene.ticket.events)
    random.shuffle(events)
    shuffled = scene.ticket.replace(events=events)
    assert same(read(scene), scene.replace(ticket=shuffled).evaluate())


@given(scenes(), st.integers(1, 50))
def test_later_events_change_nothing(scene: Scene, steps: int) -> None:
    """CLK-7: not even impossible ones."""
    after = moment(scene.as_of + steps * scene.grain)
    impossible = [Event(kind=kind, at=after) for kind in ("opened", "cancelled", "updated")]
    assert same(read(past(scene)), scene.evaluate())
    assert same(scene.evaluate(), scene.replace(ticket=past(scene).ticket.add(*impossible)).evaluate())


@given(scenes(Menu(lenient=True)), st.data())
def test_known_at(scene: Scene, data: st.DataObject) -> None:
    """CLK-7: a reading as known at an instant is that of the events recorded by then."""
    delays = st.integers(0, 60).map(lambda steps: timedelta(microseconds=steps * scene.grain))
    told = [event.replace(recorded_at=event.at + data.draw(delays)) for event in scene.ticket.events]
    known_at = data.draw(st.integers(times(scene)[0], scene.as_of + 50 * scene.grain))
    recorded = [event for event in told if instant(event.recorded_at) <= known_at]
    assume(instant(scene.ticket.opened_at) <= known_at)
    whole = scene.replace(ticket=scene.ticket.replace(events=told), known_at=known_at)
    part = scene.replace(ticket=scene.ticket.replace(events=recorded))
    assert same(read(whole), part.evaluate())


@given(scenes(), st.data())
def test_events_told_twice(scene: Scene, data: st.DataObject) -> None:
    """CLK-6: equal id and content is one event; equal id and other content is refused."""
    assume(past(scene).ticket.events)
    events = [event.replace(id=f"E{i}") for i, event in enumerate(past(scene).ticket.events)]
    once = scene.replace(ticket=scene.ticket.replace(events=events))
    again = data.draw(st.sampled_from(events))
    twice = once.replace(ticket=once.ticket.add(again.replace(seq=None)))
    assert read(once).readings == twice.evaluate().readings
    other = once.replace(ticket=once.ticket.add(again.replace(seq=None, actor="somebody else")))
    with pytest.raises(HistoryError):
        other.evaluate()


@given(scenes(), st.data())
def test_input_zone_is_irrelevant(scene: Scene, data: st.DataObject) -> None:
    """R-1: an instant is the same in every zone; what comes out is in the calendar's."""

    def told(when: datetime) -> datetime:
        return when.astimezone(zoneinfo.ZoneInfo(data.draw(st.sampled_from(ZONES))))

    events = [event.replace(at=told(event.at)) for event in scene.ticket.events]
    ticket = scene.ticket.replace(events=events, opened_at=told(scene.ticket.opened_at))
    expected = read(scene)
    result = evaluate(scene.policy, ticket, as_of=told(moment(scene.as_of)), roles=scene.roles or None)
    assert result.readings == expected.readings
    for reading in result:
        zone = scene.desks[scene.roles.get(reading.calendar, reading.calendar)].zone
        assert str(reading.started_at.tzinfo) == zone


# Changes


ONE_CALENDAR = Menu(
    calendars=1, conditions=False, verdicts=("elapsed",), change_rules=("carry",), kinds=CHANGES + PAUSES + PAUSES,
    metrics=("resolution", "update", "workaround", "closure"), events=6,
)  # fmt: skip


@given(scenes(ONE_CALENDAR))
def test_carry_equals_retroactive_on_one_calendar(scene: Scene) -> None:
    """CLK-10: in time used and verdict always; in due and breach_at where the new budget was not exceeded.

    A clock that breached before the change is left out: it keeps its objective (CLK-11), and retroactive judges anew.
    """
    carried = keyed(read(scene))
    judged_anew = scene.replace(policy=scene.policy.replace(on_change="retroactive"))
    retroactive = keyed(judged_anew.evaluate())
    assume(not breached_before_a_change(scene) and not breached_before_a_change(judged_anew))
    left_out = exceeded(scene)
    for key, reading in carried.items():
        other = retroactive[key]
        for name in ("elapsed", "remaining", "overrun", "verdict", "state", "budget", "paused"):
            if not (reading.target is not None and reading.target.named and name == "overrun"):
                assert getattr(reading, name) == getattr(other, name), name
        if key not in left_out:
            assert (reading.due, reading.breach_at) == (other.due, other.breach_at)


def breached_before_a_change(scene: Scene) -> bool:
    """Is any clock breached at a change, by the events before it?"""
    events = scene.ticket.events
    for i, event in enumerate(events):
        if event.kind in CHANGES and instant(event.at) <= scene.as_of:
            before = scene.replace(ticket=scene.ticket.replace(events=events[:i]), as_of=instant(event.at))
            if any(reading.breached for reading in before.evaluate()):
                return True
    return False


@given(scenes(Menu(kinds=CHANGES + PAUSES, change_rules=("keep",))))
def test_keep_keeps(scene: Scene) -> None:
    """CLK-10: under keep, a ticket whose changes are left out reads the same."""
    kept = [event for event in scene.ticket.events if event.kind not in CHANGES]
    read_by = keyed(scene.replace(ticket=scene.ticket.replace(events=kept)).evaluate()) if read(scene) else {}
    assert {key: value for key, value in keyed(read(scene)).items() if key[2] == 1} == read_by


@given(scenes(Menu(kinds=WORK + PAUSES + CHANGES)))
def test_a_stopped_clock_is_not_judged_again(scene: Scene) -> None:
    """CLK-11: whatever changes later."""
    changed = past(scene).ticket.change_severity(moment(scene.as_of), scene.policy.severities[-1].key)
    after = keyed(scene.replace(ticket=changed).evaluate()) if read(scene) else {}
    for key, reading in keyed(past(scene).evaluate()).items():
        if reading.state == "stopped":
            assert after[key] == reading


# What comes by itself


def sign(reading: Reading) -> tuple[Any, ...]:
    return reading.state, reading.ticking, reading.verdict, fired(reading)


@given(scenes())
def test_next_change(scene: Scene) -> None:
    """CLK-13: at next_change a reading differs from the one a microsecond before."""
    for key, reading in keyed(read(past(scene))).items():
        if reading.next_change is not None:
            assert reading.next_change > moment(scene.as_of)
            before = keyed(at_instant(scene, reading.next_change - MICROSECOND))[key]
            assert sign(keyed(at_instant(scene, reading.next_change))[key]) != sign(before)


@given(scenes(), st.integers(0, 999))
def test_nothing_changes_before_next_change(scene: Scene, thousandths: int) -> None:
    """CLK-13: between a reading and its next_change, or without end, nothing changes but amounts of time."""
    for key, reading in keyed(read(past(scene))).items():
        end = reading.next_change or moment(scene.as_of + 30 * DAY)
        for when in (moment(scene.as_of) + (end - moment(scene.as_of)) * thousandths // 1000, end - MICROSECOND):
            if when >= moment(scene.as_of):
                between = keyed(at_instant(scene, when))[key]
                assert sign(between) == sign(reading)
                steady = [name for name in JUDGEMENT if getattr(between, name) != getattr(reading, name)]
                assert not steady and due_stands(reading, between)


def due_stands(reading: Reading, between: Reading) -> bool:
    """Due instants stand still; of a paused clock an instant that lay ahead may go by (CLK-5)."""
    return all(
        getattr(between, name) == getattr(reading, name) or reading.state == "paused" for name in ("due", "breach_at")
    )


@given(scenes())
def test_escalations_follow_the_clock(scene: Scene) -> None:
    """POL-8: fired is not after the reading nor the stop; nothing comes before the start; "due" is due."""
    for reading in read(scene):
        declared = {item.key: item.at for item in scene.policy.escalations}
        for row in reading.escalations:
            if row.fired:
                assert row.at is not None and row.at <= reading.as_of
            if row.at is not None and row.objective == reading.objective:
                assert row.at >= reading.started_at or row.fired
            if declared[row.key] == "due" and row.objective == reading.objective and not reading_changed(scene):
                assert row.at == (None if reading.due is None else max(reading.due, reading.started_at))


def reading_changed(scene: Scene) -> bool:
    return any(event.kind in CHANGES for event in scene.ticket.events)


# Values


@given(scenes())
def test_same_question_same_answer(scene: Scene) -> None:
    """R-6, CLK-14: a reading is a function of its inputs; a result is asked by key, or by metric."""
    result = read(scene)
    assert same(result, scene.evaluate()) and result.provenance == scene.evaluate().provenance
    for key, reading in keyed(result).items():
        assert result[key] is reading
    for metric in {reading.metric for reading in result}:
        readings = result.all(metric)
        commitments = [reading for reading in readings if reading.kind == "commitment"]
        assert result[metric].cycle == max(reading.cycle for reading in commitments or readings)
        assert result[metric].kind == ("commitment" if commitments else "aim")


@given(scenes(), st.booleans())
def test_round_trips(scene: Scene, by_toml: bool) -> None:
    """POL-1, CLK-6, R-6: what is written and read back is equal, has the same digest, and judges alike."""
    ticket, policy = Ticket.from_json(scene.ticket.to_json()), Policy.from_json(scene.policy.to_json())
    if by_toml:
        ticket, policy = Ticket.from_toml(scene.ticket.to_toml()), Policy.from_toml(scene.policy.to_toml())
    assert (ticket, policy) == (scene.ticket, scene.policy)
    assert policy.digest() == scene.policy.digest() and hash(policy) == hash(scene.policy)
    assert same(read(scene), scene.replace(ticket=ticket, policy=policy).evaluate())


@given(scenes(), st.integers(0, 6), st.booleans())
def test_agreements(scene: Scene, days: int, by_toml: bool) -> None:
    """POL-10: a ticket is held for life to the version in force when it was opened; written out it is equal."""
    later_policy = scene.policy.replace(name="later", objectives=(), rules=())
    effective = EPOCH.date() + timedelta(days=days)
    versions = [
        {"effective": EPOCH.date() - timedelta(days=1), "policy": scene.policy, "roles": scene.roles},
        {"effective": effective, "policy": later_policy, "roles": scene.roles},
    ]
    agreement = Agreement(id="A-1", timezone="UTC", versions=versions)
    told = Agreement.from_toml(agreement.to_toml()) if by_toml else Agreement.from_json(agreement.to_json())
    assert told == agreement and told.digest() == agreement.digest()
    expected = read(scene)
    result = evaluate(told, scene.ticket, as_of=moment(scene.as_of))
    if scene.ticket.opened_at.date() >= effective:
        assert (len(result), result.policy) == (0, "later")
    else:
        assert result.agreement == "A-1" and [sign(row) for row in result] == [sign(row) for row in expected]


@given(scenes())
def test_before_any_agreement(scene: Scene) -> None:
    """POL-10: without a version in force it is refused."""
    first = (EPOCH + timedelta(microseconds=OPENED_WITHIN + HOUR * 24)).date()
    version = {"effective": first, "policy": scene.policy, "roles": scene.roles}
    with pytest.raises(NotInForceError):
        evaluate(Agreement(id="A-1", timezone="UTC", versions=[version]), scene.ticket, as_of=moment(scene.as_of))
