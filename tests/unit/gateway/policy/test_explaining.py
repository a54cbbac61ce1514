from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from core.errors import ClosedError
from core.sections import policies_folder
from core.vocabulary import Label
from gateway.api.explain import explain
from gateway.policy.explaining import (
    NEIGHBOURS_MAXIMUM,
    Hypothesis,
    Policy,
    neighbours,
    question_of,
    resumed,
    without,
)
from gateway.policy.port import Asker, Decision, PolicyEngine, Question
from gateway.policy.register_values import Registers, agreements_in_force
from gateway.policy.wasm import open_engine
from tests.support.walk import compiled_policy, registers

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ADDRESSES = {"address", "postcode", "uprn"}


def asking(organisation: str, role: str | None, purpose: str, **more: Any) -> Hypothesis:
    asker = Asker(
        organisation,
        "app",
        role,
        frozenset({"views", "checks", "break-glass"}),
        strong=more.pop("strong", False),
    )
    return Hypothesis(asker, purpose, **more)


TRIAGER = asking("norfolk-county-council", "triager", "early-help-triage")
ADVISER = asking("harbour-charity", "adviser", "food-fuel-help")


def policy(at: datetime = NOW, suspended: frozenset[str] = frozenset()) -> Policy:
    return Policy(registers(), agreements_in_force(registers(), at), suspended, at)


async def no_supposing() -> PolicyEngine:
    raise AssertionError("nothing is suspended here")


async def supposing() -> PolicyEngine:
    return open_engine(policies_folder(), resumed(registers()))


async def told(asked: Hypothesis, given: Policy | None = None) -> dict[str, Any]:
    return await explain(compiled_policy(), supposing, asked, given or policy())


def changes(answer: dict[str, Any], change: str) -> dict[str, dict[str, Any]]:
    return {one["to"]: one for one in answer["changes"] if one["change"] == change}


def sections_of(answer: dict[str, Any], source: str) -> dict[str, set[str]]:
    return {one["section"]: set(one["fields"]) for one in answer["would_show"] if one["source"] == source}


async def test_what_would_be_shown_is_told_with_its_agreement_and_clause() -> None:
    answer = await told(TRIAGER)
    assert answer["refused"] is None
    council = [one for one in answer["would_show"] if one["source"] == "norwich-city-council"]
    assert {one["section"] for one in council} >= {"contact", "tenancy", "debts"}
    assert {(one["basis"]["agreement"], one["basis"]["clause"]) for one in council} == {
        ("early-help-triage", "3.2")
    }


async def test_without_permission_nothing_is_shown_and_the_permissions_clause_says_what_would_change_that() -> (
    None
):
    answer = await told(replace(TRIAGER, allowed=False))
    assert answer["would_show"] == []
    change = changes(answer, "permission")["everything"]
    assert change["clauses"] == [{"agreement": "early-help-triage", "clause": "4"}]
    assert change["gains"]["norwich-city-council"]["debts"] == ["arrears_band"]
    assert change["loses"] == {}
    assert not change["lifts_refusal"]


async def test_a_label_takes_the_places_away_and_says_which() -> None:
    answer = await told(replace(TRIAGER, label=Label.VERY_RESTRICTED))
    assert not set.union(*sections_of(answer, "norwich-city-council").values()) & ADDRESSES
    gained = changes(answer, "label")["U"]["gains"]["norwich-city-council"]
    assert set(gained["contact"]) == ADDRESSES
    lost = changes(await told(TRIAGER), "label")["R"]["loses"]["norwich-city-council"]
    assert lost == gained


async def test_each_other_role_is_told_with_what_it_would_gain_or_lose() -> None:
    asked = asking("age-well-norfolk", "volunteer", "interact-home-health")
    change = changes(await told(asked), "role")["social-prescriber"]
    assert change["clauses"][0]["agreement"] == "interact-home-health"
    assert "health-summary" in change["gains"]["wensum-valley-practice"]
    back = changes(await told(asking("age-well-norfolk", "social-prescriber", asked.purpose)), "role")
    assert back["volunteer"]["loses"] == change["gains"]


