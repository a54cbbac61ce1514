"""Cosignatures: the specification's example byte for byte, and everything that is nearly one."""

from __future__ import annotations

from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.checkpoint import CheckpointError, open_checkpoint
from audit.note import NoteError, Signer, VerifierKey, open_note, parse_signature, sign, split_note
from audit.text import MAX_INTEGER, from_base64, to_base64
from audit.witness.cosignature import (
    CosignatureKey,
    Cosigner,
    Seen,
    cosignature_of,
    open_witnessed,
    parse_any_key,
    seen_by,
)
from tests.support.witnesses import COSIGNER, LOG, ORIGIN, OTHER_COSIGNER, SmallLog

KEY, OTHER = COSIGNER.key, OTHER_COSIGNER.key
NOW = 1_790_000_000
CHECKPOINT = SmallLog.of(5).checkpoint(5)
TEXT = split_note(CHECKPOINT)[0]
LINE = COSIGNER.line(TEXT, NOW)
COSIGNED = CHECKPOINT + LINE

# c2sp.org/tlog-cosignature, the example of its introduction; the witness's public key is not published there.
PUBLISHED = (
    "\N{EM DASH} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5"
    "nNo0xUe+mbIUBkBIfZ+qnA=="
)


def test_the_published_example_has_our_layout_key_id_time_and_signature() -> None:
    name, key_id, signature = parse_signature(PUBLISHED)
    assert (name, key_id.hex(), len(signature)) == ("witness.example.com/w1", "8d66cf3f", 72)
    assert int.from_bytes(signature[:8], "big") == 1679315147


def test_what_is_signed_and_the_key_id_are_the_specifications_word_for_word() -> None:
    data = from_base64(LINE.rstrip("\n").rpartition(" ")[2])
    assert data is not None
    expected = sha256(b"witness.test/one\n\x04" + KEY.public).digest()[:4]
    assert (data[:4], data[4:12]) == (expected, NOW.to_bytes(8, "big"))
    message = b"cosignature/v1\ntime 1790000000\n" + TEXT.encode()
    Ed25519PublicKey.from_public_bytes(KEY.public).verify(data[12:], message)


def test_a_cosigned_checkpoint_opens_for_the_log_and_for_the_witness() -> None:
    note = open_note(COSIGNED, [KEY, OTHER, LOG.verifier_key])
    assert note.signed_by == (LOG.verifier_key, KEY)
    assert open_note(COSIGNED, [KEY]).text == TEXT
    assert open_checkpoint(COSIGNED, [LOG.verifier_key]).size == 5
    assert seen_by(COSIGNED, [OTHER, KEY]) == (Seen(KEY, NOW),)
    assert seen_by(COSIGNED + LINE, [KEY]) == (Seen(KEY, NOW),)
    assert seen_by(CHECKPOINT, [KEY]) == ()


def test_a_witness_alone_is_no_log_even_under_the_logs_name() -> None:
    with pytest.raises(CheckpointError):
        open_checkpoint(COSIGNED, [KEY])
    namesake = Cosigner(ORIGIN, bytes(32))
    with pytest.raises(CheckpointError):
        open_checkpoint(CHECKPOINT + namesake.line(TEXT, NOW), [namesake.key])


def test_a_cosignature_of_another_text_or_time_condemns_the_note() -> None:
    other = COSIGNER.line(split_note(SmallLog.of(6).checkpoint(6))[0], NOW)
    name, key_id, signature = parse_signature(LINE.rstrip("\n"))
    later = to_base64(key_id + (NOW + 1).to_bytes(8, "big") + signature[8:])
    for line in (other, f"\N{EM DASH} {name} {later}\n"):
        with pytest.raises(NoteError, match="does not verify"):
            open_note(CHECKPOINT + line, [KEY])
        with pytest.raises(NoteError, match="does not verify"):
            seen_by(CHECKPOINT + line, [KEY])


