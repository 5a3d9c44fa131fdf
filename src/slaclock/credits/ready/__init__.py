"""Ready-made credit schedules: what four vendors publish, and one for a support desk.

Each is a TOML file in this folder; the documentation says what the source states and what was chosen here.  A loaded
schedule is an ordinary ``CreditSchedule``: read it, change it with ``replace``, save it under your own name.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from ...errors import UnknownScheduleError
from ..schedule import CreditSchedule

_SUFFIX = ".toml"


@cache
def names() -> tuple[str, ...]:
    """The names of the ready-made schedules, sorted.

    >>> from slaclock import credits
    >>> credits.names()
    ('aws-ec2-region', 'aws-s3', 'azure-vm', 'gcp-compute-engine', 'support-desk')
    """
    found = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in found if name.endswith(_SUFFIX)))


def load(name: str) -> CreditSchedule:
    """The ready-made schedule of this name; read once, then shared (it cannot change).

    Raises UnknownScheduleError with the nearest names.

    >>> from slaclock import credits
    >>> credits.load("aws-s3").currency
    'USD'
    >>> credits.load("aws-s4")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    slaclock.errors.UnknownScheduleError: ...did you mean 'aws-s3'?...
    """
    if name not in names():  # asked first, so that a wrong name is never a path
        raise UnknownScheduleError(name, names())
    return _read(name)


@cache
def _read(name: str) -> CreditSchedule:
    return CreditSchedule.from_toml(files(__name__).joinpath(name + _SUFFIX).read_text(encoding="utf-8"))
