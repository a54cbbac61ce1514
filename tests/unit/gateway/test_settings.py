"""The settings: what has no safe default is asked for, what would be unsafe is refused, and no value is quoted."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.settings import Settings, SettingsError, read_opa_token, read_sign_in_secret, read_sources

GIVEN: dict[str, object] = {
    "database_url": "sqlite:///main.db",
    "keys_url": "sqlite:///keys.db",
    "secrets_file": "secrets.json",
    "sources_file": "sources.yaml",
    "issuers_file": "issuers.yaml",
}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ONCETOLD_{name.upper()}", raising=False)


def settings(**changes: object) -> Settings:
    return Settings.model_validate({**GIVEN, **changes})


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GIVEN.items():
        monkeypatch.setenv(f"ONCETOLD_{name.upper()}", str(value))
    monkeypatch.setenv("ONCETOLD_PORT", "9000")
    found = Settings()
    assert found.port == 9000
    assert found.secrets_file == Path("secrets.json")


def test_the_defaults_stay_on_this_machine_and_open_no_pages() -> None:
    found = settings()
    assert found.on_loopback
    assert found.sign_in_issuer is None
    assert not found.insecure_cookies
    assert found.fetch_deadline < found.empty_release


@pytest.mark.parametrize("missing", GIVEN)
def test_what_has_no_safe_default_is_asked_for(missing: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate({name: value for name, value in GIVEN.items() if name != missing})
    (error,) = refused.value.errors()
    assert (error["loc"], error["type"]) == ((missing,), "missing")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", 65_536),
        ("port", "s3cret"),
        ("fetch_deadline", 0),
        ("empty_release", -1),
        ("body_maximum", 0),
        ("database_url", "mysql://user:s3cret@host/db"),
        ("database_url", "postgresql://user:s3cret@host/db"),
        ("keys_url", "postgresql+psycopg://user:s3cret@host:port/db"),
        ("keys_url", "s3cret"),
        ("no_such_setting", "s3cret"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_and_not_quoted(name: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(**{name: value})
    assert [error["loc"] for error in refused.value.errors()] == [(name,)]
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("release", [1.0, 1.5])
def test_silence_may_not_end_before_the_fetch_does(release: float) -> None:
    with pytest.raises(ValidationError, match="silence would tell who is known"):
        settings(fetch_deadline=1.5, empty_release=release)


@pytest.mark.parametrize(
    ("host", "loopback"), [("localhost", True), ("::1", True), ("0.0.0.0", False), ("", False)]
)
def test_only_this_machines_own_names_are_loopback(host: str, loopback: bool) -> None:
    assert settings(host=host).on_loopback is loopback


KEYS = {"policy_bundle": "bundle.tar.gz", "policy_keys": "keys.yaml"}


def test_a_bundle_comes_with_the_keys_that_it_is_believed_by() -> None:
    found = settings(**KEYS)
    assert (found.policy_bundle, found.policy_keys) == (Path("bundle.tar.gz"), Path("keys.yaml"))
    assert found.policy_poll == 5.0
    assert settings().opa_url is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"policy_bundle": "bundle.tar.gz"}, "go together"),
        ({"policy_keys": "keys.yaml"}, "go together"),
        ({**KEYS, "policies_folder": "policies"}, "from one of them, not from both"),
        ({**KEYS, "policy_poll": 0}, "greater than 0"),
        ({"opa_token_file": "opa.token"}, "give opa_url too"),
    ],
)
def test_a_policy_that_is_said_twice_or_by_halves_is_refused(given: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        settings(**given)


def test_what_we_show_the_opa_server_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "opa.token"
    path.write_text("a token\n")
    found = settings(opa_url="https://opa.test", opa_token_file=path)
    assert read_opa_token(found) == "a token"
    assert read_opa_token(settings(opa_url="https://opa.test")) is None


def test_sources_are_a_list_of_entries(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text("sources:\n- {id: a, kind: rest}\n- {id: b, kind: csv}\n")
    assert [entry["id"] for entry in read_sources(path)] == ["a", "b"]


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"sources: {}", b"sources: [a]", b"sources:\n- {id: a", b"\xff\xfe", b"a: !!python/none"],
)
def test_a_sources_file_of_another_shape_is_refused_by_its_name(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "sources.yaml"
    path.write_bytes(text)
    with pytest.raises(SettingsError, match=r"sources\.yaml"):
        read_sources(path)


def test_a_sources_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: FileNotFoundError"):
        read_sources(tmp_path / "nowhere.yaml")


def test_the_secret_of_the_sign_in_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "sign-in.secret"
    path.write_text(" a secret\n")
    assert read_sign_in_secret(settings(sign_in_secret_file=path)) == "a secret"
    assert read_sign_in_secret(settings()) is None


@pytest.mark.parametrize(
    ("content", "words"), [(None, "cannot be read"), (b"\n", "holds no secret"), (b"\xff", "cannot be read")]
)
def test_a_sign_in_without_its_secret_is_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "sign-in.secret"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=words):
        read_sign_in_secret(settings(sign_in_secret_file=path))
