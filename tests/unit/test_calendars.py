"""CAL-*: what a declaration becomes, which years it answers for, and what is kept beside the value."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slaclock import (
    BusinessCalendar,
    CalendarError,
    CompositeCalendar,
    CompositeDayError,
    ConfigurationError,
    HorizonError,
    InstantError,
    NoWorkingTimeError,
    always_open,
)
from slaclock._instant import to_us
from slaclock.closures import named_dates

LONDON = ZoneInfo("Europe/London")
OFFICE = {"mon-fri": ["09:00-17:00"]}


def at(text: str, zone: str = "Europe/London") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def office(**more) -> BusinessCalendar:
    return BusinessCalendar(**{"timezone": "Europe/London", "hours": OFFICE, **more})


def problems(**fields) -> list[tuple[str, str]]:
    with pytest.raises(ConfigurationError) as caught:
        BusinessCalendar(**{"timezone": "UTC", "hours": {}, **fields})
    return [(problem.path, problem.code) for problem in caught.value.problems]


# -- hours ---------------------------------------------------------------------------------------------------


def test_windows_merge_and_normalize():
    """CAL-1: overlapping or touching windows are one; equal declarations are equal values."""
    a = office(hours={"mon": ["13:00-17:00", "09:00-12:00", "12:00-13:00"]})
    assert a == office(hours={"mon": ["09:00-17:00"]})
    assert a.windows(at("2026-06-01"), at("2026-06-02")) == [(at("2026-06-01T09:00"), at("2026-06-01T17:00"))]


@pytest.mark.parametrize(
    ("key", "days"),
    [("mon", 1), ("mon-fri", 5), ("weekend", 2), ("daily", 7), ("sat-mon", 3), ("fri-fri", 1)],
)
def test_day_keys(key, days):
    """CAL-1."""
    calendar = office(hours={key: ["09:00-17:00"]})
    assert calendar.elapsed(at("2026-06-01"), at("2026-06-08")) == timedelta(hours=8 * days)


def test_seconds_and_midnight():
    """CAL-1: windows are exact to the second, and 24:00 is a legal end."""
    calendar = office(hours={"mon": ["09:00:30-09:01"], "tue": ["22:00-24:00"], "wed": ["00:00-01:00"]})
    assert calendar.elapsed(at("2026-06-01"), at("2026-06-02")) == timedelta(seconds=30)
    assert len(calendar.windows(at("2026-06-02"), at("2026-06-05"))) == 1  # Tuesday's runs on into Wednesday's


def test_a_window_over_midnight_belongs_to_its_start():
    """CAL-2: Monday's night is Monday's, though a Tuesday holiday closes Tuesday's own."""
    nights = office(hours={"daily": ["22:00-06:00"]}, holidays=["2026-06-02"])
    assert nights.is_open(at("2026-06-02T05:59"))
    assert not nights.is_open(at("2026-06-02T23:00"))
    assert not nights.is_open(at("2026-06-03T05:00"))
    assert not nights.is_working_day(date(2026, 6, 2))


@pytest.mark.parametrize(
    ("hours", "path", "code"),
    [
        ({"mon": ["09:00-09:00"]}, "hours.mon[0]", "empty_window"),
        ({"mon": ["9-17"]}, "hours.mon[0]", "window"),
        ({"mon": ["09:00-25:00"]}, "hours.mon[0]", "window"),
        ({"mon": ["24:00-01:00"]}, "hours.mon[0]", "window"),
        ({"mon": ["09:60-10:00"]}, "hours.mon[0]", "window"),
        ({"mon": [9]}, "hours.mon[0]", "window"),
        ({"mon": ["20:00-19:00", "18:30-20:30"]}, "hours", "window"),
        ({"mun": []}, "hours.mun", "weekday"),
        ({"mon-fry": []}, "hours.mon-fry", "weekday"),
        ({"mon-fri": ["09:00-17:00"], "fri": ["09:00-15:00"]}, "hours", "weekday"),
    ],
)
def test_hours_that_cannot_stand(hours, path, code):
    """CAL-1: each with its path and code."""
    assert (path, code) in problems(hours=hours)


def test_how_hours_are_written():
    assert office(hours={"mon-wed": ["09:00-17:00"], "fri": ["22:00-06:00"], "sun": []}).to_dict()["hours"] == {
        "mon-wed": ["09:00-17:00"],
        "fri": ["22:00-06:00"],
    }
    assert always_open().to_dict()["hours"] == {"daily": ["00:00-24:00"]}


