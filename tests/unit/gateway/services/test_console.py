"""The officers' console, served: their own organisation's entries and no others, and every look of theirs written down."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from audit.checkpoint import open_checkpoint
from audit.console.ports import SEARCH_PAGE, Filters
from audit.entries import Draft, Kind, seal_entry
from audit.log import Append
from audit.reader import Query
from core.unit_of_work import only
from core.vocabulary import Json
from gateway.signin.sessions import About
from gateway.views.record import person_code
from tests.support.walk import COUNCIL, registers
from tests.unit.gateway.services.served import CITY, COUNTY, PURPOSE, Served, choice, officer, request

DAY = date(2026, 11, 23)


def append(
    served: Served, outcome: str, detail: dict[str, Json], *, kind: Kind = Kind.REFUSAL, count: int = 1
) -> list[int]:
    """Write entries of the county into the log, without a person."""
    draft = Draft(kind, outcome, frozenset({COUNTY}), detail, recipient=COUNTY, purpose=PURPOSE)
    home = served.way.home
    return [
        home.log.append(Append(only(None, seal_entry(draft, home.organisation_key(COUNTY)))))
        .receipts[0]
        .index
        for _ in range(count)
    ]


async def a_story(served: Served) -> tuple[int, int]:
    """A refusal, then a decision and a look; gives the indexes of refusal and look."""
    refused = await served.way.ask()
    await served.residents.allow(served.person, choice("tenancy"))
    return refused.receipt.index, (await served.way.ask()).receipt.index


async def found(served: Served, organisation: str = COUNTY, **filters: object) -> list[int]:
    rows = await served.officers.search(officer(organisation), Filters(**filters))  # type: ignore[arg-type] # by name
    return [row.index for row in rows]


async def test_each_filter_narrows_the_search(served: Served) -> None:
    refused, looked = await a_story(served)
    allowed = looked - 1
    assert await found(served, kind="disclosure") == [looked]
    assert await found(served, kind="refusal") == [refused]
    assert await found(served, kind="consent") == [allowed]
    assert await found(served, outcome="given") == [allowed]
    assert await found(served, purpose=PURPOSE) == [looked, allowed, refused]
    assert await found(served, purpose="social-prescribing") == []
    assert await found(served, text="TRIAGER", kind="disclosure") == [looked]
    assert await found(served, text="%") == []
    assert await found(served, purpose=PURPOSE, before=looked) == [allowed, refused]
    assert await found(served, purpose=PURPOSE, before=10**30) == [looked, allowed, refused]


async def test_days_are_londons_and_both_included(served: Served) -> None:
    refused, looked = await a_story(served)
    everything = [looked, looked - 1, refused]
    assert await found(served, purpose=PURPOSE, from_day=DAY, to_day=DAY) == everything
    assert await found(served, purpose=PURPOSE, to_day=DAY - timedelta(days=1)) == []
    assert await found(served, purpose=PURPOSE, from_day=DAY + timedelta(days=1)) == []
    assert await found(served, purpose=PURPOSE, from_day=date.min, to_day=date.max) == everything


async def test_a_person_is_found_by_the_code_that_the_entries_show(served: Served) -> None:
    refused, looked = await a_story(served)
    code = person_code(served.way.handle())
    rows = await served.officers.search(officer(), Filters(text=code.lower()))
    # What they allowed in between is about them, too.
    assert [row.index for row in rows] == [looked, looked - 1, refused]
    assert {row.person_pseudonym for row in rows} == {code}
    assert await found(served, text=code, kind="refusal") == [refused]
    assert await found(served, text=code, before=looked) == [looked - 1, refused]
    assert await found(served, text=code, kind="consent") == [looked - 1]
    assert await found(served, text="AAAA-AAAA") == []


async def test_a_search_by_code_gives_one_page_at_most(served: Served) -> None:
    indexes = append(served, "empty", {"person": "ABCD-EFGH"}, count=SEARCH_PAGE + 2)[::-1]
    append(served, "empty", {"person": "ZZZZ-ZZZZ"}, count=3)
    first = await found(served, text="ABCD-EFGH")
    assert first == indexes[:SEARCH_PAGE]
    assert await found(served, text="ABCD-EFGH", before=first[-1]) == indexes[SEARCH_PAGE:]


async def test_nobody_is_found_by_code_once_their_key_is_erased(served: Served) -> None:
    await a_story(served)
    code = person_code(served.way.handle())
    assert len(await found(served, text=code)) == 3
    served.erase()
    assert await found(served, text=code) == []


async def test_entries_behind_many_without_details_are_still_found(served: Served) -> None:
    old = append(served, "refused", {}, count=2)[::-1]
    gone = append(served, "refused", {}, count=SEARCH_PAGE + 5)
    served.tamper('DELETE FROM log_entry_detail WHERE "index" >= :index', index=gone[0])
    append(served, "empty", {})
    assert await found(served, outcome="refused") == old


async def test_a_search_without_a_code_is_paged_too(served: Served) -> None:
    indexes = append(served, "refused", {}, count=SEARCH_PAGE + 1)[::-1]
    first = await found(served, outcome="refused")
    assert first == indexes[:SEARCH_PAGE]
    assert await found(served, outcome="refused", before=first[-1]) == indexes[SEARCH_PAGE:]


async def test_every_search_is_written_down_with_what_was_asked(served: Served) -> None:
    await found(served, kind="refusal", outcome="empty", text="some words")
    entry = served.officers.reader.search(Query(COUNTY, kind="audit-read"))[0]
    opening = served.officers.reader.open(entry)
    assert opening is not None
    assert (entry.outcome, entry.recipient, entry.role) == ("searched", COUNTY, "officer")
    assert opening.detail["detail"] == {
        "officer": "officer-1",
        "kind": "refusal",
        "outcome": "empty",
        "purpose": None,
    }


async def test_an_officer_sees_what_their_own_organisation_sent_and_asked_and_nothing_else(
    served: Served,
) -> None:
    refused, looked = await a_story(served)
    # The city's tenancy was shown, so the look concerns it; the refusal concerned nobody but the county.
    assert await found(served, CITY, purpose=PURPOSE) == [looked]
    assert await served.officers.item(officer(CITY), looked) is not None
    assert await served.officers.item(officer(CITY), refused) is None
    assert await served.officers.item(officer("age-well-norfolk"), looked) is None


@pytest.mark.parametrize(("index", "written"), [(0, 0), (9_999, 9_999), (10**30, None), (2**53, None)])
async def test_an_officer_of_one_organisation_reading_anothers_entry_is_refused_and_that_is_audited(
    served: Served, index: int, written: int | None
) -> None:
    await a_story(served)
    assert await served.officers.item(officer("age-well-norfolk"), index) is None
    entry = served.officers.reader.search(Query("age-well-norfolk"))[0]
    opening = served.officers.reader.open(entry)
    assert opening is not None
    assert entry.outcome == "refused"
    assert opening.detail["detail"] == {"officer": "officer-1", "entry": written}


async def test_an_entry_tells_what_left_why_it_could_and_what_the_person_had_said(served: Served) -> None:
    _, looked = await a_story(served)
    item = await served.officers.item(officer(), looked)
    assert item is not None
    (source,) = item.fields
    assert source.source_name == registers().organisations[COUNCIL].title
    assert set(source.fields) <= {f"tenancy.{name}" for name in registers().sections["tenancy"].fields}
    assert "tenancy.status" in source.fields
    assert item.basis.startswith("6(1)(e) Care Act 2014 s.2")
    assert "9(2)(h) DPA 2018 Sch 1 para 2" in item.basis
    assert "confidentiality: explicit-consent" in item.basis
    assert item.clause == "early-help-triage, clause 3.2"
    assert item.decision == "Shown"
    assert item.reason == "to arrange early help"
    assert item.person_said == "They had allowed it (1 permission in force)"
    assert item.receipt.startswith("c2sp.org/tlog-proof@v1")
    assert item.row.role == registers().roles["triager"].title
    opened = served.officers.reader.search(Query(COUNTY, kind="audit-read"))[0]
    assert opened.outcome == "opened"


async def test_what_the_person_had_said_is_told_of_a_look_that_showed_something_and_of_no_other(
    served: Served,
) -> None:
    (moved,) = append(served, "empty", {"moved": "consent", "relied_on": ["c_1"]})
    (two,) = append(served, "disclosed", {"relied_on": ["c_1", "c_2"]}, kind=Kind.DISCLOSURE)
    (none,) = append(served, "disclosed", {}, kind=Kind.DISCLOSURE)
    (odd,) = append(served, "no-such-word", {})
    items = [await served.officers.item(officer(), index) for index in (moved, two, none, odd)]
    assert [one.person_said for one in items if one] == [
        "",
        "They had allowed it (2 permissions in force)",
        "They had allowed nothing that this could rest on",
        "",
    ]
    assert [one.decision for one in items if one] == ["Nothing shown", "Shown", "Shown", "No such word"]


async def test_a_basis_without_special_categories_names_article_6_alone(served: Served) -> None:
    basis: dict[str, Json] = {
        "agreement": "a",
        "clause": "1",
        "article_6": {"recipient": {"point": "6(1)(e)", "law": "Some Act s.1"}},
        "article_9": None,
        "confidentiality": None,
    }
    (index,) = append(served, "disclosed", {"basis": {COUNTY: basis, CITY: basis}}, kind=Kind.DISCLOSURE)
    item = await served.officers.item(officer(), index)
    assert item is not None
    assert (item.basis, item.clause) == ("6(1)(e) Some Act s.1", "a, clause 1")


async def test_what_stood_of_an_erased_person_is_gone_and_the_proof_still_holds(served: Served) -> None:
    _, looked = await a_story(served)
    served.erase()
    item = await served.officers.item(officer(), looked)
    assert item is not None
    assert (item.fields, item.basis, item.reason, item.row.person_pseudonym) == ((), "", "", "")
    assert (await served.officers.verify(officer(), looked)).ok


async def test_a_proof_is_verified_now(served: Served) -> None:
    _, looked = await a_story(served)
    served.clock.advance(60)
    verified = await served.officers.verify(officer(), looked)
    assert (verified.ok, verified.at) == (True, served.clock.now())
    assert "unchanged" in verified.words


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE log_entry_detail SET role = 'officer'",
        "UPDATE log_entry_detail SET at_ms = 0",
        "UPDATE log_entry_detail SET sealed = zeroblob(60)",
        "UPDATE log_entry SET leaf = zeroblob(41)",
        "DELETE FROM log_entry_detail",
    ],
)
async def test_a_changed_entry_does_not_verify_and_its_neighbours_are_still_found(
    served: Served, change: str
) -> None:
    refused, looked = await a_story(served)
    served.tamper(f'{change} WHERE "index" = :index', index=looked)
    verified = await served.officers.verify(officer(), looked)
    assert not verified.ok
    assert "unchanged" not in verified.words
    assert refused in await found(served, purpose=PURPOSE)


async def test_an_entry_beyond_the_log_does_not_verify(served: Served) -> None:
    assert not (await served.officers.verify(officer(), 9_999)).ok


async def test_an_entry_whose_detail_was_taken_away_is_not_shown(served: Served) -> None:
    _, looked = await a_story(served)
    served.tamper('DELETE FROM log_entry_detail WHERE "index" = :index', index=looked)
    assert await served.officers.item(officer(), looked) is None


async def test_the_filters_offer_the_outcomes_that_stand_in_the_organisations_entries(served: Served) -> None:
    await a_story(served)
    append(served, "odd-outcome", {})
    options = await served.officers.options(officer())
    assert {one.value: one.title for one in options.outcomes} == {
        "empty": "Nothing shown",
        "given": "Allowed",
        "disclosed": "Shown",
        "odd-outcome": "Odd outcome",
    }
    assert {one.value for one in options.kinds} >= {"disclosure", "refusal", "consent", "audit-read"}
    assert {one.value for one in options.purposes} == set(registers().purposes)
    others = await served.officers.options(officer("age-well-norfolk"))
    assert others.outcomes == ()


async def test_the_state_of_the_log_is_its_last_signed_checkpoint(served: Served) -> None:
    refused, looked = await a_story(served)
    state = await served.officers.log_state()
    assert (refused, state.size) == (0, looked + 1)
    assert state.checkpoint_at == served.clock.now()
    assert open_checkpoint(state.checkpoint, [served.way.home.verifier_key]).size == state.size


async def test_a_log_that_was_never_begun_is_empty(served: Served) -> None:
    served.tamper("DELETE FROM log_head")
    assert (await served.officers.log_state()).size == 0


async def test_whoever_is_signed_in_by_the_consoles_door_is_an_officer_of_their_organisation(
    served: Served,
) -> None:
    cookie = await served.sessions.open(
        "console", "officer-1", About("Oli Officer", COUNTY, "officer", "AAL2"), None
    )
    asked = request(cookie, "/console/")
    found = await served.officers.signed_in(asked)
    assert found is not None
    assert (found.id, found.organisation) == ("officer-1", COUNTY)
    assert found.organisation_name == registers().organisations[COUNTY].title
    assert served.officers.csrf_ok(asked, found.csrf)
    assert not served.officers.csrf_ok(asked, "x" + found.csrf)
    assert served.officers.sign_in_url(asked) == "/signin/console"
    assert served.officers.sign_out_url(asked) == "/signin/out"
    assert await served.residents.signed_in(asked) is None
    assert await served.officers.signed_in(request()) is None


async def test_a_session_of_the_console_without_an_organisation_is_nobodys(served: Served) -> None:
    cookie = await served.sessions.open("console", "officer-2", About("Una", None, "officer", ""), None)
    assert await served.officers.signed_in(request(cookie, "/console/")) is None
