"""One zone database and one way of drawing examples for every test."""

from __future__ import annotations

import importlib.metadata
import os
import zoneinfo

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
