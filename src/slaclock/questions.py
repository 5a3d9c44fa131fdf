"""The questions that every calendar answers, each one line over its compiled years.

Instants go in as aware datetimes of any zone and come out in the calendar's zone; working time goes in as
``"4h"``, ``"PT4H"`` or a timedelta and comes out as a timedelta, exact to the microsecond.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ._instant import MICROSECOND, from_us, to_us
from .durations import parse_duration
from .errors import CalendarError, InstantError
from .hours import parse_time
from .timeline import Timeline
from .years import OpenYears, WorkingDays


class Compiled:
    """What a calendar keeps beside its value: its zone, its open time, and its days (a composite may have none)."""

    __slots__ = ("days", "named", "open", "zone")

    def __init__(self, zone: ZoneInfo, open_: OpenYears, days: WorkingDays | None) -> None:
        self.zone, self.open, self.days = zone, open_, days
        self.named: Any = None  # open and closed time with its reasons, kept here by the room of segments


class Questions:
    """Questions to a calendar.  A naive datetime is an InstantError, one outside the supported years a HorizonError."""

    __slots__ = ()

    _kept: Compiled

    def due(self, start: datetime, within: str | timedelta) -> datetime:
        """The first instant by which ``within`` of working time has passed since ``start``.

        Negative working time looks back: the latest instant from which that much lies before ``start``.
        Zero is ``start``.  Raises NoWorkingTimeError when the calendar never opens in that direction.

        >>> from datetime import datetime
        >>> from zoneinfo import ZoneInfo
        >>> from slaclock import BusinessCalendar
        >>> uk = BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["08:30-16:30"]}, holidays=["GB-ENG"])
        >>> friday = datetime(2026, 5, 22, 15, 0, tzinfo=ZoneInfo("Europe/London"))
        >>> uk.due(friday, "4h").isoformat()  # Monday is the Spring Bank Holiday
        '2026-05-26T11:00:00+01:00'
        """
        kept = self._kept
        return from_us(kept.open.add(to_us(start), parse_duration(within)), kept.zone)

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Working time from ``start`` to ``end``; negative when ``end`` is the earlier."""
        return self._kept.open.elapsed(to_us(start), to_us(end)) * MICROSECOND

    def is_open(self, at: datetime) -> bool:
        """Whether work counts at an instant: open at the opening instant, closed at the closing one."""
        t = to_us(at)
        return self._kept.open.at(t).is_open(t)

    def next_open(self, after: datetime) -> datetime | None:
        """The first opening strictly after an instant; None when there is none."""
        return self._edge(self._kept.open.next_open(to_us(after)))

    def next_close(self, after: datetime) -> datetime | None:
        """The first closing strictly after an instant; None when there is none."""
        return self._edge(self._kept.open.next_close(to_us(after)))

    def previous_open(self, before: datetime) -> datetime | None:
        """The last opening strictly before an instant; None when there is none."""
        return self._edge(self._kept.open.previous_open(to_us(before)))

    def previous_close(self, before: datetime) -> datetime | None:
        """The last closing strictly before an instant; None when there is none."""
        return self._edge(self._kept.open.previous_close(to_us(before)))

    def _edge(self, t: int | None) -> datetime | None:
        return None if t is None else from_us(t, self._kept.zone)

    def roll_forward(self, at: datetime) -> datetime:
        """The instant itself when open, else the next opening.  Raises NoWorkingTimeError when there is none."""
        t = to_us(at)
        found = t if self._kept.open.at(t).is_open(t) else self._kept.open.next_open(t)
        if found is None:
            raise self._kept.open.never(t)
        return from_us(found, self._kept.zone)

    def roll_back(self, at: datetime) -> datetime:
        """The instant itself when open, else the last closing.  Raises NoWorkingTimeError when there is none."""
        t = to_us(at)
        line = self._kept.open.at(t)
        # The closing instant itself is closed, and the last closing at or before it.
        found = t if line.is_open(t) else self._kept.open.previous_close(t + 1)
        if found is None:
            raise self._kept.open.never(t)
        return from_us(found, self._kept.zone)

    def windows(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """The open windows within ``[start, end)``, cut at its ends, in order; none when ``end`` is the earlier."""
        zone = self._kept.zone
        found = self._kept.open.windows(to_us(start), to_us(end))
        return [(from_us(a, zone), from_us(b, zone)) for a, b in found]

    def timeline(self, start: datetime, end: datetime) -> Timeline:
        """The calendar compiled for ``[start, end)``: a Timeline of one's own, in UTC microseconds."""
        a, b = to_us(start), to_us(end)
        return Timeline(self._kept.open.windows(a, b), a, b)

    # -- days ----------------------------------------------------------------------------------------------

    def is_working_day(self, day: date) -> bool:
        """Whether a local date owns open time.  An aware datetime stands for its date in the calendar's zone."""
        ordinal = self._ordinal(day)
        return self._days().of(ordinal).is_working(ordinal)

    def add_business_days(
        self,
        start: datetime,
        days: int,
        *,
        by: str | None = None,
        cutoff: str | None = None,
    ) -> datetime:
        """The due instant of a number of business days.

        Without ``by``: the same wall time on the due day, within its hours, counted from the next opening when
        ``start`` is closed; negative numbers count back.  With ``by="close"`` or ``by="16:00"``: that instant
        of the n-th working day after the local date of receipt; what arrives at or after ``cutoff``, or on a day
        that is none, counts as received on the next working day.  (Rules CLK-3 and CLK-4 of the design.)

        >>> from datetime import datetime
        >>> from zoneinfo import ZoneInfo
        >>> from slaclock import BusinessCalendar
        >>> uk = BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["08:30-16:30"]}, holidays=["GB-ENG"])
        >>> friday = datetime(2026, 5, 22, 15, 0, tzinfo=ZoneInfo("Europe/London"))
        >>> uk.add_business_days(friday, 2, by="close").isoformat()
        '2026-05-27T16:30:00+01:00'
        """
        if not isinstance(days, int) or isinstance(days, bool):
            raise CalendarError(f"not a whole number of days: {days!r}", path="days", value=days, example="2")
        t, calendar, zone = to_us(start), self._days(), self._kept.zone
        if by is None:
            if cutoff is not None:
                raise CalendarError("a cut-off needs a named instant", value=cutoff, example='by="close"')
            return from_us(calendar.same_time(t, days), zone)
        if days < 0:
            raise CalendarError("a named instant lies ahead; the number of days is 0 or more", value=days, example="1")
        close = None if by == "close" else _time_of_day("by", by)
        limit = None if cutoff is None else _time_of_day("cutoff", cutoff)
        due, day = calendar.named(t, days, close, limit)
        if due <= calendar.of(day).hours(day)[0]:
            raise CalendarError(f"by {by} is not after the day's first opening", path="by", value=by, example='"close"')
        return from_us(due, zone)

    def business_days_between(self, start: date, end: date) -> int:
        """Working days in ``[start, end)``; negative when ``end`` is the earlier."""
        first, last = self._ordinal(start), self._ordinal(end)
        if last < first:
            return -self._days().count(last, first)
        return self._days().count(first, last)

    def _days(self) -> WorkingDays:
        raise NotImplementedError  # pragma: no cover - each calendar says whose days count

    def _ordinal(self, day: date) -> int:
        if isinstance(day, datetime):
            return self._days().local(to_us(day))
        if not isinstance(day, date):
            raise InstantError(f"not a date: {day!r}", value=day, example="date(2026, 5, 22)")
        return day.toordinal()


def _time_of_day(name: str, text: str) -> int:
    seconds = parse_time(text)
    if seconds is None:
        raise CalendarError(f"not a time of day: {text!r}", path=name, value=text, example='"16:00"')
    return seconds
