"""Questions, reveals and files over the services' own storage, and what a resident and an officer do with them."""

from __future__ import annotations

from audit.console.questions_ports import Answer, Finding, ResidentsQuestion
from audit.export.packing import pack_signing
from audit.export.rows import ExportRows
from audit.reader import Query, StoredEntry
from consent.portal.questions_ports import Know, Question
from core.sections import policies_folder
from core.vocabulary import JsonObject
from gateway.exporting import Exports
from gateway.questions.rules import load_rules
from gateway.services.asked import AskedPages
from gateway.services.entries import detail_of
from tests.unit.gateway.services.looking import COUNTY, enquiry, officer
from tests.unit.gateway.services.served import Served

WORDS = "Why did you look at my home?\nI was not told."
ANSWER = "We looked because you asked us for help with the damp."


def asked_pages(served: Served) -> AskedPages:
    home = served.way.home
    return AskedPages(
        reader=served.officers.reader,
        reviews=served.officers.reviews,
        keys=home.keys,
        locator=home.locator,
        committer=home.committer,
        policy=served.officers.policy,
        rules=load_rules(policies_folder()),
        exports=Exports(ExportRows(home.database, home.keys), pack_signing(home.signer), served.clock),
        clock=served.clock,
    )


async def a_look(served: Served) -> int:
    """A look of the county's that showed something."""
    return (await enquiry(served, hold_back=None)).receipt.index


async def ask(
    served: Served, look: int, *, know: tuple[Know, ...] = ("why", "kept"), words: str = WORDS
) -> Question:
    return await asked_pages(served).resident_questions().ask(served.person, look, know, words)


async def read(
    served: Served, question: int, organisation: str = COUNTY, name: str = "officer-1"
) -> ResidentsQuestion | None:
    return await asked_pages(served).officer_questions().question(officer(organisation, name), question)


async def reply(
    served: Served,
    question: int,
    finding: Finding,
    *,
    words: str = ANSWER,
    organisation: str = COUNTY,
    name: str = "officer-1",
) -> None:
    """What an officer does who opens the question and answers it."""
    found = await read(served, question, organisation, name)
    assert found is not None
    given = Answer(finding, words, found.version)
    await asked_pages(served).officer_questions().answer(officer(organisation, name), question, given)


async def asked_by(served: Served, question: Question) -> Question:
    """The question as the resident sees it now."""
    found = await asked_pages(served).resident_questions().question(served.person, question.reference)
    assert found is not None
    return found


def newest(served: Served, organisation: str, outcome: str) -> tuple[StoredEntry, JsonObject]:
    """The newest entry of an outcome that the organisation's officers find, and what it says."""
    entry = served.officers.reader.search(Query(organisation, outcome=outcome))[0]
    return entry, detail_of(served.officers.reader.open(entry))
