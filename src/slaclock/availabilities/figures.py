"""Availability: a figure, the seconds behind it, and the parts of which it is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from .. import intervals
from .._instant import MICROSECOND, SECOND, from_us, span_us
from ..durations import format_duration
from ..errors import AvailabilityError
from ..periods import Period
from .formulas import Formula
from .ground import Cut, Ground, length


@dataclass(frozen=True, slots=True, kw_only=True)
class UnavailablePart:
    """A stretch that counts as unavailable, after all cuts.

    ``share`` is how much of it counts: all, or the error rate of the unit it lies in.  ``names`` are those of the
    outages behind it.
    """

    start: datetime
    end: datetime
    length: timedelta
    share: Fraction
    names: tuple[str, ...]

    @property
    def lost(self) -> Fraction:
        """The seconds that it takes off."""
        return self.share * Fraction(span_us(self.length), SECOND)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedPart:
    """A stretch of service time that is excluded, with all reasons for it."""

    start: datetime
    end: datetime
    length: timedelta
    reasons: tuple[str, ...]


class Part(NamedTuple):
    """An unavailable stretch in integers, and its share."""

    start: int
    end: int
    share: Fraction


class Cause(NamedTuple):
    """Where an outage makes the service unavailable, and its name."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Availability:
    """The availability of a period: ``value`` is exact, 1 less ``lost`` divided by the seconds of ``total``.

    ``service``, ``excluded`` and ``outside`` (no service hours) add up to the period's length.  ``total`` is what the
    figure is a share of: the service time, with what is excluded or, if the formula leaves that out, without.
    ``unavailable`` is the length of all ``parts``; ``lost`` are the seconds that they count for.  ``measured`` is how
    much of the service time samples tell of; the rest counts as available.  None where outages were given.
    ``provisional``: a calendar used holidays that are not published yet.

    ``parts`` and ``exclusions`` are the evidence: each unavailable and each excluded stretch.
    """

    period: Period
    value: Fraction
    formula: str
    terms: Formula
    total: timedelta
    lost: Fraction
    unavailable: timedelta
    service: timedelta
    excluded: timedelta
    outside: timedelta
    measured: timedelta | None
    provisional: bool
    _parts: Iterable[Part] = field(compare=False)
    _causes: Sequence[Cause] = field(compare=False)
    _cuts: Sequence[Cut]

    def percentage(self, places: int = 3) -> Decimal:
        """The value in percent for people, rounded down: it shows 100 only where it is 1.

        Raises AvailabilityError for a number of places that is none.

        >>> from slaclock import Outage, Period, availability
        >>> may = Period.parse("2026-05", "UTC")
        >>> figure = availability(may, [Outage(start="2026-05-04T10:00:00Z", end="2026-05-04T10:00:00.001Z")])
        >>> figure.percentage(), figure.percentage(places=12)
        (Decimal('99.999'), Decimal('99.999999962664'))
        """
        if not isinstance(places, int) or isinstance(places, bool) or not 0 <= places <= 30:
            raise AvailabilityError(f"not a number of places from 0 to 30: {places!r}", path="places", value=places,
                                    example="places=3")  # fmt: skip
        whole, rest = divmod(self.value.numerator * 100 * 10**places // self.value.denominator, 10**places)
        return Decimal(f"{whole}.{rest:0{places}}" if places else whole)  # arithmetic would round by the context

    @property
    def parts(self) -> tuple[UnavailablePart, ...]:
        """Every stretch that counts as unavailable, in order; their ``lost`` add up to the figure's."""
        zone, parts = ZoneInfo(self.period.timezone), list(self._parts)
        return tuple(
            UnavailablePart(start=from_us(start, zone), end=from_us(end, zone), length=(end - start) * MICROSECOND,
                            share=share, names=names)
            for (start, end, share), names in zip(parts, _names(parts, self._causes), strict=True)
        )  # fmt: skip

    @property
    def exclusions(self) -> tuple[ExcludedPart, ...]:
        """Every stretch of service time that is excluded, in order; their lengths add up to ``excluded``."""
        zone = ZoneInfo(self.period.timezone)
        return tuple(
            ExcludedPart(start=from_us(start, zone), end=from_us(end, zone), length=(end - start) * MICROSECOND,
                         reasons=reasons)
            for start, end, reasons in self._cuts
        )  # fmt: skip

    @property
    def by_reason(self) -> Mapping[tuple[str, ...], timedelta]:
        """The excluded time by the reasons that hold for it together."""
        found: dict[tuple[str, ...], timedelta] = {}
        for start, end, reasons in self._cuts:
            found[reasons] = found.get(reasons, timedelta(0)) + (end - start) * MICROSECOND
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain data (what JSON can say), with the parts: amounts of time and fractions as text, both exact."""
        return {
            "period": {"name": self.period.name, "start": self.period.start.isoformat(),
                       "end": self.period.end.isoformat(), "timezone": self.period.timezone},
            "value": _exact(self.value),
            "percentage": str(self.percentage()),
            "formula": self.terms.to_dict(),
            "total": _text(self.total),
            "lost": _exact(self.lost),
            "unavailable": _text(self.unavailable),
            "service": _text(self.service),
            "excluded": _text(self.excluded),
            "outside": _text(self.outside),
            "measured": None if self.measured is None else _text(self.measured),
            "provisional": self.provisional,
            "parts": [
                {"start": part.start.isoformat(), "end": part.end.isoformat(), "length": _text(part.length),
                 "share": _exact(part.share), "names": list(part.names)}
                for part in self.parts
            ],
            "exclusions": [
                {"start": part.start.isoformat(), "end": part.end.isoformat(), "length": _text(part.length),
                 "reasons": list(part.reasons)}
                for part in self.exclusions
            ],
        }  # fmt: skip

    def __repr__(self) -> str:
        """The value in percent: a mean of many rates may have more digits than Python writes out."""
        return f"Availability({self.period}, {self.percentage()} % by {self.formula})"


def figure(
    ground: Ground, formula: Formula, parts: Iterable[Part], lost: Fraction, unavailable: int,
    *, measured: int | None, causes: Sequence[Cause] = (),
) -> Availability:  # fmt: skip
    """The figure of a period of which so much, in microseconds, is lost."""
    period, total = ground.period, ground.total(formula)
    return Availability(
        period=period, value=1 - lost / total, formula=formula.name, terms=formula, total=total * MICROSECOND,
        lost=lost / SECOND, unavailable=unavailable * MICROSECOND,
        service=length(ground.within(ground.live)) * MICROSECOND,
        excluded=length(cut[:2] for cut in ground.cuts) * MICROSECOND,
        outside=length(intervals.subtract([(period.lower, period.upper)], ground.hours)) * MICROSECOND,
        measured=None if measured is None else measured * MICROSECOND, provisional=ground.provisional,
        _parts=parts, _causes=causes, _cuts=tuple(ground.cuts),
    )  # fmt: skip


def _names(parts: Sequence[Part], causes: Sequence[Cause]) -> Iterator[tuple[str, ...]]:
    """For each part, in order, the names of its causes."""
    coming = sorted(causes, reverse=True)
    near: list[Cause] = []
    for start, end, _ in parts:
        while coming and coming[-1].start < end:
            near.append(coming.pop())
        near = [cause for cause in near if cause.end > start]
        yield tuple(dict.fromkeys(cause.name for cause in near))


def _text(amount: timedelta) -> str:
    return format_duration(span_us(amount))


def _exact(share: Fraction) -> str:
    """A fraction in full, however many digits it has: ``str`` stops at a few thousand."""
    numbers = [share.numerator] if share.denominator == 1 else [share.numerator, share.denominator]
    return "/".join(f"{Decimal(number):f}" for number in numbers)
