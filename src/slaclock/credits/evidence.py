"""What is behind a breach: the reading's explanation, its receipt, and the facts that a correction can name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from .._instant import span_us, to_us
from ..canonical import data_digest
from ..durations import format_duration
from ..errors import CreditError
from ..explanation import explain
from ..reading import Evaluation, Reading

_EXAMPLE = "receipts=[receipt(result)]"
_DAY = timedelta(days=1)
VERSIONS = ("library", "tzdata", "holidays")


class Kept(Protocol):
    """A receipt, or a bundle of them, as the room of receipts makes it."""

    @property
    def receipts(self) -> tuple[Any, ...]:
        """The single receipts of it."""

    def digest(self) -> str:
        """What names it."""

    def to_dict(self) -> dict[str, Any]:
        """Its data."""


class Receipts:
    """The receipts given to a statement, by ticket.  What they say is read; whether it is true, ``verify`` says."""

    __slots__ = ("_by_ticket",)

    def __init__(self, given: Iterable[Kept] | Mapping[str, Kept | str]) -> None:
        self._by_ticket: dict[str, tuple[str, dict[str, Any]]] = {}
        if isinstance(given, Mapping):
            items: Iterable[tuple[str | int, Kept | str]] = given.items()
        else:
            items = enumerate(given)
        for where, kept in items:
            if isinstance(kept, str) and isinstance(where, str):
                self._by_ticket[where] = kept, {}
            else:
                self._add(kept, f"receipts[{where}]" if isinstance(where, int) else f"receipts.{where}")

    def _add(self, kept: object, path: str) -> None:
        singles = getattr(kept, "receipts", None)
        if not isinstance(singles, tuple):
            raise CreditError(f"not a receipt: {kept!r}", path=path, value=kept, example=_EXAMPLE)
        for one in singles:
            data, digest = one.to_dict(), one.digest()
            ticket = str(data["ticket"]["id"])
            if self._by_ticket.setdefault(ticket, (digest, data))[0] != digest:
                raise CreditError(f"two receipts for ticket {ticket!r}; give the one that the readings are in",
                                  path=path, value=digest, example=_EXAMPLE)  # fmt: skip

    def of(self, reading: Reading) -> tuple[str, dict[str, str]]:
        """The digest of the receipt that a reading is in, and what the receipt says of its inputs; empty if none.

        Raises CreditError where there is one for the ticket, and it says something else of this reading.
        """
        digest, data = self._by_ticket.get(reading.ticket, ("", {}))
        if not data:
            return digest, {}
        if not _says(data, reading):
            raise CreditError(
                f"the receipt of ticket {reading.ticket!r} does not hold this reading of {reading.metric}",
                path=f"receipts.{reading.ticket}", value=digest, example="the receipt of the result that is billed",
            )  # fmt: skip
        return digest, _inputs(data, reading)


def _says(data: Mapping[str, Any], reading: Reading) -> bool:
    if to_us(datetime.fromisoformat(data["as_of"])) != to_us(reading.as_of):
        return False
    wanted = {
        "metric": reading.metric,
        "objective": reading.objective,
        "cycle": reading.cycle,
        "overrun": _span(reading.overrun),
        "late_by": _span(reading.late_by),
        "verdict": reading.verdict,
    }
    return any(all(told.get(name) == value for name, value in wanted.items()) for told in data["readings"])


def _inputs(data: Mapping[str, Any], reading: Reading) -> dict[str, str]:
    provenance = data["provenance"]
    return {
        "events": data["digests"]["ticket"],
        "policy": str(data.get("policy") or data.get("agreement")),
        "holiday dates": data_digest(_dates(data["dates"], reading)),
        **{f"version of {name}": str(provenance[name]) for name in VERSIONS},
    }


def _dates(told: Mapping[str, Mapping[str, str]], reading: Reading) -> dict[str, dict[str, str]]:
    """The holidays from the eve of a reading to the day after it; a receipt has those of all its readings."""
    end = max(reading.stopped_at or reading.as_of, reading.due or reading.started_at, key=to_us)
    first, last = ((at + around * _DAY).date().isoformat() for at, around in ((reading.started_at, -1), (end, 1)))
    kept = {name: {day: what for day, what in days.items() if first <= day <= last} for name, days in told.items()}
    return {name: days for name, days in kept.items() if days}


def _span(span: Any) -> str:
    return format_duration(span_us(span))


def facts_of(reading: Reading) -> dict[str, str]:
    """What a reading says that a correction can name."""
    told = {
        "severity": reading.severity,
        "state": reading.state,
        "elapsed": _span(reading.elapsed),
        "overrun": _span(reading.overrun),
        "late by": _span(reading.late_by),
        "paused": _span(reading.paused),
        "started": reading.started_at.isoformat(),
        "breached": "" if reading.breached_at is None else reading.breached_at.isoformat(),
        "stopped": "" if reading.stopped_at is None else reading.stopped_at.isoformat(),
        "due": "" if reading.due is None else reading.due.isoformat(),
        "read as of": reading.as_of.isoformat(),
    }
    return {name: text for name, text in told.items() if text}


def explanation_digest(reading: Reading) -> str:
    """What names the whole explanation of a reading, to the last segment."""
    return data_digest(explain(reading).to_dict("segment"))


def readings_in(given: Iterable[Reading | Evaluation] | Evaluation) -> list[Reading]:
    """All readings, of evaluations too, each once; raises CreditError for anything else, and for one given twice."""
    found: dict[tuple[str, str, str, str, int], Reading] = {}
    items = [given] if isinstance(given, (Reading, Evaluation)) else given
    for i, item in enumerate(items):
        if not isinstance(item, (Reading, Evaluation)):
            raise CreditError(f"neither a Reading nor an Evaluation: {item!r}", path=f"breaches[{i}]", value=item,
                              example="breaches=[evaluate(policy, ticket, as_of=...)]")  # fmt: skip
        for reading in [item] if isinstance(item, Reading) else item:
            key = (reading.agreement or "", reading.ticket, reading.metric, reading.objective, reading.cycle)
            if key in found:
                raise CreditError(f"{reading.metric} of ticket {reading.ticket!r} is given twice",
                                  path=f"breaches[{i}]", value=reading, example="each reading once")  # fmt: skip
            found[key] = reading
    return list(found.values())
