"""For everyone: representatives keep to what is theirs; spoken decisions in any order; people without a number, or who move.

Each protection has a companion that takes it out and shows the failure.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from gettext import NullTranslations
from pathlib import Path

import pytest
from sqlalchemy import Connection

from audit.log import Append
from consent.assisted import merging
from consent.permissions import Given
from consent.portal.acting_ports import ActingFor
from consent.portal.ports import Look, Resident, ToldLater
from consent.representing.store import Representations
from core.keys import MissingKeyError
from core.pages.words import Words
from core.unit_of_work import Written
from core.vocabulary import Label
from gateway.consenting import Grant
from gateway.people import trace
from gateway.people.locator import Registration
from gateway.people.registering import register
from gateway.people.trace import Demographics
from gateway.services import could_see
from gateway.services.acting import Acting
from gateway.services.acting_within import ActingWithin
from gateway.services.could_see import PolicyServices, PolicyWithin
from gateway.services.held_parts import History
from gateway.services.held_within import parts_within
from gateway.services.mandate import Mandate
from gateway.services.renewing import Renewing
from gateway.views.pipeline import view
from gateway.views.values import Ask, View
from tests.support.assisted import Desk, desk
from tests.support.clock import FakeClock
from tests.support.walk import CALLERS, COUNCIL, FakeSource, FakeVerifier, Walk, caller, registers, walk
from tests.unit.gateway.services.served import Served, choice, serving

COUNTY = "norfolk-county-council"
ROBIN = Demographics("Probably", "Robin", FakeClock().now().date(), "NR99 9ZZ")


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Desk]:
    clock = FakeClock()
    async with walk(tmp_path, clock=clock) as way:
        yield desk(way, clock)


# Representatives -----------------------------------------------------------------------------------------------------


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path) as found:
        yield found


def representing(served: Served, *sections: str) -> ActingWithin:
    """The portal's services for somebody who acts for the person, within these sections."""
    home = served.way.home
    acting = Acting(
        Representations(home.database, home.keys),
        home.locator,
        home.handles,
        home.keys,
        home.committer,
        home.clock,
    )
    authority = ActingFor("a_1", "p_other", "attorney", "aunt", frozenset(sections), None)
    resident = Resident(served.person, "Ben Bold", "token", "P9", authority)
    return ActingWithin(served.residents, acting, resident, authority)


