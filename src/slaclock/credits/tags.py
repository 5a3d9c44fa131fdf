"""Tags: what a figure, a fee or a breach is about, and the tags that a rule wants."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, PlainValidator, WithJsonSchema

from ..declarations import FrozenMap, fault
from ..errors import CreditError

_EXAMPLE = '{ service = "s3", region = "eu-west-1" }'


def tags_from(value: object) -> Mapping[str, str]:
    """Tags as they come in: names and texts.  Raises CreditError for anything else."""
    if not isinstance(value, Mapping):
        raise CreditError(f"tags are names and texts, not {value!r}", value=value, example=_EXAMPLE)
    for name, text in value.items():
        if not isinstance(name, str) or not isinstance(text, str):
            raise CreditError(f"a tag is a text, not {text!r}", path=str(name), value=text, example=_EXAMPLE)
    return FrozenMap(sorted(value.items()))


_PLAIN = re.compile(r"[^\s,;:=\"\\]+( [^\s,;:=\"\\]+)*")


def quoted(text: str) -> str:
    """A text as it is, or in quotes where it could be taken for two."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def label(tags: Mapping[str, str]) -> str:
    """Tags for people: ``"region=eu-west-1, service=s3"``, in the order of their names; other tags, another label."""
    return ", ".join(f"{quoted(name)}={quoted(tags[name])}" for name in sorted(tags))


def wanted_in(tags: Mapping[str, str], wanted: Mapping[str, Any]) -> bool:
    """Whether all tags wanted are there, each with the text wanted, or one of them."""
    return all(
        name in tags and (tags[name] == text if isinstance(text, str) else tags[name] in text)
        for name, text in wanted.items()
    )


def _wanted(value: Any) -> Any:
    texts = value if isinstance(value, (list, tuple)) else (value,)
    for text in texts:
        if not isinstance(text, str):
            raise fault("tag", f"a tag is a text or a list of texts, not {text!r}", '{ severity = ["P1", "P2"] }')
    return tuple(texts) if isinstance(value, (list, tuple)) else value


_TEXTS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
WantedField = Annotated[
    dict[str, Annotated[Any, PlainValidator(_wanted), WithJsonSchema(_TEXTS)]], AfterValidator(FrozenMap)
]
