"""SQL functions for DuckDB: what calendars and policies answer, for each row of a query (R-7).

Needs DuckDB and pyarrow (``pip install slaclock[duckdb]``).  DuckDB hands over vectors of rows as Arrow, and
``slaclock.bulk`` answers them; nothing is decided here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Any, Literal

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import bulk
from ._instant import DAY, utc
from .calendars import BusinessCalendar, Calendar, CompositeCalendar
from .errors import (
    CalendarError,
    DurationError,
    HorizonError,
    InstantError,
    PolicyError,
    RowProblem,
    RowsError,
    SlaclockError,
    near,
)
from .metrics import STANDARD as STANDARD_METRICS
from .policy import Policy

__all__ = ["register"]

_INSTANT, _SPAN, _FLAG = pa.timestamp("us", "UTC"), pa.duration("us"), pa.bool_()
_SQL = {_INSTANT: "TIMESTAMPTZ", _SPAN: "INTERVAL", _FLAG: "BOOLEAN"}
_BY_ARROW: dict[str, Any] = {"type": "arrow", "null_handling": "special"}
_FURTHEST = 300 * 366 * DAY  # from 1970, far outside the supported years
_OPENING = pa.schema([("opened", _INSTANT), ("severity", pa.string())])


def register(
    con: duckdb.DuckDBPyConnection, *,
    calendars: Mapping[str, Calendar] | None = None,
    policies: Mapping[str, Policy] | None = None,
    roles: Mapping[str, Mapping[str, str | Calendar]] | None = None,
) -> None:  # fmt: skip
    """Give a connection the functions below; calendars and policies go by the names they have here.

    ===============================================================  ===========  =================================
    function                                                         gives        what is asked
    ===============================================================  ===========  =================================
    ``sla_due(start, within, calendar)``                             TIMESTAMPTZ  ``bulk.due``
    ``sla_elapsed(start, end, calendar)``                            INTERVAL     ``bulk.elapsed``
    ``sla_is_open(at, calendar)``                                    BOOLEAN      ``bulk.is_open``
    ``sla_next_open(after, calendar)``                               TIMESTAMPTZ  ``bulk.next_open``
    ``sla_next_close(after, calendar)``                              TIMESTAMPTZ  ``bulk.next_close``
    ``sla_add_business_days(start, days, calendar)``                 TIMESTAMPTZ  ``bulk.add_business_days``
    ``sla_objective_due(opened, policy, severity, metric)``          TIMESTAMPTZ  due, if nothing else happens
    ===============================================================  ===========  =================================

    Any argument may be a constant or a column, and null in gives null out.  Instants are TIMESTAMPTZ.  A TIMESTAMP, a
    DATE or text is refused: DuckDB would read it in whatever zone the session has, so say which one is meant
    (``opened AT TIME ZONE 'Europe/London'``).  The session's TimeZone says how answers are shown, and changes none.
    ``within`` is text such as ``'4h'`` or an INTERVAL without months and days.  An INTERVAL that comes out holds
    microseconds alone: ``epoch_us(sla_elapsed(...))`` is exact, and can be summed.

    ``sla_objective_due`` is when the promise on a metric falls due for a ticket opened then and never paused, changed
    or answered; null when the policy promises nothing of the kind.  ``roles`` binds, by the name of the policy, its
    calendar roles: ``roles={"gold": {"service_hours": "UK"}}``.

    A row without an answer (an unknown name, an instant outside the supported years) is an error that shows the call;
    ``TRY(sla_due(...))`` makes it null.  The functions belong to the database: its cursors see them.  Registering
    again with the same connection replaces them.

    >>> import duckdb
    >>> import slaclock.duckdb
    >>> uk = slaclock.BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["08:30-16:30"]})
    >>> with duckdb.connect() as con:
    ...     slaclock.duckdb.register(con, calendars={"UK": uk})
    ...     con.sql("SELECT epoch_us(sla_due('2026-06-05 15:30:00Z'::TIMESTAMPTZ, '4h', 'UK')) AS due").fetchall()
    [(1780918200000000,)]
    """
    known = _Known(_checked(calendars or {}, "calendars"), _checked(policies or {}, "policies"), dict(roles or {}))
    for name in known.roles:
        known.policy(name)
    for name in known.policies:
        known.promises(name, _OPENING.empty_table(), 0)  # a role that is not bound is told here
    for function in _functions(known):
        with contextlib.suppress(duckdb.InvalidInputException):  # there was none
            con.remove_function(function.name)
        con.create_function(function.name, _signed(function), None, _SQL[function.gives], **_BY_ARROW)


def _checked(given: Mapping[str, Any], argument: Literal["calendars", "policies"]) -> dict[str, Any]:
    kinds, what, example = _KINDS[argument]
    for name, value in given.items():
        if not isinstance(value, kinds):
            raise SlaclockError(f"not {what}: {value!r}", path=f"{argument}[{name!r}]", value=value, example=example)
    return dict(given)


_KINDS: dict[str, tuple[tuple[type, ...], str, str]] = {
    "calendars": ((BusinessCalendar, CompositeCalendar), "a calendar", 'calendars={"UK": uk}'),
    "policies": ((Policy,), "a Policy", 'policies={"gold": Policy.load("gold.toml")}'),
}


@dataclass(frozen=True, slots=True)
class _Known:
    """The calendars and policies of a connection, by name."""

    calendars: dict[str, Calendar]
    policies: dict[str, Policy]
    roles: dict[str, Mapping[str, str | Calendar]]

    def calendar(self, names: pa.Array) -> dict[str, Any]:
        """The calendar of each row, as bulk's arguments."""
        name = _same(names)
        if name is None:
            return {"calendar": names, "calendars": self.calendars}
        if name not in self.calendars:
            raise CalendarError(f"no calendar {name!r}{near(name, self.calendars)}", path="calendar", value=name)
        return {"calendar": self.calendars[name]}

    def policy(self, name: str) -> Policy:
        """The policy of this name."""
        if name not in self.policies:
            raise PolicyError(f"no policy {name!r}{near(name, self.policies)}", path="policy", value=name)
        return self.policies[name]

    def metrics(self, name: str) -> set[str]:
        """The metrics that a policy may speak of."""
        return {*STANDARD_METRICS, *self.policy(name).metrics}

    def promises(
        self, name: str, tickets: pa.Table, as_of: int, errors: Literal["raise", "report"] = "raise"
    ) -> pa.Table:
        """What a policy promises to tickets of which only the opening is known."""
        at = utc(max(-_FURTHEST, min(as_of, _FURTHEST)))
        return bulk.evaluate(self.policy(name), tickets, as_of=at, roles=self.roles.get(name), errors=errors)

    def due(self, name: str, metric: str, tickets: pa.Table) -> pa.Array:
        """When a promise to tickets falls due."""
        opened = np.asarray(tickets.column("opened").cast(pa.int64()))
        column = f"{metric}_due"
        if column not in bulk.answer_columns(self.policy(name)):
            column = "opened"  # nothing is promised, but that the severity is known is still asked
        due, singly = pa.nulls(len(opened), _INSTANT), np.arange(len(opened))
        # The latest opening may lie beyond the years of another row's calendar: such a row is asked as of its own.
        with contextlib.suppress(HorizonError):
            found = self.promises(name, tickets, int(opened.max()), "report")
            due, singly = _one(found.column(column)), np.flatnonzero(found.column("slaclock_error").is_valid())
        for row in singly.tolist():
            try:
                alone = self.promises(name, tickets.slice(row, 1), int(opened[row]))
            except RowsError as error:
                raise _at(error.problems[0], row) from None
            except HorizonError as error:
                raise _at(error, row) from None
            due = pa.concat_arrays([due.slice(0, row), _one(alone.column(column)), due.slice(row + 1)])
        return pa.nulls(len(due), _INSTANT) if column == "opened" else due


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks().cast(_INSTANT)


