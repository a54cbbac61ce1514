"""The triage list in the database: each function is work for one transaction of `Database.read` or `.write`."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlmodel import Session, col, delete, select

from hub.errors import NotHereError
from hub.front_door.concerns import Concern
from hub.front_door.counted import forget_place, place_chosen, tell
from hub.front_door.reading import moment_of
from hub.front_door.tables import Done, Handle, Item, Person, Saying
from hub.front_door.vocabulary import ANSWER_WITHIN
from hub.outbox import Told, told_of
from hub.sessions import Practitioner

# No sign that is mistaken for another when it is read out.
_SIGNS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
SAID_KEPT: Final = timedelta(days=30)
ITEM_KEPT: Final = timedelta(days=365)
"""The agreements: 1 year after triage closes."""
SAYING_KEPT: Final = timedelta(days=14)
"""A consent may be told to the gateway so long after it was said, and no longer."""
SENT_KEPT: Final = timedelta(days=1)
DAY_ENDS: Final = time(17)


@dataclass(frozen=True, slots=True)
class Whole:
    """An item with its people, what was done, and what became of referrals. handles: (person, organisation) -> handle."""

    item: Item
    people: tuple[Person, ...]
    handles: dict[tuple[str, str], str]
    done: tuple[Done, ...]
    told: tuple[Told, ...]


def new_id() -> str:
    """A random name for a record; it stands in addresses and says nothing."""
    return secrets.token_urlsafe(12)


def new_reference() -> str:
    """What a sender is told: six signs to read out."""
    return "".join(secrets.choice(_SIGNS) for _ in range(6))


def add(
    session: Session,
    concern: Concern,
    channel: str,
    organisation: str | None,
    now: datetime,
    *,
    place_may_be_counted: bool = False,
) -> Item:
    """Put the concern on the list; one whose form was sent before is the same item."""
    known = session.exec(select(Item).where(Item.entry == concern.entry)).first()
    if known is not None:
        return known
    item = Item(
        id=new_id(),
        reference=_free_reference(session),
        entry=concern.entry,
        channel=channel,
        organisation=organisation,
        about=concern.about,
        agreed=concern.agreed,
        themes=",".join(concern.themes),
        soon=concern.soon,
        words=concern.words,
        name=concern.name,
        reach=concern.reach,
        whose=concern.whose,
        safe=concern.safe,
        arrived_at=now,
        due_at=now + ANSWER_WITHIN[concern.soon],
        place_may_be_counted=place_may_be_counted,
    )
    session.add(item)
    session.flush()
    tell(session, item, organisation, now, "need")
    return item


def waiting(session: Session) -> tuple[Item, ...]:
    """All that are not closed, what is due first on top."""
    return tuple(session.exec(select(Item).where(Item.state != "closed").order_by(col(Item.due_at))))


def item_of(session: Session, name: str) -> Item:
    """The item. Raises `NotHereError`."""
    found = session.get(Item, name)
    if found is None:
        raise NotHereError("item")
    return found


def whole(session: Session, name: str, feature: str) -> Whole:
    """The item with all that belongs to it. Raises `NotHereError`."""
    item = item_of(session, name)
    people = tuple(session.exec(select(Person).where(Person.item == name).order_by(col(Person.added_at))))
    handles = session.exec(select(Handle).where(col(Handle.person).in_([one.id for one in people])))
    done = tuple(session.exec(select(Done).where(Done.item == name).order_by(col(Done.id))))
    by_person = {(one.person, one.organisation): one.handle for one in handles}
    return Whole(item, people, by_person, done, told_of(session, feature, name))


def note(
    session: Session,
    item: Item,
    now: datetime,
    by: str,
    what: str,
    words: str = "",
    entry: str | None = None,
) -> None:
    """Write down that something was done. entry: the id of the form by which it was."""
    session.add(Done(item=item.id, at=now, by=by, what=what, note=words, entry=entry))


def was_done(session: Session, entry: str) -> bool:
    """Whether this very form was sent before."""
    return session.exec(select(Done.id).where(Done.entry == entry)).first() is not None


def claim(session: Session, name: str, who: Practitioner, seen: str, now: datetime, by: str) -> bool:
    """Take the item on. seen: who had it when the page was written; False where that changed meanwhile."""
    item = item_of(session, name)
    if item.state == "closed" or (item.owner_subject or "") != seen:
        return is_owner(item, who)
    item.state = "taken"
    item.owner_organisation, item.owner_subject, item.owner_name = who.organisation, who.subject, by
    note(session, item, now, by, "claimed")
    return True


def release(session: Session, name: str, who: Practitioner, now: datetime, by: str) -> None:
    """Give the item back to the list; whoever does not have it changes nothing."""
    item = item_of(session, name)
    if is_owner(item, who):
        item.state, item.owner_organisation, item.owner_subject, item.owner_name = "new", None, None, None
        note(session, item, now, by, "released")


def agrees_now(session: Session, name: str, who: Practitioner, now: datetime, by: str) -> None:
    """The person knows by now and wants help: from here on they can be found, asked and referred. Only for who has it."""
    item = item_of(session, name)
    if is_owner(item, who) and item.agreed != "yes":
        item.agreed = "yes"
        note(session, item, now, by, "agreed")


def set_next(
    session: Session, name: str, who: Practitioner, words: str, on: date, now: datetime, by: str
) -> None:
    """Write down the next step: the item's clock runs until the end of that working day. Only for who has it."""
    item = item_of(session, name)
    if is_owner(item, who):
        item.next_step, item.next_on, item.due_at = words, on, moment_of(on, DAY_ENDS)
        note(session, item, now, by, "next", words)


