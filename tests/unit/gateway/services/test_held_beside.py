"""The parts of a download of which a person has a handful of rows: each holds what rests, and nobody else's ids."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from consent.assisted import store as assisted
from consent.assisted.values import Evidence, Spoken
from consent.representing.store import Representations
from consent.representing.values import Area, Authority, Because, Capacity, Recorded
from consent.requests.store import Requests
from consent.requests.values import Answer, ConsentRequest
from consent.story.store import Stories
from consent.story.words import Story
from gateway.channels.outbox import Outbox
from gateway.channels.ports import About
from gateway.questions.store import StoredAnswer, StoredQuestion, Words, place, reserve, write_answers
from gateway.reach.wishes import Hours, Wishes, WishStore
from gateway.services.held_beside import parts_beside
from tests.support.walk import COUNCIL
from tests.unit.gateway.services.served import COUNTY, PURPOSE, Served
from tests.unit.gateway.services.test_holding import Opened, bytes_of

PRACTITIONER = "practitioner-of-somewhere"


async def test_nothing_rests_beside_for_somebody_who_did_nothing(served: Served) -> None:
    found = Opened(await bytes_of(served, secret=True))
    home = served.way.home
    for part in parts_beside(home.database, home.keys, served.residents.policy):
        assert found.rows(part.name) == []
        assert "There is nothing here." in found.page(part.name)


async def test_the_story_is_in_the_persons_own_words(served: Served) -> None:
    home, key, now = served.way.home, served.way.person.key, served.clock.now()
    with home.database.write() as tx:
        Stories(home.database).put(tx, key, Story({"what_matters": ("My dog <Rex>", now), "old": ("x", now)}))
    found = Opened(await bytes_of(served))
    assert {row["words"] for row in found.rows("story")} == {"My dog <Rex>", "x"}
    assert "My dog &lt;Rex&gt;" in found.page("story")


async def test_what_was_asked_and_answered_is_there_but_no_request_that_was_never_passed_on(
    served: Served,
) -> None:
    home, key, now = served.way.home, served.way.person.key, served.clock.now()
    request = ConsentRequest(
        id="r_1",
        organisation=COUNTY,
        purpose=PURPOSE,
        sections={"tenancy": frozenset({"landlord"})},
        sources=frozenset({COUNCIL}),
        days=30,
        reason="So that you need not tell it again",
        role=None,
        asked=now,
        expires=now + timedelta(days=28),
    )
    answered = replace(request, id="r_2", answer=Answer("not-allowed", now))
    with home.database.write() as tx:
        for one, passed_on in ((request, True), (answered, True), (replace(request, id="r_3"), False)):
            Requests(home.database).add(tx, key, one, now + timedelta(days=90), passed_on=passed_on)
    found = Opened(await bytes_of(served))
    assert {row["id"] for row in found.rows("requests")} == {"r_1", "r_2"}
    assert "So that you need not tell it again" in found.page("requests")


async def test_questions_come_with_their_answers_unless_their_look_is_hidden(served: Served) -> None:
    home, key = served.way.home, served.way.person.key
    question = StoredQuestion(7, 3, key.tag, COUNTY, 1000, 2000, None, None, 9000, b"", b"")
    with home.database.write() as tx:
        place(tx, reserve(tx, question), question, Words(("who",), "Who was that?"), key)
        write_answers(tx, question, (StoredAnswer("answer-right", "It was me.", 1500, 8),), key)
    found = Opened(await bytes_of(served))
    (row,) = found.rows("questions")
    assert (row["words"], row["know"]) == ("Who was that?", ["who"])
    assert "It was me." in found.page("questions")
    assert Opened(await bytes_of(served, hides=frozenset({3}))).rows("questions") == []


async def test_who_may_act_is_there_without_the_ids_of_who_wrote_it_down(served: Served) -> None:
    home, key, now = served.way.home, served.way.person.key, served.clock.now()
    recorded = Recorded(COUNCIL, "housing-officer", PRACTITIONER, "lpa", "ref-1", now)
    authority = Authority(
        "a_1", Capacity.ATTORNEY, frozenset({Area.PROPERTY}), Because.AGREED, now, None, recorded
    )
    standing = Representations(home.database, home.keys)
    with home.database.write() as tx:
        standing.add(tx, key, b"index-of-somebody", authority)
        standing.set_alone(tx, key, recorded)
    standing.set_word(key, "a_2", "Mum")
    found = Opened(await bytes_of(served, secret=True))
    rows = found.rows("acting")
    assert rows[0]["capacity"] == "attorney"
    assert "decides_alone" in rows[1]
    assert rows[2] == {"authority": "a_2", "word": "Mum"}
    assert PRACTITIONER not in found.whole


async def test_spoken_decisions_and_papers_are_there_with_their_ends(served: Served) -> None:
    home, key, now = served.way.home, served.way.person.key, served.clock.now()
    evidence = Evidence("phone", ("interpreter",), "v1", PRACTITIONER)
    spoken = Spoken("s_1", True, COUNTY, PURPOSE, now, now + timedelta(days=30), evidence)
    with home.database.write() as tx:
        assisted.keep(tx, key, spoken)
        assisted.keep_code(tx, key, b"m" * 32, "c_1", now + timedelta(days=30))
    found = Opened(await bytes_of(served))
    assert [sorted(row) for row in found.rows("spoken")] == [
        ["evidence", "purpose", "recipient", "said_at", "until", "yes"],
        ["stop_code_until"],
    ]
    assert PRACTITIONER not in found.whole


async def test_settings_come_only_when_asked_for_and_waiting_messages_always(served: Served) -> None:
    home, key = served.way.home, served.way.person.key
    wishes = Wishes("email", "safe@example.test", False, Hours(9, 17), "pl", frozenset({3}))
    with home.database.write() as tx:
        WishStore(home.database).put(tx, key, wishes)
        Outbox(home.database).put(tx, key.subject, About.REQUEST, served.clock.now())
    usual, asked = Opened(await bytes_of(served)), Opened(await bytes_of(served, secret=True))
    assert "safe@example.test" not in usual.whole
    assert [sorted(row) for row in usual.rows("settings")] == [["about", "due"]]
    assert asked.rows("settings")[0]["hours"] == [9, 17]
    assert "safe@example.test" in asked.page("settings")


async def test_open_sign_ins_are_there_without_what_would_open_them(served: Served) -> None:
    statement = (
        "INSERT INTO session (id, kind, subject, sealed, created_ms, last_seen_ms, expires_ms)"
        " VALUES (:i, 'portal', :s, :x, 1, 2, 3)"
    )
    with served.way.home.database.write() as tx:
        tx.execute(text(statement), {"i": b"digest", "s": served.person, "x": b"sealed"})
    found = Opened(await bytes_of(served))
    assert found.rows("sign-ins") == [{"created": 1, "last_seen": 2, "expires": 3}]
