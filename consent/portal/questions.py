"""Asking about a look: the form, what was asked, and the answer once it is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response

from consent.portal.context import Portal
from consent.portal.ports import NotPossible
from consent.portal.questions_ports import (
    KNOW,
    WORDS_LENGTH,
    Askable,
    Know,
    Question,
    QuestionServices,
)
from core.pages.forms import Form
from core.pages.rendering import Viewer
from core.pages.routing import NotHereError
from core.pages.words import Words

QUESTIONS: Final = "/portal/questions"
HISTORY: Final = "/portal/history"
Index = Annotated[int, Path(ge=0, le=2**53)]
"""Of a look. No log gets beyond that."""


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was sent, to be shown again; `errors` holds field name -> what to do about it."""

    know: tuple[Know, ...]
    words: str
    errors: dict[str, str]


EMPTY = Typed((), "", {})


def add_pages(router: APIRouter, portal: Portal, questions: QuestionServices) -> None:
    """Add `/questions` and what lies below it to the router."""
    pages = portal.pages
    _add_form(router, portal, questions)

    @router.get("/questions", response_class=Response)
    async def asked(request: Request) -> Response:
        resident, viewer = await portal.resident(request)
        hidden = await portal.hidden(resident.person)
        found = await questions.questions(resident.person)
        shown = tuple(one for one in found if not hidden & {one.index, one.look.index})
        return pages.page(request, "portal/questions.html", viewer=viewer, questions=shown, back=HISTORY)

    @router.get("/questions/{reference}", response_class=Response)
    async def question(request: Request, reference: str) -> Response:
        resident, viewer = await portal.resident(request)
        found = await questions.question(resident.person, reference)
        if found is None:
            raise NotHereError("question")
        return pages.page(request, "portal/question.html", viewer=viewer, question=found, back=QUESTIONS)


def _add_form(router: APIRouter, portal: Portal, questions: QuestionServices) -> None:
    pages = portal.pages

    @router.get("/questions/about/{index}", response_class=Response)
    async def form(request: Request, index: Index) -> Response:
        resident, viewer = await portal.resident(request)
        found = await _askable(resident.person, index)
        if isinstance(found, Question):
            return pages.go(f"{QUESTIONS}/{found.reference}")
        return _page(request, viewer, found, EMPTY, 200)

    @router.post("/questions/about/{index}", response_class=Response)
    async def ask(request: Request, index: Index) -> Response:
        resident, viewer, sent = await portal.posted(request)
        found = await _askable(resident.person, index)
        if isinstance(found, Question):
            # A form that was sent twice leads to what it made the first time.
            return pages.go(f"{QUESTIONS}/{found.reference}")
        typed = read_question(sent, pages.words)
        if typed.errors:
            return _page(request, viewer, found, typed, 422)
        try:
            made = await questions.ask(resident.person, index, typed.know, typed.words)
        except NotPossible as problem:
            kept = Typed(typed.know, typed.words, {"know": pages.words.told(problem.words)})
            return _page(request, viewer, found, kept, 409)
        return pages.go(f"{QUESTIONS}/{made.reference}")

    async def _askable(person: str, index: int) -> Askable | Question:
        found = await questions.askable(person, index)
        if found is None:
            raise NotHereError("question")
        return found

    def _page(request: Request, viewer: Viewer, found: Askable, typed: Typed, status: int) -> Response:
        return pages.page(
            request,
            "portal/questions-ask.html",
            viewer=viewer,
            status=status,
            look=found.look,
            answer_by=found.answer_by,
            typed=typed,
            errors=[{"text": text, "href": f"#{field}"} for field, text in typed.errors.items()],
            back=f"{HISTORY}?before={found.look.index + 1}",
        )


def read_question(form: Form, words: Words) -> Typed:
    """What was asked, or what was typed with its errors. Something has to be chosen or written."""
    _ = words
    chosen = form.every("know")
    know = tuple(one for one in KNOW if one in chosen)
    own = form.one("words").replace("\r\n", "\n")
    errors = {}
    if len(own) > WORDS_LENGTH:
        errors["words"] = _("Write %(most)s letters at most") % {"most": f"{WORDS_LENGTH:,}"}
    elif not know and not own:
        errors["know"] = _("Choose what you want to know, or write it")
    return Typed(know, own, errors)
