"""Plural rules as CLDR writes them: ``i % 10 = 2..4 and i % 100 != 12..14``.

Only whole numbers are counted here, so ``n`` and ``i`` are the number and the operands for decimals are zero.
"""

from __future__ import annotations

import re
from collections.abc import Callable

CATEGORIES = ("zero", "one", "two", "few", "many", "other")
"""The plural categories of CLDR; ``other`` is for what no rule matches."""

_RELATION = re.compile(r"([nivwftce])(?:\s*%\s*([1-9]\d*))?\s*(!?=)\s*(\d+(?:\.\.\d+)?(?:\s*,\s*\d+(?:\.\.\d+)?)*)")
_WHOLE = ("n", "i")

Matches = Callable[[int], bool]


def parse_rule(rule: object) -> Matches | None:
    """Whether a number is of a rule's category, as a function; None for what is no rule."""
    if not isinstance(rule, str):
        return None
    ways = []
    for way in re.split(r"\s+or\s+", rule.strip()):
        relations = [_relation(text) for text in re.split(r"\s+and\s+", way)]
        held = [relation for relation in relations if relation is not None]
        if len(held) < len(relations):
            return None
        ways.append(held)
    return lambda number: any(all(relation(number) for relation in way) for way in ways)


def _relation(text: str) -> Matches | None:
    match = _RELATION.fullmatch(text.strip())
    if match is None:
        return None
    operand, modulus, sign, listed = match.groups()
    ranges = [_range(item) for item in listed.split(",")]

    def holds(number: int) -> bool:
        value = number if operand in _WHOLE else 0
        if modulus:
            value %= int(modulus)
        return any(first <= value <= last for first, last in ranges) == (sign == "=")

    return holds


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.strip().partition("..")
    return int(first), int(last or first)
