"""The pages of questions, reveals and evidence packs, put together for `gateway.pages`: both rooms share their parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from fastapi import APIRouter

from audit.committer import Committer
from audit.console import packs, revealing
from audit.console import questions as console_questions
from audit.console.context import Console
from audit.reader import LogReader
from consent.portal import questions as portal_questions
from consent.portal.context import Portal
from core.clock import Clock
from core.keys import KeyStore
from gateway.channels.outbox import Outbox
from gateway.exporting import Exports
from gateway.people.locator import Locator
from gateway.policy.live import LivePolicy
from gateway.questions.answering import Answering
from gateway.questions.asking import Asking
from gateway.questions.rules import QuestionRules
from gateway.questions.store import Questions
from gateway.reviews.store import Reviews
from gateway.services.noting import Noting
from gateway.services.packs import Packs
from gateway.services.questions import ResidentQuestions
from gateway.services.questions_console import OfficerQuestions
from gateway.services.revealing import Reveals

PortalPages: TypeAlias = Callable[[APIRouter, Portal], None]
ConsolePages: TypeAlias = Callable[[APIRouter, Console], None]


@dataclass(frozen=True, slots=True)
class AskedPages:
    """What these pages are made of."""

    reader: LogReader
    reviews: Reviews
    keys: KeyStore
    locator: Locator
    committer: Committer
    policy: LivePolicy
    rules: QuestionRules
    exports: Exports
    clock: Clock

    def for_residents(self) -> PortalPages:
        """The portal's."""
        return partial(portal_questions.add_pages, questions=self.resident_questions())

    def for_officers(self) -> tuple[ConsolePages, ...]:
        """The console's."""
        return (
            partial(packs.add_pages, packs=self.packs()),
            partial(console_questions.add_pages, questions=self.officer_questions()),
            partial(revealing.add_pages, reveals=self.reveals()),
        )

    def resident_questions(self) -> ResidentQuestions:
        """The services of the portal's questions."""
        return ResidentQuestions(
            reader=self.reader,
            keys=self.keys,
            kept=Questions(self.reviews.database),
            asking=Asking(self.committer, self.rules, self.clock),
            policy=self.policy,
            clock=self.clock,
        )

    def officer_questions(self) -> OfficerQuestions:
        """The services of the console's questions."""
        return OfficerQuestions(
            reader=self.reader,
            keys=self.keys,
            reviews=self.reviews,
            questions=Questions(self.reviews.database),
            answering=Answering(self.committer, self.rules, self.clock, Outbox(self.reviews.database)),
            policy=self.policy,
            noting=Noting(self.committer, self.keys),
            clock=self.clock,
        )

    def reveals(self) -> Reveals:
        """The services of the console's reveals."""
        return Reveals(self.reader, self.keys, self.locator, self.reviews, self.committer, self.clock)

    def packs(self) -> Packs:
        """The services of the console's files."""
        return Packs(self.reader, self.exports, Noting(self.committer, self.keys), self.clock)
