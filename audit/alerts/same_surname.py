"""A practitioner looked at somebody of their own family name: perhaps family.

Very many people are called Smith, Khan or Kaur; for them the name alone says nothing, and asking each of them again and
again would be unfair. A common name counts only together with something else that is unusual about the look.
"""

from __future__ import annotations

from audit.alerts.facts import Alert, LookFacts, Rule


def judge(facts: LookFacts) -> Alert | None:
    """Not where the whole name is the same: then it is `own_record`'s."""
    if not (facts.shown and facts.same_surname) or facts.own_record or facts.same_name:
        return None
    out_of_the_blue = not facts.allowed and facts.days_since is None
    if facts.common_surname and not (facts.unsocial or out_of_the_blue):
        return None
    return Alert(Rule.SAME_SURNAME)
