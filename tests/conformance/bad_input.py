"""What the column ``code`` of bad-input.csv may use."""
# ruff: noqa: F401, F403, F405

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from slaclock import *
from slaclock import bulk, plot, render

monday = datetime(2026, 6, 8, 9, 0, tzinfo=ZoneInfo("Europe/London"))
naive = datetime(2026, 6, 8, 9, 0)
hour = timedelta(hours=1)

uk = BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["08:30-16:30"]}, holidays=["GB-ENG"])
berlin = BusinessCalendar(timezone="Europe/Berlin", hours={"mon-fri": ["09:00-18:00"]})
both = uk | berlin
never = BusinessCalendar(timezone="Europe/London", hours={})

wati = contracts.load("wati-pro")
messagebird = contracts.load("messagebird-enterprise")
june = Period.parse("2026-06", "UTC")
ticket = Ticket(id="T-1", severity="P1", opened_at=monday)
mail = Ticket(id="T-2", severity="non_critical", opened_at=monday)
agreement = Agreement(
    id="A-17", timezone="Europe/London", versions=[{"effective": "2026-01-01", "policy": wati}], ends="2027-01-01"
)
may = Period.parse("2026-05", "Europe/London")
down = {"start": "2026-05-04T10:00:00Z", "end": "2026-05-04T11:00:00Z"}
friday = datetime(2026, 6, 5, 14, 0, tzinfo=UTC)
column = np.array(["2026-06-05T14:00"], "M8[us]")
tickets = {"severity": np.array(["P1"]), "opened": column}


def calendar(**changes):
    """The calendar ``uk`` with some fields changed."""
    return uk.replace(**changes)


def policy(**changes):
    """A small policy with some keys changed."""
    desk = {"timezone": "Europe/London", "hours": {"mon-fri": ["09:00-17:00"]}}
    promise = {"severity": "P1", "metric": "resolution", "within": "4h"}
    document = {
        "name": "small", "calendar": "desk", "calendars": {"desk": desk}, "severities": [{"key": "P1"}],
        "objectives": [promise],
    }  # fmt: skip
    return Policy.from_dict({**document, **changes})


def objective(**changes):
    """The small policy with its only objective changed."""
    return policy(objectives=[{"severity": "P1", "metric": "resolution", "within": "4h", **changes}])


def read(a_ticket, **more):
    """The ticket, by the contract ``wati-pro``, a week later."""
    return evaluate(wati, a_ticket, as_of=monday + 168 * hour, **more)


def credit_schedule(**changes):
    """A small credit schedule with some keys changed."""
    rule = {"key": "uptime", "on": "availability", "tiers": [{"at_least": "99%"}, {"below": "99%", "credit": "10%"}]}
    document = {"name": "small", "currency": "EUR", "rounding": "half_up", "rules": [rule]}
    return CreditSchedule.from_dict({**document, **changes})


def credit_tiers(*tiers):
    """The small credit schedule with other tiers."""
    return credit_schedule(rules=[{"key": "uptime", "on": "availability", "tiers": list(tiers)}])


def owed(**given):
    """A statement of June under the small credit schedule."""
    return statement(credit_schedule(), "2026-06", **given)
