"""How much working time was used, against the target."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from .._instant import HOUR, MINUTE, SECOND
from ..bulk.lines import Int64s
from ..durations import format_duration
from ..policy import Kind
from .clocks import Clocks
from .ground import axes_of, colours_of, percent, say_nothing, titled
from .tables import clocks_of

_PARTS = 10
"""Bars up to the target, which is the edge of one."""
_MOST = 30
"""Bars in all; whatever is beyond them goes into one more."""
_WIDTHS = (
    *(amount * unit for unit in (SECOND, MINUTE) for amount in (1, 5, 15, 30)),
    *(amount * HOUR for amount in (1, 2, 4, 8, 16, 40, 80, 240)),
)
"""Of bars where there is no target."""
_AXIS = "working time used"


def elapsed(
    results: object,
    *,
    metric: str,
    severity: str | None = None,
    kind: Kind = "commitment",
    ax: Axes | None = None,
) -> Axes:
    """How the working time that clocks have used is spread, with the target, and the share that is beyond it.

    Judged clocks count: those met, and those breached, even while they run; how much the latter will have used is not
    known yet, but it is beyond the target.  Where all clocks have one budget the axis is in working time: its numbers
    are hours, or minutes and seconds for budgets below two hours or minutes.  Else it is in percent of each clock's own
    budget.  Where none has a target, those stopped are drawn, without a line.

    A bar is a tenth of the target.  It holds what lies above its left edge, up to and with its right one: what has used
    exactly the target is left of the line.  What lies far out is in one last bar.  Raises PlotError for what holds no
    readings.

    >>> import matplotlib; matplotlib.use("Agg")
    >>> from datetime import datetime, timedelta, timezone
    >>> from slaclock import Ticket, contracts, evaluate, plot
    >>> policy, at = contracts.load("wati-pro"), datetime(2026, 5, 22, 8, 0, tzinfo=timezone.utc)
    >>> tickets = [Ticket(id=f"T-{m}", severity="P1", opened_at=at).respond(at + timedelta(minutes=m)) for m in (9, 90)]
    >>> results = [evaluate(policy, ticket, as_of=at + timedelta(days=1)) for ticket in tickets]
    >>> ax = plot.elapsed(results, metric="first_response", severity="P1")
    >>> [text.get_text() for text in ax.texts]
    ['target 45m', 'beyond the target: 1 of 2 (50.0 %)']
    """
    clocks = clocks_of(results, metric, severity, kind)
    used, budgets = _asked(clocks)
    ax = axes_of(ax, 8, 4)
    titled(ax, "Working time used", metric, severity, kind)
    if not len(used):
        return say_nothing(ax, "no clock is judged, and none has stopped")
    if budgets is None:
        _draw(ax, _alone(used), judged=False)
        return ax
    spread = _against(used, budgets)
    _draw(ax, spread, judged=True)
    _draw_target(ax, spread, int((used > budgets).sum()), len(used))
    return ax


class _Spread(NamedTuple):
    """Counts by bars of one width, and those beyond the last; ``label`` says what the edge of a bar stands for."""

    counts: list[int]
    beyond: int
    width: float
    axis: str
    label: Callable[[int], str]


def _asked(clocks: Clocks) -> tuple[Int64s, Int64s | None]:
    """The time used and the budgets of the judged; of those that only were measured, the time used."""
    judged = clocks.met | clocks.breached
    if judged.any():
        return clocks.elapsed()[judged], clocks.budgets()[judged]
    return clocks.elapsed()[clocks.stopped], None


def _against(used: Int64s, budgets: Int64s) -> _Spread:
    """Bars of a tenth of the target: exactly the target lies in the tenth one, and more in the next."""
    bars = np.maximum(-(-used * _PARTS // np.maximum(budgets, 1)) - 1, 0)
    bars[(budgets == 0) & (used > 0)] = _MOST  # no number of times nothing
    budget = int(budgets[0])
    if budget and (budgets == budget).all():
        counted, width = _counted(bars, _PARTS + 2), budget / _PARTS / _unit(budget)
        return _Spread(*counted, width, _AXIS, lambda edge: format_duration(budget * edge // _PARTS))
    axis = f"{_AXIS}, in percent of the target"
    return _Spread(*_counted(bars, _PARTS + 2), 100 / _PARTS, axis, lambda edge: f"{edge * 100 // _PARTS} %")


def _alone(used: Int64s) -> _Spread:
    """Bars of a round width; nineteen of twenty clocks lie in them, whatever the others have used."""
    most = int(np.sort(used)[-(-len(used) * 19 // 20) - 1])
    width = next((each for each in _WIDTHS if most <= (_MOST - 5) * each), _WIDTHS[-1])
    bars = np.maximum(-(-used // width) - 1, 0)
    return _Spread(*_counted(bars, 1), width / _unit(width * _PARTS), _AXIS, lambda edge: format_duration(width * edge))


def _counted(bars: Int64s, least: int) -> tuple[list[int], int]:
    beyond = int((bars >= _MOST).sum())
    length = _MOST if beyond else max(int(bars.max()) + 1, least)
    return np.bincount(bars[bars < _MOST], minlength=length).tolist(), beyond


def _unit(amount: int) -> int:
    """What an axis for an amount of time counts: hours, minutes or seconds."""
    return next((unit for unit in (HOUR, MINUTE) if amount >= 2 * unit), SECOND)


def _draw(ax: Axes, spread: _Spread, *, judged: bool) -> None:
    """A bar a width, those beyond the target in another colour and hatched, and one apart for what lies far out."""
    colours, length = colours_of(ax), len(spread.counts)
    heights, places = list(spread.counts), list(range(length))
    if spread.beyond:
        heights.append(spread.beyond)
        places.append(length + 2)
    late = [judged and place >= _PARTS for place in places]
    ax.bar(
        [place * spread.width for place in places],
        heights,
        width=spread.width,
        align="edge",
        color=[colours.breached if each else colours.met for each in late],
        hatch=["///" if each else "" for each in late],
        edgecolor=ax.get_facecolor(),
        linewidth=0.5,
    )
    edges = range(0, length + 1, 5)
    ticks, labels = [edge * spread.width for edge in edges], ["0", *(spread.label(edge) for edge in edges[1:])]
    if spread.beyond:
        ticks.append((length + 2.5) * spread.width)
        labels.append("more")
    ax.set_xticks(ticks, labels)
    ax.set_xlim(0, (places[-1] + 1) * spread.width)
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_ylabel("clocks")
    ax.set_xlabel(spread.axis)


def _draw_target(ax: Axes, spread: _Spread, beyond: int, judged: int) -> None:
    text, place = colours_of(ax).text, _PARTS * spread.width
    ax.axvline(place, color=text, linestyle="--", linewidth=1.2)
    ax.annotate(f"target {spread.label(_PARTS)}", (place, 1), xycoords=("data", "axes fraction"), xytext=(-4, -4),
                textcoords="offset points", ha="right", va="top", color=text)  # fmt: skip
    told = f"beyond the target: {beyond} of {judged} ({percent(beyond, judged)})"
    ax.annotate(told, (1, 1), xycoords="axes fraction", xytext=(-4, -4), textcoords="offset points", ha="right",
                va="top", color=text)  # fmt: skip
