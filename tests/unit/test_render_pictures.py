"""Pictures: where things lie, and what is left out when there is no room."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from slaclock import BusinessCalendar, Policy, Ticket, evaluate, explain_due, explain_elapsed, render
from slaclock.render.pictures.drawing import EDGE, WIDTH, Lanes, cut, text_width
from slaclock.render.pictures.scale import bar_rows, hour_labels, time_rows
from slaclock.render.weeks import reference_weeks, site_weeks

LONDON = ZoneInfo("Europe/London")
HOUR = 3_600_000_000
DAY = 24 * HOUR
SVG = "{http://www.w3.org/2000/svg}"


def us(text: str, zone: ZoneInfo = LONDON) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()) * 1_000_000


def drawing(value, language="en", **options) -> ET.Element:
    return ET.fromstring(render.svg(value, language, **options))


def texts(root: ET.Element) -> list[str]:
    return [(each.text or "").strip() for each in root.iter(f"{SVG}text")]


def kinds(root: ET.Element) -> set[str]:
    return {each.get("class", "").removeprefix("slaclock-") for each in root.iter()}


def boxes(root: ET.Element, kind: str) -> list[tuple[float, ...]]:
    """x, y, width and height of the rectangles of a kind in the picture itself; its legend draws after it."""
    found = [each for each in root.iter(f"{SVG}path") if each.get("class") == f"slaclock-{kind}"]
    return [
        tuple(map(float, numbers))
        for path in found
        for numbers in re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)h", path.get("d"))
    ]


# -- rows of time ------------------------------------------------------------------------------------------


def test_hours_of_a_short_span():
    (row,) = time_rows(us("2026-05-22T15:10"), us("2026-05-22T17:50"), LONDON).rows
    assert (row.start, row.end) == (us("2026-05-22T15:00"), us("2026-05-22T18:00"))
    assert [hour for _, hour in hour_labels(row, LONDON, 46.0)] == [15, 16, 17, 18]
    assert row.x(row.start) == EDGE and row.x(row.end) == WIDTH - EDGE


def test_a_span_of_nothing_is_an_hour():
    (row,) = time_rows(us("2026-05-22T15:10"), us("2026-05-22T15:10") + 1, LONDON).rows
    assert row.end - row.start == HOUR


def test_hours_are_those_of_the_wall():
    """In a zone that is half an hour off, and over a change of half an hour."""
    kolkata, lord_howe = ZoneInfo("Asia/Kolkata"), ZoneInfo("Australia/Lord_Howe")
    (row,) = time_rows(us("2026-05-22T15:10", kolkata), us("2026-05-22T17:00", kolkata), kolkata).rows
    assert row.start == us("2026-05-22T15:00", kolkata)
    low, high = us("2026-10-03T22:00", lord_howe), us("2026-10-04T05:00", lord_howe)
    (row,) = time_rows(low, high, lord_howe).rows
    shown = [hour for _, hour in hour_labels(row, lord_howe, 10.0)]
    assert shown == [22, 23, 0, 1, 3, 4, 5]  # at two the clocks go to half past two


def test_days_are_as_long_as_they_are():
    rows = time_rows(us("2026-03-27T10:00"), us("2026-03-31T10:00"), LONDON)
    (row,) = rows.rows
    assert rows.unit == "day"
    assert [b - a for a, b in zip(row.ticks, (*row.ticks[1:], row.end), strict=True)] == [DAY, DAY, 23 * HOUR, DAY, DAY]


def test_a_skipped_date_is_no_day():
    """Apia had no 30 December 2011."""
    apia = ZoneInfo("Pacific/Apia")
    (row,) = time_rows(us("2011-12-28T12:00", apia), us("2012-01-01T12:00", apia), apia).rows
    days = [datetime.fromtimestamp(t / 1e6, apia).day for t in row.ticks]
    assert days == [28, 29, 31, 1]


def test_weeks_begin_on_monday():
    rows = time_rows(us("2026-05-22T15:00"), us("2026-06-12T15:00"), LONDON)
    assert rows.unit == "week"
    assert [row.start for row in rows.rows] == [us(f"2026-{day}T00:00") for day in ("05-18", "05-25", "06-01", "06-08")]


def test_long_spans_are_bars():
    low = us("2026-05-22T15:00")
    assert time_rows(low, low + 80 * DAY, LONDON) is None
    unit, rows = bar_rows(low, low + 10 * 365 * DAY, LONDON)
    assert (unit, len(rows)) == ("month", 11)
    assert all(len(row.bins) == 12 for row in rows)
    unit, rows = bar_rows(us("1970-06-01T00:00"), us("2199-06-01T00:00"), LONDON)
    assert (unit, len(rows), sum(len(row.bins) for row in rows)) == ("year", 20, 230)
    assert rows[-1].row.x(rows[-1].bins[-1].end) < WIDTH / 4  # two bars, as wide as the others


# -- labels ------------------------------------------------------------------------------------------------


def test_a_text_is_cut_where_it_does_not_fit():
    assert cut("Spring Bank Holiday", 1000) == "Spring Bank Holiday"
    shown = cut("Spring Bank Holiday", 60)
    assert shown.endswith("…") and "Spring Bank Holiday".startswith(shown[:-1].rstrip())
    assert text_width(shown) <= 60
    assert cut("Spring", 3) == ""
    assert text_width("週一") > text_width("ab") and text_width("e\u0301") == text_width("e")


def test_labels_take_another_lane_when_there_is_no_room():
    lanes = Lanes(2)
    first, second, third = (lanes.place(180, 100) for _ in range(3))
    assert (first.lane, first.anchor, second.lane, second.anchor) == (0, "start", 0, "end")
    assert third.lane == 1
    assert lanes.place(250, 100) is None  # its leader would cross the first
    assert lanes.used == 2


# -- the course of a clock ---------------------------------------------------------------------------------

UK = BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["08:30-16:30"]}, holidays=["GB-ENG"])
FRIDAY = datetime(2026, 5, 22, 15, 0, tzinfo=LONDON)


def test_what_is_counted_lies_where_it_was():
    """Friday 15:00 to Tuesday 11:00 in a row of five days."""
    root = drawing(explain_due(UK, FRIDAY, "4h"))
    inner = WIDTH - 2 * EDGE
    (x1, y1, w1, h1), (x2, y2, w2, h2), *_ = boxes(root, "counted")
    assert (y1, h1) == (y2, h2)
    assert x1 == pytest.approx(EDGE + inner * 15 / 120, abs=0.02) and w1 == pytest.approx(inner * 1.5 / 120, abs=0.02)
    assert x2 == pytest.approx(EDGE + inner * (96 + 8.5) / 120, abs=0.02) and w2 == pytest.approx(
        inner * 2.5 / 120, abs=0.02
    )
    (x, _, width, _), *_ = boxes(root, "holiday")
    assert x == pytest.approx(EDGE + inner * 72 / 120, abs=0.02) and width == pytest.approx(inner * 24 / 120, abs=0.02)
    assert {"Fri", "22 May", "Sat", "23", "Spring Bank Holiday", "due 11:00"} <= set(texts(root))


def policy(within: str = "8h", **more) -> Policy:
    desk = {"timezone": "Europe/London", "hours": {"mon-fri": ["09:00-17:00"]}}
    return Policy(
        **{
            "name": "acme", "calendar": "desk", "calendars": {"desk": desk}, "severities": [{"key": "P1"}, {"key": "P2"}],
            "objectives": [{"severity": key, "metric": "resolution", "within": within} for key in ("P1", "P2")], **more,
        }
    )  # fmt: skip


MONDAY = datetime(2026, 6, 8, 9, 0, tzinfo=LONDON)
OPENED = Ticket(id="T-1", severity="P1", opened_at=MONDAY)
WARNED = {"escalations": [{"key": "warning", "metric": "resolution", "at": "75%"}]}


def read(ticket: Ticket, hours: float, rules: Policy | None = None):
    return evaluate(rules or policy(), ticket, as_of=MONDAY + timedelta(hours=hours))["resolution"]


def test_markers_of_a_running_clock():
    root = drawing(read(OPENED, 5, policy(**WARNED)))
    assert {"due 17:00", "kept until 09:00", "now 14:00", "warning"} <= set(texts(root))
    assert {"due", "kept", "now", "escalation", "counted", "ahead"} <= kinds(root)


def test_markers_of_a_stopped_clock():
    root = drawing(read(OPENED.resolve(MONDAY + timedelta(hours=2)), 5, policy(**WARNED)))
    assert {"stopped 11:00", "due 17:00"} <= set(texts(root))
    assert not {"now", "escalation"} & kinds(root)  # the warning never came
    root = drawing(read(OPENED.cancel(MONDAY + timedelta(hours=2)), 5))
    assert "cancelled 11:00" in texts(root) and "due" not in kinds(root)


def test_pauses_are_hatched_over_the_open_time_they_took():
    ticket = OPENED.pause(MONDAY + timedelta(hours=6), reason="customer").resume(MONDAY + timedelta(hours=26))
    root = drawing(read(ticket, 27))
    assert {"paused", "open"} <= kinds(root)
    opened = boxes(root, "open")[:2]
    inner = WIDTH - 2 * EDGE
    # Monday 15:00 to 17:00 and Tuesday 9:00 to 11:00, in a row of hours
    assert [round(width * 48 / inner) for _, _, width, _ in opened] in ([2, 2], [3, 3])


def test_a_change_is_marked():
    ticket = OPENED.change_severity(MONDAY + timedelta(hours=1), "P2")
    assert "P1 → P2" in texts(drawing(read(ticket, 2)))


def test_stopped_and_before_the_start():
    ticket = OPENED.resolve(MONDAY + timedelta(hours=1)).reopen(MONDAY + timedelta(hours=3))
    assert "stopped" in kinds(drawing(read(ticket, 4)))
    late = {"severity": "P1", "metric": "resolution", "within": "8h", "start": {"next_opening": "desk"}}
    early = OPENED.replace(opened_at=MONDAY - timedelta(hours=3))
    assert "before_start" in kinds(drawing(read(early, 1, policy(objectives=[late]))))


def test_what_is_far_away_does_not_shrink_the_rest():
    """Kept until the next opening, which is four weeks away: the picture ends long before."""
    rules = policy(calendars={"desk": {"timezone": "Europe/London", "hours": {"mon-fri": ["09:00-17:00"]},
                                       "holidays": ["2026-06-09..2026-07-03"]}})  # fmt: skip
    reading = read(OPENED, 5, rules)
    assert reading.breach_at.date() == date(2026, 7, 6)
    root = drawing(reading)
    assert "due 17:00" in texts(root) and "kept" not in kinds(root)


def test_a_long_course_is_bars_with_their_hours():
    start = datetime(2026, 1, 1, tzinfo=UTC)
    always = BusinessCalendar(timezone="UTC", hours={"daily": ["00:00-24:00"]})
    shown = texts(drawing(explain_elapsed(always, start, datetime(2026, 6, 1, 0, 20, tzinfo=UTC))))
    assert [text for text in shown if re.fullmatch("≈?[0-9]+", text)] == [
        "744", "672", "744", "720", "744", "≈0", "2026",
    ]  # fmt: skip
    years = texts(drawing(explain_elapsed(always, start, datetime(2050, 1, 1, tzinfo=UTC))))
    assert years.count("8760") == 18 and years.count("8784") == 6


def test_a_long_course_shows_what_is_ahead_and_paused():
    ticket = OPENED.pause(MONDAY + timedelta(hours=30), reason="vendor").resume(MONDAY + timedelta(days=60))
    assert {"counted", "ahead", "paused", "due", "now"} <= kinds(drawing(read(ticket, 24 * 61, policy("400h"))))


# -- weeks and years ---------------------------------------------------------------------------------------


def test_a_night_goes_on_in_the_next_row():
    calendar = BusinessCalendar(timezone="Europe/London", hours={"sun": ["22:00-06:00"]})
    (x1, monday, w1, _), (x2, sunday, w2, _) = boxes(drawing(calendar), "counted")
    assert monday < sunday and x1 < x2
    assert w1 / w2 == pytest.approx(3, abs=0.01)
    assert "00:00–06:00" in texts(drawing(calendar))


def test_the_week_of_sites():
    """Frankfurt's day is 16:00 to 01:00 in Shanghai in winter, and 15:00 to 24:00 in summer."""
    week = {"mon-fri": ["09:00-18:00"]}
    beijing = BusinessCalendar(timezone="Asia/Shanghai", hours=week, holidays=["CN"])
    frankfurt = BusinessCalendar(timezone="Europe/Berlin", hours=week)
    both = beijing | frankfurt
    winter, summer = reference_weeks(both, None)
    assert (winter, summer) == (date(2026, 1, 12), date(2026, 7, 13))
    hour = 3600
    lanes = site_weeks(both, winter)
    assert [lane.label for lane in lanes.parts] == ["Asia/Shanghai", "Europe/Berlin"]
    assert [lane.days[1] for lane in lanes.parts] == [((9 * hour, 18 * hour),), ((0, hour), (16 * hour, 24 * hour))]
    assert lanes.together.days[1] == ((0, hour), (9 * hour, 24 * hour))
    assert lanes.parts[1].days[5] == ((0, hour),)  # Friday's runs into Saturday
    assert site_weeks(both, summer).together.days[1] == ((9 * hour, 24 * hour),)


