from __future__ import annotations

from datetime import date
from gettext import NullTranslations

import pytest

from audit.console.filters import older_than, read_filters, to_query
from audit.console.ports import Filters
from core.pages.words import Words
from tests.unit.audit.console.fakes import OPTIONS

words = Words(NullTranslations())


def test_an_address_and_its_filters_say_the_same() -> None:
    query = {
        "text": " Harbour ",
        "kind": "refusal",
        "outcome": "shown",
        "purpose": "early-help-triage",
        "from": "2026-10-01",
        "to": "2026-10-20",
        "before": "41",
    }
    asked = read_filters(query, OPTIONS, words)
    assert asked.filters == Filters(
        "Harbour", "refusal", "shown", "early-help-triage", date(2026, 10, 1), date(2026, 10, 20), 41
    )
    assert asked.errors == {}
    assert asked.more
    assert to_query(asked.filters) == (
        "text=Harbour&kind=refusal&outcome=shown&purpose=early-help-triage&from=2026-10-01&to=2026-10-20&before=41"
    )


def test_no_query_is_no_filter() -> None:
    asked = read_filters({}, OPTIONS, words)
    assert asked.filters == Filters()
    assert not asked.more
    assert to_query(asked.filters) == ""


@pytest.mark.parametrize(
    "query",
    [{"kind": "made-up"}, {"purpose": "<x>"}, {"before": "-1"}, {"before": "x"}, {"before": "9" * 30}],
)
def test_an_unknown_value_is_no_filter(query: dict[str, str]) -> None:
    assert read_filters(query, OPTIONS, words).filters == Filters()


@pytest.mark.parametrize("text", ["9990000018", "999 000 0018", "person 999-000-0018 please"])
def test_an_nhs_number_is_refused_and_not_carried_on(text: str) -> None:
    asked = read_filters({"text": text}, OPTIONS, words)
    assert asked.filters.text == ""
    assert "text" in asked.errors


@pytest.mark.parametrize("text", ["99900000181", "XK7-2MQ4-9T", "2026-10-20"])
def test_what_only_looks_like_one_is_searched_for(text: str) -> None:
    assert read_filters({"text": text}, OPTIONS, words).errors == {}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-02-30"}, "to"),
        ({"from": "2026-10-20", "to": "2026-10-19"}, "to"),
    ],
)
def test_days_that_cannot_be_are_told_and_kept(query: dict[str, str], field: str) -> None:
    asked = read_filters(query, OPTIONS, words)
    assert set(asked.errors) == {field}
    assert (asked.from_text, asked.to_text) == (query.get("from", ""), query.get("to", ""))


def test_a_very_long_text_is_cut() -> None:
    assert len(read_filters({"text": "x" * 5000}, OPTIONS, words).filters.text) == 100


def test_paging_keeps_the_filters() -> None:
    assert older_than(Filters(text="a&b", before=50), 7) == "text=a%26b&before=7"
