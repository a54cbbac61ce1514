"""Agreements that their parties did not sign are refused with file, line and what to do; the sandbox's are signed."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.policy.register_files import Document, RegisterError, read_document
from gateway.policy.register_signatures import (
    check_signatures,
    read_signatures,
    read_signing_keys,
    signatures_path,
    signatures_text,
)
from gateway.policy.registers import Agreement, Status, load_registers
from scripts.sign_sandbox import sign_sandbox
from tests.unit.gateway.policy.world import POLICIES

HOME = "interact-home-health"
SIGNATURES = f"registers/signatures/{HOME}.yaml"


@pytest.fixture(scope="module")
def agreements() -> dict[str, Agreement]:
    return dict(load_registers(POLICIES).agreements)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the registers alone."""
    shutil.copytree(POLICIES / "registers", tmp_path / "registers")
    return tmp_path


def documents(folder: Path) -> dict[str, Document]:
    return {
        path.stem: read_document(path, folder)
        for path in (folder / "registers" / "agreements").glob("*.yaml")
    }


def check(agreements: dict[str, Agreement], folder: Path) -> None:
    check_signatures(agreements, documents(folder), folder / "registers", POLICIES / "schemas")


def refused(agreements: dict[str, Agreement], folder: Path) -> RegisterError:
    with pytest.raises(RegisterError) as caught:
        check(agreements, folder)
    return caught.value


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_every_agreement_of_the_sandbox_is_signed_by_all_its_parties(
    agreements: dict[str, Agreement], folder: Path
) -> None:
    check(agreements, folder)
    keys = read_signing_keys(folder / "registers", POLICIES / "schemas")
    assert {key.organisation for key in keys.values()} == load_registers(POLICIES).organisations.keys()
    home = read_signatures(folder / "registers", HOME, POLICIES / "schemas")
    assert {signature.organisation for signature in home} == agreements[HOME].parties
    assert read_signatures(folder / "registers", "no-such", POLICIES / "schemas") == ()


def test_a_changed_term_is_found_at_the_signature_it_breaks(
    agreements: dict[str, Agreement], folder: Path
) -> None:
    change(folder / "registers" / "agreements" / f"{HOME}.yaml", "retention: ", "retention: longer than ")
    error = refused(agreements, folder)
    assert (error.file, error.line) == (SIGNATURES, 3)
    assert "changed after it was signed" in error.problem
    sign_sandbox(folder)
    check(agreements, folder)


def test_a_missing_file_of_signatures_is_told_at_the_agreements_signatories(
    agreements: dict[str, Agreement], folder: Path
) -> None:
    (folder / SIGNATURES).unlink()
    error = refused(agreements, folder)
    assert error.file == f"registers/agreements/{HOME}.yaml"
    assert error.line == documents(folder)[HOME].line("signatories")
    assert "oncetold agreement sign" in error.problem


def test_a_missing_signature_is_told_in_the_file_of_signatures(
    agreements: dict[str, Agreement], folder: Path
) -> None:
    (folder / SIGNATURES).write_text(signatures_text(HOME, ()))
    error = refused(agreements, folder)
    assert (error.file, error.line) == (SIGNATURES, 2)
    assert "is missing" in error.problem


def test_a_draft_needs_no_signatures(agreements: dict[str, Agreement], folder: Path) -> None:
    (folder / SIGNATURES).unlink()
    unsigned = agreements[HOME]
    check({**agreements, HOME: replace(unsigned, status=Status.DRAFT)}, folder)


@pytest.mark.parametrize("status", [Status.SUSPENDED, Status.WINDING_DOWN])
def test_a_suspended_one_and_one_being_wound_down_do(
    agreements: dict[str, Agreement], folder: Path, status: Status
) -> None:
    (folder / SIGNATURES).unlink()
    assert (
        "missing" in refused({**agreements, HOME: replace(agreements[HOME], status=status)}, folder).problem
    )


def test_signatures_of_no_agreement_are_refused(agreements: dict[str, Agreement], folder: Path) -> None:
    text = signatures_text("gone", ())
    (folder / "registers" / "signatures" / "gone.yaml").write_text(text)
    error = refused(agreements, folder)
    assert (error.file, error.line) == ("registers/signatures/gone.yaml", 1)
    assert "no agreement of this name" in error.problem


def test_a_file_of_signatures_is_called_as_its_agreement(
    agreements: dict[str, Agreement], folder: Path
) -> None:
    change(folder / SIGNATURES, f"agreement: {HOME}", "agreement: another")
    error = refused(agreements, folder)
    assert (error.file, error.line) == (SIGNATURES, 1)
    assert "must be called another.yaml" in error.problem


KEYS = {
    "twice": ("  - id: sandbox-", "  - id: sandbox-", "stands twice"),
    "no day": ("from: 2020-01-01", "from: 2020-02-31", "not a day of the calendar"),
    "ends first": ("until: null", "until: 2019-12-31", "ends before it starts"),
    "no base64": ("public_key: ", "public_key: #", "null is not of type"),
}


@pytest.mark.parametrize("what", KEYS)
def test_a_register_of_keys_that_cannot_be_used_is_named_with_its_line(
    agreements: dict[str, Agreement], folder: Path, what: str
) -> None:
    old, new, told = KEYS[what]
    path = folder / "registers" / "signing-keys.yaml"
    if what == "twice":
        text = path.read_text()
        path.write_text(text + text[text.index("  - id:") :])
    else:
        change(path, old, new)
    error = refused(agreements, folder)
    assert error.file == "registers/signing-keys.yaml"
    assert error.line is not None
    assert told in error.problem


def test_a_key_that_has_ended_signs_no_later_agreement(
    agreements: dict[str, Agreement], folder: Path
) -> None:
    path = folder / "registers" / "signing-keys.yaml"
    path.write_text(path.read_text().replace("until: null", "until: 2020-12-31"))
    assert "was not valid on" in refused(agreements, folder).problem


def test_the_file_is_in_the_order_of_names(folder: Path) -> None:
    found = read_signatures(folder / "registers", HOME, POLICIES / "schemas")
    assert signatures_text(HOME, found[::-1]) == (folder / SIGNATURES).read_text()
    assert signatures_path(folder / "registers", HOME) == folder / SIGNATURES
