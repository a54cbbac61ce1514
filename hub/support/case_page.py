"""The one page of a case: days left, the plan, what was handed over, and what others hold as far as permitted.

It opens with what the team keeps, from the hub's database. What others hold is asked from the gateway only when somebody
presses for it, for this one answer, in the signed-in practitioner's name, and only while the support runs: each look stands
in the person's history, so none happens by the way. It is in no table, log or cache of ours.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from hub.doors import Entered
from hub.looking import Looking
from hub.outcomes import in_words
from hub.pages.routing import PageRouter
from hub.pages.words import london_day
from hub.parts import Parts
from hub.support.cases import WORKED_ON, Story, person_of, story_of
from hub.support.codes import (
    ALONG,
    CONTACTS,
    DISTRICTS,
    ENDED,
    KINDS,
    OUTCOMES,
    PLAN_STATUSES,
    RESULTS,
    STATUSES,
    TEAM,
    THEMES,
)
from hub.support.counted import places_of
from hub.support.ends import may_go_on
from hub.support.without_yes import Allowed, allowed_without_yes

REASON: Final = "To support you, as the team that helps you now"
OUTREACH: Final = "assertive-outreach"


def build_router(parts: Parts) -> APIRouter:
    """`/support/cases/<id>`, and `look` below it."""
    router, pages = PageRouter(parts.pages, f"/{TEAM}/cases"), parts.pages
    looking = Looking(parts.gateway, parts.partners, parts.clock)

    @router.page("/{case_id}")
    async def case_page(request: Request, case_id: str) -> Response:
        entered = parts.doors.enter(request, TEAM)
        return await shown(request, entered, case_id, look=False)

    @router.posted("/{case_id}/look")
    async def look_once(request: Request, case_id: str) -> Response:
        # Answered itself, without going on to another page: what was seen is nowhere to be fetched from again.
        entered, _ = await parts.doors.posted(request, TEAM)
        return await shown(request, entered, case_id, look=True)

    async def shown(request: Request, entered: Entered, case_id: str, *, look: bool) -> Response:
        now = parts.clock.now()
        story = await parts.database.read(lambda session: story_of(session, entered.who, case_id, now))
        case, seen = story.case, None
        allowed: Allowed | None = None
        if story.standing == "open":
            if look:
                seen = await looking.look(entered.session, person_of(case), case.purpose, REASON)
            if case.purpose == OUTREACH:
                allowed = await allowed_without_yes(parts.gateway, entered.session.token, case.purpose)
        return pages.page(
            request,
            "support/case.html",
            viewer=entered.viewer,
            back=f"/{TEAM}",
            story=story,
            case=case,
            kind=KINDS[case.purpose],
            works=case.state in WORKED_ON,
            places=places_of(case, parts.places.wards, now),
            themes=THEMES,
            may_go_on=may_go_on(case, now),
            look=seen,
            allowed=allowed,
            waiting=_waiting(story),
            title_of=parts.partners.title,
            today=london_day(now),
            over=ENDED,
            kinds=KINDS,
            along=ALONG,
            contacts=CONTACTS,
            results=RESULTS,
            districts=DISTRICTS,
            outcomes=OUTCOMES,
            in_words=in_words,
            statuses=STATUSES,
            plan_statuses=PLAN_STATUSES,
        )

    return router


def _waiting(story: Story) -> tuple[str, ...]:
    """Which steps of the referral the gateway has not been told yet."""
    return tuple(one.kind for one in story.told if one.state in {"not-sent-yet", "sign-in-needed", "failed"})
