"""The sandbox's step-up sign-in (RFC 9470): asked for by an application, not to be left out, told in the tokens."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Iterator
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
import pytest_asyncio

from adapters.sandbox.identity_provider.accounts import SANDBOX_PASSWORD
from adapters.sandbox.identity_provider.signing_in import STRONG
from adapters.sandbox.identity_provider.tokens import practitioner_tokens
from tests.support.identity_provider import APP, FARID, Running, asking, provider, said


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with provider(tmp_path_factory.mktemp("identity")) as one:
        yield one


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield session


async def test_a_second_factor_shows_in_the_tokens_and_a_password_alone_does_not(running: Running) -> None:
    before = int(time.time())
    for strong, acr, amr in ((False, "staff-password", ["pwd"]), (True, STRONG, ["mfa", "otp", "pwd"])):
        tokens = await practitioner_tokens(running.url, FARID, APP, strong=strong)
        for _, claims in (said(tokens["access_token"]), said(tokens["id_token"])):
            assert claims["acr"] == acr
            assert before <= claims["auth_time"] <= time.time()
        assert said(tokens["id_token"])[1]["amr"] == amr
        assert ("break-glass" in tokens["scope"].split()) is strong


async def test_a_second_factor_that_was_asked_for_cannot_be_left_out(
    running: Running, http: aiohttp.ClientSession
) -> None:
    address = f"{running.url}/authorize?{asking(acr_values=STRONG, nonce='strong')}"
    form = {"username": FARID, "password": SANDBOX_PASSWORD}
    async with http.post(address, data=form, allow_redirects=False) as answer:
        assert answer.status == 200
        page = await answer.text()
    assert "Farid Staithe" in page
    (ticket,) = re.findall('name="ticket" value="([^"]+)"', page)
    code = "".join(re.findall('id="sandbox-code">([0-9 ]+)<', page)).replace(" ", "")
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for status, words in (
        (400, "That is not the code"),
        (400, "That is not the code"),
        (400, "wrong too often"),
    ):
        async with http.post(
            address, data={"ticket": ticket, "code": wrong}, allow_redirects=False
        ) as answer:
            assert answer.status == status
            assert words in await answer.text()
    # Used up, for the right code too; and it was never for another request.
    async with http.post(address, data={"ticket": ticket, "code": code}, allow_redirects=False) as answer:
        assert answer.status == 400


async def test_a_strength_that_nobody_has_here_goes_back_unmet(
    running: Running, http: aiohttp.ClientSession
) -> None:
    address = f"{running.url}/authorize?{asking(acr_values='urn:gold')}"
    async with http.get(address, allow_redirects=False) as answer:
        assert answer.status == 302
        told = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (told["error"], told["state"]) == (["unmet_authentication_requirements"], ["s"])
