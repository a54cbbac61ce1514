"""Promise 6. No content of a source's record at rest, in logs or in errors; identifiers at rest only sealed.

Everything that a gateway leaves behind is searched, byte by byte, for what went through it.
"""

import base64
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from types import ModuleType

import orjson
import pytest
import structlog
from sqlalchemy import inspect, text

import audit.entries
import gateway.people.locator
import gateway.views.fetch
import gateway.views.record
from adapters.contract import Fragment, SourceError
from core.errors import OnceToldError
from core.keys import MissingKeyError
from core.storage import Database
from core.times import to_ms
from core.vocabulary import Json
from gateway.people import trace
from gateway.people.locator import AmbiguousError, Registration
from gateway.people.registering import register
from gateway.views.pipeline import view
from gateway.views.values import Ask
from tests.support.faults import refuse_inserts
from tests.support.walk import COUNCIL, NHS_NUMBER, PRACTICE, SINCE, STRANGER_NUMBER, Walk, walk

REASON = "zyxreason: she told us of her brother"
ANNA = trace.Demographics("Zyxkowska", "Zyxanna", date(1977, 7, 17), "NR99 9ZX")
RECORDS: Mapping[str, Mapping[str, Mapping[str, Json]]] = {
    COUNCIL: {
        "tenancy": {"tenancy_type": "secure", "status": "active", "landlord": "Zyxlandlord"},
        "contact": {"telephone": "01632 960777", "address": "7 Zyxwarden Row", "postcode": "NR99 9ZX"},
    },
    PRACTICE: {
        "contact": {"email": "zyxanna@example.test"},
        "communication-needs": {"preferred_language": "Zyxish", "interpreter_required": True},
        "identity": {"name": "Zyxanna Zyxkowska", "birth_date": "1977-07-17"},
    },
}
PLANTED = (
    "zyxreason",
    "Zyxkowska",
    "Zyxanna",
    "1977-07-17",
    "NR99 9ZX",
    "nr999zx",
    "01632 960777",
    "Zyxwarden",
    "Zyxlandlord",
    "Zyxish",
    "zyxanna@example.test",
    NHS_NUMBER,
    STRANGER_NUMBER,
    "record-at-",
    "a.practitioner",
    "zyxpurpose",
)
"""What went through the gateway: record content, identifiers, the reason, the sources' own ids, who asked."""


def shapes(planted: str) -> Iterator[bytes]:
    """The ways in which a string may lie about: as it is, in another case, as hex, within base64."""
    for form in {planted, planted.lower(), planted.upper(), planted.casefold()}:
        yield form.encode()
        yield form.encode().hex().encode()
        yield form.encode("utf-16-le")
    for shift in range(3):
        # Of whatever stands around it, base64 keeps all but the first and last few characters.
        yield base64.b64encode(b"\0" * shift + planted.encode())[4 if shift else 0 : -4]


def found_in(haystack: bytes) -> set[str]:
    return {one for one in PLANTED if any(len(shape) > 5 and shape in haystack for shape in shapes(one))}


def at_rest(folder: Path, *databases: Database) -> bytes:
    """Every byte of SQLite's files, journals included; every value of every column that PostgreSQL has."""
    kept = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]
    for database in databases:
        if database.dialect == "postgresql":
            with database.read() as tx:
                for name in inspect(tx).get_table_names():
                    for row in tx.execute(text(f'SELECT * FROM "{name}"')):  # noqa: S608 - the database's own names
                        kept.extend(
                            bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                            for value in row
                        )
    everything = b"\n".join(kept)
    assert b"norfolk-county-council" in everything, (
        "the index names organisations: there is something to search"
    )
    return everything


def chain(error: BaseException | None) -> str:
    """All that a traceback could print of an error's words."""
    return "" if error is None else f"{error} {chain(error.__cause__ or error.__context__)}"


async def lived(way: Walk) -> list[str]:
    """Views, refusals, withdrawals, failures of every kind; gives what the errors on the way said."""
    errors: list[str] = []
    for name, records in RECORDS.items():
        way.sources[name].records = records

    async def asking(**how: str) -> None:
        ask = Ask(
            way.handle("triager", how.get("nhs_number", NHS_NUMBER)),
            how.get("purpose", "early-help-triage"),
            None,
            REASON,
        )
        try:
            await view(way.parts, [how.get("who", "triager")], ask, "req_test")
        except OnceToldError as error:
            errors.append(chain(error))

    registration = Registration(COUNCIL, "record-at-" + COUNCIL, NHS_NUMBER, ANNA)
    with way.home.database.write() as tx:
        register(way.home.locator, way.home.ledger, way.person, registration, SINCE, (), tx)
    await asking()
    await asking(purpose="zyxpurpose-nobody-registered")
    permission = await way.allow()
    await asking()
    way.sources[COUNCIL].excess = (
        Fragment("tenancy", "start_date", "Zyxlandlord", SINCE),
        Fragment("health-summary", "conditions", {"name": "Zyxish"}, SINCE),
    )
    await asking()
    way.sources[COUNCIL].fault = lambda: ValueError("Zyxlandlord")  # type: ignore[assignment] # a bug
    way.sources[PRACTICE].fault = lambda: SourceError(PRACTICE, "malformed")
    await asking()
    way.sources[COUNCIL].fault = way.sources[PRACTICE].fault = None
    await asking(purpose="no-such-purpose")
    await asking(who="nobody")
    await asking(nhs_number=STRANGER_NUMBER)
    await way.stop(permission)
    await asking()
    errors.extend(await mistakes(way))
    await way.allow()
    refuse_inserts(way.home.database, "log_entry_organisation")
    await asking()
    return errors


