"""What officers do about an alert, and what an erasure and a list of staff do to it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from audit.alerts.facts import Rule
from audit.console.alerts_ports import AlertAnswer
from audit.console.ports import NotDecided
from audit.reader import Query
from core.sections import policies_folder
from gateway.alerting.answering import Answering
from gateway.alerting.staff import OUTCOME, Member, StaffList, StaffListError, read_members
from gateway.erasing import Erasing, WaitingError
from gateway.retention import load_retention
from gateway.reviews.deciding import NotADecisionError
from tests.support.walk import NHS_NUMBER, STRANGER_NUMBER
from tests.unit.gateway.services.alerting import DAY, desk, look, noticing, waiting, works_for
from tests.unit.gateway.services.looking import HOSPITAL, history, officer
from tests.unit.gateway.services.served import CITY, COUNTY, Served, choice
from tests.unit.gateway.services.test_alerts import did, go_through, working_days


async def asked(served: Served) -> int:
    """A look of a practitioner at their own record."""
    works_for(served, COUNTY, "a.practitioner")
    await served.residents.allow(served.person, choice("tenancy"))
    return (await look(served, noticing(served))).receipt.index


async def answer(
    served: Served, index: int, given: AlertAnswer, who: str = "officer-1", words: str = "I asked them"
) -> None:
    await desk(served).answer(officer(COUNTY, who), Rule.OWN_RECORD, index, given, words)


async def test_an_alert_is_opened_with_its_look_and_its_clock(served: Served) -> None:
    index = await asked(served)
    case = await desk(served).case(officer(COUNTY), Rule.OWN_RECORD, index)
    assert case is not None
    assert case.task is not None
    assert (case.item.row.index, case.task.left, case.barred, case.numbers) == (index, 7 * 24, "", {})
    assert case.account == "a.practitioner"
    counted = await desk(served).waiting(officer(COUNTY))
    assert (counted.open, counted.overdue) == (1, 0)
    served.clock.advance(8 * DAY)
    counted = await desk(served).waiting(officer(COUNTY))
    assert (counted.open, counted.overdue) == (1, 1)


@pytest.mark.parametrize("given", ["explained", "unclear"])
async def test_what_was_explained_stays_between_the_organisation_and_its_practitioner(
    served: Served, given: AlertAnswer
) -> None:
    index = await asked(served)
    before = len(await history(served))
    await answer(served, index, given)
    case = await desk(served).case(officer(COUNTY), Rule.OWN_RECORD, index)
    assert case is not None
    assert case.task is None
    assert case.answered is not None
    assert case.answered.answer == given
    assert case.answered.index is not None
    assert len(await history(served)) == before
    entry = served.officers.reader.entry(case.answered.index)
    assert entry is not None
    assert entry.outcome == f"alert-{given}"
    assert not served.officers.reader.concerns(entry.index, CITY)
    opening = served.officers.reader.open(entry)
    assert opening is not None
    assert "person" not in repr(opening.detail)
    item = await served.officers.item(officer(COUNTY), entry.index)
    assert item is not None
    assert (item.about, item.words) == (index, "I asked them")


async def test_misuse_stands_in_the_persons_history_and_is_told_to_whose_records_were_shown(
    served: Served,
) -> None:
    index = await asked(served)
    await answer(served, index, "misuse", words="There was no reason")
    newest = (await history(served))[0]
    assert newest.about is not None
    assert (newest.what, newest.about.index, newest.about.said) == ("checked", index, "wrong")
    assert served.officers.reader.concerns(newest.index, CITY)
    queue = await desk(served).queue(officer(COUNTY))
    (one,) = queue.measured
    assert (one.rule, one.misuse, one.explained, one.unclear, one.open, one.answered) == (
        Rule.OWN_RECORD,
        1,
        0,
        0,
        0,
        1,
    )
    # What was misuse is asked again at once.
    again = (await look(served, noticing(served))).receipt.index
    assert await waiting(served) == [(Rule.OWN_RECORD, again)]


async def test_nobody_answers_for_their_own_look_or_twice_or_without_words(served: Served) -> None:
    index = await asked(served)
    case = await desk(served).case(officer(COUNTY, "a.practitioner"), Rule.OWN_RECORD, index)
    assert case is not None
    assert "You looked yourself" in case.barred
    with pytest.raises(NotDecided) as own:
        await answer(served, index, "explained", who="a.practitioner")
    assert "You looked yourself" in own.value.words
    with pytest.raises(NotDecided) as mute:
        await answer(served, index, "explained", words=" ")
    assert "like that" in mute.value.words
    await answer(served, index, "explained")
    size = (await served.officers.log_state()).size
    with pytest.raises(NotDecided) as late:
        await answer(served, index, "misuse")
    assert "in the meantime" in late.value.words
    assert (await served.officers.log_state()).size == size


async def test_of_two_officers_at_once_one_is_too_late(served: Served) -> None:
    index = await asked(served)
    found = desk(served)
    seen = found.alerts.one(index, Rule.OWN_RECORD, COUNTY)
    assert seen is not None
    entry = served.officers.reader.entry(index)
    assert entry is not None
    known = found._asked_about(entry)
    assert known is not None
    answering = Answering(served.officers.committer, served.officers.keys, served.clock)
    await answering.answer("officer-1", seen, known, "alert-explained", "words")
    with pytest.raises(Exception, match="quicker"):
        await answering.answer("officer-2", seen, known, "alert-misuse", "words")
    with pytest.raises(NotADecisionError):
        await answering.answer("officer-2", seen, known, "review-right", "words")


async def test_another_organisations_alert_is_refused_and_written_down(served: Served) -> None:
    index = await asked(served)
    for organisation, rule, place in (
        (CITY, Rule.OWN_RECORD, index),
        (HOSPITAL, Rule.OWN_RECORD, index),
        (COUNTY, Rule.VOLUME, index),
        (COUNTY, Rule.OWN_RECORD, 2**53),
    ):
        assert await desk(served).case(officer(organisation), rule, place) is None
        newest = served.officers.reader.search(Query(organisation, kind="audit-read"))[0]
        assert newest.outcome == "refused"
    with pytest.raises(NotDecided):
        await desk(served).answer(officer(CITY), Rule.OWN_RECORD, index, "explained", "words")
    assert await waiting(served) == [(Rule.OWN_RECORD, index)]


async def test_each_look_at_the_queue_is_written_down(served: Served) -> None:
    await desk(served).queue(officer(COUNTY))
    (entry,) = served.officers.reader.search(Query(COUNTY, kind="audit-read"))
    assert entry.outcome == "searched"
    queue = await desk(served).queue(officer(COUNTY))
    assert queue.tasks == ()
    assert queue.measured == ()
    assert queue.gone_through is not None


async def test_an_alert_about_whoever_was_erased_cannot_be_answered_here(served: Served) -> None:
    index = await asked(served)
    served.erase()
    case = await desk(served).case(officer(COUNTY), Rule.OWN_RECORD, index)
    assert case is not None
    assert "log's keeper" in case.barred
    with pytest.raises(NotDecided):
        await answer(served, index, "explained")


async def test_numbers_that_do_not_open_leave_the_rules_own_sentence(served: Served) -> None:
    working_days(served, 6)
    did(served, 14)
    served.clock.advance(DAY)
    go_through(served)
    served.tamper("UPDATE alert SET numbers = :numbers", numbers=b"something else, long enough to be one")
    (task,) = await desk(served).tasks(officer(COUNTY))
    assert task.numbers == {}


async def test_an_erasure_waits_for_an_open_alert_and_for_misuse_that_was_found(served: Served) -> None:
    index = await asked(served)
    erasing = eraser(served)
    with pytest.raises(WaitingError, match="is open") as waits:
        erasing.erase_person(NHS_NUMBER, "asked by the person")
    assert waits.value.until == (served.clock.now() + timedelta(days=8)).date()
    await answer(served, index, "misuse")
    with pytest.raises(WaitingError, match="kept as evidence"):
        erasing.erase_person(NHS_NUMBER, "asked by the person")


async def test_once_it_is_explained_the_person_can_be_erased_and_no_alert_leads_back(served: Served) -> None:
    index = await asked(served)
    await answer(served, index, "explained")
    eraser(served).erase_person(NHS_NUMBER, "asked by the person")
    with served.way.home.database.read() as tx:
        assert tx.execute(text("SELECT about FROM alert")).scalar_one() is None


def eraser(served: Served) -> Erasing:
    home = served.way.home
    return Erasing(
        home.log,
        home.database,
        home.keys,
        home.locator,
        home.handles,
        load_retention(policies_folder()),
        served.clock,
    )


def staff_list(served: Served) -> StaffList:
    home = served.way.home
    return StaffList(home.log, home.keys, home.locator, home.handles, served.clock)


async def test_a_list_of_staff_marks_whom_a_source_knows_and_keeps_nothing_of_the_others(
    served: Served,
) -> None:
    members = [
        Member(served.way.handle("triager"), "https://issuer.test", "a.practitioner"),
        Member(served.way.handle("triager", STRANGER_NUMBER), "https://issuer.test", "a.stranger"),
        Member("no handle", "https://issuer.test", "nobody"),
        Member(served.way.handle("nurse"), "https://issuer.test", "of.another.organisation"),
    ]
    with served.way.home.database.read() as tx:
        before = tx.execute(text("SELECT count(*) FROM person")).scalar_one()
    assert staff_list(served).take_in(COUNTY, members) == 4
    with served.way.home.database.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM person")).scalar_one() == before
    person = served.way.home.locator.by_nhs_number(NHS_NUMBER)
    assert person is not None
    assert [len(accounts) for accounts in person.staff.values()] == [1]
    newest = served.officers.reader.search(Query(COUNTY))[0]
    assert newest.outcome == OUTCOME
    await served.residents.allow(served.person, choice("tenancy"))
    index = (await look(served, noticing(served))).receipt.index
    assert await waiting(served) == [(Rule.OWN_RECORD, index)]


def test_a_list_is_read_line_by_line_and_says_where_it_is_wrong() -> None:
    lines = [
        '{"person": "h1.abc", "practitioner": "sub"}',
        "",
        '{"person": "h1.def", "practitioner": "other"}',
    ]
    found = list(read_members(lines, "https://issuer.test"))
    assert found == [
        Member("h1.abc", "https://issuer.test", "sub"),
        Member("h1.def", "https://issuer.test", "other"),
    ]
    for wrong in ("no json", "[]", '{"person": "h1.abc"}', '{"person": 1, "practitioner": "a"}'):
        with pytest.raises(StaffListError, match="line 2"):
            list(read_members([lines[0], wrong], "https://issuer.test"))
