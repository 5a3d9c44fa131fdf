"""The library's calendars and the oracle give the same answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from oracle import (
    AWKWARD_WEEKS,
    DAY,
    HOUR,
    MINUTE,
    ODD_ZONES,
    Beyond,
    ByRefusedError,
    Mix,
    Op,
    Oracle,
    Plan,
    Week,
    hours,
    instant,
    local_date,
    moment,
    noon,
    week,
)
from property.strategies import ALL_YEARS, OPERATORS, Scene, build, declare, fewer, scenes
from slaclock import BusinessCalendar, always_open
from slaclock.errors import CompositeDayError, HorizonError, NoWorkingTimeError, SlaclockError

MICROSECOND = timedelta(microseconds=1)
EDGES = ["next_open", "next_close", "previous_open", "previous_close"]
ROLLS = ["roll_forward", "roll_back"]


def plain(value: datetime | timedelta | list[tuple[datetime, datetime]]) -> int | list[tuple[int, int]]:
    """What the library returns, in the oracle's integers."""
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, timedelta):
        return value // MICROSECOND
    return [(instant(lo), instant(hi)) for lo, hi in value]


def library(ask: Callable[[], datetime | None]) -> int | None:
    """None where the library says that there is nothing to find, or not enough of it."""
    try:
        found = ask()
    except (NoWorkingTimeError, HorizonError):
        return None
    return None if found is None else instant(found)


def same(expected: Callable[[], int], actual: Callable[[], Any], scene: Scene, start: int) -> None:
    """The same answer; where the oracle gave up, the library finds nothing or something further away.

    The oracle's calendars have no last year: what it finds outside the library's years need not be found
    there.
    """
    try:
        wanted = expected()
    except Beyond as beyond:
        found = library(actual)
        assert found is None or abs(found - start) >= abs(beyond.bound - start)
        return
    found = library(actual)
    assert found == wanted or (found is None and not scene.covers(wanted)), f"{shown(found)}, oracle {shown(wanted)}"


def shown(t: int | None) -> str:
    return "nothing" if t is None else str(moment(t))


# Instants


@given(scenes())
def test_is_open(scene: Scene) -> None:
    """CAL-1, CAL-2, CAL-3, CAL-6, CAL-7, CAL-8, CAL-9, R-2: open and closed at the same instants."""
    for t in scene.instants:
        assert scene.calendar.is_open(moment(t)) == scene.oracle.is_open(t)


@given(scenes())
def test_windows(scene: Scene) -> None:
    """CAL-1, CAL-2, CAL-3, CAL-6, CAL-7, CAL-8, CAL-9: the same windows, cut to the span."""
    lo, hi = sorted(scene.instants)
    assume(lo < hi)
    assert plain(scene.calendar.windows(moment(lo), moment(hi))) == scene.oracle.windows(lo, hi)


@given(scenes())
def test_elapsed(scene: Scene) -> None:
    """R-3: the same working time, negative backwards."""
    a, b = scene.instants
    assert plain(scene.calendar.elapsed(moment(a), moment(b))) == scene.oracle.elapsed(a, b)


@given(scenes(instants=1))
def test_due(scene: Scene) -> None:
    """CLK-2: the same first instant."""
    (start,), (length,) = scene.instants, scene.durations
    same(
        lambda: scene.oracle.due(start, length),
        lambda: scene.calendar.due(moment(start), timedelta(microseconds=length)),
        scene,
        start,
    )


@given(scenes(instants=1))
def test_due_backwards(scene: Scene) -> None:
    """CLK-2: the same latest instant from which the time lies before the start."""
    (start,), (length,) = scene.instants, scene.durations
    same(
        lambda: scene.oracle.due(start, -length),
        lambda: scene.calendar.due(moment(start), -timedelta(microseconds=length)),
        scene,
        start,
    )


