"""Credit schedules, statements and corrections, case by case."""

from __future__ import annotations

import copy
import csv
import io
import json
import pickle
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest

from slaclock import (
    Attainment,
    ConfigurationError,
    Correction,
    CreditError,
    CreditSchedule,
    Evaluation,
    Fee,
    Figure,
    Outage,
    Period,
    PeriodError,
    Policy,
    Statement,
    StatementLine,
    Ticket,
    attainment,
    availability,
    bundle,
    contracts,
    correction,
    credits,  # noqa: A004 - what Python has of this name is for its prompt
    evaluate,
    parse_duration,
    receipt,
    reopen_rate,
    statement,
)
from slaclock.credits.money import _table, decimal, digits_of, parse_amount, rounded, share_out, shown
from slaclock.credits.statements import exact_text, shown_amount, shown_share

ROOT = Path(__file__).resolve().parents[2]
JUNE = Period.parse("2026-06", "Asia/Shanghai")
FEE = {"amount": "10000.00", "tags": {"service": "support"}}
DESK = credits.load("support-desk")
EVERBRIGHT = contracts.load("everbright")


# -- the table ---------------------------------------------------------------------------------------------


def table() -> list[dict[str, str]]:
    with (ROOT / "tests/conformance/credits.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def seconds(text: str) -> Fraction:
    return Fraction(parse_duration(text), 1_000_000)


def late(severity: str, metric: str, by: str) -> Evaluation:
    """A ticket of the contract everbright, resolved so long after its 24 hours."""
    assert (severity, metric) == ("P1", "resolution")
    opened = datetime(2026, 6, 8, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    solved = opened + timedelta(hours=24, microseconds=parse_duration(by))
    ticket = Ticket(id="T-1", severity="P1", opened_at=opened).respond(opened).resolve(solved)
    return evaluate(EVERBRIGHT, ticket, as_of=solved + timedelta(hours=1))


def found(text: str, tags: dict[str, str]) -> tuple[list[Figure], list[Evaluation]]:
    """What a row says was measured: the arithmetic of its words, done here."""
    figures, breaches = [], []
    for item in text.split("; "):
        about, _, rest = item.rpartition("/") if "/" in item else ("", "", item)
        words = rest.split()
        if words[0] in ("down", "errors"):
            total = seconds(words[3]) if words[0] == "down" else Fraction(words[3])
            lost = seconds(words[1]) if words[0] == "down" else Fraction(words[1])
            figures.append(Figure(value=1 - lost / total, tags=tags))
        elif words[1] == "met":
            met, judged = int(words[2]), int(words[4])
            value = Fraction(met, judged) if judged else None
            figures.append(Figure(value=value, of="attainment", tags={"severity": about, "metric": words[0]}))
        else:
            breaches.append(late(about, words[0], words[2]))
    return figures, breaches


@pytest.mark.parametrize("row", [pytest.param(row, id=f"credits:{row['case']}") for row in table()])
def test_the_table(row: dict[str, str]) -> None:
    tags = dict(tag.split("=") for tag in row["tags"].split(", "))
    paid_for = tags.pop("paid for", None)
    figures, breaches = found(row["found"], tags)
    fee = Fee(amount=row["fee"], tags=tags, period=paid_for)
    stated = statement(credits.load(row["schedule"]), row["period"], figures=figures, breaches=breaches, fees=[fee])
    assert "; ".join(str(line.amount) for line in stated.lines) == row["lines"]
    assert str(stated.total) == row["total"]
    assert "; ".join(line.credit for line in stated.lines) == row["credit"]
    if row["claim_by"]:
        assert stated.claim_by is not None and stated.claim_by.isoformat() == row["claim_by"]


def test_the_table_has_every_edge_of_every_ready_schedule() -> None:
    """Each edge exactly, and just below it."""
    rows = table()
    assert len({row["case"] for row in rows}) == len(rows) and all(row["why"] for row in rows)
    for name in credits.names():
        values = []
        for row in rows:
            if row["schedule"] == name:
                tags = dict(tag.split("=") for tag in row["tags"].split(", "))
                values += [(figure, tags) for figure in found(row["found"], tags)[0]]
        for rule in credits.load(name).rules:
            mine = [
                figure.value
                for figure, _ in values
                if figure.value is not None
                and all(
                    figure.tags[key] in ((text,) if isinstance(text, str) else text) for key, text in rule.only.items()
                )
            ]
            for tier in rule.tiers[:-1]:
                assert tier.at_least in mine, (name, rule.key, str(tier))
                assert any(tier.at_least - Fraction(1, 20) <= value < tier.at_least for value in mine)


# -- money ---------------------------------------------------------------------------------------------------


def test_minor_units() -> None:
    assert {code: digits_of(code) for code in ("JPY", "EUR", "USD", "CNY", "KWD", "BHD", "CLF", "BGN")} == {
        "JPY": 0, "EUR": 2, "USD": 2, "CNY": 2, "KWD": 3, "BHD": 3, "CLF": 4, "BGN": 2,
    }  # fmt: skip
    assert len(_table()) == 139 + 7 + 17 + 2 + 6
    assert all(re.fullmatch("[A-Z]{3}", code) for code in _table())
    assert not {"XAU", "XXX", "XTS", "XDR"} & _table().keys()


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (12.5, 'a float is not an amount: 12.5; write it in quotes (for example: "12.5")'),
        (float("nan"), 'a float is not an amount: nan; write it in quotes (for example: "1200.00")'),
        (True, "not an amount: True"),
        (None, "not an amount: None"),
        ("12,50", "not an amount: '12,50'"),
        ("NaN", "not an amount: 'NaN'"),
        ("Infinity", "not an amount: 'Infinity'"),
        ("sNaN", "not an amount: 'sNaN'"),
        (-1, "an amount is not negative: -1"),
        ("-0.01", "an amount is not negative: '-0.01'"),
        ("1e999999999", "an amount has at most 18 digits before the point and 12 after it"),
        ("1e-999999999", "an amount has at most 18 digits before the point and 12 after it"),
        (10**18, "an amount has at most 18 digits"),
        ("0.0000000000001", "an amount has at most 18 digits"),
        ("0E+99", "an amount has at most 18 digits"),
    ],
)
def test_what_is_no_amount(value: Any, says: str) -> None:
    with pytest.raises(CreditError) as caught:
        parse_amount(value)
    assert says in str(caught.value)


def test_amounts() -> None:
    assert [str(parse_amount(value)) for value in ("12.50", 7, Decimal("0.005"), " 3 ", "-0.00", "1E+3", 10**18 - 1)] == [
        "12.50", "7", "0.005", "3", "0.00", "1E+3", "999999999999999999",
    ]  # fmt: skip


def test_amounts_do_not_depend_on_the_decimal_context() -> None:
    """A context of three digits rounds every operation of Decimals; none is used."""
    with localcontext() as context:
        context.prec = 3
        assert str(decimal(123456789, 2)) == "1234567.89"
        assert parse_amount("1234567.89") == Decimal("1234567.89")
        owed = statement(credits.load("azure-vm"), "2026-06", figures=[{"value": "98%", "tags": {"service": "vm"}}],
                         fees=[{"amount": "1234567.89", "tags": {"service": "vm"}}])  # fmt: skip
    assert str(owed.total) == "308641.97"  # 25 % are 308641.9725


