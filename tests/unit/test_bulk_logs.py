"""Event logs by a policy: real incidents, a desk's own words and statuses, what goes wrong (R-7, CLK-6, CLK-7)."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from bulk_cells import Row, at, check, expected, rows, times, words
from demo_script import demo
from slaclock import (
    BusinessCalendar,
    Event,
    InstantError,
    Policy,
    PolicyError,
    RowsError,
    SlaclockError,
    Ticket,
    always_open,
    bulk,
    contracts,
    evaluate,
)

order_of = importlib.import_module("slaclock.bulk.sorting").order_of
bulk_evaluate = importlib.import_module("slaclock.bulk.evaluate")  # the module, not the function of its name
AS_OF = at("2026-06-10T12:00")


# -- 890 real incidents ------------------------------------------------------------------------------------

INCIDENTS = Policy.load(demo.POLICY)
NAMES = list(bulk.answer_columns(INCIDENTS))


@pytest.fixture(scope="module")
def facts() -> pd.DataFrame:
    """The table of facts as it stands, read by pandas."""
    return pd.read_csv(demo.FACTS, parse_dates=["at"])


@pytest.fixture(scope="module")
def judged() -> dict[datetime, list[Row]]:
    """The scalar evaluation of each incident, at the end and in the middle."""
    tickets = [demo.to_ticket(of_one) for of_one in demo.read_facts().values()]
    found = {}
    for as_of in (demo.AS_OF, at("2016-03-20T12:00")):
        answers = demo.evaluate_all(INCIDENTS, tickets, as_of)
        found[as_of] = [expected(INCIDENTS, answer if answer.readings else None) for answer in answers]
    return found


def judge(log: Any, **options: Any) -> Any:
    options = {"as_of": demo.AS_OF, "strict": False, "ticket": "incident", **options}
    return bulk.evaluate_log(INCIDENTS, log, **options)


def as_numpy(log: pd.DataFrame) -> dict[str, np.ndarray]:
    """Naive columns in UTC."""
    columns = {name: log[name].astype(object).where(log[name].notna(), None).to_numpy() for name in log.columns}
    return {**columns, "at": log["at"].dt.tz_localize(None).to_numpy("M8[us]")}


LOGS = {
    "pandas": lambda log: log,
    "polars": pl.from_pandas,
    "pyarrow": pa.Table.from_pandas,
    "numpy": as_numpy,
    "narwhals": nw.from_native,
}


@pytest.mark.parametrize("kind", LOGS)
def test_all_incidents_are_as_the_scalar_evaluation_has_them(
    kind: str, facts: pd.DataFrame, judged: dict[datetime, list[Row]]
) -> None:
    """R-7, CLK-6, CLK-7: in every library, at the end of the log and in its middle."""
    log = LOGS[kind](facts)
    zone = "UTC" if kind == "numpy" else None
    for as_of, wanted in judged.items():
        answer = judge(log, as_of=as_of, zone=zone)
        assert type(answer) is type(log)
        got = rows(answer)
        assert [row["incident"] for row in got] == facts["incident"].drop_duplicates().to_list()
        assert len(got) == 890
        assert [{name: row[name] for name in NAMES} for row in got] == wanted


def test_the_order_of_rows_matters_within_an_instant_only(
    facts: pd.DataFrame, judged: dict[datetime, list[Row]]
) -> None:
    """CLK-6."""
    place = np.random.default_rng(7).permutation(len(facts))
    # Shuffled, and then those of one ticket and one instant put back into their order.
    keys = facts.groupby(["incident", "at"], sort=False)
    order = keys.ngroup().to_numpy()[place]
    taken = pd.Series(place).groupby(order).transform(lambda group: sorted(group)).to_numpy()
    shuffled = facts.iloc[taken]
    assert not shuffled["at"].is_monotonic_increasing
    got = rows(judge(shuffled))
    assert [row["incident"] for row in got] == shuffled["incident"].drop_duplicates().to_list()
    by_name = {row["incident"]: row for row in got}
    for name, wanted in zip(facts["incident"].drop_duplicates(), judged[demo.AS_OF], strict=True):
        assert {column: by_name[name][column] for column in NAMES} == wanted


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("batch", [1, 7, 100])
def test_batches_and_threads_change_nothing(
    facts: pd.DataFrame, judged: dict[datetime, list[Row]], monkeypatch: pytest.MonkeyPatch, batch: int, threads: int
) -> None:
    monkeypatch.setattr(bulk_evaluate, "BATCH", batch)
    few = facts["incident"].drop_duplicates()[:120]
    got = rows(judge(facts[facts["incident"].isin(few)], threads=threads))
    assert [{name: row[name] for name in NAMES} for row in got] == judged[demo.AS_OF][:120]


def test_a_strict_reading_tells_of_the_incidents_that_cannot_be(facts: pd.DataFrame) -> None:
    """CLK-8: those that the scalar evaluation refuses, by their row in the answer."""
    refused = {}
    for row, of_one in enumerate(demo.read_facts().values()):
        try:
            evaluate(INCIDENTS, demo.to_ticket(of_one), as_of=demo.AS_OF)
        except SlaclockError as error:
            refused[row] = f"{error.code}: {error.message}"
    got = rows(judge(facts, strict=True, errors="report"))
    assert {row: cells["slaclock_error"] for row, cells in enumerate(got) if cells["slaclock_error"]} == refused
    with pytest.raises(RowsError) as error:
        judge(facts, strict=True)
    assert (error.value.count, error.value.rows) == (len(refused), 890)


# -- small logs --------------------------------------------------------------------------------------------

POLICY = Policy(
    name="desk",
    calendar="UK",
    severities=[{"key": "P1"}, {"key": "P2"}],
    calendars={
        "UK": BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["09:00-17:00"]}),
        "always": always_open(),
    },
    objectives=[
        {"severity": "P1", "metric": "first_response", "within": "2h", "calendar": "always"},
        {"severity": "P2", "metric": "first_response", "within": "4h"},
        {"severity": "P1", "metric": "resolution", "within": "8h"},
        {"severity": "P2", "metric": "resolution", "within": "2 business days"},
    ],
    pauses=[{"reason": "customer", "stops": ["resolution"]}, {"reason": "vendor", "stops": []}],
    escalations=[{"key": "warning", "metric": "resolution", "at": "75%", "receiver": {}}],
)
OPEN = (1, "2026-06-05T14:00", "opened", "P1")
TICKET = Ticket(id="1", severity="P1", opened_at=at("2026-06-05T14:00"))


def log_of(*events: tuple[Any, ...]) -> dict[str, np.ndarray]:
    """A log in NumPy's arrays: ticket, at, kind, value (None, if it is left out)."""
    return {
        "ticket": np.array([event[0] for event in events], dtype=object if isinstance(events[0][0], str) else None),
        "at": times(*(event[1] for event in events)),
        "kind": words(*(event[2] for event in events)),
        "value": words(*(event[3] if len(event) > 3 else None for event in events)),
    }


