"""Who may act for whom: what the officer's organisation wrote down, writing another down on evidence seen, and ending one.

NHS numbers are typed into a form and go nowhere else: they stand in no address, and nothing keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Final, cast

from fastapi import APIRouter, Path, Query, Request, Response

from audit.console.context import Console
from audit.console.ports import Officer
from audit.console.representing_ports import (
    AREAS,
    BECAUSE,
    CAPACITIES,
    PAGE,
    REFERENCE_LENGTH,
    SEEN,
    Area,
    Authority,
    Because,
    Capacity,
    NotRecorded,
    RepresentativeServices,
    Seen,
    Stating,
)
from core.pages.forms import Form
from core.pages.rendering import Viewer
from core.pages.routing import NotHereError
from core.pages.words import Words

LIST: Final = "/console/representatives"
FIELDS: Final = (
    "person",
    "representative",
    "capacity",
    "because",
    "until",
    "born",
    "seen",
    "reference",
    "not_me",
)
Index = Annotated[int, Path(ge=0, le=2**53)]
Before = Annotated[int | None, Query(ge=0, le=2**53)]


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was sent, to be shown again; `errors` holds field name -> what to do about it."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    areas: frozenset[str] = frozenset()
    errors: Mapping[str, str] = field(default_factory=dict)


def add_pages(router: APIRouter, console: Console, services: RepresentativeServices) -> None:
    """Add `/representatives` and what lies below it to the router."""
    pages = console.pages

    @router.get("/representatives", response_class=Response)
    async def written(request: Request, before: Before = None) -> Response:
        officer, viewer = await console.officer(request)
        found = await services.written(officer, before)
        return pages.page(
            request,
            "console/representatives.html",
            viewer=viewer,
            officer=officer,
            found=found,
            first=before is None,
            older=found[-1].index if len(found) >= PAGE else None,
        )

    @router.get("/representatives/new", response_class=Response)
    async def form(request: Request) -> Response:
        _officer, viewer = await console.officer(request)
        return _form(request, viewer, Typed(), 200)

    @router.post("/representatives/new", response_class=Response)
    async def record(request: Request) -> Response:
        officer, viewer, sent = await console.posted(request)
        read = read_stating(sent, pages.words)
        if isinstance(read, Typed):
            return _form(request, viewer, read, 422)
        try:
            index = await services.record(officer, read)
        except NotRecorded as problem:
            return _form(request, viewer, _typed(sent, {problem.field: problem.words}), 422)
        return pages.go(f"{LIST}/{index}")

    def _form(request: Request, viewer: Viewer, typed: Typed, status: int) -> Response:
        return pages.page(
            request,
            "console/representative-new.html",
            viewer=viewer,
            status=status,
            typed=typed,
            most=REFERENCE_LENGTH,
            errors=[{"text": text, "href": f"#{name}"} for name, text in typed.errors.items()],
            back=LIST,
        )

    _add_one(router, console, services)


def _add_one(router: APIRouter, console: Console, services: RepresentativeServices) -> None:
    pages = console.pages

    @router.get("/representatives/{index}", response_class=Response)
    async def one(request: Request, index: Index) -> Response:
        officer, viewer = await console.officer(request)
        return _page(request, viewer, await _one(officer, index), "")

    @router.post("/representatives/{index}", response_class=Response)
    async def end(request: Request, index: Index) -> Response:
        officer, viewer, _form = await console.posted(request)
        found = await _one(officer, index)
        try:
            await services.end(officer, index)
        except NotRecorded as problem:
            return _page(request, viewer, found, problem.words)
        return pages.go(f"{LIST}/{index}")

    async def _one(officer: Officer, index: int) -> Authority:
        found = await services.one(officer, index)
        if found is None:
            raise NotHereError("representative")
        return found

    def _page(request: Request, viewer: Viewer, found: Authority, problem: str) -> Response:
        return pages.page(
            request,
            "console/representative.html",
            viewer=viewer,
            status=409 if problem else 200,
            one=found,
            errors=[{"text": problem, "href": "#end"}] if problem else [],
            back=LIST,
        )


def read_stating(form: Form, words: Words) -> Stating | Typed:
    """What was written down, or the form as it was sent with its errors. Whether it fits is judged where it is kept."""
    areas = frozenset(form.every("areas"))
    days = {name: _day(form.one(name)) for name in ("until", "born")}
    errors = _missing(form, words) | _wrong(form, areas, days, words)
    if errors:
        order = (*FIELDS[:3], "areas", *FIELDS[3:])
        return _typed(form, {name: errors[name] for name in order if name in errors})
    return Stating(
        person=form.one("person"),
        representative=form.one("representative"),
        capacity=cast("Capacity", form.one("capacity")),
        areas=cast("frozenset[Area]", areas),
        because=cast("Because", form.one("because")),
        until=days["until"],
        born=days["born"],
        seen=cast("Seen", form.one("seen")),
        reference=form.one("reference"),
    )


def _missing(form: Form, words: Words) -> dict[str, str]:
    _ = words
    typed = {
        "person": _("Write the NHS number of the person"),
        "representative": _("Write the NHS number of whoever acts for them"),
        "reference": _("Write which papers you saw, such as their number"),
    }
    chosen = {
        "capacity": (CAPACITIES, _("Choose as what they act")),
        "because": (BECAUSE, _("Choose why the person does not decide alone")),
        "seen": (SEEN, _("Choose what you saw")),
    }
    return {name: text for name, text in typed.items() if not form.one(name)} | {
        name: text for name, (allowed, text) in chosen.items() if form.one(name) not in allowed
    }


def _wrong(
    form: Form, areas: frozenset[str], days: Mapping[str, date | None], words: Words
) -> dict[str, str]:
    _ = words
    errors = {
        name: _("Write a day, such as 2027-11-21")
        for name, day in days.items()
        if form.one(name) and day is None
    }
    if not areas or not areas <= set(AREAS):
        errors["areas"] = _("Choose what they decide about")
    if len(form.one("reference")) > REFERENCE_LENGTH:
        errors["reference"] = _("Write %(most)s letters at most") % {"most": REFERENCE_LENGTH}
    if form.one("not_me") != "yes":
        errors["not_me"] = _("Somebody else has to write it down if you act, or somebody close to you")
    return errors


def _typed(form: Form, errors: Mapping[str, str]) -> Typed:
    return Typed({name: form.one(name) for name in FIELDS}, frozenset(form.every("areas")), errors)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
