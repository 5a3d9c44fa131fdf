"""The notebooks of the examples run, and what they say is so."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from demo_script import demo
from notebooks import EXAMPLES, NOTEBOOKS, check_kept_clean, executed, printed, shown
from slaclock import Policy

DAY = EXAMPLES / "notebooks" / "helpdesk_day.ipynb"
MONTH = EXAMPLES / "notebooks" / "analysts_month.ipynb"


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_is_kept_clean(file: Path) -> None:
    check_kept_clean(file)


def test_a_helpdesks_day(kernel: str) -> None:
    """Deadlines found by hand: see the comments beside each."""
    cells = executed(DAY, kernel)
    views = shown(cells, "text/html")
    assert len(views) == 7  # the policy, its calendar, a ticket, a result, three explanations
    for view in views:
        ET.fromstring(view)
    said = printed(cells)
    assert said.startswith(
        # Ten hours used of eight when it became critical at 10:00.
        "Tue 26 May 10:00  T-105  resolution      BREACHED\n"
        # Four hours from Friday 15:00: until 16:30, and from 08:30 on Tuesday.
        "Tue 26 May 11:00  T-101  first_response  \n"
        # Eight hours round the clock from 05:00.
        "Tue 26 May 13:00  T-103  resolution      \n"
        # Two business days from Friday 15:00, and Monday is none.
        "Wed 27 May 15:00  T-101  resolution      \n"
        # Two business days from Tuesday 08:30, where a bank holiday's ticket starts.
        "Thu 28 May 08:30  T-104  resolution      \n"
    )
    assert "1 receipt: same" in said
    assert "different, and altered" in said


def test_an_analysts_month(kernel: str) -> None:
    """What columns and the comparison say is what the demo counts ticket by ticket."""
    pytest.importorskip("matplotlib")
    asked = "from IPython.display import JSON\nJSON({'breached': int(answer['resolution_breached'].sum())})"
    cells = executed(MONTH, kernel, asked)
    assert len(shown(cells, "image/png")) == 3
    results = demo.evaluate_all(Policy.load(demo.POLICY), map(demo.to_ticket, demo.read_facts().values()))
    rows = [row for row in demo.attainment(results) if (row.metric, row.kind) == ("resolution", "commitment")]
    assert shown(cells, "application/json") == [{"breached": sum(row.judged - row.met for row in rows)}]
    (p3,) = (row for row in rows if row.severity == "P3")
    assert f"P3 resolutions met: {p3.met} of {p3.judged} under five days" in printed(cells)


def test_a_months_bill(kernel: str) -> None:
    """The figures and amounts stand in the notebook, each with its sum by hand; here, that all of it is shown."""
    cells = executed(EXAMPLES / "notebooks" / "billing_month.ipynb", kernel)
    views = shown(cells, "text/html")
    assert len(views) == 3  # the statement, an explanation, the correction
    for view in views:
        ET.fromstring(view)
    assert "1,380.00" in views[0] or "1380.00" in views[0]
    assert "99.529 %, exactly 1481/1488" in printed(cells)
