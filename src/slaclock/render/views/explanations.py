"""Views of an explanation, of a reading, and of an evaluation with all its readings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Literal

from ...explanation import Explanation, Segment, SegmentPeriod, SegmentSum, explain
from ...history import Anomaly
from ...reading import EscalationReading, Evaluation, Reading
from ..amounts import amount
from ..catalogue import Catalogue
from ..columns import columns_of, filled_table
from ..moments import Speaker, last_date, month_text
from ..names import clean, event_name, free_text, reason, severity_in, target_text
from ..pictures.course import draw_course
from ..sentences import (
    clock_name,
    explanation_sentences,
    keeps_longer,
    reading_name,
    reading_sentence,
)
from ..told import MARKS, Told, told
from ..view import Cell, Facts, Picture, Row, Table, View

Fold = Literal["segment", "day", "week", "month"]
FOLDS = ("segment", "day", "week", "month")

_MOST_ROWS = 40
_MOST_DAYS = 62
_MOST_WEEKS = 110
_MOST_PICTURES = 8
_DAY = timedelta(days=1)
_NOTHING = timedelta(0)


# -- an explanation ----------------------------------------------------------------------------------------


def explanation_view(c: Catalogue, explanation: Explanation, by: Fold | None = None) -> View:
    """The answer in sentences, the picture, and the tables of segments with their totals."""
    reading, all_told = explanation.reading, told(explanation)
    title = c("title.calendar_asked") if reading is None else reading_name(c, reading)
    says = explanation_sentences(c, all_told, subject=False)
    escalations = reading.escalations if reading is not None else ()
    end = all_told.ahead[-1].end if all_told.ahead else explanation.end
    span = Speaker(c).span(explanation.start, end)
    course = c("title.course", span=span, zone=explanation.calendar.timezone)
    picture = Picture(course, lambda: draw_course(c, all_told, course))
    return View(
        title=title,
        says=tuple(says),
        verdict=None if reading is None else verdict_of(c, reading),
        parts=(
            picture,
            *_tables(c, all_told, by),
            *([_escalations(c, escalations)] if escalations else []),
        ),
    )


def explanation_sentence(c: Catalogue, explanation: Explanation) -> str:
    """All that is said of an explanation, on one line."""
    return c("sentence.between").join(explanation_sentences(c, told(explanation)))


def verdict_of(c: Catalogue, reading: Reading) -> tuple[str, str]:
    """The verdict; of what is open or not judged, the state says more."""
    if reading.verdict in ("met", "breached"):
        return reading.verdict, c(f"verdict.{reading.verdict}")
    return reading.state, c(f"state.{reading.state}")


def _tables(c: Catalogue, all_told: Told, by: Fold | None) -> list[Table]:
    explanation, ahead = all_told.explanation, all_told.ahead
    by = by or _usual_fold(all_told)
    if by == "segment":
        total = Row((_total(c, explanation), "", "", amount(c, explanation.wall), amount(c, explanation.elapsed)))
        tables = [_segment_table(c, all_told, c("title.segments"), all_told.segments, total)]
    else:
        tables = [_period_table(c, all_told, by)]
    if ahead:
        tables.append(_ahead_table(c, all_told))
    return tables


def _ahead_table(c: Catalogue, all_told: Told) -> Table:
    """What is to come: by segments, or where they are many, by their reasons."""
    ahead = all_told.ahead
    length = amount(c, sum((segment.length for segment in ahead), _NOTHING))
    counted = amount(c, sum((segment.counted for segment in ahead), _NOTHING))
    if len(ahead) <= _MOST_ROWS:
        total = Row((c("table.total"), "", "", length, counted))
        return _segment_table(c, all_told, c("title.ahead"), ahead, total)
    sums: dict[str, tuple[timedelta, timedelta]] = {}
    for segment in ahead:
        why = _why(c, all_told, segment)
        before = sums.get(why, (_NOTHING, _NOTHING))
        sums[why] = before[0] + segment.length, before[1] + segment.counted
    rows = [
        Row((why, amount(c, each[0]) if each[0] else "", amount(c, each[1]) if each[1] else ""))
        for why, each in sums.items()
    ]
    total = Row((c("table.total"), length, counted))
    columns = columns_of(c, "why", "length", "counted")
    return Table(title=c("title.ahead"), columns=columns, rows=tuple(rows), total=total)


def _total(c: Catalogue, explanation: Explanation) -> str:
    """Of a question that ran backwards, the total is the negative of what the rows add up to."""
    return c("table.total_back" if explanation.elapsed < _NOTHING else "table.total")


def _usual_fold(all_told: Told) -> Fold:
    """The finest that still makes a table one can read."""
    if len(all_told.segments) <= _MOST_ROWS:
        return "segment"
    wall = all_told.explanation.wall
    if wall <= _MOST_DAYS * _DAY:
        return "day"
    return "week" if wall <= _MOST_WEEKS * 7 * _DAY else "month"


def _segment_table(c: Catalogue, all_told: Told, title: str, segments: Iterable[Segment], total: Row) -> Table:
    say = Speaker(c)
    rows = []
    for segment in segments:
        start = say.at(segment.start)
        end = "" if segment.kind in MARKS else say.at(segment.end)
        counted = amount(c, segment.counted) if segment.counted or segment.kind == "counted" else ""
        length = "" if segment.kind in MARKS else amount(c, segment.length)
        rows.append(Row((start, end, _why(c, all_told, segment), length, counted), segment.kind))
    columns = columns_of(c, "from", "to", "why", "length", "counted")
    return Table(title=title, columns=columns, rows=tuple(rows), total=total)


def _why(c: Catalogue, all_told: Told, each: Segment | SegmentSum) -> str:
    change = each.amount if isinstance(each, Segment) else _NOTHING
    return reason(c, all_told.kind(each.kind), each.about, each.site, change)


def _period_table(c: Catalogue, all_told: Told, by: Literal["day", "week", "month"]) -> Table:
    say, explanation = Speaker(c), all_told.explanation
    rows = []
    for period in explanation.fold(by):
        why = c("list.semicolon").join(_shares(c, all_told, period))
        label = _period_name(c, period, by, say)
        rows.append(Row((label, why, amount(c, period.length), amount(c, period.counted))))
    columns = columns_of(c, by, "why", "length", "counted")
    total = Row((_total(c, explanation), "", amount(c, explanation.wall), amount(c, explanation.elapsed)))
    return Table(title=c("title.segments"), columns=columns, rows=tuple(rows), total=total)


def _period_name(c: Catalogue, period: SegmentPeriod, by: str, say: Speaker) -> str:
    if by == "month":
        return month_text(c, period.start.date())
    first = period.start.date()
    last = last_date(period.end)
    if first == last:
        return say.date(first)
    return c("date.span", start=say.date(first), end=say.date(last))


def _shares(c: Catalogue, all_told: Told, period: SegmentPeriod) -> Iterable[str]:
    """What became of a period's time, but for what the column of counted time says already."""
    for each in period.sums:
        if each.kind in ("clock_change", "revision", "change"):
            yield _mark_sum(c, each)
        elif each.kind != "counted":
            yield c("table.share", reason=_why(c, all_told, each), amount=amount(c, each.length))
        elif each.about or each.site:
            yield c("table.share", reason=_why(c, all_told, each), amount=amount(c, each.counted))


