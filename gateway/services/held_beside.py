"""The parts of a download of which a person has a handful of rows: story, settings, requests, questions, who acts for them,
what was said to somebody, what the policy was asked, and open sign-ins.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from sqlalchemy import column, select, table

from consent.assisted import store as assisted
from consent.portal.downloading_ports import HeldPart, HeldRow
from consent.representing.store import Representations
from consent.requests.store import Requests
from consent.story.store import Stories
from core.keys import KeyStore, SubjectKey
from core.pages.words import Words
from core.sealing import open_json
from core.storage import Database
from core.times import from_ms, to_ms
from core.vocabulary import Json, JsonObject
from gateway.policy.live import LivePolicy
from gateway.policy.question import to_input
from gateway.policy.replayable import open_input
from gateway.questions import store as questions
from gateway.questions.store import Questions
from gateway.reach.wishes import NOTHING_CHOSEN, WishStore
from gateway.reviews.store import is_told
from gateway.services.held_parts import key_of
from gateway.services.words import Wording

_DETAIL = table("log_entry_detail", column("index"), column("kind"), column("at_ms"))
_INPUT = table("decision_input", *(column(name) for name in ("index", "tag", "sealed", "until_ms")))
_SESSION = table(
    "session",
    *(column(name) for name in ("kind", "subject", "created_ms", "last_seen_ms", "expires_ms")),
)
_ALONE = table("decides_alone", column("person"), column("sealed"))
_CODE = table("stop_code", column("person"), column("ends_ms"))
_OUTBOX = table("outbox", column("person"), column("about"), column("due_ms"))

PEOPLE: Final = frozenset({"by", "practitioner", "representative"})
"""Members that name somebody else by an id of ours or of their organisation: theirs, not the person's."""

MANY: Final = 1000
"""How many inputs and questions of one person are looked at; they are deleted after their time."""


@dataclass(frozen=True, slots=True)
class Few:
    """A part of a handful of rows. told: its title, and what is in it. read: the rows; blocks."""

    keys: KeyStore
    name: str
    told: Callable[[Words], tuple[str, str]]
    read: Callable[[SubjectKey, Words], Iterable[HeldRow]]

    def title(self, _: Words) -> str:
        """See `HeldPart.title`."""
        return self.told(_)[0]

    def about(self, _: Words) -> str:
        """See `HeldPart.about`."""
        return self.told(_)[1]

    async def rows(self, person: str, _: Words) -> AsyncIterator[HeldRow]:
        """See `HeldPart.rows`."""
        key = await key_of(self.keys, person)
        if key is None:
            return
        for row in await asyncio.to_thread(lambda: list(self.read(key, _))):
            yield row


def parts_beside(database: Database, keys: KeyStore, policy: LivePolicy) -> Sequence[HeldPart]:
    """All of them, in the order of the file."""
    at = _At(database, keys, policy)
    return (
        Few(keys, "story", _story_told, at.story),
        Few(keys, "requests", _requests_told, at.requests),
        Few(keys, "questions", _questions_told, at.questions),
        Few(keys, "acting", _acting_told, at.acting),
        Few(keys, "spoken", _spoken_told, at.spoken),
        Few(keys, "settings", _settings_told, at.settings),
        Few(keys, "rules", _rules_told, at.rules),
        Few(keys, "sign-ins", _sign_ins_told, at.sign_ins),
    )


