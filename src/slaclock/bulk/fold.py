"""From histories to spans, a metric at a time: which objective judges each row, and what it promises (R-7).

The array form of ``slaclock.fold``, for clocks that no change has met.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from ..calendars import Calendar
from ..clock import FOREVER
from ..index import KINDS, Bound, Index
from ..policy import Condition, Objective
from ..targets import Target
from ..years import OpenYears
from . import days as day_arrays
from . import lines
from .changes import NO_CHANGES, Changes, are_simple, changed
from .histories import Cycles, Histories
from .lines import Bools, Int64s
from .ragged import Ragged, none
from .spans import Spans, stretches
from .zones import Zone

_ASKED = -2
"""In the table of objectives: which one holds depends on when the cycle began."""


class Group(NamedTuple):
    """The rows of one metric that count on one calendar, with the objective and the span of each.

    ``floor`` is where a clock started, or last changed: nothing is due before.
    """

    rows: Int64s
    objective: Int64s
    stop: Int64s
    cancelled: Bools
    paused_since: Int64s
    floor: Int64s
    spans: Spans


@dataclass(slots=True)
class Chooser:
    """Which objective judges a metric, by severity and set; numbers are places in the policy's objectives."""

    index: Index
    metric: str

    def chosen(self, histories: Histories, cycles: Cycles) -> Int64s:
        """The number of each row's objective, -1 for none: of its commitments, or else of its aims."""
        found = np.full(len(histories), -1, np.int64)
        for kind in KINDS:
            if kind not in self.index.kinds[self.metric]:
                continue
            open_rows = np.flatnonzero((found < 0) & (cycles.start < FOREVER) & (histories.chosen >= 0))
            if not len(open_rows):
                break
            found[open_rows], asked = self._of_kind(kind, histories, cycles, open_rows)
            # An earlier cycle may have had an objective of this kind, and would then be the reading.
            unmet = open_rows[asked]
            unmet = unmet[(found[unmet] < 0) & cycles.many[unmet]]
            histories.aside[unmet] = True
        return found

    def _of_kind(
        self, kind: Literal["commitment", "aim"], histories: Histories, cycles: Cycles, rows: Int64s
    ) -> tuple[Int64s, Int64s]:
        """The numbers, and the places of those that had to be asked for."""
        severities = [severity.key for severity in self.index.policy.severities]
        table = np.array(
            [[self._certain(severity, kind, chosen) for chosen in histories.sets] for severity in severities], np.int64
        )
        numbers = table[histories.severity[rows], histories.chosen[rows]]
        asked = np.flatnonzero(numbers == _ASKED)
        if len(asked):
            numbers[asked] = self._asked(kind, histories, cycles, rows[asked])
        return numbers, asked

    def _candidates(
        self, severity: str, kind: Literal["commitment", "aim"], chosen: str
    ) -> list[tuple[int, Objective]]:
        held = self.index.objectives.get((severity, self.metric, kind), ())
        everything = self.index.policy.objectives
        return [(everything.index(one), one) for one in held if one.set in ("", chosen)]

    def _certain(self, severity: str, kind: Literal["commitment", "aim"], chosen: str) -> int:
        candidates = self._candidates(severity, kind, chosen)
        if not candidates:
            return -1
        number, first = candidates[0]
        return number if first.only is None else _ASKED

    def _asked(self, kind: Literal["commitment", "aim"], histories: Histories, cycles: Cycles, rows: Int64s) -> Int64s:
        """The first whose condition holds at the start of the cycle (POL-4)."""
        found = np.full(len(rows), -1, np.int64)
        severities = self.index.policy.severities
        for binding, severity, chosen in _combinations(histories, rows):
            bound = histories.bounds[binding]
            of_these = (
                (histories.binding[rows] == binding)
                & (histories.severity[rows] == severity)
                & (histories.chosen[rows] == chosen)
            )
            for number, objective in self._candidates(severities[severity].key, kind, histories.sets[chosen]):
                free = np.flatnonzero(of_these & (found < 0))
                if not len(free):
                    break
                if objective.only is not None:
                    free = free[_holds(bound, objective.only, cycles.start[rows[free]], histories.aside, rows[free])]
                found[free] = number
        return found


