"""Columns as they are shown: the examples that take columns, and what the pages say of each library.

The tables on the page are made a second time here, by asking the library.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from notebooks import executed
from slaclock import Policy, Ticket, bulk, contracts, evaluate
from slaclock.events import STANDARD_KINDS

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
SCRIPT = EXAMPLES / "columns" / "parquet_to_parquet.py"
NOTEBOOK = EXAMPLES / "columns" / "incident_columns.ipynb"
PAGE = ROOT / "docs" / "guides" / "columns.md"
REFERENCE = ROOT / "docs" / "reference"


# -- the notebook ------------------------------------------------------------------------------------------


def test_the_notebook_runs(kernel) -> None:
    """Its own asserts say that pandas and Polars come to the same; here, that it is what one ticket gets."""
    asked = "from IPython.display import JSON\nJSON({'incidents': answer['incident'].tolist(), 'attainment': attainment.to_dict('records')})"
    told = executed(NOTEBOOK, kernel, asked)[-1].outputs[0].data["application/json"]

    facts, expected = demo().read_facts(), {}
    assert told["incidents"] == list(facts)
    policy = Policy.load(EXAMPLES / "incident_log" / "policy.toml")
    for of_one in facts.values():
        result = evaluate(policy, demo().to_ticket(of_one), as_of=demo().AS_OF, strict=False)
        priority = [fact.value for fact in of_one if fact.kind in ("opened", "severity_changed") and fact.value][-1]
        for metric in ("acknowledgement", "resolution"):
            count = expected.setdefault((metric, priority), [0, 0])
            count[0] += result[metric].verdict in ("met", "breached")
            count[1] += result[metric].verdict == "met"
    assert {(row["metric"], row["priority"]): [row["judged"], row["met"]] for row in told["attainment"]} == expected


_LOADED: dict[Path, Any] = {}


def load(script: Path) -> Any:
    """A script of the examples, which are no package."""
    if script not in _LOADED:
        spec = importlib.util.spec_from_file_location(f"example_{script.stem}", script)
        assert spec is not None and spec.loader is not None
        _LOADED[script] = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(_LOADED[script])
    return _LOADED[script]


def demo() -> Any:
    return load(EXAMPLES / "incident_log" / "demo.py")


# -- the script --------------------------------------------------------------------------------------------


def run(*arguments: Any, where: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, *map(str, arguments)], cwd=where, capture_output=True, text=True, timeout=60
    )


def scalar(row: dict[str, Any]) -> Ticket:
    """The ticket of a row, made by hand."""
    ticket = Ticket(id=row["id"], severity=row["severity"], opened_at=row["opened"])
    if row["responded"] is not None:
        ticket = ticket.respond(row["responded"])
    if row["resolved"] is not None:
        ticket = ticket.resolve(row["resolved"])
    for pause in row["pauses"]:
        ticket = ticket.pause(pause["start"], reason=pause["reason"]).resume(pause["end"], reason=pause["reason"])
    return ticket


def test_parquet_to_parquet(tmp_path) -> None:
    """Each row of the answer is what the ticket alone gets; batches are no seams."""
    made = run("--make-sample", 2000, "tickets.parquet", where=tmp_path)
    assert (made.returncode, made.stderr) == (0, "")
    done = run("tickets.parquet", "answer.parquet", "--rows", 300, "--progress", where=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "2000 tickets evaluated\n" and "2.00k/2.00k" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answer.parquet", "tickets.parquet"]

    tickets, answer = pq.read_table(tmp_path / "tickets.parquet"), pq.read_table(tmp_path / "answer.parquet")
    policy = contracts.load("wati-pro")
    assert answer.column_names == [*tickets.column_names, *bulk.answer_columns(policy), "slaclock_error"]
    assert answer.column("slaclock_error").null_count == 2000
    assert {"running", "paused", "stopped"} >= set(answer.column("resolution_state").to_pylist())
    as_of = load(SCRIPT).AS_OF
    for row in answer.take(np.arange(0, 2000, 7)).to_pylist():
        result = evaluate(policy, scalar(row), as_of=as_of)
        for metric in ("first_response", "resolution"):
            reading = result[metric]
            for name in ("due", "breach_at", "state", "breached", "elapsed", "remaining", "overrun", "paused"):
                assert row[f"{metric}_{name}"] == getattr(reading, name), (row["id"], metric, name)
            for escalation in reading.escalations:
                assert row[f"{metric}_escalation_{escalation.key}"] == escalation.at


def test_what_parquet_to_parquet_refuses(tmp_path) -> None:
    """A mistake is told in a sentence, and leaves nothing; no rows are no mistake."""
    kinds = {"severity": pa.string(), "opened": pa.timestamp("us", "UTC")}
    empty = pa.table({name: pa.array([], kind) for name, kind in kinds.items()})
    pq.write_table(empty, tmp_path / "empty.parquet")
    assert run("empty.parquet", "none.parquet", where=tmp_path).stdout == "0 tickets evaluated\n"
    assert "first_response_due" in pq.read_table(tmp_path / "none.parquet").column_names

    pq.write_table(empty.drop_columns(["opened"]), tmp_path / "odd.parquet")
    refused = run("odd.parquet", "x.parquet", where=tmp_path)
    assert refused.returncode == 1 and refused.stderr.startswith("events: no column says when tickets were opened")
    assert run("missing.parquet", "x.parquet", where=tmp_path).returncode == 1
    assert run("x.parquet", where=tmp_path).returncode == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.parquet", "none.parquet", "odd.parquet"]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process there")
def test_an_interrupted_run_leaves_nothing(tmp_path) -> None:
    """Neither a half of the answer nor a temporary file; and what was there before stays."""
    load(SCRIPT).make_sample(60_000, tmp_path / "tickets.parquet")
    (tmp_path / "answer.parquet").write_text("of yesterday", encoding="utf-8")
    # Where these tests are a shell's background job, SIGINT is ignored, and would be by the script.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            [sys.executable, SCRIPT, "tickets.parquet", "answer.parquet", "--rows", "100"],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, handler)
    with process:
        try:
            unfinished = tmp_path / f".answer.parquet.{process.pid}"
            until = time.monotonic() + 30
            while process.poll() is None and time.monotonic() < until:
                with contextlib.suppress(FileNotFoundError):
                    if unfinished.stat().st_size > 20_000:
                        break
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            out, error = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, out, error) == (130, "", "stopped; nothing was written\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answer.parquet", "tickets.parquet"]
    assert (tmp_path / "answer.parquet").read_text(encoding="utf-8") == "of yesterday"


# -- what the page says of each library --------------------------------------------------------------------

LONDON = "Europe/London"
FRIDAY = datetime(2026, 5, 22, 14, 0, tzinfo=UTC)
AS_OF = datetime(2026, 5, 27, tzinfo=UTC)


def tables(text: str) -> list[list[list[str]]]:
    """The tables of a page, as rows of cells."""
    found = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    return [[[cell.strip() for cell in row[1:-1].split("|")] for row in table.splitlines()] for table in found]


def page_table(*, first: str, last: str) -> list[list[str]]:
    """The rows of the one table of the page whose header begins and ends like this."""
    (found,) = (rows for rows in tables(PAGE.read_text(encoding="utf-8")) if (rows[0][0], rows[0][-1]) == (first, last))
    return found[2:]


def given() -> dict[str, Any]:
    """A column of each kind, with a null in the second row, and in London where columns have zones."""
    wall = np.array(["2026-05-22T15:00", "NaT"], "M8[s]")
    series = pd.Series(wall, index=["a", "b"], name="opened").dt.tz_localize(LONDON)
    arrow = pa.array([FRIDAY, None], pa.timestamp("ns", LONDON))
    return {
        "NumPy": wall,
        "pandas": series,
        "pandas with Arrow's types": series.astype(pd.ArrowDtype(pa.timestamp("us", LONDON))),
        "pandas, an Index": pd.DatetimeIndex(series, name="opened"),
        "Polars": pl.Series("opened", [FRIDAY, None]).dt.convert_time_zone(LONDON),
        "pyarrow": arrow,
    }


UK = contracts.load("messagebird-enterprise").calendars["UK"]


def answers(what: str, column: Any) -> list[Any]:
    zone = LONDON if what == "NumPy" else None
    return [
        bulk.due(column, "4h", UK, zone=zone),
        bulk.elapsed(column, AS_OF, UK, zone=zone),
        bulk.is_open(column, UK, zone=zone),
    ]


def frames() -> dict[str, Any]:
    columns, severity = given(), ["P1", "P1"]
    return {
        "NumPy": {"opened": columns["NumPy"], "severity": np.array(severity)},
        "pandas": pd.DataFrame({"opened": columns["pandas"], "severity": severity}),
        "Polars": pl.DataFrame({"opened": columns["Polars"], "severity": severity}),
        "pyarrow": pa.table({"opened": columns["pyarrow"], "severity": severity}),
    }


def dtype(column: Any) -> str:
    return f"`{column.dtype if hasattr(column, 'dtype') else column.type}`"


def test_the_kinds_of_columns_are_those_on_the_page() -> None:
    """R-7: the table made a second time, by asking."""
    made, kinds = [], {"NumPy": np.ndarray, "Polars": pl.Series, "pyarrow": pa.Array}
    for what, column in given().items():
        found = answers(what, column)
        kind = kinds.get(what, pd.Index if what.endswith("Index") else pd.Series)
        assert all(isinstance(answer, kind) for answer in found)
        row = [what, f"`{kind.__name__}`", *map(dtype, found), "", ""]
        if what in frames():
            zone = LONDON if what == "NumPy" else None
            table = bulk.evaluate(contracts.load("wati-pro"), frames()[what], as_of=AS_OF, zone=zone, errors="report")
            assert type(table) is type(frames()[what])
            asked = ("due", "elapsed", "breached", "state")
            of_table = [dtype(table[f"first_response_{name}"]) for name in asked]
            assert of_table[:3] == row[2:5]
            row[5:] = [of_table[3], dtype(table["slaclock_error"])]
        made.append(row)
    assert made == page_table(first="goes in", last="error texts")


def test_what_is_kept_of_columns_is_what_the_page_says() -> None:
    """R-7: index, name and zone, and what a null is."""
    made = []
    for what, column in given().items():
        due, used, flags = answers(what, column)
        has_index, has_name = isinstance(column, pd.Series), hasattr(column, "name")
        for answer in (due, used, flags):
            assert not has_index or answer.index.equals(column.index)
            assert not has_name or answer.name == "opened"
        zoned = what != "NumPy" and LONDON in dtype(due)
        yes = {True: "yes", False: "no"}
        made.append([what, yes[has_index], yes[has_name], yes[zoned], f"`{shown(due)}`", shown_flag(flags)])
    assert made == page_table(first="goes in", last="a null yes or no")


def test_a_table_of_arrows_types_gets_pandas_own() -> None:
    """R-7: what the page says of it, and of a batch."""
    opened = given()["pandas with Arrow's types"]
    policy, names = contracts.load("wati-pro"), ("due", "elapsed", "breached", "state")
    table = pd.DataFrame({"opened": opened, "severity": "P1"})
    found = [bulk.evaluate(policy, frame, as_of=AS_OF, errors="report") for frame in (table, frames()["pandas"])]
    for name in names:
        assert dtype(found[0][f"first_response_{name}"]) == dtype(found[1][f"first_response_{name}"])
    assert found[0].dtypes["opened"] == opened.dtype
    batch = frames()["pyarrow"].to_batches()[0]
    assert isinstance(bulk.evaluate(policy, batch, as_of=AS_OF, errors="report"), pa.RecordBatch)


def shown(column: Any) -> str:
    """The second row, which is null."""
    return str(column.iloc[1] if isinstance(column, pd.Series) else column[1])


def shown_flag(flags: Any) -> str:
    if isinstance(flags, np.ma.MaskedArray):
        assert flags.mask.tolist() == [False, True]
        return "masked"
    return f"`{shown(flags)}`"


def test_a_naive_column_comes_back_in_the_zone_named() -> None:
    """R-1: and NumPy shows the local times of that zone."""
    wall = given()["NumPy"]
    assert str(bulk.due(wall, "4h", UK, zone=LONDON)[0]) == "2026-05-26T11:00:00.000000"
    assert str(bulk.due(pd.Series(wall), "4h", UK, zone=LONDON).dtype) == f"datetime64[us, {LONDON}]"
    assert bulk.due(pl.Series(wall.astype("M8[us]")), "4h", UK, zone=LONDON).dtype == pl.Datetime("us", LONDON)
    assert str(bulk.due(pa.array(wall), "4h", UK, zone=LONDON).type) == f"timestamp[us, tz={LONDON}]"
    assert isinstance(bulk.due(pa.chunked_array([pa.array(wall)]), "4h", UK, zone=LONDON), pa.Array)


def test_the_order_of_one_instant_is_the_one_on_the_page() -> None:
    """CLK-6: kinds that a column can tell, in the order of the standard ones."""
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    (told,) = re.findall(r"so a fixed one holds: ([\w, ]+), then the policy's own kinds", text)
    without = {"paused", "resumed", "severity_changed", "attributes_changed", "owner_changed"}
    assert told.split(", ") == [kind for kind in STANDARD_KINDS if kind not in without]
    at = np.array(["2026-06-08T10:00"], "M8[us]")
    table = {"severity": np.array(["P1"]), "resolved": at, "reopened": at, "opened": at}
    found = bulk.evaluate(contracts.load("wati-pro"), table, as_of=AS_OF + timedelta(days=30), zone="UTC")
    assert found["resolution_state"].tolist() == ["running"]  # resolved and then reopened


def test_the_columns_added_are_those_on_the_page() -> None:
    """CLK-13: each kind of column, for a metric with escalations."""
    names = [name for row in page_table(first="column", last="holds") for name in re.findall(r"`([^`]+)`", row[0])]
    policy = contracts.load("wati-pro")
    made = list(dict.fromkeys(
        re.sub("^(first_response|resolution)", "<metric>", name).replace("_internal", "_<key>")
        for name in bulk.answer_columns(policy)
    ))  # fmt: skip
    assert names == made


# -- engines and the reference -----------------------------------------------------------------------------


def test_the_functions_of_duckdb_are_those_of_the_docstring() -> None:
    duckdb = pytest.importorskip("slaclock.duckdb")
    text = duckdb.register.__doc__ or ""
    told = re.findall(r"^ *``(sla_\w+\([\w, ]+\))`` +(\w+) +(.+)$", text, re.MULTILINE)
    shown_rows = page_table(first="function", last="what is asked")
    assert len(told) == 7
    assert [tuple(cell.replace("`", "") for cell in row) for row in shown_rows] == [
        tuple(cell.replace("`", "").strip() for cell in row) for row in told
    ]


def public(module: str) -> Iterator[str]:
    """``__all__`` of a module, read and not imported: Spark need not be there."""
    tree = ast.parse((ROOT / "src" / "slaclock" / module).read_text(encoding="utf-8"))
    (names,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]
    )
    yield from ast.literal_eval(names)


@pytest.mark.parametrize(
    ("page", "name"),
    [
        (page, name)
        for page, module in (("bulk", "bulk/__init__.py"), ("duckdb", "duckdb.py"), ("spark", "spark.py"))
        for name in public(module)
    ],
)
def test_a_public_name_of_columns_is_in_the_reference(page: str, name: str) -> None:
    """On its module's page; or, by its whole name, beside what says the same of readings."""
    text = (REFERENCE / f"{page}.md").read_text(encoding="utf-8")
    every = "\n".join(file.read_text(encoding="utf-8") for file in REFERENCE.glob("*.md"))
    said = r"^\.\. (?:autofunction|py:function|py:class):: "
    assert re.search(rf"{said}{name}\b", text, re.MULTILINE) or re.search(
        rf"{said}slaclock\.{page}\.{name}\b", every, re.MULTILINE
    )


