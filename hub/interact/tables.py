"""What the INTERACT team keeps: the referral it received, and what it wrote itself. Never anything of a view."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlmodel import Field, SQLModel

from hub.database import Moment
from hub.interact.steps import STEPS
from hub.migrations import Schema


class Case(SQLModel, table=True):
    """One person whom the team helps. `id` is random; what the referral said stands here from its arrival.

    referral: the gateway's id; None where it came by a one-time link. organisation: at whom it arrived. sender: who
    referred: an organisation's id, or for a link what the referrer called themselves. person: the organisation's handle.
    state: new, open, closed, not-taken. themes, outcomes: codes, comma-separated. lead: the team member who took it on.
    place_may_be_counted: an address came by the gateway. place: where the person lives, as a worker chose it for the
    count (hub/places/choosing.py); both until the case has ended. is_named: whether `Colleague` says with whom of the
    team it is shared; one of before is shared with all of them.
    """

    __tablename__ = "interact_case"

    id: str = Field(primary_key=True)
    referral: str | None = Field(default=None, unique=True)
    organisation: str
    sender: str
    person: str | None = None
    state: str = "new"
    name: str
    birth_date: date | None = None
    nhs_number: str | None = None
    telephone: str | None = None
    email: str | None = None
    address: str | None = None
    safe_contact: str | None = None
    preferred_language: str | None = None
    needs: str | None = None
    why: str
    what_matters: str | None = None
    themes: str = ""
    urgency: str
    agreed: str = ""
    arrived_at: datetime = Field(sa_type=Moment)
    lead: str | None = None
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
    outcomes: str = ""
    closing_note: str | None = None
    place_may_be_counted: bool = False
    place: str = ""
    is_named: bool = False


class Colleague(SQLModel, table=True):
    """One more organisation of the team with which a case is shared, as the person agreed to it by name.

    person: that organisation's own handle; None until somebody there looked first.
    """

    __tablename__ = "interact_colleague"

    case_id: str = Field(primary_key=True, foreign_key="interact_case.id")
    organisation: str = Field(primary_key=True)
    person: str | None = None


class Task(SQLModel, table=True):
    """One thing to do. owner: a part in the team, e.g. "Housing specialist": people come and go."""

    __tablename__ = "interact_task"

    id: str = Field(primary_key=True)
    case_id: str = Field(foreign_key="interact_case.id", index=True)
    what: str
    owner: str
    due: date
    written_by: str
    written_at: datetime = Field(sa_type=Moment)
    done_at: datetime | None = Field(default=None, sa_type=Moment)
    done_by: str | None = None


class Helper(SQLModel, table=True):
    """Somebody else who helps the person, as they told the team. who: an organisation or a part, no stranger's name."""

    __tablename__ = "interact_helper"

    id: str = Field(primary_key=True)
    case_id: str = Field(foreign_key="interact_case.id", index=True)
    who: str
    what: str
    written_by: str
    written_at: datetime = Field(sa_type=Moment)


class Visit(SQLModel, table=True):
    """One home and health visit."""

    __tablename__ = "interact_visit"

    id: str = Field(primary_key=True)
    case_id: str = Field(foreign_key="interact_case.id", index=True)
    visited_on: date
    written_by: str
    written_at: datetime = Field(sa_type=Moment)


class Seen(SQLModel, table=True):
    """One answer of a visit's checklist. answer: yes, no, not-seen."""

    __tablename__ = "interact_seen"

    visit_id: str = Field(primary_key=True, foreign_key="interact_visit.id")
    question: str = Field(primary_key=True)
    answer: str
    note: str = ""


class Measure(SQLModel, table=True):
    """What the person said of one thing before or after, from 0 to 10."""

    __tablename__ = "interact_measure"

    case_id: str = Field(primary_key=True, foreign_key="interact_case.id")
    moment: str = Field(primary_key=True)
    measure: str = Field(primary_key=True)
    score: int
    written_by: str
    written_at: datetime = Field(sa_type=Moment)


class Plan(SQLModel, table=True):
    """The support plan that the team wrote with the person. goals: one a line."""

    __tablename__ = "interact_plan"

    case_id: str = Field(primary_key=True, foreign_key="interact_case.id")
    status: str
    goals: str
    start_date: date
    review_date: date | None = None
    lead_role: str
    written_by: str
    written_at: datetime = Field(sa_type=Moment)


class Link(SQLModel, table=True):
    """A one-time link for a referrer without an account.

    digest: SHA-256 of the secret in the link, which itself is kept nowhere. for_whom: whom it was made for, e.g. "St Anne's
    lunch club". organisation: whose team member made it.
    """

    __tablename__ = "interact_link"

    digest: str = Field(primary_key=True)
    for_whom: str
    organisation: str
    made_by: str
    made_at: datetime = Field(sa_type=Moment)
    until: datetime = Field(sa_type=Moment)
    used_at: datetime | None = Field(default=None, sa_type=Moment)


class Referring(SQLModel, table=True):
    """A referral that somebody here sent: enough to know which. What it says is in the outbox until it is sent."""

    __tablename__ = "interact_referring"

    id: str = Field(primary_key=True)
    organisation: str
    subject: str
    to: str
    name: str
    written_at: datetime = Field(sa_type=Moment)


SCHEMA: Final = Schema("interact", STEPS)
