"""The composition: what it puts in force, what it refuses to start with, and the calendar of the agreements."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import orjson
import pytest

from audit.entries import Kind
from core.errors import ClosedError, OnceToldError
from core.sections import policies_folder
from gateway.app import assert_ready
from gateway.authority import OlderPolicyError
from gateway.compose import compose, put_in_force
from gateway.migrating import prepare_storage
from gateway.policy.bundle_archive import SIGNATURES
from gateway.policy.live import AgreementCalendar
from gateway.policy.registers import Status
from gateway.settings import Settings
from tests.support.bundles import altered, bundle_bytes
from tests.support.clock import FakeClock
from tests.support.policies import undecided
from tests.support.replicas import AGREEMENT, SUSPENDED_IN_ITS_FILE, bundle_of, bundled
from tests.support.walk import registers
from tests.unit.gateway.composed import composed, configured
from tests.unit.gateway.web.asgi import ask, scope_of

Breaks = Callable[[Settings], Settings]


def calendar(**days: tuple[str, str]) -> AgreementCalendar:
    """A calendar of agreements, each from its first to its last day."""
    model = registers().agreements["early-help-triage"]
    agreements = {
        name: replace(
            model,
            id=name,
            valid_from=datetime.fromisoformat(first).date(),
            valid_until=datetime.fromisoformat(last).date(),
        )
        for name, (first, last) in days.items()
    }
    return AgreementCalendar(replace(registers(), agreements=MappingProxyType(agreements)))


def test_the_calendar_turns_when_an_agreement_begins_or_ends_and_back_again() -> None:
    known = calendar(one=("2026-01-01", "2026-01-31"), two=("2026-02-01", "2026-02-28"))
    january, february = datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 2, 10, tzinfo=UTC)
    turn = datetime(2026, 2, 1, tzinfo=UTC)
    assert known.in_force(january) == {"one"}
    assert known.next_change(january) == turn
    assert known.in_force(turn - timedelta(milliseconds=1)) == {"one"}
    assert known.in_force(turn) == {"two"}
    assert known.in_force(february) == {"two"}
    assert known.next_change(february) == datetime(2026, 3, 1, tzinfo=UTC)
    # A clock that was set back must not leave a later agreement in force.
    assert known.in_force(january) == {"one"}
    assert known.in_force(datetime(2027, 1, 1, tzinfo=UTC)) == frozenset()
    assert known.next_change(datetime(2027, 1, 1, tzinfo=UTC)) is None


async def test_a_gateway_is_ready_once_composed_and_says_in_the_log_which_policy_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with composed(tmp_path, monkeypatch) as house:
        gateway = house.gateway
        assert_ready(gateway)
        operator = gateway.keys.get("org:operator")
        (entry,) = house.reader.of_tag(operator.tag, [Kind.ADMINISTRATION.value], None, 10)
        opening = house.reader.open(entry)
        assert opening is not None
        assert opening.detail["detail"] == {"policy": gateway.policy.current.revision, "number": 0}
        assert set(gateway.sources.by_id) == {
            "wensum-valley-practice",
            "norwich-city-council",
            "harbour-charity",
            # What residents told of themselves, which the gateway keeps.
            "oncetold-residents",
        }
        # As at the next start, and on every other replica: it is in force already.
        size = house.size
        put_in_force(gateway.log, gateway.authority, gateway.keys, gateway.policy.current)
        assert house.size == size


async def test_a_replica_with_another_policy_says_so_and_stops_the_first_from_being_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with composed(tmp_path, monkeypatch) as house:
        gateway, size = house.gateway, house.size
        put_in_force(gateway.log, gateway.authority, gateway.keys, undecided("another"))
        assert house.size == size + 1
        with pytest.raises(OnceToldError, match="another policy is in force"):
            assert_ready(gateway)


async def test_two_replicas_that_start_at_once_leave_one_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with composed(tmp_path, monkeypatch) as house:
        gateway, size = house.gateway, house.size
        # Both looked before either wrote.
        monkeypatch.setattr(type(gateway.authority), "state", lambda _self: None)
        put_in_force(gateway.log, gateway.authority, gateway.keys, gateway.policy.current)
        assert house.size == size


async def test_a_gateway_with_a_bundle_puts_it_in_force_and_takes_over_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with composed(tmp_path, monkeypatch, pages=True, **bundled(tmp_path, 3)) as house:
        gateway = house.gateway
        state = gateway.authority.state()
        assert state is not None
        assert (state.bundle, state.number) == (gateway.policy.current.revision, 3)
        assert gateway.registers.agreements == registers().agreements
        assert gateway.watcher is not None
        (tmp_path / "policy.tar.gz").write_bytes(bundle_of(tmp_path, 4, SUSPENDED_IN_ITS_FILE))
        await gateway.watcher.look()
        assert gateway.registers.agreements[AGREEMENT].status is Status.SUSPENDED
        assert_ready(gateway)
        with pytest.raises(OlderPolicyError, match="number 3 is older than 4"):
            await compose(gateway.settings.model_copy(update=older_bundle(tmp_path)), house.clock)


def older_bundle(folder: Path) -> dict[str, Path]:
    path = folder / "older.tar.gz"
    path.write_bytes(bundle_bytes(3))
    return {"policy_bundle": path}


async def test_a_gateway_whose_policy_is_a_folder_does_not_start_where_a_bundle_is_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with composed(tmp_path, monkeypatch, pages=True, **bundled(tmp_path, 3)) as house:
        row = house.gateway.authority.state()
        folder = {"policy_bundle": None, "policy_keys": None}
        with pytest.raises(OlderPolicyError, match="a folder counts as number 0"):
            await compose(house.gateway.settings.model_copy(update=folder), house.clock)
        assert house.gateway.authority.state() == row


async def test_before_anything_is_in_force_it_is_not_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with composed(tmp_path, monkeypatch) as house:
        with house.gateway.database.write() as tx:
            tx.exec_driver_sql("DELETE FROM authority")
        with pytest.raises(ClosedError, match="none is in force"):
            assert_ready(house.gateway)


async def test_partners_and_pages_read_the_registers_of_the_policy_that_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with composed(tmp_path, monkeypatch) as house:
        live = house.gateway.policy
        asked = scope_of("GET", "/v1/organisations")
        before = orjson.loads((await ask(house.app, asked)).body)
        known = dict(live.registers.organisations)
        del known["age-well-norfolk"]
        live.make_ready(replace(live.current, registers=replace(live.registers, organisations=known)))
        live.swap()
        after = orjson.loads((await ask(house.app, asked)).body)
        assert {one["organisation"] for one in before} - {one["organisation"] for one in after} == {
            "age-well-norfolk"
        }


def _no_secrets(settings: Settings) -> Settings:
    settings.secrets_file.unlink()
    return settings


def _no_issuers(settings: Settings) -> Settings:
    settings.issuers_file.write_text("issuers: []")
    return settings


def _no_sources(settings: Settings) -> Settings:
    settings.sources_file.write_text("sources: {}")
    return settings


def _unknown_kind(settings: Settings) -> Settings:
    settings.sources_file.write_text("sources: [{id: a, kind: telepathy, sections: [contact]}]")
    return settings


def _no_policies(settings: Settings) -> Settings:
    return settings.model_copy(update={"policies_folder": settings.secrets_file.parent})


def _another_policy(settings: Settings) -> Settings:
    folder = settings.secrets_file.parent / "policies"
    shutil.copytree(policies_folder(), folder)
    (folder / "policy.wasm").write_bytes(b"\0asm")
    return settings.model_copy(update={"policies_folder": folder})


def _unsigned_bundle(settings: Settings) -> Settings:
    folder = settings.secrets_file.parent
    given = {name: Path(value) for name, value in bundled(folder, 1).items()}
    unsigned = altered(bundle_bytes(1), lambda files: files.pop(SIGNATURES))
    (folder / "policy.tar.gz").write_bytes(unsigned)
    return settings.model_copy(update=given)


def _no_bundle(settings: Settings) -> Settings:
    return _unsigned_bundle(settings).model_copy(update={"policy_bundle": Path("nowhere.tar.gz")})


def _no_keys(settings: Settings) -> Settings:
    return _unsigned_bundle(settings).model_copy(update={"policy_keys": Path("nowhere.yaml")})


def _opa_over_the_net(settings: Settings) -> Settings:
    return settings.model_copy(update={"opa_url": "http://opa.example"})


def _not_migrated(settings: Settings) -> Settings:
    empty = f"sqlite:///{settings.secrets_file.parent / 'empty.db'}"
    return settings.model_copy(update={"database_url": empty})


@pytest.mark.parametrize(
    ("breaks", "words"),
    [
        (_no_secrets, "make it with `oncetold init`"),
        (_no_issuers, "is a required property"),
        (_no_sources, "holds no list under `sources`"),
        (_unknown_kind, "source a: kind is one of"),
        (_no_policies, "schemas/section.schema.json: the file cannot be read"),
        (_another_policy, "policy.wasm: it is not what policy.json describes"),
        (_unsigned_bundle, "unsigned"),
        (_no_bundle, "unreadable"),
        (_no_keys, "keys-unreadable"),
        (_opa_over_the_net, "by https only"),
        (_not_migrated, "database"),
    ],
)
async def test_what_is_wrong_with_the_configuration_is_said_and_nothing_stays_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, breaks: Breaks, words: str
) -> None:
    settings = configured(tmp_path, monkeypatch)
    prepare_storage(settings, FakeClock())
    # A client session or a thread that stayed behind would fail the test as a warning at its end.
    with pytest.raises(OnceToldError, match=words):
        await compose(breaks(settings), FakeClock())
