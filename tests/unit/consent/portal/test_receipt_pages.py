from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

import pytest
from fastapi import APIRouter, FastAPI, Request

from consent.portal import PortalSettings, build_router, downloading
from consent.portal.acting_ports import ActingFor
from consent.portal.context import Portal
from consent.portal.ports import Done, Resident
from consent.portal.receipts import add_pages
from consent.receipts.jws import BEGIN, armoured
from tests.unit.consent.portal.fake_downloads import FakeDownloads
from tests.unit.consent.portal.fake_receipts import PAPER, TOKEN, FakeReceipts
from tests.unit.consent.portal.fakes import LEAF, LONG_NAME, NOW, RECEIPT, FakePortal
from tests.unit.consent.portal.test_pages import SYSTEM_WORDS
from tests.unit.core.pages.browser import Answer, ask
from tests.unit.core.pages.markup import Markup, assert_keeps_the_house_rules

LIST = "/portal/receipts"
ONE = f"{LIST}/OT-41017"


def app() -> FastAPI:
    found = FastAPI()
    found.include_router(
        build_router(
            FakePortal(),
            (partial(add_pages, receipts=FakeReceipts()),),
            PortalSettings(now=lambda: NOW),
        )
    )
    return found


async def get(address: str, state: str = "one") -> Answer:
    return await ask(app(), "GET", address, state=state)


async def page(address: str, state: str = "one", status: int = 200) -> Markup:
    answer = await get(address, state)
    assert answer.status == status
    return assert_keeps_the_house_rules(answer.text)


async def check(text: str, leaf: str = "") -> Answer:
    return await ask(app(), "POST", "/portal/check", state="out", form={"receipt": text, "leaf": leaf})


async def test_the_list_tells_each_decision_with_when_who_and_why_and_leads_to_its_receipt() -> None:
    found = await page(LIST, "many")
    for said in ("You allowed this", "You stopped this", "You said no", "You took back your no", LONG_NAME):
        assert said in found.text
    links = {link["href"] for link in found.attributes("a")}
    assert {f"{LIST}/OT-41017", f"{LIST}/OT-40000"} <= links
    assert SYSTEM_WORDS.search(found.text) is None


@pytest.mark.parametrize(
    ("address", "state", "said"),
    [
        (LIST, "none", "You have no receipts yet."),
        (f"{LIST}?before=7", "many", "There is nothing older."),
        (LIST, "one", "A receipt proves what you decided, and when."),
    ],
)
async def test_an_empty_list_and_its_end_are_said(address: str, state: str, said: str) -> None:
    assert said in (await page(address, state)).text


async def test_a_full_page_leads_to_the_older_ones() -> None:
    found = await page(LIST, "full")
    assert f"{LIST}?before=976" in {link["href"] for link in found.attributes("a")}


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("OT-41017", "It proves that you allowed this. Its reference is OT-41017"),
        ("OT-41000", "It proves that you stopped this."),
        ("OT-40100", "It proves that you said no to this."),
        ("OT-40000", "It proves that you took back your no to this."),
    ],
)
async def test_a_receipt_says_first_what_it_proves(reference: str, said: str) -> None:
    found = await page(f"{LIST}/{reference}")
    assert said in found.text
    assert BEGIN in found.text
    assert (
        SYSTEM_WORDS.search(found.text.replace(BEGIN, "").replace("-----END CONSENT RECEIPT-----", ""))
        is None
    )


async def test_a_receipt_names_nobody_and_shows_names_as_text() -> None:
    found = await page(ONE, "hostile")
    assert "<script>alert(1)</script>" in found.text
    main = (await get(ONE)).text.partition("<main")[2].partition("</main>")[0]
    assert "Sam Taylor" not in main


async def test_a_receipt_can_be_kept_for_people_and_for_computers() -> None:
    text = await get(f"{ONE}/receipt.txt")
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert text.headers["content-disposition"] == 'attachment; filename="oncetold-receipt-OT-41017.txt"'
    assert text.text.endswith(armoured(TOKEN))
    for said in (
        "Somebody allowed this",
        "Norwich City Council",
        "10 December 2026",
        "does not say who you are",
    ):
        assert said in text.text
    assert max(map(len, text.text.splitlines())) <= 80
    signed = await get(f"{ONE}/receipt.jws")
    assert (signed.text, signed.headers["content-type"]) == (TOKEN, "application/jose")
    for answer in (text, signed):
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("OT-41000", "It was said to somebody, who wrote it down."),
        ("OT-40100", "By somebody with a power of attorney."),
        ("OT-40000", "It came from another system."),
    ],
)
async def test_paper_says_how_it_was_said_and_in_what_capacity(reference: str, said: str) -> None:
    assert said in " ".join((await get(f"{LIST}/{reference}/receipt.txt")).text.split())
    assert said in (await page(f"{LIST}/{reference}")).text


