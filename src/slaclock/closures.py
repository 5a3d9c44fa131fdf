"""Holiday rules and their sources: from a rule to the named dates of a year (CAL-4, CAL-5, CAL-6).

Only this module knows ``holidays``, ``dateutil.rrule`` and ``icalendar``; each is imported when a rule needs it.
Tables are asked for explicit years and a declared language, and frozen: nothing they answer depends on what was
asked before, or on the environment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    Tag,
    WithJsonSchema,
)

from .declarations import Declared, declared, fault
from .errors import near

if TYPE_CHECKING:
    from holidays import HolidayBase

FIRST_YEAR, LAST_YEAR = 1970, 2199
HALF_DAY = "half_day"

# A practice of make-up days that ended before this year (Bulgaria 2016, Armenia 2021, Ukraine 2022) is taken to be
# given up; where it lives on, years later than the last one published are not known yet.  Read off the table of
# holidays 0.109.
_MAKEUP_PRACTICE_SINCE = 2023
_LABEL = re.compile(r"\s*\((?:observed|estimated|observed, estimated)\)$")


class NamedDates(NamedTuple):
    """What is known of one year: dates as ordinals, with their names."""

    holidays: Mapping[int, str]
    makeup: Mapping[int, str]
    provisional: bool


# -- dates and ranges --------------------------------------------------------------------------------------


@declared
class HolidayDates(Declared):
    """Dates closed for a reason: ``start`` to ``end``, both included."""

    start: date = Field(examples=["2026-12-24"])
    end: date
    name: str = "holiday"

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        if self.end < self.start:
            raise fault("range", f"the range ends on {self.end}, before it starts on {self.start}",
                        '"2026-12-24..2026-12-31"')  # fmt: skip

    def years(self) -> tuple[int, int]:
        """All: a date that is not named is known not to be a holiday."""
        return FIRST_YEAR, LAST_YEAR

    def of(self, year: int) -> NamedDates:
        """The dates of the range that lie in a year."""
        first = max(self.start, date(year, 1, 1)).toordinal()
        last = min(self.end, date(year, 12, 31)).toordinal()
        return NamedDates(dict.fromkeys(range(first, last + 1), self.name), {}, False)


# -- tables ------------------------------------------------------------------------------------------------


def _names(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]


@declared
class TableHolidays(Declared):
    """A country's or a financial market's holidays, from the ``holidays`` package.

    Exactly one of ``country`` and ``market`` is given.  ``without`` leaves names out, ``only`` keeps no others; a
    name also stands for its "(observed)" and "(estimated)" forms.
    """

    country: str = Field(default="", examples=["GB"])
    subdivision: str = Field(default="", examples=["ENG"])
    market: str = Field(default="", examples=["XFED"])
    categories: Names = ("public",)
    without: Names = ()
    only: Names = ()
    language: str = Field(default="en_US", examples=["en_US"])

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        _check_entity(self)
        _check_names(self)

    def years(self) -> tuple[int, int]:
        """The years that the table covers."""
        return _table_span(self)

    def of(self, year: int) -> NamedDates:
        """The table's dates of a year, names left out or kept as declared."""
        return _table_year(self, year)

    def keeps(self, name: str) -> bool:
        """Whether a name of the table counts."""
        forms = {name, _LABEL.sub("", name)}
        return not forms & set(self.without) and (not self.only or bool(forms & set(self.only)))


def _entity(rule: TableHolidays, years: Iterable[int], language: str) -> HolidayBase:
    import holidays

    return holidays.country_holidays(
        rule.country, subdiv=rule.subdivision or None, years=years, expand=False, language=language,
        categories=rule.categories,
    ) if rule.country else holidays.financial_holidays(
        rule.market, years=years, expand=False, language=language, categories=rule.categories
    )  # fmt: skip


@lru_cache(maxsize=256)
def _table_span(rule: TableHolidays) -> tuple[int, int]:
    entity = _entity(rule, (), rule.language)
    return max(entity.start_year, FIRST_YEAR), min(entity.end_year, LAST_YEAR)


