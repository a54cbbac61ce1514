"""From the Authorization header to a `Caller`: RFC 9068 access tokens, checked after RFC 8725.

The steps, numbered here and in `TokenVerifier._prove`:

1. the header: exactly one, Bearer, bounded in size                  (compact.bearer_token)
2. the token's outside: three canonical parts, at+jwt, no strange header (compact)
3. the issuer: in the trust register                                 (issuers)
4. the key: published by the issuer, for an algorithm it may use      (jwks, keys)
5. the signature                                                     (keys, python-jose)
6. the claims: audience, times, client, organisation, role, scopes    (claims)

A proven token is remembered by its SHA-256 under the generation of its issuer's keys, so that it counts no longer than
its key does. Tokens themselves are not kept.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.clock import Clock
from gateway.identity.caller import Caller
from gateway.identity.claims import caller_of, issuer_url
from gateway.identity.compact import (
    HEADER_MAXIMUM,
    Compact,
    Named,
    bearer_token,
    check_header,
    parse_claims,
    take_apart,
)
from gateway.identity.errors import TokenError
from gateway.identity.issuers import TrustRegister
from gateway.identity.jwks import Fetch, IssuerKeys, KeyTimes, UnknownKeyError
from gateway.identity.keys import SignatureError
from gateway.identity.pace import Pace

REMEMBERED_SECONDS: Final = 300.0
REMEMBERED_MAXIMUM: Final = 20_000


@dataclass(frozen=True, slots=True)
class _Remembered:
    """A proven token: whose keys proved it, in which generation, and until when (seconds since 1970) it is believed."""

    caller: Caller
    keys: IssuerKeys
    generation: int
    until: float


class TokenVerifier:
    """Proves access tokens of the issuers in a trust register. To be used from one event loop."""

    def __init__(
        self,
        register: TrustRegister,
        fetch: Fetch,
        clock: Clock,
        times: KeyTimes | None = None,
        remembered_maximum: int = REMEMBERED_MAXIMUM,
        pace: Pace | None = None,
    ) -> None:
        times = times or KeyTimes()
        self._register = register
        self._clock = clock
        self._keys = {
            url: IssuerKeys(issuer, fetch, clock, times) for url, issuer in register.issuers.items()
        }
        self._remembered: OrderedDict[bytes, _Remembered] = OrderedDict()
        self._remembered_maximum = remembered_maximum
        self._pace = pace

    async def verify(self, authorization_headers: Sequence[str]) -> Caller:
        """Who is asking, from the values of all Authorization headers of a request.

        Raises `TokenError` when the token is not accepted, `TooOftenError` when its application asks too often,
        `ClosedError` when the clock or the issuer's keys are in doubt.
        """
        caller = await self._caller(authorization_headers)
        if self._pace is not None:
            self._pace.take(caller.client)
        return caller

    async def _caller(self, authorization_headers: Sequence[str]) -> Caller:
        self._clock.assert_sound()
        now = self._clock.now().timestamp()
        digest = _digest(authorization_headers)
        known = self._remembered.get(digest)
        if known is not None:
            if now < known.until and known.keys.holds(known.generation):
                return known.caller
            del self._remembered[digest]
        proven = await self._prove(authorization_headers)
        self._remember(digest, proven)
        return proven.caller

    async def warm(self) -> None:
        """Have every issuer's keys at hand, or raise `ClosedError("issuer keys", ...)`: for readiness."""
        for keys in self._keys.values():
            await keys.warm()

    async def close(self) -> None:
        """End the fetches under way."""
        for keys in self._keys.values():
            await keys.close()

    async def _prove(self, authorization_headers: Sequence[str]) -> _Remembered:
        # (1) the header
        token = bearer_token(authorization_headers)
        # (2) the token's outside
        compact = take_apart(token)
        named = check_header(compact.header)
        # (3) the issuer; its name is not proven yet and only chooses the keys
        claims = parse_claims(compact.payload)
        url = issuer_url(claims)
        issuer = self._register.find(url)
        if issuer is None:
            raise TokenError(
                "invalid_token",
                "The token's issuer is not trusted here. Use the issuer that was agreed with this gateway.",
            )
        # (4) the key, (5) the signature
        keys = self._keys[url]
        await _check_signature(compact, named, keys)
        # (6) the claims, at the time it is now: the keys may have taken a while
        now = self._clock.now().timestamp()
        caller = caller_of(claims, issuer, now)
        return _Remembered(caller, keys, keys.generation, min(caller.expires_at, now + REMEMBERED_SECONDS))

    def _remember(self, digest: bytes, proven: _Remembered) -> None:
        self._remembered[digest] = proven
        if len(self._remembered) > self._remembered_maximum:
            self._remembered.popitem(last=False)


async def _check_signature(compact: Compact, named: Named, keys: IssuerKeys) -> None:
    """Return when a key that the issuer publishes now made the signature, else raise `TokenError` or `ClosedError`."""
    if named.algorithm not in keys.issuer.algorithms:
        raise TokenError(
            "invalid_token", "The token is signed with an algorithm that is not agreed for its issuer."
        )
    try:
        key = await keys.find(named.key_id)
    except UnknownKeyError as error:
        raise TokenError(
            "invalid_token",
            "The token is signed with a key that its issuer does not publish. Ask the issuer for a new token.",
        ) from error
    # RFC 8725 section 3.1: the key, not the token, says which algorithm it is for.
    if key.algorithm != named.algorithm:
        raise TokenError("invalid_token", "The token's algorithm is not the one of its key.")
    try:
        key.verify(compact.signing_input, compact.signature)
    except SignatureError as error:
        raise TokenError(
            "invalid_token", "The token's signature does not fit. Send the token as the issuer gave it."
        ) from error


def _digest(authorization_headers: Sequence[str]) -> bytes:
    """Of one header of bearable size; anything else is nothing that could have been remembered."""
    if len(authorization_headers) != 1 or len(authorization_headers[0]) > HEADER_MAXIMUM:
        return b""
    return hashlib.sha256(authorization_headers[0].encode("utf-8", "surrogatepass")).digest()
