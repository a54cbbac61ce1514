"""The registers: those of the sandbox load, and whatever is wrong in one names its file, its line and what to change."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.vocabulary import PermissionRule
from gateway.policy.registers import (
    RegisterError,
    agreements_in_force,
    load_registers,
    next_change,
)
from gateway.policy.uk_days import end_of_day, start_of_day
from tests.unit.gateway.policy.world import POLICIES

NOVEMBER = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOME = "registers/agreements/interact-home-health.yaml"


def test_the_sandbox_has_its_organisations_purposes_and_agreements() -> None:
    registers = load_registers(POLICIES)
    assert registers.organisations.keys() == {
        "norwich-city-council",
        "wensum-valley-practice",
        "harbour-charity",
        "norfolk-county-council",
        "age-well-norfolk",
    }
    assert registers.purposes["low-level-support"].maximum_days == 730
    assert registers.purposes["assertive-outreach"].maximum_days is None
    assert registers.purposes["safeguarding-enquiry"].permission_rule is PermissionRule.NONE
    assert registers.sections["contact"].locations == {"address", "postcode", "uprn"}
    assert registers.sections["health-summary"].sensitive == {"allergies", "conditions", "medications"}
    home = registers.agreements["interact-home-health"]
    assert home.parties == registers.organisations.keys()
    assert home.signatories[0].on == date(2026, 4, 14)
    volunteer = home.recipients[1].roles["volunteer"].sees
    assert volunteer is not None
    assert dict(volunteer) == {"identity": frozenset({"name"}), "contact": frozenset({"safe_contact"})}


def test_a_source_gives_of_the_agreement_what_it_serves() -> None:
    home = load_registers(POLICIES).agreements["interact-home-health"]
    council = home.sources[0].sections
    assert council.keys() == {"contact", "household", "tenancy", "home-condition"}


def test_ended_drafted_and_suspended_agreements_are_not_in_force() -> None:
    registers = load_registers(POLICIES)
    assert agreements_in_force(registers, NOVEMBER) == {
        "interact-home-health",
        "early-help-triage",
        "social-prescribing",
        "homelessness-prevention",
        "safeguarding-enquiry",
        "income-debt-advice",
    }


def test_an_agreement_ends_when_its_last_day_ends_in_the_united_kingdom() -> None:
    registers = load_registers(POLICIES)
    end = datetime(2026, 4, 30, 23, tzinfo=UTC)  # midnight in British Summer Time
    assert registers.agreements["low-level-support-2024"].ends == end
    last_second = datetime(2026, 4, 30, 22, 59, 59, tzinfo=UTC)
    assert "low-level-support-2024" in agreements_in_force(registers, last_second)
    assert "low-level-support-2024" not in agreements_in_force(registers, end)
    assert next_change(registers, last_second) == end


def test_what_is_in_force_changes_only_at_the_moments_that_were_told() -> None:
    registers = load_registers(POLICIES)
    moment: datetime | None = datetime(2020, 1, 1, tzinfo=UTC)
    moments = []
    while moment is not None:
        moments.append(moment)
        moment = next_change(registers, moment)
    told = [agreements_in_force(registers, moment) for moment in moments]
    assert all(one != other for one, other in pairwise(told))
    assert told[0] == frozenset()
    assert told[-1] == {"safeguarding-enquiry"}


@pytest.mark.parametrize(
    ("day", "begins"),
    [
        (date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)),
        (date(2026, 3, 29), datetime(2026, 3, 29, tzinfo=UTC)),  # clocks go forward at one in the morning
        (date(2026, 3, 30), datetime(2026, 3, 29, 23, tzinfo=UTC)),
        (date(2026, 10, 25), datetime(2026, 10, 24, 23, tzinfo=UTC)),  # and back
        (date(2026, 10, 26), datetime(2026, 10, 26, tzinfo=UTC)),
        (date(2024, 3, 31), datetime(2024, 3, 31, tzinfo=UTC)),  # a 31st that is itself a Sunday
    ],
)
def test_a_uk_day_begins_by_the_clocks_of_its_season(day: date, begins: datetime) -> None:
    assert start_of_day(day) == begins


def test_a_day_ends_where_the_next_begins() -> None:
    assert end_of_day(date(2026, 10, 25)) == start_of_day(date(2026, 10, 26))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("registers", "schemas", "sections"):
        shutil.copytree(POLICIES / name, tmp_path / name)
    return tmp_path


def change(folder: Path, file: str, old: str, new: str) -> int:
    """Exchange one text in a file; returns the line where it stood."""
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


WRONG: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "wrong_registers.yaml").read_text())


@pytest.mark.parametrize("wrong", WRONG, ids=[each["what"] for each in WRONG])
def test_a_wrong_register_names_file_line_and_remedy(copy: Path, wrong: dict[str, Any]) -> None:
    line = change(copy, wrong["file"], wrong["exchange"], wrong["with"])
    with pytest.raises(RegisterError) as caught:
        load_registers(copy)
    assert wrong["says"] in caught.value.problem
    assert caught.value.file == wrong["file"]
    assert caught.value.line == line + wrong.get("line", 0)
    assert str(caught.value).startswith(f"{wrong['file']}, line {caught.value.line}: ")


def test_a_confidential_source_needs_a_gate(copy: Path) -> None:
    change(copy, HOME, "  confidentiality: {gate: explicit-consent", "  confidentiality: null\n#")
    with pytest.raises(RegisterError, match="owes confidentiality: give bases"):
        load_registers(copy)


def test_two_agreements_at_once_for_one_recipient_source_and_purpose_are_refused(copy: Path) -> None:
    text = (copy / HOME).read_text().replace("id: interact-home-health", "id: interact-second")
    (copy / "registers/agreements/interact-second.yaml").write_text(text)
    with pytest.raises(RegisterError, match="interact-home-health and interact-second hold at the same time"):
        load_registers(copy)


def test_a_renewal_may_follow_the_day_after(copy: Path) -> None:
    text = (copy / HOME).read_text().replace("id: interact-home-health", "id: interact-second")
    for key, day in (("valid_from", "2028-05-01"), ("valid_until", "null"), ("review_date", "2029-05-01")):
        text = re.sub(rf"{key}: \S+", f"{key}: {day}", text)
    (copy / "registers/agreements/interact-second.yaml").write_text(text)
    registers = load_registers(copy)
    begins = registers.agreements["interact-second"].begins
    assert registers.agreements["interact-home-health"].ends == begins
    assert agreements_in_force(registers, begins) >= {"interact-second"}
    assert "interact-home-health" not in agreements_in_force(registers, begins)


def test_words_that_yaml_would_turn_stay_words(copy: Path) -> None:
    change(copy, HOME, "role: Head of housing, on: 2026-04-14", "role: no, on: 2026-04-14")
    registers = load_registers(copy)
    assert registers.agreements["interact-home-health"].signatories[0].role == "no"


Broken = Callable[[Path], object]
BROKEN: dict[str, tuple[str, Broken, str]] = {
    "missing": ("registers/roles.yaml", Path.unlink, "the file cannot be read"),
    "not UTF-8": ("registers/roles.yaml", lambda path: path.write_bytes(b"roles: \xff"), "not UTF-8"),
    "empty": ("registers/roles.yaml", lambda path: path.write_text(""), "must hold a mapping"),
    "control characters": (
        "registers/roles.yaml",
        lambda path: path.write_text("roles: \x00"),
        "this is not YAML",
    ),
    "a list": ("registers/roles.yaml", lambda path: path.write_text("- a"), "must hold a mapping"),
    "a section that is no JSON": (
        "sections/debts.v1.json",
        lambda path: path.write_text("{"),
        "cannot be read as JSON",
    ),
    "a section that is a list": (
        "sections/debts.v1.json",
        lambda path: path.write_text("[]"),
        "must hold a JSON object",
    ),
    "a section without a title": (
        "sections/debts.v1.json",
        lambda path: path.write_text('{"type": "object"}'),
        "required",
    ),
    "a section of another name": (
        "sections/debts.v1.json",
        lambda path: path.write_text((path.parent / "contact.v1.json").read_text()),
        "its $id must be urn:oncetold:section:debts:v1",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_cannot_be_read_is_named(copy: Path, what: str) -> None:
    file, breaks, told = BROKEN[what]
    breaks(copy / file)
    with pytest.raises(RegisterError, match=re.escape(told)) as caught:
        load_registers(copy)
    assert caught.value.file == file
