"""Views of a policy and of an agreement: what is promised to whom, and what moves the clocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

from ...agreements import Agreement, Version
from ...hours import format_time
from ...index import ALL_REASONS, Index
from ...metrics import Metric
from ...policy import Condition, Escalation, Objective, Policy, Role
from ..amounts import amount, percent
from ..catalogue import Catalogue
from ..columns import columns_of, filled_table
from ..moments import Speaker
from ..names import clean, event_name, free_text, metric_name, severity_name, target_text
from ..opening import calendar_lines, calendar_text
from ..view import Cell, Column, Facts, Row, Table, View

_ONE_DAY = timedelta(days=1)


# -- a policy ----------------------------------------------------------------------------------------------


def policy_sentence(c: Catalogue, policy: Policy) -> str:
    """As ``acme: 2 severities, 3 metrics, 5 objectives``."""
    counts = [
        c.count("policy.severities", len(policy.severities)),
        c.count("policy.metrics", len(_timed(policy))),
        c.count("policy.objectives", len(policy.objectives)),
    ]
    what = c("sentence.comma").join(counts)
    return c.ended(c("sentence.says", subject=clean(policy.name), what=what))


def _timed(policy: Policy) -> tuple[str, ...]:
    return tuple(dict.fromkeys(objective.metric for objective in policy.objectives))


def policy_view(c: Catalogue, policy: Policy) -> View:
    """Targets by severity and metric, then the rules."""
    says = [clean(text) for text in (policy.title, policy.description) if text]
    return View(
        title=c("title.policy", name=clean(policy.name)),
        says=(*says, policy_sentence(c, policy)),
        parts=(*_tables(c, policy), _facts(c, policy)),
    )


def _tables(c: Catalogue, policy: Policy) -> Iterator[Table]:
    yield _matrix(c, policy)
    yield from _listed(c, "escalations", ("escalation", "metric", "severity", "when", "receiver"), (
        (
            clean(each.key), metric_name(c, each.metric), c.series(map(clean, each.severities)) or c("word.all"),
            _instant(c, each), free_text(c, each.receiver),
        )
        for each in policy.escalations
    ))  # fmt: skip
    yield from _listed(c, "metrics", ("metric", "starts", "stops", "paused_by"), (
        _metric(c, policy, name, policy.metric(name)) for name in _timed(policy)
    ))  # fmt: skip
    yield from _listed(c, "pauses", ("reason", "stops_metrics"), (
        (_pause_reason(c, rule.reason), c.series(metric_name(c, name) for name in rule.stops) or c("word.none"))
        for rule in policy.pauses
    ))  # fmt: skip
    yield from _listed(c, "rules", ("attributes", "set"), (
        (_when(c, rule.when), clean(rule.use)) for rule in policy.rules
    ))  # fmt: skip
    yield from _listed(c, "calendars", ("calendar", "hours"), (
        (clean(name), calendar_lines(c, calendar)) for name, calendar in policy.calendars.items()
    ))  # fmt: skip
    yield from _listed(c, "roles", ("role", "bound_to", "description"), (
        (clean(name), _bound_to(c, policy, role), clean(role.description)) for name, role in policy.roles.items()
    ))  # fmt: skip


def _listed(c: Catalogue, title: str, columns: Sequence[str], rows: Iterable[tuple[Cell, ...]]) -> Iterator[Table]:
    """A table, where it has rows."""
    found = [Row(row) for row in rows]
    if found:
        yield filled_table(c, title, columns, found)


def _bound_to(c: Catalogue, policy: Policy, role: Role) -> str:
    if role.default:
        return c("role.default", name=clean(role.default))
    return c("role.one_of", names=c.series(map(clean, role.one_of or policy.calendars)) or c("word.none"))


def _matrix(c: Catalogue, policy: Policy) -> Table:
    """Severities down, metrics across; in a cell a line for each objective."""
    metrics = _timed(policy)
    rows = []
    for severity in policy.severities:
        held = [each for each in policy.objectives if each.severity == severity.key]
        cells = [tuple(_objective(c, policy, each) for each in held if each.metric == metric) for metric in metrics]
        rows.append(Row((severity_name(c, severity), *cells)))
    columns = (Column(c("column.severity"), "name"), *(Column(metric_name(c, name), "prose") for name in metrics))
    return Table(title=c("title.objectives"), columns=columns, rows=tuple(rows))


def _objective(c: Catalogue, policy: Policy, objective: Objective) -> str:
    """``4 h, desk, 99.2 %``: the target first, then what limits it."""
    said = [c("target.none") if objective.within is None else target_text(c, objective.within)]
    if objective.kind == "aim":
        said.append(c("objective.aim"))
    said.append(clean(objective.calendar or policy.calendar))
    if objective.attainment is not None:
        said.append(c("objective.attainment", share=percent(c, objective.attainment)))
    if objective.cutoff is not None:
        said.append(c("objective.cutoff", time=format_time(objective.cutoff)))
    if objective.only is not None:
        said.append(_condition(c, objective.only))
    if objective.start is not None:
        said.append(c("objective.start", calendar=clean(objective.start.next_opening)))
    if objective.set:
        said.append(c("objective.set", name=clean(objective.set)))
    if objective.verdict is not None and objective.verdict != policy.verdict:
        said.append(c(f"objective.verdict_{objective.verdict}"))
    return c("sentence.comma").join(each for each in said if each)


def _condition(c: Catalogue, only: Condition) -> str:
    name = next(name for name in ("in_hours", "out_of_hours", "working_day", "non_working_day") if getattr(only, name))
    return c(f"objective.{name}", calendar=clean(only.calendar))


def _instant(c: Catalogue, escalation: Escalation) -> str:
    """When an escalation comes, in words."""
    if escalation.at in ("due", "breach"):
        return c(f"escalation.{escalation.at}")
    if escalation.at.endswith("%"):
        share = escalation.at.removesuffix("%").replace(".", c("number.decimal"))
        return c("escalation.share", share=c("number.percent", n=share))
    us = escalation.amount() or 0
    if escalation.at.startswith("+"):
        return c("escalation.after_due", amount=amount(c, us))
    return c("escalation.before_used" if us < 0 else "escalation.after_start", amount=amount(c, abs(us)))


def _metric(c: Catalogue, policy: Policy, name: str, metric: Metric) -> tuple[Cell, ...]:
    starts = c.series(event_name(c, kind) for kind in metric.starts)
    stops = c.series(event_name(c, kind) for kind in metric.stops)
    return metric_name(c, name), starts, stops, _paused_by(c, policy, name, metric)


def _paused_by(c: Catalogue, policy: Policy, name: str, metric: Metric) -> str:
    """The reasons that stop a metric: by the policy's rules where they name the reason, else its own."""
    index = Index.of(policy)
    own = metric.paused_by if isinstance(metric.paused_by, tuple) else ()
    ruled = [rule.reason for rule in policy.pauses if rule.reason != ALL_REASONS]
    named = [reason for reason in dict.fromkeys((*ruled, *own)) if index.stops(reason, name)]
    spared = [reason for reason in ruled if not index.stops(reason, name)]
    if index.stops(_ANY_OTHER, name):
        return c("pause.any_but", reasons=c.series(map(clean, spared))) if spared else c("pause.any")
    return c.series(map(clean, named)) or c("word.none")


