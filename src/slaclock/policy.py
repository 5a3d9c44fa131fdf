"""Policies as data: severities, objectives, pause rules, escalations, selection rules, calendars and roles.

A policy is read from TOML or JSON, validated once and as a whole, and never changes.  What is derived from it for
evaluation (objectives by severity and metric, escalations by objective) is kept beside the value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import InitErrorDetails

from .calendars import Calendar, CalendarField
from .declarations import Declared, FreeData, FrozenMap, declared, fault
from .durations import format_duration, parse_duration
from .errors import DurationError, Problem, near
from .hours import TimeOfDay, format_time, parse_time
from .metrics import STANDARD, Metric, MetricsField, OnChange, OnReopen
from .references import counting_problems, reference_problems
from .targets import Target, TargetField

Kind = Literal["commitment", "aim"]
Verdict = Literal["elapsed", "due"]
DEFAULT_SET = ""


# -- small values ------------------------------------------------------------------------------------------


def _percent(value: Any) -> Decimal:
    text = value.strip().removesuffix("%") if isinstance(value, str) else value
    try:
        share = Decimal(text) if isinstance(text, (str, int, Decimal)) and not isinstance(text, bool) else None
    except InvalidOperation:
        share = None
    if share is None or not 0 < share <= 100:
        raise fault("percent", f"not a percentage above 0 and up to 100: {value!r}", '"99.2%"')
    return share


def _cutoff(value: Any) -> TimeOfDay:
    if isinstance(value, TimeOfDay):
        return value
    seconds = parse_time(value) if isinstance(value, str) else None
    if seconds is None:
        raise fault("time_of_day", f"not a time of day: {value!r}; write it in quotes", '"15:00"')
    return TimeOfDay(seconds)


_Percent = Annotated[
    Decimal,
    PlainValidator(_percent),
    PlainSerializer(lambda share: f"{share}%"),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?%$", "examples": ["99.2%"]}),
]
_TimeOfDay = Annotated[
    TimeOfDay,
    PlainValidator(_cutoff),
    PlainSerializer(format_time),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,2}:\d{2}(:\d{2})?$", "examples": ["15:00"]}),
]
_Labels = Annotated[dict[str, str], AfterValidator(FrozenMap)]


@declared
class Severity(Declared):
    """How grave a ticket is (or its priority): a key, a rank (1 is the gravest), labels by language, a definition."""

    key: str = Field(min_length=1, examples=["P1"])
    rank: int = Field(default=0, ge=0)
    labels: _Labels = Field(default_factory=FrozenMap)
    definition: str = ""

    def label(self, language: str = "en") -> str:
        """The label in a language; the key where there is none."""
        return str(self.labels.get(language, self.key))


@declared
class Role(Declared):
    """A name that objectives use in place of a calendar, and that an agreement or ``roles=`` binds to one."""

    default: str = ""
    one_of: tuple[str, ...] = ()
    description: str = ""


@declared
class Condition(Declared):
    """When an objective holds, asked at the event that starts the cycle; exactly one field is given (POL-4)."""

    in_hours: str = ""
    out_of_hours: str = ""
    working_day: str = ""
    non_working_day: str = ""

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        if len(list(self._given())) != 1:
            raise fault("condition", "name exactly one of in_hours, out_of_hours, working_day, non_working_day",
                        '{ working_day = "china" }')  # fmt: skip

    def _given(self) -> Iterator[tuple[str, str]]:
        names = ("in_hours", "out_of_hours", "working_day", "non_working_day")
        return ((name, getattr(self, name)) for name in names if getattr(self, name))

    @property
    def calendar(self) -> str:
        """The calendar or role asked."""
        return next(self._given())[1]

    def holds(self, calendar: Calendar, t: int) -> bool:
        """Whether it holds at an instant."""
        if self.in_hours or self.out_of_hours:
            return calendar._kept.open.at(t).is_open(t) == bool(self.in_hours)
        days = calendar._days()
        ordinal = days.local(t)
        return days.of(ordinal).is_working(ordinal) == bool(self.working_day)


@declared
class Start(Declared):
    """Where a clock starts when not at its event: at the next opening of a calendar or role."""

    next_opening: str = Field(min_length=1, examples=["support"])


def _target_key(objective: Objective) -> str:
    return f"{objective.severity}/{objective.metric}" + ("/aim" if objective.kind == "aim" else "")


@declared
class Objective(Declared):
    """Severity x metric -> target on a calendar.

    Without ``within`` it is measured and not judged.  ``only`` limits it to some hours or days; ``set`` to tickets for
    which a selection rule chose that set.  ``attainment`` is the share of tickets promised to be met.
    """

    key: str = ""
    severity: str = Field(examples=["P1"])
    metric: str = Field(examples=["first_response"])
    within: TargetField | None = Field(default=None, examples=["4h"])
    cutoff: _TimeOfDay | None = Field(default=None, examples=["15:00"])
    calendar: str = ""
    kind: Kind = "commitment"
    verdict: Verdict | None = Field(default=None, examples=["elapsed"])
    only: Condition | None = None
    start: Start | None = None
    attainment: _Percent | None = Field(default=None, examples=["99.2%"])
    set: str = DEFAULT_SET
    description: str = ""

    if TYPE_CHECKING:  # what a person may write; the fields above are what it becomes

        def __init__(
            self,
            *,
            key: str = "",
            severity: str,
            metric: str,
            within: str | timedelta | Target | None = None,
            cutoff: str | None = None,
            calendar: str = "",
            kind: Kind = "commitment",
            verdict: Verdict | None = None,
            only: Condition | Mapping[str, str] | None = None,
            start: Start | Mapping[str, str] | None = None,
            attainment: str | Decimal | None = None,
            set: str = "",  # noqa: A002 - the word of the files
            description: str = "",
        ) -> None: ...

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        if self.cutoff is not None and (self.within is None or not self.within.named):
            raise fault("cutoff", "a cut-off belongs to a target with 'by'",
                        'within = "next business day by 16:00", cutoff = "15:00"')  # fmt: skip
        if self.verdict == "elapsed" and self.within is not None and self.within.named:
            raise fault("verdict", f'"{self.within}" names an instant, and is judged by it', 'verdict = "due"')


@declared
class PauseRule(Declared):
    """Which metrics a reason stops; the reason ``"*"`` stands for all that no other rule names (POL-7)."""

    reason: str = Field(min_length=1, examples=["customer"])
    stops: tuple[str, ...] = ()


# -- escalations -------------------------------------------------------------------------------------------

_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*%")


def _escalation_instant(value: Any) -> str:
    example = '"75%", "2h", "-1h", "due", "+30m" or "breach"'
    if value in ("due", "breach"):
        return str(value)
    if isinstance(value, str) and (share := _SHARE.fullmatch(value.strip())):
        return f"{Decimal(share[1])}%"
    try:
        text = value.strip() if isinstance(value, str) else value
        sign = "+" if isinstance(text, str) and text.startswith("+") else ""
        us = parse_duration(text.removeprefix("+") if isinstance(text, str) else text)
    except DurationError as error:
        raise fault(error.code, error.message, example) from None
    if sign and us < 0:
        raise fault("duration", f"not an instant of an escalation: {value!r}", example)
    return sign + format_duration(us)


@declared
class Escalation(Declared):
    """A warning or escalation of a metric: its instant ``at``, and who receives it (POL-8).

    ``at``: a share of the budget ``"75%"``; ``"2h"`` of working time after the start; ``"-1h"`` before the budget is
    used; ``"due"``; ``"+30m"`` of working time after due; ``"breach"``.  ``severities`` empty means all.
    """

    key: str = Field(min_length=1, examples=["l2"])
    metric: str = Field(examples=["resolution"])
    at: Annotated[str, PlainValidator(_escalation_instant), WithJsonSchema({"type": "string"})] = Field(
        examples=["75%"]
    )
    severities: tuple[str, ...] = ()
    receiver: FreeData = Field(default_factory=FrozenMap)
    description: str = ""

    def amount(self) -> int | None:
        """The working time in ``at`` (microseconds; negative before the budget is used), if it names one."""
        if self.at in ("due", "breach") or self.at.endswith("%"):
            return None
        return parse_duration(self.at.removeprefix("+"))

    def share(self) -> Fraction | None:
        """The share of the budget, if that is what ``at`` says."""
        return Fraction(self.at.removesuffix("%")) / 100 if self.at.endswith("%") else None


# -- selection ---------------------------------------------------------------------------------------------


def _match_values(value: Any) -> Any:
    values = value if isinstance(value, (list, tuple)) else (value,)
    for item in values:
        if not isinstance(item, (str, int, bool)):
            raise fault("match", f"an attribute is text, an integer or a boolean, not {item!r}", '{ plan = "gold" }')
    return tuple(values) if isinstance(value, (list, tuple)) else value


@declared
class Rule(Declared):
    """Chooses the objectives of set ``use`` for tickets whose attributes are as in ``when`` (a list: any of them)."""

    when: Annotated[dict[str, Annotated[Any, PlainValidator(_match_values)]], AfterValidator(FrozenMap)] = Field(
        default_factory=FrozenMap, examples=['{ plan = "gold" }']
    )
    use: str = Field(examples=["gold"])

    def matches(self, attributes: Mapping[str, Any]) -> bool:
        """Whether all attributes named are there and as wanted; 1 and true are different things."""
        return all(key in attributes and _is_among(attributes[key], wanted) for key, wanted in self.when.items())


def _is_among(value: Any, wanted: Any) -> bool:
    values = wanted if isinstance(wanted, tuple) else (wanted,)
    return any(type(value) is type(item) and value == item for item in values)


# -- the policy --------------------------------------------------------------------------------------------


def _ranked(severities: tuple[Severity, ...]) -> tuple[Severity, ...]:
    """In order of rank; those without one have the rank of their place."""
    ranked = [s if s.rank else s.replace(rank=i) for i, s in enumerate(severities, 1)]
    if len({severity.rank for severity in ranked}) < len(ranked):
        raise fault("rank", "two severities have one rank", '[{ key = "P1", rank = 1 }, { key = "P2", rank = 2 }]')
    return tuple(sorted(ranked, key=lambda severity: severity.rank))


def _keyed(objectives: tuple[Objective, ...]) -> tuple[Objective, ...]:
    """Each objective with a key of its own: the one given, else severity/metric, numbered where it repeats."""
    taken = {objective.key for objective in objectives if objective.key}
    keyed = []
    for objective in objectives:
        key, number = objective.key or _target_key(objective), 1
        while not objective.key and key in taken:
            number += 1
            key = f"{_target_key(objective)}#{number}"
        taken.add(key)
        keyed.append(objective if objective.key else objective.replace(key=key))
    return tuple(keyed)


def _named_parts(value: Any) -> Any:
    """Composites may name other calendars of the file as their parts and days."""
    return _Named(value).resolved() if isinstance(value, Mapping) else value


class _Named:
    """Replaces names in composites by the calendars they stand for."""

    def __init__(self, calendars: Mapping[str, Any]) -> None:
        self._calendars = calendars

    def resolved(self) -> dict[str, Any]:
        return {name: self._calendar(calendar, (name,), (name,)) for name, calendar in self._calendars.items()}

    def _fault(self, where: tuple[str | int, ...], value: str, code: str, message: str) -> ValidationError:
        line = InitErrorDetails(type=fault(code, message, repr(min(self._calendars))), loc=where, input=value)
        return ValidationError.from_exception_data("calendars", [line])

    def _calendar(self, value: Any, path: tuple[str, ...], where: tuple[str | int, ...]) -> Any:
        if isinstance(value, str):
            if value in path:
                chain = " -> ".join((*path, value))
                raise self._fault(where, value, "cycle", f"calendar {value!r} is made of itself: {chain}")
            if value not in self._calendars:
                message = f"no calendar {value!r}{near(value, self._calendars)}"
                raise self._fault(where, value, "unknown_calendar", message)
            return self._calendar(self._calendars[value], (*path, value), where)
        if not isinstance(value, Mapping) or "op" not in value:
            return value
        made = dict(value)
        if isinstance(value.get("parts"), (list, tuple)):
            parts = enumerate(value["parts"])
            made["parts"] = [self._calendar(part, path, (*where, "parts", i)) for i, part in parts]
        if "days" in value:
            made["days"] = self._calendar(value["days"], path, (*where, "days"))
        return made


@declared
class Policy(Declared):
    """What is promised: severities x metrics -> objectives, with the rules that say how they are judged.

    Raises ConfigurationError with all problems of the document at once.

    >>> from slaclock import Policy
    >>> policy = Policy.from_toml('''
    ... schema = 1
    ... semantics = 1
    ... name = "example"
    ... calendar = "desk"
    ... severities = [{ key = "P1" }]
    ... objectives = [{ severity = "P1", metric = "first_response", within = "45m" }]
    ... [calendars.desk]
    ... timezone = "Europe/London"
    ... hours = { mon-fri = ["09:00-17:00"] }
    ... ''')
    >>> policy.objectives[0].key
    'P1/first_response'
    """

    _stamps: ClassVar[Mapping[str, int]] = {"schema": 1, "semantics": 1}

    schema: Literal[1] = 1
    semantics: Literal[1] = 1
    name: str = Field(min_length=1, examples=["acme-gold"])
    title: str = ""
    description: str = ""
    source: str = ""
    calendar: str = ""
    verdict: Verdict = "elapsed"
    on_change: OnChange = "carry"
    on_reopen: OnReopen = "resume"
    severities: Annotated[tuple[Severity, ...], AfterValidator(_ranked)] = Field(
        min_length=1, examples=['[{ key = "P1" }]']
    )
    calendars: Annotated[dict[str, CalendarField], BeforeValidator(_named_parts), AfterValidator(FrozenMap)] = Field(
        default_factory=FrozenMap
    )
    roles: Annotated[dict[str, Role], AfterValidator(FrozenMap)] = Field(default_factory=FrozenMap)
    metrics: MetricsField = Field(default_factory=FrozenMap)
    objectives: Annotated[tuple[Objective, ...], AfterValidator(_keyed)] = ()
    pauses: tuple[PauseRule, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    rules: tuple[Rule, ...] = ()
    notes: FreeData = Field(default_factory=FrozenMap)

    if TYPE_CHECKING:  # what a person may write; the fields above are what it becomes

        def __init__(
            self,
            *,
            schema: Literal[1] = 1,
            semantics: Literal[1] = 1,
            name: str,
            title: str = "",
            description: str = "",
            source: str = "",
            calendar: str = "",
            verdict: Verdict = "elapsed",
            on_change: OnChange = "carry",
            on_reopen: OnReopen = "resume",
            severities: Sequence[Severity | Mapping[str, Any]],
            calendars: Mapping[str, Calendar | Mapping[str, Any]] = ...,
            roles: Mapping[str, Role | Mapping[str, Any]] = ...,
            metrics: Mapping[str, Metric | Mapping[str, Any]] = ...,
            objectives: Sequence[Objective | Mapping[str, Any]] = (),
            pauses: Sequence[PauseRule | Mapping[str, Any]] = (),
            escalations: Sequence[Escalation | Mapping[str, Any]] = (),
            rules: Sequence[Rule | Mapping[str, Any]] = (),
            notes: Mapping[str, Any] = ...,
        ) -> None: ...

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        data = {name: getattr(self, name) for name in self.__slots__}
        problems = [*reference_problems(data), *counting_problems(data)]
        if problems:
            raise ValidationError.from_exception_data("Policy", [_line(problem) for problem in problems])

    @classmethod
    def _references(cls, data: Mapping[str, Any]) -> list[Problem]:
        return list(reference_problems(data))

    @classmethod
    def _widened(cls, definitions: dict[str, Any]) -> None:
        widen_for_files(definitions)

    def objective(self, key: str) -> Objective:
        """The objective of a key; raises KeyError where there is none."""
        return {objective.key: objective for objective in self.objectives}[key]

    def metric(self, name: str) -> Metric:
        """A metric of the policy, or a standard one; raises KeyError where there is none."""
        return {**STANDARD, **self.metrics}[name]


def widen_for_files(definitions: dict[str, Any]) -> None:
    """What a policy's document may say beyond its parts: names of its calendars, and standard metrics in part."""
    definitions.get("Metric", {}).pop("required", None)
    composite = definitions.get("CompositeCalendar")
    if composite is not None:
        name = {"type": "string", "description": "the name of another calendar of the policy"}
        parts, days = composite["properties"]["parts"], composite["properties"]["days"]
        parts["items"] = {"anyOf": [parts["items"], name]}
        days["anyOf"] = [*days["anyOf"], name]


def _line(problem: Problem) -> InitErrorDetails:
    loc = tuple(int(part) if part.isdigit() else part for part in re.split(r"[.\[\]]+", problem.path.rstrip("]")))
    return InitErrorDetails(type=fault(problem.code, problem.message, problem.example), loc=loc, input=problem.value)
