"""What the front door keeps: concerns with the least possible data, and what was done about them. Nothing of a view."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlmodel import Field, SQLModel

from hub.database import Moment
from hub.front_door.steps import COUNCIL_STEPS, DUTY_STEPS, STEPS
from hub.migrations import Schema


class Item(SQLModel, table=True):
    """One concern. reference: what its sender is told ("K7PM4X"). entry: the form's own id: one sent twice is one.

    organisation: whose staff wrote it down, or at whom the referral arrived. about: me, other. agreed: yes, knows, no.
    themes: codes, comma-separated. name, reach, safe: how to reach somebody; whose: mine (the sender's), theirs.
    state: new, taken, closed. due_at: by when somebody must have looked, or the next step is due. owner_...: who has it.
    said_gone_at: when what was said and how to reach somebody was deleted. place_may_be_counted: an address came by the
    gateway. place: where the person lives, as a worker chose it for the count; both until it is closed.
    """

    __tablename__ = "front_door_item"

    id: str = Field(primary_key=True)
    reference: str = Field(unique=True)
    entry: str = Field(unique=True)
    channel: str
    organisation: str | None = None
    referral: str | None = Field(default=None, unique=True)
    about: str
    agreed: str
    themes: str
    soon: str
    words: str
    name: str
    reach: str
    whose: str
    safe: str
    arrived_at: datetime = Field(sa_type=Moment)
    due_at: datetime = Field(sa_type=Moment)
    state: str = "new"
    owner_organisation: str | None = None
    owner_subject: str | None = None
    owner_name: str | None = None
    next_step: str | None = None
    next_on: date | None = None
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
    outcome: str | None = None
    said_gone_at: datetime | None = Field(default=None, sa_type=Moment)
    place_may_be_counted: bool = False
    place: str = ""


class Person(SQLModel, table=True):
    """One person of an item; in a family each has a row. called: what the team calls them ("Mum"): nothing else is known."""

    __tablename__ = "front_door_person"

    id: str = Field(primary_key=True)
    item: str = Field(foreign_key="front_door_item.id", index=True)
    called: str
    added_at: datetime = Field(sa_type=Moment)


class Handle(SQLModel, table=True):
    """By what one organisation may ask the gateway about one person: its own handle, which no other can use."""

    __tablename__ = "front_door_handle"

    person: str = Field(primary_key=True, foreign_key="front_door_person.id")
    organisation: str = Field(primary_key=True)
    handle: str


class Done(SQLModel, table=True):
    """One thing that was done about an item. what: a code of STEPS. note: in the team's words.

    entry: the id of the form by which it was done, where a form sent twice must do it once.
    """

    __tablename__ = "front_door_done"

    id: int | None = Field(default=None, primary_key=True)
    item: str = Field(foreign_key="front_door_item.id", index=True)
    at: datetime = Field(sa_type=Moment)
    by: str
    what: str
    note: str = ""
    entry: str | None = Field(default=None, unique=True)


class Saying(SQLModel, table=True):
    """What a person said to a practitioner, while it is written down step by step, and until it reached the gateway.

    id: the gateway's `reference` of it too, by which one sent twice is one. sought: what the person is found by (JSON), only
    while the gateway did not answer; emptied for the handle. decision: yes, no. kinds, helped_by: codes, comma-separated.
    state: draft, waiting (all answered, the gateway did not answer), refused, sent.
    """

    __tablename__ = "front_door_saying"

    id: str = Field(primary_key=True)
    organisation: str
    subject: str
    person: str | None = Field(default=None, foreign_key="front_door_person.id")
    item: str | None = Field(default=None, foreign_key="front_door_item.id")
    called: str
    handle: str = ""
    sought: str = ""
    decision: str = ""
    kinds: str = ""
    how: str = ""
    helped_by: str = ""
    said_at: datetime | None = Field(default=None, sa_type=Moment)
    state: str = "draft"
    problem: str = ""
    started_at: datetime = Field(sa_type=Moment)
    changed_at: datetime = Field(sa_type=Moment)


class Notified(SQLModel, table=True):
    """That a council was told of somebody. What was told stands in the outbox until it is sent, and nowhere else.

    file_number: the sender's own, which names nobody.
    """

    __tablename__ = "duty_to_refer_notified"

    id: str = Field(primary_key=True)
    entry: str = Field(unique=True)
    organisation: str = Field(index=True)
    subject: str
    to: str
    file_number: str
    written_at: datetime = Field(sa_type=Moment)


class Came(SQLModel, table=True):
    """A notification under the duty to refer that came to a council. organisation: the council; sender: who told it.

    reference: six signs by which colleagues speak of it. The ways to reach the person are those that they agreed to.
    state: new, contacted, refused, closed. by: whose the last step was. code: why it was refused, or what came of it.
    """

    __tablename__ = "duty_received_came"

    id: str = Field(primary_key=True)
    reference: str = Field(unique=True)
    referral: str = Field(unique=True)
    organisation: str = Field(index=True)
    sender: str
    came_at: datetime = Field(sa_type=Moment)
    due_at: datetime = Field(sa_type=Moment)
    name: str
    why: str
    telephone: str
    email: str
    address: str
    safe_contact: str
    language: str
    needs: str
    state: str = "new"
    by: str = ""
    changed_at: datetime | None = Field(default=None, sa_type=Moment)
    code: str = ""


SCHEMA: Final = Schema("front_door", STEPS)
DUTY_SCHEMA: Final = Schema("duty_to_refer", DUTY_STEPS)
COUNCIL_SCHEMA: Final = Schema("duty_received", COUNCIL_STEPS)
