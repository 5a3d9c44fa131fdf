"""A clock read: from a span to its numbers, in plain integers (CLK-1).

A clock counts on its own timeline R: working time, less pauses, less the spans in which it was stopped.  R is
never built: the pauses are subtracted from what is searched for, and then W is searched once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .intervals import Interval
from .timeline import Line

FOREVER = 1 << 62
"""The end of a pause that has none yet; later than any supported instant."""


class Stretch(NamedTuple):
    """A pause: its instants, and W at both (at ``after`` nothing, for a pause without end)."""

    start: int
    end: int
    before: int
    after: int


@dataclass(slots=True)
class Span:
    """All that a clock's numbers follow from (R-7): instants and working time in microseconds.

    ``base`` is W at the start; ``pauses`` are in order, disjoint, and lie after ``start``; the last may end FOREVER.
    ``carried`` is time used before ``start``.  ``by_due`` judges by the due instant instead of time used; ``named``
    says that ``due0`` is an instant which pauses have already moved (None: it waits for a pause to end).
    ``fresh`` says that ``due0`` was counted from ``start``, and nothing has come between: then it is the due instant.
    """

    line: Line
    start: int
    base: int
    budget: int | None = None
    due0: int | None = None
    carried: int = 0
    pauses: Sequence[Stretch] = ()
    by_due: bool = False
    named: bool = False
    fresh: bool = False


def stretches(line: Line, pauses: Sequence[Interval]) -> list[Stretch]:
    """Pauses with W at their ends, looked up once."""
    return [Stretch(start, end, line.work(start), line.work(end) if end < FOREVER else 0) for start, end in pauses]


def used(span: Span, t: int) -> int:
    """E(t): the time used at an instant."""
    if t <= span.start:
        return span.carried
    now = span.line.work(t)
    total = span.carried + now - span.base
    for start, end, before, after in span.pauses:
        if start >= t:
            break
        total -= (after if end <= t else now) - before
    return total


def first_used(span: Span, amount: int) -> int | None:
    """The first instant with E >= amount, not before the start; None when a pause without end comes first."""
    need = amount - span.carried
    if need <= 0:
        return span.start
    w = span.base + need
    for _, end, before, after in span.pauses:
        if before >= w:
            break
        if end >= FOREVER:
            return None
        w += after - before
    return span.line.first_at(w)


def last_used(span: Span, amount: int) -> int | None:
    """The last instant with E <= amount; None when there is none, or when it waits for a pause to end."""
    need = amount - span.carried
    if need < 0:
        return span.start
    w = span.base + need
    for _, end, before, after in span.pauses:
        if before > w:
            break
        if end >= FOREVER:
            return None
        w += after - before
    return span.line.last_at(w)


def due(span: Span) -> int | None:
    """The due instant shown to people."""
    if span.budget is None:
        return None
    if span.named:
        return span.due0 if span.due0 is None else max(span.due0, span.start)
    if span.fresh:
        return span.due0
    reached = first_used(span, span.budget)
    if reached is None or span.due0 is None:
        return None
    last = max(span.due0, reached)
    if span.pauses and span.pauses[-1].end >= FOREVER and last > span.pauses[-1].start:
        return None  # the pause must end first (CLK-5)
    return last


def breach_at(span: Span) -> int | None:
    """The last instant at which the promise can still be kept."""
    if span.budget is None:
        return None
    if not span.by_due:
        return last_used(span, span.budget)
    last = due(span)
    if _is_late(span):
        return last  # broken at the change that began the span, paused or not (CLK-11)
    for start, end, _, _ in span.pauses:
        # A paused clock never becomes breached (CLK-5).
        if last is not None and start <= last < end:
            return end if end < FOREVER else None
    return last


def breached(span: Span, t: int) -> bool:
    """Whether the promise is broken at an instant: more used than the budget, or, by due, later than due."""
    return is_breached(span, t, used(span, t), breach_at(span) if span.by_due else None)


def is_breached(span: Span, t: int, elapsed: int, last: int | None) -> bool:
    """The same from E(t) and ``breach_at``, where they are at hand."""
    if span.budget is None:
        return False
    if not span.by_due:
        return elapsed > span.budget
    return last is not None and (t > last or (t == last and _is_late(span)))


def _is_late(span: Span) -> bool:
    """Whether more than the budget was used, or a named instant was past, when the span began (CLK-11)."""
    if span.named:
        return span.due0 is not None and span.due0 < span.start
    return span.budget is not None and span.carried > span.budget
