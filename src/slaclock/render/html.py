"""A view as a fragment of HTML: well-formed XML, its own style, no script, no id, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterator

from .markup import element, escape
from .style import STYLE
from .view import Cell, Column, Facts, Part, Picture, Row, Table, View

_LONG = 16  # rows from which on a table begins closed, when others are beside it


def write_html(view: View, language: str) -> str:
    """The fragment."""
    style = element("style", STYLE)
    return element("div", [style, *_view(view)], class_="slaclock-view", lang=language)


def _view(view: View) -> Iterator[str]:
    badge = ""
    if view.verdict is not None:
        kind, word = view.verdict
        badge = " " + element("span", escape(word), class_=f"slaclock-badge slaclock-is-{kind}")
    yield element("p", element("strong", escape(view.title)) + badge, class_="slaclock-title")
    for said in view.says:
        yield element("p", escape(said), class_="slaclock-says", dir="auto")
    for part in view.parts:
        yield _part(part)


def _part(part: Part) -> str:
    if isinstance(part, View):
        return element("div", _view(part), class_="slaclock-inner")
    if isinstance(part, Table):
        return _table(part)
    if isinstance(part, Facts):
        return element("div", _facts(part), class_="slaclock-scroll")
    return _picture(part)


def _picture(picture: Picture) -> str:
    caption = element("figcaption", escape(picture.title))
    return element("figure", caption + picture.draw(), class_="slaclock-figure")


def _facts(facts: Facts) -> str:
    rows = (
        element("tr", element("th", escape(name), scope="row") + element("td", _cell(cell)))
        for name, cell in facts.rows
    )
    return element("table", element("tbody", rows), class_="slaclock-facts")


def _table(table: Table) -> str:
    headings = (element("th", escape(each.heading), scope="col", class_=_kind(each)) for each in table.columns)
    body = [_row(table, row) for row in table.rows]
    foot = "" if table.total is None else element("tfoot", _row(table, table.total))
    inside = element("thead", element("tr", headings)) + element("tbody", body) + foot
    drawn = element("table", inside, class_="slaclock-table")
    box = element("div", drawn, class_="slaclock-scroll", tabindex="0", role="group", aria_label=table.title)
    summary = element("summary", escape(table.title))
    opened = "open" if len(table.rows) <= _LONG else None
    return element("details", summary + box, class_="slaclock-part", open=opened)


def _row(table: Table, row: Row) -> str:
    first, *others = row.cells
    cells = [element("th", _cell(first), scope="row", class_=_kind(table.columns[0]))]
    cells += [
        element("td", _cell(cell), class_=_kind(column)) for cell, column in zip(others, table.columns[1:], strict=True)
    ]
    return element("tr", cells, class_=f"slaclock-is-{row.mark}" if row.mark.replace("_", "").isalnum() else None)


def _kind(column: Column) -> str | None:
    return None if column.kind == "line" else f"slaclock-{column.kind}"


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return escape(cell)
    return "".join(element("div", escape(line), class_="slaclock-line") for line in cell)