async def test_a_role_that_may_not_ask_is_told_which_may() -> None:
    answer = await told(replace(TRIAGER, asker=replace(TRIAGER.asker, role="housing-officer")))
    assert answer["refused"]["code"] == "role-not-permitted"
    assert answer["refused"]["clause"] == "3.4"
    lifted = changes(answer, "role")
    assert {"triager", "social-worker"} <= lifted.keys()
    assert all(one["lifts_refusal"] for one in lifted.values())


async def test_a_suspended_agreement_is_told_with_its_clause_and_what_it_would_show() -> None:
    answer = await told(ADVISER)
    assert answer["refused"]["code"] == "agreement-suspended"
    change = changes(answer, "agreement")["food-fuel-help"]
    assert change["because"] == "suspended"
    assert change["clauses"] == [{"agreement": "food-fuel-help", "clause": "6.1"}]
    assert change["lifts_refusal"]
    assert change["gains"]["norwich-city-council"]["home-condition"] == ["heating"]


async def test_an_agreement_suspended_at_run_time_needs_no_second_engine() -> None:
    given = policy(suspended=frozenset({"early-help-triage"}))
    answer = await explain(compiled_policy(), no_supposing, TRIAGER, given)
    assert answer["refused"]["code"] == "agreement-suspended"
    assert changes(answer, "agreement")["early-help-triage"]["lifts_refusal"]


async def test_an_ended_agreement_is_told_with_its_ending_and_its_renewal() -> None:
    answer = await told(asking("norfolk-advice", "adviser", "interact-home-health"))
    assert answer["refused"]["code"] == "agreement-ended"
    change = changes(answer, "agreement")["interact-home-health-2024"]
    ending = registers().agreements["interact-home-health-2024"].clauses["ending"]
    assert change["because"] == "ended"
    assert change["clauses"] == [{"agreement": "interact-home-health-2024", "clause": ending}]
    assert change["renewal"] == "interact-home-health-2026"
    assert change["gains"]


async def test_an_agreement_that_has_not_begun_is_told() -> None:
    before = datetime(2025, 12, 1, 12, tzinfo=UTC)
    answer = await told(TRIAGER, policy(before))
    assert changes(answer, "agreement")["early-help-triage"]["because"] == "not-begun"


async def test_what_is_wound_down_counts_only_what_was_allowed_before() -> None:
    asked = asking("steadfast-support", "floating-support-worker", "low-level-support")
    answer = await told(asked)
    assert answer["would_show"] == []
    change = changes(answer, "permission")["everything-before-the-winding-down"]
    assert change["clauses"] == [{"agreement": "low-level-support-steadfast", "clause": "11.1"}]
    assert change["gains"]


async def test_an_emergency_tells_that_a_stronger_sign_in_is_needed_and_what_follows() -> None:
    asked = asking("norwich-acute-hospital", "ae-nurse", "break-glass-emergency", emergency="life-at-risk")
    answer = await told(asked)
    assert answer["refused"]["code"] == "step-up-needed"
    assert changes(answer, "sign-in")["step-up"]["lifts_refusal"]
    strong = await told(replace(asked, asker=replace(asked.asker, strong=True), allowed=False))
    assert {one["code"] for one in strong["obligations"]} >= {"notify", "review", "watermark", "expires"}


async def test_nobody_is_led_to_an_emergency() -> None:
    worker = asking("norfolk-county-council", "social-worker", "early-help-triage", strong=True)
    purposes = changes(await told(worker), "purpose")
    assert purposes
    assert "break-glass-emergency" not in purposes


async def test_a_check_is_explained_like_a_view() -> None:
    asked = asking("fenland-homes", "housing-officer", "tenancy-check", check="tenancy-current")
    answer = await told(asked)
    assert answer["refused"] is None
    assert {(one["section"], *one["fields"]) for one in answer["would_show"]} == {("tenancy", "status")}
    unknown = await told(replace(asked, check="made-up"))
    assert unknown["refused"]["code"] == "check-not-agreed"


