"""The calendar oracle: a second, slow reading of the calendar rules that shares no code with the library.

A calendar is described by plain data (`Plan`, or a `Mix` of such). Each window of each date is placed by
asking the zone database which wall time an instant shows, never the other way round: `place` looks for the
first instant whose wall time is at or after the edge (CAL-3), so the `fold` of PEP 495 plays no part.
Questions are answered by walking over the windows near the instant. Instants are UTC microseconds since 1970,
wall times are microseconds since 1970-01-01 00:00 on the wall.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DATE = date(1970, 1, 1)
ONE_DAY = timedelta(days=1)

# Days walked before giving up: the first stretch answers nearly always, the last one covers "once a year".
STRETCHES = (4, 32, 256, 800)
# A window begins up to this many dates before an instant inside it: it may be two days long, and a zone may
# skip one.
MARGIN = 4

# Twenty zones and the UTC dates of what makes them awkward (none for Kolkata: an offset that is no whole
# hour).
ODD_ZONES: dict[str, tuple[str, ...]] = {
    "Australia/Lord_Howe": ("2026-04-04", "2026-10-03"),  # half an hour of summer time
    "Pacific/Apia": ("2011-12-30", "2012-03-31"),  # 30 December 2011 does not exist
    "America/Sao_Paulo": ("2018-11-04", "2019-02-17"),  # at midnight, both ways
    "Asia/Beirut": ("2026-03-28", "2026-10-24"),  # at midnight, both ways
    "Africa/Cairo": ("2024-04-25", "2024-10-31"),  # at midnight, both ways
    "Africa/Casablanca": ("2025-02-23", "2025-04-06"),  # winter time is in Ramadan
    "Asia/Almaty": ("2024-02-29",),  # a repeated hour without summer time
    "Pacific/Kiritimati": ("1994-12-31", "1979-10-01"),  # a date that does not exist; 40 minutes
    "America/St_Johns": ("2006-04-02", "2006-10-29"),  # one minute past midnight: the repeat crosses a date
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "Europe/London": ("2026-03-29", "2026-10-25"),
    "Europe/Berlin": ("2026-03-29", "2026-10-25"),
    "Australia/Sydney": ("2026-04-04", "2026-10-03"),
    "Pacific/Chatham": ("2026-04-04", "2026-09-26"),  # 02:45
    "Asia/Tehran": ("2022-03-21", "2022-09-21"),  # at midnight
    "Asia/Kathmandu": ("1985-12-31",),  # a quarter of an hour
    "Asia/Kolkata": (),
    "America/Santiago": ("2024-04-07", "2024-09-08"),  # at midnight
    "America/Havana": ("2025-03-09", "2025-11-02"),  # the hour after midnight comes twice
    "Antarctica/Troll": ("2026-03-29", "2026-10-25"),  # two hours of summer time
}

Span: TypeAlias = tuple[int, int]  # two instants, half-open
Hours: TypeAlias = tuple[tuple[int, int], ...]  # seconds after the owner's midnight, the end maybe past 24:00
Week: TypeAlias = tuple[Hours, ...]  # seven, Monday first
Op: TypeAlias = Literal["union", "intersection", "difference"]
Source: TypeAlias = "Plan | Mix"


class Beyond(Exception):
    """Nothing was found between the start and `bound`: the oracle walks no further."""

    def __init__(self, bound: int) -> None:
        super().__init__(bound)
        self.bound = bound


class ByRefusedError(Exception):
    """A named time of day that is not after the day's first opening (CLK-4)."""


