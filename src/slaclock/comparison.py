"""What if: the same tickets under two policies, and the target that would have been met often enough.

Both are answered by reading every ticket; nothing is estimated.  What is kept of a reading are its numbers, so that a
comparison of many tickets stays small.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from ._instant import MICROSECOND, span_us, to_us, utc
from .agreements import Agreement
from .calendars import Calendar
from .choice import chosen, parse_share
from .errors import (
    HistoryError,
    HorizonError,
    NoMatchError,
    NotInForceError,
    NoWorkingTimeError,
    PolicyError,
    SlaclockError,
    UnknownSeverityError,
)
from .evaluate import evaluate
from .events import Ticket
from .fold import State
from .index import KINDS, Index
from .policy import Kind, Policy
from .reading import Evaluation, Judgement, Reading

Side = Literal["a", "b"]
Flip = Literal["met_to_breached", "breached_to_met"]
Unfinished = Literal["against", "judged"]

_OF_ONE_TICKET = (
    HistoryError, UnknownSeverityError, NoMatchError, NotInForceError, NoWorkingTimeError, HorizonError,
)  # fmt: skip
"""What can be wrong with one ticket under a policy.  Anything else is wrong with the question, and is raised."""


# -- what is compared --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedReading:
    """One side of a comparison: the numbers of a reading, without the history behind them."""

    objective: str
    severity: str
    state: State
    verdict: Judgement
    due: datetime | None
    budget: timedelta | None
    elapsed: timedelta
    overrun: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedClock:
    """One clock of one ticket under both policies; ``a`` or ``b`` is None where that policy has no such clock.

    Clocks are paired by metric, kind and cycle; their objectives and severities may differ.
    """

    ticket: str
    metric: str
    kind: Kind
    cycle: int
    a: ComparedReading | None
    b: ComparedReading | None

    @property
    def flip(self) -> Flip | None:
        """``met_to_breached``, ``breached_to_met``, or None: from what ``a`` says to what ``b`` says."""
        if self.a is None or self.b is None:
            return None
        verdicts = self.a.verdict, self.b.verdict
        if verdicts == ("met", "breached"):
            return "met_to_breached"
        return "breached_to_met" if verdicts == ("breached", "met") else None

    @property
    def only(self) -> Side | None:
        """The policy that alone has this clock; None where both have it."""
        if self.a is not None and self.b is not None:
            return None
        return "b" if self.a is None else "a"

    @property
    def changes(self) -> tuple[str, ...]:
        """The fields in which the two sides differ; empty where one side is missing, and where nothing changes."""
        if self.a is None or self.b is None:
            return ()
        a, b = _plain(self.a), _plain(self.b)
        return tuple(name for name in a if a[name] != b[name])

    def to_row(self) -> dict[str, Any]:
        """A flat row: ``verdict_a``, ``verdict_b`` and so on, instants in UTC, None where a side is missing."""
        row: dict[str, Any] = {"ticket": self.ticket, "metric": self.metric, "kind": self.kind, "cycle": self.cycle}
        sides = {"a": self.a, "b": self.b}
        for name in ComparedReading.__slots__:
            for side, reading in sides.items():
                value = None if reading is None else getattr(reading, name)
                row[f"{name}_{side}"] = utc(to_us(value)) if isinstance(value, datetime) else value
        return {**row, "flip": self.flip}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How some clocks stand under one policy.  Judged are those met and those breached, the latter running or not."""

    clocks: int = 0
    met: int = 0
    breached: int = 0

    @property
    def judged(self) -> int:
        """Met or breached; the others are open yet, or never judged."""
        return self.met + self.breached

    @property
    def attainment(self) -> Fraction | None:
        """The share of the judged that is met, exactly; None where none is judged."""
        return Fraction(self.met, self.judged) if self.judged else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedSum:
    """The clocks of a metric, kind and severity added up under both policies (None: of all metrics, or severities).

    The severity is the one that a clock is judged by, which may differ between the sides: each side's tally holds what
    that policy alone would report.  A flip counts under the severity by which the clock is met.
    """

    metric: str | None
    kind: Kind
    severity: str | None
    a: Tally
    b: Tally
    met_to_breached: int
    breached_to_met: int

    def to_row(self) -> dict[str, Any]:
        """A flat row: ``met_a``, ``met_b`` and so on."""
        row: dict[str, Any] = {"metric": self.metric, "kind": self.kind, "severity": self.severity}
        for name in ("clocks", "judged", "met", "breached"):
            row |= {f"{name}_a": getattr(self.a, name), f"{name}_b": getattr(self.b, name)}
        return {**row, "met_to_breached": self.met_to_breached, "breached_to_met": self.breached_to_met}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A ticket that one of the policies cannot judge, and why."""

    ticket: str
    side: Side
    code: str
    message: str
    error: SlaclockError = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Comparison:
    """The clocks of some tickets under policy a and under policy b, as of one instant.

    Iterating gives the clocks in the order of the tickets.  ``sums`` adds them up by metric, kind and severity.
    ``tickets`` counts those that both policies can judge; only these are in the clocks and in the sums.  The others are
    in ``unanswered``, once for each policy that cannot.
    """

    policy_a: str
    policy_b: str
    as_of: datetime
    tickets: int
    clocks: tuple[ComparedClock, ...]
    sums: tuple[ComparedSum, ...]
    unanswered: tuple[Unanswered, ...]

    def __iter__(self) -> Iterator[ComparedClock]:
        return iter(self.clocks)

    def __len__(self) -> int:
        return len(self.clocks)

    @property
    def flipped(self) -> tuple[ComparedClock, ...]:
        """The clocks that are met under one policy and breached under the other."""
        return tuple(clock for clock in self.clocks if clock.flip)

    @property
    def changed(self) -> tuple[ComparedClock, ...]:
        """The clocks of which anything is different, and those that only one policy has."""
        return tuple(clock for clock in self.clocks if clock.only or clock.changes)

    def total(
        self, *, metric: str | None = None, severity: str | None = None, kind: Kind = "commitment"
    ) -> ComparedSum:
        """The sums of a kind added up: over all metrics and severities, or over one of them."""
        return _added(
            [
                one
                for one in self.sums
                if one.kind == kind and metric in (None, one.metric) and severity in (None, one.severity)
            ],
            metric,
            kind,
            severity,
        )

    def to_rows(self) -> list[dict[str, Any]]:
        """A flat row a clock, for a data frame; the sums have ``to_row`` too."""
        return [clock.to_row() for clock in self.clocks]

    def __repr__(self) -> str:
        counted = f"{_counted(self.tickets, 'ticket')}, {_counted(len(self.clocks), 'clock')}, as of {self.as_of}"
        lines = [f"Comparison of {self.policy_a!r} (a) and {self.policy_b!r} (b): {counted}"]
        metrics = dict.fromkeys((one.metric, one.kind) for one in self.sums)
        rows = [_told(self.total(metric=metric, kind=kind)) for metric, kind in metrics]
        if rows:
            rows.insert(0, ("", "met/judged a", "met/judged b", "met to breached", "breached to met"))
            widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
            lines += [
                "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows
            ]
        if self.unanswered:
            count = len({one.ticket for one in self.unanswered})
            lines.append(f"{_counted(count, 'ticket')} {'is' if count == 1 else 'are'} not answered: see unanswered")
        return "\n".join(lines)


def _plain(reading: ComparedReading) -> dict[str, Any]:
    """What may differ; instants as integers, since datetimes of one zone hide the repeated hour (R-1)."""
    fields = {name: getattr(reading, name) for name in ComparedReading.__slots__}
    return {**fields, "due": None if reading.due is None else to_us(reading.due)}


def _told(one: ComparedSum) -> tuple[str, ...]:
    name = f"{one.metric}" if one.kind == "commitment" else f"{one.metric} ({one.kind})"
    return name, _rate(one.a), _rate(one.b), str(one.met_to_breached), str(one.breached_to_met)


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _rate(tally: Tally) -> str:
    """The fraction, and a percentage rounded half up in integers."""
    if not tally.judged:
        return "none judged"
    tenths = (2000 * tally.met + tally.judged) // (2 * tally.judged)
    return f"{tally.met}/{tally.judged} = {tenths // 10}.{tenths % 10} %"


class _Group(NamedTuple):
    """What sums are made by."""

    metric: str
    kind: Kind
    severity: str


# -- comparing ---------------------------------------------------------------------------------------------


def compare(
    policy_a: Policy | Agreement,
    policy_b: Policy | Agreement,
    tickets: Iterable[Ticket],
    *,
    as_of: datetime,
    roles_a: Mapping[str, str | Calendar] | None = None,
    roles_b: Mapping[str, str | Calendar] | None = None,
    known_at: datetime | None = None,
    strict: bool = True,
) -> Comparison:
    """What policy b would have made of the tickets of policy a: clock by clock, and in sum.

    Every ticket is evaluated under both at ``as_of``.  ``roles_a`` and ``roles_b`` bind the calendar roles of each;
    ``known_at`` and ``strict`` are those of ``evaluate``.  A ticket that a policy cannot judge (HistoryError,
    UnknownSeverityError, NoMatchError, NotInForceError, NoWorkingTimeError, HorizonError) is listed in ``unanswered``
    with the error.  What is wrong with the question itself is raised: PolicyError, RoleError, ConfigurationError,
    InstantError.

    >>> from datetime import datetime, timedelta, timezone
    >>> from slaclock import Ticket, compare, contracts
    >>> policy = contracts.load("wati-pro")
    >>> doubled = policy.replace(objectives=[
    ...     one.replace(within="90m") if one.metric == "first_response" else one for one in policy.objectives
    ... ])
    >>> at = datetime(2026, 5, 22, 14, 0, tzinfo=timezone.utc)
    >>> ticket = Ticket(id="T-1", severity="P1", opened_at=at).respond(at + timedelta(hours=1))
    >>> answer = compare(policy, doubled, [ticket], as_of=at + timedelta(hours=2))
    >>> [(clock.metric, clock.flip) for clock in answer.flipped]
    [('first_response', 'breached_to_met')]
    >>> answer.total(metric="first_response").b.attainment
    Fraction(1, 1)
    """
    policies = [*_policies(policy_a), *_policies(policy_b)]
    clocks: list[ComparedClock] = []
    unanswered: list[Unanswered] = []
    count = 0
    to_us(as_of)  # a naive instant is told of without tickets too
    more: dict[str, Any] = {"as_of": as_of, "known_at": known_at, "strict": strict}
    for ticket in tickets:
        a = _answer(policy_a, ticket, "a", {**more, "roles": roles_a})
        b = _answer(policy_b, ticket, "b", {**more, "roles": roles_b})
        if isinstance(a, Evaluation) and isinstance(b, Evaluation):
            count += 1
            clocks += _paired(a, b)
        unanswered += [one for one in (a, b) if isinstance(one, Unanswered)]
    return Comparison(
        policy_a=_name(policy_a),
        policy_b=_name(policy_b),
        as_of=as_of,
        tickets=count,
        clocks=tuple(clocks),
        sums=tuple(_summed(clocks, policies)),
        unanswered=tuple(unanswered),
    )


def _answer(policy: Policy | Agreement, ticket: Ticket, side: Side, how: Mapping[str, Any]) -> Evaluation | Unanswered:
    try:
        return evaluate(policy, ticket, **how)
    except _OF_ONE_TICKET as error:
        # Its traceback would hold on to the whole evaluation.
        kept = error.with_traceback(None)
        return Unanswered(ticket=ticket.id, side=side, code=error.code, message=error.message, error=kept)


def _policies(policy: Policy | Agreement) -> list[Policy]:
    if isinstance(policy, Policy):
        return [policy]
    if isinstance(policy, Agreement):
        return [version.policy for version in policy.versions]
    raise PolicyError(
        f"neither a Policy nor an Agreement: {policy!r}",
        path="policy", value=policy, example='contracts.load("wati-pro")',
    )  # fmt: skip


def _name(policy: Policy | Agreement) -> str:
    return policy.name if isinstance(policy, Policy) else policy.id


def _paired(a: Evaluation, b: Evaluation) -> Iterator[ComparedClock]:
    """The clocks of a ticket, those of a first; each cycle of a metric has one reading of each kind."""
    of_a = {(one.metric, one.kind, one.cycle): one for one in a}
    of_b = {(one.metric, one.kind, one.cycle): one for one in b}
    for key in {**of_a, **of_b}:
        metric, kind, cycle = key
        yield ComparedClock(
            ticket=a.ticket, metric=metric, kind=kind, cycle=cycle, a=_kept(of_a.get(key)), b=_kept(of_b.get(key))
        )


def _kept(reading: Reading | None) -> ComparedReading | None:
    if reading is None:
        return None
    return ComparedReading(**{name: getattr(reading, name) for name in ComparedReading.__slots__})


def _summed(clocks: Iterable[ComparedClock], policies: Sequence[Policy]) -> Iterator[ComparedSum]:
    """By metric, kind and severity, in the order of the policies; each side under its own severity."""
    counts: Counter[tuple[_Group, str]] = Counter()
    for clock in clocks:
        for side, reading in (("a", clock.a), ("b", clock.b)):
            if reading is not None:
                group = _Group(clock.metric, clock.kind, reading.severity)
                counts[group, f"clocks_{side}"] += 1
                counts[group, f"{reading.verdict}_{side}"] += 1
                if reading.verdict == "met" and clock.flip:
                    counts[group, clock.flip] += 1
    metrics = list(dict.fromkeys(metric for policy in policies for metric in Index.of(policy).timed))
    ranks = {severity.key: severity.rank for policy in reversed(policies) for severity in policy.severities}

    def place(group: _Group) -> tuple[int, int, int, str]:
        return metrics.index(group.metric), KINDS.index(group.kind), ranks[group.severity], group.severity

    for group in sorted({group for group, _ in counts}, key=place):
        a, b = (
            Tally(**{name: counts[group, f"{name}_{side}"] for name in ("clocks", "met", "breached")}) for side in "ab"
        )
        to_breached, to_met = counts[group, "met_to_breached"], counts[group, "breached_to_met"]
        yield ComparedSum(**group._asdict(), a=a, b=b, met_to_breached=to_breached, breached_to_met=to_met)


def _added(sums: list[ComparedSum], metric: str | None, kind: Kind, severity: str | None) -> ComparedSum:
    def tally(tallies: list[Tally]) -> Tally:
        return Tally(
            clocks=sum(one.clocks for one in tallies),
            met=sum(one.met for one in tallies),
            breached=sum(one.breached for one in tallies),
        )

    return ComparedSum(
        metric=metric, kind=kind, severity=severity,
        a=tally([one.a for one in sums]), b=tally([one.b for one in sums]),
        met_to_breached=sum(one.met_to_breached for one in sums),
        breached_to_met=sum(one.breached_to_met for one in sums),
    )  # fmt: skip


# -- which target ------------------------------------------------------------------------------------------


def target_for(
    share: str | Fraction | Decimal,
    readings: Iterable[Evaluation | Reading],
    *,
    metric: str,
    severity: str | None = None,
    kind: Kind = "commitment",
    unfinished: Unfinished = "against",
) -> timedelta | None:
    """The least target, as a working time, of which at least a share of the clocks would have been met.

    ``share`` is ``"95%"``, or a Fraction or Decimal above 0 and up to 1.  The clocks are those of a metric and kind,
    of one severity or (None) of all, whatever they are promised now; ones that no objective holds for any more are left
    out.  Met is what stopped with no more than the target used, breached what has used more (R-5).

    A clock that has not stopped has only begun to use time.  With ``unfinished="against"`` it counts as breached,
    however little it has used: the share holds whatever becomes of it.  With ``unfinished="judged"`` it counts as a
    report of the same instant would count it: breached once it has used more, and not at all before.  A cancelled clock
    is always counted so.

    None where no target would do: nothing has stopped, or too much is unfinished.  Raises PolicyError for what is no
    share, ReadingError for a metric without objectives in the
    policy, UnknownSeverityError for a severity that it does not have.

    >>> from datetime import datetime, timedelta, timezone
    >>> from slaclock import Ticket, contracts, evaluate, target_for
    >>> policy, at = contracts.load("wati-pro"), datetime(2026, 5, 22, 8, 0, tzinfo=timezone.utc)
    >>> answered = [at + timedelta(minutes=minutes) for minutes in (10, 20, 30, 200)]
    >>> tickets = [Ticket(id="T", severity="P1", opened_at=at).respond(instant) for instant in answered]
    >>> readings = [evaluate(policy, ticket, as_of=at + timedelta(days=1)) for ticket in tickets]
    >>> str(target_for("75%", readings, metric="first_response", severity="P1"))
    '0:30:00'
    """
    least = parse_share(share)
    if unfinished not in ("against", "judged"):
        raise PolicyError(f"not a way to count what is unfinished: {unfinished!r}", path="unfinished", value=unfinished,
                          example='unfinished="against" or unfinished="judged"')  # fmt: skip
    stopped, others, against = list[int](), list[int](), 0
    for reading in chosen(readings, metric, severity, kind):
        if not reading.fold.judged:
            continue
        if reading.state == "stopped":
            stopped.append(span_us(reading.elapsed))
        elif unfinished == "judged" or reading.state == "cancelled":
            others.append(span_us(reading.elapsed))
        else:
            against += 1
    stopped.sort()
    others.sort()

    def is_enough(target: int) -> bool:
        met = bisect_right(stopped, target)
        breached = len(stopped) - met + len(others) - bisect_right(others, target) + against
        return met > 0 and met >= least * (met + breached)

    # A longer target never meets fewer of them, and only at a time used does it meet more, or breach fewer.
    candidates = sorted({0, *stopped, *others})
    found = bisect_left(candidates, True, key=is_enough)
    return candidates[found] * MICROSECOND if found < len(candidates) else None
