"""Entries in the words that officers read: a row of the search, an item in full, and what was decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from audit.console.ports import Decided, Hold, Item, ReviewKind, Row, SourceFields
from audit.entries import Kind
from audit.reader import LogReader, StoredEntry
from audit.text import to_base64
from core.times import from_ms
from core.vocabulary import JsonObject
from gateway.alerting import staff
from gateway.alerting import store as alerts
from gateway.policy.register_values import Registers
from gateway.questions import store as questions
from gateway.reviews import sampling, store
from gateway.reviews.store import Reviews, StoredHold, StoredTask
from gateway.services.entries import detail_of, mapping, opened, text, texts
from gateway.services.words import Wording

KINDS = {
    Kind.DISCLOSURE: "Look",
    Kind.BREAK_GLASS: "Emergency look",
    Kind.REFUSAL: "Refusal",
    Kind.CONSENT: "Change of permission",
    Kind.POINTER: "Record registered",
    Kind.SIGN_IN: "Sign-in",
    Kind.AUDIT_READ: "Look at the log",
    Kind.ADMINISTRATION: "Decision",
}
OUTCOMES = {
    "disclosed": "Shown",
    "empty": "Nothing shown",
    "given": "Allowed",
    "withdrawn": "Stopped by the person",
    "objected": "The person said no",
    "dissented": "The person said no",
    "taken-back": "The person took their no back",
    "requested": "The person was to be asked",
    "declined": "The person did not allow it",
    "story-changed": "The person changed their story",
    "story-deleted": "The person deleted their story",
    "settings-changed": "The person changed their settings",
    "downloaded": "The person downloaded everything held",
    "said-yes": "Written down: the person said yes",
    "said-no": "Written down: the person said no",
    "representative-recorded": "Written down: somebody may decide for the person",
    "representative-ended": "Written down: somebody no longer decides for the person",
    "decides-alone": "Written down: a child decides alone",
    "acting-refused": "Somebody who acts for the person tried what is not theirs",
    "code-tried": "A paper's code was tried",
    "registered": "Registered",
    "revoked": "Taken back",
    "signed-in": "Signed in",
    "searched": "Searched",
    "opened": "Opened",
    "proved": "Asked for a proof",
    sampling.OUTCOME: "Looks of a week drawn by chance",
    store.RIGHT: "It was right",
    store.WRONG: "It was not right",
    store.COUNTERSIGNED: "Agreed: the person is told later",
    store.EXTENDED: "Still dangerous: looked at again later",
    store.ENDED: "The person is told now",
    alerts.EXPLAINED: "Asked why: there is a good reason",
    alerts.MISUSE: "Asked why: it was not right",
    alerts.UNCLEAR: "Asked why: nobody can tell",
    staff.OUTCOME: "Said who works here",
    questions.ASKED: "The person asked about a look",
    questions.RIGHT: "Answered: the look was right",
    questions.MISTAKE: "Answered: the look was a mistake",
    questions.LATER: "Answered: cannot tell yet",
    questions.NOT_KNOWN: "Answered: could not be found out",
    "revealed": "Own record of the person shown",
    "exported": "Taken out as a file",
}


def outcome_title(code: str) -> str:
    """What an outcome is called; one without a name of its own is its code, in words."""
    return OUTCOMES.get(code, code.replace("-", " ").capitalize())


@dataclass(frozen=True, slots=True)
class Items:
    """Opens entries and tells them."""

    reader: LogReader
    reviews: Reviews
    registers: Registers

    @property
    def words(self) -> Wording:
        """The registers' words."""
        return Wording(self.registers)

    def row(self, entry: StoredEntry) -> Row:
        """An entry as a list shows it."""
        words = self.words
        return Row(
            index=entry.index,
            at=from_ms(entry.at_ms),
            kind=entry.kind,
            outcome=entry.outcome,
            recipient_name="" if entry.recipient is None else words.organisation(entry.recipient),
            role=words.role(entry.role),
            purpose_title=words.purpose(entry.purpose),
            person_pseudonym=text(detail_of(opened(self.reader, entry)).get("person")),
        )

    def item(self, index: int, organisation: str) -> Item | None:
        """An entry in full, for an officer of an organisation that it concerns."""
        entry = self.reader.entry(index)
        if entry is None:
            return None
        detail = detail_of(opened(self.reader, entry))
        basis = [mapping(one) for one in mapping(detail.get("basis")).values()]
        receipt = self.reader.receipt(index)
        about = detail.get("entry")
        decision = entry.kind == Kind.ADMINISTRATION.value or entry.outcome == "revealed"
        hold = self.reviews.holds([index]).get(index)
        tasks = self.reviews.tasks([index]).get(index, ())
        return Item(
            row=self.row(entry),
            fields=_fields(self.words, mapping(detail.get("sections"))),
            basis="; ".join(dict.fromkeys(_basis(one) for one in basis)),
            clause="; ".join(
                dict.fromkeys(
                    f"{text(one.get('agreement'))}, clause {text(one.get('clause'))}" for one in basis
                )
            ),
            decision=outcome_title(entry.outcome),
            reason=text(detail.get("reason")),
            person_said=_said(entry, texts(detail.get("relied_on"))),
            proof_state=f"In the log as entry {index}, under the signed checkpoint below",
            leaf=to_base64(receipt.leaf),
            receipt=receipt.text,
            emergency=self.words.emergency(entry.purpose, text(detail.get("emergency"))),
            hold=None if hold is None else self.hold(hold, entry.purpose),
            reviews=tuple(
                self.decided(one)
                for one in tasks
                # What an answer to the person came to stands on the question's own page.
                if one.organisation == organisation and one.kind != questions.KIND
            ),
            about=about if decision and isinstance(about, int) else None,
            words=text(detail.get("words")) if decision else "",
        )

    def hold(self, hold: StoredHold, purpose: str | None) -> Hold:
        """Why the person is not told."""
        return Hold(
            reason=self.words.hold_back(purpose, hold.reason),
            look_again=from_ms(hold.look_again_ms),
            countersigned=None if hold.countersigned_ms is None else from_ms(hold.countersigned_ms),
            released=None if hold.released_ms is None else from_ms(hold.released_ms),
        )

    def decided(self, task: StoredTask) -> Decided:
        """What a review came to, or that it still waits."""
        return Decided(
            kind=cast("ReviewKind", task.kind),
            organisation_name=self.words.organisation(task.organisation),
            outcome=outcome_title(task.outcome) if task.outcome else "",
            at=None if task.closed_ms is None else from_ms(task.closed_ms),
            index=task.closed_entry,
        )


