"""What Spark adds to bulk.evaluate, as ratios taken in one run: `python benchmarks/bench_spark.py [--check]`.

Tickets in Parquet files, once read and evaluated in this process (one thread), once by Spark on local[2], whose answer
goes nowhere (the sink `noop`). The start of the session is left out. All cases run in turn, round after round.

Between the files and Python, Spark turns columns into rows, rows into Arrow, and the answer back into rows. "There
and back" is that alone: `mapInArrow` with a function that returns its batches. It is work of the JVM, more than the
evaluation itself, and for two cores to come out near one thread in process, both must be free: "processor" shows how
much work there is, whoever else is at the machine. What moves it:

- partitions of one size, as many as cores or a multiple: a third one on two cores would run alone;
- Arrow's checks of each access, which these settings turn off (a sixth of the JVM's work);
- `maxRecordsPerBatch`, a little: 65,536 instead of 10,000 saves a tenth of the work, and more saves nothing, because
  `slaclock.spark` gathers batches until they are 65,536 rows.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from bench_scalar import Report
from pyspark.sql import DataFrame, SparkSession
from rich.console import Console

from slaclock import bulk, contracts, spark

ROWS = 5_000_000
ROUNDS = 5
FILES = 4
SECOND = 1_000_000
POLICY = contracts.load("wati-pro")
AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
ANSWER = "resolution_breached"
BOUND = 1.6
TICKS = os.sysconf("SC_CLK_TCK")

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.driver.memory": "4g",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "65536",
    "spark.driver.extraJavaOptions": "-Darrow.enable_unsafe_memory_access=true -Darrow.enable_null_check_for_get=false",
}


def tickets(rows: int) -> pa.Table:
    """Tickets of a year: nine in ten are answered, four in five resolved."""
    draw = np.random.default_rng(1)
    opened = draw.integers(1_735_700_000, 1_767_200_000, rows)
    responded = opened + draw.integers(60, 8 * 3600, rows)
    resolved = responded + draw.integers(600, 5 * 86_400, rows)
    severities = pa.array([severity.key for severity in POLICY.severities])
    return pa.table({
        "ticket": pa.array(np.arange(rows)),
        "severity": severities.take(pa.array(draw.integers(0, len(severities), rows))),
        "opened": instants(opened, None),
        "responded": instants(responded, draw.random(rows) < 0.1),
        "resolved": instants(resolved, draw.random(rows) < 0.2),
    })  # fmt: skip


def instants(seconds: np.ndarray, null: np.ndarray | None) -> pa.Array:
    """A column of instants, some of them null."""
    return pa.array(seconds * SECOND, pa.int64(), mask=null).view(pa.timestamp("us", "UTC"))


def write(folder: Path, table: pa.Table) -> None:
    """Files of one size, so that no partition is waited for."""
    step = -(-table.num_rows // FILES)
    for number in range(FILES):
        pq.write_table(table.slice(number * step, step), folder / f"{number}.parquet")


def started() -> SparkSession:
    """A session of two cores, which says nothing."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    builder = SparkSession.builder.master("local[2]")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


def drained(df: DataFrame) -> None:
    """Compute all of it, and keep nothing."""
    df.write.format("noop").mode("overwrite").save()


def same_answers(folder: Path, df: DataFrame) -> None:
    """Both must say the same, or no figure means anything."""
    here = bulk.evaluate(POLICY, pq.read_table(folder), as_of=AS_OF).column(ANSWER).value_counts().to_pylist()
    there = spark.evaluate(df, POLICY, as_of=AS_OF).groupBy(ANSWER).count().collect()
    assert {one["values"]: one["counts"] for one in here} == {row[ANSWER]: row["count"] for row in there}


@dataclass
class Times:
    """Seconds of a case, one figure per round: by the clock, and of processors, over all processes at work."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)


def measured(cases: dict[str, Callable[[], object]]) -> dict[str, Times]:
    """All cases in turn, round after round, so that a slow moment of the machine hits all of them alike."""
    times = {name: Times() for name in cases}
    for _ in range(ROUNDS):
        for name, case in cases.items():
            worked, begin = processor(), perf_counter()
            case()
            times[name].wall.append(perf_counter() - begin)
            times[name].processor.append(processor() - worked)
    return times


def processor() -> float:
    """Seconds that this process and those it started have worked; without /proc, its own."""
    parents, seconds = {}, {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            fields = file.read_text().rpartition(")")[2].split()
            number = int(file.parent.name)
            parents[number], seconds[number] = int(fields[1]), (int(fields[11]) + int(fields[12])) / TICKS
    if os.getpid() not in seconds:
        return process_time()
    ours = {os.getpid()}
    while found := {number for number, parent in parents.items() if parent in ours} - ours:
        ours |= found
    return sum(seconds[number] for number in ours if number in seconds)


def show(report: Report, rows: int, times: dict[str, Times]) -> None:
    """What each took, and the ratio that has a bound."""
    title = f"{rows:,} tickets, {ROUNDS} rounds in turn: seconds"
    table = report.table(title, "", "least", "median", "processor")
    for name, of in times.items():
        table.add_row(name, *(f"{figure:.2f}" for figure in (min(of.wall), median(of.wall), median(of.processor))))
    report.console.print(table)
    least = {name: min(of.wall) for name, of in times.items()}
    work = {name: median(of.processor) for name, of in times.items()}
    figures = report.table("Figures", "Spark / in process", "figure", "bound", "")
    report.bounded(figures, "least of the clock, both from Parquet", least["Spark"] / least["in process"], BOUND)
    alone = least["in process"] - least["reading alone"]
    figures.add_row("the same, reading left out in process", f"{least['Spark'] / alone:.2f}", "", "")
    figures.add_row(
        "half the processors' work: two free cores", f"{work['Spark'] / 2 / work['in process']:.2f}", "", ""
    )
    report.console.print(figures)


def main() -> int:
    """Measure, print, and say whether the bound held."""
    parser = argparse.ArgumentParser(description="Spark beside bulk.evaluate, as ratios taken in one run")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"how many tickets ({ROWS:,})")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bound does not hold")
    arguments = parser.parse_args()
    report = Report(Console(width=None if sys.stdout.isatty() else 120, highlight=False))
    with TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, tickets(arguments.rows))
        session = started()
        df = session.read.parquet(name)
        same_answers(folder, df)
        cases: dict[str, Callable[[], object]] = {
            "in process": lambda: bulk.evaluate(POLICY, pq.read_table(folder), as_of=AS_OF),
            "reading alone": lambda: pq.read_table(folder),
            "Spark": lambda: drained(spark.evaluate(df, POLICY, as_of=AS_OF)),
            "Spark, reading alone": lambda: drained(df),
            "Spark, there and back": lambda: drained(df.mapInArrow(lambda batches: batches, df.schema)),
        }
        show(report, arguments.rows, measured(cases))
        session.stop()
    return 1 if arguments.check and not report.held else 0


if __name__ == "__main__":
    sys.exit(main())
