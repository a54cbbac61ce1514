"""Promise 8. The person sees every look at once. Where that would endanger someone it is held back: then no page, number or
download of the portal shows a trace of it, until somebody who did not look has the person told.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import ColumnElement, FromClause, Update, exists, update
from starlette.routing import Route

from audit.console.ports import NotDecided
from audit.entries import Draft, Kind, seal_entry
from audit.log import Append
from audit.reader import StoredEntry, every
from audit.text import to_base64
from consent.portal import PortalSettings, build_router, could_see
from consent.portal.ports import HISTORY_PAGE
from core.unit_of_work import only
from gateway.reviews import store
from gateway.reviews.deciding import Reviewed
from gateway.reviews.store import Reviews, StoredTask
from gateway.reviews.tables import HeldEntry, ReviewTask
from gateway.services.could_see import PolicyServices
from gateway.services.reviewing import ReviewDesk
from gateway.signin.sessions import About
from tests.unit.core.pages.browser import Answer, ask
from tests.unit.gateway.services.asking import ask as ask_about
from tests.unit.gateway.services.asking import asked_pages, reply
from tests.unit.gateway.services.looking import (
    COUNCIL,
    COUNTY,
    HOSPITAL,
    LOOKED,
    PRACTICE,
    decide,
    emergency,
    enquiry,
    officer,
)
from tests.unit.gateway.services.served import Served, choice, serving

LINK = re.compile(r'href="(/portal[^"#]*)')
PROVES = re.compile(r"/portal/(history/\d|done/)")
"""Pages whose receipts are made anew, under the log's newest checkpoint, each time they are opened."""


@dataclass
class Portal:
    """The whole portal, as the person's own browser sees it."""

    served: Served
    app: FastAPI
    routes: list[Route]
    cookie: str

    async def get(self, address: str) -> Answer:
        return await ask(self.app, "GET", address, headers={"cookie": f"__Host-oncetold={self.cookie}"})

    async def everything(self) -> dict[str, str]:
        """Every page and download that links lead to, by address; but not the one that leaves."""
        found: dict[str, str] = {}
        waiting = ["/portal/", "/portal/history"]
        while waiting:
            address = waiting.pop()
            if address in found or address == "/portal/leave" or not self.is_here(address):
                continue
            answer = await self.get(address)
            if answer.status == 303:
                waiting.append(answer.headers["location"])
                continue
            assert answer.status == 200, address
            found[address] = answer.text
            waiting += [link.replace("&amp;", "&") for link in LINK.findall(answer.text)]
        return found

    def is_here(self, address: str) -> bool:
        """Whether a page is of a group that this portal was given: the frame's menu leads to all of them."""
        path = address.partition("?")[0]
        return any(one.path_regex.match(path) for one in self.routes if not one.path.endswith(":path}"))

    async def pages(self, until: int) -> list[list[int]]:
        """The places in the log of the looks on the page that begins before each place."""
        histories = [
            await self.served.residents.history(self.served.person, before) for before in range(until)
        ]
        return [[one.index for one in history] for history in histories]


@pytest.fixture
async def portal(tmp_path: Path) -> AsyncIterator[Portal]:
    async with serving(tmp_path) as served:
        app = FastAPI()
        settings = PortalSettings(now=served.clock.now)
        groups = (
            partial(could_see.add_pages, policy=PolicyServices(served.way.parts)),
            asked_pages(served).for_residents(),
        )
        router = build_router(served.residents, groups, settings)
        app.include_router(router)
        routes = [one for one in router.routes if isinstance(one, Route)]
        about = About("Ada Example", None, None, "P9")
        cookie = await served.sessions.open("portal", served.person, about, None)
        yield Portal(served, app, routes, cookie)


async def a_life(served: Served) -> None:
    """What else stands in the person's history, more than a page of it; nothing of it held back."""
    await served.way.ask()
    await served.residents.allow(served.person, choice("tenancy", "contact"))
    await served.way.allow("lead", "safeguarding-enquiry")
    draft = Draft(Kind.DISCLOSURE, "disclosed", frozenset({COUNTY}), {}, recipient=COUNTY)
    for _ in range(HISTORY_PAGE):
        entry = seal_entry(draft, served.way.person.key)
        served.way.home.log.append(Append(only(None, entry)))
    await emergency(served)
    looked = (await enquiry(served, hold_back=None)).receipt.index
    answered, waiting = await ask_about(served, looked), await emergency(served)
    await reply(served, answered.index, "right")
    await ask_about(served, waiting.receipt.index)


async def held_looks(served: Served) -> None:
    """Two looks that are held back, and all that officers may decide about them short of telling the person."""
    first = (await enquiry(served)).receipt.index
    second = (await emergency(served, hold_back="danger-to-child")).receipt.index
    await decide(served, officer(COUNTY), "hold-back", first, "agree")
    await decide(served, officer(COUNTY), "look-again", first, "again", days=7)
    await decide(served, officer(COUNCIL), "break-glass", second, "right", words="In danger.")
    await decide(served, officer(HOSPITAL), "break-glass", second, "wrong", words="No danger.")
    reveals = asked_pages(served).reveals()
    for look, organisation in ((first, COUNTY), (second, COUNCIL)):
        await reveals.reveal(officer(organisation), look, "check", "To check it.")


