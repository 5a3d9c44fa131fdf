"""Why: a span of real time cut into segments, each counted or not, with its reason.

The lengths of the segments add up to the real time between the two ends, what is counted in them to the elapsed
working time: to the microsecond, whatever happened.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Literal, NamedTuple, overload
from zoneinfo import ZoneInfo

from ._instant import MICROSECOND, from_us, ordinal_wall, place, span_us, to_us, to_wall, wall_ordinal
from .calendars import BusinessCalendar, Calendar
from .durations import format_duration, parse_duration
from .errors import ReadingError, near
from .intervals import clip, subtract
from .reading import Evaluation, Reading
from .segments import OPEN, SITES, cuts, site_labels

SegmentKind = Literal[
    "counted",
    "outside_hours",
    "weekend",
    "holiday",
    "special_day",
    "closure",
    "paused",
    "stopped",
    "before_start",
    "revision",
    "clock_change",
    "change",
]
Unit = Literal["day", "week", "month"]

_WORDS: Mapping[str, str] = {
    "outside_hours": "outside hours",
    "weekend": "weekend",
    "paused": "paused",
    "stopped": "stopped",
    "before_start": "before the start",
    "revision": "hours revised",
    "change": "changed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of real time, and why it counts or not.

    ``kind`` is ``counted``; ``outside_hours``, ``weekend`` (a date without weekly hours), ``holiday``, ``special_day``,
    ``closure``: the calendar is closed; ``paused``, ``stopped`` (resolved, before it was reopened), ``before_start``;
    or a mark, which has no length: ``revision`` (other weekly hours from here on), ``clock_change``, ``change`` (of
    severity or objective).

    ``about`` is what the kind alone does not say: the holiday's, special day's or closure's name, the reasons of a
    pause, ``"P2 -> P1"``.  ``site`` is the part of a composite calendar whose hours count (or are over), ``calendar``
    the name of the calendar in the policy.  ``counted`` is working time; a change that carries less than was used takes
    the difference back, as a negative amount.  ``open`` is the calendar's working time in the segment, counted or not:
    in a pause, what the pause took out.  ``amount`` is by how much the clocks were changed.
    """

    start: datetime
    end: datetime
    kind: SegmentKind
    about: str
    site: str
    calendar: str
    counted: timedelta
    open: timedelta
    amount: timedelta

    @property
    def length(self) -> timedelta:
        """Real time from ``start`` to ``end``."""
        return (to_us(self.end) - to_us(self.start)) * MICROSECOND

    @property
    def name(self) -> str:
        """The reason in English: ``"Spring Bank Holiday"``, ``"paused: customer"``, ``"clocks went forward 1 h"``."""
        if self.kind == "clock_change":
            way = "forward" if self.amount > timedelta(0) else "back"
            return f"clocks went {way} {_spaced(abs(self.amount))}"
        words = _WORDS.get(self.kind, "")
        return ": ".join(filter(None, (words, self.about)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """All segments of one kind and name together."""

    kind: SegmentKind
    about: str
    site: str
    length: timedelta
    counted: timedelta
    open: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A local day, week (from Monday) or month of an explanation, cut at the explanation's ends, with its sums."""

    start: datetime
    end: datetime
    length: timedelta
    counted: timedelta
    sums: tuple[Sum, ...]


class Part(NamedTuple):
    """A segment in plain integers; ``of`` is the calendar on which the clock counted there."""

    start: int
    end: int
    kind: str
    about: str
    site: str
    calendar: str
    counted: int
    open: int
    amount: int
    of: Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A span of real time explained: ``segments`` in order, without gaps.

    ``wall`` is the sum of the segments' lengths; what is counted in them adds up to ``elapsed`` (to its negative, where
    a calendar was asked backwards).  A reading's explanation begins at the event that began the cycle, which may lie
    before the clock's start.  ``ahead`` are the segments from ``end`` to ``due`` of a clock that still runs, as if
    nothing more happened.  Instants are in the calendar's zone.  ``reading`` is None where a calendar was asked alone.
    """

    question: Literal["reading", "due", "elapsed"]
    start: datetime
    end: datetime
    wall: timedelta
    elapsed: timedelta
    due: datetime | None
    calendar: Calendar = field(repr=False)
    reading: Reading | None = field(repr=False)
    _parts: tuple[Part, ...] = field(repr=False)
    _ahead: tuple[Part, ...] = field(repr=False)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments from ``start`` to ``end``, made anew each time they are asked for."""
        return tuple(self._segments(self._parts))

    @property
    def ahead(self) -> tuple[Segment, ...]:
        """The segments from ``end`` to ``due`` of a clock that still runs, as if nothing more happened."""
        return tuple(self._segments(self._ahead))

    @property
    def sums(self) -> tuple[Sum, ...]:
        """The segments added up by kind, ``about`` and site: the counted first, the rest as they came."""
        total = _Sums()
        for part in self._parts:
            total.add(part)
        return total.made()

    def fold(self, by: Unit) -> tuple[Period, ...]:
        """The segments added up by local day, week (from Monday) or month; nothing is lost of the sums."""
        zone = ZoneInfo(self.calendar.timezone)
        return tuple(_periods(self._parts, zone, _next_edge(by, zone)))

    def to_dict(self, by: Unit | Literal["segment"] | None = None) -> dict[str, Any]:
        """Plain data (what JSON can say): the sums, and the segments or periods asked for.

        Instants are ISO 8601 with an offset, amounts as ``format_duration`` writes them: exact.
        """
        told = {
            "question": self.question,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "wall": _exact(self.wall),
            "elapsed": _exact(self.elapsed),
            "sums": [_plain(each) for each in self.sums],
        }
        if by == "segment":
            told["segments"] = [_plain(each) for each in self.segments]
        elif by is not None:
            told["periods"] = [{**_plain(each), "sums": [_plain(one) for one in each.sums]} for each in self.fold(by)]
        return told

    def _segments(self, parts: Iterable[Part]) -> Iterator[Segment]:
        zone = ZoneInfo(self.calendar.timezone)
        for part in parts:
            yield Segment(
                start=from_us(part.start, zone), end=from_us(part.end, zone), kind=part.kind,  # type: ignore[arg-type]
                about=part.about, site=part.site, calendar=part.calendar, counted=part.counted * MICROSECOND,
                open=part.open * MICROSECOND, amount=part.amount * MICROSECOND,
            )  # fmt: skip


# -- the questions -----------------------------------------------------------------------------------------


@overload
def explain(result: Reading) -> Explanation: ...
@overload
def explain(result: Evaluation) -> tuple[Explanation, ...]: ...
def explain(result: Reading | Evaluation) -> Explanation | tuple[Explanation, ...]:
    """Why a reading says what it says: each stretch of time since its cycle began, counted or not, with its reason.

    Of an evaluation, the explanations of all its readings, in their order.  Raises ReadingError for anything else.

    >>> from datetime import datetime, timezone
    >>> from slaclock import Ticket, contracts, evaluate, explain
    >>> at = datetime(2026, 5, 22, 16, 0, tzinfo=timezone.utc)
    >>> ticket = Ticket(id="T-1", severity="critical", opened_at=at).respond(at.replace(day=26, hour=9))
    >>> policy = contracts.load("messagebird-enterprise")
    >>> result = evaluate(policy, ticket, as_of=at.replace(day=27), roles={"service_hours": "UK"})
    >>> for segment in explain(result["first_response"]).segments:
    ...     print(segment.start.strftime("%a %H:%M"), segment.name)
    """
    if isinstance(result, Evaluation):
        return tuple(_explained(reading) for reading in result)
    if not isinstance(result, Reading):
        raise ReadingError(f"neither a Reading nor an Evaluation: {result!r}", value=result,
                           example='explain(result["first_response"])')  # fmt: skip
    return _explained(result)


def explain_due(calendar: Calendar, start: datetime, within: str | timedelta) -> Explanation:
    """Why ``calendar.due(start, within)`` is what it is; backwards, from the answer to ``start``.

    Raises what ``due`` raises.
    """
    a, amount = to_us(start), parse_duration(within)
    due = calendar._kept.open.add(a, amount)
    return _asked(calendar, "due", a, due, amount)


def explain_elapsed(calendar: Calendar, start: datetime, end: datetime) -> Explanation:
    """Why ``calendar.elapsed(start, end)`` is what it is; backwards, from ``end`` to ``start``.

    Raises what ``elapsed`` raises.
    """
    a, b = to_us(start), to_us(end)
    return _asked(calendar, "elapsed", a, b, calendar._kept.open.elapsed(a, b))


def _asked(calendar: Calendar, question: Literal["due", "elapsed"], a: int, b: int, elapsed: int) -> Explanation:
    zone = calendar._kept.zone
    low, high = min(a, b), max(a, b)
    return Explanation(
        question=question,
        start=from_us(low, zone),
        end=from_us(high, zone),
        wall=(high - low) * MICROSECOND,
        elapsed=elapsed * MICROSECOND,
        due=from_us(b, zone) if question == "due" else None,
        calendar=calendar,
        reading=None,
        _parts=tuple(_merged(_open_parts(calendar, "", {}, low, high))),
        _ahead=(),
    )


def _explained(reading: Reading) -> Explanation:
    zone = reading.fold.calendar._kept.zone
    account = _Account(reading)
    return Explanation(
        question="reading",
        start=from_us(account.begin, zone),
        end=from_us(account.end, zone),
        wall=(account.end - account.begin) * MICROSECOND,
        elapsed=reading.elapsed,
        due=reading.due,
        calendar=reading.fold.calendar,
        reading=reading,
        _parts=tuple(account.behind()),
        _ahead=tuple(account.ahead()),
    )


# -- a clock's time ----------------------------------------------------------------------------------------


class _Account:
    """Where the time of one clock went, from the event that began its cycle to its stop or the reading's instant."""

    __slots__ = ("_fold", "_policy", "_reading", "_sites", "begin", "end")

    def __init__(self, reading: Reading) -> None:
        self._reading, self._fold = reading, reading.fold
        self._policy = reading.fold.history.policy
        self._sites: dict[int, Mapping[str, str]] = {}
        self.begin = self._fold.cycle.start
        self.end = to_us(reading.as_of) if self._fold.stop is None else self._fold.stop

    def behind(self) -> list[Part]:
        """The parts up to the end."""
        parts = self._waiting(self.begin, self.end)
        marks = self._changes()
        legs, total = self._fold.legs, 0
        for at_leg, (calendar, start, objective, carried) in enumerate(legs):
            if at_leg:
                said = marks.pop(start, "") or f"{legs[at_leg - 1][2].key} -> {objective.key}"
                parts.append(self._mark(start, said, carried - total, calendar, at_leg))
            until = legs[at_leg + 1][1] if at_leg + 1 < len(legs) else self.end
            leg = self._leg(at_leg, start, min(until, self.end))
            total = carried + sum(part.counted for part in leg)
            parts += leg
        for at, said in marks.items():
            _insert(parts, self._mark(at, said, 0, self._fold.calendar, len(legs) - 1))
        return parts

    def ahead(self) -> list[Part]:
        """The parts from the end to the due instant of a clock that runs, or will."""
        reading, last = self._reading, len(self._fold.legs) - 1
        if reading.due is None or reading.state not in ("pending", "running"):
            return []
        due = to_us(reading.due)
        if due <= self.end:
            return []
        return [*self._waiting(self.end, due), *self._leg(last, max(self.end, self._fold.started), due)]

    def _waiting(self, start: int, end: int) -> list[Part]:
        """The time before the clock starts: it waits for an opening, or began anew at a change."""
        fold = self._fold
        rule = fold.objective.start
        stages = ((fold.began, ""), (fold.started, "" if rule is None else rule.next_opening))
        parts = []
        for until, about in stages:
            if start < min(until, end):
                parts.append(self._part(start, min(until, end), "before_start", about, 0))
                start = min(until, end)
        return parts

    def _changes(self) -> dict[int, str]:
        """What changed while the cycle ran: severities by instant."""
        cycle, changes = self._fold.cycle, self._fold.history.changes
        said = {}
        for before, change in pairwise(changes):
            ran = change.place > cycle.first and (cycle.stop is None or change.place < cycle.last)
            if ran and change.severity != before.severity:
                said[change.at] = f"{before.severity} -> {change.severity}"
        return said

    def _leg(self, at_leg: int, start: int, end: int) -> list[Part]:
        """The parts of a leg: its calendar's time, less the pauses and the stretches in which the clock was stopped."""
        if start >= end:
            return []
        calendar = self._fold.legs[at_leg][0]
        blocks = sorted([*self._pauses(at_leg, start, end), *self._halts(at_leg, start, end)])
        parts: list[Part] = []
        for a, b in subtract([(start, end)], [block[:2] for block in blocks]):
            parts += _open_parts(calendar, self._calendar_name(at_leg), self._site_names(calendar), a, b)
        return sorted([*_merged(parts), *blocks], key=lambda part: part[:2])

    def _pauses(self, at_leg: int, start: int, end: int) -> Iterator[Part]:
        """The pauses, cut where the reasons change."""
        history, metric = self._fold.history, self._fold.cycle.metric
        for a, b in clip(self._fold.pauses, start, end):
            edges = [a, *(at for at, _ in history.reasons if a < at < b), b]
            for low, high in pairwise(edges):
                if low < high:
                    reasons = ", ".join(history.stopped_by(metric, low))
                    yield self._part(low, high, "paused", reasons, at_leg)

    def _halts(self, at_leg: int, start: int, end: int) -> Iterator[Part]:
        """The stretches in which the clock was stopped, before it ran on."""
        halts = clip(sorted((halt.start, halt.end) for halt in self._fold.cycle.halts), start, end)
        for a, b in subtract(halts, self._fold.pauses):
            yield self._part(a, b, "stopped", "", at_leg)

    def _part(self, start: int, end: int, kind: str, about: str, at_leg: int) -> Part:
        calendar = self._fold.legs[at_leg][0]
        open_ = 0 if kind == "before_start" else calendar._kept.open.elapsed(start, end)
        return Part(start, end, kind, about, "", self._calendar_name(at_leg), 0, open_, 0, calendar)

    def _mark(self, at: int, about: str, counted: int, calendar: Calendar, at_leg: int) -> Part:
        return Part(at, at, "change", about, "", self._calendar_name(at_leg), counted, 0, 0, calendar)

    def _calendar_name(self, at_leg: int) -> str:
        return self._fold.legs[at_leg][2].calendar or self._policy.calendar

    def _site_names(self, calendar: Calendar) -> Mapping[str, str]:
        if id(calendar) not in self._sites:
            self._sites[id(calendar)] = _site_names(calendar, self._policy.calendars)
        return self._sites[id(calendar)]


def _site_names(calendar: Calendar, named: Mapping[str, Calendar]) -> dict[str, str]:
    """The names that a policy gives to the sites of a composite, by their labels."""
    if isinstance(calendar, BusinessCalendar):
        return {}
    names: dict[str, str] = {}
    for label, part in zip(site_labels(calendar), calendar.parts, strict=True):
        own = next((name for name, each in named.items() if each == part), None)
        names |= _site_names(part, named) if own is None else {}
        if own is not None:
            names[label] = own
    return names


def _open_parts(calendar: Calendar, name: str, sites: Mapping[str, str], start: int, end: int) -> Iterator[Part]:
    """A calendar's named time as parts."""
    for a, b, kind, about, site, _, amount in cuts(calendar, start, end):
        counted = b - a if kind == OPEN else 0
        shown = SITES.join(sites.get(each, each) for each in site.split(SITES)) if sites else site
        yield Part(a, b, kind, about, shown, name, counted, counted, amount, calendar)


def _merged(parts: Iterable[Part]) -> list[Part]:
    """What goes on for the same reason is one; marks stay."""
    merged: list[Part] = []
    for part in parts:
        last = merged[-1] if merged else None
        if last is not None and last.start < last.end == part.start < part.end and last[2:6] == part[2:6]:
            merged[-1] = last._replace(end=part.end, counted=last.counted + part.counted, open=last.open + part.open)
        else:
            merged.append(part)
    return merged


def _insert(parts: list[Part], mark: Part) -> None:
    """Put a mark in its i; a part that it falls into is cut in two."""
    for i, part in enumerate(parts):
        if part.start >= mark.start:
            parts.insert(i, mark)
            return
        if part.start < mark.start < part.end:
            parts[i : i + 1] = [_cut(part, part.start, mark.start), mark, _cut(part, mark.start, part.end)]
            return
    parts.append(mark)


def _cut(part: Part, start: int, end: int) -> Part:
    """The piece of a part between two instants, with its share of working time."""
    if part.kind == OPEN:
        return part._replace(start=start, end=end, counted=end - start, open=end - start)
    open_ = part.of._kept.open.elapsed(start, end) if part.open else 0
    return part._replace(start=start, end=end, open=open_)


# -- sums --------------------------------------------------------------------------------------------------


class _Sums:
    """Parts added up by kind, what they are about, and site."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], list[int]] = {}

    def add(self, part: Part) -> None:
        """Count a part in."""
        key = part[2:5]
        found = self._found.get(key)
        if found is None:
            self._found[key] = [part.end - part.start, part.counted, part.open]
        else:
            found[0] += part.end - part.start
            found[1] += part.counted
            found[2] += part.open

    def totals(self) -> tuple[int, int]:
        """Real time and what is counted of it."""
        return sum(found[0] for found in self._found.values()), sum(found[1] for found in self._found.values())

    def made(self) -> tuple[Sum, ...]:
        """The sums, the counted first."""
        ordered = sorted(self._found.items(), key=lambda item: item[0][0] != OPEN)
        return tuple(
            Sum(kind=kind, about=about, site=site, length=length * MICROSECOND,  # type: ignore[arg-type]
                counted=counted * MICROSECOND, open=open_ * MICROSECOND)
            for (kind, about, site), (length, counted, open_) in ordered
        )  # fmt: skip


def _periods(parts: Sequence[Part], zone: ZoneInfo, next_edge: Callable[[int], int]) -> Iterator[Period]:
    if not parts:
        return
    start, edge, sums = parts[0].start, next_edge(parts[0].start), _Sums()
    for part in parts:
        rest = part
        while rest.end > edge or rest.start >= edge:
            if rest.start < edge:
                sums.add(_cut(rest, rest.start, edge))
                rest = _cut(rest, edge, rest.end)
            yield _period(start, edge, sums, zone)
            start, edge, sums = edge, next_edge(edge), _Sums()
        sums.add(rest)
    yield _period(start, parts[-1].end, sums, zone)


def _period(start: int, end: int, sums: _Sums, zone: ZoneInfo) -> Period:
    length, counted = sums.totals()
    return Period(
        start=from_us(start, zone), end=from_us(end, zone),
        length=length * MICROSECOND, counted=counted * MICROSECOND, sums=sums.made(),
    )  # fmt: skip


def _next_edge(by: Unit, zone: ZoneInfo) -> Callable[[int], int]:
    """From an instant to the beginning of the next local day, week or month."""
    if by not in _NEXT_DATE:
        raise ReadingError(
            f"an explanation is not folded by {by!r}{near(str(by), _NEXT_DATE)}", value=by, example='"week"'
        )
    following = _NEXT_DATE[by]

    def edge(t: int) -> int:
        ordinal = following(wall_ordinal(to_wall(t, zone)))
        # A date that the zone skipped begins and ends at once.
        while (found := place(ordinal_wall(ordinal), zone)) <= t:
            ordinal = following(ordinal)
        return found

    return edge


def _next_month(ordinal: int) -> int:
    first = date.fromordinal(ordinal).replace(day=1)
    return (first + timedelta(days=31)).replace(day=1).toordinal()


_NEXT_DATE: Mapping[str, Callable[[int], int]] = {
    "day": lambda ordinal: ordinal + 1,
    "week": lambda ordinal: ordinal + 7 - (ordinal - 1) % 7,
    "month": _next_month,
}


# -- words -------------------------------------------------------------------------------------------------


def _spaced(amount: timedelta) -> str:
    """``"1 h 30 min"``."""
    text = re.sub(r"([a-z])", r" \1 ", _exact(amount)).strip()
    return text.replace("m", "min")


def _exact(amount: timedelta) -> str:
    return format_duration(span_us(amount))


def _plain(told: Segment | Sum | Period) -> dict[str, Any]:
    """A result as plain data; what says nothing is left out."""
    plain: dict[str, Any] = {}
    for name in told.__slots__:
        value = getattr(told, name)
        if isinstance(value, datetime):
            plain[name] = value.isoformat()
        elif isinstance(value, timedelta):
            plain[name] = _exact(value)
        elif isinstance(value, str) and value:
            plain[name] = value
    return plain
