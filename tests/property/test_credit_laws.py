"""Laws of credits: sums, caps, rounding and proration, over schedules, figures and fees drawn at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from slaclock import (
    ConfigurationError,
    CreditSchedule,
    Evaluation,
    Figure,
    Period,
    Policy,
    Statement,
    Ticket,
    correction,
    credits,  # noqa: A004 - what Python has of this name is for its prompt
    evaluate,
    statement,
)
from slaclock.credits.fees import Fee, part_of
from slaclock.credits.money import rounded, share_out

CURRENCIES = {"JPY": 0, "EUR": 2, "KWD": 3, "CLF": 4}
MODES = ("half_even", "half_up", "half_down", "up", "down", "ceiling", "floor", "05up")
REGIONS = ("a", "b", "c")
JUNE = "2026-06"


def percents(low: int = 0, high: int = 10**6) -> st.SearchStrategy[str]:
    """Of four digits after the point, the ends included."""
    return st.integers(low, high).map(lambda n: f"{Decimal(n).scaleb(-4):f}%")


@st.composite
def tiers(draw: st.DrawFn, amounts: bool | None = None) -> list[dict[str, str]]:
    """Any cut of 0 to 100 %, that gives more the lower the figure, in any order."""
    cuts = sorted(draw(st.sets(st.integers(1, 10**6 - 1), max_size=4)), reverse=True)
    by_amount = draw(st.booleans()) if amounts is None else amounts
    most = 5000 if by_amount else 10**6
    given_ = sorted(draw(st.lists(st.integers(0, most), min_size=len(cuts) + 1, max_size=len(cuts) + 1)))
    edges = [None, *(f"{Decimal(cut).scaleb(-4):f}%" for cut in cuts), "0%"]
    made = []
    for i, earned in enumerate(given_):
        tier = {"at_least": edges[i + 1], **({"below": edges[i]} if edges[i] else {})}
        if by_amount:
            tier["amount"] = f"{Decimal(earned).scaleb(-2):f}"
        else:
            tier["credit"] = f"{Decimal(earned).scaleb(-4):f}%"
        made.append(tier)
    return draw(st.permutations(made))


@st.composite
def caps(draw: st.DrawFn) -> list[dict[str, str]]:
    found = []
    for per, of in draw(st.sets(st.sampled_from([("month", "base"), ("month", "statement"), ("year", "statement")]))):
        size = {"share": draw(percents())} if draw(st.booleans()) else {"amount": draw(amounts())}
        found.append({"per": per, "of": of, **size})
    return found


def amounts(places: int = 5) -> st.SearchStrategy[str]:
    return st.integers(0, 10**9).map(lambda n: f"{Decimal(n).scaleb(-places):f}")


@st.composite
def schedules(draw: st.DrawFn) -> CreditSchedule:
    rules = [
        {"key": f"rule-{i}", "on": "availability", "tiers": draw(tiers()),
         "same": draw(st.sampled_from([[], ["region"]])), "only": draw(st.sampled_from([{}, {"region": ["a", "b"]}]))}
        for i in range(draw(st.integers(1, 3)))
    ]  # fmt: skip
    minimum = draw(st.sampled_from([None, {"at_least": "3"}, {"more_than": "1"}]))
    bounds = draw(caps())
    if minimum is not None:
        bounds = [cap for cap in bounds if "amount" not in cap or Decimal(cap["amount"]) > 3]
    return CreditSchedule(
        name="drawn", currency=draw(st.sampled_from(sorted(CURRENCIES))), rounding=draw(st.sampled_from(MODES)), rules=rules,
        caps=bounds, minimum=minimum, combine=draw(st.sampled_from(["sum", "best"])),
    )  # fmt: skip


@dataclass(frozen=True)
class Month:
    """All that a statement is made of."""

    schedule: CreditSchedule
    values: tuple[Fraction, ...]
    fees: tuple[str, ...]
    yearly: str

    def stated(self, period: str = JUNE, **more: Any) -> Statement:
        figures = [
            Figure(value=value, tags={"region": region}) for region, value in zip(REGIONS, self.values, strict=False)
        ]
        fees = [{"amount": fee, "tags": {"region": region}} for region, fee in zip(REGIONS, self.fees, strict=True)]
        return statement(self.schedule, period, figures=figures, fees=fees, yearly_fees=self.yearly, **more)


def shares() -> st.SearchStrategy[Fraction]:
    return st.one_of(st.fractions(0, 1, max_denominator=10**7), st.sampled_from([Fraction(0), Fraction(1)]))


@st.composite
def months(draw: st.DrawFn) -> Month:
    schedule = draw(schedules())
    # Figures on the edges of tiers, where everything happens, besides any others.
    edges = sorted({tier.at_least for rule in schedule.rules for tier in rule.tiers})
    figure = st.one_of(shares(), st.sampled_from(edges))
    return Month(
        schedule=schedule,
        values=tuple(draw(st.lists(figure, max_size=len(REGIONS)))),
        fees=tuple(draw(st.lists(amounts(), min_size=len(REGIONS), max_size=len(REGIONS)))),
        yearly=draw(amounts()),
    )


def unit(stated: Statement) -> Fraction:
    return Fraction(1, 10**stated.digits)


@given(months())
def test_the_lines_add_up_to_the_total(month: Month) -> None:
    """To the last minor unit, in every mode and currency; each is less than a unit away from its exact amount."""
    stated = month.stated()
    assert stated.digits == CURRENCIES[month.schedule.currency]
    assert sum((line.amount for line in stated.lines), Decimal(0)) == stated.total
    assert sum(line.minor for line in stated.lines) == stated.minor
    assert sum((line.capped for line in stated.lines), Fraction(0)) == stated.capped <= stated.exact
    assert all(line.minor >= 0 for line in stated.lines)
    if stated.below_minimum:
        event("below the minimum")
        assert stated.minor == 0
        return
    assert abs(stated.minor * unit(stated) - stated.capped) < unit(stated)
    for line in stated.lines:
        assert abs(line.minor * unit(stated) - line.capped) < unit(stated)


@given(months())
def test_rounding_goes_the_way_its_mode_says(month: Month) -> None:
    stated = replace(month, schedule=month.schedule.replace(minimum=None)).stated()
    given_, exact = stated.minor * unit(stated), stated.capped
    mode = month.schedule.rounding
    if mode in ("up", "ceiling"):
        assert given_ >= exact
    elif mode in ("down", "floor"):
        assert given_ <= exact
    elif mode.startswith("half"):
        assert abs(given_ - exact) <= unit(stated) / 2


@given(months())
def test_never_above_a_cap(month: Month) -> None:
    """Of the whole, of the same fees, and of the year, worked out here from the schedule."""
    stated = month.stated()
    paid = sum(map(Fraction, month.fees), Fraction(0))
    for cap in month.schedule.caps:
        if cap.of == "statement":
            of = Fraction(month.yearly) if cap.per == "year" else paid
            most = Fraction(cap.amount) if cap.amount is not None else cap.share * of
            assert Fraction(stated.total) <= most
        for base in {line.fees for line in stated.lines} if cap.of == "base" else ():
            mine = [
                Fraction(fee) for region, fee in zip(REGIONS, month.fees, strict=True) if f"region={region}" in base
            ]
            most = Fraction(cap.amount) if cap.amount is not None else cap.share * sum(mine, Fraction(0))
            assert sum(Fraction(line.amount) for line in stated.lines if line.fees == base) <= most


@given(months())
def test_the_months_of_a_year_stay_under_its_cap_together(month: Month) -> None:
    year: list[Statement] = []
    for i in (1, 2, 3):
        year.append(month.stated(f"2026-{i:02}", earlier=year))
    yearly = [cap for cap in month.schedule.caps if cap.per == "year"]
    for cap in yearly:
        most = Fraction(cap.amount) if cap.amount is not None else cap.share * Fraction(month.yearly)
        assert sum(Fraction(each.total) for each in year) <= most
    if not yearly:
        assert len({each.total for each in year}) == 1


@given(months(), st.data())
def test_more_downtime_never_earns_less(month: Month, data: st.DataObject) -> None:
    """Whichever figures are lowered, and however much: under caps, minima, rounding, the best or the sum."""
    lower = tuple(value * data.draw(st.one_of(shares(), st.just(Fraction(1)))) for value in month.values)
    before, after = month.stated(), replace(month, values=lower).stated()
    assert after.total >= before.total
    assert after.exact >= before.exact
    event(f"more: {after.total > before.total}")


@given(months(), st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_does_not_matter(month: Month, random: Any) -> None:
    figures = [
        Figure(value=value, tags={"region": region}) for region, value in zip(REGIONS, month.values, strict=False)
    ]
    fees = [Fee(amount=fee, tags={"region": region}) for region, fee in zip(REGIONS, month.fees, strict=True)]
    stated = month.stated()
    random.shuffle(figures)
    random.shuffle(fees)
    other = statement(month.schedule, JUNE, figures=figures, fees=fees, yearly_fees=month.yearly)
    assert other.total == stated.total
    assert {line.key: (line.exact, line.capped) for line in other.lines} == {
        line.key: (line.exact, line.capped) for line in stated.lines
    }


@given(months())
def test_statements_and_schedules_go_round(month: Month) -> None:
    stated = month.stated(customer="ACME", number="C-1")
    assert Statement.from_json(stated.to_json()) == stated
    one = month.schedule
    assert CreditSchedule.from_toml(one.to_toml()) == one == CreditSchedule.from_json(one.to_json())
    assert CreditSchedule.from_toml(one.to_toml()).digest() == one.digest()


@given(months(), st.data())
def test_a_correction_adds_up(month: Month, data: st.DataObject) -> None:
    """And names each line that differs, and none that does not; read back from JSON the same."""
    old = month.stated()
    other = replace(month, values=tuple(data.draw(st.lists(shares(), max_size=len(REGIONS)))),
                    fees=data.draw(st.sampled_from([month.fees, month.fees[::-1]])))  # fmt: skip
    new = other.stated(replaces=old)
    changed = correction(old, new)
    assert sum((line.difference for line in changed.lines), Decimal(0)) == changed.difference == new.total - old.total
    assert all(line.why for line in changed.lines)
    lines = {line.key: line for line in old.lines}, {line.key: line for line in new.lines}
    assert {line.key for line in changed.lines} == {
        key for key in {*lines[0], *lines[1]} if lines[0].get(key) != lines[1].get(key)
    }
    back = correction(Statement.from_json(old.to_json()), Statement.from_json(new.to_json()))
    assert back.to_dict() == changed.to_dict()


# -- tiers ------------------------------------------------------------------------------------------------------


def rule(made: Sequence[dict[str, str]]) -> CreditSchedule:
    return CreditSchedule(name="t", currency="EUR", rounding="down",
                          rules=[{"key": "r", "on": "availability", "tiers": made}])  # fmt: skip


@given(tiers(), shares())
def test_each_figure_is_in_one_tier(made: list[dict[str, str]], figure: Fraction) -> None:
    """No hole and no overlap between 0 and 100 %, both included."""
    one = rule(made).rules[0]
    holding = [tier for tier in one.tiers if figure in tier]
    assert holding == [one.tier(figure)]
    for tier in one.tiers:
        assert one.tier(tier.at_least) is tier
        if tier.below is not None:
            assert one.tier(tier.below) is not tier
            assert one.tier(max(tier.below - Fraction(1, 10**9), tier.at_least)) is tier


@given(tiers(), st.data())
def test_a_moved_edge_is_a_hole_or_an_overlap(made: list[dict[str, str]], data: st.DataObject) -> None:
    assume(len(made) > 1)
    i = data.draw(st.sampled_from([i for i, tier in enumerate(made) if "below" in tier]))
    tier = made[i]
    edge = data.draw(percents())
    assume(
        Fraction(edge[:-1]) != Fraction(tier["below"][:-1]) and Fraction(edge[:-1]) > Fraction(tier["at_least"][:-1])
    )
    with pytest.raises(ConfigurationError) as caught:
        rule([*made[:i], {**tier, "below": edge}, *made[i + 1 :]])
    assert {"tier_hole", "tier_overlap"} & {problem.code for problem in caught.value.problems}
    with pytest.raises(ConfigurationError):
        rule([*made[:i], *made[i + 1 :]])


# -- money --------------------------------------------------------------------------------------------------------


@given(st.lists(st.fractions(0, 1000, max_denominator=997), max_size=8), st.sampled_from(MODES))
def test_sharing_out_loses_nothing(parts: list[Fraction], mode: str) -> None:
    """Whole parts stay, none moves by a unit, and a larger remainder is never passed over for a smaller one."""
    total = rounded(sum(parts, Fraction(0)), mode)
    units = share_out(total, parts)
    assert sum(units) == total
    assert all(abs(share - part) < 1 for share, part in zip(units, parts, strict=True))
    up = [part % 1 for share, part in zip(units, parts, strict=True) if share > part]
    down = [part % 1 for share, part in zip(units, parts, strict=True) if share < part]
    assert not up or not down or min(up) >= max(down)


@given(
    st.fractions(0, 10**6, max_denominator=10**4), st.fractions(0, 10, max_denominator=10**4), st.sampled_from(MODES)
)
def test_rounding_is_monotone(value: Fraction, more: Fraction, mode: str) -> None:
    assert rounded(value, mode) <= rounded(value + more, mode)
    assert rounded(Fraction(int(value)), mode) == int(value)


ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Africa/Cairo", "Pacific/Apia", "Australia/Lord_Howe")


@given(
    st.sampled_from(ZONES),
    st.sampled_from(["days", "months", "time"]),
    st.dates(date(2011, 1, 1), date(2026, 12, 31)),
    st.sets(st.integers(1, 800), min_size=2, max_size=6),
    amounts(),
)
def test_prorated_parts_add_up(zone: str, how: Any, first: date, cuts: set[int], paid: str) -> None:
    """However the period of a fee is cut, and whatever the clocks and the calendar did in it."""
    *inner, last = sorted(cuts)
    edges = [first, *(first + timedelta(days=cut) for cut in inner), first + timedelta(days=last)]
    spans = [(a, b - timedelta(days=1)) for a, b in zip(edges, edges[1:], strict=False)]
    whole = Period.parse(f"{edges[0]}..{edges[-1] - timedelta(days=1)}", zone)
    pieces = []
    for a, b in spans:
        try:
            pieces.append(Period.parse(f"{a}..{b}", zone))
        except Exception:  # a date that the zone skipped is no period
            assume(False)
    fee = Fee(amount=paid, period=whole)
    parts = [part_of(fee, piece, how) for piece in pieces]
    assert sum(parts, Fraction(0)) == Fraction(paid)
    assert all(part >= 0 for part in parts)
    if how == "days":
        days = [(b - a).days + 1 for a, b in spans]
        assert parts == [Fraction(paid) * n / sum(days) for n in days]


# -- breaches -----------------------------------------------------------------------------------------------------

HOUR = timedelta(hours=1)
POLICY = Policy(
    name="p", calendar="all", severities=[{"key": "P1"}],
    calendars={"all": {"timezone": "UTC", "hours": {"daily": ["00:00-24:00"]}}},
    objectives=[{"severity": "P1", "metric": "resolution", "within": "1h"}],
)  # fmt: skip


@cache
def late(minutes: int, ticket: str) -> Evaluation:
    opened = datetime(2026, 6, 8, tzinfo=UTC)
    one = Ticket(id=ticket, severity="P1", opened_at=opened).resolve(opened + HOUR + timedelta(minutes=minutes))
    return evaluate(POLICY, one, as_of=opened + timedelta(days=20))


@given(
    st.lists(st.tuples(st.integers(0, 6000), st.integers(0, 600)), max_size=3),
    st.sampled_from(["begun", "full"]),
    st.sampled_from([None, "30m", "1h", "7m"]),
    st.booleans(),
    st.sampled_from([None, "10%"]),
    st.sampled_from(MODES),
)
def test_a_longer_overrun_never_earns_less(
    overs: list[tuple[int, int]], counting: str, per: str | None, by_amount: bool, at_most: str | None, mode: Any
) -> None:
    each: dict[str, Any] = {
        "counting": counting,
        **({"per": per} if per else {}),
        **({"at_most": at_most} if at_most else {}),
    }
    each |= {"amount": "1.005"} if by_amount else {"credit": "1.37%"}
    one = CreditSchedule(name="b", currency="EUR", rounding=mode, rules=[{"key": "late", "on": "breach", "each": each}],
                         caps=[{"per": "month", "share": "33.3%"}])  # fmt: skip
    totals = []
    for more in (False, True):
        breaches = [late(over + extra * more, f"T-{i}") for i, (over, extra) in enumerate(overs)]
        stated = statement(one, JUNE, breaches=breaches, fees=[{"amount": "777.77"}])
        assert sum(line.minor for line in stated.lines) == stated.minor
        assert stated.total <= Decimal("258.99")  # 33.3 % of 777.77 are 258.99741
        totals.append(stated.total)
        minutes = {"30m": 30, "1h": 60, "7m": 7}
        for line, (over, extra) in zip(stated.lines, [o for o in overs if o[0] + o[1] * more > 0], strict=True):
            length = over + extra * more
            wanted = (
                1 if per is None else (-(-length // minutes[per]) if counting == "begun" else length // minutes[per])
            )
            assert line.counted == wanted
    assert totals[0] <= totals[1]


@given(st.lists(shares(), min_size=1, max_size=5), st.sampled_from(credits.names()))
def test_ready_schedules_are_monotone(values: list[Fraction], name: str) -> None:
    """The lower the figure, the more is owed."""
    one = credits.load(name)
    tags = {"service": "s", "region": "r", "storage": "standard", "project": "p"}
    kind = "attainment" if name == "support-desk" else "availability"
    tags |= {"severity": "P1", "metric": "resolution"} if kind == "attainment" else {}
    fee = {"amount": "1234.56", "tags": {**tags, "service": "support"} if kind == "attainment" else tags}
    totals = [
        statement(one, JUNE, figures=[Figure(value=value, of=kind, tags=tags)], fees=[fee]).total
        for value in sorted(values, reverse=True)
    ]
    assert totals == sorted(totals)
