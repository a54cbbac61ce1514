"""Beginning with somebody whom a worker meets: on a ward, at their door, outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from fastapi import APIRouter, Request, Response

from hub.doors import Entered
from hub.gateway_answers import AboutPerson
from hub.pages.forms import Faults, Form
from hub.pages.routing import PageRouter
from hub.pages.words import london_day
from hub.parts import Parts
from hub.support.codes import DISTRICTS, KINDS, TEAM, THEMES, WORK
from hub.support.reading import (
    LINE,
    LINES,
    NOTHING_WRONG,
    TEXT,
    chosen,
    clean,
    day_of,
    nhs_number_fits,
    one_line,
    text_fault,
)
from hub.support.receiving import begin


@dataclass(frozen=True, slots=True)
class Met:
    """Somebody whom a worker met."""

    about: AboutPerson = field(repr=False)
    purpose: str
    why: str = field(repr=False)
    district: str
    themes: tuple[str, ...]


def build_router(parts: Parts) -> APIRouter:
    """`/support/begin`."""
    router, pages = PageRouter(parts.pages, f"/{TEAM}"), parts.pages

    @router.page("/begin")
    async def ask(request: Request) -> Response:
        return shown(request, parts.doors.enter(request, TEAM), Form(), NOTHING_WRONG)

    @router.posted("/begin")
    async def add(request: Request) -> Response:
        entered, form = await parts.doors.posted(request, TEAM)
        now = parts.clock.now()
        met = read(form, WORK[entered.who.role], london_day(now))
        if isinstance(met, Faults):
            return shown(request, entered, form, met)
        lead = f"{entered.who.name}, {entered.title}"
        case_id = await parts.database.write(
            lambda session: begin(
                session,
                entered.who,
                lead,
                met.about,
                met.purpose,
                met.why,
                met.district,
                met.themes,
                now,
            )
        )
        return pages.go(f"/{TEAM}/cases/{case_id}")

    def shown(request: Request, entered: Entered, form: Form, faults: Faults) -> Response:
        offered = {one: KINDS[one].title for one in WORK[entered.who.role]}
        return pages.page(
            request,
            "support/begin.html",
            viewer=entered.viewer,
            status=422 if faults else 200,
            back=f"/{TEAM}",
            form=form,
            faults=faults,
            errors=faults.listed or None,
            kinds=offered,
            districts=DISTRICTS,
            themes=THEMES,
        )

    return router


def read(form: Form, offered: tuple[str, ...], today: date) -> Met | Faults:
    """Whom the worker met, or what is wrong, in the order of the page."""
    purpose = chosen(form, "purpose", offered) or (offered[0] if len(offered) == 1 else None)
    name, number = one_line(form.one("name")), "".join(form.one("nhs_number").split())
    born = day_of(form, "birth_date", "date of birth", today)
    telephone, safe = one_line(form.one("telephone")), clean(form.one("safe_contact"))
    address, why = clean(form.one("address")), clean(form.one("why"))
    district = chosen(form, "district", DISTRICTS)
    faults = {
        "purpose": None if purpose else "Select the kind of support",
        "name": text_fault(name, LINE, "Enter the person's name, or what they want to be called"),
        "birth_date": born if isinstance(born, str) else None,
        "nhs_number": "Check the NHS number: it has 10 digits, and one of these is not right"
        if number and not nhs_number_fits(number)
        else None,
        "telephone": text_fault(telephone, LINE),
        "safe_contact": text_fault(safe, LINES),
        "address": text_fault(address, LINES),
        "district": None if district else "Select where they live",
        "why": text_fault(why, TEXT, "Say what the support is for"),
    }
    wrong = {at: words for at, words in faults.items() if words is not None}
    if wrong or purpose is None or district is None or isinstance(born, str):
        return Faults(wrong)
    about = AboutPerson(
        name=name,
        birth_date=born,
        nhs_number=number or None,
        telephone=telephone or None,
        address=address or None,
        safe_contact=safe or None,
    )
    return Met(about, purpose, why, district, tuple(one for one in THEMES if one in form.every("themes")))
