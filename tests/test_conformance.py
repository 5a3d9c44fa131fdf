"""Worked examples against the library: the tables of tests/conformance that the documentation shows.

Every expected value was found with a calendar and a pencil from the rules in the design, never with this library; the
column ``why`` has the reasoning.  Where a row fails, the library or the rule is wrong, and not the row.
"""

from __future__ import annotations

import csv
import re
import tomllib
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from slaclock import (
    BusinessCalendar,
    CompositeCalendar,
    Evaluation,
    Event,
    Explanation,
    Objective,
    Policy,
    Reading,
    Segment,
    Severity,
    Ticket,
    evaluate,
    explain,
    explain_due,
    explain_elapsed,
)

HERE = Path(__file__).parent / "conformance"
Row = dict[str, str]


def table(name: str) -> list[Row]:
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(None not in row and None not in row.values() for row in rows), f"a row of {name} has a wrong length"
    return rows


def cases(name: str) -> list[Any]:
    return [pytest.param(row, id=f"{name}:{row['case']}") for row in table(name)]


# --- reading a cell, written anew so that the library is not its own judge ------------------------------------------


def instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    assert at.utcoffset() is not None, text
    return at


def duration(text: str) -> timedelta:
    match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", text)
    assert match and any(match.groups()), text
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def pieces(text: str) -> list[str]:
    return [piece.strip() for piece in text.split(";") if piece.strip()]


def pairs(text: str) -> dict[str, str]:
    found = dict(piece.split("=", 1) for piece in pieces(text))
    assert len(found) == len(pieces(text)), text
    return found


def same(actual: datetime | None, expected: str) -> bool:
    """The same instant, shown with the same offset.

    Compared in UTC: Python holds a time in a fold unequal to every datetime of another zone, the same instant or not.
    """
    if actual is None or expected == "none":
        return actual is None and expected == "none"
    wanted = instant(expected)
    return actual.astimezone(UTC) == wanted.astimezone(UTC) and actual.utcoffset() == wanted.utcoffset()


@cache
def calendars() -> dict[str, BusinessCalendar | CompositeCalendar]:
    data = tomllib.loads((HERE / "calendars.toml").read_text(encoding="utf-8"))
    simple = {name: BusinessCalendar.from_dict(item) for name, item in data.items() if "op" not in item}
    made: dict[str, BusinessCalendar | CompositeCalendar] = dict(simple)
    for name, item in data.items():
        if "op" in item:
            parts = tuple(simple[part] for part in item["parts"])
            made[name] = CompositeCalendar(op=item["op"], parts=parts, days=simple[item["days"]])
    return made


@cache
def policy(name: str) -> Policy:
    return Policy.load(HERE / "policies" / f"{name}.toml")


# --- explanations ---------------------------------------------------------------------------------------------------


def told(explanation: Explanation) -> list[str]:
    """Each segment as the tables write it: its length, its name, where, and what a change gives or takes."""
    return [_told(segment) for segment in explanation.segments]


def _told(segment: Segment) -> str:
    site = f" @ {segment.site}" if segment.site else ""
    moved = segment.counted if segment.kind == "change" else timedelta(0)
    share = f" ({_amount(moved)})" if moved else ""
    return f"{_amount(segment.length)} {segment.name}{site}{share}"


def _amount(amount: timedelta) -> str:
    sign, minutes = ("-" if amount < timedelta(0) else ""), abs(amount) // timedelta(minutes=1)
    hours, rest = divmod(minutes, 60)
    return sign + (f"{hours}h" * bool(hours) + f"{rest}m" * bool(rest) or "0s")


@pytest.mark.parametrize("row", cases("explanations"))
def test_explanation(row: Row) -> None:
    """CAL-2, CAL-7, CAL-9: where the time of a question to a calendar went."""
    calendar, start = calendars()[row["calendar"]], instant(row["start"])
    if row["question"] == "due":
        within = row["within"]
        amount = -duration(within[1:]) if within.startswith("-") else duration(within)
        assert told(explain_due(calendar, start, amount)) == pieces(row["segments"])
        return
    assert told(explain_elapsed(calendar, start, instant(row["end"]))) == pieces(row["segments"])


@pytest.mark.parametrize("row", cases("explained-clocks"))
def test_explained_clock(row: Row) -> None:
    """CLK-8, CLK-10, CLK-12: where the time of a clock went."""
    ticket = Ticket(
        id="T-1", severity=row["severity"], opened_at=instant(row["opened_at"]),
        events=[event(piece) for piece in pieces(row["events"])],
    )  # fmt: skip
    result = evaluate(policy(row["policy"]), ticket, as_of=instant(row["as_of"]))
    assert told(explain(result["resolution"])) == pieces(row["segments"])


