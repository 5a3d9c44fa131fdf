"""Judge 890 real incidents by a policy, and say how it went: `python examples/incident_log/demo.py`.

Reads the table of facts in `examples/data`, makes one ticket of each incident, evaluates all of them and
prints attainment by priority and metric, a month against the promise with the credits owed for it, the worst
five, what is odd in the log, and the time it took.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from time import perf_counter_ns
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from slaclock import (
    AttainmentRow,
    CreditSchedule,
    Evaluation,
    Event,
    Period,
    Policy,
    Reading,
    Statement,
    Ticket,
    evaluate,
    statement,
)
from slaclock import attainment as count_attainment

HERE = Path(__file__).resolve().parent
FACTS = HERE.parent / "data" / "incident_events.csv"
POLICY = HERE / "policy.toml"
CREDITS = HERE / "credits.toml"
# The last fact is of 4 February 2017. A fixed instant, so that every run prints the same.
AS_OF = datetime(2017, 3, 1, tzinfo=UTC)
EXAMPLES = 3
MONTH = Period.parse("2016-03", "UTC")  # most incidents were opened in it
FEES = [{"amount": "20000.00", "tags": {"service": "desk"}}]  # made up: what such a desk is paid is not known


class Fact(NamedTuple):
    """One line of the table."""

    incident: str
    at: datetime
    kind: str
    value: str


# -- from facts to tickets -------------------------------------------------------------------------------


def read_facts(path: Path = FACTS) -> dict[str, list[Fact]]:
    """The facts of each incident, in the order of the table."""
    with path.open(newline="", encoding="utf-8") as file:
        facts = [
            Fact(line["incident"], datetime.fromisoformat(line["at"]), line["kind"], line["value"])
            for line in csv.DictReader(file)
        ]
    return {incident: list(group) for incident, group in groupby(facts, key=lambda fact: fact.incident)}


def to_ticket(facts: Sequence[Fact]) -> Ticket:
    """A ticket of one incident. Only the opening has a priority; another `opened` is an oddity of the log."""
    opening = next(fact for fact in facts if fact.kind == "opened" and fact.value)
    # Events get their place in the order of a minute from the order in which they are given: the table's.
    events = [to_event(fact) for fact in facts if fact is not opening]
    return Ticket(id=opening.incident, severity=opening.value, opened_at=opening.at, events=events)


def to_event(fact: Fact) -> Event:
    """An event of one fact."""
    if fact.kind == "severity_changed":
        return Event(kind=fact.kind, at=fact.at, severity=fact.value)
    return Event(kind=fact.kind, at=fact.at, reason=fact.value or None)


def evaluate_all(policy: Policy, tickets: Iterable[Ticket], as_of: datetime = AS_OF) -> list[Evaluation]:
    """Not strict: a real history that cannot be is judged as far as it can, and its anomalies are listed."""
    return [evaluate(policy, ticket, as_of=as_of, strict=False) for ticket in tickets]


# -- attainment ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Attainment:
    """How the clocks of one priority, metric and kind ended."""

    severity: str
    metric: str
    kind: str
    clocks: int
    judged: int
    met: int

    def __str__(self) -> str:
        """The exact fraction, and beside it a rounded percentage (rounded in integers, half up)."""
        if not self.judged:
            return "measured only"
        tenths = (2000 * self.met + self.judged) // (2 * self.judged)
        return f"{self.met}/{self.judged} = {tenths // 10}.{tenths % 10} %"


def attainment(evaluations: Sequence[Evaluation]) -> list[Attainment]:
    """By metric, kind (the promise before the aim) and the priority under which the clock was judged."""
    rows = [
        Attainment(row["severity"], row["metric"], kind, row.clocks, row.judged, row.met)
        for kind in ("commitment", "aim")
        for row in count_attainment(evaluations, kind=kind)
    ]
    return sorted(rows, key=lambda row: (row.metric, row.kind == "aim", row.severity))


def attainment_table(rows: Iterable[Attainment], labels: dict[str, str]) -> Table:
    """A row a priority, a section a metric."""
    table = new_table("Attainment by priority and metric")
    for title in ("metric", "priority"):
        table.add_column(title)
    for title in ("clocks", "judged", "met", "met / judged"):
        table.add_column(title, justify="right")
    for (metric, kind), group in groupby(rows, key=lambda row: (row.metric, row.kind)):
        for row in group:
            name = metric if kind == "commitment" else f"{metric} ({kind})"
            numbers = (row.clocks, row.judged, row.met)
            table.add_row(name, labels[row.severity], *map(str, numbers), str(row))
        table.add_section()
    return table


# -- what was promised of a month, and what it costs ----------------------------------------------------


def of_month(evaluations: Sequence[Evaluation]) -> list[AttainmentRow]:
    """The promises that were decided in the month, where the policy says which share of them is owed."""
    rows = count_attainment(evaluations, periods=MONTH, when="decided")
    return [row for row in rows if row.promised is not None]


def promises_table(rows: Iterable[AttainmentRow], labels: dict[str, str]) -> Table:
    """A row a promise: the share owed, the share met, and by how many tickets."""
    table = new_table(f"Attainment against promise, {MONTH.name}")
    for title in ("metric", "priority"):
        table.add_column(title)
    for title in ("owed", "met / judged", "kept", "margin"):
        table.add_column(title, justify="right")
    for row in rows:
        shown = f"{row.met}/{row.judged} = {row.percentage(1)} %"
        numbers = (f"{row.promised * 100} %", shown, "yes" if row.kept else "no", f"{row.margin:+}")
        table.add_row(row["metric"], labels[row["severity"]], *numbers)
    return table


def bill(evaluations: Sequence[Evaluation], rows: Iterable[AttainmentRow]) -> Statement:
    """What the desk owes its customer for the month, line by line."""
    schedule = CreditSchedule.load(CREDITS)
    return statement(schedule, MONTH, figures=rows, breaches=evaluations, fees=FEES)


def credits_table(owed: Statement) -> Table:
    """A row a line of the statement: what was found, what the rule gives for it, and what the cap has left of it."""
    table = new_table(f"Credits for {owed.period.name}: {owed.total} {owed.currency}, under a cap of 30 % of the fee")
    for title in ("rule", "for", "found"):
        table.add_column(title, no_wrap=title == "rule")
    for title in ("by the rule", "owed"):
        table.add_column(title, justify="right", no_wrap=True)
    for line in owed.lines:
        what = line.tags["ticket"] if line.on == "breach" else line.tags["severity"]
        found = line.condition if line.on == "breach" else line.result.split(" (")[0].removeprefix("attainment ")
        table.add_row(
            line.rule, what, found, str(Decimal(line.exact.numerator) / line.exact.denominator), str(line.amount)
        )
    return table


# -- the worst -------------------------------------------------------------------------------------------


def worst(evaluations: Iterable[Evaluation], number: int = 5) -> list[Reading]:
    """The promises overrun by most in time that their calendar counts; a wait on the customer does not."""
    broken = [
        reading
        for evaluation in evaluations
        for reading in evaluation.readings
        if reading.breached and reading.kind == "commitment"
    ]
    return sorted(broken, key=lambda reading: (-reading.overrun, reading.ticket, reading.metric))[:number]


def worst_table(broken: Iterable[Reading], priorities: dict[str, str]) -> Table:
    """A row a broken promise."""
    table = new_table("The worst five, in time that the calendar counts")
    for title in ("incident", "clock", "due", "done"):
        table.add_column(title, no_wrap=True)
    for title in ("over by", "paused"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("priority", no_wrap=True)
    for reading in broken:
        table.add_row(*why(reading), priorities[reading.ticket])
    return table


def why(reading: Reading) -> tuple[str, ...]:
    """What a broken promise comes down to, all of it taken from the reading."""
    return (
        reading.ticket,
        reading.metric,
        day(reading.due),
        day(reading.stopped_at),
        hours(reading.overrun),
        hours(reading.paused),
    )


def day(instant: datetime | None) -> str:
    """The date of an instant, in the calendar's zone."""
    return "open" if instant is None else f"{instant:%Y-%m-%d}"


