"""Statement: what is owed for a billing period, line by line, as it is kept and shown.

A statement is plain data.  It goes round through JSON, and its digest is what a later one names when it replaces it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from .._instant import to_us
from ..canonical import data_digest
from ..declarations import FrozenMap
from ..errors import CreditError, SlaclockError
from ..explanation import Explanation, explain
from ..periods import Period
from ..reading import Reading
from .money import decimal, finite, fraction_text, parse_amount, read_fraction, shown
from .schedule import On
from .sheet import Sheet, csv_text
from .tags import label

FORMAT = 1
_EXAMPLE = "statement(schedule, period, ...).to_json()"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """What one figure or one breach earned by one rule.

    ``exact`` is what the rule gives for itself, ``capped`` what is left of it beside other rules and under the caps,
    both exact fractions of the currency; ``amount`` is what is owed, in whole minor units, ``minor``.  ``base`` is the
    part of the fees of which ``credit`` is a share, ``fees`` their tags.  ``counted`` is how often a breach counts.
    ``remarks`` say what was done to it.  ``explanation`` and ``receipts`` are digests of what is behind it, ``facts``
    what a correction can name.  ``reading`` is the reading itself, None in a statement that was read back.
    """

    key: str
    rule: str
    on: On
    tags: Mapping[str, str]
    figure: Fraction | None = field(repr=False)
    counted: int | None
    condition: str
    credit: str
    fees: str
    base: Fraction | None
    exact: Fraction
    capped: Fraction
    minor: int
    digits: int
    provisional: bool
    remarks: tuple[str, ...]
    explanation: str
    receipts: tuple[str, ...]
    facts: Mapping[str, str]
    reading: Reading | None = field(default=None, repr=False, compare=False)

    @property
    def amount(self) -> Decimal:
        """What is owed, with the currency's digits."""
        return decimal(self.minor, self.digits)

    @property
    def subject(self) -> str:
        """What it is about: the tags, or the ticket's clock."""
        if self.on != "breach":
            return label(self.tags)
        cycle = "" if self.tags["cycle"] == "1" else f" #{self.tags['cycle']}"
        return f"{self.tags['ticket']} {self.tags['metric']}{cycle}"

    @property
    def result(self) -> str:
        """What was found: ``"availability 99.95%"``, ``"overrun 2h30m, counts 3"``."""
        if self.on == "breach":
            return f"{self.condition}, counts {self.counted}"
        found = "not measured" if self.figure is None else shown_share(self.figure)
        return " ".join(filter(None, (self.on, found, self.condition and f"({self.condition})")))

    def explained(self) -> Explanation:
        """Why the reading behind it says what it says.  Raises CreditError where there is none."""
        if self.reading is None:
            raise CreditError(f"line {self.key!r} holds no reading; its receipt does", path=self.key,
                              example="verify(receipt)")  # fmt: skip
        return explain(self.reading)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedCap:
    """A cap: how much room it had left, and the sums of its lines before and after it, in exact amounts."""

    cap: str
    fees: str
    room: Fraction
    before: Fraction
    after: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedFee:
    """A fee as it was given, and the part of it that belongs to the period."""

    tags: Mapping[str, str]
    amount: Decimal
    period: str
    part: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """What was given, or asked for by a rule, and earned no line, with the reason."""

    what: Literal["figure", "breach", "rule"]
    subject: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What is owed for a billing period.

    The ``amount`` of the lines adds up to ``total``, to the last minor unit.  ``exact`` is the sum before caps,
    ``capped`` after them, before rounding; ``below_minimum`` says that nothing is given because of the minimum.
    ``claim_by`` is the last instant for a claim.  ``replaces`` is the digest of the statement that this one corrects,
    ``earlier`` are those of the month and the year that the caps took into account.
    """

    number: str
    customer: str
    schedule: str
    schedule_digest: str
    currency: str
    digits: int
    rounding: str
    combine: str
    period: Period
    lines: tuple[StatementLine, ...]
    fees: tuple[StatedFee, ...]
    caps: tuple[AppliedCap, ...]
    minimum: str
    below_minimum: bool
    exact: Fraction
    capped: Fraction
    minor: int
    claim_by: datetime | None
    provisional: bool
    unused: tuple[Unused, ...]
    earlier: tuple[str, ...]
    replaces: str | None
    library: str

    @property
    def total(self) -> Decimal:
        """What is owed, with the currency's digits."""
        return decimal(self.minor, self.digits)

    def line(self, key: str) -> StatementLine:
        """The line of a key; raises CreditError where there is none."""
        for line in self.lines:
            if line.key == key:
                return line
        raise CreditError(f"no line {key!r}", path=key, value=key, example="statement.lines")

    def claimable(self, at: datetime) -> bool:
        """Whether a claim at an instant is in time; a claim at the deadline itself is."""
        return self.claim_by is None or to_us(at) <= to_us(self.claim_by)

    # -- kept ----------------------------------------------------------------------------------------------

    def to_dict(self, *, explanations: bool = False) -> dict[str, Any]:
        """Plain data (what JSON can say); with ``explanations`` the whole of each beside its digest."""
        told = _plain(self)
        if explanations:
            for line, data in zip(self.lines, told["lines"], strict=True):
                if line.reading is not None:
                    data["explained"] = line.explained().to_dict("segment")
        return {"statement": FORMAT, **told, "digest": self.digest()}

    def to_json(self, *, explanations: bool = False) -> str:
        """A JSON document, indented for people."""
        return json.dumps(self.to_dict(explanations=explanations), ensure_ascii=False, indent=2) + "\n"

    def digest(self) -> str:
        """SHA-256 (hex) of the JSON of ``to_dict()`` without the digest: keys sorted, no spaces, UTF-8."""
        return data_digest({"statement": FORMAT, **_plain(self)})

    @classmethod
    def from_json(cls, text: str) -> Statement:
        """Read a statement back.  Raises CreditError for what is none, or no longer what its digest says."""
        try:
            data = json.loads(text)
        except (ValueError, TypeError, RecursionError) as error:
            raise CreditError(f"it cannot be read: {error}", value=None, example=_EXAMPLE) from None
        return cls.from_dict(data)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Statement:
        """The same from plain data."""
        if not isinstance(data, Mapping) or "statement" not in data:
            raise CreditError("this is no statement", value=data, example=_EXAMPLE)
        if data["statement"] != FORMAT:
            raise CreditError(f"format {data['statement']!r} is not known here; a later release may read it",
                              path="statement", value=data["statement"], example=str(FORMAT))  # fmt: skip
        try:
            made: Statement = _read(cls, data)
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, SlaclockError) as error:
            raise CreditError(f"this is no whole statement: {error!r}", value=data, example=_EXAMPLE) from None
        if made.digest() != data.get("digest"):
            raise CreditError("the statement is not the one that its digest names", path="digest",
                              value=data.get("digest"), example=_EXAMPLE)  # fmt: skip
        return made

    # -- shown ---------------------------------------------------------------------------------------------

    def to_text(self) -> str:
        """Plain text, for a terminal or a mail."""
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
        """One row a line, with exact amounts and all digests; no row of totals."""
        return csv_text(_CSV, [self._csv_row(line) for line in self.lines])

    def _csv_row(self, line: StatementLine) -> list[str]:
        return [
            self.number, self.customer, self.schedule, self.period.name, line.key, line.rule, line.on, line.subject,
            "" if line.figure is None else exact_text(line.figure), "" if line.counted is None else str(line.counted),
            line.condition, line.credit, line.fees, "" if line.base is None else exact_text(line.base),
            exact_text(line.exact), exact_text(line.capped), shown(line.minor, line.digits), self.currency,
            "; ".join(line.remarks), line.explanation, " ".join(line.receipts),
        ]  # fmt: skip

    def _sheet(self) -> Sheet:
        money = f"{shown(self.minor, self.digits)} {self.currency}"
        facts = {
            "Number": self.number,
            "Customer": self.customer,
            "Schedule": self.schedule,
            "Period": f"{self.period.name} ({self.period.timezone})",
            "Credit": money,
            "Claim by": "" if self.claim_by is None else f"{self.claim_by.isoformat(sep=' ')}",
            "Rounding": f"{self.rounding}, {self.digits} digits",
            "Replaces": self.replaces or "",
            "Digest": self.digest(),
        }
        return Sheet(
            title=f"Credits for {self.period.name}",
            facts=[(name, value) for name, value in facts.items() if value],
            columns=("Rule", "For", "Found", "Credit", "By the rule", "After caps", self.currency),
            amounts=3,
            rows=[self._shown(line) for line in self.lines],
            totals=[(
                "Total", "", "", "", shown_amount(self.exact, self.digits), shown_amount(self.capped, self.digits),
                shown(self.minor, self.digits),
            )],
            remarks=list(self._remarks()),
        )  # fmt: skip

    def _shown(self, line: StatementLine) -> tuple[str, ...]:
        return (
            line.rule, line.subject, line.result, line.credit, shown_amount(line.exact, self.digits),
            shown_amount(line.capped, self.digits), shown(line.minor, self.digits),
        )  # fmt: skip

    def _remarks(self) -> Iterable[str]:
        for line in self.lines:
            yield from (f"{line.rule}, {line.subject}: {remark}" for remark in line.remarks)
        for cap in self.caps:
            if cap.after < cap.before:
                room, before = shown_amount(cap.room, self.digits), shown_amount(cap.before, self.digits)
                yield f"cap of {cap.cap}{f' ({cap.fees})' if cap.fees else ''}: {room} of {before}"
        if self.below_minimum:
            yield f"nothing is given: a credit is {self.minimum}"
        for each in self.unused:
            yield f"not used: {each.what} {each.subject}: {each.why}"
        if self.provisional:
            yield "provisional: a holiday table was used in a year for which it is not published yet"


