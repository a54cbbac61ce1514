"""Reviews: the queue with its clocks, one review, and the officer's answer."""

from __future__ import annotations

from typing import Annotated, cast, get_args

from fastapi import APIRouter, Path, Request, Response

from audit.console.answers import NOTHING, Written, read_answer
from audit.console.context import Console
from audit.console.ports import FilterOptions, NotDecided, Officer, Review, ReviewKind
from core.pages.rendering import Viewer
from core.pages.routing import NotHereError

REVIEWS = "/console/reviews"
Index = Annotated[int, Path(ge=0, le=2**53)]
KINDS = get_args(ReviewKind)


def add_pages(router: APIRouter, console: Console) -> None:
    """Add `/reviews` and `/reviews/{kind}/{index}` to the router."""
    services, pages = console.services, console.pages

    @router.get("/reviews", response_class=Response)
    async def queue(request: Request) -> Response:
        officer, viewer = await console.officer(request)
        waiting = await services.waiting(officer)
        tasks = await services.tasks(officer)
        return pages.page(request, "console/reviews.html", viewer=viewer, waiting=waiting, tasks=tasks)

    @router.get("/reviews/{kind}/{index}", response_class=Response)
    async def review(request: Request, kind: str, index: Index) -> Response:
        officer, viewer = await console.officer(request)
        return await _page(request, officer, viewer, await _review(officer, kind, index), NOTHING, 200)

    @router.post("/reviews/{kind}/{index}", response_class=Response)
    async def decide(request: Request, kind: str, index: Index) -> Response:
        officer, viewer, form = await console.posted(request)
        found = await _review(officer, kind, index)
        answer = read_answer(form, found, pages.words)
        if isinstance(answer, Written):
            return await _page(request, officer, viewer, found, answer, 422)
        try:
            await services.decide(officer, found.kind, index, answer)
        except NotDecided as problem:
            # As it stands now: whoever was quicker may have decided it.
            now = await _review(officer, kind, index)
            kept = Written(answer.answer, answer.words, form.one("look_again"), {"answer": problem.words})
            return await _page(request, officer, viewer, now, kept, 409)
        return pages.go(f"{REVIEWS}/{found.kind}/{index}")

    async def _review(officer: Officer, kind: str, index: int) -> Review:
        found = None if kind not in KINDS else await services.review(officer, cast("ReviewKind", kind), index)
        if found is None:
            raise NotHereError("review")
        return found

    async def _page(
        request: Request, officer: Officer, viewer: Viewer, found: Review, written: Written, status: int
    ) -> Response:
        options: FilterOptions = await services.options(officer)
        return pages.page(
            request,
            "console/review.html",
            viewer=viewer,
            status=status,
            review=found,
            item=found.item,
            row=found.item.row,
            titles=options.titles,
            written=written,
            # What cannot be decided any more has no form that an error could lead to.
            errors=[
                {"text": text, "href": f"#{field}" if found.task and not found.barred else "#decided"}
                for field, text in written.errors.items()
            ],
            back=REVIEWS,
        )
