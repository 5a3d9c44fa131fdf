"""What a million rows cost, as ratios taken in one run: `python benchmarks/bench_columns.py [--check]`.

The yardsticks are NumPy's `a + b` on the same rows, Polars sorting and grouping the same log, and other libraries
answering the same questions. README.md beside this file says how to read the tables.
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from bench_scalar import Case, Cost, Report, measure, once
from rich.console import Console
from rich.table import Table

from slaclock import BusinessCalendar, Policy, bulk
from slaclock.bulk import lines
from slaclock.bulk.ragged import Ragged
from slaclock.bulk.spans import Spans, stretches

ROWS = 1_000_000
ROUNDS = 15
SECOND, HOUR, DAY = 10**6, 3600 * 10**6, 86_400 * 10**6
FIRST, LAST = datetime(1990, 1, 2, tzinfo=UTC), datetime(2039, 6, 1, tzinfo=UTC)
AS_OF = datetime(2026, 1, 10, tzinfo=UTC)
US = BusinessCalendar(timezone="America/New_York", hours={"mon-fri": ["09:00-17:00"]}, holidays=["US"])
SEVERITIES = ("P1", "P2", "P3", "P4")
POLICY = Policy.from_dict(
    {
        "schema": 1,
        "semantics": 1,
        "name": "bench",
        "calendar": "us",
        "calendars": {
            "us": {"timezone": "America/New_York", "hours": {"mon-fri": ["09:00-17:00"]}, "holidays": ["US"]}
        },
        "severities": [{"key": key} for key in SEVERITIES],
        "objectives": [
            {"severity": key, "metric": metric, "within": within}
            for metric, amounts in {
                "first_response": ("30m", "1h", "4h", "8h"),
                "workaround": ("4h", "8h", "16h", "40h"),
                "resolution": ("8h", "16h", "40h", "80h"),
            }.items()
            for key, within in zip(SEVERITIES, amounts, strict=True)
        ],
    }
)


def microseconds(at: datetime) -> int:
    """Since 1970."""
    return int(at.timestamp()) * SECOND


def random_instants(rng: np.random.Generator, rows: int, first: datetime, last: datetime) -> Any:
    """Whole seconds between two instants."""
    return rng.integers(microseconds(first) // SECOND, microseconds(last) // SECOND, rows) * SECOND


# -- calendar questions ------------------------------------------------------------------------------------


class Questions:
    """Instants over fifty years, 1 to 40 working hours from each, and a later instant within thirty days."""

    def __init__(self, rows: int = ROWS) -> None:
        rng = np.random.default_rng(1)
        self.start = random_instants(rng, rows, FIRST, LAST)
        self.working = rng.integers(1, 41, rows) * HOUR
        self.later = self.start + rng.integers(0, 30 * 86_400, rows) * SECOND
        self.begin, self.within, self.end = (
            self.start.view("M8[us]"), self.working.view("m8[us]"), self.later.view("M8[us]"),
        )  # fmt: skip

    def due(self) -> Any:
        """Our answer, as a user asks for it."""
        return bulk.due(self.begin, self.within, US, zone="UTC")

    def elapsed(self) -> Any:
        """Our answer, as a user asks for it."""
        return bulk.elapsed(self.begin, self.end, US, zone="UTC")


def date_functions(asked: Questions) -> dict[str, Case]:
    """Business days on dates alone, no hours and no zone: what NumPy and Polars have."""
    import holidays

    free = np.array(sorted(holidays.country_holidays("US", years=range(1989, 2042))), "M8[D]")
    calendar = np.busdaycalendar(holidays=free)
    dates, ends = asked.begin.astype("M8[D]"), asked.end.astype("M8[D]")
    days = asked.working // (8 * HOUR)
    table = pl.DataFrame({"a": pl.Series(dates).cast(pl.Date), "b": pl.Series(ends).cast(pl.Date), "n": days})
    listed = free.tolist()
    return {
        "numpy busday_offset (dates)": lambda: np.busday_offset(dates, days, roll="forward", busdaycal=calendar),
        "numpy busday_count (dates)": lambda: np.busday_count(dates, ends, busdaycal=calendar),
        "polars add_business_days (dates)": lambda: table.select(
            pl.col("a").dt.add_business_days(pl.col("n"), holidays=listed, roll="forward")
        ),
        "polars business_day_count (dates)": lambda: table.select(pl.business_day_count("a", "b", holidays=listed)),
    }


def in_turn(cases: dict[str, Case], rounds: int) -> dict[str, Cost]:
    """Each case once a round: none finds its rows in the cache because it has just been there."""
    costs = {name: Cost() for name in cases}
    for turn in range(rounds + 1):
        for name, case in cases.items():
            gc.collect()
            cost = once(case, 1)
            costs[name].rounds += [cost] if turn else []
    return costs


def show_questions(report: Report, asked: Questions) -> dict[str, Cost]:
    """Due and elapsed against plain addition."""
    costs = in_turn(
        {"a + b": lambda: asked.start + asked.working, "due": asked.due, "elapsed": asked.elapsed,
         **date_functions(asked)}, ROUNDS,
    )  # fmt: skip
    table = report.table(f"{ROWS:,} rows, median of {ROUNDS} interleaved rounds", "", "ns a row", "x a + b")
    for name, cost in costs.items():
        table.add_row(name, f"{cost.middle / ROWS:.2f}", f"{cost.middle / costs['a + b'].middle:.1f}")
    report.console.print(table)
    figures = report.table("Figures: calendar questions", "ratio of the medians", "figure", "bound", "")
    for name in ("due", "elapsed"):
        report.bounded(figures, f"{name} / a + b", costs[name].middle / costs["a + b"].middle, 15)
    for name in list(costs)[3:]:
        ours = "elapsed" if "count" in name else "due"
        report.bounded(figures, f"{ours} / {name}", costs[ours].middle / costs[name].middle, 1)
    for name, run in (("due", asked.due), ("elapsed", asked.elapsed)):
        report.bounded(figures, f"peak memory of {name}, over its answer", peak_over(run, ROWS * 8), 10, " MiB")
    report.console.print(figures)
    return costs


def peak_over(run: Case, answer: int) -> float:
    """MiB that are allocated at the worst moment, besides the answer."""
    gc.collect()
    tracemalloc.start()
    kept = run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept is not None
    return (peak - answer) / 2**20


# -- peers ---------------------------------------------------------------------------------------------------


def peer_cases(asked: Questions) -> dict[str, tuple[int, Case, Case | None, str]]:
    """By name: how many rows it is given, due, elapsed (None: cannot), and whether it knows zones."""
    import holidays

    free = sorted(holidays.country_holidays("US", years=range(1989, 2042)))
    few, fewest = slice(0, 20_000), slice(0, 200)
    return {
        "workclock": _workclock(asked, few, free),
        "timegrid": _timegrid(asked, few, free),
        "officehours": _officehours(asked, fewest, free),
        "businesstimedelta": _businesstimedelta(asked, fewest, free),
        "pandas CustomBusinessHour": _pandas(asked, fewest, free),
    }


def _workclock(asked: Questions, rows: slice, free: list[Any]) -> tuple[int, Case, Case, str]:
    from workclock import Holidays, Schedule, WorkDay

    schedule = Schedule([WorkDay(time(9), time(17)), Holidays(free)], time_zone="America/New_York")
    at, within, end = asked.begin[rows], asked.within[rows], asked.end[rows]
    assert (schedule.add_many(at, within) == bulk.due(at, within, US, zone="UTC")).all()
    assert (schedule.between_many(at, end) == bulk.elapsed(at, end, US, zone="UTC")).all()
    return len(at), lambda: schedule.add_many(at, within), lambda: schedule.between_many(at, end), "aware"


def _walls(asked: Questions, rows: slice) -> tuple[list[datetime], list[timedelta], list[datetime]]:
    shown = pd.Series(asked.begin[rows]).dt.tz_localize("UTC").dt.tz_convert("America/New_York").dt.tz_localize(None)
    until = pd.Series(asked.end[rows]).dt.tz_localize("UTC").dt.tz_convert("America/New_York").dt.tz_localize(None)
    return [t.to_pydatetime() for t in shown], asked.within[rows].tolist(), [t.to_pydatetime() for t in until]


def _timegrid(asked: Questions, rows: slice, free: list[Any]) -> tuple[int, Case, Case, str]:
    from timegrid import TimeGridCalendar

    calendar = TimeGridCalendar.weekdays(time(9), time(17))
    for day in free:
        calendar = calendar.close(day)
    compiled = calendar.compile(datetime(1989, 1, 1), datetime(2041, 1, 1))  # noqa: DTZ001 - it takes no others
    at, within, end = _walls(asked, rows)
    return (
        len(at),
        lambda: [calendar.add_work_duration(a, b) for a, b in zip(at, within, strict=True)],
        lambda: [compiled.get_working_duration(a, b) for a, b in zip(at, end, strict=True)],
        "naive",
    )


def _officehours(asked: Questions, rows: slice, free: list[Any]) -> tuple[int, Case, Case, str]:
    from officehours import Calculator

    calendar = Calculator("9:00", "17:00", free)
    at, within, end = _walls(asked, rows)
    hours = [b / timedelta(hours=1) for b in within]
    return (
        len(at),
        lambda: [calendar.due_date(b, a) for a, b in zip(at, hours, strict=True)],
        lambda: [calendar.working_seconds(a, b) for a, b in zip(at, end, strict=True)],
        "naive",
    )


def _businesstimedelta(asked: Questions, rows: slice, free: list[Any]) -> tuple[int, Case, Case, str]:
    import businesstimedelta as btd
    import pytz

    zone = pytz.timezone("America/New_York")
    rules = btd.Rules(
        [btd.WorkDayRule(time(9), time(17), tz=zone), btd.HolidayRule(set(free), tz=zone)], tz=zone
    )  # fmt: skip
    at, end = ([t.replace(tzinfo=UTC) for t in column[rows].tolist()] for column in (asked.begin, asked.end))
    within = [btd.BusinessTimeDelta(rules, timedelta=b) for b in asked.within[rows].tolist()]
    return (
        len(at),
        lambda: [a + b for a, b in zip(at, within, strict=True)],
        lambda: [rules.difference(a, b) for a, b in zip(at, end, strict=True)],
        "aware",
    )


def _pandas(asked: Questions, rows: slice, free: list[Any]) -> tuple[int, Case, None, str]:
    # One offset an amount: all rows of an amount at once.
    at = pd.Series(asked.begin[rows]).dt.tz_localize("UTC").dt.tz_convert("America/New_York")
    hours = asked.working[rows] // HOUR
    offsets = {
        int(n): pd.offsets.CustomBusinessHour(int(n), start="09:00", end="17:00", holidays=free) for n in set(hours)
    }
    return len(at), lambda: [a + offsets[int(n)] for a, n in zip(at, hours, strict=True)], None, "aware"


def show_peers(report: Report, asked: Questions, costs: dict[str, Cost]) -> None:
    """The same questions to others; whoever is slow is given fewer rows, of the same kind."""
    table = report.table(
        "The same questions to others: ns a row (times slaclock)", "", "zones", "rows", "due", "elapsed"
    )
    ours = {name: costs[name].middle / ROWS for name in ("due", "elapsed")}
    table.add_row("slaclock", "aware", f"{ROWS:,}", *(f"{cost:.1f}" for cost in ours.values()))
    factors: dict[str, float] = {}
    for name, (rows, due, elapsed, zones) in peer_cases(asked).items():
        cells = []
        for question, case in (("due", due), ("elapsed", elapsed)):
            if case is None:
                cells.append("cannot")
                continue
            took = min(once(case, 1) for _ in range(3)) / rows
            factors[f"{name} {question}"] = took / ours[question]
            cells.append(f"{took:,.0f} ({took / ours[question]:,.0f})")
        table.add_row(name, zones, f"{rows:,}", *cells)
    report.console.print(table)
    figures = report.table("Figures: times slaclock", "", "figure", "bound", "")
    for question, bound in (("due", 150), ("elapsed", 300)):
        figure = factors[f"workclock {question}"]
        figures.add_row(f"workclock {question}", f"{figure:.0f}", f">= {bound}", report.verdict(figure >= bound))
    report.console.print(figures)


# -- pauses ----------------------------------------------------------------------------------------------------


def show_pauses(report: Report) -> None:
    """Clocks with 0 to 5 pauses against clocks without: the same spans, the pauses' instants looked up each time."""
    rng = np.random.default_rng(2)
    years = US._kept.open
    start = random_instants(rng, ROWS, datetime(2020, 1, 2, tzinfo=UTC), datetime(2025, 1, 2, tzinfo=UTC))
    budget = rng.integers(1, 81, ROWS) * HOUR
    row = np.repeat(np.arange(ROWS), rng.integers(0, 6, ROWS))
    begin = start[row] + rng.integers(0, 20 * 86_400, len(row)) * SECOND
    order = np.lexsort((begin, row))
    begin = begin[order]
    pauses = Ragged.of(ROWS, row, begin, begin + rng.integers(600, 3 * 86_400, len(row)) * SECOND).merged()
    end = start + rng.integers(0, 30 * 86_400, ROWS) * SECOND
    lines.spanning(years, int(start.min()), int(end.max()) + 900 * DAY)

    def spans(parts: Ragged | None, rows: slice) -> Spans:
        t, count = start[rows], len(start[rows])
        own = parts if parts is not None else Ragged(np.zeros(count + 1, np.int64), *[np.empty(0, np.int64)] * 3)
        base, nothing = lines.current(years).works(t), np.zeros(count, bool)
        return Spans(years, t, base, budget[rows], t, ~nothing, nothing, nothing, own, *stretches(years, own), nothing)

    def due(spans_: Spans, rows: slice) -> Any:
        return spans_.first_used(budget[rows])

    def batches(parts: Ragged | None, ask: Callable[[Spans, slice], Any]) -> Case:
        def run() -> None:
            for batch in lines.chunks(ROWS, 65_536):
                ask(spans(parts and parts.part(batch.start, batch.stop), batch), batch)

        return run  # fmt: skip

    def used(spans_: Spans, rows: slice) -> Any:
        return spans_.used(end[rows])

    costs = in_turn(
        {"due": batches(None, due), "due, pauses": batches(pauses, due),
         "elapsed": batches(None, used), "elapsed, pauses": batches(pauses, used)}, 5,
    )  # fmt: skip
    table = report.table(
        f"Figures: {len(pauses) / ROWS:.1f} pauses a ticket", "ratio of the medians", "figure", "bound", ""
    )
    for name, bound in (("due", 14), ("elapsed", 10)):
        report.bounded(
            table, f"{name} with pauses / without", costs[f"{name}, pauses"].middle / costs[name].middle, bound
        )
    report.console.print(table)