@dataclass(frozen=True, slots=True)
class _At:
    database: Database
    keys: KeyStore
    policy: LivePolicy

    @property
    def words(self) -> Wording:
        return Wording(self.policy.registers)

    def story(self, key: SubjectKey, _: Words) -> Iterator[HeldRow]:
        for question, (words, at) in Stories(self.database).of(key).answers.items():
            title = self.words.fields("my-story", [question]) or (question,)
            data: JsonObject = {"question": question, "words": words, "at": to_ms(at)}
            yield HeldRow(title[0], ((_("In your words"), words), (_("Since"), _.moment(at))), data)

    def requests(self, key: SubjectKey, _: Words) -> Iterator[HeldRow]:
        for one in Requests(self.database).of(key):
            answer = one.answer
            facts = (
                (_("Why"), _.told(self.words.purpose(one.purpose))),
                (_("What kind of information"), _.listed(_.all_told(self.words.sections(one.sections)))),
                (_("In their words"), one.reason),
                (_("When"), _.moment(one.asked)),
                (_("Your answer"), _.moment(answer.at) if answer else _("Not yet")),
            )
            yield HeldRow(self.words.organisation(one.organisation), facts, one.to_json())

    def questions(self, key: SubjectKey, _: Words) -> Iterator[HeldRow]:
        for one in Questions(self.database).of_tag(key.tag, MANY):
            asked = questions.words_of(one, key)
            answers = questions.answers_of(one, key)
            facts = (
                (_("When"), _.moment(from_ms(one.asked_ms))),
                (_("In your words"), asked.words),
                *((_("Their answer"), answer.words) for answer in answers),
            )
            data: JsonObject = {
                "about": one.about,
                "organisation": one.organisation,
                "asked": one.asked_ms,
                "know": list(asked.know),
                "words": asked.words,
                "answers": [{"outcome": a.outcome, "words": a.words, "at": a.at_ms} for a in answers],
                "until": one.until_ms,
            }
            yield HeldRow(self.words.organisation(one.organisation), facts, data, index=one.about)

    def acting(self, key: SubjectKey, _: Words) -> Iterator[HeldRow]:
        standing = Representations(self.database, self.keys)
        for held in standing.of_person(key):
            data = cast("JsonObject", without(held.authority.to_json(), PEOPLE))
            facts = (
                (_("Since"), _.moment(held.authority.recorded.at)),
                (_("Written down by"), self.words.organisation(held.authority.recorded.organisation)),
            )
            yield HeldRow(_("Somebody who may act for you"), facts, data)
        with self.database.read() as tx:
            alone = tx.execute(select(_ALONE.c.sealed).where(_ALONE.c.person == key.subject)).scalars().all()
        for sealed in alone:
            recorded = open_json(key.key, bytes(sealed), f"decides_alone|{key.subject}")
            told = cast("JsonObject", without(recorded, PEOPLE))
            by = self.words.organisation(str(told.get("organisation")))
            yield HeldRow(_("You decide alone"), ((_("Written down by"), by),), {"decides_alone": told})
        for authority, word in sorted(standing.words(key).items()):
            yield HeldRow(
                _("What you call somebody you act for"),
                ((_("In your words"), word),),
                {"authority": authority, "word": word},
            )

    def spoken(self, key: SubjectKey, _: Words) -> Iterator[HeldRow]:
        with self.database.read() as tx:
            found = assisted.kept(tx, key)
            ends = list(tx.execute(select(_CODE.c.ends_ms).where(_CODE.c.person == key.subject)).scalars())
        for one in found:
            data = cast("JsonObject", without(one.to_json(), PEOPLE))
            facts = ((_("We delete it on"), _.day(one.rests_until)),)
            yield HeldRow(_("Something you said, and somebody wrote down"), facts, data)
        for end in ends:
            until = ((_("It works until"), _.day(from_ms(end))),)
            yield HeldRow(_("A paper with a code that stops something"), until, {"stop_code_until": end})

    def settings(self, key: SubjectKey, _: Words) -> Iterator[HeldRow]:
        wishes = WishStore(self.database).of(key)
        if wishes != NOTHING_CHOSEN:
            facts = (
                (_("How we reach you"), wishes.channel),
                (_("Where"), wishes.address),
                (_("Language"), wishes.language),
                (_("Lines that you hide"), str(len(wishes.hidden))),
            )
            data: JsonObject = {
                "channel": wishes.channel,
                "address": wishes.address,
                "others_read": wishes.others_read,
                "hours": None if wishes.hours is None else [wishes.hours.first, wishes.hours.before],
                "language": wishes.language,
                "hidden": sorted(wishes.hidden),
            }
            # How to reach somebody safely, and what they hide, is what nobody beside them must read.
            yield HeldRow(_("Your settings"), tuple(one for one in facts if one[1]), data, secret=True)
        with self.database.read() as tx:
            waiting = tx.execute(
                select(_OUTBOX.c.about, _OUTBOX.c.due_ms).where(_OUTBOX.c.person == key.subject)
            ).all()
        for about, due_ms in waiting:
            when = ((_("When"), _.moment(from_ms(due_ms))),)
            yield HeldRow(_("A message that is still to be sent"), when, {"about": about, "due": due_ms})

    def rules(self, key: SubjectKey, _: Words) -> Iterator[HeldRow]:
        wanted = (
            select(_INPUT.c.index, _DETAIL.c.at_ms, _INPUT.c.sealed, _INPUT.c.until_ms)
            .join(_DETAIL, _DETAIL.c.index == _INPUT.c.index)
            .where(_INPUT.c.tag == key.tag, is_told(_DETAIL))
            .order_by(_INPUT.c.index.desc())
            .limit(MANY)
        )
        with self.database.read() as tx:
            rows = tx.execute(wanted).all()
        for index, at_ms, sealed, until_ms in rows:
            asked = to_input(open_input(bytes(sealed), key))
            facts = (
                (_("When"), _.moment(from_ms(at_ms))),
                (_("We delete it on"), _.day(from_ms(until_ms))),
            )
            data: JsonObject = {"index": index, "input": cast("Json", asked), "until": until_ms}
            # It tells of every organisation that knows the person, and whether their address is protected.
            yield HeldRow(_("What our rules were asked"), facts, data, secret=True, index=index)

    def sign_ins(self, key: SubjectKey, _: Words) -> Iterator[HeldRow]:
        wanted = select(_SESSION.c.created_ms, _SESSION.c.last_seen_ms, _SESSION.c.expires_ms).where(
            _SESSION.c.kind == "portal", _SESSION.c.subject == key.subject
        )
        with self.database.read() as tx:
            rows = tx.execute(wanted).all()
        for created, seen, expires in rows:
            facts = ((_("Last used"), _.moment(from_ms(seen))), (_("It ends on"), _.moment(from_ms(expires))))
            data: JsonObject = {"created": created, "last_seen": seen, "expires": expires}
            yield HeldRow(f"{_('You signed in')}, {_.moment(from_ms(created))}", facts, data)


