"""`oncetold consent`: what a stranger is told of a receipt, with files and public keys alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from audit.note import Signer
from consent.receipts.jws import armoured
from consent.receipts.keys import PublicKey, key_set
from consent.receipts.strict import to_base64url
from gateway.cli import app
from gateway.secrets import load_secrets, make_secrets
from tests.unit.consent.receipts.made import AT, ISSUER, OTHER, SIGNER, facts, permission, token
from tests.unit.gateway.services.receipting import keys_of, receipts_of, saying_residents
from tests.unit.gateway.services.served import Served, choice, serving

X = to_base64url(SIGNER.public_key.public)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["consent", *arguments])


def told(result: Result, status: int) -> str:
    assert result.exit_code == status, result.output
    return result.stderr if status else result.stdout


@pytest.fixture
def receipt(tmp_path: Path) -> Path:
    path = tmp_path / "receipt.jws"
    path.write_text(token())
    return path


def test_a_stranger_is_told_what_a_receipt_proves_and_what_was_not_checked(receipt: Path) -> None:
    lines = told(run("verify", str(receipt), "--key", X, "--issuer", ISSUER), 0).splitlines()
    assert lines[0] == f"OT-41017: given out by {ISSUER}, signed by its key {SIGNER.kid}"
    assert lines[1].endswith("somebody gave this confidentiality consent, portal, as self")
    assert "to: Harbour Help" in lines
    assert lines[-1].endswith("give the log's key with --log-key")


def test_the_printed_paper_and_a_key_set_do_as_well(tmp_path: Path, receipt: Path) -> None:
    receipt.write_text(f"Somebody allowed this\n\n{armoured(token())}")
    jwks = tmp_path / "jwks.json"
    jwks.write_text(json.dumps(key_set([OTHER.public_key, SIGNER.public_key])))
    told(run("verify", str(receipt), "--jwks", str(jwks)), 0)


def test_an_end_without_a_limit_and_for_everybody_is_told_as_such(receipt: Path) -> None:
    from consent.permissions import ANY
    from consent.receipts import jws
    from consent.receipts.building import build

    receipt.write_text(jws.sign(build(facts(permission(until=None, recipients=ANY), given=False)), SIGNER))
    out = told(run("verify", str(receipt), "--key", X), 0)
    assert "somebody ended this" in out
    assert "to: everybody who takes part" in out
    assert "until it is stopped" in out


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        ("", ["--key", X], "not a consent receipt"),
        (token()[:-6], ["--key", X], "signature does not fit"),
        (token(), ["--key", "short"], "43 letters"),
        (token(), [], "give the service's public keys"),
        (token(), ["--key", X, "--issuer", "https://other.test"], "another service"),
        (token(), ["--key", to_base64url(OTHER.public_key.public)], "not among the keys"),
        (token(), ["--key", X, "--log-key", "nonsense"], "a key is written"),
        (token(), ["--key", X, "--log-key", str(Signer("x", bytes(32)).verifier_key)], "c2sp|leaf|proof"),
        (token(), ["--jwks", "nowhere.json"], "cannot be read"),
        ("A" * 200_000, ["--key", X], "longer than any receipt"),
        ("PK\x03\x04", ["--key", X], "--log-key"),
        ("PK\x03\x04", ["--key", X, "--log-key", str(Signer("x", bytes(32)).verifier_key)], "not whole"),
    ],
)
def test_what_does_not_hold_ends_with_status_1_and_one_line(
    receipt: Path, content: str, options: list[str], words: str
) -> None:
    import re

    receipt.write_text(content)
    line = told(run("verify", str(receipt), *options), 1)
    assert line.startswith("oncetold: ")
    assert re.search(words, line)
    assert len(line.splitlines()) == 1


def test_a_file_that_is_no_text_is_no_receipt(receipt: Path) -> None:
    receipt.write_bytes(b"\xff\xfe\x00")
    assert "not a consent receipt" in told(run("verify", str(receipt), "--key", X), 1)


def test_a_key_that_ended_is_told(tmp_path: Path, receipt: Path) -> None:
    jwks = tmp_path / "jwks.json"
    jwks.write_text(json.dumps(key_set([PublicKey(SIGNER.public_key.public, int(AT.timestamp()))])))
    assert "after the end of the key" in told(run("verify", str(receipt), "--jwks", str(jwks)), 1)


async def test_with_the_logs_key_its_line_is_checked_too(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        path, log_key = tmp_path / "receipt.jws", str(served.way.home.verifier_key)
        path.write_text(await _issued(served))
    key = to_base64url(keys_of().signer.public_key.public)
    out = told(run("verify", str(path), "--key", key, "--log-key", log_key), 0)
    assert "the log tells of it in entry" in out


async def _issued(served: Served) -> str:
    done = await saying_residents(served).allow(served.person, choice())
    issued = await receipts_of(served).receipt(served.person, done.reference)
    assert issued is not None
    return issued.token


def test_the_key_changes_in_two_steps(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    make_secrets(path, "oncetold.test/log")
    assert "published after a restart" in told(run("add-key", str(path)), 0)
    assert "signs after a restart" in told(run("change-key", str(path)), 0)
    assert "add-key" in told(run("change-key", str(path)), 1)
    assert len(load_secrets(path).receipt_past) == 1
