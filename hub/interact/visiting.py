"""The home and health visit, and what the person says of their life before and after."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from hub.interact.case_forms import NOTHING_WRONG, CaseForms
from hub.interact.cases import new_id, open_case, story_of
from hub.interact.codes import MEASURES, MOMENTS, SEEN, TEAM, VISIT
from hub.interact.referring_form import LINES, clean
from hub.interact.sharing import case_router
from hub.interact.tables import Measure, Seen, Visit
from hub.pages.forms import Faults, Form, typed_day
from hub.pages.rendering import Viewer
from hub.pages.words import london_day
from hub.parts import Parts

HIGHEST: Final = 10


def build_router(parts: Parts) -> APIRouter:
    """Below `/interact/cases/<id>`: `visits`, `measures`."""
    router, pages = case_router(parts), parts.pages
    forms = CaseForms(parts)

    @router.page("/{case_id}/visits")
    async def ask_visit(request: Request, case_id: str) -> Response:
        entered = parts.doors.enter(request, TEAM)
        return await forms.page(request, entered.viewer, case_id, "visit", Form(), questions=VISIT, seen=SEEN)

    @router.posted("/{case_id}/visits")
    async def add_visit(request: Request, case_id: str) -> Response:
        entered, form = await parts.doors.posted(request, TEAM)
        now = parts.clock.now()
        read = visit_of(form, london_day(now))
        if isinstance(read, Faults):
            return await forms.page(
                request, entered.viewer, case_id, "visit", form, read, questions=VISIT, seen=SEEN
            )
        on, answers = read
        await parts.database.write(
            lambda session: write_visit(session, case_id, on, answers, entered.who.name, now)
        )
        return pages.go(f"/{TEAM}/cases/{case_id}#visits")

    @router.page("/{case_id}/measures")
    async def ask_measures(request: Request, case_id: str) -> Response:
        entered = parts.doors.enter(request, TEAM)
        return await measures_page(request, entered.viewer, case_id, Form())

    @router.posted("/{case_id}/measures")
    async def set_measures(request: Request, case_id: str) -> Response:
        entered, form = await parts.doors.posted(request, TEAM)
        read = scores_of(form)
        if isinstance(read, Faults):
            return await measures_page(request, entered.viewer, case_id, form, read)
        moment, scores = read
        now = parts.clock.now()
        await parts.database.write(
            lambda session: write_scores(session, case_id, moment, scores, entered.who.name, now)
        )
        return pages.go(f"/{TEAM}/cases/{case_id}#measures")

    async def measures_page(
        request: Request, viewer: Viewer, case_id: str, form: Form, faults: Faults = NOTHING_WRONG
    ) -> Response:
        story = await parts.database.read(lambda session: story_of(session, case_id))
        has_before = any(one.moment == "before" for one in story.measures)
        return await forms.page(
            request,
            viewer,
            case_id,
            "measures",
            form,
            faults,
            measures=MEASURES,
            moments=MOMENTS,
            usual="after" if has_before else "before",
            highest=HIGHEST,
        )

    return router


def visit_of(form: Form, today: date) -> tuple[date, dict[str, tuple[str, str]]] | Faults:
    """The day and the answers (question -> answer, note), or what is wrong."""
    faults: dict[str, str] = {}
    on: date | None = None
    try:
        on = typed_day(form, "visited_on") or today
        if on > today:
            faults["visited_on"] = "The day of the visit must not be in the future"
    except ValueError:
        faults["visited_on"] = "The day of the visit must be a real date"
    answers = {}
    for question in VISIT:
        answer, note = form.one(question), clean(form.one(f"{question}-note"))
        if answer not in SEEN:
            faults[question] = f"Answer: {VISIT[question][0].lower()}{VISIT[question][1:]}"
        if len(note) > LINES:
            faults[f"{question}-note"] = f"Write {LINES} characters or fewer"
        answers[question] = (answer, note)
    return Faults(faults) if faults or on is None else (on, answers)


def write_visit(
    session: Session,
    case_id: str,
    on: date,
    answers: dict[str, tuple[str, str]],
    by: str,
    now: datetime,
) -> None:
    """Write the visit down."""
    open_case(session, case_id)
    visit = Visit(id=new_id(), case_id=case_id, visited_on=on, written_by=by, written_at=now)
    session.add(visit)
    session.flush()
    for question, (answer, note) in answers.items():
        session.add(Seen(visit_id=visit.id, question=question, answer=answer, note=note))


def scores_of(form: Form) -> tuple[str, dict[str, int]] | Faults:
    """Before or after, and the scores that were said, each from 0 to 10; what was left out is no fault."""
    faults, scores = {}, {}
    moment = form.one("moment")
    if moment not in MOMENTS:
        faults["moment"] = "Select before or after"
    for measure in MEASURES:
        typed = form.one(measure)
        if not typed:
            continue
        if typed.isascii() and typed.isdigit() and int(typed) <= HIGHEST:
            scores[measure] = int(typed)
        else:
            faults[measure] = f"Enter a whole number from 0 to {HIGHEST}"
    if not faults and not scores:
        faults[next(iter(MEASURES))] = "Enter at least one number"
    return Faults(faults) if faults else (moment, scores)


def write_scores(
    session: Session, case_id: str, moment: str, scores: dict[str, int], by: str, now: datetime
) -> None:
    """Write the scores down; said again, the last counts."""
    open_case(session, case_id)
    for measure, score in scores.items():
        session.merge(
            Measure(
                case_id=case_id,
                moment=moment,
                measure=measure,
                score=score,
                written_by=by,
                written_at=now,
            )
        )
