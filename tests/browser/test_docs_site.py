"""The documentation as a reader sees it: every page, in light and dark, on a phone and on a desk."""

from __future__ import annotations

import functools
import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

import pytest

from browser.conftest import DESK, LOOKS, PHONE

pytestmark = pytest.mark.browser

DOCS = Path(__file__).resolve().parents[2] / "docs"
WRITTEN = sorted(
    page.relative_to(DOCS).with_suffix(".html").as_posix() for page in DOCS.rglob("*.md") if "_build" not in page.parts
)
MADE = ["genindex.html", "py-modindex.html", "search.html"]
# What is read: prose, headings, tables, links, words set as code, signatures, and the menus beside it.
TEXT = ", ".join(f"article {kind}" for kind in "p li td th dt h1 h2 h3 a em strong code pre span".split())
MENUS = ".sidebar-drawer a, .sidebar-drawer .caption-text, .toc-drawer a"


class Site(http.server.ThreadingHTTPServer):
    """A folder, served on this machine."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
        self.folder = folder
        self.address = f"http://127.0.0.1:{self.server_port}/"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/favicon.ico":  # asked for by the browser, not by a page
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *said: Any) -> None:
        pass


@pytest.fixture(scope="session")
def site(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The documentation made anew, where there is a browser to look at it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", str(DOCS), str(folder)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    with Site(folder) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("look", [look for look in LOOKS if look.width == DESK], indirect=True, ids=str)
@pytest.mark.parametrize("name", [*WRITTEN, *MADE])
def test_a_page(page, look, picture, site, name) -> None:
    """Nothing goes wrong, it fits the window, and can be read: on a desk, and as narrow as a phone."""
    page.goto(site.address + name)
    assert page.locator("h1").count() == 1 or name == "search.html"
    assert page.evaluate("checks.ids()") == []
    lightness = page.evaluate("checks.lightness()")
    assert lightness < 0.05 if look.scheme == "dark" else lightness > 0.9
    for width in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": 900})
        picture(f"{name.removesuffix('.html').replace('/', '-')}-{width}")
        assert page.evaluate("checks.overflow()") == [], width
        assert page.evaluate("selector => checks.contrast(selector, 4.5)", f"{TEXT}, {MENUS}") == [], width


def test_search_finds(page, picture, site) -> None:
    page.goto(site.address + "search.html?q=holiday")
    page.locator("#search-results li").first.wait_for(timeout=10_000)
    picture("search-results")
    assert page.evaluate("checks.overflow()") == []


def test_a_reader_chooses_the_theme(page, look, site) -> None:
    """The switch of the page wins over the system's."""
    page.goto(site.address + "concepts.html")
    seen = set()
    for _ in range(3):
        page.locator(".theme-toggle:visible").first.click()
        seen.add(page.evaluate("checks.lightness() > 0.5"))
    assert seen == {True, False}
    page.evaluate("localStorage.clear()")


def test_the_menu_of_a_phone(page, look, picture, site) -> None:
    """It lies beside the window until it is asked for."""
    page.goto(site.address + "concepts.html")
    entry = page.locator(".sidebar-tree a", has_text="Concepts")
    if look.width == PHONE:
        assert entry.bounding_box()["x"] < 0
        page.locator("label.nav-overlay-icon[for=__navigation]").click()
    entry.click(trial=True, timeout=5_000)
    picture("menu")
    assert page.evaluate("checks.overflow()") == []


# -- where links lead --------------------------------------------------------------------------------------


class Read(HTMLParser):
    """The anchors of a page, and where its links lead within the site."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__()
        self.name, self.anchors, self.links = name, {""}, set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.anchors.update(found[name] for name in ("id", "name") if found.get(name))
        target = found.get("href" if tag in ("a", "link") else "src")
        if target and not target.startswith(("https:", "http:", "data:", "mailto:")):
            url, fragment = urldefrag(urljoin(self.name, unquote(target)))
            self.links.add((url.partition("?")[0], fragment))


def test_links_lead_somewhere(site) -> None:
    """To a file that is there and a place within it; every page that was written is reached, and each is looked at."""
    pages = {file.relative_to(site.folder).as_posix(): file for file in site.folder.rglob("*.html")}
    read = {name: Read(name, file.read_text(encoding="utf-8")) for name, file in pages.items()}
    lost = [
        f"{name}: {url}#{fragment}"
        for name, page in read.items()
        for url, fragment in page.links
        if (fragment not in read[url].anchors if url in read else not (site.folder / url).is_file())
    ]
    assert lost == []
    reached, waiting = set(), ["index.html"]
    while waiting:
        reached.add(name := waiting.pop())
        waiting += {url for url, _ in read[name].links if url in read} - reached - set(waiting)
    assert set(WRITTEN) <= reached
    assert set(read) == {*WRITTEN, *MADE}
