"""POL-*: policies as data, what refers to what, and how roles and rules choose."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from slaclock import (
    STANDARD_METRICS,
    Agreement,
    BusinessCalendar,
    ConfigurationError,
    DurationError,
    Metric,
    NoMatchError,
    NotInForceError,
    Policy,
    Target,
    Ticket,
    UnboundRoleError,
    UnknownContractError,
    UnknownRoleError,
    UnknownSeverityError,
    always_open,
    contracts,
    evaluate,
    parse_target,
)

MONDAY = datetime(2026, 6, 1, 9, tzinfo=UTC)
DESK = {"timezone": "UTC", "hours": {"mon-fri": ["09:00-17:00"]}}
FIRST = {"severity": "P1", "metric": "first_response", "within": "1h"}


def policy(*objectives: dict, **more) -> Policy:
    return Policy(
        **{
            "name": "test",
            "calendar": "desk",
            "severities": [{"key": "P1"}, {"key": "P2"}],
            "calendars": {"desk": DESK, "always": always_open()},
            "objectives": objectives or (FIRST,),
            **more,
        }
    )


def problems(*objectives: dict, **more) -> dict[str, str]:
    with pytest.raises(ConfigurationError) as caught:
        policy(*objectives, **more)
    return {problem.path: problem.code for problem in caught.value.problems}


def ticket(**more) -> Ticket:
    return Ticket(**{"id": "T", "severity": "P1", "opened_at": MONDAY, **more})


# -- targets -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("45m", Target(working=45 * 60_000_000)),
        (timedelta(days=1), Target(working=24 * 3600_000_000)),
        ("1 business day", Target(days=1)),
        ("3  business days", Target(days=3)),
        ("2 business days by close", Target(days=2, by="close")),
        ("next business day by 16:00", Target(days=1, by=57_600)),
        ("same business day by close", Target(days=0, by="close")),
        (Target(days=1), Target(days=1)),
    ],
)
def test_targets(text, target):
    """POL-3: working times, business days and named instants."""
    assert parse_target(text) == target
    assert parse_target(str(target)) == target


@pytest.mark.parametrize(
    "text",
    ["1d", "P1D", 4, "-1h", "0 business days", "next business day", "same business day", "two business days",
     "1 business day by noon", "1 business day by 25:00", ""],
)  # fmt: skip
def test_targets_that_mean_nothing_or_too_much(text):
    """POL-3: each is refused with an example."""
    with pytest.raises(DurationError) as caught:
        parse_target(text)
    assert caught.value.example


# -- the document --------------------------------------------------------------------------------------------


def test_a_policy_is_a_value():
    """POL-1: TOML, JSON and YAML in and out, hashable, picklable, with a digest of its meaning."""
    one = policy(
        {**FIRST, "within": timedelta(hours=1), "attainment": "99.2%", "only": {"in_hours": "desk"}},
        {**FIRST, "kind": "aim", "within": "next business day by 16:00", "cutoff": "15:00"},
        {"severity": "P2", "metric": "onsite", "start": {"next_opening": "desk"}, "verdict": "due", "within": "2h"},
        metrics={"resolution": {"on_reopen": "ignore"}, "onsite": {"starts": ["opened"], "stops": ["onsite"]}},
        escalations=[{"key": "l2", "metric": "onsite", "at": "75.5%", "receiver": {"team": ["a", {"b": 1}]}}],
        notes={"contact": {"name": "desk"}},
    )
    for again in (
        Policy.from_toml(one.to_toml()),
        Policy.from_json(one.to_json()),
        Policy.from_yaml(one.to_yaml()),
        pickle.loads(pickle.dumps(one)),
    ):
        assert again == one
        assert hash(again) == hash(one)
        assert again.digest() == one.digest()
    assert one.digest() != policy().digest()
    assert one.objectives[0].attainment == Decimal("99.2")
    assert one.metric("resolution").stops == STANDARD_METRICS["resolution"].stops
    assert one.objective("P1/first_response/aim").within.named


def test_files_carry_their_edition():
    """POL-1: schema and semantics; other editions are not known."""
    text = policy().to_toml()
    assert "schema = 1\nsemantics = 1" in text
    with pytest.raises(ConfigurationError, match="semantics: a file must carry it"):
        Policy.from_toml(text.replace("semantics = 1\n", ""))
    with pytest.raises(ConfigurationError, match="semantics"):
        Policy.from_toml(text.replace("semantics = 1\n", "semantics = 2\n"))


def test_all_problems_at_once():
    """POL-1: fields that are wrong and names that refer to nothing, together."""
    assert problems(
        {**FIRST, "within": "1d", "metric": "first_respond"},
        {"severity": "P9", "metric": "resolution", "withn": "4h", "calendar": "dsk"},
        pauses=[{"reason": "customer", "stops": ["resolutio"]}],
    ) == {
        "objectives[0].within": "duration",
        "objectives[0].metric": "unknown_metric",
        "objectives[1].withn": "unknown_key",
        "objectives[1].severity": "unknown_severity",
        "objectives[1].calendar": "unknown_calendar",
        "pauses[0].stops[0]": "unknown_metric",
    }


@pytest.mark.parametrize(
    ("objective", "more", "path", "code"),
    [
        ({}, {"calendar": ""}, "objectives[0].calendar", "missing"),
        ({}, {"calendar": "dsk"}, "calendar", "unknown_calendar"),
        ({"within": "1 business day by 09:00"}, {}, "objectives[0].within", "by_opening"),
        ({"cutoff": "15:00"}, {}, "objectives[0]", "cutoff"),
        ({"within": "1 business day by close", "cutoff": "late"}, {}, "objectives[0].cutoff", "time_of_day"),
        ({"within": "1 business day by close", "verdict": "elapsed"}, {}, "objectives[0]", "verdict"),
        ({"attainment": "101%"}, {}, "objectives[0].attainment", "percent"),
        ({"attainment": 0.992}, {}, "objectives[0].attainment", "percent"),
        ({"attainment": "most"}, {}, "objectives[0].attainment", "percent"),
        ({"only": {}}, {}, "objectives[0].only", "condition"),
        ({"only": {"in_hours": "desk", "working_day": "desk"}}, {}, "objectives[0].only", "condition"),
        ({"only": {"in_hours": "dsk"}}, {}, "objectives[0].only.in_hours", "unknown_calendar"),
        ({"start": {"next_opening": "dsk"}}, {}, "objectives[0].start.next_opening", "unknown_calendar"),
        ({"set": "gold"}, {}, "objectives[0].set", "unknown_set"),
        ({}, {"rules": [{"when": {}, "use": "gold"}]}, "rules[0].use", "unknown_set"),
        ({}, {"rules": [{"when": {"plan": 1.5}, "use": "gold"}]}, "rules[0].when.plan", "match"),
        ({}, {"severities": [{"key": "P1"}, {"key": "P1"}]}, "severities[1].key", "double"),
        ({}, {"pauses": [{"reason": "x"}, {"reason": "x"}]}, "pauses[1].reason", "double"),
        ({}, {"metrics": {"m": {"starts": ["a"], "stops": ["b"], "after": "n"}}}, "metrics.m.after", "unknown_metric"),
        ({}, {"metrics": {"m": {"starts": ["a"], "stops": ["b"], "final_stops": ["c"]}}}, "metrics.m", "final_stops"),
        ({}, {"roles": {"desk": {}}}, "roles.desk", "role"),
        ({}, {"roles": {"r": {"default": "dsk"}}}, "roles.r.default", "unknown_calendar"),
        ({}, {"roles": {"r": {"one_of": ["dsk"]}}}, "roles.r.one_of[0]", "unknown_calendar"),
        ({}, {"escalations": [{"key": "k", "metric": "resolution", "at": "soon"}]}, "escalations[0].at", "duration"),
        ({}, {"escalations": [{"key": "k", "metric": "resolution", "at": "+-1h"}]}, "escalations[0].at", "duration"),
        ({}, {"escalations": [{"key": "k", "metric": "r", "at": "due"}]}, "escalations[0].metric", "unknown_metric"),
        (
            {},
            {"escalations": [{"key": "k", "metric": "resolution", "at": "due", "severities": ["P9"]}]},
            "escalations[0].severities[0]",
            "unknown_severity",
        ),
        ({}, {"notes": {"pi": 3.14}}, "notes", "free_data"),
        (
            {},
            {"calendars": {"desk": DESK, "c": {"op": "union", "parts": ["desk", "dsk"]}}},
            "calendars.c.parts[1]",
            "unknown_calendar",
        ),
        (
            {},
            {"calendars": {"desk": DESK, "c": {"op": "union", "parts": ["desk", "c"]}}},
            "calendars.c.parts[1]",
            "cycle",
        ),
        ({}, {"severities": []}, "severities", "too_short"),
    ],
)
def test_what_cannot_stand(objective, more, path, code):
    """POL-1 to POL-9: each with its path and code."""
    assert problems({**FIRST, **objective}, **more)[path] == code


def test_days_of_a_composite_in_a_policy():
    """CAL-9: business days, and working-day conditions, need a calendar whose dates count."""
    cover = {"op": "union", "parts": ["desk", "always"]}
    calendars = {"desk": DESK, "always": always_open(), "cover": cover}
    assert problems({**FIRST, "calendar": "cover", "within": "1 business day"}, calendars=calendars) == {
        "objectives[0].within": "composite_day"
    }
    assert problems({**FIRST, "only": {"working_day": "cover"}}, calendars=calendars) == {
        "objectives[0].only": "composite_day"
    }
    named = {**calendars, "cover": {**cover, "days": "desk"}}
    made = policy({**FIRST, "calendar": "cover", "within": "1 business day by 16:00"}, calendars=named)
    assert made.calendars["cover"].days == BusinessCalendar(**DESK)
    assert problems({**FIRST, "calendar": "cover", "within": "1 business day by 08:00"}, calendars=named)


def test_severities():
    """POL-2: ranks are given or those of the places; labels in any language."""
    made = policy(
        severities=[
            {"key": "P2", "rank": 2},
            {"key": "P1", "rank": 1, "labels": {"zh-Hant": "緊急"}, "definition": "all down"},
        ]
    )
    assert [severity.key for severity in made.severities] == ["P1", "P2"]
    assert made.severities[0].label("zh-Hant") == "緊急"
    assert made.severities[0].label() == "P1"


def test_keys_of_objectives():
    """POL-6: severity/metric, aims marked, repeats numbered, one's own kept."""
    made = policy(FIRST, FIRST, {**FIRST, "kind": "aim"}, {**FIRST, "key": "mine"})
    assert [objective.key for objective in made.objectives] == [
        "P1/first_response",
        "P1/first_response#2",
        "P1/first_response/aim",
        "mine",
    ]


