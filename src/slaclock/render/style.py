"""The style of the views: colours for light and dark pages, by what the page says of itself.

A page may follow the reader's system (prefers-color-scheme), or have a theme of its own, which then decides: furo and
other documentation (``data-theme``), Jupyter (``data-jp-theme-light``), VS Code.  A view paints its own background, so
that it can be read on a page that says nothing.  Nothing here applies outside of a view.
"""

from __future__ import annotations

from .colours import DARK, FILLS, LIGHT, STROKES

_LIGHT_PAGES = ('[data-theme="light"]', '[data-jp-theme-light="true"]', ".vscode-light")
_DARK_PAGES = ('[data-theme="dark"]', '[data-jp-theme-light="false"]', ".vscode-dark", 'html[theme="dark"]')


def _colours(names: dict[str, str]) -> str:
    return ";".join(f"--slaclock-{name}:{value}" for name, value in names.items())


def _themes(root: str) -> str:
    light, dark = _colours(LIGHT), _colours(DARK)
    return "\n".join((
        f"{root}{{{light}}}",
        f"@media (prefers-color-scheme: dark){{{root}{{{dark}}}}}",
        f"{','.join(f'{page} {root}' for page in _LIGHT_PAGES)}{{{light}}}",
        f"{','.join(f'{page} {root}' for page in _DARK_PAGES)}{{{dark}}}",
        f"@media print{{{root}.{root.removeprefix('.')}{{{light}}}}}",
    ))  # fmt: skip


def _drawn() -> str:
    """Colours alone: widths and dashes are in the drawing."""
    fills = {kind: f"fill:var(--slaclock-{name})" for kind, name in FILLS.items()}
    strokes = {kind: f"stroke:var(--slaclock-{name})" for kind, (name, _, _) in STROKES.items()}
    return "\n".join(f".slaclock-picture .slaclock-{kind}{{{how}}}" for kind, how in {**fills, **strokes}.items())


_PICTURE = """
.slaclock-picture{display:block;width:100%;min-width:326px;max-width:500px;height:auto;font-size:10.5px;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif}
.slaclock-picture text{stroke:none}
"""

_VIEW = """
.slaclock-view{background:var(--slaclock-ground);color:var(--slaclock-text);box-sizing:border-box;max-width:100%;
padding:9px 11px;border:1px solid var(--slaclock-rule);border-radius:6px;margin:8px 0;line-height:1.45;font-size:14px;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;text-align:start}
.slaclock-view p{margin:0 0 6px;max-width:46em;overflow-wrap:anywhere;color:inherit}
.slaclock-view .slaclock-title{font-size:1.1em}
.slaclock-view .slaclock-inner{border-top:1px solid var(--slaclock-rule);margin-top:14px;padding-top:10px}
.slaclock-view .slaclock-figure{margin:10px 0;padding:0;overflow-x:auto}
.slaclock-view figcaption,.slaclock-view summary{font-size:.93em;font-style:normal;font-weight:600;text-align:start;
color:var(--slaclock-quiet);margin:0 0 4px}
.slaclock-view summary{cursor:pointer}
.slaclock-view .slaclock-part{margin:10px 0 0;padding:0;border:0;background:none}
.slaclock-view .slaclock-scroll{overflow-x:auto;max-width:100%}
.slaclock-view table{border-collapse:collapse;margin:0;border:0;font-size:.93em;background:none;color:inherit;
font-variant-numeric:tabular-nums;display:table;width:auto;table-layout:auto}
.slaclock-view thead,.slaclock-view tbody,.slaclock-view tfoot{border:0;vertical-align:top}
.slaclock-view tr,.slaclock-view tbody tr:nth-child(odd),.slaclock-view tbody tr:hover{background:none;text-align:start}
.slaclock-view th,.slaclock-view td{padding:3px 14px 3px 0;border:0;border-bottom:1px solid var(--slaclock-rule);
text-align:start;vertical-align:top;font-weight:400;white-space:nowrap;
background:none;color:inherit}
.slaclock-view thead th{color:var(--slaclock-quiet);font-weight:600}
.slaclock-view tfoot th,.slaclock-view tfoot td{font-weight:600;border-bottom:0;
border-top:2px solid var(--slaclock-rule)}
.slaclock-view .slaclock-facts{margin-top:8px}
.slaclock-view .slaclock-facts th{color:var(--slaclock-quiet);white-space:normal;min-width:6em;max-width:16em}
.slaclock-view .slaclock-amount{text-align:end}
.slaclock-view .slaclock-name{white-space:normal;min-width:5em;max-width:16em;overflow-wrap:break-word}
.slaclock-view .slaclock-prose,.slaclock-view .slaclock-facts td{white-space:normal;min-width:9em;max-width:30em;
overflow-wrap:break-word}
.slaclock-view .slaclock-facts td{overflow-wrap:anywhere}
.slaclock-view .slaclock-line:not(:only-child){padding-inline-start:.8em;text-indent:-.8em}
.slaclock-view .slaclock-line:not(:only-child)::before{content:"• "}
.slaclock-view .slaclock-is-counted td,.slaclock-view .slaclock-is-counted th{font-weight:600}
.slaclock-view .slaclock-badge{display:inline-block;padding:0 8px;border-radius:9px;font-size:.85em;font-weight:600;
background:var(--slaclock-plain-ground);color:var(--slaclock-text)}
.slaclock-view .slaclock-badge.slaclock-is-met{background:var(--slaclock-good-ground);color:var(--slaclock-good)}
.slaclock-view .slaclock-badge.slaclock-is-breached{background:var(--slaclock-bad-ground);color:var(--slaclock-due)}
"""


def _strong(rules: str, root: str) -> str:
    """The rules with their root said three times over, so that those of a notebook for tables and pictures yield."""
    return rules.replace(root, root * 3)


_DRAWING = _strong(_PICTURE, ".slaclock-picture")

STYLE = "\n".join((_themes(".slaclock-view"), _strong(_VIEW, ".slaclock-view"), _DRAWING, _drawn()))
"""Of a view in HTML, with its pictures."""

PICTURE_STYLE = "\n".join((_themes(".slaclock-picture"), _DRAWING, _drawn()))
"""Of a picture that stands alone."""
