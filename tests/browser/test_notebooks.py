"""The notebooks of the examples as a notebook shows them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from browser.hosts import document
from notebooks import NOTEBOOKS

pytestmark = pytest.mark.browser

TESTS = Path(__file__).resolve().parent.parent
# In a process of its own: the loop of this one is Playwright's.
RUN = """
import json, pathlib, sys
from notebooks import executed, shown
cells = executed(pathlib.Path(sys.argv[1]), sys.argv[2])
print(json.dumps(shown(cells, "text/html")))
"""
_SHOWN: dict[Path, list[str]] = {}


@pytest.fixture(params=NOTEBOOKS, ids=lambda file: file.stem)
def notebook(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def outputs(browser, notebook, kernel) -> list[str]:
    """What the cells of a notebook show as HTML; it runs once."""
    if notebook not in _SHOWN:
        command = [sys.executable, "-c", RUN, str(notebook), kernel]
        environment = os.environ | {"PYTHONPATH": str(TESTS)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        _SHOWN[notebook] = json.loads(done.stdout)
    return _SHOWN[notebook]


def test_a_notebook(page, look, picture, notebook, outputs) -> None:
    """Tables of frames as well as views of ours: all fit, can be read, and nothing goes wrong."""
    assert outputs
    page.set_content(document("jupyter", look.scheme, [(f"output {i}", html) for i, html in enumerate(outputs, 1)]))
    picture(f"notebook-{notebook.stem}")
    assert page.evaluate("checks.overflow()") == []
    assert page.evaluate("checks.ids()") == []
    assert page.evaluate("checks.drawings(9, 16)") == []
    assert page.evaluate("checks.contrast('[data-view] :is(p, span, th, td, text)', 4.5)") == []
