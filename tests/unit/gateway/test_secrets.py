"""The operator's secrets: made once, for their owner's eyes, and never told."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path

import pytest

from gateway.secrets import Secrets, SecretsError, load_secrets, make_secrets

ORIGIN = "oncetold.test/log"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    path = tmp_path / "below" / "secrets.json"
    make_secrets(path, ORIGIN)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(SecretsError) as refused:
        load_secrets(path)
    return str(refused.value)


def test_new_secrets_are_readable_by_their_owner_only_and_load(made: Path) -> None:
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    secrets = load_secrets(made)
    assert {len(secrets.master), len(secrets.key_encryption_key)} == {32}
    assert secrets.master != secrets.key_encryption_key
    assert str(secrets.signer.verifier_key).startswith(f"{ORIGIN}+")


def test_two_gateways_share_no_secret(made: Path, tmp_path: Path) -> None:
    make_secrets(tmp_path / "other.json", ORIGIN)
    one, other = json.loads(made.read_text()), json.loads((tmp_path / "other.json").read_text())
    assert one.keys() == other.keys()
    assert all(one[name] != other[name] for name in one)


def test_secrets_are_never_overwritten(made: Path) -> None:
    before = made.read_bytes()
    with pytest.raises(SecretsError, match="never overwritten"):
        make_secrets(made, ORIGIN)
    assert made.read_bytes() == before


def test_no_secret_stands_in_a_repr(made: Path) -> None:
    assert repr(load_secrets(made)) == "Secrets()"
    assert repr(Secrets(b"a", b"b", load_secrets(made).signer)) == "Secrets()"


def test_a_file_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    assert "oncetold init" in refusal(tmp_path / "nowhere.json")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_may_touch_is_refused(made: Path, mode: int) -> None:
    made.chmod(mode)
    assert "chmod 600" in refusal(made)


@pytest.mark.parametrize(
    "change",
    [
        {"master": "not base64!"},
        {"master": 7},
        {"master": None},
        {"key_encryption_key": ["a"]},
        {"log_key": "PRIVATE+KEY+nonsense"},
        {"log_key": 7},
    ],
)
def test_a_malformed_file_is_refused_without_quoting_it(made: Path, change: dict[str, object]) -> None:
    value = json.loads(made.read_text())
    made.write_text(json.dumps({**value, **change}))
    words = refusal(made)
    assert "is not a secrets file of OnceTold" in words
    assert not any(secret in words for secret in [*value.values(), "nonsense", "base64"])


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{}", b'"text"', b"{", b"\xff\xff\xff"])
def test_a_file_of_something_else_is_refused(made: Path, content: bytes) -> None:
    made.write_bytes(content)
    assert "is not a secrets file of OnceTold" in refusal(made)


@pytest.mark.parametrize("name", ["master", "key_encryption_key"])
@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_of_another_length_is_refused(made: Path, name: str, length: int) -> None:
    value = json.loads(made.read_text())
    made.write_text(json.dumps({**value, name: base64.b64encode(bytes(length)).decode()}))
    assert "wrong length" in refusal(made)
