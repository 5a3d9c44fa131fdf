"""Event and Ticket: what happened, and when.  A ticket is a history of events (CLK-6).

Order is (at, seq).  ``seq`` is given, or set in order of addition, so that events of one minute keep the order in
which they were written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AfterValidator, Field, StringConstraints

from ._instant import to_us, utc
from .calendar_parts import InstantField
from .declarations import Declared, FreeData, FrozenMap, declared, fault

OPENED = "opened"
STANDARD_KINDS = (
    OPENED,
    "acknowledged",
    "responded",
    "customer_replied",
    "updated",
    "workaround_provided",
    "paused",
    "resumed",
    "severity_changed",
    "attributes_changed",
    "owner_changed",
    "resolved",
    "reopened",
    "closed",
    "cancelled",
)
_NEEDS = {
    "paused": ("reason", 'Event(kind="paused", at=..., reason="customer")'),
    "severity_changed": ("severity", 'Event(kind="severity_changed", at=..., severity="P2")'),
    "attributes_changed": ("attributes", 'Event(kind="attributes_changed", at=..., attributes={"plan": "gold"})'),
}
_Name = Annotated[str, StringConstraints(min_length=1)]


@declared
class Event(Declared):
    """One thing that happened to a ticket, at an instant.

    ``recorded_at`` is when it became known, if later.  ``reason`` belongs to paused and resumed (none: all reasons),
    ``severity`` and ``attributes`` to the changes of these; ``data`` is free.  Other kinds than the standard ones
    are the user's own: metrics name them.
    """

    kind: _Name = Field(examples=["responded"])
    at: InstantField
    seq: int | None = Field(default=None, ge=0)
    id: str | None = None
    recorded_at: InstantField | None = None
    actor: str | None = None
    reason: _Name | None = None
    severity: _Name | None = None
    attributes: FreeData | None = None
    data: FreeData | None = None

    if TYPE_CHECKING:  # what a person may write; the fields above are what it becomes

        def __init__(
            self,
            *,
            kind: str,
            at: datetime | str,
            seq: int | None = None,
            id: str | None = None,  # noqa: A002 - the word of the files
            recorded_at: datetime | str | None = None,
            actor: str | None = None,
            reason: str | None = None,
            severity: str | None = None,
            attributes: Mapping[str, Any] | None = None,
            data: Mapping[str, Any] | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        object.__setattr__(self, "_kept", to_us(self.at))
        field, example = _NEEDS.get(self.kind, ("kind", ""))
        if getattr(self, field) is None:
            raise fault("event", f"a {self.kind} event needs its {field}", example)

    def content(self) -> tuple[Any, ...]:
        """All but the order: two events of one id must agree in it."""
        return (
            self.kind,
            self.at,
            self.recorded_at,
            self.actor,
            self.reason,
            self.severity,
            self.attributes,
            self.data,
        )

    def numbered(self, seq: int) -> Event:
        """The same event with its place in the order of addition."""
        copy = object.__new__(type(self))
        for name in (*self.__slots__, "_kept"):
            object.__setattr__(copy, name, getattr(self, name))
        object.__setattr__(copy, "seq", seq)
        object.__setattr__(copy, "_hash", None)
        return copy


def known_event(kind: str, us: int, seq: int, reason: str | None, severity: str | None) -> Event:
    """An event of parts that are known to be valid: validating those of a whole log would cost more than judging it."""
    event = object.__new__(Event)
    place = object.__setattr__
    place(event, "kind", kind)
    place(event, "at", utc(us))
    place(event, "seq", seq)
    place(event, "reason", reason)
    place(event, "severity", severity)
    for name in ("id", "recorded_at", "actor", "attributes", "data", "_hash"):
        place(event, name, None)
    place(event, "_kept", us)
    return event


def known_ticket(id_: str, severity: str, attributes: Mapping[str, Any], history: tuple[Event, ...]) -> Ticket:
    """A ticket of events that are known to be valid, in order."""
    ticket = object.__new__(Ticket)
    place = object.__setattr__
    place(ticket, "id", id_)
    place(ticket, "severity", severity)
    place(ticket, "opened_at", None)
    place(ticket, "attributes", FrozenMap(attributes))
    place(ticket, "events", history)
    place(ticket, "_kept", history)
    place(ticket, "_hash", None)
    return ticket


def _numbered(events: tuple[Event, ...]) -> tuple[Event, ...]:
    """Every event with a seq: its own, or one more than the highest before it."""
    highest = 0
    numbered = []
    for event in events:
        if event.seq is None:
            event = event.numbered(highest + 1)  # noqa: PLW2901 - the numbered copy takes its place
        highest = max(highest, event.seq or 0)
        numbered.append(event)
    return tuple(numbered)


@declared
class Ticket(Declared):
    """A ticket: its id, severity and attributes at opening, and its events.

    ``opened_at`` stands for the opening event; leave it out when the events hold one.  The methods add an event and
    return a new ticket; each takes the event's other fields as keywords (``id``, ``seq``, ``recorded_at``, ``actor``,
    ``data``).

    >>> from datetime import datetime, timezone
    >>> from slaclock import Ticket
    >>> at = datetime(2026, 5, 22, 14, 0, tzinfo=timezone.utc)
    >>> ticket = Ticket(id="T-1", severity="P1", opened_at=at).respond(at.replace(hour=15)).resolve(at.replace(hour=16))
    >>> [event.kind for event in ticket.events]
    ['responded', 'resolved']
    """

    id: str = Field(min_length=1, examples=["T-1"])
    severity: str = Field(min_length=1, examples=["P1"])
    opened_at: InstantField | None = None
    attributes: FreeData = Field(default_factory=FrozenMap, examples=['{ plan = "gold" }'])
    events: Annotated[tuple[Event, ...], AfterValidator(_numbered)] = ()

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            id: str,  # noqa: A002 - the word of the files
            severity: str,
            opened_at: datetime | str | None = None,
            attributes: Mapping[str, Any] = ...,
            events: Sequence[Event | Mapping[str, Any]] = (),
        ) -> None: ...

    def add(self, *events: Event) -> Self:
        """The ticket with some more events."""
        return self.replace(events=(*self.events, *events))

    def _with(self, kind: str, at: datetime, more: Mapping[str, Any], **fields: Any) -> Self:
        return self.add(Event(kind=kind, at=at, **fields, **more))

    def acknowledge(self, at: datetime, **more: Any) -> Self:
        """Somebody has taken the ticket in."""
        return self._with("acknowledged", at, more)

    def respond(self, at: datetime, **more: Any) -> Self:
        """The customer got an answer."""
        return self._with("responded", at, more)

    def customer_reply(self, at: datetime, **more: Any) -> Self:
        """The customer wrote."""
        return self._with("customer_replied", at, more)

    def update(self, at: datetime, **more: Any) -> Self:
        """The customer was told how it stands."""
        return self._with("updated", at, more)

    def provide_workaround(self, at: datetime, **more: Any) -> Self:
        """The customer can work again, though the cause remains."""
        return self._with("workaround_provided", at, more)

    def pause(self, at: datetime, reason: str, **more: Any) -> Self:
        """Waiting begins, for a reason; several reasons may be open at once."""
        return self._with("paused", at, more, reason=reason)

    def resume(self, at: datetime, reason: str | None = None, **more: Any) -> Self:
        """Waiting for a reason, or for all of them, is over."""
        return self._with("resumed", at, more, reason=reason)

    def change_severity(self, at: datetime, severity: str, **more: Any) -> Self:
        """The ticket has another severity from now on."""
        return self._with("severity_changed", at, more, severity=severity)

    def change_attributes(self, at: datetime, attributes: Mapping[str, Any], **more: Any) -> Self:
        """Some attributes have other values from now on; the others stay."""
        return self._with("attributes_changed", at, more, attributes=attributes)

    def change_owner(self, at: datetime, owner: str, **more: Any) -> Self:
        """Somebody else works on it; no clock moves."""
        return self._with("owner_changed", at, more, data={"owner": owner})

    def resolve(self, at: datetime, **more: Any) -> Self:
        """It is solved; all pauses end."""
        return self._with("resolved", at, more)

    def reopen(self, at: datetime, **more: Any) -> Self:
        """It was not solved after all."""
        return self._with("reopened", at, more)

    def close(self, at: datetime, **more: Any) -> Self:
        """It is done with, confirmed or by time."""
        return self._with("closed", at, more)

    def cancel(self, at: datetime, **more: Any) -> Self:
        """It was no ticket after all; only reopening can follow."""
        return self._with("cancelled", at, more)

    def history(self) -> tuple[Event, ...]:
        """All events in order, the opening included."""
        if self._kept is None:
            opening = () if self.opened_at is None else (Event(kind=OPENED, at=self.opened_at, seq=0),)
            object.__setattr__(self, "_kept", tuple(sorted((*opening, *self.events), key=_order)))
        return self._kept  # type: ignore[no-any-return]


def _order(event: Event) -> tuple[int, int]:
    return event._kept, event.seq or 0