def test_rounding_has_the_names_and_the_meaning_of_decimal() -> None:
    import decimal as standard

    for mode in ("half_even", "half_up", "half_down", "up", "down", "ceiling", "floor", "05up"):
        for tenths in range(210):
            value = standard.Decimal(tenths) / 10
            wanted = int(value.quantize(standard.Decimal(1), rounding=getattr(standard, f"ROUND_{mode.upper()}")))
            assert rounded(Fraction(tenths, 10), mode) == wanted, (mode, value)


def test_sharing_out() -> None:
    third = Fraction(100, 3)
    assert share_out(100, [third, third, third]) == [34, 33, 33]
    assert share_out(5, [Fraction(5, 2), Fraction(5, 2)]) == [3, 2]
    assert share_out(2, [Fraction(0), Fraction(1, 2), Fraction(3, 2)]) == [0, 1, 1]
    assert share_out(3, [Fraction(1), Fraction(2)]) == [1, 2]
    assert share_out(0, []) == []


def test_numbers_for_people() -> None:
    assert [shown(*pair) for pair in ((5, 2), (-5, 2), (123456, 3), (7, 0), (0, 2))] == [
        "0.05", "-0.05", "123.456", "7", "0.00",
    ]  # fmt: skip
    assert shown_share(Fraction(9999, 10000)) == "99.99%"
    assert shown_share(Fraction(9999, 10000) - Fraction(1, 10**12)) == "99.989999..%"  # never more than it is
    assert shown_share(Fraction(2, 3)) == "66.666666..%"
    assert shown_share(Fraction(1)) == "100%"
    assert shown_amount(Fraction(5), 2) == "5.00"
    assert shown_amount(Fraction("100.005"), 2) == "100.005"
    assert shown_amount(Fraction(100, 3), 2) == "33.333333.."
    assert (exact_text(Fraction(100, 3)), exact_text(Fraction(1, 8)), exact_text(Fraction(20))) == (
        "100/3",
        "0.125",
        "20",
    )


# -- schedules -----------------------------------------------------------------------------------------------

UPTIME = {"key": "uptime", "on": "availability", "tiers": [{"at_least": "99%"}, {"below": "99%", "credit": "10%"}]}
LATE = {"key": "late", "on": "breach", "each": {"per": "1h", "credit": "2%"}}


def schedule(**changes: Any) -> CreditSchedule:
    document = {"name": "small", "currency": "EUR", "rounding": "half_up", "rules": [UPTIME]}
    return CreditSchedule.from_dict({**document, **changes})


@pytest.mark.parametrize("name", credits.names())
def test_a_ready_schedule_goes_round(name: str) -> None:
    one = credits.load(name)
    assert CreditSchedule.from_toml(one.to_toml()) == one == CreditSchedule.from_json(one.to_json())
    assert pickle.loads(pickle.dumps(one)) == one == copy.deepcopy(one) == one.replace()
    assert CreditSchedule.from_toml(one.to_toml()).digest() == one.digest()
    assert one.name == name and (one.source.startswith("https://") or name == "support-desk")
    published = json.loads((ROOT / "schema/credit-schedule.schema.json").read_text(encoding="utf-8"))
    assert published == CreditSchedule.json_schema()
    jsonschema.Draft202012Validator(published).validate(one.to_dict())


def test_tiers_are_kept_from_the_highest_down() -> None:
    one = schedule(rules=[{**UPTIME, "tiers": UPTIME["tiers"][::-1]}])
    assert one == schedule()
    assert [str(tier) for tier in one.rules[0].tiers] == ["99% <= figure", "figure < 99%"]
    top, low = one.rules[0].tiers
    assert Fraction(1) in top and Fraction(99, 100) in top and Fraction(99, 100) not in low and Fraction(0) in low
    assert one.rule("uptime").tier(Fraction(9899, 10000)) is low
    assert str(schedule(rules=[{**UPTIME, "tiers": [{}]}]).rules[0].tiers[0]) == "0% <= figure"


def test_all_problems_of_tiers_at_once() -> None:
    tiers = [{"at_least": "99.9%"}, {"at_least": "99%", "below": "99.5%", "credit": "30%"},
             {"at_least": "5%", "below": "99.2%", "credit": "10%"}]  # fmt: skip
    with pytest.raises(ConfigurationError) as caught:
        schedule(rules=[{**UPTIME, "tiers": tiers}])
    assert [(one.path, one.code, one.message) for one in caught.value.problems] == [
        (
            "rules[0].tiers[2].at_least",
            "tier_hole",
            "no tier holds 0% to 5%; the lowest tier is written without at_least",
        ),
        ("rules[0].tiers[1].below", "tier_hole", "no tier holds 99.5% to 99.9%"),
        ("rules[0].tiers[2].below", "tier_overlap", "99% to 99.2% is in two tiers, 1 and 2"),
        ("rules[0].tiers[2]", "tier_order", "a lower figure earns less than tier 1 gives for a higher one"),
    ]


def test_every_key_of_a_schedule_is_described() -> None:
    """In docs/guides/credits.md, and no key that is none."""
    import dataclasses

    import slaclock

    text = (ROOT / "docs/guides/credits.md").read_text(encoding="utf-8")
    for heading, cls in {
        "The document": CreditSchedule, "Rules": slaclock.CreditRule, "Tiers": slaclock.CreditTier,
        "Each breach": slaclock.CreditPerBreach, "Caps": slaclock.CreditCap, "Minimum": slaclock.CreditMinimum,
        "Claims": slaclock.CreditClaim, "Fees": Fee, "Figures": Figure,
    }.items():  # fmt: skip
        match = re.search(rf"^#+ {heading}\n(.*?)(?=^#|\Z)", text, re.DOTALL | re.MULTILINE)
        assert match, heading
        told = {
            key
            for cell in re.findall(r"^\| (`[^|]+) \|", match[1], re.MULTILINE)
            for key in re.findall(r"`(\w+)`", cell)
        }
        assert told == {field.name for field in dataclasses.fields(cls) if not field.name.startswith("_")}, heading


def test_parts_are_replaced_one_by_one() -> None:
    one = DESK.rules[-1]
    assert one.each is not None and DESK.claim is not None
    dearer = one.replace(each=one.each.replace(credit="3%"))
    assert (dearer.each.credit, dearer.each.per) == (Fraction(3, 100), one.each.per)
    assert str(DESK.claim.replace(calendar=DESK.claim.calendar).within) == "20 business days"
    low = DESK.rules[0].tiers[-1].replace(credit="11%")
    assert (low.below, low.credit) == (Fraction(97, 100), Fraction(11, 100))
    with pytest.raises(ConfigurationError):
        low.replace(credit=Fraction(1, 3))  # no text can say it


def test_a_breach_is_counted_begun_or_full() -> None:
    hour = 3_600_000_000
    begun, full, once = (
        schedule(rules=[{**LATE, "each": each}]).rules[0].each
        for each in (LATE["each"], {**LATE["each"], "counting": "full"}, {"amount": "50"})
    )
    assert [begun.count(us) for us in (0, 1, hour, hour + 1, 5 * hour)] == [0, 1, 1, 2, 5]
    assert [full.count(us) for us in (0, 1, hour - 1, hour, hour + 1)] == [0, 0, 0, 1, 1]
    assert [once.count(us) for us in (0, 1, 9 * hour)] == [1, 1, 1]


# -- statements ----------------------------------------------------------------------------------------------


def uptime(value: Any, **tags: str) -> Figure:
    return Figure(value=value, tags=tags)


