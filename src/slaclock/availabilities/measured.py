"""What was measured, and what is left out: outages, exclusions, samples and rates, checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from operator import index
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import Field

from .._instant import to_us, utc
from ..calendar_parts import InstantField
from ..calendars import Calendar, CalendarField
from ..declarations import Declared, declared, fault
from ..durations import parse_duration
from ..errors import AvailabilityError, ConfigurationError, DurationError, InstantError, Problem
from .formulas import not_a_share, parse_share

_RANGE = "{ start = 2026-05-04T10:00:00Z, end = 2026-05-04T10:12:00Z }"


@declared
class Outage(Declared):
    """A stretch ``[start, end)`` in which the service was unavailable.

    ``start`` and ``end`` are aware datetimes, or ISO 8601 text with an offset; without an ``end`` it still lasts.
    ``name`` tells which it was: the number of an incident.

    Raises ConfigurationError when it ends before it starts.

    >>> from slaclock import Outage
    >>> Outage(start="2026-05-04T10:00:00Z", end="2026-05-04T10:12:00Z", name="INC-7").name
    'INC-7'
    """

    start: InstantField = Field(examples=["2026-05-04T10:00:00Z"])
    end: InstantField | None = Field(default=None, examples=["2026-05-04T10:12:00Z"])
    name: str = ""

    if TYPE_CHECKING:  # what a person may write; the fields above are what it becomes

        def __init__(self, *, start: datetime | str, end: datetime | str | None = None, name: str = "") -> None: ...

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        _check_range(self.start, self.end, "the outage")


@declared
class Exclusion(Declared):
    """Time in which unavailability does not count, with the reason: an instant range, or whatever a calendar opens.

    Either ``start`` and ``end``, or ``during``: a calendar of maintenance windows.  Time that several exclusions cover
    is excluded once.

    Raises ConfigurationError when it ends before it starts, or has both forms, or neither.

    >>> from slaclock import BusinessCalendar, Exclusion
    >>> sundays = BusinessCalendar(timezone="Europe/London", hours={"sun": ["02:00-04:00"]})
    >>> Exclusion(reason="scheduled maintenance", during=sundays).reason
    'scheduled maintenance'
    """

    reason: str = Field(min_length=1, examples=["scheduled maintenance"])
    start: InstantField | None = Field(default=None, examples=["2026-05-04T10:00:00Z"])
    end: InstantField | None = Field(default=None, examples=["2026-05-04T10:12:00Z"])
    during: CalendarField | None = None

    if TYPE_CHECKING:  # what a person may write; the fields above are what it becomes

        def __init__(
            self,
            *,
            reason: str,
            start: datetime | str | None = None,
            end: datetime | str | None = None,
            during: Calendar | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        ends = (self.start is not None) + (self.end is not None)
        if ends != (0 if self.during is not None else 2):
            raise fault("range", "an exclusion has a start and an end, or a calendar during which it holds", _RANGE)
        if self.start is not None:
            _check_range(self.start, self.end, "the exclusion")


def _check_range(start: datetime, end: datetime | None, what: str) -> None:
    if end is not None and end < start:
        raise fault("ends_before_it_starts", f"{what} ends at {end.isoformat()}, before it starts", _RANGE)


@declared
class Given(Declared):
    """Outages and exclusions as they were given, so that what is wrong with them is told with its place."""

    outages: tuple[Outage, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()


def given_of(outages: Iterable[Any], exclusions: Iterable[Any]) -> Given:
    """Outages and exclusions, or what they are made of, checked together."""
    return Given(outages=tuple(outages), exclusions=tuple(exclusions))


# -- samples -----------------------------------------------------------------------------------------------


class Sample(NamedTuple):
    """What was attempted in a stretch that begins at ``start``, and how much of it failed."""

    start: datetime
    attempts: int
    failures: int


class ErrorRate(NamedTuple):
    """The share of the requests that failed in a stretch that begins at ``start``: ``"0.25%"``, or a Fraction."""

    start: datetime
    rate: str | Fraction | Decimal


class Row(NamedTuple):
    """A sample in integers: its beginning, attempts and failures."""

    start: int
    attempts: int
    failures: int


def sample_rows(samples: Iterable[Sample | tuple[datetime, int, int]], every: int, unit: int | None) -> list[Row]:
    """Samples in order of time.  Raises ConfigurationError with all rows that cannot stand.

    ``every`` is their length, ``unit`` the unit of the clock that each must lie in.
    """
    return _rows(samples, every, unit, "samples", Sample._fields, _counted)


def rate_rows(rates: Iterable[ErrorRate | tuple[datetime, Any]], every: int, unit: int | None) -> list[Row]:
    """Rates as samples: of 400 attempts 1 failed, where the rate is a quarter of one per cent."""
    return _rows(rates, every, unit, "rates", ErrorRate._fields, _rated)


class _Wrong(Exception):  # noqa: N818 - it is caught where it is raised
    """A field of a row that cannot stand."""

    def __init__(self, field: str, value: object, code: str, message: str, example: str) -> None:
        self.told = (field, value, code, message, example)

    def at(self, path: str) -> Problem:
        """The problem that it is, of the row at a path."""
        field, value, code, message, example = self.told
        return Problem(path=f"{path}.{field}".rstrip("."), value=value, code=code, message=message, example=example)


def _rows(
    given: Iterable[Any], every: int, unit: int | None, name: str, fields: Sequence[str],
    read: Callable[[Any], tuple[int, int]],
) -> list[Row]:  # fmt: skip
    wrong: dict[int, Problem] = {}
    starts: list[tuple[int, int]] = []
    rows: dict[int, Row] = {}
    for place, one in enumerate(given):
        try:
            if not isinstance(one, tuple) or len(one) != len(fields):
                raise _Wrong("", one, "not_a_row", f"not a row of {', '.join(fields)}", f"({', '.join(fields)})")
            start = _start(one[0])
            starts.append((start, place))
            if unit is not None and start % unit + every > unit:
                raise _Wrong("start", one[0], "crosses_a_unit", crossing(start, unit), whole_sample(start, unit))
            rows[place] = Row(start, *read(one))
        except _Wrong as fault_:
            wrong[place] = fault_.at(f"{name}[{place}]")
    starts.sort()
    for (earlier, _), (later, place) in pairwise(starts):
        if later < earlier + every:
            problem = _Wrong("start", utc(later), "overlap", overlapping(earlier), "each stretch sampled once")
            wrong.setdefault(place, problem.at(f"{name}[{place}]"))
    if wrong:
        raise ConfigurationError(problem for _, problem in sorted(wrong.items()))
    return [rows[place] for _, place in starts]


def overlapping(other: int) -> str:
    """What is said of a sample that begins before another has ended."""
    return f"it overlaps with the sample that begins at {utc(other).isoformat()}"


def _start(value: Any) -> int:
    try:
        return to_us(value)
    except InstantError as error:
        raise _Wrong("start", value, error.code, error.message, error.example) from None


def crossing(start: int, unit: int) -> str:
    """What is said of a sample that lies in two units of the clock."""
    edge = utc(start // unit * unit + unit)
    return f"it begins at {utc(start).isoformat()} and runs over the edge at {edge.isoformat()}"


def whole_sample(start: int, unit: int) -> str:
    """A start that would do."""
    return utc(start // unit * unit).isoformat()


def _counted(one: Sample) -> tuple[int, int]:
    attempts, failures = _whole(one[1], "attempts"), _whole(one[2], "failures")
    for field, count in (("attempts", attempts), ("failures", failures)):
        if count < 0:
            raise _Wrong(field, count, "negative_count", negative(field, count), "0")
    if failures > attempts:
        raise _Wrong("failures", failures, "too_many_failures", too_many(attempts, failures), str(attempts))
    return attempts, failures


def too_many(attempts: int, failures: int) -> str:
    """What is said where more failed than was attempted."""
    return f"{failures} failures of {attempts} attempts"


def _whole(value: Any, field: str) -> int:
    try:
        if isinstance(value, bool):
            raise TypeError
        return index(value)
    except TypeError:
        raise _Wrong(field, value, "not_a_whole_number", f"not a whole number: {value!r}", "120") from None


def negative(field: str, count: int) -> str:
    """What is said of a count below zero."""
    return f"{field} below zero: {count}"


def _rated(one: ErrorRate) -> tuple[int, int]:
    share = parse_share(one[1])
    if share is None:
        raise _Wrong("rate", one[1], "share", not_a_share(one[1]), '"0.25%"')
    return share.denominator, share.numerator


def sample_length(every: str | timedelta) -> int:
    """How long samples are, in microseconds.  Raises AvailabilityError for what is no length."""
    try:
        us = parse_duration(every)
    except DurationError as error:
        raise AvailabilityError(error.message, path="every", value=every, example='"1s"') from None
    if us <= 0:
        raise AvailabilityError(f"samples have a length, which {every!r} is not", path="every", value=every,
                                example='"1s"')  # fmt: skip
    return us
