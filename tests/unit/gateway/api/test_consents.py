"""POST /v1/consents: spoken decisions over real storage, policy and log, and the paper's code."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy import text

from consent.assisted.store import purge
from consent.permissions import Given
from gateway.codes import in_groups, read_code
from gateway.people import trace
from gateway.people.trace import Demographics
from tests.support.api import entries
from tests.support.assisted import PURPOSE, Desk, desk
from tests.support.clock import FakeClock
from tests.support.walk import STRANGER_NUMBER, walk

COUNTY = "norfolk-county-council"


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Desk]:
    clock = FakeClock()
    async with walk(tmp_path, clock=clock) as way:
        yield desk(way, clock)


def code_of(document: object) -> str:
    assert isinstance(document, dict)
    code = document["paper"]["code"]
    assert isinstance(code, str)
    return code


async def test_a_spoken_yes_stands_from_when_it_was_said_and_its_paper_stops_it(at: Desk) -> None:
    told = await at.post("/v1/consents", at.body(days=30))
    assert told.status == 202, told.document
    (one,) = at.standing()
    assert one.given == Given("assisted", "a.practitioner")
    assert one.from_ == at.clock.now() - timedelta(hours=1)
    assert one.until == one.from_ + timedelta(days=30)
    assert (await at.way.ask()).sections
    await at.codes().stop(code_of(told.document).lower().replace("-", " "))
    assert at.standing() == ()
    assert not (await at.way.ask()).sections


async def test_the_paper_names_whom_and_why_and_nothing_of_the_person(at: Desk) -> None:
    told = await at.post("/v1/consents", at.body(sections=["tenancy", "contact"]))
    paper = told.document["paper"]
    assert isinstance(paper, dict)
    for form in (str(paper["text"]), str(paper["html"])):
        assert "Norfolk County Council" in form
        assert str(paper["code"]) in form
        assert "gateway.test/portal/stop-by-code" in form
        assert at.way.person.id not in form
        assert "Made-up" not in form
    assert "<script" not in str(paper["html"])
    assert "style" not in str(paper["html"])
    assert in_groups(read_code(str(paper["code"])) or "") == paper["code"]


YES_1, NO_2, YES_3, NO_4 = ("yes", 400), ("no", 300), ("yes", 200), ("no", 100)


@pytest.mark.parametrize(
    "said", [[YES_1, NO_2], [YES_1, NO_2, YES_3], [YES_1, YES_3], [NO_2, YES_3, NO_4], [YES_1, NO_4]]
)
async def test_what_was_said_last_stands_whatever_arrives_first(
    tmp_path: Path, said: list[tuple[str, int]]
) -> None:
    last = min(said, key=lambda one: one[1])
    for order in permutations(said):
        clock = FakeClock()
        async with walk(tmp_path, clock=clock) as way:
            here = desk(way, clock)
            for decision, minutes in order:
                assert (await here.post("/v1/consents", here.body(decision, minutes))).status == 202
            standing = here.standing()
            assert bool(standing) is (last[0] == "yes"), order
            assert all(one.from_ == clock.now() - timedelta(minutes=last[1]) for one in standing)


async def test_a_yes_said_before_the_person_stopped_it_in_the_portal_never_stands(at: Desk) -> None:
    await at.way.stop(await at.way.allow())
    assert (await at.post("/v1/consents", at.body())).status == 202
    assert at.standing() == ()


async def test_a_yes_said_after_they_stopped_it_stands(at: Desk) -> None:
    await at.way.stop(await at.way.allow())
    assert isinstance(at.clock, FakeClock)
    at.clock.advance(3600)
    assert (await at.post("/v1/consents", at.body(minutes=30))).status == 202
    assert len(at.standing()) == 1


async def test_an_older_spoken_no_leaves_what_the_person_allowed_since(at: Desk) -> None:
    allowed = await at.way.allow()
    assert (await at.post("/v1/consents", at.body("no"))).status == 202
    assert [one.id for one in at.standing()] == [allowed]


async def test_sent_twice_it_is_one_and_has_the_same_paper(at: Desk) -> None:
    first, second = [await at.post("/v1/consents", at.body()) for _ in range(2)]
    assert first.document["paper"] == second.document["paper"]
    assert len(at.standing()) == 1
    key = at.way.home.keys.get(at.way.person.id)
    assert len(at.way.home.ledger.history(key)) == 1


async def test_a_used_code_does_not_come_back_when_the_same_is_sent_again(at: Desk) -> None:
    told = await at.post("/v1/consents", at.body())
    await at.codes().stop(code_of(told.document))
    await at.post("/v1/consents", at.body())
    assert at.standing() == ()


async def test_promise_4_known_unknown_and_overtaken_are_answered_and_written_alike(at: Desk) -> None:
    head = at.way.home.log.store.head
    answers, grown = [], []
    stranger = at.way.home.handles.make(COUNTY, trace.by_nhs_number(STRANGER_NUMBER))
    garbled = "h1." + "A" * 64
    await at.way.allow()
    bodies = [
        at.body(),
        at.body(person=stranger),
        at.body(person=garbled),
        at.body(minutes=600),
        at.body(minutes=0),
    ]
    for body in bodies:
        before = head()
        told = await at.post("/v1/consents", body)
        after = head()
        assert before is not None
        assert after is not None
        grown.append(after.frontier.size - before.frontier.size)
        paper = told.document["paper"]
        assert isinstance(paper, dict)
        answers.append((told.status, sorted(told.document), len(str(paper["text"])), len(str(paper["html"]))))
    assert grown == [1] * len(bodies)
    assert len({(status, tuple(names), *sizes) for status, names, *sizes in answers}) == 1
    assert {one.outcome for one in entries(at.way, COUNTY) if one.kind == "consent"} == {"given", "said-yes"}


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"said_at": "2026-11-23T10:30:00Z"}, 422, "body-invalid"),
        ({"said_at": "2026-11-01T10:00:00Z"}, 422, "body-invalid"),
        ({"said_at": "2026-11-23"}, 422, "body-invalid"),
        ({"said_at": 1763892000}, 422, "body-invalid"),
        ({"purpose": "no-such-purpose"}, 422, "body-invalid"),
        ({"decision": "no", "days": 3}, 422, "body-invalid"),
        ({"how": "by-letter"}, 422, "body-invalid"),
        ({"reference": "a b"}, 422, "body-invalid"),
        ({"recipient": "another"}, 422, "body-invalid"),
        ({"days": 3000}, 403, "asked-too-long"),
        ({"sections": ["offence-risk"]}, 403, None),
        ({"purpose": "safeguarding-enquiry"}, 403, None),
        ({"purpose": "income-debt-advice"}, 403, None),
    ],
)
async def test_what_nobody_could_have_said_is_refused_and_changes_nothing(
    at: Desk, changes: dict[str, object], status: int, code: str | None
) -> None:
    told = await at.post("/v1/consents", {**at.body(), **changes})
    assert told.status == status, told.document
    assert code is None or told.code == code
    assert at.standing() == ()
    assert "a.practitioner" not in str(told.document)


async def test_a_no_is_taken_under_an_agreement_that_ended_too(at: Desk) -> None:
    told = await at.post("/v1/consents", at.body("no", purpose="income-debt-advice"))
    assert told.status == 202
    assert told.document["paper"] is None


@pytest.mark.parametrize("who", ["application", "triager"])
async def test_only_a_practitioner_with_the_scope_writes_down(at: Desk, who: str) -> None:
    told = await at.post("/v1/consents", at.body(), who)
    assert (told.status, told.code) == (403, "insufficient-scope")


async def test_another_organisations_handle_is_nobodys(at: Desk) -> None:
    foreign = at.way.handle("housing")
    assert (await at.post("/v1/consents", at.body(person=foreign))).status == 202
    assert at.standing() == ()


async def test_an_erased_person_is_nobody(at: Desk) -> None:
    with at.way.home.database.write() as tx:
        tx.execute(text("DELETE FROM person_state"))
    assert (await at.post("/v1/consents", at.body())).status == 202
    with at.way.home.database.read() as tx:
        assert tx.execute(text("SELECT COUNT(*) FROM spoken_decision")).scalar_one() == 0


async def test_evidence_and_codes_rest_sealed_and_go_after_their_time(at: Desk) -> None:
    told = await at.post("/v1/consents", at.body(days=10))
    database = at.way.home.database
    with database.read() as tx:
        rows = tx.execute(text("SELECT sealed FROM spoken_decision UNION ALL SELECT sealed FROM stop_code"))
        resting = b"".join(bytes(row[0]) for row in rows)
    assert b"easy-read" not in resting
    assert b"a.practitioner" not in resting
    assert purge(database, at.clock.now()) == 0
    assert purge(database, at.clock.now() + timedelta(days=10)) == 1
    await at.codes().stop(code_of(told.document))
    assert len(at.standing()) == 1
    assert purge(database, at.clock.now() + timedelta(days=411)) == 1


async def test_right_used_and_made_up_codes_make_the_public_log_grow_alike(at: Desk) -> None:
    told = await at.post("/v1/consents", at.body())
    codes, head = at.codes(), at.way.home.log.store.head
    other = (await at.post("/v1/consents", at.body(person="h1." + "A" * 64))).document
    grown = []
    for code in (code_of(told.document), code_of(told.document), code_of(other)):
        before = head()
        await codes.stop(code)
        after = head()
        assert before is not None
        assert after is not None
        grown.append(after.frontier.size - before.frontier.size)
    assert grown == [1, 1, 1]
    await codes.stop("not a code")


async def test_codes_are_tried_a_few_times_a_minute_only(at: Desk) -> None:
    assert isinstance(at.clock, FakeClock)
    tries = at.codes().tries
    assert [tries.may("one") for _ in range(11)] == [True] * 10 + [False]
    assert tries.may("two")
    tries.all = 11
    assert not tries.may("three")
    at.clock.advance(61)
    assert tries.may("one")


async def test_a_person_without_an_nhs_number_decides_through_a_practitioner(at: Desk) -> None:
    robin = Demographics("Probably", "Robin", at.clock.now().date(), "NR99 9ZZ")
    handle = at.way.home.handles.make(COUNTY, trace.by_demographics(robin))
    told = await at.post("/v1/consents", at.body(person=handle))
    assert told.status == 202
    assert PURPOSE
