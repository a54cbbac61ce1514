"""By which day an answer is due: a calendar month in UK days, over short months, years' ends and changes of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from core.sections import policies_folder
from core.times import from_ms, to_ms
from gateway.policy.register_files import RegisterError
from gateway.questions.rules import last_day, load_rules, months_later, rules_of
from gateway.settings import Settings

RULES = load_rules(policies_folder())
GOOD = "answer_months: 1\nextend_months: 2\nkept_days: 730\nopen_maximum: 3\n"


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        (datetime(2026, 11, 21, 10, tzinfo=UTC), date(2026, 12, 21)),
        (datetime(2027, 1, 31, 10, tzinfo=UTC), date(2027, 2, 28)),
        (datetime(2028, 1, 30, 10, tzinfo=UTC), date(2028, 2, 29)),
        (datetime(2026, 12, 31, 10, tzinfo=UTC), date(2027, 1, 31)),
        (datetime(2026, 10, 31, 10, tzinfo=UTC), date(2026, 11, 30)),
        # In the United Kingdom it is the next day already.
        (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), date(2026, 8, 1)),
        (datetime(2026, 3, 20, 10, tzinfo=UTC), date(2026, 4, 20)),
        (datetime(2026, 10, 1, 10, tzinfo=UTC), date(2026, 11, 1)),
    ],
)
def test_an_answer_is_due_by_the_same_day_of_the_next_month(asked: datetime, due: date) -> None:
    assert last_day(RULES.due(asked)) == due


def test_the_last_day_counts_until_its_midnight_in_the_united_kingdom() -> None:
    winter = from_ms(RULES.due(datetime(2026, 11, 21, 10, tzinfo=UTC)))
    assert winter == datetime(2026, 12, 22, tzinfo=UTC)
    summer = from_ms(RULES.due(datetime(2026, 5, 21, 10, tzinfo=UTC)))
    assert summer == datetime(2026, 6, 21, 23, tzinfo=UTC)


def test_an_extension_counts_from_the_day_of_the_question() -> None:
    asked = to_ms(datetime(2026, 11, 30, 10, tzinfo=UTC))
    assert last_day(RULES.extended(asked)) == date(2027, 2, 28)
    assert months_later(date(2026, 11, 30), 0) == date(2026, 11, 30)


def test_the_published_register_is_what_the_law_leaves() -> None:
    assert (RULES.answer_months, RULES.extend_months) == (1, 2)
    assert RULES.kept == timedelta(days=730)
    assert RULES.kept_ms == 730 * 86_400_000


@pytest.mark.parametrize(
    "wrong", ["answer_months: 2\n", "extend_months: 3\n", "kept_days: 1\n", "open_maximum: 0\n", "more: 1\n"]
)
def test_a_register_that_leaves_more_time_than_the_law_is_refused(tmp_path: Path, wrong: str) -> None:
    name = wrong.partition(":")[0]
    lines = [one for one in GOOD.splitlines(keepends=True) if not one.startswith(name)]
    (tmp_path / "registers").mkdir()
    (tmp_path / "registers" / "questions.yaml").write_text("".join(lines) + wrong)
    with pytest.raises(RegisterError, match=r"questions\.yaml"):
        load_rules(tmp_path)


def test_an_installation_may_have_its_own_register(tmp_path: Path) -> None:
    def settings(folder: Path | None) -> Settings:
        return Settings.model_construct(policies_folder=folder)

    assert rules_of(settings(None)) == RULES
    assert rules_of(settings(tmp_path)) == RULES
    (tmp_path / "registers").mkdir()
    (tmp_path / "registers" / "questions.yaml").write_text(GOOD)
    assert rules_of(settings(tmp_path)).open_maximum == 3
