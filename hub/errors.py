"""The one base of the hub's exceptions. Messages hold no record content and no identifiers: they may be logged."""

from __future__ import annotations


class HubError(Exception):
    """Base of every exception that the hub raises on purpose."""


class SignInNeededError(HubError):
    """Nobody is signed in, and the page is for somebody."""


class NotHereError(HubError):
    """The page, or what it is about, does not exist for whoever asks."""


class NotOursError(HubError):
    """A form was posted without the token that our own page holds, or with an old one."""


class FormError(HubError):
    """What was posted is no form that one of our pages could have sent."""
