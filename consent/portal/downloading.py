"""Download everything that is held about one (UK GDPR Articles 15 and 20): what is in it, and the file itself."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from consent.portal.context import HOME, Portal
from consent.portal.downloading_ports import DownloadServices
from consent.portal.ports import NotPossible
from core.pages.words import london_day

DOWNLOAD: Final = "/portal/download"
ZIP: Final = "application/zip"
SECRET: Final = "secret"  # noqa: S105 - the name of a box
"""The field of the box that puts in what others must not read by accident."""


def add_pages(router: APIRouter, portal: Portal, downloads: DownloadServices) -> None:
    """Add `/download` to the router."""
    pages = portal.pages

    @router.get("/download", response_class=Response)
    async def page(request: Request) -> Response:
        resident, viewer = await portal.resident(request)
        served = downloads.serving(resident)
        return pages.page(
            request,
            "portal/download.html",
            viewer=viewer,
            parts=served.in_it(pages.words),
            anew=await served.signed_in_anew(request),
            sign_in_url=portal.services.sign_in_url(request),
            back=HOME,
        )

    @router.post("/download", response_class=Response)
    async def download(request: Request) -> Response:
        resident, viewer, form = await portal.posted(request)
        served = downloads.serving(resident)
        secret = form.one(SECRET) == "yes"
        if secret and not await served.signed_in_anew(request):
            return pages.go(DOWNLOAD)
        hidden = await portal.hidden(resident.person)
        try:
            content = await served.download(resident.person, pages.words, secret=secret, hidden=hidden)
        except NotPossible as problem:
            return pages.page(
                request, "portal/not-possible.html", viewer=viewer, status=409, words=problem.words, back=HOME
            )
        name = file_name(portal.settings.now(), own=resident.acting is None)
        headers = dict(pages.text("", name, ZIP).headers)
        del headers["content-length"]
        return Pieces(content, 200, headers)


class Pieces(StreamingResponse):
    """An answer in pieces that is sent to its end: one person's rows, so whoever went away meanwhile costs little."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        await self.stream_response(send)


def file_name(now: datetime, *, own: bool) -> str:
    """The file's name: the day, and nothing of the person. own: of all that is held about whoever asks."""
    return f"oncetold-{'everything' if own else 'acting'}-{london_day(now).isoformat()}.zip"
