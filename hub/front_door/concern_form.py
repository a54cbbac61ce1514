"""The form for a concern as templates show it, with what was typed: one for everybody and for staff. Pure."""

from __future__ import annotations

from hub.front_door.concerns import LINE, WORDS
from hub.front_door.reading import boxes, entry_of, prose, radios
from hub.front_door.vocabulary import ABOUT, AGREED, SOON, THEMES, WHOSE
from hub.pages.forms import Faults, Form


def shown_form(form: Form, faults: Faults) -> dict[str, object]:
    """The variables of `front_door/concern-fields.html`."""
    return {
        "faults": faults,
        "entry": entry_of(form),
        "themes": boxes(THEMES, form.every("themes")),
        "soon": radios(SOON, form.one("soon")),
        "about": radios(ABOUT, form.one("about")),
        "about_other": form.one("about") == "other",
        "agreed": radios(AGREED, form.one("agreed")),
        "whose": radios(WHOSE, form.one("whose")),
        "typed": {name: prose(form, name) for name in ("words", "name", "reach", "safe")},
        "most_words": WORDS,
        "most_line": LINE,
    }
