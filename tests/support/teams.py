"""A referral to a team of six bodies, over one way of a request: INTERACT's own agreement decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from consent.permissions import Permission
from gateway.people import trace
from gateway.views.pipeline import view
from gateway.views.values import Ask, View
from tests.support.api import Told, with_callers
from tests.support.referring import SCOPES, Refers, refers
from tests.support.walk import NHS_NUMBER, Walk, caller

PURPOSE: Final = "interact-home-health"
SENDER, RECEIVER = "wensum-valley-practice", "age-well-norfolk"
TEAM: Final[Mapping[str, tuple[str, str]]] = {
    "carys": (SENDER, "care-coordinator"),
    "joy": (RECEIVER, "social-prescriber"),
    "ada": ("norwich-city-council", "housing-officer"),
    "pia": ("norfolk-county-council", "integrated-care-coordinator"),
    "uma": ("harbour-charity", "team-coordinator"),
    "vic": ("norfolk-volunteering", "volunteer-coordinator"),
}
"""Who works in it: the caller's name -> employer and role. Carys sends, Joy receives."""
COLLEAGUES: Final = ("ada", "pia", "uma", "vic")
FURTHER: Final = (SENDER, *(TEAM[who][0] for who in COLLEAGUES))
"""What `sharing.with` names: the sender is one of them."""


def team_of(way: Walk) -> Refers:
    """A gateway whose callers are the team's, one each, and a stranger of the food network."""
    people = {who: caller(at, role, scopes=SCOPES) for who, (at, role) in TEAM.items()}
    alone = {f"{who}-app": replace(one, practitioner=None, role=None) for who, one in people.items()}
    stranger = caller("norwich-food-network", "food-bank-worker", scopes=SCOPES)
    return replace(refers(way), parts=with_callers(way, stranger=stranger, **people, **alone))


def team_body(desk: Refers, **changes: object) -> dict[str, object]:
    """A referral by Carys to Joy's employer, shared with all the others."""
    usual = {
        "to": RECEIVER,
        "purpose": PURPOSE,
        "person": desk.handle(SENDER),
        "sharing": {"with": list(FURTHER), "days": 60},
    }
    return desk.body(**{**usual, **changes})


async def told_to_team(desk: Refers, **changes: object) -> Told:
    """Send it; gives the answer."""
    return await desk.call("POST", "/v1/referrals", "carys", team_body(desk, **changes))


async def sent_to_team(desk: Refers, **changes: object) -> str:
    """Send it; gives its id."""
    told = await told_to_team(desk, **changes)
    assert told.status == 201, told.document
    return str(told.document["id"])


async def closed(desk: Refers, referral: str) -> None:
    """Joy takes it in and on, and closes it."""
    for step, body in (("collection", None), ("acceptance", None), ("closing", {"outcomes": ["adapted"]})):
        assert (await desk.step(referral, step, "joy", body)).status == 200


async def looked(desk: Refers, who: str, handle: str | None = None) -> View:
    """One of the team asks for a view, by the employer's own handle unless another is given."""
    own = desk.handle(TEAM[who][0])
    return await view(
        desk.parts, [who], Ask(handle or own, PURPOSE, None, "to help with the home"), "req_test"
    )


def sections_of(seen: View) -> frozenset[str]:
    """The sections that are shown."""
    return frozenset(one.section for one in seen.sections)


def permissions(desk: Refers) -> dict[str, Permission]:
    """What is in force for the known person, by the one recipient of each."""
    found = {}
    for one in desk.standing():
        (organisation,) = one.recipients
        found[organisation] = one
    return found


def handle_of(desk: Refers, organisation: str, nhs_number: str = NHS_NUMBER) -> str:
    """An organisation's own handle of whoever has the number."""
    return desk.way.home.handles.make(organisation, trace.by_nhs_number(nhs_number))