def _mark_sum(c: Catalogue, each: SegmentSum) -> str:
    """A mark in a folded table; by how much clocks were changed is in the segments."""
    if each.kind == "clock_change":
        return c("kind.clocks_changed")
    text = reason(c, each.kind, each.about)
    return c("table.share", reason=text, amount=amount(c, each.counted)) if each.counted else text


def _escalations(c: Catalogue, escalations: Iterable[EscalationReading]) -> Table:
    say = Speaker(c)
    rows = [
        Row((
            clean(each.key),
            c("table.after_pause") if each.at is None else say.at(each.at),
            c("word.yes") if each.fired else c("word.no"),
            free_text(c, each.receiver),
        ), "fired" if each.fired else "")
        for each in escalations
    ]  # fmt: skip
    return filled_table(c, "escalations", ("escalation", "at", "fired", "receiver"), rows)


# -- an evaluation -----------------------------------------------------------------------------------------


def evaluation_sentence(c: Catalogue, evaluation: Evaluation) -> str:
    """How each clock stands, a line each."""
    if not evaluation.readings:
        return c("sentence.no_readings", ticket=clean(evaluation.ticket))
    return "\n".join(reading_sentence(c, reading, Speaker(c)) for reading in evaluation)


def evaluation_view(c: Catalogue, evaluation: Evaluation, by: Fold | None = None) -> View:
    """The table of the readings, what is odd in the history, and the course of each clock."""
    say = Speaker(c)
    facts = [
        (c("fact.policy"), clean(evaluation.policy)),
        *([(c("fact.agreement"), clean(evaluation.agreement))] if evaluation.agreement is not None else []),
        (c("fact.as_of"), say.at(evaluation.as_of)),
    ]
    readings = evaluation.readings
    shown = readings[:_MOST_PICTURES]
    says = () if readings else (c("sentence.no_readings", ticket=clean(evaluation.ticket)),)
    if len(shown) < len(readings):
        says = (c.count("sentence.more_readings", len(readings) - len(shown)),)
    return View(
        title=c("title.evaluation", ticket=clean(evaluation.ticket)),
        says=says,
        parts=(
            Facts(tuple(facts)),
            *([_readings(c, evaluation)] if readings else []),
            *([_anomalies(c, evaluation.anomalies)] if evaluation.anomalies else []),
            *(explanation_view(c, explain(reading), by) for reading in shown),
        ),
    )


_READING_COLUMNS = ("metric", "severity", "state", "verdict", "due", "kept_until", "used", "target", "left", "over")


def _readings(c: Catalogue, evaluation: Evaluation) -> Table:
    say = Speaker(c)
    return filled_table(c, "readings", _READING_COLUMNS, (_reading_row(c, reading, say) for reading in evaluation))


def _reading_row(c: Catalogue, reading: Reading, say: Speaker) -> Row:
    cells: tuple[Cell, ...] = (
        clock_name(c, reading),
        severity_in(c, reading.fold.history.policy, reading.severity),
        c(f"state.{reading.state}"),
        c(f"verdict.{reading.verdict}"),
        "" if reading.due is None else say.at(reading.due),
        say.at(reading.breach_at) if reading.breach_at is not None and keeps_longer(reading) else "",
        amount(c, reading.elapsed),
        "" if reading.target is None else target_text(c, reading.target),
        "" if reading.remaining is None else amount(c, reading.remaining),
        amount(c, reading.overrun) if reading.overrun else "",
    )
    return Row(cells, reading.verdict)


def _anomalies(c: Catalogue, anomalies: Iterable[Anomaly]) -> Table:
    say = Speaker(c)
    rows = []
    for anomaly in anomalies:
        event = anomaly.event
        what = "" if event is None else event_name(c, event.kind)
        at = "" if event is None else say.at(event.at)
        rows.append(Row((c(f"anomaly.{anomaly.code}"), what, at, clean(anomaly.message))))
    return filled_table(c, "anomalies", ("oddity", "event", "at", "message"), rows)
