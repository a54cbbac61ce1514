"""Opening a policy: from a folder or a bundle, for either engine; and what is told when it cannot be opened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import ClosedError, OnceToldError
from gateway.policy.bundle import BundleError, read_bundle
from gateway.policy.bundle_archive import COMPRESSED_MAXIMUM
from gateway.policy.live import LivePolicy, Policy
from gateway.policy.opening import (
    Central,
    PolicyFileError,
    open_bundle,
    open_folder,
    open_sections,
    read_packed,
    read_trusted,
    why_refused,
)
from gateway.policy.port import STRANGER, Asker, Question
from gateway.policy.register_files import RegisterError
from gateway.policy.server import OpaAddressError
from tests.support.bundles import POLICIES, TRUSTED, bundle_bytes
from tests.support.policies import NO_REGISTERS, undecided

SCHEMAS = POLICIES / "schemas"
QUESTION = Question(Asker("", "", None, frozenset()), "", None, frozenset(), STRANGER)


@pytest.fixture(scope="module")
def folder() -> Policy:
    return open_folder(POLICIES)


@pytest.fixture(scope="module")
def packed() -> Policy:
    return open_bundle(bundle_bytes(3), TRUSTED, SCHEMAS)


async def test_a_bundle_and_the_folder_that_it_was_made_from_are_one_policy(
    folder: Policy, packed: Policy
) -> None:
    assert (folder.number, folder.digest, packed.number) == (0, "", 3)
    assert folder.revision == packed.revision
    assert folder.registers == packed.registers
    assert folder.sections == packed.sections
    assert await folder.engine.decide(QUESTION) == await packed.engine.decide(QUESTION)


async def test_what_is_supposed_is_decided_by_the_same_gates_and_the_bundles_own_registers_stay(
    folder: Policy, packed: Policy
) -> None:
    for policy in (folder, packed):
        one = policy.registers.agreements["early-help-triage"]
        made_up = replace(policy.registers, agreements={one.id: replace(one, version=one.version + 1)})
        engine = policy.suppose(made_up)
        assert engine.revision != policy.revision
        assert (await engine.decide(QUESTION)).refusal == (await policy.engine.decide(QUESTION)).refusal
    assert folder.suppose(folder.registers).revision == packed.suppose(folder.registers).revision


async def test_with_a_central_server_the_policy_expects_its_revision_and_closes_its_connections(
    folder: Policy,
) -> None:
    central = Central("http://127.0.0.1:1", "token")
    for policy in (open_folder(POLICIES, central), open_bundle(bundle_bytes(3), TRUSTED, SCHEMAS, central)):
        assert policy.revision == folder.revision
        await policy.release()
        with pytest.raises(ClosedError, match="it was closed"):
            await policy.engine.decide(QUESTION)


async def test_what_was_given_back_decides_no_more() -> None:
    policy = open_bundle(bundle_bytes(3), TRUSTED, SCHEMAS)
    await policy.release()
    with pytest.raises(ClosedError):
        await policy.engine.decide(QUESTION)


def test_an_address_that_is_none_is_refused_before_anything_decides() -> None:
    with pytest.raises(OpaAddressError):
        open_folder(POLICIES, Central("http://opa.example"))


def test_a_file_that_cannot_be_read_is_refused_and_of_one_too_large_no_more_is_read(tmp_path: Path) -> None:
    with pytest.raises(PolicyFileError, match="unreadable") as refused:
        read_packed(tmp_path / "nowhere")
    assert why_refused(refused.value) == "unreadable"
    (tmp_path / "large").write_bytes(bytes(COMPRESSED_MAXIMUM + 2))
    assert len(read_packed(tmp_path / "large")) == COMPRESSED_MAXIMUM + 1


def test_keys_that_do_not_read_are_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "keys.yaml").write_text("keys: []")
    with pytest.raises(PolicyFileError) as refused:
        read_trusted(tmp_path / "keys.yaml")
    assert why_refused(refused.value) == "keys-unreadable"


@pytest.mark.parametrize("name", ["tenancy.v1.json", "a2.v1.json"])
def test_sections_that_no_gateway_could_check_records_by_are_refused(name: str) -> None:
    good = read_bundle(bundle_bytes(3), TRUSTED)
    with pytest.raises(BundleError, match="its sections cannot be used") as refused:
        open_sections(replace(good, files={f"sections/{name}": b"{}"}))
    assert why_refused(refused.value) == "malformed"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ClosedError("policy engine", "no"), "engine-unusable"),
        (RegisterError("roles.yaml", 1, "no"), "malformed"),
    ],
)
def test_every_other_refusal_has_a_code(error: OnceToldError, code: str) -> None:
    assert why_refused(error) == code


# The live policy


def test_the_policy_in_force_is_found_among_those_at_hand_and_no_other() -> None:
    one, two = undecided("one"), undecided("two")
    live = LivePolicy(one)
    behind: list[str] = []
    live.when_behind = lambda: behind.append("behind")
    assert live.in_force("one") is one
    with pytest.raises(ClosedError, match="another policy is in force"):
        live.in_force("two")
    assert behind == ["behind"]
    live.make_ready(two)
    assert (live.in_force("one"), live.in_force("two"), live.current) == (one, two, one)
    live.give_up()
    with pytest.raises(ClosedError):
        live.in_force("two")
    live.make_ready(two)
    assert live.swap() is one
    assert (live.current, live.registers) == (two, NO_REGISTERS)
    with pytest.raises(ClosedError):
        live.in_force("one")


async def test_a_policy_of_a_test_supposes_nothing_and_holds_nothing() -> None:
    policy = undecided()
    await policy.release()
    with pytest.raises(ClosedError):
        policy.suppose(NO_REGISTERS)
    assert policy != undecided()
