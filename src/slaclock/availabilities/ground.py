"""The ground of a figure: which time of a period counts, which is excluded and why, and which is no service time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .. import intervals
from .._instant import from_us, span_us, to_us
from ..calendars import BusinessCalendar, Calendar, CompositeCalendar
from ..errors import AvailabilityError, NoServiceTimeError
from ..intervals import Interval
from ..periods import Period
from .formulas import Formula
from .measured import Exclusion


class Cut(NamedTuple):
    """Service time of the period that is excluded, and all reasons for it."""

    start: int
    end: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """The time of a period, in UTC microseconds.

    ``hours`` is service time, ``live`` what is left of it by the exclusions; both reach over the period's ends, so that
    a unit or a stretch that crosses them is seen whole.  ``cuts`` lie within the period.
    """

    period: Period
    hours: Sequence[Interval]
    live: Sequence[Interval]
    cuts: Sequence[Cut]
    provisional: bool

    @classmethod
    def of(cls, period: Period, service: Calendar | None, exclusions: Iterable[Exclusion], formula: Formula) -> Ground:
        """Raises HorizonError where a calendar does not know the period, NoServiceTimeError where nothing counts."""
        if not isinstance(period, Period):
            raise AvailabilityError(f"not a Period: {period!r}", path="period", value=period,
                                    example='Period.parse("2026-05", "Europe/London")')  # fmt: skip
        margin = _margin(formula)
        window = (period.lower - margin, period.upper + margin)
        hours = [window] if service is None else _open(service, period, window, "service")
        told = [cut for one in exclusions for cut in _told(one, period, window)]
        live = intervals.subtract(hours, intervals.normalize(cut[:2] for cut in told))
        counted = intervals.clip(hours, period.lower, period.upper)
        calendars = [service, *(one.during for one in exclusions)]
        provisional = any(_is_provisional(calendar, period) for calendar in calendars if calendar is not None)
        ground = cls(period, hours, live, _cuts(told, counted), provisional)
        if not ground.total(formula):
            raise NoServiceTimeError(
                f"no service time in {period}: availability is undefined", path="period", value=str(period),
                example="a period in which the service hours are open",
            )  # fmt: skip
        return ground

    def whole(self, formula: Formula) -> Sequence[Interval]:
        """The time that the figure is a share of: excluded time is in it unless the formula leaves it out."""
        return self.hours if formula.excluded == "available" else self.live

    def total(self, formula: Formula) -> int:
        """How long that is within the period."""
        return length(self.within(self.whole(formula)))

    def within(self, stretches: Sequence[Interval]) -> list[Interval]:
        """What of some stretches lies in the period."""
        return intervals.clip(stretches, self.period.lower, self.period.upper)


def length(stretches: Iterable[Interval]) -> int:
    """The time of stretches that do not overlap."""
    return sum(end - start for start, end in stretches)


def _margin(formula: Formula) -> int:
    """How far over the period's ends must be looked, so that what crosses them is judged as what it is."""
    unit = 0 if formula.unit is None else span_us(formula.unit)
    return 2 * unit + span_us(formula.at_least)


def _open(calendar: Calendar, period: Period, window: Interval, path: str) -> list[Interval]:
    if not isinstance(calendar, (BusinessCalendar, CompositeCalendar)):
        raise AvailabilityError(
            f"not a calendar: {calendar!r}",
            path=path,
            value=calendar,
            example='BusinessCalendar(timezone="UTC", hours={"mon-fri": ["08:00-18:00"]})',
        )
    years = calendar._kept.open
    years.windows(period.lower, period.upper)  # the period must be known; what lies around it, as far as it is
    return years.within(*window)


def _told(exclusion: Exclusion, period: Period, window: Interval) -> list[tuple[int, int, str]]:
    """The stretches of an exclusion around a period."""
    if exclusion.during is not None:
        return [(a, b, exclusion.reason) for a, b in _open(exclusion.during, period, window, "exclusions")]
    assert exclusion.start is not None and exclusion.end is not None
    found = intervals.clip(intervals.normalize([(to_us(exclusion.start), to_us(exclusion.end))]), *window)
    return [(a, b, exclusion.reason) for a, b in found]


def _cuts(told: Sequence[tuple[int, int, str]], counted: Sequence[Interval]) -> list[Cut]:
    """Service time that is excluded, each moment once, with all reasons that hold for it."""
    by_reasons: dict[tuple[str, ...], list[Interval]] = {}
    holding: Counter[str] = Counter()
    edges = sorted([(start, 1, reason) for start, _, reason in told] + [(end, -1, reason) for _, end, reason in told])
    last = 0
    for at, change, reason in edges:
        reasons = tuple(sorted(+holding))
        if reasons and last < at:
            by_reasons.setdefault(reasons, []).append((last, at))
        holding[reason] += change
        last = at
    return sorted(
        Cut(start, end, reasons)
        for reasons, stretches in by_reasons.items()
        for start, end in intervals.intersect(intervals.normalize(stretches), counted)
    )


def _is_provisional(calendar: Calendar, period: Period) -> bool:
    zone = calendar._kept.zone
    return calendar.is_provisional(from_us(period.lower, zone).year, from_us(period.upper - 1, zone).year)


# -- from unavailable time to the time that counts -----------------------------------------------------------


def counted_time(down: Iterable[Interval], ground: Ground, formula: Formula) -> list[Interval]:
    """What of the unavailable time counts, within the period: after all cuts, in whole units, long enough."""
    unit = 0 if formula.unit is None else span_us(formula.unit)
    found = intervals.intersect(intervals.normalize(down), ground.live)
    if formula.kind == "share_of_units":
        found = intervals.intersect(touched_units(found, unit), ground.live)
    else:
        found = long_enough(whole_units(found, unit) if unit else found, span_us(formula.at_least))
    return ground.within(found)


def whole_units(stretches: Iterable[Interval], unit: int) -> list[Interval]:
    """The units that lie in a stretch as a whole."""
    inner = ((-(-start // unit) * unit, end // unit * unit) for start, end in stretches)
    return [(start, end) for start, end in inner if start < end]


def touched_units(stretches: Iterable[Interval], unit: int) -> list[Interval]:
    """The units that a stretch has any part of."""
    return intervals.normalize((start // unit * unit, -(-end // unit) * unit) for start, end in stretches)


def long_enough(stretches: Iterable[Interval], at_least: int) -> list[Interval]:
    """The stretches that are not shorter."""
    return [(start, end) for start, end in stretches if end - start >= at_least]


Judge = Callable[[int, int], bool]


def judge_of(formula: Formula) -> Judge:
    """Whether so many attempts and failures are unavailable."""
    least = max(formula.minimum, 1)
    if formula.errors_above is None:
        return lambda attempts, failures: attempts >= least and failures == attempts
    above, of = formula.errors_above.numerator, formula.errors_above.denominator
    return lambda attempts, failures: attempts >= least and failures * of > above * attempts
