"""GET /v1/audit/...: who may read, what of the log they get, and that every read is an entry itself."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from audit.text import from_base64
from audit.verify import verify_receipt
from tests.support import api
from tests.unit.gateway.api.audit_desk import ACUTE, COUNCIL, COUNTY, FHIR, WHO, Desk, look
from tests.unit.gateway.services.looking import enquiry


@pytest.mark.parametrize(
    ("who", "code"),
    [("no-officer", "officers-only"), ("machine", "officers-only"), ("no-scope", "insufficient-scope")],
)
@pytest.mark.parametrize(
    "target",
    [
        "/entries",
        "/entries/0",
        "/checkpoint",
        "/proofs/inclusion?index=0&size=1",
        "/proofs/consistency?from=1&to=1",
    ],
)
async def test_only_an_officer_with_the_scope_may_read_and_others_are_written_down(
    desk: Desk, target: str, who: str, code: str
) -> None:
    await look(desk)
    assert await desk.refused(target, who) == (403, code)
    kind, outcome, detail = desk.newest()
    assert (kind, outcome, detail["client"]) == ("refusal", code, WHO[who].client)


async def test_the_entries_of_the_own_organisation_are_listed_newest_first_and_the_search_is_one(
    desk: Desk,
) -> None:
    looked = await look(desk)
    page = await desk.good("/entries")
    assert page["next"] is None
    indexes = [one["index"] for one in page["entries"]]
    assert indexes == sorted(indexes, reverse=True)
    assert page["entries"][0]["outcome"] == "searched"
    found = {one["index"]: one for one in page["entries"]}[looked]
    assert (found["kind"], found["outcome"], found["recipient"]) == ("disclosure", "disclosed", COUNTY)
    assert (found["role"], found["purpose"]) == ("triager", "early-help-triage")
    assert found["person"] is not None
    kind, outcome, detail = desk.newest()
    assert (kind, outcome) == ("audit-read", "searched")
    assert detail["officer"] == WHO["officer"].practitioner
    assert detail["client"] == WHO["officer"].client
    assert str(detail["correlation"]).startswith("req_")


async def test_each_organisation_sees_its_own_entries_alone(desk: Desk) -> None:
    looked = await look(desk)
    for who, theirs in (("officer", True), ("of-council", True), ("of-acute", False)):
        page = await desk.good("/entries", who)
        assert (looked in [one["index"] for one in page["entries"]]) is theirs


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=disclosure", True),
        ("kind=consent", False),
        ("outcome=disclosed&purpose=early-help-triage", True),
        ("outcome=empty", False),
        ("text=triager", True),
        ("text=housing", False),
        ("from=2026-01-01&to=2026-12-31", True),
        ("from=2027-01-01", False),
        ("to=2020-01-01", False),
        ("from=0001-01-02&to=9999-12-31", True),
        ("person={person}", True),
        ("person=AAAA-AAAA", False),
    ],
)
async def test_the_filters_are_the_consoles(desk: Desk, query: str, found: bool) -> None:
    looked = await look(desk)
    person = (await desk.good(f"/entries/{looked}"))["person"]
    page = await desk.good("/entries?" + query.format(person=person))
    assert (looked in [one["index"] for one in page["entries"]]) is found


async def test_pages_follow_each_other_without_gap_or_repeat(desk: Desk) -> None:
    await desk.served.way.allow()
    for _ in range(5):
        await desk.served.way.ask()
    whole = [one["index"] for one in (await desk.good("/entries?kind=disclosure"))["entries"]]
    assert len(whole) == 5
    walked, cursor = [], ""
    while True:
        page = await desk.good(f"/entries?kind=disclosure&limit=2{cursor}")
        walked += [one["index"] for one in page["entries"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert walked == whole


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("kind=none", "kind"),
        ("text=9434765919", "text"),
        ("text=Smith", "text"),
        ("person=9434765919", "person"),
        ("from=21-11-2026", "from"),
        ("cursor=-1", "cursor"),
        ("cursor=1_0", "cursor"),
        ("cursor=99999999999999999", "cursor"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("more=1", "query"),
        ("kind=disclosure&kind=consent", "query"),
    ],
)
async def test_a_query_that_does_not_fit_says_what_to_mend_and_repeats_nothing(
    desk: Desk, query: str, where: str
) -> None:
    reply, document = await desk.get("/entries?" + query)
    assert reply.status == 422
    assert [one["where"] for one in document["faults"]] == [where]
    sent = query.partition("=")[2]
    assert len(sent) < 3 or sent not in reply.text
    assert desk.newest()[:2] == ("refusal", "query-invalid")


async def test_an_erased_person_is_found_by_no_code(desk: Desk) -> None:
    looked = await look(desk)
    person = (await desk.good(f"/entries/{looked}"))["person"]
    desk.served.erase()
    assert (await desk.good(f"/entries?person={person}"))["entries"] == []
    told = await desk.good(f"/entries/{looked}")
    assert (told["person"], told["shown"], told["reason"]) == (None, {}, "")


async def test_an_entry_in_full_says_what_the_console_says_and_proves_itself(desk: Desk) -> None:
    looked = await look(desk)
    told = await desk.good(f"/entries/{looked}")
    assert told["index"] == looked
    assert told["shown"][COUNCIL]
    assert told["reason"] == "to arrange early help"
    assert told["basis"]
    assert told["clause"]
    assert (told["hold"], told["reviews"], told["about"]) == (None, [], None)
    leaf = from_base64(told["leaf"])
    assert leaf is not None
    assert verify_receipt(told["receipt"], leaf, desk.parts.log_keys).index == looked
    assert desk.newest() == ("audit-read", "opened", {**desk.newest()[2], "entry": looked})


async def test_an_entry_that_is_held_back_tells_officers_why_and_what_waits(desk: Desk) -> None:
    held = (await enquiry(desk.served)).receipt.index
    told = await desk.good(f"/entries/{held}")
    assert told["hold"]["reason"]
    assert told["hold"]["countersigned"] is None
    assert {one["kind"] for one in told["reviews"]} == {"hold-back", "look-again"}


async def test_anothers_entry_is_refused_like_one_that_there_is_not_and_written_down(desk: Desk) -> None:
    looked = await look(desk)
    answers = []
    for index in (looked, 10**6, 2**53 - 1):
        reply, document = await desk.get(f"/entries/{index}", "of-acute")
        answers.append((reply.status, {**document, "correlation_id": ""}))
        assert desk.newest(ACUTE)[:2] == ("audit-read", "refused")
        assert desk.newest(ACUTE)[2]["entry"] == index
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 404
    assert looked not in [one.index for one in api.entries(desk.served.way, ACUTE)]


async def test_without_the_check_of_whom_it_concerns_anothers_entry_would_open(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The companion: nothing but that check keeps another organisation's officer out."""
    looked = await look(desk)
    monkeypatch.setattr(type(desk.parts.reader), "concerns", lambda _self, _index, _organisation: True)
    assert (await desk.good(f"/entries/{looked}", "of-acute"))["index"] == looked


