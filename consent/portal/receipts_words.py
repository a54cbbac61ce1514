"""A receipt in words: how the decision was said, and the whole of it as plain text, which prints on any paper."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from consent.portal.receipts_ports import Issued, Paper
from core.pages.words import Words

_WIDTH = 76


def how_it_was_said(_: Words, paper: Paper) -> str:
    """How and by whom, without a name."""
    who = {
        "attorney": _("By somebody with a power of attorney."),
        "deputy": _("By a deputy whom the court chose."),
        "parental-responsibility": _("By somebody with parental responsibility."),
    }.get(paper.capacity)
    how = {
        "portal": _("On the OnceTold website."),
        "representative": _("On the OnceTold website."),
        "assisted": _("It was said to somebody, who wrote it down."),
        "imported": _("It came from another system."),
    }.get(paper.how, _("In another way."))
    return how if who is None else _("%(how)s %(who)s") % {"how": how, "who": who}


def title(_: Words, paper: Paper) -> str:
    """What was decided, in a line."""
    return {
        "allowed": _("Somebody allowed this"),
        "stopped": _("Somebody stopped this"),
        "refused": _("Somebody said no to this"),
        "unrefused": _("Somebody took back a no to this"),
    }[paper.what]


def as_text(_: Words, issued: Issued) -> str:
    """The receipt on paper: first for people, then the signed text by which anybody can check it."""
    paper = issued.paper
    facts = (
        (_("Reference"), (paper.reference,)),
        (_("When"), (_.moment(paper.at),)),
        (_("Who can look, or could"), _.all_told(paper.organisations) or (_("Everybody who takes part"),)),
        (_("Why"), _.all_told(paper.purposes)),
        (_("What was said"), _.all_told(paper.words)),
        (_("What kind of information"), _.all_told(paper.kinds)),
        (_("From"), _.all_told(paper.sources)),
        (_("Since"), (_.day(paper.since),)),
        (_("Until"), (_.day(paper.until) if paper.until else _("It is stopped"),)),
        (_("How it was said"), (how_it_was_said(_, paper),)),
    )
    lines = [_("OnceTold receipt"), "", title(_, paper), ""]
    for name, values in facts:
        lines += [name, *(line for value in values for line in _indented(value)), ""]
    closing = (
        _("You can stop what you allowed at any time: sign in at %(address)s.")
        % {"address": paper.issuer + "/portal/"},
        _("Services that keep secret whom they help are never named on a receipt."),
        _("This paper does not say who you are. Anybody can check that it is true, at %(address)s.")
        % {"address": paper.issuer + "/portal/check"},
        _("Copy everything from here to the end:"),
    )
    for sentence in closing:
        lines += [*textwrap.wrap(sentence, _WIDTH, break_long_words=False, break_on_hyphens=False), ""]
    return "\n".join(lines) + issued.armoured


def _indented(text: str) -> Iterable[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="  ")
