"""What one question costs, as ratios taken in one run: `python benchmarks/bench_scalar.py [--check]`.

Milliseconds depend on the machine, ratios hardly do. So everything here is divided by something that was
measured in the same rounds: the bare cost of letting an aware datetime in and out again, or another library's
answer to the same question. README.md beside this file says how to read the table.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from slaclock import BusinessCalendar, Policy, Ticket, evaluate

ROUNDS = 30
# One case in one round: long against the timer, short against whatever else the machine does.
ROUND_NS = 3_000_000

LONDON = ZoneInfo("Europe/London")
HOURS = {"mon-fri": ["08:30-16:30"]}
EIGHT_HOURS, FOUR_HUNDRED_HOURS = timedelta(hours=8), timedelta(hours=400)


def wall(text: str) -> datetime:
    """What a clock on a wall in London shows: a datetime without a zone."""
    return datetime.fromisoformat(text)


# The questions, in London's wall time. Right answers by hand:
# 8 h: 4 h on the Thursday, then Good Friday, a weekend, Easter Monday, and 4 h on the Tuesday.
# 400 h are 50 days of 8 h: the 50th working day after the Thursday; 3 and 6 April, 4 and 25 May are holidays.
DUE_FROM = wall("2026-04-02 12:30")
DUE_8 = wall("2026-04-07 12:30")
DUE_400 = wall("2026-06-17 12:30")
# 3 days, in which the clocks go forward: 6.5 h on the Friday, 5.5 h on the Monday.
# 300 days hold 42 weeks, and a Friday to Wednesday with 4 weekdays: 214, less 8 holidays, are 206 of 8 h.
ELAPSED_FROM = wall("2026-03-27 10:00")
AFTER_3 = wall("2026-03-30 14:00")
AFTER_300 = wall("2027-01-21 10:00")
ELAPSED_3 = timedelta(hours=12)
ELAPSED_300 = timedelta(hours=1648)

QUESTIONS = ("due 8 h", "due 400 h", "elapsed 3 d", "elapsed 300 d")
ANSWERS = (DUE_8, DUE_400, ELAPSED_3, ELAPSED_300)
RIGHT: dict[str, datetime | timedelta] = dict(zip(QUESTIONS, ANSWERS, strict=True))

Case = Callable[[], Any]


# -- measuring -------------------------------------------------------------------------------------------


@dataclass
class Cost:
    """Nanoseconds per call, one figure per round."""

    rounds: list[float] = field(default_factory=list)

    @property
    def least(self) -> float:
        """The least of the rounds: the cost itself, with the least of what the machine adds."""
        return min(self.rounds)

    @property
    def middle(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.rounds)


def once(case: Case, calls: int) -> float:
    """Nanoseconds a call, over some calls in a row."""
    span = range(calls)
    begin = perf_counter_ns()
    for _ in span:
        case()
    return (perf_counter_ns() - begin) / calls


def calls_for(case: Case) -> int:
    """How often a case fits into its share of a round; warms it up on the way, caches and all."""
    case()
    return max(1, int(ROUND_NS / once(case, 3)))


def measure(cases: Mapping[str, Case], rounds: int = ROUNDS) -> dict[str, Cost]:
    """All cases in turn, round after round, so that a slow moment of the machine hits all of them alike."""
    calls = {name: calls_for(case) for name, case in cases.items()}
    costs = {name: Cost() for name in cases}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, case in cases.items():
                costs[name].rounds.append(once(case, calls[name]))
    finally:
        gc.enable()
    return costs


# -- the yardstick ---------------------------------------------------------------------------------------

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONDON_EPOCH = datetime(1970, 1, 1, tzinfo=LONDON)
_MICROSECOND = timedelta(microseconds=1)


def bare(instant: datetime) -> datetime:
    """An aware datetime to integer microseconds and back to a zone, as lean as Python and no float allow.

    `fromutc` takes the digits of UTC under the zone's name; that saves the detour of `astimezone`.
    """
    since = instant - _EPOCH
    us = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    return LONDON.fromutc(_LONDON_EPOCH + us * _MICROSECOND)


def plain(instant: datetime) -> datetime:
    """The same as one would write it at first; shown beside, judged by nothing."""
    since = instant - _EPOCH
    us = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    return (_EPOCH + timedelta(microseconds=us)).astimezone(LONDON)


# -- slaclock and its peers ------------------------------------------------------------------------------


@dataclass
class Peer:
    """A library with its cases, ready made: whatever it may prepare once is prepared here."""

    name: str
    zones: str
    cases: dict[str, Case]


def aware(shown: datetime) -> datetime:
    """The instant at which a clock in London shows it."""
    return shown.replace(tzinfo=LONDON)


def four(due_8: Case, due_400: Case, elapsed_3: Case, elapsed_300: Case) -> dict[str, Case]:
    """The four questions, in their order."""
    return dict(zip(QUESTIONS, (due_8, due_400, elapsed_3, elapsed_300), strict=True))


def slaclock() -> Peer:
    """Our own answers."""
    uk = BusinessCalendar(timezone="Europe/London", hours=HOURS, holidays=["GB-ENG"])
    begin, start, short, long = map(aware, (DUE_FROM, ELAPSED_FROM, AFTER_3, AFTER_300))
    cases = four(
        lambda: uk.due(begin, EIGHT_HOURS),
        lambda: uk.due(begin, FOUR_HUNDRED_HOURS),
        lambda: uk.elapsed(start, short),
        lambda: uk.elapsed(start, long),
    )
    return Peer("slaclock", "aware", cases)


def bank_holidays() -> list[date]:
    """England's bank holidays, as plain dates."""
    import holidays

    return sorted(holidays.country_holidays("GB", subdiv="ENG", years=range(2025, 2029)))


