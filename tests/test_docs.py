"""The documentation is true: its examples run, its tables are complete, its schemas are the ones in the code.

Blocks tagged ``python`` of one page run in order with one namespace, each file by itself.  Blocks tagged ``toml policy``,
``toml calendar`` and ``toml agreement`` are read by their class.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import doctest
import importlib
import io
import json
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest

import slaclock
from slaclock import (
    Agreement,
    BusinessCalendar,
    CompositeCalendar,
    CreditSchedule,
    Policy,
    SlaclockError,
    contracts,
    evaluate,
)

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
PAGES = [page for page in PAGES if "_build" not in page.parts]


class Block(NamedTuple):
    line: int
    tags: list[str]
    text: str


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, with the words after the fence."""
    fence = re.compile(r"^(`{3,}|:{3,})(.*)$")
    opened: tuple[int, str, list[str]] | None = None
    lines: list[str] = []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        match = fence.match(line)
        if opened is None and match:
            opened, lines = (number, match[1], match[2].split()), []
        elif opened is not None and line.strip() == opened[1]:
            yield Block(opened[0], opened[2], "\n".join(lines) + "\n")
            opened = None
        elif opened is not None:
            lines.append(line)
    assert opened is None, f"{page}: a block from line {opened and opened[0]} has no end"


def tagged(*tags: str) -> list[Any]:
    return [
        pytest.param(page, block, id=f"{name_of(page)}:{block.line}")
        for page in PAGES
        for block in blocks(page)
        if block.tags[: len(tags)] == list(tags)
    ]


# --- examples -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page", [pytest.param(page, id=name_of(page)) for page in PAGES if any(b.tags == ["python"] for b in blocks(page))]
)
def test_the_examples_of_a_page_run(page: Path) -> None:
    """One namespace for the page; the line of a failing example is the line of the page."""
    names: dict[str, Any] = {"__name__": "__page__"}
    for block in blocks(page):
        if block.tags != ["python"]:
            continue
        if ">>>" in block.text:
            run_doctest(block, page, names)
            continue
        code = compile("\n" * block.line + block.text, str(page), "exec")
        with contextlib.redirect_stdout(io.StringIO()):
            exec(code, names)


def run_doctest(block: Block, page: Path, names: dict[str, Any]) -> None:
    test = doctest.DocTestParser().get_doctest(block.text, names, name_of(page), str(page), block.line)
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(test, clear_globs=False)
    names.update(test.globs)
    assert runner.summarize(verbose=False).failed == 0


def test_no_example_is_tagged_so_that_it_does_not_run() -> None:
    known = {
        ("python",),
        ("toml",),
        ("toml", "policy"),
        ("toml", "calendar"),
        ("toml", "agreement"),
        ("toml", "credit-schedule"),
        ("text",),
        (),
    }
    for page in PAGES:
        for block in blocks(page):
            if not (block.tags and block.tags[0].startswith("{")):
                assert tuple(block.tags) in known, f"{name_of(page)}:{block.line}: {block.tags}"


MODULES = ["slaclock", *(module.name for module in pkgutil.walk_packages(slaclock.__path__, "slaclock."))]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name: str) -> None:
    if name == "slaclock.spark":
        pytest.importorskip("pyspark", reason="pyspark is installed by make test-all")
    finder, runner = doctest.DocTestFinder(exclude_empty=True), doctest.DocTestRunner(verbose=False)
    module = importlib.import_module(name)
    for test in finder.find(module, name):
        if test.examples:
            runner.run(test)
    assert runner.summarize(verbose=False).failed == 0


READERS = {"policy": Policy, "calendar": BusinessCalendar, "agreement": Agreement, "credit-schedule": CreditSchedule}


@pytest.mark.parametrize(("page", "block"), [case for kind in READERS for case in tagged("toml", kind)])
def test_a_document_of_a_page_is_read(page: Path, block: Block) -> None:
    """POL-1: and goes round."""
    reader = READERS[block.tags[1]]
    made = reader.from_toml(block.text)
    assert reader.from_toml(made.to_toml()) == made


@pytest.mark.parametrize(("page", "block"), tagged("toml"))
def test_toml_is_toml(page: Path, block: Block) -> None:
    tomllib.loads(block.text)


# --- the reference --------------------------------------------------------------------------------------------------


def reference() -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in sorted((DOCS / "reference").glob("*.md")))


@pytest.mark.parametrize("name", slaclock.__all__)
def test_a_public_name_is_in_the_reference(name: str) -> None:
    assert re.search(
        rf"^\.\. auto(?:class|function|exception|data|module):: (?:slaclock\.)?{name}$", reference(), re.MULTILINE
    )