_ANY_OTHER = "\0"  # a reason that nobody names


def _pause_reason(c: Catalogue, reason: str) -> str:
    return c("pause.others") if reason == ALL_REASONS else clean(reason)


def _when(c: Catalogue, when: object) -> str:
    return free_text(c, when) or c("pause.any")


def _facts(c: Catalogue, policy: Policy) -> Facts:
    rows: list[tuple[str, Cell]] = [
        (c("fact.verdict"), c(f"rule.verdict_{policy.verdict}")),
        (c("fact.on_change"), c(f"rule.on_change_{policy.on_change}")),
        (c("fact.on_reopen"), c(f"rule.on_reopen_{policy.on_reopen}")),
    ]
    rows += [(c("fact.source"), clean(policy.source))] if policy.source else []
    defined = tuple(
        c("reason.named", reason=severity_name(c, severity), name=clean(severity.definition))
        for severity in policy.severities if severity.definition
    )  # fmt: skip
    rows += [(c("fact.severities"), defined)] if defined else []
    return Facts(tuple(rows))


# -- an agreement ------------------------------------------------------------------------------------------


def agreement_sentence(c: Catalogue, agreement: Agreement) -> str:
    """As ``A-17: 2 versions, from Thu 1 Jan 2026``."""
    say = Speaker(c)
    said = [
        c.count("agreement.versions", len(agreement.versions)),
        c("agreement.since", date=say.date(agreement.versions[0].effective)),
    ]
    if agreement.ends is not None:
        said.append(c("agreement.ends", date=say.date(agreement.ends)))
    what = c("sentence.comma").join(said)
    return c.ended(c("sentence.says", subject=clean(agreement.id), what=what))


def agreement_view(c: Catalogue, agreement: Agreement) -> View:
    """Its versions: from when to when, which policy, and what its roles are bound to."""
    lasts = [later.effective - _ONE_DAY for _, later in pairwise(agreement.versions)]
    say = Speaker(c)
    rows = []
    for i, version in enumerate(agreement.versions):
        first = say.date(version.effective)
        end = lasts[i] if i < len(lasts) else agreement.ends and agreement.ends - _ONE_DAY
        last = say.date(end) if end else c("agreement.open")
        rows.append(Row((first, last, clean(version.policy.title or version.policy.name), _bindings(c, version))))
    columns = columns_of(c, "from", "last", "policy", "roles")
    return View(
        title=c("title.agreement", id=clean(agreement.id)),
        says=(agreement_sentence(c, agreement),),
        parts=(
            Facts(((c("fact.zone"), agreement.timezone),)),
            Table(title=c("title.versions"), columns=columns, rows=tuple(rows)),
        ),
    )


def _bindings(c: Catalogue, version: Version) -> Cell:
    return tuple(
        c("reason.named", reason=clean(role), name=clean(bound) if isinstance(bound, str) else calendar_text(c, bound))
        for role, bound in version.roles.items()
    )
