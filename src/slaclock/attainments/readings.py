"""Attainment of readings and evaluations: each clock counted by itself."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from operator import attrgetter
from typing import Any, NamedTuple

from .._instant import span_us
from ..choice import chosen
from ..declarations import FrozenMap
from ..errors import AttainmentError
from ..periods import Period
from ..policy import Kind
from ..reading import Evaluation, Reading
from .groups import Order, Typed, attainment_of, check_attributes, check_many, grouped, keys_of, promises_of
from .results import Attainment, AttainmentRow, TimeSpread
from .rules import Counted, Question, Share, Unfinished, When, counted_as, counted_at, is_void, question, windows_of

DEFAULT_BY = ("metric", "severity")
DEFAULT_PERCENTILES = ("90%", "95%")
FIELDS = ("metric", "severity", "objective", "kind", "calendar", "agreement")
"""What a reading says itself.  Any other name is that of an attribute of its ticket."""


def attainment(
    results: Iterable[Evaluation | Reading],
    *,
    by: str | Sequence[str] = DEFAULT_BY,
    metric: str | None = None,
    severity: str | None = None,
    kind: Kind = "commitment",
    periods: Period | Iterable[Period] | None = None,
    when: When = "decided",
    unfinished: Unfinished = "judged",
    promised: Share | None = None,
    percentiles: Iterable[Share] = DEFAULT_PERCENTILES,
) -> Attainment:
    """Which share of promises was met, how long things took, and whether the attainment promised was kept.

    ``by`` names what rows are grouped by: ``metric``, ``severity`` (the one a clock is judged by), ``objective``,
    ``kind``, ``calendar``, ``agreement``, or any attribute of the tickets, as it was when the clock stopped, or, while
    it runs, at the reading.  ``metric``, ``severity`` and ``kind`` say which clocks are meant; all cycles of these
    count.

    ``periods`` is one period or several, which may overlap; ``when`` says which instant of a clock puts it into one:
    ``"decided"`` (met: when it stopped; breached: when it broke), ``"due"``, or ``"opened"`` (its ticket).  One that
    has none of these counts when it stopped, or, while it runs, at the instant of the reading.

    ``unfinished`` says how clocks count that still run: ``"judged"`` counts those that have broken, and the others not
    at all; ``"left_out"`` none; ``"met_so_far"`` those that have not broken as met; ``"against"`` all as breached.
    Clocks without a target are never judged, and those cancelled before they broke are left out altogether.

    The attainment promised is that of the objectives that judge, or ``promised`` (``"99.2%"``).  ``percentiles`` are
    those of the times, by nearest rank.  Raises AttainmentError for what cannot be counted, ReadingError,
    UnknownSeverityError and PolicyError as the words of a policy are misspelt.

    >>> from datetime import datetime, timedelta, timezone
    >>> from slaclock import Ticket, attainment, contracts, evaluate
    >>> policy, at = contracts.load("wati-pro"), datetime(2026, 5, 22, 8, 0, tzinfo=timezone.utc)
    >>> tickets = [Ticket(id=f"T-{m}", severity="P1", opened_at=at).respond(at + timedelta(minutes=m)) for m in (9, 90)]
    >>> results = [evaluate(policy, ticket, as_of=at + timedelta(days=1)) for ticket in tickets]
    >>> row = attainment(results, promised="95%").row(metric="first_response", severity="P1")
    >>> row.met, row.judged, row.value, row.kept, row.margin
    (1, 2, Fraction(1, 2), False, -1)
    """
    asked = question(by, periods, when, unfinished, promised, percentiles)
    return _counted(results, asked, metric, severity, kind)


def rolling_attainment(
    results: Iterable[Evaluation | Reading],
    *,
    over: Period,
    days: int = 90,
    by: str | Sequence[str] = (),
    metric: str | None = None,
    severity: str | None = None,
    kind: Kind = "commitment",
    when: When = "decided",
    unfinished: Unfinished = "judged",
    promised: Share | None = None,
) -> Attainment:
    """The attainment of the last so many days, at the end of each date of a period: a curve, a row a date and group.

    A row's period is the window: the dates up to this one, by the midnights of the period's zone.  Its counts are those
    that ``attainment`` gives for that window; times are left out.  Raises as ``attainment``.

    >>> from datetime import datetime, timedelta, timezone
    >>> from slaclock import Period, Ticket, contracts, evaluate, rolling_attainment
    >>> policy, at = contracts.load("wati-pro"), datetime(2026, 5, 22, 8, 0, tzinfo=timezone.utc)
    >>> ticket = Ticket(id="T-1", severity="P1", opened_at=at).respond(at + timedelta(minutes=9))
    >>> results = [evaluate(policy, ticket, as_of=at + timedelta(days=1))]
    >>> over = Period.parse("2026-05-21..2026-05-23", "UTC")
    >>> curve = rolling_attainment(results, over=over, metric="first_response")
    >>> [(row.period.name, row.met) for row in curve]
    [('90 days to 2026-05-21', 0), ('90 days to 2026-05-22', 1), ('90 days to 2026-05-23', 1)]
    """
    asked = question(by, windows_of(over, days), when, unfinished, promised, None)
    return _counted(results, asked, metric, severity, kind)


class _Clock(NamedTuple):
    """One clock, as far as it is counted; times in microseconds, of one that has stopped."""

    keys: tuple[Any, ...]
    metric: str
    at: int
    counted: Counted | None
    is_open: bool
    promised: Fraction | None
    elapsed: int | None
    wall: int | None
    provisional: bool


def _counted(
    results: Iterable[Evaluation | Reading], asked: Question, metric: str | None, severity: str | None, kind: Kind
) -> Attainment:
    if kind not in ("commitment", "aim"):
        raise AttainmentError(
            f"no kind of objective: {kind!r}", path="kind", value=kind, example='"commitment" or "aim"'
        )
    check_many(results, "evaluations or readings")
    found = chosen(results, metric, severity, kind)
    readings = [reading for reading in found if not is_void(reading.verdict, reading.state)]
    check_attributes([name for name in asked.by if name not in FIELDS], map(reading_attributes, readings), FIELDS)
    clocks = sorted((_clock(reading, asked) for reading in readings), key=attrgetter("at"))
    order = Order(reading.fold.history.policy for reading in readings)
    whole = clocks if asked.periods is None else [clock for clock in clocks if _is_in(clock, asked.periods)]
    metrics = grouped(whole, lambda clock: (clock.metric,))
    return Attainment(
        by=asked.by, kind=kind, when=asked.when, unfinished=asked.unfinished,
        rows=tuple(_rows(whole, asked, order)),
        whole=_row((), (), None, whole, asked),
        by_metric=FrozenMap({
            str(key[0][1]): _row(("metric",), key, None, metrics[key], asked)
            for key in order.sorted(("metric",), metrics)
        }),
    )  # fmt: skip


def _clock(reading: Reading, asked: Question) -> _Clock:
    stopped = reading.state == "stopped"
    return _Clock(
        tuple(_key(reading, name) for name in asked.by),
        reading.metric,
        counted_at(reading, asked.when),
        counted_as(reading.verdict, reading.state, asked.unfinished),
        reading.verdict == "open",
        _promised(reading),
        span_us(reading.elapsed) if stopped else None,
        span_us(reading.wall_elapsed) if stopped else None,
        reading.provisional,
    )


def _promised(reading: Reading) -> Fraction | None:
    return attainment_of(reading.fold.objective.attainment)


def _key(reading: Reading, name: str) -> Any:
    return getattr(reading, name) if name in FIELDS else reading_attributes(reading).get(name)


def reading_attributes(reading: Reading) -> Mapping[str, Any]:
    """The attributes of a clock's ticket: as they were when it stopped, or as they are."""
    history, cycle = reading.fold.history, reading.fold.cycle
    return (history.changes[-1] if cycle.stop is None else history.state_at(cycle.last)).attributes


