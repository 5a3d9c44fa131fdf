"""Tables of tickets: which came back, reopened or opened anew for the same thing (R-7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from .._instant import to_us
from ..attainments.groups import Order, keys_of
from ..attainments.results import TicketRate, TicketRateRow
from ..attainments.returns import ENDED, SOLVED, real_time, same_names
from ..attainments.rules import names_of, periods_of
from ..clock import FOREVER
from ..errors import AttainmentError, PolicyError, near
from ..periods import Period
from . import columns
from .frames import Frame, frame_of
from .groups import Values, numbered, split, values_of
from .lines import Bools, Int64s
from .problems import Problems
from .sorting import order_of

_KINDS = ("resolved", "reopened", "closed", "cancelled")
"""The events that end a ticket, or begin it anew, in the order that those of one instant have in ``evaluate``."""


def reopen_rate(
    tickets: Any, *, as_of: datetime,
    by: str | Sequence[str] = (),
    periods: Period | Iterable[Period] | None = None,
    events: Mapping[str, str] | None = None,
    zone: str | ZoneInfo | None = None,
) -> TicketRate:  # fmt: skip
    """Which share of the tickets of a table that were resolved or closed was reopened afterwards.

    As ``slaclock.reopen_rate`` says of evaluations at ``as_of``.  ``tickets`` is a table as for ``evaluate``, and so is
    ``events``: which column holds the instant of which kind of event.  ``by`` names columns, and ``zone`` says where
    naive ones are from.

    >>> import numpy as np
    >>> from datetime import datetime, timezone
    >>> from slaclock import bulk
    >>> at = np.array(["2026-05-22T08:00", "2026-05-22T09:00"], "M8[us]")
    >>> table = {"opened": at, "resolved": at + np.timedelta64(1, "h")}
    >>> table["reopened"] = np.array(["NaT", "2026-05-23T09:00"], "M8[us]")
    >>> as_of = datetime(2026, 6, 1, tzinfo=timezone.utc)
    >>> bulk.reopen_rate(table, as_of=as_of, zone="UTC").value
    Fraction(1, 2)
    """
    frame = frame_of(tickets)
    lives = _lives(frame, to_us(as_of), events, zone)
    return _rate("Reopened", frame, lives.is_solved, lives.solved, lives.reopened, by, periods)


def repeat_rate(
    tickets: Any, *, as_of: datetime, same: str | Sequence[str], within: str | timedelta,
    by: str | Sequence[str] = (),
    periods: Period | Iterable[Period] | None = None,
    events: Mapping[str, str] | None = None,
    zone: str | ZoneInfo | None = None,
) -> TicketRate:  # fmt: skip
    """Which share of the tickets of a table repeats an earlier one: with the same values in the columns ``same``.

    As ``slaclock.repeat_rate`` says of evaluations at ``as_of``; the rest is as for ``reopen_rate``.

    >>> import numpy as np
    >>> from datetime import datetime, timezone
    >>> from slaclock import bulk
    >>> at = np.array(["2026-05-22T08:00", "2026-05-23T08:00"], "M8[us]")
    >>> table = {"opened": at, "resolved": at + np.timedelta64(1, "h"), "customer": np.array(["acme", "acme"])}
    >>> as_of = datetime(2026, 6, 1, tzinfo=timezone.utc)
    >>> bulk.repeat_rate(table, as_of=as_of, same="customer", within="168h", zone="UTC").value
    Fraction(1, 2)
    """
    names, span, frame = same_names(same), real_time(within), frame_of(tickets)
    lives = _lives(frame, to_us(as_of), events, zone)
    keys = [values_of(frame.column(name, "same"), name) for name in names]
    repeats = _repeating(lives, keys, span)
    return _rate("Repeated", frame, lives.is_opened, lives.opened, repeats, by, periods)


@dataclass(slots=True)
class Lives:
    """Of each ticket: when it was opened, first solved, and ended (FOREVER: not), and whether it was reopened."""

    opened: Int64s
    solved: Int64s
    ended: Int64s
    reopened: Bools

    @property
    def is_opened(self) -> Bools:
        """Which are."""
        return self.opened < FOREVER

    @property
    def is_solved(self) -> Bools:
        """Which have been, once."""
        return self.solved < FOREVER


def _lives(frame: Frame, as_of: int, events: Mapping[str, str] | None, zone: str | ZoneInfo | None) -> Lives:
    """The lives of tickets, event by event, as ``returns.Life`` has that of one."""
    problems = Problems(len(frame))
    at = _events(frame, as_of, events, zone, problems)
    problems.raise_if_any()
    opened = at["opened"]
    never = np.full(len(frame), FOREVER, np.int64)
    lives = Lives(opened, never, never, np.zeros(len(frame), np.bool_))
    is_open = lives.is_opened.copy()
    instants = np.stack([at[kind] for kind in _KINDS])
    order = np.argsort(instants, axis=0, kind="stable")
    for each in order:
        now = instants[each, np.arange(len(frame))]
        happens = (now < FOREVER) & (now >= opened)
        ends = happens & is_open & np.isin(each, [_KINDS.index(kind) for kind in ENDED])
        solves = ends & ~lives.is_solved & np.isin(each, [_KINDS.index(kind) for kind in SOLVED])
        begins = happens & ~is_open & (each == _KINDS.index("reopened"))
        lives.reopened |= begins & lives.is_solved
        lives.solved = np.where(solves, now, lives.solved)
        lives.ended = np.where(ends, now, np.where(begins, FOREVER, lives.ended))
        is_open = (is_open | begins) & ~ends
    return lives


def _events(
    frame: Frame, as_of: int, events: Mapping[str, str] | None, zone: str | ZoneInfo | None, problems: Problems
) -> dict[str, Int64s]:
    """The instant of each kind of event, FOREVER where there is none up to ``as_of``."""
    kinds = ("opened", *_KINDS)
    given = {kind: kind for kind in kinds if kind in frame.names} if events is None else dict(events)
    for kind in given:
        if kind not in kinds:
            raise AttainmentError(f"no event that ends a ticket or opens it: {kind!r}{near(kind, kinds)}",
                                  path="events", value=kind, example='{"resolved": "resolved_at"}')  # fmt: skip
    if "opened" not in given:
        raise PolicyError("no column says when tickets were opened", path="events", value=sorted(given),
                          example='events={"opened": "opened_at", "resolved": "resolved_at"}')  # fmt: skip
    found = {kind: np.full(len(frame), FOREVER, np.int64) for kind in kinds}
    for kind, name in given.items():
        column = frame.column(name, f"events.{kind}")
        naive = columns.library(column, name).raw(column).sort == "wall"
        read = columns.instants(column, name, zone if naive else None, problems)
        there = read.us <= as_of if read.null is None else (read.us <= as_of) & ~read.null
        found[kind] = np.where(there, read.us, FOREVER)
    return found


def _repeating(lives: Lives, keys: Sequence[Values], span: int) -> Bools:
    """Which tickets repeat an earlier one."""
    repeats = np.zeros(len(lives.opened), np.bool_)
    rows = np.flatnonzero(lives.is_opened & np.all([key.codes >= 0 for key in keys], axis=0))
    if not len(rows):
        return repeats
    group, count = numbered([key.take(rows) for key in keys], len(rows))
    order = order_of(group, lives.opened[rows], count)
    group, rows = group[order], rows[order]
    opened, ended = lives.opened[rows], lives.ended[rows]
    # The ends so far, within a group: the place of the latest is carried along, and the groups are kept apart.
    rank = np.argsort(np.argsort(ended, kind="stable"), kind="stable")
    latest = np.maximum.accumulate(group * len(rows) + rank) - group * len(rows)
    ends = np.sort(ended)[latest]
    # Of tickets opened at one instant none is earlier: what counts is the last one opened before.
    new = np.append(True, (group[1:] != group[:-1]) | (opened[1:] != opened[:-1]))
    first = np.maximum.accumulate(np.where(new, np.arange(len(rows)), 0))
    has_earlier = (first > 0) & (group[first - 1] == group)
    repeats[rows] = has_earlier & (opened - ends[first - 1] <= span)
    return repeats


# -- rows ----------------------------------------------------------------------------------------------------------


def _rate(
    name: str, frame: Frame, counts: Bools, at: Int64s, found: Bools, by: str | Sequence[str],
    periods: Period | Iterable[Period] | None,
) -> TicketRate:  # fmt: skip
    """A row a group and period, of the tickets that count."""
    names, spans = names_of(by), periods_of(periods)
    if spans is not None:
        counts = counts & np.any([(span.lower <= at) & (at < span.upper) for span in spans], axis=0)
    rows = np.flatnonzero(counts)
    keys = [values_of(frame.column(each, "by"), each).take(rows) for each in names]
    groups = {key: rows[places] for key, places in split(keys, at[rows]).items()}

    def row(keys: Mapping[str, Any], period: Period | None, members: Int64s) -> TicketRateRow:
        if period is not None:
            members = members[(period.lower <= at[members]) & (at[members] < period.upper)]
        return TicketRateRow(keys=keys, period=period, tickets=len(members), found=int(found[members].sum()))

    told = [
        row(keys_of(names, key), period, groups[key])
        for key in Order([]).sorted(names, groups)
        for period in (spans if spans is not None else (None,))
    ]
    return TicketRate(name=name, by=names, rows=tuple(told), whole=row(keys_of((), ()), None, rows))
