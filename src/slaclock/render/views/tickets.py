"""The view of a ticket: its events in order."""

from __future__ import annotations

from ...events import Event, Ticket
from ..catalogue import Catalogue
from ..columns import filled_table
from ..moments import Speaker
from ..names import clean, event_name, free_text
from ..view import Facts, Row, Table, View


def ticket_sentence(c: Catalogue, ticket: Ticket) -> str:
    """As ``T-1 (P2): opened Fri 22 May 2026 14:00 UTC, resolved Tue 26 May 09:00; 3 events``."""
    say, history = Speaker(c), ticket.history()
    ends = [history[0], history[-1]] if len(history) > 1 else list(history)
    said = [c("ticket.happened", event=event_name(c, event.kind), at=say.at(event.at)) for event in ends]
    count = c.count("ticket.events", len(history))
    what = c("sentence.then", first=c("sentence.comma").join(said), then=count) if said else count
    return c.ended(c("sentence.says", subject=_name(c, ticket), what=what))


def _name(c: Catalogue, ticket: Ticket) -> str:
    return c("ticket.name", ticket=clean(ticket.id), severity=clean(ticket.severity))


def ticket_view(c: Catalogue, ticket: Ticket) -> View:
    """Its events, with what each says."""
    facts = [(c("fact.attributes"), free_text(c, ticket.attributes))] if ticket.attributes else []
    return View(
        title=c("title.ticket", ticket=_name(c, ticket)),
        says=(ticket_sentence(c, ticket),),
        parts=(*([Facts(tuple(facts))] if facts else []), *([_events(c, ticket)] if ticket.history() else [])),
    )


def _events(c: Catalogue, ticket: Ticket) -> Table:
    say = Speaker(c)
    known = Speaker(c)
    rows = [
        Row((
            say.at(event.at),
            event_name(c, event.kind),
            _details(c, event),
            clean(event.actor or ""),
            "" if event.recorded_at is None else known.at(event.recorded_at),
        ), event.kind)
        for event in ticket.history()
    ]  # fmt: skip
    return filled_table(c, "events", ("at", "event", "details", "actor", "recorded_at"), rows)


def _details(c: Catalogue, event: Event) -> str:
    said = [clean(each) for each in (event.reason, event.severity) if each]
    said += [free_text(c, each) for each in (event.attributes, event.data) if each]
    return c("list.semicolon").join(said)
