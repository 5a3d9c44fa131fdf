"""A view as plain text; rich draws the tables (extra ``slaclock[text]``)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from ..errors import RenderError
from .catalogue import Catalogue
from .view import Cell, Facts, Part, Table, View

if TYPE_CHECKING:
    from rich.console import Console

_NARROWEST = 40


def write_text(c: Catalogue, view: View, width: int) -> str:
    """The text, at most ``width`` columns wide.  Raises RenderError without rich, and for a width that is none."""
    if not isinstance(width, int) or isinstance(width, bool) or width < _NARROWEST:
        raise RenderError(f"not a width in columns: {width!r}", path="width", value=width, example="100")
    try:
        from rich.console import Console
    except ImportError:
        raise RenderError(
            "plain text needs the extra: pip install 'slaclock[text]'", example="render.markdown(x)"
        ) from None
    out = io.StringIO()
    # Nothing of the terminal or the environment has a say in what is written.
    console = Console(
        file=out, width=width, color_system=None, force_terminal=False, force_jupyter=False, force_interactive=False,
        legacy_windows=False, markup=False, highlight=False, emoji=False, no_color=True, _environ={},
    )  # fmt: skip
    _write(c, console, view)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _write(c: Catalogue, console: Console, view: View) -> None:
    console.print(c("reason.at_site", reason=view.title, site=view.verdict[1]) if view.verdict else view.title)
    for said in view.says:
        console.print(said)
    for part in view.parts:
        _write_part(c, console, part)


def _write_part(c: Catalogue, console: Console, part: Part) -> None:
    if isinstance(part, View):
        console.print()
        _write(c, console, part)
    elif isinstance(part, Facts):
        for name, cell in part.rows:
            console.print(c("reason.named", reason=name, name=_cell(cell)))
    elif isinstance(part, Table):
        console.print()
        console.print(part.title)
        console.print(_table(part))


def _table(table: Table) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as Drawn
    from rich.text import Text

    drawn = Drawn(box=SIMPLE_HEAD, show_footer=table.total is not None, pad_edge=False)
    for i, column in enumerate(table.columns):
        total = "" if table.total is None else _cell(table.total.cells[i])
        drawn.add_column(
            Text(column.heading),
            footer=Text(total),
            justify="right" if column.kind == "amount" else "left",
            overflow="fold",
        )
    for row in table.rows:
        drawn.add_row(*(Text(_cell(cell)) for cell in row.cells))
    return drawn


def _cell(cell: Cell) -> str:
    return cell if isinstance(cell, str) else "\n".join(cell)