# -- choosing ------------------------------------------------------------------------------------------------


def test_rules_choose_a_set():
    """POL-9: the first match wins; objectives without a set are in every one."""
    made = policy(
        {**FIRST, "set": "gold", "within": "15m"},
        {**FIRST, "set": "rest", "within": "4h"},
        {"severity": "P1", "metric": "resolution", "within": "8h"},
        rules=[
            {"when": {"plan": ["gold", "platinum"], "vip": True}, "use": "gold"},
            {"when": {"plan": "gold"}, "use": "rest"},
        ],
    )

    def budget(**attributes) -> timedelta:
        return evaluate(made, ticket(attributes=attributes), as_of=MONDAY)["first_response"].budget

    assert budget(plan="platinum", vip=True) == timedelta(minutes=15)
    assert budget(plan="gold", vip=False) == timedelta(hours=4)
    assert budget(plan="gold", vip=1) == timedelta(hours=4)  # 1 is not true
    assert "resolution" in evaluate(made, ticket(attributes={"plan": "gold"}), as_of=MONDAY)
    with pytest.raises(NoMatchError, match="matches the attributes"):
        budget(plan="silver")


def test_no_match_after_a_change():
    """POL-9: the clocks run on, not judged, and it is listed."""
    made = policy({**FIRST, "set": "gold"}, rules=[{"when": {"plan": "gold"}, "use": "gold"}])
    changed = ticket(attributes={"plan": "gold"}).change_attributes(MONDAY + timedelta(minutes=5), {"plan": "none"})
    result = evaluate(made, changed, as_of=MONDAY + timedelta(hours=3))
    reading = result["first_response"]
    assert (reading.verdict, reading.state, reading.due) == ("not_judged", "running", None)
    assert reading.elapsed == timedelta(hours=3)
    assert [anomaly.code for anomaly in result.anomalies] == ["not_judged"]