def choose_place(
    session: Session, name: str, who: Practitioner, place: str, wards: Mapping[str, str], now: datetime
) -> None:
    """Keep where the person lives, for the count alone. Only for who has it."""
    item = item_of(session, name)
    if is_owner(item, who):
        place_chosen(session, item, place, wards, now)


def close(
    session: Session, name: str, who: Practitioner, outcome: str, now: datetime, by: str
) -> Item | None:
    """Close the item; gives it where that was done now. Only for who has it."""
    item = item_of(session, name)
    if not is_owner(item, who):
        return None
    item.state, item.outcome, item.closed_at = "closed", outcome, now
    item.next_step, item.next_on = None, None
    note(session, item, now, by, "closed")
    tell(session, item, who.organisation, now, "outcome")
    forget_place(item)
    return item


def is_owner(item: Item, who: Practitioner) -> bool:
    """Whether the practitioner has the item in hand."""
    return item.state == "taken" and (item.owner_organisation, item.owner_subject) == (
        who.organisation,
        who.subject,
    )


def add_person(
    session: Session, name: str, called: str, organisation: str, handle: str, now: datetime, by: str
) -> str:
    """Add one more person to the item, known to this organisation by this handle; gives the person's id here."""
    item = item_of(session, name)
    person = Person(id=new_id(), item=name, called=called, added_at=now)
    session.add(person)
    session.flush()
    session.add(Handle(person=person.id, organisation=organisation, handle=handle))
    note(session, item, now, by, "person", called)
    return person.id


def person_of(session: Session, name: str, person: str) -> Person:
    """The person of this very item. Raises `NotHereError`."""
    found = session.get(Person, person)
    if found is None or found.item != name:
        raise NotHereError("person")
    return found


def know_person(session: Session, name: str, person: str, organisation: str, handle: str) -> None:
    """Another organisation of the hub found the person too: by a handle of its own."""
    person_of(session, name, person)
    session.merge(Handle(person=person, organisation=organisation, handle=handle))


def sweep(session: Session, now: datetime) -> int:
    """Delete what is past its end; gives how many rows.

    30 days after closing: what was said, how to reach somebody, the people and their handles. A year after: the rest.
    What was written down of a spoken yes or no: a day after it was sent, and 14 days after it was begun in any case.
    """
    gone = 0
    ended = select(Saying).where(
        (col(Saying.changed_at) < now - SENT_KEPT) & (col(Saying.state) == "sent")
        | (col(Saying.started_at) < now - SAYING_KEPT)
    )
    for saying in session.exec(ended).all():
        session.delete(saying)
        gone += 1
    closed = select(Item).where(Item.state == "closed", col(Item.closed_at) < now - SAID_KEPT)
    for item in session.exec(closed).all():
        if item.said_gone_at is None:
            gone += _forget_said(session, item, now)
        if item.closed_at is not None and item.closed_at < now - ITEM_KEPT:
            session.exec(delete(Done).where(col(Done.item) == item.id))
            session.flush()
            session.delete(item)
            gone += 1
    return gone


def _forget_said(session: Session, item: Item, now: datetime) -> int:
    item.words = item.name = item.reach = item.safe = ""
    item.said_gone_at = now
    people = [one.id for one in session.exec(select(Person).where(Person.item == item.id))]
    for table in (Saying, Handle):
        session.exec(delete(table).where(col(table.person).in_(people)))
    session.exec(delete(Saying).where(col(Saying.item) == item.id))
    session.exec(delete(Person).where(col(Person.item) == item.id))
    for done in session.exec(select(Done).where(Done.item == item.id)):
        # A next step or a person's name here may tell who somebody is.
        done.note = ""
    return 1 + len(people)


def _free_reference(session: Session) -> str:
    while True:
        reference = new_reference()
        if session.exec(select(Item.id).where(Item.reference == reference)).first() is None:
            return reference
