"""From a Parquet file of tickets to one with what was promised to them.

The file is read in batches, so it may be larger than memory.  The answer is written under a temporary name, which
becomes the real one at the end: who stops the script half-way finds no half of a file.

    python parquet_to_parquet.py --make-sample 100000 tickets.parquet
    python parquet_to_parquet.py tickets.parquet answer.parquet --progress
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm.auto import tqdm

from slaclock import Policy, SlaclockError, bulk, contracts

AS_OF = datetime.fromisoformat("2026-07-01T00:00:00Z")
ROWS = 65_536
INSTANT = pa.timestamp("us", "UTC")


def evaluate_file(
    source: Path, target: Path, policy: Policy, as_of: datetime, *, rows: int = ROWS, progress: bool = False
) -> int:
    """Evaluate the tickets of a file into another one, some rows at a time; how many there were."""
    with pq.ParquetFile(source) as file, replacing(target) as unfinished:
        pauses = "pauses" if "pauses" in file.schema_arrow.names else None

        def answer(table: pa.Table | pa.RecordBatch) -> pa.Table | pa.RecordBatch:
            return bulk.evaluate(policy, table, as_of=as_of, pauses=pauses, errors="report")

        # Asked without rows first: it gives the schema, and a column that is missing is told at once.
        schema = answer(file.schema_arrow.empty_table()).schema
        total = file.metadata.num_rows
        with (
            pq.ParquetWriter(unfinished, schema) as writer,
            tqdm(total=total, unit=" rows", unit_scale=True, disable=not progress) as bar,
        ):
            for batch in file.iter_batches(rows):
                writer.write(answer(batch))
                bar.update(batch.num_rows)
    return total


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A name to write under: it becomes the real one if all goes well, and else it is gone."""
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        yield unfinished
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


# -- a sample ----------------------------------------------------------------------------------------------


def make_sample(rows: int, target: Path) -> None:
    """Write tickets opened in the first half of 2026, some of which waited, and some of which are not resolved yet."""
    random = np.random.default_rng(0)

    def minutes(least: int, most: int) -> np.ndarray:
        return random.integers(least, most, rows).astype("m8[m]")

    opened = np.datetime64("2026-01-01", "us") + minutes(0, 180 * 24 * 60)
    responded = opened + minutes(1, 300)
    resolved = responded + minutes(1, 5 * 24 * 60)
    waits = random.random(rows) < 0.3
    start = responded[waits] + np.timedelta64(1, "m")
    pause = pa.StructArray.from_arrays(
        [pa.array(start, INSTANT), pa.array(start + np.timedelta64(3, "h"), INSTANT), ["customer"] * len(start)],
        names=["start", "end", "reason"],
    )
    sample = {
        "id": [f"T-{number}" for number in range(1, rows + 1)],
        "severity": random.choice(["P1", "P2", "P3", "P4"], rows),
        "opened": pa.array(opened, INSTANT),
        "responded": pa.array(responded, INSTANT, mask=random.random(rows) < 0.1),
        "resolved": pa.array(resolved, INSTANT, mask=random.random(rows) < 0.2),
        "pauses": pa.ListArray.from_arrays(np.append(0, np.cumsum(waits)).astype(np.int32), pause),
    }
    with replacing(target) as unfinished:
        pq.write_table(pa.table(sample), unfinished, row_group_size=ROWS)


# -- the command -------------------------------------------------------------------------------------------


def aware(text: str) -> datetime:
    """An instant given on the command line."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no offset; write 2026-07-01T00:00Z")
    return instant


def arguments() -> tuple[argparse.ArgumentParser, argparse.Namespace]:
    """The command line."""
    parser = argparse.ArgumentParser(description="evaluate a Parquet file of tickets into another one")
    parser.add_argument("source", type=Path, nargs="?", help="tickets: severity, opened, responded, resolved, pauses")
    parser.add_argument("target", type=Path, help="the file to write")
    parser.add_argument("--policy", type=Path, help="a policy file (the ready-made contract wati-pro)")
    parser.add_argument("--as-of", type=aware, default=AS_OF, help="read at this instant (2026-07-01)")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"rows at a time ({ROWS})")
    parser.add_argument("--progress", action="store_true", help="show a bar")
    parser.add_argument("--make-sample", type=int, metavar="N", help="write N tickets to the file, and do no more")
    return parser, parser.parse_args()


def main() -> int:
    """Make a sample, or read, evaluate and write."""
    parser, given = arguments()
    if given.make_sample is not None:
        make_sample(given.make_sample, given.target)
        return 0
    if given.source is None:
        parser.error("two files are needed, the tickets and the answer")
    policy = Policy.load(given.policy) if given.policy else contracts.load("wati-pro")
    try:
        rows = evaluate_file(given.source, given.target, policy, given.as_of, rows=given.rows, progress=given.progress)
    except (SlaclockError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; nothing was written", file=sys.stderr)
        return 130
    print(f"{rows} tickets evaluated")
    return 0


if __name__ == "__main__":
    sys.exit(main())
