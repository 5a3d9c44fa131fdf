"""evaluate: a policy, a ticket and an instant -> every promise read at that instant.

A reading is a pure function of its arguments (R-6): the history is folded into spans, and each span is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from . import clock
from ._instant import MICROSECOND, from_us, to_us
from .agreements import Agreement
from .calendars import Calendar
from .events import OPENED, Ticket
from .fold import Fold, escalation_at, fold_history
from .history import History
from .index import Bound
from .intervals import clip
from .policy import Escalation, Policy
from .reading import EscalationReading, Evaluation, Judgement, Reading, State

_ZERO = timedelta(0)


def evaluate(
    policy: Policy | Agreement,
    ticket: Ticket,
    *,
    as_of: datetime,
    roles: Mapping[str, str | Calendar] | None = None,
    known_at: datetime | None = None,
    strict: bool = True,
) -> Evaluation:
    """Every promise of a policy to a ticket, read at an instant.

    ``as_of`` is the instant of the reading: events up to it count, later ones change nothing.  ``known_at`` leaves
    out events recorded later.  ``roles`` binds the policy's calendar roles to names of its calendars, or to calendars.
    With an Agreement, the version in force when the ticket was opened judges.

    Raises HistoryError for an impossible history (with ``strict=False`` it is listed in ``anomalies`` instead, and the
    impossible event is left out), UnknownSeverityError, NoMatchError, UnknownRoleError, UnboundRoleError,
    NotInForceError, NoWorkingTimeError, HorizonError, InstantError.

    >>> from datetime import datetime, timezone
    >>> from slaclock import Ticket, contracts, evaluate
    >>> at = datetime(2026, 5, 22, 14, 0, tzinfo=timezone.utc)
    >>> ticket = Ticket(id="T-1", severity="P1", opened_at=at).respond(at.replace(minute=45))
    >>> evaluate(contracts.load("wati-pro"), ticket, as_of=at.replace(hour=15))["first_response"].verdict
    'met'
    """
    t = to_us(as_of)
    known = None if known_at is None else to_us(known_at)
    bound, agreement = _bound(policy, ticket, roles)
    history = History(bound.index, ticket, t, known, strict)
    reader = _Reader(bound, ticket.id, agreement, t)
    readings = (
        tuple(reader.read(folded) for folded in fold_history(bound, history)) if history.opened is not None else ()
    )
    return Evaluation(
        ticket=ticket.id,
        agreement=agreement,
        policy=bound.index.policy.name,
        as_of=as_of,
        readings=readings,
        anomalies=tuple(history.anomalies),
        bound=bound,
    )


def _bound(
    policy: Policy | Agreement, ticket: Ticket, roles: Mapping[str, str | Calendar] | None
) -> tuple[Bound, str | None]:
    """The policy that judges a ticket, its roles bound, and the agreement it is from."""
    if isinstance(policy, Policy):
        return policy._kept.bind(roles), None
    opened = next((event._kept for event in ticket.history() if event.kind == OPENED), None)
    version = policy.versions[0] if opened is None else policy.version(opened)
    return version.policy._kept.bind(policy.bindings(version, roles)), policy.id


class _Reached(NamedTuple):
    """An escalation and its instant, in integers."""

    escalation: Escalation
    at: int | None
    fired: bool
    objective: str


class _Reader:
    """Reads clocks of one ticket at one instant."""

    __slots__ = ("_agreement", "_bound", "_shown", "_t", "_ticket")

    def __init__(self, bound: Bound, ticket: str, agreement: str | None, t: int) -> None:
        self._bound, self._ticket, self._agreement, self._t = bound, ticket, agreement, t
        self._shown: dict[tuple[int, str], datetime] = {}

    def _show(self, us: int | None, zone: ZoneInfo) -> datetime | None:
        """An instant in a zone; the clocks of a ticket share most of theirs, and making one is what costs."""
        if us is None:
            return None
        shown = self._shown.get((us, zone.key))
        if shown is None:
            shown = self._shown[us, zone.key] = from_us(us, zone)
        return shown

    def read(self, fold: Fold) -> Reading:
        """All numbers of a clock, from its span."""
        span, t, stop, zone = fold.span, self._t, fold.stop, fold.calendar._kept.zone
        end = t if stop is None else stop
        state = _state(fold, t)
        elapsed = clock.used(span, end)
        due, breach_at = clock.due(span), clock.breach_at(span)
        breached = clock.is_breached(span, end, elapsed, breach_at)
        budget = span.budget
        escalations = self._escalations(fold, due)
        started = fold.started
        started_at, as_of = self._show(started, zone), self._show(t, zone)
        last = self._show(max(end, due or 0, breach_at or 0), zone)
        assert started_at is not None and as_of is not None and last is not None
        paused, paused_wall = _paused(fold, end)
        change = self._next_change(fold, state, None if breached else breach_at, escalations)
        overrun = 0 if budget is None else _overrun(fold, elapsed, due, end)
        return Reading(
            ticket=self._ticket,
            agreement=self._agreement,
            objective=fold.objective.key,
            metric=fold.objective.metric,
            cycle=fold.cycle.number,
            severity=fold.objective.severity,
            kind=fold.objective.kind,
            calendar=self._bound.calendar_name(fold.objective),
            state=state,
            ticking=state == "running" and fold.calendar._kept.open.at(t).is_open(t),
            verdict=_verdict(state, budget, breached),
            breached=breached,
            rejudged=fold.rejudged,
            started_at=started_at,
            stopped_at=self._show(stop, zone),
            breached_at=self._show(breach_at, zone) if breached else None,
            target=fold.objective.within if fold.judged else None,
            budget=None if budget is None else budget * MICROSECOND,
            elapsed=elapsed * MICROSECOND,
            remaining=None if budget is None else max(budget - elapsed, 0) * MICROSECOND,
            overrun=overrun * MICROSECOND,
            late_by=(end - due) * MICROSECOND if due is not None and end > due else _ZERO,
            missed=overrun // budget if budget else 0,
            wall_elapsed=max(end - started, 0) * MICROSECOND,
            paused=paused * MICROSECOND,
            paused_wall=paused_wall * MICROSECOND,
            due=self._show(due, zone),
            breach_at=self._show(breach_at, zone),
            escalations=tuple(self._escalation(reached, zone) for reached in escalations),
            next_change=self._show(change, zone),
            provisional=fold.calendar.is_provisional(started_at.year, last.year)
            or self._bound.is_provisional(fold.objective, fold.began),
            as_of=as_of,
            fold=fold,
        )

    def _escalations(self, fold: Fold, due: int | None) -> list[_Reached]:
        reached = [_Reached(former.escalation, former.at, True, former.objective) for former in fold.former]
        if not fold.judged:
            return reached
        for escalation, amount in self._bound.index.escalations[fold.objective.key]:
            at = escalation_at(fold, escalation, amount, due)
            fired = at is not None and at <= self._t and (fold.stop is None or at < fold.stop)
            reached.append(_Reached(escalation, at, fired, fold.objective.key))
        return reached

    def _escalation(self, reached: _Reached, zone: ZoneInfo) -> EscalationReading:
        return EscalationReading(
            key=reached.escalation.key,
            at=self._show(reached.at, zone),
            fired=reached.fired,
            receiver=reached.escalation.receiver,
            objective=reached.objective,
        )

    def _next_change(self, fold: Fold, state: State, breach_at: int | None, escalations: list[_Reached]) -> int | None:
        """The next instant at which anything changes without an event; a stopped or paused clock waits for one."""
        t = self._t
        if state == "pending":
            return fold.started
        if state != "running":
            return None
        ahead = [reached.at for reached in escalations if reached.at is not None and reached.at > t]
        if breach_at is not None and breach_at >= t:
            ahead.append(breach_at + 1)  # the promise can still be kept at breach_at itself
        open_ = fold.calendar._kept.open
        limit = min(ahead, default=None)
        edge = open_.next_close(t, limit) if open_.at(t).is_open(t) else open_.next_open(t, limit)
        return min((at for at in (limit, edge) if at is not None), default=None)


def _state(fold: Fold, t: int) -> State:
    if fold.stop is not None:
        return "cancelled" if fold.cycle.stopped_by == "cancelled" else "stopped"
    if t < fold.started:
        return "pending"
    return "running" if fold.paused_since is None else "paused"


def _verdict(state: State, budget: int | None, breached: bool) -> Judgement:
    if budget is None:
        return "not_judged"
    if breached:
        return "breached"
    return {"stopped": "met", "cancelled": "not_judged"}.get(state, "open")  # type: ignore[return-value]


def _overrun(fold: Fold, elapsed: int, due: int | None, end: int) -> int:
    """Working time used after the budget, or after a named instant."""
    span = fold.span
    if not span.named:
        return max(elapsed - (span.budget or 0), 0)
    return elapsed - clock.used(span, due) if due is not None and end > due else 0


def _paused(fold: Fold, end: int) -> tuple[int, int]:
    """Working time and real time that pauses took out, each stretch on the calendar then in force."""
    if not fold.pauses:
        return 0, 0
    working = real = 0
    ends = [*(start for _, start in fold.legs[1:]), end]
    for (calendar, start), until in zip(fold.legs, ends, strict=True):
        for a, b in clip(fold.pauses, start, min(until, end)):
            working += calendar._kept.open.elapsed(a, b)
            real += b - a
    return working, real
