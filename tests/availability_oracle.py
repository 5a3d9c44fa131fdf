"""Availability counted second by second: slow, plain, and sharing no code with the library.

Everything has whole seconds.  A second is in the service hours or not, excluded or not, unavailable or not; units and
stretches are looked at one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

Span = tuple[int, int]


@dataclass(frozen=True)
class Rule:
    """A formula: lengths in seconds, ``errors_above`` None for all."""

    kind: str
    unit: int | None = None
    at_least: int = 0
    errors_above: Fraction | None = None
    minimum: int = 0
    left_out: bool = False


@dataclass(frozen=True)
class Scene:
    """A period in seconds, and what is known about each second."""

    start: int
    end: int
    is_open: Callable[[int], bool]
    cuts: Sequence[Span]

    def excluded(self, second: int) -> bool:
        return any(a <= second < b for a, b in self.cuts)

    def live(self, second: int) -> bool:
        return self.is_open(second) and not self.excluded(second)


@dataclass(frozen=True)
class Counted:
    """What was counted, in seconds."""

    total: int
    lost: Fraction
    service: int
    excluded: int
    outside: int

    @property
    def value(self) -> Fraction | None:
        return 1 - self.lost / self.total if self.total else None


def counted(scene: Scene, rule: Rule, lost: Fraction) -> Counted:
    seconds = range(scene.start, scene.end)
    open_ = [second for second in seconds if scene.is_open(second)]
    excluded = sum(1 for second in open_ if scene.excluded(second))
    total = len(open_) - (excluded if rule.left_out else 0)
    return Counted(total, lost, len(open_) - excluded, excluded, len(seconds) - len(open_))


def of_outages(scene: Scene, rule: Rule, outages: Iterable[Span]) -> Counted:
    down = {second for a, b in outages for second in range(a, b)}
    return counted(scene, rule, Fraction(lost_seconds(scene, rule, down)))


def lost_seconds(scene: Scene, rule: Rule, down: set[int]) -> int:
    """How many seconds of the period count as unavailable."""
    down = {second for second in down if scene.live(second)}
    unit = rule.unit or 1
    if rule.kind == "share_of_units":
        bad = {second // unit for second in down}
        return sum(1 for s in range(scene.start, scene.end) if s // unit in bad and scene.live(s))
    whole = {unit_ * unit for unit_ in {second // unit for second in down}}
    whole = {first for first in whole if all(second in down for second in range(first, first + unit))}
    return sum(
        1
        for run in runs(second for first in whole for second in range(first, first + unit))
        if len(run) >= rule.at_least
        for second in run
        if scene.start <= second < scene.end
    )


def runs(seconds: Iterable[int]) -> list[list[int]]:
    """Seconds in a row."""
    found: list[list[int]] = []
    for second in sorted(seconds):
        if found and found[-1][-1] == second - 1:
            found[-1].append(second)
        else:
            found.append([second])
    return found


def of_samples(scene: Scene, rule: Rule, samples: Sequence[tuple[int, int, int]], every: int) -> Counted:
    """Samples are (start, attempts, failures)."""
    if rule.kind == "mean_error_rate":
        return counted(scene, rule, mean_lost(scene, rule, samples, every))
    unit = rule.unit if rule.unit and rule.kind == "share_of_time" else every
    sums: dict[int, list[int]] = {}
    for start, attempts, failures in samples:
        both = sums.setdefault(start // unit * unit if rule.kind == "share_of_time" and rule.unit else start, [0, 0])
        both[0] += attempts
        both[1] += failures
    down = {
        second
        for start, (attempts, failures) in sums.items()
        if is_down(rule, attempts, failures)
        for second in range(start, start + unit)
    }
    return counted(scene, rule, Fraction(lost_seconds(scene, rule, down)))


def is_down(rule: Rule, attempts: int, failures: int) -> bool:
    if attempts == 0 or attempts < rule.minimum:
        return False
    rate = Fraction(failures, attempts)
    return rate == 1 if rule.errors_above is None else rate > rule.errors_above


def mean_lost(scene: Scene, rule: Rule, samples: Sequence[tuple[int, int, int]], every: int) -> Fraction:
    """What a second of a sample attempted and failed is an equal part of the sample; rates are of such parts."""
    assert rule.unit is not None
    of_figure = scene.live if rule.left_out else scene.is_open
    attempted: dict[int, Fraction] = {}
    failed: dict[int, Fraction] = {}
    for start, attempts, failures in samples:
        unit = start // rule.unit
        for second in range(start, start + every):
            if of_figure(second):
                attempted[unit] = attempted.get(unit, Fraction(0)) + Fraction(attempts, every)
            if scene.live(second):
                failed[unit] = failed.get(unit, Fraction(0)) + Fraction(failures, every)
    rates = {unit: failed.get(unit, Fraction(0)) / all_ for unit, all_ in attempted.items() if all_}
    return sum(
        (rates.get(second // rule.unit, Fraction(0)) for second in range(scene.start, scene.end) if of_figure(second)),
        Fraction(0),
    )


def covered(scene: Scene, samples: Sequence[tuple[int, int, int]], every: int) -> int:
    """How many seconds of the service time samples tell of."""
    told = {second for start, _, _ in samples for second in range(start, start + every)}
    return sum(1 for second in range(scene.start, scene.end) if second in told and scene.live(second))
