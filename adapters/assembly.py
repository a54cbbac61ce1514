"""From mapped values to fragments: the last sieve that every adapter passes its values through.

Two things hold for every kind of source because they are done here, once: a value that was not asked for is dropped
(promise 3), and a value that does not fit the published schema is quarantined instead of served.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from adapters.contract import Fragment, Quarantine, SourceAnswer, Wanted
from core.errors import OnceToldError
from core.sections import SectionSchema
from core.vocabulary import Json, Label

NO_LABELS: frozenset[str] = frozenset()


class UnusableError(OnceToldError):
    """A record, resource, row or value cannot be used. The message is the quarantine's reason: it holds no content."""


class Assembly:
    """Collects the fragments and quarantines of one answer."""

    def __init__(self, source: str, wanted: Wanted, schemas: Mapping[str, SectionSchema]) -> None:
        self._source = source
        self._wanted = wanted
        self._schemas = schemas
        self._fragments: list[Fragment] = []
        self._quarantined: list[Quarantine] = []

    def wants(self, section: str, field: str) -> bool:
        """Whether the field was asked for."""
        return field in self._wanted.get(section, NO_LABELS)

    def add(
        self,
        where: str,
        section: str,
        field: str,
        value: Json,
        as_of: datetime,
        labels: frozenset[str] = NO_LABELS,
    ) -> None:
        """Take a value (None is none) of a scalar field, or one item of a list field, found in a `where`."""
        if value is None or not self.wants(section, field):
            return
        if self._schemas[section].admits(field, value):
            self._fragments.append(Fragment(section, field, value, as_of, labels))
        else:
            self.quarantine(where, f"{section}.{field} does not fit the section's schema")

    def quarantine(self, where: str, reason: str) -> None:
        """Note what could not be used."""
        self._quarantined.append(Quarantine(where, reason))

    def answer(self, person_label: Label | None = None) -> SourceAnswer:
        """What was collected."""
        return SourceAnswer(self._source, tuple(self._fragments), person_label, tuple(self._quarantined))

    def withheld(self, person_label: Label | None) -> SourceAnswer:
        """What was quarantined and nothing else, where the record as a whole cannot be trusted."""
        return SourceAnswer(self._source, (), person_label, tuple(self._quarantined))
