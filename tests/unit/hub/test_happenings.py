"""What happens in one feature reaches those that listen, in the same transaction; and insight learns nothing of anybody."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest
from sqlmodel import Session

from hub.features import FEATURES
from hub.front_door.tables import Item
from hub.front_door.vocabulary import PURPOSE as TRIAGE
from hub.happenings import Happening, happened
from hub.insight.events import NOT_SAID
from hub.insight.tables import OpenCount, Reporter
from hub.interact.links import token_for
from hub.interact.tables import Case
from hub.parts import Feature
from tests.unit.hub.browser import Browser
from tests.unit.hub.fakes import Desk, hub_in
from tests.unit.hub.front_door.house import CONCERN
from tests.unit.hub.interact.making import FORM, REFERRAL, case, full, inbox_of, rows, take_in
from tests.unit.hub.support import making as support

DAY: Final = date(2026, 11, 23)
PLANTED: Final = ("Mary Sandbox", "Mould", "9990000018", "1952", "Test Street", "black", "Ana", "01632")
PARTNERS: Final[dict[str, Any]] = {
    "organisations": [
        {"id": one, "title": one, "client": f"{one}-hub"}
        for one in ("age-well-norfolk", "norwich-help-hub", "norfolk-county-council")
    ],
    "teams": {
        "interact": {
            "members": [
                {
                    "organisation": "age-well-norfolk",
                    "role": "social-prescriber",
                    "title": "Social prescriber",
                }
            ],
            "receives": {"interact-home-health": ["age-well-norfolk"]},
        },
        "front-door": {
            "members": [{"organisation": "norwich-help-hub", "role": "hub-triager", "title": "Triager"}],
            "receives": {TRIAGE: ["norwich-help-hub"]},
        },
        "insight": {
            "members": [
                {
                    "organisation": "norfolk-county-council",
                    "role": "integrated-care-coordinator",
                    "title": "Partnership officer",
                }
            ],
        },
    },
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = hub_in(tmp_path, FEATURES, PARTNERS)
    yield found
    found.hub.parts.database.close()


def counted(desk: Desk) -> dict[tuple[str, str], int]:
    """(what, theme) -> how often; none of them has a place."""
    found = rows(desk, OpenCount)
    assert {(row.area, row.groups, row.month) for row in found} <= {(NOT_SAID, "", "2026-11")}
    return {(row.kind, row.theme): row.count for row in found}


def reporters(desk: Desk) -> list[tuple[str, str]]:
    return [(row.month, row.organisation) for row in rows(desk, Reporter)]


def all_of_insight(desk: Desk) -> str:
    """Every value in every table of insight."""
    with contextlib.closing(sqlite3.connect(desk.folder / "hub.db")) as file:
        return "\n".join(line for line in file.iterdump() if line.startswith('INSERT INTO "insight_'))


def tells_of_nobody(desk: Desk, *names: str) -> None:
    found = all_of_insight(desk)
    assert "need" in found
    for planted in (*PLANTED, REFERRAL, *names):
        assert planted not in found


async def test_a_case_of_home_and_health_is_counted_as_it_comes_and_as_it_ends(desk: Desk) -> None:
    case_id = await take_in(desk)
    arrived = {("need", "damp"): 1, ("referral", "damp"): 1}
    assert counted(desk) == arrived
    joy = desk.sign_in()
    for _ in range(2):
        closing = await desk.post(joy, f"/interact/cases/{case_id}/closing", outcomes="adapted", note="Mould")
        assert closing.status == 303
    assert counted(desk) == {**arrived, ("outcome", "damp"): 1}, "once, however often it is closed"
    assert reporters(desk) == [("2026-11", "age-well-norfolk")]
    tells_of_nobody(desk, case_id)


async def test_a_case_that_is_not_taken_on_is_a_refusal(desk: Desk) -> None:
    case_id = await take_in(desk)
    joy = desk.sign_in()
    for _ in range(2):
        await desk.post(joy, f"/interact/cases/{case_id}/refusal", reason="full")
    assert counted(desk) == {("need", "damp"): 1, ("referral", "damp"): 1, ("refusal", "damp"): 1}
    tells_of_nobody(desk, case_id)


async def test_what_comes_by_a_one_time_link_is_counted(desk: Desk) -> None:
    made = await desk.post(desk.sign_in(), "/interact/links", for_whom="Day centre")
    secret = made.text.split("/interact/tell/")[1].split("<")[0].split('"')[0].strip()
    form = {**FORM, "csrf": token_for(secret), "from": "The day centre"}
    assert (await desk.browser().post(f"/interact/tell/{secret}", form)).status in {200, 303}
    assert case(desk).name == "Mary Sandbox"
    assert counted(desk) == {("need", "damp"): 1, ("referral", "damp"): 1}
    tells_of_nobody(desk, case(desk).id, "day centre")


async def test_a_concern_is_counted_as_it_comes_and_as_it_is_closed(desk: Desk) -> None:
    assert (await desk.browser().post("/concern", CONCERN)).status == 303
    assert counted(desk) == {("need", "damp"): 1}
    assert reporters(desk) == [], "nobody's staff told it"
    (item,) = rows(desk, Item)
    wes = desk.sign_in("norwich-help-hub", "hub-triager", name="Wes Cutter", subject="wes")
    address = f"/front-door/items/{item.id}"
    await desk.post(wes, f"{address}/claim", seen="")
    for _ in range(2):
        await desk.post(wes, f"{address}/close", outcome="advice-given")
    assert counted(desk) == {("need", "damp"): 1, ("outcome", "damp"): 1}
    assert reporters(desk) == [("2026-11", "norwich-help-hub")]
    tells_of_nobody(desk, item.id, item.reference, "Wes Cutter")


async def test_a_concern_whose_form_is_sent_twice_is_counted_once(desk: Desk) -> None:
    for _ in range(2):
        await desk.browser().post("/concern", {**CONCERN, "entry": "e" * 22})
    assert len(rows(desk, Item)) == 1
    assert counted(desk) == {("need", "damp"): 1}


async def test_a_referral_for_triage_is_a_need_and_a_referral(desk: Desk) -> None:
    sent = full() | {"to": "norwich-help-hub", "purpose": TRIAGE}
    desk.gateway.answers["GET /v1/referrals"] = inbox_of(sent)
    desk.gateway.answers[f"GET /v1/referrals/{REFERRAL}"] = sent
    desk.gateway.answers[f"POST /v1/referrals/{REFERRAL}/collection"] = sent
    organisation = desk.hub.parts.partners.organisation("norwich-help-hub")
    assert organisation is not None
    assert await desk.hub.background.inbox.look(organisation) == 1
    assert counted(desk) == {("need", "damp"): 1, ("referral", "damp"): 1}
    tells_of_nobody(desk)


@pytest.fixture
def support_desk(tmp_path: Path) -> Iterator[Desk]:
    found = support.support_desk(tmp_path)
    yield found
    found.hub.parts.database.close()


@pytest.mark.parametrize(("chosen", "theme"), [({}, "other"), ({"themes": "money"}, "money")])
async def test_somebody_whom_a_support_worker_begins_with_is_a_need_by_the_themes_chosen(
    support_desk: Desk, chosen: dict[str, str], theme: str
) -> None:
    ana = support.worker(support_desk)
    address = await support.begun(support_desk, ana, **chosen)
    assert counted(support_desk) == {("need", theme): 1}
    for _ in range(2):
        await support_desk.post(ana, f"{address}/closing", outcomes="connected", note="Tom is well")
    assert counted(support_desk) == {("need", theme): 1, ("outcome", theme): 1}
    assert reporters(support_desk) == [("2026-11", support.TRUST)]
    tells_of_nobody(support_desk, "Tom", address.rpartition("/")[2])


async def test_a_handover_that_is_not_taken_on_is_need_referral_and_refusal(support_desk: Desk) -> None:
    await support.arrives(support_desk, support.arriving({**support.BODY, "themes": ["loneliness"]}))
    arrived = {("need", "loneliness"): 1, ("referral", "loneliness"): 1}
    assert counted(support_desk) == arrived
    address = f"/support/cases/{support.cases(support_desk)[0].id}"
    zoe = support.worker(support_desk, support.NEWLEAF, support.FLOATING)
    for _ in range(2):
        await support_desk.post(zoe, f"{address}/refusal", reason="full")
    assert counted(support_desk) == {**arrived, ("refusal", "loneliness"): 1}
    tells_of_nobody(support_desk, "Tom", support.REFERRAL, address.rpartition("/")[2])


def test_a_change_that_fails_is_not_counted(desk: Desk) -> None:
    def work(session: Session) -> None:
        happened(session, Happening("need", ("damp",), "age-well-norfolk", DAY))
        raise LookupError

    with pytest.raises(LookupError):
        desk.hub.parts.database.write_now(work)
    assert counted(desk) == {}


async def test_a_hub_in_which_nobody_listens_works_alike(tmp_path: Path) -> None:
    deaf: list[Feature] = [one for one in FEATURES if one.heard is None]
    assert len(deaf) == len(FEATURES) - 1
    desk = hub_in(tmp_path, deaf, {**PARTNERS, "teams": {"interact": PARTNERS["teams"]["interact"]}})
    await take_in(desk)
    assert len(rows(desk, Case)) == 1
    desk.hub.parts.database.close()


async def test_the_partnership_finds_its_page(desk: Desk) -> None:
    officer: Browser = desk.sign_in("norfolk-county-council", "integrated-care-coordinator", subject="pia")
    assert (await officer.get("/insight")).status == 200
    assert (await desk.sign_in().get("/insight")).status == 404
