"""The sources of a deployment, built from plain configuration.

One entry a source (from YAML or JSON):

    id: wensum-valley-practice
    kind: fhir                                  # fhir, rest, csv or xlsx
    base_url: http://127.0.0.1:8081/            # fhir, rest; https unless the host is this machine or plain_http is set
    path: drop/harbour-cases.csv                # csv, xlsx
    sections: [identity, contact, health-summary]
    credentials: {header: Authorization, scheme: Bearer, env: PRACTICE_TOKEN}    # or file: a path; never the secret
    limits: {concurrent: 32, failures: 5, timeout: 5.0, probe_timeout: 2.0}
    options: {batch: true, labels: true, alert_categories: [safety], adjustment_categories: [NRAF]}

options of fhir: batch, labels, reference (id or nhs-number), alert_categories, adjustment_categories, probe (a path);
of rest: mapping; of csv: mapping, delimiter, encoding; of xlsx: mapping, sheet. A mapping is the name of one that comes
with OnceTold (council-housing; charity-cases, core-lettings) or the path of a .json file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import aiohttp

from adapters import fhir, rest, tabular
from adapters.contract import Source
from adapters.fhir.plan import SERVED, Flags, ReferenceKind
from adapters.fhir.source import JSON_TYPES
from adapters.http import AddressError, Endpoint, HttpClient, base_address
from adapters.reading import boolean, child, string, strings
from adapters.records import MappingError
from adapters.resilience import Health, Limits, Resilient, Rhythm
from adapters.tabular.files import CsvTable, XlsxTable
from core.clock import Clock
from core.errors import OnceToldError
from core.sections import SectionSchema
from core.vocabulary import JsonObject

_KEYS: Final = frozenset(
    {"id", "kind", "base_url", "path", "plain_http", "sections", "credentials", "limits", "options"}
)
_OPTIONS: Final[Mapping[str, frozenset[str]]] = {
    "fhir": frozenset({"batch", "labels", "reference", "alert_categories", "adjustment_categories", "probe"}),
    "rest": frozenset({"mapping"}),
    "csv": frozenset({"mapping", "delimiter", "encoding"}),
    "xlsx": frozenset({"mapping", "sheet"}),
}
_CREDENTIALS: Final = frozenset({"header", "scheme", "env", "file"})
_LIMITS: Final = frozenset({"concurrent", "failures", "timeout", "probe_timeout"})


class ConfigurationError(OnceToldError):
    """The configuration of a source cannot be used. The message says which part and how to mend it; it names no secret."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"source {source}: {reason}")


@dataclass(frozen=True, slots=True)
class Sources:
    """All sources, each behind its bulkhead and breaker, with what is known of their health."""

    by_id: Mapping[str, Source]
    health: Health

    async def close(self) -> None:
        """End the probing and release every connection and file."""
        await self.health.close()
        for source in self.by_id.values():
            await source.close()


@dataclass(frozen=True, slots=True)
class Parts:
    """What sources are built with. environment: where secrets are looked up; session: one for all, or one each."""

    schemas: Mapping[str, SectionSchema]
    clock: Clock
    environment: Mapping[str, str]
    session: aiohttp.ClientSession | None = None


def open_sources(
    configuration: Sequence[JsonObject],
    parts: Parts,
    rhythm: Rhythm | None = None,
    beside: Sequence[Source] = (),
) -> Sources:
    """Build all sources with their resilience. `Sources.health.start()` begins the probing, inside a running loop.

    beside: sources that the gateway itself keeps, treated like all others; none of them may be configured too.
    """
    bare = dict(build_sources(configuration, parts))
    limits = {string(entry, "id") or "": _limits(entry) for entry in configuration}
    for source in beside:
        if source.id in bare:
            raise ConfigurationError(source.id, "the gateway itself keeps it: leave it out")
        bare[source.id], limits[source.id] = source, Limits()
    health = Health(bare.values(), lambda source: limits[source].probe_timeout, rhythm)
    wrapped = {name: Resilient(source, health, limits[name]) for name, source in bare.items()}
    return Sources(MappingProxyType(wrapped), health)


def build_sources(configuration: Sequence[JsonObject], parts: Parts) -> Mapping[str, Source]:
    """The bare sources by id. Opens no connection and reads no file but mappings. Raises `ConfigurationError`."""
    found: dict[str, Source] = {}
    for entry in configuration:
        source_id = string(entry, "id") or ""
        if not source_id or source_id in found:
            raise ConfigurationError(source_id or "without id", "each source has an id of its own")
        try:
            found[source_id] = _build(source_id, entry, parts)
        except (AddressError, MappingError) as error:
            raise ConfigurationError(source_id, str(error)) from error
    return MappingProxyType(found)


def _build(source_id: str, entry: JsonObject, parts: Parts) -> Source:
    kind = string(entry, "kind") or ""
    options = child(entry, "options")
    if kind not in _OPTIONS:
        raise ConfigurationError(source_id, f"kind is one of {', '.join(_OPTIONS)}")
    _refuse_unknown(source_id, "the entry", entry, _KEYS)
    _refuse_unknown(source_id, "options", options, _OPTIONS[kind])
    sections = frozenset(strings(entry, "sections"))
    build = {"fhir": _fhir, "rest": _rest, "csv": _file, "xlsx": _file}[kind]
    source, served = build(source_id, sections, entry, parts)
    if not sections or not sections <= served:
        raise ConfigurationError(source_id, f"sections are among {', '.join(sorted(served))}")
    return source


