"""The shell between a web request and the verifier, and what each protection is worth without it."""

from __future__ import annotations

import json

import pytest
from starlette.requests import Request

from core.vocabulary import JsonObject
from gateway.identity import claims as claims_module
from gateway.identity import verifier as verifier_module
from gateway.identity.caller import Caller, require_one_scope
from gateway.identity.compact import Named
from gateway.identity.errors import TokenError
from gateway.identity.http import authenticate
from gateway.identity.jwks import IssuerKeys
from tests.unit.gateway.identity.forge import Forge, ec_key, jwks, public_jwk, raw_token, sign


def request(authorization: list[str], query: str = "", content_type: str = "application/json") -> Request:
    headers = [(b"authorization", one.encode()) for one in authorization] + [
        (b"content-type", content_type.encode())
    ]
    return Request(
        {"type": "http", "method": "POST", "path": "/", "query_string": query.encode(), "headers": headers}
    )


async def test_a_request_is_authenticated_by_its_one_header() -> None:
    forge = Forge()
    caller = await authenticate(request(forge.bearer()), forge.verifier)
    assert caller.organisation == "harbour-charity"


async def test_two_headers_a_token_in_the_address_and_a_form_are_refused_beside_a_good_token() -> None:
    forge = Forge()
    bearer = forge.bearer()
    for bad in (
        request(bearer * 2),
        request(bearer, query=f"access_token={forge.token()}"),
        request(bearer, content_type="application/x-www-form-urlencoded"),
    ):
        with pytest.raises(TokenError) as caught:
            await authenticate(bad, forge.verifier)
        assert caught.value.code == "invalid_request"


# Companions: with one protection taken away, the same attack comes through. So the tests above can fail.


async def test_without_the_audience_check_another_services_token_would_come_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forge = Forge()
    stolen = forge.bearer(claims=forge.claims(aud="https://other.test/api"))
    with pytest.raises(TokenError):
        await forge.verifier.verify(stolen)
    monkeypatch.setattr(claims_module, "_check_audience", lambda _claims, _issuer: None)
    assert (await forge.verifier.verify(stolen)).client == "harbour-app"


async def test_without_the_type_check_an_id_token_would_come_through(monkeypatch: pytest.MonkeyPatch) -> None:
    forge = Forge()
    id_token = forge.bearer(header=forge.header(typ="JWT"))
    with pytest.raises(TokenError):
        await forge.verifier.verify(id_token)

    def unchecked(header: JsonObject) -> Named:
        return Named(str(header["alg"]), str(header["kid"]))

    monkeypatch.setattr(verifier_module, "check_header", unchecked)
    assert (await forge.verifier.verify(id_token)).client == "harbour-app"


async def test_without_the_generation_a_removed_keys_token_would_be_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forge, new_key = Forge(), ec_key()
    bearer = forge.bearer()
    await forge.verifier.verify(bearer)
    forge.provider.body = jwks(public_jwk(new_key, "key-2"))
    forge.clock.move(11)
    await forge.verifier.verify(forge.bearer(header=forge.header(kid="key-2"), key=new_key))
    with monkeypatch.context() as patch:
        patch.setattr(IssuerKeys, "holds", lambda _keys, _generation: True)
        forge_again = await forge.verifier.verify(bearer)
        assert forge_again.client == "harbour-app"
    with pytest.raises(TokenError, match="does not publish"):
        await forge.verifier.verify(bearer)


async def test_without_strict_json_the_second_of_two_expiries_would_win(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forge = Forge()
    payload = json.dumps(forge.claims(exp=1))[:-1] + f', "exp": {forge.now + 300}}}'
    token = raw_token(
        json.dumps(forge.header()).encode(), payload.encode(), lambda text: sign(forge.key, text)
    )
    with pytest.raises(TokenError):
        await forge.verifier.verify([f"Bearer {token}"])
    monkeypatch.setattr(verifier_module, "parse_claims", json.loads)
    assert (await forge.verifier.verify([f"Bearer {token}"])).client == "harbour-app"


def test_one_of_several_scopes_is_enough_and_none_names_the_first() -> None:
    caller = Caller("i", "o", "c", "p", "r", frozenset({"checks"}), "t", None, 0)
    require_one_scope(caller, ("views", "checks"))
    with pytest.raises(TokenError, match="views") as refused:
        require_one_scope(caller, ("views", "break-glass"))
    assert refused.value.code == "insufficient_scope"
