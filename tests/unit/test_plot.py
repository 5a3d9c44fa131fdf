"""What is drawn, held against tables made by hand: bars, counts, places.  Whether it is pretty, people judge."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from demo_script import demo
from slaclock import (
    Evaluation,
    PlotError,
    Policy,
    PolicyError,
    ReadingError,
    Ticket,
    UnknownSeverityError,
    bulk,
    evaluate,
    plot,
)

HOUR, MINUTE, MICROSECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """Settings are as they were; figures are closed."""
    before = dict(mpl.rcParams)
    yield
    plt.close("all")
    assert dict(mpl.rcParams) == before


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def policy(*objectives: dict[str, Any], zone: str = "UTC", **more: Any) -> Policy:
    data = {
        "name": "desk",
        "calendar": "desk",
        "calendars": {
            "desk": {"timezone": zone, "hours": {"mon-fri": ["09:00-17:00"]}},
            "always": {"timezone": zone, "hours": {"daily": ["00:00-24:00"]}},
            "tokyo": {"timezone": "Asia/Tokyo", "hours": {"daily": ["00:00-24:00"]}},
        },
        "severities": [{"key": "P1"}, {"key": "P2"}],
        "objectives": [{"severity": "P1", **objective} for objective in objectives],
        **more,
    }
    return Policy.from_dict(data)


EIGHT = policy({"metric": "resolution", "within": "8h", "attainment": "70%"}, {"metric": "closure"})


def judged(by: Policy, *tickets: Ticket, as_of: str = "2026-07-01") -> list[Evaluation]:
    return [evaluate(by, ticket, as_of=at(as_of)) for ticket in tickets]


def ticket(number: int, opened: str, resolved: str | None = None, severity: str = "P1") -> Ticket:
    made = Ticket(id=f"T-{number}", severity=severity, opened_at=at(opened))
    return made if resolved is None else made.resolve(at(resolved))


def bars(ax: Axes) -> list[tuple[float, float]]:
    """Where each bar begins, and how high it is."""
    return [(round(bar.get_x(), 6), bar.get_height()) for bar in ax.patches]


def ticks(ax: Axes) -> list[str]:
    return [label.get_text() for label in ax.get_xticklabels()]


def said(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


# -- attainment --------------------------------------------------------------------------------------------

# Eight hours of a desk open from nine to five, Monday to Friday. 30 January 2026 is a Friday.
WINTER = (
    ticket(1, "2026-01-30T10:00", "2026-01-30T12:00"),  # met in January, was due on Monday, 2 February, 10:00
    ticket(2, "2026-01-30T15:00", "2026-02-02T12:00"),  # met in February, was due that day at 15:00
    ticket(3, "2026-01-30T10:00"),  # broke on 2 February at 10:00, and still runs
    ticket(4, "2026-01-29T16:00", "2026-02-03T12:00"),  # broke on 30 January at 16:00
    ticket(5, "2026-02-27T16:00", "2026-02-27T16:30"),  # met in February, was due on Monday, 2 March, 16:00
    ticket(6, "2026-02-10T10:00").pause(at("2026-02-10T11:00"), reason="customer"),  # neither: it waits
    ticket(7, "2026-02-10T10:00").cancel(at("2026-02-10T11:00")),  # neither: it was none
    ticket(8, "2026-05-05T09:00", "2026-05-05T17:00"),  # met with nothing to spare, two months later
)


def test_attainment_by_the_month_in_which_it_was_decided() -> None:
    """CLK-13: met counts when it stopped, breached when it broke."""
    ax = plot.attainment(judged(EIGHT, *WINTER), metric="resolution")
    assert ticks(ax) == ["2026-01\n1/2", "2026-02\n2/3", "2026-03\n0/0", "2026-04\n0/0", "2026-05\n1/1"]
    assert bars(ax) == [(-0.4, 50.0), (0.6, 200 / 3), (3.6, 100.0)]  # a month without judged clocks has no bar
    assert ax.get_xlabel() == "month in which it was decided (UTC)"
    assert ax.get_title(loc="left") == "Attainment by month: resolution"
    assert ax.get_ylim() == (0, 103)


def test_attainment_by_the_month_in_which_it_was_due() -> None:
    """R-5."""
    ax = plot.attainment(judged(EIGHT, *WINTER), metric="resolution", by="due")
    assert ticks(ax) == ["2026-01\n0/1", "2026-02\n2/3", "2026-03\n1/1", "2026-04\n0/0", "2026-05\n1/1"]
    assert [height for _, height in bars(ax)] == [0.0, 200 / 3, 100.0, 100.0]
    assert ax.get_xlabel() == "month in which it was due (UTC)"


def test_the_promised_attainment_is_a_line_and_what_is_below_is_hatched() -> None:
    """POL-6: 70 % are promised; two of three are less than that."""
    ax = plot.attainment(judged(EIGHT, *WINTER), metric="resolution")
    (line,) = ax.lines
    assert list(line.get_ydata()) == [70.0, 70.0] and said(ax) == ["promised 70 %"]
    assert [bar.get_hatch() for bar in ax.patches] == ["///", "///", ""]
    below, _, above = (to_hex(bar.get_facecolor()) for bar in ax.patches)
    assert below != above
    ax = plot.attainment(judged(EIGHT, *WINTER), metric="resolution", promised="50%")
    assert said(ax) == ["promised 50 %"] and [bar.get_hatch() for bar in ax.patches] == ["", "", ""]  # half is half
    for promised in (Fraction(1, 2), Decimal("0.5")):
        assert said(plot.attainment(judged(EIGHT, *WINTER), promised=promised)) == ["promised 50 %"]
    with pytest.raises(PolicyError, match="promised: not a share above 0 and up to 1: 0.5"):
        plot.attainment(judged(EIGHT, *WINTER), promised=0.5)  # type: ignore[arg-type]


def test_promises_that_differ_are_lines_without_hatching() -> None:
    two = policy(
        {"metric": "resolution", "within": "8h", "attainment": "99.2%"},
        {"severity": "P2", "metric": "resolution", "within": "8h", "attainment": "90%"},
    )
    results = judged(two, ticket(1, "2026-01-05T09:00"), ticket(2, "2026-01-05T09:00", "2026-01-05T10:00", "P2"))
    ax = plot.attainment(results, metric="resolution")
    assert said(ax) == ["promised 90 %", "promised 99.2 %"] and ticks(ax) == ["2026-01\n1/2"]
    assert [bar.get_hatch() for bar in ax.patches] == [""]
    only = plot.attainment(results, metric="resolution", severity="P2")
    assert ticks(only) == ["2026-01\n1/1"] and said(only) == ["promised 90 %"]
    assert only.get_title(loc="left") == "Attainment by month: resolution, P2"


def test_months_are_local() -> None:
    """R-6: of each calendar's zone, or of one that is named."""
    night = policy(
        {"metric": "resolution", "within": "8h", "calendar": "always"},
        {"severity": "P2", "metric": "resolution", "within": "8h", "calendar": "tokyo"},
    )
    one, two = (
        ticket(1, "2026-01-31T14:00", "2026-01-31T15:30"),
        ticket(2, "2026-01-31T14:00", "2026-01-31T15:30", "P2"),
    )
    results = judged(night, one, two)
    ax = plot.attainment(results, metric="resolution")
    assert ticks(ax) == ["2026-01\n1/1", "2026-02\n1/1"]  # half past midnight in Tokyo
    assert ax.get_xlabel() == "month in which it was decided (each calendar's zone)"
    assert ticks(plot.attainment(results, metric="resolution", zone="Asia/Tokyo")) == ["2026-02\n2/2"]
    ax = plot.attainment(results, metric="resolution", zone="America/New_York", by="due")
    assert ticks(ax) == ["2026-01\n2/2"] and ax.get_xlabel() == "month in which it was due (America/New_York)"


