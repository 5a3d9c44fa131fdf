"""Values shown to people: as a sentence, as plain text, Markdown, HTML and pictures, in several languages.

What is shown of a value follows from the value and the language alone: the same value gives the same bytes.  HTML and
SVG need nothing from outside, no script and no library; plain text needs rich (``pip install 'slaclock[text]'``).

>>> from datetime import datetime
>>> from zoneinfo import ZoneInfo
>>> from slaclock import BusinessCalendar, explain_due, render
>>> uk = BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["08:30-16:30"]}, holidays=["GB-ENG"])
>>> why = explain_due(uk, datetime(2026, 5, 22, 15, 0, tzinfo=ZoneInfo("Europe/London")), "4h")
>>> print(render.sentence(why).partition(". ")[0])
4 h of working time from Fri 22 May 2026 15:00 BST: due Tue 26 May 11:00
"""

from __future__ import annotations

import os

from .catalogue import Catalogue, catalogue_of, languages
from .html import write_html
from .markdown import write_markdown
from .svg import write_svg
from .text import write_text
from .views import SHOWN, sentence_of, view_of
from .views.explanations import Fold

__all__ = ["Catalogue", "has_view", "html", "languages", "markdown", "sentence", "svg", "text"]

Language = str | os.PathLike[str] | Catalogue
"""A tag (``"pl"``), the path of a catalogue, or a catalogue."""


def has_view(x: object) -> bool:
    """Whether a value can be shown.

    >>> from slaclock import Severity, always_open, render
    >>> render.has_view(always_open()), render.has_view(Severity(key="P1"))
    (True, False)
    """
    return isinstance(x, SHOWN)


def sentence(x: object, language: Language = "en") -> str:
    """What is to be said of a value, in a few sentences on one line; of an Evaluation, a line for each reading.

    Of a Reading or an Explanation: how it stands, what was counted, what was not, and why.  Raises RenderError for
    what has no view, UnknownLanguageError.

    >>> from slaclock import always_open, render
    >>> render.sentence(always_open("Europe/Warsaw"), "pl")
    'Całą dobę (Europe/Warsaw).'
    """
    return sentence_of(catalogue_of(language), x)


def text(
    x: object, language: Language = "en", *, width: int = 100, by: Fold | None = None, year: int | None = None
) -> str:
    """A value in plain text, its tables drawn with lines, at most ``width`` columns wide (extra ``slaclock[text]``).

    ``by`` folds the segments of explanations (``"segment"``, ``"day"``, ``"week"``, ``"month"``); by default the finest
    that makes a table one can read.  ``year`` shows a year of a calendar.  Raises as ``html`` does, and RenderError
    where rich is not installed.

    >>> from datetime import datetime, timezone
    >>> from slaclock import Ticket, render
    >>> ticket = Ticket(id="T-1", severity="P1", opened_at=datetime(2026, 5, 22, 14, 0, tzinfo=timezone.utc))
    >>> print(render.text(ticket).splitlines()[0])
    Ticket T-1 (P1)
    """
    c = catalogue_of(language)
    return write_text(c, view_of(c, x, by, year), width)


def markdown(x: object, language: Language = "en", *, by: Fold | None = None, year: int | None = None) -> str:
    """A value in Markdown, with tables as GitHub writes them; ``by`` and ``year`` as in ``text``.

    Raises as ``html`` does.

    >>> from datetime import datetime, timezone
    >>> from slaclock import Ticket, render
    >>> ticket = Ticket(id="T-1", severity="P1", opened_at=datetime(2026, 5, 22, 14, 0, tzinfo=timezone.utc))
    >>> print(render.markdown(ticket).splitlines()[-1])
    | Fri 22 May 2026 14:00 UTC | opened |
    """
    c = catalogue_of(language)
    return write_markdown(c, view_of(c, x, by, year))


def html(x: object, language: Language = "en", *, by: Fold | None = None, year: int | None = None) -> str:
    """A value as a fragment of HTML with its pictures: what a notebook shows.

    The fragment is well-formed XML and carries its own style, for light and dark pages; it holds no script, no id and
    nothing fetched.  ``by`` and ``year`` as in ``text``.  Without ``year``, a calendar shows its weekly hours and what
    is declared.  Raises RenderError for what has no view or not that option, UnknownLanguageError, HorizonError for a
    year that a calendar does not support.

    >>> from slaclock import always_open, render
    >>> render.html(always_open(), year=2026).startswith('<div class="slaclock-view"')
    True
    """
    c = catalogue_of(language)
    return write_html(view_of(c, x, by, year), c.language)


def svg(x: object, language: Language = "en", *, year: int | None = None) -> str:
    """The first picture of a value alone, as an SVG document: a clock's course, a week, a year.

    Raises as ``html`` does, and RenderError for a value of which there is no picture.

    >>> from slaclock import always_open, render
    >>> render.svg(always_open()).startswith("<svg ")
    True
    """
    return write_svg(view_of(catalogue_of(language), x, None, year), x)
