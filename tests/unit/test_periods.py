"""Periods: months, quarters, dates, rolling spans, by the midnights of a zone."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from oracle import ODD_ZONES
from slaclock import InstantError, Period, PeriodError

HOUR = timedelta(hours=1)
LONDON = ZoneInfo("Europe/London")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "zone", "start", "end", "hours"),
    [
        ("2026-05", "Europe/London", "2026-05-01T00:00+01:00", "2026-06-01T00:00+01:00", 744),
        ("2026-03", "Europe/London", "2026-03-01T00:00+00:00", "2026-04-01T00:00+01:00", 743),  # 29 March: 23 hours
        ("2026-10", "Europe/London", "2026-10-01T00:00+01:00", "2026-11-01T00:00+00:00", 745),  # 25 October: 25 hours
        ("2026-03", "UTC", "2026-03-01T00:00+00:00", "2026-04-01T00:00+00:00", 744),
        ("2026-11", "America/New_York", "2026-11-01T00:00-04:00", "2026-12-01T00:00-05:00", 721),  # 1 November
        ("2026-02", "Asia/Shanghai", "2026-02-01T00:00+08:00", "2026-03-01T00:00+08:00", 672),
        ("2024-02", "Asia/Shanghai", "2024-02-01T00:00+08:00", "2024-03-01T00:00+08:00", 696),
        ("2026-12", "UTC", "2026-12-01T00:00+00:00", "2027-01-01T00:00+00:00", 744),
        ("2026-Q2", "Europe/London", "2026-04-01T00:00+01:00", "2026-07-01T00:00+01:00", 91 * 24),
        ("2026-Q4", "UTC", "2026-10-01T00:00+00:00", "2027-01-01T00:00+00:00", 92 * 24),
        ("2026", "Europe/London", "2026-01-01T00:00+00:00", "2027-01-01T00:00+00:00", 8760),
        ("2024", "Europe/London", "2024-01-01T00:00+00:00", "2025-01-01T00:00+00:00", 8784),
        ("2026-05-01..2026-05-08", "Europe/London", "2026-05-01T00:00+01:00", "2026-05-09T00:00+01:00", 8 * 24),
        ("2026-03-29", "Europe/London", "2026-03-29T00:00+00:00", "2026-03-30T00:00+01:00", 23),
        ("2011-12", "Pacific/Apia", "2011-12-01T00:00-10:00", "2012-01-01T00:00+14:00", 30 * 24),  # the 30th is skipped
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T01:00-02:00", "2018-11-05T00:00-02:00", 23),  # no midnight
    ],
)  # fmt: skip
def test_parsed(text: str, zone: str, start: str, end: str, hours: int) -> None:
    """CAL-3, R-2: by the midnights of the zone, or the first instant after a midnight that the clock skips."""
    period = Period.parse(text, zone)
    assert (period.start.isoformat(), period.end.isoformat()) == (at(start).isoformat(), at(end).isoformat())
    assert (period.length, period.name, period.timezone, str(period)) == (hours * HOUR, text, zone, text)


@pytest.mark.parametrize("text", ["", "2026-5", "2026-Q5", "2026-q2", "2026-00", "26-05", "2026-05-01..", "2026-05..2026-06",
                                  "2026-02-30", "2026-W19", " 2026-05", "0000", "9999", "2200-01", None, 2026])  # fmt: skip
def test_not_a_period(text: object) -> None:
    with pytest.raises(PeriodError) as caught:
        Period.parse(text, "UTC")  # type: ignore[arg-type]
    assert (caught.value.path, caught.value.code) == ("period", "period") and "2026-05" in caught.value.example


@pytest.mark.parametrize(
    ("end", "back", "start", "ends", "name"),
    [
        (date(2026, 5, 31), {"days": 31}, "2026-05-01T00:00+01:00", "2026-06-01T00:00+01:00", "31 days to 2026-05-31"),
        (date(2026, 5, 31), {"days": 90}, "2026-03-03T00:00+00:00", "2026-06-01T00:00+01:00", "90 days to 2026-05-31"),
        (date(2026, 5, 31), {"months": 1}, "2026-05-01T00:00+01:00", "2026-06-01T00:00+01:00", "1 month to 2026-05-31"),
        (date(2026, 5, 30), {"months": 3}, "2026-02-28T00:00+00:00", "2026-05-31T00:00+01:00", "3 months to 2026-05-30"),
        (date(2026, 5, 8), {"days": 1}, "2026-05-08T00:00+01:00", "2026-05-09T00:00+01:00", "1 day to 2026-05-08"),
        # The clock skipped 01:30 on 29 March: the period begins when it went on, at 02:00 +01:00.
        (at("2026-04-29T01:30+01:00"), {"months": 1}, "2026-03-29T02:00+01:00", "2026-04-29T01:30+01:00", "1 month to 2026-04-29T01:30:00+01:00"),
        (at("2026-06-01T00:00Z"), {"days": 30}, "2026-05-02T01:00+01:00", "2026-06-01T01:00+01:00", "30 days to 2026-06-01T01:00:00+01:00"),
    ],
)  # fmt: skip
def test_rolling(end: date, back: dict[str, int], start: str, ends: str, name: str) -> None:
    """A date is in the period; an instant is its end; the start has the wall time of the end."""
    period = Period.rolling(end, LONDON, **back)
    assert (period.start.isoformat(), period.end.isoformat(), period.name) == (at(start).isoformat(), at(ends).isoformat(), name)  # fmt: skip


@pytest.mark.parametrize("back", [{}, {"days": 1, "months": 1}, {"days": 0}, {"days": -1}, {"days": True}, {"days": 1.5}, {"months": 0}, {"months": 10**6}])  # fmt: skip
def test_rolling_back_by_nothing_or_by_two(back: dict[str, int]) -> None:
    with pytest.raises(PeriodError):
        Period.rolling(date(2026, 5, 31), "UTC", **back)


@pytest.mark.parametrize("end", [date.max, date.min, date(1970, 2, 1), datetime(2205, 1, 1, tzinfo=UTC)])
def test_rolling_out_of_the_years(end: date) -> None:
    """CAL-10."""
    with pytest.raises(PeriodError, match="supported years"):
        Period.rolling(end, "UTC", days=90)


def test_months() -> None:
    """The months of a period are cut at its ends."""
    found = Period.parse("2026-01-20..2026-03-10", "Europe/London").months()
    assert [(month.name, str(month.start)[:10], str(month.end)[:10]) for month in found] == [
        ("2026-01", "2026-01-20", "2026-02-01"),
        ("2026-02", "2026-02-01", "2026-03-01"),
        ("2026-03", "2026-03-01", "2026-03-11"),
    ]
    assert Period.parse("2026-03", "Europe/London").months() == (Period.parse("2026-03", "Europe/London"),)
    assert [month.name for month in Period.parse("2026", "UTC").months()] == [f"2026-{n:02}" for n in range(1, 13)]


def test_a_month_that_began_before_its_clock_was_put_back() -> None:
    """In St John's, one minute after November began, it was 23:01 on 31 October again."""
    november = Period.parse("2009-11", "America/St_Johns")
    assert november.start.astimezone(UTC) == at("2009-11-01T02:30Z")
    second_time = at("2009-10-31T23:15-03:30")
    assert second_time in november
    (rest,) = Period.span(second_time, november.end, "America/St_Johns").months()
    assert (rest.name, rest.start.astimezone(UTC), rest.upper) == ("2009-11", second_time, november.upper)


