"""Notebooks of the examples: kept without what running them leaves behind, and run in a kernel of this interpreter."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
NOTEBOOKS = sorted(file for file in EXAMPLES.rglob("*.ipynb") if ".ipynb_checkpoints" not in file.parts)


def check_kept_clean(file: Path) -> None:
    """No outputs, no paths of a machine, and a kernel that everybody has."""
    notebook = json.loads(file.read_text(encoding="utf-8"))
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in code)
    assert not re.search(r"[\"'](/|[A-Z]:\\|~)", "\n".join("".join(cell["source"]) for cell in code))


def executed(file: Path, kernel: str, asked: str = "") -> list[Any]:
    """The cells of a notebook after running it, with one more cell that asks for something."""
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    notebook = nbformat.read(file, as_version=4)
    if asked:
        notebook.cells.append(nbformat.v4.new_code_cell(asked))
    where = {"metadata": {"path": str(file.parent)}}
    nbclient.NotebookClient(notebook, timeout=120, kernel_name=kernel, resources=where).execute()
    return list(notebook.cells)


def shown(cells: list[Any], kind: str) -> list[str]:
    """The outputs of a kind (``text/html``), in order."""
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return [output["data"][kind] for output in outputs if kind in output.get("data", {})]


def printed(cells: list[Any]) -> str:
    """What was printed."""
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return "".join(
        output["text"] for output in outputs if output["output_type"] == "stream" and output["name"] == "stdout"
    )
