"""Checkpoints: one spelling each, and only from the log that they name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import checkpoint as cp
from audit import note
from audit.checkpoint import Checkpoint, CheckpointError
from audit.errors import VerificationError
from audit.merkle import EMPTY_ROOT
from audit.text import to_base64
from tests.unit.audit.trees import KEYS, SIGNER, STRANGER

ROOT = bytes(range(32))
TEXT = f"{SIGNER.name}\n20852163\n{to_base64(ROOT)}\n"

# The body printed in c2sp.org/tlog-checkpoint.
PUBLISHED = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

origins = st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1, max_size=30)
states = st.builds(
    Checkpoint,
    origins,
    st.integers(1, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.lists(origins, max_size=3).map(tuple),
)


def test_the_published_body_is_read_and_written_alike() -> None:
    state = cp.parse_checkpoint(PUBLISHED)
    assert (state.origin, state.size, state.extensions) == ("example.com/behind-the-sofa", 20852163, ())
    assert cp.format_checkpoint(state) == PUBLISHED


@given(states)
def test_what_is_written_reads_back(state: Checkpoint) -> None:
    assert cp.parse_checkpoint(cp.format_checkpoint(state)) == state


@given(st.text(max_size=120) | st.text(max_size=60).map(lambda tail: TEXT + tail))
def test_any_text_has_one_spelling_or_is_refused(text: str) -> None:
    try:
        state = cp.parse_checkpoint(text)
    except CheckpointError:
        return
    assert cp.format_checkpoint(state) == text


def test_a_signed_checkpoint_opens_with_the_logs_key() -> None:
    signed = cp.sign_checkpoint(SIGNER.name, 20852163, ROOT, SIGNER)
    assert signed.startswith(TEXT + "\n— " + SIGNER.name)
    assert cp.open_checkpoint(signed, KEYS) == Checkpoint(SIGNER.name, 20852163, ROOT)
    with pytest.raises(note.NoteError):
        cp.open_checkpoint(signed, [STRANGER.verifier_key])


def test_the_empty_log_has_a_checkpoint_with_the_root_of_nothing() -> None:
    signed = cp.sign_checkpoint(SIGNER.name, 0, EMPTY_ROOT, SIGNER)
    assert cp.open_checkpoint(signed, KEYS).size == 0
    with pytest.raises(CheckpointError):
        cp.sign_checkpoint(SIGNER.name, 0, ROOT, SIGNER)


def test_a_log_does_not_sign_under_another_logs_origin() -> None:
    with pytest.raises(CheckpointError):
        cp.sign_checkpoint("log.example/other", 1, ROOT, SIGNER)


def test_a_known_witness_or_another_log_cannot_speak_for_the_log() -> None:
    witness = note.Signer("witness.example", bytes(32))
    keys = [*KEYS, witness.verifier_key]
    with pytest.raises(CheckpointError, match="did not sign"):
        cp.open_checkpoint(note.sign(TEXT, witness), keys)
    assert cp.open_checkpoint(note.sign(TEXT, witness, SIGNER), keys).size == 20852163


def test_a_signed_text_that_is_no_checkpoint_is_refused() -> None:
    with pytest.raises(CheckpointError):
        cp.open_checkpoint(note.sign("a signed remark\n", SIGNER), KEYS)


@pytest.mark.parametrize(
    "malformed",
    [
        "",
        "\n\n\n",
        TEXT[:-1],
        "\n" + TEXT,
        TEXT + "\n",
        TEXT + "extension\n\n",
        TEXT + "extension",
        TEXT.replace("20852163", "020852163"),
        TEXT.replace("20852163", "+20852163"),
        TEXT.replace("20852163", "-1"),
        TEXT.replace("20852163", "20_852_163"),
        TEXT.replace("20852163", "٢"),
        TEXT.replace("20852163", "²"),
        TEXT.replace("20852163", "9223372036854775808"),
        TEXT.replace("20852163", "9" * 5000),
        TEXT.replace("20852163", ""),
        TEXT.replace("20852163", "0"),
        TEXT.replace("=", ""),
        TEXT.replace("=", "=="),
        TEXT.replace("\n" + to_base64(ROOT), "\n" + to_base64(ROOT[:31])),
        TEXT.replace("\n" + to_base64(ROOT), "\n" + to_base64(ROOT)[:-2] + "9="),
    ],
)
def test_what_is_nearly_a_checkpoint_is_refused(malformed: str) -> None:
    with pytest.raises(VerificationError):
        cp.parse_checkpoint(malformed)
