"""What is answered: rows of counts, shares and times, and the whole that they add up to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from typing import Any, Protocol

from .._instant import MICROSECOND
from ..declarations import FrozenMap
from ..errors import AttainmentError, near
from ..periods import Period
from ..policy import Kind
from .interval import SMALL, WilsonInterval, wilson_interval
from .rules import Unfinished, When


class Times(Protocol):
    """Integers in a row: a list, or an array."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: int, /) -> Any:
        """The one at a place."""
        ...


_WIDE = Context(prec=40, rounding=ROUND_FLOOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSpread:
    """How long the clocks took that have stopped.  Nothing is estimated, and nothing is rounded but ``mean`` and
    ``median``, to the microsecond; ``mean_us`` and ``median_us`` are exact, in microseconds.

    ``percentiles`` are by nearest rank: of n times in order, the p-th percentile is the one at place p/100 * n, rounded
    up (type 1 of Hyndman and Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996),
    361-365).  So it is one of the times, and at least p percent of them are no longer.  The median is the middle time,
    or the mean of the two in the middle.
    """

    count: int
    total_us: int
    median_us: Fraction
    percentiles: Mapping[str, timedelta]

    @staticmethod
    def of(ordered: Times, total: int, percentiles: Sequence[Fraction]) -> TimeSpread | None:
        """That of some microseconds in order, and their sum; None where there are none."""
        count = len(ordered)
        if not count:
            return None
        return TimeSpread(
            count=count,
            total_us=total,
            median_us=Fraction(int(ordered[(count - 1) // 2]) + int(ordered[count // 2]), 2),
            percentiles=FrozenMap({f"{percent_of(p)}%": _nearest_rank(ordered, p) for p in percentiles}),
        )

    @property
    def mean_us(self) -> Fraction:
        """The mean, exactly."""
        return Fraction(self.total_us, self.count)

    @property
    def mean(self) -> timedelta:
        """The mean, to the microsecond."""
        return round(self.mean_us) * MICROSECOND

    @property
    def median(self) -> timedelta:
        """The median, to the microsecond."""
        return round(self.median_us) * MICROSECOND


def _nearest_rank(ordered: Times, share: Fraction) -> timedelta:
    rank = -(-share.numerator * len(ordered) // share.denominator)
    return int(ordered[rank - 1]) * MICROSECOND


def percent_of(share: Fraction, places: int | None = None) -> Decimal:
    """A share in percent, for people: rounded down to some places, or (None) as it is, to forty digits."""
    if places is not None:
        units = share.numerator * 100 * 10**places // share.denominator
        return Decimal((0, tuple(map(int, str(units))), -places))  # exact, whatever the thread's context is
    exact = _WIDE.divide(Decimal(100 * share.numerator), Decimal(share.denominator))
    return exact.quantize(Decimal(1)) if exact == exact.to_integral_value() else exact


# -- attainment ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AttainmentRow:
    """The clocks of a group, in a period if one was asked for.

    ``row["severity"]`` is what it is grouped by.  ``clocks`` are all, ``judged`` those counted, ``met`` and
    ``breached`` as what they count by the rule for unfinished clocks, ``open`` those of which it is not decided yet,
    however they count.  ``promises`` are the attainments promised for the judged ones (None: for some of them none), or
    the one asked about.
    ``elapsed`` and ``wall`` are the working time and the real time of the clocks that have stopped; None where there is
    none, or where clocks of several metrics are mixed.  ``provisional`` says that a reading behind it used a holiday
    table that is not published yet; None where that is not known, as of a table.
    """

    keys: Mapping[str, Any]
    period: Period | None
    clocks: int
    met: int
    breached: int
    open: int
    promises: tuple[Fraction | None, ...]
    elapsed: TimeSpread | None
    wall: TimeSpread | None
    provisional: bool | None = field(default=None, compare=False)

    def __getitem__(self, name: str) -> Any:
        if name not in self.keys:
            raise AttainmentError(f"the row is not grouped by {name!r}{near(name, self.keys)}", path="by", value=name,
                                  example=next(iter(self.keys), 'by="severity"'))  # fmt: skip
        return self.keys[name]

    @property
    def judged(self) -> int:
        """Those counted: met or breached."""
        return self.met + self.breached

    @property
    def value(self) -> Fraction | None:
        """The share of the judged that is met, exactly; None where none is judged."""
        return Fraction(self.met, self.judged) if self.judged else None

    def percentage(self, places: int = 2) -> Decimal | None:
        """``value`` in percent, rounded down, so that what is below a promise is never shown as that promise."""
        return None if self.value is None else percent_of(self.value, places)

    @property
    def promised(self) -> Fraction | None:
        """The attainment promised for all of the judged; None where there is none, or not one for all."""
        return self.promises[0] if len(self.promises) == 1 else None

    @property
    def margin(self) -> int | None:
        """How many of the met could have been breached, and the promise still kept; if it is not kept, below zero: how
        many of the breached would have had to be met.  None where ``kept`` is.
        """
        if self.promised is None or not self.judged:
            return None
        needed = -(-self.promised.numerator * self.judged // self.promised.denominator)
        return self.met - needed

    @property
    def kept(self) -> bool | None:
        """Whether the share is at least the one promised; None where ``promised`` is, or nothing is judged."""
        if self.promised is None or not self.judged:
            return None
        return self.met * self.promised.denominator >= self.promised.numerator * self.judged

    @property
    def interval(self) -> WilsonInterval | None:
        """How sure the share is, where it is one of 40 judged clocks or fewer: the Wilson score interval of 95 %."""
        return wilson_interval(self.met, self.judged) if 0 < self.judged <= SMALL else None

    def to_row(self) -> dict[str, Any]:
        """A flat row: the keys, the period, the counts, percentages as Decimals, times as timedeltas."""
        interval, promised = self.interval, self.promised
        row = {
            **self.keys,
            **_period_row(self.period),
            "clocks": self.clocks,
            "judged": self.judged,
            "met": self.met,
            "breached": self.breached,
            "open": self.open,
            "percentage": self.percentage(),
            "promised": None if promised is None else percent_of(promised),
            "kept": self.kept,
            "margin": self.margin,
            "low": None if interval is None else interval.low * 100,
            "high": None if interval is None else interval.high * 100,
        }
        for name, spread in (("elapsed", self.elapsed), ("wall", self.wall)):
            if spread is not None:
                row |= {f"{name}_mean": spread.mean, f"{name}_median": spread.median}
                row |= {f"{name}_{label}": value for label, value in spread.percentiles.items()}
        return row

    def __repr__(self) -> str:
        return f"AttainmentRow({', '.join([*_said(self.keys, self.period), *filter(None, self._told())])})"

    def _told(self) -> tuple[str, ...]:
        """Share, promise, verdict and interval, as words."""
        interval, margin, promised = self.interval, self.margin, ""
        if self.promised is not None:
            promised = f"{percent_of(self.promised)} %"
        elif any(self.promises):
            promised = "several"
        kept = ""
        if margin is not None:
            kept = f"kept, {margin} to spare" if self.kept else f"not kept, {-margin} short"
        sure = "" if interval is None else (
            f"{_percent(interval.low, ROUND_FLOOR)} to {_percent(interval.high, ROUND_CEILING)} %"
        )  # fmt: skip
        return _rate(self.met, self.judged, "none judged"), promised, kept, sure


def _percent(share: Decimal, rounding: str) -> Decimal:
    return (share * 100).quantize(Decimal("0.1"), rounding)


def _rate(part: int, whole: int, nothing: str) -> str:
    return f"{part}/{whole} = {percent_of(Fraction(part, whole), 2)} %" if whole else nothing


def _period_row(period: Period | None) -> dict[str, Any]:
    if period is None:
        return {}
    return {"period": period.name, "period_start": period.start, "period_end": period.end}


def _said(keys: Mapping[str, Any], period: Period | None) -> list[str]:
    return [*(f"{name}={value}" for name, value in keys.items()), *([f"period={period}"] if period else [])]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Attainment:
    """Which share of promises was met: a row a group and period, in order.

    ``whole`` has every clock counted, once, also where periods overlap; ``by_metric`` the same by metric, with the
    times that ``mtta`` and ``mttr`` are taken from.
    """

    by: tuple[str, ...]
    kind: Kind
    when: When
    unfinished: Unfinished
    rows: tuple[AttainmentRow, ...]
    whole: AttainmentRow
    by_metric: Mapping[str, AttainmentRow]

    def __iter__(self) -> Iterator[AttainmentRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def value(self) -> Fraction | None:
        """The share of all that is met."""
        return self.whole.value

    @property
    def mtta(self) -> timedelta | None:
        """The mean real time of ``acknowledgement`` (mean time to acknowledge), of the clocks that have stopped."""
        return self._mean("acknowledgement")

    @property
    def mttr(self) -> timedelta | None:
        """The mean real time of ``resolution`` (mean time to resolve), of the clocks that have stopped."""
        return self._mean("resolution")

    def _mean(self, metric: str) -> timedelta | None:
        row = self.by_metric.get(metric)
        return None if row is None or row.wall is None else row.wall.mean

    def row(self, **keys: Any) -> AttainmentRow:
        """The one row of some keys: ``row(severity="P1", period="2026-05")``.  Raises AttainmentError for no row, and
        for several.
        """
        return found_row(self.rows, self.by, keys)  # type: ignore[no-any-return]

    def to_rows(self) -> list[dict[str, Any]]:
        """A flat row each, with the same names in all: ``pandas.DataFrame(result.to_rows())``."""
        return even(row.to_row() for row in self.rows)

    def __repr__(self) -> str:
        of = "" if self.kind == "commitment" else " of aims"
        ways = ", ".join((f"counted when {self.when}", *([f"unfinished: {self.unfinished}"] if self._is_odd else [])))
        title = f"Attainment{of}{_by(self.by)}: {_rate(self.whole.met, self.whole.judged, 'none judged')} ({ways})"
        heads = ("met/judged", "promised", "", f"95 % interval, up to {SMALL}")
        return "\n".join([title, *table(self.by, heads, [(row.keys, row.period, row._told()) for row in self.rows])])

    @property
    def _is_odd(self) -> bool:
        return self.unfinished != "judged"


# -- rates of tickets ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TicketRateRow:
    """The tickets of a group, in a period if one was asked for: how many there are, and how many came back."""

    keys: Mapping[str, Any]
    period: Period | None
    tickets: int
    found: int

    __getitem__ = AttainmentRow.__getitem__

    @property
    def value(self) -> Fraction | None:
        """The share that came back, exactly; None where there are no tickets."""
        return Fraction(self.found, self.tickets) if self.tickets else None

    def percentage(self, places: int = 2) -> Decimal | None:
        """``value`` in percent, rounded down."""
        return None if self.value is None else percent_of(self.value, places)

    def to_row(self) -> dict[str, Any]:
        """A flat row."""
        counts = {"tickets": self.tickets, "found": self.found, "percentage": self.percentage()}
        return {**self.keys, **_period_row(self.period), **counts}

    def __repr__(self) -> str:
        return f"TicketRateRow({', '.join([*_said(self.keys, self.period), self._told()])})"

    def _told(self) -> str:
        return _rate(self.found, self.tickets, "no tickets")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TicketRate:
    """Which share of tickets came back: a row a group and period, in order, and the whole.

    ``name`` says which rate it is; ``whole`` has every ticket counted, once, also where periods overlap.
    """

    name: str
    by: tuple[str, ...]
    rows: tuple[TicketRateRow, ...]
    whole: TicketRateRow

    def __iter__(self) -> Iterator[TicketRateRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def value(self) -> Fraction | None:
        """The share of all that came back."""
        return self.whole.value

    def row(self, **keys: Any) -> TicketRateRow:
        """The one row of some keys.  Raises AttainmentError for no row, and for several."""
        return found_row(self.rows, self.by, keys)  # type: ignore[no-any-return]

    def to_rows(self) -> list[dict[str, Any]]:
        """A flat row each."""
        return [row.to_row() for row in self.rows]

    def __repr__(self) -> str:
        title = f"{self.name}{_by(self.by)}: {self.whole._told()}"
        rows = [(row.keys, row.period, (row._told(),)) for row in self.rows]
        return "\n".join([title, *table(self.by, ("",), rows)])


# -- rows as people see and take them ------------------------------------------------------------------------------


def found_row(rows: Sequence[Any], by: Sequence[str], keys: Mapping[str, Any]) -> Any:
    """The row that has some keys; ``period`` is one, by its name."""
    for name in keys:
        if name not in (*by, "period"):
            raise AttainmentError(f"the rows are not grouped by {name!r}{near(name, by)}", path="by", value=name,
                                  example=", ".join(by))  # fmt: skip
    wanted = {name: str(value) if name == "period" else value for name, value in keys.items()}
    found = [row for row in rows if all(_key(row, name) == value for name, value in wanted.items())]
    if len(found) != 1:
        told = ", ".join(f"{name}={value!r}" for name, value in wanted.items()) or "no keys"
        raise AttainmentError(f"{len(found)} rows have {told}, not one", path="row", value=dict(keys),
                              example="; ".join(map(repr, rows[:3])))  # fmt: skip
    return found[0]


def _key(row: Any, name: str) -> Any:
    return (row.period and row.period.name) if name == "period" else row.keys[name]


def even(rows: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with the same names in the same order, None where one says nothing."""
    told = list(rows)
    names = dict.fromkeys(name for row in told for name in row)
    return [{name: row.get(name) for name in names} for row in told]


def table(
    by: Sequence[str], heads: Sequence[str], rows: Sequence[tuple[Mapping[str, Any], Period | None, Sequence[str]]]
) -> list[str]:
    """Lines of a plain table; columns that say nothing are left out."""
    periods = any(period for _, period, _ in rows)
    told = [[*by, *(["period"] if periods else []), *heads]]
    for keys, period, cells in rows:
        told.append([*(_word(keys[name]) for name in by), *([str(period)] if periods else []), *cells])
    columns = [column for column in zip(*told, strict=True) if any(column[1:])]
    widths = [max(map(len, column)) for column in columns]
    lines = zip(*columns, strict=True)
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def _by(by: Sequence[str]) -> str:
    return f" by {', '.join(by)}" if by else ""


def _word(value: Any) -> str:
    return "none" if value is None else str(value)
