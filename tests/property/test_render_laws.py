"""Laws of what is shown to people: it is well formed whatever the names, and says the numbers of the value."""

from __future__ import annotations

import pickle
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import clock_strategies
import pytest
import strategies
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from slaclock import (
    Agreement,
    BusinessCalendar,
    Evaluation,
    Explanation,
    NoMatchError,
    Policy,
    Reading,
    Ticket,
    evaluate,
    explain,
    explain_due,
    explain_elapsed,
    render,
)
from slaclock.render.pictures.drawing import WIDTH, Box, Lanes, hatching

HOSTILE = [
    "<script>alert(1)</script>",
    "]]></style><b>",
    "\"'&amp;<!--",
    "a\x00b\x1b[31mc\x7f\x85",
    "{at} {0} %s {metric.__class__}",
    "\u05e9\u05dc\u05d5\u05dd \u202eevil\u202c \u2066x",
    "| a | **b** `c` [d](e) <f> ~~g~~\n# h",
    "very long " * 40,
    "\ufffe\uffff\U0001f600",
    "P1",
]
names = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30)
less = settings(max_examples=max(settings().max_examples // 2, 10))
FOLDS = ("segment", "day", "week", "month")
LANGUAGES = st.sampled_from(render.languages())


# -- what is drawn -----------------------------------------------------------------------------------------


@st.composite
def hostile_values(draw: st.DrawFn) -> list[Any]:
    """A calendar, a policy, an agreement, a ticket and its evaluation, every name of which may mean harm."""
    one = [draw(names) for _ in range(6)]
    calendar = BusinessCalendar(
        timezone="Europe/London",
        hours={"mon-fri": ["09:00-17:00"]},
        holidays=[{"date": "2026-05-25", "name": one[0]}],
        special_days={"2026-05-27": {"hours": ["10:00-12:00"], "name": one[1]}},
        makeup_days={"2026-05-30": one[2]},
        closures=[{"start": "2026-05-28T10:00:00Z", "end": "2026-05-28T12:00:00Z", "name": one[3]}],
        revisions=[{"effective": "2026-06-01", "hours": {"daily": ["22:00-06:00"]}}],
    )
    key, other = draw(st.lists(names, min_size=2, max_size=2, unique=True))
    policy = Policy(
        name=one[4], title=one[5], description=one[0], source=one[1], calendar=one[2], calendars={one[2]: calendar},
        severities=[{"key": key, "labels": {"en": one[3], "pl": one[4]}, "definition": one[5]}, {"key": other}],
        metrics={one[0]: {"starts": ["opened"], "stops": [one[1]]}},
        objectives=[
            {"severity": key, "metric": one[0], "within": "8h", "set": one[3]},
            {"severity": other, "metric": one[0], "within": "4h", "description": one[4]},
        ],
        pauses=[{"reason": one[5], "stops": [one[0]]}],
        escalations=[{"key": one[0], "metric": one[0], "at": "75%", "receiver": {one[1]: one[2]}}],
        rules=[{"when": {one[4]: one[5]}, "use": one[3]}, {"use": one[3]}],
    )  # fmt: skip
    at = datetime(2026, 5, 22, 12, 0, tzinfo=UTC)
    ticket = Ticket(id=one[0], severity=key, opened_at=at, attributes={one[4]: one[5]})
    ticket = ticket.pause(at + timedelta(hours=1), reason=one[5], actor=one[1], data={one[2]: [one[3]]})
    ticket = ticket.resume(at + timedelta(hours=3)).change_severity(at + timedelta(hours=4), other)
    result = evaluate(policy, ticket, as_of=at + timedelta(days=8), strict=False)
    agreement = Agreement(id=one[1], timezone="Europe/London", versions=[{"effective": "2026-01-01", "policy": policy}])
    return [calendar, calendar | calendar, policy, agreement, ticket, result, *result]


@st.composite
def calendar_explanations(draw: st.DrawFn) -> Explanation:
    """A random calendar of an odd zone asked about instants near what happens in it."""
    scene = draw(strategies.scenes(instants=2))
    first, last = sorted(scene.instants)
    if not (scene.covers(first) and scene.covers(last)):
        first = last
    a, b = (strategies.moment(t) for t in (first, last))
    return explain_elapsed(scene.calendar, *draw(st.sampled_from([(a, b), (b, a)])))


def read(scene: clock_strategies.Scene) -> Evaluation:
    """Its readings; a ticket that no rule of its policy matches has none."""
    try:
        return scene.evaluate()
    except NoMatchError:
        assume(False)
        raise


# -- well formed -------------------------------------------------------------------------------------------


def parsed(html: str) -> ET.Element:
    """The fragment as XML, with what no fragment may have."""
    root = ET.fromstring(html)
    for element in root.iter():
        assert element.tag.rpartition("}")[2] not in (
            "script",
            "link",
            "iframe",
            "object",
            "foreignObject",
            "img",
            "use",
        )
        assert not set(element.attrib) & {"id", "href", "src", "style"}
        assert not any(name.startswith("on") for name in element.attrib)
        for name in element.get("class", "").split():
            assert name.startswith("slaclock-")
    return root


@given(hostile_values(), LANGUAGES)
@less
def test_whatever_the_names_html_is_well_formed(values: list[Any], language: str) -> None:
    for value in values:
        parsed(render.html(value, language))
    parsed(render.html(values[0], language, year=2026))
    for picture in (render.svg(values[0], language), render.svg(values[-1], language)):
        assert parsed(picture).tag == "{http://www.w3.org/2000/svg}svg"


@given(hostile_values(), LANGUAGES)
@less
def test_whatever_the_names_tables_keep_their_shape(values: list[Any], language: str) -> None:
    """In Markdown every row of a table has as many cells as its heading, and nobody's name adds one or a line."""
    for value in values:
        for table in re.split(r"\n\n", render.markdown(value, language)):
            if table.startswith("|"):
                rows = [re.findall(r"(?<!\\)\|", row) for row in table.strip().split("\n")]
                assert len({len(row) for row in rows}) == 1


@given(hostile_values(), LANGUAGES)
@less
def test_nothing_shown_holds_control_characters(values: list[Any], language: str) -> None:
    """A name cannot write to a terminal, nor turn round what stands beside it."""
    for value in values:
        for shown in (render.sentence(value, language), render.text(value, language), render.markdown(value, language)):
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown)
            assert shown.count("\u2068") >= shown.count("\u2069")  # a line may be broken inside of a name


@given(clock_strategies.scenes(), LANGUAGES)
@less
def test_every_language_shows_every_clock(scene: clock_strategies.Scene, language: str) -> None:
    result = read(scene)
    for value in (result, scene.policy, scene.ticket, *result):
        assert render.sentence(value, language)
        assert render.markdown(value, language).startswith("**")
        parsed(render.html(value, language))
    assert render.text(result, language)


@given(strategies.scenes(), LANGUAGES)
@less
def test_every_language_shows_every_calendar(scene: strategies.Scene, language: str) -> None:
    """CAL-9: of odd zones, with all that a declaration can hold; and a year of it."""
    year = scene.years[0] + 1
    for more in ({}, {"year": year}):
        parsed(render.html(scene.calendar, language, **more))
        render.text(scene.calendar, language, **more)
    assert render.sentence(scene.calendar, language)


@given(clock_strategies.scenes())
@less
def test_the_same_value_gives_the_same_bytes(scene: clock_strategies.Scene) -> None:
    result = read(scene)
    copy = pickle.loads(pickle.dumps(scene.ticket))
    again = evaluate(
        Policy.from_dict(scene.policy.to_dict()),
        copy,
        as_of=result.as_of,
        roles=scene.roles or None,
        strict=scene.strict,
    )
    for write in (render.html, render.markdown, render.text, render.sentence):
        assert write(result) == write(result) == write(again)


# -- the numbers -------------------------------------------------------------------------------------------

UNITS = {"h": 3600, "min": 60, "s": 1}


def read_amount(text: str) -> timedelta:
    """What ``1 h 30 min 5.25 s`` means, read without the library."""
    found = re.findall(r"([\d,]+(?:\.\d+)?) (h|min|s)", text)
    assert found, text
    us = sum(round(float(number.replace(",", "")) * 1_000_000) * UNITS[unit] for number, unit in found)
    return timedelta(microseconds=-us if text.startswith("\u2212") else us)


def read_cells(element: ET.Element) -> list[str]:
    return ["".join(cell.itertext()) for cell in element]


def tables(html: str) -> Iterator[tuple[list[str], list[list[str]], list[str]]]:
    """The headings, rows and totals of each table that has totals."""
    for table in parsed(html).iter("table"):
        foot = table.find("tfoot/tr")
        if foot is not None:
            body = table.find("tbody")
            rows = [] if body is None else [read_cells(row) for row in body]
            yield read_cells(table.find("thead/tr")), rows, read_cells(foot)


def column(headings: list[str], rows: list[list[str]], name: str) -> timedelta:
    i = headings.index(name)
    return sum((read_amount(row[i]) for row in rows if row[i]), timedelta(0))


def check_sums(explanation: Explanation, by: str | None) -> None:
    """The totals are the explanation's, and the rows add up to them."""
    shown = list(tables(render.html(explanation, by=by)))
    headings, rows, total = shown[0]
    assert read_amount(total[headings.index("Length")]) == explanation.wall
    assert read_amount(total[headings.index("Counted")]) == explanation.elapsed
    assert column(headings, rows, "Length") == explanation.wall
    assert abs(column(headings, rows, "Counted")) == abs(explanation.elapsed)
    for headings, rows, total in shown[1:]:
        for name in ("Length", "Counted"):
            assert column(headings, rows, name) == read_amount(total[headings.index(name)])


@given(clock_strategies.scenes(), st.sampled_from([None, *FOLDS]))
@less
def test_a_clocks_tables_add_up(scene: clock_strategies.Scene, by: str | None) -> None:
    for reading in read(scene):
        check_sums(explain(reading), by)


@given(calendar_explanations(), st.sampled_from([None, *FOLDS]))
def test_a_calendars_tables_add_up(explanation: Explanation, by: str | None) -> None:
    check_sums(explanation, by)


# -- the sentences -----------------------------------------------------------------------------------------

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
DAY = r"\w{3} (\d+) (\w{3})(?: \d{4})?"
TIME = r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?"


def said(at: datetime) -> tuple[str, ...]:
    """Day, month and time as they stand in a sentence."""
    return str(at.day), MONTHS[at.month - 1], f"{at:%H}", f"{at:%M}"


def found(pattern: str, text: str) -> tuple[str, ...] | None:
    match = re.search(pattern + f"{DAY} {TIME}", text)
    return match and match.groups()[:4]


def check_sentence(reading: Reading, text: str) -> None:
    """R-5: due, and until when it can be kept where that differs; used and budget; the verdict."""
    promised = reading.state != "cancelled" or reading.breached
    assert found(r"[:,] due ", text) == (said(reading.due) if promised and reading.due else None)
    differs = reading.due is not None and reading.breach_at is not None and reading.breach_at != reading.due
    assert found(r"kept until ", text) == (said(reading.breach_at) if promised and differs else None)
    used = re.search(r"([^:,]+?)(?: of ([^,]+?))? used", text)
    assert read_amount(used[1].strip()) == reading.elapsed
    assert (used[2] and read_amount(used[2])) == reading.budget
    for verdict in ("met", "breached"):
        assert (f": {verdict}," in text) == (reading.verdict == verdict)
    assert ("no target" in text) == (reading.target is None and promised)


@given(clock_strategies.scenes())
def test_a_sentence_says_the_reading(scene: clock_strategies.Scene) -> None:
    """R-5: whatever the state and the verdict."""
    result = read(scene)
    lines = render.sentence(result).splitlines()
    for reading, line in zip(result, lines if result.readings else [], strict=True):
        check_sentence(reading, line)


def read_spans(text: str, year: int) -> Iterator[timedelta]:
    """The lengths of ``Fri 22 May 15:00-16:30`` and ``Fri 22 May 22:00 - Sat 23 May 06:00``, in a zone without DST."""
    until = rf"(?:(\d\d:\d\d)|(?: {DAY} (\d\d:\d\d)))"
    for day, month, start, same, later, later_month, end in re.findall(
        rf"{DAY} (\d\d:\d\d)(?: [\w:+() ]+?)? ?\u2013{until}", text
    ):
        first = datetime(year, MONTHS.index(month) + 1, int(day), int(start[:2]), int(start[3:]))
        if same:
            last = first.replace(hour=0, minute=0) + timedelta(hours=int(same[:2]), minutes=int(same[3:]))
        else:
            last = datetime(year, MONTHS.index(later_month) + 1, int(later), int(end[:2]), int(end[3:]))
        yield last - first


@given(clock_strategies.scenes())
def test_a_sentence_says_what_was_counted(scene: clock_strategies.Scene) -> None:
    """The stretches told are the time counted, as many as they may be."""
    for reading in read(scene):
        counted = re.search(r"Counted: (.*?)(?:; to be counted|; not counted|\.(?: |$))", render.sentence(reading))[1]
        explanation = explain(reading)
        expected = sum((each.counted for each in explanation.segments if each.kind == "counted"), timedelta(0))
        if many := re.search(r"([\d hmin]+) on \d+ days?", counted):
            assert read_amount(many[1]) == expected
        else:
            spans = counted.partition(" for the change")[0]
            assert sum(read_spans(spans, explanation.start.year), timedelta(0)) == expected


# -- pictures ----------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.floats(0, WIDTH), st.floats(1, WIDTH / 2)), max_size=20))
def test_labels_do_not_lie_on_each_other(wanted: list[tuple[float, float]]) -> None:
    lanes = Lanes(6)
    placed = [(x, lanes.place(x, width)) for x, width in wanted]
    shown = [(x, each) for x, each in placed if each is not None]
    for i, (x, one) in enumerate(shown):
        assert 0 <= one.low <= one.high <= WIDTH
        for y, other in shown[:i]:
            assert one.lane != other.lane or one.high < other.low or other.high < one.low
            lower, leader = (one, y) if one.lane < other.lane else (other, x)
            assert one.lane == other.lane or not lower.low < leader < lower.high


@given(st.floats(0, 300), st.floats(0, 300), st.floats(0.1, 200), st.floats(0.1, 60))
def test_hatching_stays_inside(x: float, y: float, width: float, height: float) -> None:
    drawn = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", hatching("paused", [Box(x, y, width, height)]))
    for a, b in drawn:
        assert x - 0.01 <= float(a) <= x + width + 0.01
        assert y - 0.01 <= float(b) <= y + height + 0.01


@cache
def _uk() -> BusinessCalendar:
    return BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["08:30-16:30"]}, holidays=["GB-ENG"])


