"""A house to measure in: the sandbox's agencies and sign-in service, a gateway's storage with people who allowed a view,
and the servers to load. Everything in one throw-away folder, on loopback.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import yaml

from adapters.sandbox.charity_drop import write_drop
from adapters.sandbox.identity_provider.tokens import practitioner_token
from adapters.sandbox.people import generate
from adapters.sandbox.person import SOURCES, Person
from bench.captured import capture
from consent.permissions import Given
from core.clock import SystemClock
from core.vocabulary import Label
from gateway.compose import Gateway, compose
from gateway.consenting import Grant
from gateway.demo import seeding
from gateway.demo.configuration import write_configuration
from gateway.demo.layout import Addresses, Layout, choose_ports
from gateway.demo.processes import Processes
from gateway.migrating import prepare_storage
from gateway.people import trace
from gateway.settings import Settings

ORGANISATION, CLIENT, PRACTITIONER = (
    "norfolk-county-council",
    "norfolk-county-council-app",
    "hal.triage@norfolk.test",
)
PURPOSE = "early-help-triage"
PEOPLE = 160
"""Of whom some fifty are known to all three sources and labelled unrestricted."""
FETCHES_AT_A_TIME = 64
"""The bulkhead of each source, for both servers alike: no request of 32 connections must meet it."""
PORTS = {"gateway": 8900, "identity": 8910, "nhs": 8920, "council": 8930, "bare": 8940, "steps": 8950}


@dataclass(frozen=True, slots=True)
class Target:
    """One server's endpoint. file: what the load generator sends there (bench/load.py)."""

    name: str
    process: str
    port: int
    path: str
    file: Path


@dataclass
class House:
    """Agencies that run, storage that is filled, and what is needed to start servers over them."""

    folder: Path
    ports: dict[str, int]
    environment: dict[str, str]
    processes: Processes
    people: int = 0

    def serve_gateway(self) -> Target:
        """Start the real gateway."""
        self.processes.start("gateway", ["-m", "gateway", "serve"], self._log("gateway"))
        return self._ready("full", "gateway", "gateway", "/v1/views")

    def serve_bare(self) -> tuple[Target, Target]:
        """Start the fan-out; its bare endpoint, and the one with the adapters."""
        arguments = ["-m", "bench.bare", str(self.folder / "captured.json"), str(self.ports["bare"])]
        self.processes.start("bare", arguments, self._log("bare"))
        return self._ready("bare", "bare", "bare", "/fan-out"), self._ready(
            "adapters", "bare", "bare", "/adapters"
        )

    def serve_steps(self, result: Path, *arguments: str) -> Target:
        """Start a gateway with a watch on its steps."""
        port = self.ports["steps"]
        self.processes.start(
            "steps",
            ["-m", "bench.steps", str(result), *arguments],
            self._log("steps"),
            ONCETOLD_PORT=str(port),
            ONCETOLD_PUBLIC_URL=f"http://127.0.0.1:{port}",
        )
        return self._ready("steps", "steps", "steps", "/v1/views")

    def stop(self, process: str) -> None:
        """End one server and wait for it."""
        ending = self.processes.running.pop(process)
        ending.terminate()
        ending.wait(30)

    def pid(self, process: str) -> int:
        """The process's id."""
        return self.processes.running[process].pid

    def _ready(self, name: str, process: str, port: str, path: str) -> Target:
        url = f"http://127.0.0.1:{self.ports[port]}"
        self.processes.wait_until_ready(process, url + ("/missing" if process == "bare" else "/readyz"))
        return Target(name, process, self.ports[port], path, self.folder / "requests.json")

    def _log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"


