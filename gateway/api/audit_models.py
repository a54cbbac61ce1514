"""The queries and answers of GET /v1/audit/..., as published in openapi/gateway.yaml."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from gateway.api.explain_models import FieldsBySource
from gateway.api.models import Answer, Code, Day

PLACE_MAXIMUM: Final = 2**53 - 1
"""No log comes near it, and every reader of JSON can hold it (RFC 7493 section 2.2)."""
PAGE_MAXIMUM: Final = 100

_WHOLE: Final = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)


def _whole(value: object) -> object:
    # int() would also take signs, spaces and underscores: one number, one address.
    if not isinstance(value, str) or not _WHOLE.fullmatch(value):
        raise ValueError("write a whole number in digits")
    return int(value)


Kinds = Literal[
    "disclosure", "refusal", "consent", "pointer", "sign-in", "administration", "break-glass", "audit-read"
]
Place = Annotated[int, Field(ge=0, le=PLACE_MAXIMUM), BeforeValidator(_whole)]
Size = Annotated[int, Field(ge=1, le=PLACE_MAXIMUM), BeforeValidator(_whole)]
# A name, a number or a date of birth must not stand in an address (promise 7): codes are all that can be asked for.
CodePart = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{0,63}$")]
PersonCode = Annotated[str, StringConstraints(pattern=r"^[A-Z2-7]{4}-[A-Z2-7]{4}$")]
Base64 = Annotated[str, Field(json_schema_extra={"contentEncoding": "base64"})]


class Query(BaseModel):
    """The query of an address: what the contract names, each once."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EntriesQuery(Query):
    """Which entries are asked for; the same filters as in the console."""

    kind: Kinds | None = Field(default=None, description="Only entries of this kind.")
    outcome: Code | None = Field(default=None, description="Only entries with this outcome.")
    purpose: Code | None = Field(default=None, description="Only entries of this purpose.")
    text: CodePart | None = Field(
        default=None, description="Part of the code of a recipient, role, purpose or outcome."
    )
    person: PersonCode | None = Field(
        default=None, description="Only entries about the person whom your organisation knows by this code."
    )
    from_day: Day | None = Field(default=None, alias="from", description="The first day, in London.")
    to_day: Day | None = Field(
        default=None, alias="to", description="The last day, in London, itself included."
    )
    cursor: Place | None = Field(default=None, description="`next` of the page before; left out, the newest.")
    limit: Annotated[int, Field(ge=1, le=PAGE_MAXIMUM), BeforeValidator(_whole)] = Field(
        default=50, description="How many entries at most."
    )


class InclusionQuery(Query):
    """Which entry, in the log of which size."""

    index: Place = Field(description="The entry's place in the log.")
    size: Size = Field(description="How many entries the log has in which it is to be shown.")


class ConsistencyQuery(Query):
    """From which size of the log to which."""

    from_size: Size = Field(alias="from", description="The size of the log that you saw first.")
    to_size: Size = Field(alias="to", description="The size of the log that is to continue it.")


class EntrySummary(Answer):
    """An entry as a list shows it."""

    index: int = Field(ge=0, description="Its place in the log.")
    at: datetime
    kind: str = Field(description="See docs/audit-log.md; further kinds may come.")
    outcome: str
    recipient: Code | None = Field(description="The organisation that asked.")
    role: Code | None
    purpose: Code | None
    person: str | None = Field(
        description="The code by which your organisation knows the person; null where there is none, or none any more."
    )


class EntriesAnswer(Answer):
    """A page of entries, the newest first."""

    entries: list[EntrySummary]
    next: str | None = Field(description="The `cursor` of the next page; null on the last one.")


class HoldView(Answer):
    """Why the person is not told of an entry, and until when."""

    reason: str
    look_again: datetime
    countersigned: datetime | None
    released: datetime | None


class ReviewView(Answer):
    """What officers of your organisation decided about an entry, or have yet to."""

    kind: Literal["break-glass", "hold-back", "look-again", "sample"]
    outcome: str = Field(description="In words; empty while it waits.")
    at: datetime | None
    index: int | None = Field(description="The entry that tells of it.")


class EntryAnswer(EntrySummary):
    """One entry in full, with its proof; texts are empty where there is nothing to say."""

    shown: FieldsBySource
    basis: str = Field(description="The legal basis.")
    clause: str = Field(description="Agreement and clause.")
    decision: str = Field(description="The policy's answer, in words.")
    reason: str = Field(description="Why they looked, in their own words.")
    emergency: str = Field(description="Of an emergency: why, in the register's words.")
    person_said: str = Field(description="What the person had allowed.")
    hold: HoldView | None
    reviews: list[ReviewView]
    about: int | None = Field(description="Of an officer's decision: which entry it is about.")
    words: str = Field(description="Of an officer's decision: why.")
    leaf: Base64
    receipt: str = Field(description="C2SP tlog-proof: proves the leaf, offline, with the log's public key.")


class CosignedView(Answer):
    """The newest checkpoint that witnesses have seen."""

    size: int = Field(ge=0)
    checkpoint: str
    witnesses: list[str] = Field(description="Each as its name and key ID.")


class CheckpointAnswer(Answer):
    """The log as it stands."""

    origin: str
    size: int = Field(ge=0)
    root: Base64
    at: datetime = Field(description="When its last entry was written.")
    checkpoint: str = Field(description="C2SP tlog-checkpoint, signed.")
    cosigned: CosignedView | None
    keys: list[str] = Field(
        description="Every public key of the log, the one that counts first. Compare with what its keeper published."
    )


class InclusionAnswer(Answer):
    """That an entry stands in the log of a size (RFC 9162 section 2.1.3)."""

    index: int = Field(ge=0)
    size: int = Field(ge=1)
    leaf_hash: Base64
    hashes: list[Base64] = Field(description="From the leaf's sibling up.")
    checkpoint: str | None = Field(
        description="The signed checkpoint of that size; null where no batch ended there."
    )


class ConsistencyAnswer(Answer):
    """That the log of one size continues the log of another (RFC 9162 section 2.1.4)."""

    from_size: int = Field(ge=1)
    to_size: int = Field(ge=1)
    hashes: list[Base64]
    from_checkpoint: str | None = Field(description="Signed; null where no batch ended at that size.")
    to_checkpoint: str | None = Field(description="Signed; null where no batch ended at that size.")


ANSWERS: Final[tuple[type[BaseModel], ...]] = (
    EntriesAnswer,
    EntryAnswer,
    CheckpointAnswer,
    InclusionAnswer,
    ConsistencyAnswer,
)


def parameters_of(model: type[Query]) -> list[dict[str, Any]]:
    """The OpenAPI parameters of a query."""
    schema = model.model_json_schema(by_alias=True)
    required = schema.get("required", ())
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": one["description"],
            "schema": _schema(one),
        }
        for name, one in schema["properties"].items()
    ]


def _schema(one: dict[str, Any]) -> dict[str, Any]:
    """What can be sent: null cannot."""
    options = [option for option in one.get("anyOf", [one]) if option.get("type") != "null"]
    kept = {**options[0], **({"default": one["default"]} if one.get("default") is not None else {})}
    return {name: value for name, value in kept.items() if name not in {"title", "description"}}
