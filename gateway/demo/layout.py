"""Where a demonstration keeps things, and at which addresses it listens.

All of it lies in one folder (`ONCETOLD_DEMO_FOLDER`, by default `.var/demo`), so that a second start is quick and keeps
the data, and removing the folder forgets everything. `addresses.json` tells `oncetold smoke` where to go.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from core.errors import OnceToldError
from gateway.witness_files import WitnessFiles

PREFERRED = {
    "gateway": 8800,
    "identity": 8810,
    "nhs": 8820,
    "council": 8830,
    "witness_one": 8840,
    "witness_two": 8850,
    "mail": 8860,
    "smtp": 8861,
    "hub": 8870,
}
TRIES = 50


class DemoError(OnceToldError):
    """The demonstration cannot go on; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The folder of one demonstration."""

    folder: Path

    @property
    def environment(self) -> Path:
        """Settings of the gateway, as `ONCETOLD_...=value` lines."""
        return self.folder / "gateway.env"

    @property
    def addresses(self) -> Path:
        """Where everything listens."""
        return self.folder / "addresses.json"

    @property
    def witnesses(self) -> Path:
        """Which witnesses the gateway submits its log to."""
        return self.folder / "witnesses.yaml"

    @property
    def channels(self) -> Path:
        """What carries messages to residents: the sandbox's own mailbox."""
        return self.folder / "channels.yaml"

    @property
    def hub(self) -> Path:
        """Who works in the team hub, and what it keeps."""
        return self.folder / "hub"

    def witness(self, name: str) -> WitnessFiles:
        """What one of the witnesses keeps: on one machine here, on another organisation's anywhere else."""
        return WitnessFiles(self.folder / f"{name}.key", self.folder / f"{name}.db")

    def logs(self, name: str) -> Path:
        """What a process wrote."""
        return self.folder / "logs" / f"{name}.log"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Base URLs of all that was started, without a slash at the end; empty for a witness, mailbox or hub that was not."""

    gateway: str
    identity: str
    nhs: str
    council: str
    charity_folder: str
    witness_one: str = ""
    witness_two: str = ""
    mail: str = ""
    smtp: str = ""
    hub: str = ""

    @property
    def witnesses(self) -> dict[str, str]:
        """Name of each witness that was started -> its base URL."""
        both = {"witness-one": self.witness_one, "witness-two": self.witness_two}
        return {name: url for name, url in both.items() if url}

    @classmethod
    def read(cls, path: Path) -> Addresses:
        """Raises `DemoError` when nothing was started there."""
        try:
            return cls(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise DemoError(
                "no demonstration was started here: run `make run` in another terminal first"
            ) from error

    def write(self, path: Path) -> None:
        """Leave the addresses for `oncetold smoke`."""
        path.write_text(json.dumps(asdict(self), indent=2))


def default_layout() -> Layout:
    """The folder that the environment names, or `.var/demo` below the working directory."""
    return Layout(Path(os.environ.get("ONCETOLD_DEMO_FOLDER", ".var/demo")).resolve())


def choose_ports(say: Callable[[str], None], preferred: Mapping[str, int] = PREFERRED) -> dict[str, int]:
    """A free loopback port for each name; says which preferred ones were taken and what is used instead."""
    chosen: dict[str, int] = {}
    for name, port in preferred.items():
        free = next(
            (one for one in range(port, port + TRIES) if one not in chosen.values() and _is_free(one)), None
        )
        if free is None:
            raise DemoError(f"no free port from {port} to {port + TRIES - 1} for {name}")
        if free != port:
            say(f"port {port} ({name}) is taken: using {free}")
        chosen[name] = free
    return chosen


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