def test_every_cycle_and_kind_counts_by_itself() -> None:
    """CLK-14: a commitment and its aim are not two promises of one sort."""
    both = policy(
        {"metric": "resolution", "within": "8h"},
        {"metric": "resolution", "within": "1h", "kind": "aim"},
        on_reopen="new_cycle",
    )
    again = ticket(1, "2026-01-05T09:00", "2026-01-05T11:00").reopen(at("2026-01-06T09:00"))
    results = judged(both, again)
    assert ticks(plot.attainment(results)) == ["2026-01\n1/2"]
    ax = plot.attainment(results, kind="aim")
    assert ticks(ax) == ["2026-01\n0/2"] and ax.get_title(loc="left") == "Attainment by month: aim"


@pytest.mark.parametrize(
    "results",
    [[], judged(EIGHT, WINTER[5], WINTER[6]), judged(EIGHT, ticket(1, "2026-08-03T09:00"))],
    ids=["no tickets", "none judged", "opened later"],
)
def test_no_attainment(results: list[Evaluation]) -> None:
    """CLK-13: a share of nothing is no number."""
    ax = plot.attainment(results)
    assert said(ax) == ["no clock is judged"] and not ax.patches and not ax.get_xticks().size


def test_many_months_stay_legible() -> None:
    results = judged(EIGHT, ticket(1, "2016-01-05T09:00"), ticket(2, "2026-01-05T09:00"))
    ax = plot.attainment(results)
    labels = ax.get_xticklabels()
    assert labels[0].get_text() == "2016-01  0/1" and labels[0].get_rotation() == 90
    ax.figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in labels]
    assert all(left.x1 <= right.x0 for left, right in zip(boxes, boxes[1:], strict=False))
    assert len(ax.patches) == 2


@pytest.mark.parametrize("months", [2, 5, 12])
def test_upright_labels_do_not_touch(months: int) -> None:
    results = judged(EIGHT, ticket(1, "2025-01-07T09:00"), ticket(2, f"2025-{months:02}-07T09:00"))
    ax = plot.attainment(results * 800)
    ax.figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in ax.get_xticklabels()]
    assert len(boxes) == months and ax.get_xticklabels()[0].get_rotation() == 0
    assert all(left.x1 < right.x0 for left, right in zip(boxes, boxes[1:], strict=False))


# -- elapsed -----------------------------------------------------------------------------------------------


def used(*hours: float, by: Policy | None = None, severity: str = "P1") -> list[Evaluation]:
    """Tickets solved after so many hours round the clock, of eight."""
    by = by or policy({"metric": "resolution", "within": "8h", "calendar": "always"})
    opened = at("2026-01-05T00:00")
    tickets = [
        Ticket(id=f"T-{i}", severity=severity, opened_at=opened).resolve(opened + hour * HOUR)
        for i, hour in enumerate(hours)
    ]
    return judged(by, *tickets)


