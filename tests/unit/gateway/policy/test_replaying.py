from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from core.errors import ClosedError
from core.vocabulary import Label
from gateway.policy.port import Asker, Decision, Permission, Question, Refusal, SourcePermit, Subject
from gateway.policy.replaying import HIDDEN, UNKNOWN, Difference, Line, again, decided, difference
from tests.support.walk import compiled_policy, policy_over, registers

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
POLICY = policy_over(registers(), compiled_policy())
QUESTION = Question(
    asker=Asker("norfolk-county-council", "app", "triager", frozenset({"views"})),
    purpose="early-help-triage",
    sections=None,
    agreements=frozenset({"whatever was in force then"}),
    subject=Subject(Label.UNRESTRICTED, frozenset({"norwich-city-council"}), ()),
    suspended=frozenset({"help-hub"}),
)


def answer(*permits: SourcePermit, **more: object) -> Decision:
    return replace(Decision("revision", None, permits), **more)  # type: ignore[arg-type] # single members


def permit(source: str = "norwich-city-council", *fields: str, under: str = "one") -> SourcePermit:
    return SourcePermit(source, {"debts": frozenset(fields)}, {"agreement": under})


def told(
    before: Decision | None, after: Decision | None, question: Question = QUESTION
) -> set[tuple[str, ...]]:
    return {
        (line.what, line.detail, line.source or "", line.agreement or "")
        for line in difference(question, before, after, registers())
    }


def test_the_question_is_put_as_it_would_have_been_at_that_time() -> None:
    question = again(QUESTION, POLICY, AT, {})
    assert "early-help-triage" in question.agreements
    assert "whatever was in force then" not in question.agreements
    assert question.suspended == {"help-hub"}
    assert question.sections is None
    before = again(QUESTION, POLICY, datetime(2025, 1, 1, tzinfo=UTC), {})
    assert "early-help-triage" not in before.agreements


def test_a_check_reads_what_the_policys_own_register_says() -> None:
    asked = replace(QUESTION, check="tenancy-current", sections=frozenset({"debts"}))
    assert again(asked, POLICY, AT, {}).sections == frozenset({"tenancy"})
    unknown = replace(asked, check="of another register")
    assert again(unknown, POLICY, AT, {}).sections == frozenset({"debts"})


def test_whether_a_permission_precedes_a_winding_down_is_worked_out_anew_where_its_day_is_known() -> None:
    none: frozenset[str] = frozenset()
    given = Permission("p1", "confidentiality_consent", none, {}, none, none, frozenset({"kept"}))
    question = replace(QUESTION, subject=replace(QUESTION.subject, permissions=(given,)))
    (unknown,) = again(question, POLICY, AT, {}).subject.permissions
    assert unknown.precedes == {"kept"}
    early = {"p1": datetime(2026, 1, 1, tzinfo=UTC)}
    (known,) = again(question, POLICY, AT, early).subject.permissions
    assert known.precedes == {"low-level-support-steadfast"}


def test_what_is_the_same_is_no_difference() -> None:
    assert told(answer(permit()), answer(permit())) == set()
    refusal = Refusal("no-agreement", "in these words", None)
    assert told(answer(refusal=refusal), answer(refusal=replace(refusal, detail="in others"))) == set()


def test_fields_are_gained_lost_and_moved() -> None:
    source = "norwich-city-council"
    before = answer(permit(source, "arrears_band", "repayment_plan"))
    after = answer(permit(source, "arrears_band", "debt_advice", under="two"))
    assert told(before, after) == {
        ("moves", "debts.arrears_band: one -> two", source, "two"),
        ("gains", "debts.debt_advice", source, "two"),
        ("loses", "debts.repayment_plan", source, "one"),
    }


def test_a_hidden_source_is_never_named() -> None:
    assert told(answer(), answer(permit("willow-refuge", "x"))) == {("gains", "debts.x", HIDDEN, "one")}
    assert told(answer(permit("gone", "x")), answer()) == {("loses", "debts.x", "gone", "one")}


def test_obligations_and_labels_count_where_both_answer() -> None:
    review = {"code": "review", "hours": 72, "by": ["a"]}
    before = answer(obligations=(review, {"code": "notify"}), permitted_labels=frozenset({"R"}))
    after = answer(obligations=({**review, "hours": 24}, {"code": "watermark"}))
    assert {detail for what, detail, *_ in told(before, after) if what == "must"} == {
        "review 24",
        "watermark",
        "no longer review 72",
        "no longer notify",
        "no longer show fragments labelled R",
    }
    refused = answer(refusal=Refusal("no-agreement", "", None))
    assert told(before, refused) == {("refused", "answered -> no-agreement", "", "")}


def test_whose_officers_review_is_no_difference_of_its_own() -> None:
    review = {"code": "review", "hours": 72, "by": ["a"]}
    assert told(answer(obligations=(review,)), answer(obligations=({**review, "by": ["a", "b"]},))) == set()


def test_texts_that_a_caller_made_up_are_not_printed() -> None:
    asker = replace(QUESTION.asker, role="my own words")
    question = replace(QUESTION, asker=asker, purpose="my own words too")
    (line,) = difference(question, answer(), None, registers())
    assert (line.role, line.purpose) == (UNKNOWN, UNKNOWN)
    assert line.detail == "answered -> undecided"
    alone = replace(QUESTION, asker=replace(asker, role=None))
    (line,) = difference(alone, answer(), None, registers())
    assert line.role is None


async def test_where_a_policy_cannot_decide_nothing_is_shown() -> None:
    class Doubtful:
        revision = "doubtful"

        async def decide(self, question: Question) -> Decision:
            raise ClosedError("policy engine", "made to fail by a test")

    assert await decided(QUESTION, policy_over(registers(), Doubtful())) is None
    assert await decided(QUESTION, POLICY) is not None


def test_differences_are_counted_by_decision_and_told_in_order() -> None:
    found = Difference()
    first = Line("a", None, "p", "loses", "x", None, "f")
    second = replace(first, organisation="b")
    found.add(frozenset({first, second}))
    found.add(frozenset({first}))
    found.add(frozenset())
    assert (found.decisions, found.changed) == (3, 2)
    assert found.sorted() == ((first, 2), (second, 1))
