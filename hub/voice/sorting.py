"""Reading one thing that was said, and sorting it: onto the list in the team's own words, or aside. The staff's check."""

from __future__ import annotations

from collections.abc import Callable
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
from hub.voice.saying import WORDS_LENGTH
from hub.voice.tables import Heard
from hub.voice.team_pages import ROOM, TEAM, signature
from hub.voice.vocabulary import ABOUTS, ASIDES, CHANNELS, THEMES, TOO_LATE

YOU_SAID_LENGTH: Final = 300
_TOO_LATE_TITLE: Final = "Its words ended before anybody had read them"

Work = Callable[[Session, Heard, Form], Faults]
"""Changes what was heard as a form says, or gives what must be done first."""


@dataclass(frozen=True, slots=True)
class Sorting:
    """The page of one thing that was said."""

    parts: Parts

    async def show(
        self, request: Request, entered: Entered, name: str, form: Form, faults: Faults
    ) -> Response:
        """The page, with what was typed."""
        titles = owners(self.parts.partners)

        def work(session: Session) -> dict[str, object]:
            one = heard.found(session, name)
            item = None if one.item is None else listing.item_found(session, one.item)
            known = {other.id: other.you_said for other in listing.items(session)}
            typed = prose(form, "words") if "words" in dict(form.fields) else one.words or ""
            return {
                "heard": one,
                "about": ABOUTS.get(one.about, one.about),
                "channel": CHANNELS.get(one.channel, one.channel),
                "item": item,
                "aside": _TOO_LATE_TITLE if one.aside == TOO_LATE else ASIDES.get(one.aside or ""),
                "known": options(known, form.one("item") or one.item or ""),
                "any_known": bool(known),
                "themes": options(THEMES, form.one("theme")),
                "you_said": prose(form, "you_said"),
                "owners": options(titles, form.one("owner")),
                "reasons": radios(ASIDES, form.one("reason") or one.aside or ""),
                "typed_words": typed,
            }

        found = await self.parts.database.read(work)
        return self.parts.pages.page(
            request,
            "voice/heard.html",
            viewer=entered.viewer,
            status=400 if faults else 200,
            back=ROOM,
            errors=faults.listed or None,
            faults=faults,
            here_address=f"{ROOM}/heard/{name}",
            most=YOU_SAID_LENGTH,
            more=found,
        )

    async def change(self, request: Request, name: str, work: Callable[[Entered], Work]) -> Response:
        """Do as the posted form says, in one transaction; the page again where something must be done first."""
        entered, form = await self.parts.doors.posted(request, TEAM)
        doing = work(entered)
        faults = await self.parts.database.write(
            lambda session: doing(session, heard.found(session, name), form)
        )
        if faults:
            return await self.show(request, entered, name, form, faults)
        return self.parts.pages.go(f"{ROOM}/heard/{name}")

    def as_new(self, entered: Entered) -> Work:
        """Put it on the list as a new thing, in the team's own words."""
        titles, today = owners(self.parts.partners), london_day(self.parts.clock.now())

        def work(session: Session, one: Heard, form: Form) -> Faults:
            entry = Entry(
                form.one("theme"), one.about, prose(form, "you_said"), "heard", form.one("owner"), "", False
            )
            said = () if one.words is None else (one.words,)
            faults = entry_faults(entry, said, titles)
            if not faults:
                item = listing.new_item(session, entry, today, signature(entered))
                heard.put_on_list(one, item.id)
            return Faults(faults)

        return work


def build_router(parts: Parts) -> APIRouter:
    """`/voice/team/heard/<id>` and its four forms."""
    router, sorting = PageRouter(parts.pages, f"{ROOM}/heard/{{name}}"), Sorting(parts)

    @router.page("")
    async def read(request: Request, name: str) -> Response:
        entered = parts.doors.enter(request, TEAM)
        return await sorting.show(request, entered, name, Form(), Faults({}))

    @router.posted("/new")
    async def new(request: Request, name: str) -> Response:
        return await sorting.change(request, name, sorting.as_new)

    @router.posted("/join")
    async def join(request: Request, name: str) -> Response:
        return await sorting.change(request, name, lambda _: _join)

    @router.posted("/aside")
    async def aside(request: Request, name: str) -> Response:
        return await sorting.change(request, name, lambda _: _aside)

    @router.posted("/words")
    async def words(request: Request, name: str) -> Response:
        return await sorting.change(request, name, lambda _: _words)

    return router


def entry_faults(entry: Entry, said: tuple[str, ...], titles: dict[str, str]) -> dict[str, str]:
    """What must be done before a thing can stand on the list. said: the words at rest that it is about."""
    faults: dict[str, str] = {}
    if entry.theme not in THEMES:
        faults["theme"] = "Choose a theme"
    fault = prose_fault(entry.you_said, YOU_SAID_LENGTH, "Write in your own words what they said")
    fault = fault or fault_of(entry.you_said, said)
    if fault is not None:
        faults["you_said"] = fault
    if entry.owner not in titles:
        faults["owner"] = "Choose who answers"
    return faults


def _join(session: Session, one: Heard, form: Form) -> Faults:
    chosen = form.one("item")
    if chosen not in {item.id for item in listing.items(session)}:
        return Faults({"item": "Choose a thing from the list"})
    heard.put_on_list(one, chosen)
    return Faults({})


def _aside(session: Session, one: Heard, form: Form) -> Faults:
    reason = form.one("reason")
    if reason not in ASIDES:
        return Faults({"reason": "Choose why it is not for the list"})
    heard.set_aside(one, reason)
    return Faults({})


def _words(session: Session, one: Heard, form: Form) -> Faults:
    if one.words is None:
        return Faults({"words": "These words were deleted already"})
    words = prose(form, "words")
    if not words and one.state == "new":
        return Faults({"words": "Put it on the list or aside first. Then the words can be deleted"})
    fault = prose_fault(words, WORDS_LENGTH, "") if words else None
    if fault:
        return Faults({"words": fault})
    heard.replace_words(one, words)
    return Faults({})
