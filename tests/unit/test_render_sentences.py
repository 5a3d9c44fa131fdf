"""What is said of readings, explanations and declarations: worked out by hand, in every state and verdict."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from slaclock import (
    Agreement,
    BusinessCalendar,
    Event,
    Policy,
    RenderError,
    Severity,
    Ticket,
    always_open,
    contracts,
    evaluate,
    explain,
    explain_due,
    explain_elapsed,
    render,
)

LONDON = ZoneInfo("Europe/London")
MONDAY = datetime(2026, 6, 8, 9, 0, tzinfo=LONDON)
FRIDAY = datetime(2026, 5, 22, 15, 0, tzinfo=LONDON)  # before the Spring Bank Holiday
HOUR = timedelta(hours=1)
UK = BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["08:30-16:30"]}, holidays=["GB-ENG"])
DESK = {"timezone": "Europe/London", "hours": {"mon-fri": ["09:00-17:00"]}, "holidays": ["GB-ENG"]}


def policy(*objectives: dict, **more) -> Policy:
    return Policy(
        **{
            "name": "acme",
            "calendar": "desk",
            "calendars": {"desk": DESK, "uk": UK},
            "severities": [{"key": "P1"}, {"key": "P2", "labels": {"en": "High", "pl": "Wysoki"}}],
            "objectives": [{"severity": "P1", "metric": "resolution", **objective} for objective in objectives],
            **more,
        }
    )


EIGHT = policy({"within": "8h"})


def said(ticket: Ticket, hours: float, rules: Policy = EIGHT, metric: str = "resolution") -> str:
    opened = ticket.history()[0].at
    return render.sentence(evaluate(rules, ticket, as_of=opened + hours * HOUR)[metric])


def opened(severity: str = "P1", at: datetime = MONDAY) -> Ticket:
    return Ticket(id="T-1", severity=severity, opened_at=at)


# -- states and verdicts -----------------------------------------------------------------------------------


def test_running():
    """R-5: eight hours on a day of eight hours are due at its close, and kept until the next opening."""
    assert said(opened(), 5) == (
        "Resolution for T-1 (P1): due Mon 8 Jun 2026 17:00 BST, kept until Tue 9 Jun 09:00, 5 h of 8 h used as of "
        "Mon 8 Jun 14:00. Counted: Mon 8 Jun 09:00–14:00; to be counted as things stand: Mon 8 Jun 14:00–17:00."
    )


def test_after_due_and_not_breached():
    assert said(opened(), 12).startswith(
        "Resolution for T-1 (P1): due Mon 8 Jun 2026 17:00 BST, kept until Tue 9 Jun 09:00, 8 h of 8 h used as of "
        "Mon 8 Jun 21:00, 4 h of real time after due."
    )


def test_met_after_due():
    """R-5: an answer at 20:00 used exactly eight hours."""
    assert said(opened().resolve(MONDAY + 11 * HOUR), 30).startswith(
        "Resolution for T-1 (P1): met, stopped Mon 8 Jun 2026 20:00 BST, due Mon 8 Jun 17:00, kept until Tue 9 Jun 09:00, "
        "8 h of 8 h used, 3 h of real time after due. Counted: Mon 8 Jun 09:00–17:00; not counted: outside hours."
    )


def test_breached():
    assert said(opened(), 25.5).startswith(
        "Resolution for T-1 (P1): breached, due Mon 8 Jun 2026 17:00 BST, kept until Tue 9 Jun 09:00, 9 h 30 min of 8 h "
        "used as of Tue 9 Jun 10:30, 1 h 30 min over the budget, 17 h 30 min of real time after due."
    )


def test_paused():
    assert said(opened().pause(MONDAY + 2 * HOUR, reason="customer"), 6) == (
        "Resolution for T-1 (P1): paused since Mon 8 Jun 2026 11:00 BST, due when the pause ends, 2 h of 8 h used as of "
        "Mon 8 Jun 15:00. Counted: Mon 8 Jun 09:00–11:00; not counted: paused (customer)."
    )


def test_cancelled():
    assert said(opened().cancel(MONDAY + 2 * HOUR), 6) == (
        "Resolution for T-1 (P1): cancelled Mon 8 Jun 2026 11:00 BST, 2 h of 8 h used. Counted: Mon 8 Jun 09:00–11:00."
    )


def test_pending():
    """POL-4."""
    late = policy({"within": "2h", "start": {"next_opening": "desk"}})
    assert said(opened(at=MONDAY - 2 * HOUR), 1, late) == (
        "Resolution for T-1 (P1): starts Mon 8 Jun 2026 09:00 BST, due Mon 8 Jun 11:00, 0 min of 2 h used as of "
        "Mon 8 Jun 08:00. Counted: nothing; to be counted as things stand: Mon 8 Jun 09:00–11:00; "
        "not counted: before the start (desk)."
    )


def test_without_a_target():
    """POL-6."""
    assert said(opened().resolve(MONDAY + 1.5 * HOUR), 3, policy({})) == (
        "Resolution for T-1 (P1): stopped Mon 8 Jun 2026 10:30 BST, no target, 1 h 30 min used. "
        "Counted: Mon 8 Jun 09:00–10:30."
    )


def test_a_named_instant_passed():
    """CLK-4: what is over is working time after the instant."""
    assert said(opened(), 26, policy({"within": "same business day by 12:00"})).startswith(
        "Resolution for T-1 (P1): breached, due Mon 8 Jun 2026 12:00 BST, 10 h of 3 h used as of Tue 9 Jun 11:00, "
        "7 h of working time after due, 23 h of real time after due."
    )


def test_judged_by_due():
    """R-5: there is one instant then, and a promise can be broken with no more used than the budget."""
    assert said(opened(), 12, policy({"within": "8h", "verdict": "due"})).startswith(
        "Resolution for T-1 (P1): breached, due Mon 8 Jun 2026 17:00 BST, 8 h of 8 h used as of Mon 8 Jun 21:00, "
        "4 h of real time after due."
    )


def test_a_later_cycle_of_an_aim_with_a_label():
    rules = policy({"severity": "P2", "metric": "update", "within": "4h", "kind": "aim"})
    text = said(opened("P2").update(MONDAY + HOUR), 2, rules, "update")
    assert text.startswith("Update no. 2 (aim) for T-1 (P2 High): due Mon 8 Jun 2026 14:00 BST, 1 h of 4 h used")


def test_due_while_a_pause_begins_with_the_last_of_the_budget():
    """CLK-5: it is due, and cannot be broken while the pause lasts."""
    text = said(opened().pause(MONDAY + 8 * HOUR, reason="vendor"), 9)
    assert "due Mon 8 Jun 17:00, kept for as long as nothing more is counted, 8 h of 8 h used" in text


# -- what was counted --------------------------------------------------------------------------------------


def test_a_calendar_asked_when_due():
    assert render.sentence(explain_due(UK, FRIDAY, "4h")) == (
        "4 h of working time from Fri 22 May 2026 15:00 BST: due Tue 26 May 11:00. Counted: Fri 22 May 15:00–16:30 and "
        "Tue 26 May 08:30–11:00; not counted: outside hours, weekend and Spring Bank Holiday."
    )


def test_a_calendar_asked_backwards():
    assert render.sentence(explain_due(UK, FRIDAY, "-20h")).startswith(
        "20 h of working time before Fri 22 May 2026 15:00 BST: Wed 20 May 11:00. Counted: Wed 20 May 11:00–16:30, "
    )
    assert render.sentence(explain_elapsed(UK, FRIDAY, FRIDAY - 24 * HOUR)).startswith(
        "From Fri 22 May 2026 15:00 BST back to Thu 21 May 15:00: −8 h of working time in 24 h of real time."
    )


def test_a_calendar_asked_over_a_change_of_clocks():
    """The 66 hours that the walls show are 65."""
    et = BusinessCalendar(timezone="America/New_York", hours={"mon-fri": ["09:00-17:00"]})
    friday = datetime(2026, 3, 6, 16, 0, tzinfo=ZoneInfo("America/New_York"))
    assert render.sentence(explain_elapsed(et, friday, friday.replace(day=9, hour=10))) == (
        "From Fri 6 Mar 2026 16:00 EST to Mon 9 Mar 10:00 EDT: 2 h of working time in 65 h of real time. Counted: "
        "Fri 6 Mar 16:00–17:00 EST and Mon 9 Mar 09:00–10:00 EDT; not counted: outside hours and weekend. "
        "Sun 8 Mar 03:00: clocks went forward 1 h."
    )


def test_many_days_are_a_number():
    text = render.sentence(explain_elapsed(UK, FRIDAY, FRIDAY + timedelta(days=14)))
    assert "Counted: 72 h on 10 days, Fri 22 May to Fri 5 Jun; not counted:" in text


def test_a_closed_wednesday_is_no_weekend():
    calendar = BusinessCalendar(
        timezone="Europe/London", hours={"mon-tue": ["09:00-17:00"], "thu-fri": ["09:00-17:00"]}
    )
    text = render.sentence(explain_due(calendar, MONDAY, "20h"))
    assert "not counted: outside hours and day without hours." in text


def test_many_names_are_cut_short():
    holidays = [{"date": f"2026-06-{day:02}", "name": f"day {day}"} for day in range(9, 14)]
    calendar = BusinessCalendar(timezone="Europe/London", hours={"daily": ["09:00-17:00"]}, holidays=holidays)
    text = render.sentence(explain_due(calendar, MONDAY, "10h"))
    assert "not counted: outside hours, day 9, day 10 and 3 more." in text


def test_what_a_change_takes_back():
    """CLK-10: of the two counts, the lesser."""
    rules = policy(
        {"severity": "P1", "within": "8h", "calendar": "around"},
        {"severity": "P2", "within": "8h"},
        calendars={"desk": DESK, "around": {"timezone": "Europe/London", "hours": {"daily": ["00:00-24:00"]}}},
    )
    text = said(opened("P1", MONDAY - 2 * HOUR).change_severity(MONDAY + HOUR, "P2"), 4, rules)
    assert (
        "2 h of 8 h used as of Mon 8 Jun 11:00. Counted: Mon 8 Jun 07:00–11:00 and "
        "−2 h for the change P1 → P2 on Mon 8 Jun 10:00;" in text
    )


def test_a_change_that_takes_nothing_back():
    text = said(opened("P1").change_severity(MONDAY + HOUR, "P2"), 2, policy({"within": "8h"}, {"severity": "P2"}))
    assert text.endswith("Mon 8 Jun 10:00: P1 → P2.")


def test_judged_anew_and_provisional():
    """CLK-11, CAL-5."""
    rules = policy({"within": "1h"}, {"severity": "P2", "within": "8h"}, on_change="retroactive")
    text = said(opened("P1").change_severity(MONDAY + 2 * HOUR, "P2"), 3, rules)
    assert text.endswith("Mon 8 Jun 11:00: P1 → P2. It was judged anew by a later change.")
    china = BusinessCalendar(timezone="Asia/Shanghai", hours={"mon-fri": ["09:00-18:00"]}, holidays=["CN"])
    at = datetime(2030, 3, 4, 2, 0, tzinfo=UTC)
    text = said(opened(at=at), 1, policy({"within": "4h"}, calendars={"desk": china}))
    assert text.endswith("Provisional: it uses holidays of a year that are not published yet.")


def test_of_an_evaluation_a_line_each():
    result = evaluate(contracts.load("wati-pro"), opened(), as_of=MONDAY + HOUR)
    lines = render.sentence(result).splitlines()
    assert [line.partition(" for ")[0] for line in lines] == ["First response", "Resolution"]
    assert all(line.endswith(".") and "Counted" not in line for line in lines)
    nothing = evaluate(EIGHT, opened("P2"), as_of=MONDAY)
    assert render.sentence(nothing) == "T-1 has no readings."


# -- what is declared --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (UK, "Mon–Fri 08:30–16:30 (Europe/London); holidays: country GB-ENG."),
        (always_open("Asia/Tokyo"), "Around the clock (Asia/Tokyo)."),
        (BusinessCalendar(timezone="UTC", hours={}), "Never open (UTC)."),
        (
            BusinessCalendar(
                timezone="Europe/London",
                hours={"mon-thu": ["09:00-12:30", "13:30-17:00"], "fri": ["22:00-06:00"], "sun": ["10:00-24:00"]},
                holidays=["2026-12-24..2026-12-26", "2026-01-02", "market:XFED", {"country": "US", "only": ["New Year's Day"]}],
                special_days={"--12-31": ["09:00-12:00"]},
                closures=[{"start": "2026-05-01T10:00:00Z", "end": "2026-05-01T12:00:00Z"}] ,
                revisions=[{"effective": "2026-04-01", "hours": {}}, {"effective": "2026-05-01", "hours": {}}],
            ),
            (
                "Mon–Thu 09:00–12:30, 13:30–17:00; Fri 22:00–06:00; Sun 10:00–24:00 (Europe/London); holidays: market "
                "XFED, country US (only New Year's Day), 4 dates; 1 special day; 1 closure; 2 revisions."
            ),
        ),
        (
            BusinessCalendar(timezone="Asia/Tokyo", hours={"daily": ["08:00-20:00"]}) - UK,
            (
                "Open when the first part is open and no other is: [every day 08:00–20:00 (Asia/Tokyo)], "
                "[Mon–Fri 08:30–16:30 (Europe/London); holidays: country GB-ENG]."
            ),
        ),
        (policy({"within": "8h"}, {"severity": "P2"}), "acme: 2 severities, 1 metric, 2 objectives."),
        (opened(), "T-1 (P1): opened Mon 8 Jun 2026 08:00 UTC; 1 event."),
        (
            opened().respond(MONDAY + HOUR).resolve(MONDAY + 300 * 24 * HOUR),
            "T-1 (P1): opened Mon 8 Jun 2026 08:00 UTC, resolved Sun 4 Apr 2027 08:00; 3 events.",
        ),
        (
            Ticket(id="T-1", severity="P1", events=[Event(kind="arrived", at=MONDAY)]),
            "T-1 (P1): arrived Mon 8 Jun 2026 08:00 UTC; 1 event.",
        ),
        (Ticket(id="T-1", severity="P1"), "T-1 (P1): 0 events."),
        (
            Agreement(
                id="A-17", timezone="Europe/London", ends="2028-01-01",
                versions=[{"effective": "2026-01-01", "policy": EIGHT}, {"effective": "2026-07-01", "policy": EIGHT}],
            ),
            "A-17: 2 versions, from Thu 1 Jan 2026, ends Sat 1 Jan 2028.",
        ),
    ],
)  # fmt: skip
def test_a_declaration(value, text):
    assert render.sentence(value) == text


def test_what_nothing_is_said_of():
    for value in (Severity(key="P1"), 3, None, "text"):
        with pytest.raises(RenderError) as caught:
            render.sentence(value)
        assert "has no view" in str(caught.value)
        assert not render.has_view(value)


def test_other_languages():
    """The head of a reading in each; the rest is tested by what the laws read back in English."""
    reading = evaluate(policy({"severity": "P2", "within": "8h"}), opened("P2"), as_of=MONDAY + 5 * HOUR)["resolution"]
    heads = {
        "pl": "Rozwiązanie, zgłoszenie T-1 (P2 Wysoki): termin pon., 8 cze 2026 17:00 BST, dotrzymanie możliwe do "
        "wt., 9 cze 09:00, wykorzystano 5 godz. z 8 godz. (stan na pon., 8 cze 14:00).",
        "vi": "Giải quyết cho T-1 (P2): hạn Th 2, 8 thg 6, 2026 17:00 BST, vẫn đạt cho đến Th 3, 9 thg 6 09:00, "
        "đã dùng 5 giờ trong 8 giờ tính đến Th 2, 8 thg 6 14:00.",
        "zh-Hant": "T-1（P2）的解決：期限 2026年6月8日 週一 17:00 BST，最晚至 6月9日 週二 09:00 仍算達成，"
        "8 小時中已用 5 小時（截至 6月8日 週一 14:00）。",
    }
    for language, head in heads.items():
        assert render.sentence(reading, language).startswith(head)
        assert render.sentence(explain(reading), language) == render.sentence(reading, language)