def test_elapsed_against_the_target() -> None:
    """R-5: bars of 48 minutes, each with its right edge; exactly the target is not beyond it."""
    ax = plot.elapsed(used(0, 0.8, 1, 4, 7.9, 8), metric="resolution")
    heights = dict(bars(ax))
    assert len(heights) == 12
    # 0 h and 0.8 h are in the first bar, 1 h in the second, 4 h ends the fifth, 7.9 h and 8 h are in the tenth.
    assert {left: height for left, height in heights.items() if height} == {0.0: 2, 0.8: 1, 3.2: 1, 7.2: 2}
    assert said(ax) == ["target 8h", "beyond the target: 0 of 6 (0.0 %)"]
    (line,) = ax.lines
    assert line.get_xdata() == pytest.approx([8, 8])
    assert ticks(ax) == ["0", "4h", "8h"] and ax.get_xlabel() == "working time used"
    assert ax.get_ylabel() == "clocks" and ax.get_title(loc="left") == "Working time used: resolution"


def test_a_microsecond_more_is_beyond_the_target() -> None:
    """R-1, R-5."""
    opened = at("2026-01-05T00:00")
    late = Ticket(id="T-9", severity="P1", opened_at=opened).resolve(opened + 8 * HOUR + MICROSECOND)
    by = policy({"metric": "resolution", "within": "8h", "calendar": "always"})
    ax = plot.elapsed(judged(by, late), metric="resolution")
    assert {left: height for left, height in bars(ax) if height} == {8.0: 1}
    assert said(ax)[1] == "beyond the target: 1 of 1 (100.0 %)"
    tenth, eleventh = ax.patches[9], ax.patches[10]
    assert (tenth.get_hatch(), eleventh.get_hatch()) == ("", "///")
    assert tenth.get_facecolor() != eleventh.get_facecolor()


def test_what_lies_far_out_is_one_bar_apart() -> None:
    """Three targets are 24 hours."""
    ax = plot.elapsed(used(1, 24, 24.1, 800), metric="resolution")
    assert len(ax.patches) == 31
    assert {left: height for left, height in bars(ax) if height} == {0.8: 1, 23.2: 1, 25.6: 2}
    assert ticks(ax) == ["0", "4h", "8h", "12h", "16h", "20h", "24h", "more"]
    assert said(ax)[1] == "beyond the target: 3 of 4 (75.0 %)"


def test_budgets_that_differ_are_shown_in_percent() -> None:
    """R-4: each clock against its own budget."""
    two = policy(
        {"metric": "resolution", "within": "8h", "calendar": "always"},
        {"severity": "P2", "metric": "resolution", "within": "20h", "calendar": "always"},
    )
    ax = plot.elapsed([*used(4, 9, by=two), *used(4, 20, by=two, severity="P2")], metric="resolution")
    # 50 %, 112.5 %, 20 % and 100 %
    assert {left: height for left, height in bars(ax) if height} == {40.0: 1, 110.0: 1, 10.0: 1, 90.0: 1}
    assert ticks(ax) == ["0", "50 %", "100 %"] and ax.get_xlabel() == "working time used, in percent of the target"
    assert said(ax) == ["target 100 %", "beyond the target: 1 of 4 (25.0 %)"]
    (line,) = ax.lines
    assert list(line.get_xdata()) == [100, 100]
    one = plot.elapsed(used(4, 20, by=two, severity="P2"), metric="resolution", severity="P2")
    assert said(one)[0] == "target 20h"


def test_a_target_of_nothing() -> None:
    """CLK-1: due at once; nothing used is met, anything is beyond."""
    by = policy({"metric": "resolution", "within": "0h", "calendar": "always"})
    ax = plot.elapsed(used(0, 1, by=by), metric="resolution")
    assert {left: height for left, height in bars(ax) if height} == {0.0: 1, 320.0: 1}
    assert said(ax) == ["target 100 %", "beyond the target: 1 of 2 (50.0 %)"]
    ax = plot.elapsed(used(MICROSECOND / HOUR, by=by), metric="resolution")
    assert {left: height for left, height in bars(ax) if height} == {320.0: 1}


def test_which_clocks_are_in_the_spread() -> None:
    """CLK-13: judged ones; a breached clock that still runs stands where it is, an open one nowhere."""
    running, waiting = ticket(1, "2026-01-05T09:00"), ticket(2, "2026-01-05T15:00")
    ax = plot.elapsed(judged(EIGHT, running, waiting, as_of="2026-01-06T10:00"), metric="resolution")
    assert {left: height for left, height in bars(ax) if height} == {8.8: 1}  # nine hours; the other has used three


def test_what_is_only_measured_has_bars_and_no_line() -> None:
    """POL-6: round widths, up to where nineteen of twenty lie."""
    opened = at("2026-01-05T09:00")
    minutes = [*range(1, 19), 26, 7 * 60]
    closed = [ticket(n, "2026-01-05T09:00").close(opened + minute * MINUTE) for n, minute in enumerate(minutes)]
    ax = plot.elapsed(judged(EIGHT, *closed, ticket(21, "2026-01-05T09:00")), metric="closure")
    assert not ax.lines and said(ax) == []
    # Nineteen of twenty took 26 minutes or less: one minute a bar is too narrow, and the next width is five.
    assert [height for _, height in bars(ax)] == [5, 5, 5, 3, 0, 1, *[0] * 24, 1]
    assert [left for left, _ in bars(ax)][:3] == [0.0, 5.0, 10.0]
    assert ticks(ax) == ["0", "25m", "50m", "1h15m", "1h40m", "2h5m", "2h30m", "more"]
    ax = plot.elapsed(judged(EIGHT, *closed[:18]), metric="closure")
    assert [height for _, height in bars(ax)] == [1] * 18 and ticks(ax) == ["0", "5m", "10m", "15m"]
    assert all(bar.get_hatch() == "" for bar in ax.patches)


