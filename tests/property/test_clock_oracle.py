"""Clocks against the oracle, field by field."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from clock_strategies import Menu, Scene, scenes
from hypothesis import assume, given

from clock_oracle import Answer, Impossible, NoMatch, instant
from slaclock import HistoryError, NoMatchError, Reading

US = timedelta(microseconds=1)
AMOUNTS = ("elapsed", "overrun", "late_by", "wall_elapsed", "paused", "paused_wall")
INSTANTS = ("started_at", "stopped_at", "breached_at", "due", "breach_at")
PLAIN = ("kind", "severity", "state", "ticking", "verdict", "rejudged", "missed")

# Corners in which the library is known to differ from DESIGN, each with a test of its own below.
KNOWN = {
    "nothing carried",
    "earliest at the start",
    "only paused while resolved",
    "promised by a change",
    "due while paused",
    "exceeded while paused",
}


def at(when: datetime | None) -> int | None:
    return None if when is None else instant(when)


def told(reading: Reading) -> dict[str, Any]:
    """A reading in the oracle's units."""
    rows = [(e.key, e.objective, at(e.at), e.fired) for e in reading.escalations]
    return {
        **{name: getattr(reading, name) for name in PLAIN},
        **{name: getattr(reading, name) // US for name in AMOUNTS},
        **{name: at(getattr(reading, name)) for name in INSTANTS},
        "budget": None if reading.budget is None else reading.budget // US,
        "remaining": None if reading.remaining is None else reading.remaining // US,
        "escalations": sorted(rows, key=str),
    }


def expected(answer: Answer) -> dict[str, Any]:
    rows = [(e.key, e.objective, e.at, e.fired) for e in answer.escalations]
    names = (*PLAIN, *AMOUNTS, *INSTANTS, "budget", "remaining")
    return {**{name: getattr(answer, name) for name in names}, "escalations": sorted(rows, key=str)}


def differences(scene: Scene) -> list[str]:
    """Where the two tell different things; nothing is asked of corners that are known to differ."""
    try:
        case = scene.case()
        answers = case.answers()
    except (NoMatch, Impossible) as error:
        with pytest.raises((NoMatchError, HistoryError) if isinstance(error, NoMatch) else HistoryError):
            scene.evaluate()
        return []
    assume(not case.notes & KNOWN)
    readings = {(r.metric, r.objective, r.cycle): r for r in scene.evaluate()}
    lines = [f"only the library: {key}" for key in sorted(readings.keys() - answers.keys())]
    lines += [f"only the oracle: {key}" for key in sorted(answers.keys() - readings.keys())]
    for key in sorted(answers.keys() & readings.keys()):
        left, right = told(readings[key]), expected(answers[key])
        lines += [f"{key} {name}: library {left[name]}, oracle {right[name]}" for name in left if left[name] != right[name]]
    return lines
