from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from audit.alerts.hours import Hours
from gateway.alerting.hours_file import read_hours
from gateway.settings import SettingsError

WHOLE = """
working_hours:
  from: "08:00"
  until: "18:30"
  days: [monday, saturday]
  bank_holidays: [2026-12-25, "2026-12-26"]
  around_the_clock: [norwich-acute-hospital]
"""


def test_without_a_file_the_usual_hours_hold() -> None:
    assert read_hours(None) == Hours()


def test_a_file_says_when_organisations_are_at_work(tmp_path: Path) -> None:
    file = tmp_path / "hours.yaml"
    file.write_text(WHOLE)
    assert read_hours(file) == Hours(
        time(8),
        time(18, 30),
        frozenset({0, 5}),
        frozenset({date(2026, 12, 25), date(2026, 12, 26)}),
        frozenset({"norwich-acute-hospital"}),
    )
    file.write_text("working_hours: {}")
    assert read_hours(file) == Hours()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a list",
        "working_hours: [a]",
        "working_hours: {opens: '08:00'}",
        "working_hours: {from: 8}",
        "working_hours: {from: '25:00'}",
        "working_hours: {from: '18:00', until: '08:00'}",
        "working_hours: {days: [someday]}",
        "working_hours: {days: monday}",
        "working_hours: {bank_holidays: [christmas]}",
        "working_hours: {around_the_clock: [1]}",
        "working_hours: [",
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "hours.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=r"hours\.yaml"):
        read_hours(file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_hours(tmp_path / "nowhere.yaml")
