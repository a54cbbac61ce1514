"""Keys that were used, looked up and kept inside the transaction that makes the thing: two at once make one."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, column, delete, insert, select, table

from core.errors import OnceToldError
from core.sealing import derive, mac
from core.storage import Database, Prepared
from core.times import to_ms

KEPT_FOR = timedelta(days=28)
"""Longer than any partner tries again: a referral that waits for a cut line must never arrive twice."""
CHUNK = 500

_KEY = table("idempotency", *(column(name) for name in ("mac", "request", "resource", "until_ms")))
_FIND = Prepared(
    select(_KEY.c.request, _KEY.c.resource, _KEY.c.until_ms).where(_KEY.c.mac == bindparam("mac"))
)


class OtherRequestError(OnceToldError):
    """The key was used for another request."""

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key was used for another request")


@dataclass(frozen=True, slots=True)
class Once:
    """One request with its key, as MACs (32 bytes each)."""

    mac: bytes = field(repr=False)
    request: bytes = field(repr=False)


class Idempotency:
    """Keys by their MAC."""

    def __init__(self, database: Database, master: bytes) -> None:
        self._database = database
        self._key = derive(master, "idempotency")

    def once(self, issuer: str, client: str, operation: str, key: str, body: bytes) -> Once:
        """A client's key for an operation, with the body as it was sent. Another client's equal key is another key."""
        named = "\x1f".join(("key", issuer, client, operation, key))
        return Once(mac(self._key, named), mac(self._key, "body\x1f" + body.hex()))

    def made(self, tx: Connection, once: Once, now: datetime) -> str | None:
        """What was made under the key; None if nothing was. Raises `OtherRequestError`."""
        rows = _FIND.rows(tx, mac=once.mac)
        if not rows:
            return None
        request, resource, until_ms = rows[0]
        if to_ms(now) >= until_ms:
            tx.execute(delete(_KEY).where(_KEY.c.mac == once.mac))
            return None
        if not hmac.compare_digest(bytes(request), once.request):
            raise OtherRequestError
        return str(resource)

    def keep(self, tx: Connection, once: Once, resource: str, now: datetime) -> None:
        """Keep what was made under the key, for `KEPT_FOR`."""
        tx.execute(
            insert(_KEY).values(
                mac=once.mac, request=once.request, resource=resource, until_ms=to_ms(now + KEPT_FOR)
            )
        )

    def purge(self, now: datetime) -> int:
        """Forget the keys whose time is over; gives how many."""
        gone = 0
        due = select(_KEY.c.mac).where(_KEY.c.until_ms <= to_ms(now)).limit(CHUNK)
        while True:
            with self._database.write() as tx:
                deleted = tx.execute(delete(_KEY).where(_KEY.c.mac.in_(due))).rowcount
            gone += deleted
            if deleted < CHUNK:
                return gone
