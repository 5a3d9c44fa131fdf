"""What is shown to people, word by word: catalogues against CLDR, amounts, instants, names, plural rules."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from babel import Locale
from babel.dates import format_skeleton

from slaclock import (
    STANDARD_METRICS,
    ConfigurationError,
    Severity,
    UnknownLanguageError,
    contracts,
    parse_target,
    render,
)
from slaclock.events import STANDARD_KINDS
from slaclock.render.amounts import amount, percent
from slaclock.render.catalogue import catalogue_of
from slaclock.render.moments import SHARED_ABBREVIATIONS, Speaker, day_text, month_text, time_text, zone_text
from slaclock.render.names import clean, event_name, metric_name, reason, severity_name, target_text
from slaclock.render.plurals import parse_rule

LONDON = ZoneInfo("Europe/London")
CLDR = {"en": "en_GB", "zh-Hant": "zh_Hant", "pl": "pl", "vi": "vi"}
en = catalogue_of("en")


def written(language: str) -> dict:
    """The catalogue's file, read without the library."""
    text = files("slaclock.render").joinpath("languages", f"{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def leaves(data: dict, lead: str = ""):
    for key, value in data.items():
        if isinstance(value, dict) and "other" not in value:
            yield from leaves(value, f"{lead}{key}.")
        else:
            yield lead + key, value


def strings(language: str) -> dict:
    data = {key: value for key, value in written(language).items() if key not in ("language", "plural")}
    return dict(leaves(data))


def holes(value) -> set[str]:
    forms = [value] if isinstance(value, str) else value.values() if isinstance(value, dict) else value
    return {name for form in forms for name in re.findall(r"\{(.*?)\}", form)}


# -- catalogues --------------------------------------------------------------------------------------------


def test_the_languages():
    assert render.languages() == ("en", "pl", "vi", "zh-Hant")
    assert set(CLDR) == set(render.languages())


@pytest.mark.parametrize("language", CLDR)
def test_languages_have_the_same_keys_and_placeholders(language):
    ours, english = strings(language), strings("en")
    assert list(ours) == list(english)  # in the same order, so that translators can read them side by side
    for key, value in ours.items():
        assert type(value) is type(english[key]), key
        assert holes(value) == holes(english[key]), key
        assert key == "sentence.between" or (value and all(value.values() if isinstance(value, dict) else value)), key


@pytest.mark.parametrize("language", CLDR)
def test_plural_forms_are_those_of_the_language(language):
    rules = written(language)["plural"]
    assert set(rules) | {"other"} == set(Locale.parse(CLDR[language]).plural_form.tags) | {"other"}
    for key, value in strings(language).items():
        if isinstance(value, dict):
            assert set(value) == {*rules, "other"}, key


@pytest.mark.parametrize("language", CLDR)
def test_plural_categories_are_those_of_cldr(language):
    plural = Locale.parse(CLDR[language]).plural_form
    c = catalogue_of(language)
    for number in (*range(220), 999, 1000, 1001, 1_000_000, 1_000_012, 1_000_022):
        assert c.category(number) == plural(number), number


@pytest.mark.parametrize("language", CLDR)
def test_names_of_days_and_months_are_those_of_cldr(language):
    locale, c = Locale.parse("en" if language == "en" else CLDR[language]), catalogue_of(language)
    assert c.names("weekday.short") == tuple(locale.days["format"]["abbreviated"][i] for i in range(7))
    assert c.names("month.short") == tuple(locale.months["format"]["abbreviated"][i] for i in range(1, 13))
    assert c.names("month.long") == tuple(locale.months["stand-alone"]["wide"][i] for i in range(1, 13))


@pytest.mark.parametrize("language", CLDR)
@pytest.mark.parametrize("day", [date(2026, 5, 26), date(2027, 12, 5)])
def test_dates_are_written_as_in_cldr(language, day):
    """English as in Britain, but for its comma."""
    c, locale = catalogue_of(language), CLDR[language]
    for ours, skeleton in ((day_text(c, day), "yMMMEd"), (day_text(c, day, year=False), "MMMEd")):
        theirs = format_skeleton(skeleton, day, locale=locale)
        assert ours == (theirs.replace(",", "") if language == "en" else theirs)
    assert (
        month_text(c, day).lower() == format_skeleton("yMMMM", day, locale=locale).lower()
    )  # it stands alone in a table


@pytest.mark.parametrize("language", CLDR)
def test_numbers_and_lists_are_those_of_cldr(language):
    locale, c = Locale.parse(CLDR[language]), catalogue_of(language)
    assert c("number.decimal") == locale.number_symbols["latn"]["decimal"]
    assert c("number.group") == locale.number_symbols["latn"]["group"]
    patterns = locale.list_patterns["standard"]
    for ours, theirs in (("two", "2"), ("middle", "middle"), ("end", "end")):
        assert c(f"list.{ours}", first="{0}", last="{1}") == patterns[theirs]


@pytest.mark.parametrize("language", [language for language in CLDR if language != "en"])
def test_units_are_those_of_cldr(language):
    """Short ones; in English hours, minutes and seconds have their symbols."""
    units = Locale.parse(CLDR[language])._data["unit_patterns"]
    c = catalogue_of(language)
    for name in ("hour", "minute", "second"):
        short = units[f"duration-{name}"]["short"]
        for number in (1, 2, 5, 22):
            form = short.get(c.category(number), short["other"])
            assert c.count(f"unit.{name}", number) == form.format(number)


@pytest.mark.parametrize("language", CLDR)
def test_all_that_the_library_names_has_a_name(language):
    """Metrics, kinds of events, states, verdicts: in every language a word, and none twice in a table."""
    ours = strings(language)
    for group, names in {
        "metric": STANDARD_METRICS,
        "event": STANDARD_KINDS,
        "state": ("pending", "running", "paused", "stopped", "cancelled"),
        "verdict": ("met", "breached", "open", "not_judged"),
        "anomaly": ("impossible", "no_effect", "id_conflict", "unknown_severity", "never_opened", "not_judged"),
    }.items():
        found = [ours[f"{group}.{name}"] for name in names]
        assert len(set(found)) == len(found)
        assert {key for key in ours if key.startswith(f"{group}.")} == {f"{group}.{name}" for name in names}


def test_every_kind_of_segment_has_a_word():
    from typing import get_args

    from slaclock.explanation import SegmentKind

    for kind in get_args(SegmentKind):
        assert reason(en, kind, "P1 -> P2" if kind == "change" else "", change=timedelta(hours=1))


def test_a_tag_is_looked_up_by_its_beginning():
    assert catalogue_of("pl-PL").language == "pl"
    assert catalogue_of("zh-Hant-TW").language == "zh-Hant"
    for tag in ("zh", "PL", "", "plx", None, 7):
        with pytest.raises(UnknownLanguageError):
            catalogue_of(tag)


def test_a_catalogue_of_ones_own(tmp_path: Path):
    """Some words of a house on top of a language, or a whole language, from a text, a file or as a value."""
    text = 'language = "pl"\nextends = "pl"\n[verdict]\nmet = "OK"\n'
    house = render.Catalogue.from_toml(text)
    assert (house("verdict.met"), house("verdict.breached")) == ("OK", "naruszono")
    file = tmp_path / "house.toml"
    file.write_text(text, encoding="utf-8")
    calendar = contracts.load("wati-pro").calendars["hong_kong"]
    assert render.sentence(calendar, file) == render.sentence(calendar, house) == render.sentence(calendar, "pl")
    german = files("slaclock.render").joinpath("languages", "en.toml").read_text(encoding="utf-8")
    german = german.replace('language = "en"', 'language = "de"').replace("around the clock", "rund um die Uhr")
    assert render.sentence(
        contracts.load("wati-pro").calendars["around_the_clock"], render.Catalogue.from_toml(german)
    ) == ("Rund um die Uhr (Asia/Hong_Kong).")


def test_all_that_is_missing_is_told_at_once():
    with pytest.raises(ConfigurationError) as caught:
        render.Catalogue.from_toml('language = "de"\n[verdict]\nmet = "erfüllt"\n')
    missing = [problem.path for problem in caught.value.problems]
    assert set(missing) == set(strings("en")) - {"verdict.met"}


def test_what_is_filled_in_is_no_template():
    assert en("reason.named", reason="{name}", name="{reason.__class__}") == "{name}: {reason.__class__}"


# -- plural rules ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "numbers"),
    [
        ("i = 1", [1]),
        ("n % 10 = 2..4 and n % 100 != 12..14", [2, 3, 4, 22, 23, 24]),
        ("n % 10 = 0 or n % 100 = 11..13, 17", [0, 10, 11, 12, 13, 17, 20]),
        ("v != 0", []),
        ("v = 0 and i != 0..22", [23, 24]),
    ],
)
def test_a_plural_rule(rule, numbers):
    matches = parse_rule(rule)
    assert [n for n in range(25) if matches(n)] == numbers


