"""Settings, from the environment (`ONCETOLD_...`) or a file of such lines. No secret stands here: only where it is found.

Every setting has a default that is safe; what has no safe default has none, and the doctor says what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self, cast

import yaml
from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from core.errors import OnceToldError
from core.vocabulary import JsonObject


class SettingsError(OnceToldError):
    """A configuration file cannot be used; the message says which and why."""


class Settings(BaseSettings):
    """All that a gateway needs to know before it starts.

    database_url, keys_url: SQLAlchemy addresses of the two databases (`sqlite:///file`, `postgresql+psycopg://...`); the
        key store is apart because its backups must not outlive an erasure.
    secrets_file: the operator's secrets (`oncetold init` makes one, readable by its owner only).
    sources_file: which adapter serves which source (docs/configuration.md). issuers_file: whose tokens are believed.
    policies_folder: registers, section schemas and compiled policy, where they are not the ones that come with OnceTold.
    policy_bundle: a signed bundle instead, taken from policy_keys' keys only; looked at again every policy_poll seconds.
    opa_url: a central OPA server that decides instead of the engine in process; opa_token_file: its bearer token.
    witnesses_file: the witnesses that cosign the log (docs/audit-log.md).
    public_url: the address under which browsers and partners reach the gateway.
    working_hours_file: when organisations are at work (docs/alerts.md); without one, on weekdays from 7 to 20 in London.
    directory_file: the service directory, Open Referral data in a file or folder (docs/directory.md); none means empty.
    metrics_host, metrics_port: where operators read metrics, an address of their own; without a port, nowhere.
    sign_in_issuer: the identity provider of portal and console; none means that no pages are served.
    insecure_cookies: leave `Secure` off the cookies, for browsers that do not count loopback as secure (Safari); refused
        unless the gateway listens on loopback.
    channels_file: what carries messages to residents (docs/configuration.md); none means that nobody is told anything.
    requests_open_days, requests_at_most, requests_within_days: how long a request to a resident waits for its answer, and
        how many of one organisation for one purpose are passed on within so many days.
    fetch_deadline, empty_release: seconds after a request's start (docs/architecture.md, "Silence").
    calls_per_second, calls_at_once: how often one partner application may call, steadily and after a quiet time.
    """

    model_config = SettingsConfigDict(env_prefix="ONCETOLD_", extra="forbid", hide_input_in_errors=True)

    database_url: str
    keys_url: str
    secrets_file: Path
    sources_file: Path
    issuers_file: Path
    policies_folder: Path | None = None
    policy_bundle: Path | None = None
    policy_keys: Path | None = None
    policy_poll: float = Field(default=5.0, gt=0, le=3600)
    opa_url: str | None = None
    opa_token_file: Path | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8800, ge=0, le=65535)
    public_url: str = "http://127.0.0.1:8800"
    log_origin: str = "oncetold.test/log"
    witnesses_file: Path | None = None
    working_hours_file: Path | None = None
    directory_file: Path | None = None
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    sign_in_issuer: str | None = None
    sign_in_client: str = "oncetold-web"
    sign_in_secret_file: Path | None = None
    insecure_cookies: bool = False
    leave_url: str = "https://www.bbc.co.uk/weather"
    channels_file: Path | None = None
    requests_open_days: int = Field(default=28, ge=1, le=365)
    requests_at_most: int = Field(default=3, ge=1, le=100)
    requests_within_days: int = Field(default=90, ge=1, le=730)
    fetch_deadline: float = Field(default=1.5, gt=0)
    empty_release: float = Field(default=2.0, gt=0)
    body_maximum: int = Field(default=65_536, gt=0)
    calls_per_second: float = Field(default=50.0, gt=0)
    calls_at_once: int = Field(default=500, ge=1)

    @field_validator("database_url", "keys_url")
    @classmethod
    def _database_url(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("is sqlite:///file or postgresql+psycopg://user:password@host/database")
        try:
            make_url(value)
        except (ArgumentError, ValueError) as error:
            raise ValueError("does not read as an address: a port is a number") from error
        return value

    @model_validator(mode="after")
    def _timing(self) -> Self:
        if self.empty_release <= self.fetch_deadline:
            raise ValueError(
                "empty_release must be later than fetch_deadline, or silence would tell who is known"
            )
        return self

    @model_validator(mode="after")
    def _policy(self) -> Self:
        if (self.policy_bundle is None) != (self.policy_keys is None):
            raise ValueError(
                "policy_bundle and policy_keys go together: a bundle counts by its signature only"
            )
        if self.policy_bundle is not None and self.policies_folder is not None:
            raise ValueError(
                "policy_bundle and policies_folder: the policy comes from one of them, not from both"
            )
        if self.opa_token_file is not None and self.opa_url is None:
            raise ValueError("opa_token_file is for an OPA server: give opa_url too")
        return self

    @property
    def on_loopback(self) -> bool:
        """Whether the gateway can be reached from this machine only."""
        return self.host in {"127.0.0.1", "::1", "localhost"}


def read_sign_in_secret(settings: Settings) -> str | None:
    """The client's secret at the identity provider for sign-in; None where none is configured. Raises `SettingsError`."""
    return _secret(settings.sign_in_secret_file)


def read_opa_token(settings: Settings) -> str | None:
    """What we show the central OPA server; None where none is configured. Raises `SettingsError`."""
    return _secret(settings.opa_token_file)


def _secret(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"{path} cannot be read: {type(error).__name__}") from error
    if not secret:
        raise SettingsError(f"{path} holds no secret")
    return secret


def read_sources(path: Path) -> Sequence[JsonObject]:
    """The entries of a sources file (YAML, a list under `sources`; docs/configuration.md). Raises `SettingsError`."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{path} cannot be read: {type(error).__name__}") from error
    entries = document.get("sources") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SettingsError(f"{path} holds no list under `sources`")
    return cast("Sequence[JsonObject]", entries)
