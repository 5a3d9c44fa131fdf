"""A history replayed: what state a ticket was in, and when each metric's clock started, stood and stopped.

This half of the fold knows events and metrics, and nothing of objectives, calendars or time used.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ._instant import to_us
from .clock import FOREVER
from .errors import HistoryError
from .events import OPENED, Event, Ticket
from .index import Index
from .intervals import Interval
from .metrics import Metric
from .policy import Policy

_STATUS_KINDS = frozenset({OPENED, "resolved", "reopened", "closed", "cancelled"})
_DOUBTED = frozenset({OPENED, "reopened", "resumed", "severity_changed"})  # what may be impossible while open
_MOVES_PAUSES = frozenset({"paused", "resumed", "resolved", "closed", "cancelled"})
_MOVES_NOTHING = frozenset({"owner_changed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """Something odd in a history: a stable code, the event (if it is about one), and a sentence."""

    code: str
    message: str
    event: Event | None = None


class Halt(NamedTuple):
    """A stretch in which a cycle was stopped, before it ran on: instants, and places in the history."""

    start: int
    end: int
    first: int
    last: int


@dataclass(slots=True)
class Cycle:
    """One run of a metric's clock; ``first`` and ``last`` are the places in the history of its start and stop."""

    metric: str
    number: int
    start: int
    first: int
    stop: int | None = None
    last: int = -1
    stopped_by: str = ""
    halts: list[Halt] = field(default_factory=list)


class Change(NamedTuple):
    """What held of a ticket from a place in its history on."""

    place: int
    at: int
    severity: str
    attributes: Mapping[str, Any]


class Track:
    """One metric's clock along a history: its cycles, and the pauses that stopped it."""

    __slots__ = ("_index", "cycles", "metric", "moved_by", "name", "paused_since", "pauses", "rule", "waiting")

    def __init__(self, index: Index, name: str) -> None:
        self._index, self.name = index, name
        self.metric: Metric = index.metrics[name]
        self.rule = index.reopening[name]
        self.moved_by = index.moved_by[name]
        self.cycles: list[Cycle] = []
        self.pauses: list[Interval] = []
        self.paused_since: int | None = None
        self.waiting = False  # a start came while the ticket was not open, or before the clock it waits for stopped

    @property
    def running(self) -> bool:
        """Whether a cycle is begun and not stopped."""
        return bool(self.cycles) and self.cycles[-1].stop is None

    @property
    def has_stopped(self) -> bool:
        """Whether the clock ran and stands."""
        return bool(self.cycles) and self.cycles[-1].stop is not None

    def apply(self, event: Event, place: int, was_open: bool, gate: Track | None) -> bool:
        """What an event does to the clock; whether it does anything."""
        done = False
        if event.kind in self.metric.stops or event.kind == "cancelled":
            done = self._stop(event, place)
        if event.kind == "reopened":
            done = self._reopen(event, place) or done
        if event.kind in self.metric.starts and not (self.metric.cycles == "one" and self.cycles) and not self.running:
            self.waiting = done = True
            was_open = was_open or event.kind in _STATUS_KINDS
        if self.waiting and (was_open or event.kind == "reopened") and (gate is None or gate.has_stopped):
            done = self._start(event, place)
        return done

    def _start(self, event: Event, place: int) -> bool:
        self.waiting = False
        if self.running:
            return False
        self.cycles.append(Cycle(self.name, len(self.cycles) + 1, event._kept, place))
        return True

    def _stop(self, event: Event, place: int) -> bool:
        waited, self.waiting = self.waiting, False
        if not self.running:
            return waited
        cycle = self.cycles[-1]
        cycle.stop, cycle.last, cycle.stopped_by = event._kept, place, event.kind
        return True

    def _reopen(self, event: Event, place: int) -> bool:
        if not self.has_stopped or self.cycles[-1].stopped_by in self.metric.final_stops or self.rule == "ignore":
            return False
        if self.rule == "new_cycle":
            return self._start(event, place)
        cycle = self.cycles[-1]
        assert cycle.stop is not None
        cycle.halts.append(Halt(cycle.stop, event._kept, cycle.last, place))
        cycle.stop, cycle.stopped_by = None, ""
        return True

    def note_pauses(self, reasons: Collection[str], at: int) -> None:
        """Record when the open reasons begin and cease to stop the clock."""
        stands = bool(reasons) and any(self._index.stops(reason, self.name) for reason in reasons)
        if stands and self.paused_since is None:
            self.paused_since = at
        elif not stands and self.paused_since is not None:
            if at > self.paused_since:
                self.pauses.append((self.paused_since, at))
            self.paused_since = None

    def all_pauses(self) -> list[Interval]:
        """The pauses so far; one still open ends FOREVER."""
        return self.pauses if self.paused_since is None else [*self.pauses, (self.paused_since, FOREVER)]


