"""Canonical JSON, and digests of it: one text for one value."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")


def canonical(data: Any) -> str:
    """JSON with sorted keys and no spaces, that UTF-8 can write."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if text.isascii() or not _SURROGATE.search(text):
        return text
    # Half a character, as of a text cut short elsewhere, is written as JSON's escape; two halves become one on reading.
    halves = _SURROGATE.sub(_escaped, text)
    text = json.dumps(json.loads(halves), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return _SURROGATE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def data_digest(data: Any) -> str:
    """SHA-256 (hex) of the canonical JSON of data; of a declared thing's, its ``digest()``."""
    return text_digest(canonical(data))


def text_digest(text: str) -> str:
    """SHA-256 (hex) of a text that is canonical already."""
    return hashlib.sha256(text.encode()).hexdigest()
