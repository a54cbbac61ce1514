"""The console's pages about representatives: what they show, what they refuse, and that nothing typed is lost."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI

from audit.console import build_router
from audit.console.representing import LIST
from audit.console.representing_ports import REFERENCE_LENGTH, Stating
from tests.unit.audit.console.fake_representatives import ENDED, STANDS, FakeRepresentatives, pages
from tests.unit.audit.console.fakes import TOKEN, FakeConsole
from tests.unit.core.pages.browser import Answer, ask
from tests.unit.core.pages.markup import Markup, assert_keeps_the_house_rules

NEW, ONE = f"{LIST}/new", f"{LIST}/{STANDS.index}"
PERSON, ACTS = "9990000018", "999 000 0034"
WHOLE = (
    ("csrf", TOKEN),
    ("person", PERSON),
    ("representative", ACTS),
    ("capacity", "deputy"),
    ("areas", "health-and-welfare"),
    ("areas", "property-and-affairs"),
    ("because", "lacks-capacity"),
    ("until", "2027-11-21"),
    ("born", ""),
    ("seen", "court-order"),
    ("reference", "COP 1234"),
    ("not_me", "yes"),
)


class Console:
    """The console with the fake service, and a browser."""

    def __init__(self) -> None:
        self.services = FakeRepresentatives()
        self.app = FastAPI()
        self.app.include_router(build_router(FakeConsole(), pages(self.services)))

    async def get(self, address: str, state: str = "one") -> Answer:
        return await ask(self.app, "GET", address, state=state)

    async def post(self, address: str, fields: tuple[tuple[str, str], ...], state: str = "one") -> Answer:
        return await ask(self.app, "POST", address, state=state, form=list(fields))

    async def page(self, address: str, state: str = "one") -> Markup:
        answer = await self.get(address, state)
        assert answer.status == 200
        return assert_keeps_the_house_rules(answer.text)


@pytest.fixture
def console() -> Console:
    return Console()


def without(name: str, value: str | None = None) -> tuple[tuple[str, str], ...]:
    """The form with a field left out, or set to something else."""
    kept = tuple(pair for pair in WHOLE if pair[0] != name)
    return kept if value is None else (*kept, (name, value))


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("many", "wrote down about who may act for whom"),
        ("none", "wrote nothing down yet"),
        ("full", "Older"),
    ],
)
async def test_the_list_tells_what_the_organisation_wrote_down(
    console: Console, state: str, said: str
) -> None:
    assert said in (await console.page(LIST, state)).text


async def test_older_ones_stand_on_the_next_page(console: Console) -> None:
    assert "There is nothing older." in (await console.page(f"{LIST}?before=875", "full")).text
    assert (await console.get(f"{LIST}?before=-1")).status == 404
    assert (await console.get(LIST, "closed")).status == 503


async def test_one_is_shown_with_the_evidence_and_ended_by_a_button(console: Console) -> None:
    shown = await console.page(ONE)
    for said in (STANDS.code, "Attorney", "Health and care, home and money", "by you", STANDS.seen):
        assert said in shown.text
    done = await console.post(ONE, (("csrf", TOKEN),))
    assert (done.status, done.headers["location"]) == (303, ONE)
    assert console.services.ended == [STANDS.index]
    assert "This has ended" in (await console.page(ONE)).text
    over = await console.page(f"{LIST}/{ENDED.index}")
    assert "Write down that it ended" not in over.text


async def test_what_cannot_be_ended_or_is_nobodys_is_said(console: Console) -> None:
    late = await console.post(ONE, (("csrf", TOKEN),), "late")
    assert late.status == 409
    assert "is written down already" in late.text
    assert (await console.get(f"{LIST}/1")).status == 404
    assert (await console.post(ONE, (("csrf", "forged"),))).status == 403
    assert console.services.ended == []


async def test_a_whole_form_is_written_down_and_leads_to_what_was_written(console: Console) -> None:
    done = await console.post(NEW, WHOLE)
    assert (done.status, done.headers["location"]) == (303, ONE)
    assert console.services.recorded == [
        Stating(
            PERSON,
            ACTS,
            "deputy",
            frozenset({"health-and-welfare", "property-and-affairs"}),
            "lacks-capacity",
            date(2027, 11, 21),
            None,
            "court-order",
            "COP 1234",
        )
    ]
    for secret in (PERSON, ACTS, "COP 1234"):
        assert secret not in repr(console.services.recorded)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (without("person"), "Write the NHS number of the person"),
        (without("representative"), "Write the NHS number of whoever acts for them"),
        (without("capacity", "friend"), "Choose as what they act"),
        (without("areas"), "Choose what they decide about"),
        (without("areas", "everything"), "Choose what they decide about"),
        (without("because"), "Choose why the person does not decide alone"),
        (without("until", "tomorrow"), "Write a day, such as 2027-11-21"),
        (without("born", "2020-02-30"), "Write a day, such as 2027-11-21"),
        (without("seen"), "Choose what you saw"),
        (without("reference"), "Write which papers you saw"),
        (without("reference", "x" * (REFERENCE_LENGTH + 1)), "letters at most"),
        (without("not_me"), "Somebody else has to write it down if you act"),
    ],
)
async def test_what_is_missing_is_said_at_its_field_and_nothing_typed_is_lost(
    console: Console, fields: tuple[tuple[str, str], ...], said: str
) -> None:
    answer = await console.post(NEW, fields)
    assert answer.status == 422
    assert said in answer.text
    assert console.services.recorded == []
    markup = assert_keeps_the_house_rules(answer.text)
    kept = {one.get("name"): one.get("value") for one in markup.attributes("input")}
    for name in ("person", "representative", "reference"):
        assert (kept[name] or "") == dict(fields).get(name, "")


async def test_nobody_writes_down_their_own(console: Console) -> None:
    answer = await console.post(NEW, WHOLE, "own")
    assert answer.status == 422
    assert "This is you." in answer.text
    assert 'href="#representative"' in answer.text
    assert console.services.recorded == []


async def test_a_forged_form_and_nobody_signed_in_get_nowhere(console: Console) -> None:
    assert (await console.post(NEW, (("csrf", "forged"), *WHOLE[1:]))).status == 403
    assert (await console.post(NEW, WHOLE, "out")).status == 403
    assert (await console.get(NEW, "out")).status == 403
    # A link that fills the form in would put a number into an address; nothing reads one from there.
    assert PERSON not in (await console.get(f"{NEW}?{urlencode({'person': PERSON})}")).text
    assert "NHS number of the person" in (await console.page(NEW)).text
