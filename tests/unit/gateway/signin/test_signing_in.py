"""The whole way in, and each attack on it (security.md, 14)."""

from __future__ import annotations

import pytest

from core.errors import ClosedError
from gateway.signin.cookies import new_secret
from gateway.signin.errors import NotAdmittedError
from tests.unit.gateway.signin.browser import query_of
from tests.unit.gateway.signin.fake_provider import (
    DOWN,
    ISSUER,
    OFFICER,
    RESIDENT,
    FakeProvider,
)
from tests.unit.gateway.signin.house import ATTEMPT, SESSION, House, explained, who


async def test_a_resident_signs_in_and_is_known_to_the_portal(house: House, idp: FakeProvider) -> None:
    browser = house.browser()
    reply = await browser.sign_in(idp, RESIDENT)
    assert (reply.status, reply.header("location")) == (303, "/portal/")
    assert set(browser.cookies) == {SESSION}
    assert (await who(browser)).startswith("portal-of-resident-1 Ada Example ")
    assert await who(browser, "console") == "nobody"
    [(kind, person)] = house.hook.seen
    assert (kind, person.nhs_number, person.proofing) == ("portal", "9990000018", "P9")


async def test_an_officer_signs_in_and_is_known_to_the_console(house: House, idp: FakeProvider) -> None:
    browser = house.browser()
    reply = await browser.sign_in(idp, OFFICER, "console")
    assert reply.header("location") == "/console/"
    assert (await who(browser, "console")).startswith("console-of-officer-1 Oli Officer ")
    assert await who(browser) == "nobody"


async def test_the_session_s_cookie_is_sent_with_every_protection(house: House, idp: FakeProvider) -> None:
    browser = house.browser()
    reply = await browser.sign_in(idp, RESIDENT)
    [cookie] = [one for one in reply.every("set-cookie") if one.startswith(SESSION + "=")]
    assert set(cookie.split("; ")[1:]) == {"HttpOnly", "Path=/", "SameSite=lax", "Secure"}
    assert reply.header("referrer-policy") == "no-referrer"
    assert reply.header("cache-control") == "no-store"


async def test_signing_in_leads_back_to_the_page_that_asked_for_it(house: House, idp: FakeProvider) -> None:
    browser = house.browser()
    started = await browser.get("/signin/portal?return=%2Fportal%2Fhistory%3Fbefore%3D12")
    reply = await browser.come_back(idp.log_in(started.header("location"), RESIDENT))
    assert reply.header("location") == "/portal/history?before=12"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/portal//evil.example",
        "/console/",
        "%0d%0aX:y",
    ],
)
async def test_signing_in_leads_nowhere_else(house: House, idp: FakeProvider, wanted: str) -> None:
    browser = house.browser()
    started = await browser.get(f"/signin/portal?return={wanted}")
    assert "evil" not in started.header("location")
    reply = await browser.come_back(idp.log_in(started.header("location"), RESIDENT))
    assert reply.header("location") == "/portal/"


async def test_the_session_is_a_new_one_at_every_sign_in_and_the_one_before_is_dead(
    house: House, idp: FakeProvider
) -> None:
    browser = house.browser()
    await browser.sign_in(idp, RESIDENT)
    first = browser.cookies[SESSION]
    await browser.sign_in(idp, RESIDENT)
    assert browser.cookies[SESSION] != first
    thief = house.browser()
    thief.cookies[SESSION] = first
    assert await who(thief) == "nobody"


async def test_a_session_that_an_attacker_planted_is_not_the_one_that_is_signed_in(
    house: House, idp: FakeProvider
) -> None:
    browser = house.browser()
    planted = new_secret()
    browser.cookies[SESSION] = planted
    await browser.sign_in(idp, RESIDENT)
    attacker = house.browser()
    attacker.cookies[SESSION] = planted
    assert browser.cookies[SESSION] != planted
    assert await who(attacker) == "nobody"


async def test_an_answer_that_another_browser_was_given_signs_nobody_in(
    house: House, idp: FakeProvider
) -> None:
    attacker, victim = house.browser(), house.browser()
    started = await attacker.get("/signin/portal")
    answer = idp.log_in(started.header("location"), RESIDENT)
    explained(await victim.come_back(answer), 400, "You are not signed in")
    assert SESSION not in victim.cookies
    # Not even while the victim is about to sign in: and that goes on undisturbed.
    began = await victim.get("/signin/portal")
    explained(await victim.come_back(answer), 400, "You are not signed in")
    done = await victim.come_back(idp.log_in(began.header("location"), {**RESIDENT, "sub": "resident-2"}))
    assert done.status == 303
    assert (await who(victim)).startswith("portal-of-resident-2 ")


async def test_somebody_signed_in_who_is_led_to_a_stranger_s_answer_stays_who_they_are(
    house: House, idp: FakeProvider
) -> None:
    attacker, victim = house.browser(), house.browser()
    await victim.sign_in(idp, RESIDENT)
    started = await attacker.get("/signin/portal")
    answer = idp.log_in(started.header("location"), {**RESIDENT, "sub": "attacker"})
    assert (await victim.come_back(answer)).header("location") == "/portal/"
    assert (await who(victim)).startswith("portal-of-resident-1 ")


