"""The people of an item, each for themselves: found by a handle of one's own organisation, looked at one at a time.

A family is several people. One person's yes opens nothing of another's: each look names one person, and the gateway answers
by what that very person allowed. Nothing of a look is kept; a reload asks anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from fastapi import APIRouter, Request, Response

from hub.doors import Entered
from hub.errors import NotHereError
from hub.front_door import items
from hub.front_door.list_pages import ROOM, signature
from hub.front_door.reading import Reading, day_items, sought_in
from hub.front_door.tables import Person
from hub.front_door.vocabulary import PURPOSE, TEAM, WHO_HELPS
from hub.gateway import GatewayAwayError, GatewayRefusedError, TokenNotGoodError
from hub.gateway_answers import Demographics
from hub.looking import Look
from hub.pages.forms import Faults, Form
from hub.pages.routing import PageRouter
from hub.parts import Parts
from hub.showing import shown

CALLED: Final = 100
REASON: Final = 200
USUAL_REASON: Final = "To find the right help after a concern reached the help hub"
LOOKED_AT: Final = frozenset({WHO_HELPS})
SOUGHT: Final = ("nhs_number", "given_name", "family_name", "postcode")
AWAY: Final = Faults(
    {"nhs_number": "The gateway does not answer right now. Nothing was lost: try again in a few minutes"}
)


def sought_values(form: Form, faults: Faults) -> dict[str, object]:
    """The variables of `front_door/sought-fields.html`."""
    return {
        "typed": {name: form.one(name) for name in (*SOUGHT, "called", "reason")},
        "born": day_items(form, "birth_date", faults.at("birth_date-day") is not None),
    }


async def look(parts: Parts, entered: Entered, handle: str, reason: str) -> Look:
    """Who helps the person already, as far as they and the agreement let it be seen. Asked live, kept nowhere."""
    token = entered.session.token
    try:
        view = await parts.gateway.view(token, handle, PURPOSE, reason, LOOKED_AT)
        schemas = {one.section: one.document for one in await parts.gateway.sections()}
    except GatewayAwayError:
        return Look("away")
    except TokenNotGoodError:
        return Look("sign-in")
    except GatewayRefusedError as error:
        # The same whoever the person is: it is about the practitioner's role, or the agreement.
        return Look("refused", told=error.detail)
    return Look("shown", shown(view, schemas, parts.partners.title))


@dataclass(frozen=True, slots=True)
class PeoplePages:
    """The handlers about the people of an item."""

    parts: Parts

    def _seek_page(
        self, request: Request, entered: Entered, name: str, person: Person | None, form: Form, faults: Faults
    ) -> Response:
        return self.parts.pages.page(
            request,
            "front_door/seek.html",
            viewer=entered.viewer,
            status=400 if faults else 200,
            errors=faults.listed or None,
            back=f"{ROOM}/items/{name}",
            person=person,
            faults=faults,
            more=sought_values(form, faults),
        )

    async def _handle_by(
        self, entered: Entered, reading: Reading, sought: str | Demographics | None
    ) -> str | None:
        """The organisation's handle; None, with a fault, where that did not work."""
        if reading.faults or sought is None:
            return None
        try:
            return await self.parts.gateway.trace(entered.session.token, sought)
        except GatewayAwayError:
            reading.faults.update(AWAY.by_field)
        except GatewayRefusedError as error:
            reading.faults["nhs_number"] = (
                error.detail or "The gateway does not take this. Check what you wrote"
            )
        return None

    async def _agreed(self, name: str) -> None:
        """Raise `NotHereError` while whom it is about did not say yes: nobody is sought behind their back."""
        item = await self.parts.database.read(partial(items.item_of, name=name))
        if item.agreed != "yes":
            raise NotHereError("not agreed")

    async def _person_in(self, name: str, person: str) -> Person:
        return await self.parts.database.read(partial(items.person_of, name=name, person=person))

    async def new(self, request: Request, name: str) -> Response:
        """GET /{name}/people/new."""
        entered = self.parts.doors.enter(request, TEAM)
        await self._agreed(name)
        return self._seek_page(request, entered, name, None, Form(), Faults({}))

    async def add(self, request: Request, name: str) -> Response:
        """POST /{name}/people/new."""
        entered, form = await self.parts.doors.posted(request, TEAM)
        await self._agreed(name)
        reading = Reading(form)
        called = reading.line("called", CALLED, "Write what you call this person, for example Mum")
        handle = await self._handle_by(entered, reading, sought_in(reading))
        if handle is None:
            return self._seek_page(request, entered, name, None, form, reading.found)
        keep = partial(
            items.add_person,
            name=name,
            called=called,
            organisation=entered.who.organisation,
            handle=handle,
            now=self.parts.clock.now(),
            by=signature(self.parts, entered),
        )
        await self.parts.database.write(keep)
        return self.parts.pages.go(f"{ROOM}/items/{name}#people")

    async def find(self, request: Request, name: str, person: str) -> Response:
        """GET /{name}/people/{person}/find."""
        entered = self.parts.doors.enter(request, TEAM)
        return self._seek_page(
            request, entered, name, await self._person_in(name, person), Form(), Faults({})
        )

    async def found(self, request: Request, name: str, person: str) -> Response:
        """POST /{name}/people/{person}/find."""
        entered, form = await self.parts.doors.posted(request, TEAM)
        known, reading = await self._person_in(name, person), Reading(form)
        handle = await self._handle_by(entered, reading, sought_in(reading))
        if handle is None:
            return self._seek_page(request, entered, name, known, form, reading.found)
        organisation = entered.who.organisation
        await self.parts.database.write(
            lambda session: items.know_person(session, name, person, organisation, handle)
        )
        return self.parts.pages.go(f"{ROOM}/items/{name}#people")

    async def _look_page(
        self, request: Request, entered: Entered, name: str, person: str, form: Form, faults: Faults
    ) -> Response:
        known = await self._person_in(name, person)
        return self.parts.pages.page(
            request,
            "front_door/look.html",
            viewer=entered.viewer,
            status=400 if faults else 200,
            errors=faults.listed or None,
            back=f"{ROOM}/items/{name}",
            person=known,
            look=None,
            reason=form.one("reason") or USUAL_REASON,
            faults=faults,
        )

    async def ask(self, request: Request, name: str, person: str) -> Response:
        """GET /{name}/people/{person}/look."""
        entered = self.parts.doors.enter(request, TEAM)
        return await self._look_page(request, entered, name, person, Form(), Faults({}))

    async def see(self, request: Request, name: str, person: str) -> Response:
        """POST /{name}/people/{person}/look."""
        entered, form = await self.parts.doors.posted(request, TEAM)
        reading = Reading(form)
        reason = reading.line("reason", REASON, "Write why you look. The person can read it")
        if reading.faults:
            return await self._look_page(request, entered, name, person, form, reading.found)
        whole = await self.parts.database.read(partial(items.whole, name=name, feature=TEAM))
        known = await self._person_in(name, person)
        handle = whole.handles.get((person, entered.who.organisation))
        answer = Look("unknown") if handle is None else await look(self.parts, entered, handle, reason)
        return self.parts.pages.page(
            request,
            "front_door/look.html",
            viewer=entered.viewer,
            back=f"{ROOM}/items/{name}",
            person=known,
            look=answer,
            parts=() if answer.shown is None else answer.shown.only(LOOKED_AT),
            reason=reason,
            faults=Faults({}),
        )


def build_router(parts: Parts) -> APIRouter:
    """`/front-door/items/<id>/people...`."""
    router, shown = PageRouter(parts.pages, f"{ROOM}/items"), PeoplePages(parts)
    for method, address, handler in (
        ("GET", "/{name}/people/new", shown.new),
        ("POST", "/{name}/people/new", shown.add),
        ("GET", "/{name}/people/{person}/find", shown.find),
        ("POST", "/{name}/people/{person}/find", shown.found),
        ("GET", "/{name}/people/{person}/look", shown.ask),
        ("POST", "/{name}/people/{person}/look", shown.see),
    ):
        router.add(method, address, handler)
    return router