def _at(problem: RowProblem | HorizonError, row: int) -> RowsError:
    """What is wrong with one row, as that of a row among others."""
    return RowsError([RowProblem(row, problem.code, problem.message)], 1, row + 1)


# -- from vectors to answers -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Function:
    """A SQL function: its arguments, each with the check that lets it in, and what it gives."""

    name: str
    arguments: dict[str, Callable[[pa.Array, str], pa.Array]]
    gives: pa.DataType
    ask: Callable[..., pa.Array]

    def __call__(self, *vectors: pa.ChunkedArray) -> pa.Array:
        """Answers to the rows of which no argument is null."""
        given = zip(self.arguments.items(), vectors, strict=True)
        arrays = [let_in(vector.combine_chunks(), name) for (name, let_in), vector in given]
        rows = len(arrays[0])
        known = np.ones(rows, bool)
        for array in arrays:
            if array.null_count:
                known &= np.asarray(array.is_valid())
        if known.all():
            return self._asked(arrays)
        if not known.any():
            return pa.nulls(rows, self.gives)
        answers = self._asked([array.filter(pa.array(known)) for array in arrays])
        return answers.take(pa.array(np.cumsum(known) - 1, mask=~known))

    def _asked(self, arrays: list[pa.Array]) -> pa.Array:
        try:
            answers = self.ask(*arrays)
        except RowsError as error:
            first = error.problems[0]
            call = ", ".join(_shown(array, first.row) for array in arrays)
            raise SlaclockError(f"{self.name}({call}): {first.message}") from None
        return answers if answers.type == self.gives else answers.cast(self.gives)


