"""`oncetold` at the terminal: exit codes, one line for what went wrong, and never a secret or a value."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from typer.testing import CliRunner, Result

from audit.entries import Draft, Kind, seal_entry
from audit.log import Append
from audit.reader import LogReader
from audit.text import to_base64
from core.errors import ClosedError
from core.storage import Database
from core.unit_of_work import only
from gateway.api.publishing import contract_text
from gateway.authority import Authority
from gateway.cli import app
from gateway.demo.layout import Layout
from gateway.secrets import load_secrets
from gateway.settings import Settings
from tests.support.house import house, sqlite_urls
from tests.unit.gateway.composed import configured


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return configured(tmp_path, monkeypatch)


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ONCETOLD_{name.upper()}", raising=False)


def told(result: Result, code: int) -> str:
    """What stands on stderr of a command that ended as expected, not in a traceback."""
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.stderr


def test_every_command_is_listed_with_what_it_does() -> None:
    result = run("--help")
    assert result.exit_code == 0
    for command in (
        "init",
        "migrate",
        "serve",
        "seed",
        "demo",
        "smoke",
        "token",
        "doctor",
        "openapi",
        "audit",
    ):
        assert f" {command} " in result.output


def test_init_makes_secrets_once_and_tells_the_public_key_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    result = run("init", str(path), "--log-origin", "gateway.test/log")
    assert result.exit_code == 0
    assert str(load_secrets(path).signer.verifier_key) in result.stdout
    assert not any(secret in result.output for secret in json.loads(path.read_text()).values())
    assert "never overwritten" in told(run("init", str(path)), 1)


@pytest.mark.parametrize("command", ["migrate", "serve", "seed", "doctor"])
@pytest.mark.usefixtures("nothing_set")
def test_missing_settings_are_named_and_nothing_is_done(command: str) -> None:
    words = told(run(command), 2)
    for name in ("DATABASE_URL", "KEYS_URL", "SECRETS_FILE", "SOURCES_FILE", "ISSUERS_FILE"):
        assert f"oncetold: ONCETOLD_{name}: Field required" in words


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ONCETOLD_DATABASE_URL", "postgres://user:s3cret@host/db", "ONCETOLD_DATABASE_URL: "),
        ("ONCETOLD_PORT", "s3cret", "ONCETOLD_PORT: "),
        ("ONCETOLD_EMPTY_RELEASE", "0.1", "ONCETOLD: Value error, empty_release must be later"),
    ],
)
@pytest.mark.usefixtures("settings")
def test_a_bad_setting_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    result = run("doctor")
    assert words in told(result, 2)
    assert "s3cret" not in result.output


def test_migrate_and_seed_may_be_repeated_and_the_doctor_is_content_then(settings: Settings) -> None:
    before = run("doctor")
    assert told(before, 1) == ""
    assert "BAD  database: " in before.stdout
    for _ in range(2):
        assert run("migrate").stdout == "migrated\n"
    first, second = run("seed"), run("seed")
    assert first.exit_code == second.exit_code == 0
    assert int(first.stdout.split()[1]) > 40
    assert second.stdout == "registered 0 new sandbox records\n"
    after = run("doctor")
    assert told(after, 0) == ""
    assert "BAD" not in after.stdout
    assert settings.secrets_file.exists()


@pytest.mark.parametrize("command", ["migrate", "seed"])
def test_a_database_that_does_not_answer_is_one_line_without_its_address(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    assert settings.secrets_file.exists()
    monkeypatch.setenv("ONCETOLD_DATABASE_URL", "sqlite:////nowhere/s3cret.db")
    result = run(command)
    assert told(result, 1).startswith("oncetold: database: ")
    assert "s3cret" not in result.output


HASTE = ("--by", "norwich-city-council", "--reason", "It was signed in haste")


def test_a_party_suspends_an_agreement_and_resumes_it(settings: Settings) -> None:
    assert run("migrate").exit_code == 0
    first = run("agreement", "suspend", "early-help-triage", *HASTE)
    assert told(first, 1).endswith("or no gateway has started yet\n")
    database = Database(settings.database_url)
    authority = Authority(database)
    with database.write() as tx:
        authority.put(tx, "the policy in force")
    assert run("agreement", "suspend", "early-help-triage", *HASTE).stdout == "suspended: early-help-triage\n"
    state = authority.state()
    assert state is not None
    assert state.suspended == {"early-help-triage"}
    again = run("agreement", "resume", "early-help-triage", *HASTE)
    assert again.stdout == "resumed for norwich-city-council: early-help-triage\n"
    state = authority.state()
    assert state is not None
    assert state.suspended == frozenset()
    unknown = run("agreement", "suspend", "no-such-agreement", *HASTE)
    assert told(unknown, 1).startswith("oncetold: there is no agreement no-such-agreement")
    database.close()


@pytest.mark.usefixtures("settings")
def test_serve_says_why_it_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    # The logs are the whole process's, and this process is the tests'.
    monkeypatch.setattr("gateway.serving.configure_logs", lambda: None)
    assert told(run("serve"), 1) == "oncetold: database: OperationalError\n"
    assert run("migrate").exit_code == 0
    monkeypatch.setenv("ONCETOLD_SIGN_IN_SECRET_FILE", "nowhere.secret")
    assert told(run("serve"), 1) == "oncetold: nowhere.secret cannot be read: FileNotFoundError\n"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ClosedError("audit log", "stopping"), "oncetold: audit log: stopping\n"),
        (
            OperationalError("INSERT", {"name": "s3cret"}, Exception("s3cret")),
            "oncetold: database: OperationalError; `oncetold doctor` says more\n",
        ),
    ],
)
@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("demo", "gateway.demo.run.run_demo"),
        ("smoke", "gateway.smoke.run.run_smoke"),
        ("serve", "gateway.serving.serve"),
    ],
)
@pytest.mark.usefixtures("settings")
def test_what_goes_wrong_underneath_is_one_line_and_exit_status_1(
    monkeypatch: pytest.MonkeyPatch, command: str, place: str, error: Exception, words: str
) -> None:
    def fails(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr(place, fails)
    assert told(run(command), 1) == words


@pytest.mark.parametrize(
    ("command", "place"),
    [("demo", "gateway.demo.run.run_demo"), ("smoke", "gateway.smoke.run.run_smoke")],
)
def test_demo_and_smoke_speak_as_they_go_in_the_folder_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, place: str
) -> None:
    def goes(layout: object, say: Callable[[str], None]) -> None:
        say(str(layout))

    monkeypatch.setenv("ONCETOLD_DEMO_FOLDER", str(tmp_path / "here"))
    monkeypatch.setattr(place, goes)
    result = run(command)
    assert result.exit_code == 0
    assert str(tmp_path / "here") in result.stdout


def test_smoke_without_a_demonstration_says_what_to_do_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONCETOLD_DEMO_FOLDER", str(tmp_path))
    assert "run `make run` in another terminal first" in told(run("smoke"), 1)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "say either --as or --source"),
        (("--as", "a", "--source", "b"), 2, "say either --as or --source"),
        (("--as", "nobody@nowhere.test"), 1, "nobody of that name works here"),
        (("--source", "norfolk-county-council"), 1, "no source of that name"),
        (("--as", "hal.triage@norfolk.test"), 1, "run `make run`"),
        (("--source", "harbour-charity"), 1, "run `make run`"),
    ],
)
def test_a_token_is_refused_for_whom_nobody_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, words: str
) -> None:
    monkeypatch.setenv("ONCETOLD_DEMO_FOLDER", str(tmp_path))
    result = run("token", *arguments)
    # Usage errors stand in a box that may be broken over lines.
    assert words in " ".join(told(result, code).replace("│", " ").split())


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (("--as", "hal.triage@norfolk.test"), "gateway.demo.tokens.token_of_practitioner"),
        (("--as", "hal.triage@norfolk.test", "--strong"), "gateway.demo.tokens.token_of_practitioner"),
        (("--source", "harbour-charity"), "gateway.demo.tokens.token_of_source"),
    ],
)
def test_a_token_is_all_that_stands_on_stdout(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], place: str
) -> None:
    def token(_layout: Layout, name: str, *, strong: bool = False) -> str:
        return f"token-of-{name}{' --strong' * strong}"

    monkeypatch.setattr(place, token)
    named = " ".join(arguments[1:])
    assert run("token", *arguments).stdout == f"token-of-{named}\n"


def test_the_contract_is_written_to_stdout_as_it_is_published() -> None:
    assert run("openapi").stdout == contract_text()


class Kept:
    """A receipt as a stranger has it: three files and the log's public key."""

    def __init__(self, folder: Path) -> None:
        with house(*sqlite_urls(folder)) as home:
            key = home.organisation_key()
            draft = Draft(Kind.REFUSAL, "empty", frozenset(), {"note": "niche für alle"})
            receipt = home.log.append(Append(only(None, seal_entry(draft, key)))).receipts[0]
            reader = LogReader(home.database, home.log.store, home.keys)
            entry = reader.entry(receipt.index)
            assert entry is not None
            opening = reader.open(entry)
            assert opening is not None
            self.receipt, self.opening = folder / "receipt.txt", folder / "opening.json"
            self.receipt.write_text(receipt.text)
            self.opening.write_text(json.dumps(opening.to_json()))
            self.leaf = to_base64(receipt.leaf)
            self.key = str(home.verifier_key)

    def verify(self, **changes: str) -> Result:
        receipt = changes.pop("receipt", str(self.receipt))
        given = {"leaf": self.leaf, "key": self.key, "opening": str(self.opening)} | changes
        options = [part for name, value in given.items() if value for part in (f"--{name}", value)]
        return run("audit", "verify", receipt, *options)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def test_a_stranger_verifies_a_receipt_and_reads_what_it_says(kept: Kept) -> None:
    result = kept.verify()
    assert told(result, 0) == ""
    first, second = result.stdout.splitlines()
    assert first.startswith("entry 0 stands in a log of 1 entries, since 20")
    assert json.loads(second.removeprefix("it says: "))["detail"] == {"note": "niche für alle"}


