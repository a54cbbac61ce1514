"""The table of stories: one row a person, the newest words only."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class PersonStory(SQLModel, table=True):
    """What a person told of themselves, each answer with its time, sealed under their key. What it replaced is gone."""

    __tablename__ = "person_story"

    person: str = Field(primary_key=True)
    sealed: bytes
