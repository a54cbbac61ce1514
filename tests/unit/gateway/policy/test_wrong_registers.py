"""Whatever is wrong in a register names its file, its line and what to change; and nothing starts on it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from gateway.cli import app
from gateway.policy.register_checks import check_between
from gateway.policy.register_files import Document
from gateway.policy.registers import (
    Agreement,
    RecipientTerms,
    RegisterError,
    SourceTerms,
    Status,
    agreements_in_force,
    load_registers,
)
from gateway.policy.signing import lines_of
from tests.unit.gateway.composed import configured
from tests.unit.gateway.policy.small import sign_all, small_policies, small_registers

HOME = "registers/agreements/interact-home-health.yaml"
SIGNED = "registers/signatures/interact-home-health.yaml"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return small_policies(tmp_path)


def change(folder: Path, file: str, old: str, new: str) -> int:
    """Exchange one text in a file; returns the line where it stood."""
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


WRONG: dict[str, dict[str, Any]] = {
    each["what"]: each
    for each in yaml.safe_load((Path(__file__).parent / "wrong_registers.yaml").read_text())
}


def spoil(folder: Path, what: str) -> str:
    """Make a register wrong; returns the file and line that its message has to begin with."""
    wrong = WRONG[what]
    line = change(folder, wrong["file"], wrong["exchange"], wrong["with"])
    for more in wrong.get("also", []):
        change(folder, wrong["file"], more["exchange"], more["with"])
    if "told_in" in wrong:
        return f"{wrong['told_in']}, line {wrong['told_at']}: "
    return f"{wrong['file']}, line {line + wrong.get('line', 0)}: "


def test_what_is_spoilt_here_is_right_as_it_stands(copy: Path) -> None:
    assert load_registers(copy).agreements
    assert len(WRONG) >= 60


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_register_names_file_line_and_remedy(copy: Path, what: str) -> None:
    where = spoil(copy, what)
    with pytest.raises(RegisterError) as caught:
        load_registers(copy)
    assert str(caught.value).startswith(where)
    assert WRONG[what]["says"] in caught.value.problem


ASKED_FOR = (
    "an unknown purpose",
    "end before start",
    "a signature missing",
    "terms that were changed after they were signed",
    "winding down without its part",
    "the DWP for a purpose that the law does not list",
    "a duty to refer that is a charity's",
    "offence data without Article 10",
    "an unknown check",
    "a rule for a section that is not shared",
    "a section's laxer rule without reason",
)


@pytest.mark.parametrize("command", ["serve", "doctor"])
@pytest.mark.parametrize("what", ASKED_FOR)
def test_no_gateway_starts_on_a_wrong_register_and_the_officer_reads_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, what: str
) -> None:
    (tmp_path / "policies").mkdir()
    folder = small_policies(tmp_path / "policies")
    where = spoil(folder, what)
    configured(tmp_path / "house", monkeypatch, policies_folder=str(folder))
    # A process's own loggers are for a process of its own: configured here, they would stay for every later test.
    monkeypatch.setattr("gateway.serving.configure_logs", lambda: None)
    result = CliRunner().invoke(app, [command])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    expected = {"serve": f"oncetold: {where}", "doctor": f"BAD  registers: {where}"}
    told = next(line for line in result.output.splitlines() if line.startswith(expected[command]))
    assert WRONG[what]["says"] in told


def second(folder: Path, **changes: str) -> None:
    """A second agreement for the same home purpose, parties and sources, signed; keys exchanged as named."""
    text = (folder / HOME).read_text().replace("id: interact-home-health", "id: interact-second")
    for key, value in changes.items():
        text, found = re.subn(rf"(?m)^{key}: .*$", f"{key}: {value}", text)
        assert found == 1
    (folder / "registers/agreements/interact-second.yaml").write_text(text)
    sign_all(folder)


def test_two_agreements_at_once_for_one_recipient_source_and_purpose_are_refused(copy: Path) -> None:
    second(copy)
    with pytest.raises(RegisterError) as caught:
        load_registers(copy)
    assert str(caught.value) == (
        "registers/agreements/interact-second.yaml, line 6: interact-home-health and interact-second hold at the same "
        "time for the same purpose, source and recipient: end one before the other begins, or merge them"
    )


LATER = {"valid_from": "2028-05-01", "valid_until": "null", "review_date": "2029-05-01"}
EARLIER = {"valid_from": "2025-05-01", "valid_until": "2026-04-30", "review_date": "2026-01-01"}


@pytest.mark.parametrize("when", [LATER, EARLIER], ids=["after", "before"])
def test_one_agreement_may_follow_the_other_the_day_after(copy: Path, when: dict[str, str]) -> None:
    second(copy, **when)
    registers = load_registers(copy)
    one, other = sorted(
        (registers.agreements["interact-second"], registers.agreements["interact-home-health"]),
        key=lambda agreement: agreement.begins,
    )
    assert one.ends == other.begins
    assert {one.id, other.id} & agreements_in_force(registers, other.begins) == {other.id}


@pytest.mark.parametrize(
    "when",
    [LATER | {"valid_from": "2028-04-30"}, EARLIER | {"valid_until": "2026-05-01"}],
    ids=["after", "before"],
)
def test_one_agreement_may_not_begin_on_the_others_last_day(copy: Path, when: dict[str, str]) -> None:
    second(copy, **when)
    with pytest.raises(RegisterError, match="hold at the same time"):
        load_registers(copy)


def test_two_agreements_without_end_are_at_once(copy: Path) -> None:
    change(copy, HOME, "valid_until: 2028-04-30", "valid_until: null")
    second(copy, valid_from="2030-01-01", review_date="2031-01-01")
    with pytest.raises(RegisterError, match="hold at the same time"):
        load_registers(copy)


def twin(**changes: object) -> dict[str, Agreement]:
    """An agreement of the small registers, and another that differs from it in name and in this."""
    home = small_registers().agreements["interact-home-health"]
    other = replace(home, id="twin", **changes)  # type: ignore[arg-type] # one value each, by name
    return {home.id: home, other.id: other}


def home() -> Agreement:
    return small_registers().agreements["interact-home-health"]


DIFFERENT: dict[str, Callable[[], dict[str, object]]] = {
    "a draft": lambda: {"status": Status.DRAFT},
    "another purpose": lambda: {"purposes": frozenset({"early-help-triage"})},
    "other sources": lambda: {"sources": (SourceTerms("norfolk-police", {}),)},
    "other recipients": lambda: {"recipients": (RecipientTerms("norfolk-police", {}),)},
}
SAME: dict[str, Callable[[], dict[str, object]]] = {
    "all": dict,
    "one purpose of two": lambda: {"purposes": home().purposes | {"early-help-triage"}},
    "one source": lambda: {"sources": home().sources[:1]},
    "one recipient": lambda: {"recipients": home().recipients[-1:]},
    "suspended": lambda: {"status": Status.SUSPENDED},
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_agreements_about_something_else_may_hold_at_once(what: str) -> None:
    check_between(twin(**DIFFERENT[what]()), {})


@pytest.mark.parametrize("what", SAME)
def test_agreements_that_share_purpose_source_and_recipient_may_not(what: str) -> None:
    document = Document("registers/agreements/twin.yaml", {}, {("valid_from",): 6})
    with pytest.raises(RegisterError, match=r"twin\.yaml, line 6: .* hold at the same time"):
        check_between(twin(**SAME[what]()), {"twin": document})


def test_words_that_yaml_would_turn_stay_words(copy: Path) -> None:
    change(copy, HOME, "role: Head of housing, on: 2026-04-14", "role: no, on: 2026-04-14")
    sign_all(copy)
    registers = load_registers(copy)
    assert registers.agreements["interact-home-health"].signatories[0].role == "no"


ADVICE = "registers/agreements/income-debt-advice.yaml"
DUTY = "registers/agreements/duty-to-refer.yaml"
OF_DUTY = "confidentiality: null"
RIGHT: dict[str, tuple[str, dict[str, str]]] = {
    "reviewed on its first day": (HOME, {"review_date: 2027-10-31": "review_date: 2026-05-01"}),
    "reviewed on its last day": (HOME, {"review_date: 2027-10-31": "review_date: 2028-04-30"}),
    "of one day": (
        HOME,
        {
            "valid_until: 2028-04-30": "valid_until: 2026-05-01",
            "review_date: 2027-10-31": "review_date: 2026-05-01",
        },
    ),
    "winding down from its first day": (ADVICE, {"since: 2026-10-01": "since: 2026-03-01"}),
    "winding down on its last day": (ADVICE, {"since: 2026-10-01": "since: 2028-02-29"}),
    "winding down without an end": (ADVICE, {"valid_until: 2028-02-29": "valid_until: null"}),
    "looked at again instead of ending": (
        "registers/purposes.yaml",
        {"maximum_days: 90\n    review_days: null": "maximum_days: null\n    review_days: 30"},
    ),
    "an emergency that is reviewed and told": (
        "registers/purposes.yaml",
        {
            "    permission_rule: none\n": (
                "    permission_rule: none\n    review_hours: 48\n    notify: true\n"
                "    emergency: {reasons: [{code: life-at-risk, plain_words: Somebody may die}], use_minutes: 60}\n"
            )
        },
    ),
    "a gate that no source needs": (
        DUTY,
        {
            OF_DUTY: "confidentiality: {gate: explicit-consent, law: Said so}",
            "rule_reason: null": "rule_reason: It is owed\nrules: {contact: none}",
        },
    ),
    "a laxer rule with its reason": (
        DUTY,
        {"rule_reason: null": "rule_reason: It is owed\nrules: {contact: no-objection}"},
    ),
}


@pytest.mark.parametrize("what", RIGHT)
def test_what_is_only_just_right_is_right(copy: Path, what: str) -> None:
    file, changes = RIGHT[what]
    for old, new in changes.items():
        change(copy, file, old, new)
    sign_all(copy)
    assert load_registers(copy).agreements


def test_a_key_of_one_day_is_a_key(copy: Path) -> None:
    change(
        copy,
        "registers/signing-keys.yaml",
        "organisation: norfolk-police, ",
        "organisation: norfolk-police, from: 2025-10-21, until: 2025-10-21, ",
    )
    text = (copy / "registers/signing-keys.yaml").read_text()
    line = next(one for one in text.splitlines() if "2025-10-21" in one)
    kept = line.replace(", from: 2020-01-01, until: null", "")
    (copy / "registers/signing-keys.yaml").write_text(text.replace(line, kept))
    assert load_registers(copy).agreements


def test_what_is_no_line_of_a_signatory_is_none() -> None:
    assert [dict(line) for line in lines_of({"signatories": ["somebody", {"role": "Head"}]})] == [
        {"role": "Head"}
    ]


def test_more_may_be_asked_of_the_person_than_the_purpose_does_and_needs_no_reason(copy: Path) -> None:
    change(
        copy,
        "registers/purposes.yaml",
        "    permission_rule: permission\n",
        "    permission_rule: no-objection\n",
    )
    load_registers(copy)


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
    "signatures of no agreement": (
        "registers/signatures/atlantis.yaml",
        lambda path: path.write_text("agreement: atlantis\nsignatures: []\n"),
        "there is no agreement of this name: remove the file",
    ),
    "signatures of another agreement": (
        SIGNED,
        lambda path: path.write_text("agreement: atlantis\nsignatures: []\n"),
        "the file must be called atlantis.yaml",
    ),
    "no signature at all": (
        SIGNED,
        lambda path: path.write_text("agreement: interact-home-health\nsignatures: []\n"),
        "the signature of age-well-norfolk is missing: sign it",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_cannot_be_used_is_named(copy: Path, what: str) -> None:
    file, breaks, told = BROKEN[what]
    sections = (copy / "sections").resolve()
    (copy / "sections").unlink()
    shutil.copytree(sections, copy / "sections")
    breaks(copy / file)
    with pytest.raises(RegisterError, match=re.escape(told)) as caught:
        load_registers(copy)
    assert caught.value.file == file


def test_an_agreement_without_a_file_of_signatures_says_which_signature_is_missing(copy: Path) -> None:
    (copy / SIGNED).unlink()
    with pytest.raises(RegisterError, match="the signature of age-well-norfolk is missing") as caught:
        load_registers(copy)
    assert caught.value.file == HOME