@given(st.datetimes(datetime(1971, 1, 1), datetime(2190, 1, 1)), st.integers(0, 10**8))
@less
def test_pictures_of_every_length(start: datetime, minutes: int) -> None:
    """From nothing to 190 years, every drawing is as wide as its frame and no wider."""
    start = start.replace(tzinfo=UTC)
    end = min(start + timedelta(minutes=minutes), datetime(2199, 12, 30, tzinfo=UTC))
    for explanation in (explain_elapsed(_always(), start, end),):
        root = ET.fromstring(render.svg(explanation))
        _, _, width, height = map(float, root.get("viewBox").split())
        assert width == WIDTH
        for text in root.iter("{http://www.w3.org/2000/svg}text"):
            assert 0 <= float(text.get("x")) <= width and 0 <= float(text.get("y")) <= height


@cache
def _always() -> BusinessCalendar:
    return BusinessCalendar(timezone="Europe/London", hours={"daily": ["00:00-24:00"]})


@pytest.mark.parametrize("within", ["0h", "1s", "-4h", "0.000001s"])
def test_the_smallest_explanations(within: str) -> None:
    explanation = explain_due(_uk(), datetime(2026, 5, 22, 12, 0, tzinfo=UTC), within)
    parsed(render.html(explanation))
    check_sums(explanation, None)
