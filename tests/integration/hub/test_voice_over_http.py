"""Somebody speaks to the hub as it is served: nothing of who or where they were stands in its files or in what it prints."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from tests.conftest import ROOT

SAID = "The waiting room has no chair with arms"
PLANTED = {
    "User-Agent": "PlantedBrowser/77.1",
    "X-Forwarded-For": "203.0.113.77",
    "Forwarded": "for=203.0.113.79",
    "Accept-Language": "cy-planted",
    "Cookie": "planted=planted-cookie",
    "Referer": "http://127.0.0.1/planted-referer",
}


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """The hub as `python -m hub serve` runs it; gives its port. All that it prints goes to `printed`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    (folder / "partners.yaml").write_text("{organisations: [], teams: {}}")
    environment = {
        **os.environ,
        "HUB_DATABASE": str(folder / "hub.db"),
        "HUB_PARTNERS_FILE": str(folder / "partners.yaml"),
        "HUB_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "HUB_PORT": str(port),
    }
    with (folder / "printed").open("wb") as printed:
        hub = subprocess.Popen(
            [sys.executable, "-m", "hub", "serve"], cwd=ROOT, env=environment, stdout=printed, stderr=printed
        )
        try:
            deadline = time.monotonic() + 90
            while not answers(port):
                assert hub.poll() is None, (folder / "printed").read_text()
                assert time.monotonic() < deadline, "the hub did not start in time"
                time.sleep(0.2)
            yield port
        finally:
            hub.terminate()
            hub.wait(30)


def answers(port: int) -> bool:
    try:
        return ask(port, "GET", "/healthz")[0] == 200
    except OSError:
        return False


def ask(port: int, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
    """One request, with everything by which a browser could be known; its connection comes from 127.0.0.77."""
    headers = PLANTED | ({"Content-Type": "application/x-www-form-urlencoded"} if form else {})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=("127.0.0.77", 0))
    connection.request(method, path, urlencode(form) if form else None, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_nothing_of_who_spoke_is_kept_or_printed_by_the_hub_as_it_is_served(tmp_path: Path) -> None:
    with served(tmp_path) as port:
        said = {"about": "service", "words": SAID, "answer": "yes", "code": "K7QP-3MXD-9T2W"}
        status, text = ask(port, "POST", "/voice", said)
        assert (status, "K7QP-3MXD-9T2W" in text) == (200, True)
        status, text = ask(port, "POST", "/voice/answer", {"code": "K7QP-3MXD-9T2W"})
        assert "We have not read it yet" in text
        # Requests that go wrong are the ones that servers like to write down.
        assert ask(port, "POST", "/voice", {"words": SAID})[0] == 400
        assert ask(port, "GET", "/voice/planted-path?planted=query")[0] == 404
        assert ask(port, "PUT", "/voice")[0] in {404, 405}
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    kept = b"".join(files[name] for name in files if name.startswith("hub.db"))
    assert SAID.encode() in kept, "what was said is not where the search looks"
    everything = kept + files["printed"]
    for planted in (*PLANTED.values(), "lanted", "203.0.113", "127.0.0.77", "K7QP-3MXD-9T2W"):
        assert planted.encode() not in everything, planted
    # What was said is in the database alone.
    assert SAID.encode() not in files["printed"]
