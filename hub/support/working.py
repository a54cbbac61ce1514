"""What the team writes while it works: reviews, attempts to get in touch, and that the person moved."""

from __future__ import annotations

from datetime import date, datetime

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from hub.pages.forms import Faults, Form
from hub.pages.routing import PageRouter
from hub.pages.words import london_day
from hub.parts import Parts
from hub.sessions import Practitioner
from hub.support.case_forms import CaseForms
from hub.support.cases import new_id, open_case
from hub.support.codes import CONTACTS, DISTRICTS, KINDS, RESULTS, TEAM
from hub.support.counted import forget_place
from hub.support.reading import LINES, TEXT, chosen, clean, day_of, text_fault
from hub.support.tables import Contact, Move, Review


def build_router(parts: Parts) -> APIRouter:
    """Below `/support/cases/<id>`: `reviews`, `contacts`, `moves`."""
    router, pages = PageRouter(parts.pages, f"/{TEAM}/cases"), parts.pages
    forms = CaseForms(parts)

    @router.page("/{case_id}/reviews")
    async def ask_review(request: Request, case_id: str) -> Response:
        return await forms.page(request, parts.doors.enter(request, TEAM), case_id, "review")

    @router.posted("/{case_id}/reviews")
    async def add_review(request: Request, case_id: str) -> Response:
        entered, form = await parts.doors.posted(request, TEAM)
        note = clean(form.one("note"))
        fault = text_fault(note, TEXT, "Write how it goes, and why the support still fits")
        if fault is not None:
            return await forms.page(request, entered, case_id, "review", form, Faults({"note": fault}))
        today = london_day(parts.clock.now())
        await parts.database.write(lambda session: reviewed(session, entered.who, case_id, note, today))
        return pages.go(f"/{TEAM}/cases/{case_id}")

    @router.page("/{case_id}/contacts")
    async def ask_contact(request: Request, case_id: str) -> Response:
        entered = parts.doors.enter(request, TEAM)
        return await forms.page(request, entered, case_id, "contact", how=CONTACTS, results=RESULTS)

    @router.posted("/{case_id}/contacts")
    async def add_contact(request: Request, case_id: str) -> Response:
        entered, form = await parts.doors.posted(request, TEAM)
        now = parts.clock.now()
        read = contact_of(form, case_id, entered.who.name, now)
        if isinstance(read, Faults):
            return await forms.page(
                request, entered, case_id, "contact", form, read, how=CONTACTS, results=RESULTS
            )
        await parts.database.write(lambda session: tried(session, entered.who, read))
        return pages.go(f"/{TEAM}/cases/{case_id}#contacts")

    @router.page("/{case_id}/moves")
    async def ask_move(request: Request, case_id: str) -> Response:
        entered = parts.doors.enter(request, TEAM)
        return await forms.page(request, entered, case_id, "move", districts=DISTRICTS)

    @router.posted("/{case_id}/moves")
    async def add_move(request: Request, case_id: str) -> Response:
        entered, form = await parts.doors.posted(request, TEAM)
        today = london_day(parts.clock.now())
        read = move_of(form, today)
        if isinstance(read, Faults):
            return await forms.page(request, entered, case_id, "move", form, read, districts=DISTRICTS)
        on, district, address, goes_on = read
        await parts.database.write(
            lambda session: moved(session, entered.who, case_id, on, district, address)
        )
        return pages.go(f"/{TEAM}/cases/{case_id}" + ("" if goes_on else "/handover"))

    return router


def reviewed(session: Session, who: Practitioner, case_id: str, note: str, today: date) -> None:
    """The support was looked at with the person; the next time is set by its kind."""
    case = open_case(session, who, case_id)
    session.add(Review(id=new_id(), case_id=case_id, on=today, note=note, written_by=who.name))
    every = KINDS[case.purpose].review
    case.review_on = None if every is None else today + every


def tried(session: Session, who: Practitioner, contact: Contact) -> None:
    """Write an attempt to get in touch down."""
    open_case(session, who, contact.case_id)
    session.add(contact)


def moved(session: Session, who: Practitioner, case_id: str, on: date, district: str, address: str) -> None:
    """The person moved: the case, its plan, its end and what they allowed stay as they are; the old address goes."""
    case = open_case(session, who, case_id)
    session.add(Move(id=new_id(), case_id=case_id, on=on, from_district=case.district, to_district=district))
    case.district, case.address = district, address or None
    # What the gateway said was said of the old address; where somebody moves to may have to stay secret.
    forget_place(case)


def contact_of(form: Form, case_id: str, by: str, now: datetime) -> Contact | Faults:
    """An attempt to get in touch, or what is wrong."""
    today = london_day(now)
    on = day_of(form, "on", "day", today)
    how, result = chosen(form, "how", CONTACTS), chosen(form, "result", RESULTS)
    note = clean(form.one("note"))
    faults = {
        "how": None if how else "Select how you tried",
        "result": None if result else "Select what came of it",
        "on": on if isinstance(on, str) else None,
        "note": text_fault(note, LINES),
    }
    wrong = {at: words for at, words in faults.items() if words is not None}
    if wrong or how is None or result is None or isinstance(on, str):
        return Faults(wrong)
    return Contact(
        id=new_id(),
        case_id=case_id,
        on=on or today,
        how=how,
        result=result,
        note=note,
        written_by=by,
        written_at=now,
    )


def move_of(form: Form, today: date) -> tuple[date, str, str, bool] | Faults:
    """When, where to, the new address, and whether this team goes on; or what is wrong."""
    on, district = day_of(form, "on", "day", today), chosen(form, "district", DISTRICTS)
    address, goes_on = clean(form.one("address")), chosen(form, "goes_on", ("yes", "no"))
    faults = {
        "district": None if district else "Select where they live now",
        "address": text_fault(address, LINES),
        "on": on if isinstance(on, str) else None,
        "goes_on": None if goes_on else "Select who goes on with the support",
    }
    wrong = {at: words for at, words in faults.items() if words is not None}
    if wrong or district is None or goes_on is None or isinstance(on, str):
        return Faults(wrong)
    return on or today, district, address, goes_on == "yes"
