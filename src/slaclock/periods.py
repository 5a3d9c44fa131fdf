"""Periods: the month, quarter, rolling span or any other stretch of time that a figure is for.

A period is half-open ``[start, end)`` and lives in the contract's zone: a month begins and ends at that zone's
midnights, so that it is an hour shorter or longer when the clocks change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from pydantic_core import PydanticCustomError

from ._instant import DAY, MICROSECOND, from_us, ordinal_wall, place, to_us, to_wall, wall_ordinal
from .calendar_parts import zone_name
from .errors import InstantError, PeriodError
from .years import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from dateutil.relativedelta import relativedelta

_EXAMPLE = '"2026-05", "2026-Q2", "2026" or "2026-05-01..2026-05-08"'
_ONE_DAY = timedelta(days=1)
_MOST = {"days": 366 * (LAST_YEAR - FIRST_YEAR + 1), "months": 12 * (LAST_YEAR - FIRST_YEAR + 1)}
_DATE = r"\d{4}-\d{2}-\d{2}"
_RANGE = re.compile(rf"({_DATE})(?:\.\.({_DATE}))?")
_YEAR = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of time ``[start, end)``, shown in a zone.

    ``start`` and ``end`` are aware datetimes of any zone, and are kept in ``timezone``.  ``name`` is what people call
    it: ``"2026-05"``.  ``lower`` and ``upper`` are the same two instants in UTC microseconds.  Two periods are equal
    when these, the zone and the name are.

    Raises PeriodError when it does not end after it starts or the zone is unknown, InstantError for a naive datetime.

    >>> from slaclock import Period
    >>> may = Period.parse("2026-05", "Europe/London")
    >>> str(may.start), str(may.end)
    ('2026-05-01 00:00:00+01:00', '2026-06-01 00:00:00+01:00')
    """

    start: datetime = field(compare=False)
    end: datetime = field(compare=False)
    timezone: str
    name: str = ""
    # Two datetimes of one zone are equal in Python when their walls are, even an hour apart in a fold.
    lower: int = field(init=False, repr=False)
    upper: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        zone = _zone(self.timezone)
        lower, upper = _instant(self.start, "start"), _instant(self.end, "end")
        start, end = from_us(lower, zone), from_us(upper, zone)
        if upper <= lower:
            raise PeriodError(f"the period ends at {end}, not after it starts ({start})", path="end", value=self.end,
                              example="an end after the start")  # fmt: skip
        name = self.name or f"{start.isoformat()}..{end.isoformat()}"
        for key, value in (
            ("start", start), ("end", end), ("timezone", zone.key), ("name", name), ("lower", lower), ("upper", upper),
        ):  # fmt: skip
            object.__setattr__(self, key, value)

    @classmethod
    def parse(cls, text: str, timezone: str | ZoneInfo) -> Self:
        """A period as people write it: a month, a quarter, a year, a date, or two dates, both of which are in it.

        ``"2026-05"``, ``"2026-Q2"``, ``"2026"``, ``"2026-05-01"``, ``"2026-05-01..2026-05-08"``; by local midnights of
        the zone.  Raises PeriodError for anything else.

        >>> from slaclock import Period
        >>> Period.parse("2026-03", "Europe/Berlin").length.total_seconds() / 3600  # the clocks go forward
        743.0
        """
        zone = _zone(timezone)
        if isinstance(text, str):
            if match := _YEAR.fullmatch(text):
                return cls._by_months(int(match[1]), match[2], match[3], text, zone)
            if match := _RANGE.fullmatch(text):
                return cls._by_dates(match[1], match[2] or match[1], text, zone)
        raise PeriodError(f"not a period: {text!r}", path="period", value=text, example=_EXAMPLE)

    @classmethod
    def rolling(
        cls, end: date | datetime, timezone: str | ZoneInfo, *, days: int | None = None, months: int | None = None
    ) -> Self:
        """So many days or months up to an end: an instant, or a date, which is then in it to its last moment.

        It begins at the end's wall time so many days or months before; the last day of a shorter month stands for a
        later one.  Raises PeriodError unless one of ``days`` and ``months`` is given, 1 or more.

        >>> from datetime import date
        >>> from slaclock import Period
        >>> str(Period.rolling(date(2026, 5, 31), "Europe/London", days=90).start)
        '2026-03-03 00:00:00+00:00'
        """
        zone = _zone(timezone)
        back, told = _back(days, months)
        if isinstance(end, datetime):
            upper = _instant(end, "end")
            wall, last = to_wall(upper, zone), from_us(upper, zone).isoformat()
        elif isinstance(end, date):
            _check_years(end, end)
            wall, last = ordinal_wall(end.toordinal() + 1), end.isoformat()
            upper = place(wall, zone)
        else:
            raise InstantError(f"neither a date nor an aware datetime: {end!r}", path="end", value=end,
                               example="date(2026, 5, 31)")  # fmt: skip
        ends_on = date.fromordinal(wall_ordinal(wall))
        _check_years(ends_on - _ONE_DAY, end)
        first = ends_on - back
        _check_years(first, end)
        lower = place(ordinal_wall(first.toordinal()) + wall % DAY, zone)
        return cls(start=from_us(lower, zone), end=from_us(upper, zone), timezone=zone.key, name=f"{told} to {last}")

    @classmethod
    def span(cls, start: datetime, end: datetime, timezone: str | ZoneInfo, name: str = "") -> Self:
        """Any stretch ``[start, end)`` of two instants; without a name it is called by these."""
        return cls(start=start, end=end, timezone=_zone(timezone).key, name=name)

    @property
    def length(self) -> timedelta:
        """Real time from ``start`` to ``end``: a month in which clocks go forward has 743 hours, or 719, or 671."""
        return (self.upper - self.lower) * MICROSECOND

    def months(self) -> tuple[Period, ...]:
        """The calendar months of the period, in order and cut at its ends, each by its own name.

        >>> from slaclock import Period
        >>> [month.name for month in Period.parse("2026-Q2", "UTC").months()]
        ['2026-04', '2026-05', '2026-06']
        """
        from dateutil.relativedelta import relativedelta

        zone = ZoneInfo(self.timezone)
        first = date.fromordinal(wall_ordinal(to_wall(self.lower, zone))).replace(day=1)
        found: list[Period] = []
        lower = self.lower
        while lower < self.upper:
            later = first + relativedelta(months=1)
            upper = min(_midnight(later, zone), self.upper)
            if upper > lower:
                start, end = from_us(lower, zone), from_us(upper, zone)
                found.append(Period(start=start, end=end, timezone=self.timezone, name=f"{first:%Y-%m}"))
            first, lower = later, max(lower, upper)
        return tuple(found)

    def __contains__(self, at: datetime) -> bool:
        """Whether an instant lies in it: the start does, the end does not."""
        return self.lower <= to_us(at) < self.upper

    def __str__(self) -> str:
        return self.name

    @classmethod
    def _by_months(cls, year: int, quarter: str | None, month: str | None, name: str, zone: ZoneInfo) -> Self:
        from dateutil.relativedelta import relativedelta

        if quarter:
            number, count = 3 * int(quarter) - 2, 3
        else:
            number, count = (int(month), 1) if month else (1, 12)
        first = date(max(year, 1), number, 1)
        _check_years(first, name)
        return cls._by_midnights(first, first + relativedelta(months=count), name, zone)

    @classmethod
    def _by_dates(cls, first: str, last: str, name: str, zone: ZoneInfo) -> Self:
        try:
            since, until = date.fromisoformat(first), date.fromisoformat(last)
        except ValueError:
            raise PeriodError(f"no such date: {name!r}", path="period", value=name, example=_EXAMPLE) from None
        if until < since:
            raise PeriodError(f"the period ends before it starts: {name!r}", path="period", value=name,
                              example=_EXAMPLE)  # fmt: skip
        _check_years(since, name)
        _check_years(until, name)
        return cls._by_midnights(since, until + _ONE_DAY, name, zone)

    @classmethod
    def _by_midnights(cls, first: date, after: date, name: str, zone: ZoneInfo) -> Self:
        start, end = from_us(_midnight(first, zone), zone), from_us(_midnight(after, zone), zone)
        return cls(start=start, end=end, timezone=zone.key, name=name)


