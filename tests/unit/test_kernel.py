"""R-2, R-3, CLK-1: intervals, timelines and clocks, on small numbers that one can check by eye."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from slaclock import clock, intervals
from slaclock.clock import FOREVER, Span, stretches
from slaclock.timeline import Timeline

SMALL = st.integers(0, 60)
RAGGED = st.lists(st.tuples(SMALL, SMALL), max_size=8)


def members(pairs) -> set[int]:
    """The whole units that half-open intervals cover: a model of them that shares no code."""
    return {unit for a, b in pairs for unit in range(a, b)}


def is_normal(pairs) -> bool:
    flat = [edge for pair in pairs for edge in pair]
    return all(a < b for a, b in zip(flat, flat[1:], strict=False))


@given(RAGGED)
def test_normalize(pairs):
    """R-2: normal lists are sorted, disjoint, not touching, and cover the same."""
    normal = intervals.normalize(pairs)
    assert is_normal(normal)
    assert members(normal) == members(pairs)


@given(RAGGED, RAGGED)
def test_set_algebra(a, b):
    """R-3: union, intersection and difference are those of the sets of instants."""
    a, b = intervals.normalize(a), intervals.normalize(b)
    for made, wanted in (
        (intervals.union(a, b), members(a) | members(b)),
        (intervals.intersect(a, b), members(a) & members(b)),
        (intervals.subtract(a, b), members(a) - members(b)),
    ):
        assert is_normal(made)
        assert members(made) == wanted


@given(RAGGED, SMALL, SMALL)
def test_clip(a, lower, upper):
    """R-2: a clip is an intersection with one interval, empty when that is inverted."""
    assert members(intervals.clip(intervals.normalize(a), lower, upper)) == members(a) & set(range(lower, upper))


@given(RAGGED, SMALL)
def test_w_counts_units(pairs, t):
    """R-3: W(t) is the open time before t."""
    line = Timeline(pairs, 0, 60)
    assert line.work(t) == len([unit for unit in members(pairs) if unit < t])
    assert line.is_open(t) == (t in members(pairs))
    assert line.total == len(members(pairs))


@given(RAGGED, st.integers(-2, 62))
def test_inverses_of_w(pairs, w):
    """R-3: first_at is the least t with W(t) >= w, last_at the greatest with W(t) <= w, within the span."""
    line = Timeline(pairs, 0, 60)
    at_least = [t for t in range(61) if line.work(t) >= w]
    assert line.first_at(w) == (min(at_least) if at_least else None)
    at_most = [t for t in range(61) if line.work(t) <= w]
    beyond = w < 0 or w >= line.total  # the greatest t then lies outside the span, or nowhere
    assert line.last_at(w) == (None if beyond else max(at_most))


@given(RAGGED, st.integers(-1, 61))
def test_edges(pairs, t):
    """R-3: edges are strictly after or before."""
    line = Timeline(pairs, 0, 60)
    starts, ends = [a for a, _ in line], [b for _, b in line]
    assert line.next_open(t) == min((a for a in starts if a > t), default=None)
    assert line.next_close(t) == min((b for b in ends if b > t), default=None)
    assert line.previous_open(t) == max((a for a in starts if a < t), default=None)
    assert line.previous_close(t) == max((b for b in ends if b < t), default=None)


@given(RAGGED, st.integers(1, 59), st.integers(-5, 5))
def test_joined_equals_whole(pairs, seam, zero):
    """CAL-12: compiling in pieces equals compiling whole, and W keeps counting from the same instant."""
    whole = Timeline(pairs, 0, 60, zero)
    first, second = Timeline(pairs, 0, seam, zero), Timeline(pairs, seam, 60)
    assert first.joined(second) == whole
    assert [first.joined(second).work(t) for t in range(61)] == [whole.work(t) for t in range(61)]
    back = Timeline(pairs, seam, 60, zero).preceded(Timeline(pairs, 0, seam))
    assert back == whole
    assert back.work(seam) == zero
    assert back.elapsed(0, 60) == whole.elapsed(0, 60)


@given(RAGGED, RAGGED)
def test_operators(a, b):
    """CAL-9: | & - on timelines, over the span both know."""
    left, right = Timeline(a, 0, 50), Timeline(b, 10, 60)
    span = set(range(10, 50))
    assert members(left | right) == (members(a) | members(b)) & span
    assert members(left & right) == members(a) & members(b) & span
    assert members(left - right) == (members(a) - members(b)) & span


def test_timeline_is_a_value():
    line = Timeline([(9, 17)], 0, 24)
    same = Timeline([(9, 12), (12, 17)], 0, 24)
    assert line == same
    assert hash(line) == hash(same)
    assert line != Timeline([(9, 17)], 0, 48)
    assert line != "09-17"
    assert len(line) == 1
    assert repr(line) == "Timeline(1 intervals in [0, 24))"
    assert line.clip(10, 12) == [(10, 12)]
    assert Timeline([], 0, 24).clip(0, 24) == []


# -- clocks: days of 24, open 9-17 ---------------------------------------------------------------------------

WEEK = Timeline([(24 * day + 9, 24 * day + 17) for day in range(5)], 0, 240)


def span(start: int, budget: int | None, pauses=(), **more) -> Span:
    due0 = more.pop("due0", WEEK.first_at(WEEK.work(start) + budget) if budget else start)
    return Span(
        line=WEEK,
        start=start,
        base=WEEK.work(start),
        budget=budget,
        due0=None if budget is None else due0,
        pauses=stretches(WEEK, pauses),
        **more,
    )


def test_due_and_breach_at_differ_at_a_close():
    """R-5: 8 h from 09:00 is due at 17:00 and kept until 09:00 the next day."""
    promise = span(9, 8)
    assert (clock.due(promise), clock.breach_at(promise)) == (17, 33)
    assert clock.used(promise, 20) == 8
    assert [clock.breached(promise, t) for t in (17, 20, 33, 34)] == [False, False, False, True]


def test_by_due_is_stricter():
    """R-5: verdict "due" breaks the promise after the due instant, whatever was used."""
    promise = span(9, 8, by_due=True)
    assert clock.breach_at(promise) == 17
    assert [clock.breached(promise, t) for t in (17, 18)] == [False, True]


def test_nothing_is_used_before_the_start():
    assert clock.used(span(12, 8), 10) == 0
    assert clock.used(span(12, 8, carried=2), 12) == 2


def test_pauses_are_left_out():
    """CLK-1: 4 h from 09:00 with 10-12 and 14-15 paused: 9-10, 12-14, 15-16."""
    promise = span(9, 4, [(10, 12), (14, 15)])
    assert clock.due(promise) == 16
    assert [clock.used(promise, t) for t in (10, 11, 12, 14, 15, 16)] == [1, 1, 1, 3, 3, 4]


def test_a_pause_over_the_close_moves_neither_more_nor_less():
    promise = span(9, 8, [(16, 34)])  # 16:00 to 10:00 the next day: 7 h before it, so one hour after
    assert (clock.due(promise), clock.breach_at(promise)) == (35, 35)


def test_a_pause_that_begins_when_the_budget_is_used_up():
    """CLK-1: due before the pause, kept until after it."""
    promise = span(9, 8, [(17, 36)])
    assert (clock.due(promise), clock.breach_at(promise)) == (17, 36)


def test_a_pause_without_end():
    """CLK-5: a paused clock has no due instant, unless it was due before."""
    waiting = span(9, 8, [(12, FOREVER)])
    assert (clock.due(waiting), clock.breach_at(waiting)) == (None, None)
    assert clock.used(waiting, 200) == 3
    assert not clock.breached(waiting, 200)
    late = span(9, 2, [(12, FOREVER)])
    assert (clock.due(late), clock.breach_at(late)) == (11, 11)
    assert clock.breached(late, 12)
    exact = span(9, 3, [(12, FOREVER)])
    assert (clock.due(exact), clock.breach_at(exact)) == (12, None)


def test_by_due_inside_a_pause_is_kept_until_it_ends():
    """CLK-5: a paused clock never becomes breached."""
    promise = span(9, 8, [(17, 40)], by_due=True)
    assert (clock.due(promise), clock.breach_at(promise)) == (17, 40)
    endless = span(9, 8, [(17, FOREVER)], by_due=True)
    assert (clock.due(endless), clock.breach_at(endless)) == (17, None)
    assert not clock.breached(endless, 100)


def test_due_is_not_before_due0():
    """CLK-1: two business days clamp to an opening though the time is used up at a close."""
    promise = span(9, 8, due0=33)
    assert (clock.due(promise), clock.breach_at(promise)) == (33, 33)


def test_due0_ahead_of_an_open_pause_waits_with_it():
    """CLK-5: the budget is used up when the pause begins, the due day's opening lies ahead: no due instant yet."""
    waiting = span(9, 8, [(17, FOREVER)], due0=33)
    assert (clock.due(waiting), clock.breach_at(waiting)) == (None, None)
    assert clock.due(span(9, 8, [(17, 30)], due0=33)) == 33


