from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.requests import Request

from gateway.api.body import read_body
from gateway.api.models import (
    DemographicsBody,
    PointerBody,
    PointerRevocation,
    TraceRequest,
    ViewRequest,
)
from gateway.identity.errors import TokenError
from gateway.problems import BadRequestError, FieldFault
from tests.unit.gateway.web.asgi import Sender, scope_of

GOOD = {"person": "h1." + "a" * 64, "purpose": "early-help-triage", "reason": "To arrange help"}
PERSON = {
    "family_name": "Probably",
    "given_name": "Robin",
    "birth_date": "1990-05-01",
    "postcode": "NR99 9ZZ",
}


def request(body: bytes, content_type: str | None = "application/json", query: str = "") -> Request:
    headers = [] if content_type is None else [("content-type", content_type)]
    return Request(scope_of("POST", "/v1/views" + query, headers), Sender([body]))


def sent(**changes: Any) -> Request:
    return request(json.dumps({**GOOD, **changes}).encode())


async def faults(
    value: object, model: type[ViewRequest | TraceRequest | PointerBody] = ViewRequest
) -> set[str]:
    with pytest.raises(BadRequestError) as caught:
        await read_body(request(json.dumps(value).encode()), model)
    assert caught.value.code == "body-invalid"
    return {one.where for one in caught.value.faults}


async def test_a_good_body_is_read() -> None:
    body = await read_body(sent(sections=["identity"]), ViewRequest)
    assert body.sections == ["identity"]
    assert (await read_body(sent(sections=None), ViewRequest)).sections is None


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "APPLICATION/JSON", " application/json"]
)
async def test_json_may_be_named_in_any_of_its_ways(media_type: str) -> None:
    body = await read_body(request(json.dumps(GOOD).encode(), media_type), ViewRequest)
    assert body.reason == GOOD["reason"]


@pytest.mark.parametrize(
    "media_type", [None, "", "text/plain", "application/jsonp", "application/problem+json"]
)
async def test_anything_but_json_is_refused(media_type: str | None) -> None:
    with pytest.raises(BadRequestError, match="media-type"):
        await read_body(request(json.dumps(GOOD).encode(), media_type), ViewRequest)


@pytest.mark.parametrize(
    "media_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_a_form_is_refused_as_a_place_for_tokens(media_type: str) -> None:
    with pytest.raises(TokenError, match="invalid_request"):
        await read_body(request(b"access_token=x", media_type), ViewRequest)


async def test_a_token_in_the_address_is_refused() -> None:
    with pytest.raises(TokenError, match="never in the address"):
        await read_body(request(b"{}", query="?access_token=x"), ViewRequest)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"a":1,"a":2}', b"[NaN]", b"[" * 40 + b"]" * 40])
async def test_what_has_no_meaning_or_two_is_refused_in_its_own_words(body: bytes) -> None:
    with pytest.raises(BadRequestError, match="malformed-json") as caught:
        await read_body(request(body), ViewRequest)
    assert caught.value.detail


async def test_every_fault_is_told_by_its_place_and_without_its_value() -> None:
    with pytest.raises(BadRequestError) as caught:
        await read_body(sent(person="zanzibar", purpose="No Code", extra="zanzibar"), ViewRequest)
    told = {one.where: one.mend for one in caught.value.faults}
    assert set(told) == {"person", "purpose", "body"}
    assert told["body"] == "remove a member that the contract does not name"
    assert "zanzibar" not in repr(caught.value.faults)


async def test_an_unknown_member_within_another_is_told_by_what_holds_it() -> None:
    person = {**PERSON, "zanzibar": "x"}
    assert await faults({"demographics": person}, TraceRequest) == {"demographics"}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("person", 1), ("person", "h1.short"), ("person", "h2." + "a" * 64), ("person", None),
        ("purpose", ["early-help-triage"]), ("purpose", ""), ("purpose", "a" * 65),
        ("reason", ""), ("reason", "x" * 501), ("reason", "a\x00b"), ("reason", "a\x7f"), ("reason", True),
        ("sections", []), ("sections", "identity"), ("sections", {"identity": 1}), ("sections", ["a"] * 25),
    ],
)  # fmt: skip
async def test_nothing_is_coerced_and_everything_is_bounded(member: str, value: object) -> None:
    assert await faults({**GOOD, member: value}) == {member}


async def test_a_list_is_told_by_its_item() -> None:
    assert await faults({**GOOD, "sections": ["identity", "No Code"]}) == {"sections.1"}


async def test_a_body_that_is_no_object_is_told_as_a_whole() -> None:
    assert await faults([]) == {"body"}


@pytest.mark.parametrize(
    "day", ["1990-5-1", "1990-05-01T00:00:00", "1990-W18-2", "19900501", 641520000, None, "1990-02-30"]
)
async def test_a_day_is_a_full_date_and_nothing_that_could_be_read_as_one(day: object) -> None:
    assert await faults({"demographics": {**PERSON, "birth_date": day}}, TraceRequest) == {
        "demographics.birth_date"
    }


async def test_a_person_is_identified_in_exactly_one_way() -> None:
    by_number = await read_body(
        request(b'{"nhs_number": "999 000 0018", "demographics": null}'), TraceRequest
    )
    assert by_number.nhs_number == "999 000 0018"
    by_words = await read_body(request(json.dumps({"demographics": PERSON}).encode()), TraceRequest)
    assert isinstance(by_words.demographics, DemographicsBody)
    by_record = await read_body(request(b'{"record": "HH-1"}'), TraceRequest)
    assert by_record.record == "HH-1"
    both = {"nhs_number": "9990000018", "demographics": PERSON}
    for wrong in ({}, both, {"nhs_number": None}, {"nhs_number": "9990000018", "record": "HH-1"}):
        with pytest.raises(BadRequestError) as caught:
            await read_body(request(json.dumps(wrong).encode()), TraceRequest)
        assert caught.value.faults == (FieldFault("body", "give one of nhs_number, demographics and record"),)


@pytest.mark.parametrize("postcode", ["", "NR99", "NR99  9ZZ", "nr99 9z!", "N" * 11])
async def test_a_postcode_is_written_as_one(postcode: str) -> None:
    assert await faults({"demographics": {**PERSON, "postcode": postcode}}, TraceRequest) == {
        "demographics.postcode"
    }


@pytest.mark.parametrize("label", ["U", "R", "V", None])
async def test_a_source_may_say_a_label_of_the_three(label: str | None) -> None:
    body = json.dumps({"reference": "HH-1", "label": label}).encode()
    assert (await read_body(request(body), PointerBody)).label == label


async def test_a_label_that_is_only_ours_to_conclude_is_refused() -> None:
    for label in ("unknown", "REDACTED", "u", 1):
        assert await faults({"reference": "HH-1", "label": label}, PointerBody) == {"label"}


async def test_a_reference_is_bounded() -> None:
    assert await faults({"reference": ""}, PointerBody) == {"reference"}
    assert await faults({"reference": "x" * 201}, PointerBody) == {"reference"}
    assert (await read_body(request(b'{"reference": "HH-1"}'), PointerRevocation)).reference == "HH-1"
