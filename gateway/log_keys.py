"""Changing the log's signing key without a break: first both keys sign, then the new one alone.

Between the two steps witnesses and everyone else who verifies take the new public key in; whoever knows either key can
follow the log all the time. The old private key is gone after the second step; its public key stays, for the receipts that
it signed.
"""

from __future__ import annotations

import os
from pathlib import Path

from audit.note import Signer, VerifierKey
from core.sealing import KEY_BYTES
from gateway.secrets import Secrets, SecretsError, load_secrets, rewrite_secrets


def add_log_key(path: Path) -> VerifierKey:
    """Have a new key sign beside the one that counts; gives its public key. Raises `SecretsError`."""
    secrets = load_secrets(path)
    if secrets.signer.beside:
        raise SecretsError(f"{path}: a new key signs beside the old one already")
    new = Signer(secrets.signer.name, os.urandom(KEY_BYTES))
    rewrite_secrets(path, {"log_keys_beside": [new.export()]})
    return new.verifier_key


def go_over(path: Path) -> VerifierKey:
    """Have the new key alone sign, and forget the old private key; gives the new public key. Raises `SecretsError`."""
    secrets = load_secrets(path)
    if not secrets.signer.beside:
        raise SecretsError(f"{path}: no new key signs yet: add it with `oncetold log-key add`")
    new = secrets.signer.beside[0]
    past = [str(secrets.signer.verifier_key), *map(str, secrets.past)]
    rewrite_secrets(path, {"log_key": new.export(), "log_keys_beside": [], "log_keys_past": past})
    return new.verifier_key


def log_keys(secrets: Secrets) -> tuple[VerifierKey, ...]:
    """Every public key of the log, the one that counts now first."""
    return (secrets.signer.verifier_key, *secrets.other_log_keys)
