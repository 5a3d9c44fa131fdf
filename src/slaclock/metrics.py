"""Metrics as data: which events start and stop a clock, and what pauses and reopening do to it (CLK-9).

The seven that most contracts know are written in the same model that a user writes one's own in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema

from .declarations import Declared, FrozenMap, declared, fault

OnChange = Literal["carry", "carry_share", "restart", "retroactive", "keep", "earliest"]
OnReopen = Literal["resume", "new_cycle", "ignore"]
Kinds = tuple[str, ...]


def _paused_by(value: Any) -> Any:
    if value in ("any", "none"):
        return value
    if not isinstance(value, (list, tuple)) or not all(isinstance(reason, str) for reason in value):
        raise fault("paused_by", f'"any", "none" or a list of reasons is expected, not {value!r}', '["customer"]')
    return tuple(value)


_PAUSED_BY_SCHEMA = {"anyOf": [{"enum": ["any", "none"]}, {"type": "array", "items": {"type": "string"}}]}


@declared
class Metric(Declared):
    """What is timed.

    A cycle begins at an event of kind ``starts``, once the metric ``after`` (if any) has stopped, and ends at one of
    ``stops``; ``cycles`` says whether there is one or many.  ``paused_by`` are the reasons that stop the clock unless
    the policy's pause rules say otherwise: ``"any"``, ``"none"``, or a list.  ``on_reopen`` says what reopening does
    to a stopped cycle: ``"resume"``, ``"new_cycle"``, ``"ignore"``, or ``"policy"`` for the policy's rule; one that was
    stopped by a kind in ``final_stops`` stays stopped.  ``on_change`` overrides the policy's rule for changes.
    """

    starts: Kinds = Field(min_length=1, examples=['["opened"]'])
    stops: Kinds = Field(min_length=1, examples=['["resolved", "closed"]'])
    cycles: Literal["one", "many"] = "one"
    paused_by: Annotated[
        Literal["any", "none"] | Kinds,
        PlainValidator(_paused_by),
        PlainSerializer(lambda value: value if isinstance(value, str) else list(value)),
        WithJsonSchema(_PAUSED_BY_SCHEMA),
    ] = "any"
    after: str = ""
    on_reopen: OnReopen | Literal["policy"] = "resume"
    final_stops: Kinds = ()
    on_change: OnChange | Literal[""] = ""

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        for kind in self.final_stops:
            if kind not in self.stops:
                raise fault("final_stops", f"{kind!r} is not among the stops", f"final_stops = {list(self.stops)}")


STANDARD: Mapping[str, Metric] = FrozenMap(
    {
        "acknowledgement": Metric(
            starts=("opened",),
            stops=("acknowledged", "responded", "workaround_provided", "resolved", "closed"),
            paused_by="none",
            on_reopen="ignore",
        ),
        "first_response": Metric(
            starts=("opened",),
            stops=("responded", "resolved", "closed"),
            paused_by="none",
            final_stops=("responded",),
        ),
        "next_response": Metric(
            starts=("customer_replied",),
            after="first_response",
            stops=("responded", "resolved", "closed"),
            cycles="many",
            paused_by="none",
            on_reopen="ignore",
        ),
        "update": Metric(
            starts=("opened", "responded", "updated"),
            stops=("responded", "updated", "resolved", "closed"),
            cycles="many",
            on_reopen="new_cycle",
        ),
        "workaround": Metric(
            starts=("opened",),
            stops=("workaround_provided", "resolved", "closed"),
            final_stops=("workaround_provided",),
        ),
        "resolution": Metric(starts=("opened",), stops=("resolved", "closed"), on_reopen="policy"),
        "closure": Metric(starts=("opened",), stops=("closed",), paused_by="none"),
    }
)
"""The seven standard metrics; a policy that names one changes only what it says."""


def _over_standard(value: Any) -> Any:
    """A table for a standard metric changes only what it says."""
    if not isinstance(value, Mapping):
        return value
    return {
        key: {**_full(STANDARD[key]), **metric} if key in STANDARD and isinstance(metric, Mapping) else metric
        for key, metric in value.items()
    }


def _full(metric: Metric) -> dict[str, Any]:
    """All fields, so that nothing is filled in from elsewhere when it is read back."""
    return {
        "starts": list(metric.starts),
        "stops": list(metric.stops),
        "cycles": metric.cycles,
        "paused_by": metric.paused_by if isinstance(metric.paused_by, str) else list(metric.paused_by),
        "after": metric.after,
        "on_reopen": metric.on_reopen,
        "final_stops": list(metric.final_stops),
        "on_change": metric.on_change,
    }


MetricsField = Annotated[
    dict[str, Annotated[Metric, PlainSerializer(_full)]],
    BeforeValidator(_over_standard),
    AfterValidator(FrozenMap),
]
