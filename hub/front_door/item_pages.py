"""One item: what was said, who has it, the next step and its clock, the people it is about, and closing with an outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from hub import outbox
from hub.doors import Entered
from hub.front_door import items
from hub.front_door.counted import places_of
from hub.front_door.due import due
from hub.front_door.items import Whole
from hub.front_door.list_pages import ROOM, signature
from hub.front_door.reading import Reading, day_items, radios
from hub.front_door.tables import Item
from hub.front_door.vocabulary import (
    AGREED,
    CHANNELS,
    OUTCOMES,
    REFUSED,
    SOON,
    STATUSES,
    STEPS,
    TEAM,
    THEMES,
    TOLD_OUTCOME,
)
from hub.not_taken import why_not_taken
from hub.outbox import Told, told_of
from hub.outcomes import in_words
from hub.pages.forms import Faults, Form
from hub.pages.routing import PageRouter
from hub.pages.words import london_day
from hub.parts import Parts

NEXT_LENGTH: Final = 120
NEXT_WITHIN: Final = timedelta(days=90)
MESSAGES: Final = {
    "taken": "It is yours now.",
    "other": "Somebody else was quicker. See below who has it.",
    "closed": "It is closed.",
    "sent": "Written down. See below if it has arrived.",
    "passed-on": "Written down. We have not told the service anything.",
}


def told_line(told: Told) -> dict[str, object]:
    """What is true of a referral, in words."""
    why = ""
    if told.state == "failed":
        why = why_not_taken(told.reason)
    elif told.state == "refused":
        why = REFUSED.get(told.reason or "", "")
    elif told.outcomes:
        why = f"What came of it: {', '.join(in_words(told.outcomes))}."
    return {"state": STATUSES.get(told.state, told.state), "why": why, "at": told.at, "kind": told.kind}


def referrals_of(found: Whole) -> list[dict[str, object]]:
    """The item's referrals with where each went: what was sent and what was noted are one transaction, in one order."""
    sends = [told_line(one) for one in found.told if one.kind == "send"]
    notes = [one.note for one in found.done if one.what == "referred"]
    return [{**line, "note": note} for line, note in zip(sends, notes, strict=False)]


def item_values(
    parts: Parts, entered: Entered, found: Whole, form: Form, faults: Faults
) -> dict[str, object]:
    """The variables of `front_door/item.html`."""
    item, mine = found.item, items.is_owner(found.item, entered.who)
    people = [
        {
            "id": one.id,
            "called": one.called,
            "known": (one.id, entered.who.organisation) in found.handles,
        }
        for one in found.people
    ]
    return {
        "item": item,
        "mine": mine,
        "due": due(item.due_at, parts.clock.now()),
        "themes": [THEMES[code] for code in item.themes.split(",") if code in THEMES],
        "soon": SOON[item.soon],
        "agreed": AGREED[item.agreed] if item.about == "other" else "",
        "channel": CHANNELS[item.channel],
        "sender": parts.partners.title(item.organisation) if item.organisation else "",
        "outcome": OUTCOMES.get(item.outcome or "", ""),
        "people": people,
        "done": [
            {"what": STEPS[one.what], "note": one.note, "by": one.by, "at": one.at} for one in found.done
        ],
        "told": referrals_of(found),
        "outcomes": radios(OUTCOMES, form.one("outcome")),
        "next_typed": form.one("next_step"),
        "next_day": day_items(form, "next_on", faults.at("next_on-day") is not None),
        "most_next": NEXT_LENGTH,
        "places": places_of(item, parts.places.wards, parts.clock.now()),
        "faults": faults,
    }


