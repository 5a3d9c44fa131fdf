"""Receipt: a result as it is kept, and how it is read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..canonical import canonical, data_digest
from ..errors import ReceiptError

FORMAT = 1
EXAMPLE = "receipt(evaluate(policy, ticket, as_of=...)).to_json()"


@dataclass(frozen=True, slots=True, repr=False)
class Receipt:
    """One result, or a bundle of many, with all that they follow from.  Made by ``receipt`` and ``bundle``.

    A receipt is its canonical JSON text (sorted keys, no spaces): immutable, comparable, hashable.  Reading one back
    checks its shape only; whether it is true is what ``verify`` says.
    """

    _text: str

    @classmethod
    def from_json(cls, text: str) -> Receipt:
        """Read a receipt, however the text is laid out.  Raises ReceiptError for what is none."""
        return cls(canonical(read(text)))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Receipt:
        """The same from plain data."""
        return cls(canonical(read(data)))

    def to_json(self) -> str:
        """The canonical text: what to keep, and to sign."""
        return self._text

    def to_dict(self) -> dict[str, Any]:
        """Plain data (what JSON can say), made anew each time."""
        data: dict[str, Any] = json.loads(self._text)
        return data

    def digest(self) -> str:
        """SHA-256 (hex) of all but the digest itself; a receipt that nobody altered says the same inside."""
        return seal(self.to_dict())

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """The receipts of a bundle, each with its own documents; of a single one, itself."""
        data = self.to_dict()
        if "receipts" not in data:
            return (self,)
        every = data["documents"]
        held = ({name: every[name] for name in documents_named(told) if name in every} for told in data["receipts"])
        return tuple(
            Receipt(canonical({**told, "documents": own})) for told, own in zip(data["receipts"], held, strict=True)
        )

    @property
    def tickets(self) -> tuple[str, ...]:
        """The ids of its tickets."""
        data = self.to_dict()
        return tuple(str(told["ticket"].get("id")) for told in data.get("receipts", [data]))

    def __repr__(self) -> str:
        return f"Receipt(tickets={self.tickets!r}, digest={self.digest()!r})"


# -- reading one back -----------------------------------------------------------------------------------------


def read(source: object) -> dict[str, Any]:
    """The data of a receipt or a bundle, of whatever form; raises ReceiptError for what has not their shape."""
    try:
        data = json.loads(_text_of(source), object_pairs_hook=_table)
    except (ValueError, TypeError, RecursionError) as error:
        raise ReceiptError(f"it cannot be read: {error}", value=None, example=EXAMPLE) from None
    if not isinstance(data, dict) or "receipt" not in data:
        raise ReceiptError("this is no receipt", value=data, example=EXAMPLE)
    _check_format(data, "")
    _need(data, "", "documents", dict)
    if "receipts" not in data:
        _check_one(data, "")
        return data
    _need(data, "", "receipts", list)
    for i, told in enumerate(data["receipts"]):
        path = f"receipts[{i}]"
        if not isinstance(told, dict) or "receipt" not in told or {"documents", "receipts"} & told.keys():
            raise ReceiptError("not a receipt of a bundle", path=path, value=told, example=EXAMPLE)
        _check_format(told, f"{path}.")
        _check_one(told, f"{path}.")
    return data


def _text_of(source: object) -> str:
    if isinstance(source, Receipt):
        return source.to_json()
    if isinstance(source, Mapping):
        return canonical(source)
    if isinstance(source, str):
        return source
    raise TypeError(f"a receipt is JSON text, or its data, not {type(source).__name__}")


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object.  One that says a thing twice might show people another receipt than it shows us."""
    data = dict(pairs)
    if len(data) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return data


def _check_format(data: Mapping[str, Any], path: str) -> None:
    made = data["receipt"]
    if type(made) is not int or made != FORMAT:
        raise ReceiptError(f"format {made!r} is not known here; a later release may read it",
                           path=f"{path}receipt", value=made, example=str(FORMAT))  # fmt: skip


def _check_one(told: Mapping[str, Any], path: str) -> None:
    _need(told, path, "ticket", dict)
    if ("policy" in told) == ("agreement" in told):
        raise ReceiptError("it holds neither a policy nor an agreement, or both", path=f"{path}policy",
                           example=EXAMPLE)  # fmt: skip


def _need(data: Mapping[str, Any], path: str, key: str, kind: type) -> None:
    if not isinstance(data.get(key), kind):
        raise ReceiptError("it is missing, or something else", path=path + key, value=data.get(key), example=EXAMPLE)


def documents_named(told: Mapping[str, Any]) -> list[str]:
    """The documents that a receipt names."""
    roles = told["roles"].values() if isinstance(told.get("roles"), dict) else ()
    bound = [role.get("calendar") for role in roles if isinstance(role, dict)]
    return [name for name in (told.get("policy"), told.get("agreement"), *bound) if isinstance(name, str)]


def seal(data: Mapping[str, Any]) -> str:
    """The digest of a receipt; documents are in it by the digests that name them."""
    sealed = {key: value for key, value in data.items() if key != "documents"}
    if isinstance(data.get("digests"), dict):
        sealed["digests"] = {key: value for key, value in data["digests"].items() if key != "receipt"}
    return data_digest(sealed)
