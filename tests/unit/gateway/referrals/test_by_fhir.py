"""Referrals as messages of the Booking and Referral Standard, over the API."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import orjson
import pytest

from gateway.directory.listing import open_directory
from gateway.directory.searching import Question
from gateway.referrals.bars.changes import Standing, write_standing
from gateway.referrals.bars.names import SERVICE
from gateway.referrals.bars.parties import parties_of
from gateway.referrals.bars.writing import Letter, write_message
from gateway.referrals.states import Outcome, Place, Reason, Status
from gateway.referrals.values import Agreed, How, Sharing, from_document
from tests.support.api import Told, detail, entries
from tests.support.clock import FakeClock
from tests.support.referring import OTHER, PLANTED, PURPOSE, RECEIVER, SENDER, WHY, Refers, refers
from tests.support.walk import registers, walk
from tests.unit.gateway.referrals.bars.letters import resource
from tests.unit.gateway.web.asgi import Sender, ask, scope_of

FHIR = "application/fhir+json"
PARTIES = parties_of(registers())
NEVER = "ref_" + "a" * 24


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Refers]:
    async with walk(tmp_path, clock=FakeClock()) as way:
        yield refers(way)


def message(desk: Refers, **changes: Any) -> dict[str, Any]:
    """The desk's referral as a message of its sender."""
    body = desk.body()
    letter = Letter(
        referral="not ours yet",
        sender=PARTIES[SENDER],
        receiver=PARTIES[RECEIVER],
        sent_at=desk.parts.clock.now(),
        purpose=PURPOSE,
        content=from_document(cast("dict[str, Any]", body)),
        person=desk.handle(),
        agreed=Agreed(
            How.SPOKEN, desk.parts.clock.now() - timedelta(hours=1), "easy-read-2", contact_details=True
        ),
        sharing=Sharing(frozenset({"contact"}), 14),
        reference="ours-1",
    )
    return copy.deepcopy({**write_message(letter), **changes})


async def post(desk: Refers, bundle: object, who: str = "sender") -> Told:
    return await desk.call("POST", "/v1/referrals", who, bundle, media_type=FHIR)  # type: ignore[arg-type]


async def seen(desk: Refers, referral: str, who: str = "receiver") -> Told:
    return await desk.call("GET", f"/v1/referrals/{referral}", who, headers={"accept": FHIR})


def status_message(referral: str, place: Place, sender: str = RECEIVER) -> dict[str, Any]:
    """What a receiver's system sends."""
    at = datetime.fromisoformat("2026-11-23T10:00:00+00:00")
    bundle: dict[str, Any] = copy.deepcopy(
        write_standing(Standing(referral, PARTIES[sender], PARTIES[SENDER], place, at, at))
    )
    return bundle


async def test_a_message_is_taken_as_the_body_is_and_read_as_one(desk: Refers) -> None:
    told = await post(desk, message(desk))
    assert told.status == 201, told.document
    read = await desk.read(str(told.document["id"]))
    as_json = await desk.read(await desk.sent())
    assert read.document["content"] == as_json.document["content"]
    assert read.document["person"] == desk.handle(RECEIVER)
    mine = await desk.read(str(told.document["id"]), "sender")
    assert mine.document["reference"] == "ours-1"


async def test_the_receiver_reads_a_message_that_says_the_same(desk: Refers) -> None:
    one = await desk.sent()
    told = await seen(desk, one)
    assert told.status == 200
    headers = dict(told.reply.headers)
    assert headers["content-type"] == FHIR
    assert "Accept" in headers["vary"]
    bundle = cast("dict[str, Any]", told.document)
    assert resource(bundle, "ServiceRequest")["reasonCode"] == [{"text": WHY}]
    assert {"system": "urn:oncetold:handle", "value": desk.handle(RECEIVER)} in resource(bundle, "Patient")[
        "identifier"
    ]
    proof, salt = resource(bundle, "MessageHeader")["extension"]
    as_json = (await desk.read(one)).document
    assert salt["valueString"] == as_json["salt"]
    receipt = {
        part["url"]: part.get("valueString") or part.get("valueBase64Binary") for part in proof["extension"]
    }
    assert set(receipt) == set(cast("dict[str, Any]", as_json["receipt"]))
    assert int(receipt["index"]) < cast("dict[str, Any]", as_json["receipt"])["index"]
    # How the person agreed, and the sender's own number of it, are between them and the sender.
    assert "Consent" not in str(bundle)
    assert "ours-1" not in str(bundle)


async def test_a_message_is_a_disclosure_as_the_json_is(desk: Refers) -> None:
    one = await desk.sent()
    before = len(entries(desk.way, RECEIVER))
    assert (await seen(desk, one)).status == (await desk.read(one)).status == 200
    looks = entries(desk.way, RECEIVER)
    assert len(looks) == before + 2
    assert {each.kind for each in looks[:2]} == {"disclosure"}
    first, second = ({**detail(desk.way, each), "correlation": ""} for each in looks[:2])
    assert first == second


