"""Handles: made and opened by one recipient, alike for everybody, and nothing else opens."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sealing import derive, mac
from gateway.people.handles import HANDLE_PATTERN, PREFIX, Handles

MASTER = bytes(range(32))
RECIPIENT = "norfolk-county-council"


@pytest.fixture(scope="module")
def handles() -> Handles:
    return Handles(MASTER)


@given(st.text(max_size=200))
def test_a_handle_opens_to_the_blind_index_of_its_trace_key(trace_key: str) -> None:
    handles = Handles(MASTER)
    made = handles.make(RECIPIENT, trace_key)
    assert re.fullmatch(HANDLE_PATTERN, made)
    assert handles.open(RECIPIENT, made) == handles.blind_index(trace_key)


def test_the_blind_index_is_keyed_and_32_bytes(handles: Handles) -> None:
    index = handles.blind_index("nhs|9990000018")
    assert index == mac(derive(MASTER, "blind-index"), "nhs|9990000018")
    assert len(index) == 32
    assert index != Handles(bytes(32)).blind_index("nhs|9990000018")


@pytest.mark.parametrize(
    "made_up",
    ["", "h1.", "h1.abc", "h1." + "A" * 64, "h2." + "A" * 64, "h1." + "é" * 64, "h1.%%%%", "A" * 64],
)
def test_what_nobody_was_given_opens_to_nobody(handles: Handles, made_up: str) -> None:
    assert handles.open(RECIPIENT, made_up) is None


@given(st.text(max_size=100))
def test_no_text_at_all_makes_opening_stumble(text: str) -> None:
    assert Handles(MASTER).open(RECIPIENT, PREFIX + text) is None


def test_not_one_bit_of_a_handle_can_be_changed(handles: Handles) -> None:
    body = base64.urlsafe_b64decode(handles.make(RECIPIENT, "nhs|9990000018").removeprefix(PREFIX))
    for bit in range(8 * len(body)):
        changed = bytearray(body)
        changed[bit // 8] ^= 1 << bit % 8
        assert handles.open(RECIPIENT, PREFIX + base64.urlsafe_b64encode(changed).decode()) is None


def test_a_handle_of_another_master_key_opens_to_nobody(handles: Handles) -> None:
    assert handles.open(RECIPIENT, Handles(bytes(32)).make(RECIPIENT, "nhs|9990000018")) is None


def test_a_recipient_that_is_part_of_anothers_name_is_another(handles: Handles) -> None:
    made = handles.make("norfolk", "nhs|9990000018")
    assert handles.open("norfolk-county-council", made) is None
    assert handles.open("", made) is None
