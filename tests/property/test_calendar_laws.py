"""The laws of calendars, a function each. Here the library is held against itself; the oracle only draws
scenes.
"""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import assume, given, reject
from hypothesis import strategies as st

from oracle import DAY, ONE_DAY, Oracle, Span, clip, combine, dates, instant, local_date, moment
from property.strategies import REACH, Calendar, Scene, fewer, neighbours, scenes
from slaclock import BusinessCalendar, CompositeCalendar, Timeline
from slaclock.errors import HorizonError, NoWorkingTimeError

MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Asked:
    """A calendar asked, and answering, in UTC microseconds.

    Datetimes of one zone compare and subtract as their walls do, and those of two zones are never equal
    within a repeated hour: laws are about instants, which integers are (R-1).
    """

    calendar: Calendar
    zone: str = "UTC"

    def elapsed(self, a: int, b: int) -> int:
        return self.calendar.elapsed(moment(a, self.zone), moment(b, self.zone)) // MICROSECOND

    def is_open(self, t: int) -> bool:
        return self.calendar.is_open(moment(t, self.zone))

    def windows(self, a: int, b: int) -> list[Span]:
        return [
            (instant(lo), instant(hi)) for lo, hi in self.calendar.windows(moment(a, self.zone), moment(b, self.zone))
        ]

    def edge(self, question: str, t: int) -> int | None:
        found = getattr(self.calendar, question)(moment(t, self.zone))
        return None if found is None else instant(found)

    def due(self, start: int, length: int) -> int:
        return self._found(lambda: self.calendar.due(moment(start, self.zone), length * MICROSECOND))

    def roll(self, question: str, t: int) -> int:
        return self._found(lambda: getattr(self.calendar, question)(moment(t, self.zone)))

    def add_business_days(self, t: int, count: int) -> int:
        return self._found(lambda: self.calendar.add_business_days(moment(t, self.zone), count))

    @staticmethod
    def _found(ask: Callable[[], datetime]) -> int:
        """Without an answer there is nothing to compare."""
        try:
            return instant(ask())
        except (NoWorkingTimeError, HorizonError):
            reject()


def fresh(calendar: Calendar) -> Calendar:
    """An equal calendar that has compiled nothing yet: compiled years are not copied (CAL-12)."""
    result: Calendar = pickle.loads(pickle.dumps(calendar))
    return result


# Working time


@given(scenes(instants=3))
def test_working_time_is_monotone(scene: Scene) -> None:
    """R-3: W never falls, and rises no faster than real time."""
    asked = Asked(scene.calendar)
    base, a, b = sorted(scene.instants)
    assert 0 <= asked.elapsed(base, b) - asked.elapsed(base, a) <= b - a


@given(scenes())
def test_elapsed_is_bounded(scene: Scene) -> None:
    """R-3: 0 <= elapsed <= real time, and backwards it is the same, negative."""
    asked = Asked(scene.calendar)
    a, b = sorted(scene.instants)
    assert 0 <= asked.elapsed(a, b) <= b - a
    assert asked.elapsed(b, a) == -asked.elapsed(a, b)
    assert asked.elapsed(a, a) == 0


@given(scenes(instants=3))
def test_elapsed_is_additive(scene: Scene) -> None:
    """R-3: elapsed(a, c) = elapsed(a, b) + elapsed(b, c), in whatever order the three come."""
    asked = Asked(scene.calendar)
    a, b, c = scene.instants
    assert asked.elapsed(a, c) == asked.elapsed(a, b) + asked.elapsed(b, c)


@given(scenes())
def test_elapsed_is_the_length_of_the_windows(scene: Scene) -> None:
    """R-2, R-3: windows are disjoint, sorted, never touch, lie in the span, and add up to elapsed."""
    asked = Asked(scene.calendar)
    a, b = sorted(scene.instants)
    found = asked.windows(a, b)
    assert all(lo < hi for lo, hi in found)
    assert all(one[1] < other[0] for one, other in pairwise(found))
    assert clip(found, a, b) == found
    assert sum(hi - lo for lo, hi in found) == asked.elapsed(a, b)


# Due


@given(scenes(instants=1))
def test_due_is_when_the_time_is_used(scene: Scene) -> None:
    """CLK-2: elapsed(s, due(s, d)) = d."""
    asked, (start,), (length,) = Asked(scene.calendar), scene.instants, scene.durations
    assert asked.elapsed(start, asked.due(start, length)) == length


