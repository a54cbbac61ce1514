"""What must reach the gateway, and does, once: written in the transaction of the change it follows from, sent afterwards.

1. A handler calls `put` inside its own `Database.write`: change and row are committed together, or neither is.
2. `send_due` tries each waiting row, the oldest of a referral first. The row's key is the Idempotency-Key and its body the
   same bytes each time, so a try whose answer was lost is answered alike and delivers nothing twice.
3. The answer is written down in one transaction. Killed before, the row is still waiting: see 2.

A row that carries a practitioner's act goes with that practitioner's own token, which rests nowhere: while they are not
signed in, it waits and says so. An unreachable gateway is tried again after 5 s, 10 s, 20 s ... up to 10 minutes. A referral
that could not be sent within 14 days is given up and what it says deleted: the gateway takes no agreement that was given
longer ago, and remembers keys for longer than that, so no late try delivers twice.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import orjson
import structlog
from pydantic import TypeAdapter
from sqlmodel import Session, col, select, text

from hub.clock import Clock
from hub.database import Database
from hub.gateway import Gateway, GatewayAwayError, GatewayRefusedError, TokenNotGoodError
from hub.gateway_answers import Demographics, Referral
from hub.oidc import ProviderAwayError
from hub.tables import Outgoing
from hub.tokens import Token

Kind = Literal["send", "accept", "refuse", "close", "withdraw", "hold", "release"]

FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(minutes=10)
GIVEN_UP_AFTER: Final = timedelta(days=14)
TOO_LATE: Final = "too-late"
SIGN_IN: Final = "sign-in-needed"
AWAY: Final = "away"
BATCH: Final = 50

log = structlog.get_logger("hub.outbox")


@dataclass(frozen=True, slots=True)
class Told:
    """What is true of a row, for its sender's page. state: not-sent-yet, sign-in-needed, failed, or the gateway's status."""

    key: str
    kind: str
    state: str
    reason: str | None
    at: datetime
    referral: str | None


def put(
    session: Session,
    now: datetime,
    *,
    kind: Kind,
    organisation: str,
    subject: str | None,
    feature: str,
    record: str,
    body: Mapping[str, object],
    referral: str | None = None,
    trace: Demographics | str | None = None,
) -> str:
    """Have it sent, once this transaction is committed; gives the row's key.

    body: of the API's call. referral: for what happens to one. kind hold, release: that the organisation holds this record
    for others to ask for, or no more. trace: for `hold`, who it is about; for `send`, by what the sender's own handle of
    the person is asked first, at each try: handles are the same every time, and so the call's bytes are.
    """
    key = secrets.token_urlsafe(24)
    session.add(
        Outgoing(
            key=key,
            kind=kind,
            organisation=organisation,
            subject=subject,
            feature=feature,
            record=record,
            referral=referral,
            body=orjson.dumps(_Call(body, trace)).decode(),
            made_at=now,
            next_at=now,
        )
    )
    return key


def told(row: Outgoing) -> Told:
    """What is true of the row now."""
    if row.state == "waiting":
        state = SIGN_IN if row.problem == SIGN_IN else "not-sent-yet"
    elif row.state == "failed":
        state = "failed"
    else:
        state = row.status or "sent"
    at = row.changed_at or row.sent_at or row.made_at
    return Told(row.key, row.kind, state, row.problem if state == "failed" else row.reason, at, row.referral)


def told_of(session: Session, feature: str, record: str) -> tuple[Told, ...]:
    """All that was to be sent about one record of a feature, oldest first."""
    rows = session.exec(
        select(Outgoing)
        .where(Outgoing.feature == feature, Outgoing.record == record)
        .order_by(col(Outgoing.made_at), text("rowid"))
    )
    return tuple(told(row) for row in rows)


def forget(session: Session, feature: str, record: str) -> None:
    """Delete all that was sent about a record that is deleted itself."""
    rows = session.exec(select(Outgoing).where(Outgoing.feature == feature, Outgoing.record == record)).all()
    for row in rows:
        session.delete(row)


@dataclass(frozen=True, slots=True)
class Outbox:
    """Sends what waits. tokens: the token for (organisation, subject), None while that person is not signed in."""

    database: Database
    gateway: Gateway
    clock: Clock
    tokens: Callable[[str, str | None], Awaitable[Token | None]]

    async def send_due(self) -> int:
        """Try everything that is due; gives how many arrived. One at a time: the order within a referral matters."""
        arrived = 0
        while True:
            now = self.clock.now()
            await self.database.write(lambda session, now=now: _give_up(session, now))  # type: ignore[misc] # as below
            rows = await self.database.read(lambda session, now=now: _due(session, now))  # type: ignore[misc] # mypy cannot infer a lambda's default
            more = sum([await self._try(row) for row in rows])
            arrived += more
            # What waited behind something that arrived may go now.
            if not more:
                return arrived

    async def wake(self, organisation: str, subject: str) -> None:
        """Somebody signed in: what waits for them is due now."""
        now = self.clock.now()
        await self.database.write(lambda session: _wake(session, organisation, subject, now))

    async def note_status(self, referral: Referral) -> None:
        """Write down what became of a referral that was sent from here."""
        await self.database.write(lambda session: _note(session, referral))

    async def _try(self, row: Outgoing) -> bool:
        try:
            token = await self.tokens(row.organisation, row.subject)
            if token is None:
                return await self._later(row, SIGN_IN)
            referral, status = await self._call(row, token)
        except (GatewayAwayError, ProviderAwayError):
            return await self._later(row, AWAY)
        except TokenNotGoodError:
            return await self._later(row, SIGN_IN)
        except GatewayRefusedError as error:
            if row.kind != "send" and error.state is not None:
                # It is in another state already, e.g. the person stopped it: that is the truth to tell.
                return await self._done(row, row.referral, error.state)
            log.warning("outgoing-refused", kind=row.kind, problem=error.kind)
            return await self._failed(row, error.kind)
        return await self._done(row, referral, status)

    async def _call(self, row: Outgoing, token: Token) -> tuple[str | None, str]:
        call = _READER.validate_json(row.body)
        body = dict(call.body)
        if row.kind == "send":
            if call.trace is not None:
                body["person"] = await self.gateway.trace(token, call.trace)
            sent = await self.gateway.send_referral(token, orjson.dumps(body), row.key)
            return sent.id, sent.status
        if row.kind in {"hold", "release"}:
            return None, await self._point(row, call, token)
        name = str(row.referral)
        if row.kind == "accept":
            await self.gateway.accept(token, name)
            return name, "accepted"
        if row.kind == "refuse":
            await self.gateway.refuse(token, name, str(body["reason"]))
            return name, "refused"
        if row.kind == "close":
            await self.gateway.close_referral(token, name, body["outcomes"])
            return name, "closed"
        await self.gateway.withdraw(token, name)
        return name, "withdrawn"

    async def _point(self, row: Outgoing, call: _Call, token: Token) -> str:
        reference = f"{row.feature}:{row.record}"
        if row.kind == "release" or call.trace is None:
            await self.gateway.release(token, reference)
            return "released"
        await self.gateway.hold(token, reference, call.trace)
        return "held"

    async def _done(self, row: Outgoing, referral: str | None, status: str) -> bool:
        now = self.clock.now()

        def work(session: Session) -> bool:
            kept = session.get_one(Outgoing, row.key)
            kept.state, kept.problem, kept.sent_at, kept.changed_at = "sent", None, now, now
            kept.referral, kept.status = referral, status
            # The gateway has it: what it says rests here no longer than it must.
            kept.body = ""
            return True

        return await self.database.write(work)

    async def _failed(self, row: Outgoing, problem: str) -> bool:
        now = self.clock.now()

        def work(session: Session) -> bool:
            kept = session.get_one(Outgoing, row.key)
            kept.state, kept.problem, kept.changed_at, kept.body = "failed", problem, now, ""
            return False

        return await self.database.write(work)

    async def _later(self, row: Outgoing, problem: str) -> bool:
        now = self.clock.now()

        def work(session: Session) -> bool:
            kept = session.get_one(Outgoing, row.key)
            kept.tries += 1
            kept.problem = problem
            kept.next_at = now + pause(kept.tries)
            return False

        return await self.database.write(work)


@dataclass(frozen=True, slots=True, repr=False)
class _Call:
    """What a row's `body` holds, as JSON."""

    body: Mapping[str, Any]
    trace: Demographics | str | None = None


