"""The team's own pages: what is to be read, the list, and writing down what was said by phone or on paper."""

from __future__ import annotations

from functools import partial
from textwrap import shorten
from typing import Final

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from hub.doors import Entered
from hub.pages.forms import Faults, Form
from hub.pages.routing import PageRouter
from hub.pages.words import london_day
from hub.parts import Parts
from hub.voice import heard, listing
from hub.voice.choosing import owner_title, prose, radios
from hub.voice.heard import Keeping
from hub.voice.saying import ANSWERS, HOURS, WORDS_LENGTH, WRITTEN_DOWN, read_written_down
from hub.voice.settings import VoiceSettings
from hub.voice.vocabulary import ABOUTS, CHANNELS, STATUSES, theme_title

TEAM: Final = "voice"
ROOM: Final = "/voice/team"
SOON_DAYS: Final = 14
"""So many days before its words end, what nobody has read yet is marked."""


def signature(entered: Entered) -> str:
    """How the team knows later who wrote something down: "Joy Alder, social prescriber, Age Well Norfolk"."""
    return f"{entered.who.name}, {entered.viewer.what}"


def build_router(parts: Parts, settings: VoiceSettings) -> APIRouter:
    """`/voice/team`, `/voice/team/write-down`, `/voice/team/written`."""
    router, pages = PageRouter(parts.pages, ROOM), parts.pages

    @router.page("")
    async def team(request: Request) -> Response:
        entered = parts.doors.enter(request, TEAM)
        today = london_day(parts.clock.now())

        def work(session: Session) -> dict[str, object]:
            people = listing.people_by_item(session)
            unread = [
                {
                    "href": f"{ROOM}/heard/{one.id}",
                    "words": shorten(one.words or "The words were deleted", 90, placeholder=" ..."),
                    "about": ABOUTS.get(one.about, one.about),
                    "channel": CHANNELS.get(one.channel, one.channel),
                    "said_on": one.said_on,
                    "words_end": one.words_end,
                    "soon": (one.words_end - today).days <= SOON_DAYS,
                }
                for one in heard.unread(session)
            ]
            items = [
                {
                    "href": f"{ROOM}/items/{one.id}",
                    "you_said": one.you_said,
                    "theme": theme_title(one.theme),
                    "status": one.status,
                    "status_words": STATUSES.get(one.status, one.status),
                    "owner": owner_title(parts.partners, one.owner),
                    "people": people.get(one.id, 0),
                    "public": one.public,
                }
                for one in listing.items(session)
            ]
            return {"unread": unread, "items": items}

        found = await parts.database.read(work)
        return pages.page(request, "voice/team.html", viewer=entered.viewer, more=found)

    @router.page("/write-down")
    async def blank(request: Request) -> Response:
        entered = parts.doors.enter(request, TEAM)
        today = london_day(parts.clock.now())
        form = Form(
            (("said-day", str(today.day)), ("said-month", str(today.month)), ("said-year", str(today.year)))
        )
        return _write_down(parts, settings, request, entered, form, Faults({}))

    @router.posted("/write-down")
    async def write_down(request: Request) -> Response:
        entered, form = await parts.doors.posted(request, TEAM)
        today = london_day(parts.clock.now())
        said, faults = read_written_down(form, today)
        if said is None:
            return _write_down(parts, settings, request, entered, form, faults)
        keep = partial(heard.keep, said=said, today=today, settings=settings, taken_by=signature(entered))
        kept = await parts.database.write(keep)
        if kept is Keeping.TAKEN:
            faults = Faults(
                {"code": "This code stands for something else already. Look if you copied it right"}
            )
            return _write_down(parts, settings, request, entered, form, faults)
        if kept is Keeping.FULL:
            faults = Faults(
                {"words": "Too much waits to be read. Read some of it first, and keep this page open"}
            )
            return _write_down(parts, settings, request, entered, form, faults)
        if form.one("answer") != "new":
            return pages.go(f"{ROOM}/written")
        return pages.page(
            request, "voice/written.html", viewer=entered.viewer, code=said.code, settings=settings
        )

    @router.page("/written")
    async def written(request: Request) -> Response:
        entered = parts.doors.enter(request, TEAM)
        return pages.page(request, "voice/written.html", viewer=entered.viewer, code=None, settings=settings)

    return router


def _write_down(
    parts: Parts, settings: VoiceSettings, request: Request, entered: Entered, form: Form, faults: Faults
) -> Response:
    return parts.pages.page(
        request,
        "voice/write-down.html",
        viewer=entered.viewer,
        status=400 if faults else 200,
        back=ROOM,
        errors=faults.listed or None,
        faults=faults,
        channels=radios(WRITTEN_DOWN, form.one("channel")),
        people=form.one("people"),
        said={part: form.one(f"said-{part}") for part in ("day", "month", "year")},
        hours=radios(HOURS, form.one("hours")),
        abouts=radios(ABOUTS, form.one("about")),
        words=prose(form, "words"),
        answers=radios(ANSWERS, form.one("answer")),
        code=form.one("code"),
        most=WORDS_LENGTH,
        settings=settings,
    )
