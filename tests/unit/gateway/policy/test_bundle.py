"""Signed bundles: what was written is read, and whatever is unsigned, altered or malformed is refused by its code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.jwk import ECKey

import gateway.policy.bundle as reading
from core.errors import OnceToldError
from gateway.policy.bundle import (
    BundleError,
    Fault,
    file_hash,
    open_registers,
    read_bundle,
    rego_digest,
)
from gateway.policy.bundle_archive import DATA, MANIFEST, SIGNATURES, WASM, pack, unpack
from gateway.policy.bundle_writing import write_bundle
from gateway.policy.compile import document, policy_data, revision_of, with_revision
from gateway.policy.register_files import RegisterError
from gateway.policy.registers import load_registers
from gateway.policy.wasm import open_engine
from tests.support.bundles import (
    KEY,
    KEYID,
    OTHER_KEY,
    POLICIES,
    TRUSTED,
    Files,
    altered,
    bundle_bytes,
    pem,
    signed_anew,
)

SCHEMAS = POLICIES / "schemas"


def refused(packed: bytes, keys: dict[str, ec.EllipticCurvePublicKey] | None = None) -> BundleError:
    with pytest.raises(BundleError) as caught:
        read_bundle(packed, TRUSTED if keys is None else keys)
    assert isinstance(caught.value, OnceToldError)
    assert f"({caught.value.code})" in str(caught.value)
    return caught.value


def with_token(token: object) -> bytes:
    """The bundle with another signature in its place."""
    signatures = orjson.dumps({"signatures": [token]})
    return altered(bundle_bytes(), lambda files: files.update({SIGNATURES: signatures}))


def own_payload() -> dict[str, object]:
    token = orjson.loads(unpack(bundle_bytes())[SIGNATURES])["signatures"][0]
    payload = token.split(".")[1]
    value: dict[str, object] = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return value


def unpadded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def token_over(payload: object, header: dict[str, Any] | None = None) -> str:
    header = {"alg": "ES256", "kid": KEYID} if header is None else header
    return jws.serialize_compact(header, orjson.dumps(payload), ECKey.import_key(KEY), algorithms=["ES256"])


def test_what_was_written_is_read() -> None:
    bundle = read_bundle(bundle_bytes(7), TRUSTED)
    assert (bundle.number, bundle.keyid) == (7, KEYID)
    assert bundle.digest == hashlib.sha256(bundle_bytes(7)).hexdigest()
    assert bundle.wasm == (POLICIES / "policy.wasm").read_bytes()
    assert bundle.files["registers/roles.yaml"] == (POLICIES / "registers" / "roles.yaml").read_bytes()
    assert open_registers(bundle, SCHEMAS) == load_registers(POLICIES)


def test_a_bundle_and_the_folder_it_was_made_from_decide_under_one_revision() -> None:
    with open_engine(POLICIES, load_registers(POLICIES)) as engine:
        assert read_bundle(bundle_bytes(), TRUSTED).revision == engine.revision


def test_the_same_policies_give_the_same_bundle_but_for_the_signature() -> None:
    first, second = unpack(bundle_bytes()), unpack(write_bundle(POLICIES, 1, KEY, KEYID))
    del first[SIGNATURES], second[SIGNATURES]
    assert pack(first) == pack(dict(reversed(second.items())))
    assert b"root" not in pack(first)[:64]


def test_the_number_is_no_part_of_the_revision() -> None:
    assert read_bundle(bundle_bytes(7), TRUSTED).revision == read_bundle(bundle_bytes(8), TRUSTED).revision


def test_a_bundle_tells_nothing_of_itself_when_it_is_printed() -> None:
    assert len(repr(read_bundle(bundle_bytes(), TRUSTED))) < 400


# --- the signature ---------------------------------------------------------------------------------------------------


def test_without_a_signature_it_is_unsigned() -> None:
    assert refused(altered(bundle_bytes(), lambda files: files.pop(SIGNATURES))).code is Fault.UNSIGNED
    none = altered(bundle_bytes(), lambda files: files.update({SIGNATURES: b'{"signatures":[]}'}))
    assert refused(none).code is Fault.UNSIGNED


def test_two_signatures_are_as_good_as_none() -> None:
    def doubled(files: Files) -> None:
        token = orjson.loads(files[SIGNATURES])["signatures"][0]
        files[SIGNATURES] = orjson.dumps({"signatures": [token, token]})

    assert refused(altered(bundle_bytes(), doubled)).code is Fault.UNSIGNED
    assert refused(with_token(7)).code is Fault.UNSIGNED


def test_a_signature_that_needs_no_key_is_none() -> None:
    payload = unpadded(orjson.dumps(own_payload()))
    for algorithm in ("none", "None", "nOnE"):
        nobody = unpadded(orjson.dumps({"alg": algorithm, "kid": KEYID}))
        assert refused(with_token(f"{nobody}.{payload}.")).code is Fault.UNSIGNED
    # HS256 keyed with the public key: whoever has what everybody has could sign.
    signed = f"{unpadded(orjson.dumps({'alg': 'HS256', 'kid': KEYID}))}.{payload}"
    mac = unpadded(hmac.digest(pem(), signed.encode(), "sha256"))
    assert refused(with_token(f"{signed}.{mac}")).code is Fault.UNSIGNED


def test_a_signature_that_brings_its_own_key_is_none() -> None:
    header = {"alg": "ES256", "kid": KEYID, "jwk": ECKey.import_key(OTHER_KEY).as_dict(private=False)}
    assert refused(with_token(token_over(own_payload(), header))).code is Fault.UNSIGNED


def test_a_key_that_is_not_trusted_is_unknown() -> None:
    assert refused(signed_anew(bundle_bytes(), keyid="somebody-else")).code is Fault.UNKNOWN_KEY
    assert refused(bundle_bytes(), {}).code is Fault.UNKNOWN_KEY
    assert "ONCETOLD_POLICY_KEYS" in str(refused(bundle_bytes(), {}))


def test_a_signature_always_names_its_key() -> None:
    payload = own_payload()
    assert refused(with_token(token_over(payload, {"alg": "ES256"}))).code is Fault.UNKNOWN_KEY
    numbered = unpadded(orjson.dumps({"alg": "ES256", "kid": 7}))
    assert refused(with_token(f"{numbered}.e30.e30")).code is Fault.UNKNOWN_KEY
    nameless = {"files": payload["files"]}
    assert refused(with_token(token_over(nameless))).code is Fault.UNKNOWN_KEY
    assert refused(with_token(token_over({**payload, "keyid": "somebody-else"}))).code is Fault.UNKNOWN_KEY
    assert refused(with_token(token_over([]))).code is Fault.UNKNOWN_KEY


def test_another_key_under_a_trusted_name_is_found_out() -> None:
    assert refused(signed_anew(bundle_bytes(), key=OTHER_KEY)).code is Fault.ALTERED


ALTERED: dict[str, Callable[[Files], object]] = {
    "data": lambda files: files.update({DATA: files[DATA].replace(b'"hidden":{', b'"hidden":{"x":true,', 1)}),
    "the manifest": lambda files: files.update({MANIFEST: files[MANIFEST].replace(b":1}", b":2}", 1)}),
    "a gate": lambda files: files.update({"oncetold/label.rego": files["oncetold/label.rego"] + b"\n"}),
    "the compiled policy": lambda files: files.update({WASM: files[WASM] + b"\0"}),
    "a register": lambda files: files.update({"registers/roles.yaml": b"roles: []\n"}),
    "a signature": lambda files: files.pop("registers/signing-keys.yaml"),
    "a section put in": lambda files: files.update({"sections/more.v1.json": b"{}"}),
}


@pytest.mark.parametrize("what", ALTERED)
def test_whatever_was_altered_after_signing_is_found_out(what: str) -> None:
    assert refused(altered(bundle_bytes(), ALTERED[what])).code is Fault.ALTERED


def test_without_its_hash_an_altered_gate_would_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the hash protects from: a compiled policy of somebody else, under our own signature."""
    packed = altered(bundle_bytes(), lambda files: files.update({WASM: b"\0asm\1\0\0\0"}))
    assert refused(packed).code is Fault.ALTERED
    signed = {str(entry["name"]): entry["hash"] for entry in own_payload()["files"]}  # type: ignore[attr-defined]
    monkeypatch.setattr(reading, "file_hash", lambda name, _content: signed[name])
    assert read_bundle(packed, TRUSTED).wasm == b"\0asm\1\0\0\0"