_Built = tuple[Source, frozenset[str]]


def _fhir(source_id: str, sections: frozenset[str], entry: JsonObject, parts: Parts) -> _Built:
    options = child(entry, "options")
    kinds: dict[str, ReferenceKind] = {"id": "id", "nhs-number": "nhs-number"}
    reference = kinds.get(string(options, "reference") or "id")
    if reference is None:
        raise ConfigurationError(source_id, "reference is id or nhs-number")
    said = fhir.FhirOptions(
        batch=boolean(options, "batch") or False,
        # Where nothing is said, a patient without a label is unknown: the closed side.
        labels=boolean(options, "labels") is not False,
        reference=reference,
        flags=Flags(
            tuple(strings(options, "alert_categories")), tuple(strings(options, "adjustment_categories"))
        ),
        probe=string(options, "probe") or "metadata",
    )
    client, base = _client(source_id, entry, parts, JSON_TYPES)
    return fhir.FhirSource(source_id, sections, client, base, said, parts.schemas, parts.clock), SERVED


def _rest(source_id: str, sections: frozenset[str], entry: JsonObject, parts: Parts) -> _Built:
    mapping = rest.load_rest_mapping(string(child(entry, "options"), "mapping") or "", parts.schemas)
    client, _ = _client(source_id, entry, parts, frozenset({"application/json"}))
    source = rest.RestSource(source_id, sections, client, mapping, parts.schemas, parts.clock)
    return source, mapping.records.sections


def _file(source_id: str, sections: frozenset[str], entry: JsonObject, parts: Parts) -> _Built:
    options = child(entry, "options")
    path = string(entry, "path")
    if path is None:
        raise ConfigurationError(source_id, "path names the dropped file")
    delimiter = options.get("delimiter", ",")
    if not isinstance(delimiter, str) or len(delimiter) != 1:
        raise ConfigurationError(source_id, "delimiter is one character")
    table: CsvTable | XlsxTable = CsvTable(delimiter, string(options, "encoding") or "utf-8")
    if string(entry, "kind") == "xlsx":
        table = XlsxTable(string(options, "sheet") or "")
    mapping = tabular.load_tabular_mapping(string(options, "mapping") or "", parts.schemas)
    source = tabular.TabularSource(
        source_id, sections, Path(path), table, mapping, parts.schemas, parts.clock
    )
    return source, mapping.sections


def _client(
    source_id: str, entry: JsonObject, parts: Parts, json_types: frozenset[str]
) -> tuple[HttpClient, str]:
    base = base_address(string(entry, "base_url") or "", plain_http=boolean(entry, "plain_http") or False)
    limits = _limits(entry)
    accept = ", ".join(sorted(json_types))
    headers = {"Accept": accept, **_credentials(source_id, child(entry, "credentials"), parts.environment)}
    endpoint = Endpoint(
        source=source_id,
        base=base,
        headers=headers,
        json_types=json_types,
        timeout=limits.timeout,
        # A fetch may need several searches at a time; the bulkhead bounds the fetches.
        connections=limits.concurrent * 2,
    )
    return HttpClient(endpoint, parts.session), str(base)


def _credentials(source_id: str, said: JsonObject, environment: Mapping[str, str]) -> Mapping[str, str]:
    """The header that carries the secret, which is read from the environment or a file and never from the entry."""
    if not said:
        return {}
    _refuse_unknown(source_id, "credentials", said, _CREDENTIALS)
    name, file = string(said, "env"), string(said, "file")
    if (name is None) == (file is None):
        raise ConfigurationError(
            source_id, "credentials come from either `env` (a variable's name) or `file`"
        )
    secret = environment.get(name, "") if name is not None else _read_secret(source_id, Path(file or ""))
    if not secret.strip() or "\n" in secret.strip():
        raise ConfigurationError(source_id, f"no secret in {'the variable ' + name if name else 'the file'}")
    scheme = string(said, "scheme")
    value = f"{scheme} {secret.strip()}" if scheme else secret.strip()
    return {string(said, "header") or "Authorization": value}


def _read_secret(source_id: str, path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(source_id, "the file of the credentials cannot be read") from None


def _limits(entry: JsonObject) -> Limits:
    source_id, said, usual = string(entry, "id") or "", child(entry, "limits"), Limits()
    _refuse_unknown(source_id, "limits", said, _LIMITS)

    def number(name: str, default: float) -> float:
        value = said.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise ConfigurationError(source_id, f"{name} is a number above 0")
        return value

    return Limits(
        concurrent=int(number("concurrent", usual.concurrent)),
        failures=int(number("failures", usual.failures)),
        timeout=float(number("timeout", usual.timeout)),
        probe_timeout=float(number("probe_timeout", usual.probe_timeout)),
    )


def _refuse_unknown(source_id: str, where: str, said: JsonObject, known: frozenset[str]) -> None:
    # The key is named, never its value: it may be a secret in the wrong place.
    for key in said:
        if key not in known:
            raise ConfigurationError(
                source_id, f"{where} does not know {key!r}; it knows {', '.join(sorted(known))}"
            )


def system_parts(schemas: Mapping[str, SectionSchema], clock: Clock) -> Parts:
    """The parts of a real deployment: secrets from the process's environment, a session for each source."""
    return Parts(schemas, clock, os.environ)
