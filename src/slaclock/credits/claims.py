"""The deadline for claiming a credit, counted from the end of the billing period."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema

from .._instant import DAY, ordinal_wall, place, to_wall, wall_ordinal
from ..calendars import Calendar, CalendarField
from ..declarations import Declared, declared, fault, fault_from
from ..errors import DurationError
from ..targets import Target, parse_target, promise, trouble_counting

_DATES = re.compile(r"([1-9]\d{0,3})\s+(calendar days?|months?)")
_DAYS = re.compile(r"(\d+)\s*d(?:ays?)?")
_EXAMPLE = '"60 calendar days", "2 months" or "10 business days"'


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimTime:
    """So many local dates, or so many months, or a target on a calendar."""

    days: int = 0
    months: int = 0
    target: Target | None = None

    def __str__(self) -> str:
        if self.target is not None:
            return str(self.target)
        count, unit = (self.days, "calendar day") if self.days else (self.months, "month")
        return f"{count} {unit}{'' if count == 1 else 's'}"


def _claim_time(value: Any) -> ClaimTime:
    if isinstance(value, ClaimTime):
        return value
    text = " ".join(value.split()) if isinstance(value, str) else value
    if isinstance(text, str) and (match := _DATES.fullmatch(text)):
        count = int(match[1])
        return ClaimTime(months=count) if match[2].startswith("month") else ClaimTime(days=count)
    if isinstance(text, str) and (days := _DAYS.fullmatch(text)):
        message = f'"{text}" is ambiguous; write "{days[1]} calendar days" or "{days[1]} business days"'
        raise fault("claim_time", message, _EXAMPLE)
    try:
        return ClaimTime(target=parse_target(text))
    except DurationError as error:
        raise fault_from(error) from None


ClaimTimeField = Annotated[
    ClaimTime,
    PlainValidator(_claim_time),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "examples": ["60 calendar days", "2 months", "10 business days"]}),
]


@declared
class CreditClaim(Declared):
    """Until when a credit must be claimed, counted from the end of the billing period.

    ``within``: ``"60 calendar days"`` and ``"2 months"`` are local dates in the period's zone; ``"10 business days"``,
    ``"next business day by close"`` and ``"80h"`` are counted on ``calendar``.  A claim at that instant is in time.
    """

    within: ClaimTimeField = Field(examples=["60 calendar days"])
    calendar: CalendarField | None = None

    if TYPE_CHECKING:  # what a person may write; the fields above are what it becomes

        def __init__(self, *, within: str | ClaimTime, calendar: Calendar | None = None) -> None: ...

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        target = self.within.target
        if target is None:
            return
        if self.calendar is None:
            raise fault("claim_calendar", f'"{target}" is counted on a calendar, and there is none',
                        'calendar = { timezone = "Europe/London", hours = { mon-fri = ["09:00-17:00"] } }')  # fmt: skip
        trouble = trouble_counting("within", target, self.calendar)
        if trouble is not None:
            raise fault(trouble.code, trouble.message, trouble.example)

    def deadline(self, end: int, zone: ZoneInfo) -> int:
        """The last instant (UTC microseconds) at which a claim for a period that ended at ``end`` is in time.

        Raises NoWorkingTimeError or HorizonError where the calendar does not reach so far.
        """
        if self.within.target is not None:
            assert self.calendar is not None
            return promise(self.within.target, None, self.calendar, end).due0
        from dateutil.relativedelta import relativedelta

        wall = to_wall(end, zone)
        ended = date.fromordinal(wall_ordinal(wall))
        last = ended + relativedelta(months=self.within.months, days=self.within.days)
        return place(ordinal_wall(last.toordinal()) + wall % DAY, zone)
