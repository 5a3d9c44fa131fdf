"""BusinessCalendar: when work counts, as a declaration; and CompositeCalendar, the algebra of calendars.

Both are immutable values.  What they compile is kept beside the value and is no part of it (CAL-12).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    Tag,
)

from . import intervals
from ._instant import DAY, to_us
from .calendar_parts import (
    Closure,
    Revision,
    SpecialDay,
    SpecialDayField,
    ZoneField,
    in_order,
    makeup_keys,
    special_keys,
    year_range,
)
from .closures import HolidayDates, HolidayField, HolidayRule, TableHolidays
from .days import DayTable, Span, compile_days, compile_timeline
from .declarations import Declared, FrozenMap, declared, fault
from .errors import CalendarError, CompositeDayError
from .hours import HoursField, Window, WindowsField
from .plan import DayRule, Period, Plan
from .questions import Compiled, Questions
from .timeline import Timeline
from .years import FIRST_YEAR, LAST_YEAR, OpenYears, WorkingDays


class Algebra(Questions):
    """Calendars combine by operators to composites (CAL-9)."""

    __slots__ = ()

    def __or__(self, other: Algebra) -> CompositeCalendar:
        """Open when either is: follow the sun."""
        return _combined("union", self, other)

    def __and__(self, other: Algebra) -> CompositeCalendar:
        """Open when both are."""
        return _combined("intersection", self, other)

    def __sub__(self, other: Algebra) -> CompositeCalendar:
        """Open when the first is and the other is not."""
        return _combined("difference", self, other)


# -- the calendar ------------------------------------------------------------------------------------------


@declared
class BusinessCalendar(Algebra, Declared):
    """When work counts: zone, weekly hours, holidays, special days, closures, revisions.

    ``hours``: windows of a day by weekday (``mon``, ``mon-fri``, ``weekend``, ``daily``), ``"09:00-17:00"``; a
    window may run past midnight and then belongs to the date on which it starts.  ``holidays``: ``"GB-ENG"``,
    ``"market:XFED"``, dates, ranges ``"2026-12-27..2026-12-31"``, or tables for the rest.  ``special_days`` replace
    a date's hours; ``makeup_hours`` are those of make-up working days (Monday's unless given); ``closures`` remove
    instants; ``revisions`` change weekly hours and holidays from a date on.

    Raises ConfigurationError, with all problems, for what cannot stand.

    >>> from slaclock import BusinessCalendar
    >>> desk = BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["09:00-12:30", "13:30-17:00"]})
    >>> desk == BusinessCalendar.from_toml(desk.to_toml())
    True
    """

    timezone: ZoneField
    hours: HoursField = Field(examples=['{ mon-fri = ["09:00-17:00"] }'])
    holidays: tuple[HolidayField, ...] = ()
    special_days: Annotated[dict[str, SpecialDayField], AfterValidator(special_keys)] = Field(
        default_factory=FrozenMap, examples=['{ "2026-12-24" = ["09:00-13:00"] }']
    )
    makeup_hours: WindowsField | None = None
    makeup_days: Annotated[dict[str, str], AfterValidator(makeup_keys)] = Field(default_factory=FrozenMap)
    closures: tuple[Closure, ...] = ()
    revisions: Annotated[tuple[Revision, ...], AfterValidator(in_order)] = ()
    years: Annotated[tuple[int, int] | None, AfterValidator(year_range)] = Field(
        default=None, examples=["[2024, 2030]"]
    )
    provisional_years: tuple[int, ...] = ()

    if TYPE_CHECKING:  # what a person may write; the fields above are what it becomes

        def __init__(
            self,
            *,
            timezone: str | ZoneInfo,
            hours: Mapping[str, Sequence[str | Window]],
            holidays: Sequence[str | date | Mapping[str, Any] | HolidayRule] = (),
            special_days: Mapping[str, Sequence[str | Window] | Mapping[str, Any] | SpecialDay] = ...,
            makeup_hours: Sequence[str | Window] | None = None,
            makeup_days: Mapping[str, str] = ...,
            closures: Sequence[Closure | Mapping[str, Any]] = (),
            revisions: Sequence[Revision | Mapping[str, Any]] = (),
            years: Sequence[int] | None = None,
            provisional_years: Sequence[int] = (),
        ) -> None: ...

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        zone = ZoneInfo(self.timezone)
        plan = Plan(
            self._periods(),
            {key: (day.name, day.hours) for key, day in self.special_days.items()},
            self.makeup_days,
            self.makeup_hours,
        )
        closed = intervals.normalize((to_us(closure.start), to_us(closure.end)) for closure in self.closures)

        def open_time(span: Span) -> Timeline:
            return compile_timeline(plan.windows, zone, closed, span)

        def day_table(span: Span) -> DayTable:
            return compile_days(plan.windows, zone, closed, span)

        kept = _SimpleCompiled(
            zone,
            OpenYears(zone, self.supported_years, open_time, Timeline((), 0, 0)),
            WorkingDays(zone, self.supported_years, day_table, DayTable((), 0, 0, 0)),
        )
        kept.open.owner = self
        kept.plan, kept.provisional = plan, frozenset(self.provisional_years)
        object.__setattr__(self, "_kept", kept)

    def _periods(self) -> list[Period]:
        periods = [Period(0, self.hours, self.holidays)]
        for revision in self.revisions:
            holidays = periods[-1].holidays if revision.holidays is None else revision.holidays
            periods.append(Period(revision.effective.toordinal(), revision.hours, holidays))
        return periods

    def supported_years(self) -> tuple[int, int]:
        """The first and the last local year that the calendar answers for (CAL-10)."""
        ranges = [(FIRST_YEAR, LAST_YEAR), *(rule.years() for rule in self._rules())]
        if self.years is not None:
            ranges.append(self.years)
        return max(first for first, _ in ranges), min(last for _, last in ranges)

    def _rules(self) -> list[HolidayRule]:
        return [rule for period in self._periods() for rule in period.holidays]

    def day_rule(self, day: date) -> DayRule:
        """The rule that holds on a local date (special day, make-up day, holiday, weekly), its name and windows."""
        return plan_of(self).rule(day.toordinal())

    def is_provisional(self, first_year: int, last_year: int) -> bool:
        """Whether some source has not published one of these years yet, or only estimates it (CAL-5)."""
        kept: _SimpleCompiled = self._kept  # type: ignore[assignment]
        for year in range(first_year, last_year + 1):
            known = kept.provisional_of.get(year)
            if known is None:
                known = kept.provisional_of[year] = year in kept.provisional or kept.plan.is_provisional(year)
            if known:
                return True
        return False

    def materialize(self, first_year: int, last_year: int) -> BusinessCalendar:
        """The same calendar for some years with every source turned into explicit named dates (CAL-11).

        Answers in those years then do not change when a holiday table does.  Raises HorizonError where a source
        does not cover the years.
        """
        for year in (first_year, last_year):
            if not isinstance(year, int) or isinstance(year, bool):
                raise CalendarError(f"not a year: {year!r}", value=year, example="materialize(2024, 2030)")
            self._kept.open.check(year, year)
        span = range(first_year - 1, last_year + 1)  # the eve's windows may run on into the first year
        makeup = dict(self.makeup_days)
        for rule in self._rules():
            makeup |= _explicit_makeup(rule, span)
        return self.replace(
            holidays=_explicit(self.holidays, span),
            revisions=tuple(
                revision if revision.holidays is None else revision.replace(holidays=_explicit(revision.holidays, span))
                for revision in self.revisions
            ),
            makeup_days=makeup,
            years=(first_year, last_year),
            provisional_years=tuple(y for y in range(first_year, last_year + 1) if self.is_provisional(y, y)),
        )

    def _days(self) -> WorkingDays:
        days = self._kept.days
        assert days is not None
        return days


class _SimpleCompiled(Compiled):
    """A simple calendar keeps its plan too, and which years it found provisional."""

    __slots__ = ("plan", "provisional", "provisional_of")

    def __init__(self, zone: ZoneInfo, open_: OpenYears, days: WorkingDays) -> None:
        super().__init__(zone, open_, days)
        self.plan: Plan
        self.provisional: frozenset[int]
        self.provisional_of: dict[int, bool] = {}


def plan_of(calendar: BusinessCalendar) -> Plan:
    """The plan of a calendar's dates, for the rooms that ask more of it than a rule."""
    return calendar._kept.plan  # type: ignore[attr-defined, no-any-return]


