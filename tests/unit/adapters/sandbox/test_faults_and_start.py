"""Faults as values, the command line, and what the access log may say."""

from __future__ import annotations

import logging
import runpy
import signal
import sys
import threading
from pathlib import Path

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from adapters.sandbox.__main__ import main, parser
from adapters.sandbox.faults import Faults, Mode, is_local
from adapters.sandbox.serving import RouteLogger


def test_a_fault_is_changed_and_told() -> None:
    faults = Faults()
    assert orjson.loads(faults.state()) == {"mode": "none", "delay_seconds": 30.0}
    faults.change(b'{"mode": "slow", "delay_seconds": 2}')
    assert (faults.mode, faults.delay_seconds) == (Mode.SLOW, 2.0)
    faults.change(b'{"mode": "excess"}')
    assert faults.excess
    assert faults.delay_seconds == 30.0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"mode": "tired"}',
        b'{"mode": "slow", "delay_seconds": -1}',
        b'{"mode":"slow","delay_seconds":true}',
    ],
)
def test_what_is_no_fault_changes_nothing(body: bytes) -> None:
    faults = Faults()
    with pytest.raises(ValueError):  # noqa: PT011 - any of them becomes a 400
        faults.change(body)
    assert faults.mode is Mode.NONE


@pytest.mark.parametrize(
    ("remote", "local"), [("127.0.0.1", True), ("::1", True), ("", True), (None, True), ("192.0.2.7", False)]
)
def test_only_this_machine_may_command_faults(remote: str | None, local: bool) -> None:
    assert is_local(remote) is local


def test_the_command_line_names_an_agency() -> None:
    options = parser().parse_args(["--count", "50", "nhs", "--port", "0", "--access-log"])
    assert (options.agency, options.port, options.count, options.access_log) == ("nhs", 0, 50, True)
    with pytest.raises(SystemExit):
        parser().parse_args([])


def test_the_charity_writes_its_drop_once_and_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["charity", "--folder", str(tmp_path / "drop")]) == 0
    assert capsys.readouterr().out.startswith("ready: harbour-charity wrote ")
    assert (tmp_path / "drop" / "harbour-cases.csv").exists()


def test_the_charity_writes_again_until_it_is_told_to_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def write(folder: Path, _: object) -> tuple[Path, Path]:
        written.append(folder)
        if len(written) == 3:
            signal.raise_signal(signal.SIGTERM)
        return folder / "a.csv", folder / "a.xlsx"

    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    monkeypatch.setattr("adapters.sandbox.__main__.write_drop", write)
    try:
        assert main(["charity", "--folder", str(tmp_path), "--every", "0.001"]) == 0
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])
    assert len(written) == 3
    assert threading.current_thread() is threading.main_thread()


def test_the_package_runs_as_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["adapters.sandbox", "charity", "--folder", str(tmp_path)])
    monkeypatch.delitem(sys.modules, "adapters.sandbox.__main__")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("adapters.sandbox", run_name="__main__", alter_sys=True)
    assert ended.value.code == 0


async def test_the_access_log_names_the_route_and_nobody(caplog: pytest.LogCaptureFixture) -> None:
    secret = "1839a769-cb75-4089-aa9a-9b3f2ed5b1d0"

    async def answer(_: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_get("/Patient/{id}", answer)
    request = make_mocked_request("GET", f"/Patient/{secret}?_elements={secret}", app=app)
    request._match_info = await app.router.resolve(request)
    log = RouteLogger(logging.getLogger("sandbox.access"), "")
    with caplog.at_level(logging.INFO):
        log.log(request, web.Response(status=200), 0.0125)
        log.log(web.BaseRequest.__new__(_Bare), web.Response(status=404), 0.0)
    assert [record.getMessage() for record in caplog.records] == [
        "GET /Patient/{id} 200 12.5ms",
        "PUT - 404 0.0ms",
    ]
    assert secret not in caplog.text


class _Bare(web.BaseRequest):
    """A request that never reached a route."""

    method = "PUT"
