"""Writing down what a person said, on a phone with a bad line: four short pages, each kept as soon as it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from hub.doors import Entered
from hub.front_door import items, saying
from hub.front_door.list_pages import ROOM, signature
from hub.front_door.people_pages import CALLED, sought_values
from hub.front_door.reading import Reading, boxes, day_items, radios, sought_in
from hub.front_door.saying import DECISIONS, WHEN, Heard
from hub.front_door.saying import Answer as Said
from hub.front_door.tables import Saying
from hub.front_door.vocabulary import CONSENT_TO_READ, HELPED_BY, HOW_HEARD, TEAM
from hub.gateway import GatewayAwayError, GatewayRefusedError
from hub.pages.forms import Faults, Form
from hub.pages.routing import PageRouter
from hub.parts import Parts

SAID = f"{ROOM}/said"


@dataclass(frozen=True, slots=True)
class SayingPages:
    """The handlers."""

    parts: Parts

    def _show(
        self, request: Request, entered: Entered, template: str, faults: Faults, **values: object
    ) -> Response:
        return self.parts.pages.page(
            request,
            f"front_door/{template}.html",
            viewer=entered.viewer,
            status=400 if faults else 200,
            errors=faults.listed or None,
            more={"faults": faults, **values},
        )

    async def _draft(self, request: Request, name: str) -> tuple[Entered, Saying]:
        entered = self.parts.doors.enter(request, TEAM)
        return entered, await self.parts.database.read(partial(saying.own, name=name, who=entered.who))

    async def _keep(self, entered: Entered, name: str, heard: Said | Heard) -> None:
        def work(session: Session) -> None:
            kept = saying.own(session, name, entered.who)
            # What was sent has been said; a changed mind is a new one.
            if kept.state == "sent":
                return
            if isinstance(heard, Said):
                kept.decision, kept.kinds = heard.decision, ",".join(heard.kinds)
            else:
                kept.how, kept.helped_by = heard.how, ",".join(heard.helped_by)
                kept.said_at = heard.said_at
            kept.state, kept.changed_at = "draft", self.parts.clock.now()

        await self.parts.database.write(work)

    async def _add(self, begun: Saying) -> Response:
        await self.parts.database.write(lambda session: session.add(begun))
        return self.parts.pages.go(f"{SAID}/{begun.id}/answer")

    async def everything(self, request: Request) -> Response:
        """GET /said."""
        entered = self.parts.doors.enter(request, TEAM)
        found = await self.parts.database.read(partial(saying.all_own, who=entered.who))
        rows = [{"one": one, "step": saying.next_step(one)} for one in found]
        return self._show(request, entered, "said", Faults({}), back=ROOM, rows=rows)

    async def new(self, request: Request) -> Response:
        """GET /said/new."""
        entered = self.parts.doors.enter(request, TEAM)
        return self._show(
            request, entered, "said-who", Faults({}), back=SAID, **sought_values(Form(), Faults({}))
        )

    async def begin(self, request: Request) -> Response:
        """POST /said/new."""
        entered, form = await self.parts.doors.posted(request, TEAM)
        reading = Reading(form)
        called = reading.line("called", CALLED, "Write what you call this person")
        sought = sought_in(reading)
        handle = ""
        if not reading.faults and sought is not None:
            try:
                handle = await self.parts.gateway.trace(entered.session.token, sought)
            except GatewayAwayError:
                pass  # what they are found by waits in the draft
            except GatewayRefusedError as error:
                reading.faults["nhs_number"] = error.detail or "The gateway does not take this"
        if reading.faults:
            values = sought_values(form, reading.found)
            return self._show(request, entered, "said-who", reading.found, back=SAID, **values)
        begun = saying.begin(
            entered.who, called, self.parts.clock.now(), handle=handle, sought=None if handle else sought
        )
        return await self._add(begun)

    async def begin_from_item(self, request: Request, name: str, person: str) -> Response:
        """POST /items/{name}/people/{person}/said."""
        entered, _ = await self.parts.doors.posted(request, TEAM)
        known = await self.parts.database.read(partial(items.person_of, name=name, person=person))
        whole = await self.parts.database.read(partial(items.whole, name=name, feature=TEAM))
        handle = whole.handles.get((person, entered.who.organisation))
        if handle is None:
            return self.parts.pages.go(f"{ROOM}/items/{name}/people/{person}/find")
        begun = saying.begin(
            entered.who, known.called, self.parts.clock.now(), handle=handle, item=name, person=person
        )
        return await self._add(begun)

    def _answer_page(
        self, request: Request, entered: Entered, one: Saying, form: Form, faults: Faults
    ) -> Response:
        fresh = not form.fields
        kinds = one.kinds.split(",") if fresh else form.every("kinds")
        return self._show(
            request,
            entered,
            "said-answer",
            faults,
            back=SAID,
            one=one,
            to_read=CONSENT_TO_READ,
            decisions=radios(DECISIONS, one.decision if fresh else form.one("decision")),
            kinds=boxes(saying.kinds_for(entered.who.role), kinds),
        )

    async def answer(self, request: Request, name: str) -> Response:
        """GET /said/{name}/answer."""
        entered, one = await self._draft(request, name)
        return self._answer_page(request, entered, one, Form(), Faults({}))

    async def answered(self, request: Request, name: str) -> Response:
        """POST /said/{name}/answer."""
        entered, form = await self.parts.doors.posted(request, TEAM)
        _, one = await self._draft(request, name)
        read = saying.read_answer(form, entered.who.role)
        if isinstance(read, Faults):
            return self._answer_page(request, entered, one, form, read)
        await self._keep(entered, name, read)
        return self.parts.pages.go(f"{SAID}/{name}/how")

    def _how_page(
        self, request: Request, entered: Entered, one: Saying, form: Form, faults: Faults
    ) -> Response:
        fresh = not form.fields
        helped = one.helped_by.split(",") if fresh else form.every("helped_by")
        return self._show(
            request,
            entered,
            "said-how",
            faults,
            back=f"{SAID}/{one.id}/answer",
            one=one,
            hows=radios(HOW_HEARD, one.how if fresh else form.one("how")),
            helped=boxes(HELPED_BY, helped),
            whens=radios(WHEN, form.one("when")),
            said=day_items(form, "said", faults.at("said-day") is not None),
            said_time=form.one("said_time"),
        )

    async def how(self, request: Request, name: str) -> Response:
        """GET /said/{name}/how."""
        entered, one = await self._draft(request, name)
        return self._how_page(request, entered, one, Form(), Faults({}))

    async def heard(self, request: Request, name: str) -> Response:
        """POST /said/{name}/how."""
        entered, form = await self.parts.doors.posted(request, TEAM)
        _, one = await self._draft(request, name)
        read = saying.read_heard(form, self.parts.clock.now())
        if isinstance(read, Faults):
            return self._how_page(request, entered, one, form, read)
        await self._keep(entered, name, read)
        return self.parts.pages.go(f"{SAID}/{name}/check")

    async def check(self, request: Request, name: str) -> Response:
        """GET /said/{name}/check."""
        entered, one = await self._draft(request, name)
        if saying.next_step(one) != "check":
            return self.parts.pages.go(f"{SAID}/{name}/{saying.next_step(one)}")
        words = saying.kinds_for(entered.who.role)
        return self._show(
            request,
            entered,
            "said-check",
            Faults({}),
            back=f"{SAID}/{one.id}/how",
            one=one,
            decision=DECISIONS[one.decision],
            kinds=[words[code] for code in one.kinds.split(",") if code in words],
            how=HOW_HEARD[one.how],
            helped=[HELPED_BY[code] for code in one.helped_by.split(",") if code in HELPED_BY],
        )

    async def send(self, request: Request, name: str) -> Response:
        """POST /said/{name}/send."""
        # The paper is on the answer itself and behind no address: a code on it stops what was allowed.
        entered, _ = await self.parts.doors.posted(request, TEAM)
        _, one = await self._draft(request, name)
        first = one.state != "sent"
        done = await saying.deliver(
            self.parts.database,
            self.parts.gateway,
            self.parts.clock,
            entered.session.token,
            entered.who,
            name,
        )
        if done.state == "sent" and first and one.item is not None:
            item, by, now = one.item, signature(self.parts, entered), self.parts.clock.now()
            await self.parts.database.write(
                lambda session: items.note(
                    session, items.item_of(session, item), now, by, "said", one.called, f"said-{name}"
                )
            )
        return self._show(request, entered, "said-done", Faults({}), back=SAID, one=one, done=done)

    async def delete(self, request: Request, name: str) -> Response:
        """POST /said/{name}/delete."""
        entered, _ = await self.parts.doors.posted(request, TEAM)
        await self.parts.database.write(
            lambda session: session.delete(saying.own(session, name, entered.who))
        )
        return self.parts.pages.go(SAID)


def build_router(parts: Parts) -> APIRouter:
    """`/front-door/said...`, and its beginning from a person of an item."""
    router, shown = PageRouter(parts.pages, ROOM), SayingPages(parts)
    for method, address, handler in (
        ("GET", "/said", shown.everything),
        ("GET", "/said/new", shown.new),
        ("POST", "/said/new", shown.begin),
        ("POST", "/items/{name}/people/{person}/said", shown.begin_from_item),
        ("GET", "/said/{name}/answer", shown.answer),
        ("POST", "/said/{name}/answer", shown.answered),
        ("GET", "/said/{name}/how", shown.how),
        ("POST", "/said/{name}/how", shown.heard),
        ("GET", "/said/{name}/check", shown.check),
        ("POST", "/said/{name}/send", shown.send),
        ("POST", "/said/{name}/delete", shown.delete),
    ):
        router.add(method, address, handler)
    return router
