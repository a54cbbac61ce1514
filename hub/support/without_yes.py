"""What may be seen with and without a yes, and by what law: asked of the gateway about a person who is made up.

For people whom services do not reach, a few fields may be looked at without their yes. The page says which, and by what
right, as the gateway publishes it (GET /v1/purposes, POST /v1/policy/explain); nobody's record is looked at for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hub.gateway import Gateway, GatewayError
from hub.gateway_answers import Explained, Purpose, SectionSchema
from hub.showing import Schemas
from hub.tokens import Token


@dataclass(frozen=True, slots=True)
class Seen:
    """One kind of information and its fields, by their published titles. code: the section's."""

    code: str
    title: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be seen without a yes, and what only with one. law: its legal text. rule: what it needs else."""

    law: str
    rule: str
    without: tuple[Seen, ...]
    only_with: tuple[str, ...]


async def allowed_without_yes(gateway: Gateway, token: Token, purpose: str) -> Allowed | None:
    """As the gateway says it now; None where it does not say it."""
    try:
        found = next((one for one in await gateway.purposes() if one.purpose == purpose), None)
        if found is None:
            return None
        return allowed(found, await gateway.without_a_yes(token, purpose), await gateway.sections())
    except GatewayError:
        return None


async def opened_by_a_yes(gateway: Gateway, token: Token, purpose: str) -> tuple[Seen, ...]:
    """What a yes opens to this practitioner, whoever the person is. Raises `GatewayError`."""
    return _seen(await gateway.with_a_yes(token, purpose), _schemas(await gateway.sections()))


def allowed(purpose: Purpose, explained: Explained, published: Iterable[SectionSchema]) -> Allowed:
    """In words. Fields that any source would be asked for."""
    schemas = _schemas(published)
    without = _seen(explained, schemas)
    known = {one.code for one in without}
    return Allowed(
        purpose.legal_text,
        purpose.permission_rule,
        without,
        tuple(_title(schemas.get(name, {}), name) for name in purpose.sections if name not in known),
    )


def _schemas(published: Iterable[SectionSchema]) -> Schemas:
    return {one.section: one.document for one in published}


def _seen(explained: Explained, schemas: Schemas) -> tuple[Seen, ...]:
    fields: dict[str, dict[str, None]] = {}
    for one in explained.would_show:
        fields.setdefault(one.section, {}).update(dict.fromkeys(one.fields))
    return tuple(
        Seen(
            name,
            _title(schemas.get(name, {}), name),
            tuple(_field(schemas.get(name, {}), one) for one in known),
        )
        for name, known in fields.items()
    )


def _title(document: Mapping[str, object], name: str) -> str:
    title = document.get("title")
    return title if isinstance(title, str) else name.replace("_", " ").replace("-", " ").capitalize()


def _field(document: Mapping[str, object], name: str) -> str:
    known = document.get("properties")
    found = known.get(name) if isinstance(known, Mapping) else None
    return _title(found if isinstance(found, Mapping) else {}, name)
