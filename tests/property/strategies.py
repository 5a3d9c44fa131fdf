"""Random calendars, each as plain data for the oracle and as a declaration for the library, and instants near what
happens in them: changes of the zone's offset, edges of windows, ends of years."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from itertools import pairwise
from operator import and_, or_, sub
from typing import Any, TypeAlias

from hypothesis import settings
from hypothesis import strategies as st

from oracle import (
    DAY,
    HOUR,
    MINUTE,
    ODD_ZONES,
    SECOND,
    Hours,
    Mix,
    Op,
    Oracle,
    Plan,
    Revision,
    Source,
    Span,
    Week,
    merge,
    midnight,
    moment,
    offset,
)
from slaclock import BusinessCalendar, CompositeCalendar

Calendar: TypeAlias = BusinessCalendar | CompositeCalendar

# Everything is drawn within this many days of the centre, so that the oracle walks a short way.
REACH = 10
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Around midnight, around the usual hours of a clock change, and in office hours.
MARKS = [0, 15, 30, 60, 75, 90, 120, 135, 150, 165, 180, 360, 540, 750, 1020, 1320, 1380, 1410, 1439]
# Leap days, the ends of years far and near, and rules that the zone files give only as a formula.
FURTHER_DATES = [
    date(2024, 2, 29),
    date(1971, 12, 31),
    date(2025, 12, 31),
    date(2050, 3, 13),
    date(2190, 12, 31),
]
ALL_YEARS = (1970, 2199)
# For tests that compile many calendars in each example.
fewer = settings(max_examples=settings().max_examples // 2)
OPERATORS: dict[Op, Any] = {"union": or_, "intersection": and_, "difference": sub}


@dataclass(frozen=True)
class Scene:
    """One calendar, told twice, with instants and working times worth asking about."""

    source: Source
    years: tuple[int, int]
    oracle: Oracle
    calendar: Calendar
    instants: tuple[int, ...]
    durations: tuple[int, ...]

    def __repr__(self) -> str:
        shown = ", ".join(str(moment(t, self.oracle.zone)) for t in self.instants)
        return f"Scene({self.source!r}, years={self.years}, instants=[{shown}], durations={self.durations})"

    def covers(self, t: int) -> bool:
        """Whether an instant lies well inside the years of the calendar, of which the oracle knows nothing."""
        return self.years[0] <= moment(t - 2 * DAY).year <= moment(t + 2 * DAY).year <= self.years[1]


# What is drawn


# Few draws for each window, because drawing takes most of the time. Mostly on marks, some on any minute or
# second.
STARTS = [mark * 60 for mark in MARKS * 3] + [mark * 60 + 1 for mark in MARKS] + list(range(0, 86_400, 2_333))
LENGTHS = [mark * 60 for mark in MARKS[1:] * 3] + [1, 59, 3_599, 86_399, 86_400] + list(range(60, 57_600, 1_333))


def window(start: int, length: int) -> tuple[int, int]:
    """Cut to what a declaration can spell: 24 hours only from midnight on."""
    return start, start + min(length, 86_400 if start == 0 else 86_399)


windows = st.builds(window, st.sampled_from(STARTS), st.sampled_from(LENGTHS))


def can_be_spelled(hours: Hours) -> bool:
    """Windows that touch merge, and what is longer than a day then has no spelling of its own."""
    return all(window(start, end - start) == (start, end) for start, end in merge(hours))


hours_of_a_day = st.lists(windows, max_size=3).map(lambda drawn: tuple(sorted(drawn))).filter(can_be_spelled)


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    """Few different days, as in real calendars: each weekday takes one of up to three lists of windows."""
    palette = draw(st.lists(hours_of_a_day, min_size=1, max_size=3))
    choices = draw(st.integers(0, len(palette) ** 7 - 1))
    return tuple(palette[choices // len(palette) ** weekday % len(palette)] for weekday in range(7))


@st.composite
def centres(draw: st.DrawFn, zone: str) -> date:
    known = [date.fromisoformat(day) for day in ODD_ZONES[zone]]
    return draw(st.sampled_from(known * 4 + FURTHER_DATES))


zones = st.sampled_from(sorted(ODD_ZONES))


def near(centre: date) -> st.SearchStrategy[date]:
    return st.integers(-REACH, REACH).map(lambda days: centre + timedelta(days=days))


def date_sets(centre: date) -> st.SearchStrategy[frozenset[date]]:
    return st.frozensets(near(centre), max_size=5)


@st.composite
def closures(draw: st.DrawFn, centre: date) -> Span:
    start = midnight(draw(near(centre))) + draw(st.integers(0, 1439)) * MINUTE
    length = draw(st.sampled_from([1, SECOND, MINUTE, HOUR, 8 * HOUR, DAY, 3 * DAY]))
    return start, start + length


@st.composite
def revisions(draw: st.DrawFn, centre: date) -> tuple[Revision, ...]:
    days = draw(st.lists(near(centre), max_size=2, unique=True))
    holidays = st.none() | date_sets(centre)
    return tuple(Revision(effective=day, week=draw(weeks()), holidays=draw(holidays)) for day in days)


@st.composite
def plans(draw: st.DrawFn, zone: str, centre: date) -> Plan:
    annual = st.dictionaries(near(centre).map(lambda day: (day.month, day.day)), hours_of_a_day, max_size=2)
    return Plan(
        zone=zone,
        week=draw(weeks()),
        holidays=draw(date_sets(centre)),
        special=draw(st.dictionaries(near(centre), hours_of_a_day, max_size=3)),
        annual=draw(annual),
        makeup=draw(st.frozensets(near(centre), max_size=2)),
        makeup_hours=draw(st.none() | hours_of_a_day.filter(bool)),
        closures=tuple(draw(st.lists(closures(centre), max_size=3))),
        revisions=draw(revisions(centre)),
    )


@st.composite
def mixes(draw: st.DrawFn, zone: str, centre: date, depth: int = 1) -> Mix:
    other_zones = draw(st.lists(zones, min_size=1, max_size=2))
    parts: list[Source] = [draw(plans(name, centre)) for name in (zone, *other_zones)]
    if depth and draw(st.integers(0, 3)) == 0:
        parts[-1] = draw(mixes(other_zones[-1], centre, depth - 1))
    return Mix(
        op=draw(st.sampled_from(sorted(OPERATORS))),
        parts=tuple(parts),
        zone=draw(st.none() | zones),
        days=draw(st.none() | plans(zone, centre)),
    )


@st.composite
def scenes(draw: st.DrawFn, kind: str = "any", instants: int = 2, durations: int = 1) -> Scene:
    """`kind` is "simple", "composite" or "any"."""
    zone = draw(zones)
    centre = draw(centres(zone))
    simple = kind == "simple" or (kind == "any" and draw(st.integers(0, 3)) > 0)
    source: Source = draw(plans(zone, centre)) if simple else draw(mixes(zone, centre))
    oracle = Oracle(source)
    narrow = years_around(centre)
    marks = marks_of(oracle, centre)
    times = tuple(draw(instants_near(centre, marks)) for _ in range(instants))
    lengths = tuple(draw(lengths_from(oracle, times[0], marks)) for _ in range(durations))
    years = draw(st.sampled_from([ALL_YEARS, narrow])) if is_busy(source) else narrow
    return Scene(source, years, oracle, build(source, years), times, lengths)


@st.composite
def neighbours(draw: st.DrawFn, count: int) -> tuple[list[Calendar], Span]:
    """Simple calendars in several zones that all have something to say in one span."""
    first = draw(zones)
    centre = draw(centres(first))
    names = [first, *draw(st.lists(zones, min_size=count - 1, max_size=count - 1))]
    calendars = [build(draw(plans(zone, centre)), years_around(centre)) for zone in names]
    start = midnight(centre) - draw(st.integers(0, 5 * DAY))
    return calendars, (start, start + draw(st.integers(1, 10 * DAY)))


def years_around(centre: date) -> tuple[int, int]:
    return max(centre.year - 2, ALL_YEARS[0]), centre.year + 2


def is_busy(source: Source) -> bool:
    """Whether questions find an answer soon: where a calendar hardly opens, the library looks through all its
    years.
    """
    if isinstance(source, Mix):
        return False
    weeks_worked = [source.week, *(revision.week for revision in source.revisions)]
    return all(sum(end - start for day in worked for start, end in day) > 36_000 for worked in weeks_worked)


def marks_of(oracle: Oracle, centre: date) -> list[int]:
    """What happens around the centre: edges of windows, changes of the offset (to the hour), the turn of the
    year.
    """
    lo, hi = midnight(centre) - REACH * DAY, midnight(centre) + REACH * DAY
    hourly = range(lo, hi, HOUR)
    changes = [b for a, b in pairwise(hourly) if offset(oracle.zone, a) != offset(oracle.zone, b)]
    edges = {edge for span in oracle.pieces(lo, hi) for edge in span}
    return sorted({*edges, *changes, midnight(date(centre.year + 1, 1, 1)) if centre.month == 12 else lo})


def instants_near(centre: date, marks: list[int]) -> st.SearchStrategy[int]:
    nudges = st.sampled_from([0, 0, -1, 1, -SECOND, SECOND, -17 * MINUTE, HOUR])
    at_marks = st.tuples(st.sampled_from(marks), nudges).map(sum)
    span = REACH * DAY
    anywhere = st.integers(midnight(centre) - span, midnight(centre) + span)
    return at_marks | at_marks | anywhere


def lengths_from(oracle: Oracle, start: int, marks: list[int]) -> st.SearchStrategy[int]:
    """Working times: many that end exactly on an edge, or one microsecond from it."""
    to_marks = st.sampled_from(marks).map(lambda mark: abs(oracle.elapsed(start, mark)))
    nudged = st.tuples(to_marks, st.sampled_from([0, 0, 1, -1])).map(lambda pair: max(sum(pair), 0))
    return nudged | st.sampled_from([1, MINUTE, HOUR, 8 * HOUR]) | st.integers(0, 60 * HOUR)


# How it is declared


def build(source: Source, years: tuple[int, int] = ALL_YEARS) -> Calendar:
    if isinstance(source, Plan):
        narrowed: dict[str, Any] = {} if years == ALL_YEARS else {"years": list(years)}
        return BusinessCalendar(**declare(source), **narrowed)
    result: Calendar = reduce(OPERATORS[source.op], [build(part, years) for part in source.parts])
    changes: dict[str, Any] = {} if source.zone is None else {"timezone": source.zone}
    if source.days is not None:
        changes["days"] = build(source.days, years)
    return result.replace(**changes) if changes else result


def declare(plan: Plan) -> dict[str, Any]:
    """The keyword arguments, which are also the shape of a file."""
    annual = {f"--{month:02}-{day:02}": spell(hours) for (month, day), hours in plan.annual.items()}
    special = {day.isoformat(): spell(hours) for day, hours in plan.special.items()}
    result: dict[str, Any] = {
        "timezone": plan.zone,
        "hours": spell_week(plan.week),
        "holidays": spell_dates(plan.holidays),
        "special_days": special | annual,
        "makeup_days": {day.isoformat(): "make-up" for day in plan.makeup},
        "closures": [{"start": moment(a), "end": moment(b), "name": "closure"} for a, b in plan.closures],
        "revisions": [declare_revision(revision) for revision in plan.revisions],
    }
    if plan.makeup_hours is not None:
        result["makeup_hours"] = spell(plan.makeup_hours)
    return result


def declare_revision(revision: Revision) -> dict[str, Any]:
    result: dict[str, Any] = {"effective": revision.effective.isoformat(), "hours": spell_week(revision.week)}
    if revision.holidays is not None:
        result["holidays"] = spell_dates(revision.holidays)
    return result


def spell_week(week: Week) -> dict[str, list[str]]:
    return {name: spell(hours) for name, hours in zip(WEEKDAYS, week, strict=True) if hours}


def spell(hours: Hours) -> list[str]:
    return [f"{clock(start)}-{clock(end if end <= 86_400 else end - 86_400)}" for start, end in hours]


def clock(second: int) -> str:
    text = f"{second // 3600:02}:{second // 60 % 60:02}"
    return f"{text}:{second % 60:02}" if second % 60 else text


def spell_dates(days: Iterable[date]) -> list[Any]:
    """Runs of dates as a range, single ones by turns as a string and with a name."""
    runs: list[list[date]] = []
    for day in sorted(days):
        if runs and day - runs[-1][-1] == timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    return [spell_run(run) for run in runs]


def spell_run(run: list[date]) -> Any:
    if len(run) > 1:
        return f"{run[0]}..{run[-1]}"
    return run[0].isoformat() if run[0].day % 2 else {"date": run[0].isoformat(), "name": "named"}
