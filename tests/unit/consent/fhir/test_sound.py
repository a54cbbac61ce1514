"""No Consent permits more here than its text says, whatever rules stand in it; and what is written is read back the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.fhir import reading
from consent.fhir.boxes import Box, Leftover, take_all
from consent.fhir.concordance import ODS, ORGANISATION, POLICY, PURPOSE, SECTION, Concordance
from consent.fhir.errors import UnrepresentableError
from consent.fhir.reading import Imported, read_consent
from consent.fhir.writing import write_consent
from consent.permissions import ANY, Given, Permission
from core.vocabulary import Kind

PURPOSES, ORGANISATIONS, SECTIONS = ("p1", "p2", "p3"), ("o1", "o2", "o3"), ("s1", "s2", "s3")
DAY = datetime(2026, 1, 1, tzinfo=UTC)
Resource = dict[str, Any]
"""A resource that a test changes at will."""


def reference(name: str) -> Resource:
    return {"type": "Organization", "identifier": {"system": ORGANISATION, "value": name}}


def rule(
    kind: str,
    purposes: list[str] | None,
    recipients: list[str] | None,
    sections: list[str] | None,
    days: tuple[int, int] | None,
    inner: list[Resource],
) -> Resource:
    written: Resource = {"type": kind}
    if purposes:
        written["purpose"] = [{"system": PURPOSE, "code": one} for one in purposes]
    if recipients:
        role = {"coding": [dict(zip(("system", "code"), reading.RECIPIENT, strict=True))]}
        written["actor"] = [{"role": role, "reference": reference(one)} for one in recipients]
    if sections:
        written["class"] = [{"system": SECTION, "code": one} for one in sections]
    if days:
        start, end = (DAY + timedelta(days=one) for one in days)
        written["period"] = {"start": f"{start:%Y-%m-%d}", "end": f"{end:%Y-%m-%d}"}
    if inner:
        written["provision"] = inner
    return written


def consent(provision: Resource, **more: Any) -> Resource:
    patient = {"reference": "Patient/1"}
    return {
        "resourceType": "Consent",
        "id": "c1",
        "status": "active",
        "scope": {"coding": [dict(zip(("system", "code"), reading.PRIVACY, strict=True))]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": patient,
        "performer": [patient],
        "organization": [reference("o1")],
        "policy": [{"uri": POLICY}],
        "provision": provision,
    } | more


def names(*known: str) -> st.SearchStrategy[list[str] | None]:
    return st.none() | st.lists(st.sampled_from(known), min_size=1, max_size=2, unique=True)


spans = st.none() | st.tuples(st.integers(0, 5), st.integers(0, 5)).map(lambda two: (min(two), max(two)))


def rules(inner: st.SearchStrategy[list[Resource]]) -> st.SearchStrategy[Resource]:
    return st.builds(
        rule,
        st.sampled_from(["permit", "deny"]),
        names(*PURPOSES),
        names(*ORGANISATIONS),
        names(*SECTIONS),
        spans,
        inner,
    )


resources = rules(st.lists(rules(st.just([])), max_size=3)).map(consent)


def matches(written: Resource, purpose: str, recipient: str, section: str, day: int) -> bool:
    """Whether a rule, by itself, speaks of this: an element that it does not have it leaves open."""
    purposes = [one["code"] for one in written.get("purpose", [])]
    recipients = [one["reference"]["identifier"]["value"] for one in written.get("actor", [])]
    sections = [one["code"] for one in written.get("class", [])]
    period = written.get("period")
    date = f"{DAY + timedelta(days=day):%Y-%m-%d}"
    return (
        (not purposes or purpose in purposes)
        and (not recipients or recipient in recipients)
        and (not sections or section in sections)
        and (period is None or period["start"] <= date <= period["end"])
    )


def text_permits(resource: Resource, purpose: str, recipient: str, section: str, day: int) -> bool:
    """The plainest reading: the root and its exceptions; an exception holds inside the root; who denies wins."""
    root = resource["provision"]
    asked = (purpose, recipient, section, day)
    if not matches(root, *asked):
        return False
    inner = [one for one in root.get("provision", []) if matches(one, *asked)]
    if any(one["type"] == "deny" for one in inner):
        return False
    return root["type"] == "permit" or any(one["type"] == "permit" for one in inner)


def text_denies(resource: Resource, purpose: str, recipient: str, section: str, day: int) -> bool:
    root = resource["provision"]
    asked = (purpose, recipient, section, day)
    if not matches(root, *asked):
        return False
    inner = [one for one in root.get("provision", []) if matches(one, *asked)]
    if any(one["type"] == "deny" for one in inner):
        return True
    return root["type"] == "deny" and not inner


def says(imported: Imported, purpose: str, recipient: str, section: str, day: int, *, refuses: bool) -> bool:
    noon = DAY + timedelta(days=day, hours=12)
    return any(
        one.kind.refuses is refuses
        and bool(one.purposes & {purpose, "*"})
        and bool(one.recipients & {recipient, "*"})
        and bool({section, "*"} & one.sections.keys())
        and (one.from_ is None or one.from_ <= noon)
        and (one.until is None or noon < one.until)
        for one in imported.decisions
    )


ASKED = tuple(product((*PURPOSES, "p9"), (*ORGANISATIONS, "o9"), (*SECTIONS, "s9"), range(-1, 7)))


def held_to_its_text(resource: Resource) -> bool:
    """Compare every question; False where the import refuses. Raises `AssertionError` where it differs."""
    try:
        imported = read_consent(resource, Concordance())
    except UnrepresentableError:
        return False
    for asked in ASKED:
        permitted = says(imported, *asked, refuses=False) and not says(imported, *asked, refuses=True)
        assert permitted == text_permits(resource, *asked)
        assert says(imported, *asked, refuses=True) or not text_denies(resource, *asked)
    return True


@settings(max_examples=200, deadline=None)
@given(resources)
def test_whatever_its_rules_a_consent_permits_exactly_what_its_text_says_or_is_refused(
    resource: Resource,
) -> None:
    held_to_its_text(resource)


def exception(*inner: Resource, kind: str = "permit") -> Resource:
    return consent(rule(kind, ["p1", "p2"], None, ["s1", "s2"], (0, 5), list(inner)))


@pytest.mark.parametrize(
    "resource",
    [
        exception(rule("deny", ["p1"], None, None, None, [])),
        exception(rule("deny", None, ["o2"], ["s1"], None, []), kind="deny"),
        exception(rule("permit", ["p1"], None, ["s1"], (2, 3), []), kind="deny"),
        exception(rule("deny", ["p1", "p2"], None, ["s1"], (1, 2), [])),
    ],
)
def test_exceptions_that_can_be_held_are_held(resource: Resource) -> None:
    assert held_to_its_text(resource)


@pytest.mark.parametrize(
    ("resource", "element"),
    [
        (exception(rule("deny", None, ["o2"], None, None, [])), "Consent.provision.provision.actor"),
        (
            exception(rule("permit", ["p1"], ["o2"], None, None, []), kind="deny"),
            "Consent.provision.provision.actor",
        ),
        (
            exception(rule("permit", ["p3"], None, None, None, []), kind="deny"),
            "Consent.provision.provision[0]",
        ),
        (
            exception(rule("permit", ["p1"], None, None, (0, 6), []), kind="deny"),
            "Consent.provision.provision[0]",
        ),
    ],
)
def test_exceptions_that_would_leave_any_but_some_or_reach_beyond_are_refused(
    resource: Resource, element: str
) -> None:
    with pytest.raises(UnrepresentableError) as refused:
        read_consent(resource, Concordance())
    assert refused.value.element == element


def test_a_reader_that_drops_exceptions_would_permit_more_than_the_text_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The companion: the comparison fails where exceptions are not taken from the rule."""

    def careless(boxes: tuple[Box, ...], _others: tuple[Box, ...]) -> tuple[Box, ...]:
        return boxes

    def no_denials(boxes: tuple[Box, ...], kind: Kind | None, *, denies: bool) -> list[reading.Decided]:
        return [] if denies else list(_decisions(boxes, kind, denies=denies))

    _decisions = reading._decisions
    monkeypatch.setattr(reading, "take_all", careless)
    monkeypatch.setattr(reading, "_decisions", no_denials)
    with pytest.raises(AssertionError):
        held_to_its_text(exception(rule("deny", ["p1"], None, None, None, [])))