def test_a_change_that_breaks_a_promise_by_due_breaks_it_while_paused():
    """CLK-11: more used than the new budget is a breach at that instant, by due as by time used, paused or not."""
    over = span(12, 4, [(12, FOREVER)], carried=5, due0=12, by_due=True)
    assert (clock.breach_at(over), clock.breached(over, 12), clock.breached(over, 20)) == (12, True, True)
    passed = span(12, 4, [(12, FOREVER)], due0=10, by_due=True, named=True)
    assert (clock.breach_at(passed), clock.breached(passed, 12)) == (12, True)


def test_a_named_instant_stands():
    """CLK-4: pauses that do not cover it do not move it, and it is judged by itself."""
    promise = span(9, 8, [(10, 12)], due0=16, by_due=True, named=True)
    assert (clock.due(promise), clock.breach_at(promise)) == (16, 16)
    moved_without_end = span(9, 8, [(10, FOREVER)], due0=None, by_due=True, named=True)
    assert clock.due(moved_without_end) is None
    assert not clock.breached(moved_without_end, 99)


def test_without_a_target_there_is_nothing_to_break():
    """POL-6: measured, not judged."""
    measured = span(9, None)
    assert (clock.due(measured), clock.breach_at(measured)) == (None, None)
    assert not clock.breached(measured, 200)
    assert clock.used(measured, 40) == 15


