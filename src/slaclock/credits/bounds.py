"""Caps per month and per year: how much room each has left, and how what is beyond it is taken from the lines."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Protocol
from zoneinfo import ZoneInfo

from .._instant import DAY, ordinal_wall, place, to_wall, wall_ordinal
from ..errors import CreditError
from ..periods import Period
from .money import digits_of, parse_amount
from .schedule import CreditCap, CreditSchedule
from .statements import AppliedCap, Statement

_EXAMPLE = "earlier=[april, march]"


class Cappable(Protocol):
    """A line on the way: the fees it belongs to, and what is left of it."""

    fees: str
    capped: Fraction


class Bounds:
    """The caps of a schedule for one period, with what earlier statements used of them."""

    def __init__(
        self,
        schedule: CreditSchedule,
        period: Period,
        earlier: Sequence[Statement],
        yearly_fees: str | int | Decimal | None,
        replaces: Statement | None,
    ) -> None:
        self._schedule, self._period = schedule, period
        self._scale = 10 ** digits_of(schedule.currency)
        _check(earlier, schedule, period, replaces)
        self._months = [one for one in earlier if _month(one.period) == _month(period)]
        self._years = [one for one in earlier if self._year(one.period) == self._year(period)]
        self._yearly_fees = None if yearly_fees is None else _yearly(yearly_fees)
        if any(cap.per == "month" for cap in schedule.caps):
            self._check_length()

    @property
    def digests(self) -> tuple[str, ...]:
        """Of the earlier statements that the caps look at."""
        per = {cap.per for cap in self._schedule.caps}
        looked_at = [*(self._years if "year" in per else ()), *(self._months if "month" in per else ())]
        return tuple(sorted({one.digest() for one in looked_at}))

    def apply(self, lines: Sequence[Cappable], fees: Mapping[str, Fraction], all_fees: Fraction) -> list[AppliedCap]:
        """Take what is beyond the caps from the lines, in proportion: of the same fees first, then month, then year.

        ``fees`` are the sums of the fees that lines belong to; lines that belong to none have no cap of their share.
        """
        applied = []
        for i, cap in sorted(enumerate(self._schedule.caps), key=lambda item: _ORDER[item[1].per, item[1].of]):
            for base, mine in self._groups(cap, lines):
                if base == "" and cap.share is not None:
                    continue
                size = self._size(i, cap, all_fees if base is None else fees[base])
                used = sum((self._used(one, cap, base) for one in self._before(cap)), Fraction(0))
                room = max(Fraction(size * self._scale // 1, self._scale) - used, Fraction(0))
                applied.append(_taken(cap, base or "", room, mine))
        return applied

    def _groups(self, cap: CreditCap, lines: Sequence[Cappable]) -> Iterator[tuple[str | None, list[Cappable]]]:
        if cap.of == "statement":
            yield None, list(lines)
            return
        for base in dict.fromkeys(line.fees for line in lines):
            yield base, [line for line in lines if line.fees == base]

    def _size(self, i: int, cap: CreditCap, fees: Fraction) -> Fraction:
        if cap.amount is not None:
            return Fraction(cap.amount)
        assert cap.share is not None  # it has one of the two
        if cap.per == "month":
            return cap.share * fees
        if self._yearly_fees is None:
            raise CreditError(f"caps[{i}] is a share of the fees of a year, and these are not given",
                              path="yearly_fees", value=str(cap), example='yearly_fees="14400.00"')  # fmt: skip
        return cap.share * Fraction(self._yearly_fees)

    def _before(self, cap: CreditCap) -> list[Statement]:
        return self._years if cap.per == "year" else self._months

    def _used(self, one: Statement, cap: CreditCap, base: str | None) -> Fraction:
        if cap.of == "statement":
            return Fraction(one.minor, self._scale)
        return Fraction(sum(line.minor for line in one.lines if line.fees == base), self._scale)

    def _year(self, period: Period) -> int:
        """The year that a period belongs to, by the local date on which it starts."""
        day = _date(period)
        month, dom = map(int, self._schedule.year_begins.split("-"))
        return day.year if (day.month, day.day) >= (month, dom) else day.year - 1

    def _check_length(self) -> None:
        from dateutil.relativedelta import relativedelta

        zone = ZoneInfo(self._period.timezone)
        wall, after = to_wall(self._period.lower, zone), _date(self._period) + relativedelta(months=1)
        if self._period.upper > place(ordinal_wall(after.toordinal()) + wall % DAY, zone):
            raise CreditError("a cap per month needs a statement for each month, and the period is longer",
                              path="period", value=self._period.name, example="period.months()")  # fmt: skip


_ORDER = {("month", "base"): 0, ("month", "statement"): 1, ("year", "statement"): 2}


def _taken(cap: CreditCap, base: str, room: Fraction, lines: Sequence[Cappable]) -> AppliedCap:
    before = sum((line.capped for line in lines), Fraction(0))
    after = min(before, room)
    if after < before:
        for line in lines:
            line.capped = line.capped * after / before
    return AppliedCap(cap=str(cap), fees=base, room=room, before=before, after=after)


def _check(earlier: Sequence[object], schedule: CreditSchedule, period: Period, replaces: Statement | None) -> None:
    """Earlier statements are of this currency and other periods, and none stands beside the one that replaced it."""
    replaced = {one.replaces for one in earlier if isinstance(one, Statement)} - {None}
    if replaces is not None:
        replaced.add(replaces.digest())
    for i, one in enumerate(earlier):
        why = _wrong(one, schedule, period, replaced)
        if why:
            raise CreditError(why, path=f"earlier[{i}]", value=one, example=_EXAMPLE)


def _wrong(one: object, schedule: CreditSchedule, period: Period, replaced: Collection[str | None]) -> str:
    if not isinstance(one, Statement):
        return f"not a statement: {one!r}"
    if one.currency != schedule.currency:
        return f"it is in {one.currency}, the schedule in {schedule.currency}"
    if one.digest() in replaced:
        return "another statement replaces it"
    if one.period.lower < period.upper and period.lower < one.period.upper:
        return f"its period {one.period.name} overlaps {period.name}; one that is corrected goes to replaces"
    return ""


def _yearly(amount: str | int | Decimal) -> Decimal:
    try:
        return parse_amount(amount)
    except CreditError as error:
        raise CreditError(error.message, path="yearly_fees", value=error.value, example=error.example) from None


def _date(period: Period) -> date:
    return date.fromordinal(wall_ordinal(to_wall(period.lower, ZoneInfo(period.timezone))))


def _month(period: Period) -> tuple[int, int]:
    day = _date(period)
    return day.year, day.month
