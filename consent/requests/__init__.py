"""Requests to a resident: what an organisation asked to be allowed, whether it may ask, and what came of it."""
