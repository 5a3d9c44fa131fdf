"""Clocks against the oracle, field by field."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from clock_strategies import Menu, Scene

from clock_oracle import Answer, Impossible, NoMatch, instant
from slaclock import HistoryError, NoMatchError, Reading

EVERYTHING = Menu()


def told(reading: Reading) -> dict[str, Any]:
    """A reading in the oracle's units."""
    us = timedelta(microseconds=1)

    def at(when: datetime | None) -> int | None:
        return None if when is None else instant(when)

    return {
        "kind": reading.kind,
        "state": reading.state,
        "ticking": reading.ticking,
        "verdict": reading.verdict,
        "rejudged": reading.rejudged,
        "started_at": at(reading.started_at),
        "stopped_at": at(reading.stopped_at),
        "budget": None if reading.budget is None else reading.budget // us,
        "elapsed": reading.elapsed // us,
        "remaining": None if reading.remaining is None else reading.remaining // us,
        "overrun": reading.overrun // us,
        "due": at(reading.due),
        "breach_at": at(reading.breach_at),
        "paused": reading.paused // us,
        "paused_wall": reading.paused_wall // us,
        "escalations": sorted(
            (e.key, e.objective, -1 if at(e.at) is None else at(e.at), e.fired) for e in reading.escalations
        ),
    }


def expected(answer: Answer) -> dict[str, Any]:
    names = (
        "kind",
        "state",
        "ticking",
        "verdict",
        "rejudged",
        "started_at",
        "stopped_at",
        "budget",
        "elapsed",
        "remaining",
        "overrun",
        "due",
        "breach_at",
        "paused",
        "paused_wall",
    )
    rows = sorted((e.key, e.objective, -1 if e.at is None else e.at, e.fired) for e in answer.escalations)
    return {**{name: getattr(answer, name) for name in names}, "escalations": rows}


def differences(scene: Scene) -> list[str]:
    try:
        answers = scene.case().answers()
    except (NoMatch, Impossible) as error:
        with pytest.raises(NoMatchError if isinstance(error, NoMatch) else HistoryError):
            scene.evaluate()
        return []
    readings = {(r.metric, r.objective, r.cycle): r for r in scene.evaluate()}
    lines = [f"only the library: {key}" for key in sorted(readings.keys() - answers.keys())]
    lines += [f"only the oracle: {key}" for key in sorted(answers.keys() - readings.keys())]
    for key in sorted(answers.keys() & readings.keys()):
        left, right = told(readings[key]), expected(answers[key])
        lines += [
            f"{key} {name}: library {left[name]}, oracle {right[name]}" for name in left if left[name] != right[name]
        ]
    return lines