def _signed(function: _Function) -> Callable[..., pa.Array]:
    """A callable with as many arguments as the function, of any type: DuckDB would cast to a type declared."""

    def call(*vectors: pa.ChunkedArray) -> pa.Array:
        return function(*vectors)

    names = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in function.arguments]
    call.__signature__ = Signature(names)  # type: ignore[attr-defined]
    return call


def _functions(known: _Known) -> list[_Function]:
    """All functions, answered from these calendars and policies."""
    calendars = known.calendar

    def due(start: pa.Array, within: pa.Array, calendar: pa.Array) -> pa.Array:
        return bulk.due(start, _same(within) or within, **calendars(calendar))

    def elapsed(start: pa.Array, end: pa.Array, calendar: pa.Array) -> pa.Array:
        return bulk.elapsed(start, end, **calendars(calendar))

    def is_open(at: pa.Array, calendar: pa.Array) -> pa.Array:
        return bulk.is_open(at, **calendars(calendar))

    def next_open(after: pa.Array, calendar: pa.Array) -> pa.Array:
        return bulk.next_open(after, **calendars(calendar))

    def next_close(after: pa.Array, calendar: pa.Array) -> pa.Array:
        return bulk.next_close(after, **calendars(calendar))

    def add_business_days(start: pa.Array, days: pa.Array, calendar: pa.Array) -> pa.Array:
        return bulk.add_business_days(start, days, **calendars(calendar))

    def objective_due(opened: pa.Array, policy: pa.Array, severity: pa.Array, metric: pa.Array) -> pa.Array:
        tickets = pa.table({"opened": opened, "severity": severity})
        answers, places = [], []
        for name, of, rows in _groups(policy, metric):
            if of not in known.metrics(name):
                raise PolicyError(f"no metric {of!r}{near(of, known.metrics(name))}", path="metric", value=of)
            try:
                answers.append(known.due(name, of, tickets.take(pa.array(rows))))
            except RowsError as error:
                raise _at(error.problems[0], int(rows[error.problems[0].row])) from None
            places.append(rows)
        return pa.concat_arrays(answers).take(pa.array(np.argsort(np.concatenate(places))))

    return [
        _Function("sla_due", {"start": _instants, "within": _amounts, "calendar": _names}, _INSTANT, due),
        _Function("sla_elapsed", {"start": _instants, "end": _instants, "calendar": _names}, _SPAN, elapsed),
        _Function("sla_is_open", {"at": _instants, "calendar": _names}, _FLAG, is_open),
        _Function("sla_next_open", {"after": _instants, "calendar": _names}, _INSTANT, next_open),
        _Function("sla_next_close", {"after": _instants, "calendar": _names}, _INSTANT, next_close),
        _Function(
            "sla_add_business_days", {"start": _instants, "days": _numbers, "calendar": _names},
            _INSTANT, add_business_days,
        ),
        _Function(
            "sla_objective_due", {"opened": _instants, "policy": _names, "severity": _names, "metric": _names},
            _INSTANT, objective_due,
        ),
    ]  # fmt: skip


