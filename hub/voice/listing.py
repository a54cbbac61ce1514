"""The partnership's list at rest: things in the team's own words, with owner, status and answer."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.errors import NotHereError
from hub.voice.tables import Heard, Item, Move


@dataclass(frozen=True, slots=True)
class Entry:
    """What an item is to say. All but `theme`, `about` and `status` are texts that somebody typed."""

    theme: str
    about: str
    you_said: str
    status: str
    owner: str
    answer: str
    public: bool


def new_item(session: Session, entry: Entry, today: date, by: str) -> Item:
    """Put a new thing on the list."""
    item = Item(
        id=secrets.token_urlsafe(12),
        theme=entry.theme,
        about=entry.about,
        you_said=entry.you_said,
        status=entry.status,
        owner=entry.owner,
        opened_on=today,
        changed_on=today,
    )
    session.add(item)
    session.flush()
    session.add(Move(item=item.id, status=item.status, on=today, by=by))
    return item


def change(session: Session, item: Item, entry: Entry, today: date, by: str) -> None:
    """Have the item say this. Whoever makes or keeps it public stands for it that nobody can be known by it."""
    if entry.status != item.status:
        session.add(Move(item=item.id, status=entry.status, on=today, by=by))
    item.theme, item.about, item.you_said = entry.theme, entry.about, entry.you_said
    item.status, item.owner, item.answer = entry.status, entry.owner, entry.answer
    item.public, item.changed_on = entry.public, today
    item.checked_by, item.checked_on = (by, today) if entry.public else (None, None)
    session.add(item)


def item_found(session: Session, name: str) -> Item:
    """The thing on the list with this id. Raises `NotHereError`."""
    item = session.get(Item, name)
    if item is None:
        raise NotHereError("item")
    return item


def items(session: Session, *, public_only: bool = False) -> Sequence[Item]:
    """All things on the list, the one that changed last on top."""
    chosen = select(Item).order_by(col(Item.changed_on).desc(), col(Item.opened_on).desc(), col(Item.id))
    return session.exec(chosen.where(col(Item.public)) if public_only else chosen).all()


def people_by_item(session: Session) -> dict[str, int]:
    """How many people said each thing: exact, for the team only."""
    counted = (
        select(Heard.item, func.sum(Heard.people))
        .where(col(Heard.item).is_not(None))
        .group_by(col(Heard.item))
    )
    return {item: int(people) for item, people in session.exec(counted) if item is not None}


def moves(session: Session, item: str) -> Sequence[Move]:
    """How the status of a thing went on, the oldest first."""
    return session.exec(select(Move).where(Move.item == item).order_by(col(Move.id))).all()
