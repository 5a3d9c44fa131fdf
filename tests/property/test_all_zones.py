"""Every zone of the database once: three days around two of its changes, held against the oracle."""

from __future__ import annotations

import zoneinfo
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise

import pytest

from oracle import DAY, HOUR, Oracle, Plan, Span, change, hours, instant, moment, noon, offset, week
from property.strategies import build

pytestmark = pytest.mark.slow
SAMPLES = range(noon("1970-01-03"), noon("2039-01-01"), 20 * DAY)
# Windows across midnight, inside the usual hours of a change, and one that fills the date on Sundays.
WEEK = week(
    mon_sat=hours("00:00-00:20", "01:30-02:45", "09:00-17:00", "23:15-06:30"),
    sun=hours("00:00-24:00"),
)


@lru_cache(maxsize=1)
def zones() -> list[str]:
    """But for the placeholder of a machine whose zone was never set, which is no place."""
    return sorted(zoneinfo.available_timezones() - {"Factory"})


def changes(zone: str) -> list[int]:
    """The latest change forwards and the latest backwards; any date where the zone has never moved."""
    offsets = [offset(zone, t) for t in SAMPLES]
    steps = [
        (a, b, after - before) for (a, b), (before, after) in zip(pairwise(SAMPLES), pairwise(offsets), strict=True)
    ]
    latest = {step > 0: (a, b) for a, b, step in steps if step}
    return [change(zone, a, b) for a, b in latest.values()] or [noon("2026-03-08")]


def around(t: int) -> Span:
    return t - 36 * HOUR, t + 36 * HOUR


def test_the_database_is_the_pinned_one() -> None:
    """R-6: the zones come from the tzdata package, and there are some hundreds of them."""
    assert zoneinfo.TZPATH == ()
    assert len(zones()) > 400


@pytest.mark.parametrize("initial", sorted({name[0] for name in zones()}))
def test_all_zones(initial: str) -> None:
    """CAL-2, CAL-3, CLK-2: windows, working time and due around two changes of every zone."""
    for zone in (name for name in zones() if name[0] == initial):
        plan = Plan(zone=zone, week=WEEK)
        oracle, calendar = Oracle(plan), build(plan)
        for lo, hi in map(around, changes(zone)):
            found = [(instant(a), instant(b)) for a, b in calendar.windows(moment(lo), moment(hi))]
            assert found == oracle.windows(lo, hi), zone
            for budget in (11 * HOUR, 17 * HOUR):
                due = calendar.due(moment(lo), timedelta(microseconds=budget))
                assert instant(due) == oracle.due(lo, budget), zone
