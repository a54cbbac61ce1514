"""The terms of W3C's Data Privacy Vocabulary (DPV 2.3) that receipts use. A test holds each to the published vocabulary.

UK GDPR numbers its articles as the EU's does, so the EU module's terms name them; which law applies is said beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.vocabulary import Kind

DPV: Final = "https://w3id.org/dpv#"
GDPR: Final = "https://w3id.org/dpv/legal/eu/gdpr#"
GB: Final = "https://w3id.org/dpv/legal/gb#"

CONSENT_RECORD: Final = DPV + "ConsentRecord"
SERVICE_PROVISION: Final = DPV + "ServiceProvision"
"""What every purpose of the register is one of: a service to the person. The register's own code says which."""

PERSONAL_DATA: Final = DPV + "PersonalData"
SPECIAL_CATEGORY: Final = DPV + "SpecialCategoryPersonalData"
USE: Final = DPV + "Use"
TRANSFER: Final = DPV + "Transfer"
WITHDRAW: Final = DPV + "WithdrawConsent"
LEGAL_BASIS: Final = DPV + "LegalBasis"
CONSENT: Final = DPV + "Consent"
EXPLICIT_CONSENT: Final = GDPR + "A6-1-a-explicit-consent"

APPLICABLE_LAWS: Final = (GB + "law-GDPR", GB + "law-DPA")
RIGHTS: Final = tuple(GDPR + name for name in ("A7-3", "A15", "A16", "A17", "A18", "A20", "A21", "A77"))
"""To withdraw, of access, to have it put right, erased or restricted, to take it along, to object, to complain."""

_ARTICLES: Final[Mapping[str, str]] = {
    **{f"6(1)({point})": f"{GDPR}A6-1-{point}" for point in "abcdef"},
    **{f"9(2)({point})": f"{GDPR}A9-2-{point}" for point in "abcdefghij"},
}

_STATES: Final[Mapping[tuple[Kind, bool], str]] = {
    (Kind.OBJECTION, True): "PublicInterestObjected",
    (Kind.OBJECTION, False): "PublicInterestOngoing",
    (Kind.DISSENT, True): "ConsentRefused",
    (Kind.DISSENT, False): "ConsentUnknown",
}

_EXPRESSED: Final[Mapping[str, str]] = {
    "portal": "ExplicitlyExpressedConsent",
    "representative": "ExplicitlyExpressedConsent",
    "assisted": "ExpressedConsent",
}


def article(point: str) -> str:
    """The term of a point of Article 6 or a condition of Article 9, e.g. `6(1)(e)`; the general one for any other."""
    return _ARTICLES.get(point, LEGAL_BASIS)


def state(kind: Kind, *, given: bool) -> str:
    """What a decision of that kind made of it: given, or taken back."""
    found = _STATES.get((kind, given))
    return DPV + (found or ("ConsentGiven" if given else "ConsentWithdrawn"))


def expressed(how: str) -> str:
    """How the decision was expressed, from the ledger's word for it; what we cannot vouch for is consent and no more."""
    return DPV + _EXPRESSED.get(how, "Consent")


def all_terms() -> frozenset[str]:
    """Every term that a receipt may hold."""
    fixed = {
        CONSENT_RECORD, SERVICE_PROVISION, PERSONAL_DATA, SPECIAL_CATEGORY, USE, TRANSFER, WITHDRAW, LEGAL_BASIS, CONSENT,
        EXPLICIT_CONSENT, *APPLICABLE_LAWS, *RIGHTS,
    }  # fmt: skip
    states = {state(kind, given=given) for kind in Kind for given in (True, False)}
    ways = {expressed(how) for how in (*_EXPRESSED, "imported")}
    return frozenset(fixed | states | ways | set(_ARTICLES.values()))
