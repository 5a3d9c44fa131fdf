"""The rows of an answer as plain values, whatever library it is of, and the same from the scalar evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from slaclock import Evaluation, Policy, SlaclockError, Ticket, bulk, evaluate

Row = dict[str, Any]
EVENTS = (
    "acknowledged", "responded", "customer_replied", "updated", "workaround_provided", "resolved", "reopened",
    "closed", "cancelled",
)  # fmt: skip


def at(text: str) -> datetime:
    """An instant in UTC, of this text."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def times(*texts: str | None) -> np.ndarray:
    """A NumPy column of instants."""
    return np.array(["NaT" if text is None else text for text in texts], "M8[us]")


def words(*texts: str | None) -> np.ndarray:
    """A NumPy column of words."""
    return np.array(texts, dtype=object)


def rows(answer: Any, names: Iterable[str] | None = None) -> list[Row]:
    """A frame of any library, row by row: datetimes in UTC (naive ones are), timedeltas, words, None."""
    if isinstance(answer, Mapping):
        columns = {name: [_value(cell) for cell in column] for name, column in answer.items()}
    else:
        columns = {str(name): [_value(cell) for cell in _listed(answer, name)] for name in _names(answer)}
    kept = list(columns) if names is None else list(names)
    length = len(next(iter(columns.values())))
    return [{name: columns[name][row] for name in kept} for row in range(length)]


def _names(frame: Any) -> Any:
    return frame.column_names if hasattr(frame, "column_names") else frame.columns


def _listed(frame: Any, name: Any) -> Any:
    column = frame[name]
    return column.to_pylist() if hasattr(column, "to_pylist") else column.to_list()


def _value(cell: Any) -> Any:
    if cell is None or cell is np.ma.masked:
        return None
    if isinstance(cell, (np.ndarray, list)):
        return [_value(one) for one in cell]
    if type(cell).__name__ in ("NaTType", "NAType") or cell != cell:
        return None
    for method in ("to_pydatetime", "to_pytimedelta", "item"):
        cell = getattr(cell, method)() if hasattr(cell, method) else cell
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=UTC) if cell.tzinfo is None else cell.astimezone(UTC)
    return cell


def expected(policy: Policy, evaluation: Evaluation | None) -> Row:
    """What the columns of a row must hold: written from what the page on columns says."""
    found: Row = {}
    for metric in dict.fromkeys(objective.metric for objective in policy.objectives):
        reading = None if evaluation is None else evaluation.get(metric)
        for name in ("due", "breach_at", "state", "breached", "elapsed", "remaining", "overrun", "paused"):
            found[f"{metric}_{name}"] = _value(getattr(reading, name, None))
        instants = {} if reading is None else {one.key: one.at for one in reading.escalations}
        for key in dict.fromkeys(one.key for one in policy.escalations if one.metric == metric):
            found[f"{metric}_escalation_{key}"] = _value(instants.get(key))
    return found


def scalar(policy: Policy, ticket: Ticket, as_of: datetime, **options: Any) -> tuple[Row, str | None]:
    """A row by the scalar evaluation, and the code of its error, if it has one."""
    try:
        return expected(policy, evaluate(policy, ticket, as_of=as_of, **options)), None
    except SlaclockError as error:
        return expected(policy, None), error.code


def check(answer: Any, policy: Policy, tickets: Iterable[Ticket], as_of: datetime, **options: Any) -> None:
    """An answer is what the scalar evaluation says of each ticket, cell by cell, errors by their code."""
    tickets = list(tickets)
    names = list(bulk.answer_columns(policy))
    got = rows(answer)
    assert len(got) == len(tickets)
    for place, (row, ticket) in enumerate(zip(got, tickets, strict=True)):
        wanted, code = scalar(policy, ticket, as_of, **options)
        wrong = {name: (row[name], wanted[name]) for name in names if row[name] != wanted[name]}
        assert not wrong, (place, ticket.id, wrong, row.get("slaclock_error"))
        said = row.get("slaclock_error")
        assert (said or "").partition(":")[0] == (code or ""), (place, said, code)
