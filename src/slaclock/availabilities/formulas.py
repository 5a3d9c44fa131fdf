"""Formula: how a figure of availability is made of what was measured, as a declaration; and the published ones."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema

from .._instant import HOUR, MICROSECOND, span_us
from ..declarations import Declared, declared, fault, fault_from
from ..durations import format_duration, parse_duration
from ..errors import AvailabilityError, DurationError, near

Method = Literal["share_of_time", "share_of_units", "mean_error_rate"]
Excluded = Literal["available", "left_out"]
_PLACES = 12


# -- shares and lengths, as they come in -------------------------------------------------------------------


def parse_share(value: object) -> Fraction | None:
    """A share from 0 to 1 out of ``"0.25%"``, ``"1/400"``, a Fraction, a Decimal, 0 or 1; None for anything else.

    A float is anything else: it is another number than the one that was written.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal, Fraction)):
        return None
    text = value.strip() if isinstance(value, str) else ""
    try:
        share = Fraction(text.removesuffix("%")) if text else Fraction(value)
    except (ValueError, OverflowError, ZeroDivisionError):
        return None
    share = share / 100 if text.endswith("%") else share
    return share if 0 <= share <= 1 else None


def format_share(share: Fraction) -> str:
    """The text that ``parse_share`` reads back: a percentage where that ends within a few digits, else a fraction."""
    percent, places = 100 * share, 0
    while percent.denominator != 1 and places < _PLACES:
        percent, places = 10 * percent, places + 1
    if percent.denominator != 1:
        return str(share)
    whole, rest = divmod(percent.numerator, 10**places)
    return f"{whole}.{rest:0{places}}%" if places else f"{whole}%"


def not_a_share(value: object) -> str:
    """What is said of a value that is no share."""
    if isinstance(value, float):
        return f"a float is not a share: {value!r}; write it in quotes"
    return f"not a share from 0 to 1: {value!r}"


def _share(value: Any) -> Fraction:
    share = parse_share(value)
    if share is None:
        raise fault("share", not_a_share(value), '"10%"')
    return share


def _length(value: Any) -> timedelta:
    try:
        us = parse_duration(value)
    except DurationError as error:
        raise fault_from(error) from None
    if us < 0:
        raise fault("duration", f"a length is not negative: {value!r}", '"5m"')
    return us * MICROSECOND


def _unit(value: Any) -> timedelta:
    unit = _length(value)
    if not unit or HOUR % span_us(unit):
        raise fault("unit", f"a unit of the clock divides an hour without remainder, which {value!r} does not", '"1m"')
    return unit


def _text(length: timedelta) -> str:
    return format_duration(span_us(length))


_DURATION_SCHEMA = {"type": "string", "examples": ["1m", "5m"]}
_ShareField = Annotated[
    Fraction,
    PlainValidator(_share),
    PlainSerializer(format_share),
    WithJsonSchema({"type": "string", "examples": ["10%"]}),
]
_LengthField = Annotated[timedelta, PlainValidator(_length), PlainSerializer(_text), WithJsonSchema(_DURATION_SCHEMA)]
_UnitField = Annotated[timedelta, PlainValidator(_unit), PlainSerializer(_text), WithJsonSchema(_DURATION_SCHEMA)]


# -- the formula -------------------------------------------------------------------------------------------


@declared
class Formula(Declared):
    """How unavailable time is counted.

    ``kind`` is ``"share_of_time"`` (time in which the service was unavailable), ``"share_of_units"`` (a unit of the
    clock in which it was unavailable at any moment counts as a whole) or ``"mean_error_rate"`` (each unit counts by the
    share of its requests that failed).  ``unit`` is a stretch of the clock, ``"1m"``, counted from the full hour; a
    share of time with a unit counts only units that were unavailable as a whole.  ``at_least``: shorter stretches do
    not count.  ``errors_above`` and ``minimum`` say when samples are unavailable: when a greater share of the requests
    failed (all of them, unless given), of so many requests at least.  ``excluded`` time is ``"available"``, or
    ``"left_out"`` of the whole as well.

    Raises ConfigurationError, with all problems, for what cannot stand.

    >>> from slaclock import Formula
    >>> Formula(kind="share_of_time", unit="1m", at_least="5m", errors_above="5%", minimum=60).errors_above
    Fraction(1, 20)
    """

    kind: Method
    name: str = ""
    unit: _UnitField | None = Field(default=None, examples=["1m"])
    at_least: _LengthField = Field(default=timedelta(0), examples=["5m"])
    errors_above: _ShareField | None = Field(default=None, examples=["10%"])
    minimum: int = Field(default=0, ge=0, strict=True, examples=["100"])
    excluded: Excluded = "available"
    source: str = ""

    if TYPE_CHECKING:  # what a person may write; the fields above are what it becomes

        def __init__(
            self,
            *,
            kind: Method,
            name: str = "",
            unit: str | timedelta | None = None,
            at_least: str | timedelta = ...,
            errors_above: str | Fraction | Decimal | None = None,
            minimum: int = 0,
            excluded: Excluded = "available",
            source: str = "",
        ) -> None: ...

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        if not self.name:
            object.__setattr__(self, "name", self.kind)
        if self.kind != "share_of_time" and self.unit is None:
            raise fault("unit", f"{self.kind} counts in units of the clock", 'unit = "1m"')
        if self.kind != "share_of_time" and self.at_least:
            raise fault("at_least", f"{self.kind} counts every unit by itself, however short", 'kind = "share_of_time"')
        if self.kind == "mean_error_rate" and (self.errors_above is not None or self.minimum):
            raise fault("errors_above", "a mean of error rates has no threshold: each unit counts by its own rate",
                        'kind = "share_of_time"')  # fmt: skip


@cache
def _published() -> Mapping[str, Formula]:
    text = files(__package__).joinpath("formulas.toml").read_text(encoding="utf-8")
    return {name: Formula.from_dict({"name": name, **data}) for name, data in tomllib.loads(text).items()}


def formula_names() -> tuple[str, ...]:
    """The names of the formulas that come with the library.

    >>> from slaclock import formula_names
    >>> formula_names()[:2]
    ('share_of_time', 'gcp-compute')
    """
    return tuple(_published())


def load_formula(name: str) -> Formula:
    """A formula that comes with the library, with its source.  Raises AvailabilityError for an unknown name.

    >>> from slaclock import load_formula
    >>> load_formula("aws-ec2").kind
    'share_of_units'
    """
    known = _published()
    if name not in known:
        raise AvailabilityError(f"no formula {name!r}{near(name, known)}", path="formula", value=name,
                                example='"aws-ec2"')  # fmt: skip
    return known[name]


def formula_of(given: Formula | str) -> Formula:
    """A formula, or the published one of that name."""
    if isinstance(given, Formula):
        return given
    if not isinstance(given, str):
        raise AvailabilityError(f"not a formula: {given!r}", path="formula", value=given, example='"aws-ec2"')
    return load_formula(given)
