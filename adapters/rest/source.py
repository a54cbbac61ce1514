"""A `Source` over a REST API that takes the question as a POSTed JSON document.

The question names the record in its body, never in the URL, and the blocks and fields that the wanted fields are made
of, and no more (promise 3). A key of the mapping is `block.field`; a key without a dot is a block by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from adapters.assembly import Assembly
from adapters.contract import FetchRequest, NotHeldError, SourceAnswer, SourceError, Wanted
from adapters.http import HttpClient
from adapters.reading import child, parse_object, string
from adapters.records import MappingError, RecordMap, by_path, compile_map, moment
from core.clock import Clock
from core.sections import SectionSchema
from core.vocabulary import Json

MAPPINGS: Final = Path(__file__).parent / "mappings"
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class RestMapping:
    """A REST mapping document, read.

    query: path of the question under the base. reference, include, fields: names of the question's members. probe: a
    path that answers when the system is well.
    """

    records: RecordMap
    query: str
    reference: str
    include: str
    fields: str
    probe: str


def load_rest_mapping(name: str, schemas: Mapping[str, SectionSchema]) -> RestMapping:
    """A mapping that comes with OnceTold, by name, or one of the operator's, by path. Raises `MappingError`."""
    path = Path(name) if name.endswith(".json") else MAPPINGS / f"{name}.json"
    try:
        document = parse_object(path.read_bytes())
    except OSError as error:
        raise MappingError(f"the mapping {path.name} cannot be read: {error.strerror}") from error
    if document is None:
        raise MappingError(f"the mapping {path.name} is not a JSON object")
    question = child(document, "question")
    members = {
        member: string(question, member) for member in ("path", "reference", "include", "fields", "probe")
    }
    if None in members.values():
        raise MappingError(f"the mapping {path.name} misses a member of `question`")
    said = {member: value or "" for member, value in members.items()}
    return RestMapping(
        records=compile_map(document, schemas),
        query=said["path"],
        reference=said["reference"],
        include=said["include"],
        fields=said["fields"],
        probe=said["probe"],
    )


class RestSource:
    """A `Source` over one REST API."""

    def __init__(
        self,
        source_id: str,
        sections: frozenset[str],
        client: HttpClient,
        mapping: RestMapping,
        schemas: Mapping[str, SectionSchema],
        clock: Clock,
    ) -> None:
        self._id = source_id
        self._sections = sections
        self._client = client
        self._mapping = mapping
        self._schemas = schemas
        self._clock = clock
        self._blocks = lru_cache(maxsize=1024)(self._plan)

    @property
    def id(self) -> str:
        """See `Source.id`."""
        return self._id

    @property
    def sections(self) -> frozenset[str]:
        """See `Source.sections`."""
        return self._sections

    async def fetch(self, request: FetchRequest) -> SourceAnswer:
        """See `Source.fetch`."""
        mapping = self._mapping
        include, fields = self._blocks(frozenset(request.wanted.items()))
        question: Json = {
            mapping.reference: request.reference,
            mapping.include: include,
            mapping.fields: fields,
        }
        reply = await self._client.post_json(mapping.query, question, _JSON, request.correlation_id)
        out = Assembly(self._id, request.wanted, self._schemas)
        if string(reply.body, mapping.records.reference) != request.reference:
            out.quarantine("record", "about another person than the one asked for")
            return out.answer()
        as_of = moment(by_path(reply.body, mapping.records.as_of), self._clock.now())
        mapping.records.read(reply.body, by_path, request.wanted, out, as_of)
        return out.answer()

    async def probe(self) -> None:
        """See `Source.probe`."""
        try:
            await self._client.get(self._mapping.probe)
        except NotHeldError:
            raise SourceError(self._id, "failed") from None

    async def close(self) -> None:
        """See `Source.close`."""
        await self._client.close()

    def _plan(self, wanted: frozenset[tuple[str, frozenset[str]]]) -> tuple[list[Json], dict[str, Json]]:
        """The blocks to include and the fields of each."""
        asked: Wanted = dict(wanted)
        blocks: dict[str, set[str]] = {}
        for key in self._mapping.records.keys(asked):
            block, _, field = key.partition(".")
            blocks.setdefault(block, set()).update({field} if field else ())
        include: list[Json] = [*sorted(blocks)]
        fields: dict[str, Json] = {
            block: [*sorted(names)] for block, names in sorted(blocks.items()) if names
        }
        return include, fields
