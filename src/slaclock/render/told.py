"""An explanation about to be told: its segments, made once, and what a date without weekly hours is called in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..calendars import BusinessCalendar, Calendar
from ..explanation import Explanation, Segment
from ..hours import WEEKDAYS
from ..reading import Reading

MARKS = ("clock_change", "revision", "change")
"""The kinds of segments that have no length."""

_WEEKEND = frozenset({"fri", "sat", "sun"})


@dataclass(frozen=True, slots=True)
class Told:
    """An explanation with its segments; ``weekend`` is the word for dates without weekly hours."""

    explanation: Explanation
    segments: tuple[Segment, ...]
    ahead: tuple[Segment, ...]
    weekend: str

    @property
    def reading(self) -> Reading | None:
        """The reading that is explained, if it is one."""
        return self.explanation.reading

    def kind(self, kind: str) -> str:
        """What a kind of segment is called: a date without weekly hours is not always a weekend."""
        return self.weekend if kind == "weekend" else kind


def told(explanation: Explanation) -> Told:
    """An explanation with all its segments."""
    reading = explanation.reading
    calendars = [explanation.calendar] if reading is None else [leg[0] for leg in reading.fold.legs]
    usual = all(off <= _WEEKEND for calendar in calendars for off in _days_off(calendar))
    return Told(explanation, explanation.segments, explanation.ahead, "weekend" if usual else "day_off")


def _days_off(calendar: Calendar) -> Iterator[frozenset[str]]:
    """The weekdays on which a calendar and its parts are closed by the week."""
    if isinstance(calendar, BusinessCalendar):
        for hours in (calendar.hours, *(revision.hours for revision in calendar.revisions)):
            yield frozenset(WEEKDAYS) - frozenset(hours)
    else:
        for part in calendar.parts:
            yield from _days_off(part)
