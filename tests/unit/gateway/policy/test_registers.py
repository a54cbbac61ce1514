"""The registers: those of the partners load, and what is in force when follows from their days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from core.vocabulary import Label, PermissionRule
from gateway.policy.registers import Registers, Status, agreements_in_force, load_registers, next_change
from gateway.policy.uk_days import end_of_day, start_of_day
from tests.unit.gateway.policy.small import small_registers
from tests.unit.gateway.policy.world import POLICIES

NOVEMBER = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_the_partners_registers_load() -> None:
    registers = load_registers(POLICIES)
    assert registers.organisations
    assert registers.roles
    assert registers.checks
    assert agreements_in_force(registers, NOVEMBER)
    assert all(id_ == agreement.id for id_, agreement in registers.agreements.items())
    for agreement in registers.agreements.values():
        assert agreement.parties <= registers.organisations.keys()
        assert agreement.purposes <= registers.purposes.keys()
        assert agreement.sections.keys() <= registers.sections.keys()


def test_what_stands_in_the_files_is_what_is_known() -> None:
    registers = small_registers()
    assert registers.purposes["low-level-support"].maximum_days == 730
    assert registers.purposes["low-level-support"].review_days == 182
    assert registers.purposes["safeguarding-enquiry"].maximum_days is None
    assert registers.purposes["safeguarding-enquiry"].permission_rule is PermissionRule.NONE
    assert registers.sections["contact"].locations == {"address", "postcode", "uprn"}
    assert registers.sections["health-summary"].sensitive == {"allergies", "conditions", "medications"}
    assert "risk" in registers.sections["offence-risk"].offences
    assert registers.checks["council-tenant"].one_of == {"council"}
    council, jobcentre = (registers.organisations[name] for name in ("norwich-city-council", "jobcentre"))
    assert council.keeps_labels
    assert council.specified_authority
    assert council.only_for is None
    assert not jobcentre.keeps_labels
    assert jobcentre.only_for == frozenset({"income-debt-advice"})
    home = registers.agreements["interact-home-health"]
    assert home.signatories[0].on == date(2026, 4, 14)
    assert home.suspension is None
    assert home.winding_down is None
    volunteer = home.recipients[1].roles["volunteer"].sees
    assert volunteer is not None
    assert dict(volunteer) == {"identity": frozenset({"name"}), "contact": frozenset({"safe_contact"})}
    officer = home.recipients[2].roles["housing-officer"]
    assert officer.sees is not None
    assert not officer.sees
    assert officer.checks == {"council-tenant"}
    assert home.recipients[0].roles["triager"].sees is None


def test_the_parties_are_all_sources_and_recipients() -> None:
    duty = small_registers().agreements["duty-to-refer"]
    assert duty.parties == {"norwich-city-council", "norfolk-county-council"}


def test_a_section_may_have_a_rule_of_its_own() -> None:
    enquiry = small_registers().agreements["safeguarding-enquiry"]
    assert enquiry.rule("household") is PermissionRule.PERMISSION
    assert enquiry.rule("contact") is PermissionRule.NONE


def test_a_source_gives_of_the_agreement_what_it_serves() -> None:
    home = small_registers().agreements["interact-home-health"]
    assert home.sources[0].sections.keys() == {"contact", "household", "tenancy", "home-condition"}
    enquiry = small_registers().agreements["safeguarding-enquiry"]
    assert dict(enquiry.sources[0].sections) == {"offence-risk": frozenset({"risk"})}


def test_ended_drafted_and_suspended_agreements_are_not_in_force() -> None:
    assert agreements_in_force(small_registers(), NOVEMBER) == {
        "interact-home-health",
        "safeguarding-enquiry",
        "income-debt-advice",
        "duty-to-refer",
    }


def test_an_agreement_begins_with_its_first_day() -> None:
    home = small_registers().agreements["interact-home-health"]
    begins = datetime(2026, 4, 30, 23, tzinfo=UTC)  # midnight in British Summer Time
    assert home.begins == begins
    assert not home.in_force(begins - SECOND)
    assert home.in_force(begins)


def test_an_agreement_ends_when_its_last_day_ends_in_the_united_kingdom() -> None:
    ended = small_registers().agreements["low-level-support-2024"]
    end = datetime(2026, 4, 30, 23, tzinfo=UTC)
    assert ended.ends == end
    assert ended.in_force(end - SECOND)
    assert not ended.in_force(end)


def test_a_standing_agreement_has_no_end() -> None:
    enquiry = small_registers().agreements["safeguarding-enquiry"]
    assert enquiry.ends is None
    assert enquiry.in_force(datetime(2099, 1, 1, tzinfo=UTC))


def test_one_that_winds_down_holds_and_counts_what_was_given_before() -> None:
    advice = small_registers().agreements["income-debt-advice"]
    since = datetime(2026, 9, 30, 23, tzinfo=UTC)
    assert advice.in_force(since)
    assert advice.precedes_winding_down(since - SECOND)
    assert not advice.precedes_winding_down(since)
    assert not small_registers().agreements["interact-home-health"].precedes_winding_down(since)


def test_only_active_agreements_and_those_that_wind_down_let_ask() -> None:
    assert {status for status in Status if status.lets_ask} == {Status.ACTIVE, Status.WINDING_DOWN}


@pytest.mark.parametrize(
    "registers", [small_registers(), load_registers(POLICIES)], ids=["small", "the partners'"]
)
def test_what_is_in_force_changes_only_at_the_moments_that_were_told(registers: Registers) -> None:
    moment: datetime | None = datetime(2020, 1, 1, tzinfo=UTC)
    moments = []
    while moment is not None:
        moments.append(moment)
        moment = next_change(registers, moment)
    told = [agreements_in_force(registers, moment) for moment in moments]
    assert all(one != other for one, other in pairwise(told))
    for before, after, at in zip(told, told[1:], moments[1:], strict=False):
        assert agreements_in_force(registers, at - SECOND) == before
        assert agreements_in_force(registers, at) == after
    assert told[0] == frozenset()
    standing = {one.id for one in registers.agreements.values() if one.status.lets_ask and one.ends is None}
    assert told[-1] == standing


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


@pytest.mark.parametrize(
    ("source", "label", "counts"),
    [
        ("norwich-city-council", Label.UNRESTRICTED, True),  # it keeps labels
        ("harbour-charity", Label.UNRESTRICTED, False),
        ("atlantis", Label.UNRESTRICTED, False),
        ("harbour-charity", Label.RESTRICTED, True),
        ("atlantis", Label.REDACTED, True),
    ],
)
def test_only_who_keeps_labels_may_say_that_nothing_is_to_be_hidden(
    source: str, label: Label, counts: bool
) -> None:
    assert small_registers().believed(source, label) is (label if counts else None)


def test_who_says_nothing_of_a_label_is_believed_to_say_nothing() -> None:
    assert small_registers().believed("norwich-city-council", None) is None
