"""What a representative does beyond allowing and stopping: requests, a no, keeping, who could look, the download.

Each within the scope, by their capacity, in the person's history; what a child decided themselves never shows to a parent.
"""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest

from audit.entries import Kind, SealedEntry
from consent.permissions import Given, Permission
from consent.representing.values import Area, Because, Capacity
from core.vocabulary import Label
from gateway.asking import Wish
from gateway.consenting import Grant, Refusal
from gateway.people import trace
from gateway.people.locator import Person, Registration
from gateway.people.registering import register_durably
from gateway.services.objecting import EVERYTHING
from tests.support.asking import REASON
from tests.support.walk import CALLERS
from tests.unit.gateway.composed import composed
from tests.unit.gateway.signin.browser import Browser
from tests.unit.gateway.test_acting import ADA, ADVICE, AS_BEN, COUNTY, Two
from tests.unit.gateway.test_pages import resident_of, signed_in, token_in

TRIAGE, KEEPING = "early-help-triage", "homelessness-prevention"
CITY = "norwich-city-council"


@pytest.fixture
async def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Two]:
    async with composed(tmp_path, monkeypatch) as house:
        yield Two(house, await signed_in(house), await signed_in(house, AS_BEN))


async def asks(two: Two, *sections: str) -> str:
    """The county asks Ada; gives the request's address."""
    handle = two.house.gateway.handles.make(COUNTY, trace.by_nhs_number(ADA))
    wish = Wish(handle, TRIAGE, frozenset(sections), 30, REASON)
    await two.house.gateway.asking.ask(CALLERS["triager"], wish, None, "req_test")
    return f"/portal/requests/{two.house.gateway.asking.requests.of(two.person.key)[0].id}"


def given(two: Two) -> tuple[Permission, ...]:
    return two.house.gateway.ledger.standing(two.person.key).permissions


async def allows(two: Two, days: float, *sections: str, by: Given | None = None) -> str:
    """Ada allows the county something for some days."""
    house = two.house
    grant = Grant(
        TRIAGE,
        COUNTY,
        {name: house.gateway.registers.sections[name].fields for name in sections},
        frozenset({CITY}),
        house.clock.now() + timedelta(days=days),
    )
    said = by or Given("portal", two.person.id)
    return (await house.gateway.consenting.give(two.person.key, grant, said)).value.id


async def parent(two: Two) -> Browser:
    await two.record(Area.HEALTH, Area.PROPERTY, capacity=Capacity.PARENT, because=Because.UNDER_16, days=900)
    return await two.act()


async def downloaded(browser: Browser) -> dict[str, str]:
    page = await browser.get("/portal/download")
    assert page.status == 200
    reply = await browser.post("/portal/download", {"csrf": token_in(page.text), "secret": ""})
    assert reply.status == 200
    with ZipFile(io.BytesIO(reply.body)) as file:
        return {name: file.read(name).decode() for name in file.namelist()}


# Requests ------------------------------------------------------------------------------------------------------------


async def test_a_request_within_the_scope_is_answered_by_capacity_and_the_person_reads_it(two: Two) -> None:
    await two.record(days=20)
    address = await asks(two, "tenancy", "home-condition")
    ben = await two.act()
    assert address in (await ben.get("/portal/")).text
    page = await ben.get(address)
    assert REASON in page.text
    assert "the person you act for" in page.text
    assert "This is what there is about you now" not in page.text
    status, where = await two.post(ben, address, sections="tenancy", days="20", answer="yes")
    assert (status, where[:13]) == (303, "/portal/done/"), where
    done = await ben.get(where)
    reference = where.rpartition("/")[2]
    assert f"/portal/receipts/{reference}" in done.text
    for receipt in ("", "/receipt.txt", "/receipt.jws"):
        assert (await ben.get(f"/portal/receipts/{reference}{receipt}")).status == 200
    assert (await ben.get(f"{where}/receipt.txt")).status == 200
    (one,) = given(two)
    assert (one.given.how, one.given.capacity) == ("representative", "attorney")
    assert one.until is not None
    assert one.until <= two.house.clock.now() + timedelta(days=20)
    assert "Somebody who acts for you allowed this" in (await two.ada.get("/portal/history")).text
    assert (await ben.get(address)).status == 404


