"""The whole way in and out, and each attack on it (shared standards/security.md, 14)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import structlog
from fastapi import FastAPI, Request
from structlog.testing import capture_logs

from core.errors import ClosedError
from gateway.signin.attempts import Attempts
from gateway.signin.claims import SignedIn
from gateway.signin.cookies import Cookies, new_secret
from gateway.signin.errors import NotAdmittedError
from gateway.signin.kinds import Kind
from gateway.signin.oidc import Provider
from gateway.signin.routes import build_router
from gateway.signin.service import SignIn
from gateway.signin.sessions import Sessions
from gateway.signin.store import SignInStore
from tests.unit.gateway.signin.browser import Browser, query_of
from tests.unit.gateway.signin.fake_provider import (
    DOWN,
    ISSUER,
    OFFICER,
    ORIGIN,
    RESIDENT,
    FakeClock,
    FakeProvider,
)
from tests.unit.gateway.web.asgi import Reply, Sender, ask, scope_of

SESSION, ATTEMPT = "__Host-oncetold", "__Host-oncetold-signin"


@dataclass
class House:
    """A gateway with nothing but its doors, and one page behind each that tells who is there."""

    app: FastAPI
    signin: SignIn
    hook: Hook

    def browser(self, host: str = "gateway.test") -> Browser:
        return Browser(self.app, host)


@dataclass
class Hook:
    """The composition's `on_signed_in`."""

    seen: list[tuple[Kind, SignedIn]] = field(default_factory=list)
    error: Exception | None = None

    async def __call__(self, kind: Kind, person: SignedIn) -> str:
        self.seen.append((kind, person))
        if self.error is not None:
            raise self.error
        return f"{kind}-of-{person.subject}"


Build = Callable[..., House]


@pytest.fixture
def build(provider: Provider, store: SignInStore, clock: FakeClock) -> Build:
    def build(doors: tuple[Kind, ...] = ("portal", "console"), origin: str = ORIGIN) -> House:
        hook = Hook()
        signin = SignIn(
            origin=origin,
            providers=dict.fromkeys(doors, provider),
            attempts=Attempts(store, clock),
            sessions=Sessions(store, clock),
            on_signed_in=hook,
        )
        app = FastAPI()
        app.include_router(build_router(signin))

        async def who(request: Request, kind: Kind) -> str:
            session = await signin.current(request, kind)
            return "nobody" if session is None else f"{session.subject} {session.name} {session.csrf}"

        app.add_api_route("/who/{kind}", who)
        return House(app, signin, hook)

    return build


@pytest.fixture
def house(build: Build) -> House:
    return build()


async def who(browser: Browser, door: str = "portal") -> str:
    return (await browser.get(f"/who/{door}")).text.strip('"')


async def csrf(browser: Browser, door: str = "portal") -> str:
    return (await who(browser, door)).split()[-1]


def explained(reply: Reply, status: int, heading: str) -> None:
    assert reply.status == status
    assert heading in reply.text
    assert "<script" not in reply.text
    assert "frame-ancestors 'none'" in reply.header("content-security-policy")
    assert reply.header("cache-control") == "no-store"


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


async def test_a_door_that_is_closed_is_not_there(build: Build, idp: FakeProvider) -> None:
    house = build(("console",))
    assert (await house.browser().get("/signin/portal")).status == 404
    assert house.signin.kinds == ("console",)
    assert (await house.browser().sign_in(idp, OFFICER, "console")).status == 303


async def test_a_door_that_was_closed_meanwhile_lets_nobody_in(build: Build, idp: FakeProvider) -> None:
    before, after = build(), build(("console",))
    browser = before.browser()
    answer = idp.log_in((await browser.get("/signin/portal")).header("location"), RESIDENT)
    elsewhere = after.browser()
    elsewhere.cookies |= browser.cookies
    explained(await elsewhere.come_back(answer), 400, "You are not signed in")


async def test_a_browser_that_came_by_the_machine_s_other_name_begins_where_it_will_come_back_to(
    build: Build,
) -> None:
    house = build(origin="http://127.0.0.1:8800")
    reply = await house.browser("localhost:8800").get("/signin/portal?return=/portal/allow")
    assert reply.header("location") == "http://127.0.0.1:8800/signin/portal?return=/portal/allow"
    assert reply.every("set-cookie") == []
    reply = await house.browser("localhost:8800").get("/signin/portal")
    assert reply.header("location") == "http://127.0.0.1:8800/signin/portal"
    assert (await house.browser("127.0.0.1:8800").get("/signin/portal")).header("location").startswith(ISSUER)


async def test_behind_a_proxy_with_a_host_of_its_own_nobody_goes_round_in_circles(house: House) -> None:
    for host in ("internal:8800", "127.0.0.1:8800"):
        assert (await house.browser(host).get("/signin/portal")).header("location").startswith(ISSUER)


def request(method: str, target: str) -> Request:
    path, _, query = target.partition("?")
    return Request(
        {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": [],
         "scheme": "https", "server": ("gateway.test", 443)}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("method", "target", "address"),
    [
        ("GET", "/portal/", "/signin/portal"),
        ("GET", "/portal/signed-out", "/signin/portal"),
        ("POST", "/portal/allow", "/signin/portal"),
        ("GET", "/portal/history?before=12", "/signin/portal?return=%2Fportal%2Fhistory%3Fbefore%3D12"),
        ("GET", "/portal/allow", "/signin/portal?return=%2Fportal%2Fallow"),
        ("GET", "/elsewhere", "/signin/portal"),
    ],
)
def test_a_page_s_sign_in_link_leads_back_to_it(house: House, method: str, target: str, address: str) -> None:
    assert house.signin.sign_in_url(request(method, target), "portal") == address


def test_the_pages_may_post_on_to_the_provider_and_nowhere_else(house: House) -> None:
    assert house.signin.form_targets == (ISSUER,)
    assert house.signin.cookies == Cookies()


async def test_without_a_cookie_there_is_nobody_and_no_token_fits(house: House) -> None:
    empty = request("POST", "/portal/allow")
    assert await house.signin.current(empty, "portal") is None
    assert not house.signin.csrf_ok(empty, "portal", "x")


async def test_nothing_personal_and_no_secret_is_logged(
    house: House, idp: FakeProvider, caplog: pytest.LogCaptureFixture
) -> None:
    structlog.reset_defaults()
    caplog.set_level(logging.DEBUG)
    browser = house.browser()
    with capture_logs() as lines:
        started = await browser.get("/signin/portal")
        answer = idp.log_in(started.header("location"), RESIDENT)
        attempt = browser.cookies[ATTEMPT]
        await browser.come_back(answer)
        session = browser.cookies[SESSION]
        await browser.post("/signin/out", {"csrf": await csrf(browser)})
        await house.browser().come_back(answer)
        await house.browser().sign_in(idp, RESIDENT, "console")
    assert [line["event"] for line in lines] == [
        "signed-in", "signed-out", "sign-in-failed", "not-admitted", "sign-in-failed",
    ]  # fmt: skip
    written = repr(lines) + caplog.text
    for secret in (*answer.values(), attempt, session, "Ada", "resident-1", "999000"):
        assert secret not in written