# -- tables and logs -----------------------------------------------------------------------------------------------


def utc(column: Any) -> pl.Expr | pl.Series:
    """Microseconds as instants; those below 0 are null."""
    known = pl.Series(column).cast(pl.Datetime("us", "UTC"))
    return known.set(pl.Series(column < 0), None)


def ticket_table(rows: int = ROWS) -> tuple[pl.DataFrame, bulk.Pauses]:
    """Tickets of six years, most answered and resolved, with 0 to 5 pauses for two reasons."""
    rng = np.random.default_rng(3)
    opened = random_instants(rng, rows, datetime(2020, 1, 2, tzinfo=UTC), datetime(2025, 12, 30, tzinfo=UTC))

    def later(seconds: int, missing: float) -> Any:
        return np.where(rng.random(rows) < missing, -1, opened + rng.integers(0, seconds, rows) * SECOND)

    row = np.repeat(np.arange(rows), rng.integers(0, 6, rows))
    start = opened[row] + rng.integers(0, 10 * 86_400, len(row)) * SECOND
    end = start + rng.integers(600, 3 * 86_400, len(row)) * SECOND
    tickets = pl.DataFrame(
        {
            "ticket": np.arange(rows),
            "severity": pl.Series(SEVERITIES).gather(rng.integers(0, 4, rows)),
            "opened": utc(opened),
            "responded": utc(later(48 * 3600, 0.1)),
            "resolved": utc(later(20 * 86_400, 0.15)),
        }
    )
    pauses = pl.DataFrame(
        {
            "ticket": row,
            "start": utc(start),
            "end": utc(np.where(rng.random(len(row)) < 0.02, -1, end)),
            "reason": pl.Series(["customer", "vendor"]).gather(rng.integers(0, 2, len(row))),
        }
    )
    return tickets, bulk.Pauses(pauses)


