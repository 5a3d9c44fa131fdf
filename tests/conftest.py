"""One zone database and one way of drawing examples for every test; a kernel for the notebooks."""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
import zoneinfo
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

# The same examples for everybody, so that a change is what makes a test fail; `thorough` goes looking for others.
settings.register_profile(
    "default", deadline=None, max_examples=30, suppress_health_check=SLOW_IS_FINE, derandomize=True, print_blob=True
)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=1500, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_configure() -> None:
    """Answers depend on the zone database: the pinned tzdata package, never the machine's own."""
    if os.environ.get("PYTHONTZPATH"):
        raise pytest.UsageError('set PYTHONTZPATH="" or leave it unset: the tests use the tzdata package')
    os.environ["PYTHONTZPATH"] = ""  # for the processes that tests start
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()


def pytest_report_header() -> str:
    return f"zones: tzdata {importlib.metadata.version('tzdata')}, path {zoneinfo.TZPATH!r}"


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A kernel of this interpreter, and no other of that name; Jupyter keeps its files out of the home directory."""
    where = tmp_path / "jupyter" / "kernels" / "python3"
    where.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": command, "display_name": "Python 3", "language": "python"}
    (where / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    return "python3"
