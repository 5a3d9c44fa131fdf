"""When a calendar is open, as text: ``Mon-Fri 09:00-17:00``, and what its holidays come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from ..calendars import BusinessCalendar, Calendar, CompositeCalendar
from ..closures import HolidayDates, HolidayRule, RecurringHolidays, TableHolidays
from ..hours import DAY_SECONDS, WEEKDAYS, Window, Windows, format_time
from .catalogue import Catalogue
from .moments import Speaker, day_text
from .names import clean, named
from .view import Cell
from .weeks import flattened

WHOLE_DAY = (Window(0, DAY_SECONDS),)


def windows_text(c: Catalogue, windows: Windows) -> str:
    """``09:00-12:30, 13:30-17:00``; nothing is ``closed``."""
    said = [c("date.times", start=format_time(start), end=_end(start, end)) for start, end in windows]
    return c.series(said) or c("name.closed")


def _end(start: int, end: int) -> str:
    """A window that runs past midnight ends at a time of the next date."""
    return format_time(end if end <= DAY_SECONDS or not start else end - DAY_SECONDS)


def hours_text(c: Catalogue, hours: Mapping[str, Windows]) -> str:
    """``Mon-Fri 09:00-17:00; Sat 10:00-14:00``: neighbours with equal hours as one."""
    if not hours:
        return c("hours.never")
    if all(hours.get(day) == WHOLE_DAY for day in WEEKDAYS):
        return c("hours.always")
    runs: list[tuple[int, int, Windows]] = []
    for i, day in enumerate(WEEKDAYS):
        windows = hours.get(day, ())
        if runs and runs[-1][1] == i - 1 and runs[-1][2] == windows:
            runs[-1] = (runs[-1][0], i, windows)
        elif windows:
            runs.append((i, i, windows))
    said = [
        c("hours.days", days=_days(c, first, last), windows=windows_text(c, windows)) for first, last, windows in runs
    ]
    return c("list.semicolon").join(said)


def _days(c: Catalogue, first: int, last: int) -> str:
    names = c.names("weekday.short")
    if (first, last) == (0, 6):
        return c("hours.daily")
    return names[first] if first == last else c("hours.from_to", first=names[first], last=names[last])


def source_text(c: Catalogue, rule: HolidayRule) -> str:
    """Where holidays come from: a table, dates, a recurrence, an iCalendar text."""
    if isinstance(rule, TableHolidays):
        return _table_text(c, rule)
    if isinstance(rule, HolidayDates):
        say = Speaker(c)
        days = say.date(rule.start)
        if rule.start != rule.end:
            days = c("date.span", start=days, end=say.date(rule.end))
        return c("reason.named", reason=days, name=named(c, rule.name))
    if isinstance(rule, RecurringHolidays):
        first = day_text(c, rule.dtstart)
        return c("holidays.recurring", name=named(c, rule.name), rule=clean(rule.rrule), start=first)
    return c("holidays.icalendar")


def _table_text(c: Catalogue, rule: TableHolidays) -> str:
    code = "-".join(filter(None, (rule.country, rule.subdivision)))
    text = c("holidays.country", code=code) if code else c("holidays.market", code=rule.market)
    said = []
    if rule.categories != ("public",):
        said.append(c.series(rule.categories))
    if rule.only:
        said.append(c("holidays.only", names=c.series(map(clean, rule.only))))
    if rule.without:
        said.append(c("holidays.without", names=c.series(map(clean, rule.without))))
    return c("reason.at_site", reason=text, site=c("list.semicolon").join(said)) if said else text


def sources_text(c: Catalogue, rules: Iterable[HolidayRule]) -> str:
    """The sources on one line; many dates as a number."""
    dates = [rule for rule in rules if isinstance(rule, HolidayDates)]
    others = [source_text(c, rule) for rule in rules if not isinstance(rule, HolidayDates)]
    if dates:
        days = sum((rule.end - rule.start).days + 1 for rule in dates)
        others.append(c.count("holidays.dates", days))
    return c.series(others)


def calendar_text(c: Catalogue, calendar: Calendar) -> str:
    """A calendar on one line."""
    if not isinstance(calendar, BusinessCalendar):
        return _composite_text(c, calendar)
    said = [c("reason.at_site", reason=hours_text(c, calendar.hours), site=calendar.timezone)]
    if calendar.holidays:
        said.append(c("calendar.holidays", sources=sources_text(c, calendar.holidays)))
    counts = {name: len(getattr(calendar, name)) for name in ("special_days", "closures", "revisions")}
    said += [c.count(f"calendar.{name}", count) for name, count in counts.items() if count]
    return c("list.semicolon").join(said)


def _composite_text(c: Catalogue, calendar: CompositeCalendar) -> str:
    parts = c.series(f"[{calendar_text(c, part)}]" for part in flattened(calendar).parts)
    return c("reason.named", reason=c(f"op.{calendar.op}"), name=parts)


def calendar_lines(c: Catalogue, calendar: Calendar) -> Cell:
    """A calendar on a line, a composite with a line for each part."""
    if isinstance(calendar, BusinessCalendar):
        return calendar_text(c, calendar)
    return c(f"op.{calendar.op}"), *(calendar_text(c, part) for part in flattened(calendar).parts)


def special_date(c: Catalogue, key: str) -> str:
    """The date of a special day: one, or one of every year."""
    if not key.startswith("--"):
        return day_text(c, date.fromisoformat(key))
    day = date.fromisoformat(f"2000{key[1:]}")  # a leap year, so that 29 February is a date
    return c("date.every_year", day=day.day, month=c.names("month.short")[day.month - 1])