def test_without_the_opening_only_the_place_is_told(kept: Kept) -> None:
    assert len(kept.verify(opening="").stdout.splitlines()) == 1


def test_a_leaf_that_was_pasted_over_several_lines_is_the_same_leaf(kept: Kept) -> None:
    assert kept.verify(leaf=f" {kept.leaf[:10]}\n{kept.leaf[10:]} ").exit_code == 0


def test_what_does_not_verify_ends_with_status_1(kept: Kept, tmp_path: Path) -> None:
    changed = json.loads(kept.opening.read_text())
    changed["detail"]["outcome"] = "disclosed"
    files = {
        "changed.json": json.dumps(changed),
        "no-salt.json": json.dumps({"detail": {}}),
        "bad-salt.json": json.dumps({"salt": "?", "detail": {}}),
        "list.json": "[]",
        "half.json": "{",
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
        assert told(kept.verify(opening=str(tmp_path / name)), 1).startswith("oncetold: "), name
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for changes in (
        {"leaf": "no base64!"},
        {"leaf": "AAAA"},
        {"key": "no key"},
        {"receipt": str(tmp_path / "nowhere")},
        {"receipt": str(tmp_path / "binary")},
        {"receipt": str(kept.opening)},
        {"opening": str(tmp_path / "nowhere")},
    ):
        result = kept.verify(**changes)
        assert told(result, 1).startswith("oncetold: "), changes
        assert result.stdout == ""
