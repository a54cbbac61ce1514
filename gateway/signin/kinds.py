"""The two doors, and where one comes out behind them."""

from __future__ import annotations

import re
from typing import Final, Literal

Kind = Literal["portal", "console"]

KINDS: Final[tuple[Kind, ...]] = ("portal", "console")

RETURN_MAXIMUM: Final = 512

_RETURN: Final = re.compile(
    r"/(?P<kind>portal|console)(?P<path>(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?)"
    r"(?:\?[A-Za-z0-9._~=&%+:,-]*)?",
    re.ASCII,
)


def home(kind: Kind) -> str:
    """The first page behind a door."""
    return f"/{kind}/"


def safe_return(kind: Kind, wanted: str | None) -> str:
    """The local path to go to after signing in: the wanted one where it lies behind the same door, else the first page.

    Whatever a browser might read as another place (a scheme, `//host`, backslashes, dot segments, control characters) is
    not on the list of what is allowed (OWASP ASVS 5.0, 3.7.2; RFC 9700 section 4.11).
    """
    if not wanted or len(wanted) > RETURN_MAXIMUM:
        return home(kind)
    match = _RETURN.fullmatch(wanted)
    if match is None or match["kind"] != kind or not match["path"]:
        return home(kind)
    return wanted
