"""GET /v1/audit/...: who may read, what of the log they get, and that every read is an entry itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from audit.checkpoint import open_checkpoint
from audit.merkle import leaf_hash, verify_consistency, verify_inclusion
from audit.note import Signer
from audit.proofs import Proofs
from audit.text import from_base64
from audit.verify import verify_receipt
from audit.witness.kept import Cosigned
from core.errors import OnceToldError
from core.vocabulary import JsonObject
from gateway.api import audit
from gateway.api.audit import AuditParts
from gateway.edge import Edge
from gateway.envelope import Envelope
from gateway.identity.caller import Caller
from gateway.problems import problem
from gateway.services.log_reading import LogParts
from tests.support import api
from tests.support.walk import CALLERS, FakeVerifier, caller
from tests.unit.gateway.services.looking import enquiry
from tests.unit.gateway.services.served import Served, serving
from tests.unit.gateway.web.asgi import Reply, ask, scope_of

COUNTY, COUNCIL, ACUTE = "norfolk-county-council", "norwich-city-council", "norwich-acute-hospital"
AUDIT = frozenset({"audit"})
FHIR = "application/fhir+json"
WHO: dict[str, Caller] = {
    **CALLERS,
    "officer": caller(COUNTY, "officer", scopes=AUDIT),
    "of-council": caller(COUNCIL, "officer", scopes=AUDIT),
    "of-acute": caller(ACUTE, "officer", scopes=AUDIT),
    "no-officer": caller(COUNTY, "triager", scopes=AUDIT),
    "no-scope": caller(COUNTY, "officer", scopes=frozenset({"views"})),
    "machine": replace(caller(COUNTY, "officer", scopes=AUDIT), practitioner=None, role=None),
}


@dataclass
class Desk:
    """The endpoints over one gateway's storage, with its edge around them."""

    served: Served
    parts: LogParts

    async def get(self, target: str, who: str = "officer", accept: str = "*/*") -> tuple[Reply, Any]:
        app = FastAPI()
        app.include_router(audit.build_router(lambda: AuditParts(FakeVerifier(WHO), self.parts)))
        way = self.served.way
        edge = Edge(FakeVerifier(WHO), way.home.committer, way.home.keys)

        async def ours(request: Request, error: Exception) -> Response:
            return await edge.answer(request, error)

        async def framework(request: Request, _error: Exception) -> Response:
            return problem("not-found").response(request.state.correlation_id)

        app.add_exception_handler(OnceToldError, ours)
        app.add_exception_handler(RequestValidationError, framework)
        headers = [("authorization", who), ("accept", accept)]
        reply = await ask(Envelope(app), scope_of("GET", "/v1/audit" + target, headers))
        return reply, orjson.loads(reply.body)

    async def good(self, target: str, who: str = "officer", accept: str = "*/*") -> Any:
        reply, document = await self.get(target, who, accept)
        assert reply.status == 200, document
        assert reply.header("content-type") == (FHIR if accept == FHIR else "application/json")
        return document

    async def refused(self, target: str, who: str = "officer") -> tuple[int, str]:
        reply, document = await self.get(target, who)
        return reply.status, str(document["type"]).rpartition("#")[2]

    def newest(self, organisation: str = COUNTY) -> tuple[str, str, JsonObject]:
        """Kind, outcome and detail of the newest entry that concerns an organisation."""
        entry = api.entries(self.served.way, organisation)[0]
        return entry.kind, entry.outcome, api.detail(self.served.way, entry)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with serving(tmp_path) as served:
        home, officers = served.way.home, served.officers
        parts = LogParts(
            reader=officers.reader,
            store=home.log.store,
            proofs=Proofs(home.database, home.log.store),
            reviews=officers.reviews,
            keys=home.keys,
            committer=home.committer,
            registers=lambda: officers.registers,
            log_keys=(home.verifier_key,),
            cosigned=lambda: None,
        )
        yield Desk(served, parts)


async def look(desk: Desk) -> int:
    """The county looks at what the person allowed; gives the entry's place."""
    await desk.served.way.allow()
    return (await desk.served.way.ask()).receipt.index


