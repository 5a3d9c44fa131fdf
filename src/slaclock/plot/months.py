"""Attainment by month: the share of promises met, with the numbers it is a share of."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from ..bulk.lines import Int64s
from ..choice import parse_share
from ..errors import PlotError
from ..policy import Kind
from .ground import axes_of, colours_of, points, say_nothing, titled
from .tables import clocks_of

By = Literal["decided", "due"]
_LETTER, _LINE = 7, 11
"""Points that a letter of a month's label is wide, and that a turned label takes."""


def attainment(
    results: object,
    *,
    metric: str | None = None,
    severity: str | None = None,
    kind: Kind = "commitment",
    by: By = "decided",
    promised: str | Fraction | Decimal | None = None,
    zone: str | ZoneInfo | None = None,
    ax: Axes | None = None,
) -> Axes:
    """The share of promises met, month by month: a bar a month, with ``met/judged`` below it.

    Judged clocks count: those met, and those breached, even while they run.  What is open, paused, cancelled or has no
    target does not.  ``by="decided"`` puts a clock into the month in which that was decided: met, when it stopped;
    breached, when it broke (``breached_at``).  ``by="due"`` puts it into the month of its due instant.  A table does
    not hold when clocks stopped, and needs ``by="due"``.  Months are those of each calendar's zone, of a table those of
    its columns, or those of ``zone``.  All cycles of a clock count; a table has the latest of each.

    The dashed line is the attainment that the objectives promise, or ``promised`` (``"95%"``); bars below it are
    hatched.  Raises PlotError for what holds no readings.

    >>> import matplotlib; matplotlib.use("Agg")
    >>> from datetime import datetime, timedelta, timezone
    >>> from slaclock import Ticket, contracts, evaluate, plot
    >>> policy, at = contracts.load("wati-pro"), datetime(2026, 5, 22, 8, 0, tzinfo=timezone.utc)
    >>> tickets = [Ticket(id=f"T-{m}", severity="P1", opened_at=at).respond(at + timedelta(minutes=m)) for m in (9, 90)]
    >>> results = [evaluate(policy, ticket, as_of=at + timedelta(days=1)) for ticket in tickets]
    >>> ax = plot.attainment(results, metric="first_response")
    >>> [float(bar.get_height()) for bar in ax.patches]
    [50.0]
    """
    if by not in ("decided", "due"):
        raise PlotError(f"no way to count months: {by!r}", path="by", value=by, example='by="decided" or by="due"')
    clocks = clocks_of(results, metric, severity, kind)
    lines = clocks.promised if promised is None else [parse_share(promised, "promised")]
    judged = clocks.met | clocks.breached
    months = _months(clocks.walls(by, judged, zone))
    first, count = (int(months.min()), int(np.ptp(months)) + 1) if len(months) else (0, 0)
    ax = axes_of(ax, min(max(1.5 + 0.85 * count, 6), 14), 4)
    titled(ax, "Attainment by month", metric, severity, kind)
    if not count:
        return say_nothing(ax, "no clock is judged")
    total = np.bincount(months - first, minlength=count).tolist()
    met = np.bincount(months[clocks.met[judged]] - first, minlength=count).tolist()
    _draw_bars(ax, met, total, lines)
    _draw_lines(ax, lines)
    _label(ax, [f"{_name(first + i)}\n{met[i]}/{total[i]}" for i in range(count)])
    ax.set_xlabel(f"month in which it was {by} ({clocks.zone_label(zone)})")
    return ax


def _months(walls: Int64s) -> Int64s:
    """Months since January 1970."""
    return walls.view("M8[us]").astype("M8[M]").astype(np.int64)


def _name(month: int) -> str:
    return f"{1970 + month // 12}-{month % 12 + 1:02}"


def _draw_bars(ax: Axes, met: list[int], total: list[int], lines: Sequence[Fraction]) -> None:
    """A bar a month; one without judged clocks has none, which is not the same as 0 %."""
    colours = colours_of(ax)
    months = [i for i, judged in enumerate(total) if judged]
    below = [len(lines) == 1 and Fraction(met[i], total[i]) < lines[0] for i in months]
    ax.bar(
        months,
        [100 * met[i] / total[i] for i in months],
        width=0.8,
        color=[colours.breached if each else colours.met for each in below],
        hatch=["///" if each else "" for each in below],
        edgecolor=ax.get_facecolor(),
        linewidth=0,
    )
    ax.set_xlim(-0.6, len(total) - 0.4)
    ax.set_ylim(0, 103)
    ax.set_yticks(range(0, 101, 20))
    ax.yaxis.set_major_formatter(PercentFormatter(decimals=0))
    ax.set_ylabel("promises met")


def _draw_lines(ax: Axes, lines: Sequence[Fraction]) -> None:
    text = colours_of(ax).text
    for line in lines:
        ax.axhline(float(100 * line), color=text, linestyle="--", linewidth=1.2)
        told = f"promised {Decimal(line.numerator) * 100 / line.denominator} %"
        ax.annotate(told, (1, float(100 * line)), xycoords=("axes fraction", "data"), xytext=(4, 0),
                    textcoords="offset points", va="center", color=text, annotation_clip=False)  # fmt: skip


def _label(ax: Axes, labels: list[str]) -> None:
    """The months under their bars: upright while they fit, then turned, then some of them."""
    room = points(ax, "width") / len(labels)
    if room >= _LETTER * max(len(line) for label in labels for line in label.split("\n")):
        ax.set_xticks(range(len(labels)), labels)
        return
    places = range(0, len(labels), ceil(_LINE / room))
    ax.set_xticks(places, [labels[i].replace("\n", "  ") for i in places], rotation=90, fontsize="small")
