"""The recipes of docs/consent-receipts.md, run as they stand there: a receipt is checked by libraries that are not ours."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from consent.receipts.keys import PublicKey, key_set
from tests.conftest import ROOT, Parts
from tests.unit.consent.receipts.made import AT, OTHER, SIGNER, forged, header, token

DOCS = ROOT / "docs" / "consent-receipts.md"


def recipe(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


@pytest.fixture(params=["python", "javascript"])
def command(request: pytest.FixtureRequest, tmp_path: Path, parts: Parts) -> list[str]:
    language = str(request.param)
    script = tmp_path / {"python": "check.py", "javascript": "check.cjs"}[language]
    script.write_text(recipe(language), encoding="utf-8")
    return [sys.executable if language == "python" else str(parts.node), str(script)]


def run(command: list[str], folder: Path, receipt: str, *keys: PublicKey) -> subprocess.CompletedProcess[str]:
    (folder / "receipt.jws").write_text(receipt)
    (folder / "jwks.json").write_text(json.dumps(key_set(keys)))
    files = [str(folder / "receipt.jws"), str(folder / "jwks.json")]
    return subprocess.run([*command, *files], capture_output=True, text=True, check=False, timeout=100)


def test_a_true_receipt_verifies_with_the_published_keys_alone(command: list[str], tmp_path: Path) -> None:
    done = run(command, tmp_path, token(), OTHER.public_key, SIGNER.public_key)
    assert (done.returncode, done.stdout) == (0, "OT-41017 https://w3id.org/dpv#ConsentGiven\n"), done.stderr


def test_what_was_changed_or_signed_by_another_is_refused(command: list[str], tmp_path: Path) -> None:
    head, body, tail = token().split(".")
    for wrong in (
        f"{head}.{body[:-4]}AAAA.{tail}",
        forged(header(), signer=OTHER),
        forged(header(alg="none")),
    ):
        assert run(command, tmp_path, wrong, SIGNER.public_key).returncode != 0


def test_the_recipe_without_a_library_knows_a_keys_end(tmp_path: Path, parts: Parts) -> None:
    script = tmp_path / "check.cjs"
    script.write_text(recipe("javascript"), encoding="utf-8")
    ended = PublicKey(SIGNER.public_key.public, int(AT.timestamp()))
    assert "its key's end" in run([str(parts.node), str(script)], tmp_path, token(), ended).stderr
