"""The sandbox's signatures: anybody can make them, the same every time, and real ones are never overwritten."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scripts.sign_sandbox import POLICIES, main, sandbox_files, sandbox_key

HOME = "registers/signatures/interact-home-health.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(POLICIES / "registers", tmp_path / "registers")
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.yaml"))}


def test_the_committed_signatures_are_those_that_the_script_writes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out


def test_signing_again_changes_nothing(folder: Path) -> None:
    before = contents(folder)
    assert main([str(folder)]) == 0
    assert contents(folder) == before
    assert sandbox_files(folder) == sandbox_files(folder)


def test_a_key_is_derived_from_the_published_phrase_and_the_name() -> None:
    one, other = sandbox_key("harbour-charity"), sandbox_key("norwich-city-council")
    assert one.private_bytes_raw() == sandbox_key("harbour-charity").private_bytes_raw()
    assert one.private_bytes_raw() != other.private_bytes_raw()


def test_a_check_names_what_differs_and_changes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / HOME).write_text("agreement: interact-home-health\nsignatures: []\n")
    (folder / "registers" / "signatures" / "gone.yaml").write_text("agreement: gone\nsignatures: []\n")
    (folder / "registers" / "signing-keys.yaml").unlink()
    before = contents(folder)
    assert main(["--check", str(folder)]) == 1
    assert contents(folder) == before
    told = capsys.readouterr().out
    for name in (HOME, "registers/signatures/gone.yaml", "registers/signing-keys.yaml"):
        assert f"{name} is not what scripts/sign_sandbox.py writes" in told
    assert main([str(folder)]) == 0
    assert f"{HOME} written" in capsys.readouterr().out
    assert not (folder / "registers" / "signatures" / "gone.yaml").exists()
    assert main(["--check", str(folder)]) == 0


def test_a_draft_is_signed_by_nobody(folder: Path) -> None:
    agreement = folder / "registers" / "agreements" / "interact-home-health.yaml"
    agreement.write_text(agreement.read_text().replace("status: active", "status: draft"))
    assert main([str(folder)]) == 0
    assert not (folder / HOME).exists()


def test_registers_with_keys_of_their_own_are_left_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = folder / "registers" / "signing-keys.yaml"
    keys.write_text(keys.read_text().replace("id: sandbox-", "id: caldicott-", 1))
    before = contents(folder)
    assert main([str(folder)]) == 0
    assert contents(folder) == before
    assert "left alone" in capsys.readouterr().out


def test_a_register_that_does_not_read_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "registers" / "organisations.yaml").write_text("- a")
    assert main([str(folder)]) == 1
    assert "registers/organisations.yaml" in capsys.readouterr().err