# --- calendars ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", cases("calendar-examples"))
def test_calendar_example(row: Row) -> None:
    """CAL-2, CAL-3, CAL-4, CLK-2: the worked examples of the design."""
    calendar, start = calendars()[row["calendar"]], instant(row["start"])
    if row["question"] == "due":
        assert same(calendar.due(start, row["within"]), row["answer"])
        return
    end = instant(row["end"])
    if row["question"] == "elapsed":
        assert calendar.elapsed(start, end) == duration(row["answer"])
    elif row["question"] == "real":
        # What a reading says of real time; subtraction within one zone would be an hour more here.
        assert one_objective(calendar, "8h", "", start, end).wall_elapsed == duration(row["answer"])
    else:
        assert row["question"] == "windows"
        expected = [] if row["answer"] == "none" else [row["answer"].split("/")]
        found = calendar.windows(start, end)
        assert len(found) == len(expected)
        assert all(same(at, text) for window, texts in zip(found, expected, strict=True)
                   for at, text in zip(window, texts, strict=True))  # fmt: skip


def one_objective(
    calendar: BusinessCalendar | CompositeCalendar, within: str, cutoff: str, start: datetime, as_of: datetime
) -> Reading:
    made = Policy(
        name="one",
        severities=[Severity(key="P1")],
        calendars={"calendar": calendar},
        objectives=[
            Objective(severity="P1", metric="resolution", calendar="calendar", within=within, cutoff=cutoff or None)
        ],
    )
    return evaluate(made, Ticket(id="T-1", severity="P1", opened_at=start), as_of=as_of)["resolution"]


# --- targets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", cases("targets"))
def test_target(row: Row) -> None:
    """R-4, CLK-1, CLK-2, CLK-3, CLK-4, CAL-3, CAL-6, CAL-7, CAL-9: due, last instant and budget of a fresh clock."""
    start = instant(row["start"])
    reading = one_objective(calendars()[row["calendar"]], row["within"], row["cutoff"], start, start)
    assert same(reading.due, row["due"])
    assert same(reading.breach_at, row["breach_at"])
    assert reading.budget == duration(row["budget"])


@pytest.mark.parametrize("row", [case for case in cases("targets") if "business day" in case.values[0]["within"]])
def test_business_days_without_a_policy(row: Row) -> None:
    """CLK-3, CLK-4: the calendar's own question gives the same due instant."""
    match = re.fullmatch(r"(\d+|next|same) business days?(?: by (\S+))?", row["within"])
    assert match
    days = {"next": 1, "same": 0}.get(match[1]) if match[1] in ("next", "same") else int(match[1])
    calendar = calendars()[row["calendar"]]
    found = calendar.add_business_days(instant(row["start"]), days, by=match[2], cutoff=row["cutoff"] or None)
    assert same(found, row["due"])


# --- tickets --------------------------------------------------------------------------------------------------------


def event(text: str) -> Event:
    """``"paused:customer@2026-06-08T11:00+01:00"``"""
    what, _, at = text.partition("@")
    kind, _, detail = what.partition(":")
    fields: dict[str, Any] = {}
    if detail and kind in ("paused", "resumed"):
        fields["reason"] = detail
    elif detail and kind == "severity_changed":
        fields["severity"] = detail
    elif detail:
        assert kind == "attributes_changed", text
        fields["attributes"] = dict([detail.split("=", 1)])
    return Event(kind=kind, at=instant(at), **fields)


def evaluated(row: Row) -> Evaluation:
    ticket = Ticket(
        id=row["case"],
        severity=row["severity"],
        opened_at=instant(row["opened_at"]),
        attributes=pairs(row.get("attributes", "")),
    ).add(*map(event, pieces(row["events"])))
    return evaluate(policy(row["policy"]), ticket, as_of=instant(row["as_of"]))


INSTANTS = ("due", "breach_at", "started_at", "stopped_at", "breached_at", "next_change")
DURATIONS = ("elapsed", "remaining", "overrun", "paused", "paused_wall", "late_by", "wall_elapsed")
WORDS = ("state", "verdict", "objective", "kind")
FLAGS = ("ticking", "rejudged", "provisional")


