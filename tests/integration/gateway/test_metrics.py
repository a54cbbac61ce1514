"""Metrics over HTTP: at an address of their own, and nowhere without one."""

from __future__ import annotations

import socket
from pathlib import Path

import aiohttp
import pytest

from core.clock import SystemClock
from gateway.app import create_app, listen_for_operators
from gateway.compose import compose
from gateway.metrics import Listener, Meters, MetricsError
from gateway.migrating import prepare_storage
from tests.unit.gateway.composed import configured


async def read(port: int, path: str = "/metrics") -> str:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        assert answer.status == 200
        return await answer.text()


async def test_a_gateway_with_a_port_for_metrics_tells_them_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = configured(tmp_path, monkeypatch, metrics_port="0")
    prepare_storage(settings, SystemClock())
    gateway = await compose(settings)
    listener = listen_for_operators(gateway)
    try:
        assert listener is not None
        told = await read(listener.port)
        assert 'oncetold_log_entries_total{kind="administration"} 1.0' in told, "the policy came into force"
        assert 'oncetold_source_down{source="harbour-charity"} 0.0' in told
        paths = {getattr(route, "path", "") for route in create_app(gateway).routes}
        assert "/metrics" not in paths, "never at the public address"
    finally:
        if listener is not None:
            listener.close()
        await gateway.close()


async def test_without_a_port_nothing_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = configured(tmp_path, monkeypatch)
    prepare_storage(settings, SystemClock())
    gateway = await compose(settings)
    try:
        assert listen_for_operators(gateway) is None
    finally:
        await gateway.close()


def test_a_port_that_is_taken_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(MetricsError, match="cannot be served"):
            Listener(Meters(), "127.0.0.1", taken.getsockname()[1])