def test_the_week_of_sites_takes_the_hours_in_force():
    """CAL-8: revisions up to the week, and no holiday or special day of it."""
    site = BusinessCalendar(
        timezone="UTC", hours={"daily": ["09:00-17:00"]}, special_days={"2026-01-13": []},
        revisions=[{"effective": "2026-01-12", "hours": {"daily": ["08:00-16:00"]}},
                   {"effective": "2026-01-13", "hours": {"daily": ["00:00-24:00"]}}],
    )  # fmt: skip
    nested = (site | site) & site
    assert site_weeks(nested, date(2026, 1, 12)).together.days == (((8 * 3600, 16 * 3600),),) * 7


def test_a_year_has_a_square_for_each_date():
    calendar = BusinessCalendar(
        timezone="Europe/London", hours={"mon-fri": ["09:00-17:00"]}, holidays=["2028-02-29"],
        special_days={"2028-03-01": []}, makeup_days={"2028-03-04": "make-up"},
        closures=[{"start": "2028-04-01T10:00:00Z", "end": "2028-04-03T00:00:00Z"}],
        revisions=[{"effective": "2028-05-01", "hours": {"daily": ["09:00-17:00"]}}],
    )  # fmt: skip
    root = drawing(calendar, year=2028)
    squares = {kind: [box for box in boxes(root, kind) if box[3] == 11.5] for kind in
               ("weekly", "track", "holiday", "special_day", "makeup_day")}  # fmt: skip
    assert sum(map(len, squares.values())) == 366
    assert {kind: len(found) for kind, found in squares.items() if kind not in ("weekly", "track")} == {
        "holiday": 1, "special_day": 1, "makeup_day": 1,
    }  # fmt: skip
    said = {(each.find(f"{SVG}title").text) for each in root.iter(f"{SVG}rect")}
    assert said == {
        "Tue 29 Feb 2028: holiday",
        "Wed 1 Mar 2028: special day",
        "Sat 4 Mar 2028: make-up working day (make-up)",
    }
    lines = [each.get("class") for each in root.iter(f"{SVG}path")]
    assert lines.count("slaclock-closure_day") == 3 + 1 and lines.count("slaclock-revision") == 1 + 1  # with the legend


def test_parts_of_parts_stand_side_by_side():
    """CAL-9: ``a | b | c`` is shown as three sites, and ``a - b`` as two, whatever they are made of."""
    one, two, three = (always(zone) for zone in ("Asia/Tokyo", "Europe/Berlin", "America/New_York"))
    labels = ["Asia/Tokyo", "Europe/Berlin", "America/New_York"]
    assert [lane.label for lane in site_weeks(one | two | three, MONDAY.date()).parts] == labels
    assert [lane.label for lane in site_weeks(one & (two & three), MONDAY.date()).parts] == labels
    assert len(site_weeks((one | two) & three, MONDAY.date()).parts) == 2
    assert len(site_weeks(one - two - three, MONDAY.date()).parts) == 2


def always(zone: str) -> BusinessCalendar:
    return BusinessCalendar(timezone=zone, hours={"daily": ["00:00-24:00"]})
