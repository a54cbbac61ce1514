"""What was shown, as far as alerts look at it: that a person died, and that their cases are over. Pure, and kept nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from core.vocabulary import Json


class Shown(Protocol):
    """A section as it leaves the gateway: `gateway.views.values.ViewSection`."""

    @property
    def section(self) -> str:
        """Which one."""
        ...

    @property
    def data(self) -> Mapping[str, Json]:
        """Its fields."""
        ...


_ENDED: Final[Mapping[str, frozenset[str]]] = {
    "support-plan": frozenset({"completed", "revoked", "ended", "closed", "stopped"}),
    "tenancy": frozenset({"ended", "terminated", "surrendered"}),
    "housing-application": frozenset({"housed", "refused", "closed"}),
    "hospital-stay": frozenset({"home", "moved-elsewhere"}),
    "social-care": frozenset({"ended"}),
    "mental-health-support": frozenset({"ended"}),
    "substance-use": frozenset({"ended"}),
}
"""Sections with a case in them -> what `status` says once it is over (policies/sections)."""


def deceased(sections: Iterable[Shown]) -> bool:
    """Whether a source says that the person has died."""
    return any(one.section == "identity" and one.data.get("deceased") is True for one in sections)


def case_closed(sections: Iterable[Shown]) -> bool:
    """Whether there was a case in what was shown, and all of them are over."""
    cases = [
        _text(one.data.get("status")) in _ENDED[one.section]
        for one in sections
        if one.section in _ENDED and "status" in one.data
    ]
    return bool(cases) and all(cases)


def shown_names(sections: Iterable[Shown]) -> tuple[str, ...]:
    """The person's names as they were shown."""
    found = (_text(one.data.get("name")) for one in sections if one.section == "identity")
    return tuple(one for one in found if one)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
