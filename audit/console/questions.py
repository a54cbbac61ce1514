"""Questions from residents: the queue with its clock, one question beside the look that it is about, and the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import APIRouter, Path, Request, Response

from audit.console.context import Console
from audit.console.ports import WORDS_LENGTH, Item, NotDecided, Officer
from audit.console.questions_ports import Answer, Finding, OfficerQuestionServices, ResidentsQuestion
from core.pages.forms import Form
from core.pages.rendering import Viewer
from core.pages.routing import NotHereError
from core.pages.words import Words

QUESTIONS = "/console/questions"
Index = Annotated[int, Path(ge=0, le=2**53)]


@dataclass(frozen=True, slots=True)
class Written:
    """The form as it was sent, to be shown again; `errors` holds field name -> what to do about it."""

    answer: str
    words: str
    errors: dict[str, str]


NOTHING = Written("", "", {})


def add_pages(router: APIRouter, console: Console, questions: OfficerQuestionServices) -> None:
    """Add `/questions` and `/questions/{index}` to the router."""
    pages = console.pages

    @router.get("/questions", response_class=Response)
    async def queue(request: Request) -> Response:
        officer, viewer = await console.officer(request)
        found = await questions.waiting(officer)
        return pages.page(request, "console/questions.html", viewer=viewer, found=found)

    @router.get("/questions/{index}", response_class=Response)
    async def question(request: Request, index: Index) -> Response:
        officer, viewer = await console.officer(request)
        return _page(request, viewer, *await _question(officer, index), NOTHING, 200)

    @router.post("/questions/{index}", response_class=Response)
    async def answer(request: Request, index: Index) -> Response:
        officer, viewer, form = await console.posted(request)
        found, item = await _question(officer, index)
        given = read_reply(form, found, pages.words)
        if isinstance(given, Written):
            return _page(request, viewer, found, item, given, 422)
        try:
            await questions.answer(officer, index, given)
        except NotDecided as problem:
            kept = Written(given.finding, given.words, {"answer": problem.words})
            # As it stands now: whoever was quicker may have answered it, or it may be gone.
            return _page(request, viewer, *await _question(officer, index), kept, 409)
        return pages.go(f"{QUESTIONS}/{index}")

    async def _question(officer: Officer, index: int) -> tuple[ResidentsQuestion, Item]:
        found = await questions.question(officer, index)
        item = None if found is None else await console.services.item(officer, found.about)
        if found is None or item is None:
            raise NotHereError("question")
        return found, item

    def _page(
        request: Request, viewer: Viewer, found: ResidentsQuestion, item: Item, written: Written, status: int
    ) -> Response:
        can = bool(found.findings) and not found.barred
        return pages.page(
            request,
            "console/question.html",
            viewer=viewer,
            status=status,
            question=found,
            item=item,
            row=item.row,
            written=written,
            errors=[
                {"text": text, "href": f"#{field}" if can else "#answered"}
                for field, text in written.errors.items()
            ],
            back=QUESTIONS,
        )


def read_reply(form: Form, question: ResidentsQuestion, words: Words) -> Answer | Written:
    """The answer, or what was written with its errors. Only what this question can have now is one."""
    _ = words
    finding, said = form.one("answer"), form.one("words").replace("\r\n", "\n")
    errors = {}
    if question.findings and finding not in question.findings:
        errors["answer"] = _("Choose an answer")
    if not said:
        errors["words"] = _("Write to the person what you found out")
    elif len(said) > WORDS_LENGTH:
        errors["words"] = _("Write %(most)s letters at most") % {"most": f"{WORDS_LENGTH:,}"}
    if errors:
        return Written(finding, said, errors)
    return Answer(cast("Finding", finding), said, form.one("version"))
