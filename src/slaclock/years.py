"""The compiled years of a calendar: built on demand, shared by threads, bounded (CAL-10, CAL-12).

A calendar asks for the years it needs; they are compiled in one piece and joined to what is there.  Pieces are
never changed, only replaced, so a reader needs no lock.  There are at most the supported years, so there is
nothing to evict.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from threading import Lock
from typing import Any, Generic, Protocol, Self, TypeVar
from zoneinfo import ZoneInfo

from ._instant import SECOND, from_us, ordinal_wall, place, to_wall, utc, wall_ordinal
from .days import DayTable, Span
from .durations import format_duration
from .errors import HorizonError, NoWorkingTimeError
from .intervals import Interval
from .timeline import Timeline

FIRST_YEAR, LAST_YEAR = 1970, 2199


class Piece(Protocol):
    """What a span of years is compiled to."""

    lower: int
    upper: int

    def joined(self, later: Self) -> Self:
        """This piece and the one of the span that follows."""
        ...

    def preceded(self, earlier: Self) -> Self:
        """The earlier piece and this one."""
        ...


P = TypeVar("P", bound=Piece)


def year_span(zone: ZoneInfo, first: int, last: int) -> Span:
    """The instants of some local years, and their dates: one more at the front, whose windows may run on into them."""
    january, december = date(first, 1, 1).toordinal(), date(last, 12, 31).toordinal()
    lower, upper = place(ordinal_wall(january), zone), place(ordinal_wall(december + 1), zone)
    return Span(january - 1, december, lower, upper)


class Years(Generic[P]):
    """Compiled years ``first`` to ``last`` as one ``piece``; empty at the beginning."""

    __slots__ = (
        "_bounds", "_compile", "_lock", "_supported", "arrays", "compiled", "first", "last", "owner", "piece", "zone",
    )  # fmt: skip

    def __init__(
        self,
        zone: ZoneInfo,
        supported: Callable[[], tuple[int, int]],
        compile_: Callable[[Span], P],
        nothing: P,
    ) -> None:
        self.zone, self._supported, self._compile = zone, supported, compile_
        self._bounds: tuple[int, int] | None = None
        self._lock = Lock()
        self.piece = nothing
        self.first = self.last = 0
        self.owner: Any = None  # the calendar, which alone is copied and pickled
        self.arrays: Any = None  # the piece in the form that whole columns are asked of, kept here by the bulk room
        self.compiled = 0  # years compiled so far: work is counted, not timed

    def at(self, t: int) -> P:
        """The piece, with the local year of an instant compiled; raises HorizonError outside the supported years."""
        piece = self.piece
        if piece.lower <= t < piece.upper:
            return piece
        year = from_us(t, self.zone).year
        self.check(year, utc(t))
        self._cover(year, year)
        return self.piece

    def horizon(self) -> tuple[int, int]:
        """The supported years; asked of the calendar once, since it may have to ask a holiday table."""
        if self._bounds is None:
            self._bounds = self._supported()
        return self._bounds

    def until(self, t: int) -> P:
        """The same for the end of a span, which may be the very end of the supported years."""
        piece = self.piece
        if t == piece.upper and self.last:
            return piece
        try:
            return self.at(t)
        except HorizonError:
            if from_us(t - 1, self.zone).year == self.horizon()[1]:
                return self.at(t - 1)
            raise

    def check(self, year: int, value: object) -> None:
        """Raise HorizonError where a local year is not supported."""
        first, last = self.horizon()
        if not first <= year <= last:
            raise HorizonError(
                f"{value} lies outside the supported years {first} to {last}",
                value=value, example=f"an instant in the years {first} to {last}",
            )  # fmt: skip

    def later(self) -> P | None:
        """The piece, with about as many later years again; None when the horizon is reached."""
        last = self.horizon()[1]
        if self.last >= last:
            return None
        self._cover(self.first, min(last, 2 * self.last - self.first + 1))
        return self.piece

    def earlier(self) -> P | None:
        """The piece, with about as many earlier years again; None when the horizon is reached."""
        first = self.horizon()[0]
        if self.first <= first:
            return None
        self._cover(max(first, 2 * self.first - self.last - 1), self.last)
        return self.piece

    def _cover(self, first: int, last: int) -> None:
        with self._lock:
            piece, low, high = self.piece, self.first, self.last
            if not high:
                piece, low, high = self._built(first, last), first, last
            if first < low:
                piece, low = piece.preceded(self._built(first, low - 1)), first
            if last > high:
                piece, high = piece.joined(self._built(high + 1, last)), last
            # The piece first: who sees the new years must find them in it.
            self.piece = piece
            self.first, self.last = low, high

    def _built(self, first: int, last: int) -> P:
        piece = self._compile(year_span(self.zone, first, last))
        self.compiled += last - first + 1
        return piece


class OpenYears(Years[Timeline]):
    """Working time over all supported years: W, its inverses and the edges, compiling as far as a question needs."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return _open_years, (self.owner,)

    def work(self, t: int) -> int:
        """W(t), counted from an instant of the calendar's own."""
        return self.at(t).work(t)

    def elapsed(self, a: int, b: int) -> int:
        """Working time from ``a`` to ``b``."""
        line = self.piece
        if not (line.lower <= a < line.upper and line.lower <= b < line.upper):
            self.until(a)
            line = self.until(b)
        return line.work(b) - line.work(a)

    def first_at(self, w: int) -> int:
        """The least t with W(t) >= w; raises HorizonError when the supported years hold less."""
        line: Timeline | None = self.piece
        while line is not None:
            found = line.first_at(w)
            if found is not None:
                return found
            short = w - line.total
            line = self.later()
        raise HorizonError(
            f"needs {format_duration(short)} of working time more than the years up to {self.last} hold",
            value=format_duration(short),
            example="a shorter working time, or a calendar that opens more",
        )

    def last_at(self, w: int) -> int | None:
        """The greatest t with W(t) <= w; None when nothing opens any more (or before, for an earlier w)."""
        line: Timeline | None = self.piece
        while line is not None:
            found = line.last_at(w)
            if found is not None:
                return found
            line = self.earlier() if w < line.zero else self.later()
        return None

    def add(self, t: int, working: int) -> int:
        """The first instant by which ``working`` has passed since ``t``; for less than 0, the last instant before
        ``t`` from which it has; ``t`` itself for 0.

        Raises NoWorkingTimeError when nothing opens in that direction, HorizonError when not enough does.
        """
        line = self.piece
        if not line.lower <= t < line.upper:
            line = self.at(t)
        w = line.work(t) + working
        if working > 0:
            # The usual case, in the years at hand, takes one look; the rest has time to ask for more years.
            return line.first_at(w) or self._forward(t, w)
        return t if working == 0 else self._back(t, w)

    def reach(self, t: int, base: int, working: int) -> int:
        """``add`` for 0 or more, where W(t) is at hand."""
        return (self.piece.first_at(base + working) or self._forward(t, base + working)) if working else t

    def _forward(self, t: int, w: int) -> int:
        try:
            return self.first_at(w)
        except HorizonError:
            if self.work(t) == self.piece.total:
                raise self.never(t) from None
            raise

    def _back(self, t: int, w: int) -> int:
        found = self.last_at(w)
        if found is not None:
            return found
        if self.work(t) == self.piece.zero:
            raise self.never(t)
        raise HorizonError(
            f"needs more working time than the years from {self.first} hold",
            value=from_us(t, self.zone), example="a shorter working time, or a later start",
        )  # fmt: skip

    def never(self, t: int) -> NoWorkingTimeError:
        """The error for a question that needs an opening and has none."""
        first, last = self.horizon()
        return NoWorkingTimeError(
            f"nothing opens in this direction from {from_us(t, self.zone)} within the years {first} to {last}",
            value=from_us(t, self.zone), example='hours = { mon-fri = ["09:00-17:00"] }',
        )  # fmt: skip

    # -- edges: None where there is none; a cut at the end of the compiled years is no edge ---------------

    def next_open(self, t: int, limit: int | None = None) -> int | None:
        """The first opening strictly after ``t``; the search may stop at ``limit``."""
        line: Timeline | None = self.at(t)
        while line is not None:
            edge = line.next_open(t)
            if edge is not None or (limit is not None and line.upper > limit):
                return edge
            line = self.later()
        return None

    def next_close(self, t: int, limit: int | None = None) -> int | None:
        """The first closing strictly after ``t``; the search may stop at ``limit``."""
        line: Timeline | None = self.at(t)
        while line is not None:
            edge = line.next_close(t)
            if edge is not None and edge < line.upper:
                return edge
            if limit is not None and line.upper > limit:
                return None
            line = self.later()
        return None

    def previous_open(self, t: int) -> int | None:
        """The last opening strictly before ``t``."""
        line: Timeline | None = self.at(t)
        while line is not None:
            edge = line.previous_open(t)
            if edge is not None and edge > line.lower:
                return edge
            line = self.earlier()
        return None

    def previous_close(self, t: int) -> int | None:
        """The last closing strictly before ``t``."""
        line: Timeline | None = self.at(t)
        while line is not None:
            edge = line.previous_close(t)
            if edge is not None:
                return edge
            line = self.earlier()
        return None

    def windows(self, a: int, b: int) -> list[Interval]:
        """The open intervals within ``[a, b)``."""
        self.until(a)
        return self.until(b).clip(a, b)

    def within(self, lower: int, upper: int) -> list[Interval]:
        """The same for another calendar's years, which may begin or end some hours outside the supported ones."""
        first, last = self.horizon()
        span = year_span(self.zone, first, last)
        lower, upper = max(lower, span.lower), min(upper, span.upper)
        if lower >= upper:
            return []
        self.at(lower)
        return self.at(upper - 1).clip(lower, upper)


