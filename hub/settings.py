"""What the installation decides, from the environment: `HUB_...` variables. docs/hub.md lists them."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where the hub listens, keeps things, and finds the gateway and the sign-in service.

    database: the file of the hub's own SQLite database. partners_file: who works here (see hub/partners.py).
    gateway_url, sign_in_issuer: base addresses without a slash at the end. public_url: the hub's own in the browser.
    insecure_cookies: for a sandbox on loopback whose browser does not count loopback as secure; refused elsewhere.
    poll_seconds: how often the outbox and the inbox are looked at. source_key_file: the key by which the gateway asks for
    the plans that teams wrote (hub/source.py); without one nobody can ask.
    """

    model_config = SettingsConfigDict(env_prefix="HUB_", frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(default=8870, ge=1, le=65535)
    public_url: str = "http://127.0.0.1:8870"
    database: Path = Path("hub.db")
    partners_file: Path = Path("hub-partners.yaml")
    gateway_url: str = "http://127.0.0.1:8800"
    sign_in_issuer: str = "http://127.0.0.1:8810"
    source_key_file: Path | None = None
    insecure_cookies: bool = False
    poll_seconds: float = Field(default=5.0, gt=0, le=3600)
