"""When in the week promises are broken."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize

from .._instant import DAY, HOUR
from ..bulk.lines import Int64s
from ..policy import Kind
from .ground import axes_of, brightness, colours_of, say_nothing, titled
from .tables import clocks_of

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EPOCH_DAY = 3
"""1 January 1970 was a Thursday."""
_MIDDLE = 0.18
"""The brightness on which black and white are read equally well."""


def breaches(
    results: object,
    *,
    metric: str | None = None,
    severity: str | None = None,
    kind: Kind = "commitment",
    zone: str | ZoneInfo | None = None,
    ax: Axes | None = None,
) -> Axes:
    """In which hours of the week promises were broken: weekday by hour, with the number of breaches in each.

    The instant is ``breached_at``, the last one at which the promise could still be kept.  What is due at the close
    breaks when the desk opens again, so the first hour of a day holds what the evening before left over.  Hours are
    those of each calendar's zone, of a table those of its columns, or those of ``zone``.

    Raises PlotError for what holds no readings.

    >>> import matplotlib; matplotlib.use("Agg")
    >>> from datetime import datetime, timedelta, timezone
    >>> from slaclock import Ticket, contracts, evaluate, plot
    >>> policy, at = contracts.load("wati-pro"), datetime(2026, 5, 22, 8, 0, tzinfo=timezone.utc)
    >>> result = evaluate(policy, Ticket(id="T-1", severity="P1", opened_at=at), as_of=at + timedelta(days=1))
    >>> ax = plot.breaches([result], metric="first_response", zone="UTC")
    >>> int(ax.images[0].get_array()[4, 8])  # Friday, from 08:00 to 09:00
    1
    """
    clocks = clocks_of(results, metric, severity, kind)
    counts = _by_hour(clocks.walls("breached", clocks.breached, zone))
    ax = axes_of(ax, 10, 3.6)
    titled(ax, f"When promises broke ({int(counts.sum())})", metric, severity, kind)
    if not counts.any():
        return say_nothing(ax, "no promise is broken")
    _draw(ax, counts)
    ax.set_xlabel(f"hour ({clocks.zone_label(zone)})")
    return ax


def _by_hour(walls: Int64s) -> Int64s:
    """How many lie in each hour of the week: a row a day, from Monday."""
    days, hours = (walls // DAY + _EPOCH_DAY) % 7, walls % DAY // HOUR
    return np.bincount(days * 24 + hours, minlength=7 * 24).reshape(7, 24)


def _draw(ax: Axes, counts: Int64s) -> None:
    """Shades from near the ground to the colour of breaches, and the number in each cell: shades cannot be read off."""
    colours, most = colours_of(ax), int(counts.max())
    shades = LinearSegmentedColormap.from_list("breaches", [colours.closed, colours.breached])
    ax.imshow(np.ma.masked_equal(counts, 0), cmap=shades, norm=Normalize(0, most), aspect="auto")
    for day, hour in np.argwhere(counts).tolist():
        count = int(counts[day, hour])
        ink = "black" if brightness(shades(count / most)) > _MIDDLE else "white"
        ax.text(hour, day, _short(count), ha="center", va="center", fontsize="x-small", color=ink)
    ax.set_yticks(range(7), _DAYS)
    ax.set_xticks([hour - 0.5 for hour in range(0, 25, 3)], [f"{hour:02}" for hour in range(0, 25, 3)])
    ax.set_xticks([hour - 0.5 for hour in range(25)], minor=True)
    ax.tick_params(which="minor", length=2)
    for edge in range(1, 7):
        ax.axhline(edge - 0.5, color=colours.closed, linewidth=0.5)


def _short(count: int) -> str:
    """In four characters at most: 999, 12k, 3M."""
    if count < 1_000:
        return str(count)
    return f"{count // 1_000}k" if count < 1_000_000 else f"{count // 1_000_000}M"
