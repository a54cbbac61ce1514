"""Searching the directory: what fits, in which order, and whose it is by our register."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.openreferral.values import (
    Eligibility,
    Identifier,
    Place,
    Provider,
    Service,
    ServiceDirectory,
    Status,
    Term,
)
from core.sections import policies_folder
from gateway.directory.areas import around, name_of
from gateway.directory.listing import Directory, directory_of, listed, open_directory
from gateway.directory.searching import Question, entry_of, score, search
from gateway.directory.themes import THEME_WORDS
from gateway.policy.registers import load_registers
from gateway.referrals.values import Theme

REGISTERS = load_registers(policies_folder())
SANDBOX = Path(str(files("adapters.sandbox").joinpath("directory.json")))
DEBT = Service(
    id="s-1",
    name="Debt advice",
    status=Status.ACTIVE,
    description="Free and confidential.",
    provider=Provider("o", "Norfolk Advice"),
    terms=(Term("money", "Money worries"),),
    eligibility=Eligibility(18, 64, "Carers and tenants"),
    areas=("Norwich",),
    places=(Place("Library", "1 Street", "Diss", "IP22 4AA"),),
)
BARE = Service("s-2", "Anything", Status.ACTIVE)


@pytest.fixture(scope="module")
def sandbox() -> Directory:
    return open_directory(SANDBOX)


def points(question: Question, service: Service = DEBT) -> int | None:
    return score(entry_of(service), question)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (Question(), 0),
        (Question(words="debt"), 8),
        (Question(words="ADVICE debts"), None),
        (Question(words="worr"), 6),
        (Question(words="norfolk"), 4),
        (Question(words="norwich"), 2),
        (Question(words="confidential"), 1),
        (Question(words="debt confidential"), 9),
        (Question(words="co"), None),
        (Question(words="debt elephants"), None),
        (Question(need="money"), 10),
        (Question(need="MONEY WORRIES"), 10),
        (Question(need="food"), None),
        (Question(place="Norwich"), 6),
        (Question(place="diss"), 6),
        (Question(place="IP22"), 6),
        (Question(place="Norfolk"), 2),
        (Question(place="NR3"), None),
        (Question(place="Cromer"), None),
        (Question(eligible="40"), 1),
        (Question(eligible="17"), None),
        (Question(eligible="65"), None),
        (Question(eligible="carer"), 3),
        (Question(eligible="40 carer"), 4),
        (Question(eligible="veteran"), None),
        (Question(words="debt", need="money", place="norwich", eligible="carer"), 27),
    ],
)
def test_each_part_of_a_question_narrows_and_scores(question: Question, expected: int | None) -> None:
    assert points(question) == expected


def test_what_a_service_does_not_say_does_not_shut_it_out() -> None:
    assert points(Question(place="Norwich", eligible="40 carer"), BARE) == 0
    assert points(Question(need="money"), BARE) is None


def test_terms_that_are_none_of_ours_are_found_by_theme() -> None:
    foreign = replace(BARE, terms=(Term("1234", "Debt and budgeting"),))
    assert points(Question(need="money"), foreign) == 5
    assert points(Question(need="other"), foreign) is None
    assert set(THEME_WORDS) == set(Theme)


def test_a_service_for_a_county_is_one_for_its_towns() -> None:
    county = replace(BARE, areas=("Norfolk",))
    nation = replace(BARE, areas=("England",))
    for place in ("Norwich", "norwich", "Cromer", "NR12", "PE30", "King's Lynn"):
        assert points(Question(place=place), county) == 2, place
        assert points(Question(place=place), nation) == 2, place
    assert points(Question(place="London"), county) is None
    assert points(Question(place="NR99x"), county) is None
    assert points(Question(place="South Norfolk"), replace(BARE, areas=("Norwich and South Norfolk",))) == 4
    assert around(name_of("Thorpe St Andrew")) >= {name_of("Broadland"), name_of("Norfolk")}


def test_services_that_ended_are_not_told_of() -> None:
    every = [replace(BARE, id=status.value, status=status) for status in Status]
    found = search([entry_of(one) for one in every], Question())
    assert {one.status for one in found} == {Status.ACTIVE, Status.TEMPORARILY_CLOSED}


@given(st.permutations(range(6)), st.sampled_from(["", "debt", "advice"]))
def test_the_same_question_has_the_same_order_whatever_the_files_order(order: list[int], words: str) -> None:
    names = ("Debt advice", "debt advice", "Advice on debt", "Advice", "Debt", "Debt advice")
    services = [replace(BARE, id=f"s-{at}", name=name) for at, name in enumerate(names)]
    asked = Question(words=words)
    expected = search([entry_of(one) for one in services], asked)
    assert search([entry_of(services[at]) for at in order], asked) == expected


def provided_by(scheme: str, value: str) -> Service:
    return replace(
        DEBT, provider=Provider("o", "Somebody", (Identifier("GB-CHC", "1"), Identifier(scheme, value)))
    )


@pytest.mark.parametrize(
    ("scheme", "value", "owner"),
    [
        ("urn:oncetold:organisation", "norfolk-advice", "norfolk-advice"),
        ("urn:oncetold:organisation", "nobody", None),
        ("GB-NHS", "Z9W01", "wensum-valley-practice"),
        ("https://fhir.nhs.uk/Id/ods-organization-code", "Z9M01", "norfolk-mental-health-trust"),
        ("GB-NHS", "Z9X99", None),
        ("GB-COH", "norfolk-advice", None),
    ],
)
def test_a_service_is_joined_to_our_organisation_by_its_identifier(
    scheme: str, value: str, owner: str | None
) -> None:
    listing = listed(provided_by(scheme, value), REGISTERS)
    assert listing.organisation == owner
    assert listing.service.places == DEBT.places


def test_a_service_of_a_hidden_organisation_is_told_of_without_place_and_name() -> None:
    assert REGISTERS.organisations["willow-refuge"].hidden
    listing = listed(provided_by("urn:oncetold:organisation", "willow-refuge"), REGISTERS)
    assert listing.organisation is None
    assert listing.service.places == ()
    assert listing.service.areas == ("Norwich",)


def test_without_a_file_the_directory_is_empty() -> None:
    empty = open_directory(None)
    assert empty.find(Question()) == []
    assert empty.may_be("s-1", "norfolk-advice", REGISTERS)


@pytest.mark.parametrize(
    ("owner", "receiver", "service", "may_be"),
    [
        ("norfolk-advice", "norfolk-advice", "s-1", True),
        ("norfolk-advice", "harbour-charity", "s-1", False),
        ("norfolk-advice", "norfolk-advice", "s-2", False),
        ("nobody", "harbour-charity", "s-1", True),
        ("willow-refuge", "willow-refuge", "s-1", True),
        ("willow-refuge", "harbour-charity", "s-1", True),
    ],
)
def test_a_referral_goes_to_whoever_provides_the_service(
    owner: str, receiver: str, service: str, may_be: bool
) -> None:
    directory = directory_of(ServiceDirectory({"s-1": provided_by("urn:oncetold:organisation", owner)}))
    assert directory.may_be(service, receiver, REGISTERS) is may_be


def test_the_sandbox_directory_is_whole_and_shows_no_refuge(sandbox: Directory) -> None:
    assert sandbox.quarantined == ()
    assert len(sandbox.services) >= 25
    listings = [listed(one, REGISTERS) for one in sandbox.find(Question())]
    assert len(listings) == len(sandbox.services)
    named = {one.organisation for one in listings}
    assert len(named) >= 15
    # As it stands in the file, not only as it is told: nothing there could be read past us.
    refuges = [one for one in sandbox.services.values() if one.provider and "Refuge" in one.provider.name]
    assert [(one.places, listed(one, REGISTERS).organisation) for one in refuges] == [((), None)]
    assert {term.code for one in sandbox.services.values() for term in one.terms} == set(Theme)
    # Ofcom's numbers for drama, and a domain that can be nobody's (RFC 2606).
    assert all((one.telephone or "").startswith("01632 960") for one in sandbox.services.values())
    assert all((one.email or "").endswith(".oncetold.test") for one in sandbox.services.values())


def test_help_in_the_sandbox_is_found_as_somebody_at_a_front_door_would_ask(sandbox: Directory) -> None:
    def names(question: Question) -> list[str]:
        return [one.name for one in sandbox.find(question)]

    assert names(Question(words="debt", place="Norwich"))[0] == "Debt advice"
    assert "Damp and mould team" in names(Question(need="damp", eligible="council tenants"))
    assert names(Question(need="housing", place="Dereham"))[0] == "Breckland housing advice"
    assert "Advice for young people" not in names(Question(need="money", eligible="70"))
