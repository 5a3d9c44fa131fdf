"""Every string of the catalogues is shown of some value: none is left over, and none is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from slaclock import (
    STANDARD_METRICS,
    Agreement,
    BusinessCalendar,
    Event,
    Policy,
    Ticket,
    evaluate,
    explain_due,
    explain_elapsed,
    render,
)
from slaclock.events import STANDARD_KINDS
from slaclock.render.catalogue import catalogue_of

AT = datetime(2026, 6, 8, 8, 0, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)
DAY = 24 * HOUR
CLOSED = BusinessCalendar(
    timezone="Europe/London",
    hours={"mon-fri": ["09:00-12:30", "13:30-17:00"]},
    holidays=[
        {"country": "GB", "subdivision": "ENG", "without": ["May Day"]},
        {"market": "XFED", "only": ["Christmas Day"]},
        {"rrule": "FREQ=YEARLY", "dtstart": "2020-12-24"},
        "2026-06-09",
    ],
    special_days={"2026-06-10": {"hours": ["09:00-10:00"]}, "--06-11": {"hours": [], "name": "Stocktaking"}},
    makeup_days={"2026-06-13": "make-up working day"},
    makeup_hours=["09:00-12:00"],
    closures=[{"start": "2026-06-12T09:00:00Z", "end": "2026-06-12T10:00:00Z"}],
    revisions=[
        {"effective": "2026-06-15", "hours": {"daily": ["09:00-17:00"]}},
        {"effective": "2026-06-22", "hours": {"mon-tue": ["09:00-17:00"]}, "holidays": []},
        *({"effective": f"2026-07-0{day}", "hours": {"mon-fri": ["09:00-17:00"]}} for day in range(1, 7)),
    ],
    years=[2020, 2030],
    provisional_years=[2030],
)
ICAL = BusinessCalendar(
    timezone="UTC",
    hours={"daily": ["00:00-24:00"]},
    holidays=[
        {
            "ics": "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260609\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        }
    ],
)
NEVER = BusinessCalendar(timezone="UTC", hours={})
ALWAYS = BusinessCalendar(timezone="UTC", hours={"daily": ["00:00-24:00"]})


def policy(*objectives: dict[str, Any], **more: Any) -> Policy:
    return Policy(
        **{
            "name": "acme", "calendar": "desk", "calendars": {"desk": CLOSED, "always": ALWAYS},
            "severities": [{"key": "P1", "definition": "All is down."}, {"key": "P2"}],
            "objectives": [{"severity": "P1", "metric": "resolution", **objective} for objective in objectives], **more,
        }
    )  # fmt: skip


def policies() -> list[Policy]:
    named = ("same business day by close", "next business day by 16:00", "3 business days by 16:00", "2 business days")
    conditions = [{key: "desk"} for key in ("in_hours", "out_of_hours", "working_day", "non_working_day")]
    escalations = [
        {"key": at, "metric": "resolution", "at": at} for at in ("75%", "2h", "-1h", "due", "+30m", "breach")
    ]
    return [
        policy(
            *({"within": within} for within in named),
            *({"only": only, "calendar": "role"} for only in conditions),
            {"within": "4h", "kind": "aim", "attainment": "99.5%", "set": "gold", "verdict": "due"},
            {"within": "next business day by 16:00", "cutoff": "15:00", "start": {"next_opening": "desk"}},
            *({"metric": metric, "severity": "P2"} for metric in STANDARD_METRICS),
            escalations=escalations,
            rules=[{"when": {"plan": "gold"}, "use": "gold"}],
            pauses=[{"reason": "customer"}, {"reason": "*", "stops": ["resolution"]}],
            roles={"role": {"default": "desk", "description": "hours"}, "other": {"one_of": ["desk"]}},
            source="https://example.com",
        ),
        *(policy({"within": "4h"}, on_change=rule) for rule in ("carry", "carry_share", "restart", "retroactive", "keep", "earliest")),
        *(policy({"within": "4h", "verdict": "elapsed"}, on_reopen=rule, verdict="due") for rule in ("resume", "new_cycle", "ignore")),
    ]  # fmt: skip


def opened(severity: str = "P1", at: datetime = AT) -> Ticket:
    return Ticket(id="T-1", severity=severity, opened_at=at, attributes={"plan": "gold"})


def evaluations() -> list[Any]:
    rules = policy(
        {"within": "4h"},
        {"severity": "P2", "within": "8h", "calendar": "always"},
        {"within": "2h", "kind": "aim"},
        {"metric": "first_response", "within": "same business day by 12:00"},
        {"metric": "update", "within": "1h"},
        {"metric": "workaround"},
        escalations=[{"key": "half", "metric": "resolution", "at": "50%", "receiver": {"team": "L2"}}],
    )
    late = policy({"within": "4h", "start": {"next_opening": "desk"}}, {"severity": "P2", "metric": "closure"})
    anew = policy({"within": "1h"}, {"severity": "P2", "within": "80h"}, on_change="retroactive")
    ticket = opened()
    changes = ticket
    for i in range(5):
        changes = changes.change_severity(AT + HOUR / 4 * (i + 1), "P1" if i % 2 else "P2")
    many = ticket
    for i in range(10):
        many = many.update(AT + HOUR / 9 * (i + 1))
    odd = Ticket.from_dict(
        {
            "id": "T-2", "severity": "P1", "opened_at": AT.isoformat(),
            "events": [
                {"kind": "responded", "at": (AT - HOUR).isoformat()},
                {"kind": "arrived", "at": AT.isoformat()},
                {"kind": "resolved", "at": (AT + HOUR).isoformat(), "id": "a"},
                {"kind": "closed", "at": (AT + HOUR).isoformat(), "id": "a"},
                {"kind": "severity_changed", "severity": "P9", "at": AT.isoformat()},
            ],
        }
    )  # fmt: skip
    unjudged = policy({"within": "4h"})
    return [
        evaluate(rules, ticket, as_of=AT + HOUR),
        evaluate(rules, ticket, as_of=AT + 40 * DAY),
        evaluate(rules, ticket.respond(AT + HOUR).pause(AT + HOUR, reason="customer"), as_of=AT + 2 * HOUR),
        evaluate(rules, ticket.pause(AT + 12 * HOUR, reason="vendor").resume(AT + 200 * DAY), as_of=AT + 201 * DAY),
        evaluate(rules, ticket.resolve(AT + HOUR).reopen(AT + 2 * HOUR), as_of=AT + 3 * HOUR),
        evaluate(rules, ticket.resolve(AT + HOUR), as_of=AT + 3 * HOUR),
        evaluate(rules, ticket.cancel(AT + HOUR), as_of=AT + 3 * HOUR),
        evaluate(rules, opened("P2", AT - 2 * HOUR).change_severity(AT + 2 * HOUR, "P1"), as_of=AT + 3 * HOUR),
        evaluate(policy({"within": "7h"}), ticket, as_of=AT + 3 * HOUR),
        evaluate(rules, changes, as_of=AT + 3 * HOUR),
        evaluate(rules, many, as_of=AT + 3 * HOUR),
        evaluate(rules, ticket.pause(AT + 4 * HOUR + 1 * HOUR, reason="vendor"), as_of=AT + 6 * HOUR),
        evaluate(late, opened(at=AT - 2 * HOUR), as_of=AT - HOUR),
        evaluate(late, opened("P2"), as_of=AT),
        evaluate(anew, opened().change_severity(AT + 2 * HOUR, "P2"), as_of=AT + 3 * HOUR),
        evaluate(policy({"within": "4h"}, calendars={"desk": BusinessCalendar(
            timezone="Asia/Shanghai", hours={"mon-fri": ["09:00-18:00"]}, holidays=["CN"])}),
            opened(at=AT.replace(year=2030)), as_of=AT.replace(year=2030)),
        evaluate(rules, odd, as_of=AT + 2 * HOUR, strict=False),
        evaluate(rules, Ticket(id="T-3", severity="P1", events=[Event(kind="responded", at=AT)]), as_of=AT, strict=False),
        evaluate(unjudged, opened().change_severity(AT + HOUR / 2, "P2"), as_of=AT + HOUR),
        evaluate(policy(), opened(), as_of=AT),
        evaluate(Agreement(id="A-1", timezone="UTC", versions=[{"effective": "2020-01-01", "policy": rules}]), ticket, as_of=AT),
    ]  # fmt: skip


def values() -> list[Any]:
    ticket = opened()
    for i, kind in enumerate(STANDARD_KINDS):
        data = {"reason": "x", "severity": "P2", "attributes": {"plan": "basic"}, "data": {"a": 1}}
        ticket = ticket.add(Event(kind=kind, at=AT + i * HOUR, actor="Robin", recorded_at=AT + 99 * HOUR, **data))
    explanations = [
        explain_due(CLOSED, AT, "40h"),
        explain_due(CLOSED, AT, "-4h"),
        explain_elapsed(CLOSED, AT.replace(month=3, day=27), AT.replace(month=3, day=31)),
        explain_elapsed(CLOSED, AT, AT + 60 * DAY),
        explain_elapsed(CLOSED, AT + 60 * DAY, AT),
        explain_elapsed(ALWAYS, AT, AT + HOUR),
        explain_elapsed(CLOSED, AT, AT + 1200 * DAY),
        explain_elapsed(CLOSED.replace(years=None, provisional_years=[]) & ALWAYS, AT, AT + 1200 * DAY),
        explain_elapsed(ALWAYS, AT, AT + 100 * 366 * DAY),
        explain_elapsed(ALWAYS - CLOSED.replace(years=None), AT, AT + 7 * DAY),
        explain_elapsed(BusinessCalendar(timezone="Europe/London", hours={"mon": ["09:00-10:00"]}), AT, AT + 150 * DAY),
    ]
    agreements = [
        Agreement(id="A-1", timezone="UTC", versions=[{"effective": "2026-01-01", "policy": policy()}], ends=ends)
        for ends in (None, "2027-01-01")
    ]
    tokyo = ALWAYS.replace(timezone="Asia/Tokyo")
    calendars = [CLOSED, ICAL, NEVER, ALWAYS | tokyo, (ALWAYS & tokyo).replace(days=CLOSED), ALWAYS - tokyo]
    return [*policies(), *evaluations(), ticket, *explanations, *agreements, *calendars]


class Recorder(dict[str, Any]):
    """The strings of a catalogue, and which of them were asked for."""

    def __init__(self, strings: Any) -> None:
        super().__init__(strings)
        self.asked: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.asked.add(key)
        return super().__getitem__(key)


def test_every_string_is_shown_of_something() -> None:
    english = catalogue_of("en")
    strings = Recorder(english.strings)
    recording = render.Catalogue("en", strings, english.rules)
    for value in values():
        render.sentence(value, recording)
        render.html(value, recording)
    for by in ("day", "week", "month"):
        render.markdown(explain_due(CLOSED, AT, "40h"), recording, by=by)
    for calendar in (CLOSED, NEVER):
        render.html(calendar, recording, year=2026)
    assert set(english.strings) - strings.asked == set()
