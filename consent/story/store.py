"""Where stories rest: one sealed row a person, of which every change replaces the whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from sqlalchemy import Connection, bindparam, column, delete, insert, select, table, update

from consent.story.words import NO_STORY, Story
from core.errors import BrokenRowError
from core.keys import SubjectKey
from core.sealing import SealError, open_json, seal_json
from core.storage import Database, Prepared, Row
from core.times import from_ms, to_ms

_STORY = table("person_story", column("person"), column("sealed"))
_READ = Prepared(select(_STORY.c.sealed).where(_STORY.c.person == bindparam("person")))
_LOCK = Prepared(select(_STORY.c.sealed).where(_STORY.c.person == bindparam("person")).with_for_update())


class Stories:
    """Stories by person. Raises `ClosedError` where the database does not answer, `BrokenRowError` for an altered row."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def reads_inline(self) -> bool:
        """Whether `of` is short enough for the event loop."""
        return self._database.reads_inline

    def of(self, key: SubjectKey) -> Story:
        """What the person told; `NO_STORY` for nothing."""
        return _open(self._database.hot(_READ, person=key.subject), key)

    def assert_there(self) -> None:
        """Raise `ClosedError` unless the database answers; asks about nobody."""
        self._database.hot(_READ, person="")

    def held(self, tx: Connection, key: SubjectKey) -> Story:
        """What the person told, held (FOR UPDATE) until the transaction ends."""
        return _open(_LOCK.rows(tx, person=key.subject), key)

    def put(self, tx: Connection, key: SubjectKey, story: Story) -> None:
        """Keep this and nothing of what was before; an empty story leaves no row."""
        mine = _STORY.c.person == key.subject
        if not story:
            tx.execute(delete(_STORY).where(mine))
            return
        value = {name: [words, to_ms(at)] for name, (words, at) in story.answers.items()}
        sealed = seal_json(key.key, value, _context(key))
        if tx.execute(update(_STORY).where(mine).values(sealed=sealed)).rowcount == 0:
            tx.execute(insert(_STORY).values(person=key.subject, sealed=sealed))

    def scrub(self) -> None:
        """Leave nothing of words that were replaced in SQLite's journal."""
        self._database.scrub()


def _context(key: SubjectKey) -> str:
    return f"person_story|{key.subject}"


def _open(rows: list[Row], key: SubjectKey) -> Story:
    if not rows:
        return NO_STORY
    try:
        value = cast("Mapping[str, tuple[str, int]]", open_json(key.key, bytes(rows[0][0]), _context(key)))
        return Story({name: (words, from_ms(at)) for name, (words, at) in value.items()})
    except (SealError, ValueError, TypeError, AttributeError) as error:
        raise BrokenRowError("my story", type(error).__name__) from None
