"""Which channels carry messages (ONCETOLD_CHANNELS_FILE): a YAML list under `channels`; docs/configuration.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

import aiohttp
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from core.clock import Clock
from gateway.channels.notify import BASE_URL, NotifyChannel, NotifyKey
from gateway.channels.ports import By, Channel
from gateway.channels.smtp import Mailbox, SmtpChannel
from gateway.settings import SettingsError

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SmtpEntry(_Entry):
    """A mail server. sender: `Name <address>`. password_file: holds the password of `user`."""

    kind: Literal["smtp"]
    host: str
    port: int = Field(default=587, ge=1, le=65535)
    sender: str
    security: Literal["tls", "starttls", "none"] = "starttls"
    user: str | None = None
    password_file: Path | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.security == "none" and self.host not in _LOOPBACK:
            raise ValueError("security: none is for a mail server on this machine only")
        if "@" not in parseaddr(self.sender)[1]:
            raise ValueError("sender: is `Name <address>`")
        if (self.user is None) != (self.password_file is None):
            raise ValueError("user and password_file go together")
        return self


class NotifyEntry(_Entry):
    """GOV.UK Notify. key_file: holds its API key. A template left out is a kind of message that it does not carry."""

    kind: Literal["notify"]
    key_file: Path
    email_template: str | None = Field(default=None, pattern=_UUID)
    text_template: str | None = Field(default=None, pattern=_UUID)
    base_url: str = BASE_URL

    @property
    def templates(self) -> Mapping[By, str]:
        """By what it carries."""
        both = {By.EMAIL: self.email_template, By.TEXT: self.text_template}
        return {by: template for by, template in both.items() if template is not None}

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if not self.templates:
            raise ValueError("give email_template or text_template")
        if not self.base_url.startswith(("https://", "http://127.0.0.1")):
            raise ValueError("base_url: is https")
        return self


Entry = Annotated[SmtpEntry | NotifyEntry, Field(discriminator="kind")]
_ENTRIES: TypeAdapter[list[Entry]] = TypeAdapter(list[Entry])


Opens: TypeAlias = Callable[[aiohttp.ClientSession, Clock], Channel]
"""Makes a channel of an entry; all that has to be read for it has been."""


def read_channels(path: Path | None) -> tuple[Opens, ...]:
    """The channels of a file, in their order: the first that carries a message does. None without a file.

    Raises `SettingsError`, which says what is wrong with it.
    """
    if path is None:
        return ()
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        entries = _ENTRIES.validate_python(document.get("channels") if isinstance(document, dict) else None)
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{path} cannot be read: {type(error).__name__}") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "channels"
        raise SettingsError(f"{path}, {where}: {first['msg']}") from error
    return tuple(_smtp(entry) if isinstance(entry, SmtpEntry) else _notify(entry) for entry in entries)


def _smtp(entry: SmtpEntry) -> Opens:
    password = None if entry.password_file is None else _secret(entry.password_file)
    mailbox = Mailbox(entry.host, entry.port, entry.sender, entry.security, entry.user, password)
    return lambda _session, _clock: SmtpChannel(mailbox)


def _notify(entry: NotifyEntry) -> Opens:
    try:
        key = NotifyKey.parse(_secret(entry.key_file))
    except ValueError as error:
        raise SettingsError(f"{entry.key_file}: {error}") from None
    base_url = entry.base_url.rstrip("/")
    return lambda session, clock: NotifyChannel(key, entry.templates, session, clock, base_url)


def _secret(path: Path) -> str:
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"{path} cannot be read: {type(error).__name__}") from error
    if not secret:
        raise SettingsError(f"{path} holds no secret")
    return secret