@pytest.mark.parametrize("tail", ["", "/receipt.txt", "/receipt.jws"])
@pytest.mark.parametrize("reference", ["OT-7", "x", "OT-" + "9" * 40])
async def test_a_receipt_that_is_not_theirs_is_no_page(reference: str, tail: str) -> None:
    assert (await get(f"{LIST}/{reference}{tail}")).status == 404


@pytest.mark.parametrize("address", [LIST, ONE, f"{ONE}/receipt.txt", f"{ONE}/receipt.jws"])
async def test_receipts_are_for_the_signed_in_alone(address: str) -> None:
    answer = await get(address, "out")
    assert answer.status == 403
    assert TOKEN not in answer.text


async def test_a_log_in_doubt_closes_the_list() -> None:
    assert (await get(LIST, "closed")).status == 503


@pytest.mark.parametrize(
    "text", [TOKEN, armoured(TOKEN), "Some paper\n\n" + armoured(TOKEN).replace("\n", "\r\n")]
)
async def test_anybody_checks_a_consent_receipt_alone_or_within_its_paper_and_is_told_what_it_proves(
    text: str,
) -> None:
    answer = await check(text)
    assert answer.status == 200
    found = assert_keeps_the_house_rules(answer.text)
    assert "This receipt is true" in found.text
    assert "Somebody allowed this. It does not say who." in found.text
    assert "Harbour Help" in found.text
    assert re.search(r"set-cookie", " ".join(answer.headers)) is None


async def test_a_receipt_of_a_look_still_needs_its_line() -> None:
    assert "Paste the line" in (await check(RECEIPT)).text
    true = assert_keeps_the_house_rules((await check(RECEIPT, LEAF)).text)
    assert "This receipt is true" in true.text
    assert "What it proves" not in true.text


async def test_what_is_not_true_or_far_too_long_is_told_in_words_and_as_text() -> None:
    wrong = await check("</textarea><script>alert(1)</script>", LEAF)
    assert "We could not prove this receipt" in assert_keeps_the_house_rules(wrong.text).text
    long = await check("A" * 120_000)
    assert long.status == 400
    assert PAPER.organisations[0] not in long.text


class Represented(FakePortal):
    """Somebody acts for the person: only what they decided themselves, under that reference, is within their scope."""

    async def signed_in(self, request: Request) -> Resident | None:
        found = await super().signed_in(request)
        acting = ActingFor("a_1", "p_own", "attorney", "Mum", frozenset({"debts"}), None)
        return None if found is None else replace(found, acting=acting)

    def serving(self, resident: Resident) -> FakePortal:
        return self

    async def done(self, person: str, reference: str) -> Done | None:
        return self._done(reference) if reference == "OT-41017" else None


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (LIST, 404),
        (ONE, 200),
        (f"{ONE}/receipt.txt", 200),
        (f"{LIST}/OT-40100", 404),
        (f"{LIST}/OT-40100/receipt.jws", 404),
        ("/portal/download", 200),
    ],
)
async def test_whoever_acts_for_somebody_has_the_receipts_within_their_scope_and_nothing_more(
    address: str, status: int
) -> None:
    found = FastAPI()
    groups = (
        partial(add_pages, receipts=FakeReceipts()),
        partial(downloading.add_pages, downloads=FakeDownloads()),
    )
    found.include_router(build_router(Represented(), groups, PortalSettings(now=lambda: NOW)))
    assert (await ask(found, "GET", address, state="one")).status == status


async def test_a_line_that_the_person_hides_is_not_in_their_list() -> None:
    found = FastAPI()

    def hiding(router: APIRouter, portal: Portal) -> None:
        async def hidden(_person: str) -> frozenset[int]:
            return frozenset({41000})

        portal.hidden_from.append(hidden)

    groups = (hiding, partial(add_pages, receipts=FakeReceipts()))
    found.include_router(build_router(FakePortal(), groups, PortalSettings(now=lambda: NOW)))
    text = (await ask(found, "GET", LIST, state="many")).text
    assert "OT-41017" in text
    assert "OT-41000" not in text
