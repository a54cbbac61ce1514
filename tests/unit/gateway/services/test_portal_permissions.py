"""What a resident can allow, does allow and stops, as the portal's services tell and do it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from consent.permissions import ANY, Given, Permission
from consent.portal.ports import NotPossible, Overview
from core.vocabulary import Kind
from gateway.policy.register_values import Registers, Status
from gateway.signin.sessions import About
from tests.support.walk import CHARITY, COUNCIL, PRACTICE, registers
from tests.unit.gateway.services.served import COUNTY, PURPOSE, Served, choice, request

TITLES = {name: one.title for name, one in registers().organisations.items()}


def with_hidden(*names: str) -> Registers:
    organisations = {
        name: replace(one, hidden=one.hidden or name in names)
        for name, one in registers().organisations.items()
    }
    return replace(registers(), organisations=organisations)


async def test_what_was_allowed_stands_in_the_overview_in_words_and_nobody_has_looked_yet(
    served: Served,
) -> None:
    done = await served.residents.allow(served.person, choice("tenancy", "contact", days=7))
    assert done.what == "allowed"
    assert done.at == served.clock.now()
    overview = await served.residents.overview(served.person)
    (one,) = overview.permitted
    assert one == done.permitted
    assert one.organisation_name == TITLES[COUNTY]
    assert one.purpose_title == registers().purposes[PURPOSE].title
    assert one.purpose_words == registers().purposes[PURPOSE].plain_words
    assert one.kinds == tuple(sorted(registers().sections[name].title for name in ("tenancy", "contact")))
    assert one.sources == tuple(sorted(TITLES[name] for name in (CHARITY, COUNCIL, PRACTICE)))
    assert one.until == served.clock.now() + timedelta(days=7)
    assert one.last_looked is None


async def test_somebody_erased_meanwhile_is_told_so_and_allows_nothing(served: Served) -> None:
    with served.way.home.database.write() as tx:
        tx.execute(text("DELETE FROM person_state WHERE person = :p"), {"p": served.person})
    with pytest.raises(NotPossible) as refused:
        await served.residents.allow(served.person, choice("tenancy"))
    assert "erased" in refused.value.words


async def test_a_look_under_a_permission_shows_when_it_last_happened(served: Served) -> None:
    await served.residents.allow(served.person, choice("tenancy"))
    served.clock.advance(60)
    assert (await served.way.ask()).sections
    (one,) = (await served.residents.overview(served.person)).permitted
    assert one.last_looked == served.clock.now()


async def test_a_permission_whose_time_is_over_is_no_longer_told(served: Served) -> None:
    await served.residents.allow(served.person, choice(days=1))
    served.clock.advance(86_400)
    assert (await served.residents.overview(served.person)).permitted == ()


async def test_an_objection_stands_in_the_ledger_but_not_among_what_is_allowed(served: Served) -> None:
    now = served.clock.now()
    objection = Permission(
        id="c_objection",
        kind=Kind.OBJECTION,
        purposes=frozenset({PURPOSE}),
        sections={"tenancy": ANY},
        sources=ANY,
        recipients=frozenset({COUNTY}),
        from_=now,
        until=None,
        given=Given("portal", served.person),
    )
    with served.way.home.database.write() as tx:
        served.way.home.ledger.give(tx, served.way.person.key, objection, now)
    assert (await served.residents.overview(served.person)).permitted == ()


async def test_the_law_allows_what_no_agreement_in_force_asks_a_permission_for(served: Served) -> None:
    law = (await served.residents.overview(served.person)).law_allows
    told = {(name, one.purpose_title) for one in law for name in one.organisation_names}
    assert told == {
        (TITLES[terms.organisation], registers().purposes[purpose].title)
        for agreement in registers().agreements.values()
        if agreement.in_force(served.clock.now())
        and {agreement.rule(section).value for section in agreement.sections} != {"permission"}
        for terms in agreement.recipients
        for purpose in agreement.purposes
    }
    assert (TITLES[COUNCIL], registers().purposes["homelessness-prevention"].title) in told
    # Most of it needs a permission, some of it none: that part is told all the same.
    assert (TITLES["norfolk-mental-health-trust"], registers().purposes["assertive-outreach"].title) in told
    assert len({one.purpose_title for one in law}) == len(law)
    assert all(one.why for one in law)


async def test_whoever_does_not_agree_is_told_whom_to_tell(served: Served) -> None:
    one_of_them = registers().agreements["homelessness-prevention"]
    services = served.under(replace(registers(), agreements={one_of_them.id: one_of_them}))
    (law,) = (await services.overview(served.person)).law_allows
    assert (law.organisation_names, law.object_to) == ((TITLES[COUNCIL],), f"Tell {TITLES[COUNCIL]}.")
    of_several = (await served.residents.overview(served.person)).law_allows
    assert {one.object_to for one in of_several if len(one.organisation_names) > 1} == {
        "Tell the one that you do not agree with."
    }


async def test_only_agreements_in_force_make_offers(served: Served) -> None:
    offered = {(one.organisation, one.purpose) for one in await served.residents.offers(served.person)}
    expected = {
        (terms.organisation, purpose)
        for agreement in registers().agreements.values()
        if agreement.in_force(served.clock.now())
        and agreement.status is Status.ACTIVE
        and agreement.permission_rule.value == "permission"
        for terms in agreement.recipients
        for purpose in agreement.purposes
    }
    assert offered == expected
    assert (COUNTY, PURPOSE) in offered
    assert registers().agreements["food-fuel-help"].status is Status.SUSPENDED
    suspended = {terms.organisation for terms in registers().agreements["food-fuel-help"].recipients}
    assert not {(organisation, "food-fuel-help") for organisation in suspended} & offered
    assert ("steadfast-support", "low-level-support") not in offered


async def test_an_offer_holds_the_agreements_fields_and_no_others(served: Served) -> None:
    offers = await served.residents.offers(served.person)
    (offer,) = (one for one in offers if (one.organisation, one.purpose) == (COUNTY, PURPOSE))
    kinds = {kind.section: kind for kind in offer.kinds}
    assert set(kinds) == set(registers().agreements[PURPOSE].sections)
    debts = registers().sections["debts"].titles
    assert kinds["debts"].fields == (debts["arrears_band"],)
    assert kinds["debts"].sources == (TITLES[COUNCIL],)
    assert kinds["contact"].sources == tuple(sorted(TITLES[name] for name in (CHARITY, COUNCIL, PRACTICE)))
    assert offer.longest_days == registers().purposes[PURPOSE].maximum_days


async def test_a_hidden_source_is_neither_named_in_an_offer_nor_asked_under_it(served: Served) -> None:
    services = served.under(with_hidden(CHARITY))
    offers = await services.offers(served.person)
    (offer,) = (one for one in offers if (one.organisation, one.purpose) == (COUNTY, PURPOSE))
    assert TITLES[CHARITY] not in {name for kind in offer.kinds for name in kind.sources}
    assert "involved-services" not in {kind.section for kind in offer.kinds}
    with pytest.raises(NotPossible):
        await services.allow(served.person, choice("involved-services"))
    done = await services.allow(served.person, choice("contact"))
    assert done.permitted is not None
    assert done.permitted.sources == tuple(sorted(TITLES[name] for name in (COUNCIL, PRACTICE)))
    (standing,) = served.way.home.ledger.standing(served.way.person.key).permissions
    assert standing.sources == {COUNCIL, PRACTICE}


async def test_an_offer_whose_sources_are_all_hidden_holds_nothing_to_allow(served: Served) -> None:
    offers = await served.under(with_hidden(*registers().organisations)).offers(served.person)
    assert offers
    assert all(offer.kinds == () for offer in offers)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (choice(days=91), "You can allow this for 90 days at most."),
        (choice(days=0), "Choose what they can see, and for how long."),
        (choice(days=-1), "Choose what they can see, and for how long."),
        (replace(choice(), sections=frozenset()), "Choose what they can see, and for how long."),
        (choice("health-summary"), "That can no longer be allowed. Look at the list again."),
        (choice("tenancy", "no-such-section"), "That can no longer be allowed. Look at the list again."),
        (choice(purpose="safeguarding-enquiry"), "That can no longer be allowed. Look at the list again."),
        (choice(purpose="food-fuel-help"), "That can no longer be allowed. Look at the list again."),
        (
            choice(organisation="no-such-organisation"),
            "That can no longer be allowed. Look at the list again.",
        ),
    ],
)
async def test_what_the_offer_does_not_hold_is_refused_in_words_and_writes_nothing(
    served: Served, chosen: object, words: str
) -> None:
    before = served.way.home.log.store.head()
    with pytest.raises(NotPossible) as refused:
        await served.residents.allow(served.person, chosen)  # type: ignore[arg-type] # made by `choice` above
    assert refused.value.words == words
    assert served.way.home.log.store.head() == before
    assert served.way.home.ledger.standing(served.way.person.key).permissions == ()


async def test_a_purpose_without_a_longest_time_can_be_allowed_for_years(served: Served) -> None:
    uncapped = replace(registers().purposes[PURPOSE], maximum_days=None)
    purposes = {**registers().purposes, PURPOSE: uncapped}
    services = served.under(replace(registers(), purposes=purposes))
    done = await services.allow(served.person, choice(days=1_000))
    assert done.permitted is not None
    assert done.permitted.until == served.clock.now() + timedelta(days=1_000)


async def test_the_longest_time_itself_can_be_chosen(served: Served) -> None:
    done = await served.residents.allow(served.person, choice(days=90))
    assert done.permitted is not None
    assert done.permitted.until == served.clock.now() + timedelta(days=90)


async def test_what_was_stopped_is_gone_at_once_and_cannot_be_stopped_twice(served: Served) -> None:
    allowed = await served.residents.allow(served.person, choice("tenancy"))
    assert allowed.permitted is not None
    assert (await served.way.ask()).sections
    stopped = await served.residents.stop(served.person, allowed.permitted.id)
    assert stopped.what == "stopped"
    assert stopped.permitted is not None
    assert stopped.permitted.id == allowed.permitted.id
    assert (await served.residents.overview(served.person)).permitted == ()
    assert not (await served.way.ask()).sections
    with pytest.raises(NotPossible, match="not possible") as refused:
        await served.residents.stop(served.person, allowed.permitted.id)
    assert refused.value.words == "That was stopped already, or it has ended. Nobody looks under it."


async def test_nobody_stops_or_reads_what_another_person_allowed(served: Served) -> None:
    other = served.way.home.person("9990000026").id
    done = await served.residents.allow(served.person, choice())
    assert done.permitted is not None
    with pytest.raises(NotPossible):
        await served.residents.stop(other, done.permitted.id)
    assert await served.residents.done(other, done.reference) is None
    assert (await served.residents.overview(other)).permitted == ()
    assert len((await served.residents.overview(served.person)).permitted) == 1


async def test_a_confirmation_is_found_again_under_its_reference(served: Served) -> None:
    allowed = await served.residents.allow(served.person, choice("tenancy"))
    assert allowed.permitted is not None
    stopped = await served.residents.stop(served.person, allowed.permitted.id)
    again = await served.residents.done(served.person, allowed.reference)
    assert again is not None
    # The receipt is a fresh one, under the log's last checkpoint; all else is what was answered.
    assert replace(again, receipt=allowed.receipt) == allowed
    assert await served.residents.done(served.person, stopped.reference) == stopped


@pytest.mark.parametrize("reference", ["", "OT-", "OT-x", "OT-²", "OT--1", "4", "OT-999", "OT-" + "9" * 30])
async def test_a_reference_that_was_never_given_finds_nothing(served: Served, reference: str) -> None:
    await served.residents.allow(served.person, choice())
    assert await served.residents.done(served.person, reference) is None


async def test_a_look_has_no_confirmation(served: Served) -> None:
    await served.residents.allow(served.person, choice("tenancy"))
    look = await served.way.ask()
    assert await served.residents.done(served.person, f"OT-{look.receipt.index}") is None


async def test_a_confirmation_that_was_tampered_with_is_not_shown(served: Served) -> None:
    done = await served.residents.allow(served.person, choice())
    index = int(done.reference.removeprefix("OT-"))
    served.tamper(
        'UPDATE log_entry_detail SET sealed = :sealed WHERE "index" = :index', sealed=b"x" * 60, index=index
    )
    assert await served.residents.done(served.person, done.reference) is None


async def test_nothing_is_left_of_a_person_whose_key_was_erased(served: Served) -> None:
    done = await served.residents.allow(served.person, choice("tenancy"))
    await served.way.ask()
    served.erase()
    law = (await served.residents.overview(served.person)).law_allows
    assert law
    assert await served.residents.overview(served.person) == Overview((), law)
    assert await served.residents.history(served.person, None) == ()
    assert await served.residents.proof(served.person, 2) is None
    assert await served.residents.done(served.person, done.reference) is None
    assert done.permitted is not None
    for refused in (
        served.residents.allow(served.person, choice()),
        served.residents.stop(served.person, done.permitted.id),
    ):
        with pytest.raises(NotPossible) as problem:
            await refused
        assert problem.value.words == "There is nothing of yours here any more."


async def test_whoever_is_signed_in_by_the_portals_door_is_a_resident_until_the_session_ends(
    served: Served,
) -> None:
    about = About("Ada Example", None, None, "P9")
    cookie = await served.sessions.open("portal", served.person, about, None)
    resident = await served.residents.signed_in(request(cookie))
    assert resident is not None
    assert (resident.person, resident.name, resident.assurance) == (served.person, "Ada Example", "P9")
    assert served.residents.csrf_ok(request(cookie), resident.csrf)
    assert not served.residents.csrf_ok(request(cookie), resident.csrf[:-1])
    assert not served.residents.csrf_ok(request(), resident.csrf)
    assert await served.officers.signed_in(request(cookie)) is None
    assert served.residents.sign_out_url(request(cookie)) == "/signin/out"
    served.clock.advance(15 * 60)
    assert await served.residents.signed_in(request(cookie)) is None
    assert (
        served.residents.sign_in_url(request(path="/portal/history"))
        == "/signin/portal?return=%2Fportal%2Fhistory"
    )


async def test_a_permission_names_only_the_sources_that_share_what_was_chosen(served: Served) -> None:
    done = await served.residents.allow(served.person, choice("my-story"))
    assert done.permitted is not None
    assert done.permitted.sources == ("What you told us yourself",)
    done = await served.residents.allow(served.person, choice("tenancy"))
    assert done.permitted is not None
    assert done.permitted.sources == (TITLES[COUNCIL],)