def event_log(tickets: int = ROWS) -> pl.DataFrame:
    """Five events a ticket in random order; severities change in 3 % of the tickets, 1.5 % are reopened."""
    rng = np.random.default_rng(4)
    opened = random_instants(rng, tickets, datetime(2020, 1, 2, tzinfo=UTC), datetime(2025, 12, 30, tzinfo=UTC))

    def after(at: Any, hours: int) -> Any:
        return at + rng.integers(60, hours * 3600, tickets) * SECOND

    responded = after(opened, 48)
    paused = after(responded, 48)
    resumed = after(paused, 72)
    resolved = after(resumed, 240)
    closed = after(resolved, 120)
    share = rng.random((8, tickets))
    waited, ended = share[1] < 0.6, share[3] < 0.9
    told = [
        ("opened", opened, share[0] < 2, np.array(SEVERITIES)[rng.integers(0, 4, tickets)]),
        ("responded", responded, share[0] < 0.95, None),
        ("paused", paused, waited, "customer"),
        ("resumed", resumed, waited & (share[2] < 0.97), None),
        ("resolved", resolved, ended, None),
        ("closed", closed, ended & (share[4] < 0.95), None),
        ("severity_changed", after(opened, 36), share[5] < 0.03, np.array(SEVERITIES)[rng.integers(0, 4, tickets)]),
        ("reopened", after(closed, 24), ended & (share[6] < 0.015), None),
    ]
    parts = [
        pl.DataFrame({"ticket": np.flatnonzero(which), "at": utc(at[which])}).with_columns(
            kind=pl.lit(kind), value=pl.lit(None, pl.String) if value is None
            else pl.lit(value) if isinstance(value, str) else pl.Series(value[which]),
        )
        for kind, at, which, value in told
    ]  # fmt: skip
    return pl.concat(parts).sample(fraction=1, shuffle=True, seed=5)


