"""The oracle checked by counting minutes, and by a few answers worked out by hand.

The count knows nothing of windows placed as instants. It goes through the minutes, asks the zone database
what the wall shows, and keeps the latest wall time seen so far. "The first instant whose wall time is at or
after the edge" (CAL-3) has passed exactly when that latest wall time is at or after the edge, so a minute is
open when the latest wall time lies in a window of some date.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest

from oracle import (
    AWKWARD_WEEKS,
    DAY,
    HOUR,
    MINUTE,
    ODD_ZONES,
    Beyond,
    ByRefusedError,
    Mix,
    Oracle,
    Plan,
    Revision,
    hours,
    hours_of,
    instant,
    local_date,
    midnight,
    moment,
    noon,
    offset,
    place,
    wall,
    week,
)

OFFICE = AWKWARD_WEEKS["office"]
SPANS = [
    (zone, noon(day) - 2 * DAY, noon(day) + 2 * DAY)
    for zone, days in ODD_ZONES.items()
    for day in days or ("2026-03-08",)
]


@lru_cache(maxsize=None)
def latest_walls(zone: str, lo: int, hi: int) -> tuple[int, ...]:
    """For each minute in [lo, hi): the latest wall time shown until then. A week ahead, so that it has
    settled.
    """
    warm_up = 7 * DAY
    minutes = range(lo - warm_up, hi, MINUTE)
    shown = (moment(t, zone).replace(tzinfo=UTC) for t in minutes)
    return tuple(accumulate((instant(wall_time) for wall_time in shown), max))[warm_up // MINUTE :]


def counted(plan: Plan, lo: int, hi: int) -> list[bool]:
    """Which of the minutes in [lo, hi) are open."""
    days = [local_date(plan.zone, lo) + timedelta(days=n) for n in range(-4, 10)]
    windows = [
        range(midnight(day) + start * 1_000_000, midnight(day) + end * 1_000_000)
        for day in days
        for start, end in hours_of(plan, day)
    ]
    return [any(latest in window for window in windows) for latest in latest_walls(plan.zone, lo, hi)]


def minutes(lo: int, hi: int) -> Iterator[int]:
    return iter(range(lo, hi, MINUTE))


@pytest.mark.parametrize(("zone", "lo", "hi"), SPANS)
@pytest.mark.parametrize("name", AWKWARD_WEEKS)
def test_minutes(name: str, zone: str, lo: int, hi: int) -> None:
    """CAL-1, CAL-2, CAL-3: the oracle's open minutes are the counted ones, and its elapsed time is their
    number.
    """
    plan = Plan(zone=zone, week=AWKWARD_WEEKS[name])
    oracle = Oracle(plan)
    expected = counted(plan, lo, hi)
    pieces = oracle.pieces(lo, hi)
    assert [any(a <= t < b for a, b in pieces) for t in minutes(lo, hi)] == expected
    assert oracle.elapsed(lo, hi) == sum(expected) * MINUTE


@pytest.mark.parametrize(("zone", "lo", "hi"), SPANS)
def test_minutes_of_changed_days(zone: str, lo: int, hi: int) -> None:
    """CAL-2, CAL-6, CAL-7, CAL-8: a changed date changes its whole windows, and a window of the evening
    before runs on.
    """
    day = local_date(zone, (lo + hi) // 2)
    plan = Plan(
        zone=zone,
        week=AWKWARD_WEEKS["nights"],
        holidays=frozenset({day, day + timedelta(days=1)}),
        special={day + timedelta(days=1): hours("01:30-02:30", "21:00-03:00")},
        makeup=frozenset({day}),
        makeup_hours=hours("23:00-02:30"),
        revisions=(Revision(effective=day + timedelta(days=2), week=AWKWARD_WEEKS["quarters"]),),
    )
    assert Oracle(plan).elapsed(lo, hi) == sum(counted(plan, lo, hi)) * MINUTE


@pytest.mark.parametrize(("zone", "lo", "hi"), SPANS)
@pytest.mark.parametrize("name", AWKWARD_WEEKS)
def test_edges_by_minutes(name: str, zone: str, lo: int, hi: int) -> None:
    """CAL-10: edges are where the counted minutes change from closed to open or back, strictly before and
    after.
    """
    plan = Plan(zone=zone, week=AWKWARD_WEEKS[name])
    oracle = Oracle(plan)
    flags = counted(plan, lo, hi)
    edges = [(lo + n * MINUTE, flags[n]) for n in range(1, len(flags)) if flags[n] != flags[n - 1]]
    for before, after in zip(edges, edges[1:], strict=False):
        ahead, back = (
            (oracle.next_open, oracle.previous_close) if after[1] else (oracle.next_close, oracle.previous_open)
        )
        assert ahead(before[0]) == after[0]
        assert back(after[0]) == before[0]


@pytest.mark.parametrize("name", AWKWARD_WEEKS)
@pytest.mark.parametrize(("zone", "lo", "hi"), SPANS)
def test_due_by_minutes(name: str, zone: str, lo: int, hi: int) -> None:
    """CLK-2: due is the end of the n-th open minute ahead, and backwards the beginning of the n-th open one."""
    plan = Plan(zone=zone, week=AWKWARD_WEEKS[name])
    oracle = Oracle(plan)
    ticks = [t for t, is_open in zip(minutes(lo, hi), counted(plan, lo, hi), strict=True) if is_open]
    for count in {1, 7, len(ticks) // 2, len(ticks)} - {0}:
        if count <= len(ticks):
            assert oracle.due(lo, count * MINUTE) == ticks[count - 1] + MINUTE
            assert oracle.due(hi, -count * MINUTE) == ticks[-count]


@pytest.mark.parametrize("zone", ODD_ZONES)
def test_the_odd_zones_are_odd(zone: str) -> None:
    """CAL-3: in each stretch of the table the zone does move (but for Kolkata, which has no whole hours)."""
    for day in ODD_ZONES[zone]:
        assert offset(zone, noon(day) - 2 * DAY) != offset(zone, noon(day) + 2 * DAY), day
    assert ODD_ZONES[zone] or offset(zone, noon("2026-03-08")) % HOUR


def at(zone: str, text: str, fold: int = 0) -> int:
    return instant(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold))


def test_place() -> None:
    """CAL-3: an edge in a gap is the transition, an edge in a fold the first occurrence, midnight gaps and
    lost dates.
    """

    def placed(zone: str, text: str) -> str:
        edge = instant(datetime.fromisoformat(text).replace(tzinfo=UTC))
        return moment(place(zone, edge), zone).isoformat()

    assert placed("America/New_York", "2026-03-08T02:30") == "2026-03-08T03:00:00-04:00"
    assert placed("America/New_York", "2026-11-01T01:30") == "2026-11-01T01:30:00-04:00"
    assert placed("America/New_York", "2026-11-01T02:00") == "2026-11-01T02:00:00-05:00"
    assert placed("America/Sao_Paulo", "2018-11-04T00:00") == "2018-11-04T01:00:00-02:00"
    assert placed("America/Sao_Paulo", "2019-02-17T00:00") == "2019-02-17T00:00:00-03:00"
    assert placed("America/St_Johns", "2006-10-29T00:00") == "2006-10-29T00:00:00-02:30"
    assert placed("Pacific/Apia", "2011-12-30T09:00") == "2011-12-31T00:00:00+14:00"
    assert placed("Australia/Lord_Howe", "2026-04-05T01:45") == "2026-04-05T01:45:00+11:00"
    assert placed("Asia/Kathmandu", "1986-01-01T00:10") == "1986-01-01T00:15:00+05:45"


UK = Oracle(
    Plan(
        zone="Europe/London",
        week=week(mon_fri=hours("08:30-16:30")),
        holidays=frozenset({date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 4), date(2026, 5, 25)}),
    )
)
ET = Oracle(
    Plan(
        zone="America/New_York",
        week=week(mon_fri=hours("09:00-17:00")),
        holidays=frozenset({date(2026, 11, 26)}),
    )
)
NIGHT = Oracle(Plan(zone="America/New_York", week=week(daily=hours("22:00-06:00"))))
PLAIN = Oracle(Plan(zone="Europe/London", week=week(mon_fri=hours("09:00-17:00"))))


@pytest.mark.parametrize(
    ("oracle", "start", "target", "due"),
    [
        (UK, "2026-05-22T15:00", 4, "2026-05-26T11:00"),
        (UK, "2026-04-02T12:30", 8, "2026-04-07T12:30"),
        (ET, "2026-11-25T15:00", 8, "2026-11-27T15:00"),
        (ET, "2026-03-06T16:30", 1, "2026-03-09T09:30"),
    ],
)
def test_worked_examples_of_due(oracle: Oracle, start: str, target: int, due: str) -> None:
    """CLK-2, CAL-4: the worked examples of the design."""
    assert oracle.due(at(oracle.zone, start), target * HOUR) == at(oracle.zone, due)


def test_worked_examples_of_length() -> None:
    """CAL-2, CAL-3: nights of 7 and 9 hours, a window inside a gap, a window that begins in a fold; 65 real
    hours.
    """
    zone = "America/New_York"
    assert ET.elapsed(at(zone, "2026-03-06T16:00"), at(zone, "2026-03-09T10:00")) == 2 * HOUR
    assert at(zone, "2026-03-09T10:00") - at(zone, "2026-03-06T16:00") == 65 * HOUR
    assert NIGHT.owned(date(2026, 3, 7))[0][1] - NIGHT.owned(date(2026, 3, 7))[0][0] == 7 * HOUR
    assert NIGHT.owned(date(2026, 10, 31))[0][1] - NIGHT.owned(date(2026, 10, 31))[0][0] == 9 * HOUR
    gap = Oracle(Plan(zone=zone, week=week(daily=hours("02:15-02:45"))))
    assert gap.owned(date(2026, 3, 8)) == []
    assert not gap.is_working_day(date(2026, 3, 8))
    fold = Oracle(Plan(zone=zone, week=week(daily=hours("01:30-02:30"))))
    assert fold.owned(date(2026, 11, 1)) == [(at(zone, "2026-11-01T01:30"), at(zone, "2026-11-01T02:30"))]
    assert fold.elapsed(at(zone, "2026-11-01T00:00"), at(zone, "2026-11-01T12:00")) == 2 * HOUR


@pytest.mark.parametrize(
    ("question", "when", "answer"),
    [
        ("next_open", "2026-03-02T09:00", "2026-03-03T09:00"),
        ("next_close", "2026-03-02T17:00", "2026-03-03T17:00"),
        ("previous_open", "2026-03-02T09:00", "2026-02-27T09:00"),
        ("previous_close", "2026-03-02T17:00", "2026-02-27T17:00"),
        ("roll_forward", "2026-03-02T09:00", "2026-03-02T09:00"),
        ("roll_forward", "2026-03-02T17:00", "2026-03-03T09:00"),
        ("roll_back", "2026-03-02T17:00", "2026-03-02T17:00"),
        ("roll_back", "2026-03-02T08:00", "2026-02-27T17:00"),
    ],
)
def test_edges_by_hand(question: str, when: str, answer: str) -> None:
    """CAL-10: an opening is open, a closing is closed, and edges are strictly before or after."""
    assert getattr(PLAIN, question)(at("Europe/London", when)) == at("Europe/London", answer)


def test_due_backwards_by_hand() -> None:
    """CLK-2: the latest instant from which the time lies before the start: an opening, never the close before
    it.
    """
    zone = "Europe/London"
    assert PLAIN.due(at(zone, "2026-03-02T10:00"), -HOUR) == at(zone, "2026-03-02T09:00")
    assert PLAIN.due(at(zone, "2026-03-02T09:00"), -HOUR) == at(zone, "2026-02-27T16:00")
    assert PLAIN.due(at(zone, "2026-03-01T12:00"), 0) == at(zone, "2026-03-01T12:00")


@pytest.mark.parametrize(
    ("oracle", "when", "count", "due"),
    [
        (PLAIN, "2026-03-02T11:00", 2, "2026-03-04T11:00"),
        (PLAIN, "2026-03-07T11:00", 1, "2026-03-10T09:00"),  # Saturday: the anchor is Monday 09:00
        (PLAIN, "2026-03-06T17:00", 1, "2026-03-10T09:00"),
        (NIGHT, "2026-03-03T02:00", 1, "2026-03-04T02:00"),  # 26:00 of Monday
        (NIGHT, "2026-03-07T02:30", 1, "2026-03-08T03:00"),  # 26:30 is in the gap
        (UK, "2026-05-22T15:00", 1, "2026-05-26T15:00"),
    ],
)
def test_business_days_by_hand(oracle: Oracle, when: str, count: int, due: str) -> None:
    """CLK-3: the anchor's wall time on the n-th working day after the day that owns it."""
    assert oracle.add_business_days(at(oracle.zone, when), count) == at(oracle.zone, due)


