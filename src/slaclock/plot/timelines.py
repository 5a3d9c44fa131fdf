"""Where the time of many clocks went, a row a clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

from .._instant import to_us
from ..bulk.columns import find_zone
from ..errors import PlotError
from ..explanation import explain
from ..policy import Kind
from ..reading import Evaluation, Reading
from .clocks import OfReadings, readings_of
from .ground import Colours, axes_of, colours_of, points, say_nothing, titled
from .tables import is_table

Box = tuple[int, datetime, datetime]
"""A row, and from when to when."""

_HALF = 0.36
"""Half the height of a row's bar."""
_LEGEND = 34
"""Points between the axes and the title, for two lines of a legend."""
_TALL = 650
"""Inches that a picture can have at matplotlib's 100 dots, which counts them in sixteen bits."""
_MARK = 6
"""Points of a mark, where rows have room."""
_SMALLEST = 5
"""Points of a letter that can be read."""


def timelines(
    results: Iterable[Evaluation | Reading],
    *,
    metric: str | None = None,
    severity: str | None = None,
    kind: Kind = "commitment",
    zone: str | ZoneInfo | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Where the time of each clock went, a row a clock, in the order given.

    A row runs from the clock's start to its stop, or to the reading's ``as_of``.  Counted time is solid, pauses are
    hatched, closed hours are pale; the time in which a ticket was resolved, before it was reopened, is left out.  A
    triangle is the due instant, a cross the breach: of breached clocks the bar has another colour too.  An arrow at the
    end says that the clock has not stopped.  Times are those of the first clock's calendar, or those of ``zone``.

    A new figure is as tall as its rows need.  In axes given, letters get smaller with more rows, and then only some
    rows are named.  Raises PlotError for a table, which holds no histories.

    >>> import matplotlib; matplotlib.use("Agg")
    >>> from datetime import datetime, timedelta, timezone
    >>> from slaclock import Ticket, contracts, evaluate, plot
    >>> policy, at = contracts.load("wati-pro"), datetime(2026, 5, 22, 8, 0, tzinfo=timezone.utc)
    >>> result = evaluate(policy, Ticket(id="T-1", severity="P1", opened_at=at), as_of=at + timedelta(days=1))
    >>> [label.get_text() for label in plot.timelines([result]).get_yticklabels()]
    ['T-1 first response', 'T-1 resolution']
    """
    if is_table(results):
        raise PlotError("a table holds no histories; evaluate the tickets to be shown one by one",
                        path="results", value=type(results).__name__,
                        example="[evaluate(policy, ticket, as_of=now) for ticket in some]")  # fmt: skip
    readings = readings_of(results, metric, severity, kind)
    rows = len(readings)
    ax = axes_of(ax, 10, min(max(1.6 + 0.2 * rows, 2.4), _TALL))
    titled(ax, "Timelines", metric, severity, kind, pad=_LEGEND if readings else None)
    if not readings:
        return say_nothing(ax, "no clock")
    colours = colours_of(ax)
    _draw_time(ax, readings, colours)
    _draw_marks(ax, readings, colours)
    _name_rows(ax, [_name(reading, readings, metric) for reading in readings])
    own = OfReadings(readings[:1]).zone_label(zone)
    _set_dates(ax, find_zone(own))
    ax.set_xlabel(own)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, fontsize=8, borderaxespad=0,
              markerscale=_MARK / _mark(ax, rows))  # fmt: skip
    return ax


def _name(reading: Reading, readings: Sequence[Reading], metric: str | None) -> str:
    """The ticket's id, and what tells its clocks apart."""
    several = metric is None and any(each.metric != reading.metric for each in readings)
    cycle = f"#{reading.cycle}" if reading.cycle > 1 else ""
    return " ".join(filter(None, (reading.ticket, reading.metric.replace("_", " ") if several else "", cycle)))


def _draw_time(ax: Axes, readings: Sequence[Reading], colours: Colours) -> None:
    """The bars, all of one sort as one collection."""
    boxes: dict[str, list[Box]] = {"closed": [], "counted": [], "counted, breached": [], "paused": []}
    for row, reading in enumerate(readings):
        for sort, start, end in _stretches(reading):
            breached = sort == "counted" and reading.breached
            boxes["counted, breached" if breached else sort].append((row, start, end))
    looks: dict[str, dict[str, Any]] = {
        "closed": {"facecolor": colours.closed},
        "counted": {"facecolor": colours.met},
        "counted, breached": {"facecolor": colours.breached},
        "paused": {"facecolor": "none", "edgecolor": colours.paused, "hatch": "//////"},
    }
    for sort, found in boxes.items():
        if found:
            ax.add_collection(PolyCollection(_corners(found), linewidth=0, label=sort, **looks[sort]))


def _stretches(reading: Reading) -> Iterator[tuple[str, datetime, datetime]]:
    """The reading's segments, neighbours of one sort as one; nothing is drawn for the time in which it was resolved."""
    sorts = {"counted": "counted", "paused": "paused", "stopped": ""}
    segments = (segment for segment in explain(reading).segments if segment.length)
    for sort, group in groupby(segments, key=lambda segment: sorts.get(segment.kind, "closed")):
        if sort:
            same = list(group)
            yield sort, same[0].start, same[-1].end


def _corners(boxes: Sequence[Box]) -> list[list[tuple[float, float]]]:
    """The four corners of each box."""
    left, right = (_numbers(instants) for instants in ([a for _, a, _ in boxes], [b for _, _, b in boxes]))
    return [
        [(a, row - _HALF), (b, row - _HALF), (b, row + _HALF), (a, row + _HALF)]
        for (row, _, _), a, b in zip(boxes, left, right, strict=True)
    ]


def _numbers(instants: Sequence[datetime]) -> list[float]:
    """What an axis of dates counts in."""
    return [float(each) for each in date2num(list(instants))]  # type: ignore[no-untyped-call]


def _draw_marks(ax: Axes, readings: Sequence[Reading], colours: Colours) -> None:
    """Due, breach, and what has not ended; a thin line leads to what is due later."""
    ends = [reading.as_of if reading.stopped_at is None else reading.stopped_at for reading in readings]
    dues, breaks = [reading.due for reading in readings], [reading.breached_at for reading in readings]
    ahead = [(row, end, due) for row, (end, due) in enumerate(zip(ends, dues, strict=True)) if due and _past(end, due)]
    left, right = _numbers([end for _, end, _ in ahead]), _numbers([due for _, _, due in ahead])
    tall = points(ax, "height") / len(readings)
    width, size = min(0.6, 0.06 * tall), _mark(ax, len(readings)) ** 2
    ax.hlines([row for row, _, _ in ahead], left, right, color=colours.paused, linewidth=width, zorder=1)
    ground = ax.get_facecolor()
    for label, marker, instants, face, edge in (
        ("not stopped", ">", [reading.as_of if _runs(reading) else None for reading in readings], colours.text, ground),
        ("due", "v", dues, ground, colours.text),
        ("breach", "X", breaks, colours.text, ground),
    ):
        known = {row: at for row, at in enumerate(instants) if at is not None}
        if known:
            ax.scatter(_numbers(list(known.values())), list(known), s=size, marker=marker, label=label,
                       facecolor=face, edgecolor=edge, linewidth=width, zorder=3)  # fmt: skip


def _mark(ax: Axes, rows: int) -> float:
    """How large a mark is, in points."""
    return min(max(0.6 * points(ax, "height") / rows, _SMALLEST / 2), _MARK)


def _past(end: datetime, due: datetime) -> bool:
    return to_us(due) > to_us(end)


def _runs(reading: Reading) -> bool:
    return reading.state not in ("stopped", "cancelled")


def _name_rows(ax: Axes, names: Sequence[str]) -> None:
    """As large as a row allows; where that cannot be read, some rows only."""
    tall = 0.9 * points(ax, "height") / len(names)
    step = max(ceil(_SMALLEST / tall), 1)
    places = range(0, len(names), step)
    ax.set_yticks(places, [names[row] for row in places], fontsize=min(8.0, tall * step))
    ax.set_ylim(len(names) - 0.5, -0.5)


def _set_dates(ax: Axes, zone: ZoneInfo) -> None:
    ax.autoscale_view(scaley=False)
    locator = AutoDateLocator(tz=zone)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone))  # type: ignore[no-untyped-call]