zones = st.sampled_from(sorted(ODD_ZONES))
instants = st.datetimes(datetime(1971, 1, 1), datetime(2190, 1, 1), timezones=st.just(UTC))


@given(zones, instants, instants)
def test_months_are_the_period_in_order(zone: str, a: datetime, b: datetime) -> None:
    """R-2: nothing is lost or counted twice, and each month but the first and the last is a whole one."""
    assume(a != b)
    start = min(a, b)
    period = Period.span(start, min(max(a, b), start + timedelta(days=800)), zone)
    months = period.months()
    assert sum((month.length for month in months), timedelta()) == period.length
    assert (months[0].lower, months[-1].upper) == (period.lower, period.upper)
    assert all(earlier.upper == later.lower for earlier, later in zip(months, months[1:], strict=False))
    assert all(month == Period.parse(month.name, zone) for month in months[1:-1])


@given(zones, st.integers(1970, 2199), st.integers(1, 12))
def test_quarters_and_years_are_their_months(zone: str, year: int, month: int) -> None:
    quarter = Period.parse(f"{year}-Q{(month + 2) // 3}", zone)
    one, whole = Period.parse(f"{year}-{month:02}", zone), Period.parse(f"{year}", zone)
    assert one in quarter.months() and set(quarter.months()) <= set(whole.months())


def test_a_period_is_a_value_and_tells_two_instants_of_a_fold_apart() -> None:
    """R-1: Python's datetimes of one zone do not."""
    first = datetime(2026, 10, 25, 1, 30, tzinfo=LONDON)
    end = at("2026-11-01T00:00Z")
    early, late = Period.span(first, end, LONDON, "x"), Period.span(first.replace(fold=1), end, LONDON, "x")
    assert early.start == late.start and early != late and early.length == late.length + HOUR
    assert early == Period.span(first.astimezone(UTC), end.astimezone(LONDON), "Europe/London", "x")
    assert {early, copy.copy(early), pickle.loads(pickle.dumps(early))} == {early}
    assert early != Period.span(first, end, LONDON, "y")
    with pytest.raises(AttributeError):
        early.name = "z"  # type: ignore[misc]


def test_in_a_period() -> None:
    """R-2: the start is, the end is not."""
    may = Period.parse("2026-05", LONDON)
    assert may.start in may and may.end not in may and may.end - timedelta(microseconds=1) in may
    assert may.start - timedelta(microseconds=1) not in may
    with pytest.raises(InstantError):
        assert datetime(2026, 5, 2) in may


def test_the_name_of_a_span() -> None:
    start = at("2026-05-01T10:00+01:00")
    assert Period.span(start, start + HOUR, LONDON).name == "2026-05-01T10:00:00+01:00..2026-05-01T11:00:00+01:00"
    assert str(Period.span(start, start + HOUR, LONDON, "the move")) == "the move"
