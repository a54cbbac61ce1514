"""How a case begins: a referral that arrived through the gateway, or what came by a one-time link."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session

from hub.gateway_answers import AboutPerson
from hub.interact.cases import new_id
from hub.interact.codes import HOW
from hub.interact.counted import tell
from hub.interact.referring_form import Said
from hub.interact.sharing import share
from hub.interact.tables import Case
from hub.pages import words
from hub.places.choosing import came_with_a_place
from hub.received import Received


def receive(session: Session, received: Received, now: datetime) -> None:
    """Make the case, in the transaction that keeps the referral. See `hub.parts.Feature.receive`."""
    referral, content = received.referral, received.content
    case = _case(content.about, content.why, content.what_matters, now)
    case.referral, case.organisation, case.sender = referral.id, referral.to, referral.sender
    case.person = received.person
    case.themes, case.urgency = ",".join(referral.themes), referral.urgency
    case.agreed = "Their agreement stands in the gateway."
    case.place_may_be_counted = came_with_a_place(content.about.address)
    session.add(case)
    share(session, case, referral.team)
    tell(session, case, now, "need", "referral")


def begin(
    session: Session, said: Said, organisation: str, sender: str, team: Collection[str], now: datetime
) -> None:
    """Make a case of what a referrer without an account said. None of it went through the gateway: no look is opened."""
    case = _case(said.about, said.why, said.what_matters, now)
    case.organisation, case.sender = organisation, sender
    case.themes, case.urgency = ",".join(said.themes), said.urgency
    case.agreed = f"{HOW[said.how]}, on {words.day(said.said_on)}, as the referrer tells."
    session.add(case)
    share(session, case, said.shared_with(organisation, team))
    tell(session, case, now, "need", "referral")


def _case(about: AboutPerson, why: str, what_matters: str | None, now: datetime) -> Case:
    return Case(
        id=new_id(),
        organisation="",
        sender="",
        urgency="",
        name=about.name,
        birth_date=about.birth_date,
        nhs_number=about.nhs_number,
        telephone=about.telephone,
        email=about.email,
        address=about.address,
        safe_contact=about.safe_contact,
        preferred_language=about.preferred_language,
        needs=about.needs,
        why=why,
        what_matters=what_matters,
        arrived_at=now,
    )