def test_conditions():
    """POL-4: asked at the event that starts the cycle; the clock may start at the next opening."""
    made = policy(
        {**FIRST, "within": "15m", "calendar": "always", "only": {"working_day": "desk"}},
        {**FIRST, "within": "30m", "calendar": "always", "only": {"non_working_day": "desk"}},
        {"severity": "P1", "metric": "acknowledgement", "within": "5m", "only": {"in_hours": "desk"}},
        {"severity": "P1", "metric": "acknowledgement", "within": "1h", "only": {"out_of_hours": "desk"},
         "calendar": "always", "start": {"next_opening": "desk"}},
    )  # fmt: skip
    saturday = MONDAY - timedelta(days=2)
    weekday, weekend = (
        evaluate(made, ticket(), as_of=MONDAY),
        evaluate(made, ticket(opened_at=saturday), as_of=saturday),
    )
    assert weekday["first_response"].due == MONDAY + timedelta(minutes=15)
    assert weekday["acknowledgement"].due == MONDAY + timedelta(minutes=5)
    assert weekend["first_response"].due == saturday + timedelta(minutes=30)
    pending = weekend["acknowledgement"]
    assert (pending.state, pending.started_at, pending.due) == ("pending", MONDAY, MONDAY + timedelta(hours=1))
    assert pending.next_change == MONDAY
    assert evaluate(made, ticket(), as_of=MONDAY)["acknowledgement"].started_at == MONDAY