def test_no_spread() -> None:
    for results in ([], judged(EIGHT, ticket(1, "2026-06-30T16:00"))):
        ax = plot.elapsed(results, metric="resolution")
        assert said(ax) == ["no clock is judged, and none has stopped"] and not ax.patches


# -- breaches ----------------------------------------------------------------------------------------------


def cells(ax: Axes) -> dict[tuple[int, int], int]:
    """The counts that are not zero, by weekday (0 is Monday) and hour."""
    (image,) = ax.images
    counts = np.ma.filled(image.get_array(), 0)
    assert counts.shape == (7, 24)
    return {(int(day), int(hour)): int(counts[day, hour]) for day, hour in np.argwhere(counts)}


def test_when_promises_break() -> None:
    """CLK-13: the last instant at which the promise could be kept."""
    results = judged(
        EIGHT,
        ticket(1, "2026-06-01T10:30"),  # breaks on Tuesday, 2 June, at 10:30
        ticket(2, "2026-06-01T10:59", "2026-06-05T10:00"),  # on Tuesday at 10:59
        ticket(3, "2026-06-01T09:00"),  # is due on Monday at 17:00, and can be kept until Tuesday at 09:00
        ticket(4, "2026-06-05T11:00"),  # breaks on Monday, 8 June, at 11:00
        ticket(5, "2026-06-01T10:30", "2026-06-01T11:00"),  # is met
    )
    ax = plot.breaches(results, metric="resolution")
    assert cells(ax) == {(1, 10): 2, (1, 9): 1, (0, 11): 1}
    assert sorted((text.get_position(), text.get_text()) for text in ax.texts) == [((9, 1), "1"), ((10, 1), "2"), ((11, 0), "1")]  # fmt: skip
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert ax.get_title(loc="left") == "When promises broke (4): resolution" and ax.get_xlabel() == "hour (UTC)"
    assert ticks(ax)[:3] == ["00", "03", "06"] and ax.get_xticks()[1] == 2.5  # the edge between 02 and 03
    tokyo = plot.breaches(results, zone="Asia/Tokyo")
    assert cells(tokyo) == {(1, 19): 2, (1, 18): 1, (0, 20): 1} and tokyo.get_xlabel() == "hour (Asia/Tokyo)"


def test_hours_are_those_of_each_calendar() -> None:
    """R-6: summer time too."""
    london = policy({"metric": "resolution", "within": "8h"}, zone="Europe/London")
    results = judged(london, ticket(1, "2026-01-05T10:30"), ticket(2, "2026-06-01T09:30"))
    ax = plot.breaches(results)
    assert cells(ax) == {(1, 10): 2} and ax.get_xlabel() == "hour (Europe/London)"
    assert cells(plot.breaches(results, zone="UTC")) == {(1, 10): 1, (1, 9): 1}


def test_no_breaches() -> None:
    for results in ([], judged(EIGHT, WINTER[0])):
        ax = plot.breaches(results)
        assert said(ax) == ["no promise is broken"] and not ax.images
        assert ax.get_title(loc="left") == "When promises broke (0)"


def test_counts_fit_their_cells() -> None:
    results = judged(EIGHT, ticket(1, "2026-06-01T10:30")) * 1_234 + judged(EIGHT, ticket(1, "2026-06-01T11:30")) * 999
    assert sorted(said(plot.breaches(results, metric="resolution"))) == ["1k", "999"]
    ax = plot.breaches(pd.DataFrame(millions()), metric="resolution")
    assert said(ax) == ["2M"] and cells(ax) == {(1, 10): 2_000_000}


def millions() -> dict[str, Any]:
    rows = 2_000_000
    broke = np.full(rows, np.datetime64("2026-06-02T10:30", "us"))
    spans = np.zeros(rows, "m8[us]")
    return {
        "resolution_state": pd.Categorical.from_codes(np.zeros(rows, int), categories=["running"]),
        "resolution_breached": np.ones(rows, bool),
        "resolution_remaining": spans,
        "resolution_breach_at": pd.Series(broke).dt.tz_localize("UTC"),
    }


# -- tables ------------------------------------------------------------------------------------------------

COLUMNS = {
    "severity": ["P1", "P1", "P1", "P1", "P2", "P1"],
    "opened": [
        "2026-01-30T10:00",
        "2026-01-30T15:00",
        "2026-01-30T10:00",
        "2026-01-29T16:00",
        "2026-02-27T16:00",
        "2026-06-30T16:00",
    ],  # fmt: skip
    "resolved": ["2026-01-30T12:00", "2026-02-02T12:00", None, "2026-02-03T12:00", "2026-02-27T16:30", None],
}
BOTH = policy(
    {"metric": "resolution", "within": "8h"},
    {"severity": "P2", "metric": "resolution", "within": "8h"},
    {"metric": "first_response", "within": "1h"},
)


