from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from core.pages.static_files import STATIC_PATH, static_app, static_files, static_url
from tests.unit.core.pages.browser import ask

app = Starlette(routes=[Mount(STATIC_PATH, static_app())])
NAMES = ("govuk-frontend.css", "oncetold.css", "parts.css", "notices.css", "officers.css", "oncetold.svg")


@pytest.mark.parametrize("name", NAMES)
async def test_a_file_under_its_digest_may_be_kept_for_good(name: str) -> None:
    answer = await ask(app, "GET", static_url(name))
    assert answer.status == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith(("text/css", "image/svg+xml"))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.text == static_files()[name].content.decode()


async def test_a_file_under_its_plain_name_is_asked_for_again_but_sent_once() -> None:
    first = await ask(app, "GET", "/static/oncetold.css")
    assert first.headers["cache-control"] == "no-cache"
    again = await ask(app, "GET", "/static/oncetold.css", headers={"if-none-match": first.headers["etag"]})
    assert (again.status, again.text) == (304, "")
    changed = await ask(app, "GET", "/static/oncetold.css", headers={"if-none-match": '"other"'})
    assert changed.status == 200


@pytest.mark.parametrize(
    "address",
    ["/static/", "/static/nothing.css", "/static/../words.py", "/static/oncetold.0000000000000000.css"],
)
async def test_nothing_else_is_served(address: str) -> None:
    assert (await ask(app, "GET", address)).status == 404


async def test_files_are_only_read() -> None:
    answer = await ask(app, "POST", static_url("oncetold.css"), body=b"x")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_an_address_of_a_missing_file_is_a_mistake_found_at_once() -> None:
    with pytest.raises(KeyError):
        static_url("missing.css")
