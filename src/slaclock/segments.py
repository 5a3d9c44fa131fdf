"""A calendar's time named: every instant of it open, or closed for a reason, in UTC microseconds.

Compiled by years as open time is, and only for those who ask why.  What is open here is exactly what the calendar's
timeline says; the rules of the dates only name what lies between.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from . import intervals
from ._instant import Placer, ordinal_wall, to_us, transitions
from .calendars import BusinessCalendar, Calendar, CompositeCalendar, plan_of
from .days import Span, compile_timeline, placed_windows
from .plan import DayRule, Plan
from .years import Years, year_span

OPEN = "counted"
SITES = ", "
"""Between the sites of a composite that are open together."""


class Part(NamedTuple):
    """A stretch of time for one reason, and the working time in it: what counts, and all that the calendar has.

    A mark has no length; ``amount`` is by how much the clocks were changed.  ``leg`` says on which leg of a clock.
    """

    start: int
    end: int
    kind: str
    about: str = ""
    site: str = ""
    counted: int = 0
    open: int = 0
    amount: int = 0
    leg: int = 0


class Cut(NamedTuple):
    """The same on the way to it.  ``planned``: the weekly hours would have been open, but for this reason."""

    start: int
    end: int
    kind: str
    about: str = ""
    site: str = ""
    planned: bool = False
    amount: int = 0


class Named:
    """All time of a span ``[lower, upper)``, in order and without gaps; marks lie before what starts with them.

    ``cuts`` are for composites to combine, ``parts`` for everybody else.
    """

    __slots__ = ("_starts", "cuts", "lower", "parts", "upper")

    def __init__(self, cuts: list[Cut], parts: list[Part], lower: int, upper: int) -> None:
        self.cuts, self.parts, self.lower, self.upper = cuts, parts, lower, upper
        self._starts = [part.start for part in parts]

    def joined(self, later: Named) -> Named:
        """These and the ones of the span that follows."""
        parts = [*self.parts[:-1], *merged([*self.parts[-1:], *later.parts[:1]]), *later.parts[1:]]
        return Named([*self.cuts, *later.cuts], parts, self.lower, later.upper)

    def preceded(self, earlier: Named) -> Named:
        """The earlier ones and these."""
        return earlier.joined(self)

    def within(self, lower: int, upper: int) -> list[Part]:
        """The parts of ``[lower, upper)``, cut at its ends; a mark at either end is left out."""
        if lower >= upper:
            return []
        first = bisect_right(self._starts, lower) - 1
        found = self.parts[first : bisect_right(self._starts, upper - 1)]
        found[0] = _clipped(found[0], lower, upper)
        found[-1] = _clipped(found[-1], lower, upper)
        return found


def _clipped(part: Part, lower: int, upper: int) -> Part:
    start, end = max(part.start, lower), min(part.end, upper)
    working = end - start if part.kind == OPEN else 0
    return part._replace(start=start, end=end, counted=working, open=working)


def named_time(calendar: Calendar, a: int, b: int) -> list[Part]:
    """The time of ``[a, b)``, each stretch with its reason.  Raises HorizonError outside the supported years."""
    years = _years(calendar)
    years.until(a)
    return years.until(b).within(a, b)


def site_labels(calendar: CompositeCalendar) -> list[str]:
    """What the parts of a composite are called: by their zones, numbered where two have the same."""
    seen: Counter[str] = Counter()
    labels = []
    for part in calendar.parts:
        seen[part.timezone] += 1
        number = seen[part.timezone]
        labels.append(part.timezone if number == 1 else f"{part.timezone} ({number})")
    return labels


def _years(calendar: Calendar) -> Years[Named]:
    """The named years of a calendar, begun when first asked for.  Two threads may begin them; either will do."""
    kept = calendar._kept
    if kept.named is None:

        def compiled(span: Span) -> Named:
            found = _simple(calendar, span) if isinstance(calendar, BusinessCalendar) else _composite(calendar, span)
            return Named(found, merged(map(_part, found)), span.lower, span.upper)

        kept.named = Years(kept.zone, calendar.supported_years, compiled, Named([], [], 0, 0))
    return kept.named  # type: ignore[no-any-return]


def _part(cut: Cut) -> Part:
    working = cut.end - cut.start if cut.kind == OPEN else 0
    return Part(cut.start, cut.end, cut.kind, cut.about, cut.site, working, working, cut.amount)


def merged(parts: Iterable[Part]) -> list[Part]:
    """What goes on for the same reason is one; marks stay."""
    done: list[Part] = []
    for part in parts:
        last = done[-1] if done else None
        if last is not None and last[2:5] == part[2:5] and last.start < last.end == part.start < part.end:
            done[-1] = last._replace(end=part.end, counted=last.counted + part.counted, open=last.open + part.open)
        else:
            done.append(part)
    return done


def _marked(found: list[Cut], marks: Sequence[Cut]) -> list[Cut]:
    """Marks put in; what one falls into is cut in two."""
    ends = sorted({mark.start for mark in marks})
    pieces: list[Cut] = []
    i = 0
    for cut in found:
        start = cut.start
        while i < len(ends) and ends[i] < cut.end:
            if ends[i] > start:
                pieces.append(cut._replace(start=start, end=ends[i]))
                start = ends[i]
            i += 1
        pieces.append(cut._replace(start=start))
    return sorted([*pieces, *marks])


# -- a calendar of its own ---------------------------------------------------------------------------------


def _simple(calendar: BusinessCalendar, span: Span) -> list[Cut]:
    """From the bottom up: what each date is, what its hours would have been, closures, and what is open."""
    kept = calendar._kept
    plan, place = plan_of(calendar), Placer(kept.zone)
    rules = [(ordinal, plan.rule(ordinal)) for ordinal in range(span.first, span.last + 1)]
    found = _dates(rules, place, span)
    found = _painted(found, _unless(plan, rules, place, span))
    found = _painted(found, _closed(calendar, plan, span))
    found = _painted(found, _open(calendar, rules, place, span))
    return _marked(found, sorted(_marks(calendar, place, span)))


def _painted(under: list[Cut], over: Sequence[Cut]) -> list[Cut]:
    """``over`` lies upon ``under``, both in order."""
    if not over:
        return under
    rest: list[Cut] = []
    i = 0
    for cut in under:
        at = cut.start
        while i < len(over) and over[i].end <= at:
            i += 1
        j = i
        while j < len(over) and over[j].start < cut.end:
            if over[j].start > at:
                rest.append(cut._replace(start=at, end=over[j].start))
            at = max(at, over[j].end)
            j += 1
        if at < cut.end:
            rest.append(cut._replace(start=at))
    return sorted([*rest, *over])


def _dates(rules: list[tuple[int, DayRule]], place: Placer, span: Span) -> list[Cut]:
    """What a date is when it is not open: a holiday, a special day, a weekend, or the hours outside the windows."""
    edges = [place(ordinal_wall(ordinal)) for ordinal, _ in rules[1:]]
    return [
        Cut(start, end, *_closed_as(rule))
        for (start, end), (_, rule) in zip(pairwise([*edges, span.upper]), rules[1:], strict=True)
        if start < end  # a zone may skip a date
    ]


def _closed_as(rule: DayRule) -> tuple[str, str]:
    if rule.kind in ("holiday", "special_day"):
        return rule.kind, rule.name
    return ("outside_hours" if rule.windows else "weekend"), ""


def _unless(plan: Plan, rules: list[tuple[int, DayRule]], place: Placer, span: Span) -> list[Cut]:
    """The weekly hours of holidays and special days: also where they would have run on into the next date (CAL-2)."""
    found: list[Cut] = []
    at = span.lower
    for ordinal, rule in rules:
        if rule.kind not in ("holiday", "special_day"):
            continue
        for start, end in placed_windows(ordinal, plan.weekly(ordinal), place):
            cut = Cut(max(start, at), min(end, span.upper), rule.kind, rule.name, planned=True)
            if cut.start < cut.end:
                found.append(cut)
                at = cut.end
    return found


def _closed(calendar: BusinessCalendar, plan: Plan, span: Span) -> list[Cut]:
    """The closures, where it would have been open."""
    found: list[Cut] = []
    if not calendar.closures:
        return found
    left = list(compile_timeline(plan.windows, calendar._kept.zone, (), span))
    for closure in calendar.closures:
        taken = [(to_us(closure.start), to_us(closure.end))]
        named = intervals.intersect(left, taken)
        found += [Cut(start, end, "closure", closure.name, planned=True) for start, end in named]
        left = intervals.subtract(left, taken)  # where closures overlap, the first declared names the time
    return sorted(found)


def _open(calendar: BusinessCalendar, rules: list[tuple[int, DayRule]], place: Placer, span: Span) -> list[Cut]:
    """The open time, with the names of special days and make-up days that own some of it."""
    line = calendar._kept.open.within(span.lower, span.upper)
    named: list[Cut] = []
    for ordinal, rule in rules:
        if rule.kind in ("special_day", "makeup_day"):
            windows = intervals.intersect(line, intervals.normalize(placed_windows(ordinal, rule.windows, place)))
            at = named[-1].end if named else span.lower
            named += [Cut(max(a, at), b, OPEN, rule.name) for a, b in windows if max(a, at) < b]
    return _painted([Cut(start, end, OPEN) for start, end in line], named)


def _marks(calendar: BusinessCalendar, place: Placer, span: Span) -> Iterator[Cut]:
    """Revisions, and changes of the zone's clocks."""
    for revision in calendar.revisions:
        at = place(ordinal_wall(revision.effective.toordinal()))
        if span.lower <= at < span.upper:
            yield Cut(at, at, "revision", revision.effective.isoformat())
    for (_, before), (at, after) in pairwise(transitions(calendar._kept.zone, span.lower - 1, span.upper - 1)):
        yield Cut(at, at, "clock_change", amount=after - before)


