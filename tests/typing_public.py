"""What a user writes, for the type checkers: this file is checked, not run."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from slaclock import (
    Agreement,
    BusinessCalendar,
    CompositeCalendar,
    Correction,
    CreditSchedule,
    Evaluation,
    Event,
    Fee,
    Figure,
    Period,
    Policy,
    Reading,
    Statement,
    Ticket,
    always_open,
    availability,
    contracts,
    correction,
    evaluate,
    receipt,
    statement,
)

now = datetime(2026, 5, 22, 15, tzinfo=UTC)
uk = BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["08:30-16:30"]}, holidays=["GB-ENG"])
shop = BusinessCalendar(
    timezone=ZoneInfo("Europe/Berlin"),
    hours={"mon-sat": ["09:00-12:30", "13:30-18:00"]},
    holidays=["DE-HE", date(2026, 12, 24), {"country": "US", "without": ["Columbus Day"]}],
    special_days={"--12-31": ["09:00-13:00"]},
    closures=[{"start": now, "end": now + timedelta(hours=2)}],
)
due: datetime = uk.due(now, "4h")
used: timedelta = uk.elapsed(now, due)
edge: datetime | None = uk.next_open(now)
cover: CompositeCalendar = uk | shop | always_open()
spans: list[tuple[datetime, datetime]] = cover.windows(now, due)

policy: Policy = contracts.load("messagebird-enterprise")
own = Policy(
    name="own",
    calendar="uk",
    severities=[{"key": "P1"}],
    calendars={"uk": uk, "cover": cover},
    objectives=[{"severity": "P1", "metric": "resolution", "within": "8h"}],
)
ticket = Ticket(id="T-1", severity="P1", opened_at=now).respond(now).pause(now, reason="customer").resume(now)
ticket = ticket.add(Event(kind="engineer_onsite", at=now)).resolve(now)
result: Evaluation = evaluate(policy, ticket, as_of=now, roles={"service_hours": uk})
reading: Reading = result["first_response"]
shown: datetime | None = reading.due
sure: datetime = reading.require_due()
agreement = Agreement(id="A-1", timezone="UTC", versions=[{"effective": "2026-01-01", "policy": own}])
again: Evaluation = evaluate(agreement, ticket, as_of=now, known_at=now, strict=False)

schedule = CreditSchedule(
    name="small",
    currency="EUR",
    rounding="half_up",
    rules=[{"key": "all", "on": "availability", "tiers": [{"below": "99%", "credit": "5%"}, {"at_least": "99%"}]}],
)
measured = availability(Period.parse("2026-06", "UTC"), [])
owed: Statement = statement(
    schedule,
    "2026-06",
    figures=[measured, Figure(value="99.9%"), {"value": "98%", "tags": {"region": "eu"}}],
    breaches=[result, reading],
    fees=[Fee(amount="100.00"), {"amount": 5}],
    receipts=[receipt(result)],
)
total: Decimal = owed.total
changed: Correction = correction(Statement.from_json(owed.to_json()), owed)
