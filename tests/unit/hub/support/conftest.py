"""The hub of the support teams."""

from __future__ import annotations

from tests.unit.hub.support.making import desk

__all__ = ["desk"]
