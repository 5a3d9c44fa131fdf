"""The laws of comparing policies and of choosing a target, on policies and tickets drawn at random."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from clock_strategies import CHANGE_RULES, CHANGES, KINDS, REOPEN_RULES, Menu, durations, events, policies
from hypothesis import assume, event, given
from hypothesis import strategies as st

from clock_oracle import HOUR, MINUTE, moment
from slaclock import (
    ComparedClock,
    ComparedSum,
    Comparison,
    NoMatchError,
    Objective,
    Policy,
    Reading,
    Tally,
    Ticket,
    compare,
    evaluate,
    format_duration,
    target_for,
)

MICROSECOND = timedelta(microseconds=1)
MIRRORED = {"met_to_breached": "breached_to_met", "breached_to_met": "met_to_breached", None: None}


@dataclass(frozen=True)
class Desk:
    """A policy, some tickets, and an instant."""

    policy: Policy
    roles: dict[str, str] | None
    tickets: Sequence[Ticket]
    as_of: datetime
    strict: bool

    def readings(self, policy: Policy) -> list[Reading]:
        """What a policy says of the tickets that one of its rules matches."""
        found: list[Reading] = []
        for ticket in self.tickets:
            with suppress(NoMatchError):
                found += evaluate(policy, ticket, as_of=self.as_of, roles=self.roles, strict=self.strict)
        return found

    def compare(self, a: Policy, b: Policy) -> Comparison:
        more = {"as_of": self.as_of, "roles_a": self.roles, "roles_b": self.roles, "strict": self.strict}
        return compare(a, b, self.tickets, **more)


@st.composite
def desks_with(draw: st.DrawFn, menu: Menu, least: int = 1, most: int = 4) -> Desk:
    policy, _, roles = draw(policies(menu))
    grain = draw(st.sampled_from([30, 15, 10])) * MINUTE
    tickets = []
    for number in range(draw(st.integers(least, most))):
        opened = draw(st.integers(0, 96 * HOUR // grain)) * grain
        tickets.append(
            Ticket(
                id=f"T-{number}",
                severity=draw(st.sampled_from([severity.key for severity in policy.severities])),
                opened_at=moment(opened),
                attributes={"plan": draw(st.sampled_from(["gold", "basic"]))} if policy.rules else {},
                events=draw(events(policy, opened, grain, menu)),
            )
        )
    as_of = moment(draw(st.integers(24, 14 * 24)) * HOUR)
    return Desk(policy, roles or None, tickets, as_of, strict=not menu.lenient)


@st.composite
def another(draw: st.DrawFn, policy: Policy) -> Policy:
    """The policy with some targets changed or dropped, and perhaps another rule for changes and for reopening."""
    objectives = []
    for objective in policy.objectives:
        what = draw(st.sampled_from(["same", "same", "other", "measured", "gone"]))
        if what == "other":
            objective = objective.replace(within=draw(durations), cutoff=None)
        elif what == "measured":
            objective = objective.replace(within=None, cutoff=None)
        objectives += [] if what == "gone" else [objective]
    rules = {"on_change": draw(st.sampled_from(CHANGE_RULES)), "on_reopen": draw(st.sampled_from(REOPEN_RULES))}
    sets = {objective.set for objective in objectives}
    kept = [rule for rule in policy.rules if rule.use in sets]
    return policy.replace(name="another", objectives=objectives, rules=kept, **(rules if draw(st.booleans()) else {}))


LENIENT = Menu(lenient=True, events=7)


@given(desks_with(LENIENT))
def test_a_policy_and_itself(desk: Desk) -> None:
    """R-6: nothing changes."""
    answer = desk.compare(desk.policy, desk.policy)
    assert answer.changed == () == answer.flipped
    assert all(clock.a == clock.b is not None for clock in answer)
    assert all(one.a == one.b and one.met_to_breached == one.breached_to_met == 0 for one in answer.sums)
    sides = {side: [one.ticket for one in answer.unanswered if one.side == side] for side in "ab"}
    assert sides["a"] == sides["b"] and answer.tickets + len(sides["a"]) == len(desk.tickets)


@given(desks_with(LENIENT, least=3), st.data())
def test_swapped_sides_mirror(desk: Desk, data: st.DataObject) -> None:
    """R-6: a and b change places, and so does all that is said of them."""
    other = data.draw(another(desk.policy))
    there, back = desk.compare(desk.policy, other), desk.compare(other, desk.policy)
    assert (there.policy_a, there.policy_b, there.tickets) == (back.policy_b, back.policy_a, back.tickets)
    assert sorted(map(mirrored, there), key=repr) == sorted(back, key=repr)
    assert [MIRRORED[clock.flip] for clock in ordered(there)] == [clock.flip for clock in ordered(back)]
    assert {mirrored_sum(one) for one in there.sums} == set(back.sums)
    assert mirrored_sum(there.total()) == back.total()
    event("flips" if there.flipped else "no flips")


def ordered(answer: Comparison) -> list[ComparedClock]:
    return sorted(answer, key=lambda clock: (clock.ticket, clock.metric, clock.kind, clock.cycle))


def mirrored(clock: ComparedClock) -> ComparedClock:
    named = {"ticket": clock.ticket, "metric": clock.metric, "kind": clock.kind, "cycle": clock.cycle}
    return ComparedClock(**named, a=clock.b, b=clock.a)


def mirrored_sum(one: ComparedSum) -> ComparedSum:
    flips = {"met_to_breached": one.breached_to_met, "breached_to_met": one.met_to_breached}
    return ComparedSum(metric=one.metric, kind=one.kind, severity=one.severity, a=one.b, b=one.a, **flips)


@given(desks_with(LENIENT), st.data())
def test_each_side_is_what_its_policy_alone_would_say(desk: Desk, data: st.DataObject) -> None:
    """CLK-13: the sums of a side are the counts of its readings, and the flips account for what both judge."""
    other = data.draw(another(desk.policy))
    answer = desk.compare(desk.policy, other)
    left_out = {one.ticket for one in answer.unanswered}
    for side, policy in (("a", desk.policy), ("b", other)):
        counted: dict[tuple[str, str, str], list[int]] = {}
        for ticket in desk.tickets:
            if ticket.id in left_out:
                continue
            for reading in evaluate(policy, ticket, as_of=desk.as_of, roles=desk.roles, strict=desk.strict):
                counts = counted.setdefault((reading.metric, reading.kind, reading.severity), [0, 0, 0])
                counts[0] += 1
                counts[1] += reading.verdict == "met"
                counts[2] += reading.verdict == "breached"
        for one in answer.sums:
            tally: Tally = getattr(one, side)
            counts = counted.pop((one.metric, one.kind, one.severity), [0, 0, 0])
            assert [tally.clocks, tally.met, tally.breached] == counts
        assert not counted
    flips = [clock.flip for clock in answer.flipped]
    for flip in ("met_to_breached", "breached_to_met"):
        assert sum(getattr(one, flip) for one in answer.sums) == flips.count(flip)


# `earliest` chooses between objectives at a change by which is due sooner: a longer target may hand the clock to another.
LONGER = Menu(
    change_rules=tuple(sorted(set(CHANGE_RULES) - {"earliest"})), kinds=(*KINDS, "responded", *["resolved"] * 6)
)


@given(desks_with(LONGER, least=3, most=6), st.data())
def test_a_longer_target_breaks_no_promise(desk: Desk, data: st.DataObject) -> None:
    """R-5: what is met stays met, and what breaches later breached before."""
    longer = []
    for objective in desk.policy.objectives:
        if objective.within is not None and objective.within.working is not None:
            more = objective.within.working + data.draw(st.sampled_from([0, 1, 15 * MINUTE, HOUR, 8 * HOUR]))
            objective = objective.replace(within=format_duration(more))
        longer.append(objective)
    answer = desk.compare(desk.policy, desk.policy.replace(objectives=longer))
    for clock in answer:
        assert clock.only is None and clock.flip != "met_to_breached", clock
        assert clock.b.verdict != "breached" or clock.a.verdict == "breached", clock
    event("flips" if answer.flipped else "no flips")


# Where severities and attributes change, the time carried may depend on the targets themselves.
UNCHANGING = Menu(kinds=(*(kind for kind in KINDS if kind not in CHANGES), "responded", *["resolved"] * 6))
SHARES = [Fraction(1, 10), Fraction(1, 3), Fraction(1, 2), Fraction(2, 3), Fraction(9, 10), Fraction(1)]


@given(desks_with(UNCHANGING, least=3, most=8), st.data())
def test_a_target_meets_its_share_and_no_shorter_one_does(desk: Desk, data: st.DataObject) -> None:
    """R-4, R-5: found by evaluating policies that have that target, and one of a microsecond less."""
    objective = data.draw(st.sampled_from(desk.policy.objectives or [None]))
    assume(objective is not None)
    severity = data.draw(st.sampled_from([objective.severity, None]))
    chosen = {"metric": objective.metric, "severity": severity, "kind": objective.kind}
    share = data.draw(st.sampled_from(SHARES))
    unfinished = data.draw(st.sampled_from(["against", "judged"]))
    readings = desk.readings(desk.policy)
    found = target_for(share, readings, **chosen, unfinished=unfinished)
    event(f"{unfinished}: {'none' if found is None else 'found'}")
    if found is None:
        for target in (timedelta(0), timedelta(days=30)):
            assert not meets(desk, chosen, target, share, unfinished)
        return
    assert meets(desk, chosen, found, share, unfinished)
    if found:
        assert not meets(desk, chosen, found - MICROSECOND, share, unfinished)


def meets(desk: Desk, chosen: dict[str, Any], target: timedelta, share: Fraction, unfinished: str) -> bool:
    def with_target(objective: Objective) -> Objective:
        if (objective.metric, objective.kind) != (chosen["metric"], chosen["kind"]):
            return objective
        if chosen["severity"] not in (None, objective.severity):
            return objective
        return objective.replace(within=target, cutoff=None, verdict="elapsed")

    policy = desk.policy.replace(objectives=[with_target(objective) for objective in desk.policy.objectives])
    verdicts = [
        (reading.verdict, reading.state)
        for reading in desk.readings(policy)
        if (reading.metric, reading.kind) == (chosen["metric"], chosen["kind"])
        and chosen["severity"] in (None, reading.severity)
    ]
    met = sum(verdict == "met" for verdict, _ in verdicts)
    judged = met + sum(verdict == "breached" for verdict, _ in verdicts)
    if unfinished == "against":
        judged += sum(verdict == "open" for verdict, _ in verdicts)
    return met > 0 and Fraction(met, judged) >= share


@given(desks_with(UNCHANGING, least=3, most=8), st.sampled_from(SHARES))
def test_more_asked_for_needs_no_shorter_target(desk: Desk, share: Fraction) -> None:
    """R-4: a greater share, or open clocks counted against it."""
    assume(desk.policy.objectives)
    metric = desk.policy.objectives[0].metric
    readings = desk.readings(desk.policy)
    against, judged = (target_for(share, readings, metric=metric, unfinished=mode) for mode in ("against", "judged"))
    assert against is None or (judged is not None and judged <= against)
    whole = target_for("100%", readings, metric=metric)
    assert whole is None or (against is not None and against <= whole)
