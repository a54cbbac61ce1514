"""Where people live, how old they are and of which group: counted from the team's own record, and only where it may."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from hub.features import FEATURES
from hub.front_door.tables import Item
from hub.front_door.vocabulary import PURPOSE as TRIAGE
from hub.happenings import NO_FIXED_ADDRESS, RATHER_NOT_SAY, Happening, Known, happened
from hub.insight.events import NO_FIXED_ABODE, NOT_SAID
from hub.insight.feature import build_feature
from hub.insight.settings import Insight
from hub.insight.tables import OpenCount
from hub.places.choosing import BELIEVED_FOR, known_of
from hub.places.settings import Places
from tests.unit.hub.browser import Browser
from tests.unit.hub.fakes import Desk, hub_in
from tests.unit.hub.front_door.house import CONCERN
from tests.unit.hub.insight.towns import EAST, POOR, WEST, geography, reading
from tests.unit.hub.interact.making import REFERRAL, case, full, inbox_of, rows
from tests.unit.hub.support import making as support
from tests.unit.hub.test_happenings import PARTNERS as TEAMS

POSTCODES: Final = {"NR11AA": POOR}
PLACES: Final = Places(Path(), geography(), POSTCODES)
PARTNERS: Final[dict[str, Any]] = {
    "organisations": [*TEAMS["organisations"], *support.PARTNERS["organisations"]],
    "teams": TEAMS["teams"] | support.PARTNERS["teams"],
}


def made(folder: Path, postcodes: dict[str, str]) -> Desk:
    insight = build_feature(lambda: Insight(reading(), 5, postcodes))
    features = [insight if one.name == "insight" else one for one in FEATURES]
    return hub_in(folder, features, PARTNERS, places=PLACES)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = made(tmp_path, POSTCODES)
    yield found
    found.hub.parts.database.close()


def places(desk: Desk) -> dict[tuple[str, str], int]:
    """(what, area) -> how often."""
    return {(row.kind, row.area): row.count for row in rows(desk, OpenCount)}


async def take_in(desk: Desk, to: str = "age-well-norfolk", *, located: bool = True, **more: Any) -> None:
    """Let a referral arrive. located: not of whoever gave no address, nor of whoever must not be located."""
    sent = full(**more) | {"to": to}
    if not located:
        del sent["content"]["about"]["address"]
    desk.gateway.answers["GET /v1/referrals"] = inbox_of(sent)
    desk.gateway.answers[f"GET /v1/referrals/{REFERRAL}"] = sent
    for step in ("collection", "acceptance", "refusal", "closing"):
        desk.gateway.answers[f"POST /v1/referrals/{REFERRAL}/{step}"] = sent
    organisation = desk.hub.parts.partners.organisation(to)
    assert organisation is not None
    assert await desk.hub.background.inbox.look(organisation) == 1


async def choose(desk: Desk, browser: Browser, address: str, place: str) -> None:
    assert (await desk.post(browser, f"{address}/place", place=place)).status == 303


async def test_an_address_counts_for_nothing_until_the_person_said_that_it_may(desk: Desk) -> None:
    await take_in(desk)
    assert places(desk) == {("need", NOT_SAID): 1, ("referral", NOT_SAID): 1}
    assert {row.age for row in rows(desk, OpenCount)} == {"65-79"}
    joy, address = desk.sign_in(), f"/interact/cases/{case(desk).id}"
    await choose(desk, joy, address, WEST)
    assert places(desk) == {("need", POOR): 1, ("referral", POOR): 1}, "the postcode names the small area"
    await desk.post(joy, f"{address}/closing", outcomes="adapted")
    assert places(desk)["outcome", POOR] == 1


async def test_a_ward_that_a_worker_chooses_takes_the_place_of_not_said(tmp_path: Path) -> None:
    desk = made(tmp_path, {})
    await take_in(desk)
    joy, address = desk.sign_in(), f"/interact/cases/{case(desk).id}"
    page = (await joy.get(address)).text
    assert "never shown with a name" in page
    assert "Mancroft" in page
    await choose(desk, joy, address, WEST)
    assert places(desk) == {("need", WEST): 1, ("referral", WEST): 1}
    assert (
        "selected" not in (await joy.get(address)).text.partition('id="place"')[2].partition("</select>")[0]
    )
    await choose(desk, joy, address, "W99")
    await choose(desk, joy, address, EAST)
    assert places(desk) == {("need", EAST): 1, ("referral", EAST): 1}
    await choose(desk, joy, address, RATHER_NOT_SAY)
    assert places(desk) == {("need", NOT_SAID): 1, ("referral", NOT_SAID): 1}
    await choose(desk, joy, address, WEST)
    await desk.post(joy, f"{address}/refusal", reason="full")
    assert places(desk) == {(what, WEST): 1 for what in ("need", "referral", "refusal")}
    assert (case(desk).place, case(desk).place_may_be_counted) == ("", False)
    desk.hub.parts.database.close()


async def test_a_worker_may_know_better_than_the_postcode(desk: Desk) -> None:
    await take_in(desk)
    joy, address = desk.sign_in(), f"/interact/cases/{case(desk).id}"
    for place, area in (
        (WEST, POOR),
        (EAST, EAST),
        (RATHER_NOT_SAY, NOT_SAID),
        (NO_FIXED_ADDRESS, NO_FIXED_ABODE),
    ):
        await choose(desk, joy, address, place)
        assert places(desk) == {("need", area): 1, ("referral", area): 1}
    assert {row.groups for row in rows(desk, OpenCount)} == {"homelessness"}


async def test_of_whom_no_address_came_no_ward_is_taken(desk: Desk) -> None:
    await take_in(desk, located=False)
    joy, address = desk.sign_in(), f"/interact/cases/{case(desk).id}"
    assert "Mancroft" not in (await joy.get(address)).text
    await choose(desk, joy, address, WEST)
    assert case(desk).place == ""
    await choose(desk, joy, address, NO_FIXED_ADDRESS)
    assert places(desk) == {("need", NO_FIXED_ABODE): 1, ("referral", NO_FIXED_ABODE): 1}


async def test_an_address_that_came_lets_a_worker_ask_as_long_as_a_label_stands(desk: Desk) -> None:
    await take_in(desk)
    desk.clock.at += BELIEVED_FOR + timedelta(seconds=1)
    joy, address = desk.sign_in(), f"/interact/cases/{case(desk).id}"
    assert "Mancroft" not in (await joy.get(address)).text
    await desk.post(joy, f"{address}/closing", outcomes="adapted")
    assert places(desk)["outcome", NOT_SAID] == 1


async def test_the_front_door_counts_a_referral_by_its_place_and_a_concern_never(desk: Desk) -> None:
    await take_in(desk, "norwich-help-hub", purpose=TRIAGE)
    assert places(desk) == {("need", NOT_SAID): 1, ("referral", NOT_SAID): 1}
    assert (
        await desk.browser().post("/concern", {**CONCERN, "reach": "1 Test Street, NR1 1AA"})
    ).status == 303
    assert places(desk)["need", NOT_SAID] == 2
    wes = desk.sign_in("norwich-help-hub", "hub-triager", name="Wes Cutter", subject="wes")
    for item in rows(desk, Item):
        address = f"/front-door/items/{item.id}"
        await choose(desk, wes, address, EAST)  # nobody's yet: changes nothing
        await desk.post(wes, f"{address}/claim", seen="")
        await choose(desk, wes, address, EAST if item.referral else NO_FIXED_ADDRESS)
    assert places(desk) == {("need", EAST): 1, ("referral", EAST): 1, ("need", NO_FIXED_ABODE): 1}
    for item in rows(desk, Item):
        await desk.post(wes, f"/front-door/items/{item.id}/close", outcome="advice-given")
    assert {(one.place, one.place_may_be_counted) for one in rows(desk, Item)} == {("", False)}
    assert places(desk)["outcome", EAST] == places(desk)["outcome", NO_FIXED_ABODE] == 1


async def test_support_counts_a_handover_by_its_place_until_the_person_moves(desk: Desk) -> None:
    answers = desk.gateway.answers
    answers["GET /v1/sections"] = support.SECTIONS
    sent: dict[str, Any] = {"purpose": "hospital-link", "themes": ["loneliness"]}
    await take_in(desk, support.TRUST, **sent)
    ana = support.worker(desk)
    address = f"/support/cases/{support.cases(desk)[0].id}"
    await desk.post(ana, f"{address}/taking-on")
    await choose(desk, ana, address, EAST)
    assert places(desk) == {("need", EAST): 1, ("referral", EAST): 1}
    moving = {"district": "norwich", "address": "3 Test Street, NR1 1AA", "goes_on": "yes"}
    assert (await desk.post(ana, f"{address}/moves", **moving)).status == 303
    await choose(desk, ana, address, EAST)
    await desk.post(ana, f"{address}/closing", outcomes="connected")
    assert places(desk) == {("need", EAST): 1, ("referral", EAST): 1, ("outcome", NOT_SAID): 1}
    assert {row.theme for row in rows(desk, OpenCount)} == {"loneliness"}


async def test_with_whom_a_worker_begins_counts_without_a_place_or_with_no_fixed_address(desk: Desk) -> None:
    ana = support.worker(desk)
    address = await support.begun(desk, ana)
    await choose(desk, ana, address, WEST)
    assert places(desk) == {("need", NOT_SAID): 1}
    await choose(desk, ana, address, NO_FIXED_ADDRESS)
    assert places(desk) == {("need", NO_FIXED_ABODE): 1}


def test_an_address_alone_tells_nothing_of_where() -> None:
    assert known_of(born=None, address="1 Test Street, NR1 1AA", place="", may_be_counted=True) == Known()


def test_what_is_told_holds_neither_postcode_nor_ward_unless_it_may() -> None:
    known = known_of(born=None, address="1 Test Street, NR1 1AA", place=WEST, may_be_counted=False)
    assert known == Known()
    told = known_of(born=date(1952, 3, 27), address="NR1 1AA", place=WEST, may_be_counted=True)
    assert all(secret not in repr(told) for secret in ("NR1", WEST, "1952"))


def test_happenings_name_nobody() -> None:
    assert {one.name for one in dataclasses.fields(Happening)} == {
        "what",
        "themes",
        "organisation",
        "day",
        "known",
        "instead_of",
    }


def test_an_unknown_ward_is_no_place(desk: Desk) -> None:
    known = Known(place="E05999999", place_may_be_counted=True)
    what = Happening("need", ("damp",), "age-well-norfolk", date(2026, 11, 23), known)
    desk.hub.parts.database.write_now(lambda session: happened(session, what))
    assert places(desk) == {("need", NOT_SAID): 1}
