"""What an entry says, and that nothing of it can be changed, moved or read without its key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit import leaf
from audit.entries import Draft, Kind, Opening, full_detail, open_entry, seal_entry
from audit.errors import VerificationError
from core.keys import SubjectKey
from core.sealing import SealError
from core.vocabulary import Json, JsonObject

KEY = SubjectKey("person-1", bytes(range(32)), b"t" * 16)
DRAFT = Draft(
    Kind.DISCLOSURE,
    "disclosed",
    frozenset({"norwich-city-council", "harbour-charity"}),
    {"reason": "a talk about the rent", "sections": {"norwich-city-council": {"debts": ["arrears_band"]}}},
    recipient="harbour-charity",
    role="adviser",
    purpose="income-debt-advice",
)


def test_the_leaf_commits_to_the_searchable_columns_too() -> None:
    assert full_detail(DRAFT) == {
        "kind": "disclosure",
        "outcome": "disclosed",
        "organisations": ["harbour-charity", "norwich-city-council"],
        "recipient": "harbour-charity",
        "role": "adviser",
        "purpose": "income-debt-advice",
        "detail": DRAFT.detail,
    }


def test_a_sealed_entry_opens_with_its_key_and_opens_its_leaf() -> None:
    sealed = seal_entry(DRAFT, KEY)
    opening = open_entry(sealed.sealed, sealed.commitment, KEY)
    assert opening.detail == full_detail(DRAFT)
    assert sealed.tag == KEY.tag
    leaf.opens(leaf.make(1_790_000_000_000, sealed.commitment), opening.salt, opening.detail)
    assert b"rent" not in sealed.sealed


def test_two_entries_that_say_the_same_have_nothing_in_common() -> None:
    one, other = seal_entry(DRAFT, KEY), seal_entry(DRAFT, KEY)
    assert one.commitment != other.commitment
    assert one.sealed != other.sealed


def test_an_entry_opens_with_no_other_key_in_no_other_place_and_not_when_altered() -> None:
    sealed, other = seal_entry(DRAFT, KEY), seal_entry(DRAFT, KEY)
    altered = bytes([*sealed.sealed[:-1], sealed.sealed[-1] ^ 1])
    for content, commitment, key in (
        (sealed.sealed, sealed.commitment, replace(KEY, key=bytes(32))),
        (sealed.sealed, other.commitment, KEY),
        (altered, sealed.commitment, KEY),
        (b"", sealed.commitment, KEY),
    ):
        with pytest.raises(SealError):
            open_entry(content, commitment, key)


@pytest.mark.parametrize(
    "changed",
    [
        {"recipient": "norwich-city-council"},
        {"outcome": "empty"},
        {"purpose": None},
        {"organisations": frozenset({"harbour-charity"})},
        {"detail": {}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_leaf_does_not_open_to_anything_else(changed: dict[str, object]) -> None:
    sealed = seal_entry(DRAFT, KEY)
    opening = open_entry(sealed.sealed, sealed.commitment, KEY)
    other = full_detail(replace(DRAFT, **changed))  # type: ignore[arg-type] # each is of its field's type
    with pytest.raises(VerificationError):
        leaf.opens(leaf.make(0, sealed.commitment), opening.salt, other)


def test_an_opening_survives_being_downloaded() -> None:
    opening = Opening(bytes(range(32)), {"kind": "consent", "detail": {"n": 1}})
    told = opening.to_json()
    assert set(told) == {"salt", "detail"}
    assert Opening.from_json(told) == opening


@pytest.mark.parametrize(
    "broken",
    [{}, {"salt": "AA=="}, {"salt": "no base64!", "detail": {}}, {"salt": 7, "detail": {}}],
    ids=["empty", "no detail", "no base64", "no text"],
)
def test_what_is_no_opening_is_refused(broken: JsonObject | dict[str, Json]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        Opening.from_json(broken)
