"""The directory over the API: who may search it, page by page, and what may not stand in an address."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from core.errors import OnceToldError
from gateway.api.directory import DirectoryParts, build_router
from gateway.api.directory_models import PAGE, ServicesAnswer
from gateway.directory.listing import Directory, open_directory
from gateway.problems import problem_of
from tests.support.walk import CALLERS, FakeVerifier, registers
from tests.unit.gateway.web.asgi import Sender, ask, scope_of

SANDBOX = open_directory(Path(str(files("adapters.sandbox").joinpath("directory.json"))))
CASTED = {
    **CALLERS,
    "referrer": replace(CALLERS["triager"], scopes=frozenset({"referrals"})),
    "viewer": replace(CALLERS["triager"], scopes=frozenset({"views"})),
}


async def get(
    query: str = "", who: str = "referrer", directory: Directory = SANDBOX
) -> tuple[int, dict[str, Any]]:
    app = FastAPI()
    parts = DirectoryParts(FakeVerifier(CASTED), directory)
    app.include_router(build_router(lambda: parts, registers))

    async def ours(_: Request, error: Exception) -> Response:
        assert isinstance(error, OnceToldError)
        return problem_of(error).response("req_test")

    app.add_exception_handler(OnceToldError, ours)
    target = f"/v1/directory/services{query and '?'}{query}"
    reply = await ask(app, scope_of("GET", target, [("authorization", who)]), Sender([]))
    return reply.status, orjson.loads(reply.body)


async def test_services_are_told_as_the_contract_says() -> None:
    status, found = await get("q=debt%20advice&place=Norwich&need=money&eligible=40")
    assert status == 200
    assert found["next"] is None
    shown = ServicesAnswer.model_validate(found).services[0]
    assert (shown.name, shown.organisation, shown.organisation_id) == (
        "Debt advice",
        "Norfolk Advice (sandbox)",
        "norfolk-advice",
    )
    assert shown.contact.telephone is not None
    assert shown.places.sites[0].town == "Norwich"
    assert [term.code for term in shown.needs] == ["money"]
    assert shown.eligibility.minimum_age == 18


async def test_the_pages_hold_every_service_once() -> None:
    ids: list[str] = []
    query = ""
    for _ in range(3):
        status, page = await get(query)
        assert status == 200
        assert len(page["services"]) <= PAGE
        ids += [one["id"] for one in page["services"]]
        if page["next"] is None:
            break
        query = f"after={page['next']}"
    assert sorted(ids) == sorted(SANDBOX.services)


@pytest.mark.parametrize(("who", "status"), [("referrer", 200), ("viewer", 200), ("landlord", 403)])
async def test_referrers_and_viewers_may_search(who: str, status: int) -> None:
    assert (await get(who=who))[0] == status


async def test_a_refuge_is_found_without_a_place_and_without_our_name_for_it() -> None:
    _, found = await get("q=refuge")
    (refuge,) = found["services"]
    assert refuge["places"] == {"areas": ["Norfolk"], "sites": []}
    assert refuge["organisation_id"] is None
    assert "willow-refuge" not in {one["organisation_id"] for one in (await get())[1]["services"]}


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("q=", "q"),
        ("q=9990000018", "q"),
        ("q=999%20000%200018", "q"),
        ("q=12/03/1975", "q"),
        (f"q={quote('debt' + chr(0))}", "q"),
        (f"q={'x' * 101}", "q"),
        ("place=NR1%201AA", "place"),
        ("need=nr11aa", "need"),
        ("eligible=lives%20at%20NR1%201AA", "eligible"),
        ("after=unheard-of", "after"),
        ("after=%2F", "after"),
        ("q=a&q=b", "query"),
        ("who=planted", "query"),
    ],
)
async def test_what_could_be_somebody_or_does_not_fit_is_refused(query: str, where: str) -> None:
    status, found = await get(query)
    assert (status, [one["where"] for one in found["faults"]]) == (422, [where])
    for planted in ("9990000018", "0018", "1975", "1AA", "11aa", "planted"):
        assert planted not in str(found)


@pytest.mark.parametrize("query", ["place=NR1", "eligible=102", "q=over%2065s%20club", "q=caf%C3%A9"])
async def test_ages_districts_and_every_letter_may_be_asked_for(query: str) -> None:
    assert (await get(query))[0] == 200


async def test_an_empty_directory_answers_too() -> None:
    assert await get("q=debt", directory=open_directory(None)) == (200, {"services": [], "next": None})