@dataclass(frozen=True, kw_only=True)
class Revision:
    effective: date
    week: Week
    holidays: frozenset[date] | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A simple calendar as data."""

    zone: str
    week: Week
    holidays: frozenset[date] = frozenset()
    special: Mapping[date, Hours] = field(default_factory=dict)
    annual: Mapping[tuple[int, int], Hours] = field(default_factory=dict)
    makeup: frozenset[date] = frozenset()
    makeup_hours: Hours | None = None
    closures: tuple[Span, ...] = ()
    revisions: tuple[Revision, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Mix:
    """A composite as data (CAL-9). A difference is the first part less all the others."""

    op: Op
    parts: tuple[Source, ...]
    zone: str | None = None
    days: Plan | None = None


def _seconds(clock: str) -> int:
    hour, minute, second = ([int(part) for part in clock.split(":")] + [0])[:3]
    return hour * 3600 + minute * 60 + second


def hours(*windows: str) -> Hours:
    """`hours("22:00-06:00")`: an end at or before its start lies on the next date (CAL-2)."""
    pairs = [[_seconds(clock) for clock in window.split("-")] for window in windows]
    return tuple((start, end if end > start else end + 86_400) for start, end in pairs)


def week(**days: Hours) -> Week:
    """`week(mon_fri=hours("09:00-17:00"))`; what is not named is closed."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    result: list[Hours] = [()] * 7
    for key, value in days.items():
        first, _, last = ("mon_sun" if key == "daily" else key).partition("_")
        for index in range(names.index(first), names.index(last or first) + 1):
            result[index] = value
    return tuple(result)


# Windows that lie across midnight, across the usual hours of a change, or in the middle of the day.
AWKWARD_WEEKS = {
    "office": week(mon_fri=hours("09:00-12:30", "13:30-17:00")),
    "nights": week(daily=hours("22:00-06:00")),
    "all day": week(daily=hours("00:00-24:00")),
    "small hours": week(daily=hours("00:30-01:15", "01:30-02:20", "02:45-03:45")),
    "around midnight": week(daily=hours("23:30-00:10")),
    "quarters": week(daily=hours("00:00-00:15", "02:15-02:45", "12:00-12:01", "23:45-24:00")),
}


def instant(when: datetime) -> int:
    """UTC microseconds of an aware datetime."""
    return (when.astimezone(UTC) - EPOCH) // timedelta(microseconds=1)


def moment(t: int, zone: str = "UTC") -> datetime:
    return (EPOCH + timedelta(microseconds=t)).astimezone(ZoneInfo(zone))


def noon(day: str) -> int:
    """12:00 UTC of an ISO date."""
    return instant(datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC))


def midnight(day: date) -> int:
    """The wall time at which a date begins."""
    return (day - EPOCH_DATE).days * DAY


def zone_of(source: Source) -> str:
    if isinstance(source, Plan):
        return source.zone
    return source.zone or zone_of(source.parts[0])


# Zones


def offset(zone: str, t: int) -> int:
    result = moment(t, zone).utcoffset()
    assert result is not None
    return result // timedelta(microseconds=1)


def wall(zone: str, t: int) -> int:
    return t + offset(zone, t)


