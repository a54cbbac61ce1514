"""Writes the configuration of a demonstration: the gateway's settings, its trust register and its sources."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

import yaml

from adapters.sandbox import council_housing, nhs_fhir
from adapters.sandbox.identity_provider.clients import WEB_CLIENT, secret_of
from gateway.demo.hub import hub_sources
from gateway.demo.layout import Addresses, Layout
from gateway.secrets import make_secrets
from gateway.witness_files import make_witness, read_witness_key

# Timeout and probe together stay below the gateway's fetch deadline, so that an outage is known by the time of the answer.
_LIMITS = {"timeout": 0.9, "probe_timeout": 0.5}
LOG_ORIGIN = "oncetold.test/log"


def write_configuration(layout: Layout, addresses: Addresses) -> dict[str, str]:
    """Write everything below the folder; gives the gateway's environment. Secrets are made once and kept."""
    folder = layout.folder
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "secrets.json").exists():
        make_secrets(folder / "secrets.json", LOG_ORIGIN)
    (folder / "issuers.yaml").write_text(_issuers(addresses.identity))
    sign_in = folder / "sign-in.secret"
    sign_in.touch(mode=0o600)
    sign_in.write_text(secret_of(WEB_CLIENT))
    (folder / "sources.yaml").write_text(yaml.safe_dump(_sources(layout, addresses), sort_keys=False))
    settings = {
        "ONCETOLD_DATABASE_URL": f"sqlite:///{folder / 'oncetold.db'}",
        "ONCETOLD_KEYS_URL": f"sqlite:///{folder / 'keys.db'}",
        "ONCETOLD_SECRETS_FILE": str(folder / "secrets.json"),
        "ONCETOLD_SOURCES_FILE": str(folder / "sources.yaml"),
        "ONCETOLD_ISSUERS_FILE": str(folder / "issuers.yaml"),
        "ONCETOLD_DIRECTORY_FILE": str(files("adapters.sandbox").joinpath("directory.json")),
        "ONCETOLD_HOST": "127.0.0.1",
        "ONCETOLD_PORT": addresses.gateway.rpartition(":")[2],
        "ONCETOLD_PUBLIC_URL": addresses.gateway,
        "ONCETOLD_LOG_ORIGIN": LOG_ORIGIN,
        "ONCETOLD_SIGN_IN_ISSUER": addresses.identity,
        "ONCETOLD_SIGN_IN_CLIENT": WEB_CLIENT,
        "ONCETOLD_SIGN_IN_SECRET_FILE": str(sign_in),
        # Whoever tries it out asks the same residents again and again.
        "ONCETOLD_REQUESTS_AT_MOST": "100",
        "ONCETOLD_SANDBOX_PRACTICE_TOKEN": nhs_fhir.DEFAULT_TOKEN,
        "ONCETOLD_SANDBOX_COUNCIL_KEY": council_housing.DEFAULT_KEY,
    }
    if addresses.witnesses:
        layout.witnesses.write_text(_witnesses(layout, addresses))
        settings["ONCETOLD_WITNESSES_FILE"] = str(layout.witnesses)
    if addresses.smtp:
        layout.channels.write_text(_channels(addresses))
        settings["ONCETOLD_CHANNELS_FILE"] = str(layout.channels)
    layout.environment.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    addresses.write(layout.addresses)
    return {**_inherited(), **settings}


def read_environment(path: Path) -> dict[str, str]:
    """The settings that `write_configuration` left."""
    lines = path.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("ONCETOLD_")}


def _issuers(identity: str) -> str:
    register = yaml.safe_load(files("policies").joinpath("registers/issuers.yaml").read_text())
    for entry in register["issuers"]:
        entry["jwks_uri"] = entry["jwks_uri"].replace(entry["issuer"], identity, 1)
        entry["issuer"] = identity
    return yaml.safe_dump(register, sort_keys=False)


def _witnesses(layout: Layout, addresses: Addresses) -> str:
    """Each witness has its own key and file, made once and kept: one that forgot what it saw would be none."""
    entries = []
    for name, url in addresses.witnesses.items():
        files = layout.witness(name)
        full = f"oncetold.test/{name}"
        key = read_witness_key(files.key).key if files.key.exists() else make_witness(files, full)
        entries.append({"name": full, "url": url, "key": str(key)})
    return yaml.safe_dump({"witnesses": entries}, sort_keys=False)


def _channels(addresses: Addresses) -> str:
    mailbox = {
        "kind": "smtp",
        "host": "127.0.0.1",
        "port": int(addresses.smtp.rpartition(":")[2]),
        "sender": "OnceTold <no-reply@oncetold.test>",
        "security": "none",
    }
    return yaml.safe_dump({"channels": [mailbox]}, sort_keys=False)


def _sources(layout: Layout, addresses: Addresses) -> dict[str, object]:
    """Three sources over three protocols, as docs/configuration.md explains them, and the team hub where it runs."""
    return {
        "sources": [
            {
                "id": "wensum-valley-practice",
                "kind": "fhir",
                "base_url": addresses.nhs + "/",
                "sections": [
                    "identity",
                    "contact",
                    "communication-needs",
                    "health-summary",
                    "support-plan",
                    "safeguarding-alerts",
                ],
                "credentials": {
                    "header": "Authorization",
                    "scheme": "Bearer",
                    "env": "ONCETOLD_SANDBOX_PRACTICE_TOKEN",
                },
                "limits": _LIMITS,
                "options": {
                    "batch": True,
                    "labels": True,
                    "alert_categories": ["safety"],
                    "adjustment_categories": ["NRAF"],
                },
            },
            {
                "id": "norwich-city-council",
                "kind": "rest",
                "base_url": addresses.council + "/",
                "sections": ["contact", "household", "tenancy", "home-condition", "debts"],
                "credentials": {"header": "X-API-Key", "env": "ONCETOLD_SANDBOX_COUNCIL_KEY"},
                "limits": _LIMITS,
                "options": {"mapping": "council-housing"},
            },
            {
                "id": "harbour-charity",
                "kind": "csv",
                "path": str(Path(addresses.charity_folder) / "harbour-cases.csv"),
                "sections": ["contact", "communication-needs", "involved-services", "support-plan"],
                "options": {"mapping": "charity-cases"},
            },
            *hub_sources(layout, addresses, _LIMITS),
        ]
    }
