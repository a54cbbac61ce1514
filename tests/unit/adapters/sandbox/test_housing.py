"""The council's answers, without HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import orjson
import pytest

from adapters.sandbox.housing_records import BLOCKS, CODE_LISTS, age_band, arrears_band
from adapters.sandbox.housing_store import HousingStore, QueryError
from adapters.sandbox.people import CAST, generate
from adapters.sandbox.person import CouncilRecord, Person

PEOPLE = generate()
STORE = HousingStore(PEOPLE)


def cast(name: str) -> tuple[Person, CouncilRecord]:
    person = PEOPLE[CAST[name]]
    assert person.council is not None
    return person, person.council


def query(name: str, *include: str, excess: bool = False, **more: object) -> Any:
    body = {"reference": cast(name)[1].reference, "include": include, **more}
    return orjson.loads(STORE.query(orjson.dumps(body), excess=excess))


def test_exactly_the_included_blocks_are_answered() -> None:
    assert set(query("everything", "tenancy")) == {"personReference", "asAt", "tenancy"}
    assert set(query("everything", *BLOCKS)) == {"personReference", "asAt", *BLOCKS}
    assert set(query("everything")) == {"personReference", "asAt"}


def test_fields_select_within_a_block_and_within_each_item_of_a_list() -> None:
    answer = query(
        "everything",
        "contact",
        "repairs",
        "property",
        fields={"contact": ["mobileTel"], "repairs": ["tradeCode"]},
    )
    assert set(answer["contact"]) == {"mobileTel"}
    assert {frozenset(job) for job in answer["repairs"]} == {frozenset({"tradeCode"})}
    assert "postCode" in answer["property"]


def test_a_body_asked_twice_gets_the_same_bytes() -> None:
    body = orjson.dumps({"reference": cast("everything")[1].reference, "include": ["tenancy"]})
    assert STORE.query(body) == STORE.query(body)


def test_everything_has_a_value_in_every_field() -> None:
    answer = query("everything", *BLOCKS)
    for block in BLOCKS:
        items = answer[block] if isinstance(answer[block], list) else [answer[block]]
        assert items
        assert all(value not in (None, "", []) for item in items for value in item.values())
    assert answer["arrears"] == {"arrearsBand": "C", "repaymentPlanInd": "Y"}
    assert any(job["jobStatusCode"] != "CMP" for job in answer["repairs"])


def test_every_code_is_in_a_code_list() -> None:
    for person in generate(count=120):
        if person.council is None:
            continue
        store = HousingStore([person])
        body = orjson.dumps({"reference": person.council.reference, "include": BLOCKS})
        answer = orjson.loads(store.query(body))
        blocks = [answer[name] for name in BLOCKS if answer[name]]
        for item in (item for block in blocks for item in (block if isinstance(block, list) else [block])):
            for name, value in item.items():
                assert name not in CODE_LISTS or value in CODE_LISTS[name], name


def test_the_debt_in_pence_is_never_told() -> None:
    _, record = cast("everything")
    assert record.tenancy is not None
    body = orjson.dumps({"reference": record.reference, "include": BLOCKS})
    assert str(record.tenancy.arrears_pence).encode() not in STORE.query(body)


def test_someone_in_anothers_tenancy_has_none_of_their_own() -> None:
    answer = query(
        "child", "tenancy", "arrears", "repairs", "property", "household", fields={"tenancy": ["uprn"]}
    )
    assert answer["tenancy"] is None
    assert answer["arrears"] is None
    assert answer["repairs"] == []
    assert answer["property"]["postCode"].startswith("NR99 9")
    assert answer["household"][0]["relationshipCode"] == "PRNT"


def test_a_uprn_comes_as_a_number_or_as_a_string() -> None:
    kinds = {
        type(
            orjson.loads(
                STORE.query(orjson.dumps({"reference": p.council.reference, "include": ["property"]}))
            )["property"]["uprn"]
        )
        for p in PEOPLE
        if p.council is not None
    }
    assert kinds == {int, str}


def test_no_answer_holds_the_nhs_number() -> None:
    for person in PEOPLE:
        if person.council is not None:
            body = orjson.dumps({"reference": person.council.reference, "include": BLOCKS})
            assert person.nhs_number.encode() not in STORE.query(body, excess=True)


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        (b"{", "not-json", 400),
        (b"[]", "reference-and-include-wanted", 400),
        (b'{"reference": 1, "include": []}', "reference-and-include-wanted", 400),
        (b'{"reference": "P1", "include": ["bank"]}', "unknown-block", 400),
        (b'{"reference": "P1", "include": [["tenancy"]]}', "unknown-block", 400),
        (b'{"reference": "P1", "include": ["tenancy"], "fields": []}', "fields-by-block-wanted", 400),
        (
            b'{"reference": "P1", "include": ["tenancy"], "fields": {"tenancy": "x"}}',
            "fields-by-block-wanted",
            400,
        ),
        (b'{"reference": "P1", "include": ["tenancy"]}', "resident-not-found", 404),
    ],
)
def test_a_question_without_an_answer_says_why(body: bytes, code: str, status: int) -> None:
    with pytest.raises(QueryError) as raised:
        STORE.query(body)
    assert (raised.value.code, raised.value.status) == (code, status)


def test_plain_reads_answer_by_tenancy_and_uprn() -> None:
    person, record = cast("everything")
    assert record.tenancy is not None
    reference = record.tenancy.reference
    whole = query("everything", "tenancy", "property", "repairs")
    assert orjson.loads(STORE.tenancy(reference, "")) == whole["tenancy"]
    assert orjson.loads(STORE.property_of(person.address.uprn, "")) == whole["property"]
    assert orjson.loads(STORE.repairs(reference, "")) == {"repairs": whole["repairs"]}
    assert set(orjson.loads(STORE.tenancy(reference, "landlordName, uprn"))) == {"landlordName", "uprn"}
    assert set(orjson.loads(STORE.property_of(person.address.uprn, "bedroomCount"))) == {"bedroomCount"}
    assert set(orjson.loads(STORE.repairs(reference, "jobNumber"))["repairs"][0]) == {"jobNumber"}


def test_plain_reads_of_what_is_not_there_are_not_found() -> None:
    asks: list[Callable[[str, str], bytes]] = [STORE.tenancy, STORE.property_of, STORE.repairs]
    for ask in asks:
        with pytest.raises(QueryError) as raised:
            ask("T0", "")
        assert raised.value.status == 404


def test_in_excess_more_is_answered_than_was_asked() -> None:
    answer = query("everything", "tenancy", excess=True)
    _, record = cast("everything")
    assert record.tenancy is not None
    assert answer["arrears"]["balancePence"] == record.tenancy.arrears_pence
    assert "fullName" in answer["contact"]
    assert "dateOfBirth" in answer["household"][0]
    assert "caseNotes" in answer
    child = query("child", "tenancy", excess=True)
    assert child["arrears"] is None


def test_what_is_remembered_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.sandbox.housing_store._REMEMBERED", 2)
    store = HousingStore(PEOPLE[:1])
    reference = cast("everything")[1].reference
    for block in BLOCKS:
        store.query(orjson.dumps({"reference": reference, "include": [block]}))
    assert len(store._remembered) <= 2


@pytest.mark.parametrize(
    ("pence", "band"),
    [(-500, "A"), (0, "A"), (1, "B"), (49_999, "B"), (50_000, "C"), (150_000, "C"), (150_001, "D")],
)
def test_arrears_are_banded_at_500_and_1500_pounds(pence: int, band: str) -> None:
    assert arrears_band(pence) == band


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (date(2026, 1, 1), "00-04"),
        (date(2021, 11, 23), "05-11"),
        (date(2014, 11, 23), "12-15"),
        (date(2010, 11, 23), "16-17"),
        (date(2008, 11, 24), "16-17"),
        (date(2008, 11, 23), "18-24"),
        (date(2001, 11, 23), "25-44"),
        (date(1981, 11, 23), "45-64"),
        (date(1961, 11, 23), "65-79"),
        (date(1946, 11, 23), "80+"),
    ],
)
def test_ages_are_banded(born: date, band: str) -> None:
    assert age_band(born) == band
