"""POL-3: working times as people write them."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slaclock._instant import DAY, HOUR, MINUTE, SECOND
from slaclock.durations import LONGEST, format_duration, parse_duration
from slaclock.errors import DurationError


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("45m", 45 * MINUTE),
        ("2h30m", 150 * MINUTE),
        ("2h 30m", 150 * MINUTE),
        ("2 h 30 min", 150 * MINUTE),
        ("1.5h", 90 * MINUTE),
        ("90s", 90 * SECOND),
        ("0.000001s", 1),
        ("0h", 0),
        ("-2h", -2 * HOUR),
        ("-2h30m", -150 * MINUTE),
        (" 4h ", 4 * HOUR),
        ("400h", 400 * HOUR),
        ("4 hours", 4 * HOUR),
        ("1 hour 30 minutes", 90 * MINUTE),
        ("PT4H", 4 * HOUR),
        ("PT2H30M", 150 * MINUTE),
        ("PT0.5H", 30 * MINUTE),
        ("-PT15M", -15 * MINUTE),
        ("PT90S", 90 * SECOND),
        (timedelta(days=1), 24 * HOUR),
        (timedelta(microseconds=-1), -1),
        (pd.Timedelta("1h"), HOUR),
    ],
)
def test_read(text, us):
    assert parse_duration(text) == us


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("1d", '"1d" is ambiguous; write "24h" or "1 business day"'),
        ("2 days", '"2 days" is ambiguous; write "48h" or "2 business days"'),
        ("P1D", '"P1D" is ambiguous; write "24h" or "1 business day"'),
        ("4", "not a working time"),
        (4, 'a bare number has no unit: 4; write "4h", "4m" or "4s"'),
        (1.5, "a bare number has no unit"),
        ("1 business day", "see add_business_days"),
        ("1w", "counts days or longer"),
        ("P1DT2H", "counts days or longer"),
        (True, "not a working time: True"),
        ("", "not a working time"),
        ("-", "not a working time"),
        ("PT", "not a working time"),
        ("h", "not a working time"),
        ("4 hours soon", "not a working time"),
        ("0.0000001s", "finer than a microsecond"),
        (pd.Timedelta(1, "ns"), "finer than a microsecond"),
        (pd.NaT, "NaT is not a duration"),
        (None, "not a working time"),
        ("9999999999h", "longer than all supported years"),
        (timedelta(days=100_000), "longer than all supported years"),
    ],
)
def test_refused(value, says):
    with pytest.raises(DurationError) as caught:
        parse_duration(value)
    assert says in str(caught.value)
    assert caught.value.code == "duration"
    assert caught.value.example


def test_shown():
    assert [format_duration(us) for us in (0, 90 * MINUTE, -15 * MINUTE, 1_500_000, DAY, 3661 * SECOND)] == [
        "0s",
        "1h30m",
        "-15m",
        "1.5s",
        "24h",
        "1h1m1s",
    ]


@given(st.integers(-LONGEST, LONGEST))
def test_what_is_shown_reads_back(us):
    """POL-3: formatting and parsing are inverse to each other."""
    assert parse_duration(format_duration(us)) == us
