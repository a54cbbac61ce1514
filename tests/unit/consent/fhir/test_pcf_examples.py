"""The examples of IHE Privacy Consent on FHIR: each is imported and decides what its text says, or is refused by name.

The files hold no narrative; the words quoted here are those of each example's description in the profile's sources
(github.com/IHE/ITI.PCF, input/fsh/consent.fsh, CC BY 4.0), read by hand. What TREAT and the others mean here is made up.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from consent.fhir.concordance import Concordance
from consent.fhir.errors import UnrepresentableError
from consent.fhir.reading import Imported, read_consent

ACT, RESEARCH_PROJECT = (
    "http://terminology.hl7.org/CodeSystem/v3-ActReason",
    "http://example.org/policies/purposeOfUse",
)
HOLDER, WARD, RESEARCHER = "hospital", "ward", "research-house"
CONCORDANCE = Concordance(
    purposes={
        (ACT, "TREAT"): frozenset({"treatment"}),
        (ACT, "HPAYMT"): frozenset({"payment"}),
        (ACT, "HOPERAT"): frozenset({"operations"}),
        (ACT, "HRESCH"): frozenset({"research"}),
        (RESEARCH_PROJECT, "FooBar"): frozenset({"foobar"}),
    },
    policies=frozenset(
        {
            "http://example.org/policies/basePrivacyConsentPolicy.txt",
            "http://example.org/policies/researchPrivacyConsentPolicy.txt",
            "https://profiles.ihe.net/ITI/PCF/Policy-basic-normal",
        }
    ),
    references={"Organization/ex-organization": HOLDER, "Organization/ex-org-researcher": RESEARCHER},
)
PURPOSES = ("treatment", "payment", "operations", "research", "foobar")
RECIPIENTS = (WARD, RESEARCHER)


@dataclass(frozen=True)
class Text:
    """What an example's text says. permits, denies: (who, why). Nothing else is decided."""

    says: str
    permits: frozenset[tuple[str, str]] = frozenset()
    denies: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Refused:
    """Why an example cannot be held: the element, and what its text says."""

    says: str
    element: str


def anybody(*purposes: str) -> frozenset[tuple[str, str]]:
    """Everybody in the community, for these purposes."""
    return frozenset((who, why) for who in RECIPIENTS for why in purposes)


CARE = anybody("treatment", "payment", "operations")
RULE = "Consent.provision"
EXAMPLES: dict[str, Text | Refused] = {
    "basic-treat": Text(
        "Consent for purposes of use involved in treatment: Treatment/Payment/Operations", CARE
    ),
    "basic-ink": Text("Consent for treatment example with ink signature", CARE),
    "basic-reject": Text("Dissent for purposes of use involved in treatment", denies=CARE),
    "basic-research": Text("Consent for research purposes of use", anybody("research")),
    "intermediate-purpose": Text(
        "Consent allowing data access for a given intermediate purpose; the research organization as actor",
        frozenset({(RESEARCHER, "foobar")}),
    ),
    "intermediate-timeframe": Refused("access only data authored within 2022", f"{RULE}.dataPeriod"),
    "intermediate-not-timeframe": Refused(
        "a sub-provision denying access to data authored within 2022", f"{RULE}.provision[0].dataPeriod"
    ),
    "intermediate-authoredby": Refused("authored by ex-practitioner", f"{RULE}.data"),
    "intermediate-data": Refused("with specific data itemized", f"{RULE}.data"),
    "intermediate-not-data": Refused(
        "a sub-provision denying access to a specific data instance", f"{RULE}.provision[0].data"
    ),
    "intermediate-encounter": Refused("authored within an encounter", f"{RULE}.data"),
    "intermediate-not-encounter": Refused(
        "a sub-provision denying access to data authored within an encounter", f"{RULE}.provision[0].data"
    ),
    "advanced-normal": Refused("Normal data only", f"{RULE}.securityLabel"),
    "advanced-normal-restricted": Refused("Normal and Restricted data only", f"{RULE}.securityLabel"),
    "advanced-normal-not-restricted": Refused(
        "NORMAL data access but NOT RESTRICTED", f"{RULE}.securityLabel"
    ),
    "advanced-normal-focused-restricted": Refused(
        "only Practitioner gets Restricted data", f"{RULE}.securityLabel"
    ),
    "advanced-normal-focused-psy": Refused(
        "only Practitioner gets Mental Health data", f"{RULE}.securityLabel"
    ),
}


def example(folder: Path, name: str) -> dict[str, object]:
    path = folder / "ihe-pcf" / f"Consent-ex-consent-{name}.json"
    read: dict[str, object] = json.loads(path.read_text())
    return read


def decided(imported: Imported, *, refuses: bool) -> frozenset[tuple[str, str]]:
    """Who is permitted (or denied) what for: asked one by one."""
    return frozenset(
        (who, why)
        for who in RECIPIENTS
        for why in PURPOSES
        for one in imported.decisions
        if one.kind.refuses is refuses and one.recipients & {who, "*"} and one.purposes & {why, "*"}
    )


def test_every_example_that_is_there_stands_in_the_table(real_data: Path) -> None:
    found = {path.stem.removeprefix("Consent-ex-consent-") for path in (real_data / "ihe-pcf").glob("*.json")}
    assert found == set(EXAMPLES)


@pytest.mark.parametrize("name", [name for name, one in EXAMPLES.items() if isinstance(one, Text)])
def test_an_example_decides_what_its_text_says(real_data: Path, name: str) -> None:
    imported = read_consent(example(real_data, name), CONCORDANCE)  # type: ignore[arg-type] # JSON as it was read
    said = EXAMPLES[name]
    assert isinstance(said, Text)
    assert decided(imported, refuses=False) == said.permits
    assert decided(imported, refuses=True) == said.denies
    for one in imported.decisions:
        assert (one.sources, one.sections) == (frozenset({HOLDER}), {"*": frozenset({"*"})})
        assert (one.from_, one.until) == (None, None)
    assert (imported.capacity, imported.custodians, imported.verified) == (
        "self",
        frozenset({HOLDER}),
        False,
    )
    assert imported.said is not None
    assert imported.document == f"Consent/ex-consent-{name}"


@pytest.mark.parametrize("name", [name for name, one in EXAMPLES.items() if isinstance(one, Refused)])
def test_an_example_that_cannot_be_held_is_refused_by_the_elements_name(real_data: Path, name: str) -> None:
    said = EXAMPLES[name]
    assert isinstance(said, Refused)
    with pytest.raises(UnrepresentableError) as refused:
        read_consent(example(real_data, name), CONCORDANCE)  # type: ignore[arg-type] # JSON as it was read
    assert refused.value.element == said.element


@pytest.mark.parametrize("name", EXAMPLES)
def test_without_words_agreed_on_no_example_decides_anything(real_data: Path, name: str) -> None:
    with pytest.raises(UnrepresentableError):
        read_consent(example(real_data, name), Concordance())  # type: ignore[arg-type] # JSON as it was read