@pytest.mark.parametrize(
    ("who", "code"),
    [("no-officer", "officers-only"), ("machine", "officers-only"), ("no-scope", "insufficient-scope")],
)
@pytest.mark.parametrize(
    "target",
    [
        "/entries",
        "/entries/0",
        "/checkpoint",
        "/proofs/inclusion?index=0&size=1",
        "/proofs/consistency?from=1&to=1",
    ],
)
async def test_only_an_officer_with_the_scope_may_read_and_others_are_written_down(
    desk: Desk, target: str, who: str, code: str
) -> None:
    await look(desk)
    assert await desk.refused(target, who) == (403, code)
    kind, outcome, detail = desk.newest()
    assert (kind, outcome, detail["client"]) == ("refusal", code, WHO[who].client)


async def test_the_entries_of_the_own_organisation_are_listed_newest_first_and_the_search_is_one(
    desk: Desk,
) -> None:
    looked = await look(desk)
    page = await desk.good("/entries")
    assert page["next"] is None
    indexes = [one["index"] for one in page["entries"]]
    assert indexes == sorted(indexes, reverse=True)
    assert page["entries"][0]["outcome"] == "searched"
    found = {one["index"]: one for one in page["entries"]}[looked]
    assert (found["kind"], found["outcome"], found["recipient"]) == ("disclosure", "disclosed", COUNTY)
    assert (found["role"], found["purpose"]) == ("triager", "early-help-triage")
    assert found["person"] is not None
    kind, outcome, detail = desk.newest()
    assert (kind, outcome) == ("audit-read", "searched")
    assert detail["officer"] == WHO["officer"].practitioner
    assert detail["client"] == WHO["officer"].client
    assert str(detail["correlation"]).startswith("req_")


async def test_each_organisation_sees_its_own_entries_alone(desk: Desk) -> None:
    looked = await look(desk)
    for who, theirs in (("officer", True), ("of-council", True), ("of-acute", False)):
        page = await desk.good("/entries", who)
        assert (looked in [one["index"] for one in page["entries"]]) is theirs


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=disclosure", True),
        ("kind=consent", False),
        ("outcome=disclosed&purpose=early-help-triage", True),
        ("outcome=empty", False),
        ("text=triager", True),
        ("text=housing", False),
        ("from=2026-01-01&to=2026-12-31", True),
        ("from=2027-01-01", False),
        ("to=2020-01-01", False),
        ("from=0001-01-02&to=9999-12-31", True),
        ("person={person}", True),
        ("person=AAAA-AAAA", False),
    ],
)
async def test_the_filters_are_the_consoles(desk: Desk, query: str, found: bool) -> None:
    looked = await look(desk)
    person = (await desk.good(f"/entries/{looked}"))["person"]
    page = await desk.good("/entries?" + query.format(person=person))
    assert (looked in [one["index"] for one in page["entries"]]) is found


