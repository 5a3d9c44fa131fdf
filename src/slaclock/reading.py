"""What evaluation answers: a Reading of each clock, and the Evaluation that holds a ticket's readings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import metadata
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from . import clock
from ._instant import from_us, to_us, transitions_digest, tzdata_version
from .agreements import Agreement
from .calendars import BusinessCalendar, Calendar
from .declarations import Declared
from .errors import ReadingError, near
from .events import Ticket
from .fold import Fold, State
from .history import Anomaly
from .index import Bound
from .policy import Kind, Policy
from .targets import Target

Judgement = Literal["met", "breached", "open", "not_judged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationReading:
    """One escalation of a clock: when it comes (None while a pause must end first), and whether it has come."""

    key: str
    at: datetime | None
    fired: bool
    receiver: Mapping[str, Any]
    objective: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A clock read at an instant (CLK-13).

    Instants are aware datetimes in the calendar's zone, amounts of time timedeltas, exact to the microsecond.
    ``elapsed``, ``remaining``, ``overrun``, ``budget`` and ``paused`` are working time on the calendar;
    ``wall_elapsed``, ``paused_wall`` and ``late_by`` are real time.

    ``due`` is the instant shown to people, ``breach_at`` the last instant at which the promise can still be kept; both
    are None while a pause must end first (``due_if_resumed`` answers then) and where there is no target.
    ``missed`` counts whole budgets overrun.  ``next_change`` is the next instant at which state, ticking, verdict or a
    fired flag changes by itself.  ``provisional`` says that a holiday table was used in a year for which it is not
    published yet.
    """

    ticket: str
    agreement: str | None
    objective: str
    metric: str
    cycle: int
    severity: str
    kind: Kind
    calendar: str
    state: State
    ticking: bool
    verdict: Judgement
    breached: bool
    rejudged: bool
    started_at: datetime
    stopped_at: datetime | None
    breached_at: datetime | None
    target: Target | None
    budget: timedelta | None
    elapsed: timedelta
    remaining: timedelta | None
    overrun: timedelta
    late_by: timedelta
    missed: int
    wall_elapsed: timedelta
    paused: timedelta
    paused_wall: timedelta
    due: datetime | None
    breach_at: datetime | None
    escalations: tuple[EscalationReading, ...]
    next_change: datetime | None
    provisional: bool
    as_of: datetime
    fold: Fold = field(repr=False, compare=False)
    """The plain record behind the numbers: the span, and the objective that judged it."""

    def _repr_html_(self) -> str:
        from . import render

        return render.html(self)

    def due_if_resumed(self, at: datetime) -> datetime | None:
        """When it would be due if the pause that stops the clock ended at an instant, and no other came.

        ``at`` is not before the reading's ``as_of``.  For a clock that is not paused it is ``due``.
        """
        if self.state != "paused":
            return self.due
        if to_us(at) < to_us(self.as_of):
            raise ReadingError(
                "the pause is still open as of the reading; resume it then or later", value=at, example="reading.as_of"
            )
        due = clock.due(self.fold.resumed(to_us(at)))
        return None if due is None else from_us(due, ZoneInfo(self.fold.calendar.timezone))

    def require_due(self) -> datetime:
        """``due``; raises ReadingError with the reason where there is none."""
        if self.due is not None:
            return self.due
        if self.target is None:
            why = "it has no target: it is measured and not judged"
        else:
            why = "it is paused, and due again when the pause ends; ask due_if_resumed(at)"
        raise ReadingError(f"{self.metric} of ticket {self.ticket!r} has no due instant: {why}",
                           value=self.objective, example="reading.due, which may be None")  # fmt: skip


