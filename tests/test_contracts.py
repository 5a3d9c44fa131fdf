"""The ready-made contracts against cases worked out by hand (tests/conformance/contract-*.csv).

Every expected value in those tables was found with a calendar and a pencil from the contract's page in
docs/contracts/, never with this library; the column ``why`` has the reasoning.
"""

from __future__ import annotations

import copy
import csv
import doctest
import re
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import slaclock.contracts
from slaclock import BusinessCalendar, Event, Policy, Reading, Ticket, contracts, evaluate
from slaclock.errors import (
    SlaclockError,
    UnboundRoleError,
    UnknownContractError,
    UnknownRoleError,
    UnknownSeverityError,
)

HERE = Path(__file__).parent
PAGES = HERE.parent / "docs" / "contracts"
NAMES = ("bird-enterprise-email", "csd-group", "everbright", "messagebird-enterprise", "wati-pro")

Case = dict[str, str]


def table(name: str) -> list[Case]:
    with (HERE / "conformance" / f"contract-{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pieces(text: str) -> list[str]:
    return [piece.strip() for piece in text.split(";") if piece.strip()]


def pairs(text: str) -> dict[str, str]:
    return dict(piece.split("=", 1) for piece in pieces(text))


CASES = {name: table(name) for name in NAMES}


# --- reading a row ------------------------------------------------------------------------------------------------


def event(text: str) -> Event:
    """``"paused:customer@2026-03-11T11:00:00+08:00"``"""
    what, _, at = text.partition("@")
    kind, _, detail = what.partition(":")
    fields: dict[str, Any] = {}
    if detail and kind in ("paused", "resumed"):
        fields["reason"] = detail
    elif kind == "severity_changed":
        fields["severity"] = detail
    elif kind == "attributes_changed":
        fields["attributes"] = dict([detail.split("=", 1)])
    return Event(kind=kind, at=datetime.fromisoformat(at), **fields)


def duration(text: str) -> timedelta:
    """Written anew here, so that the library's own parser is not its own judge."""
    match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", text)
    assert match and any(match.groups()), text
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def read(policy: Policy, case: Case) -> Reading:
    ticket = Ticket(
        id=case["case"],
        severity=case["severity"],
        opened_at=datetime.fromisoformat(case["opened_at"]),
        attributes=pairs(case["attributes"]),
    )
    for text in pieces(case["events"]):
        ticket = ticket.add(event(text))
    result = evaluate(policy, ticket, as_of=datetime.fromisoformat(case["as_of"]), roles=pairs(case["roles"]))
    assert {anomaly.code for anomaly in result.anomalies} <= {"no_effect"}  # listed, no fault (CLK-8)
    if not case["cycle"]:
        return result[case["metric"]]
    (reading,) = (r for r in result.all(case["metric"]) if r.cycle == int(case["cycle"]))
    return reading


def say(instant: datetime | None) -> str:
    return "none" if instant is None else instant.isoformat()


def differences(reading: Reading, expect: str) -> list[str]:
    """Where the reading is not what was worked out; instants must also stand in the calendar's zone."""
    found: list[str] = []
    escalations = {escalation.key: escalation for escalation in reading.escalations}
    for field, expected in pairs(expect).items():
        what, _, key = field.partition(":")
        actual: object
        wanted: object = expected
        if what == "escalation":
            actual = say(escalations[key].at if key in escalations else None)
        elif what == "fired":
            actual = str(key in escalations and escalations[key].fired).lower()
        elif what in ("due", "breach_at"):
            actual = say(getattr(reading, what))
        elif what in ("elapsed", "remaining", "overrun", "paused"):
            actual, wanted = getattr(reading, what), duration(expected)
        else:
            assert what in ("state", "verdict", "objective", "kind"), what
            actual = getattr(reading, what)
        if actual != wanted:
            found.append(f"{field}: expected {expected}, got {actual}")
    return found


# --- the cases ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "case"),
    [pytest.param(name, case, id=f"contract-{name}:{case['case']}") for name in NAMES for case in CASES[name]],
)
def test_worked_case(name: str, case: Case) -> None:
    assert differences(read(contracts.load(name), case), case["expect"]) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_contract_has_its_cases(name: str) -> None:
    cases = CASES[name]
    assert len(cases) >= 10
    assert len({case["case"] for case in cases}) == len(cases)
    assert all(case["why"] and case["expect"] for case in cases)
    tags = {tag for case in cases for tag in pieces(case["tags"])}
    assert {"holiday", "clock change", "pause", "boundary"} <= tags


