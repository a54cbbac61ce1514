"""Which witnesses see the log (ONCETOLD_WITNESSES_FILE): a YAML list under `witnesses` of url and key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from audit.note import NoteError
from audit.witness.cosignature import CosignatureKey
from core.vocabulary import Json, JsonObject
from gateway.settings import SettingsError

NAMES = frozenset({"name", "url", "key"})


@dataclass(frozen=True, slots=True)
class WitnessAt:
    """A witness that we submit to. url: its submission prefix, without a slash at the end. key: what it signs with."""

    url: str
    key: CosignatureKey


def read_witnesses(path: Path) -> tuple[WitnessAt, ...]:
    """The witnesses of a file. Raises `SettingsError`, which says what is wrong with it."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{path} cannot be read: {type(error).__name__}") from error
    entries = document.get("witnesses") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not entries:
        raise SettingsError(f"{path} holds no list under `witnesses`")
    witnesses = tuple(_witness(path, number, entry) for number, entry in enumerate(entries, start=1))
    # A cosignature does not hold its witness's name: one key under two names would count as two who saw it.
    for what, found in (
        ("key", {one.key.public for one in witnesses}),
        ("url", {one.url for one in witnesses}),
    ):
        if len(found) != len(witnesses):
            raise SettingsError(f"{path}: two witnesses have one {what}")
    return witnesses


def _witness(path: Path, number: int, entry: Json) -> WitnessAt:
    where = f"{path}, witness {number}"
    if not isinstance(entry, dict) or set(entry) != NAMES:
        raise SettingsError(f"{where}: it has `name`, `url` and `key`, and nothing else")
    try:
        key = CosignatureKey.parse(_text(entry, "key"))
    except NoteError as error:
        raise SettingsError(f"{where}: key: {error}") from error
    if key.name != _text(entry, "name"):
        raise SettingsError(f"{where}: name: it is not the one in the key")
    return WitnessAt(_url(where, _text(entry, "url")), key)


def _url(where: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    else:
        sound = sound and not (parts.query or parts.fragment or parts.username)
    if not sound:
        raise SettingsError(
            f"{where}: url: it is http(s)://host, a port and a path if need be, and nothing else"
        )
    return url.rstrip("/")


def _text(entry: JsonObject, name: str) -> str:
    value = entry[name]
    return value if isinstance(value, str) else ""
