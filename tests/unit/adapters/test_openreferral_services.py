from __future__ import annotations

from typing import Any

import pytest

from adapters.openreferral.documents import fullest, read_document
from adapters.openreferral.services import Refusals, read_service, read_service_at_location
from adapters.openreferral.values import (
    Eligibility,
    Identifier,
    Place,
    Provider,
    Quarantined,
    Service,
    Status,
    Term,
)

SERVICE: dict[str, Any] = {"id": "s-1", "name": " Debt advice ", "status": "active"}
SECRET = "Jane-Secretname"


def read(**more: Any) -> tuple[Service | None, list[str]]:
    refusals = Refusals("page.json")
    found = read_service({**SERVICE, **more}, refusals)
    return found, [str(one) for one in refusals.found]


def refused(**more: Any) -> list[str]:
    found, refusals = read(**more)
    assert found is None
    assert SECRET not in " ".join(refusals)
    return [one.removeprefix("page.json: ") for one in refusals]


def without(**more: Any) -> list[str]:
    """What is said of a part that does not fit, of a service that is told of all the same."""
    found, refusals = read(**more)
    assert found is not None
    assert found.name == "Debt advice"
    assert SECRET not in " ".join(refusals)
    return [one.removeprefix("page.json: ") for one in refusals]


def test_a_service_is_read_with_all_that_is_nested_in_it() -> None:
    found, refusals = read(
        description="Free advice.",
        url="https://advice.test/debt",
        email="hello@advice.test",
        minimum_age=18,
        maximum_age=64.5,
        organization={
            "id": "o-1",
            "name": "Norfolk Advice",
            "organization_identifiers": [
                {"id": "i-1", "identifier_type": "Company number", "identifier": "123"},
                {
                    "id": "i-2",
                    "identifier_scheme": "GB-CHC",
                    "identifier_type": "Charity",
                    "identifier": "456",
                },
            ],
        },
        service_areas=[
            {"id": "a-1", "name": "Norwich"},
            {"id": "a-2", "service_area": "Diss"},
            {"id": "a-3"},
        ],
        service_at_locations=[
            {
                "id": "at-1",
                "location": {
                    "id": "l-1",
                    "location_type": "physical",
                    "name": "Centre",
                    "addresses": [
                        {
                            "id": "x",
                            "address_1": "1 Street",
                            "address_2": "Up",
                            "city": "Norwich",
                            "postal_code": "NR1 1AA",
                        }
                    ],
                },
            },
            {"id": "at-2", "location": {"id": "l-2", "location_type": "virtual"}},
            {"id": "at-3", "location": {"id": "l-3", "location_type": "physical", "name": "Van"}},
            {"id": "at-4"},
        ],
        phones=[{"id": "p-0", "number": '"+44 1632 960000"'}],
        contacts=[{"id": "c-1", "name": SECRET, "phones": [{"id": "p-1", "number": "01632 960001"}]}],
        attributes=[
            {
                "id": "t-1",
                "taxonomy_term": {"id": "x-1", "code": "DEBT", "name": "Debt", "taxonomy": "Needs"},
            },
            {
                "id": "t-2",
                "taxonomy_term": {"id": "x-2", "name": "Money", "term_uri": "urn:oncetold:theme:money"},
            },
            {"id": "t-3", "taxonomy_term": {"id": "x-3", "name": "Other", "term_uri": "http://example.com"}},
            {"id": "t-4", "link_type": "Eligibility", "taxonomy_term": {"id": "x-4", "name": "Carers"}},
            {"id": "t-5"},
        ],
    )
    assert refusals == []
    assert found == Service(
        id="s-1",
        name="Debt advice",
        status=Status.ACTIVE,
        description="Free advice.",
        url="https://advice.test/debt",
        email="hello@advice.test",
        telephone="+44 1632 960000",
        provider=Provider(
            "o-1", "Norfolk Advice", (Identifier("Company number", "123"), Identifier("GB-CHC", "456"))
        ),
        terms=(Term("DEBT", "Debt", "Needs"), Term("money", "Money"), Term("x-3", "Other")),
        eligibility=Eligibility(18, 64, "Carers"),
        areas=("Norwich", "Diss"),
        places=(Place("Centre", "1 Street, Up", "Norwich", "NR1 1AA"), Place("Van", None, None, None)),
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"id": None}, "service ?.id: it is required and missing"),
        ({"id": SECRET + "/.."}, "service ?.id: letters, digits and . _ : ~ - are expected, at most 100"),
        ({"id": 7}, "service ?.id: a text is expected"),
        ({"name": "  "}, "service s-1.name: it is required and missing"),
        ({"name": SECRET * 30}, "service s-1.name: at most 300 characters are expected"),
        ({"name": SECRET + "\x07"}, "service s-1.name: it holds a control character"),
        (
            {"status": SECRET},
            "service s-1.status: one of active, inactive, defunct, temporarily closed is expected",
        ),
        ({"url": f"javascript:{SECRET}"}, "service s-1.url: an http or https address is expected"),
        ({"url": f"https://{SECRET}@host"}, "service s-1.url: an http or https address is expected"),
        ({"url": "http://[bad"}, "service s-1.url: an http or https address is expected"),
        ({"email": SECRET}, "service s-1.email: a mail address is expected"),
        ({"minimum_age": SECRET}, "service s-1.minimum_age: a number of years from 0 to 150 is expected"),
        ({"maximum_age": 151}, "service s-1.maximum_age: a number of years from 0 to 150 is expected"),
        ({"minimum_age": True}, "service s-1.minimum_age: a number of years from 0 to 150 is expected"),
        ({"minimum_age": 20, "maximum_age": 10}, "service s-1.maximum_age: it is below minimum_age"),
        ({"phones": SECRET}, "service s-1.phones: a list is expected"),
        ({"contacts": [SECRET]}, "service s-1.contacts: a list of objects is expected"),
        ({"organization": SECRET}, "service s-1.organization: an object is expected"),
    ],
)
def test_a_service_that_does_not_fit_is_refused_by_field(more: dict[str, Any], said: str) -> None:
    assert refused(**more) == [said]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"phones": [{"id": "p", "number": SECRET}]}, "phone p.number: a telephone number is expected"),
        ({"phones": [{"id": "p"}]}, "phone p.number: it is required and missing"),
        ({"phones": [{"number": "01632 960000"}]}, "phone ?.id: it is required and missing"),
        ({"contacts": [{"phones": []}]}, "contact ?.id: it is required and missing"),
        ({"organization": {"id": "o"}}, "organization o.name: it is required and missing"),
        (
            {
                "organization": {
                    "id": "o",
                    "name": "O",
                    "organization_identifiers": [{"id": "i", "identifier": 4}],
                }
            },
            "organization_identifier i.identifier_type: it is required and missing",
        ),
        (
            {"attributes": [{"id": "t", "taxonomy_term": SECRET}]},
            "attribute t.taxonomy_term: an object is expected",
        ),
        (
            {"attributes": [{"id": "t", "taxonomy_term": {"id": "x"}}]},
            "taxonomy_term x.name: it is required and missing",
        ),
        ({"service_areas": [{"id": "a", "name": 3}]}, "service_area a.name: a text is expected"),
        (
            {"service_at_locations": [{"id": "at", "location": 3}]},
            "service_at_location at.location: an object is expected",
        ),
        (
            {"service_at_locations": [{"id": "at", "location": {"id": "l", "location_type": SECRET}}]},
            "location l.location_type: one of physical, postal, virtual is expected",
        ),
        (
            {
                "service_at_locations": [
                    {
                        "id": "at",
                        "location": {
                            "id": "l",
                            "location_type": "physical",
                            "addresses": [{"id": "x", "city": 1}],
                        },
                    }
                ]
            },
            "address x.city: a text is expected",
        ),
    ],
)
def test_a_part_that_does_not_fit_is_left_out_and_the_service_is_told_of(
    more: dict[str, Any], said: str
) -> None:
    assert without(**more) == [said]


