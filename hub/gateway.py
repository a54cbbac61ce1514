"""The one door to the gateway: its public API by HTTP, with frozen answers. Nothing of an answer is kept here.

Every call takes the token it is made with: a practitioner's own, or an organisation's for work in the background. Three
things can go wrong, and each has one exception: the gateway is away (try again later), the token is not good (any more),
or the call is refused for a reason that the caller can tell people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final, TypeVar

import aiohttp
import orjson
from pydantic import TypeAdapter, ValidationError

from hub.errors import HubError
from hub.gateway_answers import (
    Asked,
    ConsentSaid,
    Demographics,
    Explained,
    OfTeam,
    OrganisationListed,
    Purpose,
    Referral,
    ReferralPage,
    SectionSchema,
    Sent,
    ServicePage,
    View,
)
from hub.tokens import Token

ANSWER_BYTES: Final = 4 * 1024 * 1024
TIMEOUT: Final = aiohttp.ClientTimeout(total=15, connect=5)
JSON: Final = "application/json"
AGAIN: Final = (408, 421, 429)
"""Too slow a line, a name that is not the gateway's, too often (RFC 9110, RFC 6585): nothing is said of what was asked."""

T = TypeVar("T")


class GatewayError(HubError):
    """Base of what a call of the gateway can end in."""


class GatewayAwayError(GatewayError):
    """It did not answer, or not in a way that can be read: whether it did what was asked is not known. Try again."""


class UnreadableError(GatewayAwayError):
    """It answered, whole, what nobody can read: of this one thing. Another call may well be answered."""


class TokenNotGoodError(GatewayError):
    """The token was not accepted: sign in again."""


class GatewayRefusedError(GatewayError):
    """It refused, whoever the person is.

    status: HTTP's. kind: the problem's name in docs/problems.md. detail: what to do.
    state: the referral's, where it has moved on.
    """

    def __init__(self, status: int, kind: str, detail: str, state: str | None = None) -> None:
        super().__init__(f"{status} {kind}")
        self.status = status
        self.kind = kind
        self.detail = detail
        self.state = state


