"""The console's search, from its address and back. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import MAXYEAR, date
from urllib.parse import urlencode

from audit.console.ports import FilterOptions, Filters, Option
from core.pages.words import Words

TEXT_LENGTH = 100
_NHS_NUMBER = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)")


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as it was typed: its filters, the two days as text, and errors by field name."""

    filters: Filters
    from_text: str
    to_text: str
    errors: dict[str, str]

    @property
    def more(self) -> bool:
        """Whether any filter besides the text is in use, so that the page shows them."""
        asked = self.filters
        return bool(asked.kind or asked.outcome or asked.purpose or self.from_text or self.to_text)


def read_filters(query: Mapping[str, str], options: FilterOptions, words: Words) -> Asked:
    """The filters of an address's query; whatever is no known value is no filter."""
    _ = words
    errors: dict[str, str] = {}
    text = query.get("text", "").strip()[:TEXT_LENGTH]
    if _NHS_NUMBER.search(text):
        # An address is kept in many places; the number must not be sent again by paging, nor reach the search.
        text = ""
        errors["text"] = _("Search without the NHS number: use the person's code")
    from_text, to_text = query.get("from", "").strip(), query.get("to", "").strip()
    from_day, to_day = _day(from_text), _day(to_text)
    if from_text and from_day is None:
        errors["from"] = _("Write the first day like this: 2026-11-21")
    if to_text and to_day is None:
        errors["to"] = _("Write the last day like this: 2026-11-21")
    if from_day and to_day and to_day < from_day:
        errors["to"] = _("The last day must not be before the first day")
    before = query.get("before", "")
    filters = Filters(
        text=text,
        kind=_known(query.get("kind"), options.kinds),
        outcome=_known(query.get("outcome"), options.outcomes),
        purpose=_known(query.get("purpose"), options.purposes),
        from_day=from_day,
        to_day=to_day,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
    )
    return Asked(filters, from_text, to_text, errors)


def to_query(filters: Filters) -> str:
    """The query of the address that asks for these filters, without "?"."""
    pairs = {
        "text": filters.text,
        "kind": filters.kind,
        "outcome": filters.outcome,
        "purpose": filters.purpose,
        "from": filters.from_day,
        "to": filters.to_day,
        "before": filters.before,
    }
    return urlencode({name: str(value) for name, value in pairs.items() if value not in {None, ""}})


def older_than(filters: Filters, index: int) -> str:
    """The query for the next page: the same filters, older than that entry."""
    return to_query(replace(filters, before=index))


def _known(value: str | None, options: tuple[Option, ...]) -> str | None:
    return value if any(option.value == value for option in options) else None


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    # The end of the calendar has no day after it.
    return found if found.year < MAXYEAR else None
