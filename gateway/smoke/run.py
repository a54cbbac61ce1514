"""The story, step by step. Each step prints what was seen; the first that does not hold ends it with exit status 1."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp

from adapters.sandbox.identity_provider.accounts import SANDBOX_PASSWORD
from adapters.sandbox.identity_provider.tokens import practitioner_token
from adapters.sandbox.people import CAST, generate
from audit.checkpoint import open_checkpoint
from audit.note import VerifierKey
from audit.tiles import TILE_WIDTH, Resource, decode_bundle
from audit.verify import verify_log
from audit.witness.cosignature import CosignatureKey, seen_by
from core.sections import policies_folder
from gateway.demo.layout import Addresses, Layout
from gateway.policy.registers import load_registers
from gateway.smoke.asking import asked_and_answered
from gateway.smoke.browser import Browser, Page, sign_in
from gateway.smoke.emergency import emergency, reviewed
from gateway.smoke.handing_over import handed_over
from gateway.smoke.partner import Answer, Partner
from gateway.smoke.story import PURPOSE, Say, Story, StoryError, expect

ORGANISATION, CLIENT = "norfolk-county-council", "norfolk-county-council-app"
PRACTITIONER, OFFICER = "hal.triage@norfolk.test", "nia.officer@norfolk.test"
COUNCIL = "norwich-city-council"
STRANGER = "9990000018"
KINDS = ("communication-needs", "contact", "debts", "home-condition", "support-plan", "tenancy")
DOWN_SECONDS = 30


def run_smoke(layout: Layout, say: Say) -> None:
    """Tell the story. Raises `StoryError` (or what a step met) at the first step that does not hold."""
    addresses = Addresses.read(layout.addresses)
    try:
        asyncio.run(_tell(addresses, say))
    except (aiohttp.ClientError, TimeoutError) as error:
        # The error's own text may hold an address with a code of the sign-in.
        raise StoryError(f"no answer ({type(error).__name__}): is `make run` still running?") from error


async def _tell(addresses: Addresses, say: Say) -> None:
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(timeout=timeout) as session, Browser() as resident, Browser() as officer:
        token = await practitioner_token(addresses.identity, PRACTITIONER, CLIENT)
        key = VerifierKey.parse((await _text(session, addresses.gateway + "/log/key")).split("\n")[0])
        partner = Partner(session, addresses.gateway, token, key)
        someone = generate()[CAST["everything"]]
        person = await partner.handle(someone.nhs_number or "")
        story = Story(addresses, say, session, partner, resident, person)
        story.held("a practitioner signs in", f"{PRACTITIONER} of {ORGANISATION}, access token accepted")
        home = await sign_in(resident, addresses.gateway + "/portal/", someone.email, SANDBOX_PASSWORD)
        home = await _stop_everything(story, home)
        await _before_consent(story)
        await asked_and_answered(story, PRACTITIONER, CLIENT)
        await _allow(story)
        await _with_consent(story)
        await _outside_the_agreement(story)
        await _one_source_down(story)
        await _withdraw(story)
        await handed_over(story, someone)
        await emergency(story, generate()[CAST["everything"]].nhs_number or "")
        await _officer_finds(story, officer)
        async with Browser() as reviewer:
            await reviewed(story, reviewer)
        await _log_verifies(story)
        await _stranger_is_alike(story)
        say(f"smoke: {story.steps} steps held")


async def _before_consent(story: Story) -> None:
    answer = await story.ask()
    expect(answer.body["sections"] == [], "something was shown before the person allowed it")
    story.held(
        "asked before consent", f"empty view, receipt of entry {answer.body['receipt']['index']} verifies"
    )


async def _allow(story: Story) -> None:
    offer = f"{story.addresses.gateway}/portal/allow/{ORGANISATION}/{PURPOSE}"
    page = await story.resident.get(offer)
    action, fields = page.form(f"/allow/{ORGANISATION}/{PURPOSE}")
    form = [*fields.items(), *(("sections", kind) for kind in KINDS), ("days", "30"), ("answer", "yes")]
    done = await story.resident.post(action, form)
    expect("/portal/done/" in done.url, "allowing on the portal did not end at its confirmation")
    story.held(
        "the resident allows it on the portal",
        f"{len(KINDS)} kinds of information for 30 days, with a receipt",
    )


async def _with_consent(story: Story) -> None:
    answer = await story.ask()
    sources = sorted(answer.sources)
    expect(len(sources) == 3, f"sections came from {len(sources)} sources, not three")
    agreement = load_registers(policies_folder()).agreements[PURPOSE]
    excess = {
        (section, name)
        for _, section, name in answer.fields()
        if name not in agreement.sections.get(section, frozenset())
    }
    expect(not excess, f"fields outside the agreement: {sorted(excess)}")
    count = len(answer.body["sections"])
    story.held("asked again", f"{count} sections from {', '.join(sources)}; only permitted fields")


async def _outside_the_agreement(story: Story) -> None:
    answer = await story.ask(["debts"])
    fields = {name for _, _, name in answer.fields()}
    expect("arrears_band" in fields, "the permitted field did not arrive")
    expect("repayment_plan" not in fields, "a field outside the agreement arrived")
    refused = await story.partner.view(story.person, PURPOSE, ["health-summary"])
    expect(refused.status == 403, f"a section outside the agreement answered {refused.status}, not 403")
    story.held(
        "asked outside the agreement", "the field stays out; the section is refused, saying what to fix"
    )


async def _one_source_down(story: Story) -> None:
    await _fault(story, "down")
    try:
        answer = await _until(story, lambda one: one.body["unavailable"] == [COUNCIL])
        expect(COUNCIL not in answer.sources and len(answer.sources) == 2, "the other sources did not arrive")
        story.held("one source stopped", f"{len(answer.sources)} others arrive, {COUNCIL} marked unavailable")
    finally:
        await _fault(story, "none")
    await _until(story, lambda one: not one.body["unavailable"] and len(one.sources) == 3)
    story.held("the source is back", "sections from three sources again")


async def _withdraw(story: Story) -> None:
    await _stop_everything(story, await story.resident.get(story.addresses.gateway + "/portal/"))
    answer = await story.ask()
    expect(answer.body["sections"] == [], "something was shown after the person stopped it")
    looked = await story.resident.get(story.addresses.gateway + "/portal/history")
    proof = next((link for link in looked.links if "/portal/history/" in link), None)
    expect(proof is not None, "the resident's history shows no look that can be proved")
    story.held("the resident stops it", "empty again; who looked stands in the history, each with its proof")


async def _officer_finds(story: Story, officer: Browser) -> None:
    console = story.addresses.gateway + "/console/"
    page = await sign_in(officer, console, OFFICER, SANDBOX_PASSWORD)
    found: set[str] = set()
    for kind in ("disclosure", "refusal", "consent"):
        page = await officer.get(f"{console}?kind={kind}")
        entries = [link for link in page.links if "/console/items/" in link]
        expect(bool(entries), f"the officer finds no entry of kind {kind}")
        found.add(entries[0])
    action, fields = (await officer.get(story.addresses.gateway + min(found))).form("/console/items/")
    verified = await officer.post(action, fields)
    expect("unchanged" in verified.text, "the console could not verify the entry's proof")
    story.held("the officer finds all of it", "looks, refusals and decisions; an entry's proof verifies")


async def _log_verifies(story: Story) -> None:
    gateway = story.addresses.gateway
    checkpoint = await _text(story.session, gateway + "/log/checkpoint")
    size = open_checkpoint(checkpoint, [story.partner.log_key]).size
    leaves: list[bytes] = []
    while len(leaves) < size:
        width = min(TILE_WIDTH, size - len(leaves))
        path = Resource(None, len(leaves) // TILE_WIDTH, width).path()
        leaves.extend(decode_bundle(await _bytes(story.session, f"{gateway}/log/{path}")))
    verified = verify_log(leaves, [checkpoint], [story.partner.log_key])
    witnesses = [await _text(story.session, url + "/key") for url in story.addresses.witnesses.values()]
    seen = seen_by(checkpoint, [CosignatureKey.parse(key.strip()) for key in witnesses])
    expect(bool(seen) or not witnesses, "no witness has cosigned the log")
    words = f"{verified.size} entries hash to the signed checkpoint; witnesses that have seen it: {len(seen)}"
    story.held("the log verifies offline", words)


async def _stranger_is_alike(story: Story) -> None:
    known = await story.ask()
    stranger = await story.partner.view(await story.partner.handle(STRANGER), PURPOSE)
    expect(stranger.status == known.status, "another status for an unknown person")
    expect(_shape(stranger.body) == _shape(known.body), "another shape for an unknown person")
    varying = {"correlation-id", "date", "content-length"}
    first, second = ({k: v for k, v in one.headers.items() if k not in varying} for one in (known, stranger))
    expect(first == second, "other headers for an unknown person")
    story.held("an unknown person", "the same status, shape and headers as for one who allowed nothing")


async def _stop_everything(story: Story, home: Page) -> Page:
    while True:
        stop = next((link for link in home.links if "/portal/stop/" in link), None)
        if stop is None:
            return home
        page = await story.resident.get(story.addresses.gateway + stop)
        action, fields = page.form("/portal/stop/")
        await story.resident.post(action, fields)
        home = await story.resident.get(story.addresses.gateway + "/portal/")


async def _until(story: Story, condition: Callable[[Answer], bool]) -> Answer:
    """Ask until the answer is as expected; a source's health is looked at every few seconds."""
    answer = await story.ask()
    for _ in range(DOWN_SECONDS):
        if condition(answer):
            return answer
        await asyncio.sleep(1)
        answer = await story.ask()
    raise StoryError(
        f"after {DOWN_SECONDS} tries still: unavailable {answer.body['unavailable']}, from {sorted(answer.sources)}"
    )


async def _fault(story: Story, mode: str) -> None:
    url = story.addresses.council + "/_sandbox/fault"
    async with story.session.post(url, json={"mode": mode}) as answer:
        expect(answer.status < 300, f"the sandbox's council answered {answer.status} to a fault")


async def _text(session: aiohttp.ClientSession, url: str) -> str:
    return (await _bytes(session, url)).decode()


async def _bytes(session: aiohttp.ClientSession, url: str) -> bytes:
    async with session.get(url) as answer:
        expect(answer.status == 200, f"{url} answered {answer.status}")
        return await answer.read()


def _shape(value: Any) -> Any:
    """Keys and types, without values."""
    if isinstance(value, dict):
        return {name: _shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_shape(one) for one in value]
    return type(value).__name__
