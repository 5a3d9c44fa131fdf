"""The clock oracle: a second, slow reading of the rules of policies and clocks that shares no code with the library.

It reads the declared policy as data and replays a history over a grid of instants: time goes by in steps of `grain`,
all edges of windows and all events lie on the grid, and every clock is read by walking its steps one by one. Only in
the step in which an amount of working time is reached does it divide: instants may fall between two points of the
grid, causes may not. Calendars are `Desk`s: simple weekly windows at a fixed offset, and holidays. Instants are
microseconds since `EPOCH`, a Monday.

Where the design is silent the plainest reading was taken; a comment that begins with PLAIN says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

MINUTE = 60 * 1_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
EPOCH = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
HORIZON = 90 * DAY  # the oracle walks no further
ALWAYS = HORIZON  # the end of a pause that nobody has ended yet

Span = tuple[int, int]


def instant(when: datetime) -> int:
    return (when - EPOCH) // timedelta(microseconds=1)


def moment(t: int) -> datetime:
    return EPOCH + timedelta(microseconds=t)


class BeyondHorizon(Exception):
    """The answer lies further than the oracle walks: the case was drawn badly."""


class NoMatch(Exception):
    """No selection rule matches at the opening (POL-9)."""


class Impossible(Exception):
    """The history contradicts itself, and strict was asked (CLK-8)."""


# Calendars


@dataclass(frozen=True)
class Desk:
    """A calendar as data: windows in minutes after the owning date's midnight, Monday first; an end may pass 1440."""

    zone: str
    offset: int  # minutes east of UTC, all year
    week: tuple[tuple[Span, ...], ...]
    holidays: frozenset[date] = frozenset()


def windows_of(desk: Desk, day: int) -> list[Span]:
    """The open spans that a local date owns; dates are counted from the local date of EPOCH."""
    if EPOCH.date() + timedelta(days=day) in desk.holidays:
        return []
    base = day * DAY - desk.offset * MINUTE
    return [(base + a * MINUTE, base + b * MINUTE) for a, b in sorted(desk.week[day % 7])]


def is_working(desk: Desk, day: int) -> bool:
    return bool(windows_of(desk, day))


def local_day(desk: Desk, t: int) -> int:
    return (t + desk.offset * MINUTE) // DAY


def on_day(desk: Desk, day: int, wall: int) -> int:
    return day * DAY + wall - desk.offset * MINUTE


