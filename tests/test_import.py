"""What importing the package costs and loads: no surprises (R-6, and the kernel's floors)."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("numpy", "pandas", "matplotlib", "holidays", "dateutil", "icalendar", "yaml", "rich", "tomli_w")


def loaded_by(code: str) -> set[str]:
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_import_loads_nothing_heavy():
    """Extras and tables are loaded by those who use them."""
    assert loaded_by("import slaclock") & set(HEAVY) == set()


def test_rooms_of_reports_are_loaded_when_asked_for():
    """What judges a ticket is there at once; receipts and comparisons come with their names."""
    import slaclock

    code = "import slaclock"
    late = {f"slaclock.{room}" for room in (*set(slaclock._ROOMS.values()), "render", "bulk", "plot")}
    assert loaded_by(code) & late == set()
    assert loaded_by(f"{code}; slaclock.verify; from slaclock import compare") & late == {
        "slaclock.receipts",
        "slaclock.comparison",
        "slaclock.explanation",  # which a receipt holds
    }
    assert loaded_by(f"{code}; assert {{'verify', 'compare', 'evaluate'}} <= set(dir(slaclock))") & late == set()


def test_what_is_not_there_is_an_attribute_error():
    import slaclock

    with pytest.raises(AttributeError, match="'slaclock' has no attribute 'evalute'"):
        slaclock.evalute


def test_a_calendar_without_sources_loads_none():
    code = "import slaclock; slaclock.BusinessCalendar(timezone='UTC', hours={'mon': ['09:00-17:00']}, holidays=['2026-01-01'])"
    assert loaded_by(code) & set(HEAVY) == set()


@pytest.mark.parametrize("module", ["_instant", "intervals", "durations", "timeline", "clock"])
def test_the_kernel_names_no_pydantic(module):
    """DESIGN 6: the kernel knows no pydantic, holidays or dateutil."""
    import slaclock

    source = slaclock.__path__[0] + f"/{module}.py"
    with open(source, encoding="utf-8") as text:
        assert not any(name in text.read() for name in ("pydantic", "import holidays", "dateutil"))


def test_nothing_reads_the_clock():
    """R-6: no module asks what time it is, or where it runs."""
    from pathlib import Path

    import slaclock

    for file in Path(slaclock.__path__[0]).rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        for asks in (".now(", ".today(", "utcnow", "time.time", "os.environ", "getenv", "tzlocal"):
            assert asks not in text, (file, asks)