@dataclass(frozen=True, slots=True)
class ItemPages:
    """The handlers of one item."""

    parts: Parts

    async def _show(
        self, request: Request, entered: Entered, name: str, form: Form, faults: Faults
    ) -> Response:
        found = await self.parts.database.read(partial(items.whole, name=name, feature=TEAM))
        return self.parts.pages.page(
            request,
            "front_door/item.html",
            viewer=entered.viewer,
            status=400 if faults else 200,
            errors=faults.listed or None,
            back=ROOM,
            told_now=MESSAGES.get(request.query_params.get("told", "")),
            more=item_values(self.parts, entered, found, form, faults),
        )

    async def item(self, request: Request, name: str) -> Response:
        """GET /{name}."""
        return await self._show(request, self.parts.doors.enter(request, TEAM), name, Form(), Faults({}))

    async def claim(self, request: Request, name: str) -> Response:
        """POST /{name}/claim."""
        entered, form = await self.parts.doors.posted(request, TEAM)
        now, by = self.parts.clock.now(), signature(self.parts, entered)

        def work(session: Session) -> bool:
            answered = any(one.kind == "accept" for one in told_of(session, TEAM, name))
            taken = items.claim(session, name, entered.who, form.one("seen"), now, by)
            found = items.item_of(session, name)
            if taken and not answered and found.referral is not None:
                self._answer(session, found, "accept", {})
            return taken

        taken = await self.parts.database.write(work)
        await self.parts.outbox.send_due()
        return self.parts.pages.go(f"{ROOM}/items/{name}?told={'taken' if taken else 'other'}")

    async def release(self, request: Request, name: str) -> Response:
        """POST /{name}/release."""
        entered, _ = await self.parts.doors.posted(request, TEAM)
        work = partial(
            items.release,
            name=name,
            who=entered.who,
            now=self.parts.clock.now(),
            by=signature(self.parts, entered),
        )
        await self.parts.database.write(work)
        return self.parts.pages.go(ROOM)

    async def agrees(self, request: Request, name: str) -> Response:
        """POST /{name}/agrees."""
        entered, _ = await self.parts.doors.posted(request, TEAM)
        now, by = self.parts.clock.now(), signature(self.parts, entered)
        await self.parts.database.write(lambda session: items.agrees_now(session, name, entered.who, now, by))
        return self.parts.pages.go(f"{ROOM}/items/{name}")

    async def next_step(self, request: Request, name: str) -> Response:
        """POST /{name}/next."""
        entered, form = await self.parts.doors.posted(request, TEAM)
        now, reading = self.parts.clock.now(), Reading(form)
        words = reading.line("next_step", NEXT_LENGTH, "Write what happens next")
        on = reading.day("next_on", "Write by which day, for example 27 11 2026")
        today = london_day(now)
        if on is not None and not today <= on <= today + NEXT_WITHIN:
            reading.faults["next_on-day"] = "Write a day from today on, in the next 3 months"
        if reading.faults or on is None:
            return await self._show(request, entered, name, form, reading.found)
        by = signature(self.parts, entered)
        await self.parts.database.write(
            lambda session: items.set_next(session, name, entered.who, words, on, now, by)
        )
        return self.parts.pages.go(f"{ROOM}/items/{name}")

    async def place(self, request: Request, name: str) -> Response:
        """POST /{name}/place."""
        entered, form = await self.parts.doors.posted(request, TEAM)
        work = partial(
            items.choose_place,
            name=name,
            who=entered.who,
            place=form.one("place"),
            wards=self.parts.places.wards,
            now=self.parts.clock.now(),
        )
        await self.parts.database.write(work)
        return self.parts.pages.go(f"{ROOM}/items/{name}")

    async def close(self, request: Request, name: str) -> Response:
        """POST /{name}/close."""
        entered, form = await self.parts.doors.posted(request, TEAM)
        reading = Reading(form)
        outcome = reading.among("outcome", OUTCOMES, "Choose what came of it")
        if reading.faults:
            return await self._show(request, entered, name, form, reading.found)
        now, by = self.parts.clock.now(), signature(self.parts, entered)

        def work(session: Session) -> None:
            closed = items.close(session, name, entered.who, outcome, now, by)
            if closed is not None and closed.referral is not None:
                self._answer(session, closed, "close", {"outcomes": [TOLD_OUTCOME.get(outcome, outcome)]})

        await self.parts.database.write(work)
        await self.parts.outbox.send_due()
        return self.parts.pages.go(f"{ROOM}/items/{name}?told=closed")

    def _answer(self, session: Session, found: Item, kind: outbox.Kind, body: dict[str, object]) -> None:
        # With the organisation's own token: the practitioner may be of another body than the one at which it arrived.
        outbox.put(
            session,
            self.parts.clock.now(),
            kind=kind,
            organisation=found.organisation or "",
            subject=None,
            feature=TEAM,
            record=found.id,
            body=body,
            referral=found.referral,
        )


def build_router(parts: Parts) -> APIRouter:
    """`/front-door/items/<id>` and the forms of that page."""
    router, shown = PageRouter(parts.pages, f"{ROOM}/items"), ItemPages(parts)
    for method, address, handler in (
        ("GET", "/{name}", shown.item),
        ("POST", "/{name}/claim", shown.claim),
        ("POST", "/{name}/release", shown.release),
        ("POST", "/{name}/agrees", shown.agrees),
        ("POST", "/{name}/next", shown.next_step),
        ("POST", "/{name}/place", shown.place),
        ("POST", "/{name}/close", shown.close),
    ):
        router.add(method, address, handler)
    return router
