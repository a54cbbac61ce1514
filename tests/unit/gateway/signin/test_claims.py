from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from core.vocabulary import Json
from gateway.signin.admission import admit
from gateway.signin.claims import SignedIn, signed_in
from gateway.signin.errors import IdTokenError, NotAdmittedError
from gateway.signin.kinds import Kind

RESIDENT: Mapping[str, Json] = {
    "sub": "s", "name": "Ada Example", "nhs_number": "9990000018", "identity_proofing_level": "P9", "vot": "P9.Cp.Cd",
}  # fmt: skip


def of(**claims: Json) -> SignedIn:
    return signed_in({name: value for name, value in {**RESIDENT, **claims}.items() if value is not None})


def test_a_resident_s_claims_are_read() -> None:
    assert of() == SignedIn("s", "Ada Example", "9990000018", "P9", None, None, None)


def test_an_officer_s_claims_are_read() -> None:
    found = signed_in({"sub": "o", "given_name": "Oli", "family_name": "Officer", "role": "officer",
                       "organisation": "harbour-charity", "acr": "AAL2"})  # fmt: skip
    assert found == SignedIn("o", "Oli Officer", None, "P0", "harbour-charity", "officer", "AAL2")


@pytest.mark.parametrize(
    ("level", "vot", "proofing"),
    [
        ("P9", "P9.Cp.Cd", "P9"), ("P5", "P5.Cp", "P5"), ("P9", None, "P9"), (None, "P9.Cp.Cd", "P9"),
        (None, "Cp.P5", "P5"), ("P9", "P5.Cp", "P5"), ("P5", "P9.Cp", "P5"), (None, None, "P0"), ("P0", "P0.Cp", "P0"),
        # One Login's scale says nothing on NHS login's, nor does anything made up.
        (None, "Cl.Cm.P2", "P0"), ("P2", None, "P0"), ("P99", None, "P0"), ("p9", None, "P0"), (9, None, "P0"),
        (["P9"], None, "P0"), (None, "Cp.Cd", "P0"), (None, ["P9.Cp"], "P0"), (None, "P9.P0", "P0"), (None, "", "P0"),
    ],
)  # fmt: skip
def test_the_level_of_proofing_is_the_lower_of_what_both_claims_say(
    level: Json, vot: Json, proofing: str
) -> None:
    assert of(identity_proofing_level=level, vot=vot).proofing == proofing


@pytest.mark.parametrize(
    "number", ["9990000019", "999000001", "999 000 0018", 9990000018, "٩٩٩٠٠٠٠٠١٨", "", None]
)
def test_an_nhs_number_that_cannot_be_one_is_none(number: Json) -> None:
    assert of(nhs_number=number).nhs_number is None


def test_nobody_has_an_nhs_number_without_proofing() -> None:
    assert of(identity_proofing_level="P0").nhs_number is None
    assert of(identity_proofing_level="P5", vot="P5.Cp").nhs_number == "9990000018"


@pytest.mark.parametrize("sub", [None, "", 7, "a b", "a\n", "ł", "x" * 256, ["s"]])
def test_a_subject_that_is_none_is_refused(sub: Json) -> None:
    with pytest.raises(IdTokenError):
        of(sub=sub)


def test_a_name_cannot_turn_or_break_our_words() -> None:
    assert of(name="Ada\u202egnilrebmA\n\x00 ").name == "AdagnilrebmA"
    assert len(of(name="a" * 5000).name) == 200
    assert of(name=None).name == ""
    assert of(name=["x"], given_name=7, family_name="Example").name == "Example"


@pytest.mark.parametrize(
    "code", ["Officer", "officer ", "officer,admin", ["officer"], "", "-officer", "x" * 64]
)
def test_a_role_or_organisation_that_is_no_code_is_none(code: Json) -> None:
    assert of(role=code).role is None
    assert of(organisation=code).organisation is None


def test_what_was_signed_in_does_not_show_in_logs() -> None:
    assert "Ada" not in repr(of())
    assert "999" not in repr(of())


@pytest.mark.parametrize("proofing", ["P0", "P5"])
def test_the_portal_needs_p9_and_says_what_to_do(proofing: str) -> None:
    with pytest.raises(NotAdmittedError, match="proofing-too-low") as caught:
        admit("portal", of(identity_proofing_level=proofing))
    assert "Prove who you are" in caught.value.words


def test_a_resident_at_p9_comes_into_the_portal() -> None:
    admit("portal", of())


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"role": None}, "not-an-officer"),
        ({"role": "housing-officer"}, "not-an-officer"),
        ({"organisation": None}, "no-organisation"),
    ],
)
def test_the_console_needs_an_officer_of_an_organisation(claims: dict[str, Json], reason: str) -> None:
    console: Kind = "console"
    good: dict[str, Json] = {"role": "officer", "organisation": "harbour-charity"}
    admit(console, of(**good))
    with pytest.raises(NotAdmittedError, match=reason) as caught:
        admit(console, of(**(good | claims)))
    assert caught.value.words.endswith(".")


def test_the_published_claims_of_nhs_login_are_read(real_data: Path) -> None:
    claims = json.loads((real_data / "nhs-identity-claims/nhs_login_id_token_claims.json").read_text())
    # The published fixture has no subject: a mock's omission, and a token without one is refused.
    with pytest.raises(IdTokenError):
        signed_in(claims)
    found = signed_in(claims | {"sub": "s"})
    assert (found.proofing, found.nhs_number) == ("P9", claims["nhs_number"])
    admit("portal", found)


def test_the_published_claims_of_cis2_open_neither_door_by_themselves(real_data: Path) -> None:
    found = signed_in(json.loads((real_data / "nhs-identity-claims/cis2_id_token_claims.json").read_text()))
    assert (found.acr, found.role, found.proofing) == ("AAL3_ANY", None, "P0")
    for kind in ("portal", "console"):
        with pytest.raises(NotAdmittedError):
            admit(kind, found)
