"""slaclock: SLA deadlines that can be trusted.

When is a promise due, is the clock running, was it kept, and why.  See ``evaluate`` for tickets under a policy,
``BusinessCalendar`` for working time alone, and ``slaclock.contracts`` for ready-made policies.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import contracts
from .agreements import Agreement, Version
from .calendar_parts import Closure, Revision, SpecialDay
from .calendars import BusinessCalendar, CompositeCalendar, always_open
from .durations import format_duration, parse_duration
from .errors import (
    AttainmentError,
    AvailabilityError,
    CalendarError,
    CompositeDayError,
    ConfigurationError,
    CreditError,
    DurationError,
    HistoryError,
    HorizonError,
    InstantError,
    NoMatchError,
    NoServiceTimeError,
    NotInForceError,
    NoWorkingTimeError,
    PeriodError,
    PlotError,
    PolicyError,
    Problem,
    ReadingError,
    ReceiptError,
    RenderError,
    RoleError,
    RowProblem,
    RowsError,
    SlaclockError,
    UnboundRoleError,
    UnknownContractError,
    UnknownLanguageError,
    UnknownRoleError,
    UnknownScheduleError,
    UnknownSeverityError,
)
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

if TYPE_CHECKING:
    from . import credits  # noqa: A004 - what Python puts among its names for interactive use
    from .attainments import (
        Attainment,
        AttainmentRow,
        TicketRate,
        TicketRateRow,
        TimeSpread,
        WilsonInterval,
        attainment,
        reopen_rate,
        repeat_rate,
        rolling_attainment,
        wilson_interval,
    )
    from .availabilities import (
        Availability,
        ErrorRate,
        ExcludedPart,
        Exclusion,
        Formula,
        Outage,
        Sample,
        UnavailablePart,
        availability,
        availability_of_rates,
        availability_of_samples,
        formula_names,
        load_formula,
    )
    from .comparison import (
        ComparedClock,
        ComparedReading,
        ComparedSum,
        Comparison,
        Tally,
        Unanswered,
        compare,
        target_for,
    )
    from .credits import (
        AppliedCap,
        CorrectedLine,
        Correction,
        CreditCap,
        CreditClaim,
        CreditMinimum,
        CreditPerBreach,
        CreditRule,
        CreditSchedule,
        CreditTier,
        Fee,
        Figure,
        StatedFee,
        Statement,
        StatementLine,
        Unused,
        correction,
        statement,
    )
    from .explanation import Explanation, Segment, SegmentPeriod, SegmentSum, explain, explain_due, explain_elapsed
    from .periods import Period
    from .receipts import ChangedInput, Difference, Receipt, Verification, bundle, receipt, verify

__all__ = [
    "STANDARD_METRICS",
    "Agreement",
    "Anomaly",
    "AppliedCap",
    "Attainment",
    "AttainmentError",
    "AttainmentRow",
    "Availability",
    "AvailabilityError",
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
    "CorrectedLine",
    "Correction",
    "CreditCap",
    "CreditClaim",
    "CreditError",
    "CreditMinimum",
    "CreditPerBreach",
    "CreditRule",
    "CreditSchedule",
    "CreditTier",
    "Difference",
    "DurationError",
    "ErrorRate",
    "Escalation",
    "EscalationReading",
    "Evaluation",
    "Event",
    "ExcludedPart",
    "Exclusion",
    "Explanation",
    "Fee",
    "Figure",
    "Formula",
    "HistoryError",
    "HorizonError",
    "InstantError",
    "Metric",
    "NoMatchError",
    "NoServiceTimeError",
    "NoWorkingTimeError",
    "NotInForceError",
    "Objective",
    "Outage",
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
    "RenderError",
    "Revision",
    "Role",
    "RoleError",
    "RowProblem",
    "RowsError",
    "Rule",
    "Sample",
    "Segment",
    "SegmentPeriod",
    "SegmentSum",
    "Severity",
    "SlaclockError",
    "SpecialDay",
    "Start",
    "StatedFee",
    "Statement",
    "StatementLine",
    "Tally",
    "Target",
    "Ticket",
    "TicketRate",
    "TicketRateRow",
    "TimeSpread",
    "Timeline",
    "Unanswered",
    "UnavailablePart",
    "UnboundRoleError",
    "UnknownContractError",
    "UnknownLanguageError",
    "UnknownRoleError",
    "UnknownScheduleError",
    "UnknownSeverityError",
    "Unused",
    "Verification",
    "Version",
    "WilsonInterval",
    "always_open",
    "attainment",
    "availability",
    "availability_of_rates",
    "availability_of_samples",
    "bundle",
    "compare",
    "contracts",
    "correction",
    "credits",
    "evaluate",
    "explain",
    "explain_due",
    "explain_elapsed",
    "format_duration",
    "formula_names",
    "load_formula",
    "parse_duration",
    "parse_target",
    "receipt",
    "reopen_rate",
    "repeat_rate",
    "rolling_attainment",
    "statement",
    "target_for",
    "verify",
    "wilson_interval",
]

# Rooms that a helpdesk asking for deadlines never enters: they are loaded when first asked for.
_LATE = {
    "attainments": (
        "Attainment", "AttainmentRow", "TicketRate", "TicketRateRow", "TimeSpread", "WilsonInterval", "attainment",
        "reopen_rate", "repeat_rate", "rolling_attainment", "wilson_interval",
    ),
    "availabilities": (
        "Availability", "ErrorRate", "ExcludedPart", "Exclusion", "Formula", "Outage", "Sample",
        "UnavailablePart", "availability", "availability_of_rates", "availability_of_samples", "formula_names",
        "load_formula",
    ),
    "comparison": (
        "ComparedClock", "ComparedReading", "ComparedSum", "Comparison", "Tally", "Unanswered", "compare", "target_for",
    ),
    "credits": (
        "AppliedCap", "CorrectedLine", "Correction", "CreditCap", "CreditClaim", "CreditMinimum", "CreditPerBreach",
        "CreditRule", "CreditSchedule", "CreditTier", "Fee", "Figure", "StatedFee", "Statement", "StatementLine",
        "Unused", "correction", "statement",
    ),
    "explanation": (
        "Explanation", "Segment", "SegmentPeriod", "SegmentSum", "explain", "explain_due", "explain_elapsed",
    ),
    "periods": ("Period",),
    "receipts": ("ChangedInput", "Difference", "Receipt", "Verification", "bundle", "receipt", "verify"),
}  # fmt: skip
_ROOMS = {name: room for room, names in _LATE.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in ("credits", "render"):
        return import_module(f".{name}", __name__)
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f".{_ROOMS[name]}", __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