def _combinations(histories: Histories, rows: Int64s) -> list[tuple[int, int, int]]:
    """The bindings, severities and sets that occur together."""
    parts = np.stack([histories.binding[rows], histories.severity[rows], histories.chosen[rows]], axis=1)
    return [(a, b, c) for a, b, c in np.unique(parts, axis=0).tolist()]


def _holds(bound: Bound, only: Condition, t: Int64s, aside: Bools, rows: Int64s) -> Bools:
    calendar = bound.calendars[only.calendar]
    t = _supported(calendar, t, aside, rows)
    if only.in_hours or only.out_of_hours:
        line = lines.spanning(calendar._kept.open, int(t.min()), int(t.max()))
        inside: Bools = line.open_at(t) == bool(only.in_hours)
        return inside
    days = calendar._days()
    table = day_arrays.spanning(days, t, 0)
    if not len(table.ordinals):
        return np.full(len(t), not only.working_day)
    working: Bools = table.at(Zone.covering(days.zone, t).ordinals(t))[1] == bool(only.working_day)
    return working


def _supported(calendar: Calendar, t: Int64s, aside: Bools, rows: Int64s) -> Int64s:
    """The same instants, with those outside a calendar's years put inside, and their rows aside."""
    lower, upper = lines.supported(calendar._kept.open)
    outside = (t < lower) | (t >= upper)
    if outside.any():
        aside[rows[outside]] = True
        t = np.clip(t, lower, upper - 1)
    return t


