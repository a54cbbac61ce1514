"""Sealing: what opens, where, with which key; and that nothing else does."""

from types import MappingProxyType

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from core.sealing import (
    KEY_BYTES,
    NONCE_BYTES,
    SealError,
    derive,
    mac,
    open_json,
    open_sealed,
    seal,
    seal_json,
)

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))


@given(st.binary(max_size=200), st.text(max_size=50))
def test_what_was_sealed_opens_with_its_key_in_its_place(plain: bytes, place: str) -> None:
    assert open_sealed(KEY, seal(KEY, plain, place), place) == plain


def test_another_key_does_not_open() -> None:
    with pytest.raises(SealError, match="a sealed value does not open"):
        open_sealed(OTHER, seal(KEY, b"plain", "row|1"), "row|1")


def test_a_value_moved_to_another_row_does_not_open() -> None:
    with pytest.raises(SealError):
        open_sealed(KEY, seal(KEY, b"plain", "row|1"), "row|2")


@given(st.integers(0, 8 * (NONCE_BYTES + 5 + 16) - 1))
def test_not_one_bit_can_be_changed(bit: int) -> None:
    sealed = bytearray(seal(KEY, b"plain", "row|1"))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealError):
        open_sealed(KEY, bytes(sealed), "row|1")


@pytest.mark.parametrize("length", [0, 1, NONCE_BYTES, NONCE_BYTES + 15])
def test_a_stump_does_not_open(length: int) -> None:
    with pytest.raises(SealError):
        open_sealed(KEY, seal(KEY, b"plain", "row|1")[:length], "row|1")


def test_two_seals_of_one_value_share_nothing() -> None:
    one, other = seal(KEY, b"plain", "row|1"), seal(KEY, b"plain", "row|1")
    assert one[:NONCE_BYTES] != other[:NONCE_BYTES]
    assert one[NONCE_BYTES:] != other[NONCE_BYTES:]


def test_a_seal_is_nonce_then_ciphertext_and_tag_as_its_page_says() -> None:
    sealed = seal(KEY, b"plain", "row|1")
    assert len(sealed) == NONCE_BYTES + 5 + 16
    assert AESGCM(KEY).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], b"row|1") == b"plain"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_json_reads_back_as_it_was(value: object) -> None:
    assert open_json(KEY, seal_json(KEY, value, "row"), "row") == value


def test_frozen_mappings_are_objects_too() -> None:
    frozen = MappingProxyType({"inner": MappingProxyType({"n": 1})})
    assert open_json(KEY, seal_json(KEY, frozen, "row"), "row") == {"inner": {"n": 1}}


def test_what_json_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError):
        seal_json(KEY, {"when": object()}, "row")


def test_an_error_says_nothing_of_what_was_sealed() -> None:
    with pytest.raises(SealError) as error:
        open_sealed(KEY, b"not sealed at all, 7 Made-up Row", "row|1")
    assert str(error.value) == "a sealed value does not open"


def test_keys_of_different_uses_and_masters_differ_and_are_the_same_each_time() -> None:
    keys = {derive(master, use) for master in (KEY, OTHER) for use in ("blind-index", "handle", "csrf")}
    assert len(keys) == 6
    assert all(len(key) == KEY_BYTES for key in keys)
    assert derive(KEY, "handle") == derive(KEY, "handle")


def test_the_mac_is_hmac_sha_256_of_rfc_4231() -> None:
    # RFC 4231 section 4.3, test case 2.
    assert mac(b"Jefe", "what do ya want for nothing?").hex() == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )
