"""Acting for somebody else, through the whole portal: only by authority, only within it, and never without a trace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.routing import Route

from audit.entries import Kind
from audit.reader import StoredEntry
from consent.permissions import Given
from consent.representing.values import Area, Because, Capacity
from gateway.consenting import Grant
from gateway.erasing import Erasing
from gateway.people import trace
from gateway.people.locator import Person
from gateway.recording_representatives import RecordingRepresentatives, Stated
from gateway.retention import retention_of
from gateway.services.acting import may_open
from tests.support.walk import caller
from tests.unit.gateway.composed import Composed, composed
from tests.unit.gateway.signin.browser import Browser
from tests.unit.gateway.signin.fake_provider import RESIDENT
from tests.unit.gateway.test_pages import resident_of, signed_in, token_in

COUNTY, ADVICE = "norfolk-county-council", "norfolk-advice"
ADA, BEN = str(RESIDENT["nhs_number"]), "9990000034"
AS_BEN = {**RESIDENT, "sub": "ben", "nhs_number": BEN, "name": "Ben Bold"}
OFFICER = caller(COUNTY, "triager", "hal")


@dataclass
class Two:
    """Ada, who is represented, and Ben, who may act for her: each in a browser of their own."""

    house: Composed
    ada: Browser
    ben: Browser

    @property
    def person(self) -> Person:
        found = self.house.gateway.locator.by_nhs_number(ADA)
        assert found is not None
        return found

    @property
    def recording(self) -> RecordingRepresentatives:
        return RecordingRepresentatives(self.house.gateway.views)

    def handle(self, nhs_number: str) -> str:
        return self.house.gateway.handles.make(COUNTY, trace.by_nhs_number(nhs_number))

    async def record(
        self,
        *areas: Area,
        capacity: Capacity = Capacity.ATTORNEY,
        because: Because = Because.LACKS_CAPACITY,
        days: float | None = None,
        of: str = ADA,
        by: str = BEN,
    ) -> None:
        now = self.house.clock.now()
        stated = Stated(
            person=self.handle(of),
            representative=self.handle(by),
            capacity=capacity,
            areas=frozenset(areas or {Area.PROPERTY}),
            because=because,
            until=None if days is None else now + timedelta(days=days),
            born=None,
            seen="lpa-access-code",
            reference="our file 7",
        )
        await self.recording.record(OFFICER, stated, "req_test")

    async def act(self, word: str = "aunt") -> Browser:
        """Ben chooses Ada."""
        page = await self.ben.get("/portal/acting")
        authority = page.text.partition('name="authority" value="')[2].partition('"')[0]
        assert authority, page.text
        fields = {"csrf": token_in(page.text), "authority": authority, f"word-{authority}": word}
        reply = await self.ben.post("/portal/acting/begin", fields)
        assert (reply.status, reply.header("location")) == (303, "/portal/"), reply.text
        return self.ben

    async def post(self, browser: Browser, page: str, **fields: str) -> tuple[int, str]:
        """The form of a page, sent to it; gives the status and where it leads."""
        shown = await browser.get(page)
        reply = await browser.post(page, {"csrf": token_in(shown.text), **fields})
        return reply.status, reply.header("location") or ""

    async def allows(self, purpose: str, recipient: str, *sections: str) -> str:
        """Ada allows something herself; gives its id."""
        registers = self.house.gateway.registers
        grant = Grant(
            purpose,
            recipient,
            {name: registers.sections[name].fields for name in sections},
            frozenset({"norwich-city-council"}),
            None,
        )
        given = Given("portal", self.person.id)
        return (await self.house.gateway.consenting.give(self.person.key, grant, given)).value.id

    def entries(self, outcome: str) -> list[StoredEntry]:
        found = self.house.reader.of_tag(self.person.key.tag, [Kind.CONSENT.value], None, 50)
        return [one for one in found if one.outcome == outcome]

    def standing(self) -> set[str]:
        return {one.id for one in self.house.gateway.ledger.standing(self.person.key).permissions}


def pages_of(house: Composed) -> set[str]:
    """Every address of the portal that holds no parameter."""
    found = {
        route.path
        for one in house.app.routes
        for route in getattr(one, "original_router", house.app).routes
        if isinstance(route, Route) and "GET" in (route.methods or ()) and "{" not in route.path
    }
    return {path for path in found if path.startswith("/portal/")}


@pytest.fixture
async def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Two]:
    async with composed(tmp_path, monkeypatch) as house:
        yield Two(house, await signed_in(house), await signed_in(house, AS_BEN))


async def test_nobody_acts_for_anybody_without_a_recorded_authority_a_carer_neither(two: Two) -> None:
    page = await two.ben.get("/portal/acting")
    assert "You do not act for anyone" in page.text
    fields = {"csrf": token_in(page.text), "authority": "a_guessed", "word-a_guessed": "mum"}
    assert (await two.ben.post("/portal/acting/begin", fields)).status == 409
    assert "You act for" not in (await two.ben.get("/portal/")).text


async def test_somebody_elses_authority_cannot_be_taken(two: Two) -> None:
    await two.record(by="9990000042")
    with two.house.gateway.database.read() as tx:
        authority = tx.execute(text("SELECT id FROM representation")).scalar_one()
    page = await two.ben.get("/portal/acting")
    assert authority not in page.text
    fields = {"csrf": token_in(page.text), "authority": authority, f"word-{authority}": "mum"}
    assert (await two.ben.post("/portal/acting/begin", fields)).status == 409


async def test_an_attorney_allows_and_stops_within_the_scope_and_the_person_sees_who_did_it(two: Two) -> None:
    await two.record()
    await two.act()
    home = await two.ben.get("/portal/")
    assert "You act for aunt." in home.text
    offer = await two.ben.get(f"/portal/allow/{COUNTY}/early-help-triage")
    assert 'value="tenancy"' in offer.text
    assert 'value="health-summary"' not in offer.text
    status, where = await two.post(
        two.ben, f"/portal/allow/{COUNTY}/early-help-triage", sections="tenancy", days="30", answer="yes"
    )
    assert status == 303
    assert (await two.ben.get(where)).status == 200
    (one,) = two.house.gateway.ledger.standing(two.person.key).permissions
    assert (one.given.how, one.given.capacity) == ("representative", "attorney")
    assert one.given.by == resident_of(two.house, BEN)
    history = (await two.ada.get("/portal/history")).text
    assert "Somebody who acts for you allowed this" in history
    assert "They act as: Attorney" in history
    status, where = await two.post(two.ben, f"/portal/stop/{one.id}")
    assert (status, where[:13]) == (303, "/portal/done/")
    assert two.standing() == set()
    assert (
        two.house.gateway.ledger.standing(two.house.gateway.keys.get(resident_of(two.house, BEN))).permissions
        == ()
    )


async def test_what_is_beyond_the_scope_is_neither_shown_nor_stopped_and_the_try_is_written_down(
    two: Two,
) -> None:
    await two.record()
    health = await two.allows("early-help-triage", COUNTY, "health-summary", "tenancy")
    debts = await two.allows("income-debt-advice", ADVICE, "debts")
    await two.act()
    page = (await two.ben.get("/portal/")).text
    assert debts in page
    assert health not in page
    token = token_in(page)
    refused = await two.ben.post(f"/portal/stop/{health}", {"csrf": token})
    assert refused.status == 409
    assert "You may not decide about this for them" in refused.text
    fields = {"csrf": token, "sections": "tenancy", "days": "30", "answer": "yes"}
    replaced = await two.ben.post(f"/portal/allow/{COUNTY}/early-help-triage", fields)
    assert replaced.status == 409
    assert two.standing() == {health, debts}
    assert len(two.entries("acting-refused")) == 2
    assert "tried to do more than they may" in (await two.ada.get("/portal/history")).text
    assert "tried to do more" not in (await two.ben.get("/portal/history")).text


async def test_pages_that_are_the_persons_own_are_closed_and_the_try_is_written_down(two: Two) -> None:
    await two.record()
    await two.act()
    own = ["/portal/story", "/portal/settings", "/portal/representatives", "/portal/receipts"]
    for tried, path in enumerate(own, 1):
        reply = await two.ben.get(path)
        assert (reply.status, reply.header("location")) == (303, "/portal/acting/not-here"), path
        assert len(two.entries("acting-refused")) == tried
    assert "for the person themselves" in (await two.ben.get("/portal/acting/not-here")).text


async def test_every_page_of_the_portal_is_closed_to_representatives_unless_it_is_on_the_list(
    two: Two,
) -> None:
    await two.record()
    await two.act()
    public = {"/portal/leave", "/portal/signed-out", "/portal/stop-by-code", "/portal/stop-by-code/done"}
    own = sorted(path for path in pages_of(two.house) - public if not may_open(path))
    assert len(own) > 8
    for path in own:
        reply = await two.ben.get(path)
        # What needs nobody signed in may answer; then it is nobody's page.
        closed = reply.every("location") == ["/portal/acting/not-here"]
        assert closed or "Sign out" not in reply.text, path


async def test_an_old_page_of_ones_own_posts_nothing_about_the_other(two: Two) -> None:
    await two.record()
    mine = await two.ben.get(f"/portal/allow/{COUNTY}/early-help-triage")
    await two.act()
    fields = {"csrf": token_in(mine.text), "sections": "tenancy", "days": "30", "answer": "yes"}
    assert (await two.ben.post(f"/portal/allow/{COUNTY}/early-help-triage", fields)).status == 403
    assert two.standing() == set()


async def test_the_person_ends_it_in_two_clicks_and_that_counts_from_the_next_request(two: Two) -> None:
    await two.record()
    ben = await two.act()
    page = await ben.get(f"/portal/allow/{COUNTY}/early-help-triage")
    mine = await two.ada.get("/portal/representatives")
    assert "Attorney" in mine.text
    link = mine.text.partition('href="/portal/representatives/end/')[2].partition('"')[0]
    assert await two.post(two.ada, f"/portal/representatives/end/{link}") == (
        303,
        "/portal/representatives/ended",
    )
    assert (await two.ada.get("/portal/representatives/ended")).status == 200
    assert "Nobody acts for you" in (await two.ada.get("/portal/representatives")).text
    fields = {"csrf": token_in(page.text), "sections": "tenancy", "days": "30", "answer": "yes"}
    reply = await ben.post(f"/portal/allow/{COUNTY}/early-help-triage", fields)
    assert (reply.status, reply.header("location")) == (303, "/portal/acting/over")
    assert two.standing() == set()
    own = two.house.gateway.keys.get(resident_of(two.house, BEN))
    assert two.house.gateway.ledger.standing(own).permissions == ()
    over = await ben.get("/portal/acting/over")
    assert "Nothing was done" in over.text
    assert (await ben.post("/portal/acting/end", {"csrf": token_in(over.text)})).status == 303
    assert (await ben.get("/portal/")).status == 200
    assert "You ended" in (await two.ada.get("/portal/history")).text
    assert (await two.ada.get(f"/portal/representatives/end/{link}")).status == 409
    again = {"csrf": token_in((await two.ada.get("/portal/")).text)}
    assert (await two.ada.post(f"/portal/representatives/end/{link}", again)).status == 409


async def test_it_ends_by_itself_at_the_stated_end(two: Two) -> None:
    await two.record(Area.HEALTH, capacity=Capacity.DEPUTY, days=0.01)
    ben = await two.act()
    two.house.clock.pass_by(minutes=10)
    assert "You act for aunt" in (await ben.get("/portal/")).text
    two.house.clock.pass_by(minutes=10)
    assert (await ben.get("/portal/")).header("location") == "/portal/acting/over"
    assert "You do not act for anyone" in (await ben.get("/portal/acting")).text


async def test_a_child_who_decides_alone_shuts_the_parent_out_at_once_and_only_the_child_reads_why(
    two: Two,
) -> None:
    await two.record(Area.HEALTH, Area.PROPERTY, capacity=Capacity.PARENT, because=Because.UNDER_16, days=900)
    ben = await two.act()
    await two.recording.decides_alone(OFFICER, two.handle(ADA), "gillick-assessment", "file 8", "req_test")
    assert (await ben.get("/portal/")).header("location") == "/portal/acting/over"
    assert "gillick" not in (await ben.get("/portal/acting/over")).text.lower()
    over = await ben.get("/portal/acting/over")
    await ben.post("/portal/acting/end", {"csrf": token_in(over.text)})
    assert "You do not act for anyone" in (await ben.get("/portal/acting")).text
    assert "decide alone" not in (await ben.get("/portal/history")).text
    history = (await two.ada.get("/portal/history")).text
    assert "you decide alone" in history
    assert "They cannot act for you now" in (await two.ada.get("/portal/representatives")).text


async def test_a_practitioner_writes_down_that_it_ended(two: Two) -> None:
    await two.record()
    await two.act()
    await two.recording.end(OFFICER, two.handle(ADA), two.handle(BEN), "req_test")
    assert (await two.ben.get("/portal/")).header("location") == "/portal/acting/over"
    assert "does not act for you any more" in (await two.ada.get("/portal/history")).text


async def test_recorded_again_in_the_same_capacity_it_is_one(two: Two) -> None:
    await two.record()
    await two.record()
    assert (await two.ada.get("/portal/representatives")).text.count('class="ot-card"') == 1


async def test_nobody_represents_themselves_by_another_handle(two: Two) -> None:
    await two.record(by=ADA)
    assert "Nobody acts for you" in (await two.ada.get("/portal/representatives")).text


async def test_people_whom_nobody_knows_are_written_down_alike(two: Two) -> None:
    before = two.house.size
    await two.record(of="9990000042")
    await two.recording.end(OFFICER, "h1." + "A" * 64, two.handle(BEN), "req_test")
    await two.recording.decides_alone(OFFICER, "h1." + "A" * 64, "x", "y", "req_test")
    assert two.house.size == before + 3
    with two.house.gateway.database.read() as tx:
        assert tx.execute(text("SELECT COUNT(*) FROM representation")).scalar_one() == 0


@pytest.mark.parametrize("word", ["", "x" * 41])
async def test_the_word_is_ones_own_and_short(two: Two, word: str) -> None:
    await two.record()
    page = await two.ben.get("/portal/acting")
    authority = page.text.partition('name="authority" value="')[2].partition('"')[0]
    fields = {"csrf": token_in(page.text), "authority": authority, f"word-{authority}": word}
    reply = await two.ben.post("/portal/acting/begin", fields)
    assert reply.status == 422
    assert word in reply.text


async def test_the_word_is_escaped_and_kept_for_next_time(two: Two) -> None:
    await two.record()
    await two.act("<b>M</b>")
    page = (await two.ben.get("/portal/")).text
    assert "&lt;b&gt;M&lt;/b&gt;" in page
    assert (await two.ben.post("/portal/acting/end", {"csrf": token_in(page)})).status == 303
    assert "&lt;b&gt;M&lt;/b&gt;" in (await two.ben.get("/portal/acting")).text


async def test_nothing_that_rests_of_an_authority_names_anybody(two: Two) -> None:
    await two.record()
    await two.act()
    with two.house.gateway.database.read() as tx:
        rows = [*tx.execute(text("SELECT * FROM representation")).all()]
        rows += tx.execute(text("SELECT * FROM acting_word")).all()
    resting = repr(rows)
    ben = two.house.gateway.locator.by_nhs_number(BEN)
    assert ben is not None
    for secret in ("aunt", "our file 7", "hal", "attorney", ADA, BEN, bytes.fromhex(ben.nhs or "")):
        assert repr(secret).strip("'b") not in resting


async def test_whoever_is_erased_acts_for_nobody(two: Two) -> None:
    await two.record()
    await two.act()
    gateway = two.house.gateway
    erasing = Erasing(
        log=gateway.log,
        database=gateway.database,
        keys=gateway.keys,
        locator=gateway.locator,
        handles=gateway.handles,
        retention=retention_of(gateway.settings),
        clock=gateway.clock,
    )
    erasing.erase_person(BEN, "asked for it")
    with gateway.database.read() as tx:
        for table in ("representation", "acting_word"):
            assert tx.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar_one() == 0  # noqa: S608 - our own names
    assert "Nobody acts for you" in (await two.ada.get("/portal/representatives")).text


async def test_a_paper_stops_through_the_page_without_signing_in(two: Two) -> None:
    browser = two.house.browser()
    page = await browser.get("/portal/stop-by-code")
    assert page.status == 200
    assert (await browser.post("/portal/stop-by-code", {"code": ""})).status == 422
    wrong = await browser.post("/portal/stop-by-code", {"code": "AAAA-BBBB"})
    assert wrong.status == 422
    assert "AAAA-BBBB" in wrong.text