def fold(histories: Histories, index: Index, metric: str) -> Iterator[Group]:
    """The rows that a metric judges or measures, calendar by calendar."""
    cycles = histories.cycles(index, metric)
    if len(histories.changes.row) and not are_simple(index, metric):
        histories.aside[histories.changes.row] = True
    objective = Chooser(index, metric).chosen(histories, cycles)
    timed = np.flatnonzero((objective >= 0) & ~histories.aside)
    if not len(timed):
        return
    pauses = histories.stopped_by(index, metric)
    pauses = pauses.clipped(cycles.start, cycles.stop) if len(pauses) else none(len(histories))
    names = [objective.calendar or index.policy.calendar for objective in index.policy.objectives]
    places = {name: place for place, name in enumerate(dict.fromkeys(names))}
    place_of = np.array([places[name] for name in names], np.int64)
    key = histories.binding[timed] * len(places) + place_of[objective[timed]]
    for group in np.flatnonzero(np.bincount(key)).tolist():
        rows = timed[key == group]
        bound = histories.bounds[group // len(places)]
        calendar = bound.calendars[list(places)[group % len(places)]]
        lower, upper = lines.supported(calendar._kept.open)
        if not lower <= histories.as_of < upper:
            histories.aside[rows] = True  # to whom this matters, the scalar fold says
            continue
        yield _group(histories, index, cycles, objective, pauses, bound, calendar, rows)


def _group(
    histories: Histories, index: Index, cycles: Cycles, objective: Int64s, pauses: Ragged,
    bound: Bound, calendar: Calendar, rows: Int64s,
) -> Group:  # fmt: skip
    every = len(rows) == len(histories)
    number = objective[rows]
    start, stop, cancelled, many = cycles if every else cycles.take(rows)
    # An earlier cycle outside the calendar's years is no reading, but an error.
    short = many & (histories.opened[rows] < lines.supported(calendar._kept.open)[0])
    start = _supported(calendar, start, short, np.arange(len(rows)))
    start = _started(index, bound, number, start, short)
    lines.spanning(calendar._kept.open, int(start.min()), histories.as_of)  # all that is asked for lies between
    own = pauses if every else pauses.take(rows)
    since = own.last_open()
    own = own.clipped(start, np.full(len(rows), FOREVER, np.int64))
    spans = _promised(index, calendar, number, start, own, short)
    floor = spans.start
    changes = histories.changes.take(rows, len(histories)) if len(histories.changes.row) else NO_CHANGES
    if len(changes.row):
        floor = _changed(index, spans, changes, stop, number)
    return Group(rows, number, stop, cancelled, since, floor, spans)


def _changed(index: Index, spans: Spans, changes: Changes, stop: Int64s, number: Int64s) -> Int64s:
    """Judges rows by the objective that holds after their changes."""
    policy = index.policy
    metric = policy.objectives[int(number[0])].metric
    places = {one.severity: place for place, one in reversed([*enumerate(policy.objectives)]) if one.metric == metric}
    of_severity = np.array([places[severity.key] for severity in policy.severities], np.int64)
    working = np.array([(one.within.working or 0) if one.within else 0 for one in policy.objectives], np.int64)
    floor = changed(spans, changes, stop, number, of_severity, working)
    spans.budget = working[number]
    spans.due0, short = _reached(spans.years, spans.start, spans.base, spans.budget)
    spans.short |= short
    return floor


def _started(index: Index, bound: Bound, number: Int64s, began: Int64s, short: Bools) -> Int64s:
    """Where clocks start: at their event, or at the next opening that their objective names."""
    for place, objective in enumerate(index.policy.objectives):
        if objective.start is None:
            continue
        which = np.flatnonzero(number == place)
        if not len(which):
            continue
        years = bound.calendars[objective.start.next_opening]._kept.open
        t = _supported(bound.calendars[objective.start.next_opening], began[which], short, which)
        lines.spanning(years, int(t.min()), int(t.max()))
        years.next_open(int(t.max()))  # compiles the years after, if they are needed
        line = lines.current(years)
        opening = line.next_opens(t)
        closed = ~line.open_at(t)
        short[which[closed & (opening >= line.upper)]] = True
        began = began.copy()
        began[which] = np.where(closed, opening, t)
    return began


def _promised(index: Index, calendar: Calendar, number: Int64s, start: Int64s, pauses: Ragged, short: Bools) -> Spans:
    """The due instant and the budget of each row (R-4), and its span."""
    years = calendar._kept.open
    objectives = index.policy.objectives
    start = _supported(calendar, start, short, np.arange(len(start)))
    base = lines.spanning(years, int(start.min()), int(start.max())).works(start)
    targets = [objective.within for objective in objectives]
    working = np.array([(target.working or 0) if target else 0 for target in targets], np.int64)
    by_instant = np.array([bool(target and target.named) for target in targets])
    by_verdict = np.array([(one.verdict or index.policy.verdict) == "due" for one in objectives])
    budget = working[number]
    due0, beyond = _reached(years, start, base, budget)
    short |= beyond
    for place, target in enumerate(targets):
        if target is None or target.working is not None:
            continue
        which = np.flatnonzero(number == place)
        if len(which):
            cutoff = objectives[place].cutoff
            due0[which], found = _in_days(calendar, target, cutoff, start[which])
            short[which[~found]] = True
            due0[which[~found]] = start[which[~found]]
            seen = _supported(calendar, due0[which], short, which)
            due_line = lines.spanning(years, int(seen.min()), int(seen.max()))
            budget[which] = due_line.works(seen) - base[which]
    named = by_instant[number]
    if named.any() and len(pauses):
        inside = (pauses.start <= due0[pauses.row]) & (due0[pauses.row] < pauses.end) & named[pauses.row]
        short[pauses.row[inside]] = True  # pauses move a named instant that falls into them (CLK-4)
    before, after = stretches(years, pauses)
    return Spans(
        years=years, start=start, base=base, budget=budget, due0=due0,
        judged=np.array([target is not None for target in targets])[number],
        by_due=(by_instant | by_verdict)[number],
        named=named, pauses=pauses, before=before, after=after, short=short,
    )  # fmt: skip


def _reached(years: OpenYears, start: Int64s, base: Int64s, budget: Int64s) -> tuple[Int64s, Bools]:
    """Where so much working time has passed, and which rows need more than there is (CLK-2)."""
    furthest = base + budget
    line = lines.reaching(years, int(furthest.max()))
    found = line.firsts(furthest)
    np.copyto(found, start, where=budget == 0)
    return found, (furthest > line.total) & (budget > 0)


def _in_days(calendar: Calendar, target: Target, cutoff: int | None, start: Int64s) -> tuple[Int64s, Bools]:
    working = calendar._days()
    days = day_arrays.spanning(working, start, target.days)
    counts = np.full(len(start), target.days, np.int64)
    if target.by == "same_time":
        return day_arrays.same_time(days, working.zone, start, counts)
    by = target.by if isinstance(target.by, int) else None
    due0, _, found = day_arrays.named(days, working.zone, start, counts, by, cutoff)
    return due0, found
