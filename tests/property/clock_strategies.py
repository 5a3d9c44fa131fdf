"""Random policies and histories of tickets: each as a declaration for the library and as plain data for the oracle.

All edges lie on a grid of some minutes, so that pauses, changes, closings and deadlines often coincide: at such
instants the rules are put to the test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from clock_oracle import DAY, EPOCH, HOUR, MINUTE, Case, Desk, Span, moment
from slaclock import STANDARD_METRICS, BusinessCalendar, Evaluation, Event, Policy, Ticket, evaluate, format_duration

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SEVERITIES = ("P1", "P2", "P3")
WORK = (
    "acknowledged",
    "responded",
    "customer_replied",
    "updated",
    "workaround_provided",
    "owner_changed",
    "sent",
    "arrived",
)
PAUSES = ("paused", "paused", "paused", "resumed", "resumed")
ENDS = ("resolved", "resolved", "reopened", "reopened", "closed", "cancelled")
CHANGES = ("severity_changed", "severity_changed", "attributes_changed")
KINDS = WORK + PAUSES + ENDS + CHANGES
REASONS = ("customer", "vendor", "other")
CHANGE_RULES = ("carry", "carry_share", "restart", "retroactive", "keep", "earliest")
REOPEN_RULES = ("resume", "new_cycle", "ignore")
ZONES = {"UTC": 0, "Asia/Tokyo": 540, "Asia/Kolkata": 330, "America/Phoenix": -420}  # no summer time in any
OFFICE = ((540, 1020),)
LUNCH = ((510, 720), (780, 1050))
NIGHT = ((1320, 1800),)
ALL_DAY = ((0, 1440),)
CLOSED: tuple[Span, ...] = ()
WEEKS = {
    "office": (OFFICE,) * 5 + (CLOSED,) * 2,
    "lunch": (LUNCH,) * 5 + (CLOSED,) * 2,
    "nights": (NIGHT,) * 5 + (CLOSED,) * 2,
    "always": (ALL_DAY,) * 7,
    "early": (((360, 600),),) * 6 + (CLOSED,),
    "late": (((600, 1320),), ((780, 1440),)) + (((600, 1320),),) * 3 + (((540, 720),), CLOSED),
}
ROLE = "service"
WINDOW_DAYS = 14
OPENED_WITHIN = 4 * DAY


@dataclass(frozen=True)
class Scene:
    """A policy, a ticket and an instant, told to both."""

    policy: Policy
    desks: Mapping[str, Desk]
    roles: Mapping[str, str]
    ticket: Ticket
    as_of: int
    grain: int
    strict: bool = True
    known_at: int | None = None

    def replace(self, **changes: Any) -> Scene:
        return replace(self, **changes)

    def evaluate(self) -> Evaluation:
        """What the library reads."""
        known_at = None if self.known_at is None else moment(self.known_at)
        when = {"as_of": moment(self.as_of), "known_at": known_at}
        return evaluate(self.policy, self.ticket, roles=self.roles or None, strict=self.strict, **when)

    def case(self) -> Case:
        """What the oracle reads."""
        metrics = {**STANDARD_METRICS, **self.policy.metrics}
        bound = {**self.desks, **{role: self.desks[name] for role, name in self.roles.items()}}
        return Case(
            self.policy, bound, self.ticket, self.as_of, grain=self.grain, metrics=metrics, known_at=self.known_at,
            strict=self.strict,
        )  # fmt: skip

    def __repr__(self) -> str:
        told = [f"{event.at:%a %d %H:%M} {event.kind} {_detail(event)}".rstrip() for event in self.ticket.history()]
        lines = [self.policy.to_toml(), f"roles={dict(self.roles)} severity={self.ticket.severity}"]
        lines += [f"attributes={dict(self.ticket.attributes)}", *told, f"as of {moment(self.as_of):%a %d %H:%M}"]
        return "\n".join(lines)


def _detail(event: Event) -> str:
    return str(event.reason or event.severity or (dict(event.attributes) if event.attributes else ""))


# Calendars


def calendar_of(desk: Desk) -> BusinessCalendar:
    hours = {
        WEEKDAYS[i]: [f"{_clock(a)}-{_clock(b)}" for a, b in windows] for i, windows in enumerate(desk.week) if windows
    }
    return BusinessCalendar(
        timezone=desk.zone, hours=hours, holidays=[day.isoformat() for day in sorted(desk.holidays)]
    )


def _clock(minute: int) -> str:
    minute = minute if minute <= 1440 else minute - 1440
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def desks(draw: st.DrawFn, weeks: tuple[str, ...]) -> Desk:
    zone = draw(st.sampled_from(["UTC", "UTC", *ZONES]))
    days = st.integers(0, WINDOW_DAYS + 7).map(lambda n: EPOCH.date() + timedelta(days=n))
    holidays: frozenset[date] = draw(st.frozensets(days, max_size=2))
    return Desk(zone, ZONES[zone], WEEKS[draw(st.sampled_from(weeks))], holidays)


# Policies

amounts = st.sampled_from([0, 15, 30, 60, 90, 100, 120, 240, 240, 480, 480, 510, 960, 1500]).map(lambda m: m * MINUTE)
durations = amounts.map(format_duration)
more_than_nothing = amounts.filter(bool).map(format_duration)


def by_times(desk_list: list[Desk]) -> st.SearchStrategy[str]:
    """Times of day after every first opening (CLK-4 refuses others)."""
    first = max(windows[0][0] for desk in desk_list for windows in desk.week if windows)
    return st.integers(first // 30 + 1, 48).map(lambda half: _clock(half * 30)) | st.just("close")


@st.composite
def targets(draw: st.DrawFn, desk_list: list[Desk]) -> dict[str, Any]:
    form = draw(st.sampled_from(["duration"] * 5 + ["days"] * 2 + ["named"] * 2 + ["none"]))
    if form == "none":
        return {}
    if form == "duration":
        return {"within": draw(durations)}
    if form == "days":
        return {"within": draw(st.sampled_from(["1 business day", "2 business days", "3 business days"]))}
    day = draw(st.sampled_from(["same business day", "next business day", "2 business days"]))
    target = {"within": f"{day} by {draw(by_times(desk_list))}"}
    if draw(st.booleans()):
        target["cutoff"] = _clock(draw(st.integers(14, 40)) * 30)
    return target


escalation_instants = st.one_of(
    st.sampled_from(["due", "breach", "50%", "75%", "100%", "33.3%", "120%", "0%"]),
    durations,
    more_than_nothing.map(lambda text: f"-{text}"),
    more_than_nothing.map(lambda text: f"+{text}"),
)


@dataclass
class Menu:
    """What a drawn policy may hold; laws narrow it."""

    change_rules: tuple[str, ...] = CHANGE_RULES
    reopen_rules: tuple[str, ...] = REOPEN_RULES
    calendars: int = 3
    metrics: tuple[str, ...] = (*sorted(STANDARD_METRICS), "onsite")
    named: bool = True
    conditions: bool = True
    verdicts: tuple[str, ...] = ("elapsed", "elapsed", "due")
    lenient: bool = False
    events: int = 9
    kinds: tuple[str, ...] = field(default_factory=lambda: KINDS)
    weeks: tuple[str, ...] = tuple(sorted(WEEKS))


@st.composite
def objectives(
    draw: st.DrawFn,
    severity: str,
    metric: str,
    kind: str,
    start: str,
    places: dict[str, Desk],
    sets: list[str],
    menu: Menu,
) -> list[dict[str, Any]]:
    """One, or one with a condition and one for the rest, or none."""
    count = draw(st.sampled_from([0, 1, 1, 1, 1, 2]))
    drawn = []
    for left in range(count, 0, -1):
        calendar = draw(st.sampled_from(sorted(places)))
        target = draw(targets([places[calendar]] if calendar != ROLE else list(places.values())))
        named = " by " in target.get("within", "")
        if named and not menu.named:
            target = {"within": draw(durations)}
        item: dict[str, Any] = {"severity": severity, "metric": metric, "kind": kind, "calendar": calendar, **target}
        if not named and target and draw(st.booleans()):
            item["verdict"] = draw(st.sampled_from(menu.verdicts))
        if menu.conditions and (left > 1 or draw(st.integers(0, 9)) == 0):
            asked = draw(st.sampled_from(["in_hours", "out_of_hours", "working_day", "non_working_day"]))
            item["only"] = {asked: draw(st.sampled_from(sorted(places)))}
        if start:
            item["start"] = {"next_opening": start}
        if sets and draw(st.booleans()):
            item["set"] = draw(st.sampled_from(sets))
        drawn.append(item)
    return drawn


@st.composite
def own_metrics(draw: st.DrawFn) -> dict[str, Any]:
    """A metric of the user's own."""
    stops = draw(st.sampled_from([["arrived"], ["arrived", "resolved", "closed"], ["closed"]]))
    return {
        "starts": draw(st.sampled_from([["opened"], ["sent"], ["opened", "sent"], ["acknowledged"]])),
        "stops": stops,
        "cycles": draw(st.sampled_from(["one", "many"])),
        "paused_by": draw(st.sampled_from(["any", "none", ["customer"], ["customer", "vendor"]])),
        "on_reopen": draw(st.sampled_from([*REOPEN_RULES, "policy"])),
        "final_stops": draw(st.sampled_from([[], ["arrived"]])) if "arrived" in stops else [],
        "after": draw(st.sampled_from(["", "", "acknowledgement"])),
    }


