"""GET /v1/audit/checkpoint and proofs: what officers prove of the log by API."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.checkpoint import open_checkpoint
from audit.merkle import leaf_hash, verify_consistency, verify_inclusion
from audit.note import Signer
from audit.text import from_base64
from audit.witness.kept import Cosigned
from tests.support import api
from tests.unit.gateway.api.audit_desk import COUNTY, Desk, look


async def test_the_checkpoint_covers_the_read_of_it(desk: Desk) -> None:
    await look(desk)
    told = await desk.good("/checkpoint")
    checkpoint = open_checkpoint(told["checkpoint"], desk.parts.log_keys)
    assert (checkpoint.origin, checkpoint.size) == (told["origin"], told["size"])
    assert from_base64(told["root"]) == checkpoint.root
    assert told["cosigned"] is None
    assert told["keys"] == [str(desk.parts.log_keys[0])]
    assert api.entries(desk.served.way, COUNTY)[0].index == checkpoint.size - 1
    assert desk.newest() == ("audit-read", "proved", {**desk.newest()[2], "proof": "checkpoint"})


async def test_what_witnesses_saw_and_every_key_of_the_log_are_told(desk: Desk) -> None:
    old = Signer("oncetold.test/log", b"\x07" * 32).verifier_key
    desk.parts = replace(
        desk.parts, cosigned=lambda: Cosigned(1, "text", ("w+1",)), log_keys=(*desk.parts.log_keys, old)
    )
    told = await desk.good("/checkpoint")
    assert told["cosigned"] == {"size": 1, "checkpoint": "text", "witnesses": ["w+1"]}
    assert told["keys"][1] == str(old)


async def test_proofs_hold_against_signed_checkpoints(desk: Desk) -> None:
    looked = await look(desk)
    first = await desk.good("/checkpoint")
    second = await desk.good("/checkpoint")
    told = await desk.good(f"/proofs/inclusion?index={looked}&size={first['size']}")
    leaf = (await desk.good(f"/entries/{looked}"))["leaf"]
    assert from_base64(told["leaf_hash"]) == leaf_hash(from_base64(leaf) or b"")
    assert told["checkpoint"] == first["checkpoint"]
    root = open_checkpoint(told["checkpoint"], desk.parts.log_keys).root
    hashes = [from_base64(one) or b"" for one in told["hashes"]]
    verify_inclusion(from_base64(told["leaf_hash"]) or b"", looked, first["size"], hashes, root)
    grown = await desk.good(f"/proofs/consistency?from={first['size']}&to={second['size']}")
    assert (grown["from_checkpoint"], grown["to_checkpoint"]) == (first["checkpoint"], second["checkpoint"])
    roots = [open_checkpoint(one["checkpoint"], desk.parts.log_keys).root for one in (first, second)]
    hashes = [from_base64(one) or b"" for one in grown["hashes"]]
    verify_consistency(first["size"], second["size"], hashes, *roots)
    kind, outcome, detail = desk.newest()
    assert (kind, outcome, detail["proof"], detail["from"]) == (
        "audit-read",
        "proved",
        "consistency",
        first["size"],
    )


async def test_a_size_at_which_no_batch_ended_has_a_proof_and_no_checkpoint(desk: Desk) -> None:
    await look(desk)
    with desk.served.way.home.database.read() as tx:
        sizes = {row[0] for row in tx.exec_driver_sql("SELECT size FROM log_batch")}
    desk.served.tamper("DELETE FROM log_batch WHERE size = :size", size=min(sizes))
    told = await desk.good(f"/proofs/inclusion?index=0&size={min(sizes)}")
    assert told["checkpoint"] is None


@pytest.mark.parametrize(
    "target",
    [
        "/proofs/inclusion?index=3&size=3",
        "/proofs/inclusion?index=0&size=100000",
        "/proofs/consistency?from=3&to=2",
        "/proofs/consistency?from=1&to=100000",
    ],
)
async def test_what_the_log_does_not_reach_has_no_proof(desk: Desk, target: str) -> None:
    assert await desk.refused(target) == (404, "not-found")


@pytest.mark.parametrize(
    "target", ["/proofs/inclusion", "/proofs/inclusion?index=0&size=0", "/proofs/consistency?from=0&to=1"]
)
async def test_a_proof_needs_both_its_numbers(desk: Desk, target: str) -> None:
    assert await desk.refused(target) == (422, "query-invalid")


async def test_nothing_is_read_that_the_log_cannot_tell_of(desk: Desk) -> None:
    looked = await look(desk)
    desk.served.tamper("DROP TABLE log_entry_organisation")
    for target in ("/entries", "/checkpoint", f"/proofs/inclusion?index={looked}&size={looked + 1}"):
        assert await desk.refused(target) == (503, "closed")


async def test_a_log_that_has_not_begun_is_closed(desk: Desk) -> None:
    desk.served.tamper("DELETE FROM log_head")
    assert await desk.refused("/checkpoint") == (503, "closed")
