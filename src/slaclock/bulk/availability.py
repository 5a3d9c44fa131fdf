"""Availability out of columns: what samples and rates come to one by one, for millions of them (R-7).

Rows are read once, in chunks that stay in the cache.  What they leave behind, stretches and sums of units, is usually
little; it becomes a figure in the room that makes figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from fractions import Fraction
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from .._instant import span_us
from ..availabilities.figures import Availability, Part, figure
from ..availabilities.formulas import Formula, formula_of
from ..availabilities.ground import Ground
from ..availabilities.measured import Exclusion, given_of, sample_length
from ..availabilities.measuring import WHOLE, add_parts, check_rates, check_units, exact_sum, summed_unit, timeline
from ..calendars import Calendar
from ..errors import AvailabilityError
from ..intervals import Interval
from ..periods import Period
from . import columns
from .libraries import MOST
from .lines import ArrayLine, Bools, Int64s, chunks
from .samples import NOTHING, Rows, rows_of


def availability_of_samples(
    period: Period, start: Any, attempts: Any, failures: Any, every: str | timedelta, *,
    formula: Formula | str = "share_of_time", service: Calendar | None = None,
    exclusions: Iterable[Exclusion | Mapping[str, Any]] = (), zone: str | ZoneInfo | None = None,
) -> Availability:  # fmt: skip
    """What ``slaclock.availability_of_samples`` answers, from columns.

    ``start`` is a column of instants, ``attempts`` and ``failures`` are columns of whole numbers.  ``zone`` says where
    a naive column is from.  Rows come in any order.  Rows that cannot stand raise RowsError, which tells them by
    number.

    >>> import numpy as np
    >>> from slaclock import Period, bulk
    >>> start = np.array(["2026-05-04T10:00:00", "2026-05-04T10:00:01", "2026-05-04T10:00:02"], "M8[s]")
    >>> attempts, failures = np.array([12, 9, 0]), np.array([12, 8, 0])
    >>> day = Period.parse("2026-05-04", "UTC")
    >>> figure = bulk.availability_of_samples(day, start, attempts, failures, "1s", zone="UTC")
    >>> str(figure.unavailable), figure.percentage()
    ('0:00:01', Decimal('99.998'))
    """
    terms, given, length = formula_of(formula), given_of((), exclusions), sample_length(every)
    check_units(terms, length, every)
    columns.library(attempts, "attempts")  # a number would stand for all rows
    rows = rows_of(start, attempts, failures, length, summed_unit(terms), zone, "failures")
    return _figure(Ground.of(period, service, given.exclusions, terms), terms, rows)


def availability_of_rates(
    period: Period, start: Any, rates: Any, of: int, every: str | timedelta, *,
    formula: Formula | str = "aws-s3", service: Calendar | None = None,
    exclusions: Iterable[Exclusion | Mapping[str, Any]] = (), zone: str | ZoneInfo | None = None,
) -> Availability:  # fmt: skip
    """What ``slaclock.availability_of_rates`` answers, from columns.

    ``rates`` is a column of whole numbers: so many parts ``of`` a whole.  25 of 10,000 are a quarter of one per cent.
    The rest is as for ``availability_of_samples``.

    >>> import numpy as np
    >>> from slaclock import Period, bulk
    >>> start = np.array(["2026-05-04T10:00"], "M8[s]")
    >>> bulk.availability_of_rates(
    ...     Period.parse("2026-05-04", "UTC"), start, np.array([144]), 1000, "5m", zone="UTC"
    ... ).value
    Fraction(1999, 2000)
    """
    terms, given, length = formula_of(formula), given_of((), exclusions), sample_length(every)
    check_rates(terms, length, every)
    if not isinstance(of, int) or isinstance(of, bool) or not 0 < of <= MOST:
        raise AvailabilityError(f"not a number of parts: {of!r}", path="of", value=of, example="of=10_000")
    rows = rows_of(start, of, rates, length, summed_unit(terms), zone, "rates")
    return _figure(Ground.of(period, service, given.exclusions, terms), terms, rows)


# -- figures -----------------------------------------------------------------------------------------------


def _figure(ground: Ground, formula: Formula, rows: Rows) -> Availability:
    measured = _length(*rows.covered(), ArrayLine(timeline(ground.within(ground.live))))
    if formula.kind == "mean_error_rate":
        parts, lost, unavailable = mean_parts(ground, formula, rows)
        return figure(ground, formula, parts, lost, unavailable, measured=measured)
    unit = summed_unit(formula)
    if unit is None or unit == rows.every:
        down = rows.start[judged(rows.attempts, rows.failures, formula)]
    else:
        starts, attempts, failures = _sums(rows, unit)
        down = starts[judged(attempts, failures, formula)]
    starts, ends = counted(down, down + (unit or rows.every), ground, formula)
    unavailable = int((ends - starts).sum())
    return figure(ground, formula, _Stretches(starts, ends), Fraction(unavailable), unavailable, measured=measured)


def _length(starts: Int64s, ends: Int64s, line: ArrayLine) -> int:
    """How much of some stretches is open."""
    return int((line.works(ends) - line.works(starts)).sum())


def judged(attempts: Any, failures: Any, formula: Formula) -> Int64s:
    """The rows that are unavailable."""
    rows = failing(failures)
    tried, failed = attempts[rows], failures[rows]
    if formula.errors_above is None:
        bad = failed == tried
    else:
        above, of = formula.errors_above.numerator, formula.errors_above.denominator
        if len(rows) and int(tried.max()) * of > MOST:
            tried, failed = tried.astype(object), failed.astype(object)
        bad = (failed * of > above * tried).astype(bool)
    kept: Int64s = rows[bad & (tried >= formula.minimum).astype(bool)]
    return kept


def failing(failures: Any) -> Int64s:
    """The rows in which something failed."""
    found = []
    for part in chunks(len(failures)):
        some = failures[part] != 0
        if some.any():
            found.append(np.flatnonzero(some) + part.start)
    return np.concatenate(found) if found else NOTHING


def _sums(rows: Rows, unit: int) -> tuple[Int64s, Any, Any]:
    """The beginning of each unit that has rows, and what was attempted and failed in it."""
    if not len(rows.start):
        return NOTHING, NOTHING, NOTHING
    if len(rows.runs) == 1:  # no row is missing, nor is a unit
        units = np.arange(rows.start[0] // unit, rows.start[-1] // unit + 1) * unit
        first = rows.first_from(units)
    else:
        units = rows.start // unit
        first = _firsts(units)
        units = units[first] * unit
    most = rows.most * (unit // rows.every)
    attempts, failures = (np.add.reduceat(_wide(column, most), first) for column in (rows.attempts, rows.failures))
    return units, attempts, failures


def _firsts(numbers: Int64s) -> Int64s:
    """The first row of each number, where equal ones follow each other."""
    later = np.flatnonzero(numbers[1:] != numbers[:-1]) + 1
    return np.concatenate([np.zeros(min(len(numbers), 1), np.int64), later])


# -- from unavailable time to the time that counts -----------------------------------------------------------


def counted(starts: Int64s, ends: Int64s, ground: Ground, formula: Formula) -> tuple[Int64s, Int64s]:
    """What of the unavailable time counts, within the period; the stretches come in order and do not overlap."""
    unit = 0 if formula.unit is None else span_us(formula.unit)
    starts, ends = _common(*_merged(starts, ends), ground.live)
    if formula.kind == "share_of_units":
        starts, ends = _common(*_merged(starts // unit * unit, -(-ends // unit) * unit), ground.live)
    elif unit:
        starts, ends = -(-starts // unit) * unit, ends // unit * unit
        starts, ends = _kept(starts < ends, starts, ends)
    starts, ends = _kept(ends - starts >= span_us(formula.at_least), starts, ends)
    return _common(starts, ends, [(ground.period.lower, ground.period.upper)])


def _kept(which: Bools, starts: Int64s, ends: Int64s) -> tuple[Int64s, Int64s]:
    return starts[which], ends[which]


def _merged(starts: Int64s, ends: Int64s) -> tuple[Int64s, Int64s]:
    """Stretches in order, with what touches or overlaps as one."""
    if not len(starts):
        return starts, ends
    fresh = np.flatnonzero(starts[1:] > ends[:-1]) + 1
    return starts[np.concatenate([[0], fresh])], ends[np.concatenate([fresh - 1, [len(ends) - 1]])]


def _common(starts: Int64s, ends: Int64s, others: Sequence[Interval]) -> tuple[Int64s, Int64s]:
    """What lies both in some stretches and in others."""
    return _shared(starts, ends, others)[1:]


def _shared(starts: Int64s, ends: Int64s, others: Sequence[Interval]) -> tuple[Int64s, Int64s, Int64s]:
    """The same, with the number of the stretch that each piece is of."""
    begins, finishes = np.array(others, np.int64).reshape(-1, 2).T
    first = np.searchsorted(finishes, starts, side="right")
    count = np.searchsorted(begins, ends, side="left") - first
    row = np.repeat(np.arange(len(starts)), count)
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + first[row]
    return row, np.maximum(starts[row], begins[place]), np.minimum(ends[row], finishes[place])


class _Stretches:
    """Unavailable stretches as columns, which become parts when they are looked at."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, starts: Int64s, ends: Int64s) -> None:
        self._starts, self._ends = starts, ends

    def __iter__(self) -> Iterator[Part]:
        for start, end in zip(self._starts.tolist(), self._ends.tolist(), strict=True):
            yield Part(start, end, WHOLE)