def test_a_start_that_never_comes():
    """CAL-10, POL-4."""
    from slaclock import NoWorkingTimeError

    made = policy(
        {**FIRST, "start": {"next_opening": "never"}}, calendars={"desk": DESK, "never": {**DESK, "hours": {}}}
    )
    with pytest.raises(NoWorkingTimeError):
        evaluate(made, ticket(), as_of=MONDAY)


# -- roles ---------------------------------------------------------------------------------------------------

ROLE = {"roles": {"service": {"one_of": ["desk", "always"]}}}


def test_roles():
    """POL-5: a name of one of the policy's calendars, or a calendar."""
    made = policy({**FIRST, "calendar": "service"}, **ROLE)
    evening = ticket(opened_at=MONDAY.replace(hour=17))

    def due(service) -> datetime:
        return evaluate(made, evening, as_of=evening.opened_at, roles={"service": service})["first_response"].due

    assert due("desk") == MONDAY + timedelta(days=1, hours=1)
    assert due("always") == MONDAY.replace(hour=18)
    assert due(always_open()) == MONDAY.replace(hour=18)
    with pytest.raises(UnboundRoleError, match="not bound"):
        evaluate(made, evening, as_of=MONDAY)
    with pytest.raises(UnknownRoleError, match="cannot be bound"):
        due("dsk")
    with pytest.raises(UnknownRoleError, match="no role 'servise'; did you mean 'service'"):
        evaluate(made, evening, as_of=MONDAY, roles={"servise": "desk"})
    defaulted = policy({**FIRST, "calendar": "service"}, roles={"service": {"default": "always"}})
    assert evaluate(defaulted, evening, as_of=evening.opened_at)["first_response"].due == MONDAY.replace(hour=18)