# --- no number may be off ------------------------------------------------------------------------------------------


def declared(name: str) -> dict[str, Any]:
    return tomllib.loads(files(slaclock.contracts).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def nudged(within: str) -> list[str]:
    """The target a minute shorter and longer; for business days, a day."""
    if match := re.fullmatch(r"(\d+) business days?", within):
        return [
            f"{days} business day{'' if days == 1 else 's'}" for days in (int(match[1]) - 1, int(match[1]) + 1) if days
        ]
    minutes = duration(within) // timedelta(minutes=1)
    return [f"{minutes - 1}m", f"{minutes + 1}m"]


def moved(window: str) -> list[str]:
    """The window with its opening, then its closing, a minute earlier and later."""

    def minute(text: str, by: int) -> str:
        total = int(text[:2]) * 60 + int(text[3:]) + by
        return f"{total // 60:02}:{total % 60:02}"

    opens, closes = window.split("-")
    return [f"{minute(opens, by)}-{closes}" for by in (-1, 1)] + [f"{opens}-{minute(closes, by)}" for by in (-1, 1)]


def mutants(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The contract with one number off by a minute, each in turn."""
    original = declared(name)
    for i, objective in enumerate(original["objectives"]):
        for within in nudged(objective["within"]) if "within" in objective else ():
            data = copy.deepcopy(original)
            data["objectives"][i]["within"] = within
            yield f"{objective['key']}: {objective['within']} to {within}", data
    for i, escalation in enumerate(original.get("escalations", ())):
        for at in nudged(escalation["at"]) if escalation["at"][0].isdigit() else ("due", "-1m", "+1m"):
            data = copy.deepcopy(original)
            data["escalations"][i]["at"] = at
            if at != "due":  # on these calendars the last instant to keep a promise is the one at which it is due
                yield f"escalation {escalation['key']}: {escalation['at']} to {at}", data
    for key, calendar in original["calendars"].items():
        for days, windows in calendar.get("hours", {}).items():
            for window in moved(windows[0]) if windows != ["00:00-24:00"] else ():
                data = copy.deepcopy(original)
                data["calendars"][key]["hours"][days] = [window]
                yield f"{key}: {windows[0]} to {window}", data


MUTANTS = [pytest.param(name, data, id=f"{name}: {what}") for name in NAMES for what, data in mutants(name)]


@pytest.mark.parametrize(("name", "data"), MUTANTS)
def test_a_number_off_by_a_minute_fails_a_case(name: str, data: dict[str, Any]) -> None:
    policy = Policy.from_dict(data)
    assert any(differences(read(policy, case), case["expect"]) for case in CASES[name])


@pytest.mark.parametrize(
    ("name", "calendar", "holidays"),
    [
        ("everbright", "china", []),  # and with the holidays go the make-up days
        ("everbright", "beijing", []),
        ("everbright", "singapore", []),
        ("everbright", "frankfurt", []),
        ("wati-pro", "hong_kong", []),
        ("wati-pro", "hong_kong", ["HK"]),  # the statutory holidays only: no Good Friday
        ("bird-enterprise-email", "poland", []),
        ("messagebird-enterprise", "ET", []),
        ("messagebird-enterprise", "ET", ["US"]),  # closed on 3 July 2026
        ("messagebird-enterprise", "ET", ["market:XNYS"]),  # closed on Good Friday
        ("messagebird-enterprise", "PT", []),
        ("messagebird-enterprise", "PT", ["US"]),
        ("messagebird-enterprise", "UK", []),
        ("messagebird-enterprise", "UK", ["GB-SCT"]),
    ],
)
def test_another_holiday_table_fails_a_case(name: str, calendar: str, holidays: list[str]) -> None:
    """CAL-4: tables that look alike are not; the cases tell them apart."""
    data = declared(name)
    data["calendars"][calendar]["holidays"] = holidays
    policy = Policy.from_dict(data)
    assert any(differences(read(policy, case), case["expect"]) for case in CASES[name])


# --- the contracts as data ----------------------------------------------------------------------------------------


def test_names() -> None:
    assert contracts.names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_contract_loads_and_goes_round(name: str) -> None:
    """POL-1: TOML and JSON in and out, the same value and digest."""
    policy = contracts.load(name)
    assert policy.name == name
    assert policy.title and policy.source and policy.description
    assert contracts.load(name) is policy
    for again in (Policy.from_toml(policy.to_toml()), Policy.from_json(policy.to_json())):
        assert again == policy
        assert hash(again) == hash(policy)
        assert again.digest() == policy.digest()
    assert all(severity.definition and severity.labels["en"] for severity in policy.severities)
    assert all(objective.key for objective in policy.objectives)


def test_a_wrong_name_says_the_near_ones() -> None:
    with pytest.raises(UnknownContractError, match=r"did you mean 'wati-pro'\?") as caught:
        contracts.load("wati-por")
    assert caught.value.value == "wati-por"
    assert isinstance(caught.value, SlaclockError)
    with pytest.raises(UnknownContractError):
        contracts.load("../contracts/wati-pro")  # a name, never a path


@pytest.mark.parametrize(
    ("name", "language", "labels"),
    [
        ("everbright", "zh-Hans", ["紧急", "高"]),
        ("wati-pro", "en", ["Urgent", "High", "Medium", "Low"]),
        ("wati-pro", "zh-Hant", ["緊急", "高", "中", "低"]),
        ("csd-group", "vi", ["Khẩn cấp", "Cao", "Trung bình", "Thấp"]),
        ("bird-enterprise-email", "pl", ["Krytyczny", "Niekrytyczny"]),
        ("messagebird-enterprise", "en", ["Critical", "Non-critical"]),
    ],
)
def test_labels(name: str, language: str, labels: list[str]) -> None:
    """POL-2: labels in any language, in order of rank."""
    assert [severity.labels[language] for severity in contracts.load(name).severities] == labels


def test_attainment_of_everbright() -> None:
    promised = {
        o["key"]: o["attainment"] for o in contracts.load("everbright").to_dict()["objectives"] if o.get("attainment")
    }
    assert promised == {
        "p1-first-response-working-day": "99.2%",
        "p1-resolution": "100%",
        "p2-resolution": "98.6%",
    }


def test_csd_group_commits_to_nothing() -> None:
    """POL-6: objectives of kind aim only."""
    assert {objective.kind for objective in contracts.load("csd-group").objectives} == {"aim"}


def test_an_unknown_severity_is_refused() -> None:
    opened = datetime.fromisoformat("2026-03-10T12:00:00+01:00")
    with pytest.raises(UnknownSeverityError):
        evaluate(contracts.load("bird-enterprise-email"), Ticket(id="T", severity="P1", opened_at=opened), as_of=opened)


# --- settings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bird-enterprise-email", "messagebird-enterprise"])
def test_an_agreed_update_interval_is_judged(name: str) -> None:
    """Set to one hour: the call back at 03:10 starts a cycle that may last until 04:10 and not a second more."""
    data = contracts.load(name).to_dict()
    for objective in data["objectives"]:
        if objective["key"] == "critical-update":
            objective["within"] = "1h"
    policy = Policy.from_dict(data)
    row = {
        "case": "T",
        "severity": "critical",
        "roles": "service_hours=UK" if name.startswith("message") else "",
        "attributes": "",
        "opened_at": "2026-03-10T03:00:00+00:00",
        "events": "responded@2026-03-10T03:10:00+00:00; updated@2026-03-10T04:10:00+00:00",
        "metric": "update",
        "as_of": "2026-03-10T05:10:00+00:00",
        "cycle": "",
    }
    assert differences(read(policy, row), "state=running; verdict=open; elapsed=1h; remaining=0s") == []
    row |= {"as_of": "2026-03-10T05:10:01+00:00"}
    assert differences(read(policy, row), "state=running; verdict=breached; overrun=1s") == []
    row |= {"cycle": "2"}
    assert differences(read(policy, row), "state=stopped; verdict=met; elapsed=1h") == []


def test_messagebird_needs_its_service_time_zone() -> None:
    """POL-5: the order form must say it; there is no default."""
    opened = datetime.fromisoformat("2026-07-07T12:00:00-04:00")
    with pytest.raises(UnboundRoleError):
        evaluate(
            contracts.load("messagebird-enterprise"),
            Ticket(id="T", severity="non_critical", opened_at=opened),
            as_of=opened,
        )


def test_messagebird_has_three_service_time_zones() -> None:
    """POL-5: of the policy's calendars, the role takes these."""
    opened = datetime.fromisoformat("2026-07-07T12:00:00-04:00")
    ticket = Ticket(id="T", severity="non_critical", opened_at=opened)
    with pytest.raises(UnknownRoleError, match="'ET', 'PT', 'UK'"):
        evaluate(
            contracts.load("messagebird-enterprise"), ticket, as_of=opened, roles={"service_hours": "around_the_clock"}
        )


@pytest.mark.parametrize(
    ("name", "role"), [("messagebird-enterprise", "service_hours"), ("bird-enterprise-email", "working_hours")]
)
def test_hours_expanded_from_a_date(name: str, role: str) -> None:
    """CAL-8, POL-5: the role takes a calendar of one's own, with a revision.

    Until 31 March 2026 the day has 8 hours, from Wed 1 April ten: Tue 31 March 16:00 to Wed 1 April 09:00, all +01:00,
    is half an hour until 16:30 and one hour from 08:00.
    """
    hours = BusinessCalendar(
        timezone="Europe/London",
        hours={"mon-fri": ["08:30-16:30"]},
        holidays=["GB-ENG"],
        revisions=[{"effective": "2026-04-01", "hours": {"mon-fri": ["08:00-18:00"]}}],
    )
    ticket = Ticket(id="T", severity="non_critical", opened_at=datetime.fromisoformat("2026-03-31T16:00:00+01:00"))
    result = evaluate(
        contracts.load(name), ticket, as_of=datetime.fromisoformat("2026-04-01T09:00:00+01:00"), roles={role: hours}
    )
    assert result["first_response"].elapsed == timedelta(hours=1, minutes=30)


def test_follow_the_sun_is_the_union_of_the_sites() -> None:
    """CAL-9: winter 01:00 to 17:00 UTC, summer 01:00 to 16:00 UTC; its days are China's."""
    cover = contracts.load("everbright").calendars["follow_the_sun"]
    windows = cover.windows(
        datetime.fromisoformat("2026-03-26T00:00:00+00:00"), datetime.fromisoformat("2026-03-31T00:00:00+00:00")
    )
    assert [(a.isoformat(), b.isoformat()) for a, b in windows] == [
        ("2026-03-26T09:00:00+08:00", "2026-03-27T01:00:00+08:00"),
        ("2026-03-27T09:00:00+08:00", "2026-03-28T01:00:00+08:00"),
        ("2026-03-30T09:00:00+08:00", "2026-03-31T00:00:00+08:00"),
    ]
    assert cover.is_working_day(datetime.fromisoformat("2026-02-14T00:00:00+08:00").date())
    assert not cover.is_working_day(datetime.fromisoformat("2026-02-17T00:00:00+08:00").date())


# --- the pages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["index", *NAMES])
def test_the_examples_of_a_page_run(name: str) -> None:
    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    assert examples
    scope: dict[str, Any] = {}
    for example in examples:
        exec(compile(example, f"{name}.md", "exec"), scope)  # noqa: S102


def test_the_index_lists_every_contract() -> None:
    text = (PAGES / "index.md").read_text(encoding="utf-8")
    listed = text.split("```{toctree}", 1)[1].split("```", 1)[0].split("\n\n", 1)[1]
    assert listed.split() == sorted(NAMES)


def test_the_examples_in_the_docstrings_run() -> None:
    assert doctest.testmod(slaclock.contracts).failed == 0
