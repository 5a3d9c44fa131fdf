"""How sure a share of few clocks is: the Wilson score interval, in decimal arithmetic.

It is told beside exact figures and decides nothing: whether a promise was kept is a matter of counting.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext
from typing import Literal, get_args

from ..errors import AttainmentError

Confidence = Literal["90%", "95%", "99%"]

SMALL = 40
"""Up to so many judged clocks an interval is told.  Brown, Cai and DasGupta, "Interval Estimation for a Binomial
Proportion", Statistical Science 16 (2001), 101-133, recommend Wilson's for 40 or fewer."""

_Z: dict[str, Decimal] = {
    "90%": Decimal("1.6448536269514722"),
    "95%": Decimal("1.9599639845400542"),
    "99%": Decimal("2.5758293035489004"),
}
"""How many standard deviations around the middle of a normal distribution hold so much of it."""
_STEP = Decimal("0.000001")
_PRECISE = Context(prec=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class WilsonInterval:
    """Where the share lies from which a sample like this one comes, with some confidence.

    ``low`` and ``high`` are shares from 0 to 1 with six decimals, rounded outwards.
    """

    low: Decimal
    high: Decimal
    confidence: Confidence


def wilson_interval(met: int, judged: int, confidence: Confidence = "95%") -> WilsonInterval:
    """The Wilson score interval of a share: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical
    Inference", Journal of the American Statistical Association 22 (1927), 209-212.  Without continuity correction.

    ``confidence`` is ``"90%"``, ``"95%"`` or ``"99%"``.  Raises AttainmentError for another one, and for what are no
    counts.

    >>> from slaclock import wilson_interval
    >>> found = wilson_interval(9, 10)
    >>> str(found.low), str(found.high)
    ('0.595849', '0.982124')
    """
    if confidence not in get_args(Confidence):
        raise AttainmentError(f"no interval of this confidence: {confidence!r}", path="confidence", value=confidence,
                              example='"90%", "95%" or "99%"')  # fmt: skip
    if not (_is_count(met) and _is_count(judged) and met <= judged and judged):
        raise AttainmentError(f"not a share of judged clocks: {met!r} of {judged!r}", path="met", value=met,
                              example="wilson_interval(9, 10)")  # fmt: skip
    z = _Z[confidence]
    with localcontext(_PRECISE):
        whole = judged + z * z
        middle = (met + z * z / 2) / whole
        reach = z * (Decimal(met * (judged - met)) / judged + z * z / 4).sqrt() / whole
        low = max(middle - reach, Decimal(0)) if met else Decimal(0)
        high = min(middle + reach, Decimal(1)) if met < judged else Decimal(1)
        return WilsonInterval(
            low=low.quantize(_STEP, ROUND_FLOOR), high=high.quantize(_STEP, ROUND_CEILING), confidence=confidence
        )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
