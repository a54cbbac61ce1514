"""The directory from an Open Referral API: every page of its services, each service in full. One feed at a time, in order.

https://docs.openreferral.org/en/v3.0.1/hsds/api_reference.html. Uses the same careful client as a source's adapter: one base
address, no redirects, bounded answers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, Protocol
from urllib.parse import quote

from adapters.contract import SourceError
from adapters.http import Reply
from adapters.openreferral.documents import fullest, read_document
from adapters.openreferral.elements import ID
from adapters.openreferral.folder import DirectoryError
from adapters.openreferral.judging import ENDPOINTS
from adapters.openreferral.services import Refusals
from adapters.openreferral.values import Quarantined, ServiceDirectory
from adapters.reading import children
from core.vocabulary import Json, JsonObject

PAGES_MAXIMUM: Final = 2_000
PAGE_SIZE: Final = 100


class Gets(Protocol):
    """The part of `adapters.http.HttpClient` that a feed needs."""

    async def get(self, path: str, correlation_id: str = "") -> Reply:
        """Raises `SourceError`."""
        ...


async def fetch_records(client: Gets) -> tuple[list[JsonObject], tuple[Quarantined, ...]]:
    """All services of a feed as it writes them, in full where it tells them so. Raises `DirectoryError`."""
    found: list[JsonObject] = []
    quarantined: list[Quarantined] = []
    known: set[str] = set()
    async for listed in _listed(client):
        named = listed.get("id")
        if not isinstance(named, str) or not ID.fullmatch(named):
            refusals = Refusals(ENDPOINTS["service_list"])
            refusals.note("service", {}, "id", "an id is expected")
            quarantined += refusals.found
        elif named not in known:
            known.add(named)
            path = f"services/{quote(named, safe='')}"
            try:
                found.append((await client.get(path)).body)
            except SourceError as error:
                # What the list says of it is better than nothing.
                quarantined.append(
                    Quarantined(path, f"service {named}", "", f"not told in full: {error.code}")
                )
                found.append(listed)
    return found, tuple(quarantined)


async def fetch_directory(client: Gets) -> ServiceDirectory:
    """The services of a feed as values. Raises `DirectoryError`."""
    records, quarantined = await fetch_records(client)
    refusals = Refusals(ENDPOINTS["service_list"])
    services = read_document(records, refusals)
    return ServiceDirectory(fullest(services), (*quarantined, *refusals.found))


async def fetch_feed(client: Gets) -> dict[str, Json]:
    """What a feed answers at each endpoint, for `judging.judge`; of a list its first page, of one thing the first listed."""
    found: dict[str, Json] = {}
    first = ""
    for endpoint, path in ENDPOINTS.items():
        if "{id}" in path and not first:
            continue
        try:
            body = (await client.get(path.replace("{id}", quote(first, safe="")))).body
        except SourceError:
            first = ""
            continue
        found[endpoint] = body
        first = next(
            (named for one in children(body, "contents") if isinstance(named := one.get("id"), str)), ""
        )
    return found


async def _listed(client: Gets) -> AsyncIterator[JsonObject]:
    for page in range(1, PAGES_MAXIMUM + 1):
        try:
            body = (await client.get(f"services?page={page}&per_page={PAGE_SIZE}")).body
        except SourceError as error:
            raise DirectoryError(f"services, page {page}: {error.code}") from error
        contents = list(children(body, "contents"))
        for one in contents:
            yield one
        if not contents or body.get("last_page") is True or body.get("total_pages") == page:
            return
    raise DirectoryError(f"services: more than {PAGES_MAXIMUM} pages")
