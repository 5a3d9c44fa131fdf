"""The names in a policy that refer to other parts of it, and whether those are there.

Asked of the finished policy, and of raw data where some field is wrong, so that all problems of a document are
told at once.  A part may therefore be a declared value or a plain table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .calendars import Calendar
from .errors import CompositeDayError, Problem, near
from .metrics import STANDARD
from .targets import trouble_counting

_CONDITIONS = ("in_hours", "out_of_hours", "working_day", "non_working_day")


def reference_problems(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Every name that refers to nothing, and every key used twice."""
    calendars, roles = _keys(data.get("calendars")), _keys(data.get("roles"))
    severities = [_get(item, "key") for item in _items(data, "severities")]
    metrics = {*STANDARD, *_keys(data.get("metrics"))}
    places = {*calendars, *roles}
    yield from _doubles("severities", severities)
    yield from _doubles("objectives", [_get(item, "key") for item in _items(data, "objectives")])
    yield from _doubles("pauses", [_get(item, "reason") for item in _items(data, "pauses")], key="reason")
    yield from _role_problems(data.get("roles"), calendars)
    yield from _unknown("calendar", data.get("calendar"), places, "calendar")
    for name in _keys(data.get("metrics")):
        yield from _unknown(f"metrics.{name}.after", _get(data["metrics"][name], "after"), metrics, "metric")
        yield from _waiting_problems(name, data["metrics"])
    for i, item in enumerate(_items(data, "objectives")):
        yield from _objective_problems(f"objectives[{i}]", item, data, severities, metrics, places)
    for i, item in enumerate(_items(data, "pauses")):
        for j, metric in enumerate(_list(_get(item, "stops"))):
            yield from _unknown(f"pauses[{i}].stops[{j}]", metric, metrics, "metric")
    yield from _escalation_problems(_items(data, "escalations"))
    for i, item in enumerate(_items(data, "escalations")):
        yield from _unknown(f"escalations[{i}].metric", _get(item, "metric"), metrics, "metric")
        for j, severity in enumerate(_list(_get(item, "severities"))):
            yield from _unknown(f"escalations[{i}].severities[{j}]", severity, severities, "severity")
    yield from _set_problems(data)


def _objective_problems(
    path: str, item: Any, data: Mapping[str, Any], severities: Collection[Any], metrics: Collection[Any],
    places: Collection[Any],
) -> Iterator[Problem]:  # fmt: skip
    yield from _unknown(f"{path}.severity", _get(item, "severity"), severities, "severity")
    yield from _unknown(f"{path}.metric", _get(item, "metric"), metrics, "metric")
    own, default = _get(item, "calendar"), data.get("calendar")
    if not own and not default:
        example = f'calendar = "{min(places)}"' if places else '[calendars.desk] and calendar = "desk"'
        yield Problem(path=f"{path}.calendar", value=own, code="missing", example=example,
                      message="no calendar, and the policy names none for all")  # fmt: skip
    yield from _unknown(f"{path}.calendar", own, places, "calendar")
    for name in _CONDITIONS:
        yield from _unknown(f"{path}.only.{name}", _get(_get(item, "only"), name), places, "calendar")
    yield from _unknown(f"{path}.start.next_opening", _get(_get(item, "start"), "next_opening"), places, "calendar")


def _waiting_problems(name: str, metrics: Mapping[str, Any]) -> Iterator[Problem]:
    chain = [name]
    while (after := _get(metrics.get(chain[-1]) or STANDARD.get(chain[-1]), "after")) and after not in chain:
        chain.append(after)
    if after == name:
        yield Problem(path=f"metrics.{name}.after", value=_get(metrics[name], "after"), code="cycle",
                      message=f"{' waits for '.join((*chain, name))}: it would never start",
                      example='after = "first_response"')  # fmt: skip


def _role_problems(roles: Any, calendars: Collection[str]) -> Iterator[Problem]:
    for name in _keys(roles):
        role = roles[name]
        one_of = _list(_get(role, "one_of"))
        if name in calendars:
            yield Problem(path=f"roles.{name}", value=name, code="role", message="a calendar has this name too",
                          example=f"[roles.{name}_role]")  # fmt: skip
        for i, choice in enumerate(one_of):
            yield from _unknown(f"roles.{name}.one_of[{i}]", choice, calendars, "calendar")
        yield from _unknown(f"roles.{name}.default", _get(role, "default"), one_of or calendars, "calendar")