def workclock(free: list[date]) -> Peer:
    """A compiled engine that takes aware datetimes."""
    from workclock import Holidays, Schedule, WorkDay

    uk = Schedule([WorkDay(time(8, 30), time(16, 30)), Holidays(free)], time_zone="Europe/London")
    begin, start, short, long = map(aware, (DUE_FROM, ELAPSED_FROM, AFTER_3, AFTER_300))
    cases = four(
        lambda: uk.add(begin, EIGHT_HOURS),
        lambda: uk.add(begin, FOUR_HUNDRED_HOURS),
        lambda: uk.between(start, short),
        lambda: uk.between(start, long),
    )
    return Peer("workclock", "aware", cases)


def businesstimedelta(free: list[date]) -> Peer:
    """Rules over pytz zones."""
    import businesstimedelta as btd
    import pytz

    zone = pytz.timezone("Europe/London")
    days = btd.WorkDayRule(time(8, 30), time(16, 30), tz=zone)
    uk = btd.Rules([days, btd.HolidayRule(set(free), tz=zone)], tz=zone)
    begin, start, short, long = map(zone.localize, (DUE_FROM, ELAPSED_FROM, AFTER_3, AFTER_300))
    eight, four_hundred = btd.BusinessTimeDelta(uk, hours=8), btd.BusinessTimeDelta(uk, hours=400)
    cases = four(
        lambda: begin + eight,
        lambda: begin + four_hundred,
        lambda: uk.difference(start, short).timedelta,
        lambda: uk.difference(start, long).timedelta,
    )
    return Peer("businesstimedelta", "aware", cases)


def pandas(free: list[date]) -> Peer:
    """An offset, for due dates only."""
    import pandas as pd

    begin = pd.Timestamp(aware(DUE_FROM))
    eight, four_hundred = (
        pd.offsets.CustomBusinessHour(hours, start="08:30", end="16:30", holidays=free) for hours in (8, 400)
    )
    # An offset answers no elapsed time.
    cases: dict[str, Case] = {"due 8 h": lambda: begin + eight, "due 400 h": lambda: begin + four_hundred}
    return Peer("pandas CustomBusinessHour", "aware", cases)