# -- composites --------------------------------------------------------------------------------------------


def _composite(calendar: CompositeCalendar, span: Span) -> list[Cut]:
    """The parts laid side by side, and from edge to edge the word of the operation."""
    labels = site_labels(calendar)
    sites = [
        [cut._replace(site=cut.site or label) for cut in _lane(part, span)]
        for part, label in zip(calendar.parts, labels, strict=True)
    ]
    marks = {cut for site in sites for cut in site if cut.start == cut.end}
    lanes = [[cut for cut in site if cut.start < cut.end] for site in sites]
    edges = sorted({span.lower, span.upper, *(cut.start for lane in lanes for cut in lane)})
    at = [0] * len(lanes)
    found = []
    for start, end in pairwise(edges):
        for i, lane in enumerate(lanes):
            while lane[at[i]].end <= start:
                at[i] += 1
        kind, about, site, planned = _word(calendar.op, [lane[i] for lane, i in zip(lanes, at, strict=True)])
        found.append(Cut(start, end, kind, about, site, planned))
    return _marked(found, sorted(marks))


def _lane(part: Calendar, span: Span) -> list[Cut]:
    """The named time of a part; a part's first and last supported year may end some hours from the composite's."""
    first, last = part.supported_years()
    known = year_span(part._kept.zone, first, last)
    lower, upper = max(span.lower, known.lower), min(span.upper, known.upper)
    before = [Cut(span.lower, lower, "outside_hours")] if span.lower < lower else []
    after = [Cut(upper, span.upper, "outside_hours")] if upper < span.upper else []
    years = _years(part)
    years.until(lower)
    return [*before, *_cut_to(years.until(upper).cuts, lower, upper), *after]


