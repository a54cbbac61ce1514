"""What an identity provider says about whoever signed in, in our words. Pure.

Claims of NHS login (`vot`, `identity_proofing_level`, `nhs_number`), GOV.UK One Login (`vot` of another scale) and of the
organisations' own providers (`organisation`, `role`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from nhs_number.validate import is_valid

from core.vocabulary import JsonObject
from gateway.signin.errors import IdTokenError

LEVELS: Final = ("P0", "P5", "P9")
"""NHS login's levels of identity proofing, rising. Any other scale proves nothing here and counts as P0."""

NAME_MAXIMUM: Final = 200

_SUBJECT: Final = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
_CODE: Final = re.compile(r"[a-z][a-z0-9-]{0,62}", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whoever signed in, as the identity provider vouches for them.

    subject: the provider's own id for them. name: to show; empty where it tells none. nhs_number: ten digits with a valid
    check digit, only from P5 upwards. proofing: P0, P5 or P9. organisation, role: codes, for officers.
    acr: the authentication context class, as sent.
    """

    subject: str
    name: str = field(repr=False)
    nhs_number: str | None = field(repr=False)
    proofing: str
    organisation: str | None
    role: str | None
    acr: str | None


def signed_in(claims: JsonObject) -> SignedIn:
    """The claims of a verified ID token as `SignedIn`, or `IdTokenError` for a subject that is none."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise IdTokenError("sub is not 1 to 255 printable ASCII characters")
    proofing = _proofing(claims)
    return SignedIn(
        subject=subject,
        name=_name(claims),
        nhs_number=None if proofing == "P0" else _nhs_number(claims),
        proofing=proofing,
        organisation=_code(claims, "organisation"),
        role=_code(claims, "role"),
        acr=_text(claims, "acr"),
    )


def _proofing(claims: JsonObject) -> str:
    """The level, from either claim; where both stand, the lower one, and P0 for what is not known here."""
    said = []
    if "identity_proofing_level" in claims:
        said.append(_level(claims["identity_proofing_level"]))
    if "vot" in claims:
        vector = claims["vot"]
        parts = vector.split(".") if isinstance(vector, str) else []
        # RFC 8485: components in any order; of several for proofing the lowest counts.
        said.append(min((_level(part) for part in parts if part.startswith("P")), default=0))
    return LEVELS[min(said, default=0)]


def _level(value: object) -> int:
    return LEVELS.index(value) if isinstance(value, str) and value in LEVELS else 0


def _nhs_number(claims: JsonObject) -> str | None:
    value = claims.get("nhs_number")
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{10}", value, re.ASCII):
        return None
    return value if is_valid(value) else None


def _name(claims: JsonObject) -> str:
    whole = _text(claims, "name")
    if whole is None:
        parts = (_text(claims, "given_name"), _text(claims, "family_name"))
        whole = " ".join(part for part in parts if part is not None)
    # A name is shown among our own words: nothing in it may turn or break them.
    return _CONTROL.sub("", whole).strip()[:NAME_MAXIMUM]


def _code(claims: JsonObject, name: str) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) and _CODE.fullmatch(value) else None


def _text(claims: JsonObject, name: str) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) and value else None