@pytest.mark.parametrize("question", EDGES + ROLLS)
@given(scene=scenes(instants=1))
def test_edges_and_rolls(question: str, scene: Scene) -> None:
    """CAL-10: the same edges, strictly before or after; the same rolls, which stay where they are when open."""
    (t,) = scene.instants
    same(
        lambda: getattr(scene.oracle, question)(t),
        lambda: getattr(scene.calendar, question)(moment(t)),
        scene,
        t,
    )


# Days


def day_scenes() -> st.SearchStrategy[Scene]:
    """Simple calendars, and composites that name the calendar whose dates count."""
    return scenes(instants=2).filter(lambda scene: isinstance(scene.source, Plan) or scene.source.days is not None)


@given(day_scenes())
def test_is_working_day(scene: Scene) -> None:
    """CAL-13, CAL-9: the same working days."""
    for t in scene.instants:
        day = local_date(scene.oracle.zone, t)
        assert scene.calendar.is_working_day(day) == scene.oracle.is_working_day(day)


@given(day_scenes())
def test_business_days_between(scene: Scene) -> None:
    """CAL-13, R-2: the same number of working days in [first, last), negative backwards."""
    first, last = (local_date(scene.oracle.zone, t) for t in scene.instants)
    assert scene.calendar.business_days_between(first, last) == scene.oracle.business_days_between(first, last)


@given(day_scenes(), st.integers(1, 6))
def test_add_business_days(scene: Scene, count: int) -> None:
    """CLK-3, CAL-13, CAL-9: the same wall time on the n-th working day, clamped."""
    t = scene.instants[0]
    same(
        lambda: scene.oracle.add_business_days(t, count),
        lambda: scene.calendar.add_business_days(moment(t), count),
        scene,
        t,
    )


clock_times = st.sampled_from(["00:20", "02:30", "12:00", "16:00"])


@given(
    scene=day_scenes(),
    count=st.integers(0, 3),
    by=st.just("close") | clock_times,
    cutoff=st.none() | clock_times,
    exact=st.booleans(),
)
def test_named_instants(scene: Scene, count: int, by: str, cutoff: str | None, exact: bool) -> None:
    """CLK-4, CAL-9: the same named instant, counted from the local date of receipt."""
    t = on_the_same_day(scene.oracle.days(), scene.instants[0], cutoff or by) if exact else scene.instants[0]

    def ask() -> datetime:
        return scene.calendar.add_business_days(moment(t), count, by=by, cutoff=cutoff)

    try:
        same(lambda: scene.oracle.named(t, count, by, cutoff), ask, scene, t)
    except ByRefusedError:
        with pytest.raises(SlaclockError, match="first opening"):
            ask()


def on_the_same_day(days: Oracle, t: int, by: str) -> int:
    """The very instant of a cut-off or a `by`, on a working day; what arrives then is the hardest to place."""
    day = local_date(days.zone, t)
    return days.by(day, by) if days.is_working_day(day) else t


@pytest.mark.parametrize("nudge", [-1, 0, 1])
@pytest.mark.parametrize("count", [0, 1])
@pytest.mark.parametrize(("by", "cutoff"), [("close", None), ("16:00", None), ("16:00", "16:00"), ("close", "12:00")])
def test_received_at_the_very_instant(by: str, cutoff: str | None, count: int, nudge: int) -> None:
    """CLK-4: what arrives at the `by` is in time for the same day, what arrives at the cut-off is not."""
    plan = Plan(zone="Asia/Kathmandu", week=AWKWARD_WEEKS["office"])
    oracle, calendar = Oracle(plan), build(plan)
    t = oracle.by(date(2026, 3, 2), cutoff or by) + nudge
    found = calendar.add_business_days(moment(t), count, by=by, cutoff=cutoff)
    assert plain(found) == oracle.named(t, count, by, cutoff)


