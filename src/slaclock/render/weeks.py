"""A week of a composite calendar: the weekly hours of its parts, side by side in its own zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from .._instant import from_us, ordinal_wall, place
from ..calendars import BusinessCalendar, Calendar, CompositeCalendar
from ..hours import DAY_SECONDS, Window, Windows
from ..segments import site_labels

REFERENCE_YEAR = 2026
"""The year whose offsets are shown unless another is asked for; nothing here knows what year it is."""

_WEEK = timedelta(days=7)


class Lane(NamedTuple):
    """The open time of a site in a week: by weekday, seconds from and to, as the walls of one zone show them."""

    label: str
    days: tuple[Windows, ...]


class Sites(NamedTuple):
    """The lanes of the parts, and the one that they make together."""

    parts: tuple[Lane, ...]
    together: Lane


def reference_weeks(calendar: CompositeCalendar, year: int | None) -> list[date]:
    """The Mondays of a week in January and one in July; one alone where both look alike."""
    if year is not None:
        calendar._kept.open.check(year, year)
    mondays = [_monday(date(year or REFERENCE_YEAR, month, 8)) for month in (1, 7)]
    first, second = (site_weeks(calendar, monday) for monday in mondays)
    return mondays[:1] if first == second else mondays


def _monday(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def site_weeks(calendar: CompositeCalendar, monday: date) -> Sites:
    """The weekly hours of a composite and its parts in a week, as if nothing special were in it."""
    zone = ZoneInfo(calendar.timezone)
    weekly = [_weekly(part, monday) for part in calendar.parts]
    labels = site_labels(calendar)
    together = CompositeCalendar(op=calendar.op, parts=weekly, timezone=calendar.timezone)
    return Sites(
        tuple(_lane(label, part, monday, zone) for label, part in zip(labels, weekly, strict=True)),
        _lane("", together, monday, zone),
    )


def _weekly(calendar: Calendar, day: date) -> Calendar:
    """The calendar with nothing but the weekly hours that hold on a date."""
    if isinstance(calendar, CompositeCalendar):
        parts = tuple(_weekly(part, day) for part in calendar.parts)
        return CompositeCalendar(op=calendar.op, parts=parts, timezone=calendar.timezone)
    hours = calendar.hours
    for revision in calendar.revisions:
        hours = revision.hours if revision.effective <= day else hours
    return BusinessCalendar(timezone=calendar.timezone, hours=hours)


def _lane(label: str, calendar: Calendar, monday: date, zone: ZoneInfo) -> Lane:
    start, end = (from_us(place(ordinal_wall(day.toordinal()), zone), zone) for day in (monday, monday + _WEEK))
    days: list[list[Window]] = [[] for _ in range(7)]
    for a, b in calendar.windows(start, end):
        for i, first, last in _pieces(a.astimezone(zone), b.astimezone(zone), monday):
            days[i].append(Window(first, last))
    return Lane(label, tuple(map(tuple, days)))


def _pieces(start: datetime, end: datetime, monday: date) -> Iterator[tuple[int, int, int]]:
    """A span by weekday: its number, and the seconds of that day from and to."""
    first, last = (start.date() - monday).days, (end.date() - monday).days
    for i in range(first, last + 1):
        low = _seconds(start) if i == first else 0
        high = _seconds(end) if i == last else DAY_SECONDS
        if low < high and i < 7:
            yield i, low, high


def _seconds(at: datetime) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second
