"""The only door between datetimes and integers (R-1).

Inside there are UTC microseconds since 1970-01-01T00:00Z, and, where a rule speaks of what a clock on the
wall shows, *wall* microseconds: the same count for the local date and time, without a zone.
"""

from __future__ import annotations

import hashlib
import zoneinfo
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from .errors import InstantError

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MICROSECOND = timedelta(microseconds=1)  # times an integer it makes a timedelta twice as fast as the constructor

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WALL_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - what a wall shows has no zone
_ONE_DAY = timedelta(days=1)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_EXAMPLE = 'datetime(2026, 5, 22, 15, 0, tzinfo=ZoneInfo("Europe/London"))'


def to_us(instant: datetime) -> int:
    """UTC microseconds of an aware datetime; anything else raises InstantError."""
    if type(instant) is not datetime:
        instant = _plain(instant)
    try:
        since = instant - _EPOCH
    except TypeError:
        raise InstantError(
            f"a naive datetime names no instant: {instant!r}; give it a zone", value=instant, example=_EXAMPLE
        ) from None
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def _plain(instant: object) -> datetime:
    """Strip a subclass of datetime (pandas' Timestamp) down to a datetime, if nothing is lost by it."""
    if not isinstance(instant, datetime):
        raise InstantError(
            f"not an aware datetime: {instant!r} ({type(instant).__name__})", value=instant, example=_EXAMPLE
        )
    if instant != instant:  # noqa: PLR0124 - pandas' NaT is a datetime, and unequal to itself
        raise InstantError("NaT is not an instant", value=instant, example=_EXAMPLE)
    if getattr(instant, "nanosecond", 0):
        raise InstantError(f"finer than a microsecond: {instant!r}; round it first", value=instant, example=_EXAMPLE)
    convert = getattr(instant, "to_pydatetime", None)
    return convert() if convert else instant


def from_us(us: int, zone: ZoneInfo) -> datetime:
    """The aware datetime of an instant, in a zone."""
    return zone.fromutc(utc_epoch(zone) + us * MICROSECOND)


@lru_cache(maxsize=1024)
def utc_epoch(zone: ZoneInfo) -> datetime:
    """What ``fromutc`` counts from: UTC's date and time, marked with the zone it is to be shown in."""
    return _EPOCH.replace(tzinfo=zone)


def utc(us: int) -> datetime:
    """The aware datetime of an instant, in UTC."""
    return _EPOCH + us * MICROSECOND


def span_us(span: timedelta) -> int:
    """Whole microseconds of a timedelta, exactly."""
    return (span.days * 86_400 + span.seconds) * SECOND + span.microseconds


def ordinal_wall(ordinal: int) -> int:
    """Wall microseconds of the midnight that begins a proleptic Gregorian ordinal."""
    return (ordinal - _EPOCH_ORDINAL) * DAY


def wall_ordinal(wall: int) -> int:
    """The proleptic Gregorian ordinal of the date that a wall count lies in."""
    return wall // DAY + _EPOCH_ORDINAL


def to_wall(us: int, zone: ZoneInfo) -> int:
    """What the clock on the wall shows at an instant."""
    offset = from_us(us, zone).utcoffset()
    assert offset is not None  # a ZoneInfo always has one
    return us + span_us(offset)


def place(wall: int, zone: ZoneInfo) -> int:
    """The first instant whose local wall time is at or after ``wall`` (CAL-3).

    In a fold that is the first occurrence, in a gap the transition itself.
    """
    shown = _WALL_EPOCH + wall * MICROSECOND
    before = zone.utcoffset(shown)
    after = zone.utcoffset(shown.replace(fold=1))
    assert before is not None and after is not None
    if before >= after:  # an ordinary time, or a fold
        return wall - span_us(before)
    # A gap: the offset in force before it lies too late, the one after it too early.
    low, high = wall - span_us(after), wall - span_us(before)
    while low < high:
        middle = (low + high) // 2
        if to_wall(middle, zone) >= wall:
            high = middle
        else:
            low = middle + 1
    return low


class Placer:
    """``place`` for many edges of one zone: on a date whose offset does not change, that is one subtraction.

    Two changes of a zone lie more than a day apart, so a date that begins and ends with one offset keeps it.
    """

    __slots__ = ("_offsets", "_zone")

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._offsets: dict[int, int | None] = {}

    def __call__(self, wall: int) -> int:
        day = wall // DAY
        try:
            offset = self._offsets[day]
        except KeyError:
            offset = self._offsets[day] = self._constant(day)
        return place(wall, self._zone) if offset is None else wall - offset

    def _constant(self, day: int) -> int | None:
        """The offset of a whole date; None where it changes on it, or at one of its midnights."""
        midnight = _WALL_EPOCH + day * _ONE_DAY
        first = self._zone.utcoffset(midnight)
        last = self._zone.utcoffset((midnight + _ONE_DAY).replace(fold=1))
        assert first is not None and last is not None
        return span_us(first) if first == last else None


def transitions(zone: ZoneInfo, first: int, last: int) -> list[tuple[int, int]]:
    """(instant, new offset in microseconds) of each change of offset in ``[first, last]``, and the one at ``first``.

    Looks once a day, which is finer than any two changes of a zone lie apart.
    """
    found = [(first, to_wall(first, zone) - first)]
    at = first
    while at < last:
        step = min(at + DAY, last)
        offset = to_wall(step, zone) - step
        if offset != found[-1][1]:
            found.append((_change(zone, at, step), offset))
        at = step
    return found


def _change(zone: ZoneInfo, low: int, high: int) -> int:
    """The first instant in ``(low, high]`` that has the offset in force at ``high``."""
    offset = to_wall(high, zone) - high
    while high - low > 1:
        middle = (low + high) // 2
        if to_wall(middle, zone) - middle == offset:
            high = middle
        else:
            low = middle
    return high


def transitions_digest(zone: ZoneInfo, first: int, last: int) -> str:
    """SHA-256 of a zone's name and its transitions in ``[first, last]``: what was used of the zone database (R-6)."""
    text = repr((zone.key, transitions(zone, first, last)))
    return hashlib.sha256(text.encode()).hexdigest()


def tzdata_version() -> str:
    """The release of the zone database that zoneinfo reads here, such as ``2026b``, or ``"unknown"``."""
    for folder in map(Path, zoneinfo.TZPATH):
        if (folder / "UTC").exists():
            return _system_version(folder)
    try:
        import tzdata
    except ImportError:  # pragma: no cover - tzdata is a dependency; only a broken installation gets here
        return "unknown"
    return str(tzdata.IANA_VERSION)


def _system_version(folder: Path) -> str:
    """What a system's zone folder says of its release; Debian's keeps it in its package's version."""
    for name in ("+VERSION", "tzdata.zi"):
        file = folder / name
        if file.exists():
            with file.open(encoding="utf-8", errors="replace") as text:
                return text.readline().replace("# version", "").strip()
    return "unknown"