def kinds_of_table() -> dict[str, Any]:
    naive = {name: np.array(COLUMNS[name], "M8[us]") for name in ("opened", "resolved")}
    arrays = {"severity": np.array(COLUMNS["severity"]), **naive}
    pandas = pd.DataFrame({name: pd.to_datetime(values, utc=True) if name != "severity" else values for name, values in COLUMNS.items()})  # fmt: skip
    polars = pl.DataFrame(arrays).with_columns(pl.col("opened", "resolved").dt.replace_time_zone("UTC"))
    arrow = polars.to_arrow()
    return {
        "numpy": arrays,
        "pandas": pandas,
        "pandas with Arrow's types": arrow.to_pandas(types_mapper=pd.ArrowDtype),
        "polars": polars,
        "pyarrow": arrow,
        "a batch": arrow.combine_chunks().to_batches()[0],
    }


@pytest.fixture(scope="module", params=list(kinds_of_table()))
def answer(request: pytest.FixtureRequest) -> Any:
    table = kinds_of_table()[request.param]
    zone = "UTC" if request.param == "numpy" else None
    return bulk.evaluate(BOTH, table, as_of=at("2026-07-01"), zone=zone)


@pytest.fixture(scope="module")
def results() -> list[Evaluation]:
    rows = zip(COLUMNS["severity"], COLUMNS["opened"], COLUMNS["resolved"], strict=True)
    tickets = [ticket(i, opened, resolved, severity) for i, (severity, opened, resolved) in enumerate(rows)]
    return judged(BOTH, *tickets)


def test_a_table_says_what_the_readings_say(answer: Any, results: list[Evaluation]) -> None:
    """R-7: whatever library the table is of."""
    ax = plot.attainment(answer, metric="resolution", by="due")
    assert ticks(ax) == ["2026-01\n0/1", "2026-02\n2/3", "2026-03\n1/1"]
    for picture, more in (
        (plot.attainment, {"metric": "resolution", "by": "due"}),
        (plot.attainment, {"by": "due", "zone": "UTC"}),
        (plot.attainment, {"metric": "resolution", "by": "due", "severity": "P2"}),
        (plot.elapsed, {"metric": "resolution"}),
        (plot.elapsed, {"metric": "first_response"}),
        (plot.elapsed, {"metric": "resolution", "severity": "P2"}),
        (plot.breaches, {}),
        (plot.breaches, {"metric": "first_response"}),
        (plot.breaches, {"severity": "P2"}),
    ):
        table, scalar = picture(answer, **more), picture(results, **more)
        assert bars(table) == bars(scalar), picture
        assert said(table) == said(scalar) and ticks(table) == ticks(scalar)
        assert table.get_title(loc="left") == scalar.get_title(loc="left")
        if scalar.images:
            assert cells(table) == cells(scalar)


def test_the_zone_of_a_table() -> None:
    """R-6: its own, or one that is named; naive columns are what a wall shows."""
    tables = kinds_of_table()
    london = tables["polars"].with_columns(pl.col("opened", "resolved").dt.convert_time_zone("Asia/Tokyo"))
    shown = bulk.evaluate(BOTH, london, as_of=at("2026-07-01"))
    ax = plot.breaches(shown, metric="resolution")
    assert ax.get_xlabel() == "hour (Asia/Tokyo)"
    assert cells(ax) == {(0, 19): 1, (5, 1): 1}  # Monday 10:00, and Friday 16:00, nine hours on
    assert cells(plot.breaches(shown, metric="resolution", zone="UTC")) == {(0, 10): 1, (4, 16): 1}
    naive = bulk.evaluate(BOTH, tables["numpy"], as_of=at("2026-07-01"), zone="UTC")
    ax = plot.breaches(naive, metric="resolution")
    assert ax.get_xlabel() == "hour (the table's zone)" and cells(ax) == {(0, 10): 1, (4, 16): 1}
    ax = plot.breaches(naive, metric="resolution", zone="Asia/Tokyo")
    assert ax.get_xlabel() == "hour (Asia/Tokyo)" and cells(ax) == {(0, 10): 1, (4, 16): 1}


def test_what_a_table_does_not_hold(answer: Any) -> None:
    """R-7: histories, when a clock stopped, and aims."""
    with pytest.raises(PlotError, match="a table holds no histories"):
        plot.timelines(answer)
    with pytest.raises(PlotError, match="a table does not hold when a clock stopped") as caught:
        plot.attainment(answer, metric="resolution")
    assert (caught.value.path, caught.value.example, caught.value.code) == ("by", 'by="due"', "plot")
    with pytest.raises(PlotError, match="a table holds the commitment of a metric"):
        plot.breaches(answer, kind="aim")
    with pytest.raises(PlotError, match="the table holds no readings of 'resolutoin'; did you mean 'resolution'"):
        plot.elapsed(answer, metric="resolutoin")


def test_what_is_only_measured_is_not_met_in_a_table_either() -> None:
    """POL-6, R-7."""
    table = kinds_of_table()["polars"].filter(pl.col("severity") == "P1").with_columns(closed=pl.col("resolved"))
    answer = bulk.evaluate(EIGHT, table, as_of=at("2026-07-01"))
    assert said(plot.attainment(answer, metric="closure", by="due")) == ["no clock is judged"]
    assert ticks(plot.attainment(answer, by="due")) == ["2026-01\n0/1", "2026-02\n2/3"]
    assert sum(height for _, height in bars(plot.elapsed(answer, metric="closure"))) == 3


