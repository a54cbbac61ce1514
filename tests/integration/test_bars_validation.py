"""Our messages before HAPI FHIR's validator: R4 as HL7 publishes it, with all that a referral can say and in every state."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.referrals.bars.changes import Standing, write_standing
from gateway.referrals.bars.writing import write_message
from gateway.referrals.states import Outcome, Place, Reason, Status
from gateway.referrals.values import About, Content, How, Sharing, Urgency
from scripts import fhir_validator
from scripts.hapi_fhir import UnavailableError
from tests.unit.gateway.referrals.bars.letters import LETTER, PARTIES, resource

# Only the first run downloads (140 MB); a registry may be slow.
pytestmark = pytest.mark.timeout(900)

Validate = Callable[[Sequence[Mapping[str, Any]]], list[list[dict[str, str]]]]
AT = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture(scope="module")
def validate() -> Validate:
    """The validator: from resources to what it found of each."""
    try:
        command = fhir_validator.obtain()
    except UnavailableError as reason:
        pytest.skip(f"fhir-validator: {reason}")

    def run(resources: Sequence[Mapping[str, Any]]) -> list[list[dict[str, str]]]:
        lines = "".join(json.dumps(one) + "\n" for one in resources)
        ended = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=600, check=False)
        assert ended.returncode == 0, ended.stderr[-2000:]
        return [json.loads(line) for line in ended.stdout.splitlines()]

    return run


def errors(found: list[dict[str, str]]) -> list[str]:
    return [f"{one['where']}: {one['what']}" for one in found if one["severity"] in {"error", "fatal"}]


def test_every_message_that_we_write_is_a_valid_one_of_r4(validate: Validate) -> None:
    agreed = LETTER.agreed
    assert agreed is not None
    bare = Content(
        About("Somebody Made-up", preferred_language="Norfolk, and BSL"), "Why", urgency=Urgency.URGENT
    )
    letters = (
        LETTER,
        replace(LETTER, agreed=None, reference=None),
        replace(LETTER, content=bare, person=None, service=None, sharing=Sharing()),
        *(
            replace(
                LETTER,
                agreed=replace(agreed, how=how, contact_details=False),
                sharing=Sharing(frozenset(), 1),
            )
            for how in How
        ),
    )
    places = (
        *(Place(status) for status in Status),
        *(Place(Status.REFUSED, reason) for reason in Reason),
        Place(Status.CLOSED, None, frozenset(Outcome)),
    )
    written: list[dict[str, Any]] = [write_message(one) for one in letters]
    written += [
        write_standing(
            Standing(LETTER.referral, PARTIES["practice"], PARTIES["advice"], place, AT, AT, "ours-1")
        )
        for place in places
    ]
    broken = copy.deepcopy(written[0])
    resource(broken, "ServiceRequest").update(status="whatever", subject=None)
    *found, noticed = validate([*written, broken])
    assert [errors(one) for one in found] == [[]] * len(written)
    assert errors(noticed), "the companion: it does notice what is wrong"
