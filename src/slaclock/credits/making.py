"""From what each rule gives for itself to a statement: beside the other rules, under the caps, in whole minor units."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from .._instant import from_us
from ..errors import CreditError
from ..periods import Period
from ..reading import Evaluation, Reading, digest_of, versions
from .bounds import Bounds
from .earning import Draft, Earning
from .evidence import Kept, Receipts, explanation_digest, readings_in
from .fees import Fee, fee_from, part_of
from .figures import Figure, Figured, figure_from
from .money import digits_of, rounded, share_out
from .schedule import CreditSchedule
from .statements import StatedFee, Statement, StatementLine
from .tags import quoted


def statement(
    schedule: CreditSchedule,
    period: Period | str,
    *,
    figures: Iterable[Figure | Figured | Mapping[str, Any]] = (),
    breaches: Iterable[Reading | Evaluation] | Evaluation = (),
    fees: Iterable[Fee | Mapping[str, Any]] = (),
    yearly_fees: str | int | Decimal | None = None,
    earlier: Iterable[Statement] = (),
    receipts: Iterable[Kept] | Mapping[str, Kept | str] = (),
    replaces: Statement | None = None,
    customer: str = "",
    number: str = "",
) -> Statement:
    """What is owed for a billing period under a schedule.

    ``period`` is a Period, or text such as ``"2026-05"`` in the schedule's zone.  ``figures`` are availabilities and
    attainments; ``breaches`` are readings or whole evaluations, of which those count that are commitments, breached
    within the period, and taken up by a rule.  ``fees`` are what was paid.  ``earlier`` are the statements of the same
    year, for caps; ``yearly_fees`` is what a cap per year is a share of.  ``receipts`` are those of the evaluations.
    ``replaces`` is the statement that this one corrects.

    Raises CreditError for what cannot be billed, PeriodError for what is no period, NoWorkingTimeError and HorizonError
    where the calendar for claims does not reach so far.

    >>> from slaclock import credits, statement
    >>> tags = {"service": "s3", "region": "eu-west-1", "storage": "standard"}
    >>> owed = statement(
    ...     credits.load("aws-s3"), "2026-05",
    ...     figures=[{"value": "98.99%", "tags": tags}],
    ...     fees=[{"amount": "1234.50", "tags": tags}],
    ... )
    >>> str(owed.total), owed.lines[0].credit, str(owed.claim_by)
    ('308.63', '25%', '2026-08-01 00:00:00+00:00')
    """
    if not isinstance(schedule, CreditSchedule):
        raise CreditError(f"not a CreditSchedule: {schedule!r}", path="schedule", value=schedule,
                          example='credits.load("aws-s3")')  # fmt: skip
    if replaces is not None and not isinstance(replaces, Statement):
        raise CreditError(f"not a statement: {replaces!r}", path="replaces", value=replaces,
                          example="Statement.from_json(text)")  # fmt: skip
    billed = _period(schedule, period)
    paid = [_fee(fee, i, billed, schedule) for i, fee in enumerate(fees)]
    bounds = Bounds(schedule, billed, tuple(earlier), yearly_fees, replaces)
    work = Earning(schedule, billed, paid, Receipts(receipts))
    work.measure([_at(f"figures[{i}]", figure_from, one) for i, one in enumerate(figures)])
    work.judge(readings_in(breaches))
    _choose(schedule, work.drafts)
    counted = [draft for draft in work.drafts if draft.counts]
    caps = bounds.apply(counted, work.paid, _sum(fee.part for fee in paid))
    units, minor, too_little = _units(schedule, work.drafts)
    zone, digits = ZoneInfo(billed.timezone), digits_of(schedule.currency)
    claim = schedule.claim
    return Statement(
        number=number, customer=customer, schedule=schedule.name, schedule_digest=digest_of(schedule),
        currency=schedule.currency, digits=digits, rounding=schedule.rounding, combine=schedule.combine, period=billed,
        lines=tuple(_line(draft, unit, digits) for draft, unit in zip(work.drafts, units, strict=True)),
        fees=tuple(paid), caps=tuple(caps), minimum="" if schedule.minimum is None else str(schedule.minimum),
        below_minimum=too_little, exact=_sum(draft.exact for draft in counted),
        capped=_sum(draft.capped for draft in counted), minor=minor,
        claim_by=None if claim is None else from_us(claim.deadline(billed.upper, zone), zone),
        provisional=any(draft.provisional for draft in work.drafts), unused=tuple(work.unused), earlier=bounds.digests,
        replaces=None if replaces is None else replaces.digest(), library=versions()["library"],
    )  # fmt: skip


def _sum(parts: Iterable[Fraction]) -> Fraction:
    return sum(parts, Fraction(0))


# -- beside the other rules --------------------------------------------------------------------------------


def _choose(schedule: CreditSchedule, drafts: Sequence[Draft]) -> None:
    """Of several rules for the same fees, the one that gives most, where only the best counts."""
    for draft in drafts:
        draft.capped = draft.exact
    if schedule.combine == "sum":
        return
    for group in _groups(drafts):
        sums = {draft.rule.key: Fraction(0) for draft in group}
        for draft in group:
            sums[draft.rule.key] += draft.exact
        best = max(sums, key=sums.__getitem__)  # of equal ones the first
        for draft in group:
            if draft.rule.key != best:
                draft.counts, draft.capped = False, Fraction(0)
                draft.remarks += [f"rule {best!r} gives more, or as much"] if draft.exact else []


def _groups(drafts: Sequence[Draft]) -> list[list[Draft]]:
    """The lines that belong to the same fees, as they come."""
    found: dict[str, list[Draft]] = {}
    for draft in drafts:
        found.setdefault(draft.fees, []).append(draft)
    return list(found.values())


# -- in whole units ----------------------------------------------------------------------------------------


def _units(schedule: CreditSchedule, drafts: Sequence[Draft]) -> tuple[list[int], int, bool]:
    """Minor units for each line, their sum, and whether the minimum took them all.

    The rounded total is shared out first among the fees, then among the lines of each: so the lines of the same fees
    stay under a cap of their own, which is a whole number of units.
    """
    scale = 10 ** digits_of(schedule.currency)
    groups = _groups(drafts)
    sums = [_sum(draft.capped * scale for draft in group) for group in groups]
    minor = rounded(_sum(sums), schedule.rounding)
    if schedule.minimum is not None and minor and not schedule.minimum.reached(Fraction(minor, scale)):
        return [0] * len(drafts), 0, True
    units: dict[int, int] = {}
    for group, of_group in zip(groups, share_out(minor, sums), strict=True):
        shares = share_out(of_group, [draft.capped * scale for draft in group])
        units |= {id(draft): unit for draft, unit in zip(group, shares, strict=True)}
    return [units[id(draft)] for draft in drafts], minor, False


def _line(draft: Draft, minor: int, digits: int) -> StatementLine:
    reading = draft.reading
    return StatementLine(
        key=f"{quoted(draft.rule.key)}: {draft.subject}", rule=draft.rule.key, on=draft.rule.on, tags=draft.tags,
        figure=draft.figure, counted=draft.counted, condition=draft.condition, credit=draft.credit, fees=draft.fees,
        base=draft.base, exact=draft.exact, capped=draft.capped, minor=minor, digits=digits,
        provisional=draft.provisional, remarks=tuple(draft.remarks),
        explanation="" if reading is None else explanation_digest(reading), receipts=draft.receipts,
        facts=draft.facts, reading=reading,
    )  # fmt: skip


# -- what comes in -----------------------------------------------------------------------------------------


def _period(schedule: CreditSchedule, given: Period | str) -> Period:
    if isinstance(given, Period):
        return given
    return Period.parse(given, schedule.timezone)


def _at(path: str, make: Callable[..., Any], *given: Any) -> Any:
    """What a door makes of a thing, its errors told with the place of the thing."""
    try:
        return make(*given)
    except CreditError as error:
        where = f"{path}.{error.path}" if error.path else path
        raise CreditError(error.message, path=where, value=error.value, example=error.example) from None


def _fee(thing: object, i: int, period: Period, schedule: CreditSchedule) -> StatedFee:
    fee: Fee = _at(f"fees[{i}]", fee_from, thing)
    part: Fraction = _at(f"fees[{i}]", part_of, fee, period, schedule.proration)
    name = fee.period.name if isinstance(fee.period, Period) else fee.period or ""
    return StatedFee(tags=fee.tags, amount=fee.amount, period=name, part=part)
