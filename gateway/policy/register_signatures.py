"""Reads signing keys and signatures from the registers, and refuses agreements that their parties did not sign."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import cast

from gateway.policy.register_files import (
    Document,
    RegisterError,
    Value,
    check_schema,
    read_document,
    read_schema,
)
from gateway.policy.register_values import Agreement, Status
from gateway.policy.signing import AgreementSignature, SignatureProblem, SigningKey, signature_problems

KEYS_FILE = "signing-keys.yaml"
SIGNATURES_FOLDER = "signatures"


def check_signatures(
    agreements: Mapping[str, Agreement],
    documents: Mapping[str, Document],
    registers_folder: Path,
    schemas_folder: Path,
) -> None:
    """Every agreement that is no draft carries the signature of each of its parties, over what stands there now.

    Raises RegisterError for the first that does not, naming file and line. Signatures of no agreement are an error too: they
    would count for whichever agreement takes that name next.
    """
    keys = read_signing_keys(registers_folder, schemas_folder)
    for path in sorted((registers_folder / SIGNATURES_FOLDER).glob("*.yaml")):
        if path.stem not in agreements:
            document, _ = _signatures(path, registers_folder, schemas_folder)
            raise document.error("there is no agreement of this name: remove the file", "agreement")
    for name, agreement in sorted(agreements.items()):
        if agreement.status is Status.DRAFT:
            continue
        problems, signatures_file = problems_of(
            documents[name], agreement.parties, keys, registers_folder, schemas_folder
        )
        if problems:
            raise _located(problems[0], signatures_file, documents[name])


def problems_of(
    agreement: Document,
    parties: frozenset[str],
    keys: Mapping[str, SigningKey],
    registers_folder: Path,
    schemas_folder: Path,
) -> tuple[tuple[SignatureProblem, ...], Document | None]:
    """What is wrong with the signatures of one agreement, and the file that they stand in, if there is one."""
    path = signatures_path(registers_folder, str(agreement.value["id"]))
    document: Document | None = None
    signatures: tuple[AgreementSignature, ...] = ()
    if path.exists():
        document, signatures = _signatures(path, registers_folder, schemas_folder)
    return signature_problems(agreement.value, parties, signatures, keys), document


def read_signing_keys(registers_folder: Path, schemas_folder: Path) -> dict[str, SigningKey]:
    """The register of signing keys, by id. Raises RegisterError naming file and line."""
    document = read_document(registers_folder / KEYS_FILE, registers_folder.parent)
    check_schema(document, read_schema(schemas_folder / "signing-keys.schema.json", schemas_folder.parent))
    keys: dict[str, SigningKey] = {}
    for index, entry in enumerate(_entries(document, "keys")):
        where = ("keys", index)
        until = entry["until"]
        key = SigningKey(
            id=str(entry["id"]),
            organisation=str(entry["organisation"]),
            public_key=base64.b64decode(str(entry["public_key"])),
            from_=_day(document, str(entry["from"]), *where, "from"),
            until=None if until is None else _day(document, str(until), *where, "until"),
        )
        if key.id in keys:
            raise document.error(f"the key {key.id} stands twice: keep one", *where, "id")
        if key.until is not None and key.until < key.from_:
            raise document.error(
                f"the key {key.id} ends before it starts: change from or until", *where, "until"
            )
        keys[key.id] = key
    return keys


def read_signatures(
    registers_folder: Path, agreement: str, schemas_folder: Path
) -> tuple[AgreementSignature, ...]:
    """The signatures of one agreement; none where there is no file yet. Raises RegisterError naming file and line."""
    path = signatures_path(registers_folder, agreement)
    return _signatures(path, registers_folder, schemas_folder)[1] if path.exists() else ()


def signatures_path(registers_folder: Path, agreement: str) -> Path:
    """Where the signatures of an agreement stand."""
    return registers_folder / SIGNATURES_FOLDER / f"{agreement}.yaml"


def signatures_text(agreement: str, signatures: tuple[AgreementSignature, ...]) -> str:
    """A file of signatures, in the order of the organisations' names."""
    lines = [f"agreement: {agreement}", "signatures:" if signatures else "signatures: []"]
    for one in sorted(signatures, key=lambda signature: signature.organisation):
        lines += [
            f"  - organisation: {one.organisation}",
            f"    key: {one.key}",
            f"    signature: {one.signature}",
        ]
    return "\n".join(lines) + "\n"


def _signatures(
    path: Path, registers_folder: Path, schemas_folder: Path
) -> tuple[Document, tuple[AgreementSignature, ...]]:
    document = read_document(path, registers_folder.parent)
    check_schema(document, read_schema(schemas_folder / "signatures.schema.json", schemas_folder.parent))
    if document.value["agreement"] != path.stem:
        raise document.error(f"the file must be called {document.value['agreement']}.yaml", "agreement")
    return document, tuple(
        AgreementSignature(str(entry["organisation"]), str(entry["key"]), str(entry["signature"]))
        for entry in _entries(document, "signatures")
    )


def _located(problem: SignatureProblem, signatures: Document | None, agreement: Document) -> RegisterError:
    """The error where it is to be mended: at the signature where there is one, else in the agreement."""
    if signatures is None:
        return agreement.error(problem.problem, "signatories")
    for index, entry in enumerate(_entries(signatures, "signatures")):
        if entry["organisation"] == problem.organisation:
            return signatures.error(problem.problem, "signatures", index)
    return signatures.error(problem.problem, "signatures")


def _entries(document: Document, key: str) -> list[dict[str, Value]]:
    return cast("list[dict[str, Value]]", document.value[key])


def _day(document: Document, text: str, *where: str | int) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise document.error(
            f"{text!r} is not a day of the calendar: write it as 2026-04-30", *where
        ) from error
