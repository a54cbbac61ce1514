"""Finding the service that fits, by the directory, and going there: by a referral, or with its own contact details.

A referral is offered where the gateway will take it, for what it will take it; otherwise the page says why not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from hub import outbox
from hub.accepting import NOBODY_KNOWS, Accepting, accepting
from hub.doors import Entered
from hub.errors import NotHereError
from hub.front_door import items
from hub.front_door.items import Whole
from hub.front_door.list_pages import ROOM, signature
from hub.front_door.reading import Reading, day_items, entry_of, prose, radios
from hub.front_door.routing import (
    CONTACT,
    NOBODY,
    OTHERS,
    SHARING,
    body_of,
    likely_route,
    read_route,
    routes,
)
from hub.front_door.vocabulary import HOW_AGREED, REFERRAL_TO_READ, ROUTE_ORDER, SOON, TEAM, THEMES
from hub.gateway import GatewayAwayError, GatewayRefusedError
from hub.gateway_answers import Service, ServicePage
from hub.pages.forms import Faults, Form
from hub.pages.routing import PageRouter
from hub.pages.words import london_day
from hub.parts import Parts

SEEN_MOST: Final = 1_000
SEARCHED: Final = ("words", "place", "eligible")
NONE_SEARCHED: Final = "Choose what is needed, or write a word"


class Seen:
    """Services that a search showed, by id: published data about nobody, so that a referral can name what was chosen."""

    def __init__(self) -> None:
        self._by_id: dict[str, Service] = {}

    def remember(self, page: ServicePage) -> None:
        """Keep the services of a page in this process's memory."""
        for one in page.services:
            self._by_id.pop(one.id, None)
            self._by_id[one.id] = one
        while len(self._by_id) > SEEN_MOST:
            del self._by_id[next(iter(self._by_id))]

    def find(self, name: str) -> Service | None:
        """The service, as it was last shown."""
        return self._by_id.get(name)


def search_values(form: Form, themes: list[str], faults: Faults) -> dict[str, object]:
    """The variables of the search form."""
    need = form.one("need") or (themes[0] if themes and not form.fields else "")
    first = [{"value": "", "text": "Anything", "selected": not need}]
    return {
        "needs": [
            *first,
            *({"value": code, "text": words, "selected": code == need} for code, words in THEMES.items()),
        ],
        "typed": {name: form.one(name) for name in (*SEARCHED, "need")},
        "faults": faults,
    }


def _is_offered(service: Service, accepts: Accepting) -> bool:
    """Whether a referral to the service would be taken for anything that somebody is referred for from here."""
    return service.organisation_id is not None and bool(
        accepts.purposes(service.organisation_id, ROUTE_ORDER)
    )


