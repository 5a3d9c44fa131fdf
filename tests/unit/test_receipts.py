"""R-6, CAL-11, CLK-14: what a receipt holds, how it is read back, and what verify says of it."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from slaclock import (
    Agreement,
    BusinessCalendar,
    Event,
    Policy,
    Reading,
    Receipt,
    ReceiptError,
    Ticket,
    bundle,
    contracts,
    evaluate,
    receipt,
    verify,
)
from slaclock.receipts import making

DAY = datetime(2026, 5, 20, 8, 30, tzinfo=UTC)  # a Wednesday; Monday the 25th is Spring Bank Holiday
HOURS = {"mon-fri": ["08:30-16:30"]}
UK = {"timezone": "Europe/London", "hours": HOURS, "holidays": ["GB-ENG"]}
KEPT = sorted((Path(__file__).parents[1] / "receipts").glob("*.json"))


def after(hours: float) -> datetime:
    return DAY + timedelta(hours=hours)


def policy(**more: Any) -> Policy:
    return Policy(
        **{
            "name": "test",
            "calendar": "UK",
            "severities": [{"key": "P1"}, {"key": "P2"}],
            "calendars": {"UK": UK},
            "objectives": [
                {"severity": severity, "metric": metric, "within": within}
                for severity, metric, within in (
                    ("P1", "first_response", "1h"),
                    ("P1", "resolution", "16h"),
                    ("P2", "resolution", "40h"),
                )
            ],
            "escalations": [{"key": "lead", "metric": "resolution", "at": "75%", "receiver": {"to": ["anna", 7]}}],
            **more,
        }
    )


POLICY = policy()
TICKET = (
    Ticket(id="T-1", severity="P1", opened_at=DAY, attributes={"plan": "gold"})
    .respond(after(0.5), actor="anna", data={"words": ["hello", {"n": 1, "ok": True}], "none": None})
    .pause(after(2), reason="customer")
    .resume(after(4))
    .change_severity(after(5), "P2")
    .resolve(after(150))
)
AS_OF = after(200)
RESULT = evaluate(POLICY, TICKET, as_of=AS_OF)
TEXT = receipt(RESULT).to_json()


def data() -> dict[str, Any]:
    return json.loads(TEXT)


def sealed(told: dict[str, Any]) -> dict[str, Any]:
    """As somebody would who alters a receipt and knows how its digests are made."""
    ticket = json.dumps(told["ticket"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    told["digests"]["ticket"] = hashlib.sha256(ticket.encode()).hexdigest()
    told["digests"]["receipt"] = Receipt.from_dict(told).digest()
    return told


def paths(verification: Any) -> list[str]:
    return [difference.path for difference in verification.differences]


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for each in value.values():
            yield from leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each)
    else:
        yield value


# -- what is in it -------------------------------------------------------------------------------------------


def test_it_holds_what_was_asked_and_what_was_answered() -> None:
    """R-6: the policy once, the ticket with its events, the instants, the readings, the tables' part in them."""
    told = data()
    assert told["receipt"] == 1
    assert told["documents"] == {POLICY.digest(): POLICY.to_dict()}
    assert told["policy"] == POLICY.digest()
    assert Ticket.from_dict(told["ticket"]) == TICKET
    assert (told["as_of"], told["strict"]) == ("2026-05-28T16:30:00Z", True)
    assert told["dates"] == {"UK": {"2026-05-25": "Spring Bank Holiday"}}
    said = RESULT.provenance
    assert told["provenance"] == {name: getattr(said, name) for name in said.__slots__}
    assert told["digests"]["ticket"] == TICKET.digest()
    assert set(told["digests"]) == {"ticket", "receipt"}
    assert not {"known_at", "roles", "by", "agreement"} & told.keys()