NIGHT_INTO_SHIFTS = week(mon=hours("20:00-19:00"), tue=hours("04:00-10:00"), wed=hours("09:00-23:00"))
NIGHT_INTO_MANY = week(
    mon=hours("20:00-19:00"),
    tue=hours(*(f"{n // 4:02}:{n % 4 * 15:02}-{n // 4:02}:{n % 4 * 15 + 5:02}" for n in range(72))),
    wed=hours("09:00-23:00"),
)


@pytest.mark.parametrize("worked", [NIGHT_INTO_SHIFTS, NIGHT_INTO_MANY], ids=["few windows", "many windows"])
def test_a_window_begun_the_evening_before_runs_on(worked: Week) -> None:
    """CAL-2, CAL-13: in both Monday's and Tuesday's hours an instant is Monday's, after a closure and many
    windows too.
    """
    closure = (noon("2026-03-03") - 7 * HOUR, noon("2026-03-03") - 6 * HOUR)
    plan = Plan(zone="UTC", week=worked, closures=(closure,))
    oracle, calendar = Oracle(plan), build(plan)
    for hour in range(-9, 7):
        t = noon("2026-03-03") + hour * HOUR + MINUTE
        assert plain(calendar.add_business_days(moment(t), 1)) == oracle.add_business_days(t, 1), moment(t)


@pytest.mark.parametrize(("zone", "lost"), [("Pacific/Kiritimati", "1994-12-31"), ("Pacific/Apia", "2011-12-30")])
@pytest.mark.parametrize("name", AWKWARD_WEEKS)
def test_dates_that_do_not_exist(name: str, zone: str, lost: str) -> None:
    """CAL-3, CAL-12, CAL-13: a lost date owns what runs on past it, whichever of its years was compiled
    first.
    """
    plan = Plan(zone=zone, week=AWKWARD_WEEKS[name])
    oracle = Oracle(plan)
    day = date.fromisoformat(lost)
    for first, last in [
        (day, day + timedelta(2)),
        (day - timedelta(1), day + timedelta(1)),
        (day, day + timedelta(1)),
    ]:
        assert build(plan).business_days_between(first, last) == oracle.business_days_between(first, last)
    assert build(plan).is_working_day(day) == oracle.is_working_day(day)


@pytest.mark.parametrize("by", ["08:59", "09:00"])
def test_a_by_before_the_opening_is_refused(by: str) -> None:
    """CLK-4: a `by` not after the day's first opening is an error, not an instant at which nobody works."""
    calendar = build(Plan(zone="Europe/London", week=AWKWARD_WEEKS["office"]))
    with pytest.raises(SlaclockError):
        calendar.add_business_days(moment(noon("2026-03-02")), 1, by=by)


@fewer
@given(scenes(kind="composite", instants=1))
def test_composites_have_no_days(scene: Scene) -> None:
    """CAL-9: day questions of a composite without `days` are errors."""
    calendar = scene.calendar.replace(days=None)
    (t,) = scene.instants
    with pytest.raises(CompositeDayError):
        calendar.is_working_day(date(2026, 3, 2))
    with pytest.raises(CompositeDayError):
        calendar.business_days_between(date(2026, 3, 2), date(2026, 3, 9))
    with pytest.raises(CompositeDayError):
        calendar.add_business_days(moment(t), 1)


# The odd zones by name


@pytest.mark.parametrize("name", AWKWARD_WEEKS)
@pytest.mark.parametrize("zone", ODD_ZONES)
def test_odd_zones(zone: str, name: str) -> None:
    """CAL-2, CAL-3, CLK-2, CLK-3: every question, at and beside every edge around each change of the zone."""
    plan = Plan(zone=zone, week=AWKWARD_WEEKS[name])
    scene = Scene(plan, ALL_YEARS, Oracle(plan), build(plan), instants=(), durations=())
    for day in ODD_ZONES[zone] or ("2026-03-08",):
        lo, hi = noon(day) - 36 * HOUR, noon(day) + 36 * HOUR
        assert plain(scene.calendar.windows(moment(lo), moment(hi))) == scene.oracle.windows(lo, hi)
        edges = [edge for piece in scene.oracle.pieces(lo, hi) for edge in piece]
        for t in {edge + nudge for edge in edges for nudge in (-1, 0, 20 * MINUTE)}:
            every_question(scene, t, lo)


