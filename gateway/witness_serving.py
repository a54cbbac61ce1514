"""Serves a witness (audit/witness) with uvicorn. It knows no gateway's settings, databases or secrets."""

from __future__ import annotations

import resource
from collections.abc import Sequence

import uvicorn

from audit.note import VerifierKey
from audit.witness.judging import log_keys
from audit.witness.server import Witness, create_witness_app
from audit.witness.store import WitnessStore
from core.clock import SystemClock
from gateway.log_lines import configure_logs
from gateway.web.protocol import BoundedHead
from gateway.witness_files import WitnessFiles, read_witness_key

AT_ONCE_MAXIMUM = 64
"""Connections at a time; the next ones are answered 503."""


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