def _groups(policy: pa.Array, metric: pa.Array) -> Iterator[tuple[str, str, Any]]:
    """Each policy and metric, and its rows."""
    policies, metrics = policy.dictionary_encode(), metric.dictionary_encode()
    count = len(metrics.dictionary)
    codes = np.asarray(policies.indices).astype(np.int64) * count + np.asarray(metrics.indices)
    for code in np.unique(codes).tolist():
        name, of = policies.dictionary[code // count], metrics.dictionary[code % count]
        yield name.as_py(), of.as_py(), np.flatnonzero(codes == code)


# -- arguments ---------------------------------------------------------------------------------------------


def _instants(array: pa.Array, name: str) -> pa.Array:
    """TIMESTAMPTZ in UTC: the session's zone is only how DuckDB would show it."""
    kind = array.type
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return array.view(pa.timestamp(kind.unit, "UTC"))
    if pa.types.is_null(kind):
        return array.cast(_INSTANT)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        what = "a DATE" if pa.types.is_date(kind) else "a TIMESTAMP"
        raise InstantError(f"{what} names no instant; say in which zone it is",
                           path=name, value=str(kind), example=f"{name} AT TIME ZONE 'Europe/London'")  # fmt: skip
    raise InstantError(f"not a TIMESTAMPTZ but of Arrow's type {kind}",
                       path=name, value=str(kind), example="'2026-05-22 15:00:00+01:00'::TIMESTAMPTZ")  # fmt: skip


def _names(array: pa.Array, name: str) -> pa.Array:
    """VARCHAR or ENUM."""
    kind = array.type
    if pa.types.is_dictionary(kind) or pa.types.is_null(kind):
        return array.cast(pa.string())
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)):
        raise SlaclockError(f"not a VARCHAR but of Arrow's type {kind}", path=name, value=str(kind), example="'UK'")
    return array


def _numbers(array: pa.Array, name: str) -> pa.Array:
    """Whole numbers."""
    if not pa.types.is_integer(array.type) and not pa.types.is_null(array.type):
        raise CalendarError(f"not an INTEGER but of Arrow's type {array.type}", path=name, value=str(array.type))
    return array.cast(pa.int64())


def _amounts(array: pa.Array, name: str) -> pa.Array:
    """VARCHAR, or an INTERVAL of microseconds alone: how long a day of it works, nobody could say."""
    if not pa.types.is_interval(array.type):
        return _names(array, name)
    parts = np.frombuffer(array.buffers()[1], _INTERVAL)[array.offset : array.offset + len(array)]
    null = np.asarray(array.is_null())
    if ((parts["months"] != 0) | (parts["days"] != 0))[~null].any():
        raise DurationError("an INTERVAL with days or months is ambiguous; write hours, or ask sla_add_business_days",
                            path=name, example="INTERVAL '24 hours'")  # fmt: skip
    return pa.array(parts["nanos"] // 1000, pa.int64(), mask=null).cast(_SPAN)


_INTERVAL = np.dtype([("months", "<i4"), ("days", "<i4"), ("nanos", "<i8")])


def _same(words: pa.Array) -> str | None:
    """The word that all rows have, as a constant has; None where they differ."""
    if not pa.types.is_duration(words.type) and pc.count_distinct(words).as_py() == 1:
        word: str = words[0].as_py()
        return word
    return None


def _shown(array: pa.Array, row: int) -> str:
    """An argument as Arrow writes it: of instants it knows more years than Python."""
    text: str = array.slice(row, 1).to_string(skip_new_lines=True)
    return text[1:-1]
