"""Laws of receipts: whatever happened, a receipt is the same when it is worked out again, and nothing in it can be
altered without being found.

Policies and histories are drawn at random; a receipt is then altered at any of its leaves, by a text of another place,
by one more or less, by another type, or by taking the leaf out.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from clock_strategies import Menu, Scene, scenes
from hypothesis import assume, given
from hypothesis import strategies as st

from slaclock import (
    Evaluation,
    Receipt,
    ReceiptError,
    SlaclockError,
    Ticket,
    Verification,
    bundle,
    evaluate,
    receipt,
    verify,
)

BY = st.sampled_from([None, None, "day", "week", "month", "segment"])
VERSIONS = ("library", "tzdata", "holidays")
GONE = object()
MUTANTS = 6  # of each receipt

Place = tuple[str | int, ...]


def evaluated(scene: Scene) -> Evaluation:
    try:
        return scene.evaluate()
    except SlaclockError:
        assume(False)
        raise


@st.composite
def results(draw: st.DrawFn) -> Evaluation:
    scene = draw(scenes(Menu(lenient=draw(st.booleans()))))
    if draw(st.booleans()):
        scene = scene.replace(known_at=draw(st.integers(0, max(scene.as_of, 0))))
    result = evaluated(scene)
    assume(result.readings or result.anomalies)
    return result


# -- leaves ------------------------------------------------------------------------------------------------------


def leaves(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every leaf, empty tables and lists among them."""
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from leaves(each, (*place, key))
    elif isinstance(value, list) and value:
        for i, each in enumerate(value):
            yield from leaves(each, (*place, i))
    else:
        yield place, value


def path_of(place: Place) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")


def put(told: dict[str, Any], place: Place, value: Any) -> dict[str, Any]:
    """A copy with another leaf."""
    made = copy.deepcopy(told)
    holder = made
    for part in place[:-1]:
        holder = holder[part]
    if value is GONE:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value
    return made


@st.composite
def mutants(draw: st.DrawFn, told: dict[str, Any], only: tuple[str, ...] = ()) -> tuple[Place, Any]:
    """A leaf, and something else to stand there."""
    found = [(place, value) for place, value in leaves(told) if not only or place[0] in only]
    place, value = draw(st.sampled_from(found))
    others = [value for _, value in leaves(told) if isinstance(value, str)]
    choices: list[Any] = [GONE, None, {}, [], draw(st.sampled_from(others)), draw(st.text(max_size=3))]
    if isinstance(value, str):
        choices += [f"{value}0", value[:-1], f" {value}", value.upper(), value.translate({48: "1", 49: "0", 50: "3"})]
    elif isinstance(value, bool):
        choices += [not value] * 4 + [int(value)]
    elif isinstance(value, int):
        choices += [value + 1, value - 1, -value, float(value), str(value), bool(value)]
    return place, draw(st.sampled_from([each for each in choices if each is GONE or json.dumps(each) != json.dumps(value)]))  # fmt: skip


def is_named(found: Verification, place: Place) -> bool:
    """Whether what was altered is told: its own place, one above or below it, or the input it is part of."""
    top, paths = str(place[0]), [difference.path for difference in found.differences]
    if top == "documents":
        return f"documents.{place[1]}" in paths
    if top == "ticket":
        return "digests.ticket" in paths
    if top == "provenance" and place[1] in VERSIONS:
        return any(change.name == place[1] for change in found.changed) and "digests.receipt" in paths
    if top in ("readings", "anomalies", "dates", "provenance", "digests"):
        path = path_of(place)
        return any(path.startswith(each) or each.startswith(path) for each in paths)
    return "digests.receipt" in paths


def is_needed(place: Place) -> bool:
    """What makes a receipt one; without it there is nothing to work out again."""
    return place in (("receipt",), ("policy",), ("agreement",), ("ticket",), ("documents",))


# -- the laws ----------------------------------------------------------------------------------------------------