@st.composite
def policies(draw: st.DrawFn, menu: Menu) -> tuple[Policy, dict[str, Desk], dict[str, str]]:
    named = {f"C{i}": draw(desks(menu.weeks)) for i in range(draw(st.integers(1, menu.calendars)))}
    roles = {ROLE: draw(st.sampled_from(sorted(named)))} if draw(st.integers(0, 4)) == 0 else {}
    places = {**named, **{role: named[name] for role, name in roles.items()}}
    chosen = draw(st.lists(st.sampled_from(menu.metrics), min_size=1, max_size=3, unique=True))
    severities = SEVERITIES[: draw(st.integers(1, 3))]
    own = {"onsite": draw(own_metrics())} if "onsite" in chosen else {}
    sets = draw(st.sampled_from([[], [], ["gold", "basic"]]))
    items = []
    on_change = draw(st.sampled_from(menu.change_rules))
    if on_change == "restart":
        menu = replace(menu, conditions=False)  # at which event a condition is asked anew is left open
    for metric in chosen:
        # One start for all severities: what a change does to a start that differs is left open.
        start = draw(st.sampled_from(["", "", "", *sorted(places)])) if menu.conditions else ""
        for severity in severities:
            for kind in ["commitment"] if draw(st.integers(0, 3)) else ["commitment", "aim"]:
                items += draw(objectives(severity, metric, kind, start, places, sets, menu))
    sets = sorted({item["set"] for item in items if "set" in item})
    data = {
        "name": "drawn",
        "calendar": "C0",
        "verdict": draw(st.sampled_from(menu.verdicts)),
        "on_change": on_change,
        "on_reopen": draw(st.sampled_from(menu.reopen_rules)),
        "severities": [{"key": key} for key in severities],
        "calendars": {name: calendar_of(desk) for name, desk in named.items()},
        "roles": {role: {} for role in roles},
        "metrics": own,
        "objectives": items,
        "pauses": draw(pause_rules(chosen)),
        "escalations": draw(escalations(chosen, severities)),
        "rules": [{"when": {"plan": key}, "use": key} for key in sets],
    }
    return Policy(**data), named, roles