def every_question(scene: Scene, t: int, other: int) -> None:
    oracle, calendar, when = scene.oracle, scene.calendar, moment(t)
    assert calendar.is_open(when) == oracle.is_open(t)
    assert plain(calendar.elapsed(moment(other), when)) == oracle.elapsed(other, t)
    for question in EDGES + ROLLS:
        same(lambda: getattr(oracle, question)(t), lambda: getattr(calendar, question)(when), scene, t)
    for length in (3 * HOUR, -3 * HOUR):
        same(
            lambda: oracle.due(t, length),
            lambda: calendar.due(when, timedelta(microseconds=length)),
            scene,
            t,
        )
    assert plain(calendar.add_business_days(when, 1)) == oracle.add_business_days(t, 1)
    assert plain(calendar.add_business_days(when, 1, by="close")) == oracle.named(t, 1, "close")


# Where there is nothing


LONELY = Plan(zone="Europe/London", week=week(), special={date(2026, 6, 10): hours("09:00-17:00")})


@given(st.integers(-300, 300), st.integers(1, 9))
def test_nothing_to_find(days: int, length: int) -> None:
    """CAL-10: a calendar open on one day: none left is NoWorkingTimeError, too little left HorizonError, no
    edge None.
    """
    oracle, calendar = Oracle(LONELY), build(LONELY, years=(2025, 2027))
    t = noon("2026-06-10") + days * DAY
    for budget in (length * HOUR, -length * HOUR):
        is_left = oracle.elapsed(t, t + (1000 if budget > 0 else -1000) * DAY)
        error = HorizonError if is_left else NoWorkingTimeError
        or_raises(error, lambda: oracle.due(t, budget), lambda: calendar.due(moment(t), budget * MICROSECOND))
    for question in EDGES:
        assert getattr(calendar, question)(moment(t)) == or_none(lambda: getattr(oracle, question)(t))
    for question in ROLLS:
        ask = getattr(calendar, question)
        or_raises(NoWorkingTimeError, lambda: getattr(oracle, question)(t), lambda: ask(moment(t)))
    if t > noon("2026-06-10"):
        with pytest.raises(NoWorkingTimeError):
            calendar.add_business_days(moment(t), 1)


def or_none(expected: Callable[[], int]) -> datetime | None:
    """Here the oracle's walk covers all the years of the calendar, so giving up means that there is nothing."""
    try:
        return moment(expected())
    except Beyond:
        return None


def or_raises(error: type[SlaclockError], expected: Callable[[], int], actual: Callable[[], datetime]) -> None:
    wanted = or_none(expected)
    if wanted is None:
        with pytest.raises(error):
            actual()
    else:
        assert actual() == wanted


@pytest.mark.parametrize("year", [1969, 2200])
def test_outside_the_years(year: int) -> None:
    """CAL-10: outside the supported local years every question raises HorizonError, not an answer."""
    calendar = build(Plan(zone="Europe/London", week=AWKWARD_WEEKS["office"]))
    outside = moment(noon(f"{year}-06-10"))
    inside = moment(noon("2026-06-10"))
    for ask in (
        lambda: calendar.is_open(outside),
        lambda: calendar.elapsed(inside, outside),
        lambda: calendar.due(outside, timedelta(hours=1)),
        lambda: calendar.next_open(outside),
        lambda: calendar.roll_back(outside),
        lambda: calendar.windows(min(inside, outside), max(inside, outside)),
        lambda: calendar.is_working_day(date(year, 6, 10)),
        lambda: calendar.add_business_days(outside, 1),
    ):
        with pytest.raises(HorizonError):
            ask()


