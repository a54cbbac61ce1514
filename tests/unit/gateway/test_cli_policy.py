"""`oncetold policy` and `oncetold agreement` at the terminal."""

from __future__ import annotations

import re
import shutil
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.policy.registers import RegisterError, load_registers
from scripts.sign_sandbox import sandbox_key, sign_sandbox
from tests.support.bundles import KEY, KEYID, OTHER_KEY, POLICIES, bundle_bytes, pem

HOME = "interact-home-health"
PARTY = "harbour-charity"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def refused(*arguments: str | Path, code: int = 1) -> str:
    """What is told on stderr, not in a traceback."""
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.stderr


def done(*arguments: str | Path) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def key_file(path: Path, key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey, mode: int = 0o600) -> Path:
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(mode)
    return path


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(POLICIES, tmp_path / "policies"))


@pytest.fixture
def trusted(tmp_path: Path) -> Path:
    path = tmp_path / "keys.yaml"
    indented = "".join(f"      {line}\n" for line in pem().decode().splitlines())
    path.write_text(f"keys:\n  - keyid: {KEYID}\n    public_key: |\n{indented}")
    return path


# --- bundles ---------------------------------------------------------------------------------------------------------


def test_a_key_is_made_a_bundle_signed_with_it_and_read_with_what_was_printed(tmp_path: Path) -> None:
    key, keys, out = tmp_path / "bundle.key", tmp_path / "keys.yaml", tmp_path / "bundle.tar.gz"
    keys.write_text(done("policy", "keygen", key, "--keyid", "k1"))
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    made = done("policy", "bundle", "--key", key, "--keyid", "k1", "--number", "4", "--out", out)
    told = done("policy", "inspect", out, "--keys", keys)
    assert "number 4, signed by k1" in told
    revision = re.search(r"^revision ([0-9a-f]{64})$", told, re.MULTILINE)
    assert revision is not None
    assert revision[1] in made
    assert re.search(r"^\d+ organisations, \d+ agreements$", told, re.MULTILINE)


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "bundle.key"
    done("policy", "keygen", path)
    before = path.read_bytes()
    assert "never overwritten" in refused("policy", "keygen", path)
    assert path.read_bytes() == before
    assert "cannot be written" in refused("policy", "keygen", tmp_path / "no" / "folder.key")


def test_a_bundle_is_refused_with_its_code(tmp_path: Path, trusted: Path) -> None:
    file = tmp_path / "bundle.tar.gz"
    file.write_bytes(bundle_bytes())
    done("policy", "inspect", file, "--keys", trusted)
    file.write_bytes(bundle_bytes()[:-20])
    assert "refused (malformed)" in refused("policy", "inspect", file, "--keys", trusted)
    assert "cannot be read" in refused("policy", "inspect", tmp_path / "none", "--keys", trusted)


def test_a_bundle_is_not_made_of_registers_that_cannot_be_used(tmp_path: Path, copy: Path) -> None:
    key, out = key_file(tmp_path / "k", KEY), tmp_path / "out"
    (copy / "registers" / "roles.yaml").write_text("roles: []\n")
    command: list[str | Path] = [
        "policy",
        "bundle",
        "--key",
        key,
        "--keyid",
        KEYID,
        "--number",
        "1",
        "--out",
        out,
    ]
    assert "registers/" in refused(*command, "--policies", copy)
    assert not out.exists()
    assert "cannot be written" in refused(*command[:-1], tmp_path / "no" / "out")
    refused(*command[:-3], "0", *command[-2:], code=2)


def test_a_key_file_that_cannot_be_used_says_why_and_nothing_of_itself(tmp_path: Path) -> None:
    rest: list[str | Path] = ["--keyid", KEYID, "--number", "1", "--out", tmp_path / "out"]
    wrong = {
        "cannot be read": tmp_path / "none",
        "chmod 600": key_file(tmp_path / "open", KEY, 0o640),
        "no P-256 key": key_file(tmp_path / "other", sandbox_key(PARTY)),
        "holds no private key": tmp_path / "text",
    }
    wrong["holds no private key"].write_text("-----BEGIN secret")
    wrong["holds no private key"].chmod(0o600)
    for told, path in wrong.items():
        message = refused("policy", "bundle", "--key", path, *rest)
        assert told in message
        assert "secret" not in message
    curve = key_file(tmp_path / "curve", ec.generate_private_key(ec.SECP384R1()))
    assert "no P-256 key" in refused("policy", "bundle", "--key", curve, *rest)


