"""What the INTERACT team keeps: the referral it received, and what it wrote itself. Never anything of a view."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlmodel import Field, SQLModel

from hub.database import Moment
from hub.migrations import Schema, Step


class Case(SQLModel, table=True):
    """One person whom the team helps. `id` is random; what the referral said stands here from its arrival.

    referral: the gateway's id; None where it came by a one-time link. organisation: at whom it arrived. person: that
    organisation's handle. state: new, open, closed, not-taken. themes, outcomes: codes, comma-separated.
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
    arrived_at: datetime = Field(sa_type=Moment)
    next_step: str | None = None
    next_step_on: date | None = None
    lead: str | None = None
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
    outcomes: str = ""
    closing_note: str | None = None


SCHEMA: Final = Schema(
    "interact",
    (
        Step(
            1,
            (
                """CREATE TABLE interact_case (
                    id VARCHAR NOT NULL, referral VARCHAR, organisation VARCHAR NOT NULL, sender VARCHAR NOT NULL,
                    person VARCHAR, state VARCHAR NOT NULL, name VARCHAR NOT NULL, birth_date DATE, nhs_number VARCHAR,
                    telephone VARCHAR, email VARCHAR, address VARCHAR, safe_contact VARCHAR, preferred_language VARCHAR,
                    needs VARCHAR, why VARCHAR NOT NULL, what_matters VARCHAR, themes VARCHAR NOT NULL,
                    urgency VARCHAR NOT NULL, arrived_at DATETIME NOT NULL, next_step VARCHAR, next_step_on DATE,
                    "lead" VARCHAR, closed_at DATETIME, outcomes VARCHAR NOT NULL, closing_note VARCHAR,
                    PRIMARY KEY (id), UNIQUE (referral))""",
            ),
        ),
    ),
)
