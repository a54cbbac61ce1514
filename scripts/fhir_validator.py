"""HAPI FHIR's validator for the integration tests, from Maven: `python -m scripts.fhir_validator` says where it is.

As scripts/hapi_fhir.py, in a project of its own: what HL7 publishes of R4 comes with it (70 files, 140 MB).
"""

from __future__ import annotations

import sys

from scripts.hapi_fhir import UnavailableError, command
from scripts.parts import PARTS, ROOT

PROJECT = ROOT / "scripts" / "fhir_validator_project"
HOME = PARTS / "fhir-validator"


def obtain() -> list[str]:
    """The command: resources on its input, a line each, what was found of them on its output; or `UnavailableError`."""
    return command(PROJECT, HOME, "Validator.java", 768)


if __name__ == "__main__":
    try:
        print(*obtain())
    except UnavailableError as reason:
        sys.exit(f"fhir-validator: {reason}")
