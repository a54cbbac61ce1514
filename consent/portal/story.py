"""My story: reading it, answering one question at a time, checking before it is kept, and deleting it."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from consent.portal.context import Portal
from consent.portal.ports import NotPossible
from consent.portal.story_ports import MyStory, NotKept, StoryServices
from core.pages.rendering import Viewer
from core.pages.routing import NotHereError
from core.pages.words import Words

STORY = "/portal/story"
DONE = frozenset({"saved", "deleted"})


@dataclass(frozen=True, slots=True)
class Question:
    """One question as it is asked, and what helps to answer it. tells_where: its answer may say where the resident is."""

    code: str
    title: str
    short: str
    hint: str
    tells_where: bool


def questions(words: Words, codes: tuple[str, ...]) -> tuple[Question, ...]:
    """The questions in the resident's words, in the order given."""
    _ = words
    asked = (
        Question(
            "what_matters",
            _("What matters to you?"),
            _("What matters to me"),
            _("For example who and what you love, what you want to get better, what worries you."),
            tells_where=False,
        ),
        Question(
            "how_to_reach_me",
            _("How should people reach you, and when not?"),
            _("How to reach me, and when not to"),
            _("For example: send a text first, I do not answer numbers I do not know. Not before 10."),
            tells_where=True,
        ),
        Question(
            "told_already",
            _("What have you told already, and do not want to tell again?"),
            _("What I have told already"),
            _("Write only what you want people to know who help you."),
            tells_where=False,
        ),
        Question(
            "adjustments",
            _("What do you need from people who help you?"),
            _("What I need from you"),
            _("For example: talk slowly, write it down for me, let my sister come with me."),
            tells_where=False,
        ),
    )
    by_code = {one.code: one for one in asked}
    return tuple(by_code[code] for code in codes if code in by_code)


def add_pages(router: APIRouter, portal: Portal, stories: StoryServices) -> None:
    """Add `/story` and what lies below it to the router."""
    shown = _Story(portal, stories)

    @router.get("/story", response_class=Response)
    async def read(request: Request, done: str = "") -> Response:
        return await shown.read(request, done)

    @router.get("/story/preview", response_class=Response)
    async def preview(request: Request) -> Response:
        return await shown.preview(request)

    @router.get("/story/delete", response_class=Response)
    async def ask_to_delete(request: Request) -> Response:
        return await shown.ask_to_delete(request)

    @router.post("/story/delete", response_class=Response)
    async def delete(request: Request) -> Response:
        return await shown.delete(request)

    @router.get("/story/{question}", response_class=Response)
    async def ask(request: Request, question: str) -> Response:
        return await shown.ask(request, question)

    @router.post("/story/{question}", response_class=Response)
    async def answer(request: Request, question: str) -> Response:
        return await shown.answer(request, question)


@dataclass(frozen=True, slots=True)
class _Story:
    """The pages' handlers."""

    portal: Portal
    stories: StoryServices

    async def read(self, request: Request, done: str) -> Response:
        resident, viewer = await self.portal.resident(request)
        story = await self.stories.story(resident.person)
        return self.portal.pages.page(
            request,
            "portal/story.html",
            viewer=viewer,
            story=story,
            questions=self._questions(story),
            done=done if done in DONE else "",
        )

    async def preview(self, request: Request) -> Response:
        resident, viewer = await self.portal.resident(request)
        story = await self.stories.story(resident.person)
        return self.portal.pages.page(
            request,
            "portal/story-preview.html",
            viewer=viewer,
            story=story,
            questions=self._questions(story),
            readers=await self.stories.readers(resident.person),
            back=STORY,
        )

    async def ask_to_delete(self, request: Request) -> Response:
        resident, viewer = await self.portal.resident(request)
        story = await self.stories.story(resident.person)
        if not story.told:
            return self.portal.pages.go(STORY)
        return self.portal.pages.page(request, "portal/story-delete.html", viewer=viewer, back=STORY)

    async def delete(self, request: Request) -> Response:
        resident, viewer, _form = await self.portal.posted(request)
        try:
            await self.stories.forget(resident.person, None)
        except NotPossible as problem:
            return self._not_possible(request, viewer, problem)
        return self.portal.pages.go(f"{STORY}?done=deleted")

    async def ask(self, request: Request, code: str) -> Response:
        resident, viewer = await self.portal.resident(request)
        story = await self.stories.story(resident.person)
        told = story.told.get(code)
        return self._question(request, viewer, self._find(story, code), "" if told is None else told.words)

    async def answer(self, request: Request, code: str) -> Response:
        resident, viewer, form = await self.portal.posted(request)
        asked = self._find(await self.stories.story(resident.person), code)
        typed, step = form.one("words"), form.one("step")
        try:
            done = await self._take(resident.person, code, step, typed)
            if done:
                return self.portal.pages.go(f"{STORY}?done={done}")
            if step == "change":
                return self._question(request, viewer, asked, typed)
            kept = self.stories.check(code, typed)
        except NotKept as fault:
            return self._question(request, viewer, asked, typed, fault)
        except NotPossible as problem:
            return self._not_possible(request, viewer, problem)
        return self.portal.pages.page(
            request, "portal/story-check.html", viewer=viewer, question=asked, words=kept
        )

    async def _take(self, person: str, code: str, step: str, typed: str) -> str:
        """Keep or delete the answer if that was asked; gives what was done."""
        if step == "save":
            await self.stories.keep(person, code, typed)
            return "saved"
        if step == "remove":
            await self.stories.forget(person, code)
            return "deleted"
        return ""

    def _question(
        self, request: Request, viewer: Viewer, asked: Question, typed: str, fault: NotKept | None = None
    ) -> Response:
        error = "" if fault is None else _what_to_do(self.portal.pages.words, fault)
        return self.portal.pages.page(
            request,
            "portal/story-question.html",
            viewer=viewer,
            status=200 if fault is None else 422,
            question=asked,
            typed=typed,
            error=error,
            errors=[{"text": error, "href": "#words"}] if error else [],
            back=STORY,
        )

    def _questions(self, story: MyStory) -> tuple[Question, ...]:
        return questions(self.portal.pages.words, story.questions)

    def _find(self, story: MyStory, code: str) -> Question:
        for one in self._questions(story):
            if one.code == code:
                return one
        raise NotHereError("question")

    def _not_possible(self, request: Request, viewer: Viewer, problem: NotPossible) -> Response:
        return self.portal.pages.page(
            request, "portal/not-possible.html", viewer=viewer, status=409, words=problem.words, back=STORY
        )


def _what_to_do(words: Words, fault: NotKept) -> str:
    _ = words
    if fault.fault == "empty":
        return _("Write your answer, or go back")
    if fault.fault == "too-long":
        return _("Make it shorter: it has %(long)s letters and signs, and can have %(longest)s") % {
            "long": fault.long,
            "longest": fault.longest,
        }
    return _("Take out where you live, phone numbers and email addresses")
