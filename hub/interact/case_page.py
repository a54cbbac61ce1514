"""The one page of a case: who the person is, what matters to them, home and health as far as permitted, and what is done.

What the team keeps comes from the hub's database. What others hold is asked from the gateway for this one answer, in the
signed-in practitioner's name, and is in no table, log or cache of ours.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from hub.doors import Entered
from hub.interact.cases import OPEN, Story, story_of
from hub.interact.codes import (
    MEASURES,
    OUTCOMES,
    PLAN_STATUSES,
    PURPOSE,
    REASONS,
    SEEN,
    STATUSES,
    TEAM,
    THEMES,
    URGENCIES,
    VISIT,
)
from hub.interact.tables import Case
from hub.looking import Look, Looking, Person
from hub.pages.routing import page_router
from hub.pages.words import london_day
from hub.parts import Parts

PERSON: Final = frozenset({"identity", "contact", "communication-needs"})
OWN_STORY: Final = frozenset({"my-story"})
OTHERS: Final = frozenset(
    {"involved-services", "support-plan", "support-network", "household", "social-care"}
)
REASON: Final = "To help you with your home and your health, as the team that you agreed to"


def build_router(parts: Parts) -> APIRouter:
    """`/interact/cases/<id>`."""
    router, pages = page_router(parts.pages, f"/{TEAM}/cases"), parts.pages
    looking = Looking(parts.gateway, parts.partners, parts.clock)

    @router.get("/{case_id}", response_class=Response)
    async def case_page(request: Request, case_id: str) -> Response:
        entered = parts.doors.enter(request, TEAM)
        story = await parts.database.read(lambda session: story_of(session, case_id))
        look = await look_at(entered, story)
        return pages.page(
            request,
            "interact/case.html",
            viewer=entered.viewer,
            back=f"/{TEAM}",
            story=story,
            case=story.case,
            is_open=story.case.state in OPEN,
            look=look,
            parts=split(look),
            title_of=parts.partners.title,
            today=london_day(parts.clock.now()),
            members=parts.partners.team(TEAM).members,
            visits=VISIT,
            seen=SEEN,
            measures=MEASURES,
            outcomes=OUTCOMES,
            themes=THEMES,
            urgencies=URGENCIES,
            statuses=STATUSES,
            reasons=REASONS,
            plan_statuses=PLAN_STATUSES,
        )

    async def look_at(entered: Entered, story: Story) -> Look | None:
        # Whoever is not helped any more is not looked at any more, even where a permission still ran.
        if story.case.state not in OPEN or story.stopped:
            return None
        return await looking.look(entered.session, person_of(story.case), PURPOSE, REASON)

    return router


def person_of(case: Case) -> Person:
    """What the case knows of the person, to look by."""
    return Person(
        organisation=case.organisation,
        handle=case.person,
        nhs_number=case.nhs_number,
        name=case.name,
        birth_date=case.birth_date,
        address=case.address,
    )


def split(look: Look | None) -> dict[str, object]:
    """What was shown, in the order of the page's questions."""
    if look is None or look.shown is None:
        return {"person": (), "story": (), "others": (), "home": ()}
    shown = look.shown
    return {
        "person": shown.only(PERSON),
        "story": shown.only(OWN_STORY),
        "others": shown.only(OTHERS),
        "home": shown.without(PERSON | OWN_STORY | OTHERS),
    }
