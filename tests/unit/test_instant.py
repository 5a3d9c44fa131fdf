"""R-1: the door between datetimes and integers."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from slaclock import _instant
from slaclock._instant import (
    DAY,
    HOUR,
    MINUTE,
    from_us,
    ordinal_wall,
    place,
    to_us,
    to_wall,
    transitions,
    transitions_digest,
    tzdata_version,
    utc,
    wall_ordinal,
)
from slaclock.errors import InstantError

NEW_YORK = ZoneInfo("America/New_York")
LONDON = ZoneInfo("Europe/London")


def wall(*fields: int) -> int:
    return (datetime(*fields) - datetime(1970, 1, 1)) // timedelta(microseconds=1)


def test_known_instants():
    """R-1: the numbers of instants that anybody can look up."""
    assert to_us(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert to_us(datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)) == 1_000_000_000_000_000
    assert to_us(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1
    assert to_us(datetime(2026, 5, 22, 15, tzinfo=LONDON)) == to_us(datetime(2026, 5, 22, 14, tzinfo=UTC))


def test_there_and_back_to_the_microsecond():
    for us in (0, -1, 1, 1_779_458_400_123_456, -86_400_000_001):
        assert to_us(from_us(us, NEW_YORK)) == us
        assert to_us(utc(us)) == us


def test_the_repeated_hour_has_two_instants():
    """R-1: fold tells 01:30 before the change from 01:30 after it."""
    first = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK)
    assert to_us(first.replace(fold=1)) - to_us(first) == HOUR


@pytest.mark.parametrize("value", [datetime(2026, 1, 1), pd.NaT, date(2026, 1, 1), "2026-01-01T00:00:00Z", 0, None])
def test_what_is_no_instant_is_refused(value):
    with pytest.raises(InstantError) as caught:
        to_us(value)
    assert caught.value.code == "instant"
    assert caught.value.example
    assert caught.value.value is value


def test_pandas_timestamps_pass_when_whole():
    """A Timestamp carries nanoseconds: the door takes it only when none would be lost."""
    exact = pd.Timestamp("2026-05-22T15:00:00.000001", tz="Europe/London")
    assert to_us(exact) == to_us(datetime(2026, 5, 22, 15, 0, 0, 1, tzinfo=LONDON))
    with pytest.raises(InstantError, match="finer than a microsecond"):
        to_us(exact + pd.Timedelta(1, "ns"))
    with pytest.raises(InstantError, match="naive"):
        to_us(pd.Timestamp("2026-05-22T15:00:00"))


def test_a_plain_subclass_of_datetime_passes():
    class Stamp(datetime):
        pass

    assert to_us(Stamp(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == 1_000_000


@pytest.mark.parametrize(
    ("shown", "offset_hours", "why"),
    [
        ((2026, 3, 8, 1, 59), -5, "before the gap"),
        ((2026, 3, 8, 2, 0), -5, "the gap begins at 02:00 -05:00"),
        ((2026, 3, 8, 3, 0), -4, "after the gap"),
        ((2026, 11, 1, 1, 30), -4, "a repeated time: the first occurrence"),
        ((2026, 11, 1, 2, 0), -5, "after the fold"),
    ],
)
def test_place_outside_a_gap(shown, offset_hours, why):
    """CAL-3: an edge in a fold is its first occurrence."""
    assert place(wall(*shown), NEW_YORK) == wall(*shown) - offset_hours * HOUR, why


@pytest.mark.parametrize("minute", [0, 1, 15, 45, 59])
def test_place_in_a_gap_is_the_transition(minute):
    """CAL-3: an edge in a gap is the transition itself, 07:00Z on 8 March 2026."""
    assert place(wall(2026, 3, 8, 2, minute), NEW_YORK) == wall(2026, 3, 8, 7)


def test_place_where_a_day_is_skipped():
    """CAL-3: Apia had no 30 December 2011; its edges are the midnight that began the 31st."""
    apia = ZoneInfo("Pacific/Apia")
    assert place(wall(2011, 12, 30, 9), apia) == place(wall(2011, 12, 31, 0), apia) == wall(2011, 12, 30, 10)


@pytest.mark.parametrize(
    "zone",
    ["America/New_York", "Pacific/Apia", "Africa/Cairo", "Asia/Beirut", "Australia/Lord_Howe", "America/Sao_Paulo",
     "Africa/Casablanca", "Asia/Almaty", "Antarctica/Troll", "UTC"],
)  # fmt: skip
def test_placing_many_is_placing_each(zone):
    """CAL-3: the short way for dates without a change agrees with the formula, every quarter of an hour of some years."""
    zone = ZoneInfo(zone)
    placer = _instant.Placer(zone)
    for year in (2011, 2018, 2023, 2024, 2026):
        start = wall(year, 1, 1)
        for edge in range(start, start + 366 * DAY, 45 * MINUTE):
            assert placer(edge) == place(edge, zone)


def test_walls_and_dates():
    assert to_wall(wall(2026, 7, 1, 12), LONDON) == wall(2026, 7, 1, 13)
    day = date(2026, 5, 22).toordinal()
    assert ordinal_wall(day) == wall(2026, 5, 22)
    assert wall_ordinal(wall(2026, 5, 22, 23, 59)) == day
    assert wall_ordinal(-1) == date(1969, 12, 31).toordinal()


def test_transitions_of_a_year():
    """R-6: New York changed at 07:00Z on 8 March and 06:00Z on 1 November 2026."""
    found = transitions(NEW_YORK, wall(2026, 1, 1), wall(2026, 12, 31))
    assert found == [
        (wall(2026, 1, 1), -5 * HOUR),
        (wall(2026, 3, 8, 7), -4 * HOUR),
        (wall(2026, 11, 1, 6), -5 * HOUR),
    ]
    assert transitions(ZoneInfo("UTC"), 0, 3 * DAY) == [(0, 0)]


def test_transitions_digest_tells_zones_and_spans_apart():
    """R-6: equal transitions have equal digests, others others."""
    year = (wall(2026, 1, 1), wall(2026, 12, 31))
    assert transitions_digest(NEW_YORK, *year) == transitions_digest(NEW_YORK, *year)
    assert transitions_digest(NEW_YORK, *year) != transitions_digest(LONDON, *year)
    assert transitions_digest(NEW_YORK, *year) != transitions_digest(NEW_YORK, year[0], year[1] + 90 * DAY)


def test_tzdata_version_of_the_package():
    """R-6: with no system folder, the version is that of the tzdata package."""
    import tzdata

    assert tzdata_version() == tzdata.IANA_VERSION


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [("+VERSION", "2025c\n", "2025c"), ("tzdata.zi", "# version 2026a\n# rest", "2026a"), ("other", "", "unknown")],
)
def test_tzdata_version_of_a_system_folder(tmp_path: Path, monkeypatch, file, text, expected):
    (tmp_path / "UTC").touch()
    (tmp_path / file).write_text(text)
    monkeypatch.setattr(zoneinfo, "TZPATH", (str(tmp_path / "absent"), str(tmp_path)))
    assert tzdata_version() == expected


def test_units():
    assert (_instant.SECOND, MINUTE, HOUR, DAY) == (10**6, 60 * 10**6, 3600 * 10**6, 86_400 * 10**6)
    assert to_us(datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))) == 0
