"""Sealing of what must rest: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce, bound to its place by the context.

The context (associated data) names table and row, so that a sealed value moved to another row does not open.
No primitives of our own: everything is `cryptography`'s.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import OnceToldError
from core.vocabulary import Json

NONCE_BYTES = 12
KEY_BYTES = 32


class SealError(OnceToldError):
    """A sealed value does not open: wrong key, wrong place, or altered. Says nothing about the content."""


def seal(key: bytes, plain: bytes, context: str) -> bytes:
    """Nonce (12 bytes) || ciphertext || tag (16 bytes), under a 32-byte key."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, context.encode())


def open_sealed(key: bytes, sealed: bytes, context: str) -> bytes:
    """The plain bytes, or `SealError`."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())
    except (InvalidTag, ValueError) as error:
        raise SealError("a sealed value does not open") from error


def seal_json(key: bytes, value: object, context: str) -> bytes:
    """Seal a JSON value."""
    return seal(key, orjson.dumps(value, default=_plain), context)


def open_json(key: bytes, sealed: bytes, context: str) -> Json:
    """Open a JSON value sealed by `seal_json`."""
    value: Json = orjson.loads(open_sealed(key, sealed, context))
    return value


def _plain(value: object) -> object:
    # Frozen mappings (registers, decisions) are JSON objects too.
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError("not a JSON value")


def derive(master: bytes, use: str) -> bytes:
    """A 32-byte key for one use (HKDF-SHA-256, RFC 5869); keys of different uses tell nothing about each other."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"oncetold/{use}/v1".encode()).derive(
        master
    )


def mac(key: bytes, message: str) -> bytes:
    """HMAC-SHA-256 (RFC 2104), 32 bytes: blind indexes and pseudonyms."""
    return hmac.new(key, message.encode(), hashlib.sha256).digest()
