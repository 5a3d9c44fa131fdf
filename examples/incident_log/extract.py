"""Take the facts out of the raw incident log.

    python examples/incident_log/extract.py incident_event_log.csv

The raw log has one row per *update* of an incident: what its state was from an instant on. A clock wants
*facts*: what happened, and when. This script turns the first into the second and writes
`examples/data/incident_events.csv`; `examples/data/README.md` has the mapping and every choice made here.

Nothing is repaired. Where the log contradicts itself, both statements become facts, and the evaluation lists
the one that cannot be or that has no effect.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

DEFAULT_OUTPUT = Path(__file__).resolve().parent.parent / "data" / "incident_events.csv"

SEVERITIES = {"1 - Critical": "P1", "2 - High": "P2", "3 - Moderate": "P3", "4 - Low": "P4"}
WAITS = {
    "Awaiting User Info": "customer",
    "Awaiting Vendor": "vendor",
    "Awaiting Problem": "problem",
    "Awaiting Evidence": "evidence",
}
STATES = {"New", "Active", "Resolved", "Closed", *WAITS}


class Fact(NamedTuple):
    """One line of the table."""

    incident: str
    at: datetime
    kind: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """The columns of one audit row that say something a clock can use."""

    incident: str
    at: datetime
    state: str
    severity: str
    opened_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None


def parse_instant(text: str) -> datetime | None:
    """`DD-MM-YYYY HH:MM`, or None for the log's `?`. The log has no zone; UTC is declared."""
    return None if text == "?" else datetime.strptime(f"{text} +0000", "%d-%m-%Y %H:%M %z")


def required_instant(record: dict[str, str], column: str) -> datetime:
    """An instant that no row can do without."""
    found = parse_instant(record[column])
    if found is None:
        raise ValueError(f"{record['number']}: {column} is missing")
    return found


def parse_row(record: dict[str, str]) -> Row:
    """A row, checked; what the mapping does not know is an error and no guess."""
    if record["incident_state"] not in STATES:
        raise ValueError(f"{record['number']}: unknown state {record['incident_state']!r}")
    if record["priority"] not in SEVERITIES:
        raise ValueError(f"{record['number']}: unknown priority {record['priority']!r}")
    return Row(
        incident=record["number"],
        at=required_instant(record, "sys_updated_at"),
        state=record["incident_state"],
        severity=SEVERITIES[record["priority"]],
        opened_at=required_instant(record, "opened_at"),
        resolved_at=parse_instant(record["resolved_at"]),
        closed_at=parse_instant(record["closed_at"]),
    )


def read_log(path: Path) -> dict[str, list[Row]]:
    """The rows of every incident, in the order of the file."""
    incidents: dict[str, list[Row]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for record in csv.DictReader(file):
            incidents.setdefault(record["number"], []).append(parse_row(record))
    return incidents


def facts_of(rows: list[Row]) -> list[Fact]:
    """All facts of one incident, in order.

    Python's sort is stable, so rows of one minute keep the order of the file, which there is also that of
    `sys_mod_count`. The order of the lines of the table is thus the `seq` of the facts.
    """
    ordered = sorted(rows, key=lambda row: row.at)
    facts = [Fact(ordered[0].incident, ordered[0].opened_at, "opened", ordered[0].severity)]
    facts += changes(ordered)
    facts += contradicted(facts, ordered[-1])
    return sorted(facts, key=lambda fact: fact.at)


def changes(ordered: list[Row]) -> Iterator[Fact]:
    """A fact wherever a row differs from the row before it; a row that repeats the state is no fact."""
    state, severity = "New", ordered[0].severity
    for row in ordered:
        # The state was set under the priority written beside it, so the priority comes first.
        if row.severity != severity:
            yield Fact(row.incident, row.at, "severity_changed", row.severity)
        yield from entered(row, state)
        # What is said before the opening is kept, but the opening starts from nothing.
        state, severity = ("New" if row.at < row.opened_at else row.state), row.severity


def entered(row: Row, state: str) -> Iterator[Fact]:
    """The facts by which an incident in `state` comes into the state of `row`."""
    if row.at < row.opened_at and row.state == "New":
        # Somebody wrote on an incident that, by its own column, was not opened yet.
        yield Fact(row.incident, row.at, "updated")
    elif row.state == "New" and state != "New":
        # New is how an incident begins. A second beginning has no priority, which tells it from the opening.
        yield Fact(row.incident, row.at, "opened")
    elif row.state == state:
        return
    elif row.state in ("Resolved", "Closed"):
        # Leaving a wait for good is no resumption: resolving ends all waits by itself.
        yield Fact(row.incident, row.at, row.state.lower())
    else:
        yield from taken_up(row, state)


def taken_up(row: Row, state: str) -> Iterator[Fact]:
    """Into Active or into a wait: somebody has the incident in hand."""
    if state == "New":
        yield Fact(row.incident, row.at, "acknowledged")
    elif state in ("Resolved", "Closed"):
        yield Fact(row.incident, row.at, "reopened")
    elif state in WAITS:
        yield Fact(row.incident, row.at, "resumed", WAITS[state])
    if row.state in WAITS:
        yield Fact(row.incident, row.at, "paused", WAITS[row.state])


def contradicted(facts: Iterable[Fact], last: Row) -> Iterator[Fact]:
    """The columns `resolved_at` and `closed_at`, where no change of state happened at that instant.

    The rows rule: a state holds from its first row on. But the columns are the log's own word too.
    """
    known = {(fact.kind, fact.at) for fact in facts}
    for kind, at in (("resolved", last.resolved_at), ("closed", last.closed_at)):
        if at is not None and (kind, at) not in known:
            yield Fact(last.incident, at, kind)


def write_table(facts: Iterable[Fact], path: Path) -> None:
    """The facts as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(Fact._fields)
        table.writerows((f.incident, f.at.strftime("%Y-%m-%dT%H:%MZ"), f.kind, f.value) for f in facts)


def two_states_in_a_minute(rows: list[Row]) -> bool:
    """Whether two states share an instant, so that only the order of the rows tells which came first."""
    return len({(row.at, row.state) for row in rows}) > len({row.at for row in rows})


def main() -> None:
    """Read the log, write the table, print the counts."""
    parser = argparse.ArgumentParser(description="turn the raw incident log into a table of facts")
    parser.add_argument("log", type=Path, help="incident_event_log.csv")
    parser.add_argument("output", type=Path, nargs="?", default=DEFAULT_OUTPUT)
    arguments = parser.parse_args()
    incidents = read_log(arguments.log)
    facts = [fact for rows in incidents.values() for fact in facts_of(rows)]
    write_table(facts, arguments.output)
    print(f"{sum(map(len, incidents.values()))} rows, {len(incidents)} incidents, {len(facts)} facts")
    print(f"{sum(map(two_states_in_a_minute, incidents.values()))} incidents pass two states in one minute")
    for kind, count in Counter(fact.kind for fact in facts).most_common():
        print(f"{count:6d} {kind}")


if __name__ == "__main__":
    main()
