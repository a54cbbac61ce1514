"""Telling whom a referral is about, by the channel they chose, that there is news of it.

The row of the outbox is written in the transaction of what it tells of, for everybody alike: whether somebody has a channel,
and whether a message would endanger them, is looked at when it is sent (`gateway.reach.reaching`). So neither what is
written nor how long it takes tells the sender who can be reached. The message says nothing of what the referral says.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from core.keys import SubjectKey
from gateway.channels.outbox import Outbox
from gateway.channels.ports import About
from gateway.referrals.states import Status

TOLD: Final = frozenset({Status.SENT, Status.ACCEPTED, Status.REFUSED, Status.CLOSED, Status.EXPIRED})
"""That the receiver fetched it is no news yet. What was taken back, the person took back, or asked for."""


def tell(tx: Connection, outbox: Outbox, key: SubjectKey, status: Status, now: datetime) -> None:
    """Have the person told that a referral about them came to stand there. Several that are still unsent are one message."""
    if status in TOLD:
        outbox.put(tx, key.subject, About.REFERRAL, now)
