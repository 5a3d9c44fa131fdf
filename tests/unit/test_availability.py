"""Availability: the table worked out by hand, the evidence, the formulas, and what is refused."""

from __future__ import annotations

import csv
import json
import pickle
import re
import tomllib
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from slaclock import (
    Availability,
    AvailabilityError,
    BusinessCalendar,
    CompositeCalendar,
    ConfigurationError,
    ErrorRate,
    Exclusion,
    Formula,
    HorizonError,
    NoServiceTimeError,
    Outage,
    Period,
    Sample,
    availability,
    availability_of_rates,
    availability_of_samples,
    bulk,
    formula_names,
    load_formula,
)

HERE = Path(__file__).parent.parent / "conformance"
Row = dict[str, str]
DAY = Period.parse("2026-05-04", "UTC")
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-05-04T{clock}+00:00")


def down(start: str, end: str, name: str = "") -> Outage:
    return Outage(start=at(start), end=at(end), name=name)


# --- the table --------------------------------------------------------------------------------------------------------


def table() -> list[Row]:
    with (HERE / "availability.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pieces(text: str) -> list[str]:
    return [piece.strip() for piece in text.split(";") if piece.strip()]


def length(text: str) -> timedelta:
    match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", text)
    assert match and any(match.groups()), text
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def service_of(name: str) -> BusinessCalendar | CompositeCalendar | None:
    data = tomllib.loads((HERE / "calendars.toml").read_text(encoding="utf-8"))
    if not name:
        return None
    if "op" in data[name]:
        parts = [BusinessCalendar.from_dict(data[part]) for part in data[name]["parts"]]
        return CompositeCalendar(op=data[name]["op"], parts=parts)
    return BusinessCalendar.from_dict(data[name])


def formula_of(text: str) -> Formula | str:
    return Formula.from_dict(dict(piece.split("=") for piece in pieces(text))) if "=" in text else text


def range_of(text: str) -> dict[str, str]:
    start, _, end = text.partition("/")
    return {"start": start, "end": end} if end else {"start": start}


def exclusion(text: str) -> dict[str, str]:
    reason, _, stretch = text.partition("@")
    return {"reason": reason, **range_of(stretch)}


def sampled(text: str, every: timedelta) -> list[tuple[Any, ...]]:
    """``"2026-05-04T10:00:00Z*3:5/5"``: three samples of five attempts and five failures; or a rate."""
    start, count, told = re.fullmatch(r"(.+Z)\*(\d+):(.+)", text).groups()  # type: ignore[union-attr]
    what = tuple(map(int, told.split("/"))) if "/" in told else (told,)
    return [(datetime.fromisoformat(start) + n * every, *what) for n in range(int(count))]


def asked(row: Row) -> Availability:
    period, told = Period.parse(row["period"], row["zone"]), pieces(row["measured"])
    how: dict[str, Any] = {
        "formula": formula_of(row["formula"]),
        "service": service_of(row["service"]),
        "exclusions": [exclusion(piece) for piece in pieces(row["exclusions"])],
    }
    if row["question"] == "outages":
        return availability(period, [range_of(piece) for piece in told], **how)
    rows = [sample for piece in told for sample in sampled(piece, length(row["every"]))]
    if row["question"] == "samples":
        return availability_of_samples(period, [Sample(*each) for each in rows], row["every"], **how)
    assert row["question"] == "rates"
    return availability_of_rates(period, [ErrorRate(*each) for each in rows], row["every"], **how)


@pytest.mark.parametrize("row", [pytest.param(row, id=f"availability:{row['case']}") for row in table()])
def test_worked_example(row: Row) -> None:
    """R-1, R-2, CAL-2, CAL-3: figures found with a pencil."""
    figure = asked(row)
    assert figure.value == Fraction(row["value"])
    assert str(figure.percentage()) == row["percentage"]
    assert figure.unavailable == length(row["unavailable"])
    assert figure.service == length(row["service_time"])
    assert (figure.excluded, figure.outside) == (length(row["excluded"]), length(row["outside"]))


LIBRARIES = {
    "numpy": lambda at, *counts: ([moment.replace(tzinfo=None) for moment in at], *counts),
    "pandas": lambda at, *counts: (pd.Series(at, dtype="datetime64[us, UTC]"), *map(pd.Series, counts)),
    "polars": lambda at, *counts: (pl.Series(at, dtype=pl.Datetime("us", "UTC")), *map(pl.Series, counts)),
    "arrow": lambda at, *counts: (pa.array(at, pa.timestamp("us", "UTC")), *map(pa.array, counts)),
}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("row", [pytest.param(row, id=row["case"]) for row in table() if row["question"] != "outages"])
def test_worked_example_in_columns(row: Row, library: str) -> None:
    """R-7: the same figure and parts."""
    figure, every = asked(row), length(row["every"])
    rows = [sample for piece in pieces(row["measured"]) for sample in sampled(piece, every)]
    start, *counts = zip(*rows, strict=True)
    zone = "UTC" if library == "numpy" else None
    how: dict[str, Any] = {"formula": figure.terms, "service": service_of(row["service"]), "zone": zone}
    how["exclusions"] = [exclusion(piece) for piece in pieces(row["exclusions"])]
    if row["question"] == "rates":
        shares = [Fraction(each.removesuffix("%")) / 100 for each in counts[0]]
        columns = LIBRARIES[library](list(start), [int(share * 1000) for share in shares])
        found = bulk.availability_of_rates(figure.period, *as_arrays(columns, library), 1000, every, **how)
    else:
        columns = LIBRARIES[library](list(start), *map(list, counts))
        found = bulk.availability_of_samples(figure.period, *as_arrays(columns, library), every, **how)
    assert found == figure and found.parts == figure.parts and found.measured == figure.measured


def as_arrays(columns: Any, library: str) -> list[Any]:
    if library != "numpy":
        return list(columns)
    return [np.array(columns[0], "M8[us]"), *(np.array(counts, np.int64) for counts in columns[1:])]


def test_the_table_is_complete() -> None:
    rows = table()
    assert len({row["case"] for row in rows}) == len(rows)
    assert all(None not in row and None not in row.values() and row["why"] for row in rows)
    assert {row["formula"] for row in rows} >= set(formula_names())


# --- evidence ---------------------------------------------------------------------------------------------------------


def test_the_parts_behind_a_figure() -> None:
    """Each unavailable stretch with the outages behind it, each excluded one with all its reasons."""
    figure = availability(
        DAY,
        [down("10:00", "12:00", "INC-1"), down("11:30", "13:00", "INC-2"), down("20:00", "20:30")],
        exclusions=[
            Exclusion(reason="maintenance", start=at("10:30"), end=at("11:00")),
            Exclusion(reason="carrier", start=at("10:45"), end=at("11:15")),
        ],
    )
    assert [(part.start, part.end, part.share, part.names) for part in figure.parts] == [
        (at("10:00"), at("10:30"), 1, ("INC-1",)),
        (at("11:15"), at("13:00"), 1, ("INC-1", "INC-2")),
        (at("20:00"), at("20:30"), 1, ()),
    ]
    assert [(part.start, part.end, part.reasons) for part in figure.exclusions] == [
        (at("10:30"), at("10:45"), ("maintenance",)),
        (at("10:45"), at("11:00"), ("carrier", "maintenance")),
        (at("11:00"), at("11:15"), ("carrier",)),
    ]
    assert figure.by_reason == {
        ("maintenance",): 15 * MINUTE, ("carrier", "maintenance"): 15 * MINUTE, ("carrier",): 15 * MINUTE,
    }  # fmt: skip
    assert figure.unavailable == 2 * HOUR + 45 * MINUTE and figure.measured is None
    assert [part.lost for part in figure.parts] == [1800, 6300, 1800] and figure.lost == 9900


def test_an_outage_that_only_touches_a_part_is_not_behind_it() -> None:
    """Whole minutes: 10:01 and 10:02 are down as a whole, and each end of them is the end of another outage."""
    outages = [down("10:00:30", "10:01", "before"), down("10:01", "10:03", "in it"), down("10:03", "10:03:30", "after")]
    (part,) = availability(DAY, outages, formula="gcp-compute").parts
    assert (part.start, part.end, part.names) == (at("10:01"), at("10:03"), ("in it",))


def test_an_outage_that_still_lasts_is_long_enough() -> None:
    """Three minutes of it lie in the period; it goes on after them, as far as is known."""
    assert availability(DAY, [Outage(start=at("23:57"))], formula="gcp-media-cdn").unavailable == 3 * MINUTE
    over = [Outage(start=at("23:57"), end=at("23:57") + 4 * MINUTE)]
    assert availability(DAY, over, formula="gcp-media-cdn").unavailable == timedelta(0)


def test_a_maintenance_window_is_a_calendar() -> None:
    """CAL-3: every Sunday from 02:00 to 04:00 in London; on 29 March the clock goes from 01:00 to 02:00."""
    sundays = BusinessCalendar(timezone="Europe/London", hours={"sun": ["00:30-02:30"]})
    march = Period.parse("2026-03", "Europe/London")
    figure = availability(
        march,
        [Outage(start="2026-03-29T00:00:00Z", end="2026-03-29T04:00:00Z")],
        exclusions=[Exclusion(reason="maintenance", during=sundays)],
    )
    assert [part.length for part in figure.exclusions] == [2 * HOUR] * 4 + [HOUR]  # 1, 8, 15, 22 and 29 March
    assert figure.unavailable == 3 * HOUR and figure.excluded == 9 * HOUR
    assert [part.start.isoformat() for part in figure.parts] == [
        "2026-03-29T00:00:00+00:00",
        "2026-03-29T02:30:00+01:00",
    ]


def test_rates_are_shown_with_their_parts() -> None:
    """Neighbours with one rate are one part; a rate is cut at the ends of the period, not of the interval."""
    rows = [Sample(at("10:00"), 4, 1), Sample(at("10:05"), 8, 2), Sample(at("10:10"), 2, 1), Sample(at("10:20"), 9, 0)]
    period = Period.span(at("10:02"), at("11:02"), "UTC")
    figure = availability_of_samples(period, rows, "5m", formula="aws-s3")
    assert [(part.start, part.end, part.share, part.lost) for part in figure.parts] == [
        (at("10:02"), at("10:10"), Fraction(1, 4), 120),
        (at("10:10"), at("10:15"), Fraction(1, 2), 150),
    ]
    assert (figure.lost, figure.value, figure.measured) == (270, 1 - Fraction(270, 3600), 18 * MINUTE)


def test_plain_data() -> None:
    """What JSON can say, exact."""
    figure = availability(DAY, [down("10:00", "10:00:01", "INC-1")], service=BusinessCalendar(timezone="UTC", hours={"daily": ["00:00-12:00"]}))  # fmt: skip
    plain = figure.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert (plain["value"], plain["percentage"], plain["lost"]) == ("43199/43200", "99.997", "1")
    assert plain["period"] == {"name": "2026-05-04", "start": "2026-05-04T00:00:00+00:00", "end": "2026-05-05T00:00:00+00:00", "timezone": "UTC"}  # fmt: skip
    assert plain["parts"] == [{"start": "2026-05-04T10:00:00+00:00", "end": "2026-05-04T10:00:01+00:00", "length": "1s", "share": "1", "names": ["INC-1"]}]  # fmt: skip
    assert (plain["service"], plain["outside"], plain["measured"]) == ("12h", "12h", None)


def test_a_mean_of_very_many_rates_has_many_digits_and_is_shown() -> None:
    """Python writes out integers of a few thousand digits only; a figure is longer than that."""
    start = DAY.start
    rows = [Sample(start + n * 10 * SECOND, 10**6 + n, 1) for n in range(3000)]
    figure = availability_of_samples(DAY, rows, "10s", formula=Formula(kind="mean_error_rate", unit="10s"))
    assert figure.value == 1 - sum((Fraction(10, 10**6 + n) for n in range(3000)), Fraction(0)) / 86_400
    with pytest.raises(ValueError):
        str(figure.value)
    assert repr(figure) == "Availability(2026-05-04, 99.999 % by mean_error_rate)"
    with localcontext() as context:
        context.prec = 3
        told = figure.to_dict()["value"].split("/")
        assert Fraction(*(int(Decimal(number)) for number in told)) == figure.value
    numerator, denominator = figure.to_dict()["value"].split("/")
    assert (len(numerator), Decimal(denominator)) == (len(denominator), figure.value.denominator)


def test_a_figure_is_a_value() -> None:
    figure = availability(DAY, [down("10:00", "10:30", "INC-1")])
    again = pickle.loads(pickle.dumps(figure))
    assert again == figure and again.parts == figure.parts and hash(again) == hash(figure)
    assert figure != availability(DAY, [down("10:00", "10:31")])
    with pytest.raises(AttributeError):
        figure.value = Fraction(1)  # type: ignore[misc]
    assert repr(figure) == "Availability(2026-05-04, 97.916 % by share_of_time)"


def test_a_percentage_is_rounded_by_nobody_else() -> None:
    """Not to the precision of the thread's decimals, and not up, however many places are asked for."""
    year = Period.parse("2026", "UTC")
    a_moment = [Outage(start=at("10:00"), end=at("10:00") + timedelta(microseconds=1))]
    figure = availability(year, a_moment)
    with localcontext() as context:
        context.prec = 3
        assert str(figure.percentage(12)) == "99.999999999996"
        assert str(figure.percentage(0)) == "99"
        assert str(availability(year, []).percentage(30)) == "100." + "0" * 30
    assert str(figure.percentage(30)) == "99.999999999996829020801623541349"


@pytest.mark.parametrize("places", [-1, 31, 1.0, True, "3"])
def test_places(places: Any) -> None:
    figure = availability(DAY, [])
    with pytest.raises(AvailabilityError) as caught:
        figure.percentage(places)
    assert caught.value.path == "places"


def test_provisional_holidays_are_told() -> None:
    """CAL-5: a calendar whose make-up days are not published for the year."""
    china = BusinessCalendar(timezone="Asia/Shanghai", hours={"mon-fri": ["09:00-18:00"]}, holidays=["CN"])
    for year, provisional in ((2025, False), (2030, True)):
        period = Period.parse(f"{year}-05", "Asia/Shanghai")
        assert availability(period, [], service=china).provisional is provisional
        windows = [Exclusion(reason="maintenance", during=china)]
        assert availability(period, [], exclusions=windows).provisional is provisional


# --- formulas ---------------------------------------------------------------------------------------------------------


def test_formulas_come_with_their_source() -> None:
    assert formula_names()[0] == "share_of_time"
    for name in formula_names()[1:]:
        formula = load_formula(name)
        assert formula.name == name and re.search(r"https://\S+ .+read on \d+ \w+ 2026", formula.source), name
        assert formula.excluded == "available"
        assert Formula.from_toml(formula.to_toml()) == formula == Formula.from_json(formula.to_json())


def test_a_formula_is_a_value() -> None:
    made = Formula(kind="share_of_time", unit=timedelta(minutes=1), errors_above=Fraction(1, 3), minimum=7)
    assert made == Formula(kind="share_of_time", unit="1m", errors_above="1/3", minimum=7)
    assert made.to_dict() == {"kind": "share_of_time", "name": "share_of_time", "unit": "1m", "errors_above": "1/3", "minimum": 7}  # fmt: skip
    assert Formula.from_dict(made.to_dict()) == made and len({made, pickle.loads(pickle.dumps(made))}) == 1


@pytest.mark.parametrize(
    ("given", "share"),
    [("10%", Fraction(1, 10)), ("0.005 %", Fraction(1, 20_000)), ("1/3", Fraction(1, 3)), ("0.1", Fraction(1, 10)),
     (Decimal("0.1"), Fraction(1, 10)), (Fraction(2, 3), Fraction(2, 3)), (0, Fraction(0)), (1, Fraction(1)), ("33.3333%", Fraction(333_333, 1_000_000))],
)  # fmt: skip
def test_shares(given: Any, share: Fraction) -> None:
    made = Formula(kind="share_of_time", errors_above=given)
    assert made.errors_above == share
    assert Formula.from_toml(made.to_toml()) == made
    text, digest = made.to_dict()["errors_above"], made.digest()
    with localcontext() as context:
        context.prec = 2  # a digest does not hang on the thread
        assert (made.to_dict()["errors_above"], made.digest()) == (text, digest)


def test_shares_as_text() -> None:
    for text in ("10%", "0.005%", "33.3333%", "0%", "100%", "1/3", "1/3000000000000000"):
        assert Formula(kind="share_of_time", errors_above=text).to_dict()["errors_above"] == text


@pytest.mark.parametrize(
    "given", [0.1, 1.0, "110%", "-1%", "ten", "1/0", True, 2, Decimal("NaN"), "inf", None, float("nan")]
)
def test_no_shares(given: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        availability_of_rates(DAY, [ErrorRate(at("10:00"), given)], "5m")
    (problem,) = caught.value.problems
    assert (problem.path, problem.code, problem.example) == ("rates[0].rate", "share", '"0.25%"')


# --- what was measured ------------------------------------------------------------------------------------------------


def test_samples_may_be_finer_than_a_unit_and_lie_anywhere_in_it() -> None:
    """Three samples in one minute, in no order, with gaps."""
    rows = [Sample(at("10:00:50"), 60, 30), Sample(at("10:00:00"), 30, 0), Sample(at("10:00:20"), 20, 1)]
    figure = availability_of_samples(DAY, rows, "10s", formula="gcp-functions")
    assert (figure.unavailable, figure.measured) == (MINUTE, 30 * SECOND)


def test_a_share_of_units_looks_at_each_sample_alone() -> None:
    """One second of two failed as a whole, which makes the minute unavailable, though most of its requests were served."""
    rows = [Sample(at("10:00:00"), 1000, 0), Sample(at("10:00:01"), 1, 1)]
    assert availability_of_samples(DAY, rows, "1s", formula="aws-ec2").unavailable == MINUTE
    assert availability_of_samples(DAY, rows, "1s", formula="gcp-compute").unavailable == timedelta(0)


def test_rates_with_a_threshold() -> None:
    formula = Formula(kind="share_of_time", unit="1m", errors_above="10%")
    rates = [ErrorRate(at("10:00"), "10%"), ErrorRate(at("10:01"), "10.1%"), ErrorRate(at("10:02"), 1)]
    assert availability_of_rates(DAY, rates, "1m", formula=formula).unavailable == 2 * MINUTE


def test_plain_tuples_are_samples() -> None:
    rows = [(at("10:00:00"), 5, 5)]
    assert availability_of_samples(DAY, rows, SECOND) == availability_of_samples(DAY, [Sample(*rows[0])], "1s")


def problems(call: Any) -> list[tuple[str, str]]:
    with pytest.raises(ConfigurationError) as caught:
        call()
    assert all(problem.message and problem.example for problem in caught.value.problems)
    return [(problem.path, problem.code) for problem in caught.value.problems]


def test_all_that_is_wrong_with_samples_at_once() -> None:
    rows = [
        Sample(datetime(2026, 5, 4, 10), 1, 0), Sample(at("10:00:00"), 1, 2), Sample(at("10:00:01"), -1, 0), Sample(at("10:00:02"), 1, -1),
        Sample(at("10:00:03"), 1.0, 0), Sample(at("10:00:04"), True, 0), Sample(at("10:00:05"), None, 0), Sample(at("10:00:06"), 1, 1),
        Sample(at("10:00:06"), 1, 1), Sample(at("10:00:06.5"), 1, 1), (at("10:00:09"), 1), Sample(None, 1, 1), Sample(at("10:00:00.999999"), 1, 1),
    ]  # fmt: skip
    assert problems(lambda: availability_of_samples(DAY, rows, "1s")) == [
        ("samples[0].start", "instant"), ("samples[1].failures", "too_many_failures"), ("samples[2].attempts", "negative_count"),
        ("samples[3].failures", "negative_count"), ("samples[4].attempts", "not_a_whole_number"), ("samples[5].attempts", "not_a_whole_number"),
        ("samples[6].attempts", "not_a_whole_number"), ("samples[8].start", "overlap"), ("samples[9].start", "overlap"),
        ("samples[10]", "not_a_row"), ("samples[11].start", "instant"), ("samples[12].start", "overlap"),
    ]  # fmt: skip


def test_wrong_samples_are_wrong_outside_the_period_too() -> None:
    assert problems(lambda: availability_of_samples(DAY, [Sample(at("10:00") - 48 * HOUR, 1, 2)], "1s")) == [("samples[0].failures", "too_many_failures")]  # fmt: skip


def test_a_sample_over_the_edge_of_a_unit() -> None:
    told = problems(
        lambda: availability_of_samples(DAY, [Sample(at("10:00:55"), 1, 1)], "10s", formula="gcp-functions")
    )
    assert told == [("samples[0].start", "crosses_a_unit")]
    assert availability_of_samples(DAY, [Sample(at("10:00:55"), 1, 1)], "10s").unavailable == 10 * SECOND
    assert (
        availability_of_samples(DAY, [Sample(at("10:00:55"), 1, 1)], "10s", formula="aws-ec2").unavailable == 2 * MINUTE
    )


def test_what_is_wrong_with_outages_and_exclusions() -> None:
    outages = [{"start": "2026-05-04T11:00:00Z", "end": "2026-05-04T10:00:00Z"}, {"start": "2026-05-04T10:00"}, {"end": "2026-05-04T10:00:00Z"}, {"start": "2026-05-04T10:00:00Z", "ends": "2026-05-04T10:00:00Z"}]  # fmt: skip
    exclusions = [
        {"reason": "x", "start": "2026-05-04T11:00:00Z", "end": "2026-05-04T10:00:00Z"}, {"reason": "", "start": "2026-05-04T10:00:00Z", "end": "2026-05-04T11:00:00Z"},
        {"reason": "x", "start": "2026-05-04T11:00:00Z"}, {"reason": "x"}, {"reason": "x", "start": "2026-05-04T10:00:00Z", "end": "2026-05-04T11:00:00Z", "during": BusinessCalendar(timezone="UTC", hours={})},
    ]  # fmt: skip
    assert problems(lambda: availability(DAY, outages, exclusions=exclusions)) == [
        ("outages[0]", "ends_before_it_starts"), ("outages[1].start", "instant"), ("outages[2].start", "missing"), ("outages[3].ends", "unknown_key"),
        ("exclusions[0]", "ends_before_it_starts"), ("exclusions[1].reason", "empty"), ("exclusions[2]", "range"), ("exclusions[3]", "range"), ("exclusions[4]", "range"),
    ]  # fmt: skip


def test_an_outage_of_no_length_counts_nothing() -> None:
    for formula in ("share_of_time", "aws-ec2"):
        assert availability(DAY, [down("10:00:30", "10:00:30", "x")], formula=formula).value == 1


def test_no_service_time() -> None:
    """No hours at all; hours that are all excluded are none, where excluded time is left out."""
    desk = BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["09:00-17:00"]})
    sunday = Period.parse("2026-05-03", "Europe/London")
    with pytest.raises(NoServiceTimeError) as caught:
        availability(sunday, [], service=desk)
    assert (caught.value.code, caught.value.path, caught.value.value) == ("no_service_time", "period", "2026-05-03")
    all_day = [Exclusion(reason="maintenance", start=DAY.start, end=DAY.end)]
    outage = [down("10:00", "11:00")]
    assert availability(DAY, outage, exclusions=all_day).value == 1
    with pytest.raises(NoServiceTimeError):
        availability(DAY, outage, exclusions=all_day, formula=Formula(kind="share_of_time", excluded="left_out"))


