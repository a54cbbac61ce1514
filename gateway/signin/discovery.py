"""What an identity provider publishes about itself: its endpoints (OpenID Connect Discovery 1.0) and its keys. Pure."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from core.vocabulary import Json, JsonObject
from gateway.signin.errors import ProviderError
from gateway.web import strict_json

Algorithm = Literal["ES256", "PS256", "RS256"]
SigningKey: TypeAlias = ECKey | RSAKey
_Jwk: TypeAlias = dict[str, str | list[str]]

KEYS_MAXIMUM: Final = 50
RSA_BITS: Final = range(2048, 8193)
EXPONENT_BITS: Final = range(2, 33)
"""A huge exponent makes each verification slow."""

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


@dataclass(frozen=True, slots=True)
class Metadata:
    """The published endpoints of one provider. `names_itself`: its answers carry `iss` (RFC 9207)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None
    names_itself: bool


def check_issuer(issuer: str) -> None:
    """Raise `ProviderError` unless the issuer is https, or plain http on this machine (the sandbox's)."""
    parts = urlsplit(issuer)
    plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not (plain or parts.scheme == "https") or not parts.hostname or parts.query or parts.fragment:
        raise ProviderError("the issuer must be an https address without query")


def origin_of(url: str) -> str:
    """The origin of an address (RFC 6454): scheme, host, and port where it stands there."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def parse_metadata(body: bytes, issuer: str) -> Metadata:
    """The discovery document of exactly this issuer, or `ProviderError`."""
    document = parse_object(body, "its discovery document")
    if document.get("issuer") != issuer:
        raise ProviderError("its discovery document is another issuer's")
    if "S256" not in _texts(document.get("code_challenge_methods_supported", ["S256"])):
        raise ProviderError("it does not support PKCE with S256")
    ends = document.get("end_session_endpoint")
    return Metadata(
        issuer=issuer,
        authorization_endpoint=_endpoint(document, "authorization_endpoint", issuer),
        token_endpoint=_endpoint(document, "token_endpoint", issuer),
        jwks_uri=_endpoint(document, "jwks_uri", issuer),
        end_session_endpoint=None if ends is None else _endpoint(document, "end_session_endpoint", issuer),
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )


def parse_keys(body: bytes) -> Mapping[str, SigningKey]:
    """The keys by id that may prove ID tokens. Raises `ProviderError` for what is no key set at all.

    Left out: keys without an id or with one that another has too, symmetric and private ones, those for encryption,
    curves other than P-256, RSA below 2048 bits.
    """
    entries = parse_object(body, "its key set").get("keys")
    if not isinstance(entries, list) or len(entries) > KEYS_MAXIMUM:
        raise ProviderError(f"its key set needs a list of at most {KEYS_MAXIMUM} keys")
    ids = Counter(str(entry.get("kid")) for entry in entries if isinstance(entry, Mapping))
    found = {}
    for entry in entries:
        key = _usable(entry)
        if key is not None and ids[key[0]] == 1:
            found[key[0]] = key[1]
    return found


def parse_object(body: bytes, what: str) -> JsonObject:
    """A JSON object of the provider's, or `ProviderError`."""
    try:
        value = strict_json.parse(body)
    except strict_json.StrictJsonError as error:
        raise ProviderError(f"{what} cannot be read: {error.fault}") from None
    if not isinstance(value, Mapping):
        raise ProviderError(f"{what} is not a JSON object")
    return value


def _usable(entry: Json) -> tuple[str, SigningKey] | None:
    if not isinstance(entry, Mapping) or not _PRIVATE.isdisjoint(entry):
        return None
    kid = entry.get("kid")
    if not isinstance(kid, str) or not kid or entry.get("use", "sig") != "sig":
        return None
    try:
        if entry.get("kty") == "EC" and entry.get("crv") == "P-256":
            return kid, ECKey.import_key(cast("_Jwk", dict(entry)))
        if (
            entry.get("kty") == "RSA"
            and _bits(entry.get("n")) in RSA_BITS
            and _bits(entry.get("e")) in EXPONENT_BITS
        ):
            return kid, RSAKey.import_key(cast("_Jwk", dict(entry)))
    except (JoseError, ValueError, TypeError):
        return None
    return None


def _bits(value: Json) -> int:
    """The length of a number in base64url; 0 for what is none."""
    if not isinstance(value, str):
        return 0
    return int.from_bytes(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)), "big").bit_length()


def _endpoint(document: JsonObject, name: str, issuer: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise ProviderError(f"its discovery document has no {name}")
    try:
        parts = urlsplit(value)
        plain = parts.scheme == "http" and parts.hostname in _LOOPBACK and issuer.startswith("http://")
    except ValueError:
        raise ProviderError(f"its {name} is not an address") from None
    if not (plain or parts.scheme == "https") or not parts.hostname or parts.username or parts.fragment:
        raise ProviderError(f"its {name} is not an https address")
    return value


def _texts(value: Json) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
