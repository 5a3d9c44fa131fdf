"""Values whose notebook views are looked at: one of each kind, and those that have much to show or mean harm."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from slaclock import (
    Agreement,
    BusinessCalendar,
    Policy,
    Ticket,
    always_open,
    contracts,
    evaluate,
    explain_due,
    explain_elapsed,
)

LONDON = ZoneInfo("Europe/London")
HOUR = timedelta(hours=1)
FRIDAY = datetime(2026, 5, 22, 15, 0, tzinfo=LONDON)  # before the Spring Bank Holiday
HARM = """"><script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">'</title></style><svg onload=alert(1)>"""


class Case(NamedTuple):
    """A value, and with which options it is shown."""

    name: str
    value: Any
    options: dict[str, Any] = {}


UK = BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["08:30-16:30"]}, holidays=["GB-ENG"])
NIGHTS = BusinessCalendar(
    timezone="America/New_York", hours={"mon-thu": ["22:00-06:00"], "fri": ["09:00-12:30", "13:30-17:00"]}
)
EVERYTHING = BusinessCalendar(
    timezone="Europe/London",
    hours={"mon-fri": ["09:00-12:30", "13:30-17:00"], "sat": ["10:00-12:00"]},
    holidays=["GB-ENG", "2026-12-24..2026-12-26", {"date": "2026-07-03", "name": "Founders' day"}],
    special_days={
        "2026-12-28": ["09:00-12:00"],
        "2026-12-29": {"hours": [], "name": "Stocktaking at all of the warehouses of the group"},
    },
    makeup_days={"2026-01-04": "for 2 January"},
    makeup_hours=["09:00-12:00"],
    closures=[{"start": "2026-05-27T10:00:00Z", "end": "2026-05-27T12:00:00Z", "name": "Fire drill"}],
    revisions=[{"effective": "2026-04-01", "hours": {"daily": ["07:00-21:00"]}}],
)
CHINA = BusinessCalendar(timezone="Asia/Shanghai", hours={"mon-fri": ["09:00-18:00"]}, holidays=["CN"])
SUN = (
    BusinessCalendar(timezone="Asia/Singapore", hours={"mon-fri": ["08:00-16:00"]}, holidays=["SG"])
    | BusinessCalendar(timezone="Europe/Berlin", hours={"mon-fri": ["08:00-16:00"]}, holidays=["DE"])
    | BusinessCalendar(timezone="America/Los_Angeles", hours={"mon-fri": ["09:00-17:00"]}, holidays=["US"])
)

DESK = Policy.from_dict(
    {
        "name": "desk",
        "title": "Helpdesk",
        "calendar": "desk",
        "calendars": {"desk": UK.to_dict(), "sun": {"timezone": "UTC", "hours": {"daily": ["00:00-24:00"]}}},
        "severities": [
            {"key": "P1", "labels": {"en": "Urgent", "zh-Hant": "緊急", "pl": "Pilne", "vi": "Khẩn cấp"}},
            {"key": "P2", "labels": {"en": "High", "zh-Hant": "高", "pl": "Wysoki", "vi": "Cao"}},
        ],
        "objectives": [
            {"severity": "P1", "metric": "first_response", "within": "1h", "calendar": "sun"},
            {"severity": "P1", "metric": "resolution", "within": "8h"},
            {"severity": "P1", "metric": "resolution", "within": "4h", "kind": "aim"},
            {"severity": "P2", "metric": "first_response", "within": "4h"},
            {"severity": "P2", "metric": "resolution", "within": "2 business days by close"},
            {"severity": "P2", "metric": "update", "within": "2h30m"},
        ],
        "escalations": [
            {"key": "half", "metric": "resolution", "at": "50%"},
            {"key": "warning", "metric": "resolution", "at": "75%", "receiver": {"team": "duty"}},
            {"key": "late", "metric": "resolution", "at": "+30m"},
        ],
    }
)


def opened(severity: str, at: datetime = FRIDAY) -> Ticket:
    return Ticket(id="T-1", severity=severity, opened_at=at)


# Everything that happens to tickets, over a bank holiday.
BUSY = (
    opened("P2")
    .acknowledge(FRIDAY + HOUR / 6, actor="Robin")
    .respond(FRIDAY + HOUR, actor="Robin")
    .pause(FRIDAY + HOUR * 1.25, reason="customer")
    .resume(FRIDAY + HOUR * 92, reason="customer")
    .change_severity(FRIDAY + HOUR * 93, "P1")
    .customer_reply(FRIDAY + HOUR * 94)
    .pause(FRIDAY + HOUR * 115, reason="waiting for a spare part from the supplier")
    .resume(FRIDAY + HOUR * 118)
    .resolve(FRIDAY + HOUR * 119)
    .reopen(FRIDAY + HOUR * 137)
)


def reading(ticket: Ticket, hours: float, metric: str = "resolution", policy: Policy = DESK) -> Any:
    return evaluate(policy, ticket, as_of=ticket.opened_at + HOUR * hours)[metric]