def about(served: Served) -> dict[int, StoredEntry]:
    """All that the log holds about the person, by its place."""
    kinds, tag = [kind.value for kind in Kind], served.way.person.key.tag
    return {entry.index: entry for entry in served.officers.reader.of_tag(tag, kinds, None, 1_000)}


async def leaves_no_trace(portal: Portal, happens: Callable[[Served], Awaitable[None]] = held_looks) -> None:
    """The promise: nothing that the person can open tells what happened meanwhile."""
    served = portal.served
    await a_life(served)
    known, before = about(served), await portal.everything()
    size = max(known) + 1
    pages = await portal.pages(size + 20)
    assert len(before) > 4 * HISTORY_PAGE
    assert any(address.startswith("/portal/history?before=") for address in before)
    served.clock.advance(60)
    await happens(served)
    hidden = {index: entry for index, entry in about(served).items() if index not in known}
    assert hidden
    after = await portal.everything()
    assert after.keys() == before.keys()
    for address, page in after.items():
        if not PROVES.match(address):
            assert page == before[address], address
        for index, entry in hidden.items():
            assert to_base64(entry.leaf) not in page, address
            assert f"/portal/history/{index}" not in page, address
    # A page is as full as it was wherever it begins, so no gap and no number tells.
    assert await portal.pages(size + 20) == pages
    for index in hidden:
        place = f"/portal/history/{index}"
        for address in (
            place,
            f"{place}/receipt.txt",
            f"{place}/written-down.json",
            f"/portal/done/OT-{index}",
            f"/portal/questions/about/{index}",
        ):
            assert (await portal.get(address)).status == 404, address


async def test_promise_8_what_is_held_back_leaves_no_trace_in_the_portal(portal: Portal) -> None:
    await leaves_no_trace(portal)


async def test_promise_8_nor_does_it_when_nobody_agrees_and_its_day_has_passed(portal: Portal) -> None:
    async def nobody_decides(served: Served) -> None:
        await enquiry(served)
        await emergency(served, hold_back="danger-to-other")
        # As if the day had passed: turning the clock itself would end the person's session. The look stays as young as it
        # is, since an old hold moves the day up to which everybody's history is complete (docs/adr/0011).
        served.tamper("UPDATE held_entry SET look_again_ms = 1")
        served.tamper("UPDATE review_task SET opened_ms = 0, due_ms = 1")
        assert (await served.officers.waiting(officer(COUNTY))).overdue == 2

    await leaves_no_trace(portal, nobody_decides)


def told_decisions(detail: FromClause) -> ColumnElement[bool]:
    """Only the looks themselves are held back, not what officers decided about them."""
    held = HeldEntry.__table__  # type: ignore[attr-defined] # SQLModel gives it
    return ~exists().where(held.c.index == detail.c.index, held.c.released_ms.is_(None))


CARELESS = {
    "the questions": ("gateway.services.questions.is_told", every),
    "the history": ("gateway.services.looks.stands_in_history", every),
    "the proofs": ("gateway.services.proving.is_told", every),
    "the last look": ("gateway.services.portal.is_told", every),
    "the decisions": ("gateway.services.looks.stands_in_history", told_decisions),
    "the decisions' proofs": ("gateway.services.proving.is_told", told_decisions),
}