def test_tables_that_are_not_answers() -> None:
    with pytest.raises(PlotError, match=r"the table holds no readings; bulk.evaluate and bulk.evaluate_log add them"):
        plot.breaches(pd.DataFrame(COLUMNS))
    table = bulk.evaluate(BOTH, kinds_of_table()["pandas"], as_of=at("2026-07-01"))
    with pytest.raises(PolicyError, match="the table has no column 'severity'"):
        plot.breaches(table.drop(columns="severity"), severity="P1")
    with pytest.raises(PlotError, match="a judged clock has no instant here") as caught:
        plot.attainment(table.assign(resolution_due=pd.NaT), metric="resolution", by="due")
    assert caught.value.path == "resolution_due"
    with pytest.raises(PolicyError, match="a LazyFrame has no rows yet"):
        plot.breaches(pl.DataFrame({"a": [1]}).lazy())


def test_a_table_of_no_rows(answer: Any) -> None:
    empty = bulk.evaluate(BOTH, kinds_of_table()["pandas"].iloc[:0], as_of=at("2026-07-01"))
    assert said(plot.attainment(empty, by="due")) == ["no clock is judged"]
    assert said(plot.elapsed(empty, metric="resolution")) == ["no clock is judged, and none has stopped"]
    assert said(plot.breaches(empty)) == ["no promise is broken"]


def test_a_table_that_went_through_a_file(tmp_path: Any) -> None:
    """R-7: words are then no category, yes and no are objects, instants have another unit."""
    table = bulk.evaluate(BOTH, kinds_of_table()["pandas"], as_of=at("2026-07-01"))
    expected = bars(plot.attainment(table, metric="resolution", by="due"))
    table.to_parquet(tmp_path / "answer.parquet")
    for again in (
        pd.read_parquet(tmp_path / "answer.parquet"),
        pl.read_parquet(tmp_path / "answer.parquet"),
        table.astype({"resolution_breached": object, "resolution_state": "string"}),
        table.astype({"resolution_due": "datetime64[ms, UTC]", "resolution_remaining": "timedelta64[ns]"}),
    ):
        assert bars(plot.attainment(again, metric="resolution", by="due")) == expected


def test_the_incident_log_as_a_table_and_one_by_one() -> None:
    """R-7: 890 real incidents, severities changing."""
    facts = pd.read_csv(demo.FACTS, parse_dates=["at"])
    by = Policy.load(demo.POLICY)
    table = bulk.evaluate_log(by, facts, ticket="incident", as_of=demo.AS_OF, strict=False)
    tickets = [demo.to_ticket(of_one) for of_one in demo.read_facts().values()]
    scalar = demo.evaluate_all(by, tickets)
    for picture, more in ((plot.attainment, {"metric": "resolution", "by": "due"}), (plot.breaches, {"zone": "America/Sao_Paulo"})):  # fmt: skip
        left, right = picture(table, **more), picture(scalar, **more)
        assert bars(left) == bars(right) and ticks(left) == ticks(right)
        if right.images:
            assert cells(left) == cells(right)
            # Counted from the readings, by Python's own clock.
            broke = [r.breached_at.astimezone(__import__("zoneinfo").ZoneInfo("America/Sao_Paulo")) for e in scalar for r in e if r.breached and r.kind == "commitment"]  # fmt: skip
            assert sum(cells(right).values()) == len(broke)
            assert all(cells(right)[each.weekday(), each.hour] for each in broke)


# -- timelines ---------------------------------------------------------------------------------------------

LATE = ticket(1, "2026-06-01T10:00").pause(at("2026-06-01T12:00"), reason="customer").resume(at("2026-06-01T13:00"))
ON_TIME = ticket(2, "2026-06-01T15:00", "2026-06-02T11:00")


def boxes(ax: Axes) -> dict[str, list[tuple[int, datetime, datetime]]]:
    """What is drawn of each sort: row, from, to."""
    found = {}
    for drawn in ax.collections:
        if isinstance(drawn, PolyCollection) and drawn.get_label() in ("closed", "counted", "counted, breached", "paused"):  # fmt: skip
            corners = [path.vertices[:4] for path in drawn.get_paths()]
            found[drawn.get_label()] = [
                (round(float(c[:, 1].mean())), moment(c[:, 0].min()), moment(c[:, 0].max())) for c in corners
            ]
    return found


def moment(days: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=round(float(days) * 86_400))


def marks(ax: Axes) -> dict[str, list[tuple[int, datetime]]]:
    """Where each sort of mark is: row, instant."""
    found = [drawn for drawn in ax.collections if isinstance(drawn, PathCollection)]
    return {each.get_label(): [(int(y), moment(x)) for x, y in each.get_offsets()] for each in found}


def test_timelines() -> None:
    """CLK-1: counted, paused and closed, to the instant."""
    ax = plot.timelines(judged(EIGHT, LATE, ON_TIME, as_of="2026-06-02T13:00"), metric="resolution")
    day = "2026-06-0"
    assert boxes(ax) == {
        "counted, breached": [
            (0, at(f"{day}1T10:00"), at(f"{day}1T12:00")),
            (0, at(f"{day}1T13:00"), at(f"{day}1T17:00")),
            (0, at(f"{day}2T09:00"), at(f"{day}2T13:00")),
        ],
        "counted": [(1, at(f"{day}1T15:00"), at(f"{day}1T17:00")), (1, at(f"{day}2T09:00"), at(f"{day}2T11:00"))],
        "paused": [(0, at(f"{day}1T12:00"), at(f"{day}1T13:00"))],
        "closed": [(0, at(f"{day}1T17:00"), at(f"{day}2T09:00")), (1, at(f"{day}1T17:00"), at(f"{day}2T09:00"))],
    }
    # Ten to noon and one to five are six hours; the other two end at eleven.
    assert marks(ax) == {
        "not stopped": [(0, at(f"{day}2T13:00"))],
        "due": [(0, at(f"{day}2T11:00")), (1, at(f"{day}2T15:00"))],
        "breach": [(0, at(f"{day}2T11:00"))],
    }
    assert [label.get_text() for label in ax.get_yticklabels()] == ["T-1", "T-2"]
    assert ax.get_ylim() == (1.5, -0.5)  # the first on top
    assert ax.get_xlabel() == "UTC" and ax.get_title(loc="left") == "Timelines: resolution"
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    assert told == ["closed", "counted", "counted, breached", "paused", "not stopped", "due", "breach"]


