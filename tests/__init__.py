"""The tests, by tier: unit, integration, promises, contract, e2e."""