@pytest.mark.parametrize("name", AWKWARD_WEEKS)
def test_the_years_can_be_asked_whole(name: str) -> None:
    """R-2, CAL-10: a span is half-open, so it may end where the last supported year ends."""
    plan = Plan(zone="Asia/Kathmandu", week=AWKWARD_WEEKS[name])
    oracle, calendar = Oracle(plan), build(plan, years=(2025, 2026))
    lo, hi = (instant(datetime(year, 1, 1, tzinfo=ZoneInfo("Asia/Kathmandu"))) for year in (2025, 2027))
    assert plain(calendar.elapsed(moment(lo), moment(hi - 1))) == oracle.elapsed(lo, hi - 1)
    assert plain(calendar.elapsed(moment(lo), moment(hi))) == oracle.elapsed(lo, hi)
    assert plain(calendar.windows(moment(lo), moment(hi))) == oracle.windows(lo, hi)


@pytest.mark.parametrize("zone", ODD_ZONES)
def test_always_open(zone: str) -> None:
    """CAL-10, R-3: 24/7 is one interval without edges, in which working time is real time."""
    calendar = always_open(zone)
    for day in ODD_ZONES[zone]:
        a, b = noon(day) - 3 * DAY, noon(day) + 3 * DAY
        assert plain(calendar.windows(moment(a), moment(b))) == [(a, b)]
        assert plain(calendar.due(moment(a), timedelta(days=6))) == b
        assert plain(calendar.due(moment(b), -timedelta(days=6))) == a
        assert [getattr(calendar, question)(moment(a)) for question in EDGES] == [None] * 4
        assert plain(calendar.roll_back(moment(a))) == plain(calendar.roll_forward(moment(a))) == a


# Recurring holidays


@pytest.mark.parametrize(
    ("rule", "first", "days"),
    [
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", "2020-12-24", [f"{y}-12-24" for y in range(2020, 2030)]),
        ("FREQ=YEARLY;COUNT=2", "2025-08-10", ["2025-08-10", "2026-08-10"]),
        ("FREQ=WEEKLY;INTERVAL=2;UNTIL=20260131", "2026-01-05", ["2026-01-05", "2026-01-19"]),
        ("FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20260331", "2026-01-30", ["2026-01-30", "2026-02-27", "2026-03-27"]),
    ],
)
def test_recurring_holidays(rule: str, first: str, days: list[str]) -> None:
    """CAL-4: an RRULE closes the dates that it names from its DTSTART on, and no others."""
    office = AWKWARD_WEEKS["office"]
    holidays = [{"rrule": rule, "dtstart": first, "name": "recurring"}]
    calendar = BusinessCalendar(**declare(Plan(zone="Asia/Tokyo", week=office)) | {"holidays": holidays})
    oracle = Oracle(Plan(zone="Asia/Tokyo", week=office, holidays=frozenset(map(date.fromisoformat, days))))
    for a, b in pairwise(noon(f"{year}-01-01") for year in range(2019, 2029)):
        assert plain(calendar.elapsed(moment(a), moment(b))) == oracle.elapsed(a, b)


@pytest.mark.parametrize("op", OPERATORS)
def test_follow_the_sun(op: Op) -> None:
    """CAL-9: three desks around the world over a year's end, in windows of local hours."""
    shifts = {"Asia/Tehran": "08:00-16:00", "Europe/Berlin": "09:00-18:00", "America/Havana": "07:00-15:30"}
    new_year = frozenset({date(2026, 1, 1)})
    desks = tuple(Plan(zone=zone, week=week(mon_fri=hours(shift)), holidays=new_year) for zone, shift in shifts.items())
    source = Mix(op=op, parts=desks)
    oracle, calendar = Oracle(source), build(source)
    lo, hi = noon("2025-12-20"), noon("2026-01-12")
    assert plain(calendar.windows(moment(lo), moment(hi))) == oracle.windows(lo, hi)
