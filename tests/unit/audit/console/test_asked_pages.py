"""The console's pages of questions, reveals and files: what they show, what they refuse, and that nothing typed is lost."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from fastapi import FastAPI

from audit.console import build_router
from audit.console.packs import read_entry
from audit.console.ports import WORDS_LENGTH
from audit.console.questions_ports import Answer
from audit.console.revealing_ports import REASON_LENGTH
from tests.unit.audit.console.fake_asked import ASKED, OTHERS, QUESTION, AskedConsole, FakeAsked, pages
from tests.unit.audit.console.fakes import HELD, LONG_NAME, ROWS, TOKEN
from tests.unit.core.pages.browser import Answer as Reply
from tests.unit.core.pages.browser import ask
from tests.unit.core.pages.markup import Markup, assert_keeps_the_house_rules
from tests.unit.gateway.web.asgi import Sender, scope_of
from tests.unit.gateway.web.asgi import ask as ask_raw

ONE = f"/console/questions/{QUESTION}"
REVEAL = f"/console/items/{ROWS[0].index}/reveal"
PACKS = "/console/packs"
SAID = "We looked to help with the rent."


class Console:
    """The console with fake services, and a browser."""

    def __init__(self) -> None:
        self.asked = FakeAsked()
        self.app = FastAPI()
        self.app.include_router(build_router(AskedConsole(), pages(self.asked)))

    async def get(self, address: str, state: str = "one") -> Reply:
        return await ask(self.app, "GET", address, state=state)

    async def post(self, address: str, state: str = "one", **fields: str) -> Reply:
        form = {"csrf": TOKEN, "version": ASKED.version, **fields}
        return await ask(self.app, "POST", address, state=state, form=form)

    async def page(self, address: str, state: str = "one", status: int = 200) -> Markup:
        answer = await self.get(address, state)
        assert answer.status == status
        return assert_keeps_the_house_rules(answer.text)


@pytest.fixture
def console() -> Console:
    return Console()


# Questions ---------------------------------------------------------------------------------------------------------


async def test_the_queue_shows_each_clock_and_what_is_overdue(console: Console) -> None:
    markup = await console.page("/console/questions", "many")
    for said in (
        "1 question is overdue. 140 questions from residents wait for your organisation.",
        "Overdue by 2 days",
        "Due in 10 days",
        "30 October 2026",
        LONG_NAME,
        "These are the ones due first.",
    ):
        assert said in markup.text
    assert ONE in {link["href"] for link in markup.attributes("a")}
    alone = (await console.page("/console/questions")).text
    assert "1 question from a resident waits for your organisation." in alone
    assert "These are the ones due first." not in alone
    assert "No question waits for you." in (await console.page("/console/questions", "none")).text


async def test_one_question_shows_the_words_the_look_and_by_when_it_is_answered(console: Console) -> None:
    text = (await console.page(ONE)).text
    for said in (
        "Answer by 30 October 2026.",
        "Due in 10 days",
        "They think that it should not have been",
        "Why did they look?",
        f"OT-{QUESTION}",
        "How it went",
        "First talk about the rent arrears",
        "Then you have until 30 December 2026, once.",
        "Write short sentences that a child of nine understands.",
    ):
        assert said in text, said
    assert "We could not find out" not in text


async def test_an_answer_is_given_and_leads_back_to_the_question(console: Console) -> None:
    answer = await console.post(ONE, answer="right", words=f"{SAID}\r\nWe are sorry.")
    assert (answer.status, answer.headers["location"]) == (303, ONE)
    given = Answer("right", f"{SAID}\nWe are sorry.", ASKED.version)
    assert console.asked.answered == [(QUESTION, given)]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"words": SAID}, "Choose an answer"),
        ({"answer": "not-known", "words": SAID}, "Choose an answer"),
        ({"answer": "right"}, "Write to the person what you found out"),
        ({"answer": "right", "words": "x" * (WORDS_LENGTH + 1)}, "Write 2,000 letters at most"),
    ],
)
async def test_an_answer_that_is_none_is_refused_and_kept(
    console: Console, fields: dict[str, str], error: str
) -> None:
    answer = await console.post(ONE, **fields)
    assert answer.status == 422
    markup = assert_keeps_the_house_rules(answer.text)
    assert error in markup.text
    assert fields.get("words", "") in answer.text
    assert console.asked.answered == []


async def test_whoever_was_second_is_told_so_and_keeps_their_words(console: Console) -> None:
    answer = await console.post(ONE, "slow", answer="right", words=SAID)
    assert answer.status == 409
    text = assert_keeps_the_house_rules(answer.text).text
    assert "Somebody else has answered this" in text
    assert SAID in text
    done = await console.post(ONE, "decided", answer="right", words=SAID)
    assert done.status == 409
    assert 'href="#answered"' in done.text


async def test_who_looked_themselves_and_what_is_answered_has_no_form(console: Console) -> None:
    own = await console.page(ONE, "own")
    assert "You looked yourself" in own.text
    assert "Send the answer" not in own.text
    done = (await console.page(ONE, "decided")).text
    assert "The look was right" in done
    assert "We cannot tell yet" in done
    assert "Send the answer" not in done
    altered = (await console.page(ONE, "altered")).text
    assert "Nobody can see any more who looked" in altered
    assert "Send the answer" not in altered


async def test_after_an_extension_and_once_overdue_it_cannot_be_put_off(console: Console) -> None:
    for state in ("again", "late"):
        text = (await console.page(ONE, state)).text
        assert "We could not find out" in text
        assert "Then you have until" not in text
    assert "They wrote nothing more." in (await console.page(ONE, "late")).text


async def test_what_is_not_theirs_is_not_there(console: Console) -> None:
    await console.page("/console/questions/5", status=404)
    assert (await console.post("/console/questions/5", answer="right", words=SAID)).status == 404


@pytest.mark.parametrize("address", [ONE, REVEAL, PACKS, "/console/search"])
async def test_a_forged_form_does_nothing(console: Console, address: str) -> None:
    form = {"csrf": "forged", "answer": "right", "words": SAID, "because": "check", "as": "csv"}
    assert (await ask(console.app, "POST", address, state="one", form=form)).status == 403
    services = console.asked
    assert (services.answered, services.revealed, services.packed, services.taken) == ([], [], [], [])


@pytest.mark.parametrize("address", ["/console/questions", ONE, REVEAL, PACKS])
async def test_nobody_who_is_not_signed_in_sees_them(console: Console, address: str) -> None:
    assert (await console.get(address, "out")).status == 403


async def test_script_in_a_residents_words_stays_text(console: Console) -> None:
    answer = await console.get(ONE, "hostile")
    assert_keeps_the_house_rules(answer.text)
    assert "<script>" not in answer.text


# Reveals -----------------------------------------------------------------------------------------------------------


async def test_an_item_leads_to_its_reveal_and_to_its_pack(console: Console) -> None:
    links = {
        link["href"]
        for link in (await console.page(f"/console/items/{ROWS[0].index}", "many")).attributes("a")
    }
    assert {REVEAL, f"{PACKS}?entry={ROWS[0].index}"} <= links


async def test_the_form_says_what_is_shown_what_is_not_and_that_the_person_sees_it(console: Console) -> None:
    text = (await console.page(REVEAL)).text
    for said in (
        "You are shown the number of your organisation's own record of this person, once.",
        "OnceTold keeps no names.",
        "The person sees that you did this, and why.",
        "XK7-2MQ4-9T",
    ):
        assert said in text
    held = (await console.page(f"/console/items/{HELD.index}/reveal")).text
    assert "Do not tell them." in held
    assert "The person sees that you did this" not in held


async def test_what_is_revealed_stands_in_the_answer_alone_which_nobody_stores(console: Console) -> None:
    answer = await console.post(REVEAL, because="incident", words="Reference 12.")
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    text = assert_keeps_the_house_rules(answer.text).text
    assert "HH-2026-000417/B" in text
    assert "The person sees in their history that you did this." in text
    assert console.asked.revealed == [(ROWS[0].index, "incident", "Reference 12.")]
    assert "HH-2026" not in (await console.get(REVEAL)).text
    held = await console.post(f"/console/items/{HELD.index}/reveal", because="check", words="For the review.")
    assert "as long as they are not told of the look" in held.text


async def test_where_there_is_no_record_the_page_says_so_plainly(console: Console) -> None:
    answer = await console.post(REVEAL, "none", because="check", words="For the review.")
    text = assert_keeps_the_house_rules(answer.text).text
    assert "Nothing can be shown" in text
    assert "has registered no record here that this look was about." in text


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"words": "Because."}, "Choose why you have to know"),
        ({"because": "curious", "words": "Because."}, "Choose why you have to know"),
        ({"because": "check"}, "Write why you have to know"),
        ({"because": "check", "words": "x" * (REASON_LENGTH + 1)}, "Write 500 letters at most"),
    ],
)
async def test_without_a_reason_nothing_is_revealed_and_nothing_typed_is_lost(
    console: Console, fields: dict[str, str], error: str
) -> None:
    answer = await console.post(REVEAL, **fields)
    assert answer.status == 422
    markup = assert_keeps_the_house_rules(answer.text)
    assert error in markup.text
    assert fields.get("words", "") in answer.text
    assert console.asked.revealed == []


async def test_who_looked_themselves_has_no_form_and_a_refusal_is_told(console: Console) -> None:
    own = await console.page(REVEAL, "own")
    assert "You looked yourself" in own.text
    assert "Show me" not in own.text
    for state in ("own", "slow"):
        answer = await console.post(REVEAL, state, because="check", words="Because.")
        assert answer.status == 409
        assert "There is nothing here" in assert_keeps_the_house_rules(answer.text).text


@pytest.mark.parametrize("index", [5, ROWS[1].index])
async def test_what_cannot_be_revealed_is_not_there(console: Console, index: int) -> None:
    await console.page(f"/console/items/{index}/reveal", status=404)


# Files -------------------------------------------------------------------------------------------------------------


async def test_a_pack_of_days_and_filters_is_a_file_of_its_own_name(console: Console) -> None:
    fields = {"from": "2026-10-01", "to": "2026-10-20", "kind": "refusal", "purpose": "nonsense"}
    answer = await console_bytes(console, fields)
    assert answer == b"PK\x03\x04\xff\x00"
    filters, index = console.asked.packed[0]
    assert (str(filters.from_day), str(filters.to_day), filters.kind, filters.purpose, index) == (
        "2026-10-01",
        "2026-10-20",
        "refusal",
        None,
        None,
    )


async def console_bytes(console: Console, fields: dict[str, str]) -> bytes:
    """The bytes of a download, which are no text."""
    body = urlencode({"csrf": TOKEN, **fields}).encode()
    headers = [("Cookie", "state=one"), ("Content-Type", "application/x-www-form-urlencoded")]
    reply = await ask_raw(console.app, scope_of("POST", PACKS, headers), Sender([body]))
    assert reply.status == 200
    assert reply.header("content-type") == "application/zip"
    assert reply.header("cache-control") == "no-store"
    assert 'filename="oncetold-evidence-harbour-charity.zip"' in reply.header("content-disposition")
    return bytes(reply.body)


async def test_the_packs_form_keeps_what_the_search_was_and_what_was_typed(console: Console) -> None:
    markup = await console.page(f"{PACKS}?kind=refusal&from=2026-10-01&entry=41017")
    inputs = {one.get("name"): one.get("value") for one in markup.attributes("input")}
    assert (inputs["from"], inputs["entry"]) == ("2026-10-01", "41017")
    answer = await console.post(PACKS, **{"from": "yesterday", "entry": "x"})
    assert answer.status == 422
    text = assert_keeps_the_house_rules(answer.text).text
    assert "Write the first day like this" in text
    assert "Write the number of the entry" in text
    assert console.asked.packed == []


async def test_too_large_and_not_theirs_is_said_in_the_form(console: Console) -> None:
    many = await console.post(PACKS, "lots", **{"from": "2026-01-01"})
    assert many.status == 422
    assert "more than 2,000 entries" in assert_keeps_the_house_rules(many.text).text
    others = await console.post(PACKS, entry=str(OTHERS))
    assert "Your organisation has no entry of that number." in others.text


async def test_a_search_is_taken_as_a_file_by_a_form_with_its_filters(console: Console) -> None:
    markup = await console.page("/console/?kind=refusal&from=2026-10-01", "many")
    hidden = {
        one.get("name"): one.get("value") for one in markup.attributes("input") if one.get("type") == "hidden"
    }
    assert (hidden["kind"], hidden["from"]) == ("refusal", "2026-10-01")
    for form, media in (("csv", "text/csv"), ("ndjson", "application/x-ndjson")):
        answer = await console.post(
            "/console/search", **{"as": form, "kind": "refusal", "from": "2026-10-01"}
        )
        assert answer.status == 200
        assert answer.headers["content-type"].startswith(media)
        assert f"oncetold-search.{form}" in answer.headers["content-disposition"]
    assert [(filters.kind, form) for filters, form in console.asked.taken] == [
        ("refusal", "csv"),
        ("refusal", "ndjson"),
    ]


async def test_a_search_that_cannot_be_taken_says_why(console: Console) -> None:
    answer = await console.post("/console/search", "lots", **{"as": "csv", "kind": "refusal"})
    assert answer.status == 422
    text = assert_keeps_the_house_rules(answer.text).text
    assert "more than 5,000 lines" in text
    for wrong in ({"as": "xml"}, {"as": "csv", "from": "x"}):
        back = await console.post("/console/search", **wrong)
        assert (back.status, back.headers["location"][:10]) == (303, "/console/?")
    assert console.asked.taken == []


@pytest.mark.parametrize(
    ("text", "index"), [("41017", 41017), ("0", 0), ("", None), ("-1", None), ("²", None), ("9" * 16, None)]
)
def test_the_number_of_an_entry_is_read(text: str, index: int | None) -> None:
    assert read_entry(text) == index
