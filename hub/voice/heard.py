"""What was said, at rest: kept, read by the team, sorted, and ended. Each function is one piece of work in a transaction."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Final

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.errors import NotHereError
from hub.voice.codes import digest_of
from hub.voice.saying import Said
from hub.voice.settings import VoiceSettings
from hub.voice.tables import Heard, Item
from hub.voice.vocabulary import TOO_LATE

UNREAD_MAXIMUM: Final = 5_000


@dataclass(frozen=True, slots=True)
class CodeAnswer:
    """What a code opens. state: unread, read, listed, too-late, or a reason why it is not on the list.

    status, answer, owner: of the public thing on the list, where state is `listed`.
    """

    state: str
    status: str = ""
    answer: str = ""
    owner: str = ""


class Keeping(Enum):
    """Whether something was kept. TAKEN: its code stands for something else already. FULL: too much waits to be read."""

    KEPT = "kept"
    TAKEN = "taken"
    FULL = "full"


def keep(
    session: Session, said: Said, today: date, settings: VoiceSettings, taken_by: str | None = None
) -> Keeping:
    """Keep what was said, if there is room for it. The same words under the same code are kept once."""
    digest = None if said.code is None else digest_of(said.code)
    known = None if digest is None else _by_code(session, digest)
    if known is not None:
        return Keeping.KEPT if known.words == said.words else Keeping.TAKEN
    if unread_count(session) >= UNREAD_MAXIMUM:
        return Keeping.FULL
    session.add(
        Heard(
            id=secrets.token_urlsafe(12),
            channel=said.channel,
            about=said.about,
            words=said.words,
            people=said.people,
            said_on=said.said_on,
            out_of_hours=said.out_of_hours,
            taken_by=taken_by,
            words_end=today + timedelta(days=settings.keep_words_days),
            code=digest,
            code_ends=today + timedelta(days=settings.keep_codes_days),
        )
    )
    return Keeping.KEPT


def answer_of(session: Session, code: str) -> CodeAnswer | None:
    """What the code opens; None for a code that is not known (any more)."""
    heard = _by_code(session, digest_of(code))
    if heard is None:
        return None
    if heard.state == "new":
        return CodeAnswer("unread")
    if heard.aside is not None:
        return CodeAnswer(heard.aside)
    item = session.get(Item, heard.item)
    if item is None or not item.public:
        return CodeAnswer("read")
    return CodeAnswer("listed", item.status, item.answer, item.owner)


def unread(session: Session) -> Sequence[Heard]:
    """What nobody has sorted, by when its words end."""
    found = select(Heard).where(Heard.state == "new").order_by(col(Heard.words_end), col(Heard.said_on))
    return session.exec(found).all()


def unread_count(session: Session) -> int:
    """How many things wait to be sorted."""
    return session.exec(select(func.count()).where(col(Heard.state) == "new")).one()


def found(session: Session, name: str) -> Heard:
    """The thing that was said with this id. Raises `NotHereError`."""
    heard = session.get(Heard, name)
    if heard is None:
        raise NotHereError("heard")
    return heard


def of_item(session: Session, item: str) -> Sequence[Heard]:
    """What was said about a thing on the list, the newest first."""
    chosen = select(Heard).where(Heard.item == item).order_by(col(Heard.said_on).desc())
    return session.exec(chosen).all()


def words_of_item(session: Session, item: str) -> tuple[str, ...]:
    """The words at rest that were said about a thing on the list."""
    return tuple(one.words for one in of_item(session, item) if one.words is not None)


def put_on_list(heard: Heard, item: str) -> None:
    """It is said by this thing on the list."""
    heard.state, heard.item, heard.aside = "listed", item, None


def set_aside(heard: Heard, reason: str) -> None:
    """It goes on no list."""
    heard.state, heard.item, heard.aside = "aside", None, reason


def replace_words(heard: Heard, words: str) -> None:
    """Take out what shows who it is; without any words left, their end is now."""
    heard.words = words or None
    if not words:
        heard.taken_by = None


def sweep(session: Session, today: date) -> int:
    """End the words, and the codes, whose day has come. Gives how many rows changed."""
    ending = session.exec(
        select(Heard).where(
            (col(Heard.words_end) <= today) & (col(Heard.words).is_not(None) | (col(Heard.state) == "new"))
            | (col(Heard.code_ends) <= today) & col(Heard.code).is_not(None)
        )
    ).all()
    for heard in ending:
        if heard.words_end <= today:
            replace_words(heard, "")
            if heard.state == "new":
                set_aside(heard, TOO_LATE)
        if heard.code_ends <= today:
            heard.code = None
        session.add(heard)
    return len(ending)


def _by_code(session: Session, digest: str) -> Heard | None:
    return session.exec(select(Heard).where(Heard.code == digest)).first()
