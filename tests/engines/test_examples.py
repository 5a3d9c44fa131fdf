"""The examples for engines run, and say what they should."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run(name: str) -> str:
    done = subprocess.run([sys.executable, EXAMPLES / name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_duckdb():
    pytest.importorskip("duckdb", reason="DuckDB is not installed")
    said = run("duckdb_sql.py")
    # 4 h from Friday 15:00 in London, over the Spring Bank Holiday; 8 h from the day before Thanksgiving.
    assert "2026-05-26 10:00:00+00" in said
    assert "2026-11-27 20:00:00+00" in said


@pytest.mark.engine
def test_spark():
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("Spark needs Java")
    said = run("spark_tickets.py")
    assert "first_response_breached" in said
    assert "answered late" in said