def hours(length: timedelta) -> str:
    """Hours and minutes; the log has no seconds."""
    minutes = length // timedelta(minutes=1)
    return f"{minutes // 60}h{minutes % 60:02d}"


def priorities_of(facts: Iterable[Fact]) -> str:
    """The priorities that an incident went through: `P3>P1`."""
    said = (fact.value for fact in facts if fact.kind in ("opened", "severity_changed"))
    return ">".join(filter(None, said))


# -- what is odd -----------------------------------------------------------------------------------------


class Odd(NamedTuple):
    """An anomaly with the incident it was found in."""

    code: str
    incident: str
    message: str


def oddities(incidents: Iterable[str], evaluations: Iterable[Evaluation]) -> list[Odd]:
    """All anomalies, by code, then in the order of the incidents."""
    found = [
        Odd(anomaly.code, incident, anomaly.message)
        for incident, evaluation in zip(incidents, evaluations, strict=True)
        for anomaly in evaluation.anomalies
    ]
    return sorted(found, key=lambda odd: odd.code)


def oddities_table(odd: Sequence[Odd], show: int | None) -> Table:
    """Each code with its count, and some of its anomalies (None: all of them)."""
    table = new_table(f"{len(odd)} anomalies in {len({one.incident for one in odd})} incidents")
    table.add_column("code")
    table.add_column("what", overflow="fold")
    for code, group in groupby(odd, key=lambda one: one.code):
        members = list(group)
        table.add_row(f"[bold]{code}[/]", f"[bold]{len(members)}[/]")
        for one in members[:show]:
            table.add_row(one.incident, escape(one.message))
        if show is not None and len(members) > show:
            table.add_row("...", f"and {len(members) - show} more; --anomalies lists all")
        table.add_section()
    return table


