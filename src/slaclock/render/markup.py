"""Marks of XML: elements, attributes, and text in which nothing is a mark."""

from __future__ import annotations

import re
from collections.abc import Iterable

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKS = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
_MARK = re.compile("[&<>\"']")


def escape(text: str) -> str:
    """Text for an element or an attribute; what XML 1.0 forbids is replaced by a mark that says so."""
    return _MARK.sub(lambda found: _MARKS[found[0]], _FORBIDDEN.sub("\ufffd", text))


def element(name: str, content: str | Iterable[str] = "", **attributes: object) -> str:
    """An element around content that is markup already; a ``class_`` is the attribute ``class``.

    Attributes that are None are left out; an underscore in a name is a hyphen.
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = content if isinstance(content, str) else "".join(content)
    return f"<{name}{said}>{inside}</{name}>" if inside or name not in _EMPTY else f"<{name}{said}/>"


_EMPTY = frozenset({"br", "circle", "line", "path", "rect"})