def answer_of(log: Any, policy: Policy = POLICY, **options: Any) -> Any:
    options = {"as_of": AS_OF, "zone": "UTC" if isinstance(log, Mapping) else None, **options}
    return bulk.evaluate_log(policy, log, **options)


def told(answer: Any) -> list[str | None]:
    return [row["slaclock_error"] for row in rows(answer)]


SEVERAL = (
    (7, "2026-06-05T14:00", "opened", "P1"),
    (3, "2026-06-05T15:30", "opened", "P2"),
    (7, "2026-06-05T15:00", "responded"),
    (3, "2026-06-08T09:00", "paused", "customer"),
    (3, "2026-06-08T11:00", "resumed", "customer"),
    (7, "2026-06-08T10:00", "severity_changed", "P2"),
    (5, "2026-06-08T10:00", "opened", "P2"),
    (3, "2026-06-09T10:00", "resolved"),
    (3, "2026-06-09T11:00", "reopened"),
    (5, "2026-06-08T10:00", "paused", "vendor"),
    (5, "2026-06-08T12:00", "paused", "customer"),
    (5, "2026-06-08T13:00", "resumed"),
    (5, "2026-06-08T13:00", "owner_changed", "anybody"),
    (7, "2026-06-12T10:00", "resolved"),
    (9, "2026-06-11T10:00", "opened", "P1"),
)


def several() -> dict[int, Ticket]:
    """The same by hand."""
    seven = Ticket(id="7", severity="P1", opened_at=at("2026-06-05T14:00")).respond(at("2026-06-05T15:00"))
    seven = seven.change_severity(at("2026-06-08T10:00"), "P2").resolve(at("2026-06-12T10:00"))
    three = Ticket(id="3", severity="P2", opened_at=at("2026-06-05T15:30")).pause(at("2026-06-08T09:00"), "customer")
    three = three.resume(at("2026-06-08T11:00"), "customer").resolve(at("2026-06-09T10:00"))
    three = three.reopen(at("2026-06-09T11:00"))
    five = Ticket(id="5", severity="P2", opened_at=at("2026-06-08T10:00")).pause(at("2026-06-08T10:00"), "vendor")
    five = five.pause(at("2026-06-08T12:00"), "customer").resume(at("2026-06-08T13:00"))
    five = five.change_owner(at("2026-06-08T13:00"), "anybody")
    nine = Ticket(id="9", severity="P1", opened_at=at("2026-06-11T10:00"))
    return {7: seven, 3: three, 5: five, 9: nine}


def test_a_log_in_any_order_with_tickets_as_they_first_appear() -> None:
    for events in (SEVERAL, SEVERAL[::2] + SEVERAL[1::2]):
        answer = answer_of(log_of(*events))
        order = list(dict.fromkeys(event[0] for event in events))
        assert answer["ticket"].tolist() == order
        check(answer, POLICY, [several()[number] for number in order], AS_OF)
    backwards = [event for event in SEVERAL[::-1] if event[:2] != (5, "2026-06-08T10:00")]
    same = [event for event in SEVERAL if event[:2] == (5, "2026-06-08T10:00")]
    check(answer_of(log_of(*backwards, *same)), POLICY, [several()[number] for number in (9, 7, 5, 3)], AS_OF)