def test_business_days_are_clamped() -> None:
    """CLK-3, CAL-13: clamped to the first opening and the last close after closures, but not out of a break."""
    zone = "Europe/London"
    closure = (at(zone, "2026-03-03T09:00"), at(zone, "2026-03-03T10:00"))
    special = {date(2026, 3, 4): hours("10:00-11:00", "15:00-16:00")}
    oracle = Oracle(Plan(zone=zone, week=OFFICE, special=special, closures=(closure,)))
    assert oracle.add_business_days(at(zone, "2026-03-02T09:30"), 1) == at(zone, "2026-03-03T10:00")
    assert oracle.add_business_days(at(zone, "2026-03-02T16:30"), 2) == at(zone, "2026-03-04T16:00")
    assert oracle.add_business_days(at(zone, "2026-03-02T12:00"), 2) == at(zone, "2026-03-04T12:00")


@pytest.mark.parametrize(
    ("when", "count", "by", "cutoff", "due"),
    [
        ("2026-03-07T11:00", 1, "16:00", None, "2026-03-09T16:00"),  # Saturday: "next" is Monday
        ("2026-03-02T20:00", 1, "16:00", None, "2026-03-03T16:00"),  # after hours, yet received on Monday
        (
            "2026-03-07T11:00",
            1,
            "16:00",
            "15:00",
            "2026-03-10T16:00",
        ),  # with a cut-off it is received on Monday
        ("2026-03-02T15:00", 1, "16:00", "15:00", "2026-03-04T16:00"),
        ("2026-03-02T14:59", 1, "16:00", "15:00", "2026-03-03T16:00"),
        ("2026-03-02T11:00", 2, "close", None, "2026-03-04T17:00"),
        ("2026-03-02T17:00", 0, "close", None, "2026-03-02T17:00"),
        ("2026-03-02T17:01", 0, "close", None, "2026-03-03T17:00"),
        ("2026-03-07T11:00", 0, "close", None, "2026-03-09T17:00"),
    ],
)
def test_named_instants_by_hand(when: str, count: int, by: str, cutoff: str | None, due: str) -> None:
    """CLK-4: counted from the local date of receipt, a cut-off moves the receipt."""
    assert PLAIN.named(at(PLAIN.zone, when), count, by, cutoff) == at(PLAIN.zone, due)


