"""What exists twice: each scalar rule with its array form, and the property that ties the two (R-7)."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import NamedTuple

import pytest

TESTS = Path(__file__).parent


class Pair(NamedTuple):
    """Two forms of one rule, and the tests that hold them equal."""

    scalar: str
    arrays: str
    tied_by: tuple[str, ...]


QUESTIONS, TABLES = "property/test_bulk_questions.py", "property/test_bulk_evaluate.py"
ATTAINED = "property/test_attainment_laws.py::test_tables_have_the_attainment_of_readings"
RETURNED = "property/test_attainment_laws.py::test_tables_have_the_rates_of_evaluations"
AVAILABILITY = ("property/test_bulk_availability.py::test_columns_of_samples",)
PAIRS = (
    Pair("timeline:Timeline.work", "lines:ArrayLine.works", (QUESTIONS,)),
    Pair("timeline:Timeline.first_at", "lines:ArrayLine.firsts", (QUESTIONS,)),
    Pair("timeline:Timeline.last_at", "lines:ArrayLine.lasts", (QUESTIONS,)),
    Pair("timeline:Timeline.is_open", "lines:ArrayLine.open_at", (QUESTIONS,)),
    Pair("timeline:Timeline.next_open", "lines:ArrayLine.next_opens", (QUESTIONS,)),
    Pair("timeline:Timeline.next_close", "lines:ArrayLine.next_closes", (QUESTIONS,)),
    Pair("_instant:to_wall", "zones:Zone.wall", (QUESTIONS,)),
    Pair("_instant:place", "zones:Zone.place", (QUESTIONS,)),
    Pair("days:DayTable.anchor", "days:ArrayDays.anchor", (QUESTIONS,)),
    Pair("days:DayTable.nth", "days:ArrayDays.nth", (QUESTIONS,)),
    Pair("years:WorkingDays.same_time", "days:same_time", (QUESTIONS,)),
    Pair("years:WorkingDays.named", "days:named", (QUESTIONS,)),
    Pair("history:Track.apply", "histories:Histories.cycles", (f"{TABLES}::test_plain_logs", f"{TABLES}::test_tables")),
    Pair("history:Track.all_pauses", "histories:Histories.stopped_by", (f"{TABLES}::test_tables",)),
    Pair("index:Bound.select", "fold:Chooser.chosen", (f"{TABLES}::test_tables",)),
    Pair("index:Bound.start", "fold:_started", (f"{TABLES}::test_tables",)),
    Pair("targets:promise", "fold:_promised", (f"{TABLES}::test_tables",)),
    Pair("fold:fold_history", "fold:fold", (f"{TABLES}::test_plain_logs", f"{TABLES}::test_tables")),
    Pair("fold:_Binding._changed", "changes:changed", (f"{TABLES}::test_simple_changes",)),
    Pair("clock:used", "spans:Spans.used", (f"{TABLES}::test_tables",)),
    Pair("clock:first_used", "spans:Spans.first_used", (f"{TABLES}::test_tables",)),
    Pair("clock:due", "spans:Spans.deadlines", (f"{TABLES}::test_tables",)),
    Pair("clock:breach_at", "spans:Spans.deadlines", (f"{TABLES}::test_tables",)),
    Pair("clock:is_breached", "spans:Spans.breached", (f"{TABLES}::test_tables",)),
    Pair("fold:escalation_at", "numbers:_escalation_at", (f"{TABLES}::test_tables",)),
    Pair("availabilities.measured:sample_rows", "samples:rows_of", AVAILABILITY),
    Pair("availabilities.ground:judge_of", "availability:judged", AVAILABILITY),
    Pair("availabilities.ground:counted_time", "availability:counted", AVAILABILITY),
    Pair("availabilities.measuring:mean_parts", "availability:mean_parts", AVAILABILITY),
    Pair("evaluate:_Reader.read", "numbers:Numbers.read", (f"{TABLES}::test_plain_logs", f"{TABLES}::test_tables")),
    Pair("attainments.rules:counted_as", "readings:counted_as", (ATTAINED,)),
    Pair("attainments.rules:counted_at", "readings:Readings._counted_at", (ATTAINED,)),
    Pair("attainments.readings:_row", "attainment:_Table._row", (ATTAINED,)),
    Pair("attainments.returns:Life.apply", "returns:_lives", (RETURNED,)),
    Pair("attainments.returns:_repeating", "returns:_repeating", (RETURNED,)),
)


def found(room: str, where: str) -> object:
    module, _, path = where.partition(":")
    thing: object = importlib.import_module(f"{room}.{module}")
    for name in path.split("."):
        thing = getattr(thing, name)
    return thing


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.scalar}={pair.arrays}")
def test_pairs_are_there_and_tied(pair: Pair) -> None:
    assert callable(found("slaclock", pair.scalar))
    assert callable(found("slaclock.bulk", pair.arrays))
    for where in pair.tied_by:
        file, _, name = where.partition("::")
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        tests = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert (name in tests) if name else tests
