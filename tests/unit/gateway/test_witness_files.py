"""A witness's files and its commands, and the gateway's list of witnesses: what is wrong is said in one line."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from audit.witness import judging
from audit.witness.store import StateError, WitnessStore
from gateway.cli import app
from gateway.settings import SettingsError
from gateway.witness_files import WitnessFiles, WitnessKeyError, make_witness, read_witness_key
from gateway.witness_serving import serve_witness
from gateway.witnesses_file import WitnessAt, read_witnesses
from tests.support.witnesses import COSIGNER, LOG, OTHER_COSIGNER, SmallLog

KEY, OTHER = COSIGNER.key, OTHER_COSIGNER.key
ONE = f"name: {KEY.name}, url: 'http://127.0.0.1:8840/', key: {KEY}"


@pytest.fixture
def files(tmp_path: Path) -> WitnessFiles:
    return WitnessFiles(tmp_path / "keys" / "witness.key", tmp_path / "witness.db")


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["witness", *arguments])
    return result.exit_code, result.output


def test_a_new_witness_has_a_key_for_its_owner_only_and_a_file_of_that_key(files: WitnessFiles) -> None:
    key = make_witness(files, "witness.test/new")
    assert read_witness_key(files.key).key == key
    for path in (files.key, files.state):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    WitnessStore(files.state, key).close()
    with pytest.raises(WitnessKeyError, match="never overwritten"):
        make_witness(files, "witness.test/new")
    files.key.unlink()
    with pytest.raises(StateError, match="never overwritten"):
        make_witness(files, "witness.test/new")


def test_a_key_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WitnessKeyError, match="cannot be written"):
        make_witness(WitnessFiles(tmp_path / "file" / "key", tmp_path / "state.db"), "witness.test/new")


def test_a_key_that_is_missing_open_to_others_or_no_key_is_refused(files: WitnessFiles) -> None:
    with pytest.raises(WitnessKeyError, match="oncetold witness keygen"):
        read_witness_key(files.key)
    make_witness(files, "witness.test/new")
    files.key.chmod(0o640)
    with pytest.raises(WitnessKeyError, match="chmod 600"):
        read_witness_key(files.key)
    files.key.chmod(0o600)
    files.key.write_text(LOG.export())
    with pytest.raises(WitnessKeyError, match="not a witness's key") as caught:
        read_witness_key(files.key)
    assert LOG.export() not in str(caught.value)


def test_the_commands_make_a_witness_and_show_what_logs_were_caught_at(files: WitnessFiles) -> None:
    where = ("--key", str(files.key), "--state", str(files.state))
    code, told = run("keygen", *where, "--name", "witness.test/new")
    key = read_witness_key(files.key).key
    assert (code, told) == (0, f"the witness's public key: {key}\n")
    assert run("keygen", *where, "--name", "witness.test/new")[0] == 1
    assert run("evidence", *where) == (0, "nothing: no log showed it two trees\n")
    store = WitnessStore(files.state, key)
    watched = judging.log_keys([LOG.verifier_key])
    store.take(judging.read(SmallLog.of(3).request(0, 3), watched), judging.judge, 0)
    forked = SmallLog.of(3, b"forked")
    with pytest.raises(judging.RefusedError):
        store.take(judging.read(forked.request(3, 3), watched), judging.judge, 0)
    store.close()
    code, told = run("evidence", *where)
    assert code == 0
    assert "showed two trees of size 3:\n" in told
    assert SmallLog.of(3).checkpoint(3) in told
    assert forked.checkpoint(3) in told


def test_a_witness_is_started_with_its_files_and_its_logs_only(
    files: WitnessFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_witness(files, "witness.test/new")
    where = ("--key", str(files.key), "--state", str(files.state))
    assert run(*where)[0] == run("--log-key", str(LOG.verifier_key))[0] == 2
    assert run(*where, "--log-key", str(KEY)) == (
        1,
        "oncetold: a key is malformed or not an Ed25519 key of the kind wanted here\n",
    )
    served: list[dict[str, object]] = []
    monkeypatch.setattr("gateway.witness_serving.configure_logs", lambda: None)
    monkeypatch.setattr("gateway.witness_serving.resource.setrlimit", lambda *_: None)
    monkeypatch.setattr("gateway.witness_serving.uvicorn.run", lambda _app, **options: served.append(options))
    assert run(*where, "--log-key", str(LOG.verifier_key), "--port", "8899") == (0, "")
    assert (served[0]["host"], served[0]["port"]) == ("127.0.0.1", 8899)
    files.state.unlink()
    with pytest.raises(StateError, match="must not sign again"):
        serve_witness(files, [LOG.verifier_key], "127.0.0.1", 0)


def listed(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "witnesses.yaml"
    path.write_text(text)
    return path


def test_the_list_of_witnesses_is_read(tmp_path: Path) -> None:
    two = f"name: {OTHER.name}, url: 'https://witness.test/w', key: {OTHER}"
    path = listed(tmp_path, f"witnesses:\n- {{{ONE}}}\n- {{{two}}}\n")
    assert read_witnesses(path) == (
        WitnessAt("http://127.0.0.1:8840", KEY),
        WitnessAt("https://witness.test/w", OTHER),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read"),
        ("witnesses:", "no list"),
        ("witnesses: []", "no list"),
        ("- 1", "no list"),
        ("witnesses: [1]", "witness 1: it has"),
        (f"witnesses: [{{{ONE}, more: 1}}]", "and nothing else"),
        (f"witnesses: [{{{ONE.replace(str(KEY), str(LOG.verifier_key))}}}]", "key: "),
        (f"witnesses: [{{{ONE.replace(str(KEY), '1')}}}]", "key: "),
        (f"witnesses: [{{{ONE.replace('name: witness', 'name: other')}}}]", "name: "),
        (f"witnesses: [{{{ONE.replace('http:', 'ftp:')}}}]", "url: "),
        (f"witnesses: [{{{ONE.replace('8840', '99999')}}}]", "url: "),
        (f"witnesses: [{{{ONE.replace('8840/', '8840/?a=b')}}}]", "url: "),
        (f"witnesses: [{{{ONE.replace('127', 'me:s3cret@127')}}}]", "url: "),
        (f"witnesses: [{{{ONE.replace('http://127.0.0.1:8840/', 'http://')}}}]", "url: "),
        (f"witnesses: [{{{ONE}}}, {{{ONE}}}]", "two witnesses have one key"),
        (
            f"witnesses: [{{{ONE}}}, {{name: {OTHER.name}, url: 'http://127.0.0.1:8840', key: {OTHER}}}]",
            "two witnesses have one url",
        ),
    ],
)
def test_a_list_that_is_wrong_says_where(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=r"witnesses\.yaml") as caught:
        read_witnesses(listed(tmp_path, text))
    assert words in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_list_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: FileNotFoundError"):
        read_witnesses(tmp_path / "nowhere.yaml")
