"""The story's emergency: a nurse breaks the glass, and officers of the hospital have it to review."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from adapters.sandbox.identity_provider.accounts import SANDBOX_PASSWORD
from adapters.sandbox.identity_provider.tokens import STRONG_SCOPE, practitioner_token
from core.sections import policies_folder
from gateway.policy.registers import load_registers
from gateway.smoke.browser import Browser, sign_in
from gateway.smoke.partner import Answer, Partner
from gateway.smoke.story import Story, expect

NURSE, CLIENT, OFFICER = "kit.nurse@acute.test", "norwich-acute-hospital-app", "rae.officer@acute.test"
PURPOSE: Final = "break-glass-emergency"
REASON: Final = "found-unconscious"


async def emergency(story: Story, nhs_number: str) -> None:
    """Break the glass, at first with a password only."""
    weak = await practitioner_token(story.addresses.identity, NURSE, CLIENT, scope=STRONG_SCOPE)
    strong = await practitioner_token(story.addresses.identity, NURSE, CLIENT, strong=True)
    nurse = replace(story.partner, token=strong)
    person = await nurse.handle(nhs_number)
    refused(story, await replace(nurse, token=weak).break_glass(person, REASON))
    shown(story, nurse, await nurse.break_glass(person, REASON))


def refused(story: Story, answer: Answer) -> None:
    """A password alone does not open it, and the answer says what would (RFC 9470)."""
    expect(answer.status == 401, f"an emergency without a second factor answered {answer.status}, not 401")
    challenge = answer.headers.get("www-authenticate", "")
    expect("insufficient_user_authentication" in challenge, "the refusal does not ask for a second factor")
    story.held("an emergency with a password only", "401, which says how to sign in")


def shown(story: Story, nurse: Partner, answer: Answer) -> None:
    """A second factor opens it: the agreed minimum, for a short time, with somebody to look at it."""
    expect(answer.status == 200, f"an emergency answered {answer.status}")
    nurse.verify(answer)
    agreed = load_registers(policies_folder()).agreements[PURPOSE].sections
    found = {(section, name) for _, section, name in answer.fields()}
    expect(bool(found), "an emergency showed nothing")
    excess = {one for one in found if one[1] not in agreed.get(one[0], frozenset())}
    expect(not excess, f"fields that no emergency needs: {sorted(excess)}")
    expect(
        bool(answer.body["watermark"] and answer.body["use_until"]), "it does not say for whom and how long"
    )
    review = answer.body["review"]
    expect(review["person_told"] == "at-once", "the person is not told at once")
    story.held(
        "an emergency with a second factor",
        f"{len(answer.body['sections'])} sections of the agreed minimum without permission, for a few minutes",
    )


async def reviewed(story: Story, officer: Browser) -> None:
    """The hospital's officer has it to look at, with a clock."""
    console = story.addresses.gateway + "/console/"
    await sign_in(officer, console, OFFICER, SANDBOX_PASSWORD)
    page = await officer.get(console + "reviews")
    task = next((link for link in page.links if "/console/reviews/break-glass/" in link), None)
    expect(task is not None, "the hospital's officer has no emergency to review")
    story.held("the hospital's officer", "has the emergency to review, with a clock")
