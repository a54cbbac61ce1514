"""Receipts and the download of everything in a whole gateway, in one process: from the button to the offline check."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from audit.note import VerifierKey
from consent.receipts.keys import parse_key_set
from consent.receipts.verifying import verify
from gateway.erasing import BY_PERSON, BY_TAG
from gateway.receipt_checking import Trusted, verify_file
from tests.unit.gateway.composed import Composed, composed
from tests.unit.gateway.signin.browser import Browser
from tests.unit.gateway.signin.fake_provider import RESIDENT
from tests.unit.gateway.test_pages import COUNTY, NHS_NUMBER, resident_of, signed_in, token_in

OFFER = f"/portal/allow/{COUNTY}/early-help-triage"

PARTS_OF_TABLES = {
    "person": "who-knows-you",
    "blind_index": "who-knows-you",
    "person_state": "decisions",
    "permission_event": "decisions",
    "person_story": "story",
    "person_settings": "settings",
    "consent_request": "requests",
    "outbox": "settings",
    "representation": "acting",
    "decides_alone": "acting",
    "acting_word": "acting",
    "spoken_decision": "spoken",
    "stop_code": "spoken",
    "referral_person": "referrals",
    "decision_input": "rules",
    "resident_question": "questions",
}
"""In which part of the download each table stands that an erasure empties."""


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Composed]:
    async with composed(tmp_path, monkeypatch) as found:
        yield found


async def allowed(browser: Browser) -> str:
    """Allow something; gives the reference."""
    page = await browser.get(OFFER)
    fields = {"csrf": token_in(page.text), "sections": "tenancy", "days": "30", "answer": "yes"}
    done = await browser.post(OFFER, fields)
    assert done.status == 303, done.text
    return done.header("location").rpartition("/")[2]


async def download(browser: Browser) -> bytes:
    page = await browser.get("/portal/download")
    reply = await browser.post("/portal/download", {"csrf": token_in(page.text), "secret": "yes"})
    assert (reply.status, reply.header("content-type")) == (200, "application/zip")
    assert reply.header("cache-control") == "no-store"
    return reply.body


async def test_from_the_yes_to_a_receipt_that_anybody_checks_with_what_is_published(house: Composed) -> None:
    browser, stranger = await signed_in(house), house.browser()
    reference = await allowed(browser)
    done = await browser.get(f"/portal/done/{reference}")
    assert f"/portal/receipts/{reference}/receipt.jws" in done.text
    assert reference in (await browser.get("/portal/receipts")).text
    token = (await browser.get(f"/portal/receipts/{reference}/receipt.jws")).text
    published = await stranger.get("/.well-known/jwks.json")
    assert published.header("content-type") == "application/jwk-set+json"
    receipt = verify(token, parse_key_set(published.body), house.gateway.settings.public_url)
    assert receipt.recipients
    paper = await browser.get(f"/portal/receipts/{reference}/receipt.txt")
    for text in (token, paper.text):
        told = await stranger.post("/portal/check", {"receipt": text, "leaf": ""})
        assert "This receipt is true" in told.text
        assert "set-cookie" not in {name.lower() for name, _ in told.headers}
    wrong = await stranger.post("/portal/check", {"receipt": token[:-6] + "AAAAAA", "leaf": ""})
    assert "We could not prove this receipt" in wrong.text


async def test_no_receipt_page_holds_who_it_is(house: Composed) -> None:
    browser = await signed_in(house)
    reference = await allowed(browser)
    for tail in ("", "/receipt.jws", "/receipt.txt"):
        text = (await browser.get(f"/portal/receipts/{reference}{tail}")).text
        assert resident_of(house) not in text
        assert NHS_NUMBER not in text


async def test_another_residents_receipt_is_no_page(house: Composed) -> None:
    reference = await allowed(await signed_in(house))
    other = await signed_in(house, {**RESIDENT, "sub": "another", "nhs_number": "9990000115"})
    for tail in ("", "/receipt.jws", "/receipt.txt"):
        assert (await other.get(f"/portal/receipts/{reference}{tail}")).status == 404


async def test_everything_held_is_one_file_that_verifies_offline_and_stands_in_the_history(
    house: Composed, tmp_path: Path
) -> None:
    browser, stranger = await signed_in(house), house.browser()
    reference = await allowed(browser)
    raw = await download(browser)
    file = tmp_path / "everything.zip"
    file.write_bytes(raw)
    keys = parse_key_set((await stranger.get("/.well-known/jwks.json")).body)
    log_key = VerifierKey.parse((await stranger.get("/log/key")).text.splitlines()[0])
    lines = list(verify_file(file, Trusted(keys, (log_key,), house.gateway.settings.public_url)))
    assert [line.partition(":")[0] for line in lines] == ["history.json", "other-lines.json", "receipts.json"]
    archive = ZipFile(io.BytesIO(raw))
    assert [row["kind"] for row in json.loads(archive.read("other-lines.json"))["rows"]] == ["sign-in"]
    assert json.loads(archive.read("receipts.json"))["rows"][0]["reference"] == reference
    assert len(json.loads(archive.read("sign-ins.json"))["rows"]) == 1
    whole = b"".join(archive.read(name) for name in archive.namelist())
    assert NHS_NUMBER.encode() not in whole
    assert "You downloaded everything" in (await browser.get("/portal/history")).text


async def test_every_table_with_rows_of_a_person_has_its_part_in_the_download(house: Composed) -> None:
    tables = {name for name, _ in (*BY_PERSON, *BY_TAG)}
    missing = tables - PARTS_OF_TABLES.keys()
    assert missing == set(), (
        "give these a HeldPart (gateway/services/held_beside.py): people may see what rests of them"
    )
    assert PARTS_OF_TABLES.keys() <= tables
    names = set(ZipFile(io.BytesIO(await download(await signed_in(house)))).namelist())
    assert {f"{part}.json" for part in PARTS_OF_TABLES.values()} <= names
