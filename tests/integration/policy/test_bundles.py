"""Signed bundles before the real OPA and before our own reader: both take the same ones, and refuse the same ones."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest

from gateway.policy.bundle import BundleError, Fault, open_registers, read_bundle
from gateway.policy.bundle_archive import DATA, MANIFEST, SIGNATURES, WASM
from tests.support.bundles import (
    KEYID,
    OTHER_KEY,
    POLICIES,
    TRUSTED,
    Files,
    altered,
    bundle_bytes,
    pem,
    signed_anew,
)
from tests.support.opa import OpaRefusedError, opa_server, running_opa

if TYPE_CHECKING:
    from tests.conftest import Parts


def files_for(folder: Path, packed: bytes) -> tuple[Path, Path]:
    """A bundle and the trusted public key as files."""
    (folder / "bundle.tar.gz").write_bytes(packed)
    (folder / "key.pem").write_bytes(pem())
    return folder / "bundle.tar.gz", folder / "key.pem"


def asked(url: str) -> object:
    with urllib.request.urlopen(f"{url}/v1/data/registers/revision", timeout=10) as answer:  # noqa: S310 - loopback
        return json.load(answer)["result"]


def test_opa_takes_our_bundle_and_names_the_revision_that_our_reader_names(
    parts: Parts, tmp_path: Path
) -> None:
    bundle = read_bundle(bundle_bytes(), TRUSTED)
    with running_opa(parts.opa, *files_for(tmp_path, bundle_bytes()), KEYID) as url:
        assert asked(url) == bundle.revision
    assert open_registers(bundle, POLICIES / "schemas").agreements


def test_opa_hashes_what_its_encoder_escapes_as_we_do(parts: Parts, tmp_path: Path) -> None:
    def odd_text(files: Files) -> None:
        data = orjson.loads(files[DATA])
        data["registers"]["odd"] = '\u2028\u2029 <&> \u00e9 \U0001f600 \x7f \t\b\f\\ " \u0001'
        files[DATA] = orjson.dumps(data, option=orjson.OPT_SORT_KEYS)

    packed = signed_anew(bundle_bytes(), odd_text)
    with running_opa(parts.opa, *files_for(tmp_path, packed), KEYID) as url:
        assert asked(url)


def _one_more_field(files: Files) -> None:
    files[DATA] = files[DATA].replace(b'"hidden":{', b'"hidden":{"everybody":true,', 1)


def _other_gate(files: Files) -> None:
    name = next(name for name in sorted(files) if name.startswith("oncetold/label"))
    files[name] += b"\nshows(_, _) if true\n"


def _empty_wasm(files: Files) -> None:
    files[WASM] = b"\0asm\1\0\0\0"


def _newer(files: Files) -> None:
    files[MANIFEST] = files[MANIFEST].replace(b'"number":1', b'"number":9', 1)


def _file_less(files: Files) -> None:
    del files[WASM]


def _file_more(files: Files) -> None:
    files["oncetold/more.rego"] = b"package oncetold.more\n"


REFUSED: dict[str, tuple[Callable[[bytes], bytes], Fault]] = {
    "data altered": (lambda packed: altered(packed, _one_more_field), Fault.ALTERED),
    "a gate altered": (lambda packed: altered(packed, _other_gate), Fault.ALTERED),
    "the compiled policy altered": (lambda packed: altered(packed, _empty_wasm), Fault.ALTERED),
    "numbered anew": (lambda packed: altered(packed, _newer), Fault.ALTERED),
    "a file taken out": (lambda packed: altered(packed, _file_less), Fault.ALTERED),
    "a file put in": (lambda packed: altered(packed, _file_more), Fault.ALTERED),
    "unsigned": (lambda packed: altered(packed, lambda files: files.pop(SIGNATURES)), Fault.UNSIGNED),
    "signed by another key under our keyid": (
        lambda packed: signed_anew(packed, key=OTHER_KEY),
        Fault.ALTERED,
    ),
    "cut short": (lambda packed: packed[: len(packed) // 2], Fault.MALFORMED),
}


@pytest.mark.parametrize("how", REFUSED)
def test_opa_and_our_reader_refuse_a_bundle_that_is(parts: Parts, tmp_path: Path, how: str) -> None:
    change, fault = REFUSED[how]
    packed = change(bundle_bytes())
    with pytest.raises(BundleError) as caught:
        read_bundle(packed, TRUSTED)
    assert caught.value.code is fault
    with (
        pytest.raises(OpaRefusedError, match=r"bundle|signature|digest|verif|EOF"),
        running_opa(parts.opa, *files_for(tmp_path, packed), KEYID),
    ):
        pass


def test_an_opa_that_verifies_nothing_takes_an_altered_bundle(parts: Parts, tmp_path: Path) -> None:
    """What the signature protects from: the same altered data, and nobody to notice."""
    packed = altered(bundle_bytes(), _one_more_field)
    bundle, _ = files_for(tmp_path, packed)
    with opa_server(parts.opa, ["--bundle", str(bundle), "--skip-verify"]) as url:
        assert asked(url) == read_bundle(bundle_bytes(), TRUSTED).revision
        with urllib.request.urlopen(f"{url}/v1/data/registers/hidden/everybody", timeout=10) as answer:  # noqa: S310
            assert json.load(answer) == {"result": True}


def test_our_reader_believes_a_trusted_key_under_its_own_name_only_where_opa_looks_at_the_key_alone(
    parts: Parts, tmp_path: Path
) -> None:
    packed = signed_anew(bundle_bytes(), keyid="somebody-else")
    with pytest.raises(BundleError) as caught:
        read_bundle(packed, TRUSTED)
    assert caught.value.code is Fault.UNKNOWN_KEY
    with running_opa(parts.opa, *files_for(tmp_path, packed), KEYID) as url:
        assert asked(url)


def test_a_server_on_our_example_configuration_keeps_the_last_good_bundle(
    parts: Parts, tmp_path: Path
) -> None:
    bundle, config = tmp_path / "bundle.tar.gz", tmp_path / "opa.yaml"
    bundle.write_bytes(bundle_bytes())
    with serving(tmp_path) as address:
        config.write_text(example(address))
        with opa_server(parts.opa, ["--config-file", str(config)]) as url:
            first = asked(url)
            assert first == read_bundle(bundle_bytes(), TRUSTED).revision
            for refused in (
                altered(bundle_bytes(), _one_more_field),
                signed_anew(bundle_bytes(), key=OTHER_KEY),
            ):
                bundle.write_bytes(refused)
                wait_for(lambda: _refusal(url) is not None)
                assert asked(url) == first
                assert not _everybody(url)
                bundle.write_bytes(bundle_bytes(2))
                wait_for(lambda: _refusal(url) is None)


def example(address: str) -> str:
    """The example with the test's key and address; it looks more often, so that the test need not wait."""
    text = (POLICIES.parent / "deploy" / "opa" / "opa.yaml").read_text()
    key = "".join(f"      {line}\n" for line in pem().decode().splitlines())
    for old, new in {
        "https://bundles.example": address,
        "      -----BEGIN PUBLIC KEY-----\n      -----END PUBLIC KEY-----\n": key,
        "min_delay_seconds: 10": "min_delay_seconds: 1",
        "max_delay_seconds: 20": "max_delay_seconds: 1",
    }.items():
        assert old in text
        text = text.replace(old, new)
    assert f"keyid: {KEYID}" in text
    return text


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A web server for the files of a folder."""
    handler = partial(QuietHandler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def _everybody(url: str) -> bool:
    with urllib.request.urlopen(f"{url}/v1/data/registers/hidden/everybody", timeout=10) as answer:  # noqa: S310
        return "result" in json.load(answer)


def _refusal(url: str) -> str | None:
    """What the server says about the last bundle; None when it was good."""
    with urllib.request.urlopen(f"{url}/v1/status", timeout=10) as answer:  # noqa: S310 - loopback
        message: str | None = json.load(answer)["result"]["bundles"]["oncetold"].get("message")
    return message


def wait_for(holds: Callable[[], bool]) -> None:
    for _ in range(300):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it never came to hold")