def _cut_to(cuts: list[Cut], lower: int, upper: int) -> list[Cut]:
    """What of some cuts lies in ``[lower, upper)``."""
    return [
        cut._replace(start=max(cut.start, lower), end=min(cut.end, upper))
        for cut in cuts
        if (cut.start < upper and cut.end > lower) or lower < cut.start == cut.end < upper
    ]


_Word = tuple[str, str, str, bool]


def _word(op: str, states: list[Cut]) -> _Word:
    open_ = [state for state in states if state.kind == OPEN]
    first = states[0]
    if op == "union":
        return _together(open_) if open_ else _reason(states, len(states), planned_first=True)
    if op == "intersection":
        closed = [state for state in states if state.kind != OPEN]
        return _reason(closed, len(states), planned_first=False) if closed else (OPEN, _abouts(states), "", False)
    if first.kind != OPEN:
        return first.kind, first.about, first.site, first.planned
    taken = [state for state in open_ if state is not first]
    if taken:
        return "closure", "taken out", _sites(taken), True
    return OPEN, first.about, first.site, False


def _together(states: list[Cut]) -> _Word:
    return OPEN, _abouts(states), _sites(states), False


_USUAL = ("outside_hours", "closure", "special_day", "holiday", "weekend")


def _reason(states: list[Cut], sites: int, planned_first: bool) -> _Word:
    """Why none of some sites is open.

    Of a union, one that would be, but for its reason; of an intersection, one that would not be in any case.  After
    that the most usual reason.
    """
    best = min(states, key=lambda state: (state.planned != planned_first, _USUAL.index(state.kind)))
    same = [state for state in states if state[2:4] == best[2:4]]
    return best.kind, best.about, _sites(same) if len(same) < sites else "", best.planned


def _sites(states: list[Cut]) -> str:
    return SITES.join(dict.fromkeys(state.site for state in states))


def _abouts(states: list[Cut]) -> str:
    return SITES.join(dict.fromkeys(state.about for state in states if state.about))
