"""The register of wordings: one YAML file of texts, each in numbered versions that are never changed, only followed.

    texts:
      - id: agreed-referral
        title: Before we send you to another organisation
        purposes: [agreed-referral]
        versions:
          - number: 1
            from: 2026-11-02
            words: May we tell Harbour Help about you? ...
            written_with: {group: Reading group of Mile Cross, when: 2026-10-20, how: Two meetings, 9 people}
            changed: First version.
            why: ...

A version's id, e.g. `agreed-referral-2`, is what `agreed.words` of a referral and `words` of a spoken consent name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub.errors import HubError

_TEXT_ID: Final = r"^[a-z][a-z0-9-]{0,57}$"
"""So that with its number a version's id is what the gateway takes: a code of at most 64 signs."""
OWN: Final[Traversable] = resources.files("hub.voice.wordings").joinpath("register.yaml")


class RegisterError(HubError):
    """The register cannot be used; the message says where."""


@dataclass(frozen=True, slots=True)
class Group:
    """With whom a version was written: people with lived experience. how: what they did, in a sentence."""

    group: str
    when: date
    how: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version. begins: the day from which it is used. written_with: None where no such group worked on it yet."""

    id: str
    number: int
    begins: date
    words: str
    written_with: Group | None
    changed: str
    why: str


@dataclass(frozen=True, slots=True)
class Text:
    """One text and its versions, the oldest first. purposes: codes of the gateway's purpose register."""

    id: str
    title: str
    purposes: tuple[str, ...]
    versions: tuple[Version, ...]

    def used_on(self, day: date) -> Version:
        """The version in use on a day; the first one before any was."""
        begun = [version for version in self.versions if version.begins <= day]
        return begun[-1] if begun else self.versions[0]

    def version(self, number: int) -> Version | None:
        """The version with this number."""
        return next((version for version in self.versions if version.number == number), None)


Line = Annotated[str, Field(min_length=1, max_length=300)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Group(_Strict):
    group: Line
    when: date
    how: Line


class _Version(_Strict):
    number: int
    begins: date = Field(alias="from")
    words: Annotated[str, Field(min_length=1, max_length=2000)]
    written_with: _Group | None
    changed: Line
    why: Line


class _Text(_Strict):
    id: Annotated[str, Field(pattern=_TEXT_ID)]
    title: Line
    purposes: Annotated[list[Line], Field(min_length=1)]
    versions: Annotated[list[_Version], Field(min_length=1)]


class _Register(_Strict):
    texts: list[_Text]


def read_register(path: Path | None = None) -> tuple[Text, ...]:
    """The texts of a register, the hub's own where no path is given. Raises `RegisterError`."""
    source = OWN if path is None else path
    try:
        read = _Register.model_validate(yaml.safe_load(source.read_text(encoding="utf-8")))
    except OSError as error:
        raise RegisterError(f"{source.name} cannot be read: {type(error).__name__}") from error
    except yaml.YAMLError as error:
        raise RegisterError(f"{source.name} is not YAML") from error
    except ValidationError as error:
        places = "; ".join(".".join(map(str, one["loc"])) for one in error.errors())
        raise RegisterError(f"{source.name} does not fit at {places}") from None
    texts = tuple(_text(one) for one in read.texts)
    for text in texts:
        _check(source.name, text)
    if len({text.id for text in texts}) != len(texts):
        raise RegisterError(f"{source.name} has a text twice")
    return texts


def versions_by_id(texts: tuple[Text, ...]) -> Mapping[str, Version]:
    """All versions by the id that referrals and consents name."""
    return {version.id: version for text in texts for version in text.versions}


def _text(read: _Text) -> Text:
    versions = tuple(
        Version(
            id=f"{read.id}-{one.number}",
            number=one.number,
            begins=one.begins,
            words=re.sub(r"[ \t]+\n", "\n", one.words).strip(),
            written_with=None if one.written_with is None else Group(**one.written_with.model_dump()),
            changed=one.changed,
            why=one.why,
        )
        for one in read.versions
    )
    return Text(read.id, read.title, tuple(read.purposes), versions)


def _check(name: str, text: Text) -> None:
    numbers = [version.number for version in text.versions]
    if numbers != list(range(1, len(numbers) + 1)):
        raise RegisterError(f"{name}: the versions of {text.id} are not numbered 1, 2, 3 ...")
    days = [version.begins for version in text.versions]
    if any(later <= earlier for earlier, later in pairwise(days)):
        raise RegisterError(f"{name}: a version of {text.id} begins no later than the one before it")
    for version in text.versions:
        if version.written_with is not None and version.written_with.when > version.begins:
            raise RegisterError(f"{name}: {version.id} was used before it was written")
