"""Bulk equals scalar, cell by cell: tables of tickets and event logs under random policies (R-7)."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from clock_strategies import (
    EPOCH,
    PAUSES,
    WEEKS,
    Menu,
    Scene,
    calendar_of,
    desks,
    durations,
    events,
    moment,
    pause_rules,
    scenes,
)
from hypothesis import given
from hypothesis import strategies as st

from slaclock import Evaluation, Event, Policy, Reading, SlaclockError, Ticket, always_open, bulk, evaluate

bulk_evaluate = importlib.import_module("slaclock.bulk.evaluate")  # the module, not the function of its name
US = timedelta(microseconds=1)
NAT = np.datetime64("NaT", "us")
NO_TIME = np.timedelta64("NaT", "us")


def instant(value: Any) -> Any:
    return NAT if value is None else np.datetime64(int((value - EPOCH) // US + EPOCH_US), "us")


EPOCH_US = int(EPOCH.timestamp()) * 10**6


def span(value: Any) -> Any:
    return NO_TIME if value is None else np.timedelta64(value // US, "us")


def cells(reading: Reading | None, metric: str, keys: list[str]) -> dict[str, Any]:
    """What a row of the answer holds, from the scalar reading."""
    if reading is None:
        expected = {"due": NAT, "breach_at": NAT, "state": None, "breached": None}
        expected |= dict.fromkeys(("elapsed", "remaining", "overrun", "paused"), NO_TIME)
        return {f"{metric}_{name}": value for name, value in expected.items()} | {
            f"{metric}_escalation_{key}": NAT for key in keys
        }
    at = {one.key: one.at for one in reading.escalations}
    return {
        f"{metric}_due": instant(reading.due),
        f"{metric}_breach_at": instant(reading.breach_at),
        f"{metric}_state": reading.state,
        f"{metric}_breached": reading.breached,
        f"{metric}_elapsed": span(reading.elapsed),
        f"{metric}_remaining": span(reading.remaining),
        f"{metric}_overrun": span(reading.overrun),
        f"{metric}_paused": span(reading.paused),
        **{f"{metric}_escalation_{key}": instant(at.get(key)) for key in keys},
    }


def expected_row(policy: Policy, scalar: Evaluation | SlaclockError) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for metric in dict.fromkeys(objective.metric for objective in policy.objectives):
        keys = [one.key for one in policy.escalations if one.metric == metric]
        found |= cells(None if isinstance(scalar, SlaclockError) else scalar.get(metric), metric, keys)
    return found


def scalar_of(scene: Scene, ticket: Ticket) -> Evaluation | SlaclockError:
    try:
        return evaluate(scene.policy, ticket, as_of=moment(scene.as_of), roles=scene.roles or None, strict=scene.strict)
    except SlaclockError as error:
        return error


def check(answer: Mapping[str, Any], scene: Scene, tickets: list[Ticket]) -> None:
    for row, ticket in enumerate(tickets):
        scalar = scalar_of(scene, ticket)
        wanted = expected_row(scene.policy, scalar)
        got = {name: column[row] for name, column in answer.items() if name in wanted}
        got = {name: None if value is np.ma.masked else value for name, value in got.items()}
        wrong = {
            name: (got[name], value)
            for name, value in wanted.items()
            if not (got[name] == value or (got[name] != got[name] and value != value))
        }
        problem = answer["slaclock_error"][row]
        assert not wrong, (row, wrong, problem, scene.replace(ticket=ticket))
        if isinstance(scalar, SlaclockError):
            assert problem is not None and problem.startswith(f"{scalar.code}: "), (problem, scalar)
        else:
            assert problem is None, problem


# -- event logs --------------------------------------------------------------------------------------------


def log_of(tickets: list[Ticket]) -> dict[str, Any]:
    """The events of all, those of one ticket in their order, tickets mixed."""
    rows = []
    for number, ticket in enumerate(tickets):
        for place, event in enumerate(ticket.history()):
            value = event.reason or event.severity or (json.dumps(dict(event.attributes)) if event.attributes else None)
            if event.kind == "opened":
                value = ticket.severity
            rows.append((place, number, event.at, event.kind, value))
    rows.sort(key=lambda row: row[0])
    first = dict.fromkeys(row[1] for row in rows)
    assert list(first) == list(range(len(tickets)))
    return {
        "ticket": np.array([row[1] for row in rows]),
        "at": np.array([instant(row[2]) for row in rows], "M8[us]"),
        "kind": np.array([row[3] for row in rows], dtype=object),
        "value": np.array([row[4] for row in rows], dtype=object),
    }


@st.composite
def crowds(draw: st.DrawFn, menu: Menu | None = None) -> tuple[Scene, list[Ticket]]:
    """One policy and several tickets."""
    menu = menu or Menu()
    scene = draw(scenes(menu))
    tickets = [scene.ticket]
    keys = [severity.key for severity in scene.policy.severities]
    for number in range(draw(st.integers(0, 4))):
        opened = draw(st.integers(0, 96)) * scene.grain
        ticket = Ticket(
            id=f"T-{number}",
            severity=draw(st.sampled_from(keys)),
            opened_at=moment(opened),
            attributes=scene.ticket.attributes,
            events=draw(events(scene.policy, opened, scene.grain, menu)),
        )
        tickets.append(ticket)
    left_out = unused(scene.policy)
    return scene, [
        ticket.replace(events=[event for event in ticket.events if event.kind not in left_out]) for ticket in tickets
    ]


def unused(policy: Policy) -> dict[str, None]:
    """Words that this policy has no use for."""
    used = {kind for metric in policy.metrics.values() for kind in (*metric.starts, *metric.stops)}
    return dict.fromkeys({"sent", "arrived"} - used)


def check_log(scene: Scene, tickets: list[Ticket], **options: Any) -> Mapping[str, Any]:
    about: dict[str, Any] = {}
    if scene.policy.rules:
        plan = [ticket.attributes.get("plan") for ticket in tickets]
        about = {"tickets": {"ticket": np.arange(len(tickets)), "plan": np.array(plan, dtype=object)}}
    answer = bulk.evaluate_log(
        scene.policy, log_of(tickets), as_of=moment(scene.as_of), roles=scene.roles or None, zone="UTC",
        errors="report", strict=scene.strict, kinds=unused(scene.policy), **about, **options,
    )  # fmt: skip
    check(answer, scene, tickets)
    return answer


PLAIN = tuple(kind for kind in Menu().kinds if kind not in ("reopened", "severity_changed", "attributes_changed"))


@given(crowds())
def test_logs(crowd: tuple[Scene, list[Ticket]]) -> None:
    check_log(*crowd)


@given(crowds(Menu(kinds=PLAIN)))
def test_plain_logs(crowd: tuple[Scene, list[Ticket]]) -> None:
    check_log(*crowd)


@given(crowds(Menu(lenient=True)))
def test_impossible_logs(crowd: tuple[Scene, list[Ticket]]) -> None:
    check_log(*crowd)
    check_log(crowd[0].replace(strict=True), crowd[1])


@pytest.mark.parametrize("target", ["4h", "4000h", "2 business days", None])
@pytest.mark.parametrize("later", [0, 3, 9])
def test_years_apart(target: str | None, later: int) -> None:
    """Nothing but the instants themselves says which years are needed, and nothing else has asked for them before."""
    year = timedelta(days=365) // US
    policy = Policy(
        name="years", calendar="C0", severities=[{"key": "P1"}, {"key": "P2"}],
        calendars={"C0": {"timezone": "Europe/London", "hours": {"mon-fri": ["09:00-17:00"]}, "holidays": ["GB-ENG"]}},
        objectives=[
            {"severity": "P1", "metric": "resolution", **({"within": target} if target else {})},
            {"severity": "P2", "metric": "resolution", "within": "8h"},
        ],
        escalations=[{"key": "early", "metric": "resolution", "at": "25%", "receiver": {}}],
    )  # fmt: skip
    ticket = Ticket(id="T", severity="P1", opened_at=moment(-6 * year))
    paused = ticket.pause(moment(-5 * year), reason="customer").resume(moment(-2 * year))
    changed = ticket.change_severity(moment(-year), "P2")
    check_log(Scene(policy, {}, {}, ticket, later * year, 1), [ticket, paused, changed])


@st.composite
def simple_policies(draw: st.DrawFn) -> Policy:
    """One calendar, a working time for every severity and metric: what changes of severity are simple for."""
    desk = draw(desks(tuple(sorted(WEEKS))))
    metrics = draw(st.lists(st.sampled_from(["first_response", "workaround", "resolution"]), min_size=1, unique=True))
    return Policy(
        name="simple", calendar="C0", on_reopen=draw(st.sampled_from(["resume", "new_cycle", "ignore"])),
        severities=[{"key": key} for key in ("P1", "P2", "P3")],
        calendars={"C0": calendar_of(desk)},
        objectives=[
            {"severity": key, "metric": metric, "within": draw(durations)}
            for metric in metrics for key in ("P1", "P2", "P3")
        ],
        pauses=draw(pause_rules(metrics)),
    )  # fmt: skip


@given(st.data())
def test_simple_changes(data: st.DataObject) -> None:
    policy = data.draw(simple_policies())
    grain = data.draw(st.sampled_from([30, 10])) * 60 * 10**6
    menu = Menu(kinds=("severity_changed", "severity_changed", "responded", *PAUSES, "resolved", "closed"))
    tickets = []
    for number in range(data.draw(st.integers(1, 5))):
        opened = data.draw(st.integers(0, 48)) * grain
        history = data.draw(events(policy, opened, grain, menu))
        tickets.append(Ticket(id=f"T-{number}", severity="P2", opened_at=moment(opened), events=history))
    as_of = data.draw(st.integers(0, 400)) * grain
    check_log(Scene(policy, {}, {}, tickets[0], as_of, grain), tickets)


def test_simple_changes_need_no_scalar_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_evaluate, "_read_one", None)
    policy = Policy(
        name="simple", calendar="C0", severities=[{"key": "P1"}, {"key": "P2"}], calendars={"C0": always_open()},
        objectives=[{"severity": key, "metric": "resolution", "within": "4h"} for key in ("P1", "P2")],
    )  # fmt: skip
    ticket = Ticket(id="T", severity="P1", opened_at=moment(0)).change_severity(moment(10**9), "P2")
    check_log(Scene(policy, {}, {}, ticket, 10**10, 1), [ticket])


# -- tables of tickets -------------------------------------------------------------------------------------

COLUMN_KINDS = (
    "acknowledged", "responded", "customer_replied", "updated", "workaround_provided", "sent", "arrived", "resolved",
    "reopened", "closed", "cancelled",
)  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> tuple[Scene, list[Ticket], dict[str, Any], list[list[dict[str, Any]]]]:
    """One policy, rows with an instant a kind at most, and pauses as intervals; most rows are possible."""
    scene = draw(scenes(Menu(events=0)))
    used = {kind for metric in scene.policy.metrics.values() for kind in (*metric.starts, *metric.stops)}
    kinds = [kind for kind in COLUMN_KINDS if kind in used or kind not in ("sent", "arrived")]
    keys = [severity.key for severity in scene.policy.severities]
    grain, rows, tickets, pauses = scene.grain, [], [], []
    steps = st.integers(0, 60).map(lambda n: n * grain)
    for number in range(draw(st.integers(1, 5))):
        opened = draw(steps)
        told = {kind: opened + draw(steps) for kind in kinds if draw(st.integers(0, 2)) == 0}
        if draw(st.integers(0, 5)):
            told.pop("reopened", None)
            told.pop("cancelled", None)
        stood = [
            (opened + draw(steps), draw(steps), draw(st.sampled_from(["customer", "vendor", "other"])))
            for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2, 4])))
        ]
        stood = [(start, None if draw(st.integers(0, 9)) == 0 else start + length, why) for start, length, why in stood]
        rows.append({"severity": draw(st.sampled_from(keys)), "opened": opened, **told})
        pauses.append([{"start": a, "end": b, "reason": why} for a, b, why in stood])
        tickets.append(ticket_of(f"T-{number}", rows[-1], pauses[-1], scene))
    table = {kind: np.array([_at(row.get(kind)) for row in rows], "M8[us]") for kind in ("opened", *kinds)}
    table["severity"] = np.array([row["severity"] for row in rows])
    return scene, tickets, table, pauses


def _at(us: int | None) -> Any:
    return NAT if us is None else np.datetime64(EPOCH_US + us, "us")


def ticket_of(name: str, row: dict[str, Any], pauses: list[dict[str, Any]], scene: Scene) -> Ticket:
    """The same row as events, written from what the page on columns says: of one reason, overlapping pauses are one."""
    history = [Event(kind=kind, at=moment(row[kind])) for kind in COLUMN_KINDS if kind in row]
    history += [event for reason in ("customer", "vendor", "other") for event in _pauses_of(reason, pauses)]
    return Ticket(
        id=name, severity=row["severity"], opened_at=moment(row["opened"]), attributes=scene.ticket.attributes,
        events=history,
    )  # fmt: skip


def _pauses_of(reason: str, pauses: list[dict[str, Any]]) -> list[Event]:
    mine = [pause for pause in pauses if pause["reason"] == reason]
    edges = sorted({edge for pause in mine for edge in (pause["start"], pause["end"]) if edge is not None})
    found, standing = [], False
    for edge in edges:
        stands = any(p["start"] <= edge and (p["end"] is None or edge < p["end"]) for p in mine)
        if stands != standing:
            kind = "paused" if stands else "resumed"
            found.append(Event(kind=kind, at=moment(edge), reason=reason))
        standing = stands
    return found


def pause_table(pauses: list[list[dict[str, Any]]]) -> Any:
    flat = [(row, pause) for row, stood in enumerate(pauses) for pause in stood]
    return bulk.Pauses(
        {
            "ticket": np.array([row for row, _ in flat], np.int64),
            "start": np.array([_at(pause["start"]) for _, pause in flat], "M8[us]"),
            "end": np.array([_at(pause["end"]) for _, pause in flat], "M8[us]"),
            "reason": np.array([pause["reason"] for _, pause in flat], dtype=object),
        }
    )


@given(tables())
def test_tables(drawn: tuple[Scene, list[Ticket], dict[str, Any], list[list[dict[str, Any]]]]) -> None:
    scene, tickets, table, pauses = drawn
    table = {**table, "ticket": np.arange(len(tickets))}
    if scene.policy.rules:
        table["plan"] = np.array([ticket.attributes["plan"] for ticket in tickets], dtype=object)
    answer = bulk.evaluate(
        scene.policy, table, as_of=moment(scene.as_of), ticket="ticket", pauses=pause_table(pauses),
        roles=scene.roles or None, zone="UTC", errors="report", strict=scene.strict,
    )  # fmt: skip
    check(answer, scene, tickets)


def test_as_of_beyond_the_years_of_one_calendar() -> None:
    """Rows that count on another calendar are answered."""
    week = {"timezone": "UTC", "hours": {"mon-fri": ["09:00-17:00"]}}
    policy = Policy(
        name="years", severities=[{"key": "P1"}, {"key": "P2"}],
        calendars={"short": {**week, "years": [2025, 2026]}, "long": week},
        objectives=[
            {"severity": "P1", "metric": "resolution", "within": "4h", "calendar": "short"},
            {"severity": "P2", "metric": "resolution", "within": "4h", "calendar": "long"},
        ],
    )  # fmt: skip
    open_ = [Ticket(id=key, severity=key, opened_at=moment(0)) for key in ("P1", "P2")]
    tickets = [*open_, *(ticket.resolve(moment(10**10)) for ticket in open_)]
    check_log(Scene(policy, {}, {}, tickets[0], timedelta(days=800) // US, 1), tickets)
