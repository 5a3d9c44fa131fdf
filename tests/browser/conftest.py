"""A real browser: the machine's own Chromium, led by Playwright, in light and dark, as wide as a phone and as a desk.

Where there is no Chromium the tests are skipped, unless ``SLACLOCK_BROWSER=required``.  ``SCREENSHOTS=folder`` keeps a
picture of all that was looked at.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

CHECKS = Path(__file__).with_name("checks.js")
FLAGS = [
    "--no-sandbox",  # root, as in most containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nothing outside this machine has an address
    "--font-render-hinting=none",
]


class Look(NamedTuple):
    """How a page is looked at."""

    scheme: str
    width: int

    def __str__(self) -> str:
        return f"{self.scheme}-{self.width}"


PHONE, DESK = 380, 1280
LOOKS = [Look(scheme, width) for scheme in ("light", "dark") for width in (PHONE, DESK)]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, started once."""
    missing = pytest.fail if os.environ.get("SLACLOCK_BROWSER") == "required" else pytest.skip
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if chromium is None:
        missing("no Chromium on this machine: apt-get install chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        missing("Playwright is not installed: pip install 'slaclock[browser]'")
    with sync_playwright() as playwright:
        with playwright.chromium.launch(executable_path=chromium, args=FLAGS) as started:
            yield started


@pytest.fixture(scope="session", params=LOOKS, ids=str)
def look(request: pytest.FixtureRequest) -> Look:
    return request.param


@pytest.fixture(scope="session")
def context(browser: Any, look: Look) -> Iterator[Any]:
    """What the pages of one look share."""
    made = browser.new_context(
        viewport={"width": look.width, "height": 900},
        color_scheme=look.scheme,
        reduced_motion="reduce",  # a page settles at once
        locale="en-GB",
        timezone_id="UTC",
    )
    made.add_init_script(path=CHECKS)
    yield made
    made.close()


@pytest.fixture
def page(context: Any) -> Iterator[Any]:
    """An empty page; whatever goes wrong in it, until the end of the test, fails the test."""
    opened, wrong = context.new_page(), []
    watch(opened, wrong)
    yield opened
    opened.close()
    assert wrong == []


def watch(page: Any, wrong: list[str]) -> None:
    """Write down what a console would show in red or yellow, and whatever leaves this machine."""

    def dialog(shown: Any) -> None:
        wrong.append(f"a dialog: {shown.message}")
        shown.dismiss()

    def request(made: Any) -> None:
        if not made.url.startswith(("http://127.0.0.1:", "data:", "about:")):
            wrong.append(f"a request to {made.url}")

    page.on(
        "console", lambda said: wrong.append(f"{said.type}: {said.text}") if said.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: wrong.append(f"an error: {error}"))
    page.on("crash", lambda _: wrong.append("the page crashed"))
    page.on("dialog", dialog)
    page.on("request", request)
    page.on("requestfailed", lambda made: wrong.append(f"failed: {made.url} {made.failure}"))
    page.on("response", lambda got: wrong.append(f"{got.status}: {got.url}") if got.status >= 400 else None)


@pytest.fixture
def picture(page: Any, look: Look) -> Callable[[str], None]:
    """Keeps a picture of the whole page, where pictures are asked for."""

    def keep(name: str) -> None:
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(folder) / f"{look}-{name}.png", full_page=True)

    return keep
