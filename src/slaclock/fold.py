"""From a history to spans: each cycle of a clock bound to the objective that judges it (R-7, CLK-10 to CLK-12).

This half of the fold knows objectives, calendars and changes.  What it leaves is a plain record, from which any
number of readings can be taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from . import clock
from ._instant import utc
from .calendars import Calendar
from .clock import FOREVER, Span
from .history import Anomaly, Change, Cycle, History
from .index import Bound
from .intervals import Interval, clip, normalize
from .metrics import OnChange
from .policy import Escalation, Objective
from .targets import Promise, promise, unpaused

State = Literal["pending", "running", "paused", "stopped", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """An escalation that fired under an objective that a change has since replaced."""

    escalation: Escalation
    at: int
    objective: str


Leg = tuple[Calendar, int, Objective, int]
"""A calendar that a clock has counted on, from an instant, for an objective, and the time carried in there."""


@dataclass(slots=True)
class Fold:
    """One clock of one kind, folded: what it is judged by, and the span its numbers follow from.

    ``began`` is the event that started the cycle, ``started`` where the clock began to count, ``floor`` the last change
    (no escalation comes before it).  ``blocks`` are the ``pauses`` and the stretches in which the clock was stopped.
    ``legs`` are what it has counted on.  ``judged`` is False once no objective holds.
    """

    cycle: Cycle
    objective: Objective
    calendar: Calendar
    span: Span
    promised: Promise | None
    started: int
    floor: int
    began: int
    paused_since: int | None
    pauses: Sequence[Interval]
    blocks: Sequence[Interval]
    legs: list[Leg]
    history: History = field(repr=False)
    judged: bool = True
    rejudged: bool = False
    former: list[Fired] = field(default_factory=list)

    @property
    def stop(self) -> int | None:
        """When the clock stopped, if it has."""
        return self.cycle.stop

    def state(self, t: int) -> State:
        """In what state the clock is at an instant."""
        if self.cycle.stop is not None:
            return "cancelled" if self.cycle.stopped_by == "cancelled" else "stopped"
        if t < self.started:
            return "pending"
        return "running" if self.paused_since is None else "paused"

    def past(self, due: int | None, end: int) -> int:
        """Working time after a named instant."""
        return clock.used(self.span, end) - clock.used(self.span, due) if due is not None and end > due else 0

    def paused(self, end: int) -> tuple[int, int]:
        """Working time and real time that pauses took out, each stretch on the calendar then in force."""
        working = real = 0
        if not self.pauses:
            return working, real
        if len(self.legs) == 1 and self.blocks is self.pauses and self.span.start == self.started:
            # The usual case: all pauses are the span's, with W at their ends looked up already.
            for a, b, before, after in self.span.pauses:
                if a >= end:
                    break
                working += (after if b <= end else self.span.line.work(end)) - before
                real += min(b, end) - a
            return working, real
        ends = [*(leg[1] for leg in self.legs[1:]), end]
        for (calendar, start, _, _), until in zip(self.legs, ends, strict=True):
            for a, b in clip(self.pauses, start, min(until, end)):
                working += calendar._kept.open.elapsed(a, b)
                real += b - a
        return working, real

    def resumed(self, at: int) -> Span:
        """The span as if nothing were paused from an instant on."""
        blocks = clip(self.blocks, 0, at)
        due0 = _due0(self.objective, self.calendar, self.promised, blocks)
        pauses = clock.stretches(self.span.line, clip(blocks, self.span.start, at))
        return replace(self.span, due0=due0, pauses=pauses, fresh=False)


def fold_history(bound: Bound, history: History) -> Iterator[Fold]:
    """The clocks of a ticket: every cycle of every metric, once for each kind of objective that judges it."""
    chosen = bound.index.chosen_set(history.changes[0].attributes)
    if chosen is None and history.opened is not None:
        raise bound.index.no_match(history.changes[0].attributes)
    for name, track in history.tracks.items():
        pauses = track.all_pauses()
        for cycle in track.cycles:
            for kind in bound.index.kinds[name]:
                folded = _Binding(bound, history, cycle, pauses, kind).folded()
                if folded is not None:
                    yield folded


class _Binding:
    """One cycle on its way through the changes of its ticket."""

    __slots__ = ("_blocks", "_bound", "_cycle", "_history", "_kind", "_mode", "_pauses", "_policy", "_since")

    def __init__(self, bound: Bound, history: History, cycle: Cycle, pauses: list[Interval], kind: str) -> None:
        self._bound, self._history, self._cycle, self._kind = bound, history, cycle, kind
        self._policy = bound.index.policy
        self._mode: OnChange = bound.index.metrics[cycle.metric].on_change or self._policy.on_change
        end = FOREVER if cycle.stop is None else cycle.stop
        self._pauses = clip(pauses, cycle.start, end) if pauses else []
        self._blocks: list[Interval] = self._pauses
        if cycle.halts:
            self._blocks = normalize([*self._pauses, *((halt.start, halt.end) for halt in cycle.halts)])
        open_ = bool(self._pauses) and self._pauses[-1][1] >= FOREVER
        self._since = self._pauses[-1][0] if open_ else None

    def folded(self) -> Fold | None:
        """The clock after all changes that met it running; None when no objective ever held."""
        fold: Fold | None = None
        objective = self._select(self._history.state_at(self._cycle.first), self._cycle.start)
        if objective is not None:
            fold = self._begun(objective, self._cycle.start)
        if len(self._history.changes) == 1:
            return fold  # what held at the opening is no change
        held = self._held(self._history.state_at(self._cycle.first))
        for at, change in self._changes():
            if self._held(change) == held:
                continue  # an attribute that no rule asks for changes no objective
            held = self._held(change)
            fold = self._first(change, at) if fold is None else self._changed(fold, change, at)
        return fold

    def _held(self, change: Change) -> tuple[str, str | None]:
        """What objectives depend on."""
        return change.severity, self._bound.index.chosen_set(change.attributes)

    def _select(self, change: Change, began: int) -> Objective | None:
        chosen = self._bound.index.chosen_set(change.attributes)
        return self._bound.select(change.severity, self._cycle.metric, self._kind, chosen, began)

    def _changes(self) -> Iterator[tuple[int, Change]]:
        """The changes that met the clock running, and, at the end of each halt, the last one made in it (CLK-11)."""
        met: dict[int, tuple[int, Change]] = {}
        for change in self._history.changes:
            if change.place <= self._cycle.first or (self._cycle.stop is not None and change.place > self._cycle.last):
                continue
            halt = next((halt for halt in self._cycle.halts if halt.first < change.place < halt.last), None)
            met[change.place if halt is None else halt.last] = (change.at if halt is None else halt.end, change)
        yield from (met[place] for place in sorted(met))

    # -- spans -----------------------------------------------------------------------------------------------

    def _begun(self, objective: Objective, began: int) -> Fold:
        """The clock of an objective as if it had held since ``began``."""
        calendar = self._bound.calendar(objective)
        start = self._bound.start(objective, began)
        promised = self._promise(objective, calendar, start)
        span = self._span(objective, calendar, start, promised)
        # By position: keywords would cost more than the rest of this method.
        return Fold(
            self._cycle, objective, calendar, span, promised, start, start, began,
            self._since, self._pauses, self._blocks, [(calendar, start, objective, 0)], self._history,
        )  # fmt: skip

    def _promise(self, objective: Objective, calendar: Calendar, start: int) -> Promise | None:
        if objective.within is None:
            return None
        return promise(objective.within, objective.cutoff, calendar, start)

    def _span(
        self, objective: Objective, calendar: Calendar, start: int, promised: Promise | None,
        carried: int = 0, moved: bool = False,
    ) -> Span:  # fmt: skip
        named = objective.within is not None and objective.within.named
        line = calendar._kept.open
        pauses = clip(self._blocks, start, FOREVER) if self._blocks else ()
        due0 = _due0(objective, calendar, promised, self._blocks)
        budget, base = (None, line.work(start)) if promised is None else (promised.budget, promised.base)
        if moved:
            base = line.work(start)
        by_due = named or (objective.verdict or self._policy.verdict) == "due"
        stood = clock.stretches(line, pauses) if pauses else ()
        fresh = not moved and not stood
        return Span(line, start, base, budget, due0, carried, stood, by_due, named, fresh)

    # -- changes ---------------------------------------------------------------------------------------------

    def _changed(self, fold: Fold, change: Change, at: int) -> Fold:
        """The clock after a change at an instant, by the rule in force."""
        new = self._select(change, fold.began)
        same = fold.judged and new is not None and new.key == fold.objective.key
        if same or self._mode == "keep" or (new is None and not fold.judged):
            return fold
        was_breached = clock.breached(fold.span, at)
        if was_breached and self._mode != "retroactive":
            return fold  # it keeps the objective under which it did
        if new is None:
            return self._unjudged(fold, at, was_breached)
        if self._mode == "restart":
            new = self._select(change, at) or new  # the cycle begins anew, and so does the question which one holds
        fired = [*fold.former, *_fired_before(self._bound, fold, at)] if fold.judged else fold.former
        changed = self._by_rule(fold, new, at)
        if changed is not fold:
            changed.former, changed.floor = fired, max(changed.span.start, at)
            changed.rejudged = fold.rejudged or was_breached
        return changed

    def _unjudged(self, fold: Fold, at: int, was_breached: bool) -> Fold:
        self._history.anomalies.append(
            Anomaly(
                code="not_judged", message=f"{fold.objective.metric}: no objective holds from {utc(at).isoformat()} on"
            )
        )
        fold.former = [*fold.former, *_fired_before(self._bound, fold, at)]
        fold.span = replace(fold.span, budget=None, due0=None, named=False, by_due=False, fresh=False)
        fold.judged, fold.promised, fold.rejudged = False, None, fold.rejudged or was_breached
        return fold

    def _first(self, change: Change, at: int) -> Fold | None:
        """An objective where none held before: there is no older count for the new one to be less than."""
        began = at if self._mode == "restart" else self._cycle.start
        new = self._select(change, began)
        if new is None or self._mode == "keep":
            return None
        fresh = self._begun(new, began)
        if self._mode == "retroactive" or at <= fresh.started:
            fresh.floor = max(fresh.floor, at)
            return fresh
        moved = self._moved(fresh, at, clock.used(fresh.span, at), fresh.promised)
        moved.floor = at
        return moved

    def _by_rule(self, fold: Fold, new: Objective, at: int) -> Fold:
        if self._mode == "restart":
            return self._begun(new, at)
        changed = self._begun(new, fold.began)
        if self._mode != "retroactive" and changed.started < at:
            changed = self._carried(fold, changed, at)
        if self._mode == "earliest" and not _is_earlier(changed, fold, at):
            return fold
        return changed

    def _carried(self, fold: Fold, fresh: Fold, at: int) -> Fold:
        """The lesser of what both calendars counted so far is taken from the new budget (CLK-10)."""
        old_used = clock.used(fold.span, at)
        carried = min(old_used, clock.used(fresh.span, at))
        promised = fresh.promised
        if self._mode == "carry_share" and fold.span.budget and promised is not None:
            carried = old_used * promised.budget // fold.span.budget
            if not fresh.span.named:
                promised = promised._replace(due0=at)  # the share alone decides when it is due
        moved = self._moved(fresh, at, carried, promised)
        if at <= fold.started:  # the old clock was yet to start
            moved.started, moved.legs = moved.span.start, [(fresh.calendar, moved.span.start, fresh.objective, 0)]
        else:
            leg = (fresh.calendar, moved.span.start, fresh.objective, moved.span.carried)
            moved.started, moved.legs = fold.started, [*fold.legs, leg]
        return moved

    def _moved(self, fresh: Fold, at: int, carried: int, promised: Promise | None) -> Fold:
        """A clock that counts on from a change, with what is taken from its budget."""
        span = self._span(fresh.objective, fresh.calendar, max(at, fresh.started), promised, carried, moved=True)
        return replace(fresh, span=span, promised=promised)


def _due0(objective: Objective, calendar: Calendar, promised: Promise | None, pauses: Sequence[Interval]) -> int | None:
    """The first due instant; pauses move a named one that falls into them (CLK-4)."""
    if promised is None or objective.within is None:
        return None
    if pauses and objective.within.named:
        return unpaused(objective.within, calendar, promised.due0, pauses)
    return promised.due0


def _is_earlier(carried: Fold, fold: Fold, at: int) -> bool:
    """Whether the new objective is due before the old one, as if nothing more were paused after the change."""
    new, old = clock.due(carried.resumed(at)), clock.due(fold.resumed(at)) if fold.judged else None
    return new is not None and (old is None or new < old)


# -- escalations -------------------------------------------------------------------------------------------


def escalation_at(fold: Fold, escalation: Escalation, amount: int | None, due: int | None) -> int | None:
    """The instant of an escalation (POL-8); None where its clock has none, or a pause must end first.

    ``amount`` is what ``at`` says in working time: after the start, before the budget is used, or after due.
    """
    span, at = fold.span, escalation.at
    if amount is not None and not at.startswith(("-", "+")):
        return _floored(fold, clock.first_used(span, amount))
    if span.budget is None:
        return None
    if at == "due":
        return _floored(fold, due)
    if at == "breach":
        return _floored(fold, clock.breach_at(span))
    if at.startswith("+"):
        if due is None or amount is None:
            return None
        found = clock.first_used(span, clock.used(span, due) + amount)
        return _floored(fold, None if found is None else max(found, due))
    share = escalation.share()
    goal = span.budget + (amount or 0) if share is None else -(-span.budget * share.numerator // share.denominator)
    found = clock.first_used(span, goal)
    if span.named and due is not None and (share is None or share <= 1):
        # Pauses do not move a named instant, so the budget may not be used up by then; a warning comes before it.
        found = due if found is None else min(found, due)
    return _floored(fold, found)


def _floored(fold: Fold, at: int | None) -> int | None:
    return None if at is None else max(at, fold.floor)


def _fired_before(bound: Bound, fold: Fold, at: int) -> Iterator[Fired]:
    """The escalations that had fired when a change replaced their objective."""
    due = clock.due(fold.span)
    for escalation, amount in bound.index.escalations[fold.objective.key]:
        instant = escalation_at(fold, escalation, amount, due)
        if instant is not None and instant <= at:
            yield Fired(escalation=escalation, at=instant, objective=fold.objective.key)
