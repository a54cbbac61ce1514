"""An issuer's published keys (RFC 7517): which of them may prove a token, and the proving itself. Pure.

A key that must not be used is left out rather than failing the set: an issuer's encryption keys stand beside its signing
keys, and a key that was published together with its secret must stop counting at once, not when the set is mended.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from jose import backends, jwk
from jose.backends.base import Key
from jose.backends.cryptography_backend import CryptographyECKey, CryptographyRSAKey
from jose.exceptions import JOSEError

from core.errors import OnceToldError
from core.vocabulary import Json, JsonObject
from gateway.identity.compact import decode_segment
from gateway.identity.issuers import Algorithm
from gateway.web.strict_json import StrictJsonError, parse_object

KEYS_MAXIMUM: Final = 50
RSA_BITS: Final = range(2048, 8193)
COORDINATE_BYTES: Final = 32

_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_ALGORITHM_OF: Final[Mapping[str, Algorithm]] = {"EC": "ES256", "RSA": "RS256"}

# python-jose falls back to the `ecdsa` package, which leaks timing (CVE-2024-23342), where `cryptography` is missing.
if (
    backends.ECKey is not CryptographyECKey or backends.RSAKey is not CryptographyRSAKey
):  # pragma: no cover - the lock always brings it
    raise ImportError("python-jose must run on its cryptography backend")


class KeySetError(OnceToldError):
    """A published key set cannot be read at all. The message names the fault and no content."""


class SignatureError(OnceToldError):
    """A signature does not prove what it was sent with."""

    def __init__(self) -> None:
        super().__init__("the signature does not fit")


class _UnusableError(Exception):
    """Why one key is left out."""


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """One public key, for one algorithm. `thumbprint` is RFC 7638's: equal keys are equal values."""

    id: str
    algorithm: Algorithm
    thumbprint: str
    _key: Key = field(compare=False, repr=False)

    def verify(self, signing_input: bytes, signature: bytes) -> None:
        """Return when the signature is this key's, else raise `SignatureError`."""
        if not self._key.verify(signing_input, signature):
            raise SignatureError


@dataclass(frozen=True, slots=True)
class KeySet:
    """The usable keys by id. `left_out`: why the others are not here, for the log; holds no key material."""

    keys: Mapping[str, VerificationKey]
    left_out: tuple[str, ...] = ()


def parse_key_set(body: bytes, algorithms: frozenset[Algorithm]) -> KeySet:
    """The keys of a JWK set (RFC 7517 section 5) that may prove tokens with these algorithms, or `KeySetError`.

    Left out are: keys without an id or with one that another key has too; private and symmetric keys; keys for
    encryption or another algorithm; RSA below 2048 bits; curves other than P-256; points that are not on it.
    """
    try:
        entries = parse_object(body).get("keys")
    except StrictJsonError as error:
        raise KeySetError(f"the key set is {error}") from error
    if not isinstance(entries, list) or len(entries) > KEYS_MAXIMUM:
        raise KeySetError(f"the key set needs a list of at most {KEYS_MAXIMUM} keys")
    shared = _shared_ids(entries)
    keys: dict[str, VerificationKey] = {}
    left_out: list[str] = []
    for number, entry in enumerate(entries):
        try:
            key = _usable(entry, algorithms)
            if key.id in shared:
                raise _UnusableError("shares its id with another key")
            keys[key.id] = key
        except _UnusableError as error:
            left_out.append(f"key {number}: {error}")
    return KeySet(keys, tuple(left_out))


def _shared_ids(entries: list[Json]) -> frozenset[str]:
    ids = Counter(str(entry.get("kid")) for entry in entries if isinstance(entry, Mapping))
    return frozenset(kid for kid, times in ids.items() if times > 1)


def _usable(entry: Json, algorithms: frozenset[Algorithm]) -> VerificationKey:
    if not isinstance(entry, Mapping):
        raise _UnusableError("not an object")
    kid, kty = entry.get("kid"), entry.get("kty")
    if not isinstance(kid, str) or not kid:
        raise _UnusableError("no id")
    if not _PRIVATE_MEMBERS.isdisjoint(entry):
        raise _UnusableError("published together with its secret")
    algorithm = _ALGORITHM_OF.get(kty) if isinstance(kty, str) else None
    if algorithm is None or algorithm not in algorithms:
        raise _UnusableError("a type that this issuer may not use")
    if entry.get("alg", algorithm) != algorithm:
        raise _UnusableError("for another algorithm")
    if entry.get("use", "sig") != "sig" or entry.get("key_ops", ["verify"]) != ["verify"]:
        raise _UnusableError("not for verifying signatures")
    public = _ec(entry) if kty == "EC" else _rsa(entry)
    try:
        key = jwk.construct(dict(public), algorithm)
    except (JOSEError, ValueError) as error:
        raise _UnusableError("not a valid public key") from error
    return VerificationKey(kid, algorithm, _thumbprint(public), key)


def _ec(entry: JsonObject) -> dict[str, str]:
    if entry.get("crv") != "P-256":
        raise _UnusableError("a curve other than P-256")
    x, y = _member(entry, "x"), _member(entry, "y")
    # RFC 7518 section 6.2.1.2: full octets, leading zeros included.
    if any(len(decode_segment(coordinate)) != COORDINATE_BYTES for coordinate in (x, y)):
        raise _UnusableError("a coordinate of the wrong length")
    return {"crv": "P-256", "kty": "EC", "x": x, "y": y}


def _rsa(entry: JsonObject) -> dict[str, str]:
    e, n = _member(entry, "e"), _member(entry, "n")
    exponent = int.from_bytes(decode_segment(e), "big")
    bits = int.from_bytes(decode_segment(n), "big").bit_length()
    if bits not in RSA_BITS:
        raise _UnusableError("an RSA key of fewer than 2048 or more than 8192 bits")
    # A huge exponent makes each verification slow; a small or even one makes forging easy.
    if not 3 <= exponent < 2**32 or exponent % 2 == 0:
        raise _UnusableError("an unusual RSA exponent")
    return {"e": e, "kty": "RSA", "n": n}


def _member(entry: JsonObject, name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str):
        raise _UnusableError(f"no {name}")
    try:
        decode_segment(value)
    except ValueError as error:
        raise _UnusableError(f"{name} is not base64url") from error
    return value


def _thumbprint(public: dict[str, str]) -> str:
    canonical = json.dumps(public, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