def test_the_signatures_of_spark_are_those_of_the_code() -> None:
    """The reference writes them out, as the documentation is made without Spark."""
    tree = ast.parse((ROOT / "src" / "slaclock" / "spark.py").read_text(encoding="utf-8"))
    made = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in set(public("spark.py")):
            for argument in (*node.args.args, *node.args.kwonlyargs):
                argument.annotation = None
            made[node.name] = ast.unparse(node.args)
    text = (REFERENCE / "spark.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\.\. py:function:: (\w+)\((.+)\)$", text, re.MULTILINE)) == made


@pytest.mark.engine
# pyspark says so of every pandas from 3 on, and nothing here goes by way of pandas.
@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
def test_the_example_of_spark_runs(monkeypatch) -> None:
    """The block on the page, which is text there, as few have Spark."""
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("Spark needs Java")
    from pyspark.sql import SparkSession

    (code,) = re.findall(
        r"^```text\n(from slaclock.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    with builder.config("spark.sql.session.timeZone", "UTC").getOrCreate() as session:
        session.sparkContext.setLogLevel("OFF")
        names = {"session": session, "friday": FRIDAY, "uk": UK, "policy": contracts.load("wati-pro"), "as_of": AS_OF}
        with contextlib.redirect_stdout(io.StringIO()) as told:
            exec(compile(code, str(PAGE), "exec"), names)
    assert "|2026-05-26 10:00:00|" in told.getvalue() and "|2026-05-22 22:00:00|" in told.getvalue()
