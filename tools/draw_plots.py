"""Draws the pictures of docs/guides/plots.md anew, light and dark: `python tools/draw_plots.py`.

They are of the real incidents in examples/data, judged by the policy of the demo. Needs the extras plot and demo.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from slaclock import Evaluation, Policy, plot

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "examples" / "incident_log"))
demo: Any = import_module("demo")  # an example beside its data, and no module of the package
PICTURES = ROOT / "docs" / "guides" / "plots"
STYLES = {"light": "default", "dark": "dark_background"}
# The middle of the log: some incidents run, some wait, some are solved.
THEN = datetime(2016, 3, 9, 15, 0, tzinfo=UTC)


def pictures() -> dict[str, Callable[[], Axes]]:
    """What is drawn, by the name of its file."""
    policy = Policy.load(demo.POLICY)
    objectives = [
        each.replace(attainment="80%") if (each.metric, each.kind) == ("resolution", "commitment") else each
        for each in policy.objectives
    ]
    policy = policy.replace(objectives=objectives)
    tickets = [demo.to_ticket(facts) for facts in demo.read_facts().values()]
    results = demo.evaluate_all(policy, tickets)
    then = some(demo.evaluate_all(policy, tickets, THEN))
    return {
        "timelines": lambda: plot.timelines(then, metric="resolution"),
        "attainment": lambda: plot.attainment(results, metric="resolution"),
        "elapsed": lambda: plot.elapsed(results, metric="resolution", severity="P2"),
        "breaches": lambda: plot.breaches(results, metric="resolution"),
    }


def some(results: list[Evaluation]) -> list[Evaluation]:
    """A few that run or wait, and a few that are solved."""
    opened = [result for result in results if len(result)]
    open_ = [result for result in opened if result["resolution"].state != "stopped"]
    solved = [result for result in opened if result["resolution"].state == "stopped"]
    return [*open_[3:13], *solved[::20][:8]]


def main() -> None:
    """Draw each in both styles."""
    mpl.use("Agg")
    PICTURES.mkdir(exist_ok=True)
    for name, draw in pictures().items():
        for ground, style in STYLES.items():
            with plt.style.context(style):
                draw()
                # Without the version of the library, which would make another file of the same picture.
                plt.savefig(PICTURES / f"{name}-{ground}.png", dpi=110, metadata={"Software": None})
                plt.close()


if __name__ == "__main__":
    main()
