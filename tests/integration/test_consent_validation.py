"""Our exported Consents before HAPI FHIR's validator: R4 as HL7 publishes it, of every kind, giver and reach."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from consent.fhir.concordance import ODS
from consent.fhir.writing import write_bundle, write_consent
from consent.permissions import ANY, Given, Permission
from core.vocabulary import Kind
from scripts import fhir_validator
from scripts.hapi_fhir import UnavailableError
from tests.support.clock import TODAY

# Only the first run downloads (140 MB); a registry may be slow.
pytestmark = pytest.mark.timeout(900)

Validate = Callable[[Sequence[Mapping[str, Any]]], list[list[dict[str, str]]]]
DIRECTORY = {"wensum-valley-practice": ((ODS, "Z9W01"), "Wensum Valley Practice (sandbox)")}


@pytest.fixture(scope="module")
def validate() -> Validate:
    """The validator: from resources to what it found of each."""
    try:
        command = fhir_validator.obtain()
    except UnavailableError as reason:
        pytest.skip(f"fhir-validator: {reason}")

    def run(resources: Sequence[Mapping[str, Any]]) -> list[list[dict[str, str]]]:
        lines = "".join(json.dumps(one) + "\n" for one in resources)
        ended = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=600, check=False)
        assert ended.returncode == 0, ended.stderr[-2000:]
        return [json.loads(line) for line in ended.stdout.splitlines()]

    return run


def permission(kind: Kind, capacity: str, *, wide: bool) -> Permission:
    return Permission(
        id=f"c_{kind.value}_{capacity}_{wide}",
        kind=kind,
        purposes=ANY if wide else frozenset({"early-help-triage"}),
        sections={"*": ANY} if wide else {"tenancy": frozenset({"status"}), "contact": ANY},
        sources=ANY if wide else frozenset({"wensum-valley-practice", "norwich-city-council"}),
        recipients=ANY if wide else frozenset({"norfolk-county-council"}),
        from_=TODAY,
        until=None if wide else TODAY + timedelta(days=90),
        given=Given("portal", "p_1", capacity),
    )


def errors(found: list[dict[str, str]]) -> list[str]:
    return [f"{one['where']}: {one['what']}" for one in found if one["severity"] in {"error", "fatal"}]


def test_every_exported_consent_is_a_valid_one_of_r4(validate: Validate) -> None:
    written = [
        write_consent(permission(kind, capacity, wide=wide), DIRECTORY, number)
        for kind, capacity, wide, number in product(
            Kind, ("self", "attorney"), (True, False), (None, "9990000018")
        )
    ]
    bundle = write_bundle(written[::2])
    broken = {**written[0], "status": "whatever", "scope": None}
    *found, noticed = validate([*written, bundle, broken])
    assert [errors(one) for one in found] == [[]] * (len(written) + 1)
    assert errors(noticed), "the companion: it does notice what is wrong"