def test_what_is_left_of_anybody_without_one_is_no_set_of_names() -> None:
    every = Box(*(frozenset({("*",)}),) * 3, frozenset({("*", "*")}))
    with pytest.raises(Leftover) as left:
        take_all((every,), (Box(frozenset({("p",)}), *(frozenset({("*",)}),) * 2, frozenset({("*", "*")})),))
    assert left.value.side == "purposes"


# The way back ------------------------------------------------------------------------------------------------------------


def some(*known: str) -> st.SearchStrategy[frozenset[str]]:
    return st.just(ANY) | st.frozensets(st.sampled_from(known), min_size=1)


moments = st.integers(0, 10**10).map(lambda ms: DAY + timedelta(milliseconds=ms))
permissions = st.builds(
    lambda kind, purposes, sections, sources, recipients, from_, lasts, capacity: Permission(
        id="c_1",
        kind=kind,
        purposes=purposes,
        sections=sections,
        sources=sources,
        recipients=recipients,
        from_=from_,
        until=None if lasts is None else from_ + timedelta(milliseconds=lasts),
        given=Given("portal", "p_1", capacity),
    ),
    st.sampled_from(Kind),
    some(*PURPOSES),
    st.dictionaries(
        st.sampled_from([*SECTIONS, "*"]), st.frozensets(st.sampled_from(["a", "b.c", "*"]), min_size=1), min_size=1
    ),
    some(*ORGANISATIONS),
    some(*ORGANISATIONS),
    moments,
    st.none() | st.integers(1, 10**10),
    st.sampled_from(["self", "attorney", "deputy", "parental-responsibility"]),
)  # fmt: skip
DIRECTORY = {"o1": ((ODS, "Z9X01"), "One"), "o2": ((ORGANISATION, "o2"), "Two")}


@given(permissions, st.none() | st.just("9990000018"))
def test_what_is_written_is_read_back_with_the_same_meaning(
    permission: Permission, number: str | None
) -> None:
    written = write_consent(permission, DIRECTORY, number)
    imported = read_consent(written, Concordance(organisations={(ODS, "Z9X01"): "o1"}))
    (one,) = imported.decisions
    assert one.kind is permission.kind
    assert (one.purposes, one.recipients, one.sources) == (
        permission.purposes,
        permission.recipients,
        permission.sources,
    )
    assert one.sections == permission.sections
    assert (one.from_, one.until) == (permission.from_, permission.until)
    assert imported.capacity == permission.given.capacity
    assert imported.patient_numbers == ({number} if number else set())
    assert imported.said == permission.from_
    assert imported.document == "urn:oncetold:permission|c_1"
