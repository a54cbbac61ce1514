"""The published mocks of an Open Referral UK API behind a real server: judged, read and fetched by the command."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import CompletedProcess, run

import pytest

from adapters.openreferral.folder import read_directory
from adapters.openreferral.judging import ENDPOINTS

MOCKS = "hsds-uk/validator-mocks/Mocks/V3.0-UK-Test"
BY_PATH = {path: name for name, path in ENDPOINTS.items()}


@pytest.fixture
def feed(real_data: Path) -> Iterator[str]:
    """The address of a server of the mocks; every id leads to the one record that there is."""

    class Mock(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            first, _, rest = self.path.partition("?")[0].strip("/").partition("/")
            file = real_data / MOCKS / f"{BY_PATH.get(f'{first}/{{id}}' if rest else first, '-')}.json"
            self.send_response(200 if file.is_file() else 404)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(file.read_bytes() if file.is_file() else b"{}")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Mock) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        serving.join()


def openreferral(*arguments: str) -> CompletedProcess[str]:
    command = [sys.executable, "-m", "adapters.openreferral", *arguments]
    return run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_feed_is_judged_and_read(feed: str) -> None:
    done = openreferral("check", feed)
    assert (done.returncode, done.stdout) == (0, "pass\n1 services, 0 records quarantined\n"), done.stderr


def test_a_feed_that_is_none_fails(feed: str) -> None:
    done = openreferral("check", f"{feed}nothing/")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "fail"


def test_a_fetched_feed_is_a_directory_of_its_own(feed: str, tmp_path: Path) -> None:
    kept = tmp_path / "directory.json"
    done = openreferral("fetch", feed, str(kept))
    assert (done.returncode, done.stdout) == (0, "1 services, 0 records quarantined\n"), done.stderr
    (service,) = read_directory(kept).services.values()
    assert service.places[0].town == "MyCity"