def test_events_of_one_instant_come_in_the_order_of_their_rows() -> None:
    """CLK-6."""
    now = "2026-06-08T09:00"
    first = [(1, now, "opened", "P1"), (1, now, "paused", "customer"), (1, now, "resumed"), (1, now, "responded")]
    ticket = Ticket(id="1", severity="P1", opened_at=at(now)).pause(at(now), "customer")
    check(answer_of(log_of(*first)), POLICY, [ticket.resume(at(now)).respond(at(now))], AS_OF)
    check(answer_of(log_of(first[0], first[1])), POLICY, [ticket], AS_OF)
    last = [first[3], first[0]]
    events = [Event(kind="responded", at=at(now)), Event(kind="opened", at=at(now))]
    answered = Ticket(id="1", severity="P1", events=events)
    check(answer_of(log_of(*last), errors="report"), POLICY, [answered], AS_OF)
    check(answer_of(log_of(*last), strict=False), POLICY, [answered], AS_OF, strict=False)


IDS = {
    "near": np.array([3, 4, 3]),
    "small": np.array([3, 4, 3], np.int8),
    "unsigned": np.array([3, 2**63 - 1, 3], np.uint64),
    "sparse": np.array([10**15, -(10**12), 10**15]),
    "far apart": np.array([-(2**63) + 1, 2**63 - 1, -(2**63) + 1]),
    "negative": np.array([-7, -8, -7]),
    "text": words("b", "a", "b"),
    "fixed text": np.array(["b", "a", "b"]),
}


@pytest.mark.parametrize("kind", IDS)
@pytest.mark.parametrize("frame_of", [dict, pd.DataFrame, pl.DataFrame, pa.table])
def test_ids_are_text_or_whole_numbers_of_any_kind(kind: str, frame_of: Any) -> None:
    log = log_of(OPEN, (2, "2026-06-05T15:30", "opened", "P2"), (1, "2026-06-05T15:00", "responded"))
    ids = IDS[kind]
    log["ticket"] = ids
    plain = {name: column.tolist() if column.dtype.kind in "OU" else column for name, column in log.items()}
    frame = log if frame_of is dict else frame_of(plain)
    answer = answer_of(frame, zone="UTC")
    other = Ticket(id="2", severity="P2", opened_at=at("2026-06-05T15:30"))
    tickets = [TICKET.respond(at("2026-06-05T15:00")), other]
    check(answer, POLICY, tickets, AS_OF)
    assert [row["ticket"] for row in rows(answer)] == ids[:2].tolist()
    about = {"ticket": ids[1:], "note": words("x", "y")}
    if frame_of is not dict:
        about = frame_of({name: values.tolist() for name, values in about.items()})
    check(answer_of(frame, zone="UTC", tickets=about), POLICY, tickets[::-1], AS_OF)


def test_an_answer_is_of_the_kind_of_the_log() -> None:
    log = log_of(*SEVERAL)
    pandas = pd.DataFrame(log).assign(at=lambda frame: frame["at"].dt.tz_localize("UTC")).set_axis(list(range(15, 30)))
    answer = answer_of(pandas)
    assert isinstance(answer, pd.DataFrame) and answer.index.equals(pd.RangeIndex(4))
    assert list(answer.columns) == ["ticket", *bulk.answer_columns(POLICY)]
    assert answer["ticket"].dtype == pandas["ticket"].dtype
    check(answer, POLICY, several().values(), AS_OF)
    polars = pl.from_pandas(pandas)
    assert answer_of(polars).schema["resolution_due"] == pl.Datetime("us", "UTC")
    arrow = pa.Table.from_pandas(pandas)
    check(answer_of(arrow), POLICY, several().values(), AS_OF)
    assert isinstance(answer_of(arrow.to_batches()[0]), pa.RecordBatch)


@pytest.mark.parametrize("frame_of", [dict, pd.DataFrame, pl.DataFrame, pa.table])
@pytest.mark.parametrize("ids", [np.array([], np.int64), words()], ids=["numbers", "text"])
def test_a_log_without_rows_is_answered(frame_of: Any, ids: np.ndarray) -> None:
    empty = {"ticket": ids, "at": times(), "kind": words(), "value": words()}
    plain = {**empty, "ticket": ids if ids.dtype.kind == "i" else [], "kind": [], "value": []}
    frame = empty if frame_of is dict else frame_of(plain)
    for errors in ("raise", "report"):
        answer = answer_of(frame, zone="UTC", errors=errors)
        names = answer.column_names if isinstance(answer, pa.Table) else list(answer)
        wanted = ["ticket", *bulk.answer_columns(POLICY), *(["slaclock_error"] if errors == "report" else [])]
        assert list(getattr(answer, "columns", names) if isinstance(answer, pl.DataFrame) else names) == wanted
    about = {"ticket": np.array([1, 2]), "severity": words("P1", "P2")}
    assert {text and text.partition(" ")[0] for text in told(answer_of(empty, tickets=about, errors="report"))} == {
        "history:"
    }
    assert answer_of(log_of(OPEN), tickets={name: values[:0] for name, values in about.items()})["ticket"].shape == (0,)