# -- means -------------------------------------------------------------------------------------------------


class _Rates(NamedTuple):
    """Units in which something failed: their beginnings, and what was attempted and failed, times microseconds."""

    start: Int64s
    attempts: Any
    failures: Any


def mean_parts(ground: Ground, formula: Formula, rows: Rows) -> tuple[Iterable[Part], Fraction, int]:
    """The unavailable parts, what they take off, and their length, of a mean of error rates."""
    unit = summed_unit(formula)
    assert unit is not None
    whole = ground.whole(formula)
    units, failures = _failed(rows, ground.live, unit)
    rates = _Rates(units, _attempted(rows, units, whole, unit), failures)
    stretches = ground.within(whole)
    line = ArrayLine(timeline(stretches))
    lengths = line.works(units + unit) - line.works(units)
    return _Rated(rates, stretches, unit), _lost(rates, lengths, unit), int(lengths.sum())


def _wide(counts: Any, most: int) -> Any:
    """Counts that are to be multiplied and added up to so much, in numbers that hold it."""
    return counts.astype(object) if most > MOST else counts


def _failed(rows: Rows, live: Sequence[Interval], unit: int) -> tuple[Int64s, Any]:
    """The units in which something failed in the time that counts, and how much."""
    bad = failing(rows.failures)
    start, line = rows.start[bad], ArrayLine(timeline(live))
    weight = line.works(start + rows.every) - line.works(start)
    bad, start, weight = bad[weight > 0], start[weight > 0], weight[weight > 0]
    failed = _wide(rows.failures[bad], rows.most * unit) * weight
    first = _firsts(start // unit)
    return start[first] // unit * unit, np.add.reduceat(failed, first) if len(first) else failed


def _attempted(rows: Rows, units: Int64s, whole: Sequence[Interval], unit: int) -> Any:
    """What was attempted in units in the time of which the figure is a share."""
    every, attempts = rows.every, _wide(rows.attempts, rows.most * unit)
    total = np.zeros(len(units), attempts.dtype)
    which, begins, ends = _shared(units, units + unit, whole)
    first, last = rows.first_from(begins), rows.first_from(ends - every + 1)
    some = first < last
    if some.any():
        # What is added up is, by turns, the rows of a piece, and those between it and the next piece.
        places = np.stack([first[some], last[some]], axis=1).reshape(-1)
        sums = np.add.reduceat(attempts, places[:-1] if places[-1] == len(attempts) else places)[::2]
        np.add.at(total, which[some], sums * every)
    _add_cut(total, rows, attempts, units, whole, unit)
    return total


def _add_cut(total: Any, rows: Rows, attempts: Any, units: Int64s, whole: Sequence[Interval], unit: int) -> None:
    """Add the rows that an edge cuts, which no piece holds: the part of them that counts."""
    edges, start = np.unique(np.array(whole, np.int64)), rows.start
    before = rows.first_from(edges) - 1
    before, edges = before[before >= 0], edges[before >= 0]
    cut = np.unique(before[start[before] + rows.every > edges])
    own = start[cut] // unit * unit
    place = np.searchsorted(units, own)
    there = np.isin(own, units)
    cut, place = cut[there], place[there]
    line = ArrayLine(timeline(whole))
    np.add.at(total, place, attempts[cut] * (line.works(start[cut] + rows.every) - line.works(start[cut])))


def _lost(rates: _Rates, lengths: Int64s, unit: int) -> Fraction:
    """The sum of rates times lengths; the rates of whole units are added up first, by their attempts."""
    _, tried, failed = rates
    whole = (lengths == unit) & (tried.dtype != object)
    groups: dict[int, int] = {}
    for a, f, length in zip(tried[~whole].tolist(), failed[~whole].tolist(), lengths[~whole].tolist(), strict=True):
        groups[a] = groups.get(a, 0) + f * length
    return unit * _sum_of_rates(tried[whole], failed[whole]) + exact_sum(groups)


def _sum_of_rates(tried: Any, failed: Any) -> Fraction:
    """The sum of many fractions; those of one denominator are added up as a column."""
    if not len(tried):
        return Fraction(0)
    common = np.gcd(np.gcd.reduce(tried), np.gcd.reduce(failed))
    of, which = np.unique(tried // common, return_inverse=True)
    number = np.zeros(len(of), np.int64 if int(failed.max()) <= MOST // len(failed) else object)
    np.add.at(number, which, failed // common)
    return exact_sum(dict(zip(of.tolist(), number.tolist(), strict=True)))


class _Rated:
    """Units with their rates as columns, which become parts when they are looked at."""

    __slots__ = ("_rates", "_stretches", "_unit")

    def __init__(self, rates: _Rates, stretches: Sequence[Interval], unit: int) -> None:
        self._rates, self._stretches, self._unit = rates, stretches, unit

    def __iter__(self) -> Iterator[Part]:
        line, made = timeline(self._stretches), list[Part]()
        for start, tried, failed in zip(*(column.tolist() for column in self._rates), strict=True):
            add_parts(made, line.clip(start, start + self._unit), Fraction(failed, tried))
        return iter(made)