def _explicit(rules: Sequence[HolidayRule], span: range) -> tuple[HolidayDates, ...]:
    named: dict[int, str] = {}
    for rule in rules:
        for year in _covered(rule, span):
            named = {**rule.of(year).holidays, **named}
    return tuple(
        HolidayDates(start=day, end=day, name=named[ordinal])
        for ordinal in sorted(named)
        for day in (date.fromordinal(ordinal),)
        if day.year > span.start or (day.month, day.day) == (12, 31)
    )


def _explicit_makeup(rule: HolidayRule, span: range) -> dict[str, str]:
    if not isinstance(rule, TableHolidays):
        return {}
    return {
        date.fromordinal(ordinal).isoformat(): name
        for year in _covered(rule, span)
        for ordinal, name in rule.of(year).makeup.items()
    }


def _covered(rule: HolidayRule, span: range) -> range:
    first, last = rule.years()
    return range(max(first, span.start), min(last + 1, span.stop))


def always_open(timezone: str = "UTC") -> BusinessCalendar:
    """24 hours a day, seven days a week; the zone is the one in which it returns instants.

    >>> from slaclock import always_open
    >>> from datetime import date
    >>> always_open("Asia/Shanghai").is_working_day(date(2026, 10, 1))
    True
    """
    return BusinessCalendar(timezone=timezone, hours={"daily": ["00:00-24:00"]})


