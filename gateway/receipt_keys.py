"""The keys that sign consent receipts, and how they change without a break: first the next key is published, then it signs.

Between the two steps whoever verifies offline takes the new public key in. The old private key is gone after the second
step; its public key stays published, with the day after as its end, so that what it signed before stays true.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from consent.receipts.keys import KeySigner, PublicKey
from core.sealing import KEY_BYTES, derive
from core.times import to_ms
from gateway.secrets import Secrets, SecretsError, load_secrets, rewrite_secrets

GRACE = timedelta(days=1)
"""For so long after the change replicas that were not restarted yet may still sign with the old key."""


@dataclass(frozen=True, slots=True)
class ReceiptKeys:
    """The key that signs, and every public key by which a receipt may be checked, that one first.

    subjects: the secret from which the pseudonyms on receipts follow.
    """

    signer: KeySigner
    public: tuple[PublicKey, ...]
    subjects: bytes

    def __repr__(self) -> str:
        return f"ReceiptKeys({self.signer.kid})"


def receipt_keys(secrets: Secrets) -> ReceiptKeys:
    """The keys of the operator's secrets."""
    signer = KeySigner(secrets.receipt_seed or derive(secrets.master, "consent-receipt-key"))
    coming = () if secrets.receipt_next is None else (KeySigner(secrets.receipt_next).public_key,)
    return ReceiptKeys(
        signer,
        (signer.public_key, *coming, *secrets.receipt_past),
        derive(secrets.master, "consent-receipt-subject"),
    )


def add_receipt_key(path: Path) -> PublicKey:
    """Have the next key published beside the one that signs; gives it. Raises `SecretsError`."""
    if load_secrets(path).receipt_next is not None:
        raise SecretsError(f"{path}: a next key is published already")
    seed = os.urandom(KEY_BYTES)
    rewrite_secrets(path, {"receipt_key_next": base64.b64encode(seed).decode()})
    return KeySigner(seed).public_key


def change_receipt_key(path: Path, now: datetime) -> PublicKey:
    """Have the next key sign, and forget the old private key; gives the new public key. Raises `SecretsError`.

    A receipt key that the master key made is not in the file, so there is nothing of it to forget: it is never used again.
    """
    secrets = load_secrets(path)
    if secrets.receipt_next is None:
        raise SecretsError(f"{path}: no next key is published yet: add it with `oncetold consent add-key`")
    until = to_ms(now + GRACE) // 1000
    old = PublicKey(receipt_keys(secrets).signer.public_key.public, until)
    past = [{"x": one.to_jwk()["x"], "exp": one.until} for one in (old, *secrets.receipt_past)]
    rewrite_secrets(
        path,
        {
            "receipt_key": base64.b64encode(secrets.receipt_next).decode(),
            "receipt_key_next": None,
            "receipt_keys_past": past,
        },
    )
    return KeySigner(secrets.receipt_next).public_key
