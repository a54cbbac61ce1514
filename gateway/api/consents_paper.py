"""The paper that a resident takes home after a spoken yes: as text and as a page to print. Pure.

It names whom, why, which kinds and until when, as the practitioner said it; nothing of the person, and no record. The code
stops and shows nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from gettext import NullTranslations
from typing import Final

from core.pages.environment import build_environment
from gateway.codes import in_groups
from gateway.policy.register_values import Registers
from gateway.services.words import Wording

_ENVIRONMENT, _WORDS = build_environment({"portal": "consent.portal"}, NullTranslations())
STOP_PAGE: Final = "/portal/stop-by-code"


@dataclass(frozen=True, slots=True)
class Paper:
    """What is printed. html: a page of its own, without styles, scripts or links."""

    code: str
    text: str
    html: str


def paper(
    registers: Registers,
    recipient: str,
    purpose: str,
    sections: Iterable[str],
    until: datetime | None,
    code: str,
    public_url: str,
) -> Paper:
    """The paper of one spoken yes."""
    words, _ = Wording(registers), _WORDS
    title = _("What you said yes to")
    kinds = _WORDS.listed(words.sections(sections))
    lines = [
        _("%(organisation)s may look at some things about you.")
        % {"organisation": words.organisation(recipient)},
        _("This is why: %(why)s.") % {"why": words.purpose(purpose).rstrip(".")},
        _("This is what they may look at: %(kinds)s.") % {"kinds": kinds},
    ]
    if until is not None:
        lines.append(_("It ends by itself on %(day)s.") % {"day": _WORDS.day(until)})
    stop = _("Your code to stop it")
    shown = in_groups(code)
    how = [
        _("You can stop it any day. You need not say why, and nobody will be cross with you."),
        _("Go to %(address)s and write the code there. Or tell the code to anyone who helps you.")
        % {"address": public_url.partition("://")[2].rstrip("/") + STOP_PAGE},
        _("The code only stops. It shows nothing about you. Keep this paper as you keep other letters."),
    ]
    html = _ENVIRONMENT.get_template("portal/stop_by_code_paper.html").render(
        title=title, lines=lines, stop=stop, code=shown, how=how
    )
    text = "\n\n".join([title, *lines, f"{stop}:\n{shown}", *how]) + "\n"
    return Paper(shown, text, html)