# -- holidays ------------------------------------------------------------------------------------------------


def test_three_american_tables_on_the_third_of_july_2026():
    """CAL-4: the 4th is a Saturday; federal offices and the NYSE close on Friday, the Federal Reserve does not."""
    friday = date(2026, 7, 3)
    closed = {
        source: not office(timezone="America/New_York", holidays=[source]).is_working_day(friday)
        for source in ("US", "market:XFED", "market:XNYS")
    }
    assert closed == {"US": True, "market:XFED": False, "market:XNYS": True}


def test_names_left_out_and_kept():
    """CAL-4: a name stands for its observed form too."""
    without = office(timezone="America/New_York", holidays=[{"country": "US", "without": ["Independence Day"]}])
    assert without.is_working_day(date(2026, 7, 3))
    only = office(timezone="America/New_York", holidays=[{"country": "US", "only": "Independence Day"}])
    assert not only.is_working_day(date(2026, 7, 3))
    assert only.is_working_day(date(2026, 11, 26))


def test_categories_and_languages():
    """CAL-4, CAL-5: a category by name; names in a declared language."""
    both = office(timezone="Asia/Hong_Kong", holidays=[{"country": "HK", "categories": ["public", "optional"]}])
    assert not both.is_working_day(date(2026, 4, 3))  # Good Friday, a general holiday, is no statutory one
    assert office(timezone="Asia/Hong_Kong", holidays=["HK"]).is_working_day(date(2026, 4, 3))
    german = office(timezone="Europe/Berlin", holidays=[{"country": "DE", "language": "de"}])
    assert german.day_rule(date(2026, 12, 25)).name == "Erster Weihnachtstag"
    assert office(holidays=["DE"]).day_rule(date(2026, 12, 25)).name == "Christmas Day"


def test_dates_ranges_and_recurrences():
    """CAL-4: explicit dates and ranges (both ends included), and an RRULE from its DTSTART on."""
    calendar = office(
        holidays=[
            "2026-06-03",
            date(2026, 6, 4),
            "2026-08-03..2026-08-05",
            {"date": "2026-06-05", "name": "Founders' day"},
            {"rrule": "FREQ=YEARLY;BYMONTH=11;BYDAY=4FR", "dtstart": "2020-11-01", "name": "Day after"},
            {"rrule": "RRULE:FREQ=WEEKLY;COUNT=2", "dtstart": "2026-09-07"},
            {"rrule": "FREQ=YEARLY;UNTIL=20271224", "dtstart": "2026-12-24"},
        ]
    )
    closed = [day for day in (date(2026, 6, 1) + timedelta(n) for n in range(600)) if not calendar.is_working_day(day)]
    weekdays = {day for day in closed if day.weekday() < 5}
    assert weekdays == {
        *(date(2026, 6, day) for day in (3, 4, 5)),
        *(date(2026, 8, day) for day in (3, 4, 5)),
        *(date(2026, 9, day) for day in (7, 14)),
        date(2026, 11, 27),
        date(2027, 11, 26),
        date(2026, 12, 24),
        date(2027, 12, 24),
    }
    assert calendar.day_rule(date(2026, 6, 5)).name == "Founders' day"
    assert BusinessCalendar.from_toml(calendar.to_toml()) == calendar


