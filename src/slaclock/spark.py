"""Spark: what calendars and policies answer, for the columns and rows of a DataFrame (R-7).

Needs pyspark 4 and pyarrow (``pip install slaclock[spark]``), and slaclock on every executor; the functions of columns
need pyspark 4.1.  Spark hands over batches of rows as Arrow, and ``slaclock.bulk`` answers them; nothing is decided
here.

Instants are TIMESTAMP, which the session's time zone shows and does not change.  A TIMESTAMP_NTZ names no instant,
and is refused unless ``zone=`` says where it is from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as sql
from pyspark.sql.types import (
    BooleanType,
    DataType,
    DayTimeIntervalType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from . import bulk
from .calendars import BusinessCalendar, Calendar, CompositeCalendar
from .errors import InstantError, PolicyError, RowsError, SlaclockError
from .policy import Policy

__all__ = ["add_business_days", "due", "elapsed", "evaluate", "evaluate_log", "is_open", "next_close", "next_open"]

OnError = Literal["raise", "null"]
_INSTANT, _SPAN, _FLAG, _TEXT = pa.timestamp("us", "UTC"), pa.duration("us"), pa.bool_(), pa.string()
_SQL: dict[pa.DataType, DataType] = {
    _INSTANT: TimestampType(),
    _SPAN: DayTimeIntervalType(),
    _FLAG: BooleanType(),
    _TEXT: StringType(),
}
_KINDS = {"instant": _INSTANT, "span": _SPAN, "flag": _FLAG, "word": _TEXT, "text": _TEXT}
_ROWS = 65_536
"""Rows evaluated at a time: Spark's batches of 10,000 are few for what each costs at least."""


# -- tickets -----------------------------------------------------------------------------------------------