async def test_not_allowing_is_written_down_with_who_said_it_and_reads_back_to_the_person_alone(
    two: Two,
) -> None:
    await two.record()
    address = await asks(two, "tenancy")
    ben = await two.act()
    assert await two.post(ben, address, answer="no") == (303, "/portal/not-allowed")
    assert "They can see that you answered" in (await ben.get("/portal/not-allowed")).text
    assert (await ben.get(address)).status == 404
    assert "did not allow this" in (await two.ada.get("/portal/history")).text
    assert "They act as: Attorney" in (await two.ada.get("/portal/history")).text
    assert "Somebody who acts for them did not allow this" in (await ben.get("/portal/history")).text
    assert "You have not allowed this" in (await two.ada.get(address)).text


async def test_a_request_that_asks_for_more_than_the_scope_is_the_persons_own(two: Two) -> None:
    await two.record()
    address = await asks(two, "tenancy", "support-plan")
    ben = await two.act()
    home = await ben.get("/portal/")
    assert address not in home.text
    assert (await ben.get(address)).status == 404
    fields = {"csrf": token_in(home.text), "sections": "tenancy", "days": "30", "answer": "yes"}
    assert (await ben.post(address, fields)).status == 404
    assert (await ben.get("/portal/requests/guessed")).status == 404
    assert given(two) == ()
    assert address in (await two.ada.get("/portal/")).text


async def test_a_yes_never_takes_the_place_of_what_is_not_theirs(two: Two) -> None:
    await two.record()
    wide = await allows(two, 60, "tenancy", "health-summary")
    address = await asks(two, "tenancy")
    ben = await two.act()
    page = await ben.get(address)
    assert "This is allowed already" not in page.text
    fields = {"csrf": token_in(page.text), "sections": "tenancy", "days": "7", "answer": "yes"}
    refused = await ben.post(address, fields)
    assert refused.status == 409
    assert "They allowed this organisation more than you may decide about" in refused.text
    assert [one.id for one in given(two)] == [wide]
    assert len(two.entries("acting-refused")) == 1


# Saying no -----------------------------------------------------------------------------------------------------------


async def test_a_no_is_about_the_scope_alone_and_only_their_own_no_is_theirs_to_take_back(two: Two) -> None:
    await two.record()
    no = f"/portal/say-no/{CITY}/{KEEPING}"
    ben = await two.act()
    page = await ben.get(no)
    assert "Your no is about what you may decide for them" in page.text
    status, where = await two.post(ben, no, why="they moved")
    assert (status, where[:16]) == (303, "/portal/said-no/"), where
    assert (await ben.get(where)).status == 200
    assert (await ben.get(f"{where}/receipt.txt")).status == 200
    (one,) = given(two)
    assert "*" not in one.sections
    assert one.sections.keys() <= {"identity", "contact", "communication-needs", "household"} | {
        "council-benefits",
        "debts",
        "dwp-benefits",
        "employment-education",
        "home-condition",
        "housing-application",
        "tenancy",
    }
    assert (one.given.how, one.given.capacity, one.given.why) == ("representative", "attorney", "they moved")
    assert "Somebody who acts for you said no to this" in (await two.ada.get("/portal/history")).text
    assert one.id in (await ben.get("/portal/")).text
    hers = await two.house.gateway.consenting.object(
        two.person.key, _everything(CITY, KEEPING), Given("portal", two.person.id)
    )
    home = await ben.get("/portal/")
    assert hers.value.id not in home.text
    tried = await ben.post(f"/portal/take-back/{hers.value.id}", {"csrf": token_in(home.text)})
    assert tried.status == 409
    assert len(two.entries("acting-refused")) == 1
    assert (await ben.post("/portal/take-back/c_gone", {"csrf": token_in(home.text)})).status == 409
    status, where = await two.post(ben, f"/portal/take-back/{one.id}")
    assert status == 303
    assert "You have taken it back" in (await ben.get(where)).text
    assert [left.id for left in given(two)] == [hers.value.id]
    assert "took their no back" in (await two.ada.get("/portal/history")).text
    mine = await two.ada.get(where)
    assert mine.status == 200


