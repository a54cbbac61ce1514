"""The audit log: entries, the Merkle tree, checkpoints and receipts, and their verification by strangers.

`merkle`, `note`, `checkpoint`, `tlog_proof`, `tiles`, `leaf` and `verify` are pure: no database, no clock, no I/O.
Whoever holds a receipt and the log's public key can check it with these alone, or with any public tool for the same formats.
"""
