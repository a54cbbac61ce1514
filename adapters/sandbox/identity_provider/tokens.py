"""Gets tokens from the sandbox's provider as a partner's application would: plain HTTP, no browser.

For `oncetold smoke`, tests and curl-less first calls. The password is typed into the provider's own form.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Final
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import aiohttp

from adapters.sandbox.identity_provider.accounts import SANDBOX_PASSWORD
from adapters.sandbox.identity_provider.clients import callback_of, secret_of
from adapters.sandbox.identity_provider.signing_in import STRONG
from core.errors import OnceToldError

PRACTITIONER_SCOPE: Final = "openid views"
STRONG_SCOPE: Final = "openid views checks break-glass"
_TIMEOUT: Final = aiohttp.ClientTimeout(total=15)


class SignInError(OnceToldError):
    """The provider did not give a token; the message says at which step, without secrets."""


async def practitioner_token(
    base_url: str, username: str, client_id: str, *, scope: str | None = None, strong: bool = False
) -> str:
    """An access token for a practitioner (or officer) through their organisation's application: code flow with PKCE.

    strong: signed in with a second factor, for an emergency (RFC 9470).
    """
    tokens = await practitioner_tokens(base_url, username, client_id, scope=scope, strong=strong)
    return tokens["access_token"]


async def practitioner_tokens(
    base_url: str,
    username: str,
    client_id: str,
    *,
    scope: str | None = None,
    redirect_uri: str | None = None,
    password: str = SANDBOX_PASSWORD,
    strong: bool = False,
) -> Mapping[str, str]:
    """The whole token answer of the code flow: access_token, id_token (with scope openid), scope, token_type."""
    redirect_uri = redirect_uri or callback_of(client_id)
    verifier, state, nonce = (secrets.token_urlsafe(48) for _ in range(3))
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": scope or (STRONG_SCOPE if strong else PRACTITIONER_SCOPE),
        "state": state,
        "nonce": nonce,
        "code_challenge": _challenge(verifier),
        "code_challenge_method": "S256",
        **({"acr_values": STRONG, "max_age": "300"} if strong else {}),
    }
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
        page = f"{base_url}/authorize?{urlencode(query)}"
        async with session.get(page, allow_redirects=False) as answer:
            if answer.status != 200:
                raise SignInError(f"the sign-in page answered {answer.status}")
            target = urljoin(page, _form(await answer.text()).action)
        form = {"username": username, "password": password}
        if strong:
            async with session.post(target, data=form, allow_redirects=False) as answer:
                if answer.status != 200:
                    raise SignInError(f"the password answered {answer.status}")
                second = _form(await answer.text())
            form = {"ticket": second.ticket, "code": second.code}
        async with session.post(target, data=form, allow_redirects=False) as answer:
            if answer.status != 302:
                raise SignInError(f"signing in answered {answer.status}")
            returned = parse_qs(urlsplit(answer.headers["Location"]).query)
        if returned.get("state") != [state] or "code" not in returned:
            raise SignInError("the provider sent back no code")
        exchange = {
            "grant_type": "authorization_code",
            "code": returned["code"][0],
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        return await _token(session, base_url, client_id, exchange)


async def client_token(base_url: str, client_id: str, *, scope: str | None = None) -> str:
    """An access token for an application alone (RFC 6749 section 4.4), with all the scopes it may have by default."""
    form = {"grant_type": "client_credentials"} | ({} if scope is None else {"scope": scope})
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
        return (await _token(session, base_url, client_id, form))["access_token"]


async def _token(
    session: aiohttp.ClientSession, base_url: str, client_id: str, form: Mapping[str, str]
) -> Mapping[str, str]:
    login = aiohttp.encode_basic_auth(client_id, secret_of(client_id))
    async with session.post(f"{base_url}/token", data=form, headers={"Authorization": login}) as answer:
        if answer.status != 200:
            raise SignInError(f"the token endpoint answered {answer.status}")
        tokens: Mapping[str, str] = await answer.json()
        return tokens


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


class _Form(HTMLParser):
    """The page's form; of the second page also its ticket, and the code that the sandbox shows in place of a phone."""

    def __init__(self) -> None:
        super().__init__()
        self.action = self.ticket = self.code = ""
        self._in_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = given.get("action", "")
        elif given.get("name") == "ticket":
            self.ticket = given.get("value", "")
        self._in_code = given.get("id") == "sandbox-code"

    def handle_data(self, data: str) -> None:
        if self._in_code:
            self.code += data

    def handle_endtag(self, tag: str) -> None:
        self._in_code = False


def _form(page: str) -> _Form:
    form = _Form()
    form.feed(page)
    if not form.action:
        raise SignInError("the sign-in page has no form")
    return form
