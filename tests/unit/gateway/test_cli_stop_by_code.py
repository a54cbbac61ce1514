"""`oncetold person stop-by-code`: for somebody on the phone."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection
from typer.testing import CliRunner

from audit.entries import SealedEntry
from audit.log import Append, Log
from consent.assisted.store import keep_code
from consent.ledger import Ledger
from consent.permissions import Given, Permission
from core.clock import SystemClock
from core.keys import KeyStore
from core.storage import Database
from core.unit_of_work import Written
from core.vocabulary import Kind
from gateway.cli import app
from gateway.codes import code_for, in_groups, mac_of
from gateway.migrating import prepare_storage
from gateway.people.handles import Handles
from gateway.people.locator import Locator, Registration
from gateway.people.registering import register
from gateway.secrets import load_secrets
from tests.unit.gateway.composed import configured

SAME = "if this code was good, nobody can look any more under it"


def test_a_code_read_out_on_the_phone_stops_and_every_code_is_answered_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, clock = configured(tmp_path, monkeypatch), SystemClock()
    prepare_storage(settings, clock)
    secrets = load_secrets(settings.secrets_file)
    database, key_database = Database(settings.database_url), Database(settings.keys_url)
    keys, handles, ledger = (
        KeyStore(key_database, secrets.key_encryption_key),
        Handles(secrets.master),
        Ledger(database),
    )
    log, locator = (
        Log(database, secrets.signer, clock, settings.log_origin),
        Locator(database, keys, handles),
    )
    registration = Registration("norwich-city-council", "HH-1", nhs_number="9990000018")
    person = locator.prepare(registration)
    log.append(
        Append(
            partial(register, locator, ledger, person, registration, clock.now(), ()),
            changes=True,
        )
    )
    permission = Permission(
        id="c_1",
        kind=Kind.CONFIDENTIALITY_CONSENT,
        purposes=frozenset({"early-help-triage"}),
        sections={"contact": frozenset({"email"})},
        sources=frozenset({"norwich-city-council"}),
        recipients=frozenset({"norfolk-county-council"}),
        from_=clock.now(),
        until=None,
        given=Given("assisted", "hal"),
    )
    code = code_for(handles, "one")

    def give(tx: Connection) -> Written[None, SealedEntry]:
        ledger.give(tx, person.key, permission, clock.now())
        keep_code(tx, person.key, mac_of(handles, code), permission.id, clock.now() + timedelta(days=1))
        return Written(None, ())

    log.append(Append(give, changes=True))
    runner = CliRunner()
    for typed in (in_groups(code).lower(), in_groups(code), in_groups(code_for(handles, "two"))):
        answer = runner.invoke(app, ["person", "stop-by-code"], input=typed + "\n")
        assert answer.exit_code == 0, answer.output
        assert answer.output.strip() == SAME
    assert ledger.standing(person.key).permissions == ()
    slip = runner.invoke(app, ["person", "stop-by-code"], input="AAAA-BBBB\n")
    assert slip.exit_code == 2
    assert "AAAA" not in slip.output
    database.close()
    key_database.close()