async def test_pages_follow_each_other_without_gap_or_repeat(desk: Desk) -> None:
    await desk.served.way.allow()
    for _ in range(5):
        await desk.served.way.ask()
    whole = [one["index"] for one in (await desk.good("/entries?kind=disclosure"))["entries"]]
    assert len(whole) == 5
    walked, cursor = [], ""
    while True:
        page = await desk.good(f"/entries?kind=disclosure&limit=2{cursor}")
        walked += [one["index"] for one in page["entries"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert walked == whole


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("kind=none", "kind"),
        ("text=9434765919", "text"),
        ("text=Smith", "text"),
        ("person=9434765919", "person"),
        ("from=21-11-2026", "from"),
        ("cursor=-1", "cursor"),
        ("cursor=1_0", "cursor"),
        ("cursor=99999999999999999", "cursor"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("more=1", "query"),
        ("kind=disclosure&kind=consent", "query"),
    ],
)
async def test_a_query_that_does_not_fit_says_what_to_mend_and_repeats_nothing(
    desk: Desk, query: str, where: str
) -> None:
    reply, document = await desk.get("/entries?" + query)
    assert reply.status == 422
    assert [one["where"] for one in document["faults"]] == [where]
    sent = query.partition("=")[2]
    assert len(sent) < 3 or sent not in reply.text
    assert desk.newest()[:2] == ("refusal", "query-invalid")


async def test_an_erased_person_is_found_by_no_code(desk: Desk) -> None:
    looked = await look(desk)
    person = (await desk.good(f"/entries/{looked}"))["person"]
    desk.served.erase()
    assert (await desk.good(f"/entries?person={person}"))["entries"] == []
    told = await desk.good(f"/entries/{looked}")
    assert (told["person"], told["shown"], told["reason"]) == (None, {}, "")


async def test_an_entry_in_full_says_what_the_console_says_and_proves_itself(desk: Desk) -> None:
    looked = await look(desk)
    told = await desk.good(f"/entries/{looked}")
    assert told["index"] == looked
    assert told["shown"][COUNCIL]
    assert told["reason"] == "to arrange early help"
    assert told["basis"]
    assert told["clause"]
    assert (told["hold"], told["reviews"], told["about"]) == (None, [], None)
    leaf = from_base64(told["leaf"])
    assert leaf is not None
    assert verify_receipt(told["receipt"], leaf, desk.parts.log_keys).index == looked
    assert desk.newest() == ("audit-read", "opened", {**desk.newest()[2], "entry": looked})


async def test_an_entry_that_is_held_back_tells_officers_why_and_what_waits(desk: Desk) -> None:
    held = (await enquiry(desk.served)).receipt.index
    told = await desk.good(f"/entries/{held}")
    assert told["hold"]["reason"]
    assert told["hold"]["countersigned"] is None
    assert {one["kind"] for one in told["reviews"]} == {"hold-back", "look-again"}


async def test_anothers_entry_is_refused_like_one_that_there_is_not_and_written_down(desk: Desk) -> None:
    looked = await look(desk)
    answers = []
    for index in (looked, 10**6, 2**53 - 1):
        reply, document = await desk.get(f"/entries/{index}", "of-acute")
        answers.append((reply.status, {**document, "correlation_id": ""}))
        assert desk.newest(ACUTE)[:2] == ("audit-read", "refused")
        assert desk.newest(ACUTE)[2]["entry"] == index
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 404
    assert looked not in [one.index for one in api.entries(desk.served.way, ACUTE)]


async def test_without_the_check_of_whom_it_concerns_anothers_entry_would_open(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The companion: nothing but that check keeps another organisation's officer out."""
    looked = await look(desk)
    monkeypatch.setattr(type(desk.parts.reader), "concerns", lambda _self, _index, _organisation: True)
    assert (await desk.good(f"/entries/{looked}", "of-acute"))["index"] == looked


@pytest.mark.parametrize("target", ["/entries/-1", "/entries/x", f"/entries/{2**53}", "/entries/1?cursor=2"])
async def test_addresses_that_are_none_are_refused(desk: Desk, target: str) -> None:
    status, _ = await desk.refused(target)
    assert status == (422 if "?" in target else 404)


async def test_an_entry_whose_detail_is_gone_is_not_found(desk: Desk) -> None:
    looked = await look(desk)
    desk.served.tamper('DELETE FROM log_entry_detail WHERE "index" = :at', at=looked)
    assert await desk.refused(f"/entries/{looked}") == (404, "not-found")


async def test_fhir_is_answered_to_whoever_accepts_it(desk: Desk) -> None:
    looked = await look(desk)
    event = await desk.good(f"/entries/{looked}", accept=FHIR)
    assert event["resourceType"] == "AuditEvent"
    assert event["meta"]["profile"][0].endswith("PatientQuery")
    bundle = await desk.good("/entries?kind=disclosure", accept=FHIR)
    assert bundle["resourceType"] == "Bundle"
    assert [one["resource"] for one in bundle["entry"]] == [event]
    assert "link" not in bundle
    assert "entry" not in await desk.good("/entries?kind=pointer&person=AAAA-AAAA", accept=FHIR)


async def test_the_next_page_of_a_bundle_is_its_link(desk: Desk) -> None:
    await desk.served.way.allow()
    for _ in range(3):
        await desk.served.way.ask()
    bundle = await desk.good("/entries?kind=disclosure&limit=2&from=2026-01-01", accept=FHIR)
    (link,) = bundle["link"]
    assert link["relation"] == "next"
    address = urlsplit(link["url"])
    assert address.path == "/v1/audit/entries"
    asked = dict(parse_qsl(address.query))
    assert (asked["kind"], asked["limit"], asked["from"]) == ("disclosure", "2", "2026-01-01")
    rest = await desk.good(link["url"].removeprefix("/v1/audit"), accept=FHIR)
    assert len(rest["entry"]) == 1


async def test_a_refusal_in_fhir_tells_officers_no_more_than_their_export(desk: Desk) -> None:
    empty = (await desk.served.way.ask()).receipt.index
    event = await desk.good(f"/entries/{empty}", accept=FHIR)
    assert event["outcomeDesc"] == "empty"
    assert all(one.get("role", {}).get("code") != "1" for one in event["entity"]), "nobody is named"


async def test_the_checkpoint_covers_the_read_of_it(desk: Desk) -> None:
    await look(desk)
    told = await desk.good("/checkpoint")
    checkpoint = open_checkpoint(told["checkpoint"], desk.parts.log_keys)
    assert (checkpoint.origin, checkpoint.size) == (told["origin"], told["size"])
    assert from_base64(told["root"]) == checkpoint.root
    assert told["cosigned"] is None
    assert told["keys"] == [str(desk.parts.log_keys[0])]
    assert api.entries(desk.served.way, COUNTY)[0].index == checkpoint.size - 1
    assert desk.newest() == ("audit-read", "proved", {**desk.newest()[2], "proof": "checkpoint"})


async def test_what_witnesses_saw_and_every_key_of_the_log_are_told(desk: Desk) -> None:
    old = Signer("oncetold.test/log", b"\x07" * 32).verifier_key
    desk.parts = replace(
        desk.parts, cosigned=lambda: Cosigned(1, "text", ("w+1",)), log_keys=(*desk.parts.log_keys, old)
    )
    told = await desk.good("/checkpoint")
    assert told["cosigned"] == {"size": 1, "checkpoint": "text", "witnesses": ["w+1"]}
    assert told["keys"][1] == str(old)


async def test_proofs_hold_against_signed_checkpoints(desk: Desk) -> None:
    looked = await look(desk)
    first = await desk.good("/checkpoint")
    second = await desk.good("/checkpoint")
    told = await desk.good(f"/proofs/inclusion?index={looked}&size={first['size']}")
    leaf = (await desk.good(f"/entries/{looked}"))["leaf"]
    assert from_base64(told["leaf_hash"]) == leaf_hash(from_base64(leaf) or b"")
    assert told["checkpoint"] == first["checkpoint"]
    root = open_checkpoint(told["checkpoint"], desk.parts.log_keys).root
    hashes = [from_base64(one) or b"" for one in told["hashes"]]
    verify_inclusion(from_base64(told["leaf_hash"]) or b"", looked, first["size"], hashes, root)
    grown = await desk.good(f"/proofs/consistency?from={first['size']}&to={second['size']}")
    assert (grown["from_checkpoint"], grown["to_checkpoint"]) == (first["checkpoint"], second["checkpoint"])
    roots = [open_checkpoint(one["checkpoint"], desk.parts.log_keys).root for one in (first, second)]
    hashes = [from_base64(one) or b"" for one in grown["hashes"]]
    verify_consistency(first["size"], second["size"], hashes, *roots)
    kind, outcome, detail = desk.newest()
    assert (kind, outcome, detail["proof"], detail["from"]) == (
        "audit-read",
        "proved",
        "consistency",
        first["size"],
    )


async def test_a_size_at_which_no_batch_ended_has_a_proof_and_no_checkpoint(desk: Desk) -> None:
    await look(desk)
    with desk.served.way.home.database.read() as tx:
        sizes = {row[0] for row in tx.exec_driver_sql("SELECT size FROM log_batch")}
    desk.served.tamper("DELETE FROM log_batch WHERE size = :size", size=min(sizes))
    told = await desk.good(f"/proofs/inclusion?index=0&size={min(sizes)}")
    assert told["checkpoint"] is None


@pytest.mark.parametrize(
    "target",
    [
        "/proofs/inclusion?index=3&size=3",
        "/proofs/inclusion?index=0&size=100000",
        "/proofs/consistency?from=3&to=2",
        "/proofs/consistency?from=1&to=100000",
    ],
)
async def test_what_the_log_does_not_reach_has_no_proof(desk: Desk, target: str) -> None:
    assert await desk.refused(target) == (404, "not-found")


@pytest.mark.parametrize(
    "target", ["/proofs/inclusion", "/proofs/inclusion?index=0&size=0", "/proofs/consistency?from=0&to=1"]
)
async def test_a_proof_needs_both_its_numbers(desk: Desk, target: str) -> None:
    assert await desk.refused(target) == (422, "query-invalid")


async def test_nothing_is_read_that_the_log_cannot_tell_of(desk: Desk) -> None:
    looked = await look(desk)
    desk.served.tamper("DROP TABLE log_entry_organisation")
    for target in ("/entries", "/checkpoint", f"/proofs/inclusion?index={looked}&size={looked + 1}"):
        assert await desk.refused(target) == (503, "closed")


async def test_a_log_that_has_not_begun_is_closed(desk: Desk) -> None:
    desk.served.tamper("DELETE FROM log_head")
    assert await desk.refused("/checkpoint") == (503, "closed")
