"""FHIR R4 with UK Core (https://simplifier.net/hl7fhirukcorer4): NHS sources.

`plan` says what to ask for, `source` asks, `mapping` checks each resource and hands it to `patient`, `clinical` or `care`,
which know the resource types; `datatypes` reads what they are made of. All but `source` are pure.
"""

from adapters.fhir.source import FhirOptions, FhirSource

__all__ = ["FhirOptions", "FhirSource"]
