"""Whether a feed is what Open Referral UK asks of one: its endpoints, and whether they tell of the same things. Pure.

The profile demands what the API says of itself and the services; the rest may be missing
(https://docs.openreferraluk.org/en/latest/profile.html). We ask for less where a directory does not need it: services that
can be read one by one, but not listed, are a warning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from adapters.openreferral.documents import is_page, read_document
from adapters.openreferral.services import Refusals
from core.vocabulary import Json

Feed = Mapping[str, Json]
"""What a feed answered, by endpoint (the keys of `ENDPOINTS`); what it did not answer is not there."""

ENDPOINTS: Final[Mapping[str, str]] = {
    "api_details": "",
    "service_list": "services",
    "service_full": "services/{id}",
    "service_at_location_list": "service_at_locations",
    "service_at_location_full": "service_at_locations/{id}",
    "taxonomy_list": "taxonomies",
    "taxonomy": "taxonomies/{id}",
    "taxonomy_term_list": "taxonomy_terms",
    "taxonomy_term": "taxonomy_terms/{id}",
    "organization_list": "organizations",
    "organization_full": "organizations/{id}",
}
"""Endpoint -> its path. The names are those of the published examples and of the validator's mocks."""
_PAIRS: Final = (
    ("service_list", "service_full"),
    ("service_at_location_list", "service_at_location_full"),
    ("taxonomy_list", "taxonomy"),
    ("taxonomy_term_list", "taxonomy_term"),
    ("organization_list", "organization_full"),
)


class Verdict(StrEnum):
    """pass: as it should be. warn: its services can be used. fail: they cannot."""

    PASS = "pass"  # noqa: S105 - a verdict
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be. endpoint: of `ENDPOINTS`; reason: nothing of what stood there."""

    verdict: Verdict
    endpoint: str
    reason: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """The worst of the findings, and the findings."""

    verdict: Verdict
    findings: tuple[Finding, ...]


def judge(feed: Feed) -> Judgement:
    """Judge what a feed answered."""
    findings = (*_details(feed), *_services(feed), *_lists(feed))
    worst = {one.verdict for one in findings}
    verdict = next((one for one in (Verdict.FAIL, Verdict.WARN) if one in worst), Verdict.PASS)
    return Judgement(verdict, findings)


def _details(feed: Feed) -> tuple[Finding, ...]:
    details = feed.get("api_details")
    if not isinstance(details, Mapping):
        return (Finding(Verdict.FAIL, "api_details", "the feed does not say what it is"),)
    if not isinstance(details.get("version"), str) or not details["version"]:
        return (Finding(Verdict.FAIL, "api_details", "version: a text is expected"),)
    return ()


def _services(feed: Feed) -> tuple[Finding, ...]:
    found: list[Finding] = []
    told = 0
    for endpoint in ("service_list", "service_full"):
        if endpoint in feed:
            refusals = Refusals(endpoint)
            told += len(read_document(feed[endpoint], refusals))
            found += [
                Finding(Verdict.FAIL, endpoint, f"{one.record}.{one.field}: {one.reason}")
                for one in refusals.found
            ]
    if not told:
        return (*found, Finding(Verdict.FAIL, "service_list", "no service can be read"))
    if "service_list" not in feed:
        found.append(
            Finding(Verdict.WARN, "service_list", "services can be read one by one, but are not listed")
        )
    if "service_full" not in feed:
        found.append(Finding(Verdict.WARN, "service_full", "services are listed, but not told in full"))
    return tuple(found)


def _lists(feed: Feed) -> tuple[Finding, ...]:
    found: list[Finding] = []
    for many, one in _PAIRS:
        listed, full = feed.get(many), feed.get(one)
        if many in feed and not is_page(listed):
            found.append(Finding(Verdict.WARN, many, "a page with contents is expected"))
        elif many in feed and one in feed and _id(full) not in _ids(listed):
            found.append(Finding(Verdict.WARN, one, "what it tells of is not in the list"))
    return tuple(found)


def _ids(page: Json) -> set[str]:
    contents = page.get("contents") if isinstance(page, Mapping) else None
    return {_id(one) for one in contents} if isinstance(contents, list) else set()


def _id(record: Json) -> str:
    value = record.get("id") if isinstance(record, Mapping) else None
    return value if isinstance(value, str) else ""
