"""The source contract: what the gateway asks of an adapter, and what an adapter may answer.

An adapter maps a source's own record to the published section schemas (policies/sections) as **fragments**: one value of
one field, or one item of a list field, with the time it was true at the source and the security labels that the source put
on it. Fragments let the gateway drop what is labelled or was not permitted without knowing the source's own shapes.
An adapter holds no state about a person and writes nothing down (promise 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.errors import OnceToldError
from core.vocabulary import Json, Label

Wanted = Mapping[str, frozenset[str]]
"""Section -> the permitted fields of it. A source is asked for no more than this (promise 3)."""


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One question to one source.

    reference: the source's own id of the record, as the source registered it with its pointer. Never put it in a URL's
        query, a log or an error where the protocol leaves a choice.
    wanted: the permitted fields by section; only sections that the source serves, never empty.
    correlation_id: for the source's own log; says nothing about the person.
    """

    reference: str
    wanted: Wanted
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Fragment:
    """One value of a scalar field, or one item of a list field.

    value: as the section's schema wants it (for a list field: one item of the list).
    as_of: when the source says this was true (timezone-aware); the time of the fetch where it says nothing.
    labels: codes of security labels on the resource it came from (v3-Confidentiality R, V; v3-ActCode PSY, SDV ...),
        the unremarkable N and U left out.
    """

    section: str
    field: str
    value: Json
    as_of: datetime
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A record, resource or row that could not be used. `where` names its kind, `reason` what is wrong; no content."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class SourceAnswer:
    """What a source answered.

    person_label: the label that the source holds for the whole person, where it speaks of labels; None where it does
        not (a housing system says nothing, which is not "unrestricted").
    """

    source: str
    fragments: tuple[Fragment, ...]
    person_label: Label | None = None
    quarantined: tuple[Quarantine, ...] = ()


class SourceError(OnceToldError):
    """A source could not answer. The message names the kind of failure, never the record.

    `code` is one of: `unreachable`, `timeout`, `refused` (401, 403), `malformed`, `failed` (5xx), `busy` (bulkhead full),
    `open` (circuit breaker).
    """

    def __init__(self, source: str, code: str) -> None:
        super().__init__(f"source {source}: {code}")
        self.source = source
        self.code = code


class NotHeldError(SourceError):
    """The source no longer holds the record (404, 410, INVALIDATED_RESOURCE): an answer, not a failure of the source."""

    def __init__(self, source: str) -> None:
        super().__init__(source, "not-held")


class Source(Protocol):
    """A source as the gateway sees it. Every implementation passes tests/contract/test_source_contract.py."""

    @property
    def id(self) -> str:
        """The organisation that keeps the records."""
        ...

    @property
    def sections(self) -> frozenset[str]:
        """The sections that this source can serve."""
        ...

    async def fetch(self, request: FetchRequest) -> SourceAnswer:
        """Answer with the wanted fields, or raise `SourceError`. Bounded in time by the caller (a deadline for all).

        Unusable parts of the record are quarantined and the rest is served.
        """
        ...

    async def probe(self) -> None:
        """Return if the source is there, raise `SourceError` if not. Must not depend on any person."""
        ...

    async def close(self) -> None:
        """Release connections and files."""
        ...
