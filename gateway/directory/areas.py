"""Which areas lie in which: a service for all of Norfolk is one for Norwich too. Names as words, as feeds write them freely.

Districts: ONS, Local Authority Districts in England (December 2023); towns by their district.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

Name: TypeAlias = frozenset[str]
"""The words of a place's name, in small letters."""

_COUNTY: Final = "norfolk"
_NATION: Final = ("england", "united kingdom", "uk")
_TOWNS: Final[Mapping[str, tuple[str, ...]]] = {
    "breckland": ("attleborough", "dereham", "swaffham", "thetford", "watton"),
    "broadland": ("acle", "aylsham", "hellesdon", "sprowston", "taverham", "thorpe st andrew"),
    "great yarmouth": ("caister", "gorleston"),
    "king s lynn and west norfolk": ("downham market", "hunstanton", "king s lynn", "west norfolk"),
    "north norfolk": ("cromer", "fakenham", "holt", "north walsham", "sheringham", "wells next the sea"),
    "norwich": (),
    "south norfolk": ("costessey", "diss", "harleston", "long stratton", "loddon", "wymondham"),
}
_POSTCODES: Final = re.compile(r"nr\d{1,2}|pe3[0-8]")
"""Postcode districts that lie in Norfolk, all or nearly."""


def name_of(text: str) -> Name:
    """A place's name as words."""
    return frozenset(re.findall(r"\w+", text.casefold()))


def around(place: Name) -> frozenset[Name]:
    """The wider areas that hold a place; none where it is not known here."""
    if len(place) == 1 and _POSTCODES.fullmatch(next(iter(place))):
        return _WIDER[name_of("norwich")]
    return _WIDER.get(place, frozenset())


def _wider() -> Mapping[Name, frozenset[Name]]:
    nation = frozenset(map(name_of, _NATION))
    county = nation | {name_of(_COUNTY)}
    found = {name_of(_COUNTY): nation}
    for district, towns in _TOWNS.items():
        found[name_of(district)] = county
        for town in towns:
            found[name_of(town)] = county | {name_of(district)}
    return found


_WIDER: Final = _wider()