@pytest.mark.parametrize("part", CARELESS)
async def test_without_its_condition_in_each_statement_the_promise_breaks(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr(*CARELESS[part])
    with pytest.raises(AssertionError):
        await leaves_no_trace(portal)


async def test_promise_8_without_a_hold_the_person_is_told_at_once(portal: Portal) -> None:
    with pytest.raises(AssertionError):
        await leaves_no_trace(portal, told_at_once)
    served = portal.served
    newest = await served.residents.history(served.person, None)
    assert [one.what for one in newest[:3]] == ["checked", "emergency", "looked"]
    page = (await portal.get("/portal/history")).text
    assert "Somebody&#39;s life was in danger" in page
    assert "They say it was right." in page
    assert "Told you later" not in page


async def told_at_once(served: Served) -> None:
    await enquiry(served, hold_back=None)
    look = (await emergency(served)).receipt.index
    await decide(served, officer(PRACTICE), "break-glass", look, "right", words="In danger.")


async def test_promise_8_once_the_person_is_told_they_see_it_all_and_why_so_late(portal: Portal) -> None:
    served = portal.served
    await leaves_no_trace(portal)
    (task,) = await served.officers.tasks(officer(COUNTY))
    look = task.row.index
    await decide(served, officer(COUNTY), "look-again", look, "tell")
    newest = await served.residents.history(served.person, None)
    said = [one.about.said for one in newest if one.about]
    assert said == ["now", "revealed", "still-later", "later", "asked", "answered-right", "asked"]
    told = next(one for one in newest if one.index == look)
    assert told.told_later is not None
    page = (await portal.get(f"/portal/history?before={look + 1}")).text
    assert "We did not tell you before 23 November 2026 at 10:01am." in page
    assert "This is why: Telling you now could put you in danger." in page
    for one in newest:
        assert (await portal.get(f"/portal/history/{one.index}")).status == 200
    # The other one is held back as before.
    assert not [one for one in newest if one.what == "emergency" and one.told_later]


# Who may decide ---------------------------------------------------------------------------------------------------


async def somebody_else_decides(served: Served) -> None:
    """The promise: no hold and no emergency is judged by whoever looked."""
    held = (await enquiry(served)).receipt.index
    look = (await emergency(served)).receipt.index
    for organisation, kind, index, answer in (
        (COUNTY, "hold-back", held, "agree"),
        (COUNTY, "look-again", held, "tell"),
        (HOSPITAL, "break-glass", look, "right"),
    ):
        with pytest.raises(NotDecided):
            await decide(served, officer(organisation, LOOKED), kind, index, answer, words="I was right.")  # type: ignore[arg-type] # of the tuple
    assert len(await served.officers.tasks(officer(COUNTY))) == 2
    assert len(await served.officers.tasks(officer(HOSPITAL))) == 1


async def test_promise_8_nobody_judges_their_own_look(portal: Portal) -> None:
    await somebody_else_decides(portal.served)


async def test_without_knowing_who_looked_the_promise_breaks(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = ReviewDesk._reviewed

    def by_nobody(self: ReviewDesk, entry: StoredEntry) -> Reviewed | None:
        found = inner(self, entry)
        return None if found is None else replace(found, practitioner=None)

    monkeypatch.setattr(ReviewDesk, "_reviewed", by_nobody)
    with pytest.raises(pytest.fail.Exception):
        await somebody_else_decides(portal.served)


async def each_organisation_decides_its_own(served: Served) -> None:
    """The promise: one side's officers judge for their own side alone."""
    look = (await emergency(served)).receipt.index
    await decide(served, officer(COUNCIL), "break-glass", look, "right", words="In danger.")
    assert [one.row.index for one in await served.officers.tasks(officer(HOSPITAL))] == [look]
    for stranger in (COUNTY, "age-well-norfolk"):
        assert await served.officers.review(officer(stranger), "break-glass", look) is None


async def test_promise_8_officers_of_both_sides_judge_each_for_their_own(portal: Portal) -> None:
    await each_organisation_decides_its_own(portal.served)


async def test_without_the_organisation_in_the_task_the_promise_breaks(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def the_askers(self: Reviews, index: int, kind: str, _organisation: str) -> StoredTask | None:
        tasks = self.tasks([index]).get(index, ())
        return next((one for one in tasks if (one.kind, one.organisation) == (kind, HOSPITAL)), None)

    monkeypatch.setattr(Reviews, "task", the_askers)
    with pytest.raises(AssertionError):
        await each_organisation_decides_its_own(portal.served)


async def a_review_is_decided_once(served: Served) -> None:
    """The promise: whoever saw it open decides nothing once it is closed."""
    look = (await emergency(served)).receipt.index
    seen = served.officers.reviews.task(look, "break-glass", COUNCIL)
    assert seen is not None
    await decide(served, officer(COUNCIL), "break-glass", look, "right", words="In danger.")
    late = replace(served.officers, reviews=AsItWas(served.way.home.database, seen))
    with pytest.raises(NotDecided):
        await decide(
            replace(served, officers=late), officer(COUNCIL), "break-glass", look, "wrong", words="No."
        )


class AsItWas(Reviews):
    """What the second of two officers at once has read: the task as it was before the first one decided."""

    def __init__(self, database: object, seen: StoredTask) -> None:
        super().__init__(database)  # type: ignore[arg-type] # the walk's own
        self.seen = seen

    def task(self, index: int, kind: str, organisation: str) -> StoredTask | None:
        return self.seen


async def test_promise_8_of_two_officers_at_once_one_decides(portal: Portal) -> None:
    await a_review_is_decided_once(portal.served)


async def test_without_the_guard_in_the_update_the_promise_breaks(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def whatever_it_is(task: StoredTask) -> Update:
        return update(ReviewTask).where(
            ReviewTask.index == task.index,  # type: ignore[arg-type] # columns, at run time
            ReviewTask.kind == task.kind,  # type: ignore[arg-type]
            ReviewTask.organisation == task.organisation,  # type: ignore[arg-type]
        )

    monkeypatch.setattr(store, "_as_seen", whatever_it_is)
    with pytest.raises(pytest.fail.Exception):
        await a_review_is_decided_once(portal.served)