async def test_a_purpose_that_nobody_knows_is_refused_and_changes_nothing_else_but_the_purpose() -> None:
    answer = await told(replace(TRIAGER, purpose="made-up"))
    assert answer["refused"]["code"] == "purpose-unknown"
    assert {one["change"] for one in answer["changes"]} == {"purpose"}


@pytest.mark.parametrize("hidden", ["willow-refuge", "clearwater-recovery"])
@pytest.mark.parametrize("allowed", [True, False])
async def test_a_hidden_source_is_as_one_that_nobody_knows(hidden: str, allowed: bool) -> None:
    hub = asking("norwich-help-hub", "hub-triager", "early-help-triage", allowed=allowed)
    known = frozenset({"norwich-city-council"})
    nobody = await told(replace(hub, known_at=known | {"no-such-organisation"}))
    assert await told(replace(hub, known_at=known | {hidden})) == nobody
    assert hidden not in str(await told(hub))


async def test_only_who_would_know_the_person_is_asked() -> None:
    answer = await told(replace(TRIAGER, known_at=frozenset({"harbour-charity"})))
    assert {one["source"] for one in answer["would_show"]} == {"harbour-charity"}


def test_every_question_is_about_the_callers_own_organisation_and_nobody_real() -> None:
    for one in neighbours(TRIAGER, policy()):
        assert one.question.asker.organisation == TRIAGER.asker.organisation
        assert all(permission.id == "hypothetical" for permission in one.question.subject.permissions)


def test_the_neighbours_are_bounded() -> None:
    known = registers()
    agreement = known.agreements["early-help-triage"]
    terms = agreement.recipients[0]
    many = {f"role-{number}": terms.roles["triager"] for number in range(200)}
    crowded = replace(agreement, recipients=(replace(terms, roles={**terms.roles, **many}),))
    edited = replace(known, agreements={**known.agreements, agreement.id: crowded})
    given = Policy(edited, agreements_in_force(edited, NOW), frozenset(), NOW)
    assert len(neighbours(TRIAGER, given)) == NEIGHBOURS_MAXIMUM


def test_an_agreement_that_would_contradict_one_in_force_is_not_supposed() -> None:
    known = registers()
    twin = replace(
        known.agreements["early-help-triage"], id="twin", valid_until=datetime(2026, 6, 1, tzinfo=UTC).date()
    )
    edited = replace(known, agreements={**known.agreements, "twin": twin})
    given = Policy(edited, agreements_in_force(edited, NOW), frozenset(), NOW)
    assert "twin" not in {one.to for one in neighbours(TRIAGER, given)}


class Doubtful:
    """Decides the first question and no other."""

    revision = "doubtful"

    def __init__(self, fails_from: int) -> None:
        self.left = fails_from

    async def decide(self, question: Question) -> Decision:
        self.left -= 1
        if self.left < 0:
            raise ClosedError("policy engine", "made to fail by a test")
        return await compiled_policy().decide(question)


async def test_a_doubt_about_what_was_asked_closes_and_one_about_a_neighbour_leaves_it_out() -> None:
    with pytest.raises(ClosedError):
        await explain(Doubtful(0), no_supposing, TRIAGER, policy())
    answer = await explain(Doubtful(1), no_supposing, TRIAGER, policy())
    assert answer["would_show"]
    assert answer["changes"] == []


def test_registers_supposed_to_resume_differ_in_nothing_but_the_suspension() -> None:
    supposed: Registers = resumed(registers())
    changed = {name for name, one in supposed.agreements.items() if one != registers().agreements[name]}
    assert changed == {"food-fuel-help"}


def test_what_is_the_same_is_no_difference() -> None:
    shown = {"a": {"b": frozenset({"c"})}}
    assert without(shown, shown) == {}
    assert question_of(TRIAGER, policy()).agreements == policy().in_force
