"""More than one gateway over the same databases, each with a policy, and a bundle's file, of its own."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from audit.committer import Committer
from audit.log import Log
from consent.ledger import Ledger
from core.keys import KeyStore
from core.storage import Database
from gateway.authority import Authority
from gateway.in_force import putting_in_force
from gateway.people.handles import Handles
from gateway.people.locator import Locator
from gateway.policy.bundle_writing import write_bundle
from gateway.policy.live import LivePolicy, Policy
from gateway.policy.opening import open_bundle
from gateway.suspending import Suspending
from gateway.views.pipeline import Parts
from gateway.views.record import Recording
from gateway.watching import PolicyWatcher, Watched
from scripts.sign_sandbox import sign_sandbox
from tests.support.bundles import KEY, KEYID, POLICIES, TRUSTED, bundle_bytes, pem
from tests.support.house import KEK, MASTER, ORIGIN
from tests.support.walk import Walk, registers

AGREEMENT = "early-help-triage"
SUSPENDED_IN_ITS_FILE = {
    "status: active": "status: suspended",
    "suspension: null": "suspension: {since: 2026-11-01, by: norwich-city-council, reason: signed in haste}",
}


@dataclass(frozen=True)
class Replica:
    """One gateway: its own connections, its own policy, its own bundle's file and what watches that.

    opened: bundles that were opened before they came, where a test has no time for it then. took: set once it has put a
    bundle in force.
    """

    parts: Parts
    log: Log
    keys: KeyStore
    watcher: PolicyWatcher
    path: Path
    opened: dict[bytes, Policy]
    took: asyncio.Event

    @property
    def live(self) -> LivePolicy:
        return self.parts.policy

    @property
    def suspending(self) -> Suspending:
        return Suspending(self.log, self.parts.authority, self.keys, self.parts.clock, registers())

    def prepare(self, packed: bytes) -> None:
        """Open a bundle beforehand."""
        self.opened[packed] = open_policy(packed)

    async def given(self, packed: bytes) -> None:
        """A bundle comes into its folder, and it looks."""
        self.path.write_bytes(packed)
        await self.watcher.look()


def open_policy(packed: bytes) -> Policy:
    """The policy of a bundle of the tests' key."""
    return open_bundle(packed, TRUSTED, POLICIES / "schemas")


@contextmanager
def replica(
    way: Walk, folder: Path, policy: Policy | None = None, authority: type[Authority] = Authority
) -> Iterator[Replica]:
    """One more gateway over a walk's databases; without a policy of its own, the walk's."""
    home = way.home
    url = home.database.url.render_as_string(hide_password=False)
    keys_url = home.key_database.url.render_as_string(hide_password=False)
    database, key_database = Database(url), Database(keys_url)
    keys, handles = KeyStore(key_database, KEK), Handles(MASTER)
    row, ledger, locator = authority(database), Ledger(database), Locator(database, keys, handles)
    log = Log(database, home.signer, home.clock, ORIGIN)
    committer = Committer(log)
    live = LivePolicy(policy or way.parts.policy.current)
    opened: dict[bytes, Policy] = {}
    took = asyncio.Event()

    async def put(policy: Policy) -> None:
        await committer.append(await asyncio.to_thread(putting_in_force, row, keys, policy))
        took.set()

    def opens(packed: bytes) -> Policy:
        return opened.get(packed) or open_policy(packed)

    path = folder / f"bundle-{id(live)}.tar.gz"
    try:
        yield Replica(
            parts=replace(
                way.parts,
                authority=row,
                locator=locator,
                ledger=ledger,
                policy=live,
                recording=Recording(committer, ledger, row, locator, keys, home.clock),
                database=database,
            ),
            log=log,
            keys=keys,
            watcher=PolicyWatcher(live, Watched(path, opens, put, 3600.0)),
            path=path,
            opened=opened,
            took=took,
        )
    finally:
        committer.close()
        database.close()
        key_database.close()


def bundle_of(
    folder: Path, number: int, edits: Mapping[str, str], file: str = f"registers/agreements/{AGREEMENT}.yaml"
) -> bytes:
    """A signed bundle of the published policies with a file changed: every text in `edits` by the other."""

    def change(text: str) -> str:
        for old, new in edits.items():
            assert old in text, old
            text = text.replace(old, new)
        return text

    return edited_bundle(folder, number, file, change)


def edited_bundle(folder: Path, number: int, file: str, change: Callable[[str], str]) -> bytes:
    """A signed bundle of the published policies with one file written anew, and the agreements signed after that."""
    copy = folder / f"policies-{number}"
    shutil.copytree(POLICIES, copy)
    path = copy / file
    path.write_text(change(path.read_text()))
    sign_sandbox(copy)
    packed = write_bundle(copy, number, KEY, KEYID)
    shutil.rmtree(copy)
    return packed


def bundled(folder: Path, number: int) -> dict[str, str]:
    """The settings of a gateway with a bundle of the published policies, which is written into a folder."""
    bundle, keys = folder / "policy.tar.gz", folder / "policy-keys.yaml"
    bundle.write_bytes(bundle_bytes(number))
    indented = "".join(f"      {line}\n" for line in pem().decode().splitlines())
    keys.write_text(f"keys:\n  - keyid: {KEYID}\n    public_key: |\n{indented}")
    return {"policy_bundle": str(bundle), "policy_keys": str(keys)}