# -- all together ----------------------------------------------------------------------------------------


def new_table(title: str) -> Table:
    """A table that stays within 80 columns."""
    narrow = (0, 1, 0, 0)
    return Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=narrow)


def summary(evaluations: Sequence[Evaluation], incidents: int, nanoseconds: int) -> str:
    """How many were evaluated, and how fast."""
    clocks = sum(len(evaluation.readings) for evaluation in evaluations)
    rate = len(evaluations) * 1_000_000_000 // max(nanoseconds, 1)
    return (
        f"{len(evaluations)} of {incidents} incidents evaluated: {clocks} clocks\n"
        f"in {nanoseconds // 1_000_000} ms, {rate} evaluations a second"
    )


def aware(text: str) -> datetime:
    """An instant given on the command line."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no offset; write 2017-03-01T00:00Z")
    return instant


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="judge 890 real incidents by a policy")
    parser.add_argument("--as-of", type=aware, default=AS_OF, help="judge at this instant (2017-03-01)")
    parser.add_argument("--anomalies", action="store_true", help="list every anomaly")
    return parser.parse_args()


def main() -> None:
    """Read, evaluate, print."""
    given = arguments()
    policy = Policy.load(POLICY)
    facts = read_facts()
    tickets = [to_ticket(of_one) for of_one in facts.values()]
    begin = perf_counter_ns()
    evaluations = evaluate_all(policy, tickets, given.as_of)
    nanoseconds = perf_counter_ns() - begin
    console = Console(highlight=False)
    labels = {severity.key: severity.label() for severity in policy.severities}
    console.print(attainment_table(attainment(evaluations), labels))
    rows = of_month(evaluations)
    console.print(promises_table(rows, labels))
    console.print(credits_table(bill(evaluations, rows)))
    priorities = {incident: priorities_of(of_one) for incident, of_one in facts.items()}
    console.print(worst_table(worst(evaluations), priorities))
    console.print(oddities_table(oddities(facts, evaluations), None if given.anomalies else EXAMPLES))
    console.print(summary(evaluations, len(facts), nanoseconds))


if __name__ == "__main__":
    main()
