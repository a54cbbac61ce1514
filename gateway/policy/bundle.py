"""Reads signed policy bundles: OPA's bundle format, in which OPA itself and this gateway take the same policy.

A bundle is `.manifest`, `data.json`, `oncetold/*.rego`, `engine.wasm` (the Rego compiled, for the engine in process; not
called policy.wasm, so that an OPA server leaves it alone), the registers and sections it was made from, and
`.signatures.json`: one ES256 JWT over every file's hash. Format: Open Policy Agent 1.22, "Bundles", "Signature Format" and
its `v1/bundle` package.
A signature always names its key (GHSA-g2pf-6v5v-qcc8).
"""

from __future__ import annotations

import base64
import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import cast

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from gateway.policy.bundle_archive import (
    DATA,
    MANIFEST,
    SIGNATURES,
    WASM,
    BundleError,
    Fault,
    malformed,
    unpack,
)
from gateway.policy.compile import Data, document, policy_data, revision_of, with_revision
from gateway.policy.register_files import RegisterError
from gateway.policy.register_values import Registers
from gateway.policy.registers import load_registers

__all__ = [
    "ROOTS",
    "Bundle",
    "BundleError",
    "Fault",
    "open_registers",
    "read_bundle",
    "rego_digest",
]

ROOTS = ("oncetold", "registers")
"""What of the data and packages of an OPA server belongs to the bundle."""
REGO = "oncetold/"
ALGORITHM = "SHA-256"
_STRUCTURED = {DATA, MANIFEST}
_LINE_SEPARATORS = ((b"\xe2\x80\xa8", rb"\u2028"), (b"\xe2\x80\xa9", rb"\u2029"))


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose signature holds.

    revision: of the policy (`gateway.policy.compile.with_revision`). number: rises with every bundle; the caller refuses an
        older one. keyid: whose key signed. digest: SHA-256 of the bundle itself, in hexadecimal.
    wasm: the compiled policy. data: the data document with its revision. files: all files, name -> content.
    """

    revision: str
    number: int
    keyid: str
    digest: str
    wasm: bytes = field(repr=False)
    data: Mapping[str, Data] = field(repr=False)
    files: Mapping[str, bytes] = field(repr=False)


def read_bundle(packed: bytes, keys: Mapping[str, ec.EllipticCurvePublicKey]) -> Bundle:
    """The bundle in these bytes, signed by one of the trusted keys (by keyid). Raises BundleError for anything else."""
    files = unpack(packed)
    keyid = _check_signature(files, keys)
    for name in (MANIFEST, DATA, WASM):
        if name not in files:
            raise malformed(f"{name} is missing")
    revision, number = _manifest(_object(files[MANIFEST], MANIFEST))
    data = cast("dict[str, Data]", _object(files[DATA], DATA))
    if revision != _revision_of_content(data, files):
        raise malformed("its revision is not the one that its content gives")
    return Bundle(
        revision=revision,
        number=number,
        keyid=keyid,
        digest=hashlib.sha256(packed).hexdigest(),
        wasm=files[WASM],
        data=data,
        files=MappingProxyType(files),
    )


def open_registers(bundle: Bundle, schemas: Path) -> Registers:
    """The registers of a bundle, judged by our own schemas (a folder), never by any that came with it.

    Raises BundleError `malformed` where they cannot be used, naming file and line, or are not what its data was made from.
    """
    with tempfile.TemporaryDirectory(prefix="oncetold-policy-") as made:
        folder = Path(made)
        for name, content in bundle.files.items():
            if name.startswith(("registers/", "sections/")):
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        try:
            registers = load_registers(folder, schemas)
        except RegisterError as error:
            raise malformed(f"its registers cannot be used: {error}") from error
    if document(with_revision(policy_data(registers), rego_digest(bundle.files))) != document(bundle.data):
        raise malformed("its data is not what its registers give")
    return registers


def rego_digest(files: Mapping[str, bytes]) -> str:
    """SHA-256, in hexadecimal, over the Rego sources of a bundle, as scripts/build_policy.sh writes it into policy.json."""
    digest = hashlib.sha256()
    for name in sorted(name for name in files if name.startswith(REGO)):
        digest.update(name.removeprefix(REGO).encode() + b"\0" + files[name] + b"\0")
    return digest.hexdigest()


def file_hash(name: str, content: bytes) -> str:
    """A file's hash as OPA makes it: data and manifest over their parsed structure, others over their bytes."""
    if name in _STRUCTURED:
        content = document(orjson.loads(content))
        for separator, escaped in _LINE_SEPARATORS:  # Go's encoder escapes these two, and ours does not
            content = content.replace(separator, escaped)
    return hashlib.sha256(content).hexdigest()


