"""What geography refuses. Messages hold no counts and nobody's data."""

from __future__ import annotations

from hub.errors import HubError


class PlacesError(HubError):
    """Base of these errors."""


class VintageError(PlacesError):
    """Two sets of areas of different years were about to be joined. Many codes are alike, so a join would go unnoticed."""


class GeographyError(PlacesError):
    """The folder of geography lacks a file, or a file is not what its name says."""
