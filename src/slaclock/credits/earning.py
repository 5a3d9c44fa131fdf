"""What a figure or a breach earns by a rule, for itself: exact, before other rules, caps and rounding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from .._instant import span_us, to_us
from ..declarations import FrozenMap
from ..durations import format_duration
from ..errors import CreditError
from ..periods import Period
from ..reading import Reading
from .evidence import Receipts, facts_of
from .figures import Figure
from .money import digits_of, percent, plain
from .schedule import CreditRule, CreditSchedule
from .statements import StatedFee, Unused
from .tags import label, wanted_in


@dataclass(slots=True, kw_only=True)
class Draft:
    """A line on the way: exact, and not yet beside the others."""

    rule: CreditRule
    subject: str
    tags: Mapping[str, str]
    figure: Fraction | None = None
    reading: Reading | None = None
    counted: int | None = None
    condition: str = ""
    credit: str = ""
    fees: str = ""
    base: Fraction | None = None
    exact: Fraction = Fraction(0)
    capped: Fraction = Fraction(0)
    counts: bool = True
    remarks: list[str] = field(default_factory=list)
    receipts: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=FrozenMap)
    provisional: bool = False


class Earning:
    """What figures and breaches earn by the rules of a schedule, each rule for itself."""

    def __init__(self, schedule: CreditSchedule, period: Period, fees: Sequence[StatedFee], receipts: Receipts) -> None:
        self.schedule, self.period, self.fees, self.receipts = schedule, period, fees, receipts
        self.drafts: list[Draft] = []
        self.unused: list[Unused] = []
        self.paid: dict[str, Fraction] = {}  # the fees that lines belong to, by what those are called
        self._seen: set[tuple[str, str]] = set()

    def measure(self, figures: Sequence[Figure]) -> None:
        """Lines for the figures, rule by rule."""
        for i, figure in enumerate(figures):
            other = figure.period
            if other is not None and (other.upper <= self.period.lower or other.lower >= self.period.upper):
                message = f"the figure is for {other.name}, the statement for {self.period.name}"
                raise CreditError(message, path=f"figures[{i}]", value=other.name, example="a figure of the period")
        used: set[int] = set()
        for rule in self.schedule.rules:
            if rule.on == "breach":
                continue
            found = [
                i for i, figure in enumerate(figures) if figure.of == rule.on and wanted_in(figure.tags, rule.only)
            ]
            used.update(found)
            for i in found:
                self._measured(rule, figures[i], f"figures[{i}]")
            if not found:
                self.unused.append(Unused(what="rule", subject=rule.key, why="no figure was given for it"))
        for i, figure in enumerate(figures):
            if i not in used:
                subject = " ".join(filter(None, (figure.of, label(figure.tags))))
                self.unused.append(Unused(what="figure", subject=subject, why="no rule takes it up"))

    def _measured(self, rule: CreditRule, figure: Figure, path: str) -> None:
        subject = label(figure.tags)
        if (rule.key, subject) in self._seen:
            raise CreditError(f"a second {figure.of} with the tags of another: {subject or 'none'}",
                              path=f"{path}.tags", value=dict(figure.tags),
                              example='tags that tell them apart: {"region": "eu-west-1"}')  # fmt: skip
        self._seen.add((rule.key, subject))
        draft = Draft(
            rule=rule, subject=subject, tags=figure.tags, figure=figure.value, receipts=figure.receipts,
            facts=_with_period(figure), provisional=figure.provisional,
        )  # fmt: skip
        self.drafts.append(draft)
        mine = self._belonging(draft, path)
        if figure.value is None:
            draft.remarks.append("nothing was measured, so nothing is owed")
            return
        tier = rule.tier(figure.value)
        draft.condition = str(tier)
        if tier.amount is not None:
            draft.exact, draft.credit = Fraction(tier.amount), plain(tier.amount)
        elif tier.credit:
            draft.exact, draft.credit = self._share(draft, mine, tier.credit), percent(tier.credit)
        else:
            draft.credit = "none"

    def judge(self, readings: Sequence[Reading]) -> None:
        """Lines for the breaches, rule by rule."""
        breached = [reading for reading in readings if reading.breached]
        within = [reading for reading in breached if self._within(reading)]
        used: set[int] = set()
        for rule in self.schedule.rules:
            if rule.on != "breach":
                continue
            for i, reading in enumerate(within):
                tags = _tags(reading)
                if wanted_in(tags, rule.only) and (reading.kind == "commitment" or "kind" in rule.only):
                    used.add(i)
                    self._judged(rule, reading, tags)
        for reading in breached:
            if not self._within(reading):
                self._left(reading, f"breached at {reading.breached_at}, outside the period")
        for i, reading in enumerate(within):
            if i not in used:
                aim = reading.kind == "aim" and "an aim, and "
                self._left(reading, f"{aim or ''}no rule takes it up")

    def _within(self, reading: Reading) -> bool:
        assert reading.breached_at is not None  # of a breached clock
        return self.period.lower <= to_us(reading.breached_at) < self.period.upper

    def _left(self, reading: Reading, why: str) -> None:
        self.unused.append(Unused(what="breach", subject=f"{reading.ticket} {reading.objective}", why=why))

    def _judged(self, rule: CreditRule, reading: Reading, tags: Mapping[str, str]) -> None:
        each = rule.each
        assert each is not None  # of a rule on breaches
        over = reading.overrun if each.measure == "overrun" else reading.late_by
        digest, inputs = self.receipts.of(reading)
        draft = Draft(
            rule=rule, subject=_clock(tags), tags=tags, reading=reading, counted=each.count(span_us(over)),
            condition=f"{'overrun' if each.measure == 'overrun' else 'late by'} {format_duration(span_us(over))}",
            receipts=(digest,) if digest else (), facts=FrozenMap(sorted({**facts_of(reading), **inputs}.items())),
            provisional=reading.provisional,
        )  # fmt: skip
        self.drafts.append(draft)
        mine = self._belonging(draft, "breaches")
        if each.amount is not None:
            unit, draft.credit = Fraction(each.amount), plain(each.amount)
        else:
            share = each.credit or Fraction(0)
            unit, draft.credit = self._share(draft, mine, share), percent(share)
        draft.credit += f" per {format_duration(each.per)} {each.counting}" if each.per is not None else " per breach"
        assert draft.counted is not None
        draft.exact = unit * draft.counted
        self._at_most(draft, mine)
        if reading.state in ("running", "paused"):
            draft.remarks.append(f"still {reading.state} as of {reading.as_of.isoformat(sep=' ')}")

    def _at_most(self, draft: Draft, mine: Sequence[StatedFee]) -> None:
        each = draft.rule.each
        assert each is not None
        bounds = [] if each.at_most_amount is None else [Fraction(each.at_most_amount)]
        if each.at_most is not None:
            bounds.append(self._share(draft, mine, each.at_most))
        scale = 10 ** digits_of(self.schedule.currency)
        most = min((Fraction(bound * scale // 1, scale) for bound in bounds), default=draft.exact)
        if most < draft.exact:
            draft.exact = most
            draft.remarks.append("bounded by what one breach earns at most")

    def _belonging(self, draft: Draft, path: str) -> list[StatedFee]:
        """The fees that a line belongs to."""
        rule = draft.rule
        for name in rule.same:
            if name not in draft.tags:
                message = f"rule {rule.key!r} tells fees apart by {name!r}: {draft.subject or 'it'} has no such tag"
                raise CreditError(message, path=f"{path}.tags.{name}", value=dict(draft.tags),
                                  example=f'tags={{"{name}": "..."}}')  # fmt: skip
        mine = [
            fee
            for fee in self.fees
            if wanted_in(fee.tags, rule.fees) and all(fee.tags.get(name) == draft.tags[name] for name in rule.same)
        ]
        draft.fees = "; ".join(sorted({label(fee.tags) or "no tags" for fee in mine}))
        self.paid[draft.fees] = sum((fee.part for fee in mine), Fraction(0))
        return mine

    def _share(self, draft: Draft, mine: Sequence[StatedFee], share: Fraction) -> Fraction:
        if not mine:
            wanted = {**draft.rule.fees, **{name: draft.tags[name] for name in draft.rule.same}}
            which = label({name: text if isinstance(text, str) else " or ".join(text) for name, text in wanted.items()})
            message = f"rule {draft.rule.key!r} owes a share of a fee, and there is none{which and ' with ' + which}"
            raise CreditError(message, path="fees", value=which, example='fees=[{"amount": "1200.00", "tags": {...}}]')
        draft.base = self.paid[draft.fees]
        return draft.base * share


def _with_period(figure: Figure) -> Mapping[str, str]:
    period = {} if figure.period is None else {"period": figure.period.name}
    return FrozenMap(sorted({**figure.facts, **period}.items()))


def _tags(reading: Reading) -> Mapping[str, str]:
    names = ("agreement", "calendar", "cycle", "kind", "metric", "objective", "severity", "ticket")
    return FrozenMap({name: str(value) for name in names if (value := getattr(reading, name)) is not None})


def _clock(tags: Mapping[str, str]) -> str:
    """What tells one clock's reading from another's."""
    return label({name: tags[name] for name in ("agreement", "cycle", "objective", "ticket") if name in tags})