def test_breached_rows_differ_in_colour_and_mark_and_pauses_in_hatching() -> None:
    ax = plot.timelines(judged(EIGHT, LATE, ON_TIME, as_of="2026-06-02T13:00"), metric="resolution")
    looks = {each.get_label(): each for each in ax.collections if isinstance(each, PolyCollection)}
    assert tuple(looks["counted"].get_facecolor()[0]) != tuple(looks["counted, breached"].get_facecolor()[0])
    assert looks["paused"].get_hatch() and not looks["counted"].get_hatch()
    assert "breach" in marks(ax)


def test_a_line_leads_to_what_is_due_later() -> None:
    """CLK-13: stopped or not; what is due before the end needs none."""
    ax = plot.timelines(judged(EIGHT, LATE, ON_TIME, as_of="2026-06-01T16:00"), metric="resolution")
    (lines,) = (each for each in ax.collections if type(each).__name__ == "LineCollection")
    drawn = [(int(seg[0][1]), moment(seg[0][0]), moment(seg[1][0])) for seg in lines.get_segments()]
    assert drawn == [
        (0, at("2026-06-01T16:00"), at("2026-06-02T11:00")),
        (1, at("2026-06-01T16:00"), at("2026-06-02T15:00")),
    ]


def test_the_time_in_which_it_was_resolved_is_left_out() -> None:
    """CLK-12: resolved from eleven to three, and open again."""
    again = ticket(1, "2026-06-01T10:00", "2026-06-01T11:00").reopen(at("2026-06-01T15:00"))
    ax = plot.timelines(judged(EIGHT, again, as_of="2026-06-01T16:00"), metric="resolution")
    assert boxes(ax) == {
        "counted": [
            (0, at("2026-06-01T10:00"), at("2026-06-01T11:00")),
            (0, at("2026-06-01T15:00"), at("2026-06-01T16:00")),
        ]
    }


def test_names_of_rows() -> None:
    """CLK-14: the ticket's id, and what tells its clocks apart."""

    def names(ax: Axes) -> list[str]:
        return [label.get_text() for label in ax.get_yticklabels()]

    assert names(plot.timelines(judged(BOTH, LATE))) == ["T-1 resolution", "T-1 first response"]
    assert names(plot.timelines(judged(BOTH, LATE), metric="first_response")) == ["T-1"]
    cycles = policy({"metric": "resolution", "within": "8h"}, on_reopen="new_cycle")
    again = ticket(1, "2026-06-01T10:00", "2026-06-01T11:00").reopen(at("2026-06-01T15:00"))
    assert names(plot.timelines(judged(cycles, again))) == ["T-1", "T-1 #2"]


def test_timelines_of_measured_paused_and_pending_clocks() -> None:
    """CLK-5, CLK-13: without a due instant there is no mark for it."""
    ax = plot.timelines(judged(EIGHT, WINTER[5], as_of="2026-02-10T12:00"))
    assert marks(ax) == {"not stopped": [(0, at("2026-02-10T12:00")), (1, at("2026-02-10T12:00"))]}
    assert boxes(ax)["paused"] == [(0, at("2026-02-10T11:00"), at("2026-02-10T12:00"))]
    waits = policy({"metric": "resolution", "within": "1h", "start": {"next_opening": "desk"}})
    ax = plot.timelines(judged(waits, ticket(1, "2026-06-01T07:00"), as_of="2026-06-01T08:00"))
    assert boxes(ax) == {"closed": [(0, at("2026-06-01T07:00"), at("2026-06-01T08:00"))]}
    ax = plot.timelines(judged(EIGHT, WINTER[6]), metric="resolution")
    assert "not stopped" not in marks(ax)  # it was cancelled


def test_times_are_those_of_a_zone() -> None:
    results = judged(policy({"metric": "resolution", "within": "8h"}, zone="Europe/London"), LATE)
    ax = plot.timelines(results)
    assert ax.get_xlabel() == "Europe/London" and str(ax.xaxis.get_major_locator().tz) == "Europe/London"
    assert plot.timelines(results, zone="Asia/Tokyo").get_xlabel() == "Asia/Tokyo"


def test_two_hundred_rows_are_legible() -> None:
    """A new figure is tall enough for every name; in small axes some are named, as large as can be read."""
    results = judged(EIGHT, *(ticket(n, "2026-06-01T10:00", "2026-06-02T10:00") for n in range(200)))
    ax = plot.timelines(results, metric="resolution")
    ax.figure.draw_without_rendering()
    labels = ax.get_yticklabels()
    assert len(labels) == 200 and labels[0].get_fontsize() == 8
    tall = [label.get_window_extent() for label in labels]
    assert all(upper.y0 >= lower.y1 for upper, lower in zip(tall, tall[1:], strict=False))
    _, small = plt.subplots(figsize=(6, 5))
    assert plot.timelines(results, metric="resolution", ax=small) is small
    small.figure.draw_without_rendering()
    labels = small.get_yticklabels()
    assert 30 < len(labels) < 100 and labels[0].get_fontsize() >= 5
    assert [label.get_text() for label in labels[:2]] == ["T-0", f"T-{200 // len(labels) + (200 % len(labels) > 0)}"]
    boxes_ = [label.get_window_extent() for label in labels]
    assert all(upper.y0 >= lower.y1 - 2 for upper, lower in zip(boxes_, boxes_[1:], strict=False))
    assert len(boxes(small)["counted"]) == 400


