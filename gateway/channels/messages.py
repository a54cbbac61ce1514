"""What a message says. Nothing of whom it is about, who asks or why: it may be read on a screen that others see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.channels.ports import About


@dataclass(frozen=True, slots=True)
class Text:
    """A subject line and a body, in one language."""

    subject: str
    body: str


def text_of(about: About, sign_in_at: str, translate: Callable[[str], str]) -> Text:
    """The message of a template. sign_in_at: the portal's own address, the same for everybody."""
    _ = translate
    ways = {
        About.REQUEST: (
            _("Somebody asks you something at OnceTold"),
            _("Somebody asks you something at OnceTold."),
            _("You do not have to answer."),
        ),
        About.ENDING: (
            _("Something at OnceTold ends soon"),
            _("Something that you chose at OnceTold ends soon."),
            _("You do not have to do anything."),
        ),
        About.ANSWER: (
            _("Somebody answered you at OnceTold"),
            _("Somebody answered something that you asked at OnceTold."),
            _("You do not have to do anything."),
        ),
        About.REFERRAL: (
            _("News for you at OnceTold"),
            _("There is news at OnceTold of something that you said yes to."),
            _("You do not have to do anything."),
        ),
        About.CHECK: (
            _("A message to check from OnceTold"),
            _("You asked if a message from OnceTold reaches you. It does."),
            _("You do not have to do anything."),
        ),
    }
    subject, says, free = ways[about]
    where = _("Sign in to see it: %(address)s") % {"address": sign_in_at}
    stop = _("You can choose there how we reach you, or that we never do.")
    return Text(subject, f"{says}\n\n{where}\n\n{free} {stop}\n")