def _midnight(day: date, zone: ZoneInfo) -> int:
    return place(ordinal_wall(day.toordinal()), zone)


def _zone(timezone: str | ZoneInfo) -> ZoneInfo:
    try:
        return ZoneInfo(zone_name(timezone))
    except PydanticCustomError as error:
        raise PeriodError(error.message(), path="timezone", value=timezone, example='"Europe/London"') from None


def _instant(at: datetime, path: str) -> int:
    try:
        return to_us(at)
    except InstantError as error:
        raise InstantError(error.message, path=path, value=at, example=error.example) from None


def _check_years(day: date, value: object) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise PeriodError(f"the period leaves the supported years {FIRST_YEAR} to {LAST_YEAR}", path="period",
                          value=value, example=_EXAMPLE)  # fmt: skip


def _back(days: int | None, months: int | None) -> tuple[timedelta | relativedelta, str]:
    """How far a rolling period goes back, and what that is called."""
    from dateutil.relativedelta import relativedelta

    given = [(name, count) for name, count in (("days", days), ("months", months)) if count is not None]
    if len(given) != 1:
        raise PeriodError("a rolling period is so many days, or so many months", path="days", value=days,
                          example="days=90")  # fmt: skip
    ((name, count),) = given
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= _MOST[name]:
        raise PeriodError(f"not a whole number of {name} from 1 to {_MOST[name]}: {count!r}", path=name, value=count,
                          example=f"{name}=1")  # fmt: skip
    told = f"{count} {name if count > 1 else name[:-1]}"
    return (timedelta(days=count) if name == "days" else relativedelta(months=count)), told