def test_fees_are_told_apart_by_tags() -> None:
    rule = {**UPTIME, "same": ["service", "region"]}
    fees = [
        {"amount": "100", "tags": {"service": "db", "region": "eu"}},
        {"amount": "20", "tags": {"service": "db", "region": "eu", "part": "backup"}},
        {"amount": "1000", "tags": {"service": "db", "region": "us"}},
    ]
    figures = [uptime("98%", service="db", region="eu"), uptime("99%", service="db", region="us")]
    owed = statement(schedule(rules=[rule]), "2026-06", figures=figures, fees=fees)
    assert [(line.subject, str(line.amount), line.base) for line in owed.lines] == [
        ("region=eu, service=db", "12.00", 120),
        ("region=us, service=db", "0.00", None),
    ]
    assert owed.lines[0].fees == "part=backup, region=eu, service=db; region=eu, service=db"
    everything = statement(schedule(), "2026-06", figures=figures[:1], fees=fees)
    assert str(everything.total) == "112.00"
    backup = schedule(rules=[{**UPTIME, "fees": {"part": ["backup", "archive"]}}])
    assert str(statement(backup, "2026-06", figures=figures[:1], fees=fees).total) == "2.00"


def test_sum_or_best() -> None:
    rules = [UPTIME, {**UPTIME, "key": "other", "only": {"of": "api"}, "tiers": [{"credit": "25%"}]}]
    figures, fees = [uptime("98%", of="web"), uptime("100%", of="api")], [{"amount": "1000"}]
    added = statement(schedule(rules=rules), "2026-06", figures=figures, fees=fees)
    assert [(line.rule, str(line.amount)) for line in added.lines] == [
        ("uptime", "100.00"), ("uptime", "0.00"), ("other", "250.00"),
    ]  # fmt: skip
    best = statement(schedule(rules=rules, combine="best"), "2026-06", figures=figures, fees=fees)
    assert [(line.exact, line.capped, str(line.amount)) for line in best.lines] == [
        (100, 0, "0.00"), (0, 0, "0.00"), (250, 250, "250.00"),
    ]  # fmt: skip
    assert best.lines[0].remarks == ("rule 'other' gives more, or as much",)
    assert (best.exact, best.capped, str(best.total)) == (250, 250, "250.00")


def test_the_best_is_asked_for_each_set_of_fees() -> None:
    rules = [{**UPTIME, "same": ["region"]}, {**UPTIME, "key": "flat", "same": ["region"], "only": {"flat": "yes"},
                                             "tiers": [{"amount": "50"}]}]  # fmt: skip
    fees = [{"amount": "1000", "tags": {"region": "eu"}}, {"amount": "100", "tags": {"region": "us"}}]
    figures = [uptime("98%", region="eu", flat="yes"), uptime("98%", region="us", flat="yes")]
    owed = statement(schedule(rules=rules, combine="best"), "2026-06", figures=figures, fees=fees)
    assert [(line.rule, line.subject, str(line.amount)) for line in owed.lines] == [
        ("uptime", "flat=yes, region=eu", "100.00"),
        ("uptime", "flat=yes, region=us", "0.00"),
        ("flat", "flat=yes, region=eu", "0.00"),
        ("flat", "flat=yes, region=us", "50.00"),
    ]


def test_caps_of_the_same_fees_of_the_month_and_of_the_year() -> None:
    rules = [{**UPTIME, "same": ["region"], "tiers": [{"at_least": "99%"}, {"below": "99%", "credit": "80%"}]}]
    caps = [
        {"per": "year", "amount": "600"},
        {"per": "month", "amount": "700"},
        {"per": "month", "of": "base", "share": "50%"},
    ]
    one = schedule(rules=rules, caps=caps)
    fees = [{"amount": amount, "tags": {"region": region}} for region, amount in (("eu", 1000), ("us", 500))]
    figures = [uptime("98%", region="eu"), uptime("98%", region="us")]
    june = statement(one, "2026-06", figures=figures, fees=fees)
    assert [(cap.cap, cap.fees, cap.room, cap.before, cap.after) for cap in june.caps] == [
        ("50% of the same fees per month", "region=eu", 500, 800, 500),
        ("50% of the same fees per month", "region=us", 250, 400, 250),
        ("700 per month", "", 700, 750, 700),
        ("600 per year", "", 600, 700, 600),
    ]
    assert [str(line.amount) for line in june.lines] == ["400.00", "200.00"]
    july = statement(one, "2026-07", figures=figures, fees=fees, earlier=[june])
    assert str(july.total) == "0.00" and july.earlier == (june.digest(),)
    assert [(cap.room, cap.after) for cap in july.caps][-1] == (0, 0)
    following = statement(one, "2027-01", figures=figures, fees=fees, earlier=[june, july])
    assert str(following.total) == "600.00" and following.earlier == ()


def test_lines_of_no_fees_and_caps_of_the_same_fees() -> None:
    """A sum of money that belongs to no fee has no share of one as its cap, and may have a sum."""
    rules = [{**UPTIME, "tiers": [{"amount": "80"}]}]
    figures = [uptime(1)]
    free = schedule(rules=rules, caps=[{"per": "month", "of": "base", "share": "50%"}])
    assert str(statement(free, "2026-06", figures=figures).total) == "80.00"
    assert str(statement(free, "2026-06", figures=figures, fees=[{"amount": 100}]).total) == "50.00"
    bound = schedule(rules=rules, caps=[{"per": "month", "of": "base", "amount": "60"}])
    first = statement(bound, "2026-06-01..2026-06-10", figures=figures)
    second = statement(bound, "2026-06-11..2026-06-30", figures=figures, earlier=[first])
    assert (str(first.total), str(second.total)) == ("60.00", "0.00")
    again = statement(bound, "2026-06-11..2026-06-30", figures=figures, replaces=second)
    assert correction(second, again).why == ("earlier statements: others",)


def test_a_year_may_begin_in_april() -> None:
    one = schedule(caps=[{"per": "year", "share": "5%"}], year_begins="04-01")
    given = {"figures": [uptime("98%")], "fees": [{"amount": "1000"}], "yearly_fees": "12000"}
    march, april, february = (statement(one, f"2026-{month}", **given) for month in ("03", "04", "02"))
    assert (str(march.total), str(april.total)) == ("100.00", "100.00")
    names = [f"{2026 + month // 13}-{(month - 1) % 12 + 1:02}" for month in range(5, 16)]
    year = [april]
    for name in names:
        year.append(statement(one, name, **given, earlier=[february, march, *year]))
    assert [str(each.total) for each in year] == ["100.00"] * 6 + ["0.00"] * 6  # 5 % of 12000 are 600
    assert str(statement(one, "2027-04", **given, earlier=year).total) == "100.00"


def test_two_statements_of_one_month_share_its_cap() -> None:
    one = schedule(caps=[{"per": "month", "amount": "150"}])
    given = {"figures": [uptime("98%")], "fees": [{"amount": "1000"}]}
    first = statement(one, "2026-06-01..2026-06-15", **given)
    second = statement(one, "2026-06-16..2026-06-30", **given, earlier=[first])
    assert (str(first.total), str(second.total)) == ("100.00", "50.00")
    # A billing month belongs to the calendar month in which it starts.
    middle = statement(one, "2026-06-16..2026-07-15", **given, earlier=[first])
    assert str(middle.total) == "50.00"
    with pytest.raises(CreditError, match="needs a statement for each month"):
        statement(one, "2026-06-15..2026-07-15", **given)


