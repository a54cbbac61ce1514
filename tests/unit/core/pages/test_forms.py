from __future__ import annotations

import pytest
from starlette.requests import Request
from starlette.types import Message

from core.pages.forms import FORM_BYTES, FORM_FIELDS, Form, FormError, read_form


def posted(body: bytes, media_type: str = "application/x-www-form-urlencoded", chunk: int = 1000) -> Request:
    parts = [body[start : start + chunk] for start in range(0, len(body), chunk)] or [b""]
    messages: list[Message] = [
        {"type": "http.request", "body": part, "more_body": index < len(parts) - 1}
        for index, part in enumerate(parts)
    ]

    async def receive() -> Message:
        return messages.pop(0)

    headers = [(b"content-type", media_type.encode())]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


async def test_a_field_may_stand_several_times_and_its_text_is_stripped() -> None:
    form = await read_form(posted(b"a=+one+&b=2&a=three&a=&name=Za%C5%BC"))
    assert form.one("a") == "one"
    assert form.every("a") == ("one", "three")
    assert form.one("name") == "Zaż"
    assert form.one("absent") == ""
    assert form.every("absent") == ()


async def test_an_empty_form_has_no_fields() -> None:
    assert await read_form(posted(b"")) == Form(())


@pytest.mark.parametrize("media_type", ["multipart/form-data; boundary=x", "application/json", ""])
async def test_another_media_type_is_no_form(media_type: str) -> None:
    with pytest.raises(FormError):
        await read_form(posted(b"a=1", media_type))


async def test_a_form_that_never_ends_is_not_read_to_the_end() -> None:
    request = posted(b"a=" + b"x" * (FORM_BYTES * 2))
    with pytest.raises(FormError):
        await read_form(request)
    assert await request.receive() is not None, "the rest was left unread"


@pytest.mark.parametrize("body", [b"a=%FF", b"\xff=1", b"&".join([b"a=1"] * (FORM_FIELDS + 1))])
async def test_what_no_page_of_ours_could_have_sent_is_refused(body: bytes) -> None:
    with pytest.raises(FormError):
        await read_form(posted(body))
