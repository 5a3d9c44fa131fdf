"""Every numbered rule of the design has a test that names it, and a page that explains it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
RULES = {
    *(f"R-{n}" for n in range(1, 8)),
    *(f"CAL-{n}" for n in range(1, 14)),
    *(f"POL-{n}" for n in range(1, 11)),
    *(f"CLK-{n}" for n in range(1, 15)),
}
NUMBER = re.compile(r"\b(?:R|CAL|POL|CLK)-\d+\b")


def named_in(*patterns: str) -> set[str]:
    files = (file for pattern in patterns for file in ROOT.glob(pattern) if file != Path(__file__))
    return {rule for file in files for rule in NUMBER.findall(file.read_text(encoding="utf-8"))}


def test_every_rule_has_a_test():
    assert RULES - named_in("tests/**/*.py", "tests/conformance/*.csv") == set()


def test_every_rule_is_explained():
    assert RULES - named_in("docs/concepts.md", "docs/semantics/*.md") == set()


def test_no_rule_is_made_up():
    assert named_in("src/**/*.py", "tests/**/*.py", "tests/**/*.csv", "docs/**/*.md", "*.md") - RULES == set()