def show_tables(report: Report, asked: Questions) -> None:
    """A policy on tickets and on a log."""
    tickets, pauses = ticket_table()
    log = event_log()

    def evaluated() -> Any:
        return bulk.evaluate(POLICY, tickets, as_of=AS_OF, ticket="ticket", pauses=pauses)

    def logged() -> Any:
        return bulk.evaluate_log(POLICY, log, as_of=AS_OF)

    def grouped() -> Any:
        return log.sort("ticket", "at").group_by("ticket", maintain_order=True).agg(pl.all())

    costs = in_turn({"due": asked.due, "evaluate": evaluated, "log": logged, "grouped": grouped}, 5)
    table = report.table("A policy with three metrics, seconds, median of 5 rounds", "", "seconds")
    table.add_row(f"evaluate {tickets.height:,} tickets, {pauses.frame.height:,} pauses", seconds(costs["evaluate"]))
    table.add_row(f"evaluate_log {log.height:,} events of {ROWS:,} tickets", seconds(costs["log"]))
    table.add_row("Polars sorts and groups the same log", seconds(costs["grouped"]))
    report.console.print(table)
    figures = report.table("Figures: tables and logs", "ratio of the medians", "figure", "bound", "")
    report.bounded(figures, "evaluate / due of as many rows", costs["evaluate"].middle / costs["due"].middle, 110)
    report.bounded(figures, "evaluate_log / sort and group", costs["log"].middle / costs["grouped"].middle, 4)
    report.bounded(figures, "peak memory of evaluate_log / the log", log_peak(log), 3)
    show_one_row(report, figures)
    report.console.print(figures)


