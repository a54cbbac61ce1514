"""Where each agreement stands on a day, and a party's signing of one: what `oncetold agreement` does.

Works on the files themselves, so that it also says what is wrong with an agreement on which a gateway would not start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.policy.register_files import (
    Document,
    RegisterError,
    Value,
    check_schema,
    read_document,
    read_schema,
)
from gateway.policy.register_signatures import (
    KEYS_FILE,
    problems_of,
    read_signatures,
    read_signing_keys,
    signatures_path,
    signatures_text,
)
from gateway.policy.signing import AgreementSignature, lines_of, sign, terms_of
from gateway.policy.uk_days import end_of_day


@dataclass(frozen=True, slots=True)
class AgreementState:
    """One agreement on a day: `state` in plain words, and which parties have signed what stands there now."""

    id: str
    version: int
    state: str
    signed: tuple[str, ...]
    unsigned: tuple[str, ...]


def uk_day(at: datetime) -> date:
    """The UK day of a moment (an aware datetime)."""
    day = at.astimezone(UTC).date()
    return day + timedelta(days=1) if at >= end_of_day(day) else day


def agreement_states(policies: Path, schemas: Path, day: date) -> Iterator[AgreementState]:
    """Every agreement of a `policies` folder on a UK day, by id. Raises RegisterError for a file that cannot be read."""
    registers = policies / "registers"
    keys = read_signing_keys(registers, schemas)
    for path in sorted((registers / "agreements").glob("*.yaml")):
        document = _agreement(path, policies, schemas)
        parties = _parties(document.value)
        problems, _ = problems_of(document, parties, keys, registers, schemas)
        unsigned = {problem.organisation for problem in problems}
        version = document.value["version"]
        yield AgreementState(
            id=path.stem,
            version=version if isinstance(version, int) else 0,
            state=state_on(document, day),
            signed=tuple(sorted(parties - unsigned)),
            unsigned=tuple(sorted(unsigned)),
        )


def state_on(agreement: Document, day: date) -> str:
    """Where an agreement stands on a UK day, in plain words."""
    value = agreement.value
    begins, ends = _day(agreement, "valid_from"), _day(agreement, "valid_until")
    review = _day(agreement, "review_date")
    if value["status"] == "draft":
        return "draft"
    if ends is not None and ends < day:
        renewed = value.get("renewed_by")
        return f"ended on {ends}" + (f", renewed by {renewed}" if renewed else "")
    overdue = f", review overdue since {review}" if review is not None and review < day else ""
    if value["status"] == "suspended":
        return f"suspended{_since(value, 'suspension')}{overdue}"
    if begins is not None and day < begins:
        return f"not yet begun, from {begins}"
    until = f" until {ends}" if ends else ""
    if value["status"] == "winding-down":
        return f"winding down{_since(value, 'winding_down')}{until}{overdue}"
    return f"active{until}{overdue}"


def sign_agreement(
    policies: Path, schemas: Path, agreement: str, organisation: str, private: Ed25519PrivateKey
) -> Path:
    """Add or replace one party's signature of an agreement; gives the written file.

    Raises RegisterError where the party has no line of its own among the signatories, or the key is not in the register as
    the organisation's on that day.
    """
    registers = policies / "registers"
    path = registers / "agreements" / f"{agreement}.yaml"
    if path not in (registers / "agreements").glob("*.yaml"):
        raise RegisterError(f"registers/agreements/{agreement}.yaml", None, "there is no such agreement")
    document = _agreement(path, policies, schemas)
    lines = [line for line in lines_of(document.value) if line["organisation"] == organisation]
    if organisation not in _parties(document.value) or len(lines) != 1:
        raise document.error(
            f"{organisation} must be a party and stand once among the signatories: write its line first",
            "signatories",
        )
    keys = read_signing_keys(registers, schemas)
    public = private.public_key().public_bytes_raw()
    signed_on = date.fromisoformat(str(lines[0]["on"]))
    own = [
        key
        for key in keys.values()
        if key.organisation == organisation and key.public_key == public and key.valid_on(signed_on)
    ]
    if not own:
        raise RegisterError(
            f"registers/{KEYS_FILE}", None, f"this is no key of {organisation} on {signed_on}: add it first"
        )
    kept = [one for one in read_signatures(registers, agreement, schemas) if one.organisation != organisation]
    signature = AgreementSignature(organisation, own[0].id, sign(private, terms_of(document.value), lines[0]))
    target = signatures_path(registers, agreement)
    target.parent.mkdir(exist_ok=True)
    target.write_text(signatures_text(agreement, (*kept, signature)), encoding="utf-8")
    return target


def _agreement(path: Path, policies: Path, schemas: Path) -> Document:
    document = read_document(path, policies)
    check_schema(document, read_schema(schemas / "agreement.schema.json", schemas.parent))
    if document.value["id"] != path.stem:
        raise document.error(f"the file must be called {document.value['id']}.yaml, as its id", "id")
    for index, line in enumerate(lines_of(document.value)):
        _date(document, line["on"], "signatories", index, "on")
    return document


def _parties(value: Mapping[str, Value]) -> frozenset[str]:
    return frozenset(
        str(terms["organisation"])
        for side in (value["sources"], value["recipients"])
        if isinstance(side, list)
        for terms in side
        if isinstance(terms, dict)
    )


def _since(value: Mapping[str, Value], key: str) -> str:
    stopped = value.get(key)
    return f" since {stopped['since']} by {stopped['by']}" if isinstance(stopped, dict) else ""


def _day(document: Document, key: str) -> date | None:
    value = document.value[key]
    return None if value is None else _date(document, value, key)


def _date(document: Document, value: Value, *where: str | int) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise document.error(
            f"{value!r} is not a day of the calendar: write it as 2026-04-30", *where
        ) from error