def test_a_service_at_a_location_is_read_from_there() -> None:
    refusals = Refusals("f")
    place = {"id": "l", "location_type": "physical", "name": "Hall"}
    found = read_service_at_location({"id": "at", "location": place, "service": SERVICE}, refusals)
    assert found is not None
    assert found.places == (Place("Hall", None, None, None),)
    assert read_service_at_location({"id": "at", "location": place}, refusals) is None
    assert refusals.found == []
    assert read_service_at_location({"service": SERVICE}, refusals) is None
    assert [str(one) for one in refusals.found] == ["f: service_at_location ?.id: it is required and missing"]


def test_documents_of_every_form_give_their_services() -> None:
    place = {"id": "l", "location_type": "physical"}
    documents: tuple[Any, ...] = (
        SERVICE,
        [SERVICE],
        {"contents": [SERVICE]},
        {"id": "at", "location": place, "service": SERVICE},
        {"id": "o", "name": "O", "services": [SERVICE]},
        {"services.csv": [SERVICE]},
    )
    for document in documents:
        refusals = Refusals("f")
        assert [one.id for one in read_document(document, refusals)] == ["s-1"]
        assert refusals.found == []
    assert read_document({"id": "o", "name": "O", "services": [SERVICE]}, Refusals("f"))[
        0
    ].provider == Provider("o", "O")
    assert read_document({"id": "t", "name": "a taxonomy"}, Refusals("f")) == ()


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (SECRET, "document ?: an object or a list of objects is expected"),
        ([SECRET], "document ?: a list of objects is expected"),
        (
            [{"id": "s-1", "name": SECRET, "service_areas": []}],
            "service s-1.status: it is required and missing",
        ),
        ({"contents": SECRET}, "page ?.contents: a list is expected"),
        ({"id": "o", "services": SECRET}, "organization o.services: a list is expected"),
        ({"services.csv": SECRET}, "services ?: a list of rows is expected"),
        ({"services.csv": [SECRET]}, "services ?: a row is an object"),
        (
            {"services.csv": [{**SERVICE, "organization_id": SECRET}]},
            "service s-1.organization_id: no organisation of that id is in the tables",
        ),
    ],
)
def test_a_document_that_does_not_fit_is_quarantined(document: Any, said: str) -> None:
    refusals = Refusals("f")
    read_document(document, refusals)
    assert [str(one) for one in refusals.found] == [f"f: {said}"]


def test_of_several_records_of_a_service_the_one_that_tells_most_counts() -> None:
    slim = Service("s", "Same", Status.ACTIVE)
    full = Service("s", "Same", Status.ACTIVE, description="Told", areas=("Norwich",))
    other = Service("a", "Zebra", Status.ACTIVE)
    assert list(fullest([other, slim, full, slim]).values()) == [full, other]


def test_a_quarantined_record_says_where_it_stood() -> None:
    assert str(Quarantined("f.json", "service s", "name", "why")) == "f.json: service s.name: why"
    assert str(Quarantined("f.json", "document ?", "", "why")) == "f.json: document ?: why"