@lru_cache(maxsize=4096)
def _table_year(rule: TableHolidays, year: int) -> NamedDates:
    table = _entity(rule, (year,), rule.language)
    english = table if rule.language == "en_US" else _entity(rule, (year,), "en_US")
    kept = {
        day.toordinal(): "; ".join(names)
        for day in sorted(table)
        if day.year == year and (names := [name for name in table.get_list(day) if rule.keeps(name)])
    }
    makeup = _makeup_days(rule)
    return NamedDates(
        holidays=kept,
        makeup=dict.fromkeys(makeup.get(year, ()), "make-up working day"),
        provisional=any("estimated" in english[day] for day in english if day.toordinal() in kept)
        or (bool(makeup) and _MAKEUP_PRACTICE_SINCE <= max(makeup) < year),
    )


@lru_cache(maxsize=256)
def _makeup_days(rule: TableHolidays) -> dict[int, tuple[int, ...]]:
    """Year -> make-up working days.  A year's days off may be made up for in the year before, so all are asked."""
    if not getattr(_entity(rule, (), rule.language), "has_substituted_holidays", False):
        return {}
    found: dict[int, list[int]] = {}
    for day in sorted(_entity(rule, range(*_asked(rule)), rule.language).weekend_workdays):
        found.setdefault(day.year, []).append(day.toordinal())
    return {year: tuple(days) for year, days in found.items()}


def _asked(rule: TableHolidays) -> tuple[int, int]:
    first, last = rule.years()
    return first, last + 1


def _check_entity(rule: TableHolidays) -> None:
    import holidays

    if bool(rule.country) == bool(rule.market):
        raise fault("holiday_source", "give exactly one of country and market", '{ country = "US" }')
    if rule.country:
        known: Mapping[str, Iterable[str]] = holidays.list_supported_countries()
        code, kind, example = rule.country, "country", '"GB-ENG"'
    else:
        known = holidays.list_supported_financial()
        code, kind, example = rule.market, "market", '"market:XFED"'
    if code not in known:
        raise fault(f"unknown_{kind}", f"no holiday table for {kind} {code!r}{near(code, known)}", example)
    try:
        entity = _entity(rule, (), rule.language)
    except NotImplementedError:
        names = known[code]
        raise fault(
            "unknown_subdivision",
            f"{kind} {code} has no subdivision {rule.subdivision!r}{near(rule.subdivision, names)}",
            example,
        ) from None
    except ValueError:
        raise _category_fault(rule) from None
    if HALF_DAY in rule.categories:
        raise fault("half_day", "half-day holidays have no hours in the table; declare special days",
                    'special_days = { "--12-24" = ["09:00-13:00"] }')  # fmt: skip
    languages = entity.supported_languages or (entity.default_language or "en_US",)
    if rule.language != "en_US" and rule.language not in languages:
        raise fault("unknown_language", f"{code} has no names in {rule.language!r}{near(rule.language, languages)}",
                    'language = "en_US"')  # fmt: skip


def _category_fault(rule: TableHolidays) -> Exception:
    import holidays

    entity = getattr(holidays, rule.country or rule.market)
    known = [category for category in entity.supported_categories if category != HALF_DAY]
    wrong = next((c for c in rule.categories if c not in entity.supported_categories), "")
    return fault("unknown_category", f"no category {wrong!r}{near(wrong, known)}", 'categories = ["public"]')


def _check_names(rule: TableHolidays) -> None:
    named = (*rule.without, *rule.only)
    if not named:
        return
    known = _known_names(rule.replace(without=(), only=()))
    for name in named:
        if name not in known:
            field = "without" if name in rule.without else "only"
            raise fault("unknown_holiday", f"the table has no holiday named {name!r}{near(name, known)}",
                        f'{field} = ["{min(known)}"]' if known else "")  # fmt: skip


@lru_cache(maxsize=256)
def _known_names(rule: TableHolidays) -> frozenset[str]:
    """Every name that the table uses in its years, with and without the label for observed days."""
    table = _entity(rule, range(*_asked(rule)), rule.language)
    names = {name for day in table for name in table.get_list(day)}
    return frozenset(names | {_LABEL.sub("", name) for name in names})


# -- recurring dates ---------------------------------------------------------------------------------------


