"""The smoke's request must be able to fail: a gateway that cheats about it ends the story."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.smoke import asking
from gateway.smoke.asking import asked_and_answered
from gateway.smoke.partner import Answer
from gateway.smoke.story import Story, StoryError
from tests.unit.gateway.composed import ADDRESSES
from tests.unit.gateway.smoke.test_story import CONTACT, TENANCY, ScriptedBrowser, ScriptedPartner, view

HOME = '<a href="/portal/requests/r1">See what they ask</a>'
FORM = '<form action="/portal/requests/r1"><input type="hidden" name="csrf" value="t"></form>'


@dataclass
class Replied:
    status: int
    body: dict[str, Any]

    async def json(self, content_type: str | None = None) -> dict[str, Any]:
        return self.body


@dataclass
class ScriptedSession:
    """Answers the requests' API in order."""

    replies: list[Replied]
    asked: list[tuple[str, str]] = field(default_factory=list)

    @asynccontextmanager
    async def request(self, method: str, url: str, **sent: Any) -> AsyncIterator[Replied]:
        assert sent["headers"] == {"Authorization": "Bearer token"}
        self.asked.append((method, url.removeprefix(ADDRESSES.gateway)))
        yield self.replies.pop(0)


ASKED, WAITS, ALLOWED = (
    Replied(202, {"id": "q1"}),
    Replied(200, {"state": "waiting"}),
    Replied(200, {"state": "allowed"}),
)


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    async def token(*_args: str) -> str:
        return "token"

    monkeypatch.setattr(asking, "practitioner_token", token)


async def tell(
    replies: list[Replied], answers: list[Answer], *, home: str = HOME, leads_to: str = "/portal/done/OT-1"
) -> list[str]:
    said: list[str] = []
    pages = {"/portal/": home, "/portal/requests/r1": FORM}
    parts: Any = {
        "session": ScriptedSession(replies),
        "partner": ScriptedPartner(answers),
        "resident": ScriptedBrowser(pages, leads_to),
    }
    told = Story(addresses=ADDRESSES, say=said.append, person="handle", **parts)
    await asked_and_answered(told, "hal", "client")
    return said


async def test_a_request_is_asked_answered_and_counts_for_the_next_view() -> None:
    (line,) = await tell([ASKED, WAITS, ALLOWED], [view(), view(TENANCY)])
    assert "the view holds tenancy alone" in line


@pytest.mark.parametrize(
    ("replies", "answers", "words"),
    [
        ([Replied(403, {})], [view()], "asking answered 403"),
        ([ASKED, Replied(404, {})], [view()], "the request answered 404"),
        ([ASKED, ALLOWED], [view()], "does not wait"),
        ([ASKED, WAITS], [view(TENANCY)], "asking alone opened something"),
        ([ASKED, WAITS], [view()], "after the yes the view holds"),
        ([ASKED, WAITS], [view(), view(TENANCY, CONTACT)], "after the yes the view holds"),
        ([ASKED, WAITS, WAITS], [view(), view(TENANCY)], "not told of the yes"),
    ],
)
async def test_a_gateway_that_cheats_about_a_request_ends_the_story(
    replies: list[Replied], answers: list[Answer], words: str
) -> None:
    with pytest.raises(StoryError, match=words):
        await tell(list(replies), answers)


async def test_a_request_that_the_resident_does_not_find_or_cannot_answer_ends_the_story() -> None:
    with pytest.raises(StoryError, match="no request stands"):
        await tell([ASKED, WAITS], [view()], home="")
    with pytest.raises(StoryError, match="did not end at its confirmation"):
        await tell([ASKED, WAITS], [view()], leads_to="/portal/requests/r1")