def test_a_reading_is_told_whole() -> None:
    """CLK-13: worked out by hand; 08:30-16:30 in London is 07:30-15:30 UTC."""
    _, told = data()["readings"]
    # Opened on Wednesday at 09:30, paused from 11:30 to 13:30: 5 h are used by 16:30, 21 h by Friday's close, and 28 h
    # on Tuesday, after the bank holiday, at 15:30.  29 h by the close, 37 h by Wednesday's, 40 h on Thursday at 11:30.
    assert {key: told[key] for key in told if key not in ("explanation", "escalations")} == {
        "objective": "P2/resolution", "metric": "resolution", "cycle": 1, "severity": "P2", "kind": "commitment",
        "calendar": "UK", "state": "stopped", "ticking": False, "verdict": "met", "breached": False, "rejudged": False,
        "started_at": "2026-05-20T09:30:00+01:00", "stopped_at": "2026-05-26T15:30:00+01:00", "target": "40h",
        "budget": "40h", "elapsed": "28h", "remaining": "12h", "overrun": "0s", "late_by": "0s", "missed": 0,
        "wall_elapsed": "150h", "paused": "2h", "paused_wall": "2h", "due": "2026-05-28T11:30:00+01:00",
        "breach_at": "2026-05-28T11:30:00+01:00", "provisional": False,
    }  # fmt: skip
    assert told["escalations"] == [
        {"key": "lead", "at": "2026-05-27T09:30:00+01:00", "fired": False, "receiver": {"to": ["anna", 7]},
         "objective": "P2/resolution"}
    ]  # fmt: skip
    sums = {(one["kind"], one.get("about", "")): one.get("length") for one in told["explanation"]["sums"]}
    assert sums["holiday", "Spring Bank Holiday"] == "24h"
    assert sums["paused", "customer"] == "2h"


def test_every_field_of_a_reading_is_thought_of() -> None:
    """A field that is added to readings belongs to a later format; format 1 stays as it is."""
    once_for_all = {"ticket", "agreement", "as_of", "fold"}
    assert {*making._READING, "escalations"} == {field.name for field in dataclasses.fields(Reading)} - once_for_all


def test_what_was_asked_besides() -> None:
    """CLK-7, CLK-8, POL-5: known_at, strict, roles by name and by calendar."""
    desk = BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["10:00-12:00"]})
    roles = {"desk": desk, "other": "UK"}
    made = policy(roles={"desk": {}, "other": {}, "unused": {"default": "UK"}}, calendar="desk")
    result = evaluate(made, TICKET, as_of=AS_OF, roles=roles, known_at=after(100), strict=False)
    roles.clear()  # what the caller does to the mapping later is not what was asked
    told = receipt(result).to_dict()
    assert told["roles"] == {"desk": {"calendar": desk.digest()}, "other": "UK"}
    assert told["documents"] == {made.digest(): made.to_dict(), desk.digest(): desk.to_dict()}
    assert (told["known_at"], told["strict"]) == ("2026-05-24T12:30:00Z", False)
    assert verify(told).same


def test_an_agreement_is_kept_whole() -> None:
    """POL-10: all its versions, and which policy judged."""
    later = policy(name="later", verdict="due")
    versions = [{"effective": "2026-01-01", "policy": POLICY}, {"effective": "2026-06-01", "policy": later}]
    agreement = Agreement(id="A-1", timezone="Europe/London", versions=versions)
    told = receipt(evaluate(agreement, TICKET, as_of=AS_OF)).to_dict()
    assert told["agreement"] == agreement.digest()
    assert told["documents"] == {agreement.digest(): agreement.to_dict()}
    assert told["provenance"]["policy"] == POLICY.digest()
    assert verify(told).same


@pytest.mark.parametrize(("by", "key", "count"), [("day", "periods", 7), ("week", "periods", 2), ("month", "periods", 1), ("segment", "segments", None)])  # fmt: skip
def test_more_of_the_explanation(by: Any, key: str, count: int | None) -> None:
    kept = receipt(RESULT, by=by)
    explanation = kept.to_dict()["readings"][1]["explanation"]
    assert kept.to_dict()["by"] == by
    assert len(explanation[key]) == count or (count is None and len(explanation[key]) > 10)
    assert verify(kept).same


