"""Whom we trust: the committed register, its schema, and everything that makes a register unusable."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

import policies
from adapters.sandbox.identity_provider.signing_in import STRONG
from gateway.identity.errors import StepUp
from gateway.identity.issuers import IssuersError, issuer_for, load_issuers, parse_issuers, trust
from tests.unit.gateway.identity.forge import ISSUER_URL, issuer

REGISTER = Path(policies.__file__).parent / "registers" / "issuers.yaml"
REGISTER_TEXT = REGISTER.read_text(encoding="utf-8")


def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(REGISTER_TEXT)
    return loaded


def test_the_committed_register_is_good_for_the_sandbox_only() -> None:
    register = load_issuers(REGISTER, loopback=True)
    sandbox = register.by_id("sandbox")
    assert register.find(sandbox.url) is sandbox
    assert sandbox.clients["harbour-charity-app"] == "harbour-charity"
    assert sandbox.algorithms == {"ES256"}
    with pytest.raises(IssuersError, match="https"):
        load_issuers(REGISTER)


def test_the_committed_register_says_which_sign_in_an_emergency_needs() -> None:
    step_up = load_issuers(REGISTER, loopback=True).by_id("sandbox").step_up
    assert step_up == StepUp(frozenset({STRONG}), 300)


@pytest.mark.parametrize(
    "changes", [{"acr_values": []}, {"acr_values": ["two words"]}, {"max_age": 0}, {"max_age": 86_400}]
)
def test_a_step_up_that_asks_for_nothing_or_never_ends_is_refused(changes: dict[str, Any]) -> None:
    changed = document()
    changed["issuers"][0]["step_up"] |= changes
    with pytest.raises(IssuersError, match="step_up"):
        parse_issuers(changed, loopback=True)


def test_without_a_step_up_there_is_none() -> None:
    changed = document()
    del changed["issuers"][0]["step_up"]
    assert parse_issuers(changed, loopback=True).by_id("sandbox").step_up is None


def test_every_organisation_of_the_register_is_one_that_the_partnership_knows() -> None:
    known = yaml.safe_load((REGISTER.parent / "organisations.yaml").read_text(encoding="utf-8"))
    ids = {organisation["id"] for organisation in known["organisations"]}
    assert load_issuers(REGISTER, loopback=True).by_id("sandbox").organisations <= ids


def test_the_sandbox_moves_to_another_port() -> None:
    register = load_issuers(REGISTER, loopback=True)
    moved = issuer_for("http://127.0.0.1:9999/", register.by_id("sandbox"))
    assert (moved.url, moved.jwks_uri) == ("http://127.0.0.1:9999", "http://127.0.0.1:9999/jwks.json")
    assert moved.audience == "https://gateway.oncetold.test/api"
    assert issuer_for("https://x.test", moved, audience="urn:a").audience == "urn:a"
    changed = register.with_issuer(moved)
    assert changed.find("http://127.0.0.1:9999") == moved
    assert changed.find(register.by_id("sandbox").url) is None


@pytest.mark.parametrize(
    "url", ["http://evil.test", "http://127.0.0.1.evil.test", "ftp://127.0.0.1", "127.0.0.1:9999", ""]
)
def test_an_issuer_does_not_move_to_an_address_without_protection(url: str) -> None:
    with pytest.raises(IssuersError):
        issuer_for(url, issuer())


def test_an_issuer_whose_keys_are_elsewhere_cannot_simply_move() -> None:
    entry = document()
    entry["issuers"][0]["jwks_uri"] = "https://keys.test/jwks.json"
    with pytest.raises(IssuersError, match="below"):
        issuer_for("https://x.test", parse_issuers(entry, loopback=True).by_id("sandbox"))


@pytest.mark.parametrize(
    "changes",
    [
        {"algorithms": ["HS256"]},
        {"algorithms": ["none"]},
        {"algorithms": []},
        {"issuer": "https://user@sign-in.test"},
        {"issuer": "https://sign-in.test?x=1"},
        {"issuer": "https://sign-in.test#x"},
        {"issuer": "https://"},
        {"issuer": "https://sign-in.test:port"},
        {"issuer": "https://[::1"},
        {"issuer": "sign-in.test"},
        {"jwks_uri": "http://169.254.169.254/latest"},
        {"jwks_uri": "file:///etc/passwd"},
        {"audience": ""},
        {"organisations": []},
        {"organisations": ["norwich-city-council"]},
        {"clients": {}},
        {"clients": {"app": "somebody-else"}},
        {"clients": {"an app": "harbour-charity"}},
        {"trusted": True},
    ],
    ids=str,
)
def test_a_register_entry_out_of_place_is_refused(changes: dict[str, Any]) -> None:
    wrong = document()
    wrong["issuers"][0].update(changes)
    with pytest.raises(IssuersError):
        parse_issuers(wrong, loopback=True)


@pytest.mark.parametrize("wrong", [None, [], {}, {"version": 1}, {"version": 2, "issuers": []}])
def test_a_file_of_another_shape_is_refused(wrong: object) -> None:
    with pytest.raises(IssuersError):
        parse_issuers(wrong)


def test_two_issuers_cannot_share_an_id_or_an_address() -> None:
    twice = document()
    twice["issuers"].append(copy.deepcopy(twice["issuers"][0]))
    with pytest.raises(IssuersError, match="share"):
        parse_issuers(twice, loopback=True)
    with pytest.raises(IssuersError, match="share"):
        trust([issuer(), issuer(url="https://other.test")])
    assert trust([issuer(), issuer(url="https://other.test", issuer_id="other")]).find(ISSUER_URL) == issuer()
    with pytest.raises(IssuersError, match="no issuer"):
        trust([]).by_id("sandbox")


@pytest.mark.parametrize(
    "text", ["a: 1\na: 2\n", "{", "!!python/object/apply:os.system ['true']\n", "\x00", None]
)
def test_a_file_that_cannot_be_read_one_way_only_is_refused(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "issuers.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(IssuersError, match="cannot be read"):
        load_issuers(path)