async def test_an_answer_is_good_once(house: House, idp: FakeProvider) -> None:
    browser = house.browser()
    started = await browser.get("/signin/portal")
    attempt = browser.cookies[ATTEMPT]
    answer = idp.log_in(started.header("location"), RESIDENT)
    await browser.come_back(answer)
    again = house.browser()
    again.cookies[ATTEMPT] = attempt
    explained(await again.come_back(answer), 400, "You are not signed in")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "code=x",
        "state=x",
        "code=x&state=x",
        "code=a&code=b&state=x",
        "state=a&state=b",
        "error=access_denied",
    ],
)
async def test_an_answer_to_nothing_signs_nobody_in(house: House, query: str) -> None:
    browser = house.browser()
    await browser.get("/signin/portal")
    explained(await browser.get(f"/signin/callback?{query}"), 400, "You are not signed in")
    assert SESSION not in browser.cookies


async def test_turning_back_at_the_provider_is_told_in_our_words_only(
    house: House, idp: FakeProvider
) -> None:
    browser = house.browser()
    started = await browser.get("/signin/portal")
    state = query_of(started.header("location"))["state"]
    reply = await browser.come_back(
        {"state": state, "error": "access_denied", "error_description": "<script>alert(1)</script>call 0123"}
    )
    explained(reply, 400, "You turned back")
    assert "0123" not in reply.text
    assert browser.cookies == {}


async def test_a_code_of_another_answer_signs_nobody_in(house: House, idp: FakeProvider) -> None:
    """Code injection: PKCE and the nonce tie the code to the attempt."""
    victim, attacker = house.browser(), house.browser()
    stolen = idp.log_in((await victim.get("/signin/portal")).header("location"), RESIDENT)["code"]
    mine = idp.log_in((await attacker.get("/signin/portal")).header("location"), OFFICER)
    explained(await attacker.come_back({**mine, "code": stolen}), 400, "You are not signed in")
    assert attacker.cookies == {}
    assert idp.codes.keys() == {mine["code"]}


async def test_an_answer_in_another_provider_s_name_signs_nobody_in(house: House, idp: FakeProvider) -> None:
    browser = house.browser()
    answer = idp.log_in((await browser.get("/signin/portal")).header("location"), RESIDENT)
    reply = await browser.come_back({**answer, "iss": "https://evil.example"})
    explained(reply, 503, "You cannot sign in right now")
    browser = house.browser()
    answer = idp.log_in((await browser.get("/signin/portal")).header("location"), RESIDENT)
    assert (await browser.come_back({**answer, "iss": ISSUER})).status == 303


async def test_an_unproven_resident_is_told_what_to_do(house: House, idp: FakeProvider) -> None:
    browser = house.browser()
    reply = await browser.sign_in(idp, {**RESIDENT, "identity_proofing_level": "P5", "vot": "P5.Cp"})
    explained(reply, 403, "You cannot come in here")
    assert "passport" in reply.text
    assert browser.cookies == {}
    assert house.hook.seen == []


async def test_a_resident_does_not_come_into_the_console_nor_an_officer_into_the_portal(
    house: House, idp: FakeProvider
) -> None:
    explained(await house.browser().sign_in(idp, RESIDENT, "console"), 403, "You cannot come in here")
    explained(await house.browser().sign_in(idp, OFFICER, "portal"), 403, "You cannot come in here")
    assert house.hook.seen == []


async def test_the_gateway_s_own_refusal_is_shown_as_words_and_never_as_markup(
    house: House, idp: FakeProvider
) -> None:
    house.hook.error = NotAdmittedError("<b>Nobody</b> of that name takes part here.", reason="unknown")
    browser = house.browser()
    reply = await browser.sign_in(idp, RESIDENT)
    explained(reply, 403, "You cannot come in here")
    assert "&lt;b&gt;Nobody&lt;/b&gt; of that name" in reply.text
    assert browser.cookies == {}


async def test_a_log_that_cannot_take_the_sign_in_lets_nobody_in(house: House, idp: FakeProvider) -> None:
    house.hook.error = ClosedError("audit log", "no commit")
    browser = house.browser()
    assert (await browser.sign_in(idp, RESIDENT)).status == 503
    assert SESSION not in browser.cookies


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token"])
async def test_a_provider_that_is_down_is_told_plainly(house: House, idp: FakeProvider, path: str) -> None:
    idp.failing[path] = DOWN
    browser = house.browser()
    started = await browser.get("/signin/portal")
    if started.status == 303:
        started = await browser.come_back(idp.log_in(started.header("location"), RESIDENT))
    explained(started, 503, "You cannot sign in right now")
    assert browser.cookies == {}


async def test_a_token_that_is_not_believed_signs_nobody_in(house: House, idp: FakeProvider) -> None:
    idp.claims = {"nonce": "another"}
    browser = house.browser()
    explained(await browser.sign_in(idp, RESIDENT), 400, "You are not signed in")
    assert browser.cookies == {}