def _everything(organisation: str, purpose: str) -> Refusal:
    return Refusal(frozenset({purpose}), frozenset({organisation}), EVERYTHING)


async def test_what_the_person_said_no_to_is_not_undone_by_their_representatives_yes(two: Two) -> None:
    await two.record()
    hers = await two.house.gateway.consenting.object(
        two.person.key, _everything(COUNTY, TRIAGE), Given("portal", two.person.id)
    )
    ben = await two.act()
    offer = f"/portal/allow/{COUNTY}/{TRIAGE}"
    fields = {"sections": "tenancy", "days": "30", "answer": "yes"}
    page = await ben.get(offer)
    assert (await ben.post(offer, {"csrf": token_in(page.text), **fields})).status == 409
    assert [one.id for one in given(two)] == [hers.value.id]
    assert (await ben.get(f"/portal/said-no/OT-{hers.receipts[-1].index}")).status == 404


# Keeping -------------------------------------------------------------------------------------------------------------


async def test_what_ends_soon_is_kept_within_the_scope_and_how_it_was_used_is_not_told(two: Two) -> None:
    await two.record()
    mine = await allows(two, 5, "tenancy")
    ben = await two.act()
    home = (await ben.get("/portal/")).text
    assert f"/portal/keep/{mine}" in home
    assert "They looked" not in home
    assert "They did not look" not in home
    page = await ben.get(f"/portal/keep/{mine}")
    assert "They looked" not in page.text
    status, where = await two.post(ben, f"/portal/keep/{mine}", days="30")
    assert (status, where[:13]) == (303, "/portal/done/")
    (one,) = given(two)
    assert (one.given.how, one.given.capacity) == ("representative", "attorney")


async def test_what_is_beyond_the_scope_or_outlasts_the_authority_is_not_kept(two: Two) -> None:
    await two.record(days=3)
    health = await allows(two, 5, "health-summary")
    ben = await two.act()
    assert (await ben.get(f"/portal/keep/{health}")).status == 404
    longer = await allows(two, 5, "tenancy")
    assert (await ben.get(f"/portal/keep/{longer}")).status == 404
    assert f"/portal/keep/{longer}" not in (await ben.get("/portal/")).text


# Who could look ------------------------------------------------------------------------------------------------------


async def test_who_could_look_is_told_within_the_scope_and_never_by_whom_it_is_held(two: Two) -> None:
    await two.record()
    await known(two)
    await allows(two, 60, "tenancy", "health-summary")
    mine = await two.ada.get("/portal/who-could-see-me")
    assert "Norwich City Council" in mine.text
    ben = await two.act()
    page = await ben.get("/portal/who-could-see-me")
    assert page.status == 200
    assert "Who could see them" in page.text
    assert "From Norwich" not in page.text
    for beyond in ("health-summary", "safeguarding-alerts", "offence-risk", "staff-safety", "my-story"):
        title = two.house.gateway.registers.sections[beyond].title
        assert f">{title}<" not in page.text, title


async def known(two: Two) -> None:
    """The city knows Ada."""
    gateway = two.house.gateway

    def no_entry(_person: Person) -> tuple[SealedEntry, ...]:
        return ()

    await register_durably(
        gateway.locator,
        gateway.ledger,
        gateway.committer,
        gateway.clock,
        Registration(CITY, "C-1", nhs_number=ADA, label=Label.UNRESTRICTED),
        no_entry,
    )


# The download --------------------------------------------------------------------------------------------------------


