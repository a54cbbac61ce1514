"""The demonstration as `make run` starts it, in a folder of its own on ports that are free, and a practitioner in it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from adapters.sandbox.identity_provider.tokens import practitioner_token
from adapters.sandbox.people import CAST, generate
from adapters.sandbox.person import Person
from audit.note import VerifierKey
from gateway.demo.layout import Addresses, Layout
from gateway.smoke.partner import Answer, Partner
from tests.conftest import ROOT

ORGANISATION, PURPOSE = "norfolk-county-council", "early-help-triage"
TRIAGER = "hal.triage@norfolk.test"
STOP_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Demonstration:
    """Everything runs. log_key: the log's public key, as its own address gives it."""

    addresses: Addresses
    log_key: str

    @property
    def resident(self) -> Person:
        """A resident whom all three sources know."""
        return generate()[CAST["everything"]]

    def ask(self) -> Answer:
        """The county's triager asks for all that the agreement lets them see of the resident; the receipt holds."""
        # The browser's driver has an event loop of its own in the test's thread.
        with ThreadPoolExecutor(1) as other:
            return other.submit(asyncio.run, self._ask()).result()

    async def _ask(self) -> Answer:
        token = await practitioner_token(self.addresses.identity, TRIAGER, f"{ORGANISATION}-app")
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            partner = Partner(session, self.addresses.gateway, token, VerifierKey.parse(self.log_key))
            answer = await partner.view(await partner.handle(self.resident.nhs_number or ""), PURPOSE)
        assert answer.status == 200
        partner.verify(answer)
        return answer


@contextmanager
def demonstration(folder: Path) -> Iterator[Demonstration]:
    """Start `oncetold demo`, wait until it says that it is ready, and stop it as Ctrl-C does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.journey", str(10_000 + os.getpid() % 900 * 10)],
        cwd=ROOT,
        env={**os.environ, "ONCETOLD_DEMO_FOLDER": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as said:
        told: list[str] = []
        try:
            for line in said:
                told.append(line)
                if line.startswith("everything is ready"):
                    break
            assert told, "the demonstration said nothing"
            assert told[-1].startswith("everything is ready"), "".join(told)
            addresses = Addresses.read(Layout(folder).addresses)
            yield Demonstration(addresses, asyncio.run(_text(f"{addresses.gateway}/log/key")).strip())
        finally:
            process.send_signal(signal.SIGINT)
            told += said.readlines()
            process.wait(STOP_SECONDS)
    assert (process.returncode, told[-1]) == (0, "stopped\n")


async def _text(url: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return await answer.text()
