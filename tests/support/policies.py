"""Policies for tests that decide nothing by them, or by an engine of their own."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import ClosedError
from gateway.policy.live import AgreementCalendar, Policy
from gateway.policy.port import Decision, Question
from gateway.policy.registers import Registers

NO_REGISTERS = Registers({}, {}, {}, {}, {})


@dataclass(frozen=True)
class Undecided:
    """An engine that decides nothing."""

    revision: str

    async def decide(self, question: Question) -> Decision:
        raise ClosedError("policy engine", "it decides nothing")


def undecided(revision: str = "r", number: int = 0, digest: str = "") -> Policy:
    """A policy of a revision, for what only asks which one it is."""
    return Policy(
        NO_REGISTERS, {}, Undecided(revision), AgreementCalendar(NO_REGISTERS), number=number, digest=digest
    )