_CSV = (
    "number", "customer", "schedule", "period", "line", "rule", "on", "subject", "figure", "counted", "condition",
    "credit", "fees", "base", "exact", "capped", "amount", "currency", "remarks", "explanation", "receipts",
)  # fmt: skip


# -- numbers for people ------------------------------------------------------------------------------------


def shown_share(share: Fraction) -> str:
    """A share as a percentage that is never more than it is: ``"99.9899..%"`` is not 99.99 %."""
    text = finite(share * 100)
    if text is not None and len(text) <= _SHOWN:
        return f"{text}%"
    whole = share * 100 * 10**_PLACES
    return f"{shown(whole.numerator // whole.denominator, _PLACES)}..%"


_SHOWN, _PLACES = 10, 6


def shown_amount(amount: Fraction, digits: int) -> str:
    """An exact amount: with the currency's digits if that is all, with more if it has more, cut off at some length."""
    minor = amount * 10**digits
    if minor.denominator == 1:
        return shown(int(minor), digits)
    text = finite(amount)
    if text is not None and len(text.partition(".")[2]) <= digits + 4:
        return text
    return f"{shown(int(minor * 10**4), digits + 4)}.."


def exact_text(value: Fraction) -> str:
    """A fraction for programs: a decimal where it is one, else ``"100/3"``."""
    return finite(value) or fraction_text(value)


