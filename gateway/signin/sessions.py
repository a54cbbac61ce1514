"""Sessions: a random cookie in the browser, a row of ours behind it, nothing of the identity provider.

The row is found by the cookie's digest, and what it says of the person opens only under a key that follows from the
cookie; kind, subject and end are bound to it, so that whoever can write to the database alone can neither take over a
session nor lengthen one. Limits: OWASP ASVS 5.0, 7.3.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final, cast

from core.clock import Clock
from core.sealing import SealError, derive, open_json, seal_json
from core.times import to_ms
from gateway.signin.cookies import digest, new_secret
from gateway.signin.csrf import token_for
from gateway.signin.kinds import Kind
from gateway.signin.store import SignInStore, StoredSession

IDLE: Final = timedelta(minutes=15)
LONGEST: Final = timedelta(hours=8)
_MS: Final = timedelta(milliseconds=1)
TOUCH_MS: Final = 60_000
"""How exactly the last use is known: one write a minute, not one a page."""


@dataclass(frozen=True, slots=True)
class About:
    """What a session tells the pages. organisation, role: an officer's. assurance: proofing (portal) or acr (console).

    acting: the authority by which a resident acts for somebody else now; None while they act for themselves.
    """

    name: str = field(repr=False)
    organisation: str | None
    role: str | None
    assurance: str
    acting: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in. subject: internal person id (portal) or the officer's id. csrf: the token of its forms.

    acting: see `About`. Whether that authority still stands is not the session's to know.
    """

    kind: Kind
    subject: str = field(repr=False)
    name: str = field(repr=False)
    organisation: str | None
    role: str | None
    assurance: str
    csrf: str = field(repr=False)
    acting: str | None = None


class Sessions:
    """The sessions. Every method may raise `ClosedError`: the database does not answer, or the clock is in doubt."""

    def __init__(
        self, store: SignInStore, clock: Clock, *, idle: timedelta = IDLE, longest: timedelta = LONGEST
    ) -> None:
        self._store = store
        self._clock = clock
        self._idle_ms = idle // timedelta(milliseconds=1)
        self._longest_ms = longest // timedelta(milliseconds=1)

    async def open(self, kind: Kind, subject: str, about: About, replaces: str | None) -> str:
        """A new session; the value is for the browser's cookie. Ends the one whose cookie it `replaces`."""
        cookie = new_secret()
        now_ms = self._now_ms()
        place, expires_ms = digest(cookie), now_ms + self._longest_ms
        sealed = _seal(cookie, about, _context(place, kind, subject, now_ms, expires_ms))
        await self._store.add_session(
            StoredSession(place, kind, subject, sealed, now_ms, now_ms, expires_ms),
            None if replaces is None else digest(replaces),
            now_ms - self._idle_ms,
        )
        return cookie

    async def turn(self, cookie: str, kind: Kind, acting: str | None) -> str | None:
        """Have a session act by an authority, or for its own subject again; gives its new cookie, None where it is over.

        The old cookie ends, so that a form of a page that was open before can no longer be posted about somebody else; the
        session lasts no longer for it.
        """
        row = await self._store.find_session(digest(cookie))
        now_ms = self._now_ms()
        about = None if row is None or row.kind != kind else self._about(cookie, row, now_ms)
        if row is None or about is None:
            return None
        new = new_secret()
        place = digest(new)
        context = _context(place, kind, row.subject, row.created_ms, row.expires_ms)
        sealed = _seal(new, replace(about, acting=acting), context)
        turned = StoredSession(place, kind, row.subject, sealed, row.created_ms, now_ms, row.expires_ms)
        await self._store.add_session(turned, row.id, now_ms - self._idle_ms)
        return new

    async def find(self, cookie: str, kind: Kind) -> Session | None:
        """The session of a cookie, of this kind and still good; notes that it was used. An ended one is removed."""
        row = await self._store.find_session(digest(cookie))
        if row is None or row.kind != kind:
            return None
        now_ms = self._now_ms()
        about = self._about(cookie, row, now_ms)
        if about is None:
            # Removed, not skipped: no clock that is set back brings it to life again.
            await self._store.end_session(row.id)
            return None
        if now_ms - row.last_seen_ms >= TOUCH_MS:
            await self._store.touch_session(row.id, now_ms)
        return Session(
            kind=kind,
            subject=row.subject,
            name=about.name,
            organisation=about.organisation,
            role=about.role,
            assurance=about.assurance,
            csrf=token_for(cookie, kind),
            acting=about.acting,
        )

    async def began_within(self, cookie: str, kind: Kind, span: timedelta) -> bool:
        """Whether the cookie's session is still good and began so short a time ago."""
        row = await self._store.find_session(digest(cookie))
        if row is None or row.kind != kind:
            return False
        now_ms = self._now_ms()
        # The beginning is bound to the row's seal, so nobody can make an old session look new.
        return self._about(cookie, row, now_ms) is not None and now_ms - row.created_ms < span // _MS

    async def end(self, cookie: str) -> None:
        """End the session of a cookie."""
        await self._store.end_session(digest(cookie))

    async def end_all(self, kind: Kind, subject: str) -> int:
        """End every session of a subject (erasure, a lost role), and say how many there were."""
        return await self._store.end_sessions_of(kind, subject)

    def _about(self, cookie: str, row: StoredSession, now_ms: int) -> About | None:
        if now_ms >= row.expires_ms or now_ms - row.last_seen_ms >= self._idle_ms:
            return None
        context = _context(row.id, row.kind, row.subject, row.created_ms, row.expires_ms)
        try:
            value = open_json(_key(cookie), row.sealed, context)
        except SealError:
            return None
        return About(*cast("tuple[str, str | None, str | None, str, str | None]", value))

    def _now_ms(self) -> int:
        self._clock.assert_sound()
        return to_ms(self._clock.now())


def _seal(cookie: str, about: About, context: str) -> bytes:
    value = [about.name, about.organisation, about.role, about.assurance, about.acting]
    return seal_json(_key(cookie), value, context)


def _key(cookie: str) -> bytes:
    return derive(cookie.encode(), "signin-session")


def _context(place: bytes, kind: str, subject: str, created_ms: int, expires_ms: int) -> str:
    return f"session|{place.hex()}|{kind}|{subject}|{created_ms}|{expires_ms}"
