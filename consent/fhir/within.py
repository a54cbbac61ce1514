"""What of an imported Consent an agreement lets anybody allow, as permissions of the ledger. Pure.

What the text leaves open ("all in the community") means here whoever and whatever the agreement names, each by name: what an
agreement adds later needs a new yes. A no is kept as wide as it was said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from consent.fhir.errors import UnrepresentableError
from consent.fhir.reading import Decided, Imported
from consent.permissions import Given, Permission


@dataclass(frozen=True, slots=True)
class Term:
    """What one recipient may be allowed for one purpose. latest: when a permission given now ends at the latest."""

    purpose: str
    recipient: str
    sections: Mapping[str, frozenset[str]]
    sources: frozenset[str]
    latest: datetime | None


@dataclass(frozen=True, slots=True)
class Limited:
    """What can be recorded; ids are still to be given. narrowed: whether the text names more than the agreement does."""

    permissions: tuple[Permission, ...]
    narrowed: bool


def within(imported: Imported, terms: Sequence[Term], given: Given, now: datetime) -> Limited:
    """Limit what was read. Raises `UnrepresentableError` where nothing is left: it is over, or not of this agreement."""
    standing = [one for one in imported.decisions if one.until is None or one.until > now]
    if not standing:
        raise UnrepresentableError("Consent.provision.period", "its time is over")
    found: list[Permission] = []
    for decided in standing:
        if decided.kind.refuses:
            found.append(_permission(decided, decided.purposes, decided.recipients, None, given, now))
        else:
            found += _allowed(decided, terms, given, now)
    if not found:
        raise UnrepresentableError("Consent.provision", "nothing of it can be allowed under this agreement")
    return Limited(tuple(found), _narrowed(standing, found))


def _allowed(decided: Decided, terms: Sequence[Term], given: Given, now: datetime) -> Iterator[Permission]:
    for term in terms:
        sources = term.sources if "*" in decided.sources else term.sources & decided.sources
        sections = {
            section: met
            for section, fields in term.sections.items()
            if (met := _fields(decided.sections, section, fields))
        }
        covered = _covers(decided.purposes, term.purpose) and _covers(decided.recipients, term.recipient)
        latest = min((t for t in (decided.until, term.latest) if t is not None), default=None)
        begins = max(now, decided.from_ or now)
        if covered and sources and sections and (latest is None or begins < latest):
            named = Term(term.purpose, term.recipient, sections, sources, latest)
            yield _permission(
                decided, frozenset({term.purpose}), frozenset({term.recipient}), named, given, now
            )


def _permission(
    decided: Decided,
    purposes: frozenset[str],
    recipients: frozenset[str],
    term: Term | None,
    given: Given,
    now: datetime,
) -> Permission:
    return Permission(
        id="",
        kind=decided.kind,
        purposes=purposes,
        sections=decided.sections if term is None else term.sections,
        sources=decided.sources if term is None else term.sources,
        recipients=recipients,
        # Never from before it came here: nobody could have known of it.
        from_=max(now, decided.from_ or now),
        until=decided.until if term is None else term.latest,
        given=given,
    )


def _fields(sections: Mapping[str, frozenset[str]], section: str, fields: frozenset[str]) -> frozenset[str]:
    said = sections.get(section, frozenset()) | sections.get("*", frozenset())
    return fields if "*" in said else fields & said


def _narrowed(standing: Sequence[Decided], found: Sequence[Permission]) -> bool:
    """Whether the text names something that none of the permissions does."""
    for decided in standing:
        of_it = [one for one in found if one.kind is decided.kind]
        for names, kept in (
            (decided.purposes, frozenset[str]().union(*(one.purposes for one in of_it))),
            (decided.recipients, frozenset[str]().union(*(one.recipients for one in of_it))),
            (decided.sources, frozenset[str]().union(*(one.sources for one in of_it))),
            (frozenset(decided.sections), frozenset[str]().union(*(one.sections for one in of_it))),
        ):
            if not names - {"*"} <= kept:
                return True
    return False


def _covers(names: frozenset[str], name: str) -> bool:
    return name in names or "*" in names