def test_named_instant_before_the_opening() -> None:
    """CLK-4: a `by` that is not after the day's first opening is refused."""
    with pytest.raises(ByRefusedError):
        PLAIN.named(at(PLAIN.zone, "2026-03-02T11:00"), 1, "09:00")


def test_days_by_hand() -> None:
    """CAL-13, R-2: working days own open time after closures; they are counted in [first, last)."""
    zone = "Europe/London"
    closure = (at(zone, "2026-03-03T08:00"), at(zone, "2026-03-03T18:00"))
    oracle = Oracle(Plan(zone=zone, week=OFFICE, closures=(closure,)))
    assert not oracle.is_working_day(date(2026, 3, 3))
    assert oracle.business_days_between(date(2026, 3, 2), date(2026, 3, 9)) == 4
    assert oracle.business_days_between(date(2026, 3, 9), date(2026, 3, 2)) == -4
    assert oracle.business_days_between(date(2026, 3, 2), date(2026, 3, 2)) == 0


def test_sets_by_hand() -> None:
    """CAL-9: follow the sun, overlap, difference, and the days of a named part."""
    london = Plan(zone="Europe/London", week=week(mon_fri=hours("09:00-17:00")))
    york = Plan(zone="America/New_York", week=week(mon_fri=hours("09:00-17:00")))
    lo, hi = noon("2026-03-01"), noon("2026-03-03")  # one Monday; New York is 5 h behind
    lengths = {op: Oracle(Mix(op=op, parts=(london, york))).elapsed(lo, hi) for op in ("union", "intersection")}
    less = Oracle(Mix(op="difference", parts=(london, york), zone="UTC", days=york))
    # Tuesday morning adds 3 h of London.
    assert lengths == {"union": 13 * HOUR + 3 * HOUR, "intersection": 3 * HOUR}
    assert less.elapsed(lo, hi) == 5 * HOUR + 3 * HOUR
    assert (less.zone, less.is_working_day(date(2026, 3, 2))) == ("UTC", True)


def test_the_oracle_gives_up() -> None:
    """CAL-10: where no opening is near, the oracle says how far it looked."""
    zone = "Europe/London"
    start = at(zone, "2026-03-02T11:00")
    with pytest.raises(Beyond) as caught:
        Oracle(Plan(zone=zone, week=week())).due(start, HOUR)
    assert caught.value.bound == start + 800 * DAY


def test_wall_times() -> None:
    """CAL-3: the wall time is the instant plus the offset the zone database gives."""
    t = at("Asia/Kolkata", "2026-03-02T11:00")
    assert wall("Asia/Kolkata", t) == instant(datetime(2026, 3, 2, 11, tzinfo=UTC))