def _escalation_problems(escalations: list[Any]) -> Iterator[Problem]:
    """One key stands for one instant of a clock."""
    for i, item in enumerate(escalations):
        for earlier in escalations[:i]:
            alike = all(_get(item, name) == _get(earlier, name) for name in ("key", "metric"))
            mine, theirs = _list(_get(item, "severities")), _list(_get(earlier, "severities"))
            if alike and (not mine or not theirs or set(mine) & set(theirs)):
                yield Problem(path=f"escalations[{i}].key", value=_get(item, "key"), code="double",
                              message=f"{_get(item, 'key')!r} is given twice for a severity and metric",
                              example='"l3"')  # fmt: skip
                break


def _set_problems(data: Mapping[str, Any]) -> Iterator[Problem]:
    chosen = [_get(rule, "use") for rule in _items(data, "rules")]
    known = [_get(item, "set") for item in _items(data, "objectives") if _get(item, "set")]
    for i, use in enumerate(chosen):
        yield from _unknown(f"rules[{i}].use", use, known, "set of objectives")
    for i, item in enumerate(_items(data, "objectives")):
        name = _get(item, "set")
        if name and name not in chosen:
            yield Problem(path=f"objectives[{i}].set", value=name, code="unknown_set",
                          message=f"no rule chooses the set {name!r}{near(name, map(str, chosen))}",
                          example='[[rules]] when = { plan = "gold" }, use = "gold"')  # fmt: skip


def _doubles(path: str, keys: Sequence[Any], key: str = "key") -> Iterator[Problem]:
    for i, value in enumerate(keys):
        if value and value in keys[:i]:
            yield Problem(path=f"{path}[{i}].{key}", value=value, code="double",
                          message=f"{value!r} is given twice", example=repr(f"{value}-2"))  # fmt: skip


def _unknown(path: str, name: Any, known: Iterable[Any], what: str) -> Iterator[Problem]:
    names = sorted(str(key) for key in known if key)
    if isinstance(name, str) and name and name not in names:
        yield Problem(path=path, value=name, code=f"unknown_{what.split(maxsplit=1)[0]}",
                      message=f"no {what} {name!r}{near(name, names)}",
                      example=repr(names[0]) if names else "")  # fmt: skip


def _get(item: Any, name: str) -> Any:
    return item.get(name) if isinstance(item, Mapping) else getattr(item, name, None)


def _items(data: Mapping[str, Any], name: str) -> list[Any]:
    return _list(data.get(name))


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else []


def _keys(value: Any) -> list[str]:
    return list(value) if isinstance(value, Mapping) else []


# -- what a finished policy is asked besides ---------------------------------------------------------------


def counting_problems(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Targets and conditions that the calendar, or a calendar that the role may be bound to, cannot count."""
    for i, objective in enumerate(data["objectives"]):
        for name, calendar in _candidates(data, objective.calendar or data["calendar"]):
            path = f"objectives[{i}].within"
            trouble = objective.within and trouble_counting(path, objective.within, calendar)
            if trouble:
                yield replace(trouble, message=f"on calendar {name!r}: {trouble.message}")
        yield from _condition_problems(data, f"objectives[{i}].only", objective.only)


def _condition_problems(data: Mapping[str, Any], path: str, only: Any) -> Iterator[Problem]:
    if only is None or not (only.working_day or only.non_working_day):
        return
    for name, calendar in _candidates(data, only.calendar):
        try:
            calendar._days()
        except CompositeDayError as error:
            yield Problem(path=path, value=name, code=error.code, message=error.message, example='days = "beijing"')


def _candidates(data: Mapping[str, Any], name: str) -> list[tuple[str, Calendar]]:
    role = data["roles"].get(name)
    names = [name] if role is None else [*(role.one_of or ([role.default] if role.default else []))]
    return [(known, data["calendars"][known]) for known in names if known in data["calendars"]]