def test_columns_of_a_log_may_have_other_names() -> None:
    names = {"ticket": "number", "at": "when", "kind": "what", "value": "said"}
    log = {names[name]: column for name, column in log_of(*SEVERAL).items()}
    answer = answer_of(log, **names)
    assert next(iter(answer)) == "number"
    check(answer, POLICY, several().values(), AS_OF)


@pytest.mark.parametrize("grain", [1, 1_000, 1_000_000, 60_000_000])
@pytest.mark.parametrize("span", [1, 10**6, 10**12, 2**53, 2**62])
@pytest.mark.parametrize("count", [0, 1, 2, 3000])
def test_events_are_put_in_order_by_ticket_and_instant_whatever_lies_between(count: int, span: int, grain: int) -> None:
    """CLK-6: and those of one instant stay as they are."""
    draw = np.random.default_rng(count)
    at_ = draw.integers(-span, span, count) // grain * grain
    ticket = draw.integers(0, max(count // 3, 1), count)
    groups = max(count // 3, 1)
    for group, instant in ((ticket, at_), (np.sort(ticket), at_), (ticket, np.sort(at_))):
        wanted = np.lexsort((np.arange(count), instant, group))
        assert order_of(group, instant, groups).tolist() == wanted.tolist()


def test_events_are_put_in_order_though_there_are_too_many_too_far_apart_to_be_packed() -> None:
    instant = np.random.default_rng(1).integers(-(2**62), 2**62, 2**20 + 1) // 10**6 * 10**6
    found = order_of(np.zeros(len(instant), np.int64), instant, 1)
    assert (np.diff(instant[found]) >= 0).all()
    assert np.bincount(found).tolist() == [1] * len(instant)


# -- the desk's own words ----------------------------------------------------------------------------------


def test_kinds_say_what_words_mean() -> None:
    own = {
        "opened": "New", "responded": "First reply", "paused": "paused:customer", "resumed": "Go on",
        "severity_changed": "Priority", "resolved": "Done", "reopened": "Again", "owner_changed": "Moved",
    }  # fmt: skip
    events = [(number, when, own[kind], *value) for number, when, kind, *value in SEVERAL]
    events.insert(3, (3, "2026-06-05T16:00", "Printed"))
    kinds = {word: kind for kind, word in own.items() if kind != "paused"} | {"Printed": None, "Never": "closed"}
    plain = [event if event[:3] != (5, "2026-06-08T10:00", "paused:customer") else None for event in events]
    wanted = several()
    wanted[5] = wanted[5].replace(events=[event for event in wanted[5].events if event.reason != "vendor"])
    check(answer_of(log_of(*filter(None, plain)), kinds=kinds), POLICY, wanted.values(), AS_OF)


def test_a_word_with_a_reason_needs_no_mapping_and_its_reason_goes_before_the_value() -> None:
    events = [
        OPEN, (1, "2026-06-08T09:00", "Waiting", "whatever"), (1, "2026-06-08T10:00", "resumed:customer", "vendor"),
    ]  # fmt: skip
    ticket = TICKET.pause(at("2026-06-08T09:00"), "customer").resume(at("2026-06-08T10:00"), "customer")
    check(answer_of(log_of(*events), kinds={"Waiting": "paused:customer"}), POLICY, [ticket], AS_OF)
    log = log_of(OPEN, (1, "2026-06-08T09:00", "paused:customer"), (1, "2026-06-08T10:00", "resumed"))
    del log["value"]
    log["kind"][0] = "opened:P1"
    check(answer_of(log), POLICY, [ticket], AS_OF)
    check(answer_of(log, value=None), POLICY, [ticket], AS_OF)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"kinds": {}}, PolicyError, "nothing says what 'respond', 'Odd' in the log means; did you mean 'responded'"),
        ({"kinds": {"respond": "respnded", "Odd": None}}, PolicyError, "no event kind 'respnded'; did you mean 'responded'"),
        ({"kinds": {"respond": 5, "Odd": None}}, PolicyError, "kinds.respond: no event kind '5'"),
        ({"kinds": {"respond": None, "Odd": None, "Unused": "x:y"}}, PolicyError, "kinds.Unused: no event kind 'x'"),
        ({"statuses": {"Unused": "paused"}}, PolicyError, 'no status \'paused\'; one of "active", "paused:<reason>"'),
        ({"statuses": {"Unused": "open"}}, PolicyError, "no status 'open'"),
        ({"statuses": {"Unused": "closed:now"}}, PolicyError, "no status 'closed:now'"),
        ({"statuses": {"Unused": 5}}, PolicyError, "no status '?5"),
        ({"ticket": "tickt"}, PolicyError, "ticket: the table has no column 'tickt'; did you mean 'ticket'"),
        ({"at": "when"}, PolicyError, "at: the table has no column 'when'; known: 'at', 'kind', 'ticket', 'value'"),
        ({"kind": "kid"}, PolicyError, "kind: the table has no column 'kid'"),
        ({"value": "valeu"}, PolicyError, "value: the table has no column 'valeu'; did you mean 'value'"),
        ({"kind": "ticket"}, InstantError, "ticket: not a column of names but of integer"),
        ({"at": "value"}, InstantError, "value: not a column of instants but of word"),
        ({"ticket": "at"}, InstantError, "at: not a column of names but of wall"),
        ({"zone": None}, InstantError, "at: a naive column names no instants"),
        ({"errors": "skip"}, InstantError, "not a way to treat bad rows: 'skip'"),
        ({"as_of": datetime(2026, 6, 1)}, InstantError, "a naive datetime names no instant"),  # noqa: DTZ001
        ({"known_at": datetime(2026, 6, 1)}, InstantError, "a naive datetime names no instant"),  # noqa: DTZ001
        ({"known_at": AS_OF, "recorded_at": "rec"}, PolicyError, "no column 'rec'"),
        ({"role_columns": {"a": "b"}}, PolicyError, "are those of a table of tickets"),
        ({"attributes": ["a"]}, PolicyError, "are those of a table of tickets"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_call_is_told(options: dict[str, Any], error: type[SlaclockError], message: str) -> None:
    log = log_of(OPEN, (1, "2026-06-05T15:00", "respond"), (1, "2026-06-05T15:00", "Odd"))
    with pytest.raises(error, match=message):
        answer_of(log, **{"kinds": {"respond": None, "Odd": None}, **options})


def test_what_is_no_log_or_no_table_is_told() -> None:
    with pytest.raises(PolicyError, match="log: a LazyFrame has no rows yet; collect it first"):
        answer_of(pl.DataFrame({"ticket": [1]}).lazy())
    with pytest.raises(PolicyError, match="log: not a table: list"):
        answer_of([OPEN])
    with pytest.raises(PolicyError, match="tickets: not a table: list"):
        answer_of(log_of(OPEN), tickets=[1])
    with pytest.raises(PolicyError, match="not a Policy: str"):
        answer_of(log_of(OPEN), "wati-pro")  # type: ignore[arg-type]


def test_kinds_of_a_metric_of_ones_own_are_words() -> None:
    policy = POLICY.replace(
        metrics={"dispatch": {"starts": ["opened"], "stops": ["sent"], "cycles": "one"}}, pauses=[], escalations=[],
        objectives=[{"severity": key, "metric": "dispatch", "within": "4h"} for key in ("P1", "P2")],
    )  # fmt: skip
    ticket = TICKET.add(Event(kind="sent", at=at("2026-06-08T09:00")))
    check(answer_of(log_of(OPEN, (1, "2026-06-08T09:00", "sent")), policy), policy, [ticket], AS_OF)
    with pytest.raises(PolicyError, match="nothing says what 'sent' in the log means"):
        answer_of(log_of(OPEN, (1, "2026-06-08T09:00", "sent")))


# -- statuses ----------------------------------------------------------------------------------------------

STATUSES = {
    "New": "active", "Work": "active", "Wait": "paused:customer", "Vendor": "paused:vendor", "Done": "resolved",
    "Closed": "closed", "Void": "cancelled",
}  # fmt: skip


def test_statuses_become_what_happened() -> None:
    """CLK-8: waits begin and end, work after an end reopens, the same again says nothing."""
    events = [
        (1, "2026-06-05T14:00", "New", "P1"),
        (1, "2026-06-05T14:10", "Work"),
        (1, "2026-06-05T14:30", "Wait"),
        (1, "2026-06-05T14:40", "Wait"),
        (1, "2026-06-05T15:00", "Vendor"),
        (1, "2026-06-05T15:30", "Work"),
        (1, "2026-06-08T10:00", "Done"),
        (1, "2026-06-08T10:30", "Closed"),
        (1, "2026-06-08T11:00", "Wait"),
        (1, "2026-06-08T12:00", "Done"),
    ]
    ticket = (
        TICKET.pause(at("2026-06-05T14:30"), "customer").resume(at("2026-06-05T15:00"), "customer")
        .pause(at("2026-06-05T15:00"), "vendor").resume(at("2026-06-05T15:30"), "vendor")
        .resolve(at("2026-06-08T10:00")).close(at("2026-06-08T10:30"))
        .reopen(at("2026-06-08T11:00")).pause(at("2026-06-08T11:00"), "customer").resolve(at("2026-06-08T12:00"))
    )  # fmt: skip
    for count in range(1, len(events) + 1):
        upto = at(events[count - 1][1])
        answer = answer_of(log_of(*events), statuses=STATUSES, as_of=upto)
        check(answer, POLICY, [ticket], upto)
        check(answer_of(log_of(*events[:count]), statuses=STATUSES, as_of=upto), POLICY, [ticket], upto)


def test_a_first_status_opens_whatever_it_is() -> None:
    events = [
        (1, "2026-06-05T14:00", "Wait", "P1"),
        (2, "2026-06-05T14:00", "Void", "P2"),
        (3, AS_OF.isoformat()[:16], "New", "P1"),
    ]
    now = at("2026-06-05T14:00")
    wanted = [TICKET.pause(now, "customer"), TICKET.replace(severity="P2").cancel(now), TICKET.replace(opened_at=AS_OF)]
    check(answer_of(log_of(*events), statuses=STATUSES), POLICY, wanted, AS_OF)


def test_statuses_and_events_go_together() -> None:
    """An opening of its own opens, be it later in the log; a reply is no status; severity is said by a table."""
    events = [
        (1, "2026-06-05T13:00", "New"),
        (1, "2026-06-05T14:00", "opened"),
        (1, "2026-06-05T14:30", "Wait"),
        (1, "2026-06-05T15:00", "responded"),
        (1, "2026-06-08T09:30", "Work"),
    ]
    ticket = TICKET.pause(at("2026-06-05T14:30"), "customer").respond(at("2026-06-05T15:00"))
    ticket = ticket.resume(at("2026-06-08T09:30"), "customer")
    about = {"ticket": np.array([1]), "severity": words("P1")}
    check(answer_of(log_of(*events), statuses=STATUSES, tickets=about), POLICY, [ticket], AS_OF)


def test_status_after_cancelling_reopens() -> None:
    events = [(1, "2026-06-05T14:00", "New", "P1"), (1, "2026-06-05T15:00", "Void"), (1, "2026-06-08T09:00", "Work")]
    ticket = TICKET.cancel(at("2026-06-05T15:00")).reopen(at("2026-06-08T09:00"))
    check(answer_of(log_of(*events), statuses=STATUSES), POLICY, [ticket], AS_OF)


# -- what events lack --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ((1, None, "responded"), "instant: log, row 1: at is null"),
        ((1, None, "opened"), "instant: log, row 1: at is null"),
        ((1, "2026-06-05T15:00", None), "kind: log, row 1: kind is null"),
        ((1, "9000-06-05T15:00", "responded"), "horizon: log, row 1: at lies outside the supported years"),
        ((1, "2026-06-05T15:00", "paused"), "configuration: a paused event needs its reason"),
        ((1, "2026-06-05T15:00", "paused", ""), "configuration: a paused event needs its reason"),
        ((1, "2026-06-05T15:00", "severity_changed"), "configuration: a severity_changed event needs its severity"),
        (
            (1, "2026-06-05T15:00", "severity_changed", "P9"),
            "unknown_severity: severity_changed at 2026-06-05T15:00:00",
        ),
        ((1, "2026-06-05T15:00", "opened", "P1"), "history: opened at 2026-06-05T15:00:00+00:00: the ticket is opened"),
        ((1, "2026-06-05T15:00", "resumed"), "history: resumed at 2026-06-05T15:00:00+00:00: nothing has been paused"),
        (
            (1, "2026-06-05T13:00", "responded"),
            "history: responded at 2026-06-05T13:00:00+00:00: the ticket is not opened",
        ),
        ((1, "2026-06-05T15:00", "reopened"), "history: reopened at 2026-06-05T15:00:00+00:00: the ticket is open"),
        ((1, "2026-06-05T15:00", "attributes_changed"), "policy: not a JSON object of attributes: None"),
        ((1, "2026-06-05T15:00", "attributes_changed", "{"), "policy: not a JSON object of attributes: '{'"),
        ((1, "2026-06-05T15:00", "attributes_changed", "[1]"), "policy: not a JSON object of attributes: '[1]'"),
        (
            (1, "2026-06-05T15:00", "attributes_changed", '{"a": 1.5}'),
            "configuration: attributes: free data holds text",
        ),
    ],
)
def test_an_event_that_cannot_be_is_told_of_its_ticket_and_the_others_are_answered(
    event: tuple[Any, ...], message: str
) -> None:
    log = log_of(OPEN, event, (2, "2026-06-05T15:30", "opened", "P2"))
    answer = answer_of(log, errors="report")
    first, second = told(answer)
    assert first is not None and first.startswith(message)
    assert second is None
    assert {rows(answer)[0][name] for name in bulk.answer_columns(POLICY)} == {None}
    other = Ticket(id="2", severity="P2", opened_at=at("2026-06-05T15:30"))
    wanted = expected(POLICY, evaluate(POLICY, other, as_of=AS_OF))
    assert {name: rows(answer)[1][name] for name in wanted} == wanted
    with pytest.raises(RowsError) as error:
        answer_of(log)
    assert (error.value.count, error.value.rows) == (1, 2)
    assert [(problem.row, problem.code) for problem in error.value.problems] == [(0, message.partition(":")[0])]


