"""The one base of our exceptions, and the one that closes the gate.

Every room has its own exceptions under `OnceToldError`; only the web's edge (gateway/problems.py) turns them into
RFC 9457 problem documents. Messages never hold record content or identifiers: they are written to be logged.
"""

from __future__ import annotations


class OnceToldError(Exception):
    """Base of every exception that OnceTold raises on purpose."""


class ClosedError(OnceToldError):
    """Something that a disclosure depends on is in doubt, so nothing is disclosed (promise 5): 503 to all alike.

    `part` names what is in doubt in the words of docs/architecture.md, e.g. "key store", "audit log", "policy engine".
    """

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(f"{part}: {reason}")
        self.part = part
        self.reason = reason


class BrokenRowError(ClosedError):
    """What rests of one subject does not open, or is not what was sealed, while everybody else's may.

    A view takes a person in this state for nobody: a 503 for them alone would tell that we know them (promise 4).
    """
