"""Fake services of "My story" and "Settings": the person's id is the state that a test or the preview wants to see."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from fastapi import Request

from consent.portal.ports import NotPossible
from consent.portal.settings_ports import Channel, Contact, Preferences
from consent.portal.story_ports import MyStory, NotKept, Reader, Told
from core.errors import ClosedError
from tests.unit.consent.portal.fakes import LONG_NAME, NOW

QUESTIONS = ("what_matters", "how_to_reach_me", "told_already", "adjustments")
LONGEST = 200
HOSTILE_WORDS = "</textarea><script>alert(1)</script> \" & 'quoted'"
LONG_WORD = "konstantynopolitańczykowianeczka" * 5
TOLD = {
    "many": {
        "what_matters": Told(
            f"My two girls, and that we stay together.\n\nMy garden.\n{LONG_WORD}", NOW - timedelta(days=40)
        ),
        "how_to_reach_me": Told("Text me first. Never ring in the evening.", NOW - timedelta(days=3)),
        "told_already": Told(
            "My mum died in spring. I have told it to five people and I do not want to tell it again. I lost my work after "
            "that, and then the flat was cold all winter.",
            NOW - timedelta(days=40),
        ),
        "adjustments": Told("Talk slowly. Write down what we agreed.", NOW),
    },
    "one": {"what_matters": Told("My dog", NOW)},
    "hostile": {"what_matters": Told(HOSTILE_WORDS, NOW)},
}
READERS = (
    Reader("Norfolk County Council", "Finding the right help early", frozenset(QUESTIONS)),
    Reader(LONG_NAME, "Pomoc najniebezpieczniejszym", frozenset(QUESTIONS) - {"how_to_reach_me"}),
    Reader("Age Well Norfolk", "A home fit for health", frozenset({"debts"})),
)


@dataclass
class FakeStory:
    """`StoryServices` without a gateway."""

    kept: list[tuple[str, str, str]] = field(default_factory=list)
    forgotten: list[tuple[str, str | None]] = field(default_factory=list)

    async def story(self, person: str) -> MyStory:
        if person == "closed":
            raise ClosedError("database", "does not answer")
        return MyStory(QUESTIONS, TOLD.get(person, {}))

    def check(self, question: str, words: str) -> str:
        if question not in QUESTIONS:
            raise KeyError(question)
        if not words:
            raise NotKept("empty", LONGEST, 0)
        if len(words) > LONGEST:
            raise NotKept("too-long", LONGEST, len(words))
        if "NR2 1AB" in words:
            raise NotKept("tells-where", LONGEST, len(words))
        return words

    async def keep(self, person: str, question: str, words: str) -> None:
        kept = self.check(question, words)
        if person == "impossible":
            raise NotPossible("There is nothing of yours here any more.")
        self.kept.append((person, question, kept))

    async def forget(self, person: str, question: str | None) -> None:
        if person == "impossible":
            raise NotPossible("There is nothing of yours here any more.")
        self.forgotten.append((person, question))

    async def readers(self, person: str) -> tuple[Reader, ...]:
        return READERS if person == "many" else ()


CONTACTS = {
    "many": Contact("email", f"{LONG_WORD[:50]}@example.test", others_read=False, hours=(9, 17)),
    "one": Contact("text", "+447700900982", others_read=False, hours=(0, 24)),
    "law": Contact("email", "shared@example.test", others_read=True),
    "impossible": Contact("none"),
}


@dataclass
class FakeSettings:
    """`SettingsServices` without a gateway. States `many` and `none` signed in just now."""

    changed: list[tuple[str, object]] = field(default_factory=list)
    left: int = 0
    hidden: frozenset[int] = frozenset()
    stuck: bool = False

    async def preferences(self, person: str) -> Preferences:
        if person == "closed":
            raise ClosedError("database", "does not answer")
        return Preferences(CONTACTS.get(person, Contact("")), "pl" if person == "many" else "", self.hidden)

    def address(self, channel: Channel, typed: str) -> str | None:
        fits = "@" in typed if channel == "email" else typed.replace(" ", "").isdigit()
        return typed if fits else None

    async def reach(self, person: str, contact: Contact) -> None:
        await self._change(person, contact)

    async def check(self, person: str) -> None:
        await self._change(person, "check")

    async def speak(self, person: str, language: str) -> None:
        await self._change(person, language)

    async def hide(self, person: str, index: int) -> None:
        await self._change(person, index)
        self.hidden |= {index}

    async def show_again(self, person: str) -> None:
        await self._change(person, "show")
        self.hidden = frozenset()

    async def signed_in_anew(self, request: Request) -> bool:
        return request.cookies.get("state", "many") in {"many", "none", "impossible"}

    async def leave(self, request: Request) -> None:
        if self.stuck:
            raise ClosedError("database", "does not answer")
        self.left += 1

    async def _change(self, person: str, what: object) -> None:
        if person == "impossible":
            raise NotPossible("There is nothing of yours here any more.")
        self.changed.append((person, what))


__all__ = ["CONTACTS", "HOSTILE_WORDS", "LONGEST", "QUESTIONS", "TOLD", "FakeSettings", "FakeStory"]
