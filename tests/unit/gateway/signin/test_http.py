from __future__ import annotations

from collections.abc import AsyncIterator
from types import TracebackType
from typing import cast

import aiohttp
import pytest

from gateway.signin.errors import ProviderError
from gateway.signin.http import BODY_MAXIMUM, AiohttpCalls, Answer


class FakeResponse:
    def __init__(self, status: int, pieces: list[bytes], failure: Exception | None) -> None:
        self.status = status
        self.content = self
        self._pieces = pieces
        self._failure = failure

    async def iter_any(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece

    async def __aenter__(self) -> FakeResponse:
        if self._failure is not None:
            raise self._failure
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        return None


class FakeSession:
    """What `AiohttpCalls` uses of an aiohttp session; the real one is met in tests/integration/signin."""

    def __init__(
        self, status: int = 200, pieces: list[bytes] | None = None, failure: Exception | None = None
    ) -> None:
        self.response = FakeResponse(status, pieces or [], failure)
        self.sent: dict[str, object] = {}

    def request(self, method: str, url: str, **options: object) -> FakeResponse:
        self.sent = {"method": method, "url": url, **options}
        return self.response


def calls(session: FakeSession) -> AiohttpCalls:
    return AiohttpCalls(cast("aiohttp.ClientSession", session))


async def test_an_answer_is_read_whole() -> None:
    session = FakeSession(pieces=[b"{", b"}"])
    assert await calls(session).get("https://login.example/keys") == Answer(200, b"{}")
    assert session.sent["method"] == "GET"
    assert session.sent["data"] is None


async def test_a_form_is_posted_with_its_headers_and_no_redirect_is_followed() -> None:
    session = FakeSession(status=302)
    answer = await calls(session).post("https://login.example/token", "a=b", {"Authorization": "Basic x"})
    assert answer.status == 302
    assert session.sent["allow_redirects"] is False
    assert session.sent["data"] == b"a=b"
    assert session.sent["headers"] == {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": "Basic x",
    }


async def test_an_answer_without_end_is_given_up() -> None:
    with pytest.raises(ProviderError, match="too large"):
        await calls(FakeSession(pieces=[b"x" * 100_000] * (BODY_MAXIMUM // 100_000 + 1))).get(
            "https://login.example"
        )


@pytest.mark.parametrize(
    ("failure", "fault"),
    [
        (TimeoutError(), "in time"),
        (aiohttp.ClientConnectionError("secret.example:443"), "ClientConnectionError"),
        (OSError("secret.example"), "OSError"),
    ],
)
async def test_a_provider_that_cannot_be_reached_is_named_as_such_and_no_address_travels(
    failure: Exception, fault: str
) -> None:
    with pytest.raises(ProviderError, match=fault) as caught:
        await calls(FakeSession(failure=failure)).get("https://login.example")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "secret" not in str(caught.value)
