"""Addresses, hours, and what is off until somebody chose."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.reach.wishes import HIDDEN_MAXIMUM, NOTHING_CHOSEN, Channel, Hours, Wishes, address_of


@pytest.mark.parametrize(
    ("channel", "typed", "kept"),
    [
        ("email", " sam@example.test ", "sam@example.test"),
        ("email", "sam.o'neil+x@mail.example.co.uk", "sam.o'neil+x@mail.example.co.uk"),
        ("email", "sam", None),
        ("email", "sam@example", None),
        ("email", "sam@example.test, eve@example.test", None),
        ("email", "sam@example.test\r\nBcc: eve@example.test", None),
        ("email", "<sam@example.test>", None),
        ("email", "s" * 60 + "@" + "e" * 250 + ".test", None),
        ("text", "07700 900 982", "+447700900982"),
        ("text", "+44 (0)7700-900982", "+447700900982"),
        ("text", "00447700900982", "+447700900982"),
        ("text", "01632 960001", None),
        ("text", "0770090098", None),
        ("text", "+48 600 000 000", None),
        ("text", "", None),
    ],
)
def test_an_address_is_kept_in_one_form_or_not_at_all(channel: Channel, typed: str, kept: str | None) -> None:
    assert address_of(channel, typed) == kept


@pytest.mark.parametrize(
    ("now", "starts"),
    [
        (datetime(2026, 11, 23, 9, 0, tzinfo=UTC), None),
        (datetime(2026, 11, 23, 16, 59, tzinfo=UTC), None),
        (datetime(2026, 11, 23, 17, 0, tzinfo=UTC), datetime(2026, 11, 24, 9, 0, tzinfo=UTC)),
        (datetime(2026, 11, 23, 2, 30, tzinfo=UTC), datetime(2026, 11, 23, 9, 0, tzinfo=UTC)),
        # In summer London is an hour ahead.
        (datetime(2026, 7, 1, 16, 30, tzinfo=UTC), datetime(2026, 7, 2, 8, 0, tzinfo=UTC)),
        (datetime(2026, 7, 1, 8, 0, tzinfo=UTC), None),
        # The night in which the clocks go back.
        (datetime(2026, 10, 24, 20, 0, tzinfo=UTC), datetime(2026, 10, 25, 9, 0, tzinfo=UTC)),
    ],
)
def test_a_message_waits_for_the_hours_that_somebody_chose(now: datetime, starts: datetime | None) -> None:
    assert Hours(9, 17).next_start(now) == starts


@pytest.mark.parametrize(("first", "before"), [(9, 9), (17, 9), (-1, 3), (0, 25)])
def test_hours_that_do_not_follow_each_other_are_none(first: int, before: int) -> None:
    with pytest.raises(ValueError, match="follow"):
        Hours(first, before)


def test_nobody_is_sent_anything_until_they_chose_a_way_that_is_theirs_alone() -> None:
    assert not NOTHING_CHOSEN.wants_messages
    assert not Wishes(channel="email", address="sam@example.test").wants_messages
    assert not Wishes(channel="none", address="sam@example.test", others_read=False).wants_messages
    assert not Wishes(channel="email", others_read=False).wants_messages
    chosen = Wishes(channel="email", address="sam@example.test", others_read=False)
    assert chosen.wants_messages
    assert "sam@example.test" not in repr(chosen)


def test_hidden_lines_are_bounded_and_the_oldest_show_again() -> None:
    wishes = NOTHING_CHOSEN
    for index in range(HIDDEN_MAXIMUM + 3):
        wishes = wishes.hiding(index)
    assert len(wishes.hidden) == HIDDEN_MAXIMUM
    assert min(wishes.hidden) == 3