def test_no_timelines() -> None:
    assert said(plot.timelines([])) == ["no clock"]


# -- all of them -------------------------------------------------------------------------------------------

PICTURES = [
    (plot.attainment, {}),
    (plot.elapsed, {"metric": "resolution"}),
    (plot.breaches, {}),
    (plot.timelines, {}),
]


@pytest.mark.parametrize(("picture", "more"), PICTURES)
def test_axes_given_are_drawn_on_and_returned(picture: Any, more: dict[str, Any]) -> None:
    """Nothing is made, shown or made current."""
    results = judged(EIGHT, *WINTER)
    ax = Figure().add_subplot()
    assert picture(results, ax=ax, **more) is ax
    assert picture([], ax=Figure().add_subplot(), **more).texts
    assert plt.get_fignums() == []
    made = picture(results, **more)
    assert plt.get_fignums() == [made.figure.number] and made.figure.get_layout_engine() is not None
    with pytest.raises(PlotError, match="not matplotlib's Axes: Figure") as caught:
        picture(results, ax=made.figure, **more)
    assert caught.value.path == "ax"


@pytest.mark.parametrize(("picture", "more"), PICTURES)
def test_words_are_readable_on_a_light_and_on_a_dark_ground(picture: Any, more: dict[str, Any]) -> None:
    """Words differ from the ground as WCAG asks for (4.5), whatever the style."""
    from slaclock.plot.ground import brightness

    for style in ("default", "dark_background"):
        with plt.style.context(style):
            ax = picture(judged(EIGHT, *WINTER), **more)
            ground = brightness(ax.get_facecolor())
            for text in ax.texts:
                if not ax.images:
                    ink = brightness(text.get_color())
                    assert (max(ink, ground) + 0.05) / (min(ink, ground) + 0.05) >= 4.5
            for bar in ax.patches:
                fill = brightness(bar.get_facecolor())
                assert (max(fill, ground) + 0.05) / (min(fill, ground) + 0.05) >= 3


def test_cells_of_the_heat_map_are_readable() -> None:
    from slaclock.plot.ground import brightness

    results = [
        result
        for hour in range(8)
        for result in judged(EIGHT, ticket(1, f"2026-06-01T{9 + hour:02}:30")) * (1 + 5 * hour)
    ]
    for style in ("default", "dark_background"):
        with plt.style.context(style):
            ax = plot.breaches(results, metric="resolution")
            (image,) = ax.images
            for text in ax.texts:
                hour, day = text.get_position()
                ground = brightness(image.cmap(image.norm(image.get_array()[int(day), int(hour)])))
                ink = brightness(text.get_color())
                assert (max(ink, ground) + 0.05) / (min(ink, ground) + 0.05) >= 4.5


@pytest.mark.parametrize(("picture", "more"), PICTURES)
def test_what_cannot_be_drawn(picture: Any, more: dict[str, Any]) -> None:
    results = judged(EIGHT, *WINTER)
    with pytest.raises(ReadingError, match="neither an Evaluation nor a Reading: Ticket"):
        picture(WINTER, **more)
    with pytest.raises(PlotError, match="neither readings nor a table: int"):
        picture(5, **more)
    with pytest.raises(PlotError, match="neither readings nor a table: str"):
        picture("tickets.csv", **more)
    with pytest.raises(ReadingError, match="policy 'desk' has no objective for 'update'"):
        picture(results, **{**more, "metric": "update"})
    with pytest.raises(UnknownSeverityError):
        picture(results, **{**more, "severity": "P9"})
    with pytest.raises(PlotError, match="no kind of objective: 'hope'"):
        picture(results, **{**more, "kind": "hope"})


def test_no_way_to_count_months() -> None:
    with pytest.raises(PlotError, match="no way to count months: 'opened'"):
        plot.attainment([], by="opened")  # type: ignore[arg-type]


def test_one_evaluation_is_many_readings() -> None:
    """CLK-14."""
    (result,) = judged(EIGHT, WINTER[0])
    for given in (result, [result], list(result), iter(result)):
        assert ticks(plot.attainment(given)) == ["2026-01\n1/1"]


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_pyplot_is_loaded_only_for_a_new_figure() -> None:
    done = run(
        "import sys, matplotlib\n"
        "from matplotlib.figure import Figure\n"
        "from slaclock import plot\n"
        "for picture in (plot.attainment, plot.breaches, plot.timelines):\n"
        "    picture([], ax=Figure().add_subplot())\n"
        "plot.elapsed([], metric='resolution', ax=Figure().add_subplot())\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    assert done.returncode == 0, done.stderr


def test_without_matplotlib_the_extra_is_named() -> None:
    done = run(
        "import sys\n"
        "sys.modules['matplotlib'] = None\n"
        "import slaclock\n"
        "try:\n"
        "    import slaclock.plot\n"
        "except ImportError as error:\n"
        "    print(error)"
    )
    assert "slaclock.plot needs the extra: pip install 'slaclock[plot]'" in done.stdout, done.stderr
