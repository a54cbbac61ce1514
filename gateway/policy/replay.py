"""Runs the log's decisions through a candidate policy and through today's, and gives the difference.

The inputs are read in chunks and opened one by one with each person's own key; nothing that was opened is kept. Where the
key was erased the input is gone with it, and is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from consent.ledger import Ledger
from core.errors import BrokenRowError
from core.keys import KeyStore, MissingKeyError, SubjectKey
from core.sealing import SealError
from core.sections import load_sections, policies_folder
from core.times import from_ms
from gateway.policy.live import AgreementCalendar, Policy
from gateway.policy.opening import TrustedKeys, open_bundle, read_packed
from gateway.policy.registers import load_registers
from gateway.policy.remembered import Remembered
from gateway.policy.replayable import open_input
from gateway.policy.replaying import Difference, again, decided, difference
from gateway.policy.wasm import open_engine
from gateway.reviews.inputs import SealedInput


def open_candidate(path: Path, keys: TrustedKeys) -> Policy:
    """The policy to be tried: a signed bundle, or a `policies` folder.

    A folder's agreements need no signatures yet: what they would change is what the parties want to know before they sign.
    Raises a subclass of `OnceToldError` that says what is wrong with it.
    """
    if not path.is_dir():
        return open_bundle(read_packed(path), keys, policies_folder() / "schemas")
    registers = load_registers(path, policies_folder() / "schemas", signed=False)
    engine = Remembered(open_engine(path, registers))
    return Policy(registers, load_sections(path / "sections"), engine, AgreementCalendar(registers))


@dataclass(slots=True)
class Replay:
    """Asks both policies, entry by entry. It remembers when one person's permissions were given, the last one's."""

    today: Policy
    candidate: Policy
    keys: KeyStore
    ledger: Ledger
    _tag: bytes = b""
    _given: Mapping[str, datetime] | None = None

    async def run(self, inputs: Iterable[SealedInput]) -> Difference:
        """The difference over all of them."""
        found = Difference()
        for one in inputs:
            try:
                key = self.keys.by_tag(one.tag)
            except MissingKeyError:
                found.erased += 1
                continue
            try:
                await self._add(found, one, key)
            except (BrokenRowError, SealError):
                found.unreadable += 1
        return found

    async def _add(self, found: Difference, one: SealedInput, key: SubjectKey) -> None:
        question, at = open_input(one.sealed, key), from_ms(one.at_ms)
        given = self._given_by(key)
        before = again(question, self.today, at, given)
        after = again(question, self.candidate, at, given)
        decisions = await decided(before, self.today), await decided(after, self.candidate)
        found.add(difference(question, *decisions, self.today.registers, self.candidate.registers))

    def _given_by(self, key: SubjectKey) -> Mapping[str, datetime]:
        """When each of the person's permissions was given: the input holds only what followed from it at that time."""
        if self._given is None or self._tag != key.tag:
            self._given = {
                event.permission.id: event.permission.from_
                for event in self.ledger.history(key)
                if event.what == "given"
            }
            self._tag = key.tag
        return self._given
