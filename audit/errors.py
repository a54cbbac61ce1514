"""The base of every reason why the log, a proof or a receipt is not what it claims to be."""

from __future__ import annotations

from core.errors import OnceToldError


class VerificationError(OnceToldError):
    """Something that should verify does not, or cannot even be read.

    Messages name indices, sizes and rules, never what stood in the text: they are safe to log and to show.
    """
