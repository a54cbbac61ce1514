"""Who is signed in: in this process's memory only, with the practitioner's access token beside it.

Nothing of it is ever written down, so a restart signs everybody out, and a copy of the database lets nobody in. A session
ends after 30 idle minutes, and after 12 hours in any case.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from hub.clock import Clock
from hub.tokens import Token

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=12)
SESSIONS_MAXIMUM: Final = 10_000


@dataclass(frozen=True, slots=True)
class Practitioner:
    """Whoever is signed in. subject: their employer's id for them. organisation, role: ids of the gateway's registers."""

    subject: str
    name: str = field(repr=False)
    organisation: str
    role: str


@dataclass(frozen=True, slots=True)
class Session:
    """One session. csrf: what every form of its pages holds."""

    practitioner: Practitioner
    token: Token
    csrf: str = field(repr=False)
    began: datetime
    used: datetime

    def fits(self, token: str) -> bool:
        """Whether a form's token is this session's."""
        return hmac.compare_digest(self.csrf.encode(), token.encode("utf-8", "replace"))


class Sessions:
    """All sessions of this process, by the digest of their cookie."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_digest: dict[bytes, Session] = {}

    def open(self, practitioner: Practitioner, token: Token) -> str:
        """A new session; gives the value of its cookie."""
        now = self._clock.now()
        self._by_digest = {known: one for known, one in self._by_digest.items() if _alive(one, now)}
        while len(self._by_digest) >= SESSIONS_MAXIMUM:
            del self._by_digest[next(iter(self._by_digest))]
        cookie = secrets.token_urlsafe(32)
        self._by_digest[_digest(cookie)] = Session(practitioner, token, secrets.token_urlsafe(32), now, now)
        return cookie

    def find(self, cookie: str | None) -> Session | None:
        """The session of a cookie, which counts as used now; None where there is none (any more)."""
        if not cookie:
            return None
        place, now = _digest(cookie), self._clock.now()
        found = self._by_digest.get(place)
        if found is None:
            return None
        if not _alive(found, now):
            del self._by_digest[place]
            return None
        self._by_digest[place] = replace(found, used=now)
        return self._by_digest[place]

    def end(self, cookie: str | None) -> None:
        """Forget the session."""
        if cookie:
            self._by_digest.pop(_digest(cookie), None)

    def token_of(self, organisation: str, subject: str) -> Token | None:
        """A good token of somebody who is signed in now, for what they asked to be sent; None while they are not."""
        now = self._clock.now()
        tokens = [
            one.token
            for one in self._by_digest.values()
            if (one.practitioner.organisation, one.practitioner.subject) == (organisation, subject)
            and _alive(one, now)
            and one.token.good_at(now)
        ]
        return max(tokens, key=lambda token: token.ends, default=None)


def _alive(one: Session, now: datetime) -> bool:
    return now - one.used < IDLE and now - one.began < LONGEST


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode("utf-8", "replace")).digest()
