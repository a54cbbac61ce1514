"""A hub in which much was said, for looking at: things in every state, one late plan, words in long Polish, a long owner."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from sqlmodel import Session, select

from hub.voice import heard, listing, plans
from hub.voice.listing import Entry
from hub.voice.plans import ActionSays, PlanSays
from hub.voice.saying import Said
from hub.voice.settings import VoiceSettings
from hub.voice.tables import Action, Plan

TODAY: Final = date(2026, 11, 23)
BY: Final = "Joy Alder, Listener, Age Well Norfolk"
CODES: Final = {
    "unread": "K7QP-3MXD-9T2W",
    "answered": "BCDF-GHJK-MNPQ",
    "aside": "2345-6789-BCDF",
}
LONG: Final = "Konstantynopolitańczykowianeczka pisze: najnieprawdopodobniejszezaświadczenie"
THINGS: Final = (
    Entry(
        "sharing",
        "look",
        "We could not find out why the housing team had looked",
        "done",
        "norwich-city-council",
        "Each look now says why in one sentence. You see it under “Who looked”.",
        True,
    ),
    Entry(
        "forms",
        "form",
        "The letter about rent has too many hard words",
        "doing",
        "partnership",
        "We write it anew, with people who get it.",
        True,
    ),
    Entry("forms", "form", LONG, "looking", "the-longest", "", True),
    Entry(
        "listening",
        "service",
        "Nobody rings back after a message is left",
        "not-possible",
        "age-well-norfolk",
        "We have two people for all calls. We cannot ring everybody back. We now say so on the tape.",
        True,
    ),
    Entry(
        "damp",
        "service",
        "Mould comes back after it is painted over",
        "heard",
        "norwich-city-council",
        "",
        True,
    ),
    Entry("money", "rule", "A payslip is asked for three times", "heard", "partnership", "", False),
)


def fill(session: Session) -> None:
    """Fill a new hub."""
    kept = VoiceSettings()
    items = []
    for number, entry in enumerate(THINGS):
        item = listing.new_item(session, entry, TODAY - timedelta(days=40 - number), BY)
        listing.change(session, item, entry, TODAY - timedelta(days=number), BY)
        items.append(item)
    for words, code, days in (
        ("The man on the phone was kind. But I had to say it all again to the next one.", CODES["unread"], 1),
        ("I do not know what the word adjudication in my letter means.", None, 80),
    ):
        heard.keep(session, _said(words, "web", code), TODAY - timedelta(days=days), kept)
    one = _said("I said I want to know who looked.", "phone", CODES["answered"])
    heard.keep(session, one, TODAY, kept, BY)
    two = _said("My own repair is late.", "paper", CODES["aside"])
    heard.keep(session, two, TODAY, kept, BY)
    session.flush()
    for row in heard.unread(session):
        if row.words == one.words:
            row.people = 12
            heard.put_on_list(row, items[0].id)
        elif row.words == two.words:
            heard.set_aside(row, "one-person")
    _plan(session, items[4].id)


def addresses(session: Session) -> dict[str, str]:
    """Pages whose addresses hold an id made by chance."""
    plan = session.exec(select(Plan.id)).one()
    action = session.exec(select(Action.id)).first()
    return {
        "heard": f"/voice/team/heard/{heard.unread(session)[0].id}",
        "item": f"/voice/team/items/{listing.items(session)[0].id}",
        "plan": f"/voice/plans/{plan}",
        "plan-team": f"/voice/team/plans/{plan}",
        "plan-form": f"/voice/team/plans/{plan}/change",
        "action-form": f"/voice/team/plans/{plan}/actions/{action}",
    }


def _said(words: str, channel: str, code: str | None) -> Said:
    return Said("service", words, channel, 1, TODAY, channel == "phone", code)


def _plan(session: Session, item: str) -> None:
    says = PlanSays(
        "Warm and dry homes",
        "Mile Cross and Catton Grove",
        "damp",
        "Too many homes are cold and damp, and people are ill because of it.",
        "norwich-city-council",
        True,
    )
    plan = plans.plan_found(session, plans.put_plan(session, None, says, TODAY))
    for what, owner, team, due, progress, from_item in (
        ("Look at all homes where somebody said damp", "norwich-city-council", "Repairs", date(2026, 10, 31), "doing", item),
        ("Tell people how to ask for a heater", "age-well-norfolk", "", date(2027, 1, 31), "not-started", None),
        ("Ask the gas company for meters without a charge", "the-longest", "", date(2026, 11, 1), "done", None),
        ("Print a leaflet", "partnership", "", date(2026, 12, 1), "stopped", None),
    ):  # fmt: skip
        action = plans.put_action(
            session, plan, None, ActionSays(what, owner, team, due, progress, from_item), TODAY
        )
        if progress != "not-started":
            kept = plans.action_found(session, plan.id, action)
            plans.add_note(
                session, kept, "We looked at 40 of 65 homes. In 12 of them work has begun.", TODAY, BY
            )


REGISTER: Final = """
texts:
  - id: home-and-health
    title: Before a team helps with your home and your health
    purposes: [interact-home-health]
    versions:
      - number: 1
        from: 2026-09-01
        words: We will share what is needed with a small team. The team may look at what the council holds about you.
        written_with: null
        changed: First version.
        why: The team needs words to read out.
      - number: 2
        from: 2026-10-05
        words: |-
          We will tell a small team who you are. The team may look at what the council knows about your home.

          You can say no.
        written_with: {group: The made-up reading group, when: 2026-09-20, how: Nine people read it aloud to each other.}
        changed: '"Share what is needed" is gone. "You can say no" is new.'
        why: Nobody knew what is needed means, and nobody knew that no is fine.
      - number: 3
        from: 2026-11-09
        words: |-
          May we tell a small team who you are? The team may look at what the council knows about your home.

          You can say no. You can stop it at any time.
        written_with: {group: The made-up reading group, when: 2026-10-25, how: Seven people of the group met again.}
        changed: It begins with a question, and says that you can stop it.
        why: A question is easier to say no to.
  - id: one-version
    title: Before another team goes on helping you
    purposes: [low-level-support]
    versions:
      - number: 1
        from: 2026-11-09
        words: May we tell the other team what we planned with you? You need not tell it again.
        written_with: null
        changed: First version.
        why: People should not tell their story twice.
"""
"""A register with a group that is made up, to look at."""
