from __future__ import annotations

import json
import re
from typing import get_args

import pytest

from core.errors import ClosedError, OnceToldError
from gateway.docs_pages.markdown import problems_markdown
from gateway.identity import errors as token_errors
from gateway.identity.errors import MissingTokenError, StepUp, StepUpError, TokenError
from gateway.people.locator import AmbiguousError
from gateway.people.trace import TraceError
from gateway.policy.port import Refusal
from gateway.problem_types import PROBLEM_TYPES
from gateway.problems import BadRequestError, FieldFault, NotFoundError, Problem, problem, problem_of
from gateway.views.values import RefusedError
from gateway.web import requests as web
from tests.support.contract import ROOT

CODE = re.compile(r"[a-z]+(-[a-z]+)*")


def document(error: OnceToldError) -> dict[str, object]:
    found: dict[str, object] = json.loads(bytes(problem_of(error).response("req_1").body))
    return found


def codes_in_the_code() -> set[str]:
    """Every code that some part of the gateway can put into a problem."""
    policy = (ROOT / "policies" / "rego" / "refusal.rego").read_text()
    refused = set(re.findall(r'"code": "([a-z-]+)"', policy))
    raised = set()
    for path in (ROOT / "gateway").rglob("*.py"):
        raised |= set(
            re.findall(r'(?:BadRequestError|\bRefusal|\bproblem)\(\s*"([a-z-]+)"', path.read_text())
        )
    tokens = {code.replace("_", "-") for code in get_args(token_errors.Code)}
    return refused | raised | tokens | set(get_args(web.Code)) | {"refused"}


def test_every_code_that_can_be_answered_is_a_type_and_every_type_can_be_answered() -> None:
    assert len(codes_in_the_code()) > 25
    assert codes_in_the_code() == set(PROBLEM_TYPES)


@pytest.mark.parametrize("code", PROBLEM_TYPES)
def test_a_type_says_what_happened_and_what_to_do(code: str) -> None:
    known = PROBLEM_TYPES[code]
    assert CODE.fullmatch(code)
    assert 400 <= known.status <= 503
    assert known.title
    assert not known.title.endswith(".")
    for sentence in (known.cause, known.remedy):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert sentence.count("`") % 2 == 0


def test_the_webs_own_refusals_say_the_same_as_their_types() -> None:
    refusals = [one for one in vars(web).values() if isinstance(one, web.Refusal)]
    refusals.append(web.body_too_large(10))
    assert {one.code for one in refusals} == set(get_args(web.Code))
    for one in refusals:
        assert (one.status, one.title) == (PROBLEM_TYPES[one.code].status, PROBLEM_TYPES[one.code].title)


def test_the_documentation_is_written_from_the_types() -> None:
    assert (ROOT / "docs" / "problems.md").read_text() == problems_markdown(), (
        "run: python -m gateway.docs_pages.markdown > docs/problems.md"
    )
    assert set(re.findall(r"^## (.+)$", problems_markdown(), re.MULTILINE)) == set(PROBLEM_TYPES)


def test_a_problem_document_has_the_members_of_rfc_9457_and_the_correlation_id() -> None:
    response = problem("not-found").response("req_1")
    assert response.media_type == "application/problem+json"
    assert response.status_code == 404
    assert json.loads(bytes(response.body)) == {
        "type": "/docs/problems#not-found",
        "title": "There is nothing here",
        "status": 404,
        "detail": "Check the path against /openapi.json.",
        "correlation_id": "req_1",
    }


def test_a_token_that_was_not_accepted_is_challenged() -> None:
    for error, status, code in (
        (TokenError("invalid_token", "Get another."), 401, "invalid-token"),
        (TokenError("invalid_request", "Send one."), 400, "invalid-request"),
        (TokenError("insufficient_scope", "Ask.", scope="views"), 403, "insufficient-scope"),
        (MissingTokenError(), 401, "invalid-token"),
    ):
        found = problem_of(error)
        assert (found.status, found.code, found.detail) == (status, code, error.detail)
        assert (
            'resource_metadata="/.well-known/oauth-protected-resource"' in found.headers["WWW-Authenticate"]
        )


def test_a_refusal_keeps_the_policys_words_and_clause() -> None:
    found = document(RefusedError(Refusal("no-agreement", "No agreement lets you.", "3.1")))
    assert (found["status"], found["detail"], found["clause"]) == (403, "No agreement lets you.", "3.1")
    assert "clause" not in document(RefusedError(Refusal("no-agreement", "No agreement lets you.", None)))


def test_whoever_has_to_sign_in_again_is_challenged_even_where_nobody_knows_how() -> None:
    known = StepUp(frozenset({"gold"}), 300)
    found = problem_of(StepUpError("Sign in again.", known))
    assert (found.status, found.code, found.detail) == (401, "step-up-needed", "Sign in again.")
    assert 'acr_values="gold", max_age="300"' in found.headers["WWW-Authenticate"]
    refused = problem_of(RefusedError(Refusal("step-up-needed", "Sign in again.", None)))
    assert (refused.status, refused.code) == (401, "step-up-needed")
    assert refused.headers["WWW-Authenticate"].startswith(
        'Bearer error="insufficient_user_authentication", error_description="Sign in again.", resource'
    )


def test_a_refusal_that_only_a_newer_policy_knows_is_still_a_refusal() -> None:
    found = document(RefusedError(Refusal("moon-phase", "Wait for the new moon.", None)))
    assert found["type"] == "/docs/problems#refused"
    assert found["detail"] == "Wait for the new moon."


def test_identifiers_are_told_in_sentences() -> None:
    assert problem_of(TraceError("check the ten digits")) == Problem(
        422, "identifiers-unusable", "These identifiers cannot be used", "Check the ten digits."
    )
    assert problem_of(AmbiguousError()).status == 409
    assert problem_of(AmbiguousError()).detail.startswith(
        "These identifiers were being registered by another"
    )


def test_faults_are_listed() -> None:
    error = BadRequestError("body-invalid", faults=(FieldFault("person", "Field required"),))
    assert document(error)["faults"] == [{"where": "person", "mend": "Field required"}]
    assert "faults" not in document(BadRequestError("media-type"))


def test_doubt_is_told_alike_whatever_is_in_doubt() -> None:
    first, second = problem_of(ClosedError("key store", "gone")), problem_of(ClosedError("clock", "jumped"))
    assert first == second
    assert (first.status, first.headers) == (503, {"Retry-After": "60"})


def test_what_has_no_answer_of_its_own_says_nothing_of_its_insides() -> None:
    found = document(OnceToldError("secret"))
    assert found["status"] == 500
    assert "secret" not in json.dumps(found)
    assert problem_of(NotFoundError()).status == 404
