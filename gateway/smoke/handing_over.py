"""The person is referred, with their yes: what the receiver gets and may look at, what the person sees, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from adapters.sandbox.identity_provider.tokens import practitioner_token
from adapters.sandbox.person import Person
from gateway.smoke.partner import Partner
from gateway.smoke.story import Story, expect

SCOPE: Final = "openid views referrals"
PURPOSE: Final = "agreed-referral"
SENDER: Final = ("carys.care@wensum.test", "wensum-valley-practice-app")
RECEIVER: Final = ("erin.adviser@harbour.test", "harbour-charity-app")
RECEIVING: Final = "harbour-charity"
WHY: Final = "Smoke test: the rent is behind, and the letters lie unopened."


async def handed_over(story: Story, someone: Person) -> None:
    """Sent, collected, taken on, looked at under it, closed; after that its sharing has ended."""
    sender, receiver = await _partner(story, *SENDER), await _partner(story, *RECEIVER)
    referral = await _sent(sender, someone)
    arrived = await receiver.get(f"/v1/referrals/{referral}")
    expect(arrived.body.get("content", {}).get("why") == WHY, "the receiver cannot read why")
    await _step(receiver, referral, "collection")
    emptied = await receiver.get(f"/v1/referrals/{referral}")
    expect("content" not in emptied.body, "what was collected is still held by the gateway")
    await _step(receiver, referral, "acceptance")
    story.held("a referral with the person's yes", "collected, its words held no longer; taken on")

    person = arrived.body["person"]
    shown = await receiver.view(person, PURPOSE)
    expect(bool(shown.body["sections"]), "the referral's sharing shows nothing")
    receiver.verify(shown)
    page = await story.resident.get(f"{story.addresses.gateway}/portal/referrals")
    expect("Harbour" in page.text, "the person does not see where they were sent")
    await _step(receiver, referral, "closing", {"outcomes": ["advice-given"]})
    ended = await receiver.view(person, PURPOSE)
    expect(ended.body["sections"] == [], "the referral was closed and something was shown")
    told = await sender.get(f"/v1/referrals/{referral}")
    expect(told.body["status"] == "closed", f"the sender reads {told.body['status']}, not closed")
    story.held(
        "while it was open, and after it closed",
        f"{len(shown.body['sections'])} sections, then none; the person and the sender see what became of it",
    )


async def _partner(story: Story, username: str, client: str) -> Partner:
    token = await practitioner_token(story.addresses.identity, username, client, scope=SCOPE)
    return replace(story.partner, token=token)


async def _sent(sender: Partner, someone: Person) -> str:
    said_at = datetime.now(UTC).isoformat(timespec="seconds")
    body = {
        "to": RECEIVING,
        "purpose": PURPOSE,
        "person": await sender.handle(someone.nhs_number or ""),
        "about": {"name": someone.full_name},
        "why": WHY,
        "themes": ["money"],
        "urgency": "soon",
        "agreed": {"how": "spoken", "said_at": said_at, "words": "referral-1", "contact_details": False},
        "sharing": {"sections": None, "days": 7},
    }
    answer = await sender.post("/v1/referrals", body)
    expect(answer.status == 201, f"the referral answered {answer.status}, not 201")
    referral: str = answer.body["id"]
    return referral


async def _step(receiver: Partner, referral: str, step: str, body: dict[str, Any] | None = None) -> None:
    answer = await receiver.post(f"/v1/referrals/{referral}/{step}", body)
    expect(answer.status == 200, f"the {step} answered {answer.status}, not 200")
