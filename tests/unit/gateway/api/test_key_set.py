from __future__ import annotations

import json

from fastapi import FastAPI

from consent.receipts.keys import PublicKey, parse_key_set
from gateway.api.key_set import KeySetView, build_router
from tests.unit.consent.receipts.made import OTHER, SIGNER
from tests.unit.core.pages.browser import ask

KEYS = (SIGNER.public_key, PublicKey(OTHER.public_key.public, 1_795_392_000))


async def test_the_keys_are_published_as_they_are_read_back_the_signing_one_first() -> None:
    app = FastAPI()
    app.include_router(build_router(lambda: KEYS))
    answer = await ask(app, "GET", "/.well-known/jwks.json")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/jwk-set+json")
    assert parse_key_set(answer.text.encode()) == KEYS
    shown = KeySetView.model_validate(json.loads(answer.text))
    assert [key.exp for key in shown.keys] == [None, 1_795_392_000]
    assert '"d"' not in answer.text
