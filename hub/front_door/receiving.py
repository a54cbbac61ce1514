"""A referral for triage that arrived becomes an item of the list, in the transaction that keeps the referral."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlmodel import Session

from hub.front_door import items
from hub.front_door.concerns import Concern
from hub.front_door.counted import tell
from hub.front_door.tables import Handle, Person
from hub.places.choosing import came_with_a_place
from hub.received import Received

OURSELVES: Final = "The gateway"


def receive(session: Session, received: Received, now: datetime) -> None:
    """Make the item. See `hub.parts.Feature.receive`. The person agreed: without that nobody is referred."""
    referral, about = received.referral, received.content.about
    reach = "\n".join(one for one in (about.telephone, about.email, about.address) if one)
    concern = Concern(
        entry=referral.id,
        about="other",
        agreed="yes",
        themes=referral.themes,
        soon=referral.urgency,
        words="\n".join(
            one for one in (received.content.why, received.content.what_matters, about.needs) if one
        ),
        name=about.name,
        reach=reach,
        whose="theirs",
        safe=about.safe_contact or "",
    )
    item = items.add(
        session,
        concern,
        "referral",
        referral.to,
        now,
        place_may_be_counted=came_with_a_place(about.address),
    )
    item.referral = referral.id
    person = Person(id=items.new_id(), item=item.id, called=about.name, added_at=now)
    session.add(person)
    session.flush()
    session.add(Handle(person=person.id, organisation=referral.to, handle=received.person))
    items.note(session, item, now, OURSELVES, "came")
    tell(session, item, referral.to, now, "referral")