@given(scenes(instants=1))
def test_due_is_the_first_such_instant(scene: Scene) -> None:
    """CLK-2: a microsecond before due, less than the target has been worked."""
    asked, (start,), (length,) = Asked(scene.calendar), scene.instants, scene.durations
    assume(length)
    assert asked.elapsed(start, asked.due(start, length) - 1) == length - 1


@given(scenes(instants=1, durations=2))
def test_due_is_monotone_in_the_target(scene: Scene) -> None:
    """CLK-2: more time is never due earlier."""
    asked, (start,) = Asked(scene.calendar), scene.instants
    less, more = sorted(scene.durations)
    assert asked.due(start, less) <= asked.due(start, more)


@given(scenes(instants=2))
def test_due_is_monotone_in_the_start(scene: Scene) -> None:
    """CLK-2: what starts later is never due earlier."""
    asked, (length,) = Asked(scene.calendar), scene.durations
    a, b = sorted(scene.instants)
    assert asked.due(a, length) <= asked.due(b, length)


@given(scenes(instants=1, durations=2))
def test_due_in_two_steps(scene: Scene) -> None:
    """CLK-2: a second target counted from the first one's due is the sum counted at once."""
    asked, (start,), (first, second) = Asked(scene.calendar), scene.instants, scene.durations
    assume(second)
    assert asked.due(asked.due(start, first), second) == asked.due(start, first + second)


@given(scenes(instants=1))
def test_nothing_is_due_at_once(scene: Scene) -> None:
    """CLK-1: a target of zero is due at the start, open or not."""
    (start,) = scene.instants
    assert Asked(scene.calendar).due(start, 0) == start
    assert instant(scene.calendar.due(moment(start), "0h")) == start


@given(scenes(instants=1))
def test_negative_due_is_the_mirror(scene: Scene) -> None:
    """CLK-2: backwards, due is the latest instant with the time between it and the start."""
    asked, (start,), (length,) = Asked(scene.calendar), scene.instants, scene.durations
    assume(length)
    found = asked.due(start, -length)
    assert asked.elapsed(found, start) == length
    assert asked.elapsed(found + 1, start) == length - 1


@given(scenes(instants=1))
def test_due_there_and_back(scene: Scene) -> None:
    """CLK-2: from a due back over the same time is the start, or the next opening if the start was closed."""
    asked, (start,), (length,) = Asked(scene.calendar), scene.instants, scene.durations
    assume(length)
    assert asked.due(asked.due(start, length), -length) == asked.roll("roll_forward", start)


# Edges


@given(scenes(instants=1))
def test_edges_agree_with_is_open(scene: Scene) -> None:
    """CAL-10, R-2: an opening is open and the microsecond before is not; a closing the other way round."""
    asked, (t,) = Asked(scene.calendar), scene.instants
    for question, opens in [
        ("next_open", True),
        ("previous_open", True),
        ("next_close", False),
        ("previous_close", False),
    ]:
        edge = asked.edge(question, t)
        assert edge is None or (asked.is_open(edge), asked.is_open(edge - 1)) == (opens, not opens)


@given(scenes(instants=1))
def test_nothing_changes_before_the_next_edge(scene: Scene) -> None:
    """CAL-10: from an instant to the next edge all is open or all is closed, and so back to the previous
    edge.
    """
    asked, (t,) = Asked(scene.calendar), scene.instants
    ahead = asked.edge("next_close" if asked.is_open(t) else "next_open", t)
    if ahead is not None:
        assert asked.elapsed(t, ahead) == (ahead - t if asked.is_open(t) else 0)
    back = asked.edge("previous_open" if asked.is_open(t - 1) else "previous_close", t)
    if back is not None:
        assert asked.elapsed(back, t) == (t - back if asked.is_open(t - 1) else 0)


@given(scenes(instants=1))
def test_edges_are_strict_and_return(scene: Scene) -> None:
    """CAL-10: edges lie strictly ahead and strictly behind, and one is the other's neighbour."""
    asked, (t,) = Asked(scene.calendar), scene.instants
    for ahead, back in [("next_open", "previous_open"), ("next_close", "previous_close")]:
        following, preceding = asked.edge(ahead, t), asked.edge(back, t)
        assert following is None or (following > t and asked.edge(back, following + 1) == following)
        assert preceding is None or (preceding < t and asked.edge(ahead, preceding - 1) == preceding)


@given(scenes(instants=1))
def test_rolling(scene: Scene) -> None:
    """CAL-10: an open instant stays; a closed one goes to an opening ahead and a closing behind, no work
    between.
    """
    asked, (t,) = Asked(scene.calendar), scene.instants
    ahead, back = asked.roll("roll_forward", t), asked.roll("roll_back", t)
    assert back <= t <= ahead
    assert (back == ahead) if asked.is_open(t) else asked.elapsed(back, ahead) == 0
    assert asked.is_open(ahead)
    assert asked.roll("roll_forward", ahead) == ahead
    assert asked.roll("roll_back", back) == back


