"""The shared words: labels by strictness, and kinds of permission."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.vocabulary import Kind, Label, strictest


def test_every_label_but_unrestricted_hides_where_the_person_is() -> None:
    assert {label for label in Label if not label.hides_location} == {Label.UNRESTRICTED}


def test_labels_stand_in_their_order_and_an_absent_one_is_not_an_unrestricted_one() -> None:
    order = [Label.UNRESTRICTED, Label.RESTRICTED, Label.VERY_RESTRICTED, Label.REDACTED]
    assert sorted(order, key=lambda label: label.strictness) == order
    assert Label.UNKNOWN.strictness == Label.VERY_RESTRICTED.strictness


@given(st.lists(st.sampled_from(Label), min_size=1))
def test_of_several_labels_none_is_stricter_than_the_one_that_holds(labels: list[Label]) -> None:
    held = strictest(labels)
    assert held in labels
    assert all(label.strictness <= held.strictness for label in labels)
    assert strictest(labels[::-1]).strictness == held.strictness


def test_no_label_at_all_is_unknown() -> None:
    assert strictest([]) is Label.UNKNOWN


@pytest.mark.parametrize(
    ("kind", "allows", "refuses"),
    [
        (Kind.CONFIDENTIALITY_CONSENT, True, False),
        (Kind.REFERRAL_AGREEMENT, True, False),
        (Kind.GDPR_CONSENT, False, False),
        (Kind.OBJECTION, False, True),
        (Kind.DISSENT, False, True),
    ],
)
def test_a_kind_allows_or_refuses_and_consent_to_processing_does_neither(
    kind: Kind, allows: bool, refuses: bool
) -> None:
    assert (kind.allows, kind.refuses) == (allows, refuses)
