"""Puts a policy in force for every replica: the authority row and the log's word of it, in one transaction."""

from __future__ import annotations

from sqlalchemy import Connection

from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append
from core.keys import KeyStore
from core.unit_of_work import Written
from core.vocabulary import Json
from gateway.authority import Authority
from gateway.policy.live import Policy


def putting_in_force(authority: Authority, keys: KeyStore, policy: Policy) -> Append[None]:
    """The work that makes this policy the one that decides, on every replica; writes nothing if it already is.

    It raises `OlderPolicyError` or `SameNumberError` where the one in force has to stay.
    """
    detail: dict[str, Json] = {"policy": policy.revision, "number": policy.number}
    draft = Draft(Kind.ADMINISTRATION, "policy-in-force", frozenset(), detail)
    entry = seal_entry(draft, keys.get_or_create("org:operator"))

    def work(tx: Connection) -> Written[None, SealedEntry]:
        return Written(None, (entry,) if authority.put(tx, policy.revision, policy.number) else ())

    return Append(work, changes=True)
