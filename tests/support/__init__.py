"""What the tests share: the real parts, PostgreSQL, the guard on sockets, the counts by tier."""
