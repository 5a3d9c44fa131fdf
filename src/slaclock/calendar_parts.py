"""The parts of a calendar's declaration: zones, instants, closures, special days, revisions (CAL-7, CAL-8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BeforeValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema

from ._instant import to_us, utc
from .closures import HolidayField
from .declarations import Declared, FrozenMap, declared, fault, fault_from
from .errors import InstantError, near
from .hours import WINDOW_PATTERN, HoursField, WindowsField
from .years import FIRST_YEAR, LAST_YEAR

_NO_ZONES = ("localtime", "posixrules", "Factory")


def zone_name(value: Any) -> str:
    """The name of a zone of the database, none that means something else on another machine."""
    key = value.key if isinstance(value, ZoneInfo) else value
    example = '"Europe/London"'
    if not isinstance(key, str):
        raise fault("unknown_zone", f"not the name of a zone: {value!r}", example)
    try:
        # These read the machine's own zone, or count leap seconds.
        if key in _NO_ZONES or key.startswith(("right/", "posix/")):
            raise ZoneInfoNotFoundError
        ZoneInfo(key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise fault(
            "unknown_zone", f"unknown time zone {key!r}{near(key, available_timezones() - {*_NO_ZONES})}", example
        ) from None
    return key


def instant(value: Any) -> datetime:
    """An aware datetime, or ISO 8601 text with an offset, as UTC."""
    try:
        given = datetime.fromisoformat(value) if isinstance(value, str) else value
        return utc(to_us(given))
    except InstantError as error:
        raise fault_from(error) from None
    except (ValueError, OverflowError):
        raise fault("instant", f"not an instant: {value!r}", "2026-05-22T15:00:00+01:00") from None


def _iso(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


ZoneField = Annotated[str, PlainValidator(zone_name), WithJsonSchema({"type": "string", "examples": ["Europe/London"]})]
InstantField = Annotated[
    datetime,
    PlainValidator(instant),
    PlainSerializer(_iso, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


# -- the parts of a declaration ----------------------------------------------------------------------------


@declared
class Closure(Declared):
    """An instant range taken out of the open time, with a name."""

    start: InstantField = Field(examples=["2026-05-01T10:00:00Z"])
    end: InstantField = Field(examples=["2026-05-01T12:00:00Z"])
    name: str = "closed"

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        if self.end <= self.start:
            raise fault("range", f"the closure ends at {_iso(self.end)}, not after it starts",
                        "{ start = 2026-05-01T10:00:00Z, end = 2026-05-01T12:00:00Z }")  # fmt: skip


@declared
class SpecialDay(Declared):
    """A date's own hours, holiday or not; no hours is closed."""

    hours: WindowsField = ()
    name: str = "special day"


@declared
class Revision(Declared):
    """Weekly hours and, if given, holidays for windows that start on the local date ``effective`` or later."""

    effective: date = Field(examples=["2026-04-01"])
    hours: HoursField = Field(examples=['{ mon-fri = ["08:00-18:00"] }'])
    holidays: tuple[HolidayField, ...] | None = None


def _special_long(value: Any) -> Any:
    return {"hours": value} if isinstance(value, Sequence) and not isinstance(value, str) else value


def _special_short(day: SpecialDay) -> Any:
    data = day.to_dict()
    return data if "name" in data else data.get("hours", [])


def special_keys(days: dict[str, SpecialDay]) -> FrozenMap:
    """Special days by their dates in normal form, in order."""
    return FrozenMap({_date_key(key): days[key] for key in sorted(days)})


def _date_key(key: str) -> str:
    """``2026-12-24``, or ``--12-24`` for every year."""
    try:
        # A leap year stands in for "every year": --02-29 is a date.
        day = date.fromisoformat(key.replace("--", "2000-", 1) if key.startswith("--") else key)
    except ValueError:
        raise fault("date", f"not a date: {key!r}", '"2026-12-24", or "--12-24" for every year') from None
    return f"--{day:%m-%d}" if key.startswith("--") else day.isoformat()


def makeup_keys(days: dict[str, str]) -> FrozenMap:
    """Make-up days by their dates in normal form, in order."""
    for key in days:
        if key.startswith("--"):
            raise fault("date", f"a make-up day is one date: {key!r}", '"2026-01-04"')
    return FrozenMap({_date_key(key): days[key] for key in sorted(days)})


def in_order(revisions: tuple[Revision, ...]) -> tuple[Revision, ...]:
    """Revisions by date; two from one date are an error."""
    ordered = tuple(sorted(revisions, key=lambda revision: revision.effective))
    for earlier, later in pairwise(ordered):
        if earlier.effective == later.effective:
            raise fault("two_revisions", f"two revisions are effective from {later.effective}",
                        '{ effective = "2026-04-01", hours = { mon-fri = ["08:00-18:00"] } }')  # fmt: skip
    return ordered


def year_range(years: tuple[int, int] | None) -> tuple[int, int] | None:
    """First and last year, in order and supported."""
    if years is not None and not FIRST_YEAR <= years[0] <= years[1] <= LAST_YEAR:
        raise fault("years", f"the years {years[0]} to {years[1]} do not lie in {FIRST_YEAR} to {LAST_YEAR} in order",
                    "[2024, 2030]")  # fmt: skip
    return years


_WINDOWS_SCHEMA: dict[str, Any] = {"type": "array", "items": {"type": "string", "pattern": WINDOW_PATTERN}}
_SPECIAL_DAY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"hours": _WINDOWS_SCHEMA, "name": {"type": "string"}},
    "additionalProperties": False,
}
SpecialDayField = Annotated[
    SpecialDay,
    BeforeValidator(_special_long),
    PlainSerializer(_special_short),
    WithJsonSchema({"anyOf": [_WINDOWS_SCHEMA, _SPECIAL_DAY_SCHEMA]}),
]