def _open_years(calendar: Any) -> OpenYears:
    return calendar._kept.open  # type: ignore[no-any-return]


class WorkingDays(Years[DayTable]):
    """The working days of all supported years."""

    __slots__ = ()

    def of(self, ordinal: int) -> DayTable:
        """The table, with the year of a date compiled."""
        # By the date's own year, not by an instant: a date that a zone skipped at a year's end has no instant in it.
        year = date.fromordinal(ordinal).year
        if not self.first <= year <= self.last:
            self.check(year, date.fromordinal(ordinal))
            self._cover(year, year)
        return self.piece

    def anchor(self, t: int) -> tuple[int, int]:
        """``t`` and its day when open, else the next opening and its day."""
        table: DayTable | None = self.at(t)
        while table is not None:
            found = table.anchor(t)
            if found is not None:
                return found
            table = self.later()
        raise self._none(t)

    def nth(self, ordinal: int, n: int) -> int:
        """The n-th working day after a date, or before it for negative n."""
        table: DayTable | None = self.of(ordinal)
        while table is not None:
            found = table.nth(ordinal, n)
            if found is not None:
                return found
            table = self.later() if n > 0 else self.earlier()
        ends = self.piece.nth(ordinal, 1 if n > 0 else -1)
        if ends is None:
            raise self._none(place(ordinal_wall(ordinal), self.zone))
        raise HorizonError(f"{n} working days from {date.fromordinal(ordinal)} leave the supported years",
                           value=n, example="fewer days")  # fmt: skip

    def on_or_after(self, ordinal: int) -> int:
        """The date itself if it is a working day, else the next one."""
        return ordinal if self.of(ordinal).is_working(ordinal) else self.nth(ordinal, 1)

    def count(self, first: int, last: int) -> int:
        """Working days in ``[first, last)``."""
        self.of(first)
        return self.of(max(first, last - 1)).count(first, last)

    # -- due days and due instants -------------------------------------------------------------------------

    def same_time(self, t: int, n: int) -> int:
        """The anchor's wall time on the n-th working day after the anchor's, within that day's hours (CLK-3)."""
        anchor, day = self.anchor(t)
        if n == 0:
            return anchor
        # Counted from day 0's midnight: two in the morning of a night shift is 26:00.
        clock = to_wall(anchor, self.zone) - ordinal_wall(day)
        due = self.nth(day, n)
        opening, closing = self.of(due).hours(due)
        within = min(max(place(ordinal_wall(due) + clock, self.zone), opening), closing)
        # Where windows of two dates overlap, the next day may close before the instant that is the day's before it.
        return max(within, anchor) if n > 0 else within

    def named(self, t: int, n: int, by: int | None, cutoff: int | None = None) -> tuple[int, int]:
        """The instant named on the n-th working day after receipt, and that day (CLK-4).

        ``by`` and ``cutoff`` are seconds since midnight; ``by`` None is the close.
        """
        received = self.local(t)
        if cutoff is not None:
            late = t >= place(ordinal_wall(received) + cutoff * SECOND, self.zone)
            if late or not self.of(received).is_working(received):
                received = self.nth(received, 1)
        if n > 0:
            day = self.nth(received, n)
        else:
            day = self.on_or_after(received)
            if self.instant(day, by) < t:
                day = self.nth(day, 1)
        return self.instant(day, by), day

    def instant(self, day: int, by: int | None) -> int:
        """A named instant on a working day: its last closing, or a wall time."""
        if by is None:
            return self.of(day).hours(day)[1]
        return place(ordinal_wall(day) + by * SECOND, self.zone)

    def local(self, t: int) -> int:
        """The local date of an instant."""
        return wall_ordinal(to_wall(t, self.zone))

    def _none(self, t: int) -> NoWorkingTimeError:
        first, last = self.horizon()
        return NoWorkingTimeError(
            f"no working day in this direction from {from_us(t, self.zone)} within the years {first} to {last}",
            value=from_us(t, self.zone), example='hours = { mon-fri = ["09:00-17:00"] }',
        )  # fmt: skip
