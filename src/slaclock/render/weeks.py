"""A week of a composite calendar: the weekly hours of its parts, side by side in its own zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import reduce
from typing import NamedTuple
from zoneinfo import ZoneInfo

from .._instant import Placer, from_us, ordinal_wall, place
from ..calendars import _OPERATIONS, BusinessCalendar, Calendar, CompositeCalendar
from ..days import placed_windows
from ..hours import DAY_SECONDS, WEEKDAYS, Window, Windows
from ..intervals import Interval, clip, normalize
from ..segments import site_labels

REFERENCE_YEAR = 2026
"""The year whose offsets are shown unless another is asked for; nothing here knows what year it is."""

_AROUND = 2  # dates whose windows can reach into a week of another zone


class Lane(NamedTuple):
    """The open time of a site in a week: by weekday, seconds from and to, as the walls of one zone show them."""

    label: str
    days: tuple[Windows, ...]


class Sites(NamedTuple):
    """The lanes of the parts, and the one that they make together."""

    parts: tuple[Lane, ...]
    together: Lane


def reference_weeks(calendar: CompositeCalendar, year: int | None) -> dict[date, Sites]:
    """A week in January and one in July, by their Mondays; one alone where both look alike."""
    if year is not None:
        calendar._kept.open.check(year, year)
    mondays = [_monday(date(year or REFERENCE_YEAR, month, 8)) for month in (1, 7)]
    winter, summer = weeks = [site_weeks(calendar, monday) for monday in mondays]
    return dict(zip(mondays, weeks[:1] if winter == summer else weeks, strict=False))


def _monday(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def site_weeks(calendar: CompositeCalendar, monday: date) -> Sites:
    """The weekly hours of a composite and its parts in a week, as if nothing special were in it."""
    zone, calendar = ZoneInfo(calendar.timezone), flattened(calendar)
    labels = site_labels(calendar)
    parts = tuple(
        _lane(label, _open(part, monday), monday, zone) for label, part in zip(labels, calendar.parts, strict=True)
    )
    return Sites(parts, _lane("", _open(calendar, monday), monday, zone))


def flattened(calendar: CompositeCalendar) -> CompositeCalendar:
    """The composite with all its parts side by side: ``a | b | c`` is a composite of ``a | b`` and ``c``."""
    if calendar.op == "difference":
        return calendar
    parts: list[BusinessCalendar | CompositeCalendar] = []
    for part in calendar.parts:
        inner = flattened(part) if isinstance(part, CompositeCalendar) else part
        if isinstance(inner, CompositeCalendar) and inner.op == calendar.op:
            parts += inner.parts
        else:
            parts.append(inner)
    return calendar.replace(parts=tuple(parts))


def _open(calendar: Calendar, monday: date) -> list[Interval]:
    """What is open by the weekly hours that hold on a Monday, in its week and around it."""
    if isinstance(calendar, CompositeCalendar):
        return reduce(_OPERATIONS[calendar.op], (_open(part, monday) for part in calendar.parts))
    hours = calendar.hours
    for revision in calendar.revisions:
        hours = revision.hours if revision.effective <= monday else hours
    place = Placer(ZoneInfo(calendar.timezone))
    days = range(monday.toordinal() - _AROUND, monday.toordinal() + 7 + _AROUND)
    return normalize(
        window
        for ordinal in days
        for window in placed_windows(ordinal, hours.get(WEEKDAYS[(ordinal - 1) % 7], ()), place)
    )


def _lane(label: str, opened: list[Interval], monday: date, zone: ZoneInfo) -> Lane:
    start, end = (place(ordinal_wall(monday.toordinal() + days), zone) for days in (0, 7))
    days: list[list[Window]] = [[] for _ in range(7)]
    for a, b in clip(opened, start, end):
        for i, first, last in _pieces(from_us(a, zone), from_us(b, zone), monday):
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
