"""A log of many made-up entries, written straight into the tables: for measuring searches, not for proving anything.

Organisations, purposes and outcomes are spread as in a county: a few recipients ask for most, refusals are a fifth,
emergencies are rare. Details are really sealed, so that a page opens fifty of them as it would; they are drawn from a
stock, or sealing a million would take longer than everything else. There are no tiles and no checkpoint over them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from audit import leaf
from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.facets import code_of, facet_number
from core.keys import KeyStore
from core.storage import Database

ORGANISATIONS = (
    "norfolk-county-council", "norwich-city-council", "harbour-charity", "age-well-norfolk", "norwich-gp",
    "east-housing", "wensum-homes", "norfolk-police", "money-advice", "food-hub", "mind-norfolk", "wellbeing-trust",
)  # fmt: skip
ASKING = (30, 20, 10, 8, 8, 6, 5, 4, 4, 2, 2, 1)
PURPOSES = (
    "early-help-triage", "social-prescribing", "homelessness-prevention", "income-debt-advice", "hospital-link",
    "low-level-support", "food-fuel-help", "safeguarding-enquiry",
)  # fmt: skip
WHY = (30, 20, 15, 12, 10, 8, 4, 1)
ROLES = ("triager", "adviser", "link-worker", "housing-officer")
HAPPENED = (
    (Kind.DISCLOSURE, "disclosed", 700), (Kind.DISCLOSURE, "confirmed", 40), (Kind.REFUSAL, "empty", 120),
    (Kind.REFUSAL, "purpose-not-agreed", 30), (Kind.REFUSAL, "role-not-agreed", 15), (Kind.CONSENT, "given", 40),
    (Kind.CONSENT, "withdrawn", 15), (Kind.AUDIT_READ, "searched", 25), (Kind.AUDIT_READ, "opened", 10),
    (Kind.BREAK_GLASS, "disclosed", 4), (Kind.ADMINISTRATION, "review-right", 1),
)  # fmt: skip
DAY_MS = 86_400_000
CHUNK = 10_000
KEYS = 50


@dataclass(frozen=True, slots=True)
class Spread:
    """How many entries, over how many days up to `until_ms`. stock: how many different details; people: how many codes."""

    entries: int
    until_ms: int
    days: int = 365
    stock: int = 5_000
    people: int = 20_000
    seed: int = 5


def fill(database: Database, keys: KeyStore, spread: Spread) -> None:
    """Write the entries into an empty log's tables, places 0 up to `spread.entries`."""
    # Made-up entries need no unforeseeable chance, but the same each time.
    chance = random.Random(spread.seed)
    stock = list(_stock(keys, spread, chance))
    first_ms = spread.until_ms - spread.days * DAY_MS
    for first in range(0, spread.entries, CHUNK):
        places = range(first, min(first + CHUNK, spread.entries))
        drawn = [
            (index, first_ms + spread.days * DAY_MS * index // spread.entries, chance.choice(stock))
            for index in places
        ]
        with database.write() as tx:
            _write(tx, drawn)
    if database.dialect == "postgresql":
        with database.write() as tx:
            for name in ("log_entry", "log_entry_detail", "log_entry_organisation"):
                tx.execute(text(f"ANALYZE {name}"))


def _stock(keys: KeyStore, spread: Spread, chance: random.Random) -> Iterator[SealedEntry]:
    sealing = [keys.get_or_create(f"made-up-{number}") for number in range(KEYS)]
    weights = [one[2] for one in HAPPENED]
    for number in range(spread.stock):
        kind, outcome, _ = chance.choices(HAPPENED, weights)[0]
        recipient = chance.choices(ORGANISATIONS, ASKING)[0]
        purpose = chance.choices(PURPOSES, WHY)[0]
        shown = chance.sample(ORGANISATIONS, 2) if outcome == "disclosed" else []
        person = _code(number if number < spread.people else chance.randrange(spread.people))
        of_a_look = kind in {Kind.DISCLOSURE, Kind.REFUSAL, Kind.BREAK_GLASS}
        draft = Draft(
            kind=kind,
            outcome=outcome,
            organisations=frozenset({recipient, *shown}),
            detail={
                "person": person,
                "reason": "a first talk",
                "sections": {one: {"tenancy": ["status", "landlord"]} for one in shown},
            },
            recipient=recipient,
            role=chance.choice(ROLES) if of_a_look else None,
            purpose=purpose if of_a_look or kind is Kind.CONSENT else None,
        )
        yield seal_entry(draft, chance.choice(sealing))


def _write(tx: Connection, drawn: list[tuple[int, int, SealedEntry]]) -> None:
    tx.execute(
        text('INSERT INTO log_entry ("index", leaf) VALUES (:index, :leaf)'),
        [{"index": index, "leaf": leaf.make(at_ms, one.commitment)} for index, at_ms, one in drawn],
    )
    tx.execute(
        text(
            'INSERT INTO log_entry_detail ("index", at_ms, kind, outcome, recipient, role, purpose, tag, sealed)'
            " VALUES (:index, :at_ms, :kind, :outcome, :recipient, :role, :purpose, :tag, :sealed)"
        ),
        [
            {
                "index": index, "at_ms": at_ms, "kind": one.draft.kind.value, "outcome": one.draft.outcome,
                "recipient": one.draft.recipient, "role": one.draft.role, "purpose": one.draft.purpose,
                "tag": one.tag, "sealed": one.sealed,
            }
            for index, at_ms, one in drawn
        ],
    )  # fmt: skip
    tx.execute(
        text(
            'INSERT INTO log_entry_organisation (organisation, "index", facet, code)'
            " VALUES (:organisation, :index, :facet, :code)"
        ),
        [
            {"organisation": name, "index": index, "facet": _facet(one.draft), "code": code_of(one.draft.detail["person"])}
            for index, _, one in drawn
            for name in sorted(one.draft.organisations)
        ],
    )  # fmt: skip


def _facet(draft: Draft) -> int:
    return facet_number(draft.kind.value, draft.outcome, draft.recipient, draft.role, draft.purpose)


def _code(number: int) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    text = "".join(letters[number >> (5 * place) & 31] for place in range(8))
    return f"{text[:4]}-{text[4:]}"