def test_an_event_of_no_ticket_refuses_the_log() -> None:
    """Whose it is nobody can tell, so that no ticket can be told of it."""
    log = log_of(("a", "2026-06-05T14:00", "opened", "P1"), (None, "2026-06-05T15:00", "responded"))
    about = {"ticket": words("a"), "severity": words("P1")}
    for options in ({}, {"tickets": about}):
        with pytest.raises(RowsError, match="row 1: ticket is null"):
            answer_of(log, errors="report", **options)


def test_empty_text_says_nothing() -> None:
    events = [
        (1, "2026-06-05T14:00", "opened", ""), (1, "2026-06-05T15:00", "paused", "customer"),
        (1, "2026-06-08T09:00", "resumed", ""),
    ]  # fmt: skip
    about = {"ticket": np.array([1]), "severity": words("P1")}
    ticket = TICKET.pause(at("2026-06-05T15:00"), "customer").resume(at("2026-06-08T09:00"))
    check(answer_of(log_of(*events), tickets=about), POLICY, [ticket], AS_OF)


def test_a_second_opening_is_left_out_if_not_strict() -> None:
    """CLK-8: the first one says the severity."""
    events = [(1, "2026-06-05T16:00", "opened", "P2"), OPEN, (1, "2026-06-05T15:00", "responded")]
    ticket = TICKET.respond(at("2026-06-05T15:00")).add(Event(kind="opened", at=at("2026-06-05T16:00")))
    check(answer_of(log_of(*events), strict=False), POLICY, [ticket], AS_OF, strict=False)
    check(answer_of(log_of(*events), errors="report"), POLICY, [ticket], AS_OF)


