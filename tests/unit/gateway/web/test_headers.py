from __future__ import annotations

import pytest
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from gateway.web.headers import HeaderRules, SecurityHeaders
from tests.unit.gateway.web.asgi import Reply, ask, scope_of

IDP = "https://login.example"


async def get(path: str, rules: HeaderRules | None = None, **own: str) -> Reply:
    answer = Response("x", headers={name.replace("_", "-"): value for name, value in own.items()})
    return await ask(SecurityHeaders(answer, rules), scope_of("GET", path))


def directives(reply: Reply) -> dict[str, str]:
    policy = reply.header("content-security-policy")
    return dict(part.strip().partition(" ")[::2] for part in policy.split(";"))


@pytest.mark.parametrize("path", ["/portal/", "/portal", "/console/search", "/signin/callback"])
async def test_a_page_runs_no_script_is_framed_by_nobody_and_posts_to_us_and_the_provider_only(
    path: str,
) -> None:
    reply = await get(path, HeaderRules(form_targets=(IDP,)))
    assert directives(reply) == {
        "default-src": "'none'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "form-action": f"'self' {IDP}",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    assert reply.header("x-frame-options") == "DENY"
    assert reply.header("x-content-type-options") == "nosniff"
    assert reply.header("cross-origin-opener-policy") == "same-origin"
    assert reply.header("cross-origin-resource-policy") == "same-origin"
    assert "camera=()" in reply.header("permissions-policy")
    assert reply.header("cache-control") == "no-store"
    # Not no-referrer: see gateway/web/headers.py. Either way nothing of the address leaves for another origin.
    assert reply.header("referrer-policy") == "same-origin"


@pytest.mark.parametrize("path", ["/v1/views", "/", "/healthz", "/portals", "/log/checkpoint"])
async def test_an_answer_of_the_api_can_be_used_by_a_browser_for_nothing(path: str) -> None:
    reply = await get(path)
    assert reply.header("content-security-policy") == "default-src 'none'; frame-ancestors 'none'"
    assert reply.header("referrer-policy") == "no-referrer"
    assert reply.header("x-content-type-options") == "nosniff"
    assert reply.header("cross-origin-resource-policy") == "same-origin"
    assert reply.header("cache-control") == "no-store"


async def test_nothing_is_stored_but_what_the_static_files_and_the_public_log_say_themselves() -> None:
    forever = "public, max-age=31536000, immutable"
    assert (await get("/static/a.css", cache_control=forever)).header("cache-control") == forever
    assert (await get("/log/tile/0/000", cache_control=forever)).header("cache-control") == forever
    assert (await get("/static/none.css")).header("cache-control") == "no-store"
    assert (await get("/portal/", cache_control=forever)).header("cache-control") == "no-store"
    assert (await get("/v1/purposes", cache_control="max-age=60")).header("cache-control") == "no-store"


async def test_an_answer_s_own_policy_stands_and_no_header_is_sent_twice() -> None:
    own = "default-src 'self'"
    reply = await get("/docs", content_security_policy=own, referrer_policy="no-referrer")
    assert reply.header("content-security-policy") == own
    names = [name for name, _ in reply.headers]
    assert len(names) == len(set(names))


async def test_only_a_gateway_on_https_tells_browsers_to_stay_there() -> None:
    assert (await get("/portal/")).every("strict-transport-security") == []
    secure = await get("/portal/", HeaderRules(https=True))
    assert secure.header("strict-transport-security").startswith("max-age=31536000")
    assert (await get("/v1/views", HeaderRules(https=True))).every("strict-transport-security") != []


async def test_what_is_no_http_request_passes_untouched() -> None:
    seen: list[str] = []

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        seen.append(scope["type"])
        await send({"type": "lifespan.startup.complete"})

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    await SecurityHeaders(app)({"type": "lifespan"}, receive, send)
    assert seen == ["lifespan"]
    assert sent == [{"type": "lifespan.startup.complete"}]
