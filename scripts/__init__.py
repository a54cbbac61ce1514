"""Set-up, gates and the real parts of the tests. Never imported by the service."""
