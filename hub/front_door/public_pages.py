"""/concern: for anybody's concern. No sign-in, no script; what was typed stays on the page until it is safely kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from hub.errors import NotHereError
from hub.front_door import items
from hub.front_door.concern_form import shown_form
from hub.front_door.concerns import read_concern
from hub.front_door.limits import HourlyLimit
from hub.front_door.settings import FrontDoorSettings
from hub.pages.forms import Faults, Form, read_form
from hub.pages.routing import PageRouter
from hub.parts import Parts

ROOM: Final = "/concern"
_REFERENCE: Final = re.compile(r"[2-9A-Z]{6}", re.ASCII)

log = structlog.get_logger("hub.front-door")


@dataclass(frozen=True, slots=True)
class PublicPages:
    """What these pages use. saying: the limit of this process."""

    parts: Parts
    settings: FrontDoorSettings
    saying: HourlyLimit

    def form(
        self, request: Request, form: Form, faults: Faults, *, status: int = 200, closed: str = ""
    ) -> Response:
        """The form with what was typed. closed: why it cannot be taken now: full, broken."""
        return self.parts.pages.page(
            request,
            "front_door/concern.html",
            status=status,
            errors=faults.listed or None,
            closed=closed,
            settings=self.settings,
            more=shown_form(form, faults),
        )

    async def send(self, request: Request) -> Response:
        """A concern comes."""
        parts = self.parts
        parts.doors.same_origin(request)
        form, now = await read_form(request), parts.clock.now()
        concern = read_concern(form)
        if isinstance(concern, Faults):
            return self.form(request, form, concern, status=400)
        if not self.saying.take(now):
            return self.form(request, form, Faults({}), status=429, closed="full")
        keep = partial(items.add, concern=concern, channel="web", organisation=None, now=now)
        try:
            item = await parts.database.write(keep)
        except SQLAlchemyError as error:
            # Its text would quote what was said.
            log.error("concern-not-kept", error=type(error).__name__)
            return self.form(request, form, Faults({}), status=503, closed="broken")
        return parts.pages.go(f"{ROOM}/thanks/{item.reference}")


def build_router(parts: Parts, settings: FrontDoorSettings) -> APIRouter:
    """`/concern`, `/concern/thanks/<reference>`, `/concern/leave`."""
    router = PageRouter(parts.pages, ROOM)
    public = PublicPages(parts, settings, HourlyLimit(settings.per_hour))

    @router.page("")
    async def concern(request: Request) -> Response:
        return public.form(request, Form(), Faults({}))

    @router.posted("")
    async def sent(request: Request) -> Response:
        return await public.send(request)

    @router.page("/thanks/{reference}")
    async def thanks(request: Request, reference: str) -> Response:
        if not _REFERENCE.fullmatch(reference):
            raise NotHereError("thanks")
        return parts.pages.page(request, "front_door/thanks.html", reference=reference, settings=settings)

    @router.page("/leave")
    async def leave(request: Request) -> Response:
        return parts.pages.go(settings.leave_to)

    return router
