"""The first picture of a view alone, as an SVG document."""

from __future__ import annotations

from ..errors import RenderError
from .markup import element
from .style import PICTURE_STYLE
from .view import Picture, View

_ROOT = "<svg "
_NAMESPACE = 'xmlns="http://www.w3.org/2000/svg" '


def write_svg(view: View, x: object) -> str:
    """The document, its style inside.  Raises RenderError where there is no picture."""
    picture = next((part for part in view.parts if isinstance(part, Picture)), None)
    if picture is None:
        raise RenderError(f"there is no picture of a {type(x).__name__}", value=x, example="render.html(...)")
    drawn = picture.draw()
    start = drawn.index(">") + 1
    return drawn[:start].replace(_ROOT, _ROOT + _NAMESPACE, 1) + element("style", PICTURE_STYLE) + drawn[start:]
