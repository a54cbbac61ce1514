"""What area insight refuses. Messages hold no counts and nobody's data."""

from __future__ import annotations

from hub.errors import HubError


class InsightError(HubError):
    """Base of this feature's errors."""


class VintageError(InsightError):
    """Two sets of areas of different years were about to be joined. Many codes are alike, so a join would go unnoticed."""


class GeographyError(InsightError):
    """The folder of geography lacks a file, or a file is not what its name says."""