def test_an_unknown_severity_is_told_though_the_ticket_is_opened_later() -> None:
    for opened in ("2026-06-05T14:00", "2026-07-05T14:00"):
        ticket = TICKET.replace(severity="P9", opened_at=at(opened))
        check(answer_of(log_of((1, opened, "opened", "P9")), errors="report"), POLICY, [ticket], AS_OF)


def test_a_ticket_that_is_never_opened_or_of_no_severity_is_told() -> None:
    events = [
        (1, "2026-06-05T14:00", "responded"), (2, "2026-06-05T14:00", "opened"),
        (3, "2026-07-05T14:00", "opened", "P1"), (3, "2026-06-05T14:00", "responded"),
    ]  # fmt: skip
    never, nothing, early = told(answer_of(log_of(*events), errors="report"))
    assert never == "history: ticket '1' was never opened"
    assert nothing == "policy: neither the opening nor the table of tickets says the severity"
    assert early is not None and early.startswith("history: ")
    lenient = rows(answer_of(log_of(events[0], *events[2:]), strict=False))
    assert {row[name] for row in lenient for name in bulk.answer_columns(POLICY)} == {None}


# -- when it became known ----------------------------------------------------------------------------------


def recorded() -> tuple[dict[str, np.ndarray], Ticket]:
    log = log_of(
        OPEN, (1, "2026-06-05T15:00", "responded"), (1, "2026-06-08T10:00", "paused", "customer"),
        (1, "2026-06-08T11:00", "resumed"),
    )  # fmt: skip
    log["entered"] = times("2026-06-05T14:00", "2026-06-09T10:00", None, "2026-06-08T12:00")
    events = [
        Event(kind="responded", at=at("2026-06-05T15:00"), recorded_at=at("2026-06-09T10:00")),
        Event(kind="paused", at=at("2026-06-08T10:00"), reason="customer"),
        Event(kind="resumed", at=at("2026-06-08T11:00"), recorded_at=at("2026-06-08T12:00")),
    ]
    return log, TICKET.add(*events)


