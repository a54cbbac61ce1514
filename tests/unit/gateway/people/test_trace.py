"""Trace keys: the same person gives the same key, however they are written."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.people.trace import Demographics, TraceError, by_demographics, by_nhs_number, by_record

BORN = date(1990, 5, 1)


def key(
    family: str = "O'Neill", given_: str = "Anna Maria", born: date = BORN, code: str = "NR99 9AA"
) -> str:
    return by_demographics(Demographics(family, given_, born, code))


@pytest.mark.parametrize("written", ["9990000018", "999 000 0018", " 999\t000\u00a00018 "])
def test_an_nhs_number_may_be_written_with_spaces(written: str) -> None:
    assert by_nhs_number(written) == "nhs|9990000018"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "9990000019",
        "999000001",
        "99900000180",
        "999000001x",
        "٩٩٩٠٠٠٠٠١٨",
        "999-000-0018",
        "²990000018",
        "0000000001",
    ],
)
def test_what_is_no_nhs_number_is_refused_without_being_repeated(written: str) -> None:
    with pytest.raises(TraceError) as error:
        by_nhs_number(written)
    assert str(error.value) == "the NHS number is not valid: check the ten digits"


@given(st.text(max_size=14))
def test_no_text_at_all_makes_the_check_stumble(written: str) -> None:
    try:
        found = by_nhs_number(written)
    except TraceError:
        return
    assert found.removeprefix("nhs|").isdigit()


@pytest.mark.parametrize(
    "same",
    [
        key("o\u2019neill", "ANNA  MARIA"),
        key("O NEILL", "anna-maria", code="nr999aa"),
        key("ONeill", "Ánna María", code=" nr99-9aa "),
    ],
)
def test_case_accents_spaces_and_punctuation_do_not_matter(same: str) -> None:
    assert same == key()


def test_the_polish_l_is_an_l() -> None:
    assert key("Łukasz") == key("lukasz")
    assert key("Michałek") == key("MICHALEK")


@pytest.mark.parametrize(
    "other",
    [key("Neill"), key(given_="Anna"), key(born=date(1990, 1, 5)), key(code="NR99 9AB")],
    ids=["family", "given", "born", "postcode"],
)
def test_another_name_birth_date_or_postcode_is_another_person(other: str) -> None:
    assert other != key()


def test_parts_cannot_run_into_each_other() -> None:
    assert key("Anna", "Bell") != key("Annab", "ell")
    assert key("Bell", "Anna") != key("Anna", "Bell")
    assert key("Be|ll", "Anna") == key("Bell", "Anna")


@pytest.mark.parametrize("blank", ["", "  ", "--", "'"])
def test_a_name_or_postcode_without_a_letter_or_digit_is_refused(blank: str) -> None:
    for broken in ({"family": blank}, {"given_": blank}, {"code": blank}):
        with pytest.raises(TraceError, match="letters or digits"):
            key(**broken)  # type: ignore[arg-type] # strings all


def test_names_in_other_scripts_are_names() -> None:
    assert key("Нгуен", "阮") != key("Нгуєн", "阮")


def test_a_record_is_known_by_source_and_reference() -> None:
    assert by_record("norwich-city-council", "T-1") == "record|norwich-city-council|T-1"
    assert by_record("a", "T-1") != by_record("b", "T-1")


def test_kinds_of_keys_never_meet() -> None:
    kinds = {one.split("|")[0] for one in (by_nhs_number("9990000018"), key(), by_record("s", "r"))}
    assert kinds == {"nhs", "demographics", "record"}
