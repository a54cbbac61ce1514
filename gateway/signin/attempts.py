"""A sign-in under way: tied to the browser that began it, good for one answer within ten minutes.

The row is found by the browser's cookie and the answer's `state` together, and opens under a key that follows from both.
So an answer that somebody else's browser was led to finds nothing (login CSRF), and neither does a second one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from core.clock import Clock
from core.sealing import SealError, derive, open_json, seal_json
from core.times import to_ms
from core.vocabulary import Json
from gateway.signin.cookies import ATTEMPT_SECONDS, digest, new_secret
from gateway.signin.errors import StartAgainError
from gateway.signin.kinds import Kind
from gateway.signin.oidc import Secrets
from gateway.signin.store import SignInStore

STATE_MAXIMUM: Final = 128


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was begun: by which door, with which secrets, and where to go afterwards (a checked local path)."""

    kind: Kind
    secrets: Secrets
    back_to: str


class Attempts:
    """The sign-ins under way."""

    def __init__(self, store: SignInStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def begin(self, attempt: Attempt) -> str:
        """Keep the attempt; the value is for the browser's cookie."""
        cookie = new_secret()
        now_ms = to_ms(self._clock.now())
        place = digest(cookie, attempt.secrets.state)
        sealed = seal_json(
            _key(cookie, attempt.secrets.state),
            [attempt.kind, attempt.secrets.nonce, attempt.secrets.verifier, attempt.back_to],
            _context(place),
        )
        await self._store.add_attempt(place, sealed, now_ms + ATTEMPT_SECONDS * 1000, now_ms)
        return cookie

    async def take(self, cookie: str | None, state: str | None) -> Attempt:
        """The attempt that this answer belongs to, once; `StartAgainError` where there is none."""
        if not cookie or not state or len(state) > STATE_MAXIMUM:
            raise StartAgainError("no attempt of this browser")
        place = digest(cookie, state)
        found = await self._store.take_attempt(place)
        if found is None or found[1] <= to_ms(self._clock.now()):
            raise StartAgainError("no attempt under way")
        try:
            value = open_json(_key(cookie, state), found[0], _context(place))
        except SealError as error:
            raise StartAgainError("the attempt was altered") from error
        return _attempt(value, state)


def _attempt(value: Json, state: str) -> Attempt:
    kind, nonce, verifier, back_to = cast("tuple[Kind, str, str, str]", value)
    return Attempt(kind, Secrets(state, nonce, verifier), back_to)


def _key(cookie: str, state: str) -> bytes:
    return derive(f"{cookie}.{state}".encode(), "signin-attempt")


def _context(place: bytes) -> str:
    return f"signin_attempt|{place.hex()}"
