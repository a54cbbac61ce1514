"""`python -m adapters.openreferral check PLACE` and `... fetch ADDRESS FILE`: look at a directory before it is put to use.

check: reads a file, a folder or a feed and prints what is quarantined and, of a feed, the judgement; 1 where it fails.
fetch: writes a feed's services into a file that ONCETOLD_DIRECTORY_FILE can name.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Final

import orjson

from adapters.http import AddressError, Endpoint, HttpClient, base_address
from adapters.openreferral.documents import read_document
from adapters.openreferral.feed import fetch_directory, fetch_feed, fetch_records
from adapters.openreferral.folder import DirectoryError, read_directory
from adapters.openreferral.judging import Verdict, judge
from adapters.openreferral.services import Refusals
from adapters.openreferral.values import ServiceDirectory

_USAGE: Final = "usage: python -m adapters.openreferral check PLACE | fetch ADDRESS FILE"
_TIMEOUT: Final = 30.0


def main(arguments: list[str]) -> int:
    """The exit code: 0 fine, 1 not usable, 2 not understood."""
    try:
        match arguments:
            case ["check", address] if address.startswith(("http://", "https://")):
                return asyncio.run(_check_feed(address))
            case ["check", path]:
                return _report(read_directory(Path(path)))
            case ["fetch", address, path]:
                return asyncio.run(_fetch(address, Path(path)))
            case _:
                sys.stderr.write(f"{_USAGE}\n")
                return 2
    except (DirectoryError, AddressError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _client(address: str) -> HttpClient:
    return HttpClient(Endpoint("directory", base_address(address), timeout=_TIMEOUT))


async def _check_feed(address: str) -> int:
    client = _client(address)
    try:
        judgement = judge(await fetch_feed(client))
        for one in judgement.findings:
            sys.stdout.write(f"{one.verdict}: {one.endpoint}: {one.reason}\n")
        sys.stdout.write(f"{judgement.verdict}\n")
        if judgement.verdict is Verdict.FAIL:
            return 1
        return _report(await fetch_directory(client))
    finally:
        await client.close()


async def _fetch(address: str, path: Path) -> int:
    client = _client(address)
    try:
        records, quarantined = await fetch_records(client)
    finally:
        await client.close()
    refusals = Refusals(path.name)
    services = read_document(records, refusals)
    await asyncio.to_thread(path.write_bytes, orjson.dumps(records, option=orjson.OPT_INDENT_2))
    return _report(ServiceDirectory({one.id: one for one in services}, (*quarantined, *refusals.found)))


def _report(directory: ServiceDirectory) -> int:
    for one in directory.quarantined:
        sys.stdout.write(f"{one}\n")
    sys.stdout.write(
        f"{len(directory.services)} services, {len(directory.quarantined)} records quarantined\n"
    )
    return 0 if directory.services else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
