"""Ready-made contracts: what five vendors promise their customers, as policies.

Each is a TOML file in this folder and a page in the documentation, which says what the source states, what it
leaves open, and the choice made here.  A loaded contract is an ordinary ``Policy``: read it, change it with
``replace``, save it under your own name.

>>> from slaclock import contracts
>>> contracts.names()
('bird-enterprise-email', 'csd-group', 'everbright', 'messagebird-enterprise', 'wati-pro')
>>> policy = contracts.load("wati-pro")
>>> [severity.labels["zh-Hant"] for severity in policy.severities]
['緊急', '高', '中', '低']
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from slaclock.errors import UnknownContractError
from slaclock.policy import Policy

__all__ = ["load", "names"]

_SUFFIX = ".toml"


@cache
def names() -> tuple[str, ...]:
    """The names of the ready-made contracts, sorted.

    >>> from slaclock import contracts
    >>> "everbright" in contracts.names()
    True
    """
    found = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in found if name.endswith(_SUFFIX)))


def load(name: str) -> Policy:
    """The ready-made contract of this name, as a ``Policy``; read once, then shared (it cannot change).

    Raises ``UnknownContractError`` with the nearest names.

    >>> from slaclock import contracts
    >>> contracts.load("csd-group").name
    'csd-group'
    >>> contracts.load("everbrite")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    slaclock.errors.UnknownContractError: ...did you mean 'everbright'?...
    """
    if name not in names():  # asked first, so that a wrong name is never a path
        raise UnknownContractError(name, names())
    return _read(name)


@cache
def _read(name: str) -> Policy:
    return Policy.from_toml(files(__name__).joinpath(name + _SUFFIX).read_text(encoding="utf-8"))
