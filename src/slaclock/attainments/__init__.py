"""Attainment: the share of promises that were met, how long they took, and whether what was promised of it was kept.

Counts are integers, shares Fractions, times microseconds.  A share is compared with a promise as integers, never as a
rounded percentage.  ``slaclock.bulk`` answers the same for tables.
"""

from .interval import WilsonInterval, wilson_interval
from .readings import attainment, rolling_attainment
from .results import Attainment, AttainmentRow, TicketRate, TicketRateRow, TimeSpread
from .returns import reopen_rate, repeat_rate

__all__ = [
    "Attainment",
    "AttainmentRow",
    "TicketRate",
    "TicketRateRow",
    "TimeSpread",
    "WilsonInterval",
    "attainment",
    "reopen_rate",
    "repeat_rate",
    "rolling_attainment",
    "wilson_interval",
]
