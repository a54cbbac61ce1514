"""What must reach the gateway, and does, once: written in the transaction of the change it follows from, sent afterwards.

1. A handler calls `put` inside its own `Database.write`: change and row are committed together, or neither is.
2. `send_due` tries each waiting row, the oldest of a referral first. The row's key is the Idempotency-Key and its body the
   same bytes each time, so a try whose answer was lost is answered alike and delivers nothing twice.
3. The answer is written down in one transaction. Killed before, the row is still waiting: see 2.

A row that carries a practitioner's act goes with that practitioner's own token, which rests nowhere: while they are not
signed in, it waits and says so. An unreachable gateway is tried again after 5 s, 10 s, 20 s ... up to 10 minutes. A referral
that could not be sent within 14 days is given up and what it says deleted: the gateway takes no agreement that was given
longer ago, and remembers keys for longer than that, so no late try delivers twice.

An answer may be lost although the gateway took the referral, and its sender may not come back to try again. So whatever of
ours is not known to have arrived is looked for in the sender's own list, by the reference that it went with
(hub/outgoing.py): nothing is told to anybody twice, and nothing that arrived is called lost.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, Literal

import orjson
import structlog
from pydantic import TypeAdapter
from sqlmodel import Session, col, select, text

from hub import outgoing
from hub.clock import Clock
from hub.database import Database
from hub.gateway import Gateway, GatewayAwayError, GatewayRefusedError, TokenNotGoodError
from hub.gateway_answers import Demographics, Referral
from hub.oidc import ProviderAwayError
from hub.tables import Outgoing
from hub.tokens import Token

Kind = Literal["send", "accept", "refuse", "close", "withdraw", "hold", "release"]

SIGN_IN: Final = "sign-in-needed"
AWAY: Final = "away"
KEY_USED: Final = "idempotency-key-reused"

log = structlog.get_logger("hub.outbox")


@dataclass(frozen=True, slots=True)
class Told:
    """What is true of a row, for its sender's page. state: not-sent-yet, sign-in-needed, failed, or the gateway's status.

    outcomes: codes of what came of it, once it is closed there; hub/outcomes.py has the words.
    """

    key: str
    kind: str
    state: str
    reason: str | None
    at: datetime
    referral: str | None
    outcomes: tuple[str, ...] = ()


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
    reason = row.problem if state == "failed" else row.reason
    return Told(row.key, row.kind, state, reason, at, row.referral, tuple(row.outcomes.split()))


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


def nothing() -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """Sends what waits. tokens: the token for (organisation, subject), None while that person is not signed in.

    told: called when the gateway took something.
    """

    database: Database
    gateway: Gateway
    clock: Clock
    tokens: Callable[[str, str | None], Awaitable[Token | None]]
    told: Callable[[], None] = nothing

    async def send_due(self) -> int:
        """Try everything that is due; gives how many arrived. One at a time: the order within a referral matters."""
        arrived = 0
        while True:
            now = self.clock.now()
            await self.database.write(partial(outgoing.give_up, now=now))
            more, is_away = await self._try_all(await self.database.read(partial(outgoing.due, now=now)))
            arrived += more
            # What waited behind something that arrived may go now.
            if is_away or not more:
                return arrived

    async def wake(self, organisation: str, subject: str) -> None:
        """Somebody signed in: what waits for them is due now."""
        await self.database.write(
            partial(outgoing.wake, organisation=organisation, subject=subject, now=self.clock.now())
        )

    async def note_status(self, referrals: Iterable[Referral]) -> None:
        """Write down what became of referrals that were sent from here, as their sender's list says."""

        def work(session: Session) -> None:
            for one in referrals:
                outgoing.note(session, one)

        await self.database.write(work)

    async def _try_all(self, rows: Iterable[Outgoing]) -> tuple[int, bool]:
        """How many arrived, and whether the gateway is away: then nobody waits for each of the rest in turn."""
        arrived = 0
        for row in rows:
            try:
                arrived += await self._try(row)
            except GatewayAwayError:
                await self._later(row, AWAY)
                return arrived, True
        return arrived, False

    async def _try(self, row: Outgoing) -> bool:
        """Whether it arrived. Raises `GatewayAwayError`: nobody knows."""
        try:
            token = await self.tokens(row.organisation, row.subject)
            if token is None:
                return await self._later(row, SIGN_IN)
            referral, status = await self._call(row, token)
        except ProviderAwayError:
            return await self._later(row, AWAY)
        except TokenNotGoodError:
            # An organisation's own token is renewed by itself: nobody has to sign in for it.
            return await self._later(row, AWAY if row.subject is None else SIGN_IN)
        except GatewayRefusedError as error:
            if row.kind != "send" and error.state is not None:
                # It is in another state already, e.g. the person stopped it: that is the truth to tell.
                return await self._done(row, row.referral, error.state)
            log.warning("outgoing-refused", kind=row.kind, problem=error.kind)
            if error.kind == KEY_USED:
                # An earlier try arrived, as other bytes: it stands in our list, and is not refused.
                return await self._later(row, AWAY)
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
        found = await self._change(
            row, partial(outgoing.sent, referral=referral, status=status, now=self.clock.now())
        )
        self.told()
        return found

    async def _failed(self, row: Outgoing, problem: str) -> bool:
        await self._change(row, partial(outgoing.failed, problem=problem, now=self.clock.now()))
        return False

    async def _later(self, row: Outgoing, problem: str) -> bool:
        await self._change(row, partial(outgoing.later, problem=problem, now=self.clock.now()))
        return False

    async def _change(self, row: Outgoing, change: Callable[[Outgoing], None]) -> bool:
        """Whether the row was still waiting: another round, or the list, may have brought the truth meanwhile."""

        def work(session: Session) -> bool:
            kept = session.get(Outgoing, row.key)
            if kept is None or kept.state != "waiting":
                return False
            change(kept)
            return True

        return await self.database.write(work)


@dataclass(frozen=True, slots=True, repr=False)
class _Call:
    """What a row's `body` holds, as JSON."""

    body: Mapping[str, Any]
    trace: Demographics | str | None = None


_READER: Final = TypeAdapter(_Call)