def test_dates_of_all_calendars_used() -> None:
    """CAL-6, CAL-9, POL-4: parts of composites, make-up days, a calendar that is only asked which objective holds."""
    everbright = contracts.load("everbright")
    opened = datetime(2026, 2, 14, 2, tzinfo=UTC)  # a Saturday on which China works for the Spring Festival
    urgent = evaluate(everbright, Ticket(id="T", severity="P1", opened_at=opened), as_of=opened + timedelta(hours=1))
    assert receipt(urgent).to_dict()["dates"] == {
        "around_the_clock": {}, "china": {"2026-02-14": "make-up working day"},
    }  # fmt: skip
    grave = evaluate(everbright, Ticket(id="T", severity="P2", opened_at=opened), as_of=opened + timedelta(days=4))
    spring, new_year = "Chinese New Year (Spring Festival)", "Chinese New Year"
    china = {
        "2026-02-14": "make-up working day", "2026-02-16": "Chinese New Year's Eve", "2026-02-17": spring,
        "2026-02-18": spring,
    }  # fmt: skip
    assert receipt(grave).to_dict()["dates"] == {
        "around_the_clock": {}, "beijing": china, "china": china, "frankfurt": {},
        "singapore": {"2026-02-17": new_year, "2026-02-18": new_year},
    }  # fmt: skip
    # Of two names for one calendar, the first by the alphabet: canonical JSON keeps no other order.
    twins = {"zeta": UK, "alpha": UK, "UK": {"op": "union", "parts": ["zeta", {**UK, "timezone": "Europe/Dublin"}]}}
    told = receipt(evaluate(policy(calendars=twins), TICKET, as_of=AS_OF)).to_dict()
    assert set(told["dates"]) == {"alpha", "UK.parts[1]"}
    nameless = BusinessCalendar(**UK) | BusinessCalendar(**{**UK, "holidays": ["2026-05-22"]})
    told = receipt(evaluate(policy(calendars={"UK": nameless}), TICKET, as_of=AS_OF)).to_dict()
    assert told["dates"] == {
        "UK.parts[0]": {"2026-05-25": "Spring Bank Holiday"}, "UK.parts[1]": {"2026-05-22": "holiday"}
    }  # fmt: skip


# -- canonical JSON ------------------------------------------------------------------------------------------


def test_the_text_is_canonical() -> None:
    """Sorted keys, no spaces, UTF-8; the same whatever way it came."""
    assert json.dumps(data(), ensure_ascii=False, sort_keys=True, separators=(",", ":")) == TEXT
    shuffled = dict(reversed(data().items()))
    for again in (Receipt.from_json(json.dumps(shuffled, indent=4)), Receipt.from_dict(shuffled), receipt(RESULT)):
        assert again.to_json() == TEXT
        assert again == receipt(RESULT)
        assert hash(again) == hash(receipt(RESULT))


def test_no_floats() -> None:
    """R-1: nothing in a receipt is a float."""
    assert {type(leaf) for leaf in leaves(data())} <= {str, int, bool, type(None)}


def test_a_receipt_is_a_value() -> None:
    kept = receipt(RESULT)
    assert pickle.loads(pickle.dumps(kept)) == copy.deepcopy(kept) == kept
    kept.to_dict()["ticket"]["id"] = "T-2"
    assert kept.tickets == ("T-1",)
    assert kept.digest() == data()["digests"]["receipt"]
    assert repr(kept) == f"Receipt(tickets=('T-1',), digest='{kept.digest()}')"
    with pytest.raises(AttributeError):
        kept._text = ""


def test_free_data_is_kept_verbatim() -> None:
    """CLK-6: whatever a ticket may hold, half a character of a text cut short among it."""
    words = {"emoji": "🙂", "half": "cut \ud83d", "halves": "\ud83d\ude42", "zh": "服務中斷", "big": 10**40, "line": "\u2028\n\0\"\\"}  # fmt: skip
    ticket = TICKET.update(after(151), data=words, actor="🙂")
    kept = receipt(evaluate(POLICY, ticket, as_of=AS_OF))
    assert kept.to_dict()["ticket"]["events"][-1]["data"] == {**words, "halves": "🙂"}
    assert Receipt.from_json(kept.to_json().encode().decode()) == kept
    assert verify(kept).same


def test_equal_policies_with_other_documents() -> None:
    """1 equals True, and in JSON they are two things: a receipt holds the policy that was asked."""
    one, true = policy(notes={"n": 1}), policy(notes={"n": True})
    assert one == true
    for made in (one, true, one):
        kept = receipt(evaluate(made, TICKET, as_of=AS_OF)).to_dict()
        assert kept["policy"] == made.digest() == kept["provenance"]["policy"]
        assert json.dumps(kept["documents"][made.digest()]["notes"]) == json.dumps({"n": made.notes["n"]})
        assert verify(kept).same


