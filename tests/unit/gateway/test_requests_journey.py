"""A whole gateway: an organisation asks, the resident is told, finds it on top of their first page, and answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.asking import Told, Wish
from gateway.people import trace
from gateway.retaining import retain
from gateway.settings import SettingsError
from tests.support.asking import PURPOSE, REASON, FakeChannel, FakeReach
from tests.support.walk import CALLERS
from tests.unit.gateway.composed import Composed, composed
from tests.unit.gateway.signin.browser import Browser
from tests.unit.gateway.test_pages import NHS_NUMBER, resident_of, signed_in, token_in

COUNTY = "norfolk-county-council"


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Composed]:
    async with composed(tmp_path, monkeypatch) as found:
        yield found


async def asked(house: Composed) -> Told:
    handle = house.gateway.handles.make(COUNTY, trace.by_nhs_number(NHS_NUMBER))
    wish = Wish(handle, PURPOSE, frozenset({"tenancy", "home-condition"}), 30, REASON)
    return await house.gateway.asking.ask(CALLERS["triager"], wish, None, "req_test")


async def state(house: Composed, told: Told) -> str:
    return (await house.gateway.asking.state(CALLERS["triager"], told.id)).state.value


def link_in(page: str) -> str:
    return "/portal/requests/" + page.partition('href="/portal/requests/')[2].partition('"')[0]


async def opened(house: Composed, browser: Browser) -> tuple[str, str]:
    """The request's address and its form's token, as found from the first page."""
    home = await browser.get("/portal/")
    assert "asks to look" in home.text
    address = link_in(home.text)
    page = await browser.get(address)
    assert page.status == 200
    assert REASON in page.text
    for secret in (resident_of(house), NHS_NUMBER):
        assert secret not in page.text + address
    return address, token_in(page.text)


async def test_from_the_question_to_the_yes_to_its_end(house: Composed) -> None:
    browser = await signed_in(house)
    told = await asked(house)
    assert await state(house, told) == "waiting"
    address, token = await opened(house, browser)
    fields = {"csrf": token, "sections": "tenancy", "days": "7", "answer": "yes"}
    done = await browser.post(address, fields)
    assert done.status == 303
    page = await browser.get(done.header("location"))
    assert "You have allowed this" in page.text
    assert await state(house, told) == "allowed"
    (standing,) = house.gateway.ledger.standing(house.gateway.keys.get(resident_of(house))).permissions
    assert standing.sections.keys() == {"tenancy"}
    assert "asks to look" not in (await browser.get("/portal/")).text
    again = await browser.post(address, fields)
    assert again.status == 409
    history = await browser.get("/portal/history")
    assert "asked you to allow something" in history.text


async def test_a_no_is_the_residents_own_and_reads_back(house: Composed) -> None:
    browser = await signed_in(house)
    told = await asked(house)
    address, token = await opened(house, browser)
    done = await browser.post(address, {"csrf": token, "answer": "no"})
    assert done.header("location") == address
    assert "You have not allowed this" in (await browser.get(address)).text
    assert await state(house, told) == "waiting"
    assert "did not allow this" in (await browser.get("/portal/history")).text
    receipts = await browser.get("/portal/receipts")
    assert receipts.status == 200


async def test_another_residents_session_and_a_forged_form_get_nowhere(house: Composed) -> None:
    browser = await signed_in(house)
    await asked(house)
    address, _ = await opened(house, browser)
    fields = {"sections": "tenancy", "days": "7", "answer": "yes"}
    assert (await browser.post(address, {"csrf": "forged", **fields})).status == 403
    assert (await house.browser().get(address)).status == 403
    key = house.gateway.keys.get(resident_of(house))
    assert house.gateway.ledger.standing(key).permissions == ()


async def test_the_resident_is_told_without_a_word_of_who_asks(house: Composed) -> None:
    await signed_in(house)
    await asked(house)
    channel = FakeChannel()
    messenger = replace(house.gateway.messenger, reach=FakeReach(), channels=(channel,))
    assert await messenger.look() == 1
    (message,) = channel.sent
    assert message.body.count("http") == 1
    assert f"{house.gateway.settings.public_url}/portal/\n" in message.body
    # Nobody chose a channel here: by the gateway's own settings nobody is told.
    await asked(house)
    assert await house.gateway.messenger.look() == 0


async def test_what_nothing_needs_any_more_goes_with_the_next_retention(house: Composed) -> None:
    await signed_in(house)
    await asked(house)
    settings = house.gateway.settings
    assert list(retain(settings, house.clock)) == ["no detail is due"]
    house.clock.pass_by(days=91)
    told = list(retain(settings, house.clock))
    assert told[0] == "deleted 1 requests to residents that nothing needs any more"


async def test_a_channels_file_that_will_not_do_keeps_the_gateway_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "channels.yaml").write_text("channels: [{kind: pigeon}]")
    with pytest.raises(SettingsError, match="pigeon"):
        async with composed(tmp_path, monkeypatch, channels_file=str(tmp_path / "channels.yaml")):
            pass