def test_a_calendar_must_know_the_period() -> None:
    """CAL-10."""
    desk = BusinessCalendar(timezone="UTC", hours={"daily": ["09:00-17:00"]}, years=[2020, 2025])
    with pytest.raises(HorizonError):
        availability(DAY, [], service=desk)
    with pytest.raises(HorizonError):
        availability(DAY, [], exclusions=[Exclusion(reason="maintenance", during=desk)])
    last = Period.parse("2025-12-31", "UTC")  # what lies behind its last instant need not be known
    assert availability(last, [], service=desk, formula="gcp-media-cdn").service == 8 * HOUR


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda: availability(DAY, [], formula="aws-s3"), "formula"),
        (lambda: availability(DAY, [], formula="aws-ec3"), "formula"),
        (lambda: availability(DAY, [], formula=None), "formula"),
        (lambda: availability("2026-05", []), "period"),
        (lambda: availability(DAY, [], service="uk"), "service"),
        (lambda: availability_of_samples(DAY, [], "7s", formula="gcp-functions"), "every"),
        (lambda: availability_of_samples(DAY, [], "2m", formula="gcp-functions"), "every"),
        (lambda: availability_of_samples(DAY, [], "0s"), "every"),
        (lambda: availability_of_samples(DAY, [], "-1s"), "every"),
        (lambda: availability_of_samples(DAY, [], 1), "every"),
        (lambda: availability_of_rates(DAY, [], "1m"), "every"),
        (lambda: availability_of_rates(DAY, [], "1m", formula="gcp-functions"), "formula"),
    ],
)  # fmt: skip
def test_questions_that_cannot_be_asked(call: Any, path: str) -> None:
    with pytest.raises(AvailabilityError) as caught:
        call()
    assert caught.value.path == path and caught.value.example and caught.value.message


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"kind": "share_of_units"}, ""),
        ({"kind": "mean_error_rate"}, ""),
        ({"kind": "mean_error_rate", "unit": "5m", "minimum": 1}, ""),
        ({"kind": "mean_error_rate", "unit": "5m", "errors_above": "1%"}, ""),
        ({"kind": "share_of_units", "unit": "1m", "at_least": "5m"}, ""),
        ({"kind": "share_of_time", "unit": "7m"}, "unit"),
        ({"kind": "share_of_time", "unit": "2h"}, "unit"),
        ({"kind": "share_of_time", "unit": "0s"}, "unit"),
        ({"kind": "share_of_time", "at_least": "-1m"}, "at_least"),
        ({"kind": "share_of_time", "at_least": "1d"}, "at_least"),
        ({"kind": "share_of_time", "minimum": -1}, "minimum"),
        ({"kind": "share_of_time", "minimum": 1.5}, "minimum"),
        ({"kind": "share_of_time", "excluded": "maybe"}, "excluded"),
        ({"kind": "shares"}, "kind"),
        ({"kind": "share_of_time", "errors_above": 0.1}, "errors_above"),
    ],
)  # fmt: skip
def test_formulas_that_cannot_stand(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Formula(**fields)
    (problem,) = caught.value.problems
    assert problem.path == path and problem.message and problem.example


def test_the_input_zone_does_not_matter() -> None:
    """R-1."""
    tokyo = ZoneInfo("Asia/Tokyo")
    one = availability(DAY, [down("10:00", "10:30")])
    assert one == availability(DAY, [Outage(start=at("10:00").astimezone(tokyo), end=at("10:30").astimezone(tokyo))])
    assert one.parts[0].start.tzinfo == ZoneInfo("UTC") and one.parts[0].start == datetime(2026, 5, 4, 10, tzinfo=UTC)
