"""The keys of receipts: kept beside the log's, changed in two steps, and never lost to those who verify."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from consent.receipts import jws
from consent.receipts.verifying import verify
from gateway.receipt_keys import GRACE, ReceiptKeys, add_receipt_key, change_receipt_key, receipt_keys
from gateway.secrets import SecretsError, load_secrets, make_secrets
from tests.unit.consent.receipts.made import AT, payload

NOW = datetime(2026, 10, 21, tzinfo=UTC)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    path = tmp_path / "secrets.json"
    make_secrets(path, "oncetold.test/log")
    return path


def keys(path: Path) -> ReceiptKeys:
    return receipt_keys(load_secrets(path))


def write(path: Path, **changes: object) -> None:
    value = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({name: one for name, one in value.items() if one != "absent"}))


def test_a_new_file_has_a_key_of_its_own_and_an_old_one_gets_one_from_the_master_key(made: Path) -> None:
    own = keys(made).signer.kid
    write(made, receipt_key="absent")
    derived = keys(made).signer.kid
    assert derived != own
    assert keys(made).signer.kid == derived
    assert repr(keys(made)) == f"ReceiptKeys({derived})"


def test_the_next_key_is_published_before_it_signs_and_the_old_one_stays_true(made: Path) -> None:
    old = keys(made)
    before = jws.sign(payload(), old.signer)
    new = add_receipt_key(made)
    between = keys(made)
    assert between.signer.kid == old.signer.kid
    assert [one.kid for one in between.public] == [old.signer.kid, new.kid]
    assert change_receipt_key(made, NOW).kid == new.kid
    after = keys(made)
    assert after.signer.kid == new.kid
    assert [one.kid for one in after.public] == [new.kid, old.signer.kid]
    assert after.public[1].until == int((NOW + GRACE).timestamp())
    assert verify(before, after.public).at == AT
    assert verify(jws.sign(payload(), after.signer), between.public).at == AT
    assert after.subjects == old.subjects
    assert load_secrets(made).receipt_next is None


def test_a_second_change_keeps_both_older_keys(made: Path) -> None:
    kids = [keys(made).signer.kid]
    for _ in range(2):
        add_receipt_key(made)
        kids.append(change_receipt_key(made, NOW).kid)
    assert [one.kid for one in keys(made).public] == kids[::-1]
    assert made.stat().st_mode & 0o777 == 0o600


def test_the_steps_go_in_order(made: Path) -> None:
    with pytest.raises(SecretsError, match="add-key"):
        change_receipt_key(made, NOW)
    add_receipt_key(made)
    with pytest.raises(SecretsError, match="published already"):
        add_receipt_key(made)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"receipt_key": "no base64!"}, "is not a secrets file"),
        ({"receipt_key": base64.b64encode(bytes(31)).decode()}, "wrong length"),
        ({"receipt_key_next": base64.b64encode(bytes(33)).decode()}, "wrong length"),
        ({"receipt_keys_past": [{"x": "short", "exp": 1}]}, "is not a secrets file"),
        ({"receipt_keys_past": [{"exp": 1}]}, "is not a secrets file"),
        ({"receipt_keys_past": [7]}, "is not a secrets file"),
    ],
)
def test_a_malformed_file_is_refused_without_quoting_it(
    made: Path, changes: dict[str, object], words: str
) -> None:
    write(made, **changes)
    with pytest.raises(SecretsError, match=words):
        load_secrets(made)


def test_no_secret_stands_in_a_repr(made: Path) -> None:
    add_receipt_key(made)
    assert repr(load_secrets(made)) == "Secrets()"
