"""Alerts: reasons to ask about looks, each with its sentence and its clock, and what officers found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast, get_args

from fastapi import APIRouter, Path, Request, Response

from audit.alerts.facts import Rule
from audit.console.alerts_ports import AlertAnswer, AlertCase, AlertServices
from audit.console.context import Console
from audit.console.ports import WORDS_LENGTH, NotDecided, Officer
from core.pages.forms import Form
from core.pages.rendering import Viewer
from core.pages.routing import NotHereError
from core.pages.words import Words

ALERTS = "/console/alerts"
ANSWERS = get_args(AlertAnswer)
Index = Annotated[int, Path(ge=0, le=2**53)]


@dataclass(frozen=True, slots=True)
class Written:
    """The form as it was sent, to be shown again; `errors` holds field name -> what to do about it."""

    answer: str
    words: str
    errors: dict[str, str]


NOTHING = Written("", "", {})


def add_pages(router: APIRouter, console: Console, alerts: AlertServices) -> None:
    """Add `/alerts` and `/alerts/{rule}/{index}` to the router."""
    pages = console.pages

    @router.get("/alerts", response_class=Response)
    async def queue(request: Request) -> Response:
        officer, viewer = await console.officer(request)
        waiting = await alerts.waiting(officer)
        found = await alerts.queue(officer)
        return pages.page(request, "console/alerts.html", viewer=viewer, waiting=waiting, queue=found)

    @router.get("/alerts/{rule}/{index}", response_class=Response)
    async def alert(request: Request, rule: str, index: Index) -> Response:
        officer, viewer = await console.officer(request)
        return await _page(request, officer, viewer, await _case(officer, rule, index), NOTHING, 200)

    @router.post("/alerts/{rule}/{index}", response_class=Response)
    async def answer(request: Request, rule: str, index: Index) -> Response:
        officer, viewer, form = await console.posted(request)
        found = await _case(officer, rule, index)
        given = read_answer(form, pages.words)
        if given.errors:
            return await _page(request, officer, viewer, found, given, 422)
        try:
            await alerts.answer(officer, found.rule, index, cast("AlertAnswer", given.answer), given.words)
        except NotDecided as problem:
            # As it stands now: whoever was quicker may have answered it.
            now = await _case(officer, rule, index)
            kept = Written(given.answer, given.words, {"answer": problem.words})
            return await _page(request, officer, viewer, now, kept, 409)
        return pages.go(f"{ALERTS}/{found.rule.value}/{index}")

    async def _case(officer: Officer, rule: str, index: int) -> AlertCase:
        known = rule in {one.value for one in Rule}
        found = await alerts.case(officer, Rule(rule), index) if known else None
        if found is None:
            raise NotHereError("alert")
        return found

    async def _page(
        request: Request, officer: Officer, viewer: Viewer, found: AlertCase, written: Written, status: int
    ) -> Response:
        options = await console.services.options(officer)
        return pages.page(
            request,
            "console/alert.html",
            viewer=viewer,
            status=status,
            case=found,
            item=found.item,
            row=found.item.row,
            titles=options.titles,
            written=written,
            errors=[
                {"text": text, "href": f"#{field}" if found.task and not found.barred else "#answered"}
                for field, text in written.errors.items()
            ],
            back=ALERTS,
        )


def read_answer(form: Form, words: Words) -> Written:
    """What was answered; with errors where it cannot be taken."""
    _ = words
    answer, why = form.one("answer"), form.one("words")
    errors = {}
    if answer not in ANSWERS:
        errors["answer"] = _("Choose what you found")
    if not why.strip():
        errors["words"] = _("Write how you found out")
    elif len(why) > WORDS_LENGTH:
        errors["words"] = _("Write %(most)s letters at most") % {"most": f"{WORDS_LENGTH:,}"}
    return Written(answer, why, errors)
