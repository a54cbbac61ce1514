"""One suite that every adapter passes (adapters/contract.py), each against a source that speaks its real protocol."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from adapters.contract import NotHeldError, SourceError
from tests.contract.source_benches import (
    CONTENT,
    OVER_HTTP,
    REFERENCE,
    SECRET,
    Bench,
    csv,
    failure,
    made,
    misbehave,
    own_words,
    xlsx,
)
from tests.support.adapter_kit import (
    assert_fits,
    by_field,
    everything,
    reasons,
)


@pytest.fixture(params=(*OVER_HTTP, csv, xlsx, own_words), ids=lambda make: make.__name__)
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    async for found in made(request.param, tmp_path):
        yield found


@pytest.fixture(params=OVER_HTTP, ids=lambda make: make.__name__)
async def http(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    async for found in made(request.param, tmp_path):
        yield found


async def test_the_wanted_fields_come_as_the_schemas_want_them(bench: Bench) -> None:
    answer = await bench.fetch()
    assert by_field(answer.fragments) == bench.expected
    assert_fits(answer)
    assert (answer.source, answer.person_label, answer.quarantined) == (bench.source.id, bench.label, ())
    assert all(item.as_of.tzinfo is not None for item in answer.fragments)


async def test_a_source_is_asked_for_no_more_than_is_wanted(http: Bench) -> None:
    await http.fetch()
    assert http.seen.asked == http.asked


async def test_what_comes_in_excess_is_dropped(bench: Bench) -> None:
    bench.be_excessive()
    answer = await bench.fetch()
    assert by_field(answer.fragments) == bench.expected
    assert CONTENT not in repr(answer)


async def test_everything_that_a_source_serves_fits_the_schemas(bench: Bench) -> None:
    answer = await bench.fetch(everything(bench.source.sections))
    assert_fits(answer)
    assert len(answer.fragments) > len(bench.expected)
    assert {item.section for item in answer.fragments} <= bench.source.sections


async def test_a_record_about_another_person_is_never_served(http: Bench) -> None:
    http.hold_another()
    answer = await http.fetch()
    assert answer.fragments == ()
    assert any("about another p" in reason for reason in reasons(answer))


async def test_the_reference_and_the_secret_stand_in_no_url(http: Bench) -> None:
    await http.fetch()
    await http.source.probe()
    assert REFERENCE not in http.seen.urls
    assert SECRET not in http.seen.urls
    assert all(said["Authorization"] == SECRET for said in http.seen.headers)
    assert {said.get("X-Correlation-ID") for said in http.seen.headers} == {"corr-77", None}


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "refused"),
        (403, "refused"),
        (404, "not-held"),
        (410, "not-held"),
        (408, "timeout"),
        (429, "busy"),
        (400, "failed"),
        (422, "failed"),
        (500, "failed"),
        (503, "failed"),
    ],
)
async def test_a_refusal_becomes_its_code_and_its_body_is_not_read(
    http: Bench, status: int, code: str
) -> None:
    misbehave(http, lambda: web.json_response({"error": f"no {REFERENCE} {CONTENT}"}, status=status))
    assert await failure(http) == code


async def test_a_record_no_longer_held_is_an_answer_of_its_own_kind(http: Bench) -> None:
    misbehave(http, lambda: web.Response(status=404))
    with pytest.raises(NotHeldError):
        await http.fetch()


async def test_an_unknown_reference_in_a_file_is_not_held(tmp_path: Path) -> None:
    async for found in made(csv, tmp_path):
        with pytest.raises(NotHeldError):
            await found.fetch(reference="nobody")


@pytest.mark.parametrize(
    "body",
    [
        b'{"resourceType": "Bundle", "name": "Secretname"',
        b"[]",
        b"",
        b'{"a": NaN}',
        b'{"a":' * 3000 + b"1" + b"}" * 3000,
        b"\xff\xfe",
    ],
)
async def test_an_answer_that_is_not_json_is_malformed(
    http: Bench, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    misbehave(http, lambda: web.Response(body=body, content_type="application/json"))
    assert await failure(http, caplog) == "malformed"


async def test_an_answer_of_another_content_type_is_malformed(http: Bench) -> None:
    misbehave(http, lambda: web.Response(text="{}", content_type="text/html"))
    assert await failure(http) == "malformed"


@pytest.mark.parametrize("told", [True, False])
async def test_an_answer_beyond_measure_is_malformed(http: Bench, told: bool) -> None:
    async def long_answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        if told:
            response.content_length = 3 * 1024 * 1024
        await response.prepare(request)
        for _ in range(3 * 16):
            await response.write(b" " * 65536)
        return response

    http.seen.misbehave = long_answer
    assert await failure(http) == "malformed"


async def test_an_answer_cut_off_is_malformed(http: Bench) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.content_length = 1000
        await response.prepare(request)
        await response.write(b'{"a": ')
        assert request.transport is not None
        request.transport.close()
        return response

    http.seen.misbehave = cut
    assert await failure(http) == "malformed"


async def test_a_redirect_is_not_followed(http: Bench) -> None:
    async def away(request: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": str(request.url.with_path("/elsewhere"))})

    http.seen.misbehave = away
    assert await failure(http) == "failed"
    assert "elsewhere" not in http.seen.urls


async def test_a_source_that_does_not_answer_in_time_is_a_timeout(http: Bench) -> None:
    released = asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        await released.wait()
        return web.Response()

    http.seen.misbehave = hang
    try:
        assert await failure(http) == "timeout"
    finally:
        released.set()


async def test_a_closed_connection_is_unreachable(http: Bench) -> None:
    async def drop(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    http.seen.misbehave = drop
    assert await failure(http) == "unreachable"


async def test_a_probe_tells_whether_the_source_is_there_and_says_nothing_of_anybody(bench: Bench) -> None:
    await bench.source.probe()
    assert all(method == "GET" for method, _ in bench.seen.requests)


@pytest.mark.parametrize(("status", "code"), [(404, "failed"), (503, "failed"), (401, "refused")])
async def test_a_probe_of_a_broken_source_fails(http: Bench, status: int, code: str) -> None:
    misbehave(http, lambda: web.Response(status=status))
    with pytest.raises(SourceError) as failed:
        await http.source.probe()
    assert (failed.value.code, type(failed.value)) == (code, SourceError)


async def test_many_fetches_at_once_do_not_mix(bench: Bench) -> None:
    narrower = [{section: fields} for section, fields in bench.narrow.items()]
    asked = [narrower[at % len(narrower)] for at in range(24)]
    answers = await asyncio.gather(*(bench.fetch(wanted) for wanted in asked))
    for wanted, answer in zip(asked, answers, strict=True):
        names = {f"{section}.{name}" for section, fields in wanted.items() for name in fields}
        assert by_field(answer.fragments) == {key: bench.expected[key] for key in names}


async def test_a_source_can_be_closed_twice_and_before_any_fetch(bench: Bench) -> None:
    await bench.source.close()
    await bench.source.close()