async def test_the_download_holds_what_is_within_the_scope_and_the_person_sees_that_it_was_taken(
    two: Two,
) -> None:
    await two.record()
    await known(two)
    debts = await two.allows("income-debt-advice", ADVICE, "debts")
    health = await two.allows("hospital-link", COUNTY, "health-summary")
    address = await asks(two, "tenancy")
    ben = await two.act()
    page = (await ben.get("/portal/download")).text
    assert "only what you may decide about" in page
    assert "Put in services" not in page
    assert "Sign in again" not in page
    files = await downloaded(ben)
    assert {name for name in files if name.endswith(".json") and "/" not in name} == {
        "decisions.json",
        "history.json",
        "requests.json",
        "acting.json",
    }
    together = "".join(files.values())
    assert debts in together
    assert address.rpartition("/")[2] in files["requests.json"]
    assert health not in together
    assert "who-knows" not in together
    assert resident_of(two.house, ADA) not in together
    assert "Attorney" in files["acting.html"]
    assert all(row["opening"] is None for row in json.loads(files["history.json"])["rows"])
    assert "downloaded what they may decide about" in (await two.ada.get("/portal/history")).text
    read = two.house.reader.of_tag(two.person.key.tag, [Kind.AUDIT_READ.value], None, 9)
    assert [one.outcome for one in read] == ["downloaded"]


async def test_a_request_beyond_the_scope_is_not_in_the_download(two: Two) -> None:
    await two.record()
    private = await asks(two, "tenancy", "support-plan")
    files = await downloaded(await two.act())
    assert json.loads(files["requests.json"])["rows"] == []
    assert private.rpartition("/")[2] not in "".join(files.values())


# A child's own decisions ---------------------------------------------------------------------------------------------


async def test_what_a_child_decided_themselves_never_shows_to_a_parent_nor_changes_by_them(two: Two) -> None:
    own = await allows(two, 5, "tenancy")
    taken = await two.house.gateway.consenting.object(
        two.person.key, _everything(CITY, KEEPING), Given("portal", two.person.id)
    )
    ben = await parent(two)
    home = await ben.get("/portal/")
    token = token_in(home.text)
    assert own not in home.text
    assert taken.value.id not in home.text
    assert own not in (await ben.get("/portal/who-could-see-me")).text
    assert "allowed this" not in (await ben.get("/portal/history")).text
    assert (await ben.get(f"/portal/keep/{own}")).status == 404
    assert (await ben.post(f"/portal/stop/{own}", {"csrf": token})).status == 409
    refused = await ben.post(
        f"/portal/allow/{COUNTY}/{TRIAGE}",
        {"csrf": token, "sections": "tenancy", "days": "30", "answer": "yes"},
    )
    assert refused.status == 409
    assert "They allowed" not in refused.text
    files = await downloaded(ben)
    assert own not in "".join(files.values())
    assert {one.id for one in given(two)} == {own, taken.value.id}


async def test_what_a_parent_decided_they_see_and_keep(two: Two) -> None:
    ben = await parent(two)
    by = Given("representative", resident_of(two.house, "9990000034"), "parental-responsibility")
    one = await allows(two, 5, "tenancy", by=by)
    assert one in (await ben.get("/portal/")).text
    assert (await ben.get(f"/portal/keep/{one}")).status == 200
    assert one in (await downloaded(ben))["decisions.json"]


# Stopping a no -------------------------------------------------------------------------------------------------------


async def test_stopping_a_no_leads_to_the_page_that_takes_it_back_and_never_to_nothing(two: Two) -> None:
    said = await two.house.gateway.consenting.object(
        two.person.key, _everything(COUNTY, TRIAGE), Given("portal", two.person.id)
    )
    home = await two.ada.get("/portal/")
    reply = await two.ada.post(f"/portal/stop/{said.value.id}", {"csrf": token_in(home.text)})
    assert (reply.status, reply.header("location")) == (303, f"/portal/take-back/{said.value.id}")
    assert [one.id for one in given(two)] == [said.value.id]
    status, where = await two.post(two.ada, reply.header("location"))
    assert status == 303
    assert (await two.ada.get(where)).status == 200
    assert given(two) == ()
