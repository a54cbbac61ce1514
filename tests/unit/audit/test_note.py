"""Signed notes: the published example, Wycheproof's Ed25519 vectors, and everything that is nearly a note."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import note
from audit.note import NoteError, Signer, VerifierKey
from audit.text import to_base64

LOG = Signer("log.example/one", bytes(range(32)))
WITNESS = Signer("witness.example", bytes(range(1, 33)))
STRANGER = Signer("stranger.example", bytes(range(2, 34)))
TEXT = "first line\n\nthird line\n"
SIGNED = note.sign(TEXT, LOG)
BODY, LINE = TEXT + "\n", SIGNED.removeprefix(TEXT + "\n")


def test_the_published_example_opens_with_its_published_key(real_data: Path) -> None:
    published = json.loads((real_data / "vectors" / "c2sp-specs" / "signed-note-examples.json").read_text())
    assert len(published["vectors"]) == 1
    for vector in published["vectors"]:
        key = VerifierKey.parse(vector["vkey"])
        assert str(key) == vector["vkey"]
        assert note.open_note(vector["note"], [key]) == note.Note("This is an example message.\n", (key,))
        with pytest.raises(NoteError):
            note.open_note(vector["note"].replace("example message", "exbmple message"), [key])


def test_every_wycheproof_ed25519_vector_is_judged_rightly(real_data: Path) -> None:
    path = real_data / "vectors" / "wycheproof" / "testvectors_v1" / "ed25519_test.json"
    published: dict[str, Any] = json.loads(path.read_text())
    judged = 0
    for group in published["testGroups"]:
        key = VerifierKey("wycheproof", bytes.fromhex(group["publicKey"]["pk"]))
        for case in group["tests"]:
            try:
                key.verify(bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
                verdict = "valid"
            except NoteError:
                verdict = "invalid"
            assert verdict == case["result"], case["tcId"]
            judged += 1
    assert judged == published["numberOfTests"] == 151


def test_a_signed_text_opens_as_it_was_and_names_who_signed() -> None:
    opened = note.open_note(SIGNED, [WITNESS.verifier_key, LOG.verifier_key])
    assert opened == note.Note(TEXT, (LOG.verifier_key,))


def test_a_note_of_several_signers_tells_the_known_ones_and_ignores_the_others() -> None:
    signed = note.sign(TEXT, LOG, STRANGER, WITNESS)
    opened = note.open_note(signed, [WITNESS.verifier_key, LOG.verifier_key])
    assert opened.signed_by == (LOG.verifier_key, WITNESS.verifier_key)


def test_signing_twice_counts_once() -> None:
    assert note.open_note(SIGNED + LINE, [LOG.verifier_key]).signed_by == (LOG.verifier_key,)


def test_a_note_that_no_known_key_signed_is_refused() -> None:
    with pytest.raises(NoteError, match="no known key"):
        note.open_note(SIGNED, [WITNESS.verifier_key])
    with pytest.raises(NoteError, match="no known key"):
        note.open_note(SIGNED, [])


def test_a_key_of_the_same_name_is_unknown_all_the_same() -> None:
    namesake = Signer(LOG.name, bytes(32))
    with pytest.raises(NoteError, match="no known key"):
        note.open_note(note.sign(TEXT, namesake), [LOG.verifier_key])


def test_a_false_line_of_a_known_key_condemns_the_note_even_beside_a_true_one() -> None:
    false = note.sign("another text\n", LOG).removeprefix("another text\n\n")
    for signed in (SIGNED + false, BODY + false + LINE):
        with pytest.raises(NoteError, match="does not verify"):
            note.open_note(signed, [LOG.verifier_key])


def test_a_signature_of_another_length_is_refused_like_a_false_one() -> None:
    short = to_base64(LOG.verifier_key.key_id + b"x")
    with pytest.raises(NoteError, match="does not verify"):
        note.open_note(f"{BODY}— {LOG.name} {short}\n", [LOG.verifier_key])


def test_two_known_keys_that_cannot_be_told_apart_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VerifierKey, "key_id", b"same")
    with pytest.raises(NoteError, match="share a name"):
        note.open_note(SIGNED, [LOG.verifier_key, VerifierKey(LOG.name, bytes(32))])


def test_sixteen_signatures_are_read_and_more_than_a_hundred_refused() -> None:
    sixteen = note.sign(TEXT, *(Signer(f"witness{n}.example", bytes([n] * 32)) for n in range(15)), LOG)
    assert note.open_note(sixteen, [LOG.verifier_key]).signed_by == (LOG.verifier_key,)
    assert note.open_note(BODY + LINE * 100, [LOG.verifier_key]).text == TEXT
    with pytest.raises(NoteError, match="too many"):
        note.open_note(BODY + LINE * 101, [LOG.verifier_key])
    with pytest.raises(NoteError, match="too long"):
        note.open_note("a" * 1_000_000 + "\n\n" + LINE, [LOG.verifier_key])


@pytest.mark.parametrize(
    "malformed",
    [
        "",
        "\n",
        "\n\n",
        TEXT,
        TEXT + LINE,
        BODY,
        BODY + "\n" + LINE,
        SIGNED[:-1],
        SIGNED + "\n",
        SIGNED + "trailing\n",
        SIGNED.replace("\n", "\r\n"),
        SIGNED.replace("first", "fi\tst"),
        SIGNED.replace("first", "fi\x00st"),
        SIGNED.replace("first", "fi\ud800st"),
        BODY + LINE.replace("—", "-"),
        BODY + LINE.replace("— ", "—  "),
        BODY + LINE.replace("— ", "—\u00a0"),
        BODY + LINE.replace("log.example", "log+example"),
        BODY + LINE.replace("log.example", "log\u2003example"),
        BODY + LINE.replace("log.example", "log\ud800example"),
        BODY + LINE[:-1] + "=\n",
        BODY + LINE[:-1] + " \n",
        BODY + f"— {LOG.name} \n",
        BODY + f"— {LOG.name} AAAA\n",
        BODY + f"— {LOG.name} {to_base64(LOG.verifier_key.key_id)}\n",
        BODY + f"— {LOG.name} not base64\n",
        BODY + f"— {LOG.name} é===\n",
    ],
)
def test_what_is_nearly_a_note_is_refused(malformed: str) -> None:
    with pytest.raises(NoteError):
        note.open_note(malformed, [LOG.verifier_key])


@given(st.text(max_size=200) | st.text(alphabet="— \n+=AQab/.", max_size=200))
def test_any_text_is_opened_or_refused_and_never_breaks(text: str) -> None:
    with pytest.raises(NoteError):
        note.open_note(text, [LOG.verifier_key])
    with pytest.raises(NoteError):
        note.open_note(BODY + text, [LOG.verifier_key])


@given(st.integers(0, len(SIGNED) - 1), st.characters(codec=None))
def test_one_changed_letter_anywhere_is_refused(at: int, letter: str) -> None:
    changed = SIGNED[:at] + letter + SIGNED[at + 1 :]
    if changed == SIGNED:
        return
    with pytest.raises(NoteError):
        note.open_note(changed, [LOG.verifier_key])


@pytest.mark.parametrize("text", ["", "no newline", "tab\there\n", "\ud800\n"])
def test_a_text_that_no_note_may_have_is_not_signed(text: str) -> None:
    with pytest.raises(NoteError):
        note.sign(text, LOG)
    with pytest.raises(NoteError):
        note.sign(TEXT)


def test_keys_survive_being_written_and_read() -> None:
    assert VerifierKey.parse(str(LOG.verifier_key)) == LOG.verifier_key
    assert Signer.parse(LOG.export()).verifier_key == LOG.verifier_key
    assert note.sign(TEXT, Signer.parse(LOG.export())) == SIGNED


def test_a_signer_never_shows_its_secret() -> None:
    secret = LOG.export().rsplit("+", 1)[1]
    assert secret not in repr(LOG)
    assert LOG.name in repr(LOG)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\x01b", "a\u2028b", "\ud800"])
def test_a_key_cannot_have_a_name_that_a_line_could_not_hold(name: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey(name, LOG.verifier_key.public)
    with pytest.raises(NoteError):
        Signer(name, bytes(32))


VKEY = str(LOG.verifier_key)


@pytest.mark.parametrize(
    "malformed",
    [
        "",
        "log.example/one",
        "++",
        VKEY + "A",
        VKEY[:-1],
        VKEY.replace("+", "-"),
        VKEY.replace(LOG.verifier_key.key_id.hex(), "00000000"),
        VKEY.replace(LOG.verifier_key.key_id.hex(), LOG.verifier_key.key_id.hex().upper()),
        VKEY.replace("log.example/one", "log.example/two"),
        f"log.example/one+{LOG.verifier_key.key_id.hex()}+" + to_base64(b"\x04" + LOG.verifier_key.public),
        f"log.example/one+{LOG.verifier_key.key_id.hex()}+" + to_base64(b"\x01" + bytes(31)),
    ],
)
def test_a_malformed_key_is_refused(malformed: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey.parse(malformed)
    with pytest.raises(NoteError):
        Signer.parse(malformed)
    with pytest.raises(NoteError):
        Signer.parse("PRIVATE+KEY+" + malformed)


def test_keys_of_the_wrong_length_are_refused() -> None:
    with pytest.raises(NoteError):
        VerifierKey("log", bytes(31))
    with pytest.raises(NoteError):
        Signer("log", bytes(33))


def test_thirty_two_bytes_that_are_no_point_of_the_curve_verify_nothing() -> None:
    with pytest.raises(NoteError):
        VerifierKey("log", b"\xff" * 32).verify(b"message", bytes(64))


@given(st.text(max_size=80) | st.text(alphabet="+abcdef0123456789=PRIVATEKEY", max_size=80))
def test_any_text_is_read_as_a_key_or_refused(text: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey.parse(text)
    with pytest.raises(NoteError):
        Signer.parse(text)
