"""Views as text, Markdown, HTML and SVG: what is in them, by hand."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from slaclock import (
    Agreement,
    BusinessCalendar,
    Condition,
    Event,
    HorizonError,
    Policy,
    RenderError,
    Severity,
    Target,
    Ticket,
    contracts,
    evaluate,
    explain,
    explain_due,
    explain_elapsed,
    render,
)

LONDON = ZoneInfo("Europe/London")
FRIDAY = datetime(2026, 5, 22, 15, 0, tzinfo=LONDON)  # before the Spring Bank Holiday
HOUR = timedelta(hours=1)
UK = BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["08:30-16:30"]}, holidays=["GB-ENG"])
CLOSED = BusinessCalendar(
    timezone="Europe/London",
    hours={"mon-fri": ["09:00-17:00"]},
    holidays=["2026-05-25..2026-05-26", {"rrule": "FREQ=YEARLY", "dtstart": "2020-12-24", "name": "Eve"}],
    special_days={"2026-05-27": {"hours": [], "name": "Stocktaking"}, "--12-31": ["09:00-12:00"]},
    makeup_days={"2026-05-30": "for 26 May"},
    makeup_hours=["10:00-14:00"],
    closures=[{"start": "2026-12-31T10:00:00Z", "end": "2027-01-02T12:00:00Z", "name": "Move"}],
    revisions=[{"effective": "2026-07-01", "hours": {"daily": ["22:00-06:00"]}, "holidays": []}],
    years=[2026, 2028],
    provisional_years=[2028],
)
POLICY = contracts.load("everbright")


def html(x, language="en", **options) -> ET.Element:
    return ET.fromstring(render.html(x, language, **options))


def text_of(element: ET.Element) -> str:
    return "".join(element.itertext())


def titles(x, **options) -> list[str]:
    """The titles of the tables and pictures of a value."""
    root = html(x, **options)
    return [text_of(each) for each in root.iter() if each.tag in ("summary", "figcaption")]


def table(x, title: str, **options) -> list[list[str]]:
    """Heading, rows and total of a table of Markdown."""
    document = render.markdown(x, **options)
    found = document[document.index(f"\n{title}\n") :].split("\n\n")[1]
    lines = [line.strip("|").split("|") for line in found.strip().split("\n")]
    return [[cell.strip() for cell in line] for i, line in enumerate(lines) if i != 1]


# -- explanations ------------------------------------------------------------------------------------------


def test_the_segments_of_an_explanation():
    assert table(explain_due(UK, FRIDAY, "4h"), "What was counted") == [
        ["From", "To", "Why", "Length", "Counted"],
        ["Fri 22 May 2026 15:00 BST", "Fri 22 May 16:30", "counted", "1 h 30 min", "1 h 30 min"],
        ["Fri 22 May 16:30", "Sat 23 May 00:00", "outside hours", "7 h 30 min", ""],
        ["Sat 23 May 00:00", "Mon 25 May 00:00", "weekend", "48 h", ""],
        ["Mon 25 May 00:00", "Tue 26 May 00:00", "holiday: Spring Bank Holiday", "24 h", ""],
        ["Tue 26 May 00:00", "Tue 26 May 08:30", "outside hours", "8 h 30 min", ""],
        ["Tue 26 May 08:30", "Tue 26 May 11:00", "counted", "2 h 30 min", "2 h 30 min"],
        ["**Total**", "", "", "**92 h**", "**4 h**"],
    ]


def test_marks_are_rows_without_a_length():
    et = BusinessCalendar(timezone="America/New_York", hours={"mon-fri": ["09:00-17:00"]})
    friday = datetime(2026, 3, 6, 16, 0, tzinfo=ZoneInfo("America/New_York"))
    rows = table(explain_elapsed(et, friday, friday.replace(day=9, hour=10)), "What was counted")
    assert ["Sun 8 Mar 03:00", "", "clocks went forward 1 h", "", ""] in rows
    assert rows[-1] == ["**Total**", "", "", "**65 h**", "**2 h**"]


def test_asked_backwards_the_total_says_so():
    rows = table(explain_due(UK, FRIDAY, "-8h"), "What was counted")
    assert rows[-1] == ["**Total, asked backwards**", "", "", "**24 h**", "**−8 h**"]


@pytest.mark.parametrize(
    ("days", "by", "first", "rows"),
    [
        (4, None, "From", 6),
        (30, None, "Day", 31),
        (300, None, "Week", 44),
        (1000, None, "Month", 34),
        (4, "month", "Month", 1),
        (20, "segment", "From", 34),
    ],
)
def test_a_long_table_is_folded(days, by, first, rows):
    found = table(explain_elapsed(UK, FRIDAY, FRIDAY + timedelta(days=days)), "What was counted", by=by)
    assert found[0][0] == first
    assert len(found) - 2 == rows


def test_a_folded_table_says_what_was_not_counted():
    rows = table(explain_elapsed(UK, FRIDAY, FRIDAY + timedelta(days=5)), "What was counted", by="week")
    assert rows[1:] == [
        ["Fri 22 May 2026 – Sun 24 May", "outside hours 7 h 30 min; weekend 48 h", "57 h", "1 h 30 min"],
        [
            "Mon 25 May – Wed 27 May",
            "holiday: Spring Bank Holiday 24 h; outside hours 24 h 30 min",
            "63 h",
            "14 h 30 min",
        ],
        ["**Total**", "", "**120 h**", "**16 h**"],
    ]


def test_what_is_ahead_stands_apart():
    reading = evaluate(_desk("4h"), Ticket(id="T-1", severity="P1", opened_at=FRIDAY), as_of=FRIDAY + HOUR)[
        "resolution"
    ]
    assert table(reading, "What was counted")[-1] == ["**Total**", "", "", "**1 h**", "**1 h**"]
    assert table(reading, "As things stand, until due")[-1] == ["**Total**", "", "", "**91 h**", "**3 h**"]
    assert render.html(explain(reading)) == render.html(reading)
    late = evaluate(_desk("400h"), Ticket(id="T-1", severity="P1", opened_at=FRIDAY), as_of=FRIDAY + HOUR)["resolution"]
    ahead = table(late, "As things stand, until due")
    assert ahead[0] == ["Why", "Length", "Counted"]
    assert ahead[-1][-1] == "**399 h**"


def _desk(within: str, **more) -> Policy:
    return Policy(
        **{
            "name": "acme", "calendar": "desk", "calendars": {"desk": UK}, "severities": [{"key": "P1"}],
            "objectives": [{"severity": "P1", "metric": "resolution", "within": within}], **more,
        }
    )  # fmt: skip


def test_the_escalations_of_a_reading():
    """POL-8: while paused, those that have not come say that a pause must end first."""
    rules = _desk("4h", escalations=[
        {"key": "half", "metric": "resolution", "at": "50%", "receiver": {"team": "L2", "rooms": ["A", 7, {"b": None}]}},
        {"key": "due", "metric": "resolution", "at": "due"},
    ])  # fmt: skip
    ticket = Ticket(id="T-1", severity="P1", opened_at=FRIDAY - 3 * HOUR).pause(FRIDAY, reason="customer")
    reading = evaluate(rules, ticket, as_of=FRIDAY + HOUR)["resolution"]
    assert table(reading, "Escalations") == [
        ["Escalation", "At", "Fired", "Receiver"],
        ["half", "Fri 22 May 2026 14:00 BST", "yes", "team: L2, rooms: A, 7, b:"],
        ["due", "after the pause", "no", ""],
    ]


# -- evaluations -------------------------------------------------------------------------------------------


def test_an_evaluation():
    ticket = Ticket(id="T-1", severity="P1", opened_at=FRIDAY).respond(FRIDAY - HOUR).resolve(FRIDAY + 20 * HOUR)
    rules = _desk("8h")
    result = evaluate(rules, ticket, as_of=FRIDAY + 100 * HOUR, strict=False)
    assert table(result, "Readings") == [
        ["Metric", "Severity", "State", "Verdict", "Due", "Used", "Target", "Left"],
        ["Resolution", "P1", "stopped", "met", "Tue 26 May 2026 15:00 BST", "1 h 30 min", "8 h", "6 h 30 min"],
    ]
    assert table(result, "Odd in the history")[1][:3] == ["impossible", "responded", "Fri 22 May 2026 13:00 UTC"]
    assert "Policy: acme" in render.markdown(result)


def test_an_evaluation_shows_kept_until_where_it_differs():
    """R-5."""
    result = evaluate(_desk("1h30m"), Ticket(id="T-1", severity="P1", opened_at=FRIDAY), as_of=FRIDAY + 6 * HOUR)
    headings, row = table(result, "Readings")
    assert row[headings.index("Due")] == "Fri 22 May 2026 16:30 BST"
    assert row[headings.index("Kept until")] == "Tue 26 May 08:30"


def test_of_many_readings_the_first_are_drawn():
    rules = _desk("8h", objectives=[{"severity": "P1", "metric": "update", "within": "1h"}])
    ticket = Ticket(id="T-1", severity="P1", opened_at=FRIDAY)
    for i in range(12):
        ticket = ticket.update(FRIDAY + i * HOUR / 4 + HOUR / 8)
    result = evaluate(rules, ticket, as_of=FRIDAY + 4 * HOUR)
    assert len(result) == 13
    assert len([each for each in html(result).iter("svg")]) == 8
    assert "The courses of 5 more readings are not drawn." in render.markdown(result)
    assert len(table(result, "Readings")) == 14


# -- tickets, policies, agreements -------------------------------------------------------------------------


def test_a_ticket():
    ticket = (
        Ticket(id="T-1", severity="P1", opened_at=FRIDAY, attributes={"plan": "gold"})
        .pause(FRIDAY + HOUR, reason="customer", actor="Robin")
        .change_attributes(FRIDAY + 2 * HOUR, {"plan": "basic"}, recorded_at=FRIDAY + 3 * HOUR)
        .add(Event(kind="arrived", at=FRIDAY + 4 * HOUR, data={"van": 3}))
    )
    assert table(ticket, "Events") == [
        ["At", "Event", "Details", "By", "Recorded"],
        ["Fri 22 May 2026 14:00 UTC", "opened", "", "", ""],
        ["Fri 22 May 15:00", "paused", "customer", "Robin", ""],
        ["Fri 22 May 16:00", "attributes changed", "plan: basic", "", "Fri 22 May 2026 17:00 UTC"],
        ["Fri 22 May 18:00", "arrived", "van: 3", "", ""],
    ]
    assert "- Attributes: plan: gold" in render.markdown(ticket)
    assert "Events" not in render.markdown(Ticket(id="T-1", severity="P1"))


def test_a_policy():
    assert table(POLICY, "Objectives") == [
        ["Severity", "First response", "Resolution", "Closure"],
        [
            "P1 Urgent",
            (
                "15 min, around_the_clock, 99.2% of tickets, on working days of china<br>"
                "30 min, around_the_clock, on non-working days of china"
            ),
            "24 h, around_the_clock, 100% of tickets",
            "no target, around_the_clock",
        ],
        [
            "P2 High",
            "no target, follow_the_sun",
            "48 h, around_the_clock, 98.6% of tickets",
            "no target, around_the_clock",
        ],
    ]
    assert table(POLICY, "Escalations")[1] == ["l2", "Resolution", "P1", "2 h after the start", "from: L1, to: L2"]
    assert table(POLICY, "Metrics")[2] == ["Resolution", "opened", "resolved, closed", "customer"]


def test_all_that_an_objective_may_say():
    rules = Policy(
        name="all", calendar="desk", calendars={"desk": UK}, verdict="due",
        severities=[{"key": "P1", "definition": "All is down."}],
        roles={"hours": {"default": "desk"}, "other": {"one_of": ["desk"], "description": "Whose?"}},
        metrics={"on_site": {"starts": ["sent"], "stops": ["arrived"], "paused_by": ["weather"]}},
        objectives=[
            {"severity": "P1", "metric": "resolution", "within": "next business day by 16:00", "cutoff": "15:00", "set": "gold"},
            {"severity": "P1", "metric": "resolution", "within": "4h", "verdict": "elapsed", "kind": "aim", "set": "gold"},
            {"severity": "P1", "metric": "on_site", "within": "4h", "calendar": "hours", "start": {"next_opening": "other"}},
            {"severity": "P1", "metric": "on_site", "only": {"out_of_hours": "desk"}},
            {"severity": "P1", "metric": "update", "only": {"in_hours": "desk"}},
        ],
        pauses=[{"reason": "customer", "stops": ["resolution"]}, {"reason": "*", "stops": ["on_site", "update"]}],
        escalations=[
            {"key": key, "metric": "resolution", "at": at}
            for key, at in (("a", "due"), ("b", "breach"), ("c", "12.5%"), ("d", "-1h"), ("e", "+30m"), ("f", "2h"))
        ],
        rules=[{"when": {"plan": ["gold", "silver"]}, "use": "gold"}, {"use": "gold"}],
        on_change="carry_share", on_reopen="new_cycle", source="https://example.com/_sla_",
    )  # fmt: skip
    (row,) = table(rules, "Objectives")[1:]
    assert row == [
        "P1",
        "next business day by 16:00, desk, cut-off 15:00, set gold<br>4 h, aim, desk, set gold, judged by time used",
        "4 h, hours, from the next opening of other<br>no target, desk, outside the hours of desk",
        "no target, desk, in the hours of desk",
    ]
    assert [row[-1] for row in table(rules, "Escalations")[1:]] == [
        "when due", "when breached", "12.5% of the budget", "1 h before the budget is used", "30 min after due",
        "2 h after the start",
    ]  # fmt: skip
    paused_by = {row[0]: row[3] for row in table(rules, "Metrics")[1:]}
    assert paused_by == {"Resolution": "customer", "on_site": "any but customer", "Update": "any but customer"}
    assert table(rules, "Pause rules")[1:] == [["customer", "Resolution"], ["any other", "on_site, Update"]]
    assert table(rules, "Rules of choice")[1:] == [["plan: gold, silver", "gold"], ["any", "gold"]]
    assert table(rules, "Roles")[1:] == [
        ["hours", "desk unless bound otherwise", ""],
        ["other", "one of desk", "Whose?"],
    ]
    told = render.markdown(rules)
    assert "- When severity or attributes change: the share used is taken from the new budget" in told
    assert "- Severities: P1: All is down." in told
    assert r"- Source: https://example.com/\_sla\_" in told


def test_an_agreement():
    versions = [
        {
            "effective": "2026-01-01",
            "policy": contracts.load("messagebird-enterprise"),
            "roles": {"service_hours": "UK"},
        },
        {"effective": "2026-07-01", "policy": contracts.load("messagebird-enterprise"), "roles": {"service_hours": UK}},
    ]
    agreement = Agreement(id="A-17", timezone="Europe/London", versions=versions, ends="2027-01-01")
    name = "MessageBird (SparkPost) Email Enterprise Services"
    assert table(agreement, "Versions") == [
        ["From", "Up to", "Policy", "Roles"],
        ["Thu 1 Jan 2026", "Tue 30 Jun", name, "service_hours: UK"],
        [
            "Wed 1 Jul",
            "Thu 31 Dec",
            name,
            "service_hours: Mon–Fri 08:30–16:30 (Europe/London); holidays: country GB-ENG",
        ],
    ]
    assert "| further notice |" in render.markdown(agreement.replace(ends=None))


# -- calendars ---------------------------------------------------------------------------------------------


def test_a_calendar_shows_what_is_declared():
    """CAL-7, CAL-8: a picture for each of its weekly hours, and a table for all that is not weekly."""
    assert titles(CLOSED) == [
        "The week up to Tue 30 Jun 2026", "The week from Wed 1 Jul 2026 on", "Holidays", "Special days",
        "Make-up working days", "Closures", "Revisions of the hours",
    ]  # fmt: skip
    assert [row[0] for row in table(CLOSED, "Holidays")[1:]] == [
        "Mon 25 May 2026 – Tue 26 May: holiday", "Eve: FREQ=YEARLY since Thu 24 Dec 2020",
    ]  # fmt: skip
    assert table(CLOSED, "Special days")[1:] == [
        ["31 Dec, every year", "special day", "09:00–12:00"], ["Wed 27 May 2026", "Stocktaking", "closed"],
    ]  # fmt: skip
    assert table(CLOSED, "Closures")[1:] == [["Thu 31 Dec 2026 10:00 GMT", "Sat 2 Jan 2027 12:00", "Move"]]
    assert table(CLOSED, "Revisions of the hours")[1:] == [["Wed 1 Jul 2026", "every day 22:00–06:00", "none"]]
    told = render.markdown(CLOSED)
    for fact in ("Hours of make-up days: 10:00–14:00", "Years: 2026–2028", "Provisional years: 2028"):
        assert f"- {fact}" in told


def test_a_year_of_a_calendar():
    """The rule of every date that is not as every week, the closures that touch the year, the hours that hold in it."""
    assert titles(CLOSED, year=2027) == [
        "2027 (Europe/London)", "Not as every week", "Closures", "The week from Wed 1 Jul 2026 on",
    ]  # fmt: skip
    assert table(CLOSED, "Not as every week", year=2026)[1:] == [
        ["Mon 25 May", "holiday", "closed"], ["Tue 26 May", "holiday", "closed"],
        ["Wed 27 May", "special day: Stocktaking", "closed"],
        ["Sat 30 May", "make-up working day: for 26 May", "10:00–14:00"],
        ["Thu 31 Dec", "special day", "09:00–12:00"],
    ]  # fmt: skip
    assert "Closures" not in titles(CLOSED, year=2028)
    with pytest.raises(HorizonError):
        render.html(CLOSED, year=2030)


def test_a_composite_shows_its_parts_in_one_week():
    """CAL-9: in its own zone, in winter and in summer where these differ."""
    week = {"mon-fri": ["09:00-18:00"]}
    beijing = BusinessCalendar(timezone="Asia/Shanghai", hours=week, holidays=["CN"])
    frankfurt = BusinessCalendar(timezone="Europe/Berlin", hours=week)
    london = BusinessCalendar(timezone="Europe/London", hours=week)
    zone = "Asia/Shanghai"
    assert titles(beijing | frankfurt) == [
        f"Weekly hours in the week of Mon 12 Jan 2026 ({zone})", f"Weekly hours in the week of Mon 13 Jul 2026 ({zone})",
        "Parts",
    ]  # fmt: skip
    assert titles(london | frankfurt) == ["Weekly hours in the week of Mon 12 Jan 2026 (Europe/London)", "Parts"]
    assert titles(london | frankfurt, year=2030)[0] == "Weekly hours in the week of Mon 14 Jan 2030 (Europe/London)"
    days = (beijing | frankfurt).replace(days=beijing)
    assert "- Whose dates count: Mon–Fri 09:00–18:00 (Asia/Shanghai); holidays: country CN" in render.markdown(days)


# -- forms -------------------------------------------------------------------------------------------------


def test_plain_text():
    assert render.text(explain_due(UK, FRIDAY, "1h"), width=90) == (
        "Working time\n"
        "1 h of working time from Fri 22 May 2026 15:00 BST: due Fri 22 May 16:00.\n"
        "Counted: Fri 22 May 15:00–16:00.\n"
        "\n"
        "What was counted\n"
        "\n"
        " From                        To                 Why       Length   Counted\n"
        " ─────────────────────────────────────────────────────────────────────────\n"
        " Fri 22 May 2026 15:00 BST   Fri 22 May 16:00   counted      1 h       1 h\n"
        "\n"
        " Total                                                       1 h       1 h\n"
        "\n"
    )
    assert max(map(len, render.text(POLICY, width=60).splitlines())) <= 60


def test_plain_text_needs_rich():
    script = (
        "import sys; sys.modules['rich'] = None; sys.modules['rich.console'] = None\n"
        "from slaclock import always_open, render, RenderError\n"
        "render.html(always_open()), render.markdown(always_open())\n"
        "try: render.text(always_open())\n"
        "except RenderError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "pip install 'slaclock[text]'" in done.stdout


def test_the_text_is_the_same_whatever_the_terminal(monkeypatch):
    """R-6: no environment has a say."""
    plain = render.text(POLICY)
    for name, value in {
        "COLUMNS": "40",
        "FORCE_COLOR": "1",
        "TERM": "dumb",
        "NO_COLOR": "",
        "JUPYTER_COLUMNS": "30",
    }.items():
        monkeypatch.setenv(name, value)
    assert render.text(POLICY) == plain


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a|b", r"a\|b"),
        ("**b** `c` ~d~ $e$ [f]", r"\*\*b\*\* \`c\` \~d\~ \$e\$ \[f\]"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("first_response", "first_response"),
        ("_x_", r"\_x\_"),
        ("\\", r"\\"),
        ("'\"", "'\""),
        ("two\nlines", "two lines"),
    ],
)
def test_markdown_of_names(name, shown):
    ticket = Ticket(id="T", severity="P1", opened_at=FRIDAY).pause(FRIDAY, reason=name)
    assert render.markdown(ticket).splitlines()[-1] == f"| Fri 22 May 14:00 | paused | {shown} |"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("- item", r"\- item"), ("# heading", r"\# heading"), ("1. one", r"1\. one"), ("12) one", r"12\) one"),
        ("===", r"\==="), ("> quote", "&gt; quote"), ("2 h of work", "2 h of work"),
    ],
)  # fmt: skip
def test_a_paragraph_that_begins_like_something_else(text, shown):
    assert render.markdown(_desk("4h", title=text)).split("\n\n")[1] == shown


def test_html_is_accessible():
    root = html(evaluate(_desk("4h"), Ticket(id="T-1", severity="P1", opened_at=FRIDAY), as_of=FRIDAY), "pl")
    assert root.get("lang") == "pl"
    for found in root.iter("table"):
        assert all(cell.get("scope") in ("col", "row") for cell in found.iter("th"))
        assert all(row[0].tag == "th" for row in found.iter("tr"))
    for picture in root.iter("svg"):
        assert picture.get("role") == "img"
        assert picture[0].tag == "title" and text_of(picture[0])


def test_styles_stay_inside():
    """No rule of the style applies to anything that is not a view's."""
    style = text_of(html(UK).find("style"))
    rules = re.findall(r"([^{}]+)\{[^{}]*\}", re.sub(r"@media[^{]*\{((?:[^{}]*\{[^{}]*\})*)\}", r"\1", style))
    assert len(rules) > 20
    for selector in (each for rule in rules for each in re.split(r",(?![^(]*\))", rule)):
        assert re.search(r"\.slaclock-(view|picture)\b", selector), selector
    assert "url(" not in style and "@import" not in style


def test_a_picture_alone():
    for value, options in ((UK, {}), (UK, {"year": 2026}), (UK | CLOSED, {}), (explain_due(UK, FRIDAY, "4h"), {})):
        root = ET.fromstring(render.svg(value, **options))
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.find("{http://www.w3.org/2000/svg}style") is not None
    for value in (
        POLICY,
        Ticket(id="T", severity="P1"),
        Agreement(id="A", timezone="UTC", versions=[{"effective": "2026-01-01", "policy": _desk("4h")}]),
    ):
        with pytest.raises(RenderError, match="no picture"):
            render.svg(value)


def test_notebooks():
    """What has no view shows nothing of its own."""
    result = evaluate(_desk("4h"), Ticket(id="T-1", severity="P1", opened_at=FRIDAY), as_of=FRIDAY)
    for value in (UK, UK | CLOSED, POLICY, result, result["resolution"], Ticket(id="T-1", severity="P1")):
        assert value._repr_html_() == render.html(value)
    for value in (Severity(key="P1"), Condition(in_hours="desk"), Event(kind="opened", at=FRIDAY)):
        assert value._repr_html_() is None
    assert not hasattr(Target(working=1), "_repr_html_")