# --- agreements ------------------------------------------------------------------------------------------------------


def test_every_agreement_is_told_on_one_line(copy: Path) -> None:
    lines = done("agreement", "status", "--policies", copy, "--on", "2026-11-23").splitlines()
    assert len(lines) == len(load_registers(POLICIES).agreements)
    assert len(done("agreement", "status").splitlines()) == len(lines)
    home = next(line for line in lines if line.startswith(f"{HOME} v"))
    assert "active" in home
    assert PARTY in home
    assert "not signed" not in home
    ended = next(line for line in lines if line.startswith("low-level-support-2024 v"))
    assert "ended on 2026-04-30, renewed by low-level-support-2026" in ended
    draft = next(line for line in lines if line.startswith("low-level-support-2026 v"))
    assert ": draft; signed by nobody; not signed by" in draft


def test_a_changed_agreement_shows_as_unsigned_and_each_party_signs_anew(tmp_path: Path, copy: Path) -> None:
    path = copy / "registers" / "agreements" / f"{HOME}.yaml"
    path.write_text(path.read_text().replace("retention: ", "retention: changed "))
    line = next(
        line
        for line in done("agreement", "status", "--policies", copy).splitlines()
        if line.startswith(f"{HOME} v")
    )
    parties = load_registers(POLICIES).agreements[HOME].parties
    assert f"signed by nobody; not signed by {', '.join(sorted(parties))}" in line
    with pytest.raises(RegisterError, match="changed after it was signed"):
        load_registers(copy)
    for party in sorted(parties, reverse=True):
        key = key_file(tmp_path / party, sandbox_key(party))
        done("agreement", "sign", HOME, "--organisation", party, "--key", key, "--policies", copy)
    assert load_registers(copy).agreements[HOME].parties == parties
    assert sign_sandbox(copy) == []


def test_nobody_signs_for_another(tmp_path: Path, copy: Path) -> None:
    key = key_file(tmp_path / "key", sandbox_key("norwich-city-council"))

    def sign(name: str, party: str, with_key: Path = key) -> str:
        command: list[str | Path] = ["agreement", "sign", name, "--organisation", party, "--key", with_key]
        return refused(*command, "--policies", copy)

    before = (copy / "registers" / "signatures" / f"{HOME}.yaml").read_bytes()
    assert f"no key of {PARTY}" in sign(HOME, PARTY)
    assert "must be a party" in sign(HOME, "norfolk-police")
    assert "no such agreement" in sign("no-such", PARTY)
    assert "no such agreement" in sign("../agreements/" + HOME, PARTY)
    assert "no Ed25519 key" in sign(HOME, PARTY, key_file(tmp_path / "ec", OTHER_KEY))
    keys = copy / "registers" / "signing-keys.yaml"
    keys.write_text(keys.read_text().replace("from: 2020-01-01", "from: 2040-01-01"))
    assert "no key of norwich-city-council on" in sign(HOME, "norwich-city-council")
    assert (copy / "registers" / "signatures" / f"{HOME}.yaml").read_bytes() == before


def test_an_agreement_that_cannot_be_read_is_named(copy: Path) -> None:
    path = copy / "registers" / "agreements" / f"{HOME}.yaml"
    text = path.read_text()
    path.write_text(text.replace(f"id: {HOME}", "id: another"))
    assert "must be called another.yaml" in refused("agreement", "status", "--policies", copy)
    path.write_text(re.sub(r"on: \d{4}-\d\d-\d\d", "on: 2026-02-31", text))
    assert "not a day of the calendar" in refused("agreement", "status", "--policies", copy)
