"""Why: a span of real time cut into segments, each counted or not, with its reason.

The lengths of the segments add up to the real time between the two ends, what is counted in them to the elapsed
working time: to the microsecond, whatever happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Literal, NamedTuple, overload
from zoneinfo import ZoneInfo

from ._instant import MICROSECOND, SECOND, from_us, ordinal_wall, place, to_us, to_wall, wall_ordinal
from .calendars import Calendar
from .durations import format_duration, parse_duration
from .reading import Evaluation, Reading

SegmentKind = Literal[
    "counted",
    "outside_hours",
    "weekend",
    "holiday",
    "special_day",
    "closure",
    "paused",
    "stopped",
    "before_start",
    "revision",
    "clock_change",
    "change",
]
Unit = Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of real time, and why it counts or not.

    ``kind`` is ``counted``; ``outside_hours``, ``weekend`` (a date without weekly hours), ``holiday``, ``special_day``,
    ``closure``: the calendar is closed; ``paused``, ``stopped`` (resolved, before it was reopened), ``before_start``;
    or a mark, which has no length: ``revision`` (other weekly hours from here on), ``clock_change``, ``change`` (of
    severity or objective).

    ``about`` is what the kind alone does not say: the holiday's, special day's or closure's name, the reasons of a
    pause, ``"P2 -> P1"``.  ``site`` is the part of a composite calendar whose hours count (or are over), ``calendar``
    the name of the calendar in the policy.  ``counted`` is working time; a change that carries less than was used takes
    the difference back, as a negative amount.  ``open`` is the calendar's working time in the segment, counted or not:
    in a pause, what the pause took out.  ``amount`` is by how much the clocks were changed.
    """

    start: datetime
    end: datetime
    kind: SegmentKind
    about: str
    site: str
    calendar: str
    counted: timedelta
    open: timedelta
    amount: timedelta

    @property
    def length(self) -> timedelta:
        """Real time from ``start`` to ``end``."""
        return (to_us(self.end) - to_us(self.start)) * MICROSECOND

    @property
    def name(self) -> str:
        """The reason in English: ``"Spring Bank Holiday"``, ``"paused: customer"``, ``"clocks went forward 1 h"``."""
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """All segments of one kind and name together."""

    kind: SegmentKind
    about: str
    site: str
    length: timedelta
    counted: timedelta
    open: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A local day, week (from Monday) or month of an explanation, cut at the explanation's ends, with its sums."""

    start: datetime
    end: datetime
    length: timedelta
    counted: timedelta
    sums: tuple[Sum, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A span of real time explained: ``segments`` in order, without gaps.

    ``wall`` is the sum of the segments' lengths, ``elapsed`` of what is counted in them (its negative where a question
    ran backwards).  ``ahead`` are the segments from ``end`` to ``due`` of a clock that still runs, as things stand.
    ``reading`` is None where a calendar was asked alone.
    """

    question: Literal["reading", "due", "elapsed"]
    start: datetime
    end: datetime
    wall: timedelta
    elapsed: timedelta
    due: datetime | None
    calendar: Calendar = field(repr=False)
    reading: Reading | None = field(repr=False)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments from ``start`` to ``end``."""
        return ()

    @property
    def ahead(self) -> tuple[Segment, ...]:
        """The segments from ``end`` to ``due`` of a clock that still runs, as if nothing more happened."""
        return ()

    @property
    def sums(self) -> tuple[Sum, ...]:
        """The segments added up by kind and name, the counted first."""
        return ()

    def fold(self, by: Unit) -> tuple[Period, ...]:
        """The segments added up by local day, week or month; nothing is lost of the sums."""
        return ()

    def to_dict(self, by: Unit | None = None) -> dict[str, Any]:
        """Plain data (what JSON can say)."""
        return {}


@overload
def explain(result: Reading) -> Explanation: ...
@overload
def explain(result: Evaluation) -> tuple[Explanation, ...]: ...
def explain(result: Reading | Evaluation) -> Explanation | tuple[Explanation, ...]:
    """Why a reading says what it says; of an evaluation, all its readings."""
    raise NotImplementedError


def explain_due(calendar: Calendar, start: datetime, within: str | timedelta) -> Explanation:
    """Why ``calendar.due(start, within)`` is what it is."""
    raise NotImplementedError


def explain_elapsed(calendar: Calendar, start: datetime, end: datetime) -> Explanation:
    """Why ``calendar.elapsed(start, end)`` is what it is."""
    raise NotImplementedError
