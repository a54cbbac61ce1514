"""A view of the gateway's in words for a page. Pure; what it makes lives as long as the page is being written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from hub.gateway_answers import View
from hub.pages import words

Schemas = Mapping[str, Mapping[str, Any]]

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Line:
    """One field: its title, and its values one under the other."""

    label: str
    values: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class FromSource:
    """What one organisation says. as_of: when that was true, as it says."""

    source: str
    as_of: datetime
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of information, from everybody who lets it be seen."""

    section: str
    title: str
    sources: tuple[FromSource, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """All that may be seen now. unavailable: organisations whose systems are out of order. notice: is shown with it."""

    parts: tuple[Part, ...]
    unavailable: tuple[str, ...]
    notice: str

    def only(self, sections: frozenset[str]) -> tuple[Part, ...]:
        """Of these sections."""
        return tuple(part for part in self.parts if part.section in sections)

    def without(self, sections: frozenset[str]) -> tuple[Part, ...]:
        """Of all others."""
        return tuple(part for part in self.parts if part.section not in sections)


def shown(view: View, schemas: Schemas, title_of: Callable[[str], str]) -> Shown:
    """The view in words. title_of: what to call an organisation. A field without a published title keeps its name."""
    parts = []
    for section in dict.fromkeys(one.section for one in view.sections):
        schema = schemas.get(section, {})
        sources = tuple(
            FromSource(title_of(one.source), one.as_of, _lines(one.data, schema))
            for one in view.sections
            if one.section == section
        )
        parts.append(Part(section, _title(schema, section), sources))
    return Shown(tuple(parts), tuple(title_of(one) for one in view.unavailable), view.notice)


def _lines(data: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[Line, ...]:
    known = schema.get("properties", {})
    return tuple(
        Line(_title(known.get(name, {}), name), _values(value, known.get(name, {})))
        for name, value in data.items()
        if value is not None
    )


def _values(value: Any, schema: Mapping[str, Any]) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(_text(one, schema.get("items", {})) for one in value) or ("None",)
    return (_text(value, schema),)


def _text(value: Any, schema: Mapping[str, Any]) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, Mapping):
        known = schema.get("properties", {})
        return "; ".join(
            f"{_title(known.get(name, {}), name)}: {', '.join(_values(one, known.get(name, {})))}"
            for name, one in value.items()
            if one is not None
        )
    text = str(value)
    if _DAY.fullmatch(text):
        try:
            return words.day(date.fromisoformat(text))
        except ValueError:
            return text
    return text


def _title(schema: Mapping[str, Any], name: str) -> str:
    title = schema.get("title")
    return title if isinstance(title, str) else name.replace("_", " ").replace("-", " ").capitalize()
