"""Revealing whose record a look was about: the officer's own organisation's number of it, once, and nothing more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.console.ports import NotDecided
from audit.console.revealing_ports import Because, Revealed
from audit.entries import Kind
from audit.reader import Query
from core.keys import MissingKeyError
from gateway.services.revealing import KIND, OUTCOME
from tests.support.walk import STRANGER_NUMBER
from tests.unit.gateway.services.asking import a_look, asked_pages, newest
from tests.unit.gateway.services.looking import (
    COUNCIL,
    COUNTY,
    HOSPITAL,
    LOOKED,
    decide,
    enquiry,
    history,
    officer,
)
from tests.unit.gateway.services.served import Served, choice

WHY = "The data protection officer asked."


async def reveal(
    served: Served, look: int, organisation: str, name: str = "officer-1", because: Because = "check"
) -> Revealed:
    return await asked_pages(served).reveals().reveal(officer(organisation, name), look, because, WHY)


async def test_an_officer_is_shown_the_number_of_their_own_record_and_the_log_says_why(
    served: Served,
) -> None:
    look = await a_look(served)
    shown = await reveal(served, look, COUNCIL)
    assert shown.reference == f"record-at-{COUNCIL}"
    entry, said = newest(served, COUNCIL, OUTCOME)
    assert (entry.kind, entry.index, entry.recipient) == (Kind.AUDIT_READ.value, shown.index, COUNCIL)
    assert entry.tag == served.way.person.key.tag
    assert {name: said[name] for name in ("officer", "entry", "because", "words", "found")} == {
        "officer": "officer-1",
        "entry": look,
        "because": "check",
        "words": WHY,
        "found": True,
    }
    assert f"record-at-{COUNCIL}" not in str(said), "the number itself is written down nowhere"
    assert served.officers.reader.search(Query(COUNTY, outcome=OUTCOME)) == ()


async def test_whoever_looked_without_holding_a_record_is_told_so_plainly(served: Served) -> None:
    look = await a_look(served)
    shown = await reveal(served, look, COUNTY)
    assert shown.reference is None
    assert newest(served, COUNTY, OUTCOME)[1]["found"] is False


async def test_the_person_reads_that_their_record_was_looked_up_and_why(served: Served) -> None:
    look = await a_look(served)
    shown = await reveal(served, look, COUNCIL, because="incident")
    line = next(one for one in await history(served) if one.index == shown.index)
    assert line.about is not None
    assert (line.what, line.about.said, line.about.index) == ("checked", "revealed", look)
    assert line.because == "To find out if somebody looked who should not have"
    assert shown.held is False
    assert await served.residents.proof(served.person, shown.index) is not None


async def test_of_a_look_that_is_held_back_the_reveal_is_held_back_as_long(served: Served) -> None:
    look = (await enquiry(served)).receipt.index
    shown = await reveal(served, look, COUNTY)
    assert shown.held is True
    assert shown.index not in {one.index for one in await history(served)}
    assert await served.residents.proof(served.person, shown.index) is None
    await decide(served, officer(COUNTY), "hold-back", look, "tell")
    assert shown.index in {one.index for one in await history(served)}


async def test_nobody_reveals_about_their_own_look(served: Served) -> None:
    look = await a_look(served)
    reveals = asked_pages(served).reveals()
    found = await reveals.revealing(officer(COUNTY, LOOKED), look)
    assert found is not None
    assert "You looked yourself" in found.barred
    with pytest.raises(NotDecided) as caught:
        await reveal(served, look, COUNTY, LOOKED)
    assert caught.value.words == found.barred
    assert served.officers.reader.search(Query(COUNTY, outcome=OUTCOME)) == ()
    other = await reveals.revealing(officer(COUNTY), look)
    assert other is not None
    assert (other.barred, bool(other.code)) == ("", True)


async def test_what_does_not_concern_them_or_is_no_look_is_revealed_to_nobody(served: Served) -> None:
    look = await a_look(served)
    own = await served.residents.allow(served.person, choice())
    decision = int(own.reference.removeprefix("OT-"))
    reveals = asked_pages(served).reveals()
    for index, organisation in (
        (look, HOSPITAL),
        (decision, COUNTY),
        (10_000, COUNTY),
        (2**60, COUNTY),
    ):
        assert await reveals.revealing(officer(organisation), index) is None
        with pytest.raises(NotDecided):
            await reveal(served, index, organisation)


async def test_somebody_unknown_and_somebody_without_a_record_here_look_alike(served: Served) -> None:
    """An attempt that showed nothing must not tell by this door whether there is such a person."""
    known = (await served.way.ask("adviser", "income-debt-advice")).receipt.index
    unknown = (
        await served.way.ask("adviser", "income-debt-advice", nhs_number=STRANGER_NUMBER)
    ).receipt.index
    with served.way.home.database.write() as tx:
        person = served.way.person
        served.way.home.locator._write(
            tx,
            replace(
                person,
                pointers={name: one for name, one in person.pointers.items() if name != "harbour-charity"},
            ),
            is_new=False,
        )
    shown = [await reveal(served, look, "harbour-charity") for look in (known, unknown)]
    assert [one.reference for one in shown] == [None, None]
    entries = served.officers.reader.search(Query("harbour-charity", outcome=OUTCOME))
    details = [set(served.officers.reader.open(one).detail["detail"]) for one in entries]  # type: ignore[union-attr,arg-type] # they open
    assert details[0] == details[1]
    assert len({(one.kind, one.outcome, one.role, one.purpose) for one in entries}) == 1


async def test_of_somebody_erased_nothing_is_revealed(served: Served) -> None:
    look = await a_look(served)
    served.erase()
    with pytest.raises(MissingKeyError):
        served.way.home.keys.get(served.person)
    found = await asked_pages(served).reveals().revealing(officer(COUNCIL), look)
    assert found is not None
    assert "Nobody can see any more" in found.barred
    with pytest.raises(NotDecided):
        await reveal(served, look, COUNCIL)


async def test_when_the_key_goes_in_that_moment_nothing_is_shown_and_it_is_still_told(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = await a_look(served)
    reveals = asked_pages(served).reveals()
    seen = reveals._look(officer(COUNCIL), look)
    served.erase()
    monkeypatch.setattr(type(reveals), "_look", lambda *_: seen)
    shown = await reveals.reveal(officer(COUNCIL), look, "check", WHY)
    assert shown.reference is None
    assert newest(served, COUNCIL, OUTCOME)[0].index == shown.index


async def test_each_reveal_is_an_entry_of_its_own_beside_the_look(served: Served) -> None:
    look = await a_look(served)
    first, second = await reveal(served, look, COUNCIL), await reveal(served, look, COUNCIL)
    decided = served.officers.reviews.decided_about(look)
    assert [(one.index, one.kind) for one in decided] == [(first.index, KIND), (second.index, KIND)]
    item = await served.officers.item(officer(COUNCIL), second.index)
    assert item is not None
    assert (item.about, item.words, item.decision) == (look, WHY, "Own record of the person shown")
