"""Working times as people write them, and as integers.

``"2h30m"``, ``"PT2H30M"`` and ``timedelta(hours=2, minutes=30)`` are the same number of microseconds.  A day is
refused: to one reader it is 24 hours, to another one business day (POL-3).
"""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction
from functools import lru_cache

from ._instant import DAY, HOUR, MINUTE, SECOND, span_us
from .errors import DurationError

EXAMPLE = '"4h", "2h30m", "PT4H" or timedelta(hours=4)'
LONGEST = 366 * 230 * DAY  # no question can use more than all supported years

_NUMBER = r"(\d+(?:\.\d+)?)"
_PLAIN = re.compile(
    rf"(-)?\s*(?:{_NUMBER}\s*h(?:ours?)?)?\s*(?:{_NUMBER}\s*m(?:in(?:utes?)?)?)?\s*(?:{_NUMBER}\s*s(?:ec(?:onds?)?)?)?"
)
_ISO = re.compile(rf"(-)?PT(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?")
_DAYS = re.compile(r"-?(?:(\d+)\s*d(?:ays?)?|P(\d+)D)", re.IGNORECASE)
_CALENDAR_UNITS = re.compile(r"-?(?:P\d.*|\d+\s*(?:w|weeks?|months?|y|years?))", re.IGNORECASE)
_UNITS = (HOUR, MINUTE, SECOND)


def parse_duration(value: str | timedelta) -> int:
    """Microseconds of ``"4h"``, ``"-2h30m"``, ``"PT90M"`` or a timedelta.

    Raises DurationError for days, bare numbers, and what is no duration.

    >>> parse_duration("2h30m") == parse_duration("PT2H30M") == 9_000_000_000
    True
    """
    if isinstance(value, str):
        return _parse_text(value)
    if type(value) is timedelta:
        return _bounded(span_us(value), value)
    if value != value:  # noqa: PLR0124 - pandas' NaT may stand for a missing timedelta too
        raise DurationError("NaT is not a duration", value=value, example=EXAMPLE)
    if not isinstance(value, timedelta):
        raise DurationError(_say(value), value=value, example=EXAMPLE)
    if getattr(value, "nanoseconds", 0):
        raise DurationError(f"finer than a microsecond: {value!r}", value=value, example=EXAMPLE)
    return _bounded(span_us(value), value)


@lru_cache(maxsize=1024)
def _parse_text(text: str) -> int:
    match = _PLAIN.fullmatch(text.strip()) or _ISO.fullmatch(text.strip())
    if not match or not any(match.groups()[1:]):
        raise DurationError(_say(text), value=text, example=EXAMPLE)
    parts = zip(match.groups()[1:], _UNITS, strict=True)
    total = sum((Fraction(number) * unit for number, unit in parts if number), Fraction(0))
    if total.denominator != 1:
        raise DurationError(f"{text!r} is finer than a microsecond", value=text, example=EXAMPLE)
    return _bounded(-int(total) if match[1] else int(total), text)


def _bounded(us: int, value: object) -> int:
    if abs(us) > LONGEST:
        raise DurationError(f"{value!r} is longer than all supported years", value=value, example=EXAMPLE)
    return us


def _say(value: object) -> str:
    if isinstance(value, str) and (days := _DAYS.fullmatch(value.strip())):
        number = int(days[1] or days[2])
        plural = "" if number == 1 else "s"
        return f'"{value}" is ambiguous; write "{24 * number}h" or "{number} business day{plural}"'
    if isinstance(value, str) and "business day" in value:
        return f'"{value}" counts days, not working time; see add_business_days, or the target of an objective'
    if isinstance(value, str) and _CALENDAR_UNITS.fullmatch(value.strip()):
        return f'"{value}" counts days or longer, which is ambiguous; write hours, or business days'
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f'a bare number has no unit: {value!r}; write "{value}h", "{value}m" or "{value}s"'
    return f"not a working time: {value!r}"


def format_duration(us: int) -> str:
    """The shortest text that ``parse_duration`` reads back: ``"2h30m"``, ``"-15m"``, ``"0s"``, ``"1.5s"``."""
    sign, rest = ("-" if us < 0 else ""), abs(us)
    hours, rest = divmod(rest, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    seconds, fraction = divmod(rest, SECOND)
    text = f"{hours}h" * bool(hours) + f"{minutes}m" * bool(minutes)
    if fraction:
        text += f"{seconds}.{fraction:06d}".rstrip("0") + "s"
    elif seconds or not text:
        text += f"{seconds}s"
    return sign + text