# -- plain data --------------------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    if isinstance(value, Period):
        return {"name": value.name, "start": value.start.isoformat(), "end": value.end.isoformat(),
                "timezone": value.timezone}  # fmt: skip
    if isinstance(value, Fraction):
        return fraction_text(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value) if each.name != "reading"}
    return value


_FRACTION = re.compile(r"-?\d{1,999999}(/\d{1,999999})?")


def _fraction(text: Any) -> Fraction:
    if not isinstance(text, str) or not _FRACTION.fullmatch(text):
        raise ValueError(f"no exact number: {text!r}")
    return read_fraction(text)


def _whole(number: Any) -> int:
    if type(number) is not int:
        raise ValueError(f"no whole number: {number!r}")
    return number


def _period(data: Mapping[str, str]) -> Period:
    start, end = datetime.fromisoformat(data["start"]), datetime.fromisoformat(data["end"])
    return Period(start=start, end=end, timezone=data["timezone"], name=data["name"])


def _many(cls: type[Any]) -> Callable[[Iterable[Mapping[str, Any]]], tuple[Any, ...]]:
    return lambda items: tuple(_read(cls, item) for item in items)


_READERS: Mapping[type[Any], Mapping[str, Callable[[Any], Any]]] = {
    StatementLine: {
        **dict.fromkeys(("figure", "base", "exact", "capped"), _fraction),
        **dict.fromkeys(("counted", "minor", "digits"), _whole),
        **dict.fromkeys(("tags", "facts"), FrozenMap),
        **dict.fromkeys(("remarks", "receipts"), tuple),
    },
    AppliedCap: dict.fromkeys(("room", "before", "after"), _fraction),
    StatedFee: {"tags": FrozenMap, "amount": parse_amount, "part": _fraction},
    Unused: {},
    Statement: {
        **dict.fromkeys(("exact", "capped"), _fraction),
        **dict.fromkeys(("digits", "minor"), _whole),
        "period": _period,
        "lines": _many(StatementLine),
        "fees": _many(StatedFee),
        "caps": _many(AppliedCap),
        "unused": _many(Unused),
        "earlier": tuple,
        "claim_by": datetime.fromisoformat,
    },
}


def _read(cls: type[Any], data: Mapping[str, Any]) -> Any:
    told = {each.name: data[each.name] for each in fields(cls) if each.name != "reading"}
    for name, read in _READERS[cls].items():
        if told[name] is not None:
            told[name] = read(told[name])
    if told.get("claim_by") is not None:
        told["claim_by"] = told["claim_by"].astimezone(told["period"].start.tzinfo)
    return cls(**told)
