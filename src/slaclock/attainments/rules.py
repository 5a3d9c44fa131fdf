"""How clocks are counted: which of their instants puts them into a period, and what becomes of those that still run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from .._instant import ordinal_wall, place, to_us, to_wall, wall_ordinal
from ..choice import parse_share
from ..errors import AttainmentError
from ..fold import State
from ..periods import Period
from ..reading import Judgement, Reading

When = Literal["decided", "due", "opened"]
Unfinished = Literal["judged", "left_out", "met_so_far", "against"]
Counted = Literal["met", "breached"]
Share = str | Fraction | Decimal

RUNNING: tuple[State, ...] = ("pending", "running", "paused")
"""The states of a clock that has not finished."""
COLUMNS = (
    "period", "period_start", "period_end", "clocks", "judged", "met", "breached", "open", "percentage", "promised",
    "kept", "margin", "low", "high", "tickets", "found",
)  # fmt: skip
"""What a row says besides what it is grouped by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of readings, or of a table: checked once, for both."""

    by: tuple[str, ...]
    periods: tuple[Period, ...] | None
    when: When
    unfinished: Unfinished
    promised: Fraction | None
    percentiles: tuple[Fraction, ...]
    spreads: bool = True


def question(
    by: str | Sequence[str], periods: Period | Iterable[Period] | None, when: str, unfinished: str,
    promised: Share | None, percentiles: Iterable[Share] | None,
) -> Question:  # fmt: skip
    """A question, checked; ``percentiles`` None asks for no times at all."""
    return Question(
        by=names_of(by),
        periods=periods_of(periods),
        when=_one_of(when, When, "when"),
        unfinished=_one_of(unfinished, Unfinished, "unfinished"),
        promised=None if promised is None else parse_share(promised, "promised"),
        percentiles=_percentiles(percentiles),
        spreads=percentiles is not None,
    )


def names_of(by: str | Sequence[str], path: str = "by") -> tuple[str, ...]:
    """What rows are grouped by."""
    names = (by,) if isinstance(by, str) else tuple(by)
    for place_, name in enumerate(names):
        if not isinstance(name, str) or not name:
            raise AttainmentError(f"not the name of an attribute or column: {name!r}", path=path, value=name,
                                  example=f'{path}=("metric", "severity")')  # fmt: skip
        if name in COLUMNS:
            raise AttainmentError(f"a row says {name!r} of itself; give the attribute or column another name",
                                  path=path, value=name, example=f'{path}=("metric", "severity")')  # fmt: skip
        if name in names[:place_]:
            raise AttainmentError(f"{name!r} comes twice", path=path, value=name,
                                  example=f'{path}=("metric", "severity")')  # fmt: skip
    return names


def periods_of(periods: object) -> tuple[Period, ...] | None:
    """One or more periods; None where all instants are meant."""
    if periods is None:
        return None
    many = isinstance(periods, Iterable) and not isinstance(periods, (str, Period))
    found: list[Period] = []
    for each in periods if many else (periods,):  # type: ignore[attr-defined]
        if not isinstance(each, Period):
            raise AttainmentError(f"not a Period: {each!r}", path="periods", value=each,
                                  example='Period.parse("2026-05", "Europe/London")')  # fmt: skip
        found.append(each)
    return tuple(found)


def windows_of(over: Period, days: int) -> tuple[Period, ...]:
    """A window of so many days up to the end of each date of a period."""
    if not isinstance(over, Period):
        raise AttainmentError(f"not a Period: {over!r}", path="over", value=over,
                              example='Period.parse("2026", "Europe/London")')  # fmt: skip
    zone = ZoneInfo(over.timezone)
    first, last = (wall_ordinal(to_wall(us, zone)) for us in (over.lower, over.upper - 1))
    # A zone that skips a date (Samoa's 30 December 2011) has no such day to end.
    dates = [day for day in range(first, last + 1) if _begins(day, zone) < _begins(day + 1, zone)]
    return tuple(Period.rolling(date.fromordinal(day), zone, days=days) for day in dates)


def _begins(day: int, zone: ZoneInfo) -> int:
    return place(ordinal_wall(day), zone)


def _one_of(word: Any, words: Any, path: str) -> Any:
    allowed = get_args(words)
    if word not in allowed:
        raise AttainmentError(f"no way to count clocks: {word!r}", path=path, value=word,
                              example=" or ".join(f'{path}="{each}"' for each in allowed))  # fmt: skip
    return word


def _percentiles(percentiles: Iterable[Share] | None) -> tuple[Fraction, ...]:
    if percentiles is None:
        return ()
    given = [percentiles] if isinstance(percentiles, (str, Fraction, Decimal)) else list(percentiles)
    return tuple(sorted({parse_share(each, "percentiles") for each in given}))


# -- one clock -----------------------------------------------------------------------------------------------------


def is_void(verdict: Judgement, state: State) -> bool:
    """Whether a clock was cancelled before it broke: then it is none of those that there are."""
    return state == "cancelled" and verdict != "breached"


def counted_as(verdict: Judgement, state: State, unfinished: Unfinished) -> Counted | None:
    """Whether a clock counts as met, as breached, or not at all."""
    if verdict == "open":
        if unfinished == "met_so_far":
            return "met"
        return "breached" if unfinished == "against" else None
    if verdict == "breached" and unfinished == "left_out" and state in RUNNING:
        return None
    return verdict if verdict in ("met", "breached") else None


def counted_at(reading: Reading, when: When) -> int:
    """The instant (UTC microseconds) that puts a clock into a period.

    ``"opened"``: that of its ticket's opening.  ``"decided"``: met, when it stopped; breached, when it broke.
    ``"due"``: that of its due instant.  A clock that has none of these counts when it stopped, or, while it runs, at
    the instant of the reading.
    """
    if when == "opened":
        opened = reading.fold.history.opened
        assert opened is not None  # a ticket that is not opened has no clocks
        return opened
    at = reading.due if when == "due" else None
    return to_us(at or reading.breached_at or reading.stopped_at or reading.as_of)