def test_what_a_cap_has_beyond_whole_units_is_cut_off() -> None:
    """So that no mode of rounding goes above it."""
    for mode in ("up", "half_up", "down"):
        one = schedule(rounding=mode, caps=[{"per": "month", "share": "5%"}])
        owed = statement(one, "2026-06", figures=[uptime("98%")], fees=[{"amount": "100.17"}])
        assert (str(owed.total), owed.caps[0].room) == ("5.00", 5)  # 5 % are 5.0085


def test_the_minimum_is_asked_of_what_would_be_given() -> None:
    given = {"figures": [uptime("98%")], "fees": [{"amount": "10.04"}]}
    one = schedule(minimum={"more_than": "1"})
    none = statement(one, "2026-06", **given)
    assert (none.below_minimum, str(none.total), none.exact) == (True, "0.00", Fraction("1.004"))
    assert "nothing is given: a credit is more than 1" in none.to_text()
    up = statement(one.replace(rounding="up"), "2026-06", **given)
    assert (up.below_minimum, str(up.total)) == (False, "1.01")
    nothing = statement(one, "2026-06", figures=[uptime("99%")], fees=[{"amount": 10}])
    assert not nothing.below_minimum  # nothing was owed in the first place


@pytest.mark.parametrize(
    ("proration", "paid", "months"),
    [
        ("days", "36500", {"2026-02": "2800", "2026-03": "3100"}),
        ("months", "12000", {"2026-02": "1000", "2026-03": "1000"}),
        ("time", "87600", {"2026-02": "6720", "2026-03": "7430"}),  # 8760 h in the year, 743 in March
    ],
)
def test_proration(proration: str, paid: str, months: dict[str, str]) -> None:
    tiers = [{"credit": "100%"}]
    one = schedule(proration=proration, timezone="Europe/Berlin", rules=[{**UPTIME, "tiers": tiers}])
    fees = [{"amount": paid, "period": "2026"}]
    for name, wanted in months.items():
        assert str(statement(one, name, figures=[uptime(1)], fees=fees).total) == f"{wanted}.00"
    year = [statement(one, f"2026-{month:02}", figures=[uptime(1)], fees=fees).fees[0].part for month in range(1, 13)]
    assert sum(year) == Fraction(paid)
    assert statement(one, "2025-12", figures=[uptime(1)], fees=fees).fees[0].part == 0
    half = statement(one, "2026-03-01..2026-03-15", figures=[uptime(1)], fees=fees).fees[0].part
    assert 0 < half < Fraction(months["2026-03"])


def test_a_fee_of_the_period_itself_needs_no_proration() -> None:
    owed = statement(schedule(), "2026-06", figures=[uptime("98%")], fees=[{"amount": 100, "period": "2026-06"}])
    assert (str(owed.total), owed.fees[0].period) == ("10.00", "2026-06")


def test_claims_in_the_zone_of_the_period() -> None:
    def claim_by(within: str, period: str = "2026-02", **more: Any) -> str:
        one = schedule(timezone="America/New_York", claim={"within": within, **more})
        return statement(one, period).claim_by.isoformat()

    assert claim_by("30 calendar days") == "2026-03-31T00:00:00-04:00"  # an hour shorter than 720 h
    assert claim_by("1 month") == "2026-04-01T00:00:00-04:00"
    assert claim_by("1 month", "2026-01-01..2026-01-30") == "2026-02-28T00:00:00-05:00"
    desk = {"timezone": "Europe/London", "hours": {"mon-fri": ["09:00-17:00"]}, "holidays": ["GB-ENG"]}
    # The end of March in New York is 1 April 05:00 in London, a Wednesday; Friday and Monday are Good Friday and Easter.
    assert claim_by("3 business days", "2026-03", calendar=desk) == "2026-04-08T04:00:00-04:00"
    assert claim_by("next business day by close", "2026-03", calendar=desk) == "2026-04-02T12:00:00-04:00"
    assert claim_by("16h", "2026-03", calendar=desk) == "2026-04-02T12:00:00-04:00"
    stated = statement(schedule(claim={"within": "1 month"}), "2026-06")
    at = datetime(2026, 8, 1, tzinfo=UTC)
    assert stated.claimable(at) and not stated.claimable(at + timedelta(microseconds=1))
    assert statement(schedule(), "2026-06").claim_by is None
    assert statement(schedule(), "2026-06").claimable(at)


def test_nothing_is_left_out_in_silence() -> None:
    policy = Policy.from_dict(
        {
            "name": "aims", "calendar": "all", "severities": [{"key": "P1"}],
            "calendars": {"all": {"timezone": "UTC", "hours": {"daily": ["00:00-24:00"]}}},
            "objectives": [
                {"severity": "P1", "metric": "resolution", "within": "1h"},
                {"severity": "P1", "metric": "resolution", "within": "1h", "kind": "aim"},
                {"severity": "P1", "metric": "first_response", "within": "1h"},
            ],
        }
    )  # fmt: skip
    opened = datetime(2026, 5, 31, 22, 30, tzinfo=UTC)
    early = evaluate(policy, Ticket(id="T-1", severity="P1", opened_at=opened), as_of=opened + timedelta(hours=5))
    later = evaluate(policy, Ticket(id="T-2", severity="P1", opened_at=opened + timedelta(hours=1)), as_of=opened + timedelta(hours=5))  # fmt: skip
    rules = [{**LATE, "only": {"metric": "resolution"}}, {**UPTIME, "only": {"service": "web"}}]
    owed = statement(
        schedule(rules=rules),
        "2026-06",
        breaches=[early, *later],
        figures=[uptime("98%", service="db")],
        fees=[{"amount": 100}],
    )
    assert [(line.tags["ticket"], line.tags["kind"], line.counted) for line in owed.lines] == [("T-2", "commitment", 3)]
    assert owed.lines[0].remarks == ("still running as of 2026-06-01 03:30:00+00:00",)
    assert sorted((each.what, each.subject, each.why) for each in owed.unused) == [
        ("breach", "T-1 P1/first_response", "breached at 2026-05-31 23:30:00+00:00, outside the period"),
        ("breach", "T-1 P1/resolution", "breached at 2026-05-31 23:30:00+00:00, outside the period"),
        ("breach", "T-1 P1/resolution/aim", "breached at 2026-05-31 23:30:00+00:00, outside the period"),
        ("breach", "T-2 P1/first_response", "no rule takes it up"),
        ("breach", "T-2 P1/resolution/aim", "an aim, and no rule takes it up"),
        ("figure", "availability service=db", "no rule takes it up"),
        ("rule", "uptime", "no figure was given for it"),
    ]
    assert owed.to_text().count("- not used: ") == 7
    with_aims = schedule(rules=[{**LATE, "only": {"kind": ["commitment", "aim"], "metric": "resolution"}}])
    assert len(statement(with_aims, "2026-06", breaches=later, fees=[{"amount": 100}]).lines) == 2


def test_a_breach_belongs_to_the_period_in_which_it_came() -> None:
    """A period is half-open: its first instant is in it, its end is in the next."""
    result = late("P1", "resolution", "1h")
    at = result["resolution"].breached_at
    assert at is not None
    hour, fees = timedelta(hours=1), [{"amount": 100}]
    one = schedule(rules=[LATE])
    before, after = (Period.span(*ends, "UTC") for ends in ((at - hour, at), (at, at + hour)))
    assert statement(one, before, breaches=result, fees=fees).lines == ()
    assert len(statement(one, after, breaches=result, fees=fees).lines) == 1


