"""Starts the demonstration, shows what it is doing, and stops all of it cleanly on Ctrl-C."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from adapters.sandbox.charity_drop import write_drop
from adapters.sandbox.identity_provider.accounts import SANDBOX_PASSWORD
from adapters.sandbox.people import CAST, generate
from core.clock import SystemClock
from gateway.demo.configuration import write_configuration
from gateway.demo.hub import write_hub
from gateway.demo.layout import Addresses, Layout, choose_ports
from gateway.demo.processes import Processes
from gateway.demo.seeding import seed
from gateway.migrating import prepare_storage
from gateway.secrets import load_secrets
from gateway.settings import Settings

Say = Callable[[str], None]
WATCH_SECONDS = 0.5


def run_demo(layout: Layout, say: Say, ready: Callable[[Addresses], None] | None = None) -> None:
    """Run until SIGINT or SIGTERM. `ready` is called once everything answers. Raises `DemoError`."""
    started = time.monotonic()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    layout.folder.mkdir(parents=True, exist_ok=True)
    addresses = _addresses(layout, choose_ports(say))
    environment = write_configuration(layout, addresses)
    settings = settings_of(environment)
    say(f"data in {layout.folder}")
    prepare_storage(settings, SystemClock())
    say(f"registered {seed(settings, SystemClock())} new sandbox records")
    write_drop(Path(addresses.charity_folder), generate())
    processes = Processes(environment)
    try:
        start_all(processes, layout, addresses)
        for name, url in readiness(addresses).items():
            say(
                f"{name} ready after {processes.wait_until_ready(name, url):.1f} s at {url.rpartition('/')[0]}"
            )
        say(f"everything is ready after {time.monotonic() - started:.1f} s")
        say(_table(addresses))
        if ready is not None:
            ready(addresses)
        while not stop.wait(WATCH_SECONDS):
            for name in processes.running:
                processes.assert_running(name)
    finally:
        say("stopping")
        processes.stop()
    say("stopped")


def _addresses(layout: Layout, ports: dict[str, int]) -> Addresses:
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    return Addresses(**urls, charity_folder=str(layout.folder / "charity"))


def settings_of(environment: dict[str, str]) -> Settings:
    """The settings in the environment that a gateway is started with."""
    fields = {f"ONCETOLD_{name.upper()}": name for name in Settings.model_fields}
    return Settings.model_validate(
        {fields[key]: value for key, value in environment.items() if key in fields}
    )


def start_all(processes: Processes, layout: Layout, addresses: Addresses) -> None:
    """Start the identity provider, the agencies that serve, the log's witnesses, and the gateway."""

    def port(url: str) -> str:
        return url.rpartition(":")[2]

    identity = [
        "-m",
        "adapters.sandbox.identity_provider",
        "--port",
        port(addresses.identity),
        "--state-folder",
        str(layout.folder / "identity"),
        "--redirect-base",
        addresses.gateway,
        *(["--hub-base", addresses.hub] if addresses.hub else []),
    ]
    processes.start("identity", identity, layout.logs("identity"))
    for name, url in (("nhs", addresses.nhs), ("council", addresses.council)):
        processes.start(name, ["-m", "adapters.sandbox", name, "--port", port(url)], layout.logs(name))
    if addresses.mail:
        sink = ["-m", "adapters.sandbox", "mail", "--port", port(addresses.mail)]
        sink += ["--smtp-port", port(addresses.smtp), "--folder", str(layout.folder / "mail")]
        processes.start("mail", sink, layout.logs("mail"))
    log_key = str(load_secrets(layout.folder / "secrets.json").signer.verifier_key)
    for name, url in addresses.witnesses.items():
        files = layout.witness(name)
        kept = ["--key", str(files.key), "--state", str(files.state)]
        witness = ["-m", "gateway", "witness", *kept, "--log-key", log_key, "--port", port(url)]
        processes.start(name, witness, layout.logs(name))
    processes.start("gateway", ["-m", "gateway", "serve"], layout.logs("gateway"))
    if addresses.hub:
        processes.start("hub", ["-m", "hub", "serve"], layout.logs("hub"), **write_hub(layout, addresses))


def readiness(addresses: Addresses) -> dict[str, str]:
    """Name of each process -> the address that answers once it is ready."""
    return {
        "identity": addresses.identity + "/.well-known/openid-configuration",
        "nhs": addresses.nhs + "/metadata",
        "council": addresses.council + "/health",
        **({"mail": addresses.mail + "/"} if addresses.mail else {}),
        **{name: url + "/key" for name, url in addresses.witnesses.items()},
        "gateway": addresses.gateway + "/readyz",
        **({"hub": addresses.hub + "/healthz"} if addresses.hub else {}),
    }


def _table(addresses: Addresses) -> str:
    everything = generate()[CAST["everything"]]
    rows = (
        ("Residents' portal", f"{addresses.gateway}/portal/", everything.email),
        ("Officers' console", f"{addresses.gateway}/console/", "olu.officer@norwich.test"),
        *([("Team hub", f"{addresses.hub}/", "joy.prescriber@agewell.test")] if addresses.hub else []),
        ("API", f"{addresses.gateway}/docs", "hal.triage@norfolk.test"),
        ("API, a check", f"{addresses.gateway}/docs#check", "mo.letting@brightwater.test"),
        ("API, an emergency", f"{addresses.gateway}/docs#emergency", "kit.nurse@acute.test (token --strong)"),
        ("Sign-in service", addresses.identity, f"password of every account: {SANDBOX_PASSWORD}"),
        ("Practice (FHIR R4)", addresses.nhs, ""),
        ("Council (REST)", addresses.council, ""),
        ("Charity (CSV)", addresses.charity_folder, ""),
        *([("Residents' e-mail", f"{addresses.mail}/", "")] if addresses.mail else []),
        *(("Witness of the log", url, name) for name, url in addresses.witnesses.items()),
    )
    width = max(len(row[1]) for row in rows)
    lines = [f"  {name:<20}{address:<{width + 2}}{who}".rstrip() for name, address, who in rows]
    return "\n".join(
        [
            "",
            *lines,
            "",
            "  Try:   make smoke      (in another terminal)",
            f"         curl {addresses.gateway}/v1/purposes",
            "  Stop:  Ctrl-C",
            "",
        ]
    )