Draft: Any = type("Draft", (), {"__slots__": Reading.__slots__, "__doc__": "A Reading being filled in."})
"""Handing 34 keywords to a frozen class costs as much as all the arithmetic of a reading: a draft has the same slots,
is filled in by plain assignment, and then becomes the Reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """By which code, rules and tables a result was made; with equal ones, the result is equal (R-6).

    ``calendars`` are digests by name: of all that the readings were counted on, or that were asked which objective
    holds.  ``transitions`` are digests of the zone transitions used, by zone.
    """

    library: str
    semantics: int
    policy: str
    calendars: Mapping[str, str]
    tzdata: str
    transitions: Mapping[str, str]
    holidays: str


class Asked(NamedTuple):
    """The question that an evaluation answers, besides its instant."""

    policy: Policy | Agreement
    ticket: Ticket
    roles: Mapping[str, str | Calendar] | None
    known_at: datetime | None
    strict: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The readings of one ticket at one instant, keyed by (metric, objective, cycle) (CLK-14)."""

    ticket: str
    agreement: str | None
    policy: str
    as_of: datetime
    readings: tuple[Reading, ...]
    anomalies: tuple[Anomaly, ...]
    bound: Bound = field(repr=False, compare=False)
    asked: Asked = field(repr=False, compare=False)

    def _repr_html_(self) -> str:
        from . import render

        return render.html(self)

    def __iter__(self) -> Iterator[Reading]:
        return iter(self.readings)

    def __len__(self) -> int:
        return len(self.readings)

    def __contains__(self, metric: object) -> bool:
        return any(reading.metric == metric for reading in self.readings)

    def __getitem__(self, key: str | tuple[str, str, int]) -> Reading:
        """The reading of a key; of a metric, the latest cycle of its commitment, or of its only objective.

        Raises ReadingError where there is none.
        """
        if isinstance(key, tuple):
            for reading in self.readings:
                if (reading.metric, reading.objective, reading.cycle) == key:
                    return reading
            raise ReadingError(
                f"ticket {self.ticket!r} has no reading {key!r}", value=key, example="result.all(metric)"
            )
        found = self.get(key)
        if found is None:
            raise ReadingError(self._why_none(key), value=key, example="result.get(metric), which may be None")
        return found

    def get(self, metric: str) -> Reading | None:
        """As ``[metric]``, None where there is no such reading."""
        readings = self.all(metric)
        commitments = [reading for reading in readings if reading.kind == "commitment"]
        return max(commitments or readings, key=lambda reading: reading.cycle, default=None)

    def all(self, metric: str) -> tuple[Reading, ...]:
        """All readings of a metric, by cycle."""
        return tuple(reading for reading in self.readings if reading.metric == metric)

    def _why_none(self, metric: str) -> str:
        timed = self.bound.index.timed
        if metric not in timed:
            return f"policy {self.policy!r} has no objective for {metric!r}{near(metric, timed)}"
        return f"{metric} of ticket {self.ticket!r} has not started, or no objective holds for it"

    @property
    def provenance(self) -> Provenance:
        """Versions and digests of all that the readings follow from, besides the ticket's events."""
        used, span = calendars_used(self), span_used(self)
        zones = {zone for calendar in used.values() for zone in _zones(calendar)}
        if used and isinstance(self.asked.policy, Agreement):
            zones.add(self.asked.policy.timezone)
        return Provenance(
            semantics=self.bound.index.policy.semantics,
            policy=digest_of(self.bound.index.policy),
            calendars={name: digest_of(used[name]) for name in sorted(used)},
            transitions={zone: transitions_digest(ZoneInfo(zone), *span) for zone in sorted(zones)},
            **versions(),
        )


DraftEvaluation: Any = type("DraftEvaluation", (), {"__slots__": Evaluation.__slots__, "__doc__": "As Draft."})


def calendars_used(result: Evaluation) -> dict[str, Calendar]:
    """The calendars, by name, that the readings were counted on, or that were asked which objective holds."""
    bound, used = result.bound, dict[str, Calendar]()
    for reading in result.readings:
        for calendar, _, objective, _ in reading.fold.legs:
            used[bound.calendar_name(objective)] = calendar
            for name in bound.index.asked[objective.severity, objective.metric, objective.kind]:
                used[name] = bound.calendars[name]
    return used


def span_used(result: Evaluation) -> tuple[int, int]:
    """The first and the last instant (UTC microseconds) that calendars and zones had a say in."""
    instants = [instant for reading in result.readings for instant in _instants(reading)]
    return min(instants, default=0), max(instants, default=0)


def _instants(reading: Reading) -> list[int]:
    """From the event that started the cycle to whatever the reading names.  A stopped clock no longer asks."""
    until = reading.as_of if reading.stopped_at is None else reading.stopped_at
    named = (reading.due, reading.breach_at, reading.next_change, *(told.at for told in reading.escalations))
    promised = reading.fold.promised  # a paused clock has a budget, though it is not due
    counted = [] if promised is None else [promised.due0]
    return [
        reading.fold.cycle.start, to_us(until), *counted, *(to_us(instant) for instant in named if instant is not None)
    ]  # fmt: skip


def _zones(calendar: Calendar) -> set[str]:
    if isinstance(calendar, BusinessCalendar):
        return {calendar.timezone}
    return {calendar.timezone}.union(*(_zones(part) for part in calendar._all()))


def versions() -> dict[str, str]:
    """The versions of the library and of the tables, as a Provenance names them."""
    return {"library": _version("slaclock"), "tzdata": tzdata_version(), "holidays": _version("holidays")}


@lru_cache(maxsize=8)
def _version(package: str) -> str:
    return metadata.version(package)


class _Itself:
    """A value as the key of a cache: by identity, since equal values need not have one digest (1 equals True)."""

    __slots__ = ("value",)

    def __init__(self, value: Declared) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and other.value is self.value


@lru_cache(maxsize=256)
def _digest(of: _Itself) -> str:
    return of.value.digest()


def digest_of(value: Declared) -> str:
    """``value.digest()``, worked out once for values in use."""
    return _digest(_Itself(value))