@pytest.mark.parametrize(
    "known",
    ["2026-06-01", "2026-06-05T14:00", "2026-06-08T09:59", "2026-06-08T10:30", "2026-06-08T12:00", "2026-06-10"],
)
def test_what_was_recorded_later_is_left_out(known: str) -> None:
    """CLK-7."""
    log, ticket = recorded()
    answer = answer_of(log, recorded_at="entered", known_at=at(known))
    check(answer, POLICY, [ticket], AS_OF, known_at=at(known))
    check(answer_of(log, recorded_at="entered"), POLICY, [ticket], AS_OF)
    ticket = ticket.replace(events=[event.replace(recorded_at=None) for event in ticket.events])
    check(answer_of(log, known_at=at(known)), POLICY, [ticket], AS_OF, known_at=at(known))


@pytest.mark.parametrize("as_of", ["1980-01-01", "2026-06-05T14:00", "2026-06-08T10:00", "2030-01-01"])
def test_a_reading_may_be_of_any_time(as_of: str) -> None:
    check(answer_of(log_of(*SEVERAL), as_of=at(as_of)), POLICY, several().values(), at(as_of))


# -- with a table of tickets -------------------------------------------------------------------------------


def test_a_table_of_tickets_is_answered_row_by_row() -> None:
    """In its order, with its columns; of tickets that it has not, nothing is told."""
    about = pd.DataFrame({"ticket": [5, 11, 7], "who": ["e", "k", "g"]}, index=["x", "y", "z"])
    answer = answer_of(log_of(*SEVERAL), tickets=about, errors="report")
    assert list(answer.index) == ["x", "y", "z"]
    assert list(answer.columns) == ["ticket", "who", *bulk.answer_columns(POLICY), "slaclock_error"]
    assert told(answer) == [None, "history: ticket '11' was never opened", None]
    wanted = several()
    check(answer.drop(index="y"), POLICY, [wanted[5], wanted[7]], AS_OF)
    lenient = answer_of(log_of(*SEVERAL), tickets=about, strict=False)
    assert lenient.loc["y", list(bulk.answer_columns(POLICY))].isna().all()
    bad = log_of(*SEVERAL, (3, None, "responded"))
    check(answer_of(bad, tickets=about.iloc[[0, 2]]), POLICY, [wanted[5], wanted[7]], AS_OF)
    assert told(answer_of(bad, tickets=about.assign(ticket=[5, 3, 7]), errors="report")) == [
        None, "instant: log, row 15: at is null", None,
    ]  # fmt: skip


