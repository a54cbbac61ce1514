"""Access tokens of the running demonstration, for a first call from the terminal: everybody in it is made up."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

import aiohttp

from adapters.sandbox.identity_provider.accounts import STAFF, account_named
from adapters.sandbox.identity_provider.clients import SOURCES
from adapters.sandbox.identity_provider.tokens import client_token, practitioner_token
from gateway.demo.layout import Addresses, DemoError, Layout

SCOPE: Final = "openid views checks consents representatives referrals"
OFFICER_SCOPE: Final = f"{SCOPE} audit"
"""An officer reads their organisation's part of the log too."""


def token_of_practitioner(layout: Layout, username: str, *, strong: bool = False) -> str:
    """Sign a practitioner in through their organisation's application. Raises `DemoError`, `SignInError`.

    strong: with a second factor, for an emergency; the token then carries the scope `break-glass` too.
    """
    account = account_named(username)
    if account is None or account.organisation is None:
        raise DemoError(f"nobody of that name works here: {', '.join(one.username for one in STAFF)}")
    addresses = Addresses.read(layout.addresses)
    client = f"{account.organisation}-app"
    usual = OFFICER_SCOPE if account.is_officer else SCOPE
    scope = f"{usual} break-glass" if strong else usual
    return _get(practitioner_token(addresses.identity, username, client, scope=scope, strong=strong))


def token_of_source(layout: Layout, organisation: str) -> str:
    """A token of a source's own system, for its pointers. Raises `DemoError`, `SignInError`."""
    if organisation not in SOURCES:
        raise DemoError(f"no source of that name: {', '.join(SOURCES)}")
    addresses = Addresses.read(layout.addresses)
    return _get(client_token(addresses.identity, f"{organisation}-source"))


def _get(token: Coroutine[Any, Any, str]) -> str:
    try:
        return asyncio.run(token)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise DemoError("the demonstration does not answer: is `make run` still running?") from error
