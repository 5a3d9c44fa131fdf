"""A policy and a table of tickets -> the table with what is promised, read at an instant (R-7).

Rows go through in batches: histories, spans, numbers.  What the arrays do not cover is folded one ticket at a time, by
the code that evaluates one ticket.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

import numpy as np

from .._instant import to_us
from ..calendars import Calendar
from ..errors import PolicyError, SlaclockError
from ..fold import Fold, fold_history
from ..history import History
from ..index import Index
from ..policy import Policy
from .fold import fold
from .frames import Frame, frame_of
from .histories import Histories
from .lines import Int64s, chunks
from .numbers import AMOUNTS, INSTANTS, STATES, Numbers, escalation_keys
from .pauses import Pauses
from .problems import OnError, Problems, check_errors
from .progress import Progress
from .spans import NONE
from .tickets import read_tickets

BATCH = 32_768
"""Rows folded at a time: what is held besides the table and the answer stays small."""
ERROR = "slaclock_error"
Kind = Literal["instant", "span", "flag", "word", "text"]


def evaluate(
    policy: Policy, tickets: Any, *, as_of: datetime,
    ticket: str | None = None,
    severity: str = "severity",
    events: Mapping[str, str] | None = None,
    pauses: str | Pauses | None = None,
    roles: Mapping[str, str | Calendar] | None = None,
    role_columns: Mapping[str, str] | None = None,
    attributes: Mapping[str, str] | Sequence[str] | None = None,
    zone: str | ZoneInfo | None = None,
    errors: OnError = "raise", strict: bool = True, threads: int = 1, progress: bool = False,
) -> Any:  # fmt: skip
    """Every promise of a policy to a table of tickets, read at an instant: what ``evaluate`` says of each, as columns.

    ``tickets`` is a frame of pandas, Polars or pyarrow (or of another library, through narwhals or an Arrow stream), or
    a dict of NumPy arrays.  ``events`` says which column holds the instant of which kind of event; by default a column
    is what its name says (opened, responded, resolved, ...).  Of events of one instant, opened comes first, and
    then acknowledged, responded, customer_replied, updated, workaround_provided, resolved, reopened, closed, cancelled.
    ``pauses`` is the name of a list column of ``{start, end, reason}``, or ``Pauses(frame)``; a pause without an end is
    still open.  ``role_columns`` names, by role, the column with the calendar's name, and ``attributes`` the columns
    that the policy's rules ask for.  ``zone`` says where naive columns are from.

    Returns the frame with, for each metric: ``<metric>_due`` and ``_breach_at`` (instants, in the zone of the opening's
    column), ``_state``, ``_breached``, ``_elapsed``, ``_remaining``, ``_overrun``, ``_paused`` (amounts of working
    time), and ``_escalation_<key>`` (instants), all in microseconds, null where there is no such reading.

    Rows that cannot be answered raise RowsError; with ``errors="report"`` the others are answered, and the column
    ``slaclock_error`` says why.  ``strict=False`` leaves impossible events out, as ``evaluate`` does.  ``progress``
    shows a bar, and ``threads`` share the batches.  Raises PolicyError for a column that is not there, InstantError for
    one that is none of instants.

    >>> import numpy as np
    >>> from datetime import datetime, timezone
    >>> from slaclock import bulk, contracts
    >>> table = {"opened": np.array(["2026-05-22T14:00"], "M8[us]"), "severity": np.array(["P1"])}
    >>> as_of = datetime(2026, 5, 22, 15, 0, tzinfo=timezone.utc)
    >>> answer = bulk.evaluate(contracts.load("wati-pro"), table, as_of=as_of, zone="UTC")
    >>> answer["first_response_due"], answer["first_response_breached"]
    (array(['2026-05-22T14:45:00.000000'], dtype='datetime64[us]'), array([ True]))
    """
    check_errors(errors, ("raise", "report"))
    index, t = policy_index(policy), to_us(as_of)
    frame = frame_of(tickets)
    read = read_tickets(
        frame, index, t, ticket=ticket, severity=severity, events=events, pauses=pauses, roles=roles,
        role_columns=role_columns, attributes=attributes, zone=zone,
    )  # fmt: skip
    numbers = read_all(read, index, t, read.problems, Options(strict, threads, progress, errors))
    return frame.adding(answers(frame, numbers, read.zone, read.problems, errors))


def answer_columns(policy: Policy) -> dict[str, Kind]:
    """The columns that ``evaluate`` adds for a policy, and what each holds.

    >>> from slaclock import bulk, contracts
    >>> list(bulk.answer_columns(contracts.load("csd-group")))[:3]
    ['acknowledgement_due', 'acknowledgement_breach_at', 'acknowledgement_state']
    """
    index = policy_index(policy)
    found: dict[str, Kind] = {}
    for metric in judged(index):
        found |= {f"{metric}_{name}": "instant" for name in INSTANTS}
        found |= {f"{metric}_state": "word", f"{metric}_breached": "flag"}
        found |= {f"{metric}_{name}": "span" for name in AMOUNTS}
        found |= {f"{metric}_escalation_{key}": "instant" for key in escalation_keys(index, metric)}
    return found


def judged(index: Index) -> tuple[str, ...]:
    """The metrics that have objectives, in the order of the policy's objectives."""
    return tuple(dict.fromkeys(objective.metric for objective in index.policy.objectives))


