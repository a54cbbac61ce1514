"""The pages for everybody, without sign-in and without JavaScript: say something, see the answer, you said we did.

These handlers read no cookie and no header but the two by which a browser tells where a form came from, and write nothing
of a request anywhere but what was typed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from fastapi import APIRouter, Request, Response

from hub.csvw import CSV_TYPE, METADATA_TYPE, headers_of, metadata_of
from hub.pages.forms import Faults, Form, read_form
from hub.pages.routing import PageRouter
from hub.pages.words import london_day
from hub.parts import Parts
from hub.voice import heard, listing
from hub.voice.choosing import owner_title, owners, prose, radios
from hub.voice.codes import new_code, read_code
from hub.voice.heard import CodeAnswer, Keeping
from hub.voice.limits import HourlyLimit
from hub.voice.saying import TRAP, WORDS_LENGTH, read_public
from hub.voice.settings import VoiceSettings
from hub.voice.vocabulary import ABOUTS, STATUSES
from hub.voice.you_said import FILE, Theme, as_csv, described, public_list

ROOM = "/voice"


@dataclass(frozen=True, slots=True)
class PublicPages:
    """What the public pages need. saying, looking: the limits of this process."""

    parts: Parts
    settings: VoiceSettings
    saying: HourlyLimit
    looking: HourlyLimit

    def form(
        self, request: Request, form: Form, faults: Faults, *, status: int = 200, closed: bool = False
    ) -> Response:
        """The form, with what was typed. closed: too much came in this hour, or waits to be read."""
        return self.parts.pages.page(
            request,
            "voice/say.html",
            status=status,
            errors=faults.listed or None,
            faults=faults,
            closed=closed,
            settings=self.settings,
            abouts=radios(ABOUTS, form.one("about")),
            words=prose(form, "words"),
            wants_answer=form.one("answer") == "yes",
            code=read_code(form.one("code")) or new_code(),
            trap=TRAP,
            trapped=form.one(TRAP),
            most=WORDS_LENGTH,
        )

    async def say(self, request: Request) -> Response:
        """Something is said."""
        parts = self.parts
        parts.doors.same_origin(request)
        form, now = await read_form(request), parts.clock.now()
        said, faults = read_public(form, now)
        if said is None:
            return self.form(request, form, faults, status=400)
        if not self.saying.take(now):
            return self.form(request, form, faults, status=429, closed=True)
        keep = partial(heard.keep, today=london_day(now), settings=self.settings)
        kept = await parts.database.write(partial(keep, said=said))
        if kept is Keeping.TAKEN:
            # The same page was used for something else before: by the browser's way back, say.
            said = replace(said, code=new_code())
            kept = await parts.database.write(partial(keep, said=said))
        if kept is Keeping.FULL:
            return self.form(request, form, faults, status=503, closed=True)
        if said.code is None:
            return parts.pages.go(f"{ROOM}/thanks")
        # Shown here and not behind an address, which a browser and others on the way would remember.
        return parts.pages.page(request, "voice/thanks.html", code=said.code, settings=self.settings)

    async def answer(self, request: Request) -> Response:
        """What a code opens."""
        parts = self.parts
        parts.doors.same_origin(request)
        form = await read_form(request)
        typed = form.one("code")
        code = read_code(typed)
        show = partial(parts.pages.page, request, "voice/answer.html", typed=typed, settings=self.settings)
        if code is None:
            faults = Faults({"code": "Write the code as it is on your paper: 12 letters and numbers"})
            return show(status=400, errors=faults.listed, faults=faults, answer=None, asked=False)
        if not self.looking.take(parts.clock.now()):
            faults = Faults({"code": "Too many people are looking right now. Try again in an hour"})
            return show(status=429, errors=faults.listed, faults=faults, answer=None, asked=False)
        found = await parts.database.read(partial(heard.answer_of, code=code))
        return show(faults=Faults({}), answer=self._shown(found), asked=True)

    def _shown(self, found: CodeAnswer | None) -> dict[str, str] | None:
        if found is None:
            return None
        return {
            "state": found.state,
            "status": STATUSES.get(found.status, found.status),
            "answer": found.answer,
            "owner": owner_title(self.parts.partners, found.owner) if found.owner else "",
        }

    async def public_list(self) -> tuple[Theme, ...]:
        """The list as everybody reads it."""
        titles = owners(self.parts.partners)
        return await self.parts.database.read(
            lambda session: public_list(
                listing.items(session, public_only=True), listing.people_by_item(session), titles
            )
        )


def build_router(parts: Parts, settings: VoiceSettings) -> APIRouter:
    """`/voice`, `/voice/thanks`, `/voice/answer`, `/voice/paper`, `/voice/you-said` with its files, `/voice/leave`."""
    router, pages = PageRouter(parts.pages, ROOM), parts.pages
    public = PublicPages(
        parts, settings, HourlyLimit(settings.per_hour), HourlyLimit(settings.looks_per_hour)
    )

    @router.page("")
    async def say(request: Request) -> Response:
        return public.form(request, Form(), Faults({}))

    @router.posted("")
    async def said(request: Request) -> Response:
        return await public.say(request)

    @router.page("/thanks")
    async def thanks(request: Request) -> Response:
        return pages.page(request, "voice/thanks.html", code=None, settings=settings)

    @router.page("/answer")
    async def ask(request: Request) -> Response:
        return pages.page(
            request,
            "voice/answer.html",
            typed="",
            faults=Faults({}),
            answer=None,
            asked=False,
            settings=settings,
        )

    @router.posted("/answer")
    async def answer(request: Request) -> Response:
        return await public.answer(request)

    @router.page("/paper")
    async def paper(request: Request) -> Response:
        return pages.page(
            request, "voice/paper.html", abouts=ABOUTS.values(), code=new_code(), settings=settings
        )

    @router.page("/you-said")
    async def you_said(request: Request) -> Response:
        return pages.page(request, "voice/you-said.html", themes=await public.public_list())

    @router.page("/leave")
    async def leave(request: Request) -> Response:
        return pages.go(settings.leave_to)

    _add_files(router, public)
    return router


def _add_files(router: PageRouter, public: PublicPages) -> None:
    """`/voice/you-said.csv`, `/voice/you-said.csv-metadata.json`."""

    @router.page("/you-said.csv")
    async def you_said_csv(request: Request) -> Response:
        headers = headers_of("you-said-we-did.csv", f"{FILE}.csv-metadata.json")
        return Response(as_csv(await public.public_list()), 200, headers, media_type=CSV_TYPE)

    @router.page("/you-said.csv-metadata.json")
    async def you_said_means(request: Request) -> Response:
        content = metadata_of(described(await public.public_list()))
        headers = headers_of(f"{FILE}.csv-metadata.json")
        return Response(content, 200, headers, media_type=METADATA_TYPE)
