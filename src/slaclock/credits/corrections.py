"""Correction: a statement that replaces another, line by line: what was, what is, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from ..errors import CreditError
from .evidence import VERSIONS
from .money import decimal, shown
from .sheet import Sheet, csv_text
from .statements import Statement, StatementLine, exact_text, shown_amount, shown_share

_EXAMPLE = "statement(..., replaces=old)"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedLine:
    """A line that is new, gone, or not what it was; ``minor`` is by how much it is more, in minor units.

    ``why`` names what changed: the figure, the fee, the tier, the events of a ticket, the dates of holidays, a cap.
    """

    key: str
    change: Literal["new", "gone", "changed"]
    was: StatementLine | None
    now: StatementLine | None
    minor: int
    digits: int
    why: tuple[str, ...]

    @property
    def difference(self) -> Decimal:
        """By how much more is owed; negative where it is less."""
        return decimal(self.minor, self.digits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """The difference between a statement and the one that replaces it.

    ``lines`` are those that changed, be it in nothing but a fact; the differences of their amounts add up to that of
    the totals.  That a ticket was read later, or by another version of the library or a table, is by itself no change.
    ``why`` names what changed for the statement as a whole.
    """

    old: Statement
    new: Statement
    lines: tuple[CorrectedLine, ...]
    why: tuple[str, ...]

    @property
    def minor(self) -> int:
        """By how many minor units more is owed."""
        return self.new.minor - self.old.minor

    @property
    def difference(self) -> Decimal:
        """By how much more is owed; negative where it is less."""
        return decimal(self.minor, self.new.digits)

    def to_dict(self) -> dict[str, Any]:
        """Plain data (what JSON can say): both digests, and the lines."""
        return {
            "replaces": self.old.digest(),
            "statement": self.new.digest(),
            "currency": self.new.currency,
            "was": str(self.old.total),
            "is": str(self.new.total),
            "difference": str(self.difference),
            "why": list(self.why),
            "lines": [_told(line) for line in self.lines],
        }

    def to_text(self) -> str:
        """Plain text."""
        return self._sheet().text()

    def to_markdown(self) -> str:
        """Markdown, every text escaped."""
        return self._sheet().markdown()

    def to_html(self) -> str:
        """An HTML section, every text escaped."""
        return self._sheet().html()

    def _repr_html_(self) -> str:
        return self.to_html()

    def to_csv(self) -> str:
        """One row a changed line; no row of totals."""
        rows = [
            [line.key, line.change, *(_money(each) for each in (line.was, line.now)), shown(line.minor, line.digits),
             self.new.currency, "; ".join(line.why)]
            for line in self.lines
        ]  # fmt: skip
        return csv_text(("line", "change", "was", "is", "difference", "currency", "why"), rows)

    def _sheet(self) -> Sheet:
        digits = self.new.digits
        return Sheet(
            title=f"Correction of the credits for {self.new.period.name}",
            facts=[
                ("Difference", f"{shown(self.minor, digits)} {self.new.currency}"),
                ("Replaces", self.old.digest()),
                ("By", self.new.digest()),
            ],
            columns=("Rule", "For", "Why", "Was", "Is", "Difference"),
            amounts=3,
            rows=[_row(line) for line in self.lines],
            totals=[("Total", "", "", shown(self.old.minor, digits), shown(self.new.minor, digits),
                     shown(self.minor, digits))],
            remarks=self.why,
        )  # fmt: skip


def correction(old: Statement, new: Statement) -> Correction:
    """What a statement changed in the one that it replaces.

    Raises CreditError unless ``new`` was made with ``replaces=old``, for the same period, in the same currency.

    >>> from slaclock import correction, credits, statement
    >>> schedule, tags = credits.load("azure-vm"), {"service": "vm"}
    >>> fees = [{"amount": "800.00", "tags": tags}]
    >>> old = statement(schedule, "2026-05", figures=[{"value": "99.98%", "tags": tags}], fees=fees)
    >>> new = statement(schedule, "2026-05", figures=[{"value": "98.98%", "tags": tags}], fees=fees, replaces=old)
    >>> found = correction(old, new)
    >>> str(found.difference), found.lines[0].why[0]
    ('120.00', 'figure: was 99.98%, is 98.98%')
    """
    _check(old, new)
    was, now = ({line.key: line for line in each.lines} for each in (old, new))
    found = [_changed(key, was.get(key), now.get(key), new.digits) for key in dict.fromkeys([*was, *now])]
    return Correction(old=old, new=new, lines=tuple(filter(None, found)), why=tuple(_why_whole(old, new)))


def _check(old: Statement, new: Statement) -> None:
    for name, each in (("old", old), ("new", new)):
        if not isinstance(each, Statement):
            raise CreditError(f"not a statement: {each!r}", path=name, value=each, example=_EXAMPLE)
    if new.replaces != old.digest():
        raise CreditError("the new statement does not say that it replaces the old one", path="new.replaces",
                          value=new.replaces, example=_EXAMPLE)  # fmt: skip
    if new.currency != old.currency:
        raise CreditError(f"the old statement is in {old.currency}, the new one in {new.currency}", path="new.currency",
                          value=new.currency, example="one currency")  # fmt: skip
    if (new.period.lower, new.period.upper) != (old.period.lower, old.period.upper):
        raise CreditError(f"the old statement is for {old.period.name}, the new one for {new.period.name}",
                          path="new.period", value=new.period.name, example="the same period")  # fmt: skip


# What may differ though nothing did: the same ticket read later, or by another version, in a receipt of its own.
_CIRCUMSTANCES = frozenset({"read as of", *(f"version of {name}" for name in VERSIONS)})


def _essence(line: StatementLine | None) -> StatementLine | None:
    """A line without what may differ though nothing did."""
    if line is None:
        return None
    facts = {name: fact for name, fact in line.facts.items() if name not in _CIRCUMSTANCES}
    return replace(line, facts=facts, receipts=() if line.on == "breach" else line.receipts)


def _changed(key: str, was: StatementLine | None, now: StatementLine | None, digits: int) -> CorrectedLine | None:
    """None where nothing of a line changed."""
    if _essence(was) == _essence(now):
        return None
    minor = (now.minor if now else 0) - (was.minor if was else 0)
    if was is not None and now is not None:
        change: Literal["new", "gone", "changed"] = "changed"
        why = tuple(_why(was, now))
    else:
        change = "new" if was is None else "gone"
        why = ("it was not in the old statement",) if was is None else ("it is not in the new statement",)
    return CorrectedLine(key=key, change=change, was=was, now=now, minor=minor, digits=digits, why=why)


def _why(was: StatementLine, now: StatementLine) -> Iterator[str]:
    """What differs between a line and what it was, causes before what follows from them."""
    yield from _facts(was.facts, now.facts)
    if was.figure != now.figure:
        yield _was("figure", *("none" if each is None else shown_share(each) for each in (was.figure, now.figure)))
    if was.receipts != now.receipts:
        yield "receipts: others"
    told = {
        "counted": (was.counted, now.counted),
        "tier" if was.on != "breach" else "breach": (was.condition, now.condition),
        "credit": (was.credit, now.credit),
        "fees": (was.fees, now.fees),
        "base": (_exact(was.base), _exact(now.base)),
        "provisional": (was.provisional, now.provisional),
        "remarks": ("; ".join(was.remarks), "; ".join(now.remarks)),
    }
    yield from (_was(name, *pair) for name, pair in told.items() if pair[0] != pair[1])
    if was.explanation != now.explanation:
        yield "explanation: another"
    # Of the amounts, the first that differs: the others follow from it.
    for name, before, after in (
        ("by the rule", was.exact, now.exact),
        ("after caps", was.capped, now.capped),
        ("rounded", Fraction(was.minor, 10**was.digits), Fraction(now.minor, 10**now.digits)),
    ):
        if before != after:
            yield _was(name, shown_amount(before, was.digits), shown_amount(after, now.digits))
            return


def _facts(was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*was, *now}):
        before, after = was.get(name), now.get(name)
        if before == after:
            continue
        digests = all(each is None or len(each) == _DIGEST for each in (before, after))
        yield f"{name}: changed" if digests else _was(name, before, after)


_DIGEST = 64


def _why_whole(old: Statement, new: Statement) -> Iterator[str]:
    if old.schedule_digest != new.schedule_digest:
        yield (
            f"schedule: {old.schedule} was changed"
            if old.schedule == new.schedule
            else _was("schedule", old.schedule, new.schedule)
        )
    if old.fees != new.fees:
        yield _was("fees", *(exact_text(sum((fee.part for fee in each.fees), Fraction(0))) for each in (old, new)))
    if old.earlier != new.earlier:
        yield "earlier statements: others"
    for name in ("below_minimum", "claim_by", "library"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield _was(name.replace("_", " "), before, after)


def _was(name: str, before: object, after: object) -> str:
    shown_as = ["nothing" if each in (None, "") else str(each) for each in (before, after)]
    return f"{name}: was {shown_as[0]}, is {shown_as[1]}"


def _exact(amount: Fraction | None) -> str:
    return "" if amount is None else exact_text(amount)


def _money(line: StatementLine | None) -> str:
    return "" if line is None else shown(line.minor, line.digits)


def _row(line: CorrectedLine) -> tuple[str, ...]:
    either = line.now or line.was
    assert either is not None  # one of the two is there
    return (
        either.rule, either.subject, "; ".join(line.why), _money(line.was), _money(line.now),
        shown(line.minor, line.digits),
    )  # fmt: skip


def _told(line: CorrectedLine) -> dict[str, Any]:
    return {
        "key": line.key,
        "change": line.change,
        "was": _money(line.was) or None,
        "is": _money(line.now) or None,
        "difference": shown(line.minor, line.digits),
        "why": list(line.why),
    }
