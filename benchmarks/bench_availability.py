"""What a month of seconds costs: `python benchmarks/bench_availability.py [--check]`, as ratios taken in one run.

The yardstick is NumPy summing the same columns.  README.md beside this file says how to read the table.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from bench_columns import in_turn
from bench_scalar import Case, Report
from rich.console import Console

from slaclock import Availability, BusinessCalendar, Exclusion, Period, bulk

ROUNDS = 15
SECOND = 10**6
MAY = Period.parse("2026-05", "Europe/London")
DESK = BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["08:00-18:00"]}, holidays=["GB-ENG"])
SUNDAYS = BusinessCalendar(timezone="Europe/London", hours={"sun": ["02:00-04:00"]})
MAINTENANCE = [Exclusion(reason="maintenance", during=SUNDAYS)]
BOUND = 10


class Samples:
    """Each second of a month: up to 200 attempts, failures in one second of a hundred, and an outage of 17 minutes."""

    def __init__(self) -> None:
        rng = np.random.default_rng(1)
        self.rows = (MAY.upper - MAY.lower) // SECOND
        self.start = MAY.lower + np.arange(self.rows) * SECOND
        self.attempts = rng.integers(0, 201, self.rows)
        some = np.where(rng.random(self.rows) < 0.01, rng.integers(1, 4, self.rows), 0)
        self.failures = np.minimum(some, self.attempts)
        self.failures[1_000_000:1_001_020] = self.attempts[1_000_000:1_001_020]
        self.flapping = np.where(rng.random(self.rows) < 0.5, self.attempts, 0)

    def sums(self) -> tuple[Any, ...]:
        """The yardstick."""
        return self.start.sum(), self.attempts.sum(), self.failures.sum()

    def asked(self, formula: str, **how: Any) -> Callable[[], Availability]:
        """Our answer to NumPy's columns, as a user asks for it."""
        at = self.start.view("M8[us]")
        return lambda: bulk.availability_of_samples(
            MAY, at, self.attempts, self.failures, "1s", zone="UTC", formula=formula, **how
        )

    def flaps(self) -> Availability:
        """A service that is up and down all the time."""
        at = self.start.view("M8[us]")
        return bulk.availability_of_samples(MAY, at, self.attempts, self.flapping, "1s", zone="UTC")

    def shuffled(self) -> Callable[[], Availability]:
        """The same rows in no order."""
        order = np.random.default_rng(2).permutation(self.rows)
        at, attempts, failures = self.start[order].view("M8[us]"), self.attempts[order], self.failures[order]
        return lambda: bulk.availability_of_samples(MAY, at, attempts, failures, "1s", zone="UTC", formula="bird-email")

    def libraries(self) -> dict[str, Case]:
        """The same columns in other libraries."""
        wall = self.start.view("M8[us]")
        of_pandas = pd.Series(wall).dt.tz_localize("UTC"), pd.Series(self.attempts), pd.Series(self.failures)
        of_polars = (
            pl.Series(wall).dt.replace_time_zone("UTC"), pl.Series(self.attempts), pl.Series(self.failures),
        )  # fmt: skip
        of_arrow = (
            pa.array(self.start).view(pa.timestamp("us", "UTC")),
            pa.array(self.attempts),
            pa.array(self.failures),
        )

        def asked(*columns: Any) -> Case:
            return lambda: bulk.availability_of_samples(MAY, *columns, "1s", formula="bird-email")

        return {"pandas": asked(*of_pandas), "Polars": asked(*of_polars), "pyarrow": asked(*of_arrow)}


def main() -> int:
    """Measure, print, and say whether all bounds held."""
    parser = argparse.ArgumentParser(description="what a month of seconds costs, as ratios taken in one run")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bound does not hold")
    arguments = parser.parse_args()
    report = Report(Console(width=None if sys.stdout.isatty() else 120, highlight=False))
    samples = Samples()
    bounded: dict[str, Case] = {
        "seconds (bird-email)": samples.asked("bird-email"),
        "minutes over 10 % (gcp-functions)": samples.asked("gcp-functions"),
        "mean of error rates (aws-s3)": samples.asked("aws-s3"),
        "seconds, service hours, maintenance": samples.asked("bird-email", service=DESK, exclusions=MAINTENANCE),
        "mean, service hours, maintenance": samples.asked("aws-s3", service=DESK, exclusions=MAINTENANCE),
        **{f"seconds, {name}": case for name, case in samples.libraries().items()},
    }
    others: dict[str, Case] = {
        "flapping: every other second fails": samples.flaps,
        "rows in no order": samples.shuffled(),
    }
    costs = in_turn({"sum of the columns": samples.sums, **bounded, **others}, ROUNDS)
    sums = costs["sum of the columns"]
    table = report.table(f"{samples.rows:,} rows, {ROUNDS} interleaved rounds, ms", "", "least", "median", "x sums")
    for name, cost in costs.items():
        table.add_row(name, f"{cost.least / 1e6:.1f}", f"{cost.middle / 1e6:.1f}", f"{cost.least / sums.least:.1f}")
    report.console.print(table)
    figures = report.table("Figures: availability", "ratio of the least", "figure", "bound", "")
    for name in bounded:
        report.bounded(figures, f"{name} / sum of the columns", costs[name].least / sums.least, BOUND)
    report.console.print(figures)
    return 1 if arguments.check and not report.held else 0


if __name__ == "__main__":
    sys.exit(main())
