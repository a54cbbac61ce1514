"""`make run`: the sandbox's agencies, its identity provider and a gateway over them, on this machine's loopback only."""
