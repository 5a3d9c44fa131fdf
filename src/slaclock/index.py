"""What is looked up in a policy for every ticket: derived once, kept beside the value, never part of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from ._instant import from_us
from .calendars import BusinessCalendar, Calendar, CompositeCalendar
from .errors import (
    ConfigurationError,
    NoMatchError,
    UnboundRoleError,
    UnknownRoleError,
    UnknownSeverityError,
    near,
)
from .metrics import STANDARD, Metric
from .policy import Condition, Escalation, Objective, Policy
from .targets import trouble_counting

KINDS: tuple[Literal["commitment", "aim"], ...] = ("commitment", "aim")
ALL_REASONS = "*"


class Index:
    """Objectives by severity, metric and kind; escalations by objective; metrics in use; what each reason stops."""

    __slots__ = (
        "_bound",
        "_stops",
        "asked",
        "asks",
        "by_key",
        "escalations",
        "kinds",
        "metrics",
        "moved_by",
        "objectives",
        "policy",
        "reopening",
        "roles",
        "severities",
        "timed",
    )

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.severities = frozenset(severity.key for severity in policy.severities)
        self.by_key = {objective.key: objective for objective in policy.objectives}
        self.metrics: dict[str, Metric] = {**STANDARD, **policy.metrics}
        self.timed = self._timed()
        on_reopen = {name: self.metrics[name].on_reopen for name in self.timed}
        self.reopening = {n: policy.on_reopen if rule == "policy" else rule for n, rule in on_reopen.items()}
        self.moved_by = {
            name: {*self.metrics[name].starts, *self.metrics[name].stops, "reopened", "cancelled"}
            for name in self.timed
        }
        self.objectives: dict[tuple[str, str, str], tuple[Objective, ...]] = {}
        for objective in policy.objectives:
            place = (objective.severity, objective.metric, objective.kind)
            self.objectives[place] = (*self.objectives.get(place, ()), objective)
        # None for a metric that only another one waits for.
        self.kinds = {name: tuple(kind for kind in KINDS if self._has(name, kind)) for name in self.timed}
        self.escalations = {key: self._escalations(objective) for key, objective in self.by_key.items()}
        self.asked = {place: self._asked(held) for place, held in self.objectives.items()}
        self.asks = any(self.asked.values())
        self.roles = tuple(dict.fromkeys(name for name in self._places() if name in policy.roles))
        self._stops = {rule.reason: frozenset(rule.stops) for rule in policy.pauses}
        self._bound = Bound(self, dict(policy.calendars))

    @staticmethod
    def of(policy: Policy) -> Index:
        """The index of a policy, made when first asked for.  Two threads may make it twice; either will do."""
        if policy._kept is None:
            object.__setattr__(policy, "_kept", Index(policy))
        return policy._kept  # type: ignore[no-any-return]

    def __reduce__(self) -> tuple[Any, ...]:
        return Index.of, (self.policy,)

    @staticmethod
    def _asked(objectives: tuple[Objective, ...]) -> tuple[str, ...]:
        """The calendars and roles asked which of some objectives holds, and where its clock starts."""
        only = [objective.only.calendar for objective in objectives if objective.only]
        return (*only, *(objective.start.next_opening for objective in objectives if objective.start))

    def _has(self, metric: str, kind: str) -> bool:
        return any((severity, metric, kind) in self.objectives for severity in self.severities)

    def _timed(self) -> tuple[str, ...]:
        """The metrics that have an objective, each after the one it waits for."""
        ordered: dict[str, None] = {}

        def add(name: str, above: tuple[str, ...] = ()) -> None:
            if self.metrics[name].after and name not in above:
                add(self.metrics[name].after, (*above, name))
            ordered.setdefault(name)

        for objective in self.policy.objectives:
            add(objective.metric)
        return tuple(ordered)

    def _escalations(self, objective: Objective) -> tuple[tuple[Escalation, int | None], ...]:
        """The escalations of an objective, each with the working time that its instant names, if it names one."""
        return tuple(
            (escalation, escalation.amount())
            for escalation in self.policy.escalations
            if escalation.metric == objective.metric
            and (not escalation.severities or objective.severity in escalation.severities)
        )

    def _places(self) -> list[str]:
        """The calendars and roles that objectives name."""
        names: list[str] = []
        for objective in self.policy.objectives:
            names += [objective.calendar or self.policy.calendar, *self._asked((objective,))]
        return names

    def stops(self, reason: str, metric: str) -> bool:
        """Whether an open pause of a reason stops a metric (POL-7)."""
        ruled = self._stops.get(reason, self._stops.get(ALL_REASONS))
        if ruled is not None:
            return metric in ruled
        paused_by = self.metrics[metric].paused_by
        return paused_by == "any" or (paused_by != "none" and reason in paused_by)

    def chosen_set(self, attributes: Mapping[str, Any]) -> str | None:
        """The set of objectives that the first matching rule chooses; ``""`` without rules, None without a match."""
        if not self.policy.rules:
            return ""
        return next((rule.use for rule in self.policy.rules if rule.matches(attributes)), None)

    def check_severity(self, severity: str, where: str = "") -> None:
        """Raise UnknownSeverityError for a severity that the policy does not define."""
        if severity not in self.severities:
            raise UnknownSeverityError(
                f"{where}policy {self.policy.name!r} has no severity {severity!r}{near(severity, self.severities)}",
                value=severity, example=self.policy.severities[0].key,
            )  # fmt: skip

    def no_match(self, attributes: Mapping[str, Any]) -> NoMatchError:
        """The error for a ticket that no selection rule matches at its opening."""
        return NoMatchError(
            f"no rule of policy {self.policy.name!r} matches the attributes {dict(attributes)!r}",
            path="rules", value=dict(attributes), example="a last rule with when = {}",
        )  # fmt: skip

    def bind(self, roles: Mapping[str, str | Calendar] | None) -> Bound:
        """The policy with its roles bound to calendars (POL-5)."""
        if not self.roles and not roles:
            return self._bound
        if roles is not None and not isinstance(roles, Mapping):
            raise UnknownRoleError(
                f"roles are a mapping of role to calendar, not {roles!r}",
                path="roles", value=roles, example='{"service_hours": "UK"}',
            )  # fmt: skip
        calendars: dict[str, Calendar] = dict(self.policy.calendars)
        for name in roles or {}:
            if name not in self.policy.roles:
                raise UnknownRoleError(
                    f"policy {self.policy.name!r} has no role {name!r}{near(name, self.policy.roles)}",
                    path=f"roles.{name}", value=name, example=next(iter(self.policy.roles), ""),
                )  # fmt: skip
        for name in self.roles:
            calendars[name] = self._role_calendar(name, (roles or {}).get(name))
        return Bound(self, calendars)

    def _role_calendar(self, name: str, given: str | Calendar | None) -> Calendar:
        role = self.policy.roles[name]
        choices = role.one_of or tuple(self.policy.calendars)
        if isinstance(given, (BusinessCalendar, CompositeCalendar)):
            self._check_bound(name, given)
            return given
        chosen = given or role.default
        if not chosen:
            raise UnboundRoleError(
                f"role {name!r} of policy {self.policy.name!r} is not bound to a calendar{near('', choices)}",
                path=f"roles.{name}", value=None, example=f'roles={{"{name}": "{choices[0] if choices else "..."}"}}',
            )  # fmt: skip
        if chosen not in choices:
            raise UnknownRoleError(
                f"role {name!r} cannot be bound to {chosen!r}{near(chosen, choices)}",
                path=f"roles.{name}", value=chosen, example=choices[0] if choices else "a BusinessCalendar",
            )  # fmt: skip
        return self.policy.calendars[chosen]

    def _check_bound(self, name: str, calendar: Calendar) -> None:
        """A calendar from outside the policy has not met its targets yet."""
        problems = [
            replace(trouble, message=f"objective {objective.key!r}: {trouble.message}")
            for objective in self.policy.objectives
            if (objective.calendar or self.policy.calendar) == name and objective.within is not None
            and (trouble := trouble_counting(f"roles.{name}", objective.within, calendar))
        ]  # fmt: skip
        if problems:
            raise ConfigurationError(problems)


class Bound:
    """A policy whose roles are bound: every name of a calendar stands for one."""

    __slots__ = ("calendars", "index")

    def __init__(self, index: Index, calendars: dict[str, Calendar]) -> None:
        self.index, self.calendars = index, calendars

    def calendar(self, objective: Objective) -> Calendar:
        """The calendar on which an objective is counted."""
        return self.calendars[self.calendar_name(objective)]

    def calendar_name(self, objective: Objective) -> str:
        """Its name: a calendar's or a role's."""
        return objective.calendar or self.index.policy.calendar

    def select(self, severity: str, metric: str, kind: str, chosen: str | None, at: int) -> Objective | None:
        """The first objective that holds for a cycle begun at an instant (POL-4, POL-6)."""
        if chosen is None:
            return None
        for objective in self.index.objectives.get((severity, metric, kind), ()):
            if objective.set in ("", chosen) and (objective.only is None or self._holds(objective.only, at)):
                return objective
        return None

    def _holds(self, only: Condition, at: int) -> bool:
        return only.holds(self.calendars[only.calendar], at)

    def is_provisional(self, objective: Objective, began: int) -> bool:
        """Whether it was chosen by a calendar that does not know yet what the year of its cycle's start will bring."""
        names = self.index.asked[objective.severity, objective.metric, objective.kind]
        return bool(names) and any(_is_provisional(self.calendars[name], began) for name in names)

    def start(self, objective: Objective, at: int) -> int:
        """Where the clock of a cycle begun at an instant starts: there, or at the next opening the objective names."""
        if objective.start is None:
            return at
        open_ = self.calendars[objective.start.next_opening]._kept.open
        if open_.at(at).is_open(at):
            return at
        opening = open_.next_open(at)
        if opening is None:
            raise open_.never(at)
        return opening


def _is_provisional(calendar: Calendar, t: int) -> bool:
    year = from_us(t, calendar._kept.zone).year
    return calendar.is_provisional(year, year)
