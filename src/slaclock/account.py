"""A clock's time in parts: where it went, from the event that began the cycle on, and where it will go until due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from ._instant import to_us
from .calendars import BusinessCalendar, Calendar
from .intervals import clip, subtract
from .reading import Reading
from .segments import OPEN, SITES, Part, merged, named_time, site_labels


class Account:
    """Where the time of one clock went, from the event that began its cycle to its stop or the reading's instant."""

    __slots__ = ("_fold", "_reading", "begin", "end", "legs")

    def __init__(self, reading: Reading) -> None:
        self._reading, self._fold = reading, reading.fold
        policy = reading.fold.history.policy
        self.legs = tuple((leg[2].calendar or policy.calendar, leg[0]) for leg in self._fold.legs)
        self.begin = self._fold.cycle.start
        self.end = to_us(reading.as_of) if self._fold.stop is None else self._fold.stop

    def behind(self) -> list[Part]:
        """The parts up to the end."""
        parts = self._waiting(self.begin, self.end)
        marks = self._changes()
        legs, total = self._fold.legs, 0
        for at_leg, (_, start, objective, carried) in enumerate(legs):
            if at_leg:
                said = marks.pop(start, "") or f"{legs[at_leg - 1][2].key} -> {objective.key}"
                _change(parts, Part(start, start, "change", said, counted=carried - total, leg=at_leg))
            until = legs[at_leg + 1][1] if at_leg + 1 < len(legs) else self.end
            leg = self._leg(at_leg, start, min(until, self.end))
            total = carried + sum(part.counted for part in leg)
            parts += leg
        for at, said in marks.items():
            self._insert(parts, Part(at, at, "change", said, leg=len(legs) - 1))
        return parts

    def _insert(self, parts: list[Part], mark: Part) -> None:
        """Put a mark where it belongs; a part that it falls into is cut in two."""
        at = mark.start
        for i, part in enumerate(parts):
            if part.start < at < part.end:
                parts[i : i + 1] = [piece(part, self.legs, part.start, at), mark, piece(part, self.legs, at, part.end)]
                return
            if part.start >= at:
                parts.insert(i, mark)
                return
        parts.append(mark)

    def ahead(self) -> list[Part]:
        """The parts from the end to the due instant of a clock that runs, or will."""
        reading, last = self._reading, len(self._fold.legs) - 1
        if reading.due is None or reading.state not in ("pending", "running"):
            return []
        due = to_us(reading.due)
        if due <= self.end:
            return []
        return [*self._waiting(self.end, due), *self._leg(last, max(self.end, self._fold.started), due)]

    def _waiting(self, start: int, end: int) -> list[Part]:
        """The time before the clock starts: it waits for an opening, or began anew at a change."""
        fold = self._fold
        rule = fold.objective.start
        stages = ((fold.began, ""), (fold.started, "" if rule is None else rule.next_opening))
        parts = []
        for until, about in stages:
            if start < min(until, end):
                parts.append(self._part(start, min(until, end), "before_start", about, 0))
                start = min(until, end)
        return parts

    def _changes(self) -> dict[int, str]:
        """What changed while the cycle ran: severities by instant."""
        cycle, changes = self._fold.cycle, self._fold.history.changes
        said: dict[int, str] = {}
        for before, change in pairwise(changes):
            ran = change.place > cycle.first and (cycle.stop is None or change.place < cycle.last)
            if ran and change.severity != before.severity:
                said[change.at] = f"{said.get(change.at, before.severity)} -> {change.severity}"
        return said

    def _leg(self, at_leg: int, start: int, end: int) -> list[Part]:
        """The parts of a leg: its calendar's time, less the pauses and the stretches in which the clock was stopped."""
        if start >= end:
            return []
        calendar = self.legs[at_leg][1]
        sites = _site_names(calendar, self._fold.history.policy.calendars)
        blocks = merged(sorted([*self._pauses(at_leg, start, end), *self._halts(at_leg, start, end)]))
        parts = list(blocks)
        for a, b in subtract([(start, end)], [block[:2] for block in blocks]):
            found = named_time(calendar, a, b)
            parts += [_on_leg(part, at_leg, sites) for part in found] if at_leg or sites else found
        return sorted(parts)

    def _pauses(self, at_leg: int, start: int, end: int) -> Iterator[Part]:
        """The pauses, cut where the reasons change."""
        history, metric = self._fold.history, self._fold.cycle.metric
        for a, b in clip(self._fold.pauses, start, end):
            edges = [a, *(at for at, _ in history.reasons if a < at < b), b]
            for low, high in pairwise(edges):
                if low < high:
                    reasons = ", ".join(history.stopped_by(metric, low))
                    yield self._part(low, high, "paused", reasons, at_leg)

    def _halts(self, at_leg: int, start: int, end: int) -> Iterator[Part]:
        """The stretches in which the clock was stopped, before it ran on."""
        halts = clip(sorted((halt.start, halt.end) for halt in self._fold.cycle.halts), start, end)
        for a, b in subtract(halts, self._fold.pauses):
            yield self._part(a, b, "stopped", "", at_leg)

    def _part(self, start: int, end: int, kind: str, about: str, at_leg: int) -> Part:
        open_ = 0 if kind == "before_start" else self.legs[at_leg][1]._kept.open.elapsed(start, end)
        return Part(start, end, kind, about, open=open_, leg=at_leg)


def _change(parts: list[Part], mark: Part) -> None:
    """Put a change at the end; of several at one instant, the first says all and the last says on which leg."""
    last = parts[-1] if parts else None
    if last is not None and last.kind == "change" and last.start == mark.start:
        parts[-1] = last._replace(counted=last.counted + mark.counted, leg=mark.leg)
    else:
        parts.append(mark)


def _on_leg(part: Part, at_leg: int, sites: Mapping[str, str]) -> Part:
    """The calendar's time on a leg, sites by the names that the policy gives them."""
    shown = SITES.join(sites.get(site, site) for site in part.site.split(SITES))
    return part._replace(site=shown, leg=at_leg)


def _site_names(calendar: Calendar, named: Mapping[str, Calendar]) -> dict[str, str]:
    """The names that a policy gives to the sites of a composite, by their labels; of two, the first by the alphabet."""
    if isinstance(calendar, BusinessCalendar):
        return {}
    names: dict[str, str] = {}
    for label, part in zip(site_labels(calendar), calendar.parts, strict=True):
        own = min((name for name, each in named.items() if each == part), default=None)
        names |= _site_names(part, named) if own is None else {}
        if own is not None:
            names[label] = own
    return names


def piece(part: Part, legs: Sequence[tuple[str, Calendar]], start: int, end: int) -> Part:
    """What of a part lies between two instants, with its share of working time."""
    if part.kind == OPEN:
        return part._replace(start=start, end=end, counted=end - start, open=end - start)
    open_ = legs[part.leg][1]._kept.open.elapsed(start, end) if part.open else 0
    return part._replace(start=start, end=end, open=open_)
