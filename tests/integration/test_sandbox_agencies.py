"""The sandbox's agencies as processes of their own, over real sockets on loopback."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from adapters.sandbox import council_housing, faults, nhs_fhir
from adapters.sandbox.people import CAST, generate
from adapters.sandbox.person import COUNCIL, PRACTICE, Person

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = generate()
BEARER = {"Authorization": f"Bearer {nhs_fhir.DEFAULT_TOKEN}"}
KEY = {"X-API-Key": council_housing.DEFAULT_KEY}
EVERYTHING = PEOPLE[CAST["everything"]]


@dataclass(frozen=True, slots=True)
class Agency:
    process: subprocess.Popen[str]
    base: str

    def end(self, with_signal: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(with_signal)
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors


def start(*arguments: str) -> Agency:
    process = subprocess.Popen(
        [sys.executable, "-m", "adapters.sandbox", *arguments],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    ready = process.stdout.readline()
    assert ready.startswith("ready: "), process.communicate(timeout=10)[1]
    return Agency(process, ready.split()[-1])


@pytest.fixture(scope="module")
def practice() -> Iterator[Agency]:
    agency = start("nhs", "--port", "0", "--access-log")
    yield agency
    code, errors = agency.end(signal.SIGTERM)
    assert code == 0
    assert EVERYTHING.nhs_number not in errors
    assert reference(PRACTICE) not in errors
    assert "POST /{kind}/_search 200" in errors


@pytest.fixture(scope="module")
def council() -> Iterator[Agency]:
    agency = start("council", "--port", "0")
    yield agency
    assert agency.end(signal.SIGINT) == (0, "")


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
async def well(practice: Agency, council: Agency, session: aiohttp.ClientSession) -> AsyncIterator[None]:
    """Whatever a test breaks is mended after it."""
    yield
    for agency in (practice, council):
        await set_fault(session, agency, "none")


def reference(source: str, person: Person = EVERYTHING) -> str:
    found = person.reference(source)
    assert found is not None
    return found


async def set_fault(session: aiohttp.ClientSession, agency: Agency, mode: str, **more: float) -> None:
    async with session.post(agency.base + faults.PATH, json={"mode": mode, **more}) as answer:
        assert answer.status == 200
        assert (await answer.json())["mode"] == mode


async def search(session: aiohttp.ClientSession, base: str, kind: str, form: dict[str, str]) -> Any:
    async with session.post(f"{base}/{kind}/_search", data=form, headers=BEARER) as answer:
        assert answer.status == 200
        assert answer.content_type == "application/fhir+json"
        return await answer.json(content_type=None)


async def query(session: aiohttp.ClientSession, base: str, *include: str) -> aiohttp.ClientResponse:
    body = {"reference": reference(COUNCIL), "include": include}
    return await session.post(f"{base}/v1/residents/query", json=body, headers=KEY)


async def test_the_practice_answers_reads_searches_and_one_batch(
    practice: Agency, session: aiohttp.ClientSession
) -> None:
    patient = reference(PRACTICE)
    found = await search(session, practice.base, "Flag", {"patient": patient, "category": "safety"})
    async with session.get(f"{practice.base}/Patient/{patient}", headers=BEARER) as answer:
        whole = await answer.json(content_type=None)
    entries = [
        {"request": {"method": "GET", "url": url}}
        for url in (f"Patient/{patient}", f"Flag?patient={patient}")
    ]
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    async with session.post(practice.base + "/", json=bundle, headers=BEARER) as answer:
        batch = await answer.json(content_type=None)
    assert found["total"] >= 1
    assert whole["name"][0]["family"] == "Sampleworth"
    assert batch["entry"][0]["resource"] == whole


async def test_the_practice_wants_its_token_everywhere_but_in_its_metadata(
    practice: Agency, session: aiohttp.ClientSession
) -> None:
    async with session.get(practice.base + "/metadata") as answer:
        assert (await answer.json(content_type=None))["resourceType"] == "CapabilityStatement"
    for headers in ({}, {"Authorization": "Bearer another"}):
        async with session.get(f"{practice.base}/Patient/{reference(PRACTICE)}", headers=headers) as answer:
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert (await answer.json(content_type=None))["resourceType"] == "OperationOutcome"


async def test_the_practice_says_what_is_wrong_in_an_operation_outcome(
    practice: Agency, session: aiohttp.ClientSession
) -> None:
    asked = [
        ("PUT", "/Patient/x", 405),
        ("GET", "/a/b/c", 404),
        ("POST", "/", 415),
        ("POST", "/Flag/_search", 415),
    ]
    for method, path, status in asked:
        async with session.request(method, practice.base + path, data=b"x", headers=BEARER) as answer:
            assert answer.status == status, path
            assert (await answer.json(content_type=None))["resourceType"] == "OperationOutcome"


async def test_the_council_answers_what_was_included(council: Agency, session: aiohttp.ClientSession) -> None:
    async with await query(session, council.base, "tenancy", "property") as answer:
        found = await answer.json()
    assert set(found) == {"personReference", "asAt", "tenancy", "property"}
    paths = {
        f"/v1/tenancies/{found['tenancy']['tenancyRef']}?fields=tenancyTypeCode": {
            "tenancyTypeCode": found["tenancy"]["tenancyTypeCode"]
        },
        f"/v1/properties/{EVERYTHING.address.uprn}": found["property"],
    }
    for path, wanted in paths.items():
        async with session.get(council.base + path, headers=KEY) as answer:
            assert await answer.json() == wanted
    async with session.get(
        f"{council.base}/v1/repairs?tenancy={found['tenancy']['tenancyRef']}", headers=KEY
    ) as answer:
        assert len((await answer.json())["repairs"]) >= 2


async def test_the_council_is_healthy_and_explains_its_codes_without_a_key(
    council: Agency, session: aiohttp.ClientSession
) -> None:
    async with session.get(council.base + "/health") as answer:
        assert (await answer.json())["status"] == "ok"
    async with session.get(council.base + "/v1/code-lists") as answer:
        assert (await answer.json())["tenancyTypeCode"]["SEC"] == "Secure"


async def test_the_council_says_what_is_wrong(council: Agency, session: aiohttp.ClientSession) -> None:
    async with session.get(council.base + "/v1/tenancies/T1") as answer:
        assert (answer.status, await answer.json()) == (401, {"error": "api-key"})
    asked = [
        ("GET", "/v1/tenancies/T1", "application/json", 404, "tenancy-not-found"),
        ("GET", "/v1/nothing", "application/json", 404, "not-found"),
        ("DELETE", "/v1/repairs", "application/json", 405, "method-not-allowed"),
        ("POST", "/v1/residents/query", "text/plain", 415, "unsupported-media-type"),
        ("POST", "/v1/residents/query", "application/json", 400, "not-json"),
    ]
    for method, path, kind, status, code in asked:
        headers = {**KEY, "Content-Type": kind}
        async with session.request(method, council.base + path, data=b"{", headers=headers) as answer:
            assert (answer.status, await answer.json()) == (status, {"error": code})


@pytest.mark.usefixtures("well")
async def test_an_agency_that_is_down_closes_the_connection_until_it_is_well(
    practice: Agency, council: Agency, session: aiohttp.ClientSession
) -> None:
    await set_fault(session, council, "down")
    for path in ("/health", "/v1/repairs"):
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(council.base + path, headers=KEY)
    async with session.get(practice.base + "/metadata") as answer:
        assert answer.status == 200
    await set_fault(session, council, "none")
    async with session.get(council.base + "/health") as answer:
        assert answer.status == 200


@pytest.mark.usefixtures("well")
async def test_an_agency_fails_in_each_way_that_is_asked(
    practice: Agency, council: Agency, session: aiohttp.ClientSession
) -> None:
    await set_fault(session, council, "error")
    async with await query(session, council.base, "tenancy") as answer:
        assert answer.status == 500
    await set_fault(session, council, "malformed")
    async with await query(session, council.base, "tenancy") as answer:
        assert answer.status == 200
        with pytest.raises(ValueError, match="line 1"):
            await answer.json()
    await set_fault(session, council, "excess")
    async with await query(session, council.base, "tenancy") as answer:
        assert "balancePence" in (await answer.json())["arrears"]
    await set_fault(session, practice, "excess")
    found = await search(
        session, practice.base, "Flag", {"patient": reference(PRACTICE), "_elements": "code"}
    )
    assert "address" in found["entry"][-1]["resource"]


@pytest.mark.usefixtures("well")
async def test_a_slow_agency_answers_after_the_callers_patience(
    council: Agency, session: aiohttp.ClientSession
) -> None:
    await set_fault(session, council, "slow", delay_seconds=600)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(query(session, council.base, "tenancy"), timeout=0.2)
    await set_fault(session, council, "slow", delay_seconds=0)
    async with await query(session, council.base, "tenancy") as answer:
        assert answer.status == 200


async def test_a_fault_that_is_none_is_refused(council: Agency, session: aiohttp.ClientSession) -> None:
    async with session.post(council.base + faults.PATH, data=b'{"mode": "tired"}') as answer:
        assert answer.status == 400
        assert (await answer.json())["error"] == "bad-fault"
    async with session.get(council.base + faults.PATH) as answer:
        assert (await answer.json())["mode"] == "none"


@pytest.mark.parametrize("module", [nhs_fhir, council_housing])
async def test_in_process_every_mode_behaves_as_in_a_process_of_its_own(module: Any) -> None:
    """The same applications without a process between, where a debugger or coverage sees each line."""
    headers = {**BEARER, **KEY}
    path = "/metadata" if module is nhs_fhir else "/health"
    async with TestClient(TestServer(module.create_app(PEOPLE))) as client:
        for mode, status in (
            ("none", 200),
            ("error", 500),
            ("slow", 200),
            ("malformed", 200),
            ("excess", 200),
        ):
            await client.post(faults.PATH, json={"mode": mode, "delay_seconds": 0})
            async with client.get(path, headers=headers) as answer:
                assert answer.status == status
        await client.post(faults.PATH, json={"mode": "down"})
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.get(path, headers=headers)


async def test_faults_cannot_be_commanded_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "is_local", lambda _: False)
    async with TestClient(TestServer(council_housing.create_app(PEOPLE))) as client:
        async with client.post(faults.PATH, json={"mode": "down"}) as answer:
            assert answer.status == 404
        async with client.get("/health") as answer:
            assert answer.status == 200


async def test_secrets_come_from_the_environment(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONCETOLD_SANDBOX_COUNCIL_KEY", "another")
    agency = start("council", "--port", "0")
    try:
        async with await query(session, agency.base, "tenancy") as answer:
            assert answer.status == 401
    finally:
        assert agency.end(signal.SIGTERM)[0] == 0


def test_a_port_that_is_taken_is_said_and_ends_the_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "adapters.sandbox", "nhs", "--port", port]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert f"cannot listen on port {port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_agency_stops_while_a_slow_answer_is_under_way() -> None:
    agency = start("council", "--port", "0")
    host, port = agency.base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as control:
        body = b'{"mode": "slow", "delay_seconds": 600}'
        control.sendall(
            b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (faults.PATH.encode(), len(body))
            + body
        )
        assert b"200 OK" in control.recv(4096)
        control.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        assert agency.end(signal.SIGTERM)[0] == 0
