"""Weekly hours: windows of a day, as people write them and as seconds (CAL-1, CAL-2).

A window belongs to the date on which it starts.  Its end may lie past midnight, and is then counted on:
``22:00-06:00`` is (79200, 108000).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, PlainSerializer, PlainValidator, WithJsonSchema

from .declarations import FrozenMap, fault
from .errors import near
from .intervals import normalize

DAY_SECONDS = 86_400
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_GROUPS = {"daily": WEEKDAYS, "weekend": WEEKDAYS[5:]}
_WINDOW = re.compile(r"(\d\d?:\d\d(?::\d\d)?)\s*[-–]\s*(\d\d?:\d\d(?::\d\d)?)")
_TIME = re.compile(r"(\d\d?):(\d\d)(?::(\d\d))?")
_EXAMPLE = '"09:00-17:00"'


class Window(NamedTuple):
    """Seconds from the midnight of the owning date: ``[start, end)``."""

    start: int
    end: int


Windows = tuple[Window, ...]


class TimeOfDay(int):
    """Seconds since midnight; a type of its own, for a bare number is none (YAML reads 15:00 as 900)."""

    __slots__ = ()


def parse_time(text: str) -> int | None:
    """Seconds since midnight of ``HH:MM`` or ``HH:MM:SS``, up to 24:00; None where it is no such time."""
    match = _TIME.fullmatch(text.strip()) if isinstance(text, str) else None
    if not match:
        return None
    hour, minute, second = (int(part or 0) for part in match.groups())
    seconds = hour * 3600 + minute * 60 + second
    return seconds if minute < 60 and second < 60 and seconds <= DAY_SECONDS else None


def format_time(seconds: int) -> str:
    """``HH:MM``, with seconds where there are any."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours:02}:{minutes:02}" + (f":{rest:02}" if rest else "")


def parse_window(value: Any) -> Window:
    """A window from ``"09:00-17:00"``; raises a fault for zero length, more than a day, or no window at all."""
    if isinstance(value, Window):
        return value
    match = _WINDOW.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise fault("window", f"not a window: {value!r}", _EXAMPLE)
    start, end = parse_time(match[1]), parse_time(match[2])
    if start is None or end is None or start == DAY_SECONDS:
        raise fault("window", f"a window lies between 00:00 and 24:00 and is at most 24 h long: {value!r}", _EXAMPLE)
    if start == end:
        raise fault("empty_window", f"{value!r} has no length; a full day is 00:00-24:00", '"00:00-24:00"')
    return Window(start, end if end > start else end + DAY_SECONDS)


def format_window(window: Window) -> str:
    """The text that ``parse_window`` reads back."""
    end = window.end - DAY_SECONDS if window.end > DAY_SECONDS else window.end
    return f"{format_time(window.start)}-{format_time(end)}"


def merge(windows: Iterable[Window]) -> Windows:
    """One date's windows in order; overlapping or touching ones become one."""
    merged = tuple(Window(start, end) for start, end in normalize(windows))
    if any(end - start > DAY_SECONDS for start, end in merged):
        raise fault("window", "the windows of one day add up to more than 24 h", _EXAMPLE)
    return merged


def _days(key: str) -> tuple[str, ...]:
    """The weekdays of a key: ``mon``, ``mon-fri``, ``sat-mon``, ``daily``, ``weekend``."""
    if key in _GROUPS:
        return _GROUPS[key]
    first, _, last = key.partition("-")
    if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
        known = (*WEEKDAYS, *_GROUPS, "mon-fri")
        raise fault("weekday", f"unknown day {key!r}{near(key, known)}", '"mon-fri"')
    i, j = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    return WEEKDAYS[i : j + 1] if i <= j else WEEKDAYS[i:] + WEEKDAYS[: j + 1]


def _normal(hours: Mapping[str, Iterable[Window]]) -> FrozenMap:
    """Each open weekday once, in order."""
    found: dict[str, Windows] = {}
    named: dict[str, str] = {}
    for key, windows in hours.items():
        for day in _days(key):
            if day in named:
                raise fault("weekday", f"{day} is given twice, in {named[day]!r} and {key!r}; write each day once")
            named[day] = key
            found[day] = merge(windows)
    return FrozenMap({day: found[day] for day in WEEKDAYS if found.get(day)})


def _grouped(hours: Mapping[str, Windows]) -> dict[str, list[str]]:
    """The shortest way to write weekly hours: equal neighbours as one key."""
    runs: list[list[str]] = []
    for day in WEEKDAYS:
        if day not in hours:
            continue
        last = runs[-1][-1] if runs else None
        if last and WEEKDAYS.index(day) == WEEKDAYS.index(last) + 1 and hours[day] == hours[last]:
            runs[-1].append(day)
        else:
            runs.append([day])
    return {
        "daily" if len(run) == 7 else run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}": written(hours[run[0]])
        for run in runs
    }


def written(windows: Windows) -> list[str]:
    """Windows as a file has them; a whole day that does not begin at midnight takes two."""
    return [format_window(part) for window in windows for part in _halves(window)]


def _halves(window: Window) -> Windows:
    """``06:00-06:00`` would have no length; two windows that both start on the date say the same."""
    if window.start == 0 or window.end - window.start < DAY_SECONDS:
        return (window,)
    middle = (window.start + DAY_SECONDS) // 2
    return Window(window.start, middle), Window(middle, window.end)


WINDOW_PATTERN = r"^\d{1,2}:\d{2}(:\d{2})?\s*[-–]\s*\d{1,2}:\d{2}(:\d{2})?$"
_WINDOW_SCHEMA = {"type": "string", "pattern": WINDOW_PATTERN, "examples": ["09:00-17:00"]}

WindowField = Annotated[Window, PlainValidator(parse_window), WithJsonSchema(_WINDOW_SCHEMA)]
WindowsField = Annotated[tuple[WindowField, ...], AfterValidator(merge), PlainSerializer(written)]
_DayKey = Annotated[str, AfterValidator(lambda key: _days(key) and key)]
HoursField = Annotated[dict[_DayKey, tuple[WindowField, ...]], AfterValidator(_normal), PlainSerializer(_grouped)]
"""Weekly hours in normal form: ``{"mon": (Window, ...), ...}``, open days only."""
