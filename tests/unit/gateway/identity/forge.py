"""Makes tokens, good and bad, byte by byte: no library that would refuse to write what an attacker writes."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, cast

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from core.errors import ClosedError
from core.vocabulary import Json
from gateway.identity.issuers import Algorithm, Issuer, TrustRegister, trust
from gateway.identity.jwks import FetchError, KeyTimes
from gateway.identity.verifier import TokenVerifier

AUDIENCE: Final = "https://gateway.oncetold.test/api"
ISSUER_URL: Final = "https://sign-in.oncetold.test"
NOW: Final = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)

Members = dict[str, Json]
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def number(value: int, length: int | None = None) -> str:
    return b64(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


class HandClock:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.wall = NOW
        self.ticks = 1000.0
        self.sound = True

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.ticks

    def assert_sound(self) -> None:
        if not self.sound:
            raise ClosedError("clock", "in doubt")

    def move(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.ticks += seconds


def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def public_jwk(key: PrivateKey, kid: str, **more: Json) -> Members:
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return {"kty": "RSA", "kid": kid, "n": number(numbers.n), "e": number(numbers.e), **more}
    point = key.public_key().public_numbers()
    size = (point.curve.key_size + 7) // 8
    name = {"secp256r1": "P-256", "secp384r1": "P-384"}[point.curve.name]
    return {
        "kty": "EC",
        "crv": name,
        "kid": kid,
        "x": number(point.x, size),
        "y": number(point.y, size),
        **more,
    }


def jwks(*keys: Mapping[str, Json]) -> bytes:
    return json.dumps({"keys": keys}).encode()


def sign(key: PrivateKey, signing_input: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(signing_input, padding.PKCS1v15(), SHA256())
    r, s = decode_dss_signature(key.sign(signing_input, ec.ECDSA(SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def raw_token(header: bytes, payload: bytes, signer: Callable[[bytes], bytes]) -> str:
    signing_input = f"{b64(header)}.{b64(payload)}"
    return f"{signing_input}.{b64(signer(signing_input.encode()))}"


@dataclass
class FakeProvider:
    """Serves a key set from memory, counts how often it was asked, and can be down."""

    body: bytes
    down: bool = False
    asked: int = 0
    addresses: list[str] = field(default_factory=list)

    async def __call__(self, url: str) -> bytes:
        self.asked += 1
        self.addresses.append(url)
        if self.down:
            raise FetchError("the issuer cannot be reached")
        return self.body


def issuer(
    url: str = ISSUER_URL, algorithms: frozenset[Algorithm] = frozenset({"ES256"}), issuer_id: str = "sandbox"
) -> Issuer:
    return Issuer(
        id=issuer_id,
        url=url,
        jwks_uri=f"{url}/jwks.json",
        algorithms=algorithms,
        audience=AUDIENCE,
        organisations=frozenset({"harbour-charity", "norwich-city-council"}),
        clients={"harbour-app": "harbour-charity", "norwich-app": "norwich-city-council"},
    )


EC_KEY: Final = ec_key()
RSA_KEY: Final = rsa_key()


class Forge:
    """A provider, a verifier that trusts it, and the tokens that it could sign."""

    def __init__(
        self,
        *,
        key: PrivateKey = EC_KEY,
        algorithm: Algorithm = "ES256",
        register: TrustRegister | None = None,
        times: KeyTimes | None = None,
        remembered_maximum: int = 100,
    ) -> None:
        self.key = key
        self.algorithm: Algorithm = algorithm
        self.clock = HandClock()
        self.provider = FakeProvider(jwks(public_jwk(key, "key-1", alg=algorithm, use="sig")))
        self.verifier = TokenVerifier(
            register or trust([issuer(algorithms=frozenset({algorithm}))]),
            self.provider,
            self.clock,
            times=times,
            remembered_maximum=remembered_maximum,
        )

    @property
    def now(self) -> int:
        return int(self.clock.now().timestamp())

    def header(self, **changes: Json) -> Members:
        return _changed({"alg": self.algorithm, "typ": "at+jwt", "kid": "key-1"}, changes)

    def claims(self, **changes: Json) -> Members:
        good: Members = {
            "iss": ISSUER_URL,
            "aud": AUDIENCE,
            "sub": "farid.adviser@harbour.test",
            "client_id": "harbour-app",
            "iat": self.now,
            "exp": self.now + 300,
            "jti": "4c1a",
            "scope": "views trace",
            "organisation": "harbour-charity",
            "role": "adviser",
            "acr": "P2",
        }
        return _changed(good, changes)

    def token(
        self, header: Members | None = None, claims: Members | None = None, key: PrivateKey | None = None
    ) -> str:
        return raw_token(
            json.dumps(header or self.header()).encode(),
            json.dumps(claims or self.claims()).encode(),
            lambda signing_input: sign(key or self.key, signing_input),
        )

    def bearer(
        self, header: Members | None = None, claims: Members | None = None, key: PrivateKey | None = None
    ) -> list[str]:
        return [f"Bearer {self.token(header, claims, key)}"]


class _Absent:
    """Stands for "leave this member out"."""


ABSENT: Final = cast("Json", _Absent())


def _changed(good: Members, changes: Mapping[str, Json]) -> Members:
    return {name: value for name, value in {**good, **changes}.items() if value is not ABSENT}