@pytest.mark.parametrize("target", ["/entries/-1", "/entries/x", f"/entries/{2**53}", "/entries/1?cursor=2"])
async def test_addresses_that_are_none_are_refused(desk: Desk, target: str) -> None:
    status, _ = await desk.refused(target)
    assert status == (422 if "?" in target else 404)


async def test_an_entry_whose_detail_is_gone_is_not_found(desk: Desk) -> None:
    looked = await look(desk)
    desk.served.tamper('DELETE FROM log_entry_detail WHERE "index" = :at', at=looked)
    assert await desk.refused(f"/entries/{looked}") == (404, "not-found")


async def test_fhir_is_answered_to_whoever_accepts_it(desk: Desk) -> None:
    looked = await look(desk)
    event = await desk.good(f"/entries/{looked}", accept=FHIR)
    assert event["resourceType"] == "AuditEvent"
    assert event["meta"]["profile"][0].endswith("PatientQuery")
    bundle = await desk.good("/entries?kind=disclosure", accept=FHIR)
    assert bundle["resourceType"] == "Bundle"
    assert [one["resource"] for one in bundle["entry"]] == [event]
    assert "link" not in bundle
    assert "entry" not in await desk.good("/entries?kind=pointer&person=AAAA-AAAA", accept=FHIR)


async def test_the_next_page_of_a_bundle_is_its_link(desk: Desk) -> None:
    await desk.served.way.allow()
    for _ in range(3):
        await desk.served.way.ask()
    bundle = await desk.good("/entries?kind=disclosure&limit=2&from=2026-01-01", accept=FHIR)
    (link,) = bundle["link"]
    assert link["relation"] == "next"
    address = urlsplit(link["url"])
    assert address.path == "/v1/audit/entries"
    asked = dict(parse_qsl(address.query))
    assert (asked["kind"], asked["limit"], asked["from"]) == ("disclosure", "2", "2026-01-01")
    rest = await desk.good(link["url"].removeprefix("/v1/audit"), accept=FHIR)
    assert len(rest["entry"]) == 1


async def test_a_refusal_in_fhir_tells_officers_no_more_than_their_export(desk: Desk) -> None:
    empty = (await desk.served.way.ask()).receipt.index
    event = await desk.good(f"/entries/{empty}", accept=FHIR)
    assert event["outcomeDesc"] == "empty"
    assert all(one.get("role", {}).get("code") != "1" for one in event["entity"]), "nobody is named"
