"""Changing the log's signing key without a break: first both keys sign, then the new one alone.

Between the two steps witnesses and everyone else who verifies take the new public key in; whoever knows either key can
follow the log all the time. The old private key is gone after the second step; its public key stays, for the receipts that
it signed.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

from audit.note import Signer, VerifierKey
from core.sealing import KEY_BYTES
from gateway.secrets import Secrets, SecretsError, load_secrets


def add_log_key(path: Path) -> VerifierKey:
    """Have a new key sign beside the one that counts; gives its public key. Raises `SecretsError`."""
    secrets = load_secrets(path)
    if secrets.signer.beside:
        raise SecretsError(f"{path}: a new key signs beside the old one already")
    new = Signer(secrets.signer.name, os.urandom(KEY_BYTES))
    _write(path, {"log_keys_beside": [new.export()]})
    return new.verifier_key


def go_over(path: Path) -> VerifierKey:
    """Have the new key alone sign, and forget the old private key; gives the new public key. Raises `SecretsError`."""
    secrets = load_secrets(path)
    if not secrets.signer.beside:
        raise SecretsError(f"{path}: no new key signs yet: add it with `oncetold log-key add`")
    new = secrets.signer.beside[0]
    past = [str(secrets.signer.verifier_key), *map(str, secrets.past)]
    _write(path, {"log_key": new.export(), "log_keys_beside": [], "log_keys_past": past})
    return new.verifier_key


def log_keys(secrets: Secrets) -> tuple[VerifierKey, ...]:
    """Every public key of the log, the one that counts now first."""
    return (secrets.signer.verifier_key, *secrets.other_log_keys)


def _write(path: Path, changed: dict[str, object]) -> None:
    """Replace the file in one step: a crash leaves the old one or the new one, each whole and for its owner only."""
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