def officehours(free: list[date]) -> Peer:
    """One window a day on naive datetimes, with floats for hours."""
    from officehours import Calculator

    uk = Calculator("8:30", "16:30", free)
    cases = four(
        lambda: uk.due_date(8, DUE_FROM),
        lambda: uk.due_date(400, DUE_FROM),
        lambda: uk.working_seconds(ELAPSED_FROM, AFTER_3),
        lambda: uk.working_seconds(ELAPSED_FROM, AFTER_300),
    )
    return Peer("officehours", "naive", cases)


def timegrid(free: list[date]) -> Peer:
    """A compiled engine on naive datetimes."""
    from timegrid import TimeGridCalendar

    uk = TimeGridCalendar.weekdays(time(8, 30), time(16, 30))
    for day in free:
        uk = uk.close(day)
    # Only elapsed time can be asked of its compiled form.
    compiled = uk.compile(wall("2026-01-01"), wall("2028-01-01"))
    cases = four(
        lambda: uk.add_work_duration(DUE_FROM, EIGHT_HOURS),
        lambda: uk.add_work_duration(DUE_FROM, FOUR_HUNDRED_HOURS),
        lambda: compiled.get_working_duration(ELAPSED_FROM, AFTER_3),
        lambda: compiled.get_working_duration(ELAPSED_FROM, AFTER_300),
    )
    return Peer("timegrid", "naive", cases)


def business_duration(free: list[date]) -> Peer:
    """A function of elapsed time on naive datetimes."""
    from business_duration import businessDuration

    opens, closes = time(8, 30), time(16, 30)

    def seconds(end: datetime) -> Any:
        return businessDuration(ELAPSED_FROM, end, opens, closes, holidaylist=free, unit="sec")

    # It answers no due date.
    cases: dict[str, Case] = {
        "elapsed 3 d": lambda: seconds(AFTER_3),
        "elapsed 300 d": lambda: seconds(AFTER_300),
    }
    return Peer("business-duration", "naive", cases)


PEERS = (workclock, businesstimedelta, pandas, officehours, timegrid, business_duration)


def installed_peers() -> Iterator[Peer]:
    """The peers that are here (the extra `bench` brings all); one that is not is left out of the table."""
    free = bank_holidays()
    for make in PEERS:
        try:
            yield make(free)
        except ImportError as missing:
            print(f"left out: {missing.name} is not installed", file=sys.stderr)


def is_right(question: str, answer: Any) -> bool:
    """An aware answer is compared as an instant, a naive one as London's wall time, a number as seconds."""
    right = RIGHT[question]
    if isinstance(right, timedelta):
        return bool(answer == right if isinstance(answer, timedelta) else answer == right.total_seconds())
    return bool(answer == (aware(right) if answer.tzinfo else right))


# -- one evaluation --------------------------------------------------------------------------------------

POLICY = {
    "schema": 1,
    "semantics": 1,
    "name": "bench",
    "severities": [{"key": "P1"}],
    "calendars": {"UK": {"timezone": "Europe/London", "hours": HOURS, "holidays": ["GB-ENG"]}},
    "calendar": "UK",
    "objectives": [
        {"severity": "P1", "metric": "acknowledgement", "within": "1h"},
        {"severity": "P1", "metric": "first_response", "within": "4h"},
        {"severity": "P1", "metric": "resolution", "within": "16h"},
    ],
    "pauses": [{"reason": "customer", "stops": ["resolution"]}],
}
WARNINGS = [
    {"key": "warning", "metric": "resolution", "at": "75%", "receiver": {}},
    {"key": "breach", "metric": "resolution", "at": "breach", "receiver": {}},
]


def history() -> Ticket:
    """Opened, and four events more, over a bank holiday."""
    opened = aware(wall("2026-04-01 09:00"))
    ticket = Ticket(id="T-1", severity="P1", opened_at=opened).respond(opened + timedelta(minutes=45))
    ticket = ticket.pause(opened + timedelta(hours=2), reason="customer").resume(opened + timedelta(days=1))
    return ticket.resolve(opened + timedelta(days=6))