def test_real_time_late_is_counted_where_asked() -> None:
    """A breach on a desk that closes: working time over, and real time after due."""
    london = ZoneInfo("Europe/London")
    policy = Policy.from_dict(
        {
            "name": "desk", "calendar": "desk", "severities": [{"key": "P1"}], "verdict": "due",
            "calendars": {"desk": {"timezone": "Europe/London", "hours": {"mon-fri": ["09:00-17:00"]}}},
            "objectives": [{"severity": "P1", "metric": "resolution", "within": "8h"}],
        }
    )  # fmt: skip
    opened = datetime(2026, 6, 8, 9, 0, tzinfo=london)
    ticket = Ticket(id="T-1", severity="P1", opened_at=opened).resolve(opened.replace(hour=19, minute=30))
    result = evaluate(policy, ticket, as_of=opened.replace(hour=23))
    assert result["resolution"].breached and result["resolution"].overrun == timedelta(0)
    for measure, counted, condition in (("overrun", 0, "overrun 0s"), ("late_by", 3, "late by 2h30m")):
        one = schedule(
            rules=[{**LATE, "each": {"per": "1h", "amount": "40", "measure": measure, "at_most_amount": "99.999"}}]
        )
        owed = statement(one, "2026-06", breaches=[result])
        assert (owed.lines[0].counted, owed.lines[0].condition) == (counted, condition)
        assert str(owed.total) == {0: "0.00", 3: "99.99"}[counted]
        assert owed.lines[0].remarks == (() if counted == 0 else ("bounded by what one breach earns at most",))


# -- figures of other rooms ----------------------------------------------------------------------------------


def test_an_availability_is_a_figure() -> None:
    period = Period.parse("2026-06", "UTC")
    measured = availability(period, [Outage(start="2026-06-03T10:00:00Z", end="2026-06-03T17:12:00Z")])
    figure = Figure(value=measured, tags={"service": "vm"})
    assert (figure.value, figure.of, figure.period) == (Fraction(99, 100), "availability", period)
    assert figure.facts["unavailable"] == "7h12m"
    fees = [{"amount": "500", "tags": {"service": "vm"}}]
    owed = statement(credits.load("azure-vm"), period, figures=[figure], fees=fees)
    assert str(owed.total) == "50.00" and owed.lines[0].facts["period"] == "2026-06"
    bare = schedule(rules=[UPTIME])
    assert str(statement(bare, period, figures=[measured], fees=fees).total) == "0.00"
    with pytest.raises(CreditError, match="the figure is for 2026-06, the statement for 2026-05"):
        statement(bare, "2026-05", figures=[measured], fees=fees)


def test_receipts_behind_a_figure() -> None:
    kept = receipt(late("P1", "resolution", "1h"))
    figure = Figure(value="98%", receipts=[kept, "0" * 64])
    assert figure.receipts == tuple(sorted(["0" * 64, kept.digest()]))
    owed = statement(schedule(), "2026-06", figures=[figure], fees=[{"amount": 1}])
    assert owed.lines[0].receipts == figure.receipts
    with pytest.raises(CreditError, match="neither a receipt nor its digest"):
        Figure(value="98%", receipts=[7])


