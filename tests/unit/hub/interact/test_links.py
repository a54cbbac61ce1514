"""One-time links: once, for seven days, and they show nothing about anyone."""

from __future__ import annotations

import re

import pytest

from hub.interact.links import token_for
from hub.interact.tables import Case, Link
from tests.unit.hub.browser import Answer
from tests.unit.hub.fakes import Desk
from tests.unit.hub.interact.making import FORM, case, rows


async def link(desk: Desk) -> str:
    answer = await desk.post(desk.sign_in(), "/interact/links", for_whom="St Anne's lunch club")
    found = re.search(r"https://hub\.test/interact/tell/([A-Za-z0-9_-]+)", answer.text)
    assert found is not None
    return found[1]


async def tell(desk: Desk, secret: str, **change: str) -> Answer:
    form = {**FORM, "from": "Sam, lunch club", "csrf": token_for(secret), **change}
    return await desk.browser().post(f"/interact/tell/{secret}", form)


async def test_a_link_is_shown_once_and_its_secret_is_nowhere_in_the_database(desk: Desk) -> None:
    secret = await link(desk)
    desk.hub.parts.database.close()
    for file in desk.folder.iterdir():
        assert secret.encode() not in file.read_bytes()
    page = await desk.sign_in().get("/interact/links")
    assert "St Anne's lunch club Made by Joy Alder" in page.words
    assert secret not in page.text


async def test_only_the_team_makes_links(desk: Desk) -> None:
    assert (await desk.post(desk.sign_in("wensum-valley-practice", "gp"), "/interact/links")).status == 404


async def test_whom_it_is_for_must_be_said(desk: Desk) -> None:
    answer = await desk.post(desk.sign_in(), "/interact/links", for_whom=" ")
    assert answer.status == 422
    assert "Say whom you give the link to" in answer.words


async def test_somebody_without_an_account_tells_the_team_once(desk: Desk) -> None:
    secret = await link(desk)
    page = await desk.browser().get(f"/interact/tell/{secret}")
    assert page.status == 200
    assert "Tell the home and health team about somebody" in page.words
    assert "The team has it" in (await tell(desk, secret)).words
    found = case(desk)
    assert (found.sender, found.organisation, found.referral) == ("Sam, lunch club", "age-well-norfolk", None)
    assert found.agreed == "They said it to me, on 23 November 2026, as the referrer tells."
    again = await tell(desk, secret)
    assert again.status == 404
    assert len(rows(desk, Case)) == 1


async def test_used_old_and_unknown_links_look_alike(desk: Desk) -> None:
    used, old = await link(desk), await link(desk)
    await tell(desk, used)
    desk.clock.go_on(days=7)
    answers = [await desk.browser().get(f"/interact/tell/{one}") for one in (used, old, "x" * 43)]
    assert len({(one.status, one.text) for one in answers}) == 1
    assert answers[0].status == 404
    assert (await desk.sign_in().get("/interact/links")).words.count("lunch club Made") == 0


async def test_a_case_by_a_link_tells_the_gateway_nothing(desk: Desk) -> None:
    await tell(desk, await link(desk))
    browser = desk.sign_in()
    await desk.post(browser, f"/interact/cases/{case(desk).id}/taking-on")
    assert [one for one in desk.gateway.calls if one.path.startswith("/v1/referrals/")] == []
    assert (
        "Referred 23 November 2026 by Sam, lunch club"
        in (await browser.get(f"/interact/cases/{case(desk).id}")).words
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [({"from": ""}, "Enter your name and where you work"), ({"why": ""}, "Say why the person needs help")],
)
async def test_what_is_wrong_is_said_and_the_link_is_not_used_up(
    desk: Desk, change: dict[str, str], told: str
) -> None:
    secret = await link(desk)
    answer = await tell(desk, secret, **change)
    assert answer.status == 422
    assert told in answer.words
    assert rows(desk, Link)[0].used_at is None
    assert (await tell(desk, secret)).status == 200


async def test_a_form_without_the_links_token_changes_nothing(desk: Desk) -> None:
    secret = await link(desk)
    assert (await tell(desk, secret, csrf="another")).status == 403
    assert rows(desk, Case) == []


async def test_links_are_forgotten_a_month_after_their_end(desk: Desk) -> None:
    await link(desk)
    desk.clock.go_on(days=38)
    await desk.hub.background.sweep()
    assert rows(desk, Link) == []


async def test_whom_a_link_shares_with_is_read_out_by_name_and_said_yes_to(desk: Desk) -> None:
    secret = await link(desk)
    page = (await desk.browser().get(f"/interact/tell/{secret}")).words
    assert "Who they are: Norwich City Council Age Well Norfolk" in page
    assert "No: only Age Well Norfolk, and nobody else" in page
    wrong = await tell(desk, secret, team="", name="")
    assert wrong.status == 422
    assert "No: only Age Well Norfolk, and nobody else" in wrong.words
    assert "Select who of the team may know and look" in wrong.words
    await tell(desk, secret)
    council = desk.sign_in("norwich-city-council", "housing-officer", name="Ada Thorpe", subject="ada")
    assert "My garden" in (await council.get(f"/interact/cases/{case(desk).id}")).words
    assert (await tell(desk, secret, name="")).status == 404


async def test_by_a_link_too_a_yes_to_one_alone_is_shown_to_nobody_else(desk: Desk) -> None:
    await tell(desk, await link(desk), team="only")
    council = desk.sign_in("norwich-city-council", "housing-officer", name="Ada Thorpe", subject="ada")
    assert (await council.get(f"/interact/cases/{case(desk).id}")).status == 404
    assert "Mary Sandbox" not in (await council.get("/interact")).words
    assert "My garden" in (await desk.sign_in().get(f"/interact/cases/{case(desk).id}")).words