def test_ten_events_take_less_than_six_kilobytes() -> None:
    """Besides the policy: by the ready-made contracts, and by the policy above with each metric."""
    busy = Ticket(id="T-10", severity="P1", opened_at=DAY).acknowledge(after(0.1)).respond(after(0.5))
    busy = busy.customer_reply(after(1)).respond(after(1.5)).pause(after(2), reason="customer").resume(after(4))
    busy = busy.change_severity(after(5), "P2").update(after(6)).resolve(after(150)).reopen(after(151))
    assert len(busy.events) == 10
    metrics = ("first_response", "workaround", "resolution", "closure")
    objectives = [{"severity": p, "metric": m, "within": "16h"} for p in ("P1", "P2") for m in metrics]
    policies = [POLICY, policy(objectives=objectives), contracts.load("wati-pro"), contracts.load("everbright")]
    for made in policies:
        told = receipt(evaluate(made, busy, as_of=AS_OF)).to_dict()
        del told["documents"]
        assert len(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()) < 6 * 1024, made.name


# -- bundles -------------------------------------------------------------------------------------------------


def test_a_bundle_shares_its_documents() -> None:
    """Policies and calendars once; each receipt comes out of it as it would have been made alone."""
    desk = BusinessCalendar(timezone="Europe/London", hours=HOURS)
    made = policy(roles={"desk": {}}, calendar="desk")
    results = [evaluate(POLICY, TICKET.replace(id=f"T-{i}"), as_of=AS_OF) for i in range(3)]
    results += [evaluate(made, TICKET, as_of=AS_OF, roles={"desk": desk}) for _ in range(2)]
    kept = bundle(results)
    assert set(kept.to_dict()["documents"]) == {POLICY.digest(), made.digest(), desk.digest()}
    assert kept.receipts == tuple(map(receipt, results))
    assert kept.tickets == ("T-0", "T-1", "T-2", "T-1", "T-1")
    assert kept == bundle(kept.receipts) == bundle([kept]) == bundle([*results[:2], *kept.receipts[2:]])
    assert Receipt.from_json(kept.to_json()) == kept
    found = verify(kept)
    assert (found.same, found.intact, found.count, found.changed) == (True, True, 5, ())
    assert receipt(RESULT).receipts == (receipt(RESULT),)


def test_an_empty_bundle() -> None:
    assert verify(bundle([])).same
    assert bundle([]).receipts == ()


def test_what_was_done_to_a_bundle_is_found() -> None:
    kept = bundle(evaluate(POLICY, TICKET.replace(id=f"T-{i}"), as_of=AS_OF) for i in range(3)).to_dict()
    one = copy.deepcopy(kept)
    one["receipts"][1]["readings"][1]["elapsed"] = "1h"
    found = verify(one)
    assert paths(found) == ["digests.receipt", "receipts[1].digests.receipt", "receipts[1].readings[1].elapsed"]
    assert [difference.ticket for difference in found.differences] == ["", "T-1", "T-1"]
    for gone in (0, 1, 2):
        fewer = copy.deepcopy(kept)
        del fewer["receipts"][gone]
        assert paths(verify(fewer)) == ["digests.receipt"]
    more = copy.deepcopy(kept)
    more["documents"]["0" * 64] = {"name": "nobody asked"}
    assert paths(verify(more)) == [f"documents.{'0' * 64}"]


def test_a_document_that_is_another_does_not_get_into_a_bundle() -> None:
    told = data()
    told["documents"][POLICY.digest()]["title"] = "another"
    with pytest.raises(ReceiptError, match="not the one it names"):
        bundle([Receipt.from_dict(told)])


# -- worked out again ----------------------------------------------------------------------------------------


def test_the_same() -> None:
    found = verify(TEXT)
    assert found
    assert (found.same, found.intact, found.count, found.differences, found.changed) == (True, True, 1, (), ())
    assert str(found) == "1 receipt: same"
    assert verify(data()) == verify(Receipt.from_json(TEXT)) == found


