"""Availability: which share of a period a service was there, exactly, with the evidence.

From outages, from samples of attempts and failures, or from error rates; by the formulas that vendors publish; less
what is excluded, and within the service hours.
"""

from .figures import Availability, ExcludedPart, UnavailablePart
from .formulas import Formula, formula_names, load_formula
from .measured import ErrorRate, Exclusion, Outage, Sample
from .measuring import availability, availability_of_rates, availability_of_samples

__all__ = [
    "Availability",
    "ErrorRate",
    "ExcludedPart",
    "Exclusion",
    "Formula",
    "Outage",
    "Sample",
    "UnavailablePart",
    "availability",
    "availability_of_rates",
    "availability_of_samples",
    "formula_names",
    "load_formula",
]
