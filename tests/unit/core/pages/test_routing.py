from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi import FastAPI, Request, Response
from structlog.testing import capture_logs

from core.errors import ClosedError
from core.pages.environment import build_environment
from core.pages.forms import FormError
from core.pages.rendering import Frame, Pages
from core.pages.routing import NotHereError, NotOursError, SignInNeededError, add_missing_page, page_router
from tests.unit.core.pages.browser import ask
from tests.unit.core.pages.markup import assert_keeps_the_house_rules

SECRET = "Sam Taylor, born 1 May 1980"


def app(
    error: Exception | None = None, about: str = "", before: Callable[[Request], None] | None = None
) -> FastAPI:
    environment, words = build_environment({})
    pages = Pages(environment, words, Frame("/room/", "", (), (), about=about), ("https://idp.example",))
    router = page_router(pages, "/room", lambda request: "/sign-in?from=" + request.url.path)

    @router.get("/number/{number}", response_class=Response)
    async def numbered(request: Request, number: int) -> Response:
        return pages.text(str(number), "number.txt")

    @router.get("/", response_class=Response)
    async def first(request: Request) -> Response:
        if before is not None:
            before(request)
        if error is not None:
            raise error
        return pages.go("/room/number/1")

    add_missing_page(router, pages)
    made = FastAPI()
    made.include_router(router)
    return made


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (NotHereError("x"), 404, "We cannot find this page"),
        (NotOursError("x"), 403, "This page is too old"),
        (FormError("x"), 400, "We could not read what you sent"),
        (ClosedError("key store", "down"), 503, "This is not working right now"),
        (RuntimeError(SECRET), 500, "Something went wrong"),
    ],
)
async def test_whatever_is_raised_becomes_a_page_in_plain_words(
    error: Exception, status: int, said: str
) -> None:
    answer = await ask(app(error), "GET", "/room/")
    assert answer.status == status
    markup = assert_keeps_the_house_rules(answer.text)
    assert markup.h1 == said
    assert "tell us this number:" in markup.text


async def test_an_unforeseen_error_is_logged_by_kind_and_place_and_never_by_its_text() -> None:
    with capture_logs() as lines:
        answer = await ask(app(RuntimeError(SECRET)), "GET", "/room/")
    (line,) = lines
    assert line["error"] == "RuntimeError"
    assert line["place"].startswith("tests.unit.core.pages.test_routing:")
    assert line["correlation_id"] in answer.text
    assert "Sam" not in str(lines)
    assert "Sam" not in answer.text


async def test_the_correlation_id_of_the_gateways_middleware_is_the_one_shown() -> None:
    def middleware(request: Request) -> None:
        request.state.correlation_id = "req_0123"

    answer = await ask(app(NotHereError("x"), before=middleware), "GET", "/room/")
    assert "req_0123" in answer.text


async def test_who_is_not_signed_in_is_told_so_and_led_there() -> None:
    answer = await ask(app(SignInNeededError("x"), about="What this is."), "GET", "/room/")
    assert answer.status == 403
    markup = assert_keeps_the_house_rules(answer.text)
    assert "What this is." in markup.text
    assert {"/sign-in?from=/room/"} <= {link["href"] for link in markup.attributes("a")}


@pytest.mark.parametrize("address", ["/room/number/one", "/room/elsewhere", "/room/number/1/more"])
async def test_every_other_address_is_a_page_that_is_not_there(address: str) -> None:
    answer = await ask(app(), "GET", address)
    assert answer.status == 404
    assert_keeps_the_house_rules(answer.text)


async def test_nothing_may_be_stored_framed_or_run_and_forms_go_home_or_to_the_sign_in() -> None:
    for answer in (
        await ask(app(NotHereError("x")), "GET", "/room/"),
        await ask(app(), "GET", "/room/number/1"),
    ):
        assert answer.headers["content-security-policy"] == (
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' https://idp.example; "
            "frame-ancestors 'none'; base-uri 'none'"
        )
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"


async def test_a_text_is_offered_as_a_file() -> None:
    answer = await ask(app(), "GET", "/room/number/7")
    assert answer.headers["content-disposition"] == 'attachment; filename="number.txt"'
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == "7"


async def test_after_a_form_one_goes_on_by_get() -> None:
    answer = await ask(app(), "GET", "/room/")
    assert (answer.status, answer.headers["location"]) == (303, "/room/number/1")
