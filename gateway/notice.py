"""What is said to a person about a permission, as values: purposes, kinds of information and organisations in the registers'
words, and the agreements under which it counts. The log entry of each decision keeps it, so that its receipt can say for
ever what was said then (UK GDPR Article 7(1): whoever relies on it has to be able to show it).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from consent.permissions import Permission
from core.clock import Clock
from core.vocabulary import Json, JsonObject
from gateway.policy.register_values import Agreement, Registers, agreements_in_force


def saying(registers: Callable[[], Registers], clock: Clock) -> Callable[[Permission], JsonObject]:
    """What is said of a permission now, by the registers that decide then."""
    return lambda permission: said(registers(), permission, clock.now())


def said(registers: Registers, permission: Permission, at: datetime) -> dict[str, Json]:
    """The words about a permission at a moment. Pure.

    `purposes`: code -> title, plain_words, legal_text. `sections`: code -> title, and whether special category data are
    among the fields (UK GDPR Article 9). `organisations`: code -> name of recipients and sources, never of one that keeps
    secret whom it helps unless it is the recipient itself: a receipt on paper tells whoever finds it. `agreements`: id,
    version and the recipient's legal bases.
    """
    organisations = registers.organisations
    shown = permission.recipients | {
        one for one in permission.sources if one in organisations and not organisations[one].hidden
    }
    return {
        "purposes": {
            code: {"title": one.title, "plain_words": one.plain_words, "legal_text": one.legal_text}
            for code, one in sorted(registers.purposes.items())
            if code in permission.purposes
        },
        "sections": {
            code: {"title": one.title, "special": _special(one.sensitive, permission.sections[code])}
            for code, one in sorted(registers.sections.items())
            if code in permission.sections
        },
        "organisations": {code: one.title for code, one in sorted(organisations.items()) if code in shown},
        "agreements": [
            _terms(registers.agreements[name], permission)
            for name in sorted(agreements_in_force(registers, at))
            if _covers(registers.agreements[name], permission)
        ],
    }


def _special(sensitive: frozenset[str], fields: frozenset[str]) -> bool:
    return bool(sensitive) and ("*" in fields or bool(sensitive & fields))


def _covers(agreement: Agreement, permission: Permission) -> bool:
    recipients = {terms.organisation for terms in agreement.recipients}
    return bool(agreement.purposes & permission.purposes and recipients & permission.recipients)


def _terms(agreement: Agreement, permission: Permission) -> dict[str, Json]:
    bases = [one for one in agreement.article_6 if one.organisation in permission.recipients]
    return {
        "id": agreement.id,
        "version": agreement.version,
        "article_6": [{"point": one.point, "law": one.law} for one in bases],
        "article_9": []
        if agreement.article_9 is None
        else [{"condition": agreement.article_9.name, "law": agreement.article_9.law}],
    }
