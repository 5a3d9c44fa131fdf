"""The week at a glance: a row for each weekday, its windows on a line of 24 hours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...hours import DAY_SECONDS, WEEKDAYS, Window, Windows, format_time
from ..catalogue import Catalogue
from ..weeks import Lane, Sites
from .drawing import EDGE, SIZE, SMALL, WIDTH, Box, boxes, cut, label, line, picture, text_width

_LEFT = 42.0  # room for the names of the weekdays
_ROW, _GAP = 17.0, 4.0
_LANE, _LANE_GAP = 9.0, 2.0
_HOURS = range(0, 25, 6)


def draw_week(c: Catalogue, hours: Mapping[str, Windows], says: str) -> str:
    """The picture of weekly hours; what runs past midnight goes on in the row of the next day."""
    height = 4.0 + 7 * (_ROW + _GAP)
    content = [*_frame(c, _ROW, 4.0), *_axis(4.0, height)]
    for i, pieces in enumerate(_by_day(hours)):
        top = 4.0 + i * (_ROW + _GAP)
        found = [_box(piece, top, _ROW) for piece in pieces]
        content.append(boxes("counted", found))
        content += [_times(c, box, piece) for box, piece in zip(found, pieces, strict=True)]
    return picture(says, height + SIZE + 4, content)


def _by_day(hours: Mapping[str, Windows]) -> list[list[Window]]:
    """The pieces of each day's row; a window that runs on is in two rows."""
    days: list[list[Window]] = [[] for _ in WEEKDAYS]
    for i, day in enumerate(WEEKDAYS):
        for start, end in hours.get(day, ()):
            days[i].append(Window(start, min(end, DAY_SECONDS)))
            if end > DAY_SECONDS:
                days[(i + 1) % 7].append(Window(0, end - DAY_SECONDS))
    return [sorted(day) for day in days]


def _x(seconds: float) -> float:
    return _LEFT + seconds / DAY_SECONDS * (WIDTH - EDGE - _LEFT)


def _box(window: Window, top: float, height: float) -> Box:
    return Box(_x(window.start), top, max(_x(window.end) - _x(window.start), 0.5), height)


def _frame(c: Catalogue, height: float, top: float) -> Iterator[str]:
    """The weekdays, and a track for each."""
    tracks = []
    for i, name in enumerate(c.names("weekday.short")):
        y = top + i * (height + _GAP)
        tracks.append(Box(_LEFT, y, WIDTH - EDGE - _LEFT, height))
        yield label(EDGE, y + height / 2 + SIZE / 3, cut(name, _LEFT - EDGE - 4))
    yield boxes("track", tracks)


def _times(c: Catalogue, box: Box, window: Window) -> str:
    """The times of a window inside it, where they fit."""
    text = c("date.times", start=format_time(window.start), end=format_time(window.end))
    if text_width(text, SMALL) > box.width - 4:
        return ""
    return label(
        box.x + box.width / 2, box.y + box.height / 2 + SMALL / 3, text, anchor="middle", kind="inside", size=SMALL
    )


def _axis(top: float, y: float) -> Iterator[str]:
    for hour in _HOURS:
        x = _x(hour * 3600)
        yield line("tick", x, top, x, y)
        anchor = "end" if hour == 24 else "middle"
        yield label(x, y + SIZE, f"{hour:02}:00", anchor=anchor, kind="quiet", size=SMALL)


# -- sites ---------------------------------------------------------------------------------------------------


def draw_sites(c: Catalogue, sites: Sites, says: str) -> str:
    """The picture of a composite's week: a lane for each part, and under them the one that they make."""
    lanes = [*sites.parts, sites.together]
    row = len(lanes) * (_LANE + _LANE_GAP) - _LANE_GAP
    names, top = _lane_names(c, lanes)
    height = top + 7 * (row + _GAP)
    content = [*names, *_frame(c, row, top), *_axis(top, height)]
    for i in range(7):
        y = top + i * (row + _GAP)
        for j, lane in enumerate(lanes):
            kind = "together" if j == len(lanes) - 1 else "site"
            place = y + j * (_LANE + _LANE_GAP)
            content.append(boxes(kind, [_box(window, place, _LANE) for window in lane.days[i]]))
    return picture(says, height + SIZE + 4, content)


def _lane_names(c: Catalogue, lanes: Sequence[Lane]) -> tuple[list[str], float]:
    """What the lanes are, from the upper to the lower, and where the picture goes on under them."""
    drawn, y = [], 4.0
    for i, lane in enumerate(lanes):
        kind = "together" if i == len(lanes) - 1 else "site"
        text = c("legend.together") if kind == "together" else f"{i + 1}. {lane.label}"
        drawn += [boxes(kind, [Box(EDGE, y + 2, 15, _LANE)]), label(EDGE + 20, y + SMALL + 1, text, size=SMALL)]
        y += SMALL + 5
    return drawn, y + 6
