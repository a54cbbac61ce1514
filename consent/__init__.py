"""The ledger of permissions and preferences, and the residents' portal. Knows nothing of the log or the gateway."""
