"""A whole gateway in one process: a resident asks, an officer answers, reveals and takes the evidence out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.retaining import retain
from gateway.verifying import Given, verify_file
from tests.unit.gateway.composed import Composed, composed
from tests.unit.gateway.services.test_reviews_over_pages import CITY, COUNTY, a_look, hidden, signed_in
from tests.unit.gateway.signin.browser import Browser


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Composed]:
    async with composed(tmp_path, monkeypatch) as found:
        yield found


async def posted(browser: Browser, address: str, **fields: str) -> tuple[int, str]:
    """Send the form of a page as the page made it; the status, and where it leads or what it says."""
    page = (await browser.get(address)).text
    form = {"csrf": hidden(page, "csrf"), "version": hidden(page, "version"), **fields}
    reply = await browser.post(address, form)
    return reply.status, reply.header("location") if reply.status == 303 else reply.text


async def test_a_resident_asks_and_the_officer_of_whoever_looked_answers(house: Composed) -> None:
    resident = await signed_in(house, "portal")
    look = a_look(house, held=False)
    assert f"/portal/questions/about/{look}" in (await resident.get("/portal/history")).text
    status, page = await posted(resident, f"/portal/questions/about/{look}", know="why", words="Why me?")
    assert status == 303
    assert "They must answer by" in (await resident.get(page)).text
    number = page.rpartition("-")[2]
    officer = await signed_in(house, "console", organisation=COUNTY)
    assert f"/console/questions/{number}" in (await officer.get("/console/questions")).text
    address = f"/console/questions/{number}"
    assert "Why me?" in (await officer.get(address)).text
    assert await posted(officer, address, answer="right", words="You were in danger.") == (303, address)
    history = (await resident.get("/portal/history")).text
    assert "You were in danger." in history
    assert "They answered what you asked. They say that the look was right." in history
    assert "They have answered" in (await resident.get(page)).text


async def test_another_organisations_officer_finds_no_question_and_that_is_written_down(
    house: Composed,
) -> None:
    resident = await signed_in(house, "portal")
    _, page = await posted(resident, f"/portal/questions/about/{a_look(house, held=False)}", words="Why me?")
    other = await signed_in(house, "console", organisation=CITY, sub="olaf.city")
    number = int(page.rpartition("-")[2])
    for index in (number, number + 1_000):
        assert (await other.get(f"/console/questions/{index}")).status == 404
    outcomes = [(one.kind, one.outcome) for one in house.entries(CITY, "audit-read")][:2]
    assert outcomes == [("audit-read", "refused")] * 2


async def test_an_officer_reveals_with_a_reason_and_the_person_reads_it(house: Composed) -> None:
    resident = await signed_in(house, "portal")
    look = a_look(house, held=False)
    officer = await signed_in(house, "console")
    status, text = await posted(
        officer, f"/console/items/{look}/reveal", because="incident", words="Our case 12."
    )
    assert status == 200
    assert "Nothing can be shown" in text, "nobody has registered a record"
    assert (
        "To find out if somebody looked who should not have." in (await resident.get("/portal/history")).text
    )


async def test_a_held_look_cannot_be_asked_about_and_its_reveal_stays_unseen(house: Composed) -> None:
    resident = await signed_in(house, "portal")
    look = a_look(house, held=True)
    officer = await signed_in(house, "console")
    assert (await posted(officer, f"/console/items/{look}/reveal", because="check", words="For it."))[
        0
    ] == 200
    assert "Nobody has looked." in (await resident.get("/portal/history")).text
    assert (await resident.get(f"/portal/questions/about/{look}")).status == 404
    assert (await resident.get("/portal/questions/about/99999")).status == 404


async def test_an_officer_takes_a_pack_that_verifies_offline_and_a_search_with_its_filters(
    house: Composed, tmp_path: Path
) -> None:
    await signed_in(house, "portal")
    look = a_look(house, held=False)
    officer = await signed_in(house, "console")
    page = (await officer.get(f"/console/packs?entry={look}")).text
    reply = await officer.post("/console/packs", {"csrf": hidden(page, "csrf"), "entry": str(look)})
    assert reply.status == 200
    file = tmp_path / "pack.zip"
    file.write_bytes(reply.body)
    assert "entries: 1" in "\n".join(verify_file(file, Given([str(house.gateway.log_key)])))
    page = (await officer.get("/console/?kind=break-glass")).text
    form = {"csrf": hidden(page, "csrf"), "as": "csv", "kind": "break-glass"}
    found = (await officer.post("/console/search", form)).text.splitlines()
    assert "break-glass" in found[0]
    assert found[2].startswith(f"{look},")


async def test_questions_go_after_their_time_when_details_are_retained(house: Composed) -> None:
    resident = await signed_in(house, "portal")
    await posted(resident, f"/portal/questions/about/{a_look(house, held=False)}", words="Why me?")
    settings, clock = house.gateway.settings, house.clock
    assert list(retain(settings, clock)) == ["no detail is due"]
    with house.gateway.database.write() as tx:
        tx.exec_driver_sql("UPDATE resident_question SET until_ms = 1")
    told = list(retain(settings, clock))
    assert "deleted 1 questions of residents, with their answers, whose time has come" in told
