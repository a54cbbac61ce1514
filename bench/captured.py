"""What the gateway asks the sources for each person, seen once, so that the bare fan-out can ask exactly the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from pathlib import Path
from unittest import mock

from adapters.contract import FetchRequest, SourceAnswer
from adapters.converters import Raw
from adapters.http import HttpClient, Reply
from adapters.resilience import Resilient
from adapters.tabular.files import CsvTable
from core.vocabulary import Json
from gateway.compose import Gateway
from gateway.views.pipeline import view
from gateway.views.values import Ask


@dataclass
class Asked:
    """What one view made the gateway ask.

    posts: source -> path, JSON body and content type of the one call it got. place: byte at which the row of the dropped
    file begins. fetches: source -> reference and wanted fields, as the adapters were asked.
    """

    posts: dict[str, tuple[str, Json, str]] = field(default_factory=dict)
    place: int = -1
    fetches: dict[str, tuple[str, dict[str, list[str]]]] = field(default_factory=dict)


class CaptureError(Exception):
    """The gateway did not ask what there is to measure."""


FEWEST = 10


_NOW: ContextVar[Asked] = ContextVar("asked")


async def capture(
    gateway: Gateway, token: str, bodies: Sequence[Mapping[str, str]]
) -> dict[str, dict[str, object]]:
    """One view for each body; handle -> `Asked` as JSON, of those whose view comes from all three sources.

    Raises `CaptureError` where they are too few to measure with.
    """
    found: dict[str, dict[str, object]] = {}
    with _watching():
        for body in bodies:
            asked = Asked()
            _NOW.set(asked)
            ask = Ask(body["person"], body["purpose"], None, body["reason"])
            answer = await view(gateway.views, [f"Bearer {token}"], ask, "req_bench")
            sources = {one.source for one in answer.sections}
            if len(sources) == 3 and len(asked.posts) == 2 and asked.place >= 0 and len(asked.fetches) == 3:
                found[body["person"]] = asdict(asked)
    if len(found) < FEWEST:
        raise CaptureError(f"only {len(found)} people have a view from all three sources")
    return found


def read_captured(path: Path) -> dict[str, Asked]:
    """What `capture` found, from a file of JSON."""
    return {
        handle: Asked(
            {source: (post[0], post[1], post[2]) for source, post in one["posts"].items()},
            one["place"],
            {source: (reference, wanted) for source, (reference, wanted) in one["fetches"].items()},
        )
        for handle, one in json.loads(path.read_text()).items()
    }


@contextmanager
def _watching() -> Iterator[None]:
    post, row, fetch = HttpClient.post_json, CsvTable.row, Resilient.fetch

    async def post_json(
        self: HttpClient, path: str, body: Json, content_type: str, correlation_id: str
    ) -> Reply:
        _NOW.get().posts[self._endpoint.source] = (path, body, content_type)
        return await post(self, path, body, content_type, correlation_id)

    def one_row(self: CsvTable, path: Path, place: int) -> Sequence[Raw]:
        _NOW.get().place = place
        return row(self, path, place)

    async def fetch_one(self: Resilient, request: FetchRequest) -> SourceAnswer:
        wanted = {section: sorted(fields) for section, fields in request.wanted.items()}
        _NOW.get().fetches[self.id] = (request.reference, wanted)
        return await fetch(self, request)

    with (
        mock.patch.object(HttpClient, "post_json", post_json),
        mock.patch.object(CsvTable, "row", one_row),
        mock.patch.object(Resilient, "fetch", fetch_one),
    ):
        yield
