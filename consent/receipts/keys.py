"""Keys that sign receipts: Ed25519 (RFC 8032) as JWK (RFC 7517, RFC 8037), named by their thumbprint (RFC 7638).

A key that no longer signs stays published with `exp`, the second from which on nothing counts that it signed (as in the
historical keys of OpenID Federation 1.0, section 8.7), so that older receipts stay true.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from consent.receipts.errors import ReceiptError, ReceiptKeyError
from consent.receipts.strict import from_base64url, parse_object, to_base64url, to_json
from core.vocabulary import Json, JsonObject

ALGORITHM = "EdDSA"
KEY_BYTES = 32
KEYS_MAXIMUM = 100


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key of 32 bytes. until: seconds since 1970 from which on it does not count; None while it signs."""

    public: bytes
    until: int | None = None

    def __post_init__(self) -> None:
        if len(self.public) != KEY_BYTES:
            raise ReceiptKeyError("an Ed25519 public key has 32 bytes")

    @classmethod
    def parse(cls, x: str) -> PublicKey:
        """Read the `x` of a JWK; raises `ReceiptKeyError`."""
        try:
            return cls(from_base64url(x.strip()))
        except ValueError:
            raise ReceiptKeyError("a public key is the `x` of a JWK: 43 letters of base64url") from None

    @property
    def kid(self) -> str:
        """RFC 7638's thumbprint, by which a receipt names the key."""
        members = {"crv": "Ed25519", "kty": "OKP", "x": to_base64url(self.public)}
        return to_base64url(sha256(to_json(members)).digest())

    def verify(self, message: bytes, signature: bytes) -> None:
        """Check a signature; raises `ReceiptError`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise ReceiptError("signature") from None

    def to_jwk(self) -> dict[str, Json]:
        """As it is published."""
        jwk: dict[str, Json] = {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": to_base64url(self.public),
            "kid": self.kid,
            "use": "sig",
            "alg": ALGORITHM,
        }
        return jwk if self.until is None else {**jwk, "exp": self.until}


class Signer(Protocol):
    """Whatever signs receipts: a key in memory here, one in a vault elsewhere."""

    @property
    def kid(self) -> str:
        """The thumbprint of its public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature, 64 bytes."""
        ...


class KeySigner:
    """A signing key of a 32-byte seed. Its representation shows only the public side."""

    __slots__ = ("_private", "public_key")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != KEY_BYTES:
            raise ReceiptKeyError("an Ed25519 seed has 32 bytes")
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = PublicKey(self._private.public_key().public_bytes_raw())

    @property
    def kid(self) -> str:
        """See `Signer.kid`."""
        return self.public_key.kid

    def sign(self, message: bytes) -> bytes:
        """See `Signer.sign`."""
        return self._private.sign(message)

    def __repr__(self) -> str:
        return f"KeySigner({self.kid})"


def key_set(keys: Iterable[PublicKey]) -> dict[str, Json]:
    """The JWK set of some keys."""
    return {"keys": [key.to_jwk() for key in keys]}


def parse_key_set(data: bytes) -> tuple[PublicKey, ...]:
    """The receipt keys of a JWK set; keys of other kinds are left out. Raises `ReceiptKeyError`.

    A set that holds a private key, or a key under another name than its thumbprint, is refused whole: nobody may trust it.
    """
    try:
        entries = parse_object(data).get("keys")
    except ValueError:
        raise ReceiptKeyError("the key set is not plain JSON") from None
    if not isinstance(entries, list) or len(entries) > KEYS_MAXIMUM:
        raise ReceiptKeyError("a key set holds a list of keys")
    found: dict[str, PublicKey] = {}
    for entry in entries:
        key = _parse_jwk(entry)
        if key is not None and found.setdefault(key.kid, key) is not key:
            raise ReceiptKeyError("the key set holds a key twice")
    return tuple(found.values())


def _parse_jwk(entry: Json) -> PublicKey | None:
    if not isinstance(entry, dict) or (entry.get("kty"), entry.get("crv")) != ("OKP", "Ed25519"):
        return None
    if "d" in entry:
        raise ReceiptKeyError("the key set holds a private key")
    if entry.get("use", "sig") != "sig" or entry.get("alg", ALGORITHM) != ALGORITHM:
        return None
    return _checked(entry)


def _checked(entry: JsonObject) -> PublicKey:
    x, until = entry.get("x"), entry.get("exp")
    if not isinstance(x, str) or not (until is None or type(until) is int):
        raise ReceiptKeyError("a key of the set is malformed")
    key = PublicKey(PublicKey.parse(x).public, until)
    if entry.get("kid") != key.kid:
        raise ReceiptKeyError("a key of the set does not stand under its thumbprint")
    return key
