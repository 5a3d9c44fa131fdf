"""The pages in which views are put: a plain one, which follows the system, and notebooks, which have themes of their own."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

JUPYTER = Path(__file__).with_name("jupyter.css").read_text(encoding="utf-8")
HOSTS = ("plain", "jupyter")

Fragment = tuple[str, str]
"""The name of a view, and its HTML."""


def document(host: str, scheme: str, fragments: Iterable[Fragment]) -> str:
    """A page of a host with all of the fragments."""
    head = (
        '<!doctype html><meta charset="utf-8"><title>views</title><meta name="viewport" content="width=device-width">'
    )
    sections = (f'<section data-view="{escape(name)}">{html}</section>' for name, html in fragments)
    if host == "plain":
        style = ":root { color-scheme: light dark; background: Canvas; color: CanvasText; font-family: sans-serif }"
        return f"{head}<style>{style}</style><body>{''.join(sections)}</body>"
    cells = (
        '<div class="jp-OutputArea-child"><div class="jp-OutputPrompt"></div>'
        f'<div class="jp-RenderedHTMLCommon jp-RenderedHTML jp-OutputArea-output">{section}</div></div>'
        for section in sections
    )
    theme = "true" if scheme == "light" else "false"
    return f'{head}<style>{JUPYTER}</style><body data-jp-theme-light="{theme}">{"".join(cells)}</body>'