def test_a_zero_budget_is_due_at_the_start():
    """CLK-1."""
    promise = span(12, 0)
    assert (clock.due(promise), clock.breach_at(promise)) == (12, 12)
    assert span(20, 0).due0 == 20


def test_more_carried_than_the_budget():
    """CLK-11: a breach at that instant; exactly the budget is due and not yet breached."""
    over = span(12, 4, carried=5, due0=12)
    assert (clock.due(over), clock.breach_at(over), clock.breached(over, 12)) == (12, 12, True)
    exact = span(12, 4, carried=4, due0=12)
    assert (clock.due(exact), clock.breached(exact, 12), clock.breached(exact, 13)) == (12, False, True)


@given(
    st.integers(0, 100),
    st.integers(0, 30),
    st.lists(st.tuples(st.integers(0, 110), st.integers(0, 110)), max_size=4),
    st.integers(0, 119),
)
def test_breached_iff_over_budget_iff_after_breach_at(start, budget, pauses, t):
    """CLK-1: over R, elapsed > budget <=> t > breach_at, and due <= breach_at; against counting units."""
    paused = [(a, b) for a, b in intervals.normalize(pauses) if b > start]
    paused = intervals.clip(paused, start, 240)
    promise = span(start, budget, paused)
    counted = members(WEEK) - members(paused)
    used = len([unit for unit in counted if start <= unit < t])
    assert clock.used(promise, t) == used
    due, last = clock.due(promise), clock.breach_at(promise)
    assert clock.breached(promise, t) == (used > budget)
    if last is not None and t >= start:
        assert (used > budget) == (t > last)
    if due is not None and last is not None:
        assert due <= last
