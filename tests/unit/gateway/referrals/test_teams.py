"""A team as recipient: further organisations that the person agreed to by name, each by its own permission and handle."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from core.vocabulary import Kind as PermissionKind
from gateway.people.handles import HANDLE_PATTERN
from gateway.policy.port import Refusal
from gateway.referrals.receiving import Receiving
from gateway.referrals.records import HELD_FOR, KEPT_AFTER_END
from tests.support.api import detail, entries
from tests.support.clock import FakeClock
from tests.support.referring import PLANTED, Refers, content_of, ids, size
from tests.support.teams import (
    COLLEAGUES,
    FURTHER,
    PURPOSE,
    RECEIVER,
    SENDER,
    TEAM,
    closed,
    handle_of,
    looked,
    permissions,
    sections_of,
    sent_to_team,
    team_body,
    team_of,
    told_to_team,
)
from tests.support.walk import STRANGER_NUMBER, walk

AT_COUNCIL = "norwich-city-council"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def desk(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Refers]:
    async with walk(tmp_path, clock=clock) as way:
        yield team_of(way)


async def test_each_of_the_team_gets_a_permission_of_its_own(desk: Refers) -> None:
    await sent_to_team(desk)
    found = permissions(desk)
    assert found.keys() == {RECEIVER, *FURTHER}
    ends = {one.until for one in found.values()}
    assert len(ends) == 1
    assert {one.kind for one in found.values()} == {PermissionKind.REFERRAL_AGREEMENT}
    assert {one.purposes for one in found.values()} == {frozenset({PURPOSE})}
    assert len({one.id for one in found.values()}) == 6
    # As far as the agreement lets them see, and no further.
    assert "home-condition" in found[AT_COUNCIL].sections
    assert found["norfolk-volunteering"].sections.keys() == {"identity", "contact", "communication-needs"}
    assert found["norfolk-volunteering"].sections["identity"] == {"name"}


async def test_nobody_else_gets_one_without_being_named(desk: Refers) -> None:
    await sent_to_team(desk, sharing={"days": 60})
    assert permissions(desk).keys() == {RECEIVER}
    assert sections_of(await looked(desk, "ada")) == frozenset()


async def test_each_of_the_team_sees_what_their_role_may_see(desk: Refers) -> None:
    await sent_to_team(desk)
    shown = {who: sections_of(await looked(desk, who)) for who in TEAM}
    for who in ("carys", "joy", "ada", "pia"):
        assert {"home-condition", "tenancy"} <= shown[who], who
    for who in ("uma", "vic"):
        assert shown[who] == {"contact", "communication-needs"}, who


async def test_the_same_sections_are_shared_with_all_as_far_as_each_may_see_them(desk: Refers) -> None:
    await sent_to_team(
        desk,
        sharing={"sections": ["contact", "home-condition"], "with": ["norfolk-volunteering", AT_COUNCIL]},
    )
    found = permissions(desk)
    assert (
        found[RECEIVER].sections.keys() == found[AT_COUNCIL].sections.keys() == {"contact", "home-condition"}
    )
    assert found["norfolk-volunteering"].sections.keys() == {"contact"}


@pytest.mark.parametrize(
    ("sharing", "code", "named"),
    [
        ({"with": ["norwich-food-network"]}, "no-agreement", "sharing.with, Norwich Food Network"),
        ({"with": ["made-up-body"]}, "no-agreement", "sharing.with, an organisation of no register"),
        (
            {"with": ["norfolk-volunteering"], "sections": ["home-condition"]},
            "nothing-to-ask",
            "would show them nothing of it",
        ),
    ],
)
async def test_whoever_the_agreement_does_not_let_look_is_refused_about_nobody(
    desk: Refers, sharing: dict[str, object], code: str, named: str
) -> None:
    before = size(desk)
    told = await told_to_team(desk, sharing=sharing, person=...)
    assert (told.status, told.code) == (403, code)
    assert named in str(told.document["detail"])
    assert "made-up-body" not in str(told.document)
    assert size(desk) == before + 1
    assert permissions(desk) == {}


@pytest.mark.parametrize(
    ("sharing", "mend"),
    [
        ({"with": [AT_COUNCIL, AT_COUNCIL]}, "must name each organisation once"),
        ({"with": [RECEIVER]}, "must not name the receiver"),
        ({"with": [AT_COUNCIL], "sections": []}, "must be empty where nothing is shared"),
        ({"with": [f"body-{n}" for n in range(9)]}, ""),
    ],
)
async def test_a_team_that_cannot_be_is_told_with_what_to_mend(
    desk: Refers, sharing: dict[str, object], mend: str
) -> None:
    told = await told_to_team(desk, sharing=sharing)
    assert (told.status, told.code) == (422, "body-invalid")
    assert "sharing.with" in str(told.document)
    assert mend in str(told.document)


async def test_sender_and_receiver_read_whom_it_is_shared_with(desk: Refers) -> None:
    one = await sent_to_team(desk)
    for who in ("carys", "joy"):
        assert (await desk.read(one, who)).document["with"] == sorted(FURTHER)
    assert PLANTED in str(content_of((await desk.read(one, "joy")).document))


async def test_one_of_the_team_reads_where_it_stands_and_its_own_handle_and_no_more(desk: Refers) -> None:
    one = await sent_to_team(desk)
    for who in COLLEAGUES:
        told = (await desk.read(one, who)).document
        assert told.keys() == {"id", "from", "to", "purpose", "status", "changed_at", "person", "receipt"}
        assert told["person"] == handle_of(desk, TEAM[who][0])
        assert (await desk.read(one, f"{who}-app")).document["person"] == told["person"]
    await desk.step(one, "collection", "joy")
    assert (await desk.read(one, "ada")).document["status"] == "collected"


async def test_a_sender_of_the_team_gets_its_handle_beside_what_senders_see(desk: Refers) -> None:
    one = await sent_to_team(desk)
    told = (await desk.read(one, "carys")).document
    assert told["person"] == handle_of(desk, SENDER)
    assert told["reference"] == "ours-1"
    assert "content" not in told


async def test_reading_it_is_a_disclosure_with_an_entry_each_time(desk: Refers) -> None:
    one = await sent_to_team(desk)
    before = size(desk)
    told = (await desk.read(one, "ada")).document
    assert size(desk) == before + 1
    entry = entries(desk.way, AT_COUNCIL)[0]
    assert (entry.kind, entry.outcome, entry.recipient) == ("disclosure", "referral-joined", AT_COUNCIL)
    receipt = told["receipt"]
    assert isinstance(receipt, dict)
    assert receipt["index"] == entry.index
    assert detail(desk.way, entry)["fields"] == ["person"]


async def test_an_organisation_cannot_use_anothers_handle(desk: Refers) -> None:
    one = await sent_to_team(desk)
    own = str((await desk.read(one, "ada")).document["person"])
    assert sections_of(await looked(desk, "ada", own))
    assert sections_of(await looked(desk, "pia", own)) == frozenset()


async def test_a_list_says_that_it_is_and_nothing_of_the_person(desk: Refers) -> None:
    one = await sent_to_team(desk)
    before = size(desk)
    told = await desk.call("GET", "/v1/referrals?box=with", "ada-app")
    listed = told.document["referrals"]
    assert isinstance(listed, list)
    assert [set(found) for found in listed] == [{"id", "from", "to", "purpose", "status", "changed_at"}]
    assert size(desk) == before
    assert ids((await desk.call("GET", "/v1/referrals?box=with", "carys")).document) == [one]
    for box in ("in", "out"):
        assert ids((await desk.call("GET", f"/v1/referrals?box={box}", "ada")).document) == []
    for who in ("joy", "stranger"):
        assert ids((await desk.call("GET", "/v1/referrals?box=with", who)).document) == []


async def test_a_list_comes_in_pages_and_by_state(
    desk: Refers, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.api.referrals.PAGE", 2)
    sent = []
    for _ in range(3):
        sent.append(await sent_to_team(desk))
        clock.advance(1)
    first = (await desk.call("GET", "/v1/referrals?box=with", "ada")).document
    assert ids(first) == [sent[2], sent[1]]
    rest = (await desk.call("GET", f"/v1/referrals?box=with&after={first['next']}", "ada")).document
    assert ids(rest) == [sent[0]]
    await closed(desk, sent[1])
    found = (await desk.call("GET", "/v1/referrals?box=with&status=closed", "ada")).document
    assert ids(found) == [sent[1]]


async def test_the_sealed_header_says_who_is_of_the_team_and_not_the_table(desk: Refers) -> None:
    one = await sent_to_team(desk, sharing={"with": ["norfolk-volunteering"]})
    with desk.way.home.database.write() as tx:
        tx.execute(text("UPDATE referral_team SET organisation = :at"), {"at": AT_COUNCIL})
    assert ids((await desk.call("GET", "/v1/referrals?box=with", "ada")).document) == []
    assert (await desk.read(one, "ada")).status == 404


async def test_to_everybody_else_there_is_no_such_referral(desk: Refers) -> None:
    one = await sent_to_team(desk, sharing={"with": [AT_COUNCIL]})
    for who in ("pia", "stranger"):
        assert (await desk.read(one, who)).status == 404
    for step in ("collection", "acceptance", "withdrawal"):
        assert (await desk.step(one, step, "ada")).status == 404


async def test_the_team_gets_no_message_of_bars(desk: Refers) -> None:
    one = await sent_to_team(desk)
    headers = {"accept": "application/fhir+json"}
    told = await desk.call("GET", f"/v1/referrals/{one}", "ada", headers=headers)
    assert "person" in told.document
    assert dict(told.reply.headers)["content-type"] == "application/json"
    assert (await desk.call("GET", f"/v1/referrals/{one}", "joy", headers=headers)).document[
        "resourceType"
    ] == "Bundle"


@pytest.mark.parametrize("how", ["closed", "refused", "withdrawn", "stopped", "expired"])
async def test_its_end_ends_all_of_it_at_once(desk: Refers, clock: FakeClock, how: str) -> None:
    one = await sent_to_team(desk)
    before = size(desk)
    if how == "closed":
        await closed(desk, one)
        before += 2
    elif how == "refused":
        await desk.step(one, "refusal", "joy", {"reason": "full"})
    elif how == "withdrawn":
        await desk.step(one, "withdrawal", "carys")
    elif how == "stopped":
        await desk.stopped(one)
    else:
        clock.advance(HELD_FOR.total_seconds())
        await desk.receiving.expire_due()
    assert permissions(desk) == {}
    # One entry for the step and one for each of the team.
    assert size(desk) == before + 1 + len(FURTHER)
    told = (await desk.read(one, "ada")).document
    expected = "withdrawn" if how == "stopped" else how
    assert (told["status"], "person" in told) == (expected, False)
    assert "person" not in (await desk.read(one, "carys")).document


async def test_what_the_person_stopped_for_one_alone_stays_stopped_and_is_told_to_nobody(
    desk: Refers,
) -> None:
    one = await sent_to_team(desk)
    own = permissions(desk)[AT_COUNCIL]
    await desk.way.stop(own.id)
    assert sections_of(await looked(desk, "ada")) == frozenset()
    assert sections_of(await looked(desk, "pia"))
    told = (await desk.read(one, "ada")).document
    assert (told["status"], "person" in told) == ("sent", True)
    before = size(desk)
    await desk.step(one, "withdrawal", "carys")
    assert size(desk) == before + 1 + len(FURTHER)


async def test_each_of_the_team_has_a_line_in_the_persons_log(desk: Refers) -> None:
    one = await sent_to_team(desk)
    await closed(desk, one)
    key = desk.way.home.keys.get(desk.way.person.id)
    with desk.way.home.database.read() as tx:
        rows = tx.execute(
            text('SELECT outcome, recipient FROM log_entry_detail WHERE tag = :tag ORDER BY "index"'),
            {"tag": key.tag},
        ).all()
    told = [tuple(row) for row in rows]
    assert [at for outcome, at in told if outcome == "referral-shared"] == sorted(FURTHER)
    assert [at for outcome, at in told if outcome == "referral-share-ended"] == sorted(FURTHER)
    assert told[0] == ("referred", RECEIVER)


async def test_whoever_nobody_knows_is_shared_about_alike(desk: Refers) -> None:
    one = await sent_to_team(desk, person=desk.handle(SENDER, STRANGER_NUMBER))
    assert (await desk.read(one, "ada")).document["person"] == handle_of(desk, AT_COUNCIL, STRANGER_NUMBER)
    new = await sent_to_team(desk, person=...)
    assert re.fullmatch(HANDLE_PATTERN, str((await desk.read(new, "ada")).document["person"]))


async def test_whoever_was_erased_looks_withdrawn(desk: Refers) -> None:
    one = await sent_to_team(desk)
    desk.way.home.keys.erase(desk.way.person.id, 0)
    told = (await desk.read(one, "ada")).document
    assert (told["status"], "person" in told) == ("withdrawn", False)
    before = size(desk)
    await desk.step(one, "withdrawal", "carys")
    assert size(desk) == before + 1 + len(FURTHER)


async def test_an_agreement_that_ended_meanwhile_closes_it_to_the_team_but_not_to_its_sender(
    desk: Refers, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await sent_to_team(desk)
    monkeypatch.setattr(
        "gateway.referrals.receiving.may_refer", lambda *_: Refusal("agreement-ended", "It ended.")
    )
    assert (await desk.read(one, "ada")).code == "agreement-ended"
    told = await desk.read(one, "carys")
    assert (told.status, "person" in told.document) == (200, False)


async def test_what_moves_while_it_is_read_closes_or_ends_it(
    desk: Refers, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await sent_to_team(desk)
    behind = Receiving._behind

    def then_withdrawn(self: Receiving, referral: str) -> object:
        found = behind(self, referral)
        with self.views.database.write() as tx:
            tx.execute(text("UPDATE referral SET status = 'withdrawn'"))
        return found

    with monkeypatch.context() as patched:
        patched.setattr(Receiving, "_behind", then_withdrawn)
        told = await desk.read(one, "ada")
    assert (told.document["status"], "person" in told.document) == ("withdrawn", False)
    two = await sent_to_team(desk)
    monkeypatch.setattr(type(desk.parts.authority), "stands", lambda *_: False)
    assert (await desk.read(two, "ada")).code == "closed"


async def test_what_found_it_goes_with_it(desk: Refers, clock: FakeClock) -> None:
    one = await sent_to_team(desk)
    await desk.step(one, "withdrawal", "carys")
    clock.advance((KEPT_AFTER_END + timedelta(days=1)).total_seconds())
    assert desk.referrals.purge(clock.now()) == 1
    with desk.way.home.database.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM referral_team")).scalar_one() == 0


async def test_sent_again_by_the_same_key_it_is_one(desk: Refers) -> None:
    body, headers = team_body(desk), {"idempotency-key": "the-same-key-0001"}
    first = await desk.call("POST", "/v1/referrals", "carys", body, headers)
    again = await desk.call("POST", "/v1/referrals", "carys", body, headers)
    assert first.document == again.document
    assert len(permissions(desk)) == 6
