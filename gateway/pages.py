"""Puts the residents' portal and the officers' console on the web, with the services they are handed."""

from __future__ import annotations

from fastapi import FastAPI

from gateway.compose import Gateway


def mount_pages(app: FastAPI, gateway: Gateway) -> None:
    """Mount the pages; nothing where no identity provider for sign-in is configured."""
