"""slaclock: SLA deadlines that can be trusted.

When is a promise due, is the clock running, was it kept, and why.  See ``evaluate`` for tickets under a policy,
``BusinessCalendar`` for working time alone, and ``slaclock.contracts`` for ready-made policies.
"""

from . import contracts
from .agreements import Agreement, Version
from .calendar_parts import Closure, Revision, SpecialDay
from .calendars import BusinessCalendar, CompositeCalendar, always_open
from .compare import ComparedClock, ComparedReading, ComparedSum, Comparison, Tally, Unanswered, compare, target_for
from .durations import format_duration, parse_duration
from .errors import (
    CalendarError,
    CompositeDayError,
    ConfigurationError,
    DurationError,
    HistoryError,
    HorizonError,
    InstantError,
    NoMatchError,
    NotInForceError,
    NoWorkingTimeError,
    PeriodError,
    PlotError,
    PolicyError,
    Problem,
    ReadingError,
    ReceiptError,
    RoleError,
    RowProblem,
    RowsError,
    SlaclockError,
    UnboundRoleError,
    UnknownContractError,
    UnknownRoleError,
    UnknownSeverityError,
)
from .evaluate import evaluate
from .events import Event, Ticket
from .explain import Explanation, Segment, SegmentPeriod, SegmentSum, explain, explain_due, explain_elapsed
from .history import Anomaly
from .metrics import STANDARD as STANDARD_METRICS
from .metrics import Metric
from .periods import Period
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
from .receipts import ChangedInput, Difference, Receipt, Verification, bundle, receipt, verify
from .targets import Target, parse_target
from .timeline import Timeline

__all__ = [
    "STANDARD_METRICS",
    "Agreement",
    "Anomaly",
    "BusinessCalendar",
    "CalendarError",
    "ChangedInput",
    "Closure",
    "ComparedClock",
    "ComparedReading",
    "ComparedSum",
    "Comparison",
    "CompositeCalendar",
    "CompositeDayError",
    "Condition",
    "ConfigurationError",
    "Difference",
    "DurationError",
    "Escalation",
    "EscalationReading",
    "Evaluation",
    "Event",
    "Explanation",
    "HistoryError",
    "HorizonError",
    "InstantError",
    "Metric",
    "NoMatchError",
    "NoWorkingTimeError",
    "NotInForceError",
    "Objective",
    "PauseRule",
    "Period",
    "PeriodError",
    "PlotError",
    "Policy",
    "PolicyError",
    "Problem",
    "Provenance",
    "Reading",
    "ReadingError",
    "Receipt",
    "ReceiptError",
    "Revision",
    "Role",
    "RoleError",
    "RowProblem",
    "RowsError",
    "Rule",
    "Segment",
    "SegmentPeriod",
    "SegmentSum",
    "Severity",
    "SlaclockError",
    "SpecialDay",
    "Start",
    "Tally",
    "Target",
    "Ticket",
    "Timeline",
    "Unanswered",
    "UnboundRoleError",
    "UnknownContractError",
    "UnknownRoleError",
    "UnknownSeverityError",
    "Verification",
    "Version",
    "always_open",
    "bundle",
    "compare",
    "contracts",
    "evaluate",
    "explain",
    "explain_due",
    "explain_elapsed",
    "format_duration",
    "parse_duration",
    "parse_target",
    "receipt",
    "target_for",
    "verify",
]