async def mistakes(way: Walk) -> list[str]:
    """What goes wrong when a source registers nonsense."""
    errors: list[str] = []
    for number in (NHS_NUMBER, STRANGER_NUMBER):
        try:
            trace.by_nhs_number(number[:-1] + "0")
        except trace.TraceError as error:
            errors.append(chain(error))
    other = way.home.person(STRANGER_NUMBER, **{PRACTICE: "record-at-elsewhere"})
    try:
        with way.home.database.write() as tx:
            claims = Registration(COUNCIL, "record-at-" + COUNCIL, STRANGER_NUMBER, ANNA)
            way.home.locator.register(tx, other, claims, SINCE)
    except AmbiguousError as error:
        errors.append(chain(error))
    return errors


async def nothing_is_kept(
    way: Walk, folder: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """The promise, for all that went through."""
    caplog.set_level(logging.DEBUG)
    errors = await lived(way)
    assert len(errors) >= 5
    printed = capfd.readouterr()
    assert "log.append-failed" in printed.out
    assert found_in(at_rest(folder, way.home.database, way.home.key_database)) == set()
    assert found_in("".join((printed.out, printed.err, caplog.text)).encode()) == set()
    assert found_in(" ".join(errors).encode()) == set()


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest) -> tuple[str, str] | None:
    if request.param == "sqlite":
        return None
    fresh: Callable[[], str] = request.getfixturevalue("fresh_database")
    return fresh(), fresh()


async def test_promise_6_nothing_kept(
    tmp_path: Path,
    urls: tuple[str, str] | None,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with walk(tmp_path, urls) as way:
        await nothing_is_kept(way, tmp_path, capfd, caplog)


@pytest.mark.parametrize("room", [audit.entries, gateway.people.locator], ids=["entries", "people"])
async def test_without_the_seals_the_promise_breaks(
    tmp_path: Path,
    urls: tuple[str, str] | None,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    room: ModuleType,
) -> None:
    monkeypatch.setattr(room, "seal_json", lambda _, value, context: orjson.dumps(value, default=dict))
    monkeypatch.setattr(room, "open_json", lambda _, sealed, context: orjson.loads(sealed))
    async with walk(tmp_path, urls) as way:
        with pytest.raises(AssertionError):
            await nothing_is_kept(way, tmp_path, capfd, caplog)


async def test_without_keeping_an_adapters_words_out_of_the_log_the_promise_breaks(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class TalkativeError(SourceError):
        def __init__(self, source: str, code: str) -> None:
            super().__init__(source, code)
            structlog.get_logger().warning("source failed", why=chain(sys.exception()))

    monkeypatch.setattr(gateway.views.fetch, "SourceError", TalkativeError)
    async with walk(tmp_path) as way:
        with pytest.raises(AssertionError, match="Zyxlandlord"):
            await nothing_is_kept(way, tmp_path, capfd, caplog)


async def test_without_sealing_a_callers_own_purpose_the_promise_breaks(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The draft keeps the purpose as it was asked for, so it reaches the index beside the sealed detail.
    monkeypatch.setattr(gateway.views.record, "replace", lambda draft, **_: draft)
    async with walk(tmp_path) as way:
        with pytest.raises(AssertionError, match="zyxpurpose"):
            await nothing_is_kept(way, tmp_path, capfd, caplog)


async def test_without_the_key_nobody_reads_what_rests_of_a_person(tmp_path: Path) -> None:
    async with walk(tmp_path) as way:
        await way.allow()
        await way.ask()
        home = way.home
        wrapped, tag = wrapped_and_tag(home.key_database, way.person.id)
        assert wrapped in at_rest(tmp_path)
        home.keys.erase(way.person.id, to_ms(home.clock.now()))
        # Neither in the file nor in its journal: or a copy of the disk would bring the person back.
        assert wrapped not in at_rest(tmp_path)
        assert home.locator.by_nhs_number(NHS_NUMBER) is None
        assert home.locator.by_id(way.person.id) is None
        with pytest.raises(MissingKeyError):
            home.keys.by_tag(tag)
        with pytest.raises(MissingKeyError):
            home.keys.get_or_create(way.person.id)


def wrapped_and_tag(database: Database, subject: str) -> tuple[bytes, bytes]:
    with database.read() as tx:
        found = tx.execute(text("SELECT wrapped, tag FROM person_key WHERE subject = :s"), {"s": subject})
        wrapped, tag = found.one()
    return bytes(wrapped), bytes(tag)
