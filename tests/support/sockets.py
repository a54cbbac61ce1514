"""Unit tests reach nothing: pytest-socket refuses network sockets, and this refuses Unix ones.

pytest-socket can refuse Unix sockets too, but asyncio's own wake-up pair is one. So the pair may be made, and an audit
hook (PEP 578) refuses to bind or connect any socket while a unit test runs.
"""

from __future__ import annotations

import sys

REFUSED = frozenset({"socket.bind", "socket.connect", "socket.sendto", "socket.getaddrinfo"})


class SocketRefusedError(RuntimeError):
    """A unit test tried to reach something outside its process."""


class SocketGuard:
    """Refuses sockets while `closed`; installed once, since an audit hook cannot be taken away again."""

    def __init__(self) -> None:
        self.closed = False

    def install(self) -> None:
        """Add the hook to this interpreter."""
        sys.addaudithook(self._hook)

    def _hook(self, event: str, _arguments: tuple[object, ...]) -> None:
        if self.closed and event in REFUSED:
            raise SocketRefusedError(
                f"{event} in a unit test: hand it a fake, or move the test to tests/integration"
            )
