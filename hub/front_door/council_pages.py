"""/duty-received: what public services told a council under the duty to refer, for its housing staff alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Final

from fastapi import APIRouter, Request, Response

from hub.doors import Entered
from hub.front_door import council
from hub.front_door.council import KEPT, Notice
from hub.front_door.due import due
from hub.front_door.list_pages import signature
from hub.front_door.reading import Reading, radios
from hub.front_door.vocabulary import CAME_OF_IT, COUNCIL, NOT_OURS
from hub.gateway import GatewayError
from hub.not_taken import why_not_taken
from hub.pages.forms import Faults, Form
from hub.pages.routing import PageRouter
from hub.parts import Parts

ROOM: Final = f"/{COUNCIL}"
MESSAGES: Final = {
    "contacted": "Written down. We tell the sender that you have it in hand.",
    "refused": "Written down. We tell the sender, and what they told you is deleted.",
    "closed": "It is closed.",
}


def standing(one: Notice) -> str:
    """Where it stands, in words."""
    came = one.came
    if one.is_stopped:
        return "The person, or whoever told you, took it back."
    told = {
        "new": "Nobody has got in touch yet.",
        "contacted": f"{came.by} got in touch.",
        "refused": f"Not taken on. {NOT_OURS.get(came.code, '')}.",
        "closed": f"Closed. {CAME_OF_IT.get(came.code, '')}.",
    }
    return told[came.state]


def unsent(one: Notice) -> str:
    """What is true of the last answer where it did not reach the gateway; empty where it did."""
    last = one.told[-1] if one.told else None
    if last is None or last.state not in {"not-sent-yet", "failed"}:
        return ""
    if last.state == "failed":
        return why_not_taken(last.reason, "The gateway did not take your answer. Ring the sender.")
    return "Your answer waits to be sent. We try again by ourselves."


@dataclass(frozen=True, slots=True)
class CouncilPages:
    """The handlers."""

    parts: Parts

    async def _titles(self, names: Collection[str]) -> dict[str, str]:
        """What to call the senders: those of the hub's own partners as everywhere here, others as the register does."""
        partners = self.parts.partners
        found = {one: partners.title(one) for one in names}
        strangers = [one for one in found if partners.organisation(one) is None]
        if strangers:
            try:
                listed = {one.organisation: one.title for one in await self.parts.gateway.organisations()}
            except GatewayError:
                listed = {}
            found |= {one: listed.get(one, one) for one in strangers}
        return found

    async def everything(self, request: Request) -> Response:
        """GET /duty-received."""
        entered, now = self.parts.doors.enter(request, COUNCIL), self.parts.clock.now()
        found = await self.parts.database.read(
            partial(council.notices, organisation=entered.who.organisation)
        )
        titles = await self._titles({one.came.sender for one in found})
        shown = [
            {
                "came": one.came,
                "sender": titles[one.came.sender],
                "due": due(one.came.due_at, now) if one.is_open and one.came.state == "new" else None,
                "standing": standing(one),
                "is_open": one.is_open,
            }
            for one in found
        ]
        return self.parts.pages.page(
            request,
            "front_door/came.html",
            viewer=entered.viewer,
            waiting=[one for one in shown if one["is_open"]],
            over=[one for one in shown if not one["is_open"]],
            free=sum(one.came.state == "new" and one.is_open for one in found),
        )

    async def _show(
        self, request: Request, entered: Entered, name: str, form: Form, faults: Faults
    ) -> Response:
        found = await self.parts.database.read(
            partial(council.notice_of, organisation=entered.who.organisation, name=name)
        )
        titles = await self._titles({found.came.sender})
        return self.parts.pages.page(
            request,
            "front_door/came-one.html",
            viewer=entered.viewer,
            status=400 if faults else 200,
            errors=faults.listed or None,
            back=ROOM,
            told_now=MESSAGES.get(request.query_params.get("told", "")),
            one=found,
            came=found.came,
            sender=titles[found.came.sender],
            standing=standing(found),
            unsent=unsent(found),
            due=due(found.came.due_at, self.parts.clock.now()),
            kept_until=found.came.came_at + KEPT,
            reasons=radios(NOT_OURS, form.one("reason")),
            outcomes=radios(CAME_OF_IT, form.one("outcome")),
            faults=faults,
        )

    async def one(self, request: Request, name: str) -> Response:
        """GET /duty-received/{name}."""
        entered = self.parts.doors.enter(request, COUNCIL)
        return await self._show(request, entered, name, Form(), Faults({}))

    async def contacted(self, request: Request, name: str) -> Response:
        """POST /duty-received/{name}/contacted."""
        entered, _ = await self.parts.doors.posted(request, COUNCIL)
        await self._write(council.contacted, entered, name)
        return self.parts.pages.go(f"{ROOM}/{name}?told=contacted")

    async def refused(self, request: Request, name: str) -> Response:
        """POST /duty-received/{name}/refusal."""
        entered, form = await self.parts.doors.posted(request, COUNCIL)
        reading = Reading(form)
        reason = reading.among("reason", NOT_OURS, "Choose why you do not take it on")
        if reading.faults:
            return await self._show(request, entered, name, form, reading.found)
        await self._write(partial(council.refused, reason=reason), entered, name)
        return self.parts.pages.go(f"{ROOM}/{name}?told=refused")

    async def closed(self, request: Request, name: str) -> Response:
        """POST /duty-received/{name}/closing."""
        entered, form = await self.parts.doors.posted(request, COUNCIL)
        reading = Reading(form)
        outcome = reading.among("outcome", CAME_OF_IT, "Choose what came of it")
        if reading.faults:
            return await self._show(request, entered, name, form, reading.found)
        await self._write(partial(council.closed, outcome=outcome), entered, name)
        return self.parts.pages.go(f"{ROOM}/{name}?told=closed")

    async def _write(self, work: council.Answer, entered: Entered, name: str) -> None:
        by, now = signature(self.parts, entered), self.parts.clock.now()
        organisation = entered.who.organisation
        await self.parts.database.write(
            lambda session: work(session, organisation=organisation, name=name, by=by, now=now)
        )
        await self.parts.outbox.send_due()


def build_router(parts: Parts) -> APIRouter:
    """`/duty-received` and one page for each notification."""
    router, shown = PageRouter(parts.pages, ROOM), CouncilPages(parts)
    for method, address, handler in (
        ("GET", "", shown.everything),
        ("GET", "/{name}", shown.one),
        ("POST", "/{name}/contacted", shown.contacted),
        ("POST", "/{name}/refusal", shown.refused),
        ("POST", "/{name}/closing", shown.closed),
    ):
        router.add(method, address, handler)
    return router
