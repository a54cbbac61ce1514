"""What probes and strangers are told of the witnesses, and of the log's other keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest
from fastapi import FastAPI

from audit.store import LogStore
from audit.witness.kept import Cosigned
from core.errors import ClosedError
from gateway.api.operations import OperationParts, build_routers
from gateway.doctor import _witnesses
from gateway.settings import Settings, SettingsError
from tests.support.clock import FakeClock
from tests.support.witnesses import COSIGNER, LOG, NEXT_LOG
from tests.unit.gateway.api.test_operations import FakeStore
from tests.unit.gateway.web.asgi import Reply, ask, scope_of

COSIGNED = Cosigned(2, "the one that was seen\n", (COSIGNER.key.id,))


async def get(
    path: str,
    witnesses: Mapping[str, int],
    cosigned: Cosigned | None = None,
    doubt: ClosedError | None = None,
) -> Reply:
    def ready() -> None:
        if doubt is not None:
            raise doubt

    parts = OperationParts(
        store=cast("LogStore", FakeStore()),
        log_key=LOG.verifier_key,
        clock=FakeClock(),
        ready=ready,
        public_url="https://gateway.test",
        issuers=(),
        other_log_keys=(NEXT_LOG.verifier_key,),
        cosigned=lambda: cosigned,
        witnesses=lambda: witnesses,
    )
    app = FastAPI()
    for router in build_routers(lambda: parts):
        app.include_router(router)
    return await ask(app, scope_of("GET", path))


async def test_the_newest_checkpoint_that_was_seen_is_served_else_the_newest() -> None:
    assert (await get("/log/checkpoint", {}, COSIGNED)).text == "the one that was seen\n"
    assert (await get("/log/checkpoint", {})).text == "checkpoint\n"


@pytest.mark.parametrize("doubt", [None, ClosedError("key store", "a test")])
async def test_readiness_tells_of_the_witnesses_and_does_not_depend_on_them(
    doubt: ClosedError | None,
) -> None:
    told = {"ok": 0, "behind": 1, "conflict": 1}
    reply = await get("/readyz", told, doubt=doubt)
    assert reply.status == (200 if doubt is None else 503)
    assert json.loads(reply.body)["witnesses"] == told
    nobody = await get("/readyz", {"ok": 0, "behind": 0, "conflict": 0}, doubt=doubt)
    assert "witnesses" not in json.loads(nobody.body)


async def test_every_key_of_the_log_is_published_the_one_that_counts_first() -> None:
    assert (await get("/log/key", {})).text == f"{LOG.verifier_key}\n{NEXT_LOG.verifier_key}\n"


def test_the_doctor_names_the_witnesses_and_says_what_is_wrong_with_their_list(tmp_path: Path) -> None:
    path = tmp_path / "witnesses.yaml"
    settings = Settings.model_construct(witnesses_file=path)
    key = COSIGNER.key
    path.write_text(f"witnesses: [{{name: {key.name}, url: 'http://127.0.0.1:8840', key: {key}}}]")
    assert _witnesses(settings) == f"1 configured: {key.id}"
    path.write_text("witnesses: []")
    with pytest.raises(SettingsError, match="no list"):
        _witnesses(settings)
