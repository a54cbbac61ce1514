"""The resident's portal: who can look at my information, allow, stop, who looked, and the proof of it.

`build_router` is handed what `consent.portal.ports` names by the gateway and gives the routes under `/portal`.
"""

from consent.portal.context import PortalSettings
from consent.portal.router import build_router

__all__ = ["PortalSettings", "build_router"]
