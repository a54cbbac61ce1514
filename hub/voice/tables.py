"""What Voice keeps: what was said (for a while), the partnership's list, and the plans. Nothing here says who spoke.

Days, never times of day: a time could be laid beside the records of a telephone or a web server.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlmodel import Field, SQLModel

from hub.migrations import Schema, Step


class Heard(SQLModel, table=True):
    """One thing that somebody said. `id` is random.

    words: as it was said; None once it has ended (`words_end`). channel, about: codes of the vocabulary. people: how
    many said it (a group). said_on: the day it was said. out_of_hours: in the evening, at night or at a weekend.
    taken_by: who of the team wrote it down; None for the website and once the words ended. code: digest of the ticket's
    code, where one was wanted; until `code_ends`. state: new, listed, aside. item: where it stands on the list. aside:
    why it does not.
    """

    __tablename__ = "voice_heard"

    id: str = Field(primary_key=True)
    channel: str
    about: str
    words: str | None = None
    people: int = 1
    said_on: date
    out_of_hours: bool
    taken_by: str | None = None
    words_end: date
    code: str | None = Field(default=None, unique=True)
    code_ends: date
    state: str = "new"
    item: str | None = Field(default=None, foreign_key="voice_item.id", index=True)
    aside: str | None = None


class Item(SQLModel, table=True):
    """One thing on the partnership's list, in the team's own words.

    status, theme, about: codes of the vocabulary. owner: an organisation's id, or "partnership". answer: for everybody to
    read. public: whether everybody sees it; checked_by, checked_on: who said that nobody can be known by it.
    """

    __tablename__ = "voice_item"

    id: str = Field(primary_key=True)
    theme: str
    about: str
    you_said: str
    status: str = "heard"
    owner: str
    answer: str = ""
    public: bool = False
    opened_on: date
    changed_on: date
    checked_by: str | None = None
    checked_on: date | None = None


class Move(SQLModel, table=True):
    """A change of an item's status."""

    __tablename__ = "voice_move"

    id: int | None = Field(default=None, primary_key=True)
    item: str = Field(foreign_key="voice_item.id", index=True)
    status: str
    on: date
    by: str


class Plan(SQLModel, table=True):
    """A local plan. area: where, in words ("Mile Cross"). public: whether everybody sees it."""

    __tablename__ = "voice_plan"

    id: str = Field(primary_key=True)
    title: str
    area: str
    theme: str
    why: str
    owner: str
    public: bool = False
    opened_on: date
    changed_on: date


class Action(SQLModel, table=True):
    """One thing to do in a plan, by somebody, by a day. team: who in the owner's organisation, never a person's name.

    item: the thing on the list from which it comes. moved_on: when its progress changed last.
    """

    __tablename__ = "voice_action"

    id: str = Field(primary_key=True)
    plan: str = Field(foreign_key="voice_plan.id", index=True)
    what: str
    owner: str
    team: str = ""
    due: date
    progress: str = "not-started"
    item: str | None = Field(default=None, foreign_key="voice_item.id")
    moved_on: date


class Note(SQLModel, table=True):
    """What is told about an action's progress; everybody reads it where the plan is public. by: seen by the team only."""

    __tablename__ = "voice_note"

    id: int | None = Field(default=None, primary_key=True)
    action: str = Field(foreign_key="voice_action.id", index=True)
    on: date
    words: str
    by: str


SCHEMA: Final = Schema(
    "voice",
    (
        Step(
            1,
            (
                """CREATE TABLE voice_item ( id VARCHAR NOT NULL, theme VARCHAR NOT NULL, about VARCHAR NOT
                    NULL, you_said VARCHAR NOT NULL, status VARCHAR NOT NULL, owner VARCHAR NOT NULL, answer
                    VARCHAR NOT NULL, public BOOLEAN NOT NULL, opened_on DATE NOT NULL, changed_on DATE NOT
                    NULL, checked_by VARCHAR, checked_on DATE, PRIMARY KEY (id) )""",
                """CREATE TABLE voice_heard ( id VARCHAR NOT NULL, channel VARCHAR NOT NULL, about VARCHAR NOT
                    NULL, words VARCHAR, people INTEGER NOT NULL, said_on DATE NOT NULL, out_of_hours BOOLEAN
                    NOT NULL, taken_by VARCHAR, words_end DATE NOT NULL, code VARCHAR, code_ends DATE NOT NULL,
                    state VARCHAR NOT NULL, item VARCHAR, aside VARCHAR, PRIMARY KEY (id), UNIQUE (code),
                    FOREIGN KEY(item) REFERENCES voice_item (id) )""",
                "CREATE INDEX ix_voice_heard_item ON voice_heard (item)",
                """CREATE TABLE voice_move ( id INTEGER NOT NULL, item VARCHAR NOT NULL, status VARCHAR NOT
                    NULL, "on" DATE NOT NULL, "by" VARCHAR NOT NULL, PRIMARY KEY (id), FOREIGN KEY(item)
                    REFERENCES voice_item (id) )""",
                "CREATE INDEX ix_voice_move_item ON voice_move (item)",
                """CREATE TABLE voice_plan ( id VARCHAR NOT NULL, title VARCHAR NOT NULL, area VARCHAR NOT
                    NULL, theme VARCHAR NOT NULL, why VARCHAR NOT NULL, owner VARCHAR NOT NULL, public BOOLEAN
                    NOT NULL, opened_on DATE NOT NULL, changed_on DATE NOT NULL, PRIMARY KEY (id) )""",
                """CREATE TABLE voice_action ( id VARCHAR NOT NULL, "plan" VARCHAR NOT NULL, what VARCHAR NOT
                    NULL, owner VARCHAR NOT NULL, team VARCHAR NOT NULL, due DATE NOT NULL, progress VARCHAR NOT
                    NULL, item VARCHAR, moved_on DATE NOT NULL, PRIMARY KEY (id), FOREIGN KEY("plan") REFERENCES
                    voice_plan (id), FOREIGN KEY(item) REFERENCES voice_item (id) )""",
                'CREATE INDEX ix_voice_action_plan ON voice_action ("plan")',
                """CREATE TABLE voice_note ( id INTEGER NOT NULL, action VARCHAR NOT NULL, "on" DATE NOT NULL,
                    words VARCHAR NOT NULL, "by" VARCHAR NOT NULL, PRIMARY KEY (id), FOREIGN KEY(action)
                    REFERENCES voice_action (id) )""",
                "CREATE INDEX ix_voice_note_action ON voice_note (action)",
            ),
        ),
    ),
)
"""Copied from `hub.migrations.statements_for`."""
