"""Changing one thing on the list: its words, owner, status and answer, and whether everybody sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from hub.doors import Entered
from hub.pages.forms import Faults, Form
from hub.pages.routing import PageRouter
from hub.pages.words import london_day
from hub.parts import Parts
from hub.voice import heard, listing
from hub.voice.choosing import options, owners, prose, prose_fault, radios
from hub.voice.guarding import fault_of
from hub.voice.listing import Entry
from hub.voice.sorting import YOU_SAID_LENGTH, entry_faults
from hub.voice.tables import Item
from hub.voice.team_pages import ROOM, TEAM, signature
from hub.voice.vocabulary import ANSWERED, CHANNELS, STATUSES, THEMES

ANSWER_LENGTH: Final = 1000
SHOWN_TO: Final[Mapping[str, str]] = {"team": "Only the team", "all": "Everybody"}


@dataclass(frozen=True, slots=True)
class ItemPages:
    """The page of one thing on the list."""

    parts: Parts

    async def show(
        self, request: Request, entered: Entered, name: str, form: Form | None, faults: Faults
    ) -> Response:
        """The page, with what was typed, or else with what is kept."""
        titles = owners(self.parts.partners)

        def work(session: Session) -> dict[str, object]:
            item = listing.item_found(session, name)
            typed = _kept(item) if form is None else read_entry(form, item)
            return {
                "item": item,
                "typed": typed,
                "themes": options(THEMES, typed.theme),
                "statuses": radios(STATUSES, typed.status),
                "owners": options(titles, typed.owner),
                "shown_to": radios(SHOWN_TO, "all" if typed.public else "team"),
                "moves": [
                    {"words": STATUSES.get(move.status, move.status), "on": move.on, "by": move.by}
                    for move in listing.moves(session, name)
                ],
                "said": [
                    {
                        "href": f"{ROOM}/heard/{one.id}",
                        "said_on": one.said_on,
                        "channel": CHANNELS.get(one.channel, one.channel),
                        "people": one.people,
                    }
                    for one in heard.of_item(session, name)
                ],
            }

        return self.parts.pages.page(
            request,
            "voice/item.html",
            viewer=entered.viewer,
            status=400 if faults else 200,
            back=ROOM,
            errors=faults.listed or None,
            faults=faults,
            most=YOU_SAID_LENGTH,
            most_answer=ANSWER_LENGTH,
            more=await self.parts.database.read(work),
        )

    async def save(self, request: Request, name: str) -> Response:
        """Have the thing say what the form says."""
        entered, form = await self.parts.doors.posted(request, TEAM)
        titles, today = owners(self.parts.partners), london_day(self.parts.clock.now())

        def work(session: Session) -> dict[str, str]:
            item = listing.item_found(session, name)
            entry = read_entry(form, item)
            said = heard.words_of_item(session, name)
            faults = entry_faults(entry, said, titles) | answer_faults(
                entry, said, checked=form.one("checked") == "yes"
            )
            if not faults:
                listing.change(session, item, entry, today, signature(entered))
            return faults

        faults = await self.parts.database.write(work)
        if faults:
            return await self.show(request, entered, name, form, Faults(faults))
        return self.parts.pages.go(ROOM)


def build_router(parts: Parts) -> APIRouter:
    """`/voice/team/items/<id>`."""
    router, pages = PageRouter(parts.pages, f"{ROOM}/items/{{name}}"), ItemPages(parts)

    @router.page("")
    async def item(request: Request, name: str) -> Response:
        return await pages.show(request, parts.doors.enter(request, TEAM), name, None, Faults({}))

    @router.posted("")
    async def save(request: Request, name: str) -> Response:
        return await pages.save(request, name)

    return router


def read_entry(form: Form, item: Item) -> Entry:
    """What the form says of a thing."""
    return Entry(
        form.one("theme"),
        item.about,
        prose(form, "you_said"),
        form.one("status"),
        form.one("owner"),
        prose(form, "answer"),
        form.one("shown_to") == "all",
    )


def answer_faults(entry: Entry, said: tuple[str, ...], *, checked: bool) -> dict[str, str]:
    """What must be done about status, answer and check. said: the words at rest that the thing is about."""
    faults: dict[str, str] = {}
    if entry.status not in STATUSES:
        faults["status"] = "Choose how far it is"
    if entry.status in ANSWERED or entry.answer:
        missing = "Write what was done" if entry.status == "done" else "Write why we cannot do it"
        fault = prose_fault(entry.answer, ANSWER_LENGTH, missing) or fault_of(entry.answer, said)
        if fault is not None:
            faults["answer"] = fault
    if entry.public and not checked:
        faults["checked"] = "Check that nobody can be known by these words, and say that you did"
    return faults


def _kept(item: Item) -> Entry:
    return Entry(item.theme, item.about, item.you_said, item.status, item.owner, item.answer, item.public)