_READER: Final = TypeAdapter(_Call)


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(tries - 1, 10)))


def _due(session: Session, now: datetime) -> tuple[Outgoing, ...]:
    # Two of one transaction have one time: the row's number tells which was written first.
    waiting = session.exec(
        select(Outgoing).where(Outgoing.state == "waiting").order_by(col(Outgoing.made_at), text("rowid"))
    ).all()
    seen: set[str] = set()
    due = []
    for row in waiting:
        # An acceptance goes before the closing of the same referral, whatever their pauses are.
        line = row.referral or f"{row.feature}:{row.record}"
        if line in seen:
            continue
        seen.add(line)
        if row.next_at <= now:
            due.append(row)
    return tuple(due[:BATCH])


def _give_up(session: Session, now: datetime) -> None:
    rows = session.exec(
        select(Outgoing).where(
            Outgoing.state == "waiting",
            Outgoing.kind == "send",
            col(Outgoing.made_at) <= now - GIVEN_UP_AFTER,
        )
    )
    for row in rows:
        row.state, row.problem, row.changed_at, row.body = "failed", TOO_LATE, now, ""


def _wake(session: Session, organisation: str, subject: str, now: datetime) -> None:
    rows = session.exec(
        select(Outgoing).where(
            Outgoing.state == "waiting",
            Outgoing.organisation == organisation,
            Outgoing.subject == subject,
        )
    )
    for row in rows:
        row.next_at, row.tries, row.problem = now, 0, None


def _note(session: Session, referral: Referral) -> None:
    row = session.exec(
        select(Outgoing).where(Outgoing.kind == "send", Outgoing.referral == referral.id)
    ).first()
    if row is not None:
        row.status, row.reason, row.changed_at = referral.status, referral.reason, referral.changed_at
