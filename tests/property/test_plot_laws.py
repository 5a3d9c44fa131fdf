"""What pictures take for granted of every reading."""

from __future__ import annotations

from clock_strategies import Menu, Scene, scenes
from hypothesis import assume, given

from clock_oracle import NoMatch


@given(scenes(Menu(lenient=True)))
def test_what_is_judged_has_a_due_instant_and_one_at_which_it_was_decided(scene: Scene) -> None:
    """CLK-5, CLK-13: paused or not, changed or not; so every judged clock has its month."""
    try:
        scene.case()
    except NoMatch:
        assume(False)
    for reading in scene.evaluate():
        if reading.verdict in ("met", "breached"):
            assert reading.due is not None
            assert (reading.breached_at if reading.breached else reading.stopped_at) is not None