@given(results(), BY)
def test_a_receipt_is_the_same_when_worked_out_again(result: Evaluation, by: Any) -> None:
    """R-6: through text of any layout, alone and in a bundle."""
    kept = receipt(result, by=by)
    pretty = json.dumps(kept.to_dict(), indent=1, ensure_ascii=True)
    assert Receipt.from_json(pretty) == kept
    for one in (kept, pretty, kept.to_dict(), bundle([kept, result], by=by)):
        found = verify(one)
        assert found.same and found.intact and not found.changed, str(found)
    assert bundle([result, kept], by=by).receipts == (kept, kept)


@given(st.data(), results(), BY)
def test_whatever_is_altered_is_found_and_named(data: st.DataObject, result: Evaluation, by: Any) -> None:
    """R-6: any leaf: a digest, a field of a reading, a date, a sum of an explanation, an event, a version, the policy."""
    told = receipt(result, by=by).to_dict()
    for _ in range(MUTANTS):
        place, value = data.draw(mutants(told))
        try:
            found = verify(put(told, place, value))
        except ReceiptError:
            assert is_needed(place), (place, value)
            continue
        assert not found.same and not found.intact, (place, value)
        assert is_named(found, place), (place, value, str(found))


@given(st.data(), results(), BY)
def test_an_answer_is_found_whoever_seals_it_anew(data: st.DataObject, result: Evaluation, by: Any) -> None:
    """R-6: the digests are not what finds a false answer."""
    told = receipt(result, by=by).to_dict()
    for _ in range(MUTANTS):
        place, value = data.draw(mutants(told, ("readings", "anomalies", "dates", "provenance")))
        altered = put(told, place, value)
        altered["digests"]["receipt"] = Receipt.from_dict(altered).digest()
        found = verify(altered)
        assert found.intact
        if place[0] == "provenance" and place[1:2] and place[1] in VERSIONS:
            assert found.same and [change.name for change in found.changed] == [place[1]]
        else:
            assert not found.same
            assert is_named(found, place), (place, value, str(found))


@given(st.data(), results())
def test_an_input_that_is_sealed_anew_is_another_question(data: st.DataObject, result: Evaluation) -> None:
    """R-6: it is the same only where its answer is: then it is the receipt that its own inputs have."""
    told = receipt(result).to_dict()
    for _ in range(MUTANTS):
        place, value = data.draw(mutants(told, ("ticket", "as_of", "known_at", "strict")))
        assume(len(place) > 1 or value is not GONE)
        altered = put(told, place, value)
        ticket = json.dumps(altered["ticket"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        altered["digests"]["ticket"] = hashlib.sha256(ticket.encode()).hexdigest()
        altered["digests"]["receipt"] = Receipt.from_dict(altered).digest()
        found = verify(altered)
        assert found.intact
        if found.same:
            asked = result.asked._replace(ticket=Ticket.from_dict(altered["ticket"]), strict=altered["strict"])
            known_at = altered.get("known_at") and datetime.fromisoformat(altered["known_at"])
            asked = asked._replace(known_at=known_at)._asdict()
            again = evaluate(**asked, as_of=datetime.fromisoformat(altered["as_of"]))
            assert receipt(again) == Receipt.from_dict(altered)


@given(st.data(), results())
def test_a_bundle_is_found_out_too(data: st.DataObject, one: Evaluation) -> None:
    """Any leaf of it; a receipt taken out, or put elsewhere, or in twice."""
    asked = one.asked._replace(ticket=one.asked.ticket.replace(id="T-2"))
    other = evaluate(**asked._asdict(), as_of=one.as_of)
    told = bundle([one, other]).to_dict()
    for _ in range(MUTANTS // 2):
        place, value = data.draw(mutants(told))
        try:
            found = verify(put(told, place, value))
        except ReceiptError:
            assert is_needed(place) or (place[0] == "receipts" and is_needed(place[2:])), (place, value)
            continue
        assert not found.same and not found.intact, (place, value)
    first, second = told["receipts"]
    for receipts in ([first], [second], [], [second, first], [first, first], [first, second, first]):
        found = verify({**told, "receipts": receipts})
        assert "digests.receipt" in [difference.path for difference in found.differences]