def test_an_altered_answer_is_found() -> None:
    told = data()
    told["readings"][1]["due"] = "2026-05-29T12:30:00+01:00"
    found = verify(told)
    assert not found
    assert not found.intact
    assert paths(found) == ["digests.receipt", "readings[1].due"]
    assert (found.differences[1].recorded, found.differences[1].now) == (
        "2026-05-29T12:30:00+01:00",
        "2026-05-28T11:30:00+01:00",
    )
    assert str(found).splitlines()[0] == "1 receipt: different, and altered"
    assert str(found.differences[1]) == (
        "T-1: readings[1].due: 2026-05-29T12:30:00+01:00 recorded, 2026-05-28T11:30:00+01:00 now"
    )
    found = verify(sealed(told))
    assert found.intact
    assert paths(found) == ["readings[1].due"]


def test_an_input_that_changes_no_answer_is_found() -> None:
    """The name of an actor, a note of the policy, a role nobody uses, a flag: by the digests of the inputs."""
    told = data()
    told["ticket"]["events"][0]["actor"] = "berta"
    assert paths(verify(told)) == ["digests.ticket", "digests.receipt"]
    told = data()
    told["strict"] = False
    assert paths(verify(told)) == ["digests.receipt"]
    told = data()
    told["roles"] = {}
    assert "roles" in paths(verify(told)) and "digests.receipt" in paths(verify(told))
    told = data()
    told["documents"][POLICY.digest()]["notes"] = {"a": "note"}
    found = verify(told)
    assert not found.intact
    assert {f"documents.{POLICY.digest()}", "policy", "provenance.policy"} == set(paths(found))


def test_a_version_that_changed_nothing_is_told_and_the_same() -> None:
    """R-6: what was used of the tables decides, not the names of their releases."""
    told = data()
    told["provenance"] |= {"tzdata": "2020a", "holidays": "0.9", "library": "0.0.1"}
    found = verify(sealed(told))
    assert found.same
    assert found.intact
    assert [(change.name, change.recorded, change.matters) for change in found.changed] == [
        ("library", "0.0.1", None), ("tzdata", "2020a", False), ("holidays", "0.9", False),
    ]  # fmt: skip
    now = RESULT.provenance
    assert str(found).splitlines() == [
        "1 receipt: same",
        f"library 0.0.1 -> {now.library}",
        f"tzdata 2020a -> {now.tzdata} (what was used of it is the same)",
        f"holidays 0.9 -> {now.holidays} (what was used of it is the same)",
    ]


def without_the_holiday() -> dict[str, Any]:
    """The receipt that a table would have given which does not know Spring Bank Holiday."""
    ignorant = policy(calendars={"UK": {**UK, "holidays": [{"country": "GB-ENG", "without": ["Spring Bank Holiday"]}]}})
    told, then = data(), receipt(evaluate(ignorant, TICKET, as_of=AS_OF)).to_dict()
    told |= {key: then[key] for key in ("dates", "readings")}
    told["provenance"]["holidays"] = "0.9"
    return sealed(told)


def test_a_changed_table_of_holidays_is_pointed_at() -> None:
    """CAL-5: by date and name."""
    found = verify(without_the_holiday())
    assert found.intact and not found.same
    told = {difference.path: (difference.recorded, difference.now) for difference in found.differences}
    assert told["dates.UK.2026-05-25"] == (None, "Spring Bank Holiday")
    assert told["readings[1].elapsed"] == ("36h", "28h")
    assert [(change.name, change.matters) for change in found.changed] == [("holidays", True)]


def test_a_changed_zone_is_pointed_at() -> None:
    told = data()
    told["provenance"]["transitions"]["Europe/London"] = "0" * 64
    told["provenance"]["tzdata"] = "2020a"
    found = verify(sealed(told))
    assert paths(found) == ["provenance.transitions.Europe/London"]
    assert [(change.name, change.matters) for change in found.changed] == [("tzdata", True)]


def test_changes_of_a_bundle_are_told_once() -> None:
    """And matter if they do for one of its receipts."""
    kept = bundle([Receipt.from_dict(without_the_holiday())] * 2)
    assert [(change.name, change.matters) for change in verify(kept).changed] == [("holidays", True)]
    quiet = data()
    quiet["provenance"]["holidays"] = "0.9"
    kept = bundle(map(Receipt.from_dict, (sealed(quiet), without_the_holiday(), quiet)))
    assert [(change.name, change.matters) for change in verify(kept).changed] == [("holidays", True)]


