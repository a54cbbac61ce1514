"""Starts one agency of the sandbox; each is a process of its own, on loopback only.

    python -m adapters.sandbox nhs --port 8081        the practice's FHIR R4 server
    python -m adapters.sandbox council --port 8082    the council's housing API
    python -m adapters.sandbox charity --folder drop  writes the charity's files and ends (--every 60: again and again)
    python -m adapters.sandbox mail --port 8083 --smtp-port 8025 --folder mail    takes e-mail and shows it

One line beginning with `ready:` on stdout says that it serves (with `--port 0`, also where). SIGTERM or SIGINT ends it
with status 0, a port that is taken with status 1. Secrets may come from the environment: ONCETOLD_SANDBOX_PRACTICE_TOKEN,
ONCETOLD_SANDBOX_COUNCIL_KEY.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from aiohttp import web

from adapters.sandbox import council_housing, mail_sink, nhs_fhir
from adapters.sandbox.charity_drop import write_drop
from adapters.sandbox.people import DEFAULT_COUNT, DEFAULT_SEED, generate
from adapters.sandbox.person import CHARITY, COUNCIL, PRACTICE, Person
from adapters.sandbox.serving import run, say

PRACTICE_TOKEN = "ONCETOLD_SANDBOX_PRACTICE_TOKEN"  # noqa: S105 - the name of a variable
COUNCIL_KEY = "ONCETOLD_SANDBOX_COUNCIL_KEY"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    root = argparse.ArgumentParser(
        prog="python -m adapters.sandbox", description="One agency of the sandbox."
    )
    root.add_argument("--seed", type=int, default=DEFAULT_SEED, help="seed of the made-up people")
    root.add_argument("--count", type=int, default=DEFAULT_COUNT, help="how many people there are")
    agencies = root.add_subparsers(dest="agency", required=True)
    for name, title in (("nhs", "the practice's FHIR R4 server"), ("council", "the council's housing API")):
        server = agencies.add_parser(name, help=title)
        server.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 takes a free one")
        server.add_argument(
            "--access-log", action="store_true", help="a line a request on stderr, without ids"
        )
    mail = agencies.add_parser("mail", help="a mailbox that takes every e-mail and shows it on a page")
    mail.add_argument(
        "--port", type=int, required=True, help="port of the page on 127.0.0.1; 0 takes a free one"
    )
    mail.add_argument(
        "--smtp-port", type=int, required=True, help="port of SMTP on 127.0.0.1; 0 takes a free one"
    )
    mail.add_argument("--folder", type=Path, required=True, help="where the e-mails are kept")
    charity = agencies.add_parser("charity", help="the charity's file drop")
    charity.add_argument("--folder", type=Path, required=True, help="where the files go")
    charity.add_argument("--every", type=float, help="write again after so many seconds until stopped")
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one agency; answers the exit status."""
    options = parser().parse_args(arguments)
    if options.agency == "mail":
        return _serve(mail_sink.create_app(options.folder, options.smtp_port), "mail", options)
    people = generate(options.seed, options.count)
    if options.agency == "charity":
        _drop(people, options.folder, options.every)
        return 0
    if options.agency == "nhs":
        token = os.environ.get(PRACTICE_TOKEN, nhs_fhir.DEFAULT_TOKEN)
        app, name = nhs_fhir.create_app(people, token=token), PRACTICE
    else:
        key = os.environ.get(COUNCIL_KEY, council_housing.DEFAULT_KEY)
        app, name = council_housing.create_app(people, key=key), COUNCIL
    return _serve(app, name, options)


def _serve(app: web.Application, name: str, options: argparse.Namespace) -> int:
    try:
        run(app, name, options.port, access_log=getattr(options, "access_log", False))
    except OSError as taken:
        sys.stderr.write(f"{name}: cannot listen on port {options.port}: {taken.strerror}\n")
        return 1
    return 0


def _drop(people: tuple[Person, ...], folder: Path, every: float | None) -> None:
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    if every is not None:
        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
    csv_file, workbook = write_drop(folder, people)
    say(f"ready: {CHARITY} wrote {csv_file} and {workbook.name}")
    while every is not None and not stop.wait(every):
        write_drop(folder, people)


if __name__ == "__main__":
    sys.exit(main())
