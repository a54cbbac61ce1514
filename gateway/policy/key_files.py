"""Private keys in files, PEM PKCS 8: the bundle signer's (ES256) and an organisation's for agreements (Ed25519).

Like the gateway's own secrets, a key file that others can read is not used.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from core.errors import OnceToldError


class KeyFileError(OnceToldError):
    """A key file cannot be used; the message says why and what to do, and nothing of its content."""


def make_bundle_key(path: Path) -> str:
    """Write a new ES256 key (mode 600) and give its public half as PEM. Refuses to overwrite."""
    key = ec.generate_private_key(ec.SECP256R1())
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    except FileExistsError as error:
        raise KeyFileError(f"{path} exists already; keys are never overwritten") from error
    except OSError as error:
        raise KeyFileError(f"{path} cannot be written: {type(error).__name__}") from error
    with os.fdopen(handle, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def read_bundle_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The bundle signer's key. Raises KeyFileError."""
    key = _read(path)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise KeyFileError(f"{path} holds no P-256 key: make one with `oncetold policy keygen`")
    return key


def read_signing_key(path: Path) -> Ed25519PrivateKey:
    """An organisation's key for agreements. Raises KeyFileError."""
    key = _read(path)
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path} holds no Ed25519 key: make one with `openssl genpkey -algorithm ed25519`")
    return key


def _read(path: Path) -> PrivateKeyTypes:
    try:
        mode = path.stat().st_mode
        text = path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {type(error).__name__}") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileError(f"{path} can be read by others: chmod 600 it")
    try:
        return load_pem_private_key(text, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"{path} holds no private key as unencrypted PEM (PKCS 8)") from error
