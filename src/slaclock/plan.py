"""The plan of a calendar's dates: which rule holds on a date, and the windows it gives (CAL-6, CAL-7, CAL-8).

Precedence: special day, make-up day, holiday, weekly hours.  (Closures come before all; they cut instants, not
dates, and are taken off afterwards.)
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple

from .closures import HolidayRule, NamedDates, named_dates
from .hours import WEEKDAYS, Windows

Kind = Literal["special_day", "makeup_day", "holiday", "weekly"]


class DayRule(NamedTuple):
    """The rule that holds on a date, its name, and the windows that the date owns by it."""

    kind: Kind
    name: str
    windows: Windows


class Period(NamedTuple):
    """Weekly hours and holidays that hold from a date on; the first period holds from the beginning."""

    ordinal: int
    hours: Mapping[str, Windows]
    holidays: Sequence[HolidayRule]


class Plan:
    """Looks up the rule of a date; years of holidays are looked up once and kept (there are at most 231)."""

    __slots__ = (
        "_annual", "_dates", "_makeup_days", "_makeup_hours", "_named", "_periods", "_special", "_starts", "_weekly",
    )  # fmt: skip

    def __init__(
        self,
        periods: Sequence[Period],
        special_days: Mapping[str, tuple[str, Windows]],
        makeup_days: Mapping[str, str],
        makeup_hours: Windows | None,
    ) -> None:
        self._periods = periods
        self._starts = [period.ordinal for period in periods]
        self._annual = {key: day for key, day in special_days.items() if key.startswith("--")}
        self._dates = {_ordinal(key): day for key, day in special_days.items() if not key.startswith("--")}
        self._makeup_days = {_ordinal(key): name for key, name in makeup_days.items()}
        self._makeup_hours = makeup_hours
        self._special = [dates for dates in (self._dates, self._makeup_days) if dates]
        self._weekly = [[period.hours.get(day, ()) for day in WEEKDAYS] for period in periods]
        self._named: dict[tuple[int, int], NamedDates] = {}

    def windows(self, ordinal: int) -> Windows:
        """The windows that a date owns: ``rule(ordinal).windows``, sooner for a date on which nothing special is."""
        day = date.fromordinal(ordinal)
        which = bisect_right(self._starts, ordinal) - 1
        named = self.named(which, day.year)
        if self._annual or any(ordinal in dates for dates in (named.holidays, named.makeup, *self._special)):
            return self.rule(ordinal).windows
        return self._weekly[which][day.weekday()]

    def weekly(self, ordinal: int) -> Windows:
        """The weekly hours of a date, whatever else it is."""
        return self._weekly[bisect_right(self._starts, ordinal) - 1][date.fromordinal(ordinal).weekday()]

    def rule(self, ordinal: int) -> DayRule:
        """The rule that holds on a date."""
        day = date.fromordinal(ordinal)
        special = self._dates.get(ordinal)
        if special is None and self._annual:
            special = self._annual.get(f"--{day.month:02}-{day.day:02}")
        if special is not None:
            return DayRule("special_day", *special)
        which = bisect_right(self._starts, ordinal) - 1
        named = self.named(which, day.year)
        makeup = self._makeup_days.get(ordinal) or named.makeup.get(ordinal)
        if makeup is not None:
            windows = self._makeup_hours if self._makeup_hours is not None else self._weekly[which][0]
            return DayRule("makeup_day", makeup, windows)
        holiday = named.holidays.get(ordinal)
        if holiday is not None:
            return DayRule("holiday", holiday, ())
        return DayRule("weekly", "", self._weekly[which][day.weekday()])

    def named(self, which: int, year: int) -> NamedDates:
        """The named dates of a year under one of the periods."""
        found = self._named.get((which, year))
        if found is None:
            found = self._named[which, year] = named_dates(self._periods[which].holidays, year)
        return found

    def is_provisional(self, year: int) -> bool:
        """Whether some source's dates of a year are not published yet, or estimated."""
        first = bisect_right(self._starts, date(year, 1, 1).toordinal()) - 1
        last = bisect_right(self._starts, date(year, 12, 31).toordinal()) - 1
        return any(self.named(which, year).provisional for which in range(first, last + 1))


def _ordinal(key: str) -> int:
    return date.fromisoformat(key).toordinal()
