"""A long course as bars: what was counted in each month, a year to a row, or in each year."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ..._instant import HOUR, span_us, to_us
from ..amounts import amount
from ..amounts import number as whole
from ..catalogue import Catalogue
from ..moments import month_text
from ..told import Told
from .drawing import EDGE, SIZE, SMALL, WIDTH, Box, boxes, hatching, label, legend, picture, text_width
from .markers import LANE, Marker, draw_markers, lines_of
from .scale import BARS, BarRow, Bin, bar_rows

_BAR = 40.0
_ROOM = 2.0
_GAP = 10.0


class Amounts(NamedTuple):
    """What was counted in a bar's time, is to be counted, and what pauses took out of the open time (microseconds)."""

    counted: int
    ahead: int
    paused: int


def draw_bars(c: Catalogue, told: Told, low: int, high: int, markers: Sequence[Marker], says: str) -> str:
    """The picture of an explanation that is too long for days."""
    unit, rows = bar_rows(low, high, ZoneInfo(told.explanation.calendar.timezone))
    found = _amounts(told, [each for row in rows for each in row.bins])
    tallest = max(map(sum, found.values()), default=0) or 1
    y = SMALL + 8
    content = [label(EDGE, SMALL + 2, c(f"bars.{unit}"), kind="quiet", size=SMALL)]
    for row in rows:
        held = [marker for marker in markers if row.row.holds(marker.at)]
        drawn, height = _row(c, unit, row, found, tallest, held, y)
        content.append(drawn)
        y += height + _GAP
    kinds = [kind for kind in Amounts._fields if any(getattr(each, kind) for each in found.values())]
    shown = {marker.kind for marker in markers if marker.at <= high}
    drawn, height = legend(c, [*kinds, *lines_of(shown)], y)
    return picture(says, y + height, [*content, drawn])


def _amounts(told: Told, bins: Sequence[Bin]) -> dict[int, Amounts]:
    """What the bars hold, by their starts; none for what lies before and after."""
    starts = [each.start for each in bins]
    found: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for period in told.explanation.fold("month"):
        held = found[starts[bisect_right(starts, to_us(period.start)) - 1]]
        held[0] += span_us(period.counted)
        held[2] += sum(span_us(each.open) for each in period.sums if each.kind == "paused")
    for segment in told.ahead:
        if segment.kind == "counted":
            start, end = to_us(segment.start), to_us(segment.end)
            for each in bins[bisect_right(starts, start) - 1 : bisect_right(starts, end - 1)]:
                found[each.start][1] += min(each.end, end) - max(each.start, start)
    return {start: Amounts(max(counted, 0), ahead, paused) for start, (counted, ahead, paused) in found.items()}


def _row(
    c: Catalogue, unit: str, row: BarRow, found: dict[int, Amounts], tallest: int, markers: Sequence[Marker], y: float
) -> tuple[str, float]:
    above, leaders, lanes = draw_markers(c, markers, row.row, y, -1.0)  # they end over the numbers
    base = y + lanes * LANE + SMALL + 3 + _BAR
    stacked: dict[str, list[Box]] = {kind: [] for kind in Amounts._fields}
    labels, named = [], _named_months(c)
    for each in row.bins:
        left, right = row.row.x(each.start) + _ROOM, row.row.x(each.end) - _ROOM
        middle, top = (left + right) / 2, base
        if each.first.month in named or unit == "year":
            name = _name(c, unit, each)
            labels.append(label(middle, base + SIZE + 1, name, anchor="middle", kind="quiet", size=SMALL))
        held = found.get(each.start)
        if held is None:
            continue
        for kind, us in zip(Amounts._fields, held, strict=True):
            top -= _BAR * us / tallest
            if us:
                stacked[kind].append(Box(left, top, right - left, _BAR * us / tallest))
        if held.counted or held.paused:
            labels.append(_total(c, unit, each, held.counted, middle, top - 3))
    bottom = base + SIZE + 4
    if unit == "month":
        labels.append(label(EDGE, bottom + SIZE, c("date.year", year=row.bins[0].first.year)))
        bottom += SIZE + 2
    ends = row.row.x(row.bins[0].start), row.row.x(row.bins[-1].end)
    ground = boxes("track", [Box(ends[0], base, ends[1] - ends[0], 1.5)])
    bars = [
        boxes("counted", stacked["counted"]),
        boxes("ahead", stacked["ahead"]),
        hatching("paused", stacked["paused"]),
    ]
    parts = [ground, *bars, *leaders, *labels, *above]
    return "".join(parts), bottom - y


def _named_months(c: Catalogue) -> range:
    """The months that have room for their names: each, or every other."""
    room = (WIDTH - 2 * EDGE) / BARS
    widest = max(text_width(name, SMALL) for name in c.names("month.short"))
    return range(1, 13, 1 if widest < room else 2)


def _total(c: Catalogue, unit: str, each: Bin, us: int, x: float, y: float) -> str:
    """The hours on a bar, rounded with a sign that says so; exactly when it is pointed at."""
    hours, rest = divmod(us, HOUR)
    text = f"\u2248{whole(c, hours + (2 * rest >= HOUR))}" if rest else whole(c, hours)
    name = str(each.first.year) if unit == "year" else month_text(c, each.first)
    says = c("reason.named", reason=name, name=amount(c, us))
    return label(x, y, text, anchor="middle", size=SMALL, says=says)


def _name(c: Catalogue, unit: str, each: Bin) -> str:
    return str(each.first.year) if unit == "year" else c.names("month.short")[each.first.month - 1]
