"""The way out, and forged forms (security.md, 14)."""

from __future__ import annotations

import pytest

from gateway.signin.cookies import new_secret
from tests.unit.gateway.signin.browser import query_of
from tests.unit.gateway.signin.fake_provider import (
    DOWN,
    ISSUER,
    OFFICER,
    ORIGIN,
    RESIDENT,
    FakeClock,
    FakeProvider,
)
from tests.unit.gateway.signin.house import House, csrf, explained, who
from tests.unit.gateway.web.asgi import Sender, ask, scope_of


async def test_signing_out_ends_the_session_here_and_at_the_provider(house: House, idp: FakeProvider) -> None:
    browser = house.browser()
    await browser.sign_in(idp, RESIDENT)
    copy = house.browser()
    copy.cookies |= browser.cookies
    reply = await browser.post("/signin/out", {"csrf": await csrf(browser)})
    assert reply.status == 303
    assert reply.header("location").startswith(f"{ISSUER}/logout?")
    sent = query_of(reply.header("location"))
    assert sent["post_logout_redirect_uri"] == f"{ORIGIN}/portal/signed-out"
    assert browser.cookies == {}
    assert await who(copy) == "nobody"


async def test_an_officer_signs_out_by_the_console_s_door(house: House, idp: FakeProvider) -> None:
    browser = house.browser()
    await browser.sign_in(idp, OFFICER, "console")
    reply = await browser.post("/signin/out", {"csrf": await csrf(browser, "console")})
    assert query_of(reply.header("location"))["post_logout_redirect_uri"] == f"{ORIGIN}/console/signed-out"


async def test_signing_out_works_while_the_provider_is_down_or_offers_no_sign_out(
    house: House, idp: FakeProvider, clock: FakeClock
) -> None:
    idp.metadata = {"end_session_endpoint": None}
    browser = house.browser()
    await browser.sign_in(idp, RESIDENT)
    reply = await browser.post("/signin/out", {"csrf": await csrf(browser)})
    assert reply.header("location") == "/portal/signed-out"
    await browser.sign_in(idp, RESIDENT)
    for _ in range(5):
        clock.pass_by(minutes=13)
        assert await who(browser) != "nobody"
    idp.failing["/.well-known/openid-configuration"] = DOWN
    reply = await browser.post("/signin/out", {"csrf": await csrf(browser)})
    assert reply.header("location") == "/portal/signed-out"
    assert await who(browser) == "nobody"


@pytest.mark.parametrize("forged", ["", "x", new_secret()])
async def test_nobody_is_signed_out_by_a_forged_form(house: House, idp: FakeProvider, forged: str) -> None:
    browser = house.browser()
    await browser.sign_in(idp, RESIDENT)
    explained(await browser.post("/signin/out", {"csrf": forged}), 403, "This page is too old")
    assert await who(browser) != "nobody"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
    ids=str,
)
async def test_a_form_from_another_place_is_refused_even_with_the_right_token(
    house: House, idp: FakeProvider, headers: dict[str, str]
) -> None:
    browser = house.browser()
    await browser.sign_in(idp, RESIDENT)
    reply = await browser.post("/signin/out", {"csrf": await csrf(browser)}, **headers)
    explained(reply, 403, "This page is too old")
    assert await who(browser) != "nobody"


async def test_another_session_s_token_is_refused(house: House, idp: FakeProvider) -> None:
    browser, other = house.browser(), house.browser()
    await browser.sign_in(idp, RESIDENT)
    await other.sign_in(idp, {**RESIDENT, "sub": "resident-2"})
    reply = await browser.post("/signin/out", {"csrf": await csrf(other)})
    explained(reply, 403, "This page is too old")
    assert await who(browser) != "nobody"


async def test_nobody_is_signed_out_by_a_link(house: House, idp: FakeProvider) -> None:
    browser = house.browser()
    await browser.sign_in(idp, RESIDENT)
    assert (await browser.get("/signin/out")).status in {404, 405}
    assert await who(browser) != "nobody"


async def test_signing_out_without_a_session_is_no_error_of_ours(house: House) -> None:
    explained(await house.browser().post("/signin/out", {"csrf": "x"}), 403, "This page is too old")


async def test_a_form_of_another_kind_is_refused(house: House) -> None:
    scope = scope_of("POST", "/signin/out", [("Content-Type", "application/json"), ("Origin", ORIGIN)])
    explained(await ask(house.app, scope, Sender([b"{}"])), 400, "We could not read what you sent")
