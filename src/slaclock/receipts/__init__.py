"""Receipts: a result written down with all that it follows from, and worked out again years later.

A receipt is canonical JSON.  Its answers (readings, explanations, dates of holidays) are never trusted: ``verify``
makes them anew from its inputs and compares.  Its format is numbered, and what a number means does not change: a field
that a later release adds to readings belongs to a later format.
"""

from .keeping import Receipt
from .making import bundle, receipt
from .verification import ChangedInput, Difference, Verification, verify

__all__ = ["ChangedInput", "Difference", "Receipt", "Verification", "bundle", "receipt", "verify"]
