"""A view as Markdown, with tables as GitHub writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .catalogue import Catalogue
from .markup import escape
from .view import Cell, Facts, Part, Row, Table, View

_MARK = re.compile(r"[\\`*\[\]|~$]|(?<!\w)_|_(?!\w)")
_LEADING = re.compile(r"^(\s*\d*)([#+=-]|(?<=\d)[.)])")
_NOT_A_MARK = {"&lt;": "&lt;", "&gt;": "&gt;", "&amp;": "&amp;", "&quot;": '"', "&#39;": "'"}


def write_markdown(c: Catalogue, view: View) -> str:
    """The document: a title in bold, sentences, lists and tables; pictures are left out."""
    return "\n\n".join(_view(c, view)) + "\n"


def _view(c: Catalogue, view: View) -> Iterator[str]:
    title = f"**{_escaped(view.title)}**"
    yield c("reason.at_site", reason=title, site=_escaped(view.verdict[1])) if view.verdict else title
    yield from (_paragraph(said) for said in view.says)
    for part in view.parts:
        yield from _part(c, part)


def _part(c: Catalogue, part: Part) -> Iterator[str]:
    if isinstance(part, View):
        yield from _view(c, part)
    elif isinstance(part, Table):
        yield _paragraph(part.title)
        yield "\n".join(_table(part))
    elif isinstance(part, Facts):
        yield "\n".join(f"- {c('reason.named', reason=_escaped(name), name=_cell(cell))}" for name, cell in part.rows)


def _table(table: Table) -> Iterator[str]:
    yield _line([_escaped(column.heading) for column in table.columns])
    yield _line(["---:" if column.kind == "amount" else "---" for column in table.columns])
    for row in table.rows:
        yield _row(row)
    if table.total is not None:
        yield _line([f"**{cell}**" if cell else "" for cell in map(_cell, table.total.cells)])


def _row(row: Row) -> str:
    return _line([_cell(cell) for cell in row.cells])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    return _escaped(cell) if isinstance(cell, str) else "<br>".join(map(_escaped, cell))


def _paragraph(text: str) -> str:
    """A paragraph that begins like a list or a heading is none."""
    return _LEADING.sub(r"\1\\\2", _escaped(text))


def _escaped(text: str) -> str:
    """Text in which nothing is a mark, of Markdown or of the HTML that it may hold."""
    shown = re.sub("&[^;]+;", lambda found: _NOT_A_MARK.get(found[0], found[0]), escape(text))
    return _MARK.sub(r"\\\g<0>", " ".join(shown.splitlines()))
