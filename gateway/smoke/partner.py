"""A partner's application, as small as the story needs: a token, a handle, views; and receipts checked offline."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from audit.note import VerifierKey
from audit.verify import Verified, verify_receipt


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the API. headers: names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def sources(self) -> set[str]:
        """The sources whose sections arrived."""
        return {section["source"] for section in self.body["sections"]}

    def fields(self) -> set[tuple[str, str, str]]:
        """(source, section, field) of everything that arrived."""
        return {
            (one["source"], one["section"], name) for one in self.body["sections"] for name in one["data"]
        }


@dataclass(frozen=True, slots=True)
class Partner:
    """One signed-in practitioner's application."""

    session: aiohttp.ClientSession
    gateway: str
    token: str
    log_key: VerifierKey

    async def handle(self, nhs_number: str) -> str:
        """The organisation's handle for a person."""
        answer = await self.post("/v1/people/trace", {"nhs_number": nhs_number})
        handle: str = answer.body["person"]
        return handle

    async def view(self, person: str, purpose: str, sections: list[str] | None = None) -> Answer:
        """Ask for a view."""
        body: dict[str, object] = {
            "person": person,
            "purpose": purpose,
            "reason": "Smoke test of the whole way",
        }
        if sections is not None:
            body["sections"] = sections
        return await self.post("/v1/views", body)

    async def break_glass(self, person: str, reason_code: str) -> Answer:
        """Look in an emergency."""
        body = {"person": person, "reason_code": reason_code, "reason": "Smoke test: found on the stairs"}
        return await self.post("/v1/break-glass", body)

    def verify(self, answer: Answer) -> Verified:
        """Check the answer's receipt with the log's public key alone. Raises `VerificationError`."""
        receipt = answer.body["receipt"]
        return verify_receipt(receipt["proof"], base64.b64decode(receipt["leaf"]), [self.log_key])

    async def get(self, path: str) -> Answer:
        """Read something."""
        return await self._call("GET", path, None)

    async def post(self, path: str, body: object) -> Answer:
        """Send something."""
        return await self._call("POST", path, body)

    async def _call(self, method: str, path: str, body: object) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}"}
        url = self.gateway + path
        async with self.session.request(method, url, json=body, headers=headers) as answer:
            names = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, names, await answer.json(content_type=None))