@declared
class RecurringHolidays(Declared):
    """Dates that recur by an RFC 5545 RRULE, from a ``dtstart`` on."""

    rrule: str = Field(examples=["FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24"])
    dtstart: date = Field(examples=["2020-12-24"])
    name: str = "holiday"

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        _recurrences(self)

    def years(self) -> tuple[int, int]:
        """All: the rule says when it does not recur."""
        return FIRST_YEAR, LAST_YEAR

    def of(self, year: int) -> NamedDates:
        """The recurrences in a year."""
        ordinals = _recurrences(self).get(year, ())
        return NamedDates(dict.fromkeys(ordinals, self.name), {}, False)


_SUB_DAILY = re.compile(r"FREQ=(HOURLY|MINUTELY|SECONDLY)|BY(HOUR|MINUTE|SECOND)=", re.IGNORECASE)


@lru_cache(maxsize=256)
def _recurrences(rule: RecurringHolidays) -> dict[int, tuple[int, ...]]:
    """Year -> ordinals of all supported years; a rule that never recurs ends with them too."""
    from dateutil.rrule import rrule, rrulestr

    example = '{ rrule = "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", dtstart = "2020-12-24" }'
    if _SUB_DAILY.search(rule.rrule):
        raise fault("sub_daily", f"a holiday is a date: {rule.rrule!r} recurs within the day", example)
    start = datetime.combine(rule.dtstart, time.min)
    try:
        parsed = rrulestr(rule.rrule.removeprefix("RRULE:"), dtstart=start)
        if not isinstance(parsed, rrule):
            raise ValueError("one RRULE is expected")
        if "COUNT=" not in rule.rrule.upper() and "UNTIL=" not in rule.rrule.upper():
            parsed = parsed.replace(until=datetime.combine(date(LAST_YEAR, 12, 31), time.min))
    except (ValueError, TypeError):
        raise fault("rrule", f"not a recurrence rule of RFC 5545: {rule.rrule!r}", example) from None
    found: dict[int, list[int]] = {}
    for day in takewhile(lambda day: day.year <= LAST_YEAR, parsed):
        found.setdefault(day.year, []).append(day.toordinal())
    return {year: tuple(days) for year, days in found.items()}


# -- iCalendar ---------------------------------------------------------------------------------------------


@declared
class ICalendarHolidays(Declared):
    """The all-day events of an iCalendar text (extra ``slaclock[ical]``); nothing is fetched."""

    ics: str = Field(examples=["BEGIN:VCALENDAR..."])

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        _calendar_dates(self.ics)

    def years(self) -> tuple[int, int]:
        """All: what the text does not name is not a holiday."""
        return FIRST_YEAR, LAST_YEAR

    def of(self, year: int) -> NamedDates:
        """The dates of a year, named by their SUMMARY."""
        return NamedDates(_calendar_dates(self.ics).get(year, {}), {}, False)


@lru_cache(maxsize=64)
def _calendar_dates(text: str) -> dict[int, dict[int, str]]:
    """Year -> ordinal -> name."""
    try:
        import icalendar
        import recurring_ical_events
    except ImportError:
        raise fault("extra", "reading an iCalendar text needs the extra: pip install 'slaclock[ical]'") from None
    try:
        calendar = icalendar.Calendar.from_ical(text)
        events = recurring_ical_events.of(calendar).between(date(FIRST_YEAR, 1, 1), date(LAST_YEAR + 1, 1, 1))
    except (ValueError, KeyError, IndexError) as error:
        raise fault("ical", f"not an iCalendar text: {error}", "BEGIN:VCALENDAR...END:VCALENDAR") from None
    found: dict[int, dict[int, str]] = {}
    for event in events:
        start, name = event.start, str(event.get("SUMMARY", "holiday"))
        if isinstance(start, datetime):
            raise fault("ical", f"{name!r} is not an all-day event; declare it as a closure",
                        "DTSTART;VALUE=DATE:20261224")  # fmt: skip
        for ordinal in range(start.toordinal(), max(event.end.toordinal(), start.toordinal() + 1)):
            day = date.fromordinal(ordinal)
            found.setdefault(day.year, {}).setdefault(ordinal, name)
    return found