def test_a_role_bound_from_outside_is_checked():
    """POL-5, CLK-4: a `by` must lie after the opening of the calendar it is bound to."""
    made = policy({**FIRST, "calendar": "service", "within": "1 business day by 10:00"}, roles={"service": {}})
    late = BusinessCalendar(timezone="UTC", hours={"mon-fri": ["11:00-17:00"]})
    with pytest.raises(ConfigurationError, match="first opening at 11:00"):
        evaluate(made, ticket(), as_of=MONDAY, roles={"service": late})


# -- agreements ----------------------------------------------------------------------------------------------


def agreement(**more) -> Agreement:
    two = policy({**FIRST, "within": "2h", "calendar": "service"}, name="second", **ROLE)
    return Agreement(
        **{
            "id": "A-1",
            "timezone": "America/New_York",
            "versions": [
                {"effective": "2026-06-02", "policy": two, "roles": {"service": "always"}},
                {"effective": "2026-01-01", "policy": policy()},
            ],
            "ends": "2027-01-01",
            **more,
        }
    )


def test_a_ticket_is_held_to_the_version_it_was_opened_under():
    """POL-10: dates are local to the agreement's zone; a version holds for a ticket's life."""
    late_on_monday = datetime(2026, 6, 2, 3, tzinfo=UTC)  # 23:00 on 1 June in New York
    old = evaluate(agreement(), ticket(opened_at=late_on_monday), as_of=datetime(2026, 6, 9, tzinfo=UTC))
    assert (old.policy, old["first_response"].agreement) == ("test", "A-1")
    new = evaluate(
        agreement(), ticket(opened_at=late_on_monday + timedelta(hours=1)), as_of=datetime(2026, 6, 9, tzinfo=UTC)
    )
    assert (new.policy, new["first_response"].budget) == ("second", timedelta(hours=2))
    for opened in (datetime(2025, 12, 31, tzinfo=UTC), datetime(2027, 1, 1, 12, tzinfo=UTC)):
        with pytest.raises(NotInForceError):
            evaluate(agreement(), ticket(opened_at=opened), as_of=opened)


def test_an_agreement_is_written_out_in_full():
    """POL-10."""
    one = agreement()
    assert Agreement.from_json(one.to_json()) == one == Agreement.from_toml(one.to_toml())
    assert '"objectives"' in one.to_json()


@pytest.mark.parametrize(
    ("versions", "code"),
    [
        ([{"effective": "2026-01-01", "policy": policy()}] * 2, "two_versions"),
        ([{"effective": "2026-01-01", "policy": policy({**FIRST, "calendar": "service"}, **ROLE)}], "unbound_role"),
        ([{"effective": "2026-01-01", "policy": policy(), "roles": {"r": "desk"}}], "unknown_role"),
        ([], "too_short"),
    ],
)
def test_agreements_that_cannot_stand(versions, code):
    """POL-10."""
    with pytest.raises(ConfigurationError) as caught:
        agreement(versions=versions)
    assert [problem.code for problem in caught.value.problems] == [code]


def test_unknown_severity():
    with pytest.raises(UnknownSeverityError, match="no severity 'P9'"):
        evaluate(policy(), ticket(severity="P9"), as_of=MONDAY)


def test_contracts_by_name():
    assert "wati-pro" in contracts.names()
    assert contracts.load("wati-pro") is contracts.load("wati-pro")
    with pytest.raises(UnknownContractError, match="did you mean 'wati-pro'") as caught:
        contracts.load("wati")
    assert pickle.loads(pickle.dumps(caught.value)).names == contracts.names()


def test_a_metric_of_its_own_is_written_without_a_warning() -> None:
    """POL-1: reasons are a list in a file, also of a metric alone."""
    metric = Metric(starts=["opened"], stops=["closed"], paused_by=["customer", "vendor"])
    assert metric.to_dict()["paused_by"] == ["customer", "vendor"]
    assert Metric.from_dict(metric.to_dict()) == metric


def test_text_that_no_file_can_hold_has_a_digest() -> None:
    """Half a character, as of a text cut short elsewhere, in a policy's notes."""
    policy = contracts.load("csd-group")
    assert policy.replace(notes={"cut": "\ud83d"}).digest() != policy.digest()