@dataclass(frozen=True, slots=True)
class RoutingPages:
    """The handlers. seen: what searches showed."""

    parts: Parts
    seen: Seen

    async def _own(self, entered: Entered, name: str) -> Whole | None:
        """The item, for whoever has it in hand; None for others, who are led to the item's page."""
        found = await self.parts.database.read(partial(items.whole, name=name, feature=TEAM))
        return found if items.is_owner(found.item, entered.who) else None

    def _search_page(
        self,
        request: Request,
        entered: Entered,
        whole: Whole,
        form: Form,
        faults: Faults,
        found: ServicePage | None,
        accepts: Accepting = NOBODY_KNOWS,
    ) -> Response:
        return self.parts.pages.page(
            request,
            "front_door/services.html",
            viewer=entered.viewer,
            status=400 if faults else 200,
            errors=faults.listed or None,
            back=f"{ROOM}/items/{whole.item.id}",
            item=whole.item,
            found=found,
            offered=() if found is None else [one.id for one in found.services if _is_offered(one, accepts)],
            own=self.parts.partners.title(entered.who.organisation),
            provider=self._provider,
            more=search_values(form, whole.item.themes.split(","), faults),
        )

    async def search(self, request: Request, name: str) -> Response:
        """GET /{name}/services."""
        entered = self.parts.doors.enter(request, TEAM)
        whole = await self._own(entered, name)
        if whole is None:
            return self.parts.pages.go(f"{ROOM}/items/{name}")
        return self._search_page(request, entered, whole, Form(), Faults({}), None)

    async def find(self, request: Request, name: str) -> Response:
        """POST /{name}/services."""
        # By POST: what is looked for stands in no address, log or history.
        entered, form = await self.parts.doors.posted(request, TEAM)
        whole = await self._own(entered, name)
        if whole is None:
            return self.parts.pages.go(f"{ROOM}/items/{name}")
        reading = Reading(form)
        asked = {field: reading.line(field, 100) or None for field in SEARCHED}
        need = form.one("need") if form.one("need") in THEMES else None
        if need is None and not any(asked.values()):
            reading.faults["words"] = NONE_SEARCHED
        found, accepts = None, NOBODY_KNOWS
        if not reading.faults:
            try:
                found = await self.parts.gateway.services(
                    entered.session.token, need=need, after=form.one("after") or None, **asked
                )
                self.seen.remember(found)
                accepts = await accepting(self.parts.gateway, entered.session.token)
            except GatewayAwayError:
                reading.faults["words"] = (
                    "The directory does not answer right now. Try again in a few minutes"
                )
            except GatewayRefusedError:
                reading.faults["words"] = (
                    "Write words only: no postcode but its first half, and no number but an age"
                )
        return self._search_page(request, entered, whole, form, reading.found, found, accepts)

    def _provider(self, service: Service) -> str:
        """What to call the organisation of a service: as everywhere in the hub, where the hub knows it."""
        known = self.parts.partners.organisation(service.organisation_id or "")
        return service.organisation or "" if known is None else known.title

    async def _titles(self, entered: Entered, service: Service) -> tuple[dict[str, str], list[str]]:
        """Titles by code of what the service takes referrals of one's own organisation for; titles of what it does not."""
        titles = routes(await self.parts.gateway.purposes())
        accepts = await accepting(self.parts.gateway, entered.session.token)
        taken = accepts.purposes(service.organisation_id or "", titles)
        shut = [title for code, title in titles.items() if code not in taken]
        return {code: titles[code] for code in taken}, shut

    async def _refer_page(
        self, request: Request, entered: Entered, whole: Whole, service: Service, form: Form, faults: Faults
    ) -> Response:
        item, fresh = whole.item, not form.fields
        # Only what the person themselves said how to be reached is theirs to be passed on.
        theirs = fresh and item.agreed == "yes" and (item.about == "me" or item.whose == "theirs")
        titles, shut = await self._titles(entered, service)
        people = {one.id: one.called for one in whole.people} | {
            NOBODY: "Somebody who is not on the list above"
        }
        today = london_day(self.parts.clock.now())
        said = Form(
            (("said-day", str(today.day)), ("said-month", str(today.month)), ("said-year", str(today.year)))
        )
        typed = {field: prose(form, field) for field in ("name", "why", *CONTACT, *OTHERS)}
        if theirs:
            typed |= {"name": item.name, "safe_contact": "\n".join(filter(None, (item.reach, item.safe)))}
        return self.parts.pages.page(
            request,
            "front_door/refer.html",
            viewer=entered.viewer,
            status=400 if faults else 200,
            errors=faults.listed or None,
            back=f"{ROOM}/items/{item.id}/services",
            item=item,
            service=service,
            provider=self._provider(service),
            own=self.parts.partners.title(entered.who.organisation),
            shut=shut,
            to_read=REFERRAL_TO_READ,
            entry=entry_of(form),
            typed=typed,
            people=radios(people, form.one("person") or (next(iter(people)) if len(people) < 3 else "")),
            purposes=radios(titles, form.one("purpose") or likely_route(item.themes.split(","))),
            urgencies=radios(SOON, form.one("urgency") or item.soon),
            hows=radios(HOW_AGREED, form.one("how")),
            contacts=radios({"yes": "Yes", "no": "No"}, form.one("contact")),
            sharings=radios(SHARING, form.one("sharing")),
            said=day_items(said if fresh else form, "said", faults.at("said-day") is not None),
            faults=faults,
        )

    async def refer(self, request: Request, name: str, service: str) -> Response:
        """GET /{name}/refer/{service}."""
        entered = self.parts.doors.enter(request, TEAM)
        whole, chosen = await self._own(entered, name), self.seen.find(service)
        if whole is None or whole.item.agreed != "yes":
            return self.parts.pages.go(f"{ROOM}/items/{name}")
        if chosen is None or chosen.organisation_id is None:
            return self.parts.pages.go(f"{ROOM}/items/{name}/services")
        return await self._refer_page(request, entered, whole, chosen, Form(), Faults({}))

    async def send(self, request: Request, name: str, service: str) -> Response:
        """POST /{name}/refer/{service}."""
        entered, form = await self.parts.doors.posted(request, TEAM)
        whole, chosen = await self._own(entered, name), self.seen.find(service)
        if whole is None or whole.item.agreed != "yes":
            return self.parts.pages.go(f"{ROOM}/items/{name}")
        if chosen is None or chosen.organisation_id is None:
            return self.parts.pages.go(f"{ROOM}/items/{name}/services")
        now, organisation = self.parts.clock.now(), entered.who.organisation
        titles, _ = await self._titles(entered, chosen)
        route = read_route(form, [one.id for one in whole.people], titles, now)
        if isinstance(route, Faults):
            return await self._refer_page(request, entered, whole, chosen, form, route)
        handle = whole.handles.get((route.person or "", organisation))
        body = body_of(route, chosen, [one for one in whole.item.themes.split(",") if one], handle)
        entry, by = entry_of(form), signature(self.parts, entered)

        def work(session: Session) -> None:
            item = items.item_of(session, name)
            if items.was_done(session, entry):
                return
            outbox.put(
                session,
                now,
                kind="send",
                organisation=organisation,
                subject=entered.who.subject,
                feature=TEAM,
                record=name,
                body=body,
            )
            told = f"{chosen.name}: {titles[route.purpose]}"
            items.note(session, item, now, by, "referred", told, entry)

        await self.parts.database.write(work)
        await self.parts.outbox.send_due()
        return self.parts.pages.go(f"{ROOM}/items/{name}?told=sent")

    async def passed_on(self, request: Request, name: str, service: str) -> Response:
        """POST /{name}/passed-on/{service}."""
        entered, _ = await self.parts.doors.posted(request, TEAM)
        whole, chosen = await self._own(entered, name), self.seen.find(service)
        if whole is None:
            return self.parts.pages.go(f"{ROOM}/items/{name}")
        if chosen is None:
            raise NotHereError("service")
        now, by = self.parts.clock.now(), signature(self.parts, entered)
        await self.parts.database.write(
            lambda session: items.note(
                session, items.item_of(session, name), now, by, "passed-on", chosen.name
            )
        )
        return self.parts.pages.go(f"{ROOM}/items/{name}?told=passed-on")


def build_router(parts: Parts) -> APIRouter:
    """`/front-door/items/<id>/services`, `.../refer/<service>`, `.../passed-on/<service>`."""
    router, shown = PageRouter(parts.pages, f"{ROOM}/items"), RoutingPages(parts, Seen())
    for method, address, handler in (
        ("GET", "/{name}/services", shown.search),
        ("POST", "/{name}/services", shown.find),
        ("GET", "/{name}/refer/{service}", shown.refer),
        ("POST", "/{name}/refer/{service}", shown.send),
        ("POST", "/{name}/passed-on/{service}", shown.passed_on),
    ):
        router.add(method, address, handler)
    return router
