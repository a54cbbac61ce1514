"""The table of residents' settings: one row a person."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class PersonSettings(SQLModel, table=True):
    """How a person wants to be reached, their language, and which lines they hide; all sealed under their key."""

    __tablename__ = "person_settings"

    person: str = Field(primary_key=True)
    sealed: bytes