def test_a_rule_that_never_recurs_ends():
    """CAL-10: no endless search, not even for 30 February."""
    assert office(holidays=[{"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "dtstart": "2020-01-01"}]).is_working_day(
        date(2026, 6, 1)
    )


ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//
BEGIN:VEVENT
UID:1
SUMMARY:Works holiday
DTSTART;VALUE=DATE:20260803
DTEND;VALUE=DATE:20260805
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:Patron's day
DTSTART;VALUE=DATE:20200624
RRULE:FREQ=YEARLY
END:VEVENT
END:VCALENDAR
"""


def test_an_icalendar_text():
    """CAL-4: all-day events, recurring ones too; DTEND is excluded."""
    calendar = office(holidays=[{"ics": ICS}])
    assert [calendar.is_working_day(date(2026, 8, day)) for day in (3, 4, 5)] == [False, False, True]
    assert calendar.day_rule(date(2026, 6, 24)).name == "Patron's day"
    assert BusinessCalendar.from_json(calendar.to_json()) == calendar


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("XX", "unknown_country"),
        ("GB-ENGG", "unknown_subdivision"),
        ("market:XFEDD", "unknown_market"),
        ({"country": "US", "market": "XFED"}, "holiday_source"),
        ({"country": "US", "categories": ["half_day"]}, "half_day"),
        ({"country": "US", "categories": ["publik"]}, "unknown_category"),
        ({"country": "US", "without": ["Columbus Dy"]}, "unknown_holiday"),
        ({"country": "US", "language": "tlh"}, "unknown_language"),
        ("2026-12-31..2026-12-24", "range"),
        ("2026-13-01", "date"),
        ("2026-12-24..soon", "date"),
        ({"rrule": "FREQ=YEARLY"}, "dtstart"),
        ("FREQ=YEARLY", "dtstart"),
        ({"rrule": "FREQ=HOURLY", "dtstart": "2026-01-01"}, "sub_daily"),
        ({"rrule": "FREQ=OFTEN", "dtstart": "2026-01-01"}, "rrule"),
        ({"ics": "no calendar"}, "ical"),
        ({"ics": ICS.replace(";VALUE=DATE:20260803", ":20260803T090000Z")}, "ical"),
        (7, "not_a_table"),
    ],
)
def test_holiday_rules_that_cannot_stand(rule, code):
    """CAL-4, CAL-5: each with its path and code."""
    assert [(path.split(".")[0], found) for path, found in problems(holidays=[rule])] == [("holidays[0]", code)]


def test_the_environment_has_no_say():
    """CAL-5, R-6: the language of names is declared, not taken from LANG."""
    code = (
        "from datetime import date; from slaclock import BusinessCalendar;"
        "print(BusinessCalendar(timezone='Europe/Berlin', hours={}, holidays=['DE']).day_rule(date(2026, 12, 25)).name)"
    )
    said = {
        subprocess.run([sys.executable, "-c", code], env={"LANG": lang, "LANGUAGE": lang, "TZ": zone}, capture_output=True,
                       text=True, check=True).stdout
        for lang, zone in (("de", "UTC"), ("en_US", "Asia/Tokyo"))
    }  # fmt: skip
    assert said == {"Christmas Day\n"}


def test_published_years():
    """CAL-5: China's make-up days end in 2026, so a later year is provisional; estimated dates are, too."""
    china = office(timezone="Asia/Shanghai", holidays=["CN"])
    assert [china.is_provisional(year, year) for year in (2025, 2026, 2027)] == [False, False, True]
    assert china.is_provisional(2026, 2027)
    assert not office(holidays=["GB-ENG"]).is_provisional(2020, 2040)
    assert not office(timezone="Europe/Sofia", holidays=["BG"]).is_provisional(2026, 2026)  # gave the practice up
    malaysia = office(timezone="Asia/Kuala_Lumpur", holidays=["MY"])
    assert [malaysia.is_provisional(year, year) for year in (2027, 2028)] == [False, True]


def test_makeup_days():
    """CAL-6: Saturday 14 February 2026 is worked in China with Monday's hours, or those declared."""
    saturday = date(2026, 2, 14)
    china = office(
        timezone="Asia/Shanghai", hours={"mon": ["08:00-12:00"], "tue-fri": ["09:00-17:00"]}, holidays=["CN"]
    )
    assert china.is_working_day(saturday)
    assert china.day_rule(saturday).kind == "makeup_day"
    assert china.elapsed(at("2026-02-14", "Asia/Shanghai"), at("2026-02-15", "Asia/Shanghai")) == timedelta(hours=4)
    shorter = china.replace(makeup_hours=["10:00-11:00"])
    assert shorter.elapsed(at("2026-02-14", "Asia/Shanghai"), at("2026-02-15", "Asia/Shanghai")) == timedelta(hours=1)
    assert not china.replace(makeup_hours=[]).is_working_day(saturday)
    hungary = office(timezone="Europe/Budapest", holidays=["HU"])
    assert hungary.is_working_day(date(2026, 8, 8))  # for Friday 21 August


# -- special days, closures, revisions ----------------------------------------------------------------------


def test_special_days_come_before_holidays():
    """CAL-7: closure, special day, make-up day, holiday, weekly hours."""
    calendar = office(
        holidays=["GB-ENG"],
        special_days={"--12-25": ["10:00-11:00"], "2026-12-25": ["10:00-12:00"], "2026-06-01": []},
        closures=[{"start": at("2026-12-25T11:30"), "end": at("2026-12-25T14:00"), "name": "Power cut"}],
    )
    assert calendar.elapsed(at("2026-12-25"), at("2026-12-26")) == timedelta(minutes=90)
    assert calendar.elapsed(at("2027-12-25"), at("2027-12-26")) == timedelta(hours=1)
    assert not calendar.is_working_day(date(2026, 6, 1))
    assert calendar.day_rule(date(2026, 12, 25)).kind == "special_day"
    assert calendar.day_rule(date(2026, 12, 28)).kind == "holiday"
    makeup = office(timezone="Asia/Shanghai", holidays=["CN"], special_days={"2026-02-14": ["09:00-10:00"]})
    assert makeup.elapsed(at("2026-02-14", "Asia/Shanghai"), at("2026-02-15", "Asia/Shanghai")) == timedelta(hours=1)


def test_special_day_of_a_leap_year_and_with_a_name():
    calendar = office(special_days={"--02-29": [], "2026-06-01": {"hours": ["09:00-10:00"], "name": "Inventory"}})
    assert not calendar.is_working_day(date(2028, 2, 29))
    assert calendar.is_working_day(date(2027, 3, 1))
    assert calendar.day_rule(date(2026, 6, 1)).name == "Inventory"
    assert BusinessCalendar.from_toml(calendar.to_toml()) == calendar


@pytest.mark.parametrize(
    ("fields", "path", "code"),
    [
        ({"special_days": {"12-24": []}}, "special_days", "date"),
        ({"special_days": {"--02-30": []}}, "special_days", "date"),
        ({"makeup_days": {"--02-14": "x"}}, "makeup_days", "date"),
        ({"closures": [{"start": "2026-05-01T10:00", "end": "2026-05-01T12:00Z"}]}, "closures[0].start", "instant"),
        ({"closures": [{"start": "soon", "end": "2026-05-01T12:00Z"}]}, "closures[0].start", "instant"),
        ({"closures": [{"start": "2026-05-01T12:00Z", "end": "2026-05-01T12:00Z"}]}, "closures[0]", "range"),
        (
            {"revisions": [{"effective": "2026-04-01", "hours": {}}, {"effective": "2026-04-01", "hours": OFFICE}]},
            "revisions",
            "two_revisions",
        ),
        ({"years": [2030, 2024]}, "years", "years"),
        ({"years": [1960, 2024]}, "years", "years"),
        ({"timezone": "Europe/Londn"}, "timezone", "unknown_zone"),
        ({"timezone": "localtime"}, "timezone", "unknown_zone"),
        ({"timezone": "right/Europe/London"}, "timezone", "unknown_zone"),
        ({"timezone": "../etc/passwd"}, "timezone", "unknown_zone"),
        ({"timezone": 3}, "timezone", "unknown_zone"),
        ({"hollidays": []}, "hollidays", "unknown_key"),
    ],
)
def test_parts_that_cannot_stand(fields, path, code):
    """CAL-7, CAL-8, POL-1."""
    assert (path, code) in problems(**fields)


def test_a_closed_day_is_no_working_day():
    """CAL-13: a date that owns no open time after closures is none."""
    calendar = office(closures=[{"start": at("2026-06-01"), "end": at("2026-06-02")}])
    assert not calendar.is_working_day(date(2026, 6, 1))
    assert calendar.add_business_days(at("2026-05-29T10:00"), 1) == at("2026-06-02T10:00")


def test_revisions():
    """CAL-8: hours, and holidays if given, for windows that start on the date or later."""
    calendar = office(
        hours={"daily": ["22:00-06:00"]},
        holidays=["2026-04-03", "2026-04-10"],
        revisions=[
            {"effective": "2026-04-08", "hours": {"daily": ["08:00-09:00"]}, "holidays": ["2026-04-09"]},
            {"effective": "2026-04-02", "hours": {"daily": ["08:00-10:00"]}},
        ],
    )
    assert calendar.is_open(at("2026-04-02T05:00"))  # begun the evening before
    assert calendar.elapsed(at("2026-04-02T06:00"), at("2026-04-03")) == timedelta(hours=2)
    assert not calendar.is_working_day(date(2026, 4, 3))  # holidays go on until they are revised
    assert not calendar.is_working_day(date(2026, 4, 9))
    assert calendar.is_working_day(date(2026, 4, 10))
    assert [revision.effective.day for revision in calendar.revisions] == [2, 8]
    assert BusinessCalendar.from_json(calendar.to_json()) == calendar


# -- composites ----------------------------------------------------------------------------------------------

BEIJING = BusinessCalendar(timezone="Asia/Shanghai", hours={"mon-fri": ["09:00-18:00"]})
FRANKFURT = BusinessCalendar(timezone="Europe/Berlin", hours={"mon-fri": ["09:00-18:00"]})


def test_algebra():
    """CAL-9: union, intersection and difference of open time; the zone is the left part's."""
    day = (at("2026-06-01", "UTC"), at("2026-06-02", "UTC"))  # Beijing 01:00-10:00Z, Frankfurt 07:00-16:00Z
    assert (BEIJING | FRANKFURT).elapsed(*day) == timedelta(hours=15)
    assert (BEIJING & FRANKFURT).elapsed(*day) == timedelta(hours=3)
    assert (BEIJING - FRANKFURT).elapsed(*day) == timedelta(hours=6)
    assert (BEIJING | FRANKFURT).next_open(day[0]).tzinfo.key == "Asia/Shanghai"
    assert CompositeCalendar(op="union", parts=[BEIJING, FRANKFURT], timezone="UTC").timezone == "UTC"
    three = BEIJING | FRANKFURT | office()
    assert CompositeCalendar.from_toml(three.to_toml()) == three


def test_days_of_a_composite():
    """CAL-9: it has none, unless a simple calendar is named."""
    cover = BEIJING | FRANKFURT
    for ask in (
        lambda: cover.is_working_day(date(2026, 6, 1)),
        lambda: cover.add_business_days(at("2026-06-01T10:00"), 1),
        lambda: cover.business_days_between(date(2026, 6, 1), date(2026, 6, 8)),
    ):
        with pytest.raises(CompositeDayError, match="no days of its own"):
            ask()
    named = cover.replace(days=FRANKFURT)
    assert named.is_working_day(date(2026, 6, 1))
    assert named.business_days_between(date(2026, 6, 1), date(2026, 6, 8)) == 5
    assert named.materialize(2026, 2026).days.years == (2026, 2026)
    assert cover.materialize(2026, 2026).days is None


def test_what_does_not_combine():
    with pytest.raises(TypeError, match="only calendars combine"):
        BEIJING | "Frankfurt"


# -- horizon and never ---------------------------------------------------------------------------------------


def test_a_calendar_that_never_opens():
    """CAL-10: an error, not an endless loop; edges answer None."""
    never = office(hours={})
    for ask in (
        lambda: never.due(at("2026-06-01"), "1h"),
        lambda: never.due(at("2026-06-01"), "-1h"),
        lambda: never.roll_forward(at("2026-06-01")),
        lambda: never.roll_back(at("2026-06-01")),
        lambda: never.add_business_days(at("2026-06-01"), 1),
        lambda: never.add_business_days(at("2026-06-01"), 1, by="close"),
    ):
        with pytest.raises(NoWorkingTimeError):
            ask()
    for edge in (never.next_open, never.next_close, never.previous_open, never.previous_close):
        assert edge(at("2026-06-01")) is None
    assert never.due(at("2026-06-01"), "0h") == at("2026-06-01")
    assert never.elapsed(at("2026-06-01"), at("2027-06-01")) == timedelta(0)


def test_always_open():
    """CAL-10: 24/7 has no edges."""
    always = always_open("Asia/Shanghai")
    start = at("2026-06-06T03:00", "UTC")
    assert always.due(start, "48h") == start + timedelta(hours=48)
    for edge in (always.next_open, always.next_close, always.previous_open, always.previous_close):
        assert edge(start) is None
    assert always.roll_forward(start) == always.roll_back(start) == start


def test_outside_the_supported_years():
    """CAL-10: 1970 to 2199, narrowed by the holiday table, which is silent past 2100."""
    plain, uk = office(), office(holidays=["GB-ENG"])
    assert plain.supported_years() == (1970, 2199)
    assert uk.supported_years() == (1970, 2100)
    assert plain.is_open(at("2199-12-31T10:00"))
    for calendar, ask in (
        (plain, lambda: plain.is_open(at("2200-01-01T10:00"))),
        (plain, lambda: plain.is_open(at("1969-12-31T10:00"))),
        (uk, lambda: uk.is_open(at("2101-06-01T10:00"))),
        (uk, lambda: uk.is_working_day(date(2101, 6, 1))),
        (uk, lambda: uk.elapsed(at("2100-06-01"), at("2101-06-01"))),
    ):
        with pytest.raises(HorizonError, match=str(calendar.supported_years()[1])):
            ask()


def test_answers_beyond_the_supported_years():
    """CAL-10: there is working time, but not enough."""
    short = office(years=[2026, 2026])
    with pytest.raises(HorizonError, match="working time"):
        short.due(at("2026-12-31T16:00"), "1h0.000001s")
    assert short.due(at("2026-12-31T16:00"), "1h") == at("2026-12-31T17:00")
    with pytest.raises(NoWorkingTimeError):
        short.due(at("2026-12-31T18:00"), "1h")
    with pytest.raises(HorizonError, match="working time"):
        short.due(at("2026-01-01T10:00"), "-2h")
    with pytest.raises(HorizonError, match="working days"):
        short.add_business_days(at("2026-12-30T10:00"), 2)
    with pytest.raises(NoWorkingTimeError):
        short.add_business_days(at("2026-12-31T10:00"), 1)
    assert short.business_days_between(date(2026, 12, 28), date(2027, 1, 1)) == 4
    assert short.next_open(at("2026-12-31T10:00")) is None
    assert short.next_close(at("2026-12-31T10:00")) == at("2026-12-31T17:00")


def test_the_eve_of_the_first_year():
    """CAL-10: a night begun on the last evening before the supported years is seen where it runs on into them."""
    nights = office(hours={"daily": ["22:00-06:00"]}, years=[2026, 2026], holidays=["GB-ENG"])
    assert nights.is_open(at("2026-01-01T05:00"))
    assert not nights.is_open(at("2026-01-01T23:00"))


def test_materialize():
    """CAL-11: every source becomes explicit named dates; answers in those years are the same."""
    china = office(
        timezone="Asia/Shanghai",
        holidays=["CN"],
        revisions=[{"effective": "2026-06-01", "hours": {"mon-fri": ["08:00-12:00"]}, "holidays": ["CN", "2026-07-01"]},
                   {"effective": "2026-09-01", "hours": {"mon-sat": ["08:00-12:00"]}}],
    )  # fmt: skip
    fixed = china.materialize(2025, 2027)
    days = [date(2025, 1, 1) + timedelta(n) for n in range(3 * 365)]
    assert [fixed.is_working_day(day) for day in days] == [china.is_working_day(day) for day in days]
    assert {type(rule).__name__ for rule in fixed.holidays} == {"HolidayDates"}
    assert fixed.day_rule(date(2026, 10, 1)).name == "National Day"
    assert [fixed.is_provisional(year, year) for year in (2026, 2027)] == [False, True]
    assert fixed.supported_years() == (2025, 2027)
    assert BusinessCalendar.from_toml(fixed.to_toml()) == fixed
    with pytest.raises(HorizonError):
        china.materialize(2026, 2101)


# -- a value, and what is kept beside it ---------------------------------------------------------------------


def test_a_calendar_is_a_value():
    """CAL-12: immutable, hashable, comparable, picklable, JSON-able; compiled years are no part of it."""
    uk, same = office(holidays=["GB-ENG"]), office(holidays=[{"country": "GB", "subdivision": "ENG"}])
    uk.due(at("2026-05-22T15:00"), "4h")
    assert uk == same
    assert hash(uk) == hash(same)
    assert uk.digest() == same.digest()
    assert {uk: 1}[same] == 1
    assert copy.deepcopy(uk) is uk
    assert copy.copy(uk) is uk
    thawed = pickle.loads(pickle.dumps(uk))
    assert thawed == uk
    assert thawed._kept.open.compiled == 0
    assert BusinessCalendar.from_json(uk.to_json()) == uk == BusinessCalendar.from_yaml(uk.to_yaml())
    assert uk != office()
    for spoil in (
        lambda: setattr(uk, "timezone", "UTC"),
        lambda: uk.hours.update(mon=()),
        lambda: uk.hours.__setitem__("mon", ()),
        lambda: uk.special_days.clear(),
    ):
        with pytest.raises((TypeError, AttributeError, ConfigurationError)):
            spoil()


def test_replace_validates():
    """CAL-12."""
    assert office().replace(timezone="UTC").timezone == "UTC"
    with pytest.raises(ConfigurationError):
        office().replace(hours={"mon": ["09:00-09:00"]})


def test_what_is_returned_cannot_poison_what_is_kept():
    """CAL-12: windows and timelines are the caller's own."""
    uk = office()
    span = (at("2026-06-01"), at("2026-06-08"))
    before = uk.windows(*span)
    uk.windows(*span).clear()
    line = uk.timeline(*span)
    line._starts.clear()
    assert uk.windows(*span) == before
    assert uk.elapsed(*span) == timedelta(hours=40)


def test_years_are_compiled_once_and_only_as_needed():
    """CAL-12: work is counted; the years kept can never be more than those supported."""
    uk = office()
    years = uk._kept.open
    uk.due(at("2026-05-22T15:00"), "4h")
    assert years.compiled == 1
    uk.elapsed(at("2026-01-02"), at("2026-12-30"))
    assert years.compiled == 1
    uk.elapsed(at("2026-01-02"), at("2027-12-30"))
    assert years.compiled == 2
    uk.is_open(at("2024-06-01"))
    assert years.compiled == 4
    for year in (1970, 2199, 2026, 1999):
        uk.is_open(at(f"{year}-06-01"))
    assert years.compiled == 230
    uk.next_open(at("2199-12-31T18:00"))
    assert years.compiled == 230


def test_the_cost_of_an_answer_does_not_grow_with_its_length(monkeypatch):
    """R-3: the same number of looks at W for 8 h and for 400 h, for 3 days and for 300."""
    from slaclock.timeline import Timeline

    uk = office()
    start = at("2026-01-05T10:00")
    uk.elapsed(start, at("2026-12-30"))
    calls: list[str] = []
    for name in ("work", "first_at", "last_at"):
        plain = getattr(Timeline, name)
        monkeypatch.setattr(
            Timeline, name, lambda self, t, name=name, plain=plain: (calls.append(name), plain(self, t))[1]
        )

    def looks(ask) -> list[str]:
        calls.clear()
        ask()
        return list(calls)

    assert looks(lambda: uk.due(start, "8h")) == looks(lambda: uk.due(start, "400h")) == ["work", "first_at"]
    assert (
        looks(lambda: uk.elapsed(start, start + timedelta(days=3)))
        == looks(lambda: uk.elapsed(start, start + timedelta(days=300)))
        == ["work", "work"]
    )


@settings(max_examples=10)
@given(st.permutations([2018, 2021, 2026, 2027, 2030]))
def test_pieces_equal_the_whole(order):
    """CAL-12: in whatever order years are asked for, the answers are the same."""
    a = BusinessCalendar(timezone="America/New_York", hours={"daily": ["22:00-06:00"]}, holidays=["2026-01-01"])
    whole = a.replace()
    whole.elapsed(at("2018-06-01"), at("2031-06-01"))
    for year in order:
        moment = at(f"{year}-12-31T20:00")
        assert a.due(moment, "300h") == whole.due(moment, "300h")
        assert a.due(moment, "-300h") == whole.due(moment, "-300h")
        assert a.add_business_days(moment, 7) == whole.add_business_days(moment, 7)


def test_threads_share_compiled_years():
    """CAL-12: many threads, one calendar, the answers of one thread."""
    moments = [at(f"{year}-{month:02}-10T15:00") for year in range(1975, 2195, 37) for month in (1, 5, 12)]
    alone = office(holidays=["2026-01-01"])
    expected = [alone.due(moment, "30h") for moment in moments]
    for _ in range(3):
        shared = office(holidays=["2026-01-01"])
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda moment: shared.due(moment, "30h"), reversed(moments)))
        assert found[::-1] == expected
        assert shared._kept.open.compiled <= 230