@pytest.mark.parametrize("signature", [b"", b"x", bytes(71), bytes(73), b"\xff" * 8 + bytes(64)])
def test_a_signature_of_another_shape_is_none(signature: bytes) -> None:
    with pytest.raises(NoteError):
        KEY.verify(TEXT.encode(), signature)


def test_a_log_signature_of_the_same_key_is_no_cosignature() -> None:
    double = Signer(KEY.name, bytes(range(32)))
    assert double.verifier_key.public == KEY.public
    assert double.verifier_key.key_id != KEY.key_id
    with pytest.raises(NoteError, match="no known key"):
        open_note(sign(TEXT, double), [KEY])


def test_a_stranger_who_demands_witnesses_takes_no_checkpoint_that_too_few_saw() -> None:
    keys, logs = [KEY, OTHER], [LOG.verifier_key]
    both = COSIGNED + OTHER_COSIGNER.line(TEXT, NOW)
    assert open_witnessed(both, logs, keys, 2).size == 5
    assert open_witnessed(COSIGNED, logs, keys, 1).size == 5
    with pytest.raises(NoteError, match="too few"):
        open_witnessed(COSIGNED, logs, keys, 2)
    with pytest.raises(NoteError):
        open_witnessed(both, [], keys, 2)


def test_one_key_under_two_names_is_one_witness() -> None:
    double = Cosigner("witness.test/double", bytes(range(32)))
    text = COSIGNED + double.line(TEXT, NOW)
    with pytest.raises(NoteError, match="too few"):
        open_witnessed(text, [LOG.verifier_key], [KEY, double.key], 2)


def test_keys_are_written_and_read_again_each_as_its_kind() -> None:
    assert CosignatureKey.parse(str(KEY)) == parse_any_key(str(KEY)) == KEY
    assert parse_any_key(str(LOG.verifier_key)) == LOG.verifier_key
    assert Cosigner.parse(COSIGNER.export()).key == KEY
    assert COSIGNER.export() not in repr(COSIGNER)
    assert str(KEY) in repr(COSIGNER)
    assert str(KEY).startswith(KEY.id + "+")
    for wrong in (str(LOG.verifier_key), "", "a+b", str(KEY).replace("one", "two")):
        with pytest.raises(NoteError):
            CosignatureKey.parse(wrong)
    with pytest.raises(NoteError):
        VerifierKey.parse(str(KEY))
    with pytest.raises(NoteError):
        parse_any_key("neither")


@pytest.mark.parametrize(
    "wrong",
    [
        str(KEY),
        LOG.export(),
        COSIGNER.export().replace("witness.test/one", "witness.test/two"),
    ],
)
def test_what_is_no_private_key_of_a_witness_is_refused(wrong: str) -> None:
    with pytest.raises(NoteError):
        Cosigner.parse(wrong)


def test_keys_have_32_bytes_and_a_sound_name_and_times_are_in_range() -> None:
    for name, key in (("w", bytes(31)), ("", bytes(32)), ("a b", bytes(32)), ("a+b", bytes(32))):
        with pytest.raises(NoteError):
            CosignatureKey(name, key)
    with pytest.raises(NoteError):
        Cosigner("w", bytes(31))
    for seconds in (-1, MAX_INTEGER + 1):
        with pytest.raises(NoteError):
            COSIGNER.line(TEXT, seconds)


def test_of_an_answer_the_one_line_of_the_witness_is_taken() -> None:
    assert cosignature_of(TEXT, LINE, KEY) == LINE
    assert cosignature_of(TEXT, OTHER_COSIGNER.line(TEXT, 1) + LINE, KEY) == LINE
    assert cosignature_of(TEXT, OTHER_COSIGNER.line(TEXT, 1), KEY) is None


@pytest.mark.parametrize(
    "answer",
    ["", "\n", "ok\n", LINE.rstrip("\n"), "a text\n\n" + LINE, COSIGNER.line("another\n", NOW), LINE + "x\n"],
)
def test_an_answer_that_is_not_signature_lines_or_is_untrue_is_refused(answer: str) -> None:
    with pytest.raises(NoteError):
        cosignature_of(TEXT, answer, KEY)