def log_peak(log: pl.DataFrame) -> float:
    """The most that a fresh process holds above the log while it is judged, answer included, over the log's size."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "log.parquet"
        log.write_parquet(file)
        command = [sys.executable, __file__, "--peak-of", str(file)]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return int(printed) / log.estimated_size()


def print_peak(file: str) -> None:
    """Resident bytes at the worst moment, above those before it (Linux)."""
    log = pl.read_parquet(file)
    bulk.evaluate_log(POLICY, log.head(1000), as_of=AS_OF, errors="report")
    Path("/proc/self/clear_refs").write_text("5")
    before = resident("VmRSS")
    kept = bulk.evaluate_log(POLICY, log, as_of=AS_OF)
    assert kept.height
    print(resident("VmHWM") - before)


def resident(name: str) -> int:
    """A figure of this process, in bytes."""
    lines_ = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines_ if line.startswith(name))


def seconds(cost: Cost) -> str:
    """For a cell."""
    return f"{cost.middle / 1e9:.2f}"


def show_one_row(report: Report, figures: Table) -> None:
    """One call on one row, where the door is all there is."""
    at = pd.Series([datetime(2026, 5, 22, 14, tzinfo=UTC)])
    cases = {"pandas": at, "Polars": pl.Series(at.dt.to_pydatetime().tolist(), dtype=pl.Datetime("us", "UTC"))}
    for name, column in cases.items():
        cost = measure({name: lambda column=column: bulk.due(column, "4h", US)}, 10)[name]
        report.bounded(figures, f"due of one row, {name}", cost.middle / 1000, 300, " us")


def main() -> int:
    """Measure, print, and say whether all bounds held."""
    parser = argparse.ArgumentParser(description="what a million rows cost, as ratios taken in one run")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bound does not hold")
    parser.add_argument("--peak-of", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peak_of:
        print_peak(arguments.peak_of)
        return 0
    report = Report(Console(width=None if sys.stdout.isatty() else 120, highlight=False))
    asked = Questions()
    began = perf_counter_ns()
    costs = show_questions(report, asked)
    show_peers(report, asked, costs)
    show_pauses(report)
    show_tables(report, asked)
    report.console.print(f"in {(perf_counter_ns() - began) / 1e9:.0f} s")
    return 1 if arguments.check and not report.held else 0


if __name__ == "__main__":
    sys.exit(main())
