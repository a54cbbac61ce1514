"""Which language a page is in, for each request: what the person chose, else what their browser asks for, else English.

English stands in the templates themselves, so a language without a catalogue, and a text that its catalogue lacks, is shown
in English; the page's `lang` attribute says what it is really in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from gettext import NullTranslations
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response

ENGLISH: Final = "en"
LANGUAGES: Final[Mapping[str, str]] = {
    "en": "English",
    "pl": "Polski",
    "lt": "Lietuvių",
    "pt": "Português",
    "ro": "Română",
}
"""The languages that can be chosen, by BCP 47 code, each in its own words."""
COOKIE: Final = "__Host-oncetold-language"
COOKIE_ON_LOOPBACK: Final = "oncetold-language"
"""For a sandbox whose browser does not count loopback as secure."""
COOKIE_SECONDS: Final = 365 * 24 * 3600
ACCEPTED_MAXIMUM: Final = 20
"""How many languages of a browser are looked at."""

_chosen: ContextVar[str] = ContextVar("language", default=ENGLISH)


class Catalogues(NullTranslations):
    """Several languages' catalogues as one, which speaks the language of the request under way."""

    def __init__(self, by_language: Mapping[str, NullTranslations]) -> None:
        super().__init__()
        self._by_language = dict(by_language)

    @property
    def languages(self) -> frozenset[str]:
        """The languages that pages can be in."""
        return frozenset({ENGLISH, *self._by_language})

    def gettext(self, message: str) -> str:
        """See `NullTranslations.gettext`."""
        return self._now().gettext(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """See `NullTranslations.ngettext`."""
        return self._now().ngettext(msgid1, msgid2, n)

    def pgettext(self, context: str, message: str) -> str:
        """See `NullTranslations.pgettext`."""
        return self._now().pgettext(context, message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        """See `NullTranslations.npgettext`."""
        return self._now().npgettext(context, msgid1, msgid2, n)

    def info(self) -> dict[str, str]:
        """See `NullTranslations.info`; its `language` is the one that is spoken now."""
        code = _chosen.get()
        return {"language": code if code in self.languages else ENGLISH}

    def _now(self) -> NullTranslations:
        return self._by_language.get(_chosen.get()) or _ENGLISH


_ENGLISH: Final = NullTranslations()


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak this language meanwhile; one without a catalogue is spoken as English."""
    before = _chosen.set(code)
    try:
        yield
    finally:
        _chosen.reset(before)


def speak(code: str) -> None:
    """Speak this language for the rest of the request."""
    _chosen.set(code)


def chosen_by_cookie(request: HTTPConnection) -> str | None:
    """The language that the person chose on this device; None where they chose none."""
    code = request.cookies.get(COOKIE) or request.cookies.get(COOKIE_ON_LOOPBACK) or ""
    return code if code in LANGUAGES else None


def language_of(request: HTTPConnection) -> str:
    """The language for this request: the cookie's, else the first that the browser asks for and we can be chosen in."""
    return chosen_by_cookie(request) or _asked_for(request.headers.get("accept-language", "")) or ENGLISH


def remember(response: Response, code: str, *, insecure: bool = False) -> None:
    """Have the browser keep the language, which says nothing else of the person. insecure: for loopback alone."""
    response.set_cookie(
        COOKIE_ON_LOOPBACK if insecure else COOKIE,
        code,
        max_age=COOKIE_SECONDS,
        path="/",
        secure=not insecure,
        httponly=True,
        samesite="lax",
    )


def _asked_for(header: str) -> str | None:
    """The language wanted most that is one of ours (RFC 9110 section 12.5.4); `pt-BR` is met by `pt`."""
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")[:ACCEPTED_MAXIMUM]):
        tag, _, weight = part.partition(";")
        code = tag.strip().lower().partition("-")[0]
        quality = _quality(weight)
        if code in LANGUAGES and quality > 0:
            wanted.append((-quality, place, code))
    return min(wanted)[2] if wanted else None


def _quality(weight: str) -> float:
    name, _, value = weight.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0
