"""The course of a clock: what was open, counted and paused, with its markers; rows of days, or bars by month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ..._instant import DAY, from_us, to_us
from ...calendars import Calendar
from ...explanation import Segment
from ..catalogue import Catalogue
from ..moments import short_day, time_text
from ..names import reason
from ..told import Told
from .bars import draw_bars
from .drawing import (
    EDGE,
    SIZE,
    SMALL,
    WIDTH,
    Box,
    Lanes,
    boxes,
    cut,
    hatching,
    label,
    legend,
    line,
    picture,
    text_width,
)
from .markers import LANE, Marker, draw_markers, lines_of, markers_of
from .scale import Rows, TimeRow, hour_labels, time_rows

_TRACK, _WEEK_TRACK = 24.0, 16.0
_GAP = 8.0  # between rows
_NAME_LANES = 3
_LONGEST_NAME = 170.0
_NAMED = ("holiday", "special_day", "closure")
_STANDING = ("paused", "stopped", "before_start")
_ORDER = ("open", "counted", "ahead", *_STANDING, *_NAMED)


class Stretch(NamedTuple):
    """A segment in UTC microseconds; ``ahead`` has not come yet."""

    start: int
    end: int
    kind: str
    name: str


def draw_course(c: Catalogue, told: Told, says: str) -> str:
    """The picture of an explanation: as fine as its span allows; ``says`` is its title."""
    explanation = told.explanation
    zone = ZoneInfo(explanation.calendar.timezone)
    low = to_us(explanation.start)
    markers = markers_of(c, told)
    high = _end(told, markers)
    rows = time_rows(low, high, zone)
    if rows is None:
        return draw_bars(c, told, low, high, markers_of(c, told, dated=True), says)
    course = _Course(c, told, zone)
    return course.drawn(rows, markers, low, high, says)


def _end(told: Told, markers: Sequence[Marker]) -> int:
    """Where the picture ends: with the last marker that is not too far away."""
    low, end = to_us(told.explanation.start), to_us(told.explanation.end)
    end = max([end, *(to_us(segment.end) for segment in told.ahead)])
    reach = end + max((end - low) // 2, 4 * DAY)
    near = [marker.at for marker in markers if marker.at <= reach]
    return max([end, low + 1, *near])


class _Course:
    """Rows of days, one under the other."""

    def __init__(self, c: Catalogue, told: Told, zone: ZoneInfo) -> None:
        self._c, self._told, self._zone = c, told, zone
        self._stretches = [*self._long(told.segments, "counted"), *self._long(told.ahead, "ahead")]
        self._opened = list(self._open_while_standing())

    def _long(self, segments: Iterable[Segment], counted: str) -> Iterator[Stretch]:
        for segment in segments:
            start, end = to_us(segment.start), to_us(segment.end)
            if start < end:
                kind = counted if segment.kind == "counted" else segment.kind
                name = reason(self._c, segment.kind, segment.about, bare=True) if segment.about else ""
                yield Stretch(start, end, kind, name)

    def _open_while_standing(self) -> Iterator[tuple[int, int]]:
        """The calendar's open time in which the clock did not count."""
        for stretch in self._stretches:
            if stretch.kind in _STANDING:
                for start, end, calendar in self._legs():
                    a, b = max(start, stretch.start), min(end, stretch.end)
                    if a < b:
                        yield from calendar._kept.open.windows(a, b)

    def _legs(self) -> Iterator[tuple[int, int, Calendar]]:
        """On which calendar the clock stood, from when to when."""
        reading = self._told.reading
        assert reading is not None  # only a clock stands still
        legs = reading.fold.legs
        last = max(stretch.end for stretch in self._stretches)
        starts = [min(reading.fold.began, self._stretches[0].start), *(leg[1] for leg in legs[1:]), last]
        for (start, end), leg in zip(pairwise(starts), legs, strict=True):
            yield start, end, leg[0]

    def drawn(self, rows: Rows, markers: Sequence[Marker], low: int, high: int, says: str) -> str:
        """The rows, and the legend of what is in them."""
        y, content = 4.0, []
        for i, row in enumerate(rows.rows):
            last = i == len(rows.rows) - 1
            held = [marker for marker in markers if row.holds(marker.at, last=last)]
            drawn, height = self._row(rows.unit, row, held, y, (low, high), first=i == 0)
            content.append(drawn)
            y += height + _GAP
        drawn, height = legend(self._c, self._kinds(markers, high), y)
        return picture(says, y + height, [*content, drawn])

    def _kinds(self, markers: Sequence[Marker], high: int) -> list[str]:
        found = {stretch.kind for stretch in self._stretches} | ({"open"} if self._opened else set())
        shown = {marker.kind for marker in markers if marker.at <= high}
        return [*(kind for kind in _ORDER if kind in found), *lines_of(shown)]

    def _row(
        self, unit: str, row: TimeRow, markers: Sequence[Marker], y: float, span: tuple[int, int], *, first: bool
    ) -> tuple[str, float]:
        """A row and its height: markers above, the track, ticks and names below."""
        track = _WEEK_TRACK if unit == "week" else _TRACK
        above, leaders, lanes = draw_markers(self._c, markers, row, y, track)
        top = y + lanes * LANE
        ends = row.clip(*span) or (EDGE, EDGE)
        content = [
            boxes("track", [Box(ends[0], top, ends[1] - ends[0], track)]),
            *self._painted(row, top, track),
            *self._ticks(unit, row, top, track, first=first),
        ]
        bottom = top + track + self._labels_height(unit, first=first)
        names, used = self._names(row, bottom)
        height = bottom + used * (SMALL + 3) - y
        return "".join([*content, *leaders, *above, *names]), height

    def _painted(self, row: TimeRow, top: float, height: float) -> Iterator[str]:
        """What lies on the track, the lower layers first."""
        for kind in (*_NAMED, "open", "counted", "ahead"):
            spans = self._opened if kind == "open" else [s[:2] for s in self._stretches if s.kind == kind]
            yield boxes(kind, _boxes(row, spans, top, height))
        for kind in _STANDING:
            yield hatching(kind, _boxes(row, [s[:2] for s in self._stretches if s.kind == kind], top, height))

    # -- ticks and names -------------------------------------------------------------------------------------

    def _labels_height(self, unit: str, *, first: bool) -> float:
        return SIZE + 5 if unit != "day" and not (unit == "week" and first) else 2 * SIZE + 7

    def _ticks(self, unit: str, row: TimeRow, top: float, track: float, *, first: bool) -> Iterator[str]:
        bottom = top + track
        if unit == "hour":
            yield from self._hours(row, top, bottom)
            return
        edges = [*row.ticks, row.end]
        for i, (start, end) in enumerate(pairwise(edges)):
            day = from_us(start, self._zone).date()
            middle = (row.x(start) + row.x(end)) / 2
            room = row.x(end) - row.x(start)
            if i:
                yield line("tick", row.x(start), top, row.x(start), bottom + 3)
            text = short_day(self._c, day) if i == 0 or day.day == 1 else str(day.day)
            y = bottom + SIZE + 2
            if unit == "day" or first:
                weekday = self._c.names("weekday.short")[day.weekday()]
                yield label(middle, y, cut(weekday, room), anchor="middle")
                y += SIZE + 3
            yield label(middle, y, cut(text, room + 8), anchor="middle", kind="quiet")

    def _hours(self, row: TimeRow, top: float, bottom: float) -> Iterator[str]:
        """Hours as they stand on the wall, and the date at each midnight."""
        free = -1.0
        for t, hour in hour_labels(row, self._zone, room=46.0):
            x, at = row.x(t), from_us(t, self._zone)
            text = time_text(at) if hour else short_day(self._c, at.date())
            half = text_width(text, SMALL) / 2
            middle = min(max(x, half), WIDTH - half)
            yield line("tick", x, bottom - 4 if hour else top, x, bottom + 3)
            if middle - half > free:
                yield label(middle, bottom + SIZE + 2, text, anchor="middle", kind="quiet", size=SMALL)
                free = middle + half + 3

    def _names(self, row: TimeRow, top: float) -> tuple[list[str], int]:
        """The names of holidays, special days and closures, each once under its place."""
        lanes, drawn = Lanes(_NAME_LANES), []
        for start, end, name in _named_runs(self._stretches):
            ends = row.clip(start, end)
            if ends is None:
                continue
            shown = cut(name, _LONGEST_NAME, SMALL)
            placed = lanes.place((ends[0] + ends[1]) / 2, text_width(shown, SMALL), leads=False)
            if placed is not None:
                y = top + placed.lane * (SMALL + 3) + SMALL
                says = name if shown != name else ""
                drawn.append(label(placed.x, y, shown, anchor=placed.anchor, size=SMALL, says=says))
        return drawn, lanes.used


def _boxes(row: TimeRow, spans: Iterable[Sequence[int]], top: float, height: float) -> list[Box]:
    found = []
    for start, end in spans:
        ends = row.clip(start, end)
        if ends is not None:
            found.append(Box(ends[0], top, max(ends[1] - ends[0], 0.4), height))
    return found


def _named_runs(stretches: Iterable[Stretch]) -> list[tuple[int, int, str]]:
    """Named time; what follows within a day under one name is one."""
    found: list[tuple[int, int, str]] = []
    for start, end, kind, name in stretches:
        if kind not in _NAMED or not name:
            continue
        if found and found[-1][2] == name and start - found[-1][1] <= DAY:
            found[-1] = (found[-1][0], end, name)
        else:
            found.append((start, end, name))
    return found
