"""Signing in by both doors of a whole gateway, and what the pages behind them do, in one process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from audit.entries import Kind
from gateway.settings import SettingsError
from tests.unit.gateway.composed import Composed, composed
from tests.unit.gateway.signin.browser import Browser
from tests.unit.gateway.signin.fake_provider import OFFICER, RESIDENT
from tests.unit.gateway.signin.house import SESSION

COUNTY, CITY = "norfolk-county-council", "norwich-city-council"
NHS_NUMBER = str(RESIDENT["nhs_number"])


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Composed]:
    async with composed(tmp_path, monkeypatch) as found:
        yield found


def resident_of(house: Composed, nhs_number: str = NHS_NUMBER) -> str:
    person = house.gateway.locator.by_nhs_number(nhs_number)
    assert person is not None
    return person.id


async def signed_in(
    house: Composed, person: dict[str, object] | None = None, door: str = "portal"
) -> Browser:
    browser = house.browser()
    reply = await browser.sign_in(house.idp, person or (RESIDENT if door == "portal" else OFFICER), door)
    assert (reply.status, reply.header("location")) == (303, f"/{door}/"), reply.text
    return browser


def token_in(page: str) -> str:
    return page.partition('name="csrf" value="')[2].partition('"')[0]


async def test_somebody_whom_no_source_knows_can_sign_in_and_decide_beforehand(house: Composed) -> None:
    assert house.gateway.locator.by_nhs_number(NHS_NUMBER) is None
    before = house.size
    browser = await signed_in(house)
    person = house.gateway.locator.by_nhs_number(NHS_NUMBER)
    assert person is not None
    assert dict(person.pointers) == {}
    assert house.size == before + 1
    (entry,) = house.reader.of_tag(person.key.tag, [Kind.SIGN_IN.value], None, 10)
    assert entry.outcome == "signed-in"
    page = await browser.get(f"/portal/allow/{COUNTY}/early-help-triage")
    fields = {"csrf": token_in(page.text), "sections": "tenancy", "days": "30", "answer": "yes"}
    done = await browser.post(f"/portal/allow/{COUNTY}/early-help-triage", fields)
    assert done.status == 303
    assert (await browser.get(done.header("location"))).status == 200
    (standing,) = house.gateway.ledger.standing(person.key).permissions
    assert standing.recipients == {COUNTY}


async def test_a_second_sign_in_is_the_same_person(house: Composed) -> None:
    await signed_in(house)
    first = resident_of(house)
    await signed_in(house)
    assert resident_of(house) == first
    assert len(house.reader.of_tag(house.gateway.keys.get(first).tag, [Kind.SIGN_IN.value], None, 10)) == 2


async def test_no_page_holds_the_persons_id_or_number(house: Composed) -> None:
    browser = await signed_in(house)
    for path in ("/portal/", "/portal/allow", "/portal/history"):
        page = await browser.get(path)
        assert page.status == 200
        assert resident_of(house) not in page.text
        assert NHS_NUMBER not in page.text


@pytest.mark.parametrize(
    ("person", "door", "words"),
    [
        ({**RESIDENT, "nhs_number": None}, "portal", "did not tell us a valid NHS number"),
        ({**RESIDENT, "nhs_number": "9990000019"}, "portal", "did not tell us a valid NHS number"),
        ({**RESIDENT, "nhs_number": "not a number"}, "portal", "did not tell us a valid NHS number"),
        ({**RESIDENT, "identity_proofing_level": "P5"}, "portal", "surer that it is you"),
        ({**OFFICER, "organisation": "somebody-else"}, "console", "does not take part here"),
        ({**OFFICER, "role": "housing-officer"}, "console", "information governance officers"),
    ],
)
async def test_who_may_not_come_in_is_told_why_and_leaves_no_trace(
    house: Composed, person: dict[str, object], door: str, words: str
) -> None:
    before = house.size
    browser = house.browser()
    reply = await browser.sign_in(house.idp, {k: v for k, v in person.items() if v is not None}, door)
    assert reply.status == 403
    assert words in reply.text.replace("&#39;", "'")
    assert SESSION not in browser.cookies
    assert (await browser.get(f"/{door}/")).status == 403
    assert house.size == before


async def test_an_officers_sign_in_stands_in_their_organisations_log_and_so_do_their_looks(
    house: Composed,
) -> None:
    browser = await signed_in(house, door="console")
    (entry,) = house.entries(CITY, Kind.SIGN_IN.value)
    assert (entry.outcome, entry.recipient, entry.role) == ("signed-in", CITY, "officer")
    page = await browser.get("/console/")
    assert page.status == 200
    assert "Norwich City Council (sandbox)" in page.text
    assert [one.outcome for one in house.entries(CITY, Kind.AUDIT_READ.value)] == ["searched"]
    item = await browser.get(f"/console/items/{entry.index}")
    assert item.status == 200
    verified = await browser.post(f"/console/items/{entry.index}", {"csrf": token_in(item.text)})
    assert "unchanged" in verified.text


@pytest.mark.parametrize("index", ["-1", "9" * 40, "x"])
async def test_what_cannot_be_an_index_is_no_page(house: Composed, index: str) -> None:
    assert (await (await signed_in(house, door="console")).get(f"/console/items/{index}")).status == 404


@pytest.mark.parametrize("index", ["0", "999"])
async def test_an_officer_who_guesses_an_index_is_told_nothing_and_it_is_written_down(
    house: Composed, index: str
) -> None:
    browser = await signed_in(house, door="console")
    assert (await browser.get(f"/console/items/{index}")).status == 404
    assert house.entries(CITY, Kind.AUDIT_READ.value)[0].outcome == "refused"


@pytest.mark.parametrize(
    "path",
    [
        "/portal/history/0",
        "/portal/history/" + "9" * 40,
        "/portal/done/OT-0",
        "/portal/stop/c_somebody-elses",
        f"/portal/allow/{COUNTY}/safeguarding-enquiry",
    ],
)
async def test_a_resident_who_guesses_an_address_finds_nothing(house: Composed, path: str) -> None:
    assert (await (await signed_in(house)).get(path)).status == 404


async def test_days_at_the_calendars_ends_are_days_like_any_other(house: Composed) -> None:
    browser = await signed_in(house, door="console")
    page = await browser.get("/console/?from=0001-01-01&to=9999-12-31&before=" + "9" * 18)
    assert page.status == 200


async def test_a_session_opens_one_door_only(house: Composed) -> None:
    assert (await (await signed_in(house)).get("/console/")).status == 403
    assert (await (await signed_in(house, door="console")).get("/portal/")).status == 403


async def test_a_session_ends_when_nobody_uses_it(house: Composed) -> None:
    browser = await signed_in(house)
    house.clock.pass_by(minutes=14)
    assert (await browser.get("/portal/")).status == 200
    house.clock.pass_by(minutes=15)
    assert (await browser.get("/portal/")).status == 403


async def test_signing_out_ends_the_session_for_whoever_kept_its_cookie(house: Composed) -> None:
    browser = await signed_in(house)
    kept = dict(browser.cookies)
    token = token_in((await browser.get("/portal/")).text)
    assert (await browser.post("/signin/out", {"csrf": token})).status == 303
    thief = house.browser()
    thief.cookies = kept
    assert (await thief.get("/portal/")).status == 403


async def test_without_a_provider_for_sign_in_there_are_no_pages_but_the_api_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with composed(tmp_path, monkeypatch, pages=False) as house:
        browser = house.browser()
        for path in ("/portal/", "/console/", "/signin/portal"):
            assert (await browser.get(path)).status == 404
        assert (await browser.get("/readyz")).status == 200


async def test_a_secret_of_the_sign_in_that_is_not_there_is_said_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError, match="cannot be read: FileNotFoundError"):
        async with composed(tmp_path, monkeypatch, sign_in_secret_file=str(tmp_path / "nowhere")):
            pytest.fail("a gateway whose sign-in cannot work was composed")
