"""Why the gateway did not take what was sent, by its problem's code, and what to do: in words for whoever wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PROBLEMS: Final[Mapping[str, str]] = {
    "no-agreement": "No agreement lets your organisation refer to them for this. Give the person their contact details.",
    "agreement-ended": "The agreement with them does not hold now. Give their contact details to the person instead.",
    "not-a-specified-authority": "Only a specified public authority may do this (Housing Act 1996 s.213B).",
    "nothing-to-ask": "They may not look at what was to be shared. Send it again without sharing.",
    "body-invalid": "Something in it was not as it must be. Write it again; after 14 days, ask the person again.",
    "insufficient_scope": "Your account may not send this. Ask your team's co-ordinator.",
}


def why_not_taken(code: str | None, otherwise: str = "Ask your team's co-ordinator.") -> str:
    """The words for a code. otherwise: what to do about one that nobody has words for."""
    return PROBLEMS.get(code or "", otherwise)
