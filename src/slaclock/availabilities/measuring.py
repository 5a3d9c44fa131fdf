"""From what was measured to the figure: outages, samples of attempts and failures, error rates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import groupby
from math import lcm
from typing import Any

from .. import intervals
from .._instant import span_us, to_us
from ..calendars import Calendar
from ..errors import AvailabilityError
from ..intervals import Interval
from ..periods import Period
from ..timeline import Timeline
from .figures import Availability, Cause, Part, figure
from .formulas import Formula, formula_of
from .ground import Ground, counted_time, judge_of, length, touched_units
from .measured import ErrorRate, Exclusion, Outage, Row, Sample, given_of, rate_rows, sample_length, sample_rows

WHOLE = Fraction(1)


def availability(
    period: Period,
    outages: Iterable[Outage | Mapping[str, Any]],
    *,
    formula: Formula | str = "share_of_time",
    service: Calendar | None = None,
    exclusions: Iterable[Exclusion | Mapping[str, Any]] = (),
) -> Availability:
    """How available a service was in a period, from its outages.

    They come in any order and may overlap; what lies outside the period does not count, and one without an end lasts to
    its end.  ``service`` are the service hours (None: always), ``exclusions`` what is taken out, with the reasons.
    ``formula`` is a Formula, or the name of one that comes with the library; the thresholds of a formula are for
    samples, and an outage is taken as it is told.

    Raises ConfigurationError for outages or exclusions that cannot stand, NoServiceTimeError for a period without
    service time, AvailabilityError for a formula that needs samples, HorizonError where a calendar does not know the
    period.

    >>> from slaclock import Outage, Period, availability
    >>> may = Period.parse("2026-05", "Europe/London")
    >>> down = Outage(start="2026-05-04T10:00:00+01:00", end="2026-05-04T10:44:38.4+01:00")
    >>> figure = availability(may, [down])
    >>> figure.value, str(figure.unavailable), f"{figure.percentage()} %"
    (Fraction(999, 1000), '0:44:38.400000', '99.900 %')
    """
    terms, given = formula_of(formula), given_of(outages, exclusions)
    if terms.kind == "mean_error_rate":
        raise AvailabilityError("a mean of error rates is made of samples, not of outages", path="formula",
                                value=terms.name, example='"share_of_time"')  # fmt: skip
    ground = Ground.of(period, service, given.exclusions, terms)
    # An outage that still lasts reaches as far as is looked.
    ahead = max(ground.live[-1][1] if ground.live else period.upper, period.upper)
    down = [(to_us(one.start), ahead if one.end is None else to_us(one.end)) for one in given.outages]
    causes = _causes(zip(down, given.outages, strict=True), ground, terms)
    return of_time(ground, terms, counted_time(down, ground, terms), None, causes)


def availability_of_samples(
    period: Period,
    samples: Iterable[Sample | tuple[datetime, int, int]],
    every: str | timedelta,
    *,
    formula: Formula | str = "share_of_time",
    service: Calendar | None = None,
    exclusions: Iterable[Exclusion | Mapping[str, Any]] = (),
) -> Availability:
    """How available a service was in a period, from samples: how much was attempted in each stretch, how much failed.

    ``every`` is how long each sample is (``"1s"``, ``"1m"``).  A sample is unavailable when something was attempted and
    all of it failed, or more than the formula's ``errors_above`` of at least ``minimum`` attempts.  A formula with a
    unit looks at the sums of each unit, but for a share of units, where each sample is looked at alone.  Samples come
    in any order; time without samples, or without attempts, is available, and samples outside the period do not count.

    Raises ConfigurationError for samples that cannot stand (naive instants, negative counts, more failures than
    attempts, overlaps), AvailabilityError for samples that do not fit into the formula's units; the rest is as for
    ``availability``.

    >>> from datetime import datetime, timezone
    >>> from slaclock import Period, Sample, availability_of_samples
    >>> ten = datetime(2026, 5, 4, 10, 0, 0, tzinfo=timezone.utc)
    >>> samples = [Sample(ten, 12, 12), Sample(ten.replace(second=1), 9, 8), Sample(ten.replace(second=2), 0, 0)]
    >>> figure = availability_of_samples(Period.parse("2026-05-04", "UTC"), samples, "1s")
    >>> str(figure.unavailable), str(figure.measured), figure.percentage()
    ('0:00:01', '0:00:03', Decimal('99.998'))
    """
    terms, given, length_ = formula_of(formula), given_of((), exclusions), sample_length(every)
    check_units(terms, length_, every)
    rows = sample_rows(samples, length_, summed_unit(terms))
    ground = Ground.of(period, service, given.exclusions, terms)
    return _of_rows(ground, terms, rows, length_)


def availability_of_rates(
    period: Period,
    rates: Iterable[ErrorRate | tuple[datetime, Any]],
    every: str | timedelta,
    *,
    formula: Formula | str = "aws-s3",
    service: Calendar | None = None,
    exclusions: Iterable[Exclusion | Mapping[str, Any]] = (),
) -> Availability:
    """How available a service was in a period, from the error rate of each stretch of time.

    A rate is ``"0.25%"``, a Fraction, a Decimal, 0 or 1.  Rates cannot be added up as counts can, so ``every`` is the
    formula's unit, and a formula with a ``minimum`` of requests needs samples.  The rest is as for
    ``availability_of_samples``.

    >>> from datetime import datetime, timezone
    >>> from slaclock import ErrorRate, Period, availability_of_rates
    >>> ten = datetime(2026, 5, 4, 10, 0, tzinfo=timezone.utc)
    >>> availability_of_rates(Period.parse("2026-05-04", "UTC"), [ErrorRate(ten, "14.4%")], "5m").value
    Fraction(1999, 2000)
    """
    terms, given, length_ = formula_of(formula), given_of((), exclusions), sample_length(every)
    check_rates(terms, length_, every)
    rows = rate_rows(rates, length_, summed_unit(terms))
    ground = Ground.of(period, service, given.exclusions, terms)
    return _of_rows(ground, terms, rows, length_)


def _causes(outages: Iterable[tuple[Interval, Outage]], ground: Ground, formula: Formula) -> list[Cause]:
    """Where each outage that has a name makes the service unavailable: a unit that it touches, as a whole."""
    live, found = timeline(ground.live), []
    for (start, end), one in outages:
        pieces = live.clip(start, end) if one.name and start < end else []
        if formula.kind == "share_of_units" and formula.unit is not None:
            pieces = touched_units(pieces, span_us(formula.unit))
        found += [Cause(a, b, one.name) for a, b in pieces]
    return found


# -- what fits together ------------------------------------------------------------------------------------


def summed_unit(formula: Formula) -> int | None:
    """The unit that samples are added up by, if they are."""
    if formula.unit is None or formula.kind == "share_of_units":
        return None
    return span_us(formula.unit)


def check_units(formula: Formula, every: int, said: object) -> None:
    """Raise for samples that are longer than the unit they are added up by, or do not fill it."""
    unit = summed_unit(formula)
    if unit is not None and unit % every:
        raise AvailabilityError(f"samples of {said} do not fill units of {formula.to_dict()['unit']}", path="every",
                                value=said, example='"1s"')  # fmt: skip


def check_rates(formula: Formula, every: int, said: object) -> None:
    """Raise where a formula asks for more than rates tell."""
    if formula.minimum:
        raise AvailabilityError(f"rates do not tell of how many requests they are, and {formula.name} has a minimum",
                                path="formula", value=formula.name, example="availability_of_samples")  # fmt: skip
    unit = summed_unit(formula)
    if unit is not None and unit != every:
        raise AvailabilityError(f"rates of {said} are no rates of {formula.to_dict()['unit']}, the formula's unit",
                                path="every", value=said, example=f'"{formula.to_dict()["unit"]}"')  # fmt: skip


# -- figures -----------------------------------------------------------------------------------------------


def of_time(
    ground: Ground, formula: Formula, down: Sequence[Interval], measured: int | None, causes: Sequence[Cause] = ()
) -> Availability:
    """The figure of stretches that count as a whole."""
    lost = length(down)
    parts = [Part(start, end, WHOLE) for start, end in down]
    return figure(ground, formula, parts, Fraction(lost), lost, measured=measured, causes=causes)


def _of_rows(ground: Ground, formula: Formula, rows: Sequence[Row], every: int) -> Availability:
    covered = intervals.normalize((row.start, row.start + every) for row in rows)
    measured = length(ground.within(intervals.intersect(covered, ground.live)))
    unit = summed_unit(formula) or every
    grouped = _units(rows, unit) if summed_unit(formula) else ((row.start, [row]) for row in rows)
    if formula.kind == "mean_error_rate":
        parts, lost, unavailable = mean_parts(ground, formula, grouped, every, unit)
        return figure(ground, formula, parts, lost, unavailable, measured=measured)
    judge = judge_of(formula)
    down = [
        (start, start + unit)
        for start, inside in grouped
        if judge(sum(row.attempts for row in inside), sum(row.failures for row in inside))
    ]
    return of_time(ground, formula, counted_time(down, ground, formula), measured)


def _units(rows: Sequence[Row], unit: int) -> Iterator[tuple[int, list[Row]]]:
    """The rows of each unit of the clock."""
    for number, inside in groupby(rows, lambda row: row.start // unit):
        yield number * unit, list(inside)


def mean_parts(
    ground: Ground, formula: Formula, units: Iterable[tuple[int, Sequence[Row]]], every: int, unit: int
) -> tuple[list[Part], Fraction, int]:
    """The unavailable parts, what they take off, and their length.

    A unit's rate is what failed in the time that counts, of what was attempted in the time of which the figure is a
    share; a sample that is cut counts by the part that is left.
    """
    live, whole = timeline(ground.live), timeline(ground.whole(formula))
    parts: list[Part] = []
    for start, inside in units:
        failed = sum(row.failures * live.elapsed(row.start, row.start + every) for row in inside)
        if failed:
            attempted = sum(row.attempts * whole.elapsed(row.start, row.start + every) for row in inside)
            share = Fraction(failed, attempted)
            add_parts(parts, ground.within(whole.clip(start, start + unit)), share)
    groups: dict[int, int] = {}
    for a, b, share in parts:
        groups[share.denominator] = groups.get(share.denominator, 0) + share.numerator * (b - a)
    return parts, exact_sum(groups), length(part[:2] for part in parts)


def timeline(stretches: Sequence[Interval]) -> Timeline:
    """Some stretches as a timeline that reaches from the first to the last."""
    return Timeline(stretches, stretches[0][0], stretches[-1][1]) if stretches else Timeline((), 0, 0)


def add_parts(parts: list[Part], stretches: Iterable[Interval], share: Fraction) -> None:
    """Add stretches of one share; what touches the last part and has its share becomes part of it."""
    for start, end in stretches:
        if parts and parts[-1].end == start and parts[-1].share == share:
            parts[-1] = Part(parts[-1].start, end, share)
        else:
            parts.append(Part(start, end, share))


def exact_sum(groups: Mapping[int, int]) -> Fraction:
    """The sum of fractions: numerators by their denominators.

    A few at a time, so that most sums are of small numbers: there may be thousands of denominators.
    """
    sums = list(groups.items()) or [(1, 0)]
    while len(sums) > 1:
        sums = [_added(sums[first : first + 8]) for first in range(0, len(sums), 8)]
    return Fraction(sums[0][1], sums[0][0])


def _added(some: Sequence[tuple[int, int]]) -> tuple[int, int]:
    common = lcm(*[of for of, _ in some])
    return common, sum([number * (common // of) for of, number in some])