def test_data_that_is_only_written_otherwise_has_the_same_hash_and_is_refused_all_the_same() -> None:
    """OPA hashes what data means; two spellings of it would be two meanings to somebody."""

    def spaced(files: Files) -> None:
        files[DATA] = json.dumps(json.loads(files[DATA]), indent=1).encode()

    packed = altered(bundle_bytes(), spaced)
    files = unpack(packed)
    assert file_hash(DATA, files[DATA]) == file_hash(DATA, unpack(bundle_bytes())[DATA])
    assert refused(packed).code is Fault.MALFORMED


PAYLOADS: dict[str, object] = {
    "no list": {"files": {}, "keyid": KEYID},
    "an entry that is no file": {"files": ["data.json"], "keyid": KEYID},
    "another algorithm": {
        "files": [{"name": "data.json", "hash": "", "algorithm": "MD5"}],
        "keyid": KEYID,
    },
    "a name that is none": {"files": [{"name": 7, "hash": "", "algorithm": "SHA-256"}], "keyid": KEYID},
    "a file twice": {"files": [{"name": "a", "hash": "", "algorithm": "SHA-256"}] * 2, "keyid": KEYID},
    "a scope": {"files": [], "keyid": KEYID, "scope": "read"},
}


@pytest.mark.parametrize("what", PAYLOADS)
def test_a_signature_over_something_else_than_files_is_malformed(what: str) -> None:
    assert refused(with_token(token_over(PAYLOADS[what]))).code is Fault.MALFORMED


