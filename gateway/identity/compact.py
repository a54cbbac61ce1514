"""The outside of a token: the Authorization header, the three parts of a compact JWS, its header. Pure, no keys."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.vocabulary import JsonObject
from gateway.identity.errors import MissingTokenError, TokenError
from gateway.web.strict_json import StrictJsonError, parse_object

TOKEN_MAXIMUM = 8192
"""Characters of a token. Real ones are around 900."""

HEADER_MAXIMUM = TOKEN_MAXIMUM + 16
"""Characters of an Authorization header."""

_BEARER = re.compile(r"(?P<scheme>[A-Za-z]{1,16}) (?P<token>[A-Za-z0-9._~+/=-]+)", re.ASCII)
_SEGMENT = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_KID = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)

REFUSED_MEMBERS = frozenset({"jwk", "jku", "x5c", "x5u", "crit", "b64", "zip", "enc", "cty", "epk"})
"""Header members that bring a key along, point to one, or change what is signed (RFC 8725 sections 3.1, 3.10)."""

ACCESS_TOKEN_TYPES = frozenset({"at+jwt", "application/at+jwt"})
"""RFC 9068 section 4. Media types compare without regard to case (RFC 2045), so `typ` is lowered first."""


@dataclass(frozen=True, slots=True)
class Compact:
    """A compact JWS (RFC 7515 section 7.1), decoded and still unproven.

    header: the protected header. payload: the bytes of the claims.
    signing_input, signature: what was signed, and with what. All of it stays out of the repr, and so out of tracebacks.
    """

    header: JsonObject = field(repr=False)
    payload: bytes = field(repr=False)
    signing_input: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Named:
    """The algorithm and the key id that a token's header names, each only known to be well formed."""

    algorithm: str
    key_id: str


def bearer_token(authorization_headers: Sequence[str]) -> str:
    """The token of exactly one Authorization header (RFC 6750 section 2.1), or `TokenError`."""
    if not authorization_headers:
        raise MissingTokenError
    if len(authorization_headers) > 1:
        raise TokenError("invalid_request", "Send exactly one Authorization header.")
    header = authorization_headers[0]
    if len(header) > HEADER_MAXIMUM:
        raise TokenError("invalid_request", "The Authorization header is too long.")
    match = _BEARER.fullmatch(header)
    if match is None:
        raise TokenError("invalid_request", "Write the header as: Authorization: Bearer TOKEN.")
    if match["scheme"].lower() != "bearer":
        raise TokenError("invalid_request", "Only the Bearer scheme is accepted here so far.")
    token = match["token"]
    if len(token) > TOKEN_MAXIMUM:
        raise TokenError("invalid_request", "The access token is too long.")
    return token


def take_apart(token: str) -> Compact:
    """Decode a compact JWS, or raise `TokenError("invalid_token", ...)`."""
    segments = token.split(".")
    if len(segments) != 3:
        raise _malformed("Send a signed access token (JWS): three parts separated by dots.")
    return Compact(
        header=_parse(_decode(segments[0])),
        payload=_decode(segments[1]),
        signing_input=f"{segments[0]}.{segments[1]}".encode("ascii"),
        signature=_decode(segments[2]),
    )


def check_header(header: JsonObject) -> Named:
    """What an access token's header names, or `TokenError("invalid_token", ...)` where it is no access token's."""
    if not REFUSED_MEMBERS.isdisjoint(header):
        raise _malformed(
            "The token's header brings a key, a compression or an extension of its own. "
            "Configure the issuer to send alg, kid and typ only."
        )
    if _text(header, "typ").lower() not in ACCESS_TOKEN_TYPES:
        raise _malformed(
            "This is not an access token (typ at+jwt, RFC 9068). Send the access token, not the ID token, "
            "and have the issuer mark it."
        )
    return Named(_text(header, "alg"), _key_id(header))


def parse_claims(payload: bytes) -> JsonObject:
    """The claims as one unambiguous JSON object, or `TokenError("invalid_token", ...)`."""
    return _parse(payload)


def decode_segment(segment: str) -> bytes:
    """Base64url without padding (RFC 7515 section 2), canonical: one text for each value. Raises `ValueError`."""
    if not _SEGMENT.fullmatch(segment):
        raise ValueError("not base64url")
    # binascii refuses the one impossible length (1 modulo 4) itself.
    data = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii") != segment:
        raise ValueError("not canonical base64url")
    return data


def _key_id(header: JsonObject) -> str:
    kid = _text(header, "kid")
    if not _KID.fullmatch(kid):
        raise _malformed("The token's header names its key in a form that no issuer uses.")
    return kid


def _text(header: JsonObject, name: str) -> str:
    value = header.get(name)
    if not isinstance(value, str):
        raise _malformed(f"The token's header needs {name}, as text.")
    return value


def _decode(segment: str) -> bytes:
    try:
        return decode_segment(segment)
    except ValueError as error:
        raise _malformed("The token was cut or altered on its way: a part is not base64url.") from error


def _parse(data: bytes) -> JsonObject:
    try:
        return parse_object(data)
    except StrictJsonError as error:
        raise _malformed("The token was cut or altered on its way: a part is not plain JSON.") from error


def _malformed(detail: str) -> TokenError:
    return TokenError("invalid_token", detail)
