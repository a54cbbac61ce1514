"""What the pages ask of the sign-in, the doors that are open, and what is logged."""

from __future__ import annotations

import logging

import pytest
import structlog
from fastapi import Request
from structlog.testing import capture_logs

from gateway.signin.cookies import Cookies
from tests.unit.gateway.signin.fake_provider import (
    ISSUER,
    OFFICER,
    RESIDENT,
    FakeProvider,
)
from tests.unit.gateway.signin.house import ATTEMPT, SESSION, Build, House, csrf, explained


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
