"""Money: currencies and their minor units, amounts as they come in, and rounding that loses nothing.

An amount that comes in is a Decimal, an amount on the way a Fraction, an amount that goes out a whole number of minor
units (and the Decimal that shows it).  There is no float, and no arithmetic of Decimals, which would depend on the
context of the thread.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal, get_args

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from ..declarations import fault
from ..errors import CreditError, near

Rounding = Literal["half_even", "half_up", "half_down", "up", "down", "ceiling", "floor", "05up"]
ROUNDINGS: tuple[str, ...] = get_args(Rounding)

_LARGEST, _FINEST = 18, 12  # digits before and after the point: more is a mistake, or an attack
_AMOUNT_EXAMPLE = '"1200.00"'
_AMOUNT = r"^\d{1,18}(\.\d{1,12})?$"


# -- currencies --------------------------------------------------------------------------------------------


@cache
def _table() -> dict[str, int]:
    told = tomllib.loads(files(__package__).joinpath("currencies.toml").read_text(encoding="utf-8"))
    return {code: int(n) for group in ("digits", "withdrawn") for n, codes in told[group].items() for code in codes}


def digits_of(currency: str) -> int:
    """How many digits an amount of a currency has after the point; ``currency`` is one that ``_currency`` let in."""
    return _table()[currency]


def _currency(value: Any) -> str:
    if not isinstance(value, str) or value not in _table():
        hint = near(str(value).upper()[:3], _table()) if isinstance(value, str) else ""
        raise fault("unknown_currency", f"no currency of ISO 4217 with minor units: {value!r}{hint}", '"EUR"')
    return value


CurrencyField = Annotated[
    str, PlainValidator(_currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["EUR"]})
]


# -- amounts as they come in -------------------------------------------------------------------------------


def parse_amount(value: object) -> Decimal:
    """An amount of money: text, a whole number or a Decimal, not below zero.  Raises CreditError for anything else.

    >>> parse_amount("1200.00")
    Decimal('1200.00')
    """
    if isinstance(value, float):
        example = f'"{value!r}"' if math.isfinite(value) else _AMOUNT_EXAMPLE
        raise CreditError(f"a float is not an amount: {value!r}; write it in quotes", value=value, example=example)
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise CreditError(f"not an amount: {value!r}", value=value, example=_AMOUNT_EXAMPLE)
    try:
        amount = Decimal(value.strip()) if isinstance(value, str) else Decimal(value)
    except InvalidOperation:
        raise CreditError(f"not an amount: {value!r}", value=value, example=_AMOUNT_EXAMPLE) from None
    if not amount.is_finite():
        raise CreditError(f"not an amount: {value!r}", value=value, example=_AMOUNT_EXAMPLE)
    if amount < 0:
        raise CreditError(f"an amount is not negative: {value!r}", value=value, example=_AMOUNT_EXAMPLE)
    exponent = amount.as_tuple().exponent
    if amount.adjusted() >= _LARGEST or not isinstance(exponent, int) or not -_FINEST <= exponent < _LARGEST:
        raise CreditError(
            f"an amount has at most {_LARGEST} digits before the point and {_FINEST} after it: {value!r}",
            value=value, example=_AMOUNT_EXAMPLE,
        )  # fmt: skip
    return amount.copy_abs()  # minus zero is zero


def _amount(value: Any) -> Decimal:
    try:
        return parse_amount(value)
    except CreditError as error:
        code = "float_amount" if isinstance(value, float) else "amount"
        raise fault(code, error.message, error.example) from None


def plain(amount: Decimal) -> str:
    """An amount without an exponent, as files have it."""
    return f"{amount:f}"


AmountField = Annotated[
    Decimal,
    PlainValidator(_amount),
    PlainSerializer(plain),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": _AMOUNT}, {"type": "integer", "minimum": 0}],
                    "examples": ["1200.00"]}),
]  # fmt: skip


# -- shares ------------------------------------------------------------------------------------------------

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,12})?)\s*%")


def parse_percent(text: object) -> Fraction | None:
    """The share that ``"99.99%"`` is; None for anything but such a text of 0 to 100 per cent."""
    match = _PERCENT.fullmatch(text.strip()) if isinstance(text, str) else None
    share = Fraction(match[1]) / 100 if match else None
    return share if share is not None and share <= 1 else None


def percent(share: Fraction) -> str:
    """A share as ``parse_percent`` reads it; the shares of a schedule come from such texts and are finite."""
    return f"{finite(share * 100)}%"


def finite(value: Fraction) -> str | None:
    """A fraction as a decimal, if it is one of a few digits: ``"12.5"``; else None."""
    denominator, places = value.denominator, 0
    while denominator % 10 == 0:
        denominator, places = denominator // 10, places + 1
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator, places = denominator // prime, places + 1
    if denominator != 1 or places > 2 * _FINEST:
        return None
    text = shown(int(value * 10**places), places)
    return text.rstrip("0").rstrip(".") if places else text


def fraction_text(value: Fraction) -> str:
    """A fraction in full, ``"1481/1488"``, however many digits it has: ``str`` stops at a few thousand."""
    numbers = [value.numerator] if value.denominator == 1 else [value.numerator, value.denominator]
    return "/".join(f"{Decimal(number):f}" for number in numbers)


def read_fraction(text: str) -> Fraction:
    """The fraction of such a text; raises ValueError for another."""
    try:
        numbers = [int(Decimal(number)) for number in text.split("/")]
        return Fraction(*numbers)
    except (ArithmeticError, TypeError, ValueError):
        raise ValueError(f"not a fraction: {text[:80]!r}") from None


def _share(value: Any) -> Fraction:
    share = parse_percent(value)
    if isinstance(value, Fraction) and 0 <= value <= 1 and finite(value) is not None:  # a value's own, in replace()
        share = value
    if share is None:
        raise fault("percent", f"not a percentage from 0 to 100: {value!r}; write it in quotes", '"99.99%"')
    return share


ShareField = Annotated[
    Fraction,
    PlainValidator(_share),
    PlainSerializer(percent),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,3}(\.\d{1,12})?\s*%$", "examples": ["99.99%"]}),
]


# -- rounding ----------------------------------------------------------------------------------------------


def rounded(value: Fraction, mode: str) -> int:
    """A value that is not negative as a whole number, in a mode that has the name it has in ``decimal``.

    >>> [rounded(Fraction(5, 2), mode) for mode in ("half_even", "half_up", "half_down", "down")]
    [2, 3, 2, 2]
    """
    whole, rest = divmod(value.numerator, value.denominator)
    twice = 2 * rest - value.denominator  # below, at or above the half
    return whole + (rest > 0 and _UPWARD[mode](whole, twice))


_UPWARD: Mapping[str, Callable[[int, int], bool]] = {
    "up": lambda _, twice: True,  # noqa: ARG005 - all are asked alike
    "ceiling": lambda _, twice: True,  # noqa: ARG005
    "down": lambda _, twice: False,  # noqa: ARG005
    "floor": lambda _, twice: False,  # noqa: ARG005
    "half_up": lambda _, twice: twice >= 0,
    "half_down": lambda _, twice: twice > 0,
    "half_even": lambda whole, twice: twice > 0 or (twice == 0 and whole % 2 == 1),
    "05up": lambda whole, _: whole % 5 == 0,
}


def share_out(total: int, parts: Sequence[Fraction]) -> list[int]:
    """Whole numbers that add up to ``total``, each less than one away from its part: by the largest remainders.

    ``total`` is the sum of the parts, rounded one way or the other.  Of equal remainders the earlier part is served
    first.  A part that is whole stays as it is.

    >>> share_out(100, [Fraction(100, 3)] * 3)
    [34, 33, 33]
    """
    floors = [part.numerator // part.denominator for part in parts]
    left = total - sum(floors)
    served = sorted(range(len(parts)), key=lambda i: (floors[i] - parts[i], i))[:left]
    for i in served:
        floors[i] += 1
    return floors


# -- amounts as they go out --------------------------------------------------------------------------------


def shown(units: int, digits: int) -> str:
    """Minor units as people write an amount: ``"-12.50"``."""
    sign, text = ("-" if units < 0 else ""), str(abs(units)).rjust(digits + 1, "0")
    return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else sign + text


def decimal(units: int, digits: int) -> Decimal:
    """Minor units as a Decimal with the currency's digits; exact in every context.

    >>> decimal(1250, 2)
    Decimal('12.50')
    """
    return Decimal(shown(units, digits))
