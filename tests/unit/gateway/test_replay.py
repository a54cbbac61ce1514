"""A gateway's decisions asked again of candidates: the printed difference is exactly what was edited, and names nobody."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from audit.note import Signer
from consent.permissions import Given
from core.sections import policies_folder
from gateway.cli import app
from gateway.consenting import Grant
from gateway.people import trace
from gateway.policy.bundle_writing import write_bundle
from gateway.reviews import inputs
from gateway.reviews.inputs import purge_inputs
from gateway.settings import Settings
from gateway.views.pipeline import Parts, Timing, view
from gateway.views.values import Ask, RefusedError
from tests.support.bundles import KEY, KEYID, pem
from tests.support.clock import TODAY, FakeClock
from tests.support.house import KEK, MASTER, ORIGIN, SEED, sqlite_urls
from tests.support.walk import CALLERS, EVERYTHING, NHS_NUMBER, FakeVerifier, Walk, caller, walk

COUNTY, CITY, AGE_WELL = "norfolk-county-council", "norwich-city-council", "age-well-norfolk"
OTHER_NUMBER = "9990000042"


@dataclass
class Replays:
    """A gateway that has decided, and the command line beside it."""

    way: Walk
    parts: Parts
    folder: Path

    async def ask(self, who: str, purpose: str, number: str = NHS_NUMBER) -> None:
        callers = {**CALLERS, "volunteer": caller(AGE_WELL, "volunteer")}
        parts = replace(self.parts, verifier=FakeVerifier(callers))
        handle = self.way.home.handles.make(callers[who].organisation, trace.by_nhs_number(number))
        await view(parts, [who], Ask(handle, purpose, None, "a test"), "req_test")

    async def allow(self, organisation: str, purpose: str, *sources: str) -> str:
        person = self.way.person
        grant = Grant(purpose, organisation, EVERYTHING, frozenset(sources), None)
        return (await self.way.consenting.give(person.key, grant, Given("portal", person.id))).value.id

    def candidate(self, **edits: tuple[str, ...]) -> Path:
        """The policies with texts of agreements replaced (before, after, before, after ...); nobody has signed that."""
        folder = self.folder / f"candidate-{len(list(self.folder.iterdir()))}"
        shutil.copytree(policies_folder(), folder, ignore=shutil.ignore_patterns("__pycache__", "tests"))
        for name, texts in edits.items():
            path = folder / "registers" / "agreements" / f"{name.replace('_', '-')}.yaml"
            written = path.read_text(encoding="utf-8")
            for before, after in zip(texts[::2], texts[1::2], strict=True):
                assert before in written, before
                written = written.replace(before, after)
            path.write_text(written, encoding="utf-8")
        return folder

    async def run(self, *arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, ("policy", *arguments))

    async def differences(self, *arguments: str) -> list[dict[str, object]]:
        result = await self.run("replay", *arguments, "--json")
        assert result.exit_code in {0, 3}, result.output
        found: list[dict[str, object]] = json.loads(result.stdout)["differences"]
        assert bool(found) == (result.exit_code == 3)
        return found

    async def counts(self, *arguments: str) -> tuple[int, int, int, int]:
        told = json.loads((await self.run("replay", *arguments, "--json")).stdout)
        return told["decisions"], told["changed"], told["erased"], told["unreadable"]


@pytest.fixture
async def replays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Replays]:
    urls = sqlite_urls(tmp_path)
    secrets = tmp_path / "secrets.json"
    secrets.touch(mode=0o600)
    value = {
        "master": base64.b64encode(MASTER).decode(),
        "key_encryption_key": base64.b64encode(KEK).decode(),
        "log_key": Signer(ORIGIN, SEED).export(),
    }
    secrets.write_text(json.dumps(value))
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ONCETOLD_{name.upper()}", raising=False)
    for name, setting in {
        "DATABASE_URL": urls[0],
        "KEYS_URL": urls[1],
        "SECRETS_FILE": str(secrets),
        "SOURCES_FILE": str(tmp_path / "none.yaml"),
        "ISSUERS_FILE": str(tmp_path / "none.yaml"),
    }.items():
        monkeypatch.setenv(f"ONCETOLD_{name}", setting)
    async with walk(tmp_path, urls, clock=FakeClock()) as way:
        yield Replays(way, replace(way.parts, timing=Timing(0.05, 0.06)), tmp_path)


async def test_the_difference_says_exactly_what_a_candidate_edits(replays: Replays) -> None:
    await replays.allow(COUNTY, "early-help-triage", "*")
    await replays.allow(AGE_WELL, "interact-home-health", "*")
    for _ in range(2):
        await replays.ask("triager", "early-help-triage")
    await replays.ask("volunteer", "interact-home-health")
    await replays.ask("housing", "homelessness-prevention")
    candidate = replays.candidate(
        early_help_triage=("  debts: [arrears_band]\n", ""),
        interact_home_health=("contact: [safe_contact]\n", "contact: [safe_contact, telephone]\n"),
        homelessness_prevention=(
            "valid_until: 2028-01-31",
            "valid_until: 2026-10-31",
            "review_date: 2027-07-31",
            "review_date: 2026-08-31",
        ),
    )
    found = await replays.differences(str(candidate))
    by_what = {(one["organisation"], one["role"], one["purpose"], one["what"]) for one in found}
    assert by_what == {
        (COUNTY, "triager", "early-help-triage", "loses"),
        (AGE_WELL, "volunteer", "interact-home-health", "gains"),
        (CITY, "housing-officer", "homelessness-prevention", "loses"),
        (CITY, "housing-officer", "homelessness-prevention", "refused"),
    }
    triage = [one for one in found if one["purpose"] == "early-help-triage"]
    assert [(one["source"], one["detail"], one["agreement"], one["decisions"]) for one in triage] == [
        (CITY, "debts.arrears_band", "early-help-triage", 2)
    ]
    gained = {(one["source"], one["detail"], one["decisions"]) for one in found if one["what"] == "gains"}
    assert {(detail, count) for _, detail, count in gained} == {("contact.telephone", 1)}
    (refused,) = [one for one in found if one["what"] == "refused"]
    assert refused["detail"] == "answered -> agreement-ended"
    lost = {one["detail"] for one in found if one["what"] == "loses" and one["organisation"] == CITY}
    assert "contact.safe_contact" in lost
    told = (await replays.run("replay", str(candidate))).stdout
    assert "5 decisions" not in told
    assert "4 decisions asked again, 4 would differ; not asked: 0 erased, 0 unreadable" in told
    assert f"{COUNTY}, triager, early-help-triage\n  loses debts.arrears_band of {CITY}" in told
    assert "under early-help-triage (in 2 decisions)" in told


async def test_nobody_is_named_in_what_is_printed(replays: Replays) -> None:
    permission = await replays.allow(COUNTY, "early-help-triage", "*")
    await replays.ask("triager", "early-help-triage")
    candidate = str(replays.candidate(early_help_triage=("  debts: [arrears_band]\n", "")))
    for output in (
        (await replays.run("replay", candidate)).output,
        (await replays.run("replay", candidate, "--json")).output,
    ):
        for secret in (permission, replays.way.person.id, NHS_NUMBER, "a.practitioner", "h1."):
            assert secret not in output


async def test_a_candidate_that_changes_nothing_ends_with_0_and_one_that_does_with_3(
    replays: Replays,
) -> None:
    await replays.allow(COUNTY, "early-help-triage", "*")
    await replays.ask("triager", "early-help-triage")
    assert (await replays.run("replay", str(policies_folder()))).exit_code == 0
    changed = replays.candidate(early_help_triage=("  debts: [arrears_band]\n", ""))
    assert (await replays.run("replay", str(changed))).exit_code == 3


async def test_an_agreement_under_another_name_moves_what_it_shows_and_takes_nothing_away(
    replays: Replays,
) -> None:
    await replays.allow(COUNTY, "early-help-triage", "*")
    await replays.ask("triager", "early-help-triage")
    candidate = replays.candidate(early_help_triage=("id: early-help-triage\n", "id: triage-2027\n"))
    agreements = candidate / "registers" / "agreements"
    (agreements / "early-help-triage.yaml").rename(agreements / "triage-2027.yaml")
    found = await replays.differences(str(candidate))
    assert {one["what"] for one in found} == {"moves"}
    assert "debts.arrears_band: early-help-triage -> triage-2027" in {one["detail"] for one in found}


async def test_a_refusal_that_nobody_gets_any_more_and_a_new_obligation_are_told(replays: Replays) -> None:
    for _ in range(3):
        with pytest.raises(RefusedError):
            await replays.ask("adviser", "food-fuel-help")
    suspended = (
        "suspension: {since: 2026-10-05, by: norwich-city-council, reason: The voucher desk's shared sign-in is "
        "being replaced}"
    )
    candidate = replays.candidate(
        food_fuel_help=("status: suspended", "status: active", suspended, "suspension: null")
    )
    found = await replays.differences(str(candidate))
    assert [(one["what"], one["detail"], one["decisions"]) for one in found] == [
        ("refused", "agreement-suspended -> answered", 3)
    ]
    await replays.ask("housing", "homelessness-prevention")
    noisy = replays.candidate()
    purposes = noisy / "registers" / "purposes.yaml"
    purposes.write_text(
        purposes.read_text().replace(
            "  - id: homelessness-prevention\n", "  - id: homelessness-prevention\n    notify: true\n"
        )
    )
    assert [(one["what"], one["detail"]) for one in await replays.differences(str(noisy))] == [
        ("must", "notify")
    ]


async def test_what_a_person_gave_before_a_new_winding_down_still_counts(replays: Replays) -> None:
    await replays.allow(COUNTY, "early-help-triage", "*")
    await replays.ask("triager", "early-help-triage")
    winding = (
        "status: active\n",
        "status: winding-down\nwinding_down: {since: %s, by: norfolk-county-council, reason: It ends}\n",
    )
    later = replays.candidate(early_help_triage=(winding[0], winding[1] % "2026-12-01"))
    assert await replays.differences(str(later)) == []
    earlier = replays.candidate(early_help_triage=(winding[0], winding[1] % "2026-11-01"))
    assert {one["what"] for one in await replays.differences(str(earlier))} == {"loses"}


async def test_of_an_erased_person_nothing_is_asked_again(replays: Replays) -> None:
    await replays.allow(COUNTY, "early-help-triage", "*")
    await replays.ask("triager", "early-help-triage")
    await replays.ask("housing", "homelessness-prevention", OTHER_NUMBER)
    candidate = str(replays.candidate(early_help_triage=("  debts: [arrears_band]\n", "")))
    assert await replays.counts(candidate) == (2, 1, 0, 0)
    replays.way.home.keys.erase(replays.way.person.id, 1)
    assert await replays.counts(candidate) == (1, 0, 1, 0)
    assert await replays.differences(candidate) == []


async def test_an_input_that_was_altered_is_counted_and_stops_nothing(replays: Replays) -> None:
    await replays.ask("housing", "homelessness-prevention")
    await replays.ask("housing", "homelessness-prevention")
    with replays.way.home.database.write() as tx:
        tx.execute(
            text(
                'UPDATE decision_input SET sealed = :other WHERE "index" = (SELECT min("index") FROM decision_input)'
            ),
            {"other": b"altered"},
        )
    assert await replays.counts(str(policies_folder())) == (1, 0, 0, 1)


async def test_days_and_organisation_narrow_what_is_asked_again(
    replays: Replays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "CHUNK", 2)
    clock = replays.way.home.clock
    assert isinstance(clock, FakeClock)
    for _ in range(3):
        await replays.ask("housing", "homelessness-prevention")
    await replays.ask("triager", "early-help-triage")
    clock.wall = TODAY + timedelta(days=2)
    await replays.ask("housing", "homelessness-prevention")
    today, policies = "2026-11-23", str(policies_folder())
    assert await replays.counts(policies) == (5, 0, 0, 0)
    assert await replays.counts(policies, "--until", today) == (4, 0, 0, 0)
    assert await replays.counts(policies, "--since", "2026-11-24") == (1, 0, 0, 0)
    assert await replays.counts(policies, "--since", today, "--until", today, "--organisation", CITY) == (
        3,
        0,
        0,
        0,
    )


async def test_a_candidate_that_contradicts_itself_is_refused_with_what_to_change(replays: Replays) -> None:
    candidate = replays.candidate()
    found = candidate / "registers" / "agreements" / "homelessness-prevention.yaml"
    twin = found.with_name("homelessness-twin.yaml")
    twin.write_text(found.read_text().replace("id: homelessness-prevention\n", "id: homelessness-twin\n"))
    result = await replays.run("replay", str(candidate))
    assert result.exit_code == 1
    assert "registers/agreements/homelessness-" in result.stderr


async def test_a_signed_bundle_is_a_candidate_and_one_of_a_stranger_is_refused(replays: Replays) -> None:
    await replays.ask("housing", "homelessness-prevention")
    bundle = replays.folder / "candidate.tar.gz"
    bundle.write_bytes(write_bundle(policies_folder(), 7, KEY, KEYID))
    keys = replays.folder / "keys.yaml"
    indented = pem().decode().strip().replace("\n", "\n      ")
    keys.write_text(f"keys:\n  - keyid: {KEYID}\n    public_key: |\n      {indented}\n")
    result = await replays.run("replay", str(bundle), "--keys", str(keys), "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["candidate"]["number"] == 7
    refused = await replays.run("replay", str(bundle))
    assert refused.exit_code == 1
    assert "refused (unknown-key)" in refused.stderr
    assert (await replays.run("replay", str(replays.folder / "nowhere"))).exit_code == 1


async def test_the_sealed_inputs_hold_nothing_that_can_be_read(replays: Replays) -> None:
    permission = await replays.allow(COUNTY, "early-help-triage", "willow-refuge", CITY)
    replays.way.home.person(NHS_NUMBER, **{"willow-refuge": "record-at-willow"})
    await replays.ask("triager", "early-help-triage")
    replays.way.home.database.scrub()
    rest = b"".join(path.read_bytes() for path in sorted(replays.folder.glob("*.db*")))
    assert b"decision_input" in rest
    for planted in (permission, "willow-refuge", "confidentiality_consent", "record-at-willow"):
        assert planted.encode() not in rest, planted
    (sealed,) = [one.sealed for one in inputs.sealed_inputs(replays.way.home.database, None, None, None)]
    assert COUNTY.encode() not in sealed


async def test_inputs_are_forgotten_when_their_day_has_come_and_no_sooner(
    replays: Replays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "CHUNK", 2)
    for _ in range(5):
        await replays.ask("housing", "homelessness-prevention")
    database = replays.way.home.database
    assert purge_inputs(database, TODAY + timedelta(days=399)) == 0
    assert purge_inputs(database, TODAY + timedelta(days=400)) == 5
    assert purge_inputs(database, TODAY + timedelta(days=400)) == 0
    result = await replays.run("forget-inputs")
    assert (result.exit_code, result.stdout) == (0, "forgot 0 inputs\n")
    assert await replays.counts(str(policies_folder())) == (0, 0, 0, 0)