def evaluate(
    df: DataFrame, policy: Policy, *, as_of: datetime,
    ticket: str | None = None,
    severity: str = "severity",
    events: Mapping[str, str] | None = None,
    pauses: str | None = None,
    roles: Mapping[str, str | Calendar] | None = None,
    role_columns: Mapping[str, str] | None = None,
    attributes: Mapping[str, str] | Sequence[str] | None = None,
    zone: str | None = None,
    errors: Literal["raise", "report"] = "raise", strict: bool = True,
) -> DataFrame:  # fmt: skip
    """Every promise of a policy to a DataFrame of tickets, a row each, read at an instant: ``bulk.evaluate``.

    Returns the DataFrame with the columns of ``bulk.answer_columns(policy)``: instants as TIMESTAMP, amounts of working
    time as INTERVAL DAY TO SECOND, states as STRING.  Nothing is shuffled: each partition is answered where it lies, by
    ``mapInArrow``.  The policy is broadcast.

    The arguments are those of ``bulk.evaluate``, but that ``pauses`` is the name of an array column of structs
    (``start``, ``end``, ``reason``).  A mistake in them is told at once.  A row that cannot be answered fails the query
    and is told by its ``ticket``, if that column is named; with ``errors="report"`` the column ``slaclock_error`` says
    what is wrong with it.

    >>> from slaclock import contracts, spark
    >>> answer = spark.evaluate(tickets, contracts.load("wati-pro"), as_of=now)  # doctest: +SKIP
    """
    if pauses is not None and not isinstance(pauses, str):
        raise PolicyError(f"not the name of an array column: {type(pauses).__name__}", path="pauses",
                          value=type(pauses).__name__, example='collect_list(struct("start", "end"))')  # fmt: skip
    options: dict[str, Any] = {
        "as_of": as_of, "ticket": ticket, "severity": severity, "events": events, "pauses": pauses, "roles": roles,
        "role_columns": role_columns, "attributes": attributes, "zone": zone, "errors": errors, "strict": strict,
    }  # fmt: skip
    bulk.evaluate(policy, df.limit(0).toArrow(), **options)  # a mistake is told here, and not by a worker
    if ticket is not None and ticket not in df.columns:
        raise PolicyError(f"the table has no column {ticket!r}", path="ticket", value=ticket, example=df.columns[0])
    added = _added(policy, errors)
    sent = _sent(df, policy)

    def answers(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for table in _gathered(batches):
            names = None if ticket is None else table.column(ticket)
            found = _answers(bulk.evaluate, sent.value, table, options, names)
            for name, kind in added.items():
                table = table.append_column(name, found.column(name).cast(kind))  # noqa: PLW2901
            yield from table.combine_chunks().to_batches()

    return df.mapInArrow(answers, _schema(df.schema.fields, added))


def evaluate_log(
    df: DataFrame, policy: Policy, *, as_of: datetime,
    ticket: str = "ticket", at: str = "at", kind: str = "kind", value: str | None = "value", order: str | None = None,
    kinds: Mapping[str, str | None] | None = None, statuses: Mapping[str, str] | None = None,
    roles: Mapping[str, str | Calendar] | None = None,
    recorded_at: str | None = None, known_at: datetime | None = None,
    zone: str | None = None,
    errors: Literal["raise", "report"] = "raise", strict: bool = True,
) -> DataFrame:  # fmt: skip
    """Every promise of a policy to the tickets of an event log, a row an event: ``bulk.evaluate_log``.

    Returns a DataFrame with a row a ticket: its id, and the columns that ``evaluate`` adds.  All events of a ticket
    have to come together, so this **shuffles** the log by its tickets, and sorts it within partitions.

    Rows of a DataFrame have no order.  Where a ticket has two events at one instant, the column ``order`` (a sequence
    number, the offset in a stream) says which came first; without it, that is an error.  Columns of roles and of
    attributes are not offered here.  The other arguments are those of ``bulk.evaluate_log``.
    """
    options: dict[str, Any] = {
        "as_of": as_of, "ticket": ticket, "at": at, "kind": kind, "value": value, "kinds": kinds, "statuses": statuses,
        "roles": roles, "recorded_at": recorded_at, "known_at": known_at, "zone": zone, "errors": errors,
        "strict": strict,
    }  # fmt: skip
    bulk.evaluate_log(policy, df.limit(0).toArrow(), **options)  # the same
    added = _added(policy, errors)
    sent = _sent(df, policy)
    wanted = [name for name in (ticket, at, kind, value, recorded_at, order) if name is not None and name in df.columns]
    by = [ticket, at] if order is None else [ticket, at, order]
    log = df.select(*dict.fromkeys(wanted)).repartition(ticket).sortWithinPartitions(*by)

    def answers(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for table in _whole_tickets(batches, ticket):
            if order is None:
                _check_order(table, ticket, at)
            names = table.column(ticket).unique()
            found = _answers(bulk.evaluate_log, sent.value, table, options, names)
            columns = [found.column(ticket), *(found.column(name).cast(kind) for name, kind in added.items())]
            yield from pa.table(columns, [ticket, *added]).combine_chunks().to_batches()

    return log.mapInArrow(answers, _schema([df.schema[ticket]], added))


def _sent(df: DataFrame, policy: Policy) -> Any:
    """The policy, sent to each executor once: a worker keeps it, and the years of its calendars, from task to task."""
    context = getattr(df.sparkSession, "sparkContext", None)  # Spark Connect has none, and sends it with the function
    return SimpleNamespace(value=policy) if context is None else context.broadcast(policy)


def _added(policy: Policy, errors: str) -> dict[str, pa.DataType]:
    """The columns that are added, and what they are in Arrow."""
    added = {name: _KINDS[kind] for name, kind in bulk.answer_columns(policy).items()}
    return added if errors == "raise" else {**added, "slaclock_error": _TEXT}


def _schema(fields: Sequence[StructField], added: Mapping[str, pa.DataType]) -> StructType:
    return StructType([*fields, *(StructField(name, _SQL[kind]) for name, kind in added.items())])


def _gathered(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Some batches at a time."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        if rows >= _ROWS:
            yield pa.Table.from_batches(held)
            held, rows = [], 0
    if rows:
        yield pa.Table.from_batches(held)


def _whole_tickets(batches: Iterator[pa.RecordBatch], ticket: str) -> Iterator[pa.Table]:
    """Some batches at a time, sorted by ticket, cut where a ticket ends."""
    rest: pa.Table | None = None
    for table in _gathered(batches):
        held = table if rest is None else pa.concat_tables([rest, table])
        ids = held.column(ticket)
        cut = max(pc.index(ids, ids[-1]).as_py(), 0)
        if cut:
            yield held.slice(0, cut)
        rest = held.slice(cut)
    if rest is not None:
        yield rest


def _check_order(table: pa.Table, ticket: str, at: str) -> None:
    """Raise where a ticket has two events at one instant: which came first, no row says."""
    before, after = (table.slice(0, table.num_rows - 1), table.slice(1))
    again = pc.and_(*(pc.equal(before.column(name), after.column(name)) for name in (ticket, at)))
    if pc.any(again).as_py():
        place = pc.index(again, value=True).as_py()
        raise PolicyError(f"ticket {table.column(ticket)[place].as_py()!r} has two events at one instant; say which "
                          "column orders them", path="order", example='order="seq"')  # fmt: skip


def _answers(
    ask: Callable[..., pa.Table], policy: Policy, table: pa.Table, options: Mapping[str, Any],
    names: pa.ChunkedArray | pa.Array | None,
) -> pa.Table:  # fmt: skip
    """What bulk answers; rows without an answer are told by their names, for their numbers mean nothing to others."""
    try:
        return ask(policy, table, **options)
    except RowsError as error:
        known = names if names is not None and len(names) == error.rows else None
        lines = [
            (f"row {problem.row} of the batch" if known is None else repr(known[problem.row].as_py()))
            + f": {problem.message}"
            for problem in error.problems
        ]
        told = f"{error.count} of the {error.rows} rows of a batch cannot be answered:"
    raise SlaclockError("\n  ".join([told, *lines]))


# -- columns -----------------------------------------------------------------------------------------------


def due(
    start: Column | str, within: Column | str | timedelta, calendar: Column | Calendar, *,
    calendars: Mapping[str, Calendar] | None = None, zone: str | None = None, errors: OnError = "raise",
) -> Column:  # fmt: skip
    """The first instant by which ``within`` of working time has passed since ``start``, as a TIMESTAMP.

    ``start`` is a column or its name.  ``within`` is ``"4h"``, a timedelta, or a Column of text or of day-time
    intervals; ``calendar`` is a calendar, or a Column of names in ``calendars``.  Null gives null, but a row must name
    its calendar.

    A row without an answer fails the query and tells what was asked, or is null with ``errors="null"``.  Spark asks for
    all rows, those too that a ``when`` leaves out.

    >>> from pyspark.sql import functions as sql
    >>> from slaclock import spark
    >>> tickets.withColumn("due", spark.due("opened", sql.col("target"), uk))  # doctest: +SKIP
    """
    return _asked("due", _INSTANT, start, {"within": within, "calendar": calendar},
                  calendars=calendars, zone=zone, errors=errors)  # fmt: skip


def elapsed(
    start: Column | str, end: Column | str | datetime, calendar: Column | Calendar, *,
    calendars: Mapping[str, Calendar] | None = None, zone: str | None = None, errors: OnError = "raise",
) -> Column:  # fmt: skip
    """Working time from ``start`` to ``end``, negative when ``end`` is the earlier, as a day-time interval.

    ``end`` may be an aware datetime that stands for all rows; the rest is as for ``due``.
    """
    last = sql.col(end) if isinstance(end, str) else end
    return _asked("elapsed", _SPAN, start, {"end": last, "calendar": calendar},
                  calendars=calendars, zone=zone, errors=errors)  # fmt: skip


def is_open(
    at: Column | str, calendar: Column | Calendar, *,
    calendars: Mapping[str, Calendar] | None = None, zone: str | None = None, errors: OnError = "raise",
) -> Column:  # fmt: skip
    """Whether work counts at an instant: open at the opening instant, closed at the closing one.  As for ``due``."""
    return _asked("is_open", _FLAG, at, {"calendar": calendar}, calendars=calendars, zone=zone, errors=errors)


def next_open(
    after: Column | str, calendar: Column | Calendar, *,
    calendars: Mapping[str, Calendar] | None = None, zone: str | None = None, errors: OnError = "raise",
) -> Column:  # fmt: skip
    """The first opening strictly after an instant; null where there is none.  The rest is as for ``due``."""
    return _asked("next_open", _INSTANT, after, {"calendar": calendar}, calendars=calendars, zone=zone, errors=errors)


def next_close(
    after: Column | str, calendar: Column | Calendar, *,
    calendars: Mapping[str, Calendar] | None = None, zone: str | None = None, errors: OnError = "raise",
) -> Column:  # fmt: skip
    """The first closing strictly after an instant; null where there is none.  The rest is as for ``due``."""
    return _asked("next_close", _INSTANT, after, {"calendar": calendar}, calendars=calendars, zone=zone, errors=errors)


def add_business_days(
    start: Column | str, days: Column | int, calendar: Column | Calendar, *,
    by: str | None = None, cutoff: str | None = None,
    calendars: Mapping[str, Calendar] | None = None, zone: str | None = None, errors: OnError = "raise",
) -> Column:  # fmt: skip
    """The due instant of a number of business days; ``days`` is an integer, or a Column of them.

    ``by`` and ``cutoff`` are as for ``BusinessCalendar.add_business_days``; the rest is as for ``due``.
    """
    return _asked("add_business_days", _INSTANT, start, {"days": days, "calendar": calendar},
                  by=by, cutoff=cutoff, calendars=calendars, zone=zone, errors=errors)  # fmt: skip


def _asked(
    question: str, gives: pa.DataType, lead: Column | str, arguments: Mapping[str, Any],
    *, calendars: Mapping[str, Calendar] | None, **options: Any,
) -> Column:  # fmt: skip
    """A column of answers; bulk is asked of no rows at first, so that a mistake is told here and not by a worker."""
    columns = {name: value for name, value in arguments.items() if isinstance(value, Column)}
    same = {name: value for name, value in arguments.items() if name not in columns}
    options["calendars"] = None if calendars is None else dict(calendars)
    names = tuple(columns)
    lead_type = _INSTANT if options["zone"] is None else pa.timestamp("us")
    _answer(question, [pa.nulls(0, lead_type), *(pa.nulls(0) for _ in names)], names, same, options)

    def answer(*given: pa.Array) -> pa.Array:
        return _answer(question, given, names, same, options).cast(gives)

    answer.__name__ = question
    functions: Any = sql  # whose types know of no arrow_udf
    column: Column = functions.arrow_udf(answer, _SQL[gives])(lead, *columns.values())
    return column


def _answer(
    question: str, given: Sequence[pa.Array], names: tuple[str, ...],
    same: Mapping[str, Any], options: Mapping[str, Any],
) -> pa.Array:  # fmt: skip
    """What bulk answers to a batch."""
    lead, *others = (_instants(column, options["zone"]) for column in given)
    arguments = {**same, **dict(zip(names, others, strict=True))}
    if isinstance(arguments["calendar"], (BusinessCalendar, CompositeCalendar)):
        arguments["calendar"] = _known(arguments["calendar"])
    if options["calendars"] is not None:
        options = {**options, "calendars": {name: _known(one) for name, one in options["calendars"].items()}}
    try:
        return getattr(bulk, question)(lead, **arguments, **options)
    except RowsError as error:
        first = error.problems[0]
        asked = ", ".join(column.slice(first.row, 1).to_string(skip_new_lines=True)[1:-1] for column in given)
        raise SlaclockError(f"{question}({asked}): {first.message}") from None


def _instants(column: pa.Array, zone: str | None) -> pa.Array:
    """A column with its instants in UTC: the session's zone is only how Spark would show them."""
    if not pa.types.is_timestamp(column.type):
        return column
    if column.type.tz is not None:
        return column.view(pa.timestamp(column.type.unit, "UTC"))
    if zone is None:
        raise InstantError("a TIMESTAMP_NTZ names no instant; say in which zone it is", example='zone="Europe/London"')
    return column


@lru_cache(maxsize=256)
def _known(calendar: Calendar) -> Calendar:
    """One calendar of all that are equal in this process: each task unpickles its own, without the years compiled."""
    return calendar
