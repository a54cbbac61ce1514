"""What a support team keeps: what it was told, and what it wrote itself. Never anything of a view."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlmodel import Field, SQLModel

from hub.database import Moment
from hub.migrations import Schema
from hub.support.steps import STEPS


class Case(SQLModel, table=True):
    """One person whom one organisation supports, for one purpose.

    referral: the gateway's id; None where a worker began it. sender: the organisation that handed the person over; the own
    one where nobody did. person: the organisation's handle. state: new, open, closed, not-taken. district: a code.
    began_at, ends_at: of the purpose; after `ends_at` nothing is asked of the gateway. review_on: when the team looks again.
    asked: the gateway's id of the last request to the person; renewal: whether a yes to it makes the support go on.
    answer: waiting, allowed or expired, as told when it was looked up last; said-yes or said-no, to a
    worker, at `asked_at`. themes, outcomes: codes, comma-separated.
    place_may_be_counted: an address came by the gateway. place: where the person lives, as a worker chose it for the count
    (hub/places/choosing.py); both until the case has ended or the person has moved.
    """

    __tablename__ = "support_case"

    id: str = Field(primary_key=True)
    referral: str | None = Field(default=None, unique=True)
    organisation: str = Field(index=True)
    sender: str
    purpose: str
    person: str | None = None
    state: str = "new"
    name: str
    birth_date: date | None = None
    nhs_number: str | None = None
    telephone: str | None = None
    email: str | None = None
    address: str | None = None
    district: str = "unknown"
    safe_contact: str | None = None
    preferred_language: str | None = None
    needs: str | None = None
    why: str
    what_matters: str | None = None
    lead: str | None = None
    began_at: datetime = Field(sa_type=Moment)
    ends_at: datetime | None = Field(default=None, sa_type=Moment)
    review_on: date | None = None
    asked: str | None = None
    asked_at: datetime | None = Field(default=None, sa_type=Moment)
    renewal: bool = False
    answer: str | None = None
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
    outcomes: str = ""
    closing_note: str | None = None
    themes: str = ""
    place_may_be_counted: bool = False
    place: str = ""


class Plan(SQLModel, table=True):
    """The support plan that the team writes with the person. handed_by: the organisation it began at, where handed over.

    written_at: when its goals were written last; None of one from before that was kept.
    """

    __tablename__ = "support_plan"

    case_id: str = Field(primary_key=True, foreign_key="support_case.id")
    status: str = "active"
    start_date: date
    lead_role: str
    handed_by: str | None = None
    written_at: datetime | None = Field(default=None, sa_type=Moment)


class Goal(SQLModel, table=True):
    """What the person wants to reach, in their own words."""

    __tablename__ = "support_goal"

    id: str = Field(primary_key=True)
    case_id: str = Field(foreign_key="support_case.id", index=True)
    place: int
    what: str
    reached_at: datetime | None = Field(default=None, sa_type=Moment)


class PlanStep(SQLModel, table=True):
    """One thing to do for a goal. who: the person themselves or a part, no stranger's name."""

    __tablename__ = "support_step"

    id: str = Field(primary_key=True)
    goal_id: str = Field(foreign_key="support_goal.id", index=True)
    place: int
    what: str
    who: str
    due: date | None = None
    done_at: datetime | None = Field(default=None, sa_type=Moment)


class Review(SQLModel, table=True):
    """The team looked with the person at how it goes and whether the support still fits."""

    __tablename__ = "support_review"

    id: str = Field(primary_key=True)
    case_id: str = Field(foreign_key="support_case.id", index=True)
    on: date
    note: str
    written_by: str


class Contact(SQLModel, table=True):
    """An attempt to get in touch, with what came of it."""

    __tablename__ = "support_contact"

    id: str = Field(primary_key=True)
    case_id: str = Field(foreign_key="support_case.id", index=True)
    on: date
    how: str
    result: str
    note: str = ""
    written_by: str
    written_at: datetime = Field(sa_type=Moment)


class Move(SQLModel, table=True):
    """The person moved. The case went along."""

    __tablename__ = "support_move"

    id: str = Field(primary_key=True)
    case_id: str = Field(foreign_key="support_case.id", index=True)
    on: date
    from_district: str
    to_district: str


class Handover(SQLModel, table=True):
    """A person was handed over with their yes: to whom, for what, and exactly what went along.

    goals: how many of the plan went along. sections: what the receiver may look at, codes, comma-separated; empty: nothing.
    """

    __tablename__ = "support_handover"

    id: str = Field(primary_key=True)
    case_id: str = Field(foreign_key="support_case.id", index=True)
    to: str
    purpose: str
    goals: int
    sections: str
    subject: str
    written_by: str
    written_at: datetime = Field(sa_type=Moment)


SCHEMA: Final = Schema("support", STEPS)
