"""Sentences about a clock: when it is due, how it stands, and which hours were counted and which were not.

Whatever the state and the verdict, what is said is the reading's own numbers; where ``due`` and ``breach_at`` differ,
both are said (R-5).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from .._instant import from_us, to_us
from ..explanation import Explanation, Segment
from ..reading import Reading
from .amounts import amount
from .catalogue import Catalogue
from .moments import Speaker, last_date
from .names import clean, metric_name, reason, severity_in
from .told import MARKS, Told

_NOTHING = timedelta(0)
_MOST_STRETCHES = 4  # more are said as a number of days
_MOST_NAMES = 3  # of holidays and the like
_MOST_MARKS = 3
_NAMED = ("holiday", "special_day", "closure")

Stretch = tuple[datetime, datetime]


def clock_name(c: Catalogue, reading: Reading) -> str:
    """What is timed: ``First response``, with the number of its cycle and whether it is only an aim."""
    name = metric_name(c, reading.metric)
    if reading.cycle > 1:
        name = c("sentence.cycle", metric=name, n=reading.cycle)
    return c("sentence.aim", metric=name) if reading.kind == "aim" else name


def reading_name(c: Catalogue, reading: Reading) -> str:
    """``First response for T-1 (P2)``."""
    severity = severity_in(c, reading.fold.history.policy, reading.severity)
    return c("sentence.clock", metric=clock_name(c, reading), ticket=clean(reading.ticket), severity=severity)


def reading_sentence(c: Catalogue, reading: Reading, say: Speaker, *, subject: bool = True) -> str:
    """How a clock stands: ``First response for T-1 (P2): due Tue 26 May 11:00, 1 h 30 min of 4 h used ...``."""
    standing = c("sentence.comma").join(_standing(c, reading, say))
    if not subject:
        return c.whole(standing)
    return c.ended(c("sentence.says", subject=reading_name(c, reading), what=standing))


def _standing(c: Catalogue, reading: Reading, say: Speaker) -> Iterator[str]:
    """Verdict, state, due and what is used, in this order."""
    if reading.verdict in ("met", "breached"):
        yield c(f"verdict.{reading.verdict}")
    if reading.state == "pending":
        yield c("sentence.starts", at=say.at(reading.started_at))
    if reading.state == "paused":
        yield c("sentence.paused_since", at=say.at(paused_since(reading)))
    if reading.stopped_at is not None:
        yield c(f"sentence.{reading.state}", at=say.at(reading.stopped_at))
    if reading.state != "cancelled" or reading.breached:
        yield due_text(c, reading, say)
    yield from _used(c, reading, say)


def paused_since(reading: Reading) -> datetime:
    """Since when a paused clock stands: since its pause began, or since it would have started."""
    fold = reading.fold
    assert fold.paused_since is not None
    return from_us(max(fold.paused_since, fold.started), ZoneInfo(fold.calendar.timezone))


def due_text(c: Catalogue, reading: Reading, say: Speaker) -> str:
    """When it is due, and until when the promise can be kept where that is another instant."""
    if reading.target is None:
        return c("sentence.no_target")
    if reading.due is None:
        return c("sentence.due_waits")
    due = say.at(reading.due)
    if reading.breach_at is None:
        return c("sentence.due_unbroken", due=due)
    if not keeps_longer(reading):
        return c("sentence.due", due=due)
    return c("sentence.due_kept", due=due, breach_at=say.at(reading.breach_at))


def keeps_longer(reading: Reading) -> bool:
    """Whether the promise can be kept until another instant than the due one (in one zone, == compares walls)."""
    due, breach_at = reading.due, reading.breach_at
    return breach_at is not None and (due is None or to_us(due) != to_us(breach_at))


def _used(c: Catalogue, reading: Reading, say: Speaker) -> Iterator[str]:
    elapsed = amount(c, reading.elapsed)
    used = c("sentence.used", elapsed=elapsed)
    if reading.budget is not None:
        used = c("sentence.used_of", elapsed=elapsed, budget=amount(c, reading.budget))
    yield used if reading.stopped_at is not None else c("sentence.as_of", what=used, at=say.at(reading.as_of))
    if reading.overrun:
        named = reading.fold.span.named  # then it is working time after the instant, and not over the budget
        yield c("sentence.after_due" if named else "sentence.over", overrun=amount(c, reading.overrun))
    if reading.late_by:
        yield c("sentence.late", late=amount(c, reading.late_by))


# -- what was counted --------------------------------------------------------------------------------------


def explanation_sentences(c: Catalogue, told: Told, *, subject: bool = True) -> list[str]:
    """The answer, what was counted and what not, and what else happened to the clock or the clocks on the wall.

    The ``subject`` of a reading is left out where a title says it.
    """
    say, reading = Speaker(c), told.reading
    if reading is None:
        said = [c.ended(_answer(c, told.explanation, say))]
    else:
        said = [reading_sentence(c, reading, say, subject=subject)]
    counted = c("sentence.counted", list=_counted(c, told.segments, say))
    if told.ahead:
        counted = c("sentence.then", first=counted, then=c("sentence.ahead", list=_counted(c, told.ahead, say)))
    left_out = _left_out(c, told)
    if left_out:
        counted = c("sentence.then", first=counted, then=c("sentence.not_counted", list=left_out))
    said.append(c.ended(counted))
    said += _marks(c, told, say)
    if reading is not None and reading.rejudged:
        said.append(c("sentence.rejudged"))
    if reading is not None and reading.provisional:
        said.append(c("sentence.provisional"))
    return said


def _answer(c: Catalogue, explanation: Explanation, say: Speaker) -> str:
    """What a calendar answered; asked backwards, from the later instant to the earlier."""
    back = explanation.elapsed < _NOTHING
    asked = amount(c, abs(explanation.elapsed))
    low, high = explanation.start, explanation.end
    if explanation.question == "due":
        if back:
            return c("sentence.asked_due_back", amount=asked, start=say.at(high), due=say.at(low))
        return c("sentence.asked_due", amount=asked, start=say.at(low), due=say.at(high))
    wall = amount(c, explanation.wall)
    if back:
        elapsed = amount(c, explanation.elapsed)
        return c("sentence.asked_elapsed_back", start=say.at(high), end=say.at(low), elapsed=elapsed, wall=wall)
    return c("sentence.asked_elapsed", start=say.at(low), end=say.at(high), elapsed=asked, wall=wall)


def _counted(c: Catalogue, segments: Sequence[Segment], say: Speaker) -> str:
    stretches = counted_stretches(segments)
    said = []
    if len(stretches) > _MOST_STRETCHES:
        total = sum((segment.counted for segment in segments if segment.kind == "counted"), _NOTHING)
        first, last = say.date(stretches[0][0].date()), say.date(last_date(stretches[-1][1]))
        said.append(c.count("sentence.on_days", _days(stretches), amount=amount(c, total), start=first, end=last))
    else:
        said += [say.span(start, end) for start, end in stretches]
    for segment in segments:
        if segment.kind == "change" and segment.counted:
            taken = amount(c, segment.counted)
            said.append(c("sentence.adjusted", change=_mark(c, segment), at=say.at(segment.start), amount=taken))
    return c.joined(said) if said else c("sentence.nothing")


def counted_stretches(segments: Iterable[Segment]) -> list[Stretch]:
    """The counted time, those that touch as one."""
    found: list[Stretch] = []
    for segment in segments:
        if segment.kind != "counted":
            continue
        if found and to_us(found[-1][1]) == to_us(segment.start):  # in one zone, == compares what walls show
            found[-1] = (found[-1][0], segment.end)
        else:
            found.append((segment.start, segment.end))
    return found


def _days(stretches: Iterable[Stretch]) -> int:
    """On how many local dates some stretches lie."""
    count, latest = 0, date.min
    for start, end in stretches:
        first, last = max(start.date(), latest + timedelta(days=1)), last_date(end)
        count += max((last - first).days + 1, 0)
        latest = max(latest, last)
    return count


def _left_out(c: Catalogue, told: Told) -> str:
    """The reasons for what was not counted, each once, in the order in which they came; of many names the first."""
    found: dict[str, dict[str, None]] = {}
    seen = dict.fromkeys((segment.kind, segment.about) for segment in (*told.segments, *told.ahead))
    for kind, about in seen:
        if kind != "counted" and kind not in MARKS:
            group = "names" if kind in _NAMED else str(kind)
            found.setdefault(group, {})[reason(c, told.kind(kind), about, bare=True)] = None
    said: list[str] = []
    for group, names in found.items():
        shown = list(names)
        if group == "names" and len(shown) > _MOST_NAMES:
            more = len(shown) - _MOST_NAMES + 1
            shown = [*shown[: _MOST_NAMES - 1], c.count("sentence.more_names", more)]
        said += shown
    return c.joined(said)


def _mark(c: Catalogue, mark: Segment) -> str:
    return reason(c, mark.kind, mark.about, change=mark.amount, bare=True)


def _marks(c: Catalogue, told: Told, say: Speaker) -> Iterator[str]:
    """What has no length: clocks changed, hours revised, severities changed without taking anything back."""
    for kind in MARKS:
        marks = [each for each in (*told.segments, *told.ahead) if each.kind == kind and not each.counted]
        if len(marks) > _MOST_MARKS:
            yield c.count(f"sentence.many.{kind}", len(marks))
            continue
        for mark in marks:
            yield c.whole(c("sentence.mark", what=_mark(c, mark), at=say.at(mark.start)))
