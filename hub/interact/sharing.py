"""With whom of the team a case is shared, and by which handle each employer knows the person.

The person agreed to the team's organisations by name, or to one alone: then nobody else finds the case. Each of them looks
by a handle of its own, which the gateway gives to it alone, and only when its own practitioner looks: that is a disclosure,
and stands in the person's history. It is kept here, so that it is asked for once.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial

from fastapi import Request
from sqlmodel import Session

from hub.doors import Entered
from hub.errors import NotHereError
from hub.gateway import GatewayRefusedError
from hub.interact.cases import case_of, is_shared_with
from hub.interact.codes import TEAM
from hub.interact.tables import Case, Colleague
from hub.looking import Person
from hub.pages.routing import PageRouter
from hub.partners import Member, Partners, Team
from hub.parts import Parts


def team_of(partners: Partners) -> tuple[str, ...]:
    """The organisations of the team, each once, in the order of its members."""
    return tuple(dict.fromkeys(one.organisation for one in partners.team(TEAM).members))


def share(session: Session, case: Case, organisations: Collection[str]) -> None:
    """Keep with whom else a new case is shared, beside the organisation at which it arrived."""
    case.is_named = True
    for one in organisations:
        if one != case.organisation:
            session.add(Colleague(case_id=case.id, organisation=one))


def members_of(case: Case, shared: Collection[str], team: Team) -> tuple[Member, ...]:
    """Who of the team finds the case. shared: with whom it is shared beside the organisation at which it arrived."""
    return tuple(
        one for one in team.members if not case.is_named or one.organisation in {case.organisation, *shared}
    )


def case_router(parts: Parts) -> PageRouter:
    """For pages of one case, below `/interact/cases`."""
    return PageRouter(parts.pages, f"/{TEAM}/cases", partial(guard, parts))


async def guard(parts: Parts, request: Request) -> None:
    """Let nobody to a page of a case that is not shared with their employer. Raises `NotHereError`, like for none at all."""
    organisation = parts.doors.enter(request, TEAM).who.organisation

    def look(session: Session) -> bool:
        return is_shared_with(session, case_of(session, request.path_params["case_id"]), organisation)

    if not await parts.database.read(look):
        raise NotHereError("case")


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


async def person_for(parts: Parts, entered: Entered, case: Case) -> Person:
    """The same with the handle of the practitioner's own employer, never another's.

    Raises the gateway's errors but for 404: then the gateway does not know the employer as one of the team.
    """
    found, own = person_of(case), entered.who.organisation
    if own == case.organisation or case.referral is None:
        return found
    kept = await parts.database.read(lambda session: session.get(Colleague, (case.id, own)))
    if kept is None:
        return replace(found, handle=None)
    handle = kept.person
    if handle is None:
        handle = await _asked(parts, entered, case.referral)
        if handle is not None:
            await parts.database.write(partial(_keep, case_id=case.id, organisation=own, person=handle))
    return replace(found, organisation=own, handle=handle)


async def _asked(parts: Parts, entered: Entered, referral: str) -> str | None:
    try:
        return (await parts.gateway.of_team(entered.session.token, referral)).person
    except GatewayRefusedError as error:
        if error.status == 404:
            return None
        raise


def _keep(session: Session, case_id: str, organisation: str, person: str) -> None:
    found = session.get(Colleague, (case_id, organisation))
    if found is not None:
        found.person = person
