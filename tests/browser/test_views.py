"""Notebook views as one sees them: in a plain page and in a notebook, in light and dark, in all languages."""

from __future__ import annotations

import functools
import html
from typing import Any

import pytest

from browser.conftest import LOOKS
from browser.hosts import HOSTS, document
from browser.views import cases, harmful
from slaclock import render

pytestmark = pytest.mark.browser

LANGUAGES = ("en", "zh-Hant", "pl", "vi")
TEXT = "[data-view] :is(p, strong, span, th, td, figcaption, summary, text)"


@functools.cache
def fragments(language: str) -> list[tuple[str, str]]:
    return [(case.name, render.html(case.value, language, **case.options)) for case in cases()]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("host", HOSTS)
def test_all_views(page, look, picture, host, language) -> None:
    """Nothing goes wrong, names do no harm, all fits the window, and can be read."""
    if host == "jupyter":  # whose theme need not be the system's
        page.emulate_media(color_scheme="light" if look.scheme == "dark" else "dark")
    page.set_content(document(host, look.scheme, fragments(language)))
    page.evaluate("document.querySelectorAll('details').forEach(part => (part.open = true))")
    picture(f"views-{host}-{language}")
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("checks.overflow()") == []
    assert page.evaluate("checks.cutOff()") == []
    assert page.evaluate("checks.broken('body')") == []
    assert page.evaluate("checks.ids()") == []
    assert page.evaluate("checks.drawings(9, 16)") == []
    assert page.evaluate("selector => checks.contrast(selector, 4.5)", TEXT) == []


@pytest.mark.parametrize("look", LOOKS[:1], indirect=True, ids=str)
def test_names_would_do_harm(context: Any) -> None:
    """If they were not escaped: the test above looks for something."""
    for case in harmful():
        page = context.new_page()
        page.set_content(html.unescape(render.html(case.value, **case.options)))
        assert page.evaluate("window.hacked") == 1, case.name
        page.close()


@pytest.mark.parametrize("look", LOOKS[:1], indirect=True, ids=str)
def test_views_are_well_formed(page: Any) -> None:
    """As XML; and a browser, which mends what it reads as HTML, has nothing to mend."""
    for language in LANGUAGES:
        for name, fragment in fragments(language):
            assert page.evaluate("checks.wellFormed", fragment) == [], (language, name)


@pytest.mark.parametrize("look", LOOKS[:2], indirect=True, ids=str)
def test_a_notebook_leaves_views_alone(page: Any) -> None:
    """Its rules for tables, paragraphs and pictures do not reach into a view."""
    seen = {}
    for host in HOSTS:
        page.set_content(document(host, "light", fragments("en")))
        seen[host] = page.evaluate("checks.looks()")
    assert {pair for pair in zip(*seen.values(), strict=True) if pair[0] != pair[1]} == set()


@pytest.mark.parametrize("mark", ['data-theme="{}"', 'class="vscode-{}"', 'data-jp-theme-light="{}"'])
def test_a_page_with_a_theme_decides(page: Any, look: Any, mark: str) -> None:
    """Whatever the system prefers: documentation in furo, VS Code, Jupyter."""
    dark = look.scheme == "light"
    said = mark.format({True: "false", False: "true"}[dark] if "jp" in mark else {True: "dark", False: "light"}[dark])
    page.set_content(f"<body {said}>{render.html(cases()[0].value)}</body>")
    lightness = page.evaluate("checks.lightness(document.querySelector('.slaclock-view'))")
    assert lightness < 0.05 if dark else lightness > 0.9