def evaluations() -> dict[str, Case]:
    """One evaluation of a ticket with four events under three metrics, without and with escalations."""
    plain_policy = Policy.from_dict(POLICY)
    warned = Policy.from_dict({**POLICY, "escalations": WARNINGS})
    ticket, as_of = history(), aware(wall("2026-04-10 09:00"))
    return {
        "evaluate": lambda: evaluate(plain_policy, ticket, as_of=as_of),
        "evaluate, 2 escalations": lambda: evaluate(warned, ticket, as_of=as_of),
    }


# -- the import, and a year ------------------------------------------------------------------------------

ONE_MODEL = "from pydantic import BaseModel\nclass Model(BaseModel):\n    number: int\n"
HEAVY = ("numpy", "pandas", "holidays", "dateutil")


def run_python(code: str, cache: str) -> str:
    """In a process of its own, its byte code in a folder of ours: what is cached elsewhere favours nobody."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def import_costs(rounds: int = 20) -> dict[str, Cost]:
    """Whole processes, in turn; the first of each writes the byte code and is not counted."""
    codes = {"slaclock": "import slaclock", "one model": ONE_MODEL}
    costs = {name: Cost() for name in codes}
    with TemporaryDirectory() as cache:
        for turn in range(rounds + 1):
            for name, code in codes.items():
                cost = once(partial(run_python, code, cache), 1)
                costs[name].rounds += [cost] if turn else []
    return costs


def heavy_modules() -> list[str]:
    """Which of the heavy modules `import slaclock` has loaded."""
    code = f"import slaclock, sys; print(*({set(HEAVY)!r} & set(sys.modules)))"
    with TemporaryDirectory() as cache:
        return run_python(code, cache).split()


def year_cost() -> Cost:
    """The first question to a new calendar, in a year that no calendar of this process was asked about.

    So neither compiled years nor tables of holidays can be at hand; but the package holidays is imported.
    """
    cost = Cost()
    bank_holidays()
    for year in range(1980, 1980 + ROUNDS):
        hours = {"mon-fri": ["08:30-12:00", f"13:00-17:{year % 60:02d}"]}
        calendar = BusinessCalendar(timezone="Europe/London", hours=hours, holidays=["GB-ENG"])
        noon = datetime(year, 7, 1, 12, tzinfo=LONDON)
        cost.rounds.append(once(partial(calendar.is_open, noon), 1))
    return cost


# -- the table -------------------------------------------------------------------------------------------


@dataclass
class Report:
    """Prints figures and remembers whether all bounds held."""

    console: Console
    held: bool = True

    def verdict(self, good: bool) -> str:
        """Whether a bound held, as a cell of a table."""
        self.held &= good
        return "[green]ok[/]" if good else "[bold red]FAIL[/]"

    def table(self, title: str, *columns: str) -> Table:
        """A table with its title; the first column is text, the others are numbers."""
        table = Table(title=title, title_justify="left", title_style="bold")
        for position, column in enumerate(columns):
            table.add_column(column, justify="left" if position == 0 else "right")
        return table

    def bounded(self, table: Table, what: str, figure: float, bound: float, unit: str = "") -> None:
        """A row with a figure and its bound."""
        verdict = self.verdict(figure <= bound)
        table.add_row(what, f"{figure:.2f}{unit}", f"<= {bound:g}{unit}", verdict)


def us(nanoseconds: float) -> str:
    """Microseconds, for a cell."""
    return f"{nanoseconds / 1000:.2f}"


def show_costs(report: Report, costs: dict[str, Cost]) -> None:
    """What each of our own questions costs."""
    table = report.table(f"Microseconds a call, {ROUNDS} interleaved rounds", "", "least", "median", "x bare")
    for name, cost in costs.items():
        ratio = cost.least / costs["bare"].least
        table.add_row(name, us(cost.least), us(cost.middle), f"{ratio:.2f}")
    report.console.print(table)


def show_figures(report: Report, costs: dict[str, Cost]) -> None:
    """The figures that have a bound."""
    table = report.table("Figures", "ratio of the least", "figure", "bound", "")
    for question in QUESTIONS:
        report.bounded(table, f"{question} / bare", costs[question].least / costs["bare"].least, 2.5)
    for short, long in (QUESTIONS[:2], QUESTIONS[2:]):
        report.bounded(table, f"{long} / {short}", larger(costs[long].least, costs[short].least), 1.25)
    report.bounded(table, "evaluate / bare", costs["evaluate"].least / costs["bare"].least, 60)
    imports = import_costs()
    ratio = imports["slaclock"].least / imports["one model"].least
    report.bounded(table, "import slaclock / import pydantic, define a model", ratio, 1.5)
    report.bounded(table, "heavy modules loaded by import slaclock", len(heavy_modules()), 0)
    report.bounded(table, "the first question of a year, median", year_cost().middle / 1e6, 3, " ms")
    report.console.print(table)


def larger(one: float, other: float) -> float:
    """Their ratio, whichever way it is the larger."""
    return max(one / other, other / one)


def show_peers(report: Report, peers: list[Peer], costs: dict[str, Cost]) -> None:
    """The same questions to other libraries."""
    title = "The same question to others: microseconds (times slaclock), least of the rounds"
    table = report.table(title, "", "zones", *QUESTIONS, "ahead")
    table.add_row("slaclock", "aware", *(us(costs[question].least) for question in QUESTIONS), "")
    for peer in peers:
        cells, ahead = [], True
        for question in QUESTIONS:
            cells.append(peer_cell(peer, question, costs))
            ahead &= question not in peer.cases or beaten(peer, question, costs)
        table.add_row(peer.name, peer.zones, *cells, peer_verdict(report, peer, ahead))
    report.console.print(table)


def beaten(peer: Peer, question: str, costs: dict[str, Cost]) -> bool:
    """Whether a peer is slower than slaclock at a question."""
    return costs[f"{peer.name}: {question}"].least > costs[question].least


def peer_cell(peer: Peer, question: str, costs: dict[str, Cost]) -> str:
    """A peer's cost of a question, how many times ours it is, and whether the answer was wrong."""
    if question not in peer.cases:
        return "cannot"
    least = costs[f"{peer.name}: {question}"].least
    wrong = "" if is_right(question, peer.cases[question]()) else " WRONG"
    return f"{us(least)} ({least / costs[question].least:.1f}){wrong}"


