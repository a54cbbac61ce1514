"""The words we use before somebody agrees, as everybody reads them: what is used now, and versions beside each other."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Request, Response

from hub.errors import NotHereError
from hub.pages.routing import PageRouter
from hub.pages.words import london_day
from hub.parts import Parts
from hub.voice.wordings.comparing import Piece, compare
from hub.voice.wordings.register import Text, Version


def build_router(parts: Parts, texts: tuple[Text, ...]) -> APIRouter:
    """`/voice/words`, `/voice/words/<text>`."""
    router, pages = PageRouter(parts.pages, "/voice/words"), parts.pages

    @router.page("")
    async def every(request: Request) -> Response:
        today = london_day(parts.clock.now())
        shown = [{"text": text, "now": text.used_on(today)} for text in texts]
        return pages.page(request, "voice/words.html", shown=shown)

    @router.page("/{name}")
    async def one(request: Request, name: str) -> Response:
        text = next((text for text in texts if text.id == name), None)
        if text is None:
            raise NotHereError("text")
        today = london_day(parts.clock.now())
        before, after = _asked(text, request, today)
        left, right = ((), ()) if before is None else compare(before.words, after.words)
        return pages.page(
            request,
            "voice/wording.html",
            back="/voice/words",
            text=text,
            today=today,
            before=before,
            after=after,
            columns=_columns(before, after, left, right),
            rewritten=all(piece.changed for piece in (*left, *right)),
            used=text.used_on(today).number,
        )

    return router


def _asked(text: Text, request: Request, today: date) -> tuple[Version | None, Version]:
    """The two versions to be shown: those asked for, else the one in use and the one before it."""
    used = text.used_on(today)
    after = _version(text, request.query_params.get("after")) or used
    before = _version(text, request.query_params.get("before")) or text.version(after.number - 1)
    return before, after


def _version(text: Text, asked: str | None) -> Version | None:
    digits = asked is not None and asked.isascii() and asked.isdigit() and len(asked) <= 4
    return text.version(int(asked)) if asked is not None and digits else None


def _columns(
    before: Version | None, after: Version, left: tuple[Piece, ...], right: tuple[Piece, ...]
) -> list[dict[str, object]]:
    newer: dict[str, object] = {
        "version": after,
        "pieces": right or (Piece(after.words, False),),
        "mark": "ins",
    }
    if before is None:
        return [newer]
    return [{"version": before, "pieces": left, "mark": "del"}, newer]