def without(value: Json, names: frozenset[str]) -> Json:
    """A value without members of these names, at any depth."""
    if isinstance(value, Mapping):
        return {name: without(inner, names) for name, inner in value.items() if name not in names}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [without(inner, names) for inner in value]
    return value


def _story_told(_: Words) -> tuple[str, str]:
    return _("Your story"), _("What you told about yourself, in your own words.")


def _requests_told(_: Words) -> tuple[str, str]:
    return _("What you were asked"), _("Organisations that asked you to allow something, and your answers.")


def _questions_told(_: Words) -> tuple[str, str]:
    return _("What you asked"), _("What you asked about a look, and what was answered.")


def _acting_told(_: Words) -> tuple[str, str]:
    return _("Who may act for you"), _("People who may decide for you, who wrote that down, and until when.")


def _spoken_told(_: Words) -> tuple[str, str]:
    return _("What you said to somebody"), _("What you decided by word of mouth, and papers that stop it.")


def _settings_told(_: Words) -> tuple[str, str]:
    return _("Your settings"), _("How you want to be reached, and messages that are still to be sent.")


def _rules_told(_: Words) -> tuple[str, str]:
    return _("What our rules were asked"), _(
        "What we knew of you each time when it was decided who may look."
    )


def _sign_ins_told(_: Words) -> tuple[str, str]:
    return _("Where you are signed in"), _("Sign-ins that have not ended yet.")