@pytest.mark.parametrize("name", contracts.__all__)
def test_a_name_of_the_contracts_is_in_the_reference(name: str) -> None:
    assert re.search(rf":members:.*\b{name}\b", (DOCS / "reference" / "contracts.md").read_text(encoding="utf-8"))


DECLARED = [
    thing
    for name in slaclock.__all__
    if isinstance(thing := getattr(slaclock, name), type) and hasattr(thing, "from_dict")
]


@pytest.mark.parametrize("cls", DECLARED)
def test_a_public_method_is_in_the_reference(cls: type) -> None:
    """Doors are shown once, for all; questions once, for both kinds of calendar."""
    text = " ".join(reference().split())
    shown = set(re.findall(r"\w+", " ".join(re.findall(r":members: ([\w, \n]+)", text))))
    shown |= set(re.findall(r"automethod:: Policy\.(\w+)", text))
    fields = {field.name for field in dataclasses.fields(cls)}
    public = {name for name in dir(cls) if not name.startswith("_")} - fields - {"content", "numbered"}
    assert public <= shown, public - shown


def table_keys(text: str) -> set[str]:
    """What the first cells of the tables of a text name as code."""
    cells = re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE)
    return {key for cell in cells for key in re.findall(r"`(\w+)`", cell)}


def section(page: Path, heading: str) -> str:
    """The text under a heading, up to the next heading of any level."""
    match = re.search(
        rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert match, heading
    return match[1]


KEYS = {
    "The document": Policy,
    "Severities": slaclock.Severity,
    "Calendars": BusinessCalendar,
    "Special days": slaclock.SpecialDay,
    "Closures": slaclock.Closure,
    "Revisions": slaclock.Revision,
    "Composites": CompositeCalendar,
    "Roles": slaclock.Role,
    "Metrics": slaclock.Metric,
    "Objectives": slaclock.Objective,
    "Conditions": slaclock.Condition,
    "Delayed start": slaclock.Start,
    "Pauses": slaclock.PauseRule,
    "Escalations": slaclock.Escalation,
    "Rules": slaclock.Rule,
    "Agreements": Agreement,
    "Versions": slaclock.Version,
}


@pytest.mark.parametrize("heading", KEYS)
def test_every_key_of_a_document_is_described(heading: str) -> None:
    """POL-1: and no key that is none."""
    fields = {field.name for field in dataclasses.fields(KEYS[heading]) if not field.name.startswith("_")}
    assert table_keys(section(DOCS / "guides" / "contract.md", heading)) == fields


def test_every_key_of_a_holiday_is_described() -> None:
    """CAL-4: of all kinds of sources."""
    from slaclock.closures import HolidayDates, ICalendarHolidays, RecurringHolidays, TableHolidays

    kinds = (HolidayDates, ICalendarHolidays, RecurringHolidays, TableHolidays)
    fields = {field.name for kind in kinds for field in dataclasses.fields(kind) if not field.name.startswith("_")}
    assert table_keys(section(DOCS / "guides" / "contract.md", "Holidays")) == fields | {"date"}


RESULTS = {
    "Fields of an evaluation": (slaclock.Evaluation,),
    "Reading": (slaclock.Reading,),
    "Escalations and anomalies": (slaclock.EscalationReading, slaclock.Anomaly),
    "Provenance": (slaclock.Provenance,),
}


@pytest.mark.parametrize("heading", RESULTS)
def test_every_field_of_a_result_is_described(heading: str) -> None:
    """CLK-13, CLK-14."""
    fields = {field.name for cls in RESULTS[heading] for field in dataclasses.fields(cls)}
    assert table_keys(section(DOCS / "reference" / "evaluation.md", heading)) == fields


@pytest.mark.parametrize(
    ("heading", "cls"), [("Fields of an event", slaclock.Event), ("Fields of a ticket", slaclock.Ticket)]
)
def test_every_field_of_a_ticket_is_described(heading: str, cls: type) -> None:
    """CLK-6."""
    fields = {field.name for field in dataclasses.fields(cls) if not field.name.startswith("_")}
    assert table_keys(section(DOCS / "reference" / "tickets.md", heading)) == fields


def test_the_table_of_metrics_is_the_one_in_the_code() -> None:
    """CLK-9: starts, stops, cycles and what pauses, for each of the seven."""
    rows = [row for row in re.findall(r"^\| `(\w+)` \|(.*)\|$", section(DOCS / "semantics" / "clocks.md", "CLK-9 The metrics"), re.MULTILINE)]  # fmt: skip
    assert [name for name, _ in rows] == list(slaclock.STANDARD_METRICS)
    for name, rest in rows:
        metric = slaclock.STANDARD_METRICS[name]
        starts, stops, cycles, paused_by, _ = (cell.strip() for cell in rest.split("|"))
        assert set(re.findall(r"`(\w+)`", starts)) - {"first_response"} == set(metric.starts)
        assert set(re.findall(r"`(\w+)`", stops)) == set(metric.stops)
        assert (cycles, paused_by) == (metric.cycles, metric.paused_by)


def test_every_kind_of_event_is_described() -> None:
    """CLK-6: with the method that adds it."""
    from slaclock.events import STANDARD_KINDS

    text = section(DOCS / "semantics" / "clocks.md", "CLK-6 Events")
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == set(STANDARD_KINDS)
    for method in re.findall(r"`(\w+)\(at", text):
        assert hasattr(slaclock.Ticket, method)


RULES = {"R": 7, "CAL": 13, "POL": 10, "CLK": 14}


def test_every_rule_has_a_heading() -> None:
    """Each rule once, on the pages that say what is meant."""
    pages = [DOCS / "concepts.md", *sorted((DOCS / "semantics").glob("*.md"))]
    found = [rule for page in pages for rule in re.findall(r"^#+ ((?:R|CAL|POL|CLK)-\d+) ", page.read_text(encoding="utf-8"), re.MULTILINE)]  # fmt: skip
    assert sorted(found) == sorted(f"{group}-{i}" for group, last in RULES.items() for i in range(1, last + 1))


def test_every_row_of_the_tables_is_shown() -> None:
    """The tables in the documentation are the tested ones, and all of them."""
    shown: dict[str, set[str]] = {}
    for page in PAGES:
        for block in blocks(page):
            if block.tags and block.tags[0] == "{csv-table}":
                options = dict(re.findall(r"^:(\w[\w-]*): (.+)$", block.text, re.MULTILINE))
                file = (page.parent / options["file"]).resolve()
                rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
                assert set(options.get("columns", "").split()) <= set(rows[0]), f"{name_of(page)}:{block.line}"
                column, _, values = options.get("where", "").partition(":")
                kept = {row["case"] for row in rows if not values or row[column] in values.split()}
                assert kept, f"{name_of(page)}:{block.line}: no rows"
                if "case" in column:
                    assert kept == set(values.split()), f"{name_of(page)}:{block.line}"
                shown.setdefault(file.stem, set()).update(kept)
    for name in (
        "calendar-examples", "targets", "changes", "metrics", "clocks", "bad-input", "explanations", "explained-clocks",
        "availability",
        "credits",
    ):  # fmt: skip
        text = (ROOT / "tests" / "conformance" / f"{name}.csv").read_text(encoding="utf-8")
        missing = {row["case"] for row in csv.DictReader(text.splitlines())} - shown[name]
        assert not missing, f"{name}: {sorted(missing)}"


def test_the_rooms_are_the_ones_that_are_checked() -> None:
    """The table of rooms in CONTRIBUTING has the floors of the import contract, and every module."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (layers,) = (each["layers"] for each in contracts if each.get("containers") == ["slaclock"])
    text = section(ROOT / "CONTRIBUTING.md", "The rooms")
    told = [
        set(re.findall(r"`(\w+)`", floor))
        for row in re.findall(r"^\| [a-z ]+ \|( `.*)\|$", text, re.MULTILINE)
        for floor in row.split(";")
    ]
    assert told == [set(layer.split(" | ")) for layer in layers]
    assert set().union(*told) == {module.name for module in pkgutil.iter_modules(slaclock.__path__)}


def test_the_rooms_added_are_described() -> None:
    """Decision 10 names modules that are there."""
    text = (DOCS / "decisions" / "0010-rooms.md").read_text(encoding="utf-8")
    assert table_keys(text) <= {module.name for module in pkgutil.iter_modules(slaclock.__path__)}


# --- links and decisions --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [pytest.param(page, id=name_of(page)) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), target


def test_decisions_are_numbered_and_alike() -> None:
    pages = sorted((DOCS / "decisions").glob("0*.md"))
    assert [page.name[:4] for page in pages] == [f"{i:04}" for i in range(1, len(pages) + 1)]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(page.name[:4])}. ")
        for part in ("**Question.**", "**Answer.**", "**Why.**", "**What follows.**"):
            assert text.count(part) == 1, f"{page.name}: {part}"


def test_fragments_of_the_changelog_have_a_kind() -> None:
    for file in (ROOT / "changelog.d").iterdir():
        if file.name != "README.md":
            assert re.fullmatch(r"[\w-]+\.(added|changed|fixed|removed|semantics)\.md", file.name), file.name


# --- schemas --------------------------------------------------------------------------------------------------------

SCHEMAS = {"policy": Policy, "calendar": BusinessCalendar, "agreement": Agreement, "credit-schedule": CreditSchedule}


def published(name: str) -> dict[str, Any]:
    return json.loads((ROOT / "schema" / f"{name}.schema.json").read_text(encoding="utf-8"))


def as_json(data: Any) -> Any:
    """What TOML reads, as JSON would have it."""
    if isinstance(data, dict):
        return {key: as_json(value) for key, value in data.items()}
    if isinstance(data, list):
        return [as_json(value) for value in data]
    return data.isoformat() if isinstance(data, (date, datetime)) else data


def refused(schema: dict[str, Any], data: Any) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema)
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(as_json(data))]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_published_schema_is_the_one_in_the_code(name: str) -> None:
    """POL-1: run ``make schema`` when this fails."""
    schema = published(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema == SCHEMAS[name].json_schema()


@pytest.mark.parametrize("name", contracts.names())
def test_a_contract_fits_the_schema(name: str) -> None:
    """POL-1: as it is written, and as it is saved."""
    written = tomllib.loads(files(contracts).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    assert refused(published("policy"), written) == []
    assert refused(published("policy"), contracts.load(name).to_dict()) == []


@pytest.mark.parametrize(("page", "block"), [case for kind in READERS for case in tagged("toml", kind)])
def test_a_document_of_a_page_fits_the_schema(page: Path, block: Block) -> None:
    """POL-1."""
    assert refused(published(block.tags[1]), tomllib.loads(block.text)) == []


@pytest.mark.parametrize(
    "file", sorted((ROOT / "tests" / "conformance" / "policies").glob("*.toml")), ids=lambda f: f.stem
)
def test_a_policy_of_the_tables_fits_the_schema(file: Path) -> None:
    """POL-1."""
    assert refused(published("policy"), tomllib.loads(file.read_text(encoding="utf-8"))) == []


def test_a_calendar_fits_the_schema() -> None:
    """POL-1, CAL-11: every kind of part, and a materialized one."""
    calendar = BusinessCalendar(
        timezone="Europe/London",
        hours={"mon-fri": ["09:00-17:00"]},
        holidays=["GB-ENG", "2026-12-24..2026-12-26", {"country": "US", "without": ["Columbus Day"]}],
        special_days={"2026-12-28": ["09:00-12:00"], "2026-12-29": {"hours": [], "name": "Stocktaking"}},
        makeup_hours=["09:00-12:00"],
        closures=[{"start": "2026-05-01T10:00:00Z", "end": "2026-05-01T12:00:00Z"}],
        revisions=[{"effective": "2026-04-01", "hours": {"daily": ["00:00-24:00"]}, "holidays": []}],
    )
    for one in (calendar, calendar.materialize(2025, 2027)):
        assert refused(published("calendar"), one.to_dict()) == []


def test_an_agreement_fits_the_schema() -> None:
    """POL-1, POL-10."""
    agreement = Agreement(
        id="A-17",
        timezone="Europe/London",
        versions=[
            {"effective": "2026-01-01", "policy": contracts.load("messagebird-enterprise"), "roles": {"service_hours": "UK"}},
            {"effective": "2026-07-01", "policy": contracts.load("everbright")},
        ],
    )  # fmt: skip
    assert refused(published("agreement"), agreement.to_dict()) == []


def test_what_the_schema_refuses_is_refused() -> None:
    """POL-1: unknown keys and wrong types, by the schema as by the library."""
    good = contracts.load("csd-group").to_dict()
    for change in (
        {"nme": "x"},
        {"name": 3},
        {"verdict": "late"},
        {"severities": []},
        {"objectives": [{"within": "4h"}]},
    ):
        assert refused(published("policy"), {**good, **change})
        with pytest.raises(SlaclockError):
            Policy.from_dict({**good, **change})


# --- the README -----------------------------------------------------------------------------------------------------


def test_the_readme_names_the_two_commands_of_the_makefile() -> None:
    text, makefile = (ROOT / "README.md").read_text(encoding="utf-8"), (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in re.findall(r"(?:^|`)make ([\w-]+)", text, re.MULTILINE):
        assert re.search(rf"^{command}:", makefile, re.MULTILINE), command
    assert "make demo" in text and "make test" in text


def test_the_first_example_is_short() -> None:
    block = next(block for block in blocks(ROOT / "README.md") if block.tags == ["python"])
    assert len([line for line in block.text.splitlines() if line.strip()]) <= 10


def test_evaluate_says_all_errors_it_raises() -> None:
    """Every error of evaluation is named in its docstring."""
    for name in ("HistoryError", "UnknownSeverityError", "NoMatchError", "UnboundRoleError", "NotInForceError"):
        assert name in (evaluate.__doc__ or "")
