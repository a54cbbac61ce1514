"""The trust register: whose tokens are believed, with which algorithms, and for which organisations they may speak.

Data in policies/registers/issuers.yaml, shape in policies/schemas/issuers.schema.json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict, cast
from urllib.parse import urlsplit

import jsonschema_rs
import orjson
import yaml

from core.errors import OnceToldError
from gateway.identity.errors import StepUp

Algorithm = Literal["ES256", "RS256"]

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class IssuersError(OnceToldError):
    """The trust register cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """One issuer of access tokens.

    url: exactly as in its tokens' `iss`.
    audience: the identifier of our API that its tokens must name.
    organisations: for whom it may speak.
    clients: client -> organisation, one of `organisations`.
    step_up: which `acr` is a step-up sign-in, and for how long; None for no such sign-in.
    """

    id: str
    url: str
    jwks_uri: str
    algorithms: frozenset[Algorithm]
    audience: str
    organisations: frozenset[str]
    clients: Mapping[str, str]
    step_up: StepUp | None = None


@dataclass(frozen=True, slots=True)
class TrustRegister:
    """The issuers by their URL."""

    issuers: Mapping[str, Issuer]

    def find(self, url: str) -> Issuer | None:
        """The issuer with exactly this URL."""
        return self.issuers.get(url)

    def by_id(self, issuer_id: str) -> Issuer:
        """The issuer with this id, or `IssuersError`."""
        for issuer in self.issuers.values():
            if issuer.id == issuer_id:
                return issuer
        raise IssuersError(f"no issuer has the id {issuer_id}")

    def with_issuer(self, issuer: Issuer) -> TrustRegister:
        """A copy in which the issuer stands instead of the one with the same id."""
        others = [known for known in self.issuers.values() if known.id != issuer.id]
        return trust([*others, issuer])


class _Entry(TypedDict):
    id: str
    issuer: str
    jwks_uri: str
    algorithms: list[Algorithm]
    audience: str
    organisations: list[str]
    clients: dict[str, str]
    step_up: NotRequired[_StepUpEntry]


class _StepUpEntry(TypedDict):
    acr_values: list[str]
    max_age: int


def trust(issuers: Sequence[Issuer]) -> TrustRegister:
    """A register of these issuers, or `IssuersError` when two share an id or URL or one's clients do not fit."""
    for issuer in issuers:
        strangers = sorted(set(issuer.clients.values()) - issuer.organisations)
        if strangers:
            raise IssuersError(
                f"issuer {issuer.id}: clients of {', '.join(strangers)}, for whom it may not speak"
            )
    by_url = {issuer.url: issuer for issuer in issuers}
    if len(by_url) != len(issuers) or len({issuer.id for issuer in issuers}) != len(issuers):
        raise IssuersError("two issuers share an id or a URL")
    return TrustRegister(by_url)


def load_issuers(path: Path, *, loopback: bool = False) -> TrustRegister:
    """Read and check a register file, or raise `IssuersError`.

    loopback: allow plain http on this machine's own addresses, as the sandbox needs (RFC 8252 section 8.3). Everything
        else must be https.
    """
    try:
        text = path.read_text(encoding="utf-8")
        document = cast("object", yaml.load(text, Loader=_UniqueKeyLoader))  # noqa: S506 - a SafeLoader with one rule more
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise IssuersError(f"{path.name} cannot be read: {type(error).__name__}") from error
    return parse_issuers(document, loopback=loopback)


def parse_issuers(document: object, *, loopback: bool = False) -> TrustRegister:
    """A register from its parsed file, or `IssuersError`. `loopback` as in `load_issuers`."""
    schema = orjson.loads(files("policies").joinpath("schemas/issuers.schema.json").read_bytes())
    fault = next(iter(jsonschema_rs.validator_for(schema).iter_errors(document)), None)
    if fault is not None:
        where = "/".join(str(step) for step in fault.instance_path) or "the file"
        raise IssuersError(f"{where}: {fault.message}")
    entries = cast("Mapping[str, list[_Entry]]", document)["issuers"]
    register = trust([_issuer(entry) for entry in entries])
    for issuer in register.issuers.values():
        _check_address(issuer.id, issuer.url, loopback)
        _check_address(issuer.id, issuer.jwks_uri, loopback)
    return register


def issuer_for(url: str, template: Issuer, *, audience: str | None = None) -> Issuer:
    """The template at another address: the sandbox's provider starts on whatever port is free.

    The path of the key set below the issuer's URL stays as it is. Raises `IssuersError` when it is not below it, or when
    `url` is neither https nor on this machine.
    """
    path = template.jwks_uri.removeprefix(template.url)
    if path == template.jwks_uri:
        raise IssuersError(f"issuer {template.id}: jwks_uri does not stand below the issuer's URL")
    url = url.rstrip("/")
    _check_address(template.id, url, loopback=True)
    return replace(template, url=url, jwks_uri=url + path, audience=audience or template.audience)


def _issuer(entry: _Entry) -> Issuer:
    step_up = entry.get("step_up")
    return Issuer(
        id=entry["id"],
        url=entry["issuer"],
        jwks_uri=entry["jwks_uri"],
        algorithms=frozenset(entry["algorithms"]),
        audience=entry["audience"],
        organisations=frozenset(entry["organisations"]),
        clients=entry["clients"],
        step_up=None if step_up is None else StepUp(frozenset(step_up["acr_values"]), step_up["max_age"]),
    )


def _check_address(issuer_id: str, url: str, loopback: bool) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        raise IssuersError(f"issuer {issuer_id}: an address is not a URL") from error
    if host is None or parts.username is not None or parts.query or parts.fragment:
        raise IssuersError(
            f"issuer {issuer_id}: an address needs a host and neither user, query nor fragment"
        )
    if parts.scheme == "https" or (loopback and parts.scheme == "http" and host in _LOOPBACK):
        return
    raise IssuersError(
        f"issuer {issuer_id}: addresses must be https (plain http only for the sandbox on loopback)"
    )


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML in which a key that stands twice is an error: the last one would win in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping = super().construct_mapping(node, deep)
        if len(mapping) != len(node.value):
            raise yaml.constructor.ConstructorError(None, None, "a key stands twice", node.start_mark)
        return mapping
