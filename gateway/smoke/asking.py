"""A partner asks the resident to allow something; they answer on the portal, and the next view follows the answer."""

from __future__ import annotations

from typing import Any, Final

from adapters.sandbox.identity_provider.tokens import practitioner_token
from gateway.smoke.story import PURPOSE, Story, expect

SECTIONS: Final = ("tenancy",)
REASON: Final = "We would like to help you with the damp in your flat."


async def asked_and_answered(story: Story, username: str, client: str) -> None:
    """The request, what it does to a view while it waits (nothing), the yes, and what that opens: what was asked alone."""
    token = await practitioner_token(story.addresses.identity, username, client)
    request = await _ask(story, token)
    expect(await _state(story, token, request) == "waiting", "the request does not wait for its answer")
    before = await story.ask()
    expect(before.body["sections"] == [], "asking alone opened something")
    await _say_yes(story)
    after = await story.ask()
    shown = {section["section"] for section in after.body["sections"]}
    expect(shown == set(SECTIONS), f"after the yes the view holds {sorted(shown)}")
    expect(await _state(story, token, request) == "allowed", "whoever asked is not told of the yes")
    story.held(
        "a partner asks, the resident says yes on the portal", f"the view holds {', '.join(shown)} alone"
    )


async def _ask(story: Story, token: str) -> str:
    wish = {
        "person": story.person,
        "purpose": PURPOSE,
        "sections": list(SECTIONS),
        "days": 30,
        "reason": REASON,
    }
    status, told = await _call(story, token, "POST", "/v1/consent-requests", wish)
    expect(status == 202, f"asking answered {status}, not 202")
    return str(told["id"])


async def _state(story: Story, token: str, request: str) -> str:
    status, told = await _call(story, token, "GET", f"/v1/consent-requests/{request}", None)
    expect(status == 200, f"the request answered {status}, not 200")
    return str(told["state"])


async def _say_yes(story: Story) -> None:
    home = await story.resident.get(story.addresses.gateway + "/portal/")
    links = [one for one in home.links if "/portal/requests/" in one]
    expect(bool(links), "no request stands on the resident's first page")
    page = await story.resident.get(story.addresses.gateway + links[0])
    action, hidden = page.form("/portal/requests/")
    chosen = [("sections", one) for one in SECTIONS]
    done = await story.resident.post(action, [*hidden.items(), *chosen, ("days", "7"), ("answer", "yes")])
    expect("/portal/done/" in done.url, "saying yes on the portal did not end at its confirmation")


async def _call(
    story: Story, token: str, method: str, path: str, body: dict[str, Any] | None
) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}"}
    url = story.addresses.gateway + path
    async with story.session.request(method, url, json=body, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)
