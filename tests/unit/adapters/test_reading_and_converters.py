from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from adapters import converters as c
from adapters.assembly import UnusableError
from adapters.converters import CONVERTERS, Raw
from adapters.reading import boolean, child, children, parse_object, string, strings
from core.vocabulary import Json


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"a": NaN}', b'{"a": Infinity}', b'{"a": "\xff"}', b'"text"', b'{"a":' * 5000],
)
def test_what_is_not_a_json_object_is_none(body: bytes) -> None:
    assert parse_object(body) is None


def test_of_duplicate_keys_in_an_answer_the_last_counts() -> None:
    assert parse_object(b'{"a": 1, "a": 2}') == {"a": 2}


def test_what_has_another_shape_reads_as_absent() -> None:
    record: dict[str, Json] = {
        "a": " x ",
        "b": " ",
        "n": 1,
        "l": [{"k": 1}, 2, " y ", ""],
        "o": {"k": 1},
        "t": True,
    }
    assert string(record, "a") == "x"
    assert [string(record, key) for key in ("b", "n", "missing")] == [None, None, None]
    assert (boolean(record, "t"), boolean(record, "n")) == (True, None)
    assert (child(record, "o"), child(record, "l")) == ({"k": 1}, {})
    assert list(children(record, "l")) == [{"k": 1}]
    assert list(children(record, "o")) == []
    assert list(strings(record, "l")) == ["y"]
    assert list(strings(record, "a")) == []


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("text", ["", None, " b "], "b"),
        ("text", [True], "true"),
        ("text", [False], "false"),
        ("text", [3.0], "3"),
        ("text", [date(2026, 1, 2)], "2026-01-02"),
        ("joined", [["Flat 3", " 12 Loke "], None, "Norwich", ""], "Flat 3, 12 Loke, Norwich"),
        ("joined", [[], None], None),
        ("listed", ["Large print; ;Quiet room\nHearing loop"], ["Large print", "Quiet room", "Hearing loop"]),
        ("listed", [" "], None),
        ("day", ["04/03/2019"], "2019-03-04"),
        ("day", ["4/3/2019"], "2019-03-04"),
        ("day", ["2019-03-04"], "2019-03-04"),
        ("day", ["2019-03-04T10:11:12+01:00"], "2019-03-04"),
        ("day", [datetime(2019, 3, 4, tzinfo=UTC)], "2019-03-04"),
        ("day", [None], None),
        ("yes-no", ["Y"], True),
        ("yes-no", ["No"], False),
        ("yes-no", [True], True),
        ("yes-no", [""], None),
        ("uprn", [100023336956], "100023336956"),
        ("uprn", ["000100023336"], "100023336"),
        ("uprn", [None], None),
        ("whole", [3], 3),
        ("whole", ["3"], 3),
        ("whole", [None], None),
        ("postcode", ["nr13dd"], "NR1 3DD"),
        ("postcode", [""], None),
        ("age-band", ["4"], "under-5"),
        ("age-band", [80], "80-and-over"),
        ("age-band", [None], None),
        ("pence-band", [None], None),
        ("pence-band", [-5], "none"),
        ("pence-band", [0], "none"),
        ("pence-band", [49_999], "under-500"),
        ("pence-band", [50_000], "500-to-1500"),
        ("pence-band", ["150000"], "500-to-1500"),
        ("pence-band", [150_001], "over-1500"),
    ],
)
def test_a_converter_gives_the_value_of_the_section(name: str, values: list[Raw], expected: Json) -> None:
    assert CONVERTERS[name](values, {}) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("day", "31/02/2026"),
        ("day", "spring"),
        ("day", "2026-13-01"),
        ("yes-no", "perhaps"),
        ("uprn", "1234567890123"),
        ("uprn", "12a"),
        ("uprn", "0"),
        ("whole", "2.5"),
        ("whole", "12345"),
        ("whole", "²"),
        ("postcode", "SW1"),
        ("age-band", "130"),
        ("age-band", "old"),
        ("pence-band", "£12"),
        ("code", "secret-code"),
        ("text", {"an": "object"}),
    ],
)
def test_an_unreadable_value_is_refused_without_being_repeated(name: str, value: Raw) -> None:
    with pytest.raises(UnusableError) as refused:
        CONVERTERS[name]([value], {})
    assert str(value) not in str(refused.value)


def test_a_code_is_translated_and_never_passed_on_raw() -> None:
    assert c.code(["SEC"], {"SEC": "secure"}) == "secure"
    assert c.code([1], {"1": "flat"}) == "flat"
    assert c.code([" "], {}) is None


def test_an_age_that_is_not_known_may_be_written_as_a_code() -> None:
    assert c.age_band(["-9"], {"-9": None}) is None


def test_every_age_has_one_band() -> None:
    bands = [c.age_band([age], {}) for age in range(130)]
    assert bands == sorted(bands, key=lambda band: [b for _, b in c._AGES].index(str(band)))
    assert len(set(map(str, bands))) == 9