async def test_to_everybody_else_a_message_is_a_task_without_the_person(desk: Refers) -> None:
    one = await desk.sent()
    told = await seen(desk, one, "sender")
    bundle = cast("dict[str, Any]", told.document)
    task = resource(bundle, "Task")
    assert (task["status"], told.status) == ("requested", 200)
    assert {"system": "urn:oncetold:referral-reference", "value": "ours-1"} in task["identifier"]
    assert PLANTED not in str(bundle)
    await desk.step(one, "collection")
    after = cast("dict[str, Any]", (await seen(desk, one)).document)
    assert resource(after, "Task")["status"] == "received"
    assert PLANTED not in str(after)
    assert "ours-1" not in str(after)
    assert (await seen(desk, one, "other")).status == (await seen(desk, NEVER)).status == 404


async def test_a_receiver_takes_every_step_by_messages(desk: Refers) -> None:
    one = await desk.sent()
    for place in (Place(Status.COLLECTED), Place(Status.ACCEPTED)):
        told = await post(desk, status_message(one, place), "receiver")
        assert (told.status, told.document["status"]) == (200, place.status.value), told.document
    closed = Place(Status.CLOSED, None, frozenset({Outcome.MOVED}))
    last = await post(desk, status_message(one, closed), "receiver")
    assert (last.document["status"], last.document["outcomes"]) == ("closed", ["moved"])
    again = await post(desk, status_message(one, Place(Status.ACCEPTED)), "receiver")
    assert (again.status, again.document["state"]) == (409, "closed")


async def test_a_receiver_refuses_and_a_sender_takes_back_by_messages(desk: Refers) -> None:
    refused = await post(
        desk, status_message(await desk.sent(), Place(Status.REFUSED, Reason.FULL)), "receiver"
    )
    assert (refused.document["status"], refused.document["reason"]) == ("refused", "full")
    one = await desk.sent()
    revoked = message(desk)
    resource(revoked, "MessageHeader")["reason"]["coding"][0]["code"] = "update"
    resource(revoked, "ServiceRequest").update(
        status="revoked", identifier=[{"system": "urn:oncetold:referral", "value": one}]
    )
    told = await post(desk, revoked)
    assert (told.status, told.document["status"]) == (200, "withdrawn")


async def test_nobody_else_takes_a_step_by_a_message(desk: Refers) -> None:
    one = await desk.sent()
    others = await post(desk, status_message(one, Place(Status.COLLECTED), OTHER), "other")
    unknown = await post(desk, status_message(NEVER, Place(Status.COLLECTED)), "receiver")
    assert others.status == unknown.status == 404
    pretending = await post(desk, status_message(one, Place(Status.COLLECTED), RECEIVER), "other")
    assert faults(pretending) == ["MessageHeader.sender"]
    assert (await desk.read(one, "sender")).document["status"] == "sent"


def faults(told: Told) -> list[str]:
    assert (told.status, told.code) == (422, "body-invalid"), told.document
    assert PLANTED not in str(told.document)
    return [str(one["where"]) for one in cast("list[dict[str, Any]]", told.document["faults"])]


async def test_what_does_not_fit_is_told_by_its_element(desk: Refers) -> None:
    long = message(desk)
    resource(long, "ServiceRequest")["reasonCode"] = [{"text": PLANTED * 100}]
    resource(long, "Consent")["policyRule"]["coding"][0]["code"] = "two words"
    assert faults(await post(desk, long)) == ["ServiceRequest.reasonCode", "Consent.policyRule"]
    other = message(desk)
    other["entry"].append({"resource": {"resourceType": "Observation", "note": PLANTED}})
    assert faults(await post(desk, other)) == ["Bundle.entry[7].resource"]
    assert faults(await post(desk, [])) == ["Bundle"]
    old = message(desk)
    resource(old, "Consent")["dateTime"] = "2026-01-01"
    assert faults(await post(desk, old)) == ["Consent.dateTime"]


async def test_a_message_is_parsed_as_strictly_as_a_body(desk: Refers) -> None:
    for body, media_type, status in ((b'{"a":1,"a":2}', FHIR, 400), (b"{}", "application/fhir+xml", 415)):
        given = [("authorization", "sender"), ("content-type", media_type)]
        reply = await ask(desk.app, scope_of("POST", "/v1/referrals", given), Sender([body]))
        assert reply.status == status
        assert orjson.loads(reply.body)["status"] == status


async def test_a_service_is_one_of_the_directory_that_the_receiver_provides(desk: Refers) -> None:
    directory = open_directory(Path(str(files("adapters.sandbox").joinpath("directory.json"))))
    (theirs,) = directory.find(Question(words="benefits check"))
    (others,) = directory.find(Question(words="befriending"))
    knowing = replace(desk, directory=directory)
    assert (await knowing.send(service=theirs.id)).status == 201
    for unfit in (others.id, "unheard-of"):
        assert faults(await knowing.send(service=unfit)) == ["service"]
        by_message = message(desk)
        provided = {"resourceType": "HealthcareService", "identifier": [{"system": SERVICE, "value": unfit}]}
        by_message["entry"].append({"fullUrl": "urn:uuid:service", "resource": provided})
        resource(by_message, "ServiceRequest")["performer"] = [{"reference": "urn:uuid:service"}]
        assert faults(await post(knowing, by_message)) == ["HealthcareService.identifier"]
