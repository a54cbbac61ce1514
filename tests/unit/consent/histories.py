"""Histories that nobody would write down by hand: decisions of every kind, ends, beginnings, givers, and an erasure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from consent.permissions import Given, Permission
from core.vocabulary import Kind
from tests.unit.consent.reference import Said

BEGIN = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
COUNTY, COUNCIL, PRACTICE = "norfolk-county-council", "norwich-city-council", "wensum-valley-practice"
TRIAGE, HOMELESS, SAFEGUARDING = "early-help-triage", "homelessness-prevention", "safeguarding-enquiry"
FIELDS = {
    "contact": ("telephone", "email"),
    "tenancy": ("status", "tenancy_type"),
    "communication-needs": ("preferred_language",),
}
PAIRS = tuple((section, name) for section, names in FIELDS.items() for name in names)
WIDE = (("*", "*"), ("contact", "*"), ("*", "email"))


@dataclass(frozen=True)
class Give:
    """Something is said."""

    said: Said


@dataclass(frozen=True)
class Withdraw:
    """The nth thing that was said (or something never said) is ended by somebody."""

    which: int
    by: tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Erase:
    """The person goes."""


Step = Give | Withdraw | Erase

givers = st.tuples(
    st.sampled_from(["portal", "assisted", "representative", "imported"]),
    st.sampled_from(["p_self", "p_daughter", "p_worker"]),
    st.sampled_from(["self", "attorney", "deputy", "parental-responsibility"]),
    st.sampled_from(["", "Because of my neighbour.", "Bo tak chcę"]),
    st.sampled_from(["", "talk-7", "Consent/1 sha256:00"]),
)


def some(*names: str) -> st.SearchStrategy[frozenset[str]]:
    """A few of these, seldom none, sometimes any."""
    return st.frozensets(st.sampled_from([*names, "*"]), max_size=3)


def decisions(number: int) -> st.SearchStrategy[Said]:
    """The decision with a number."""
    return st.fixed_dictionaries(
        {
            "id": st.just(f"c_{number}"),
            "kind": st.sampled_from([kind.value for kind in Kind]),
            "purposes": some(TRIAGE, HOMELESS, SAFEGUARDING),
            "recipients": some(COUNTY, COUNCIL),
            "sources": some(COUNCIL, PRACTICE),
            "pairs": st.frozensets(st.sampled_from([*PAIRS, *PAIRS, *WIDE]), max_size=6),
            "begins": st.integers(-4, 4),
            "until": st.none() | st.integers(-4, 6),
            "giver": givers,
        }
    )  # type: ignore[return-value] # exactly the keys of `Said`


@st.composite
def histories(draw: st.DrawFn) -> list[Step]:
    """Up to nine steps; now and then the last of them is an erasure with something said after it."""
    steps: list[Step] = []
    for number in range(draw(st.integers(1, 9))):
        if draw(st.integers(0, 3)):
            steps.append(Give(draw(decisions(number))))
        else:
            steps.append(Withdraw(draw(st.integers(0, number + 1)), draw(givers)))
    if not draw(st.integers(0, 3)):
        steps += [Erase(), Give(draw(decisions(99))), Withdraw(0, draw(givers))]
    return steps


def permission_of(said: Said) -> Permission:
    """The same as the ledger takes it; raises `NonsenseError` for what makes no sense."""
    sections: dict[str, frozenset[str]] = {}
    for section, name in said["pairs"]:
        sections[section] = sections.get(section, frozenset()) | {name}
    until = said["until"]
    return Permission(
        id=said["id"],
        kind=Kind(said["kind"]),
        purposes=said["purposes"],
        sections=sections,
        sources=said["sources"],
        recipients=said["recipients"],
        from_=at(said["begins"]),
        until=None if until is None else at(until),
        given=Given(*said["giver"]),
    )


def at(hour: float) -> datetime:
    """That hour as a time."""
    return BEGIN + timedelta(hours=hour)
