"""POST /v1/policy/explain: what would be answered about a person who is made up, and what would change it.

Nothing of it is written into the log: the log tells people who looked at them, and here nobody is looked at, no record is
read, and no handle is taken. All that comes out follows from agreements to which the caller's organisation is a party and
from the public registers. A request that does not fit is written down like every other known caller's fault
(`gateway.edge`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from core.errors import ClosedError
from core.vocabulary import Label
from gateway.api.body import body_of, read_body
from gateway.api.documents import BODY_PROBLEMS, problems
from gateway.api.explain_models import ExplainAnswer, ExplainRequest
from gateway.identity.caller import require_scope
from gateway.policy.explaining import (
    Hypothesis,
    Neighbour,
    Policy,
    Shown,
    Told,
    explained,
    neighbours,
    question_of,
    resumed,
)
from gateway.policy.live import Policy as InForce
from gateway.policy.port import Asker, Decision, PolicyEngine
from gateway.views.minimise import basis_of
from gateway.views.pipeline import Parts, asker_of, in_charge


class Supposing:
    """Engines for registers in which no agreement is suspended: made when first needed, and again for a new policy."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._of: InForce | None = None
        self._engine: PolicyEngine | None = None

    async def engine(self, policy: InForce) -> PolicyEngine:
        """The engine over the registers of this policy, had it suspended nothing."""
        async with self._lock:
            if self._engine is None or self._of is not policy:
                self._engine = await asyncio.to_thread(policy.suppose, resumed(policy.registers))
                self._of = policy
            return self._engine


def build_router(parts: Callable[[], Parts]) -> APIRouter:
    """The endpoint over the pipeline's parts, which are first asked for by a request."""
    router = APIRouter(prefix="/v1", tags=["policy"])
    supposing = Supposing()

    @router.post(
        "/policy/explain",
        summary="What would be answered, and what would change it",
        response_model=ExplainAnswer,
        response_description="What would be answered about such a person.",
        responses=problems(*BODY_PROBLEMS),
        openapi_extra=body_of(ExplainRequest),
        operation_id="explainPolicy",
    )
    async def explain_policy(request: Request) -> Response:
        """Ask as your own organisation about a person who is made up; nobody's record is looked at, and nobody is told.

        `changes` holds what would change the answer: another role of yours, another purpose, a permission, a label, an
        agreement that is suspended, over or not begun, each with its clause and with the fields to be gained or lost.
        """
        body = await read_body(request, ExplainRequest)
        given = parts()
        caller = await given.verifier.verify(request.headers.getlist("authorization"))
        require_scope(caller, "views")
        authority = await in_charge(given)
        policy, now = authority.policy, given.clock.now()
        answer = await explain(
            policy.engine,
            partial(supposing.engine, policy),
            _hypothesis(body, asker_of(caller, now)),
            Policy(policy.registers, policy.calendar.in_force(now), authority.suspended, now),
        )
        return Response(orjson.dumps(answer), media_type="application/json")

    return router


async def explain(
    engine: PolicyEngine,
    supposing: Callable[[], Awaitable[PolicyEngine]],
    asked: Hypothesis,
    policy: Policy,
) -> dict[str, Any]:
    """The answer as the contract writes it. Raises `ClosedError` where the policy cannot decide what was asked."""
    decision = await engine.decide(question_of(asked, policy))
    decided = []
    for neighbour in neighbours(asked, policy):
        asking = await supposing() if neighbour.supposes else engine
        try:
            decided.append((neighbour, await asking.decide(neighbour.question)))
        except ClosedError:
            # The engine did answer what was asked; a neighbour of it that agreements contradict is nothing to tell of.
            continue
        # Some dozens of decisions must not hold up the requests of others.
        await asyncio.sleep(0)
    return _document(decision, explained(decision, decided))


def _hypothesis(body: ExplainRequest, asker: Asker) -> Hypothesis:
    person = body.person
    return Hypothesis(
        asker=asker if body.role is None else replace(asker, role=body.role),
        purpose=body.purpose,
        sections=None if body.sections is None else frozenset(body.sections),
        check=body.check,
        emergency=body.emergency,
        hold_back=body.hold_back,
        label=Label(person.label),
        known_at=None if isinstance(person.known_at, str) else frozenset(person.known_at),
        allowed=person.allowed == "everything",
    )


def _document(decision: Decision, told: Sequence[Told]) -> dict[str, Any]:
    refusal = decision.refusal
    return {
        "refused": None
        if refusal is None
        else {"code": refusal.code, "detail": refusal.detail, "clause": refusal.clause},
        "would_show": [
            {
                "source": permit.source,
                "section": section,
                "fields": sorted(fields),
                "basis": dict(basis_of(permit.basis, section)),
            }
            for permit in decision.permits
            for section, fields in sorted(permit.sections.items())
        ],
        "obligations": [dict(one) for one in decision.obligations],
        "changes": [_change(one.neighbour, one) for one in told],
    }


def _change(neighbour: Neighbour, told: Told) -> dict[str, Any]:
    return {
        "change": neighbour.change,
        "to": neighbour.to,
        "clauses": [{"agreement": one.agreement, "clause": one.clause} for one in neighbour.clauses],
        "because": neighbour.because,
        "renewal": neighbour.renewal,
        "lifts_refusal": told.lifts_refusal,
        "gains": _fields(told.gains),
        "loses": _fields(told.loses),
    }


def _fields(shown: Shown) -> dict[str, dict[str, list[str]]]:
    return {
        source: {section: sorted(fields) for section, fields in sorted(sections.items())}
        for source, sections in sorted(shown.items())
    }
