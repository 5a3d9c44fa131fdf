"""From a value to its view, and to its sentence."""

from __future__ import annotations

from typing import Any

from ...agreements import Agreement
from ...calendars import BusinessCalendar, CompositeCalendar
from ...errors import RenderError, near
from ...events import Ticket
from ...explanation import Explanation, explain
from ...policy import Policy
from ...reading import Evaluation, Reading
from ..catalogue import Catalogue
from ..view import View
from .calendars import calendar_sentence, calendar_view, composite_view
from .explanations import FOLDS, evaluation_sentence, evaluation_view, explanation_sentence, explanation_view
from .policies import agreement_sentence, agreement_view, policy_sentence, policy_view
from .tickets import ticket_sentence, ticket_view

FOLDED = (Explanation, Reading, Evaluation)
"""What ``by=`` folds."""
CALENDARS = (BusinessCalendar, CompositeCalendar)
"""What ``year=`` chooses a year of."""
SHOWN = (*FOLDED, Ticket, *CALENDARS, Policy, Agreement)
"""All that has a view."""


def sentence_of(c: Catalogue, x: object) -> str:
    """What is said of a value."""
    if isinstance(x, Reading):
        x = explain(x)
    if isinstance(x, Explanation):
        return explanation_sentence(c, x)
    if isinstance(x, Evaluation):
        return evaluation_sentence(c, x)
    if isinstance(x, Ticket):
        return ticket_sentence(c, x)
    if isinstance(x, Policy):
        return policy_sentence(c, x)
    if isinstance(x, Agreement):
        return agreement_sentence(c, x)
    if isinstance(x, CALENDARS):
        return calendar_sentence(c, x)
    raise no_view(x)


def view_of(c: Catalogue, x: object, by: Any = None, year: Any = None) -> View:
    """What is shown of a value.  Raises RenderError for what has no view, and for options that it has not."""
    _check(x, by, year)
    if isinstance(x, Reading):
        x = explain(x)
    if isinstance(x, Explanation):
        return explanation_view(c, x, by)
    if isinstance(x, Evaluation):
        return evaluation_view(c, x, by)
    if isinstance(x, Ticket):
        return ticket_view(c, x)
    if isinstance(x, Policy):
        return policy_view(c, x)
    if isinstance(x, Agreement):
        return agreement_view(c, x)
    if isinstance(x, BusinessCalendar):
        return calendar_view(c, x, year)
    if isinstance(x, CompositeCalendar):
        return composite_view(c, x, year)
    raise no_view(x)


def no_view(x: object) -> RenderError:
    """The error for a value that nobody here can show."""
    shown = ", ".join(cls.__name__ for cls in SHOWN)
    return RenderError(f"a {type(x).__name__} has no view: {x!r}", value=x, example=shown)


def _check(x: object, by: object, year: object) -> None:
    name = type(x).__name__
    if by is not None and not isinstance(x, FOLDED):
        raise RenderError(f"a {name} has nothing to fold", path="by", value=by, example="render.html(reading)")
    if by is not None and by not in FOLDS:
        raise RenderError(f"not folded by {by!r}{near(str(by), FOLDS)}", path="by", value=by, example='"week"')
    if year is not None and not isinstance(x, CALENDARS):
        raise RenderError(f"a {name} has no year", path="year", value=year, example="render.html(calendar, year=2026)")
    if year is not None and (not isinstance(year, int) or isinstance(year, bool)):
        raise RenderError(f"not a year: {year!r}", path="year", value=year, example="2026")
