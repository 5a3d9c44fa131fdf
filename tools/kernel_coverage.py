"""Fails unless every branch of the kernel was taken in the tests just run (reads ``.coverage``)."""

from __future__ import annotations

import sys
from pathlib import Path

import coverage

KERNEL = ("_instant", "intervals", "durations", "timeline", "clock")


def main() -> int:
    """Report each module of the kernel that is not covered completely."""
    measured = coverage.Coverage()
    measured.load()
    missed = 0
    for name in KERNEL:
        file = Path("src/slaclock") / f"{name}.py"
        share = measured.report(morfs=[str(file)], file=open("/dev/null", "w"), show_missing=False)  # noqa: SIM115, PTH123
        print(f"kernel {name}: {share:.2f} %")
        missed += share < 100
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
