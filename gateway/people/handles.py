"""Handles: the pairwise pseudonym by which one recipient knows one person (promise 7). Stateless.

A handle is AES-SIV (RFC 5297, deterministic) under a key of the recipient, over the blind index of the trace key. So every
handle has one length, known and unknown people get one alike, two recipients' handles cannot be joined, and not even the
recipient's key turns a handle back into an identifier.
"""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.sealing import derive, mac
from gateway.people.tags import Tags

PREFIX = "h1."
HANDLE_PATTERN = r"^h1\.[A-Za-z0-9_-]{64}$"
_SIV_KEY_BYTES = 64


class Handles:
    """Makes and opens handles, and the blind indexes beneath them, from the operator's master key."""

    def __init__(self, master: bytes) -> None:
        self._master = master
        self._index_key = derive(master, "blind-index")
        self.tags = Tags(master)
        self._siv = lru_cache(maxsize=10_000)(self._recipient_siv)

    def blind_index(self, trace_key: str) -> bytes:
        """The keyed index (32 bytes) under which a trace key is stored."""
        return mac(self._index_key, trace_key)

    def make(self, recipient: str, trace_key: str) -> str:
        """The recipient's handle for whoever the trace key means, known or not."""
        return self.of_index(recipient, self.blind_index(trace_key))

    def of_index(self, recipient: str, index: bytes) -> str:
        """The recipient's handle for whoever stands under a blind index."""
        sealed = self._siv(recipient).encrypt(index, [recipient.encode()])
        return PREFIX + base64.urlsafe_b64encode(sealed).decode()

    def open(self, recipient: str, handle: str) -> bytes | None:
        """The blind index in a handle; None for one that this recipient was never given."""
        try:
            sealed = base64.urlsafe_b64decode(handle.removeprefix(PREFIX))
            return self._siv(recipient).decrypt(sealed, [recipient.encode()])
        except (InvalidTag, ValueError, binascii.Error):
            return None

    def _recipient_siv(self, recipient: str) -> AESSIV:
        kdf = HKDF(
            algorithm=SHA256(),
            length=_SIV_KEY_BYTES,
            salt=None,
            info=f"oncetold/handle/{recipient}/v1".encode(),
        )
        return AESSIV(kdf.derive(self._master))