def policy_index(policy: object) -> Index:
    """What is looked up in a policy; raises PolicyError for what is none."""
    if not isinstance(policy, Policy):
        raise PolicyError(f"not a Policy: {type(policy).__name__}", path="policy", value=type(policy).__name__,
                          example='contracts.load("wati-pro")')  # fmt: skip
    return Index.of(policy)


# -- reading -------------------------------------------------------------------------------------------------------


class Parts(Protocol):
    """Tickets of which some rows at a time can be had as histories."""

    def __len__(self) -> int: ...

    def part(self, first: int, last: int) -> Histories:
        """The histories of some rows."""
        ...


class Options:
    """How to go through the rows."""

    __slots__ = ("errors", "progress", "strict", "threads")

    def __init__(self, strict: bool, threads: int, progress: bool, errors: OnError) -> None:
        self.strict, self.threads, self.progress, self.errors = strict, threads, progress, errors


def read_all(tickets: Parts, index: Index, t: int, problems: Problems, options: Options) -> dict[str, Numbers]:
    """The numbers of each metric for all rows, batch by batch."""
    metrics, rows = judged(index), len(tickets)
    numbers = {metric: Numbers.empty(rows, index, metric) for metric in metrics}
    bad = problems.mask()
    batches = chunks(rows, BATCH)

    def run(batch: slice) -> tuple[slice, dict[str, Numbers], Problems]:
        histories = tickets.part(batch.start, batch.stop)
        return batch, *read_batch(histories, index, t, bad[batch], options.strict)

    with Progress(rows, options.progress) as shown, _mapping(options.threads) as mapped:
        for batch, found, trouble in mapped(run, batches):
            for metric in metrics:
                numbers[metric].put(batch, found[metric])
            problems.merge(trouble, batch.start)
            shown.advance(batch.stop - batch.start)
    if options.errors == "raise":
        problems.raise_if_any()
    return numbers


@contextmanager
def _mapping(threads: int) -> Iterator[Callable[..., Iterator[Any]]]:
    """What maps a function over batches, and begins none any more when it is left."""
    if threads <= 1:
        yield map
        return
    pool = ThreadPoolExecutor(threads)
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)


def read_batch(
    histories: Histories, index: Index, t: int, bad: Any, strict: bool
) -> tuple[dict[str, Numbers], Problems]:
    """The numbers of some rows; ``bad`` ones have none."""
    rows = len(histories)
    problems = Problems(rows)
    numbers = {metric: Numbers.empty(rows, index, metric) for metric in judged(index)}
    if bad.all():
        return numbers, problems
    histories.aside |= bad
    for metric, found in numbers.items():
        for group in fold(histories, index, metric):
            histories.aside[found.read(group, index, t)] = True
    aside = np.flatnonzero(histories.aside)
    for found in numbers.values():
        found.forget(aside)
    for row in aside[~bad[aside]].tolist():
        try:
            _read_one(row, histories, index, t, strict, numbers)
        except SlaclockError as error:
            problems.add_row(row, error.code, error.message)
            for found in numbers.values():
                found.forget(np.array([row]))  # what was read before
    return numbers, problems


def _read_one(row: int, histories: Histories, index: Index, t: int, strict: bool, numbers: dict[str, Numbers]) -> None:
    """One ticket, as ``slaclock.evaluate`` folds it."""
    history = History(index, histories.ticket(row), t, None, strict)
    if history.opened is None:
        return
    bound = histories.bounds[histories.binding[row]]
    latest: dict[str, Fold] = {}
    for folded in fold_history(bound, history):
        metric, kept = folded.cycle.metric, latest.get(folded.cycle.metric)
        if kept is None or _rank(folded) > _rank(kept):
            latest[metric] = folded
    for metric, folded in latest.items():
        numbers[metric].read_one(row, folded, index, t)


def _rank(fold_: Fold) -> tuple[bool, int]:
    """Of a metric's clocks, the latest of its commitments is the reading."""
    return fold_.objective.kind == "commitment", fold_.cycle.number


# -- answering -----------------------------------------------------------------------------------------------------


def answers(
    frame: Frame, numbers: dict[str, Numbers], zone: Any, problems: Problems, errors: OnError
) -> dict[str, Any]:
    """The columns to add, in the kind of the frame; ``numbers`` is used up, so that nothing is held twice."""
    make, like = frame.library, frame.native

    def instants(column: Int64s) -> Any:
        return make.instants(*_known(column), zone, like)

    found: dict[str, Any] = {}
    for metric in list(numbers):
        read = numbers.pop(metric)
        found |= {f"{metric}_{name}": instants(read.amounts[name]) for name in INSTANTS}
        found[f"{metric}_state"] = make.words(read.state, STATES, like)
        none = read.breached < 0
        found[f"{metric}_breached"] = make.flags(read.breached > 0, none if none.any() else None, like)
        found |= {f"{metric}_{name}": make.spans(*_known(read.amounts[name]), like) for name in AMOUNTS}
        found |= {f"{metric}_escalation_{key}": instants(column) for key, column in read.escalations.items()}
    if errors == "report":
        texts: list[str | None] = [None] * problems.rows
        for problem in problems.each():
            texts[problem.row] = f"{problem.code}: {problem.message}"
        found[ERROR] = make.texts(texts, like)
    return found


def _known(column: Int64s) -> tuple[Int64s, Any]:
    none = column == NONE
    return (np.where(none, 0, column), none) if none.any() else (column, None)