def test_severity_is_what_the_log_says_and_else_the_table() -> None:
    about = {"id": np.array([1, 2, 3, 4]), "priority": words("P2", "P2", "P9", None)}
    events = [
        OPEN, (2, "2026-06-05T14:00", "opened"), (3, "2026-06-05T14:00", "opened"), (4, "2026-06-05T14:00", "opened"),
    ]  # fmt: skip
    log = {("id" if name == "ticket" else name): column for name, column in log_of(*events).items()}
    answer = answer_of(log, tickets=about, ticket="id", severity="priority", errors="report")
    third, fourth = told(answer)[2:]
    assert third == "unknown_severity: policy 'desk' has no severity 'P9'; known: 'P1', 'P2'"
    assert fourth == "policy: neither the opening nor the table of tickets says the severity"
    two = {name: values[:2] for name, values in answer.items()}
    check(two, POLICY, [TICKET, TICKET.replace(severity="P2")], AS_OF)
    with pytest.raises(PolicyError, match="no column 'prio'"):
        answer_of(log, tickets=about, ticket="id", severity="prio")


def test_ids_of_a_table_of_tickets_come_once_and_are_of_the_kind_of_the_log() -> None:
    twice = {"ticket": np.ma.masked_array([1, 1, 3, 4], [0, 0, 1, 1]), "severity": words("P1", "P1", "P1", "P1")}
    assert told(answer_of(log_of(OPEN), tickets=twice, errors="report")) == [
        "ticket: the ticket's id comes again in a later row", None,
        "ticket: the ticket's id is null", "ticket: the ticket's id is null",
    ]  # fmt: skip
    text = {"ticket": words("1"), "severity": words("P1")}
    with pytest.raises(PolicyError, match="ids are whole numbers in one table and text in the other"):
        answer_of(log_of(OPEN), tickets=text)
    with pytest.raises(PolicyError, match="tickets|ticket: the table has no column 'ticket'"):
        answer_of(log_of(OPEN), tickets={"id": np.array([1])})


def test_roles_are_columns_of_the_table_of_tickets() -> None:
    """POL-5."""
    policy = contracts.load("messagebird-enterprise")
    zones = ["ET", "UK", "XX", None]
    about = {"ticket": np.arange(4), "severity": words(*["non_critical"] * 4), "tz": words(*zones)}
    log = log_of(*((row, "2026-06-05T14:00", "opened") for row in range(4)))
    answer = answer_of(log, policy, tickets=about, role_columns={"service_hours": "tz"}, errors="report")
    codes = [text and text.partition(":")[0] for text in told(answer)]
    assert codes == [None, None, "unknown_role", "unbound_role"]
    for row, zone in enumerate(zones[:2]):
        ticket = TICKET.replace(severity="non_critical")
        wanted = expected(policy, evaluate(policy, ticket, as_of=AS_OF, roles={"service_hours": zone}))
        assert {name: rows(answer)[row][name] for name in wanted} == wanted
    check(
        answer_of(log, policy, tickets=about, roles={"service_hours": "PT"}), policy,
        [TICKET.replace(severity="non_critical")] * 4, AS_OF, roles={"service_hours": "PT"},
    )  # fmt: skip


GOLD = POLICY.replace(
    objectives=[
        {"severity": key, "metric": "resolution", "within": within, "set": name}
        for key in ("P1", "P2") for name, within in (("gold", "2h"), ("plain", "8h"))
    ],
    rules=[{"when": {"plan": "gold"}, "use": "gold"}, {"when": {"tier": [1, 2]}, "use": "plain"}],
    pauses=[], escalations=[],
)  # fmt: skip


def test_attributes_are_columns_of_the_table_of_tickets_and_change_in_the_log() -> None:
    """POL-9, CLK-10."""
    about = {"ticket": np.arange(5), "plan": words("gold", None, "gold", None, 0.5), "level": np.array([9, 1, 1, 7, 1])}
    log = log_of(
        *((row, "2026-06-05T14:00", "opened", "P1") for row in range(5)),
        (1, "2026-06-05T15:00", "attributes_changed", '{"plan": "gold"}'),
        (2, "2026-06-05T15:00", "attributes_changed", '{"plan": ["gold"], "tier": null}'),
    )
    answer = answer_of(
        log, GOLD, tickets=about, attributes={"plan": "plan", "tier": "level"}, errors="report", strict=False
    )
    now = at("2026-06-05T15:00")
    wanted = [
        TICKET.replace(attributes={"plan": "gold", "tier": 9}),
        TICKET.replace(attributes={"tier": 1}).change_attributes(now, {"plan": "gold"}),
        TICKET.replace(attributes={"plan": "gold", "tier": 1}).change_attributes(now, {"plan": ["gold"], "tier": None}),
        TICKET.replace(attributes={"tier": 7}),
    ]
    assert told(answer)[4] == "configuration: plan: attributes are text, whole numbers or booleans, not 0.5"
    check({name: values[:4] for name, values in answer.items()}, GOLD, wanted, AS_OF, strict=False)
    assert told(answer)[3] == "no_match: no rule of policy 'desk' matches the attributes {'tier': 7}"
