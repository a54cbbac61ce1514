"""Facets: numbers that anybody can compute, and which of them a search means."""

from __future__ import annotations

import pytest

from audit.facets import CODE_LENGTH, Facet, Query, code_of

LOOK = Facet("disclosure", "disclosed", "norwich-city-council", "housing-officer", "homelessness-prevention")


def test_each_part_of_a_combination_changes_its_number() -> None:
    others = [
        Facet(
            "refusal", *("disclosed", "norwich-city-council", "housing-officer", "homelessness-prevention")
        ),
        Facet("disclosure", "disclosed", "norwich-city-council", "housing-officer", None),
        Facet("disclosure", "disclosed", "norwich-city-council", None, "homelessness-prevention"),
        Facet("disclosure", "disclosed", None, "norwich-city-council", "homelessness-prevention"),
        Facet("disclosure", "disclosed", "", "", ""),
        Facet("disclosure", "disclosed", None, None, None),
        LOOK,
    ]
    numbers = {one.number for one in others}
    assert len(numbers) == len(others)
    assert all(0 <= number < 2**63 for number in numbers)


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        (Query("any"), True),
        (Query("any", kind="disclosure", outcome="disclosed"), True),
        (Query("any", kind="refusal"), False),
        (Query("any", outcome="empty"), False),
        (Query("any", purpose="social-prescribing"), False),
        (Query("any", text="Norwich City"), True),
        (Query("any", text="HOUSING"), True),
        (Query("any", text="norfolk"), False),
        (Query("any", kind="refusal", text="norwich"), False),
    ],
)
def test_a_facet_fits_what_is_asked_for(query: Query, fits: bool) -> None:
    assert LOOK.fits(query) is fits


def test_a_sign_in_has_nothing_that_a_text_could_find_but_its_outcome() -> None:
    assert Facet("sign-in", "signed-in", None, None, None).fits(Query("any", text="signed"))


@pytest.mark.parametrize("person", [None, "", 7, "A" * (CODE_LENGTH + 1)])
def test_what_is_no_code_is_not_to_be_found_by(person: object) -> None:
    assert code_of(person) is None


def test_a_code_is_found_by_as_it_is() -> None:
    assert code_of("ABCD-EFGH") == "ABCD-EFGH"
