"""evaluate: a policy, a ticket and an instant -> every promise read at that instant.

A reading is a pure function of its arguments (R-6): the history is folded into spans, and each span is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from . import clock
from ._instant import MICROSECOND, to_us, utc_epoch
from .agreements import Agreement
from .calendars import Calendar
from .errors import PolicyError
from .events import OPENED, Ticket
from .fold import Fold, State, escalation_at, fold_history
from .history import History
from .index import Bound, Index
from .policy import Escalation, Policy
from .reading import Asked, Draft, DraftEvaluation, EscalationReading, Evaluation, Judgement, Reading


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
    if not isinstance(ticket, Ticket):
        raise PolicyError(f"not a Ticket: {ticket!r}", path="ticket", value=ticket, example="Ticket.from_dict(...)")
    t = to_us(as_of)
    known = None if known_at is None else to_us(known_at)
    bound, agreement = _bound(policy, ticket, roles)
    history = History(bound.index, ticket, t, known, strict)
    reader = _Reader(bound, ticket.id, agreement, t)
    readings = (
        tuple(reader.read(folded) for folded in fold_history(bound, history)) if history.opened is not None else ()
    )
    draft = DraftEvaluation()
    draft.ticket = ticket.id
    draft.agreement = agreement
    draft.policy = bound.index.policy.name
    draft.as_of = as_of
    draft.readings = readings
    draft.anomalies = tuple(history.anomalies)
    draft.bound = bound
    draft.asked = Asked(policy, ticket, None if roles is None else dict(roles), known_at, strict)
    draft.__class__ = Evaluation
    result: Evaluation = draft
    return result


def _bound(
    policy: Policy | Agreement, ticket: Ticket, roles: Mapping[str, str | Calendar] | None
) -> tuple[Bound, str | None]:
    """The policy that judges a ticket, its roles bound, and the agreement it is from."""
    if isinstance(policy, Policy):
        return Index.of(policy).bind(roles), None
    if not isinstance(policy, Agreement):
        raise PolicyError(
            f"neither a Policy nor an Agreement: {policy!r}",
            path="policy", value=policy, example='contracts.load("wati-pro")',
        )  # fmt: skip
    opened = next((event._kept for event in ticket.history() if event.kind == OPENED), None)
    version = policy.versions[0] if opened is None else policy.version(opened)
    return Index.of(version.policy).bind(policy.bindings(version, roles)), policy.id


class _Instants(dict[int, datetime]):
    """Instants shown in one zone.  The clocks of a ticket share most of theirs, and making one is what costs."""

    __slots__ = ("_epoch", "_fromutc")

    def __init__(self, zone: ZoneInfo) -> None:
        self._epoch, self._fromutc = utc_epoch(zone), zone.fromutc

    def __missing__(self, us: int) -> datetime:
        shown = self[us] = self._fromutc(self._epoch + us * MICROSECOND)
        return shown


class _Spans(dict[int, timedelta]):
    """Amounts of time as timedeltas; many are zero, or told twice."""

    __slots__ = ()

    def __missing__(self, us: int) -> timedelta:
        shown = self[us] = us * MICROSECOND
        return shown


class _Reached(NamedTuple):
    """An escalation and its instant, in integers."""

    escalation: Escalation
    at: int | None
    fired: bool
    objective: str


class _Reader:
    """Reads clocks of one ticket at one instant."""

    __slots__ = ("_agreement", "_bound", "_spans", "_t", "_ticket", "_zones")

    def __init__(self, bound: Bound, ticket: str, agreement: str | None, t: int) -> None:
        self._bound, self._ticket, self._agreement, self._t = bound, ticket, agreement, t
        self._zones: dict[str, _Instants] = {}
        self._spans = _Spans()

    def read(self, fold: Fold) -> Reading:
        """All numbers of a clock, from its span."""
        span, t, stop, objective = fold.span, self._t, fold.stop, fold.objective
        kept, budget, started = fold.calendar._kept, span.budget, fold.started
        instants, spans = self._zones.get(kept.zone.key) or self._in(kept.zone), self._spans
        end = t if stop is None else stop
        state = fold.state(t)
        elapsed = clock.used(span, end)
        due, breach_at = clock.due(span), clock.breach_at(span)
        breached = clock.is_breached(span, end, elapsed, breach_at)
        reached = self._escalations(fold, due)
        change = self._next_change(fold, state, None if breached else breach_at, reached)
        overrun = 0 if budget is None else fold.past(due, end) if span.named else max(elapsed - budget, 0)
        paused, paused_wall = fold.paused(end) if fold.pauses else (0, 0)
        last = instants[max(end, due or 0, breach_at or 0)]
        draft = Draft()
        draft.ticket = self._ticket
        draft.agreement = self._agreement
        draft.objective = objective.key
        draft.metric = objective.metric
        draft.cycle = fold.cycle.number
        draft.severity = objective.severity
        draft.kind = objective.kind
        draft.calendar = self._bound.calendar_name(objective)
        draft.state = state
        draft.ticking = state == "running" and kept.open.at(t).is_open(t)
        draft.verdict = _verdict(state, budget, breached)
        draft.breached = breached
        draft.rejudged = fold.rejudged
        draft.started_at = instants[started]
        draft.stopped_at = None if stop is None else instants[stop]
        draft.breached_at = instants[breach_at] if breached and breach_at is not None else None
        draft.target = objective.within if fold.judged else None
        draft.budget = None if budget is None else spans[budget]
        draft.elapsed = spans[elapsed]
        draft.remaining = None if budget is None else spans[max(budget - elapsed, 0)]
        draft.overrun = spans[overrun]
        draft.late_by = spans[0 if due is None else max(end - due, 0)]
        draft.missed = overrun // budget if budget else 0
        draft.wall_elapsed = spans[max(end - started, 0)]
        draft.paused = spans[paused]
        draft.paused_wall = spans[paused_wall]
        draft.due = None if due is None else instants[due]
        draft.breach_at = None if breach_at is None else instants[breach_at]
        draft.escalations = tuple(_escalation(one, instants) for one in reached) if reached else ()
        draft.next_change = None if change is None else instants[change]
        draft.provisional = fold.calendar.is_provisional(instants[started].year, last.year) or (
            self._bound.index.asks and self._bound.is_provisional(objective, fold.began)
        )
        draft.as_of = instants[t]
        draft.fold = fold
        draft.__class__ = Reading
        reading: Reading = draft
        return reading

    def _in(self, zone: ZoneInfo) -> _Instants:
        found = self._zones[zone.key] = _Instants(zone)
        return found

    def _escalations(self, fold: Fold, due: int | None) -> list[_Reached]:
        declared = self._bound.index.escalations[fold.objective.key] if fold.judged else ()
        if not declared and not fold.former:
            return []
        reached = [_Reached(former.escalation, former.at, True, former.objective) for former in fold.former]
        for escalation, amount in declared:
            at = escalation_at(fold, escalation, amount, due)
            fired = at is not None and at <= self._t and (fold.stop is None or at < fold.stop)
            reached.append(_Reached(escalation, at, fired, fold.objective.key))
        return reached

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


def _verdict(state: State, budget: int | None, breached: bool) -> Judgement:
    if budget is None:
        return "not_judged"
    if breached:
        return "breached"
    if state == "stopped":
        return "met"
    return "not_judged" if state == "cancelled" else "open"


def _escalation(reached: _Reached, instants: _Instants) -> EscalationReading:
    return EscalationReading(
        key=reached.escalation.key,
        at=None if reached.at is None else instants[reached.at],
        fired=reached.fired,
        receiver=reached.escalation.receiver,
        objective=reached.objective,
    )
