"""`oncetold consent import` and `export`: documents by file, the number by stdin, one line for what went wrong."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from consent.fhir.concordance import POLICY
from core.clock import SystemClock
from gateway.cli import app
from gateway.consenting_beside import documents
from gateway.migrating import prepare_storage
from gateway.people.locator import Registration
from gateway.people.registering import register_durably
from gateway.settings import Settings
from tests.support.walk import PRACTICE, registers
from tests.unit.gateway.composed import configured
from tests.unit.gateway.test_consent_documents import ACT, PURPOSE, resource

NUMBER = "9990000018"
AGREED = {
    "purposes": [{"system": ACT, "code": "TREAT", "means": [PURPOSE]}],
    "policies": [{"uri": "https://nhs.test/base"}],
    "sections": [{"system": "urn:test", "code": "home", "means": ["tenancy", "contact.telephone"]}],
    "organisations": [{"system": "urn:test", "value": "7", "is": PRACTICE}],
    "references": [{"reference": "Organization/7", "is": PRACTICE}],
}


def run(*arguments: str, number: str = NUMBER) -> Result:
    return CliRunner().invoke(app, ["consent", *arguments], input=number + "\n")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files to hand over, beside a gateway that knows one person."""
    settings: Settings = configured(tmp_path, monkeypatch)
    clock = SystemClock()
    prepare_storage(settings, clock)
    with documents(settings, registers(), clock) as parts:
        registration = Registration(PRACTICE, "record-1", nhs_number=NUMBER)
        committer = parts.consenting.committer
        asyncio.run(
            register_durably(parts.locator, parts.ledger, committer, clock, registration, lambda _: ())
        )
    (tmp_path / "agreed.json").write_text(json.dumps(AGREED))
    (tmp_path / "consent.json").write_text(json.dumps(resource()))
    return tmp_path


def take_in(folder: Path, *more: str, file: str = "consent.json", number: str = NUMBER) -> Result:
    handed = ["--organisation", PRACTICE, "--agreement", PURPOSE, "--nhs-number-stdin"]
    return run("import", str(folder / file), *handed, *more, number=number)


def test_what_is_taken_in_is_given_out_again(folder: Path) -> None:
    taken = take_in(folder, "--concordance", str(folder / "agreed.json"))
    assert taken.exit_code == 0, taken.output
    assert taken.stdout.startswith("the log tells of it in entry ")
    assert "left out" not in taken.stdout
    given = run("export", "--reason", "asked for by the person", "--nhs-number-stdin")
    assert given.exit_code == 0, given.output
    (entry,) = json.loads(given.stdout)["entry"]
    assert entry["resource"]["policy"] == [{"uri": POLICY}]
    (folder / "again.json").write_text(json.dumps(entry["resource"]))
    assert take_in(folder, file="again.json").exit_code == 0


def test_what_was_left_out_is_told(folder: Path) -> None:
    provision = {
        "type": "permit",
        "class": [
            {"system": "urn:test", "code": "home"},
            {"system": "urn:oncetold:section", "code": "debts"},
        ],
        "purpose": [{"system": "urn:oncetold:purpose", "code": one} for one in (PURPOSE, "hospital-link")],
    }
    (folder / "consent.json").write_text(json.dumps(resource(provision=provision)))
    taken = take_in(folder, "--concordance", str(folder / "agreed.json"))
    assert taken.exit_code == 0, taken.output
    assert "that was left out" in taken.stdout


def refused(result: Result) -> str:
    assert result.exit_code == 1, result.output
    assert NUMBER not in result.output
    return result.stderr


def test_what_cannot_be_held_is_one_line_with_the_elements_name(folder: Path) -> None:
    assert "Consent.policy[0].uri" in refused(take_in(folder))
    assert "cannot be read" in refused(take_in(folder, file="nothing.json"))
    assert "expected" in refused(take_in(folder, "--concordance", str(folder / "consent.json")))
    assert "nobody is known" in refused(
        take_in(folder, "--concordance", str(folder / "agreed.json"), number="9990000026")
    )


@pytest.mark.parametrize(
    "command", [["import", "x", "--organisation", "o", "--agreement", "a"], ["export", "--reason", "r"]]
)
def test_the_number_never_stands_in_the_command_line(command: list[str]) -> None:
    result = run(*command)
    assert result.exit_code == 2
    assert "--nhs-number-stdin" in result.output