async def a_look_told_later(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person sees a look of which they were told later; the representative must not."""
    await served.residents.allow(served.person, choice("tenancy"))
    assert (await served.way.ask()).sections
    late = ToldLater(served.clock.now(), "Telling you at once could have put you in danger")
    tell = served.residents.history

    async def history(person: str, before: int | None) -> tuple[Look, ...]:
        return tuple(
            replace(one, told_later=late) if one.what == "looked" else one
            for one in await tell(person, before)
        )

    monkeypatch.setattr(
        type(served.residents), "history", lambda _self, person, before: history(person, before)
    )


async def sees_no_look_told_later(served: Served) -> None:
    person = served.person
    assert any(one.what == "looked" for one in await served.residents.history(person, None))
    assert all(one.what != "looked" for one in await representing(served, "tenancy").history(person, None))


async def test_a_representative_never_sees_what_was_held_back_even_once_the_person_is_told(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_look_told_later(served, monkeypatch)
    await sees_no_look_told_later(served)


async def test_without_that_rule_they_see_it(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_look_told_later(served, monkeypatch)
    monkeypatch.setattr(ActingWithin, "_may_see", lambda _self, _look: True)
    with pytest.raises(AssertionError):
        await sees_no_look_told_later(served)


async def test_a_representative_sees_looks_within_their_scope_and_none_beyond(served: Served) -> None:
    await served.residents.allow(served.person, choice("tenancy"))
    assert (await served.way.ask()).sections
    for scope, seen in (("tenancy", True), ("debts", False)):
        found = await representing(served, scope).history(served.person, None)
        assert any(one.what == "looked" for one in found) is seen
        assert all(not one.can_ask and one.question is None for one in found)
    (look,) = [one for one in await served.residents.history(served.person, None) if one.what == "looked"]
    proof = await representing(served, "tenancy").proof(served.person, look.index)
    assert proof is not None
    assert proof.opening_json == ""
    assert proof.checked
    assert await representing(served, "debts").proof(served.person, look.index) is None
    assert await representing(served, "tenancy").complete(served.person) is None


async def test_what_a_representative_allows_ends_with_their_authority(served: Served) -> None:
    within = representing(served, "tenancy")
    ends = served.clock.now() + timedelta(days=3)
    within = replace(within, authority=replace(within.authority, until=ends))
    done = await within.allow(served.person, choice("tenancy", days=30))
    assert done.permitted is not None
    assert done.permitted.until == ends
    assert await within.done(served.person, done.reference) == done
    stopped = await representing(served, "tenancy").stop(served.person, done.permitted.id)
    assert stopped.what == "stopped"
    own = await served.residents.allow(served.person, choice("tenancy"))
    assert await within.done(served.person, own.reference) is None


async def test_nobody_acts_for_the_erased(served: Served) -> None:
    served.erase()
    within = representing(served, "tenancy")
    assert (await within.overview(served.person)).permitted == ()
    assert await within.history(served.person, None) == ()
    with pytest.raises(MissingKeyError):
        await within.acting.refused(served.person, within.authority, "page")


# What they may see besides -------------------------------------------------------------------------------------------

ADVICE, DEBTS = "norfolk-advice", "income-debt-advice"


def mandate(served: Served, capacity: str, *sections: str) -> Mandate:
    """The same authority as the other pages ask it."""
    within = representing(served, *sections)
    authority = replace(within.authority, capacity=capacity)
    resident = replace(within.resident, acting=authority)
    return Mandate(within.acting, served.residents.ledger, served.residents.keys, resident, authority)


async def pages_of(served: Served, held: Mandate) -> dict[str, str]:
    """All that the pages of somebody who acts tell, by page: what stands, what ends, who could look, the download."""
    home, policy, person = served.way.home, served.residents.policy, served.person
    portal = ActingWithin(served.residents, held.acting, held.resident, held.authority)
    args = (home.database, home.ledger, home.keys, served.way.consenting, policy, served.clock)
    lines = History(home.keys, served.residents.reader, served.residents.reviews, policy)
    rows = [
        row
        for part in parts_within(home.database, policy, lines, portal, held)
        async for row in part.rows(person, Words(NullTranslations()))
    ]
    return {
        "overview": repr((await portal.overview(person)).permitted),
        "history": repr(await portal.history(person, None)),
        "endings": repr(await replace(Renewing(*args), mandate=held).endings(person)),
        "could look": repr(await PolicyWithin(PolicyServices(served.way.parts), held).who_could_look(person)),
        "download": repr(rows),
    }


async def allowed_and_looked_at(served: Served) -> tuple[str, str]:
    """The person allows two things that end soon and is looked at; gives the ids of what is within and beyond."""
    within = await served.residents.allow(served.person, choice("tenancy", days=10))
    beyond = await served.residents.allow(
        served.person, choice("debts", days=10, organisation=ADVICE, purpose=DEBTS)
    )
    assert (await served.way.ask()).sections
    assert within.permitted is not None
    assert beyond.permitted is not None
    return within.permitted.id, beyond.permitted.id


async def keeps_to_the_scope(served: Served) -> None:
    within, beyond = await allowed_and_looked_at(served)
    told = await pages_of(served, mandate(served, "attorney", "tenancy"))
    terms = registers()
    foreign = {beyond, terms.organisations[ADVICE].title, terms.sections["debts"].title}
    for page, text in told.items():
        assert not any(one in text for one in foreign), page
    assert all(within in told[page] for page in ("overview", "endings", "could look", "download"))
    assert "sources=('" not in told["could look"], "by whom it is held tells where somebody lives"


async def test_no_page_of_a_representative_tells_what_is_beyond_their_scope(served: Served) -> None:
    await keeps_to_the_scope(served)


@pytest.mark.parametrize(
    ("where", "name", "instead"),
    [
        (Mandate, "sees", lambda _self, _permission: True),
        (PolicyWithin, "_shown", lambda _self, row: row.shown),
        (could_see, "_without_sources", lambda found: found),
    ],
    ids=["scope-of-decisions", "scope-of-who-could-look", "by-whom"],
)
async def test_without_each_of_these_cuts_some_page_tells_it(
    served: Served, monkeypatch: pytest.MonkeyPatch, where: object, name: str, instead: object
) -> None:
    monkeypatch.setattr(where, name, instead)
    with pytest.raises(AssertionError):
        await keeps_to_the_scope(served)


async def tells_no_parent(served: Served) -> None:
    within, _ = await allowed_and_looked_at(served)
    told = await pages_of(served, mandate(served, "parental-responsibility", "tenancy", "debts"))
    for page, text in told.items():
        assert within not in text, page
    assert "looked" not in told["history"]
    assert "allowed" not in told["history"]


async def test_what_a_child_decided_themselves_and_looks_by_it_never_appear_to_a_parent(
    served: Served,
) -> None:
    await tells_no_parent(served)


async def test_without_that_rule_a_parent_reads_it(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mandate, "childs_own", lambda _self, _given: False)
    with pytest.raises(AssertionError):
        await tells_no_parent(served)


async def test_an_adults_attorney_sees_what_the_person_decided_within_the_scope(served: Served) -> None:
    within, _ = await allowed_and_looked_at(served)
    told = await pages_of(served, mandate(served, "attorney", "tenancy"))
    assert within in told["overview"]
    assert "looked" in told["history"]


# Spoken decisions ----------------------------------------------------------------------------------------------------


async def a_late_yes_does_not_stand(at: Desk) -> None:
    assert (await at.post("/v1/consents", at.body("no", 60))).status == 202
    assert (await at.post("/v1/consents", at.body("yes", 120))).status == 202
    assert at.standing() == ()
    assert not (await at.way.ask()).sections


async def test_a_yes_said_before_a_no_never_stands_after_it_whatever_arrives_when(at: Desk) -> None:
    await a_late_yes_does_not_stand(at)


async def test_without_the_order_of_what_was_said_the_late_yes_stands(
    at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "counts", lambda _new, _before: True)
    with pytest.raises(AssertionError):
        await a_late_yes_does_not_stand(at)


# People without an NHS number ----------------------------------------------------------------------------------------


def known(way: Walk, *registrations: Registration) -> None:
    """Sources register somebody."""
    home = way.home
    for registration in registrations:
        person = home.locator.prepare(registration)
        work = partial(register, home.locator, home.ledger, person, registration, home.clock.now(), ())
        home.log.append(Append(work, changes=True))
        with home.database.write() as tx:
            home.locator.observe_label(tx, person, Label.UNRESTRICTED, home.clock.now(), registration.source)


async def looked(at: Desk, handle: str, who: str = "triager", purpose: str = "early-help-triage") -> View:
    return await view(at.parts, [who], Ask(handle, purpose, None, "to help"), "req_test")


async def test_somebody_without_a_number_decides_is_looked_at_and_stops_it_by_their_paper(at: Desk) -> None:
    known(at.way, Registration(COUNCIL, "HH-1", demographics=ROBIN))
    handle = at.way.home.handles.make(COUNTY, trace.by_demographics(ROBIN))
    assert not (await looked(at, handle)).sections
    told = await at.post("/v1/consents", at.body(person=handle))
    assert told.status == 202
    shown = await looked(at, handle)
    assert {one.source for one in shown.sections} == {COUNCIL}
    paper = told.document["paper"]
    assert isinstance(paper, dict)
    await at.codes().stop(str(paper["code"]))
    assert not (await looked(at, handle)).sections


async def test_an_organisation_asks_by_its_own_record_and_nobody_elses(at: Desk) -> None:
    known(at.way, Registration(COUNCIL, "HH-1", demographics=ROBIN))
    make = at.way.home.handles.make
    own = make(COUNCIL, trace.by_record(COUNCIL, "HH-1"))
    body = at.body(person=own, purpose="interact-home-health")
    told = await at.post("/v1/consents", body, "elsewhere")
    assert told.status == 202, told.document
    assert (await looked(at, own, "elsewhere", "interact-home-health")).sections
    foreign = make(COUNTY, trace.by_record(COUNTY, "HH-1"))
    await at.post("/v1/consents", at.body(person=foreign))
    assert not (await looked(at, foreign)).sections


# People who move home ------------------------------------------------------------------------------------------------


async def test_of_somebody_who_moves_label_and_permission_stay_and_a_yes_to_one_district_is_no_other_s(
    at: Desk,
) -> None:
    way, home = at.way, at.way.home
    terms = registers()
    city, district = "norwich-city-council", "broadland-district-council"
    grant = Grant(
        "duty-to-refer",
        city,
        {name: terms.sections[name].fields for name in ("contact", "identity")},
        frozenset(terms.organisations),
        None,
    )
    given = await way.consenting.give(way.person.key, grant, Given("portal", way.person.id))
    before = home.locator.by_id(way.person.id)
    assert before is not None

    def moves(tx: Connection) -> Written[None, object]:
        home.locator.revoke(tx, COUNCIL, f"record-at-{COUNCIL}")
        return Written(None, ())

    home.log.append(Append(moves, changes=True))  # type: ignore[arg-type] # no entries of its own
    way.home.person("9990000018", **{district: "B-1"})
    after = home.locator.by_id(way.person.id)
    assert after is not None
    assert set(after.pointers) == (set(before.pointers) - {COUNCIL}) | {district}
    assert (after.label, after.id) == (before.label, before.id)
    assert [one.id for one in home.ledger.standing(way.person.key).permissions] == [given.value.id]
    asking = replace(caller(district, "housing-officer"), client="broadland-app")
    jobcentre = FakeSource("jobcentre-norwich", {"contact": {"telephone": "01632 960001"}})
    way.home.person("9990000018", **{jobcentre.id: "J-1"})
    at.parts = replace(
        at.parts,
        verifier=FakeVerifier({**CALLERS, "district": asking}),
        sources={**at.parts.sources, jobcentre.id: jobcentre},
    )
    there = home.handles.make(district, trace.by_nhs_number("9990000018"))
    here = home.handles.make(city, trace.by_nhs_number("9990000018"))
    assert not (await looked(at, there, "district", "duty-to-refer")).sections
    assert (await looked(at, here, "housing", "duty-to-refer")).sections
    await way.consenting.give(
        way.person.key, replace(grant, recipient=district), Given("portal", way.person.id)
    )
    assert (await looked(at, there, "district", "duty-to-refer")).sections
