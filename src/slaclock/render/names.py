"""What things are called in a language: metrics, severities, kinds of events and of segments, targets.

What the user named keeps its name.  It is shown as text and nothing else: characters that would change how the rest is
shown are made visible.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import timedelta

from ..hours import format_time
from ..policy import Policy, Severity
from ..targets import CLOSE, SAME_TIME, Target
from .amounts import amount
from .catalogue import Catalogue

_ISOLATE, _POP = "\u2068", "\u2069"  # first-strong isolate: what is inside does not turn round what is outside
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_SPACES = "\t\n\v\f\r\u2028\u2029\x85"
_PICTURES = 0x2400  # of control characters
_RIGHT_TO_LEFT = {"R", "AL", "AN"}

# What the library itself calls things that have no name of their own.
_OWN_WORDS = {
    "holiday": "name.holiday",
    "special day": "name.special_day",
    "closed": "name.closed",
    "make-up working day": "name.makeup_day",
    "taken out": "name.taken_out",
}


def clean(text: str) -> str:
    """A name of the user's as it can be shown: control characters visible, on one line, its direction its own."""
    shown = _CONTROLS.sub(_visible, text)
    shown = _OVERRIDES.sub("\ufffd", shown)
    if any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in shown):
        return f"{_ISOLATE}{shown}{_POP}"
    return shown


def _visible(found: re.Match[str]) -> str:
    letter = found[0]
    if letter in _SPACES:
        return " "
    if letter == "\x7f":
        return "\u2421"
    return chr(_PICTURES + ord(letter)) if letter < " " else "\ufffd"


def named(c: Catalogue, name: str) -> str:
    """A name in a calendar: the user's, or the library's own word for what has none."""
    return c(_OWN_WORDS[name]) if name in _OWN_WORDS else clean(name)


def _known(c: Catalogue, group: str, name: str) -> str:
    key = f"{group}.{name}"
    return c(key) if c.known(key) else clean(name)


def metric_name(c: Catalogue, name: str) -> str:
    """``First response``; a metric of the user's own keeps its name."""
    return _known(c, "metric", name)


def event_name(c: Catalogue, kind: str) -> str:
    """``responded`` in the language."""
    return _known(c, "event", kind)


def severity_name(c: Catalogue, severity: Severity) -> str:
    """The key, and the label in the language where there is one: ``P1 Urgent``."""
    label = severity.label(c.language)
    return clean(severity.key) if label == severity.key else f"{clean(severity.key)} {clean(label)}"


def severity_in(c: Catalogue, policy: Policy, key: str) -> str:
    """The same by key; one that the policy does not know is its key."""
    known = {severity.key: severity for severity in policy.severities}
    return severity_name(c, known[key]) if key in known else clean(key)


def target_text(c: Catalogue, target: Target) -> str:
    """``4 h``, ``2 business days``, ``next business day by 16:00``."""
    if target.working is not None:
        return amount(c, target.working)
    if target.by == SAME_TIME:
        return c.count("target.days", target.days)
    by = c("target.close") if target.by == CLOSE else format_time(int(target.by))
    if target.days > 1:
        return c.count("target.days_by", target.days, by=by)
    return c("target.next_by" if target.days else "target.same_by", by=by)


def free_text(c: Catalogue, data: object) -> str:
    """Free data of the user as text: ``team: L2, rooms: A, B``."""
    if isinstance(data, Mapping):
        return c.series(
            c("reason.named", reason=clean(str(key)), name=free_text(c, value)) for key, value in data.items()
        )
    if isinstance(data, tuple):
        return c.series(free_text(c, each) for each in data)
    return "" if data is None else clean(str(data))


def reason(
    c: Catalogue, kind: str, about: str = "", site: str = "", change: timedelta = timedelta(0), *, bare: bool = False
) -> str:
    """Why a segment counts or not: ``holiday: Spring Bank Holiday``; ``bare`` leaves out what its name says already."""
    if kind == "clock_change":
        text = c("kind.clock_forward" if change > timedelta(0) else "kind.clock_back", amount=amount(c, abs(change)))
    elif kind in ("change", "revision"):
        text = c(f"kind.{kind}")
        about = _arrow(about) if kind == "change" else ""
    else:
        text = c(f"kind.{kind}")
    name = about if kind == "change" or not about else named(c, about)
    if name == text:
        name = ""  # a holiday that is called nothing but that
    if name and bare and kind in ("holiday", "special_day", "closure", "change"):
        text = name
    elif name:
        text = c("reason.at_site", reason=text, site=name) if bare else c("reason.named", reason=text, name=name)
    return c("reason.at_site", reason=text, site=clean(site)) if site else text


def _arrow(about: str) -> str:
    """``P2 -> P1`` with an arrow."""
    return clean(about).replace(" -> ", " \u2192 ")
