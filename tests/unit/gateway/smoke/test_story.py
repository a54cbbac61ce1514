"""The smoke's story must be able to fail: a gateway that cheats at a step ends it there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.demo.layout import DemoError, Layout
from gateway.smoke import emergency, run
from gateway.smoke.browser import Page
from gateway.smoke.partner import Answer
from gateway.smoke.run import COUNCIL, run_smoke
from gateway.smoke.story import PURPOSE, Story, StoryError
from tests.unit.gateway.composed import ADDRESSES

PRACTICE, CHARITY = "wensum-valley-practice", "harbour-charity"
Step = Callable[[Story], Awaitable[None]]


def section(source: str, name: str, *fields: str) -> dict[str, object]:
    return {"source": source, "section": name, "data": dict.fromkeys(fields, "value")}


TENANCY = section(COUNCIL, "tenancy", "status")
CONTACT = section(PRACTICE, "contact", "telephone")
PLAN = section(CHARITY, "support-plan", "status")
DEBTS = section(COUNCIL, "debts", "arrears_band")


def view(
    *sections: dict[str, object],
    status: int = 200,
    unavailable: tuple[str, ...] = (),
    headers: dict[str, str] | None = None,
) -> Answer:
    body = {"sections": list(sections), "unavailable": list(unavailable), "receipt": {"index": 4}}
    return Answer(status, {"content-type": "application/json", **(headers or {})}, body)


@dataclass
class ScriptedPartner:
    """Gives the answers in their order; the last one again and again."""

    answers: list[Answer]
    asked: list[tuple[str, list[str] | None]] = field(default_factory=list)
    verified: int = 0

    async def view(self, person: str, _purpose: str, sections: list[str] | None = None) -> Answer:
        self.asked.append((person, sections))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def handle(self, _nhs_number: str) -> str:
        return "handle-of-a-stranger"

    def verify(self, _answer: Answer) -> None:
        self.verified += 1


@dataclass
class ScriptedBrowser:
    """Shows the page of an address; what is posted leads where the test says."""

    pages: dict[str, str] = field(default_factory=dict)
    leads_to: str = "/portal/done/OT-1"
    posted: list[str] = field(default_factory=list)

    async def get(self, url: str) -> Page:
        path = url.removeprefix(ADDRESSES.gateway)
        return Page(url, 200, self.pages.get(path, ""))

    async def post(self, url: str, _fields: object) -> Page:
        path = url.removeprefix(ADDRESSES.gateway)
        self.posted.append(path)
        self.pages.pop("/portal/", None)
        return Page(ADDRESSES.gateway + self.leads_to, 200, self.pages.get(self.leads_to, ""))


def story(*answers: Answer, browser: ScriptedBrowser | None = None) -> tuple[Story, list[str]]:
    said: list[str] = []
    parts: Any = {"session": None, "partner": ScriptedPartner(list(answers)), "resident": browser}
    return Story(addresses=ADDRESSES, say=said.append, person="handle", **parts), said


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_wait(_seconds: float) -> None:
        return None

    async def no_fault(_story: Story, _mode: str) -> None:
        return None

    monkeypatch.setattr("gateway.smoke.run.asyncio.sleep", no_wait)
    monkeypatch.setattr(run, "_fault", no_fault)


GOOD: list[tuple[Step, list[Answer]]] = [
    (run._before_consent, [view()]),
    (run._with_consent, [view(TENANCY, CONTACT, PLAN)]),
    (run._outside_the_agreement, [view(DEBTS), view(status=403)]),
    (
        run._one_source_down,
        [
            view(TENANCY, CONTACT, PLAN),
            view(CONTACT, PLAN, unavailable=(COUNCIL,)),
            view(TENANCY, CONTACT, PLAN),
        ],
    ),
    (run._stranger_is_alike, [view(), view()]),
]


@pytest.mark.parametrize(("step", "answers"), GOOD)
async def test_a_gateway_that_keeps_its_word_gets_past_each_step(step: Step, answers: list[Answer]) -> None:
    told, said = story(*answers)
    await step(told)
    assert said
    assert all(line.lstrip().startswith(f"{number}. ") for number, line in enumerate(said, start=1))
    assert told.steps == len(said)


BAD: list[tuple[Step, list[Answer], str]] = [
    (run._before_consent, [view(TENANCY)], "before the person allowed it"),
    (run._before_consent, [view(status=503)], "the view answered 503"),
    (run._with_consent, [view(TENANCY, CONTACT)], "from 2 sources, not three"),
    (
        run._with_consent,
        [view(TENANCY, CONTACT, PLAN, section(PRACTICE, "health-summary", "allergies"))],
        "fields outside the agreement",
    ),
    (
        run._with_consent,
        [view(TENANCY, CONTACT, section(CHARITY, "support-plan", "goals"))],
        "outside the agreement",
    ),
    (run._outside_the_agreement, [view()], "the permitted field did not arrive"),
    (
        run._outside_the_agreement,
        [view(section(COUNCIL, "debts", "arrears_band", "repayment_plan"))],
        "a field outside the agreement arrived",
    ),
    (run._outside_the_agreement, [view(DEBTS), view()], "answered 200, not 403"),
    (run._one_source_down, [view(TENANCY, CONTACT, PLAN)], "still: unavailable"),
    (run._one_source_down, [view(PLAN, unavailable=(COUNCIL,))], "the other sources did not arrive"),
    (
        run._one_source_down,
        [view(TENANCY, CONTACT, PLAN, unavailable=(COUNCIL,))],
        "the other sources did not arrive",
    ),
    (run._one_source_down, [view(CONTACT, PLAN, unavailable=(COUNCIL,))], "still: unavailable"),
    (run._stranger_is_alike, [view(), view(status=404)], "another status"),
    (run._stranger_is_alike, [view(), view(TENANCY)], "another shape"),
    (run._stranger_is_alike, [view(), view(headers={"x-known": "no"})], "other headers"),
]


@pytest.mark.parametrize(("step", "answers", "words"), BAD)
async def test_a_gateway_that_cheats_ends_the_story(step: Step, answers: list[Answer], words: str) -> None:
    told, said = story(*answers)
    with pytest.raises(StoryError, match=words):
        await step(told)
    assert not any("the source is back" in line for line in said)


async def test_the_source_is_put_right_again_even_when_the_step_does_not_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    modes: list[str] = []

    async def noted(_story: Story, mode: str) -> None:
        modes.append(mode)

    monkeypatch.setattr(run, "_fault", noted)
    with pytest.raises(StoryError):
        await run._one_source_down(story(view(TENANCY, CONTACT, PLAN))[0])
    assert modes == ["down", "none"]


async def test_what_varies_from_answer_to_answer_is_no_difference() -> None:
    told, said = story(
        view(headers={"date": "now"}), view(headers={"date": "then", "correlation-id": "req_2"})
    )
    await run._stranger_is_alike(told)
    assert len(said) == 1


async def test_every_view_of_the_story_has_its_receipt_checked() -> None:
    told, _ = story(view(DEBTS), view(status=403))
    await run._outside_the_agreement(told)
    partner: Any = told.partner
    assert partner.asked == [("handle", ["debts"]), ("handle", ["health-summary"])]
    assert partner.verified == 1


STOP = '<a href="/portal/stop/c_1">Stop</a>'
FORM = '<form action="/portal/stop/c_1"><input type="hidden" name="csrf" value="t"></form>'


async def test_stopping_goes_on_until_nothing_is_allowed() -> None:
    browser = ScriptedBrowser({"/portal/": STOP, "/portal/stop/c_1": FORM})
    told, _ = story(view(), browser=browser)
    page = await run._stop_everything(told, await browser.get(ADDRESSES.gateway + "/portal/"))
    assert browser.posted == ["/portal/stop/c_1"]
    assert page.links == []


@pytest.mark.parametrize(
    ("answer", "history", "words"),
    [
        (view(TENANCY), '<a href="/portal/history/3">', "after the person stopped it"),
        (view(), "<p>Nobody</p>", "no look that can be proved"),
    ],
)
async def test_a_withdrawal_that_does_not_hold_or_is_not_told_ends_the_story(
    answer: Answer, history: str, words: str
) -> None:
    told, _ = story(answer, browser=ScriptedBrowser({"/portal/history": history}))
    with pytest.raises(StoryError, match=words):
        await run._withdraw(told)


async def test_allowing_must_end_at_its_confirmation() -> None:
    offer = f"/portal/allow/{run.ORGANISATION}/{PURPOSE}"
    pages = {offer: f'<form action="{offer}"></form>'}
    told, said = story(view(), browser=ScriptedBrowser(pages))
    await run._allow(told)
    assert len(said) == 1
    with pytest.raises(StoryError, match="did not end at its confirmation"):
        await run._allow(story(view(), browser=ScriptedBrowser(pages, leads_to="/portal/"))[0])


@pytest.mark.parametrize(
    ("entries", "verified", "words"),
    [
        ("", "The entry stands in the log, unchanged", "no entry of kind disclosure"),
        ('<a href="/console/items/1">', "The proof does not hold", "could not verify the entry's proof"),
    ],
)
async def test_an_officer_who_finds_or_proves_nothing_ends_the_story(
    monkeypatch: pytest.MonkeyPatch, entries: str, verified: str, words: str
) -> None:
    async def signs_in(*_arguments: object) -> Page:
        return Page(ADDRESSES.gateway + "/console/", 200, "")

    monkeypatch.setattr(run, "sign_in", signs_in)
    found = {f"/console/?kind={kind}": entries for kind in ("disclosure", "refusal", "consent")}
    item = {"/console/items/1": '<form action="/console/items/1"></form>', "/result": verified}
    officer: Any = ScriptedBrowser(found | item, leads_to="/result")
    with pytest.raises(StoryError, match=words):
        await run._officer_finds(story(view())[0], officer)


def test_the_story_needs_a_demonstration(tmp_path: Any) -> None:
    with pytest.raises(DemoError, match="run `make run`"):
        run_smoke(Layout(tmp_path), lambda _: None)


def in_an_emergency(*sections: dict[str, object], told: str = "at-once", **changes: object) -> Answer:
    answer = view(*sections)
    review = {"within_hours": 72, "person_told": told}
    answer.body.update({"watermark": "for whom", "use_until": "soon", "review": review, **changes})
    return answer


CHALLENGE = {"www-authenticate": 'Bearer error="insufficient_user_authentication"'}
ALLERGIES = section(PRACTICE, "health-summary", "allergies")


def test_an_emergency_is_refused_at_first_and_then_shown() -> None:
    told, said = story()
    emergency.refused(told, view(status=401, headers=CHALLENGE))
    emergency.shown(told, told.partner, in_an_emergency(ALLERGIES))
    assert told.steps == len(said) == 2


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (view(), "answered 200, not 401"),
        (view(status=401), "does not ask for a second factor"),
    ],
)
def test_an_emergency_that_a_password_opens_ends_the_story(answer: Answer, words: str) -> None:
    told, _ = story()
    with pytest.raises(StoryError, match=words):
        emergency.refused(told, answer)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (view(status=403), "an emergency answered 403"),
        (in_an_emergency(), "showed nothing"),
        (in_an_emergency(ALLERGIES, TENANCY), "no emergency needs"),
        (in_an_emergency(ALLERGIES, use_until=None), "for whom and how long"),
        (in_an_emergency(ALLERGIES, watermark=None), "for whom and how long"),
        (in_an_emergency(ALLERGIES, told="not-yet"), "not told at once"),
    ],
)
def test_an_emergency_that_is_not_whole_ends_the_story(answer: Answer, words: str) -> None:
    told, _ = story()
    with pytest.raises(StoryError, match=words):
        emergency.shown(told, told.partner, answer)
