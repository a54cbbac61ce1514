"""The one page of a case: who the person is, what matters to them, home and health as far as permitted, and what is done.

It opens with what the team keeps, from the hub's database. What others hold is asked from the gateway only when somebody
presses for it, for this one answer, in the signed-in practitioner's name and by their own employer's handle: each look
stands in the person's history, so none happens by the way. It is in no table, log or cache of ours.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from hub.doors import Entered
from hub.gateway import GatewayAwayError, GatewayRefusedError, TokenNotGoodError
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
from hub.interact.counted import places_of
from hub.interact.sharing import case_router, members_of, person_for
from hub.looking import Look, Looking
from hub.pages.words import london_day
from hub.parts import Parts

PERSON: Final = frozenset({"identity", "contact", "communication-needs"})
OWN_STORY: Final = frozenset({"my-story"})
OTHERS: Final = frozenset(
    {"involved-services", "support-plan", "support-network", "household", "social-care"}
)
REASON: Final = "To help you with your home and your health, as the team that you agreed to"


def build_router(parts: Parts) -> APIRouter:
    """`/interact/cases/<id>`, and `look` below it."""
    router, pages = case_router(parts), parts.pages
    looking = Looking(parts.gateway, parts.partners, parts.clock)

    @router.page("/{case_id}")
    async def case_page(request: Request, case_id: str) -> Response:
        return await page(request, parts.doors.enter(request, TEAM), case_id, may_look=False)

    @router.page("/{case_id}/look")
    async def opened_anew(request: Request, case_id: str) -> Response:
        # The address of a look, come back to: the page opens as ever, and nothing is looked at.
        parts.doors.enter(request, TEAM)
        return pages.go(f"/{TEAM}/cases/{case_id}")

    @router.posted("/{case_id}/look")
    async def look_once(request: Request, case_id: str) -> Response:
        # Answered itself, without going on to another page: what was seen is nowhere to be fetched from again.
        entered, _ = await parts.doors.posted(request, TEAM)
        return await page(request, entered, case_id, may_look=True)

    async def page(request: Request, entered: Entered, case_id: str, *, may_look: bool) -> Response:
        story = await parts.database.read(lambda session: story_of(session, case_id))
        # Whoever is not helped any more is not looked at any more, even where a permission still ran.
        is_looked_at = story.case.state in OPEN and not story.stopped
        look = await look_at(entered, story) if may_look and is_looked_at else None
        return pages.page(
            request,
            "interact/case.html",
            viewer=entered.viewer,
            back=f"/{TEAM}",
            story=story,
            case=story.case,
            is_open=story.case.state in OPEN,
            places=places_of(story.case, parts.places.wards, parts.clock.now()),
            is_looked_at=is_looked_at,
            look=look,
            parts=split(look),
            title_of=parts.partners.title,
            today=london_day(parts.clock.now()),
            members=members_of(story.case, story.shared_with, parts.partners.team(TEAM)),
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

    async def look_at(entered: Entered, story: Story) -> Look:
        if not entered.session.token.good_at(parts.clock.now()):
            return Look("sign-in")
        try:
            person = await person_for(parts, entered, story.case)
        except GatewayAwayError:
            return Look("away")
        except TokenNotGoodError:
            return Look("sign-in")
        except GatewayRefusedError as error:
            return Look("refused", told=error.detail)
        return await looking.look(entered.session, person, PURPOSE, REASON)

    return router


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
