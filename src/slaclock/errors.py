"""Everything slaclock raises or warns with.

Every error has a ``code`` (stable, for programs), and, where they apply, the ``path`` of the offending
item in a declaration, its ``value``, and an ``example`` of something valid.  The root is *not* a
``ValueError``: pydantic would swallow a ``ValueError`` raised while a declaration is being validated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, ClassVar

__all__ = [
    "AttainmentError",
    "AvailabilityError",
    "CalendarError",
    "CompositeDayError",
    "ConfigurationError",
    "CreditError",
    "DurationError",
    "HistoryError",
    "HorizonError",
    "InstantError",
    "NoMatchError",
    "NoServiceTimeError",
    "NoWorkingTimeError",
    "NotInForceError",
    "PeriodError",
    "PlotError",
    "PolicyError",
    "Problem",
    "ReadingError",
    "ReceiptError",
    "RenderError",
    "RoleError",
    "RowProblem",
    "RowsError",
    "SlaclockError",
    "UnboundRoleError",
    "UnknownContractError",
    "UnknownLanguageError",
    "UnknownRoleError",
    "UnknownScheduleError",
    "UnknownSeverityError",
]


class SlaclockError(Exception):
    """Root of all errors raised by slaclock."""

    code: ClassVar[str] = "slaclock"

    def __init__(self, message: str, *, path: str = "", value: object = None, example: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.value = value
        self.example = example

    def __str__(self) -> str:
        lead = f"{self.path}: " if self.path else ""
        tail = f" (for example: {self.example})" if self.example else ""
        return f"{lead}{self.message}{tail}"


class InstantError(SlaclockError):
    """A datetime that names no instant: naive, ``NaT``, finer than a microsecond, or no datetime at all."""

    code = "instant"


class DurationError(SlaclockError):
    """A working time that cannot be read, or that means different things to different people (``"1d"``)."""

    code = "duration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in a declaration: where, what, and what would have been right."""

    path: str
    value: Any
    code: str
    message: str
    example: str = ""

    def __str__(self) -> str:
        lead = f"{self.path}: " if self.path else ""
        tail = f" (for example: {self.example})" if self.example else ""
        return f"{lead}{self.message}{tail}"


class ConfigurationError(SlaclockError):
    """A declaration (calendar, policy, agreement, ticket) that cannot stand.

    All problems found are in ``problems``, in the order of the declaration.
    """

    code = "configuration"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        first = self.problems[0]
        super().__init__("\n".join(map(str, self.problems)), path=first.path, value=first.value, example=first.example)

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return self.message
        return f"{len(self.problems)} problems:\n" + "\n".join(f"- {p}" for p in self.problems)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.problems,)


class CalendarError(SlaclockError):
    """A question that a calendar cannot answer."""

    code = "calendar"


class NoWorkingTimeError(CalendarError):
    """The calendar never opens in the direction asked, within the years it supports."""

    code = "no_working_time"


class HorizonError(CalendarError):
    """The question or its answer lies outside the years that the calendar supports."""

    code = "horizon"


class CompositeDayError(CalendarError):
    """A composite calendar has no days of its own; declare ``days=`` to say whose dates count."""

    code = "composite_day"


class PolicyError(SlaclockError):
    """A policy that cannot be applied to a ticket."""

    code = "policy"


class UnknownSeverityError(PolicyError):
    """The ticket has a severity that the policy does not define."""

    code = "unknown_severity"


class NoMatchError(PolicyError):
    """No selection rule of the policy matches the ticket at its opening."""

    code = "no_match"


class RoleError(PolicyError):
    """A calendar role cannot be bound."""

    code = "role"


class UnknownRoleError(RoleError):
    """A role, or the calendar bound to one, is not known to the policy."""

    code = "unknown_role"


class UnboundRoleError(RoleError):
    """An objective needs a role that nobody bound and that has no default."""

    code = "unbound_role"


class NotInForceError(PolicyError):
    """No version of the agreement was in force when the ticket was opened."""

    code = "not_in_force"


class UnknownContractError(PolicyError):
    """There is no ready-made contract of this name."""

    code = "unknown_contract"

    def __init__(self, name: str, names: Sequence[str]) -> None:
        super().__init__(f"no ready-made contract {name!r}{near(name, names)}", value=name, example=names[0])
        self.names = tuple(names)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.value, self.names)


class HistoryError(SlaclockError):
    """The events of a ticket contradict each other."""

    code = "history"

    def __init__(self, message: str, *, event: Any = None) -> None:
        super().__init__(message, value=event, example="strict=False lists it among the anomalies")
        self.event = event


class ReadingError(SlaclockError):
    """A reading that does not exist, or an instant that it does not have."""

    code = "reading"


class ReceiptError(SlaclockError):
    """A receipt that cannot be read: no JSON, no receipt, or of a format that this release does not know."""

    code = "receipt"


class RenderError(SlaclockError):
    """A value that cannot be shown in the way asked for, or an option that it does not have."""

    code = "render"


class UnknownLanguageError(RenderError):
    """There is no catalogue of strings for this language."""

    code = "unknown_language"


class AttainmentError(SlaclockError):
    """Clocks or tickets that cannot be counted as asked: by a name that nothing has, in no period, by no known rule."""

    code = "attainment"


class PeriodError(SlaclockError):
    """A period that cannot be read, or that has no length."""

    code = "period"


class AvailabilityError(SlaclockError):
    """A question about availability that cannot be asked so: a formula that does not fit what was measured."""

    code = "availability"


class NoServiceTimeError(AvailabilityError):
    """The period has no service time, so that its availability is undefined."""

    code = "no_service_time"


class PlotError(SlaclockError):
    """A picture that cannot be drawn from what was given."""

    code = "plot"


class CreditError(SlaclockError):
    """What was given to a statement of credits cannot be billed: an amount, a figure, a fee, a reading, a receipt."""

    code = "credit"


class UnknownScheduleError(CreditError):
    """There is no ready-made credit schedule of this name."""

    code = "unknown_schedule"

    def __init__(self, name: str, names: Sequence[str]) -> None:
        super().__init__(f"no ready-made credit schedule {name!r}{near(name, names)}", value=name, example=names[0])
        self.names = tuple(names)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.value, self.names)


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with one row of a table: its number (from 0), the code of the error, and a sentence."""

    row: int
    code: str
    message: str

    def __str__(self) -> str:
        return f"row {self.row}: {self.message}"


class RowsError(SlaclockError):
    """Some rows of a table cannot be answered.  ``problems`` holds the first of them, ``count`` says how many."""

    code = "rows"

    def __init__(self, problems: Sequence[RowProblem], count: int, rows: int) -> None:
        listed = "".join(f"\n  {problem}" for problem in problems)
        more = f"\n  ... and {count - len(problems)} more" if count > len(problems) else ""
        super().__init__(f"{count} of {rows} rows cannot be answered:{listed}{more}")
        self.problems = tuple(problems)
        self.count = count
        self.rows = rows

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.problems, self.count, self.rows)


def near(name: object, known: Iterable[str]) -> str:
    """``"; did you mean 'x'?"`` for the known names closest to ``name``, or the known names if few."""
    names = sorted(map(str, known))
    close = get_close_matches(str(name), names, n=3, cutoff=0.6)
    if close:
        return "; did you mean " + " or ".join(map(repr, close)) + "?"
    return "; known: " + ", ".join(map(repr, names)) if 0 < len(names) <= 12 else ""
