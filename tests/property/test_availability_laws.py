"""The laws of availability, and the figure against one counted second by second."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from availability_strategies import (
    CENTRE,
    Samples,
    Scene,
    outages,
    rules_of_means,
    sampled,
    scenes,
    spans,
)
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

import availability_oracle as slow
from availability_oracle import Span
from oracle import SECOND, moment
from slaclock import Availability, ErrorRate, NoServiceTimeError, availability_of_rates

# -- against the slow way --------------------------------------------------------------------------------------


def check(figure: Availability, expected: slow.Counted) -> None:
    second = timedelta(seconds=1)
    assert figure.value == expected.value
    assert (figure.lost, figure.total) == (expected.lost, expected.total * second)
    assert (figure.service, figure.excluded, figure.outside) == (
        expected.service * second, expected.excluded * second, expected.outside * second,
    )  # fmt: skip


more = settings(max_examples=4 * settings().max_examples)


@more
@given(scenes(), outages)
def test_outages_counted_second_by_second(scene: Scene, given_: list[Span]) -> None:
    """R-1, R-2: outages, service hours, exclusions and every formula for outages."""
    expected = slow.of_outages(scene.slow, scene.rule, given_)
    if not expected.total:
        with pytest.raises(NoServiceTimeError):
            scene.of_outages(given_)
        return
    event("something lost" if expected.lost else "nothing lost")
    check(scene.of_outages(given_), expected)


@more
@given(sampled())
def test_samples_counted_second_by_second(pair: tuple[Scene, Samples]) -> None:
    """R-1, R-2: samples by every formula, with service hours and exclusions that cut units and samples."""
    scene, given_ = pair
    expected = slow.of_samples(scene.slow, scene.rule, given_.rows, given_.every)
    assume(expected.total)
    event("something lost" if expected.lost else "nothing lost")
    figure = scene.of_samples(given_)
    check(figure, expected)
    assert figure.measured == slow.covered(scene.slow, given_.rows, given_.every) * timedelta(seconds=1)


# -- laws ------------------------------------------------------------------------------------------------------


def check_evidence(figure: Availability) -> None:
    """The parts are in the period, in order, and add up."""
    parts, cuts = figure.parts, figure.exclusions
    assert 0 <= figure.value <= 1
    assert figure.value == 1 - figure.lost / Fraction(figure.total // timedelta(microseconds=1), SECOND)
    assert sum((part.lost for part in parts), Fraction(0)) == figure.lost
    assert sum((part.length for part in parts), timedelta(0)) == figure.unavailable
    assert all(part.start in figure.period and part.start < part.end <= figure.period.end for part in (*parts, *cuts))
    assert all(earlier.end <= later.start for earlier, later in zip(parts, parts[1:], strict=False))
    assert all(earlier.end <= later.start for earlier, later in zip(cuts, cuts[1:], strict=False))
    assert (
        sum((cut.length for cut in cuts), timedelta(0))
        == figure.excluded
        == sum(figure.by_reason.values(), timedelta(0))
    )
    assert figure.service + figure.excluded + figure.outside == figure.period.length
    assert figure.total == figure.service + (figure.excluded if figure.terms.excluded == "available" else timedelta(0))
    shown = [figure.percentage(places) for places in (0, 3, 9)]
    assert all(share <= 100 * figure.value for share in shown) and (shown[1] == 100) == (figure.value == 1)


def told(scene: Scene, given_: list[Span] | Samples) -> Availability:
    try:
        return scene.of_samples(given_) if isinstance(given_, Samples) else scene.of_outages(given_)
    except NoServiceTimeError:
        assume(False)
        raise


@given(scenes(), outages, st.data())
def test_order_and_overlap_do_not_matter(scene: Scene, given_: list[Span], data: st.DataObject) -> None:
    """The same outages in another order, twice, and cut in pieces, are the same figure; so are exclusions."""
    figure = told(scene, given_)
    check_evidence(figure)
    pieces = []
    for a, b in given_:
        middle = data.draw(st.integers(a, b))
        pieces += data.draw(st.sampled_from([[(a, middle), (middle, b)], [(a, b), (a, middle)], [(a, b)]]))
    assert told(scene, data.draw(st.permutations(pieces))) == figure
    order = data.draw(st.permutations(range(len(scene.cuts))))
    twice = [*order, *order[:1]]
    again = replace(scene, cuts=tuple(scene.cuts[n] for n in twice), reasons=tuple(scene.reasons[n] for n in twice))
    assert told(again, given_) == figure


@given(scenes(), outages, spans)
def test_more_downtime_never_raises_it(scene: Scene, given_: list[Span], more: Span) -> None:
    assert told(scene, [*given_, more]).value <= told(scene, given_).value


@given(sampled(), st.data())
def test_more_failures_never_raise_it(pair: tuple[Scene, Samples], data: st.DataObject) -> None:
    scene, given_ = pair
    figure = told(scene, given_)
    check_evidence(figure)
    worse = [(start, attempts, data.draw(st.integers(failures, attempts))) for start, attempts, failures in given_.rows]
    assert told(scene, Samples(given_.every, tuple(worse))).value <= figure.value


@given(scenes(), outages, spans)
def test_exclusions_of_outages_never_lower_it(scene: Scene, given_: list[Span], cut: Span) -> None:
    """Where excluded time is available.  Where it is left out: if it lies wholly in an outage."""
    more = replace(scene, cuts=(*scene.cuts, cut), reasons=(*scene.reasons, "more"))
    if scene.rule.left_out:
        assume(scene.rule.kind == "share_of_time" and not scene.rule.unit and not scene.rule.at_least)
        given_ = [*given_, cut]
    assert told(more, given_).value >= told(scene, given_).value


@given(sampled(), spans)
def test_exclusions_of_samples_never_lower_it(pair: tuple[Scene, Samples], cut: Span) -> None:
    scene, given_ = pair
    scene = replace(scene, rule=replace(scene.rule, left_out=False))
    more = replace(scene, cuts=(*scene.cuts, cut), reasons=(*scene.reasons, "more"))
    assert told(more, given_).value >= told(scene, given_).value


@given(sampled(), outages, st.data())
def test_periods_add_up(pair: tuple[Scene, Samples], given_: list[Span], data: st.DataObject) -> None:
    """What is lost in a period is lost in its two halves, wherever it is cut: also in the middle of a unit."""
    scene, rows = pair
    assume(scene.end - scene.start > 1)
    middle = data.draw(st.integers(scene.start + 1, scene.end - 1))
    halves = replace(scene, end=middle), replace(scene, start=middle)
    for each in [rows] if scene.rule.kind == "mean_error_rate" else [rows, given_]:
        whole = told(scene, each)
        lost = sum((lost_in(half, each) for half in halves), Fraction(0))
        assert lost == whole.lost


def lost_in(scene: Scene, given_: list[Span] | Samples) -> Fraction:
    try:
        return (scene.of_samples(given_) if isinstance(given_, Samples) else scene.of_outages(given_)).lost
    except NoServiceTimeError:
        return Fraction(0)


@given(sampled(), st.data())
def test_what_lies_far_from_the_period_does_not_matter(pair: tuple[Scene, Samples], data: st.DataObject) -> None:
    """Nor do samples in which nothing was attempted."""
    scene, given_ = pair
    far = data.draw(st.sampled_from([-90_000, 90_000]))
    rows = tuple((start + far, attempts, failures) for start, attempts, failures in given_.rows)
    assert replace_measured(told(scene, Samples(given_.every, given_.rows + rows))) == replace_measured(
        told(scene, given_)
    )
    some = tuple(row for row in given_.rows if row[1])
    assert replace_measured(told(scene, Samples(given_.every, some))) == replace_measured(told(scene, given_))


def replace_measured(figure: Availability) -> Availability:
    return replace(figure, measured=None)


@given(
    scenes(rules_of_means), st.lists(st.tuples(st.integers(0, 9), st.fractions(0, 1, max_denominator=999)), max_size=8)
)
def test_rates_are_samples_of_as_many_requests_as_need_be(scene: Scene, rates: list[tuple[int, Fraction]]) -> None:
    unit = scene.rule.unit or 1
    starts = {CENTRE + place * unit: rate for place, rate in rates}
    of_rates = [ErrorRate(moment(at * SECOND), rate) for at, rate in starts.items()]
    rows = tuple((at, 6 * rate.denominator, 6 * rate.numerator) for at, rate in starts.items())
    figure = told(scene, Samples(unit, rows))
    assert availability_of_rates(scene.period, of_rates, f"{unit}s", **scene.asked) == figure


@given(scenes(), outages)
def test_no_float_is_in_a_figure(scene: Scene, given_: list[Span]) -> None:
    """R-1: all that can be reached from a figure, and what it says as plain data."""
    figure = told(scene, given_)
    seen: set[int] = set()

    def walk(thing: Any) -> None:
        assert not isinstance(thing, float), thing
        if id(thing) in seen or isinstance(thing, (str, int)):
            return
        seen.add(id(thing))
        if isinstance(thing, dict):
            walk([*thing.keys(), *thing.values()])
        elif isinstance(thing, (list, tuple)):
            for each in thing:
                walk(each)
        else:
            for name in getattr(type(thing), "__slots__", ()):
                walk(getattr(thing, name, None))

    walk([figure, figure.parts, figure.exclusions, dict(figure.by_reason), figure.to_dict(), figure.percentage()])


@given(scenes(), outages)
def test_the_outages_behind_a_part_are_named(scene: Scene, given_: list[Span]) -> None:
    unit, live = (scene.rule.unit or 1) if scene.rule.kind == "share_of_units" else 1, scene.slow.live
    for part in told(scene, given_).parts:
        units = {second // unit for second in range(int(part.start.timestamp()), int(part.end.timestamp()))}
        behind = {f"from {a}" for a, b in given_ if any(s // unit in units and live(s) for s in range(a, b))}
        assert set(part.names) == behind and behind
