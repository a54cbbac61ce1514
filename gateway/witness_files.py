"""What a witness keeps on its disk: its private key, and what it saw. Made once, together."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from audit.note import NoteError
from audit.witness.cosignature import CosignatureKey, Cosigner
from audit.witness.store import make_state
from core.errors import OnceToldError


class WitnessKeyError(OnceToldError):
    """A witness's key file cannot be used; the message says why, and nothing of its content."""


@dataclass(frozen=True, slots=True)
class WitnessFiles:
    """What a witness keeps: its private key, and what it saw."""

    key: Path
    state: Path


def make_witness(files: WitnessFiles, name: str) -> CosignatureKey:
    """Make the key and the file of a new witness; gives its public key. Raises where either is there already."""
    cosigner = Cosigner(name, os.urandom(32))
    if files.key.exists():
        raise WitnessKeyError(f"{files.key} exists already; keys are never overwritten")
    # The file first: a key without it can do nothing, while a key that came before could have signed.
    make_state(files.state, cosigner.key)
    try:
        files.key.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(files.key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    except OSError as error:
        raise WitnessKeyError(f"{files.key} cannot be written: {type(error).__name__}") from error
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(cosigner.export() + "\n")
    return cosigner.key


def read_witness_key(path: Path) -> Cosigner:
    """Read a witness's private key. Raises `WitnessKeyError` for a missing, open-to-others or malformed file."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise WitnessKeyError(f"{path} cannot be read: make it with `oncetold witness keygen`") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise WitnessKeyError(f"{path} can be read by others: chmod 600 it")
    try:
        return Cosigner.parse(text.strip())
    except NoteError as error:
        raise WitnessKeyError(f"{path} is not a witness's key") from error