class Gateway:
    """The gateway at one address. Every method may raise the three `GatewayError`s.

    limit: how long is waited for an answer, all of it; one that is not whole by then is none.
    """

    def __init__(
        self, base_url: str, http: aiohttp.ClientSession, limit: aiohttp.ClientTimeout = TIMEOUT
    ) -> None:
        self._base = base_url.rstrip("/")
        self._http = http
        self.limit = limit

    async def trace(self, token: Token, by: Demographics | str) -> str:
        """The organisation's handle for a person, by NHS number (a text) or demographics. Known and unknown look alike."""
        body = {"nhs_number": by} if isinstance(by, str) else {"demographics": asdict(by)}
        answer = await self._post(token, "/v1/people/trace", body)
        return _read(_HANDLE, answer)["person"]

    async def view(
        self, token: Token, person: str, purpose: str, reason: str, sections: Iterable[str] | None = None
    ) -> View:
        """What may be seen of the person now. reason: for the person to read, in the practitioner's words."""
        body: dict[str, object] = {"person": person, "purpose": purpose, "reason": reason}
        if sections is not None:
            body["sections"] = sorted(sections)
        return _read(_VIEW, await self._post(token, "/v1/views", body))

    async def send_referral(self, token: Token, body: bytes, key: str) -> Sent:
        """Send a referral. body: its JSON, byte for byte the same at each try; key: makes several tries one referral."""
        return _read(_SENT, await self._call("POST", "/v1/referrals", token, body, {"Idempotency-Key": key}))

    async def referrals(
        self, token: Token, box: str, status: str | None = None, after: str | None = None
    ) -> ReferralPage:
        """Referrals to (`in`) or from (`out`) the token's organisation."""
        query = {"box": box, "status": status, "after": after}
        return _read(_PAGE, _sender_named(await self._get(token, "/v1/referrals", query)))

    async def referral(self, token: Token, name: str) -> Referral:
        """One referral; with what it says, for its receiver, until it was collected."""
        return _read(_REFERRAL, _sender_named(await self._get(token, f"/v1/referrals/{name}", {})))

    async def of_team(self, token: Token, name: str) -> OfTeam:
        """A referral to a team that the token's organisation is named in; with that organisation's own handle."""
        return _read(_OF_TEAM, await self._get(token, f"/v1/referrals/{name}", {}))

    async def collect(self, token: Token, name: str) -> None:
        """Say that the referral rests here durably: the gateway then forgets what it says."""
        await self._post(token, f"/v1/referrals/{name}/collection", {})

    async def accept(self, token: Token, name: str) -> None:
        """Take the referral on."""
        await self._post(token, f"/v1/referrals/{name}/acceptance", {})

    async def refuse(self, token: Token, name: str, reason: str) -> None:
        """Not take it on. reason: full, not-eligible, wrong-service, out-of-area, unsafe, other."""
        await self._post(token, f"/v1/referrals/{name}/refusal", {"reason": reason})

    async def close_referral(self, token: Token, name: str, outcomes: Iterable[str]) -> None:
        """Finish: sharing under it ends at once. outcomes: codes of the API."""
        await self._post(token, f"/v1/referrals/{name}/closing", {"outcomes": sorted(outcomes)})

    async def withdraw(self, token: Token, name: str) -> None:
        """Take back a referral that was sent from here."""
        await self._post(token, f"/v1/referrals/{name}/withdrawal", {})

    async def services(
        self,
        token: Token,
        *,
        words: str | None = None,
        need: str | None = None,
        place: str | None = None,
        eligible: str | None = None,
        after: str | None = None,
    ) -> ServicePage:
        """Services of the directory (Open Referral UK)."""
        query = {"q": words, "need": need, "place": place, "eligible": eligible, "after": after}
        return _read(_SERVICES, await self._get(token, "/v1/directory/services", query))

    async def hold(self, token: Token, reference: str, by: Demographics | str) -> None:
        """Say that the token's organisation holds a record of the person, under our own id of it (PUT /v1/pointers)."""
        about = {"nhs_number": by} if isinstance(by, str) else {"demographics": asdict(by)}
        await self._call("PUT", "/v1/pointers", token, orjson.dumps({"reference": reference, **about}), {})

    async def release(self, token: Token, reference: str) -> None:
        """Say that it holds that record no more."""
        body = orjson.dumps({"reference": reference})
        await self._call("DELETE", "/v1/pointers", token, body, {})

    async def say_consent(self, token: Token, body: Mapping[str, object]) -> ConsentSaid:
        """Write down what a person said to the practitioner (POST /v1/consents)."""
        return _read(_SAID, await self._post(token, "/v1/consents", body))

    async def ask_consent(self, token: Token, person: str, purpose: str, reason: str) -> Asked:
        """Ask the person to allow a look; they answer in the portal. reason: for them to read, 10 to 200 characters."""
        body = {"person": person, "purpose": purpose, "reason": reason}
        return _read(_ASKED, await self._post(token, "/v1/consent-requests", body))

    async def asked(self, token: Token, name: str) -> Asked:
        """What came of it, as far as it is told."""
        return _read(_ASKED, await self._get(token, f"/v1/consent-requests/{name}", {}))

    async def without_a_yes(self, token: Token, purpose: str) -> Explained:
        """What the practitioner could see of somebody who allowed nothing. Asked about nobody: a made-up person."""
        return await self._explain(token, purpose, "nothing")

    async def with_a_yes(self, token: Token, purpose: str) -> Explained:
        """What the practitioner could see of somebody who allowed everything. Asked about nobody: a made-up person."""
        return await self._explain(token, purpose, "everything")

    async def purposes(self) -> tuple[Purpose, ...]:
        """The purposes of the register. Public."""
        return _read(_PURPOSES, await self._get(None, "/v1/purposes", {}))

    async def sections(self) -> tuple[SectionSchema, ...]:
        """The section schemas. Public."""
        return _read(_SECTIONS, await self._get(None, "/v1/sections", {}))

    async def organisations(self, token: Token | None = None) -> tuple[OrganisationListed, ...]:
        """Who takes part. Public; with a token also for what each takes referrals of the token's organisation now."""
        return _read(_ORGANISATIONS, await self._get(token, "/v1/organisations", {}))

    async def _explain(self, token: Token, purpose: str, allowed: str) -> Explained:
        body = {"purpose": purpose, "person": {"allowed": allowed}}
        return _read(_EXPLAINED, await self._post(token, "/v1/policy/explain", body))

    async def _post(self, token: Token, path: str, body: Mapping[str, object]) -> Any:
        return await self._call("POST", path, token, orjson.dumps(body), {})

    async def _get(self, token: Token | None, path: str, query: Mapping[str, str | None]) -> Any:
        given = {name: value for name, value in query.items() if value is not None}
        return await self._call("GET", path, token, None, {}, given)

    async def _call(
        self,
        method: str,
        path: str,
        token: Token | None,
        body: bytes | None,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
    ) -> Any:
        sent = dict(headers)
        if token is not None:
            sent["Authorization"] = f"Bearer {token.value}"
        if body is not None:
            sent["Content-Type"] = JSON
        try:
            async with self._http.request(
                method,
                self._base + path,
                data=body,
                headers=sent,
                params=query,
                timeout=self.limit,
                allow_redirects=False,
            ) as answer:
                status, content = answer.status, await _bounded(answer)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise GatewayAwayError(type(error).__name__) from None
        if status == 204:
            return None
        if status in {200, 201, 202}:
            # Nothing at all is no answer of the gateway's: taken for one, it would pass for "done".
            return _json(content)
        raise _refusal(status, content)


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    found = bytearray()
    async for chunk in answer.content.iter_any():
        found += chunk
        if len(found) > ANSWER_BYTES:
            raise GatewayAwayError("an answer that is too long")
    return bytes(found)


