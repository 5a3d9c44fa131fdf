"""Tickets that come back: reopened, or opened anew for the same thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from .._instant import to_us
from ..durations import parse_duration
from ..errors import AttainmentError
from ..events import Event
from ..history import _known
from ..periods import Period
from ..policy import Policy
from ..reading import Evaluation
from .groups import Order, check_attributes, check_many, grouped, keys_of
from .results import TicketRate, TicketRateRow
from .rules import names_of, periods_of

FIELDS = ("severity", "agreement")
"""What is known of a ticket besides its attributes."""
SOLVED = ("resolved", "closed")
ENDED = (*SOLVED, "cancelled")


def reopen_rate(
    results: Iterable[Evaluation], *, by: str | Sequence[str] = (), periods: Period | Iterable[Period] | None = None
) -> TicketRate:
    """Which share of the tickets that were resolved or closed was reopened afterwards, once or more often.

    ``by`` names what rows are grouped by: ``severity``, ``agreement`` or attributes, as they are at the evaluation.  A
    ticket counts in the period in which it was resolved or closed for the first time, whenever it was reopened; one
    that may still be reopened counts too, so that the rate of the last weeks can only rise.  Raises AttainmentError
    for what is no evaluation, and for an attribute that no ticket has.

    >>> from datetime import datetime, timedelta, timezone
    >>> from slaclock import Ticket, contracts, evaluate, reopen_rate
    >>> policy, at = contracts.load("wati-pro"), datetime(2026, 5, 22, 8, 0, tzinfo=timezone.utc)
    >>> hour = timedelta(hours=1)
    >>> solved = Ticket(id="T-1", severity="P1", opened_at=at).resolve(at + hour)
    >>> again = Ticket(id="T-2", severity="P1", opened_at=at).resolve(at + hour).reopen(at + 2 * hour)
    >>> reopen_rate([evaluate(policy, ticket, as_of=at + 3 * hour) for ticket in (solved, again)]).value
    Fraction(1, 2)
    """
    lives = [life for life in _lives(results, by) if life.solved is not None]
    return rate("Reopened", lives, by, periods, lambda life: life.solved or 0, lambda life: life.reopened > 0)


def repeat_rate(
    results: Iterable[Evaluation], *, same: str | Sequence[str], within: str | timedelta,
    by: str | Sequence[str] = (), periods: Period | Iterable[Period] | None = None,
) -> TicketRate:  # fmt: skip
    """Which share of the tickets repeats an earlier one.

    A ticket repeats an earlier one when both have the same attributes ``same`` (``("customer", "service")``), and the
    earlier one was still unresolved when it was opened, or had been resolved, closed or cancelled for the last time no
    longer than ``within`` of real time before (``"168h"``, or a timedelta).  One that lacks one of these attributes
    repeats nothing.  ``by`` is as for ``reopen_rate``; a ticket counts in the period in which it was opened.  Of
    tickets opened at one instant none is the earlier.

    >>> from datetime import datetime, timedelta, timezone
    >>> from slaclock import Ticket, contracts, evaluate, repeat_rate
    >>> policy, at = contracts.load("wati-pro"), datetime(2026, 5, 22, 8, 0, tzinfo=timezone.utc)
    >>> tickets = [
    ...     Ticket(id=f"T-{d}", severity="P1", opened_at=at + timedelta(days=d), attributes={"customer": "acme"})
    ...     for d in (0, 1, 60)
    ... ]
    >>> solved = [ticket.resolve(ticket.opened_at + timedelta(hours=4)) for ticket in tickets]
    >>> results = [evaluate(policy, ticket, as_of=at + timedelta(days=90)) for ticket in solved]
    >>> repeat_rate(results, same="customer", within="720h").value
    Fraction(1, 3)
    """
    names, span = same_names(same), real_time(within)
    lives = _lives(results, (*names_of(by), *(name for name in names if name not in names_of(by))))
    repeats: set[int] = set()
    for key, members in grouped(lives, lambda life: [life.value(name) for name in names]).items():
        if all(value is not None for _, value in key):
            repeats.update(id(life) for life in _repeating(members, span))
    return rate("Repeated", lives, by, periods, lambda life: life.opened, lambda life: id(life) in repeats)


def _repeating(lives: list[Life], span: int) -> list[Life]:
    """Those of the same kind that repeat an earlier one."""
    found: list[Life] = []
    last: int | None = None  # when the earlier ones had ended; one that has not ended is far in the future
    for _, members in sorted(grouped(lives, lambda life: (life.opened,)).items(), key=lambda group: group[0][0][1]):
        if last is not None and members[0].opened - last <= span:
            found += members
        ends = [_FAR if life.ended is None else life.ended for life in members]
        last = max(ends) if last is None else max(last, *ends)
    return found


_FAR = 1 << 62


def same_names(same: str | Sequence[str]) -> tuple[str, ...]:
    """What makes two tickets the same."""
    names = names_of(same, "same")
    if not names:
        raise AttainmentError("nothing says what makes two tickets the same", path="same", value=same,
                              example='same=("customer", "service")')  # fmt: skip
    return names


def real_time(within: object) -> int:
    """Microseconds of real time, above none."""
    span = parse_duration(within)  # type: ignore[arg-type]
    if span <= 0:
        raise AttainmentError(f"not a span of time after an end: {within!r}", path="within", value=within,
                              example='within="720h"')  # fmt: skip
    return span


# -- the life of a ticket ------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Life:
    """When a ticket was opened, first solved, how often it was reopened, and since when it has been ended, if it is."""

    policy: Policy
    agreement: str | None
    severity: str
    attributes: dict[str, Any]
    opened: int = -1
    solved: int | None = None
    reopened: int = 0
    ended: int | None = None
    is_open: bool = field(default=False)

    def value(self, name: str) -> Any:
        """What rows are grouped by."""
        return getattr(self, name) if name in FIELDS else self.attributes.get(name)

    def apply(self, event: Event) -> None:
        """What an event changes."""
        at = event._kept
        if event.kind == "opened":
            self.opened, self.is_open = at, True
        elif event.kind in ENDED and self.is_open:
            self.is_open, self.ended = False, at
            if self.solved is None and event.kind in SOLVED:
                self.solved = at
        elif event.kind == "reopened":
            self.is_open, self.ended = True, None
            self.reopened += self.solved is not None
        elif event.kind == "severity_changed":
            self.severity = str(event.severity)
        elif event.kind == "attributes_changed":
            self.attributes.update(event.attributes or {})


def _lives(results: Iterable[Evaluation], by: str | Sequence[str]) -> list[Life]:
    """The lives of tickets that are opened; raises for attributes that none has."""
    check_many(results, "evaluations")
    lives = [_life(each) for each in results]
    opened = [life for life in lives if life.opened >= 0]
    names = [name for name in names_of(by) if name not in FIELDS]
    check_attributes(names, (life.attributes for life in opened), FIELDS)
    return opened


def _life(result: Evaluation) -> Life:
    """A ticket's life as the evaluation saw it: without what it left out as impossible, or known already."""
    if not isinstance(result, Evaluation):
        raise AttainmentError(f"not an Evaluation: {type(result).__name__}", path="results",
                              value=type(result).__name__, example="[evaluate(policy, ticket, as_of=now)]")  # fmt: skip
    ticket, as_of, known_at = result.asked.ticket, to_us(result.as_of), result.asked.known_at
    known = None if known_at is None else to_us(known_at)
    left_out = {id(anomaly.event) for anomaly in result.anomalies if anomaly.code in _LEFT_OUT}
    life = Life(result.bound.index.policy, result.agreement, ticket.severity, dict(ticket.attributes))
    ids: set[str] = set()
    for event in ticket.history():
        if event._kept > as_of or (known is not None and _known(event) > known) or id(event) in left_out:
            continue
        if event.id is not None and event.id in ids:
            continue
        ids.update(filter(None, [event.id]))
        life.apply(event)
    return life


