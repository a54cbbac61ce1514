"""Tables of referrals: what the two organisations know of one, and apart from it what rests about the person."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel


class ReferralRow(SQLModel, table=True):
    """One referral without the person. sealed: purpose, themes and the like, under the sending organisation's key.

    changed_ms: of the last step; held_until_ms: when it expires unless it was collected; gone_ms: when the row goes.
    entry: place of its first entry in the log, null until that is known.
    """

    __tablename__ = "referral"
    __table_args__ = (
        Index("ix_referral_sender", "sender", "sent_ms", "id"),
        Index("ix_referral_receiver", "receiver", "sent_ms", "id"),
        Index("ix_referral_due", "status", "held_until_ms"),
    )

    id: str = Field(primary_key=True)
    sender: str
    receiver: str
    status: str
    sealed: bytes
    sent_ms: int = Field(sa_type=BigInteger)
    changed_ms: int = Field(sa_type=BigInteger)
    held_until_ms: int = Field(sa_type=BigInteger)
    gone_ms: int = Field(sa_type=BigInteger, index=True)
    entry: int | None = Field(default=None, sa_type=BigInteger)


class ReferralTeamRow(SQLModel, table=True):
    """By which a further organisation of the team finds a referral. Which they are, the sealed header says: it counts."""

    __tablename__ = "referral_team"
    __table_args__ = (Index("ix_referral_team_organisation", "organisation", "sent_ms", "referral"),)

    referral: str = Field(primary_key=True)
    organisation: str = Field(primary_key=True)
    sent_ms: int = Field(sa_type=BigInteger)


class ReferralPersonRow(SQLModel, table=True):
    """Whom a referral is about, sealed under their key; it goes with them. content: null once it was collected or ended."""

    __tablename__ = "referral_person"

    referral: str = Field(primary_key=True)
    person: str = Field(index=True)
    sealed: bytes
    content: bytes | None = None
