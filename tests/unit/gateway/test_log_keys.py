"""The log goes over to another key: whoever knows either one can follow it all the time, and old receipts stay true."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from audit.entries import Draft, Kind, seal_entry
from audit.log import Append, Log, Receipt
from audit.merkle import consistency_proof
from audit.note import NoteError, Signer, VerifierKey, sign
from audit.verify import verify_log, verify_pair, verify_receipt
from audit.witness import judging
from audit.witness.judging import Tree
from core.unit_of_work import only
from gateway.cli import app
from gateway.log_keys import add_log_key, go_over, log_keys
from gateway.secrets import Secrets, SecretsError, load_secrets, make_secrets
from tests.support.clock import FakeClock
from tests.support.house import ORIGIN, House, house, sqlite_urls
from tests.support.witnesses import LOG, NEXT_LOG, SmallLog


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "secrets.json"
    make_secrets(made, ORIGIN)
    return made


def append(home: House, secrets: Secrets) -> Receipt:
    """One entry, by a gateway that was started with these secrets."""
    log = Log(home.database, secrets.signer, home.clock, ORIGIN)
    entry = seal_entry(Draft(Kind.AUDIT_READ, "searched", frozenset({"a"}), {}), home.organisation_key("a"))
    return log.append(Append(only(None, entry))).receipts[0]


def checkpoint_of(receipt: Receipt) -> str:
    return receipt.text.partition("\n\n")[2]


def test_the_log_goes_over_to_another_key_without_a_break(path: Path, tmp_path: Path) -> None:
    before = load_secrets(path)
    old = before.signer.verifier_key
    new = add_log_key(path)
    between = load_secrets(path)
    assert go_over(path) == new
    after = load_secrets(path)
    assert log_keys(before) == (old,)
    assert log_keys(between) == (old, new)
    assert log_keys(after) == (new, old)
    assert after.signer.verifier_key == new
    with house(*sqlite_urls(tmp_path), FakeClock()) as home:
        one, two, three = (append(home, secrets) for secrets in (before, between, after))
        leaves = home.log.store.leaves(0, 3)
        with home.database.read() as tx:
            node = home.log.store.node(tx)
            to_two, to_three = consistency_proof(1, 2, node), consistency_proof(2, 3, node)
    texts = [checkpoint_of(receipt) for receipt in (one, two, three)]
    # Whoever knows the old key follows up to the second checkpoint, whoever knows the new one from there: no gap.
    verify_pair(texts[0], texts[1], to_two, [old])
    verify_pair(texts[1], texts[2], to_three, [new])
    assert verify_log(leaves, texts, [old, new]).checkpoints == 3
    assert verify_log(leaves, texts[1:], [new]).size == 3
    for receipt in (one, two, three):
        assert verify_receipt(receipt.text, receipt.leaf, log_keys(after)).index == receipt.index
    with pytest.raises(NoteError):
        verify_receipt(three.text, three.leaf, [old])
    with pytest.raises(NoteError):
        verify_receipt(one.text, one.leaf, [new])


def test_a_witness_goes_over_once_it_was_given_the_new_key() -> None:
    both = LOG.along(NEXT_LOG)
    watched = judging.log_keys([LOG.verifier_key, NEXT_LOG.verifier_key])
    log = SmallLog.of(6)
    last = Tree(2, log.root(2))
    for size, signer in ((3, LOG), (4, both), (6, NEXT_LOG)):
        submitted = judging.read(log.request(last.size, size, None, signer), watched)
        judging.judge(last, submitted)
        last = submitted.tree
    assert last == Tree(6, log.root(6))


def test_the_secrets_stay_whole_for_their_owner_only_and_forget_the_old_private_key(path: Path) -> None:
    kept = json.loads(path.read_text())
    add_log_key(path)
    first = json.loads(path.read_text())
    assert (first["log_key"], first["master"]) == (kept["log_key"], kept["master"])
    with pytest.raises(SecretsError, match="already"):
        add_log_key(path)
    go_over(path)
    assert kept["log_key"] not in path.read_text()
    assert json.loads(path.read_text())["key_encryption_key"] == kept["key_encryption_key"]
    with pytest.raises(SecretsError, match="oncetold log-key add"):
        go_over(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["secrets.json"]
    add_log_key(path)
    go_over(path)
    assert len(load_secrets(path).past) == 2


def test_a_file_that_cannot_be_written_stays_as_it_was(path: Path) -> None:
    before = path.read_bytes()
    # A folder stands where the new file would be made.
    (path.parent / "secrets.json.new").mkdir()
    with pytest.raises(SecretsError, match="cannot be written"):
        add_log_key(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "wrong", [["x"], 1, [LOG.export().replace("oncetold.test/log", "x")], [Signer("x", bytes(32)).export()]]
)
def test_keys_that_are_none_or_another_logs_are_refused(path: Path, wrong: object) -> None:
    value = json.loads(path.read_text())
    path.write_text(json.dumps({**value, "log_keys_beside": wrong}))
    with pytest.raises(SecretsError, match="not a secrets file"):
        load_secrets(path)


def test_the_commands_do_both_steps_and_print_public_keys_only(path: Path) -> None:
    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["log-key", *arguments, str(path)])
        assert "PRIVATE" not in result.output
        return str(result.output)

    new = VerifierKey.parse(run("add").split(": ")[1].strip())
    assert run("go-over") == f"signs alone after a restart: {new}\n"
    assert run("go-over").startswith("oncetold: ")


def test_a_signer_with_another_beside_it_signs_two_lines_of_one_name() -> None:
    both = LOG.along(NEXT_LOG)
    assert sign("text\n", both) == sign("text\n", LOG, NEXT_LOG)
    assert both.verifier_key == LOG.verifier_key
    with pytest.raises(NoteError, match="one name"):
        LOG.along(Signer("another.test", bytes(32)))
