"""Every mistake of tests/conformance/bad-input.csv, one test each: whose error, which code, where, and what is said.

The documentation shows the same table (docs/reference/errors.md).  ``code`` is run with the names of
tests/conformance/bad_input.py at hand; whatever happens, none of those values may have changed by it.
"""

from __future__ import annotations

import ast
import copy
import csv
from pathlib import Path
from typing import Any

import pytest

import slaclock
from slaclock import BusinessCalendar, ConfigurationError, Problem, SlaclockError, errors

HERE = Path(__file__).parent / "conformance"
Row = dict[str, str]


def table() -> list[Row]:
    with (HERE / "bad-input.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


NAMES: dict[str, Any] = {}
exec(compile((HERE / "bad_input.py").read_text(encoding="utf-8"), "bad_input.py", "exec"), NAMES)
VALUES = {name: value for name, value in NAMES.items() if hasattr(type(value), "digest")}


def run(code: str) -> None:
    names = dict(NAMES)
    try:
        tree = ast.parse(code, mode="eval")
    except SyntaxError:
        exec(code, names)
    else:
        eval(compile(tree, "<row>", "eval"), names)


def state() -> dict[str, tuple[Any, ...]]:
    """All that a value shows of itself; what it compiled on the way is no part of it."""
    return {name: (value, hash(value), value.digest(), repr(value)) for name, value in VALUES.items()}


@pytest.mark.parametrize("row", [pytest.param(row, id=f"bad-input:{row['case']}") for row in table()])
def test_bad_input(row: Row) -> None:
    """CAL-1, CAL-4, CAL-5, CAL-7, CAL-8, CAL-9, CAL-10, CLK-4, CLK-6, CLK-8, POL-1, POL-3, POL-4, POL-5, POL-9, POL-10, R-1, R-7: mistakes."""
    before = copy.deepcopy(state())
    with pytest.raises(SlaclockError) as caught:
        run(row["code"])
    error = caught.value
    assert state() == before
    assert isinstance(error, getattr(slaclock, row["error"]))
    assert row["error"] == "SlaclockError" or type(error).__name__ == row["error"]
    found = error.problems if isinstance(error, ConfigurationError) else (error,)
    told = [one for one in found if one.path == row["path"] and row["says"] in one.message]
    assert told, f"at {row['path']!r} nothing says {row['says']!r}: {error}"
    assert any(row["error_code"] in ("", one.code) for one in told), [one.code for one in told]
    assert any(row["example"] in str(one.example) for one in told), [one.example for one in told]
    for one in found:
        check_problem(one, error)


def check_problem(one: Problem | SlaclockError, error: SlaclockError) -> None:
    """POL-1: a problem has a code, and its message, path and example are in the text that people see."""
    assert one.code and one.message
    assert one.message in str(error) and one.path in str(error) and str(one.example) in str(error)
    # What was given, not what the machinery of validation made of it.
    assert not type(one.value).__module__.startswith("pydantic")


def test_all_problems_of_a_document_at_once() -> None:
    """POL-1: a file with four mistakes is told all four."""
    (row,) = (row for row in table() if row["case"] == "all-problems-at-once")
    with pytest.raises(ConfigurationError) as caught:
        run(row["code"])
    paths = [problem.path for problem in caught.value.problems]
    assert sorted(paths) == ["calendar", "objectives[0].severity", "objectives[0].within", "schema"]
    assert str(caught.value).startswith("4 problems:\n- ")


def test_a_mistake_is_ours_the_second_time_too() -> None:
    """CAL-12: the door is the same for the first value made and for all after it."""
    for _ in range(3):
        with pytest.raises(ConfigurationError):
            BusinessCalendar(timezone="Europe/London", hours={"mon": ["09:00-09:00"]})
        assert BusinessCalendar(timezone="Europe/London", hours={"mon": ["09:00-10:00"]})


def test_values_cannot_be_changed() -> None:
    """CAL-12: not by assignment, and not through what a value holds."""
    uk = NAMES["uk"]
    with pytest.raises(AttributeError):
        uk.timezone = "UTC"
    with pytest.raises(TypeError):
        uk.hours["mon"] = ()
    with pytest.raises(TypeError):
        uk.special_days.update({})


def test_the_table_names_every_error() -> None:
    """Every error that slaclock raises by name stands in the table, but for the roots that only group others."""
    named = {row["error"] for row in table()}
    grouping = {"SlaclockError", "RoleError", "Problem", "RowProblem"}
    assert set(errors.__all__) - grouping <= named


def test_the_table_is_complete() -> None:
    rows = table()
    assert len({row["case"] for row in rows}) == len(rows)
    assert all(row["rule"] and row["code"] and row["error"] for row in rows)


def test_the_root_is_no_value_error() -> None:
    """Raised inside somebody else's validator it must not be swallowed."""
    assert not issubclass(SlaclockError, ValueError)
    assert all(
        issubclass(getattr(errors, name), SlaclockError) for name in errors.__all__ if not name.endswith("Problem")
    )


def test_errors_go_through_pickle() -> None:
    """So that they come back from another process."""
    import pickle

    seen = set()
    for row in table():
        try:
            run(row["code"])
        except SlaclockError as error:
            again = pickle.loads(pickle.dumps(error))
            assert type(again) is type(error)
            assert str(again) == str(error)
            seen.add(type(error).__name__)
        except Exception:  # a row that raises anything else fails in its own test
            continue
    assert len(seen) >= 12
