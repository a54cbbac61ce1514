"""Starts the sandbox's identity provider on loopback.

    python -m adapters.sandbox.identity_provider --port 8810 --state-folder .var/identity [--issuer URL]

One line beginning with `ready:` on stdout says that it serves (with `--port 0`, also where). SIGTERM or SIGINT ends it
with status 0; a port that is taken with status 1.
"""

from __future__ import annotations

import argparse
import logging
import signal
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from adapters.sandbox.identity_provider.app import create_app
from adapters.sandbox.identity_provider.authorization import Provider
from adapters.sandbox.identity_provider.clients import Client, clients
from adapters.sandbox.identity_provider.keys import SigningKeys

LOOPBACK = "127.0.0.1"
AUDIENCE = "https://gateway.oncetold.test/api"


class QuietHandler(WSGIRequestHandler):
    """HTTP/1.1 with a request timeout; writes no line a request, since addresses hold codes."""

    protocol_version = "HTTP/1.1"
    timeout = 10

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(
        prog="python -m adapters.sandbox.identity_provider", description="The sandbox's identity provider."
    )
    options.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 takes a free one")
    options.add_argument("--state-folder", type=Path, required=True, help="where the signing keys are kept")
    options.add_argument("--issuer", help="the issuer's URL, where it is not http://127.0.0.1:PORT")
    options.add_argument("--audience", default=AUDIENCE, help="the gateway's API in access tokens")
    options.add_argument(
        "--redirect-base", default="http://127.0.0.1:8800", help="the gateway's address in the browser"
    )
    options.add_argument("--hub-base", default="http://127.0.0.1:8870", help="the team hub's, likewise")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; answers the exit status."""
    options = parser().parse_args(arguments)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    try:
        provided = clients(options.redirect_base, options.hub_base)
        server = serve(options.port, options.state_folder, options.issuer, options.audience, provided)
    except OSError as error:
        sys.stderr.write(f"identity provider: cannot start on port {options.port}: {error.strerror}\n")
        return 1

    def stop(_number: int, _frame: FrameType | None) -> None:
        # `shutdown` waits for the loop to end, so it cannot be called from within the loop's own thread.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sys.stdout.write(f"ready: identity provider on http://{LOOPBACK}:{server.port}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    return 0


def serve(
    port: int, state_folder: Path, issuer: str | None, audience: str, known: Mapping[str, Client]
) -> BaseWSGIServer:
    """A server that listens and is not yet running. Raises OSError where the port is taken."""
    # Werkzeug ends the process by itself where a port is taken; a socket of our own raises instead.
    with socket.create_server((LOOPBACK, port)) as listening:
        server = make_server(
            LOOPBACK, port, _not_ready, threaded=True, request_handler=QuietHandler, fd=listening.fileno()
        )
    url = (issuer or f"http://{LOOPBACK}:{server.port}").rstrip("/")
    provider = Provider(url, audience, SigningKeys(state_folder), known)
    server.app = create_app(provider)
    return server


def _not_ready(_environ: object, _start_response: object) -> list[bytes]:
    raise AssertionError("unreachable: the application is put in before the server runs")


if __name__ == "__main__":
    sys.exit(main())