def test_an_input_that_cannot_be_read_any_more_is_a_difference() -> None:
    """One bad receipt does not keep a bundle from being looked at."""

    def altered(change: Any) -> Any:
        told = data()
        change(told)
        (difference,) = (one for one in verify(told).differences if not one.path.startswith(("digests", "documents")))
        return difference

    digest = POLICY.digest()
    for change, path, said in (
        (lambda told: told["documents"][digest].update(semantics=2), "policy", "ConfigurationError"),
        (lambda told: told["documents"].clear(), "policy", "no such document"),
        (lambda told: told.update(policy=None), "policy", "no such document"),
        (lambda told: told["ticket"].update(opened_at="yesterday"), "ticket", "not an instant: 'yesterday'"),
        (lambda told: told["ticket"].update(severity="P9"), "readings", "UnknownSeverityError"),
        (lambda told: told["ticket"]["events"][0].update(at="2020-01-01T00:00:00Z"), "readings", "HistoryError"),
        (lambda told: told["ticket"]["events"][0].update(data={"x": 1.5}), "ticket", "ConfigurationError"),
        (lambda told: told.update(as_of="2026-05-28T16:30:00"), "as_of", "names no instant"),
        (lambda told: told.update(as_of=float("nan")), "as_of", "ValueError"),
        (lambda told: told.pop("as_of"), "as_of", "ValueError"),
        (lambda told: told.update(known_at=7), "known_at", "ValueError"),
        (lambda told: told.update(roles={"nobody": "UK"}), "readings", "UnknownRoleError"),
        (lambda told: told.update(roles={"nobody": {}}), "roles", "KeyError"),
        (lambda told: told.update(roles=[]), "roles", "AttributeError"),
        (lambda told: told.update(by="year"), "by", "ReceiptError"),
    ):  # fmt: skip
        difference = altered(change)
        assert (difference.path, said in difference.now) == (path, True), difference


def test_a_type_is_a_difference() -> None:
    """1, 1.0 and true are three things, and nothing and null are two."""
    for place, value in (("cycle", True), ("cycle", 1.0), ("breached", 0), ("missed", False), ("breached_at", None)):
        told = data()
        told["readings"][1][place] = value
        assert paths(verify(sealed(told))) == [f"readings[1].{place}"]


def test_readings_more_and_fewer() -> None:
    told = data()
    told["readings"].append({"metric": "invented"})
    assert [(d.path, d.recorded, d.now) for d in verify(sealed(told)).differences] == [
        ("readings[2]", {"metric": "invented"}, None)
    ]
    told["readings"] = told["readings"][:1]
    (difference,) = verify(sealed(told)).differences
    assert (difference.path, difference.recorded, difference.now["metric"]) == ("readings[1]", None, "resolution")


