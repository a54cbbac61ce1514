"""Letters and their messages for the tests of BaRS, made up."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from core.vocabulary import Json
from gateway.referrals.bars.parties import Party
from gateway.referrals.bars.reading import read_message
from gateway.referrals.bars.writing import Letter, write_message
from gateway.referrals.values import About, Agreed, Content, How, Sharing, Theme, Urgency, document

ODS = "https://fhir.nhs.uk/Id/ods-organization-code"
PARTIES = {
    "practice": Party("practice", (ODS, "Z9W01"), "Practice (sandbox)"),
    "advice": Party("advice", ("urn:oncetold:organisation", "advice"), "Advice (sandbox)"),
}
SAID = datetime(2026, 11, 23, 9, tzinfo=UTC)
NUMBER = "9990000018"
SECRET = "Planted-Secretname"

LETTER = Letter(
    referral="ref_WvtmKLYAl5m3wudyta79QcEC",
    sender=PARTIES["practice"],
    receiver=PARTIES["advice"],
    sent_at=datetime(2026, 11, 23, 10, tzinfo=UTC),
    purpose="agreed-referral",
    content=Content(
        about=About(
            name="Somebody Made-up",
            birth_date=date(1960, 2, 29),
            nhs_number=NUMBER,
            telephone="01632 960001",
            email="somebody@mail.test",
            address="1 Made-up Row, Norwich",
            safe_contact="Text first",
            preferred_language="pl",
            needs="Large print",
        ),
        why="The flat is damp.\nThe rent is behind.",
        what_matters="To stay near the grandchildren.",
        themes=frozenset({Theme.DAMP, Theme.MONEY}),
        urgency=Urgency.SOON,
    ),
    service="e412d963-405f-5d7b-84c5-57e6e04e5d11",
    person="h1." + "A" * 64,
    agreed=Agreed(How.SPOKEN, SAID, "easy-read-2", contact_details=True),
    sharing=Sharing(frozenset({"contact", "tenancy"}), 14),
    reference="ours-1",
    enclosed=(
        {
            "url": "urn:oncetold:fhir:receipt",
            "extension": [
                {"url": "index", "valueString": "7"},
                {"url": "leaf", "valueBase64Binary": "AAAA"},
                {"url": "proof", "valueString": "c2sp.org/tlog-proof@v1\nindex 7\n"},
            ],
        },
        {"url": "urn:oncetold:fhir:salt", "valueString": "00"},
    ),
)

Change = Callable[[dict[str, Any]], object]


def body_of(letter: Letter) -> dict[str, Json]:
    """What POST /v1/referrals would take for a letter."""
    agreed = letter.agreed
    assert agreed is not None
    sections = letter.sharing.sections
    body: dict[str, Json] = {
        "to": letter.receiver.id,
        "purpose": letter.purpose,
        **document(letter.content),
        "agreed": {
            "how": agreed.how.value,
            "said_at": agreed.said_at.isoformat(),
            "words": agreed.words,
            "contact_details": agreed.contact_details,
        },
        "sharing": {"sections": None if sections is None else sorted(sections), "days": letter.sharing.days},
    }
    others = {"service": letter.service, "person": letter.person, "reference": letter.reference}
    return body | {name: value for name, value in others.items() if value is not None}


def message(change: Change | None = None) -> dict[str, Any]:
    """The letter's message, changed."""
    found: dict[str, Any] = copy.deepcopy(write_message(LETTER))
    if change is not None:
        change(found)
    return found


def resource(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    """The first resource of a kind."""
    found: dict[str, Any] = next(
        one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == kind
    )
    return found


def read(bundle: dict[str, Any], sender: str = "practice") -> dict[str, Json]:
    return read_message(bundle, PARTIES, sender)
