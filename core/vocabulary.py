"""The words that every room shares, as types. Meanings: docs/architecture.md, "Words"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""A JSON value (RFC 8259) that nobody may change."""

JsonObject: TypeAlias = Mapping[str, Json]


class Label(StrEnum):
    """A person's confidentiality label, as the Personal Demographics Service writes it in `meta.security`.

    The order of strictness is U < R < V < REDACTED; `UNKNOWN` denies whatever `V` denies (an absent label is not
    an unrestricted one), and REDACTED means that the source has withdrawn the record altogether.
    """

    UNRESTRICTED = "U"
    RESTRICTED = "R"
    VERY_RESTRICTED = "V"
    REDACTED = "REDACTED"
    UNKNOWN = "unknown"

    @property
    def strictness(self) -> int:
        """How strict the label is; of several labels that arrive for one person the strictest holds."""
        return _STRICTNESS[self]

    @property
    def hides_location(self) -> bool:
        """Whether no source's location may be shown (everything but U)."""
        return self is not Label.UNRESTRICTED


_STRICTNESS = {
    Label.UNRESTRICTED: 0,
    Label.RESTRICTED: 1,
    Label.VERY_RESTRICTED: 2,
    Label.UNKNOWN: 2,
    Label.REDACTED: 3,
}


def strictest(labels: Sequence[Label]) -> Label:
    """The strictest of the labels; `UNKNOWN` where there is none at all."""
    return max(labels, key=lambda label: label.strictness, default=Label.UNKNOWN)


class PermissionRule(StrEnum):
    """What a purpose needs of the person under an agreement (uk.md, "The legal frame, as gates")."""

    PERMISSION = "permission"
    NO_OBJECTION = "no-objection"
    NONE = "none"


class Kind(StrEnum):
    """The kind of a permission or preference in the consent ledger.

    `CONFIDENTIALITY_CONSENT` sets a duty of confidence aside: what needs the person's permission opens under it.
    `REFERRAL_AGREEMENT` is the yes to being referred (Housing Act 1996 s.213B(3) for the duty to refer), and opens for the
    purposes it names. `GDPR_CONSENT` is consent to processing (UK GDPR Article 6(1)(a), 9(2)(a)): another law's yes, which
    opens nothing by itself, and can be taken back like any other (Article 7(3)). `OBJECTION` is a no to what needs no
    permission (Article 21), `DISSENT` a no to what was asked or allowed before; policy heeds the two alike, under every
    permission rule but `none`.
    """

    CONFIDENTIALITY_CONSENT = "confidentiality_consent"
    REFERRAL_AGREEMENT = "referral_agreement"
    GDPR_CONSENT = "gdpr_consent"
    OBJECTION = "objection"
    DISSENT = "dissent"

    @property
    def allows(self) -> bool:
        """Whether something can be seen because of it (`allowing_kinds` in policies/rego/permission.rego)."""
        return self in {Kind.CONFIDENTIALITY_CONSENT, Kind.REFERRAL_AGREEMENT}

    @property
    def refuses(self) -> bool:
        """Whether it takes away (`refusing_kinds` there)."""
        return self in {Kind.OBJECTION, Kind.DISSENT}
