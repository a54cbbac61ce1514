"""Policy bundles for tests: signed by a key that everybody can make, or altered behind the signature's back."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import policies
from gateway.policy.bundle_archive import SIGNATURES, pack, unpack
from gateway.policy.bundle_writing import sign_files, write_bundle

POLICIES = Path(policies.__file__).parent
KEYID = "officers-2026"
KEY = ec.derive_private_key(2026, ec.SECP256R1())
OTHER_KEY = ec.derive_private_key(666, ec.SECP256R1())
TRUSTED = {KEYID: KEY.public_key()}

Files = dict[str, bytes]


@cache
def bundle_bytes(number: int = 1) -> bytes:
    """A bundle of the committed policies."""
    return write_bundle(POLICIES, number, KEY, KEYID)


def altered(packed: bytes, change: Callable[[Files], object]) -> bytes:
    """A bundle with its files changed, and its signature as it was."""
    files = unpack(packed)
    change(files)
    return pack(files)


def signed_anew(
    packed: bytes,
    change: Callable[[Files], object] = lambda _files: None,
    key: ec.EllipticCurvePrivateKey = KEY,
    keyid: str = KEYID,
) -> bytes:
    """A bundle with its files changed, and signed after that."""
    files = unpack(packed)
    del files[SIGNATURES]
    change(files)
    return pack({**files, SIGNATURES: sign_files(files, key, keyid)})


def pem(key: ec.EllipticCurvePrivateKey = KEY) -> bytes:
    """The public half."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
