"""Checks a configuration without serving: what is wrong, and how to mend it. Says nothing of secrets or records."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from adapters.registry import open_sources, system_parts
from audit.log import Log
from core.clock import SystemClock
from core.errors import ClosedError, OnceToldError
from core.keys import KeyStore
from core.storage import Database
from gateway.authority import Authority, assert_may_follow
from gateway.channels.configuration import read_channels
from gateway.compose import open_policy, registers_of, sections_of
from gateway.directory.listing import open_directory
from gateway.identity.issuers import load_issuers
from gateway.policy.live import Policy
from gateway.policy.port import STRANGER, Asker, Question
from gateway.secrets import load_secrets
from gateway.settings import Settings, read_sign_in_secret, read_sources
from gateway.witnesses_file import read_witnesses

NOBODY = Asker("", "", None, frozenset())
"""Whom every policy refuses."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, whether it would do, and what was seen or is to be done."""

    what: str
    ok: bool
    words: str


def examine(settings: Settings) -> list[Finding]:
    """Look at everything, and go on where something is wrong, so that one run shows all of it."""
    checks: tuple[tuple[str, Callable[[Settings], str]], ...] = (
        ("secrets", _secrets),
        ("registers", _registers),
        ("policy", _policy),
        ("issuers", _issuers),
        ("sources", _sources),
        ("database", _database),
        ("key store", _key_store),
        ("witnesses", _witnesses),
        ("channels", _channels),
        ("directory", _directory),
        ("addresses", _addresses),
        ("sign-in", _sign_in),
    )
    return [_look(what, check, settings) for what, check in checks]


def _look(what: str, check: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(what, ok=True, words=check(settings))
    except OnceToldError as error:
        return Finding(what, ok=False, words=str(error))


def _secrets(settings: Settings) -> str:
    return f"the log's public key is {load_secrets(settings.secrets_file).signer.verifier_key}"


def _registers(settings: Settings) -> str:
    registers = registers_of(settings)
    counts = (len(registers.agreements), len(registers.purposes), len(registers.organisations))
    return "{} agreements, {} purposes, {} organisations".format(*counts)


def _policy(settings: Settings) -> str:
    """Opened as a gateway does, asked one question, and held against the one in force."""
    policy = open_policy(settings)

    async def asked() -> None:
        try:
            await policy.engine.decide(Question(NOBODY, "", None, frozenset(), STRANGER))
        finally:
            await policy.release()

    asyncio.run(asked())
    place = f"bundle {policy.number}" if settings.policy_bundle else "folder"
    engine = settings.opa_url or "in process"
    return "; ".join((f"revision {policy.revision[:16]}, {place}, {engine}", *_beside(settings, policy)))


def _beside(settings: Settings, policy: Policy) -> tuple[str, ...]:
    """What is in force for every replica, if the database tells (another finding says if not). Raises where it stays."""
    database = Database(settings.database_url)
    try:
        state = Authority(database).state()
    except ClosedError:
        return ()
    finally:
        database.close()
    if state is None:
        return ()
    assert_may_follow(state, policy.revision, policy.number)
    told = [f"{one.agreement} suspended by {one.by}" for one in state.suspensions]
    return tuple(told if state.bundle == policy.revision else ["not in force yet", *told])


def _issuers(settings: Settings) -> str:
    register = load_issuers(settings.issuers_file, loopback=settings.on_loopback)
    return f"{len(register.issuers)} trusted: {', '.join(register.issuers)}"


def _sources(settings: Settings) -> str:
    sections = sections_of(settings)
    sources = open_sources(read_sources(settings.sources_file), system_parts(sections, SystemClock()))
    return f"{len(sources.by_id)} configured: {', '.join(sources.by_id)}"


def _database(settings: Settings) -> str:
    database = Database(settings.database_url)
    try:
        log = Log(database, load_secrets(settings.secrets_file).signer, SystemClock(), settings.log_origin)
        head = log.store.head()
    except SQLAlchemyError as error:
        raise ClosedError("database", "not migrated or not reachable: run `oncetold migrate`") from error
    finally:
        database.close()
    if head is None:
        raise ClosedError("audit log", "not begun: run `oncetold migrate`")
    return f"{database.dialect}, {head.frontier.size} log entries"


def _key_store(settings: Settings) -> str:
    if settings.keys_url == settings.database_url:
        raise ClosedError(
            "key store", "give it a database of its own, or a backup of the one restores erased keys"
        )
    database = Database(settings.keys_url)
    try:
        KeyStore(database, load_secrets(settings.secrets_file).key_encryption_key).get_or_create(
            "org:operator"
        )
    except ClosedError as error:
        raise ClosedError("key store", f"{error.reason}: run `oncetold migrate`") from error
    finally:
        database.close()
    return "answers, and its keys unwrap with these secrets"


def _witnesses(settings: Settings) -> str:
    if settings.witnesses_file is None:
        return "none: nobody but the log's keeper vouches that there is one log"
    witnesses = read_witnesses(settings.witnesses_file)
    return f"{len(witnesses)} configured: {', '.join(one.key.id for one in witnesses)}"


def _channels(settings: Settings) -> str:
    channels = read_channels(settings.channels_file)
    return f"{len(channels)} configured" if channels else "none: no resident is told anything"


def _directory(settings: Settings) -> str:
    directory = open_directory(settings.directory_file)
    told = f"{len(directory.services)} services"
    refused = "; ".join(str(one) for one in directory.quarantined[:5])
    return f"{told}, {len(directory.quarantined)} records quarantined: {refused}" if refused else told


def _addresses(settings: Settings) -> str:
    if not settings.on_loopback and not settings.public_url.startswith("https://"):
        raise ClosedError(
            "addresses", "public_url must be https when the gateway listens beyond this machine"
        )
    return f"listens on {settings.host}:{settings.port} as {settings.public_url}"


def _sign_in(settings: Settings) -> str:
    if settings.sign_in_issuer is None:
        return "none: the API stands alone, without portal and console"
    secret = "no secret" if read_sign_in_secret(settings) is None else "a secret"
    return f"{settings.sign_in_client} at {settings.sign_in_issuer}, with {secret}"
