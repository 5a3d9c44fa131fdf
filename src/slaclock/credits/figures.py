"""Figures: an availability or an attainment as it comes to a statement, and what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from typing import Any, Literal, Protocol

from .._instant import span_us
from ..declarations import FrozenMap
from ..durations import format_duration
from ..errors import CreditError, near
from ..periods import Period
from .money import fraction_text, parse_percent
from .tags import tags_from

_EXAMPLE = 'Fraction(9995, 10000), or "99.95%"'
_KINDS: tuple[Literal["availability"], Literal["attainment"]] = ("availability", "attainment")

# What results of other rooms say besides their value, and a correction can name.
_FACTS = ("formula", "total", "service", "excluded", "unavailable", "lost", "judged", "met", "breached")


class Figured(Protocol):
    """Anything whose value is a share: an Availability, an AttainmentRow."""

    @property
    def value(self) -> Fraction | None:
        """From 0 to 1; None where nothing was measured."""


@dataclass(frozen=True, slots=True, init=False)
class Figure:
    """A share from 0 to 1: what was ``of`` a service, with ``tags`` that say which.

    ``value`` is a Fraction, a text ``"99.95%"``, 0 or 1, or a result whose attribute ``value`` is a Fraction: an
    Availability or an AttainmentRow also say what they are ``of``, their ``period``, ``facts`` that a correction can
    name, whether they are ``provisional``, and the row its ``keys`` as tags.  A value of None means that nothing was
    measured.  ``receipts`` are those of the readings behind it, or their digests.

    Raises CreditError for a float, and for what is no share.

    >>> from slaclock import Figure
    >>> Figure(value="99.95%", tags={"service": "s3"}).value
    Fraction(1999, 2000)
    """

    value: Fraction | None = field(repr=False)
    of: Literal["availability", "attainment"] = "availability"
    tags: Mapping[str, str] = field(default_factory=FrozenMap)
    period: Period | None = None
    receipts: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=FrozenMap)
    provisional: bool = False

    def __init__(
        self,
        *,
        value: Figured | Fraction | str | Literal[0, 1] | None,
        of: Literal["availability", "attainment"] | None = None,
        tags: Mapping[str, str] | None = None,
        period: Period | None = None,
        receipts: Any = (),
        facts: Mapping[str, str] | None = None,
        provisional: bool | None = None,
    ) -> None:
        told = {
            "value": _value(value),
            "of": _of(of, value),
            "tags": _tags(tags if tags is not None else _keys(value)),
            "period": period if period is not None else _period(value),
            "receipts": tuple(sorted(map(_digest, receipts))),
            "facts": _tags(facts if facts is not None else _facts(value), path="facts"),
            "provisional": bool(getattr(value, "provisional", False) if provisional is None else provisional),
        }
        for name, given in told.items():
            object.__setattr__(self, name, given)


def figure_from(thing: object) -> Figure:
    """A figure as it comes in: one already, its fields, or a result of another room."""
    if isinstance(thing, Figure):
        return thing
    if isinstance(thing, Mapping):
        for name in thing:
            if name not in Figure.__slots__:
                raise CreditError(f"unknown key {name!r}{near(name, Figure.__slots__)}", path=str(name),
                                  value=thing[name], example=", ".join(Figure.__slots__))  # fmt: skip
        if "value" not in thing:
            raise CreditError("it is required", path="value", example=_EXAMPLE)
        return Figure(**thing)
    return Figure(value=thing)  # type: ignore[arg-type]


def _value(given: object) -> Fraction | None:
    value = getattr(given, "value", given)
    if isinstance(value, float):
        raise CreditError(f"a float is not a share: {value!r}; give the exact fraction", path="value", value=value,
                          example=_EXAMPLE)  # fmt: skip
    if value is None:
        return None
    share = parse_percent(value)
    if isinstance(value, (int, Fraction)) and not isinstance(value, bool) and 0 <= value <= 1:
        share = Fraction(value)
    if share is None:
        raise CreditError(f"not a share from 0 to 1: {value!r}", path="value", value=value, example=_EXAMPLE)
    return share


def _of(of: object, value: object) -> Literal["availability", "attainment"]:
    if of is None:
        if hasattr(value, "judged"):
            return "attainment"
        if hasattr(value, "unavailable") or not hasattr(value, "value"):
            return "availability"
        raise CreditError(f"a share of what? {type(value).__name__} does not say", path="of", value=value,
                          example='Figure(value=..., of="availability")')  # fmt: skip
    for known in _KINDS:
        if of == known:
            return known
    raise CreditError(f"a figure is an availability or an attainment, not {of!r}{near(of, _KINDS)}",
                      path="of", value=of, example='"attainment"')  # fmt: skip


def _keys(value: object) -> dict[str, str]:
    """What a row is grouped by."""
    keys = getattr(value, "keys", None)
    return {name: str(key) for name, key in keys.items() if key is not None} if isinstance(keys, Mapping) else {}


def _period(value: object) -> Period | None:
    period = getattr(value, "period", None)
    return period if isinstance(period, Period) else None


def _tags(tags: object, path: str = "tags") -> Mapping[str, str]:
    try:
        return tags_from(tags)
    except CreditError as error:
        where = f"{path}.{error.path}" if error.path else path
        raise CreditError(error.message, path=where, value=error.value, example=error.example) from None


def _facts(value: object) -> dict[str, str]:
    found = {name: getattr(value, name, None) for name in _FACTS}
    return {name: _text(fact) for name, fact in found.items() if fact is not None}


def _text(fact: object) -> str:
    if isinstance(fact, timedelta):
        return format_duration(span_us(fact))
    return fraction_text(fact) if isinstance(fact, Fraction) else str(fact)


def _digest(receipt: Any) -> str:
    if isinstance(receipt, str):
        return receipt
    digest = getattr(receipt, "digest", None)
    if not callable(digest):
        raise CreditError(f"neither a receipt nor its digest: {receipt!r}", path="receipts", value=receipt,
                          example="receipt(result)")  # fmt: skip
    return str(digest())