def test_a_policy_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work is counted: for a bundle, and for many receipts in a row."""
    from slaclock.receipts import verification

    verification._declared.cache_clear()
    read: list[object] = []
    plain = Policy.from_dict.__func__
    monkeypatch.setattr(Policy, "from_dict", classmethod(lambda cls, given: (read.append(given), plain(cls, given))[1]))
    verify(bundle(evaluate(POLICY, TICKET.replace(id=f"T-{i}"), as_of=AS_OF) for i in range(5)))
    verify(TEXT)
    verify(TEXT)
    assert len(read) == 1


def test_a_document_is_never_taken_from_memory_by_its_name() -> None:
    """An altered policy under the digest of one that was read before is evaluated as it stands."""
    assert verify(TEXT).same
    told = data()
    told["documents"][POLICY.digest()]["objectives"][1]["within"] = "1h"
    assert any(path.startswith("readings[1]") for path in paths(verify(told)))


def test_a_materialized_policy_does_without_the_table() -> None:
    """CAL-11."""
    fixed = POLICY.replace(calendars={name: one.materialize(2026, 2026) for name, one in POLICY.calendars.items()})
    kept = receipt(evaluate(fixed, TICKET, as_of=AS_OF)).to_dict()
    assert kept["dates"] == data()["dates"]
    assert "GB-ENG" not in json.dumps(kept["documents"])
    for mine, theirs in zip(kept["readings"], data()["readings"], strict=True):
        assert mine == theirs
    assert verify(kept).same


def test_lenient_histories_and_none() -> None:
    """CLK-8: anomalies are kept, a ticket without readings too."""
    odd = Ticket(id="T", severity="P1", opened_at=DAY).add(Event(kind="respnod", at=after(1))).reopen(after(2))
    kept = receipt(evaluate(POLICY, odd, as_of=AS_OF, strict=False))
    assert [(one["code"], one["seq"]) for one in kept.to_dict()["anomalies"]] == [("no_effect", 1), ("impossible", 2)]
    assert verify(kept).same
    early = receipt(evaluate(POLICY, odd, as_of=DAY - timedelta(days=1)))
    assert (early.to_dict()["readings"], early.to_dict()["dates"]) == ([], {})
    assert verify(early).same


# -- what is no receipt --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "path", "says"),
    [
        ("", "", "cannot be read"),
        ("{", "", "cannot be read"),
        ("[" * 100_000, "", "cannot be read"),
        ("[]", "", "no receipt"),
        ("{}", "", "no receipt"),
        (b"{}", "", "JSON text, or its data, not bytes"),
        (None, "", "not NoneType"),
        (RESULT, "", "not Evaluation"),
        ({1: 2, "a": datetime.now}, "", "cannot be read"),
        ('{"receipt": 2}', "receipt", "format 2 is not known here"),
        ('{"receipt": true}', "receipt", "format True"),
        ('{"receipt": "1"}', "receipt", "format '1'"),
        ('{"receipt": 1}', "documents", "missing"),
        ('{"receipt": 1, "documents": {}}', "ticket", "missing"),
        ('{"receipt": 1, "documents": {}, "ticket": {}}', "policy", "neither"),
        ('{"receipt": 1, "documents": {}, "ticket": {}, "policy": "", "agreement": ""}', "policy", "or both"),
        ('{"receipt": 1, "documents": {}, "receipts": {}}', "receipts", "missing, or something else"),
        ('{"receipt": 1, "documents": {}, "receipts": [7]}', "receipts[0]", "not a receipt of a bundle"),
        ('{"receipt": 1, "documents": {}, "receipts": [{"receipt": 3}]}', "receipts[0].receipt", "format 3"),
        ('{"receipt": 1, "documents": {}, "receipts": [{"receipt": 1, "documents": {}}]}', "receipts[0]", "not a receipt of a"),
        ('{"receipt": 1, "documents": {}, "receipts": [{"receipt": 1}]}', "receipts[0].ticket", "missing"),
        (TEXT.replace('{"agreement', '{"as_of":"2020-01-01T00:00:00Z","agreement').replace('{"anomalies', '{"as_of":"2020-01-01T00:00:00Z","anomalies'), "", "stands twice"),
    ],
)  # fmt: skip
def test_what_is_no_receipt(given: Any, path: str, says: str) -> None:
    """A format of a later release, a shape that no receipt has, a key that stands twice."""
    doors = [verify, Receipt.from_dict] if not isinstance(given, str) else [verify, Receipt.from_json]
    for door in doors:
        with pytest.raises(ReceiptError) as caught:
            door(given)
        assert (caught.value.path, caught.value.code) == (path, "receipt")
        assert says in caught.value.message


def test_only_evaluations_have_receipts() -> None:
    for given in (RESULT["resolution"], POLICY, None):
        with pytest.raises(ReceiptError, match="not an Evaluation"):
            receipt(given)
        with pytest.raises(ReceiptError, match="not an Evaluation"):
            bundle([given])
    with pytest.raises(ReceiptError, match="explanations are not told by 'weak'; did you mean 'week'"):
        receipt(RESULT, by="weak")


# -- old receipts --------------------------------------------------------------------------------------------


def test_old_receipts_are_there() -> None:
    assert len(KEPT) >= 10


@pytest.mark.parametrize("file", KEPT, ids=lambda file: file.stem)
def test_an_old_receipt_is_the_same_today(file: Path) -> None:
    """R-6, POL-1: a receipt of a release verifies in the ones after it.  The files are never written anew."""
    found = verify(file.read_text(encoding="utf-8"))
    assert found.same, str(found)
    assert found.intact
