"""`oncetold audit alerts` and `oncetold audit staff`, over databases as an operator has them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from core.clock import SystemClock
from gateway.alerting.running import taking_in
from gateway.alerting.scanning import HABIT_DAYS
from gateway.cli import app
from gateway.people import trace
from gateway.settings import Settings
from tests.unit.gateway.composed import configured

COUNTY = "norfolk-county-council"


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, ["audit", *arguments], input=stdin)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    found = configured(tmp_path, monkeypatch)
    assert CliRunner().invoke(app, ["migrate"]).exit_code == 0
    return found


def issuer_of(settings: Settings) -> str:
    text = settings.issuers_file.read_text()
    return next(line.split("issuer: ")[1] for line in text.splitlines() if "issuer: " in line).strip()


@pytest.mark.usefixtures("settings")
def test_every_day_of_every_organisation_is_gone_through_once() -> None:
    first = run("alerts")
    assert first.exit_code == 0, first.output
    assert f"{COUNTY}: {HABIT_DAYS} days gone through" in first.stdout
    second = run("alerts")
    assert (second.exit_code, second.stdout) == (0, "")


def test_a_list_of_staff_is_taken_in_from_a_file_and_from_stdin(settings: Settings, tmp_path: Path) -> None:
    issuer = issuer_of(settings)
    with taking_in(settings, SystemClock(), COUNTY, issuer) as lists:
        handle = lists.handles.make(COUNTY, trace.by_nhs_number("9990000018"))
    line = json.dumps({"person": handle, "practitioner": "sub-1"}) + "\n"
    file = tmp_path / "staff.ndjson"
    file.write_text(line * 2)
    told = run("staff", "--organisation", COUNTY, "--issuer", issuer, "--file", str(file))
    assert (told.exit_code, told.stdout) == (0, "taken in: 2 lines\n"), told.output
    told = run("staff", "--organisation", COUNTY, "--issuer", issuer, stdin=line)
    assert (told.exit_code, told.stdout) == (0, "taken in: 1 line\n")


def test_a_list_that_cannot_be_used_is_refused_in_one_line(settings: Settings) -> None:
    issuer = issuer_of(settings)
    wrong = run("staff", "--organisation", COUNTY, "--issuer", issuer, stdin='{"name": "s3cret"}\n')
    assert wrong.exit_code == 1
    assert "line 1" in wrong.stderr
    assert "s3cret" not in wrong.output
    for organisation, who in ((COUNTY, "https://elsewhere.test"), ("nobody-known", issuer)):
        stranger = run("staff", "--organisation", organisation, "--issuer", who, stdin="")
        assert stranger.exit_code == 1
        assert "trust register" in stranger.stderr
    missing = run("staff", "--organisation", COUNTY, "--issuer", issuer, "--file", "/nowhere/at/all")
    assert missing.exit_code == 2
