"""What public services tell a council under the duty to refer: kept, answered, forgotten. Work for one transaction each.

Only the ways to reach the person come in that they agreed to one by one (Housing Act 1996 s.213B(3)); a number or a day of
birth that somebody sends along is not kept. Each answer and its row of the outbox are one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlmodel import Session, col, select

from hub import outbox
from hub.errors import NotHereError
from hub.front_door.items import new_id, new_reference
from hub.front_door.tables import Came
from hub.front_door.vocabulary import ANSWER_WITHIN, COUNCIL, TOLD_COUNCILS
from hub.happenings import Happening, What, happened
from hub.outbox import Kind, Told, told_of
from hub.pages.words import london_day
from hub.received import Received
from hub.tables import Arrived

KEPT: Final = timedelta(days=56)
"""The agreement: 56 days, or as the housing case where one opens; that case is the council's own, and not here."""
THEMES: Final = ("housing",)
ENDS: Final = ("refused", "closed")
SAID: Final = ("name", "why", "telephone", "email", "address", "safe_contact", "language", "needs")
"""What was said of the person, by column."""


class Answer(Protocol):
    """One answer of the council's, as work for one transaction."""

    def __call__(self, session: Session, *, organisation: str, name: str, by: str, now: datetime) -> None:
        """Give it."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification and what is true of it. is_stopped: the person, or whoever told us, took it back."""

    came: Came
    told: tuple[Told, ...]
    is_stopped: bool

    @property
    def is_open(self) -> bool:
        """Whether somebody still has something to do."""
        return not self.is_stopped and self.came.state not in ENDS


def receive(session: Session, received: Received, now: datetime) -> None:
    """Keep what came. See `hub.parts.Feature.receive`."""
    referral, about = received.referral, received.content.about
    session.add(
        Came(
            id=new_id(),
            reference=_free_reference(session),
            referral=referral.id,
            organisation=referral.to,
            sender=referral.sender,
            came_at=now,
            due_at=now + ANSWER_WITHIN[referral.urgency],
            name=about.name,
            why="\n".join(one for one in (received.content.why, received.content.what_matters) if one),
            telephone=about.telephone or "",
            email=about.email or "",
            address=about.address or "",
            safe_contact=about.safe_contact or "",
            language=about.preferred_language or "",
            needs=about.needs or "",
        )
    )
    _count(session, "referral", referral.to, now)


def notices(session: Session, organisation: str) -> tuple[Notice, ...]:
    """All that came to the organisation: what is open first, what is due first on top; then the rest, newest first."""
    rows = session.exec(select(Came).where(Came.organisation == organisation).order_by(col(Came.due_at)))
    found = [_notice(session, one) for one in rows]
    over = [one for one in found if not one.is_open]
    over.sort(key=lambda one: one.came.came_at, reverse=True)
    return (*(one for one in found if one.is_open), *over)


def notice_of(session: Session, organisation: str, name: str) -> Notice:
    """One that came to this very organisation. Raises `NotHereError`."""
    row = session.get(Came, name)
    if row is None or row.organisation != organisation:
        raise NotHereError("notification")
    return _notice(session, row)


def contacted(session: Session, organisation: str, name: str, by: str, now: datetime) -> None:
    """Somebody got in touch; the sender is told that it was taken on. Said twice, it counts once."""
    _answer(session, organisation, name, by, now, to="contacted", kind="accept", code="")


def refused(session: Session, organisation: str, name: str, by: str, now: datetime, reason: str) -> None:
    """It is not the council's; the sender is told why, and what was said is deleted at once."""
    row = _answer(session, organisation, name, by, now, to="refused", kind="refuse", code=reason)
    if row is not None:
        _forget(row)
        _count(session, "refusal", organisation, now)


def closed(session: Session, organisation: str, name: str, by: str, now: datetime, outcome: str) -> None:
    """It is finished; the sender is told as much as is for them to know."""
    row = _answer(session, organisation, name, by, now, to="closed", kind="close", code=outcome)
    if row is not None:
        _count(session, "outcome", organisation, now)


def sweep(session: Session, now: datetime) -> int:
    """Delete what came 56 days ago, and at once what was said of whoever took it back; gives how many rows."""
    gone = 0
    for row in session.exec(select(Came)).all():
        if row.came_at <= now - KEPT:
            outbox.forget(session, COUNCIL, row.id)
            session.delete(row)
            gone += 1
        elif row.name and _notice(session, row).is_stopped:
            _forget(row)
            gone += 1
    return gone


def _answer(
    session: Session,
    organisation: str,
    name: str,
    by: str,
    now: datetime,
    *,
    to: str,
    kind: Kind,
    code: str,
) -> Came | None:
    """The row, where the answer fits where it stands; None where it was given before, or does not fit any more."""
    found = notice_of(session, organisation, name)
    row = found.came
    if found.is_stopped or row.state != ("contacted" if to == "closed" else "new"):
        return None
    row.state, row.code, row.by, row.changed_at = to, code, by, now
    told = TOLD_COUNCILS.get(code, code)
    bodies: dict[str, dict[str, object]] = {"refuse": {"reason": told}, "close": {"outcomes": [told]}}
    outbox.put(
        session,
        now,
        kind=kind,
        organisation=organisation,
        subject=None,
        feature=COUNCIL,
        record=row.id,
        body=bodies.get(kind, {}),
        referral=row.referral,
    )
    return row


def _notice(session: Session, row: Came) -> Notice:
    arrived, told = session.get(Arrived, row.referral), told_of(session, COUNCIL, row.id)
    back = {"withdrawn", "expired"}
    is_stopped = (arrived is not None and arrived.status in back) or any(one.state in back for one in told)
    return Notice(row, told, is_stopped and row.state not in ENDS)


def _forget(row: Came) -> None:
    for column in SAID:
        setattr(row, column, "")


def _count(session: Session, what: What, organisation: str, now: datetime) -> None:
    happened(session, Happening(what, THEMES, organisation, london_day(now)))


def _free_reference(session: Session) -> str:
    while True:
        reference = new_reference()
        if session.exec(select(Came.id).where(Came.reference == reference)).first() is None:
            return reference
