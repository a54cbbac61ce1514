"""/duty-to-refer: one form, and what was sent, for staff of specified public authorities; the gateway judges who is one.

Councils are offered that take what the practitioner's own organisation notifies; of the others the page says why not.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col, select

from hub import outbox
from hub.accepting import accepting
from hub.doors import Entered
from hub.front_door import items
from hub.front_door.duty import FILE_NUMBER, WAYS, WHY, body_of, read_notification
from hub.front_door.item_pages import told_line
from hub.front_door.reading import day_items, entry_of, prose, radios
from hub.front_door.settings import FrontDoorSettings
from hub.front_door.tables import Notified
from hub.front_door.vocabulary import DUTY, DUTY_TO_READ, HOW_AGREED, SITUATIONS
from hub.outbox import told_of
from hub.pages.forms import Faults, Form
from hub.pages.routing import PageRouter
from hub.pages.words import london_day
from hub.parts import Parts
from hub.sessions import Practitioner

ROOM: Final = f"/{DUTY}"
TYPED: Final = ("name", "why", "preferred_language", "file_number", *WAYS)
SHOWN_MOST: Final = 50


def build_router(parts: Parts, settings: FrontDoorSettings) -> APIRouter:
    """`/duty-to-refer`, `/duty-to-refer/sent`."""
    router, pages = PageRouter(parts.pages, ROOM), parts.pages

    def listed(session: Session, who: Practitioner) -> list[dict[str, object]]:
        """The practitioner's own notifications, newest first, with what is true of each."""
        rows = session.exec(
            select(Notified)
            .where(Notified.organisation == who.organisation, Notified.subject == who.subject)
            .order_by(col(Notified.written_at).desc())
            .limit(SHOWN_MOST)
        )
        return [
            {
                "to": settings.authorities.get(one.to, one.to),
                "file_number": one.file_number,
                "at": one.written_at,
                "told": [told_line(told) for told in told_of(session, DUTY, one.id)],
            }
            for one in rows
        ]

    async def show(request: Request, entered: Entered, form: Form, faults: Faults) -> Response:
        own = entered.who.organisation
        accepts = await accepting(parts.gateway, entered.session.token)
        open_to = {one: title for one, title in settings.authorities.items() if accepts.takes(one, DUTY)}
        today = london_day(parts.clock.now())
        said = Form(
            (("said-day", str(today.day)), ("said-month", str(today.month)), ("said-year", str(today.year)))
        )
        return pages.page(
            request,
            "front_door/duty.html",
            viewer=entered.viewer,
            status=400 if faults else 200,
            errors=faults.listed or None,
            own=parts.partners.title(own),
            is_authority=accepts.is_specified_authority(own),
            shut=[title for one, title in settings.authorities.items() if one not in open_to],
            to_read=DUTY_TO_READ,
            entry=entry_of(form),
            typed={name: prose(form, name) for name in TYPED},
            ways=[
                {"name": way, "title": title, "agreed": way in form.every("agreed_ways")}
                for way, (title, _) in WAYS.items()
            ],
            agrees=radios({"yes": "Yes, they agree", "no": "No"}, form.one("agrees")),
            authorities=radios(open_to, form.one("to")),
            situations=radios(SITUATIONS, form.one("situation")),
            hows=radios(HOW_AGREED, form.one("how")),
            said=day_items(form if form.fields else said, "said", faults.at("said-day") is not None),
            most_why=WHY,
            most_file_number=FILE_NUMBER,
            faults=faults,
        )

    @router.page("")
    async def ask(request: Request) -> Response:
        return await show(request, parts.doors.enter(request, DUTY), Form(), Faults({}))

    @router.page("/sent")
    async def sent(request: Request) -> Response:
        entered = parts.doors.enter(request, DUTY)
        rows = await parts.database.read(lambda session: listed(session, entered.who))
        return pages.page(
            request,
            "front_door/duty-sent.html",
            viewer=entered.viewer,
            back=ROOM,
            sent=request.query_params.get("told") == "sent",
            rows=rows,
        )

    @router.posted("")
    async def send(request: Request) -> Response:
        entered, form = await parts.doors.posted(request, DUTY)
        now, who, entry = parts.clock.now(), entered.who, entry_of(form)
        said = read_notification(form, settings.authorities, now)
        if isinstance(said, Faults):
            return await show(request, entered, form, said)

        def work(session: Session) -> None:
            if session.exec(select(Notified.id).where(Notified.entry == entry)).first() is not None:
                return
            row = Notified(
                id=items.new_id(),
                entry=entry,
                organisation=who.organisation,
                subject=who.subject,
                to=said.to,
                file_number=said.file_number,
                written_at=now,
            )
            session.add(row)
            outbox.put(
                session,
                now,
                kind="send",
                organisation=who.organisation,
                subject=who.subject,
                feature=DUTY,
                record=row.id,
                body=body_of(said),
            )

        await parts.database.write(work)
        await parts.outbox.send_due()
        return pages.go(f"{ROOM}/sent?told=sent")

    return router
