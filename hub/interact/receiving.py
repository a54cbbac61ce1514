"""A referral that arrived becomes a case, in the transaction that keeps the referral."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlmodel import Session

from hub.interact.tables import Case
from hub.received import Received


def receive(session: Session, received: Received, now: datetime) -> None:
    """Make the case. See `hub.parts.Feature.receive`."""
    referral, content = received.referral, received.content
    about = content.about
    session.add(
        Case(
            id=new_id(),
            referral=referral.id,
            organisation=referral.to,
            sender=referral.sender,
            person=received.person,
            name=about.name,
            birth_date=about.birth_date,
            nhs_number=about.nhs_number,
            telephone=about.telephone,
            email=about.email,
            address=about.address,
            safe_contact=about.safe_contact,
            preferred_language=about.preferred_language,
            needs=about.needs,
            why=content.why,
            what_matters=content.what_matters,
            themes=",".join(referral.themes),
            urgency=referral.urgency,
            arrived_at=now,
        )
    )


def new_id() -> str:
    """A random name for a record; it stands in addresses and says nothing."""
    return secrets.token_urlsafe(12)
