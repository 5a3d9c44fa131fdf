"""Targets: how long a promise may take, and the due instant and budget that follow from it (R-4).

A target is a working time (``"4h"``), a number of business days (``"2 business days"``), or a named instant
(``"next business day by 16:00"``).  Whatever it is, it becomes a budget of working time on one calendar, fixed
when the clock starts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, NamedTuple

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from .calendars import BusinessCalendar, Calendar, CompositeCalendar
from .clock import FOREVER
from .declarations import fault_from
from .durations import format_duration, parse_duration
from .errors import CompositeDayError, DurationError, Problem
from .hours import format_time, parse_time
from .intervals import Interval
from .years import WorkingDays

_DAYS = re.compile(r"(\d+|next|same) business days?(?: by (close|\d\d?:\d\d(?::\d\d)?))?", re.IGNORECASE)
_EXAMPLES = '"4h", "2 business days", "next business day by 16:00"'
SAME_TIME, CLOSE = "same_time", "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """How long something may take.

    Either ``working`` (microseconds of working time), or ``days`` (a number of business days) ``by`` the same wall
    time, ``"close"``, or a wall time in seconds since midnight.

    >>> str(parse_target("1 business day by 16:00"))
    'next business day by 16:00'
    """

    working: int | None = None
    days: int = 0
    by: str | int = SAME_TIME

    def __post_init__(self) -> None:
        wrong = (
            self.days != 0 or self.by != SAME_TIME or self.working < 0 if self.working is not None else self.days < 0
        )
        if wrong or (self.working is None and self.days == 0 and self.by == SAME_TIME):
            raise DurationError(
                f"neither a working time nor business days: {self.working!r}, {self.days!r}, {self.by!r}",
                value=self.working, example='parse_target("4h")',
            )  # fmt: skip

    @property
    def named(self) -> bool:
        """Whether the target is a named instant, which is judged by itself and not by time used."""
        return self.working is None and self.by != SAME_TIME

    def __str__(self) -> str:
        if self.working is not None:
            return format_duration(self.working)
        if self.by == SAME_TIME:
            return f"{self.days} business day{'' if self.days == 1 else 's'}"
        count = {0: "same business day", 1: "next business day"}.get(self.days, f"{self.days} business days")
        return f"{count} by {self.by if isinstance(self.by, str) else format_time(self.by)}"


def parse_target(value: str | timedelta | Target) -> Target:
    """Read a target; raises DurationError for what is none, or means different things to different people."""
    if isinstance(value, Target):
        return value
    match = _DAYS.fullmatch(" ".join(value.split())) if isinstance(value, str) else None
    if match:
        return _days_target(value, match[1].lower(), match[2])
    if isinstance(value, str) and "business day" in value:
        raise DurationError(f"not a number of business days: {value!r}", value=value, example=_EXAMPLES)
    working = parse_duration(value)
    if working < 0:
        raise DurationError(f"a target is not negative: {value!r}", value=value, example=_EXAMPLES)
    return Target(working=working)


def _days_target(value: object, count: str, by: str | None) -> Target:
    days = {"next": 1, "same": 0}.get(count)
    if by is None:
        if days is not None:
            raise DurationError(
                f'"{count} business day" does not say when; write "{count} business day by close"'
                + (' or "1 business day"' if days else ""),
                value=value, example=_EXAMPLES,
            )  # fmt: skip
        if int(count) == 0:
            raise DurationError('0 business days is no time; write "0h" or "same business day by close"',
                                value=value, example=_EXAMPLES)  # fmt: skip
        return Target(days=int(count))
    seconds = CLOSE if by.lower() == CLOSE else parse_time(by)
    if seconds is None:
        raise DurationError(f"not a time of day: {by!r}", value=value, example=_EXAMPLES)
    return Target(days=int(count) if days is None else days, by=seconds)


def _validated(value: Any) -> Target:
    try:
        return parse_target(value)
    except DurationError as error:
        raise fault_from(error) from None


TargetField = Annotated[
    Target,
    PlainValidator(_validated),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "examples": ["4h", "2 business days", "next business day by 16:00"]}),
]


# -- due0 and budget ---------------------------------------------------------------------------------------


class Promise(NamedTuple):
    """What a target comes to on a calendar, from a start: the first due instant, the budget, and W at the start."""

    due0: int
    budget: int
    base: int


def promise(target: Target, cutoff: int | None, calendar: Calendar, start: int) -> Promise:
    """The due instant and the budget of a target whose clock starts at ``start`` (CLK-2, CLK-3, CLK-4).

    Raises NoWorkingTimeError or HorizonError where the calendar does not reach so far.
    """
    open_ = calendar._kept.open
    base = open_.work(start)
    if target.working is not None:
        return Promise(open_.reach(start, base, target.working), target.working, base)
    days = calendar._days()
    if target.by == SAME_TIME:
        due0 = days.same_time(start, target.days)
    else:
        due0, _ = days.named(start, target.days, _by(target), cutoff)
    return Promise(due0, open_.work(due0) - base, base)


def unpaused(target: Target, calendar: Calendar, due0: int, pauses: Sequence[Interval]) -> int | None:
    """A named instant moved out of the pauses it falls into (CLK-4); None when it falls into one without end.

    Each time it goes to that instant of the next working day on which the clock is not paused.
    """
    days, by = calendar._days(), _by(target)
    for start, end in pauses:
        if start <= due0 < end:
            if end >= FOREVER:
                return None
            # A night shift's close lies on the date after its day.
            due0 = _at_or_after(days, days.local(end) - 1, by, end)
    return due0


def _at_or_after(days: WorkingDays, ordinal: int, by: int | None, earliest: int) -> int:
    """The named instant of the first working day from a date on that is not before ``earliest``."""
    day = days.on_or_after(ordinal)
    while days.instant(day, by) < earliest:
        day = days.nth(day, 1)
    return days.instant(day, by)


def _by(target: Target) -> int | None:
    return None if isinstance(target.by, str) else target.by


def latest_opening(calendar: Calendar) -> int | None:
    """The latest first opening that a day of the calendar has by its declaration, in seconds since midnight.

    A ``by`` must lie after it.  None for a composite without days; whose days would count then is not known.
    """
    if isinstance(calendar, CompositeCalendar):
        return None if calendar.days is None else latest_opening(calendar.days)
    return _latest_opening(calendar)


def _latest_opening(calendar: BusinessCalendar) -> int:
    weekly = (calendar.hours, *(revision.hours for revision in calendar.revisions))
    patterns = [windows for hours in weekly for windows in hours.values()]
    patterns += [day.hours for day in calendar.special_days.values()]
    patterns.append(calendar.makeup_hours or ())
    return max((windows[0].start for windows in patterns if windows), default=0)


def trouble_counting(path: str, target: Target, calendar: Calendar) -> Problem | None:
    """What keeps a target from being counted on a calendar; None when nothing does."""
    if target.working is not None:
        return None
    try:
        calendar._days()
    except CompositeDayError as error:
        return Problem(path=path, value=str(target), code=error.code, message=error.message, example='days = "beijing"')
    latest = latest_opening(calendar)
    if isinstance(target.by, int) and latest is not None and target.by <= latest:
        message = f"by {format_time(target.by)} is not after the day's first opening at {format_time(latest)}"
        example = '"next business day by close"'
        return Problem(path=path, value=str(target), code="by_opening", message=message, example=example)
    return None
