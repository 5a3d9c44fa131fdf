"""The notebooks of the examples as a notebook shows them."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from browser.hosts import document

pytestmark = pytest.mark.browser

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NOTEBOOKS = sorted(EXAMPLES.rglob("*.ipynb"))
RUN = """
import nbclient, nbformat, sys
notebook = nbformat.read(sys.argv[1], as_version=4)
nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[2])
"""


@pytest.fixture(scope="session")
def shown(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], list[tuple[str, str]]]:
    """What the cells of a notebook show as HTML; it runs once, in a process of its own, and keeps its files to itself."""
    home = tmp_path_factory.mktemp("jupyter")
    kernel = home / "kernels" / "python3"
    kernel.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": command, "display_name": "Python 3", "language": "python"}))
    folders = ("JUPYTER_PATH", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR")

    @functools.cache
    def run(notebook: Path) -> list[tuple[str, str]]:
        executed = home / f"{notebook.stem}.ipynb"
        subprocess.run(
            [sys.executable, "-c", RUN, str(notebook), str(executed)],
            cwd=notebook.parent, env=os.environ | dict.fromkeys(folders, str(home)), check=True,
        )  # fmt: skip
        cells = json.loads(executed.read_text(encoding="utf-8"))["cells"]
        return [
            (f"cell {number}", "".join(output["data"]["text/html"]))
            for number, cell in enumerate(cells)
            for output in cell.get("outputs", [])
            if "text/html" in output.get("data", {})
        ]

    return run


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook(page, look, picture, shown, notebook) -> None:
    """Tables of frames as well as views of ours: all fit, and nothing goes wrong."""
    fragments = shown(notebook)
    assert fragments
    page.set_content(document("jupyter", look.scheme, fragments))
    picture(f"notebook-{notebook.stem}")
    assert page.evaluate("checks.overflow()") == []
    assert page.evaluate("checks.ids()") == []
    assert page.evaluate("checks.drawings(9)") == []
    assert page.evaluate("checks.contrast('[data-view] :is(p, span, th, td, text)', 4.5)") == []
