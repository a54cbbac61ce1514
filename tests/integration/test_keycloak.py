"""A sign-in service that others wrote: Keycloak's access tokens, marked as RFC 9068 wants them, proven by our verifier.

Keycloak's sets of keys hold encryption keys beside the signing ones, and its ID tokens and unmarked access tokens look
much like what we accept: they must not pass.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from core.clock import SystemClock
from gateway.identity.errors import TokenError
from gateway.identity.fetch import HttpFetch
from gateway.identity.issuers import Algorithm, Issuer, trust
from gateway.identity.keys import parse_key_set
from gateway.identity.verifier import TokenVerifier
from scripts import keycloak

# The first start builds itself: 60 to 130 seconds, more on a busy machine.
pytestmark = pytest.mark.timeout(900)
START_LIMIT_SECONDS = 400

AUDIENCE = "https://gateway.oncetold.test/api"
SECRET = "sandbox-secret"
PASSWORD = "sandbox-password"
BOTH: frozenset[Algorithm] = frozenset({"ES256", "RS256"})


def claim(name: str, value: str) -> dict[str, Any]:
    """A mapper that puts a fixed claim into access tokens."""
    config = {
        "claim.name": name,
        "claim.value": value,
        "jsonType.label": "String",
        "access.token.claim": "true",
        "id.token.claim": "false",
    }
    return {
        "name": f"{name} claim",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-hardcoded-claim-mapper",
        "config": config,
    }


def application(
    client_id: str, algorithm: Algorithm, *, marked: bool = True, **more: object
) -> dict[str, Any]:
    """A partner's application: its tokens name our API, its organisation and itself."""
    audience = {
        "name": "audience",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-audience-mapper",
        "config": {
            "included.custom.audience": AUDIENCE,
            "access.token.claim": "true",
            "id.token.claim": "false",
        },
    }
    return {
        "clientId": client_id,
        "secret": SECRET,
        "publicClient": False,
        "standardFlowEnabled": False,
        "serviceAccountsEnabled": True,
        "directAccessGrantsEnabled": True,
        "attributes": {
            "access.token.header.type.rfc9068": str(marked).lower(),
            "access.token.signed.response.alg": algorithm,
        },
        "protocolMappers": [
            audience,
            claim("client_id", client_id),
            claim("organisation", "harbour-charity"),
        ],
        **more,
    }


def realm() -> dict[str, Any]:
    adviser = application("harbour-app", "RS256")
    adviser["protocolMappers"].append(claim("role", "adviser"))
    unmarked = application("unmarked-app", "RS256", marked=False)
    unmarked["protocolMappers"].append(claim("role", "adviser"))
    alone = application("harbour-source", "ES256")
    # RFC 9068 section 2.2: an application alone is its own subject; Keycloak would name a made-up user.
    alone["protocolMappers"].append(claim("sub", "harbour-source"))
    return {
        "realm": "oncetold",
        "enabled": True,
        "sslRequired": "none",
        "accessTokenLifespan": 300,
        "clients": [adviser, unmarked, alone],
        "users": [
            {
                "username": "farid",
                "enabled": True,
                "email": "farid.adviser@harbour.test",
                "emailVerified": True,
                "firstName": "Farid",
                "lastName": "Staithe",
                "credentials": [{"type": "password", "value": PASSWORD, "temporary": False}],
            }
        ],
    }


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
        return port


def wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    limit = time.monotonic() + START_LIMIT_SECONDS
    while time.monotonic() < limit:
        if process.poll() is not None:
            break
        if "Listening on:" in log.read_text(errors="replace"):
            return
        time.sleep(0.5)
    pytest.fail(f"Keycloak does not start on port {port}: {log.read_text(errors='replace')[-2000:]}")


@pytest.fixture(scope="module")
def issuer_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    try:
        home = keycloak.obtain()
    except keycloak.UnavailableError as reason:
        pytest.skip(f"keycloak: {reason}")
    # Its build stays in the folder, so that the next start is quick; the realm lives in memory and ends with the run.
    imports = home / "data" / "import"
    imports.mkdir(parents=True, exist_ok=True)
    (imports / "oncetold.json").write_text(json.dumps(realm()))
    log, port = tmp_path_factory.mktemp("keycloak") / "log", free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                home / "bin" / "kc.sh",
                "start-dev",
                "--http-host=127.0.0.1",
                f"--http-port={port}",
                "--db=dev-mem",
                "--import-realm",
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "JAVA_OPTS_KC_HEAP": "-Xms128m -Xmx512m"},
            start_new_session=True,
        )
        try:
            wait_for(process, port, log)
            yield f"http://127.0.0.1:{port}/realms/oncetold"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=60)


def trusted(url: str) -> Issuer:
    return Issuer(
        id="keycloak",
        url=url,
        jwks_uri=f"{url}/protocol/openid-connect/certs",
        algorithms=BOTH,
        audience=AUDIENCE,
        organisations=frozenset({"harbour-charity"}),
        clients=dict.fromkeys(("harbour-app", "unmarked-app", "harbour-source"), "harbour-charity"),
    )


async def tokens(session: aiohttp.ClientSession, url: str, client: str, **form: str) -> dict[str, str]:
    login = aiohttp.encode_basic_auth(client, SECRET)
    address = f"{url}/protocol/openid-connect/token"
    async with session.post(address, data=form, headers={"Authorization": login}) as answer:
        body: dict[str, str] = await answer.json()
        assert answer.status == 200, body
        return body


async def test_keycloaks_marked_access_tokens_are_proven_and_nothing_else_of_its_is(issuer_url: str) -> None:
    person = {"grant_type": "password", "username": "farid", "password": PASSWORD, "scope": "openid"}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
        fetch = HttpFetch(session, timeout_seconds=30)
        verifier = TokenVerifier(trust([trusted(issuer_url)]), fetch, SystemClock())
        answer = await tokens(session, issuer_url, "harbour-app", **person)
        # Keycloak makes its ES256 key for the first token that wants one, so that one is asked for before the keys.
        alone = await tokens(session, issuer_url, "harbour-source", grant_type="client_credentials")
        caller = await verifier.verify([f"Bearer {answer['access_token']}"])
        assert (caller.organisation, caller.client, caller.role) == (
            "harbour-charity",
            "harbour-app",
            "adviser",
        )
        assert caller.practitioner is not None
        assert "openid" in caller.scopes

        caller = await verifier.verify([f"Bearer {alone['access_token']}"])
        assert (caller.client, caller.practitioner, caller.role) == ("harbour-source", None, None)

        unmarked = await tokens(session, issuer_url, "unmarked-app", **person)
        for refused in (answer["id_token"], answer["refresh_token"], unmarked["access_token"]):
            with pytest.raises(TokenError) as caught:
                await verifier.verify([f"Bearer {refused}"])
            assert caught.value.code == "invalid_token"

        published = parse_key_set(await fetch(trusted(issuer_url).jwks_uri), BOTH)
        assert {key.algorithm for key in published.keys.values()} == BOTH
        assert any("another algorithm" in reason or "not for" in reason for reason in published.left_out)
        await verifier.close()
