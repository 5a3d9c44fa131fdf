"""Amounts in a language: working time, real time, numbers and shares, exact to the microsecond."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from .._instant import HOUR, MINUTE, SECOND, span_us
from .catalogue import Catalogue

_GROUPED_FROM = 10_000  # 8766 h reads well, 87,660 h better than 87660 h
_MINUS = "\u2212"


def amount(c: Catalogue, span: timedelta | int) -> str:
    """``1 h 30 min``: hours, minutes and seconds (microseconds as decimals), and never days.

    A day of working time is eight hours to one reader and twenty-four to another.
    """
    us = span if isinstance(span, int) else span_us(span)
    hours, rest = divmod(abs(us), HOUR)
    minutes, rest = divmod(rest, MINUTE)
    parts = []
    if hours:
        parts.append(c.count("unit.hour", hours, n=number(c, hours)))
    if minutes:
        parts.append(c.count("unit.minute", minutes))
    if rest:
        parts.append(_seconds(c, rest))
    if not parts:
        return c.count("unit.minute", 0)
    return (_MINUS if us < 0 else "") + c("unit.between").join(parts)


def _seconds(c: Catalogue, us: int) -> str:
    seconds, fraction = divmod(us, SECOND)
    if not fraction:
        return c.count("unit.second", seconds)
    decimals = f"{fraction:06d}".rstrip("0")
    return c.other("unit.second", n=f"{seconds}{c('number.decimal')}{decimals}")


def number(c: Catalogue, value: int) -> str:
    """A whole number, its thousands apart where there are ten of them or more."""
    return f"{value:,}".replace(",", c("number.group")) if value >= _GROUPED_FROM else str(value)


def percent(c: Catalogue, share: Decimal) -> str:
    """``99.2 %`` as the language writes it."""
    text = f"{share:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return c("number.percent", n=text.replace(".", c("number.decimal")))
