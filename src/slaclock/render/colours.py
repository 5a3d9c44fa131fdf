"""The colours of the views, light and dark, and what is drawn in which."""

from __future__ import annotations

LIGHT = {
    "ground": "#ffffff", "text": "#24292f", "quiet": "#57606a", "rule": "#d0d7de",
    "track": "#e9edf1", "open": "#c9dff2", "counted": "#2a6db0", "ahead": "#8fbbe3", "inside": "#ffffff",
    "holiday": "#f3c6d6", "special": "#dccdf3", "closure": "#f5d2bf", "makeup": "#b9e2c3",
    "pause": "#a15c00", "still": "#6e7781", "due": "#b3261e", "escalation": "#8a6100", "change": "#7a3fb0",
    "closing": "#c4490b", "good": "#1a7f37",
    "good-ground": "#dafbe1", "bad-ground": "#ffebe9", "plain-ground": "#eaeef2",
}  # fmt: skip
DARK = {
    "ground": "#15191e", "text": "#e3e8ee", "quiet": "#a0a9b4", "rule": "#3a424c",
    "track": "#272e36", "open": "#2b4a68", "counted": "#5aa2e6", "ahead": "#37699b", "inside": "#0b1117",
    "holiday": "#6b3a4e", "special": "#50407a", "closure": "#6e4430", "makeup": "#2f5f3d",
    "pause": "#f0b45a", "still": "#a3acb7", "due": "#ff8a80", "escalation": "#e5c15a", "change": "#c9a2ff",
    "closing": "#ff9a5c", "good": "#6fdd8b",
    "good-ground": "#12351d", "bad-ground": "#4a1b18", "plain-ground": "#2a3139",
}  # fmt: skip

FILLS = {
    "track": "track", "closed_day": "track", "open": "open", "weekly": "open", "counted": "counted", "ahead": "ahead",
    "holiday": "holiday", "special_day": "special", "closure": "closure", "makeup_day": "makeup", "site": "ahead",
    "together": "counted", "label": "text", "quiet": "quiet", "inside": "inside",
}  # fmt: skip
"""Areas and text, by their kind."""

STROKES = {
    "paused": ("pause", "1.6", None), "stopped": ("still", "1", None), "before_start": ("still", "0.7", None),
    "due": ("due", "1.8", None), "kept": ("due", "1.4", "4 2.5"), "now": ("text", "1.4", "1.5 2"),
    "stop": ("text", "1.8", None), "escalation": ("escalation", "1.3", None), "change": ("change", "1.3", "6 2"),
    "tick": ("rule", "0.8", None), "revision": ("change", "1.8", None), "closure_day": ("closing", "2", None),
}  # fmt: skip
"""Lines, by their kind: colour, width and dashes."""


def plain(kind: str) -> dict[str, str]:
    """The attributes of a kind, for where the style is taken away: as on a light page."""
    if kind in FILLS:
        return {"fill": LIGHT[FILLS[kind]]}
    colour, width, dashes = STROKES[kind]
    dashed = {} if dashes is None else {"stroke_dasharray": dashes}
    return {"fill": "none", "stroke": LIGHT[colour], "stroke_width": width, **dashed}
