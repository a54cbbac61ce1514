"""A person's history in the words that they read: looks, attempts, emergencies, their own decisions, checks of looks.

What is held back from the person is kept out by the statements themselves (`gateway.reviews.store`), so it leaves no gap.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from audit.entries import Kind
from audit.reader import LogReader, StoredEntry
from consent.portal.ports import HISTORY_PAGE, About, Check, Found, Look, Said, ToldLater, What
from core.keys import SubjectKey
from core.pages.telling import to_tell
from core.times import from_ms
from core.vocabulary import JsonObject
from gateway.alerting import store as alerts
from gateway.policy.register_values import Registers
from gateway.questions import store as questions
from gateway.questions.store import Questions, StoredQuestion
from gateway.reviews import store
from gateway.reviews.store import Reviews, StoredHold, StoredTask, stands_in_history
from gateway.services import revealing
from gateway.services.entries import detail_of, mapping, opened, text, texts
from gateway.services.questions import beside, can_ask
from gateway.services.telling_others import OF_NOBODY, told_of
from gateway.services.words import Wording

KINDS = tuple(
    kind.value
    for kind in (
        Kind.DISCLOSURE,
        Kind.BREAK_GLASS,
        Kind.REFUSAL,
        Kind.CONSENT,
        Kind.ADMINISTRATION,
        Kind.AUDIT_READ,
    )
)
"""Which kinds of entries stand in a history."""

_WHAT: dict[str, What] = {
    Kind.DISCLOSURE: "looked",
    Kind.BREAK_GLASS: "emergency",
    Kind.REFUSAL: "tried",
    Kind.ADMINISTRATION: "checked",
    Kind.AUDIT_READ: "checked",
}
_DECIDED: dict[str, What] = {
    "given": "allowed",
    "withdrawn": "stopped",
    "objected": "said-no",
    "dissented": "said-no",
    "taken-back": "took-back",
    "requested": "requested",
    "declined": "declined",
    "said-yes": "allowed",
    "said-no": "stopped",
}
_OWN: dict[str, What] = {
    "story-changed": "story",
    "story-deleted": "story-deleted",
    "settings-changed": "settings",
    "downloaded": "downloaded",
}
"""What the person did to what rests here of them: about no organisation."""
_FOUND: dict[str | None, Found] = {store.RIGHT: "right", store.WRONG: "wrong"}
_SAID: dict[str, Said] = {
    store.RIGHT: "right",
    store.WRONG: "wrong",
    store.COUNTERSIGNED: "later",
    store.EXTENDED: "still-later",
    store.ENDED: "now",
    alerts.MISUSE: "wrong",
    questions.ASKED: "asked",
    questions.RIGHT: "answered-right",
    questions.MISTAKE: "answered-mistake",
    questions.LATER: "answered-later",
    questions.NOT_KNOWN: "answered-not-known",
    revealing.OUTCOME: "revealed",
}
_EMERGENCY = to_tell("the law, because it was an emergency")


@dataclass(frozen=True, slots=True)
class Looks:
    """Tells what stands about one person."""

    reader: LogReader
    reviews: Reviews
    registers: Registers

    def history(self, key: SubjectKey, before: int | None) -> tuple[Look, ...]:
        """See `PortalServices.history`; before is no greater than an index can be."""
        entries = self.reader.of_tag(key.tag, KINDS, before, HISTORY_PAGE, stands_in_history)
        indexes = [entry.index for entry in entries]
        tasks, holds = self.reviews.tasks(indexes), self.reviews.holds(indexes)
        abouts = self._abouts([entry.index for entry in entries if _WHAT.get(entry.kind) == "checked"])
        asked = Questions(self.reviews.database).about(key.tag, indexes)
        return tuple(
            self._asked(
                self._look(
                    entry, tasks.get(entry.index, ()), holds.get(entry.index), abouts.get(entry.index)
                ),
                entry,
                asked.get(entry.index),
                key,
            )
            for entry in entries
        )

    def _asked(
        self, look: Look, entry: StoredEntry, question: StoredQuestion | None, key: SubjectKey
    ) -> Look:
        """The look with what the person asked about it; while that is open, they cannot ask again."""
        return replace(
            look,
            question=None if question is None else beside(question, key),
            can_ask=can_ask(entry, self.registers) and (question is None or question.closed_ms is not None),
        )

    def _look(
        self, entry: StoredEntry, tasks: tuple[StoredTask, ...], hold: StoredHold | None, about: About | None
    ) -> Look:
        words = Wording(self.registers)
        detail = detail_of(opened(self.reader, entry))
        what = _OWN.get(entry.outcome) or _WHAT.get(entry.kind) or _DECIDED.get(entry.outcome, "changed")
        own = entry.kind == Kind.CONSENT.value and entry.outcome != "requested"
        return Look(
            index=entry.index,
            at=from_ms(entry.at_ms),
            what=what,
            organisation_name=to_tell("You")
            if entry.outcome in _OWN or (entry.recipient is None and entry.outcome in OF_NOBODY)
            else _whose(words, entry.recipient, detail),
            role_words=to_tell("You") if own else words.role(entry.role) or to_tell("An application"),
            purpose_title=words.purpose(entry.purpose),
            kinds=words.sections(_sections(detail, own=own)),
            allowed_by=self._allowed_by(what, detail),
            because=revealing.WHY.get(text(detail.get("because")), "")
            or words.emergency(entry.purpose, text(detail.get("emergency"))),
            checks=tuple(
                Check(words.organisation(one.organisation), _FOUND.get(one.outcome, "waiting"))
                for one in tasks
                if one.kind == store.BREAK_GLASS
            ),
            told_later=None
            if hold is None or hold.released_ms is None
            else ToldLater(from_ms(hold.released_ms), words.hold_back(entry.purpose, hold.reason)),
            about=about,
            told=told_of(entry, detail, words),
        )

    def _allowed_by(self, what: What, detail: JsonObject) -> str:
        basis = mapping(detail.get("basis"))
        if what == "emergency":
            return _EMERGENCY if basis else ""
        if what != "looked":
            return ""
        agreements = {text(mapping(one).get("agreement")) for one in basis.values()}
        agreement = self.registers.agreements.get(min(agreements, default=""))
        return Wording(self.registers).allowed_by(agreement)

    def _abouts(self, indexes: list[int]) -> dict[int, About]:
        """Of entries that tell of decisions: the look that each is about."""
        found = {}
        for index, decision in self.reviews.decisions(indexes).items():
            entry = self.reader.entry(decision.about)
            if entry is not None:
                found[index] = About(entry.index, from_ms(entry.at_ms), _SAID.get(decision.outcome, "later"))
        return found


def _whose(words: Wording, recipient: str | None, detail: JsonObject) -> str:
    """Whom a line is about: the one organisation, or those that the person's own decision was about."""
    if recipient is not None or "permission" not in detail:
        # Whom somebody did not allow something to stands in the detail alone, since nobody else may find it.
        return words.organisation(recipient or text(detail.get("recipient")))
    named = texts(mapping(detail["permission"]).get("recipients"))
    return (
        to_tell("Everyone") if "*" in named else ", ".join(sorted(words.organisation(one) for one in named))
    )


def _sections(detail: JsonObject, *, own: bool) -> set[str]:
    """The sections that were shown, or that the person's own decision was about."""
    if "request" in detail:
        return set(mapping(detail["request"]))
    if own:
        return set(mapping(mapping(detail.get("permission")).get("sections")))
    return {
        section for of_source in mapping(detail.get("sections")).values() for section in mapping(of_source)
    }
