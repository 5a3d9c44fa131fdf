"""What all pictures are drawn with: boxes, hatching, and labels that do not lie on each other.

A picture is 360 units wide, a telephone's width, and grows to its place.  No element has an id, so that the same
picture can stand twice on a page; hatching is drawn line by line instead of by a pattern.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..catalogue import Catalogue
from ..colours import STROKES, plain
from ..markup import element, escape

WIDTH = 360.0
EDGE = 4.0
SIZE = 10.5  # of ordinary labels
SMALL = 10.0

_ELLIPSIS = "\u2026"
_NARROW = frozenset("ijl.,:;'|!()[]tfr \u2068\u2069")
_BROAD = frozenset("mwMW@%\u2014\u2026")
_WIDE = ("W", "F")


class Box(NamedTuple):
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float


def picture(says: str, height: float, content: Iterable[str]) -> str:
    """The whole drawing; ``says`` is what it says to those who cannot see it."""
    inside = [element("title", escape(says)), *content]
    return element(
        "svg", inside, viewBox=f"0 0 {number(WIDTH)} {number(height)}", role="img", class_="slaclock-picture",
        width=number(WIDTH), font_size=number(SIZE),
    )  # fmt: skip


def number(value: float) -> str:
    """A coordinate, to a hundredth."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def boxes(kind: str, found: Sequence[Box]) -> str:
    """Rectangles of one kind, as one path."""
    if not found:
        return ""
    drawn = "".join(
        f"M{number(x)} {number(y)}h{number(width)}v{number(height)}h{number(-width)}z" for x, y, width, height in found
    )
    return element("path", d=drawn, class_=f"slaclock-{kind}", **plain(kind))


def hatching(kind: str, found: Sequence[Box], step: float = 5.0) -> str:
    """Slanting lines inside of rectangles, as one path."""
    drawn = "".join(_slanting(box, step) for box in found)
    return element("path", d=drawn, class_=f"slaclock-{kind}", **plain(kind)) if drawn else ""


def _slanting(box: Box, step: float) -> str:
    """Lines of x + y = k * step, cut at the box."""
    left, top, right, bottom = box.x, box.y, box.x + box.width, box.y + box.height
    first = int((left + top) // step) + 1
    last = int((right + bottom) // step)
    drawn = ""
    for k in range(first, last + 1):
        total = k * step
        x1, x2 = max(left, total - bottom), min(right, total - top)
        if x1 < x2:
            drawn += f"M{number(x1)} {number(total - x1)}L{number(x2)} {number(total - x2)}"
    return drawn


def line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    """A straight line."""
    drawn = f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}"
    return element("path", d=drawn, class_=f"slaclock-{kind}", **plain(kind))


def label(
    x: float, y: float, text: str, *, anchor: str = "start", kind: str = "label", size: float = SIZE, says: str = ""
) -> str:
    """Text at a place; ``says`` is what it was before it was cut."""
    title = element("title", escape(says)) if says else ""
    return element(
        "text", escape(text) + title, x=number(x), y=number(y), class_=f"slaclock-{kind}",
        text_anchor=None if anchor == "start" else anchor, font_size=None if size == SIZE else number(size),
        **plain(kind),
    )  # fmt: skip


def text_width(text: str, size: float = SIZE) -> float:
    """About how wide a text is; rather too wide than too narrow, as nobody knows the font."""
    return size * sum(_letter_width(letter) for letter in text)


def _letter_width(letter: str) -> float:
    """In the size of the font, as wide fonts have it (Verdana, DejaVu Sans)."""
    if unicodedata.east_asian_width(letter) in _WIDE:
        return 1.02
    if unicodedata.combining(letter):
        return 0.0
    if letter in _NARROW:
        return 0.42
    if letter in _BROAD:
        return 1.0
    return 0.74 if letter.isupper() else 0.64


def cut(text: str, width: float, size: float = SIZE) -> str:
    """As much of a text as fits, with an ellipsis where something is left out."""
    if text_width(text, size) <= width:
        return text
    left = width - text_width(_ELLIPSIS, size)
    kept = ""
    for letter in text:
        left -= _letter_width(letter) * size
        if left < 0:
            break
        kept += letter
    return kept.rstrip() + _ELLIPSIS if kept else ""


# -- labels that do not lie on each other --------------------------------------------------------------------


class Placed(NamedTuple):
    """Where a label lies: from and to, its lane, and where its text is anchored."""

    low: float
    high: float
    lane: int
    x: float
    anchor: str


_GAP = 4.0


class Lanes:
    """Labels above or below a line, each as near to it as there is room.

    A label has a leader to its place on the line; neither may cross another label.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._placed: list[tuple[Placed, float]] = []

    def place(self, x: float, width: float, *, leads: bool = True) -> Placed | None:
        """A place for a label of a width that belongs to ``x``; None where there is none."""
        beside, upon = ((x + 3, "start"), (x - 3, "end")), ((x, "middle"),)
        for lane in range(self._most):
            for at, anchor in (*beside, *upon) if leads else (*upon, *beside):
                found = _placed(at, anchor, width, lane)
                if found.low >= 0 and found.high <= WIDTH and self._is_free(found, x, leads):
                    self._placed.append((found, x if leads else -1.0))
                    return found
        return None

    def _is_free(self, new: Placed, x: float, leads: bool) -> bool:
        for old, leader in self._placed:
            overlaps = new.low < old.high + _GAP and old.low < new.high + _GAP
            if old.lane == new.lane and overlaps:
                return False
            if leads and old.lane < new.lane and old.low - 1 < x < old.high + 1:
                return False
            if leader >= 0 and old.lane > new.lane and new.low - 1 < leader < new.high + 1:
                return False
        return True

    @property
    def used(self) -> int:
        """How many lanes have labels."""
        return max((placed.lane + 1 for placed, _ in self._placed), default=0)


def _placed(at: float, anchor: str, width: float, lane: int) -> Placed:
    low = {"start": at, "end": at - width, "middle": at - width / 2}[anchor]
    return Placed(low, low + width, lane, at, anchor)


# -- legends -------------------------------------------------------------------------------------------------

LEGEND_LINE = 17.0
_SWATCH = Box(0, 0, 14, 10)


def legend(c: Catalogue, kinds: Iterable[str], top: float) -> tuple[str, float]:
    """What the kinds in a picture look like and are called, and the height that this takes."""
    x, y, drawn = EDGE, top, []
    for kind in kinds:
        word = c(f"legend.{kind}")
        width = _SWATCH.width + 5 + text_width(word, SMALL)
        if x > EDGE and x + width > WIDTH - EDGE:
            x, y = EDGE, y + LEGEND_LINE
        box = Box(x, y + 3, _SWATCH.width, _SWATCH.height)
        drawn += [*swatch(kind, box), label(x + _SWATCH.width + 5, y + 11.5, word, size=SMALL)]
        x += width + 11
    return "".join(drawn), (y + LEGEND_LINE - top) if drawn else 0.0


HATCHED = ("paused", "stopped", "before_start")


def swatch(kind: str, box: Box) -> list[str]:
    """A sample of a kind."""
    if kind in HATCHED:
        return [boxes("track", [box]), hatching(kind, [box])]
    if kind in STROKES:
        middle = box.y + box.height / 2
        return [line(kind, box.x, middle, box.x + box.width, middle)]
    return [boxes(kind, [box])]