@pytest.mark.parametrize("rule", ["", "one", "i == 1", "i = ", "x = 1", "i = 1 and", "i % 0 = 1", "i = 1..", 3, None])
def test_what_is_no_plural_rule(rule):
    assert parse_rule(rule) is None


# -- amounts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(0), "0 min"),
        (timedelta(hours=1, minutes=30), "1 h 30 min"),
        (timedelta(days=2, hours=3), "51 h"),
        (timedelta(minutes=5), "5 min"),
        (timedelta(hours=2, seconds=1), "2 h 1 s"),
        (timedelta(seconds=1.5), "1.5 s"),
        (timedelta(microseconds=1), "0.000001 s"),
        (timedelta(hours=-1, seconds=-30), "\u22121 h 30 s"),
        (timedelta(hours=9_999), "9999 h"),
        (timedelta(hours=12_345), "12,345 h"),
    ],
)
def test_an_amount(span, text):
    """Never in days, and never rounded."""
    assert amount(en, span) == text


def test_amounts_in_other_languages():
    span = timedelta(hours=20_064, minutes=1, seconds=2.25)
    assert amount(catalogue_of("pl"), span) == "20\u00a0064 godz. 1 min 2,25 sek."
    assert amount(catalogue_of("vi"), span) == "20.064 giờ 1 phút 2,25 giây"
    assert amount(catalogue_of("zh-Hant"), span) == "20,064 小時 1 分鐘 2.25 秒"