def peer_verdict(report: Report, peer: Peer, ahead: bool) -> str:
    """Only the zone-aware are rivals; a naive library leaves out the conversion that costs the most."""
    if peer.zones == "naive":
        return "yes" if ahead else "no"
    return report.verdict(ahead)


def own_costs() -> dict[str, Cost]:
    """The yardsticks and our own questions, in the same rounds."""
    instant = aware(DUE_FROM)
    yardsticks = {"bare": lambda: bare(instant), "bare, by astimezone": lambda: plain(instant)}
    return measure({**yardsticks, **slaclock().cases, **evaluations()})


def costs_beside(peers: list[Peer]) -> dict[str, Cost]:
    """The peers, and slaclock once more: slow peers would have pulled the rounds of the first table apart."""
    theirs = {f"{peer.name}: {question}": case for peer in peers for question, case in peer.cases.items()}
    return measure({**slaclock().cases, **theirs})


def check_answers() -> None:
    """Our own answers must be the ones found by hand, or no figure means anything."""
    for question, case in slaclock().cases.items():
        assert is_right(question, case()), (question, case())
    assert bare(aware(DUE_FROM)) == plain(aware(DUE_FROM)) == aware(DUE_FROM)


def main() -> int:
    """Measure, print, and say whether all bounds held."""
    parser = argparse.ArgumentParser(description="what one question costs, as ratios taken in one run")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bound does not hold")
    arguments = parser.parse_args()
    report = Report(Console(width=None if sys.stdout.isatty() else 120, highlight=False))
    peers = list(installed_peers())
    check_answers()
    costs = own_costs()
    show_costs(report, costs)
    show_figures(report, costs)
    show_peers(report, peers, costs_beside(peers))
    return 1 if arguments.check and not report.held else 0


if __name__ == "__main__":
    sys.exit(main())