@pytest.mark.parametrize("text", [b"{", b"[]", b'{"signatures":{}}', b'{"signatures":[],"plugin":"x"}'])
def test_a_signatures_file_of_another_shape_is_malformed(text: bytes) -> None:
    packed = altered(bundle_bytes(), lambda files: files.update({SIGNATURES: text}))
    assert refused(packed).code is Fault.MALFORMED


@pytest.mark.parametrize(
    "token", ["", "a.b", "a.b.c", "\N{SNOWMAN}", "e30.e30.e30", "WzFd.e30.e30", "W1tb" * 9_999]
)
def test_a_token_that_is_no_jwt_is_refused(token: str) -> None:
    assert refused(with_token(token)).code in {Fault.MALFORMED, Fault.UNSIGNED}


def test_a_payload_that_is_no_json_is_malformed() -> None:
    header = {"alg": "ES256", "kid": KEYID}
    token = jws.serialize_compact(header, b"{", ECKey.import_key(KEY), algorithms=["ES256"])
    assert refused(with_token(token)).code is Fault.MALFORMED


# --- what it holds ---------------------------------------------------------------------------------------------------


def _manifest(**changed: object) -> Callable[[Files], object]:
    def change(files: Files) -> None:
        value = {**orjson.loads(files[MANIFEST]), **changed}
        kept = {key: told for key, told in value.items() if told is not None}
        files[MANIFEST] = orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)

    return change


def _data(change: Callable[[dict[str, object]], object]) -> Callable[[Files], object]:
    def changed(files: Files) -> None:
        value = orjson.loads(files[DATA])
        change(value["registers"])
        files[DATA] = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)

    return changed