@lru_cache(maxsize=256)
def open_steps(desk: Desk, grain: int) -> bytes:
    """For every step of the grid, from EPOCH to the horizon: is the desk open in it?"""
    steps = bytearray(HORIZON // grain)
    for day in range(-2, HORIZON // DAY + 2):
        for start, end in windows_of(desk, day):
            assert start % grain == end % grain == 0, "windows lie on the grid"
            for step in range(max(start // grain, 0), min(end // grain, len(steps))):
                steps[step] = 1
    return bytes(steps)


def is_open(desk: Desk, t: int) -> bool:
    return any(start <= t < end for day in _days_near(desk, t) for start, end in windows_of(desk, day))


def next_opening(desk: Desk, t: int) -> int:
    """CAL-13, the anchor: the instant itself if open, else the next opening."""
    if is_open(desk, t):
        return t
    return min(start for day in range(local_day(desk, t) - 1, local_day(desk, t) + 30)
               for start, _ in windows_of(desk, day) if start > t)  # fmt: skip


def working_day_after(desk: Desk, day: int, count: int) -> int:
    while count:
        day += 1
        count -= is_working(desk, day)
    return day


def _days_near(desk: Desk, t: int) -> range:
    return range(local_day(desk, t) - 2, local_day(desk, t) + 1)


# Targets


def is_named(objective: Any) -> bool:
    """Does the target name an instant (CLK-4)?"""
    return objective.within is not None and objective.within.working is None and objective.within.by != "same_time"


def same_time(desk: Desk, start: int, count: int) -> int:
    """CLK-3: the anchor's wall time on the count-th working day after the anchor's own, clamped to that day."""
    anchor = next_opening(desk, start)
    owner = next(day for day in _days_near(desk, anchor) for a, b in windows_of(desk, day) if a <= anchor < b)
    wall = anchor - on_day(desk, owner, 0)
    day = working_day_after(desk, owner, count)
    open_time = windows_of(desk, day)
    return min(max(on_day(desk, day, wall), open_time[0][0]), open_time[-1][1])


def by_on(desk: Desk, day: int, by: str | int) -> int:
    """The named instant of a working day: its last close, or a time of day in seconds."""
    if by == "close":
        return windows_of(desk, day)[-1][1]
    assert isinstance(by, int)
    return on_day(desk, day, by * 1_000_000)


def named_day(desk: Desk, objective: Any, received: int) -> int:
    """CLK-4: the working day whose named instant is meant."""
    day, target = local_day(desk, received), objective.within
    if objective.cutoff is not None:
        late = received >= on_day(desk, day, objective.cutoff * 1_000_000)
        if late or not is_working(desk, day):
            day = working_day_after(desk, day, 1)
    if target.days:
        return working_day_after(desk, day, target.days)
    if not is_working(desk, day) or received > by_on(desk, day, target.by):
        day = working_day_after(desk, day, 1)
    return day


def named_due(desk: Desk, objective: Any, received: int, pauses: Iterable[Span]) -> int | None:
    """CLK-4: the named instant, moved out of the pauses; None if it lies in one that has no end yet."""
    day, spans = named_day(desk, objective, received), list(pauses)
    while True:
        due = by_on(desk, day, objective.within.by)
        inside = [b for a, b in spans if a <= due < b]
        if not inside:
            return due
        if ALWAYS in inside:
            return None
        day = working_day_after(desk, day, 1)


# Clocks


@dataclass
class Clock:
    """One objective's stopwatch in one cycle, with what became of it so far."""

    case: Case
    metric: str
    cycle: int
    kind: str
    received: int  # the event that began the cycle
    objective: Any
    start: int = 0
    since: int = 0  # from here on its present objective counts
    carried: int = 0  # ... and this much came with it
    paused_before: int = 0
    shared: bool = False  # carried by share: the amount is not a time on any calendar
    last_change: int = 0
    judged: bool = True
    came_back: bool = False  # at the latest change nothing was promised
    kept: bool = False
    rejudged: bool = False
    exceeded_at: int | None = None  # CLK-11: more used than the new budget, at this change
    stood: list[Span] = field(default_factory=list)  # stopped, and reopened since
    stopped_at: int | None = None
    cancelled: bool = False
    former: list[Fired] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = self.since = self.last_change = self._start(self.objective, self.received)

    def _start(self, objective: Any, at: int) -> int:
        """POL-4: at the event, or at the next opening of another calendar."""
        return at if objective.start is None else next_opening(self.case.desk(objective.start.next_opening), at)

    @property
    def desk(self) -> Desk:
        return self.case.desk_of(self.objective)

    # What is counted

    def ticks(self, desk: Desk, pauses: Iterable[Span]) -> bytearray:
        """CLK-1: the timeline R as steps: open, not paused, not stopped."""
        steps = bytearray(open_steps(desk, self.case.grain))
        for a, b in [*pauses, *self.stood]:
            first, last = max(a, 0) // self.case.grain, min(b, HORIZON) // self.case.grain
            steps[first:last] = bytes(last - first)
        return steps

    def counted(self, desk: Desk, a: int, b: int) -> int:
        """Working time of R between two instants of the grid."""
        ticks, grain = self.ticks(desk, self.pauses(b)), self.case.grain
        return sum(grain for step in range(a // grain, b // grain) if ticks[step])

    def counted_fine(self, a: int, b: int) -> int:
        """As counted, from an instant that may lie between two points of the grid."""
        if b <= a:
            return 0
        ticks, edge = self.ticks(self.desk, self.pauses(b)), -(-a // self.case.grain) * self.case.grain
        return (edge - a if ticks[a // self.case.grain] else 0) + self.counted(self.desk, edge, b)

    def pauses(self, now: int, *, resumed: bool = False) -> list[Span]:
        """The pauses that stop the metric as known at an instant; an open one never ends, or is `resumed` now."""
        return self.case.pauses_of(self.metric, now, open_end=now if resumed else ALWAYS)

    def end(self, now: int) -> int:
        """Until when it is read."""
        return now if self.stopped_at is None else min(now, self.stopped_at)

    def paused(self, now: int) -> tuple[int, int]:
        """Working and real time that pauses took, from the start to the end of the reading.

        OPEN: after a change of calendar, the working time before it is counted on the calendar before it.
        """
        end, grain = self.end(now), self.case.grain
        spans, steps = self.pauses(now, resumed=True), open_steps(self.desk, grain)
        work, wall = self.paused_before, 0
        for step in range(self.start // grain, max(self.start, end) // grain):
            t = step * grain
            paused = any(a <= t < b for a, b in spans) and not any(a <= t < b for a, b in self.stood)
            wall += grain * paused
            work += grain * (paused and steps[step] and t >= self.since)
        return work, wall

    def elapsed(self, now: int) -> int:
        end = self.end(now)
        return self.carried + (self.counted(self.desk, self.since, end) if end > self.since else 0)

    # What is promised

    @property
    def due0(self) -> int:
        """CLK-2, CLK-3: due if nothing ever paused; only for targets that name no instant."""
        target = self.objective.within
        if target.working is None:
            return same_time(self.desk, self.start, target.days)
        return self._worked(self.start, target.working)

    @property
    def budget(self) -> int | None:
        """R-4: every target becomes a budget on its calendar, fixed when the clock starts."""
        if self.objective.within is None or not self.judged:
            return None
        if self.objective.within.working is not None:
            return int(self.objective.within.working)
        named = is_named(self.objective)
        end = named_due(self.desk, self.objective, self.start, ()) if named else self.due0
        assert end is not None
        return self._plain(self.start, end)

    def _plain(self, a: int, b: int) -> int:
        """Working time of the calendar alone, walked in minutes where an instant lies between the grid."""
        steps, grain = open_steps(self.desk, self.case.grain), self.case.grain
        whole = sum(grain for step in range(a // grain, b // grain) if steps[step])
        rest = b % grain if steps[b // grain] else 0
        return whole + rest

    def _worked(self, a: int, amount: int) -> int:
        found = self._first(bytes(open_steps(self.desk, self.case.grain)), a, 0, amount)
        assert found is not None
        return found

    def _first(self, ticks: bytes | bytearray, since: int, used: int, amount: int) -> int | None:
        """The first instant at which `amount` is used; None if never."""
        grain = self.case.grain
        if used >= amount:
            return since
        for step in range(since // grain, len(ticks)):
            if ticks[step]:
                if used + grain >= amount:
                    return step * grain + amount - used
                used += grain
        return None

    def reaches(self, amount: int, pauses: list[Span]) -> int | None:
        """The first instant with E >= amount."""
        return self._bounded(self._first(self.ticks(self.desk, pauses), self.since, self.carried, amount), pauses)

    def exceeds(self, amount: int, pauses: list[Span]) -> int | None:
        """The last instant with E <= amount: where the next step that ticks would bring more."""
        ticks, grain, used = self.ticks(self.desk, pauses), self.case.grain, self.carried
        for step in range(self.since // grain, len(ticks)):
            if ticks[step]:
                if used + grain > amount:
                    return step * grain + amount - used
                used += grain
        return self._bounded(None, pauses)

    def _bounded(self, found: int | None, pauses: list[Span]) -> int | None:
        if found is None and not any(b == ALWAYS for _, b in pauses):
            raise BeyondHorizon
        return found

    @property
    def by_due(self) -> bool:
        """R-5: judged by the instant shown to people?"""
        return is_named(self.objective) or (self.objective.verdict or self.case.policy.verdict) == "due"

    def due(self, now: int, *, resumed: bool = False) -> int | None:
        """CLK-1: due as known at an instant; None while a pause must end first (CLK-5)."""
        if self.budget is None:
            return None
        pauses = self._standing(now, resumed)
        found = self._due(pauses)
        return self._hidden(found, now, pauses)

    def _standing(self, now: int, resumed: bool) -> list[Span]:
        """PLAIN: a stopped clock shows what would have been had it run on; a pause it was stopped in has ended."""
        if self.stopped_at is not None:
            return self.pauses(min(now, self.stopped_at), resumed=True)
        return self.pauses(now, resumed=resumed)

    def _hidden(self, found: int | None, now: int, pauses: list[Span]) -> int | None:
        # What would come during an open pause is not known until the pause ends (decision 7). A clock that has yet to
        # start is not paused, and says when an empty budget is due.
        paused = any(b == ALWAYS and (max(a, self.start) < (found or 0) or now < (found or 0)) for a, b in pauses)
        return None if found is None or (paused and self.start <= now) else found

    def _due(self, pauses: list[Span]) -> int | None:
        if self.exceeded_at is not None:
            return self.exceeded_at
        if is_named(self.objective):
            # PLAIN: a span in which the clock was stopped stands still like a pause
            return named_due(self.desk, self.objective, self.start, [*pauses, *self.stood])
        assert self.budget is not None
        used = self.reaches(self.budget, pauses)
        return used if used is None or self.shared else max(self.due0, used)

    def breach_at(self, now: int) -> int | None:
        """CLK-1: the last instant at which the promise can be kept."""
        budget = self.budget
        if budget is None:
            return None
        if self.exceeded_at is not None:
            return self.exceeded_at
        pauses = self._standing(now, resumed=False)
        found = self._kept_until(pauses) if self.by_due else self.exceeds(budget, pauses)
        return self._hidden(found, now, pauses)

    def _kept_until(self, pauses: list[Span]) -> int | None:
        """CLK-5 over R-5: judged by due, yet a clock that stands still then is not late before it runs again."""
        found = self._due(pauses)
        for a, b in sorted([*pauses, *self.stood]) if found is not None else []:
            if a <= found < b:
                found = b
        return None if found == ALWAYS else found

    def breached(self, now: int) -> bool:
        budget = self.budget
        if budget is None:
            return False
        if self.exceeded_at is not None:
            return True
        if self.by_due:
            kept_until = self.breach_at(now)
            return kept_until is not None and self.end(now) > kept_until
        return self.elapsed(now) > budget

    # Escalations

    def escalations(self, now: int) -> list[Fired]:
        if not self.judged:
            return self.former
        rows = [self._escalation(item, now) for item in self.case.policy.escalations
                if item.metric == self.metric and (not item.severities or self.objective.severity in item.severities)]  # fmt: skip
        return self.former + rows

    def _escalation(self, item: Any, now: int) -> Fired:
        pauses = self._standing(now, resumed=False)
        found = self._escalates(item, now, pauses)
        if found is not None:
            found = self._hidden(max(found, self.start, self.last_change), now, pauses)
        fired = found is not None and found <= now and (self.stopped_at is None or found < self.stopped_at)
        return Fired(item.key, self.objective.key, found, fired)

    def _escalates(self, item: Any, now: int, pauses: list[Span]) -> int | None:
        budget, amount, share = self.budget, item.amount(), item.share()
        if amount is not None and amount >= 0 and not item.at.startswith("+"):
            return self.reaches(amount, pauses)
        if budget is None:
            return None
        if share is not None:
            found = self.reaches(-(-share * budget // 1), pauses)
            return found if share > 1 else self._by_due(found, pauses)
        if amount is not None and amount < 0:
            return self._by_due(self.reaches(budget + amount, pauses), pauses)
        if item.at == "breach":
            return self.breach_at(now)
        due = self.due(now)
        return due if item.at == "due" or due is None else self._after(due, amount, pauses)

    def _by_due(self, found: int | None, pauses: list[Span]) -> int | None:
        """OPEN: pauses do not move a named instant (CLK-4), so a warning before it would come after it."""
        due = self._due(pauses) if is_named(self.objective) else None
        if due is None:
            return found
        return due if found is None else min(found, due)

    def _after(self, due: int, amount: int, pauses: list[Span]) -> int | None:
        """POL-8: so much working time after due. `due` may lie inside a step."""
        grain, ticks = self.case.grain, self.ticks(self.desk, pauses)
        step = due // grain
        in_step = (step + 1) * grain - due if due % grain and ticks[step] else 0
        if in_step >= amount:
            return due + amount
        return self._bounded(
            self._first(ticks, due if due % grain == 0 else (step + 1) * grain, in_step, amount), pauses
        )

    # Changes

    def change(self, new: Any | None, now: int) -> None:
        """CLK-10 and CLK-11 at an event after which another objective, or none, holds."""
        if self.stopped_at is not None or self.kept:
            return
        rule = self.case.rule_of_change(self.metric)
        had = self.judged and self.breached(now)
        if had and rule != "retroactive":
            self.kept = True
            return
        if rule == "keep":
            return
        if new is (self.objective if self.judged else None):
            return
        self.rejudged = self.rejudged or had
        self.came_back = not self.judged
        if new is None:
            self._leave(now)
            self.judged = False  # POL-9: the clock runs on, not judged
            return
        self.judged = True
        getattr(self, f"_{rule}")(new, now)

    def _leave(self, now: int) -> None:
        """POL-8: what fired under the objective now left stays listed."""
        if not self.came_back:
            self.former = [row for row in self.escalations(now) if row.fired]

    def _restart(self, new: Any, now: int) -> None:
        self._leave(now)
        self.objective, self.carried, self.paused_before, self.received = new, 0, 0, now
        self.start = self.since = self._start(new, now)
        self.last_change = now

    def _retroactive(self, new: Any, now: int) -> None:
        self._leave(now)
        self.objective, self.carried, self.paused_before, self.shared, self.exceeded_at = new, 0, 0, False, None
        self.start = self.since = self._start(new, self.received)
        self.last_change = now

    def _carry(self, new: Any, now: int) -> None:
        self._take(new, now, self._lesser(new, now))

    def _carry_share(self, new: Any, now: int) -> None:
        old = None if self.came_back else self.budget
        if not old or now <= self.start:  # PLAIN: of no budget, or of an empty one, there is no share
            self._carry(new, now)
            return
        used = self.elapsed(now)
        self._take(new, now, self._lesser(new, now))
        budget = self.budget
        if budget is not None:
            self.shared = True
            self._use(used * budget // old, now)  # PLAIN: a part of a microsecond is not used up

    def _earliest(self, new: Any, now: int) -> None:
        """As if nothing more were paused; of equal ones the present objective stays."""
        old_due = None if self.came_back else self.due(now, resumed=True)
        other = self.copy()
        other._carry(new, now)
        new_due = other.due(now, resumed=True)
        if now <= self.start:
            self.case.note("earliest at the start")
        if new_due is not None and (old_due is None or new_due < old_due):
            self._carry(new, now)

    def copy(self) -> Clock:
        twin = Clock(self.case, self.metric, self.cycle, self.kind, self.received, self.objective)
        twin.__dict__.update(self.__dict__)
        twin.stood, twin.former = list(self.stood), list(self.former)
        return twin

    def _lesser(self, new: Any, now: int) -> int:
        """What the old and the new calendar counted from the start to the change, pauses left out: the lesser."""
        if now <= self.start:
            return 0
        return min(self.elapsed(now), self.counted(self.case.desk_of(new), self.start, now))

    def _take(self, new: Any, now: int, carried: int) -> None:
        self._leave(now)
        self.paused_before = self.paused(now)[0] if now > self.start else 0
        self.objective, self.shared = new, False
        if now <= self.start:  # PLAIN: nothing was counted yet, so the new objective's own start holds
            self.start = self.since = self._start(new, self.received)
        else:
            self.since = now
        self.last_change = now
        self._use(carried, now)

    def _use(self, carried: int, now: int) -> None:
        self.exceeded_at = None
        self.carried = carried
        if carried == 0 and now > self.start:
            self.case.note("nothing carried")
        budget = self.budget
        if budget is None:
            return
        if is_named(self.objective):
            due = self.due(now, resumed=True)
            assert due is not None
            self.exceeded_at = now if now > due else None
        elif carried > budget:
            self.exceeded_at = now
            if self.by_due and any(b == ALWAYS for _, b in self.pauses(now)):
                self.case.note("exceeded while paused")


@dataclass(frozen=True)
class Fired:
    """An escalation as read."""

    key: str
    objective: str
    at: int | None
    fired: bool


@dataclass(frozen=True)
class Answer:
    """What the oracle reads of one clock."""

    metric: str
    objective: str
    cycle: int
    kind: str
    severity: str
    state: str
    ticking: bool
    breached_at: int | None
    late_by: int
    missed: int
    wall_elapsed: int
    verdict: str
    rejudged: bool
    started_at: int
    stopped_at: int | None
    budget: int | None
    elapsed: int
    remaining: int | None
    overrun: int
    due: int | None
    breach_at: int | None
    paused: int
    paused_wall: int
    escalations: tuple[Fired, ...]


# Histories


@dataclass
class Machine:
    """The runs of one metric on the ticket."""

    name: str
    rule: Any
    cycles: int = 0
    state: str = "idle"  # idle, running, stopped, cancelled
    stopped_by: str = ""
    stopped_at: int = 0
    waiting: str = ""  # a start that has not come true: "reopening", or "after" for the metric to come first
    stood: list[Span] = field(default_factory=list)  # of this cycle
    received: int = 0
    basis: tuple[str, str | None] = ("", None)  # severity and set by which its objectives were chosen
    clocks: dict[str, Clock] = field(default_factory=dict)


class Case:
    """One policy, one ticket, one instant: replayed event by event."""

    def __init__(
        self, policy: Any, desks: Mapping[str, Desk], ticket: Any, as_of: int, *, grain: int, metrics: Mapping[str, Any],
        known_at: int | None = None, strict: bool = True,
    ) -> None:  # fmt: skip
        self.policy, self.desks, self.grain, self.as_of, self.strict = policy, desks, grain, as_of, strict
        self.severity, self.attributes = ticket.severity, dict(ticket.attributes)
        self.machines = {name: Machine(name, rule) for name, rule in metrics.items()}
        self.done: list[Clock] = []
        self.reasons: dict[str, int] = {}
        self.past_pauses: list[tuple[str, int, int]] = []
        self.ever_paused = self.paused_open = self.opened = self.cancelled = False
        self.notes: set[str] = set()  # what kinds of odd corners the case has
        self.shut: set[str] = set()  # resolved, closed
        self.impossible: list[Any] = []
        assert as_of % grain == 0
        for event in sorted(ticket.history(), key=lambda event: (instant(event.at), event.seq or 0)):
            # PLAIN: what has no recorded_at was known when it happened
            known = known_at is None or instant(event.recorded_at or event.at) <= known_at
            if instant(event.at) <= as_of and known:
                self._play(event, instant(event.at))

    def note(self, corner: str) -> None:
        self.notes.add(corner)

    # What the policy says

    def desk(self, name: str) -> Desk:
        return self.desks[name]

    def desk_of(self, objective: Any) -> Desk:
        return self.desk(objective.calendar or self.policy.calendar)

    def rule_of_change(self, metric: str) -> str:
        return str(self.machines[metric].rule.on_change or self.policy.on_change)

    def stops_metric(self, reason: str, metric: str) -> bool:
        """POL-7: a rule for the reason decides; without one, a rule for all others; without that, the metric."""
        for name in (reason, "*"):
            for rule in self.policy.pauses:
                if rule.reason == name:
                    return metric in rule.stops
        paused_by = self.machines[metric].rule.paused_by
        return bool(paused_by == "any" or (paused_by != "none" and reason in paused_by))

    def pauses_of(self, metric: str, now: int, *, open_end: int) -> list[Span]:
        """The pauses that stop a metric, as far as they had begun at `now`."""
        past = [(r, a, b if b <= now else open_end) for r, a, b in self.past_pauses if a <= now]
        spans = past + [(r, a, open_end) for r, a in self.reasons.items() if a <= now]
        return [(a, b) for reason, a, b in spans if a < b and self.stops_metric(reason, metric)]

    def chosen(self, metric: str, kind: str, asked_at: int) -> Any | None:
        """POL-4, POL-6, POL-9: the first objective of a kind whose set and condition hold."""
        matched = self._set()
        if matched is None:
            return None
        for objective in self.policy.objectives:
            if (objective.metric, objective.kind, objective.severity) != (metric, kind, self.severity):
                continue
            if objective.set in ("", matched) and self._holds(objective.only, asked_at):
                return objective
        return None

    def _set(self) -> str | None:
        for rule in self.policy.rules:
            if all(self.attributes.get(key) in (want if isinstance(want, tuple) else (want,))
                   for key, want in rule.when.items()):  # fmt: skip
                return str(rule.use)
        return None if self.policy.rules else ""

    def _holds(self, only: Any, t: int) -> bool:
        if only is None:
            return True
        if only.in_hours or only.out_of_hours:
            return is_open(self.desk(only.in_hours or only.out_of_hours), t) == bool(only.in_hours)
        # PLAIN: the local date of the event, also in the small hours of a night shift (as CLK-4 counts)
        desk = self.desk(only.working_day or only.non_working_day)
        return is_working(desk, local_day(desk, t)) == bool(only.working_day)

    # What happened

    def _play(self, event: Any, now: int) -> None:
        if trouble := self._trouble(event.kind):
            if self.strict:
                raise Impossible(trouble)
            self.impossible.append(event)
            return
        if event.kind == "opened":
            self.opened = True
            if self._set() is None:
                raise NoMatch
        was_shut = bool(self.shut)
        self._stop(event, now)
        self._facts(event, now)
        self._change(event, now)
        if event.kind == "reopened":
            self._reopen(now)
        self._start(event, now, was_shut=was_shut)

    def _trouble(self, kind: str) -> str:
        """CLK-8: what cannot be."""
        if not self.opened and kind != "opened":
            return "before opened"
        if self.opened and kind == "opened":
            return "second opening"
        if self.cancelled and kind != "reopened":
            return "after cancelled"
        if kind == "resumed" and not self.ever_paused:
            return "resumed without any pause"
        if kind == "reopened" and not (self.shut or self.cancelled):
            return "reopened while open"
        return ""

    def _facts(self, event: Any, now: int) -> None:
        if event.kind == "paused":
            self.ever_paused = True
            self.paused_open = self.paused_open or not self.shut
            if not self.shut:  # OPEN: nobody waits on a resolved ticket
                self.reasons.setdefault(event.reason, now)
        elif event.kind == "resumed":
            if not self.paused_open:
                self.note("only paused while resolved")
            self._end_pauses([event.reason] if event.reason else list(self.reasons), now)
        elif event.kind == "severity_changed":
            self.severity = event.severity
        elif event.kind == "attributes_changed":
            self.attributes.update(event.attributes)
        elif event.kind in ("resolved", "closed"):
            self.shut.add(event.kind)
            self._end_pauses(list(self.reasons), now)  # OPEN: closing and cancelling end them as resolving does
        elif event.kind == "cancelled":
            self.cancelled = True
            self._end_pauses(list(self.reasons), now)
        elif event.kind == "reopened":
            self.shut, self.cancelled = set(), False

    def _end_pauses(self, reasons: list[str], now: int) -> None:
        for reason in reasons:
            if reason in self.reasons:
                self.past_pauses.append((reason, self.reasons.pop(reason), now))

    def _stop(self, event: Any, now: int) -> None:
        for machine in self.machines.values():
            if event.kind == "cancelled":
                self._cancel(machine, now)
            elif event.kind in machine.rule.stops:
                machine.waiting = ""
                if machine.state == "running":
                    machine.state, machine.stopped_by, machine.stopped_at = "stopped", event.kind, now
                    for clock in machine.clocks.values():
                        clock.stopped_at = now

    def _cancel(self, machine: Machine, now: int) -> None:
        machine.waiting = ""
        if machine.state == "running":
            machine.state, machine.stopped_by, machine.stopped_at = "cancelled", "cancelled", now
            for clock in machine.clocks.values():
                clock.stopped_at, clock.cancelled = now, True

    def _change(self, event: Any, now: int) -> None:
        if event.kind in ("severity_changed", "attributes_changed"):
            for machine in self.machines.values():
                if machine.state == "running":
                    self._rejudge(machine, now)

    def _rejudge(self, machine: Machine, now: int) -> None:
        if machine.basis == (self.severity, self._set()):
            return
        machine.basis = (self.severity, self._set())
        for kind in ("commitment", "aim"):
            if kind in machine.clocks:
                clock = machine.clocks[kind]
                clock.change(self.chosen(machine.name, kind, clock.received), now)
            else:
                self._promise(machine, kind, now)

    def _promise(self, machine: Machine, kind: str, now: int) -> None:
        """PLAIN: nothing was promised before this change; the new promise takes what it counted itself since the start.

        Where the cycle begins anew at the change, the change is the event that starts it (POL-4).
        """
        rule = self.rule_of_change(machine.name)
        new = self.chosen(machine.name, kind, now if rule == "restart" else machine.received)
        if rule == "keep" or new is None:
            return
        clock = Clock(self, machine.name, machine.cycles, kind, machine.received, new)
        clock.came_back, clock.stood = True, list(machine.stood)
        if rule in ("restart", "retroactive"):
            getattr(clock, f"_{rule}")(new, now)
        else:
            clock._carry(new, now)
        if rule == "retroactive":
            self.note("promised by a change, retroactively")
        machine.clocks[kind] = clock

    def _reopen(self, now: int) -> None:
        for machine in self.machines.values():
            rule = machine.rule.on_reopen
            rule = self.policy.on_reopen if rule == "policy" else rule
            if machine.state not in ("stopped", "cancelled") or machine.stopped_by in machine.rule.final_stops:
                continue
            if rule == "resume":
                self._resume(machine, now)
            elif rule == "new_cycle":
                self._begin(machine, now)

    def _resume(self, machine: Machine, now: int) -> None:
        machine.state, machine.waiting = "running", ""
        machine.stood.append((machine.stopped_at, now))
        for clock in machine.clocks.values():
            clock.stood.append((machine.stopped_at, now))
            clock.stopped_at, clock.cancelled = None, False
        # PLAIN: what changed while it was stopped takes effect when it runs again
        self._rejudge(machine, now)

    def _start(self, event: Any, now: int, *, was_shut: bool) -> None:
        for machine in self.machines.values():
            again = machine.rule.cycles == "many" or machine.cycles == 0
            if event.kind in machine.rule.starts and machine.state != "running" and again:
                # PLAIN: as for a reply (CLK-9), what would start on a resolved ticket starts at the reopening
                machine.waiting = "reopening" if was_shut else machine.waiting or "after"
            if event.kind == "reopened" and machine.waiting:
                machine.waiting = "after"
        for machine in self.machines.values():
            if machine.waiting == "after" and self._allowed(machine):
                self._begin(machine, now)

    def _allowed(self, machine: Machine) -> bool:
        after = machine.rule.after
        # PLAIN: one that was cancelled and not taken up again has come to its end too
        return not after or self.machines[after].state in ("stopped", "cancelled")

    def _begin(self, machine: Machine, now: int) -> None:
        self.done += machine.clocks.values()
        machine.cycles += 1
        machine.state, machine.waiting, machine.received, machine.clocks = "running", "", now, {}
        machine.stood = []
        machine.basis = (self.severity, self._set())
        for kind in ("commitment", "aim"):
            objective = self.chosen(machine.name, kind, now)
            if objective is not None:
                machine.clocks[kind] = Clock(self, machine.name, machine.cycles, kind, now, objective)

    # What is read

    def clocks(self) -> Iterator[Clock]:
        yield from self.done
        for machine in self.machines.values():
            yield from machine.clocks.values()

    def answers(self) -> dict[tuple[str, str, int], Answer]:
        return {(a.metric, a.objective, a.cycle): a for a in map(self._answer, self.clocks())}

    def _answer(self, clock: Clock) -> Answer:
        now, budget, elapsed = self.as_of, clock.budget, clock.elapsed(self.as_of)
        state, (paused, paused_wall) = self._state(clock), clock.paused(self.as_of)
        return Answer(
            metric=clock.metric, objective=clock.objective.key, cycle=clock.cycle, kind=clock.kind,
            severity=clock.objective.severity, state=state,
            ticking=state == "running" and is_open(clock.desk, now),
            breached_at=clock.breach_at(now) if clock.breached(now) else None,
            late_by=self._late(clock), missed=self._overrun(clock) // budget if budget else 0,
            wall_elapsed=max(0, clock.end(now) - clock.start), verdict=self._verdict(clock, state), rejudged=clock.rejudged,
            started_at=clock.start, stopped_at=clock.stopped_at, budget=budget, elapsed=elapsed,
            remaining=None if budget is None else max(0, budget - elapsed),
            overrun=self._overrun(clock),
            due=clock.due(now), breach_at=clock.breach_at(now), paused=paused, paused_wall=paused_wall,
            escalations=tuple(clock.escalations(now)),
        )  # fmt: skip

    def _late(self, clock: Clock) -> int:
        due = clock.due(self.as_of)
        return 0 if due is None else max(0, clock.end(self.as_of) - due)

    def _overrun(self, clock: Clock) -> int:
        """OPEN: of a named instant, the working time after it; what was left of the budget says nothing."""
        if clock.budget is None:
            return 0
        if not is_named(clock.objective):
            return max(0, clock.elapsed(self.as_of) - clock.budget)
        due = clock.due(self.as_of)
        return 0 if due is None else clock.counted_fine(due, clock.end(self.as_of))

    def _state(self, clock: Clock) -> str:
        if clock.cancelled:
            return "cancelled"
        if clock.stopped_at is not None:
            return "stopped"
        if self.as_of < clock.start:
            return "pending"
        return "paused" if any(b == ALWAYS for _, b in clock.pauses(self.as_of)) else "running"

    def _verdict(self, clock: Clock, state: str) -> str:
        if clock.budget is None:
            return "not_judged"
        if clock.breached(self.as_of):
            return "breached"
        # PLAIN: a promise that ended with the ticket's cancelling was neither kept nor broken
        return {"stopped": "met", "cancelled": "not_judged"}.get(state, "open")
