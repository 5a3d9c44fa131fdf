"""Instants and dates in a language: ``Tue 26 May 2026 11:00 BST``.

The year and the zone are said when they are not the ones said last, so that no instant can be taken for another, and
none says what the reader knows.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from .._instant import from_us, to_us
from .catalogue import Catalogue

SHARED_ABBREVIATIONS = frozenset({"CDT", "CST", "IST", "PST"})
"""What several zones with different offsets call their time; the offset is said beside it."""

_NO_TIME = timedelta(0)


def day_text(c: Catalogue, day: date, *, year: bool = True) -> str:
    """``Tue 26 May 2026``."""
    return c(
        "date.day_year" if year else "date.day",
        weekday=c.names("weekday.short")[day.weekday()],
        day=day.day,
        month=c.names("month.short")[day.month - 1],
        year=day.year,
    )


def short_day(c: Catalogue, day: date) -> str:
    """``26 May``."""
    return c("date.short", day=day.day, month=c.names("month.short")[day.month - 1])


def month_text(c: Catalogue, day: date) -> str:
    """``May 2026``."""
    return c("date.month", month=c.names("month.long")[day.month - 1], year=day.year)


def time_text(at: datetime) -> str:
    """``11:00``, with seconds and microseconds where there are some."""
    text = f"{at.hour:02}:{at.minute:02}"
    if at.second or at.microsecond:
        text += f":{at.second:02}"
    if at.microsecond:
        text += f".{at.microsecond:06}".rstrip("0")
    return text


def zone_text(at: datetime) -> str:
    """The zone's abbreviation, or its offset: ``BST``, ``CST (UTC+08:00)``, ``UTC+08:00``."""
    name = at.tzname() or ""
    if not name.isalpha():
        return offset_text(at)
    return f"{name} ({offset_text(at)})" if name in SHARED_ABBREVIATIONS else name


def offset_text(at: datetime) -> str:
    """``UTC+01:00``."""
    offset = at.utcoffset() or _NO_TIME
    minutes, seconds = divmod(abs(offset).seconds, 60)
    text = f"UTC{'-' if offset < _NO_TIME else '+'}{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{seconds:02}" if seconds else text


def last_date(end: datetime) -> date:
    """The last local date of a span that ends at an instant: one that ends at midnight does not lie on the next."""
    zone = end.tzinfo
    assert isinstance(zone, ZoneInfo)
    return from_us(to_us(end) - 1, zone).date()


class Speaker:
    """Says one instant after another, each with what has changed since the last."""

    __slots__ = ("_c", "_year", "_zone")

    def __init__(self, c: Catalogue) -> None:
        self._c = c
        self._year: int | None = None
        self._zone = ""

    def date(self, day: date) -> str:
        """A date, with its year when it is another than the last."""
        said, self._year = self._year, day.year
        return day_text(self._c, day, year=said != day.year)

    def at(self, at: datetime) -> str:
        """An instant: ``Tue 26 May 11:00``."""
        return self._zoned(self._c("date.at", day=self.date(at.date()), time=time_text(at)), at)

    def span(self, start: datetime, end: datetime) -> str:
        """From one instant to another, the date once where it is the same: ``Fri 22 May 15:00-16:30``."""
        until = _end_on(start.date(), end) if start.utcoffset() == end.utcoffset() else ""
        if not until:
            return self._c("date.span", start=self.at(start), end=self.at(end))
        times = self._c("date.times", start=time_text(start), end=until)
        return self._zoned(self._c("date.at", day=self.date(start.date()), time=times), start)

    def _zoned(self, text: str, at: datetime) -> str:
        zone = zone_text(at)
        said, self._zone = self._zone, zone
        return text if zone == said else self._c("date.zoned", at=text, zone=zone)


def _end_on(day: date, at: datetime) -> str:
    """The time at which a span ends on a date; ``24:00`` for the midnight that ends it, nothing for another date."""
    if at.date() == day:
        return time_text(at)
    midnight = not (at.hour or at.minute or at.second or at.microsecond)
    return "24:00" if midnight and at.date() == day + timedelta(days=1) else ""