# -- one rule of any kind ----------------------------------------------------------------------------------

HolidayRule = TableHolidays | HolidayDates | RecurringHolidays | ICalendarHolidays
_EXAMPLE = '"GB-ENG", "market:XFED", "2026-12-24" or { rrule = "...", dtstart = "..." }'


def _long_form(value: Any) -> Any:
    """What a short form stands for: ``"GB-ENG"``, ``"2026-12-24"``, ``{ date = ... }``."""
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return {"start": value, "end": value}
    if isinstance(value, Mapping):
        value = dict(value)
        if "date" in value:
            value["start"] = value["end"] = value.pop("date")
        if "-" in str(value.get("country", "")) and "subdivision" not in value:
            value["country"], value["subdivision"] = str(value["country"]).split("-", 1)
        if "rrule" in value and "dtstart" not in value:
            raise fault("dtstart", "a recurrence needs a dtstart to count from",
                        '{ rrule = "FREQ=YEARLY", dtstart = "2020-12-24" }')  # fmt: skip
    return value


def _from_text(text: str) -> dict[str, Any]:
    text = text.strip()
    if text.startswith("market:"):
        return {"market": text.removeprefix("market:")}
    if re.match(r"\d{4}-", text):
        first, _, last = text.partition("..")
        return {"start": _date(first), "end": _date(last or first)}
    if "FREQ=" in text:
        raise fault("dtstart", "a recurrence needs a dtstart to count from",
                    '{ rrule = "FREQ=YEARLY", dtstart = "2020-12-24" }')  # fmt: skip
    country, _, subdivision = text.removeprefix("country:").partition("-")
    return {"country": country, "subdivision": subdivision}


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise fault("date", f"not a date: {text!r}", '"2026-12-24", or "2026-12-24..2026-12-31"') from None


_KINDS: dict[str, tuple[str, type[Declared]]] = {
    "rrule": ("~rrule", RecurringHolidays),
    "ics": ("~ics", ICalendarHolidays),
    "start": ("~dates", HolidayDates),
}


def _kind(value: Any) -> str:
    for key, (tag, cls) in _KINDS.items():
        if isinstance(value, cls) or (isinstance(value, Mapping) and key in value):
            return tag
    return "~table"


def _short_form(rule: Any) -> Any:
    """The shortest form that stands for a rule."""
    data = rule.to_dict()
    if isinstance(rule, HolidayDates) and rule.start == rule.end:
        data = {"date": data["start"]} | ({"name": rule.name} if rule.name != "holiday" else {})
        return data["date"] if len(data) == 1 else data
    if isinstance(rule, TableHolidays) and not data.keys() - {"country", "subdivision", "market"}:
        return f"market:{rule.market}" if rule.market else "-".join(filter(None, (rule.country, rule.subdivision)))
    return data


_TAGGED = Annotated[
    Annotated[TableHolidays, Tag("~table")]
    | Annotated[HolidayDates, Tag("~dates")]
    | Annotated[RecurringHolidays, Tag("~rrule")]
    | Annotated[ICalendarHolidays, Tag("~ics")],
    Discriminator(_kind),
]
_OBJECT = {"type": "object", "examples": [{"country": "US", "without": ["Columbus Day"]}]}
HolidayField = Annotated[
    _TAGGED,
    BeforeValidator(_long_form),
    PlainSerializer(_short_form),
    WithJsonSchema({"anyOf": [{"type": "string", "examples": ["GB-ENG", "market:XFED", "2026-12-24"]}, _OBJECT]}),
]


def named_dates(rules: Iterable[HolidayRule], year: int) -> NamedDates:
    """What several rules together say of a year; the first name of a date stands."""
    holidays: dict[int, str] = {}
    makeup: dict[int, str] = {}
    provisional = False
    for rule in rules:
        first, last = rule.years()
        if not first <= year <= last:
            continue  # only the eve of the first supported year is ever asked for outside
        said = rule.of(year)
        holidays = {**said.holidays, **holidays}
        makeup = {**said.makeup, **makeup}
        provisional |= said.provisional
    return NamedDates(holidays, makeup, provisional)
