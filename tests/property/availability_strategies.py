"""Periods around a change of the clocks, with service hours, exclusions, formulas, outages and samples, in whole seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

import availability_oracle as slow
from availability_oracle import Rule, Span
from oracle import SECOND, moment
from slaclock import (
    Availability,
    BusinessCalendar,
    Exclusion,
    Formula,
    Outage,
    Period,
    Sample,
    availability,
    availability_of_samples,
)

# The night in which London's clocks go forward; everything happens around 01:00 UTC, the instant at which they do.
CENTRE = 1_774_746_000
REACH = 1800


@dataclass(frozen=True)
class Scene:
    """A period, service hours, exclusions, and a formula."""

    start: int
    end: int
    service: BusinessCalendar | None
    cuts: tuple[Span, ...]
    reasons: tuple[str, ...]
    rule: Rule

    @property
    def period(self) -> Period:
        return Period.span(moment(self.start * SECOND), moment(self.end * SECOND), "Europe/London")

    @property
    def exclusions(self) -> list[Exclusion]:
        return [
            Exclusion(reason=reason, start=moment(a * SECOND), end=moment(b * SECOND))
            for (a, b), reason in zip(self.cuts, self.reasons, strict=True)
        ]

    @property
    def formula(self) -> Formula:
        return formula_of(self.rule)

    @property
    def slow(self) -> slow.Scene:
        if self.service is None:
            return slow.Scene(self.start, self.end, lambda _: True, self.cuts)
        far = timedelta(hours=3)
        windows = self.service.windows(moment(self.start * SECOND) - far, moment(self.end * SECOND) + far)
        spans = [(int(a.timestamp()), int(b.timestamp())) for a, b in windows]
        return slow.Scene(self.start, self.end, lambda s: any(a <= s < b for a, b in spans), self.cuts)

    @property
    def asked(self) -> dict[str, Any]:
        return {"formula": self.formula, "service": self.service, "exclusions": self.exclusions}

    def of_outages(self, outages: Sequence[Span]) -> Availability:
        return availability(self.period, [outage(span) for span in outages], **self.asked)

    def of_samples(self, samples: Samples) -> Availability:
        return availability_of_samples(self.period, samples.given, f"{samples.every}s", **self.asked)


@dataclass(frozen=True)
class Samples:
    """Starts in seconds, attempts, failures."""

    every: int
    rows: tuple[tuple[int, int, int], ...]

    @property
    def given(self) -> list[Sample]:
        return [Sample(moment(start * SECOND), attempts, failures) for start, attempts, failures in self.rows]


def formula_of(rule: Rule) -> Formula:
    return Formula(
        kind=rule.kind,
        unit=f"{rule.unit}s" if rule.unit else None,
        at_least=f"{rule.at_least}s",
        errors_above=rule.errors_above,
        minimum=rule.minimum,
        excluded="left_out" if rule.left_out else "available",
    )


def outage(span: Span) -> Outage:
    return Outage(start=moment(span[0] * SECOND), end=moment(span[1] * SECOND), name=f"from {span[0]}")


# -- what is drawn -------------------------------------------------------------------------------------------

edges = st.one_of(
    st.integers(-REACH, REACH),
    st.integers(-REACH // 60, REACH // 60).map(lambda minute: minute * 60),
    st.sampled_from([-3600, 3600]),
).map(lambda second: CENTRE + second)
spans = st.tuples(edges, edges).map(lambda pair: (min(pair), max(pair)))
outages = st.lists(spans, max_size=6)
shares = st.sampled_from([None, None, Fraction(0), Fraction(1, 10), Fraction(1, 3), Fraction(1, 2), Fraction(1)])
rules_of_time = st.builds(
    Rule, st.just("share_of_time"), st.sampled_from([None, 1, 10, 60, 300]), st.sampled_from([0, 0, 30, 60, 120, 300]),
    shares, st.sampled_from([0, 0, 5, 20]), st.booleans(),
)  # fmt: skip
rules_of_units = st.builds(
    Rule, st.just("share_of_units"), st.sampled_from([1, 10, 60, 300]), st.just(0), shares, st.sampled_from([0, 0, 5]),
    st.booleans(),
)  # fmt: skip
rules_of_means = st.builds(Rule, st.just("mean_error_rate"), st.sampled_from([1, 10, 60, 300]), left_out=st.booleans())
any_rule = rules_of_time | rules_of_units | rules_of_means


def clock(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


@st.composite
def services(draw: st.DrawFn) -> BusinessCalendar | None:
    """None, or a few windows in the night, some of which the change of the clocks cuts."""
    if draw(st.booleans()):
        return None
    marks = sorted(draw(st.sets(st.integers(0, 4 * 3600) | st.sampled_from([0, 14_400]), min_size=2, max_size=6)))
    windows = [f"{clock(a)}-{clock(b)}" for a, b in zip(marks[::2], marks[1::2], strict=False)]
    return BusinessCalendar(timezone="Europe/London", hours={"daily": windows})


@st.composite
def scenes(draw: st.DrawFn, rules: st.SearchStrategy[Rule] = rules_of_time | rules_of_units) -> Scene:
    # Often all that happens, and else a part of it, or nothing of it.
    start, end = draw(st.just((CENTRE - REACH, CENTRE + REACH)) | spans.filter(lambda span: span[0] < span[1]))
    cuts = tuple(draw(st.lists(spans, max_size=3)))
    reasons = tuple(draw(st.sampled_from(["maintenance", "customer", "storm"])) for _ in cuts)
    return Scene(start, end, draw(services()), cuts, reasons, draw(rules))


@st.composite
def samples(draw: st.DrawFn, rule: Rule) -> Samples:
    """Samples that fit into the units of a formula, in any order, with gaps."""
    unit = rule.unit if rule.unit and rule.kind != "share_of_units" else None
    every = draw(st.sampled_from([n for n in (1, 5, 10, 60, 300) if unit is None or unit % n == 0]))
    first = CENTRE - 900 if unit else CENTRE - 900 + draw(st.integers(-20, 20))
    count = draw(st.integers(0, min(1800 // every, 60)))
    places = draw(st.sets(st.integers(0, 1800 // every), min_size=count, max_size=count))
    rows = []
    for place in places:
        attempts = draw(st.sampled_from([0, 1, 3, 7, 100, 10**6]))
        failures = draw(st.sampled_from([attempts, attempts, 0, attempts // 2, max(attempts - 1, 0), min(attempts, 1)]))
        rows.append((first + place * every, attempts, failures))
    return Samples(every, tuple(draw(st.permutations(rows))))


@st.composite
def sampled(draw: st.DrawFn) -> tuple[Scene, Samples]:
    scene = draw(scenes(any_rule))
    return scene, draw(samples(scene.rule))