MALFORMED: dict[str, tuple[Callable[[Files], object], str]] = {
    "no manifest": (lambda files: files.pop(MANIFEST), "missing"),
    "no data": (lambda files: files.pop(DATA), "missing"),
    "no compiled policy": (lambda files: files.pop(WASM), "missing"),
    "data that is a list": (lambda files: files.update({DATA: b"[]"}), "canonical"),
    "a key twice": (
        lambda files: files.update({MANIFEST: files[MANIFEST][:-1] + b',"roots":[""]}'}),
        "canonical",
    ),
    "another revision": (_manifest(revision="0" * 64), "revision"),
    "a revision that is no text": (_manifest(revision=7), "manifest"),
    "roots of others": (_manifest(roots=[""]), "manifest"),
    "another Rego": (_manifest(rego_version=0), "manifest"),
    "resolvers": (_manifest(wasm=[]), "manifest"),
    "no number": (_manifest(metadata=None), "manifest"),
    "a number that is none": (_manifest(metadata={"number": True}), "manifest"),
    "a number below one": (_manifest(metadata={"number": 0}), "manifest"),
    "more metadata": (_manifest(metadata={"number": 1, "x": 1}), "manifest"),
    "metadata that is a list": (_manifest(metadata=[]), "manifest"),
    "data of another revision": (_data(lambda data: data.update(revision="0" * 64)), "revision"),
    "data without a revision": (_data(lambda data: data.pop("revision")), "revision"),
    "data that is not what its revision says": (_data(lambda data: data.update(hidden={})), "revision"),
    "data without registers": (lambda files: files.update({DATA: b'{"registers":[]}'}), "registers"),
    "data besides the registers": (
        lambda files: files.update(
            {DATA: files[DATA].replace(b'{"registers"', b'{"oncetold":{},"registers"')}
        ),
        "registers",
    ),
    "a gate that its revision does not name": (
        lambda files: files.update({"oncetold/label.rego": b"package oncetold.label\n"}),
        "revision",
    ),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_even_a_trusted_key_signs_no_bundle_with(what: str) -> None:
    change, told = MALFORMED[what]
    error = refused(signed_anew(bundle_bytes(), change))
    assert error.code is Fault.MALFORMED
    assert told in error.problem


def test_data_that_is_no_json_is_malformed() -> None:
    packed = altered(bundle_bytes(), lambda files: files.update({DATA: b'{"registers":NaN}'}))
    assert refused(packed).code is Fault.MALFORMED


def test_registers_that_contradict_themselves_are_refused_with_file_and_line() -> None:
    def unknown_role(files: Files) -> None:
        files["registers/roles.yaml"] = b"roles: []\n"

    bundle = read_bundle(signed_anew(bundle_bytes(), unknown_role), TRUSTED)
    with pytest.raises(BundleError, match=r"registers/\S+, line \d+") as caught:
        open_registers(bundle, SCHEMAS)
    assert caught.value.code is Fault.MALFORMED


def test_registers_that_are_not_what_the_data_was_made_from_are_refused() -> None:
    def confidential_nowhere(files: Files) -> None:
        registers = load_registers(POLICIES)
        data = policy_data(registers)
        held = data["registers"]
        assert isinstance(held, dict)
        held["confidential"] = {}
        files[DATA] = document(with_revision(data, rego_digest(files)))
        files[MANIFEST] = files[MANIFEST].replace(
            read_bundle(bundle_bytes(), TRUSTED).revision.encode(),
            revision_of(orjson.loads(files[DATA])).encode(),
        )

    bundle = read_bundle(signed_anew(bundle_bytes(), confidential_nowhere), TRUSTED)
    with pytest.raises(BundleError, match="not what its registers give"):
        open_registers(bundle, SCHEMAS)


def test_schemas_never_come_with_the_bundle() -> None:
    with pytest.raises(BundleError) as caught:
        pack({"schemas/roles.schema.json": b"{}"})
    assert caught.value.code is Fault.MALFORMED


# --- writing ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(POLICIES, tmp_path / "policies"))


def test_no_bundle_is_made_of_a_compiled_policy_that_is_another_or_missing(copy: Path) -> None:
    (copy / "rego" / "label.rego").write_text("package oncetold.label\n")
    with pytest.raises(RegisterError, match=r"rego: .*build_policy"):
        write_bundle(copy, 1, KEY, KEYID)
    (copy / "policy.wasm").write_bytes(b"\0asm")
    with pytest.raises(RegisterError, match=r"policy\.wasm: .*build_policy"):
        write_bundle(copy, 1, KEY, KEYID)
    (copy / "policy.wasm").unlink()
    with pytest.raises(RegisterError, match="missing"):
        write_bundle(copy, 1, KEY, KEYID)
