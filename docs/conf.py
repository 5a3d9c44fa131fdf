"""How the documentation is made: Sphinx, MyST and furo, nothing fetched."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
from datetime import datetime
from importlib import metadata
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.directives.patches import CSVTable

project = "slaclock"
author = "The slaclock authors"
copyright = "2026, The slaclock authors"

extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_static_path = ["_static"]
html_css_files = ["custom.css"]
release = version = metadata.version("slaclock")
html_theme = "furo"
html_title = "slaclock"

autodoc_class_signature = "mixed"
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # types of declared things are validators; the tables beside them say what is meant


# -- tables that are tests ---------------------------------------------------------------------------------


class TestedTable(CSVTable):
    """``csv-table`` for the tables of tests/conformance, which are wider than a page.

    ``columns`` chooses and orders columns, ``where`` keeps the rows that have one of some values in a column
    (``rule: CLK-3 CLK-4``), ``literal`` sets columns as code.  Instants are shown as people say them; ``offsets``
    keeps their offset from UTC.
    """

    option_spec: ClassVar = {
        **(CSVTable.option_spec or {}),
        "columns": directives.unchanged,
        "where": directives.unchanged,
        "literal": directives.unchanged,
        "offsets": directives.flag,
    }

    def run(self) -> list[Any]:
        """Columns as wide as what is in them."""
        self.options.setdefault("widths", "auto")
        return super().run()

    def get_csv_data(self) -> tuple[list[str], str]:
        """The lines of the table as asked for."""
        lines, source = super().get_csv_data()
        rows = list(csv.DictReader(io.StringIO("\n".join(lines))))
        columns = str(self.options.get("columns") or " ".join(rows[0])).split()
        literal = str(self.options.get("literal", "")).split()
        column, _, values = str(self.options.get("where", "")).partition(":")
        if values:
            rows = [row for row in rows if row[column.strip()] in values.split()]
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([name.replace("_", " ") for name in columns])
        writer.writerows([self._cell(name, row[name], name in literal) for name in columns] for row in rows)
        return out.getvalue().splitlines(), source

    def _cell(self, name: str, text: str, literal: bool) -> str:
        if literal:
            return f"``{text}``" if text else ""
        if name in ("events", "expect"):
            text = text.replace("; ", ", ").replace("=", " ").replace("@", " ")
        return _INSTANT.sub(lambda match: _said(match[0], "offsets" in self.options), text)


_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d")


def _said(text: str, offset: bool) -> str:
    """``Mon 8 Jun 09:00``, of 2026 unless the year is said."""
    at = datetime.fromisoformat(text)
    year = "" if at.year == 2026 else f" {at.year}"
    time = text.partition("T")[2]
    return f"{at:%a} {at.day} {at:%b}{year} {time[:-6]}" + (f" {time[-6:]}" if offset else "")


# -- tables on a phone -------------------------------------------------------------------------------------


def cards(app: Sphinx, doctree: nodes.document) -> None:  # noqa: ARG001
    """Each cell of a wide table knows its column: on a narrow screen a row is shown as a card."""
    for table in doctree.findall(nodes.table):
        heads = [entry.astext() for head in table.findall(nodes.thead) for entry in head.findall(nodes.entry)]
        if len(heads) < 4:
            continue
        table["classes"].append("cards")
        for row in next(table.findall(nodes.tbody)).findall(nodes.row):
            for name, entry in zip(heads, row.findall(nodes.entry), strict=True):
                if entry.astext().strip():
                    entry.insert(0, nodes.paragraph("", name, classes=["column-name"]))
                else:
                    entry["classes"].append("nothing")


# -- signatures --------------------------------------------------------------------------------------------


def signature(app: Sphinx, what: str, name: str, thing: Any, options: Any, text: str, returned: str) -> Any:  # noqa: ARG001
    """The fields of a declared thing, as they are written: keywords, with their defaults."""
    if what != "class" or not dataclasses.is_dataclass(thing):
        return None
    shown = []
    for field in dataclasses.fields(thing):
        if field.name.startswith("_") or not field.init:
            continue
        default = _default(field)
        shown.append(field.name if default is None else f"{field.name}={default}")
    return f"(*, {', '.join(shown)})", ""


def _default(field: dataclasses.Field[Any]) -> str | None:
    default = field.default
    if hasattr(default, "is_required"):  # what pydantic keeps of a field
        if default.is_required():
            return None
        default = default.get_default(call_default_factory=True)
    elif field.default_factory is not dataclasses.MISSING:
        default = field.default_factory()
    return None if default is dataclasses.MISSING else repr(default)


def setup(app: Sphinx) -> None:
    """Put the above in place."""
    app.add_directive("csv-table", TestedTable, override=True)
    app.connect("autodoc-process-signature", signature)
    app.connect("doctree-read", cards)