def _check_signature(files: Mapping[str, bytes], keys: Mapping[str, ec.EllipticCurvePublicKey]) -> str:
    """The keyid of the signature over just these files."""
    keyid, payload = _signed(files.get(SIGNATURES), keys)
    signed: dict[str, object] = {}
    for entry in payload:
        if not isinstance(entry, dict) or entry.keys() != {"name", "hash", "algorithm"}:
            raise malformed("its signature lists something else than files")
        if entry["algorithm"] != ALGORITHM or not isinstance(entry["name"], str) or entry["name"] in signed:
            raise malformed("its signature lists a file twice, or hashes it otherwise than by SHA-256")
        signed[entry["name"]] = entry["hash"]
    if signed.keys() != files.keys() - {SIGNATURES}:
        raise _altered("it holds other files than were signed")
    for name, wanted in signed.items():
        try:
            found = file_hash(name, files[name])
        except orjson.JSONDecodeError as error:
            raise malformed(f"{name} is not JSON") from error
        if wanted != found:
            raise _altered("a file is not as it was signed")
    return keyid


def _signed(content: bytes | None, keys: Mapping[str, ec.EllipticCurvePublicKey]) -> tuple[str, list[object]]:
    """Who signed, and the entries of the signed list."""
    if content is None:
        raise BundleError(Fault.UNSIGNED, "sign it (`oncetold policy bundle`)")
    tokens = _loads(content, SIGNATURES)
    if (
        not isinstance(tokens, dict)
        or tokens.keys() != {"signatures"}
        or not isinstance(tokens["signatures"], list)
    ):
        raise malformed(f"{SIGNATURES} is no list of signatures")
    if len(tokens["signatures"]) != 1 or not isinstance(tokens["signatures"][0], str):
        raise BundleError(Fault.UNSIGNED, "it must carry exactly one signature")
    token = tokens["signatures"][0]
    header = _header(token)
    if header.get("alg") != "ES256" or not header.keys() <= {"alg", "kid", "typ"}:
        raise BundleError(Fault.UNSIGNED, "its signature is not ES256 alone")
    keyid = header.get("kid")
    if not isinstance(keyid, str) or keyid not in keys:
        raise BundleError(
            Fault.UNKNOWN_KEY, "its signature names no key that is trusted here (ONCETOLD_POLICY_KEYS)"
        )
    try:
        proven = jws.deserialize_compact(token, ECKey.import_key(keys[keyid]), algorithms=["ES256"])
    except (JoseError, ValueError) as error:
        raise _altered("its signature was made by another key, or over something else") from error
    payload = _loads(proven.payload, "its signature")
    if not isinstance(payload, dict) or payload.get("keyid") != keyid:
        raise BundleError(Fault.UNKNOWN_KEY, "its signature does not say by which key it was made")
    if payload.keys() != {"files", "keyid"} or not isinstance(payload["files"], list):
        raise malformed("its signature lists no files")
    return keyid, payload["files"]


def _header(token: str) -> dict[str, object]:
    """A JWT's protected header, before anything is believed."""
    encoded = token.split(".", 1)[0]
    try:
        header = orjson.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except ValueError as error:
        raise malformed("its signature is no JWT") from error
    if not isinstance(header, dict):
        raise malformed("its signature is no JWT")
    return header


def _altered(problem: str) -> BundleError:
    return BundleError(Fault.ALTERED, f"{problem}; get it anew from whoever signed it")


def _manifest(value: dict[str, object]) -> tuple[str, int]:
    """Revision and number."""
    metadata = value.get("metadata")
    if (
        value.keys() != {"revision", "roots", "rego_version", "metadata"}
        or value["roots"] != list(ROOTS)
        or value["rego_version"] != 1
        or not isinstance(value["revision"], str)
        or not isinstance(metadata, dict)
        or metadata.keys() != {"number"}
        or type(metadata["number"]) is not int
        or metadata["number"] < 1
    ):
        raise malformed("its manifest is not one of ours")
    return value["revision"], metadata["number"]


def _revision_of_content(data: Mapping[str, Data], files: Mapping[str, bytes]) -> str:
    registers = data.get("registers")
    if not isinstance(registers, dict) or data.keys() != {"registers"} or "revision" not in registers:
        raise malformed(f"{DATA} holds no registers with their revision")
    rest: dict[str, Data] = {key: value for key, value in registers.items() if key != "revision"}
    revision = revision_of(with_revision({"registers": rest}, rego_digest(files)))
    if registers["revision"] != revision:
        raise malformed("its revision is not the one that its content gives")
    return revision


def _object(content: bytes, name: str) -> dict[str, object]:
    """A JSON object in its canonical form, which has one meaning for every reader: no key twice, no other spelling."""
    value = _loads(content, name)
    if not isinstance(value, dict) or orjson.dumps(value, option=orjson.OPT_SORT_KEYS) != content:
        raise malformed(f"{name} is not canonical JSON")
    return value


def _loads(content: bytes, name: str) -> object:
    try:
        value: object = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise malformed(f"{name} is not JSON") from error
    return value