def test_holiday_tables_do_not_grow_when_read():
    """CAL-5: what is asked of one year does not change what is said of another."""
    rules = office(holidays=["GB-ENG"]).holidays
    before = dict(named_dates(rules, 2026).holidays)
    named_dates(rules, 2031)
    assert dict(named_dates(rules, 2026).holidays) == before
    assert {date.fromordinal(day).year for day in before} == {2026}


# -- questions -----------------------------------------------------------------------------------------------


def test_edges_are_strict():
    """DESIGN 6: next strictly after, previous strictly before; closed at the closing instant."""
    uk = office()
    opening, closing = at("2026-06-01T09:00"), at("2026-06-01T17:00")
    assert uk.is_open(opening)
    assert not uk.is_open(closing)
    assert uk.next_open(opening) == at("2026-06-02T09:00")
    assert uk.next_close(closing) == at("2026-06-02T17:00")
    assert uk.previous_open(opening) == at("2026-05-29T09:00")
    assert uk.previous_close(closing) == at("2026-05-29T17:00")
    assert uk.roll_forward(closing) == at("2026-06-02T09:00")
    assert uk.roll_back(closing) == closing
    assert uk.roll_back(at("2026-06-01T08:00")) == at("2026-05-29T17:00")
    assert uk.windows(closing, opening) == []


