"""Fees: what was paid, for what and for when, and the part of it that belongs to a billing period."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from .._instant import from_us, ordinal_wall, place, to_wall, wall_ordinal
from ..declarations import FrozenMap
from ..errors import CreditError, PeriodError, near
from ..periods import Period
from .money import parse_amount
from .schedule import Proration
from .tags import tags_from

_ITEM = 'Fee(amount="1200.00", tags={"service": "s3"})'


@dataclass(frozen=True, slots=True, init=False)
class Fee:
    """What was paid: an amount that is not negative, with ``tags`` that say for what.

    ``period`` is what it pays for, where that is not the billing period itself: a Period, or text such as ``"2026"``
    in the zone of the statement.  Raises CreditError for a float, a negative amount, and what is no amount.

    >>> from slaclock import Fee
    >>> Fee(amount="1200.00", tags={"service": "s3"}).amount
    Decimal('1200.00')
    """

    amount: Decimal
    tags: Mapping[str, str] = field(default_factory=FrozenMap)
    period: Period | str | None = None

    def __init__(
        self, *, amount: str | int | Decimal, tags: Mapping[str, str] | None = None, period: Period | str | None = None
    ) -> None:
        try:
            known = parse_amount(amount)
        except CreditError as error:
            raise CreditError(error.message, path="amount", value=error.value, example=error.example) from None
        try:
            about = tags_from(tags or {})
        except CreditError as error:
            where = f"tags.{error.path}" if error.path else "tags"
            raise CreditError(error.message, path=where, value=error.value, example=error.example) from None
        if not isinstance(period, (Period, str, type(None))):
            raise CreditError(f"not a period: {period!r}", path="period", value=period, example='"2026"')
        object.__setattr__(self, "amount", known)
        object.__setattr__(self, "tags", about)
        object.__setattr__(self, "period", period)


def fee_from(thing: object) -> Fee:
    """A fee as it comes in: one already, or its fields."""
    if isinstance(thing, Fee):
        return thing
    if not isinstance(thing, Mapping):
        raise CreditError(f"not a fee: {thing!r}", value=thing, example=_ITEM)
    for name in thing:
        if name not in Fee.__slots__:
            raise CreditError(f"unknown key {name!r}{near(name, Fee.__slots__)}", path=str(name), value=thing[name],
                              example=", ".join(Fee.__slots__))  # fmt: skip
    if "amount" not in thing:
        raise CreditError("it is required", path="amount", value=None, example='"1200.00"')
    return Fee(**thing)


def part_of(fee: Fee, period: Period, proration: Proration) -> Fraction:
    """What of a fee belongs to a billing period, exactly.

    The parts of a fee for the pieces of its own period add up to the fee.  Raises CreditError where the fee is for
    another period and nothing is said of proration, PeriodError for a text that is no period.
    """
    paid = Fraction(fee.amount)
    if fee.period is None:
        return paid
    whole = _period(fee.period, period.timezone)
    if (whole.lower, whole.upper) == (period.lower, period.upper):
        return paid
    if proration == "none":
        message = f"the fee is for {whole.name}, the statement for {period.name}, and the schedule prorates none"
        raise CreditError(message, path="period", value=whole.name, example='proration = "days"')
    lower, upper = max(whole.lower, period.lower), min(whole.upper, period.upper)
    if lower >= upper:
        return Fraction(0)
    zone = ZoneInfo(whole.timezone)
    return paid * _measure(lower, upper, zone, proration) / _measure(whole.lower, whole.upper, zone, proration)


def _period(given: Period | str, timezone: str) -> Period:
    try:
        return given if isinstance(given, Period) else Period.parse(given, timezone)
    except PeriodError as error:
        raise CreditError(error.message, path="period", value=error.value, example=error.example) from None


def _measure(lower: int, upper: int, zone: ZoneInfo, proration: Proration) -> Fraction:
    """How much a stretch counts: real time, local dates, or months that count alike however long they are."""
    if proration == "time":
        return Fraction(upper - lower)
    first, last = _begins(lower, zone), _begins(upper, zone)
    if proration == "days":
        return Fraction(last.toordinal() - first.toordinal())
    return _months_until(last) - _months_until(first)


def _begins(at: int, zone: ZoneInfo) -> date:
    """The local date that begins at an instant."""
    ordinal = wall_ordinal(to_wall(at, zone))
    if place(ordinal_wall(ordinal), zone) != at:
        raise CreditError(f"prorated by dates, and {from_us(at, zone)} is no midnight", path="period", value=at,
                          example='proration = "time"')  # fmt: skip
    return date.fromordinal(ordinal)


def _months_until(day: date) -> Fraction:
    """Months since the year 0; the days before it in its month are a part of that month."""
    return 12 * day.year + day.month + Fraction(day.day - 1, monthrange(day.year, day.month)[1])
