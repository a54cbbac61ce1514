"""Which services fit a question, and in which order: simple scores that can be added up by hand. Pure.

Every part of a question narrows the answer. What a service does not say does not shut it out: one that names no area may
serve any, one that names no condition may be for anybody; those that say it stand first. The same question always has the
same answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from adapters.openreferral.values import Eligibility, Service, Status
from gateway.directory.areas import around
from gateway.directory.themes import THEME_WORDS

_WORD: Final = re.compile(r"\w+")
_SHOWN: Final = frozenset({Status.ACTIVE, Status.TEMPORARILY_CLOSED})

IN_NAME, IN_TERM, IN_PROVIDER, IN_AREA, IN_DESCRIPTION = 8, 6, 4, 2, 1
"""What one word of the question counts, by where it is found; the best place counts."""
TERM_ITSELF, TERM_BY_WORDS = 10, 5
AREA_ITSELF, AREA_IN_WORDS, AREA_AROUND = 6, 4, 2
ELIGIBLE_IN_WORDS, ELIGIBLE_BY_AGE = 3, 1


@dataclass(frozen=True, slots=True)
class Question:
    """What is searched for; an empty part asks nothing. need: a theme or a term. eligible: an age, or words, or both."""

    words: str = ""
    need: str = ""
    place: str = ""
    eligible: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A service with its words, taken apart once."""

    service: Service
    name: frozenset[str]
    terms: frozenset[str]
    provider: frozenset[str]
    areas: tuple[frozenset[str], ...]
    area_words: frozenset[str]
    description: frozenset[str]
    eligibility: frozenset[str]


def entry_of(service: Service) -> Entry:
    """Take a service's words apart."""
    places = ((one.name, one.town, _outward(one.postcode)) for one in service.places)
    named = (*service.areas, *(name for place in places for name in place if name is not None))
    areas = tuple(_words(one) for one in named)
    return Entry(
        service=service,
        name=_words(service.name),
        terms=frozenset(word for term in service.terms for word in _words(f"{term.name} {term.code}")),
        provider=frozenset() if service.provider is None else _words(service.provider.name),
        areas=areas,
        area_words=frozenset().union(*areas),
        description=_words(service.description or ""),
        eligibility=_words(service.eligibility.words or ""),
    )


def search(entries: Iterable[Entry], question: Question) -> list[Service]:
    """The services that fit, best first; those that fit alike by name, then by id."""
    asked = _taken_apart(question)
    scored = ((_points(one, asked), one.service) for one in entries if one.service.status in _SHOWN)
    found = [(points, one) for points, one in scored if points is not None]
    found.sort(key=lambda one: (-one[0], one[1].name.casefold(), one[1].id))
    return [one for _, one in found]


def score(entry: Entry, question: Question) -> int | None:
    """The points of a service for a question; None where it does not fit."""
    return _points(entry, _taken_apart(question))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question taken apart once. around: the areas that hold the place."""

    words: tuple[str, ...]
    need: str
    place: frozenset[str]
    around: frozenset[frozenset[str]]
    ages: tuple[int, ...]
    groups: tuple[str, ...]


def _taken_apart(question: Question) -> _Asked:
    place, eligible = _words(question.place), sorted(_words(question.eligible))
    return _Asked(
        words=tuple(sorted(_words(question.words))),
        need=question.need.casefold(),
        place=place,
        around=around(place),
        ages=tuple(int(one) for one in eligible if one.isdecimal()),
        groups=tuple(one for one in eligible if not one.isdecimal()),
    )


def _points(entry: Entry, asked: _Asked) -> int | None:
    total = 0
    for points in _each(entry, asked):
        if points is None:
            return None
        total += points
    return total


def _each(entry: Entry, asked: _Asked) -> Iterator[int | None]:
    """The points of each part that was asked."""
    if asked.need:
        yield _by_need(entry, asked.need)
    if asked.place:
        yield _by_place(entry, asked)
    if asked.ages or asked.groups:
        yield _by_eligibility(entry, asked)
    for word in asked.words:
        yield _by_word(entry, word)


def _by_word(entry: Entry, word: str) -> int | None:
    places = (
        (IN_NAME, entry.name),
        (IN_TERM, entry.terms),
        (IN_PROVIDER, entry.provider),
        (IN_AREA, entry.area_words),
        (IN_DESCRIPTION, entry.description),
    )
    return next((points for points, words in places if _holds(words, word)), None)


def _by_need(entry: Entry, need: str) -> int | None:
    if any(need in {one.code.casefold(), one.name.casefold()} for one in entry.service.terms):
        return TERM_ITSELF
    return TERM_BY_WORDS if THEME_WORDS.get(need, frozenset()) & entry.terms else None


def _by_place(entry: Entry, asked: _Asked) -> int | None:
    if not entry.areas:
        return 0
    if asked.place in entry.areas:
        return AREA_ITSELF
    if any(asked.place <= area for area in entry.areas):
        return AREA_IN_WORDS
    near = any(area in asked.around or asked.place in around(area) for area in entry.areas)
    return AREA_AROUND if near else None


def _by_eligibility(entry: Entry, asked: _Asked) -> int | None:
    limits = entry.service.eligibility
    if not all(_of_age(limits, one) for one in asked.ages):
        return None
    said = (limits.minimum_age, limits.maximum_age) != (None, None)
    points = ELIGIBLE_BY_AGE if asked.ages and said else 0
    if not asked.groups or not entry.eligibility:
        return points
    return points + ELIGIBLE_IN_WORDS if all(_holds(entry.eligibility, one) for one in asked.groups) else None


def _of_age(limits: Eligibility, age: int) -> bool:
    lowest, highest = limits.minimum_age, limits.maximum_age
    return (lowest is None or age >= lowest) and (highest is None or age <= highest)


def _holds(words: frozenset[str], asked: str) -> bool:
    """Whether a word is there, or one that begins with it: `debt` finds debts."""
    return asked in words or (len(asked) > 2 and any(one.startswith(asked) for one in words))


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _outward(postcode: str | None) -> str | None:
    """The first half of a postcode: a district, which many share."""
    return None if postcode is None else postcode.split(" ", maxsplit=1)[0]
