"""Whether an ID token is to be believed (OpenID Connect Core 1.0 section 3.1.3.7, RFC 8725). Pure: keys and time go in.

joserfc proves the signature, Authlib's `CodeIDToken` checks the claims; around them stands what they leave open.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from authlib.oidc.core import CodeIDToken
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from core.errors import OnceToldError
from core.vocabulary import JsonObject
from gateway.signin.discovery import Algorithm, SigningKey
from gateway.signin.errors import IdTokenError
from gateway.web import strict_json

ALGORITHMS: Final[frozenset[Algorithm]] = frozenset({"ES256", "PS256", "RS256"})
TOKEN_MAXIMUM: Final = 16 * 1024
LEEWAY_SECONDS: Final = 10
AGE_MAXIMUM_SECONDS: Final = 300
"""An ID token is fetched right after it was made; an older one was kept by somebody."""

_REFUSED: Final = frozenset({"jwk", "jku", "x5c", "x5u", "crit", "b64", "zip", "enc", "cty", "epk"})
_TYPES: Final = frozenset({"jwt", "application/jwt"})


class UnknownKeyError(OnceToldError):
    """The token names a key that is not among the published ones: they may have changed."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the token must say. access_token: the one that came with it, for `at_hash`. now: seconds since 1970."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str | None
    now: int
    algorithms: frozenset[Algorithm] = ALGORITHMS


def verify(token: str, keys: Mapping[str, SigningKey], expected: Expected) -> JsonObject:
    """The claims of a token that is to be believed. Raises `IdTokenError`, `UnknownKeyError`."""
    if len(token) > TOKEN_MAXIMUM or token.count(".") != 2 or not token.isascii():
        raise IdTokenError("not a signed token")
    header = _header(token.partition(".")[0])
    key = _key(header, keys, expected.algorithms)
    try:
        proven = jws.deserialize_compact(token, key, algorithms=[str(header["alg"])])
    except (JoseError, ValueError, TypeError):
        raise IdTokenError("the signature does not fit") from None
    claims = _parse(proven.payload or b"")
    _check_types(claims, expected)
    checked = CodeIDToken(
        dict(claims),
        dict(header),
        {
            "iss": {"essential": True, "value": expected.issuer},
            "aud": {"essential": True, "value": expected.client_id},
        },
        {"nonce": expected.nonce, "client_id": expected.client_id, "access_token": expected.access_token},
    )
    try:
        checked.validate(now=expected.now, leeway=LEEWAY_SECONDS)
    except (JoseError, ValueError, TypeError) as error:
        claim = getattr(error, "claim", None)
        raise IdTokenError(f"the claim {claim} does not fit" if claim else type(error).__name__) from None
    return claims


def _header(segment: str) -> JsonObject:
    try:
        data = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError:
        raise IdTokenError("not a signed token") from None
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != segment:
        # The decoder skips what it does not know; another reader of the same text might not.
        raise IdTokenError("not a signed token")
    header = _parse(data)
    if not _REFUSED.isdisjoint(header):
        raise IdTokenError("the header brings a key or an extension of its own")
    if str(header.get("typ", "JWT")).lower() not in _TYPES:
        raise IdTokenError("a token of another type")
    return header


def _key(header: JsonObject, keys: Mapping[str, SigningKey], allowed: frozenset[Algorithm]) -> SigningKey:
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in allowed:
        raise IdTokenError("an algorithm that is not allowed")
    if kid is None and len(keys) == 1:
        # OpenID Connect Core section 10.1: an id may be missing where there is only one key.
        key = next(iter(keys.values()))
    elif not isinstance(kid, str):
        raise IdTokenError("the header names no key")
    elif kid not in keys:
        raise UnknownKeyError("a key that is not published")
    else:
        key = keys[kid]
    if isinstance(key, ECKey) != (algorithm == "ES256") or key.alg not in {None, algorithm}:
        raise IdTokenError("the key is for another algorithm")
    return key


def _parse(data: bytes) -> JsonObject:
    try:
        value = strict_json.parse(data)
    except strict_json.StrictJsonError as error:
        raise IdTokenError(f"a part cannot be read: {error.fault}") from None
    if not isinstance(value, Mapping):
        raise IdTokenError("a part is not a JSON object")
    return value


def _check_types(claims: JsonObject, expected: Expected) -> None:
    for name in ("exp", "iat"):
        # `type` and not `isinstance`: true is an int to Python.
        if type(claims.get(name)) is not int:
            raise IdTokenError(f"{name} is not a whole number of seconds")
    if claims.get("aud") not in (expected.client_id, [expected.client_id]):
        # Another audience beside ours could hand the token on to us.
        raise IdTokenError("aud is not this gateway alone")
    issued_at = claims["iat"]
    if isinstance(issued_at, int) and issued_at < expected.now - AGE_MAXIMUM_SECONDS:
        raise IdTokenError("iat is long ago")