@st.composite
def pause_rules(draw: st.DrawFn, metrics: list[str]) -> list[dict[str, Any]]:
    reasons = draw(st.lists(st.sampled_from([*REASONS, "*"]), max_size=2, unique=True))
    return [{"reason": r, "stops": draw(st.lists(st.sampled_from(metrics), unique=True))} for r in reasons]


@st.composite
def escalations(draw: st.DrawFn, metrics: list[str], severities: tuple[str, ...]) -> list[dict[str, Any]]:
    metric = st.sampled_from(metrics)
    some = st.just([]) | st.lists(st.sampled_from(severities), max_size=2, unique=True)
    rows = draw(st.lists(st.tuples(metric, escalation_instants, some), max_size=3))
    return [{"key": f"e{i}", "metric": m, "at": at, "severities": s} for i, (m, at, s) in enumerate(rows)]


# Histories

GAPS = [0, 1, 1, 2, 3, 4, 6, 8, 12, 16, 24, 48]


@dataclass
class Told:
    """How a history stands: what may come next without contradiction."""

    shut: bool = False
    cancelled: bool = False
    paused: bool = False

    def allows(self, kind: str) -> bool:
        if self.cancelled:
            return kind == "reopened"
        if kind == "reopened":
            return self.shut
        return kind != "resumed" or self.paused

    def take(self, kind: str) -> None:
        self.shut = kind in ("resolved", "closed") or (self.shut and kind != "reopened")
        self.cancelled = kind == "cancelled"
        self.paused = self.paused or kind == "paused"