def test_negative_working_time():
    """DESIGN 6: the latest instant from which that much lies before the start."""
    uk = office()
    assert uk.due(at("2026-06-01T10:00"), "-2h") == at("2026-05-29T16:00")
    assert uk.due(at("2026-06-01T10:00"), "-1h") == at("2026-06-01T09:00")  # not Friday 17:00
    assert uk.elapsed(at("2026-06-01T10:00"), at("2026-05-29T16:00")) == timedelta(hours=-2)


def test_business_days():
    """CAL-13, CLK-3: from the anchor, clamped; back with negative numbers."""
    uk = office(special_days={"2026-06-03": ["10:00-12:00"]})
    assert uk.add_business_days(at("2026-06-02T09:30"), 1) == at("2026-06-03T10:00")
    assert uk.add_business_days(at("2026-06-02T16:00"), 1) == at("2026-06-03T12:00")
    assert uk.add_business_days(at("2026-05-30T12:00"), 1) == at("2026-06-02T09:00")  # Saturday: Monday's opening
    assert uk.add_business_days(at("2026-05-30T12:00"), 0) == at("2026-06-01T09:00")
    assert uk.add_business_days(at("2026-06-01T10:00"), -1) == at("2026-05-29T10:00")
    assert uk.business_days_between(date(2026, 6, 8), date(2026, 6, 1)) == -5
    assert uk.business_days_between(at("2026-06-01T23:59"), date(2026, 6, 2)) == 1
    assert uk.is_working_day(datetime(2026, 5, 31, 23, 30, tzinfo=UTC))  # 00:30 on Monday in London


