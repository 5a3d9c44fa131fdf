"""Agreement: one customer's policies over time, with calendar roles bound (POL-10).

A ticket is held for life to the version in force when it was opened.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from ._instant import from_us, to_wall, wall_ordinal
from .calendar_parts import ZoneField
from .calendars import Calendar, CalendarField
from .declarations import Declared, FrozenMap, declared, fault, fault_from
from .errors import NotInForceError, PolicyError
from .index import Index
from .policy import Policy, widen_for_files

_Bindings = Annotated[dict[str, str | CalendarField], AfterValidator(FrozenMap)]


@declared
class Version(Declared):
    """The policy, and the calendars its roles are bound to, from the local date ``effective`` on."""

    effective: date = Field(examples=["2026-01-01"])
    policy: Policy
    roles: _Bindings = Field(default_factory=FrozenMap)

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        try:
            Index.of(self.policy).bind(self.roles)
        except PolicyError as error:
            raise fault_from(error) from None


def _in_order(versions: tuple[Version, ...]) -> tuple[Version, ...]:
    ordered = tuple(sorted(versions, key=lambda version: version.effective))
    for earlier, later in pairwise(ordered):
        if earlier.effective == later.effective:
            raise fault(
                "two_versions",
                f"two versions are effective from {later.effective}",
                'versions = [{ effective = "2026-01-01", ... }, { effective = "2027-01-01", ... }]',
            )
    return ordered


@declared
class Agreement(Declared):
    """A customer's agreement: an id, the zone of its dates, its versions, and the date from which none holds.

    >>> from slaclock import Agreement, contracts
    >>> policy = contracts.load("messagebird-enterprise")
    >>> agreement = Agreement(
    ...     id="A-17", timezone="Europe/London",
    ...     versions=[{"effective": "2026-01-01", "policy": policy, "roles": {"service_hours": "UK"}}],
    ... )
    >>> agreement == Agreement.from_json(agreement.to_json())
    True
    """

    _stamps: ClassVar[Mapping[str, int]] = {"schema": 1}

    schema: Annotated[int, Field(ge=1, le=1)] = 1
    id: str = Field(min_length=1, examples=["A-17"])
    timezone: ZoneField
    versions: Annotated[tuple[Version, ...], AfterValidator(_in_order)] = Field(min_length=1)
    ends: date | None = None

    if TYPE_CHECKING:  # what a person may write; the fields above are what it becomes

        def __init__(
            self,
            *,
            schema: int = 1,
            id: str,  # noqa: A002 - the word of the files
            timezone: str | ZoneInfo,
            versions: Sequence[Version | Mapping[str, Any]],
            ends: date | str | None = None,
        ) -> None: ...

    @classmethod
    def _widened(cls, definitions: dict[str, Any]) -> None:
        widen_for_files(definitions)

    def __post_init__(self) -> None:
        Declared.__post_init__(self)
        if self.ends is not None and self.ends <= self.versions[0].effective:
            raise fault("range", f"it ends on {self.ends}, before its first version is effective", "ends = 2030-01-01")

    def version(self, opened: int) -> Version:
        """The version in force at an instant (UTC microseconds); raises NotInForceError when none is."""
        day = wall_ordinal(to_wall(opened, ZoneInfo(self.timezone)))
        i = bisect_right([version.effective.toordinal() for version in self.versions], day) - 1
        if i < 0 or (self.ends is not None and day >= self.ends.toordinal()):
            at = from_us(opened, ZoneInfo(self.timezone))
            raise NotInForceError(
                f"agreement {self.id!r} has no version in force on {at.date()}",
                path="versions", value=at, example=f'effective = "{self.versions[0].effective}"',
            )  # fmt: skip
        return self.versions[i]

    def bindings(self, version: Version, roles: Mapping[str, str | Calendar] | None) -> dict[str, str | Calendar]:
        """A version's roles, with those given in a call over them."""
        return {**version.roles, **(roles or {})}
