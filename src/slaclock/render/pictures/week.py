"""The week at a glance: a row for each weekday, its windows on a line of 24 hours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...hours import DAY_SECONDS, WEEKDAYS, Window, Windows, format_time
from ..catalogue import Catalogue
from ..weeks import Lane, Sites
from .drawing import EDGE, SIZE, SMALL, WIDTH, Box, boxes, label, line, picture, text_width

_ROW, _GAP = 17.0, 4.0
_LANE, _LANE_GAP = 9.0, 2.0
_TOP = 4.0
_HOURS = range(0, 25, 6)


def draw_week(c: Catalogue, hours: Mapping[str, Windows], says: str) -> str:
    """The picture of weekly hours; what runs past midnight goes on in the row of the next day."""
    frame = _Frame(c, _TOP, _ROW)
    content = [*frame.drawn()]
    for i, pieces in enumerate(_by_day(hours)):
        found = [frame.box(piece, frame.y(i), _ROW) for piece in pieces]
        content.append(boxes("counted", found))
        content += [_times(c, box, piece) for box, piece in zip(found, pieces, strict=True)]
    return picture(says, frame.bottom, content)


def _by_day(hours: Mapping[str, Windows]) -> list[list[Window]]:
    """The pieces of each day's row; a window that runs on is in two rows."""
    days: list[list[Window]] = [[] for _ in WEEKDAYS]
    for i, day in enumerate(WEEKDAYS):
        for start, end in hours.get(day, ()):
            days[i].append(Window(start, min(end, DAY_SECONDS)))
            if end > DAY_SECONDS:
                days[(i + 1) % 7].append(Window(0, end - DAY_SECONDS))
    return [sorted(day) for day in days]


class _Frame:
    """The weekdays one under the other, each with a track of 24 hours."""

    def __init__(self, c: Catalogue, top: float, row: float) -> None:
        self._names, self._top, self._row = c.names("weekday.short"), top, row
        self._left = EDGE + 5 + max(text_width(name) for name in self._names)
        self._end = top + 7 * (row + _GAP)
        self.bottom = self._end + SIZE + 4

    def y(self, weekday: int) -> float:
        """Where a row begins."""
        return self._top + weekday * (self._row + _GAP)

    def _x(self, seconds: float) -> float:
        return self._left + seconds / DAY_SECONDS * (WIDTH - EDGE - self._left)

    def box(self, window: Window, top: float, height: float) -> Box:
        """A window on its track."""
        return Box(self._x(window.start), top, max(self._x(window.end) - self._x(window.start), 0.5), height)

    def drawn(self) -> Iterator[str]:
        """The names, the tracks and the hours."""
        for i, name in enumerate(self._names):
            yield label(EDGE, self.y(i) + self._row / 2 + SIZE / 3, name)
        yield boxes("track", [self.box(Window(0, DAY_SECONDS), self.y(i), self._row) for i in range(7)])
        for hour in _HOURS:
            x = self._x(hour * 3600)
            yield line("tick", x, self._top, x, self._end)
            anchor = "end" if hour == 24 else "middle"
            yield label(x, self._end + SIZE, f"{hour:02}:00", anchor=anchor, kind="quiet", size=SMALL)


def _times(c: Catalogue, box: Box, window: Window) -> str:
    """The times of a window inside it, where they fit."""
    text = c("date.times", start=format_time(window.start), end=format_time(window.end))
    if text_width(text, SMALL) > box.width - 3:
        return ""
    middle, base = box.x + box.width / 2, box.y + box.height / 2 + SMALL / 3
    return label(middle, base, text, anchor="middle", kind="inside", size=SMALL)


# -- sites ---------------------------------------------------------------------------------------------------


def draw_sites(c: Catalogue, sites: Sites, says: str) -> str:
    """The picture of a composite's week: a lane for each part, and under them the one that they make."""
    lanes = [*sites.parts, sites.together]
    names, top = _lane_names(c, lanes)
    frame = _Frame(c, top, len(lanes) * (_LANE + _LANE_GAP) - _LANE_GAP)
    content = [*names, *frame.drawn()]
    for i in range(7):
        for j, lane in enumerate(lanes):
            kind = "together" if lane is sites.together else "site"
            place = frame.y(i) + j * (_LANE + _LANE_GAP)
            content.append(boxes(kind, [frame.box(window, place, _LANE) for window in lane.days[i]]))
    return picture(says, frame.bottom, content)


def _lane_names(c: Catalogue, lanes: Sequence[Lane]) -> tuple[list[str], float]:
    """What the lanes are, from the upper to the lower, and where the picture goes on under them."""
    drawn, y = [], _TOP
    for i, lane in enumerate(lanes):
        last = i == len(lanes) - 1
        text = c("legend.together") if last else f"{i + 1}. {lane.label}"
        swatch = boxes("together" if last else "site", [Box(EDGE, y + 2, 14, _LANE)])
        drawn += [swatch, label(EDGE + 19, y + SMALL, text, size=SMALL)]
        y += SMALL + 5
    return drawn, y + 6
