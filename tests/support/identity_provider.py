"""The sandbox's identity provider as a process of its own, for tests that need a real one."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from adapters.sandbox.identity_provider.clients import callback_of

ROOT = Path(__file__).resolve().parents[2]
FARID = "farid.adviser@harbour.test"
APP = "harbour-charity-app"


@dataclass(frozen=True)
class Running:
    """The provider's process and its address."""

    process: subprocess.Popen[str]
    url: str


@contextmanager
def provider(state: Path, *more: str, port: int = 0) -> Iterator[Running]:
    command = [sys.executable, "-m", "adapters.sandbox.identity_provider", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--state-folder", str(state), *more], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        ready = process.stdout.readline()
        assert ready.startswith("ready: identity provider on "), ready
        yield Running(process, ready.split(" on ")[1].strip())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        if process.stdout is not None:
            process.stdout.close()


def said(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a token says: its header and its claims."""
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
    return header, claims


def asking(**changes: str | None) -> str:
    """The query of an authorization request."""
    query: dict[str, str | None] = {
        "response_type": "code",
        "client_id": APP,
        "redirect_uri": callback_of(APP),
        "scope": "openid views",
        "state": "s",
        "nonce": "n",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
        **changes,
    }
    return urlencode({name: value for name, value in query.items() if value is not None})
