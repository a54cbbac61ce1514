"""The Jinja environment of a room's pages: autoescaping always on, every text through gettext, GOV.UK components.

Templates are named by room: `pages/...` is the shared frame, `govuk_frontend_jinja/...` the components, and each room
adds its own, e.g. `portal/home.html` from the package `consent.portal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from gettext import NullTranslations

from jinja2 import BaseLoader, Environment, PackageLoader, PrefixLoader

from core.pages.languages import Catalogues
from core.pages.static_files import static_url
from core.pages.words import Words, by_day


def build_environment(
    rooms: dict[str, str], translations: NullTranslations | Mapping[str, NullTranslations] | None = None
) -> tuple[Environment, Words]:
    """The environment and its words.

    rooms: prefix of template names -> package that holds them in its folder `templates`.
    translations: message catalogues by language (BCP 47), of which each request has its own, or one catalogue for all
        requests; without any the English of the templates is shown.
    """
    catalogue = translations if isinstance(translations, NullTranslations) else Catalogues(translations or {})
    loaders: dict[str, BaseLoader] = {
        "govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja"),
        "pages": PackageLoader("core.pages"),
    }
    loaders |= {prefix: PackageLoader(package) for prefix, package in rooms.items()}
    # Escaping does not look at a template's name: there is nothing here but HTML.
    environment = Environment(
        loader=PrefixLoader(loaders),
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined] # the extension adds it
    words = Words(catalogue)
    environment.filters |= {
        "day": words.day,
        "time": words.time,
        "moment": words.moment,
        "listed": words.listed,
        "by_day": by_day,
        "told": lambda text: words.told(text) if isinstance(text, str) else words.all_told(text),
    }
    environment.globals |= {"static": static_url, "lang": _Spoken(words)}
    return environment, words


@dataclass(frozen=True, slots=True)
class _Spoken:
    """The code of the language, asked for when a page is written: it may be the request's own."""

    words: Words

    def __str__(self) -> str:
        return self.words.language
