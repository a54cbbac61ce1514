"""The provider's signing keys: ES256, kept in the state folder, rotated on request."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Final

from joserfc.jwk import ECKey, KeySet

ALGORITHM: Final = "ES256"
FILE: Final = "signing-keys.json"


class SigningKeys:
    """The keys that are published; the first one signs. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        if self._path.exists():
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            self._keys = tuple(ECKey.import_key(key) for key in stored["keys"])
        else:
            self._keys = (_new_key(),)
            self._store()

    @property
    def signing(self) -> KeySet:
        """The one key that signs now, as a set, so that its id goes into each token's header."""
        return KeySet([self._keys[0]])

    @property
    def published(self) -> KeySet:
        """All keys that prove tokens now."""
        return KeySet(list(self._keys))

    def public_document(self) -> object:
        """The JWK set (RFC 7517) without secrets."""
        return {"keys": [key.as_dict(private=False) for key in self._keys]}

    def rotate(self, *, retire: bool) -> None:
        """Sign with a new key from now on; `retire` takes the old ones out of publication at once."""
        with self._lock:
            self._keys = (_new_key(),) if retire else (_new_key(), *self._keys[:2])
            self._store()

    def _store(self) -> None:
        text = json.dumps({"keys": [key.as_dict(private=True) for key in self._keys]})
        # Written beside and moved into place: a reader never sees half a file.
        beside = self._path.with_suffix(".new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        beside.replace(self._path)


def _new_key() -> ECKey:
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
    key.ensure_kid()
    return key
