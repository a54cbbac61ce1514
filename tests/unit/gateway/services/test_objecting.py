"""Saying no to what the law allows: over real storage, the real policy and a real log."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from audit.reader import Query
from consent.permissions import ANY, Given, NonsenseError, NotStandingError, Permission
from consent.portal.objecting_ports import LawLook, SaidNo
from consent.portal.ports import NotPossible
from core.vocabulary import Kind
from gateway.consenting import Refusal
from gateway.services.could_see import PolicyServices
from gateway.services.objecting import Objections
from tests.support.walk import COUNCIL, EVERYTHING
from tests.unit.gateway.services.served import COUNTY, PURPOSE, Served, choice

HOMELESS, SAFEGUARDING = "homelessness-prevention", "safeguarding-enquiry"


@pytest.fixture
def objections(served: Served) -> Objections:
    home = served.way.home
    return Objections(
        home.ledger,
        home.keys,
        served.residents.reader,
        served.way.consenting,
        served.way.parts.policy,
        served.clock,
    )


async def law_look(objections: Objections, person: str, organisation: str, purpose: str) -> LawLook:
    (found,) = (
        one
        for one in await objections.law_looks(person)
        if (one.organisation, one.purpose) == (organisation, purpose)
    )
    return found


async def test_a_no_stops_at_once_what_heeds_it_and_taking_it_back_lets_it_happen_again(
    served: Served, objections: Objections
) -> None:
    assert (await served.way.ask("housing", HOMELESS)).sections
    done = await objections.object(served.person, COUNCIL, HOMELESS, "They know my landlord.")
    assert done.what == "said-no"
    assert (await served.way.ask("housing", HOMELESS)).sections == ()
    (said,) = await objections.said(served.person)
    assert (said.id, said.what, said.why) == (done.about.id, "no", "They know my landlord.")
    back = await objections.take_back(served.person, said.id)
    assert back.what == "took-back"
    assert (await served.way.ask("housing", HOMELESS)).sections
    assert await objections.said(served.person) == ()


async def test_the_page_tells_apart_what_a_no_stops_and_what_it_cannot(
    served: Served, objections: Objections
) -> None:
    heeded = await law_look(objections, served.person, COUNCIL, HOMELESS)
    assert heeded.stops
    assert (heeded.stays, heeded.said_no, heeded.allowed) == ((), None, False)
    duty = await law_look(objections, served.person, COUNTY, SAFEGUARDING)
    assert duty.stops == ()
    assert duty.stays
    assert "Care Act 2014" in duty.why_law


async def test_what_needs_a_yes_is_not_among_what_the_law_allows(
    served: Served, objections: Objections
) -> None:
    pairs = {(one.organisation, one.purpose) for one in await objections.law_looks(served.person)}
    assert (COUNTY, PURPOSE) not in pairs


@pytest.mark.parametrize(
    ("organisation", "purpose"), [(COUNTY, SAFEGUARDING), (COUNTY, PURPOSE), ("nobody", "nothing")]
)
async def test_a_duty_cannot_be_stopped_and_nothing_is_written_as_if_it_were(
    served: Served, objections: Objections, organisation: str, purpose: str
) -> None:
    before = served.way.home.log.store.head()
    with pytest.raises(NotPossible):
        await objections.object(served.person, organisation, purpose, "")
    assert served.way.home.log.store.head() == before


async def test_who_said_no_already_is_shown_so_and_a_second_no_takes_the_firsts_place(
    served: Served, objections: Objections
) -> None:
    first = await objections.object(served.person, COUNCIL, HOMELESS, "")
    second = await objections.object(served.person, COUNCIL, HOMELESS, "Still no.")
    look = await law_look(objections, served.person, COUNCIL, HOMELESS)
    assert look.said_no == second.about.id != first.about.id
    assert [one.why for one in await objections.said(served.person)] == ["Still no."]


async def test_why_stands_with_the_person_alone_and_in_no_entry(
    served: Served, objections: Objections
) -> None:
    done = await objections.object(served.person, COUNCIL, HOMELESS, "because of my neighbour")
    key = served.way.person.key
    event = served.way.home.ledger.history(key)[-1]
    assert (event.what, event.by) == (
        "given",
        Given("portal", served.person, why="because of my neighbour"),
    )
    entry = served.residents.reader.entry(int(done.reference.removeprefix("OT-")))
    assert entry is not None
    assert (entry.kind, entry.outcome, entry.recipient, entry.purpose) == (
        "consent",
        "objected",
        COUNCIL,
        HOMELESS,
    )
    opening = served.residents.reader.open(entry)
    assert opening is not None
    assert "neighbour" not in str(opening.to_json())


async def test_what_was_done_can_be_opened_again_by_its_owner_alone(
    served: Served, objections: Objections
) -> None:
    done = await objections.object(served.person, COUNCIL, HOMELESS, "mine")
    again = await objections.done(served.person, done.reference)
    assert again == replace(done, about=replace(done.about, why=""))
    other = served.way.home.person("9990000026")
    assert await objections.done(other.id, done.reference) is None
    assert await objections.done("p_nobody", done.reference) is None
    back = await objections.take_back(served.person, done.about.id)
    assert (await objections.done(served.person, back.reference)) is not None
    for wrong in ("OT-", "OT-x", "OT-999999", "OT-" + "9" * 18, "41017", "OT-٣"):
        assert await objections.done(served.person, wrong) is None


async def test_a_yes_is_not_opened_as_if_it_were_a_no(served: Served, objections: Objections) -> None:
    allowed = await served.residents.allow(served.person, choice("tenancy"))
    assert await objections.done(served.person, allowed.reference) is None
    with pytest.raises(NotPossible):
        await objections.take_back(served.person, allowed.permitted.id if allowed.permitted else "")


async def test_a_no_is_not_opened_as_if_something_had_been_stopped(
    served: Served, objections: Objections
) -> None:
    done = await objections.object(served.person, COUNCIL, HOMELESS, "")
    back = await objections.take_back(served.person, done.about.id)
    for reference in (done.reference, back.reference):
        assert await served.residents.done(served.person, reference) is None


async def test_who_could_look_leads_to_the_page_of_a_no(served: Served) -> None:
    found = await PolicyServices(served.way.parts).who_could_look(served.person)
    ways = {
        way.say_no
        for part in (found.unless_no, found.law, found.emergency)
        for one in part
        for way in one.ways
    }
    assert f"/portal/say-no/{COUNCIL}/{HOMELESS}" in ways
    assert "" not in ways
    await served.way.allow()
    allowed = (await PolicyServices(served.way.parts).who_could_look(served.person)).allowed
    assert {way.say_no for one in allowed for way in one.ways} == {""}


async def test_what_cannot_be_read_any_more_is_not_shown(served: Served, objections: Objections) -> None:
    done = await objections.object(served.person, COUNCIL, HOMELESS, "")
    served.tamper("UPDATE log_entry_detail SET sealed = :nonsense", nonsense=b"nonsense")
    assert await objections.done(served.person, done.reference) is None


async def test_a_no_ends_the_yes_before_it_so_that_taking_it_back_wakes_nothing(
    served: Served, objections: Objections
) -> None:
    way = served.way
    await way.allow("housing", HOMELESS)
    assert (await law_look(objections, served.person, COUNCIL, HOMELESS)).allowed
    done = await objections.object(served.person, COUNCIL, HOMELESS, "")
    assert [one.kind for one in way.home.ledger.standing(way.person.key).permissions] == [Kind.OBJECTION]
    await objections.take_back(served.person, done.about.id)
    assert way.home.ledger.standing(way.person.key).permissions == ()


async def test_a_yes_ends_the_no_before_it_so_that_what_is_said_to_be_allowed_is(served: Served) -> None:
    way = served.way
    refusal = Refusal(frozenset({PURPOSE}), frozenset({COUNTY}), {"*": ANY}, kind=Kind.DISSENT)
    await way.consenting.object(way.person.key, refusal, Given("portal", served.person))
    await served.residents.allow(served.person, choice("tenancy"))
    assert (await way.ask()).sections
    assert [one.kind for one in way.home.ledger.standing(way.person.key).permissions] == [
        Kind.CONFIDENTIALITY_CONSENT
    ]


async def test_a_no_elsewhere_is_left_alone_by_a_yes(served: Served) -> None:
    way = served.way
    refusal = Refusal(frozenset({HOMELESS}), frozenset({COUNCIL}), {"*": ANY})
    await way.consenting.object(way.person.key, refusal, Given("portal", served.person))
    await served.residents.allow(served.person, choice("tenancy"))
    kinds = {one.kind for one in way.home.ledger.standing(way.person.key).permissions}
    assert kinds == {Kind.OBJECTION, Kind.CONFIDENTIALITY_CONSENT}


async def test_only_a_no_can_be_said_as_a_no_and_only_a_no_be_taken_back(served: Served) -> None:
    way, by = served.way, Given("portal", served.person)
    refusal = Refusal(frozenset({PURPOSE}), frozenset({COUNTY}), {"*": ANY}, kind=Kind.GDPR_CONSENT)
    with pytest.raises(NonsenseError):
        await way.consenting.object(way.person.key, refusal, by)
    permission = await way.allow()
    before = way.home.log.store.head()
    with pytest.raises(NotStandingError):
        await way.consenting.take_back(way.person.key, permission, by)
    assert way.home.log.store.head() == before
    assert (await way.ask()).sections
    done = await way.consenting.object(way.person.key, replace(refusal, kind=Kind.OBJECTION), by)
    taken = await way.consenting.take_back(way.person.key, done.value.id, by)
    assert taken.value.id == done.value.id


async def test_whoever_asked_cannot_find_a_dissent_while_an_objection_is_for_them_to_heed(
    served: Served,
) -> None:
    way, by = served.way, Given("portal", served.person)
    reader = served.residents.reader
    for kind, found in ((Kind.DISSENT, False), (Kind.OBJECTION, True)):
        refusal = Refusal(frozenset({PURPOSE}), frozenset({COUNTY}), {"*": ANY}, kind=kind)
        committed = await way.consenting.object(way.person.key, refusal, by)
        index = committed.receipts[-1].index
        assert reader.concerns(index, COUNTY) is found
        assert (index in {one.index for one in reader.search(Query(COUNTY))}) is found


async def test_consent_to_processing_opens_nothing_and_can_be_taken_back_like_the_rest(
    served: Served, objections: Objections
) -> None:
    way, now = served.way, served.clock.now()
    agreed = Permission(
        id="c_gdpr",
        kind=Kind.GDPR_CONSENT,
        purposes=frozenset({PURPOSE}),
        sections=EVERYTHING,
        sources=ANY,
        recipients=frozenset({COUNTY}),
        from_=now,
        until=now + timedelta(days=1),
        given=Given("imported", COUNTY),
    )
    await way.consenting.decide(way.person.key, (agreed,), agreed.given)
    assert (await way.ask()).sections == ()
    assert (await served.residents.overview(served.person)).permitted == ()
    (said,) = await objections.said(served.person)
    assert (said.what, said.stays, said.until) == ("processing", (), agreed.until)
    done = await objections.take_back(served.person, said.id)
    again = await objections.done(served.person, done.reference)
    assert again is not None
    assert (again.what, again.about.what) == ("took-back", "processing")
    assert await objections.said(served.person) == ()


async def test_a_no_to_everybody_says_so_and_tells_what_stays(served: Served, objections: Objections) -> None:
    way = served.way
    wide = Refusal(ANY, ANY, {"*": ANY}, kind=Kind.DISSENT)
    await way.consenting.object(way.person.key, wide, Given("imported", COUNTY))
    (said,) = await objections.said(served.person)
    assert (said.organisation_names, said.purpose_titles, said.kinds) == ((), (), ())
    assert said.stays
    (line,) = await served.residents.history(served.person, None)
    assert (line.what, line.organisation_name) == ("said-no", "Everyone")


async def test_a_narrower_no_takes_nothing_from_a_wider_one_and_ends_no_yes(
    served: Served, objections: Objections
) -> None:
    way, by = served.way, Given("imported", COUNTY)
    await way.allow("housing", HOMELESS)
    whole, part = (
        Refusal(frozenset({HOMELESS}), frozenset({COUNCIL}), sections)
        for sections in ({"*": ANY}, {"safeguarding-alerts": ANY, "tenancy": ANY})
    )
    yes_ended = False
    for refusal in (part, whole, part, part):
        await way.consenting.object(way.person.key, refusal, by)
        yes = [one for one in way.home.ledger.standing(way.person.key).permissions if one.kind.allows]
        assert bool(yes) is (refusal is part and not yes_ended)
        yes_ended = yes_ended or refusal is whole
    standing = way.home.ledger.standing(way.person.key).permissions
    assert sorted(len(one.sections) for one in standing) == [1, 2]
    tenancy = way.parts.policy.registers.sections["tenancy"].title
    assert any(tenancy in one.kinds for one in await objections.said(served.person))
    look = await law_look(objections, served.person, COUNCIL, HOMELESS)
    (wide,) = (one for one in standing if "*" in one.sections)
    assert look.said_no == wide.id


async def test_a_no_to_two_stands_in_the_history_with_both_names(served: Served) -> None:
    refusal = Refusal(frozenset({PURPOSE}), frozenset({COUNTY, COUNCIL}), {"*": ANY})
    await served.way.consenting.object(served.way.person.key, refusal, Given("imported", COUNTY))
    (line,) = await served.residents.history(served.person, None)
    assert line.organisation_name == "Norfolk County Council (sandbox), Norwich City Council (sandbox)"


async def test_of_somebody_erased_nothing_is_shown_and_nothing_can_be_said(
    served: Served, objections: Objections
) -> None:
    done = await objections.object(served.person, COUNCIL, HOMELESS, "")
    with served.way.home.database.write() as tx:
        tx.execute(text("DELETE FROM person_state WHERE person = :p"), {"p": served.person})
    with pytest.raises(NotPossible, match="not possible"):
        await objections.object(served.person, COUNCIL, HOMELESS, "")
    served.erase()
    assert await objections.said(served.person) == ()
    assert all(one.said_no is None for one in await objections.law_looks(served.person))
    assert await objections.done(served.person, done.reference) is None
    with pytest.raises(NotPossible):
        await objections.object(served.person, COUNCIL, HOMELESS, "")
    with pytest.raises(NotPossible):
        await objections.take_back(served.person, done.about.id)


async def test_what_was_taken_back_meanwhile_is_told_so(
    served: Served, objections: Objections, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = await objections.object(served.person, COUNCIL, HOMELESS, "")
    seen = await objections.said(served.person)

    async def said_before(_: Objections, _person: str) -> tuple[SaidNo, ...]:
        return seen

    await objections.take_back(served.person, done.about.id)
    with pytest.raises(NotPossible):
        await objections.take_back(served.person, done.about.id)
    monkeypatch.setattr(Objections, "said", said_before)
    with pytest.raises(NotPossible) as refused:
        await objections.take_back(served.person, done.about.id)
    assert "already" in refused.value.words
