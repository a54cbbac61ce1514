"""The operator's secrets: the master key, the key-encryption key and the log's signing key, in one file of mode 0600.

The file is JSON: `master`, `key_encryption_key` and `receipt_key` (base64, 32 bytes each; in a file without `receipt_key` it
follows from the master key), `log_key` (a C2SP note signer key); and once the log's key changes (gateway/log_keys.py),
`log_keys_beside` (signer keys that sign along) and `log_keys_past` (public keys of before); once that of receipts does
(gateway/receipt_keys.py), `receipt_key_next` and `receipt_keys_past`. It stands apart from both databases and their backups:
with it, and only with it, sealed rows open.
"""

from __future__ import annotations

import base64
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from audit.note import Signer, VerifierKey
from consent.receipts.keys import PublicKey
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
    receipt_seed: bytes | None = field(default=None, repr=False)
    receipt_next: bytes | None = field(default=None, repr=False)
    receipt_past: tuple[PublicKey, ...] = field(default=(), repr=False)

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
        "receipt_key": base64.b64encode(os.urandom(KEY_BYTES)).decode(),
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
        seed, coming = (_seed(value.get(name)) for name in ("receipt_key", "receipt_key_next"))
        ended = tuple(
            PublicKey(PublicKey.parse(str(one["x"])).public, int(one["exp"]))
            for one in value.get("receipt_keys_past", [])
        )
    except (ValueError, KeyError, TypeError, AttributeError, OnceToldError) as error:
        raise SecretsError(f"{path} is not a secrets file of OnceTold") from error
    if any(one is not None and len(one) != KEY_BYTES for one in (master, kek, seed, coming)):
        raise SecretsError(f"{path} holds a key of the wrong length")
    return Secrets(master, kek, signer, past, seed, coming, ended)


def rewrite_secrets(path: Path, changed: Mapping[str, object]) -> None:
    """Replace the file in one step: a crash leaves the old one or the new one, each whole and for its owner only.

    Raises `SecretsError`.
    """
    value = {**json.loads(path.read_bytes()), **changed}
    new = path.with_name(path.name + ".new")
    try:
        new.unlink(missing_ok=True)
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
        with os.fdopen(handle, "w") as file:
            json.dump(value, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise SecretsError(f"{path} cannot be written: {type(error).__name__}") from error


def _seed(value: object) -> bytes | None:
    return None if value is None else base64.b64decode(str(value), validate=True)