def _json(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        raise UnreadableError("an answer that is no JSON") from None


def _refusal(status: int, content: bytes) -> GatewayError:
    """What an answer other than a good one means. Only a problem document (RFC 9457) is the gateway's own no.

    Anything else comes from something in between, such as a proxy's page while the gateway is restarted. Taken for a
    no, it would have a referral given up that nobody refused.
    """
    if status >= 500 or status in AGAIN:
        return GatewayAwayError(f"it answered {status}")
    problem = _problem(content)
    kind = str(problem.get("type", "")).rstrip("/").rpartition("/")[2].rpartition("#")[2]
    if status == 401:
        return TokenNotGoodError(kind or "401")
    if status < 400 or not kind:
        return GatewayAwayError(f"it answered {status} without saying why")
    state = problem.get("state")
    return GatewayRefusedError(
        status, kind, str(problem.get("detail", "")), state if isinstance(state, str) else None
    )


def _problem(content: bytes) -> Mapping[str, object]:
    try:
        problem = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return problem if isinstance(problem, dict) else {}


def _sender_named(answer: Any) -> Any:
    """With `from` as `sender` and `with` as `team`, in one referral or in a page of them."""
    if isinstance(answer, dict):
        named = {_PYTHONS.get(name, name): value for name, value in answer.items()}
        if isinstance(named.get("referrals"), list):
            named["referrals"] = [_sender_named(one) for one in named["referrals"]]
        return named
    return answer


def _read(reader: TypeAdapter[T], value: Any) -> T:
    try:
        return reader.validate_python(value)
    except ValidationError as error:
        # Only where: what stands there may be somebody's.
        places = {".".join(str(part) for part in one["loc"]) for one in error.errors()}
        raise UnreadableError(f"an answer of another shape at {', '.join(sorted(places))}") from None


_HANDLE: Final = TypeAdapter(dict[str, str])
_VIEW: Final = TypeAdapter(View)
_SENT: Final = TypeAdapter(Sent)
_PAGE: Final = TypeAdapter(ReferralPage)
_REFERRAL: Final = TypeAdapter(Referral)
_OF_TEAM: Final = TypeAdapter(OfTeam)
_PYTHONS: Final = {"from": "sender", "with": "team"}
_SERVICES: Final = TypeAdapter(ServicePage)
_SAID: Final = TypeAdapter(ConsentSaid)
_ASKED: Final = TypeAdapter(Asked)
_EXPLAINED: Final = TypeAdapter(Explained)
_PURPOSES: Final = TypeAdapter(tuple[Purpose, ...])
_SECTIONS: Final = TypeAdapter(tuple[SectionSchema, ...])
_ORGANISATIONS: Final = TypeAdapter(tuple[OrganisationListed, ...])
