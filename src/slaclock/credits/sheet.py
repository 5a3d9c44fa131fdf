"""A sheet of text cells, as a statement and a correction are shown: plain text, Markdown, HTML."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

_MARKS = re.compile(r"([\\`*_\[\]|~<>&])")
_AT_THE_START = re.compile(r"^(?:\d+[.)]|[-+]|#+|=+|-+)(?=\s|$)")  # what begins a list or a heading
_SPACES = re.compile(r"\s+")
# Controls, halves of characters, and what turns the direction of writing: an amount must not be shown as another.
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A title, facts, a table whose last columns are amounts, its totals, and remarks."""

    title: str
    facts: Sequence[tuple[str, str]]
    columns: Sequence[str]
    amounts: int  # how many of the last columns are amounts
    rows: Sequence[Sequence[str]]
    totals: Sequence[Sequence[str]]
    remarks: Sequence[str]

    def text(self) -> str:
        """Lines of plain text, amounts to the right."""
        table = [self.columns, *self.rows, *self.totals]
        widths = [max(len(_line(row[i])) for row in table) for i in range(len(self.columns))]
        ruled = "  ".join("-" * width for width in widths)
        rows = [self._padded(row, widths) for row in table]
        body = [rows[0], ruled, *rows[1 : len(self.rows) + 1], ruled, *rows[len(self.rows) + 1 :]]
        width = max((len(name) for name, _ in self.facts), default=0)
        facts = [f"{_line(name).ljust(width)}  {_line(value)}" for name, value in self.facts]
        remarks = [f"- {_line(remark)}" for remark in self.remarks]
        blocks = [[_line(self.title), *facts], body, remarks]
        return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block) + "\n"

    def _padded(self, row: Sequence[str], widths: Sequence[int]) -> str:
        first = len(widths) - self.amounts
        cells = (
            _line(cell).rjust(width) if i >= first else _line(cell).ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        return "  ".join(cells)

    def markdown(self) -> str:
        """A heading, a list of facts, a table, a list of remarks."""
        sides = ["---"] * (len(self.columns) - self.amounts) + ["---:"] * self.amounts
        facts = [f"- {_marked(name)}: {_marked(value)}" for name, value in self.facts]
        table = [_row(map(_marked, self.columns)), _row(sides)]
        table += [_row(map(_marked, row)) for row in self.rows]
        table += [_row(f"**{_marked(cell)}**" if cell else "" for cell in row) for row in self.totals]
        remarks = [f"- {_marked(remark)}" for remark in self.remarks]
        blocks = [[f"## {_marked(self.title)}"], facts, table, remarks]
        return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"

    def html(self) -> str:
        """A section with a table; every text in it is escaped, and its only style puts amounts to the right."""
        facts = "".join(f"<dt>{_safe(name)}</dt><dd>{_safe(value)}</dd>" for name, value in self.facts)
        head = "".join(f'<th scope="col">{_safe(name)}</th>' for name in self.columns)
        body = "".join(f"<tr>{self._cells(row)}</tr>" for row in self.rows)
        foot = "".join(f"<tr>{self._cells(row)}</tr>" for row in self.totals)
        remarks = "".join(f"<li>{_safe(remark)}</li>" for remark in self.remarks)
        return (
            f'<section class="slaclock-statement"><h3>{_safe(self.title)}</h3><dl>{facts}</dl>'
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody><tfoot>{foot}</tfoot></table>"
            + (f"<ul>{remarks}</ul>" if remarks else "")
            + "</section>"
        )

    def _cells(self, row: Sequence[str]) -> str:
        first = len(self.columns) - self.amounts
        right = ' style="text-align: right"'
        return "".join(f"<td{right if i >= first else ''}>{_safe(cell)}</td>" for i, cell in enumerate(row))


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Comma-separated values with a header, lines ending in CR LF as RFC 4180 has them."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


def _line(text: str) -> str:
    """One line of text, whatever it was."""
    return _SPACES.sub(" ", _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text))


def _marked(text: str) -> str:
    return _AT_THE_START.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", _MARKS.sub(r"\\\1", _line(text).strip()))


def _safe(text: str) -> str:
    return escape(_line(text))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