@contextmanager
def house(storage: Sequence[str] = ()) -> Iterator[House]:
    """Open a house. storage: SQLAlchemy addresses of the two databases, instead of SQLite files in the folder."""
    with tempfile.TemporaryDirectory(prefix="oncetold-bench-") as name:
        layout = Layout(Path(name))
        ports = choose_ports(lambda _: None, PORTS)
        urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        addresses = Addresses(
            urls["gateway"], urls["identity"], urls["nhs"], urls["council"], str(layout.folder / "charity")
        )
        environment = write_configuration(layout, addresses)
        environment |= dict(zip(("ONCETOLD_DATABASE_URL", "ONCETOLD_KEYS_URL"), storage, strict=False))
        # One application asks as fast as it can: what it may is not what is measured.
        environment["ONCETOLD_CALLS_PER_SECOND"] = "1000000"
        _raise_bulkheads(layout.folder / "sources.yaml")
        home = House(layout.folder, ports, environment, Processes(environment))
        try:
            _start_agencies(home, addresses)
            with mock.patch.dict(os.environ, environment):
                home.people = asyncio.run(_fill(home, addresses))
            yield home
        finally:
            home.processes.stop()


def known_everywhere() -> tuple[Person, ...]:
    """The made-up people whom all three sources know."""
    return tuple(
        person
        for person in generate(count=PEOPLE)
        if all(person.reference(source) for source in SOURCES) and person.label is Label.UNRESTRICTED
    )


def _raise_bulkheads(path: Path) -> None:
    document = yaml.safe_load(path.read_text())
    for entry in document["sources"]:
        entry["limits"] = {"concurrent": FETCHES_AT_A_TIME}
    path.write_text(yaml.safe_dump(document, sort_keys=False))


def _start_agencies(home: House, addresses: Addresses) -> None:
    write_drop(Path(addresses.charity_folder), generate(count=PEOPLE))
    folder = home.folder
    identity = ["-m", "adapters.sandbox.identity_provider", "--port", str(home.ports["identity"])]
    identity += ["--state-folder", str(folder / "identity"), "--redirect-base", addresses.gateway]
    home.processes.start("identity", identity, folder / "logs" / "identity.log")
    for name in ("nhs", "council"):
        arguments = ["-m", "adapters.sandbox", "--count", str(PEOPLE), name, "--port", str(home.ports[name])]
        home.processes.start(name, arguments, folder / "logs" / f"{name}.log")
    home.processes.wait_until_ready("identity", addresses.identity + "/.well-known/openid-configuration")
    home.processes.wait_until_ready("nhs", addresses.nhs + "/metadata")
    home.processes.wait_until_ready("council", addresses.council + "/health")


async def _fill(home: House, addresses: Addresses) -> int:
    """Register the people, let them allow the view, and see what the gateway asks for each; how many there are."""
    settings, people = Settings(), known_everywhere()
    prepare_storage(settings, SystemClock())
    with mock.patch.object(seeding, "generate", return_value=people):
        seeding.seed(settings, SystemClock())
    token = await practitioner_token(addresses.identity, PRACTITIONER, CLIENT)
    gateway = await compose(settings)
    try:
        bodies = await asyncio.gather(*(_allow(gateway, person) for person in people))
        captured = await capture(gateway, token, bodies)
    finally:
        await gateway.close()
    (home.folder / "captured.json").write_text(json.dumps(captured))
    asked = {
        "headers": {"Authorization": f"Bearer {token}"},
        "bodies": [body for body in bodies if body["person"] in captured],
        "expected": [f'"{source}"' for source in SOURCES],
    }
    (home.folder / "requests.json").write_text(json.dumps(asked))
    return len(captured)


async def _allow(gateway: Gateway, person: Person) -> dict[str, str]:
    """The person allows everything the purpose's agreement names; gives the body that asks for the view."""
    key = trace.by_nhs_number(person.nhs_number)
    known = gateway.locator.find(gateway.handles.blind_index(key))
    if known is None:
        raise LookupError("a registered person is not found")
    agreement = gateway.registers.agreements[PURPOSE]
    grant = Grant(PURPOSE, ORGANISATION, dict(agreement.sections), frozenset(SOURCES), None)
    await gateway.consenting.give(known.key, grant, Given("portal", known.id))
    return {
        "person": gateway.handles.make(ORGANISATION, key),
        "purpose": PURPOSE,
        "reason": "Measuring how long a view takes",
    }
