"""How a case begins: by a handover that arrived through the gateway, or by a worker who meets somebody."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from hub.gateway_answers import AboutPerson
from hub.pages.words import london_day
from hub.places.choosing import came_with_a_place
from hub.received import Received
from hub.sessions import Practitioner
from hub.support.cases import new_id
from hub.support.codes import KINDS
from hub.support.counted import tell
from hub.support.ends import begun
from hub.support.plan_text import split
from hub.support.plans import begin_with
from hub.support.tables import Case


def receive(session: Session, received: Received, now: datetime) -> None:
    """Make the case, with the plan where one was handed over. See `hub.parts.Feature.receive`.

    Its end is counted from when it was sent: what the person agreed to runs from then, not from when we had time for it.
    """
    referral, content = received.referral, received.content
    why, plan = split(content.why)
    case = _case(content.about, why, content.what_matters, referral.to, referral.purpose, now)
    case.referral, case.sender, case.person = referral.id, referral.sender, received.person
    case.themes = ",".join(referral.themes)
    case.place_may_be_counted = came_with_a_place(content.about.address)
    begun(case, referral.sent_at, london_day(now))
    session.add(case)
    session.flush()
    if plan:
        begin_with(session, case, plan, now, KINDS[case.purpose].title)
    tell(session, case, now, "need", "referral")


def begin(
    session: Session,
    who: Practitioner,
    lead: str,
    about: AboutPerson,
    purpose: str,
    why: str,
    district: str,
    themes: tuple[str, ...],
    now: datetime,
) -> str:
    """Begin with somebody whom the worker meets; gives the case's id. It opens no look: the person is asked first."""
    case = _case(about, why, None, who.organisation, purpose, now)
    case.state, case.lead, case.district = "open", lead, district
    case.themes = ",".join(themes)
    begun(case, now, london_day(now))
    session.add(case)
    tell(session, case, now, "need")
    return case.id


def _case(
    about: AboutPerson, why: str, what_matters: str | None, organisation: str, purpose: str, now: datetime
) -> Case:
    return Case(
        id=new_id(),
        organisation=organisation,
        sender=organisation,
        purpose=purpose,
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
        began_at=now,
    )