_LEFT_OUT = ("impossible", "unknown_severity", "id_conflict")


# -- rows ----------------------------------------------------------------------------------------------------------


def rate(
    name: str, lives: Sequence[Life], by: str | Sequence[str], periods: Period | Iterable[Period] | None,
    at: Callable[[Life], int], came_back: Callable[[Life], bool],
) -> TicketRate:  # fmt: skip
    """A row a group and period."""
    order = Order(life.policy for life in lives)
    names, spans = names_of(by), periods_of(periods)
    inside = lives if spans is None else [
        life for life in lives if any(span.lower <= at(life) < span.upper for span in spans)
    ]  # fmt: skip
    groups = grouped(inside, lambda life: [life.value(name) for name in names])
    if not names:
        groups.setdefault((), [])

    def row(keys: Mapping[str, Any], period: Period | None, members: Iterable[Life]) -> TicketRateRow:
        told = [came_back(life) for life in members if period is None or period.lower <= at(life) < period.upper]
        return TicketRateRow(keys=keys, period=period, tickets=len(told), found=sum(told))

    rows = [
        row(keys_of(names, key), period, groups[key])
        for key in order.sorted(names, groups)
        for period in (spans if spans is not None else (None,))
    ]
    return TicketRate(name=name, by=names, rows=tuple(rows), whole=row(keys_of((), ()), None, inside))