def attained(*minutes: int) -> Attainment:
    opened = datetime(2026, 6, 8, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    results = [
        evaluate(
            EVERBRIGHT,
            Ticket(id=f"T-{i}", severity="P1", opened_at=opened).respond(opened + timedelta(minutes=each)),
            as_of=opened + timedelta(hours=1),
        )
        for i, each in enumerate(minutes)
    ]
    return attainment(results, by=("severity", "metric"))


def test_rows_of_an_attainment_are_figures() -> None:
    rows = attained(15, 15, 16, 14).rows
    owed = statement(DESK, "2026-06", figures=rows, fees=[FEE])
    (line,) = [line for line in owed.lines if line.rule == "p1-first-response"]
    assert (line.figure, line.facts["met"], line.facts["judged"]) == (Fraction(3, 4), "3", "4")
    assert (line.credit, str(line.amount), line.tags["severity"]) == ("10%", "1000.00", "P1")


def test_a_share_of_something_else_is_asked_what_it_is() -> None:
    opened = datetime(2026, 6, 8, 10, 0, tzinfo=UTC)
    ticket = Ticket(id="T-1", severity="P1", opened_at=opened).resolve(opened)
    rate = reopen_rate([evaluate(EVERBRIGHT, ticket, as_of=opened + timedelta(hours=1))])
    with pytest.raises(CreditError, match=r"figures\[0\]\.of: a share of what\? TicketRate does not say") as caught:
        statement(schedule(), "2026-06", figures=[rate])
    assert caught.value.path == "figures[0].of"


# -- readings, explanations, receipts --------------------------------------------------------------------------


def test_what_is_behind_a_line() -> None:
    result = late("P1", "resolution", "90m")
    kept = receipt(result)
    owed = statement(DESK, "2026-06", breaches=[result], fees=[FEE], receipts=[kept])
    (line,) = owed.lines
    assert line.receipts == (kept.digest(),)
    assert line.reading is result["resolution"]
    assert line.explained().reading is result["resolution"]
    assert line.facts["events"] == kept.to_dict()["digests"]["ticket"]
    assert line.facts["overrun"] == "1h30m"
    assert (line.subject, line.result) == ("T-1 resolution", "overrun 1h30m, counts 2")
    whole = owed.to_dict(explanations=True)["lines"][0]["explained"]
    assert whole["segments"] and whole["elapsed"] == "25h30m"
    back = Statement.from_json(owed.to_json(explanations=True))
    assert back == owed and back.digest() == owed.digest() and back.lines[0].reading is None
    with pytest.raises(CreditError, match="holds no reading"):
        back.lines[0].explained()
    same = statement(DESK, "2026-06", breaches=[result], fees=[FEE], receipts=bundle([kept]).receipts)
    by_name = statement(DESK, "2026-06", breaches=[result], fees=[FEE], receipts={"T-1": kept.digest()})
    assert same == owed and by_name.lines[0].receipts == (kept.digest(),)
    assert statement(DESK, "2026-06", breaches=[result], fees=[FEE], receipts={"T-1": kept}) == owed
    without = statement(DESK, "2026-06", breaches=result, fees=[FEE])
    assert without.lines[0].receipts == () and without.lines[0].explanation == line.explanation


def test_a_receipt_of_another_reading_is_refused() -> None:
    result, other = late("P1", "resolution", "90m"), late("P1", "resolution", "91m")
    later = evaluate(EVERBRIGHT, result.asked.ticket, as_of=result.as_of + timedelta(hours=1))
    for wrong in (other, later):
        with pytest.raises(CreditError) as caught:
            statement(DESK, "2026-06", breaches=[result], fees=[FEE], receipts=[receipt(wrong)])
        assert caught.value.path == "receipts.T-1" and "does not hold this reading" in str(caught.value)
    with pytest.raises(CreditError, match=r"receipts\[0\]: two receipts for ticket 'T-1'"):
        statement(DESK, "2026-06", breaches=[result], fees=[FEE], receipts=[bundle([result, other])])


def test_a_statement_is_provisional_where_a_reading_is() -> None:
    """China's holidays are published a year at a time."""
    opened = datetime(2027, 6, 8, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    ticket = Ticket(id="T-1", severity="P1", opened_at=opened)
    result = evaluate(EVERBRIGHT, ticket, as_of=opened + timedelta(hours=2))
    assert result["first_response"].provisional
    one = schedule(rules=[{**LATE, "only": {"metric": "first_response"}}])
    owed = statement(one, "2027-06", breaches=[result], fees=[{"amount": 100}])
    assert owed.provisional and "provisional: " in owed.to_text()


# -- kept and shown --------------------------------------------------------------------------------------------


def nasty() -> Statement:
    named = '<script>alert("1")</script> | `x` *y* [z](u) \x00 \u202e & "q", 1;\n# 2'
    text = named + " \ud800"
    rules = [{**UPTIME, "key": named}, {**LATE, "key": "- 1. late", "only": {"metric": "resolution"}}]
    one = schedule(name=named, rules=rules, caps=[{"per": "month", "share": "5%"}])
    figures = [uptime("98%", service=text), uptime("98.123456789%", service="=cmd()")]
    return statement(one, "2026-06", figures=figures, fees=[{"amount": "333.33", "tags": {"for": text}}],
                     breaches=[late("P1", "resolution", "1h")], customer=text, number=text)  # fmt: skip


class Wellformed(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("what", ["statement", "correction"])
def test_html_is_well_formed_and_escaped(what: str) -> None:
    from xml.etree import ElementTree as ET

    stated = nasty()
    shown_one = stated if what == "statement" else correction(stated, corrected(stated))
    html = shown_one._repr_html_()
    assert html == shown_one.to_html()
    html.encode("utf-8")
    assert "<script" not in html and "\x00" not in html and "\u202e" not in html
    ET.fromstring(html)
    parser = Wellformed()
    parser.feed(html)
    assert not parser.open
    assert any('<script>alert("1")</script>' in text for text in parser.text)


def corrected(old: Statement) -> Statement:
    one = schedule(rules=[{**UPTIME, "key": "<script>"}])
    return statement(one, "2026-06", figures=[uptime("98%", service='<script>alert("1")</script>')],
                     fees=[{"amount": 1}], replaces=old)  # fmt: skip


def test_markdown_is_escaped() -> None:
    from markdown_it import MarkdownIt

    html = MarkdownIt("commonmark").enable("table").render(nasty().to_markdown())
    assert "<script" not in html and "<code>" not in html and "<a " not in html and "<em>" not in html
    assert html.count("<h2>") == 1 and "<ol>" not in html and html.count("<ul>") == 2
    assert html.count("<tr>") == 1 + 3 + 1 and html.count("<td") == 4 * 7
    assert "alert(&quot;1&quot;)" in html


def test_csv_has_a_row_a_line() -> None:
    stated = nasty()
    rows = list(csv.DictReader(io.StringIO(stated.to_csv())))
    assert [row["rule"] for row in rows] == [line.rule for line in stated.lines]
    assert sum(Decimal(row["amount"]) for row in rows) == stated.total
    assert [Fraction(row["exact"]) for row in rows] == [line.exact for line in stated.lines]
    assert rows[0]["customer"] == stated.customer and rows[0]["figure"] == "0.98" and rows[2]["counted"] == "1"
    assert rows[2]["explanation"] == stated.lines[2].explanation


def test_text_has_a_row_a_line_and_the_total() -> None:
    text = nasty().to_text()
    lines = text.splitlines()
    header = next(i for i, line in enumerate(lines) if line.startswith("Rule"))
    rules = [i for i, line in enumerate(lines) if set(line) == {"-", " "}]
    assert rules == [header + 1, header + 5]
    assert lines[header + 6].startswith("Total") and lines[header + 6].split()[-1] == "16.66"  # 5 % of 333.33, cut off
    assert "cap of 5% of the fees per month: 16.66 of 73.3326" in text
    assert "\x00" not in text and "\ud800" not in text


def test_a_statement_goes_round() -> None:
    stated = nasty()
    back = Statement.from_json(stated.to_json())
    assert back == stated and back.digest() == stated.digest() and back.to_text() == stated.to_text()
    assert pickle.loads(pickle.dumps(stated)) == stated == copy.deepcopy(stated)
    assert back.line(stated.lines[0].key) == stated.lines[0]
    with pytest.raises(CreditError, match="no line 'x'"):
        back.line("x")


@pytest.mark.parametrize(
    "change",
    [
        {"total": 1}, {"minor": 2}, {"customer": "other"}, {"digest": "0"}, {"lines": []}, {"statement": 2},
        {"minor": 1666.0}, {"exact": "1e9"}, {"exact": 0.5}, {"period": {}}, {"fees": None}, {"replaces": "x"},
    ],
)  # fmt: skip
def test_an_altered_statement_is_refused(change: dict[str, Any]) -> None:
    data = nasty().to_dict()
    if change == {"total": 1}:  # what nobody asks for changes nothing
        assert Statement.from_dict({**data, **change}) == nasty()
        return
    with pytest.raises(CreditError):
        Statement.from_dict({**data, **change})
    assert Statement.from_dict(data) == nasty()
    for text in ("", "{", "[]", "7", "[" * 100_000):
        with pytest.raises(CreditError):
            Statement.from_json(text)


def test_the_digest_is_of_plain_data() -> None:
    """What an auditor does without the library."""
    import hashlib

    stated = statement(schedule(), "2026-06", figures=[uptime("98%", service="é|")], fees=[{"amount": 1}])
    data = json.loads(stated.to_json())
    digest = data.pop("digest")
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == digest == stated.digest()


# -- corrections ---------------------------------------------------------------------------------------------


def corrected_ticket(*, resolved: str, **known: Any) -> Evaluation:
    opened = datetime(2026, 6, 8, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    ticket = Ticket(id="T-1", severity="P1", opened_at=opened).respond(opened)
    for event in known.get("events", ()):
        ticket = event(ticket, opened)
    ticket = ticket.resolve(opened + timedelta(microseconds=parse_duration(resolved)))
    return evaluate(EVERBRIGHT, ticket, as_of=opened + timedelta(hours=72))


def test_late_events_give_a_new_statement_and_the_difference() -> None:
    """A pause that was recorded late makes a ticket of 27 hours one of 25."""
    before = corrected_ticket(resolved="27h")
    hour = timedelta(hours=1)
    after = corrected_ticket(
        resolved="27h",
        events=[
            lambda t, at: t.pause(at + hour, reason="customer"),
            lambda t, at: t.resume(at + 3 * hour, reason="customer"),
        ],
    )
    old = statement(DESK, "2026-06", breaches=[before], fees=[FEE], receipts=[receipt(before)])
    new = statement(DESK, "2026-06", breaches=[after], fees=[FEE], receipts=[receipt(after)], replaces=old)
    assert (str(old.total), str(new.total), new.replaces) == ("600.00", "200.00", old.digest())
    changed = correction(old, new)
    assert (str(changed.difference), changed.minor) == ("-400.00", -40000)
    (line,) = changed.lines
    assert (line.change, str(line.difference)) == ("changed", "-400.00")
    assert "events: changed" in line.why
    assert "elapsed: was 27h, is 25h" in line.why
    assert "overrun: was 3h, is 1h" in line.why
    assert "paused: was 0s, is 2h" in line.why
    assert "counted: was 3, is 1" in line.why
    assert line.why[-1] == "by the rule: was 600.00, is 200.00"
    assert not any("holiday" in why or "version" in why for why in line.why)
    assert changed.to_dict()["difference"] == "-400.00"
    assert json.loads(json.dumps(changed.to_dict()))["lines"][0]["was"] == "600.00"
    rows = list(csv.DictReader(io.StringIO(changed.to_csv())))
    assert [(row["was"], row["is"], row["difference"]) for row in rows] == [("600.00", "200.00", "-400.00")]
    assert "-400.00" in changed.to_text() and old.digest() in changed.to_markdown()


def desk_with(*holidays: str) -> Evaluation:
    policy = Policy.from_dict(
        {
            "name": "desk", "calendar": "desk", "severities": [{"key": "P1"}],
            "calendars": {"desk": {"timezone": "Europe/London", "hours": {"mon-fri": ["09:00-17:00"]}, "holidays": list(holidays)}},
            "objectives": [{"severity": "P1", "metric": "resolution", "within": "4h"}],
        }
    )  # fmt: skip
    opened = datetime(2026, 6, 12, 15, 0, tzinfo=ZoneInfo("Europe/London"))  # a Friday
    ticket = Ticket(id="T-1", severity="P1", opened_at=opened).resolve(opened.replace(day=16, hour=10))
    return evaluate(policy, ticket, as_of=opened.replace(day=17))


def test_a_changed_holiday_table_is_named() -> None:
    """Monday 15 June became a holiday: 2 h on Friday, 8 on Monday, 1 on Tuesday; without Monday 3 of 4."""
    one = schedule(rules=[{**LATE, "each": {"per": "1h", "amount": "10"}}])
    before, after = desk_with(), desk_with("2026-06-15")
    old = statement(one, "2026-06", breaches=[before], receipts=[receipt(before)])
    new = statement(one, "2026-06", breaches=[after], receipts=[receipt(after)], replaces=old)
    assert (str(old.total), str(new.total)) == ("70.00", "0.00")
    (line,) = correction(old, new).lines
    assert (line.change, str(line.difference), line.now) == ("gone", "-70.00", None)
    # With a lesser holiday both are breaches, and the reason has a name.
    still = desk_with("2026-06-16")
    new = statement(one, "2026-06", breaches=[still], receipts=[receipt(still)], replaces=old)
    (line,) = correction(old, new).lines
    assert "holiday dates: changed" in line.why and "policy: changed" in line.why
    assert "overrun: was 7h, is 6h" in line.why and "events: changed" not in line.why


def test_a_ticket_that_was_read_later_did_not_change() -> None:
    """Its receipt is another; a note that moves no clock is told, at a difference of nothing."""
    first = late("P1", "resolution", "1h")
    ticket = first.asked.ticket
    later = evaluate(EVERBRIGHT, ticket, as_of=first.as_of + timedelta(days=30))
    noted = evaluate(EVERBRIGHT, ticket.update(first.as_of), as_of=first.as_of + timedelta(days=30))
    old = statement(DESK, "2026-06", breaches=first, fees=[FEE], receipts=[receipt(first)])
    new = statement(DESK, "2026-06", breaches=later, fees=[FEE], receipts=[receipt(later)], replaces=old)
    assert old.lines[0].receipts != new.lines[0].receipts
    assert correction(old, new).lines == ()
    new = statement(DESK, "2026-06", breaches=noted, fees=[FEE], receipts=[receipt(noted)], replaces=old)
    (line,) = correction(old, new).lines
    assert line.minor == 0 and line.why[0] == "events: changed"


def test_what_changed_for_the_whole() -> None:
    given = {"figures": [uptime("98%", of="a"), uptime("98%", of="b")]}
    old = statement(schedule(), "2026-06", **given, fees=[{"amount": "100.05"}])
    capped = schedule(caps=[{"per": "month", "amount": "5"}], claim={"within": "2 months"})
    new = statement(capped, "2026-06", **given, fees=[{"amount": "100.05"}], replaces=old)
    changed = correction(old, new)
    assert [str(line.difference) for line in changed.lines] == ["-7.51", "-7.50"]
    assert [line.why for line in changed.lines] == [("after caps: was 10.005, is 2.50",)] * 2
    assert changed.why == ("schedule: small was changed", "claim by: was nothing, is 2026-09-01 00:00:00+00:00")
    assert str(changed.difference) == "-15.01"
    fee = statement(capped, "2026-06", **given, fees=[{"amount": "50"}], replaces=new)
    again = correction(new, fee)
    assert again.why == ("fees: was 100.05, is 50",) and again.minor == 0
    assert [line.why for line in again.lines] == [("base: was 100.05, is 50", "by the rule: was 10.005, is 5.00")] * 2
    same = correction(fee, statement(capped, "2026-06", **given, fees=[{"amount": "50"}], replaces=fee))
    assert same.lines == () and same.why == () and str(same.difference) == "0.00"


def test_a_shift_of_a_single_unit_is_told() -> None:
    """A line that did not change may get the unit that another got before."""
    one = schedule(rules=[{**UPTIME, "same": ["of"], "tiers": [{"credit": "10%"}]}], rounding="down")
    figures = [uptime(1, of="a"), uptime(1, of="b")]

    def fees(a: str, b: str) -> list[dict[str, Any]]:
        return [{"amount": a, "tags": {"of": "a"}}, {"amount": b, "tags": {"of": "b"}}]

    old = statement(one, "2026-06", figures=figures, fees=fees("0.06", "0.05"))
    new = statement(one, "2026-06", figures=figures, fees=fees("0.06", "0.08"), replaces=old)
    assert [str(line.amount) for line in old.lines] == ["0.01", "0.00"]
    assert [str(line.amount) for line in new.lines] == ["0.00", "0.01"]
    first, second = correction(old, new).lines
    assert first.why == ("rounded: was 0.01, is 0.00",) and second.why[0] == "base: was 0.05, is 0.08"


def test_a_correction_is_of_what_it_replaces() -> None:
    old = statement(schedule(), "2026-06", figures=[uptime("98%")], fees=[{"amount": 1}])
    other = statement(schedule(), "2026-07", replaces=old)
    yen = statement(schedule(currency="JPY"), "2026-06", replaces=old)
    for new, path in ((old, "new.replaces"), (other, "new.period"), (yen, "new.currency")):
        with pytest.raises(CreditError) as caught:
            correction(old, new)
        assert caught.value.path == path
    with pytest.raises(CreditError, match="not a statement"):
        correction(old, None)  # type: ignore[arg-type]


def test_new_and_gone_lines() -> None:
    old = statement(schedule(), "2026-06", figures=[uptime("98%", of="a")], fees=[{"amount": 100}])
    new = statement(schedule(), "2026-06", figures=[uptime("98%", of="b")], fees=[{"amount": 100}], replaces=old)
    changed: Correction = correction(old, new)
    assert [(line.change, str(line.difference), line.why) for line in changed.lines] == [
        ("gone", "-10.00", ("it is not in the new statement",)),
        ("new", "10.00", ("it was not in the old statement",)),
    ]
    assert changed.minor == 0


# -- no float --------------------------------------------------------------------------------------------------


def walk(value: Any, path: str = "") -> Any:
    yield path, value
    if isinstance(value, dict):
        for key, held in value.items():
            yield from walk(held, f"{path}.{key}")
    elif isinstance(value, (list, tuple)):
        for i, held in enumerate(value):
            yield from walk(held, f"{path}[{i}]")
    elif hasattr(value, "__dataclass_fields__") and not isinstance(value, Period):
        for name in value.__dataclass_fields__:
            if not name.startswith("_") and name != "reading":
                yield from walk(getattr(value, name), f"{path}.{name}")


def test_no_float_reaches_an_amount() -> None:
    """Every leaf of every object: integers, fractions, decimals, texts, instants."""
    stated = nasty()
    shown_ones = [stated, stated.to_dict(explanations=True), json.loads(stated.to_json()), DESK, *map(credits.load, credits.names()),
                  correction(stated, corrected(stated)), Fee(amount="1"), uptime("98%")]  # fmt: skip
    seen = 0
    for one in shown_ones:
        for path, value in walk(one):
            seen += 1
            assert not isinstance(value, float), path
    assert seen > 500
    assert isinstance(stated.total, Decimal) and all(isinstance(line.amount, Decimal) for line in stated.lines)


# -- bad input ---------------------------------------------------------------------------------------------------


@dataclass
class Fake:
    value: Any
    unavailable: Any = None


@pytest.mark.parametrize(
    ("given", "path", "says"),
    [
        ({"figures": [0.99]}, "figures[0].value", "a float is not a share: 0.99"),
        ({"figures": [{"value": 0.99}]}, "figures[0].value", "a float is not a share: 0.99"),
        ({"figures": [Fake(0.99)]}, "figures[0].value", "a float is not a share: 0.99"),
        ({"figures": ["101%"]}, "figures[0].value", "not a share from 0 to 1: '101%'"),
        ({"figures": [Fraction(3, 2)]}, "figures[0].value", "not a share from 0 to 1"),
        ({"figures": [True]}, "figures[0].value", "not a share from 0 to 1: True"),
        ({"figures": [Decimal("0.99")]}, "figures[0].value", "not a share from 0 to 1"),
        ({"figures": [{"valeu": "99%"}]}, "figures[0].valeu", "did you mean 'value'?"),
        ({"figures": [{"tags": {}}]}, "figures[0].value", "it is required"),
        ({"figures": [{"value": "99%", "of": "attainmnet"}]}, "figures[0].of", "did you mean 'attainment'?"),
        ({"figures": [{"value": "99%", "tags": {"a": 1}}]}, "figures[0].tags.a", "a tag is a text, not 1"),
        ({"figures": [{"value": "99%", "tags": "a"}]}, "figures[0].tags", "tags are names and texts"),
        ({"figures": ["99%", "97%"]}, "figures[1].tags", "a second availability with the tags of another: none"),
        ({"figures": ["98%"]}, "fees", "owes a share of a fee, and there is none"),
        ({"fees": [{"amount": 12.5}]}, "fees[0].amount", "a float is not an amount: 12.5"),
        ({"fees": [{"amount": "-1"}]}, "fees[0].amount", "an amount is not negative: '-1'"),
        ({"fees": [{"amuont": "1"}]}, "fees[0].amuont", "did you mean 'amount'?"),
        ({"fees": [{"tags": {}}]}, "fees[0].amount", "it is required"),
        ({"fees": ["100"]}, "fees[0]", "not a fee: '100'"),
        ({"fees": [{"amount": 1, "tags": {"a": None}}]}, "fees[0].tags.a", "a tag is a text, not None"),
        (
            {"fees": [{"amount": 1, "period": "2026-07"}]},
            "fees[0].period",
            "the fee is for 2026-07, the statement for 2026-06",
        ),
        ({"fees": [{"amount": 1, "period": "July"}]}, "fees[0].period", "not a period: 'July'"),
        ({"fees": [{"amount": 1, "period": 7}]}, "fees[0].period", "not a period: 7"),
        ({"breaches": ["T-1"]}, "breaches[0]", "neither a Reading nor an Evaluation"),
        ({"receipts": ["x"]}, "receipts[0]", "not a receipt"),
        ({"receipts": {"T-1": 7}}, "receipts.T-1", "not a receipt"),
        ({"replaces": "x"}, "replaces", "not a statement"),
        ({"earlier": ["x"]}, "earlier[0]", "not a statement"),
    ],
)
def test_what_cannot_be_billed(given: dict[str, Any], path: str, says: str) -> None:
    with pytest.raises(CreditError) as caught:
        statement(schedule(), "2026-06", **given)
    assert (caught.value.path, caught.value.example != "") == (path, True), caught.value
    assert says in caught.value.message


def test_what_is_given_twice() -> None:
    result = late("P1", "resolution", "1h")
    with pytest.raises(CreditError, match=r"breaches\[1\]: .*given twice"):
        statement(DESK, "2026-06", breaches=[result, result], fees=[FEE])
    june = statement(schedule(), "2026-06")
    again = statement(schedule(), "2026-06", replaces=june)
    for earlier, says in (
        ([june, again], "another statement replaces it"),
        ([again], "overlaps 2026-06"),
        ([statement(schedule(currency="JPY"), "2026-05")], "it is in JPY, the schedule in EUR"),
    ):
        with pytest.raises(CreditError, match=says):
            statement(schedule(), "2026-06", earlier=earlier)
    with pytest.raises(CreditError, match="another statement replaces it"):
        statement(schedule(), "2026-07", earlier=[june], replaces=june)


def test_what_a_cap_or_a_rule_needs() -> None:
    with pytest.raises(CreditError) as caught:
        statement(schedule(caps=[{"per": "year", "share": "5%"}]), "2026-06")
    assert caught.value.path == "yearly_fees"
    with pytest.raises(CreditError) as caught:
        statement(schedule(caps=[{"per": "year", "share": "5%"}]), "2026-06", yearly_fees=0.5)  # type: ignore[arg-type]
    assert caught.value.path == "yearly_fees"
    with pytest.raises(CreditError) as caught:
        statement(schedule(rules=[{**UPTIME, "same": ["region"]}]), "2026-06", figures=["98%"])
    assert caught.value.path == "figures[0].tags.region"
    with pytest.raises(CreditError, match="not a CreditSchedule"):
        statement("aws-s3", "2026-06")  # type: ignore[arg-type]
    for period in ("June", 6):
        with pytest.raises(PeriodError):
            statement(schedule(), period)  # type: ignore[arg-type]
    noon = Period.span(datetime(2026, 6, 1, 12, tzinfo=UTC), datetime(2026, 6, 30, 12, tzinfo=UTC), "UTC")
    with pytest.raises(CreditError, match="is no midnight"):
        statement(schedule(proration="days"), noon, fees=[{"amount": 1, "period": "2026-06"}])


def test_values_are_immutable() -> None:
    stated = nasty()
    line: StatementLine = stated.lines[0]
    with pytest.raises(AttributeError):
        stated.minor = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        line.tags["service"] = "x"  # type: ignore[index]
    with pytest.raises(AttributeError):
        Fee(amount=1).amount = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        uptime("98%", a="b").tags["a"] = "c"  # type: ignore[index]


S3_TAGS = {"service": "s3", "region": "eu-west-1", "storage": "standard"}


def test_a_figure_of_very_many_digits_is_billed_and_read_back() -> None:
    """A mean of thousands of error rates has more digits than Python writes of an integer."""
    figure = Fraction(10**5000 - 7, 10**5000 + 9)  # just below 100 %
    owed = statement(
        credits.load("aws-s3"), "2026-05", figures=[Figure(value=figure, tags=S3_TAGS, facts={"of": "a month"})],
        fees=[{"amount": "100.00", "tags": S3_TAGS}],
    )  # fmt: skip
    again = Statement.from_json(owed.to_json())
    assert again.lines[0].figure == figure
    assert again.digest() == owed.digest()
    for told in (owed.to_text(), owed.to_markdown(), owed.to_html(), repr(owed)):
        assert told
    assert "99.999999..%" in owed.to_text()
    assert owed.to_csv()
