"""The doctor: every finding good, every finding bad, all of them in one run, and no secret told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from core.sections import policies_folder
from core.storage import Database
from gateway.authority import Authority, Suspended
from gateway.compose import open_policy
from gateway.doctor import examine
from gateway.migrating import prepare_storage
from gateway.policy.bundle_archive import SIGNATURES
from gateway.secrets import load_secrets, make_secrets
from gateway.settings import Settings
from tests.support.bundles import altered, bundle_bytes
from tests.support.clock import FakeClock
from tests.support.replicas import bundled
from tests.unit.gateway.composed import configured

NAMES = [
    "secrets",
    "registers",
    "policy",
    "issuers",
    "sources",
    "database",
    "key store",
    "witnesses",
    "channels",
    "directory",
    "addresses",
    "sign-in",
]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    found = configured(tmp_path, monkeypatch)
    prepare_storage(found, FakeClock())
    return found


def findings(settings: Settings) -> dict[str, tuple[bool, str]]:
    return {one.what: (one.ok, one.words) for one in examine(settings)}


def bad(settings: Settings) -> dict[str, str]:
    return {what: words for what, (ok, words) in findings(settings).items() if not ok}


def test_a_configuration_that_would_start_is_found_good_in_every_part(settings: Settings) -> None:
    found = findings(settings)
    assert list(found) == NAMES
    assert all(ok for ok, _ in found.values()), found
    assert str(load_secrets(settings.secrets_file).signer.verifier_key) in found["secrets"][1]
    assert found["database"][1] == "sqlite, 0 log entries"
    assert found["sources"][1].startswith("3 configured: ")
    assert found["issuers"][1].startswith("1 trusted: ")
    assert found["sign-in"][1].endswith("with a secret")
    assert found["witnesses"][1].startswith("none: ")
    assert found["channels"][1].startswith("none: ")
    assert found["directory"][1].endswith(" services")


def test_records_that_the_directory_quarantined_are_told(settings: Settings) -> None:
    file = settings.secrets_file.parent / "directory.json"
    file.write_text('[{"id": "a", "name": "A", "status": "active"}, {"id": "b", "name": "B", "fees": ""}]')
    ok, words = findings(settings.model_copy(update={"directory_file": file}))["directory"]
    assert ok
    assert words == (
        "1 services, 1 records quarantined: directory.json: service b.status: it is required and missing"
    )
    missing = settings.model_copy(update={"directory_file": file.with_name("none")})
    assert "no such file" in bad(missing)["directory"]


def test_no_finding_tells_a_secret(settings: Settings) -> None:
    value = json.loads(settings.secrets_file.read_text())
    assert settings.sign_in_secret_file is not None
    secrets = [*value.values(), settings.sign_in_secret_file.read_text()]
    told = " ".join(words for _, words in findings(settings).values())
    assert not any(secret in told for secret in secrets)


def test_a_gateway_without_pages_is_a_good_one(settings: Settings) -> None:
    ok, words = findings(settings.model_copy(update={"sign_in_issuer": None}))["sign-in"]
    assert ok
    assert "without portal and console" in words


def test_a_public_client_is_told_as_such(settings: Settings) -> None:
    ok, words = findings(settings.model_copy(update={"sign_in_secret_file": None}))["sign-in"]
    assert (ok, words.endswith("with no secret")) == (True, True)


def _secrets_gone(settings: Settings) -> Settings:
    settings.secrets_file.unlink()
    return settings


def _other_secrets(settings: Settings) -> Settings:
    examine(settings)  # the operator's key is made under the secrets of before
    settings.secrets_file.unlink()
    make_secrets(settings.secrets_file, settings.log_origin)
    return settings


def _broken_register(settings: Settings) -> Settings:
    folder = settings.secrets_file.parent / "policies"
    shutil.copytree(policies_folder(), folder)
    (folder / "registers" / "roles.yaml").write_text("roles: 7\n")
    return settings.model_copy(update={"policies_folder": folder})


def _no_policy(settings: Settings) -> Settings:
    folder = settings.secrets_file.parent / "policies"
    shutil.copytree(policies_folder(), folder)
    (folder / "policy.wasm").unlink()
    return settings.model_copy(update={"policies_folder": folder})


def _no_issuers(settings: Settings) -> Settings:
    return settings.model_copy(update={"issuers_file": Path("nowhere.yaml")})


def _loopback_issuer_on_the_net(settings: Settings) -> Settings:
    return settings.model_copy(update={"host": "0.0.0.0"})


def _no_sources(settings: Settings) -> Settings:
    settings.sources_file.write_text("sources: [{id: a, kind: rest, sections: [contact]}]")
    return settings


def _empty_database(settings: Settings) -> Settings:
    return settings.model_copy(update={"database_url": _beside(settings, "empty.db")})


def _empty_key_store(settings: Settings) -> Settings:
    return settings.model_copy(update={"keys_url": _beside(settings, "empty.db")})


def _one_database_for_both(settings: Settings) -> Settings:
    return settings.model_copy(update={"keys_url": settings.database_url})


def _database_nowhere(settings: Settings) -> Settings:
    return settings.model_copy(update={"database_url": "sqlite:////nowhere/at/all.db"})


def _no_sign_in_secret(settings: Settings) -> Settings:
    return settings.model_copy(update={"sign_in_secret_file": Path("nowhere.secret")})


def _beside(settings: Settings, name: str) -> str:
    return f"sqlite:///{settings.secrets_file.parent / name}"


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (
            _secrets_gone,
            {"secrets": "oncetold init", "database": "oncetold init", "key store": "oncetold init"},
        ),
        (_other_secrets, {"key store": "a key does not unwrap"}),
        (_broken_register, {"registers": "roles.yaml", "policy": "roles.yaml"}),
        (_no_policy, {"policy": "scripts/build_policy.sh"}),
        (_no_issuers, {"issuers": "nowhere.yaml cannot be read"}),
        (
            _loopback_issuer_on_the_net,
            {"issuers": "addresses must be https", "addresses": "public_url must be https"},
        ),
        (_no_sources, {"sources": "source a"}),
        (_empty_database, {"database": "run `oncetold migrate`"}),
        (_empty_key_store, {"key store": "run `oncetold migrate`"}),
        (_one_database_for_both, {"key store": "a database of its own"}),
        (_database_nowhere, {"database": "run `oncetold migrate`"}),
        (_no_sign_in_secret, {"sign-in": "nowhere.secret cannot be read"}),
    ],
)
def test_what_is_wrong_is_found_with_what_to_do_and_everything_else_is_still_looked_at(
    settings: Settings, broken: Callable[[Settings], Settings], expected: dict[str, str]
) -> None:
    found = bad(broken(settings))
    assert found.keys() == expected.keys(), found
    for what, words in expected.items():
        assert words in found[what]


@pytest.fixture
def running(settings: Settings, tmp_path: Path) -> tuple[Settings, Database]:
    """Settings with bundle 3, and the database in which it is in force."""
    settings = settings.model_copy(update={name: Path(value) for name, value in bundled(tmp_path, 3).items()})
    database = Database(settings.database_url)
    with database.write() as tx:
        Authority(database).put(tx, open_policy(settings).revision, 3)
    return settings, database


def test_a_bundle_is_found_good_and_whom_a_party_suspends_is_told(
    running: tuple[Settings, Database],
) -> None:
    settings, database = running
    ok, words = findings(settings)["policy"]
    assert ok
    assert words.endswith(", bundle 3, in process")
    with database.write() as tx:
        since = FakeClock().now()
        Authority(database).suspend(tx, Suspended("early-help-triage", "harbour-charity", "why", since))
    ok, words = findings(settings)["policy"]
    assert ok
    assert words.endswith("; early-help-triage suspended by harbour-charity")
    database.close()


@pytest.mark.parametrize(
    ("number", "revision", "words"),
    [
        (4, "newer", "number 3 is older than 4"),
        (3, "another", "another policy with the number 3 is in force"),
    ],
)
def test_a_bundle_that_may_not_follow_the_one_in_force_is_found(
    running: tuple[Settings, Database], number: int, revision: str, words: str
) -> None:
    settings, database = running
    with database.write() as tx:
        tx.execute(text("UPDATE authority SET number = :n, bundle = :b"), {"n": number, "b": revision})
    database.close()
    assert words in bad(settings)["policy"]


def test_a_newer_bundle_is_found_good_and_not_in_force_yet(running: tuple[Settings, Database]) -> None:
    settings, database = running
    with database.write() as tx:
        tx.exec_driver_sql("UPDATE authority SET number = 2, bundle = 'older'")
    database.close()
    ok, words = findings(settings)["policy"]
    assert (ok, words.endswith("; not in force yet")) == (True, True)


def test_a_bundle_that_a_gateway_would_refuse_is_found_with_its_code(
    running: tuple[Settings, Database],
) -> None:
    settings, database = running
    database.close()
    assert settings.policy_bundle is not None
    settings.policy_bundle.write_bytes(altered(bundle_bytes(3), lambda files: files.pop(SIGNATURES)))
    found = bad(settings)
    assert found.keys() == {"registers", "policy", "sources"}
    assert all("(unsigned)" in words for words in found.values())


def test_a_central_server_that_does_not_answer_is_found(settings: Settings) -> None:
    found = bad(settings.model_copy(update={"opa_url": "http://127.0.0.1:1"}))
    assert found.keys() == {"policy"}
    assert found["policy"].startswith("policy engine: no decision")


def test_a_log_that_was_never_begun_is_found(settings: Settings, tmp_path: Path) -> None:
    from gateway.migrations import migrate

    database = Database(f"sqlite:///{tmp_path / 'migrated.db'}")
    migrate(database, "main")
    database.close()
    found = bad(settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'migrated.db'}"}))
    assert found == {"database": "audit log: not begun: run `oncetold migrate`"}
