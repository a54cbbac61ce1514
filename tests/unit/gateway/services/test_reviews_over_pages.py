"""A whole gateway in one process: an officer signs in, decides reviews, and the person's own pages follow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from audit.entries import Draft, Kind, seal_entry
from audit.log import Append
from core.unit_of_work import Written
from gateway.reviews.opening import Beside, Hold, Task
from tests.unit.gateway.composed import Composed, composed
from tests.unit.gateway.signin.browser import Browser
from tests.unit.gateway.signin.fake_provider import OFFICER, RESIDENT

COUNTY, CITY = "norfolk-county-council", "norwich-city-council"
LATER = "Told you later"


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Composed]:
    async with composed(tmp_path, monkeypatch) as found:
        yield found


async def signed_in(house: Composed, door: str, **changes: str) -> Browser:
    browser = house.browser()
    person = {**(RESIDENT if door == "portal" else OFFICER), **changes}
    assert (await browser.sign_in(house.idp, person, door)).status == 303
    return browser


def a_look(house: Composed, *, held: bool, practitioner: str = "a.nurse") -> int:
    """An emergency look of the county at what the city holds about the resident, as a view writes it."""
    person = house.gateway.locator.by_nhs_number(str(RESIDENT["nhs_number"]))
    assert person is not None
    now = house.clock.now()
    draft = Draft(
        Kind.BREAK_GLASS,
        "disclosed",
        frozenset({COUNTY, CITY}),
        {
            "practitioner": practitioner,
            "emergency": "life-at-risk",
            "sections": {CITY: {"contact": ["telephone"]}},
        },
        COUNTY,
        "social-worker",
        "break-glass-emergency",
    )
    tasks = [Task("break-glass", name, now + timedelta(hours=72)) for name in (CITY, COUNTY)]
    if held:
        tasks.append(Task("hold-back", CITY, now + timedelta(hours=24)))
        tasks.append(Task("look-again", CITY, now + timedelta(days=14)))
    hold = Hold("danger-to-person", now + timedelta(days=14)) if held else None
    beside = Beside(now, person.key.tag, b"sealed", tuple(tasks), hold)
    entry = seal_entry(draft, person.key)
    written = Written(None, (entry,), lambda tx, places: beside.write(tx, places[0]))
    return house.gateway.log.append(Append(lambda _: written, changes=True)).receipts[0].index


def hidden(page: str, name: str) -> str:
    return page.partition(f'name="{name}" value="')[2].partition('"')[0]


async def answer(browser: Browser, address: str, **fields: str) -> int:
    """Answer a review as its page asks; the status that came back."""
    page = (await browser.get(address)).text
    form = {"csrf": hidden(page, "csrf"), "version": hidden(page, "version"), **fields}
    return (await browser.post(address, form)).status


async def test_an_officer_judges_an_emergency_and_the_person_reads_it(house: Composed) -> None:
    resident = await signed_in(house, "portal")
    look = a_look(house, held=False)
    assert "is checking it now" in (await resident.get("/portal/history")).text
    officer = await signed_in(house, "console")
    assert "1 review waits" in (await officer.get("/console/")).text
    assert f"/console/reviews/break-glass/{look}" in (await officer.get("/console/reviews")).text
    address = f"/console/reviews/break-glass/{look}"
    assert await answer(officer, address, answer="wrong", words="No danger at all.") == 303
    assert "It was not right" in (await officer.get(address)).text
    assert await answer(officer, address, answer="right", words="It was.") == 409
    page = (await resident.get("/portal/history")).text
    assert "Norwich City Council (sandbox): it was not right" in page
    assert "They say it was not right." in page


async def test_an_officer_has_the_person_told_and_not_before(house: Composed) -> None:
    resident = await signed_in(house, "portal")
    before = (await resident.get("/portal/history")).text
    look = a_look(house, held=True)
    officer = await signed_in(house, "console")
    assert await answer(officer, f"/console/reviews/hold-back/{look}", answer="agree") == 303
    assert (await resident.get("/portal/history")).text == before
    assert (await resident.get(f"/portal/history/{look}")).status == 404
    day = (house.clock.now() + timedelta(days=10)).date().isoformat()
    again = f"/console/reviews/look-again/{look}"
    assert await answer(officer, again, answer="again", look_again=day) == 303
    assert (await resident.get("/portal/history")).text == before
    assert await answer(officer, again, answer="tell", look_again=day) == 303
    assert LATER in (await resident.get("/portal/history")).text
    assert (await resident.get(f"/portal/history/{look}")).status == 200


async def test_a_forged_form_decides_nothing(house: Composed) -> None:
    await signed_in(house, "portal")
    look = a_look(house, held=True)
    officer = await signed_in(house, "console")
    address = f"/console/reviews/hold-back/{look}"
    page = (await officer.get(address)).text
    form = {"csrf": hidden(page, "csrf"), "version": hidden(page, "version"), "answer": "tell"}
    assert (await officer.post(address, {**form, "csrf": "guessed"})).status == 403
    assert (await officer.post(address, form, Origin="https://elsewhere.test")).status == 403
    resident = await signed_in(house, "portal")
    assert (await resident.post(address, form)).status == 403
    assert "3 reviews wait" in (await officer.get("/console/")).text
    assert LATER not in (await resident.get("/portal/history")).text


async def test_whoever_looked_finds_no_form_and_another_organisation_no_page(house: Composed) -> None:
    await signed_in(house, "portal")
    look = a_look(house, held=False, practitioner=str(OFFICER["sub"]))
    officer = await signed_in(house, "console")
    address = f"/console/reviews/break-glass/{look}"
    page = (await officer.get(address)).text
    assert "You looked yourself" in page
    assert 'name="answer"' not in page
    form = {"csrf": hidden(page, "csrf"), "version": "0", "answer": "right", "words": "I was right."}
    assert (await officer.post(address, form)).status == 409
    stranger = await signed_in(house, "console", organisation="harbour-charity")
    assert (await stranger.get(address)).status == 404
