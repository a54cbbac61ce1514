from __future__ import annotations

import pytest

from gateway.signin.kinds import home, safe_return


@pytest.mark.parametrize(
    "path",
    [
        "/portal/",
        "/portal/allow",
        "/portal/history?before=12",
        "/portal/a/b-c_d~e.f/",
        "/portal/done?ref=ab%20c&x=1",
    ],
)
def test_a_page_behind_the_same_door_is_come_back_to(path: str) -> None:
    assert safe_return("portal", path) == path


@pytest.mark.parametrize(
    "path",
    [
        None, "", "https://evil.example/", "//evil.example/portal/", "/\\evil.example", "\\\\evil.example",
        "/portal//evil.example", "/portal/\\evil.example", "/portal/../console/", "/portal/.", "/portal/%2f%2fevil",
        "/portal/\n//evil.example", "/portal/\t", " /portal/", "javascript:alert(1)", "/portalx/", "/portal",
        "/portal@evil.example", "/portal/#x", "/signin/portal", "/v1/views", "/portal/" + "a" * 600,
        "/portal/?x=//evil.example/<", "/portal/?a\r\nSet-Cookie:x",
    ],
)  # fmt: skip
def test_anything_that_could_lead_elsewhere_ends_at_the_first_page(path: str | None) -> None:
    assert safe_return("portal", path) == "/portal/"


def test_one_door_does_not_lead_behind_the_other() -> None:
    assert safe_return("portal", "/console/search") == home("portal")
    assert safe_return("console", "/portal/") == home("console")
