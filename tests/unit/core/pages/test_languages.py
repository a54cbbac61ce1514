"""Which language a page is in, and that each request has its own."""

from __future__ import annotations

import asyncio
from gettext import NullTranslations

import pytest
from fastapi import FastAPI, Request, Response

from core.pages.environment import build_environment
from core.pages.languages import (
    COOKIE,
    COOKIE_ON_LOOPBACK,
    Catalogues,
    chosen_by_cookie,
    language_of,
    remember,
    speak,
    speaking,
)
from core.pages.rendering import Frame, Link, Pages
from core.pages.routing import page_router
from tests.unit.core.pages.browser import ask


class Polish(NullTranslations):
    def gettext(self, message: str) -> str:
        return {"Leave this page": "Opuść tę stronę", "Who looked": "Kto patrzył", "Menu": "Menu (pl)"}.get(
            message, message
        )

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return "dni" if n != 1 else "dzień"

    def pgettext(self, context: str, message: str) -> str:
        return f"{context}: po polsku"

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return f"{context}: {n} po polsku"


def request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw})


@pytest.mark.parametrize(
    ("cookie", "accepted", "spoken"),
    [
        ("", "", "en"),
        (f"{COOKIE}=pl", "lt", "pl"),
        (f"{COOKIE_ON_LOOPBACK}=ro", "lt", "ro"),
        (f"{COOKIE}=../../etc", "lt", "lt"),
        (f"{COOKIE}=de", "", "en"),
        ("", "pt-BR,pt;q=0.9,en;q=0.8", "pt"),
        ("", "de, en;q=0.5, lt;q=0.7", "lt"),
        ("", "lt;q=0, pl;q=0.1", "pl"),
        ("", "ro;q=much, pl;q=0.1", "pl"),
        ("", "RO-md ; q=7", "ro"),
        ("", "pl;level=1", "pl"),
        ("", ",,;;=", "en"),
        ("", ",".join(["de"] * 50 + ["pl"]), "en"),
    ],
)
def test_the_chosen_language_comes_before_what_the_browser_asks_for(
    cookie: str, accepted: str, spoken: str
) -> None:
    assert language_of(request(cookie=cookie, accept_language=accepted)) == spoken


def test_only_a_language_of_ours_is_a_choice() -> None:
    assert chosen_by_cookie(request(cookie=f"{COOKIE}=lt")) == "lt"
    assert chosen_by_cookie(request(cookie=f"{COOKIE}=xx")) is None
    assert chosen_by_cookie(request()) is None


def test_the_cookie_is_this_hosts_own_and_no_scripts() -> None:
    answer = Response()
    remember(answer, "pl")
    set_cookie = answer.headers["set-cookie"]
    assert set_cookie.startswith(
        "__Host-oncetold-language=pl; HttpOnly; Max-Age=31536000; Path=/; SameSite=lax; Secure"
    )
    answer = Response()
    remember(answer, "pl", insecure=True)
    assert answer.headers["set-cookie"].startswith("oncetold-language=pl;")
    assert "Secure" not in answer.headers["set-cookie"]


def test_a_language_without_a_catalogue_is_english_and_says_so() -> None:
    catalogues = Catalogues({"pl": Polish()})
    assert catalogues.languages == {"en", "pl"}
    with speaking("lt"):
        assert (catalogues.gettext("Who looked"), catalogues.info()["language"]) == ("Who looked", "en")
        assert catalogues.ngettext("day", "days", 2) == "days"
    with speaking("pl"):
        assert (catalogues.gettext("Who looked"), catalogues.info()["language"]) == ("Kto patrzył", "pl")
        assert catalogues.gettext("No such text") == "No such text"
        assert catalogues.ngettext("day", "days", 2) == "dni"
        assert catalogues.pgettext("verb", "look") == "verb: po polsku"
        assert catalogues.npgettext("noun", "look", "looks", 3) == "noun: 3 po polsku"
    assert catalogues.info()["language"] == "en"


def app(together: asyncio.Barrier | None = None) -> FastAPI:
    environment, words = build_environment({}, {"pl": Polish()})
    pages = Pages(
        environment,
        words,
        Frame("/x/", "", (Link("Who looked", "/x/"),), (Link("Who looked", "/x/"),), "/x/leave"),
    )
    router = page_router(pages, "/x", lambda _request: "/signin")

    @router.get("/", response_class=Response)
    async def shown(request: Request) -> Response:
        if together is not None:
            await together.wait()
        return pages.page(request, "pages/signed-out.html", sign_in_url="/signin")

    @router.get("/said", response_class=Response)
    async def said(request: Request) -> Response:
        speak("pl")
        return pages.text(words("Who looked"), "x.txt")

    found = FastAPI()
    found.include_router(router)
    return found


async def test_two_requests_at_once_are_each_answered_in_their_own_language() -> None:
    shop = app(asyncio.Barrier(2))
    polish, other = await asyncio.gather(
        ask(shop, "GET", "/x/", headers={"cookie": f"{COOKIE}=pl"}),
        ask(shop, "GET", "/x/", headers={"cookie": f"{COOKIE}=lt"}),
    )
    assert '<html lang="pl"' in polish.text
    assert "Opuść tę stronę" in polish.text
    assert "Kto patrzył" in polish.text
    assert '<html lang="en"' in other.text
    assert "Leave this page" in other.text


async def test_a_persons_own_language_counts_from_where_it_is_known() -> None:
    assert (await ask(app(), "GET", "/x/said")).text == "Kto patrzył"
    assert '<html lang="en"' in (await ask(app(), "GET", "/x/")).text
