"""The body of add-checkpoint: the specification's example, its bounds, and every other spelling refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.text import MAX_INTEGER, to_base64
from audit.witness.request import AddCheckpoint, RequestError, format_request, parse_request
from tests.support.witnesses import SmallLog

NOTE = SmallLog.of(3).checkpoint(3)
HASH = to_base64(bytes(32))

# c2sp.org/tlog-witness, the example of a request.
PUBLISHED = """\
old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

\N{EM DASH} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2\
q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
""".encode()


def test_the_published_example_is_read_and_written_again() -> None:
    read = parse_request(PUBLISHED)
    assert (read.old_size, len(read.proof)) == (20852014, 4)
    assert read.checkpoint.startswith("example.com/behind-the-sofa\n20852163\n")
    assert format_request(read.old_size, read.proof, read.checkpoint) == PUBLISHED


@given(st.integers(0, MAX_INTEGER), st.lists(st.binary(min_size=32, max_size=32), max_size=63))
def test_what_was_written_is_read_as_it_was(old: int, proof: list[bytes]) -> None:
    assert parse_request(format_request(old, proof, NOTE)) == AddCheckpoint(old, tuple(proof), NOTE)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "old 1\n",
        "old 1\n\n",
        f"old 1\n\n{NOTE.rstrip()}",
        f"old\n\n{NOTE}",
        f"1\n\n{NOTE}",
        f"old 01\n\n{NOTE}",
        f"old -1\n\n{NOTE}",
        f"old  1\n\n{NOTE}",
        f"old 1 \n\n{NOTE}",
        f"new 1\n\n{NOTE}",
        f"old 9223372036854775808\n\n{NOTE}",
        f"old 1\r\n\n{NOTE}",
        f"old 1\n{HASH}=\n\n{NOTE}",
        f"old 1\n{HASH[:-4]}\n\n{NOTE}",
        f"old 1\n {HASH}\n\n{NOTE}",
        "old 1\n" + f"{HASH}\n" * 64 + f"\n{NOTE}",
    ],
)
def test_any_other_spelling_is_refused(body: str) -> None:
    with pytest.raises(RequestError):
        parse_request(body.encode())


def test_what_is_not_utf_8_is_refused() -> None:
    with pytest.raises(RequestError):
        parse_request(b"old 1\n\n\xff\n")


@given(st.binary())
def test_no_bytes_at_all_raise_anything_else(body: bytes) -> None:
    try:
        read = parse_request(body)
    except RequestError:
        return
    assert format_request(read.old_size, read.proof, read.checkpoint) == body


@pytest.mark.parametrize(
    ("old", "proof", "note"),
    [
        (-1, [], NOTE),
        (MAX_INTEGER + 1, [], NOTE),
        (1, [bytes(32)] * 64, NOTE),
        (1, [b"x"], NOTE),
        (1, [], "x"),
    ],
)
def test_what_no_request_can_hold_is_not_written(old: int, proof: list[bytes], note: str) -> None:
    with pytest.raises(RequestError):
        format_request(old, proof, note)
