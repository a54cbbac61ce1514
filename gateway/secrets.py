"""The operator's secrets: the master key, the key-encryption key and the log's signing key, in one file of mode 0600.

The file is JSON: `master` and `key_encryption_key` (base64, 32 bytes each), `log_key` (a C2SP note signer key); and once the
log's key changes (gateway/log_keys.py), `log_keys_beside` (signer keys that sign along) and `log_keys_past` (public keys of
before). It stands apart from both databases and their backups: with it, and only with it, sealed rows open.
"""

from __future__ import annotations

import base64
import json
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from audit.note import Signer, VerifierKey
from core.errors import OnceToldError
from core.sealing import KEY_BYTES


class SecretsError(OnceToldError):
    """The secrets file cannot be used; the message says why and what to do, and nothing of its content."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets, read once at start."""

    master: bytes = field(repr=False)
    key_encryption_key: bytes = field(repr=False)
    signer: Signer = field(repr=False)
    past: tuple[VerifierKey, ...] = field(default=(), repr=False)

    @property
    def other_log_keys(self) -> tuple[VerifierKey, ...]:
        """The log's public keys beside the one that counts now: those that sign along, and those that signed before."""
        return (*(one.verifier_key for one in self.signer.beside), *self.past)


def make_secrets(path: Path, log_origin: str) -> None:
    """Write new secrets. Refuses to overwrite: whoever loses these loses every sealed row."""
    value = {
        "master": base64.b64encode(os.urandom(KEY_BYTES)).decode(),
        "key_encryption_key": base64.b64encode(os.urandom(KEY_BYTES)).decode(),
        "log_key": Signer(log_origin, os.urandom(KEY_BYTES)).export(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    except FileExistsError as error:
        raise SecretsError(f"{path} exists already; secrets are never overwritten") from error
    with os.fdopen(handle, "w") as file:
        json.dump(value, file)


def load_secrets(path: Path) -> Secrets:
    """Read the secrets. Raises `SecretsError` for a missing, open-to-others or malformed file."""
    try:
        mode = path.stat().st_mode
        text = path.read_bytes()
    except OSError as error:
        raise SecretsError(f"{path} cannot be read: make it with `oncetold init`") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SecretsError(f"{path} can be read by others: chmod 600 it")
    try:
        value = json.loads(text)
        master = base64.b64decode(value["master"], validate=True)
        kek = base64.b64decode(value["key_encryption_key"], validate=True)
        beside = [Signer.parse(str(one)) for one in value.get("log_keys_beside", [])]
        signer = Signer.parse(str(value["log_key"])).along(*beside)
        past = tuple(VerifierKey.parse(str(one)) for one in value.get("log_keys_past", []))
    except (ValueError, KeyError, TypeError, AttributeError, OnceToldError) as error:
        raise SecretsError(f"{path} is not a secrets file of OnceTold") from error
    if len(master) != KEY_BYTES or len(kek) != KEY_BYTES:
        raise SecretsError(f"{path} holds a key of the wrong length")
    return Secrets(master, kek, signer, past)