@pytest.mark.parametrize(
    ("more", "error", "says"),
    [
        ({"by": "noon"}, CalendarError, "not a time of day"),
        ({"cutoff": "15:00"}, CalendarError, "needs a named instant"),
        ({"by": "close", "cutoff": "late"}, CalendarError, "not a time of day"),
        ({"days": -1, "by": "close"}, CalendarError, "lies ahead"),
    ],
)
def test_questions_that_make_no_sense(more, error, says):
    with pytest.raises(error, match=says):
        office().add_business_days(at("2026-06-01T10:00"), **{"days": 1, **more})


@pytest.mark.parametrize("value", [datetime(2026, 6, 1), "2026-06-01", 3])
def test_days_are_dates(value):
    with pytest.raises(InstantError):
        office().is_working_day(value)


def test_overlapping_windows_of_two_dates():
    """CAL-13: where windows of two dates overlap, the instant is the earlier one's."""
    uk = office(hours={"mon": ["12:00-11:00"], "tue": ["10:00-12:00"]})
    assert uk.add_business_days(at("2026-06-02T10:30"), 1) == at("2026-06-02T12:00")  # 34:30, clamped
    table = uk._kept.days.at(to_us(at("2026-06-02T10:30")))
    assert table.anchor(to_us(at("2026-06-02T10:30")))[1] == date(2026, 6, 1).toordinal()


def test_reading_broken_documents():
    """POL-1: a text that is no TOML, JSON or YAML is a ConfigurationError too."""
    for read in (BusinessCalendar.from_toml, BusinessCalendar.from_json, BusinessCalendar.from_yaml):
        with pytest.raises(ConfigurationError):
            read("{[")
    with pytest.raises(ConfigurationError, match="not a table"):
        BusinessCalendar.from_json("[]")


def test_files(tmp_path):
    """POL-1: the suffix tells the format."""
    uk = office(holidays=["GB-ENG"])
    for name in ("uk.toml", "uk.json", "uk.yaml", "uk.yml"):
        uk.save(tmp_path / name)
        assert BusinessCalendar.load(tmp_path / name) == uk
    with pytest.raises(ConfigurationError, match="format"):
        uk.save(tmp_path / "uk.txt")