# Algebra


@given(neighbours(2))
def test_set_algebra(drawn: tuple[list[Calendar], Span]) -> None:
    """CAL-9, R-3: the operators are union, intersection and difference of the open instants."""
    (left, right), span = drawn
    parts = [Asked(left).windows(*span), Asked(right).windows(*span)]
    assert Asked(left | right).windows(*span) == combine("union", parts)
    assert Asked(left & right).windows(*span) == combine("intersection", parts)
    assert Asked(left - right).windows(*span) == combine("difference", parts)


@fewer
@given(neighbours(3))
def test_set_laws(drawn: tuple[list[Calendar], Span]) -> None:
    """CAL-9: the operators commute, associate, distribute and split, as sets do."""
    (a, b, c), span = drawn
    for this, that in [
        (a | b, b | a),
        (a & b, b & a),
        ((a | b) | c, a | (b | c)),
        (a & (b | c), (a & b) | (a & c)),
        (a - (b | c), (a - b) - c),
        ((a - b) | (a & b), a | a),
        (a & b, a - (a - b)),
    ]:
        assert Asked(this).windows(*span) == Asked(that).windows(*span)
    assert Asked(a - a).windows(*span) == []
    both = Asked(a | b).elapsed(*span) + Asked(a & b).elapsed(*span)
    assert both == Asked(a).elapsed(*span) + Asked(b).elapsed(*span)


spans_of_units = st.lists(st.tuples(st.integers(-5, 60), st.integers(-5, 60)), max_size=6)


@given(spans_of_units, st.integers(0, 40), st.integers(0, 40))
def test_timelines_by_counting(spans: list[Span], t: int, w: int) -> None:
    """R-3: W(t) is the number of open units before t; its inverses are the least and the greatest t that the
    rule names.
    """
    units = {n for lo, hi in spans for n in range(max(lo, 0), min(hi, 50))}
    line = Timeline([span for span in spans if span[0] < span[1]], 0, 50)
    before = [sum(unit < n for unit in units) for n in range(51)]
    assert line.elapsed(0, t) == before[t]
    assert line.is_open(t) == (t in units)
    if 0 < w <= before[50]:
        assert line.first_at(w) == min(n for n in range(51) if before[n] >= w)
    if w < before[50]:
        assert line.last_at(w) == max(n for n in range(51) if before[n] <= w)


@given(spans_of_units, spans_of_units)
def test_timelines_are_sets(one: list[Span], other: list[Span]) -> None:
    """R-2, R-3: union, intersection and difference of timelines are those of the units in them."""
    lines = [Timeline([span for span in spans if span[0] < span[1]], 0, 50) for spans in (one, other)]
    left, right = ({n for lo, hi in line for n in range(lo, hi)} for line in lines)
    for line, units in [
        (lines[0] | lines[1], left | right),
        (lines[0] & lines[1], left & right),
        (lines[0] - lines[1], left - right),
    ]:
        assert {n for lo, hi in line for n in range(lo, hi)} == units
        assert all(a[1] < b[0] for a, b in pairwise(line))


# Form of the question