def local_date(zone: str, t: int) -> date:
    return EPOCH_DATE + timedelta(days=wall(zone, t) // DAY)


def change(zone: str, before: int, after: int) -> int:
    """The first instant with another offset than `before`, by halving; one change lies in (before, after]."""
    old = offset(zone, before)
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if offset(zone, middle) == old else (before, middle)
    return after


@lru_cache(maxsize=200_000)
def steady(zone: str, utc_day: int) -> tuple[tuple[int, int, int], ...]:
    """The pieces (from, to, offset) of one UTC day in which the offset stands still.

    Looked at hour by hour: a zone that moved twice within one hour would be misread, and none does.
    """
    marks = [utc_day * DAY + hour * HOUR for hour in range(25)]
    changes = [change(zone, a, b) for a, b in pairwise(marks) if offset(zone, a) != offset(zone, b)]
    cuts = sorted({marks[0], *changes, marks[-1]})
    return tuple((a, b, offset(zone, a)) for a, b in pairwise(cuts))


def place(zone: str, edge: int) -> int:
    """CAL-3: the first instant whose wall time is at or after `edge`."""
    day = edge // DAY
    # No offset reaches 24 hours, so two days before the edge no wall time can have reached it.
    for utc_day in range(day - 2, day + 3):
        for start, end, shift in steady(zone, utc_day):
            first = max(start, edge - shift)
            if first < end:
                return first
    raise AssertionError(f"{zone}: no wall time at or after {edge}")


# Sets of instants


def combine(op: Op, parts: Sequence[Iterable[Span]]) -> list[Span]:
    """Cut the line at every edge and ask each piece which parts it lies in."""
    merged = [merge(part) for part in parts]
    cuts = sorted({edge for part in merged for span in part for edge in span})
    kept = [(a, b) for a, b in pairwise(cuts) if _kept(op, [_holds(part, a) for part in merged])]
    return merge(kept)


def merge(spans: Iterable[Span]) -> list[Span]:
    """Sorted, touching ones joined, empty ones dropped."""
    result: list[Span] = []
    for lo, hi in sorted(span for span in spans if span[0] < span[1]):
        if result and lo <= result[-1][1]:
            result[-1] = (result[-1][0], max(hi, result[-1][1]))
        else:
            result.append((lo, hi))
    return result


def clip(spans: Iterable[Span], lo: int, hi: int) -> list[Span]:
    return [(max(a, lo), min(b, hi)) for a, b in spans if max(a, lo) < min(b, hi)]


def _holds(spans: Sequence[Span], t: int) -> bool:
    index = bisect_right(spans, t, key=lambda span: span[0])
    return index > 0 and t < spans[index - 1][1]


def _kept(op: Op, inside: Sequence[bool]) -> bool:
    if op == "union":
        return any(inside)
    if op == "intersection":
        return all(inside)
    return inside[0] and not any(inside[1:])


# Dates


def hours_of(plan: Plan, day: date) -> Hours:
    """The windows of a date before closures: special day, make-up day, holiday, weekly hours (CAL-7, CAL-8)."""
    current, holidays = plan.week, plan.holidays
    for revision in sorted(plan.revisions, key=lambda revision: revision.effective):
        if revision.effective <= day:
            current = revision.week
            holidays = holidays if revision.holidays is None else revision.holidays
    if day in plan.special:
        return plan.special[day]
    if (day.month, day.day) in plan.annual:
        return plan.annual[day.month, day.day]
    if day in plan.makeup:
        return current[0] if plan.makeup_hours is None else plan.makeup_hours
    return () if day in holidays else current[day.weekday()]


def owned(plan: Plan, day: date) -> list[Span]:
    """The open time that a date owns, closures taken out (CAL-13)."""
    base = midnight(day)
    placed = [
        (place(plan.zone, base + start * SECOND), place(plan.zone, base + end * SECOND))
        for start, end in hours_of(plan, day)
    ]
    return combine("difference", [placed, plan.closures])


def dates(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += ONE_DAY


class Oracle:
    """Answers the questions of a calendar by walking. All instants are int microseconds."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.zone = zone_of(source)
        self._owned: dict[date, list[Span]] = {}
        self._parts = [Oracle(part) for part in source.parts] if isinstance(source, Mix) else []

    # The open time

    def pieces(self, lo: int, hi: int) -> list[Span]:
        """The open time between two instants, cut to them."""
        if isinstance(self.source, Mix):
            return combine(self.source.op, [part.pieces(lo, hi) for part in self._parts])
        margin = timedelta(days=MARGIN)
        near = dates(local_date(self.zone, lo) - margin, local_date(self.zone, hi) + margin)
        return clip(merge(span for day in near for span in self.owned(day)), lo, hi)

    def windows(self, lo: int, hi: int) -> list[Span]:
        return self.pieces(lo, hi)

    def is_open(self, t: int) -> bool:
        return bool(self.pieces(t, t + 1))

    def elapsed(self, a: int, b: int) -> int:
        if b < a:
            return -self.elapsed(b, a)
        return sum(hi - lo for lo, hi in self.pieces(a, b))

    def due(self, start: int, budget: int) -> int:
        """CLK-2: the first instant by which `budget` has been worked; backwards, the latest from which it
        has.
        """
        if budget < 0:
            return self._due_back(start, -budget)
        return start if budget == 0 else self._due_ahead(start, budget)

    def _due_ahead(self, start: int, left: int) -> int:
        walk = self._forward(start)
        lo, hi = next(walk)
        while left > hi - lo:
            left -= hi - lo
            lo, hi = next(walk)
        return lo + left

    def _due_back(self, start: int, left: int) -> int:
        walk = self._backward(start)
        lo, hi = next(walk)
        while left > hi - lo:
            left -= hi - lo
            lo, hi = next(walk)
        return hi - left

    def _forward(self, t: int) -> Iterator[Span]:
        """Open pieces from t on, stretch by stretch: a window across two stretches comes in two pieces."""
        for a, b in pairwise((0, *STRETCHES)):
            yield from self.pieces(t + a * DAY, t + b * DAY)
        raise Beyond(t + STRETCHES[-1] * DAY)

    def _backward(self, t: int) -> Iterator[Span]:
        for a, b in pairwise((0, *STRETCHES)):
            yield from reversed(self.pieces(t - b * DAY, t - a * DAY))
        raise Beyond(t - STRETCHES[-1] * DAY)

    # Edges

    def next_open(self, t: int) -> int:
        return next(lo for lo, _ in self._forward(t) if lo > t and not self.is_open(lo - 1))

    def next_close(self, t: int) -> int:
        return next(hi for _, hi in self._forward(t) if not self.is_open(hi))

    def previous_open(self, t: int) -> int:
        return next(lo for lo, _ in self._backward(t) if not self.is_open(lo - 1))

    def previous_close(self, t: int) -> int:
        return next(hi for _, hi in self._backward(t) if hi < t and not self.is_open(hi))

    def roll_forward(self, t: int) -> int:
        return t if self.is_open(t) else self.next_open(t)

    def roll_back(self, t: int) -> int:
        """An instant that is itself a closing is closed, and it is the last closing."""
        return t if self.is_open(t) or self.is_open(t - 1) else self.previous_close(t)

    # Days

    def owned(self, day: date) -> list[Span]:
        assert isinstance(self.source, Plan), "a composite owns no dates"
        if day not in self._owned:
            self._owned[day] = owned(self.source, day)
        return self._owned[day]

    def is_working_day(self, day: date) -> bool:
        return bool(self.days().owned(day))

    def day_of(self, t: int) -> date:
        """The date that owns an open instant; where windows of two dates overlap, the one begun first."""
        here = local_date(self.zone, t)
        near = dates(here - timedelta(days=MARGIN), here + timedelta(days=MARGIN))
        return next(day for day in near if _holds(self.owned(day), t))

    def working_day(self, day: date, count: int) -> date:
        """The count-th working day after a date."""
        last = day + timedelta(days=STRETCHES[-1])
        while count:
            day += ONE_DAY
            if day > last:
                raise Beyond(midnight(last))
            count -= self.is_working_day(day)
        return day

    def business_days_between(self, first: date, last: date) -> int:
        """Working days in [first, last), negative when last is before first."""
        if last < first:
            return -self.business_days_between(last, first)
        return sum(self.is_working_day(day) for day in dates(first, last - ONE_DAY))

    def add_business_days(self, t: int, count: int) -> int:
        """CLK-3: the anchor's wall time on the count-th working day after its own, clamped to that day."""
        days = self.days()
        anchor = days.roll_forward(t)
        day = days.day_of(anchor)
        clock = wall(days.zone, anchor) - midnight(day)
        day = days.working_day(day, count)
        open_time = days.owned(day)
        same = place(days.zone, midnight(day) + clock)
        within = min(max(same, open_time[0][0]), open_time[-1][1])
        # Windows of two dates may overlap, and the later date close first: a promise is not due before it is made.
        return max(within, anchor) if count > 0 else within

    def named(self, t: int, count: int, by: str, cutoff: str | None = None) -> int:
        """CLK-4: "next business day by 16:00" is count 1, "same business day by close" is count 0."""
        days = self.days()
        received = local_date(days.zone, t)
        if cutoff is not None and not (
            days.is_working_day(received) and t < place(days.zone, midnight(received) + _seconds(cutoff) * SECOND)
        ):
            received = days.working_day(received, 1)
        if count:
            day = days.working_day(received, count)
        else:
            day = received if days.is_working_day(received) else days.working_day(received, 1)
            day = day if t <= days.by(day, by) else days.working_day(day, 1)
        if days.by(day, by) <= days.owned(day)[0][0]:
            raise ByRefusedError(by)
        return days.by(day, by)

    def by(self, day: date, by: str) -> int:
        """The named instant of a working day: its last close, or a time of day."""
        if by == "close":
            return self.owned(day)[-1][1]
        return place(self.zone, midnight(day) + _seconds(by) * SECOND)

    def days(self) -> Oracle:
        """The calendar whose dates count (CAL-9)."""
        if isinstance(self.source, Plan):
            return self
        assert self.source.days is not None, "a composite has no days of its own"
        return Oracle(self.source.days)
