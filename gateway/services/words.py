"""The registers' codes in the words that people read; the codes themselves stay in the officer's details."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.pages.telling import to_tell, to_tell_many
from core.vocabulary import PermissionRule
from gateway.policy.register_values import Agreement, Registers

UNKNOWN = to_tell("An organisation that is no longer in the register")

NO_LONGER = to_tell("A reason that is no longer in the register")


def seen_words(witnesses: int) -> str:
    """How many witnesses have seen the log with an entry in it, as a further sentence; none is not worth a word."""
    return f" {seen_by(witnesses)}" if witnesses else ""


def seen_by(witnesses: int) -> str:
    """The same as a sentence of its own, which can be told in another language; `witnesses` is at least 1."""
    return to_tell_many(
        "One witness outside this service has seen the log that holds it.",
        "%(num)s witnesses outside this service have seen the log that holds it.",
        witnesses,
    )


@dataclass(frozen=True, slots=True)
class Wording:
    """Titles from the registers. A code that a register no longer holds is said to be so, never shown as a code."""

    registers: Registers

    def organisation(self, code: str | None) -> str:
        """An organisation's name."""
        found = self.registers.organisations.get(code or "")
        return UNKNOWN if found is None else found.title

    def purpose(self, code: str | None) -> str:
        """A purpose's title; empty where there is none."""
        found = self.registers.purposes.get(code or "")
        return "" if found is None else found.title

    def role(self, code: str | None) -> str:
        """A role's title; empty where there is none."""
        found = self.registers.roles.get(code or "")
        return "" if found is None else found.title

    def emergency(self, purpose: str | None, reason: str) -> str:
        """Why somebody looked in an emergency; empty where there was none."""
        found = self.registers.purposes.get(purpose or "")
        known = {} if found is None or found.emergency is None else found.emergency.reasons
        return known.get(reason, NO_LONGER) if reason else ""

    def hold_back(self, purpose: str | None, reason: str) -> str:
        """Why the person is not told yet."""
        found = self.registers.purposes.get(purpose or "")
        known = {} if found is None or found.hold_back is None else found.hold_back.reasons
        return known.get(reason, NO_LONGER)

    def sections(self, codes: Iterable[str]) -> tuple[str, ...]:
        """The titles of sections, sorted."""
        known = self.registers.sections
        return tuple(sorted(known[code].title for code in codes if code in known))

    def fields(self, section: str, names: Iterable[str]) -> tuple[str, ...]:
        """The titles of a section's fields, sorted."""
        titles = self.registers.sections[section].titles
        return tuple(sorted(titles[name] for name in names if name in titles))

    def allowed_by(self, agreement: Agreement | None) -> str:
        """What let a look happen, for the person it was about."""
        if agreement is None or agreement.permission_rule is PermissionRule.PERMISSION:
            return to_tell("you")
        return to_tell("the law: %(reason)s", reason=agreement.rule_reason or agreement.title)
