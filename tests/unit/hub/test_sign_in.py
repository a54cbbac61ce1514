"""Signing in with one's employer's account: bound to the browser, believed only when proved, ended after 30 idle minutes."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt

from hub.doors import InsecureCookiesError, cookies_for
from hub.oidc import ProviderAwayError, SignInService
from hub.sign_in import local
from tests.unit.hub.browser import Answer, Browser
from tests.unit.hub.fakes import ISSUER, KEY, Desk

ORGANISATION = "age-well-norfolk"


async def begin(desk: Desk, browser: Browser, back: str = "/interact") -> dict[str, str]:
    """Off to the sign-in; gives what the hub asked there."""
    answer = await browser.get(f"/sign-in/{ORGANISATION}?back={back}")
    assert answer.status == 303, answer.words
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def answers(desk: Desk, asked: dict[str, str], **change: Any) -> None:
    """What the provider gives for the code."""
    now = int(desk.clock.now().timestamp())
    claims = {
        "iss": ISSUER,
        "aud": f"{ORGANISATION}-hub",
        "sub": "joy",
        "nonce": asked["nonce"],
        "iat": now,
        "exp": now + 300,
        "name": "Joy Alder",
        "organisation": ORGANISATION,
        "role": "social-prescriber",
    } | change
    token = jwt.encode(
        {"alg": "ES256", "kid": "one"}, {k: v for k, v in claims.items() if v is not None}, KEY
    )
    desk.service.fetched[f"{ISSUER}/token"] = {
        "access_token": "practitioners",
        "id_token": token,
        "expires_in": 1800,
    }


async def finish(browser: Browser, asked: dict[str, str], iss: str = ISSUER) -> Answer:
    return await browser.get(f"/signed-in?code=c&state={asked['state']}&iss={iss}")


async def test_whoever_is_not_signed_in_chooses_their_employer(desk: Desk) -> None:
    page = await desk.browser().get("/sign-in?back=/interact")
    assert "Where do you work? You sign in with your employer's account. Age Well Norfolk" in page.words
    assert 'href="/sign-in/age-well-norfolk?back=/interact"' in page.text


async def test_signing_in_opens_a_session_and_goes_on_to_the_page(desk: Desk) -> None:
    browser = desk.browser()
    asked = await begin(desk, browser)
    assert (asked["client_id"], asked["code_challenge_method"]) == ("age-well-norfolk-hub", "S256")
    answers(desk, asked)
    back = await finish(browser, asked)
    assert (back.status, back.headers["location"]) == (303, "/interact")
    assert back.headers["referrer-policy"] == "no-referrer"
    assert "Joy Alder, Social prescriber, Age Well Norfolk" in (await browser.get("/interact")).words
    posted = desk.service.posted[0]
    assert posted["code"] == ["c"]
    assert len(posted["code_verifier"][0]) >= 43


async def test_its_cookies_are_of_this_host_alone_and_out_of_reach_of_scripts(desk: Desk) -> None:
    browser = desk.browser()
    asked = await begin(desk, browser)
    answers(desk, asked)
    await finish(browser, asked)
    assert list(browser.cookies) == ["__Host-hub-session"]
    header = (await desk.browser().get(f"/sign-in/{ORGANISATION}")).headers["set-cookie"]
    for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert word in header


async def test_no_token_rests_in_the_database(desk: Desk) -> None:
    browser = desk.browser()
    asked = await begin(desk, browser)
    answers(desk, asked)
    await finish(browser, asked)
    for file in desk.folder.glob("hub.db*"):
        assert b"practitioners" not in file.read_bytes()


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "another"},
        {"iss": "https://another.test"},
        {"nonce": "another"},
        {"exp": 1},
        {"sub": None},
        {"organisation": "norwich-city-council"},
        {"role": None},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_an_id_token_that_does_not_fit_signs_nobody_in(desk: Desk, change: dict[str, Any]) -> None:
    browser = desk.browser()
    asked = await begin(desk, browser)
    answers(desk, asked, **change)
    answer = await finish(browser, asked)
    assert answer.status == 400
    assert "You are not signed in" in answer.words
    assert "__Host-hub-session" not in browser.cookies


async def test_an_answer_without_an_id_token_signs_nobody_in(desk: Desk) -> None:
    browser = desk.browser()
    asked = await begin(desk, browser)
    desk.service.fetched[f"{ISSUER}/token"] = {"access_token": "practitioners", "expires_in": 1800}
    assert (await finish(browser, asked)).status == 400


async def test_an_answer_of_another_issuer_or_another_browser_or_a_second_one_signs_nobody_in(
    desk: Desk,
) -> None:
    browser = desk.browser()
    asked = await begin(desk, browser)
    answers(desk, asked)
    assert (await finish(desk.browser(), asked)).status == 400, "another browser's"
    assert (await finish(browser, asked, iss="https://another.test")).status == 400
    assert (await finish(browser, asked)).status == 400, "used up"


async def test_whoever_declines_is_told_so(desk: Desk) -> None:
    browser = desk.browser()
    asked = await begin(desk, browser)
    answer = await browser.get(f"/signed-in?error=access_denied&state={asked['state']}&iss={ISSUER}")
    assert "You stopped signing in" in answer.words


async def test_a_sign_in_service_that_is_away_is_said_to_be(desk: Desk) -> None:
    desk.service.fetched[f"{ISSUER}/token"] = ProviderAwayError("cut")
    browser = desk.browser()
    asked = await begin(desk, browser)
    answer = await finish(browser, asked)
    assert answer.status == 503
    assert "does not answer right now" in answer.words


@pytest.mark.parametrize(
    "change",
    [{"issuer": "https://another.test"}, {"jwks_uri": f"{ISSUER}/nowhere"}, {"token_endpoint": None}],
    ids=lambda change: next(iter(change)),
)
async def test_a_service_that_publishes_something_else_is_taken_for_away(
    desk: Desk, change: dict[str, str | None]
) -> None:
    place = f"{ISSUER}/.well-known/openid-configuration"
    desk.service.fetched[place] = {
        name: value for name, value in (desk.service.fetched[place] | change).items() if value is not None
    }
    assert (await desk.browser().get(f"/sign-in/{ORGANISATION}")).status == 503


async def test_an_employer_that_does_not_work_here_is_not_found(desk: Desk) -> None:
    assert (await desk.browser().get("/sign-in/nobody")).status == 404


async def test_signing_out_ends_the_session_for_good(desk: Desk) -> None:
    browser = desk.sign_in()
    kept = dict(browser.cookies)
    assert (await browser.post("/sign-out", {})).status == 403, "not without the form's token"
    answer = await desk.post(browser, "/sign-out")
    assert "You are signed out" in answer.words
    assert browser.cookies == {}
    assert (await Browser(desk.hub.app, kept).get("/")).status == 403


async def test_a_session_ends_after_thirty_idle_minutes(desk: Desk) -> None:
    browser = desk.sign_in()
    desk.clock.go_on(minutes=29)
    assert (await browser.get("/")).status == 200
    desk.clock.go_on(minutes=29)
    assert (await browser.get("/")).status == 200, "used meanwhile"
    desk.clock.go_on(minutes=30)
    assert (await browser.get("/")).status == 403


async def test_a_session_ends_after_twelve_hours_even_if_it_is_used(desk: Desk) -> None:
    browser = desk.sign_in()
    statuses = []
    for _ in range(36):
        desk.clock.go_on(minutes=20)
        statuses.append((await browser.get("/")).status)
    assert statuses == [200] * 35 + [403]


def test_nobody_is_led_elsewhere_after_signing_in() -> None:
    assert local("/interact") == "/interact"
    for elsewhere in ("https://evil.test", "//evil.test", "/\\evil.test", "/a\nb", ""):
        assert local(elsewhere) == "/"


def test_insecure_cookies_are_for_loopback_alone() -> None:
    assert cookies_for("127.0.0.1", insecure=True).name("session") == "hub-session"
    with pytest.raises(InsecureCookiesError):
        cookies_for("0.0.0.0", insecure=True)


def test_a_sign_in_service_needs_https_or_loopback(desk: Desk) -> None:
    with pytest.raises(ProviderAwayError, match="https"):
        SignInService("http://sign-in.test", "https://hub.test/signed-in", None, desk.clock)  # type: ignore[arg-type]


async def test_an_application_token_is_asked_for_again_before_it_ends(desk: Desk) -> None:
    organisation = desk.hub.parts.partners.organisation(ORGANISATION)
    assert organisation is not None
    first = await desk.service.application_token(organisation)
    assert await desk.service.application_token(organisation) is first
    desk.clock.go_on(seconds=290)
    assert await desk.service.application_token(organisation) is not first
    assert desk.service.posted[0] == {"grant_type": ["client_credentials"], "scope": ["referrals"]}


async def test_without_its_own_secret_or_a_token_the_hub_waits(desk: Desk) -> None:
    organisation = desk.hub.parts.partners.organisation(ORGANISATION)
    assert organisation is not None
    desk.service.fetched[f"{ISSUER}/token"] = {"token_type": "Bearer"}
    with pytest.raises(ProviderAwayError, match="without an access token"):
        await desk.service.application_token(organisation)
    organisation.secret_file.unlink()
    with pytest.raises(ProviderAwayError, match="secret"):
        await desk.service.application_token(organisation)


async def test_what_is_published_is_remembered_for_an_hour(desk: Desk) -> None:
    await begin(desk, desk.browser())
    desk.service.fetched.pop(f"{ISSUER}/.well-known/openid-configuration")
    await begin(desk, desk.browser())
    desk.clock.go_on(minutes=61)
    assert (await desk.browser().get(f"/sign-in/{ORGANISATION}")).status == 503
