"""The tables of reviews and held-back entries: they name entries, never people. Times are milliseconds since 1970."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel


class ReviewTask(SQLModel, table=True):
    """What officers of one organisation have to look at, and by when.

    kind: `break-glass` (was it right?), `hold-back` (countersign it), `look-again` (is there still danger?). due_ms moves
    only with a decision to go on holding back: it tells one decision's page from the next one's.
    outcome: None while open. closed_entry: where the log tells of the decision.
    """

    __tablename__ = "review_task"
    __table_args__ = (Index("ix_review_task_open", "organisation", "closed_ms", "due_ms"),)

    index: int = Field(primary_key=True, sa_type=BigInteger)
    kind: str = Field(primary_key=True)
    organisation: str = Field(primary_key=True)
    opened_ms: int = Field(sa_type=BigInteger)
    due_ms: int = Field(sa_type=BigInteger)
    closed_ms: int | None = Field(default=None, sa_type=BigInteger)
    outcome: str | None = None
    closed_entry: int | None = Field(default=None, sa_type=BigInteger)


class HeldEntry(SQLModel, table=True):
    """An entry that the person is not shown yet: why (a code), when the danger is looked at again, who stands for it.

    countersigned_ms: None until an officer other than the asker agreed. released_ms: None while it is held back.
    """

    __tablename__ = "held_entry"

    index: int = Field(primary_key=True, sa_type=BigInteger)
    reason: str
    held_ms: int = Field(sa_type=BigInteger)
    look_again_ms: int = Field(sa_type=BigInteger)
    countersigned_ms: int | None = Field(default=None, sa_type=BigInteger)
    released_ms: int | None = Field(default=None, sa_type=BigInteger)


class ReviewDecision(SQLModel, table=True):
    """What officers decided about an entry: `index` is the place of the decision's own entry, `about` that entry's.

    By it a decision is unseen by the person for as long as the entry that it is about.
    """

    __tablename__ = "review_decision"
    __table_args__ = (Index("ix_review_decision_about", "about"),)

    index: int = Field(primary_key=True, sa_type=BigInteger)
    about: int = Field(sa_type=BigInteger)
    kind: str
    organisation: str
    outcome: str
    at_ms: int = Field(sa_type=BigInteger)


class DecisionInput(SQLModel, table=True):
    """What the policy was asked, to be asked again of another policy; sealed under the key with that tag, until its day.

    Kept apart from the entry's own detail: it holds more than officers of one organisation may see.
    """

    __tablename__ = "decision_input"
    __table_args__ = (Index("ix_decision_input_until", "until_ms"),)

    index: int = Field(primary_key=True, sa_type=BigInteger)
    tag: bytes
    sealed: bytes
    until_ms: int = Field(sa_type=BigInteger)


class SampleDraw(SQLModel, table=True):
    """One week's looks of one organisation, drawn by chance to be checked; there is no second draw of a week.

    index: where the log announces it; its leaf is the seed. first, before: the places that the week covers; looks: how many
    there were; drawn: how many of them are to be checked. All four are None until the draw was carried out.
    """

    __tablename__ = "sample_draw"

    organisation: str = Field(primary_key=True)
    from_ms: int = Field(primary_key=True, sa_type=BigInteger)
    until_ms: int = Field(sa_type=BigInteger)
    percent: int
    index: int = Field(sa_type=BigInteger)
    first: int | None = Field(default=None, sa_type=BigInteger)
    before: int | None = Field(default=None, sa_type=BigInteger)
    looks: int | None = Field(default=None, sa_type=BigInteger)
    drawn: int | None = Field(default=None, sa_type=BigInteger)
