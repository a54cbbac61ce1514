"""Receipts of decisions, made from the log: what they say, that they prove it, and who gets them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from consent.permissions import Given
from consent.receipts import jws
from consent.receipts.verifying import verify
from core.vocabulary import Kind as PermissionKind
from gateway.consenting import Refusal
from gateway.receipt_checking import check_log
from gateway.services.consent_receipts import place_of
from tests.support.walk import registers
from tests.unit.gateway.services.receipting import keys_of, receipts_of, saying_residents
from tests.unit.gateway.services.served import COUNTY, ORIGIN, PURPOSE, Served, choice

TITLE = registers().organisations[COUNTY].title
WORDS = registers().purposes[PURPOSE]


async def test_allowing_gives_a_receipt_that_says_what_was_allowed_and_proves_it(served: Served) -> None:
    done = await saying_residents(served).allow(served.person, choice("tenancy", "contact", days=7))
    receipts = receipts_of(served)
    issued = await receipts.receipt(served.person, done.reference)
    assert issued is not None
    paper = issued.paper
    assert (paper.what, paper.reference, paper.at) == ("allowed", done.reference, served.clock.now())
    assert (paper.organisations, paper.purposes) == ((TITLE,), (WORDS.title,))
    assert paper.words == (WORDS.plain_words, WORDS.legal_text)
    assert done.permitted is not None
    assert set(paper.kinds) == set(done.permitted.kinds)
    assert set(paper.sources) == set(done.permitted.sources)
    assert (paper.how, paper.capacity, paper.issuer) == ("portal", "self", ORIGIN)
    assert paper.until == done.permitted.until
    receipt = verify(issued.token, keys_of().public, ORIGIN)
    check_log(receipt, [served.way.home.verifier_key])


async def test_nothing_in_a_receipt_tells_who_it_is_about_and_two_organisations_see_two_people(
    served: Served,
) -> None:
    residents, receipts = saying_residents(served), receipts_of(served)
    offers = await residents.offers(served.person)
    other = next(one for one in offers if one.organisation != COUNTY)
    texts, subjects = [], set()
    for wanted in (
        choice("tenancy"),
        choice(other.kinds[0].section, organisation=other.organisation, purpose=other.purpose, days=1),
    ):
        done = await residents.allow(served.person, wanted)
        issued = await receipts.receipt(served.person, done.reference)
        assert issued is not None
        payload = verify(issued.token, keys_of().public).payload
        texts.append(json.dumps(payload))
        subjects.add(payload["sub"])
    assert not [text for text in texts if served.person in text or "999" in text.partition('"log"')[0]]
    assert len(subjects) == 2


async def test_stopping_gives_a_receipt_too_and_both_stand_in_the_list(served: Served) -> None:
    residents, receipts = saying_residents(served), receipts_of(served)
    allowed = await residents.allow(served.person, choice())
    assert allowed.permitted is not None
    served.clock.advance(60)
    stopped = await residents.stop(served.person, allowed.permitted.id)
    issued = await receipts.receipt(served.person, stopped.reference)
    assert issued is not None
    assert issued.paper.what == "stopped"
    lines = await receipts.receipts(served.person, None)
    assert [(line.reference, line.what) for line in lines] == [
        (stopped.reference, "stopped"),
        (allowed.reference, "allowed"),
    ]
    assert {(line.organisation_name, line.purpose_title) for line in lines} == {(TITLE, WORDS.title)}
    assert [line.index for line in await receipts.receipts(served.person, lines[0].index)] == [lines[1].index]
    assert await receipts.receipts(served.person, 2**60) == lines


async def test_a_no_and_its_end_have_receipts_of_their_own(served: Served) -> None:
    consenting, receipts = saying_residents(served).consenting, receipts_of(served)
    by = Given("representative", "p_somebody-else", "attorney")
    no = Refusal(frozenset({PURPOSE}), frozenset({COUNTY}), {"*": frozenset({"*"})})
    key = served.way.person.key
    said = await consenting.object(key, no, by)
    back = await consenting.take_back(key, said.value.id, by)
    for committed, what in ((said, "refused"), (back, "unrefused")):
        issued = await receipts.receipt(served.person, f"OT-{committed.receipts[-1].index}")
        assert issued is not None
        assert (issued.paper.what, issued.paper.capacity) == (what, "attorney")
        assert "p_somebody-else" not in json.dumps(verify(issued.token, keys_of().public).payload)
    assert [line.what for line in await receipts.receipts(served.person, None)] == ["unrefused", "refused"]


async def test_a_silent_no_is_listed_without_a_name_it_does_not_have(served: Served) -> None:
    consenting = saying_residents(served).consenting
    no = Refusal(
        frozenset({PURPOSE}), frozenset({COUNTY}), {"*": frozenset({"*"})}, kind=PermissionKind.DISSENT
    )
    await consenting.object(served.way.person.key, no, Given("portal", served.person))
    (line,) = await receipts_of(served).receipts(served.person, None)
    assert (line.what, line.organisation_name) == ("refused", "")


async def test_a_receipt_made_again_is_the_same_but_for_its_proof(served: Served) -> None:
    residents, receipts = saying_residents(served), receipts_of(served)
    done = await residents.allow(served.person, choice())
    first = await receipts.receipt(served.person, done.reference)
    await residents.allow(served.person, choice("contact"))
    served.clock.advance(3600)
    second = await receipts.receipt(served.person, done.reference)
    assert first is not None
    assert second is not None
    one, two = (dict(verify(each.token, keys_of().public).payload) for each in (first, second))
    proofs = [json.loads(json.dumps(each.pop("log")))["proof"] for each in (one, two)]
    assert one == two
    assert proofs[0] != proofs[1]


async def test_the_words_are_those_of_the_day_whatever_the_register_says_later(served: Served) -> None:
    done = await saying_residents(served).allow(served.person, choice())
    later = {
        **registers().purposes,
        PURPOSE: replace(WORDS, title="Another title", legal_text="Another law."),
    }
    under = served.under(replace(registers(), purposes=later))
    issued = await replace(receipts_of(served), policy=under.policy).receipt(served.person, done.reference)
    assert issued is not None
    assert issued.paper.purposes == (WORDS.title,)
    assert WORDS.legal_text in issued.paper.words


async def test_a_decision_of_before_words_were_kept_still_has_a_receipt(served: Served) -> None:
    done = await served.residents.allow(served.person, choice())
    issued = await receipts_of(served).receipt(served.person, done.reference)
    assert issued is not None
    assert (issued.paper.words, issued.paper.organisations) == ((), (COUNTY,))


async def test_nobody_gets_anothers_receipt_nor_one_of_what_is_no_decision(served: Served) -> None:
    residents, receipts = saying_residents(served), receipts_of(served)
    done = await residents.allow(served.person, choice())
    look = (await served.way.ask()).receipt.index
    other = served.way.home.person("9990000115")
    assert await receipts.receipt(other.id, done.reference) is None
    assert await receipts.receipts(other.id, None) == ()
    for reference in (f"OT-{look}", "OT-999999", "OT-", "OT-x", "41017", "OT-" + "9" * 18, "OT-\u0661"):
        assert await receipts.receipt(served.person, reference) is None, reference
    assert place_of("OT-7") == 7


async def test_an_entry_that_was_changed_or_is_of_another_shape_has_no_receipt(served: Served) -> None:
    done = await saying_residents(served).allow(served.person, choice())
    served.tamper("UPDATE log_entry_detail SET sealed = :x WHERE kind = 'consent'", x=b"x" * 80)
    assert await receipts_of(served).receipt(served.person, done.reference) is None


async def test_after_an_erasure_none_is_made_and_those_given_out_still_verify(served: Served) -> None:
    receipts = receipts_of(served)
    done = await saying_residents(served).allow(served.person, choice())
    issued = await receipts.receipt(served.person, done.reference)
    assert issued is not None
    served.erase()
    assert await receipts.receipt(served.person, done.reference) is None
    assert await receipts.receipts(served.person, None) == ()
    assert (await receipts.check(issued.token, "")).holds


async def test_anybody_checks_either_kind_and_is_told_what_it_proves(served: Served) -> None:
    receipts = receipts_of(served)
    done = await saying_residents(served).allow(served.person, choice())
    issued = await receipts.receipt(served.person, done.reference)
    assert issued is not None
    for text in (issued.token, issued.armoured, f"printed\n{issued.armoured}"):
        found = await receipts.check(text, "")
        assert (found.holds, found.at, found.paper) == (True, done.at, issued.paper)
    proof = await served.residents.proof(served.person, int(done.reference[3:]))
    assert proof is not None
    of_log = await receipts.check(proof.receipt_text, proof.leaf_b64)
    assert (of_log.holds, of_log.paper) == (True, None)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda token: token[:-8] + "AAAAAAAA", "it was changed"),
        (lambda token: "x" + token, "part of it is missing"),
        (lambda token: token[:-6], "changed"),
        (lambda _: "", "not a true receipt"),
        (lambda _: "A" * 100_000, "longer than any receipt"),
    ],
)
async def test_what_does_not_hold_is_told_in_words_and_never_raised(
    served: Served,
    make: object,
    words: str,
) -> None:
    assert callable(make)
    done = await saying_residents(served).allow(served.person, choice())
    issued = await receipts_of(served).receipt(served.person, done.reference)
    assert issued is not None
    found = await receipts_of(served).check(make(issued.token), "")
    assert not found.holds
    assert words in found.words
    assert found.paper is None


async def test_a_receipt_of_another_service_key_or_log_is_not_ours(served: Served) -> None:
    done = await saying_residents(served).allow(served.person, choice())
    receipts = receipts_of(served)
    issued = await receipts.receipt(served.person, done.reference)
    assert issued is not None
    elsewhere = await replace(receipts, public_url="https://other.test").check(issued.token, "")
    assert "another service" in elsewhere.words
    stranger = await receipts_of(served, keys_of(bytes(32))).check(issued.token, "")
    assert "not signed by this service" in stranger.words


async def test_a_signed_receipt_whose_line_is_of_another_place_or_no_line_does_not_hold(
    served: Served,
) -> None:
    residents, receipts = saying_residents(served), receipts_of(served)
    references = [(await residents.allow(served.person, choice())).reference for _ in range(2)]
    payloads = []
    for reference in references:
        issued = await receipts.receipt(served.person, reference)
        assert issued is not None
        payloads.append(dict(verify(issued.token, keys_of().public).payload))
    log = json.loads(json.dumps(payloads[1]["log"]))
    for swapped in ({**log, "index": 0}, log | {"leaf": "?"}, {**log, "leaf": "AAAA"}, {**log, "proof": "x"}):
        token = jws.sign({**payloads[0], "log": swapped}, keys_of().signer)
        found = await receipts.check(token, "")
        assert (found.holds, found.words) == (
            False,
            "The receipt is signed, but its line does not stand in our log.",
        )
