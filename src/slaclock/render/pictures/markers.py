"""Markers of a clock: when it is due, until when it can be kept, now, where it stopped, and its escalations."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from ..._instant import to_us
from ...reading import Reading
from ..catalogue import Catalogue
from ..moments import short_day, time_text
from ..names import clean, reason
from ..sentences import keeps_longer
from ..told import Told
from .drawing import SMALL, Lanes, cut, label, line, text_width
from .scale import TimeRow

LANE = 14.0
_MOST_LANES = 6
_LONGEST = 130.0
_FIRST = {"due": 0, "kept": 1, "stop": 2, "now": 3, "escalation": 4, "change": 5}


When = Callable[[datetime], str]


class Marker(NamedTuple):
    """An instant with a word."""

    at: int
    kind: str
    text: str


def markers_of(c: Catalogue, told: Told, *, dated: bool = False) -> list[Marker]:
    """The markers of an explanation, the most important first; ``dated`` where the axis does not say the date."""
    when = _dated(c) if dated else time_text
    reading, explanation = told.reading, told.explanation
    if reading is not None:
        found = [*_of_reading(c, reading, when), *_changes(c, told)]
    elif explanation.question == "due" and explanation.elapsed >= timedelta(0) and explanation.due is not None:
        found = [Marker(to_us(explanation.due), "due", c("marker.due", time=when(explanation.due)))]
    else:
        found = []
    return sorted(found, key=lambda marker: (_FIRST[marker.kind], marker.at, marker.text))


def _dated(c: Catalogue) -> When:
    return lambda at: c("date.at", day=short_day(c, at.date()), time=time_text(at))


def _of_reading(c: Catalogue, reading: Reading, when: When) -> Iterator[Marker]:
    promised = reading.state != "cancelled" or reading.breached
    if promised and reading.due is not None:
        yield Marker(to_us(reading.due), "due", c("marker.due", time=when(reading.due)))
    if promised and reading.breach_at is not None and keeps_longer(reading):
        yield Marker(to_us(reading.breach_at), "kept", c("marker.kept", time=when(reading.breach_at)))
    if reading.stopped_at is not None:
        yield Marker(to_us(reading.stopped_at), "stop", c(f"marker.{reading.state}", time=when(reading.stopped_at)))
    else:
        yield Marker(to_us(reading.as_of), "now", c("marker.now", time=when(reading.as_of)))
    for escalation in reading.escalations:
        if escalation.at is not None and (escalation.fired or reading.stopped_at is None):
            yield Marker(to_us(escalation.at), "escalation", clean(escalation.key))


def _changes(c: Catalogue, told: Told) -> Iterator[Marker]:
    """What changed the clock: a severity, an objective."""
    for segment in told.segments:
        if segment.kind == "change":
            yield Marker(to_us(segment.start), "change", reason(c, "change", segment.about, bare=True))


def lines_of(shown: Container[str]) -> list[str]:
    """The kinds of markers that are shown, in the order of a legend."""
    return [kind for kind in _FIRST if kind in shown]


def draw_markers(
    c: Catalogue, markers: Sequence[Marker], row: TimeRow, y: float, track: float
) -> tuple[list[str], list[str], int]:
    """The labels over a row, the lines through its track, and how many lanes the labels take."""
    lanes = Lanes(_MOST_LANES)
    placed = []
    for x, kind, text in _together(c, markers, row):
        shown = cut(text, _LONGEST, SMALL)
        placed.append((x, kind, text, shown, lanes.place(x, text_width(shown, SMALL))))
    top = y + lanes.used * LANE
    labels, leaders = [], []
    for x, kind, text, shown, place in placed:
        start = top - 2
        if place is not None:
            base = top - place.lane * LANE - 5
            start = base - (SMALL - 2 if place.anchor != "middle" else -2)
            says = text if shown != text else ""
            labels.append(label(place.x, base, shown, anchor=place.anchor, size=SMALL, says=says))
        leaders.append(line(kind, x, start, x, top + track + 2))
    return labels, leaders[::-1], lanes.used  # the most important on top


def _together(c: Catalogue, markers: Iterable[Marker], row: TimeRow) -> list[tuple[float, str, str]]:
    """Escalations of one place as one, and changes; the others each by itself."""
    found: dict[tuple[float, str], list[str]] = {}
    for marker in markers:
        found.setdefault((round(row.x(marker.at), 1), marker.kind), []).append(marker.text)
    return [(x, kind, c.series(texts)) for (x, kind), texts in found.items()]
