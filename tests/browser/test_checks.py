"""The checks find what they are for."""

from __future__ import annotations

from typing import Any

import pytest

from browser.conftest import watch

pytestmark = pytest.mark.browser


def test_contrast(page: Any) -> None:
    """WCAG's own ratios: #767676 is the lightest grey that reaches 4.5 on white, and #777777 does not."""
    page.set_content("""<body style="background: white">
        <p style="color: #767676">enough</p> <p style="color: #777777">hardly</p>
        <div style="background: #000000cc"><p style="color: #767676">on dark</p></div>
        <p style="color: black; opacity: 0.4">faded</p> <p style="color: white; display: none">not shown</p>
        <svg width="200" height="40"><rect x="100" width="100" height="40" fill="#888"/><text x="85" y="20">half</text>
        </svg>""")
    assert page.evaluate("checks.contrast('p, text', 4.5)") == [
        '4.48: p "hardly"',
        '2.78: p "on dark"',
        '2.85: p "faded"',
    ]
    assert page.evaluate("checks.contrast('text', 7)") == ['5.92: text "half"']


def test_room(page: Any, look: Any) -> None:
    """What sticks out of the window is named; what scrolls in a box of its own may be wide."""
    page.set_content('<div style="overflow-x: auto"><p style="width: 2000px">in a box</p></div>')
    assert page.evaluate("checks.overflow()") == []
    page.set_content(f'<body style="margin: 0"><p style="width: {look.width + 20}px">out</p>')
    assert page.evaluate("checks.overflow()") == ["20px too wide", 'p "out"']
    page.set_content(
        '<div style="width: 90px; overflow: hidden"><p data-view="a"><b style="padding: 50px"></b></p></div>'
    )
    assert page.evaluate("checks.overflow()") == []
    assert page.evaluate("checks.cutOff()") == ["a: 10px too wide"]


def test_broken_words(page: Any) -> None:
    """A word goes to the next line as it is, unless it is very long."""
    page.set_content("""<body><p style="width: 80px; font: 16px monospace; overflow-wrap: anywhere">
        a breach, acknowledged; snake_case_names averyveryverylongword</p></body>""")
    assert [said.partition(" in ")[0] for said in page.evaluate("checks.broken('body')")] == ['"acknowledged"']


def test_drawings(page: Any) -> None:
    """Letters that touch, that are cut off, that are too small, and that a line strikes out."""
    page.set_content("""<div data-view="a"><svg width="200" height="90" font-family="monospace" font-size="10">
        <text x="0" y="20">Mon</text><text x="40" y="20">Tue</text><text x="0" y="33">below</text>
        <text x="45" y="22">Wed</text><text x="190" y="50">Thursday</text><text x="0" y="60" font-size="5">Fri</text>
        <text x="150" y="80" font-size="21">8</text>
        <text x="0" y="80">Sat</text><path d="M8 60V90 M48 60V90" stroke="black"/>
        <path d="M40 70H80V90H40Z" fill="white"/><text x="40" y="80">Sun</text>
        <text x="100" y="80">hidden</text><rect x="100" y="60" width="50" height="30" fill="#fffa"/></svg></div>""")
    assert page.evaluate("checks.drawings(6, 20)") == [
        'over a: text "Tue": a: text "Wed"',
        'out of its drawing: a: text "Thursday"',
        '5.0px: a: text "Fri"',
        '21.0px: a: text "8"',
        'a line through it: a: text "Sat"',
        'covered: a: text "hidden"',
    ]


def test_ids(page: Any) -> None:
    page.set_content('<p id="a"></p><p id="b"></p><svg><g id="a"></g></svg>')
    assert page.evaluate("checks.ids()") == ["a"]


def test_well_formed(page: Any) -> None:
    """Browsers mend a lot: an end left out, a row without a table, a text between rows."""
    assert page.evaluate("checks.wellFormed", "<div><p>fine<br/></p><svg><path d='M0 0'/></svg></div>") == []
    for bad in ("<div><p>no end</div>", "<div><br></div>", "<div>&nbsp;</div>", "<div id=a></div>"):
        assert len(page.evaluate("checks.wellFormed", bad)) == 1, bad
    for mended in ("<div><table><tr><td>a</td></tr></table></div>", "<div><p><div>in a paragraph</div></p></div>"):
        assert page.evaluate("checks.wellFormed", mended) == ["another tree as HTML than as XML"]


def test_what_is_watched_for(context: Any) -> None:
    """Errors, warnings, dialogs, and requests that would leave this machine or find nothing."""
    opened, wrong = context.new_page(), []
    watch(opened, wrong)
    opened.set_content("""<script>console.info("fine"); console.warn("hm"); console.error("no"); alert("hello")</script>
        <script>nowhere()</script> <img src="http://slaclock.example/x.png">
        <img src="http://127.0.0.1:9/x.png">""")
    opened.close()
    assert wrong[:6] == [
        "warning: hm",
        "error: no",
        "a dialog: hello",
        "an error: nowhere is not defined",
        "a request to http://slaclock.example/x.png",
        "failed: http://slaclock.example/x.png net::ERR_NAME_NOT_RESOLVED",
    ]
    assert any(one.startswith("failed: http://127.0.0.1:9/x.png") for one in wrong)
