from __future__ import annotations

import pytest
from starlette.datastructures import Headers
from starlette.responses import Response

from gateway.signin.cookies import Cookies, InsecureCookiesError, loopback_cookies, new_secret
from gateway.signin.csrf import same_origin, token_fits, token_for

ORIGIN = "https://gateway.test"


def sent(*cookies: str) -> Headers:
    return Headers(raw=[(b"cookie", cookie.encode("latin-1")) for cookie in cookies])


def test_a_session_s_cookie_is_bound_to_this_host_and_closed_to_scripts() -> None:
    response = Response()
    Cookies().set(response, "session", "x")
    assert response.headers["set-cookie"] == "__Host-oncetold=x; HttpOnly; Path=/; SameSite=lax; Secure"


def test_an_attempt_s_cookie_lives_ten_minutes() -> None:
    response = Response()
    Cookies().set(response, "attempt", "x")
    name, *attributes = response.headers["set-cookie"].split("; ")
    assert name == "__Host-oncetold-signin=x"
    assert set(attributes) == {"HttpOnly", "Max-Age=600", "Path=/", "SameSite=lax", "Secure"}


def test_a_cookie_is_deleted_with_the_attributes_that_its_prefix_asks_for() -> None:
    response = Response()
    Cookies().delete(response, "session")
    assert response.headers["set-cookie"].startswith('__Host-oncetold=""; ')
    assert {"Max-Age=0", "Path=/", "Secure"} <= set(response.headers["set-cookie"].split("; "))


def test_insecure_cookies_are_for_loopback_only() -> None:
    response = Response()
    loopback_cookies("127.0.0.1").set(response, "session", "x")
    assert response.headers["set-cookie"] == "oncetold=x; HttpOnly; Path=/; SameSite=lax"
    for host in ("0.0.0.0", "gateway.test", "::", ""):
        with pytest.raises(InsecureCookiesError, match="loopback"):
            loopback_cookies(host)


def test_a_cookie_is_read_among_others() -> None:
    value = new_secret()
    assert Cookies().read(sent(f"a=b; __Host-oncetold={value}; c=d"), "session") == value
    assert Cookies().read(sent("a=b", f"__Host-oncetold={value}"), "session") == value


@pytest.mark.parametrize(
    "cookies",
    [
        (), ("",), ("a=b",), ("__Host-oncetold=",), ("__Host-oncetold=short",), (f"oncetold={'a' * 43}",),
        (f"__Host-oncetold={'a' * 44}",), (f"__Host-oncetold={'a' * 42}'",), (f"__host-oncetold={'a' * 43}",),
        (f"__Host-oncetold={'a' * 43}; __Host-oncetold={'b' * 43}",),
        (f"__Host-oncetold={'a' * 43}", f"__Host-oncetold={'b' * 43}"),
    ],
)  # fmt: skip
def test_a_cookie_that_is_malformed_or_stands_twice_is_none(cookies: tuple[str, ...]) -> None:
    assert Cookies().read(sent(*cookies), "session") is None


def test_a_form_token_fits_its_own_session_and_door_only() -> None:
    mine, other = new_secret(), new_secret()
    token = token_for(mine, "portal")
    assert token_fits(mine, "portal", token)
    assert mine not in token
    for cookie, kind in ((other, "portal"), (mine, "console")):
        assert not token_fits(cookie, kind, token)  # type: ignore[arg-type]
    for wrong in ("", token[:-1], token + "=", "ł", "\ud800", mine):
        assert not token_fits(mine, "portal", wrong)


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"origin": ORIGIN}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"},
        {"origin": ORIGIN, "sec-fetch-site": "same-origin"},
    ],
)  # fmt: skip
def test_a_form_of_our_own_pages_comes_from_our_origin(headers: dict[str, str]) -> None:
    assert same_origin(Headers(headers), ORIGIN)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"}, {"origin": "null"}, {"origin": "http://gateway.test"},
        {"origin": ORIGIN + ":444"}, {"origin": ORIGIN + ".evil.example"}, {"origin": ""},
        {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": ""},
        {"origin": ORIGIN, "sec-fetch-site": "cross-site"},
        {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
    ],
)  # fmt: skip
def test_a_form_from_anywhere_else_is_known_as_such(headers: dict[str, str]) -> None:
    assert not same_origin(Headers(headers), ORIGIN)
