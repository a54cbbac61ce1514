"""Serves a witness (audit/witness) with uvicorn, and makes its key and its file. It knows no gateway's settings."""

from __future__ import annotations

import os
import resource
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from audit.note import NoteError, VerifierKey
from audit.witness.cosignature import CosignatureKey, Cosigner
from audit.witness.judging import log_keys
from audit.witness.server import Witness, create_witness_app
from audit.witness.store import WitnessStore, make_state
from core.clock import SystemClock
from core.errors import OnceToldError
from gateway.serving import configure_logs
from gateway.web.protocol import BoundedHead

AT_ONCE_MAXIMUM = 64
"""Connections at a time; the next ones are answered 503."""


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


def serve_witness(files: WitnessFiles, logs: Sequence[VerifierKey], host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    configure_logs()
    # A core dump would lay the key on the disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    cosigner = read_witness_key(files.key)
    store = WitnessStore(files.state, cosigner.key)
    try:
        witness = Witness(cosigner, log_keys(logs), store, SystemClock())
        uvicorn.run(
            create_witness_app(witness),
            host=host,
            port=port,
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=AT_ONCE_MAXIMUM,
            timeout_keep_alive=30,
            http=BoundedHead,
        )
    finally:
        store.close()