def test_a_share():
    assert percent(en, Decimal("99.20")) == "99.2%"
    assert percent(catalogue_of("pl"), Decimal("99.2")) == "99,2%"
    assert percent(en, Decimal(100)) == "100%"


# -- instants ----------------------------------------------------------------------------------------------


def test_the_year_and_the_zone_are_said_when_they_change():
    say = Speaker(en)
    assert say.at(datetime(2026, 12, 31, 15, 0, tzinfo=LONDON)) == "Thu 31 Dec 2026 15:00 GMT"
    assert say.at(datetime(2026, 12, 31, 16, 0, tzinfo=LONDON)) == "Thu 31 Dec 16:00"
    assert say.at(datetime(2027, 1, 4, 9, 0, tzinfo=LONDON)) == "Mon 4 Jan 2027 09:00"
    assert say.date(date(2027, 1, 5)) == "Tue 5 Jan"
    assert say.at(datetime(2027, 6, 1, 9, 0, tzinfo=LONDON)) == "Tue 1 Jun 09:00 BST"
    assert say.at(datetime(2027, 6, 1, 9, 0, tzinfo=ZoneInfo("Europe/Paris"))) == "Tue 1 Jun 09:00 CEST"


def test_a_repeated_hour_is_never_ambiguous():
    say = Speaker(en)
    first, second = (datetime(2026, 10, 25, 1, 30, tzinfo=LONDON, fold=fold) for fold in (0, 1))
    assert [say.at(first), say.at(second)] == ["Sun 25 Oct 2026 01:30 BST", "Sun 25 Oct 01:30 GMT"]
    assert Speaker(en).span(first, second) == "Sun 25 Oct 2026 01:30 BST \u2013 Sun 25 Oct 01:30 GMT"


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ("2026-05-22T15:00", "2026-05-22T16:30", "Fri 22 May 2026 15:00\u201316:30 BST"),
        ("2026-05-22T15:00", "2026-05-23T00:00", "Fri 22 May 2026 15:00\u201324:00 BST"),
        ("2026-05-22T22:00", "2026-05-23T06:00", "Fri 22 May 2026 22:00 BST \u2013 Sat 23 May 06:00"),
        ("2026-03-28T22:00", "2026-03-29T06:00", "Sat 28 Mar 2026 22:00 GMT \u2013 Sun 29 Mar 06:00 BST"),
        ("2026-12-31T22:00", "2027-01-01T06:00", "Thu 31 Dec 2026 22:00 GMT \u2013 Fri 1 Jan 2027 06:00"),
        ("2026-05-22T15:00:01", "2026-05-22T15:00:02.5", "Fri 22 May 2026 15:00:01\u201315:00:02.5 BST"),
    ],
)
def test_a_span(start, end, text):
    """R-2: a span to midnight ends at 24:00."""
    a, b = (datetime.fromisoformat(at).replace(tzinfo=LONDON) for at in (start, end))
    assert Speaker(en).span(a, b) == text


def test_a_time_is_never_rounded():
    assert time_text(datetime(2026, 1, 1, 9, 5, tzinfo=UTC)) == "09:05"
    assert time_text(datetime(2026, 1, 1, 9, 5, 7, tzinfo=UTC)) == "09:05:07"
    assert time_text(datetime(2026, 1, 1, 9, 5, 0, 40, tzinfo=UTC)) == "09:05:00.00004"


class Nameless(tzinfo):
    def utcoffset(self, when):
        return timedelta(hours=-3, minutes=-30)

    def dst(self, when):
        return None

    def tzname(self, when):
        return None


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        (ZoneInfo("Europe/London"), "GMT"),
        (ZoneInfo("Asia/Shanghai"), "CST (UTC+08:00)"),
        (ZoneInfo("Asia/Singapore"), "UTC+08:00"),
        (ZoneInfo("America/Sao_Paulo"), "UTC-03:00"),
        (timezone(timedelta(hours=5, minutes=30)), "UTC+05:30"),
        (UTC, "UTC"),
        (Nameless(), "UTC-03:30"),
    ],
)
def test_a_zone(zone, text):
    assert zone_text(datetime(2026, 1, 15, tzinfo=zone)) == text


