"""Where a referral stands as a Task, and the steps that messages ask for."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import pytest

from gateway.referrals.bars.changes import Change, Standing, is_change, read_change, write_standing
from gateway.referrals.bars.errors import NotTakenError
from gateway.referrals.bars.names import TASK_STATUS
from gateway.referrals.states import Outcome, Place, Reason, Status, Step
from tests.unit.gateway.referrals.bars.letters import LETTER, PARTIES, SECRET, message, resource

AT = datetime(2026, 11, 24, tzinfo=UTC)
REFERRAL = LETTER.referral


def answer(place: Place, sender: str = "advice") -> dict[str, Any]:
    """A message of a receiver that tells where it brought a referral."""
    bundle: dict[str, Any] = copy.deepcopy(
        write_standing(Standing(REFERRAL, PARTIES["practice"], PARTIES["advice"], place, AT, AT, "ours-1"))
    )
    if sender == "advice":
        header = resource(bundle, "MessageHeader")
        header["sender"], header["destination"][0]["receiver"] = (
            header["destination"][0]["receiver"],
            header["sender"],
        )
    return bundle


def taken_back(status: str = "revoked") -> dict[str, Any]:
    bundle = message()
    resource(bundle, "MessageHeader")["reason"]["coding"][0]["code"] = "update"
    resource(bundle, "ServiceRequest")["status"] = status
    return bundle


PLACES = (
    Place(Status.COLLECTED),
    Place(Status.ACCEPTED),
    *(Place(Status.REFUSED, reason) for reason in Reason),
    *(Place(Status.CLOSED, None, frozenset({outcome, Outcome.OTHER})) for outcome in Outcome),
)


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_task_that_we_write_is_read_back_to_the_step(place: Place) -> None:
    bundle = answer(place)
    assert is_change(bundle)
    step = Step(place.status, place.reason, place.outcomes)
    assert read_change(bundle, PARTIES, "advice") == Change(REFERRAL, step)


def test_every_state_has_a_task_status_of_its_own() -> None:
    assert set(TASK_STATUS) == set(Status)
    assert len(set(TASK_STATUS.values())) == len(Status)
    for status in Status:
        task = resource(answer(Place(status)), "Task")
        assert task["status"] == TASK_STATUS[status]


def test_where_it_stands_says_nothing_of_the_person() -> None:
    bundle = answer(Place(Status.ACCEPTED))
    kinds = {one["resource"]["resourceType"] for one in bundle["entry"]}
    assert kinds == {"MessageHeader", "Task", "Organization"}
    unknown = write_standing(
        Standing(REFERRAL, PARTIES["practice"], PARTIES["advice"], Place(Status.SENT), AT, AT)
    )
    assert "ours-1" not in str(unknown)


@pytest.mark.parametrize("status", ["revoked", "entered-in-error"])
def test_an_update_that_is_revoked_takes_a_referral_back(status: str) -> None:
    assert is_change(taken_back(status))
    assert read_change(taken_back(status), PARTIES, "practice") == Change(REFERRAL, Step(Status.WITHDRAWN))


@pytest.mark.parametrize(
    "bundle",
    [
        {},
        {"entry": []},
        {"entry": ["x"]},
        {"entry": [{"resource": 1}]},
        {"entry": [{"resource": {}}]},
        message(),
    ],
)
def test_what_is_new_or_no_message_is_no_change(bundle: dict[str, Any]) -> None:
    assert not is_change(bundle)


def refused(bundle: dict[str, Any], sender: str = "advice") -> str:
    with pytest.raises(NotTakenError) as error:
        read_change(bundle, PARTIES, sender)
    assert SECRET not in str(error.value)
    return error.value.element


@pytest.mark.parametrize(
    ("place", "change", "element"),
    [
        (Place(Status.ACCEPTED), {"status": "on-hold"}, "Task.status"),
        (Place(Status.SENT), {}, "Task.status"),
        (Place(Status.ACCEPTED), {"note": [{"text": SECRET}]}, "Task"),
        (Place(Status.ACCEPTED), {"focus": None}, "Task.focus.identifier"),
        (
            Place(Status.ACCEPTED),
            {"focus": {"identifier": {"system": SECRET, "value": "1"}}},
            "Task.focus.identifier",
        ),
        (Place(Status.ACCEPTED), {"statusReason": {"text": SECRET}}, "Task.statusReason"),
        (Place(Status.REFUSED, Reason.FULL), {"statusReason": {"text": SECRET}}, "Task.statusReason"),
        (
            Place(Status.REFUSED, Reason.FULL),
            {"statusReason": {"coding": [{"system": "urn:oncetold:referral-reason", "code": SECRET}]}},
            "Task.statusReason",
        ),
        (Place(Status.CLOSED), {}, "Task.output"),
        (
            Place(Status.ACCEPTED, None, frozenset({Outcome.MOVED})),
            {},
            "Task.output",
        ),
        (
            Place(Status.CLOSED),
            {"output": [{"valueCodeableConcept": {"coding": [{"system": SECRET, "code": "moved"}]}}]},
            "Task.output[0]",
        ),
    ],
)
def test_a_task_that_does_not_fit_is_refused_by_element(
    place: Place, change: dict[str, Any], element: str
) -> None:
    bundle = answer(place)
    resource(bundle, "Task").update(change)
    assert refused(bundle) == element


def test_a_change_of_somebody_else_or_of_nothing_is_refused() -> None:
    assert refused(answer(Place(Status.ACCEPTED)), sender="practice") == "MessageHeader.sender"
    assert refused(taken_back("active"), sender="practice") == "ServiceRequest.status"
    unnamed = taken_back()
    resource(unnamed, "ServiceRequest")["identifier"] = [{"system": SECRET, "value": "1"}]
    assert refused(unnamed, sender="practice") == "ServiceRequest.identifier"
    missing = answer(Place(Status.ACCEPTED))
    missing["entry"] = [one for one in missing["entry"] if one["resource"]["resourceType"] != "Task"]
    assert refused(missing) == "MessageHeader.eventCoding"
    extra = answer(Place(Status.ACCEPTED))
    extra["entry"].append({"resource": {"resourceType": "Observation"}})
    assert refused(extra) == "Bundle.entry[4].resource"


def test_ids_are_made_of_what_a_message_is_about() -> None:
    first, second = answer(Place(Status.ACCEPTED)), answer(Place(Status.CLOSED))
    assert first == answer(Place(Status.ACCEPTED))
    ids = [one["fullUrl"] for one in chain(first["entry"], second["entry"], message()["entry"])]
    assert len(set(ids)) == len(ids)