def _fields(words: Wording, shown: JsonObject) -> tuple[SourceFields, ...]:
    return tuple(
        SourceFields(
            words.organisation(source),
            tuple(
                f"{section}.{name}"
                for section, names in sorted(mapping(sections).items())
                for name in texts(names)
            ),
        )
        for source, sections in sorted(shown.items())
    )


def _basis(basis: JsonObject) -> str:
    article_6 = mapping(mapping(basis.get("article_6")).get("recipient"))
    article_9 = mapping(basis.get("article_9"))
    parts = [f"{text(article_6.get('point'))} {text(article_6.get('law'))}"]
    if article_9:
        parts.append(f"{text(article_9.get('condition'))} {text(article_9.get('law'))}")
    confidentiality = mapping(basis.get("confidentiality"))
    if confidentiality:
        parts.append(f"confidentiality: {text(confidentiality.get('gate'))}")
    return ", ".join(part.strip() for part in parts)


def _said(entry: StoredEntry, relied: tuple[str, ...]) -> str:
    """Of a look that showed something. Of one that showed nothing it would tell the asker's officers what silence hides."""
    if entry.kind == Kind.BREAK_GLASS.value:
        return "Nobody asks them first in an emergency"
    if entry.kind != Kind.DISCLOSURE.value:
        return ""
    if relied:
        return (
            f"They had allowed it ({len(relied)} permission in force)"
            if len(relied) == 1
            else (f"They had allowed it ({len(relied)} permissions in force)")
        )
    return "They had allowed nothing that this could rest on"
