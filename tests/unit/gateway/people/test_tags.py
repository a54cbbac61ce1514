"""Names and accounts as keyed tags: the same for the same, nothing without the key, and fair to common names."""

from __future__ import annotations

import pytest

from gateway.people.tags import COMMON, Tags, names_of, names_of_line

TAGS = Tags(bytes(32))


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("Wzorcowicz", "WZORCOWICZ", {"wzorcowicz"}),
        ("Pildăreanu", "Pildareanu", {"pildareanu"}),
        ("Specimen-Hardy", "Hardy", {"hardy"}),
        ("Exemplo dos Santos", "dos Santos", {"santos"}),
        ("van der Berg", "van der Meer", set()),
        ("O'Sample", "Osample", {"osample"}),
        ("Po", "Po", {"po"}),
        ("Li Wu", "Li", set()),
        ("", "", set()),
    ],
)
def test_family_names_are_compared_by_their_parts(one: str, other: str, shared: set[str]) -> None:
    assert names_of(one, "A").parts & names_of(other, "B").parts == shared


def test_a_line_is_a_first_and_a_last_word() -> None:
    assert names_of_line("Maren Ada Sampleworth") == names_of("Sampleworth", "Maren")
    assert names_of_line("Maren").parts == frozenset()
    assert names_of_line("").full == ""
    assert names_of("Sampleworth", "").full == ""
    assert names_of("Sampleworth", "Maren Ada").full == names_of("sampleworth", "MAREN").full


def test_a_tag_is_the_same_for_the_same_and_tells_nothing_without_the_key() -> None:
    names = names_of("Specimen-Hardy", "Joan")
    tags = TAGS.registered(names)
    assert tags == TAGS.registered(names_of("SPECIMEN HARDY", "Joan"))
    assert len(set(tags)) == 3
    assert set(tags).isdisjoint(Tags(bytes([1] * 32)).registered(names))
    assert all(len(bytes.fromhex(tag)) == 8 for tag in tags)
    assert TAGS.full(names) in tags
    assert TAGS.registered(names_of("Hardy", "")) == tuple(TAGS.family(names_of("Hardy", "")).values())


def test_tags_of_different_uses_never_meet() -> None:
    made = {
        TAGS.staff("org", "https://issuer.test", "sub"),
        TAGS.staff("other", "https://issuer.test", "sub"),
        TAGS.practitioner("org", "https://issuer.test", "sub").hex()[:16],
        TAGS.about("org", "https://issuer.test", "sub").hex()[:16],
    }
    assert len(made) == 4


def test_names_that_very_many_bear_are_known_as_such_whoever_bears_them() -> None:
    for name in ("Smith", "Khan", "Kaur", "Begum", "Patel", "Nowak"):
        assert names_of(name, "A").parts <= COMMON
    assert not names_of("Wzorcowicz", "A").parts <= COMMON
