"""What it costs to say why, and to keep it: `python benchmarks/bench_why.py [--check]`, as ratios taken in one run.

The yardstick of verification is to read the same policy and ticket from data, to evaluate and to explain them.
README.md beside this file says how to read the table.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import timedelta
from typing import Any

from bench_scalar import POLICY, WARNINGS, Case, Cost, Report, aware, measure, us, wall
from rich.console import Console

from slaclock import Evaluation, Policy, Reading, Ticket, evaluate
from slaclock.explanation import explain
from slaclock.receipts import receipt, verification, verify

WARNED: dict[str, Any] = {**POLICY, "escalations": WARNINGS}
AS_OF = aware(wall("2026-04-20 09:00"))


def ticket() -> Ticket:
    """Ten events over Easter: answered, asked back, paused twice, changed hands, resolved, reopened, resolved."""
    opened = aware(wall("2026-04-01 09:00"))

    def after(hours: float) -> Any:
        return opened + timedelta(hours=hours)

    made = Ticket(id="T-1", severity="P1", opened_at=opened).acknowledge(after(0.2), actor="anna")
    made = made.respond(after(0.75), actor="anna").pause(after(2), reason="customer").resume(after(24))
    made = made.change_owner(after(25), "network").pause(after(26), reason="customer").resume(after(30))
    return made.resolve(after(144)).reopen(after(150)).resolve(after(172), data={"cause": "a switch"})


def long_reading(days: int) -> Reading:
    """A clock that has run for some days; its segments are what an explanation consists of."""
    opened = aware(wall("2026-04-01 09:00"))
    started = Ticket(id="T-2", severity="P1", opened_at=opened)
    return evaluate(Policy.from_dict(POLICY), started, as_of=opened + timedelta(days=days))["resolution"]


# -- the cases -------------------------------------------------------------------------------------------


def cases() -> dict[str, Case]:
    """Everything that is measured, in the same rounds."""
    policy, one = Policy.from_dict(WARNED), ticket()
    result = evaluate(policy, one, as_of=AS_OF)
    policy_data, ticket_data = policy.to_dict(), one.to_dict()
    text = receipt(result).to_json()
    month, decade = long_reading(30), long_reading(3653)

    def answered(judged_by: Policy) -> list[Any]:
        made: Evaluation = evaluate(judged_by, Ticket.from_dict(ticket_data), as_of=AS_OF)
        return [why.to_dict() for why in explain(made)]

    def verify_anew() -> bool:
        """As the first of its policy: what is kept of the policies read before is thrown away."""
        verification._declared.cache_clear()
        return verify(text).same

    return {
        MONTH: lambda: explain(month).segments,
        DECADE: lambda: explain(decade).fold("week"),
        "evaluate": lambda: evaluate(policy, one, as_of=AS_OF),
        "evaluate, explain": lambda: [why.to_dict() for why in explain(evaluate(policy, one, as_of=AS_OF))],
        "read the ticket, evaluate, explain": lambda: answered(policy),
        "read policy and ticket, evaluate, explain": lambda: answered(Policy.from_dict(policy_data)),
        "receipt": lambda: receipt(result),
        "verify": lambda: verify(text),
        "verify, its policy not at hand": verify_anew,
    }


MONTH, DECADE = "explain a month, all segments", "explain ten years, folded by week"
BOUNDS = (
    ("verify, its policy not at hand", "read policy and ticket, evaluate, explain", 2.0),
    ("verify", "read the ticket, evaluate, explain", 3.5),
    ("verify", "evaluate", 12.0),
)
"""A case, its yardstick, and the bound of the ratio of the two."""


def show(report: Report, costs: dict[str, Cost]) -> None:
    """What each case costs, and the figures that have a bound."""
    table = report.table("Microseconds a call, in interleaved rounds", "", "least", "median")
    for name, cost in costs.items():
        table.add_row(name, us(cost.least), us(cost.middle))
    report.console.print(table)
    table = report.table("Figures", "ratio of the least", "figure", "bound", "")
    for name, yardstick, bound in BOUNDS:
        report.bounded(table, f"{name} / {yardstick}", costs[name].least / costs[yardstick].least, bound)
    report.bounded(table, MONTH, costs[MONTH].least / 1e6, 1, " ms")
    report.bounded(table, DECADE, costs[DECADE].least / 1e6, 20, " ms")
    report.bounded(table, "a receipt of ten events, besides its policy", kilobytes(), 6, " KB")
    report.console.print(table)


def kilobytes() -> float:
    """What a receipt takes besides its policy."""
    kept = receipt(evaluate(Policy.from_dict(WARNED), ticket(), as_of=AS_OF))
    without = {**kept.to_dict(), "documents": {}}
    return len(json.dumps(without, ensure_ascii=False, separators=(",", ":")).encode()) / 1024


def main() -> int:
    """Measure, print, and say whether all bounds held."""
    parser = argparse.ArgumentParser(description="what it costs to say why, as ratios taken in one run")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bound does not hold")
    arguments = parser.parse_args()
    report = Report(Console(width=None if sys.stdout.isatty() else 120, highlight=False))
    show(report, measure(cases()))
    return 1 if arguments.check and not report.held else 0


if __name__ == "__main__":
    sys.exit(main())