class History:
    """A ticket's events replayed up to an instant."""

    __slots__ = (
        "_ids", "_index", "_place", "_reasons", "_status", "_strict", "_was_paused",
        "anomalies", "changes", "opened", "reasons", "tracks",
    )  # fmt: skip

    def __init__(self, index: Index, ticket: Ticket, as_of: int, known_at: int | None, strict: bool) -> None:
        index.check_severity(ticket.severity)
        self._index, self._strict = index, strict
        self.tracks = {name: Track(index, name) for name in index.timed}
        self.anomalies: list[Anomaly] = []
        self.opened: int | None = None
        self.reasons: list[tuple[int, tuple[str, ...]]] = []  # the reasons open from an instant on
        self._status = ""
        self._reasons: dict[str, None] = {}
        self._was_paused = False
        self._ids: dict[str, Event] = {}
        self.changes = [Change(-1, 0, ticket.severity, ticket.attributes)]
        events = ticket.history()
        if not (events and events[0].kind == OPENED) and all(event.kind != OPENED for event in events):
            self._object("never_opened", f"ticket {ticket.id!r} was never opened", None)
        for self._place, event in enumerate(events):
            if event._kept <= as_of and (known_at is None or _known(event) <= known_at):
                self._replay(event)

    @property
    def policy(self) -> Policy:
        """The policy by whose metrics it was replayed."""
        return self._index.policy

    def stopped_by(self, metric: str, at: int) -> tuple[str, ...]:
        """The open reasons that stop a metric's clock from an instant on."""
        held = [reasons for since, reasons in self.reasons if since <= at]
        return tuple(reason for reason in held[-1] if self._index.stops(reason, metric)) if held else ()

    def state_at(self, place: int) -> Change:
        """What held at a place in the history."""
        # The first change, what held at opening, lies before every place.
        if len(self.changes) == 1:
            return self.changes[0]
        return [change for change in self.changes if change.place <= place][-1]

    def _replay(self, event: Event) -> None:
        if (event.id is not None and self._is_repeat(event, event.id)) or not self._is_possible(event):
            return
        was_open = self._status == "open"
        done = self._change_state(event)
        pauses_change = done and event.kind in _MOVES_PAUSES
        if pauses_change:
            self.reasons.append((event._kept, tuple(self._reasons)))
        for track in self.tracks.values():
            if event.kind in track.moved_by or track.waiting:
                done = track.apply(event, self._place, was_open, self.tracks.get(track.metric.after)) or done
            if pauses_change:
                track.note_pauses(self._reasons, event._kept)
        if not done and event.kind not in _MOVES_NOTHING:
            self.anomalies.append(Anomaly(code="no_effect", message=f"{_say(event)} changes nothing", event=event))

    def _is_repeat(self, event: Event, name: str) -> bool:
        known = self._ids.setdefault(name, event)
        if known is event:
            return False
        if known.content() != event.content():
            self._object("id_conflict", f"two different events have the id {event.id!r}", event)
        return True

    def _is_possible(self, event: Event) -> bool:
        if self._status == "open" and event.kind not in _DOUBTED:
            return True
        trouble = self._impossible(event)
        if trouble:
            self._object("impossible", f"{_say(event)}: {trouble}", event)
            return False
        if event.kind == "severity_changed" and event.severity not in self._index.severities:
            if self._strict:
                self._index.check_severity(str(event.severity), f"{_say(event)}: ")
            self._object("unknown_severity", f"{_say(event)}: no severity {event.severity!r}", event)
            return False
        return True

    def _impossible(self, event: Event) -> str:
        kind, status = event.kind, self._status
        if not status and kind != OPENED:
            return "the ticket is not opened yet"
        if status and kind == OPENED:
            return "the ticket is opened already"
        if status == "cancelled" and kind != "reopened":
            return "the ticket is cancelled; it can only be reopened"
        if status == "open" and kind == "reopened":
            return "the ticket is open"
        if kind == "resumed" and not self._was_paused:
            return "nothing has been paused so far"
        return ""

    def _object(self, code: str, message: str, event: Event | None) -> None:
        if self._strict:
            raise HistoryError(message, event=event)
        self.anomalies.append(Anomaly(code=code, message=message, event=event))

    def _change_state(self, event: Event) -> bool:
        change = _STATE.get(event.kind)
        return change is not None and change(self, event)

    # -- one method an event kind that changes the ticket's state -------------------------------------------

    def _open(self, event: Event) -> bool:
        self._status, self.opened = "open", event._kept
        return True

    def _pause(self, event: Event) -> bool:
        reason = str(event.reason)
        self._was_paused = True
        if self._status != "open" or reason in self._reasons:
            return False
        self._reasons[reason] = None
        return True

    def _resume(self, event: Event) -> bool:
        if event.reason is None:
            done = bool(self._reasons)
            self._reasons.clear()
            return done
        return event.reason in self._reasons and self._reasons.pop(event.reason) is None

    def _end(self, event: Event) -> bool:
        ends = {"resolved": ("open",), "closed": ("open", "resolved"), "cancelled": ("open", "resolved", "closed")}
        if self._status not in ends[event.kind]:
            return False
        self._status = event.kind
        self._reasons.clear()
        return True

    def _reopen(self, _: Event) -> bool:
        self._status = "open"
        return True

    def _change_severity(self, event: Event) -> bool:
        return self._note_change(event, str(event.severity), self.changes[-1].attributes)

    def _change_attributes(self, event: Event) -> bool:
        last = self.changes[-1]
        return self._note_change(event, last.severity, {**last.attributes, **(event.attributes or {})})

    def _note_change(self, event: Event, severity: str, attributes: Mapping[str, Any]) -> bool:
        last = self.changes[-1]
        if (severity, attributes) == (last.severity, last.attributes):
            return False
        self.changes.append(Change(self._place, event._kept, severity, attributes))
        return True


_STATE = {
    OPENED: History._open,
    "paused": History._pause,
    "resumed": History._resume,
    "resolved": History._end,
    "closed": History._end,
    "cancelled": History._end,
    "reopened": History._reopen,
    "severity_changed": History._change_severity,
    "attributes_changed": History._change_attributes,
}


def _known(event: Event) -> int:
    """When an event became known: when it was recorded, or, not being said, when it happened."""
    return event._kept if event.recorded_at is None else to_us(event.recorded_at)


def _say(event: Event) -> str:
    return f"{event.kind} at {event.at.isoformat()}"
