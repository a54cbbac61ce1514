"""An officer writes down who may act for whom, sees it, and ends it; the person sees all of it; nobody writes their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.services.entries import detail_of
from tests.unit.gateway.composed import composed
from tests.unit.gateway.signin.browser import Browser
from tests.unit.gateway.signin.fake_provider import OFFICER
from tests.unit.gateway.test_acting import ADA, AS_BEN, BEN, Two
from tests.unit.gateway.test_pages import signed_in, token_in

LIST = "/console/representatives"
CITY = str(OFFICER["organisation"])
ELSEWHERE = {**OFFICER, "sub": "officer-2", "organisation": "norfolk-county-council", "name": "Otto"}
WHOLE = {
    "person": ADA,
    "representative": BEN,
    "capacity": "attorney",
    "areas": "property-and-affairs",
    "because": "lacks-capacity",
    "until": "",
    "born": "",
    "seen": "lpa-access-code",
    "reference": "LPA 7",
    "not_me": "yes",
}


@pytest.fixture
async def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Two]:
    async with composed(tmp_path, monkeypatch) as house:
        yield Two(house, await signed_in(house), await signed_in(house, AS_BEN))


async def officer(two: Two, who: dict[str, object] | None = None) -> Browser:
    return await signed_in(two.house, who, "console")


async def write(browser: Browser, **changes: str) -> tuple[int, str, str]:
    """The form sent; gives status, where it leads, and the page."""
    form = await browser.get(f"{LIST}/new")
    reply = await browser.post(f"{LIST}/new", {"csrf": token_in(form.text), **WHOLE, **changes})
    return reply.status, "".join(reply.every("location")), reply.text


async def test_what_an_officer_writes_down_counts_at_once_and_the_person_sees_it(two: Two) -> None:
    browser = await officer(two)
    assert "wrote nothing down yet" in (await browser.get(LIST)).text
    status, where, page = await write(browser)
    assert (status, where.rpartition("/")[0]) == (303, LIST), page
    one = await browser.get(where)
    for said in ("Attorney", "Home and money", "Papers of a lasting power of attorney", "by you"):
        assert said in one.text
    for secret in (ADA, BEN, "LPA 7", two.person.id):
        assert secret not in one.text + where
    assert where in (await browser.get(LIST)).text
    ben = await two.act()
    assert "You act for aunt." in (await ben.get("/portal/")).text
    assert "wrote down" in (await two.ada.get("/portal/history")).text
    (entry,) = two.entries("representative-recorded")
    assert (entry.recipient, entry.role) == (CITY, "officer")
    assert detail_of(two.house.reader.open(entry))["declared"] == "not-own"
    assert f"{LIST}/{entry.index}" == where


async def test_ending_it_shuts_out_whoever_acts_from_the_next_request_on(two: Two) -> None:
    browser = await officer(two)
    _, where, _ = await write(browser, capacity="deputy", until="2027-11-21")
    ben = await two.act()
    token = token_in((await browser.get(where)).text)
    ended = await browser.post(where, {"csrf": token})
    assert (ended.status, ended.header("location")) == (303, where)
    assert "This has ended" in (await browser.get(where)).text
    assert "Ended on" in (await browser.get(LIST)).text
    assert (await ben.get("/portal/")).header("location") == "/portal/acting/over"
    assert "does not act for you any more" in (await two.ada.get("/portal/history")).text
    again = await browser.post(where, {"csrf": token})
    assert again.status == 409
    assert len(two.entries("representative-ended")) == 1


async def test_what_the_person_ended_themselves_looks_to_officers_as_before(two: Two) -> None:
    browser = await officer(two)
    _, where, _ = await write(browser)
    before = (await browser.get(where)).text
    mine = (await two.ada.get("/portal/representatives")).text
    link = mine.partition('href="/portal/representatives/end/')[2].partition('"')[0]
    await two.post(two.ada, f"/portal/representatives/end/{link}")
    assert (await browser.get(where)).text == before
    token = token_in(before)
    assert (await browser.post(where, {"csrf": token})).status == 303


async def test_somebody_whom_nobody_knows_is_written_down_and_ended_alike(two: Two) -> None:
    browser = await officer(two)
    status, where, _ = await write(browser, person="9990000042")
    assert status == 303
    assert "Somebody may act for this person" in (await browser.get(where)).text
    token = token_in((await browser.get(where)).text)
    assert (await browser.post(where, {"csrf": token})).status == 303
    assert "This has ended" in (await browser.get(where)).text
    with two.house.gateway.database.read() as tx:
        assert tx.exec_driver_sql("SELECT COUNT(*) FROM representation").scalar_one() == 0


async def test_an_officer_of_another_organisation_finds_nothing_and_the_try_is_written_down(two: Two) -> None:
    _, where, _ = await write(await officer(two))
    other = await officer(two, ELSEWHERE)
    assert where not in (await other.get(LIST)).text
    assert (await other.get(where)).status == 404
    token = token_in((await other.get(f"{LIST}/new")).text)
    assert (await other.post(where, {"csrf": token})).status == 404
    assert (await other.get(f"{LIST}/{2**53}")).status == 404
    assert any(one.outcome == "refused" for one in two.house.entries("norfolk-county-council", "audit-read"))
    assert len(two.entries("representative-ended")) == 0


async def test_an_entry_about_something_else_is_not_shown_here(two: Two) -> None:
    browser = await officer(two)
    signs = two.house.entries(CITY)[0]
    assert (await browser.get(f"{LIST}/{signs.index}")).status == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"person": "9990000019"}, "This is no valid NHS number"),
        ({"representative": "12"}, "This is no valid NHS number"),
        ({"representative": ADA}, "Nobody acts for themselves"),
        ({"capacity": "deputy"}, "Write when the court"),
        ({"capacity": "deputy", "because": "agreed", "until": "2027-11-21"}, "A deputy acts only"),
        ({"because": "under-16"}, "An attorney acts for an adult"),
        ({"areas": "health-and-welfare", "because": "agreed"}, "An attorney for health and care"),
        ({"born": "2015-01-01"}, "The day of birth is for a child"),
        ({"until": "2020-01-01"}, "It must end after today"),
        ({"capacity": "parental-responsibility"}, "Parental responsibility counts for a child"),
        ({"capacity": "parental-responsibility", "because": "under-16"}, "day of birth, or the last day"),
        (
            {"capacity": "parental-responsibility", "because": "under-16", "until": "2099-01-01"},
            "It ends at the 16th birthday",
        ),
    ],
)
async def test_what_cannot_be_meant_is_refused_at_its_field(
    two: Two, changes: dict[str, str], said: str
) -> None:
    status, _, page = await write(await officer(two), **changes)
    assert status == 422
    assert said in page
    assert two.entries("representative-recorded") == []


def works(two: Two, nhs_number: str) -> None:
    """The city says that whoever has this number is its officer."""
    gateway = two.house.gateway
    person = gateway.locator.by_nhs_number(nhs_number)
    assert person is not None
    issuer = gateway.settings.sign_in_issuer or ""
    tag = gateway.handles.tags.staff(CITY, issuer, str(OFFICER["sub"]))
    with gateway.database.write() as tx:
        gateway.locator.works_there(tx, person, CITY, tag, gateway.clock.now())


@pytest.mark.parametrize("own", [BEN, ADA], ids=["acts", "is-acted-for"])
async def test_nobody_writes_down_their_own_authority_nor_one_over_themselves(two: Two, own: str) -> None:
    works(two, own)
    status, _, page = await write(await officer(two))
    assert status == 422
    assert "This is you." in page
    assert two.entries("representative-recorded") == []
    colleague = {**OFFICER, "sub": "officer-9", "name": "Ola"}
    assert (await write(await officer(two, colleague)))[0] == 303


async def test_without_the_declaration_nothing_is_written_down(two: Two) -> None:
    status, _, page = await write(await officer(two), not_me="")
    assert status == 422
    assert "Somebody else has to write it down if you act" in page


async def test_what_was_written_down_about_the_erased_cannot_be_ended(two: Two) -> None:
    browser = await officer(two)
    _, where, _ = await write(browser)
    token = token_in((await browser.get(where)).text)
    two.house.gateway.keys.erase(two.person.id, 1)
    gone = await browser.post(where, {"csrf": token})
    assert gone.status == 409
    assert "nothing of this here any more" in gone.text
