"""The download of everything held: what is in it, what is not, that it verifies, and that it is never whole in memory."""

from __future__ import annotations

import io
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from gettext import NullTranslations
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import pytest
from starlette.requests import Request

from audit.entries import Kind
from audit.errors import VerificationError
from consent.permissions import Given
from consent.portal.downloading_ports import HeldRow
from consent.portal.ports import NotPossible
from consent.receipts.errors import ReceiptError
from core.errors import ClosedError
from core.pages.words import Words
from core.vocabulary import JsonObject, Label
from gateway.consenting import Grant, Refusal
from gateway.receipt_checking import Trusted, verify_file
from gateway.services.held_beside import parts_beside, without
from gateway.services.held_parts import Decisions, History, OtherLines, SignedReceipts, WhoKnows
from gateway.services.held_zip import PIECE, Member, archive, once
from gateway.services.holding import Holding
from tests.support.walk import COUNCIL, registers
from tests.unit.gateway.services.receipting import keys_of, receipts_of, saying_residents
from tests.unit.gateway.services.served import COUNTY, PURPOSE, Served, choice

_ = Words(NullTranslations())
HIDDEN = "harbour-charity"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def holding(served: Served, *, hidden: str | None = None) -> Holding:
    home, policy = served.way.home, served.residents.policy
    register = registers()
    if hidden is not None:
        organisations = {
            **register.organisations,
            hidden: replace(register.organisations[hidden], hidden=True),
        }
        register = replace(register, organisations=organisations)
    return Holding(
        parts=(
            Decisions(home.keys, home.ledger, policy),
            SignedReceipts(home.keys, receipts_of(served)),
            History(home.keys, served.residents.reader, served.residents.reviews, policy),
            OtherLines(home.keys, served.residents.reader, policy),
            WhoKnows(home.locator, policy),
            *parts_beside(home.database, home.keys, policy),
        ),
        keys=home.keys,
        committer=home.committer,
        clock=served.clock,
        registers=lambda: register,
        log_keys=(home.verifier_key,),
        receipt_keys=keys_of().public,
        anew=_just_now,
    )


async def _just_now(_request: Request) -> bool:
    return True


async def bytes_of(
    served: Served, *, secret: bool = False, hides: frozenset[int] = frozenset(), hidden: str | None = None
) -> bytes:
    found = await holding(served, hidden=hidden).download(served.person, _, secret=secret, hidden=hides)
    return b"".join([piece async for piece in found])


@dataclass
class Opened:
    """A download, opened."""

    raw: bytes

    def __post_init__(self) -> None:
        self.zip = ZipFile(io.BytesIO(self.raw))
        assert self.zip.testzip() is None

    def rows(self, part: str) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = json.loads(self.zip.read(f"{part}.json"))["rows"]
        return rows

    def page(self, name: str) -> str:
        return self.zip.read(f"{name}.html").decode()

    @property
    def whole(self) -> str:
        return "".join(self.zip.read(name).decode() for name in self.zip.namelist())


async def lived(served: Served) -> None:
    """Something of everything."""
    residents = saying_residents(served)
    done = await residents.allow(served.person, choice("tenancy", "contact"))
    served.clock.advance(60)
    assert (await served.way.ask()).sections
    assert done.permitted is not None
    await residents.stop(served.person, done.permitted.id)
    await served.way.ask()


async def test_it_holds_decisions_receipts_history_and_who_knows_the_person(served: Served) -> None:
    await lived(served)
    found = Opened(await bytes_of(served))
    assert [row["what"] for row in found.rows("decisions")] == ["withdrawn", "given"]
    assert len(found.rows("receipts")) == 2
    kinds = [row["kind"] for row in found.rows("history")]
    assert kinds[:1] == ["audit-read"]
    assert {"disclosure", "refusal", "consent"} <= set(kinds)
    assert {row["source"] for row in found.rows("who-knows-you") if "reference" in row} == set(
        served.way.person.pointers
    )
    assert set(found.zip.namelist()) >= {"index.html", "README.txt", "keys/jwks.json", "keys/log-key.txt"}


async def test_it_reads_without_script_or_network_and_every_part_is_linked(served: Served) -> None:
    await lived(served)
    found = Opened(await bytes_of(served))
    index = found.page("index")
    for name in found.zip.namelist():
        if name.endswith(".html"):
            page = found.zip.read(name).decode()
            assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
            assert not any(word in page for word in ("<script", "http://", "https://", "src="))
            assert name == "index.html" or f'href="{name}"' in index
    assert "You stopped this" in found.page("decisions")