def differences(result: Evaluation, row: Row) -> list[str]:
    """Where the result is not what was worked out."""
    expect = pairs(row["expect"])
    found: list[str] = []
    codes = {anomaly.code for anomaly in result.anomalies}
    # What is not said to be odd may only be without effect.
    wanted = {code for code in expect.pop("anomalies").split(",") if code} if "anomalies" in expect else codes & {"no_effect"}  # fmt: skip
    if codes != wanted:
        found.append(f"anomalies: expected {wanted}, got {codes}")
    cycles = {reading.cycle for reading in result.all(row["metric"])}
    if "cycles" in expect and len(cycles) != int(expected := expect.pop("cycles")):
        found.append(f"cycles: expected {expected}, got {len(cycles)}")
    if not expect:
        return found
    reading = result[row["metric"]]
    if row["cycle"]:
        (reading,) = (each for each in result.all(row["metric"]) if each.cycle == int(row["cycle"]))
    return found + [
        f"{field}: expected {expected}, got {shown(reading, field)}"
        for field, expected in expect.items()
        if not agrees(reading, field, expected)
    ]


def shown(reading: Reading, field: str) -> object:
    what = field.partition(":")[0]
    return [str(each) for each in reading.escalations] if what in ("escalation", "fired") else getattr(reading, what)


def agrees(reading: Reading, field: str, expected: str) -> bool:
    what, key, objective = [*field.split(":", 2), "", ""][:3]
    if what in ("escalation", "fired"):
        (escalation,) = (e for e in reading.escalations if e.key == key and objective in ("", e.objective))
        return same(escalation.at, expected) if what == "escalation" else str(escalation.fired).lower() == expected
    if what in INSTANTS:
        return same(getattr(reading, what), "none" if expected == "none" else expected)
    if what in DURATIONS:
        return bool(getattr(reading, what) == duration(expected))
    if what in FLAGS:
        return str(getattr(reading, what)).lower() == expected
    if what == "missed":
        return reading.missed == int(expected)
    assert what in WORDS, field
    return bool(getattr(reading, what) == expected)


@pytest.mark.parametrize("row", cases("changes"))
def test_change(row: Row) -> None:
    """CLK-10, CLK-11, CLK-12, POL-8, POL-9: the six rules for changes and the three for reopening."""
    assert differences(evaluated(row), row) == []


@pytest.mark.parametrize("row", cases("metrics"))
def test_metric(row: Row) -> None:
    """CLK-6, CLK-7, CLK-8, CLK-9: what starts, stops, pauses and reopens each metric."""
    assert differences(evaluated(row), row) == []


@pytest.mark.parametrize("row", cases("clocks"))
def test_clock(row: Row) -> None:
    """R-5, CAL-5, CLK-1, CLK-4, CLK-5, CLK-13, POL-4, POL-6, POL-7, POL-8: verdicts, pauses, escalations, conditions."""
    assert differences(evaluated(row), row) == []


def test_commitment_and_aim_are_both_read() -> None:
    """POL-6, CLK-14: the reading of a metric is its commitment's; the aim is there beside it."""
    (row,) = (row for row in table("clocks") if row["case"] == "commitment-before-aim")
    aim = next(reading for reading in evaluated(row).all("resolution") if reading.kind == "aim")
    assert (aim.objective, aim.verdict, aim.elapsed) == (
        "aim-and-commitment/resolution/aim", "breached", timedelta(hours=5),
    )  # fmt: skip


# --- the tables themselves ------------------------------------------------------------------------------------------

TABLES = ("calendar-examples", "targets", "changes", "metrics", "clocks")


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_complete(name: str) -> None:
    rows = table(name)
    assert len({row["case"] for row in rows}) == len(rows)
    assert all(row["why"] for row in rows)
    if name != "calendar-examples":
        assert all(re.fullmatch(r"(R|CAL|POL|CLK)-\d+", row["rule"]) for row in rows)


def test_the_tables_cover_what_they_are_for() -> None:
    """CLK-3, CLK-4, CLK-9, CLK-10, CLK-12: every rule of change and reopening, every metric, many targets."""
    assert len(table("targets")) >= 25
    used = {row["policy"] for row in table("changes")}
    assert used >= {"carry", "carry_share", "restart", "retroactive", "keep", "earliest"}
    assert used >= {"resume", "new_cycle", "ignore"}
    metrics = {"acknowledgement", "first_response", "next_response", "update", "workaround", "resolution", "closure"}
    assert {row["metric"] for row in table("metrics")} == metrics


def test_the_policies_of_the_change_rules_differ_in_one_line() -> None:
    """CLK-10, CLK-12: so that a difference in the tables can come from nothing else."""
    names = ("carry", "carry_share", "restart", "retroactive", "keep", "earliest", "resume", "new_cycle", "ignore")
    plain = {policy(name).replace(name="x", on_change="carry", on_reopen="resume") for name in names}
    assert len(plain) == 1
    assert [policy(name).on_change for name in names[:6]] == list(names[:6])
    assert [policy(name).on_reopen for name in names[6:]] == list(names[6:])
