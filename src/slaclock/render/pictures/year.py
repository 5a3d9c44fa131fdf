"""A year of a calendar: a row for each month, a square for each date, by what rule holds on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from ...plan import DayRule
from ..catalogue import Catalogue
from ..markup import element, escape
from ..moments import day_text
from ..names import reason
from .drawing import EDGE, SIZE, SMALL, WIDTH, Box, boxes, cut, label, legend, line, number, picture

_LEFT = 44.0
_SIDE = (WIDTH - EDGE - _LEFT) / 31
_SQUARE = _SIDE - 1.2
_STEP = 14.5
_HEIGHT = 11.5
_TOP = 16.0
_NUMBERED = (1, 5, 10, 15, 20, 25, 30)
_KINDS = ("weekly", "track", "holiday", "special_day", "makeup_day")


class Year(NamedTuple):
    """A year: the rule of each date, the dates that a closure touches, and those from which other hours hold."""

    year: int
    rules: Mapping[date, DayRule]
    closed: frozenset[date]
    revised: frozenset[date]


def draw_year(c: Catalogue, year: Year, says: str) -> str:
    """The picture of a year."""
    found: dict[str, list[Box]] = defaultdict(list)
    titles, content = [], []
    for day, rule in year.rules.items():
        box = _box(day)
        found[_kind(rule)].append(box)
        if rule.kind != "weekly":
            titles.append(_title(c, day, rule, box))
    content += [boxes(kind, found[kind]) for kind in _KINDS]
    content += map(_number, _NUMBERED)
    closed = sorted(year.closed & set(year.rules))
    revised = sorted(year.revised & set(year.rules))
    content += [line("closure_day", *_bottom(_box(day))) for day in closed]
    content += [line("revision", *_left(_box(day))) for day in revised]
    content += [_month(c, month) for month in range(1, 13)]
    kinds = [kind for kind in _KINDS if found[kind]]
    kinds = ["closed_day" if kind == "track" else kind for kind in kinds]
    kinds += ["closure_day"] * bool(closed) + ["revision"] * bool(revised)
    bottom = _TOP + 12 * _STEP
    drawn, height = legend(c, kinds, bottom)
    return picture(says, bottom + height, [*content, *titles, drawn])


def _kind(rule: DayRule) -> str:
    if rule.kind == "weekly":
        return "weekly" if rule.windows else "track"
    return rule.kind


def _box(day: date) -> Box:
    return Box(_LEFT + (day.day - 1) * _SIDE, _TOP + (day.month - 1) * _STEP, _SQUARE, _HEIGHT)


def _number(day: int) -> str:
    """The number of a day of the month, over its column."""
    middle = _LEFT + (day - 1) * _SIDE + _SQUARE / 2
    return label(middle, _TOP - 5, str(day), anchor="middle", kind="quiet", size=SMALL)


def _title(c: Catalogue, day: date, rule: DayRule, box: Box) -> str:
    """An invisible square that says the date and the name when it is pointed at."""
    says = c("reason.named", reason=day_text(c, day), name=reason(c, rule.kind, rule.name, bare=True))
    return element(
        "rect", element("title", escape(says)), x=number(box.x), y=number(box.y), width=number(box.width),
        height=number(box.height), fill_opacity="0",
    )  # fmt: skip


def _bottom(box: Box) -> tuple[float, float, float, float]:
    y = box.y + box.height - 1
    return box.x + 1, y, box.x + box.width - 1, y


def _left(box: Box) -> tuple[float, float, float, float]:
    x = box.x - 0.7
    return x, box.y - 2, x, box.y + box.height + 2


def _month(c: Catalogue, month: int) -> str:
    name = c.names("month.short")[month - 1]
    return label(EDGE, _TOP + (month - 1) * _STEP + _HEIGHT / 2 + SIZE / 2 - 1.5, cut(name, _LEFT - EDGE - 3))