async def test_it_verifies_offline_with_public_keys_alone_and_a_changed_one_does_not(
    served: Served, tmp_path: Path
) -> None:
    await lived(served)
    raw = await bytes_of(served)
    file = tmp_path / "everything.zip"
    file.write_bytes(raw)
    trusted = Trusted(keys_of().public, (served.way.home.verifier_key,))
    lines = list(verify_file(file, trusted))
    assert lines[0].startswith("history.json: 5 lines stand in the log; 5 of them")
    assert lines[-1].startswith("receipts.json: 2 receipts are signed")
    with pytest.raises(VerificationError, match="--log-key"):
        list(verify_file(file, replace(trusted, log_keys=())))
    for name, change in (
        ("history.json", lambda text: text.replace('"outcome":"disclosed"', '"outcome":"empty"')),
        ("history.json", lambda text: text.replace('"recipient":"norfolk', '"recipient":"norwich', 1)),
        ("history.json", lambda text: text.replace('"index":', '"index":1', 1)),
        ("history.json", lambda text: text.replace('"salt":"', '"salt":"?', 1)),
        ("history.json", lambda text: text.replace('"leaf":"', '"leaf":"?', 1)),
        ("history.json", lambda text: text.replace('"leaf":', '"leef":', 1)),
        ("history.json", lambda _: '{"rows": 7}'),
        ("history.json", lambda _: '{"rows": [], "rows": []}'),
        ("receipts.json", lambda text: text.replace("eyJ", "eyK", 1)),
    ):
        file.write_bytes(changed(raw, name, change(ZipFile(io.BytesIO(raw)).read(name).decode())))
        with pytest.raises((VerificationError, ReceiptError)):
            list(verify_file(file, trusted))
    file.write_bytes(raw[: len(raw) // 2])
    with pytest.raises(VerificationError, match="not whole"):
        list(verify_file(file, trusted))


def changed(raw: bytes, name: str, content: str) -> bytes:
    old, sink = ZipFile(io.BytesIO(raw)), io.BytesIO()
    assert old.read(name).decode() != content
    with ZipFile(sink, "w") as new:
        for one in old.namelist():
            new.writestr(one, content if one == name else old.read(one))
    return sink.getvalue()


async def test_each_download_is_written_down_first_and_the_person_sees_it(served: Served) -> None:
    await bytes_of(served)
    (look,) = await served.residents.history(served.person, None)
    assert (look.what, look.organisation_name) == ("downloaded", "You")
    (entry,) = served.residents.reader.of_tag(served.way.person.key.tag, [Kind.AUDIT_READ.value], None, 5)
    assert (entry.outcome, entry.recipient) == ("downloaded", None)


async def test_without_the_log_there_is_no_download(served: Served) -> None:
    closed = holding(served)
    served.way.home.committer.close()
    with pytest.raises(ClosedError):
        await closed.download(served.person, _, secret=False, hidden=frozenset())


async def test_what_is_held_back_is_in_no_copy(served: Served) -> None:
    await lived(served)
    index = (await served.way.ask()).receipt.index
    served.tamper(
        "INSERT INTO held_entry (\"index\", reason, held_ms, look_again_ms) VALUES (:i, 'r', 1, 1)", i=index
    )
    found = Opened(await bytes_of(served, secret=True))
    for part in ("history", "rules", "other-lines"):
        assert index not in {row["index"] for row in found.rows(part)}
    served.tamper('UPDATE held_entry SET released_ms = 2 WHERE "index" = :i', i=index)
    assert index in {row["index"] for row in Opened(await bytes_of(served)).rows("history")}


async def test_a_service_that_keeps_secret_whom_it_helps_is_named_only_in_a_copy_that_asks_for_it(
    served: Served,
) -> None:
    grant = Grant(PURPOSE, COUNTY, {"tenancy": frozenset({"landlord"})}, frozenset({HIDDEN, COUNCIL}), None)
    await saying_residents(served).consenting.give(
        served.way.person.key, grant, Given("portal", served.person)
    )
    await served.way.ask()
    title = registers().organisations[HIDDEN].title
    usual = Opened(await bytes_of(served, hidden=HIDDEN))
    assert HIDDEN not in usual.whole.replace(f"{HIDDEN}/", "")
    assert title not in usual.whole
    asked = Opened(await bytes_of(served, hidden=HIDDEN, secret=True))
    assert HIDDEN in asked.whole
    assert title in asked.page("who-knows-you")


async def test_a_copy_looks_alike_whether_there_is_something_to_leave_out_or_not(served: Served) -> None:
    with_secret, without_any = Opened(await bytes_of(served, hidden=HIDDEN)), Opened(await bytes_of(served))
    assert with_secret.page("index") == without_any.page("index")
    assert with_secret.zip.read("README.txt") == without_any.zip.read("README.txt")
    assert with_secret.zip.namelist() == without_any.zip.namelist()


async def test_a_label_and_what_the_rules_were_asked_come_only_when_asked_for(served: Served) -> None:
    home, person = served.way.home, served.way.person
    with home.database.write() as tx:
        home.locator.observe_label(tx, person, Label.VERY_RESTRICTED, served.clock.now(), COUNCIL)
    await served.way.ask()
    usual, asked = Opened(await bytes_of(served)), Opened(await bytes_of(served, secret=True))
    assert not [row for row in usual.rows("who-knows-you") if "label" in row]
    assert usual.rows("rules") == []
    labels = {row["source"]: row["label"] for row in asked.rows("who-knows-you") if "label" in row}
    assert labels[COUNCIL] == "V"
    assert "Yes, and more than that" in asked.page("who-knows-you")


async def test_lines_that_the_person_hides_stay_hidden_unless_asked_for(served: Served) -> None:
    await lived(served)
    look = next(one for one in await served.residents.history(served.person, None) if one.what == "looked")
    hides = frozenset({look.index})
    usual = Opened(await bytes_of(served, hides=hides))
    asked = Opened(await bytes_of(served, hides=hides, secret=True))
    assert look.index not in {row["index"] for row in usual.rows("history")}
    assert look.index in {row["index"] for row in asked.rows("history")}


async def test_nobody_else_stands_in_it_and_no_key_of_ours(served: Served) -> None:
    other = served.way.home.person("9990000115")
    await served.residents.allow(other.id, choice())
    by = Given("representative", other.id, "attorney", why="because I say so")
    no = Refusal(frozenset({PURPOSE}), frozenset({COUNTY}), {"*": frozenset({"*"})})
    await saying_residents(served).consenting.object(served.way.person.key, no, by)
    found = Opened(await bytes_of(served, secret=True))
    assert found.rows("decisions")[0]["by"] == {
        "how": "representative",
        "capacity": "attorney",
        "why": "because I say so",
    }
    assert "because I say so" in found.page("decisions")
    assert other.id not in "".join(
        found.zip.read(f"{part}.json").decode() for part in ("decisions", "receipts")
    )
    assert len(found.rows("receipts")) == 1


async def test_whoever_was_erased_has_nothing_to_download(served: Served) -> None:
    served.erase()
    with pytest.raises(NotPossible):
        await bytes_of(served)
    for part in holding(served).parts:
        assert [row async for row in part.rows(served.person, _)] == []


async def test_pages_of_history_follow_each_other_to_the_end(served: Served) -> None:
    for __ in range(30):
        await served.way.ask()
    rows = Opened(await bytes_of(served)).rows("history")
    assert [row["kind"] for row in rows] == ["audit-read"] + ["refusal"] * 30
    assert [row["index"] for row in rows] == sorted((row["index"] for row in rows), reverse=True)  # type: ignore[type-var]


async def test_every_part_says_what_it_is_in_words_and_no_two_share_a_file(served: Served) -> None:
    found = holding(served)
    assert len({part.name for part in found.parts}) == len(found.parts)
    assert all(part.title and part.about.endswith(".") for part in found.in_it(_))


async def test_the_archive_is_sent_piece_by_piece_and_never_gathers() -> None:
    async def much() -> AsyncIterator[str]:
        for __ in range(400):
            yield os.urandom(4096).hex()

    sizes = [len(piece) async for piece in archive((Member("a", much), Member("b", once("end"))), NOW)]
    assert sum(sizes) > 20 * PIECE
    assert max(sizes) < 2 * PIECE


async def test_a_download_that_breaks_off_is_no_archive() -> None:
    async def broken() -> AsyncIterator[str]:
        yield "x" * 10
        raise ClosedError("audit log", "gone")

    begun = os.urandom(2 * PIECE).hex()
    came: list[bytes] = []

    async def receive() -> None:
        async for piece in archive((Member("a", once(begun)), Member("b", broken)), NOW):
            came.append(piece)  # noqa: PERF401 - what came before it broke is what matters

    with pytest.raises(ClosedError):
        await receive()
    assert came
    with pytest.raises(BadZipFile):
        ZipFile(io.BytesIO(b"".join(came)))


async def test_names_in_a_download_are_text() -> None:
    from gateway.services.held_zip import Aside, as_html

    async def rows() -> AsyncIterator[HeldRow]:
        yield HeldRow("<script>", (("<b>", '"><img>'),), {})

    aside = Aside()
    assert [row.heading async for row in aside.of(rows())] == ["<script>"]
    page = "".join([piece async for piece in as_html("<t>", "<a>", "", "", "en", aside)])
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "<img>" not in page


def test_ids_of_others_are_taken_out_at_any_depth() -> None:
    value: JsonObject = {"by": "x", "rows": [{"practitioner": "y", "kept": 1}], "kept": None}
    assert without(value, frozenset({"by", "practitioner"})) == {"rows": [{"kept": 1}], "kept": None}
