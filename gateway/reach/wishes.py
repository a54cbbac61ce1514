"""What a person chose about being reached, their language and the lines they hide (pure, but for where it rests)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Final, Literal, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, column, delete, insert, select, table, update

from core.errors import BrokenRowError
from core.keys import SubjectKey
from core.sealing import SealError, open_json, seal_json
from core.storage import Database, Prepared, Row
from core.vocabulary import Json

LONDON: Final = ZoneInfo("Europe/London")
HIDDEN_MAXIMUM: Final = 1000
"""How many lines somebody can hide: beyond that the oldest hidden ones show again."""
ADDRESS_MAXIMUM: Final = 254

Channel = Literal["", "none", "email", "text"]
"""`""`: they said nothing yet, which counts as `none`: no message."""

_EMAIL: Final = re.compile(
    r"[^\s@,;:<>()\[\]\"\\]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}"
)
_NUMBER: Final = re.compile(r"(?:\+44|0)7[0-9]{9}")

_SETTINGS = table("person_settings", column("person"), column("sealed"))
_READ = Prepared(select(_SETTINGS.c.sealed).where(_SETTINGS.c.person == bindparam("person")))
_LOCK = Prepared(
    select(_SETTINGS.c.sealed).where(_SETTINGS.c.person == bindparam("person")).with_for_update()
)


@dataclass(frozen=True, slots=True)
class Hours:
    """From which full hour to which a message may come, in London; `first` below `before`, 0 to 24."""

    first: int
    before: int

    def __post_init__(self) -> None:
        if not 0 <= self.first < self.before <= 24:
            raise ValueError("hours that do not follow each other")

    def next_start(self, now: datetime) -> datetime | None:
        """When a message may go next; None for at once. now: timezone-aware."""
        here = now.astimezone(LONDON)
        if self.first <= here.hour < self.before:
            return None
        day = here.date() if here.hour < self.first else here.date() + timedelta(days=1)
        return datetime.combine(day, time(self.first), LONDON).astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True)
class Wishes:
    """A person's settings. Everything is off until they chose.

    address: for the channel chosen; empty without one. others_read: somebody else may read what comes there, so that nothing
    does. language: BCP 47, empty where not chosen. hidden: places in the log of the lines that their history leaves out.
    checked_ms: when they last asked for a message to check, in milliseconds since 1970.
    """

    channel: Channel = ""
    address: str = field(default="", repr=False)
    others_read: bool = True
    hours: Hours | None = None
    language: str = ""
    hidden: frozenset[int] = frozenset()
    checked_ms: int = 0

    @property
    def wants_messages(self) -> bool:
        """Whether they chose a way on which a message endangers nobody."""
        return self.channel in {"email", "text"} and bool(self.address) and not self.others_read

    def hiding(self, *indexes: int) -> Wishes:
        """With these lines hidden too."""
        return replace(self, hidden=frozenset(sorted(self.hidden | set(indexes))[-HIDDEN_MAXIMUM:]))


NOTHING_CHOSEN: Final = Wishes()


def address_of(channel: Channel, typed: str) -> str | None:
    """The address as it is kept; None for one that cannot be used. Telephone numbers are UK mobile ones (E.164)."""
    if channel == "email":
        address = typed.strip()
        return address if len(address) <= ADDRESS_MAXIMUM and _EMAIL.fullmatch(address) else None
    number = re.sub(r"[\s().-]", "", typed).replace("0044", "+44", 1).replace("+440", "+44", 1)
    if not _NUMBER.fullmatch(number):
        return None
    return number if number.startswith("+44") else f"+44{number[1:]}"


class WishStore:
    """Where settings rest: one sealed row a person. Raises `ClosedError`, `BrokenRowError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, key: SubjectKey) -> Wishes:
        """What the person chose; `NOTHING_CHOSEN` for nothing."""
        return _open(self._database.hot(_READ, person=key.subject), key)

    def held(self, tx: Connection, key: SubjectKey) -> Wishes:
        """What the person chose, held (FOR UPDATE) until the transaction ends."""
        return _open(_LOCK.rows(tx, person=key.subject), key)

    def put(self, tx: Connection, key: SubjectKey, wishes: Wishes) -> None:
        """Keep this in place of what was before; nothing chosen leaves no row."""
        mine = _SETTINGS.c.person == key.subject
        if wishes == NOTHING_CHOSEN:
            tx.execute(delete(_SETTINGS).where(mine))
            return
        sealed = seal_json(key.key, _to_json(wishes), _context(key))
        if tx.execute(update(_SETTINGS).where(mine).values(sealed=sealed)).rowcount == 0:
            tx.execute(insert(_SETTINGS).values(person=key.subject, sealed=sealed))

    def scrub(self) -> None:
        """Leave nothing of an address that was replaced in SQLite's journal."""
        self._database.scrub()


def _context(key: SubjectKey) -> str:
    return f"person_settings|{key.subject}"


def _to_json(wishes: Wishes) -> dict[str, Json]:
    return {
        "channel": wishes.channel,
        "address": wishes.address,
        "others_read": wishes.others_read,
        "hours": None if wishes.hours is None else [wishes.hours.first, wishes.hours.before],
        "language": wishes.language,
        "hidden": sorted(wishes.hidden),
        "checked_ms": wishes.checked_ms,
    }


def _open(rows: list[Row], key: SubjectKey) -> Wishes:
    if not rows:
        return NOTHING_CHOSEN
    try:
        value = cast("Mapping[str, Json]", open_json(key.key, bytes(rows[0][0]), _context(key)))
        hours = cast("tuple[int, int] | None", value["hours"])
        return Wishes(
            channel=cast("Channel", value["channel"]),
            address=cast("str", value["address"]),
            others_read=cast("bool", value["others_read"]),
            hours=None if hours is None else Hours(*hours),
            language=cast("str", value["language"]),
            hidden=frozenset(cast("list[int]", value["hidden"])),
            checked_ms=cast("int", value["checked_ms"]),
        )
    except (SealError, ValueError, KeyError, TypeError) as error:
        raise BrokenRowError("settings", type(error).__name__) from None
