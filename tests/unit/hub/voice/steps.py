"""What tests of Voice do again and again, through the pages alone."""

from __future__ import annotations

import re

from sqlmodel import Session, select

from hub.voice.tables import Heard, Item, Plan
from tests.unit.hub.browser import Answer, Browser
from tests.unit.hub.fakes import Desk

SAID = "The letter about the bath said to ring a number that nobody answers in the morning."
YOU_SAID = "When we ring the number in your letters, nobody picks up"


async def say(desk: Desk, words: str = SAID, **more: str) -> Answer:
    """Somebody says something on the website."""
    return await desk.browser().post("/voice", {"about": "form", "words": words, **more})


def code_in(answer: Answer) -> str:
    """The code that a page shows."""
    found = re.search(r'class="voice-code"[^>]*>([^<]+)<', answer.text)
    assert found is not None, answer.words
    return found[1].strip()


def all_heard(desk: Desk) -> list[Heard]:
    return desk.hub.parts.database.read_now(lambda session: list(session.exec(select(Heard))))


def all_items(desk: Desk) -> list[Item]:
    return desk.hub.parts.database.read_now(lambda session: list(session.exec(select(Item))))


def all_plans(desk: Desk) -> list[Plan]:
    def work(session: Session) -> list[Plan]:
        return list(session.exec(select(Plan)))

    return desk.hub.parts.database.read_now(work)


async def listed(desk: Desk, staff: Browser, you_said: str = YOU_SAID) -> Item:
    """The oldest unread thing goes on the list as a new one."""
    heard = next(one for one in all_heard(desk) if one.state == "new")
    known = {item.id for item in all_items(desk)}
    answer = await desk.post(
        staff,
        f"/voice/team/heard/{heard.id}/new",
        you_said=you_said,
        theme="forms",
        owner="norwich-city-council",
    )
    assert answer.status == 303, answer.words
    return next(item for item in all_items(desk) if item.id not in known)


async def save(desk: Desk, staff: Browser, item: Item, **changes: str) -> Answer:
    """Change a thing on the list."""
    form = {
        "you_said": item.you_said,
        "theme": item.theme,
        "owner": item.owner,
        "status": item.status,
        "answer": item.answer,
        "shown_to": "all" if item.public else "team",
        **changes,
    }
    answer: Answer = await desk.post(staff, f"/voice/team/items/{item.id}", **form)
    return answer


async def ask(desk: Desk, code: str) -> Answer:
    """Somebody types a code."""
    return await desk.browser().post("/voice/answer", {"code": code})