# -- composites --------------------------------------------------------------------------------------------

_OPERATIONS: dict[
    str, Callable[[Sequence[intervals.Interval], Sequence[intervals.Interval]], list[intervals.Interval]]
] = {
    "union": intervals.union,
    "intersection": intervals.intersect,
    "difference": intervals.subtract,
}


def _calendar_kind(value: Any) -> str:
    composite = isinstance(value, CompositeCalendar) or (isinstance(value, Mapping) and "op" in value)
    return "~composite" if composite else "~simple"


@declared
class CompositeCalendar(Algebra, Declared):
    """Calendars combined: open by ``op`` over the open times of ``parts``, each in its own zone (CAL-9).

    ``timezone`` is the one of the answers, the left part's unless given.  A composite has no days of its own: day
    questions go to the simple calendar ``days``, and raise CompositeDayError without one.

    >>> from slaclock import BusinessCalendar
    >>> week = {"mon-fri": ["09:00-18:00"]}
    >>> beijing = BusinessCalendar(timezone="Asia/Shanghai", hours=week)
    >>> frankfurt = BusinessCalendar(timezone="Europe/Berlin", hours=week)
    >>> (beijing | frankfurt).timezone
    'Asia/Shanghai'
    """

    op: Literal["union", "intersection", "difference"]
    parts: tuple[
        Annotated[
            Annotated[BusinessCalendar, Tag("~simple")] | Annotated[CompositeCalendar, Tag("~composite")],
            Discriminator(_calendar_kind),
        ],
        ...,
    ] = Field(min_length=2)
    timezone: ZoneField = ""
    days: BusinessCalendar | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            op: Literal["union", "intersection", "difference"],
            parts: Sequence[BusinessCalendar | CompositeCalendar],
            timezone: str | ZoneInfo = "",
            days: BusinessCalendar | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        if not self.timezone:
            object.__setattr__(self, "timezone", self.parts[0].timezone)
        first, last = self.supported_years()
        if first > last:
            raise fault("years", "its parts have no supported year in common", "years = [2024, 2030]")
        zone = ZoneInfo(self.timezone)
        open_ = OpenYears(zone, self.supported_years, self._open_time, Timeline((), 0, 0))
        open_.owner = self
        object.__setattr__(self, "_kept", Compiled(zone, open_, None))

    def _open_time(self, span: Span) -> Timeline:
        # A day more on either side, so that what is open across the edge of the span is seen whole.
        lower, upper = span.lower - DAY, span.upper + DAY
        combine_two = _OPERATIONS[self.op]
        lines = [part._kept.open.within(lower, upper) for part in self.parts]
        total = lines[0]
        for line in lines[1:]:
            total = combine_two(total, line)
        return Timeline(total, span.lower, span.upper)

    def supported_years(self) -> tuple[int, int]:
        """The local years that all parts answer for."""
        ranges = [part.supported_years() for part in self.parts]
        return max(first for first, _ in ranges), min(last for _, last in ranges)

    def is_provisional(self, first_year: int, last_year: int) -> bool:
        """Whether one of the parts, or the calendar whose days count, is."""
        return any(part.is_provisional(first_year, last_year) for part in self._all())

    def materialize(self, first_year: int, last_year: int) -> CompositeCalendar:
        """The same composite with every part materialized."""
        return self.replace(
            parts=tuple(part.materialize(first_year, last_year) for part in self.parts),
            days=self.days and self.days.materialize(first_year, last_year),
        )

    def _all(self) -> tuple[Calendar, ...]:
        return (*self.parts, self.days) if self.days is not None else self.parts

    def _days(self) -> WorkingDays:
        if self.days is None:
            raise CompositeDayError(
                f"a composite ({self.op} of {len(self.parts)} calendars) has no days of its own; say whose dates count",
                example="calendar.replace(days=beijing)",
            )
        return self.days._days()


Calendar = BusinessCalendar | CompositeCalendar
CalendarField = Annotated[
    Annotated[BusinessCalendar, Tag("~simple")] | Annotated[CompositeCalendar, Tag("~composite")],
    Discriminator(_calendar_kind),
]


def _combined(op: Literal["union", "intersection", "difference"], left: object, right: object) -> CompositeCalendar:
    for calendar in (left, right):
        if not isinstance(calendar, (BusinessCalendar, CompositeCalendar)):
            raise TypeError(f"only calendars combine, not {type(calendar).__name__}")
    return CompositeCalendar(op=op, parts=(left, right))  # type: ignore[arg-type]
