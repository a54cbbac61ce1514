"""When organisations are at work, from a file of the operator's (docs/alerts.md); without one, the usual hours."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from typing import Final

import yaml

from audit.alerts.hours import WEEKDAYS, Hours
from gateway.settings import SettingsError

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_KEYS: Final = {"from", "until", "days", "bank_holidays", "around_the_clock"}


def read_hours(path: Path | None) -> Hours:
    """The hours of a file; None: the usual ones. Raises `SettingsError`, which says what to mend."""
    if path is None:
        return Hours()
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{path} cannot be read: {type(error).__name__}") from error
    said = document.get("working_hours") if isinstance(document, dict) else None
    if not isinstance(said, dict) or not said.keys() <= _KEYS:
        raise SettingsError(f"{path} needs `working_hours` with some of {', '.join(sorted(_KEYS))}")
    usual = Hours()
    try:
        hours = Hours(
            opens=_time(said.get("from"), usual.opens),
            closes=_time(said.get("until"), usual.closes),
            weekdays=_weekdays(said.get("days")),
            holidays=frozenset(map(_day, _list(said.get("bank_holidays")))),
            around_the_clock=frozenset(map(_text, _list(said.get("around_the_clock")))),
        )
    except ValueError as error:
        raise SettingsError(f"{path}: {error}") from error
    if hours.opens >= hours.closes:
        raise SettingsError(f"{path}: `until` must be later than `from`")
    return hours


def _time(value: object, usual: time) -> time:
    return usual if value is None else time.fromisoformat(_text(value))


def _weekdays(value: object) -> frozenset[int]:
    return WEEKDAYS if value is None else frozenset(_DAYS.index(_text(one)) for one in _list(value))


def _day(value: object) -> date:
    # YAML reads a day that is not in quotes as a date already.
    return value if isinstance(value, date) else date.fromisoformat(_text(value))


def _list(value: object) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError("a list is needed")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError('a text in quotes is needed, e.g. "07:00"')
    return value
