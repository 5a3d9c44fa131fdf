"""Credits: what is owed when a promise was not kept, in money that adds up.

A ``CreditSchedule`` says what is owed, ``statement`` works it out for a billing period, ``correction`` says what a
later statement changed in an earlier one.  ``load`` and ``names`` are of the ready-made schedules.
"""

from .claims import CreditClaim
from .corrections import CorrectedLine, Correction, correction
from .fees import Fee
from .figures import Figure
from .making import statement
from .ready import load, names
from .schedule import CreditCap, CreditMinimum, CreditPerBreach, CreditRule, CreditSchedule, CreditTier
from .statements import AppliedCap, StatedFee, Statement, StatementLine, Unused

__all__ = [
    "AppliedCap",
    "CorrectedLine",
    "Correction",
    "CreditCap",
    "CreditClaim",
    "CreditMinimum",
    "CreditPerBreach",
    "CreditRule",
    "CreditSchedule",
    "CreditTier",
    "Fee",
    "Figure",
    "StatedFee",
    "Statement",
    "StatementLine",
    "Unused",
    "correction",
    "load",
    "names",
    "statement",
]