def test_a_zone_with_seconds():
    assert zone_text(datetime(1971, 1, 1, tzinfo=ZoneInfo("Africa/Monrovia"))) == "MMT"
    assert zone_text(datetime(1971, 1, 1, tzinfo=timezone(-timedelta(minutes=44, seconds=30)))) == "UTC-00:44:30"


def test_abbreviations_that_several_offsets_share_say_theirs():
    """All zones, both halves of the years that people look at."""
    offsets: dict[str, set[timedelta]] = {}
    for key in available_timezones():
        for year in (2024, 2026, 2030):
            for month in (1, 7):
                at = datetime(year, month, 15, tzinfo=ZoneInfo(key))
                if at.tzname().isalpha():
                    offsets.setdefault(at.tzname(), set()).add(at.utcoffset())
    assert {name for name, found in offsets.items() if len(found) > 1} <= SHARED_ABBREVIATIONS


# -- names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Spring Bank Holiday", "Spring Bank Holiday"),
        ("a\tb\nc\r", "a b c "),
        ("\x1b[31mred\x00\x7f", "\u241b[31mred\u2400\u2421"),
        ("\x85\x9b", " \ufffd"),
        ("\u202eevil\u2069", "\ufffdevil\ufffd"),
        ("שלום", "\u2068שלום\u2069"),
        ("\ufffe\ud800", "\ufffd\ufffd"),
        ("春節 🎉", "春節 🎉"),
    ],
)
def test_a_name_is_shown_as_text_and_nothing_else(name, shown):
    assert clean(name) == shown


def test_what_things_are_called():
    pl = catalogue_of("pl")
    assert metric_name(pl, "first_response") == "Pierwsza odpowiedź"
    assert metric_name(pl, "on_site") == "on_site"
    assert event_name(pl, "opened") == "otwarto"
    assert event_name(pl, "arrived") == "arrived"
    severity = Severity(key="P1", labels={"pl": "Pilny", "en": "Urgent"})
    assert [severity_name(catalogue_of(c), severity) for c in ("pl", "en", "vi")] == ["P1 Pilny", "P1 Urgent", "P1"]


@pytest.mark.parametrize(
    ("target", "english", "polish"),
    [
        ("2h30m", "2 h 30 min", "2 godz. 30 min"),
        ("1 business day", "1 business day", "1 dzień roboczy"),
        ("2 business days", "2 business days", "2 dni robocze"),
        ("5 business days", "5 business days", "5 dni roboczych"),
        ("same business day by close", "same business day by close", "ten sam dzień roboczy, do zamknięcia"),
        ("next business day by 16:00", "next business day by 16:00", "następny dzień roboczy, do 16:00"),
        ("3 business days by 9:30", "3 business days by 09:30", "3 dni robocze, do 09:30"),
    ],
)
def test_a_target(target, english, polish):
    assert target_text(en, parse_target(target)) == english
    assert target_text(catalogue_of("pl"), parse_target(target)) == polish


@pytest.mark.parametrize(
    ("given", "shown", "bare"),
    [
        (("holiday", "Epiphany"), "holiday: Epiphany", "Epiphany"),
        (("holiday", "holiday"), "holiday", "holiday"),
        (("closure", "taken out", "Asia/Shanghai"), "closed: taken out (Asia/Shanghai)", "taken out (Asia/Shanghai)"),
        (("paused", "customer"), "paused: customer", "paused (customer)"),
        (("counted", "Stocktaking"), "counted: Stocktaking", "counted (Stocktaking)"),
        (("change", "P2 -> P1"), "changed: P2 \u2192 P1", "P2 \u2192 P1"),
        (("revision", "2026-04-01"), "new weekly hours", "new weekly hours"),
        (("outside_hours",), "outside hours", "outside hours"),
    ],
)
def test_a_reason(given, shown, bare):
    assert (reason(en, *given), reason(en, *given, bare=True)) == (shown, bare)


def test_the_librarys_own_words_are_translated():
    """A holiday without a name of its own is called so by the library, in English."""
    assert reason(catalogue_of("vi"), "closure", "taken out") == "đóng cửa: bị loại trừ"
    assert reason(catalogue_of("vi"), "holiday", "holiday") == "ngày lễ"


def test_clocks_go_forward_and_back():
    assert reason(en, "clock_change", change=timedelta(hours=1)) == "clocks went forward 1 h"
    assert reason(en, "clock_change", change=timedelta(minutes=-30)) == "clocks went back 30 min"
