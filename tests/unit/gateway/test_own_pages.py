"""My story and settings behind the sign-in of a whole gateway, in one process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.pages.languages import COOKIE, COOKIE_ON_LOOPBACK
from tests.unit.gateway.composed import Composed, composed
from tests.unit.gateway.signin.browser import Browser
from tests.unit.gateway.signin.fake_provider import RESIDENT
from tests.unit.gateway.signin.house import SESSION
from tests.unit.gateway.test_pages import resident_of, signed_in, token_in

STORY = "/portal/story/what_matters"


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Composed]:
    async with composed(tmp_path, monkeypatch) as found:
        yield found


async def posted(browser: Browser, address: str, fields: dict[str, str]) -> str:
    """Post a page's own form; gives where it leads."""
    page = await browser.get(address)
    assert page.status == 200, address
    answer = await browser.post(address, {"csrf": token_in(page.text), **fields})
    assert answer.status == 303, answer.text
    return answer.header("location")


async def test_a_story_is_told_read_and_deleted_and_each_stands_in_the_history(house: Composed) -> None:
    browser = await signed_in(house)
    assert await posted(browser, STORY, {"words": "My dog Rex", "step": "save"}) == "/portal/story?done=saved"
    assert "My dog Rex" in (await browser.get("/portal/story")).text
    person = house.gateway.locator.by_id(resident_of(house))
    assert person is not None
    assert dict(person.pointers) == {"oncetold-residents": person.id}
    assert await posted(browser, "/portal/story/delete", {}) == "/portal/story?done=deleted"
    history = (await browser.get("/portal/history")).text
    assert "You changed your story at" in history
    assert "You deleted your story at" in history
    assert "Rex" not in history
    # It is no decision about a look, so there is no page of one, and its receipt proves it all the same.
    place = history.partition('id="look-')[2].partition('"')[0]
    assert (await browser.get(f"/portal/done/OT-{place}")).status == 404
    assert (await browser.get(f"/portal/history/{place}")).status == 200


async def test_settings_are_kept_and_a_hidden_line_is_gone_until_shown_again(house: Composed) -> None:
    browser = await signed_in(house)
    fields = {"address": "sam@example.test", "others": "no", "first": "9", "before": "17"}
    assert await posted(browser, "/portal/settings/reach/email", fields) == "/portal/settings?done=saved"
    assert "sam@example.test" in (await browser.get("/portal/settings")).text
    history = (await browser.get("/portal/history")).text
    assert "You changed your settings at" in history
    place = history.partition('id="look-')[2].partition('"')[0]
    assert await posted(browser, f"/portal/settings/hide/{place}", {}) == "/portal/history"
    assert "You changed your settings at" not in (await browser.get("/portal/history")).text
    assert await posted(browser, "/portal/settings/hidden", {}) == "/portal/history"
    assert "You changed your settings at" in (await browser.get("/portal/history")).text


async def test_long_after_signing_in_hidden_lines_need_a_new_sign_in(house: Composed) -> None:
    browser = await signed_in(house)
    house.clock.pass_by(minutes=11)
    page = await browser.get("/portal/settings/hidden")
    assert "Sign in again first" in page.text
    assert "/signin/portal?return=%2Fportal%2Fsettings%2Fhidden" in page.text


async def test_leaving_ends_the_session_so_that_a_copied_cookie_opens_nothing(house: Composed) -> None:
    browser = await signed_in(house)
    cookie = browser.cookies[SESSION]
    left = await browser.get("/portal/leave")
    assert left.status == 303
    browser.cookies[SESSION] = cookie
    assert (await browser.get("/portal/")).status == 403


async def test_the_language_is_one_cookie_that_says_nothing_else(house: Composed) -> None:
    browser = await signed_in(house)
    await posted(browser, "/portal/settings/language", {"language": "ro"})
    found = {name: value for name, value in browser.cookies.items() if name in {COOKIE, COOKIE_ON_LOOPBACK}}
    assert list(found.values()) == ["ro"]
    assert house.gateway.wishes.of(house.gateway.keys.get(resident_of(house))).language == "ro"


async def test_somebody_elses_words_are_never_shown(house: Composed) -> None:
    first = await signed_in(house)
    await posted(first, STORY, {"words": "My dog Rex", "step": "save"})
    other = await signed_in(house, {**RESIDENT, "sub": "another", "nhs_number": "9990000026"})
    for address in ("/portal/story", STORY, "/portal/story/preview", "/portal/settings", "/portal/history"):
        assert "Rex" not in (await other.get(address)).text
