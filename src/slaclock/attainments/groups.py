"""Groups of clocks or tickets: by values of any kind, in an order that is theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

from ..declarations import FrozenMap
from ..errors import AttainmentError, near
from ..index import Index
from ..policy import Policy

Typed = tuple[tuple[type, Any], ...]
"""What a group is known by: each value with its type, since 1 and true are different things."""
_Member = TypeVar("_Member")


def grouped(members: Iterable[_Member], key: Callable[[_Member], Sequence[Any]]) -> dict[Typed, list[_Member]]:
    """The members by what ``key`` says of them."""
    found: dict[Typed, list[_Member]] = {}
    for member in members:
        found.setdefault(typed(key(member)), []).append(member)
    return found


def typed(values: Iterable[Any]) -> Typed:
    """Values with their types."""
    return tuple((type(value), value) for value in values)


def keys_of(names: Sequence[str], key: Typed) -> Mapping[str, Any]:
    """The values of a group by their names."""
    return FrozenMap({name: value for name, (_, value) in zip(names, key, strict=True)})


class Order:
    """The order of groups: metrics, severities and objectives as policies have them, everything else by itself."""

    __slots__ = ("_places",)

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._places: dict[str, dict[Any, int]] = {"metric": {}, "severity": {}, "objective": {}}
        for policy in {id(policy): policy for policy in policies}.values():
            self.add("metric", Index.of(policy).timed)
            self.add("severity", [severity.key for severity in policy.severities])
            self.add("objective", [objective.key for objective in policy.objectives])

    def add(self, name: str, words: Sequence[str]) -> None:
        """The first place that a word has in any policy, so that their own order does not matter."""
        places = self._places[name]
        places.update({word: min(place, places.get(word, place)) for place, word in enumerate(words)})

    def sorted(self, names: Sequence[str], keys: Iterable[Typed]) -> list[Typed]:
        """Groups in their order."""

        def places(key: Typed) -> list[tuple[int, int, int, str]]:
            return [self._place(name, value) for name, (_, value) in zip(names, key, strict=True)]

        return sorted(keys, key=places)

    def _place(self, name: str, value: Any) -> tuple[int, int, int, str]:
        """Numbers by size, yes and no, words, and then nothing."""
        place = self._places.get(name, {}).get(value, 0)
        if value is None:
            return place, 3, 0, ""
        if isinstance(value, int):
            return place, int(isinstance(value, bool)), value, ""
        return place, 2, 0, str(value)


def attainment_of(percent: Decimal | None) -> Fraction | None:
    """What an objective promises, as a share."""
    return None if percent is None else Fraction(percent) / 100


def promises_of(shares: Iterable[Fraction | None], instead: Fraction | None) -> tuple[Fraction | None, ...]:
    """Distinct promises in order, none first; or the one that is asked about instead."""
    if instead is not None:
        return (instead,)
    return tuple(sorted(shares, key=lambda share: (share is not None, share or 0)))


def check_many(results: object, what: str) -> None:
    """Raise AttainmentError for what holds none of these."""
    if isinstance(results, str) or not isinstance(results, Iterable):
        raise AttainmentError(f"not many {what}: {type(results).__name__}", path="results",
                              value=type(results).__name__, example="[evaluate(policy, ...)]")  # fmt: skip


def check_attributes(names: Sequence[str], attributes: Iterable[Mapping[str, Any]], fields: Sequence[str]) -> None:
    """Raise AttainmentError for an attribute that no ticket has; without tickets nothing is known to be missing."""
    if not names:
        return
    known: dict[str, None] = {}
    tickets = 0
    for tickets, each in enumerate(attributes, 1):  # noqa: B007 - how many there were
        known.update(dict.fromkeys(each))
    for name in names:
        if tickets and name not in known:
            raise AttainmentError(f"no ticket has an attribute {name!r}{near(name, (*fields, *known))}", path="by",
                                  value=name, example='Ticket(..., attributes={"team": "network"})')  # fmt: skip
