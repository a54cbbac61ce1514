"""What a demonstration leaves on the disk: the same secrets at every start, readable by their owner only."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from gateway.demo.configuration import LOG_ORIGIN, read_environment, write_configuration
from gateway.demo.hub import GEOGRAPHY, write_hub
from gateway.demo.layout import Addresses, DemoError, Layout, default_layout
from gateway.demo.run import readiness, settings_of
from gateway.demo.seeding import seed
from gateway.identity.issuers import load_issuers
from gateway.migrating import prepare_storage
from gateway.secrets import load_secrets
from gateway.settings import read_sources
from tests.support.clock import FakeClock
from tests.unit.gateway.composed import ADDRESSES


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "demo")


def test_a_second_start_keeps_the_secrets_and_takes_the_new_addresses(layout: Layout) -> None:
    write_configuration(layout, ADDRESSES)
    secrets = (layout.folder / "secrets.json").read_bytes()
    moved = replace(ADDRESSES, gateway="http://127.0.0.1:8801", identity="http://127.0.0.1:8811")
    environment = write_configuration(layout, moved)
    assert (layout.folder / "secrets.json").read_bytes() == secrets
    assert environment["ONCETOLD_PORT"] == "8801"
    assert environment["ONCETOLD_PUBLIC_URL"] == moved.gateway
    assert Addresses.read(layout.addresses) == moved
    (issuer,) = load_issuers(layout.folder / "issuers.yaml", loopback=True).issuers.values()
    assert issuer.url == moved.identity
    assert issuer.jwks_uri.startswith(moved.identity + "/")


def test_whatever_is_secret_is_for_its_owner_only(layout: Layout) -> None:
    write_configuration(layout, ADDRESSES)
    for name in ("secrets.json", "sign-in.secret"):
        assert stat.S_IMODE((layout.folder / name).stat().st_mode) == 0o600
    # What others may read holds no secret of the gateway's.
    secret = (layout.folder / "sign-in.secret").read_text()
    for path in (layout.environment, layout.addresses, layout.folder / "sources.yaml"):
        assert secret not in path.read_text()


def test_the_environment_that_was_written_is_the_gateways_and_starts_one(layout: Layout) -> None:
    environment = write_configuration(layout, ADDRESSES)
    written = read_environment(layout.environment)
    assert written.items() <= environment.items()
    settings = settings_of(environment)
    assert settings == settings_of(written)
    assert (settings.host, settings.port) == ("127.0.0.1", 8800)
    assert settings.log_origin == LOG_ORIGIN
    assert str(load_secrets(settings.secrets_file).signer.verifier_key).startswith(LOG_ORIGIN)
    assert [entry["kind"] for entry in read_sources(settings.sources_file)] == ["fhir", "rest", "csv"]


def test_a_setting_of_the_terminal_does_not_slip_into_the_demonstration(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONCETOLD_INSECURE_COOKIES", "true")
    monkeypatch.setenv("SOME_OTHER_SETTING", "kept")
    environment = write_configuration(layout, ADDRESSES)
    assert "ONCETOLD_INSECURE_COOKIES" not in environment
    assert environment["SOME_OTHER_SETTING"] == "kept"


def test_lines_that_are_no_settings_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "gateway.env"
    path.write_text("# a note\nONCETOLD_PORT=1\n\nONCETOLD_PUBLIC_URL=http://a/?b=c\n")
    assert read_environment(path) == {"ONCETOLD_PORT": "1", "ONCETOLD_PUBLIC_URL": "http://a/?b=c"}


def test_a_source_that_is_slow_is_known_to_be_down_before_the_gateways_deadline(layout: Layout) -> None:
    settings = settings_of(write_configuration(layout, ADDRESSES))
    entries = yaml.safe_load(settings.sources_file.read_text())["sources"]
    limits = [entry["limits"] for entry in entries if "limits" in entry]
    assert limits
    assert all(one["timeout"] + one["probe_timeout"] < settings.fetch_deadline for one in limits)


def test_everything_that_is_started_has_an_address_that_tells_when_it_is_ready() -> None:
    assert readiness(ADDRESSES).keys() == {"identity", "nhs", "council", "gateway"}
    assert all(url.startswith("http://127.0.0.1:") for url in readiness(ADDRESSES).values())


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"gateway": "http://127.0.0.1:1", "more": 1}'])
def test_without_addresses_one_is_told_to_start_the_demonstration(layout: Layout, text: str | None) -> None:
    layout.folder.mkdir()
    if text is not None:
        layout.addresses.write_text(text)
    with pytest.raises(DemoError, match="run `make run` in another terminal first"):
        Addresses.read(layout.addresses)


def test_the_folder_is_the_one_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ONCETOLD_DEMO_FOLDER", raising=False)
    assert default_layout().folder == tmp_path / ".var" / "demo"
    monkeypatch.setenv("ONCETOLD_DEMO_FOLDER", "elsewhere")
    assert default_layout() == Layout(tmp_path / "elsewhere")
    assert default_layout().logs("nhs") == tmp_path / "elsewhere" / "logs" / "nhs.log"


def test_seeding_twice_registers_everybody_once(layout: Layout) -> None:
    settings = settings_of(write_configuration(layout, ADDRESSES))
    prepare_storage(settings, FakeClock())
    assert seed(settings, FakeClock()) > 40
    assert seed(settings, FakeClock()) == 0


def test_the_hub_is_handed_the_geography_that_our_environment_names(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {"HUB_GEOGRAPHY_FOLDER": "/maps", "HUB_GEOGRAPHY_VINTAGE": "2011"}
    for name in GEOGRAPHY:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HUB_INSIGHT_THRESHOLD", "10")
    bare = write_hub(layout, ADDRESSES)
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    assert write_hub(layout, ADDRESSES) == {**bare, **named}
    assert not named.keys() & bare.keys()
