"""slaclock: SLA deadlines that can be trusted.

When is a promise due, is the clock running, was it kept, and why.  See ``evaluate`` for tickets under a policy,
``BusinessCalendar`` for working time alone, and ``slaclock.contracts`` for ready-made policies.
"""

from . import errors
from .agreements import Agreement, Version
from .calendars import (
    BusinessCalendar,
    Closure,
    CompositeCalendar,
    Revision,
    SpecialDay,
    always_open,
)
from .durations import format_duration, parse_duration
from .errors import *  # noqa: F403 - the exception tree is public as a whole
from .evaluate import evaluate
from .events import Event, Ticket
from .history import Anomaly
from .metrics import STANDARD as STANDARD_METRICS
from .metrics import Metric
from .policy import (
    Condition,
    Escalation,
    Objective,
    PauseRule,
    Policy,
    Role,
    Rule,
    Severity,
    Start,
)
from .reading import EscalationReading, Evaluation, Provenance, Reading
from .targets import Target, parse_target
from .timeline import Timeline

__all__ = [
    "STANDARD_METRICS",
    "Agreement",
    "Anomaly",
    "BusinessCalendar",
    "Closure",
    "CompositeCalendar",
    "Condition",
    "Escalation",
    "EscalationReading",
    "Evaluation",
    "Event",
    "Metric",
    "Objective",
    "PauseRule",
    "Policy",
    "Provenance",
    "Reading",
    "Revision",
    "Role",
    "Rule",
    "Severity",
    "SpecialDay",
    "Start",
    "Target",
    "Ticket",
    "Timeline",
    "Version",
    "always_open",
    "evaluate",
    "format_duration",
    "parse_duration",
    "parse_target",
    *errors.__all__,
]
