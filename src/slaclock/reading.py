"""What evaluation answers: a Reading of each clock, and the Evaluation that holds a ticket's readings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import metadata
from typing import Any, Literal
from zoneinfo import ZoneInfo

from . import clock
from ._instant import from_us, to_us, transitions_digest, tzdata_version
from .calendars import BusinessCalendar, Calendar
from .errors import ReadingError, near
from .fold import Fold, State
from .history import Anomaly
from .index import Bound
from .policy import Kind
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

    ``calendars`` are digests by name, ``transitions`` digests of the zone transitions used, by zone.
    """

    library: str
    semantics: int
    policy: str
    calendars: Mapping[str, str]
    tzdata: str
    transitions: Mapping[str, str]
    holidays: str


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
        used = {reading.calendar: reading.fold.calendar for reading in self.readings}
        spans: dict[str, tuple[int, int]] = {}
        for reading in self.readings:
            for zone in _zones(reading.fold.calendar):
                first, last = spans.get(zone, (reading.fold.started, reading.fold.started))
                spans[zone] = (min(first, *_instants(reading)), max(last, *_instants(reading)))
        return Provenance(
            library=metadata.version("slaclock"),
            semantics=self.bound.index.policy.semantics,
            policy=self.bound.index.policy.digest(),
            calendars={name: calendar.digest() for name, calendar in sorted(used.items())},
            tzdata=tzdata_version(),
            transitions={zone: transitions_digest(ZoneInfo(zone), *spans[zone]) for zone in sorted(spans)},
            holidays=metadata.version("holidays"),
        )


def _instants(reading: Reading) -> list[int]:
    """The instants of a reading that its zone had a say in."""
    named = (reading.started_at, reading.stopped_at, reading.due, reading.breach_at, reading.as_of)
    return [to_us(instant) for instant in named if instant is not None]


def _zones(calendar: Calendar) -> set[str]:
    if isinstance(calendar, BusinessCalendar):
        return {calendar.timezone}
    return {calendar.timezone}.union(*(_zones(part) for part in calendar._all()))