@given(scenes(), st.sampled_from(["Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "Antarctica/Troll"]))
def test_the_zone_of_the_input_is_irrelevant(scene: Scene, zone: str) -> None:
    """R-1: the same instant in another zone is the same question; answers are in the calendar's zone."""
    a, b = sorted(scene.instants)
    here, there = Asked(scene.calendar), Asked(scene.calendar, zone)
    assert there.is_open(a) == here.is_open(a)
    assert there.elapsed(a, b) == here.elapsed(a, b)
    assert there.windows(a, b) == here.windows(a, b)
    assert there.edge("next_open", a) == here.edge("next_open", a)
    for answer in itertools.chain(*scene.calendar.windows(moment(a, zone), moment(b, zone))):
        assert answer.isoformat() == moment(instant(answer), scene.oracle.zone).isoformat()
    assert there.due(a, scene.durations[0]) == here.due(a, scene.durations[0])


@fewer
@given(scenes(), st.lists(st.integers(0, 20), min_size=1, max_size=6, unique=True))
def test_compiling_in_pieces(scene: Scene, days: list[int]) -> None:
    """CAL-12: a calendar asked in pieces and in any order answers as one asked once."""
    lo = scene.instants[0] - REACH * DAY
    hi = lo + 2 * REACH * DAY
    whole = Asked(fresh(scene.calendar)).windows(lo, hi)
    piecewise = Asked(fresh(scene.calendar))
    for day in days:
        middle = lo + day * DAY
        assert combine("union", [piecewise.windows(lo, middle) + piecewise.windows(middle, hi)]) == whole
    far = fresh(scene.calendar)
    for year in (moment(hi).year + 1, moment(lo).year - 1):
        far.is_open(datetime(year, 7, 1, tzinfo=UTC))
    assert Asked(far).windows(lo, hi) == whole


@given(scenes())
def test_asking_changes_nothing(scene: Scene) -> None:
    """CAL-12: a calendar that has answered is equal to one that has not, with the same hash and digest."""
    asked, unasked = scene.calendar, fresh(scene.calendar)
    asked.elapsed(*map(moment, scene.instants))
    assert asked == unasked
    assert hash(asked) == hash(unasked)
    assert asked.digest() == unasked.digest()


@given(scenes())
def test_json_and_toml_round_trips(scene: Scene) -> None:
    """CAL-12, POL-1: JSON, TOML and plain data give back an equal calendar that answers alike."""
    calendar = scene.calendar
    kind = type(calendar)
    span = sorted(scene.instants)
    for copy in (
        kind.from_json(calendar.to_json()),
        kind.from_toml(calendar.to_toml()),
        kind.from_dict(calendar.to_dict()),
        calendar.replace(),
    ):
        assert copy == calendar
        assert hash(copy) == hash(calendar)
        assert copy.digest() == calendar.digest()
        assert Asked(copy).windows(*span) == Asked(calendar).windows(*span)


def test_a_day_long_window_has_a_spelling() -> None:
    """CAL-1, CAL-2, POL-1: two shifts that meet twice make one window of 24 hours, and the file can be read
    back.
    """
    calendar = BusinessCalendar(timezone="Europe/London", hours={"mon": ["06:00-18:00", "18:00-06:00"]})
    assert BusinessCalendar.from_json(calendar.to_json()) == calendar
    assert BusinessCalendar.from_toml(calendar.to_toml()) == calendar


@fewer
@given(scenes(kind="simple", instants=3))
def test_compiling_days_in_pieces(scene: Scene) -> None:
    """CAL-12: working days are the same, whichever year was asked about first."""
    a, b, c = (moment(t).date() for t in scene.instants)
    counts = [fresh(scene.calendar).business_days_between(*pair) for pair in ((a, b), (b, c), (a, c))]
    assert counts[0] + counts[1] == counts[2]
    asked = fresh(scene.calendar)
    asked.is_working_day(date(max(a, b, c).year + 1, 6, 1))
    assert asked.business_days_between(a, c) == counts[2]
    assert asked.is_working_day(b) == fresh(scene.calendar).is_working_day(b)


@fewer
@given(scenes(kind="composite"))
def test_a_composite_keeps_its_parts(scene: Scene) -> None:
    """CAL-9, CAL-12: a composite's file names the operation and its parts, each in its own zone."""
    assert isinstance(scene.calendar, CompositeCalendar)
    data = scene.calendar.to_dict()
    assert data["op"] == scene.calendar.op
    assert CompositeCalendar.from_dict(data).parts == scene.calendar.parts


# Days


@given(scenes(kind="simple", instants=3))
def test_business_days_are_additive(scene: Scene) -> None:
    """CAL-13, R-2: working days are counted in half-open ranges of dates, one for each that is_working_day."""
    calendar = scene.calendar
    a, b, c = (moment(t).date() for t in scene.instants)
    between = calendar.business_days_between
    assert between(a, c) == between(a, b) + between(b, c)
    assert between(a, a + timedelta(days=1)) == int(calendar.is_working_day(a))


@given(scenes(kind="simple", instants=1), st.integers(1, 5))
def test_business_days_lie_ahead(scene: Scene, count: int) -> None:
    """CLK-3: where no windows of two dates overlap, n business days are due after the anchor."""
    (t,) = scene.instants
    assume(not has_overlaps(scene.oracle, local_date(scene.oracle.zone, t)))
    asked = Asked(scene.calendar)
    found = asked.add_business_days(t, count)
    assert found >= asked.roll("roll_forward", t)


def has_overlaps(oracle: Oracle, day: date) -> bool:
    """Then the next day may have closed before the anchor, which is still the evening's before."""
    spans = [span for near in dates(day - REACH * ONE_DAY, day + REACH * ONE_DAY) for span in oracle.owned(near)]
    return any(one[1] > other[0] for one, other in pairwise(spans))
