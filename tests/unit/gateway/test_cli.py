"""The command, as somebody at a terminal types it: what it prints, where, and its exit status."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from audit.entries import Draft, Kind, seal_entry
from audit.log import Append
from audit.text import to_base64
from core.unit_of_work import only
from gateway import cli
from gateway.api.publishing import contract_text
from gateway.demo import tokens
from gateway.demo.configuration import write_configuration
from gateway.demo.layout import Addresses, DemoError, Layout
from tests.support.house import house, sqlite_urls

ADDRESSES = Addresses(
    gateway="http://127.0.0.1:8800",
    identity="http://127.0.0.1:8810",
    nhs="http://127.0.0.1:8820",
    council="http://127.0.0.1:8830",
    charity_folder="charity",
)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, arguments)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith("ONCETOLD_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ONCETOLD_DEMO_FOLDER", str(tmp_path / "demo"))


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Layout:
    """The environment of a gateway whose configuration lies in a folder."""
    layout = Layout(tmp_path / "demo")
    for name, value in write_configuration(layout, ADDRESSES).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ONCETOLD_DEMO_FOLDER")
    return layout


def test_without_arguments_it_says_what_it_can_do() -> None:
    told = run("--help").output
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
        assert command in told


def test_missing_settings_are_named_and_their_values_never() -> None:
    for command in ("migrate", "serve", "seed", "doctor"):
        result = run(command)
        assert result.exit_code == 2
        assert "ONCETOLD_DATABASE_URL: Field required" in result.stderr
    result = CliRunner().invoke(
        cli.app, ["doctor"], env={"ONCETOLD_DATABASE_URL": "mysql://user:secret@host"}
    )
    assert "ONCETOLD_DATABASE_URL: " in result.stderr
    assert "secret@" not in result.output


def test_secrets_are_made_and_the_public_key_is_printed(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    result = run("init", str(path), "--log-origin", "log.test/one")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == f"written: {path}"
    assert "public key: log.test/one+" in result.stdout
    again = run("init", str(path))
    assert (again.exit_code, again.stdout) == (1, "")
    assert again.stderr.startswith("oncetold: ")


def test_a_gateway_is_migrated_seeded_and_found_healthy(configured: Layout) -> None:
    sick = run("doctor")
    assert sick.exit_code == 1
    assert "BAD  database: database: not migrated" in sick.stdout
    unmigrated = run("seed")
    assert unmigrated.exit_code == 1
    assert unmigrated.stderr.count("\n") == 1
    for _ in range(2):
        result = run("migrate")
        assert (result.exit_code, result.stdout) == (0, "migrated\n")
    first, second = run("seed"), run("seed")
    assert first.stdout.startswith("registered 10")
    assert second.stdout == "registered 0 new sandbox records\n"
    well = run("doctor")
    assert well.exit_code == 0, well.stdout
    assert "BAD" not in well.stdout
    assert "sqlite, 101 log entries" in well.stdout


def test_the_doctor_says_everything_that_is_wrong_in_one_go(
    configured: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("migrate").exit_code == 0
    folder = configured.folder
    monkeypatch.setenv("ONCETOLD_KEYS_URL", os.environ["ONCETOLD_DATABASE_URL"])
    monkeypatch.setenv("ONCETOLD_HOST", "0.0.0.0")
    monkeypatch.setenv("ONCETOLD_POLICIES_FOLDER", str(folder / "nothing"))
    (folder / "sources.yaml").write_text("sources: 1")
    (folder / "issuers.yaml").write_text("[]")
    (folder / "secrets.json").chmod(0o644)
    result = run("doctor")
    assert result.exit_code == 1
    bad = {
        line.split(":")[0].removeprefix("BAD  ") for line in result.stdout.splitlines() if line[:3] == "BAD"
    }
    assert {
        "secrets",
        "registers",
        "policy",
        "issuers",
        "sources",
        "key store",
        "addresses",
        "database",
    } <= bad
    assert "public_url must be https" in result.stdout


def test_the_doctor_tells_other_keys_from_lost_ones(
    configured: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("migrate").exit_code == 0
    assert run("doctor").exit_code == 0
    monkeypatch.setenv("ONCETOLD_SECRETS_FILE", str(configured.folder / "others.json"))
    assert run("init", str(configured.folder / "others.json")).exit_code == 0
    assert "BAD  key store:" in run("doctor").stdout
    monkeypatch.setenv("ONCETOLD_KEYS_URL", f"sqlite:///{configured.folder / 'empty.db'}")
    assert "run `oncetold migrate`" in run("doctor").stdout


def test_without_sign_in_the_doctor_says_that_there_are_no_pages(
    configured: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ONCETOLD_SIGN_IN_ISSUER")
    assert "ok   sign-in: none: the API stands alone" in run("doctor").stdout
    monkeypatch.setenv("ONCETOLD_SIGN_IN_ISSUER", "https://sign-in.test")
    monkeypatch.delenv("ONCETOLD_SIGN_IN_SECRET_FILE")
    assert "at https://sign-in.test, with no secret" in run("doctor").stdout


def test_the_contract_is_printed_as_it_is_committed() -> None:
    assert run("openapi").stdout == contract_text()


def test_serving_and_the_demonstration_are_handed_what_they_need(
    configured: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    monkeypatch.setattr("gateway.serving.serve", lambda settings: seen.append(settings.port))
    monkeypatch.setattr("gateway.demo.run.run_demo", lambda layout, say: seen.append(layout.folder.name))
    monkeypatch.setattr("gateway.smoke.run.run_smoke", lambda layout, say: say("held"))
    assert run("serve").exit_code == run("demo").exit_code == 0
    assert seen == [8800, "demo"]
    assert run("smoke").stdout == "held\n"


@pytest.mark.parametrize("command", ["demo", "smoke"])
def test_what_goes_wrong_is_one_line_and_status_1(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise DemoError("no free port")

    monkeypatch.setattr(f"gateway.{command}.run.run_{command}", fails)
    result = run(command)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "oncetold: no free port\n")


def test_a_token_is_for_one_known_party_of_a_demonstration_that_runs(
    configured: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONCETOLD_DEMO_FOLDER", str(configured.folder))
    asked: list[tuple[str, ...]] = []

    async def token(*arguments: str) -> str:
        asked.append(arguments)
        return "a.b.c"

    monkeypatch.setattr(tokens, "practitioner_token", token)
    monkeypatch.setattr(tokens, "client_token", token)
    assert run("token", "--as", "hal.triage@norfolk.test").stdout == "a.b.c\n"
    assert run("token", "--source", "harbour-charity").stdout == "a.b.c\n"
    assert asked == [
        (ADDRESSES.identity, "hal.triage@norfolk.test", "norfolk-county-council-app"),
        (ADDRESSES.identity, "harbour-charity-source"),
    ]
    for wrong in ((), ("--as", "hal.triage@norfolk.test", "--source", "harbour-charity")):
        assert run("token", *wrong).exit_code == 2
    assert "hal.triage@norfolk.test" in run("token", "--as", "nobody@norfolk.test").stderr
    assert "nobody" in run("token", "--as", "maren.sampleworth.0@example.org").stderr
    assert "harbour-charity" in run("token", "--source", "age-well-norfolk").stderr


def test_a_demonstration_that_does_not_answer_is_told(
    configured: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def token(*_: str) -> str:
        raise TimeoutError

    monkeypatch.setattr(tokens, "client_token", token)
    monkeypatch.setenv("ONCETOLD_DEMO_FOLDER", str(configured.folder))
    result = run("token", "--source", "harbour-charity")
    assert (result.exit_code, "is `make run` still running?" in result.stderr) == (1, True)
    monkeypatch.setenv("ONCETOLD_DEMO_FOLDER", str(configured.folder / "nowhere"))
    assert "make run" in run("token", "--source", "harbour-charity").stderr


def test_a_receipt_is_verified_offline_and_says_what_was_written_down(tmp_path: Path) -> None:
    with house(*sqlite_urls(tmp_path)) as home:
        key = home.organisation_key()
        draft = Draft(Kind.ADMINISTRATION, "policy-in-force", frozenset(), {"policy": "one"})
        entry = seal_entry(draft, key)
        receipt = home.log.append(Append(only(None, entry))).receipts[0]
        public = str(home.verifier_key)
        from audit.reader import LogReader

        reader = LogReader(home.database, home.log.store, home.keys)
        stored = reader.entry(receipt.index)
        assert stored is not None
        opening = reader.open(stored)
    assert opening is not None
    proof, written = tmp_path / "receipt.txt", tmp_path / "opening.json"
    proof.write_text(receipt.text)
    written.write_text(json.dumps(opening.to_json()))
    leaf = to_base64(receipt.leaf)
    asked = ("audit", "verify", str(proof), "--leaf", leaf, "--key", public)
    told = run(*asked)
    assert told.exit_code == 0, told.stderr
    assert f"entry {receipt.index} stands in a log of" in told.stdout
    full = run(*asked, "--opening", str(written))
    assert '"policy": "one"' in full.stdout

    written.write_text(json.dumps({**opening.to_json(), "detail": {"policy": "two"}}))
    assert run(*asked, "--opening", str(written)).exit_code == 1
    for text in ("{", "[]", "{}"):
        written.write_text(text)
        assert "not one of ours" in run(*asked, "--opening", str(written)).stderr
    assert "not base64" in run("audit", "verify", str(proof), "--leaf", "!", "--key", public).stderr
    assert "cannot be read" in run("audit", "verify", "nothing", "--leaf", leaf, "--key", public).stderr
    other = leaf[:-4] + "AAA="
    assert run("audit", "verify", str(proof), "--leaf", other, "--key", public).exit_code == 1
