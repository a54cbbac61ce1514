"""The label to decide by: one that nobody confirmed for a month hides where the person is."""

from datetime import UTC, datetime, timedelta

import pytest

from core.keys import SubjectKey
from core.vocabulary import Label
from gateway.people.locator import LABEL_STANDS_FOR, Person

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def person(label: Label, at: datetime | None) -> Person:
    return Person("p_1", {}, label, at, SubjectKey("p_1", bytes(32), bytes(16)))


@pytest.mark.parametrize("label", Label)
def test_a_fresh_label_counts_as_it_is(label: Label) -> None:
    assert person(label, NOW - LABEL_STANDS_FOR).label_at_time(NOW) is label


@pytest.mark.parametrize("at", [None, NOW - LABEL_STANDS_FOR - timedelta(milliseconds=1)])
def test_a_stale_label_never_shows_more_than_an_unknown_one(at: datetime | None) -> None:
    assert person(Label.UNRESTRICTED, at).label_at_time(NOW) is Label.UNKNOWN
    for label in set(Label) - {Label.UNRESTRICTED}:
        assert person(label, at).label_at_time(NOW) is label


def test_a_key_does_not_show_itself_when_printed() -> None:
    assert repr(person(Label.UNKNOWN, None).key) == "SubjectKey(...)"
    assert "x00" not in repr(person(Label.UNKNOWN, None))
