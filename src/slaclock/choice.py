"""Which clocks are meant, out of evaluations and readings, and which share of them.

What adds up many readings asks for them here, so that a misspelt name is a mistake everywhere and nowhere an empty
answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from .errors import PolicyError, ReadingError, near
from .index import Index
from .policy import Kind, Policy
from .reading import Evaluation, Reading


def chosen(
    readings: Iterable[Evaluation | Reading], metric: str | None, severity: str | None, kind: Kind
) -> Iterator[Reading]:
    """The readings of a metric, severity and kind (None: of all metrics, or severities).

    Raises ReadingError for what is no reading and for a metric without objectives in the policy, UnknownSeverityError
    for a severity that the policy does not have.
    """
    checked: dict[int, Policy] = {}  # a policy stays alive here, so that no other takes its number
    for each in readings:
        if not isinstance(each, (Evaluation, Reading)):
            raise ReadingError(f"neither an Evaluation nor a Reading: {type(each).__name__}", path="readings",
                               value=type(each).__name__, example="[evaluate(policy, ticket, as_of=now)]")  # fmt: skip
        for reading in each if isinstance(each, Evaluation) else (each,):
            policy = reading.fold.history.policy
            if id(policy) not in checked:
                _check_names(policy, metric, severity)
                checked[id(policy)] = policy
            if reading.kind == kind and metric in (None, reading.metric) and severity in (None, reading.severity):
                yield reading


def _check_names(policy: Policy, metric: str | None, severity: str | None) -> None:
    index = Index.of(policy)
    if metric is not None and metric not in index.timed:
        raise ReadingError(f"policy {policy.name!r} has no objective for {metric!r}{near(metric, index.timed)}",
                           path="metric", value=metric, example=next(iter(index.timed), ""))  # fmt: skip
    if severity is not None:
        index.check_severity(severity)


def parse_share(value: object, name: str = "share") -> Fraction:
    """``"95%"``, or a Fraction or Decimal above 0 and up to 1; no float, which is another number than the one written.

    >>> parse_share("99.2%")
    Fraction(124, 125)
    """
    share: Fraction | None = None
    if isinstance(value, str) and value.strip().endswith("%"):
        try:
            share = Fraction(Decimal(value.strip().removesuffix("%"))) / 100
        except (InvalidOperation, ValueError, OverflowError):
            share = None
    elif isinstance(value, Fraction) or (isinstance(value, Decimal) and value.is_finite()):
        share = Fraction(value)
    if share is None or not 0 < share <= 1:
        raise PolicyError(f"not a share above 0 and up to 1: {value!r}", path=name, value=value,
                          example='"95%" or Fraction(19, 20)')  # fmt: skip
    return share
