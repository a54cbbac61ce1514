"""The frame's own pages: who gets in, and what everybody may read."""

from __future__ import annotations

import pytest
from starlette.requests import Request
from starlette.responses import Response

from hub.pages.rendering import nobody
from hub.pages.routing import PageRouter
from tests.unit.hub.fakes import Desk


async def test_the_first_page_asks_strangers_to_sign_in(desk: Desk) -> None:
    answer = await desk.browser().get("/")
    assert answer.status == 403
    assert "Sign in to see this page" in answer.words


async def test_the_first_page_lists_the_teams_of_whoever_is_signed_in(desk: Desk) -> None:
    answer = await desk.sign_in().get("/")
    assert answer.status == 200
    assert "Home and health" in answer.words
    assert "Signed in as Joy Alder, Social prescriber, Age Well Norfolk." in answer.words


async def test_whoever_is_in_no_team_is_told_whom_to_ask(desk: Desk) -> None:
    browser = desk.sign_in("wensum-valley-practice", "gp")
    assert "You are not in any team here yet." in (await browser.get("/")).words
    assert (await browser.get("/interact")).status == 404


async def test_anybody_may_read_what_is_kept(desk: Desk) -> None:
    answer = await desk.browser().get("/what-is-kept")
    assert answer.status == 200
    assert "6 years after the case is closed." in answer.words


async def test_an_address_that_is_nowhere_is_a_page_that_says_so(desk: Desk) -> None:
    answer = await desk.browser().get("/nowhere")
    assert answer.status == 404
    assert "We cannot find this page" in answer.words


@pytest.mark.parametrize("address", ["/", "/interact", "/what-is-kept", "/nowhere"])
async def test_no_page_may_be_stored_or_run_a_script(desk: Desk, address: str) -> None:
    answer = await desk.sign_in().get(address)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")


async def test_the_hub_says_that_it_is_alive(desk: Desk) -> None:
    assert (await desk.browser().get("/healthz")).text == "ok"


async def test_whoever_is_signed_in_keeps_their_menu_on_a_page_that_says_what_went_wrong(desk: Desk) -> None:
    joy = desk.sign_in()
    for address in ("/nowhere", "/interact/cases/nowhere", "/voice/team"):
        answer = await joy.get(address)
        assert answer.status == 404
        assert 'href="/interact"' in answer.text, address
        assert "Signed in as Joy Alder, Social prescriber, Age Well Norfolk." in answer.words
    answer = await joy.post("/sign-out", {"csrf": "somebody else's"})
    assert (answer.status, 'href="/interact"' in answer.text) == (403, True)
    assert 'href="/interact"' not in (await desk.browser().get("/nowhere")).text


def test_pages_without_doors_show_nobody() -> None:
    assert nobody(Request({"type": "http"})) is None


def test_what_would_not_answer_in_pages_is_no_page(desk: Desk) -> None:
    router = PageRouter(desk.hub.parts.pages, "/team")

    async def shown(_: Request) -> Response:
        raise AssertionError

    with pytest.raises(TypeError, match="/of-habit"):
        router.get("/of-habit")(shown)
    with pytest.raises(TypeError, match="/on-the-loop"):
        router.add("GET", "/on-the-loop", lambda _: Response())  # type: ignore[arg-type,return-value] # the mistake
    assert router.routes == []
