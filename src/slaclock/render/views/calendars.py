"""Views of a calendar: the week at a glance, a year with its holidays, and what is declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ..._instant import from_us, to_us
from ...calendars import BusinessCalendar, CompositeCalendar
from ...closures import HolidayRule
from ...hours import Windows
from ...plan import DayRule
from ...segments import site_labels
from ..catalogue import Catalogue
from ..columns import columns_of, filled_table
from ..moments import Speaker, day_text, last_date
from ..names import named, reason
from ..opening import calendar_text, hours_text, source_text, sources_text, special_date, windows_text
from ..pictures.week import draw_sites, draw_week
from ..pictures.year import Year, draw_year
from ..view import Cell, Facts, Picture, Row, Table, View
from ..weeks import Sites, flattened, reference_weeks

_ONE_DAY = timedelta(days=1)


class Hours(NamedTuple):
    """Weekly hours, and the dates from which and up to which they hold."""

    first: date | None
    last: date | None
    hours: Mapping[str, Windows]


def calendar_sentence(c: Catalogue, calendar: BusinessCalendar | CompositeCalendar) -> str:
    """A calendar on one line."""
    return c.whole(calendar_text(c, calendar))


def calendar_view(c: Catalogue, calendar: BusinessCalendar, year: int | None = None) -> View:
    """Of a year: its weekly hours, its days, and what is not as every week.  Else what is declared."""
    if year is not None:
        calendar._kept.open.check(year, year)
        parts = (*_year_parts(c, calendar, year), *_weeks(c, calendar, year))
        return View(title=c("title.calendar_year", year=year, zone=calendar.timezone), parts=parts)
    return View(
        title=c("title.calendar", zone=calendar.timezone),
        says=(calendar_sentence(c, calendar),),
        parts=(*_weeks(c, calendar, None), *_facts(c, calendar), *_declared(c, calendar)),
    )


# -- weekly hours ------------------------------------------------------------------------------------------


def _periods(calendar: BusinessCalendar) -> list[Hours]:
    starts = [None, *(revision.effective for revision in calendar.revisions)]
    ends = [*(revision.effective - _ONE_DAY for revision in calendar.revisions), None]
    hours = [calendar.hours, *(revision.hours for revision in calendar.revisions)]
    return [Hours(*period) for period in zip(starts, ends, hours, strict=True)]


def _weeks(c: Catalogue, calendar: BusinessCalendar, year: int | None) -> Iterator[Picture]:
    for first, last, hours in _periods(calendar):
        if year is not None and ((first and first.year > year) or (last and last.year < year)):
            continue
        yield _week(c, _holding(c, first, last), hours)


def _week(c: Catalogue, title: str, hours: Mapping[str, Windows]) -> Picture:
    says = c("reason.named", reason=title, name=hours_text(c, hours))
    return Picture(title, lambda: draw_week(c, hours, says))


def _holding(c: Catalogue, first: date | None, last: date | None) -> str:
    if first and last:
        return c("week.between", first=day_text(c, first), last=day_text(c, last))
    if first:
        return c("week.since", first=day_text(c, first))
    return c("week.until", last=day_text(c, last)) if last else c("week.always")


# -- what is declared --------------------------------------------------------------------------------------


def _facts(c: Catalogue, calendar: BusinessCalendar) -> Iterator[Facts]:
    facts: list[tuple[str, Cell]] = []
    if calendar.makeup_hours is not None:
        facts.append((c("fact.makeup_hours"), windows_text(c, calendar.makeup_hours)))
    if calendar.years is not None:
        first, last = calendar.years
        facts.append((c("fact.years"), c("date.times", start=first, end=last)))
    if calendar.provisional_years:
        facts.append((c("fact.provisional_years"), c.series(map(str, calendar.provisional_years))))
    if facts:
        yield Facts(tuple(facts))


def _declared(c: Catalogue, calendar: BusinessCalendar) -> Iterator[Table]:
    yield from _listed(c, "holidays", ("source",), [(source_text(c, rule),) for rule in calendar.holidays])
    yield from _listed(c, "special_days", ("date", "name", "hours"), [
        (special_date(c, key), named(c, day.name), windows_text(c, day.hours))
        for key, day in calendar.special_days.items()
    ])  # fmt: skip
    yield from _listed(c, "makeup_days", ("date", "name"), [
        (day_text(c, date.fromisoformat(key)), named(c, name)) for key, name in calendar.makeup_days.items()
    ])  # fmt: skip
    yield from _closures(c, calendar, None)
    yield from _listed(c, "revisions", ("effective", "hours", "holidays"), [
        (day_text(c, revision.effective), hours_text(c, revision.hours), _revised(c, revision.holidays))
        for revision in calendar.revisions
    ])  # fmt: skip


def _revised(c: Catalogue, holidays: Sequence[HolidayRule] | None) -> str:
    """The holidays of a revision; none given are the ones before it."""
    return c("holidays.unchanged") if holidays is None else sources_text(c, holidays) or c("word.none")


def _closures(c: Catalogue, calendar: BusinessCalendar, year: int | None) -> Iterator[Table]:
    say, zone = Speaker(c), ZoneInfo(calendar.timezone)
    rows = []
    for closure in sorted(calendar.closures, key=lambda each: to_us(each.start)):
        start, end = (from_us(to_us(at), zone) for at in (closure.start, closure.end))
        if year is None or start.year <= year <= last_date(end).year:
            rows.append((say.at(start), say.at(end), named(c, closure.name)))
    yield from _listed(c, "closures", ("from", "to", "name"), rows)


def _listed(c: Catalogue, title: str, names: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Iterator[Table]:
    """A table, where it has rows."""
    if rows:
        yield filled_table(c, title, names, map(Row, rows))


# -- a year ------------------------------------------------------------------------------------------------


def _year_parts(c: Catalogue, calendar: BusinessCalendar, year: int) -> Iterator[Picture | Table]:
    rules = year_rules(calendar, year)
    title = c("title.year", year=year, zone=calendar.timezone)
    closed = _closed_dates(calendar, year)
    revised = frozenset(revision.effective for revision in calendar.revisions)
    picture = Year(year, rules, closed, revised)
    yield Picture(title, lambda: draw_year(c, picture, title))
    rows = [
        Row((day_text(c, day, year=False), reason(c, rule.kind, rule.name), windows_text(c, rule.windows)), rule.kind)
        for day, rule in rules.items()
        if rule.kind != "weekly"
    ]
    if rows:
        yield Table(title=c("title.dates"), columns=columns_of(c, "date", "kind", "hours"), rows=tuple(rows))
    yield from _closures(c, calendar, year)


def year_rules(calendar: BusinessCalendar, year: int) -> dict[date, DayRule]:
    """The rule of each date of a year."""
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    return {day: calendar.day_rule(day) for day in map(date.fromordinal, range(first, last + 1))}


def _closed_dates(calendar: BusinessCalendar, year: int) -> frozenset[date]:
    """The dates of a year that a closure touches."""
    zone, found = ZoneInfo(calendar.timezone), set()
    for closure in calendar.closures:
        day = max(from_us(to_us(closure.start), zone).date(), date(year, 1, 1))
        last = min(from_us(to_us(closure.end) - 1, zone).date(), date(year, 12, 31))
        while day <= last:
            found.add(day)
            day += _ONE_DAY
    return frozenset(found)


# -- composites --------------------------------------------------------------------------------------------


def composite_view(c: Catalogue, calendar: CompositeCalendar, year: int | None = None) -> View:
    """Its parts in one picture of a week, in its own zone, and what they are."""
    weeks = reference_weeks(calendar, year)
    pictures = tuple(_sites_picture(c, calendar, *week) for week in weeks.items())
    flat = flattened(calendar)
    rows = tuple(
        Row((label, calendar_text(c, part))) for label, part in zip(site_labels(flat), flat.parts, strict=True)
    )
    columns = columns_of(c, "part", "hours")
    facts = () if calendar.days is None else (Facts(((c("fact.days"), calendar_text(c, calendar.days)),)),)
    return View(
        title=c("title.composite", zone=calendar.timezone),
        says=(c.whole(c(f"op.{calendar.op}")),),
        parts=(*pictures, Table(title=c("title.parts"), columns=columns, rows=rows), *facts),
    )


def _sites_picture(c: Catalogue, calendar: CompositeCalendar, monday: date, sites: Sites) -> Picture:
    title = c("week.of", day=day_text(c, monday), zone=calendar.timezone)
    return Picture(title, lambda: draw_sites(c, sites, title))
