"""What is drawn on: axes given or made, and colours that are told apart on a light and on a dark ground.

Kept and broken differ in colour, in hatching and in marks, so that neither colour blindness nor a grey printer hides
the difference.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from ..errors import PlotError
from ..policy import Kind


class Colours(NamedTuple):
    """Colours of Okabe and Ito's set, the lighter ones on a dark ground; ``text`` is what words are written in."""

    met: str
    breached: str
    paused: str
    closed: str
    text: str


_LIGHT = Colours("#0072B2", "#D55E00", "#595959", "#E4E4E4", "#1A1A1A")
_DARK = Colours("#56B4E9", "#F0894D", "#B8B8B8", "#333333", "#F2F2F2")


def axes_of(ax: Axes | None, width: float, height: float) -> Axes:
    """The axes given, or those of a new figure of some inches; only then is pyplot loaded."""
    if ax is None:
        from matplotlib import pyplot as plt

        _, ax = plt.subplots(figsize=(width, height), layout="constrained")
    if not isinstance(ax, Axes):
        raise PlotError(f"not matplotlib's Axes: {type(ax).__name__}", path="ax", value=type(ax).__name__,
                        example="plt.subplots()[1]")  # fmt: skip
    return ax


def colours_of(ax: Axes) -> Colours:
    """The colours for the ground of some axes."""
    return _DARK if brightness(ax.get_facecolor()) < 0.2 else _LIGHT


def brightness(colour: Any) -> float:
    """From 0, black, to 1, white, as the eye has it."""
    parts = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in to_rgb(colour))
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def points(ax: Axes, side: Literal["width", "height"]) -> float:
    """How large axes are, in what letters are measured in."""
    return float(getattr(ax.bbox, side) / ax.figure.dpi * 72)


def say_nothing(ax: Axes, what: str) -> Axes:
    """Axes with a sentence in place of a picture."""
    ax.text(0.5, 0.5, what, transform=ax.transAxes, ha="center", va="center", color=colours_of(ax).text)
    ax.set_xticks([])
    ax.set_yticks([])
    return ax


def percent(part: int, whole: int) -> str:
    """A share as people read it, rounded half up in integers."""
    tenths = (2000 * part + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10} %"


def titled(ax: Axes, what: str, metric: str | None, severity: str | None, kind: Kind, pad: float | None = None) -> None:
    """A title that says which clocks are meant."""
    meant = ", ".join(filter(None, (metric and metric.replace("_", " "), severity, kind if kind == "aim" else None)))
    ax.set_title(f"{what}: {meant}" if meant else what, loc="left", pad=pad)
