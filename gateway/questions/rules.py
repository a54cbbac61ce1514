"""The questions register (`policies/registers/questions.yaml`), and the days by which an answer is due.

"Within one month" (UK GDPR Article 12(3)) is counted as the ICO counts it, in UK days: up to the end of the same day of the
next month, or of its last day where it is shorter. A day that is no working day is not put off: later would be less safe.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import cast

from core.pages.words import london_day
from core.sections import policies_folder
from core.times import from_ms, to_ms
from gateway.policy.register_files import check_schema, read_document, read_schema
from gateway.policy.uk_days import end_of_day
from gateway.settings import Settings

FILE = "questions.yaml"


@dataclass(frozen=True, slots=True)
class QuestionRules:
    """answer_months, extend_months: the clock. kept: how long after the answer. open_maximum: of one person at a time."""

    answer_months: int
    extend_months: int
    kept: timedelta
    open_maximum: int

    @property
    def kept_ms(self) -> int:
        """`kept` in milliseconds."""
        return self.kept // timedelta(milliseconds=1)

    def due(self, asked: datetime) -> int:
        """When an answer is overdue, in milliseconds since 1970; asked is timezone-aware."""
        return _end_ms(months_later(london_day(asked), self.answer_months))

    def extended(self, asked_ms: int) -> int:
        """The same where the organisation said in time that it cannot tell yet."""
        months = self.answer_months + self.extend_months
        return _end_ms(months_later(london_day(from_ms(asked_ms)), months))


def months_later(day: date, months: int) -> date:
    """The same day so many months later; the last day of a month that is too short for it."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def last_day(due_ms: int) -> date:
    """The last UK day on which an answer is in time."""
    return london_day(from_ms(due_ms - 1))


def load_rules(folder: Path) -> QuestionRules:
    """Read the register of a `policies` folder, judged by our own schema. Raises `RegisterError`."""
    schemas = policies_folder() / "schemas"
    document = read_document(folder / "registers" / FILE, folder)
    check_schema(document, read_schema(schemas / "questions.schema.json", schemas.parent))
    value = cast("dict[str, int]", document.value)
    return QuestionRules(
        value["answer_months"],
        value["extend_months"],
        timedelta(days=value["kept_days"]),
        value["open_maximum"],
    )


def rules_of(settings: Settings) -> QuestionRules:
    """The register that holds for a gateway: of its own policies folder, else the published one."""
    own = settings.policies_folder
    if own is not None and (own / "registers" / FILE).exists():
        return load_rules(own)
    return load_rules(policies_folder())


def _end_ms(day: date) -> int:
    return to_ms(end_of_day(day))
