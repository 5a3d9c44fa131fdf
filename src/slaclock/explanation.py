"""Why: a span of real time cut into segments, each counted or not, with its reason.

The lengths of the segments add up to the real time between the two ends, what is counted in them to the elapsed
working time: to the microsecond, whatever happened.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal, overload
from zoneinfo import ZoneInfo

from ._instant import MICROSECOND, from_us, ordinal_wall, place, span_us, to_us, to_wall, wall_ordinal
from .account import Account, piece
from .calendars import Calendar
from .durations import format_duration, parse_duration
from .errors import ReadingError, near
from .reading import Evaluation, Reading
from .segments import OPEN, Part, named_time

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
    "counted": "counted",
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
class SegmentSum:
    """All segments of one kind and name together."""

    kind: SegmentKind
    about: str
    site: str
    length: timedelta
    counted: timedelta
    open: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentPeriod:
    """A local day, week (from Monday) or month of an explanation, cut at the explanation's ends, with its sums."""

    start: datetime
    end: datetime
    length: timedelta
    counted: timedelta
    sums: tuple[SegmentSum, ...]


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
    _legs: tuple[tuple[str, Calendar], ...] = field(repr=False)
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
    def sums(self) -> tuple[SegmentSum, ...]:
        """The segments added up by kind, ``about`` and site: the counted first, the rest as they came."""
        total = _Sums()
        for part in self._parts:
            total.add(part)
        return total.made()

    def fold(self, by: Unit) -> tuple[SegmentPeriod, ...]:
        """The segments added up by local day, week (from Monday) or month; nothing is lost of the sums."""
        zone = ZoneInfo(self.calendar.timezone)
        return tuple(_periods(self._parts, self._legs, _next_edge(by, zone)))

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

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from . import render

        return render.html(self)

    def _segments(self, parts: Iterable[Part]) -> Iterator[Segment]:
        zone = ZoneInfo(self.calendar.timezone)
        for part in parts:
            yield Segment(
                start=from_us(part.start, zone), end=from_us(part.end, zone), kind=part.kind,  # type: ignore[arg-type]
                about=part.about, site=part.site, calendar=self._legs[part.leg][0], counted=part.counted * MICROSECOND,
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
    >>> ticket = Ticket(id="T-1", severity="non_critical", opened_at=at).pause(at.replace(day=26, hour=9), "customer")
    >>> policy = contracts.load("messagebird-enterprise")
    >>> result = evaluate(policy, ticket, as_of=at.replace(day=26, hour=12), roles={"service_hours": "UK"})
    >>> for segment in explain(result["resolution"]).segments:
    ...     print(segment.start.strftime("%a %H:%M"), segment.name)
    Fri 17:00 outside hours
    Sat 00:00 weekend
    Mon 00:00 Spring Bank Holiday
    Tue 00:00 outside hours
    Tue 08:30 counted
    Tue 10:00 paused: customer
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

    >>> from datetime import datetime
    >>> from zoneinfo import ZoneInfo
    >>> from slaclock import BusinessCalendar, explain_due
    >>> uk = BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["08:30-16:30"]}, holidays=["GB-ENG"])
    >>> why = explain_due(uk, datetime(2026, 5, 22, 15, 0, tzinfo=ZoneInfo("Europe/London")), "4h")
    >>> [segment.name for segment in why.segments]
    ['counted', 'outside hours', 'weekend', 'Spring Bank Holiday', 'outside hours', 'counted']
    """
    a, amount = to_us(start), parse_duration(within)
    due = calendar._kept.open.add(a, amount)
    return _asked(calendar, "due", a, due, amount)


def explain_elapsed(calendar: Calendar, start: datetime, end: datetime) -> Explanation:
    """Why ``calendar.elapsed(start, end)`` is what it is; backwards, from ``end`` to ``start``.

    Raises what ``elapsed`` raises.

    >>> from datetime import datetime
    >>> from zoneinfo import ZoneInfo
    >>> from slaclock import BusinessCalendar, explain_elapsed
    >>> et = BusinessCalendar(timezone="America/New_York", hours={"mon-fri": ["09:00-17:00"]}, holidays=["US"])
    >>> friday = datetime(2026, 3, 6, 16, 0, tzinfo=ZoneInfo("America/New_York"))
    >>> why = explain_elapsed(et, friday, friday.replace(day=9, hour=10))
    >>> [(segment.name, str(segment.counted)) for segment in why.segments if segment.counted or not segment.length]
    [('counted', '1:00:00'), ('clocks went forward 1 h', '0:00:00'), ('counted', '1:00:00')]
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
        _legs=(("", calendar),),
        _parts=tuple(named_time(calendar, low, high)),
        _ahead=(),
    )


def _explained(reading: Reading) -> Explanation:
    zone = reading.fold.calendar._kept.zone
    account = Account(reading)
    return Explanation(
        question="reading",
        start=from_us(account.begin, zone),
        end=from_us(account.end, zone),
        wall=(account.end - account.begin) * MICROSECOND,
        elapsed=reading.elapsed,
        due=reading.due,
        calendar=reading.fold.calendar,
        reading=reading,
        _legs=account.legs,
        _parts=tuple(account.behind()),
        _ahead=tuple(account.ahead()),
    )


# -- sums --------------------------------------------------------------------------------------------------


class _Sums:
    """Parts added up by kind, what they are about, and site."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: dict[tuple[str, str, str], list[int]] = {}

    def add(self, part: Part) -> None:
        """Count a part in."""
        start, end, kind, about, site, counted, open_, _, _ = part
        found = self.found.get((kind, about, site))
        if found is None:
            found = self.found[kind, about, site] = [0, 0, 0]
        found[0] += end - start
        found[1] += counted
        found[2] += open_

    def made(self) -> tuple[SegmentSum, ...]:
        """The sums, the counted first."""
        ordered = sorted(self.found.items(), key=lambda item: item[0][0] != OPEN)
        return tuple(
            SegmentSum(kind=kind, about=about, site=site, length=length * MICROSECOND,  # type: ignore[arg-type]
                counted=counted * MICROSECOND, open=open_ * MICROSECOND)
            for (kind, about, site), (length, counted, open_) in ordered
        )  # fmt: skip


def _periods(
    parts: Sequence[Part], legs: Sequence[tuple[str, Calendar]], next_edge: Callable[[int], int]
) -> Iterator[SegmentPeriod]:
    if not parts:
        return
    zone = legs[-1][1]._kept.zone
    start, edge, sums = parts[0].start, next_edge(parts[0].start), _Sums()
    for part in parts:
        at, end = part[:2]
        while end > edge or at >= edge:
            if at < edge:
                sums.add(piece(part, legs, at, edge))
                at = edge
            yield _period(start, edge, sums, zone)
            start, edge, sums = edge, next_edge(edge), _Sums()
        sums.add(part if at == part[0] else piece(part, legs, at, end))
    yield _period(start, parts[-1].end, sums, zone)


def _period(start: int, end: int, sums: _Sums, zone: ZoneInfo) -> SegmentPeriod:
    counted = sum(found[1] for found in sums.found.values())
    return SegmentPeriod(
        start=from_us(start, zone), end=from_us(end, zone),
        length=(end - start) * MICROSECOND, counted=counted * MICROSECOND, sums=sums.made(),
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


def _plain(told: Segment | SegmentSum | SegmentPeriod) -> dict[str, Any]:
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