# -- rows ----------------------------------------------------------------------------------------------------------


def _rows(clocks: Sequence[_Clock], asked: Question, order: Order) -> Iterator[AttainmentRow]:
    """A row a group and period; a group that has clocks in some period has a row in each."""
    groups = grouped(clocks, attrgetter("keys"))
    if not asked.by:
        groups.setdefault((), [])
    for key in order.sorted(asked.by, groups):
        members = groups[key]
        if asked.periods is None:
            yield _row(asked.by, key, None, members, asked)
            continue
        instants = [clock.at for clock in members]
        for period in asked.periods:
            inside = slice(bisect_left(instants, period.lower), bisect_left(instants, period.upper))
            yield _row(asked.by, key, period, members[inside], asked)


def _row(
    names: Sequence[str], key: Typed, period: Period | None, clocks: Sequence[_Clock], asked: Question
) -> AttainmentRow:
    judged = [clock for clock in clocks if clock.counted]
    met = sum(clock.counted == "met" for clock in judged)
    has_times = asked.spreads and len({clock.metric for clock in clocks}) == 1
    return AttainmentRow(
        keys=keys_of(names, key),
        period=period,
        clocks=len(clocks),
        met=met,
        breached=len(judged) - met,
        open=sum(clock.is_open for clock in clocks),
        promises=promises_of({clock.promised for clock in judged}, asked.promised),
        elapsed=_spread([clock.elapsed for clock in clocks], asked) if has_times else None,
        wall=_spread([clock.wall for clock in clocks], asked) if has_times else None,
        provisional=any(clock.provisional for clock in clocks),
    )


def _spread(times: Iterable[int | None], asked: Question) -> TimeSpread | None:
    ordered = sorted(time for time in times if time is not None)
    return TimeSpread.of(ordered, sum(ordered), asked.percentiles)


def _is_in(clock: _Clock, periods: Iterable[Period]) -> bool:
    return any(period.lower <= clock.at < period.upper for period in periods)
