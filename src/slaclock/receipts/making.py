"""From results to receipts: what was asked, what was answered, and what of the tables was used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Literal

from .._instant import span_us, to_us, to_wall, utc, wall_ordinal
from ..agreements import Agreement
from ..calendars import BusinessCalendar, Calendar, plan_of
from ..canonical import canonical, data_digest
from ..durations import format_duration
from ..errors import ReceiptError, near
from ..explanation import Explanation, Unit, explain
from ..history import Anomaly
from ..policy import Policy
from ..reading import EscalationReading, Evaluation, Reading, calendars_used, digest_of, span_used
from ..targets import Target
from .keeping import EXAMPLE, FORMAT, Receipt, seal

By = Unit | Literal["segment"]

# What a reading says in format 1; its ticket, agreement and instant are told once, for all.
_READING = (
    "objective", "metric", "cycle", "severity", "kind", "calendar", "state", "ticking", "verdict", "breached",
    "rejudged", "started_at", "stopped_at", "breached_at", "target", "budget", "elapsed", "remaining", "overrun",
    "late_by", "missed", "wall_elapsed", "paused", "paused_wall", "due", "breach_at", "next_change", "provisional",
)  # fmt: skip
_BY = ("day", "week", "month", "segment")


def receipt(result: Evaluation, *, by: By | None = None) -> Receipt:
    """What an evaluation followed from and what it said, to be kept.

    It holds the policy or agreement, the roles, the ticket with its events, the instants, the readings, each with its
    explanation, the anomalies, the holidays that fell into the time of the readings, and the provenance.
    Explanations are sums for each reason; ``by`` adds what it says: ``"day"``, ``"week"``, ``"month"``, or every
    ``"segment"``.  Amounts of time are exact text (``"2h30m"``), instants ISO 8601 with an offset.

    Raises ReceiptError for anything but an Evaluation, and for another ``by``.

    >>> from datetime import datetime, timezone
    >>> from slaclock import Ticket, contracts, evaluate, receipt, verify
    >>> at = datetime(2026, 5, 22, 14, 0, tzinfo=timezone.utc)
    >>> ticket = Ticket(id="T-1", severity="P1", opened_at=at).respond(at.replace(minute=45))
    >>> kept = receipt(evaluate(contracts.load("wati-pro"), ticket, as_of=at.replace(hour=15))).to_json()
    >>> verify(kept).same
    True
    """
    documents: dict[str, Any] = {}
    return Receipt(canonical({**_sealed(told_of(result, by, documents)), "documents": documents}))


def bundle(results: Iterable[Evaluation | Receipt], *, by: By | None = None) -> Receipt:
    """One receipt for many results; policies, agreements and calendars are in it once.

    Receipts made before are taken as they are.  Raises ReceiptError for anything else, and for a receipt whose
    documents are not those that it names.
    """
    documents: dict[str, Any] = {}
    told: list[dict[str, Any]] = []
    for result in results:
        if isinstance(result, Receipt):
            told += _unpacked(result, documents)
        else:
            told.append(_sealed(told_of(result, by, documents)))
    data = {"receipt": FORMAT, "receipts": told, "digests": {}}
    data["digests"] = {"receipt": seal(data)}
    return Receipt(canonical({**data, "documents": documents}))


def _unpacked(kept: Receipt, documents: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for one in kept.receipts:
        data = one.to_dict()
        held = data.pop("documents")
        for name in held:
            if data_digest(held[name]) != name:
                raise ReceiptError("a document of the receipt is not the one it names; see what verify says of it",
                                   path=f"documents.{name}", value=name)  # fmt: skip
        documents |= held
        yield data


# -- one result --------------------------------------------------------------------------------------------


def told_of(result: Evaluation, by: By | None, documents: dict[str, Any] | None = None) -> dict[str, Any]:
    """A receipt without its digests, and without its documents, which are put where they are wanted."""
    if not isinstance(result, Evaluation):
        raise ReceiptError(f"not an Evaluation, but a {type(result).__name__}", path="result",
                           value=type(result).__name__, example=EXAMPLE)  # fmt: skip
    if by is not None and by not in _BY:
        raise ReceiptError(f"explanations are not told by {by!r}{near(by, _BY)}", path="by", value=by, example="week")
    asked = result.asked
    told: dict[str, Any] = {
        "receipt": FORMAT,
        "policy" if isinstance(asked.policy, Policy) else "agreement": _document(asked.policy, documents),
        "ticket": asked.ticket.to_dict(),
        "as_of": _iso(result.as_of),
        "strict": bool(asked.strict),
        "dates": _dates(result),
        "provenance": _fields(result.provenance),
        "readings": [_reading(one, why, by) for one, why in zip(result, explain(result), strict=True)],
        "anomalies": [_anomaly(one) for one in result.anomalies],
    }
    if asked.roles:
        told["roles"] = {name: _role(bound, documents) for name, bound in asked.roles.items()}
    if asked.known_at is not None:
        told["known_at"] = _iso(asked.known_at)
    if by is not None:
        told["by"] = by
    return told


def _sealed(told: dict[str, Any]) -> dict[str, Any]:
    digests = told["digests"] = {"ticket": data_digest(told["ticket"])}
    digests["receipt"] = seal(told)
    return told


def _document(value: Policy | Agreement | Calendar, documents: dict[str, Any] | None) -> str:
    """The digest of a declared thing, which names it among the documents."""
    digest = digest_of(value)
    if documents is not None and digest not in documents:
        documents[digest] = value.to_dict()
    return digest


def _role(bound: str | Calendar, documents: dict[str, Any] | None) -> str | dict[str, str]:
    """The name of a calendar of the policy, or a calendar from outside it."""
    return bound if isinstance(bound, str) else {"calendar": _document(bound, documents)}


def _reading(reading: Reading, why: Explanation, by: By | None) -> dict[str, Any]:
    """All that a reading says; what it does not have is left out."""
    told = {name: _plain(value) for name in _READING if (value := getattr(reading, name)) is not None}
    if reading.escalations:
        told["escalations"] = [_escalation(one) for one in reading.escalations]
    told["explanation"] = _explanation(why.to_dict(by))
    return told


def _explanation(told: dict[str, Any]) -> dict[str, Any]:
    """Without what the reading says itself, and without amounts of nothing."""
    return {key: _lean(value) for key, value in told.items() if key not in ("question", "wall", "elapsed")}


def _lean(value: Any) -> Any:
    if isinstance(value, list):
        return [{key: _lean(said) for key, said in one.items() if said != "0s"} for one in value]
    return value


def _escalation(one: EscalationReading) -> dict[str, Any]:
    at = {} if one.at is None else {"at": _plain(one.at)}
    return {"key": one.key, **at, "fired": one.fired, "receiver": one.receiver, "objective": one.objective}


def _anomaly(one: Anomaly) -> dict[str, Any]:
    seq = {} if one.event is None else {"seq": one.event.seq}
    return {"code": one.code, "message": one.message, **seq}


def _plain(value: Any) -> Any:
    write = _WRITTEN.get(type(value))
    return value if write is None else write(value)


_WRITTEN: dict[type, Callable[[Any], str]] = {
    datetime: datetime.isoformat,
    timedelta: lambda span: format_duration(span_us(span)),
    Target: str,
}


def _iso(instant: datetime) -> str:
    return utc(to_us(instant)).isoformat().replace("+00:00", "Z")


def _fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


def _dates(result: Evaluation) -> dict[str, dict[str, str]]:
    """The holidays and make-up days that fell into the time of the readings, by calendar and date."""
    span, named = span_used(result), result.bound.index.policy.calendars
    parts = (part for name, calendar in calendars_used(result).items() for part in _parts(name, calendar, named))
    return {name: _named_dates(part, *span) for name, part in parts}


def _parts(name: str, calendar: Calendar, named: Mapping[str, Calendar]) -> Iterator[tuple[str, BusinessCalendar]]:
    """The simple calendars of a calendar: by the names that the policy has for them, else by their places."""
    if isinstance(calendar, BusinessCalendar):
        yield name, calendar
        return
    places = {f"{name}.parts[{i}]": part for i, part in enumerate(calendar.parts)}
    if calendar.days is not None:
        places[f"{name}.days"] = calendar.days
    for place, part in places.items():
        # In order of names: a document may bring its calendars in any order.
        own = next((known for known in sorted(named) if named[known] == part), place)
        yield from _parts(own, part, named)


def _named_dates(calendar: BusinessCalendar, first: int, last: int) -> dict[str, str]:
    zone, plan = calendar._kept.zone, plan_of(calendar)
    # The eve's windows may run on into the first date.
    low, high = wall_ordinal(to_wall(first, zone)) - 1, wall_ordinal(to_wall(last, zone))
    years = range(date.fromordinal(low).year, date.fromordinal(high).year + 1)
    named = [plan.named(which, year) for which in range(len(plan._periods)) for year in years]
    dates = set(plan._makeup_days).union(*(known.holidays for known in named), *(known.makeup for known in named))
    rules = {ordinal: plan.rule(ordinal) for ordinal in sorted(dates) if low <= ordinal <= high}
    return {
        date.fromordinal(ordinal).isoformat(): rule.name
        for ordinal, rule in rules.items()
        if rule.kind in ("holiday", "makeup_day")
    }