def harmful() -> list[Case]:
    """Names that would be markup, wherever a user may give one."""
    calendar = BusinessCalendar(
        timezone="Europe/London",
        hours={"mon-fri": ["08:30-16:30"]},
        holidays=[{"date": "2026-05-25", "name": HARM}],
        special_days={"2026-05-26": {"hours": ["10:00-12:00"], "name": HARM}},
        makeup_days={"2026-05-30": HARM},
        closures=[{"start": "2026-05-27T10:00:00Z", "end": "2026-05-27T12:00:00Z", "name": HARM}],
    )
    data = DESK.to_dict()
    key = "P1" + HARM
    policy = Policy.from_dict(
        {
            **data,
            "name": HARM,
            "title": HARM,
            "source": HARM,
            "calendar": HARM,
            "calendars": {HARM: calendar.to_dict()},
            "severities": [{"key": key, "labels": {"en": HARM}, "definition": HARM}],
            "objectives": [{"severity": key, "metric": "resolution", "within": "8h", "set": HARM}],
            "rules": [{"use": HARM}],
            "escalations": [{"key": HARM, "metric": "resolution", "at": "75%", "receiver": {HARM: HARM}}],
        }
    )
    ticket = Ticket(id=HARM, severity=key, opened_at=FRIDAY, attributes={HARM: HARM})
    ticket = ticket.pause(FRIDAY + HOUR / 2, reason=HARM, actor=HARM, data={HARM: HARM})
    result = evaluate(policy, ticket.resume(FRIDAY + HOUR), as_of=FRIDAY + HOUR * 120)
    agreement = Agreement(
        id=HARM, timezone="Europe/London", versions=[{"effective": date(2026, 1, 1), "policy": policy}]
    )
    return [
        Case("harm, calendar", calendar),
        Case("harm, year", calendar, {"year": 2026}),
        Case("harm, policy", policy),
        Case("harm, agreement", agreement),
        Case("harm, ticket", ticket),
        Case("harm, evaluation", result),
        Case("harm, reading", result["resolution"]),
        Case("harm, explanation", explain_due(calendar, FRIDAY, "20h")),
    ]


@cache
def cases() -> tuple[Case, ...]:
    """All of them; nothing here takes long."""
    messagebird = contracts.load("messagebird-enterprise")
    agreement = Agreement(
        id="A-17",
        timezone="Europe/London",
        versions=[
            {"effective": date(2026, 1, 1), "policy": messagebird, "roles": {"service_hours": "UK"}},
            {"effective": date(2026, 7, 1), "policy": contracts.load("everbright")},
        ],
    )
    spring = datetime(2026, 3, 6, 16, 30, tzinfo=ZoneInfo("America/New_York"))  # before clocks go forward
    autumn = datetime(2026, 10, 30, 21, 0, tzinfo=ZoneInfo("America/New_York"))  # before they go back
    return (
        Case("calendar", UK),
        Case("calendar, always open", always_open("Asia/Taipei")),
        Case("calendar, nights", NIGHTS),
        Case("calendar, everything", EVERYTHING),
        Case("year", UK, {"year": 2026}),
        Case("year, everything", EVERYTHING, {"year": 2026}),
        Case("year, make-up days", CHINA, {"year": 2025}),
        Case("composite", SUN),
        Case("composite, less", UK - NIGHTS),
        Case("policy", DESK),
        *(Case(f"policy, {name}", contracts.load(name)) for name in contracts.names()),
        Case("agreement", agreement),
        Case("ticket", BUSY),
        Case("reading, met", reading(opened("P2").respond(FRIDAY + HOUR), 2, "first_response")),
        Case("reading, running", reading(opened("P2"), 93)),
        Case("reading, paused", reading(BUSY, 30)),
        Case("reading, breached", reading(opened("P1"), 30 * 24)),
        Case("reading, aim", evaluate(DESK, opened("P1"), as_of=FRIDAY + HOUR).all("resolution")[-1]),
        Case("reading, many things", reading(BUSY, 150)),
        Case("reading, minutes", reading(opened("P1").respond(FRIDAY + HOUR / 3), 0.5, "first_response")),
        Case("reading, a hold from February to August", reading(
            opened("P1", datetime(2026, 2, 3, 10, 0, tzinfo=UTC))
            .pause(datetime(2026, 2, 4, 10, 0, tzinfo=UTC), reason="customer")
            .resume(datetime(2026, 8, 17, 10, 0, tzinfo=UTC)), 24 * 200,
        )),
        Case("evaluation", evaluate(DESK, BUSY, as_of=FRIDAY + HOUR * 150)),
        Case("due", explain_due(UK, FRIDAY, "4h")),
        Case("due, backwards", explain_due(UK, FRIDAY, "-20h")),
        Case("due, everything", explain_due(EVERYTHING, FRIDAY, "40h")),
        Case("due, clocks forward", explain_due(NIGHTS, spring, "9h")),
        Case("due, clocks back", explain_due(NIGHTS, autumn, "20h")),
        Case("elapsed, composite", explain_elapsed(SUN, FRIDAY, FRIDAY + HOUR * 100)),
        Case("elapsed, a month", explain_elapsed(EVERYTHING, FRIDAY, FRIDAY + timedelta(days=31))),
        Case("elapsed, by day", explain_elapsed(UK, FRIDAY, FRIDAY + timedelta(days=20)), {"by": "day"}),
        Case("elapsed, ten years", explain_elapsed(UK, FRIDAY - timedelta(days=3650), FRIDAY)),
        *harmful(),
    )  # fmt: skip
