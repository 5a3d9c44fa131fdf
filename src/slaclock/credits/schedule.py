"""CreditSchedule: what is owed when a promise was not kept, as a declaration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, ValidationError, WithJsonSchema
from pydantic_core import InitErrorDetails, PydanticCustomError

from ..calendar_parts import ZoneField
from ..declarations import Declared, FreeData, FrozenMap, declared, fault, fault_from
from ..durations import format_duration, parse_duration
from ..errors import DurationError
from .claims import CreditClaim
from .money import AmountField, CurrencyField, Rounding, ShareField, percent, plain
from .tags import WantedField

On = Literal["availability", "attainment", "breach"]
Combine = Literal["sum", "best"]
Proration = Literal["none", "time", "days", "months"]
Error = tuple[PydanticCustomError, tuple[str | int, ...], Any]


# -- tiers -------------------------------------------------------------------------------------------------


@declared
class CreditTier(Declared):
    """What a figure from ``at_least`` on and below ``below`` earns.

    The tier without ``below`` is the highest, and 100 % is in it.  ``credit`` is a share of the fees, ``amount`` a sum
    of money; a tier with neither earns nothing.
    """

    at_least: ShareField = Field(default_factory=Fraction, examples=["99%"])
    below: ShareField | None = Field(default=None, examples=["99.99%"])
    credit: ShareField | None = Field(default=None, examples=["10%"])
    amount: AmountField | None = Field(default=None, examples=["500.00"])

    if TYPE_CHECKING:  # what a person may write; the fields above are what it becomes

        def __init__(
            self,
            *,
            at_least: str = "0%",
            below: str | None = None,
            credit: str | None = None,
            amount: str | int | Decimal | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        if self.below is not None and self.below <= self.at_least:
            raise fault("empty_tier", f"no figure is at least {percent(self.at_least)} and below {percent(self.below)}",
                        '{ at_least = "99%", below = "99.99%", credit = "10%" }')  # fmt: skip
        if self.credit is not None and self.amount is not None:
            raise fault("two_credits", "a tier has a credit or an amount, not both", 'credit = "10%"')

    def __contains__(self, figure: Fraction) -> bool:
        return self.at_least <= figure and (self.below is None or figure < self.below)

    def __str__(self) -> str:
        """For people: ``"99% <= figure < 99.99%"``."""
        low = "" if not self.at_least and self.below is not None else f"{percent(self.at_least)} <= "
        high = "" if self.below is None else f" < {percent(self.below)}"
        return f"{low}figure{high}"


def _tiers(tiers: tuple[CreditTier, ...]) -> tuple[CreditTier, ...]:
    """From the highest down; raises with all that is wrong with them together."""
    places = sorted(range(len(tiers)), key=lambda i: tiers[i].at_least, reverse=True)
    errors = [*_cover_errors(tiers, places), *_order_errors(tiers, places)]
    if errors:
        raise _all_of("tiers", errors)
    return tuple(tiers[i] for i in places)


def _cover_errors(tiers: Sequence[CreditTier], places: Sequence[int]) -> Iterator[Error]:
    """Holes and overlaps between 0 and 100 %, both included."""
    if not places:
        return
    top, bottom = tiers[places[0]], tiers[places[-1]]
    if top.below is not None:
        where = "100% itself" if top.below == 1 else f"{percent(top.below)} to 100%"
        message = f"no tier holds {where}; the highest tier is written without below"
        yield fault("tier_hole", message, f'{{ at_least = "{percent(top.below)}" }}' if top.below < 1 else
                    f'{{ at_least = "{percent(top.at_least)}" }}'), (places[0], "below"), top  # fmt: skip
    if bottom.at_least > 0:
        low = percent(bottom.at_least)
        yield (fault("tier_hole", f"no tier holds 0% to {low}; the lowest tier is written without at_least",
                     f'{{ below = "{low}", credit = "100%" }}'), (places[-1], "at_least"), bottom)  # fmt: skip
    for i, j in pairwise(places):
        upper, lower = tiers[i], tiers[j]
        edge = percent(upper.at_least)
        if lower.below is None or lower.below > upper.at_least:
            end = "100%" if lower.below is None else percent(min(lower.below, upper.below or Fraction(1)))
            yield (fault("tier_overlap", f"{edge} to {end} is in two tiers, {i} and {j}", f'below = "{edge}"'),
                   (j, "below"), lower)  # fmt: skip
        elif lower.below < upper.at_least:
            yield (fault("tier_hole", f"no tier holds {percent(lower.below)} to {edge}", f'below = "{edge}"'),
                   (j, "below"), lower)  # fmt: skip


def _order_errors(tiers: Sequence[CreditTier], places: Sequence[int]) -> Iterator[Error]:
    """Amounts beside shares, and a lower figure that earns less than a higher one."""
    by_amount = {i for i in places if tiers[i].amount is not None}
    by_share = {i for i in places if tiers[i].credit}
    if by_amount and by_share:
        yield (fault("mixed_tiers", "some tiers have a credit and some an amount; which is more depends on the fee",
                     'credit = "10%"'), (min(by_amount),), tiers[min(by_amount)])  # fmt: skip
        return
    for i, j in pairwise(places):
        higher, lower = _earned(tiers[i]), _earned(tiers[j])
        if lower < higher:
            yield (fault("tier_order", f"a lower figure earns less than tier {i} gives for a higher one",
                         "tiers that give more the lower the figure"), (j,), tiers[j])  # fmt: skip


def _earned(tier: CreditTier) -> Fraction:
    return Fraction(tier.amount) if tier.amount is not None else tier.credit or Fraction(0)


def _all_of(what: str, errors: Sequence[Error]) -> ValidationError:
    lines = [InitErrorDetails(type=error, loc=loc, input=value) for error, loc, value in errors]
    return ValidationError.from_exception_data(what, lines)


# -- breaches ----------------------------------------------------------------------------------------------


class Length(int):
    """Microseconds that something is counted by."""

    __slots__ = ()


def _per(value: Any) -> Length:
    if isinstance(value, Length):
        return value
    try:
        us = parse_duration(value)
    except DurationError as error:
        raise fault_from(error) from None
    if us <= 0:
        raise fault("duration", f"nothing is counted by {value!r}", '"1h"')
    return Length(us)


_PerField = Annotated[
    Length,
    PlainValidator(_per),
    PlainSerializer(format_duration),
    WithJsonSchema({"type": "string", "examples": ["1h"]}),
]


@declared
class CreditPerBreach(Declared):
    """What each breach earns: once, or for each ``per`` of its overrun, begun or full.

    ``measure`` is what is counted: ``"overrun"``, the working time used beyond the budget, or ``"late_by"``, the real
    time after due.  ``credit`` is a share of the fees, ``amount`` a sum of money.  ``at_most`` and ``at_most_amount``
    bound what one breach earns.
    """

    per: _PerField | None = Field(default=None, examples=["1h"])
    counting: Literal["begun", "full"] = "begun"
    measure: Literal["overrun", "late_by"] = "overrun"
    credit: ShareField | None = Field(default=None, examples=["2%"])
    amount: AmountField | None = Field(default=None, examples=["50.00"])
    at_most: ShareField | None = Field(default=None, examples=["10%"])
    at_most_amount: AmountField | None = Field(default=None, examples=["500.00"])

    if TYPE_CHECKING:  # what a person may write; the fields above are what it becomes

        def __init__(
            self,
            *,
            per: str | None = None,
            counting: Literal["begun", "full"] = "begun",
            measure: Literal["overrun", "late_by"] = "overrun",
            credit: str | None = None,
            amount: str | int | Decimal | None = None,
            at_most: str | None = None,
            at_most_amount: str | int | Decimal | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        if (self.credit is None) == (self.amount is None):
            raise fault("two_credits", "a breach earns a credit or an amount: exactly one", 'credit = "2%"')

    def count(self, us: int) -> int:
        """How many times a breach counts that is over by so many microseconds."""
        if self.per is None:
            return 1
        return -(-us // self.per) if self.counting == "begun" else us // self.per


# -- rules -------------------------------------------------------------------------------------------------


@declared
class CreditRule(Declared):
    """One promise, and what is owed when it was not kept.

    ``on`` says what is looked at: an ``"availability"`` or an ``"attainment"``, whose ``tiers`` say what it earns, or
    each ``"breach"``, for which ``each`` does.  ``only`` are tags that a figure or a breach must have.  Shares are of
    the fees that have the tags ``fees`` and, for the names in ``same``, the tags of the figure itself.
    """

    key: str = Field(min_length=1, examples=["uptime"])
    on: On = Field(examples=["availability"])
    only: WantedField = Field(default_factory=FrozenMap)
    tiers: Annotated[tuple[CreditTier, ...], AfterValidator(_tiers)] = ()
    each: CreditPerBreach | None = None
    fees: WantedField = Field(default_factory=FrozenMap)
    same: tuple[str, ...] = ()
    description: str = ""

    if TYPE_CHECKING:  # what a person may write; the fields above are what it becomes

        def __init__(
            self,
            *,
            key: str,
            on: On,
            only: Mapping[str, str | Sequence[str]] = ...,
            tiers: Sequence[CreditTier | Mapping[str, Any]] = (),
            each: CreditPerBreach | Mapping[str, Any] | None = None,
            fees: Mapping[str, str | Sequence[str]] = ...,
            same: Sequence[str] = (),
            description: str = "",
        ) -> None: ...

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        if self.on == "breach" and (self.each is None or self.tiers):
            raise fault("rule", "a rule on breaches has each, and no tiers", 'each = { per = "1h", credit = "2%" }')
        if self.on != "breach" and (self.each is not None or not self.tiers):
            raise fault("rule", f"a rule on {self.on} has tiers, and not each",
                        'tiers = [{ at_least = "99.9%" }, { below = "99.9%", credit = "10%" }]')  # fmt: skip

    def tier(self, figure: Fraction) -> CreditTier:
        """The tier of a figure from 0 to 1."""
        return next(tier for tier in self.tiers if figure >= tier.at_least)


def _rules(rules: tuple[CreditRule, ...]) -> tuple[CreditRule, ...]:
    keys = [rule.key for rule in rules]
    double: list[Error] = [
        (fault("double", f"{key!r} is given twice", repr(f"{key}-2")), (i, "key"), key)
        for i, key in enumerate(keys)
        if key in keys[:i]
    ]
    if double:
        raise _all_of("rules", double)
    return rules


# -- bounds ------------------------------------------------------------------------------------------------


@declared
class CreditCap(Declared):
    """The most that is owed for a month or a year: a ``share`` of the fees, or an ``amount``.

    ``of``: ``"statement"``, all lines against all fees, or (per month) ``"base"``, the lines that belong to the same
    fees against these.  A share per year is of ``yearly_fees``.  What a cap has beyond whole minor units is cut off.
    """

    per: Literal["month", "year"] = Field(examples=["month"])
    of: Literal["statement", "base"] = "statement"
    share: ShareField | None = Field(default=None, examples=["50%"])
    amount: AmountField | None = Field(default=None, examples=["10000.00"])

    if TYPE_CHECKING:  # what a person may write; the fields above are what it becomes

        def __init__(
            self,
            *,
            per: Literal["month", "year"],
            of: Literal["statement", "base"] = "statement",
            share: str | None = None,
            amount: str | int | Decimal | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        if (self.share is None) == (self.amount is None):
            raise fault("cap", "a cap is a share or an amount: exactly one", 'share = "50%"')
        if self.per == "year" and self.of == "base":
            raise fault("cap", "a cap per year is of the statement", 'per = "month", of = "base"')

    def __str__(self) -> str:
        whose = ("of the fees" if self.of == "statement" else "of the same fees") if self.share is not None else ""
        size = percent(self.share) if self.share is not None else plain(self.amount or Decimal(0))
        return " ".join(filter(None, (size, whose, f"per {self.per}")))


@declared
class CreditMinimum(Declared):
    """Below which no credit is given: an amount that must be reached, or one that must be exceeded."""

    at_least: AmountField | None = Field(default=None, examples=["5.00"])
    more_than: AmountField | None = Field(default=None, examples=["1.00"])

    if TYPE_CHECKING:  # what a person may write; the fields above are what it becomes

        def __init__(
            self, *, at_least: str | int | Decimal | None = None, more_than: str | int | Decimal | None = None
        ) -> None: ...

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        if (self.at_least is None) == (self.more_than is None):
            raise fault("minimum", "a minimum is at_least or more_than: exactly one", '{ more_than = "1.00" }')

    def reached(self, amount: Fraction) -> bool:
        """Whether an amount is given at all."""
        return amount >= self.at_least if self.at_least is not None else amount > (self.more_than or 0)

    def __str__(self) -> str:
        if self.at_least is not None:
            return f"at least {plain(self.at_least)}"
        return f"more than {plain(self.more_than or Decimal(0))}"


_MONTH_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


def _year_begins(value: Any) -> str:
    match = _MONTH_DAY.fullmatch(value) if isinstance(value, str) else None
    try:
        date(2025, int(match[1]), int(match[2])) if match else date(0, 0, 0)  # a year without 29 February
    except ValueError:
        raise fault("month_day", f"not a month and a day that every year has: {value!r}", '"04-01"') from None
    return str(value)


_YearBegins = Annotated[
    str,
    PlainValidator(_year_begins),
    WithJsonSchema({"type": "string", "pattern": _MONTH_DAY.pattern, "examples": ["04-01"]}),
]


# -- the schedule ------------------------------------------------------------------------------------------


@declared
class CreditSchedule(Declared):
    """What is owed when promises were not kept: rules, caps, a minimum, rounding, the deadline for claims.

    Several rules that are shares of the same fees are added up (``combine = "sum"``) or the one that gives most counts
    (``"best"``).  ``proration`` says what part of a fee for another period belongs to the billing period.

    Raises ConfigurationError with all problems of the document at once.

    >>> from slaclock import CreditSchedule
    >>> schedule = CreditSchedule.from_toml('''
    ... schema = 1
    ... semantics = 1
    ... name = "hosting"
    ... currency = "EUR"
    ... rounding = "half_up"
    ... [[rules]]
    ... key = "uptime"
    ... on = "availability"
    ... tiers = [
    ...     { at_least = "99.9%" },
    ...     { at_least = "99%", below = "99.9%", credit = "10%" },
    ...     { below = "99%", credit = "25%" },
    ... ]
    ... ''')
    >>> [str(tier) for tier in schedule.rules[0].tiers]
    ['99.9% <= figure', '99% <= figure < 99.9%', 'figure < 99%']
    """

    _stamps: ClassVar[Mapping[str, int]] = {"schema": 1, "semantics": 1}

    schema: Literal[1] = 1
    semantics: Literal[1] = 1
    name: str = Field(min_length=1, examples=["hosting"])
    title: str = ""
    description: str = ""
    source: str = ""
    currency: CurrencyField = Field(examples=["EUR"])
    rounding: Rounding = Field(examples=["half_up"])
    timezone: ZoneField = "UTC"
    combine: Combine = "sum"
    proration: Proration = "none"
    year_begins: _YearBegins = "01-01"
    rules: Annotated[tuple[CreditRule, ...], AfterValidator(_rules)] = Field(
        min_length=1, examples=['[{ key = "uptime", on = "availability", tiers = [...] }]']
    )
    caps: tuple[CreditCap, ...] = ()
    minimum: CreditMinimum | None = None
    claim: CreditClaim | None = None
    notes: FreeData = Field(default_factory=FrozenMap)

    if TYPE_CHECKING:  # what a person may write; the fields above are what it becomes

        def __init__(
            self,
            *,
            schema: Literal[1] = 1,
            semantics: Literal[1] = 1,
            name: str,
            title: str = "",
            description: str = "",
            source: str = "",
            currency: str,
            rounding: Rounding,
            timezone: str | ZoneInfo = "UTC",
            combine: Combine = "sum",
            proration: Proration = "none",
            year_begins: str = "01-01",
            rules: Sequence[CreditRule | Mapping[str, Any]],
            caps: Sequence[CreditCap | Mapping[str, Any]] = (),
            minimum: CreditMinimum | Mapping[str, Any] | None = None,
            claim: CreditClaim | Mapping[str, Any] | None = None,
            notes: Mapping[str, Any] = ...,
        ) -> None: ...

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        errors = [*self._cap_errors()]
        if errors:
            raise _all_of("CreditSchedule", errors)

    def _cap_errors(self) -> Iterator[Error]:
        """Caps under which the minimum is never reached."""
        for i, cap in enumerate(self.caps):
            if self.minimum is not None and cap.amount is not None and not self.minimum.reached(Fraction(cap.amount)):
                message = (
                    f"under a cap of {plain(cap.amount)} no credit is {self.minimum}, the minimum: none is ever given"
                )
                yield fault("cap_below_minimum", message, 'amount = "10000.00"'), ("caps", i, "amount"), cap.amount

    def rule(self, key: str) -> CreditRule:
        """The rule of a key; raises KeyError where there is none."""
        return {rule.key: rule for rule in self.rules}[key]
