"""Whole columns and tables: what calendars and policies answer for one ticket, for a million (R-7).

Needs NumPy (``pip install slaclock[numpy]``); columns of pandas, Polars and pyarrow come in when these are there.
"""

from .attainment import attainment, rolling_attainment
from .availability import availability_of_rates, availability_of_samples
from .evaluate import answer_columns, evaluate
from .logs import evaluate_log
from .pauses import Pauses
from .questions import add_business_days, due, elapsed, is_open, next_close, next_open
from .returns import reopen_rate, repeat_rate

__all__ = [
    "Pauses",
    "add_business_days",
    "answer_columns",
    "attainment",
    "availability_of_rates",
    "availability_of_samples",
    "due",
    "elapsed",
    "evaluate",
    "evaluate_log",
    "is_open",
    "next_close",
    "next_open",
    "reopen_rate",
    "repeat_rate",
    "rolling_attainment",
]
