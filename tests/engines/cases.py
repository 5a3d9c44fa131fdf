"""What is asked of every engine: calendars, instants around all that is odd about them, and the scalar answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from slaclock import BusinessCalendar, contracts

UK = BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["08:30-16:30"]}, holidays=["GB-ENG"])
ET = BusinessCalendar(timezone="America/New_York", hours={"mon-fri": ["09:00-17:00"]}, holidays=["US"])
NIGHTS = BusinessCalendar(timezone="America/New_York", hours={"daily": ["22:00-06:00"]})
BOTH = (UK | ET).replace(days=UK)
CALENDARS = {"UK": UK, "ET": ET, "nights": NIGHTS, "both": BOTH}
RARELY = BusinessCalendar(timezone="Europe/London", hours={}, special_days={"2026-06-05": ["09:00-10:00"]})

POLICY = contracts.load("messagebird-enterprise")
AS_OF = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


class Row(NamedTuple):
    id: int
    start: datetime | None
    end: datetime | None
    calendar: str
    within: str | None
    days: int | None


def _starts() -> Iterator[datetime]:
    # Clocks change on 8 March and 1 November in New York, on 29 March and 25 October in London.
    for day in ("2026-03-07", "2026-03-28", "2026-10-24", "2026-10-31"):
        first = at(f"{day}T12:00Z")
        yield from (first + timedelta(minutes=73 * step) for step in range(40))
    for step in range(80):  # holidays, years' ends, and microseconds
        yield at("2025-12-23T06:00Z") + timedelta(hours=41 * step, microseconds=step)
    for edge in ("2026-05-22T07:30Z", "2026-05-22T15:30Z"):  # an opening and a closing, and a microsecond around
        yield from (at(edge) + timedelta(microseconds=step) for step in (-1, 0, 1))


def rows() -> list[Row]:
    """Each start on each calendar in turn; some of everything is null, but no calendar."""
    found = []
    names, withins, days = list(CALENDARS), ["PT4H", "8h", "37m", None, "-2h", "0h"], [1, 2, None, 0, 5]
    for number, start in enumerate(_starts()):
        end = start + timedelta(hours=17 * (number % 9 - 2), microseconds=number)
        found.append(
            Row(
                number,
                None if number % 11 == 10 else start,
                None if number % 13 == 12 else end,
                names[number % len(names)],
                withins[number % len(withins)],
                days[number % len(days)],
            )
        )
    return found


ROWS = rows()


def null_in_null_out(ask: Callable[..., Any], *given: Any) -> Any:
    if any(value is None for value in given):
        return None
    answer = ask(*given)
    # In UTC: of two zones, Python finds no time equal that comes twice.
    return answer.astimezone(UTC) if isinstance(answer, datetime) else answer


def scalar(row: Row) -> dict[str, Any]:
    """What the library says of a row alone."""
    calendar = CALENDARS[row.calendar]
    return {
        "due": null_in_null_out(calendar.due, row.start, row.within),
        "elapsed": null_in_null_out(calendar.elapsed, row.start, row.end),
        "is_open": null_in_null_out(calendar.is_open, row.start),
        "next_open": null_in_null_out(calendar.next_open, row.start),
        "next_close": null_in_null_out(calendar.next_close, row.start),
        "add_business_days": null_in_null_out(calendar.add_business_days, row.start, row.days),
    }