@st.composite
def events(draw: st.DrawFn, policy: Policy, first: int, grain: int, menu: Menu) -> list[Event]:
    told, now, result = Told(), first, []
    scale = draw(st.sampled_from([HOUR // 2, HOUR, 2 * HOUR]))
    for _ in range(draw(st.integers(0, menu.events))):
        now += draw(st.sampled_from(GAPS)) * max(grain, scale // grain * grain)
        if now > WINDOW_DAYS * DAY:
            break
        possible = [kind for kind in menu.kinds if menu.lenient or told.allows(kind)]
        if not possible:
            break
        kind = draw(st.sampled_from(possible))
        told.take(kind)
        result.append(draw(an_event(kind, now, policy)))
    if menu.lenient and draw(st.booleans()):
        wrong = draw(st.sampled_from(["opened", "reopened", "resumed", "updated"]))
        at = draw(st.integers(0, now // grain)) * grain
        result.insert(0, Event(kind=wrong, at=moment(at)))
    return result


@st.composite
def an_event(draw: st.DrawFn, kind: str, at: int, policy: Policy) -> Event:
    extra: dict[str, Any] = {}
    if kind == "paused":
        extra["reason"] = draw(st.sampled_from(REASONS))
    elif kind == "resumed":
        extra["reason"] = draw(st.none() | st.sampled_from(REASONS))
    elif kind == "severity_changed":
        extra["severity"] = draw(st.sampled_from([severity.key for severity in policy.severities]))
    elif kind == "attributes_changed":
        extra["attributes"] = {"plan": draw(st.sampled_from(["gold", "basic", "none"]))}
    return Event(kind=kind, at=moment(at), **extra)


@st.composite
def scenes(draw: st.DrawFn, menu: Menu | None = None) -> Scene:
    menu = menu or Menu()
    policy, named, roles = draw(policies(menu))
    grain = draw(st.sampled_from([30, 30, 30, 15, 10])) * MINUTE
    opened = draw(st.integers(0, OPENED_WITHIN // grain)) * grain
    history = draw(events(policy, opened, grain, menu))
    ticket = Ticket(
        id="T-1",
        severity=draw(st.sampled_from([severity.key for severity in policy.severities])),
        opened_at=moment(opened),
        attributes={"plan": draw(st.sampled_from(["gold", "basic"]))} if policy.rules else {},
        events=history,
    )
    last = max([opened, *(_at(event) for event in history)])
    as_of = draw(st.sampled_from([last, *(_at(event) for event in history)]))
    as_of += draw(st.sampled_from([0, 0, *GAPS, 96, 200])) * grain
    return Scene(policy, named, roles, ticket, as_of, grain, strict=not menu.lenient)


def _at(event: Event) -> int:
    return (event.at - EPOCH) // timedelta(microseconds=1)
